/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/match_fixture.h"

#include <sys/socket.h>

/* The linker puts these in place of what the matcher calls (--wrap). */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
static unsigned int n_allocated;

void *__wrap_malloc(size_t n)
{
	n_allocated++;
	return __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
	n_allocated++;
	return __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
	n_allocated++;
	return __real_realloc(p, n);
}

/* clang-format off */
/* Filters of a rule on openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3 by the sample task
 * (uid 1000, pid 100, thread 101), in a container. */
static const struct filter_case {
	const char *filters;
	bool holds;
} openat_cases[] = {
	{ "[]", true },
	/* exact, prefix, suffix, part, pattern */
	{ "[data.pathname=/etc/passwd]", true },
	{ "[data.pathname=/etc/passw]", false },
	{ "[args.pathname=/etc/passwd]", true },
	{ "[data.pathname=/etc/*]", true },
	{ "[data.pathname=/usr/*]", false },
	{ "[data.pathname=/etc/passwd*]", true },
	{ "[data.pathname=/etc/passwd-*]", false },
	{ "['data.pathname=*passwd']", true },
	{ "['data.pathname=*shadow']", false },
	{ "['data.pathname=*tc/pas*']", true },
	{ "['data.pathname=*tc/sha*']", false },
	{ "['data.pathname=~^/etc/(passwd|shadow)$']", true },
	{ "['data.pathname=~^/etc/(group|shadow)$']", false },
	{ "['data.pathname=~pass']", true },
	/* any of several */
	{ "['data.pathname=/a,/b/*,*wd']", true },
	{ "['data.pathname=/a,/b/*,*we']", false },
	{ "[data.pathname=/a, data.pathname=/etc/passwd]", true },
	/* different */
	{ "[data.pathname!=/etc/passwd]", false },
	{ "[data.pathname!=/etc/shadow]", true },
	{ "[data.pathname!=/etc/*]", false },
	{ "['data.pathname!=*passwd']", false },
	{ "['data.pathname!=*ssw*']", false },
	{ "['data.pathname!~^/etc']", false },
	{ "['data.pathname!~^/usr']", true },
	{ "['data.pathname!=/a,/etc/passwd']", false },
	{ "['data.pathname!=/a,/b']", true },
	/* a positive term comes first, then a negative one */
	{ "[data.pathname=/etc/*, data.pathname!=/etc/passwd]", true },
	{ "[data.pathname=/usr/*, data.pathname!=/etc/passwd]", false },
	{ "[data.pathname=/usr/*, data.pathname!=/etc/shadow]", true },
	/* numbers: decimal, hexadecimal, symbolic, ranges */
	{ "[data.dirfd=-100]", true },
	{ "[data.dirfd=AT_FDCWD]", true },
	{ "[data.dirfd!=AT_FDCWD]", false },
	{ "[data.dirfd=3]", false },
	{ "['data.dirfd=-1*']", true },
	{ "['data.dirfd=*00']", true },
	{ "['data.dirfd=~^-1+0']", true },
	{ "['data.dirfd<0']", true },
	{ "['data.dirfd<-100']", false },
	{ "['data.dirfd<=-100']", true },
	{ "['data.dirfd>=-99']", false },
	{ "['data.dirfd>-101', 'data.dirfd<-99']", true },
	{ "['data.dirfd>-101', 'data.dirfd<-100']", false },
	{ "[data.flags=524288]", true },
	{ "[data.flags=0x80000]", true },
	{ "[data.flags=O_RDONLY|O_CLOEXEC]", true },
	{ "[data.flags=O_RDONLY]", false },
	{ "[data.flags!=O_RDONLY]", true },
	{ "[data.flags!=O_RDONLY|O_CLOEXEC]", false },
	{ "[data.flags=0, data.flags=O_RDONLY|O_CLOEXEC]", true },
	{ "['data.flags>=524288']", true },
	{ "['data.flags>524288']", false },
	/* a range is over a negative term, and a positive term over a range */
	{ "['data.flags>0', data.flags!=524288]", true },
	{ "['data.flags>524288', data.flags!=5]", false },
	{ "['data.flags>524288', data.flags=524288]", true },
	/* return value */
	{ "[retval=3]", true },
	{ "[retval!=3]", false },
	{ "['retval>=0']", true },
	{ "['retval<0']", false },
	{ "[retval=-1]", false },
	/* the event's context */
	{ "[timestamp=1680000001000000000]", true },
	{ "['timestamp>1680000001000000000']", false },
	{ "[processorId=1]", true },
	{ "[processorId=0]", false },
	{ "[pid=7]", true },
	{ "[pid=100]", false },
	{ "[p=7]", true },
	{ "[processId!=7]", false },
	{ "[tid=8]", true },
	{ "[threadId=101]", false },
	{ "[ppid=1]", true },
	{ "[parentProcessId=50]", false },
	{ "[hostPid=100]", true },
	{ "[hostPid=7]", false },
	{ "[hostTid=101]", true },
	{ "[hostThreadId=100]", false },
	{ "[hostParentProcessId=50]", true },
	{ "[hostParentProcessId=100]", false },
	{ "[uid=1000]", true },
	{ "['uid=0,1000']", true },
	{ "[uid=0]", false },
	{ "['userId>=1000']", true },
	{ "['uid>1000']", false },
	{ "[uid!=0]", true },
	{ "[mntns=4026532574]", true },
	{ "[mountNamespace=1]", false },
	{ "[pidns=4026531836]", true },
	{ "[pidNamespace!=4026531836]", false },
	{ "[comm=bash]", true },
	{ "[processName=sh]", false },
	{ "[comm=ba*]", true },
	{ "['comm!=ba*']", false },
	{ "[hostName=node-1]", true },
	{ "[hostName=node-2]", false },
	{ "[cgroupId=5247]", true },
	{ "[cgroupId=5248]", false },
	{ "[syscall=openat]", true },
	{ "[syscall=open]", false },
	{ "[syscall!=open]", true },
	{ "[container]", true },
	{ "[container=false]", false },
	{ "[host]", false },
	{ "[container=started]", true },
	{ "[containerId=abcdef0123456789]", true },
	{ "[containerId=abcdef*]", true },
	{ "[containerId=abd*]", false },
	{ "[containerName=web]", true },
	{ "[containerName!=web]", false },
	{ "['containerImage=nginx:*']", true },
	{ "['containerImage=redis:*']", false },
	{ "['containerImageDigest=sha256:77']", true },
	{ "['containerImageDigest=sha256:78']", false },
	{ "[podName=web-0]", true },
	{ "[podName=web-1]", false },
	{ "[podNamespace=shop]", true },
	{ "[podNamespace=otel-demo]", false },
	{ "[podUid=uid-1]", true },
	{ "[podUid=uid-2]", false },
	{ "[podSandbox]", false },
	{ "[podSandbox=false]", true },
	/* all filters must hold */
	{ "[data.pathname=/etc/*, uid=1000, retval=3]", true },
	{ "[data.pathname=/etc/*, uid=0, retval=3]", false },
};

