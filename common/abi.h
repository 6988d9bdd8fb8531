/* SPDX-License-Identifier: Apache-2.0 */
/*
 * abi: what makes a struct wire format, on both sides of the kernel boundary.
 *
 * A struct that travels between BPF, collector and engine uses fixed-width types, names its holes
 * `reservedN`, and asserts its size here. -Wpadded is an error around such structs, so that a hole
 * (and with it, whatever the lane held before) cannot travel unnoticed.
 */
#pragma once

#ifdef __bpf__
#include "bpf/kernel.h"
#else
#include <linux/types.h>
#endif

#define ABI_SIZE(type, bytes)                                                                      \
	_Static_assert(sizeof(type) == (bytes), "size of " #type " is wire format")
#define ABI_OFFSET(type, member, bytes)                                                            \
	_Static_assert(__builtin_offsetof(type, member) == (bytes),                                \
		       "offset of " #type "." #member " is wire format")

/*
 * Shared words. User space declares them _Atomic and always names the order. BPF has no C11
 * atomics: there they are volatile, and written only through the __sync_* builtins, which the
 * BPF target turns into fully ordered instructions.
 */
#ifdef __bpf__
#define ABI_ATOMIC(type) volatile type
#else
#define ABI_ATOMIC(type) _Atomic type
#endif
