/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fexit: hooks on the functions of single system calls. The program that does the work is loaded
 * once for each type of function; what is attached to each function is a stub of five instructions
 * that jumps there.
 */
#pragma once

#include <linux/types.h>
#include <stdbool.h>

#include "common/event_def.h"

struct btf;

#define FEXIT_FUNCTIONS_MAX 3 /* 64-bit, 32-bit and compat entry of one call */

/* Ids (in the kernel's BTF) of the kernel functions that implement the call, each once; returns how
 * many. -ENOENT when a way to make the call has none: it would not be seen. */
int fexit_functions(const struct btf *btf, const struct event_def *def, bool compat_possible,
		    int ret_ids[FEXIT_FUNCTIONS_MAX]);
const char *fexit_name(const struct btf *btf, int id);

/* The id of a function's type. The kernel lets programs jump only to those that hang on functions
 * of the same type, and the functions of system calls have two in most kernels: those that can be
 * left out of a kernel have a stand-in, whose argument has another name. */
__u32 fexit_type(const struct btf *btf, int id);

/* Attaches a stub to a kernel function; `jump_fd` is a program array whose element 0 is the program
 * for functions of its type. `at_exit` chooses fexit or fentry. Returns a link descriptor, and the
 * stub's own in *ret_stub_fd, or a negative errno. */
int fexit_attach(int id, int jump_fd, bool at_exit, int *ret_stub_fd);
