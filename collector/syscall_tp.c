/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/syscall_tp.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"

/* From the kernel's system call tables: entry point name where it is not sys_ + the call's name. */
static const struct {
	unsigned int slot;
	const char *name;
} kernel_names[] = {
	{ EV_STAT_slot, "newstat" },   { EV_FSTAT_slot, "newfstat" },
	{ EV_LSTAT_slot, "newlstat" }, { EV_UNAME_slot, "newuname" },
	{ EV_UMOUNT2_slot, "umount" }, { EV_SENDFILE_slot, "sendfile64" },
};

const char *syscall_kernel_name(const struct event_def *def)
{
	for (size_t i = 0; i < ARRAY_LEN(kernel_names); i++)
		if (kernel_names[i].slot == def->slot)
			return kernel_names[i].name;
	return def->name;
}

static int tracepoint_id(int tracefs_fd, const char *path)
{
	CLEANUP_FD int fd = openat(tracefs_fd, path, O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0)
		return -errno;
	if (read(fd, text, sizeof(text) - 1) <= 0)
		return -EIO;
	return atoi(text);
}

int syscall_tp_open(int tracefs_fd, const struct event_def *def, bool at_exit)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	char path[128];
	int id;
	long fd;

	(void)snprintf(path, sizeof(path), "events/syscalls/sys_%s_%s/id",
		       at_exit ? "exit" : "enter", syscall_kernel_name(def));
	id = tracepoint_id(tracefs_fd, path);
	if (id <= 0)
		return id < 0 ? id : -ENOENT;
	attr.config = (__u64)id;
	/* The program runs on every CPU, whichever one the event is opened for. */
	fd = syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}
