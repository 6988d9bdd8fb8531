/* SPDX-License-Identifier: Apache-2.0 */
/* What must fail inside. Each attempt returns the errno, or 0 when it succeeded. */
#include <check.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>

#include <arpa/inet.h>
#include <asm/ioctls.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <netinet/in.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "common/cleanup.h"
#include "test/unit/engine/sandbox_ground.h"

static int outcome(long r)
{
	return r < 0 ? errno : 0;
}

/* Most of the list needs nothing but its number: arguments that make no sense would be EFAULT,
 * EINVAL or EBADF without the sandbox, and so a call that got through is seen. */
static const struct {
	const char *what;
	long number;
	long args[5];
	int expected; /* errno, or minus a signal */
} calls[] = {
	{ "ptrace: be traced", SYS_ptrace, { PTRACE_TRACEME }, EPERM },
	{ "setuid(0)", SYS_setuid, { 0 }, EPERM },
	{ "setgroups", SYS_setgroups, { 0 }, EPERM },
	{ "capset", SYS_capset, { 0 }, EPERM },
	{ "mount", SYS_mount, { 0 }, EPERM },
	{ "umount2", SYS_umount2, { 0 }, EPERM },
	{ "fsopen", SYS_fsopen, { 0 }, EPERM },
	{ "move_mount", SYS_move_mount, { -1, 0, -1, 0, 0 }, EPERM },
	{ "pivot_root", SYS_pivot_root, { 0 }, EPERM },
	{ "chroot", SYS_chroot, { 0 }, EPERM },
	{ "unshare", SYS_unshare, { CLONE_NEWUSER }, EPERM },
	{ "setns", SYS_setns, { -1, 0 }, EPERM },
	{ "fork by clone", SYS_clone, { SIGCHLD }, EPERM },
	{ "thread in a new namespace", SYS_clone, { CLONE_THREAD | CLONE_NEWNET }, EPERM },
	{ "clone3", SYS_clone3, { 0 }, ENOSYS }, /* the C library falls back to clone */
	{ "kill pid 1", SYS_kill, { 1, 0 }, EPERM },
	{ "io_uring_setup", SYS_io_uring_setup, { 1, 0 }, EPERM },
	{ "io_uring_register", SYS_io_uring_register, { -1, 8, 0, 0 }, EPERM },
	{ "userfaultfd", SYS_userfaultfd, { O_CLOEXEC }, EPERM },
	{ "keyctl", SYS_keyctl, { KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1 }, EPERM },
	{ "add_key", SYS_add_key, { 0 }, EPERM },
	{ "personality", SYS_personality, { 0xffffffff }, EPERM },
	{ "open_by_handle_at", SYS_open_by_handle_at, { -1, 0, 0 }, EPERM },
	{ "finit_module", SYS_finit_module, { -1, 0, 0 }, EPERM },
	{ "kexec_load", SYS_kexec_load, { 0 }, EPERM },
	{ "pidfd_open", SYS_pidfd_open, { 1, 0 }, EPERM },
	{ "pidfd_getfd", SYS_pidfd_getfd, { -1, 0, 0 }, EPERM },
	{ "memfd_create", SYS_memfd_create, { 0 }, EPERM },
	{ "mknodat", SYS_mknodat, { AT_FDCWD, 0, 0, 0 }, EPERM },
	{ "symlinkat", SYS_symlinkat, { 0, AT_FDCWD, 0 }, EPERM },
	{ "linkat", SYS_linkat, { AT_FDCWD, 0, AT_FDCWD, 0, 0 }, EPERM },
	{ "fchmodat", SYS_fchmodat, { AT_FDCWD, 0, 0777 }, EPERM },
	{ "fchownat", SYS_fchownat, { AT_FDCWD, 0, 0, 0, 0 }, EPERM },
	{ "truncate", SYS_truncate, { 0 }, EPERM },
	{ "shmat", SYS_shmat, { 0 }, EPERM },
	{ "pkey_mprotect", SYS_pkey_mprotect, { 0, 0, PROT_EXEC, -1 }, EPERM },
	{ "syslog", SYS_syslog, { 9, 0, 0 }, EPERM },
	{ "seccomp", SYS_seccomp, { 0 }, EPERM },
	{ "prctl: become dumpable", SYS_prctl, { PR_SET_DUMPABLE, 1, 0, 0, 0 }, EPERM },
	{ "ioctl: type into the terminal", SYS_ioctl, { 0, TIOCSTI, 0 }, EPERM },
	{ "netlink", SYS_socket, { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE }, EPERM },
	{ "packet socket", SYS_socket, { AF_PACKET, SOCK_RAW, 0 }, EPERM },
	{ "vsock", SYS_socket, { AF_VSOCK, SOCK_STREAM, 0 }, EPERM },
	{ "execve", SYS_execve, { 0 }, -SIGSYS },
	{ "execveat", SYS_execveat, { -1, 0, 0, 0, 0 }, -SIGSYS },
};

