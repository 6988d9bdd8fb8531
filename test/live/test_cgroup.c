/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Control groups: made, removed, tasks moved between them; those that were there before the engine
 * are told of, also when one was lost; and the kernel's map knows which are containers'.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/filter.h"
#include "test/live/cgroup_dir.h"
#include "test/live/live.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define MANY 5000 /* with these names more than the collector's lane holds */
#define PATIENCE_MS 20000

static const char *const cgroup_events[] = { "cgroup_mkdir", "cgroup_rmdir", "cgroup_attach_task",
					     "getppid", NULL };

struct place {
	const char *root; /* where the hierarchy is mounted */
	char name[300];   /* below it */
	char path[400];   /* both */
	uint32_t hierarchy;
};

/* What the workload saw. */
struct seen {
	uint64_t id;
	uint32_t tid;
};

static struct seen *seen(void)
{
	return (void *)live_shared;
}

static void name_it(struct place *p, const char *what)
{
	(void)snprintf(p->name, sizeof(p->name), "%s", what);
	(void)snprintf(p->path, sizeof(p->path), "%s/%s", p->root, what);
}

static bool find_place(struct place *p)
{
	p->root = cgdir_root();
	p->hierarchy = cgdir_hierarchy();
	return p->root != NULL;
}

static void make_enter_leave_remove(void *arg)
{
	const struct place *p = arg;

	seen()->id = cgdir_make(p->path);
	must(seen()->id != 0);
	seen()->tid = (uint32_t)gettid();
	(void)syscall(SYS_getppid);
	must(cgdir_enter(p->path));
	(void)syscall(SYS_getppid);
	must(cgdir_enter(p->root));
	must(rmdir(p->path) == 0);
}

static void check_cgroup(const struct rec_hdr *rec, const struct place *p)
{
	const struct rec_cgroup *cgroup = (const void *)rec;
	char path[320];

	(void)snprintf(path, sizeof(path), "/%s", p->name);
	ck_assert_uint_eq(rlog_field(rec, "cgroup_id").u, seen()->id);
	ck_assert_str_eq(rlog_string(rec, "cgroup_path"), path);
	ck_assert_uint_eq(rlog_field(rec, "hierarchy_id").u, p->hierarchy);
	ck_assert_uint_eq(cgroup->is_tasks, 1);
	ck_assert_uint_eq(cgroup->where.via, REC_VIA_SYSCALL);
}

static void check_made_moved_removed(struct live *l, const struct place *p)
{
	pid_t pid = live_run(l, make_enter_leave_remove, (void *)(uintptr_t)p);
	const struct rec_hdr *rec;
	char path[320];

	check_cgroup(rlog_only(&l->log, pid, EV_CGROUP_MKDIR), p);
	check_cgroup(rlog_only(&l->log, pid, EV_CGROUP_RMDIR), p);

	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_CGROUP_ATTACH_TASK), 2);
	rec = rlog_next(&l->log, pid, EV_CGROUP_ATTACH_TASK, NULL);
	(void)snprintf(path, sizeof(path), "/%s", p->name);
	ck_assert_str_eq(rlog_string(rec, "cgroup_path"), path);
	ck_assert_int_eq(rlog_field(rec, "pid").s, pid);
	ck_assert_int_eq(memcmp(rlog_field(rec, "comm").bytes, "live_cgroup", 11), 0);
	rec = rlog_next(&l->log, pid, EV_CGROUP_ATTACH_TASK, rec);
	ck_assert_str_eq(rlog_string(rec, "cgroup_path"), "/");

	rec = rlog_next(&l->log, pid, EV_GETPPID, NULL);
	ck_assert_uint_eq(rlog_context(&l->log, rec)->cgroup_id, 1);
	rec = rlog_next(&l->log, pid, EV_GETPPID, rec);
	ck_assert_uint_eq(rlog_context(&l->log, rec)->cgroup_id, seen()->id);
}

