#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# `warder run`, `record` and `replay` with scripts in the place of the collector and the engine:
# who is started with what, who is stopped when, what the exit code is.
# test_supervise.sh WARDER
set -u
warder=$1
if [ "$(id -u)" -ne 0 ]; then
	echo "needs root: only root may start a collector" >&2
	exit 77
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	echo "FAIL: $*" >&2
	[ ! -s "$work/log" ] || sed 's/^/  log: /' "$work/log" >&2
	[ ! -s "$work/err" ] || sed 's/^/  err: /' "$work/err" >&2
	failed=1
}

# --- The stand-ins: what they do is in COLLECTOR_DOES and ENGINE_DOES. ---------------------------
cat >"$work/collector" <<'SH'
#!/bin/bash
echo "collector $*" >>"$WORK/log"
for arg; do
	[[ $arg == --socket=* ]] && sock=${arg#*=}
done
echo $$ >"$WORK/collector.pid"
stop() {
	echo "collector stops" >>"$WORK/log"
	rm -f "$sock"
	exit 0
}
trap stop TERM
trap 'echo "collector got INT" >>"$WORK/log"' INT
case $COLLECTOR_DOES in
fail) exit 5 ;;
crash) kill -SEGV $$ ;;
stubborn) trap 'echo "collector ignores" >>"$WORK/log"' TERM ;;
esac
: >"$sock"
while :; do sleep 0.05; done
SH
cat >"$work/engine" <<'SH'
#!/usr/bin/env -S --default-signal=HUP bash
echo "engine $*" >>"$WORK/log"
for arg; do
	case $arg in
	--socket=*) sock=${arg#*=} ;;
	--progress-fd=*) fd=${arg#*=} ;;
	--record=*) echo recording >"${arg#*=}" ;;
	esac
done
[ -z "$(cat)" ] || echo "engine has an input" >>"$WORK/log"
trap 'echo "engine got TERM" >>"$WORK/log"; exit 0' TERM
trap 'echo "engine got INT" >>"$WORK/log"' INT
trap 'echo "engine got HUP" >>"$WORK/log"' HUP
[ -z "${fd:-}" ] || echo "100 3 4096 500000000" >&"$fd"
echo $$ >"$WORK/engine.pid"
case $ENGINE_DOES in
fail) exit 3 ;;
end) exit 0 ;;
stubborn) trap 'echo "engine ignores" >>"$WORK/log"' TERM; sock=$WORK ;;
busy) sock=$WORK ;;
esac
while [ -e "$sock" ]; do sleep 0.05; done
[ -z "${fd:-}" ] || echo "200 3 8192 1000000000" >&"$fd"
echo "engine drained" >>"$WORK/log"
SH
chmod +x "$work/collector" "$work/engine"
export WORK=$work WARDER_COLLECTOR=$work/collector WARDER_ENGINE=$work/engine

# begin COLLECTOR_DOES ENGINE_DOES ARGUMENT...: `warder ARGUMENT...` in the background, as $pid.
begin() {
	export COLLECTOR_DOES=$1 ENGINE_DOES=$2
	shift 2
	rm -f "$work/log" "$work/collector.pid" "$work/engine.pid"
	# An asynchronous command of a script ignores SIGINT unless it is told otherwise.
	env --default-signal=INT "$warder" "$@" >"$work/out" 2>"$work/err" &
	pid=$!
}

# until_there FILE: at most 5 s.
until_there() {
	for _ in $(seq 100); do
		[ -s "$1" ] && return
		sleep 0.05
	done
	fail "'$1' did not appear"
}

# ends CODE: $pid ends with it, and leaves nothing behind.
ends() {
	local got=0 who

	wait "$pid" || got=$?
	[ "$got" -eq "$1" ] || fail "exit code $got, expected $1"
	for who in collector engine; do
		[ ! -s "$work/$who.pid" ] || ! kill -0 "$(cat "$work/$who.pid")" 2>/dev/null ||
			fail "the $who is still there"
	done
	if grep -so '/run/warder-[^/]*' "$work/log" >"$work/folder"; then
		[ ! -e "$(head -1 "$work/folder")" ] || fail "$(head -1 "$work/folder") is still there"
	fi
}

