/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/lineage.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX
#define DEPTH_MAX                                                                                  \
	4096 /* of a chain of parents; a loop cannot come from the kernel, only from lies */

/*
 * An orphan's parent was not known yet when its own context came. They are in a list, which is
 * short: it is looked through for each process that comes.
 */
struct lineage_process {
	uint32_t tgid;
	uint32_t chain; /* next in the bucket, or in the chain of free places */
	uint32_t ppid;
	uint32_t orphan_prev, orphan_next; /* NONE: ends */
	bool is_used;
	bool is_orphan;
	uint64_t start_ns;
	/* With ppid: who created it, as far as we know; also when that pid is used again. */
	uint64_t parent_start_ns;
	uint64_t marks[];
};

struct lineage {
	uint8_t *places;
	size_t stride;  /* bytes of a place */
	size_t n_words; /* of marks */
	uint32_t *buckets;
	uint32_t n_places, cap; /* cap buckets, too: a power of two */
	uint32_t n_used;
	uint32_t vacant;
	uint32_t orphans; /* head */
	uint32_t *roots;
	size_t n_roots, n_marks;
	uint64_t start_ns;
};

static struct lineage_process *place(const struct lineage *l, uint32_t i)
{
	return (struct lineage_process *)(void *)(l->places + i * l->stride);
}

static uint32_t *bucket(const struct lineage *l, uint32_t tgid)
{
	return &l->buckets[tgid * 0x9e3779b1U >> 1 & (l->cap - 1)];
}

static uint32_t lookup(const struct lineage *l, uint32_t tgid)
{
	uint32_t i = l->cap ? *bucket(l, tgid) : NONE;

	while (i != NONE && place(l, i)->tgid != tgid)
		i = place(l, i)->chain;
	return i;
}

static int compare_pids(const void *a, const void *b)
{
	const uint32_t *pa = a, *pb = b;

	return (*pa > *pb) - (*pa < *pb);
}

static void set_mark(struct lineage_process *p, size_t mark)
{
	p->marks[mark / 64] |= 1ULL << (mark % 64);
}

static void mark_root(const struct lineage *l, struct lineage_process *p)
{
	const uint32_t *root = l->n_roots == 0 ? NULL
					       : bsearch(&p->tgid, l->roots, l->n_roots,
							 sizeof(*l->roots), compare_pids);

	if (root)
		set_mark(p, (size_t)(root - l->roots));
}

/* Of the first `n_marks` marks. Returns whether anything is new. */
static bool inherit(struct lineage_process *p, const struct lineage_process *parent, size_t n_marks)
{
	uint64_t news = 0;

	for (size_t i = 0; i * 64 < n_marks; i++) {
		uint64_t marks = parent->marks[i] & ~p->marks[i];

		if (n_marks - i * 64 < 64)
			marks &= (1ULL << (n_marks - i * 64)) - 1;
		news |= marks;
		p->marks[i] |= marks;
	}
	return news != 0;
}

struct lineage *lineage_new(const uint32_t *roots, size_t n_roots, size_t n_marks,
			    uint64_t start_ns)
{
	struct lineage *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->n_words = (n_marks + 63) / 64;
	l->stride = sizeof(struct lineage_process) + l->n_words * sizeof(uint64_t);
	l->n_marks = n_marks;
	l->start_ns = start_ns;
	l->vacant = NONE;
	l->orphans = NONE;
	l->roots = calloc(n_roots ? n_roots : 1, sizeof(*roots));
	if (!l->roots) {
		free(l);
		return NULL;
	}
	if (n_roots > 0)
		memcpy(l->roots, roots, n_roots * sizeof(*roots));
	l->n_roots = n_roots;
	return l;
}

void lineage_free(struct lineage *l)
{
	if (!l)
		return;
	free(l->places);
	free(l->buckets);
	free(l->roots);
	free(l);
}

static int grow(struct lineage *l)
{
	uint32_t cap = l->cap ? l->cap * 2 : 256;
	uint8_t *places = realloc(l->places, cap * l->stride);
	uint32_t *buckets;

	if (!places)
		return -ENOMEM;
	l->places = places;
	buckets = malloc(cap * sizeof(*buckets));
	if (!buckets)
		return -ENOMEM;
	free(l->buckets);
	l->buckets = buckets;
	l->cap = cap;
	memset(buckets, 0xff, cap * sizeof(*buckets)); /* NONE */
	for (uint32_t i = 0; i < l->n_places; i++) {
		struct lineage_process *p = place(l, i);
		uint32_t *b = bucket(l, p->tgid);

		if (!p->is_used)
			continue;
		p->chain = *b;
		*b = i;
	}
	return 0;
}

