/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/wring.h"
#include "engine/losses.h"
#include "engine/match/match.h"
#include "engine/pipeline.h"
#include "engine/sink/file.h"
#include "engine/policy/policy.h"
#include "test/support/record_builder.h"

#define EPOCH_NS 1680000000000000000LL

static struct record_builder b;
static struct pol_set *policies;
static struct pipeline *p;
static struct sink *sinks[2];
static int fds[2];
static char *text; /* what the first sink was given, after flush() */

static void add_policy(const char *name, const char *events)
{
	char yaml[512];
	struct err err = { 0 };

	(void)snprintf(
		yaml, sizeof(yaml), /* short names */
		"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata: {name: %s}\n"
		"spec: {scope: [global], rules: [%s]}\n",
		name, events);
	ck_assert_msg(pol_set_parse(policies, yaml, strlen(yaml), name, &err) >= 0, "%s", err.text);
}

static struct match *new_match(uint64_t generation)
{
	const struct match_options opt = { .generation = generation,
					   .epoch_offset_ns = EPOCH_NS,
					   .tree = pipeline_ptree(p) };
	struct match *match = match_new(policies, &opt, pipeline_match(p), NULL);

	ck_assert_ptr_nonnull(match);
	return match;
}

static unsigned int n_heartbeats;

static void take_heartbeat(void *arg, const struct rec_heartbeat *rec)
{
	ck_assert_ptr_eq(arg, &n_heartbeats);
	ck_assert_uint_eq(rec->number, 77);
	n_heartbeats++;
}

static void open_pipeline(struct wring_writer *recorder)
{
	const struct pipeline_options opt = { .json = { .epoch_offset_ns = EPOCH_NS },
					      .sinks = sinks,
					      .n_sinks = ARRAY_LEN(sinks),
					      .recorder = recorder,
					      .heartbeat = take_heartbeat,
					      .heartbeat_arg = &n_heartbeats };

	ck_assert_int_eq(pol_set_compile(policies, NULL), 0);
	p = pipeline_new(&opt);
	ck_assert_ptr_nonnull(p);
	ck_assert_ptr_null(pipeline_set_match(p, new_match(1)));
}

static void setup(void)
{
	policies = pol_set_new();
	for (size_t i = 0; i < ARRAY_LEN(sinks); i++) {
		fds[i] = memfd_create("sink", MFD_CLOEXEC);
		sinks[i] = sink_fd_open(fds[i], "test", NULL, NULL);
		ck_assert_ptr_nonnull(sinks[i]);
	}
}

static void teardown(void)
{
	if (p)
		match_free(pipeline_set_match(p, NULL));
	pipeline_free(p);
	p = NULL;
	pol_set_free(policies);
	for (size_t i = 0; i < ARRAY_LEN(sinks); i++) {
		sink_close(sinks[i]);
		(void)close(fds[i]);
	}
	free(text);
	text = NULL;
}

static void give_rec(const struct rec_hdr *rec)
{
	const struct source_record r = { .rec = rec, .cap = rec->len };

	pipeline_batch(p, NULL, &r, 1);
}

static void give(void)
{
	give_rec(&b.rec);
}

/* Everything that a sink was given so far. */
static char *read_sink(size_t i)
{
	struct stat st;
	char *all;

	pipeline_flush(p);
	ck_assert_int_eq(fstat(fds[i], &st), 0);
	all = calloc(1, (size_t)st.st_size + 1);
	ck_assert_ptr_nonnull(all);
	ck_assert_int_eq(pread(fds[i], all, (size_t)st.st_size, 0), st.st_size);
	return all;
}

static const char *output(void)
{
	free(text);
	text = read_sink(0);
	return text;
}

