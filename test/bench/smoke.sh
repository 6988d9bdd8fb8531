#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every `warder bench` that needs no privileges runs and says what its documents promise. No time is
# judged. smoke.sh WARDER
set -u
warder=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
# The leak checker needs what an engine in its sandbox is not allowed.
export ASAN_OPTIONS=detect_leaks=0

command -v jq >/dev/null || {
	echo "skipped: no jq here"
	exit 77
}

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# expect CODE TEXT ARGUMENT...: the exit code, and one line on stderr that contains TEXT.
expect() {
	local code=$1 text=$2 got=0

	shift 2
	"$warder" bench "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" -eq "$code" ] || fail "bench $*: exit code $got, expected $code"
	grep -qF -- "$text" "$work/err" || fail "bench $*: no '$text' in: $(cat "$work/err")"
}

# document FILTER ARGUMENT...: JSON on stdout of which FILTER is true.
document() {
	local filter=$1

	shift
	"$warder" bench "$@" --json >"$work/json" 2>"$work/err" ||
		fail "bench $*: $(cat "$work/err")"
	jq -e '.version and .kernel and (.n_cpus > 0) and (.notes | type == "array") and
		has("audit_enabled")' "$work/json" >"$work/out" || fail "bench $*: $(cat "$work/json")"
	jq -e "$filter" "$work/json" >"$work/out" || fail "bench $*: not $filter in: $(cat "$work/json")"
}

expect 2 "command 'bench' expects one of lane, live, latency, filter, replay, policies, sink behind it"
expect 2 "option '--rounds' expects at least 1" lane --rounds 0
expect 2 "option '--rounds' expects at least 1" live --rounds 0
expect 2 "option '--samples' expects at least 1" latency --samples 0
expect 2 "workload 'getpid' is not known, expected getppid" live --workload getpid
expect 2 "option '--workload' is given with '--rate'" live --rate --workload getppid
expect 2 "command 'bench replay' expects FILE" replay
expect 2 "option '--rounds' expects at least 1" policies --rounds 0
expect 1 "recording '$work/x' cannot be read (ENOENT)" policies "$work/x"
expect 2 "option '--rounds' expects at least 1" replay --rounds 0 "$work/x"
expect 1 "recording '$work/x' cannot be read (ENOENT)" replay "$work/x"
echo "this is no recording" >"$work/x"
expect 1 "$work/x" replay --events openat "$work/x"
if [ "$(id -u)" -ne 0 ]; then
	expect 4 "command 'bench live' needs root" live
	expect 4 "command 'bench latency' needs root" latency
fi

"$warder" bench lane --duration 300ms --rounds 2 >"$work/out" 2>"$work/err" ||
	fail "bench lane: $(cat "$work/err")"
grep -q '^Between  *Writers  *Bytes  *ns/record' "$work/out" || fail "bench lane: $(cat "$work/out")"
document '.bench == "lane" and (.lane | length == 20) and
	(.lane | all(.ns_per_record_best > 0 and .ns_per_record_best <= .ns_per_record_median and
		.rounds == 2)) and
	([.lane[].record_bytes] | unique == [64, 128, 256, 1024]) and
	([.lane[].between] | unique == ["one thread", "processes", "threads"])' \
	lane --duration 500ms --rounds 2

outputs=10
ldd "$warder" | grep -q librdkafka && outputs=11
document '.bench == "sink" and (.encoders | length == 18) and ([.encoders[].events] | unique == ["all", "execs"]) and
	(.encoders | all(.events_per_s_best > 0 and .ns_per_event_best <= .ns_per_event_median and
		.bytes_per_event > 0 and .bytes_per_event <= .bytes_max and .rounds == 2)) and
	(.outputs | length == '$outputs' and all(.lost == 0 and .events > 0 and .events_per_s > 0 and
		.cpu_ns_per_event > 0 and .received_bytes > 0)) and
	(.outputs | all(.output != "stdout (pipe)" and .output != "webhook, lines" or
		.received_lines == .events)) and
	(.outputs | all(.output != "webhook" or .requests == .events))' \
	sink --rounds 2 --duration 20ms
document 'has("outputs") == false and (.encoders[0].encoder == "json") and
	([.encoders[].events] | unique == ["all", "execs"])' \
	sink --what encoders --rounds 1 --duration 1ms "$root/test/replay/process.wring"
expect 2 "option '--rounds' expects at least 1" sink --rounds 0
expect 1 "recording '$work/no' cannot be read (ENOENT)" sink "$work/no"

# Each column of the widest table is there for people too.
"$warder" bench replay --rounds 1 --events '*' "$root/test/replay/process.wring" >"$work/out" 2>"$work/err" ||
	fail "bench replay: $(cat "$work/err")"
grep -qE '^Output  +Events/s  +ns/event  +median  +CPU  .*  Budget$' "$work/out" ||
	fail "bench replay: $(cat "$work/out")"

for file in "$root"/test/fuzz/seeds/wring/finished "$root"/test/replay/*.wring; do
	[ -e "$file" ] || continue
	document '.bench == "replay" and .recording[0].events > 0 and .recording[0].records > 0 and
		([.replay[].output] == ["none", "json"]) and
		(.replay | all(.rounds == 2 and .elapsed_ns_best > 0 and
			.elapsed_ns_best <= .elapsed_ns_median and .max_rss_bytes > 0 and
			.cpu_ns_per_event_best > 0))' \
		replay --rounds 2 --events '*' "$file"
	document '.bench == "policies" and ([.policies[].policies] == [5, 25, 500, 5000]) and
		(.policies | all(.rounds == 2 and .ns_per_record_best > 0 and .records > 0 and
			.match_bytes > 0 and .predicates <= .rules * 2))' \
		policies --rounds 2 "$file"
done

[ $failed -eq 0 ] && echo "ok"
exit $failed
