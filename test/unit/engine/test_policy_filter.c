/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

#define TERMS 4 /* at most, of one row */

/* What a text must become. */
struct expected {
	const char *text;
	const char *event; /* NULL: a scope; "": a set's rule */
	uint8_t subject, context, type;
	const char *field, *path, *name; /* name NULL: the context's first name */
	bool flag;
	struct pol_term terms[TERMS]; /* up to one without a text */
};

#define TERM(o, k, t, ...)                                                                         \
	{                                                                                          \
		.op = POL_OP_##o, .kind = POL_TERM_##k, .text = (char[]){ t }, __VA_ARGS__         \
	}
#define NUM(o, t, n) TERM(o, NUMBER, t, .is_number = true, .number = (n))
#define BIG(o, t, n) TERM(o, NUMBER, t, .is_number = true, .is_unsigned = true, .number = (n))
#define EXACT_NUM(o, t, n) TERM(o, EXACT, t, .is_number = true, .number = (n))
#define SCOPE NULL, POL_SUBJECT_CONTEXT
#define RULE "openat", POL_SUBJECT_CONTEXT
#define NUMBER POL_TYPE_NUMBER, NULL, NULL
#define TEXT POL_TYPE_TEXT, NULL, NULL
#define FLAG POL_TYPE_FLAG, NULL, NULL
#define DATA(event, field, path, type) event, POL_SUBJECT_DATA, 0, POL_TYPE_##type, field, path
#define TEXT_CONTEXT(name, context)                                                                \
	{ name "=a", SCOPE, context, TEXT, name, 0, { TERM(EQUAL, EXACT, "a") } },                 \
	{                                                                                          \
		name "!=a*,*b", RULE, context, TEXT, name, 0,                                      \
		{                                                                                  \
			TERM(DIFFERENT, PREFIX, "a"), TERM(DIFFERENT, SUFFIX, "b")                 \
		}                                                                                  \
	}
#define NUMBER_CONTEXT(name, context)                                                              \
	{ name "=7", RULE, context, NUMBER, name, 0, { NUM(EQUAL, "7", 7) } },                     \
	{                                                                                          \
		name ">=7", RULE, context, NUMBER, name, 0,                                        \
		{                                                                                  \
			NUM(GREATER_EQUAL, "7", 7)                                                 \
		}                                                                                  \
	}