has() {
	grep -qE -- "$2" "$work/$1" || fail "no '$2' in $1"
}

has_not() {
	! grep -qE -- "$2" "$work/$1" || fail "'$2' in $1"
}

echo "- options are handed on, and a signal stops the collector first"
for signal in INT TERM; do
	begin ok ok run -e open --lanes 8M --hooks=narrow --cpu-groups 2 -l debug -o none \
		--user nobody --duration=1h
	until_there "$work/engine.pid"
	kill -$signal $pid
	ends 0
	has log '^collector --lanes=8M --hooks=narrow --cpu-groups=2 --log=debug --socket=/run/warder-.*/collector.sock --engine-uid=[0-9]+ --once$'
	has log '^engine --events=open --log=debug --output=none --user=nobody --duration=1h --wait --socket=/run/warder-.*/collector.sock --exit-with-collector .*--progress-fd=[0-9]+$'
	[ "$(grep -vE '^(collector|engine) -' "$work/log")" = "collector stops
engine drained" ] || fail "not in order"
	[ -s "$work/out" ] && fail "something on stdout"
done

echo "- SIGHUP is handed on to the engine, which goes on"
begin ok ok run -e open
until_there "$work/engine.pid"
for n in 1 2; do
	kill -HUP $pid
	for _ in $(seq 50); do
		[ "$(grep -c 'engine got HUP' "$work/log")" -ge $n ] && break
		sleep 0.05
	done
done
kill -0 $pid "$(cat "$work/collector.pid")" "$(cat "$work/engine.pid")" || fail "SIGHUP ended it"
kill -INT $pid
ends 0
[ "$(grep -c 'engine got HUP' "$work/log")" -eq 2 ] || fail "the engine did not get it twice"
has log 'engine drained'

echo "- a terminal that is closed ends it"
if command -v script >/dev/null; then
	export COLLECTOR_DOES=ok ENGINE_DOES=ok
	rm -f "$work/log" "$work/collector.pid" "$work/engine.pid"
	script -qc "exec '$warder' run -e open" /dev/null </dev/null >/dev/null 2>&1 &
	pid=$!
	until_there "$work/engine.pid"
	kill -KILL $pid
	wait $pid 2>/dev/null
	for _ in $(seq 100); do
		kill -0 "$(cat "$work/engine.pid")" 2>/dev/null || break
		sleep 0.05
	done
	! kill -0 "$(cat "$work/engine.pid")" 2>/dev/null || fail "the engine is still there"
	has log 'engine drained'
	has_not log 'got HUP'
fi

echo "- Ctrl-C in a terminal reaches the children only through us"
begin ok ok run -e open
until_there "$work/engine.pid"
for who in collector engine; do
	[ "$(ps -o pgid= -p "$(cat "$work/$who.pid")" | tr -d ' ')" = "$(cat "$work/$who.pid")" ] ||
		fail "the $who is not in a process group of its own"
done
kill -INT $pid
ends 0
has_not log 'got INT'

echo "- the default policy is said"
begin ok end run
ends 0
has err "info: policy '.*' is used, as neither '--policy' nor '--events' is given"
has log '^engine .*--policy=/'

echo "- a collector that fails ends it, with its exit code; no engine is started"
begin fail ok run -e open
ends 5
has_not log '^engine'

echo "- a collector that crashes is named"
begin crash ok run -e open
ends 1
has err 'collector was ended by signal SEGV'

echo "- an engine that fails ends the collector; its exit code counts"
begin ok fail run -e open
ends 3
has log 'collector stops'

echo "- an engine that has done its work ends it well"
begin ok end run -e open
ends 0
has log 'collector stops'

echo "- a collector that ends makes the engine end"
begin ok ok run -e open
until_there "$work/engine.pid"
kill -TERM "$(cat "$work/collector.pid")"
ends 0
has log 'engine drained'

echo "- who ignores SIGTERM is killed, after 20 s"
begin stubborn ok run -e open
until_there "$work/engine.pid"
start=$SECONDS
kill -TERM $pid
ends 1
[ $((SECONDS - start)) -ge 19 ] || fail "killed too early"
[ $((SECONDS - start)) -le 40 ] || fail "killed too late"
has log 'collector ignores'
has err 'collector did not end and was killed'

echo "- a second signal stops an engine that is busy, a third kills"
begin ok busy run -e open
until_there "$work/engine.pid"
kill -INT $pid
sleep 0.5
has_not log 'engine got TERM'
kill -INT $pid
ends 0
has log 'engine got TERM'
begin ok stubborn run -e open
until_there "$work/engine.pid"
for _ in 1 2 3; do
	kill -INT $pid
	sleep 0.3
done
ends 1
has err 'engine did not end and was killed'

echo "- nothing survives when the command line is killed"
begin ok ok run -e open
until_there "$work/engine.pid"
kill -KILL $pid
wait $pid 2>/dev/null
for _ in $(seq 40); do
	kill -0 "$(cat "$work/collector.pid")" "$(cat "$work/engine.pid")" 2>/dev/null || break
	sleep 0.1
done
for who in collector engine; do
	! kill -0 "$(cat "$work/$who.pid")" 2>/dev/null || fail "the $who has survived"
done
folder=$(grep -o '/run/warder-[^/]*' "$work/log" | head -1)
[ -z "$folder" ] || rm -rf "$folder"

echo "- with --socket only an engine is started, also without root"
: >"$work/other.sock"
begin ok ok run -e open --socket "$work/other.sock"
until_there "$work/engine.pid"
kill -TERM $pid
ends 0
has_not log '^collector'
has log "^engine .*--socket=$work/other.sock"
has_not log '--wait'
has log 'engine got TERM'
if command -v setpriv >/dev/null && chmod 755 "$work" && setpriv --reuid 65534 --clear-groups test -x "$warder"; then
	code=0
	setpriv --reuid 65534 --clear-groups "$warder" run -e open 2>"$work/err" || code=$?
	[ $code -eq 4 ] || fail "without root: exit code $code"
	has err "command 'run' needs root for the collector it starts"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line"
fi

echo "- programs that are not there"
WARDER_ENGINE=$work/none begin ok ok run -e open
ends 1
has err "program '$work/none' \(WARDER_ENGINE\) cannot be run \(ENOENT\)"
printf '#!/nonexistent/interpreter\n' >"$work/broken"
chmod +x "$work/broken"
WARDER_ENGINE=$work/broken begin ok ok run -e open
ends 1
has err "engine '$work/broken' cannot be executed \(ENOENT\)"
has log 'collector stops'

echo "- record: progress, and no file is overwritten by a slip"
begin ok ok record -e open "$work/a.wring"
until_there "$work/engine.pid"
sleep 0.2
kill -INT $pid
ends 0
has log "^engine .*--record=$work/a.wring --output=none"
has err '^recorded 200 records, 200/s, 3 lost, 8.0 KiB, 1.0 s$'
begin ok end record -e open "$work/a.wring"
ends 8
has err "recording '$work/a.wring' exists, expected a new file or '--force'"
[ ! -e "$work/log" ] || fail "something was started"
echo old >"$work/a.wring"
begin ok end record -e open --force "$work/a.wring"
ends 0
[ "$(cat "$work/a.wring")" = recording ] || fail "--force does not replace"
begin ok end record -e open --force "$work"
ends 8
has err "recording '$work' exists and is no regular file"

echo "- replay: only an engine, with a line of progress on a terminal"
begin ok end replay "$work/a.wring" -e open --speed real
ends 0
has_not log '^collector'
has log "^engine --events=open --speed=real --replay=$work/a.wring --status-socket=\$"
begin ok fail replay "$work/a.wring" -e open
ends 3
if command -v script >/dev/null; then
	rm -f "$work/log"
	ENGINE_DOES=end script -qec "'$warder' replay '$work/a.wring' -e open >'$work/out'" /dev/null \
		>"$work/tty" </dev/null || fail "replay on a terminal"
	has log 'progress-fd='
	has tty 'replayed 100 records, 200/s, 3 lost'
	[ -s "$work/out" ] && fail "progress on stdout"
fi

[ $failed -eq 0 ] && echo "ok"
exit $failed
