#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The command line as a user meets it: messages, exit codes, help, manual pages, completion.
# test_cli.sh WARDER
set -u
warder=$1
root=$(cd "$(dirname "$0")/../../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# expect CODE TEXT ARGUMENT...: the exit code, and one line on stderr that contains TEXT.
expect() {
	local code=$1 text=$2 got=0

	shift 2
	timeout 20 "$warder" "$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" -eq "$code" ] || fail "warder $*: exit code $got, expected $code"
	grep -qF -- "$text" "$work/err" || fail "warder $*: no '$text' in: $(cat "$work/err")"
	[ "$(wc -l <"$work/err")" -le 1 ] || fail "warder $*: more than one line: $(cat "$work/err")"
}

# --- Wrong usage: code 2 and one line. -----------------------------------------------------------
expect 2 "command 'rnu' is not known, the nearest is 'run'" rnu
expect 2 "command 'xyzzy' is not known, 'warder --help' lists all" xyzzy
expect 2 "command 'events' expects one of list, show, explain" events
expect 2 "command 'events' expects one of list, show, explain" events lits
expect 2 "option '--json' is not known here, expected a command first" --json
expect 2 "option '--jsn' is not known, the nearest is '--json'" events list --jsn
expect 2 "option '--set' expects a value: NAME" events list --set
expect 2 "option '--names' is given with '--json'" events list --names --json
expect 2 "set 'defualt' is not known, the nearest is 'default'" events list --set defualt
expect 2 "argument 'x' is one too many, 'events list' expects none" events list x
expect 2 "command 'events show' expects EVENT" events show
expect 2 "event 'openta' is not known, the nearest is 'openat'" events show openta
expect 2 "event 'task' is not known" events show task
expect 2 "command 'record' expects FILE" record
expect 2 "argument 'b' is one too many, 'record' expects one FILE" record a b
expect 2 "option '--hooks' expects one of auto, global, narrow, not 'x'" run --hooks x
expect 2 "output 'option:exec-hash' is not available yet" run --output option:exec-hash
expect 2 "output 'tabel' is not known; did you mean 'table'?" run --output tabel
expect 2 "forward url: key 'requreAck' is not known, nearest is 'requireAck'" run -o 'forward:tcp://h:1?requreAck=true'
expect 2 "json: key 'gzpi' is not known, nearest is 'gzip'" replay "$root/test/replay/process.wring" -o 'json?gzpi=true'
expect 2 "output 'stdout': event 'opnat' is not known; did you mean 'openat'?" run -o 'json?events=opnat'
expect 2 "key 'gzpi' is not known in 'output.otlp.o'; did you mean 'gzip'?" run --set 'output.otlp.o.gzpi=true'
expect 2 "option '--artifacts' cannot be 'executable': files, memory and packets are not captured" run -a executable
expect 2 "'log.aggregate.flush-interval' expects a duration" run -l aggregate:x
expect 2 "option '--cache' is not known" record --cache none "$work/x"
expect 2 "option '--events' is given with '--policy'" run -e open -p x
expect 2 "option '--lanes' is for a collector that is started here" run --socket /x --lanes 1M
expect 2 "option '--output' is not known" record --output json "$work/x"
expect 2 "shell 'tcsh' is not known, expected one of bash, zsh, fish" completion tcsh
expect 2 "command 'nothing' is not known" man nothing
expect 2 "'warder man run' has the option '--scope'" man scope
expect 2 "command 'list' is not known, 'warder events list' shows events" list
expect 2 "option '--socket' expects a path of 1 to 107 bytes" status --socket ''
expect 2 "option '--socket' expects a path of 1 to 107 bytes" stream --socket ''
expect 2 "option '--interval' expects at least 100ms" top --interval 99ms
expect 2 "option '--rows' expects at least 1" top --rows 0
expect 2 "option '--by' expects one of processes, executables, containers, events, not 'x'" top --by x
expect 2 "option '--format' expects one of compact, table, json, not 'x'" stream --format x
expect 2 "option '--events' has a line break in it" stream --socket "$work/no.sock" -e $'a\nscope uid=0'
"$warder" >"$work/out" 2>"$work/err" && fail "warder without a command succeeds"
[ -s "$work/out" ] && fail "help for a wrong use goes to stdout"

