/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/kfeat.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "common/cleanup.h"

static int probe_helper(enum bpf_func_id id)
{
	int rc = libbpf_probe_bpf_helper(BPF_PROG_TYPE_RAW_TRACEPOINT, id, NULL);

	return rc == 1 ? 0 : rc < 0 ? rc : -ENOSYS;
}

static int probe_loop(struct kfeat_set *set, const struct btf *btf)
{
	(void)set;
	(void)btf;
	return probe_helper(BPF_FUNC_loop);
}

static int probe_find_vma(struct kfeat_set *set, const struct btf *btf)
{
	(void)set;
	(void)btf;
	return probe_helper(BPF_FUNC_find_vma);
}

static int probe_preempt_kfunc(struct kfeat_set *set, const struct btf *btf)
{
	int id = btf__find_by_name_kind(btf, "bpf_preempt_disable", BTF_KIND_FUNC);

	(void)set;
	return id < 0 ? id : 0;
}

/* That allocator cannot be asked for; it came in 6.1, with user ring buffers. */
static int probe_bpf_alloc(struct kfeat_set *set, const struct btf *btf)
{
	int rc = libbpf_probe_bpf_map_type(BPF_MAP_TYPE_USER_RINGBUF, NULL);

	(void)set;
	(void)btf;
	return rc == 1 ? 0 : rc < 0 ? rc : -EINVAL;
}

/* Loading tells enough in most places, but some kernels refuse only the attachment. */
static int probe_fentry(struct kfeat_set *set, const struct btf *btf)
{
	const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts, .expected_attach_type = BPF_TRACE_FEXIT);
	int id = btf__find_by_name_kind(btf, "bpf_fentry_test1", BTF_KIND_FUNC);

	(void)set;
	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;

	CLEANUP_FD int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "probe_fexit", "Dual BSD/GPL",
					    insns, ARRAY_LEN(insns), &opts);
	if (prog < 0)
		return -errno;

	CLEANUP_FD int link = bpf_raw_tracepoint_open(NULL, prog);
	return link < 0 ? -errno : 0;
}

/* A mount of our own that nobody else sees: /sys/kernel/tracing may not be mounted, least of all in
 * a container. Falls back to one that is there, where CAP_SYS_ADMIN is not. */
static int open_tracefs(void)
{
	CLEANUP_FD int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	int mnt = -1;

	if (fs >= 0 && syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) == 0)
		mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	if (mnt >= 0)
		return mnt;
	return open("/sys/kernel/tracing", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static int probe_syscall_tp(struct kfeat_set *set, const struct btf *btf)
{
	(void)btf;
	set->tracefs_fd = open_tracefs();
	if (set->tracefs_fd < 0)
		return -errno;
	if (faccessat(set->tracefs_fd, "events/syscalls/sys_exit_openat/id", R_OK, 0) != 0)
		return -errno;
	return 0;
}

/* In a child: a kernel without 32-bit support answers with a signal. */
static int probe_compat_calls(struct kfeat_set *set, const struct btf *btf)
{
	(void)set;
	(void)btf;
#if defined(__x86_64__)
	int status = 0;
	pid_t pid = fork();

	if (pid < 0)
		return 0; /* not known: then they are possible */
	if (pid == 0) {
		long ret = 20; /* getpid in the i386 table */

		(void)signal(SIGSEGV, SIG_DFL);
		__asm__ volatile("int $0x80" : "+a"(ret) : : "memory", "r8", "r9", "r10", "r11");
		_exit(ret == -ENOSYS ? 1 : 0);
	}
	if (waitpid(pid, &status, 0) != pid)
		return 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -ENOSYS;
#else
	return 0; /* whether this CPU has AArch32 is not for us to try: assume it */
#endif
}

static const struct {
	const char *name;
	const char *without;
	int (*probe)(struct kfeat_set *set, const struct btf *btf);
} kfeats[KFEATS] = {
	[KFEAT_LOOP] = { "bpf_loop", "paths deeper than 40 directories are cut", probe_loop },
	[KFEAT_FIND_VMA] = { "bpf_find_vma", "the path of a program's interpreter is not known",
			     probe_find_vma },
	[KFEAT_PREEMPT_KFUNC] = { "bpf_preempt_disable",
				  "a writer that is preempted may hold up its lane",
				  probe_preempt_kfunc },
	[KFEAT_BPF_ALLOC] = { "BPF memory allocator", "filters take 20 MiB, used or not",
			      probe_bpf_alloc },
	[KFEAT_FENTRY] = { "fentry", "system calls cost more when few are selected", probe_fentry },
	[KFEAT_SYSCALL_TP] = { "system call tracepoints",
			       "every system call costs more, also those not selected",
			       probe_syscall_tp },
	[KFEAT_COMPAT_CALLS] = { "32-bit system calls", "", probe_compat_calls },
};

const char *kfeat_name(enum kfeat feature)
{
	return kfeats[feature].name;
}

const char *kfeat_without(enum kfeat feature)
{
	return kfeats[feature].without;
}

/* What nothing works without. */
static int check_baseline(struct err *err)
{
	static const struct {
		enum bpf_map_type type;
		const char *name;
	} maps[] = {
		{ BPF_MAP_TYPE_RINGBUF, "BPF ring buffers" },
		{ BPF_MAP_TYPE_TASK_STORAGE, "BPF task storage" },
	};

	for (size_t i = 0; i < ARRAY_LEN(maps); i++) {
		int rc = libbpf_probe_bpf_map_type(maps[i].type, NULL);

		if (rc == 0)
			return err_set(err, -EOPNOTSUPP,
				       "this kernel has no %s: Warder needs Linux 5.15 or newer",
				       maps[i].name);
	}
	if (probe_helper(BPF_FUNC_task_pt_regs) != 0)
		return err_set(err, -EOPNOTSUPP,
			       "this kernel's BPF is too old: Warder needs Linux 5.15 or newer");
	return 0;
}

int kfeat_probe(struct kfeat_set *ret_set, struct err *err)
{
	struct btf *btf;
	int rc;

	memset(ret_set, 0, sizeof(*ret_set));
	ret_set->tracefs_fd = -1;
	btf = btf__load_vmlinux_btf();
	if (!btf)
		return err_set(err, -EOPNOTSUPP,
			       "this kernel has no type information (/sys/kernel/btf/vmlinux): it "
			       "needs CONFIG_DEBUG_INFO_BTF");
	rc = check_baseline(err);
	for (int i = 0; rc == 0 && i < KFEATS; i++) {
		ret_set->code[i] = kfeats[i].probe(ret_set, btf);
		ret_set->has[i] = ret_set->code[i] == 0;
	}
	btf__free(btf);
	return rc;
}

void kfeat_done(struct kfeat_set *set)
{
	if (set->tracefs_fd >= 0)
		(void)close(set->tracefs_fd);
	set->tracefs_fd = -1;
}
