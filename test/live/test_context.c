/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The context of a task: told before its first record, and again, with the right values, before the
 * first record after it changed. The workload notes what is true, then calls getppid(), which is
 * all that is reported.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/cgroup_dir.h"
#include "test/live/live.h"

#define FLIPS 10000
#define REUSES 100
#define TRUTHS 16

static const char *const getppid_only[] = { "getppid", NULL };

static const char *const ns_names[] = { "mnt", "pid", "uts", "ipc", "net", "user", "cgroup" };

/* What is true at one call of getppid(). */
struct truth {
	uint32_t tid, tgid, ppid;          /* 0: not to be compared */
	uint32_t ns_tid, ns_tgid, ns_ppid; /* as the task sees them */
	uint32_t uid, gid, euid, egid;
	uint32_t ns[ARRAY_LEN(ns_names)]; /* 0: not to be compared */
	uint64_t caps;
	char comm[REC_COMM_LEN], uts[REC_UTS_LEN], exe[256];
};

struct truths {
	uint32_t n;
	struct truth at[TRUTHS];
};

static struct truths *truths(void)
{
	return (void *)live_shared;
}

static uint64_t effective_caps(void)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	must(syscall(SYS_capget, &hdr, data) == 0);
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

/* In a pid namespace what the host sees is not known to us: `tid` and so on are then filled later.
 */
static struct truth *note(void)
{
	struct truth *t = &truths()->at[truths()->n++];
	char host[65];
	uid_t saved;

	must(truths()->n <= TRUTHS);
	t->ns_tid = (uint32_t)gettid();
	t->ns_tgid = (uint32_t)getpid();
	must(getresuid(&t->uid, &t->euid, &saved) == 0);
	must(getresgid(&t->gid, &t->egid, &saved) == 0);
	for (size_t i = 0; i < ARRAY_LEN(ns_names); i++) {
		char path[64];
		struct stat st;

		(void)snprintf(path, sizeof(path), "/proc/thread-self/ns/%s", ns_names[i]);
		if (stat(path, &st) == 0)
			t->ns[i] = (uint32_t)st.st_ino;
	}
	t->caps = effective_caps();
	must(prctl(PR_GET_NAME, t->comm) == 0);
	must(gethostname(host, sizeof(host)) == 0);
	memcpy(t->uts, host, sizeof(t->uts) - 1);
	must(readlink("/proc/self/exe", t->exe, sizeof(t->exe) - 1) > 0);
	t->ns_ppid = (uint32_t)syscall(SYS_getppid);
	return t;
}

static void note_here(void)
{
	struct truth *t = note();

	t->tid = t->ns_tid;
	t->tgid = t->ns_tgid;
	t->ppid = t->ns_ppid;
}

static void check_truth(const struct truth *t, const struct rec_task *task)
{
	const uint32_t ns[] = { task->mnt_ns, task->pid_ns,  task->uts_ns,   task->ipc_ns,
				task->net_ns, task->user_ns, task->cgroup_ns };

	ck_assert_ptr_nonnull(task);
	if (t->tid) {
		ck_assert_uint_eq(task->hdr.tid, t->tid);
		ck_assert_uint_eq(task->hdr.tgid, t->tgid);
		ck_assert_uint_eq(task->ppid, t->ppid);
	}
	ck_assert_uint_eq(task->ns_tid, t->ns_tid);
	ck_assert_uint_eq(task->ns_tgid, t->ns_tgid);
	ck_assert_uint_eq(task->ns_ppid, t->ns_ppid);
	ck_assert_uint_eq(task->uid, t->uid);
	ck_assert_uint_eq(task->euid, t->euid);
	ck_assert_uint_eq(task->gid, t->gid);
	ck_assert_uint_eq(task->egid, t->egid);
	ck_assert_uint_eq(task->cap_effective, t->caps);
	for (size_t i = 0; i < ARRAY_LEN(ns); i++)
		ck_assert_msg(t->ns[i] == 0 || ns[i] == t->ns[i], "%s namespace %u, expected %u",
			      ns_names[i], ns[i], t->ns[i]);
	ck_assert_str_eq((const char *)task->comm, t->comm);
	ck_assert_str_eq((const char *)task->uts_name, t->uts);
	ck_assert_str_eq(rlog_exe(task), t->exe);
}