static const struct filter_case scope_cases[] = {
	{ "[global]", true },
	{ "[uid=1000]", true },
	{ "['uid>=1000', 'uid<2000']", true },
	{ "[uid!=1000]", false },
	{ "[pid=100]", true },
	{ "[pid=101]", true }, /* a thread's */
	{ "[pid=7]", false },
	{ "[pid!=100]", true }, /* it does for the thread */
	{ "['pid>100']", true },
	{ "['pid>101']", false },
	{ "[pid=new]", false }, /* it began at 400 ms, the engine at 450 */
	{ "[pid!=new]", true },
	{ "[mntns=4026532574]", true },
	{ "[mntns!=4026532574]", false },
	{ "[pidns=4026531836]", true },
	{ "[pidns=4026531837]", false },
	{ "[uts=node-1]", true },
	{ "[uts!=node-1]", false },
	{ "[comm=bash]", true },
	{ "['comm=sh,zsh']", false },
	{ "[container]", true },
	{ "[not-container]", false },
	{ "[container=new]", true },
	{ "[container!=new]", false },
	{ "[container=started]", true },
	{ "[container=abcdef0]", true },
	{ "[container=bcdef0]", false },
	{ "[tree=100]", true },
	{ "[tree=50]", false }, /* nobody told of it */
	{ "[executable=/usr/bin/bash]", true },
	{ "[executable=/usr/bin/sh]", false },
	{ "['exec=4026532574:/usr/bin/bash']", true },
	{ "['bin=4026532575:/usr/bin/bash']", false },
	{ "['binary=host:/usr/bin/bash']", false }, /* where process 1 is, nobody knows */
	{ "[executable!=/usr/bin/sh]", true },
	{ "[comm=bash, uid=1000, container]", true },
	{ "[comm=bash, uid=1000, not-container]", false },
	{ "[follow, uid=1000]", true },
	{ "[follow, uid=1001]", false },
};
/* clang-format on */