# --- Standard output that is closed is not the first file that is opened. ------------------------
"$warder" replay "$root/test/replay/process.wring" --events do_exit >&- 2>"$work/err"
[ $? -eq 8 ] && grep -qF "output 'stdout' is not open for writing (EBADF)" "$work/err" ||
	fail "replay without stdout: $(cat "$work/err")"
"$warder" version >&- 2>"$work/err"
[ $? -eq 8 ] && grep -qF "standard output could not be written (EBADF)" "$work/err" ||
	fail "version without stdout: $(cat "$work/err")"

# --- What fails for other reasons. ---------------------------------------------------------------
expect 1 "engine does not answer at '$work/no.sock' (ENOENT)" status --socket "$work/no.sock"
expect 1 "engine does not answer at '$work/no.sock' (ENOENT)" stream --socket "$work/no.sock"
expect 1 "engine does not answer at '$work/no.sock' (ENOENT)" top --socket "$work/no.sock"
expect 1 "recording '$work/no.wring' cannot be read (ENOENT)" replay "$work/no.wring"
expect 1 "recording '$work' is no regular file" replay "$work"
expect 3 "" policy check "$work/no.yaml"
if [ -w /dev/full ]; then
	"$warder" events list >/dev/full 2>"$work/err"
	[ $? -eq 8 ] || fail "a full disk does not give exit code 8"
	grep -q "standard output could not be written (ENOSPC)" "$work/err" ||
		fail "a full disk is not reported: $(cat "$work/err")"
fi
for command in 'events list' 'events list --json' 'metrics list --json' 'config schema' 'config example' 'man run' \
	"policy explain --json $root/rules/policies/default.yaml"; do
	# shellcheck disable=SC2086 # words
	"$warder" $command 2>"$work/err" | head -1 >/dev/null
	[ -s "$work/err" ] && fail "$command: a closed pipe is worth no message: $(cat "$work/err")"
	[ -w /dev/full ] || continue
	# shellcheck disable=SC2086
	"$warder" $command >/dev/full 2>"$work/err"
	[ $? -eq 8 ] || fail "$command: a full disk does not give exit code 8"
	[ "$(cat "$work/err")" = "warder: error: standard output could not be written (ENOSPC)" ] ||
		fail "$command: a full disk: $(cat "$work/err")"
done

# --- Help, manual pages, completion of every command. --------------------------------------------
"$warder" completion bash >"$work/bash" || fail "completion bash"
"$warder" completion zsh >"$work/zsh" || fail "completion zsh"
"$warder" completion fish >"$work/fish" || fail "completion fish"
bash -n "$work/bash" || fail "bash does not read its completion"
! command -v zsh >/dev/null || zsh -n "$work/zsh" || fail "zsh does not read its completion"
! command -v fish >/dev/null || fish -n "$work/fish" || fail "fish does not read its completion"

"$warder" --help >"$work/help" || fail "warder --help"
"$warder" man >"$work/man" || fail "warder man"
[ "$(wc -l <"$work/help")" -lt 60 ] || fail "warder --help is too long"
sed -n '/^Commands$/,/^$/s/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p' "$work/help" >"$work/commands"
[ "$(wc -l <"$work/commands")" -ge 10 ] || fail "commands in the help: $(cat "$work/commands")"

# The page about outputs has the keys of each kind, and what they are.
"$warder" man outputs >"$work/page" || fail "warder man outputs"
for key in events profile rotateBytes spool requireAck header protocol facility; do
	grep -q "^\\\\fB$key\\\\fR=\\\\fI" "$work/page" || fail "warder man outputs: no '$key'"
done
! command -v groff >/dev/null || groff -man -Tascii -ww -z "$work/page" 2>"$work/err" ||
	fail "warder man outputs: groff"