/* clang-format off */
static const struct expected rows[] = {
	/* scopes: numbers */
	{ "uid=0", SCOPE, POL_CTX_UID, NUMBER, "uid", 0, { NUM(EQUAL, "0", 0) } },
	{ "uid!=0,1000", SCOPE, POL_CTX_UID, NUMBER, "uid", 0,
	  { NUM(DIFFERENT, "0", 0), NUM(DIFFERENT, "1000", 1000) } },
	{ "uid<1000", SCOPE, POL_CTX_UID, NUMBER, "uid", 0, { NUM(LESS, "1000", 1000) } },
	{ "uid<=1000", SCOPE, POL_CTX_UID, NUMBER, "uid", 0, { NUM(LESS_EQUAL, "1000", 1000) } },
	{ "uid>1000", SCOPE, POL_CTX_UID, NUMBER, "uid", 0, { NUM(GREATER, "1000", 1000) } },
	{ "uid>=0x3e8", SCOPE, POL_CTX_UID, NUMBER, "uid", 0,
	  { NUM(GREATER_EQUAL, "0x3e8", 1000) } },
	{ "uid=4294967295", SCOPE, POL_CTX_UID, NUMBER, "uid", 0,
	  { NUM(EQUAL, "4294967295", 4294967295) } },
	{ " \tuid=0\n ", SCOPE, POL_CTX_UID, NUMBER, "uid", 0, { NUM(EQUAL, "0", 0) } },
	{ "u=0", SCOPE, POL_CTX_UID, NUMBER, "u", 0, { NUM(EQUAL, "0", 0) } },
	{ "userId=0", SCOPE, POL_CTX_UID, NUMBER, "userId", 0, { NUM(EQUAL, "0", 0) } },
	{ "pid=1", SCOPE, POL_CTX_TASK_ID, NUMBER, "pid", 0, { NUM(EQUAL, "1", 1) } },
	{ "pid!=1", SCOPE, POL_CTX_TASK_ID, NUMBER, "pid", 0, { NUM(DIFFERENT, "1", 1) } },
	{ "p>300", SCOPE, POL_CTX_TASK_ID, NUMBER, "p", 0, { NUM(GREATER, "300", 300) } },
	{ "mntns=4026531840", SCOPE, POL_CTX_MNTNS, NUMBER, "mntns", 0,
	  { NUM(EQUAL, "4026531840", 4026531840) } },
	{ "pidns!=4026531836", SCOPE, POL_CTX_PIDNS, NUMBER, "pidns", 0,
	  { NUM(DIFFERENT, "4026531836", 4026531836) } },
	{ "tree=1,300", SCOPE, POL_CTX_TREE, NUMBER, "tree", 0,
	  { NUM(EQUAL, "1", 1), NUM(EQUAL, "300", 300) } },
	{ "tree!=300", SCOPE, POL_CTX_TREE, NUMBER, "tree", 0, { NUM(DIFFERENT, "300", 300) } },
	{ "cgroupId=18446744073709551615", SCOPE, POL_CTX_CGROUP_ID, NUMBER, "cgroupId", 0,
	  { BIG(EQUAL, "18446744073709551615", -1) } },

	/* scopes: texts */
	{ "comm=bash", SCOPE, POL_CTX_COMM, TEXT, "comm", 0, { TERM(EQUAL, EXACT, "bash") } },
	{ "comm!=bash,ls*", SCOPE, POL_CTX_COMM, TEXT, "comm", 0,
	  { TERM(DIFFERENT, EXACT, "bash"), TERM(DIFFERENT, PREFIX, "ls") } },
	/* the kernel cuts them, so the user's may be whole */
	{ "comm=kube-controller-manager", SCOPE, POL_CTX_COMM, TEXT, "comm", 0,
	  { TERM(EQUAL, EXACT, "kube-controller") } },
	{ "processName=kube-controller-m*", RULE, POL_CTX_COMM, TEXT, "processName", 0,
	  { TERM(EQUAL, PREFIX, "kube-controller") } },
	{ "uts=host", SCOPE, POL_CTX_UTS, TEXT, "uts", 0, { TERM(EQUAL, EXACT, "host") } },
	{ "uts!=host", SCOPE, POL_CTX_UTS, TEXT, "uts", 0, { TERM(DIFFERENT, EXACT, "host") } },
	{ "hostName=a-rather-long-name", SCOPE, POL_CTX_UTS, TEXT, "hostName", 0,
	  { TERM(EQUAL, EXACT, "a-rather-long-n") } },
	{ "executable=/bin/ls", SCOPE, POL_CTX_EXECUTABLE, TEXT, "executable", 0,
	  { TERM(EQUAL, EXACT, "/bin/ls") } },
	{ "exec=/bin/ls", SCOPE, POL_CTX_EXECUTABLE, TEXT, "exec", 0,
	  { TERM(EQUAL, EXACT, "/bin/ls") } },
	{ "bin=host:/bin/ls", SCOPE, POL_CTX_EXECUTABLE, TEXT, "bin", 0,
	  { TERM(EQUAL, EXACT, "/bin/ls", .on_host_mnt = true) } },
	{ "binary!=4026532448:/bin/ls,/b", SCOPE, POL_CTX_EXECUTABLE, TEXT, "binary", 0,
	  { TERM(DIFFERENT, EXACT, "/bin/ls", .mnt_ns = 4026532448),
	    TERM(DIFFERENT, EXACT, "/b") } },
	{ "executable=/usr/*,*/sh,*memfd:*", RULE, POL_CTX_EXECUTABLE, TEXT, "executable", 0,
	  { TERM(EQUAL, PREFIX, "/usr/"), TERM(EQUAL, SUFFIX, "/sh"),
	    TERM(EQUAL, CONTAINS, "memfd:") } },
	{ "executable=/a:/b", SCOPE, POL_CTX_EXECUTABLE, TEXT, "executable", 0,
	  { TERM(EQUAL, EXACT, "/a:/b") } },

	/* scopes: flags */
	{ "container", SCOPE, POL_CTX_CONTAINER, FLAG, "container", true, { { 0 } } },
	{ "c", SCOPE, POL_CTX_CONTAINER, FLAG, "c", true, { { 0 } } },
	{ "container=true", SCOPE, POL_CTX_CONTAINER, FLAG, "container", true, { { 0 } } },
	{ "container!=true", SCOPE, POL_CTX_CONTAINER, FLAG, "container", false, { { 0 } } },
	{ "container=false", RULE, POL_CTX_CONTAINER, FLAG, "container", false, { { 0 } } },
	{ "not-container", SCOPE, POL_CTX_CONTAINER, FLAG, "not-container", false, { { 0 } } },
	{ "container=new", SCOPE, POL_CTX_CONTAINER_NEW, FLAG, "container", true, { { 0 } } },
	{ "container!=new", SCOPE, POL_CTX_CONTAINER_NEW, FLAG, "container", false, { { 0 } } },
	{ "container=started", SCOPE, POL_CTX_CONTAINER_STARTED, FLAG, "container", true,
	  { { 0 } } },
	{ "container=started", RULE, POL_CTX_CONTAINER_STARTED, FLAG, "container", true,
	  { { 0 } } },
	{ "pid=new", SCOPE, POL_CTX_NEW, FLAG, "pid", true, { { 0 } } },
	{ "p!=new", SCOPE, POL_CTX_NEW, FLAG, "p", false, { { 0 } } },
	{ "host", RULE, POL_CTX_HOST, FLAG, "host", true, { { 0 } } },
	{ "host!=true", RULE, POL_CTX_HOST, FLAG, "host", false, { { 0 } } },
	{ "podSandbox", RULE, POL_CTX_POD_SANDBOX, FLAG, "podSandbox", true, { { 0 } } },
	{ "podSandbox=false", SCOPE, POL_CTX_POD_SANDBOX, FLAG, "podSandbox", false, { { 0 } } },

	/* containers by their id's beginning */
	{ "container=ab12", SCOPE, POL_CTX_CONTAINER_ID, TEXT, "container", 0,
	  { TERM(EQUAL, PREFIX, "ab12") } },
	{ "c!=ab12,cd34", SCOPE, POL_CTX_CONTAINER_ID, TEXT, "c", 0,
	  { TERM(DIFFERENT, PREFIX, "ab12"), TERM(DIFFERENT, PREFIX, "cd34") } },
	{ "container=ab12", RULE, POL_CTX_CONTAINER_ID, TEXT, "container", 0,
	  { TERM(EQUAL, PREFIX, "ab12") } },
	{ "container=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef", SCOPE,
	  POL_CTX_CONTAINER_ID, TEXT, "container", 0,
	  { TERM(EQUAL, EXACT,
		 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef") } },
	{ "containerId=ab12", RULE, POL_CTX_CONTAINER_ID, TEXT, "containerId", 0,
	  { TERM(EQUAL, EXACT, "ab12") } },

	/* every other context */
	TEXT_CONTEXT("containerName", POL_CTX_CONTAINER_NAME),
	TEXT_CONTEXT("containerImage", POL_CTX_CONTAINER_IMAGE),
	TEXT_CONTEXT("containerImageDigest", POL_CTX_CONTAINER_IMAGE_DIGEST),
	TEXT_CONTEXT("podName", POL_CTX_POD_NAME),
	TEXT_CONTEXT("podNamespace", POL_CTX_POD_NAMESPACE),
	TEXT_CONTEXT("podUid", POL_CTX_POD_UID),
	TEXT_CONTEXT("processName", POL_CTX_COMM),
	TEXT_CONTEXT("hostName", POL_CTX_UTS),
	TEXT_CONTEXT("containerId", POL_CTX_CONTAINER_ID),
	{ "podNamespace=otel-demo", RULE, POL_CTX_POD_NAMESPACE, TEXT, "podNamespace", 0,
	  { TERM(EQUAL, EXACT, "otel-demo") } },
	NUMBER_CONTEXT("timestamp", POL_CTX_TIMESTAMP),
	NUMBER_CONTEXT("processorId", POL_CTX_PROCESSOR_ID),
	NUMBER_CONTEXT("p", POL_CTX_PID),
	NUMBER_CONTEXT("pid", POL_CTX_PID),
	NUMBER_CONTEXT("processId", POL_CTX_PID),
	NUMBER_CONTEXT("tid", POL_CTX_TID),
	NUMBER_CONTEXT("threadId", POL_CTX_TID),
	NUMBER_CONTEXT("ppid", POL_CTX_PPID),
	NUMBER_CONTEXT("parentProcessId", POL_CTX_PPID),
	NUMBER_CONTEXT("hostTid", POL_CTX_HOST_TID),
	NUMBER_CONTEXT("hostThreadId", POL_CTX_HOST_TID),
	NUMBER_CONTEXT("hostPid", POL_CTX_HOST_PID),
	NUMBER_CONTEXT("hostPpid", POL_CTX_HOST_PPID),
	NUMBER_CONTEXT("hostParentProcessId", POL_CTX_HOST_PPID),
	NUMBER_CONTEXT("uid", POL_CTX_UID),
	NUMBER_CONTEXT("userId", POL_CTX_UID),
	NUMBER_CONTEXT("mntns", POL_CTX_MNTNS),
	NUMBER_CONTEXT("mountNamespace", POL_CTX_MNTNS),
	NUMBER_CONTEXT("pidns", POL_CTX_PIDNS),
	NUMBER_CONTEXT("pidNamespace", POL_CTX_PIDNS),
	NUMBER_CONTEXT("cgroupId", POL_CTX_CGROUP_ID),
	{ "hostPid=1", SCOPE, POL_CTX_HOST_PID, NUMBER, "hostPid", 0, { NUM(EQUAL, "1", 1) } },
	{ "syscall=openat,257", RULE, POL_CTX_SYSCALL, TEXT, "syscall", 0,
	  { TERM(EQUAL, EXACT, "openat"), EXACT_NUM(EQUAL, "257", 257) } },
	{ "syscall!=open*", RULE, POL_CTX_SYSCALL, TEXT, "syscall", 0,
	  { TERM(DIFFERENT, PREFIX, "open") } },

	/* the return value */
	{ "retval=0", "openat", POL_SUBJECT_RETVAL, 0, NUMBER, "retval", 0,
	  { NUM(EQUAL, "0", 0) } },
	{ "retval!=-1,-13", "", POL_SUBJECT_RETVAL, 0, NUMBER, "retval", 0,
	  { NUM(DIFFERENT, "-1", -1), NUM(DIFFERENT, "-13", -13) } },
	{ "retval<0", "openat", POL_SUBJECT_RETVAL, 0, NUMBER, "retval", 0,
	  { NUM(LESS, "0", 0) } },
	{ "retval>=-9223372036854775808", "openat", POL_SUBJECT_RETVAL, 0, NUMBER, "retval", 0,
	  { NUM(GREATER_EQUAL, "-9223372036854775808", INT64_MIN) } },
	{ "data.returnValue=0", "openat", POL_SUBJECT_RETVAL, 0, NUMBER, "data.returnValue", 0,
	  { NUM(EQUAL, "0", 0) } },

	/* data: texts */
	{ "data.pathname=/etc/passwd", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, EXACT, "/etc/passwd") } },
	{ "args.pathname=/etc/*", DATA("openat", "pathname", NULL, TEXT), "args.pathname", 0,
	  { TERM(EQUAL, PREFIX, "/etc/") } },
	{ "data.pathname=*.so", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, SUFFIX, ".so") } },
	{ "data.pathname!=*shadow*", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(DIFFERENT, CONTAINS, "shadow") } },
	{ "data.pathname=/a*b", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, EXACT, "/a*b") } },
	{ "data.pathname=***", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, CONTAINS, "*") } },
	{ "data.pathname= /a b , \"c\"", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, EXACT, " /a b "), TERM(EQUAL, EXACT, " \"c\"") } },
	{ "data.pathname=10.0.0.0/8", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, EXACT, "10.0.0.0/8") } },
	{ "data.pathname=a=b<c", DATA("openat", "pathname", NULL, TEXT), "data.pathname", 0,
	  { TERM(EQUAL, EXACT, "a=b<c") } },
	{ "data.argv=[ls -l]", DATA("sched_process_exec", "argv", NULL, TEXT), "data.argv", 0,
	  { TERM(EQUAL, EXACT, "[ls -l]") } },
	{ "data.process_group_exit=true",
	  DATA("sched_process_exit", "process_group_exit", NULL, TEXT), "data.process_group_exit", 0,
	  { TERM(EQUAL, EXACT, "true") } },
	{ "data.pathname=~^/etc/(a|b),{1,2}$", DATA("openat", "pathname", NULL, TEXT),
	  "data.pathname", 0, { TERM(EQUAL, PATTERN, "^/etc/(a|b),{1,2}$") } },
	{ "comm!~^kworker/", RULE, POL_CTX_COMM, TEXT, "comm", 0,
	  { TERM(DIFFERENT, PATTERN, "^kworker/") } },

	/* data: numbers */
	{ "data.flags=0", DATA("openat", "flags", NULL, NUMBER), "data.flags", 0,
	  { EXACT_NUM(EQUAL, "0", 0) } },
	{ "data.flags=0x80000,O_RDONLY|O_CLOEXEC", DATA("openat", "flags", NULL, NUMBER),
	  "data.flags", 0,
	  { EXACT_NUM(EQUAL, "0x80000", 0x80000), TERM(EQUAL, EXACT, "O_RDONLY|O_CLOEXEC") } },
	{ "data.dirfd!=-100", DATA("openat", "dirfd", NULL, NUMBER), "data.dirfd", 0,
	  { EXACT_NUM(DIFFERENT, "-100", -100) } },
	{ "data.count>=4096", DATA("read", "count", NULL, NUMBER), "data.count", 0,
	  { NUM(GREATER_EQUAL, "4096", 4096) } },
	{ "data.count<0xffffffffffffffff", DATA("read", "count", NULL, NUMBER), "data.count", 0,
	  { BIG(LESS, "0xffffffffffffffff", -1) } },
	{ "data.count=1*", DATA("read", "count", NULL, NUMBER), "data.count", 0,
	  { TERM(EQUAL, PREFIX, "1") } },
	{ "data.count=~^4", DATA("read", "count", NULL, NUMBER), "data.count", 0,
	  { TERM(EQUAL, PATTERN, "^4") } },

	/* data: parts of a socket address */
	{ "data.addr=map[]", DATA("connect", "addr", NULL, TEXT), "data.addr", 0,
	  { TERM(EQUAL, EXACT, "map[]") } },
	{ "data.addr.sa_family=AF_INET", DATA("connect", "addr", "sa_family", TEXT),
	  "data.addr.sa_family", 0, { TERM(EQUAL, EXACT, "AF_INET") } },
	{ "data.addr.sun_path=/run/*", DATA("connect", "addr", "sun_path", TEXT),
	  "data.addr.sun_path", 0, { TERM(EQUAL, PREFIX, "/run/") } },
	{ "data.addr.sin_port=80,443", DATA("connect", "addr", "sin_port", NUMBER),
	  "data.addr.sin_port", 0, { EXACT_NUM(EQUAL, "80", 80), EXACT_NUM(EQUAL, "443", 443) } },
	{ "args.addr.sin6_port<1024", DATA("connect", "addr", "sin6_port", NUMBER),
	  "args.addr.sin6_port", 0, { NUM(LESS, "1024", 1024) } },
	{ "data.addr.sin_addr=127.0.0.1,10.1.2.3/8,192.168.*", DATA("connect", "addr", "sin_addr", TEXT),
	  "data.addr.sin_addr", 0,
	  { TERM(EQUAL, EXACT, "127.0.0.1"),
	    TERM(EQUAL, NETWORK, "10.1.2.3/8", .net_bytes = 4, .net_bits = 8, .net = { 10 }),
	    TERM(EQUAL, PREFIX, "192.168.") } },
	{ "data.addr.sin_addr!=0.0.0.0/0,169.254.169.254/32", DATA("connect", "addr", "sin_addr", TEXT),
	  "data.addr.sin_addr", 0,
	  { TERM(DIFFERENT, NETWORK, "0.0.0.0/0", .net_bytes = 4),
	    TERM(DIFFERENT, NETWORK, "169.254.169.254/32", .net_bytes = 4, .net_bits = 32,
		 .net = { 169, 254, 169, 254 }) } },
	{ "data.addr.sin6_addr=fd00::/9,::1,FD00:0::1,::ffff:10.0.0.0/104",
	  DATA("connect", "addr", "sin6_addr", TEXT), "data.addr.sin6_addr", 0,
	  { TERM(EQUAL, NETWORK, "fd00::/9", .net_bytes = 16, .net_bits = 9, .net = { 0xfd }),
	    TERM(EQUAL, EXACT, "::1"),
	    TERM(EQUAL, NETWORK, "FD00:0::1", .net_bytes = 16, .net_bits = 128,
		 .net = { [0] = 0xfd, [15] = 1 }),
	    TERM(EQUAL, NETWORK, "::ffff:10.0.0.0/104", .net_bytes = 4, .net_bits = 8,
		 .net = { 10 }) } },
};
/* clang-format on */

