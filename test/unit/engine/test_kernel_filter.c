/* SPDX-License-Identifier: Apache-2.0 */
/* What the kernel is told of the policies: cases, limits, and that it is always a superset. */
#include "test/unit/engine/match_fixture.h"

#include <stdint.h>

#include "engine/match/kernel.h"
#include "test/support/filter_eval.h"

static struct kfilter *k;

static void compile_filters(void)
{
	struct err err = { 0 };

	kfilter_free(k);
	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
	k = kfilter_compile(set, &err);
	ck_assert_msg(k != NULL, "%s", err.text);
	/* whatever it is, the collector must take it */
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (k->events[slot].dims != 0)
			ck_assert_msg(filter_check_event(slot, &k->events[slot], &err) == 0, "%s",
				      err.text);
	for (size_t i = 0; i < k->n_entries; i++) {
		const struct filter_entry *e = &k->entries[i];

		ck_assert_msg(filter_check_entry(e, &err) == 0, "%s", err.text);
		ck_assert_msg(filter_check_match(&k->events[e->key.slot], e, &err) == 0, "%s",
			      err.text);
		ck_assert(i == 0 || memcmp(&e[-1].key, &e->key, sizeof(e->key)) != 0);
	}
	ck_assert_uint_le(k->n_entries, FILTER_ENTRIES_MAX);
}

static void setup(void)
{
	fixture_setup();
}

static void teardown(void)
{
	kfilter_free(k);
	k = NULL;
	fixture_teardown();
}

static const struct kfilter_report *report_of(const char *event)
{
	return &k->reports[event_def_find_name(event)->slot];
}

#define D(dim) (1U << FILTER_##dim)

