/* SPDX-License-Identifier: Apache-2.0 */
#include "common/quote.h"

#include <stddef.h>
#include <string.h>

const char *quote_text(char buf[static QUOTE_CAP], const char *text)
{
	size_t n = 0;

	for (; n < QUOTE_MAX && text[n]; n++)
		buf[n] = text[n] >= ' ' && text[n] <= '~' ? text[n] : '?';
	memcpy(buf + n, text[n] ? "..." : "", text[n] ? 4 : 1);
	return buf;
}