/* A process without marks, at a new place; NONE: out of memory. */
static uint32_t add(struct lineage *l, uint32_t tgid)
{
	struct lineage_process *p;
	uint32_t i = l->vacant;

	/* Places are grown when all are in use, so that none is vacant then. */
	if (i == NONE && l->n_places == l->cap && grow(l) < 0)
		return NONE;
	if (i == NONE)
		i = l->n_places++;
	else
		l->vacant = place(l, i)->chain;
	p = place(l, i);
	memset(p, 0, l->stride);
	p->tgid = tgid;
	p->is_used = true;
	p->chain = *bucket(l, tgid);
	*bucket(l, tgid) = i;
	l->n_used++;
	return i;
}

static void orphan(struct lineage *l, uint32_t i)
{
	struct lineage_process *p = place(l, i);

	p->is_orphan = true;
	p->orphan_prev = NONE;
	p->orphan_next = l->orphans;
	if (l->orphans != NONE)
		place(l, l->orphans)->orphan_prev = i;
	l->orphans = i;
}

static void adopt(struct lineage *l, struct lineage_process *p)
{
	if (!p->is_orphan)
		return;
	p->is_orphan = false;
	if (p->orphan_prev == NONE)
		l->orphans = p->orphan_next;
	else
		place(l, p->orphan_prev)->orphan_next = p->orphan_next;
	if (p->orphan_next != NONE)
		place(l, p->orphan_next)->orphan_prev = p->orphan_prev;
}

static bool is_parent(const struct lineage_process *parent, const struct lineage_process *child)
{
	return parent != child && parent->tgid == child->ppid &&
	       parent->start_ns == child->parent_start_ns;
}

/* The marks of roots, generation by generation, along what is known of the parents. */
static void hand_down(struct lineage *l)
{
	bool is_news = true;

	for (int depth = 0; is_news && depth < DEPTH_MAX; depth++) {
		is_news = false;
		for (uint32_t i = 0; i < l->n_places; i++) {
			struct lineage_process *p = place(l, i);
			uint32_t parent = p->is_used ? lookup(l, p->ppid) : NONE;

			if (parent != NONE && is_parent(place(l, parent), p))
				is_news |= inherit(p, place(l, parent), l->n_roots);
		}
	}
}

static bool has_any(const struct lineage *l, const struct lineage_process *p)
{
	uint64_t any = 0;

	for (size_t i = 0; i < l->n_words; i++)
		any |= p->marks[i];
	return any != 0;
}

static void claim_orphans(struct lineage *l, uint32_t i)
{
	struct lineage_process *parent = place(l, i);
	bool has_children = false;
	uint32_t next;

	for (uint32_t at = l->orphans; at != NONE; at = next) {
		struct lineage_process *p = place(l, at);

		next = p->orphan_next;
		if (!is_parent(parent, p))
			continue;
		adopt(l, p);
		has_children = true;
	}
	if (has_children && has_any(l, parent))
		hand_down(l);
}

/* The process as it is known now: one that had its pid before is gone. NONE: out of memory. */
static uint32_t own(struct lineage *l, uint32_t tgid, uint64_t start_ns, bool *ret_is_new)
{
	uint32_t i = lookup(l, tgid);

	*ret_is_new = false;
	if (i != NONE && place(l, i)->start_ns == start_ns)
		return i;
	/* 0: it was marked, or forked, before anything was known of it. */
	if (i != NONE && place(l, i)->start_ns == 0) {
		place(l, i)->start_ns = start_ns;
		*ret_is_new = true;
		return i;
	}
	if (i != NONE)
		lineage_forget(l, tgid);
	*ret_is_new = true;
	i = add(l, tgid);
	if (i == NONE)
		return NONE;
	place(l, i)->start_ns = start_ns;
	mark_root(l, place(l, i));
	return i;
}

/* What is older than we are was not created by a process that we follow. What is younger is new
 * here because its fork was lost. */
static size_t n_inherited(const struct lineage *l, const struct lineage_process *p)
{
	return p->start_ns > l->start_ns ? l->n_marks : l->n_roots;
}

