/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/filter_eval.h"

#include <string.h>

#include "engine/enrich/process_tree.h"

#define ALL (~0ULL)

struct ask {
	const struct kfilter *k;
	const struct event *ev;
	const struct filter_event *how;
	unsigned int kind;
};

static const struct filter_value *find(const struct ask *a, const struct filter_key *key)
{
	for (size_t i = 0; i < a->k->n_entries; i++)
		if (memcmp(&a->k->entries[i].key, key, sizeof(*key)) == 0)
			return &a->k->entries[i].value;
	return NULL;
}

static uint64_t ask(const struct ask *a, unsigned int dim, uint64_t value, uint64_t value2)
{
	const struct filter_key key = {
		.slot = a->ev->def->slot, .dim = (uint8_t)dim, .value = value, .value2 = value2
	};
	const struct filter_value *v = find(a, &key);

	return filter_pass(a->how->open[dim], v ? v->allow : 0, v ? v->deny : 0);
}

static uint64_t ask_name(const struct ask *a, unsigned int dim, const uint8_t name[16])
{
	__u64 words[2];

	memcpy(words, name, sizeof(words));
	filter_cut_name(words);
	return ask(a, dim, words[0], words[1]);
}

static uint64_t ask_part(const struct ask *a, unsigned int dim, unsigned int part,
			 const uint8_t *text, size_t text_len, size_t len)
{
	struct filter_key key = { .slot = a->ev->def->slot,
				  .dim = (uint8_t)dim,
				  .part = (uint8_t)part,
				  .len = part == FILTER_WHOLE ? 0 : (uint32_t)len,
				  .value = FILTER_HASH_INIT };
	const struct filter_value *v;

	if (len > text_len)
		return 0;
	for (size_t i = 0; i < len; i++)
		key.value = filter_hash_byte(
			key.value, part == FILTER_SUFFIX ? text[text_len - 1 - i] : text[i]);
	if (!(a->how->text[dim - FILTER_TEXT0].seen >> filter_hash_bit(key.value) & 1))
		return 0;
	v = find(a, &key);
	return v ? v->allow : 0;
}

static uint64_t ask_text(const struct ask *a, unsigned int i)
{
	const struct filter_text *t = &a->how->text[i];
	const struct rec_var *var = a->ev->vars[t->field];
	unsigned int dim = FILTER_TEXT0 + i;
	const uint8_t *text = (const uint8_t *)(var + 1);
	uint64_t pass = a->how->open[dim];

	if (!var || var->flags & (REC_VAR_NULL | REC_VAR_UNREAD) || var->len >= FILTER_TEXT_MAX)
		return ALL;
	if (t->has_whole)
		pass |= ask_part(a, dim, FILTER_WHOLE, text, var->len, var->len);
	for (unsigned int k = 0; k < t->n_prefix; k++)
		pass |= ask_part(a, dim, FILTER_PREFIX, text, var->len, t->prefix_len[k]);
	for (unsigned int k = 0; k < t->n_suffix; k++)
		pass |= ask_part(a, dim, FILTER_SUFFIX, text, var->len, t->suffix_len[k]);
	return pass;
}

static uint64_t ask_dim(const struct ask *a, unsigned int dim)
{
	const struct rec_syscall *sys = (const void *)a->ev->rec;
	const struct rec_task *task = &a->ev->task->ctx;
	int64_t ret = a->ev->rec->ret;

	switch (dim) {
	case FILTER_UID:
		return ask(a, dim, task->uid, 0);
	case FILTER_TGID:
		return ask(a, dim, a->ev->rec->tgid, 0);
	case FILTER_TASK:
		return ask(a, dim, a->ev->rec->tgid, 0) | ask(a, dim, a->ev->rec->tid, 0);
	case FILTER_MNTNS:
		return task->mnt_ns ? ask(a, dim, task->mnt_ns, 0) : ALL;
	case FILTER_PIDNS:
		return task->pid_ns ? ask(a, dim, task->pid_ns, 0) : ALL;
	case FILTER_COMM:
		return ask_name(a, dim, task->comm);
	case FILTER_UTS:
		return ask_name(a, dim, task->uts_name);
	case FILTER_CONTAINER:
		return a->kind == FILTER_IN_UNKNOWN ? ALL : ask(a, dim, a->kind, 0);
	case FILTER_RETVAL:
	case FILTER_RETVAL_SIGN:
		if (a->ev->rec->flags & REC_F_ENTER)
			return ALL;
		return ask(a, dim,
			   dim == FILTER_RETVAL ? (uint64_t)ret
						: (uint64_t)(int64_t)((ret > 0) - (ret < 0)),
			   0);
	case FILTER_INT0:
	case FILTER_INT1:
		return ask(a, dim,
			   filter_number(a->how->int_kind[dim - FILTER_INT0],
					 sys->args[a->how->int_field[dim - FILTER_INT0]]),
			   0);
	default:
		return ask_text(a, dim - FILTER_TEXT0);
	}
}

bool feval_passes(const struct kfilter *k, const struct event *ev, unsigned int kind)
{
	const struct ask a = { .k = k, .ev = ev, .how = &k->events[ev->def->slot], .kind = kind };
	uint64_t groups = a.how->groups;

	if (a.how->dims == 0)
		return true;
	for (unsigned int dim = 0; dim < FILTER_DIMS; dim++)
		if (a.how->dims >> dim & 1)
			groups &= ask_dim(&a, dim);
	return groups != 0;
}