static void give_context(uint64_t ts_ns)
{
	static const char exe[] = "/usr/bin/bash";

	rb_begin(&b, EV_TASK);
	b.rec.ts_ns = ts_ns;
	b.task.start_ns = 500000000;
	b.task.leader_start_ns = 400000000;
	b.task.parent_start_ns = 300000000;
	b.task.cgroup_id = 5247;
	b.task.ns_tid = 8;
	b.task.ns_tgid = 7;
	b.task.ppid = 50;
	b.task.ns_ppid = 1;
	b.task.uid = 1000;
	b.task.mnt_ns = 4026532574;
	b.task.pid_ns = 4026531836;
	memcpy(b.task.comm, "bash", 4);
	memcpy(b.task.uts_name, "node-1", 6);
	rb_var(&b, 0, exe, sizeof(exe) - 1, 0, 0);
	give();
}

static void give_openat(uint64_t ts_ns)
{
	rb_begin(&b, EV_OPENAT);
	b.rec.ts_ns = ts_ns;
	b.rec.ret = 3;
	rb_arg(&b, 0, (uint64_t)-100);
	rb_str(&b, 1, "/etc/passwd");
	give();
}

static unsigned int n_lines(const char *all)
{
	unsigned int n = 0;

	for (; *all; all++)
		n += *all == '\n';
	return n;
}

START_TEST(record_in_json_out)
{
	add_policy("first", "{event: openat}");
	add_policy("other", "{event: close}");
	add_policy("second", "{event: openat}");
	open_pipeline(NULL);
	give_context(900000000);
	give_openat(1000000000);
	ck_assert_str_eq(
		output(),
		"{\"timestamp\":1680000001000000000,\"threadStartTime\":1680000000500000000,"
		"\"processorId\":1,\"processId\":7,\"cgroupId\":5247,\"threadId\":8,"
		"\"parentProcessId\":1,\"hostProcessId\":100,\"hostThreadId\":101,"
		"\"hostParentProcessId\":50,\"userId\":1000,\"mountNamespace\":4026532574,"
		"\"pidNamespace\":4026531836,\"processName\":\"bash\","
		"\"executable\":{\"path\":\"/usr/bin/bash\"},\"hostName\":\"node-1\","
		"\"containerId\":\"\",\"container\":{},\"kubernetes\":{},"
		"\"eventId\":\"257\",\"eventName\":\"openat\","
		"\"matchedPolicies\":[\"first\",\"second\"],\"argsNum\":4,\"returnValue\":3,"
		"\"syscall\":\"openat\",\"stackAddresses\":null,"
		"\"contextFlags\":{\"containerStarted\":false,\"isCompat\":false},"
		"\"threadEntityId\":316167926,\"processEntityId\":3701930223,"
		"\"parentEntityId\":631498734,"
		"\"args\":[{\"name\":\"dirfd\",\"type\":\"int\",\"value\":-100},"
		"{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":\"/etc/passwd\"},"
		"{\"name\":\"flags\",\"type\":\"int\",\"value\":0},"
		"{\"name\":\"mode\",\"type\":\"mode_t\",\"value\":0}]}\n");
	ck_assert_uint_eq(pipeline_stats(p)->n_records, 2);
	ck_assert_uint_eq(pipeline_stats(p)->n_events, 1);
}
END_TEST

START_TEST(every_sink_gets_the_same)
{
	CLEANUP_FREE char *other = NULL;

	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	give_openat(1);
	give_openat(2);
	other = read_sink(1);
	ck_assert_uint_eq(n_lines(other), 2);
	ck_assert_str_eq(output(), other);
}
END_TEST

START_TEST(context_that_is_not_known_says_so)
{
	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	give_openat(1);
	ck_assert_ptr_nonnull(strstr(output(), "\"marks\":{\"contextLost\":true}"));
	give_context(2);
	rb_begin(&b, EV_OPENAT);
	b.rec.flags = REC_F_NOTASK; /* the newest context was lost: this one is not it */
	give();
	ck_assert_uint_eq(n_lines(output()), 2);
	ck_assert_ptr_null(strstr(output(), "bash"));
}
END_TEST

