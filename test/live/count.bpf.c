// SPDX-License-Identifier: (GPL-2.0-only OR BSD-2-Clause)
/*
 * count: counts system calls by number at their exit, as a second opinion on what the lanes say:
 * with it a test knows what all processes of a busy machine produced. Native calls only.
 */
#include "bpf/kernel.h"

#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#include "bpf/compat.bpf.h"

#define NRS 512

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, NRS);
	__type(key, u32);
	__type(value, u64);
} counts SEC(".maps");

/* Processes that are not counted: the collector and its reader. */
const volatile __u32 not_these[2] = {};

/* Through perf and not tp_btf, because then nothing preempts it: a program that was preempted is
 * not run for others on its CPU, and they would not be counted. */
SEC("tp/raw_syscalls/sys_exit")
int count_exit(struct syscall_tp *ctx)
{
	u32 tgid = bpf_get_current_pid_tgid() >> 32, nr = ctx->nr;
	u64 *count;

	if (tgid == not_these[0] || tgid == not_these[1] ||
	    compat_is_32bit(bpf_get_current_task_btf()))
		return 0;
	count = bpf_map_lookup_elem(&counts, &nr);
	if (count)
		__sync_fetch_and_add(count, 1);
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
