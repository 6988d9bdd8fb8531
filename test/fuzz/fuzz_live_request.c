/* SPDX-License-Identifier: Apache-2.0 */
/* What a client of the stream asks for: any bytes; and what it selects, compiled. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "engine/enrich/process_tree.h"
#include "engine/live/filter.h"
#include "engine/live/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ptree *tree;
	size_t len = live_request_length((const char *)data, size);
	struct live_filter_options opt;
	struct live_request request;
	struct err err = { 0 };

	if (!tree)
		tree = ptree_new(16);
	if (!tree || len > size)
		abort();
	opt = (struct live_filter_options){ .tree = tree };
	if (live_request_parse(&request, (const char *)data, len ? len : size, &err) == 0) {
		if (request.rows == 0 || request.rows > LIVE_ROWS_MAX)
			abort();
		live_filter_free(live_filter_new(&request, &opt, &err));
	}
	live_request_done(&request);
	return 0;
}
