/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/filters.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "common/cleanup.h"
#include "common/event_def.h"

/* What came since the last plan. */
struct staged {
	uint64_t generation;          /* of the plan that it is for */
	struct filter_event *events;  /* owned: by slot; dims 0: none; NULL: none at all */
	struct filter_entry *entries; /* owned */
	uint32_t n_events, n_entries, cap;
};

struct filters {
	struct staged staged;
	struct filter_key *keys; /* owned: of the entries in force */
	uint32_t n_keys;
	bool is_on[EVENT_SLOTS];      /* has a filter in force */
	bool is_used[2][EVENT_SLOTS]; /* what is not zero in the halves of the map of events */
};

struct filters *filters_new(void)
{
	return calloc(1, sizeof(struct filters));
}

void filters_forget(struct filters *f)
{
	free(f->staged.events);
	free(f->staged.entries);
	f->staged = (struct staged){ 0 };
}

void filters_free(struct filters *f)
{
	if (!f)
		return;
	filters_forget(f);
	free(f->keys);
	free(f);
}

static int no_memory(struct err *err)
{
	return err_set(err, -ENOMEM, "filters: out of memory");
}

static int take_events(struct staged *s, const struct control_filter_events *msg, struct err *err)
{
	if (!s->events)
		s->events = calloc(EVENT_SLOTS, sizeof(*s->events));
	if (!s->events)
		return no_memory(err);
	for (uint32_t i = 0; i < msg->n; i++) {
		const struct control_filter_event *item = &msg->items[i];

		if (s->events[item->slot].dims != 0)
			return err_set(err, -EPROTO, "event slot %u has two filters, expected one",
				       item->slot);
		s->events[item->slot] = item->event;
		s->n_events++;
	}
	return 0;
}

static int take_entries(struct staged *s, const struct control_filter_entries *msg, struct err *err)
{
	struct filter_entry *grown;
	uint32_t cap = s->cap ? s->cap : 256;

	if (msg->n > FILTER_ENTRIES_MAX - s->n_entries)
		return err_set(err, -EPROTO, "more than %u filter entries", FILTER_ENTRIES_MAX);
	while (cap - s->n_entries < msg->n)
		cap *= 2;
	if (cap > s->cap) {
		grown = reallocarray(s->entries, cap, sizeof(*grown));
		if (!grown)
			return no_memory(err);
		s->entries = grown;
		s->cap = cap;
	}
	memcpy(&s->entries[s->n_entries], msg->items, msg->n * sizeof(*msg->items));
	s->n_entries += msg->n;
	return 0;
}

int filters_take(struct filters *f, const void *msg, struct err *err)
{
	const struct control_filter_events *any = msg; /* both begin alike */

	if (any->generation != f->staged.generation)
		filters_forget(f);
	f->staged.generation = any->generation;
	return any->hdr.type == CONTROL_FILTER_EVENTS ? take_events(&f->staged, msg, err)
						      : take_entries(&f->staged, msg, err);
}

/* Each entry belongs to an event of the plan, which looks for it. */
static int check(const struct staged *s, const struct control_plan *plan, struct err *err)
{
	static const struct filter_event none;
	int rc = 0;

	if (s->n_events != plan->n_filter_events || s->n_entries != plan->n_filter_entries ||
	    ((s->n_events | s->n_entries) && s->generation != plan->generation))
		return err_set(err, -EPROTO,
			       "plan %llu has %u filters with %u entries, received were %u with %u "
			       "of plan %llu",
			       (unsigned long long)plan->generation, plan->n_filter_events,
			       plan->n_filter_entries, s->n_events, s->n_entries,
			       (unsigned long long)s->generation);
	for (uint32_t i = 0; rc == 0 && i < s->n_entries; i++) {
		const struct filter_entry *entry = &s->entries[i];

		rc = filter_check_match(s->events ? &s->events[entry->key.slot] : &none, entry,
					err);
		if (rc < 0)
			rc = err_wrap(err, "filter entry %u", i);
	}
	return rc;
}

