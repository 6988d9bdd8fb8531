/* SPDX-License-Identifier: Apache-2.0 */
/* Heartbeats, and what is said of readiness. */
#include <check.h>
#include <string.h>
#include <sys/prctl.h>

#include "engine/readiness.h"

#define T0 (100 * (uint64_t)NOW_NS_PER_S)
#define TP (1U << CONTROL_HOOK_TP_BTF)
#define EXIT (1U << CONTROL_HOOK_SYS_EXIT)

static struct ready ready;
static struct hbeat *h = &ready.beat;
static unsigned int n_acts;
static uint64_t number;

static void act(void *arg, uint64_t given)
{
	ck_assert_ptr_eq(arg, &n_acts);
	n_acts++;
	number = given;
}

static void setup(void)
{
	n_acts = 0;
	ready = (struct ready){ .is_connected = true, .has_plan = true };
	hbeat_init(h, act, &n_acts, 1000);
}

static void come_back(unsigned int hook, uint64_t which, uint64_t now_ns)
{
	const struct rec_heartbeat rec = { .number = which, .hook = hook };

	hbeat_take(h, &rec, now_ns);
}

static void expect_says(uint64_t now_ns, bool is_ready, const char *said)
{
	char text[READY_TEXT_MAX];

	ck_assert_int_eq(ready_verdict(&ready, now_ns, text), is_ready);
	if (said[0] == '\0')
		ck_assert_str_eq(text, "");
	ck_assert_msg(strstr(text, said) != NULL, "'%s' is not in '%s'", said, text);
}

START_TEST(nothing_expected_nothing_done)
{
	ck_assert_int_eq(hbeat_tick(h, T0), -1);
	ck_assert_uint_eq(n_acts, 0);
	ck_assert(!hbeat_is_flowing(h));
	expect_says(T0, true, "no hook can see");
}
END_TEST

START_TEST(what_comes_back_flows)
{
	hbeat_expect(h, TP | EXIT);
	ck_assert_int_eq(hbeat_tick(h, T0), HBEAT_EVERY_NS);
	ck_assert_uint_eq(n_acts, 1);
	ck_assert_uint_eq(number, 1001);
	expect_says(T0, false,
		    "do not flow yet: what the engine did itself did not come back "
		    "through tp_btf");
	come_back(CONTROL_HOOK_TP_BTF, number, T0 + 5);
	ck_assert(!hbeat_is_flowing(h));
	expect_says(T0, false, "sys_exit");
	come_back(CONTROL_HOOK_SYS_EXIT, number, T0 + 7);
	ck_assert(hbeat_is_flowing(h));
	ck_assert_uint_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].took_ns, 7);
	expect_says(T0, true, "");
	/* the next one in two seconds, not before */
	ck_assert_int_eq(hbeat_tick(h, T0 + 10), HBEAT_EVERY_NS - 10);
	ck_assert_int_eq(hbeat_tick(h, T0 + HBEAT_EVERY_NS), HBEAT_EVERY_NS);
	ck_assert_uint_eq(n_acts, 2);
	ck_assert(hbeat_is_flowing(h)); /* as the latest that is known did */
}
END_TEST

START_TEST(what_does_not_come_back_is_late)
{
	hbeat_expect(h, TP | EXIT);
	(void)hbeat_tick(h, T0);
	come_back(CONTROL_HOOK_TP_BTF, number, T0);
	(void)hbeat_tick(h, T0 + HBEAT_LATE_NS);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_TP_BTF].state, HBEAT_FLOWING);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].state, HBEAT_LATE);
	ck_assert_uint_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].n_late, 1);
	expect_says(T0 + HBEAT_LATE_NS, false, "do not flow: ");
	/* the first one is no answer to the second */
	come_back(CONTROL_HOOK_SYS_EXIT, number - 1, T0 + HBEAT_LATE_NS + 1);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].state, HBEAT_LATE);
	come_back(CONTROL_HOOK_TP_BTF, number, T0 + HBEAT_LATE_NS + 1);
	come_back(CONTROL_HOOK_SYS_EXIT, number, T0 + HBEAT_LATE_NS + 1);
	ck_assert(hbeat_is_flowing(h));
}
END_TEST

START_TEST(an_answer_after_two_seconds_is_none)
{
	hbeat_expect(h, TP);
	(void)hbeat_tick(h, T0);
	come_back(CONTROL_HOOK_TP_BTF, number, T0 + HBEAT_LATE_NS + 1);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_TP_BTF].state, HBEAT_WAITING);
}
END_TEST