/* clang-format off */
/* One policy, one rule. */
static const struct {
	const char *scope, *event, *filters;
	uint32_t dims;         /* that are looked at */
	uint32_t n_entries;
	enum kfilter_why why;  /* of what stays; KFILTER_IN_KERNEL: nothing does */
} rules[] = {
	{ "[global]", "openat", "[]", 0, 0, KFILTER_WHY_ANY },
	/* the task */
	{ "['uid=0']", "openat", "[]", D(UID), 1, 0 },
	{ "['uid=0,1000', 'uid=5']", "openat", "[]", D(UID), 3, 0 },
	{ "['uid!=0']", "openat", "[]", D(UID), 1, 0 },
	{ "['uid>0']", "openat", "[]", 0, 0, KFILTER_WHY_TERMS },
	{ "['uid=0', 'uid>1000']", "openat", "[]", 0, 0, KFILTER_WHY_TERMS },
	{ "['uid=0', 'uid!=0']", "openat", "[]", 0, 0, KFILTER_WHY_VALUE },
	{ "['uid=0', 'uid!=1']", "openat", "[]", D(UID), 1, 0 },
	{ "['uid=4294967295']", "openat", "[]", D(UID), 1, 0 },
	{ "['pid=5']", "openat", "[]", D(TASK), 1, 0 },
	{ "['pid!=5']", "openat", "[]", 0, 0, KFILTER_WHY_TERMS },
	{ "['pid=new']", "openat", "[]", 0, 0, KFILTER_WHY_SUBJECT },
	{ "['mntns=4026531840']", "openat", "[]", D(MNTNS), 1, 0 },
	{ "['pidns!=4026531836']", "openat", "[]", D(PIDNS), 1, 0 },
	{ "['uts=web']", "openat", "[]", D(UTS), 1, 0 },
	{ "['comm=bash,sh']", "openat", "[]", D(COMM), 2, 0 },
	{ "['comm!=bash']", "openat", "[]", D(COMM), 1, 0 },
	{ "['comm=fifteen-letters']", "openat", "[]", D(COMM), 1, 0 },
	{ "['comm=ba*']", "openat", "[]", 0, 0, KFILTER_WHY_VALUE },
	{ "['comm!=ba*,sh']", "openat", "[]", D(COMM), 1, 0 },
	{ "['comm!=ba*']", "openat", "[]", 0, 0, KFILTER_WHY_VALUE },
	{ "['comm=~^b']", "openat", "[]", 0, 0, KFILTER_WHY_VALUE },
	{ "[container]", "openat", "[]", D(CONTAINER), 1, 0 },
	{ "[not-container]", "openat", "[]", D(CONTAINER), 1, 0 },
	{ "['container=abcdef']", "openat", "[]", D(CONTAINER), 1, 0 },
	{ "['container=new']", "openat", "[]", 0, 0, KFILTER_WHY_SUBJECT },
	{ "['tree=1']", "openat", "[]", 0, 0, KFILTER_WHY_SUBJECT },
	{ "['executable=/bin/sh']", "openat", "[]", 0, 0, KFILTER_WHY_SUBJECT },
	{ "['uid=0', follow]", "openat", "[data.flags=0]", 0, 0, KFILTER_WHY_FOLLOW },
	{ "[follow]", "openat", "[]", 0, 0, KFILTER_WHY_FOLLOW },
	{ "['uid=0', 'comm=sh']", "openat", "[]", D(UID) | D(COMM), 2, 0 },
	{ "['uid=0', 'uid>=0', container]", "openat", "[]", D(CONTAINER), 1, KFILTER_WHY_TERMS },
	/* the event's context */
	{ "[global]", "openat", "[uid=0]", D(UID), 1, 0 },
	{ "[global]", "openat", "[hostPid=7]", D(TGID), 1, 0 },
	{ "[global]", "openat", "[hostPid!=7]", D(TGID), 1, 0 },
	{ "[global]", "openat", "[hostTid=7]", D(TASK), 1, 0 },
	{ "[global]", "openat", "[pid=7]", 0, 0, KFILTER_WHY_SUBJECT },
	{ "[global]", "openat", "[containerId=abc]", D(CONTAINER), 1, 0 },
	{ "[global]", "openat", "[containerId!=abc]", 0, 0, KFILTER_WHY_TERMS },
	{ "[global]", "openat", "[container]", D(CONTAINER), 1, 0 },
	{ "['uid=0,1']", "openat", "[uid=1]", D(UID), 1, 0 },
	/* return values */
	{ "[global]", "openat", "[retval=3]", D(RETVAL), 1, 0 },
	{ "[global]", "openat", "[retval!=-2]", D(RETVAL), 1, 0 },
	{ "[global]", "openat", "['retval<0']", D(RETVAL_SIGN), 1, 0 },
	{ "[global]", "openat", "['retval<=0']", D(RETVAL_SIGN), 2, 0 },
	{ "[global]", "openat", "['retval>=5']", D(RETVAL_SIGN), 1, 0 },
	{ "[global]", "openat", "['retval>-5']", 0, 0, KFILTER_WHY_TERMS },
	{ "[global]", "openat", "['retval>-5', 'retval<0']", D(RETVAL_SIGN), 1, 0 },
	{ "[global]", "openat", "['retval=0', 'retval>5']", D(RETVAL_SIGN), 2, 0 },
	{ "[global]", "openat", "['retval>5', 'retval!=7']", 0, 0, KFILTER_WHY_TERMS },
	{ "[global]", "openat", "['retval>5', 'retval<3']", D(RETVAL_SIGN), 0, 0 },
	{ "[global]", "do_exit", "[retval=0]", 0, 0, KFILTER_WHY_SUBJECT },
	/* fields */
	{ "[global]", "openat", "[data.pathname=/a]", D(TEXT0), 1, 0 },
	{ "[global]", "openat", "['data.pathname=/a,/b*,*c']", D(TEXT0), 3, 0 },
	{ "[global]", "openat", "['data.pathname=*c*']", 0, 0, KFILTER_WHY_TERMS },
	{ "[global]", "openat", "['data.pathname=~a']", 0, 0, KFILTER_WHY_TERMS },
	{ "[global]", "openat", "[data.pathname!=/a]", 0, 0, KFILTER_WHY_NEGATIVE },
	{ "[global]", "openat", "[data.pathname=/a, data.pathname!=/b]", 0, 0, KFILTER_WHY_NEGATIVE },
	{ "[global]", "openat", "[data.flags=0]", D(INT0), 1, 0 },
	{ "[global]", "openat", "[data.flags=0x80000]", D(INT0), 1, 0 },
	{ "[global]", "openat", "[data.flags=O_RDONLY]", 0, 0, KFILTER_WHY_VALUE },
	{ "[global]", "openat", "[data.flags!=O_RDONLY]", 0, 0, KFILTER_WHY_VALUE },
	{ "[global]", "openat", "[data.flags!=O_RDONLY, data.flags!=5]", D(INT0), 1, 0 },
	{ "[global]", "openat", "[data.flags=O_RDONLY, data.flags!=5]", 0, 0, KFILTER_WHY_VALUE },
	{ "[global]", "openat", "['data.flags>=5']", 0, 0, KFILTER_WHY_TERMS },
	{ "[global]", "openat", "[data.dirfd=-100, data.flags=0]", D(INT0) | D(INT1), 2, 0 },
	{ "[global]", "openat", "[data.dirfd=-100, data.flags=0, data.mode=1]", D(INT0) | D(INT1), 2,
	  KFILTER_WHY_FIELDS },
	{ "[global]", "openat", "[data.mode=-1]", 0, 0, KFILTER_WHY_VALUE },
	{ "[global]", "renameat2", "[data.oldpath=/a, 'data.newpath=/b*']", D(TEXT0) | D(TEXT1), 2, 0 },
	{ "[global]", "execve", "['data.argv=[a b]']", 0, 0, KFILTER_WHY_SUBJECT },
	{ "[global]", "task_rename", "[data.new_name=a]", 0, 0, KFILTER_WHY_SUBJECT },
	/* events that are never dropped */
	{ "['uid=0']", "sched_process_exec", "[]", 0, 0, KFILTER_WHY_EVENT },
	{ "['uid=0']", "sched_process_fork", "[]", 0, 0, KFILTER_WHY_EVENT },
	{ "['uid=0']", "sched_process_exit", "[]", 0, 0, KFILTER_WHY_EVENT },
	{ "['uid=0']", "cgroup_mkdir", "[]", 0, 0, KFILTER_WHY_EVENT },
	{ "['comm=a']", "task_rename", "[]", D(COMM), 1, 0 },
	{ "['comm=a']", "do_exit", "[]", D(COMM), 1, 0 },
};
/* clang-format on */

