/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/enrich/process_tree.h"

#define SECOND 1000000000ULL

static struct ptree *tree;

static void setup(void)
{
	tree = ptree_new(4);
	ck_assert_ptr_nonnull(tree);
}

static void teardown(void)
{
	ptree_free(tree);
	tree = NULL;
}

static struct rec_task context(uint32_t tid, uint64_t start_ns, uint64_t ts_ns)
{
	struct rec_task ctx = {
		.hdr = { .ts_ns = ts_ns, .tid = tid, .tgid = tid },
		.start_ns = start_ns,
		.leader_start_ns = start_ns,
	};

	return ctx;
}

static void update(uint32_t tid, uint64_t start_ns, uint64_t ts_ns, const char *exe)
{
	struct rec_task ctx = context(tid, start_ns, ts_ns);

	ck_assert_int_eq(ptree_update(tree, &ctx, exe, exe ? strlen(exe) : 0, 0), 0);
}

static bool has_exe(uint32_t tid, const char *exe)
{
	const struct ptree_task *t = ptree_find(tree, tid);

	return t && t->exe_len == strlen(exe) && memcmp(t->exe, exe, t->exe_len) == 0;
}

static struct ptree_stats stats(void)
{
	struct ptree_stats st;

	ptree_stats_get(tree, &st);
	return st;
}

/* From an independent implementation in Python (MurmurHash3_x86_32 over struct.pack('<QI', start,
 * id)), itself checked with the published values for "test" (ba6bd213), "Hello, world!" (c0363e43)
 * and "" with seed 1 (514e28b7). */
static const struct {
	uint64_t start_ns;
	uint32_t id, hash;
} entities[] = {
	{ 0, 0, 0xd941144bU },
	{ 1, 1, 0x8bddfe17U },
	{ 5000000000ULL, 1, 0x716a86acU },
	{ 123456789012ULL, 4242, 0x08b582e0U },
	{ 1680179107675006774ULL, 676, 0xff0e11d0U },
	{ UINT64_MAX, UINT32_MAX, 0xa9ed186dU },
};

START_TEST(entity_id_is_murmur3_of_start_time_and_id)
{
	ck_assert_uint_eq(ptree_entity_id(entities[_i].start_ns, entities[_i].id),
			  entities[_i].hash);
}
END_TEST

START_TEST(context_is_copied_whole)
{
	struct rec_task ctx = context(7, 100, 1000);
	char exe[] = "/usr/bin/true";
	const struct ptree_task *t;

	ctx.hdr.tgid = 6;
	ctx.ppid = 5;
	ctx.leader_start_ns = 90;
	ctx.parent_start_ns = 80;
	ctx.uid = 1000;
	memcpy(ctx.comm, "true", 5);
	ck_assert_int_eq(ptree_update(tree, &ctx, exe, strlen(exe), REC_VAR_TRUNC), 0);
	memset(exe, 'x', sizeof(exe));
	t = ptree_find(tree, 7);
	ck_assert_ptr_nonnull(t);
	ck_assert_mem_eq(&t->ctx, &ctx, sizeof(ctx));
	ck_assert_uint_eq(t->tid, 7);
	ck_assert_uint_eq(t->tgid, 6);
	ck_assert_uint_eq(t->entity_id, ptree_entity_id(100, 7));
	ck_assert_uint_eq(t->process_entity_id, ptree_entity_id(90, 6));
	ck_assert_uint_eq(t->parent_entity_id, ptree_entity_id(80, 5));
	ck_assert_uint_eq(t->exe_flags, REC_VAR_TRUNC);
	ck_assert_uint_eq(t->context_ts_ns, 1000);
	ck_assert(!t->ended);
	ck_assert(has_exe(7, "/usr/bin/true"));
}
END_TEST

START_TEST(unknown_task_is_a_miss)
{
	update(1, 10, 10, "/sbin/init");
	ck_assert_ptr_null(ptree_find(tree, 2));
	ck_assert_ptr_nonnull(ptree_find(tree, 1));
	ck_assert_uint_eq(stats().n_misses, 1);
	ck_assert_uint_eq(stats().n_hits, 1);
}
END_TEST