START_TEST(context_changes_between_records)
{
	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	give_context(1);
	give_openat(2);
	give_context(3);
	b.rec.ts_ns = 4;
	b.task.uid = 0;
	give();
	give_openat(5);
	ck_assert_ptr_nonnull(strstr(output(), "\"timestamp\":1680000000000000002,"));
	ck_assert_ptr_nonnull(strstr(strstr(text, "\"userId\":1000"), "\"userId\":0,"));
}
END_TEST

START_TEST(task_is_itself_until_its_exit_is_told)
{
	add_policy("p", "{event: sched_process_exit}");
	open_pipeline(NULL);
	give_context(1);
	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	b.rec.ts_ns = 2;
	give();
	ck_assert_ptr_nonnull(strstr(output(), "\"processName\":\"bash\""));
}
END_TEST

/* The process tree needs exits, whether somebody wants to see them or not. */
START_TEST(exit_ends_the_task_unseen)
{
	struct ptree_stats stats;

	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	give_context(1);
	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	b.rec.ts_ns = 600000000; /* after its start */
	give();
	ck_assert_str_eq(output(), "");
	pipeline_ptree_stats(p, &stats);
	ck_assert_uint_eq(stats.n_tasks, 1); /* for late records */
	/* Long after, another one shows up: the first is forgotten. */
	rb_begin(&b, EV_TASK);
	b.rec.ts_ns = 600000001 + PTREE_GRACE_NS;
	b.rec.tid = 202;
	b.task.start_ns = b.rec.ts_ns;
	give();
	give_openat(600000002 + PTREE_GRACE_NS);
	ck_assert_ptr_nonnull(strstr(output(), "contextLost"));
}
END_TEST

START_TEST(unwanted_records_are_not_looked_into)
{
	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	rb_begin(&b, EV_CLOSE);
	give();
	b.rec.len = 40; /* shorter than it must be: nobody looks */
	give();
	ck_assert_str_eq(output(), "");
	ck_assert_uint_eq(pipeline_stats(p)->n_unwanted, 2);
	ck_assert_uint_eq(pipeline_stats(p)->n_bad, 0);
}
END_TEST

static uint32_t bad_lane;
static unsigned int n_bad;

static void note_bad(struct source *s, uint32_t lane)
{
	(void)s;
	bad_lane = lane;
	n_bad++;
}

START_TEST(what_no_policy_wants_is_counted)
{
	add_policy("p", "{event: openat, filters: [data.pathname=/etc/shadow]}");
	open_pipeline(NULL);
	give_openat(1);
	ck_assert_str_eq(output(), "");
	ck_assert_uint_eq(pipeline_stats(p)->n_refused, 1);
	ck_assert_uint_eq(pipeline_stats(p)->n_unwanted, 0);
}
END_TEST

/* Between two records; what is known of processes stays. */
START_TEST(policies_are_swapped)
{
	struct pol_set *old = policies;
	struct match *match;

	add_policy("old", "{event: openat}");
	open_pipeline(NULL);
	give_context(1);
	give_openat(2);
	policies = pol_set_new();
	add_policy("new", "{event: openat, filters: [comm=bash]}, {event: close}");
	ck_assert_int_eq(pol_set_compile(policies, NULL), 0);
	match = pipeline_set_match(p, new_match(2));
	match_free(match);
	pol_set_free(old);
	ck_assert_uint_eq(match_generation(pipeline_match(p)), 2);
	give_openat(3);
	rb_begin(&b, EV_CLOSE);
	give();
	ck_assert_uint_eq(n_lines(output()), 3);
	ck_assert_ptr_nonnull(strstr(text, "\"matchedPolicies\":[\"old\"]"));
	ck_assert_ptr_nonnull(strstr(text, "\"matchedPolicies\":[\"new\"]"));
	match_free(pipeline_set_match(p, NULL));
	give_openat(4);
	ck_assert_uint_eq(n_lines(output()), 3);
}
END_TEST

