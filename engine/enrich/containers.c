/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/enrich/containers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define REAP_BATCH 2U /* more than one can go for each that comes: keeps O(1) */
#define CAPACITY_MAX (1U << 30)

/* What the cgroups of one container share. In the table while one of them exists: a container that
 * is started anew under its old id is another one. */
struct box {
	struct box *chain;
	uint32_t n_refs; /* cgroups that point here */
	uint32_t n_live; /* ... that were not removed */
	bool is_started;
	char id[CONTAINER_ID_MAX + 1];
};

/* A cgroup. Places 0 and 1 of the array are the heads of the two lists, so 0 ends a chain. */
struct group {
	uint64_t cgroup_id;
	uint32_t chain;
	uint32_t prev, next;
	bool is_removed;
	uint64_t removed_ns;
	struct box *box; /* counted; NULL: the host's */
	struct container container;
};
enum { LIVE, REMOVED, FIRST };

struct containers {
	struct group *groups; /* live: least recently used first; removed: in that order */
	uint32_t *buckets;
	struct box **boxes; /* as many */
	uint32_t shift;     /* of a 64-bit hash */
	uint32_t n_touched; /* places handed out once */
	uint32_t vacant;    /* chain of those given back */
	uint64_t now_ns;    /* newest time seen */
	struct containers_stats stats;
};

static uint32_t hash_number(const struct containers *c, uint64_t number)
{
	return (uint32_t)((number * 0x9e3779b97f4a7c15ULL) >> c->shift); /* 2^64 / golden ratio */
}

static struct box **box_bucket(struct containers *c, const char *id)
{
	uint64_t hash = 0xcbf29ce484222325ULL; /* FNV-1a */

	for (; *id; id++)
		hash = (hash ^ (uint8_t)*id) * 0x100000001b3ULL;
	return &c->boxes[hash_number(c, hash)];
}

/* --- Boxes ----------------------------------------------------------------------------------- */

static struct box *box_get(struct containers *c, const char *id, bool is_started)
{
	struct box **bucket = box_bucket(c, id), *box = *bucket;

	while (box && strcmp(box->id, id) != 0)
		box = box->chain;
	if (!box) {
		box = calloc(1, sizeof(*box));
		if (!box)
			return NULL;
		memcpy(box->id, id, strlen(id) + 1);
		box->is_started = is_started;
		box->chain = *bucket;
		*bucket = box;
		c->stats.n_containers++;
	}
	box->n_refs++;
	box->n_live++;
	return box;
}

/* One of its cgroups is no more. */
static void box_leave(struct containers *c, struct box *box)
{
	struct box **link;

	if (--box->n_live > 0)
		return;
	link = box_bucket(c, box->id);
	while (*link != box)
		link = &(*link)->chain;
	*link = box->chain;
	c->stats.n_containers--;
}

static void box_put(struct box *box)
{
	if (--box->n_refs == 0)
		free(box);
}

/* --- Cgroups --------------------------------------------------------------------------------- */

static uint32_t lookup(const struct containers *c, uint64_t cgroup_id)
{
	uint32_t pos = c->buckets[hash_number(c, cgroup_id)];

	while (pos && c->groups[pos].cgroup_id != cgroup_id)
		pos = c->groups[pos].chain;
	return pos;
}

static void list_remove(struct containers *c, uint32_t pos)
{
	struct group *g = &c->groups[pos];

	c->groups[g->prev].next = g->next;
	c->groups[g->next].prev = g->prev;
}

static void list_append(struct containers *c, uint32_t list, uint32_t pos)
{
	struct group *head = &c->groups[list], *g = &c->groups[pos];

	g->prev = head->prev;
	g->next = list;
	c->groups[head->prev].next = pos;
	head->prev = pos;
}

static void drop(struct containers *c, uint32_t pos)
{
	struct group *g = &c->groups[pos];
	uint32_t *link = &c->buckets[hash_number(c, g->cgroup_id)];

	while (*link != pos)
		link = &c->groups[*link].chain;
	*link = g->chain;
	list_remove(c, pos);
	if (g->box) {
		if (!g->is_removed)
			box_leave(c, g->box);
		box_put(g->box);
	}
	g->box = NULL;
	g->chain = c->vacant;
	c->vacant = pos;
	c->stats.n_cgroups--;
}

static void evict(struct containers *c)
{
	uint32_t pos = c->groups[REMOVED].next;

	drop(c, pos == REMOVED ? c->groups[LIVE].next : pos);
	c->stats.n_evictions++;
}

static void advance(struct containers *c, uint64_t now_ns)
{
	if (now_ns > c->now_ns)
		c->now_ns = now_ns;
	for (uint32_t i = 0; i < REAP_BATCH; i++) {
		uint32_t pos = c->groups[REMOVED].next;

		if (pos == REMOVED || c->now_ns <= c->groups[pos].removed_ns ||
		    c->now_ns - c->groups[pos].removed_ns <= CONTAINERS_GRACE_NS)
			return;
		drop(c, pos);
	}
}