START_TEST(path_may_be_missing_or_empty_but_not_endless)
{
	struct rec_task ctx = context(1, 10, 20);

	update(1, 10, 10, NULL);
	ck_assert_ptr_null(ptree_find(tree, 1)->exe);
	ck_assert_uint_eq(ptree_find(tree, 1)->exe_len, 0);
	update(1, 10, 11, "");
	ck_assert_ptr_nonnull(ptree_find(tree, 1)->exe);
	ck_assert_int_eq(ptree_update(tree, &ctx, "/", REC_PATH_MAX + 1, 0), -EINVAL);
	ck_assert_uint_eq(ptree_find(tree, 1)->context_ts_ns, 11);
}
END_TEST

/* Which of two contexts of one tid stays: {start, ts} of the first, of the second. */
static const struct {
	const char *what;
	uint64_t start[2], ts[2];
	bool second_stays;
} orders[] = {
	{ "newer of the same task", { 10, 10 }, { 20, 21 }, true },
	{ "equally new of the same task", { 10, 10 }, { 20, 20 }, false },
	{ "older of the same task", { 10, 10 }, { 20, 19 }, false },
	{ "new owner of the tid", { 10, 30 }, { 20, 31 }, true },
	{ "new owner at the same time", { 10, 20 }, { 20, 20 }, true },
	{ "earlier owner, come late", { 30, 10 }, { 31, 20 }, false },
};

START_TEST(newest_context_stays)
{
	update(3, orders[_i].start[0], orders[_i].ts[0], "/first");
	update(3, orders[_i].start[1], orders[_i].ts[1], "/second");
	ck_assert_msg(has_exe(3, orders[_i].second_stays ? "/second" : "/first"), "%s",
		      orders[_i].what);
	ck_assert_uint_eq(stats().n_tasks, 1);
}
END_TEST

START_TEST(ended_task_is_there_until_grace_is_over)
{
	const uint64_t end = 10 * SECOND;

	update(1, SECOND, SECOND, "/bin/sh");
	ptree_exit(tree, 1, end);
	ck_assert(ptree_find(tree, 1)->ended);
	update(2, SECOND, end + PTREE_GRACE_NS, "/bin/ls");
	ck_assert_ptr_nonnull(ptree_find(tree, 1));
	update(2, SECOND, end + PTREE_GRACE_NS + 1, "/bin/ls");
	ck_assert_ptr_null(ptree_find(tree, 1));
	ck_assert_uint_eq(stats().n_tasks, 1);
	ck_assert_uint_eq(stats().n_evictions, 0);
}
END_TEST

START_TEST(many_ended_tasks_are_gone_after_grace)
{
	struct ptree *big = ptree_new(1000);
	struct rec_task ctx;

	for (uint32_t tid = 1; tid <= 1000; tid++) {
		ctx = context(tid, tid, tid);
		ck_assert_int_eq(ptree_update(big, &ctx, NULL, 0, 0), 0);
		ptree_exit(big, tid, 2000);
	}
	ptree_exit(big, 5000, 2001 + PTREE_GRACE_NS);
	for (uint32_t tid = 1; tid <= 1000; tid++)
		ck_assert_ptr_null(ptree_find(big, tid));
	ptree_free(big);
}
END_TEST

START_TEST(reused_tid_lives_again)
{
	update(1, 10, 10, "/old");
	ptree_exit(tree, 1, 20);
	update(1, 30, 30, "/new");
	ck_assert(has_exe(1, "/new"));
	ck_assert(!ptree_find(tree, 1)->ended);
	ptree_exit(tree, 1, 20); /* the first owner's, told again or late */
	ck_assert(!ptree_find(tree, 1)->ended);
	update(2, 10, 40 + 2 * PTREE_GRACE_NS, NULL);
	ck_assert(has_exe(1, "/new"));
}
END_TEST

START_TEST(late_context_does_not_revive_an_ended_task)
{
	update(1, 10, 10, "/old");
	ptree_exit(tree, 1, 20);
	update(1, 10, 21, "/late");
	ck_assert(has_exe(1, "/late"));
	ck_assert(ptree_find(tree, 1)->ended);
}
END_TEST

START_TEST(exit_of_unknown_task_is_nothing)
{
	ptree_exit(tree, 99, 20);
	ck_assert_uint_eq(stats().n_tasks, 0);
}
END_TEST

