/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/template.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <sys/stat.h>

#include "test/unit/engine/json_fixture.h"

static char out[JSON_EVENT_MAX];

/* An event with everything that there can be. */
static const char full[] =
	"{\"timestamp\":1680182976364916505,\"threadStartTime\":5,\"processorId\":3,"
	"\"processId\":7,\"cgroupId\":18446744073709551615,\"threadId\":8,\"parentProcessId\":1,"
	"\"hostProcessId\":100,\"hostThreadId\":101,\"hostParentProcessId\":50,\"userId\":1000,"
	"\"mountNamespace\":11,\"pidNamespace\":12,\"processName\":\"a\\\"b\\n\","
	"\"executable\":{\"path\":\"/bin/x\"},\"hostName\":\"node-1\",\"containerId\":\"c1\","
	"\"container\":{\"id\":\"c1\",\"name\":\"web\",\"image\":\"nginx:1\",\"imageDigest\":\"d\"}"
	","
	"\"kubernetes\":{\"podName\":\"p\",\"podNamespace\":\"ns\",\"podUID\":\"u\","
	"\"podSandbox\":true},\"eventId\":\"42\",\"eventName\":\"connect\","
	"\"matchedPolicies\":[\"demo\",\"other\"],\"argsNum\":5,\"returnValue\":-115,"
	"\"syscall\":\"connect\",\"stackAddresses\":null,"
	"\"contextFlags\":{\"containerStarted\":true,\"isCompat\":false},\"threadEntityId\":1,"
	"\"processEntityId\":2,\"parentEntityId\":3,\"args\":["
	"{\"name\":\"sockfd\",\"type\":\"int\",\"value\":5},"
	"{\"name\":\"addr\",\"type\":\"struct sockaddr*\",\"value\":{\"sa_family\":\"AF_INET\","
	"\"sin_port\":\"443\",\"sin_addr\":\"1.2.3.4\"}},"
	"{\"name\":\"path\",\"type\":\"const char*\",\"value\":\"C:\\\\x \\\"y\\\"\"},"
	"{\"name\":\"argv\",\"type\":\"const char**\",\"value\":[\"ls\",\"-l\"]},"
	"{\"name\":\"time\",\"type\":\"struct timespec*\",\"value\":1.5}],"
	"\"metadata\":{\"Version\":\"1\",\"Description\":\"D\",\"Tags\":[\"t\"],"
	"\"Properties\":{\"Severity\":3,\"signatureID\":\"TRC-1\",\"x\":null}},"
	"\"marks\":{\"trunc\":[\"path\"]}}\n";

static struct tmpl *compile(const char *text)
{
	struct err err = { 0 };
	struct tmpl *t = tmpl_new("t", text, strlen(text), &err);

	ck_assert_msg(t != NULL, "%s: %s", text, err.text);
	return t;
}

static const char *run_on(const char *text, const char *json)
{
	struct tmpl *t = compile(text);
	ssize_t n = tmpl_event(t, out, sizeof(out) - 1, json, strlen(json));

	ck_assert_msg(n >= 0, "%s: %zd", text, n);
	out[n] = '\0';
	tmpl_free(t);
	return out;
}

