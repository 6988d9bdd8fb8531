/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile directory: a spool opens it, hands out what is whole, comes to its end, and works. */
#include "test/support/spool_files.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct spool_options opt = { spool_files_dir(), SPOOL_BYTES_MIN, size & 1, 0, 0 };
	const struct batch_item mine = { .data = data, .len = 0, .event = 4711 };
	struct batch_item items[64], last = { 0 };
	struct spool *s;
	size_t n;

	spool_files_write(data, size);
	s = spool_open(&opt, NULL);
	if (s && (spool_append(s, &mine) < 0 || spool_flush(s) < 0))
		abort();
	for (size_t i = 0; s && (n = spool_take(s, items, 64, 4096, 0, 0)) > 0; i++) {
		last = items[n - 1];
		if (i > size + 1 || spool_done(s, (n + 1) / 2) < 0)
			abort();
	}
	if (s && last.event != mine.event) /* NULL: its numbers are used up */
		abort();
	spool_close(s);
	return 0;
}
