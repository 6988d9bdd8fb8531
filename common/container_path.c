/* SPDX-License-Identifier: Apache-2.0 */
#include "common/container_path.h"

#include <string.h>

#include "common/cleanup.h"

#define PART_MIN 28    /* no runtime makes shorter names: a garden id is 28 characters long */
#define HASH_LEN 64    /* of the ids of docker, containerd, CRI-O and Podman */
#define GARDEN_HEADS 8 /* xxxxxxxx-xxxx-xxxx-xxxx-xxxx */
#define GARDEN_GROUP 5
#define GARDEN_LEN 28

struct part {
	const char *at;
	size_t len;
};

static const struct {
	const char *text;
	enum container_runtime runtime;
} prefixes[] = {
	{ "docker-", CONTAINER_DOCKER },
	{ "cri-containerd-", CONTAINER_CONTAINERD },
	{ "crio-", CONTAINER_CRIO },
	{ "libpod-", CONTAINER_PODMAN },
};

const char *container_runtime_name(unsigned int runtime)
{
	static const char *const names[CONTAINER_RUNTIMES] = { "",           "unknown", "docker",
							       "containerd", "crio",    "podman",
							       "garden" };

	return runtime < CONTAINER_RUNTIMES ? names[runtime] : "";
}

static bool is_hex(const char *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!((at[i] >= '0' && at[i] <= '9') || (at[i] >= 'a' && at[i] <= 'f') ||
		      (at[i] >= 'A' && at[i] <= 'F')))
			return false;
	return true;
}

static bool is_part(const struct part *p, const char *text)
{
	return p->len == strlen(text) && memcmp(p->at, text, p->len) == 0;
}

static bool begins(const struct part *p, const char *text)
{
	size_t len = strlen(text);

	return p->len >= len && memcmp(p->at, text, len) == 0;
}

/* What is behind the prefix must be an id, in hex: a host's "docker-volume-cleanup.service" is no
 * container, and neither are "libpod-conmon-ID" and "crio-conmon-ID". */
static enum container_runtime by_prefix(struct part *p)
{
	static const char mark[] = ":cri-containerd:";
	enum container_runtime runtime = CONTAINER_NONE;
	const char *found;
	size_t skip = 0;

	for (size_t i = 0; i < ARRAY_LEN(prefixes) && runtime == CONTAINER_NONE; i++) {
		if (!begins(p, prefixes[i].text))
			continue;
		runtime = prefixes[i].runtime;
		skip = strlen(prefixes[i].text);
	}
	found = memmem(p->at, p->len, mark, sizeof(mark) - 1);
	if (runtime == CONTAINER_NONE && found) {
		runtime = CONTAINER_CONTAINERD;
		skip = (size_t)(found - p->at) + sizeof(mark) - 1;
	}
	if (runtime == CONTAINER_NONE || p->len == skip || p->len - skip > CONTAINER_ID_MAX ||
	    !is_hex(p->at + skip, p->len - skip))
		return CONTAINER_NONE;
	p->at += skip;
	p->len -= skip;
	return runtime;
}

static bool is_garden(const struct part *p)
{
	if (p->len != GARDEN_LEN || !is_hex(p->at, GARDEN_HEADS))
		return false;
	for (size_t at = GARDEN_HEADS; at < GARDEN_LEN; at += GARDEN_GROUP)
		if (p->at[at] != '-' || !is_hex(p->at + at + 1, GARDEN_GROUP - 1))
			return false;
	return true;
}

/* A bare id: its parent tells whose it is. */
static enum container_runtime by_parent(const struct part *p, const struct part *parent)
{
	if (is_garden(p))
		return CONTAINER_GARDEN;
	if (p->len != HASH_LEN || !is_hex(p->at, p->len))
		return CONTAINER_NONE;
	if (is_part(parent, "docker") || is_part(parent, "actions_job"))
		return CONTAINER_DOCKER;
	return begins(parent, "pod") ? CONTAINER_CONTAINERD : CONTAINER_UNKNOWN;
}

/* The part of the path that ends at `end`. */
static struct part part_before(const char *path, size_t end)
{
	size_t begin = end;

	while (begin > 0 && path[begin - 1] != '/')
		begin--;
	return (struct part){ .at = path + begin, .len = end - begin };
}

static void trim(struct part *p, const char *suffix)
{
	size_t len = strlen(suffix);

	if (p->len >= len && memcmp(p->at + p->len - len, suffix, len) == 0)
		p->len -= len;
}

enum container_runtime container_of_path(const char *path, size_t len,
					 char ret_id[CONTAINER_ID_MAX + 1], bool *ret_is_root)
{
	enum container_runtime runtime = CONTAINER_NONE;
	struct part part, parent;
	size_t begin, end = len;

	for (; end > 0; end = begin ? begin - 1 : 0) {
		part = part_before(path, end);
		begin = (size_t)(part.at - path);
		if (part.len < PART_MIN)
			continue;
		trim(&part, ".scope");
		runtime = by_prefix(&part);
		if (runtime != CONTAINER_NONE)
			break;
		parent = part_before(path, begin ? begin - 1 : 0);
		runtime = by_parent(&part, &parent);
		if (runtime != CONTAINER_NONE)
			break;
	}
	if (runtime == CONTAINER_NONE)
		return runtime;
	memcpy(ret_id, part.at, part.len);
	ret_id[part.len] = '\0';
	*ret_is_root = end == len;
	return runtime;
}
