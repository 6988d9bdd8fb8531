#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The configuration is changed under an engine that runs, in its sandbox and without a collector.
# test_config_reload.sh WARDER ENGINE
set -u
warder=$1 engine=$2
work=$(mktemp -d)
failed=0
unset "${!WARDER_@}"
# The leak checker needs what an engine in its sandbox is not allowed.
export ASAN_OPTIONS=detect_leaks=0
trap 'kill -KILL $(jobs -p) 2>/dev/null; rm -rf "$work"' EXIT
chmod 755 "$work"

fail() {
	echo "FAIL: $*" >&2
	[ ! -s "$work/engine.log" ] || sed 's/^/  engine: /' "$work/engine.log" >&2
	failed=1
}

# write LINE...: the configuration, put in place as editors do.
write() {
	printf '%s\n' "$@" >"$work/etc/new"
	mv "$work/etc/new" "$work/etc/warder.yaml"
}

start() {
	rm -f "$work/sock"
	"$engine" --config "$work/etc" --socket "$work/none.sock" --wait --status-socket "$work/sock" "$@" \
		>"$work/events" 2>"$work/engine.log" &
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

# expect CODE TEXT WHAT...: what `warder WHAT reload` says.
expect() {
	local want=$1 text=$2 got=0
	shift 2

	"$warder" "$@" --socket "$work/sock" >"$work/out" 2>&1 || got=$?
	[ $got -eq "$want" ] || fail "$*: exit code $got, expected $want: $(cat "$work/out")"
	grep -qF -- "$text" "$work/out" || fail "$*: no '$text' in $(cat "$work/out")"
}

# logged TEXT: within five seconds.
logged() {
	for _ in $(seq 100); do
		grep -qF -- "$1" "$work/engine.log" && return
		sleep 0.05
	done
	fail "'$1' is not logged"
}

mkdir -m 755 "$work/etc" "$work/etc/conf.d" "$work/p"
printf 'type: policy\nname: one\nscope: [global]\nrules:\n  - event: open\n' >"$work/p/one.yaml"

echo "- how it logs changes at once; the rest is named"
write "policy: $work/p" 'log: {level: warning}' 'proctree: {cache: {process: 1000}}'
start
write "policy: $work/p" 'log: {level: info, format: json}' 'proctree: {cache: {process: 2000}}' 'metrics: true'
expect 0 'applied     2: log.level, log.format' config reload
grep -qF 'restart for 2: proctree.cache.process, metrics' "$work/out" || fail "no restart in $(cat "$work/out")"
logged '"level":"info","component":"warder-engine","msg":"configuration is reloaded: '
logged "expected a restart: 'proctree.cache.process', 'metrics'"
# What needs a restart is said until there was one; what was applied is not.
expect 0 'applied     0' config reload
grep -qF 'restart for 2:' "$work/out" || fail "no restart in $(cat "$work/out")"

# What of the log is the engine's alone as well; a hidden line does not come, the rest does.
write "policy: $work/p" 'log: {level: info, format: json, filters: {out: {regex: ["^configuration differs"]}}}' \
	'proctree: {cache: {process: 3000}}'
n=$(grep -c 'configuration differs' "$work/engine.log")
expect 0 'applied     1: log.filters.out.regex' config reload
[ "$(grep -c 'configuration differs' "$work/engine.log")" -eq "$n" ] || fail "a line that is filtered out"
write "log: {filters: {in: {regex: ['a(']}}}"
expect 3 "'log.filters.in.regex': the pattern is not valid at byte 3: missing closing parenthesis: 'a('" config reload
write "policy: $work/p" 'log: {level: info, format: json}' 'proctree: {cache: {process: 2000}}' 'metrics: true'
expect 0 'applied     1: log.filters.out.regex' config reload

echo "- a wrong one changes nothing, policies included"
printf 'type: policy\nname: two\nscope: [global]\nrules:\n  - event: close\n' >"$work/p/two.yaml"
write 'log: {levle: info}'
expect 3 "etc/warder.yaml:1:7: key 'levle' is not known in 'log'; did you mean 'level'?" config reload
expect 3 "etc/warder.yaml:1:7: key 'levle' is not known" policy reload
kill -HUP $pid
logged "policies are not reloaded, generation"

echo "- drop-ins are read too, and a wrong policy keeps the configuration as it was"
write "policy: $work/p" 'log: {level: info}' 'proctree: {cache: {process: 1000}}'
printf 'log: {level: debug}\n' >"$work/etc/conf.d/a.yaml"
printf 'nonsense' >"$work/p/bad.yaml"
expect 3 'bad.yaml' config reload
rm "$work/p/bad.yaml"
expect 0 'applied     2: log.level, log.format' config reload
grep -qF 'restart for 0' "$work/out" || fail "still a restart in $(cat "$work/out")"
stop
rm "$work/etc/conf.d/a.yaml"

if [ "$(id -u)" -eq 0 ]; then
	echo "- one that may not be read any more stays, and policies are reloaded all the same"
	write "policy: $work/p" 'log: {level: info}'
	chmod 600 "$work/etc/warder.yaml"
	start
	grep -q 'configuration cannot be reloaded by uid [0-9]*: configuration .* cannot be read (EACCES)' \
		"$work/engine.log" || fail "it is not said at the start"
	expect 0 'configuration stays as it was' policy reload
	grep -q '^policies are reloaded' "$work/out" || fail "policies are not reloaded: $(cat "$work/out")"
	stop
fi

echo "- without policies there is a configuration all the same"
write 'events: open'
start
write 'events: open' 'log: {level: error}'
expect 0 'applied     1: log.level' config reload
expect 1 "engine has nothing to reload, it was started without '--policy'" policy reload
stop
[ ! -s "$work/events" ] || fail "something is among the events: $(head -3 "$work/events")"

echo "- a log file that was put away is opened anew, and policies are reloaded as well"
mkdir -m 777 "$work/logs"
write "policy: $work/p" "log: {file: $work/logs/log}"
start --no-watch
mv "$work/logs/log" "$work/logs/log.1"
printf 'type: policy\nname: three\nscope: [global]\nrules:\n  - event: read\n' >"$work/p/one.yaml"
kill -HUP $pid
for _ in $(seq 100); do
	grep -q 'policies are reloaded' "$work/logs/log" 2>/dev/null && break
	sleep 0.05
done
grep -q 'policies are reloaded' "$work/logs/log" || fail "nothing in the new log file: $(ls -l "$work/logs")"
[ "$(stat -c %a "$work/logs/log")" = 600 ] || fail "mode of the new file: $(stat -c %a "$work/logs/log")"
[ "$(stat -c %u:%g "$work/logs/log")" = "$(stat -c %u:%g "$work/logs/log.1")" ] || fail "owners: $(ls -l "$work/logs")"
grep -q 'policies are reloaded' "$work/logs/log.1" && fail "the old log file goes on"
[ ! -s "$work/engine.log" ] || fail "something is on stderr"

echo "- one that cannot be opened again is gone on with"
mv "$work/logs/log" "$work/logs/log.2"
mkdir "$work/logs/log"
kill -HUP $pid
for _ in $(seq 100); do
	grep -q 'cannot be opened again' "$work/logs/log.2" && break
	sleep 0.05
done
grep -qF "log file '$work/logs/log' cannot be opened again (EISDIR), continuing with the old file" \
	"$work/logs/log.2" || fail "it is not said: $(cat "$work/logs/log.2")"
stop

[ $failed -eq 0 ] && echo ok
exit $failed
