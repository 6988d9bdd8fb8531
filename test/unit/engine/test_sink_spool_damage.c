/* SPDX-License-Identifier: Apache-2.0 */
/* What an earlier engine, a disk or somebody else may leave in a spool's directory. */
#include "engine/sink/spool.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/sink/spool_format.h"
#include "test/unit/engine/spool_ground.h"

#define LIMIT SPOOL_BYTES_MIN /* eight segments of 1 MiB */
#define PATHS_MAX 64

static char paths[PATHS_MAX][160];

static struct spool *reopen(struct spool *s)
{
	spool_close(s);
	return ground_open(LIMIT, false);
}

/* Each case has three segments of 1 MiB, of which the last is not full. */

#define SEGMENT_EVENTS 1023 /* of 1000 bytes */
#define FRAME (1000 + SFMT_FRAME_BYTES)
#define DAMAGED_EVENTS (2 * SEGMENT_EVENTS + 100)

static void damage_frame(const char *path)
{
	ground_damage(path, SFMT_HEAD_BYTES + 10 * FRAME + 500, "X", 1);
}

static void damage_length(const char *path)
{
	ground_damage(path, SFMT_HEAD_BYTES + 10 * FRAME + 4, "\xff\xff\xff\xff", 4);
}

static void damage_magic(const char *path)
{
	ground_damage(path, SFMT_HEAD_BYTES + 10 * FRAME, "X", 1);
}

static void swap_frames(const char *path)
{
	uint8_t frame[FRAME];
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);

	ck_assert_int_eq(pread(fd, frame, FRAME, SFMT_HEAD_BYTES + 11 * FRAME), FRAME);
	ground_damage(path, SFMT_HEAD_BYTES + 10 * FRAME, frame, FRAME);
}

static void cut_in_frame(const char *path)
{
	ck_assert_int_eq(truncate(path, SFMT_HEAD_BYTES + 10 * FRAME + 500), 0);
}

static void cut_between_frames(const char *path)
{
	ck_assert_int_eq(truncate(path, SFMT_HEAD_BYTES + 10 * FRAME), 0);
}

static void fill_with_zeros(const char *path)
{
	int64_t size = ground_size(path);

	cut_between_frames(path);
	ck_assert_int_eq(truncate(path, size), 0);
}

static void damage_head(const char *path)
{
	ground_damage(path, 20, "X", 1);
}

static void cut_in_head(const char *path)
{
	ck_assert_int_eq(truncate(path, 30), 0);
}

static void make_empty(const char *path)
{
	ck_assert_int_eq(truncate(path, 0), 0);
}

static void make_foreign(const char *path)
{
	make_empty(path);
	ground_damage(path, 0, "hello\n", 6);
}

static void make_other_segment(const char *path)
{
	const struct sfmt_segment seg = { .first_seq = 77 };
	uint8_t head[SFMT_HEAD_BYTES];

	sfmt_head_put(head, &seg);
	ground_damage(path, 0, head, sizeof(head));
}

static void unseal(const char *path)
{
	struct sfmt_segment seg = { 0 };
	uint8_t head[SFMT_HEAD_BYTES];

	ck_assert(sfmt_name_parse(strrchr(path, '/') + 1, &seg.first_seq));
	sfmt_head_put(head, &seg);
	ground_damage(path, 0, head, sizeof(head));
}

static void unseal_and_cut(const char *path)
{
	unseal(path);
	cut_in_frame(path);
}

static void unseal_and_damage(const char *path)
{
	unseal(path);
	damage_frame(path);
}

static void add_garbage(const char *path)
{
	ground_damage(path, ground_size(path), "garbage", 7);
}

static void make_link(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
}

static void make_directory(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void make_fifo(const char *path)
{
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkfifo(path, 0600), 0);
}

static const struct {
	void (*harm)(const char *path);
	uint64_t n_left;    /* of its events */
	uint64_t n_known;   /* lost, by the counter */
	bool spares_newest; /* no damage when it is the newest */
} harms[] = {
	{ damage_frame, 10, 1013, false },    { damage_length, 10, 1013, false },
	{ damage_magic, 10, 1013, false },    { swap_frames, 10, 1013, false },
	{ cut_in_frame, 10, 1013, false },    { cut_between_frames, 10, 1013, false },
	{ fill_with_zeros, 10, 1013, false }, { damage_head, 0, 0, false },
	{ cut_in_head, 0, 0, false },         { make_empty, 0, 0, true },
	{ make_foreign, 0, 0, false },        { make_other_segment, 0, 0, false },
	{ unseal_and_cut, 10, 0, true },      { unseal_and_damage, 10, 0, false },
	{ make_link, 0, 0, false },           { make_directory, 0, 0, false },
	{ make_fifo, 0, 0, false },
};

static void fill_for_damage(void)
{
	struct spool *s = ground_open(LIMIT, false);

	ground_append_all(s, 0, DAMAGED_EVENTS, 1000, 0);
	spool_close(s);
	ck_assert_uint_eq(ground_list(paths, PATHS_MAX), 3);
}

