/* SPDX-License-Identifier: Apache-2.0 */
/* Which policies are the same, and what is said of two sets. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/diff.h"

static void cleanup_set(struct pol_set **set)
{
	pol_set_free(*set);
}
#define CLEANUP_SET CLEANUP(cleanup_set)

static struct pol_set *parse(const char *text)
{
	struct pol_set *set = pol_set_new();
	struct err err = { 0 };

	ck_assert_ptr_nonnull(set);
	ck_assert_msg(pol_set_parse(set, text, strlen(text), "test", &err) == 0, "%s", err.text);
	return set;
}

#define BASE                                                                                       \
	"type: policy\nname: n\ndescription: d\nscope: [uid=0]\nrules:\n"                          \
	"  - event: openat\n    filters: [data.pathname=/etc/*, retval>=0]\n"                      \
	"    exceptions:\n      - name: e\n        filters: [comm=a]\n        reason: r\n"         \
	"        expires: 2030-01-01\n"                                                            \
	"  - event: close\n"

/* `from` in BASE becomes `to`. */
static const struct {
	const char *from, *to;
	bool same;
} cases[] = {
	{ "", "", true },
	{ "scope: [uid=0]\n", "scope:\n  # said in another way\n  - uid=0\n", true },
	{ "type: policy\n", "\n\n\ntype: policy\n", true },
	{ "description: d", "description: other", false },
	{ "scope: [uid=0]", "scope: [uid=1]", false },
	{ "scope: [uid=0]", "scope: [uid!=0]", false },
	{ "scope: [uid=0]", "scope: [pid=0]", false },
	{ "scope: [uid=0]", "scope: [uid=0, uid=1]", false },
	{ "scope: [uid=0]", "scope: [uid=0, follow]", false },
	{ "scope: [uid=0]", "scope: [global]", false },
	{ "event: openat", "event: open", false },
	{ "/etc/*", "*/etc", false },
	{ "/etc/*", "/etc/", false },
	{ "retval>=0", "retval>0", false },
	{ "retval>=0", "retval>=1", false },
	{ ", retval>=0", "", false },
	{ "name: e", "name: f", false },
	{ "comm=a", "comm=b", false },
	{ "reason: r", "reason: other", false },
	{ "2030", "2031", false },
	{ "  - event: close\n", "", false },
	{ "event: close", "event: close\n  - event: dup", false },
};

static char *changed(const char *from, const char *to)
{
	const char *place = strstr(BASE, from);
	char *text;

	ck_assert_ptr_nonnull(place);
	ck_assert_int_ge(
		asprintf(&text, "%.*s%s%s", (int)(place - BASE), BASE, to, place + strlen(from)),
		0);
	return text;
}

START_TEST(policies_are_compared)
{
	CLEANUP_FREE char *text = changed(cases[_i].from, cases[_i].to);
	CLEANUP_SET struct pol_set *a = parse(BASE), *b = parse(text);

	ck_assert_msg(pol_set_same(a, b) == cases[_i].same, "%s", text);
	ck_assert_msg(pol_set_same(b, a) == cases[_i].same, "%s", text);
	ck_assert(pol_set_same(a, a));
}
END_TEST

#define POLICY(name, event)                                                                        \
	"---\ntype: policy\nscope: [global]\nname: " name "\nrules: [{event: " event "}]\n"

static void note(void *arg, enum pol_change change, const struct pol_policy *policy)
{
	char *text = arg;

	(void)sprintf(text + strlen(text), "%c%s ", "=~+-"[change], policy -> name); /* short */
}

static const struct {
	const char *former, *now, *diff;
} sets[] = {
	{ POLICY("a", "open"), POLICY("a", "open"), "=a " },
	{ POLICY("a", "open"), POLICY("a", "close"), "~a " },
	{ POLICY("a", "open"), POLICY("b", "open"), "-a +b " },
	{ POLICY("b", "open"), POLICY("a", "open"), "+a -b " },
	{ POLICY("a", "open"), POLICY("b", "open") POLICY("a", "open") POLICY("c", "open"),
	  "=a +b +c " },
	{ POLICY("c", "open") POLICY("a", "open") POLICY("b", "open"),
	  POLICY("b", "dup") POLICY("c", "open"), "-a ~b =c " },
};

START_TEST(difference_is_said_by_name)
{
	CLEANUP_SET struct pol_set *former = parse(sets[_i].former), *now = parse(sets[_i].now);
	char text[256] = "";

	ck_assert_int_eq(pol_set_diff(former, now, note, text), 0);
	ck_assert_str_eq(text, sets[_i].diff);
}
END_TEST

/* Events name policies in load order. */
START_TEST(another_order_is_not_the_same)
{
	CLEANUP_SET struct pol_set *a = parse(POLICY("a", "open") POLICY("b", "open"));
	CLEANUP_SET struct pol_set *b = parse(POLICY("b", "open") POLICY("a", "open"));
	char text[256] = "";

	ck_assert(!pol_set_same(a, b));
	ck_assert_int_eq(pol_set_diff(a, b, note, text), 0);
	ck_assert_str_eq(text, "=a =b ");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy_diff");
	TCase *tc = tcase_create("policy_diff");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, policies_are_compared, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(tc, difference_is_said_by_name, 0, ARRAY_LEN(sets));
	tcase_add_test(tc, another_order_is_not_the_same);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