static int n_call;

static int try_call(void)
{
	const long *a = calls[n_call].args;

	return outcome(syscall(calls[n_call].number, a[0], a[1], a[2], a[3], a[4]));
}

START_TEST(call_fails)
{
	int got;

	n_call = _i;
	got = run_inside(try_call, false);
	ck_assert_msg(got == calls[_i].expected, "%s: got %d, expected %d", calls[_i].what, got,
		      calls[_i].expected);
}
END_TEST

/* ---- files ---- */

/* %r, %w, %o: the directories that are readable, writable, and neither. */
static const struct {
	const char *what, *path;
	int flags;
	int landlock_abi; /* that it takes; 0: others are in the way as well */
} files[] = {
	{ "read /etc/shadow", "/etc/shadow", O_RDONLY, 0 },
	{ "read the memory of pid 1", "/proc/1/mem", O_RDONLY, 0 },
	{ "write its own memory", "/proc/self/mem", O_RDWR, 0 },
	{ "read /etc/passwd", "/etc/passwd", O_RDONLY, 1 },
	{ "list /", "/", O_RDONLY | O_DIRECTORY, 1 },
	{ "read outside", "%o/file", O_RDONLY, 1 },
	{ "read outside by a detour", "%r/../outside/file", O_RDONLY, 1 },
	{ "list outside", "%o", O_RDONLY | O_DIRECTORY, 1 },
	{ "write outside", "%o/file", O_WRONLY, 1 },
	{ "create outside", "%o/new", O_WRONLY | O_CREAT, 1 },
	{ "create above", "%o/../new", O_WRONLY | O_CREAT, 0 },
	{ "write what is readable", "%r/file", O_WRONLY, 1 },
	{ "truncate what is readable", "%r/file", O_RDONLY | O_TRUNC, 3 },
	{ "create where it is readable", "%r/new", O_WRONLY | O_CREAT, 1 },
};

static int n_file;

static void fill_in(char *path, size_t cap, const char *pattern)
{
	const char *dir = pattern[1] == 'r'   ? here.readable
			  : pattern[1] == 'w' ? here.writable
					      : here.outside;

	if (pattern[0] == '%')
		(void)snprintf(path, cap, "%s%s", dir, pattern + 2);
	else
		(void)snprintf(path, cap, "%s", pattern);
}

static int try_file(void)
{
	char path[256];

	fill_in(path, sizeof(path), files[n_file].path);
	return try_open(path, files[n_file].flags);
}

START_TEST(file_is_refused)
{
	int got;

	if (here.landlock_abi < files[_i].landlock_abi)
		return; /* main() says so */
	n_file = _i;
	got = run_inside(try_file, false);
	ck_assert_msg(got == EACCES, "%s: got %d, expected EACCES", files[_i].what, got);
}
END_TEST

static int try_remove_readable(void)
{
	return outcome(unlink(here.readable_file));
}

/* From where it may write to where it may not; and the other way round. */
static int try_move(const char *from_pattern, const char *to_pattern)
{
	char from[256], to[256];

	fill_in(from, sizeof(from), from_pattern);
	fill_in(to, sizeof(to), to_pattern);
	return outcome(rename(from, to));
}

static int try_move_out(void)
{
	char path[256];

	fill_in(path, sizeof(path), "%w/new");
	return try_open(path, O_WRONLY | O_CREAT) ? 0 : try_move("%w/new", "%o/moved");
}

static int try_move_in(void)
{
	return try_move("%o/file", "%w/moved");
}

/* ---- other processes, memory, sockets ---- */

static int try_ptrace_attach(void)
{
	return outcome(ptrace(PTRACE_ATTACH, here.parent, NULL, NULL));
}

static int try_process_vm_readv(void)
{
	char from[8] = "secret", to[8];
	struct iovec local = { to, sizeof(to) }, remote = { from, sizeof(from) };

	return outcome(process_vm_readv(getpid(), &local, 1, &remote, 1, 0));
}

static int try_kill_parent(void)
{
	return outcome(kill(here.parent, 0));
}

static int try_tgkill_parent(void)
{
	return outcome(syscall(SYS_tgkill, here.parent, here.parent, 0));
}

static int try_signals_by_owner(void)
{
	return outcome(fcntl(here.lane_fd, F_SETOWN, here.parent));
}

static int try_perf(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_SOFTWARE,
					.size = sizeof(attr),
					.config = PERF_COUNT_SW_DUMMY };

	return outcome(syscall(SYS_perf_event_open, &attr, 0, -1, -1, 0));
}

