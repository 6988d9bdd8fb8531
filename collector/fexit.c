/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/fexit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>

#include "collector/syscall_tp.h"
#include "common/cleanup.h"

/* The functions through which a call can be made. A call without arguments needs none that takes
 * them out of the registers: on x86 all its entries are other names of `shared`, and as such mostly
 * not among the kernel's types. */
struct entry {
	const char *shared, *prefix;
};

#if defined(__x86_64__)
static const struct entry native = { "__do_sys_", "__x64_sys_" };
static const struct entry compat[] = { { "__do_compat_sys_", "__ia32_compat_sys_" },
				       { "__do_sys_", "__ia32_sys_" } };
#else
static const struct entry native = { NULL, "__arm64_sys_" };
static const struct entry compat[] = { { NULL, "__arm64_compat_sys_" } };
#endif

/* Has the function the registers as its only argument? Of a call with arguments `shared` has these
 * instead. */
static bool takes_regs(const struct btf *btf, int id)
{
	const struct btf_type *t = btf__type_by_id(btf, fexit_type(btf, id));

	if (btf_vlen(t) != 1)
		return false;
	t = btf__type_by_id(btf, btf_params(t)[0].type);
	if (!btf_is_ptr(t))
		return false;
	do
		t = btf__type_by_id(btf, t->type);
	while (btf_is_mod(t));
	return btf_is_struct(t) && strcmp(btf__name_by_offset(btf, t->name_off), "pt_regs") == 0;
}

static int find_function(const struct btf *btf, const char *prefix, const char *call)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%s%s", prefix, call); /* cut, it is no function's */
	return btf__find_by_name_kind(btf, name, BTF_KIND_FUNC);
}

/* Adds the entry's function to the *n of `ids`, unless it is there. False: the kernel has none. */
static bool add_function(const struct btf *btf, const struct entry *entry, const char *call,
			 int *ids, int *n)
{
	int id = entry->shared ? find_function(btf, entry->shared, call) : -ENOENT;

	if (id < 0 || !takes_regs(btf, id))
		id = find_function(btf, entry->prefix, call);
	if (id < 0)
		return false;
	for (int i = 0; i < *n; i++)
		if (ids[i] == id)
			return true;
	ids[(*n)++] = id;
	return true;
}

int fexit_functions(const struct btf *btf, const struct event_def *def, bool compat_possible,
		    int ret_ids[FEXIT_FUNCTIONS_MAX])
{
	const char *call = syscall_kernel_name(def);
	bool has_compat = false;
	int n = 0;

	if (def->nr_native >= 0 && !add_function(btf, &native, call, ret_ids, &n))
		return -ENOENT;
	for (size_t i = 0; def->nr_compat >= 0 && i < ARRAY_LEN(compat); i++)
		has_compat |= add_function(btf, &compat[i], call, ret_ids, &n);
	if (compat_possible && def->nr_compat >= 0 && !has_compat)
		return -ENOENT;
	return n;
}

const char *fexit_name(const struct btf *btf, int id)
{
	return btf__name_by_offset(btf, btf__type_by_id(btf, (__u32)id)->name_off);
}

__u32 fexit_type(const struct btf *btf, int id)
{
	return btf__type_by_id(btf, (__u32)id)->type;
}

int fexit_attach(int id, int jump_fd, bool at_exit, int *ret_stub_fd)
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
		    .expected_attach_type = at_exit ? BPF_TRACE_FEXIT : BPF_TRACE_FENTRY,
		    .attach_btf_id = (__u32)id);
	int link;

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
