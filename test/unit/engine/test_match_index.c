/* SPDX-License-Identifier: Apache-2.0 */
/* The index alone, and the index against looking at every condition of every policy. */
#include "test/unit/engine/match_fixture.h"

#include "engine/match/arena.h"
#include "engine/match/index.h"

static struct arena arena;

static void free_arena(void)
{
	arena_done(&arena);
}

static size_t naive_find(const struct idx_key *keys, size_t n, const char *text, uint64_t *ret_ids)
{
	size_t len = strlen(text), n_found = 0;

	*ret_ids = 0;
	for (size_t i = 0; i < n; i++) {
		const struct idx_key *k = &keys[i];
		const char *at =
			k->kind == IDX_SUFFIX && k->len <= len ? text + len - k->len : text;

		if (k->len > len || (k->kind == IDX_EXACT && k->len != len) ||
		    memcmp(at, k->text, k->len) != 0)
			continue;
		*ret_ids |= 1ULL << k->id;
		n_found++;
	}
	return n_found;
}

/* Few letters, so that much is found, and much is nearly found. */
static void random_text(char *out, size_t max, uint64_t *state)
{
	size_t len = rb_next_random(state) % (max + 1);

	for (size_t i = 0; i < len; i++)
		out[i] = "ab"[rb_next_random(state) >> 40 & 1];
	out[len] = '\0';
}

static void check_index(size_t n, uint64_t *state)
{
	static char texts[64][16];
	struct idx_key keys[64], sorted[64];
	const struct idx_entry *found[140];
	uint64_t expected, ids;
	char text[16];
	struct idx *x;

	for (size_t i = 0; i < n; i++) {
		random_text(texts[i], 12, state);
		keys[i] = (struct idx_key){ .text = texts[i],
					    .len = (uint32_t)strlen(texts[i]),
					    .id = (uint32_t)i,
					    .kind = (uint8_t)(rb_next_random(state) >> 33) % 3 };
	}
	memcpy(sorted, keys, sizeof(keys));
	x = idx_new(&arena, sorted, n);
	ck_assert_ptr_nonnull(x);
	ck_assert_uint_le(idx_find_max(x), ARRAY_LEN(found));
	for (unsigned int round = 0; round < 200; round++) {
		size_t n_found, n_ids = 0;

		random_text(text, 14, state);
		ids = 0;
		n_found = idx_find(x, text, strlen(text), found);
		for (size_t i = 0; i < n_found; i++) {
			for (uint32_t k = 0; k < found[i]->n_ids; k++, n_ids++)
				ids |= 1ULL << idx_ids(x)[found[i]->first + k];
		}
		ck_assert_uint_eq(n_ids, naive_find(keys, n, text, &expected));
		ck_assert_uint_eq(ids, expected);
		ck_assert(idx_has(x, text, strlen(text)) == (expected != 0));
	}
}

START_TEST(finds_what_a_search_finds)
{
	uint64_t state = (uint64_t)_i * 77 + 1;

	for (size_t n = 0; n <= 64; n++)
		check_index(n, &state);
}
END_TEST

START_TEST(numbers_are_told_apart)
{
	char a[IDX_NUMBER_LEN], c[IDX_NUMBER_LEN];

	idx_number(a, -1, false);
	idx_number(c, -1, true); /* 2^64 - 1 */
	ck_assert_mem_ne(a, c, sizeof(a));
	idx_number(c, -1, false);
	ck_assert_mem_eq(a, c, sizeof(a));
}
END_TEST

enum subject { PATH, COMM, UID, RETVAL, FLAGS, HOST_PID, TASK_ID, CONTAINER, SUBJECTS };
static const char *const names[SUBJECTS] = { "data.pathname", "comm",    "uid", "retval",
					     "data.flags",    "hostPid", "pid", "container" };

#define TERMS 4
#define CONDS 3
#define RULES 2
#define POLICIES 96
#define EVENTS 60

struct term {
	char op[3];
	char text[24]; /* with its stars */
};

struct cond {
	enum subject subject;
	struct term terms[TERMS];
	unsigned int n;
};

struct rule {
	bool is_set; /* for "fs" instead of openat */
	struct cond conds[CONDS], except[CONDS];
	unsigned int n, n_except;
};

static struct policy {
	struct cond scope[CONDS];
	unsigned int n_scope, n_rules;
	struct rule rules[RULES];
} policies[POLICIES];

static uint64_t state;

static unsigned int below(unsigned int n)
{
	return (unsigned int)(rb_next_random(&state) >> 32) % n;
}

static void random_term(struct term *t, enum subject subject)
{
	static const char *const texts[] = { "/a",  "/a/b", "/a*",  "/a/b*", "*b", "*/c",
					     "*a*", "/a/c", "/b",   "*",     "sh", "bash",
					     "ba*", "*sh",  "*as*", "z*",    "/*", "b*" };
	static const char *const ops[] = { "=", "=", "=", "!=", "<", "<=", ">", ">=" };
	bool is_text = subject == PATH || subject == COMM;

	strcpy(t->op, ops[below(is_text ? 4 : 8)]);
	do {
		if (is_text)
			strcpy(t->text, texts[below(ARRAY_LEN(texts))]);
		else
			(void)snprintf(t->text, sizeof(t->text), "%u", below(4)); /* fits */
	} while (strcmp(t->text, "*") == 0);
}