START_TEST(a_rule_becomes_dimensions)
{
	const struct kfilter_report *r;

	add_policy("p", rules[_i].scope, rules[_i].event, rules[_i].filters, NULL);
	compile_filters();
	r = report_of(rules[_i].event);
	ck_assert_msg(r->dims == rules[_i].dims, "%s %s %s: dimensions 0x%x, expected 0x%x",
		      rules[_i].scope, rules[_i].event, rules[_i].filters, r->dims, rules[_i].dims);
	ck_assert_msg(r->n_entries == rules[_i].n_entries, "%s %s: %u entries, expected %u",
		      rules[_i].scope, rules[_i].filters, r->n_entries, rules[_i].n_entries);
	ck_assert_uint_eq(r->dims, k->events[event_def_find_name(rules[_i].event)->slot].dims);
	ck_assert_uint_eq(r->n_rules, 1);
	if (rules[_i].why)
		ck_assert_msg(r->n_conditions[rules[_i].why] > 0, "%s %s: not for '%s'",
			      rules[_i].scope, rules[_i].filters, kfilter_why_text(rules[_i].why));
	else
		for (unsigned int why = 1; why < KFILTER_WHYS; why++)
			ck_assert_msg(r->n_conditions[why] == 0, "%s %s: because %s",
				      rules[_i].scope, rules[_i].filters, kfilter_why_text(why));
}
END_TEST

/* --- more than one rule ------------------------------------------------------------------------
 */

static bool passes(const char *path)
{
	make_openat(path);
	return feval_passes(k, &ev, FILTER_IN_HOST);
}