START_TEST(rule_filter)
{
	const struct filter_case *c = &openat_cases[_i];

	make_openat("/etc/passwd");
	ev.container = &container;
	ck_assert_msg(wants("[global]", "openat", c->filters) == c->holds, "%s", c->filters);
}
END_TEST

START_TEST(scope_filter)
{
	const struct filter_case *c = &scope_cases[_i];

	make_openat("/etc/passwd");
	ev.container = &container;
	ck_assert_msg(wants(c->filters, "openat", "[]") == c->holds, "%s", c->filters);
}
END_TEST

/* clang-format off */
static const struct filter_case sockaddr_cases[] = {
	{ "['data.addr=map[sa_family:AF_INET sin_addr:10.1.2.3 sin_port:443]']", true },
	{ "['data.addr=*sin_addr:10.1.*']", true },
	{ "[data.addr.sin_addr=10.1.2.3]", true },
	{ "[data.addr.sin_addr=10.1.2.4]", false },
	{ "[data.addr.sin_addr=10.0.0.0/8]", true },
	{ "[data.addr.sin_addr=10.1.2.0/31]", false },
	{ "[data.addr.sin_addr=10.1.2.2/31]", true },
	{ "[data.addr.sin_addr!=10.0.0.0/8]", false },
	{ "['data.addr.sin_addr=192.168.0.0/16,10.1.0.0/16']", true },
	{ "['data.addr.sin_addr=0.0.0.0/0']", true },
	{ "['data.addr.sin_addr=::/0']", false },
	{ "[data.addr.sin_port=443]", true },
	{ "[data.addr.sin_port=80]", false },
	{ "[data.addr.sa_family=AF_INET]", true },
	{ "[data.addr.sun_path=/run/x]", false },
	{ "[data.addr.sun_path!=/run/x]", false }, /* it has none */
};
/* clang-format on */

START_TEST(socket_address)
{
	static const uint8_t addr[16] = { AF_INET, 0, 1, 187, 10, 1, 2, 3 };
	const struct filter_case *c = &sockaddr_cases[_i];

	rb_begin(&b, EV_CONNECT);
	rb_arg(&b, 1, 0x1000);
	rb_arg(&b, 2, sizeof(addr));
	rb_var(&b, 1, addr, sizeof(addr), 0, 0);
	decode_event();
	ck_assert_msg(wants("[global]", "connect", c->filters) == c->holds, "%s", c->filters);
}
END_TEST

/* What is not there holds in no filter, however it is put. */
START_TEST(value_that_is_not_there)
{
	static const char *const task_filters[] = {
		"[uid=1000]",        "[uid!=1]", "['uid>=0']",       "[comm!=x]",   "[container]",
		"[container=false]", "[host]",   "[containerId!=x]", "['comm=~.*']"
	};

	rb_begin(&b, EV_OPENAT); /* a pointer that nobody could follow */
	rb_arg(&b, 1, 0x1000);
	decode_event();
	ck_assert(!wants("[global]", "openat", "[data.pathname!=/x]"));
	ck_assert(!wants("[global]", "openat", "['data.pathname=~.*']"));
	make_openat("");
	ck_assert(wants("[global]", "openat", "[data.pathname!=/x]"));
	for (size_t i = 0; i < ARRAY_LEN(task_filters); i++) {
		make_openat("/etc/passwd");
		ev.task = NULL;
		ck_assert_msg(!wants("[global]", "openat", task_filters[i]), "%s", task_filters[i]);
		b.rec.flags = REC_F_NOTASK;
		ev.task = &task;
		ck_assert_msg(!wants("[global]", "openat", task_filters[i]), "%s", task_filters[i]);
	}
	b.rec.flags = REC_F_ENTER;
	ck_assert(!wants("[global]", "openat", "[retval!=5]"));
}
END_TEST

START_TEST(process_of_the_host_has_empty_names)
{
	make_openat("/x");
	ck_assert(wants("[global]", "openat", "[host]"));
	ck_assert(wants("[global]", "openat", "[containerName!=web]"));
	ck_assert(wants("[not-container]", "openat", "[]"));
	ck_assert(!wants("[container]", "openat", "[]"));
	ck_assert(!wants("[container=new]", "openat", "[]"));
	ck_assert(wants("[container!=new]", "openat", "[]"));
}
END_TEST

