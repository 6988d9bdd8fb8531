#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# 100 reloads, some of them of broken policies and some of thousands, while a process does numbered
# opens: each is delivered once, matched by the policies of one generation.
# reload.sh BUILD-FOLDER
build=$1
. "$(dirname "$0")/lib.sh"
n_reloads=100

needs jq

# put NAME RULE...: two policies, NAME1 with these rules and NAME2 with a filter on the opens, in one
# file that is moved over the former one.
put() {
	local name=$1 rule
	shift
	{
		printf 'type: policy\nname: %s1\nscope: [comm=numbered]\nrules:\n' "$name"
		for rule; do
			printf '  - event: %s\n' "$rule"
		done
		printf -- '---\ntype: policy\nname: %s2\nscope: [comm=numbered]\nrules:\n' "$name"
		printf '  - event: openat\n    filters: ["data.pathname=%s/seq-*"]\n' "$work"
	} >"$work/new"
	mv "$work/new" "$work/p/p.yaml"
}

# put_thousands NAME: 5,000 policies more, in five files, in the place of those before.
put_thousands() {
	local i
	for i in 1 2 3 4 5; do
		awk -v name="$1-$i" 'BEGIN {
			for (n = 0; n < 1000; n++)
				printf "---\ntype: policy\nname: %s-%d\nscope: [global]\nrules:\n" \
					"  - event: openat\n    filters: [\"data.pathname=/srv/%s/%d/*\"]\n" \
					"  - event: close\n    filters: [data.fd=7, comm=job-%d]\n", name, n, name, n, n
		}' >"$work/new"
		mv "$work/new" "$work/p/thousands-$i.yaml"
	done
}

state() {
	"$warder" status --socket "$work/e.sock" --json
}

generation_is() {
	[ "$(state | jq .policies.generation)" = "$1" ]
}

mkdir -m 755 "$work/p"
chmod 711 "$work"
put a openat
"$collector" --socket "$work/c.sock" --engine-uid "$(id -u nobody)" 2>"$work/collector.log" &
collecting=$!
wait_for 10 test -S "$work/c.sock" || fail "collector: $(cat "$work/collector.log")"
"$engine" --socket "$work/c.sock" --policy "$work/p" --no-watch --output "json:$work/out.json" \
	--status-socket "$work/e.sock" --wait --exit-with-collector --user nobody 2>"$work/engine.log" &
engining=$!
wait_for 10 grep -q 'events attached' "$work/collector.log" || fail "no plan: $(cat "$work/engine.log")"

# The workload, under a name of its own: as fast as it can, with a pause now and then.
cp "$(command -v bash)" "$work/numbered"
mkfifo "$work/pause"
"$work/numbered" -c 'exec 9<>"$1/pause"
	i=0
	until [ -e "$1/stop" ]; do
		for ((k = 0; k < 20; k++)); do
			: <"$1/seq-$((i += 1))-"
		done 2>/dev/null
		read -rt 0.002 -u 9
	done
	echo $i >"$1/n"' numbered "$work" &
working=$!
wait_for 10 grep -q 'seq-100-' "$work/out.json" || fail "no events: $(cat "$work/engine.log")"

# Each asks by the one or the other way; what is right and what is broken take turns too.
good=0 broken=0
for ((r = 1; r <= n_reloads; r++)); do
	if [ $((r % 7)) -eq 3 ]; then
		put x opnat
		code=0
		"$warder" policy reload --socket "$work/e.sock" >"$work/said" 2>&1 || code=$?
		[ $code -eq 3 ] || fail "reload $r: exit code $code for a broken policy"
		grep -q "p.yaml:5:12: rule 1: event 'opnat' is not known" "$work/said" ||
			fail "reload $r: $(cat "$work/said")"
		broken=$((broken + 1))
		continue
	fi
	good=$((good + 1))
	if [ $((good % 2)) -eq 1 ]; then
		put b openat close
	else
		put a openat
	fi
	[ $((good % 20)) -ne 0 ] || put_thousands "n$r"
	if [ $((r % 5)) -eq 0 ]; then
		kill -HUP $engining
		wait_for 10 generation_is $((good + 1)) || fail "reload $r: SIGHUP: $(state | jq -c .policies)"
	else
		"$warder" policy reload --socket "$work/e.sock" >"$work/said" 2>&1 || fail "reload $r: $(cat "$work/said")"
		grep -q 'collector   has confirmed its plan' "$work/said" || fail "reload $r: $(cat "$work/said")"
	fi
done
: >"$work/stop"
wait $working
n=$(cat "$work/n")
wait_for 20 grep -q "seq-$n-" "$work/out.json" || fail "the last event is not there"
state >"$work/status.json"
jq -e --argjson good $good --argjson broken $broken '.lost == [] and .policies.reloads == $good and
	.policies.reload_errors == $broken and .policies.generation == $good + 1 and
	.policies.last_error == "" and .plan.generation == $good + 1' "$work/status.json" >/dev/null ||
	fail "status: $(jq -c '.lost, .policies, .plan' "$work/status.json")"
kill -TERM $collecting # the engine drains and ends with it
wait $collecting || fail "collector: exit code $?"
wait $engining || fail "engine: exit code $?: $(cat "$work/engine.log")"

# Each once, in order, and of one generation.
grep -oE 'seq-[0-9]+-' "$work/out.json" | tr -dc '0-9\n' >"$work/seen"
seq 1 "$n" | cmp -s - "$work/seen" ||
	fail "$(wc -l <"$work/seen") of $n: $(seq 1 "$n" | diff - "$work/seen" | head -5)"
grep 'seq-' "$work/out.json" | grep -oE '"matchedPolicies":\[[^]]*\]' | sort | uniq -c >"$work/matched"
[ "$(awk '{ print $2 }' "$work/matched")" = '"matchedPolicies":["a1","a2"]
"matchedPolicies":["b1","b2"]' ] || fail "policies of one generation: $(cat "$work/matched")"
grep '"eventName":"close"' "$work/out.json" | grep -vqF '"matchedPolicies":["b1"]' &&
	fail "a close that nobody wants"
grep -q '"eventName":"close"' "$work/out.json" || fail "no close, although every other set wants it"
echo "$n opens, $good reloads, $broken refused, by generation:"
cat "$work/matched"
[ $failed -eq 0 ] && echo "ok"
exit $failed
