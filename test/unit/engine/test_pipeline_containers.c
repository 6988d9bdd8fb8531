/* SPDX-License-Identifier: Apache-2.0 */
/* What the pipeline learns of containers from the stream, and says of each event. */
#include <check.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/enrich/containers.h"
#include "engine/match/match.h"
#include "engine/pipeline.h"
#include "engine/sink/file.h"
#include "engine/policy/policy.h"
#include "test/support/record_builder.h"

#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define HOST_MNT 4026531841U
#define OTHER_MNT 4026532500U
#define MS 1000000ULL

static struct record_builder b;
static struct pol_set *policies;
static struct pipeline *p;
static struct sink *sink;
static int fd;
static off_t at;     /* what of the output was read */
static uint64_t now; /* ns */
static char line[65536];

static void start(const char *events)
{
	const struct pipeline_options opt = { .sinks = &sink, .n_sinks = 1 };
	struct match_options match = { .generation = 1 };

	ck_assert_int_ge(pol_set_select(policies, events, NULL), 0);
	ck_assert_int_eq(pol_set_compile(policies, NULL), 0);
	p = pipeline_new(&opt);
	ck_assert_ptr_nonnull(p);
	match.tree = pipeline_ptree(p);
	ck_assert_ptr_null(pipeline_set_match(p, match_new(policies, &match, NULL, NULL)));
	ck_assert_ptr_nonnull(pipeline_match(p));
}

static void setup(void)
{
	policies = pol_set_new();
	fd = memfd_create("sink", MFD_CLOEXEC);
	sink = sink_fd_open(fd, "test", NULL, NULL);
	at = 0;
	now = 1000 * MS;
}

static void teardown(void)
{
	match_free(pipeline_set_match(p, NULL));
	pipeline_free(p);
	pol_set_free(policies);
	sink_close(sink);
	(void)close(fd);
}

static void begin(unsigned int event, uint32_t tid)
{
	rb_begin(&b, event);
	now += MS;
	b.rec.ts_ns = now;
	b.rec.tid = tid;
	b.rec.tgid = tid;
}

static void give(void)
{
	const struct source_record r = { .rec = &b.rec, .cap = b.rec.len };

	pipeline_batch(p, NULL, &r, 1);
	ck_assert_uint_eq(pipeline_stats(p)->n_bad, 0);
}

/* What came out since the last call. */
static const char *output(void)
{
	ssize_t n;

	pipeline_flush(p);
	n = pread(fd, line, sizeof(line) - 1, at);
	ck_assert_int_ge(n, 0);
	line[n] = '\0';
	at += n;
	return line;
}

static void cgroup(unsigned int event, uint64_t id, const char *path)
{
	begin(event, 1);
	b.cgroup.cgroup_id = id;
	b.cgroup.is_tasks = 1;
	rb_str(&b, 1, path);
	give();
}

static void task(uint32_t tid, uint32_t ppid, uint64_t cgroup_id, uint32_t mnt_ns)
{
	begin(EV_TASK, tid);
	b.task.start_ns = 100 * MS + tid;
	b.task.ppid = ppid;
	b.task.cgroup_id = cgroup_id;
	b.task.mnt_ns = mnt_ns;
	give();
}

static const char *getppid_of(uint32_t tid)
{
	begin(EV_GETPPID, tid);
	give();
	return output();
}

static void exec_of(uint32_t tid)
{
	begin(EV_SCHED_PROCESS_EXEC, tid);
	give();
}

#define IN(id) "\"containerId\":\"" id "\",\"container\":{\"id\":\"" id "\"},"
#define IN_NONE "\"containerId\":\"\",\"container\":{},"
#define STARTED(what) "\"containerStarted\":" what ","

#define CHECK_SAYS(text, in, started)                                                              \
	do {                                                                                       \
		const char *says_ = text;                                                          \
		ck_assert_msg(strstr(says_, in) && strstr(says_, STARTED(started)), "%s", says_);  \
	} while (0)

START_TEST(container_that_was_there_is_known)
{
	start("getppid");
	cgroup(EV_CGROUP, 1, "/");
	cgroup(EV_CGROUP, 7, "/docker/" ID_A);
	cgroup(EV_CGROUP, 8, "/docker/" ID_A "/inner");
	task(100, 1, 7, OTHER_MNT);
	task(101, 1, 8, OTHER_MNT);
	task(102, 1, 1, HOST_MNT);
	task(103, 1, 9, HOST_MNT);
	ck_assert_str_eq(output(), "");
	CHECK_SAYS(getppid_of(100), IN(ID_A), "true");
	CHECK_SAYS(getppid_of(101), IN(ID_A), "true");
	CHECK_SAYS(getppid_of(102), IN_NONE, "false");
	CHECK_SAYS(getppid_of(103), IN_NONE, "false"); /* nobody told of its cgroup */
	CHECK_SAYS(getppid_of(104), IN_NONE, "false"); /* nor of this task */
}
END_TEST

