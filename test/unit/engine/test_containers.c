/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/enrich/containers.h"

#define SECOND 1000000000ULL
#define DOCKER "/system.slice/docker-"
#define ID_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define ID_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct containers *c;

static void setup(void)
{
	c = containers_new(0);
	ck_assert_ptr_nonnull(c);
}

static void teardown(void)
{
	containers_free(c);
}

static void add(uint64_t cgroup_id, const char *path, uint64_t created_ns)
{
	ck_assert_int_eq(containers_add(c, cgroup_id, path, strlen(path), created_ns), 0);
}

/* A container named by the number. */
static void add_number(uint64_t cgroup_id, unsigned int number, uint64_t created_ns)
{
	char path[128];

	(void)snprintf(path, sizeof(path), DOCKER "%064x.scope", number); /* fits */
	add(cgroup_id, path, created_ns);
}

static struct containers_stats stats(void)
{
	struct containers_stats s;

	containers_stats_get(c, &s);
	return s;
}

static void check_numbers(uint64_t n_cgroups, uint64_t n_containers)
{
	ck_assert_uint_eq(stats().n_cgroups, n_cgroups);
	ck_assert_uint_eq(stats().n_containers, n_containers);
}

START_TEST(container_is_found_by_its_cgroup)
{
	const struct container *found;

	add(1, "/", 0);
	add(7, DOCKER ID_A ".scope", 5 * SECOND);
	found = containers_find(c, 7);
	ck_assert_ptr_nonnull(found);
	ck_assert_uint_eq(found->cgroup_id, 7);
	ck_assert_uint_eq(found->created_ns, 5 * SECOND);
	ck_assert_uint_eq(found->runtime, CONTAINER_DOCKER);
	ck_assert_str_eq(found->id, ID_A);
	ck_assert(found->is_root && !found->is_started && !found->is_sandbox);
	ck_assert_str_eq(found->name, "");
	ck_assert_str_eq(found->image, "");
	ck_assert_str_eq(found->image_digest, "");
	ck_assert_str_eq(found->pod_name, "");
	ck_assert_str_eq(found->pod_namespace, "");
	ck_assert_str_eq(found->pod_uid, "");
	ck_assert_ptr_null(containers_find(c, 1)); /* the host's: known */
	ck_assert_uint_eq(stats().n_hits, 2);
	ck_assert_uint_eq(stats().n_misses, 0);
	ck_assert_ptr_null(containers_find(c, 8));
	ck_assert_uint_eq(stats().n_misses, 1);
	ck_assert_uint_eq(stats().capacity, CONTAINERS_CAPACITY_DEFAULT);
	check_numbers(2, 1);
}
END_TEST

START_TEST(path_need_not_be_terminated)
{
	static const char path[] = "/docker/" ID_A "/more";

	ck_assert_int_eq(containers_add(c, 7, path, strlen("/docker/" ID_A), 1), 0);
	ck_assert(containers_find(c, 7)->is_root);
}
END_TEST

START_TEST(nested_cgroups_are_of_the_container)
{
	add(7, DOCKER ID_A ".scope", 1);
	add(8, DOCKER ID_A ".scope/init", 2);
	add(9, DOCKER ID_A ".scope/init/deeper", 3);
	check_numbers(3, 1);
	ck_assert_str_eq(containers_find(c, 9)->id, ID_A);
	ck_assert(!containers_find(c, 9)->is_root);
	/* what starts in one of them has started in all */
	containers_started(c, 8);
	ck_assert(containers_find(c, 7)->is_started);
	ck_assert(containers_find(c, 8)->is_started);
	ck_assert(containers_find(c, 9)->is_started);
	add(10, DOCKER ID_A ".scope/late", 4);
	ck_assert(containers_find(c, 10)->is_started);
}
END_TEST

START_TEST(container_that_was_there_has_started)
{
	add(7, DOCKER ID_A ".scope", 0);
	add(8, DOCKER ID_B ".scope", SECOND);
	ck_assert(containers_find(c, 7)->is_started);
	ck_assert_uint_eq(containers_find(c, 7)->created_ns, 0);
	ck_assert(!containers_find(c, 8)->is_started);
	containers_started(c, 9); /* not known */
	add(1, "/", 0);
	containers_started(c, 1); /* the host's */
	ck_assert(!containers_find(c, 8)->is_started);
}
END_TEST

START_TEST(look_at_what_is_there_changes_nothing_known)
{
	add(7, DOCKER ID_A ".scope", SECOND);
	add(7, DOCKER ID_A ".scope", 0);
	ck_assert(!containers_find(c, 7)->is_started);
	ck_assert_uint_eq(containers_find(c, 7)->created_ns, SECOND);
	containers_remove(c, 7, 2 * SECOND);
	add(7, DOCKER ID_A ".scope", 0); /* seen before it was removed, told after it */
	check_numbers(1, 0);
	containers_remove(c, 99, 33 * SECOND);
	check_numbers(0, 0);
}
END_TEST

START_TEST(removed_one_is_kept_for_late_events)
{
	add(7, DOCKER ID_A ".scope", SECOND);
	containers_remove(c, 7, 2 * SECOND);
	containers_remove(c, 7, 3 * SECOND); /* told twice */
	check_numbers(1, 0);
	ck_assert_str_eq(containers_find(c, 7)->id, ID_A);
	add(8, "/a", 2 * SECOND + CONTAINERS_GRACE_NS); /* time goes on, just far enough */
	ck_assert_ptr_nonnull(containers_find(c, 7));
	add(9, "/b", 2 * SECOND + CONTAINERS_GRACE_NS + 1);
	ck_assert_ptr_null(containers_find(c, 7));
	ck_assert_uint_eq(stats().n_misses, 1);
	ck_assert_uint_eq(stats().n_evictions, 0);
	check_numbers(2, 0);
}
END_TEST

