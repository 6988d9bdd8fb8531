/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/json_fragment.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"

_Static_assert(JFRAG_STEP <= JW_SLACK, "a copy may write this much behind its end");

int jfrag_make(struct jfrag *ret_frag, const void *bytes, size_t len)
{
	char *padded = calloc(len / JFRAG_STEP + 1, JFRAG_STEP);

	if (!padded)
		return -ENOMEM;
	memcpy(padded, bytes, len);
	*ret_frag = (struct jfrag){ .text = padded, .len = len };
	return 0;
}

int jfrag_format(struct jfrag *ret_frag, const char *fmt, ...)
{
	CLEANUP_FREE char *text = NULL;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vasprintf(&text, fmt, args);
	va_end(args);
	if (len < 0) {
		text = NULL; /* undefined after a failure */
		return -ENOMEM;
	}
	return jfrag_make(ret_frag, text, (size_t)len);
}

void jfrag_done(struct jfrag *frag)
{
	free(frag->text);
	*frag = (struct jfrag){ 0 };
}
