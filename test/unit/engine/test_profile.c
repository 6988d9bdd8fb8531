/* SPDX-License-Identifier: Apache-2.0 */
/* The events of other schemas against what their specifications allow: the lists below are those of
 * ECS 8.11 (event.category and the event.type expected with it) and OCSF 1.3. */
#include <check.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/encode/msgpack_document.h"
#include "engine/encode/profile.h"
#include "engine/encode/profile_parts.h"
#include "test/unit/engine/json_path.h"

#define LINE_CAP 65536

/* An event's line: of the id, its name, value, arguments ("{...},{...}") and what else is to be in
 * it. */
static size_t make_line(char *line, unsigned int id, int64_t ret, const char *args,
			const char *more)
{
	const struct event_def *def = event_def_find(id);
	int n = snprintf(
		line, LINE_CAP,
		"{\"timestamp\":1680000001004005006,\"threadStartTime\":1680000000000000001,"
		"\"processorId\":1,\"processId\":11,\"cgroupId\":5,\"threadId\":11,"
		"\"parentProcessId\":10,\"hostProcessId\":2011,\"hostThreadId\":2011,"
		"\"hostParentProcessId\":2010,\"userId\":1000,\"mountNamespace\":7,"
		"\"pidNamespace\":8,\"processName\":\"cat\",\"executable\":{\"path\":\"/bin/cat\"},"
		"\"hostName\":\"node-1\",\"containerId\":\"abc\",\"container\":{\"id\":\"abc\","
		"\"name\":\"web\",\"image\":\"nginx:1\",\"imageDigest\":\"sha256:1\"},"
		"\"kubernetes\":{\"podName\":\"web-1\",\"podNamespace\":\"shop\",\"podUID\":\"u-"
		"1\"},"
		"\"eventId\":\"%u\",\"eventName\":\"%s\",\"matchedPolicies\":[\"p1\",\"p2\"],"
		"\"argsNum\":1,\"returnValue\":%lld,\"syscall\":\"x\",\"stackAddresses\":null,"
		"\"contextFlags\":{\"containerStarted\":true,\"isCompat\":false},"
		"\"threadEntityId\":3,\"processEntityId\":3,\"parentEntityId\":2,"
		"\"args\":[%s]%s}\n",
		id, def ? def->name : "other", (long long)ret, args, more);

	ck_assert_int_gt(n, 0);
	ck_assert_int_lt(n, LINE_CAP);
	return (size_t)n;
}

#define TEXT_ARG(name, value)                                                                      \
	"{\"name\":\"" name "\",\"type\":\"const char*\",\"value\":\"" value "\"}"
#define RAW_ARG(name, value) "{\"name\":\"" name "\",\"type\":\"x\",\"value\":" value "}"

static json_t *convert(enum profile profile, const char *line, size_t len)
{
	size_t cap = PROFILE_EVENT_MAX(len), n;
	CLEANUP_FREE char *out = malloc(cap);
	json_error_t error;
	json_t *root;

	ck_assert_ptr_nonnull(out);
	n = profile_event(profile, out, cap, line, len);
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(n, cap);
	ck_assert_int_eq(out[n - 1], '\n');
	ck_assert_ptr_null(memchr(out, '\n', n - 1));
	root = json_loadb(out, n, JSON_REJECT_DUPLICATES, &error);
	ck_assert_msg(root != NULL, "%s at %d: %.*s", error.text, error.position, (int)n, out);
	return root;
}

struct want {
	const char *path, *value;
};

static void check_all(enum profile profile, const char *line, size_t len, const struct want *wants)
{
	json_t *root = convert(profile, line, len);

	for (; wants->path; wants++)
		json_check_at(root, wants->path, wants->value);
	json_decref(root);
}

/* --- Events. --- */

struct event_case {
	unsigned int id;
	int64_t ret;
	const char *args, *more;
	struct want ecs[16], ocsf[20];
};

