/* SPDX-License-Identifier: Apache-2.0 */
/* Any line as one for people: no control character gets through, and the line ends once. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "tools/compact.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char out[1024];
	const char *line = (const char *)data;
	size_t n;

	for (size_t cap = COMPACT_LINE_MIN; cap <= sizeof(out); cap += 256) {
		n = compact_event(out, cap, line, size, true);
		if (n > cap || (n > 0 && memchr(out, '\n', n) != out + n - 1 &&
				!memchr(line, '\n', size))) /* raw ones are no JSON */
			abort();
	}
	return 0;
}
