/* SPDX-License-Identifier: Apache-2.0 */
/*
 * value_text (vtext_): values that are no plain bytes as the text that Go's fmt.Sprint gives for
 * what Tracee decodes them to. Each writes at `p` and returns the end; nothing checks for room:
 * VTEXT_MAX says how much there must be for content of `len` bytes. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct decode_value;
struct value;

/* "[255 255]" is four bytes for one; a socket address names its parts. */
#define VTEXT_MAX(len) (4 * (size_t)(len) + 512)

char *vtext_strings(char *p, const struct decode_value *v);
char *vtext_bytes(char *p, const struct decode_value *v);
/* NULL: the content is too short to be one. */
char *vtext_int2(char *p, const struct decode_value *v);
char *vtext_timespec(char *p, const struct decode_value *v);

/* The parts of a socket address, by the names that they have in Tracee's map. */
enum vtext_part {
	VTEXT_WHOLE,
	VTEXT_FAMILY,
	VTEXT_IN_ADDR,
	VTEXT_IN_PORT,
	VTEXT_IN6_ADDR,
	VTEXT_IN6_FLOWINFO,
	VTEXT_IN6_PORT,
	VTEXT_IN6_SCOPE,
	VTEXT_UN_PATH,
	VTEXT_PARTS, /* no such part */
};
enum vtext_part vtext_part_find(const char *name);

/*
 * Writes the part, or the whole; NULL when the address has no such part. `is_exact`: `len` is what
 * the caller passed, not the longest that its family can have. A number or an IP address is also
 * set in *ret (.number, .address), for the whole its address.
 */
char *vtext_sockaddr(char *p, const uint8_t *addr, size_t len, bool is_exact, enum vtext_part part,
		     struct value *ret);
