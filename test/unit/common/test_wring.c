/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wring.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>

#include "common/cleanup.h"
#include "common/event_list.h"
#include "test/unit/common/wring_fixture.h"

static const uint32_t counts[] = {
	0, 1, 2, 1000, BLOCK_RECORDS - 1, BLOCK_RECORDS, BLOCK_RECORDS + 1, 3 * BLOCK_RECORDS + 7
};

START_TEST(reads_back_what_was_written)
{
	struct wring_end end = { 0 };
	uint32_t n = counts[_i];

	put(0, n);
	ck_assert_int_eq(wring_finish(writer), 0);
	ck_assert_int_eq(wring_finish(writer), 0); /* once is enough */
	load();
	new_reader();
	/* abi, epoch_offset_ns, start_ns, boot_id, kernel */
	ck_assert_mem_eq(&wring_reader_hdr(reader)->abi, &machine.abi, 8 + 8 + 8 + 16 + 64);
	for (int lap = 0; lap < 2; lap++) {
		ck_assert(!wring_is_finished(reader, &end));
		expect_records(n);
		expect_end(true);
		ck_assert(wring_is_finished(reader, &end));
		ck_assert_uint_eq(end.n_records, n);
		ck_assert_uint_eq(end.n_lost, 0);
		ck_assert_uint_eq(end.end_ns, n > 0 ? 1000000000U + n - 1 : 900);
		wring_rewind(reader);
		ck_assert_uint_eq(wring_bytes_read(reader), sizeof(struct wring_hdr));
	}
}
END_TEST

START_TEST(counts_lost_records)
{
	union {
		struct rec_lost lost;
		uint64_t words[sizeof(struct rec_lost) / 8];
	} rec;
	struct wring_end end;

	(void)wbuild_record(rec.words, EV_LOST_EVENTS, sizeof(rec), 0);
	rec.lost.count = 5;
	ck_assert_int_eq(wring_write(writer, &rec.lost.hdr), 0);
	rec.lost.count = 1000;
	ck_assert_int_eq(wring_write(writer, &rec.lost.hdr), 0);
	ck_assert_int_eq(wring_finish(writer), 0);
	load();
	new_reader();
	(void)wbuild_read_all(reader);
	ck_assert(wring_is_finished(reader, &end));
	ck_assert_uint_eq(end.n_lost, 1005);
	ck_assert_uint_eq(end.n_records, 2);
}
END_TEST

START_TEST(holds_records_of_every_length)
{
	static uint64_t buf[LANE_RECORD_MAX / 8];
	const struct rec_hdr *rec;

	for (unsigned int len = 40; len <= LANE_RECORD_MAX; len += 8)
		ck_assert_int_eq(
			wring_write(writer, wbuild_record(buf, EV_DO_EXIT, (uint16_t)len, len)), 0);
	ck_assert_int_eq(wring_finish(writer), 0);
	load();
	new_reader();
	for (unsigned int len = 40; len <= LANE_RECORD_MAX; len += 8) {
		ck_assert_int_eq(next(&rec, NULL), 1);
		ck_assert_uint_eq(rec->len, len);
		ck_assert_uint_eq(rec->commit, 0);
		wbuild_record(buf, EV_DO_EXIT, (uint16_t)len, len)->commit = 0;
		ck_assert_mem_eq(rec, buf, len);
	}
	expect_end(true);
}
END_TEST

START_TEST(does_not_take_what_is_no_record)
{
	static const uint16_t lens[] = { 0, 8, 39, 41, 44, LANE_RECORD_MAX + 8, 65535 };
	static uint64_t buf[65536 / 8];

	for (size_t i = 0; i < ARRAY_LEN(lens); i++) {
		wbuild_record(buf, EV_DO_EXIT, 40, 0)->len = lens[i];
		ck_assert_int_eq(wring_write(writer, (struct rec_hdr *)buf), -EINVAL);
	}
	ck_assert_int_eq(wring_finish(writer), 0);
	ck_assert_int_eq(wring_write(writer, wbuild_record(buf, EV_DO_EXIT, 40, 0)), -EINVAL);
}
END_TEST