/* Every getppid() of all followed processes, in order of time, against the truths in their order.
 */
static void check_truths(const struct record_log *log)
{
	const struct rec_hdr *rec = NULL;

	for (uint32_t i = 0; i < truths()->n; i++) {
		rec = rlog_next(log, 0, EV_GETPPID, rec);
		ck_assert_msg(rec != NULL, "%u calls were seen, expected %u", i, truths()->n);
		ck_assert_uint_eq(rec->flags & REC_F_NOTASK, 0);
		ck_assert_int_eq(rec->ret, truths()->at[i].ns_ppid);
		check_truth(&truths()->at[i], rlog_context(log, rec));
	}
	ck_assert_ptr_null(rlog_next(log, 0, EV_GETPPID, rec));
}

static void check_work(void (*work)(void *arg))
{
	struct live *l = live_open(NULL, getppid_only, 0);

	(void)live_run(l, work, NULL);
	ck_assert_uint_gt(truths()->n, 0);
	check_truths(&l->log);
	live_close(l);
}

/* --- What changes ----------------------------------------------------------------------------- */

static void change_credentials(void *arg)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2] = { { .effective = 1, .permitted = 1 } };

	(void)arg;
	note_here();
	must(setresgid((gid_t)-1, 77, (gid_t)-1) == 0);
	note_here();
	must(setresuid(1000, 1001, 0) == 0);
	note_here();
	must(setresuid(0, 0, 0) == 0);
	note_here();
	must(syscall(SYS_capset, &hdr, caps) == 0);
	note_here();
}

START_TEST(credentials)
{
	check_work(change_credentials);
}
END_TEST

static void change_name(void *arg)
{
	char path[64];

	(void)arg;
	note_here();
	must(prctl(PR_SET_NAME, "another name") == 0);
	note_here();
	(void)snprintf(path, sizeof(path), "/proc/self/task/%d/comm", gettid());
	live_put(path, "through /proc");
	note_here();
	must(prctl(PR_SET_NAME, "exactly fifteen") == 0);
	note_here();
	must(prctl(PR_SET_NAME, "") == 0);
	note_here();
}

START_TEST(name)
{
	check_work(change_name);
}
END_TEST

static void change_namespaces(void *arg)
{
	static const int flags[] = { CLONE_NEWUTS, CLONE_NEWNS, CLONE_NEWIPC, CLONE_NEWNET,
				     CLONE_NEWCGROUP };
	int before = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	(void)arg;
	note_here();
	for (size_t i = 0; i < ARRAY_LEN(flags); i++) {
		must(unshare(flags[i]) == 0);
		if (flags[i] == CLONE_NEWUTS)
			must(sethostname("inside", 6) == 0);
		note_here();
	}
	must(setns(before, CLONE_NEWUTS) == 0);
	note_here();
}

START_TEST(namespaces)
{
	check_work(change_namespaces);
}
END_TEST

static void change_host_name(void *arg)
{
	(void)arg;
	must(unshare(CLONE_NEWUTS) == 0);
	must(sethostname("first", 5) == 0);
	note_here();
	must(sethostname("second", 6) == 0);
	note_here();
}

START_TEST(host_name)
{
	check_work(change_host_name);
}
END_TEST

