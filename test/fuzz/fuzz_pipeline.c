/* SPDX-License-Identifier: Apache-2.0 */
/* A recording with its checksums made right, through the whole engine to a sink. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "engine/match/match.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/sink/file.h"
#include "test/support/wring_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pol_set *policies;
	static struct sink *sink;
	uint8_t *file = size > 0 ? memcpy(malloc(size), data, size) : NULL;
	struct source_record r = { 0 };
	struct wring_reader *reader;
	struct pipeline *p;

	if (!policies) {
		policies = pol_set_new();
		sink = sink_fd_open(open("/dev/null", O_WRONLY | O_CLOEXEC), "null", NULL, NULL);
		if (pol_set_select(policies, "*", NULL) < 0 || pol_set_compile(policies, NULL) < 0)
			abort();
	}
	wbuild_repair(file, size);
	reader = wring_reader_new(file, size, NULL);
	p = pipeline_new(
		&(struct pipeline_options){ .proctree_tasks = 16, .sinks = &sink, .n_sinks = 1 });
	if (p)
		pipeline_set_match(p,
				   match_new(policies, &(struct match_options){ 0 }, NULL, NULL));
	while (reader && p && wring_next(reader, &r.rec, NULL) == 1) {
		r.cap = r.rec->len;
		pipeline_batch(p, NULL, &r, 1);
	}
	match_free(p ? pipeline_set_match(p, NULL) : NULL);
	pipeline_free(p);
	wring_reader_free(reader);
	free(file);
	return 0;
}
