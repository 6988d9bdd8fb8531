/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fexit: hooks on the functions of single system calls. The program that does the work is loaded
 * once; what is attached to each function is a stub of five instructions that jumps there.
 */
#pragma once

#include "common/err.h"
#include "common/event_def.h"

struct btf;

#define FEXIT_FUNCTIONS_MAX 3 /* 64-bit, 32-bit and compat entry of one call */

/* Names of the kernel functions that implement the call, those that exist; returns how many. The
 * strings are `buf`'s. -ENOENT when a way to make the call has none: it would not be seen. */
int fexit_functions(const struct btf *btf, const struct event_def *def, bool compat_possible,
		    char buf[FEXIT_FUNCTIONS_MAX][64]);

/* Attaches a stub to kernel function `name`; `jump_fd` is a program array whose element 0 is the
 * program. `at_exit` chooses fexit or fentry. Returns a link descriptor, and the stub's own in
 * *ret_stub_fd, or a negative errno. */
int fexit_attach(const struct btf *btf, const char *name, int jump_fd, bool at_exit,
		 int *ret_stub_fd);
