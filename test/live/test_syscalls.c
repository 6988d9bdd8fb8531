/* SPDX-License-Identifier: Apache-2.0 */
/* System calls as records: each argument, each string, each return value. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/netlink.h>
#include <linux/openat2.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <linux/sched.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/call_table.h"

#define NO_FD 9999

static void add_file_calls(struct call_table *t)
{
	static struct open_how how = { .flags = O_RDONLY };
	static struct stat st;
	static struct statx stx;
	static struct timespec times[2] = { { .tv_sec = 12345, .tv_nsec = 678 } };
	char *buf = calls_memory(t, 4096);

	CALL(t, openat, (uint64_t)AT_FDCWD, P("made"), O_CREAT | O_RDWR, 0600);
	CALL(t, open, P("/nowhere/at all"), O_RDONLY, 0);
	CALL(t, openat2, (uint64_t)AT_FDCWD, P("made"), P(&how), sizeof(how));
	CALL(t, creat, P("made too"), 0644);
	CALL(t, access, P("made"), R_OK);
	CALL(t, faccessat, (uint64_t)AT_FDCWD, P("made"), W_OK);
	CALL(t, stat, P("made"), P(&st));
	CALL(t, lstat, P("not made"), P(&st));
	CALL(t, newfstatat, (uint64_t)AT_FDCWD, P(""), P(&st), AT_EMPTY_PATH);
	CALL(t, statx, (uint64_t)AT_FDCWD, P("made"), 0, STATX_SIZE, P(&stx));
	CALL(t, mkdir, P("folder"), 0700);
	CALL(t, mkdirat, (uint64_t)AT_FDCWD, P("folder/in it"), 0700);
	CALL(t, rename, P("made too"), P("folder/moved"));
	CALL(t, renameat, (uint64_t)AT_FDCWD, P("folder/moved"), (uint64_t)AT_FDCWD, P("back"));
	CALL(t, renameat2, (uint64_t)AT_FDCWD, P("back"), (uint64_t)AT_FDCWD, P("made"), 1);
	CALL(t, link, P("made"), P("linked"));
	CALL(t, linkat, (uint64_t)AT_FDCWD, P("made"), (uint64_t)AT_FDCWD, P("linked too"), 0);
	CALL(t, symlink, P("to where"), P("symlinked"));
	CALL(t, symlinkat, P("to there"), (uint64_t)AT_FDCWD, P("symlinked too"));
	CALL(t, readlink, P("symlinked"), P(buf), 100);
	CALL(t, readlinkat, (uint64_t)AT_FDCWD, P("symlinked too"), P(buf + 200), 100);
	CALL(t, unlink, P("symlinked"));
	CALL(t, unlinkat, (uint64_t)AT_FDCWD, P("symlinked too"), 0);
	CALL(t, rmdir, P("folder"));
	CALL(t, chmod, P("made"), 0640);
	CALL(t, fchmodat, (uint64_t)AT_FDCWD, P("made"), 0600);
	CALL(t, chown, P("made"), 1, 2);
	CALL(t, lchown, P("made"), (uint64_t)-1, (uint64_t)-1);
	CALL(t, fchownat, (uint64_t)AT_FDCWD, P("made"), 0, 0, AT_SYMLINK_NOFOLLOW);
	CALL(t, truncate, P("made"), 1ULL << 33);
	CALL(t, utimensat, (uint64_t)AT_FDCWD, P("made"), P(times), 0);
	CALL(t, chdir, P("."));
	CALL(t, getcwd, P(buf + 1000), 3000);
	CALL(t, setxattr, P("made"), P("user.some"), P("value"), 5, 0);
	CALL(t, getxattr, P("made"), P("user.none"), P(buf), 0);
	CALL(t, removexattr, P("made"), P("user.none"));
	CALL(t, inotify_add_watch, NO_FD, P("watched"), 1);
	CALL(t, memfd_create, P("some memory"), 0);
	CALL(t, mknodat, (uint64_t)AT_FDCWD, P("fifo"), S_IFIFO | 0600, 0);
}

static void add_system_calls(struct call_table *t)
{
	CALL(t, mount, P("from"), P("/nowhere"), P("tmpfs"), MS_RDONLY, 0);
	CALL(t, umount2, P("/nowhere"), MNT_DETACH);
	CALL(t, chroot, P("/nowhere"));
	CALL(t, pivot_root, P("/nowhere"), P("/nowhere/else"));
	CALL(t, swapon, P("/nowhere"), 0);
	CALL(t, acct, P("/nowhere"));
	CALL(t, sethostname, P("too long"), 9999);
	CALL(t, delete_module, P("no_such_module"), O_NONBLOCK);
	CALL(t, finit_module, NO_FD, P("param=1"), 0);
	CALL(t, fsopen, P("nofs"), 0);
	CALL(t, open_tree, (uint64_t)AT_FDCWD, P("/nowhere"), 0);
	CALL(t, move_mount, NO_FD, P("a"), NO_FD, P("b"), 0);
	CALL(t, getppid, 0);
	CALL(t, getuid, 0);
	CALL(t, kill, 0x3ffffffe, 0);
	CALL(t, ioctl, NO_FD, 0x12345678, 0xfedcba9876543210);
	CALL(t, prctl, 9999, 1, 2, 3, 4);
	CALL(t, ptrace, 9999, 0x3ffffffe, 1, 2);
	CALL(t, mmap, 1, (uint64_t)-1, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, NO_FD, 1ULL << 40);
	CALL(t, mprotect, 1, 4096, PROT_READ);
	CALL(t, bpf, 9999, 0, 0);
	CALL(t, unshare, 0);
	CALL(t, setns, NO_FD, 0);
	CALL(t, lseek, NO_FD, 1ULL << 40, SEEK_SET);
	CALL(t, dup3, NO_FD, NO_FD + 1, O_CLOEXEC);
	CALL(t, close, NO_FD);
	CALL(t, umask, 022);
	CALL(t, setresuid, (uint64_t)-1, (uint64_t)-1, (uint64_t)-1);
	CALL(t, sched_yield, 0);
	CALL(t, munlockall, 0);
}

static void add_time_calls(struct call_table *t)
{
	static struct timespec one = { .tv_nsec = 1 }, zero;
	static uint32_t word = 7;

	CALL(t, nanosleep, P(&one), 0);
	CALL(t, clock_nanosleep, CLOCK_MONOTONIC, 0, P(&one), P(calls_memory(t, 16)));
	CALL(t, clock_gettime, CLOCK_BOOTTIME, P(calls_memory(t, 16)));
	CALL(t, clock_getres, CLOCK_BOOTTIME, P(calls_memory(t, 16)));
	CALL(t, futex, P(&word), FUTEX_WAIT, 8, P(&one), 0, 0);
	CALL(t, ppoll, 0, 0, P(&zero), 0, 8);
}

static void add_socket_calls(struct call_table *t)
{
	static struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 0x0100 };
	static struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = 0x0200 };
	static struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/nowhere/sock" };
	static struct sockaddr_un abstract = { .sun_family = AF_UNIX };
	static struct sockaddr_nl nl = { .nl_family = AF_NETLINK };
	int tcp = socket(AF_INET, SOCK_STREAM, 0), udp = socket(AF_INET, SOCK_DGRAM, 0);
	int tcp6 = socket(AF_INET6, SOCK_STREAM, 0), unix_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	int netlink = socket(AF_NETLINK, SOCK_RAW, 0);
	socklen_t *len = calls_memory(t, sizeof(*len));
	int pair[2];

	in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	in6.sin6_scope_id = 5;
	(void)snprintf(abstract.sun_path + 1, 80, "warder live %d", getpid());
	must(tcp >= 0 && udp >= 0 && unix_fd >= 0 && netlink >= 0);
	must(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0 && write(pair[0], "x", 1) == 1);
	*len = 110;
	CALL(t, socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CALL(t, connect, (uint64_t)tcp, P(&in), sizeof(in));
	CALL(t, connect, (uint64_t)tcp6, P(&in6), sizeof(in6));
	CALL(t, connect, (uint64_t)unix_fd, P(&un), sizeof(un));
	CALL(t, bind, (uint64_t)unix_fd, P(&abstract), 40);
	CALL(t, listen, (uint64_t)unix_fd, 3);
	CALL(t, bind, (uint64_t)netlink, P(&nl), sizeof(nl));
	CALL(t, sendto, (uint64_t)udp, P("data"), 4, MSG_DONTWAIT, P(&in), sizeof(in));
	CALL(t, recvfrom, (uint64_t)pair[1], P(calls_memory(t, 8)), 8, 0, 0, 0);
	CALL(t, getsockname, (uint64_t)unix_fd, P(calls_memory(t, 128)), P(len));
	CALL(t, getpeername, (uint64_t)tcp, P(calls_memory(t, 128)), P(len));
	CALL(t, accept4, NO_FD, 0, 0, SOCK_NONBLOCK);
	CALL(t, socketpair, AF_UNIX, SOCK_STREAM, 0, P(calls_memory(t, 8)));
	CALL(t, pipe2, P(calls_memory(t, 8)), O_NONBLOCK);
	CALL(t, pipe, P(calls_memory(t, 8)));
	CALL(t, setsockopt, (uint64_t)tcp, SOL_SOCKET, SO_REUSEADDR, P(len), 4);
}

static void add_failing_execs(struct call_table *t)
{
	static char *argv[] = { (char *)(uintptr_t) "zero", (char *)(uintptr_t) "",
				(char *)(uintptr_t) "two words", NULL };
	static char *envp[] = { (char *)(uintptr_t) "A=1", (char *)(uintptr_t) "B", NULL };
	static char *none[] = { NULL };

	CALL(t, execve, P("/nowhere/program"), P(argv), P(envp));
	CALL(t, execve, P("/nowhere/program"), 0, P(none));
	CALL(t, execveat, (uint64_t)AT_FDCWD, P("nowhere"), P(argv), 0, AT_SYMLINK_NOFOLLOW);
}

static struct call_table *make_table(void)
{
	struct call_table *t = calls_new();

	must(chdir(live_dir()) == 0);
	add_file_calls(t);
	add_system_calls(t);
	add_time_calls(t);
	add_socket_calls(t);
	add_failing_execs(t);
	return t;
}

/* Files of one run are in the way of the next. */
static void remove_files(void)
{
	must(system("rm -rf made 'made too' folder back linked 'linked too' symlinked* fifo") == 0);
}

