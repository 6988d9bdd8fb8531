/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_sockaddr: a raw socket address as Tracee's map of strings (prefix jsock_). Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that the parts of fixed size take; a path takes JW_EXPANSION times its length more. */
#define JSOCK_FIXED_MAX 256U

/*
 * Writes the object at `p` and returns its end. `len` bytes are there; `is_exact` says that these
 * are all of the address and not a buffer that is longer than it: the length of an abstract name is
 * known only then, otherwise it ends at the first NUL. *ret_is_cut: the family needs more bytes.
 */
char *jsock_write(char *p, const uint8_t *addr, size_t len, bool is_exact, bool *ret_is_cut);
