/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/privileges.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <seccomp.h>
#include <sys/capability.h>

#include "common/cleanup.h"

#define CAP_BIT(cap) (1ULL << (cap))
#define CAPS_LISTED                                                                                \
	(CAP_BIT(CAP_BPF) | CAP_BIT(CAP_PERFMON) | CAP_BIT(CAP_SYS_PTRACE) |                       \
	 CAP_BIT(CAP_DAC_READ_SEARCH))
#define CAPS_WORD_BITS 64 /* the kernel has 41 capabilities; its interface ends at 64 */

const char *priv_caps_text(uint64_t caps, char *buf, size_t cap)
{
	size_t used = 0;

	(void)snprintf(buf, cap, "none"); /* a cut text is still one */
	for (int i = 0; i < CAPS_WORD_BITS && used < cap; i++) {
		char *name;

		if ((caps & CAP_BIT(i)) == 0)
			continue;
		name = cap_to_name(i);
		for (char *c = name; c && *c; c++)
			if (*c >= 'a' && *c <= 'z')
				*c = (char)(*c - 'a' + 'A');
		used += (size_t)snprintf(buf + used, cap - used, "%s%s", used > 0 ? ", " : "",
					 name ? name : "CAP_?");
		cap_free(name);
	}
	return buf;
}

static void free_caps(cap_t *caps)
{
	if (*caps)
		(void)cap_free(*caps); /* fails only for what is not a capability state */
}

/* One flag of the process's capability state as a set. */
static int read_caps(cap_flag_t flag, uint64_t *ret_caps)
{
	CLEANUP(free_caps) cap_t state = cap_get_proc();
	uint64_t caps = 0;

	if (!state)
		return -errno;
	for (int i = 0; i < cap_max_bits(); i++) {
		cap_flag_value_t value;

		if (cap_get_flag(state, i, flag, &value) < 0)
			return -errno;
		if (value == CAP_SET)
			caps |= CAP_BIT(i);
	}
	*ret_caps = caps;
	return 0;
}

static uint64_t read_bounding(void)
{
	uint64_t caps = 0;

	for (int i = 0; i < CAPS_WORD_BITS; i++)
		if (prctl(PR_CAPBSET_READ, i, 0, 0, 0) == 1)
			caps |= CAP_BIT(i);
	return caps;
}

int priv_caps_missing(uint64_t *ret_missing, struct err *err)
{
	uint64_t caps, missing;
	char text[256];
	int rc = read_caps(CAP_EFFECTIVE, &caps);

	if (rc < 0)
		return err_set(err, rc, "capabilities cannot be read (%s)", err_name(rc));
	missing = CAPS_LISTED & ~caps;
	if (missing == 0)
		return 0;
	if (ret_missing)
		*ret_missing = missing;
	return err_set(err, -EPERM, "warder-collector needs %s: run it as root or grant them",
		       priv_caps_text(missing, text, sizeof(text)));
}

static int cut_bounding(uint64_t keep, struct err *err)
{
	uint64_t surplus = read_bounding() & ~keep;

	for (int i = 0; i < CAPS_WORD_BITS; i++) {
		if ((surplus & CAP_BIT(i)) == 0)
			continue;
		if (prctl(PR_CAPBSET_DROP, i, 0, 0, 0) == 0)
			continue;
		if (errno == EPERM)
			return 0; /* no CAP_SETPCAP: see the header */
		return err_set(err, -errno, "capability %d cannot leave the bounding set (%s)", i,
			       err_name(errno));
	}
	return 0;
}

static int cut_sets(uint64_t keep, struct err *err)
{
	CLEANUP(free_caps) cap_t state = cap_init(); /* all sets empty */
	int rc = state ? 0 : -errno;

	for (int i = 0; rc == 0 && i < CAPS_WORD_BITS; i++) {
		cap_value_t cap = i;

		if ((keep & CAP_BIT(i)) == 0)
			continue;
		if (cap_set_flag(state, CAP_PERMITTED, 1, &cap, CAP_SET) < 0 ||
		    cap_set_flag(state, CAP_EFFECTIVE, 1, &cap, CAP_SET) < 0)
			rc = -errno;
	}
	/* The kernel takes from the ambient set whatever leaves the inheritable one. */
	if (rc == 0 && cap_set_proc(state) < 0)
		rc = -errno;
	if (rc < 0)
		return err_set(err, rc, "capabilities cannot be dropped (%s)", err_name(rc));
	return 0;
}

static int read_state(struct priv_state *state)
{
	uint64_t permitted, effective, inheritable;
	int rc;

	rc = read_caps(CAP_PERMITTED, &permitted);
	if (rc == 0)
		rc = read_caps(CAP_EFFECTIVE, &effective);
	if (rc == 0)
		rc = read_caps(CAP_INHERITABLE, &inheritable);
	if (rc < 0)
		return rc;
	state->caps = permitted | effective | inheritable;
	state->bounding = read_bounding();
	state->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	state->dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0;
	return 0;
}

int priv_drop(const struct priv_options *opt, struct priv_state *ret_state, struct err *err)
{
	struct priv_state state;
	uint64_t keep = CAPS_LISTED, have;
	int rc;

	if (opt->keep_sys_admin)
		keep |= CAP_BIT(CAP_SYS_ADMIN);
	if (opt->keep_sys_resource)
		keep |= CAP_BIT(CAP_SYS_RESOURCE);
	rc = read_caps(CAP_PERMITTED, &have);
	if (rc < 0)
		return err_set(err, rc, "capabilities cannot be read (%s)", err_name(rc));
	rc = cut_bounding(keep, err);
	if (rc == 0)
		rc = cut_sets(keep & have, err);
	if (rc < 0)
		return rc;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(err, -errno, "process cannot be confined (%s)", err_name(errno));
	rc = read_state(&state);
	if (rc < 0 || state.caps != (keep & have) || !state.no_new_privs || state.dumpable)
		return err_set(err, -EPERM, "privileges were not dropped, expected the kernel to");
	*ret_state = state;
	return 0;
}