#define ADDR4 "{\"sa_family\":\"AF_INET\",\"sin_port\":\"443\",\"sin_addr\":\"10.0.0.1\"}"
#define ADDR6 "{\"sa_family\":\"AF_INET6\",\"sin6_port\":\"53\",\"sin6_addr\":\"fe80::1\"}"
#define ADDR_UNIX "{\"sa_family\":\"AF_UNIX\",\"sun_path\":\"/run/x\"}"
#define METADATA                                                                                   \
	",\"metadata\":{\"Version\":\"1\",\"Description\":\"d\",\"Tags\":null,\"Properties\":{"    \
	"\"Category\":\"defense-evasion\",\"Severity\":3,\"Technique\":\"LD_PRELOAD\","            \
	"\"external_id\":\"T1574.006\",\"signatureID\":\"TRC-107\",\"signatureName\":\"Preload\"}" \
	"}"

static const struct event_case cases[] = {
	{ EV_SCHED_PROCESS_EXEC,
	  0,
	  TEXT_ARG("pathname", "/usr/bin/cat") "," RAW_ARG("argv", "[\"cat\",\"a b\",\"\\\"c\"]"),
	  "",
	  { { "@timestamp", "2023-03-28T10:40:01.004005006Z" },
	    { "ecs.version", "8.11.0" },
	    { "event", "{\"kind\":\"event\",\"category\":[\"process\"],\"type\":[\"start\"],"
		       "\"action\":\"sched_process_exec\",\"code\":\"715\",\"module\":\"warder\","
		       "\"dataset\":\"warder.events\"}" },
	    { "process.executable", "/usr/bin/cat" },
	    { "process.args", "[\"cat\",\"a b\",\"\\\"c\"]" },
	    { "process.command_line", "cat a b \"c" },
	    { "process.pid", "2011" },
	    { "process.parent.pid", "2010" },
	    { "process.start", "2023-03-28T10:40:00.000000001Z" },
	    { "user.id", "1000" },
	    { "host.hostname", "node-1" },
	    { "container.image", "{\"name\":\"nginx:1\",\"hash\":{\"all\":[\"sha256:1\"]}}" },
	    { "orchestrator", "{\"type\":\"kubernetes\",\"namespace\":\"shop\",\"resource\":{"
			      "\"type\":\"pod\",\"name\":\"web-1\",\"id\":\"u-1\"}}" },
	    { "warder.policies", "[\"p1\",\"p2\"]" },
	    { "warder.args.pathname", "/usr/bin/cat" } },
	  { { "class_uid", "1007" },
	    { "class_name", "Process Activity" },
	    { "category_uid", "1" },
	    { "activity_id", "1" },
	    { "type_uid", "100701" },
	    { "time", "1680000001004" },
	    { "severity_id", "1" },
	    { "status_id", "-" },
	    { "metadata.version", "1.3.0" },
	    { "metadata.labels", "[\"p1\",\"p2\"]" },
	    { "metadata.original_time", "1680000001004005006" },
	    { "device", "{\"type_id\":0,\"hostname\":\"node-1\"}" },
	    { "process.cmd_line", "cat a b \"c" },
	    { "process.file", "{\"name\":\"cat\",\"path\":\"/usr/bin/cat\",\"type_id\":0}" },
	    { "process.user.uid", "1000" },
	    { "process.parent_process.pid", "2010" },
	    { "actor.process.container.pod_uuid", "u-1" },
	    { "actor.process.container.image", "{\"name\":\"nginx:1\",\"uid\":\"sha256:1\"}" },
	    { "unmapped.args.pathname", "/usr/bin/cat" } } },
	{ EV_OPENAT,
	  -13,
	  TEXT_ARG("pathname", "/etc/shadow"),
	  "",
	  { { "event.category", "[\"file\"]" },
	    { "event.type", "[\"access\"]" },
	    { "event.outcome", "failure" },
	    { "file", "{\"path\":\"/etc/shadow\",\"name\":\"shadow\"}" },
	    { "process.executable", "/bin/cat" },
	    { "warder.return_value", "-13" } },
	  { { "class_uid", "1001" },
	    { "type_uid", "100114" },
	    { "activity_name", "Open" },
	    { "status_id", "2" },
	    { "status_code", "-13" },
	    { "file", "{\"name\":\"shadow\",\"path\":\"/etc/shadow\",\"type_id\":0}" },
	    { "actor.process.file.path", "/bin/cat" } } },
	/* What is not known is nothing but a call. */
	{ EV_OPENAT,
	  -14,
	  TEXT_ARG("pathname", ""),
	  "",
	  { { "event.category", "[\"host\"]" }, { "file", "-" } },
	  { { "class_uid", "1003" },
	    { "type_uid", "100304" },
	    { "kernel", "{\"name\":\"openat\",\"type_id\":2,\"system_call\":\"openat\"}" } } },
	{ EV_RENAME,
	  0,
	  TEXT_ARG("oldpath", "/a/b") "," TEXT_ARG("newpath", "/c/d"),
	  "",
	  { { "event.type", "[\"change\"]" }, { "file", "{\"path\":\"/c/d\",\"name\":\"d\"}" } },
	  { { "type_uid", "100105" },
	    { "file.path", "/a/b" },
	    { "file_result.path", "/c/d" },
	    { "status_id", "1" } } },
	{ EV_CONNECT,
	  0,
	  RAW_ARG("addr", ADDR4),
	  "",
	  { { "event.category", "[\"network\"]" },
	    { "event.type", "[\"start\"]" },
	    { "destination", "{\"address\":\"10.0.0.1\",\"ip\":\"10.0.0.1\",\"port\":443}" },
	    { "network.type", "ipv4" } },
	  { { "class_uid", "4001" },
	    { "category_uid", "4" },
	    { "type_uid", "400101" },
	    { "dst_endpoint", "{\"ip\":\"10.0.0.1\",\"port\":443}" },
	    { "connection_info", "{\"direction_id\":2,\"protocol_ver_id\":4}" } } },
	{ EV_ACCEPT4,
	  5,
	  RAW_ARG("addr", ADDR6),
	  "",
	  { { "source", "{\"address\":\"fe80::1\",\"ip\":\"fe80::1\",\"port\":53}" },
	    { "network.type", "ipv6" } },
	  { { "type_uid", "400101" },
	    { "src_endpoint", "{\"ip\":\"fe80::1\",\"port\":53}" },
	    { "connection_info", "{\"direction_id\":1,\"protocol_ver_id\":6}" } } },
	{ EV_CONNECT,
	  0,
	  RAW_ARG("addr", ADDR_UNIX),
	  "",
	  { { "event.category", "[\"host\"]" }, { "destination", "-" } },
	  { { "class_uid", "1003" }, { "dst_endpoint", "-" } } },
	/* A number of another pid namespace says nothing to the host. */
	{ EV_KILL,
	  0,
	  RAW_ARG("pid", "44"),
	  "",
	  { { "event.category", "[\"host\"]" } },
	  { { "class_uid", "1003" } } },
	{ EV_SCHED_PROCESS_FORK,
	  0,
	  RAW_ARG("child_pid", "2012"),
	  "",
	  { { "event.type", "[\"start\"]" } },
	  { { "type_uid", "100701" },
	    { "process.pid", "2012" },
	    { "process.parent_process.pid", "2011" } } },
	{ EV_MPROTECT,
	  0,
	  "",
	  "",
	  { { "event.category", "[\"process\"]" }, { "event.type", "[\"change\"]" } },
	  { { "class_uid", "1004" }, { "type_uid", "100402" }, { "process.pid", "2011" } } },
	{ EV_DELETE_MODULE,
	  0,
	  TEXT_ARG("name", "nf_x"),
	  "",
	  { { "event.category", "[\"driver\"]" }, { "event.type", "[\"end\"]" } },
	  { { "class_uid", "1002" },
	    { "type_uid", "100202" },
	    { "driver", "{\"file\":{\"name\":\"nf_x\",\"type_id\":0}}" } } },
	{ EV_SETUID,
	  0,
	  RAW_ARG("uid", "0"),
	  "",
	  { { "event.type", "[\"change\"]" } },
	  { { "type_uid", "100705" } } },
	{ EV_LOST_EVENTS,
	  0,
	  RAW_ARG("count", "7"),
	  "",
	  { { "event.category", "[\"host\"]" },
	    { "event.type", "[\"info\"]" },
	    { "event.outcome", "-" },
	    { "warder.args.count", "7" } },
	  { { "class_uid", "0" }, { "type_uid", "99" }, { "class_name", "Base Event" } } },
	/* A finding, whatever it was made of. */
	{ 6001,
	  0,
	  "",
	  METADATA,
	  { { "event.kind", "alert" },
	    { "event.category", "[\"intrusion_detection\"]" },
	    { "event.dataset", "warder.findings" },
	    { "event.severity", "3" },
	    { "rule", "{\"id\":\"TRC-107\",\"name\":\"Preload\",\"description\":\"d\","
		      "\"version\":\"1\"}" },
	    { "threat", "{\"framework\":\"MITRE ATT&CK\",\"tactic\":{\"name\":["
			"\"defense-evasion\"]},\"technique\":{\"id\":[\"T1574.006\"],\"name\":["
			"\"LD_PRELOAD\"]}}" } },
	  { { "class_uid", "2004" },
	    { "category_uid", "2" },
	    { "type_uid", "200401" },
	    { "severity_id", "4" },
	    { "severity", "High" },
	    { "finding_info.uid", "TRC-107-1680000001004005006-2011" },
	    { "finding_info.title", "Preload" },
	    { "finding_info.analytic", "{\"uid\":\"TRC-107\",\"name\":\"Preload\",\"type_id\":1}" },
	    { "finding_info.attacks.0.technique",
	      "{\"uid\":\"T1574.006\",\"name\":\"LD_PRELOAD\"}" },
	    { "finding_info.attacks.0.tactic.name", "defense-evasion" },
	    { "evidences.0.process.pid", "2011" } } },
};

