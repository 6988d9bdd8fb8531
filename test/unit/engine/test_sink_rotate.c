/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sys/stat.h>
#include <sys/wait.h>

#include <zlib.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "engine/sandbox.h"
#include "engine/sink/file.h"
#include "engine/sink/file_worker.h"
#include "engine/sink/remote.h"
#include "engine/sink/rotate.h"

#define NOBODY 65534U
#define LINE_LEN 100
#define PER_FILE 41 /* lines: the first to reach ROTATE_BYTES_MIN is its last */
#define PATIENCE_MS 10000

static char dir[64], path[128];

static void setup(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/test_rotate.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	signal(SIGPIPE, SIG_IGN);
}

static void teardown(void)
{
	DIR *d = opendir(dir);
	const struct dirent *entry;

	ck_assert_ptr_nonnull(d);
	while ((entry = readdir(d)))
		(void)unlinkat(dirfd(d), entry->d_name, 0); /* "." and ".." stay */
	(void)closedir(d);
	(void)rmdir(dir);
}

static const char *name_of(const char *suffix)
{
	static char name[160];

	(void)snprintf(name, sizeof(name), "%s%s", path, suffix);
	return name;
}

static bool is_there(const char *suffix)
{
	return access(name_of(suffix), F_OK) == 0;
}

static void put_file(const char *suffix, const char *text)
{
	CLEANUP_FILE FILE *f = fopen(name_of(suffix), "we");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_ge(fputs(text, f), 0);
}

/* What is in it, plain or gzip. */
static char *content(const char *suffix)
{
	gzFile f = gzopen(name_of(suffix), "re");
	char *text = calloc(1, 1U << 20);
	int n;

	ck_assert_msg(f != NULL, "%s", name_of(suffix));
	ck_assert_ptr_nonnull(text);
	n = gzread(f, text, (1U << 20) - 1);
	ck_assert_int_ge(n, 0);
	ck_assert_int_eq(gzclose_r(f), Z_OK);
	return text;
}

static void check_content(const char *suffix, const char *expected)
{
	CLEANUP_FREE char *text = content(suffix);

	ck_assert_str_eq(text, expected);
}

static void wait_for(const char *suffix, bool there)
{
	for (int ms = 0; ms < PATIENCE_MS && is_there(suffix) != there; ms++)
		(void)usleep(1000);
	ck_assert_msg(is_there(suffix) == there, "%s", suffix);
}

static int put(struct sink *s, const char *line, size_t len)
{
	const struct batch_item item = { .data = (const uint8_t *)line, .len = (uint32_t)len };

	return sink_put(s, &item);
}

static void write_lines(struct sink *s, unsigned int first, unsigned int n)
{
	char line[LINE_LEN + 8];

	for (unsigned int i = first; i < first + n; i++) {
		(void)snprintf(line, sizeof(line), "%08u %090u\n", i, i);
		ck_assert_int_eq(put(s, line, LINE_LEN), 0);
	}
}

/* Lines `first` to the one before `end`, and no others. */
static void check_lines(const char *suffix, unsigned int first, unsigned int end)
{
	CLEANUP_FREE char *text = content(suffix);

	ck_assert_uint_eq(strlen(text), (size_t)(end - first) * LINE_LEN);
	for (unsigned int i = first; i < end; i++)
		ck_assert_uint_eq(strtoul(text + (size_t)(i - first) * LINE_LEN, NULL, 10), i);
}

static struct sink *open_log(const struct rotate_options *rotate, const char *header)
{
	const struct sink_file_options opt = { .rotate = rotate,
					       .header = header,
					       .header_len = header ? strlen(header) : 0 };
	struct err err = { 0 };
	struct sink *s = sink_file_open(path, &opt, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	ck_assert_msg(sink_start(s, &err) == 0, "%s", err.text);
	return s;
}

/* --- By size. --- */

START_TEST(a_large_file_is_put_away)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 10 };
	struct sink *s = open_log(&rotate, NULL);
	struct sink_stats stats;
	struct stat st;

	write_lines(s, 0, 3 * PER_FILE + 5);
	ck_assert_int_eq(sink_flush(s), 0);
	sink_stats_get(s, &stats);
	ck_assert_uint_eq(stats.n_put_away, 3);
	ck_assert_uint_eq(stats.n_put_away_failed, 0);
	check_lines(".00000001", 0, PER_FILE);
	check_lines(".00000002", PER_FILE, 2 * PER_FILE);
	check_lines(".00000003", 2 * PER_FILE, 3 * PER_FILE);
	check_lines("", 3 * PER_FILE, 3 * PER_FILE + 5);
	ck_assert(!is_there(".00000004"));
	for (unsigned int i = 0; i < 2; i++) {
		ck_assert_int_eq(stat(name_of(i ? "" : ".00000003"), &st), 0);
		ck_assert_uint_eq(st.st_mode & 07777, 0600);
	}
	sink_close(s);
}
END_TEST

