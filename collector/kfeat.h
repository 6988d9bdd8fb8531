/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kfeat: what this kernel can do, asked once at start, by trying and not by version number. The
 * answers become constants of the BPF programs and decide which hooks are used.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "common/err.h"

enum kfeat {
	KFEAT_LOOP,          /* bpf_loop() */
	KFEAT_FIND_VMA,      /* bpf_find_vma() */
	KFEAT_PREEMPT_KFUNC, /* bpf_preempt_disable() */
	KFEAT_BPF_ALLOC,     /* the kernel has an allocator for BPF, of use in any context */
	KFEAT_FENTRY,        /* fentry/fexit programs load and attach */
	KFEAT_SYSCALL_TP,    /* tracepoints of single system calls (tracefs) */
	KFEAT_COMPAT_CALLS,  /* 32-bit system calls can be made here */
	KFEATS
};

struct kfeat_set {
	bool has[KFEATS];
	int code[KFEATS]; /* negative errno that told so, or 0 */
	int tracefs_fd;   /* of a tracefs mount, for KFEAT_SYSCALL_TP; -1: none. Owned. */
};

/* -EOPNOTSUPP (with a sentence) when the kernel cannot run the collector at all: no BTF, no BPF
 * ring buffer, no task storage, or bpf(2) refused. Needs the privileges of a collector. */
int kfeat_probe(struct kfeat_set *ret_set, struct err *err);
void kfeat_done(struct kfeat_set *set);

/* "bpf_loop", and what is worse without it: for logs and documents. */
const char *kfeat_name(enum kfeat feature);
const char *kfeat_without(enum kfeat feature);