START_TEST(damage_in_the_middle_is_skipped_and_counted)
{
	struct spool *s;

	fill_for_damage();
	harms[_i].harm(paths[1]);
	s = ground_open(LIMIT, false);
	ck_assert_uint_eq(ground_drain(s, NULL, NULL), SEGMENT_EVENTS + harms[_i].n_left + 100);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 1);
	ck_assert_uint_eq(ground_stats(s).n_damaged_events, harms[_i].n_known);
	ck_assert_uint_eq(ground_stats(s).n_events, 0);
	/* It still works, and forgets the damage. */
	ground_append_all(s, 5000, 5010, 100, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ground_expect(s, 5000, 5010);
	s = reopen(s);
	if (harms[_i].harm != make_link && harms[_i].harm != make_directory &&
	    harms[_i].harm != make_fifo)
		ck_assert_uint_eq(ground_stats(s).n_damaged, 0);
	ground_expect(s, 0, 0);
	spool_close(s);
}
END_TEST

START_TEST(damage_at_the_end_is_skipped_and_counted)
{
	struct spool *s;

	fill_for_damage();
	harms[_i].harm(paths[2]);
	s = ground_open(LIMIT, false);
	ground_append_all(s, 5000, 5010, 100, 0); /* no number of the lost ones is used again */
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(ground_drain(s, NULL, NULL), 2 * SEGMENT_EVENTS + harms[_i].n_left + 10);
	ck_assert_uint_eq(ground_stats(s).n_damaged, harms[_i].spares_newest ? 0 : 1);
	spool_close(s);
}
END_TEST

static const struct {
	void (*harm)(const char *path);
} harmless[] = { { unseal }, { add_garbage } };

START_TEST(a_segment_without_its_numbers_is_read_to_its_end)
{
	struct spool *s;

	fill_for_damage();
	harmless[_i].harm(paths[2]);
	s = ground_open(LIMIT, false);
	ck_assert_uint_eq(ground_stats(s).n_events, DAMAGED_EVENTS);
	ground_expect(s, 0, DAMAGED_EVENTS);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 0);
	spool_close(s);
}
END_TEST

START_TEST(damage_while_it_is_open_costs_one_segment_at_most)
{
	struct spool *s = ground_open(LIMIT, false);

	ground_append_all(s, 0, 100, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(ground_list(paths, PATHS_MAX), 1);
	damage_frame(paths[0]); /* in the segment that is being written */
	ck_assert_uint_eq(ground_drain(s, NULL, NULL), 10);
	ground_append_all(s, 100, 200, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ground_expect(s, 100, 200);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 1);
	ck_assert_uint_eq(ground_stats(s).n_damaged_events, 90);
	ground_append_all(s, 200, 300, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(ground_list(paths, PATHS_MAX), 1);
	ck_assert_int_eq(unlink(paths[0]),
			 0); /* an open file is read on, a new reader finds none */
	ground_expect(s, 200, 300);
	spool_close(s);
}
END_TEST

static const struct {
	const char *data;
	size_t len;
} acks[] = {
	{ "", 0 },
	{ "Wspack01", 8 },
	{ "xxxxxxxxxxxxxxxxxxxxxxxx", 24 },
	{ "Wspack01\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0\0\0\0\0more", 28 },
};

START_TEST(without_its_ack_everything_is_sent_again)
{
	struct spool *s = ground_open(LIMIT, false);
	char path[160];

	ground_append_all(s, 0, 2000, 1000, 0);
	ck_assert_int_eq(spool_flush(s), 0);
	ck_assert_uint_eq(spool_take(s, ground_items, 50, SIZE_MAX, 0, 0), 50);
	ck_assert_int_eq(spool_done(s, 50), 0);
	spool_close(s);
	(void)snprintf(path, sizeof(path), "%s/ack", ground_dir);
	ck_assert_int_eq(truncate(path, 0), 0);
	ground_damage(path, 0, acks[_i].data, acks[_i].len);
	s = ground_open(LIMIT, false);
	ground_expect(s, 0, 2000);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 0);
	s = reopen(s);
	ground_expect(s, 0, 0);
	spool_close(s);
}
END_TEST

START_TEST(an_ack_beyond_the_end_is_where_numbers_go_on)
{
	uint8_t ack[SFMT_ACK_BYTES];
	struct spool *s = ground_open(LIMIT, false);
	char path[160];

	ground_append_all(s, 0, 10, 100, 0);
	spool_close(s);
	(void)snprintf(path, sizeof(path), "%s/ack", ground_dir);
	sfmt_ack_put(ack, 1000); /* a power loss took segments, but not the ack */
	ground_damage(path, 0, ack, sizeof(ack));
	s = ground_open(LIMIT, false);
	ground_append_all(s, 50, 60, 100, 0);
	s = reopen(s);
	ground_expect(s, 50, 60);
	spool_close(s);
}
END_TEST

START_TEST(numbers_that_are_used_up_are_refused)
{
	const struct spool_options opt = { .dir = ground_dir, .bytes_max = LIMIT };
	struct err err = { 0 };
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/3fffffffffffffff.spool", ground_dir);
	ground_damage(path, 0, "x", 1);
	ck_assert_ptr_null(spool_open(&opt, &err));
	ck_assert_int_eq(err.code, -EOVERFLOW);
	(void)snprintf(path, sizeof(path), "%s/ffffffffffffffff.spool", ground_dir);
	ground_damage(path, 0, "x", 1);
	spool_close(ground_open(LIMIT, false)); /* the first is removed, the other is nobody's */
	ck_assert_int_eq(ground_size(path), 1);
}
END_TEST

START_TEST(files_of_other_names_are_left_alone)
{
	static const char *const names[] = { "README", "0000000000000001.spool~",
					     "000000000000000A.spool", "1.spool", ".spool" };
	char path[160];

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", ground_dir, names[i]);
		ground_damage(path, 0, "mine", 4);
	}
	spool_close(ground_open(LIMIT, false));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", ground_dir, names[i]);
		ck_assert_int_eq(ground_size(path), 4);
	}
}
END_TEST