START_TEST(records_without_sense_change_nothing)
{
	hbeat_expect(h, TP);
	(void)hbeat_tick(h, T0);
	come_back(CONTROL_HOOK_SYS_EXIT, number, T0);
	come_back(CONTROL_HOOK_KINDS, number, T0);
	come_back(32 + CONTROL_HOOK_TP_BTF, number, T0);
	come_back(UINT32_MAX, number, T0);
	come_back(CONTROL_HOOK_TP_BTF, 0, T0);
	ck_assert(!hbeat_is_flowing(h));
	come_back(CONTROL_HOOK_TP_BTF, number, T0);
	come_back(CONTROL_HOOK_TP_BTF, number, T0 + 1); /* again */
	ck_assert_uint_eq(h->hooks[CONTROL_HOOK_TP_BTF].n_back, 1);
	ck_assert_uint_eq(h->hooks[CONTROL_HOOK_TP_BTF].took_ns, 0);
}
END_TEST

/* Reload of policies: another kind of hook for system calls. */
START_TEST(a_new_kind_is_asked_at_once)
{
	hbeat_expect(h, TP);
	(void)hbeat_tick(h, T0);
	come_back(CONTROL_HOOK_TP_BTF, number, T0);
	hbeat_expect(h, TP | EXIT);
	ck_assert_int_eq(hbeat_tick(h, T0 + 1), HBEAT_EVERY_NS);
	ck_assert_uint_eq(n_acts, 2);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_TP_BTF].state, HBEAT_FLOWING);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].state, HBEAT_WAITING);
	/* and one that went is not waited for */
	hbeat_expect(h, TP);
	come_back(CONTROL_HOOK_TP_BTF, number, T0 + 2);
	ck_assert(hbeat_is_flowing(h));
	(void)hbeat_tick(h, T0 + 3 * HBEAT_EVERY_NS);
	ck_assert_uint_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].n_late, 0);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_SYS_EXIT].state, HBEAT_NONE);
}
END_TEST

START_TEST(a_collector_that_goes_takes_its_proofs_along)
{
	hbeat_expect(h, TP);
	(void)hbeat_tick(h, T0);
	come_back(CONTROL_HOOK_TP_BTF, number, T0);
	hbeat_expect(h, 0);
	ck_assert(!hbeat_is_flowing(h));
	ck_assert_int_eq(hbeat_tick(h, T0 + 1), -1);
	hbeat_expect(h, TP);
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_TP_BTF].state, HBEAT_WAITING);
	come_back(CONTROL_HOOK_TP_BTF, number, T0 + 2); /* an old one, read late */
	ck_assert_int_eq(h->hooks[CONTROL_HOOK_TP_BTF].state, HBEAT_WAITING);
	(void)hbeat_tick(h, T0 + 3);
	ck_assert_uint_eq(n_acts, 2);
}
END_TEST

START_TEST(says_what_is_wrong_with_the_collector)
{
	ready.asked_ns = T0;
	expect_says(T0 + READY_SILENT_NS, true, "no hook can see");
	expect_says(T0 + READY_SILENT_NS + 1, false, "the collector does not answer");
	ready.asked_ns = 0;
	ready.has_plan = false;
	expect_says(T0, false, "the collector has not confirmed the plan");
	ready.is_connected = false;
	expect_says(T0, false, "no collector is connected");
	ck_assert_int_eq(ready_tend(&ready, NULL, T0), -1);
	expect_says(T0, false, "no collector is connected");
}
END_TEST

START_TEST(the_call_leaves_the_name_as_it_is)
{
	char name[16] = "", after[16] = "";

	ck_assert_int_eq(prctl(PR_GET_NAME, name, 0, 0, 0), 0);
	hbeat_rename(name, 7);
	ck_assert_int_eq(prctl(PR_GET_NAME, after, 0, 0, 0), 0);
	ck_assert_str_eq(after, name);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("readiness");
	TCase *tc = tcase_create("readiness");
	SRunner *sr = srunner_create(s);
	int n_failed;

	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, nothing_expected_nothing_done);
	tcase_add_test(tc, what_comes_back_flows);
	tcase_add_test(tc, what_does_not_come_back_is_late);
	tcase_add_test(tc, an_answer_after_two_seconds_is_none);
	tcase_add_test(tc, records_without_sense_change_nothing);
	tcase_add_test(tc, a_new_kind_is_asked_at_once);
	tcase_add_test(tc, a_collector_that_goes_takes_its_proofs_along);
	tcase_add_test(tc, says_what_is_wrong_with_the_collector);
	tcase_add_test(tc, the_call_leaves_the_name_as_it_is);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? 0 : 1;
}
