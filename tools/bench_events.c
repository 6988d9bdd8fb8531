/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_events.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"
#include "engine/enrich/process_tree.h"
#include "engine/policy/policy.h"

#define MADE 20000U /* records: more than caches hold */

static const char policy[] =
	"type: policy\nname: bench\nscope: [global]\nrules: [{event: openat}]\n";

static int make_policy(struct bev *b, struct err *err)
{
	int rc;

	b->policies = pol_set_new();
	b->tree = ptree_new(0);
	if (!b->policies || !b->tree)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	rc = pol_set_parse(b->policies, policy, sizeof(policy) - 1, "bench", err);
	return rc < 0 ? rc : 0;
}

static void learn(struct bev *b, const struct event *ev)
{
	const struct rec_var *path = ev->vars[0];

	/* Failure: the event is encoded as one whose context is not known. */
	(void)ptree_update(b->tree, (const struct rec_task *)ev->rec,
			   path ? (const char *)(path + 1) : NULL, path ? path->len : 0,
			   path ? path->flags : 0);
}

/* Contexts first: what the tree gives stays valid only until it changes. */
static void decode_all(struct bev *b)
{
	struct event ev;

	for (size_t i = 0; i < b->records.n; i++)
		if (decode_record(b->records.items[i].rec, b->records.items[i].cap, &ev) == 0 &&
		    ev.def->id == EV_TASK)
			learn(b, &ev);
	for (size_t i = 0; i < b->records.n; i++) {
		if (decode_record(b->records.items[i].rec, b->records.items[i].cap, &ev) < 0 ||
		    ev.def->id == EV_TASK || ev.def->id == EV_CGROUP)
			continue;
		ev.task = ptree_find(b->tree, ev.rec->tid);
		ev.policies = b->policies;
		ev.matched = &b->matched;
		ev.n_matched = 1;
		b->items[b->n++] = ev;
	}
}

int bev_make(struct bev *b, const char *path, struct err *err)
{
	int rc;

	*b = (struct bev){ .n = 0 };
	rc = path ? brec_read(&b->records, path, err) : brec_make(&b->records, MADE, err);
	if (rc == 0)
		rc = make_policy(b, err);
	if (rc < 0)
		return rc;
	b->json.epoch_offset_ns = b->records.clock.epoch_offset_ns;
	b->json.start_ns = b->records.clock.start_ns;
	b->items = calloc(b->records.n, sizeof(*b->items));
	if (!b->items)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	decode_all(b);
	return b->n > 0 ? 0 : err_set(err, -ENODATA, "recording '%s' has no events", path);
}

int bev_only(struct bev *ret_b, const struct bev *all, unsigned int event, struct err *err)
{
	*ret_b = (struct bev){ .json = all->json };
	ret_b->items = calloc(all->n, sizeof(*ret_b->items));
	if (!ret_b->items)
		return err_set(err, -ENOMEM, "memory is short (ENOMEM)");
	for (size_t i = 0; i < all->n; i++)
		if (all->items[i].def->id == event)
			ret_b->items[ret_b->n++] = all->items[i];
	return 0;
}

void bev_done(struct bev *b)
{
	free(b->items);
	ptree_free(b->tree);
	pol_set_free(b->policies);
	brec_done(&b->records);
}
