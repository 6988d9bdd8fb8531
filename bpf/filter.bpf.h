/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: drops what no policy wants, before anything is reserved and before the task introduces
 * itself. What is asked and what it means: common/filter.h. Only events with PLAN_FILTERED come
 * here.
 *
 * Everything works in a page per CPU, because the stack is small and because the verifier forgets
 * what it knows of what is stored there: each path through these functions then ends in the same
 * state and is checked once.
 */
#pragma once

#include <bpf/bpf_core_read.h>

#include "bpf/compat.bpf.h"
#include "bpf/maps.bpf.h"
#include "bpf/task.bpf.h"

/* How filter_drops() looks at it: flags of the record (REC_F_COMPAT, REC_F_ENTER), and this: a
 * system call, whose arguments are in the registers. */
#define FILTER_AT_CALL 0x10000U

#define FILTER_ALL (~0ULL)

/* What the verifier knows of a stored value, it forgets when the value comes from here. */
#define FORGET(member) (*(volatile typeof(member) *)&(member))

/* Asks for page->key. The dimension is a constant. */
static __noinline u64 filter_ask(struct filter_page *page, const struct filter_event *ev, u32 dim,
				 u64 value)
{
	const struct filter_value *v;

	if (dim >= FILTER_DIMS)
		return FILTER_ALL;
	page->key.dim = dim;
	page->key.value = value;
	v = bpf_map_lookup_elem(&filters, &page->key);
	return filter_pass(ev->open[dim], v ? v->allow : 0, v ? v->deny : 0);
}

/* The answer is for the groups that are left. */
static __always_inline void filter_answer(struct filter_page *page, u64 pass)
{
	FORGET(page->groups) &= pass;
}

static __always_inline bool filter_asks(const struct filter_event *ev, u32 dim)
{
	return ev->dims >> dim & 1;
}

/* --- texts ----------------------------------------------------------------------------------- */

/* Eight bytes a turn, so that the verifier has fewer turns to look at; up to seven more than there
 * are asked for are hashed for nothing. */
static __noinline int filter_hash(struct filter_page *page)
{
	u32 n = FORGET(page->hash_len);
	u64 hash = FILTER_HASH_INIT;

	page->hash[0] = hash;
	for (u32 i = 0; i < FILTER_TEXT_MAX; i += 8) {
		if (i >= n)
			break;
#pragma clang loop unroll(full)
		for (u32 k = 0; k < 8; k++) {
			hash = filter_hash_byte(hash, page->text[i + k]);
			page->hash[i + k + 1] = hash;
		}
	}
	return 0;
}

static __noinline int filter_hash_back(struct filter_page *page)
{
	u32 n = FORGET(page->hash_len), end = FORGET(page->len) - 1;
	u64 hash = FILTER_HASH_INIT;

	for (u32 i = 0; i < FILTER_TEXT_MAX; i += 8) {
		if (i >= n)
			break;
#pragma clang loop unroll(full)
		for (u32 k = 0; k < 8; k++) {
			hash = filter_hash_byte(hash,
						page->text[(end - i - k) & (FILTER_TEXT_MAX - 1)]);
			page->hash_back[i + k + 1] = hash;
		}
	}
	return 0;
}

/* Asks for a part of the text that is hashed. */
static __noinline u64 filter_ask_part(struct filter_page *page, const struct filter_text *t,
				      u32 dim, u32 part, u32 len)
{
	const struct filter_value *v;
	u32 at = len & (2 * FILTER_TEXT_MAX - 1);
	u64 hash = part == FILTER_SUFFIX ? page->hash_back[at] : page->hash[at];

	if (!(t->seen >> filter_hash_bit(hash) & 1))
		return 0;
	page->key.dim = dim;
	page->key.part = part;
	page->key.len = part == FILTER_WHOLE ? 0 : len;
	page->key.value = hash;
	v = bpf_map_lookup_elem(&filters, &page->key);
	page->key.part = 0;
	page->key.len = 0;
	return v ? v->allow : 0;
}

/* Hashes as much of the text as is asked for. */
static __always_inline void filter_hash_text(struct filter_page *page, const struct filter_text *t)
{
	u32 len = FORGET(page->len), longest;

	longest = t->n_prefix ? t->prefix_len[(t->n_prefix - 1) & (FILTER_LENS - 1)] : 0;
	FORGET(page->hash_len) = t->has_whole || longest > len ? len : longest;
	filter_hash(page);
	if (!t->n_suffix)
		return;
	longest = t->suffix_len[(t->n_suffix - 1) & (FILTER_LENS - 1)];
	FORGET(page->hash_len) = longest > len ? len : longest;
	filter_hash_back(page);
}

