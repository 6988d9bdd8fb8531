/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter_term.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/nearest.h"
#include "common/quote.h"
#include "engine/policy/filter_pattern.h"

const char *fterm_operators(const struct fterm_rules *rules)
{
	if (rules->is_text)
		return rules->is_ordered ? "= != < <= > >= =~ !~" : "= != =~ !~";
	return rules->is_ordered ? "= != < <= > >=" : "= !=";
}

/* Decimal, or hexadecimal behind 0x. False: it is not a number of 64 bits. */
static bool parse_number(const char *text, struct pol_term *term)
{
	bool is_negative = *text == '-';
	unsigned int base = 10;
	uint64_t value = 0;

	text += is_negative;
	if (!is_negative && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
		base = 16;
		text += 2;
	}
	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit = 16;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned int)(*text - '0');
		else if ((*text | 0x20) >= 'a' && (*text | 0x20) <= 'f')
			digit = (unsigned int)((*text | 0x20) - 'a') + 10;
		if (digit >= base || __builtin_mul_overflow(value, base, &value) ||
		    __builtin_add_overflow(value, digit, &value))
			return false;
	}
	if (is_negative && value > (uint64_t)INT64_MAX + 1)
		return false;
	term->number = (int64_t)(is_negative ? -value : value);
	term->is_unsigned = !is_negative && value > INT64_MAX;
	return true;
}

static bool is_in_range(const struct fterm_rules *rules, const struct pol_term *term)
{
	if (!term->is_unsigned && term->number < 0)
		return rules->is_signed;
	return (uint64_t)term->number <= (rules->max ? rules->max : UINT64_MAX);
}

static int read_number(const struct fterm_rules *rules, struct pol_term *term, struct err *err)
{
	char shown[QUOTE_CAP];

	if (parse_number(term->text, term) && is_in_range(rules, term)) {
		term->kind = POL_TERM_NUMBER;
		term->is_number = true;
		return 0;
	}
	quote_text(shown, term->text);
	if (rules->is_signed || !rules->max)
		return err_set(err, -EINVAL, "'%s' is not a number of 64 bits", shown);
	return err_set(err, -EINVAL, "'%s' is not a number from 0 to %llu", shown,
		       (unsigned long long)rules->max);
}

/* The prefix's length, or -1. */
static int parse_bits(const char *text, int max)
{
	struct pol_term number;

	if (!*text || strlen(text) > 3 || strspn(text, "0123456789") != strlen(text) ||
	    !parse_number(text, &number) || number.number > max)
		return -1;
	return (int)number.number;
}

static bool parse_address(const char *text, struct pol_term *term)
{
	term->net_bytes = inet_pton(AF_INET, text, term->net) == 1 ? 4 : 16;
	return term->net_bytes == 4 || inet_pton(AF_INET6, text, term->net) == 1;
}

/* An IPv4 address in IPv6's clothes is printed as an IPv4 address, so it is looked for as one. */
static void undress_ipv4(struct pol_term *term)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (term->net_bytes != 16 || term->net_bits < 96 || memcmp(term->net, mapped, 12) != 0)
		return;
	memmove(term->net, term->net + 12, 4);
	memset(term->net + 4, 0, 12);
	term->net_bytes = 4;
	term->net_bits -= 96;
}

static void clear_host_bits(struct pol_term *term)
{
	for (unsigned int i = term->net_bits; i < term->net_bytes * 8U; i++)
		term->net[i / 8] &= (uint8_t) ~(0x80U >> i % 8);
}

