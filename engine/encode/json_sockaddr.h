/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sockaddr: a raw socket address as Tracee's map of strings (prefix jsock_). Pure; any thread.
 */
#pragma once

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that the parts of fixed size take; a path takes JW_EXPANSION times its length more. */
#define JSOCK_FIXED_MAX 256U

/* Linux takes a sockaddr_in6 without the scope, as RFC 2133 had it, and a sockaddr_in without its
 * padding. */
#define JSOCK_IN_LEN_MIN (offsetof(struct sockaddr_in, sin_addr) + sizeof(struct in_addr))
#define JSOCK_IN6_LEN_MIN offsetof(struct sockaddr_in6, sin6_scope_id)

/*
 * Writes the object at `p` and returns its end. `len` bytes are there; `is_exact` says that these
 * are all of the address and not a buffer that is longer than it: the length of an abstract name is
 * known only then, otherwise it ends at the first NUL. *ret_is_cut: the family needs more bytes.
 */
char *jsock_write(char *p, const uint8_t *addr, size_t len, bool is_exact, bool *ret_is_cut);