static const struct {
	const char *text, *expect;
} good[] = {
	/* text and blanks */
	{ "", "" },
	{ "plain } { text", "plain } { text" },
	{ "a {{- 1 }} b", "a1 b" },
	{ "a {{ 1 -}}  \n b", "a 1b" },
	{ "a {{- /* no */ -}} b", "ab" },
	{ "a{{/* {{ .Nope }} */}}b", "ab" },
	{ "{{\n.EventName\n}}", "connect" },
	{ "{{.EventName}}", "connect" },
	{ "a\n{{- \"\" -}}\n", "a" },
	/* fields by both of their names */
	{ "{{.Timestamp}} {{.timestamp}}", "1680182976364916505 1680182976364916505" },
	{ "{{.ThreadStartTime}}{{.threadStartTime}}", "55" },
	{ "{{.ProcessorID}}{{.processorId}}", "33" },
	{ "{{.ProcessID}}{{.processId}}", "77" },
	{ "{{.CgroupID}}", "18446744073709551615" },
	{ "{{.ThreadID}}{{.ParentProcessID}}", "81" },
	{ "{{.HostProcessID}} {{.HostThreadID}} {{.HostParentProcessID}}", "100 101 50" },
	{ "{{.UserID}} {{.MountNS}} {{.mountNamespace}} {{.PIDNS}} {{.pidNamespace}}",
	  "1000 11 11 12 12" },
	{ "{{.Executable.Path}} {{.executable.path}} {{.HostName}}", "/bin/x /bin/x node-1" },
	{ "{{.ContainerID}} {{.Container.ID}} {{.Container.Name}} {{.Container.ImageName}} "
	  "{{.container.image}} {{.Container.ImageDigest}}",
	  "c1 c1 web nginx:1 nginx:1 d" },
	{ "{{.Kubernetes.PodName}} {{.Kubernetes.PodNamespace}} {{.kubernetes.podUID}} "
	  "{{.Kubernetes.PodSandbox}}",
	  "p ns u true" },
	{ "{{.EventID}} {{.eventId}} {{.EventName}}", "42 42 connect" },
	{ "{{.MatchedPolicies}} {{.ArgsNum}} {{.ReturnValue}} {{.Syscall}}",
	  "[demo other] 5 -115 connect" },
	{ "{{.StackAddresses}}", "[]" },
	{ "{{.ContextFlags.ContainerStarted}} {{.contextFlags.isCompat}}", "true false" },
	{ "{{.ThreadEntityId}}{{.ProcessEntityId}}{{.ParentEntityId}}", "123" },
	{ "{{.Metadata.Version}} {{.Metadata.Description}} {{.Metadata.Tags}} "
	  "{{.Metadata.Properties.Severity}} {{.Metadata.Properties.signatureID}}",
	  "1 D [t] 3 TRC-1" },
	{ "{{.Metadata.Properties.Nope}} {{.Metadata.Properties.x}}", "<no value> <nil>" },
	{ "{{.marks.trunc}} {{.marks.unread}}", "[path] <no value>" },
	{ "{{$.EventName}} {{$.Container.Name}}", "connect web" },
	{ "{{(index .Args 0).Name}}", "sockfd" },
	/* texts: nothing breaks a line, quotes stay */
	{ "{{.ProcessName}}", "a\"b\\n" },
	{ "{{.ProcessName | json}} {{json .ProcessName}} {{toJson .ProcessName}}",
	  "\"a\\\"b\\n\" \"a\\\"b\\n\" \"a\\\"b\\n\"" },
	{ "{{(index .Args 2).Value}}", "C:\\x \"y\"" },
	/* ranges */
	{ "{{range .Args}}{{.Name}},{{end}}", "sockfd,addr,path,argv,time," },
	{ "{{range $i, $a := .Args}}{{$i}}={{$a.Type}};{{end}}",
	  "0=int;1=struct sockaddr*;2=const char*;3=const char**;4=struct timespec*;" },
	{ "{{range $a := .Args}}{{$a.Value}}|{{end}}",
	  "5|map[sa_family:AF_INET sin_addr:1.2.3.4 sin_port:443]|C:\\x \"y\"|[ls -l]|1.5|" },
	{ "{{range .MatchedPolicies}}<{{.}}>{{end}}", "<demo><other>" },
	{ "{{range .StackAddresses}}x{{else}}none{{end}}", "none" },
	{ "{{range $k, $v := (index .Args 1).Value}}{{$k}}={{$v}} {{end}}",
	  "sa_family=AF_INET sin_addr=1.2.3.4 sin_port=443 " },
	{ "{{range .Args}}{{if eq .Name \"argv\"}}{{range .Value}}[{{.}}]{{$.UserID}}{{end}}{{end}}"
	  "{{end}}",
	  "[ls]1000[-l]1000" },
	{ "{{range (index .Args 0).Value}}x{{else}}no list{{end}}", "no list" },
	/* conditions */
	{ "{{if .Container.Name}}in{{else}}out{{end}}", "in" },
	{ "{{if .ContextFlags.IsCompat}}32{{else if eq .UserID 0}}root{{else}}user{{end}}",
	  "user" },
	{ "{{if false}}a{{else if true}}b{{else}}c{{end}}d", "bd" },
	{ "{{if .StackAddresses}}a{{end}}{{if .Args}}b{{end}}{{if 0}}c{{end}}{{if \"\"}}d{{end}}"
	  "{{if nil}}e{{end}}",
	  "b" },
	{ "{{with .Container}}{{.Name}}{{end}}", "web" },
	{ "{{with $c := .Container}}{{$c.Name}}{{.ID}}{{end}}", "webc1" },
	{ "{{with .Metadata.Properties.Nope}}a{{else}}{{.EventName}}{{end}}", "connect" },
	{ "{{if $x := .UserID}}{{$x}}{{end}}", "1000" },
	/* variables */
	{ "{{$x := .EventName}}{{$x}}{{$y := $x}}{{$y}}", "connectconnect" },
	{ "{{$e := .}}{{range .MatchedPolicies}}{{$e.UserID}} {{end}}", "1000 1000 " },
	{ "{{$x := 1}}{{if true}}{{$x := 2}}{{$x}}{{end}}{{$x}}", "21" },
	{ "{{$x := printf \"%d\" .UserID}}{{range .MatchedPolicies}}{{$x}}{{.}}{{end}}",
	  "1000demo1000other" },
	/* comparing */
	{ "{{eq .EventName \"connect\"}} {{ne .EventName \"connect\"}}", "true false" },
	{ "{{eq .EventName \"a\" \"b\" \"connect\"}}", "true" },
	{ "{{eq .EventID 42}} {{eq .EventID 0x2a}} {{eq .ReturnValue -115}}", "true true true" },
	{ "{{lt .ReturnValue 0}} {{le 1 1}} {{gt .CgroupID 9223372036854775807}} {{ge 1 2}}",
	  "true true true false" },
	{ "{{lt \"a\" \"b\"}} {{gt .EventName \"co\"}}", "true true" },
	{ "{{eq .ProcessName \"a\\\"b\\\\n\"}}", "true" },
	{ "{{range .Args}}{{if eq .Value 5}}five {{end}}{{if eq .Value \"5\"}}text{{end}}{{end}}",
	  "five " },
	{ "{{eq (index .Args 4).Value (index .Args 4).Value}}", "true" },
	{ "{{eq true .ContextFlags.ContainerStarted}} {{eq .Metadata.Properties.x nil}}",
	  "true true" },
	{ "{{not .Args}} {{and 1 0}} {{or 0 \"x\"}} {{and .EventName .UserID}}", "false 0 x 1000" },
	{ "{{if and (eq .EventName \"connect\") (lt .ReturnValue 0)}}failed{{end}}", "failed" },
	/* len and index */
	{ "{{len .Args}} {{len .EventName}} {{len .StackAddresses}} {{.Args | len}}", "5 7 0 5" },
	{ "{{index .MatchedPolicies 1}} {{index .MatchedPolicies 2}}", "other <no value>" },
	{ "{{index (index .Args 1).Value \"sin_port\"}}", "443" },
	{ "{{(index .Args 1).Value.sin_addr}}", "1.2.3.4" },
	/* json */
	{ "{{json .Executable}} {{.MatchedPolicies | toJson}}",
	  "{\"path\":\"/bin/x\"} [\"demo\",\"other\"]" },
	{ "{{json 5}} {{json true}} {{json nil}} {{json \"a\\nb\"}} {{json .EventID}}",
	  "5 true null \"a\\nb\" 42" },
	{ "{{.Executable}} {{json .StackAddresses}} {{json .Metadata.Properties.Nope}}",
	  "{\"path\":\"/bin/x\"} null null" },
	{ "{{toRawJson (index .Args 3).Value}}", "[\"ls\",\"-l\"]" },
	/* printf */
	{ "{{printf \"%s %d %v %%\" .EventName .UserID .MatchedPolicies}}",
	  "connect 1000 [demo other] %" },
	{ "{{printf \"[%-10s][%10s][%5d][%-5d][%05d]\" .EventName .EventName 42 42 -42}}",
	  "[connect   ][   connect][   42][42   ][-0042]" },
	{ "{{printf \"%x %x %t %q %q\" 255 .ReturnValue true .EventName \"a\\nb\"}}",
	  "ff -73 true \"connect\" \"a\\nb\"" },
	{ "{{.UserID | printf \"%s=%d\" \"uid\"}}", "uid=1000" },
	{ "{{printf \"%s|%v|%s\" .MatchedPolicies nil (index .Args 3).Value}}",
	  "[demo other]|<nil>|[ls -l]" },
	{ "{{printf \"%d %s %s\" (index .Args 2).Value (index .Args 0).Value "
	  ".Metadata.Properties.Nope}}",
	  "%!d(string=C:\\x \"y\") %!s(int=5) %!s(<no value>)" },
	{ "{{printf \"no verbs\"}}", "no verbs" },
	{ "{{printf `%s` `raw \\n`}}", "raw \\n" },
};

