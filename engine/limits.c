/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/limits.h"

#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"

/* v1 writes "none" as the largest number of pages there is. */
#define MEMORY_NONE (1ULL << 62)

/* The first line of a file of the group; false: there is no such file. */
static bool read_file(const char *folder, const char *name, char ret_text[static 64])
{
	CLEANUP_FILE FILE *file = NULL;
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return false;
	file = fopen(path, "re");
	return file && fgets(ret_text, 64, file);
}

static void set_memory(struct limits *limits, const char *text)
{
	uint64_t bytes;

	if (sscanf(text, "%" SCNu64, &bytes) == 1 && bytes < MEMORY_NONE)
		limits->memory_bytes = bytes;
}

/* "max" and -1 are no limits. */
static void set_cpu(struct limits *limits, double quota, double period)
{
	if (quota > 0 && period > 0)
		limits->cpu_cores = quota / period;
}

static void read_v2(struct limits *limits, const char *folder)
{
	double quota, period;
	char text[64];

	if (read_file(folder, "memory.max", text))
		set_memory(limits, text);
	if (read_file(folder, "cpu.max", text) && sscanf(text, "%lf %lf", &quota, &period) == 2)
		set_cpu(limits, quota, period);
}

static void read_v1_cpu(struct limits *limits, const char *folder)
{
	double quota, period;
	char text[64];

	if (read_file(folder, "cpu.cfs_quota_us", text) && sscanf(text, "%lf", &quota) == 1 &&
	    read_file(folder, "cpu.cfs_period_us", text) && sscanf(text, "%lf", &period) == 1)
		set_cpu(limits, quota, period);
}

/* One line: "0::/path", or "4:cpu,cpuacct:/path". */
static void read_line(struct limits *limits, const char *root, const char *line)
{
	char controllers[128] = "", path[1024], folder[PATH_MAX], text[64];

	if (sscanf(line, "%*u::%1023[^\n]", path) == 1) {
		(void)snprintf(folder, sizeof(folder), "%s%s", root, path); /* not found when cut */
		read_v2(limits, folder);
		return;
	}
	if (sscanf(line, "%*u:%127[^:]:%1023[^\n]", controllers, path) != 2)
		return;
	(void)snprintf(folder, sizeof(folder), "%s/%s%s", root, controllers, path); /* likewise */
	if (strcmp(controllers, "memory") == 0 && read_file(folder, "memory.limit_in_bytes", text))
		set_memory(limits, text);
	if (strcmp(controllers, "cpu") == 0 || strncmp(controllers, "cpu,", 4) == 0)
		read_v1_cpu(limits, folder);
}

void limits_read(const char *membership, const char *root, struct limits *ret_limits)
{
	CLEANUP_FILE FILE *file = fopen(membership, "re");
	char line[1200];

	*ret_limits = (struct limits){ 0 };
	while (file && fgets(line, sizeof(line), file))
		read_line(ret_limits, root, line);
}