static void change_user_namespace(void *arg)
{
	(void)arg;
	must(setresgid(500, 500, 500) == 0 && setresuid(500, 500, 500) == 0);
	must(prctl(PR_SET_DUMPABLE, 1) == 0); /* or our /proc folder is root's */
	note_here();
	if (unshare(CLONE_NEWUSER) != 0)
		return; /* forbidden here */
	note_here();
	/* our own ids are the overflow ids in there; the record has the host's */
	truths()->at[1].uid = truths()->at[1].euid = 500;
	truths()->at[1].gid = truths()->at[1].egid = 500;
}

START_TEST(user_namespace)
{
	check_work(change_user_namespace);
	if (truths()->n < 2)
		live_skip_part("user namespaces are forbidden here");
}
END_TEST

/* --- Groups and parents ------------------------------------------------------------------------
 */

struct cgroups {
	char path[2][128];
};

static void change_cgroup(void *arg)
{
	struct cgroups *groups = arg;

	note_here();
	for (int i = 0; i < 2; i++) {
		must(cgdir_enter(groups->path[i]));
		note_here();
	}
}

START_TEST(cgroup)
{
	struct live *l = live_open(NULL, getppid_only, 0);
	struct cgroups groups;
	const struct rec_hdr *rec;
	const char *root = cgdir_root();
	uint64_t ids[2];
	pid_t pid;

	for (int i = 0; root && i < 2; i++) {
		(void)snprintf(groups.path[i], sizeof(groups.path[i]), "%s/warder-live-%d-%d", root,
			       getpid(), i);
		ids[i] = cgdir_make(groups.path[i]);
		ck_assert_uint_ne(ids[i], 0);
	}
	if (!root) {
		live_close(l);
		return;
	}
	pid = live_run(l, change_cgroup, &groups);
	check_truths(&l->log);
	rec = rlog_next(&l->log, pid, EV_GETPPID, NULL);
	for (int i = 0; i < 2; i++) {
		rec = rlog_next(&l->log, pid, EV_GETPPID, rec);
		ck_assert_uint_eq(rlog_context(&l->log, rec)->cgroup_id, ids[i]);
		ck_assert_int_eq(rmdir(groups.path[i]), 0);
	}
	live_close(l);
}
END_TEST

static void lose_parent(void *arg)
{
	int gone[2];
	pid_t parent;
	char byte;

	(void)arg;
	must(pipe(gone) == 0);
	must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	parent = live_fork();
	if (parent == 0) {
		if (live_fork() != 0)
			for (;;)
				(void)pause();
		note_here();
		must(kill((pid_t)truths()->at[0].ppid, SIGKILL) == 0);
		must(close(gone[1]) == 0);
		while (getppid() == (pid_t)truths()->at[0].ppid)
			(void)sched_yield();
		note_here();
		_exit(0);
	}
	must(close(gone[1]) == 0);
	must(read(gone[0], &byte, 1) == 0); /* both are gone, or have closed it */
	while (wait(NULL) > 0)
		continue;
	(void)parent;
}

/* The context's parent is compared by the last call alone: how many were made while waiting for the
 * death is not known. */
START_TEST(parent)
{
	struct live *l = live_open(NULL, getppid_only, 0);
	pid_t pid = live_run(l, lose_parent, NULL), orphan = (pid_t)truths()->at[0].tgid;
	const struct rec_hdr *rec = NULL, *next;

	while ((next = rlog_next(&l->log, orphan, EV_GETPPID, rec)))
		rec = next;
	ck_assert_ptr_nonnull(rec);
	ck_assert_int_eq(rec->ret, pid);
	check_truth(&truths()->at[1], rlog_context(&l->log, rec));
	live_close(l);
}
END_TEST

static void *note_in_thread(void *arg)
{
	note_here();
	must(prctl(PR_SET_NAME, "a thread") == 0);
	note_here();
	return arg;
}

static void change_in_threads(void *arg)
{
	pthread_t thread;

	(void)arg;
	note_here();
	for (int i = 0; i < 2; i++) {
		must(pthread_create(&thread, NULL, note_in_thread, NULL) == 0);
		must(pthread_join(thread, NULL) == 0);
		note_here();
	}
}

