/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kernel filters: with them and without, what the policies want arrives, and nothing else does
 * after exact matching; with them, fewer records go through the lanes.
 *
 * Two processes do the same things in each case: one as it is, one of another user, name, host name
 * and other namespaces.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/enrich/process_tree.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "test/live/cgroup_dir.h"
#include "test/live/live.h"

#define STRANGER_UID 1234
#define LONG_BYTES 300

static const char *const events[] = {
	"openat", "close", "renameat2", "getppid", "task_rename", NULL
};
static const char *const nothing[] = { NULL };

/* Memory that the test and its two processes share. */
struct meeting {
	uint32_t n_ready, go;
	struct {
		uint32_t pid; /* in the initial pid namespace */
		uint64_t mnt_ns, pid_ns;
	} who[2];
};

static struct meeting *meeting(void)
{
	return (struct meeting *)(void *)live_shared;
}

static void nap(void)
{
	const struct timespec ts = { .tv_nsec = 1000000 };

	(void)nanosleep(&ts, NULL); /* a shorter one is fine */
}

static uint64_t inode_of(const char *path)
{
	struct stat st;

	must(stat(path, &st) == 0);
	return st.st_ino;
}

/* --- the work ------------------------------------------------------------------------------------
 */

static void try_open(const char *path, int flags)
{
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0);

	if (fd >= 0)
		(void)syscall(SYS_close, fd);
}

static void work(void)
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char text[LONG_BYTES + 1];

	must(page != MAP_FAILED);
	memset(text, 'x', LONG_BYTES);
	text[LONG_BYTES] = '\0';
	try_open("/etc/hostname", O_RDONLY);
	try_open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	try_open("/etc/none", O_WRONLY);
	try_open("/", O_RDONLY);
	try_open("", O_RDONLY);
	try_open(text, O_RDONLY);
	text[255] = '\0';
	try_open(text, O_RDONLY);
	text[254] = '\0';
	try_open(text, O_RDONLY);
	try_open(NULL, O_RDONLY);
	try_open(page, O_RDONLY);
	(void)syscall(SYS_close, -1);
	(void)syscall(SYS_close, 777777);
	(void)syscall(SYS_renameat2, AT_FDCWD, "/none/a", AT_FDCWD, "/none/b", 1);
	(void)syscall(SYS_renameat2, AT_FDCWD, "/none/b", AT_FDCWD, "/none/a", 0);
	for (int i = 0; i < 4; i++)
		(void)syscall(SYS_getppid);
	(void)prctl(PR_SET_NAME, "renamed");
}

static void meet(unsigned int i)
{
	struct meeting *m = meeting();
	char text[32] = "";

	must(readlink("/proc/self", text, sizeof(text) - 1) > 0);
	m->who[i].pid = (uint32_t)strtoul(text, NULL, 10);
	m->who[i].mnt_ns = inode_of("/proc/self/ns/mnt");
	m->who[i].pid_ns = inode_of("/proc/self/ns/pid");
	(void)__atomic_add_fetch(&m->n_ready, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&m->go, __ATOMIC_SEQ_CST))
		nap();
}

static void native(void *arg)
{
	(void)arg;
	must(prctl(PR_SET_NAME, "native") == 0);
	meet(0);
	work();
}

/* A grandchild: only children are in the new pid namespace. Followed by its number out here. */
static void stranger(void *arg)
{
	pid_t pid;

	(void)arg;
	must(unshare(CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWPID) == 0);
	must(sethostname("stranger-host", 13) == 0);
	pid = fork();
	must(pid >= 0);
	if (pid > 0) {
		live_follow(pid);
		live_wait(pid);
		return;
	}
	must(prctl(PR_SET_NAME, "stranger") == 0);
	must(setresuid(STRANGER_UID, STRANGER_UID, STRANGER_UID) == 0);
	meet(1);
	work();
	_exit(0);
}

/* --- what arrives --------------------------------------------------------------------------------
 */

struct arrived {
	size_t n_records, n_matched;
	size_t by_slot[EVENT_SLOTS];
	uint64_t sum; /* of what matched, in whatever order */
};

static uint64_t hash_bytes(uint64_t hash, const void *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		hash = filter_hash_byte(hash, ((const uint8_t *)data)[i]);
	return hash;
}

