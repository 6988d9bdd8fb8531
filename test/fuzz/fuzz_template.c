/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as a template, on one event. */
#include "engine/encode/template.h"

#include <stdlib.h>
#include <string.h>

static const char event[] =
	"{\"eventId\":\"42\",\"eventName\":\"connect\",\"processName\":\"a\\\"b\\n\",\"userId\":0,"
	"\"matchedPolicies\":[\"demo\"],\"returnValue\":-1,\"container\":{\"name\":\"web\"},"
	"\"args\":[{\"name\":\"addr\",\"type\":\"struct "
	"sockaddr*\",\"value\":{\"b\":\"1\",\"a\":2}},"
	"{\"name\":\"argv\",\"type\":\"const char**\",\"value\":[\"ls\",\"-l\"]}]}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err err = { 0 };
	struct tmpl *t = tmpl_new("fuzz", (const char *)data, size, &err);
	char *out = malloc(4096); /* where a sanitizer sees its end */

	if (!out || (t == NULL) != (err.text[0] != '\0') ||
	    (t && tmpl_event(t, out, 4096, event, sizeof(event) - 1) > 4096))
		abort();
	free(out);
	tmpl_free(t);
	return 0;
}
