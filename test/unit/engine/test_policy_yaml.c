/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/yaml.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/policy.h"

static struct pol_set *set;
static struct err err;

static void set_up(void)
{
	set = pol_set_new();
	ck_assert_ptr_nonnull(set);
	memset(&err, 0, sizeof(err));
}

static void tear_down(void)
{
	pol_set_free(set);
	set = NULL;
}

static int parse(const char *text)
{
	return pol_set_parse(set, text, strlen(text), "p.yaml", &err);
}

/* Hostile text: refused in time, without eating memory (the tests run with a limit of seconds). */

static char *repeat(const char *text, size_t n)
{
	size_t len = strlen(text);
	char *all = malloc(n * len + 1);

	ck_assert_ptr_nonnull(all);
	for (size_t i = 0; i < n; i++)
		memcpy(all + i * len, text, len);
	all[n * len] = '\0';
	return all;
}

static const struct {
	const char *unit;
	size_t n;
	const char *expect; /* of the message, or a part of it */
	int code;
} hostile[] = {
	{ "[", POL_FILE_BYTES_MAX, "p.yaml:1:33: nested deeper than 32 levels", -E2BIG },
	{ "{a: ", 100000, "p.yaml:1:129: nested deeper than 32 levels", -E2BIG },
	{ "- ", 100000, "p.yaml:1:65: nested deeper than 32 levels", -E2BIG },
	{ "? ", 100000, "a key must be plain text", -EINVAL },
	{ "- a\n", 1000000, "p.yaml:200000:3: more than 200000 values in one document", -E2BIG },
	{ "a: b\n", 800000, "p.yaml:100000:4: more than 200000 values in one document", -E2BIG },
	{ "a: b\n", 50000, "p.yaml:2:1: key 'a' is there twice; the first is in line 1", -EINVAL },
	{ "%TAG !a! b\n", 300000, "p.yaml:1:1: tag directives are not allowed", -EINVAL },
	{ "# %TAG %TAG %TAG\n", 240000, "p.yaml: no policy in it", -EINVAL },
	{ "---\n", 1000000, "p.yaml: no policy in it", -EINVAL },
	{ "#", POL_FILE_BYTES_MAX, "p.yaml: no policy in it", -EINVAL },
	{ "a", POL_FILE_BYTES_MAX, "p.yaml:1:1: a policy must be a mapping, not text", -EINVAL },
	{ "\"", POL_FILE_BYTES_MAX, "p.yaml:1:", -EINVAL },
	{ "a ", POL_FILE_BYTES_MAX / 2, "p.yaml:1:1: a policy must be a mapping, not text",
	  -EINVAL },
	{ "\n", POL_FILE_BYTES_MAX, "p.yaml: no policy in it", -EINVAL },
	{ "!a", 1000000, "p.yaml:1:", -EINVAL },
	{ "&a ", 1000000, "p.yaml:1:", -EINVAL },
	{ "*a ", 1000000, "p.yaml:1:", -EINVAL },
	{ "x", POL_FILE_BYTES_MAX + 1, "p.yaml: larger than 4194304 bytes", -EFBIG },
};

START_TEST(hostile_text_is_refused_in_time)
{
	CLEANUP_FREE char *text = repeat(hostile[_i].unit, hostile[_i].n);

	ck_assert_int_eq(parse(text), hostile[_i].code);
	ck_assert_msg(strstr(err.text, hostile[_i].expect) != NULL, "%s", err.text);
	ck_assert_uint_eq(set->n_policies, 0);
}
END_TEST

