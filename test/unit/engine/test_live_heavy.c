/* SPDX-License-Identifier: Apache-2.0 */
/* What comes most often is found, whatever else comes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/live/heavy.h"

#define CAPACITY 16U
#define KEYS 1000U
#define ADDED 200000U

static struct heavy *h;
static struct heavy_count counts[KEYS];
static uint64_t truth[KEYS];

static void setup(void)
{
	h = heavy_new(CAPACITY, sizeof(uint64_t));
	ck_assert_ptr_nonnull(h);
	memset(truth, 0, sizeof(truth));
}

static void teardown(void)
{
	heavy_free(h);
}

static void add(uint64_t key)
{
	uint64_t *label = heavy_add(h, key);

	if (label) {
		ck_assert_uint_eq(*label, 0);
		*label = key + 1;
	}
	truth[key]++;
}

/* Repeatable; xorshift. */
static uint32_t any(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static const struct heavy_count *find(size_t n, uint64_t key)
{
	for (size_t i = 0; i < n; i++)
		if (counts[i].key == key)
			return &counts[i];
	return NULL;
}

/* In order, with the labels of their keys, never too low and never too high by more than they say.
 */
static void assert_sound(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct heavy_count *c = &counts[i];

		ck_assert(i == 0 || counts[i - 1].count >= c->count);
		ck_assert_uint_eq(*(const uint64_t *)c->label, c->key + 1);
		ck_assert_uint_ge(c->count, truth[c->key]);
		ck_assert_uint_le(c->count - c->error, truth[c->key]);
	}
}

START_TEST(counts_few_keys_exactly)
{
	size_t n;

	for (uint64_t key = 0; key < CAPACITY; key++)
		for (uint64_t i = 0; i <= key * 3; i++)
			add(key);
	n = heavy_top(h, counts, KEYS);
	ck_assert_uint_eq(n, CAPACITY);
	for (size_t i = 0; i < n; i++) {
		ck_assert_uint_eq(counts[i].key, CAPACITY - 1 - i);
		ck_assert_uint_eq(counts[i].count, truth[counts[i].key]);
		ck_assert_uint_eq(counts[i].error, 0);
	}
	ck_assert_uint_eq(heavy_top(h, counts, 3), 3);
	assert_sound(3);
}
END_TEST

/* Half of all is spread over many keys: each of the others has more than a 16th. */
START_TEST(finds_the_frequent_among_many)
{
	uint32_t state = 4711 + (uint32_t)_i;
	uint64_t sum = 0;
	size_t n;

	for (unsigned int i = 0; i < ADDED; i++)
		add(any(&state) % 2 ? any(&state) % 6 : 6 + any(&state) % (KEYS - 6));
	n = heavy_top(h, counts, KEYS);
	ck_assert_uint_eq(n, CAPACITY);
	assert_sound(n);
	for (uint64_t key = 0; key < 6; key++)
		ck_assert_ptr_nonnull(find(n, key));
	for (size_t i = 0; i < n; i++)
		sum += counts[i].count;
	ck_assert_uint_eq(sum, ADDED); /* what space-saving promises */
}
END_TEST

/* Keys that never come again cannot push out one that does. */
START_TEST(is_not_flushed_by_short_lived_keys)
{
	for (uint64_t key = 1; key < KEYS; key++) {
		add(key);
		if (key % 8 == 0)
			add(0);
	}
	ck_assert_uint_eq(heavy_top(h, counts, KEYS), CAPACITY);
	assert_sound(CAPACITY);
	ck_assert_uint_eq(counts[0].key, 0);
}
END_TEST

START_TEST(begins_again)
{
	for (uint64_t key = 0; key < 100; key++)
		add(key);
	heavy_clear(h);
	memset(truth, 0, sizeof(truth));
	ck_assert_uint_eq(heavy_top(h, counts, KEYS), 0);
	add(5);
	add(5);
	ck_assert_uint_eq(heavy_top(h, counts, KEYS), 1);
	assert_sound(1);
	ck_assert_uint_eq(counts[0].count, 2);
}
END_TEST

START_TEST(works_with_room_for_one)
{
	heavy_free(h);
	h = heavy_new(1, sizeof(uint64_t));
	for (uint64_t i = 0; i < 10; i++)
		add(i % 3);
	ck_assert_uint_eq(heavy_top(h, counts, KEYS), 1);
	assert_sound(1);
	ck_assert_uint_eq(counts[0].count, 10);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("live_heavy");
	TCase *t = tcase_create("heavy");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, counts_few_keys_exactly);
	tcase_add_loop_test(t, finds_the_frequent_among_many, 0, 5);
	tcase_add_test(t, is_not_flushed_by_short_lived_keys);
	tcase_add_test(t, begins_again);
	tcase_add_test(t, works_with_room_for_one);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