static int add(struct pol_filters *filters, const char *text, const char *event,
	       struct pol_filter_extra *extra, struct err *err)
{
	const struct event_def *def = event && *event ? event_def_find_name(event) : NULL;

	return pol_filter_add(filters, text, event ? POL_FILTER_RULE : POL_FILTER_SCOPE, def, 3, 7,
			      extra, err);
}

static void check_term(const struct pol_term *got, const struct pol_term *want)
{
	ck_assert_uint_eq(got->kind, want->kind);
	ck_assert_uint_eq(got->op, want->op);
	ck_assert_int_eq(got->is_number, want->is_number);
	ck_assert_int_eq(got->is_unsigned, want->is_unsigned);
	ck_assert_uint_eq(got->net_bits, want->net_bits);
	ck_assert_uint_eq(got->net_bytes, want->net_bytes);
	ck_assert_int_eq(got->on_host_mnt, want->on_host_mnt);
	ck_assert_uint_eq(got->mnt_ns, want->mnt_ns);
	if (want->is_number)
		ck_assert_int_eq(got->number, want->number);
	ck_assert_mem_eq(got->net, want->net, sizeof(got->net));
	ck_assert_str_eq(got->text, want->text);
	ck_assert_uint_eq(got->len, strlen(want->text));
}

START_TEST(filter_is_read_member_by_member)
{
	const struct expected *want = &rows[_i];
	struct pol_filters filters = { 0 };
	struct pol_filter_extra extra = { 0 };
	const struct pol_filter *got;
	struct err err = { 0 };
	size_t n_terms = 0;
	int rc = add(&filters, want->text, want->event, &extra, &err);

	ck_assert_msg(rc == 0, "%s: %s", want->text, err.text);
	ck_assert_uint_eq(filters.n, 1);
	got = filters.items;
	ck_assert_uint_eq(got->subject, want->subject);
	ck_assert_uint_eq(got->context, want->context);
	ck_assert_uint_eq(got->type, want->type);
	ck_assert_int_eq(got->flag, want->flag);
	ck_assert_uint_eq(got->line, 3);
	ck_assert_uint_eq(got->column, 7);
	ck_assert_str_eq(got->name, want->name);
	ck_assert_pstr_eq(got->path, want->path);
	if (want->field)
		ck_assert_int_eq(got->field,
				 event_def_field(event_def_find_name(want->event), want->field));
	while (n_terms < TERMS && want->terms[n_terms].text)
		n_terms++;
	ck_assert_uint_eq(got->n_terms, n_terms);
	for (size_t i = 0; i < n_terms; i++)
		check_term(&got->terms[i], &want->terms[i]);
	ck_assert(!extra.is_global && !extra.follow);
	pol_filters_done(&filters);
	ck_assert_uint_eq(filters.n, 0);
}
END_TEST

