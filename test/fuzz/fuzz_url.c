/* SPDX-License-Identifier: Apache-2.0 */
/* Any text, by two forms: a URL or a sentence. */
#include "engine/sink/url.h"

#include <stdlib.h>
#include <string.h>

static const struct surl_key keys[] = { { "tag", SURL_TEXT, false },
					{ "ack", SURL_BOOL, true },
					{ "timeout", SURL_DURATION, false } };
static const char *const schemes[] = { "tcp", "unix", "http", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct surl *u = malloc(sizeof(*u)); /* where a sanitizer sees its ends */

	for (int i = 0; text && u && i < 2; i++) {
		struct surl_form form = { "fuzz", schemes, i ? "tcp" : NULL, 80, i, keys, 3, i };
		struct err err = { 0 };

		if ((surl_parse(u, text, &form, &err) < 0) != (err.text[0] != '\0') ||
		    u->text_len > sizeof(u->text) || strlen(u->target) >= sizeof(u->target))
			abort();
	}
	free(u);
	free(text);
	return 0;
}