START_TEST(made_moved_to_removed)
{
	struct live *l = live_open(NULL, cgroup_events, 0);
	struct place p;

	if (find_place(&p)) {
		name_it(&p, "docker-" ID ".scope");
		check_made_moved_removed(l, &p);
	}
	live_close(l);
}
END_TEST

/* Where several hierarchies are mounted, --cgroupfs chooses; here version 2 of a host that has
 * both.
 */
START_TEST(version_2_beside_version_1)
{
	static const char *const args[] = { "--cgroupfs", "/sys/fs/cgroup/unified", NULL };
	struct place p = { .root = "/sys/fs/cgroup/unified" };
	struct live_collector c;
	struct live *l;

	if (access("/sys/fs/cgroup/unified/cgroup.procs", F_OK) != 0) {
		live_skip_part("there is no /sys/fs/cgroup/unified");
		return;
	}
	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	l = live_open(&c, cgroup_events, 0);
	name_it(&p, "warder-live-v2");
	check_made_moved_removed(l, &p);
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static void move_other(void *arg)
{
	const struct place *p = arg;
	char procs[512], text[16];
	int go[2];
	pid_t pid;

	must(cgdir_make(p->path) != 0);
	must(pipe(go) == 0);
	pid = live_fork();
	if (pid == 0) {
		char byte;

		must(prctl(PR_SET_NAME, "moved") == 0);
		must(read(go[0], &byte, 1) == 1);
		(void)syscall(SYS_getppid);
		_exit(0);
	}
	seen()->tid = (uint32_t)pid;
	while (true) { /* until it has its name */
		char file[64], name[32] = "";
		FILE *f;

		(void)snprintf(file, sizeof(file), "/proc/%d/comm", pid);
		f = fopen(file, "re");
		must(f && fgets(name, sizeof(name), f));
		(void)fclose(f);
		if (strcmp(name, "moved\n") == 0)
			break;
		(void)sched_yield();
	}
	(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", p->path);
	(void)snprintf(text, sizeof(text), "%d", pid);
	live_put(procs, text);
	must(write(go[1], "", 1) == 1);
	live_wait(pid);
	while (rmdir(p->path) != 0) /* the kernel takes a moment to see it empty */
		must(errno == EBUSY);
}

START_TEST(who_moves_another_is_not_who_was_moved)
{
	struct live *l = live_open(NULL, cgroup_events, 0);
	const struct rec_hdr *rec;
	struct place p;
	pid_t pid;

	if (find_place(&p)) {
		name_it(&p, "warder-live-move");
		pid = live_run(l, move_other, &p);
		rec = rlog_only(&l->log, pid, EV_CGROUP_ATTACH_TASK);
		ck_assert_int_eq(rlog_field(rec, "pid").s, (int64_t)seen()->tid);
		ck_assert_int_eq(memcmp(rlog_field(rec, "comm").bytes, "moved", 6), 0);
		rec = rlog_next(&l->log, (pid_t)seen()->tid, EV_GETPPID, NULL);
		ck_assert_ptr_nonnull(rec);
		ck_assert_uint_gt(rlog_context(&l->log, rec)->cgroup_id, 1);
	}
	live_close(l);
}
END_TEST

static void make_remove(void *arg)
{
	const struct place *p = arg;

	must(mkdir(p->path, 0755) == 0 && rmdir(p->path) == 0);
}

START_TEST(other_hierarchies_are_told_apart)
{
	struct live *l = live_open(NULL, cgroup_events, 0);
	struct place p = { .root = "/sys/fs/cgroup/pids" };
	const struct rec_cgroup *rec;
	pid_t pid;

	name_it(&p, "warder-live-pids");
	if (access("/sys/fs/cgroup/pids/tasks", F_OK) == 0) {
		pid = live_run(l, make_remove, &p);
		rec = (const void *)rlog_only(&l->log, pid, EV_CGROUP_MKDIR);
		ck_assert_uint_eq(rec->is_tasks, 0);
		ck_assert_uint_ne(rec->hierarchy_id, cgdir_hierarchy());
		ck_assert_uint_ne(rec->hierarchy_id, 0);
		(void)rlog_only(&l->log, pid, EV_CGROUP_RMDIR);
	} else {
		live_skip_part("there is one hierarchy only");
	}
	live_close(l);
}
END_TEST

/* --- Paths ------------------------------------------------------------------------------------ */

#define DEEP_NAME "a-name-of-some-length-for-a-cgroup-that-is-nested-quite-deeply-in-others"
#define DEEP 18 /* of these are more than the kernel's buffer for paths */

static void nest(void *arg)
{
	struct place p = *(const struct place *)arg;
	char path[4096];
	size_t len = 0, lens[DEEP];

	(void)snprintf(path, sizeof(path), "%s", p.root);
	for (int i = 0; i < DEEP; i++) {
		lens[i] = len = strlen(path);
		(void)snprintf(path + len, sizeof(path) - len, "/" DEEP_NAME);
		must(mkdir(path, 0755) == 0);
	}
	for (int i = DEEP - 1; i >= 0; i--) {
		must(rmdir(path) == 0);
		path[lens[i]] = '\0';
	}
}

START_TEST(path_that_the_kernel_cuts_is_marked)
{
	struct live *l = live_open(NULL, cgroup_events, 0);
	const struct rec_hdr *rec = NULL;
	struct place p;
	pid_t pid;

	if (find_place(&p)) {
		size_t expect = 0;

		pid = live_run(l, nest, &p);
		for (int i = 0; i < DEEP; i++) {
			struct decode_value v;

			rec = rlog_next(&l->log, pid, EV_CGROUP_MKDIR, rec);
			ck_assert_ptr_nonnull(rec);
			v = rlog_field(rec, "cgroup_path");
			expect += strlen("/" DEEP_NAME);
			ck_assert_uint_eq(v.len, expect < 1023 ? expect : 1023);
			ck_assert_uint_eq(v.var_flags, expect < 1023 ? 0 : REC_VAR_TRUNC);
		}
	}
	live_close(l);
}
END_TEST

/* --- Those that were there -------------------------------------------------------------------- */

struct told {
	struct record_log log;
	size_t n_paths; /* as many as begin with `prefix` */
	const char *prefix;
};

static void keep_cgroup(void *arg, size_t lane, const struct rec_hdr *rec)
{
	struct told *t = arg;

	(void)lane;
	if (rec->event != EV_CGROUP)
		return;
	rlog_add(&t->log, rec);
	t->n_paths += strncmp(rlog_string(rec, "cgroup_path"), t->prefix, strlen(t->prefix)) == 0;
}

static void read_until(struct lane_client *c, struct told *t, size_t n)
{
	for (int ms = 0; ms < PATIENCE_MS; ms++) {
		(void)lclient_read(c, keep_cgroup, t);
		if (t->n_paths >= n)
			break;
		(void)usleep(1000);
	}
	ck_assert_uint_eq(t->n_paths, n);
}

static const struct rec_cgroup *told_of(const struct told *t, const char *path)
{
	for (size_t i = 0; i < t->log.n; i++)
		if (strcmp(rlog_string(rlog_get(&t->log, i), "cgroup_path"), path) == 0)
			return (const void *)rlog_get(&t->log, i);
	ck_abort_msg("nobody tells of '%s'", path);
}

START_TEST(those_that_were_there_are_told_of)
{
	static const char *const no_cgroups[] = { "getppid", NULL };
	struct told t = { .prefix = "/libpod-" ID };
	struct lane_client *client;
	struct err err = { 0 };
	struct place p, inner;
	uint64_t id, inner_id;
	struct stat st;

	if (!find_place(&p))
		return;
	inner = p;
	name_it(&p, "libpod-" ID ".scope");
	name_it(&inner, "libpod-" ID ".scope/inner");
	id = cgdir_make(p.path);
	inner_id = cgdir_make(inner.path);
	ck_assert(id && inner_id);
	client = live_connect(NULL);
	ck_assert_msg(lclient_plan(client, cgroup_events, 0, &err) == 0, "%s", err.text);
	read_until(client, &t, 2);
	ck_assert_uint_eq(told_of(&t, "/libpod-" ID ".scope")->cgroup_id, id);
	ck_assert_uint_eq(told_of(&t, "/libpod-" ID ".scope/inner")->cgroup_id, inner_id);
	ck_assert_int_eq(stat(p.root, &st), 0);
	ck_assert_uint_eq(told_of(&t, "/")->cgroup_id, st.st_ino);
	ck_assert_uint_eq(told_of(&t, "/")->hierarchy_id, p.hierarchy);
	ck_assert_uint_eq(told_of(&t, "/")->is_tasks, 1);
	ck_assert_int_eq(told_of(&t, "/")->where.syscall_nr, REC_NO_SYSCALL);
	lclient_free(client);

	/* An engine that does not want to hear of new ones is not told of old ones either. */
	client = live_connect(NULL);
	rlog_done(&t.log);
	ck_assert_msg(lclient_plan(client, no_cgroups, 0, &err) == 0, "%s", err.text);
	ck_assert(lclient_drain(client, keep_cgroup, &t));
	ck_assert_uint_eq(t.log.n, 0);
	lclient_free(client);
	ck_assert_int_eq(rmdir(inner.path), 0);
	ck_assert_int_eq(rmdir(p.path), 0);
}
END_TEST

static void name_number(struct place *p, uint32_t i)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "warder-live-many-%0220u", i); /* fits */
	name_it(p, name);
}

