/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/enrich/process_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A task that forks a lot can name a path of 4 KiB for each child: the paths have a budget too. */
#define PTREE_EXE_BYTES_MAX (16U << 20)
#define PTREE_REAP_BATCH 2U /* more than one task can end for each that comes: keeps O(1) */

/* A path, shared by a task with its leader and its parent: a fork costs no copy. */
struct exe {
	uint32_t n_refs;
	uint32_t len;
	char bytes[];
};

/* What a look-up touches, apart from the tasks: 16 bytes instead of several cache lines. Positions
 * 0 and 1 are the heads of the two lists; so 0 can mean "none" in a chain. */
struct slot {
	uint32_t tid;
	uint32_t chain;
	uint32_t prev, next;
};
enum { PTREE_LIVE, PTREE_ENDED, PTREE_FIRST };

struct node {
	struct ptree_task task;
	uint64_t ended_ns;
	struct exe *exe; /* counted; NULL: not known */
};

/* The arrays are as long as the capacity, but only what was used once is ever resident. */
struct ptree {
	struct slot *slots; /* live: least recently used first; ended: in the order they ended */
	struct node *nodes; /* of position i: nodes[i - PTREE_FIRST] */
	uint32_t *buckets;
	uint32_t bucket_shift;
	uint32_t n_touched; /* positions handed out once */
	uint32_t vacant;    /* chain of positions given back */
	uint64_t now_ns;    /* newest time seen */
	size_t exe_bytes;
	struct ptree_stats stats;
};

static struct node *node_at(struct ptree *tree, uint32_t pos)
{
	return &tree->nodes[pos - PTREE_FIRST];
}

static uint32_t *bucket_of(struct ptree *tree, uint32_t tid)
{
	return &tree->buckets[(tid * 0x9e3779b1U) >> tree->bucket_shift]; /* 2^32 / golden ratio */
}

static uint32_t lookup(struct ptree *tree, uint32_t tid)
{
	uint32_t pos = *bucket_of(tree, tid);

	while (pos && tree->slots[pos].tid != tid)
		pos = tree->slots[pos].chain;
	return pos;
}

static void list_remove(struct ptree *tree, uint32_t pos)
{
	struct slot *s = &tree->slots[pos];

	tree->slots[s->prev].next = s->next;
	tree->slots[s->next].prev = s->prev;
}

static void list_append(struct ptree *tree, uint32_t list, uint32_t pos)
{
	struct slot *head = &tree->slots[list], *s = &tree->slots[pos];

	s->prev = head->prev;
	s->next = list;
	tree->slots[head->prev].next = pos;
	head->prev = pos;
}

static void list_move(struct ptree *tree, uint32_t list, uint32_t pos)
{
	if (tree->slots[list].prev == pos)
		return;
	list_remove(tree, pos);
	list_append(tree, list, pos);
}

static void exe_put(struct ptree *tree, struct exe *exe)
{
	if (!exe || --exe->n_refs)
		return;
	tree->exe_bytes -= exe->len;
	free(exe);
}

static struct exe *exe_share(struct ptree *tree, uint32_t tid, const char *path, size_t len)
{
	uint32_t pos = lookup(tree, tid);
	struct exe *exe = pos ? node_at(tree, pos)->exe : NULL;

	if (!exe || exe->len != len || memcmp(exe->bytes, path, len) != 0)
		return NULL;
	exe->n_refs++;
	return exe;
}

static struct exe *exe_get(struct ptree *tree, const struct rec_task *ctx, const char *path,
			   size_t len)
{
	const uint32_t relatives[] = { ctx->hdr.tid, ctx->hdr.tgid, ctx->ppid };
	struct exe *exe;

	for (size_t i = 0; i < sizeof(relatives) / sizeof(relatives[0]); i++) {
		exe = exe_share(tree, relatives[i], path, len);
		if (exe)
			return exe;
	}
	exe = malloc(sizeof(*exe) + len);
	if (!exe)
		return NULL;
	exe->n_refs = 1;
	exe->len = (uint32_t)len;
	memcpy(exe->bytes, path, len);
	tree->exe_bytes += len;
	return exe;
}

