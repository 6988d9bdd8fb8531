/* SPDX-License-Identifier: Apache-2.0 */
#include "common/cleanup.h"
#include "engine/encode/profile_parts.h"

/* A key that is left out where it says the same as the other. */
static const struct {
	enum doc_key key, same_as;
} repeats[] = {
	{ DOC_THREAD_ID, DOC_PROCESS_ID },
	{ DOC_HOST_PROCESS_ID, DOC_PROCESS_ID },
	{ DOC_HOST_THREAD_ID, DOC_THREAD_ID },
	{ DOC_HOST_PARENT_PROCESS_ID, DOC_PARENT_PROCESS_ID },
	{ DOC_THREAD_ENTITY_ID, DOC_PROCESS_ENTITY_ID },
};

static bool is_same(const struct doc_value *a, const struct doc_value *b)
{
	return a->len == b->len && (a->len == 0 || memcmp(a->at, b->at, a->len) == 0);
}

static bool is_repeated(const struct prof *p, enum doc_key key)
{
	for (size_t i = 0; i < ARRAY_LEN(repeats); i++)
		if (repeats[i].key == key)
			return is_same(&p->doc->keys[key], &p->doc->keys[repeats[i].same_as]);
	return false;
}

/* Those that are true, by name. */
static void put_flags(struct prof *p, const char *key, const struct doc_value *flags)
{
	struct doc_cursor c = doc_enter(flags);
	size_t mark = prof_open(p, key, '{');
	struct doc_value name, value;

	while (doc_next(&c, &name, &value))
		if (!doc_is_empty(&value))
			prof_pair(p, &name, &value);
	prof_close(p, mark, '}');
}

static bool is_unnamed(const struct doc_value *policies)
{
	return policies->len == 4 && memcmp(policies->at, "[\"\"]", 4) == 0;
}

void prof_compact(struct prof *p)
{
	text_char(&p->t, '{');
	for (unsigned int i = 0; i < DOC_KEYS; i++) {
		enum doc_key key = (enum doc_key)i;
		const struct doc_value *value = &p->doc->keys[key];

		if (key == DOC_ARGS)
			prof_args(p);
		else if (key == DOC_CONTEXT_FLAGS)
			put_flags(p, doc_key_name(key), value);
		else if (key != DOC_ARGS_NUM && !is_repeated(p, key) &&
			 !(key == DOC_MATCHED_POLICIES && is_unnamed(value)))
			prof_raw(p, doc_key_name(key), value);
	}
	text_char(&p->t, '}');
}
