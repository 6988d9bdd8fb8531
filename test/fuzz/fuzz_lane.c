/* SPDX-License-Identifier: Apache-2.0 */
/* A hostile lane: the input says what is done to every part of it, and when it is read. */
#include "test/support/lane_script.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	lscript_run(data, size);
	return 0;
}