START_TEST(an_event_is_told_in_other_words)
{
	const struct event_case *c = &cases[_i];
	CLEANUP_FREE char *line = malloc(LINE_CAP);
	size_t len = make_line(line, c->id, c->ret, c->args, c->more);

	check_all(PROFILE_ECS, line, len, c->ecs);
	check_all(PROFILE_OCSF, line, len, c->ocsf);
}
END_TEST

START_TEST(native_is_the_line_itself)
{
	char line[LINE_CAP], out[LINE_CAP];
	size_t len = make_line(line, EV_OPENAT, 0, TEXT_ARG("pathname", "/a"), "");

	ck_assert_uint_eq(profile_event(PROFILE_NATIVE, out, sizeof(out), line, len), len);
	ck_assert_mem_eq(out, line, len);
}
END_TEST

/* As it came from a kernel. */
static const char exec_line[] =
	"{\"timestamp\":1796081680177464088,\"threadStartTime\":179608168017712"
	"9425,\"processorId\":1,\"processId\":24041,\"cgroupId\":1,\"threadId\""
	":24041,\"parentProcessId\":23982,\"hostProcessId\":24041,\"hostThreadI"
	"d\":24041,\"hostParentProcessId\":23982,\"userId\":0,\"mountNamespace"
	"\":4026531832,\"pidNamespace\":4026531836,\"processName\":\"cat\",\"ex"
	"ecutable\":{\"path\":\"/usr/bin/cat\"},\"hostName\":\"node-1\",\"conta"
	"inerId\":\"\",\"container\":{},\"kubernetes\":{},\"eventId\":\"715\","
	"\"eventName\":\"sched_process_exec\",\"matchedPolicies\":[\"\"],\"args"
	"Num\":17,\"returnValue\":0,\"syscall\":\"execve\",\"stackAddresses\":n"
	"ull,\"contextFlags\":{\"containerStarted\":false,\"isCompat\":false},"
	"\"threadEntityId\":2574564028,\"processEntityId\":2574564028,\"parentE"
	"ntityId\":957576794,\"args\":[{\"name\":\"cmdpath\",\"type\":\"const c"
	"har*\",\"value\":\"/bin/cat\"},{\"name\":\"pathname\",\"type\":\"const"
	" char*\",\"value\":\"/usr/bin/cat\"},{\"name\":\"dev\",\"type\":\"dev_"
	"t\",\"value\":266338304},{\"name\":\"inode\",\"type\":\"unsigned long"
	"\",\"value\":247026},{\"name\":\"ctime\",\"type\":\"unsigned long\",\""
	"value\":1663687647000000000},{\"name\":\"inode_mode\",\"type\":\"umode"
	"_t\",\"value\":33261},{\"name\":\"interpreter_pathname\",\"type\":\"co"
	"nst char*\",\"value\":\"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"
	"\"},{\"name\":\"interpreter_dev\",\"type\":\"dev_t\",\"value\":2663383"
	"04},{\"name\":\"interpreter_inode\",\"type\":\"unsigned long\",\"value"
	"\":325835},{\"name\":\"interpreter_ctime\",\"type\":\"unsigned long\","
	"\"value\":1796066522942526041},{\"name\":\"argv\",\"type\":\"const cha"
	"r**\",\"value\":[\"/bin/cat\",\"/etc/hostname\"]},{\"name\":\"interp\""
	",\"type\":\"const char*\",\"value\":\"/bin/cat\"},{\"name\":\"stdin_ty"
	"pe\",\"type\":\"umode_t\",\"value\":8192},{\"name\":\"stdin_path\",\"t"
	"ype\":\"char*\",\"value\":\"/dev/null\"},{\"name\":\"invoked_from_kern"
	"el\",\"type\":\"int\",\"value\":0},{\"name\":\"prev_comm\",\"type\":\""
	"const char*\",\"value\":\"bash\"},{\"name\":\"pwd\",\"type\":\"const c"
	"har*\",\"value\":\"/home/user\"}]}"
	"\n";