START_TEST(threads)
{
	struct live *l = live_open(NULL, getppid_only, 0);
	pid_t pid = live_run(l, change_in_threads, NULL);
	const struct rec_hdr *rec = NULL;

	check_truths(&l->log);
	while ((rec = rlog_next(&l->log, pid, EV_GETPPID, rec))) {
		const struct rec_task *task = rlog_context(&l->log, rec);

		if (rec->tid == rec->tgid)
			ck_assert_uint_eq(task->start_ns, task->leader_start_ns);
		else
			ck_assert_uint_gt(task->start_ns, task->leader_start_ns);
	}
	live_close(l);
}
END_TEST

/* In a pid namespace of its own: the process, its child, and its child's thread. */
static void live_in_pid_namespace(void *arg)
{
	struct clone_args args = { .flags = CLONE_NEWPID, .exit_signal = SIGCHLD };
	int go[2];
	pid_t pid;
	char byte;

	(void)arg;
	must(pipe(go) == 0);
	pid = (pid_t)syscall(SYS_clone3, &args, sizeof(args));
	must(pid >= 0);
	if (pid == 0) {
		pthread_t thread;

		must(read(go[0], &byte, 1) == 1); /* the parent has said who we are */
		must(mount("proc", "/proc", "proc", 0, NULL) == 0);
		truths()->at[truths()->n].tid = 0;
		(void)note();
		must(pthread_create(&thread, NULL, (void *(*)(void *))(void (*)(void))note, NULL) ==
		     0);
		must(pthread_join(thread, NULL) == 0);
		_exit(0);
	}
	live_follow(pid);
	must(write(go[1], "", 1) == 1);
	must(waitpid(pid, NULL, 0) == pid);
	truths()->at[0].tid = truths()->at[0].tgid = (uint32_t)pid;
	truths()->at[0].ppid = (uint32_t)getpid();
}

static void enter_pid_namespace(void *arg)
{
	must(unshare(CLONE_NEWNS) == 0);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	live_in_pid_namespace(arg);
}

START_TEST(pid_namespace)
{
	struct live *l = live_open(NULL, getppid_only, 0);

	(void)live_run(l, enter_pid_namespace, NULL);
	ck_assert_uint_eq(truths()->n, 2);
	ck_assert_uint_eq(truths()->at[0].ns_tid, 1);
	ck_assert_uint_eq(truths()->at[1].ns_tid, 2);
	ck_assert_uint_eq(truths()->at[1].ns_tgid, 1);
	ck_assert_uint_eq(truths()->at[0].ns_ppid, 0);
	check_truths(&l->log);
	live_close(l);
}
END_TEST

/* --- Many changes -------------------------------------------------------------
 */

/* The users of turn `i`. */
static uid_t real_of(uint32_t i)
{
	return 1000 + i * 7 % 13;
}

static uid_t effective_of(uint32_t i)
{
	return 2000 + i % 5;
}

static void flip_credentials(void *arg)
{
	(void)arg;
	for (uint32_t i = 0; i < live_scaled(FLIPS); i++) {
		must(syscall(SYS_setresuid, 0, 0, 0) == 0);
		must(syscall(SYS_setresuid, real_of(i), effective_of(i), 0) == 0);
		(void)syscall(SYS_getppid);
	}
}

START_TEST(each_of_many_changes_is_told)
{
	struct live *l = live_open(NULL, getppid_only, 0);
	pid_t pid = live_run(l, flip_credentials, NULL);
	const struct rec_hdr *rec = NULL;

	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_GETPPID), live_scaled(FLIPS));
	for (uint32_t i = 0; i < live_scaled(FLIPS); i++) {
		const struct rec_task *task;

		rec = rlog_next(&l->log, pid, EV_GETPPID, rec);
		task = rlog_context(&l->log, rec);
		ck_assert_msg(task && task->uid == real_of(i) && task->euid == effective_of(i),
			      "turn %u: uid %u, euid %u, expected %u, %u", i, task ? task->uid : 0,
			      task ? task->euid : 0, real_of(i), effective_of(i));
	}
	live_close(l);
}
END_TEST

