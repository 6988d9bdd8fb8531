/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/kafka_key.h"

#include <string.h>

#include "common/event_def.h"
#include "engine/encode/document.h"

#define STEPS_MAX 5

/* Where it is in a line of each profile: names on the way to it. */
static const char *const container_paths[PROFILES][STEPS_MAX] = {
	[PROFILE_NATIVE] = { "containerId" },
	[PROFILE_ECS] = { "container", "id" },
	[PROFILE_OCSF] = { "actor", "process", "container", "uid" },
	[PROFILE_COMPACT] = { "containerId" },
};
static const char *const process_paths[PROFILES][STEPS_MAX] = {
	[PROFILE_NATIVE] = { "processEntityId" },
	[PROFILE_ECS] = { "process", "entity_id" },
	[PROFILE_OCSF] = { "actor", "process", "uid" },
	[PROFILE_COMPACT] = { "processEntityId" },
};

static struct kafka_key_value of_text(const char *text)
{
	return (struct kafka_key_value){ .at = text, .len = strlen(text) };
}

static struct kafka_key_value find(const struct batch_item *item, const char *const *path)
{
	struct doc_value value, inner;
	struct doc doc;

	if (doc_parse(&doc, (const char *)item->data, item->len) < 0)
		return (struct kafka_key_value){ .at = NULL };
	value = doc.root;
	for (; *path; path++) {
		if (!doc_member(&value, *path, strlen(*path), &inner))
			return (struct kafka_key_value){ .at = NULL };
		value = inner;
	}
	if (doc_is_empty(&value))
		return (struct kafka_key_value){ .at = NULL };
	if (value.kind == DOC_STRING) /* without its quotes */
		return (struct kafka_key_value){ .at = value.at + 1, .len = value.len - 2 };
	return (struct kafka_key_value){ .at = value.at, .len = value.len };
}

struct kafka_key_value kafka_key_of(enum kafka_key key, enum profile profile, const char *host,
				    const struct batch_item *item)
{
	const struct event_def *def;

	switch (key) {
	case KAFKA_KEY_HOST:
		return of_text(host);
	case KAFKA_KEY_EVENT:
		def = event_def_find(item->event);
		return of_text(def ? def->name : "other");
	case KAFKA_KEY_CONTAINER:
		return find(item, container_paths[profile]);
	case KAFKA_KEY_PROCESS:
		return find(item, process_paths[profile]);
	case KAFKA_KEY_NONE:
		break;
	}
	return (struct kafka_key_value){ .at = NULL };
}
