/* SPDX-License-Identifier: Apache-2.0 */
/* `tree` and `follow`: processes that come, create others and go. */
#include "test/unit/engine/match_fixture.h"

#define S 1000000000ULL

/* A context of process `pid`, which began at `pid` ns behind `base`. */
static uint64_t base = S;

static void context(uint32_t pid, uint32_t ppid)
{
	rb_begin(&b, EV_TASK);
	b.rec.tid = pid;
	b.rec.tgid = pid;
	b.task.start_ns = base + pid;
	b.task.leader_start_ns = base + pid;
	b.task.ppid = ppid;
	b.task.parent_start_ns = ppid ? base + ppid : 0;
	b.task.mnt_ns = pid == 1 ? 4026532574 : 7;
	rb_decode(&b, &ev);
	match_learn(match, &ev);
}

static void by(uint32_t pid)
{
	b.rec.tid = pid;
	b.rec.tgid = pid;
	decode_event();
}

static void forks(uint32_t parent, uint32_t child)
{
	rb_begin(&b, EV_SCHED_PROCESS_FORK);
	b.fork.child_tid = child;
	b.fork.child_pid = child;
	b.fork.child_start_ns = base + child;
	b.fork.leader_start_ns = base + child;
	by(parent);
	match_learn(match, &ev);
}

static void makes_thread(uint32_t pid, uint32_t tid)
{
	rb_begin(&b, EV_SCHED_PROCESS_FORK);
	b.fork.child_tid = tid;
	b.fork.child_pid = pid;
	by(pid);
	match_learn(match, &ev);
}

static void executes(uint32_t pid)
{
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	by(pid);
	match_learn(match, &ev);
}

static bool is_wanted(uint32_t pid)
{
	make_openat("/x");
	by(pid);
	return match_event(match, &ev) == 1;
}

static void with_scope(const char *scope)
{
	begin_policies();
	add_policy("p", scope, "openat", "[]", NULL);
	compile_policies();
}

static void set_comm(const char *comm)
{
	memset(task.ctx.comm, 0, sizeof(task.ctx.comm));
	memcpy(task.ctx.comm, comm, strlen(comm));
}

START_TEST(tree_has_its_root_and_what_descends_from_it)
{
	with_scope("[tree=10]");
	context(1, 0);
	context(10, 1);
	context(11, 10);
	context(12, 11);
	context(20, 1);
	ck_assert(is_wanted(10));
	ck_assert(is_wanted(11));
	ck_assert(is_wanted(12));
	ck_assert(!is_wanted(20));
	ck_assert(!is_wanted(1));
	ck_assert(!is_wanted(99)); /* nobody knows it */
}
END_TEST

START_TEST(tree_is_known_from_contexts_in_any_order)
{
	with_scope("[tree=10]");
	context(13, 12);
	context(11, 10);
	context(12, 11);
	ck_assert(!is_wanted(13));
	context(20, 1);
	context(10, 1);
	context(1, 0);
	ck_assert(is_wanted(13));
	ck_assert(is_wanted(12));
	ck_assert(!is_wanted(20));
}
END_TEST

START_TEST(tree_survives_the_end_of_parents)
{
	with_scope("[tree=10]");
	context(1, 0);
	context(10, 1);
	forks(10, 11);
	forks(11, 12);
	match_forget(match, 11);
	context(12, 1); /* as the kernel sees it now */
	ck_assert(is_wanted(12));
	match_forget(match, 10);
	forks(12, 13);
	match_forget(match, 12);
	ck_assert(is_wanted(13));
	forks(1, 14);
	ck_assert(!is_wanted(14));
}
END_TEST

START_TEST(other_trees)
{
	with_scope("['tree!=10']");
	context(1, 0);
	context(10, 1);
	context(11, 10);
	ck_assert(is_wanted(1));
	ck_assert(!is_wanted(10));
	ck_assert(!is_wanted(11));
	ck_assert(!is_wanted(99)); /* where it belongs is not known */
	with_scope("['tree=10,30']");
	context(30, 1);
	context(31, 30);
	context(10, 1);
	ck_assert(is_wanted(31));
	ck_assert(is_wanted(10));
}
END_TEST

START_TEST(pid_that_is_used_again_is_another_process)
{
	with_scope("[tree=10]");
	context(10, 1);
	context(12, 10);
	ck_assert(is_wanted(12));
	base += S; /* its exit was lost */
	context(12, 1);
	ck_assert(!is_wanted(12));
	base -= S;
	context(13, 14); /* a parent that is gone */
	base += S;
	forks(10, 14);
	ck_assert(is_wanted(14));
	ck_assert(!is_wanted(13));
	base = S;
}
END_TEST

START_TEST(threads_are_their_process)
{
	with_scope("[tree=10]");
	context(10, 1);
	makes_thread(10, 15);
	ck_assert(!is_wanted(15)); /* there is no such process */
	make_openat("/x");
	b.rec.tid = 15;
	b.rec.tgid = 10;
	ck_assert_str_eq(who(), "p ");
}
END_TEST

START_TEST(followed_from_the_first_event_on)
{
	with_scope("[comm=sshd, follow]");
	set_comm("bash");
	context(10, 1);
	ck_assert(!is_wanted(10));
	forks(10, 11);
	set_comm("sshd");
	ck_assert(is_wanted(10));
	set_comm("bash");
	ck_assert(is_wanted(10));  /* whatever it is now */
	ck_assert(!is_wanted(11)); /* created before */
	forks(10, 12);
	forks(12, 13);
	ck_assert(is_wanted(12));
	match_forget(match, 12);
	ck_assert(is_wanted(13));
	ck_assert(!is_wanted(12));
}
END_TEST

