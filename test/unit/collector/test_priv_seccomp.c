/* SPDX-License-Identifier: Apache-2.0 */
/* What priv_drop() and priv_seccomp() together allow. Everything irrevocable happens in a child: it
 * is confined, tries one thing, and exits with the result. */
#include "collector/privileges.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/bpf.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <bpf/bpf.h>

#include "collector/handoff.h"
#include "common/cleanup.h"

#define FAILED 200 /* exit code: the child could not get as far as to try */
#define NOBODY 65534

static char dir[] = "/tmp/test_priv_seccomp.XXXXXX";
static char secret[sizeof(dir) + 16]; /* readable by its owner alone, who is nobody */
static char own[sizeof(dir) + 16];

static pid_t other = -1; /* a process of nobody's */

static void start_other(void)
{
	int ends[2];
	char c;

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	other = fork();
	if (other == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		if (setresuid(NOBODY, NOBODY, NOBODY) == 0 && write(ends[1], "r", 1) == 1)
			(void)pause();
		_exit(1);
	}
	ck_assert_int_gt(other, 0);
	cleanup_fd(&ends[1]);
	ck_assert_int_eq(read(ends[0], &c, 1), 1);
	cleanup_fd(&ends[0]);
}

static void stop_other(void)
{
	ck_assert_int_eq(kill(other, SIGKILL), 0);
	ck_assert_int_eq(waitpid(other, NULL, 0), other);
}

static void make_files(void)
{
	int fd;

	memcpy(strrchr(dir, '.') + 1, "XXXXXX", 6);
	ck_assert_ptr_nonnull(mkdtemp(dir));
	(void)snprintf(secret, sizeof(secret), "%s/secret", dir);
	(void)snprintf(own, sizeof(own), "%s/own", dir);
	fd = open(secret, O_CREAT | O_WRONLY | O_CLOEXEC, 0400);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(fchown(fd, NOBODY, NOBODY), 0);
	cleanup_fd(&fd);
	fd = open(own, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	ck_assert_int_ge(fd, 0);
	cleanup_fd(&fd);
}

static void remove_files(void)
{
	(void)unlink(secret);
	(void)unlink(own); /* one attempt removes it itself */
	ck_assert_int_eq(rmdir(dir), 0);
}

/* Wait status of a child that ran fn and exited with what it returned. */
static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(fn());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int confine(void)
{
	const struct priv_options opt = { 0 };
	struct priv_state state;
	struct err err = { 0 };

	if (priv_drop(&opt, &state, &err) == 0 && priv_seccomp(&err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return FAILED;
}

/* 0 or a positive errno, small enough for an exit code. */
static int outcome(long rc)
{
	return rc < 0 ? errno : 0;
}

static int try_map_create(void)
{
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "t", 4, 8, 1, NULL);

	return fd < 0 ? -fd : 0;
}

static int try_attach(void)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_RAW_TRACEPOINT, "t", "GPL", insns, ARRAY_LEN(insns),
			       NULL);

	if (fd >= 0)
		fd = bpf_raw_tracepoint_open("sched_process_exit", fd);
	return fd < 0 ? -fd : 0;
}

static int try_perf_event(void)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.size = sizeof(attr),
		.config = PERF_COUNT_SW_CPU_CLOCK,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? outcome(fd) : outcome(ioctl((int)fd, PERF_EVENT_IOC_ENABLE, 0));
}

/* Needs CAP_SYS_PTRACE: another uid's, and not dumpable. */
static int try_read_proc(void)
{
	char name[64], target[256];

	(void)snprintf(name, sizeof(name), "/proc/%d/exe", other);
	if (readlink(name, target, sizeof(target)) < 0)
		return errno;
	(void)snprintf(name, sizeof(name), "/proc/%d/environ", other);
	return outcome(open(name, O_RDONLY | O_CLOEXEC));
}

static int try_read_secret(void)
{
	return outcome(open(secret, O_RDONLY | O_CLOEXEC));
}

static int try_stat_and_access(void)
{
	struct stat st;

	if (stat(own, &st) < 0 || access(own, F_OK) < 0)
		return errno;
	return outcome(faccessat(AT_FDCWD, own, F_OK, AT_EACCESS));
}

static int try_unlink(void)
{
	return outcome(unlink(own));
}

static int try_memory(void)
{
	void *map = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (map == MAP_FAILED)
		return errno;
	return outcome(mprotect(map, 1 << 20, PROT_READ) | munmap(map, 1 << 20));
}

/* As libbpf does to let two objects share a map. */
static int try_share_descriptor(void)
{
	int to = open("/", O_RDONLY | O_CLOEXEC);

	return to < 0 ? errno : outcome(dup3(STDERR_FILENO, to, O_CLOEXEC));
}