static void check_table(const struct live_collector *c, const char *hook)
{
	static const char *const nothing[] = { NULL };
	struct live *l = live_open(c, nothing, 0);
	struct call_table *t = make_table();
	pid_t pid;

	remove_files();
	live_plan(l, calls_names(t), 0);
	for (size_t i = 0; i < t->n; i++) {
		const struct control_event_state *st = lclient_state(l->client, t->calls[i].name);

		ck_assert_msg(st->state == CONTROL_STATE_ATTACHED, "'%s' is not attached (%s)",
			      t->calls[i].name, control_reason_text(st->reason));
		ck_assert_msg(!hook || strcmp(control_hook_name(st->hook), hook) == 0,
			      "'%s' is seen through '%s'", t->calls[i].name,
			      control_hook_name(st->hook));
	}
	pid = live_run(l, calls_make, t);
	calls_check(t, &l->log, pid);
	ck_assert_uint_eq(lclient_corrupt(l->client), 0);
	live_close(l);
}

START_TEST(each_argument_is_what_was_passed)
{
	check_table(NULL, control_hook_name(CONTROL_HOOK_SYS_EXIT));
}
END_TEST

START_TEST(each_argument_is_what_was_passed_through_narrow_hooks)
{
	static const char *const args[] = { "--hooks", "narrow", NULL };
	struct live_collector c;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	check_table(&c, NULL);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- Pointers that lead nowhere --------------------------------------------------------------- */

static const char *const pointer_events[] = { "openat",  "connect", "nanosleep",   "pipe2",
					      "execve",  "mkdir",   "sethostname", "rename",
					      "getppid", NULL };

START_TEST(unreadable_pointers_are_marked)
{
	struct live *l = live_open(NULL, pointer_events, 0);
	struct call_table *t = calls_new();
	char *bad = (char *)calls_bad_page(), *cut = bad - 4;
	pid_t pid;

	CALL(t, getppid, 0);
	CALL(t, openat, (uint64_t)AT_FDCWD, P(bad), O_RDONLY);
	CALL(t, openat, (uint64_t)AT_FDCWD, P(bad + 100), O_RDONLY);
	CALL(t, openat, (uint64_t)AT_FDCWD, 0, O_RDONLY);
	CALL(t, connect, 0, P(bad), 16);
	CALL(t, connect, 0, P(bad - 1), 16);
	CALL(t, connect, 0, 0, 16);
	CALL(t, nanosleep, P(bad - 8), 0);
	CALL(t, pipe2, P(bad - 4), 0);
	CALL(t, rename, P(bad), P("second is fine"));
	CALL(t, execve, P(bad), P(bad), P(bad - 4));
	pid = live_run(l, calls_make, t);
	calls_check(t, &l->log, pid);
	live_close(l);

	/* not terminated before the page that cannot be read */
	l = live_open(NULL, pointer_events, 0);
	t = calls_new();
	CALL(t, openat, (uint64_t)AT_FDCWD, P(cut), O_RDONLY);
	pid = live_run(l, calls_make, t);
	ck_assert_uint_eq(rlog_field(rlog_only(&l->log, pid, EV_OPENAT), "pathname").var_flags,
			  REC_VAR_UNREAD);
	live_close(l);
}
END_TEST

/* Refused before the kernel looks at the name. */
static void set_host_name(void *name)
{
	(void)syscall(SYS_sethostname, name, 9999);
}

START_TEST(memory_that_is_not_resident_is_marked)
{
	static const char *const events[] = { "sethostname", NULL };
	struct live *l = live_open(NULL, events, 0);
	void *fresh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct rec_hdr *rec =
		rlog_only(&l->log, live_run(l, set_host_name, fresh), EV_SETHOSTNAME);

	ck_assert_uint_eq(rlog_field(rec, "name").var_flags, REC_VAR_UNREAD);
	ck_assert_int_eq(rec->ret, -EINVAL);
	live_close(l);
}
END_TEST

/* A string, or an address, that ends where the readable memory ends is whole. */
START_TEST(what_ends_at_the_end_of_a_page_is_whole)
{
	struct live *l = live_open(NULL, pointer_events, 0);
	struct call_table *t = calls_new();
	char *bad = (char *)calls_bad_page();
	struct sockaddr_un *un = (void *)(bad - 16);
	struct decode_value v;
	pid_t pid;

	memcpy(bad - 32, "/nowhere/ends", 14);
	memcpy(bad - 6, "/last", 6);
	CALL(t, mkdir, P(bad - 32), 0);
	CALL(t, openat, (uint64_t)AT_FDCWD, P(bad - 6), O_RDONLY);
	pid = live_run(l, calls_make, t);
	calls_check(t, &l->log, pid);
	live_close(l);

	l = live_open(NULL, pointer_events, 0);
	t = calls_new();
	memcpy(bad - 16, "\1\0/not terminated", 16); /* AF_UNIX, and a path */
	CALL(t, connect, (uint64_t)socket(AF_UNIX, SOCK_STREAM, 0), P(un), 16);
	pid = live_run(l, calls_make, t);
	ck_assert_int_eq(t->calls[0].ret, -ENOENT);
	v = rlog_field(rlog_only(&l->log, pid, EV_CONNECT), "addr");
	ck_assert_uint_eq(v.var_flags, 0);
	ck_assert_uint_eq(v.len, 16);
	ck_assert_mem_eq(v.bytes, un, 16);
	live_close(l);
}
END_TEST

START_TEST(long_strings_are_cut_and_marked)
{
	static const size_t lengths[] = { 4000, 4094, 4095, 4096, 5000 };
	struct live *l = live_open(NULL, pointer_events, 0);
	struct call_table *t = calls_new();
	const struct rec_hdr *rec = NULL;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		char *path = calls_memory(t, lengths[i] + 1);

		memset(path, 'a' + (int)i, lengths[i]);
		CALL(t, mkdir, P(path), 0);
	}
	pid = live_run(l, calls_make, t);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
		const char *path = (const char *)(uintptr_t)t->calls[i].args[0];
		struct decode_value v;

		rec = rlog_next(&l->log, pid, EV_MKDIR, rec);
		ck_assert_ptr_nonnull(rec);
		v = rlog_field(rec, "pathname");
		ck_assert_uint_eq(v.len, lengths[i] < 4095 ? lengths[i] : 4095);
		ck_assert_mem_eq(v.bytes, path, v.len);
		ck_assert_uint_eq(v.var_flags, lengths[i] > 4095 ? REC_VAR_TRUNC : 0);
	}
	live_close(l);
}
END_TEST