START_TEST(rules_are_told_apart)
{
	add_policy("a", "['uid=1000']", "openat", "[data.pathname=/a]", NULL);
	add_policy("b", "['uid=7']", "openat", "[data.pathname=/b]", NULL);
	compile_filters();
	task.ctx.uid = 1000;
	ck_assert(passes("/a"));
	ck_assert(!passes("/b"));
	task.ctx.uid = 7;
	ck_assert(!passes("/a"));
	ck_assert(passes("/b"));
	task.ctx.uid = 8;
	ck_assert(!passes("/b"));
}
END_TEST

START_TEST(one_open_rule_opens_the_event)
{
	add_policy("a", "['uid=1']", "openat", "[]", NULL);
	add_policy("b", "['tree=5']", "openat", "[]", NULL);
	compile_filters();
	ck_assert_uint_eq(report_of("openat")->dims, 0);
	ck_assert_uint_eq(k->n_entries, 0);
	ck_assert_uint_eq(report_of("openat")->n_conditions[KFILTER_WHY_ANY], 1);
}
END_TEST

START_TEST(a_set_is_filtered_event_by_event)
{
	add_policy("a", "['uid=1000']", "fs", "[]", NULL);
	add_policy("b", "[global]", "close", "[]", NULL);
	compile_filters();
	ck_assert_uint_eq(report_of("openat")->dims, D(UID));
	ck_assert_uint_eq(report_of("close")->dims, 0);
	ck_assert_uint_gt(kfilter_n_events(k), 10);
}
END_TEST

/* Hundreds of rules on one dimension lose nothing; on two, a group lets a few more through. */
START_TEST(many_rules_share_groups)
{
	char name[16], filter[64], path[32];
	size_t n_passed = 0;

	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		(void)snprintf(filter, sizeof(filter), "[data.pathname=/f%d]", i);
		add_policy(name, "[global]", "openat", filter, NULL);
	}
	compile_filters();
	ck_assert_uint_eq(report_of("openat")->n_entries, 200);
	ck_assert_uint_eq(report_of("openat")->n_groups, 1);
	for (int i = 0; i < 400; i++) {
		(void)snprintf(path, sizeof(path), "/f%d", i);
		ck_assert_int_eq(passes(path), i < 200);
	}
	begin_policies();
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		(void)snprintf(filter, sizeof(filter), "[data.pathname=/f%d, data.flags=%d]", i, i);
		add_policy(name, "[global]", "openat", filter, NULL);
	}
	compile_filters();
	ck_assert_uint_eq(report_of("openat")->n_groups, 64);
	for (int i = 0; i < 200 * 200; i++) {
		(void)snprintf(path, sizeof(path), "/f%d", i % 200);
		make_openat(path);
		rb_arg(&b, 2, (uint64_t)(i / 200));
		n_passed += feval_passes(k, &ev, FILTER_IN_HOST);
		if (i % 200 == i / 200)
			ck_assert(feval_passes(k, &ev, FILTER_IN_HOST));
	}
	ck_assert_uint_lt(n_passed, 1000); /* groups of three or four: 9 or 16 combinations each */
}
END_TEST

/* More shapes than groups: the last group is for all the rest. */
START_TEST(many_shapes_share_the_last_group)
{
	static const char *const items[] = { "uid=1000",        "hostPid=100", "comm=bash",
					     "mntns=7",         "retval=3",    "data.flags=524288",
					     "data.pathname=/x" };
	char name[16], filters[256];

	for (unsigned int bits = 1; bits < 1U << ARRAY_LEN(items); bits++) {
		size_t at = 0;

		for (size_t i = 0; i < ARRAY_LEN(items); i++)
			if (bits >> i & 1)
				at += (size_t)snprintf(filters + at, sizeof(filters) - at, "%s%s",
						       at ? ", " : "[", items[i]);
		(void)snprintf(filters + at, sizeof(filters) - at, "]");
		(void)snprintf(name, sizeof(name), "p%u", bits);
		add_policy(name, "[global]", "openat", filters, NULL);
	}
	compile_filters();
	ck_assert_uint_eq(report_of("openat")->n_rules, 127);
	if (report_of("openat")->n_groups > 0)
		ck_assert_uint_eq(report_of("openat")->n_groups, 64);
	ck_assert(passes("/x"));
}
END_TEST