START_TEST(templates_say_what_go_would)
{
	ck_assert_str_eq(run_on(good[_i].text, full), good[_i].expect);
}
END_TEST

START_TEST(the_event_is_its_json)
{
	ck_assert_int_eq(strncmp(run_on("{{.}}\n", full), full, sizeof(full)), 0);
	ck_assert_int_eq(strncmp(run_on("{{json .}}\n", full), full, sizeof(full)), 0);
	ck_assert_int_eq(strncmp(run_on("{{. | toJson}}\n", full), full, sizeof(full)), 0);
}
END_TEST

/* Of a field that is left out there is the zero value. */
START_TEST(what_is_left_out_is_empty)
{
	static const char text[] =
		"{{.EventName}}|{{.UserID}}|{{.Container.Name}}|{{.Kubernetes.PodSandbox}}|"
		"{{.Metadata}}|{{.Metadata.Version}}|{{.Metadata.Properties.a}}|{{.Args}}|"
		"{{.MatchedPolicies}}|{{range .Args}}x{{end}}|{{.Executable.Path}}|{{.marks}}|"
		"{{json .Metadata}}";

	ck_assert_str_eq(run_on(text, "{}"), "|0||false|<nil>||<no value>|[]|[]|||<nil>|null");
	ck_assert_str_eq(run_on(text, "{\"container\":{},\"kubernetes\":{}}"),
			 "|0||false|<nil>||<no value>|[]|[]|||<nil>|null");
}
END_TEST