START_TEST(arrays_of_strings_are_cut_and_marked)
{
	struct live *l = live_open(NULL, pointer_events, 0);
	struct call_table *t = calls_new();
	char **many = calls_memory(t, 51 * sizeof(*many)),
	     **bad = calls_memory(t, 4 * sizeof(*bad));
	char **big = calls_memory(t, 4 * sizeof(*big));
	const struct rec_hdr *rec;
	pid_t pid;

	for (int i = 0; i < 50; i++) {
		many[i] = calls_memory(t, 8);
		(void)snprintf(many[i], 8, "arg%d", i);
	}
	bad[0] = many[0];
	bad[1] = (char *)calls_bad_page();
	bad[2] = many[1];
	big[0] = calls_memory(t, 6000);
	memset(big[0], 'b', 5999);
	big[1] = many[1];
	CALL(t, execve, P("/nowhere/x"), P(many), P(bad));
	CALL(t, execve, P("/nowhere/y"), P(big), 0);
	pid = live_run(l, calls_make, t);
	rec = rlog_next(&l->log, pid, EV_EXECVE, NULL);
	ck_assert_uint_eq(rlog_strings(rec, "argv"), REC_STRV_ITEMS);
	ck_assert_str_eq(rlog_string_at(rec, "argv", 37), "arg37");
	ck_assert_uint_eq(rlog_field(rec, "argv").var_flags, REC_VAR_TRUNC);
	ck_assert_uint_gt(rlog_field(rec, "argv").total, REC_STRV_ITEMS);
	ck_assert_uint_eq(rlog_strings(rec, "envp"), 1);
	ck_assert_uint_ne(rlog_field(rec, "envp").var_flags & REC_VAR_UNREAD, 0);
	rec = rlog_next(&l->log, pid, EV_EXECVE, rlog_next(&l->log, pid, EV_EXECVE, rec));
	ck_assert_str_eq(rlog_string(rec, "pathname"), "/nowhere/y");
	ck_assert_uint_ne(rlog_field(rec, "argv").var_flags & REC_VAR_TRUNC, 0);
	ck_assert_str_eq(rlog_string_at(rec, "argv", 1), "arg1");
	live_close(l);
}
END_TEST