START_TEST(followed_from_fork_and_exec_on)
{
	with_scope("[comm=sshd, follow]");
	set_comm("sshd");
	forks(10, 11);
	executes(20);
	set_comm("bash");
	forks(20, 21);
	ck_assert(is_wanted(10));
	ck_assert(is_wanted(11));
	ck_assert(is_wanted(21));
	ck_assert(!is_wanted(30));
}
END_TEST

START_TEST(scope_is_looked_at_before_the_rule)
{
	begin_policies();
	add_policy("p", "[comm=sshd, follow]", "openat", "[data.pathname=/y]", NULL);
	compile_policies();
	set_comm("sshd");
	ck_assert(!is_wanted(10)); /* /x, but it is followed now */
	set_comm("bash");
	make_openat("/y");
	by(10);
	ck_assert_str_eq(who(), "p ");
	by(11);
	ck_assert_str_eq(who(), "");
}
END_TEST

START_TEST(lost_fork_is_made_up_for)
{
	match_options.start_ns = S + 15;
	with_scope("[comm=sshd, follow]");
	set_comm("sshd");
	context(10, 1);
	ck_assert(is_wanted(10));
	set_comm("bash");
	context(12, 10); /* older than we are */
	ck_assert(!is_wanted(12));
	context(16, 10);
	ck_assert(is_wanted(16));
}
END_TEST

START_TEST(marks_go_on_in_the_next_generation)
{
	struct pol_set *old_set;
	struct match_stats stats;
	struct match *old;

	begin_policies();
	add_policy("f", "[comm=sshd, follow]", "openat", "[]", NULL);
	add_policy("gone", "[comm=sshd, follow]", "openat", "[]", NULL);
	add_policy("t", "[tree=20]", "openat", "[]", NULL);
	compile_policies();
	context(1, 0);
	context(20, 1);
	context(30, 1);
	context(31, 30);
	context(32, 31);
	forks(20, 21);
	match_forget(match, 20);
	set_comm("sshd");
	context(10, 1);
	ck_assert(is_wanted(10) || ev.n_matched == 2);
	set_comm("bash");
	old = match;
	old_set = set;
	match = NULL;
	set = NULL;
	begin_policies();
	add_policy("t30", "[tree=30]", "openat", "[]", NULL);
	add_policy("t", "[tree=20]", "openat", "[]", NULL);
	add_policy("h", "['executable=host:/usr/bin/bash']", "openat", "[]", NULL);
	add_policy("f", "[comm=sshd, follow]", "openat", "[]", NULL);
	add_policy("n", "[comm=sshd, follow]", "openat", "[]", NULL);
	match = compile_after(old);
	match_free(old);
	pol_set_free(old_set);
	make_openat("/x");
	by(10);
	ck_assert_str_eq(who(), "h f ");
	by(21);
	ck_assert_str_eq(who(), "t h ");
	by(32);
	ck_assert_str_eq(who(), "t30 h ");
	task.ctx.mnt_ns = 5;
	by(1);
	ck_assert_str_eq(who(), "");
	match_stats_get(match, &stats);
	ck_assert_uint_eq(stats.n_marked, 5);
}
END_TEST

/* Thousands that come and go: what is kept does not grow. */
START_TEST(ended_processes_are_forgotten)
{
	struct match_stats stats;
	uint64_t bytes;

	with_scope("[tree=10]");
	context(10, 1);
	for (uint32_t i = 0; i < 300; i++)
		forks(10, 1000 + i);
	match_stats_get(match, &stats);
	bytes = stats.memory_bytes;
	ck_assert_uint_eq(stats.n_marked, 301);
	for (uint32_t i = 0; i < 20000; i++) {
		forks(10, 2000 + i);
		ck_assert(is_wanted(2000 + i));
		match_forget(match, 2000 + i);
	}
	match_stats_get(match, &stats);
	ck_assert_uint_eq(stats.n_marked, 301);
	ck_assert_uint_eq(stats.memory_bytes, bytes);
}
END_TEST

static Suite *match_lineage_suite(void)
{
	Suite *s = suite_create("match_lineage");
	TCase *tree = tcase_create("tree"), *followed = tcase_create("follow");

	tcase_add_checked_fixture(tree, fixture_setup, fixture_teardown);
	tcase_add_test(tree, tree_has_its_root_and_what_descends_from_it);
	tcase_add_test(tree, tree_is_known_from_contexts_in_any_order);
	tcase_add_test(tree, tree_survives_the_end_of_parents);
	tcase_add_test(tree, other_trees);
	tcase_add_test(tree, pid_that_is_used_again_is_another_process);
	tcase_add_test(tree, threads_are_their_process);
	tcase_add_test(tree, ended_processes_are_forgotten);
	suite_add_tcase(s, tree);
	tcase_add_checked_fixture(followed, fixture_setup, fixture_teardown);
	tcase_add_test(followed, followed_from_the_first_event_on);
	tcase_add_test(followed, followed_from_fork_and_exec_on);
	tcase_add_test(followed, scope_is_looked_at_before_the_rule);
	tcase_add_test(followed, lost_fork_is_made_up_for);
	tcase_add_test(followed, marks_go_on_in_the_next_generation);
	suite_add_tcase(s, followed);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(match_lineage_suite());
	int n_failed;

	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
