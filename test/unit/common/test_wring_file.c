/* SPDX-License-Identifier: Apache-2.0 */
/* Recordings in files that change while they are read, or cannot be read. */
#include "test/unit/common/wring_fixture.h"

/* More than is read at a time, in blocks of 1 MiB. */
static void begin_reading(void)
{
	put(0, 4 * BLOCK_RECORDS);
	ck_assert_int_eq(wring_finish(writer), 0);
	load();
	new_reader();
	expect_records(10);
}

static const size_t block_at[] = {
	sizeof(struct wring_hdr),
	sizeof(struct wring_hdr) + BLOCK_BYTES,
	sizeof(struct wring_hdr) + 2 * BLOCK_BYTES,
};

START_TEST(a_file_that_becomes_shorter_is_damaged)
{
	static const off_t cuts[] = { 0, 100, 5000, (off_t)(BLOCK_BYTES + BLOCK_BYTES / 2) };
	size_t whole = cuts[_i] > (off_t)BLOCK_BYTES ? 1 : 0;
	const struct rec_hdr *rec;
	struct err err = { 0 };
	uint32_t n = 10;

	begin_reading();
	ck_assert_int_eq(ftruncate(copy_fd, cuts[_i]), 0);
	while (next(&rec, &err) == 1)
		n++;
	ck_assert_uint_eq(n, BLOCK_RECORDS); /* what was read before is whole */
	wring_rewind(reader);
	expect_records(whole * BLOCK_RECORDS);
	expect_damage(block_at[whole], "the file has become shorter while it was read",
		      (uint32_t)whole * BLOCK_RECORDS);
}
END_TEST

START_TEST(a_file_that_changes_is_damaged)
{
	begin_reading();
	ck_assert_int_eq(pwrite(copy_fd, "x", 1, (off_t)(block_at[2] + 5000)), 1);
	wring_rewind(reader);
	expect_records(2 * BLOCK_RECORDS);
	expect_damage(block_at[2], "block checksum does not match", 2 * BLOCK_RECORDS);
}
END_TEST

/* It is read as long as it was: the recorder may be at it still. */
START_TEST(a_file_that_grows_is_read_to_its_old_end)
{
	put(0, 10);
	ck_assert_int_eq(wring_flush(writer), 0);
	load();
	new_reader();
	put(10, 10);
	ck_assert_int_eq(wring_flush(writer), 0);
	ck_assert_int_eq(pwrite(copy_fd, "xxxx", 4, (off_t)file_len), 4);
	expect_records(10);
	expect_end(false);
}
END_TEST

START_TEST(a_file_that_cannot_be_read_is_told)
{
	CLEANUP_FD int dir = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct err err = { 0 };

	ck_assert_ptr_null(wring_reader_open(dir, &err));
	ck_assert_str_eq(err.text, "recording cannot be read (EISDIR)");
	ck_assert_ptr_null(wring_reader_open(-1, &err));
	ck_assert_int_eq(err.code, -EBADF);
	begin_reading();
	ck_assert_int_eq(dup2(dir, copy_fd), copy_fd);
	ck_assert_int_eq(wring_refill(reader), -EISDIR);
	ck_assert_ptr_null(wring_reader_open(copy_fd, NULL));
}
END_TEST

START_TEST(a_file_shorter_than_a_header_is_refused)
{
	CLEANUP_FD int short_fd = memfd_create("short", MFD_CLOEXEC);
	struct err err = { 0 };

	ck_assert_int_eq(pwrite(short_fd, "WRWRING1", 8, 0), 8);
	ck_assert_ptr_null(wring_reader_open(short_fd, &err));
	ck_assert_str_eq(err.text, "recording is 8 bytes long, expected at least 256");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("wring_file");
	TCase *tc = tcase_create("file");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, set_up_file, tear_down);
	tcase_set_timeout(tc, 60);
	tcase_add_loop_test(tc, a_file_that_becomes_shorter_is_damaged, 0, 4);
	tcase_add_test(tc, a_file_that_changes_is_damaged);
	tcase_add_test(tc, a_file_that_grows_is_read_to_its_old_end);
	tcase_add_test(tc, a_file_that_cannot_be_read_is_told);
	tcase_add_test(tc, a_file_shorter_than_a_header_is_refused);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
