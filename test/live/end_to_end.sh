#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The real programs, as a user runs them.
# end_to_end.sh BUILD-FOLDER
build=$1
. "$(dirname "$0")/lib.sh"

needs jq

# One command: an exec becomes a line with process, parent, executable and arguments.
"$warder" run --events sched_process_exec,openat >"$work/run.json" 2>"$work/run.log" &
run=$!
wait_for 10 grep -q 'events attached' "$work/run.log" || fail "run: $(cat "$work/run.log")"
cat /etc/hostname >/dev/null
wait_for 5 grep -q '"/etc/hostname"' "$work/run.json" || fail "run: no event of cat"
kill -INT $run
wait $run || fail "run: exit code $?: $(cat "$work/run.log")"
jq -e -s --argjson me $$ 'any(.[]; .eventName == "sched_process_exec" and .processName == "cat" and
	.hostParentProcessId == $me and (.executable.path | endswith("/cat")) and
	any(.args[]; .name == "argv" and .value == ["cat", "/etc/hostname"])) and
	any(.[]; .eventName == "openat" and .processName == "cat" and
	any(.args[]; .name == "pathname" and .value == "/etc/hostname"))' "$work/run.json" >/dev/null ||
	fail "run: cat is not as expected: $(grep hostname "$work/run.json")"

# Which container: of one that was there before the collector, and of one that is made later.
root=/sys/fs/cgroup
[ -e $root/cgroup.controllers ] || root=$root/cpuset
old=$(printf 'c0ffee%058d' $$) new=$(printf 'decade%058d' $$)
groups=("$root/libpod-$old.scope" "$root/libpod-$old.scope/inner" "$root/docker-$new.scope")
# make_group FOLDER: a cgroup that takes tasks.
make_group() {
	mkdir "$1" || return
	for f in cpuset.cpus cpuset.mems; do
		[ $root = /sys/fs/cgroup ] || cat "$1/../$f" >"$1/$f" || return
	done
}
if make_group "${groups[0]}" && make_group "${groups[1]}"; then
	"$warder" run --events sched_process_exec,cgroup_mkdir,cgroup_rmdir >"$work/containers.json" \
		2>"$work/run.log" &
	run=$!
	wait_for 10 grep -q 'events attached' "$work/run.log" || fail "containers: $(cat "$work/run.log")"
	make_group "${groups[2]}"
	sh -c "echo \$\$ >'${groups[1]}/cgroup.procs'; exec cat /etc/hostname" >/dev/null
	sh -c "echo \$\$ >'${groups[2]}/cgroup.procs'; cat /etc/os-release; unshare -m cat /etc/passwd" >/dev/null
	wait_for 5 rmdir "${groups[2]}" "${groups[1]}" "${groups[0]}"
	wait_for 5 grep -q "cgroup_rmdir.*libpod-$old.scope\"" "$work/containers.json" || fail "containers: no rmdir"
	kill -INT $run
	wait $run || fail "containers: exit code $?: $(cat "$work/run.log")"
	# started: who was there before us; not a program of the runtime, in its starter's mount namespace
	jq -e -s --arg old "$old" --arg new "$new" '
		def of(f): .[] | select(.eventName == "sched_process_exec" and
			any(.args[]; .name == "argv" and .value == ["cat", f]));
		(of("/etc/hostname") | .containerId == $old and .container == {id: $old} and .contextFlags.containerStarted)
		and (of("/etc/os-release") | .containerId == $new and (.contextFlags.containerStarted | not))
		and (of("/etc/passwd") | .containerId == $new and .contextFlags.containerStarted)
		and any(.[]; .eventName == "cgroup_mkdir" and .containerId == "" and
			any(.args[]; .name == "cgroup_path" and .value == "/docker-\($new).scope"))
		' "$work/containers.json" >/dev/null || fail "containers: $(grep -E "$old|$new" "$work/containers.json")"
else
	echo "no cgroup can be made in $root: containers are not looked at"
fi
rmdir "${groups[@]}" 2>/dev/null

