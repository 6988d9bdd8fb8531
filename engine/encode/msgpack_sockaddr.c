/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/msgpack_sockaddr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/encode/json_sockaddr.h"
#include "engine/encode/json_write.h"
#include "engine/encode/msgpack_write.h"
#include "engine/encode/symbols.h"

/* A number as a text, as Tracee has it. */
static uint8_t *put_number(uint8_t *p, uint32_t value)
{
	char text[JW_NUMBER_MAX + JW_SLACK];

	return mpw_str(p, text, (size_t)(jw_u64(text, value) - text));
}

static uint8_t *put_ipv4(uint8_t *p, const uint8_t addr[static 4])
{
	char text[INET_ADDRSTRLEN + JW_SLACK], *at = text;

	for (int i = 0; i < 4; i++) {
		at = jw_u64(at, addr[i]);
		*at++ = '.';
	}
	return mpw_str(p, text, (size_t)(at - 1 - text));
}

static uint8_t *put_ipv6(uint8_t *p, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	if (IN6_IS_ADDR_V4MAPPED(addr))
		return put_ipv4(p, &addr->s6_addr[12]);
	/* Neither cause of a failure (family, room) is possible. */
	if (!inet_ntop(AF_INET6, addr, text, sizeof(text)))
		text[0] = '\0';
	return mpw_str(p, text, strlen(text));
}

static uint8_t *put_in(uint8_t *p, const uint8_t *addr)
{
	uint16_t port;

	memcpy(&port, addr + offsetof(struct sockaddr_in, sin_port), sizeof(port));
	p = put_number(MPW_LITERAL(p, "sin_port"), ntohs(port));
	return put_ipv4(MPW_LITERAL(p, "sin_addr"), addr + offsetof(struct sockaddr_in, sin_addr));
}

static uint8_t *put_in6(uint8_t *p, const uint8_t *addr, size_t len)
{
	struct sockaddr_in6 in6 = { .sin6_scope_id = 0 };

	memcpy(&in6, addr, len < sizeof(in6) ? JSOCK_IN6_LEN_MIN : sizeof(in6));
	p = put_number(MPW_LITERAL(p, "sin6_port"), ntohs(in6.sin6_port));
	p = put_number(MPW_LITERAL(p, "sin6_flowinfo"), ntohl(in6.sin6_flowinfo));
	p = put_ipv6(MPW_LITERAL(p, "sin6_addr"), &in6.sin6_addr);
	return put_number(MPW_LITERAL(p, "sin6_scopeid"), in6.sin6_scope_id);
}

/* Each NUL of an abstract name is shown as '@'. */
static uint8_t *put_abstract(uint8_t *p, const uint8_t *name, size_t len, bool is_exact)
{
	const uint8_t *end;
	size_t n;

	if (!is_exact)
		len = strnlen((const char *)name, len);
	while (len > 0 && name[len - 1] == 0)
		len--;
	p = mpw_byte(p, '@');
	for (; len > 0; name += n, len -= n) {
		end = memchr(name, 0, len);
		n = end ? (size_t)(end - name) : len;
		p = mpw_text(p, name, n);
		if (end) {
			p = mpw_byte(p, '@');
			n++;
		}
	}
	return p;
}

static uint8_t *put_un(uint8_t *p, const uint8_t *addr, size_t len, bool is_exact)
{
	const uint8_t *path = addr + sizeof(sa_family_t);
	size_t left = len - sizeof(sa_family_t);
	uint8_t *at;

	p = MPW_LITERAL(p, "sun_path");
	at = mpw_str_begin(p);
	if (left > 0 && path[0])
		at = mpw_text(at, path, strnlen((const char *)path, left));
	else if (left > 1 && (is_exact || path[1]))
		at = put_abstract(at, path + 1, left - 1, is_exact);
	return mpw_str_end(p, at);
}

uint8_t *mpsock_write(uint8_t *p, const uint8_t *addr, size_t len, bool is_exact, bool *ret_is_cut)
{
	size_t need = sizeof(sa_family_t), family_len;
	char text[SYM_TEXT_MAX];
	sa_family_t family;
	uint8_t *head = p;

	if (len < need) {
		*ret_is_cut = len > 0;
		return mpw_byte(p, MPW_FIXMAP);
	}
	memcpy(&family, addr, sizeof(family));
	family_len = sym_address_family(text, sizeof(text), family, NULL);
	p = mpw_str(MPW_LITERAL(p + 1, "sa_family"), text, family_len);
	if (family == AF_INET)
		need = JSOCK_IN_LEN_MIN;
	else if (family == AF_INET6)
		need = JSOCK_IN6_LEN_MIN;
	*ret_is_cut = len < need;
	*head = MPW_FIXMAP | 1;
	if (family == AF_INET && len >= need) {
		p = put_in(p, addr);
		*head = MPW_FIXMAP | 3;
	} else if (family == AF_INET6 && len >= need) {
		p = put_in6(p, addr, len);
		*head = MPW_FIXMAP | 5;
	} else if (family == AF_UNIX) {
		p = put_un(p, addr, len, is_exact);
		*head = MPW_FIXMAP | 2;
	}
	return p;
}
