/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk that is full or takes nothing any more, and the engine's sandbox. Every attempt runs in a
 * process of its own, with a small file system that only it sees. Exit status 77: not allowed here.
 */
#include "engine/sink/spool.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "common/cleanup.h"
#include "engine/sandbox.h"
#include "test/unit/engine/spool_ground.h"

#define LIMIT (64U << 20)
#define USER 65534

/* In an attempt. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)dprintf(STDERR_FILENO, "line %d: %s\n", __LINE__, #condition);       \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static int mount_disk(const char *bytes)
{
	char options[64];

	(void)snprintf(options, sizeof(options), "size=%s,mode=0755", bytes);
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", ground_dir, "tmpfs", 0, options) < 0)
		return -errno;
	return 0;
}

static void run(int (*attempt)(void), const char *bytes)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(bytes && mount_disk(bytes) < 0 ? 77 : attempt());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		printf("not tried: no sandbox, or no second mount, on this machine\n");
		return;
	}
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}

/* Fills the disk with something else, to the last block. */
static int fill_disk(void)
{
	static char block[4096];
	char path[160];
	CLEANUP_FD int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/filler", ground_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	while (write(fd, block, sizeof(block)) > 0)
		;
	return 0;
}

static int free_disk(void)
{
	char path[160];

	(void)snprintf(path, sizeof(path), "%s/filler", ground_dir);
	return unlink(path);
}

static uint64_t append_until_full(struct spool *s, uint64_t i)
{
	while (ground_append(s, i, 1000, false) == 0)
		i++;
	return i;
}

/* What is taken on a full disk is in order, and nothing is missing. */
static int full_disk_says_so(void)
{
	struct spool *s = ground_open(LIMIT, false);
	uint64_t n = append_until_full(s, 0);

	NEED(ground_append(s, n, 1000, false) == -ENOSPC);
	NEED(spool_flush(s) == -ENOSPC);
	NEED(ground_stats(s).last_errno == ENOSPC);
	NEED(n > 9000 && n < 12000);
	NEED(ground_stats(s).n_events == n);
	ground_expect(s, 0, n - ground_stats(s).n_in_memory);
	NEED(spool_flush(s) == 0); /* what was delivered made room */
	NEED(ground_stats(s).n_in_memory == 0 && ground_stats(s).last_errno == 0);
	ground_expect(s, n - ground_stats(s).n_events, n);
	NEED(ground_stats(s).n_damaged == 0);
	spool_close(s);
	return 0;
}

static int full_disk_gives_up_the_oldest(void)
{
	struct spool *s = ground_open(LIMIT, true);
	struct spool_stats st;
	uint64_t n;

	ground_append_all(s, 0, 30000, 1000, 0);
	NEED(spool_flush(s) == 0);
	st = ground_stats(s);
	NEED(st.n_dropped > 15000 && st.n_dropped + st.n_events == 30000);
	n = ground_drain(s, NULL, NULL);
	NEED(n == st.n_events && ground_stats(s).n_damaged == 0);
	spool_close(s);
	return 0;
}

static int full_disk_survives_a_restart(void)
{
	struct spool *s = ground_open(LIMIT, false);
	uint64_t n = append_until_full(s, 0), n_on_disk = n - ground_stats(s).n_in_memory;

	spool_close(s);
	s = ground_open(LIMIT, false);
	NEED(ground_stats(s).n_damaged == 0);
	ground_expect(s, 0, n_on_disk);
	spool_close(s);
	return 0;
}

struct receiver {
	struct spool *s;
	uint64_t next, end;
	bool bad; /* atomic: it has given up */
};

static bool is_bad(const struct receiver *r)
{
	return __atomic_load_n(&r->bad, __ATOMIC_RELAXED);
}

static void *receive(void *arg)
{
	struct receiver *r = arg;
	bool bad;
	size_t n;

	while (r->next < r->end) {
		n = spool_take(r->s, ground_items, 100, SIZE_MAX, 20000, 0);
		bad = n == 0;
		for (size_t i = 0; i < n; i++) {
			bad |= !ground_is_whole(&ground_items[i]) ||
			       (uint64_t)ground_items[i].time_ns != r->next++;
		}
		if (bad) {
			__atomic_store_n(&r->bad, true, __ATOMIC_RELAXED);
			break;
		}
		(void)spool_done(r->s, n); /* the ack cannot be written either */
	}
	return NULL;
}

/* Somebody else fills the disk, and leaves: delivery goes on all the time. */
static int delivery_goes_on_while_the_disk_is_full(void)
{
	struct spool *s = ground_open(LIMIT, false);
	struct receiver r = { .s = s, .end = 6000 };
	uint64_t n_failed = 0;
	pthread_t thread;

	NEED(pthread_create(&thread, NULL, receive, &r) == 0);
	for (uint64_t i = 0; i < r.end; i++) {
		if (i == 1000)
			NEED(fill_disk() == 0);
		if (i == 5000)
			NEED(free_disk() == 0);
		while (ground_append(s, i, 1000, false) < 0) {
			NEED(!is_bad(&r));
			(void)usleep(100);
		}
		if (i % 10 == 0)
			n_failed += spool_flush(s) < 0;
	}
	while (ground_stats(s).n_events > 0) {
		NEED(!is_bad(&r));
		(void)spool_flush(s);
		(void)usleep(100);
	}
	NEED(pthread_join(thread, NULL) == 0);
	NEED(!r.bad && r.next == r.end);
	NEED(n_failed > 0 && ground_stats(s).n_damaged == 0);
	spool_close(s);
	return 0;
}

