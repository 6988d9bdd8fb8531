/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/json_doc.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/json_write.h"

bool jdoc_begin(struct jdoc *d)
{
	*d = (struct jdoc){ .first = true };
	d->out = open_memstream(&d->text, &d->len);
	if (d->out)
		fputc('{', d->out);
	return d->out != NULL;
}

char *jdoc_finish(struct jdoc *d, size_t *ret_len)
{
	bool failed;

	fputs("}\n", d->out);
	failed = ferror(d->out) || d->failed;
	if (fclose(d->out) == 0 && !failed) {
		*ret_len = d->len;
		return d->text;
	}
	free(d->text);
	return NULL;
}

static void put_key(struct jdoc *d, const char *key)
{
	if (!d->first)
		fputc(',', d->out);
	d->first = false;
	if (key)
		fprintf(d->out, "\"%s\":", key);
}

void jdoc_open(struct jdoc *d, const char *key, char bracket)
{
	put_key(d, key);
	fputc(bracket, d->out);
	d->first = true;
}

void jdoc_close(struct jdoc *d, char bracket)
{
	fputc(bracket, d->out);
	d->first = false;
}

void jdoc_bytes(struct jdoc *d, const char *key, const void *bytes, size_t len)
{
	CLEANUP_FREE char *text = malloc(len * JW_EXPANSION + 2 + JW_SLACK);

	put_key(d, key);
	d->failed = d->failed || !text;
	if (text)
		(void)fwrite(text, 1, (size_t)(jw_string(text, bytes, len) - text), d->out);
}

void jdoc_string(struct jdoc *d, const char *key, const char *value)
{
	jdoc_bytes(d, key, value, strlen(value));
}

void jdoc_u64(struct jdoc *d, const char *key, uint64_t value)
{
	put_key(d, key);
	fprintf(d->out, "%" PRIu64, value);
}

void jdoc_bool(struct jdoc *d, const char *key, bool value)
{
	put_key(d, key);
	fputs(value ? "true" : "false", d->out);
}

void jdoc_null(struct jdoc *d, const char *key)
{
	put_key(d, key);
	fputs("null", d->out);
}
