/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the argument of --output: outputs that are as they were asked for, or a sentence. */
#include <stdlib.h>
#include <string.h>

#include "engine/sink/output_spec.h"
#include "engine/sink/outputs_url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size);
	struct outspecs specs = { .n = 0 };
	struct err err = { 0 };

	if (!text || (outspec_add(&specs, text, &err) < 0) != (err.text[0] != '\0'))
		abort();
	for (size_t i = 0; i < specs.n; i++) {
		struct output_url *u;

		err.text[0] = '\0';
		u = output_url_parse(&specs.items[i], &err);
		if ((u == NULL) != (err.text[0] != '\0') || (u && !u->name[0]))
			abort();
		output_url_free(u);
	}
	outspec_done(&specs);
	free(text);
	return 0;
}