START_TEST(records_without_sense_are_counted_and_reported)
{
	const struct source_ops ops = { .bad = note_bad };
	struct source source = { .ops = &ops };
	struct source_record r = { .rec = &b.rec, .lane = 7 };

	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	rb_begin(&b, EV_OPENAT);
	r.cap = b.rec.len - 8U;
	pipeline_batch(p, &source, &r, 1);
	ck_assert_uint_eq(n_bad, 1);
	ck_assert_uint_eq(bad_lane, 7);
	b.rec.event = 9999;
	give();
	b.rec.event = UINT16_MAX;
	give();
	ck_assert_uint_eq(pipeline_stats(p)->n_bad, 3);
	ck_assert_str_eq(output(), "");
}
END_TEST

static void give_lost(uint16_t event, const char *name, uint64_t count)
{
	rb_begin(&b, EV_LOST_EVENTS);
	b.rec.tid = 0;
	b.rec.tgid = 0;
	b.lost.count = count;
	b.lost.lost_event = event;
	b.lost.lane_class = LANE_BULK;
	rb_str(&b, 0, name);
	rb_str(&b, 5, "bulk");
	give();
}

START_TEST(losses_are_always_delivered)
{
	const struct pipeline_stats *stats;

	add_policy("p", "{event: close}");
	open_pipeline(NULL);
	give_lost(EV_OPENAT, "openat", 5);
	give_lost(EV_OPENAT, "openat", 2);
	give_lost(LOSSES_EVENT_UNKNOWN, "unknown", 3);
	stats = pipeline_stats(p);
	ck_assert_uint_eq(n_lines(output()), 3);
	ck_assert_ptr_nonnull(strstr(text, "\"eventName\":\"lost_events\",\"matchedPolicies\":[]"));
	ck_assert_ptr_nonnull(strstr(text, "\"value\":\"openat\""));
	ck_assert_ptr_null(strstr(text, "contextLost"));
	ck_assert_uint_eq(stats->n_lost, 10);
	ck_assert_uint_eq(stats->lost[EV_OPENAT_slot], 7);
	ck_assert_uint_eq(stats->n_unknown_lost, 3);
}
END_TEST

/* Replays what was recorded through a pipeline of its own; returns the number of records. */
static unsigned int replay(int fd)
{
	struct stat st;
	struct wring_reader *r;
	const struct rec_hdr *rec;
	unsigned int n = 0;
	void *map;

	ck_assert_int_eq(fstat(fd, &st), 0);
	map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	ck_assert_ptr_ne(map, MAP_FAILED);
	r = wring_reader_new(map, (size_t)st.st_size, NULL);
	ck_assert_ptr_nonnull(r);
	while (wring_next(r, &rec, NULL) == 1) {
		give_rec(rec);
		n++;
	}
	ck_assert(wring_is_finished(r, NULL));
	wring_reader_free(r);
	(void)munmap(map, (size_t)st.st_size);
	return n;
}

START_TEST(recording_has_all_valid_records_and_replays_the_same)
{
	const struct wring_hdr hdr = { .kernel = "test" };
	CLEANUP_FD int fd = memfd_create("recording", MFD_CLOEXEC);
	struct wring_writer *w = wring_writer_new(fd, &hdr, NULL);
	CLEANUP_FREE char *live = NULL;

	ck_assert_ptr_nonnull(w);
	add_policy("p", "{event: openat}");
	open_pipeline(w);
	give_context(1);
	give_openat(2);
	rb_begin(&b, EV_CLOSE); /* not wanted, and recorded all the same */
	give();
	b.rec.event = 9999; /* not valid */
	give();
	give_lost(EV_OPENAT, "openat", 5);
	live = read_sink(0);
	ck_assert_uint_eq(n_lines(live), 2);
	ck_assert_int_eq(pipeline_record_error(p), 0);
	ck_assert_int_eq(wring_finish(w), 0);
	wring_writer_free(w);
	match_free(pipeline_set_match(p, NULL));
	pipeline_free(p);
	ck_assert_int_eq(ftruncate(fds[0], 0), 0);
	ck_assert_int_eq(lseek(fds[0], 0, SEEK_SET), 0);
	open_pipeline(NULL);
	ck_assert_uint_eq(replay(fd), 4);
	ck_assert_str_eq(output(), live);
}
END_TEST