/* Slowly, so that the lane is full again and again. */
START_TEST(more_than_the_lane_holds_are_told_of_once_each)
{
	struct told t = { .prefix = "/warder-live-many-" };
	uint32_t n = live_scaled(MANY);
	struct lane_client *client;
	struct err err = { 0 };
	struct place p;

	if (!find_place(&p))
		return;
	for (uint32_t i = 0; i < n; i++) {
		name_number(&p, i);
		ck_assert_int_eq(mkdir(p.path, 0755), 0);
	}
	client = live_connect(NULL);
	ck_assert_msg(lclient_plan(client, cgroup_events, 0, &err) == 0, "%s", err.text);
	(void)usleep(50000);
	read_until(client, &t, n);
	(void)usleep(50000);
	ck_assert(lclient_drain(client, keep_cgroup, &t));
	ck_assert_uint_eq(t.n_paths, n);
	ck_assert_uint_eq(lclient_lost(client, EV_CGROUP_slot), 0);
	for (uint32_t i = 0; i < n; i++) {
		name_number(&p, i);
		ck_assert_int_eq(rmdir(p.path), 0);
	}
	rlog_done(&t.log);
	lclient_free(client);
}
END_TEST

/* Renames fill the vital lane, then a cgroup is made. */
static void flood_then_make(void *arg)
{
	const struct place *p = arg;

	for (int i = 0; i < 20000; i++)
		must(prctl(PR_SET_NAME, i % 2 ? "one" : "two") == 0);
	seen()->id = cgdir_make(p->path);
	must(seen()->id != 0);
}