START_TEST(items_on_one_subject_are_one_filter)
{
	static const char *const items[] = { "uid=0",      "comm=a",   "userId=1",
					     "comm!=b,c*", "uid>=500", "comm=~^x" };
	struct pol_filters filters = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		ck_assert_int_eq(add(&filters, items[i], "read", NULL, &err), 0);
	ck_assert_uint_eq(filters.n, 2);
	ck_assert_str_eq(filters.items[0].name, "uid");
	ck_assert_uint_eq(filters.items[0].n_terms, 3);
	ck_assert_int_eq(filters.items[0].terms[1].number, 1);
	ck_assert_int_eq(filters.items[0].terms[2].op, POL_OP_GREATER_EQUAL);
	ck_assert_uint_eq(filters.items[1].n_terms, 4);
	ck_assert_str_eq(filters.items[1].terms[2].text, "c");
	ck_assert_int_eq(filters.items[1].terms[3].kind, POL_TERM_PATTERN);
	pol_filters_done(&filters);
}
END_TEST

START_TEST(parts_of_a_field_are_subjects_of_their_own)
{
	static const char *const items[] = { "data.addr.sin_port=80", "data.addr=map[]",
					     "data.addr.sin_addr=1.1.1.1", "args.addr.sin_port=443",
					     "data.sockfd=3" };
	struct pol_filters filters = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(items); i++)
		ck_assert_int_eq(add(&filters, items[i], "connect", NULL, &err), 0);
	ck_assert_uint_eq(filters.n, 4);
	ck_assert_uint_eq(filters.items[0].n_terms, 2);
	pol_filters_done(&filters);
}
END_TEST