[ ! -s "$work/err" ] || fail "warder man outputs: $(cat "$work/err")"

while read -r command; do
	# shellcheck disable=SC2086 # two words are two arguments
	"$warder" $command --help >"$work/out" || fail "warder $command --help"
	# 'run' has the options of both processes.
	most=60
	[ "$command" != run ] || most=100
	[ "$(wc -l <"$work/out")" -lt $most ] || fail "warder $command --help is too long"
	awk 'length > 80 { exit 1 }' "$work/out" || fail "warder $command --help is too wide"
	grep -q '^Exit codes: 0 ok, 1 failed, 2 wrong usage' "$work/out" ||
		fail "warder $command --help: no exit codes"
	# shellcheck disable=SC2086
	"$warder" man $command >"$work/page" || fail "warder man $command"
	grep -q '^\.TH "WARDER\\-' "$work/page" || fail "warder man $command: no title"
	for section in NAME SYNOPSIS DESCRIPTION OPTIONS 'EXIT STATUS' 'SEE ALSO'; do
		grep -qx "\.SH $section" "$work/page" || fail "warder man $command: no $section"
	done
	if command -v mandoc >/dev/null; then
		mandoc -Tlint -Werror "$work/page" || fail "warder man $command: mandoc"
	elif command -v groff >/dev/null; then
		groff -man -Tascii -ww -z "$work/page" 2>"$work/err"
		[ -s "$work/err" ] && fail "warder man $command: $(cat "$work/err")"
	fi
	grep -qF "\"$command\")" "$work/bash" || fail "bash completion has no '$command'"
	grep -qF "\"$command\")" "$work/zsh" || fail "zsh completion has no '$command'"
	grep -qF "'__warder_is $command'" "$work/fish" || fail "fish completion has no '$command'"
	grep -qF "${command// /\\ }" "$work/man" || grep -qF "$command" "$work/man" ||
		fail "warder(1) has no '$command'"
	sed -n 's/^  \(-., \|    \)--\([a-z-]*\).*/\2/p' "$work/out" >"$work/options"
	[ -s "$work/options" ] || fail "warder $command --help: no options"
	while read -r option; do
		grep -q -- "--$option" "$work/bash" || fail "bash completion: no --$option"
	done <"$work/options"
done <"$work/commands"

# The functions do complete.
complete_bash() {
	# shellcheck disable=SC2016 # the inner bash expands
	env -i PATH="$(dirname "$warder"):$PATH" bash -c '
		. "$1"; shift
		COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
		_warder; echo "${COMPREPLY[*]}"' - "$work/bash" "$@"
}
[ "$(complete_bash warder re)" = "record replay" ] || fail "completes 're'"
[ "$(complete_bash warder events '')" = "list show explain" ] || fail "completes 'events'"
[ "$(complete_bash warder run --hooks n)" = "narrow" ] || fail "completes '--hooks n'"
[ "$(complete_bash warder events list --j)" = "--json" ] || fail "completes '--j'"
[ "$(complete_bash warder man o)" = "outputs" ] || fail "completes 'man o'"
[ "$(complete_bash warder man con)" = "config" ] || fail "completes 'man con'"
[ "$(complete_bash warder events show openat)" = "openat openat2" ] || fail "completes events"

# --- Metrics. ------------------------------------------------------------------------------------
"$warder" metrics list >"$work/out" || fail "metrics list"
grep -q '^warder_lost_total  *counter  *stage,cause  *6  *events lost' "$work/out" ||
	fail "metrics list: $(grep warder_lost_total "$work/out")"
grep -q $'\033' "$work/out" && fail "colours in a pipe"
if command -v jq >/dev/null; then
	[ "$("$warder" metrics list --json | jq length)" -eq $(($(wc -l <"$work/out") - 1)) ] ||
		fail "metrics list --json"
	[ "$("$warder" metrics list --json | jq -c '.[] | select(.name == "warder_hook_state").labels')" = \
		'["event","hook","state","reason"]' ] || fail "metrics list --json: labels"