START_TEST(a_recording_that_was_cut_reads_to_its_last_block)
{
	put(0, 10);
	ck_assert_int_eq(wring_flush(writer), 0);
	ck_assert_int_eq(wring_flush(writer), 0); /* nothing to write */
	put(10, 5);
	load(); /* the five are in the buffer: the recorder was killed here */
	new_reader();
	expect_records(10);
	expect_end(false);
}
END_TEST

/* No assertion while a limit is in force: Check writes each of them to a file of its own. */
static void limit_file(rlim_t bytes)
{
	struct rlimit limit = { .rlim_cur = bytes, .rlim_max = RLIM_INFINITY };

	(void)signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &limit);
}

/* RLIMIT_FSIZE writes a part of a block and then fails, as a full file system does. */
START_TEST(a_full_disk_leaves_the_whole_blocks)
{
	uint64_t buf[RECORD_BYTES / 8];
	int rc = 0;

	limit_file(WRING_BLOCK_MAX + WRING_BLOCK_MAX / 2);
	for (uint32_t i = 0; i < 3 * BLOCK_RECORDS && rc == 0; i++)
		rc = wring_write(writer, wbuild_record(buf, EV_DO_EXIT, RECORD_BYTES, i));
	limit_file(RLIM_INFINITY); /* space came back: too late */
	ck_assert_int_eq(rc, -EFBIG);
	ck_assert_int_eq(wring_write(writer, (struct rec_hdr *)buf), -EFBIG);
	ck_assert_int_eq(wring_flush(writer), -EFBIG);
	ck_assert_int_eq(wring_finish(writer), -EFBIG);
	load();
	ck_assert_uint_eq(file_len,
			  sizeof(struct wring_hdr) + sizeof(struct wring_block) + WRING_BLOCK_MAX);
	new_reader();
	expect_records(BLOCK_RECORDS);
	expect_end(false); /* not passed off as complete */
}
END_TEST

START_TEST(a_disk_that_is_full_at_the_end_block_leaves_the_records)
{
	int rc;

	put(0, 3);
	ck_assert_int_eq(wring_flush(writer), 0);
	limit_file((rlim_t)lseek(fd, 0, SEEK_CUR) + 20);
	rc = wring_finish(writer);
	limit_file(RLIM_INFINITY);
	ck_assert_int_eq(rc, -EFBIG);
	load();
	new_reader();
	expect_records(3);
	expect_end(false);
}
END_TEST

START_TEST(a_file_without_room_for_a_header_stays_empty)
{
	struct wring_writer *none;
	struct err err = { 0 };

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	limit_file(100);
	none = wring_writer_new(fd, &machine, &err);
	limit_file(RLIM_INFINITY);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(err.code, -EFBIG);
	ck_assert_str_eq(err.text, "recording cannot be written (EFBIG)");
	ck_assert_int_eq(lseek(fd, 0, SEEK_END), 0);
}
END_TEST

START_TEST(appends_to_a_descriptor_that_only_appends)
{
	int rc;

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(fcntl(fd, F_SETFL, O_APPEND), 0);
	ck_assert_int_eq(lseek(fd, 7, SEEK_SET), 7); /* means nothing with O_APPEND */
	new_writer();
	put(0, 4);
	ck_assert_int_eq(wring_flush(writer), 0);
	put(4, 4);
	limit_file((rlim_t)lseek(fd, 0, SEEK_END) + 30);
	rc = wring_flush(writer);
	limit_file(RLIM_INFINITY);
	ck_assert_int_eq(rc, -EFBIG);
	load();
	new_reader();
	expect_records(4);
	expect_end(false);
}
END_TEST