static const char exec_compact[] =
	"{\"timestamp\":1796081680177464088,\"threadStartTime\":179608168017712"
	"9425,\"processorId\":1,\"processId\":24041,\"cgroupId\":1,\"parentProc"
	"essId\":23982,\"userId\":0,\"mountNamespace\":4026531832,\"pidNamespac"
	"e\":4026531836,\"processName\":\"cat\",\"executable\":{\"path\":\"/usr"
	"/bin/cat\"},\"hostName\":\"node-1\",\"eventId\":\"715\",\"eventName\":"
	"\"sched_process_exec\",\"returnValue\":0,\"syscall\":\"execve\",\"proc"
	"essEntityId\":2574564028,\"parentEntityId\":957576794,\"args\":{\"cmdp"
	"ath\":\"/bin/cat\",\"pathname\":\"/usr/bin/cat\",\"dev\":266338304,\"i"
	"node\":247026,\"ctime\":1663687647000000000,\"inode_mode\":33261,\"int"
	"erpreter_pathname\":\"/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2\""
	",\"interpreter_dev\":266338304,\"interpreter_inode\":325835,\"interpre"
	"ter_ctime\":1796066522942526041,\"argv\":[\"/bin/cat\",\"/etc/hostname"
	"\"],\"interp\":\"/bin/cat\",\"stdin_type\":8192,\"stdin_path\":\"/dev/"
	"null\",\"invoked_from_kernel\":0,\"prev_comm\":\"bash\",\"pwd\":\"/hom"
	"e/user\"}}"
	"\n";