static void random_cond(struct cond *c, bool is_scope)
{
	do
		c->subject = (enum subject)below(SUBJECTS);
	while (is_scope ? c->subject == PATH || c->subject == RETVAL || c->subject == FLAGS ||
				  c->subject == HOST_PID
			: c->subject == TASK_ID);
	if (c->subject == CONTAINER) {
		c->n = 1;
		strcpy(c->terms[0].op, "=");
		strcpy(c->terms[0].text, below(2) ? "true" : "false");
		return;
	}
	c->n = 1 + below(TERMS);
	for (unsigned int i = 0; i < c->n; i++)
		random_term(&c->terms[i], c->subject);
}

/* No subject twice: the language would make one filter of them. */
static unsigned int random_conds(struct cond *conds, unsigned int max, bool is_scope, bool is_set)
{
	unsigned int n = below(max + 1), kept = 0, used = 0;

	for (unsigned int i = 0; i < n; i++) {
		struct cond *c = &conds[kept];

		random_cond(c, is_scope);
		if (used >> c->subject & 1 ||
		    (is_set && (c->subject == PATH || c->subject == FLAGS)))
			continue;
		used |= 1U << c->subject;
		kept++;
	}
	return kept;
}

static void print_conds(FILE *out, const struct cond *conds, unsigned int n, const char *none)
{
	bool is_first = true;

	fputc('[', out);
	for (unsigned int i = 0; i < n; i++)
		for (unsigned int k = 0; k < conds[i].n; k++, is_first = false)
			fprintf(out, "%s'%s%s%s'", is_first ? "" : ", ", names[conds[i].subject],
				conds[i].terms[k].op, conds[i].terms[k].text);
	fprintf(out, "%s]", is_first ? none : "");
}

static void print_policy(FILE *out, const struct policy *p, unsigned int i)
{
	fprintf(out, "type: policy\nname: p%u\nscope: ", i);
	print_conds(out, p->scope, p->n_scope, "global");
	fputs("\nrules:\n", out);
	for (unsigned int k = 0; k < p->n_rules; k++) {
		fprintf(out, "- event: %s\n  filters: ", p->rules[k].is_set ? "fs" : "openat");
		print_conds(out, p->rules[k].conds, p->rules[k].n, "");
		if (p->rules[k].n_except > 0) {
			fputs("\n  exceptions:\n  - name: x\n    filters: ", out);
			print_conds(out, p->rules[k].except, p->rules[k].n_except, "");
		}
		fputc('\n', out);
	}
}

static void random_policy(struct policy *p)
{
	p->n_scope = random_conds(p->scope, CONDS, true, true);
	p->n_rules = 1 + below(RULES);
	for (unsigned int i = 0; i < p->n_rules; i++) {
		struct rule *r = &p->rules[i];

		r->is_set = i == 1; /* no event twice */
		r->n = random_conds(r->conds, CONDS, false, r->is_set);
		r->n_except = below(3) ? 0 : random_conds(r->except, CONDS, false, r->is_set);
	}
}

static void load_policies(void)
{
	for (unsigned int i = 0; i < POLICIES; i++) {
		struct err err = { 0 };
		char *yaml = NULL;
		size_t len;
		FILE *out = open_memstream(&yaml, &len);

		random_policy(&policies[i]);
		print_policy(out, &policies[i], i);
		ck_assert_int_eq(fclose(out), 0);
		ck_assert_msg(pol_set_parse(set, yaml, len, "random", &err) >= 0, "%s in\n%s",
			      err.text, yaml);
		free(yaml);
	}
}

/* What the event is, as the test knows it. */
static struct truth {
	char path[16], comm[16];
	long uid, retval, flags, pid, tid;
	bool in_container;
} truth;

static bool naive_text(const char *pattern, const char *text)
{
	size_t n = strlen(pattern), len = strlen(text);
	char part[24];

	if (n > 1 && pattern[0] == '*' && pattern[n - 1] == '*') {
		(void)snprintf(part, sizeof(part), "%.*s", (int)n - 2, pattern + 1);
		return strstr(text, part) != NULL;
	}
	if (pattern[n - 1] == '*')
		return strncmp(pattern, text, n - 1) == 0;
	if (pattern[0] == '*')
		return len >= n - 1 && strcmp(pattern + 1, text + len - (n - 1)) == 0;
	return strcmp(pattern, text) == 0;
}

static bool naive_number(const char *op, long a, long c)
{
	if (op[0] == '<')
		return op[1] ? a <= c : a < c;
	if (op[0] == '>')
		return op[1] ? a >= c : a > c;
	return a == c;
}

