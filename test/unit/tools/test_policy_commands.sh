#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# policy check, explain and test, and events explain, as a user meets them: what they print, to the
# byte, on small policies and recordings. test_policy_commands.sh WARDER
set -u
warder=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
cd "$work" || exit 1

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# expect CODE TEXT ARGUMENT...: the exit code, and one line on stderr that contains TEXT.
expect() {
	local code=$1 text=$2 got=0

	shift 2
	"$warder" "$@" >out 2>err </dev/null || got=$?
	[ "$got" -eq "$code" ] || fail "warder $*: exit code $got, expected $code"
	grep -qF -- "$text" err || fail "warder $*: no '$text' in: $(cat err)"
	[ "$(wc -l <err)" -le 1 ] || fail "warder $*: more than one line: $(cat err)"
}

# prints CODE ARGUMENT...: the exit code; stdout is what is on our stdin; what is on stderr is in err.
prints() {
	local code=$1 got=0

	shift
	cat >expected
	"$warder" "$@" >out 2>err </dev/null || got=$?
	[ "$got" -eq "$code" ] || fail "warder $*: exit code $got, expected $code: $(cat err)"
	diff -u expected out >difference || fail "warder $*: $(cat difference)"
}

# says LINE...: what was on stderr, to the byte.
says() {
	diff -u <(printf '%s\n' "$@") err >difference || fail "stderr: $(cat difference)"
}

# holds FILTER FILE: what jq must say true to.
holds() {
	jq -e "$1" "$2" >/dev/null || fail "not so in $2: $1"
}

cat >web.yaml <<'YAML'
type: policy
name: web
scope: ['uid>=1000', comm=nginx]
rules:
  - event: openat
    filters: ['data.pathname=/etc/*,/root/*', 'data.flags!=O_RDONLY']
    exceptions:
      - name: own-config
        filters: ['data.pathname=/etc/nginx/*']
        expires: 2020-01-31
  - event: sched_process_exec
    filters: ['data.pathname=~/(ba)?sh$']
  - event: chdir
  - event: security_file_open
---
type: policy
name: pods
scope: [not-container, pid=new, follow]
rules:
  - event: openat
    filters: [podNamespace=shop, data.pathname=/etc/shadow]
---
type: policy
name: pods-again
scope: [not-container, pid=new, follow]
rules:
  - event: openat
    filters: [podNamespace=shop, data.pathname=/etc/shadow]
YAML

# --- policy check --------------------------------------------------------------------------------
prints 0 policy check web.yaml <<'TEXT'
web
  file         web.yaml
  scope        uid>=1000, comm=nginx
  rules        4
  events       3
  filters      3
  exceptions   1
  unavailable  security_file_open
pods
  file         web.yaml
  scope        not-container, pid=new, follow
  rules        1
  events       1
  filters      2
  exceptions   0
  unavailable  none
pods-again
  file         web.yaml
  scope        not-container, pid=new, follow
  rules        1
  events       1
  filters      2
  exceptions   0
  unavailable  none
TEXT
unfed='namespaces of pods are not known in this build yet, it only matches what has none'
says "warder: warning: web.yaml:8:9: exception 'own-config' of event 'openat' has expired (2020-02-01T00:00:00Z): it excepts nothing any more" \
	"warder: warning: web.yaml:21:15: 'podNamespace=shop': $unfed" \
	"warder: warning: web.yaml:24:7: policy 'pods-again' says the same as policy 'pods' in web.yaml:17" \
	"warder: warning: web.yaml:28:15: 'podNamespace=shop': $unfed"
prints 0 policy check --quiet web.yaml </dev/null
prints 3 policy check --quiet --strict web.yaml </dev/null

mkdir set
sed -n '1,/^---/p' web.yaml | grep -v -e --- -e expires >set/a.yaml
prints 0 policy check --quiet --strict set </dev/null
[ -s err ] && fail "warnings for nothing: $(cat err)"
sed 's/comm=nginx/com=nginx/' set/a.yaml >set/b.yaml
sed 's/data.flags/data.flag/; s/name: web/name: other/' set/a.yaml >set/c.yaml
sed 's/event: chdir/event: chdri/; s/name: web/name: third/' set/a.yaml >set/d.yaml
sed 's/name: web/name: fourth/' set/a.yaml >set/e.yaml
prints 3 policy check set </dev/null
[ "$(wc -l <err)" -eq 3 ] || fail "one mistake hides another: $(cat err)"
grep -q "set/b.yaml:3:22: .*'com=nginx' is not known; did you mean 'comm'?" err || fail "$(cat err)"
grep -q "set/c.yaml:6:47: .*no such field; did you mean 'flags'?" err || fail "$(cat err)"
grep -q "set/d.yaml:12:12: .*'chdri' is not known; did you mean 'chdir'?" err || fail "$(cat err)"
mkdir empty
expect 3 "empty: no .yaml, .yml or .json file in it" policy check empty
expect 3 "policy 'web' is there twice; the first is in set/a.yaml:2" policy check set/a.yaml web.yaml