/* "10.0.0.0/8"; or an address that is written in another way than it is printed. */
static int read_address(struct pol_term *term, struct err *err)
{
	char address[INET6_ADDRSTRLEN] = "", printed[INET6_ADDRSTRLEN], shown[QUOTE_CAP];
	size_t len = strcspn(term->text, "/");
	bool has_bits = term->text[len] == '/';
	int bits;

	if (len < sizeof(address))
		memcpy(address, term->text, len);
	if (!parse_address(address, term)) {
		memset(term->net, 0, sizeof(term->net));
		term->net_bytes = 0;
		bits = -1;
	} else {
		bits = term->net_bytes * 8;
		bits = has_bits ? parse_bits(term->text + len + 1, bits) : bits;
	}
	if (bits < 0 && !has_bits)
		return 0; /* some other text */
	if (bits < 0)
		return err_set(err, -EINVAL,
			       "'%s' is not a network; expected one such as 10.0.0.0/8 or "
			       "fd00::/8",
			       quote_text(shown, term->text));
	term->net_bits = (uint8_t)bits;
	undress_ipv4(term);
	clear_host_bits(term);
	term->kind = POL_TERM_NETWORK;
	if (has_bits ||
	    !inet_ntop(term->net_bytes == 4 ? AF_INET : AF_INET6, term->net, printed,
		       sizeof(printed)) ||
	    strcmp(printed, term->text) != 0)
		return 0;
	term->kind = POL_TERM_EXACT;
	memset(term->net, 0, sizeof(term->net));
	term->net_bytes = term->net_bits = 0;
	return 0;
}

static int read_syscall(struct pol_term *term, struct err *err)
{
	const struct event_def *def = event_def_find_name(term->text);
	char shown[QUOTE_CAP];
	struct nearest near;

	if ((def && def->is_syscall) || (term->is_number && term->number >= 0))
		return 0;
	nearest_init(&near, term->text);
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		if (event_defs[i].is_syscall)
			nearest_offer(&near, event_defs[i].name, strlen(event_defs[i].name));
	quote_text(shown, term->text);
	if (!near.best[0])
		return err_set(err, -ENOENT, "system call '%s' is not known", shown);
	return err_set(err, -ENOENT, "system call '%s' is not known; did you mean '%s'?", shown,
		       near.best);
}

/* Takes "host:" or "4026531840:" off the text. */
static void read_mount_namespace(struct pol_term *term)
{
	char *colon = strchr(term->text, ':');
	struct pol_term number;

	if (!colon || colon[1] != '/')
		return;
	*colon = '\0';
	term->on_host_mnt = !strcmp(term->text, "host");
	if (!term->on_host_mnt && parse_number(term->text, &number) && number.number > 0 &&
	    number.number <= UINT32_MAX)
		term->mnt_ns = (uint32_t)number.number;
	*colon = ':';
	if (!term->on_host_mnt && !term->mnt_ns)
		return;
	term->len -= (uint32_t)(colon + 1 - term->text);
	memmove(term->text, colon + 1, term->len + 1U);
}

static int read_executable(struct pol_term *term, struct err *err)
{
	bool is_from_start = term->kind == POL_TERM_EXACT || term->kind == POL_TERM_PREFIX;
	char shown[QUOTE_CAP];

	quote_text(shown, term->text);
	if (is_from_start && *term->text != '/')
		return err_set(err, -EINVAL,
			       "'%s' is not a path; expected one that begins with '/', perhaps "
			       "with 'host:' or the number of a mount namespace and ':' before it",
			       shown);
	if (term->kind != POL_TERM_EXACT && (term->on_host_mnt || term->mnt_ns))
		return err_set(err, -EINVAL,
			       "'%s' has a mount namespace and a '*'; expected a whole path behind "
			       "a mount namespace",
			       shown);
	return 0;
}

/* The kernel keeps the beginning of a name that is too long, so that is what is compared. */
static int fit_text(const struct fterm_rules *rules, struct pol_term *term, struct err *err)
{
	char shown[QUOTE_CAP];

	if (!rules->text_cap || term->len <= rules->text_cap)
		return 0;
	if (term->kind == POL_TERM_SUFFIX || term->kind == POL_TERM_CONTAINS)
		return err_set(err, -EINVAL,
			       "'%s' is longer than the %u bytes that the kernel keeps",
			       quote_text(shown, term->text), rules->text_cap);
	term->len = rules->text_cap;
	term->text[term->len] = '\0';
	return 0;
}

