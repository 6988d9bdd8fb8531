/* SPDX-License-Identifier: Apache-2.0 */
/* Any text, by two forms: a URL or a sentence. */
#include "engine/sink/url.h"

#include <stdlib.h>
#include <string.h>

static const struct surl_key keys[] = {
	{ .name = "tag", .type = SURL_TEXT },
	{ .name = "ack", .type = SURL_BOOL, .is_ours = true },
	{ .name = "timeout", .type = SURL_DURATION },
	{ .name = "room", .type = SURL_SIZE, .may_repeat = true },
};
static const char *const schemes[] = { "tcp", "unix", "http", NULL };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct surl *u = malloc(sizeof(*u)); /* where a sanitizer sees its ends */

	for (int i = 0; text && u && i < 2; i++) {
		struct surl_form form = { "fuzz", schemes, i ? "tcp" : NULL, 80, i, keys, 4, i };
		struct err err = { 0 };

		if ((surl_parse(u, text, &form, &err) < 0) != (err.text[0] != '\0') ||
		    u->text_len > sizeof(u->text) || strlen(u->target) >= sizeof(u->target))
			abort();
		err.text[0] = '\0';
		if ((surl_parse_keys(u, text, &form, &err) < 0) != (err.text[0] != '\0'))
			abort();
	}
	free(u);
	free(text);
	return 0;
}