START_TEST(event_in_no_system_call)
{
	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	decode_event();
	ck_assert(!wants("[global]", "sched_process_exit", "[syscall=exit]"));
	ck_assert(wants("[global]", "sched_process_exit", "[syscall!=exit]"));
	b.exit.where.syscall_nr = event_def_find_name("exit")->nr_native;
	ck_assert(wants("[global]", "sched_process_exit", "[syscall=exit]"));
	ck_assert(wants("[global]", "sched_process_exit", "['syscall=60,231']") ||
		  event_def_find_name("exit")->nr_native != 60);
	b.exit.group_exit = 1;
	ck_assert(wants("[global]", "sched_process_exit", "[data.process_group_exit=true]"));
	ck_assert(!wants("[global]", "sched_process_exit", "[data.process_group_exit=false]"));
}
END_TEST

START_TEST(matched_policies_are_in_load_order)
{
	add_policy("c", "[global]", "openat", "[data.pathname=/etc/*]", NULL);
	add_policy("a", "[uid=0]", "openat", "[]", NULL);
	add_policy("b", "[uid=1000]", "openat", "[]", NULL);
	add_policy("d", "[global]", "close", "[]", NULL);
	add_policy("0", "[global]", "openat", "['data.pathname=*wd']", NULL);
	compile_policies();
	make_openat("/etc/passwd");
	ck_assert_str_eq(who(), "c b 0 ");
	ck_assert_str_eq(who(), "c b 0 ");
	make_openat("/etc/x");
	ck_assert_str_eq(who(), "c b ");
	rb_begin(&b, EV_READ);
	decode_event();
	ck_assert_str_eq(who(), "");
}
END_TEST

START_TEST(rules_for_sets_of_events)
{
	add_policy("set", "[global]", "fs", "[comm=bash]", NULL);
	add_policy("other", "[global]", "net", "[]", NULL);
	add_policy("one", "[global]", "openat", "[]", NULL);
	compile_policies();
	make_openat("/x");
	ck_assert_str_eq(who(), "set one ");
	memcpy(task.ctx.comm, "sh\0\0", 4);
	ck_assert_str_eq(who(), "one ");
}
END_TEST

/* More than the 64 that a word has, and more than 4096. */
START_TEST(any_number_of_policies)
{
	struct match_stats stats;
	char name[32];

	for (unsigned int i = 0; i < 5000; i++) {
		(void)snprintf(name, sizeof(name), "p%u", i); /* fits */
		add_policy(name, "[global]", "openat",
			   i % 1000 == 7 ? "[data.pathname=/a]" : "[data.pathname=/b]", NULL);
	}
	compile_policies();
	make_openat("/a");
	ck_assert_str_eq(who(), "p7 p1007 p2007 p3007 p4007 ");
	make_openat("/b");
	ck_assert_uint_eq(match_event(match, &ev), 4995);
	make_openat("/c");
	ck_assert_str_eq(who(), "");
	match_stats_get(match, &stats);
	ck_assert_uint_eq(stats.n_predicates, 2);
}
END_TEST

START_TEST(equal_filters_are_one_predicate)
{
	struct match_stats stats;

	add_policy("a", "[uid=0]", "openat", "[data.pathname=/etc/*, 'comm=~x']", NULL);
	add_policy("b", "[uid=0]", "openat", "[data.pathname=/etc/*, 'comm=~x']", NULL);
	add_policy("c", "[uid=1]", "openat", "[data.pathname=/etc/*, 'comm!~x']", NULL);
	add_policy("d", "[uid=0]", "open", "[data.pathname=/etc/*]", NULL); /* another field */
	compile_policies();
	match_stats_get(match, &stats);
	ck_assert_uint_eq(stats.n_predicates, 6);
	ck_assert_uint_eq(stats.n_patterns, 2);
	ck_assert_uint_gt(stats.memory_bytes, 0);
}
END_TEST

static const char exceptions[] =
	"  exceptions:\n"
	"  - {name: backup, filters: [comm=bash, data.pathname=/etc/passwd]}\n"
	"  - {name: later, filters: ['data.pathname=*.conf'], reason: known,\n"
	"     expires: 2023-03-28T10:40:02Z}\n"; /* 1680000002 */

