/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/profile.h"

#include "engine/encode/profile_parts.h"

/* One row a schema. */
static const struct {
	const char *name;
	void (*write)(struct prof *p);
} profiles[PROFILES] = {
	[PROFILE_NATIVE] = { "native", NULL },
	[PROFILE_ECS] = { "ecs", prof_ecs },
	[PROFILE_OCSF] = { "ocsf", prof_ocsf },
	[PROFILE_COMPACT] = { "compact", prof_compact },
};

const char *profile_name(enum profile profile)
{
	return profiles[profile].name;
}

bool profile_needs_time(enum profile profile)
{
	return profile == PROFILE_ECS || profile == PROFILE_OCSF;
}

size_t profile_event(enum profile profile, char *out, size_t cap, const char *line, size_t len)
{
	struct prof p = { .t = text_over(out, cap) };
	struct doc doc;

	if (doc_parse(&doc, line, len) < 0)
		return 0;
	if (profiles[profile].write) {
		prof_recognise(&p, &doc);
		profiles[profile].write(&p);
	} else {
		text_bytes(&p.t, doc.root.at, doc.root.len);
	}
	text_char(&p.t, '\n');
	return p.t.is_cut ? 0 : text_len(&p.t);
}