static int try_thread_name(void)
{
	return outcome(prctl(PR_SET_NAME, "collector", 0, 0, 0));
}

static int try_abort(void)
{
	abort();
}

static int try_write_file(void)
{
	return outcome(open(own, O_WRONLY | O_CLOEXEC));
}

static int try_create_file(void)
{
	char name[sizeof(own) + 4];

	(void)snprintf(name, sizeof(name), "%s.new", own);
	return outcome(open(name, O_RDONLY | O_CREAT | O_CLOEXEC, 0600));
}

static int try_truncate_file(void)
{
	return outcome(open(own, O_RDONLY | O_TRUNC | O_CLOEXEC));
}

static int try_chmod(void)
{
	return outcome(chmod(own, 0777));
}

static int try_socket(void)
{
	return outcome(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int try_io_uring(void)
{
	return outcome(syscall(SYS_io_uring_setup, 4, NULL));
}

static int try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return outcome(pid);
}

static int try_kill_parent(void)
{
	return outcome(kill(getppid(), 0));
}

static int try_tgkill_parent(void)
{
	return outcome(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int try_executable_map(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? errno : 0;
}

static int try_executable_mprotect(void)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return map == MAP_FAILED ? FAILED : outcome(mprotect(map, 4096, PROT_READ | PROT_EXEC));
}

static int try_push_into_terminal(void)
{
	return outcome(ioctl(STDIN_FILENO, TIOCSTI, "x"));
}

static int try_become_dumpable(void)
{
	return outcome(prctl(PR_SET_DUMPABLE, 1, 0, 0, 0));
}

static int try_regain_capability(void)
{
	return outcome(syscall(SYS_capset, NULL, NULL));
}

static int try_setns(void)
{
	return outcome(syscall(SYS_setns, -1, 0));
}

static const struct {
	const char *name;
	int (*attempt)(void);
	int expect; /* errno, or minus the signal that ends the child */
} attempts[] = {
	{ "create a map", try_map_create, 0 },
	{ "load and attach a program", try_attach, 0 },
	{ "open a perf event", try_perf_event, 0 },
	{ "read /proc of others", try_read_proc, 0 },
	{ "read a file of others", try_read_secret, 0 },
	{ "stat and access", try_stat_and_access, 0 },
	{ "remove a file", try_unlink, 0 },
	{ "use memory", try_memory, 0 },
	{ "share a descriptor", try_share_descriptor, 0 },
	{ "name a thread", try_thread_name, 0 },
	{ "abort", try_abort, -SIGABRT },
	{ "open a file for writing", try_write_file, EPERM },
	{ "create a file", try_create_file, EPERM },
	{ "truncate a file", try_truncate_file, EPERM },
	{ "change a file's mode", try_chmod, EPERM },
	{ "open a socket", try_socket, EPERM },
	{ "set up io_uring", try_io_uring, EPERM },
	{ "fork", try_fork, EPERM },
	{ "kill", try_kill_parent, EPERM },
	{ "tgkill another process", try_tgkill_parent, EPERM },
	{ "map executable memory", try_executable_map, EPERM },
	{ "make memory executable", try_executable_mprotect, EPERM },
	{ "push into a terminal", try_push_into_terminal, EPERM },
	{ "become dumpable", try_become_dumpable, EPERM },
	{ "set capabilities", try_regain_capability, EPERM },
	{ "enter a namespace", try_setns, EPERM },
};

static int (*attempt)(void);

static int confine_and_attempt(void)
{
	return confine() == 0 ? attempt() : FAILED;
}

static int without_confinement(void)
{
	return attempt();
}

START_TEST(a_confined_collector_can_do_its_work_and_nothing_else)
{
	int expect = attempts[_i].expect;
	int status;

	attempt = attempts[_i].attempt;
	if (expect == 0) {
		status = in_child(without_confinement);
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
			printf("skipped: '%s' does not work here without confinement either (%s)\n",
			       attempts[_i].name, strerror(WEXITSTATUS(status)));
			return;
		}
		remove_files();
		make_files();
	}
	status = in_child(confine_and_attempt);
	if (expect < 0)
		ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == -expect, "%s: status %#x",
			      attempts[_i].name, status);
	else
		ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == expect, "%s: status %#x",
			      attempts[_i].name, status);
}
END_TEST

