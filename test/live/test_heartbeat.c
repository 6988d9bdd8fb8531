/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Heartbeats: what the engine does itself (here: the test) comes back once through each kind of
 * hook that PLAN_STATUS names, and nobody else's call is taken for it.
 */
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_list.h"
#include "engine/heartbeat.h"
#include "test/live/live.h"

#define TP (1U << CONTROL_HOOK_TP_BTF)
#define SYSCALL_KINDS                                                                              \
	(1U << CONTROL_HOOK_SYS_EXIT | 1U << CONTROL_HOOK_SYSCALL_TP | 1U << CONTROL_HOOK_FEXIT)

static char name[16] = "heart";

/* How often each kind has seen heartbeat `number`; the test fails when there is another one. */
static void count_beats(const struct live *l, uint64_t number,
			unsigned int ret_n[static CONTROL_HOOK_KINDS])
{
	const struct rec_heartbeat *rec = NULL;

	memset(ret_n, 0, CONTROL_HOOK_KINDS * sizeof(*ret_n));
	while ((rec = (const void *)rlog_next(&l->log, 0, EV_HEARTBEAT, rec ? &rec->hdr : NULL)) !=
	       NULL) {
		ck_assert_int_eq((pid_t)rec->hdr.tgid, getpid());
		ck_assert_uint_eq(rec->number, number);
		ck_assert_uint_lt(rec->hook, CONTROL_HOOK_KINDS);
		ret_n[rec->hook]++;
	}
}

/* Beats once; returns the kinds that saw it, each once. */
static uint32_t beat(struct live *l, uint64_t number)
{
	unsigned int n[CONTROL_HOOK_KINDS];
	uint32_t kinds = 0;

	l->keeps_all = true;
	l->log.n = 0;
	l->log.len = 0;
	hbeat_rename(name, number);
	live_drain(l);
	count_beats(l, number, n);
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++) {
		ck_assert_uint_le(n[i], 1);
		kinds |= n[i] << i;
	}
	return kinds;
}

static const struct {
	const char *hooks, *events[3];
	bool has_calls;  /* system calls are wanted */
	bool has_rename; /* renames are looked at, for execs too */
} cases[] = {
	{ "global", { "getppid" }, true, false },
	{ "narrow", { "getppid" }, true, false },
	{ "auto", { "getppid", "sched_process_exec" }, true, true },
	{ "auto", { "prctl", "task_rename" }, true, true },
	{ "narrow", { "execve", "prctl" }, true, false },
	{ "auto", { "sched_process_exec" }, false, true },
};

#define EMULATED_CASES 2 /* the first ones */

START_TEST(comes_back_through_each_kind)
{
	const char *const args[] = { "--hooks", cases[_i].hooks, NULL };
	struct live_collector c;
	struct live *l;
	uint32_t kinds;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	l = live_open(&c, cases[_i].events, CONTROL_PLAN_HEARTBEAT);
	kinds = l->client->status.beats;
	ck_assert_uint_eq(kinds & ~(TP | SYSCALL_KINDS), 0);
	ck_assert_int_eq((kinds & SYSCALL_KINDS) != 0, cases[_i].has_calls);
	ck_assert_int_eq((kinds & TP) != 0, cases[_i].has_rename);
	ck_assert_uint_eq(beat(l, 1), kinds);
	ck_assert_uint_eq(beat(l, 1ULL << 63), kinds);
	/* the engine is still not traced */
	ck_assert_uint_eq(rlog_count(&l->log, getpid(), EV_PRCTL), 0);
	ck_assert_uint_eq(rlog_count(&l->log, getpid(), EV_TASK_RENAME), 0);
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

START_TEST(nobody_asked)
{
	static const char *const events[] = { "getppid", "task_rename", NULL };
	struct live *l = live_open(NULL, events, 0);

	ck_assert_uint_eq(l->client->status.beats, 0);
	ck_assert_uint_eq(beat(l, 7), 0);
	live_plan(l, events, CONTROL_PLAN_HEARTBEAT);
	ck_assert_uint_ne(l->client->status.beats, 0);
	ck_assert_uint_eq(beat(l, 8), l->client->status.beats);
	live_close(l);
}
END_TEST

static void beat_as_another(void *arg)
{
	hbeat_rename(arg, 5);
}

START_TEST(nobody_else_is_believed)
{
	static const char *const events[] = { "prctl", "task_rename", NULL };
	struct live *l = live_open(NULL, events, CONTROL_PLAN_HEARTBEAT);
	pid_t pid;

	l->keeps_all = true;
	pid = live_run(l, beat_as_another, name);
	ck_assert_uint_eq(rlog_count(&l->log, 0, EV_HEARTBEAT), 0);
	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_PRCTL), 1);
	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_TASK_RENAME), 1);
	live_close(l);
}
END_TEST

START_TEST(of_a_traced_engine_both_are_told)
{
	static const char *const events[] = { "prctl", "task_rename", NULL };
	struct live *l = live_open(NULL, events, CONTROL_PLAN_HEARTBEAT | CONTROL_PLAN_TRACE_SELF);

	ck_assert_uint_eq(beat(l, 9), l->client->status.beats);
	ck_assert_uint_eq(rlog_count(&l->log, getpid(), EV_PRCTL), 1);
	ck_assert_uint_eq(rlog_count(&l->log, getpid(), EV_TASK_RENAME), 1);
	live_close(l);
}
END_TEST

START_TEST(programs_are_counted)
{
	static const char *const args[] = { "--bpf-stats", NULL };
	static const char *const events[] = { "task_rename", NULL };
	struct control_status status;
	struct live_collector c;
	struct err err = { 0 };
	const struct control_prog *rename = NULL;
	struct live *l;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	l = live_open(&c, events, CONTROL_PLAN_HEARTBEAT);
	ck_assert_uint_eq(beat(l, 1) & TP, TP);
	ck_assert_int_eq(lclient_ask_status(l->client, &status, &err), 0);
	ck_assert_uint_eq(status.has_run_stats, 1);
	for (unsigned int i = 0; i < status.n_progs; i++)
		if (strcmp(status.progs[i].name, "rename_tp") == 0)
			rename = &status.progs[i];
	ck_assert_ptr_nonnull(rename);
	ck_assert_uint_ge(rename->n_runs, 1);
	ck_assert_uint_ge(rename->run_ns, 1);
	ck_assert_uint_ge(status.prog_run_cnt, rename->n_runs);
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/heartbeat");
	TCase *tc = tcase_create("heartbeat");

	tcase_set_timeout(tc, 60);
	suite_add_tcase(s, tc);
	tcase_add_test(tc, nobody_asked);
	tcase_add_test(tc, nobody_else_is_believed);
	tcase_add_test(tc, of_a_traced_engine_both_are_told);
	/* The rest has a collector each, whose start takes seconds of emulation: there only what is
	 * not the same on every kernel. */
	tcase_add_loop_test(tc, comes_back_through_each_kind, 0,
			    live_is_emulated() ? EMULATED_CASES : (int)ARRAY_LEN(cases));
	if (!live_is_emulated())
		tcase_add_test(tc, programs_are_counted);
	return s;
}

int main(int argc, char **argv)
{
	return live_main(argc, argv, make_suite, (const char *const[]){ NULL });
}
