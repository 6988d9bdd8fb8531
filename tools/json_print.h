/* SPDX-License-Identifier: Apache-2.0 */
/* json_print (prefix jprint_): a JSON document on standard output. Thread: main. */
#pragma once

#include <stddef.h>

struct json_t; /* jansson's */

/* With a newline behind it; `flags` are jansson's. 0, or -ENOMEM (also for NULL, which is what
 * making a document gives then). That stdout takes no more is told at the program's end. */
int jprint_document(const struct json_t *doc, size_t flags);