/* Of what is the same from run to run. */
static uint64_t hash_event(const struct event *ev, const struct rec_task *task)
{
	uint64_t hash = hash_bytes(FILTER_HASH_INIT, &ev->rec->event, sizeof(ev->rec->event));

	hash = hash_bytes(hash, &task->uid, sizeof(task->uid));
	hash = hash_bytes(hash, task->comm, strnlen((const char *)task->comm, REC_COMM_LEN));
	if (ev->rec->ret < 0)
		hash = hash_bytes(hash, &ev->rec->ret, sizeof(ev->rec->ret));
	for (unsigned int i = 0; i < ev->def->n_fields; i++)
		if (ev->vars[i])
			hash = hash_bytes(hash, ev->vars[i] + 1, ev->vars[i]->len);
	return hash;
}

static void count(const struct record_log *log, struct match *match, struct arrived *ret)
{
	*ret = (struct arrived){ 0 };
	for (size_t i = 0; i < log->n; i++) {
		const struct rec_hdr *rec = rlog_get(log, i);
		struct ptree_task task = { .tid = rec->tid, .tgid = rec->tgid };
		const struct rec_task *context;
		struct event ev;

		if (rec->event == EV_TASK ||
		    (rec->tgid != meeting()->who[0].pid && rec->tgid != meeting()->who[1].pid))
			continue;
		ret->n_records++;
		ck_assert_int_eq(decode_record(rec, LANE_RECORD_MAX, &ev), 0);
		ret->by_slot[ev.def->slot]++;
		context = rlog_context(log, rec);
		ck_assert_ptr_nonnull(context);
		task.ctx = *context;
		ev.task = &task;
		if (match_event(match, &ev) == 0)
			continue;
		ret->n_matched++;
		ret->sum += hash_event(&ev, context);
	}
}

/* --- policies ------------------------------------------------------------------------------------
 */

/* $PID, $MNTNS and $PIDNS are the stranger's. */
static char *fill_in(const char *text)
{
	const struct meeting *m = meeting();
	char *out = NULL;
	size_t len = 0;
	FILE *f = open_memstream(&out, &len);

	ck_assert_ptr_nonnull(f);
	while (*text) {
		if (strncmp(text, "$PIDNS", 6) == 0) {
			fprintf(f, "%" PRIu64, m->who[1].pid_ns);
			text += 6;
		} else if (strncmp(text, "$PID", 4) == 0) {
			fprintf(f, "%u", m->who[1].pid);
			text += 4;
		} else if (strncmp(text, "$MNTNS", 6) == 0) {
			fprintf(f, "%" PRIu64, m->who[1].mnt_ns);
			text += 6;
		} else {
			fputc(*text++, f);
		}
	}
	(void)fclose(f);
	return out;
}

static void add_policy(struct pol_set *set, const char *name, const char *scope, const char *event,
		       const char *filters)
{
	CLEANUP_FREE char *yaml = NULL, *filled = NULL;
	struct err err = { 0 };

	ck_assert_int_ge(asprintf(&yaml,
				  "type: policy\nname: %s\nscope: %s\nrules:\n- event: %s\n"
				  "  filters: %s\n",
				  name, scope, event, filters),
			 0);
	filled = fill_in(yaml);
	ck_assert_msg(pol_set_parse(set, filled, strlen(filled), name, &err) >= 0, "%s in:\n%s",
		      err.text, filled);
}

typedef void (*policies_fn)(struct pol_set *set, const void *arg);

static void start_both(pid_t pids[2])
{
	struct meeting *m = meeting();

	memset(m, 0, sizeof(*m));
	pids[0] = live_start(native, NULL);
	pids[1] = live_start(stranger, NULL);
	while (__atomic_load_n(&m->n_ready, __ATOMIC_SEQ_CST) < 2)
		nap();
}

static struct arrived run_once(policies_fn add, const void *arg, bool filtered,
			       uint64_t *ret_missed)
{
	const struct match_options opt = { .generation = 1 };
	struct live *l = live_open(NULL, nothing, 0);
	uint64_t missed = live_missed(l);
	struct pol_set *set = pol_set_new();
	struct kfilter *filters;
	struct arrived ret;
	struct match *match;
	struct err err = { 0 };
	pid_t pids[2];

	start_both(pids);
	add(set, arg);
	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
	match = match_new(set, &opt, NULL, &err);
	filters = kfilter_compile(set, &err);
	ck_assert_msg(match && filters, "%s", err.text);
	ck_assert_msg(
		lclient_plan_filtered(l->client, events, 0, filtered ? filters : NULL, &err) == 0,
		"%s", err.text);
	__atomic_store_n(&meeting()->go, 1, __ATOMIC_SEQ_CST);
	live_join(l, pids[0]);
	live_join(l, pids[1]);
	count(&l->log, match, &ret);
	match_free(match);
	kfilter_free(filters);
	pol_set_free(set);
	*ret_missed = live_missed(l) - missed;
	live_close(l);
	return ret;
}