START_TEST(recording_that_fails_says_so)
{
	const struct wring_hdr hdr = { .kernel = "test" };
	int ends[2];
	struct wring_writer *w;

	(void)signal(SIGPIPE, SIG_IGN);
	ck_assert_int_eq(pipe(ends), 0);
	w = wring_writer_new(ends[1], &hdr, NULL);
	ck_assert_ptr_nonnull(w);
	ck_assert_int_eq(close(ends[0]), 0);
	add_policy("p", "{event: openat}");
	open_pipeline(w);
	give_openat(1);
	pipeline_flush(p);
	ck_assert_int_eq(pipeline_record_error(p), -EPIPE);
	ck_assert_uint_eq(n_lines(output()), 1); /* events go on */
	wring_writer_free(w);
	ck_assert_int_eq(close(ends[1]), 0);
}
END_TEST

START_TEST(sink_that_fails_says_so_and_the_others_go_on)
{
	CLEANUP_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	CLEANUP_FREE char *other = NULL;
	struct sink_stats stats;
	int rc = 0;

	ck_assert_int_ge(full, 0);
	sink_close(sinks[0]);
	sinks[0] = sink_fd_open(full, "full", NULL, NULL);
	add_policy("p", "{event: openat}");
	open_pipeline(NULL);
	ck_assert_int_eq(pipeline_sink_error(p, &rc), -1);
	give_openat(1);
	other = read_sink(1);
	ck_assert_uint_eq(n_lines(other), 1);
	ck_assert_int_eq(pipeline_sink_error(p, &rc), 0);
	ck_assert_int_eq(rc, -ENOSPC);
	ck_assert_int_eq(pipeline_sink_error(p, &rc), -1);
	sink_stats_get(sinks[0], &stats);
	ck_assert_uint_eq(stats.n_lost_events, 1);
}
END_TEST

static bool has(const uint64_t *events, unsigned int slot)
{
	return events[slot / 64] & 1ULL << (slot % 64);
}

/* The engine's own calls: no output, no recording, no counter has them, nor that one was lost. */
START_TEST(heartbeats_are_no_events)
{
	const struct wring_hdr hdr = { .abi = 1 };
	int fd = memfd_create("recording", MFD_CLOEXEC);
	struct wring_writer *recorder = wring_writer_new(fd, &hdr, NULL);
	off_t empty = lseek(fd, 0, SEEK_END);

	ck_assert_ptr_nonnull(recorder);
	add_policy("all", "{event: do_exit}");
	open_pipeline(recorder);
	n_heartbeats = 0;
	rb_begin(&b, EV_HEARTBEAT);
	((struct rec_heartbeat *)&b.rec)->number = 77;
	give();
	rb_begin(&b, EV_LOST_EVENTS);
	b.lost.count = 3;
	b.lost.lost_event = EV_HEARTBEAT;
	rb_str(&b, 0, "heartbeat");
	rb_str(&b, 5, "vital");
	give();
	ck_assert_uint_eq(n_heartbeats, 1);
	ck_assert_str_eq(output(), "");
	ck_assert_uint_eq(pipeline_stats(p)->n_records, 0);
	ck_assert_uint_eq(pipeline_stats(p)->n_lost, 0);
	ck_assert_uint_eq(pipeline_stats(p)->n_unwanted, 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), empty);
	rb_begin(&b, EV_DO_EXIT);
	give();
	ck_assert_uint_eq(pipeline_stats(p)->n_records, 1);
	wring_writer_free(recorder);
	(void)close(fd);
}
END_TEST

