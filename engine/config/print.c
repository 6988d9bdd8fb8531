/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/print.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/options_text.h"
#include "engine/config/config.h"

#define TEXT_CAP 8192
#define MASK "***"

/* --- Secrets ---------------------------------------------------------------------------------- */

/* A key behind the '?' of a URL whose value is nobody else's business. */
static bool is_secret_word(const char *word, size_t len)
{
	static const char *const words[] = { "sharedKey", "header", "password", "token" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (strlen(words[i]) == len && strncasecmp(words[i], word, len) == 0)
			return true;
	return false;
}

struct text {
	char *buf;
	size_t len, cap;
};

static void put(struct text *t, const char *from, size_t len)
{
	if (len > t->cap - t->len - 1)
		len = t->cap - t->len - 1;
	memcpy(t->buf + t->len, from, len);
	t->len += len;
	t->buf[t->len] = '\0';
}

/* "tcp://user:password@host?sharedKey=x": all between the first ':' and the last '@', and what
 * stands behind the '=' of such keys. */
static void mask_url(struct text *t, const char *url)
{
	const char *host = strstr(url, "://"), *at = strrchr(url, '@'), *colon, *query;

	host = host ? host + 3 : url;
	colon = at ? memchr(host, ':', (size_t)(at - host)) : NULL;
	if (at && at > host && colon) {
		put(t, url, (size_t)(colon + 1 - url));
		put(t, MASK, strlen(MASK));
		url = at;
	}
	for (query = strpbrk(url, "?&"); query; query = strpbrk(query + 1, "?&")) {
		size_t len = strcspn(query + 1, "=&|");

		if (query[1 + len] != '=' || !is_secret_word(query + 1, len))
			continue;
		put(t, url, (size_t)(query + 2 + len - url));
		put(t, MASK, strlen(MASK));
		url = query + 2 + len + strcspn(query + 2 + len, "&|");
	}
	put(t, url, strlen(url));
}

const char *cprint_masked(const struct config_value *value, char *buf, size_t cap)
{
	struct text t = { .buf = buf, .cap = cap };
	const char *word = strrchr(value->path, '.');

	*buf = '\0';
	if ((value->key->flags & CKEY_SECRET) ||
	    (value->key->kind == CKEY_PARAM && word && is_secret_word(word + 1, strlen(word + 1))))
		put(&t, MASK, strlen(MASK));
	else if (value->key->flags & CKEY_OUTPUT)
		mask_url(&t, value->text);
	else
		put(&t, value->text, strlen(value->text));
	return buf;
}

/* --- YAML ------------------------------------------------------------------------------------- */

/* Words that other readers of YAML take for something else are quoted too. */
static bool is_plain(const char *text)
{
	static const char *const others[] = { "null", "on", "off", "yes", "no", "y", "n" };
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/_.-";

	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		if (strcasecmp(text, others[i]) == 0)
			return false;
	return *text && *text != '-' && *text != '.' && !text[strspn(text, letters)];
}

static void print_scalar(FILE *out, const char *text)
{
	if (is_plain(text)) {
		fputs(text, out);
		return;
	}
	fputc('"', out);
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (c == '"' || c == '\\')
			fprintf(out, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
	fputc('"', out);
}

/* Depth of the last word of a path. */
static int depth_of(const char *path)
{
	int depth = 0;

	for (; *path; path++)
		depth += *path == '.';
	return depth;
}

/* The sections of `path` that `last` was not in, each on a line. Behind `mark` ("" or "#"). */
static void print_sections(FILE *out, const char *last, const char *path, const char *mark)
{
	const char *word = path;
	int depth = 0;

	for (const char *dot = strchr(path, '.'); dot; dot = strchr(word, '.')) {
		size_t len = (size_t)(dot - path) + 1;

		if (strncmp(last, path, len) != 0)
			fprintf(out, "%s%*s%.*s:\n", mark, 2 * depth, "", (int)(dot - word), word);
		word = dot + 1;
		depth++;
	}
}

static const char *word_of(const char *path)
{
	const char *dot = strrchr(path, '.');

	return dot ? dot + 1 : path;
}

/* --- What is in force ------------------------------------------------------------------------- */

struct entry {
	const char *path;
	const struct ckey *key;
	const struct config_value *values; /* NULL: as it is by itself */
	size_t n;
};

/* Words in order, so that a section stays together. */
static int compare_entries(const void *a, const void *b)
{
	const unsigned char *x = (const unsigned char *)((const struct entry *)a)->path;
	const unsigned char *y = (const unsigned char *)((const struct entry *)b)->path;

	while (*x && *x == *y) {
		x++;
		y++;
	}
	return (*x == '.' ? 1 : *x) - (*y == '.' ? 1 : *y);
}

static size_t collect(const struct config *c, struct entry *entries)
{
	const struct ckey *key;
	size_t n = 0;

	for (size_t i = 0; i < c->n; i += entries[n - 1].n) {
		entries[n] = (struct entry){ .path = c->values[i].path, .key = c->values[i].key };
		entries[n].values = config_find(c, entries[n].path, &entries[n].n);
		n++;
	}
	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++)
		if (key->standard && !key->instead && !strpbrk(key->path, "*#&") &&
		    !config_find(c, key->path, NULL))
			entries[n++] = (struct entry){ .path = key->path, .key = key };
	qsort(entries, n, sizeof(*entries), compare_entries);
	return n;
}

static void print_from(FILE *out, const struct config_value *value)
{
	char where[256];

	fprintf(out, "  # %s\n", config_where(&value->from, where, sizeof(where)));
}

static void print_entry(FILE *out, const struct entry *e)
{
	char masked[TEXT_CAP];
	int indent = 2 * depth_of(e->path);
	bool is_list = e->key->kind == CKEY_LIST || e->n > 1;

	fprintf(out, "%*s%s:", indent, "", word_of(e->path));
	if (!e->values) {
		fputc(' ', out);
		print_scalar(out, e->key->standard);
		fputs("  # default\n", out);
		return;
	}
	if (is_list)
		fputc('\n', out);
	for (size_t i = 0; i < e->n; i++) {
		if (is_list)
			fprintf(out, "%*s- ", indent + 2, "");
		else
			fputc(' ', out);
		print_scalar(out, cprint_masked(&e->values[i], masked, sizeof(masked)));
		print_from(out, &e->values[i]);
	}
}

int cprint_config(FILE *out, const struct config *c)
{
	struct entry *entries;
	const char *last = "";
	size_t n = c->n;

	while (ckey_at(n - c->n))
		n++;
	entries = calloc(n + 1, sizeof(*entries));
	if (!entries)
		return -ENOMEM;
	n = collect(c, entries);
	for (size_t i = 0; i < n; i++) {
		print_sections(out, last, entries[i].path, "");
		print_entry(out, &entries[i]);
		last = entries[i].path;
	}
	free(entries);
	return 0;
}

/* --- The example ------------------------------------------------------------------------------ */

static bool is_usual(const struct ckey *key)
{
	return key->standard && !key->instead && !strpbrk(key->path, "*#&");
}

/* Is there a usual key in the section that the first `len` bytes of the path name? */
static bool is_live(const char *path, size_t len)
{
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++)
		if (is_usual(key) && strncmp(key->path, path, len) == 0)
			return true;
	return false;
}

