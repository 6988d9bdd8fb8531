/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the exceptions of a rule. */
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/policy.h"

#define HEAD "type: policy\nname: p\nscope: [global]\nrules:\n  - event: connect\n    exceptions:\n"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	CLEANUP_FREE char *text = malloc(sizeof(HEAD) + len);
	struct pol_set *set = pol_set_new();
	struct err err = { 0 };
	int rc;

	if (!text || !set)
		abort();
	memcpy(mempcpy(text, HEAD, sizeof(HEAD) - 1), data, len);
	rc = pol_set_parse(set, text, sizeof(HEAD) - 1 + len, "fuzz", &err);
	if (rc > 0 || (rc < 0) != (err.text[0] != '\0') || (rc < 0) != (set->n_policies == 0))
		abort();
	pol_set_free(set);
	return 0;
}
