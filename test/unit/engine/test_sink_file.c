/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "engine/sink/file.h"
#include "test/unit/engine/sink_lines.h"

static char dir[64], path[128];
static bool no_tmpfs; /* a mount of our own is refused */

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_sink.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/out", dir);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
}

static void teardown(void)
{
	(void)unlink(path);
	(void)rmdir(dir);
}

static struct sink *open_file(void)
{
	struct err err = { 0 };
	struct sink *s = sink_file_open(path, NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	return s;
}

static char *read_file(size_t *ret_len)
{
	CLEANUP_FILE FILE *f = fopen(path, "re");
	char *text = malloc(4U << 20);

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_nonnull(text);
	*ret_len = fread(text, 1, (4U << 20) - 1, f);
	text[*ret_len] = '\0';
	return text;
}

static unsigned int lines_in_file(void)
{
	size_t len;
	CLEANUP_FREE char *text = read_file(&len);

	return check_lines(text, len);
}

static void put_file(const char *text)
{
	CLEANUP_FILE FILE *f = fopen(path, "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
}

START_TEST(lines_appear_when_flushed)
{
	struct sink *s = open_file();
	struct stat st;

	ck_assert_str_eq(sink_name(s), path);
	for (unsigned int i = 1; i <= 2; i++)
		ck_assert_int_eq(write_line(s, i), 0);
	ck_assert_uint_eq(lines_in_file(), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(lines_in_file(), 2);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode, S_IFREG | 0600);
	ck_assert_int_eq(write_line(s, 3), 0);
	ck_assert_uint_eq(stats_of(s).n_events, 3);
	ck_assert_uint_eq(stats_of(s).n_bytes, 200);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 0);
	ck_assert_int_eq(stats_of(s).last_errno, 0);
	sink_close(s);
	ck_assert_uint_eq(lines_in_file(), 3);
	sink_close(NULL);
}
END_TEST

START_TEST(full_buffer_is_written_unasked)
{
	struct sink *s = open_file();
	struct stat st;

	for (unsigned int i = 0; i < 10000; i++)
		ck_assert_int_eq(write_line(s, i), 0);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_int_gt(st.st_size, 10000 * LINE_LEN - (256 << 10));
	sink_close(s);
	ck_assert_uint_eq(lines_in_file(), 10000);
}
END_TEST

START_TEST(many_short_and_some_long_lines_arrive)
{
	CLEANUP_FREE char *line = malloc((1U << 20) + 1), *text = NULL;
	struct sink *s = open_file();
	size_t len;

	memset(line, 'x', (1U << 20) + 1);
	line[(1U << 20) - 1] = '\n';
	for (int i = 0; i < 20000; i++)
		ck_assert_int_eq(sink_write(s, "\n", 1), 0);
	ck_assert_int_eq(write_line(s, 1), 0);
	ck_assert_int_eq(sink_write(s, line, 1U << 20), 0);
	ck_assert_int_eq(sink_write(s, line, 1U << 20), 0);
	ck_assert_int_eq(sink_write(s, line, (1U << 20) + 1), -EMSGSIZE);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 1);
	ck_assert_int_eq(stats_of(s).last_errno, EMSGSIZE);
	sink_close(s);
	text = read_file(&len);
	ck_assert_uint_eq(len, 20000 + LINE_LEN + 2 * (1U << 20));
}
END_TEST

START_TEST(file_is_appended_to)
{
	char line[LINE_LEN + 1];

	make_line(line, 1);
	put_file(line);
	for (unsigned int i = 2; i <= 3; i++) {
		struct sink *s = open_file();

		ck_assert_int_eq(write_line(s, i), 0);
		sink_close(s);
	}
	ck_assert_uint_eq(lines_in_file(), 3);
}
END_TEST

