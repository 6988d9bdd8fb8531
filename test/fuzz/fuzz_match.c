/* SPDX-License-Identifier: Apache-2.0 */
/* Policies as text, a NUL, and a record: compiled, asked and explained. */
#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"
#include "engine/match/match.h"
#include "test/support/record_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void count(void *arg, const struct match_reason *reason)
{
	*(size_t *)arg += reason->verdict == MATCH_HOLDS;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct match_options opt = { .no_jit = size % 2, .start_ns = 1000 };
	size_t len = strnlen((const char *)data, size), n_rec = size > len ? size - len - 1 : 0;
	void *rec = n_rec ? memcpy(malloc(n_rec), data + len + 1, n_rec) : NULL;
	struct pol_set *set = pol_set_new();
	struct match *m = NULL;
	struct ptree_task task;
	struct event ev;
	size_t n_hold = 0;

	rb_sample_task(&task);
	if (pol_set_parse(set, (const char *)data, len, "fuzz", NULL) == 0 &&
	    pol_set_compile(set, NULL) == 0)
		m = match_new(set, &opt, NULL, NULL);
	for (int i = 0; m && rec && i < 4 && decode_record(rec, n_rec, &ev) == 0; i++) {
		ev.task = i & 1 ? &task : NULL;
		match_learn(m, &ev);
		(void)match_event(m, &ev);
		match_explain(m, &ev, count, &n_hold);
		if (ev.n_matched > n_hold) /* each has a rule that holds */
			abort();
	}
	match_free(m);
	pol_set_free(set);
	free(rec);
	return 0;
}