START_TEST(lost_one_is_told_of_again)
{
	static const char *const args[] = { "--lanes", "1M", "--cpu-groups", "1", NULL };
	static const char *const events[] = { "cgroup_mkdir", "task_rename", NULL };
	struct told t = { .prefix = "/crio-" ID };
	struct live_collector c;
	struct live *l;
	struct place p;

	if (!find_place(&p))
		return;
	name_it(&p, "crio-" ID ".scope");
	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	l = live_open(&c, events, 0);
	live_be_lazy(l, EV_CGROUP_MKDIR_slot);
	(void)live_run(l, flood_then_make, &p);
	ck_assert_uint_eq(lclient_lost(l->client, EV_CGROUP_MKDIR_slot), 1);
	for (size_t i = 0; i < l->log.n; i++)
		keep_cgroup(&t, 0, rlog_get(&l->log, i));
	read_until(l->client, &t, 1);
	ck_assert_uint_eq(told_of(&t, "/crio-" ID ".scope")->cgroup_id, seen()->id);
	live_close(l);
	ck_assert_int_eq(rmdir(p.path), 0);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
	rlog_done(&t.log);
}
END_TEST

/* --- The kernel's map --------------------------------------------------------------------------
 */

/* What a collector's `cgroup_kinds` says; of several the one that knows the cgroup. */
static uint32_t kind_of(uint64_t cgroup_id)
{
	uint32_t id = 0, kind = FILTER_IN_UNKNOWN;

	while (kind == FILTER_IN_UNKNOWN && bpf_map_get_next_id(id, &id) == 0) {
		CLEANUP_FD int fd = bpf_map_get_fd_by_id(id);
		struct bpf_map_info info = { 0 };
		__u32 len = sizeof(info);

		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0 &&
		    strcmp(info.name, "cgroup_kinds") == 0)
			(void)bpf_map_lookup_elem(fd, &cgroup_id, &kind);
	}
	return kind;
}

