/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as the line of an event, in every form that is made of it. */
#include <stdlib.h>
#include <string.h>

#include "engine/encode/msgpack_document.h"
#include "engine/encode/profile.h"
#include "engine/encode/table.h"
#include "engine/encode/template.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char text[] = "{{.}}{{range .Args}}{{.Name}}{{printf \"%d%s\" .Value .Value}}"
				   "{{range $k, $v := .Value}}{{$k}}{{len $v}}{{end}}{{end}}";
	static struct tmpl *t;
	struct table table = { .opt = { size & 1, size & 2 ? 2 : 1, size & 4 } };
	size_t cap = PROFILE_EVENT_MAX(size) + TABLE_LINE_MIN;
	char *line = size ? memcpy(malloc(size), data, size) : NULL, *out = malloc(cap);

	t = t ? t : tmpl_new("fuzz", text, sizeof(text) - 1, NULL);
	if (line && (profile_event(PROFILE_ECS, out, cap, line, size) > cap ||
		     profile_event(PROFILE_COMPACT, out, cap, line, size) > cap ||
		     profile_event(PROFILE_OCSF, out, cap, line, size) > cap ||
		     emp_document((uint8_t *)out, cap, line, size) > cap ||
		     table_event(&table, out, cap, line, size) > cap ||
		     tmpl_event(t, out, cap, line, size) > (ssize_t)cap))
		abort();
	free(out);
	free(line);
	return 0;
}