START_TEST(exceptions_and_their_counters)
{
	struct match_hits hits;

	add_policy("p", "[global]", "openat", "[data.pathname=/etc/*]", exceptions);
	compile_policies();
	make_openat("/etc/group");
	ck_assert_str_eq(who(), "p ");
	make_openat("/etc/passwd");
	ck_assert_str_eq(who(), "");
	ck_assert_str_eq(who(), "");
	make_openat("/etc/x.conf");
	ck_assert_str_eq(who(), "");
	b.rec.ts_ns = 1999999999;
	ck_assert_str_eq(who(), "");
	b.rec.ts_ns = 2000000000; /* expired */
	ck_assert_str_eq(who(), "p ");
	make_openat("/usr/x.conf"); /* no rule, no exception */
	ck_assert_str_eq(who(), "");
	match_rule_hits(match, 0, 0, &hits);
	ck_assert_uint_eq(hits.n_matched, 2);
	ck_assert_uint_eq(hits.n_excepted, 4);
	ck_assert_uint_eq(match_exception_hits(match, 0, 0, 0), 2);
	ck_assert_uint_eq(match_exception_hits(match, 0, 0, 1), 2);
}
END_TEST

START_TEST(other_rules_are_tried_behind_an_exception)
{
	static const char yaml[] = "type: policy\nname: p\nscope: [global]\nrules:\n"
				   "- event: openat\n"
				   "  exceptions:\n  - {name: x, filters: [comm=bash]}\n"
				   "- event: fs\n";
	struct match_hits hits;

	ck_assert_int_ge(pol_set_parse(set, yaml, strlen(yaml), "p", NULL), 0);
	compile_policies();
	make_openat("/x");
	ck_assert_str_eq(who(), "p ");
	match_rule_hits(match, 0, 0, &hits);
	ck_assert_uint_eq(hits.n_excepted, 1);
	match_rule_hits(match, 0, 1, &hits);
	ck_assert_uint_eq(hits.n_matched, 1);
}
END_TEST

START_TEST(counters_go_on_in_the_next_generation)
{
	struct pol_set *old_set = set;
	struct match *old;
	struct match_hits hits;

	add_policy("p", "[global]", "openat", "[]", exceptions);
	add_policy("q", "[global]", "openat", "[]", NULL);
	compile_policies();
	make_openat("/etc/passwd");
	ck_assert_str_eq(who(), "q ");
	old = match;
	match = NULL;
	set = NULL;
	begin_policies();
	add_policy("q", "[uid=5]", "openat", "[]", NULL);
	add_policy("new", "[global]", "openat", "[]", NULL);
	add_policy("p", "[global]", "openat", "[]", exceptions);
	match_options.generation = 2;
	match = compile_after(old);
	match_free(old);
	pol_set_free(old_set);
	ck_assert_uint_eq(match_generation(match), 2);
	ck_assert_str_eq(who(), "new ");
	match_rule_hits(match, 0, 0, &hits);
	ck_assert_uint_eq(hits.n_matched, 1);
	match_rule_hits(match, 1, 0, &hits);
	ck_assert_uint_eq(hits.n_matched, 1);
	ck_assert_uint_eq(match_exception_hits(match, 2, 0, 0), 2);
}
END_TEST

static char explained[4096];

static void note_reason(void *arg, const struct match_reason *r)
{
	static const char *const words[] = { "holds", "excepted", "scope", "rule" };
	size_t at = strlen(explained);

	(void)arg;
	(void)snprintf(explained + at, sizeof(explained) - at, "%s:%s(%s%s%s%s) ",
		       set->policies[r->policy].name, words[r->verdict],
		       r->filter ? r->filter->name : "", r->exception ? r->exception->name : "",
		       r->filter && r->has_value ? "=" : "", r->filter ? r->value : "");
}

START_TEST(explanations)
{
	struct match_hits hits;

	add_policy("a", "[global]", "openat", "[data.pathname=/etc/*]", NULL);
	add_policy("b", "[uid=0]", "openat", "[]", NULL);
	add_policy("c", "[global]", "openat", "[retval=3, data.flags=0]", NULL);
	add_policy("d", "[global]", "openat", "[]", exceptions);
	add_policy("e", "[global]", "close", "[]", NULL);
	add_policy("f", "[global]", "fs", "[podSandbox]", NULL);
	compile_policies();
	make_openat("/etc/passwd");
	match_explain(match, &ev, note_reason, NULL);
	ck_assert_str_eq(explained, "a:holds() b:scope(uid=1000) c:rule(data.flags=524288) "
				    "d:excepted(backup) f:rule(podSandbox=false) ");
	match_rule_hits(match, 0, 0, &hits);
	ck_assert_uint_eq(hits.n_matched, 0);
	explained[0] = '\0';
	ev.task = NULL;
	match_explain(match, &ev, note_reason, NULL);
	ck_assert_str_eq(explained, "a:holds() b:scope(uid) c:rule(data.flags=524288) "
				    "d:holds() f:rule(podSandbox) ");
}
END_TEST