/* A host that is removed counts as well, and an older time does not turn the clock back. */
START_TEST(grace_goes_by_the_newest_time)
{
	add(1, "/a", 100 * SECOND);
	containers_remove(c, 1, 50 * SECOND);
	containers_remove(c, 2, 0);
	check_numbers(0, 0);
	add(3, "/b", 110 * SECOND);
	containers_remove(c, 3, 200 * SECOND); /* from the future: stays */
	containers_remove(c, 9, 120 * SECOND);
	check_numbers(1, 0);
}
END_TEST

START_TEST(container_started_anew_is_another_one)
{
	add(7, DOCKER ID_A ".scope", SECOND);
	containers_started(c, 7);
	containers_remove(c, 7, 2 * SECOND);
	add(8, DOCKER ID_A ".scope", 3 * SECOND);
	ck_assert(!containers_find(c, 8)->is_started);
	ck_assert(containers_find(c, 7)->is_started); /* the old one, for late events */
	check_numbers(2, 1);
}
END_TEST

START_TEST(id_used_again_is_the_new_cgroup)
{
	add(7, DOCKER ID_A ".scope", SECOND);
	add(7, DOCKER ID_B ".scope", 2 * SECOND);
	ck_assert_str_eq(containers_find(c, 7)->id, ID_B);
	check_numbers(1, 1);
	add(7, "/host", 3 * SECOND);
	ck_assert_ptr_null(containers_find(c, 7));
	check_numbers(1, 0);
}
END_TEST

START_TEST(full_evicts_removed_ones_first_then_the_least_used)
{
	containers_free(c);
	c = containers_new(3);
	add_number(1, 1, 1);
	add_number(2, 2, 2);
	add_number(3, 3, 3);
	containers_remove(c, 2, 4);
	add_number(4, 4, 5);
	ck_assert_ptr_null(containers_find(c, 2));
	ck_assert_ptr_nonnull(containers_find(c, 1)); /* used: now 3 is the least so */
	add_number(5, 5, 6);
	ck_assert_ptr_null(containers_find(c, 3));
	ck_assert_ptr_nonnull(containers_find(c, 1));
	ck_assert_ptr_nonnull(containers_find(c, 4));
	ck_assert_ptr_nonnull(containers_find(c, 5));
	ck_assert_uint_eq(stats().n_evictions, 2);
	check_numbers(3, 3);
}
END_TEST

START_TEST(room_for_one)
{
	containers_free(c);
	c = containers_new(1);
	for (unsigned int i = 1; i <= 10; i++) {
		add_number(i, i, i);
		ck_assert_ptr_nonnull(containers_find(c, i));
	}
	check_numbers(1, 1);
	ck_assert_uint_eq(stats().n_evictions, 9);
}
END_TEST

START_TEST(too_much_is_refused)
{
	ck_assert_ptr_null(containers_new((size_t)1 << 40));
	containers_free(NULL);
}
END_TEST

/* Against a model that knows everything: what is found is right, and the numbers add up. */
START_TEST(random_lives)
{
	enum { IDS = 200, CAP = 64, TURNS = 200000 };
	unsigned int made[IDS] = { 0 }; /* number of the container; 0: not there */
	unsigned int n_numbers = 0;

	containers_free(c);
	c = containers_new(CAP);
	srand(1);
	for (unsigned int turn = 1; turn < TURNS; turn++) {
		unsigned int id = (unsigned int)rand() % IDS;
		const struct container *found = containers_find(c, id + 1);
		char name[CONTAINER_ID_MAX + 1];

		(void)snprintf(name, sizeof(name), "%064x", made[id]); /* fits */
		if (found) {
			ck_assert_uint_ne(made[id], 0);
			ck_assert_str_eq(found->id, name);
		}
		if (rand() % 3 == 0) {
			containers_remove(c, id + 1, turn);
		} else {
			made[id] = ++n_numbers;
			add_number(id + 1, made[id], turn);
		}
		ck_assert_uint_le(stats().n_cgroups, CAP);
		ck_assert_uint_le(stats().n_containers, stats().n_cgroups);
	}
	ck_assert_uint_gt(stats().n_evictions, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("containers");
	TCase *tc = tcase_create("containers");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_set_timeout(tc, 60); /* for sanitizers */
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, container_is_found_by_its_cgroup);
	tcase_add_test(tc, path_need_not_be_terminated);
	tcase_add_test(tc, nested_cgroups_are_of_the_container);
	tcase_add_test(tc, container_that_was_there_has_started);
	tcase_add_test(tc, look_at_what_is_there_changes_nothing_known);
	tcase_add_test(tc, removed_one_is_kept_for_late_events);
	tcase_add_test(tc, grace_goes_by_the_newest_time);
	tcase_add_test(tc, container_started_anew_is_another_one);
	tcase_add_test(tc, id_used_again_is_the_new_cgroup);
	tcase_add_test(tc, full_evicts_removed_ones_first_then_the_least_used);
	tcase_add_test(tc, room_for_one);
	tcase_add_test(tc, too_much_is_refused);
	tcase_add_test(tc, random_lives);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
