/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sched_process_exec in a storm of other events: none is missing, and what is lost of the others is
 * counted.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/call_count.h"

#define PROGRAMS 1000
#define STORM_PROCESSES 2
#define LITERAL(text) ((char *)(uintptr_t)(text))

static const char *const nothing[] = { NULL };

struct storm {
	uint32_t stop;
	uint64_t n[STORM_PROCESSES]; /* opens, and as many closes */
};

static void blow(void *arg)
{
	struct storm *s = (void *)live_shared;
	uint64_t *n = arg;

	while (!__atomic_load_n(&s->stop, __ATOMIC_RELAXED)) {
		int fd = openat(AT_FDCWD, "/dev/null", O_RDONLY);

		must(fd >= 0 && close(fd) == 0);
		(*n)++;
	}
}

/* Every third name is a hard link, a symbolic link, a copy. */
static void make_programs(void)
{
	must(mkdir(live_path("many"), 0755) == 0 || errno == EEXIST);
	for (int i = 0; (uint32_t)i < live_scaled(PROGRAMS); i++) {
		const char *name = live_path("many/program-%d", i);

		if (i == 0)
			live_copy(live_tiny(), name, 0755);
		else if (i % 3 == 0)
			must(link(live_path("many/program-0"), name) == 0 || errno == EEXIST);
		else if (i % 3 == 1)
			must(symlink("program-0", name) == 0 || errno == EEXIST);
		else
			live_copy(live_tiny(), name, 0755);
	}
}

static void run_programs(void *arg)
{
	(void)arg;
	for (int i = 0; (uint32_t)i < live_scaled(PROGRAMS); i++) {
		char path[256], number[16];
		char *argv[] = { path, number, LITERAL("last"), NULL };
		pid_t pid;

		(void)snprintf(path, sizeof(path), "%s/many/program-%d", live_dir(), i);
		(void)snprintf(number, sizeof(number), "%d", i);
		pid = live_fork();
		if (pid == 0) {
			(void)execv(path, argv);
			_exit(98);
		}
		live_wait(pid);
	}
}

struct totals {
	uint64_t n[EVENT_SLOTS];
};

static void count_record(void *arg, const struct rec_hdr *rec)
{
	struct totals *totals = arg;

	totals->n[event_def_find(rec->event)->slot]++;
}

/* How many of the programs have their record, each once and with its argv. */
static size_t programs_seen(const struct record_log *log)
{
	static bool seen[PROGRAMS];
	const struct rec_hdr *rec = NULL;
	size_t n = 0;

	while ((rec = rlog_next(log, 0, EV_SCHED_PROCESS_EXEC, rec))) {
		const char *path = rlog_string(rec, "cmdpath"), *number;
		int i;

		if (!path || !strstr(path, "/many/program-"))
			continue;
		i = atoi(strrchr(path, '-') + 1);
		number = rlog_string_at(rec, "argv", 1);
		ck_assert_uint_eq(rlog_strings(rec, "argv"), 3);
		ck_assert_str_eq(rlog_string_at(rec, "argv", 0), path);
		ck_assert_int_eq(atoi(number), i);
		ck_assert_str_eq(rlog_string_at(rec, "argv", 2), "last");
		ck_assert_str_eq(rlog_string(rec, "pathname"),
				 i % 3 == 1 ? live_path("many/program-0") : path);
		ck_assert_msg(!seen[i], "program %d was reported twice", i);
		seen[i] = true;
		n++;
	}
	return n;
}

/* Returns how many of the thousand were seen; checks the sums of opens and closes. */
static size_t run_in_storm(const struct live_collector *c, bool is_lazy, uint64_t *ret_lost)
{
	static const char *const events[] = { "sched_process_exec", "openat", "close", NULL };
	static const unsigned int slots[] = { EV_OPENAT_slot, EV_CLOSE_slot,
					      EV_SCHED_PROCESS_EXEC_slot };
	struct live *l = live_open(c, nothing, 0);
	struct storm *s = (void *)live_shared;
	struct call_count *count = ccount_new(l);
	struct totals totals = { 0 };
	uint64_t lost[ARRAY_LEN(slots)];
	pid_t storm[STORM_PROCESSES];
	size_t n;

	l->peep = count_record;
	l->peep_arg = &totals;
	l->drops_bulk = true;
	for (size_t i = 0; i < ARRAY_LEN(slots); i++)
		lost[i] = lclient_lost(l->client, slots[i]);
	if (is_lazy)
		live_be_lazy(l, EV_OPENAT_slot);
	ccount_mark(count, CCOUNT_BEFORE);
	live_plan(l, events, 0);
	ccount_mark(count, CCOUNT_BEGIN);
	for (size_t i = 0; i < STORM_PROCESSES; i++)
		storm[i] = live_start(blow, &s->n[i]);
	(void)live_run(l, run_programs, NULL);
	while (l->lazy_slot)
		live_pump(l);
	__atomic_store_n(&s->stop, 1, __ATOMIC_RELAXED);
	for (size_t i = 0; i < STORM_PROCESSES; i++)
		live_join(l, storm[i]);
	ccount_mark(count, CCOUNT_END);
	live_plan(l, nothing, 0);
	ccount_mark(count, CCOUNT_AFTER);
	live_drain(l);
	for (size_t i = 0; i < ARRAY_LEN(slots); i++)
		lost[i] = lclient_lost(l->client, slots[i]) - lost[i];
	ccount_check(count, "openat", totals.n[EV_OPENAT_slot], lost[0]);
	ccount_check(count, "close", totals.n[EV_CLOSE_slot], lost[1]);
	ck_assert_uint_ge(totals.n[EV_OPENAT_slot] + lost[0], s->n[0] + s->n[1]);
	ck_assert_uint_eq(lclient_corrupt(l->client), 0);
	n = programs_seen(&l->log);
	ck_assert_uint_ge(n + lost[2], live_scaled(PROGRAMS));
	*ret_lost = lost[0] + lost[1];
	ccount_free(count);
	live_close(l);
	return n;
}

START_TEST(a_thousand_programs_in_a_storm_are_all_seen)
{
	uint64_t lost;

	make_programs();
	ck_assert_uint_eq(run_in_storm(NULL, false, &lost), live_scaled(PROGRAMS));
}
END_TEST

START_TEST(what_small_lanes_lose_in_a_storm_is_counted)
{
	static const char *const args[] = { "--lanes", "1M", "--cpu-groups", "2", NULL };
	struct live_collector c;
	uint64_t lost;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	make_programs();
	(void)run_in_storm(&c, true, &lost);
	ck_assert_uint_gt(lost, 0); /* or nothing was tested */
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/storm");
	TCase *tc = tcase_create("storm");

	tcase_set_timeout(tc, 100);
	tcase_add_test(tc, a_thousand_programs_in_a_storm_are_all_seen);
	tcase_add_test(tc, what_small_lanes_lose_in_a_storm_is_counted);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	return live_main(argc, argv, make_suite, nothing);
}