static void drop(struct ptree *tree, uint32_t pos)
{
	uint32_t *link = bucket_of(tree, tree->slots[pos].tid);
	struct node *node = node_at(tree, pos);

	while (*link != pos)
		link = &tree->slots[*link].chain;
	*link = tree->slots[pos].chain;
	list_remove(tree, pos);
	exe_put(tree, node->exe);
	node->exe = NULL;
	tree->slots[pos].chain = tree->vacant;
	tree->vacant = pos;
	tree->stats.n_tasks--;
}

static void evict(struct ptree *tree)
{
	uint32_t pos = tree->slots[PTREE_ENDED].next;

	if (pos == PTREE_ENDED)
		pos = tree->slots[PTREE_LIVE].next;
	drop(tree, pos);
	tree->stats.n_evictions++;
}

static bool is_expired(const struct ptree *tree, const struct node *node)
{
	return node->task.ended && tree->now_ns > node->ended_ns &&
	       tree->now_ns - node->ended_ns > PTREE_GRACE_NS;
}

static void advance(struct ptree *tree, uint64_t now_ns)
{
	if (now_ns > tree->now_ns)
		tree->now_ns = now_ns;
	for (uint32_t i = 0; i < PTREE_REAP_BATCH; i++) {
		uint32_t pos = tree->slots[PTREE_ENDED].next;

		if (pos == PTREE_ENDED || !is_expired(tree, node_at(tree, pos)))
			return;
		drop(tree, pos);
	}
}

static uint32_t insert(struct ptree *tree, uint32_t tid)
{
	uint32_t *bucket, pos;

	if (tree->stats.n_tasks == tree->stats.capacity)
		evict(tree);
	pos = tree->vacant;
	if (pos)
		tree->vacant = tree->slots[pos].chain;
	else
		pos = PTREE_FIRST + tree->n_touched++;
	bucket = bucket_of(tree, tid);
	tree->slots[pos].tid = tid;
	tree->slots[pos].chain = *bucket;
	*bucket = pos;
	list_append(tree, PTREE_LIVE, pos);
	tree->stats.n_tasks++;
	memset(node_at(tree, pos), 0, sizeof(struct node));
	return pos;
}

struct ptree *ptree_new(size_t capacity)
{
	uint32_t bits = 1;
	struct ptree *tree;

	if (capacity == 0)
		capacity = PTREE_CAPACITY_DEFAULT;
	if (capacity > 1U << 30) /* positions are 32 bits wide */
		return NULL;
	while ((size_t)1 << bits < capacity)
		bits++;
	tree = calloc(1, sizeof(*tree));
	if (!tree)
		return NULL;
	tree->slots = calloc(capacity + PTREE_FIRST, sizeof(*tree->slots));
	tree->nodes = calloc(capacity, sizeof(*tree->nodes));
	tree->buckets = calloc((size_t)1 << bits, sizeof(*tree->buckets));
	if (!tree->slots || !tree->nodes || !tree->buckets) {
		ptree_free(tree);
		return NULL;
	}
	tree->bucket_shift = 32 - bits;
	tree->stats.capacity = capacity;
	for (uint32_t list = PTREE_LIVE; list <= PTREE_ENDED; list++) {
		tree->slots[list].prev = list;
		tree->slots[list].next = list;
	}
	return tree;
}

void ptree_free(struct ptree *tree)
{
	if (!tree)
		return;
	for (uint32_t i = 0; i < tree->n_touched; i++)
		exe_put(tree, tree->nodes[i].exe);
	free(tree->buckets);
	free(tree->nodes);
	free(tree->slots);
	free(tree);
}

/* Judged by when the context was taken: lanes are merged in bounded time, so that what belongs to
 * an earlier owner of the tid may still come late. */
static bool is_news(const struct node *node, const struct rec_task *ctx)
{
	const struct ptree_task *t = &node->task;

	if (ctx->hdr.ts_ns != t->context_ts_ns)
		return ctx->hdr.ts_ns > t->context_ts_ns;
	return ctx->start_ns > t->ctx.start_ns;
}

