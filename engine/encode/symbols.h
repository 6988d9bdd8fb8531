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

/* Writes the text for `value` into out (never more than cap bytes, not terminated) and returns its
 * length. Unknown bits are shown as a hexadecimal rest, unknown numbers as decimal. */
typedef size_t (*sym_fn)(char *out, size_t cap, uint64_t value);

/* The decoder of a field, or NULL when its number speaks for itself. */
sym_fn sym_find(const struct event_def *def, const char *field);