START_TEST(numbers_go_on_where_they_were)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 10 };
	struct sink *s;

	put_file(".00000007", "seven\n");
	put_file(".00000006.gz", "six");
	put_file(".00000009x", "not ours\n");
	put_file(".9", "not ours\n");
	s = open_log(&rotate, NULL);
	write_lines(s, 0, PER_FILE);
	check_lines(".00000008", 0, PER_FILE);
	check_content(".00000007", "seven\n");
	sink_close(s);
}
END_TEST

START_TEST(the_newest_stay)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 2 };
	struct sink *s = open_log(&rotate, NULL);

	write_lines(s, 0, 5 * PER_FILE);
	wait_for(".00000003", false);
	check_lines(".00000004", 3 * PER_FILE, 4 * PER_FILE);
	check_lines(".00000005", 4 * PER_FILE, 5 * PER_FILE);
	wait_for(".00000001", false);
	wait_for(".00000002", false);
	sink_close(s);
}
END_TEST

START_TEST(what_is_put_away_is_compressed)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 5, .gzip = true };
	struct sink *s = open_log(&rotate, NULL);
	struct stat st;

	write_lines(s, 0, 2 * PER_FILE);
	wait_for(".00000001", false);
	wait_for(".00000002", false);
	check_lines(".00000001.gz", 0, PER_FILE);
	check_lines(".00000002.gz", PER_FILE, 2 * PER_FILE);
	ck_assert_int_eq(stat(name_of(".00000001.gz"), &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_lt(st.st_size, PER_FILE * LINE_LEN / 4);
	sink_close(s);
}
END_TEST

/* An engine that was killed left a plain file and half of its twin. */
START_TEST(what_was_not_finished_is_done_at_the_start)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 5, .gzip = true };
	struct sink *s;

	put_file(".00000003", "three\n");
	put_file(".00000003.gz.tmp", "half");
	s = open_log(&rotate, NULL);
	wait_for(".00000003", false);
	check_content(".00000003.gz", "three\n");
	ck_assert(!is_there(".00000003.gz.tmp"));
	sink_close(s);
}
END_TEST

START_TEST(each_file_begins_with_the_header)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 5 };
	struct sink *s = open_log(&rotate, "HEADER\n");
	CLEANUP_FREE char *old = NULL;
	CLEANUP_FREE char *young = NULL;
	struct sink_stats stats;

	write_lines(s, 0, PER_FILE + 1);
	ck_assert_int_eq(sink_flush(s), 0);
	old = content(".00000001");
	young = content("");
	ck_assert_int_eq(strncmp(old, "HEADER\n", 7), 0);
	ck_assert_int_eq(strncmp(young, "HEADER\n", 7), 0);
	ck_assert_uint_eq(strlen(old) + strlen(young), 14 + (PER_FILE + 1) * LINE_LEN);
	sink_stats_get(s, &stats);
	ck_assert_uint_eq(stats.n_events, PER_FILE + 1);
	ck_assert_uint_eq(stats.n_lost_events, 0);
	sink_close(s);
}
END_TEST

/* --- By age, with a clock of ours. --- */

static struct rotate *new_rotate(const struct rotate_options *opt, int *ret_fd)
{
	struct err err = { 0 };
	struct rotate *r;

	*ret_fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	ck_assert_int_ge(*ret_fd, 0);
	r = rotate_new(path, opt, &err);
	ck_assert_msg(r != NULL, "%s", err.text);
	return r;
}

START_TEST(an_old_file_is_due)
{
	const struct rotate_options opt = { .age_ms = 1000, .keep = 1 };
	int64_t now_ms = (int64_t)now_clock_ns(CLOCK_REALTIME) / NOW_NS_PER_MS;
	CLEANUP_FD int fd = -1;
	struct rotate *r = new_rotate(&opt, &fd);

	rotate_opened(r, fd, now_ms);
	ck_assert(!rotate_due(r, 1, now_ms));
	ck_assert(!rotate_due(r, 1, now_ms + 900));
	ck_assert(rotate_due(r, 1, now_ms + 1100));
	ck_assert_int_le(rotate_next_ms(r), now_ms + 1000);
	/* It begins with its first byte. */
	ck_assert(!rotate_due(r, 0, now_ms + 5000));
	ck_assert(!rotate_due(r, 1, now_ms + 5900));
	ck_assert(rotate_due(r, 1, now_ms + 6000));
	ck_assert_int_eq(rotate_next_ms(r), now_ms + 6000);
	/* A clock that goes back makes it young. */
	ck_assert(!rotate_due(r, 1, now_ms - 1000000));
	ck_assert(!rotate_due(r, 1, now_ms - 1000000 + 999));
	ck_assert(rotate_due(r, 1, now_ms - 1000000 + 1000));
	rotate_free(r);
}
END_TEST

