/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/json_sockaddr.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "engine/encode/json_write.h"
#include "engine/encode/symbols.h"

static char *put_quoted_number(char *p, uint32_t value)
{
	*p = '"';
	p = jw_u64(p + 1, value);
	*p = '"';
	return p + 1;
}

/* Not by inet_ntop(), which takes a printf for it. */
static char *put_ipv4(char *p, const uint8_t addr[static 4])
{
	*p++ = '"';
	for (int i = 0; i < 4; i++) {
		p = jw_u64(p, addr[i]);
		*p++ = i < 3 ? '.' : '"';
	}
	return p;
}

static char *put_ipv6(char *p, const struct in6_addr *addr)
{
	char text[INET6_ADDRSTRLEN];

	/* As Tracee shows it: an IPv4 address in IPv6's clothes is an IPv4 address. */
	if (IN6_IS_ADDR_V4MAPPED(addr))
		return put_ipv4(p, &addr->s6_addr[12]);
	/* Neither cause of a failure (family, room) is possible. */
	if (!inet_ntop(AF_INET6, addr, text, sizeof(text)))
		text[0] = '\0';
	return jw_string(p, text, strlen(text));
}

static char *put_in(char *p, const uint8_t *addr)
{
	uint16_t port;

	memcpy(&port, addr + offsetof(struct sockaddr_in, sin_port), sizeof(port));
	p = JW_LITERAL(p, ",\"sin_port\":");
	p = put_quoted_number(p, ntohs(port));
	p = JW_LITERAL(p, ",\"sin_addr\":");
	return put_ipv4(p, addr + offsetof(struct sockaddr_in, sin_addr));
}

static char *put_in6(char *p, const uint8_t *addr, size_t len)
{
	struct sockaddr_in6 in6 = { .sin6_scope_id = 0 };

	memcpy(&in6, addr, len < sizeof(in6) ? JSOCK_IN6_LEN_MIN : sizeof(in6));
	p = JW_LITERAL(p, ",\"sin6_port\":");
	p = put_quoted_number(p, ntohs(in6.sin6_port));
	p = JW_LITERAL(p, ",\"sin6_flowinfo\":");
	p = put_quoted_number(p, ntohl(in6.sin6_flowinfo));
	p = JW_LITERAL(p, ",\"sin6_addr\":");
	p = put_ipv6(p, &in6.sin6_addr);
	p = JW_LITERAL(p, ",\"sin6_scopeid\":");
	return put_quoted_number(p, in6.sin6_scope_id);
}

/* Abstract names may contain NULs: each is shown as '@', as in /proc/net/unix. */
static char *put_abstract(char *p, const uint8_t *name, size_t len, bool is_exact)
{
	const uint8_t *end;
	size_t n;

	if (!is_exact)
		len = strnlen((const char *)name, len);
	while (len > 0 && name[len - 1] == 0)
		len--;
	*p++ = '@';
	for (; len > 0; name += n, len -= n) {
		end = memchr(name, 0, len);
		n = end ? (size_t)(end - name) : len;
		p = jw_text(p, name, n);
		if (end) {
			*p++ = '@';
			n++;
		}
	}
	return p;
}

static char *put_un(char *p, const uint8_t *addr, size_t len, bool is_exact)
{
	const uint8_t *path = addr + sizeof(sa_family_t);
	size_t left = len - sizeof(sa_family_t);

	p = JW_LITERAL(p, ",\"sun_path\":\"");
	if (left > 0 && path[0])
		p = jw_text(p, path, strnlen((const char *)path, left));
	else if (left > 1 && (is_exact || path[1]))
		p = put_abstract(p, path + 1, left - 1, is_exact);
	*p = '"';
	return p + 1;
}

char *jsock_write(char *p, const uint8_t *addr, size_t len, bool is_exact, bool *ret_is_cut)
{
	size_t need = sizeof(sa_family_t);
	sa_family_t family;

	if (len < need) {
		*ret_is_cut = len > 0;
		return JW_LITERAL(p, "{}");
	}
	memcpy(&family, addr, sizeof(family));
	p = JW_LITERAL(p, "{\"sa_family\":\"");
	p += sym_address_family(p, SYM_TEXT_MAX, family, NULL);
	*p++ = '"';
	if (family == AF_INET)
		need = JSOCK_IN_LEN_MIN;
	else if (family == AF_INET6)
		need = JSOCK_IN6_LEN_MIN;
	*ret_is_cut = len < need;
	if (family == AF_INET && len >= need)
		p = put_in(p, addr);
	else if (family == AF_INET6 && len >= need)
		p = put_in6(p, addr, len);
	else if (family == AF_UNIX)
		p = put_un(p, addr, len, is_exact);
	*p = '}';
	return p + 1;
}
