/* SPDX-License-Identifier: Apache-2.0 */
#include "common/nearest.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static const struct {
	const char *a, *b;
	unsigned int limit, expect;
} distances[] = {
	{ "", "", 4, 0 },
	{ "", "abc", 4, 3 },
	{ "openat", "openat", 4, 0 },
	{ "opnat", "openat", 4, 1 },   /* one missing */
	{ "openatt", "openat", 4, 1 }, /* one too many */
	{ "opemat", "openat", 4, 1 },  /* another letter */
	{ "oepnat", "openat", 4, 1 },  /* neighbours swapped */
	{ "poenta", "openat", 4, 2 },  /* two swaps */
	{ "kitten", "sitting", 4, 3 },
	{ "kitten", "sitting", 3, 3 }, /* the limit is returned, not the distance */
	{ "kitten", "sitting", 2, 2 },
	{ "a", "bcdefgh", 4, 4 },
	{ "same", "same", 0, 0 },
};

START_TEST(distance_counts_edits_up_to_the_limit)
{
	const char *a = distances[_i].a, *b = distances[_i].b;
	unsigned int limit = distances[_i].limit;

	ck_assert_uint_eq(nearest_distance(a, strlen(a), b, strlen(b), limit),
			  distances[_i].expect);
	ck_assert_uint_eq(nearest_distance(b, strlen(b), a, strlen(a), limit),
			  distances[_i].expect);
}
END_TEST

START_TEST(distance_of_a_word_that_is_too_long_is_the_limit)
{
	char word[NEAREST_WORD_MAX + 2];

	memset(word, 'x', sizeof(word));
	ck_assert_uint_eq(nearest_distance(word, NEAREST_WORD_MAX, word, NEAREST_WORD_MAX, 4), 0);
	ck_assert_uint_eq(nearest_distance(word, sizeof(word), word, sizeof(word), 4), 4);
}
END_TEST

static const struct {
	const char *word, *expect;
} offers[] = {
	{ "scop", "scope" },
	{ "rulse", "rules" },
	{ "scope", "scope" },
	{ "nmae", "name" },
	{ "zz", "" }, /* nothing shares a letter */
	{ "", "" },   /* nothing is half of nothing */
	{ "na", "" }, /* two edits would be all of the word */
	{ "ame", "name" },
	{ "descriptoon", "description" },
	{ "dscrptin", "description" }, /* three edits */
	{ "dscrptn", "" },             /* four */
};

START_TEST(offer_keeps_the_nearest_word)
{
	static const char *const words[] = { "name", "description", "scope", "rules" };
	struct nearest near;

	nearest_init(&near, offers[_i].word);
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		nearest_offer(&near, words[i], strlen(words[i]));
	ck_assert_str_eq(near.best, offers[_i].expect);
}
END_TEST

START_TEST(offer_prefers_the_first_of_equals)
{
	struct nearest near;

	nearest_init(&near, "dup4");
	nearest_offer(&near, "dup2", 4);
	nearest_offer(&near, "dup3", 4);
	ck_assert_str_eq(near.best, "dup2");
}
END_TEST

static Suite *nearest_suite(void)
{
	Suite *suite = suite_create("nearest");
	TCase *tc = tcase_create("distance");

	tcase_add_loop_test(tc, distance_counts_edits_up_to_the_limit, 0, ARRAY_LEN(distances));
	tcase_add_test(tc, distance_of_a_word_that_is_too_long_is_the_limit);
	suite_add_tcase(suite, tc);
	tc = tcase_create("offer");
	tcase_add_loop_test(tc, offer_keeps_the_nearest_word, 0, ARRAY_LEN(offers));
	tcase_add_test(tc, offer_prefers_the_first_of_equals);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(nearest_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