fi

# --- Events. -------------------------------------------------------------------------------------
n=$("$warder" events list --names | wc -l)
[ "$n" -ge 470 ] || fail "only $n events"
[ "$("$warder" events list | wc -l)" -eq $((n + 1)) ] || fail "events list: not $n rows"
"$warder" events list | grep -q $'\033' && fail "colours in a pipe"
"$warder" events list --names | LC_ALL=C sort -c || fail "events are not sorted"
[ "$("$warder" events list --names | sort -u | wc -l)" -eq "$n" ] || fail "a name is there twice"
n_proc=$("$warder" events list --set proc --names | wc -l)
if [ "$n_proc" -lt 4 ] || [ "$n_proc" -ge "$n" ]; then
	fail "set proc has $n_proc events"
fi
if command -v jq >/dev/null; then
	[ "$("$warder" events list --json | jq length)" -eq "$n" ] || fail "events list --json"
	[ "$("$warder" events list --json --set proc | jq length)" -eq "$n_proc" ] ||
		fail "events list --json --set proc"
	"$warder" events list --json | jq -e '.[] | select(.name == "openat") |
		(.fields[1].name == "pathname") and (.fields[1].type == "const char*") and
		(.sets | index("syscalls") != null) and (.hooks | length > 0) and
		(.numbers | length == 2)' >/dev/null || fail "openat in events list --json"
	"$warder" version --json | jq -e '.version and .abi and .arch and .libbpf and
		.liburing' >/dev/null || fail "version --json"
fi
"$warder" events show openat sched_process_exec >"$work/out" || fail "events show"
for text in openat sched_process_exec 'pathname  const char\*' 'numbers  ' 'hooks    ' 'sets     '; do
	grep -q "$text" "$work/out" || fail "events show: no '$text'"
done
"$warder" --version | grep -q '^abi  *[0-9a-f]\{16\}$' || fail "warder --version"

# --- Policies. -----------------------------------------------------------------------------------
cat >"$work/good.yaml" <<'YAML'
apiVersion: tracee.aquasec.com/v1beta1
kind: Policy
metadata:
  name: good
  annotations:
    description: a good one
spec:
  scope:
    - global
  rules:
    - event: sched_process_exec
    - event: openat
YAML
sed 's/openat/openta/; s/name: good/name: bad/' "$work/good.yaml" >"$work/bad.yaml"
"$warder" policy check "$work/good.yaml" >"$work/out" 2>"$work/err" || fail "a good policy is refused: $(cat "$work/err")"
for line in good "  file         $work/good.yaml" '  rules        2' '  events       2' '  unavailable  none'; do
	grep -qxF -- "$line" "$work/out" || fail "policy check: no '$line' in: $(cat "$work/out")"
done
"$warder" policy check --quiet "$work/good.yaml" >"$work/out" || fail "policy check --quiet"
[ -s "$work/out" ] && fail "policy check --quiet says something"
expect 3 "bad.yaml" policy check "$work/bad.yaml"
grep -q 'bad\.yaml.*12.*openta' "$work/err" || fail "no line and name in: $(cat "$work/err")"
[ -s "$work/out" ] && fail "a refused set is shown"
expect 3 "bad.yaml" policy check "$work/good.yaml" "$work/bad.yaml"
cp "$work/good.yaml" "$work/again.yaml"
expect 3 "good" policy check "$work/good.yaml" "$work/again.yaml"
sed 's/openat/opnta/' "$work/good.yaml" >"$work/worse.yaml"
"$warder" policy check "$work/bad.yaml" "$work/worse.yaml" 2>"$work/err" >/dev/null
[ "$(wc -l <"$work/err")" -eq 2 ] || fail "one mistake hides another: $(cat "$work/err")"
[ ! -d "$root/rules/policies" ] || "$warder" policy check --quiet "$root/rules/policies" ||
	fail "our own policies are refused"

[ $failed -eq 0 ] && echo "ok"
exit $failed
