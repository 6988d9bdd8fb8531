/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/json_print.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>

int jprint_document(const json_t *doc, size_t flags)
{
	int rc = doc ? json_dumpf(doc, stdout, flags) : -1;

	if (rc < 0 && !ferror(stdout))
		return -ENOMEM;
	(void)putchar('\n'); /* likewise */
	return 0;
}