START_TEST(flag_is_said_once_and_not_contradicted)
{
	struct pol_filters filters = { 0 };
	struct pol_filter_extra extra = { 0 };
	struct err err = { 0 };

	ck_assert_int_eq(add(&filters, "container", NULL, &extra, &err), 0);
	ck_assert_int_eq(add(&filters, "c", NULL, &extra, &err), 0);
	ck_assert_uint_eq(filters.n, 1);
	ck_assert_int_eq(add(&filters, "not-container", NULL, &extra, &err), -EINVAL);
	ck_assert_str_eq(err.text, "scope 'not-container' contradicts another one on 'container'");
	ck_assert_int_eq(add(&filters, "pid=new", NULL, &extra, &err), 0);
	ck_assert_int_eq(add(&filters, "pid!=new", NULL, &extra, &err), -EINVAL);
	ck_assert_str_eq(err.text, "scope 'pid!=new' contradicts another one on 'pid=new'");
	ck_assert_uint_eq(filters.n, 2);
	pol_filters_done(&filters);
}
END_TEST

START_TEST(words_that_are_no_filters_are_told)
{
	struct pol_filters filters = { 0 };
	struct pol_filter_extra extra = { 0 };
	struct err err = { 0 };

	ck_assert_int_eq(add(&filters, "follow", NULL, &extra, &err), 0);
	ck_assert(extra.follow && !extra.is_global);
	ck_assert_int_eq(add(&filters, " global ", NULL, &extra, &err), 0);
	ck_assert(extra.follow && extra.is_global);
	ck_assert_uint_eq(filters.n, 0);
	pol_filters_done(&filters);
}
END_TEST

