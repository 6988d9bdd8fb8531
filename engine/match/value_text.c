/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/match/value_text.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/decode/decode.h"
#include "engine/encode/json_write.h"
#include "engine/encode/symbols.h"
#include "engine/match/value.h"

static char *put(char *p, const void *bytes, size_t len)
{
	if (len > 0)
		memcpy(p, bytes, len);
	return p + len;
}

char *vtext_strings(char *p, const struct decode_value *v)
{
	size_t offset = 0;
	uint32_t n = 0;
	const char *str;
	int len;

	*p++ = '[';
	for (; (len = decode_next_string(v, &offset, &str)) >= 0; n++) {
		if (n > 0)
			*p++ = ' ';
		p = put(p, str, (size_t)len);
	}
	/* `total` counts strings here, and in FK_ARGV it counts bytes. */
	if (v->kind == FK_STRV && v->total > n) {
		if (n > 0)
			*p++ = ' ';
		p = JW_LITERAL(p, "...");
	}
	*p = ']';
	return p + 1;
}

char *vtext_bytes(char *p, const struct decode_value *v)
{
	*p++ = '[';
	for (size_t i = 0; i < v->len; i++) {
		if (i > 0)
			*p++ = ' ';
		p = jw_u64(p, v->bytes[i]);
	}
	*p = ']';
	return p + 1;
}

char *vtext_int2(char *p, const struct decode_value *v)
{
	int32_t pair[2];

	if (v->len < sizeof(pair))
		return NULL;
	memcpy(pair, v->bytes, sizeof(pair));
	*p = '[';
	p = jw_s64(p + 1, pair[0]);
	*p = ' ';
	p = jw_s64(p + 1, pair[1]);
	*p = ']';
	return p + 1;
}

/* As in the event's JSON. */
char *vtext_timespec(char *p, const struct decode_value *v)
{
	int64_t words[2];
	unsigned __int128 ns;
	uint64_t fraction;
	__int128 sum;

	if (v->len < sizeof(words))
		return NULL;
	memcpy(words, v->bytes, sizeof(words));
	sum = (__int128)words[0] * 1000000000 + words[1];
	if (sum < 0)
		*p++ = '-';
	ns = sum < 0 ? -(unsigned __int128)sum : (unsigned __int128)sum;
	p = jw_u64(p, (uint64_t)(ns / 1000000000));
	fraction = (uint64_t)(ns % 1000000000);
	if (fraction == 0)
		return p;
	/* The leading 1 keeps the zeros behind the point; the point takes its place. */
	p = jw_u64(p, fraction + 1000000000);
	p[-10] = '.';
	while (p[-1] == '0')
		p--;
	return p;
}

/* clang-format off */
static const char *const part_names[VTEXT_PARTS] = {
	[VTEXT_WHOLE] = "",
	[VTEXT_FAMILY] = "sa_family",
	[VTEXT_IN_ADDR] = "sin_addr",
	[VTEXT_IN_PORT] = "sin_port",
	[VTEXT_IN6_ADDR] = "sin6_addr",
	[VTEXT_IN6_FLOWINFO] = "sin6_flowinfo",
	[VTEXT_IN6_PORT] = "sin6_port",
	[VTEXT_IN6_SCOPE] = "sin6_scopeid",
	[VTEXT_UN_PATH] = "sun_path",
};
/* clang-format on */

enum vtext_part vtext_part_find(const char *name)
{
	for (unsigned int i = VTEXT_FAMILY; i < VTEXT_PARTS; i++)
		if (strcmp(part_names[i], name) == 0)
			return (enum vtext_part)i;
	return VTEXT_PARTS;
}

/* Linux takes a sockaddr_in6 without the scope, and a sockaddr_in without its padding. */
#define IN_LEN_MIN (offsetof(struct sockaddr_in, sin_addr) + sizeof(struct in_addr))
#define IN6_LEN_MIN offsetof(struct sockaddr_in6, sin6_scope_id)

static char *put_ipv4(char *p, const uint8_t *addr, struct value *ret)
{
	ret->address_len = 4;
	memcpy(ret->address, addr, 4);
	for (int i = 0; i < 4; i++) {
		p = jw_u64(p, addr[i]);
		*p++ = '.';
	}
	return p - 1;
}

/* As Tracee shows it: an IPv4 address in IPv6's clothes is an IPv4 address. */
static char *put_ipv6(char *p, const struct in6_addr *addr, struct value *ret)
{
	char text[INET6_ADDRSTRLEN] = "";

	if (IN6_IS_ADDR_V4MAPPED(addr))
		return put_ipv4(p, &addr->s6_addr[12], ret);
	ret->address_len = 16;
	memcpy(ret->address, addr, 16);
	(void)inet_ntop(AF_INET6, addr, text, sizeof(text)); /* family and room are right */
	return put(p, text, strlen(text));
}

