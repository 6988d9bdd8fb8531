/* SPDX-License-Identifier: Apache-2.0 */
#include "common/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return code;
	err->code = code;
	va_start(ap, fmt);
	(void)vsnprintf(err->text, sizeof(err->text), fmt, ap); /* a cut sentence is still one */
	va_end(ap);
	return code;
}

int err_wrap(struct err *err, const char *fmt, ...)
{
	char outer[sizeof(err->text) / 2];
	size_t keep, len;
	va_list ap;

	if (!err)
		return -1;
	va_start(ap, fmt);
	(void)vsnprintf(outer, sizeof(outer), fmt,
			ap); /* the context is short, the reason longer */
	va_end(ap);
	len = strlen(outer);
	outer[len++] = ':'; /* takes the place of the NUL; len is given from here on */
	keep = strlen(err->text);
	if (keep > sizeof(err->text) - len - 2)
		keep = sizeof(err->text) - len - 2;
	memmove(err->text + len + 1, err->text, keep);
	memcpy(err->text, outer, len);
	err->text[len] = ' ';
	err->text[len + 1 + keep] = '\0';
	return err->code;
}

const char *err_name(int code)
{
	const char *name = strerrorname_np(code < 0 ? -code : code);

	return name ? name : "E?";
}