START_TEST(lengths_of_texts_are_cut)
{
	char filter[8192] = "['data.pathname=";
	char path[300];
	size_t at = strlen(filter);

	/* 20 lengths of prefixes: the kernel looks at 8 of them */
	for (int i = 1; i <= 20; i++)
		at += (size_t)snprintf(filter + at, sizeof(filter) - at, "%s/%.*s*",
				       i > 1 ? "," : "", i, "abcdefghijklmnopqrstuvwxyz");
	(void)snprintf(filter + at, sizeof(filter) - at, "']");
	add_policy("a", "[global]", "openat", filter, NULL);
	compile_filters();
	ck_assert_uint_eq(k->events[EV_OPENAT_slot].text[0].n_prefix, FILTER_LENS);
	ck_assert_uint_eq(k->events[EV_OPENAT_slot].text[0].prefix_len[0], 2);
	ck_assert(passes("/a"));
	ck_assert(passes("/abcdefghijklmnopqrst!"));
	ck_assert(!passes("/b"));
	/* a text that is too long to be looked at passes, so a term for such texts needs no entry
	 */
	memset(path, '/', sizeof(path));
	path[FILTER_TEXT_MAX] = '\0';
	begin_policies();
	(void)snprintf(filter, sizeof(filter), "['data.pathname=%s*']", path);
	add_policy("a", "[global]", "openat", filter, NULL);
	compile_filters();
	ck_assert_uint_eq(k->n_entries, 0);
	ck_assert_uint_eq(report_of("openat")->dims, D(TEXT0));
	ck_assert(passes(path));
	path[FILTER_TEXT_MAX - 1] = '\0';
	ck_assert(!passes(path));
}
END_TEST

START_TEST(too_many_values_open_a_dimension)
{
	char *filter = malloc(4096 * 24), name[16];

	ck_assert_ptr_nonnull(filter);
	for (int p = 0; p < 20; p++) {
		size_t at = (size_t)sprintf(filter, "[data.flags=7, 'data.pathname=");

		for (int i = 0; i < 4000; i++)
			at += (size_t)sprintf(filter + at, "%s/f/%d", i ? "," : "", p * 4000 + i);
		(void)sprintf(filter + at, "']");
		(void)snprintf(name, sizeof(name), "p%d", p);
		add_policy(name, "[global]", "openat", filter, NULL);
	}
	free(filter);
	compile_filters(); /* 80,000 paths and one number */
	ck_assert_uint_eq(report_of("openat")->dims, D(INT0));
	ck_assert_uint_eq(report_of("openat")->n_conditions[KFILTER_WHY_ENTRIES], 20);
	ck_assert_uint_eq(k->n_entries, 1);
}
END_TEST

START_TEST(texts_of_reports_are_complete)
{
	for (unsigned int dim = 0; dim < FILTER_DIMS; dim++)
		ck_assert_str_ne(kfilter_dim_name(dim), "unknown");
	for (unsigned int why = 0; why < KFILTER_WHYS; why++)
		ck_assert_str_ne(kfilter_why_text(why), "unknown");
	ck_assert_str_eq(kfilter_dim_name(FILTER_DIMS), "unknown");
	ck_assert_str_eq(kfilter_why_text(KFILTER_WHYS), "unknown");
	kfilter_free(NULL);
}
END_TEST

/* --- a superset, whatever the policies are -------------------------------------------------------
 */

#define ROUNDS 400
#define EVENTS 400

static uint64_t state;

static unsigned int below(unsigned int n)
{
	return (unsigned int)(rb_next_random(&state) >> 33) % n;
}