static const struct {
	const char *text, *expect;
} bad[] = {
	{ "{{ .EvenName }}",
	  "t:1:5: field 'EvenName' is not known of an event, expected 'EventName'" },
	{ "a\nb {{ .eventname }}",
	  "t:2:7: field 'eventname' is not known of an event, expected 'eventName'" },
	{ "{{ .Container.Nam }}",
	  "t:1:15: field 'Nam' is not known of a container, expected 'Name'" },
	{ "{{ .EventName.X }}", "t:1:15: field 'X' of a string, which has none" },
	{ "{{ .Args.Name }}", "t:1:10: field 'Name' of a list of arguments, which has none" },
	{ "{{ range .Args }}{{ .Foo }}{{ end }}",
	  "t:1:22: field 'Foo' is not known of an argument, expected 'Name', 'Type', 'Value'" },
	{ "{{ .EventName. }}", "t:1:15: a '.' without the name of a field" },
	{ "{{ upper .EventName }}",
	  "t:1:4: function 'upper' is not supported, expected one of json, toJson, toRawJson, "
	  "printf, eq, ne, lt, le, gt, ge, and, or, not, len, index" },
	{ "{{ now | date \"x\" }}", "t:1:4: function 'now' is not supported, expected 'not'" },
	{ "{{ .EventName | quote }}",
	  "t:1:17: function 'quote' is not supported, expected one of json, toJson, toRawJson, "
	  "printf, eq, ne, lt, le, gt, ge, and, or, not, len, index" },
	{ "{{ tojson . }}", "t:1:4: function 'tojson' is not supported, expected 'toJson'" },
	{ "{{ if .EventName }}x", "t:1:1: a block without its {{ end }}" },
	{ "x{{ end }}", "t:1:2: {{ end }} without a block" },
	{ "{{ else }}", "t:1:1: {{ else }} without a block" },
	{ "{{ if 1 }}{{ else }}{{ else }}{{ end }}", "t:1:21: a second {{ else }}" },
	{ "{{ range .EventName }}{{ end }}", "t:1:1: a range over a string, expected a list" },
	{ "{{ range 5 }}{{ end }}", "t:1:1: a range over a number, expected a list" },
	{ "{{ define \"x\" }}{{ end }}",
	  "t:1:4: action 'define' is not supported, expected if, range, with, a field or a "
	  "function" },
	{ "{{ break }}", "t:1:4: action 'break' is not supported, expected if, range, with, a "
			 "field or a function" },
	{ "{{ template \"x\" . }}",
	  "t:1:4: action 'template' is not supported, expected if, range, with, a field or a "
	  "function" },
	{ "{{ .EventName", "t:1:14: an action without its '}}'" },
	{ "{{ .EventName }", "t:1:15: '}' is not expected here" },
	{ "{{ }}", "t:1:4: a value or function is missing" },
	{ "{{", "t:1:3: a value or function is missing" },
	{ "{{/* x", "t:1:1: a comment without its end" },
	{ "{{/* x */ 5 }}", "t:1:11: '5' is not expected here, expected '}}'" },
	{ "{{ \"x }}", "t:1:4: a string without its end" },
	{ "{{ `x }}", "t:1:4: a string without its end" },
	{ "{{ \"\\x41\" }}",
	  "t:1:5: this escape is not supported, expected \\n, \\t, \\r, \\\" or \\\\" },
	{ "{{ 1.5 }}",
	  "t:1:4: number '1.' is not supported, expected a whole one of up to 63 bits" },
	{ "{{ 9223372036854775808 }}",
	  "t:1:4: number '9223372036854775808' is not supported, expected a whole one of up to 63 "
	  "bits" },
	{ "{{ $x }}", "t:1:4: variable '$x' is not known here" },
	{ "{{ if 1 }}{{ $x := 1 }}{{ end }}{{ $x }}", "t:1:36: variable '$x' is not known here" },
	{ "{{ $x := 1 }}{{ $x = 2 }}", "t:1:20: '=' is not supported, expected ':='" },
	{ "{{ eq .EventName 5 }}", "t:1:4: function 'eq' compares a string with a number" },
	{ "{{ lt .Args 5 }}",
	  "t:1:4: function 'lt' orders a list of arguments, expected a number or a string" },
	{ "{{ eq .EventName }}", "t:1:4: function 'eq' with 1 arguments, expected 2 to 16" },
	{ "{{ not }}", "t:1:4: function 'not' with 0 arguments, expected 1" },
	{ "{{ len .UserID }}", "t:1:4: function 'len' of a number, expected a list or a string" },
	{ "{{ index .EventName 1 }}",
	  "t:1:4: function 'index' of a string, expected a list or a map" },
	{ "{{ index .Args \"a\" }}", "t:1:4: function 'index' with a string, expected a number" },
	{ "{{ printf .EventName }}",
	  "t:1:4: function 'printf' without a format, expected a string" },
	{ "{{ printf \"%f\" 1 }}",
	  "t:1:4: function 'printf' with a verb that is not supported, expected %s, %d, %v, %q, "
	  "%t, %x or %%, with '-', '0' and a width" },
	{ "{{ printf \"%d\" .EventName }}",
	  "t:1:4: function 'printf' with '%d' for a string, expected '%v'" },
	{ "{{ printf \"%d\" }}", "t:1:4: function 'printf' with more verbs than values" },
	{ "{{ printf \"%99999d\" 1 }}",
	  "t:1:4: function 'printf' with a verb that is not supported, expected %s, %d, %v, %q, "
	  "%t, %x or %%, with '-', '0' and a width" },
	{ "{{ printf \"x\" 1 }}", "t:1:4: function 'printf' with more values than verbs" },
	{ "{{ .EventName | .UserID }}", "t:1:17: a value behind '|', expected a function" },
	{ "{{ .EventName .UserID }}", "t:1:15: '.' is not expected here" },
	{ "{{ len (.Args }}", "t:1:8: a '(' without its ')'" },
	{ "{{ eq len 5 }}", "t:1:7: a function as argument, expected it in brackets" },
	{ "{{ .EventName ) }}", "t:1:15: ')' is not expected here, expected '}}'" },
	{ "{{ \x1b }}", "t:1:4: '?' is not expected here" },
	{ "{{ .\xff }}", "t:1:5: '?' is not expected here" },
	{ "{{ 'x' }}", "t:1:4: ''' is not expected here" },
	{ "{{- .EventName-}}", "t:1:15: '-' is not expected here" },
};