START_TEST(half_a_line_left_behind_is_ended)
{
	CLEANUP_FREE char *text = NULL;
	struct sink *s;
	size_t len;

	put_file("half a li");
	s = open_file();
	ck_assert_int_eq(sink_write(s, "next\n", 5), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(stats_of(s).n_events, 1);
	sink_close(s);
	text = read_file(&len);
	ck_assert_str_eq(text, "half a li\nnext\n");
}
END_TEST

/* ---- what cannot be opened ---- */

static void expect_refused(int code, const char *what)
{
	struct err err = { 0 };
	char text[256];

	ck_assert_ptr_null(sink_file_open(path, NULL, &err));
	(void)snprintf(text, sizeof(text), "output '%s' %s", path, what);
	ck_assert_int_eq(err.code, code);
	ck_assert_str_eq(err.text, text);
}

START_TEST(symbolic_link_is_refused)
{
	char target[160];

	(void)snprintf(target, sizeof(target), "%s.target", path);
	ck_assert_int_eq(symlink(target, path), 0);
	expect_refused(-ELOOP, "is a symbolic link, expected a file");
	ck_assert_int_eq(access(target, F_OK), -1);
}
END_TEST

START_TEST(directory_is_refused)
{
	(void)snprintf(path, sizeof(path), "%s", dir);
	expect_refused(-EISDIR, "cannot be opened (EISDIR)");
}
END_TEST

START_TEST(pipe_that_nobody_reads_is_refused)
{
	ck_assert_int_eq(mkfifo(path, 0600), 0);
	expect_refused(-ENXIO, "is a pipe that nobody reads");
}
END_TEST

START_TEST(descriptor_must_be_writable)
{
	struct err err = { 0 };
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	ck_assert_ptr_null(sink_fd_open(fds[0], "stdout", NULL, &err));
	ck_assert_str_eq(err.text, "output 'stdout' is not open for writing (EBADF)");
	ck_assert_ptr_null(sink_fd_open(-1, "stdout", NULL, &err));
	ck_assert_int_eq(err.code, -EBADF);
}
END_TEST

START_TEST(borrowed_descriptor_stays_open)
{
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	sink_close(open_fd(fds[1]));
	ck_assert_int_ge(fcntl(fds[1], F_GETFD), 0);
}
END_TEST

/* ---- no room ---- */

START_TEST(full_device_loses_every_line)
{
	struct err err = { 0 };
	struct sink *s = sink_file_open("/dev/full", NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	for (unsigned int round = 1; round <= 3; round++) {
		for (unsigned int i = 0; i < 10; i++)
			ck_assert_int_eq(write_line(s, i), 0);
		ck_assert_int_eq(sink_flush(s), -ENOSPC);
		ck_assert_uint_eq(stats_of(s).n_lost_events, 10 * round);
		ck_assert_int_eq(sink_flush(s), 0); /* nothing is lost twice */
	}
	ck_assert_int_eq(stats_of(s).last_errno, ENOSPC);
	ck_assert_uint_eq(stats_of(s).n_bytes, 0);
	sink_close(s);
}
END_TEST

static void limit_file_size(rlim_t bytes)
{
	struct rlimit limit;

	ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = bytes;
	ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

START_TEST(cut_line_is_undone)
{
	struct sink *s = open_file();

	for (unsigned int i = 1; i <= 5; i++)
		ck_assert_int_eq(write_line(s, i), 0);
	limit_file_size(250);
	ck_assert_int_eq(sink_flush(s), -EFBIG);
	limit_file_size(RLIM_INFINITY);
	ck_assert_uint_eq(lines_in_file(), 2);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 3);
	ck_assert_uint_eq(stats_of(s).n_bytes, 200);
	ck_assert_int_eq(write_line(s, 6), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(lines_in_file(), 3);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 3);
	sink_close(s);
}
END_TEST

/* `1<> file`: our place is not the end, so what is cut cannot be taken back; it is completed. */
START_TEST(cut_line_before_other_bytes_is_completed)
{
	CLEANUP_FREE char *text = NULL, *old = malloc(2001);
	CLEANUP_FD int fd = -1;
	struct sink *s;
	size_t len;

	memset(old, 'x', 2000);
	old[2000] = '\0';
	put_file(old);
	fd = open(path, O_RDWR | O_CLOEXEC);
	s = open_fd(fd);
	for (unsigned int i = 1; i <= 5; i++)
		ck_assert_int_eq(write_line(s, i), 0);
	limit_file_size(250);
	ck_assert_int_eq(sink_flush(s), -EFBIG);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 2);
	ck_assert_int_eq(sink_flush(s), 0); /* cannot go on, but nothing more is lost */
	ck_assert_int_eq(write_line(s, 6), 0);
	ck_assert_int_eq(sink_flush(s), -EFBIG);
	ck_assert_uint_eq(stats_of(s).n_lost_events, 3);
	limit_file_size(RLIM_INFINITY);
	ck_assert_int_eq(write_line(s, 7), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	sink_close(s);
	text = read_file(&len);
	ck_assert_uint_eq(len, 2000);
	ck_assert_uint_eq(check_lines(text, 400), 4);
	ck_assert_uint_eq(text[400], 'x');
}
END_TEST

/* In a mount namespace of our own, so that nobody else sees it. */
static int mount_small(void)
{
	if (unshare(CLONE_NEWNS) < 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -1;
	return mount("small", dir, "tmpfs", 0, "size=64k");
}

/* Tried by a process of its own: the namespace goes away with it, and with it the mount. */
static bool can_mount_small(void)
{
	int status = -1;
	pid_t pid;

	(void)snprintf(dir, sizeof(dir), "/tmp/test_sink.XXXXXX");
	if (!mkdtemp(dir))
		return false;
	pid = fork();
	if (pid == 0)
		_exit(mount_small() < 0);
	(void)waitpid(pid, &status, 0);
	(void)rmdir(dir);
	return status == 0;
}

static void put_filler(const char *filler)
{
	CLEANUP_FD int fd = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	ck_assert_int_eq(posix_fallocate(fd, 0, 32 << 10), 0);
}

START_TEST(full_disk_leaves_whole_lines_and_goes_on)
{
	char filler[128];
	unsigned int n, n_before;
	struct sink *s;
	int r = 0;

	ck_assert_int_eq(mount_small(), 0);
	(void)snprintf(filler, sizeof(filler), "%s/filler", dir);
	put_filler(filler);
	s = open_file();
	for (n = 0; n < 1000 && r == 0; n++) {
		r = write_line(s, n);
		if (r == 0 && n % 7 == 0)
			r = sink_flush(s);
	}
	ck_assert_int_eq(r, -ENOSPC);
	n_before = lines_in_file();
	ck_assert_uint_eq(n_before + stats_of(s).n_lost_events, n);
	ck_assert_uint_gt(n_before, 200);

	for (int i = 0; i < 50; i++) { /* it stays full, or nearly */
		ck_assert_int_eq(write_line(s, n++), 0);
		(void)sink_flush(s); /* some may still fit */
	}
	n_before = lines_in_file();
	ck_assert_uint_eq(n_before + stats_of(s).n_lost_events, n);

	ck_assert_int_eq(unlink(filler), 0);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(write_line(s, n++), 0);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_uint_eq(lines_in_file(), n_before + 100);
	ck_assert_uint_eq(stats_of(s).n_bytes, LINE_LEN * (uint64_t)lines_in_file());
	sink_close(s);
	ck_assert_int_eq(umount(dir), 0);
}
END_TEST

static Suite *sink_file_suite(void)
{
	Suite *s = suite_create("sink_file");
	TCase *tc = tcase_create("writing");

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, lines_appear_when_flushed);
	tcase_add_test(tc, full_buffer_is_written_unasked);
	tcase_add_test(tc, many_short_and_some_long_lines_arrive);
	tcase_add_test(tc, file_is_appended_to);
	tcase_add_test(tc, half_a_line_left_behind_is_ended);
	suite_add_tcase(s, tc);

	tc = tcase_create("opening");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, symbolic_link_is_refused);
	tcase_add_test(tc, directory_is_refused);
	tcase_add_test(tc, pipe_that_nobody_reads_is_refused);
	tcase_add_test(tc, descriptor_must_be_writable);
	tcase_add_test(tc, borrowed_descriptor_stays_open);
	suite_add_tcase(s, tc);

	tc = tcase_create("no room");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, full_device_loses_every_line);
	tcase_add_test(tc, cut_line_is_undone);
	tcase_add_test(tc, cut_line_before_other_bytes_is_completed);
	if (!no_tmpfs)
		tcase_add_test(tc, full_disk_leaves_whole_lines_and_goes_on);
	suite_add_tcase(s, tc);

	return s;
}

int main(void)
{
	SRunner *sr;
	int n_failed;

	no_tmpfs = !can_mount_small();
	sr = srunner_create(sink_file_suite());
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	if (n_failed)
		return EXIT_FAILURE;
	if (no_tmpfs) {
		printf("skipped: the full disk, a file system of our own may not be mounted\n");
		return 77;
	}
	return EXIT_SUCCESS;
}