/* No event of this build has them yet. */
START_TEST(other_spellings_of_a_field_are_understood)
{
	static const struct event_field fields[] = {
		{ .kind = FK_STR, .type = "const char*", .name = "src" },
		{ .kind = FK_STR, .type = "const char*", .name = "dst" },
	};
	static const struct event_def def = { .name = "packet", .n_fields = 2, .fields = fields };
	struct pol_filters filters = { 0 };
	struct err err = { 0 };

	ck_assert_int_eq(pol_filter_add(&filters, "data.dest=127.0.0.0/8", POL_FILTER_RULE, &def, 1,
					1, NULL, &err),
			 0);
	ck_assert_int_eq(
		pol_filter_add(&filters, "data.dst=::1", POL_FILTER_RULE, &def, 1, 1, NULL, &err),
		0);
	ck_assert_int_eq(pol_filter_add(&filters, "data.src=10.1.1.1", POL_FILTER_RULE, &def, 1, 1,
					NULL, &err),
			 0);
	ck_assert_uint_eq(filters.n, 2);
	ck_assert_uint_eq(filters.items[0].field, 1);
	ck_assert_str_eq(filters.items[0].name, "data.dest");
	ck_assert_uint_eq(filters.items[0].n_terms, 2);
	ck_assert_int_eq(filters.items[0].terms[0].kind, POL_TERM_NETWORK);
	ck_assert_uint_eq(filters.items[1].field, 0);
	pol_filters_done(&filters);
}
END_TEST

START_TEST(contexts_have_names)
{
	for (unsigned int i = 0; i < POL_CONTEXTS; i++)
		ck_assert_ptr_nonnull(pol_context_name(i));
	ck_assert_ptr_null(pol_context_unfed(POL_CTX_CONTAINER_ID));
	ck_assert_str_eq(pol_context_unfed(POL_CTX_CONTAINER_NAME), "container names");
	ck_assert_str_eq(pol_context_unfed(POL_CTX_POD_NAMESPACE), "namespaces of pods");
}
END_TEST

static Suite *policy_filter_suite(void)
{
	Suite *suite = suite_create("policy_filter");
	TCase *tc = tcase_create("filter");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, filter_is_read_member_by_member, 0, ARRAY_LEN(rows));
	tcase_add_test(tc, items_on_one_subject_are_one_filter);
	tcase_add_test(tc, parts_of_a_field_are_subjects_of_their_own);
	tcase_add_test(tc, flag_is_said_once_and_not_contradicted);
	tcase_add_test(tc, words_that_are_no_filters_are_told);
	tcase_add_test(tc, other_spellings_of_a_field_are_understood);
	tcase_add_test(tc, contexts_have_names);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(policy_filter_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