/* With arguments that do no harm if the filter lets them through. */
static const struct {
	const char *name;
	long nr;
} deadly[] = {
	{ "execve", SYS_execve },
	{ "execveat", SYS_execveat },
	{ "ptrace", SYS_ptrace },
	{ "process_vm_readv", SYS_process_vm_readv },
	{ "process_vm_writev", SYS_process_vm_writev },
	{ "init_module", SYS_init_module },
	{ "finit_module", SYS_finit_module },
	{ "delete_module", SYS_delete_module },
	{ "kexec_load", SYS_kexec_load },
	{ "kexec_file_load", SYS_kexec_file_load },
	{ "reboot", SYS_reboot },
	{ "mount", SYS_mount },
	{ "umount2", SYS_umount2 },
	{ "pivot_root", SYS_pivot_root },
	{ "chroot", SYS_chroot },
	{ "move_mount", SYS_move_mount },
	{ "open_tree", SYS_open_tree },
	{ "fsopen", SYS_fsopen },
	{ "fsmount", SYS_fsmount },
	{ "mount_setattr", SYS_mount_setattr },
	{ "setuid", SYS_setuid },
	{ "setgid", SYS_setgid },
	{ "setresuid", SYS_setresuid },
	{ "setresgid", SYS_setresgid },
	{ "setfsuid", SYS_setfsuid },
	{ "setgroups", SYS_setgroups },
#ifdef __x86_64__
	{ "getpid of x32", 0x40000000L + SYS_getpid },
#endif
};

static long deadly_nr;

static int call_deadly(void)
{
	if (confine() != 0)
		return FAILED;
	(void)syscall(deadly_nr, -1L, 0L, -1L, 0L, -1L, 0L); /* does not come back */
	return 0;
}

START_TEST(an_intruders_call_ends_the_process)
{
	int status;

	deadly_nr = deadly[_i].nr;
	status = in_child(call_deadly);
	ck_assert_msg(WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS, "%s: status %#x",
		      deadly[_i].name, status);
}
END_TEST

static int ready[2];

static int serve_confined(void)
{
	char path[sizeof(dir) + 16];
	const struct handoff_options opt = { .path = path, .engine_uid = -1 };
	struct handoff *h;
	struct err err = { 0 };
	uint8_t buf[64];
	int sock = -EAGAIN;

	(void)snprintf(path, sizeof(path), "%s/sock", dir);
	h = handoff_listen(&opt, &err);
	if (!h || confine() != 0 || write(ready[1], "r", 1) != 1)
		return FAILED;
	while (sock == -EAGAIN) {
		(void)usleep(1000);
		sock = handoff_accept(h, &err);
	}
	if (sock < 0 || handoff_refuse(sock, -EPERM, "hello") < 0)
		return 1;
	while (control_recv(sock, buf, sizeof(buf), NULL, NULL) == -EAGAIN)
		(void)usleep(1000);
	handoff_disconnect(h, sock);
	handoff_close(h);
	return access(path, F_OK) == 0 ? 2 : 0;
}

START_TEST(a_confined_collector_serves_an_engine)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct control_refused msg;
	char lock[sizeof(dir) + 16];
	int sock, status;
	pid_t pid;
	char c;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	if (pid == 0)
		_exit(serve_confined());
	cleanup_fd(&ready[1]);
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	cleanup_fd(&ready[0]);
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/sock", dir);
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(control_recv(sock, &msg, sizeof(msg), NULL, NULL), sizeof(msg));
	ck_assert_str_eq(msg.text, "hello");
	cleanup_fd(&sock);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "status %#x", status);
	(void)snprintf(lock, sizeof(lock), "%s/sock.lock", dir);
	ck_assert_int_eq(unlink(lock), 0);
}
END_TEST

#if defined(__SANITIZE_THREAD__)
#define HAS_OWN_THREAD true
#elif defined(__has_feature)
#define HAS_OWN_THREAD __has_feature(thread_sanitizer)
#else
#define HAS_OWN_THREAD false
#endif

static Suite *priv_seccomp_suite(void)
{
	Suite *suite = suite_create("priv_seccomp");
	TCase *tc = tcase_create("confinement");

	tcase_add_checked_fixture(tc, start_other, stop_other);
	tcase_add_checked_fixture(tc, make_files, remove_files);
	tcase_add_loop_test(tc, a_confined_collector_can_do_its_work_and_nothing_else, 0,
			    (int)ARRAY_LEN(attempts));
	tcase_add_loop_test(tc, an_intruders_call_ends_the_process, 0, (int)ARRAY_LEN(deadly));
	tcase_add_test(tc, a_confined_collector_serves_an_engine);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int n_failed;

	if (geteuid() != 0) {
		printf("test_priv_seccomp needs root: there is nothing to drop\n");
		return 77;
	}
	if (HAS_OWN_THREAD) {
		printf("test_priv_seccomp needs children of one thread: the thread sanitizer "
		       "starts "
		       "another in each, and the filter may come while glibc sets that up\n");
		return 77;
	}
	runner = srunner_create(priv_seccomp_suite());
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
