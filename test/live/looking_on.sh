#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `warder stream`, `warder top` and `warder status` with a running pair: numbered opens by a process
# of a name of its own are all shown, or said to be lost to the one that did not read.
# looking_on.sh BUILD-FOLDER
build=$1
. "$(dirname "$0")/lib.sh"
export WARDER_COLLECTOR=$collector WARDER_ENGINE=$engine
n=12000

needs jq

chmod 711 "$work"
"$warder" run --events openat,sched_process_exec --output "json:$work/out.json" \
	--status-socket "$work/e.sock" >"$work/run.out" 2>"$work/run.log" &
run=$!
wait_for 20 grep -q 'events attached' "$work/run.log" || fail "no start: $(cat "$work/run.log")"

# state FILTER: of the status, by jq.
state() {
	"$warder" status --socket "$work/e.sock" --json | jq -e "$1"
}

# watch NAME ARGUMENT...: a stream into a file, that is there when this returns.
watch() {
	local name=$1 before
	shift
	before=$(state .live.clients)
	"$warder" stream --socket "$work/e.sock" --format json "$@" >"$work/$name" 2>"$work/$name.err" &
	wait_for 10 eval "[ \$(state .live.clients) -gt $before ]" || fail "$name: $(cat "$work/$name.err")"
}
watch fast -s comm=numbered -e openat
fast=$!
watch slow -s comm=numbered -e openat
slow=$!
watch failing -e 'openat.retval<0' -e "openat.data.pathname=$work/seq-*"
failing=$!
kill -STOP $slow

cp "$(command -v bash)" "$work/numbered"
"$work/numbered" -c 'for ((i = 1; i <= $2; i++)); do
		: <"$1/seq-$i-"
		[ $((i % 1000)) -ne 0 ] || read -rt 0.05 </dev/zero || :
	done 2>/dev/null' numbered "$work" $n &
working=$!
"$warder" top --socket "$work/e.sock" --once --interval 500ms --json -s comm=numbered >"$work/top" ||
	fail "top: exit code $?"
jq -e '.processes[0] | .comm == "numbered" and .count > 0 and (.executable | endswith("/numbered"))' \
	"$work/top" >/dev/null || fail "top: $(cat "$work/top")"
jq -e '.by_event[0].event == "openat" and .events >= .processes[0].count' "$work/top" >/dev/null ||
	fail "top: $(cat "$work/top")"
wait $working
# Nobody waited for the one that does not read.
wait_for 20 grep -q "seq-$n-" "$work/out.json" || fail "outputs: the last event is not there"
wait_for 20 grep -q "seq-$n-" "$work/fast" || fail "fast: the last event is not there"
state '.live.streams == 3 and .live.missed > 0' >/dev/null || fail "status: $(state .live)"
"$warder" status --socket "$work/e.sock" | grep -q '^  3 streams, 0 tops, ' || fail "status has no streams"
kill -CONT $slow
# Once it has been told what it missed, it is as the others again.
wait_for 20 grep -q '"eventName":"lost_events"' "$work/slow" || fail "slow: nothing is said to be lost"
wait_for 20 eval "$work/numbered -c ': <$work/seq-0-' 2>/dev/null; grep -q seq-0- $work/slow" ||
	fail "slow: nothing comes any more"
for pid in $fast $slow $failing; do
	kill -INT "$pid"
	wait "$pid" || fail "stream: exit code $?"
done

# numbers FILE: different ones of the numbered opens, without the last ones.
numbers() {
	grep -oE 'seq-[1-9][0-9]*-' "$work/$1" | sort -u | wc -l
}
lost=$(jq -s '[.[] | select(.eventName == "lost_events") |
	select(any(.args[]; .name == "lane_class" and .value == "stream")) |
	select(any(.args[]; .name == "event" and .value == "openat")) |
	.args[] | select(.name == "count") | .value] | add // 0' "$work/slow")
shown=$(jq -r 'select(.eventName == "openat") | 1' "$work/slow" | wc -l)
shown_fast=$(jq -r 'select(.eventName == "openat") | 1' "$work/fast" | wc -l)
[ "$(numbers fast)" -eq $n ] || fail "fast: $(numbers fast) of $n"
[ "$lost" -gt 0 ] || fail "slow: nothing was lost"
# Both asked for the same.
[ $((lost + shown)) -eq "$shown_fast" ] || fail "slow: $shown shown, $lost lost, of $shown_fast"
jq -e 'select(.eventName == "openat") | select(.returnValue >= 0)' "$work/failing" >/dev/null &&
	fail "failing: shows what did not fail"
[ -s "$work/run.out" ] && fail "outputs: something is on stdout"

kill -INT $run
wait $run || fail "run: exit code $?: $(cat "$work/run.log")"
[ $failed -eq 0 ] && echo "ok: $n opens; who did not read lost $lost of $shown_fast"
exit $failed