START_TEST(reports_a_descriptor_that_cannot_be_written)
{
	CLEANUP_FD int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
	CLEANUP_FD int readable = open("/dev/null", O_RDONLY | O_CLOEXEC);
	struct err err = { 0 };

	ck_assert_int_ge(full, 0);
	ck_assert_ptr_null(wring_writer_new(full, &machine, &err));
	ck_assert_int_eq(err.code, -ENOSPC);
	ck_assert_ptr_null(wring_writer_new(readable, &machine, &err));
	ck_assert_int_eq(err.code, -EBADF);
}
END_TEST

static void *drain(void *arg)
{
	int from = *(int *)arg;
	uint8_t buf[1000]; /* odd pieces, slowly: the writer meets EAGAIN and short writes */
	ssize_t n;

	while ((n = read(from, buf, sizeof(buf))) > 0)
		if (write(fd, buf, (size_t)n) != n)
			break;
	return NULL;
}

START_TEST(a_pipe_gets_all_of_it_in_pieces)
{
	pthread_t thread;
	int ends[2];

	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	ck_assert_int_eq(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, drain, &ends[0]), 0);
	wring_writer_free(writer);
	writer = wring_writer_new(ends[1], &machine, NULL);
	ck_assert_ptr_nonnull(writer);
	put(0, BLOCK_RECORDS + 100);
	ck_assert_int_eq(wring_finish(writer), 0);
	cleanup_fd(&ends[1]);
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	cleanup_fd(&ends[0]);
	load();
	new_reader();
	expect_records(BLOCK_RECORDS + 100);
	expect_end(true);
}
END_TEST

/* Two blocks of two records and the end block. */
#define HDR sizeof(struct wring_hdr)
#define BLK sizeof(struct wring_block)
#define BLOCK1 HDR
#define BLOCK2 (HDR + BLK + 2 * RECORD_BYTES)
#define REC1 (BLOCK2 + BLK) /* of block 2 */
#define LEN1 (REC1 + offsetof(struct rec_hdr, len))
#define REC2 (REC1 + RECORD_BYTES)
#define BOTH (2 * RECORD_BYTES)
#define END (HDR + 2 * BLK + 4 * RECORD_BYTES)
#define WHOLE (END + BLK + sizeof(struct wring_end))

static void write_two_blocks(void)
{
	put(0, 2);
	ck_assert_int_eq(wring_flush(writer), 0);
	put(2, 2);
	ck_assert_int_eq(wring_finish(writer), 0);
	load();
	ck_assert_uint_eq(file_len, WHOLE);
}

static const struct {
	size_t at;
	uint64_t value; /* written over what is at `at` */
	size_t width;
	bool repair; /* make the checksums right again */
	size_t damage_at;
	const char *reason;
	uint32_t n_records;
} damages[] = {
	{ BLOCK1 + BLK + 50, 0xff, 1, false, BLOCK1, "block checksum does not match", 0 },
	{ REC1 + 50, 0xff, 1, false, BLOCK2, "block checksum does not match", 2 },
	{ END + BLK, 0xff, 1, false, END, "block checksum does not match", 4 },
	{ BLOCK2 + 16, 0, 4, false, BLOCK2, "block checksum does not match", 2 },
	{ BLOCK2, 0, 4, true, BLOCK2, "no block begins here", 2 },
	{ BLOCK2 + 4, 3, 4, true, BLOCK2, "block is of an unknown type", 2 },
	{ BLOCK2 + 4, WRING_BLOCK_END, 4, true, BLOCK2, "end block has a wrong length", 2 },
	{ BLOCK2 + 8, 0, 4, false, BLOCK2, "block has an impossible length", 2 },
	{ BLOCK2 + 8, BOTH + 4, 4, false, BLOCK2, "block has an impossible length", 2 },
	{ BLOCK2 + 8, WRING_BLOCK_MAX + 8, 4, false, BLOCK2, "block has an impossible length", 2 },
	{ BLOCK2 + 8, UINT32_MAX, 4, false, BLOCK2, "block has an impossible length", 2 },
	{ BLOCK2 + 8, BOTH + 56, 4, false, BLOCK2, "block is cut short by the end of the file", 2 },
	{ BLOCK2 + 12, 0, 4, true, BLOCK2, "block has an impossible number of records", 2 },
	{ BLOCK2 + 12, 4, 4, true, BLOCK2, "block has an impossible number of records", 2 },
	{ BLOCK2 + 12, 1, 4, true, REC2, "block holds more than its records", 3 },
	{ BLOCK2 + 12, 3, 4, true, REC2, "block holds fewer records than it says", 3 },
	{ BLOCK2 + 20, 1, 4, true, BLOCK2, "reserved word of the block is not zero", 2 },
	{ REC1, 1, 8, true, REC1, "record has a commit word", 2 },
	{ LEN1, 0, 2, true, REC1, "record has an impossible length", 2 },
	{ LEN1, 44, 2, true, REC1, "record has an impossible length", 2 },
	{ LEN1, LANE_RECORD_MAX + 8, 2, true, REC1, "record has an impossible length", 2 },
	{ LEN1, BOTH + 8, 2, true, REC1, "record is longer than the rest of its block", 2 },
	{ LEN1, BOTH, 2, true, REC1, "block holds fewer records than it says", 2 },
	{ LEN1, 104, 2, true, REC1 + 104, "record is cut short by the end of its block", 3 },
	{ END + BLK, 5, 8, true, END, "end block counts other records than there are", 4 },
	{ END + 12, 1, 4, true, END, "end block has a wrong length", 4 },
};

