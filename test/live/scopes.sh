#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Every scope on real processes: users, namespaces, programs, trees of processes, containers. Two
# Warders watch the same: one lets the kernel drop what no policy wants, the other does not. First
# each policy must match who it is for and nobody else; then policies are put together at random. In
# all of it both must say the same.
# scopes.sh BUILD-FOLDER [SEED [ROUNDS]]
build=$1
. "$(dirname "$0")/lib.sh"
RANDOM=${2:-1} rounds=${3:-12}
groups=()
trap 'kill -KILL $(jobs -p) 2>/dev/null; rmdir "${groups[@]}" 2>/dev/null; rm -rf "$work"' EXIT

needs jq

# --- Who does something ------------------------------------------------------------------------

mkdir -m 755 "$work/bin" "$work/p"
chmod 755 "$work"
for name in root user old tree leader led c; do
	cp "$(command -v bash)" "$work/bin/$name"
done
cat >"$work/act" <<'EOF'
# act WORK WHO WORD...: says which process it is, waits to be let, opens WORK/m-WHO and what is not there.
work=$1 who=$2
word=${3-}
mark() {
	local pid
	read -r pid _ </proc/self/stat # the host's number, as /proc is the host's
	echo "$pid" >>"$work/pids"
	: <"$work/m-$1"
	: <"$work/none-$1"
} 2>/dev/null
read -r pid _ </proc/self/stat
echo "$pid" >"$work/is-$who"
[ "$word" != waits ] || : <"$work/gate" # until somebody opens it to write: one call, no loop
case $who in
tree)
	( mark tree-child; ( mark tree-grandchild ) )
	;;
leader)
	mark leader
	"$work/bin/led" "$work/act" "$work" led
	;;
c-early)
	echo "$pid" >"$word/cgroup.procs"
	mark c-early
	unshare -m "$work/bin/c" "$work/act" "$work" c-late
	;;
c-old)
	echo "$pid" >"$word/cgroup.procs"
	mark c-old
	;;
ns)
	mark ns
	: <"$work/exit" # until then its namespaces' numbers are nobody else's
	;;
end) # not one of those that are compared: what it does afterwards may come late
	: <"$work/m-end"
	;;
*)
	mark "$who"
	;;
esac
EOF
mkfifo "$work/gate" "$work/exit"
for who in root user ns old tree-child tree-grandchild leader led c-old c-early c-late end; do
	: >"$work/m-$who"
done

actor() {
	"$work/bin/$1" "$work/act" "$work" "${@:2}"
}

# Those that policies name by numbers are there before the policies are written.
start_waiting() {
	rm -f "$work"/is-* "$work/pids"
	: >"$work/pids"
	chmod 666 "$work/pids"
	actor old old waits &
	actor tree tree waits &
	unshare -mupf bash -c 'echo stranger-host >/proc/sys/kernel/hostname
		exec "$1/bin/root" "$1/act" "$1" ns waits' ns "$work" &
	for who in old tree ns; do
		wait_for 10 test -s "$work/is-$who" || fail "$who does not start"
	done
	old=$(cat "$work/is-old") tree=$(cat "$work/is-tree") ns=$(cat "$work/is-ns")
	mntns=$(stat -Lc %i "/proc/$ns/ns/mnt") pidns=$(stat -Lc %i "/proc/$ns/ns/pid")
}