/* A document that is well-formed, of which one part is as large as it gets. */
static const struct {
	const char *head, *unit;
	size_t n;
	const char *expect; /* NULL: it is taken */
} large[] = {
#define SCOPES "type: policy\nname: p\nrules: [{event: openat}]\nscope:\n"
#define FILTERS "type: policy\nname: p\nscope: [global]\nrules:\n  - event: openat\n    filters:\n"
#define EXCEPTIONS                                                                                 \
	"type: policy\nname: p\nscope: [global]\nrules:\n  - event: openat\n    exceptions:\n"
	{ SCOPES, "  - uid=1\n", 4096, NULL },
	{ SCOPES, "  - uid=1\n", 4097,
	  "p.yaml:4101:5: scope 'uid=1': there are more than 4096 "
	  "values for 'uid'" },
	{ SCOPES, "  - follow\n", 190000, NULL },
	{ FILTERS, "      - data.pathname=~((a{1,15}){1,15}){1,15}\n", 4096, NULL },
	{ FILTERS, "      - data.pathname=~((a{1,99}){1,99}){1,99}\n", 50000,
	  "p.yaml:7:9: rule 1: filter 'data.pathname=~((a{1,99}){1,99}){1,99}': the pattern is " },
	{ FILTERS, "      - data.pathname=~(((((((((((((((((((((((((((((((((((((((((a\n", 50000,
	  "the pattern is not valid at byte " },
	{ FILTERS, "      - data.flags=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20\n", 50000,
	  "there are more than 4096 values for 'data.flags'" },
	{ EXCEPTIONS, "      - {name: a, filters: [comm=a]}\n", 30000,
	  "p.yaml:8:16: rule 1: exception 'a' is there twice; the first is in line 7" },
};

START_TEST(large_part_is_read_or_refused_in_time)
{
	CLEANUP_FREE char *body = repeat(large[_i].unit, large[_i].n), *text = NULL;

	ck_assert_int_gt(asprintf(&text, "%s%s", large[_i].head, body), 0);
	if (!large[_i].expect) {
		ck_assert_msg(parse(text) == 0, "%s", err.text);
		return;
	}
	ck_assert_int_lt(parse(text), 0);
	ck_assert_msg(strstr(err.text, large[_i].expect) != NULL, "%s", err.text);
	ck_assert_uint_eq(set->n_policies, 0);
}
END_TEST

START_TEST(exceptions_of_a_rule_are_limited)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	fputs(EXCEPTIONS, out);
	for (int i = 0; i < 257; i++)
		fprintf(out, "      - {name: e-%d, filters: [comm=a]}\n", i);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(parse(text), -E2BIG);
	ck_assert_str_eq(err.text, "p.yaml:263:9: rule 1: more than 256 exceptions");
}
END_TEST

START_TEST(keys_of_a_large_mapping_are_checked_in_time)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	fputs("kind: Policy\nmetadata:\n  labels:\n", out);
	for (int i = 0; i < 90000; i++)
		fprintf(out, "    k%d: v\n", i);
	fputs("    k7: v\n", out);
	ck_assert_int_eq(fclose(out), 0);
	ck_assert_int_eq(parse(text), -EINVAL);
	ck_assert_str_eq(err.text,
			 "p.yaml:90004:5: key 'k7' is there twice; the first is in line 11");
}
END_TEST

START_TEST(yaml_bomb_does_not_go_off)
{
	ck_assert_int_eq(parse("a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\n"
			       "c: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\n"),
			 -EINVAL);
	ck_assert_str_eq(err.text, "p.yaml:1:4: anchors are not allowed");
}
END_TEST

static Suite *policy_yaml_suite(void)
{
	Suite *suite = suite_create("policy_yaml");
	TCase *tc = tcase_create("hostile");

	tcase_set_timeout(tc, 60); /* sanitizers on a busy machine; half a second otherwise */
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, hostile_text_is_refused_in_time, 0, ARRAY_LEN(hostile));
	tcase_add_loop_test(tc, large_part_is_read_or_refused_in_time, 0, ARRAY_LEN(large));
	tcase_add_test(tc, exceptions_of_a_rule_are_limited);
	tcase_add_test(tc, keys_of_a_large_mapping_are_checked_in_time);
	tcase_add_test(tc, yaml_bomb_does_not_go_off);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
#ifdef __SANITIZE_THREAD__
	/* It takes minutes there, and the parser has one thread. */
	puts("skipped: hostile texts are too slow under the thread sanitizer");
	return 77;
#endif
	SRunner *runner = srunner_create(policy_yaml_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