/* The text is in the page. */
static __noinline u64 filter_ask_text(struct filter_page *page, const struct filter_text *t,
				      u32 dim)
{
	u64 pass = 0;
	u32 len;

	filter_hash_text(page, t);
	len = FORGET(page->len);
	if (t->has_whole)
		pass |= filter_ask_part(page, t, dim, FILTER_WHOLE, len);
		/* Unrolled: kernels before 6.2 take a loop that ends in a helper call for endless.
		 */
#pragma clang loop unroll(full)
	for (u32 i = 0; i < FILTER_LENS; i++)
		if (i < t->n_prefix && t->prefix_len[i] <= len)
			pass |= filter_ask_part(page, t, dim, FILTER_PREFIX, t->prefix_len[i]);
#pragma clang loop unroll(full)
	for (u32 i = 0; i < FILTER_LENS; i++)
		if (i < t->n_suffix && t->suffix_len[i] <= len)
			pass |= filter_ask_part(page, t, dim, FILTER_SUFFIX, t->suffix_len[i]);
	return pass;
}

/* Reads the text of user space at `from`. False: it cannot be looked at. */
static __always_inline bool filter_read_text(struct filter_page *page, u64 from)
{
	long n;

	if (!from)
		return false;
	n = bpf_probe_read_user_str(page->text, FILTER_TEXT_MAX + 1, (void *)from);
	n = compat_str_len(page->text, n);
	if (n <= 0 || n > FILTER_TEXT_MAX)
		return false;
	FORGET(page->len) = (u32)n - 1;
	return true;
}

static __always_inline void filter_texts(struct filter_page *page, const struct filter_event *ev)
{
#pragma clang loop unroll(full)
	for (u32 i = 0; i < FILTER_FIELDS; i++)
		if (filter_asks(ev, FILTER_TEXT0 + i) &&
		    filter_read_text(page, page->args[ev->text[i].field & 7]))
			filter_answer(page, ev->open[FILTER_TEXT0 + i] |
						    filter_ask_text(page, &ev->text[i],
								    FILTER_TEXT0 + i));
}

/* --- numbers --------------------------------------------------------------------------------- */

static __always_inline void filter_load_args(struct filter_page *page, struct task_struct *task)
{
	const struct pt_regs *regs = (void *)bpf_task_pt_regs(task);
	bool is_32bit = FORGET(page->how) & REC_F_COMPAT;

#pragma clang loop unroll(full)
	for (u32 i = 0; i < REC_ARGS_MAX; i++)
		page->args[i] = compat_syscall_arg(regs, is_32bit, i);
}

static __always_inline void filter_ints(struct filter_page *page, const struct filter_event *ev)
{
#pragma clang loop unroll(full)
	for (u32 i = 0; i < FILTER_FIELDS; i++)
		if (filter_asks(ev, FILTER_INT0 + i))
			filter_answer(page,
				      filter_ask(page, ev, FILTER_INT0 + i,
						 filter_number(ev->int_kind[i],
							       page->args[ev->int_field[i] & 7])));
}

static __always_inline void filter_ret(struct filter_page *page, const struct filter_event *ev,
				       s64 ret)
{
	if (filter_asks(ev, FILTER_RETVAL))
		filter_answer(page, filter_ask(page, ev, FILTER_RETVAL, ret));
	if (filter_asks(ev, FILTER_RETVAL_SIGN))
		filter_answer(page, filter_ask(page, ev, FILTER_RETVAL_SIGN,
					       ret < 0 ? (u64)-1 : ret > 0));
}

/* --- the task -------------------------------------------------------------------------------- */

static __always_inline void filter_ids(struct filter_page *page, const struct filter_event *ev,
				       struct task_struct *task)
{
	u64 id = bpf_get_current_pid_tgid();

	if (filter_asks(ev, FILTER_UID))
		filter_answer(page, filter_ask(page, ev, FILTER_UID, task->cred->uid.val));
	if (filter_asks(ev, FILTER_TGID))
		filter_answer(page, filter_ask(page, ev, FILTER_TGID, id >> 32));
	if (filter_asks(ev, FILTER_TASK))
		filter_answer(page, filter_ask(page, ev, FILTER_TASK, id >> 32) |
					    filter_ask(page, ev, FILTER_TASK, (u32)id));
}

static __always_inline void filter_name(struct filter_page *page, const struct filter_event *ev,
					u32 dim, const u64 *name)
{
	u64 words[2] = { name[0], name[1] };

	filter_cut_name(words);
	page->key.value2 = words[1];
	filter_answer(page, filter_ask(page, ev, dim, words[0]));
	page->key.value2 = 0;
}

static __always_inline void filter_names(struct filter_page *page, const struct filter_event *ev,
					 struct task_struct *task)
{
	if (filter_asks(ev, FILTER_COMM))
		filter_name(page, ev, FILTER_COMM, (const u64 *)&task->comm);
	if (filter_asks(ev, FILTER_UTS) && task->nsproxy)
		filter_name(page, ev, FILTER_UTS,
			    (const u64 *)&task->nsproxy->uts_ns->name.nodename);
}