START_TEST(compact_leaves_out_what_says_nothing)
{
	char out[PROFILE_EVENT_MAX(sizeof(exec_line))];
	size_t n =
		profile_event(PROFILE_COMPACT, out, sizeof(out), exec_line, sizeof(exec_line) - 1);

	ck_assert_uint_gt(n, 0);
	ck_assert_msg(n == sizeof(exec_compact) - 1 && !memcmp(out, exec_compact, n), "%.*s",
		      (int)n, out);
	ck_assert_uint_le(n, 900);
}
END_TEST

START_TEST(compact_keeps_what_differs)
{
	static const struct want wants[] = {
		{ "processId", "11" },
		{ "hostProcessId", "2011" },
		{ "hostThreadId", "2011" },
		{ "hostParentProcessId", "2010" },
		{ "threadId", "-" },
		{ "threadEntityId", "-" },
		{ "processEntityId", "3" },
		{ "argsNum", "-" },
		{ "containerId", "abc" },
		{ "kubernetes.podName", "web-1" },
		{ "matchedPolicies", "[\"p1\",\"p2\"]" },
		{ "returnValue", "0" },
		{ "contextFlags", "{\"containerStarted\":true}" },
		{ "args", "{\"pathname\":\"\",\"flags\":0}" },
		{ "marks", "{\"unread\":[\"pathname\"]}" },
		{ NULL, NULL },
	};
	char line[LINE_CAP];
	size_t len =
		make_line(line, EV_OPENAT, 0, TEXT_ARG("pathname", "") "," RAW_ARG("flags", "0"),
			  ",\"marks\":{\"unread\":[\"pathname\"]}");

	check_all(PROFILE_COMPACT, line, len, wants);
}
END_TEST

