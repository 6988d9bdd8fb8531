/* SPDX-License-Identifier: Apache-2.0 */
/*
 * symbols: numbers of the kernel's interfaces as their names (prefix sym_), for argument decoding:
 * open flags, prot bits, socket families, ptrace requests and so on. Constants come from the
 * kernel's uapi headers at build time. Pure; any thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "common/event_def.h"

struct event;

/* Bytes that the longest text needs; with less, it is cut between two names. */
#define SYM_TEXT_MAX 1024U

/*
 * Writes the text for `value` into out (never more than cap bytes, not terminated) and returns its
 * length: letters, digits, '_', '|' and '-' only. Unknown bits are shown as a hexadecimal rest,
 * unknown numbers as decimal. 0: this number has no name and is better left a number (a directory
 * descriptor that is not AT_FDCWD). `ev` is the event that the value is a field of: what a socket
 * option is called depends on another field, its level. NULL: such names are not known.
 */
typedef size_t (*sym_fn)(char *out, size_t cap, uint64_t value, const struct event *ev);

/* The decoder of a field, or NULL when its number speaks for itself. */
sym_fn sym_find(const struct event_def *def, const char *field);

/* The name of an address family ("AF_INET"). */
size_t sym_address_family(char *out, size_t cap, uint64_t value, const struct event *ev);