START_TEST(what_is_not_known_is_refused)
{
	struct err err = { 0 };

	ck_assert_ptr_null(tmpl_new("t", bad[_i].text, strlen(bad[_i].text), &err));
	ck_assert_str_eq(err.text, bad[_i].expect);
	ck_assert_int_eq(err.code, -EINVAL);
}
END_TEST

/* `n` times one after the other, in a string that is the caller's. */
static char *repeat(const char *text, size_t n)
{
	size_t len = strlen(text);
	char *all = malloc(n * len + 1);

	ck_assert_ptr_nonnull(all);
	for (size_t i = 0; i < n; i++)
		memcpy(all + i * len, text, len);
	all[n * len] = '\0';
	return all;
}

static void check_refused(const char *text, int code, const char *part)
{
	struct err err = { 0 };

	ck_assert_ptr_null(tmpl_new("t", text, strlen(text), &err));
	ck_assert_int_eq(err.code, code);
	ck_assert_msg(strstr(err.text, part) != NULL, "%s", err.text);
}

START_TEST(limits_are_kept)
{
	CLEANUP_FREE char *deep = repeat("{{if 1}}", 40);
	CLEANUP_FREE char *elses = repeat("{{else if 1}}", 40);
	CLEANUP_FREE char *brackets = repeat("(", 40);
	CLEANUP_FREE char *parts = repeat("{{1}}", 5000);
	CLEANUP_FREE char *vars = repeat("{{$x := 1}}", 40);
	CLEANUP_FREE char *args = repeat(" 1", 20);
	CLEANUP_FREE char *large = repeat("x", TMPL_BYTES_MAX + 1);
	char text[1024];

	check_refused(deep, -EINVAL, "more than 32 ");
	(void)snprintf(text, sizeof(text), "{{if 1}}%s{{end}}", elses);
	check_refused(text, -EINVAL, "more than 32 ");
	(void)snprintf(text, sizeof(text), "{{%s", brackets);
	check_refused(text, -EINVAL, "more than 32 ");
	check_refused(parts, -E2BIG, "more than 8192 parts");
	check_refused(vars, -EINVAL, "more than 32 variables");
	(void)snprintf(text, sizeof(text), "{{eq%s}}", args);
	check_refused(text, -EINVAL, "more than 16 arguments");
	check_refused(large, -E2BIG, "more than 65536 bytes");
	large[TMPL_BYTES_MAX] = '\0';
	ck_assert_uint_eq(strlen(run_on(large, full)), TMPL_BYTES_MAX);
}
END_TEST