START_TEST(an_unnamed_policy_is_no_label)
{
	char line[LINE_CAP], *policies;
	size_t len = make_line(line, EV_MPROTECT, 0, "", "");
	json_t *root;

	policies = strstr(line, "[\"p1\",\"p2\"]");
	ck_assert_ptr_nonnull(policies);
	memcpy(policies, "[\"\"]       ", 11);
	root = convert(PROFILE_OCSF, line, len);
	json_check_at(root, "metadata.labels", "-");
	json_decref(root);
}
END_TEST

/* --- The tables. --- */

START_TEST(rows_name_arguments_that_are_there)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct prof_row row = prof_row_of(slot);
		const char *const names[] = { row.path, row.path2, row.target, row.addr };

		for (size_t i = 0; i < ARRAY_LEN(names); i++)
			ck_assert_msg(!names[i] ||
					      event_def_field(&event_defs[slot], names[i]) >= 0,
				      "%s has no argument %s", event_defs[slot].name, names[i]);
	}
}
END_TEST

static const struct {
	const char *category, *types;
} ecs_types[] = {
	{ "driver", "change end info start" },
	{ "file", "access change creation deletion info" },
	{ "host", "access change end info start" },
	{ "intrusion_detection", "allowed denied info" },
	{ "network", "access allowed connection denied end info protocol start" },
	{ "process", "access change end info start" },
};

static const struct {
	unsigned int class_uid;
	const char *class_name;
	unsigned int category_uid;
	const char *category_name;
	const char *activities[16]; /* by id, from 1 on */
} ocsf_classes[] = {
	{ 0, "Base Event", 0, "Uncategorized", { NULL } },
	{ 1001,
	  "File System Activity",
	  1,
	  "System Activity",
	  { "Create", "Read", "Update", "Delete", "Rename", "Set Attributes", "Set Security",
	    "Get Attributes", "Get Security", "Encrypt", "Decrypt", "Mount", "Unmount", "Open" } },
	{ 1002, "Kernel Extension Activity", 1, "System Activity", { "Load", "Unload" } },
	{ 1003, "Kernel Activity", 1, "System Activity", { "Create", "Read", "Delete", "Invoke" } },
	{ 1004,
	  "Memory Activity",
	  1,
	  "System Activity",
	  { "Allocate Page", "Modify Page", "Delete Page", "Buffer Overflow", "Disable DEP",
	    "Enable DEP", "Read", "Write", "Map View" } },
	{ 1007,
	  "Process Activity",
	  1,
	  "System Activity",
	  { "Launch", "Terminate", "Open", "Inject", "Set User ID" } },
	{ 2004, "Detection Finding", 2, "Findings", { "Create", "Update", "Close" } },
	{ 4001,
	  "Network Activity",
	  4,
	  "Network Activity",
	  { "Open", "Close", "Reset", "Fail", "Refuse", "Traffic", "Listen" } },
};

