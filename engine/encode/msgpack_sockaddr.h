/* SPDX-License-Identifier: Apache-2.0 */
/*
 * msgpack_sockaddr: a raw socket address as Tracee's map of strings (prefix mpsock_), the same as
 * json_sockaddr gives. Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The most that the parts of fixed size take; a path takes MPW_EXPANSION times its length more. */
#define MPSOCK_FIXED_MAX 256U

/* As jsock_write(). */
uint8_t *mpsock_write(uint8_t *p, const uint8_t *addr, size_t len, bool is_exact, bool *ret_is_cut);