/* --- Calls that return twice, or never -------------------------------------------------------- */

/* The memory is shared: only the parent writes the result. */
static void keep_pid(pid_t *ret_pid, long pid)
{
	if (pid == 0)
		_exit(0);
	*ret_pid = (pid_t)pid;
}

static void fork_in_every_way(void *arg)
{
	pid_t *pids = arg;
	struct clone_args args = { .exit_signal = SIGCHLD };

	keep_pid(&pids[0], syscall(SYS_fork));
	keep_pid(&pids[1], syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0));
	keep_pid(&pids[2], syscall(SYS_clone3, &args, sizeof(args)));
	keep_pid(&pids[3], vfork());
	while (wait(NULL) > 0)
		continue;
}

START_TEST(calls_that_return_twice_are_reported_once)
{
	static const char *const events[] = { "fork", "clone", "clone3", "vfork", NULL };
	static const unsigned int ids[] = { EV_FORK, EV_CLONE, EV_CLONE3, EV_VFORK };
	struct live *l = live_open(NULL, events, 0);
	pid_t *pids = (void *)live_shared, pid;

	l->keeps_all = true;
	pid = live_run(l, fork_in_every_way, pids);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++) {
		const struct rec_hdr *rec = rlog_only(&l->log, pid, ids[i]);

		ck_assert_int_eq(rec->ret, pids[i]);
		ck_assert_int_gt(rec->ret, 0);
		ck_assert_uint_eq(rlog_count(&l->log, (pid_t)rec->ret, ids[i]), 0);
	}
	live_close(l);
}
END_TEST

