/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/url.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "common/cleanup.h"
#include "common/nearest.h"
#include "common/quote.h"
#include "engine/sink/url_parts.h"

#define UNRESERVED "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"
#define EXPECTED_CAP 128
#define HOST_MAX 253 /* of a name (RFC 1035) */

struct parser {
	struct surl *u;
	const struct surl_form *form;
	struct err *err;
	const char *part;  /* " url", for messages; "" when there are only keys */
	bool is_secretive; /* a part may hold a piece of a password: none is shown */
};

/* A piece of the text that was given. */
struct span {
	const char *at;
	size_t len;
};

static struct span cut(const char *from, const char *to)
{
	return (struct span){ .at = from, .len = (size_t)(to - from) };
}

static const char *end_of(struct span s)
{
	return s.at + s.len;
}

static const char *find(struct span s, char c)
{
	return s.len > 0 ? memchr(s.at, c, s.len) : NULL;
}

/* A problem with a part that may be shown; " 'part'" goes behind `subject`. */
static int fail_part(struct parser *p, const char *subject, struct span part, const char *what)
{
	char text[QUOTE_MAX + 2], quoted[QUOTE_CAP];
	size_t len = part.len < sizeof(text) - 1 ? part.len : sizeof(text) - 1;

	if (p->is_secretive)
		return err_set(p->err, -EINVAL,
			       "%s%s: %s %s (and there is an '@' behind it: in a user or a "
			       "password '/', '?', '#' and '@' are written %%2F, %%3F, %%23, %%40)",
			       p->form->what, p->part, subject, what);
	memcpy(text, part.at, len);
	text[len] = '\0';
	return err_set(p->err, -EINVAL, "%s%s: %s '%s' %s", p->form->what, p->part, subject,
		       quote_text(quoted, text), what);
}

/* A problem that is told without the text. */
static int fail(struct parser *p, const char *what)
{
	return err_set(p->err, -EINVAL, "%s%s: %s", p->form->what, p->part, what);
}

/* --- Text. --- */

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* One decoded byte at s.at, and how many it was written with; -1: not right. */
static int decode_one(struct span s, bool plus_is_space, size_t *ret_len)
{
	int high, low;

	*ret_len = 1;
	if (*s.at == '+' && plus_is_space)
		return ' ';
	if (*s.at != '%')
		return (unsigned char)*s.at;
	if (s.len < 3)
		return -1;
	high = hex(s.at[1]);
	low = hex(s.at[2]);
	*ret_len = 3;
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* NULL: a '%' without two digits, or a control character. It always fits: what is kept is never
 * longer than what was given, nearly each part has a delimiter to make place for its NUL, and there
 * is more place for the others. */
static const char *keep(struct surl *u, struct span s, bool plus_is_space)
{
	char *begin = u->text + u->text_len, *out = begin;
	size_t len;
	int c;

	while (s.len > 0) {
		c = decode_one(s, plus_is_space, &len);
		if (c < 0x20 || c == 0x7f)
			return NULL;
		*out++ = (char)c;
		s.at += len;
		s.len -= len;
	}
	*out++ = '\0';
	u->text_len = (size_t)(out - u->text);
	return begin;
}

bool surl_escape(char *buf, size_t cap, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t len = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if (cap - len < 4 || cap < len)
			return false;
		if (strchr(UNRESERVED, c)) {
			buf[len++] = (char)c;
			continue;
		}
		buf[len++] = '%';
		buf[len++] = digits[c >> 4];
		buf[len++] = digits[c & 15];
	}
	if (len >= cap)
		return false;
	buf[len] = '\0';
	return true;
}

/* --- Values. --- */

/* NULL: it is right; else what was expected, for which there is place in `expected`. */
static const char *check_value(const struct surl_key *key, const char *value,
			       char expected[static EXPECTED_CAP])
{
	int64_t number;
	bool flag;

	switch (key->type) {
	case SURL_TEXT:
		return NULL;
	case SURL_BOOL:
		return surl_bool_parse(value, &flag) < 0 ? "is not right, expected true or false"
							 : NULL;
	case SURL_DURATION:
		return surl_duration_parse(value, &number) < 0
			       ? "is not right, expected a duration as in 10s or 500ms"
			       : NULL;
	case SURL_NUMBER:
		return surl_number_parse(value, &number) < 0 ? "is not right, expected a number"
							     : NULL;
	case SURL_SIZE:
		return surl_size_parse(value, &number) < 0
			       ? "is not right, expected bytes as in 65536, 64K or 10M"
			       : NULL;
	case SURL_WORD:
		if (surl_word_parse(key->words, value) >= 0)
			return NULL;
		(void)snprintf(expected, EXPECTED_CAP, "is not right, expected %s", key->words);
		return expected;
	}
	return NULL;
}