static bool naive_cond_of(const struct cond *c, const char *text, long number)
{
	bool any_range = false, all_ranges = true, any_not = false, any_not_holds = false;

	for (unsigned int i = 0; i < c->n; i++) {
		const struct term *t = &c->terms[i];
		bool holds = text ? naive_text(t->text, text)
				  : naive_number(t->op, number, atol(t->text));

		if (strcmp(t->op, "=") == 0 && holds)
			return true;
		if (strcmp(t->op, "!=") == 0) {
			any_not = true;
			any_not_holds |= holds;
		} else if (strcmp(t->op, "=") != 0) {
			any_range = true;
			all_ranges &= holds;
		}
	}
	return any_range ? all_ranges : any_not && !any_not_holds;
}

static bool naive_cond(const struct cond *c)
{
	switch (c->subject) {
	case PATH:
		return naive_cond_of(c, truth.path, 0);
	case COMM:
		return naive_cond_of(c, truth.comm, 0);
	case UID:
		return naive_cond_of(c, NULL, truth.uid);
	case RETVAL:
		return naive_cond_of(c, NULL, truth.retval);
	case FLAGS:
		return naive_cond_of(c, NULL, truth.flags);
	case HOST_PID:
		return naive_cond_of(c, NULL, truth.pid);
	case TASK_ID:
		return naive_cond_of(c, NULL, truth.pid) || naive_cond_of(c, NULL, truth.tid);
	case CONTAINER:
		return (strcmp(c->terms[0].text, "true") == 0) == truth.in_container;
	case SUBJECTS:
		break;
	}
	return false;
}

static bool naive_conds(const struct cond *conds, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++)
		if (!naive_cond(&conds[i]))
			return false;
	return true;
}

static bool naive_policy(const struct policy *p)
{
	bool matches = false;

	for (unsigned int i = 0; i < p->n_rules && naive_conds(p->scope, p->n_scope); i++) {
		const struct rule *r = &p->rules[i];

		matches |= naive_conds(r->conds, r->n) &&
			   !(r->n_except > 0 && naive_conds(r->except, r->n_except));
	}
	return matches;
}

static void random_event(void)
{
	static const char *const paths[] = { "/a", "/a/b", "/a/c", "/b", "/ab", "b", "", "/c" };
	static const char *const comms[] = { "sh", "bash", "ash", "b", "zsh" };

	strcpy(truth.path, paths[below(ARRAY_LEN(paths))]);
	strcpy(truth.comm, comms[below(ARRAY_LEN(comms))]);
	truth.uid = below(4);
	truth.retval = below(4);
	truth.flags = below(4);
	truth.pid = below(4);
	truth.tid = below(4);
	truth.in_container = below(2);
	make_openat(truth.path);
	b.rec.ret = truth.retval;
	b.rec.tgid = (uint32_t)truth.pid;
	b.rec.tid = (uint32_t)truth.tid;
	rb_arg(&b, 2, (uint64_t)truth.flags);
	memset(task.ctx.comm, 0, sizeof(task.ctx.comm));
	memcpy(task.ctx.comm, truth.comm, strlen(truth.comm));
	task.ctx.uid = (uint32_t)truth.uid;
	ev.container = truth.in_container ? &container : NULL;
}

static void check_event(void)
{
	char *yaml = NULL;
	size_t len;

	random_event();
	(void)match_event(match, &ev);
	for (unsigned int i = 0, at = 0; i < POLICIES; i++) {
		bool has = at < ev.n_matched && ev.matched[at] == i;
		FILE *out;

		at += has;
		if (has == naive_policy(&policies[i]))
			continue;
		out = open_memstream(&yaml, &len);
		print_policy(out, &policies[i], i);
		(void)fclose(out);
		ck_abort_msg("%s '%s' %s uid %ld ret %ld flags %ld pid %ld tid %ld in %d:\n%s",
			     has ? "matched" : "not matched", truth.path, truth.comm, truth.uid,
			     truth.retval, truth.flags, truth.pid, truth.tid, truth.in_container,
			     yaml);
	}
}

START_TEST(random_policies_and_events)
{
	state = (uint64_t)_i * 7919 + 3;
	for (unsigned int round = 0; round < 4; round++) {
		begin_policies();
		load_policies();
		compile_policies();
		for (unsigned int i = 0; i < EVENTS; i++)
			check_event();
	}
}
END_TEST

static Suite *match_index_suite(void)
{
	Suite *s = suite_create("match_index");
	TCase *alone = tcase_create("alone"), *all = tcase_create("policies");

	tcase_add_checked_fixture(alone, NULL, free_arena);
	tcase_add_loop_test(alone, finds_what_a_search_finds, 0, 8);
	tcase_add_test(alone, numbers_are_told_apart);
	suite_add_tcase(s, alone);
	tcase_add_checked_fixture(all, fixture_setup, fixture_teardown);
	tcase_set_timeout(all, 60);
	tcase_add_loop_test(all, random_policies_and_events, 0, 20);
	suite_add_tcase(s, all);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(match_index_suite());
	int n_failed;

	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