static void *end_thread(void *arg)
{
	(void)syscall(SYS_exit, 3);
	return arg;
}

static void end_in_every_way(void *arg)
{
	pthread_t thread;
	pid_t pid;

	(void)arg;
	must(pthread_create(&thread, NULL, end_thread, NULL) == 0);
	must(pthread_join(thread, NULL) == 0);
	pid = live_fork();
	if (pid == 0)
		(void)syscall(SYS_exit_group, 0x107);
	must(waitpid(pid, NULL, 0) == pid);
	pid = live_fork();
	if (pid == 0)
		(void)kill(getpid(), SIGKILL);
	must(waitpid(pid, NULL, 0) == pid);
	*(pid_t *)(void *)live_shared = pid;
	_exit(0);
}

START_TEST(calls_that_do_not_return_are_reported)
{
	static const char *const events[] = { "exit", "exit_group", "sched_process_exit", NULL };
	struct live *l = live_open(NULL, events, 0);
	pid_t pid = live_run(l, end_in_every_way, NULL), killed = *(pid_t *)(void *)live_shared;
	const struct rec_hdr *rec = rlog_only(&l->log, pid, EV_EXIT);
	uint32_t group_tid = 0;

	ck_assert_uint_ne(rec->tid, rec->tgid);
	ck_assert_uint_eq(rec->flags & REC_F_ENTER, REC_F_ENTER);
	ck_assert_int_eq(rlog_field(rec, "status").s, 3);
	for (rec = NULL; (rec = rlog_next(&l->log, 0, EV_EXIT_GROUP, rec));)
		if (rlog_field(rec, "status").s == 0x107)
			group_tid = rec->tid;
	ck_assert_uint_ne(group_tid, 0);
	ck_assert_int_eq(
		rlog_field(rlog_only(&l->log, (pid_t)group_tid, EV_SCHED_PROCESS_EXIT), "exit_code")
			.s,
		0x700);
	/* who was killed called neither */
	ck_assert_uint_eq(rlog_count(&l->log, killed, EV_EXIT_GROUP), 0);
	ck_assert_uint_eq(rlog_count(&l->log, killed, EV_EXIT), 0);
	ck_assert_int_eq(
		rlog_field(rlog_only(&l->log, killed, EV_SCHED_PROCESS_EXIT), "exit_code").s,
		SIGKILL);
	live_close(l);
}
END_TEST