START_TEST(ended_tasks_are_evicted_first)
{
	for (uint32_t tid = 1; tid <= 4; tid++)
		update(tid, tid, tid, "/bin/sh");
	ptree_exit(tree, 4, 10);
	ptree_exit(tree, 2, 11);
	update(5, 12, 12, NULL);
	ck_assert_ptr_null(ptree_find(tree, 4)); /* ended first */
	update(6, 13, 13, NULL);
	ck_assert_ptr_null(ptree_find(tree, 2));
	ck_assert_ptr_nonnull(ptree_find(tree, 1));
	ck_assert_uint_eq(stats().n_evictions, 2);
	ck_assert_uint_eq(stats().n_tasks, 4);
}
END_TEST

START_TEST(least_recently_used_is_evicted_next)
{
	for (uint32_t tid = 1; tid <= 4; tid++)
		update(tid, tid, tid, "/bin/sh");
	ck_assert_ptr_nonnull(ptree_find(tree, 1));
	update(2, 2, 20, "/bin/sh"); /* news is use as well */
	update(5, 21, 21, NULL);
	ck_assert_ptr_null(ptree_find(tree, 3));
	update(6, 22, 22, NULL);
	ck_assert_ptr_null(ptree_find(tree, 4));
	ck_assert_ptr_nonnull(ptree_find(tree, 1));
	ck_assert_ptr_nonnull(ptree_find(tree, 2));
}
END_TEST

START_TEST(child_and_thread_share_the_path)
{
	struct rec_task child = context(2, 20, 20), thread = context(3, 30, 30);
	const char *shared;

	update(1, 10, 10, "/bin/sh");
	child.ppid = 1;
	thread.hdr.tgid = 1;
	ck_assert_int_eq(ptree_update(tree, &child, "/bin/sh", 7, 0), 0);
	ck_assert_int_eq(ptree_update(tree, &thread, "/bin/sh", 7, 0), 0);
	shared = ptree_find(tree, 1)->exe;
	ck_assert_ptr_eq(ptree_find(tree, 2)->exe, shared);
	ck_assert_ptr_eq(ptree_find(tree, 3)->exe, shared);
	update(1, 10, 40, "/bin/ls"); /* the parent executes something else */
	ck_assert(has_exe(2, "/bin/sh"));
	ck_assert(has_exe(1, "/bin/ls"));
}
END_TEST

START_TEST(paths_have_a_budget)
{
	struct ptree *big = ptree_new(8192);
	CLEANUP_FREE char *path = malloc(REC_PATH_MAX);
	struct ptree_stats st;

	memset(path, 'a', REC_PATH_MAX);
	for (uint32_t tid = 1; tid <= 8192; tid++) {
		struct rec_task ctx = context(tid, tid, tid);

		(void)snprintf(path, 16, "/%08x", tid);
		ck_assert_int_eq(ptree_update(big, &ctx, path, REC_PATH_MAX, 0), 0);
		ck_assert_ptr_nonnull(ptree_find(big, tid));
	}
	ptree_stats_get(big, &st);
	ck_assert_uint_eq(st.n_tasks, (16U << 20) / REC_PATH_MAX);
	ck_assert_uint_eq(st.n_tasks + st.n_evictions, 8192);
	ptree_free(big);
}
END_TEST

START_TEST(capacity_is_checked)
{
	struct ptree *t = ptree_new(0);
	struct ptree_stats st;

	ck_assert_ptr_nonnull(t);
	ptree_stats_get(t, &st);
	ck_assert_uint_eq(st.capacity, PTREE_CAPACITY_DEFAULT);
	ptree_free(t);
	ck_assert_ptr_null(ptree_new(((size_t)1 << 30) + 1));
	ptree_free(NULL);
}
END_TEST

/* The same rules, written as plainly as they can be: a list, oldest use first. */
struct model_task {
	uint32_t tid;
	uint64_t start_ns, ts_ns, ended_ns; /* ended_ns 0: lives */
};
#define MODEL_CAP 16
static struct model_task model[MODEL_CAP];
static size_t n_model;
static uint64_t model_now;

static struct model_task *model_at(uint32_t tid)
{
	for (size_t i = 0; i < n_model; i++) {
		if (model[i].tid == tid)
			return &model[i];
	}
	return NULL;
}

static bool model_expired(const struct model_task *t)
{
	return t->ended_ns && t->ended_ns + PTREE_GRACE_NS < model_now;
}

static void model_drop(struct model_task *t)
{
	memmove(t, t + 1, (size_t)(&model[--n_model] - t) * sizeof(*t));
}

static void model_use(struct model_task *t)
{
	struct model_task copy = *t;

	model_drop(t);
	model[n_model++] = copy;
}