static const char *placeholder(const struct ckey *key, char *buf, size_t cap)
{
	if (key->standard)
		return key->standard;
	switch (key->kind) {
	case CKEY_WORD:
		(void)snprintf(buf, cap, "%.*s", (int)strcspn(key->words, "|"), key->words);
		return buf;
	case CKEY_NUMBER:
	case CKEY_SIZE:
		(void)snprintf(buf, cap, "%llu", (unsigned long long)key->min); /* fits */
		return buf;
	default:
		return "";
	}
}

/* '*' by the name of a peer, so that what is commented out is YAML too. */
static void example_path(const char *path, char *buf, size_t cap)
{
	const char *star = strchr(path, '*');

	if (star)
		(void)snprintf(buf, cap, "%.*sNAME%s", (int)(star - path), path,
			       star + 1); /* fits */
	else
		(void)snprintf(buf, cap, "%s", path); /* fits */
}

static void print_example_sections(FILE *out, const char *last, const char *path)
{
	for (const char *dot = strchr(path, '.'); dot; dot = strchr(dot + 1, '.')) {
		size_t len = (size_t)(dot - path) + 1;
		const char *word = dot;

		if (strncmp(last, path, len) == 0)
			continue;
		while (word > path && word[-1] != '.')
			word--;
		fprintf(out, "%s%*s%.*s:\n", is_live(path, len) ? "" : "#",
			2 * depth_of(path) - 2 * depth_of(dot), "", (int)(dot - word), word);
	}
}