/* Counts are compared, so none is of use in which the kernel has left out programs. */
static struct arrived run_with(policies_fn add, const void *arg, bool filtered)
{
	struct arrived ret;
	uint64_t missed;

	for (int i = 0; i < 10; i++) {
		ret = run_once(add, arg, filtered, &missed);
		if (missed == 0)
			return ret;
		printf("the kernel has left out %" PRIu64 " programs, once more\n", missed);
	}
	ck_abort_msg("the kernel left out programs in each of ten runs");
}

/* --- cases ---------------------------------------------------------------------------------------
 */

struct one_rule {
	const char *scope, *event, *filters;
	bool drops;   /* the kernel can tell some */
	bool matches; /* something */
};

static void add_one(struct pol_set *set, const void *arg)
{
	const struct one_rule *r = arg;
	char name[16];

	add_policy(set, "one", r->scope, r->event, r->filters);
	for (size_t i = 0; events[i]; i++) {
		if (strcmp(events[i], r->event) == 0)
			continue;
		(void)snprintf(name, sizeof(name), "p%zu", i);
		add_policy(set, name, "['uid=99999']", events[i], "[]"); /* nobody is that */
	}
}

/* clang-format off */
static const struct one_rule cases[] = {
	{ "[global]", "openat", "[]", false, true },
	{ "['uid=1234']", "openat", "[]", true, true },
	{ "['uid!=1234']", "openat", "[]", true, true },
	{ "['uid=7,1234', 'comm=stranger']", "openat", "[]", true, true },
	{ "['uid=0', 'comm=stranger']", "openat", "[]", true, false },
	{ "['uid>1000']", "openat", "[]", false, true },
	{ "['pid=$PID']", "openat", "[]", true, true },
	{ "['pid!=$PID']", "openat", "[]", false, true },
	{ "[global]", "openat", "[hostPid=$PID]", true, true },
	{ "[global]", "openat", "[hostPid!=$PID]", true, true },
	{ "['comm=stranger']", "openat", "[]", true, true },
	{ "['comm!=stranger']", "openat", "[]", true, true },
	{ "['comm=strang']", "openat", "[]", true, false },
	{ "['comm=str*']", "openat", "[]", false, true },
	{ "['uts=stranger-host']", "openat", "[]", true, true },
	{ "['uts!=stranger-host']", "openat", "[]", true, true },
	{ "['mntns=$MNTNS']", "openat", "[]", true, true },
	{ "['mntns!=$MNTNS']", "openat", "[]", true, true },
	{ "['pidns=$PIDNS']", "openat", "[]", true, true },
	{ "['pidns!=$PIDNS']", "openat", "[]", true, true },
	{ "[not-container]", "openat", "[]", false, true },
	{ "[global]", "openat", "[retval=-2]", true, true },
	{ "[global]", "openat", "[retval!=-2]", true, true },
	{ "[global]", "openat", "['retval<0']", true, true },
	{ "[global]", "openat", "['retval>=0']", true, true },
	{ "[global]", "openat", "['retval=0', 'retval<-5']", true, true },
	{ "[global]", "getppid", "['retval=0']", true, true },
	{ "[global]", "openat", "[data.flags=524288]", true, true },
	{ "[global]", "openat", "[data.flags!=524288]", true, true },
	{ "[global]", "openat", "[data.flags=0x80000, data.dirfd=-100]", true, true },
	{ "[global]", "openat", "[data.dirfd=-101]", true, false },
	{ "[global]", "openat", "[data.flags=O_WRONLY]", false, true },
	{ "[global]", "openat", "[data.pathname=/etc/passwd]", true, true },
	{ "[global]", "openat", "['data.pathname=/etc/*']", true, true },
	{ "[global]", "openat", "['data.pathname=/*']", true, true },
	{ "[global]", "openat", "['data.pathname=*name']", true, true },
	{ "[global]", "openat", "['data.pathname=*none,/etc/pass*,/']", true, true },
	{ "[global]", "openat", "['data.pathname=/nowhere*']", true, false },
	{ "[global]", "openat", "['data.pathname=xxxxxxxxxx*']", true, true },
	{ "[global]", "openat", "['data.pathname=*xxxxxxxx']", true, true },
	{ "[global]", "openat", "['data.pathname=*tc/pa*']", false, true },
	{ "[global]", "openat", "['data.pathname!=/etc/passwd']", false, true },
	{ "['uid=1234']", "openat", "[data.pathname=/etc/passwd, 'retval>=0']", true, true },
	{ "[global]", "close", "[data.fd=-1]", true, true },
	{ "[global]", "close", "['data.fd!=-1']", true, true },
	{ "[global]", "renameat2", "[data.oldpath=/none/a, data.newpath=/none/b]", true, true },
	{ "[global]", "renameat2", "[data.oldpath=/none/a, data.newpath=/none/a]", true, false },
	{ "[global]", "renameat2", "['data.newpath=*a', data.flags=0]", true, true },
	{ "['uid=1234']", "task_rename", "[]", true, true },
};
/* clang-format on */

