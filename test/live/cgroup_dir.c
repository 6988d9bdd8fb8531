/* SPDX-License-Identifier: Apache-2.0 */
#include "test/live/cgroup_dir.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "test/live/live.h"

#define BASE "/sys/fs/cgroup"

const char *cgdir_root(void)
{
	const char *root = access(BASE "/cgroup.controllers", F_OK) == 0   ? BASE
			   : access(BASE "/cpuset/cpuset.cpus", F_OK) == 0 ? BASE "/cpuset"
									   : BASE "/unified";
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/warder-probe-%d", root, getpid());
	if (mkdir(path, 0755) == 0 && rmdir(path) == 0)
		return root;
	live_skip_part("no cgroup can be made in '%s' (%s)", root, err_name(errno));
	return NULL;
}

uint32_t cgdir_hierarchy(void)
{
	CLEANUP_FILE FILE *f = fopen("/proc/self/cgroup", "re");
	unsigned int number = 0, n;
	char line[512];

	/* "3:cpuset:/..." */
	while (f && fgets(line, sizeof(line), f))
		if (strstr(line, ":cpuset:") && sscanf(line, "%u:", &n) == 1)
			number = n;
	return number;
}

/* A new cpuset of version 1 has no CPUs and no memory, and takes no task. */
static bool copy_setting(const char *path, const char *name)
{
	char file[512], text[4096];
	CLEANUP_FD int from = -1, to = -1;
	ssize_t n;

	(void)snprintf(file, sizeof(file), "%s/../%s", path, name);
	from = open(file, O_RDONLY | O_CLOEXEC);
	if (from < 0)
		return errno == ENOENT;
	(void)snprintf(file, sizeof(file), "%s/%s", path, name);
	to = open(file, O_WRONLY | O_CLOEXEC);
	if (to < 0)
		return errno == ENOENT;
	n = read(from, text, sizeof(text));
	return n >= 0 && write(to, text, (size_t)n) == n;
}

uint64_t cgdir_make(const char *path)
{
	struct stat st;

	if (mkdir(path, 0755) != 0)
		return 0;
	if (cgdir_hierarchy() &&
	    (!copy_setting(path, "cpuset.cpus") || !copy_setting(path, "cpuset.mems")))
		return 0;
	return stat(path, &st) == 0 ? st.st_ino : 0;
}

bool cgdir_enter(const char *path)
{
	char procs[512];
	CLEANUP_FD int fd = -1;

	(void)snprintf(procs, sizeof(procs), "%s/cgroup.procs", path);
	fd = open(procs, O_WRONLY | O_CLOEXEC);
	return fd >= 0 && write(fd, "0", 1) == 1;
}