static void print_example_key(FILE *out, const struct ckey *key, const char *path)
{
	char value[64];
	int indent = 2 * depth_of(path);

	if (key->kind == CKEY_PARAM) {
		fprintf(out, "%*s# ... and %s\n", indent, "", key->help);
		return;
	}
	fprintf(out, "%*s# %s", indent, "", key->help);
	if (key->words)
		fprintf(out, " (%s)", key->words);
	fprintf(out, "\n%s%*s%s: ", is_usual(key) ? "" : "#", indent, "", word_of(path));
	if (key->kind == CKEY_LIST)
		fputs("[]", out);
	else
		print_scalar(out, placeholder(key, value, sizeof(value)));
	fputc('\n', out);
}

void cprint_example(FILE *out)
{
	char path[CKEY_PATH_MAX + 1], last[CKEY_PATH_MAX + 1] = "";
	const struct ckey *key;

	fputs("# Warder's configuration: every key, with what it is when it is not given. Lines "
	      "that\n"
	      "# begin with '#' have no such value. 'warder config example' prints this file,\n"
	      "# 'warder man config' says more; Tracee's configuration files are understood too.\n",
	      out);
	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		if (key->instead)
			continue;
		example_path(key->path, path, sizeof(path));
		if (strncmp(last, path, strcspn(path, ".") + 1) != 0)
			fputc('\n', out);
		print_example_sections(out, last, path);
		print_example_key(out, key, path);
		memcpy(last, path, sizeof(last));
	}
}

/* --- The manual ------------------------------------------------------------------------------- */

static void roff(FILE *out, const char *text)
{
	options_text_roff(out, text);
}

static void print_key(FILE *out, const struct ckey *key)
{
	char variable[CKEY_PATH_MAX + 1];

	fputs(".TP\n\\fB", out);
	roff(out, key->path);
	fputs("\\fR (", out);
	roff(out, key->words ? key->words : ckey_kind_name(key->kind));
	if (key->standard && !key->instead && *key->standard) {
		fputs(", default ", out);
		roff(out, key->standard);
	}
	fputs(")\n", out);
	roff(out, key->instead ? key->instead : key->help);
	fputs(".\n", out);
	if (key->instead)
		return;
	if (key->flags & (CKEY_LOG | CKEY_LIVE))
		fputs("Changes when the configuration is reloaded.\n", out);
	if (key->level == CKEY_INCUBATING)
		fputs("It may still change with a new version.\n", out);
	if (ckey_env_name(key, variable, sizeof(variable))) {
		fputs("Environment: ", out);
		roff(out, variable);
		fputs(".\n", out);
	}
}

static void print_keys(FILE *out, bool is_honoured)
{
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++)
		if (!key->instead == is_honoured && (is_honoured || *key->instead))
			print_key(out, key);
}

void cprint_reference(FILE *out)
{
	const char *name, *path;

	fputs(".SH KEYS\nIn a path, * is a name that you give, # a place in a list, & a key of "
	      "that kind of output (\\fBwarder man outputs\\fR).\n",
	      out);
	print_keys(out, true);
	fputs(".SH OTHER NAMES\nThose of Tracee's main branch:\n", out);
	for (size_t i = 0; ckey_alias_at(i, &name, &path); i++) {
		fputs(".TP\n\\fB", out);
		roff(out, name);
		fputs("\\fR\n", out);
		roff(out, path);
		fputs("\n", out);
	}
	fputs(".SH WITHOUT EFFECT\nTracee's keys that Warder knows and cannot honour. Where one "
	      "would have made a difference, a warning says so at the start.\n",
	      out);
	print_keys(out, false);
}