START_TEST(what_is_wanted_arrives_and_less_of_the_rest)
{
	const struct one_rule *r = &cases[_i];
	unsigned int slot = event_def_find_name(r->event)->slot;
	struct arrived off = run_with(add_one, r, false), on = run_with(add_one, r, true);

	ck_assert_msg(on.n_matched == off.n_matched && on.sum == off.sum,
		      "%s %s %s: %zu with filters, %zu without", r->scope, r->event, r->filters,
		      on.n_matched, off.n_matched);
	ck_assert_msg((off.n_matched > 0) == r->matches, "%s %s %s: %zu of %zu match", r->scope,
		      r->event, r->filters, off.n_matched, off.n_records);
	for (size_t i = 0; events[i]; i++) /* nobody wants the others */
		if (strcmp(events[i], r->event) != 0)
			ck_assert_uint_eq(on.by_slot[event_def_find_name(events[i])->slot], 0);
	ck_assert_uint_gt(off.n_records, off.by_slot[slot]);
	ck_assert_msg((on.by_slot[slot] < off.by_slot[slot]) == r->drops,
		      "%s %s %s: %zu records, %zu without", r->scope, r->event, r->filters,
		      on.by_slot[slot], off.by_slot[slot]);
}
END_TEST

static void add_many(struct pol_set *set, const void *arg)
{
	char name[16], filters[96];

	(void)arg;
	for (int i = 0; i < 200; i++) {
		(void)snprintf(name, sizeof(name), "p%d", i);
		(void)snprintf(filters, sizeof(filters), "['data.pathname=/etc/%s%d*', uid=%d]",
			       i == 77 ? "h" : "f", i, i == 77 ? 0 : 10000 + i);
		if (i == 77)
			(void)snprintf(filters, sizeof(filters),
				       "['data.pathname=/etc/h*', uid=1234]");
		add_policy(set, name, "[global]", "openat", filters);
	}
	add_policy(set, "last", "['uid=99999']", "close", "[]");
}

START_TEST(two_hundred_policies)
{
	struct arrived off = run_with(add_many, NULL, false), on = run_with(add_many, NULL, true);

	ck_assert_uint_eq(off.n_matched, 1);
	ck_assert_uint_eq(on.n_matched, 1);
	ck_assert_uint_eq(on.sum, off.sum);
	ck_assert_uint_lt(on.n_records, off.n_records);
}
END_TEST

static size_t log_count(const struct record_log *log, unsigned int event)
{
	return rlog_count(log, 0, event);
}

static void open_both(void *arg)
{
	(void)arg;
	try_open("/etc/hostname", O_RDONLY);
	try_open("/etc/passwd", O_RDONLY);
}

static struct kfilter *filters_for(const char *filters)
{
	struct pol_set *set = pol_set_new();
	struct kfilter *k;

	add_policy(set, "p", "[global]", "openat", filters);
	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
	k = kfilter_compile(set, NULL);
	ck_assert_ptr_nonnull(k);
	pol_set_free(set); /* only the reports borrow from it */
	return k;
}

/* Another plan takes the filters of the one before away; a refused one does not. */
START_TEST(filters_come_and_go_with_the_plan)
{
	static const char *const openat_only[] = { "openat", NULL };
	struct kfilter *k = filters_for("[data.pathname=/etc/passwd]");
	struct live *l = live_open(NULL, openat_only, 0);
	struct err err = { 0 };

	for (int i = 0; i < 20; i++) {
		ck_assert_int_eq(
			lclient_plan_filtered(l->client, openat_only, 0, i % 2 ? k : NULL, &err),
			0);
		rlog_done(&l->log);
		(void)live_run(l, open_both, NULL);
		ck_assert_uint_eq(log_count(&l->log, EV_OPENAT), i % 2 ? 1 : 2);
	}
	/* an entry that no event looks for */
	k->entries[0].value.allow = 2;
	ck_assert_int_lt(lclient_plan_filtered(l->client, openat_only, 0, k, &err), 0);
	ck_assert_msg(strstr(err.text, "no such group") != NULL, "%s", err.text);
	live_close(l);
	kfilter_free(k);
}
END_TEST