static struct group *insert(struct containers *c, uint64_t cgroup_id)
{
	uint32_t *bucket = &c->buckets[hash_number(c, cgroup_id)], pos;
	struct group *g;

	if (c->stats.n_cgroups == c->stats.capacity)
		evict(c);
	pos = c->vacant;
	if (pos)
		c->vacant = c->groups[pos].chain;
	else
		pos = FIRST + c->n_touched++;
	g = &c->groups[pos];
	memset(g, 0, sizeof(*g));
	g->cgroup_id = cgroup_id;
	g->chain = *bucket;
	*bucket = pos;
	list_append(c, LIVE, pos);
	c->stats.n_cgroups++;
	return g;
}

/* --- Public ---------------------------------------------------------------------------------- */

struct containers *containers_new(size_t capacity)
{
	struct containers *c = calloc(1, sizeof(*c));
	uint32_t bits = 1;

	if (capacity == 0)
		capacity = CONTAINERS_CAPACITY_DEFAULT;
	if (!c || capacity > CAPACITY_MAX) {
		free(c);
		return NULL;
	}
	while ((size_t)1 << bits < capacity)
		bits++;
	c->groups = calloc(capacity + FIRST, sizeof(*c->groups));
	c->buckets = calloc((size_t)1 << bits, sizeof(*c->buckets));
	c->boxes = calloc((size_t)1 << bits, sizeof(struct box *));
	if (!c->groups || !c->buckets || !c->boxes) {
		containers_free(c);
		return NULL;
	}
	c->shift = 64 - bits;
	c->stats.capacity = capacity;
	for (uint32_t list = LIVE; list <= REMOVED; list++) {
		c->groups[list].prev = list;
		c->groups[list].next = list;
	}
	return c;
}

void containers_free(struct containers *c)
{
	if (!c)
		return;
	for (uint32_t i = 0; i < c->n_touched; i++)
		if (c->groups[FIRST + i].box)
			box_put(c->groups[FIRST + i].box);
	free(c->boxes);
	free(c->buckets);
	free(c->groups);
	free(c);
}

int containers_add(struct containers *c, uint64_t cgroup_id, const char *path, size_t len,
		   uint64_t created_ns)
{
	struct container found = { .cgroup_id = cgroup_id,
				   .created_ns = created_ns,
				   .name = "",
				   .image = "",
				   .image_digest = "",
				   .pod_name = "",
				   .pod_namespace = "",
				   .pod_uid = "" };
	uint32_t pos;
	struct box *box = NULL;
	struct group *g;

	advance(c, created_ns);
	pos = lookup(c, cgroup_id);
	if (pos && created_ns == 0)
		return 0; /* known, or just removed: told better than by the look at what is there
			   */
	if (pos)
		drop(c, pos);
	found.runtime = (uint8_t)container_of_path(path, len, found.id, &found.is_root);
	if (found.runtime != CONTAINER_NONE) {
		box = box_get(c, found.id, created_ns == 0);
		if (!box)
			return -ENOMEM;
	}
	g = insert(c, cgroup_id);
	g->box = box;
	g->container = found;
	return 0;
}

void containers_remove(struct containers *c, uint64_t cgroup_id, uint64_t ts_ns)
{
	uint32_t pos;
	struct group *g;

	advance(c, ts_ns);
	pos = lookup(c, cgroup_id);
	g = pos ? &c->groups[pos] : NULL;
	if (!g || g->is_removed)
		return;
	g->is_removed = true;
	g->removed_ns = ts_ns;
	if (g->box)
		box_leave(c, g->box);
	list_remove(c, pos);
	list_append(c, REMOVED, pos);
}

void containers_started(struct containers *c, uint64_t cgroup_id)
{
	uint32_t pos = lookup(c, cgroup_id);

	if (pos && c->groups[pos].box)
		c->groups[pos].box->is_started = true;
}

const struct container *containers_find(struct containers *c, uint64_t cgroup_id)
{
	uint32_t pos = lookup(c, cgroup_id);
	struct group *g = &c->groups[pos];

	if (!pos) {
		c->stats.n_misses++;
		return NULL;
	}
	c->stats.n_hits++;
	if (!g->is_removed && c->groups[LIVE].prev != pos) {
		list_remove(c, pos);
		list_append(c, LIVE, pos);
	}
	if (!g->box)
		return NULL;
	g->container.is_started = g->box->is_started;
	return &g->container;
}

void containers_stats_get(const struct containers *c, struct containers_stats *ret_stats)
{
	*ret_stats = c->stats;
}