static ssize_t rc_of(const char *text, const char *json, size_t cap)
{
	struct tmpl *t = compile(text);
	ssize_t n = tmpl_event(t, out, cap, json, strlen(json));

	tmpl_free(t);
	return n;
}

START_TEST(work_is_bounded)
{
	CLEANUP_FREE char *items = repeat("1,", 4000);
	CLEANUP_FREE char *json = malloc(20000);
	CLEANUP_FREE char *wide = repeat("%1000d", 70);
	CLEANUP_FREE char *ones = repeat(" 1", 15);
	char text[1024];

	(void)snprintf(json, 20000, "{\"stackAddresses\":[%s1]}", items);
	ck_assert_int_eq(rc_of("{{range .StackAddresses}}{{range $.StackAddresses}}"
			       "{{range $.StackAddresses}}{{end}}{{end}}{{end}}",
			       json, sizeof(out)),
			 -ELOOP);
	ck_assert_int_eq(rc_of("{{.EventName}}", full, 7), 7);
	ck_assert_int_eq(rc_of("{{.EventName}}", full, 6), -ENOBUFS);
	ck_assert_int_eq(rc_of("x{{range .Args}}{{end}}", full, 0), -ENOBUFS);
	ck_assert_int_eq(rc_of("{{.EventName}}", "", 100), -EBADMSG);
	ck_assert_int_eq(rc_of("{{.EventName}}", "[]", 100), -EBADMSG);
	/* What is between functions has its end too; each value's share is given back. */
	wide[6 * 15] = '\0';
	(void)snprintf(text, sizeof(text),
		       "{{range .StackAddresses}}{{if printf \"%s\"%s}}{{end}}{{end}}", wide, ones);
	ck_assert_int_eq(rc_of(text, json, sizeof(out)), 0);
	(void)snprintf(text, sizeof(text),
		       "{{$a := printf \"%.90s\"%s}}{{$b := printf \"%%v%%v%%v%%v\" $a $a $a $a}}"
		       "{{len $b}}",
		       wide, ones);
	ck_assert_int_eq(rc_of(text, json, sizeof(out)), -ENOBUFS);
}
END_TEST