START_TEST(pattern_that_takes_too_long_is_given_up)
{
	struct match_stats stats;
	char path[3000];

	for (int no_jit = 0; no_jit < 2; no_jit++) {
		match_options.no_jit = no_jit;
		memset(path, 'a', sizeof(path));
		path[sizeof(path) - 1] = '\0';
		make_openat(path);
		ck_assert(!wants("[global]", "openat", "['data.pathname=~(a+)+$b']"));
		ck_assert(!wants("[global]", "openat", "['data.pathname=~^(a|a|aa)+b|(a*)*c']"));
		match_stats_get(match, &stats);
		ck_assert_uint_eq(stats.n_patterns, 1);
		ck_assert_uint_eq(stats.n_pattern_limited, 1);
		ck_assert(!no_jit || stats.n_patterns_jit == 0);
		/* And one that goes through all of it once is not. */
		path[0] = '/';
		memcpy(path + sizeof(path) - 4, "XYZ", 3);
		make_openat(path);
		ck_assert(wants("[global]", "openat", "['data.pathname=~^/.*[X]YZ$']"));
		match_stats_get(match, &stats);
		ck_assert_uint_eq(stats.n_pattern_limited, 0);
	}
}
END_TEST

START_TEST(matching_allocates_nothing)
{
	char path[3000];

	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	match_options.no_jit = _i;
	add_policy("p", "[container, tree=100]", "openat", "[data.pathname=/etc/*]", exceptions);
	add_policy("q", "['comm=~b.s', follow]", "openat", "['data.pathname=~(a+)+$b']", NULL);
	add_policy("r", "[global]", "fs", "['syscall=~o.*t', 'timestamp>5']", NULL);
	add_policy("s", "[global]", "openat", "[data.flags=O_RDONLY|O_CLOEXEC]", NULL);
	compile_policies();
	make_openat("/etc/group");
	(void)match_event(match, &ev); /* it is followed from now on */
	for (unsigned int i = 0; i < 100; i++) {
		make_openat(i % 2 ? path : "/etc/group");
		ev.container = &container;
		n_allocated = 0; /* Check allocates, too */
		(void)match_event(match, &ev);
		ck_assert_uint_eq(n_allocated, 0);
		ck_assert_uint_eq(ev.n_matched, i % 2 ? 2 : 3);
	}
}
END_TEST

static Suite *match_suite(void)
{
	Suite *s = suite_create("match");
	TCase *filters = tcase_create("filters"), *policies = tcase_create("policies");

	tcase_add_checked_fixture(filters, fixture_setup, fixture_teardown);
	tcase_add_loop_test(filters, rule_filter, 0, ARRAY_LEN(openat_cases));
	tcase_add_loop_test(filters, scope_filter, 0, ARRAY_LEN(scope_cases));
	tcase_add_loop_test(filters, socket_address, 0, ARRAY_LEN(sockaddr_cases));
	tcase_add_test(filters, value_that_is_not_there);
	tcase_add_test(filters, process_of_the_host_has_empty_names);
	tcase_add_test(filters, event_in_no_system_call);
	tcase_add_test(filters, pattern_that_takes_too_long_is_given_up);
	suite_add_tcase(s, filters);
	tcase_add_checked_fixture(policies, fixture_setup, fixture_teardown);
	tcase_set_timeout(policies, 60);
	tcase_add_test(policies, matched_policies_are_in_load_order);
	tcase_add_test(policies, rules_for_sets_of_events);
	tcase_add_test(policies, any_number_of_policies);
	tcase_add_test(policies, equal_filters_are_one_predicate);
	tcase_add_test(policies, exceptions_and_their_counters);
	tcase_add_test(policies, other_rules_are_tried_behind_an_exception);
	tcase_add_test(policies, counters_go_on_in_the_next_generation);
	tcase_add_test(policies, explanations);
	tcase_add_loop_test(policies, matching_allocates_nothing, 0, 2);
	suite_add_tcase(s, policies);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(match_suite());
	int n_failed;

	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