START_TEST(container_goes_with_the_task)
{
	start("getppid");
	cgroup(EV_CGROUP, 1, "/");
	cgroup(EV_CGROUP_MKDIR, 7, "/docker/" ID_A);
	cgroup(EV_CGROUP_MKDIR, 8, "/docker/" ID_B);
	task(100, 1, 1, HOST_MNT);
	CHECK_SAYS(getppid_of(100), IN_NONE, "false");
	task(100, 1, 7, HOST_MNT);
	CHECK_SAYS(getppid_of(100), IN(ID_A), "false");
	task(100, 1, 8, HOST_MNT);
	CHECK_SAYS(getppid_of(100), IN(ID_B), "false");
	begin(EV_GETPPID, 100);
	b.rec.flags = REC_F_NOTASK;
	give();
	CHECK_SAYS(output(), IN_NONE, "false");
}
END_TEST

START_TEST(removed_container_is_known_a_while)
{
	struct containers_stats stats;

	start("getppid");
	cgroup(EV_CGROUP_MKDIR, 7, "/docker/" ID_A);
	task(100, 1, 7, HOST_MNT);
	cgroup(EV_CGROUP_RMDIR, 7, "/docker/" ID_A);
	CHECK_SAYS(getppid_of(100), IN(ID_A), "false");
	now += CONTAINERS_GRACE_NS;
	cgroup(EV_CGROUP_MKDIR, 8, "/docker/" ID_B);
	CHECK_SAYS(getppid_of(100), IN_NONE, "false");
	pipeline_containers_stats(p, &stats);
	ck_assert_uint_eq(stats.n_cgroups, 1);
	ck_assert_uint_eq(stats.n_containers, 1);
	ck_assert_uint_eq(stats.n_hits, 1);
	ck_assert_uint_eq(stats.n_misses, 1);
}
END_TEST

START_TEST(other_hierarchies_are_reported_and_not_believed)
{
	start("getppid,cgroup_mkdir");
	cgroup(EV_CGROUP, 7, "/docker/" ID_A);
	task(100, 1, 7, HOST_MNT);
	begin(EV_CGROUP_MKDIR, 100);
	b.cgroup.cgroup_id = 7;
	b.cgroup.hierarchy_id = 5;
	rb_str(&b, 1, "/docker/" ID_B);
	give();
	ck_assert_ptr_nonnull(
		strstr(output(), "{\"name\":\"hierarchy_id\",\"type\":\"u32\",\"value\":5}"));
	CHECK_SAYS(getppid_of(100), IN(ID_A), "true");
	begin(EV_CGROUP_RMDIR, 100);
	b.cgroup.cgroup_id = 7;
	b.cgroup.hierarchy_id = 5;
	give();
	now += 2 * CONTAINERS_GRACE_NS;
	cgroup(EV_CGROUP_MKDIR, 9, "/x");
	CHECK_SAYS(getppid_of(100), IN(ID_A), "true");
}
END_TEST

/* The event of the exec says already that the container has started. */
START_TEST(first_program_in_another_mount_namespace_starts_it)
{
	start("getppid,sched_process_exec");
	task(50, 1, 1, HOST_MNT);
	cgroup(EV_CGROUP_MKDIR, 7, "/docker/" ID_A);
	task(100, 50, 7, HOST_MNT);
	exec_of(100); /* of the runtime */
	CHECK_SAYS(output(), IN(ID_A), "false");
	task(100, 50, 7, OTHER_MNT);
	CHECK_SAYS(getppid_of(100), IN(ID_A), "false");
	exec_of(100);
	CHECK_SAYS(output(), IN(ID_A), "true");
	CHECK_SAYS(getppid_of(100), IN(ID_A), "true");
	task(101, 100, 7, OTHER_MNT);
	CHECK_SAYS(getppid_of(101), IN(ID_A), "true");
}
END_TEST

START_TEST(start_is_seen_though_nobody_wants_execs)
{
	start("getppid");
	task(50, 1, 1, HOST_MNT);
	cgroup(EV_CGROUP_MKDIR, 7, "/docker/" ID_A);
	cgroup(EV_CGROUP_MKDIR, 8, "/docker/" ID_B);
	task(100, 50, 7, OTHER_MNT);
	task(200, 999, 8, OTHER_MNT); /* nobody knows its parent */
	exec_of(100);
	exec_of(200);
	ck_assert_str_eq(output(), "");
	CHECK_SAYS(getppid_of(100), IN(ID_A), "true");
	CHECK_SAYS(getppid_of(200), IN(ID_B), "false");
}
END_TEST