START_TEST(a_template_can_be_used_again)
{
	struct tmpl *t = compile("{{.EventName}} {{range .Args}}{{.Name}} {{end}}\n");
	ssize_t n;

	for (int i = 0; i < 3; i++) {
		n = tmpl_event(t, out, sizeof(out), "{\"eventName\":\"a\"}", 17);
		ck_assert_int_eq(n, 3);
		n = tmpl_event(t, out, sizeof(out), full, strlen(full));
		ck_assert_int_eq(n, 8 + 27 + 1);
		ck_assert_int_eq(tmpl_event(t, out, 3, full, strlen(full)), -ENOBUFS);
	}
	tmpl_free(t);
	tmpl_free(NULL);
}
END_TEST

START_TEST(a_template_is_a_file)
{
	char path[] = "/tmp/warder-test-XXXXXX";
	CLEANUP_FD int fd = mkstemp(path);
	struct err err = { 0 };
	struct tmpl *t;

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "{{ .UserID }}", 13), 13);
	t = tmpl_load(path, &err);
	ck_assert_ptr_nonnull(t);
	ck_assert_int_eq(tmpl_event(t, out, sizeof(out), full, strlen(full)), 4);
	tmpl_free(t);
	ck_assert_int_eq(ftruncate(fd, TMPL_BYTES_MAX + 1), 0);
	ck_assert_ptr_null(tmpl_load(path, &err));
	ck_assert_int_eq(err.code, -E2BIG);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_ptr_null(tmpl_load(path, &err));
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_ptr_null(tmpl_load("/", &err));
	ck_assert_int_eq(err.code, -EISDIR);
}
END_TEST

/* JSON that a template makes is JSON, whatever is in the event. */
START_TEST(json_in_a_template_is_json)
{
	struct tmpl *t = compile(
		"{\"e\":{{json .EventName}},\"p\":{{.ProcessName|json}},\"a\":{"
		" {{- range $i, $a := .Args}}{{if $i}},{{end}}{{json $a.Name}}:{{json $a.Value}}"
		"{{end -}} },\"all\":{{json .}}}");
	uint64_t seed = 3;

	for (int i = 0; i < 2000; i++) {
		const struct event_def *def = &event_defs[rb_next_random(&seed) % EVENT_SLOTS];
		ssize_t n;
		json_t *root;

		if (def->id == EV_TASK)
			continue;
		rb_random(&b, def->id, rb_next_random(&seed));
		n = tmpl_event(t, out, sizeof(out), line, encode() - 1);
		ck_assert_int_gt(n, 0);
		root = json_loadb(out, (size_t)n, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
		ck_assert_ptr_nonnull(root);
		ck_assert_str_eq(json_string_value(json_object_get(root, "e")), def->name);
		json_decref(root);
	}
	tmpl_free(t);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("template");
	TCase *tc = tcase_create("template");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_loop_test(tc, templates_say_what_go_would, 0, (int)ARRAY_LEN(good));
	tcase_add_test(tc, the_event_is_its_json);
	tcase_add_test(tc, what_is_left_out_is_empty);
	tcase_add_loop_test(tc, what_is_not_known_is_refused, 0, (int)ARRAY_LEN(bad));
	tcase_add_test(tc, limits_are_kept);
	tcase_add_test(tc, work_is_bounded);
	tcase_add_test(tc, a_template_can_be_used_again);
	tcase_add_test(tc, a_template_is_a_file);
	tcase_add_test(tc, json_in_a_template_is_json);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
