/* SPDX-License-Identifier: Apache-2.0 */
/*
 * quote: text that an outsider wrote, made fit for a message: one line, no control characters (a
 * terminal obeys them), no more than QUOTE_MAX bytes. Thread: any.
 */
#pragma once

#define QUOTE_MAX 63
#define QUOTE_CAP (QUOTE_MAX + 4) /* bytes of the caller's buffer: the text, "..." and NUL */

/* Fills and returns `buf`. What is not printable ASCII becomes '?'. */
const char *quote_text(char buf[static QUOTE_CAP], const char *text);
