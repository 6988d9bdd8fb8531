/* SPDX-License-Identifier: Apache-2.0 */
/* Any text: policies or a sentence. */
#include "engine/policy/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct pol_set *set = pol_set_new();
	struct err err = { 0 };
	int rc;

	if (!set)
		abort();
	rc = pol_set_parse(set, (const char *)data, len, "fuzz", &err);
	/* A failure has a text and leaves nothing behind; a success leaves at least one policy. */
	if (rc > 0 || (rc < 0) != (err.text[0] != '\0') || (rc < 0) != (set->n_policies == 0))
		abort();
	if (pol_set_compile(set, &err) < 0)
		abort();
	pol_set_free(set);
	return 0;
}