/* A refusal ends the connection; what was in force stays for the next engine to find. */
START_TEST(a_refused_plan_changes_nothing)
{
	static const char *const openat_only[] = { "openat", NULL };
	struct kfilter *k = filters_for("[data.pathname=/etc/passwd]");
	struct live *l = live_open(NULL, nothing, 0);
	struct err err = { 0 };
	pid_t pid;

	ck_assert_int_eq(lclient_plan_filtered(l->client, openat_only, 0, k, &err), 0);
	k->entries[0].key.len = 5; /* of a whole text */
	ck_assert_int_lt(lclient_plan_filtered(l->client, openat_only, 0, k, &err), 0);
	/* or it had hung up before the plan was sent */
	ck_assert_msg(strstr(err.text, "has no value") || strstr(err.text, "ECONNRESET") ||
			      strstr(err.text, "EPIPE"),
		      "%s", err.text);
	rlog_done(&l->log);
	pid = live_start(open_both, NULL);
	live_join(l, pid);
	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_OPENAT), 1);
	live_close(l);
	kfilter_free(k);
}
END_TEST

/* --- containers ---------------------------------------------------------------------------------
 */

#define CONTAINER_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CALLS 4

static void call(void *arg)
{
	if (arg)
		must(cgdir_enter(arg));
	for (int i = 0; i < CALLS; i++)
		(void)syscall(SYS_getppid);
}

/* How many calls come through of a process in the cgroup, and of one that is not. */
static void calls_through(const struct live_collector *c, const char *scope, char *cgroup,
			  size_t *ret_inside, size_t *ret_outside)
{
	static const char *const getppid_only[] = { "getppid", NULL };
	struct pol_set *set = pol_set_new();
	struct live *l = live_open(c, nothing, 0);
	struct err err = { 0 };
	struct kfilter *k;
	pid_t pid;

	add_policy(set, "p", scope, "getppid", "[]");
	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
	k = kfilter_compile(set, NULL);
	ck_assert_ptr_nonnull(k);
	ck_assert_msg(lclient_plan_filtered(l->client, getppid_only, 0, k, &err) == 0, "%s",
		      err.text);
	pid = live_run(l, call, cgroup);
	*ret_inside = rlog_count(&l->log, pid, EV_GETPPID);
	rlog_done(&l->log);
	pid = live_run(l, call, NULL);
	*ret_outside = rlog_count(&l->log, pid, EV_GETPPID);
	live_close(l);
	kfilter_free(k);
	pol_set_free(set);
}

/* Those that were there when the collector looked. What it has not looked at passes. */
START_TEST(containers_are_told_apart)
{
	static const char *const none[] = { NULL };
	const char *root = cgdir_root();
	char known[256], late[256];
	struct live_collector c;
	size_t inside, outside;

	if (!root)
		return;
	(void)snprintf(known, sizeof(known), "%s/docker-" CONTAINER_ID ".scope", root);
	(void)snprintf(late, sizeof(late), "%s/crio-" CONTAINER_ID ".scope", root);
	ck_assert_uint_ne(cgdir_make(known), 0);
	ck_assert_msg(live_collector_start(&c, none), "%s", live_collector_said(&c));
	calls_through(&c, "[global]", known, &inside, &outside);
	ck_assert_uint_eq(inside, CALLS);
	ck_assert_uint_eq(outside, CALLS);
	calls_through(&c, "[container]", known, &inside, &outside);
	ck_assert_uint_eq(inside, CALLS);
	ck_assert_uint_eq(outside, 0);
	calls_through(&c, "[container=0123]", known, &inside, &outside);
	ck_assert_uint_eq(inside, CALLS);
	ck_assert_uint_eq(outside, 0);
	calls_through(&c, "[not-container]", known, &inside, &outside);
	ck_assert_uint_eq(inside, 0);
	ck_assert_uint_eq(outside, CALLS);
	ck_assert_uint_ne(cgdir_make(late), 0);
	calls_through(&c, "[container]", late, &inside, &outside);
	ck_assert_uint_eq(inside, CALLS);
	ck_assert_uint_eq(outside, 0);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
	ck_assert_int_eq(rmdir(known), 0);
	ck_assert_int_eq(rmdir(late), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/filters");
	TCase *tc = tcase_create("filters");

	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, what_is_wanted_arrives_and_less_of_the_rest, 0,
			    (int)ARRAY_LEN(cases));
	tcase_add_test(tc, two_hundred_policies);
	tcase_add_test(tc, filters_come_and_go_with_the_plan);
	tcase_add_test(tc, a_refused_plan_changes_nothing);
	tcase_add_test(tc, containers_are_told_apart);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	return live_main(argc, argv, make_suite, nothing);
}