"$warder" policy check --json web.yaml >document 2>err || fail "policy check --json: $(cat err)"
[ -s err ] && fail "policy check --json: $(cat err)"
holds '.ok and .errors == [] and (.policies | map(.name)) == ["web", "pods", "pods-again"]' document
holds '.policies[0] | .file == "web.yaml" and .line == 2 and .scope == ["uid>=1000", "comm=nginx"] and .rules == 4 and
	.events == 3 and .filters == 3 and .exceptions == 1 and .unavailable == ["security_file_open"]' document
holds '.policies[1].scope == ["not-container", "pid=new", "follow"]' document
holds '(.warnings | length) == 4 and (.warnings[0] | .file == "web.yaml" and .line == 8 and .column == 9 and
	(.message | startswith("exception '"'own-config'"' of event")))' document
prints 3 policy check --json --strict web.yaml < <(sed 's/"ok": true/"ok": false/' document)
"$warder" policy check --json set empty >document 2>err && fail "policy check --json takes broken policies"
[ -s err ] && fail "policy check --json: $(cat err)"
holds '(.ok | not) and .policies == [] and (.errors | map([.file, .line, .column])) ==
	[["set/b.yaml", 3, 22], ["set/c.yaml", 6, 47], ["set/d.yaml", 12, 12], [null, null, null]]' document
holds '.errors[3].message == "empty: no .yaml, .yml or .json file in it"' document

# Values that no event has: a name that was misspelled, a text where there are only numbers.
cat >values.yaml <<'YAML'
type: policy
name: values
scope: [global]
rules:
  - {event: openat, filters: ["data.flags=O_RDONLY,O_WRONLY|O_CLOXEC", data.dirfd=AT_FDCWD, "data.mode=6*"]}
  - {event: close, filters: [data.fd=abc, data.fd=0x7]}
  - {event: ptrace, filters: [data.request!=PTRACE_ATACH, data.request!=PTRACE_SETOPTIONS]}
  - {event: prctl, filters: [data.option=PR_SET_VMA]}
  - {event: setsockopt, filters: [data.level=SOL_SOCKET, data.optname=SO_REUSEADR]}
  - event: read
    exceptions: [{name: one, filters: [data.count=many]}]
YAML
never='never is what this asks for:'
"$warder" policy check --quiet values.yaml 2>err || fail "values.yaml: $(cat err)"
says "warder: warning: values.yaml:5:31: 'data.flags' $never 'O_CLOXEC' is no name of a value; did you mean 'O_CLOEXEC'?" \
	"warder: warning: values.yaml:6:30: 'data.fd' $never 'abc' is not a number, and the numbers of 'fd' have no names" \
	"warder: warning: values.yaml:7:31: 'data.request' $never 'PTRACE_ATACH' is no name of a value; did you mean 'PTRACE_ATTACH'?" \
	"warder: warning: values.yaml:11:40: 'data.count' $never 'many' is not a number, and the numbers of 'count' have no names"

