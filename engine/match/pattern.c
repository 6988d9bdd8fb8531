/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/pattern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/*
 * PCRE2 counts its steps anew for each position where a match could start. So the steps for one
 * text are bounded by sharing them among its positions (STEPS_ALL), which is too little for a
 * pattern that goes through a long text once, "^/tmp/.*x$". Positions that need more get
 * STEPS_DEEP for each byte of the text, at STARTS_DEEP positions at most. So a text of 4 KiB that
 * was made to be slow takes some milliseconds and not minutes.
 */
#define STEPS_ALL 100000U
#define STEPS_MIN 50U
#define STEPS_DEEP_MIN 1000U
#define STEPS_DEEP 20U
#define STARTS_DEEP 16U
#define TEXT_MAX 16384U /* bytes that a pattern sees; the longest path has 4096 */

#define FRAMES_BYTES (1U << 20) /* backtracking without machine code */
#define JIT_STACK_MIN (32U << 10)
#define JIT_STACK_MAX (1U << 20)

/*
 * PCRE2 asks for the memory it tracks back in when a match needs it, and keeps it: one block, which
 * is copied into a larger one when it grows. Both come from here, so that a match never allocates.
 */
struct frames {
	uint8_t *bytes; /* mapped: only what is used is ever resident */
	bool is_low_taken, is_high_taken;
};

struct patterns {
	pcre2_code **codes;
	size_t n, cap;
	pcre2_general_context *general;
	pcre2_match_context *context;
	pcre2_match_data *data;
	pcre2_jit_stack *stack; /* NULL: none needed yet */
	struct frames frames;
	bool no_jit;
	bool is_matching; /* memory comes from the frames */
	struct pat_stats stats;
};

static void *take(size_t size, void *arg)
{
	struct patterns *p = arg;
	struct frames *f = &p->frames;

	if (!p->is_matching)
		return malloc(size);
	if (size > FRAMES_BYTES)
		return NULL;
	if (!f->is_low_taken) {
		f->is_low_taken = true;
		return f->bytes;
	}
	if (f->is_high_taken)
		return NULL;
	f->is_high_taken = true;
	return f->bytes + FRAMES_BYTES;
}

static void give(void *block, void *arg)
{
	struct patterns *p = arg;
	struct frames *f = &p->frames;

	if (block && block == f->bytes)
		f->is_low_taken = false;
	else if (block && block == f->bytes + FRAMES_BYTES)
		f->is_high_taken = false;
	else
		free(block);
}

static bool set_up(struct patterns *p)
{
	p->frames.bytes = mmap(NULL, 2 * (size_t)FRAMES_BYTES, PROT_READ | PROT_WRITE,
			       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (p->frames.bytes == MAP_FAILED) {
		p->frames.bytes = NULL;
		return false;
	}
	p->general = pcre2_general_context_create(take, give, p);
	p->context = p->general ? pcre2_match_context_create(p->general) : NULL;
	/* No positions of groups are wanted: room for the match itself is the least there is. */
	p->data = p->general ? pcre2_match_data_create(1, p->general) : NULL;
	if (!p->context || !p->data)
		return false;
	(void)pcre2_set_heap_limit(p->context, FRAMES_BYTES / 1024); /* these return 0 */
	(void)pcre2_set_depth_limit(p->context, STEPS_DEEP * TEXT_MAX + STEPS_DEEP_MIN);
	return true;
}

struct patterns *pat_new(bool no_jit)
{
	struct patterns *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	p->no_jit = no_jit;
	if (!set_up(p)) {
		pat_free(p);
		return NULL;
	}
	return p;
}

void pat_free(struct patterns *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->n; i++)
		pcre2_code_free(p->codes[i]);
	free(p->codes);
	pcre2_match_data_free(p->data);
	pcre2_match_context_free(p->context);
	pcre2_jit_stack_free(p->stack);
	pcre2_general_context_free(p->general);
	if (p->frames.bytes)
		(void)munmap(p->frames.bytes, 2 * (size_t)FRAMES_BYTES);
	free(p);
}

static int refuse(int code, size_t offset, struct err *err)
{
	PCRE2_UCHAR why[256] = "";

	if (code == PCRE2_ERROR_NOMEMORY)
		return err_set(err, -ENOMEM, "pattern: out of memory");
	(void)pcre2_get_error_message(code, why, sizeof(why)); /* cut is fine */
	return err_set(err, -EINVAL, "pattern is not valid at byte %zu: %s", offset,
		       (const char *)why);
}