static const char *const paths[] = {
	"/a", "/a/b", "/a/b/c", "/etc/passwd", "/etc/shadow", "b", ""
};
static const char *const scopes[] = {
	"uid=0",         "uid=1000",     "uid!=0",        "uid!=1000",
	"uid>=1000",     "uid<5",        "pid=100",       "pid=101",
	"pid!=100",      "mntns=7",      "mntns!=7",      "pidns=8",
	"comm=bash",     "comm=sh,bash", "comm!=sh",      "comm=b*",
	"comm!=*sh",     "uts=host",     "uts!=host",     "container",
	"container=abc", "tree=100",     "container=new", "executable=/bin/bash",
};
static const char *const filters_of_openat[] = {
	"data.pathname=/a",
	"data.pathname=/a/b",
	"data.pathname=/etc/*",
	"data.pathname=/a*",
	"data.pathname=*wd",
	"data.pathname=*b",
	"data.pathname=*tc*",
	"data.pathname!=/a",
	"data.pathname!=/etc/*",
	"data.pathname=~^/a",
	"data.flags=0",
	"data.flags=1,2",
	"data.flags!=0",
	"data.flags!=1",
	"data.flags=O_WRONLY",
	"data.flags>=1",
	"data.dirfd=-100",
	"data.dirfd!=-100",
	"data.dirfd=AT_FDCWD",
	"data.dirfd=-1*",
	"data.mode=420",
	"data.mode!=0x1a4",
	"retval=3",
	"retval!=3",
	"retval<0",
	"retval>=0",
	"retval>3",
	"retval=-2",
	"uid=1000",
	"uid!=0",
	"hostPid=100",
	"hostTid=101",
	"hostPid!=100",
	"comm=bash",
	"processName!=sh",
	"container",
	"containerId=abc*",
	"containerId!=abc",
	"containerImage=nginx:1.25",
	"hostName=host",
	"pid=100",
	"processorId=1",
};
static const char *const filters_of_any[] = {
	"uid=1000", "uid!=0", "hostPid=100", "comm=bash", "comm!=bash", "container", "mntns=7",
};

/* Some of the items, as a YAML list. */
static const char *choose(char *buf, size_t cap, const char *const *items, unsigned int n,
			  unsigned int n_most, const char *none)
{
	unsigned int n_items = below(n_most + 1);
	size_t at = 0;

	if (n_items == 0)
		return none;
	if (items == scopes && below(12) == 0)
		return "[not-container]"; /* alone: it contradicts others */
	for (unsigned int i = 0; i < n_items; i++)
		at += (size_t)snprintf(buf + at, cap - at, "%s'%s'", i ? ", " : "[",
				       items[below(n)]);
	(void)snprintf(buf + at, cap - at, "]");
	return buf;
}

static void random_policies(void)
{
	static const unsigned int sizes[] = { 1, 2, 5, 60, 150 };
	unsigned int n = 1 + below(sizes[below(ARRAY_LEN(sizes))]);
	char name[16], scope[256], filters[512];

	begin_policies();
	for (unsigned int i = 0; i < n; i++) {
		bool any = below(8) == 0;

		(void)snprintf(name, sizeof(name), "p%u", i);
		if (any)
			add_policy(name,
				   choose(scope, sizeof(scope), scopes, ARRAY_LEN(scopes), 2,
					  "[global]"),
				   below(2) ? "fs" : "do_exit",
				   choose(filters, sizeof(filters), filters_of_any,
					  ARRAY_LEN(filters_of_any), 2, "[]"),
				   NULL);
		else
			add_policy(name,
				   choose(scope, sizeof(scope), scopes, ARRAY_LEN(scopes), 2,
					  "[global]"),
				   "openat",
				   choose(filters, sizeof(filters), filters_of_openat,
					  ARRAY_LEN(filters_of_openat), 3, "[]"),
				   NULL);
	}
}

static void random_task(void)
{
	static const char *const names[] = { "bash", "sh", "host", "fifteen-letters", "" };
	const char *comm = names[below(ARRAY_LEN(names))], *uts = names[below(ARRAY_LEN(names))];

	task.ctx.uid = below(2) ? 1000 : below(2) ? 0 : 4;
	task.ctx.mnt_ns = 6 + below(3);
	task.ctx.pid_ns = 7 + below(3);
	memset(task.ctx.comm, 0xaa, sizeof(task.ctx.comm)); /* rubbish behind the NUL */
	memcpy(task.ctx.comm, comm, strlen(comm) + 1);
	memset(task.ctx.uts_name, 0xaa, sizeof(task.ctx.uts_name));
	memcpy(task.ctx.uts_name, uts, strlen(uts) + 1);
}