# --- policy explain ------------------------------------------------------------------------------
"$warder" policy explain web.yaml >explained 2>err || fail "policy explain: $(cat err)"
[ -s err ] && fail "policy explain: $(cat err)"
open_hooks=$("$warder" events show openat | sed -n 's/^  hooks    //p')
chdir_hooks=$("$warder" events show chdir | sed -n 's/^  hooks    //p')
sed 's/^  memory  .*/  memory/; s/^  predicates .*/  predicates/' explained >explained.same
diff -u - explained.same >difference <<TEXT || fail "policy explain: $(cat difference)"
web
  file        web.yaml
  scope       uid>=1000, comm=nginx

  openat (line 5)
    hooks       $open_hooks
    in engine   uid>=1000: it is more than exact values, prefixes and suffixes
    in engine   comm=nginx, data.pathname=/etc/*,/root/*: a rule wants every such event, as far as the kernel can tell
    in engine   data.flags!=O_RDONLY: it names a value that has to be looked up or cannot be
    found by    comm: 1 exact value of the scope
    exception   own-config, in the engine, expired 2020-02-01T00:00:00Z

  sched_process_exec (line 11)
    hooks       tp_btf/sched_process_exec
    in engine   uid>=1000, comm=nginx, data.pathname=~/(ba)?sh$: no such event is ever dropped: the engine needs all of them
    found by    comm: 1 exact value of the scope

  chdir (line 13)
    hooks       $chdir_hooks
    in kernel   comm=nginx
    in engine   uid>=1000: it is more than exact values, prefixes and suffixes
    found by    comm: 1 exact value of the scope

  security_file_open (line 14)
    unavailable this build has no such event or set

pods
  file        web.yaml
  scope       not-container, pid=new, follow

  openat (line 20)
    hooks       $open_hooks
    in engine   not-container, pid=new, podNamespace=shop, data.pathname=/etc/shadow: its policy follows processes
    found by    data.pathname: 1 exact value

pods-again
  file        web.yaml
  scope       not-container, pid=new, follow

  openat (line 27)
    hooks       $open_hooks
    in engine   not-container, pid=new, podNamespace=shop, data.pathname=/etc/shadow: its policy follows processes
    found by    data.pathname: 1 exact value

What the kernel drops before it is recorded
  chdir, by comm

Totals
  policies          3
  rules             6
  events            3
  of them filtered  1
  kernel entries    1
  predicates
  patterns          1
  memory
TEXT
"$warder" policy explain set/a.yaml >explained 2>err || fail "policy explain: $(cat err)"
grep -qx '    in kernel   comm=nginx, data.pathname=/etc/\*,/root/\*' explained ||
	fail "without another policy the kernel tells it: $(cat explained)"
grep -qx '  openat, by comm, text' explained || fail "what is dropped: $(cat explained)"
cat >sets.yaml <<'YAML'
type: policy
name: sets
scope: [comm=nginx]
rules:
  - event: proc
  - event: chdir
    filters: ['retval<0']
  - event: close
    filters: ['data.fd=3,4']
YAML
"$warder" policy explain sets.yaml >explained 2>err || fail "policy explain: $(cat err)"
grep -q '^    in engine   comm=nginx: no such event is ever dropped: the engine needs all of them (but for [0-9]* of [0-9]* events, where the kernel tells it)$' explained ||
	fail "a set in part: $(cat explained)"
if command -v jq >/dev/null; then
	"$warder" policy explain --json web.yaml >web.json || fail "policy explain --json"
	holds '.policies | map(.name) == ["web", "pods", "pods-again"]' web.json
	holds '.policies[0].rules[0] | .event == "openat" and .line == 5 and .events == 1 and
		.unavailable == null and (.hooks | length > 0) and
		.access == {subject: "comm", place: "scope", exact: 1, prefixes: 0, suffixes: 0} and
		(.conditions | length == 4) and (.conditions[0] | .place == "scope" and .line == 3
			and .column == 9 and .events_in_kernel == 0 and (.why | length > 0)) and
		.exceptions[0].expired' web.json
	holds '.policies[0].rules[2].conditions[1] | .events_in_kernel == 1 and .why == null' web.json
	holds '.policies[0].rules[3] | .unavailable != null and .events == 0' web.json
	holds '.policies[1].scope == ["not-container", "pid=new", "follow"]' web.json
	holds '.dropped == [{event: "chdir", dimensions: ["comm"], rules: 1, groups: 1,
		entries: 1}]' web.json
	holds '.totals | .policies == 3 and .unavailable == ["security_file_open"] and
		.unfed == ["podNamespace"] and .memory_bytes > 0 and .patterns == 1' web.json
fi
expect 3 "set/b.yaml:3:22" policy explain set/b.yaml
expect 1 "engine does not answer at '$work/no.sock' (ENOENT)" policy explain --socket "$work/no.sock" web.yaml
expect 2 "command 'policy explain' expects FILE" policy explain

# --- Recordings. ---------------------------------------------------------------------------------
replay=$root/test/replay
policies=$replay/process.policies.yaml
expect 2 "policy is not named, expected '--policy' or '--events'" policy test x.wring
expect 2 "option '--events' is given with '--policy'" policy test x.wring -p web.yaml -e open
expect 2 "option '--scope' is given with '--policy'" policy test x.wring -p web.yaml -s uid=0
expect 3 "set/b.yaml:3:22" policy test x.wring -p set/b.yaml
expect 3 "'opnat' is not known; did you mean 'openat'?" policy test x.wring -e opnat
expect 1 "recording 'x.wring' cannot be read (ENOENT)" policy test x.wring -p web.yaml
expect 2 "event 'opnat' is not known, the nearest is 'openat'" events explain x.wring -p web.yaml --event opnat
expect 2 "option '--index' expects a number from 1" events explain x.wring -p web.yaml --index 0
expect 2 "command 'policy test' expects FILE" policy test

if [ "$(uname -m)" != x86_64 ]; then
	echo "the recordings are of x86-64, this is $(uname -m): not tried"
	exit $failed
fi
cp "$replay/process.wring" "$replay/marks.wring" .
cp "$policies" p.yaml

# --- policy test ---------------------------------------------------------------------------------
prints 0 policy test process.wring --policy p.yaml <<'TEXT'
process.wring
  records      26
  events       18
  matched      7
  not matched  11
  lost         0

POLICY, RULE          MATCHED  EXCEPTED  NOTE
below-2000                  2
  sched_process_exec        2         0
failures                    2
  sched_process_exit        2         1
what-2001-does              4
  proc                      4         0
nothing                     0
  sched_process_exec        0         0

POLICY    RULE                EXCEPTION   HITS  EXPIRES  NOTE
failures  sched_process_exit  second-cat     1  never

EVENT               SEEN  MATCHED  NOTE
sched_process_fork     3        0  no policy has a rule for it
sched_process_exec     3        2
sched_process_exit     4        3
do_exit                5        2
task_rename            3        0
TEXT
[ -s err ] && fail "policy test: $(cat err)"

# The counts are those of the events that a replay reports.
n=$(jq -s 'length' <"$replay/process.policies.json" 2>/dev/null || echo 7)
"$warder" policy test process.wring -p p.yaml | grep -qx "  matched      $n" || fail "not $n as in a replay"

# It expired between the recording and now: it held then, and will not any more.
sed 's/reason: known to fail/&\n        expires: 2024-12-31/' p.yaml >expired.yaml
"$warder" policy test process.wring -p expired.yaml >out
grep -qx 'failures  sched_process_exit  second-cat     1  2025-01-01T00:00:00Z  expired' out ||
	fail "an expired exception: $(cat out)"
sed 's/reason: known to fail/&\n        expires: 2020-12-31/' p.yaml >expired.yaml
"$warder" policy test process.wring -p expired.yaml >out
grep -qx '  sched_process_exit        3         0' out || fail "an exception that had expired then: $(cat out)"

prints 0 policy test process.wring -e do_exit,fs -s pid=2001 <<'TEXT'
process.wring
  records      26
  events       18
  matched      2
  not matched  16
  lost         0

POLICY, RULE  MATCHED  EXCEPTED  NOTE
--events            2
  do_exit           2         0

EVENT               SEEN  MATCHED  NOTE
sched_process_fork     3        0  no policy has a rule for it
sched_process_exec     3        0  no policy has a rule for it
sched_process_exit     4        0  no policy has a rule for it
do_exit                5        2
task_rename            3        0  no policy has a rule for it
TEXT

printf 'type: policy\nname: later\nscope: [global]\nrules:\n- event: security_file_open\n' >later.yaml
"$warder" policy test marks.wring -p later.yaml >out 2>err
grep -qx '  security_file_open        -         -  not available in this build' out || fail "$(cat out)"
grep -qx '  lost         [1-9][0-9]*' out || fail "losses are not told: $(cat out)"

# --- Damage, as in a replay. ---------------------------------------------------------------------
head -c -48 process.wring >cut.wring
"$warder" policy test cut.wring -p p.yaml >out 2>err || fail "a recording that was cut is refused"
says "warder: warning: recording 'cut.wring' was cut: it ends without its last block"
grep -qx '  matched      7' out || fail "of one that was cut: $(cat out)"
cp process.wring bad.wring
printf 'X' | dd of=bad.wring bs=1 seek=1000 conv=notrunc status=none
expect 1 "'bad.wring': " policy test bad.wring -p p.yaml
grep -qx '  events       0' out || fail "before damage: $(cat out)"
head -c 300 /dev/zero >none.wring
expect 1 "'none.wring': " policy test none.wring -p p.yaml
expect 1 "recording '$work' is no regular file" policy test "$work" -p p.yaml

# --- events explain ------------------------------------------------------------------------------
prints 0 events explain process.wring -p p.yaml --pid 2002 --event sched_process_exit --limit 1 <<'TEXT'
#10 sched_process_exit
  time       2023-03-28T10:40:01.015000000Z
  timestamp  1680000001015000000
  process    cat, pid 1002, host pid 2002, uid 1000
  host       node-1, container none
  returned   0
  arguments
    exit_code=256
    process_group_exit=true
    signal_code=0
POLICY          RULE                VERDICT        WHY                                     PLACE
failures        sched_process_exit  excepted       exception 'second-cat' (known to fail)  p.yaml:13
what-2001-does  proc                scope refused  'pid=2001': it is '2002'                p.yaml:22
TEXT
prints 0 events explain process.wring -p p.yaml --index 16 <<'TEXT'
#16 do_exit
  time       2023-03-28T10:40:01.024000000Z
  timestamp  1680000001024000000
  process    ls, pid 1001, host pid 2001, uid 1000
  host       node-1, container none
  returned   2
  arguments  none
POLICY          RULE  VERDICT  WHY  PLACE
what-2001-does  proc  matched       p.yaml:24
TEXT
"$warder" events explain process.wring -p p.yaml --timestamp 1680000001004000000 >out 2>err
[ "$(grep -c '^#' out)" -eq 1 ] || fail "by time: $(cat out)"
grep -qx "nothing         sched_process_exec  filter refused  'data.pathname=/usr/bin/dog': it is '/usr/bin/cat'  p.yaml:32" out ||
	fail "a refused filter: $(cat out)"
"$warder" events explain marks.wring -e 'openat.uid=0' -n 1 >out 2>err
grep -qx '  process    not known, host pid 4000' out || fail "a context that was lost: $(cat out)"
grep -qx -- "--events  openat  filter refused  'uid=0': the event has none" out || fail "$(cat out)"
says "warder: info: 8 more such events are not shown: '--limit 0' shows all"
"$warder" events explain marks.wring -e open --index 2 >out
grep -qx "  no policy has a rule for 'openat'" out || fail "an event nobody asks for: $(cat out)"
[ "$("$warder" events explain process.wring -p p.yaml --limit 0 | grep -c '^#')" -eq 18 ] || fail "all of them"
expect 1 "recording 'process.wring' has no such event among its 18" events explain process.wring -p p.yaml --index 19
expect 1 "recording 'process.wring' has no such event among its 18" events explain process.wring -p p.yaml --pid 1
"$warder" events explain marks.wring -e open --limit 0 | LC_ALL=C grep -q $'[\001-\011\013-\037]' && fail "control characters reach the terminal"

# Its verdicts are what is reported.
if command -v jq >/dev/null; then
	"$warder" events explain process.wring -p p.yaml --limit 0 --json >all.json 2>err || fail "$(cat err)"
	jq -c 'select([.rules[] | select(.verdict == "matched")] | length > 0) |
		[.event.timestamp, .event.eventName, ([.rules[] | select(.verdict == "matched") |
		.policy] | unique)]' all.json >verdicts
	jq -c '[.timestamp, .eventName, (.matchedPolicies | unique)]' "$replay/process.policies.json" >reported
	diff -u reported verdicts >difference || fail "verdicts: $(cat difference)"
	"$warder" events explain process.wring -p p.yaml -i 2 --json >one.json
	holds '.index == 2 and .event.eventName == "sched_process_exec" and (.rules | length == 3)' one.json
	holds '.rules[0] | .policy == "below-2000" and .verdict == "matched" and .filter == null' one.json
	holds '.rules[2] | .verdict == "filter refused" and .value == "/usr/bin/cat" and
		.filter == "data.pathname=/usr/bin/dog" and .line == 32 and .column > 0' one.json
	"$warder" policy test process.wring -p p.yaml --json >test.json || fail "policy test --json"
	holds '.events == 18 and .matched == 7 and .no_rule == 3 and .finished and .damage == null and
		.bad == 0 and .lost == 0' test.json
	holds '.policies[1] | .name == "failures" and .matched == 2 and (.rules[0] |
		.matched == 2 and .excepted == 1 and .available and (.exceptions[0] |
		.name == "second-cat" and .hits == 1 and .expires == "never" and
		(.expired | not)))' test.json
	holds '[.by_event[].seen] | add == 18' test.json
	"$warder" policy test bad.wring -p p.yaml --json >test.json 2>err
	holds '(.finished | not) and (.damage | length > 0)' test.json
	"$warder" policy test marks.wring -e openat --json >test.json || fail "policy test -e --json"
	"$warder" events explain marks.wring -e open --limit 0 --json >test.json
	holds '.event' test.json
fi
if "$warder" policy test process.wring -p p.yaml | grep -q $'\033'; then
	fail "colours in a pipe"
fi

[ $failed -eq 0 ] && echo "ok"
exit $failed