static bool has_word(const char *words, const char *word)
{
	size_t len = strlen(word);

	for (const char *hit = strstr(words, word); hit; hit = strstr(hit + 1, word))
		if ((hit == words || hit[-1] == ' ') && (hit[len] == ' ' || !hit[len]))
			return true;
	return false;
}

START_TEST(meanings_are_what_ecs_allows)
{
	for (int i = 0; i < PA_ACTIONS; i++) {
		bool is_found = false;

		for (size_t j = 0; j < ARRAY_LEN(ecs_types); j++)
			if (!strcmp(ecs_types[j].category, prof_meanings[i].ecs_category))
				is_found = has_word(ecs_types[j].types, prof_meanings[i].ecs_type);
		ck_assert_msg(is_found, "action %d: %s, %s", i, prof_meanings[i].ecs_category,
			      prof_meanings[i].ecs_type);
	}
}
END_TEST

START_TEST(meanings_are_what_ocsf_has)
{
	for (int i = 0; i < PA_ACTIONS; i++) {
		const struct prof_meaning *is = &prof_meanings[i];
		size_t j = 0;

		while (j < ARRAY_LEN(ocsf_classes) && ocsf_classes[j].class_uid != is->class_uid)
			j++;
		ck_assert_msg(j < ARRAY_LEN(ocsf_classes), "action %d", i);
		ck_assert_str_eq(is->class_name, ocsf_classes[j].class_name);
		ck_assert_uint_eq(is->category_uid, ocsf_classes[j].category_uid);
		ck_assert_str_eq(is->category_name, ocsf_classes[j].category_name);
		if (is->activity_id == 99) /* Other: the name is ours */
			continue;
		ck_assert_int_ge(is->activity_id, 1);
		ck_assert_int_le(is->activity_id, 16);
		ck_assert_str_eq(is->activity_name,
				 ocsf_classes[j].activities[is->activity_id - 1]);
	}
}
END_TEST

/* --- What goes wrong. --- */

START_TEST(a_buffer_is_never_written_beyond)
{
	CLEANUP_FREE char *line = malloc(LINE_CAP);
	size_t len = make_line(line, EV_CONNECT, 0, RAW_ARG("addr", ADDR4), METADATA);

	for (int profile = 0; profile < PROFILES; profile++) {
		size_t whole = 0;

		for (size_t cap = 0; cap < PROFILE_EVENT_MAX(len) && !whole; cap++) {
			CLEANUP_FREE char *out = malloc(cap + 1);

			out[cap] = '!';
			whole = profile_event((enum profile)profile, out, cap, line, len);
			ck_assert_int_eq(out[cap], '!');
			ck_assert(whole == 0 || whole == cap);
		}
		ck_assert_uint_gt(whole, 0);
	}
}
END_TEST

START_TEST(a_line_that_is_cut_anywhere_stays_json)
{
	CLEANUP_FREE char *line = malloc(LINE_CAP);
	CLEANUP_FREE char *out = malloc(LINE_CAP);
	size_t len = make_line(line, EV_RENAME, 0,
			       TEXT_ARG("oldpath", "/a\\\\\\\"") "," TEXT_ARG("newpath", "////"),
			       METADATA);

	for (size_t n = 0; n < len; n++) {
		CLEANUP_FREE char *cut = malloc(n + 1); /* where a sanitizer sees its end */

		memcpy(cut, line, n);
		for (int profile = PROFILE_ECS; profile < PROFILES; profile++)
			(void)profile_event((enum profile)profile, out, LINE_CAP, cut, n);
	}
}
END_TEST

static void put_deep(char *line, size_t depth)
{
	size_t n = 0;

	n += (size_t)sprintf(line, "{\"args\":[{\"name\":\"x\",\"value\":");
	for (size_t i = 0; i < depth; i++)
		line[n++] = '[';
	for (size_t i = 0; i < depth; i++)
		line[n++] = ']';
	(void)sprintf(line + n, "}]}");
}