/* x*, *x, *x*; a star in the middle is a star. */
static int read_stars(struct pol_term *term, struct err *err)
{
	bool at_start = term->text[0] == '*';
	bool at_end = term->text[term->len - 1] == '*';

	if (term->len <= 2 && strspn(term->text, "*") == term->len)
		return err_set(err, -EINVAL, "'%s' alone is every text; expected x*, *x or *x*",
			       term->text);
	if (at_end)
		term->text[--term->len] = '\0';
	if (at_start)
		memmove(term->text, term->text + 1, term->len--);
	term->kind = POL_TERM_EXACT;
	if (at_start && at_end)
		term->kind = POL_TERM_CONTAINS;
	else if (at_start)
		term->kind = POL_TERM_SUFFIX;
	else if (at_end)
		term->kind = POL_TERM_PREFIX;
	return 0;
}

static int read_text(const struct fterm_rules *rules, struct pol_term *term, struct err *err)
{
	int rc = 0;

	if (rules->is_executable)
		read_mount_namespace(term);
	rc = read_stars(term, err);
	if (rc == 0 && rules->is_executable)
		rc = read_executable(term, err);
	if (rc == 0)
		rc = fit_text(rules, term, err);
	if (rc < 0 || term->kind != POL_TERM_EXACT)
		return rc;
	if (rules->is_number || rules->is_syscall)
		term->is_number = parse_number(term->text, term);
	if (rules->is_syscall)
		return read_syscall(term, err);
	return rules->is_address ? read_address(term, err) : 0;
}

/* Takes a term's text into the list, in which it lies. NULL with err. */
static struct pol_term *new_term(struct fterm_list *list, const char *text, size_t len,
				 enum pol_op op, struct err *err)
{
	struct pol_term *items = list->items;
	size_t n = list->n;
	char *copy = NULL;
	int rc = 0;

	if (!len)
		rc = err_set(err, -EINVAL, "a value is empty");
	else if (len > POL_FILTER_TEXT_MAX)
		rc = err_set(err, -E2BIG, "a value is longer than %d bytes", POL_FILTER_TEXT_MAX);
	else if (n == POL_FILTER_TERMS_MAX)
		rc = err_set(err, -E2BIG, "there are more than %d values", POL_FILTER_TERMS_MAX);
	if (rc < 0)
		return NULL;
	if ((n & (n - 1)) == 0) /* full: room doubles at each power of two */
		items = reallocarray(items, n ? 2 * n : 1, sizeof(*items));
	if (items) {
		list->items = items;
		copy = strndup(text, len);
	}
	if (!copy) {
		(void)err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	items[n] = (struct pol_term){ .op = (uint8_t)op, .len = (uint32_t)len, .text = copy };
	list->n++;
	return &items[n];
}

static int read_pattern(struct fterm_list *list, enum pol_op op, const char *value, struct err *err)
{
	struct pol_term *term = new_term(list, value, strlen(value), op, err);

	if (!term)
		return err->code;
	term->kind = POL_TERM_PATTERN;
	return fpattern_check(term->text, term->len, err);
}

int fterm_read(struct fterm_list *list, const struct fterm_rules *rules, enum pol_op op,
	       bool is_pattern, const char *value, struct err *err)
{
	bool is_number = !rules->is_text || op > POL_OP_DIFFERENT;
	const char *at = value, *end;
	struct pol_term *term;
	int rc;

	if (is_pattern)
		return read_pattern(list, op, value, err);
	for (;; at = end + 1) {
		end = strchrnul(at, ',');
		term = new_term(list, at, (size_t)(end - at), op, err);
		if (!term)
			return err->code;
		rc = is_number ? read_number(rules, term, err) : read_text(rules, term, err);
		if (rc < 0 || !*end)
			return rc;
	}
}

void fterm_done(struct fterm_list *list)
{
	for (size_t i = 0; i < list->n; i++)
		free(list->items[i].text);
	free(list->items);
}
