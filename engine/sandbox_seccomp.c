/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The list of system calls that the engine needs after its start, and nothing else. What is not on
 * it fails with EPERM, so that a library that tries something can go on without; executing a
 * program ends the process, for no library does that by mistake.
 */
#include "engine/sandbox_parts.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <unistd.h>

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include "common/cleanup.h"

#define NEW_NAMESPACES                                                                             \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |             \
	 CLONE_NEWPID | CLONE_NEWNET)

/* Calls of another architecture have negative numbers and are left out. */
/* clang-format off */
static const int allowed[] = {
	/* descriptors */
	SCMP_SYS(read), SCMP_SYS(readv), SCMP_SYS(pread64), SCMP_SYS(preadv), SCMP_SYS(preadv2),
	SCMP_SYS(write), SCMP_SYS(writev), SCMP_SYS(pwrite64), SCMP_SYS(pwritev),
	SCMP_SYS(pwritev2), SCMP_SYS(lseek), SCMP_SYS(close), SCMP_SYS(close_range),
	SCMP_SYS(dup), SCMP_SYS(dup2), SCMP_SYS(dup3), SCMP_SYS(pipe), SCMP_SYS(pipe2),
	/* files that are open; to open more is below */
	SCMP_SYS(stat), SCMP_SYS(fstat), SCMP_SYS(lstat), SCMP_SYS(newfstatat), SCMP_SYS(statx),
	SCMP_SYS(statfs), SCMP_SYS(fstatfs), SCMP_SYS(access), SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2), SCMP_SYS(readlink), SCMP_SYS(readlinkat), SCMP_SYS(getcwd),
	SCMP_SYS(umask), SCMP_SYS(flock), SCMP_SYS(ftruncate), SCMP_SYS(fallocate),
	SCMP_SYS(fsync), SCMP_SYS(fdatasync), SCMP_SYS(sync_file_range),
	/* memory; mmap and mprotect are below */
	SCMP_SYS(munmap), SCMP_SYS(mremap), SCMP_SYS(madvise), SCMP_SYS(brk),
	/* waiting. The ring was set up before; it can do nothing but poll (loop_uring.c) */
	SCMP_SYS(io_uring_enter), SCMP_SYS(epoll_create1), SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_wait), SCMP_SYS(epoll_pwait), SCMP_SYS(epoll_pwait2), SCMP_SYS(poll),
	SCMP_SYS(ppoll), SCMP_SYS(select), SCMP_SYS(pselect6), SCMP_SYS(eventfd2),
	SCMP_SYS(signalfd4), SCMP_SYS(timerfd_create), SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_gettime),
	/* threads and signals within this process; clone is below */
	SCMP_SYS(futex), SCMP_SYS(set_robust_list), SCMP_SYS(set_tid_address), SCMP_SYS(rseq),
	SCMP_SYS(sched_yield), SCMP_SYS(sched_getaffinity), SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask), SCMP_SYS(rt_sigreturn), SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(sigaltstack), SCMP_SYS(restart_syscall), SCMP_SYS(exit), SCMP_SYS(exit_group),
	/* who and when */
	SCMP_SYS(clock_gettime), SCMP_SYS(clock_getres), SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep), SCMP_SYS(gettimeofday), SCMP_SYS(time), SCMP_SYS(getrusage),
	SCMP_SYS(getrandom), SCMP_SYS(getpid), SCMP_SYS(gettid), SCMP_SYS(getppid),
	SCMP_SYS(getuid), SCMP_SYS(geteuid), SCMP_SYS(getgid), SCMP_SYS(getegid),
	SCMP_SYS(getcpu), SCMP_SYS(uname), SCMP_SYS(sysinfo), SCMP_SYS(getrlimit),
	/* sockets; socket and socketpair are below */
	SCMP_SYS(connect), SCMP_SYS(bind), SCMP_SYS(listen), SCMP_SYS(accept), SCMP_SYS(accept4),
	SCMP_SYS(getsockname), SCMP_SYS(getpeername), SCMP_SYS(getsockopt), SCMP_SYS(setsockopt),
	SCMP_SYS(sendto), SCMP_SYS(sendmsg), SCMP_SYS(sendmmsg), SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg), SCMP_SYS(recvmmsg), SCMP_SYS(shutdown),
};

/* With something to read or write; which files is Landlock's to say. */
static const int read_calls[] = {
	SCMP_SYS(getdents64), SCMP_SYS(inotify_init1), SCMP_SYS(inotify_add_watch),
	SCMP_SYS(inotify_rm_watch),
};

static const int write_calls[] = {
	SCMP_SYS(open), SCMP_SYS(openat), SCMP_SYS(openat2), SCMP_SYS(rename),
	SCMP_SYS(renameat), SCMP_SYS(renameat2), SCMP_SYS(unlink), SCMP_SYS(unlinkat),
	SCMP_SYS(mkdir), SCMP_SYS(mkdirat), SCMP_SYS(rmdir),
};

/* An open(2) with one of these makes or changes a file. */
#define OPEN_TO_WRITE (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const int fork_calls[] = {
	SCMP_SYS(fork), SCMP_SYS(vfork), SCMP_SYS(wait4), SCMP_SYS(waitid), SCMP_SYS(kill),
};