static char *put_number(char *p, uint32_t number, struct value *ret)
{
	ret->is_number = true;
	ret->number = number;
	return jw_u64(p, number);
}

/* Abstract names may contain NULs: each is shown as '@', as in /proc/net/unix. */
static char *put_un(char *p, const uint8_t *path, size_t len, bool is_exact)
{
	if (len > 0 && path[0])
		return put(p, path, strnlen((const char *)path, len));
	if (len < 2 || !(is_exact || path[1]))
		return p;
	if (!is_exact)
		len = 1 + strnlen((const char *)path + 1, len - 1);
	while (len > 1 && path[len - 1] == 0)
		len--;
	for (size_t i = 0; i < len; i++)
		*p++ = (char)(path[i] ? path[i] : '@');
	return p;
}

static uint16_t family_of(const uint8_t *addr, size_t len)
{
	sa_family_t family = AF_UNSPEC;

	if (len >= sizeof(family))
		memcpy(&family, addr, sizeof(family));
	/* Too short for its family: then it has that and nothing else. */
	if ((family == AF_INET && len < IN_LEN_MIN) || (family == AF_INET6 && len < IN6_LEN_MIN))
		return AF_UNSPEC;
	return family;
}

static bool has_part(uint16_t family, size_t len, enum vtext_part part)
{
	switch (part) {
	case VTEXT_FAMILY:
		return len >= sizeof(sa_family_t);
	case VTEXT_IN_ADDR:
	case VTEXT_IN_PORT:
		return family == AF_INET;
	case VTEXT_IN6_ADDR:
	case VTEXT_IN6_FLOWINFO:
	case VTEXT_IN6_PORT:
	case VTEXT_IN6_SCOPE:
		return family == AF_INET6;
	case VTEXT_UN_PATH:
		return family == AF_UNIX;
	case VTEXT_WHOLE:
	case VTEXT_PARTS:
		break;
	}
	return false;
}

static char *put_part(char *p, const uint8_t *addr, size_t len, bool is_exact, enum vtext_part part,
		      struct value *ret)
{
	struct sockaddr_in6 in6 = { .sin6_scope_id = 0 };
	sa_family_t family;
	uint16_t port;

	memcpy(&family, addr, sizeof(family));
	/* The port is at the same place in both families. */
	memcpy(&in6, addr, len < sizeof(in6) ? len : sizeof(in6));
	if (len < sizeof(in6))
		in6.sin6_scope_id = 0;
	port = ntohs(in6.sin6_port);
	switch (part) {
	case VTEXT_FAMILY:
		return p + sym_address_family(p, SYM_TEXT_MAX, family, NULL);
	case VTEXT_IN_ADDR:
		return put_ipv4(p, addr + offsetof(struct sockaddr_in, sin_addr), ret);
	case VTEXT_IN6_ADDR:
		return put_ipv6(p, &in6.sin6_addr, ret);
	case VTEXT_IN_PORT:
	case VTEXT_IN6_PORT:
		return put_number(p, port, ret);
	case VTEXT_IN6_FLOWINFO:
		return put_number(p, ntohl(in6.sin6_flowinfo), ret);
	case VTEXT_IN6_SCOPE:
		return put_number(p, in6.sin6_scope_id, ret);
	case VTEXT_UN_PATH:
		return put_un(p, addr + sizeof(family), len - sizeof(family), is_exact);
	case VTEXT_WHOLE:
	case VTEXT_PARTS:
		break;
	}
	return p;
}

char *vtext_sockaddr(char *p, const uint8_t *addr, size_t len, bool is_exact, enum vtext_part part,
		     struct value *ret)
{
	uint16_t family = family_of(addr, len);
	bool is_first = true;

	ret->address_len = 0;
	if (part != VTEXT_WHOLE)
		return has_part(family, len, part) ? put_part(p, addr, len, is_exact, part, ret)
						   : NULL;
	p = JW_LITERAL(p, "map[");
	/* The enumerators are in the order of their names, as the keys of a printed map are. */
	for (unsigned int i = VTEXT_FAMILY; i < VTEXT_PARTS; i++) {
		if (!has_part(family, len, (enum vtext_part)i))
			continue;
		if (!is_first)
			*p++ = ' ';
		is_first = false;
		p = put(p, part_names[i], strlen(part_names[i]));
		*p++ = ':';
		p = put_part(p, addr, len, is_exact, (enum vtext_part)i, ret);
	}
	ret->is_number = false;
	*p = ']';
	return p + 1;
}
