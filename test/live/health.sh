#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# /readyz on the real kernel: 200 once what the engine does itself has come back through every kind
# of hook, with the one and the other way to wait; 503 while the collector is stopped or gone.
# health.sh BUILD-FOLDER
build=$1
. "$(dirname "$0")/lib.sh"

needs curl jq
chmod 711 "$work"

start_collector() {
	"$collector" --socket "$work/c.sock" --engine-uid "$(id -u nobody)" "$@" 2>>"$work/collector.log" &
	collecting=$!
}

# start_engine ARGUMENT...: at a free port, which is then $port.
start_engine() {
	local try

	for try in 1 2 3 4 5; do
		port=$((20000 + RANDOM % 10000))
		: >"$work/engine.log"
		"$engine" --socket "$work/c.sock" --status-socket '' --wait --user nobody --healthz \
			--metrics --listen-addr "127.0.0.1:$port" "$@" 2>"$work/engine.log" &
		engining=$!
		sleep 0.2
		grep -q 'cannot be had (EADDRINUSE)' "$work/engine.log" || return
		wait $engining
	done
	fail "no free port in $try tries"
}

page() {
	curl -s --max-time 5 "http://127.0.0.1:$port/$1"
}

# ready_is CODE TEXT: what /readyz says now.
ready_is() {
	[ "$(curl -s --max-time 5 -o "$work/said" -w '%{http_code}' "http://127.0.0.1:$port/readyz")" = "$1" ] &&
		grep -qF "$2" "$work/said"
}

# becomes SECONDS CODE TEXT
becomes() {
	local n=$(($1 * 10))

	until ready_is "$2" "$3"; do
		[ $((n -= 1)) -gt 0 ] || {
			fail "not '$2 $3' within $1 s, but: $(cat "$work/said"); $(cat "$work/engine.log")"
			return
		}
		sleep 0.1
	done
}

# stop PID WHAT
stop() {
	kill -TERM "$1"
	wait "$1" || fail "$2 ended with $?: $(tail -5 "$work/engine.log" "$work/collector.log")"
}

# beats_through LOOP HOOKS KIND EVENTS: events flow, heartbeats are no events. KIND matches that of
# system calls; '': none is wanted.
beats_through() {
	start_collector --hooks "$2"
	start_engine --loop "$1" --events "$4" --output "json:$work/out.json"
	becomes 15 200 OK
	page status >"$work/status"
	jq -e --arg kind "$3" '.ready.ok and ([.ready.heartbeats[] | select(.state == "flowing").hook] |
		contains(["tp_btf"]) and (if $kind == "" then length == 1 else any(test($kind)) end))' \
		"$work/status" >/dev/null || fail "loop $1, hooks $2: $(jq -c .ready "$work/status")"
	page metrics | grep -qx 'warder_ready 1' || fail "loop $1, hooks $2: warder_ready"
	sleep 2.5 # another one
	page status >"$work/status"
	jq -e 'all(.ready.heartbeats[]; .back >= 2 and .late == 0)' "$work/status" >/dev/null ||
		fail "loop $1, hooks $2: $(jq -c .ready "$work/status")"
	ready_is 200 OK || fail "loop $1, hooks $2: $(cat "$work/said")"
	stop $engining engine
	stop $collecting collector
	[ -s "$work/out.json" ] || fail "loop $1, hooks $2: no events at all"
	jq -e --argjson pid "$engining" 'select(.hostProcessId == $pid or .eventName == "heartbeat")' \
		"$work/out.json" >/dev/null && fail "loop $1, hooks $2: the engine is in its own events"
	rm -f "$work/out.json"
}

beats_through auto global 'sys_exit .global.$' task_rename,prctl,openat
beats_through epoll narrow 'narrow.$' openat
beats_through epoll auto '' sched_process_exec

# Seen when it is asked for: then it is a call like any other.
start_collector
start_engine --events prctl,task_rename --trace-self --output "json:$work/out.json"
becomes 15 200 OK
sleep 2.5
stop $engining engine
n=$(jq -r --argjson pid "$engining" 'select(.hostProcessId == $pid).eventName' "$work/out.json" | sort -u | wc -l)
[ "$n" -eq 2 ] || fail "with --trace-self: $n kinds of events of the engine, expected prctl and task_rename"

# A collector that is stopped, goes on, is killed, comes back.
start_engine --events openat --output none
becomes 15 200 OK
kill -STOP $collecting
becomes 20 503 'the collector does not answer'
kill -CONT $collecting
becomes 10 200 OK
kill -KILL $collecting
wait $collecting 2>/dev/null
becomes 5 503 'no collector is connected'
[ "$(page healthz)" = OK ] || fail "/healthz without a collector"
page metrics >"$work/metrics"
grep -qx 'warder_ready 0' "$work/metrics" || fail "warder_ready without a collector"
start_collector --bpf-stats
becomes 15 200 OK
sleep 2.5
page metrics >"$work/metrics"
grep -qx 'warder_bpf_stats_enabled 1' "$work/metrics" || fail "run statistics are off"
awk '/^warder_bpf_runs_total\{program="rename_tp"\}/ && $2 > 0 { n++ }
	/^warder_bpf_run_seconds_total\{program="rename_tp"\}/ && $2 > 0 { n++ }
	END { exit n != 2 }' "$work/metrics" || fail "rename_tp has no runs: $(grep bpf_run "$work/metrics")"
stop $engining engine
stop $collecting collector
[ $failed -eq 0 ] && echo ok
exit $failed