static int try_set_limit(void)
{
	const struct rlimit none = { 0, 0 };

	return outcome(setrlimit(RLIMIT_CORE, &none));
}

static int try_write_lane(void)
{
	return outcome(write(here.lane_fd, "x", 1));
}

static int try_map(int prot, int flags, int fd)
{
	return mmap(NULL, LANE_BYTES, prot, flags, fd, 0) == MAP_FAILED ? errno : 0;
}

static int try_map_lane_writable(void)
{
	return try_map(PROT_READ | PROT_WRITE, MAP_SHARED, here.lane_fd);
}

static int try_map_frozen_writable(void)
{
	return try_map(PROT_READ | PROT_WRITE, MAP_SHARED, here.frozen_fd);
}

static int try_make_lane_writable(void)
{
	void *p = mmap(NULL, LANE_BYTES, PROT_READ, MAP_SHARED, here.lane_fd, 0);

	return p == MAP_FAILED ? 0 : outcome(mprotect(p, LANE_BYTES, PROT_READ | PROT_WRITE));
}

static int try_map_executable(void)
{
	return try_map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static int try_make_executable(void)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? 0 : outcome(mprotect(p, 4096, PROT_READ | PROT_EXEC));
}

static int try_tcp(int (*action)(int, const struct sockaddr *, socklen_t))
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return fd < 0 ? 0 : outcome(action(fd, (const struct sockaddr *)&addr, sizeof(addr)));
}

static int try_tcp_connect(void)
{
	return try_tcp(connect);
}

static int try_tcp_bind(void)
{
	return try_tcp(bind);
}

static const struct {
	const char *what;
	int (*attempt)(void);
	int expected;
	int landlock_abi;
} attempts[] = {
	{ "bpf(2)", try_bpf, EPERM, 0 },
	{ "ptrace: trace another", try_ptrace_attach, EPERM, 0 },
	{ "read memory by pid", try_process_vm_readv, EPERM, 0 },
	{ "kill its parent", try_kill_parent, EPERM, 0 },
	{ "kill its parent's thread", try_tgkill_parent, EPERM, 0 },
	{ "have signals sent", try_signals_by_owner, EPERM, 0 },
	{ "perf_event_open", try_perf, EPERM, 0 },
	{ "set a limit", try_set_limit, EPERM, 0 },
	{ "write(2) to a lane", try_write_lane, EPERM, 0 },
	{ "map a lane writable", try_map_lane_writable, EPERM, 0 },
	{ "make a mapped lane writable", try_make_lane_writable, EACCES, 0 },
	{ "map memory executable", try_map_executable, EPERM, 0 },
	{ "make memory executable", try_make_executable, EPERM, 0 },
	{ "remove where it is readable", try_remove_readable, EACCES, 1 },
	{ "move a file out", try_move_out, EACCES, 2 },
	{ "move a file in", try_move_in, EACCES, 2 },
	{ "connect by TCP", try_tcp_connect, EACCES, 4 },
	{ "bind by TCP", try_tcp_bind, EACCES, 4 },
};

START_TEST(attempt_fails)
{
	int got;

	if (here.landlock_abi < attempts[_i].landlock_abi)
		return; /* main() says so */
	got = run_inside(attempts[_i].attempt, false);
	ck_assert_msg(got == attempts[_i].expected, "%s: got %d, expected %d", attempts[_i].what,
		      got, attempts[_i].expected);
}
END_TEST

START_TEST(frozen_lane_cannot_be_mapped_writable)
{
	if (here.frozen_fd >= 0)
		ck_assert_int_eq(run_inside(try_map_frozen_writable, false), EPERM);
}
END_TEST

#ifdef __x86_64__
/* Through the gate for 32-bit programs, where the numbers mean other calls (20: getpid). */
static int try_other_architecture(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory");
	return r < 0 ? (int)-r : 0;
}

START_TEST(call_of_another_architecture_ends_the_process)
{
	int got = run_inside(try_other_architecture, false);

	/* A kernel without that gate answers with SIGSEGV. */
	ck_assert_msg(got == -SIGSYS || got == -SIGSEGV, "got %d", got);
}
END_TEST
#endif

static Suite *sandbox_suite(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("refused");

	tcase_add_checked_fixture(tc, ground_setup, ground_teardown);
	tcase_add_loop_test(tc, call_fails, 0, ARRAY_LEN(calls));
	tcase_add_loop_test(tc, file_is_refused, 0, ARRAY_LEN(files));
	tcase_add_loop_test(tc, attempt_fails, 0, ARRAY_LEN(attempts));
	tcase_add_test(tc, frozen_lane_cannot_be_mapped_writable);
#ifdef __x86_64__
	tcase_add_test(tc, call_of_another_architecture_ends_the_process);
#endif
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return ground_main(sandbox_suite(), 4, false);
}
