/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/cgroups.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "common/cleanup.h"

#define ROOT_INODE 1 /* of every hierarchy: cgroup_setup_root(), kernel/cgroup/cgroup.c */

/* The number of the hierarchy that has cpuset; 0: none of version 1. */
static uint32_t cpuset_hierarchy(void)
{
	CLEANUP_FILE FILE *f = fopen("/proc/cgroups", "re");
	unsigned int number = 0;
	char line[128];

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "cpuset %u", &number) == 1)
			break;
	return number;
}

/* A folder of a hierarchy that serves, or -1. */
static int open_folder(const char *path, uint32_t *ret_hierarchy)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct statfs fs;

	if (fd >= 0 && fstatfs(fd, &fs) == 0) {
		*ret_hierarchy = 0;
		if (fs.f_type == CGROUP2_SUPER_MAGIC)
			return fd;
		if (fs.f_type == CGROUP_SUPER_MAGIC && faccessat(fd, "cpuset.cpus", F_OK, 0) == 0) {
			*ret_hierarchy = cpuset_hierarchy();
			if (*ret_hierarchy)
				return fd;
		}
	}
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static int open_below(const char *base, uint32_t *ret_hierarchy)
{
	static const char *const places[] = { "", "/cpuset", "/unified" };
	char path[4096];
	int fd = -1;

	for (size_t i = 0; fd < 0 && i < ARRAY_LEN(places); i++)
		if (snprintf(path, sizeof(path), "%s%s", base, places[i]) < (int)sizeof(path))
			fd = open_folder(path, ret_hierarchy);
	return fd;
}

static bool is_root(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_ino == ROOT_INODE;
}

int cgroups_open(struct cgroups *ret, const char *base, struct err *err)
{
	const char *const bases[] = { base, "/proc/1/root" CGROUPS_BASE };
	bool is_part = false;

	*ret = (struct cgroups){ .fd = -1 };
	for (size_t i = 0; i < ARRAY_LEN(bases); i++) {
		uint32_t hierarchy;
		int fd = open_below(bases[i], &hierarchy);

		if (fd < 0)
			continue;
		if (is_root(fd)) {
			*ret = (struct cgroups){ .fd = fd, .hierarchy = hierarchy };
			return 0;
		}
		if (!is_part)
			ret->hierarchy = hierarchy;
		is_part = true;
		(void)close(fd);
	}
	if (is_part)
		return err_set(err, -EXDEV, "'%s' shows only a part of the cgroups", base);
	return err_set(err, -ENOENT, "no cgroup hierarchy is mounted at '%s'", base);
}

void cgroups_close(struct cgroups *cgroups)
{
	if (cgroups->fd >= 0)
		(void)close(cgroups->fd);
	cgroups->fd = -1;
}