# An engine killed under load: the next one goes on where it was, nothing is missing.
# The engine comes back as nobody when it has to connect again.
chmod 711 "$work"
# The collector is started with the capabilities of its list, and not one more: the directory's group
# is the socket's.
install -d -m 2710 -g "$(id -g nobody)" "$work/run"
listed=bpf,perfmon,sys_ptrace,dac_read_search
setpriv --bounding-set="-all,+${listed//,/,+}" \
	"$collector" --socket "$work/run/c.sock" --group "$(id -g nobody)" 2>"$work/collector.log" &
collecting=$!
wait_for 10 test -S "$work/run/c.sock" || fail "collector: $(cat "$work/collector.log")"
start_engine() {
	"$engine" --socket "$work/run/c.sock" --events openat --output "json:$work/$1.json" \
		--status-socket "$work/$1.sock" --wait --exit-with-collector 2>"$work/$1.log" &
	wait_for 10 grep -q 'is connected' "$work/$1.log" || fail "$1: $(cat "$work/$1.log")"
}
start_engine first
first=$!
wait_for 10 grep -q 'events attached' "$work/collector.log" || fail "no plan"

# What the collector kept of it, and that it is told apart by name when it is not there.
grep -qE '^CapEff:\s000000c000080004' /proc/$collecting/status || fail "collector: $(grep Cap /proc/$collecting/status)"
for cap in ${listed//,/ }; do
	others=$(sed "s/$cap,\?//; s/,\$//" <<<"$listed")
	setpriv --bounding-set="-all,+${others//,/,+}" "$collector" --socket "$work/n.sock" 2>"$work/n.log"
	[ $? -eq 4 ] && grep -q "needs CAP_${cap^^}:" "$work/n.log" || fail "without $cap: $(cat "$work/n.log")"
done

# What the engine may do.
status=$(cat /proc/$first/status)
for expected in 'CapEff:\s0000000000000000' 'CapPrm:\s0000000000000000' 'NoNewPrivs:\s1' 'Seccomp:\s2'; do
	grep -qE "$expected" <<<"$status" || fail "engine: not '$expected'"
done
! grep -qE '^Uid:\s0' <<<"$status" || fail "engine: runs as root"

n=8000
(
	for ((i = 1; i <= n; i++)); do
		: <"$work/seq-$i-"
	done 2>/dev/null
	: >"$work/done"
) &
wait_for 10 grep -q 'seq-500-' "$work/first.json" || fail "first engine: no events"
kill -KILL $first
wait $first 2>/dev/null # as a service manager does: until it is gone it is the one engine
start_engine second
wait_for 60 test -e "$work/done" || fail "workload: did not end"
wait_for 10 grep -q "seq-$n-" "$work/first.json" "$work/second.json" || fail "second engine: no last event: $(cat "$work/second.log" "$work/collector.log")"
"$warder" status --socket "$work/second.sock" --json | jq -e '.lost == [] and .collector.connected' \
	>/dev/null || fail "status: $("$warder" status --socket "$work/second.sock" --json)"
kill -TERM $collecting # the engine drains and ends with it
wait $collecting || fail "collector: exit code $?"
seen=$(cat "$work/first.json" "$work/second.json" | grep -oE 'seq-[0-9]+-' | sort -u | wc -l)
[ "$seen" -eq $n ] || fail "restart: $seen of $n opens are there"

# A recording gives the same lines again.
"$collector" --socket "$work/d.sock" --once 2>"$work/collector.log" &
wait_for 10 test -S "$work/d.sock" || fail "collector: $(cat "$work/collector.log")"
"$engine" --socket "$work/d.sock" --events sched_process_exec,openat --duration 2s --status-socket "" \
	--record "$work/r.wring" --output "json:$work/live.json" 2>"$work/record.log" &
record=$!
wait_for 10 grep -q 'events attached' "$work/collector.log"
for i in 1 2 3; do cat /etc/hostname >/dev/null; done
wait $record || fail "record: exit code $?: $(cat "$work/record.log")"
"$warder" replay "$work/r.wring" --events sched_process_exec,openat >"$work/replay.json" \
	2>"$work/replay.log" || fail "replay: $(cat "$work/replay.log")"
[ -s "$work/live.json" ] && cmp -s "$work/live.json" "$work/replay.json" ||
	fail "replay: $(wc -l <"$work/replay.json") lines differ from $(wc -l <"$work/live.json") live ones"

[ $failed -eq 0 ] && echo "ok"
exit $failed
