/* SPDX-License-Identifier: Apache-2.0 */
/* Arbitrary bytes as a record; what decodes is encoded both ways, with and without a task. */
#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"
#include "engine/encode/json.h"
#include "test/support/record_builder.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char line[JSON_EVENT_MAX];
	void *rec = size > 0 ? memcpy(malloc(size), data, size) : NULL;
	struct ptree_task task;
	struct event ev;

	rb_sample_task(&task);
	if (rec && json_init() == 0 && decode_record(rec, size, &ev) == 0)
		for (int pass = 0; pass < 4; pass++) {
			struct json_options opt = { .parse_arguments = pass & 1 };

			ev.task = pass & 2 ? &task : NULL;
			if (json_event(line, sizeof(line), &ev, &opt) == 0)
				abort();
		}
	free(rec);
	return 0;
}
