/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/cgroup_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "common/container_path.h"
#include "common/event_list.h"
#include "common/filter.h"

#define PATH_FIELD 1

/* A folder below the one the walk is in, at w->path. Takes `fd`. */
static int enter(struct cgwalk *w, int fd)
{
	DIR *dir = fdopendir(fd);

	if (!dir) {
		(void)close(fd);
		return -errno;
	}
	w->dirs[w->depth] = dir;
	w->lens[w->depth++] = w->path_len;
	return 0;
}

void cgwalk_begin(struct cgwalk *w, const struct cgroups *cgroups, int kinds_fd,
		  struct lanes *lanes)
{
	struct stat st;
	int fd;

	cgwalk_end(w);
	w->cgroups = cgroups;
	w->kinds_fd = kinds_fd;
	w->lanes = lanes;
	w->n_cgroups = 0;
	w->n_too_deep = 0;
	w->path_len = 0;
	if (cgroups->fd < 0)
		return;
	fd = openat(cgroups->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0 && fstat(fd, &st) == 0 && enter(w, fd) == 0)
		w->id = st.st_ino;
}

void cgwalk_end(struct cgwalk *w)
{
	while (w->depth > 0)
		(void)closedir(w->dirs[--w->depth]);
	w->id = 0;
}

/* "/" for the root itself. */
static size_t path_here(struct cgwalk *w)
{
	if (w->path_len > 0)
		return w->path_len;
	w->path[0] = '/';
	return 1;
}

static void remember_kind(struct cgwalk *w, size_t path_len)
{
	char id[CONTAINER_ID_MAX + 1];
	bool is_root;
	uint32_t kind = container_of_path(w->path, path_len, id, &is_root) == CONTAINER_NONE
				? FILTER_IN_HOST
				: FILTER_IN_CONTAINER;

	/* A full map: this one stays unknown, which lets more through and nothing less. */
	if (w->kinds_fd >= 0)
		(void)bpf_map_update_elem(w->kinds_fd, &w->id, &kind, BPF_ANY);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec;
}

/* 1: told; 0: there is no room. */
static int tell(struct cgwalk *w, size_t path_len)
{
	uint32_t room = (uint32_t)(sizeof(struct rec_cgroup) + sizeof(struct rec_var) +
				   ((path_len + 7) & ~(size_t)7));
	struct rec_cgroup *rec;
	struct lane_slot slot;
	struct rec_var *var;
	int rc;

	if (!lanes_have_room(w->lanes, room))
		return 0;
	rc = lane_reserve(&w->lanes->own, room, EV_CGROUP_slot, now_ns(), &slot);
	if (rc < 0)
		return rc;
	memset((uint8_t *)slot.rec + sizeof(slot.rec->commit), 0, room - sizeof(slot.rec->commit));
	rec = (struct rec_cgroup *)slot.rec;
	rec->hdr.ts_ns = now_ns(); /* after the reservation, as every record's */
	rec->hdr.event = EV_CGROUP;
	rec->where.syscall_nr = REC_NO_SYSCALL;
	rec->cgroup_id = w->id;
	rec->hierarchy_id = w->cgroups->hierarchy;
	rec->is_tasks = 1;
	var = (struct rec_var *)(rec + 1);
	var->len = (uint16_t)path_len;
	var->field = PATH_FIELD;
	memcpy(var + 1, w->path, path_len);
	lane_commit(&w->lanes->own, &slot, room);
	return 1;
}

/* Appends "/name"; false: too long. */
static bool go_down(struct cgwalk *w, const char *name)
{
	size_t len = strlen(name), at = w->lens[w->depth - 1];

	if (at + 1 + len > sizeof(w->path))
		return false;
	w->path[at] = '/';
	memcpy(w->path + at + 1, name, len);
	w->path_len = at + 1 + len;
	return true;
}

static void found(struct cgwalk *w, const char *name)
{
	int dir_fd = dirfd(w->dirs[w->depth - 1]);
	struct stat st;
	int fd;

	if (w->depth == CGWALK_DEPTH_MAX || !go_down(w, name)) {
		w->n_too_deep++;
		return;
	}
	fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return; /* just removed */
	if (fstat(fd, &st) != 0) {
		(void)close(fd);
		return;
	}
	w->id = st.st_ino;
	remember_kind(w, w->path_len);
	/* The kernel removes the folder first and the map's entry then: one that is still there has
	 * its entry's removal before it. */
	if (fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) != 0 || st.st_ino != w->id) {
		(void)bpf_map_delete_elem(w->kinds_fd, &w->id);
		w->id = 0;
	}
	if (w->id == 0)
		(void)close(fd);
	else if (enter(w, fd) < 0)
		w->n_too_deep++; /* no memory: told, but what is below it is not */
}

/* Until a cgroup is found (w->id) or there are no more. */
static void step(struct cgwalk *w)
{
	const struct dirent *entry = readdir(w->dirs[w->depth - 1]);

	if (!entry)
		(void)closedir(w->dirs[--w->depth]);
	else if (entry->d_type == DT_DIR && strcmp(entry->d_name, ".") != 0 &&
		 strcmp(entry->d_name, "..") != 0)
		found(w, entry->d_name);
}

int cgwalk_pump(struct cgwalk *w)
{
	int rc = 1;

	while (rc > 0 && (w->depth > 0 || w->id)) {
		size_t len;

		if (!w->id) {
			step(w);
			continue;
		}
		len = path_here(w);
		if (w->path_len == 0)
			remember_kind(w, len);
		rc = w->lanes ? tell(w, len) : 1;
		if (rc <= 0)
			break;
		w->n_cgroups++;
		w->id = 0;
	}
	if (w->lanes)
		lanes_ring(w->lanes);
	if (rc != 0)
		cgwalk_end(w);
	return rc;
}
