#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The configuration as a user meets it.
# test_config.sh WARDER ENGINE
set -u
warder=$1
engine=$2
rules=$(cd "$(dirname "$0")/../../../rules" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
unset "${!WARDER_@}"
failed=0

fail() {
	echo "FAIL: $*" >&2
	failed=1
}

# expect CODE TEXT COMMAND...: the exit code, and TEXT in what it says.
expect() {
	local code=$1 text=$2 got=0

	shift 2
	"$@" >"$work/out" 2>"$work/err" </dev/null || got=$?
	[ "$got" -eq "$code" ] || fail "$*: exit code $got, expected $code: $(cat "$work/err")"
	grep -qF -- "$text" "$work/out" "$work/err" || fail "$*: no '$text' in: $(cat "$work/out" "$work/err")"
}

mkdir "$work/etc" "$work/etc/conf.d"
cat >"$work/etc/warder.yaml" <<'YAML'
log:
  level: warn
  format: json
metrics: true
listen-addr: 127.0.0.1:1
lanes: 64M
output:
  forward:
    - main: {host: h, user: u, password: s3cret}
YAML
printf 'hooks: narrow\n' >"$work/etc/conf.d/10.yaml"

# --- check ---------------------------------------------------------------------------------------
expect 0 "$work/etc: ok" "$warder" config check "$work/etc"
expect 0 "warder.yaml: ok" "$warder" config check "$rules/warder.yaml"
printf 'log:\n  levle: info\n' >"$work/bad.yaml"
expect 3 "bad.yaml:2:3: key 'levle' is not known in 'log'; did you mean 'level'?" \
	"$warder" config check "$work/bad.yaml"
[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $(cat "$work/err")"
printf 'output: {otlp: {o: {url: "http://h:1", gzpi: true}}}\n' >"$work/bad2.yaml"
expect 3 "bad2.yaml:1:40: key 'gzpi' is not known in 'output.otlp.o'; did you mean 'gzip'?" \
	"$warder" config check "$work/bad2.yaml"
printf 'signatures-dir: /x\n' >"$work/told.yaml"
expect 0 "told.yaml:1:17: 'signatures-dir' has no effect: signatures are not available yet" \
	"$warder" config check "$work/told.yaml"
expect 3 "cannot be read (ENOENT)" "$warder" config check "$work/none.yaml"

# --- print: every value with its place, from both programs -------------------------------------
for command in "$warder config print" "$warder run --print-config" "$engine --print-config"; do
	# shellcheck disable=SC2086 # words
	WARDER_LOOP=epoll $command --config "$work/etc" --set group=g >"$work/out" 2>"$work/err" ||
		fail "$command: $(cat "$work/err")"
	for line in "metrics: true  # $work/etc/warder.yaml:4:10" "hooks: narrow  # $work/etc/conf.d/10.yaml:1:8" \
		"loop: epoll  # WARDER_LOOP" "group: g  # command line" "healthz: false  # default" \
		"  level: warning  # $work/etc/warder.yaml:2:10"; do
		grep -qxF -- "$line" "$work/out" || fail "$command: no '$line'"
	done
	grep -q s3cret "$work/out" && fail "$command prints a password"
	"$warder" config check "$work/out" >"$work/check" 2>&1 || fail "$command: $(cat "$work/check")"
done
"$engine" --config "$work/etc" --print-config -l debug -o log.format=text -o json:/x >"$work/out" ||
	fail "options with --print-config"
for line in "  level: debug  # command line" "  format: text  # command line" "    - \"json:/x\"  # command line"; do
	grep -qxF -- "$line" "$work/out" || fail "no '$line' in: $(cat "$work/out")"
done
grep -q forward "$work/out" && fail "outputs of the command line are not all there are"

# --- Wrong ones end the programs ----------------------------------------------------------------
expect 3 "bad.yaml:2:3: key 'levle'" "$engine" --config "$work/bad.yaml"
expect 3 "bad.yaml:2:3: key 'levle'" "$warder" run --config "$work/bad.yaml"
expect 2 "command line: key 'lvel' is not known in 'log'; did you mean 'level'?" "$engine" -o log.lvel=debug
expect 3 "WARDER_LOG_LEVEL: 'log.level' expects one of" env WARDER_LOG_LEVEL=x "$engine" --socket /nowhere
# What excludes each other is wrong where it stands.
printf 'policy: /x\nevents: open\n' >"$work/both.yaml"
for command in "$engine --config" "$warder run --config" "$warder config check"; do
	# shellcheck disable=SC2086 # words
	expect 3 "option '--events' is given with '--policy'" $command "$work/both.yaml"
done
printf 'listen-cert: /x\n' >"$work/cert.yaml"
expect 3 "expects '--metrics' or '--healthz' with it" "$engine" --config "$work/cert.yaml"
expect 2 "expects '--metrics' or '--healthz' with it" "$engine" --config "$work/told.yaml" --listen-cert /x
expect 2 "option '--events' is given with '--policy'" "$warder" run --config "$work/both.yaml" -e open -p /x
expect 2 "option '--config' is given twice" "$engine" --config "$work/etc" --config "$work/etc"

# --- What has no effect, and how it is logged ---------------------------------------------------
"$engine" --config "$work/told.yaml" --socket "$work/no.sock" --log-format json >"$work/out" 2>"$work/err" </dev/null
grep -q '"level":"warning","component":"warder-engine","msg":".*signatures-dir.* has no effect' "$work/err" ||
	fail "no JSON line in: $(cat "$work/err")"
[ -s "$work/out" ] && fail "a log line is among the events"
"$engine" --config '' --socket "$work/no.sock" --log-file "$work/log" >"$work/out" 2>"$work/err" </dev/null
grep -q '^20.*Z warder-engine: error: collector cannot be reached' "$work/log" || fail "nothing in the log file"
[ -s "$work/err" ] && fail "stderr has something beside the log file: $(cat "$work/err")"

# --- What has no effect, or hardly the one that is meant -------------------------------------------
expect 1 "option '--listen-addr' has no effect without '--metrics' or '--healthz'" \
	"$engine" --config '' --socket "$work/no.sock" --listen-addr :1
expect 1 "output 'webhook:127.0.0.1:9': key 'timout' is left to the server; did you mean 'timeout'?" \
	"$engine" --config '' --socket "$work/no.sock" -o 'webhook:http://127.0.0.1:9?timout=3s&foo=1'
grep -q "'foo'" "$work/err" && fail "a key of the server's own: $(cat "$work/err")"

# --- args: what the collector is given ----------------------------------------------------------
"$warder" config args --config "$work/etc" --set "group=a b" >"$work/out" || fail "config args"
[ "$(cat "$work/out")" = "--lanes=64M --hooks=narrow '--group=a b' --log=warning --log-format=json" ] ||
	fail "config args: $(cat "$work/out")"

# --- schema, example, manual --------------------------------------------------------------------
"$warder" config schema >"$work/schema" || fail "config schema"
if command -v python3 >/dev/null; then
	python3 - "$work/schema" <<-'PYTHON' || fail "schema"
		import json, sys
		s = json.load(open(sys.argv[1]))
		p = s["properties"]
		assert s["additionalProperties"] is False
		assert p["log"]["properties"]["level"]["default"] == "info"
		assert p["logging"]["properties"]["filters"]["properties"]["include"]["properties"]["msg"]
		assert p["server"]["properties"]["metrics"]["type"] == "boolean"
		assert "tag" in json.dumps(p["output"]["properties"]["forward"])
		assert p["cpu-groups"]["maximum"] == 256
		assert p["artifacts"]["description"].startswith("Has no effect: ")
		assert "runtime" in p["cri"]["items"]["properties"]
		assert '"filters": {' in json.dumps(p["streams"])
	PYTHON
fi
"$warder" config example | diff - "$rules/warder.yaml" >"$work/diff" || fail "rules/warder.yaml: $(head -5 "$work/diff")"
"$warder" man config >"$work/man" || fail "man config"
grep -q '^\.TH "WARDER.YAML" 5' "$work/man" || fail "man config has no title"
for key in 'log.level' 'output.forward.\*.host' 'WARDER_LISTEN_ADDR'; do
	sed 's/\\-/-/g; s/\\&//g' "$work/man" | grep -q -- "$key" || fail "man config does not have $key"
done
if command -v man >/dev/null; then
	man --warnings -E UTF-8 -l "$work/man" >/dev/null 2>"$work/err" </dev/null || fail "man: $(cat "$work/err")"
	[ -s "$work/err" ] && fail "man warns: $(head -3 "$work/err")"
fi
exit $failed
