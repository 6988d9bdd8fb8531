#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `warder policy reload` with a real engine that has no collector yet, and with what is no engine.
# test_policy_reload.sh WARDER ENGINE
set -u
warder=$1 engine=$2
work=$(mktemp -d)
failed=0
# The leak checker needs what an engine in its sandbox is not allowed.
export ASAN_OPTIONS=detect_leaks=0
trap 'kill -KILL $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"

fail() {
	echo "FAIL: $*" >&2
	[ ! -s "$work/engine.log" ] || sed 's/^/  engine: /' "$work/engine.log" >&2
	failed=1
}

# put NAME EVENT: as one file of the folder.
put() {
	printf 'type: policy\nname: %s\nscope: [global]\nrules:\n  - event: %s\n' "$1" "$2" >"$work/p/$1.yaml"
}

# start OPTION...: $pid, once it answers.
start() {
	rm -f "$work/sock" # its predecessor may not remove it
	"$engine" --socket "$work/none.sock" --wait --status-socket "$work/sock" "$@" 2>"$work/engine.log" &
	pid=$!
	for _ in $(seq 200); do
		"$warder" status --socket "$work/sock" >"$work/status" 2>/dev/null && return
		sleep 0.05
	done
	fail "the engine did not start"
}

stop() {
	kill -TERM $pid
	wait $pid || fail "the engine ended with $?"
}

# expect CODE OUT ERR OPTION...: what reload prints, as patterns; "" is nothing at all.
expect() {
	local want=$1 out=$2 err=$3 got=0
	shift 3

	"$warder" policy reload --socket "$work/sock" "$@" >"$work/out" 2>"$work/err" || got=$?
	[ $got -eq "$want" ] || fail "reload $*: exit code $got, expected $want"
	if [ -z "$out" ]; then
		[ ! -s "$work/out" ] || fail "reload $*: says $(cat "$work/out")"
	else
		grep -qE -- "$out" "$work/out" || fail "reload $*: no '$out' in $(cat "$work/out")"
	fi
	if [ -z "$err" ]; then
		[ ! -s "$work/err" ] || fail "reload $*: complains: $(cat "$work/err")"
	else
		grep -qE -- "$err" "$work/err" || fail "reload $*: no '$err' in $(cat "$work/err")"
	fi
}

mkdir -m 755 "$work/p"
put one open
put two close

echo "- the outcome is printed"
start --policy "$work/p" --no-watch
put two dup
put three openat
rm "$work/p/one.yaml"
expect 0 '^policies are reloaded in [0-9.]+ ms, in which events waited for [0-9.]+ ms$' ''
for line in '  generation  2' '  added       1: three' '  removed     1: one' '  changed     1: two' \
	'  kept        0' '  collector   is not connected, and is told when it is'; do
	grep -qxF -- "$line" "$work/out" || fail "no '$line' in $(cat "$work/out")"
done
expect 0 '' '' --quiet
expect 0 '^\{"outcome":"reloaded","generation":4,.*"plan":"no collector"\}$' '' --json

echo "- a set that is refused changes nothing, and its place is named"
put bad opne
expect 3 '' "error: $work/p/bad.yaml:5:12: rule 1: event 'opne' is not known"
expect 3 '"outcome":"refused","generation":4,' 'bad.yaml:5:12' --json
"$warder" status --socket "$work/sock" >"$work/status" || fail "status"
grep -qE 'generation 4, loaded .* ago, not watched, 3 reloads, 2 refused' "$work/status" ||
	fail "status: $(head -12 "$work/status")"
grep -qF "refused: $work/p/bad.yaml:5:12: rule 1: event 'opne' is not known" "$work/status" ||
	fail "status: $(head -12 "$work/status")"
rm "$work/p/bad.yaml"
expect 0 'kept        2' ''
"$warder" status --socket "$work/sock" | grep -q 'refused: ' && fail "status: still an error"
stop

echo "- an engine that watches needs no command"
start --policy "$work/p"
put four dup2
for _ in $(seq 100); do
	grep -q 'policies are reloaded (they changed): generation 2, 1 added' "$work/engine.log" && break
	sleep 0.05
done
grep -q 'generation 2, 1 added' "$work/engine.log" || fail "the change was not noticed"
expect 0 'generation  3' ''
stop

echo "- without policy files there is nothing to reload"
start --events open
expect 1 '' "error: engine has nothing to reload, it was started without '--policy'"
stop

echo "- no engine, and wrong usage"
expect 1 '' "engine does not answer at '$work/sock' \(ECONNREFUSED\)"
"$warder" policy reload --socket '' 2>/dev/null
[ $? -eq 2 ] || fail "an empty socket is no usage error"
"$warder" policy reload what 2>/dev/null
[ $? -eq 2 ] || fail "an argument is no usage error"

[ $failed -eq 0 ] && echo ok
exit $failed