static void model_evict(void)
{
	struct model_task *victim = NULL;

	for (size_t i = 0; i < n_model; i++) {
		if (model[i].ended_ns && (!victim || model[i].ended_ns < victim->ended_ns))
			victim = &model[i];
	}
	model_drop(victim ? victim : model);
}

static void model_update(uint32_t tid, uint64_t start_ns, uint64_t ts_ns)
{
	struct model_task *t = model_at(tid);

	if (t && (ts_ns < t->ts_ns || (ts_ns == t->ts_ns && start_ns <= t->start_ns)))
		return;
	if (!t) {
		if (n_model == MODEL_CAP)
			model_evict();
		t = &model[n_model++];
		*t = (struct model_task){ .tid = tid };
	}
	if (t->start_ns != start_ns)
		t->ended_ns = 0;
	t->start_ns = start_ns;
	t->ts_ns = ts_ns;
	model_use(t);
}

static void model_advance(uint64_t now)
{
	model_now = now;
	for (size_t i = 0; i < n_model;) {
		if (model_expired(&model[i]))
			model_drop(&model[i]);
		else
			i++;
	}
}

static void model_exit(uint32_t tid, uint64_t now)
{
	struct model_task *t = model_at(tid);

	if (t && !t->ended_ns && t->start_ns <= now)
		t->ended_ns = now;
}

static void both_step(uint32_t action, uint32_t tid, uint64_t now)
{
	struct model_task *t = model_at(tid);
	uint64_t start = t && action != 1 ? t->start_ns : now;

	model_advance(now);
	if (action == 2) {
		ptree_exit(tree, tid, now);
		model_exit(tid, now);
		return;
	}
	update(tid, start, now, "/bin/sh");
	model_update(tid, start, now);
}

/* Looking is use. */
static void both_find(uint32_t tid)
{
	struct model_task *t = model_at(tid);

	ck_assert_int_eq(ptree_find(tree, tid) != NULL, t != NULL);
	if (t && !t->ended_ns)
		model_use(t);
}

START_TEST(behaves_as_the_model)
{
	uint64_t now = 1, seed = (uint64_t)_i * 7919 + 1;

	ptree_free(tree);
	tree = ptree_new(MODEL_CAP);
	n_model = 0;
	model_now = 0;
	for (int step = 0; step < 5000; step++) {
		seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
		now += seed >> 60 == 0 ? PTREE_GRACE_NS / 4 : 1 + (seed >> 61);
		both_step((uint32_t)(seed >> 33) % 3, 1 + (uint32_t)(seed >> 40) % 24, now);
		for (uint32_t tid = 1; tid <= 24; tid++)
			both_find(tid);
		ck_assert_uint_ge(stats().n_tasks, n_model);
		ck_assert_uint_le(stats().n_tasks, MODEL_CAP);
	}
}
END_TEST

static Suite *process_tree_suite(void)
{
	Suite *s = suite_create("process_tree");
	TCase *tc = tcase_create("entity id");

	tcase_add_loop_test(tc, entity_id_is_murmur3_of_start_time_and_id, 0, ARRAY_LEN(entities));
	suite_add_tcase(s, tc);

	tc = tcase_create("contexts");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, context_is_copied_whole);
	tcase_add_test(tc, unknown_task_is_a_miss);
	tcase_add_test(tc, path_may_be_missing_or_empty_but_not_endless);
	tcase_add_loop_test(tc, newest_context_stays, 0, ARRAY_LEN(orders));
	tcase_add_test(tc, child_and_thread_share_the_path);
	suite_add_tcase(s, tc);

	tc = tcase_create("ends");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ended_task_is_there_until_grace_is_over);
	tcase_add_test(tc, many_ended_tasks_are_gone_after_grace);
	tcase_add_test(tc, reused_tid_lives_again);
	tcase_add_test(tc, late_context_does_not_revive_an_ended_task);
	tcase_add_test(tc, exit_of_unknown_task_is_nothing);
	suite_add_tcase(s, tc);

	tc = tcase_create("capacity");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, ended_tasks_are_evicted_first);
	tcase_add_test(tc, least_recently_used_is_evicted_next);
	tcase_add_test(tc, paths_have_a_budget);
	tcase_add_test(tc, capacity_is_checked);
	tcase_add_loop_test(tc, behaves_as_the_model, 0, 3);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(process_tree_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