static void random_event(void)
{
	static const uint64_t flags[] = { 0, 1, 2, 0x80000, 0xffffffff00000000ULL };
	static const int64_t rets[] = { 3, 4, 0, -2, -13 };
	char path[300];

	if (below(8) == 0) {
		rb_begin(&b, EV_DO_EXIT);
	} else {
		rb_begin(&b, EV_OPENAT);
		(void)snprintf(path, sizeof(path), "%s", paths[below(ARRAY_LEN(paths))]);
		if (below(10) == 0)
			(void)snprintf(path, sizeof(path), "/a/%0*d", 240 + (int)below(30), 1);
		rb_arg(&b, 0, below(2) ? (uint32_t)-100 : (uint64_t)-100);
		rb_arg(&b, 1, 0x7ffd00000000);
		rb_arg(&b, 2, flags[below(ARRAY_LEN(flags))]);
		rb_arg(&b, 3, below(2) ? 420 : 0xffffffff000001a4ULL);
		if (below(12) == 0)
			rb_var(&b, 1, NULL, 0, below(2) ? REC_VAR_NULL : REC_VAR_UNREAD, 0);
		else
			rb_str(&b, 1, path);
	}
	b.rec.ret = rets[below(ARRAY_LEN(rets))];
	b.rec.flags = below(6) == 0 && b.rec.event == EV_OPENAT ? REC_F_ENTER : 0;
	b.rec.tid = 100 + below(3);
	b.rec.tgid = 99 + below(3);
	random_task();
	rb_decode(&b, &ev);
	ev.task = &task;
	ev.container = below(2) ? &container : NULL;
}

START_TEST(what_matches_passes)
{
	static const char *const ids[] = { "abc", "abcdef0123456789", "fff" };
	uint64_t n_matched = 0, n_dropped = 0, n_events = 0;

	state = 0x9e3779b97f4a7c15ULL + (uint64_t)_i;
	for (unsigned int round = 0; round < ROUNDS / 8; round++) {
		random_policies();
		compile_policies();
		compile_filters();
		for (unsigned int i = 0; i < EVENTS; i++, n_events++) {
			unsigned int kind;
			bool passed;

			random_event();
			(void)snprintf(container.id, sizeof(container.id), "%s",
				       ids[below(ARRAY_LEN(ids))]);
			kind = ev.container ? FILTER_IN_CONTAINER : FILTER_IN_HOST;
			if (below(10) == 0)
				kind = FILTER_IN_UNKNOWN;
			passed = feval_passes(k, &ev, kind);
			n_dropped += !passed;
			if (match_event(match, &ev) == 0)
				continue;
			n_matched++;
			ck_assert_msg(passed, "seed %d, round %u, event %u: policy '%s' wants it",
				      _i, round, i, set->policies[ev.matched[0]].name);
		}
	}
	/* both happen, or nothing was tested */
	ck_assert_uint_gt(n_matched, n_events / 50);
	ck_assert_uint_gt(n_dropped, n_events / 50);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("kernel_filter");
	TCase *tc = tcase_create("kernel_filter");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_rule_becomes_dimensions, 0, ARRAY_LEN(rules));
	tcase_add_test(tc, rules_are_told_apart);
	tcase_add_test(tc, one_open_rule_opens_the_event);
	tcase_add_test(tc, a_set_is_filtered_event_by_event);
	tcase_add_test(tc, many_rules_share_groups);
	tcase_add_test(tc, many_shapes_share_the_last_group);
	tcase_add_test(tc, lengths_of_texts_are_cut);
	tcase_add_test(tc, too_many_values_open_a_dimension);
	tcase_add_test(tc, texts_of_reports_are_complete);
	tcase_add_loop_test(tc, what_matches_passes, 0, 8);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(make_suite());
	int n_failed;

	srunner_run_all(r, CK_ENV);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? 0 : 1;
}
