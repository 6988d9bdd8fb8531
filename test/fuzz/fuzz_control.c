/* SPDX-License-Identifier: Apache-2.0 */
/* The first byte chooses the side; a message is as long as it says, filled up with zeros. */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct control_hdr hdr = { 0 };
	struct err err = { 0 };
	size_t len = size - 1;
	uint8_t *msg;

	if (size < 2)
		return 0;
	memcpy(&hdr, data + 1, len < sizeof(hdr) ? len : sizeof(hdr));
	if (hdr.len > len && hdr.len <= CONTROL_MSG_MAX)
		len = hdr.len;
	msg = calloc(1, len); /* exactly: reading behind it must be noticed */
	memcpy(msg, data + 1, size - 1);
	if (control_check(msg, len, data[0] & 1, &err) < 0 && err.code != -EPROTO)
		abort();
	free(msg);
	return 0;
}
