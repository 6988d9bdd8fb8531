/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/json_fragment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"

_Static_assert(JFRAG_STEP <= JW_SLACK, "a copy may write this much behind its end");

int jfrag_format(struct jfrag *ret_frag, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	char *padded;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0) {
		text = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	padded = calloc((size_t)len / JFRAG_STEP + 1, JFRAG_STEP);
	if (!padded)
		return -ENOMEM;
	memcpy(padded, text, (size_t)len);
	*ret_frag = (struct jfrag){ .text = padded, .len = (size_t)len };
	return 0;
}

void jfrag_done(struct jfrag *frag)
{
	free(frag->text);
	*frag = (struct jfrag){ 0 };
}