START_TEST(says_where_and_why_a_recording_is_damaged)
{
	write_two_blocks();
	memcpy(file + damages[_i].at, &damages[_i].value, damages[_i].width);
	if (damages[_i].repair)
		wbuild_repair(file, file_len);
	new_reader();
	for (int lap = 0; lap < 2; lap++) {
		const struct rec_hdr *rec;

		for (uint32_t i = 0; i < damages[_i].n_records; i++)
			ck_assert_int_eq(next(&rec, NULL), 1);
		expect_damage(damages[_i].damage_at, damages[_i].reason, damages[_i].n_records);
		wring_rewind(reader);
	}
}
END_TEST

START_TEST(refuses_bytes_behind_the_end_block)
{
	write_two_blocks();
	file = realloc(file, file_len + 8);
	ck_assert_ptr_nonnull(file);
	memset(file + file_len, 0, 8);
	file_len += 8;
	new_reader();
	expect_records(4);
	expect_damage(END, "something follows the end block", 4);
}
END_TEST

/* Each prefix of a recording reads to its last whole block, and the sanitizer guards its end. */
START_TEST(reads_every_prefix_of_a_recording)
{
	uint8_t *whole;

	write_two_blocks();
	whole = file;
	for (size_t len = 1; len < WHOLE; len++) {
		uint32_t n = len >= END ? 4 : len >= BLOCK2 ? 2 : 0;
		size_t at = n == 4 ? END : n == 2 ? BLOCK2 : BLOCK1;

		file = malloc(len);
		ck_assert_ptr_nonnull(file);
		memcpy(file, whole, len);
		file_len = len;
		if (len < HDR) {
			ck_assert_ptr_null(wring_reader_new(file, len, NULL));
			free(file);
			continue;
		}
		new_reader();
		expect_records(n);
		if (len == at)
			expect_end(false);
		else
			expect_damage(at, "block is cut short by the end of the file", n);
		free(file);
	}
	file = whole;
}
END_TEST

static const struct {
	size_t at;
	uint64_t value;
	size_t width;
	bool repair;
	const char *said;
} headers[] = {
	{ 0, 0, 8, true, "expected a .wring file" },
	{ 8, 2, 4, false, "recording has version 2, expected 1" },
	{ 12, 9, 4, true, "recording was made on architecture 9, expected" },
	{ 12, 9, 4, false, "header checksum does not match" },
	{ 16, 0, 8, false, "header checksum does not match" },
	{ 252, 0, 4, false, "header checksum does not match" },
	{ 119, 'x', 1, true, "kernel release has no end" },
	{ 120, 1, 1, true, "reserved bytes of the header are not zero" },
	{ 247, 1, 1, true, "reserved bytes of the header are not zero" },
	{ 248, 1, 4, true, "reserved bytes of the header are not zero" },
};