/* Allowed when one argument, seen through the mask, has that value. */
static const struct {
	int call;
	unsigned int arg;
	uint64_t mask, value;
} allowed_if[] = {
	/* Memory that was written is never executed. */
	{ SCMP_SYS(mmap), 2, PROT_EXEC, 0 },
	{ SCMP_SYS(mprotect), 2, PROT_EXEC, 0 },
	/* A thread of ours, not a process. */
	{ SCMP_SYS(clone), 0, CLONE_THREAD | NEW_NAMESPACES, CLONE_THREAD },
	{ SCMP_SYS(socket), 0, UINT32_MAX, AF_UNIX },
	{ SCMP_SYS(socket), 0, UINT32_MAX, AF_INET },
	{ SCMP_SYS(socket), 0, UINT32_MAX, AF_INET6 },
	{ SCMP_SYS(socketpair), 0, UINT32_MAX, AF_UNIX },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, FIONREAD },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, FIONBIO },
	{ SCMP_SYS(ioctl), 1, UINT32_MAX, TCGETS }, /* isatty() */
	/* Not F_SETOWN: it sends signals. */
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_DUPFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_DUPFD_CLOEXEC },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFD },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETFL },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETFL },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETLK },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_OFD_SETLK },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GETPIPE_SZ },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_SETPIPE_SZ },
	{ SCMP_SYS(fcntl), 1, UINT32_MAX, F_GET_SEALS },
	{ SCMP_SYS(prctl), 0, UINT32_MAX, PR_SET_NAME },
	/* Limits are read, not set. */
	{ SCMP_SYS(prlimit64), 2, UINT64_MAX, 0 },
};
/* clang-format on */

static int allow_list(scmp_filter_ctx ctx, const int *calls, size_t n_calls)
{
	int r = 0;

	for (size_t i = 0; i < n_calls && r == 0; i++) {
		if (calls[i] >= 0)
			r = seccomp_rule_add(ctx, SCMP_ACT_ALLOW, calls[i], 0);
	}
	return r;
}

static int allow_if(scmp_filter_ctx ctx, int call, unsigned int arg, uint64_t mask, uint64_t value)
{
	const struct scmp_arg_cmp cmp = SCMP_CMP64(arg, SCMP_CMP_MASKED_EQ, mask, value);

	return seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, call, 1, &cmp);
}

static int add_conditions(scmp_filter_ctx ctx)
{
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(allowed_if) && r == 0; i++)
		r = allow_if(ctx, allowed_if[i].call, allowed_if[i].arg, allowed_if[i].mask,
			     allowed_if[i].value);
	if (r == 0) /* raise() and abort() */
		r = allow_if(ctx, SCMP_SYS(tgkill), 0, UINT32_MAX, (uint64_t)getpid());
	return r;
}

/* What openat2() is asked for is in memory, out of a filter's sight: not to be had for reading. */
static int add_files(scmp_filter_ctx ctx, const struct sandbox_options *opt)
{
	bool may_write = opt->writable && *opt->writable;
	int r;

	if (!may_write && !(opt->readable && *opt->readable))
		return 0;
	r = allow_list(ctx, read_calls, ARRAY_LEN(read_calls));
	if (r == 0 && may_write)
		return allow_list(ctx, write_calls, ARRAY_LEN(write_calls));
	if (r == 0 && SCMP_SYS(open) >= 0)
		r = allow_if(ctx, SCMP_SYS(open), 1, OPEN_TO_WRITE, O_RDONLY);
	return r < 0 ? r : allow_if(ctx, SCMP_SYS(openat), 2, OPEN_TO_WRITE, O_RDONLY);
}

static int add_fork(scmp_filter_ctx ctx)
{
	int r = allow_list(ctx, fork_calls, ARRAY_LEN(fork_calls));

	return r < 0 ? r : allow_if(ctx, SCMP_SYS(clone), 0, NEW_NAMESPACES, 0);
}

static int add_refusals(scmp_filter_ctx ctx)
{
	int r;

	r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(execve), 0);
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_KILL_PROCESS, SCMP_SYS(execveat), 0);
	/* Its flags are in memory, out of a filter's sight: the C library falls back to clone. */
	if (r == 0)
		r = seccomp_rule_add(ctx, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	return r;
}

static int build(scmp_filter_ctx ctx, const struct sandbox_options *opt)
{
	int r;

	r = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	if (r == 0)
		r = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a chain */
	if (r == 0)
		r = allow_list(ctx, allowed, ARRAY_LEN(allowed));
	if (r == 0)
		r = add_conditions(ctx);
	if (r == 0)
		r = add_refusals(ctx);
	if (r == 0)
		r = add_files(ctx, opt);
	if (r == 0 && opt->allow_fork)
		r = add_fork(ctx);
	return r;
}

static void release(scmp_filter_ctx *ctx)
{
	if (*ctx)
		seccomp_release(*ctx);
}

int sandbox_seccomp_enter(const struct sandbox_options *opt, struct err *err)
{
	CLEANUP(release) scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = ctx ? build(ctx, opt) : -ENOMEM;

	if (r < 0)
		return err_set(err, r, "sandbox: seccomp filter cannot be built (%s)", err_name(r));
	r = seccomp_load(ctx);
	if (r < 0)
		return err_set(err, r, "sandbox: seccomp filter cannot be loaded (%s)",
			       err_name(r));
	return 0;
}
