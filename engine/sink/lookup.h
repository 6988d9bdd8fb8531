/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lookup: the addresses of a host (prefix slookup_). getaddrinfo(3) waits as long as the resolver
 * likes and cannot be told to stop, so it has a thread of its own, which may outlive who asked.
 * Thread: one worker for each lookup.
 */
#pragma once

#include <netdb.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/sink/wait.h"

struct slookup;

/*
 * The addresses of `host` (a name, or an IPv4 or IPv6 address) in *ret_list, which belongs to
 * *lookup: slookup_free() after use. *lookup is NULL at first; after -ETIMEDOUT and -ECANCELED it
 * is kept, and the next call with the same host and port goes on waiting for the same answer.
 * -EHOSTUNREACH: there is no such host, or the resolver failed.
 */
int slookup_get(struct slookup **lookup, const char *host, uint16_t port, const struct swait *wait,
		const struct addrinfo **ret_list, struct err *err);
void slookup_free(struct slookup *lookup); /* NULL is fine; also while it goes on */