START_TEST(refuses_a_header_that_is_not_right)
{
	struct err err = { 0 };

	write_two_blocks();
	memset(file + offsetof(struct wring_hdr, kernel), 'x', 63); /* the longest release */
	wbuild_repair(file, file_len);
	memcpy(file + headers[_i].at, &headers[_i].value, headers[_i].width);
	if (headers[_i].repair)
		wbuild_repair(file, file_len);
	ck_assert_ptr_null(wring_reader_new(file, file_len, &err));
	ck_assert_int_eq(err.code, -EPROTO);
	ck_assert_msg(strstr(err.text, headers[_i].said) != NULL, "%s", err.text);
}
END_TEST

START_TEST(reads_an_unaligned_map)
{
	uint8_t *shifted;
	const struct rec_hdr *rec;
	uint32_t n = 0;

	write_two_blocks();
	shifted = malloc(file_len + 1);
	ck_assert_ptr_nonnull(shifted);
	memcpy(shifted + 1, file, file_len);
	reader = wring_reader_new(shifted + 1, file_len, NULL);
	ck_assert_ptr_nonnull(reader);
	while (wring_next(reader, &rec, NULL) == 1)
		n++;
	ck_assert_uint_eq(n, 4);
	free(shifted);
}
END_TEST

static TCase *file_case(void)
{
	TCase *tc = tcase_create("file");

	tcase_add_checked_fixture(tc, set_up_file, tear_down);
	tcase_add_loop_test(tc, reads_back_what_was_written, 0, (int)ARRAY_LEN(counts));
	tcase_add_test(tc, counts_lost_records);
	tcase_add_test(tc, holds_records_of_every_length);
	tcase_add_test(tc, a_recording_that_was_cut_reads_to_its_last_block);
	tcase_add_loop_test(tc, says_where_and_why_a_recording_is_damaged, 0,
			    (int)ARRAY_LEN(damages));
	tcase_add_test(tc, refuses_bytes_behind_the_end_block);
	tcase_set_timeout(tc, 60);
	return tc;
}

static Suite *wring_suite(void)
{
	Suite *suite = suite_create("wring");
	TCase *tc = tcase_create("round trip");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, reads_back_what_was_written, 0, (int)ARRAY_LEN(counts));
	tcase_add_test(tc, counts_lost_records);
	tcase_add_test(tc, holds_records_of_every_length);
	tcase_add_test(tc, does_not_take_what_is_no_record);
	tcase_add_test(tc, a_recording_that_was_cut_reads_to_its_last_block);
	tcase_add_test(tc, reads_an_unaligned_map);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);

	tc = tcase_create("writing fails");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_test(tc, a_full_disk_leaves_the_whole_blocks);
	tcase_add_test(tc, a_disk_that_is_full_at_the_end_block_leaves_the_records);
	tcase_add_test(tc, a_file_without_room_for_a_header_stays_empty);
	tcase_add_test(tc, appends_to_a_descriptor_that_only_appends);
	tcase_add_test(tc, reports_a_descriptor_that_cannot_be_written);
	tcase_add_test(tc, a_pipe_gets_all_of_it_in_pieces);
	tcase_set_timeout(tc, 60);
	suite_add_tcase(suite, tc);

	tc = tcase_create("damage");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, says_where_and_why_a_recording_is_damaged, 0,
			    (int)ARRAY_LEN(damages));
	tcase_add_test(tc, refuses_bytes_behind_the_end_block);
	tcase_add_test(tc, reads_every_prefix_of_a_recording);
	tcase_add_loop_test(tc, refuses_a_header_that_is_not_right, 0, (int)ARRAY_LEN(headers));
	suite_add_tcase(suite, tc);
	suite_add_tcase(suite, file_case());
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(wring_suite());
	int n_failed;

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
