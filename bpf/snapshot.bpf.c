// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * snapshot: the tasks that were there before us, and who the two of us are. Run by the collector,
 * never attached.
 */
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/task.bpf.h"

/* One record at a time: the snapshot has one reader. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, 2 * LANE_RECORD_MAX);
} snapshot_buf SEC(".maps");

/*
 * Every task as the kernel lists it, as the records that the lanes carry. An iterator and not
 * /proc: the same code fills them, and nothing depends on how /proc is mounted. What it says is
 * remembered, so a task that is listed here does not introduce itself again. Misses: tasks that end
 * or begin while it runs; these have their own records.
 */
SEC("iter/task")
int snapshot_task(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct scratch_page *page;
	struct task_seen *seen, now;
	const struct plan_state *plan = plan_get();
	u32 zero = 0, len;
	struct rec_task *rec = bpf_map_lookup_elem(&snapshot_buf, &zero);
	struct path_at path;
	struct file *exe;

	if (!task || !rec || !plan)
		return 0;
	compat_preempt_disable();
	seen = bpf_task_storage_get(&tasks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	(void)task_changed(seen, &now, task, plan->generation);
	rec->hdr.ts_ns = bpf_ktime_get_boot_ns();
	rec->hdr.commit = 0;
	task_fill(rec, task, &now);
	page = scratch_get();
	exe = BPF_CORE_READ(task, mm, exe_file);
	path_of(&path, page, 0, exe ? __builtin_preserve_access_index(&exe->f_path) : NULL);
	if (!exe)
		path.flags = REC_VAR_NULL;
	field_put_path(&rec->hdr, 0, page, 0, &path);
	if (page)
		scratch_put(page);
	if (seen)
		*seen = now;
	compat_preempt_enable();
	len = *(volatile u16 *)&rec->hdr.len;
	if (len <= LANE_RECORD_MAX)
		bpf_seq_write(ctx->meta->seq, rec, len);
	return 0;
}

/* The caller's process id in the initial pid namespace, where getpid() may say something else. */
SEC("raw_tp")
int whoami(void *ctx)
{
	return bpf_get_current_pid_tgid() >> 32;
}

/* The process id, in the initial pid namespace, of who connected the unix socket that is descriptor
 * number ctx->args[0] of the caller: what SO_PEERCRED cannot say across pid namespaces. */
SEC("raw_tp")
int who_connected(u64 *ctx)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct file **fds = BPF_CORE_READ(task, files, fdt, fd), *file = NULL;
	u32 fd = (u32)ctx[0], max = BPF_CORE_READ(task, files, fdt, max_fds);
	struct socket *sock;
	struct pid *pid;

	if (fd >= max)
		return 0;
	bpf_probe_read_kernel(&file, sizeof(file), fds + fd);
	sock = BPF_CORE_READ(file, private_data);
	pid = BPF_CORE_READ(sock, sk, sk_peer_pid);
	return BPF_CORE_READ(pid, numbers[0].nr);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