/* Effective capabilities of turn `i`, all of which may be had again. */
static uint32_t caps_of(uint32_t i)
{
	return 1U << CAP_SETUID | (i * 5 % 31 + 1);
}

static void set_caps(uint32_t effective)
{
	struct __user_cap_header_struct hdr = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct caps[2];

	must(syscall(SYS_capget, &hdr, caps) == 0);
	caps[0].effective = caps[0].permitted & effective;
	caps[1].effective = 0;
	must(syscall(SYS_capset, &hdr, caps) == 0);
}

/* A struct cred is freed by RCU: membarrier() waits until that is done, so the one that is made
 * next may well lie where the one of the latest record did. */
static void reuse_credentials(void *arg)
{
	(void)arg;
	must(prctl(PR_SET_SECUREBITS, 1 << 2) == 0); /* SECBIT_NO_SETUID_FIXUP */
	for (uint32_t i = 0; i < live_scaled(REUSES); i++) {
		for (int k = 0; k < 3; k++) {
			set_caps(1U << CAP_SETUID);
			must(syscall(SYS_membarrier, 1 /* GLOBAL */, 0, 0) == 0);
		}
		if (i % 2)
			must(syscall(SYS_setresuid, real_of(i), effective_of(i), 0) == 0);
		set_caps(caps_of(i));
		(void)syscall(SYS_getppid);
	}
}

START_TEST(credentials_at_a_used_address_are_noticed)
{
	struct live *l = live_open(NULL, getppid_only, 0);
	uint32_t permitted = (uint32_t)effective_caps(); /* root's: the same */
	pid_t pid = live_run(l, reuse_credentials, NULL);
	const struct rec_hdr *rec = NULL;

	for (uint32_t i = 0; i < live_scaled(REUSES); i++) {
		const struct rec_task *task;
		uint32_t last = i % 2 ? i : i - 1;

		rec = rlog_next(&l->log, pid, EV_GETPPID, rec);
		ck_assert_ptr_nonnull(rec);
		task = rlog_context(&l->log, rec);
		ck_assert_ptr_nonnull(task);
		ck_assert_uint_eq(task->uid, i == 0 ? 0 : real_of(last));
		ck_assert_uint_eq(task->euid, i == 0 ? 0 : effective_of(last));
		ck_assert_msg((uint32_t)task->cap_effective == (caps_of(i) & permitted),
			      "turn %u: capabilities %llx, expected %x", i, task->cap_effective,
			      caps_of(i) & permitted);
	}
	live_close(l);
}
END_TEST

/* --- Who was there before us -------------------------------------------------------------------
 */

/* Field 22 of /proc/PID/stat, in clock ticks since boot. */
static uint64_t start_ticks(pid_t pid)
{
	char path[64], line[1024] = "", *p;
	CLEANUP_FD int fd = -1;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt(read(fd, line, sizeof(line) - 1), 0);
	p = strrchr(line, ')');
	for (int field = 2; p && field < 22; field++)
		p = strchr(p + 1, ' ');
	ck_assert_ptr_nonnull(p);
	return strtoull(p, NULL, 10);
}

static void keep_task(void *arg, size_t lane, const struct rec_hdr *rec)
{
	(void)lane;
	if (rec->event == EV_TASK)
		rlog_add(arg, rec);
}