START_TEST(what_came_is_remembered_until_it_is_forgotten)
{
	add_policy("all", "{event: do_exit}, {event: openat}");
	open_pipeline(NULL);
	ck_assert(!pipeline_has_seen(p, EV_DO_EXIT_slot));
	rb_begin(&b, EV_DO_EXIT);
	give();
	ck_assert(pipeline_has_seen(p, EV_DO_EXIT_slot));
	ck_assert(!pipeline_has_seen(p, EV_OPENAT_slot));
	pipeline_forget_seen(p);
	ck_assert(!pipeline_has_seen(p, EV_DO_EXIT_slot));
}
END_TEST

START_TEST(plan_has_what_is_wanted_and_what_the_tree_needs)
{
	uint64_t events[LANE_SLOTS / 64], rings[LANE_SLOTS / 64];
	unsigned int n = 0, n_rings = 0;

	add_policy("p", "{event: openat}, {event: lost_events}");
	open_pipeline(NULL);
	pipeline_plan(p, events, rings);
	ck_assert(has(events, EV_OPENAT_slot) && has(rings, EV_OPENAT_slot));
	ck_assert(has(events, EV_SCHED_PROCESS_FORK_slot));
	ck_assert(has(events, EV_SCHED_PROCESS_EXEC_slot));
	ck_assert(has(events, EV_SCHED_PROCESS_EXIT_slot));
	for (size_t i = 0; i < ARRAY_LEN(events); i++) {
		n += (unsigned int)__builtin_popcountll(events[i]);
		n_rings += (unsigned int)__builtin_popcountll(rings[i]);
	}
	ck_assert_uint_eq(n, 6); /* cgroups too, and not lost_events, which is ours */
	ck_assert_uint_eq(n_rings, 1);
}
END_TEST

/* Any record that the decoder takes goes through, for every event. */
START_TEST(random_records_of_every_event)
{
	ck_assert_int_ge(pol_set_select(policies, "*", NULL), 0);
	open_pipeline(NULL);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (event_defs[slot].is_internal)
			continue;
		rb_random(&b, event_defs[slot].id, slot + 1);
		give();
	}
	ck_assert_uint_eq(pipeline_stats(p)->n_bad, 0);
	ck_assert_uint_eq(n_lines(output()), EVENT_SLOTS - 3);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pipeline");
	TCase *tc = tcase_create("events"), *out = tcase_create("outputs");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, record_in_json_out);
	tcase_add_test(tc, context_that_is_not_known_says_so);
	tcase_add_test(tc, context_changes_between_records);
	tcase_add_test(tc, task_is_itself_until_its_exit_is_told);
	tcase_add_test(tc, exit_ends_the_task_unseen);
	tcase_add_test(tc, unwanted_records_are_not_looked_into);
	tcase_add_test(tc, what_no_policy_wants_is_counted);
	tcase_add_test(tc, policies_are_swapped);
	tcase_add_test(tc, records_without_sense_are_counted_and_reported);
	tcase_add_test(tc, losses_are_always_delivered);
	tcase_add_test(tc, plan_has_what_is_wanted_and_what_the_tree_needs);
	tcase_add_test(tc, random_records_of_every_event);
	tcase_add_test(tc, heartbeats_are_no_events);
	tcase_add_test(tc, what_came_is_remembered_until_it_is_forgotten);
	suite_add_tcase(s, tc);
	tcase_add_checked_fixture(out, setup, teardown);
	tcase_add_test(out, every_sink_gets_the_same);
	tcase_add_test(out, recording_has_all_valid_records_and_replays_the_same);
	tcase_add_test(out, recording_that_fails_says_so);
	tcase_add_test(out, sink_that_fails_says_so_and_the_others_go_on);
	suite_add_tcase(s, out);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