START_TEST(hostile_lines_do_no_harm)
{
	static const char *const lines[] = {
		"",
		"{",
		"{}",
		"[]",
		"null",
		"{\"eventId\":\"99999999999\"}",
		"{\"timestamp\":-9223372036854775808}",
		"{\"timestamp\":9223372036854775807}",
		"{\"args\":{}}",
		"{\"metadata\":{\"Properties\":7}}",
		"{\"executable\":[]}",
		"{\"eventId\":\"257\",\"args\":[{\"name\":\"pathname\",\"value\":\"/\\u0000\"}]}",
	};
	CLEANUP_FREE char *deep = calloc(1, LINE_CAP);
	CLEANUP_FREE char *out = malloc(8 * LINE_CAP);

	put_deep(deep, 10000);
	for (int profile = 0; profile < PROFILES; profile++) {
		for (size_t i = 0; i < ARRAY_LEN(lines); i++)
			(void)profile_event((enum profile)profile, out, LINE_CAP, lines[i],
					    strlen(lines[i]));
		(void)profile_event((enum profile)profile, out, 8 * LINE_CAP, deep, strlen(deep));
	}
	(void)emp_document((uint8_t *)out, 8 * LINE_CAP, deep, strlen(deep));
}
END_TEST

/* --- As msgpack. --- */

static const struct {
	const char *json;
	const char *bytes;
	size_t len;
} maps[] = {
	{ "{}", "\xde\0\0", 3 },
	{ "{\"a\":1}",
	  "\xde\0\x01\xa1"
	  "a\x01",
	  6 },
	{ "{\"a\":-1,\"b\":true,\"c\":null}",
	  "\xde\0\x03\xa1"
	  "a\xff\xa1"
	  "b\xc3\xa1"
	  "c\xc0",
	  12 },
	{ "{\"a\":[1.5,\"x\\n\\\"\\\\\\u001b\\u00e9\"]}",
	  "\xde\0\x01\xa1"
	  "a\xdc\0\x02\xcb\x3f\xf8\0\0\0\0\0\0\xa7"
	  "x\n\"\\\x1b\xc3\xa9",
	  25 },
	{ "{\"a\":18446744073709551615,\"b\":\"\\u20ac\\ud800\"}",
	  "\xde\0\x02\xa1"
	  "a\xcf\xff\xff\xff\xff\xff\xff\xff\xff\xa1"
	  "b\xa6\xe2\x82\xac\xef\xbf\xbd",
	  23 },
};

START_TEST(json_becomes_a_map)
{
	uint8_t out[256];
	size_t len = emp_document(out, sizeof(out), maps[_i].json, strlen(maps[_i].json));

	ck_assert_uint_eq(len, maps[_i].len);
	ck_assert_mem_eq(out, maps[_i].bytes, len);
	ck_assert_uint_eq(emp_document(out, 8, maps[_i].json, strlen(maps[_i].json)), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("profile");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 30);
	tcase_add_loop_test(tcase, an_event_is_told_in_other_words, 0, ARRAY_LEN(cases));
	tcase_add_test(tcase, native_is_the_line_itself);
	tcase_add_test(tcase, compact_leaves_out_what_says_nothing);
	tcase_add_test(tcase, compact_keeps_what_differs);
	tcase_add_test(tcase, an_unnamed_policy_is_no_label);
	tcase_add_test(tcase, rows_name_arguments_that_are_there);
	tcase_add_test(tcase, meanings_are_what_ecs_allows);
	tcase_add_test(tcase, meanings_are_what_ocsf_has);
	tcase_add_test(tcase, a_buffer_is_never_written_beyond);
	tcase_add_test(tcase, a_line_that_is_cut_anywhere_stays_json);
	tcase_add_test(tcase, hostile_lines_do_no_harm);
	tcase_add_loop_test(tcase, json_becomes_a_map, 0, ARRAY_LEN(maps));
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
