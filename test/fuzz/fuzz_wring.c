/* SPDX-License-Identifier: Apache-2.0 */
/* Reads twice, as it is and with its checksums made right; after a rewind it must read the same. */
#include <stdlib.h>
#include <string.h>

#include "test/support/wring_build.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *file = size > 0 ? memcpy(malloc(size), data, size) : NULL;

	for (int pass = 0; file && pass < 2; pass++) {
		struct wring_reader *r = wring_reader_new(file, size, NULL);
		uint64_t first = r ? wbuild_read_all(r) : 0;

		if (r)
			wring_rewind(r);
		if (r && wbuild_read_all(r) != first)
			abort();
		wring_reader_free(r);
		wbuild_repair(file, size);
	}
	free(file);
	return 0;
}