static void delete_keys(int fd, const struct filter_key *keys, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++)
		(void)bpf_map_delete_elem(fd, &keys[i]); /* what is not there needs no deleting */
}

/* Puts the entries into the map, where nobody looks for that generation yet. */
static int put_entries(const struct staged *s, const struct filters_maps *maps, uint32_t generation,
		       struct filter_key *keys, uint32_t *ret_n, struct err *err)
{
	for (uint32_t i = 0; i < s->n_entries; i++) {
		keys[i] = s->entries[i].key;
		keys[i].generation = generation;
		*ret_n = i;
		if (bpf_map_update_elem(maps->filters_fd, &keys[i], &s->entries[i].value,
					BPF_NOEXIST) == 0)
			continue;
		if (errno == EEXIST)
			return err_set(err, -EPROTO, "filter entry %u is there twice", i);
		return err_set(err, -errno, "filters are not taken by the kernel (%s)",
			       err_name(errno));
	}
	*ret_n = s->n_entries;
	return 0;
}

static int put_events(struct filters *f, const struct filter_event *events,
		      const struct filters_maps *maps, uint32_t generation, struct err *err)
{
	static const struct filter_event none;
	unsigned int half = generation & 1;

	for (uint32_t slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct filter_event *event = events ? &events[slot] : &none;
		uint32_t at = half * LANE_SLOTS + slot;

		if (event->dims == 0 && !f->is_used[half][slot])
			continue;
		if (bpf_map_update_elem(maps->events_fd, &at, event, BPF_ANY) != 0)
			return err_set(err, -errno, "filters are not taken by the kernel (%s)",
				       err_name(errno));
		f->is_used[half][slot] = event->dims != 0;
	}
	return 0;
}

/* FENCE: first the new generation, then the old entries go; see filter_drops() in
 * bpf/filter.bpf.h. */
static void flip(struct filters *f, const struct filter_event *events,
		 const struct filters_maps *maps, uint32_t generation)
{
	__atomic_store_n(&maps->state->filter_generation, generation, __ATOMIC_SEQ_CST);
	delete_keys(maps->filters_fd, f->keys, f->n_keys);
	free(f->keys);
	f->keys = NULL;
	f->n_keys = 0;
	for (uint32_t slot = 0; slot < EVENT_SLOTS; slot++)
		f->is_on[slot] = events && events[slot].dims != 0;
}

int filters_apply(struct filters *f, const struct control_plan *plan,
		  const struct filters_maps *maps, struct err *err)
{
	CLEANUP_FREE struct filter_key *keys = NULL;
	uint32_t generation = maps->state->filter_generation + 1, n = 0;
	int rc = check(&f->staged, plan, err);

	if (rc == 0 && f->staged.n_entries > 0) {
		keys = calloc(f->staged.n_entries, sizeof(*keys));
		rc = keys ? put_entries(&f->staged, maps, generation, keys, &n, err)
			  : no_memory(err);
	}
	if (rc == 0)
		rc = put_events(f, f->staged.events, maps, generation, err);
	if (rc == 0) {
		flip(f, f->staged.events, maps, generation);
		f->keys = TAKE_PTR(keys);
		f->n_keys = n;
	} else {
		delete_keys(maps->filters_fd, keys, n);
	}
	if (rc < 0 && rc != -EPROTO) {
		/* The half may have been filled in part: emptying it allocates nothing. */
		(void)put_events(f, NULL, maps, generation, NULL);
		flip(f, NULL, maps, generation);
	}
	filters_forget(f);
	return rc;
}

void filters_mark(const struct filters *f, struct plan_state *state)
{
	for (uint32_t slot = 0; slot < EVENT_SLOTS; slot++)
		if (f->is_on[slot] && state->events[slot].on)
			state->events[slot].on |= PLAN_FILTERED;
}
