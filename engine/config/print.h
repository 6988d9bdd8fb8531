/* SPDX-License-Identifier: Apache-2.0 */
/*
 * print (prefix cprint_): a configuration, and the table of keys, for people. Writes to `out` and
 * leaves its errors to the caller (ferror()). Passwords are shown as ***. Any thread.
 */
#pragma once

#include <stdio.h>

struct config;

/* What is in force, as YAML: each value with the place that it is from. -ENOMEM. */
int cprint_config(FILE *out, const struct config *c);
/* Every key that is honoured, with what it means and is without: a file to begin with. */
void cprint_example(FILE *out);
/* The same as sections of a manual page (roff). */
void cprint_reference(FILE *out);

/* `text` without what may be a password, if it is the value of such a key or has a URL in it. */
struct config_value;
const char *cprint_masked(const struct config_value *value, char *buf, size_t cap);
