/* SPDX-License-Identifier: Apache-2.0 */
/* Any answer, by the form that the first byte chooses. */
#include "engine/sink/otlp_response.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int (*const forms[])(struct oresp *, const uint8_t *,
				    size_t) = { oresp_export, oresp_export_json, oresp_status,
						oresp_status_json };
	char *text = strndup((const char *)data, size); /* where a sanitizer sees its end */
	size_t len = size > 0 ? size - 1 : 0;
	const uint8_t *bytes = data + (size > 0);
	struct oresp resp;
	uint8_t buf[64];

	if (size > 0 && data[0] & 4 && oresp_unframe(bytes, len, &bytes, &len) < 0)
		len = 0;
	if (size > 0 && (forms[data[0] & 3](&resp, bytes, len) > 0 || resp.retry_after_ms < -1 ||
			 strnlen(resp.text, sizeof(resp.text)) == sizeof(resp.text)))
		abort();
	if (text && oresp_unbase64(buf, sizeof(buf), text) > (int)sizeof(buf))
		abort();
	if (text)
		oresp_unpercent(text);
	free(text);
	return 0;
}