static void on_signal(int sig)
{
	(void)sig;
}

static void raise_three(void *arg)
{
	(void)arg;
	must(signal(SIGUSR1, on_signal) != SIG_ERR);
	for (int i = 0; i < 3; i++)
		must(syscall(SYS_kill, getpid(), SIGUSR1) == 0);
}

START_TEST(return_from_a_signal_is_reported)
{
	static const char *const events[] = { "rt_sigreturn", "kill", NULL };
	struct live *l = live_open(NULL, events, 0);
	pid_t pid = live_run(l, raise_three, NULL);

	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_KILL), 3);
	ck_assert_uint_eq(rlog_count(&l->log, pid, EV_RT_SIGRETURN), 3);
	ck_assert_uint_eq(rlog_next(&l->log, pid, EV_RT_SIGRETURN, NULL)->flags & REC_F_ENTER,
			  REC_F_ENTER);
	live_close(l);
}
END_TEST

/* Strings on the stack: a page of the program that this process has not touched since fork() cannot
 * be read at the call's entry, and is then marked. */
static void exec_true(void *arg)
{
	char path[] = "/bin/true", zero[] = "true", one[] = "really";
	char *argv[] = { zero, one, NULL };

	(void)arg;
	(void)execv(path, argv);
}

START_TEST(an_execve_that_works_is_reported_at_its_entry)
{
	static const char *const events[] = { "execve", "sched_process_exec", NULL };
	struct live *l = live_open(NULL, events, 0);
	pid_t pid = live_run(l, exec_true, NULL);
	const struct rec_hdr *rec = rlog_only(&l->log, pid, EV_EXECVE);

	ck_assert_uint_eq(rec->flags & REC_F_ENTER, REC_F_ENTER);
	ck_assert_str_eq(rlog_string(rec, "pathname"), "/bin/true");
	ck_assert_uint_eq(rlog_strings(rec, "argv"), 2);
	ck_assert_ptr_nonnull(rlog_next(&l->log, pid, EV_SCHED_PROCESS_EXEC, rec));
	live_close(l);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/syscalls");
	TCase *tc = tcase_create("calls");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, each_argument_is_what_was_passed);
	tcase_add_test(tc, each_argument_is_what_was_passed_through_narrow_hooks);
	tcase_add_test(tc, unreadable_pointers_are_marked);
	tcase_add_test(tc, memory_that_is_not_resident_is_marked);
	tcase_add_test(tc, what_ends_at_the_end_of_a_page_is_whole);
	tcase_add_test(tc, long_strings_are_cut_and_marked);
	tcase_add_test(tc, arrays_of_strings_are_cut_and_marked);
	tcase_add_test(tc, calls_that_return_twice_are_reported_once);
	tcase_add_test(tc, calls_that_do_not_return_are_reported);
	tcase_add_test(tc, return_from_a_signal_is_reported);
	tcase_add_test(tc, an_execve_that_works_is_reported_at_its_entry);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };

	return live_main(argc, argv, make_suite, none);
}
