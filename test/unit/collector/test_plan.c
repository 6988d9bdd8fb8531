/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/plan.h"

#include <check.h>
#include <stdlib.h>

static struct plan_state *state;

static void setup(void)
{
	state = calloc(1, sizeof(*state));
	ck_assert_ptr_nonnull(state);
}

static void teardown(void)
{
	free(state);
}

static void ask(struct control_plan *plan, unsigned int slot, bool rings)
{
	plan->events[slot / 64] |= 1ULL << (slot % 64);
	if (rings)
		plan->rings[slot / 64] |= 1ULL << (slot % 64);
}

static uint8_t on(unsigned int slot)
{
	return state->events[slot].on;
}

START_TEST(only_what_is_asked_to_ring_rings)
{
	struct control_plan plan = { .generation = 1 };

	ask(&plan, EV_OPENAT_slot, true);
	ask(&plan, EV_EXECVE_slot, true);
	ask(&plan, EV_CLOSE_slot, false);
	ask(&plan, EV_SCHED_PROCESS_EXIT_slot, false);
	plan_fill(state, &plan);
	ck_assert_uint_eq(on(EV_OPENAT_slot), PLAN_ON | PLAN_RINGS);
	ck_assert_uint_eq(on(EV_EXECVE_slot), PLAN_ON_ENTER | PLAN_ON_FAILED | PLAN_RINGS);
	ck_assert_uint_eq(on(EV_CLOSE_slot), PLAN_ON);
	ck_assert_uint_eq(on(EV_SCHED_PROCESS_EXIT_slot), PLAN_ON);
	ck_assert_uint_eq(on(EV_TASK_slot), 0);
}
END_TEST

START_TEST(the_next_plan_takes_it_back)
{
	struct control_plan loud = { .generation = 1 }, quiet = { .generation = 2 },
			    none = { .generation = 3 };

	ask(&loud, EV_OPENAT_slot, true);
	ask(&quiet, EV_OPENAT_slot, false);
	plan_fill(state, &loud);
	ck_assert_uint_ne(state->syscall_slot[event_defs[EV_OPENAT_slot].nr_native], 0);
	plan_fill(state, &quiet);
	ck_assert_uint_eq(on(EV_OPENAT_slot), PLAN_ON);
	plan_fill(state, &none);
	for (unsigned int slot = 0; slot < LANE_SLOTS; slot++)
		ck_assert_uint_eq(on(slot), 0);
	for (size_t nr = 0; nr < PLAN_SYSCALLS; nr++)
		ck_assert_uint_eq(state->syscall_slot[nr] | state->compat_slot[nr], 0);
}
END_TEST

/* Whoever is not wanted does not ring either, whatever the message says (it is refused before). */
START_TEST(what_is_not_wanted_is_off)
{
	struct control_plan plan = { .generation = 1 };

	plan.rings[EV_OPENAT_slot / 64] |= 1ULL << (EV_OPENAT_slot % 64);
	plan_fill(state, &plan);
	ck_assert_uint_eq(on(EV_OPENAT_slot), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("plan");
	TCase *tc = tcase_create("plan");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, only_what_is_asked_to_ring_rings);
	tcase_add_test(tc, the_next_plan_takes_it_back);
	tcase_add_test(tc, what_is_not_wanted_is_off);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