START_TEST(a_quiet_file_is_put_away_too)
{
	const struct rotate_options rotate = { .age_ms = 50, .keep = 5 };
	struct sink *s = open_log(&rotate, NULL);
	int64_t ms;

	ck_assert_int_eq(sink_tend(s), -1); /* nothing in it */
	write_lines(s, 0, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	ms = sink_tend(s);
	ck_assert_int_le(ms, 50);
	for (int i = 0; i < 100 && !is_there(".00000001"); i++) {
		(void)usleep(10000);
		(void)sink_tend(s);
	}
	check_lines(".00000001", 0, 1);
	check_content("", "");
	sink_close(s);
}
END_TEST

/* --- Somebody else renames it. --- */

START_TEST(a_hangup_opens_the_name_anew)
{
	const struct rotate_options rotate = { .bytes = 1U << 20 };
	struct sink *s = open_log(_i ? &rotate : NULL, NULL);
	struct stat st;

	write_lines(s, 0, 3);
	ck_assert_int_eq(rename(path, name_of(".1")), 0);
	write_lines(s, 3, 2); /* still the old one's */
	sink_reopen(s);
	write_lines(s, 5, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	check_lines(".1", 0, 5);
	check_lines("", 5, 6);
	ck_assert_int_eq(stat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	sink_close(s);
}
END_TEST

START_TEST(who_was_quicker_is_believed)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN };
	struct sink *s = open_log(&rotate, NULL);

	write_lines(s, 0, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_int_eq(rename(path, name_of(".1")), 0);
	put_file("", "");
	write_lines(s, 1, PER_FILE - 1);
	write_lines(s, PER_FILE, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	check_lines(".1", 0, PER_FILE);
	check_lines("", PER_FILE, PER_FILE + 1);
	ck_assert(!is_there(".00000001"));
	sink_close(s);
}
END_TEST

START_TEST(what_cannot_be_opened_anew_goes_on)
{
	struct sink *s = open_log(NULL, NULL);

	write_lines(s, 0, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	ck_assert_int_eq(rename(path, name_of(".1")), 0);
	ck_assert_int_eq(symlink("/etc/passwd", path), 0);
	sink_reopen(s);
	write_lines(s, 1, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	check_lines(".1", 0, 2);
	sink_close(s);
}
END_TEST

/* --- Failures. --- */

START_TEST(options_that_make_no_sense_are_refused)
{
	static const struct rotate_options none = { .keep = 1 }, small = { .bytes = 100 },
					   many = { .bytes = 1U << 20,
						    .keep = ROTATE_KEEP_MAX + 1 };
	static const struct rotate_options *const bad[] = { &none, &small, &many };
	char name[300] = "/tmp/";
	const struct rotate_options good = { .bytes = 1U << 20 };
	struct err err = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		ck_assert_ptr_null(rotate_new(path, bad[i], &err));
		ck_assert_int_eq(err.code, -EINVAL);
	}
	memset(name + 5, 'x', 250);
	ck_assert_ptr_null(rotate_new(name, &good, &err));
	ck_assert_int_eq(err.code, -EINVAL);
	ck_assert_ptr_null(rotate_new("/nowhere/at/all", &good, &err));
	ck_assert_int_eq(err.code, -ENOENT);
	ck_assert_ptr_null(
		sink_file_open("/dev/null", &(struct sink_file_options){ .rotate = &good }, &err));
	ck_assert_str_eq(err.text, "output '/dev/null' is not a file that can be put away");
}
END_TEST

/* As somebody else, whose directory it is not; 0 when the test passed there. */
static int as_nobody(int (*main_of)(void))
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		if (geteuid() == 0 && (setresgid(NOBODY, NOBODY, NOBODY) < 0 ||
				       setresuid(NOBODY, NOBODY, NOBODY) < 0))
			_exit(99);
		_exit(main_of());
	}
	ck_assert_int_gt(pid, 0);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int start_in_foreign_directory(void)
{
	const struct rotate_options opt = { .bytes = 1U << 20 };
	struct err err = { 0 };
	struct rotate *r = rotate_new(path, &opt, &err);
	int rc = r ? rotate_start(r, &err) : -1;

	rotate_free(r);
	return rc == -EACCES && strstr(err.text, "is not writable for uid") ? 0 : 1;
}

START_TEST(a_directory_that_is_not_ours_is_refused_at_the_start)
{
	ck_assert_int_eq(chmod(dir, 0555), 0);
	ck_assert_int_eq(as_nobody(start_in_foreign_directory), 0);
	ck_assert_int_eq(chmod(dir, 0700), 0);
}
END_TEST

/* A folder stands where the new file should: nothing is lost, and it is not tried all the time. */
START_TEST(a_failure_changes_nothing)
{
	const struct rotate_options opt = { .bytes = ROTATE_BYTES_MIN };
	CLEANUP_FD int fd = -1;
	struct rotate *r = new_rotate(&opt, &fd);
	struct rotate_stats stats;
	int new_fd = -1;

	ck_assert(rotate_due(r, ROTATE_BYTES_MIN, 5000));
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_lt(rotate_now(r, fd, 5000, &new_fd), 0);
	ck_assert_int_eq(new_fd, -1);
	ck_assert(!rotate_due(r, ROTATE_BYTES_MIN, 5001));
	ck_assert(rotate_due(r, ROTATE_BYTES_MIN, 5000 + ROTATE_RETRY_MS));
	rotate_stats_get(r, &stats);
	ck_assert_uint_eq(stats.n_failed, 1);
	ck_assert_uint_eq(stats.n_rotated, 0);
	rotate_free(r);
	ck_assert_int_eq(rmdir(path), 0);
}
END_TEST

/* --- Inside the sandbox. --- */

static int rotate_confined(void)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 2, .gzip = true };
	const struct sink_file_options opt = { .rotate = &rotate };
	struct err err = { 0 };
	struct sink *s = sink_file_open(path, &opt, &err);
	const char *writable[] = { s ? sink_file_directory(s) : NULL, NULL };
	const struct sandbox_options sandbox = { .writable = writable };
	struct sandbox_state state;

	if (!s || sandbox_enter(&sandbox, &state, &err) < 0 || sink_start(s, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	write_lines(s, 0, PER_FILE);
	sink_reopen(s);
	write_lines(s, PER_FILE, PER_FILE);
	if (sink_flush(s) < 0)
		return 2;
	for (int ms = 0; ms < PATIENCE_MS && !is_there(".00000002.gz"); ms++)
		(void)usleep(1000);
	sink_close(s);
	return is_there(".00000002.gz") ? 0 : 3;
}

START_TEST(it_works_in_the_sandbox)
{
	if (geteuid() == 0)
		ck_assert_int_eq(chown(dir, NOBODY, NOBODY), 0);
	ck_assert_int_eq(as_nobody(rotate_confined), 0);
	check_lines(".00000001.gz", 0, PER_FILE);
	check_lines(".00000002.gz", PER_FILE, 2 * PER_FILE);
}
END_TEST

/* --- With a thread of its own. --- */

static struct sink *open_queued(struct sink *below, bool blocks)
{
	struct err err = { 0 };
	struct remote_options opt = {
		.name = "stdout", .n_transports = 1, .queue_bytes = 64U << 10, .blocks = blocks
	};
	struct sink *s;

	opt.transports[0] = fworker_new(below, &err);
	ck_assert_ptr_nonnull(opt.transports[0]);
	s = sink_remote_open(&opt, &err);
	ck_assert_msg(s != NULL, "%s", err.text);
	ck_assert_int_eq(sink_start(s, &err), 0);
	return s;
}

/* A pipe that nobody reads: who writes never waits, and what is not in it is counted. */
START_TEST(a_stuck_reader_makes_nobody_wait)
{
	struct err err = { 0 };
	uint64_t begin_ns = now_boot_ns(), n_read = 0;
	struct sink_stats stats;
	char buf[4096], line[LINE_LEN + 1];
	struct sink *s;
	unsigned int n_put = 0;
	ssize_t n;
	int fds[2];

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	s = open_queued(sink_fd_open(fds[1], "stdout", NULL, &err), false);
	memset(line, 'x', LINE_LEN - 1);
	line[LINE_LEN - 1] = '\n';
	for (; n_put < 20000; n_put++) {
		(void)put(s, line, LINE_LEN); /* lost ones are counted */
		ck_assert_int_eq(sink_flush(s), 0);
	}
	ck_assert_uint_lt(now_boot_ns() - begin_ns, 4ULL * NOW_NS_PER_S);
	sink_stats_get(s, &stats);
	ck_assert_uint_eq(stats.n_events, 20000);
	ck_assert_uint_gt(stats.n_lost_events, 0);
	sink_close(s); /* gives up after its patience */
	ck_assert_int_eq(close(fds[1]), 0);
	while ((n = read(fds[0], buf, sizeof(buf))) > 0)
		n_read += (uint64_t)n;
	/* The pipe took batches until one did not fit: how much that is says who was faster. */
	ck_assert_uint_gt(n_read, 32768);
	ck_assert_int_eq(close(fds[0]), 0);
}
END_TEST

/* As without a thread, where who writes to it hears so at once. */
START_TEST(a_reader_that_is_gone_is_told)
{
	struct err err = { 0 };
	struct sink *s;
	int fds[2], rc = 0;

	ck_assert_int_eq(pipe2(fds, O_CLOEXEC), 0);
	s = open_queued(sink_fd_open(fds[1], "stdout", NULL, &err), false);
	ck_assert_int_eq(close(fds[0]), 0);
	for (int ms = 0; ms < PATIENCE_MS && rc == 0; ms++) {
		ck_assert_int_eq(put(s, "x\n", 2), 0);
		rc = sink_flush(s);
		(void)usleep(1000);
	}
	ck_assert_int_eq(rc, -EPIPE);
	sink_close(s);
	ck_assert_int_eq(close(fds[1]), 0);
}
END_TEST

START_TEST(all_of_it_is_written_by_the_thread)
{
	const struct rotate_options rotate = { .bytes = ROTATE_BYTES_MIN, .keep = 10 };
	const struct sink_file_options opt = { .rotate = &rotate };
	struct err err = { 0 };
	struct sink *s = open_queued(sink_file_open(path, &opt, &err), true);
	struct sink_stats stats;

	write_lines(s, 0, 2 * PER_FILE);
	ck_assert_int_eq(sink_flush(s), 0);
	for (int ms = 0; ms < PATIENCE_MS && !is_there(".00000002"); ms++)
		(void)usleep(1000);
	ck_assert_int_eq(rename(path, name_of(".old")), 0);
	sink_reopen(s);
	wait_for("", true); /* within a second, without an event */
	write_lines(s, 2 * PER_FILE, 1);
	ck_assert_int_eq(sink_flush(s), 0);
	sink_stats_get(s, &stats);
	ck_assert_uint_eq(stats.n_put_away, 2);
	sink_close(s);
	check_lines(".00000001", 0, PER_FILE);
	check_lines(".00000002", PER_FILE, 2 * PER_FILE);
	check_lines("", 2 * PER_FILE, 2 * PER_FILE + 1);
}
END_TEST

/* The thread sanitizer's own thread keeps the sandbox from being entered. */
#ifdef __SANITIZE_THREAD__
#define HAS_OWN_THREAD 1
#else
#define HAS_OWN_THREAD 0
#endif

int main(void)
{
	Suite *suite = suite_create("sink_rotate");
	TCase *tcase = tcase_create("all");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 30);
	tcase_add_checked_fixture(tcase, setup, teardown);
	tcase_add_test(tcase, a_large_file_is_put_away);
	tcase_add_test(tcase, numbers_go_on_where_they_were);
	tcase_add_test(tcase, the_newest_stay);
	tcase_add_test(tcase, what_is_put_away_is_compressed);
	tcase_add_test(tcase, what_was_not_finished_is_done_at_the_start);
	tcase_add_test(tcase, each_file_begins_with_the_header);
	tcase_add_test(tcase, an_old_file_is_due);
	tcase_add_test(tcase, a_quiet_file_is_put_away_too);
	tcase_add_loop_test(tcase, a_hangup_opens_the_name_anew, 0, 2);
	tcase_add_test(tcase, who_was_quicker_is_believed);
	tcase_add_test(tcase, what_cannot_be_opened_anew_goes_on);
	tcase_add_test(tcase, options_that_make_no_sense_are_refused);
	tcase_add_test(tcase, a_directory_that_is_not_ours_is_refused_at_the_start);
	tcase_add_test(tcase, a_failure_changes_nothing);
	if (!HAS_OWN_THREAD)
		tcase_add_test(tcase, it_works_in_the_sandbox);
	tcase_add_test(tcase, a_stuck_reader_makes_nobody_wait);
	tcase_add_test(tcase, a_reader_that_is_gone_is_told);
	tcase_add_test(tcase, all_of_it_is_written_by_the_thread);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
