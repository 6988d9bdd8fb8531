/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: a configuration, which is also printed and made into arguments, or a sentence. */
#include "engine/config/args.h"

#include <errno.h>
#include <stdlib.h>

#include "engine/config/config.h"
#include "engine/config/print.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config *c = NULL, *again = NULL;
	struct cargs args = { .n = 0 };
	struct err err = { 0 };
	char *text = NULL;
	size_t text_len;
	FILE *out;
	int rc = config_parse((const char *)data, len, "fuzz", &c, &err);

	if ((rc < 0) != (err.text[0] != '\0') || (rc < 0) != (c == NULL))
		abort();
	if (!c)
		return 0;
	(void)cargs_add(c, CKEY_ENGINE, NULL, NULL, NULL, &args, &err); /* files may be missing */
	(void)cargs_add(c, CKEY_COLLECTOR, NULL, NULL, NULL, &args, &err); /* two sizes */
	cargs_done(&args);
	out = open_memstream(&text, &text_len);
	if (!out || cprint_config(out, c) < 0 || fclose(out) != 0)
		abort();
	/* What is printed can be read, but for values that would be too many. */
	rc = config_parse(text, text_len, "printed", &again, &err);
	if (rc < 0 && rc != -E2BIG)
		abort();
	config_free(again);
	config_free(c);
	free(text);
	return 0;
}