int lineage_learn_task(struct lineage *l, const struct rec_task *ctx)
{
	struct lineage_process *p;
	uint32_t i, parent;
	bool is_new;

	i = own(l, ctx->hdr.tgid, ctx->leader_start_ns, &is_new);
	if (i == NONE)
		return -ENOMEM;
	p = place(l, i);
	if (!is_new) /* whoever the kernel now says the parent is did not create it */
		return 0;
	p->ppid = ctx->ppid;
	p->parent_start_ns = ctx->parent_start_ns;
	parent = lookup(l, p->ppid);
	if (parent != NONE && is_parent(place(l, parent), p))
		(void)inherit(p, place(l, parent), n_inherited(l, p)); /* all of it is news */
	else if (p->ppid != 0 && !p->is_orphan)
		orphan(l, i);
	claim_orphans(l, i);
	return 0;
}

static uint32_t find_or_add(struct lineage *l, uint32_t tgid)
{
	uint32_t i = lookup(l, tgid);

	if (i != NONE)
		return i;
	i = add(l, tgid);
	if (i != NONE)
		mark_root(l, place(l, i));
	return i;
}

int lineage_learn_fork(struct lineage *l, const struct rec_fork *fork)
{
	bool is_leader = fork->child_pid == fork->child_tid, is_new;
	uint64_t start_ns = is_leader ? fork->child_start_ns : fork->leader_start_ns;
	uint32_t i, parent;

	if (fork->child_pid == fork->hdr.tgid) /* a thread */
		return 0;
	parent = find_or_add(l, fork->hdr.tgid);
	i = parent == NONE ? NONE : own(l, fork->child_pid, start_ns, &is_new);
	if (i == NONE)
		return -ENOMEM;
	adopt(l, place(l, i));
	place(l, i)->ppid = place(l, parent)->tgid;
	place(l, i)->parent_start_ns = place(l, parent)->start_ns;
	(void)inherit(place(l, i), place(l, parent), l->n_marks); /* it has no children yet */
	return 0;
}

int lineage_mark(struct lineage *l, uint32_t tgid, size_t mark)
{
	uint32_t i = find_or_add(l, tgid);

	if (i == NONE)
		return -ENOMEM;
	set_mark(place(l, i), mark);
	return 0;
}

void lineage_forget(struct lineage *l, uint32_t tgid)
{
	uint32_t *link, i = lookup(l, tgid);

	if (i == NONE)
		return;
	adopt(l, place(l, i));
	for (link = bucket(l, tgid); *link != i; link = &place(l, *link)->chain)
		;
	*link = place(l, i)->chain;
	place(l, i)->is_used = false;
	place(l, i)->chain = l->vacant;
	l->vacant = i;
	l->n_used--;
}

const struct lineage_process *lineage_find(const struct lineage *l, uint32_t tgid)
{
	uint32_t i = lookup(l, tgid);

	return i == NONE ? NULL : place(l, i);
}

bool lineage_has(const struct lineage_process *p, size_t mark)
{
	return p->marks[mark / 64] >> (mark % 64) & 1;
}

int lineage_take_over(struct lineage *l, const struct lineage *from, const int32_t *map)
{
	for (uint32_t i = 0; i < from->n_places; i++) {
		const struct lineage_process *old = place(from, i);
		struct lineage_process *p;
		uint32_t at;

		if (!old->is_used)
			continue;
		at = add(l, old->tgid);
		if (at == NONE)
			return -ENOMEM;
		p = place(l, at);
		p->ppid = old->ppid;
		p->start_ns = old->start_ns;
		p->parent_start_ns = old->parent_start_ns;
		mark_root(l, p);
		for (size_t mark = 0; mark < from->n_marks; mark++)
			if (map[mark] >= 0 && lineage_has(old, mark))
				set_mark(p, (size_t)map[mark]);
		if (old->is_orphan)
			orphan(l, at);
	}
	hand_down(l);
	return 0;
}

size_t lineage_n_marked(const struct lineage *l)
{
	size_t n = 0;

	for (uint32_t i = 0; i < l->n_places; i++)
		n += place(l, i)->is_used && has_any(l, place(l, i));
	return n;
}

size_t lineage_bytes(const struct lineage *l)
{
	return sizeof(*l) + l->cap * (l->stride + sizeof(uint32_t)) +
	       l->n_roots * sizeof(*l->roots);
}
