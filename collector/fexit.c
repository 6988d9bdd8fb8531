/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/fexit.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "collector/syscall_tp.h"
#include "common/cleanup.h"

#if defined(__x86_64__)
#define NATIVE_PREFIX "__x64_sys_"
static const char *const compat_prefixes[] = { "__ia32_compat_sys_", "__ia32_sys_" };
#else
#define NATIVE_PREFIX "__arm64_sys_"
static const char *const compat_prefixes[] = { "__arm64_compat_sys_" };
#endif

static bool exists(const struct btf *btf, const char *name)
{
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC) > 0;
}

int fexit_functions(const struct btf *btf, const struct event_def *def, bool compat_possible,
		    char buf[FEXIT_FUNCTIONS_MAX][64])
{
	const char *name = syscall_kernel_name(def);
	int n = 0, n_native;

	if (def->nr_native >= 0) {
		(void)snprintf(buf[n], sizeof(buf[n]), NATIVE_PREFIX "%s", name);
		if (!exists(btf, buf[n]))
			return -ENOENT;
		n++;
	}
	n_native = n;
	for (size_t i = 0; def->nr_compat >= 0 && i < ARRAY_LEN(compat_prefixes); i++) {
		(void)snprintf(buf[n], sizeof(buf[n]), "%s%s", compat_prefixes[i], name);
		if (exists(btf, buf[n]))
			n++;
	}
	if (compat_possible && def->nr_compat >= 0 && n == n_native)
		return -ENOENT;
	return n;
}

int fexit_attach(const struct btf *btf, const char *name, int jump_fd, bool at_exit,
		 int *ret_stub_fd)
{
	const struct bpf_insn insns[] = {
		/* tail_call(ctx, jump, 0): r1 is the context already */
		{ .code = BPF_LD | BPF_DW | BPF_IMM,
		  .dst_reg = BPF_REG_2,
		  .src_reg = BPF_PSEUDO_MAP_FD,
		  .imm = jump_fd },
		{ 0 },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_3, .imm = 0 },
		{ .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_tail_call },
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = at_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY);
	int id = btf__find_by_name_kind(btf, name, BTF_KIND_FUNC), link;

	if (id < 0)
		return id;
	opts.attach_btf_id = (__u32)id;

	CLEANUP_FD int prog = bpf_prog_load(BPF_PROG_TYPE_TRACING, "sys_stub", "Dual BSD/GPL",
					    insns, ARRAY_LEN(insns), &opts);
	if (prog < 0)
		return -errno;
	link = bpf_raw_tracepoint_open(NULL, prog);
	if (link < 0)
		return -errno;
	*ret_stub_fd = TAKE_FD(prog);
	return link;
}