/* Without it the pattern is interpreted: slower, and otherwise the same. */
static void compile_to_machine_code(struct patterns *p, pcre2_code *code)
{
	size_t n_bytes = 0;

	if (p->no_jit || pcre2_jit_compile(code, PCRE2_JIT_COMPLETE) != 0)
		return;
	if (!p->stack) {
		p->stack = pcre2_jit_stack_create(JIT_STACK_MIN, JIT_STACK_MAX, p->general);
		/* NULL: 32 KiB of the machine stack instead. */
		pcre2_jit_stack_assign(p->context, NULL, p->stack);
	}
	(void)pcre2_pattern_info(code, PCRE2_INFO_JITSIZE, &n_bytes);
	p->stats.n_jit += n_bytes > 0;
	p->stats.n_bytes += n_bytes;
}

int pat_add(struct patterns *p, const char *pattern, size_t len, struct err *err)
{
	size_t offset = 0, n_bytes = 0;
	pcre2_code *code;
	int why = 0;

	if (p->n == p->cap) {
		size_t cap = p->cap ? p->cap * 2 : 8;
		pcre2_code **codes = realloc(p->codes, cap * sizeof(pcre2_code *));

		if (!codes)
			return err_set(err, -ENOMEM, "pattern: out of memory");
		p->codes = codes;
		p->cap = cap;
	}
	code = pcre2_compile((PCRE2_SPTR)pattern, len,
			     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C |
				     PCRE2_USE_OFFSET_LIMIT,
			     &why, &offset, NULL);
	if (!code)
		return refuse(why, offset, err);
	p->codes[p->n] = code;
	(void)pcre2_pattern_info(code, PCRE2_INFO_SIZE, &n_bytes);
	p->stats.n_bytes += n_bytes;
	compile_to_machine_code(p, code);
	p->stats.n_patterns++;
	return (int)p->n++;
}

/* From `first` to `last`, both positions where the match may start. */
static int search(struct patterns *p, const pcre2_code *code, const char *text, size_t len,
		  size_t first, size_t last, size_t n_steps)
{
	int rc;

	(void)pcre2_set_match_limit(p->context, (uint32_t)n_steps); /* these return 0 */
	(void)pcre2_set_offset_limit(p->context, last);
	p->is_matching = true;
	rc = pcre2_match(code, (PCRE2_SPTR)text, len, first, 0, p->data, p->context);
	p->is_matching = false;
	return rc;
}

static bool is_limit(int rc)
{
	return rc < 0 && rc != PCRE2_ERROR_NOMATCH;
}

/* Not within a character. */
static size_t next_start(const char *text, size_t len, size_t at)
{
	while (at < len && ((uint8_t)text[at] & 0xc0) == 0x80)
		at++;
	return at;
}

/* The first position from *first on that takes more than `n_steps`. What lies before it is done:
 * *first is moved there. When there is none, or a match before it, that is returned. */
static int find_limit(struct patterns *p, const pcre2_code *code, const char *text, size_t len,
		      size_t n_steps, size_t *first)
{
	size_t last = len, mid;
	int rc = search(p, code, text, len, *first, last, n_steps), found;

	while (is_limit(rc) && *first < last) {
		mid = *first + (last - *first) / 2;
		found = search(p, code, text, len, *first, mid, n_steps);
		if (found >= 0)
			return found;
		if (is_limit(found))
			last = mid;
		else
			*first = next_start(text, len, mid + 1);
	}
	return rc;
}

/* With more steps for the positions that need them. */
static int search_deep(struct patterns *p, const pcre2_code *code, const char *text, size_t len,
		       size_t n_steps)
{
	size_t first = 0, n_deep = 0;
	int rc = PCRE2_ERROR_NOMATCH;

	while (first <= len && rc == PCRE2_ERROR_NOMATCH) {
		rc = find_limit(p, code, text, len, n_steps, &first);
		if (!is_limit(rc) || n_deep++ == STARTS_DEEP)
			return rc;
		rc = search(p, code, text, len, first, first, STEPS_DEEP_MIN + STEPS_DEEP * len);
		first = next_start(text, len, first + 1);
	}
	return rc;
}

bool pat_matches(struct patterns *p, unsigned int pattern, const char *text, size_t len)
{
	const pcre2_code *code = p->codes[pattern];
	size_t n_steps;
	int rc;

	if (len > TEXT_MAX)
		len = TEXT_MAX;
	n_steps = STEPS_ALL / (len + 1);
	if (n_steps < STEPS_MIN)
		n_steps = STEPS_MIN;
	rc = search(p, code, len > 0 ? text : "", len, 0, len, n_steps);
	if (is_limit(rc))
		rc = search_deep(p, code, text, len, n_steps);
	p->stats.n_limited += is_limit(rc);
	return rc >= 0;
}

void pat_set_limited(struct patterns *p, uint64_t n_limited)
{
	p->stats.n_limited = n_limited;
}

void pat_stats_get(const struct patterns *p, struct pat_stats *ret_stats)
{
	*ret_stats = p->stats;
}