let_all_act() {
	local pids=()
	mapfile -t pids < <(jobs -pr | grep -vxF "$(printf '%s\n' "${watching[@]}")")
	exec 9>"$work/gate"
	actor root root
	: >"$work/is-user" && chmod 666 "$work/is-user"
	setpriv --reuid 1234 --clear-groups "$work/bin/user" "$work/act" "$work" user
	actor leader leader
	if [ ${#groups[@]} -gt 0 ]; then
		actor c c-old "${groups[0]}"
		actor c c-early "${groups[1]}"
	fi
	exec 8>"$work/exit"
	wait "${pids[@]}"
	exec 8>&- 9>&-
}

# make_group FOLDER: a cgroup that takes tasks.
make_group() {
	mkdir "$1" || return
	for f in cpuset.cpus cpuset.mems; do
		[ $cgroups = /sys/fs/cgroup ] || cat "$1/../$f" >"$1/$f" || return
	done
}

# --- Who is for whom ---------------------------------------------------------------------------

# policy NAME SCOPE EVENT FILTERS: scope and filters are items with blanks between.
policy() {
	printf -- '---\ntype: policy\nname: %s\nscope: [%s]\nrules:\n- event: %s\n  filters: [%s]\n' \
		"$1" "$(printf '"%s", ' $2)" "$3" "$([ -z "$4" ] || printf '"%s", ' $4)"
}

host="root user old tree-child tree-grandchild leader led"
uts=$(uname -n)
table() {
	cat <<EOF
uid-one|uid=1234|user
uid-two|uid=7,1234|user
uid-not|uid!=0|user
uid-range|uid>1000 uid<=1234|user
pid-one|pid=$old|old
pid-range|pid>=$old pid<=$old|old
pid-not|pid!=$old|root user ns tree-child tree-grandchild leader led c-old c-early c-late
pid-new|pid=new|root user tree-child tree-grandchild leader led c-old c-early c-late
pid-there|pid!=new|ns old
mntns-one|mntns=$mntns|ns
mntns-not|mntns!=$(stat -Lc %i /proc/self/ns/mnt)|ns c-late
pidns-one|pidns=$pidns|ns
pidns-not|pidns!=$(stat -Lc %i /proc/self/ns/pid)|ns
uts-one|uts=stranger-host|ns
uts-not|uts!=${uts:0:15}|ns
comm-one|comm=led,nobody|led
comm-not|comm!=root,user,old,tree,leader,c|led
comm-part|comm=le*|leader led
exe-any|executable=$work/bin/root|root ns
exe-there|bin=$mntns:$work/bin/root|ns
exe-none|binary=$mntns:$work/bin/old|
tree-one|tree=$tree|tree-child tree-grandchild
tree-not|tree!=$tree uid=0|root ns old leader led c-old c-early c-late
follow|comm=leader follow|leader led
both|uid=1234 comm=user|user
clash|uid=1234 comm=root|
host|not-container|$host ns
EOF
	# Where process 1 may be looked at, and is in our namespace.
	[ "$(stat -Lc %i /proc/1/ns/mnt 2>/dev/null)" != "$(stat -Lc %i /proc/self/ns/mnt)" ] ||
		echo "exe-host|exec=host:$work/bin/root|root"
	[ ${#groups[@]} -gt 0 ] || return
	cat <<EOF
container|container|c-old c-early c-late
container-id|container=${old_id:0:12}|c-old
container-other|container=${new_id:0:12}|c-early c-late
container-new|container=new|c-early c-late
container-there|container!=new|$host ns c-old
container-started|container=started|c-old c-late
container-name|containerName=web|
pod|podNamespace=otel-demo|
EOF
}

# What random policies are made of: scopes, then events with filters of theirs.
scopes() {
	table | cut -d'|' -f2 | grep -v follow
	printf 'global\nglobal\nglobal\n'
}
rules() {
	cat <<EOF
openat data.pathname=$work/m-*
openat data.pathname=$work/m-root,$work/m-ns,$work/none-led
openat data.pathname=*-led,*-old
openat data.pathname=$work/none-* retval=-2
openat retval<0
openat data.flags=0
openat data.dirfd=-100 data.pathname=/proc/*
openat data.pathname!=/etc/*
openat data.pathname=*child*
openat hostPid=$old
close data.fd=3
close data.fd=3 retval=0
close uid=1234
close
read data.fd=3 retval>=4
read data.count>=128 comm=root,led
sched_process_exec data.pathname=$work/bin/*
sched_process_exec
task_rename uid=1234
clone retval>0
fs uid=1234
fs comm=led
proc uts=stranger-host
EOF
}

random_policies() {
	local n=$((1 + RANDOM % 3)) scopes rules
	mapfile -t scopes < <(scopes)
	mapfile -t rules < <(rules)
	for ((i = 0; i < n; i++)); do
		local rule=${rules[RANDOM % ${#rules[@]}]}
		policy "random-$i" "${scopes[RANDOM % ${#scopes[@]}]}" "${rule%% *}" \
			"$([ "$rule" = "${rule%% *}" ] || echo "${rule#* }")"
	done
}

# --- The two that watch ------------------------------------------------------------------------

cgroups=/sys/fs/cgroup
[ -e $cgroups/cgroup.controllers ] || cgroups=$cgroups/cpuset
old_id=$(printf 'c0ffee%058d' $$) new_id=$(printf 'decade%058d' $$)
groups=("$cgroups/libpod-$old_id.scope" "$cgroups/docker-$new_id.scope")
make_group "${groups[0]}" 2>/dev/null || {
	groups=()
	echo "no cgroup can be made in $cgroups: containers are not looked at"
}
watching=()
end_policy() {
	policy end global openat "data.pathname=$work/m-end"
}
# put: what comes in becomes the policies of both, confirmed by the kernel's side.
put() {
	{
		end_policy
		cat
	} >"$work/new"
	mv "$work/new" "$work/p/p.yaml"
	[ ${#watching[@]} -gt 0 ] || return
	for how in on off; do
		"$warder" policy reload --socket "$work/$how.sock" >"$work/said" 2>&1 &&
			grep -q 'has confirmed its plan' "$work/said" || fail "reload: $(cat "$work/said" "$work/p/p.yaml")"
	done
}

records() {
	"$warder" status --socket "$work/$1.sock" --json | jq 'first(.. | objects | .records_decoded // empty)'
}

# mark_end ROUND: until both have said everything up to now; how many lines that is, in $work/*.from.
mark_end() {
	local how n
	for how in on off; do
		grep -c 'm-end"' "$work/$how.json" >"$work/$how.marks"
	done
	actor root end
	for how in on off; do
		n=$(cat "$work/$how.marks")
		wait_for 20 eval "[ \$(grep -c 'm-end\"' '$work/$how.json') -gt $n ]" || fail "$1: $how: no end"
		wc -l <"$work/$how.json" >"$work/$how.from"
	done
}

# act_and_compare ROUND: leaves what came in $work/now.on and .off, sorted.
act_and_compare() {
	local how
	mark_end "$1" # what the actors did until now is behind us
	let_all_act
	for how in on off; do
		cp "$work/$how.from" "$work/$how.begin"
	done
	mark_end "$1"
	for how in on off; do
		local from=$(($(cat "$work/$how.begin") + 1))
		tail -n "+$from" "$work/$how.json" | jq -r --slurpfile pids "$work/pids" '
			select(.hostProcessId as $pid | $pids | index($pid)) | [.hostProcessId, .hostThreadId,
			.eventName, .returnValue, (.matchedPolicies | join(",")), (.args | tojson)] | @tsv' |
			sort >"$work/now.$how"
	done
	cmp -s "$work/now.on" "$work/now.off" ||
		fail "$1: $(diff "$work/now.on" "$work/now.off" | head -5; cat "$work/p/p.yaml")"
}

start_waiting
put < <(table | while IFS='|' read -r name scope _; do
	policy "$name" "$scope" openat "data.pathname=$work/m-*"
done)
for how in on off; do
	"$warder" run --policy "$work/p" --no-watch --kernel-filters $how --status-socket "$work/$how.sock" \
		--output "json:$work/$how.json" 2>"$work/$how.log" &
	watching+=($!)
	wait_for 20 grep -q 'events attached' "$work/$how.log" || {
		fail "$how: $(cat "$work/$how.log")"
		exit 1
	}
done
[ ${#groups[@]} -eq 0 ] || make_group "${groups[1]}" || fail "no second cgroup"
act_and_compare table
while IFS='|' read -r name scope expected; do
	matched=$(jq -r --arg policy "$name" --arg prefix "$work/m-" 'select(.matchedPolicies | index($policy)) |
		.args[] | select(.name == "pathname") | .value | ltrimstr($prefix)' "$work/on.json" | grep -vx end | sort | xargs)
	[ ${#groups[@]} -gt 0 ] || expected=$(xargs -n1 <<<"$expected" | grep -v '^c-' | xargs)
	[ "$matched" = "$(xargs -n1 <<<"$expected" | sort | xargs)" ] ||
		fail "$name ($scope) is for '$expected' and matched '$matched'"
done < <(table)

n_events=0
for ((round = 1; round <= rounds; round++)); do
	start_waiting
	random_policies >"$work/random" # not in a subshell, where bash begins another row of numbers
	put <"$work/random"
	act_and_compare "round $round"
	n_events=$((n_events + $(wc -l <"$work/now.on")))
done
on=$(records on) off=$(records off)
[ $n_events -gt $((rounds * 5)) ] || fail "only $n_events events in $rounds rounds"
[ "$on" -lt "$off" ] || fail "$on records with filters in the kernel, $off without"
for how in on off; do
	"$warder" status --socket "$work/$how.sock" --json | jq -e '.lost == []' >/dev/null || fail "$how: losses"
done
kill -INT "${watching[@]}"
wait "${watching[@]}"
echo "$(table | wc -l) scopes, $rounds random sets, $n_events events, both ways the same;" \
	"$on records with filters in the kernel, $off without"
[ $failed -eq 0 ] && echo "ok"
exit $failed