/* --- Parts, in the order of the text. --- */

static bool is_scheme(const struct surl_form *form, struct span s)
{
	for (const char *const *name = form->schemes; *name; name++)
		if (strlen(*name) == s.len && strncasecmp(*name, s.at, s.len) == 0)
			return true;
	return false;
}

static int fail_scheme(struct parser *p, struct span s)
{
	char list[128] = "is not known, expected ";
	size_t len = strlen(list);

	for (const char *const *name = p->form->schemes; *name && len < sizeof(list); name++)
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s%s",
					name == p->form->schemes ? "" : " or ", *name);
	return fail_part(p, "scheme", s, list);
}

/* Moves *at behind "scheme://", or behind "//", or leaves it. */
static int parse_scheme(struct parser *p, const char **at)
{
	const char *sep = strstr(*at, "://");
	struct span s = cut(*at, sep ? sep : *at);

	/* Not one within the query, or behind a path. */
	if (s.len > 0 && strspn(*at, UNRESERVED) == s.len) {
		if (!is_scheme(p->form, s))
			return fail_scheme(p, s);
		*at = sep + 3;
		p->u->scheme = keep(p->u, s, false);
		for (char *c = p->u->text; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		return 0;
	}
	if (strncmp(*at, "://", 3) == 0)
		*at += 3;
	else if (strncmp(*at, "//", 2) == 0)
		*at += 2;
	if (!p->form->default_scheme)
		return fail(p, "no scheme, expected one as in 'http://'");
	p->u->scheme = p->form->default_scheme;
	return 0;
}

static int parse_user(struct parser *p, struct span s)
{
	const char *colon = find(s, ':');

	if (!colon)
		return fail(p, "user without a password, expected 'user:password@'");
	p->u->user = keep(p->u, cut(s.at, colon), false);
	p->u->password = keep(p->u, cut(colon + 1, end_of(s)), false);
	if (!p->u->user || !p->u->password)
		return fail(p, "user or password has a '%' without two hexadecimal digits behind "
			       "it, or a control character: a '%' is written %25");
	if (!p->u->user[0])
		return fail(p, "password without a user, expected 'user:password@'");
	p->u->has_user = true;
	return 0;
}

static int parse_port(struct parser *p, struct span s)
{
	unsigned int port = 0;

	/* Never shown: in "user:password" without its '@' it is the password. */
	for (size_t i = 0; i < s.len; i++) {
		if (s.len > 5 || !isdigit((unsigned char)s.at[i]))
			return fail(p, "port is not a number from 1 to 65535");
		port = port * 10 + (unsigned int)(s.at[i] - '0');
	}
	if (port > 65535 || (s.len > 0 && port == 0))
		return fail(p, "port is not a number from 1 to 65535");
	if (s.len == 0)
		port = p->form->default_port;
	if (port == 0)
		return fail(p, "no port, expected 'host:port'");
	p->u->port = (uint16_t)port;
	return 0;
}

static int parse_address(struct parser *p, struct span s)
{
	const char *zone = p->u->host = keep(p->u, s, false);
	char address[INET6_ADDRSTRLEN];
	struct in6_addr in6;
	size_t len;

	if (!zone)
		return fail_part(p, "host", s, "is not an IPv6 address");
	len = strcspn(zone, "%"); /* fe80::1%25eth0 */
	if (len >= sizeof(address))
		return fail_part(p, "host", s, "is not an IPv6 address");
	memcpy(address, zone, len);
	address[len] = '\0';
	if (inet_pton(AF_INET6, address, &in6) != 1 || (zone[len] && !zone[len + 1]))
		return fail_part(p, "host", s, "is not an IPv6 address");
	return 0;
}

static int parse_name(struct parser *p, struct span s)
{
	if (s.len == 0)
		return fail(p, "no host, expected 'host:port'");
	if (s.len > HOST_MAX)
		return fail_part(p, "host", s, "is longer than a name may be");
	for (size_t i = 0; i < s.len; i++) {
		if (!isalnum((unsigned char)s.at[i]) && !strchr("-._", s.at[i]))
			return fail_part(p, "host", s, "is not a name or an address");
	}
	p->u->host = keep(p->u, s, false);
	return 0;
}

static int parse_host(struct parser *p, struct span s)
{
	const char *close = s.len > 0 && *s.at == '[' ? find(s, ']') : NULL;
	const char *colon = find(s, ':');
	const char *behind;
	int rc;

	if (s.len > 0 && *s.at == '[') {
		if (!close)
			return fail(p, "'[' without its ']' in the host");
		rc = parse_address(p, cut(s.at + 1, close));
		behind = close + 1;
	} else {
		behind = colon ? colon : end_of(s);
		if (colon && find(cut(colon + 1, end_of(s)), ':'))
			return fail(p,
				    "more than one ':' behind the user, expected 'host:port' (an "
				    "IPv6 address stands in brackets)");
		rc = parse_name(p, cut(s.at, behind));
	}
	if (rc < 0)
		return rc;
	if (behind < end_of(s) && *behind != ':')
		return fail(p, "something between the ']' of the host and the port");
	return parse_port(p, behind < end_of(s) ? cut(behind + 1, end_of(s)) : cut(behind, behind));
}

static int parse_authority(struct parser *p, struct span s)
{
	const char *at = memrchr(s.at, '@', s.len);
	int rc;

	p->is_secretive = strchr(end_of(s), '@') != NULL; /* before it is where it belongs */
	if (at) {
		rc = parse_user(p, cut(s.at, at));
		if (rc < 0)
			return rc;
		s = cut(at + 1, end_of(s));
	}
	return parse_host(p, s);
}

static int parse_unix(struct parser *p, struct span authority, struct span path)
{
	if (authority.len > 0)
		return fail(p, "a unix socket has no host, expected 'unix:///path'");
	if (path.len < 2)
		return fail(p, "no path, expected 'unix:///path'");
	p->u->path = keep(p->u, path, false);
	if (!p->u->path)
		return fail_part(p, "path", path, "has a '%' without two hexadecimal digits");
	if (strlen(p->u->path) > SURL_UNIX_PATH_MAX)
		return fail_part(p, "path", path, "is longer than a socket's may be");
	return 0;
}

static int parse_path(struct parser *p, struct span path)
{
	if (!p->form->has_path && path.len > 1)
		return fail_part(p, "path", path, "is not expected");
	p->u->path = keep(p->u, path, false);
	if (!p->u->path)
		return fail_part(
			p, "path", path,
			"has a '%' without two hexadecimal digits, or a control character");
	return 0;
}

/* --- The query. --- */

static const struct surl_key *find_key(const struct surl_form *form, const char *name)
{
	for (size_t i = 0; i < form->n_keys; i++)
		if (strcmp(form->keys[i].name, name) == 0)
			return &form->keys[i];
	return NULL;
}

static int fail_key(struct parser *p, const char *name, struct span raw)
{
	char what[NEAREST_WORD_MAX + 64];
	struct nearest near;

	nearest_init(&near, name);
	for (size_t i = 0; i < p->form->n_keys; i++)
		nearest_offer(&near, p->form->keys[i].name, strlen(p->form->keys[i].name));
	(void)snprintf(what, sizeof(what), "is not known%s%s%s",
		       near.best[0] ? ", nearest is '" : "", near.best, near.best[0] ? "'" : "");
	return fail_part(p, "key", raw, what);
}

static int check_known(struct parser *p, const struct surl_key *key, const char *value,
		       struct span raw_value)
{
	char text[EXPECTED_CAP];
	const char *expected = check_value(key, value, text);
	char subject[NEAREST_WORD_MAX + 32];

	if (!key->may_repeat && surl_find_param(p->u, key->name))
		return err_set(p->err, -EINVAL, "%s%s: key '%s' is there twice", p->form->what,
			       p->part, key->name);
	if (!expected)
		return 0;
	(void)snprintf(subject, sizeof(subject), "value of '%s'", key->name);
	return fail_part(p, subject, raw_value, expected);
}

static void add_to_target(struct surl *u, struct span param, bool is_first)
{
	size_t len = strlen(u->target);

	/* Never longer than the text, which fits. */
	u->target[len++] = is_first ? '?' : '&';
	memcpy(u->target + len, param.at, param.len);
	u->target[len + param.len] = '\0';
}

static int parse_param(struct parser *p, struct span s, bool *is_first)
{
	const char *equals = find(s, '=');
	struct span raw_key = cut(s.at, equals ? equals : end_of(s));
	struct span raw_value = equals ? cut(equals + 1, end_of(s)) : cut(end_of(s), end_of(s));
	const char *key = keep(p->u, raw_key, true), *value = keep(p->u, raw_value, true);
	const struct surl_key *known;
	int rc;

	if (!key || !value)
		return fail_part(
			p, key ? "value" : "key", key ? raw_value : raw_key,
			"has a '%' without two hexadecimal digits, or a control character");
	known = find_key(p->form, key);
	if (!known && !p->form->keeps_unknown_keys)
		return fail_key(p, key, raw_key);
	rc = known ? check_known(p, known, value, raw_value) : 0;
	if (rc < 0)
		return rc;
	if (p->u->n_params == SURL_PARAMS_MAX)
		return err_set(p->err, -E2BIG, "%s%s: more than %d keys", p->form->what, p->part,
			       SURL_PARAMS_MAX);
	p->u->params[p->u->n_params++] =
		(struct surl_param){ .key = key, .value = value, .is_known = known != NULL };
	if (known && known->is_ours)
		return 0;
	add_to_target(p->u, s, *is_first);
	*is_first = false;
	return 0;
}

static int parse_query(struct parser *p, struct span query)
{
	bool is_first = true;
	int rc = 0;

	while (query.len > 0 && rc == 0) {
		const char *amp = find(query, '&');
		struct span param = cut(query.at, amp ? amp : end_of(query));

		query = amp ? cut(amp + 1, end_of(query)) : cut(end_of(query), end_of(query));
		if (param.len > 0)
			rc = parse_param(p, param, &is_first);
	}
	return rc;
}

static int parse_all(struct parser *p, const char *at)
{
	struct span authority, path, query;
	const char *end;
	int rc;

	if (at[strcspn(at, "\t\n\r ")])
		return fail(p, "has a space or a line's end in it: a space is written %20");
	p->is_secretive = strchr(at, '@') != NULL;
	rc = parse_scheme(p, &at);
	if (rc < 0)
		return rc;
	authority = cut(at, at + strcspn(at, "/?#"));
	path = cut(end_of(authority), end_of(authority) + strcspn(end_of(authority), "?#"));
	end = end_of(path);
	query = *end == '?' ? cut(end + 1, end + 1 + strcspn(end + 1, "#")) : cut(end, end);
	if (strcmp(p->u->scheme, "unix") == 0)
		rc = parse_unix(p, authority, path);
	else
		rc = parse_authority(p, authority);
	if (rc == 0 && *end_of(query) == '#')
		return fail(p, "a '#' is not expected (in a user or a password it is written %23)");
	if (rc == 0 && authority.len > 0)
		rc = parse_path(p, path);
	if (rc < 0)
		return rc;
	memcpy(p->u->target, path.len > 0 ? path.at : "/", path.len > 0 ? path.len : 1);
	return parse_query(p, query);
}

static void clear(struct surl *u)
{
	memset(u, 0, sizeof(*u));
	u->scheme = u->user = u->password = u->host = u->path = "";
}

int surl_parse(struct surl *ret_url, const char *text, const struct surl_form *form,
	       struct err *err)
{
	struct parser p = { .u = ret_url, .form = form, .err = err, .part = " url" };

	clear(ret_url);
	if (strnlen(text, SURL_MAX) == SURL_MAX)
		return err_set(err, -ENAMETOOLONG, "%s url: longer than %d bytes", form->what,
			       SURL_MAX - 1);
	return parse_all(&p, text);
}

int surl_parse_keys(struct surl *ret_url, const char *keys, const struct surl_form *form,
		    struct err *err)
{
	struct parser p = { .u = ret_url, .form = form, .err = err, .part = "" };

	clear(ret_url);
	if (strnlen(keys, SURL_MAX) == SURL_MAX)
		return err_set(err, -ENAMETOOLONG, "%s: keys are longer than %d bytes", form->what,
			       SURL_MAX - 1);
	return parse_query(&p, cut(keys, keys + strlen(keys)));
}

void surl_done(struct surl *u)
{
	explicit_bzero(u, sizeof(*u));
}