static void fill(struct ptree_task *t, const struct rec_task *ctx)
{
	t->tid = ctx->hdr.tid;
	t->tgid = ctx->hdr.tgid;
	t->entity_id = ptree_entity_id(ctx->start_ns, ctx->hdr.tid);
	t->process_entity_id = ptree_entity_id(ctx->leader_start_ns, ctx->hdr.tgid);
	t->parent_entity_id = ptree_entity_id(ctx->parent_start_ns, ctx->ppid);
	t->context_ts_ns = ctx->hdr.ts_ns;
	t->ctx = *ctx;
}

static void set_exe(struct ptree *tree, struct node *node, struct exe *exe, uint8_t flags)
{
	exe_put(tree, node->exe);
	node->exe = exe;
	node->task.exe = exe ? exe->bytes : NULL;
	node->task.exe_len = exe ? exe->len : 0;
	node->task.exe_flags = flags;
}

int ptree_update(struct ptree *tree, const struct rec_task *ctx, const char *exe, size_t exe_len,
		 uint8_t exe_flags)
{
	struct exe *owned = NULL;
	struct node *node;
	uint32_t pos;

	if (exe_len > REC_PATH_MAX)
		return -EINVAL;
	advance(tree, ctx->hdr.ts_ns);
	pos = lookup(tree, ctx->hdr.tid);
	if (pos && is_expired(tree, node_at(tree, pos))) { /* as if it had been reaped in time */
		drop(tree, pos);
		pos = 0;
	}
	if (pos && !is_news(node_at(tree, pos), ctx))
		return 0;
	if (exe) {
		owned = exe_get(tree, ctx, exe, exe_len);
		if (!owned)
			return -ENOMEM;
	}
	if (!pos)
		pos = insert(tree, ctx->hdr.tid);
	node = node_at(tree, pos);
	if (node->task.ended && node->task.ctx.start_ns != ctx->start_ns)
		node->task.ended = false; /* the tid has a new owner */
	if (!node->task.ended)
		list_move(tree, PTREE_LIVE, pos);
	fill(&node->task, ctx);
	set_exe(tree, node, owned, exe_flags);
	while (tree->exe_bytes > PTREE_EXE_BYTES_MAX)
		evict(tree);
	return 0;
}

void ptree_exit(struct ptree *tree, uint32_t tid, uint64_t ts_ns)
{
	struct node *node;
	uint32_t pos;

	advance(tree, ts_ns);
	pos = lookup(tree, tid);
	if (!pos)
		return;
	node = node_at(tree, pos);
	/* The end of an earlier owner of the tid, come late; or told twice. */
	if (node->task.ended || node->task.ctx.start_ns > ts_ns)
		return;
	node->task.ended = true;
	node->ended_ns = ts_ns;
	list_move(tree, PTREE_ENDED, pos);
}

const struct ptree_task *ptree_find(struct ptree *tree, uint32_t tid)
{
	uint32_t pos = lookup(tree, tid);
	const struct node *node = pos ? node_at(tree, pos) : NULL;

	if (!node || is_expired(tree, node)) {
		tree->stats.n_misses++;
		return NULL;
	}
	tree->stats.n_hits++;
	if (!node->task.ended)
		list_move(tree, PTREE_LIVE, pos);
	return &node->task;
}

void ptree_stats_get(const struct ptree *tree, struct ptree_stats *ret_stats)
{
	*ret_stats = tree->stats;
}

static uint32_t rotl(uint32_t v, unsigned int n)
{
	return v << n | v >> (32 - n);
}

/* MurmurHash3_x86_32, for a whole number of words. */
uint32_t ptree_entity_id(uint64_t start_ns, uint32_t id)
{
	const uint32_t words[] = { (uint32_t)start_ns, (uint32_t)(start_ns >> 32), id };
	uint32_t h = 0;

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		h ^= rotl(words[i] * 0xcc9e2d51U, 15) * 0x1b873593U;
		h = rotl(h, 13) * 5 + 0xe6546b64U;
	}
	h ^= sizeof(words);
	h = (h ^ h >> 16) * 0x85ebca6bU;
	h = (h ^ h >> 13) * 0xc2b2ae35U;
	return h ^ h >> 16;
}
