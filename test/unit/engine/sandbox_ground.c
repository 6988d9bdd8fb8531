/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/sandbox_ground.h"

#include <check.h>
#include <fcntl.h>
#include <stdlib.h>

#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "common/cleanup.h"

struct ground here;

static void put_file(const char *path)
{
	CLEANUP_FD int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, "text\n", 5), 5);
	ck_assert_int_eq(fchmod(fd, 0666), 0); /* so that only the sandbox can be in the way */
}

static void put_dir(char *path, size_t cap, const char *name, mode_t mode)
{
	(void)snprintf(path, cap, "%s/%s", here.root, name);
	ck_assert_int_eq(mkdir(path, 0700), 0);
	ck_assert_int_eq(chmod(path, mode), 0);
}

static int open_lane(void)
{
	int fd = memfd_create("lane", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, LANE_BYTES), 0);
	ck_assert_int_eq(fcntl(fd, F_ADD_SEALS, F_SEAL_FUTURE_WRITE | F_SEAL_SHRINK | F_SEAL_GROW),
			 0);
	return fd;
}

static int open_frozen(void)
{
	union bpf_attr create = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = 4,
		.value_size = LANE_BYTES,
		.max_entries = 1,
		.map_flags = BPF_F_MMAPABLE,
	};
	union bpf_attr freeze = { 0 };
	CLEANUP_FD int fd = (int)syscall(SYS_bpf, BPF_MAP_CREATE, &create, sizeof(create));

	freeze.map_fd = (__u32)fd;
	if (fd < 0 || syscall(SYS_bpf, BPF_MAP_FREEZE, &freeze, sizeof(freeze)) < 0)
		return -1;
	return TAKE_FD(fd);
}

void ground_setup(void)
{
	(void)snprintf(here.root, sizeof(here.root), "/tmp/test_sandbox.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(here.root));
	ck_assert_int_eq(chmod(here.root, 0755), 0);
	put_dir(here.readable, sizeof(here.readable), "readable", 0777);
	put_dir(here.writable, sizeof(here.writable), "writable", 0777);
	put_dir(here.outside, sizeof(here.outside), "outside", 0777);
	(void)snprintf(here.readable_file, sizeof(here.readable_file), "%s/file", here.readable);
	(void)snprintf(here.outside_file, sizeof(here.outside_file), "%s/file", here.outside);
	put_file(here.readable_file);
	put_file(here.outside_file);
	here.lane_fd = open_lane();
	here.frozen_fd = open_frozen();
	here.parent = getpid();
}

static void remove_below(const char *dir, const char *const *names)
{
	char path[160];

	for (; *names; names++) {
		(void)snprintf(path, sizeof(path), "%s/%s", dir, *names);
		(void)remove(path); /* most are not there */
	}
	(void)rmdir(dir);
}

void ground_teardown(void)
{
	static const char *const names[] = { "file", "new", "moved", "dir", "socket", NULL };

	remove_below(here.readable, names);
	remove_below(here.writable, names);
	remove_below(here.outside, names);
	(void)rmdir(here.root);
	close(here.lane_fd);
	if (here.frozen_fd >= 0)
		close(here.frozen_fd);
}

/* The ring belongs to who made it: so not in ground_setup(). */
void ground_enter(bool allow_fork)
{
	const char *const readable[] = { here.readable, NULL };
	const char *const writable[] = { here.writable, NULL };
	const struct sandbox_options opt = {
		.readable = readable,
		.writable = writable,
		.allow_fork = allow_fork,
	};
	struct err err = { 0 };

	here.ring_loop = loop_new(LOOP_IO_URING, NULL);
	here.epoll_loop = loop_new(LOOP_EPOLL, NULL);
	if (sandbox_enter(&opt, &here.state, &err) < 0) {
		(void)dprintf(STDERR_FILENO, "%s\n", err.text);
		_exit(99);
	}
}

static int status_of(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

int run_inside(int (*attempt)(void), bool allow_fork)
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0) {
		ground_enter(allow_fork);
		_exit(attempt());
	}
	return status_of(pid);
}

int run_outside(int (*attempt)(void))
{
	pid_t pid = fork();

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(attempt());
	return status_of(pid);
}

int try_open(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC, 0666) < 0 ? errno : 0;
}

int try_bpf(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr)) < 0 ? errno : 0;
}

static int skip(const char *what, const char *why)
{
	printf("skipped: %s, %s\n", what, why);
	return 77;
}

int ground_main(struct Suite *suite, int need_landlock_abi, bool need_root)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	SRunner *sr = srunner_create(suite);
	int n_failed;

#if defined(__SANITIZE_THREAD__)
	srunner_free(sr);
	return skip("all", "ThreadSanitizer has a thread of its own, which the sandbox refuses");
#endif
	if (prctl(PR_GET_SECCOMP) < 0) {
		srunner_free(sr);
		return skip("all", "this kernel has no seccomp");
	}
	here.landlock_abi = abi > 0 ? (int)abi : 0;
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	if (n_failed)
		return EXIT_FAILURE;
	if (here.landlock_abi < need_landlock_abi)
		return skip("what only Landlock refuses", "this kernel's is too old or missing");
	if (need_root && geteuid() != 0)
		return skip("what only root can give up", "started without root");
	return EXIT_SUCCESS;
}