/* A cgroup that is not known passes. */
static __always_inline void filter_cgroup(struct filter_page *page, const struct filter_event *ev,
					  struct task_struct *task)
{
	u64 id;
	u32 *kind;

	if (!filter_asks(ev, FILTER_CONTAINER))
		return;
	id = task_cgroup_id(task->cgroups);
	kind = bpf_map_lookup_elem(&cgroup_kinds, &id);
	if (kind)
		filter_answer(page, filter_ask(page, ev, FILTER_CONTAINER, *kind));
}

/* A dying task has lost them: 0, which no namespace is. */
static __always_inline void
filter_namespaces(struct filter_page *page, const struct filter_event *ev, struct task_struct *task)
{
	struct pid_namespace *pid_ns;
	u32 inode;

	if (filter_asks(ev, FILTER_MNTNS)) {
		inode = BPF_CORE_READ(task, nsproxy, mnt_ns, ns.inum);
		if (inode)
			filter_answer(page, filter_ask(page, ev, FILTER_MNTNS, inode));
	}
	if (filter_asks(ev, FILTER_PIDNS)) {
		pid_ns = task_pid_ns(BPF_CORE_READ(task, thread_pid));
		inode = BPF_CORE_READ(pid_ns, ns.inum);
		if (inode)
			filter_answer(page, filter_ask(page, ev, FILTER_PIDNS, inode));
	}
}

#define FILTER_DIMS_TASK                                                                           \
	(1U << FILTER_UID | 1U << FILTER_TGID | 1U << FILTER_TASK | 1U << FILTER_MNTNS |           \
	 1U << FILTER_PIDNS | 1U << FILTER_COMM | 1U << FILTER_UTS | 1U << FILTER_CONTAINER)

static __noinline int filter_task(struct filter_page *page, const struct filter_event *ev,
				  struct task_struct *trusted)
{
	struct task_struct *task = compat_plain_task(trusted);

	filter_ids(page, ev, task);
	if (FORGET(page->groups))
		filter_names(page, ev, task);
	if (FORGET(page->groups))
		filter_cgroup(page, ev, task);
	if (FORGET(page->groups))
		filter_namespaces(page, ev, task);
	return 0;
}

/* --- all of it ------------------------------------------------------------------------------- */

#define FILTER_DIMS_ARGS                                                                           \
	(1U << FILTER_INT0 | 1U << FILTER_INT1 | 1U << FILTER_TEXT0 | 1U << FILTER_TEXT1)

/* Cheap questions first. */
static __always_inline void filter_all(struct filter_page *page, const struct filter_event *ev,
				       struct task_struct *task, s64 ret)
{
	u32 how = FORGET(page->how);

	if (how & FILTER_AT_CALL && ev->dims & FILTER_DIMS_ARGS) {
		filter_load_args(page, task);
		filter_ints(page, ev);
	}
	if (FORGET(page->groups) && !(how & REC_F_ENTER))
		filter_ret(page, ev, ret);
	if (FORGET(page->groups) && ev->dims & FILTER_DIMS_TASK)
		filter_task(page, ev, task);
	if (FORGET(page->groups) && FORGET(page->how) & FILTER_AT_CALL)
		filter_texts(page, ev);
}

/*
 * True: no policy wants it. Call with preemption off; `task` is the current one.
 *
 * The collector deletes the entries of a generation only after it has put the next one in force. So
 * what was asked in vain is believed only if the generation is still the same afterwards. FENCE:
 * the exchange keeps the second look at it behind the lookups, and pairs with the order of the two
 * steps in collector/filters.c.
 */
static __noinline __attribute__((unused)) bool
filter_drops(struct task_struct *task, const struct plan_state *plan, u32 slot, s64 ret, u32 how)
{
	u32 generation = FORGET(plan->filter_generation), zero = 0;
	u32 at = (generation & 1) * LANE_SLOTS + (slot & (LANE_SLOTS - 1));
	const struct filter_event *ev = bpf_map_lookup_elem(&filter_events, &at);
	struct filter_page *page = bpf_map_lookup_elem(&filter_pages, &zero);
	bool wanted;

	if (!ev || !page || !ev->dims)
		return false;
	/* Plain: who interrupts us on this CPU has ended before we go on. */
	if (FORGET(page->busy)) {
		count_up(KC_SCRATCH_BUSY);
		return false;
	}
	FORGET(page->busy) = 1;
	__builtin_memset(&page->key, 0, sizeof(page->key));
	page->key.generation = generation;
	page->key.slot = slot;
	FORGET(page->how) = how;
	FORGET(page->groups) = ev->groups;
	filter_all(page, ev, task, ret);
	wanted = FORGET(page->groups) != 0;
	if (!wanted) {
		__sync_lock_test_and_set(&page->fence, 1);
		wanted = FORGET(plan->filter_generation) != generation;
	}
	FORGET(page->busy) = 0;
	return !wanted;
}
