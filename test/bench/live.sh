#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `warder bench live` and `warder bench latency` attach, count and end in order. No time is judged.
# live.sh WARDER
set -u
warder=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
# The leak checker needs what an engine in its sandbox is not allowed.
export ASAN_OPTIONS=detect_leaks=0

skip() {
	echo "skipped: $*"
	exit 77
}

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

[ "$(id -u)" -eq 0 ] || skip "not root"
[ -r /sys/kernel/btf/vmlinux ] || skip "this kernel has no type information"
command -v jq >/dev/null || skip "no jq here"

# document FILTER ARGUMENT...: JSON on stdout of which FILTER is true.
document() {
	local filter=$1 code=0

	shift
	"$warder" bench "$@" --json >"$work/json" 2>"$work/err" || code=$?
	if [ $code -eq 4 ] || [ $code -eq 5 ]; then
		skip "BPF is not allowed here: $(cat "$work/err")"
	fi
	[ $code -eq 0 ] || fail "bench $*: exit code $code: $(cat "$work/err")"
	jq -e "$filter" "$work/json" >"$work/out" ||
		fail "bench $*: not $filter in: $(cat "$work/json")"
}

# Each operation is seen as often as it happens, or its loss is.
document '.bench == "live" and (.cost | length == 3) and (.use | length == 3) and
	(.cost | all(.rounds == 2 and .ns_per_op_with_best > 0 and .ns_per_op_without_best > 0 and
		.cpu_ns_per_op_with_median > 0 and .cpu_ns_per_op_without_median > 0 and (.hook | length > 0))) and
	(.use | all(.engine_anon_bytes > 0 and .collector_anon_bytes > 0)) and
	(.use[1:] | all(.events + .lost >= .operations and .operations > 0))' \
	live --workload getppid --rounds 2 --duration 20ms
document '(.cost | length == 6) and (.use[4:] | all(.events + .lost >= 3 * .operations))' \
	live --workload connect --workload fork+exec --rounds 1 --duration 20ms
document '.bench == "rate" and (.rate | length >= 2) and
	(.rate | all(.produced > 0 and .delivered + .lost >= .produced))' \
	live --rate --duration 200ms
document '.bench == "filter" and (.use | length == 2 and .[0].kernel_filters == "off" and
	.[0].records > .[0].operations / 2 and .[1].records < .[1].operations / 2 and
	all(.events == .wanted and .wanted > 0))' filter --rounds 1 --duration 100ms
document '.bench == "latency" and (.latency | length == 4) and
	([.latency[] | .loop] == ["io_uring", "io_uring", "epoll", "epoll"]) and
	(.latency | all(.samples + .missing == 20 and .samples > 0 and
		.min_ns > 0 and .p50_ns <= .p99_ns and .p99_ns <= .max_ns)) and
	(.start[0].starts == 1 and .start[0].best_ns > 0)' \
	latency --samples 20 --starts 1

# Ctrl-C in the middle: an end in order, and nothing stays behind.
traces() {
	find /run -maxdepth 1 -name 'warder-bench-*' | sort
	pgrep -f 'warder-bench-' | sort
}
before=$(traces)
"$warder" bench live --workload getppid >"$work/out" 2>"$work/err" &
pid=$!
sleep 1
kill -INT $pid
code=0
wait $pid || code=$?
[ $code -eq 1 ] || fail "interrupted: exit code $code"
grep -q 'interrupted' "$work/err" || fail "interrupted: $(cat "$work/err")"
[ "$(traces)" = "$before" ] || fail "interrupted: left behind: $(traces)"

[ $failed -eq 0 ] && echo "ok"
exit $failed