START_TEST(context_that_is_not_to_be_believed_starts_nothing)
{
	start("getppid");
	task(50, 1, 1, HOST_MNT);
	cgroup(EV_CGROUP_MKDIR, 7, "/docker/" ID_A);
	task(100, 50, 7, OTHER_MNT);
	begin(EV_SCHED_PROCESS_EXEC, 100);
	b.rec.flags = REC_F_NOTASK;
	give();
	CHECK_SAYS(getppid_of(100), IN(ID_A), "false");
	task(100, 50, 7, 0); /* its namespaces are gone */
	exec_of(100);
	CHECK_SAYS(getppid_of(100), IN(ID_A), "false");
}
END_TEST

START_TEST(cgroup_events_are_delivered_to_who_wants_them)
{
	start("cgroup_*");
	task(100, 1, 1, HOST_MNT);
	begin(EV_CGROUP_MKDIR, 100);
	b.cgroup.cgroup_id = 4294967303;
	b.cgroup.is_tasks = 1;
	rb_str(&b, 1, "/docker/" ID_A);
	give();
	ck_assert_ptr_nonnull(
		strstr(output(),
		       "\"args\":[{\"name\":\"cgroup_id\",\"type\":\"u64\",\"value\":4294967303},"
		       "{\"name\":\"cgroup_path\",\"type\":\"const char*\",\"value\":"
		       "\"/docker/" ID_A "\"},"
		       "{\"name\":\"hierarchy_id\",\"type\":\"u32\",\"value\":0}]"));
	begin(EV_CGROUP_ATTACH_TASK, 100);
	b.cgroup_attach.pid = 4242;
	memcpy(b.cgroup_attach.comm, "sleep", 5);
	rb_str(&b, 0, "/docker/" ID_A);
	give();
	ck_assert_ptr_nonnull(strstr(
		output(), "\"args\":[{\"name\":\"cgroup_path\",\"type\":\"const char*\",\"value\":"
			  "\"/docker/" ID_A "\"},"
			  "{\"name\":\"comm\",\"type\":\"const char*\",\"value\":\"sleep\"},"
			  "{\"name\":\"pid\",\"type\":\"pid_t\",\"value\":4242}]"));
	cgroup(EV_CGROUP, 8, "/docker/" ID_B); /* internal: nobody can want it */
	ck_assert_str_eq(output(), "");
}
END_TEST

/* A record without its path: the kernel could not read it. */
START_TEST(cgroup_without_a_path_is_not_known)
{
	struct containers_stats stats;

	start("getppid");
	begin(EV_CGROUP_MKDIR, 1);
	b.cgroup.cgroup_id = 7;
	b.cgroup.is_tasks = 1;
	give();
	rb_begin(&b, EV_CGROUP_MKDIR);
	b.cgroup.cgroup_id = 8;
	b.cgroup.is_tasks = 1;
	rb_var(&b, 1, "", 0, REC_VAR_UNREAD, 0);
	give();
	pipeline_containers_stats(p, &stats);
	ck_assert_uint_eq(stats.n_cgroups, 0);
}
END_TEST

static bool has(const uint64_t *events, unsigned int slot)
{
	return events[slot / 64] & 1ULL << (slot % 64);
}

START_TEST(plan_has_what_containers_need)
{
	uint64_t events[LANE_SLOTS / 64], rings[LANE_SLOTS / 64];

	start("getppid");
	pipeline_plan(p, events, rings);
	ck_assert(has(events, EV_CGROUP_MKDIR_slot) && has(events, EV_CGROUP_RMDIR_slot));
	ck_assert(!has(rings, EV_CGROUP_MKDIR_slot) && !has(rings, EV_CGROUP_RMDIR_slot));
	ck_assert(!has(events, EV_CGROUP_ATTACH_TASK_slot) && !has(events, EV_CGROUP_slot));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pipeline_containers");
	TCase *tc = tcase_create("containers");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, container_that_was_there_is_known);
	tcase_add_test(tc, container_goes_with_the_task);
	tcase_add_test(tc, removed_container_is_known_a_while);
	tcase_add_test(tc, other_hierarchies_are_reported_and_not_believed);
	tcase_add_test(tc, first_program_in_another_mount_namespace_starts_it);
	tcase_add_test(tc, start_is_seen_though_nobody_wants_execs);
	tcase_add_test(tc, context_that_is_not_to_be_believed_starts_nothing);
	tcase_add_test(tc, cgroup_events_are_delivered_to_who_wants_them);
	tcase_add_test(tc, cgroup_without_a_path_is_not_known);
	tcase_add_test(tc, plan_has_what_containers_need);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