START_TEST(a_copied_segment_is_not_sent_twice)
{
	char command[512], path[160];
	struct spool *s;

	fill_for_damage();
	(void)snprintf(path, sizeof(path), "%s/%016x.spool", ground_dir, 5);
	(void)snprintf(command, sizeof(command), "cp %s %s", paths[0], path);
	ck_assert_int_eq(system(command), 0);
	s = ground_open(LIMIT, false);
	ground_expect(s, 0, DAMAGED_EVENTS);
	ck_assert_uint_eq(ground_stats(s).n_damaged, 1);
	spool_close(s);
}
END_TEST

START_TEST(a_second_engine_is_refused)
{
	const struct spool_options opt = { .dir = ground_dir, .bytes_max = LIMIT };
	struct spool *s = ground_open(LIMIT, false);
	struct err err = { 0 };

	ck_assert_ptr_null(spool_open(&opt, &err));
	ck_assert_int_eq(err.code, -EBUSY);
	ck_assert_ptr_nonnull(strstr(err.text, ground_dir));
	ground_append_all(s, 0, 10, 10, 0);
	s = reopen(s);
	ground_expect(s, 0, 10);
	spool_close(s);
}
END_TEST

START_TEST(what_cannot_be_a_spool_is_refused)
{
	char path[160];
	const struct spool_options small = { .dir = ground_dir, .bytes_max = LIMIT - 1 };
	const struct spool_options nowhere = { .dir = "/nowhere/spool", .bytes_max = LIMIT };
	const struct spool_options file = { .dir = path, .bytes_max = LIMIT };
	const struct spool_options linked = { .dir = ground_dir, .bytes_max = LIMIT };
	struct err err = { 0 };

	ck_assert_ptr_null(spool_open(&small, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_null(spool_open(&nowhere, &err));
	ck_assert_int_eq(err.code, -ENOENT);
	(void)snprintf(path, sizeof(path), "%s/file", ground_dir);
	ground_damage(path, 0, "x", 1);
	ck_assert_ptr_null(spool_open(&file, &err));
	ck_assert_int_eq(err.code, -ENOTDIR);
	(void)snprintf(path, sizeof(path), "%s/ack", ground_dir);
	ck_assert_int_eq(symlink("/tmp/elsewhere", path), 0);
	ck_assert_ptr_null(spool_open(&linked, &err));
	ck_assert_int_eq(err.code, -ELOOP);
}
END_TEST

static TCase *damage_cases(void)
{
	TCase *tc = tcase_create("damage");

	tcase_add_loop_test(tc, damage_in_the_middle_is_skipped_and_counted, 0,
			    (int)ARRAY_LEN(harms));
	tcase_add_loop_test(tc, damage_at_the_end_is_skipped_and_counted, 0, (int)ARRAY_LEN(harms));
	tcase_add_loop_test(tc, a_segment_without_its_numbers_is_read_to_its_end, 0,
			    (int)ARRAY_LEN(harmless));
	tcase_add_test(tc, damage_while_it_is_open_costs_one_segment_at_most);
	tcase_add_loop_test(tc, without_its_ack_everything_is_sent_again, 0, (int)ARRAY_LEN(acks));
	tcase_add_test(tc, an_ack_beyond_the_end_is_where_numbers_go_on);
	tcase_add_test(tc, numbers_that_are_used_up_are_refused);
	tcase_add_test(tc, files_of_other_names_are_left_alone);
	tcase_add_test(tc, a_copied_segment_is_not_sent_twice);
	tcase_add_test(tc, a_second_engine_is_refused);
	tcase_add_test(tc, what_cannot_be_a_spool_is_refused);
	return tc;
}

int main(void)
{
	Suite *suite = suite_create("sink_spool_damage");
	TCase *tc = damage_cases();
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_checked_fixture(tc, ground_setup, ground_teardown);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