/* The files as the sandbox's user sees them, made by root. */
static int inside_the_sandbox(void)
{
	const char *const writable[] = { ground_dir, NULL };
	const struct sandbox_options box = { .writable = writable };
	const struct spool_options opt = {
		.dir = ground_dir, .bytes_max = SPOOL_BYTES_MIN, .uid = USER, .gid = USER
	};
	struct sandbox_state state;
	struct err err = { 0 };
	struct spool *s = spool_open(&opt, &err);
	struct receiver r = { .s = s, .end = 20000 };
	pthread_t thread;

	NEED(s);
	if (sandbox_enter(&box, &state, &err) < 0)
		return 77;
	NEED(pthread_create(&thread, NULL, receive, &r) == 0);
	for (uint64_t i = 0; i < r.end; i++) {
		while (ground_append(s, i, 1000, false) < 0)
			NEED(spool_wait_room(s, 20000));
		if (i % 10 == 0)
			NEED(spool_flush(s) == 0);
		if (i % 1000 == 0)
			NEED(spool_sync(s) == 0);
	}
	NEED(spool_flush(s) == 0);
	NEED(pthread_join(thread, NULL) == 0);
	NEED(!r.bad && ground_stats(s).last_errno == 0);
	spool_close(s);
	return 0;
}

/* Left by root, read by the sandbox's user. */
static int inside_after_root(void)
{
	struct spool *s = ground_open(SPOOL_BYTES_MIN, false);
	const struct spool_options opt = {
		.dir = ground_dir, .bytes_max = SPOOL_BYTES_MIN, .uid = USER, .gid = USER
	};
	const char *const writable[] = { ground_dir, NULL };
	const struct sandbox_options box = { .writable = writable };
	struct sandbox_state state;
	struct err err = { 0 };

	ground_append_all(s, 0, 3000, 1000, 0);
	spool_close(s);
	s = spool_open(&opt, &err);
	NEED(s);
	if (sandbox_enter(&box, &state, &err) < 0)
		return 77;
	ground_expect(s, 0, 3000);
	NEED(ground_stats(s).last_errno == 0);
	spool_close(s);
	return 0;
}

static int directory_not_writable(void)
{
	const struct spool_options opt = { .dir = ground_dir, .bytes_max = SPOOL_BYTES_MIN };
	struct err err = { 0 };

	NEED(chmod(ground_dir, 0555) == 0);
	NEED(setresgid(USER, USER, USER) == 0 && setresuid(USER, USER, USER) == 0);
	NEED(!spool_open(&opt, &err) && err.code == -EACCES);
	NEED(strstr(err.text, "ack") && strstr(err.text, ground_dir));
	return 0;
}

static int read_only_disk(void)
{
	const struct spool_options opt = { .dir = ground_dir, .bytes_max = SPOOL_BYTES_MIN };
	struct err err = { 0 };

	if (mount(NULL, ground_dir, NULL, MS_REMOUNT | MS_RDONLY, NULL) < 0)
		return 77;
	NEED(!spool_open(&opt, &err) && err.code == -EROFS);
	return 0;
}

static const struct {
	int (*attempt)(void);
	const char *bytes; /* of the disk */
} attempts[] = {
	{ full_disk_says_so, "10m" },
	{ full_disk_gives_up_the_oldest, "10m" },
	{ full_disk_survives_a_restart, "10m" },
	{ delivery_goes_on_while_the_disk_is_full, "30m" },
	{ inside_the_sandbox, "30m" },
	{ inside_after_root, "30m" },
	{ directory_not_writable, "1m" },
	{ read_only_disk, "1m" },
};

START_TEST(attempt)
{
	run(attempts[_i].attempt, attempts[_i].bytes);
}
END_TEST

static bool can_mount(void)
{
	pid_t pid;
	int status;

	(void)snprintf(ground_dir, sizeof(ground_dir), "/tmp");
	pid = fork();
	if (pid == 0)
		_exit(mount_disk("1m") < 0 ? 77 : 0);
	return pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

int main(void)
{
	Suite *suite = suite_create("sink_spool_disk");
	TCase *tc = tcase_create("disk");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	if (!can_mount()) {
		printf("test_sink_spool_disk needs root: a file system cannot be mounted\n");
		srunner_free(runner);
		return 77;
	}
	tcase_add_checked_fixture(tc, ground_setup, ground_teardown);
	tcase_set_timeout(tc, 240);
	tcase_add_loop_test(tc, attempt, 0, (int)ARRAY_LEN(attempts));
	suite_add_tcase(suite, tc);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
