/* SPDX-License-Identifier: Apache-2.0 */
/*
 * status_text: the engine's status document for people. A key that is missing or of another type
 * is shown as '-': the engine may be older or newer than we are. Thread: main.
 */
#pragma once

#include <stdio.h>

struct json_t;

/* `doc` is borrowed. -ENOMEM. */
int status_text_print(FILE *out, const struct json_t *doc);