/* What the loop, attaching, snapshots and hashing use; the groups say for what. */
/* clang-format off */
static const char *const allowed[] = {
	/* programs, maps, links */
	"bpf", "perf_event_open",
	/* the loop */
	"epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait", "epoll_pwait2", "poll", "ppoll",
	"signalfd4", "eventfd2", "timerfd_create", "timerfd_settime", "timerfd_gettime",
	/* the engine's connection; getsockopt: SO_PEERCRED, SO_PEERGROUPS */
	"accept4", "recvmsg", "sendmsg", "getsockopt", "shutdown",
	/* descriptors */
	"read", "readv", "pread64", "write", "writev", "close", "lseek", "fcntl",
	"dup3", /* libbpf: a map that two objects share */
	/* files that are read: /proc, /sys, cgroupfs, runtime directories, executables.
	 * access and its kin: libbpf asks where tracefs is mounted. */
	"fstat", "newfstatat", "statx", "statfs", "fstatfs", "readlink", "readlinkat", "getdents64",
	"access", "faccessat", "faccessat2", "fadvise64",
	/* the socket file, at the end */
	"unlink", "unlinkat",
	/* memory; mmap and mprotect have conditions */
	"munmap", "mremap", "madvise", "brk", "memfd_create", "ftruncate",
	/* time, signals, waiting */
	"clock_gettime", "clock_getres", "clock_nanosleep", "nanosleep", "restart_syscall", "futex",
	"membarrier",
	"rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait",
	"rt_sigsuspend", "sigaltstack", "sched_yield",
	/* questions; sysinfo: qsort() of glibc asks how much memory there is */
	"getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "uname", "sysinfo",
	"getrusage", "sched_getaffinity", "getcpu", "getrandom",
	/* the end */
	"exit", "exit_group",
};

static const char *const killed[] = {
	"execve", "execveat",
	"ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd",
	"init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot",
	"mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsconfig",
	"fsmount", "fspick", "mount_setattr",
	"setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setfsuid",
	"setfsgid", "setgroups",
};
/* clang-format on */

/*
 * Calls that are allowed only if (argument & mask) == value. prctl: thread names, and the questions
 * that priv_drop() and libcap ask.
 */
static const struct condition {
	const char *name;
	unsigned int arg;
	uint64_t mask, value;
} conditions[] = {
	{ "ioctl", 1, 0xff00, (uint64_t)'$' << 8 }, /* _IOC_TYPE of PERF_EVENT_IOC_* */
	{ "ioctl", 1, UINT32_MAX, TCGETS },         /* stdio: is this a terminal? */
	{ "openat", 2, O_ACCMODE | O_CREAT | O_TRUNC, O_RDONLY },
	{ "mmap", 2, PROT_EXEC, 0 },
	{ "mprotect", 2, PROT_EXEC, 0 },
	{ "prctl", 0, UINT32_MAX, PR_SET_NAME },
	{ "prctl", 0, UINT32_MAX, PR_GET_NAME },
	{ "prctl", 0, UINT32_MAX, PR_CAPBSET_READ },
	{ "prctl", 0, UINT32_MAX, PR_GET_NO_NEW_PRIVS },
	{ "prctl", 0, UINT32_MAX, PR_GET_DUMPABLE },
	{ "prctl", 0, UINT32_MAX, PR_GET_SECCOMP },
};

static int add_names(scmp_filter_ctx ctx, uint32_t action, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		int nr = seccomp_syscall_resolve_name(names[i]);
		int rc;

		if (nr == __NR_SCMP_ERROR)
			return -EINVAL;
		if (nr < 0)
			continue; /* this architecture does not have it (access on arm64) */
		rc = seccomp_rule_add(ctx, action, nr, 0);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int add_conditions(scmp_filter_ctx ctx)
{
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(conditions); i++) {
		const struct condition *c = &conditions[i];
		struct scmp_arg_cmp cmp = {
			.arg = c->arg,
			.op = SCMP_CMP_MASKED_EQ,
			.datum_a = c->mask,
			.datum_b = c->value,
		};

		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW,
					    seccomp_syscall_resolve_name(c->name), 1, &cmp);
		if (rc < 0)
			return rc;
	}
	/* abort() must end this process, and none of root's others. */
	return seccomp_rule_add(ctx, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
				SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
}

int priv_seccomp(struct err *err)
{
	scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int rc;

	if (!ctx)
		return err_set(err, -ENOMEM, "system call filter cannot be made: out of memory");
	rc = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_TSYNC, 1);
	/* A binary tree: the filter runs at each system call of the loop. */
	if (rc == 0)
		rc = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	if (rc == 0)
		rc = add_names(ctx, SCMP_ACT_ALLOW, allowed, ARRAY_LEN(allowed));
	if (rc == 0)
		rc = add_names(ctx, SCMP_ACT_KILL_PROCESS, killed, ARRAY_LEN(killed));
	if (rc == 0)
		rc = add_conditions(ctx);
	if (rc == 0)
		rc = seccomp_load(ctx);
	seccomp_release(ctx);
	if (rc < 0)
		return err_set(err, rc, "system call filter cannot be installed (%s)",
			       err_name(rc));
	return 0;
}