START_TEST(kernel_knows_which_are_containers)
{
	static const char *const none[] = { NULL };
	struct place p, inner, host;
	struct live_collector c;
	uint64_t id, inner_id, host_id;

	if (!find_place(&p))
		return;
	inner = host = p;
	name_it(&p, "cri-containerd-" ID ".scope");
	name_it(&inner, "cri-containerd-" ID ".scope/inner");
	name_it(&host, "warder-live-host.slice");
	id = cgdir_make(p.path);
	inner_id = cgdir_make(inner.path);
	host_id = cgdir_make(host.path);
	ck_assert(id && inner_id && host_id);
	ck_assert_uint_eq(kind_of(id), FILTER_IN_UNKNOWN);
	ck_assert_msg(live_collector_start(&c, none), "%s", live_collector_said(&c));
	/* It has looked when it answers: an engine need not be there for it. */
	lclient_free(live_connect(&c));
	ck_assert_uint_eq(kind_of(id), FILTER_IN_CONTAINER);
	ck_assert_uint_eq(kind_of(inner_id), FILTER_IN_CONTAINER);
	ck_assert_uint_eq(kind_of(host_id), FILTER_IN_HOST);
	ck_assert_uint_eq(kind_of(1), FILTER_IN_HOST);
	ck_assert_int_eq(rmdir(inner.path), 0);
	ck_assert_int_eq(rmdir(p.path), 0);
	ck_assert_int_eq(rmdir(host.path), 0);
	ck_assert_uint_eq(kind_of(id), FILTER_IN_UNKNOWN);
	ck_assert_uint_eq(kind_of(inner_id), FILTER_IN_UNKNOWN);
	ck_assert_uint_eq(kind_of(host_id), FILTER_IN_UNKNOWN);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- Views -------------------------------------------------------------------------------------
 */

/* A folder that is no cgroupfs, with no other to be found: the collector goes on and says so. What
 * process 1 sees is used where it is the whole. */
START_TEST(collector_without_a_hierarchy_goes_on)
{
	const char *const args[] = { "--cgroupfs", live_dir(), NULL };
	struct live_collector c;
	struct place p;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	if (!strstr(live_collector_said(&c), "no cgroup hierarchy is mounted"))
		ck_assert(find_place(&p)); /* found through /proc/1/root */
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/cgroup");
	TCase *tc = tcase_create("cgroup");

	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, made_moved_to_removed);
	tcase_add_test(tc, version_2_beside_version_1);
	tcase_add_test(tc, who_moves_another_is_not_who_was_moved);
	tcase_add_test(tc, other_hierarchies_are_told_apart);
	tcase_add_test(tc, path_that_the_kernel_cuts_is_marked);
	tcase_add_test(tc, those_that_were_there_are_told_of);
	tcase_add_test(tc, more_than_the_lane_holds_are_told_of_once_each);
	tcase_add_test(tc, lost_one_is_told_of_again);
	tcase_add_test(tc, kernel_knows_which_are_containers);
	tcase_add_test(tc, collector_without_a_hierarchy_goes_on);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };

	return live_main(argc, argv, make_suite, none);
}