static uint64_t boottime_ns(void)
{
	struct timespec ts;

	ck_assert_int_eq(clock_gettime(CLOCK_BOOTTIME, &ts), 0);
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/* Reads until the snapshot has said something about the thread, and not that of the connection
 * before, which may have been under way when it ended. */
static const struct rec_task *snapshot_of(struct lane_client *c, struct record_log *log, pid_t tid,
					  uint64_t since_ns)
{
	for (int ms = 0; ms < 10000; ms++) {
		(void)lclient_read(c, keep_task, log);
		for (size_t i = 0; i < log->n; i++)
			if (rlog_get(log, i)->tid == (uint32_t)tid &&
			    rlog_get(log, i)->ts_ns >= since_ns)
				return (const void *)rlog_get(log, i);
		(void)usleep(1000);
	}
	ck_abort_msg("the snapshot does not know %d", tid);
}

static void sleep_on(void *has_name)
{
	must(prctl(PR_SET_NAME, "sleeper") == 0);
	__atomic_store_n((bool *)has_name, true, __ATOMIC_RELEASE);
	for (;;)
		(void)pause();
}

START_TEST(the_snapshot_knows_who_was_there)
{
	static const char *const nothing[] = { NULL };
	struct live *l = live_open(NULL, nothing, 0);
	long hz = sysconf(_SC_CLK_TCK);
	struct record_log log = { 0 };
	const struct rec_task *task;
	bool *has_name = (bool *)live_shared;
	pid_t sleeper;
	struct err err = { 0 };
	char exe[256] = "";
	uint64_t ticks, since_ns;

	lclient_free(l->client);
	sleeper = live_start(sleep_on, has_name); /* now, or it would keep the connection open */
	while (!__atomic_load_n(has_name, __ATOMIC_ACQUIRE))
		(void)usleep(1000);
	since_ns = boottime_ns();
	l->client = live_connect(NULL);
	ck_assert_msg(lclient_plan(l->client, getppid_only, 0, &err) == 0, "%s", err.text);
	task = snapshot_of(l->client, &log, getpid(), since_ns);
	ck_assert_int_gt(readlink("/proc/self/exe", exe, sizeof(exe) - 1), 0);
	ck_assert_str_eq(rlog_exe(task), exe);
	ck_assert_uint_eq(task->ppid, (uint32_t)getppid());
	ck_assert_uint_eq(task->hdr.flags & REC_F_KTHREAD, 0);
	ticks = task->start_ns / (1000000000U / (uint64_t)hz);
	ck_assert_uint_le(ticks, start_ticks(getpid()) + 1);
	ck_assert_uint_ge(ticks + 1, start_ticks(getpid()));
	ck_assert_uint_eq(task->start_ns, task->leader_start_ns);

	task = snapshot_of(l->client, &log, sleeper, since_ns);
	ck_assert_str_eq((const char *)task->comm, "sleeper");
	ck_assert_uint_eq(task->ppid, (uint32_t)getpid());
	task = snapshot_of(l->client, &log, 2, since_ns);
	ck_assert_str_eq((const char *)task->comm, "kthreadd");
	ck_assert_uint_eq(task->hdr.flags & REC_F_KTHREAD, REC_F_KTHREAD);
	ck_assert_int_eq(kill(sleeper, SIGKILL), 0);
	ck_assert_int_eq(waitpid(sleeper, NULL, 0), sleeper);
	rlog_done(&log);
	live_close(l);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/context");
	TCase *tc = tcase_create("follows a change of");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, credentials);
	tcase_add_test(tc, name);
	tcase_add_test(tc, namespaces);
	tcase_add_test(tc, host_name);
	tcase_add_test(tc, user_namespace);
	tcase_add_test(tc, cgroup);
	tcase_add_test(tc, parent);
	tcase_add_test(tc, threads);
	tcase_add_test(tc, pid_namespace);
	tcase_add_test(tc, each_of_many_changes_is_told);
	tcase_add_test(tc, credentials_at_a_used_address_are_noticed);
	suite_add_tcase(s, tc);
	tc = tcase_create("snapshot");
	tcase_set_timeout(tc, 30);
	tcase_add_test(tc, the_snapshot_knows_who_was_there);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };

	return live_main(argc, argv, make_suite, none);
}
