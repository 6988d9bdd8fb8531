/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/loop.h"
#include "engine/now.h"
#include "engine/path_walk.h"
#include "engine/policy/policy.h"

#define DIRS_MAX 1024 /* watched at a time */
#define NAMES_MAX 64  /* of one directory; with more, every name counts */
/* Between two looks at the descriptor. Some directory on the way, such as /tmp, may be a busy one,
 * and what happens there is nothing to be woken by each time. */
#define PAUSE_NS (20 * NOW_NS_PER_MS)
/* Not IN_MODIFY: who writes closes in the end, and an output of ours may be in the same place. */
#define CHANGES                                                                                    \
	(IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_CLOSE_WRITE | IN_ATTRIB |        \
	 IN_DELETE_SELF | IN_MOVE_SELF)
/* The directory itself is not where it was. */
#define UPHEAVAL (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT | IN_IGNORED)

struct watched {
	char *dir;              /* owned */
	int wd;                 /* negative errno: it cannot be watched */
	bool any;               /* every name counts */
	bool files;             /* names of policy files do */
	char *names[NAMES_MAX]; /* owned: and so do these */
	size_t n_names;
};

struct dirs {
	struct watched *items; /* owned; room for DIRS_MAX */
	size_t n;
	const char *last; /* of the latest walk: where the last name was looked for; borrowed */
	int rc;           /* why something could not be noted; 0: nothing */
};

struct policy_watch {
	const char *const *paths; /* borrowed */
	size_t n_paths;
	int fd; /* owned */
	struct loop *loop;
	bool is_joined;             /* the loop has the descriptor */
	uint64_t resume_ns;         /* when it is to have it again */
	uint64_t first_ns, last_ns; /* of the changes that were not taken; 0: none */
	struct dirs dirs;
	struct err blind; /* code 0: not */
};

static void free_dirs(struct dirs *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free(d->items[i].dir);
		for (size_t k = 0; k < d->items[i].n_names; k++)
			free(d->items[i].names[k]);
	}
	free(d->items);
	*d = (struct dirs){ 0 };
}

static struct watched *find_dir(const struct dirs *d, const char *dir)
{
	for (size_t i = 0; i < d->n; i++)
		if (strcmp(d->items[i].dir, dir) == 0)
			return &d->items[i];
	return NULL;
}

/* NULL: no more can be watched. */
static struct watched *add_dir(struct policy_watch *w, struct dirs *d, const char *dir)
{
	struct watched *item = find_dir(d, dir);

	if (item)
		return item;
	if (d->n == DIRS_MAX) {
		d->rc = -E2BIG;
		return NULL;
	}
	item = &d->items[d->n];
	*item = (struct watched){ .dir = strdup(dir) };
	if (!item->dir) {
		d->rc = -ENOMEM;
		return NULL;
	}
	item->wd = inotify_add_watch(w->fd, dir, CHANGES | IN_ONLYDIR | IN_EXCL_UNLINK);
	if (item->wd < 0)
		item->wd = -errno;
	d->n++;
	return item;
}

static void add_name(struct watched *item, const char *name)
{
	if (item->any)
		return;
	for (size_t i = 0; i < item->n_names; i++)
		if (strcmp(item->names[i], name) == 0)
			return;
	if (item->n_names < NAMES_MAX)
		item->names[item->n_names] = strdup(name);
	if (item->n_names == NAMES_MAX || !item->names[item->n_names])
		item->any = true; /* more than is needed is no harm */
	else
		item->n_names++;
}

struct arming {
	struct policy_watch *w;
	struct dirs *dirs;
};

static int note(void *arg, const char *dir, const char *name)
{
	struct arming *a = arg;
	struct watched *item = add_dir(a->w, a->dirs, dir);

	if (!item)
		return a->dirs->rc;
	add_name(item, name);
	a->dirs->last = item->dir;
	return 0;
}

static void set_blind(struct policy_watch *w, const char *path, int rc)
{
	if (w->blind.code == 0)
		(void)err_set(&w->blind, rc, "policy path '%s' cannot be watched (%s)", path,
			      err_name(rc));
}

/* What a walk to `path` has noted is enough to see it change. */
static void check_walk(struct policy_watch *w, const struct dirs *d, const char *path, int rc)
{
	const struct watched *item = d->last ? find_dir(d, d->last) : NULL;

	if (d->rc < 0)
		set_blind(w, path, d->rc);
	else if (!item)
		set_blind(w, path, rc);
	else if (item->wd < 0)
		set_blind(w, path, item->wd);
}

/* The files of a directory that are elsewhere. */
static void note_links(struct policy_watch *w, struct dirs *d, const char *dir)
{
	struct arming a = { .w = w, .dirs = d };
	const struct dirent *entry;
	char path[PATH_MAX];
	DIR *stream = opendir(dir);

	while (stream && (entry = readdir(stream)) != NULL) {
		int n, rc;

		if (entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN)
			continue;
		if (!pol_is_file_name(entry->d_name))
			continue;
		n = snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (n < 0 || (size_t)n >= sizeof(path))
			continue; /* neither can it be read */
		rc = path_walk(path, note, &a, NULL);
		check_walk(w, d, path, rc);
	}
	if (stream)
		(void)closedir(stream);
}

static void note_path(struct policy_watch *w, struct dirs *d, const char *path)
{
	struct arming a = { .w = w, .dirs = d };
	char real[PATH_MAX];
	struct watched *item;
	int rc;

	d->last = NULL;
	rc = path_walk(path, note, &a, real);
	item = rc == 0 ? add_dir(w, d, real) : NULL;
	if (item && item->wd == -ENOTDIR) {
		free(item->dir); /* it was the last one to be added */
		d->n--;
		item = NULL;
	}
	if (!item) {
		check_walk(w, d, path, rc);
		return;
	}
	item->files = true;
	if (item->wd < 0)
		set_blind(w, path, item->wd);
	note_links(w, d, real);
}

static bool has_wd(const struct dirs *d, int wd)
{
	for (size_t i = 0; i < d->n; i++)
		if (d->items[i].wd == wd)
			return true;
	return false;
}

/* Watches the way as it is now, and nothing else any more. */
static void arm(struct policy_watch *w)
{
	struct dirs now = { .items = calloc(DIRS_MAX, sizeof(struct watched)) };

	w->blind.code = 0;
	if (!now.items) { /* the former way may still be right */
		set_blind(w, w->paths[0], -ENOMEM);
		return;
	}
	for (size_t i = 0; i < w->n_paths; i++)
		note_path(w, &now, w->paths[i]);
	for (size_t i = 0; i < w->dirs.n; i++)
		if (w->dirs.items[i].wd >= 0 && !has_wd(&now, w->dirs.items[i].wd))
			(void)inotify_rm_watch(w->fd, w->dirs.items[i].wd); /* it may be gone */
	free_dirs(&w->dirs);
	w->dirs = now;
}

static bool counts(const struct watched *item, const struct inotify_event *ev)
{
	if (ev->mask & UPHEAVAL)
		return true;
	if (ev->len == 0)
		return item->files; /* its own attributes: it may have become readable */
	if (item->any || (item->files && pol_is_file_name(ev->name)))
		return true;
	for (size_t i = 0; i < item->n_names; i++)
		if (strcmp(item->names[i], ev->name) == 0)
			return true;
	return false;
}

static bool is_change(const struct policy_watch *w, const struct inotify_event *ev)
{
	if (ev->mask & IN_Q_OVERFLOW)
		return true; /* whatever it was */
	for (size_t i = 0; i < w->dirs.n; i++)
		if (w->dirs.items[i].wd == ev->wd && counts(&w->dirs.items[i], ev))
			return true;
	return false;
}

/* Everything the kernel has to report; bounded, as somebody may make more all the time. */
static void read_events(struct policy_watch *w, uint64_t now_ns)
{
	alignas(struct inotify_event) char buf[65536];

	for (int round = 0; round < 8; round++) {
		ssize_t n = read(w->fd, buf, sizeof(buf));
		const struct inotify_event *ev;

		if (n <= 0)
			return;
		for (ssize_t at = 0; at < n; at += (ssize_t)(sizeof(*ev) + ev->len)) {
			ev = (const struct inotify_event *)(buf + at);
			if (!is_change(w, ev))
				continue;
			w->last_ns = now_ns;
			if (w->first_ns == 0)
				w->first_ns = now_ns;
		}
	}
}

struct policy_watch *policy_watch_new(const char *const *paths, size_t n, struct err *err)
{
	CLEANUP_FREE struct policy_watch *w = calloc(1, sizeof(*w));

	if (!w) {
		(void)err_set(err, -ENOMEM, "policies cannot be watched: out of memory");
		return NULL;
	}
	w->paths = paths;
	w->n_paths = n;
	w->fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	if (w->fd < 0) {
		(void)err_set(err, -errno, "policies cannot be watched (%s)", err_name(errno));
		return NULL;
	}
	arm(w);
	return TAKE_PTR(w);
}

static void leave(struct policy_watch *w)
{
	if (w->is_joined)
		loop_remove(w->loop, w->fd);
	w->is_joined = false;
}

void policy_watch_free(struct policy_watch *w)
{
	if (!w)
		return;
	leave(w);
	free_dirs(&w->dirs);
	cleanup_fd(&w->fd);
	free(w);
}

static void ready(void *arg, uint32_t events)
{
	struct policy_watch *w = arg;
	uint64_t now_ns = now_boot_ns();

	(void)events;
	read_events(w, now_ns);
	leave(w);
	w->resume_ns = now_ns + (uint64_t)PAUSE_NS;
}

int policy_watch_join(struct policy_watch *w, struct loop *loop, struct err *err)
{
	int rc = loop_add(loop, w->fd, ready, w, err);

	w->loop = loop;
	w->is_joined = rc == 0;
	return rc;
}

/* After a pause. Returns what is left of it, ns; -1: it is over. */
static int64_t resume(struct policy_watch *w, uint64_t now_ns)
{
	if (w->is_joined || !w->loop)
		return -1;
	if (now_ns < w->resume_ns)
		return (int64_t)(w->resume_ns - now_ns);
	if (policy_watch_join(w, w->loop, NULL) == 0)
		return -1;
	w->resume_ns = now_ns + (uint64_t)NOW_NS_PER_S; /* out of memory: later */
	return NOW_NS_PER_S;
}

bool policy_watch_take(struct policy_watch *w, uint64_t now_ns, int64_t *ret_ns)
{
	uint64_t due_ns;

	*ret_ns = resume(w, now_ns);
	if (w->first_ns == 0)
		return false;
	read_events(w, now_ns);
	due_ns = w->last_ns + POLICY_WATCH_QUIET_NS;
	if (due_ns > w->first_ns + POLICY_WATCH_MAX_NS)
		due_ns = w->first_ns + POLICY_WATCH_MAX_NS;
	if (now_ns < due_ns) {
		if (*ret_ns < 0 || (int64_t)(due_ns - now_ns) < *ret_ns)
			*ret_ns = (int64_t)(due_ns - now_ns);
		return false;
	}
	w->first_ns = 0;
	arm(w);
	return true;
}

bool policy_watch_is_blind(const struct policy_watch *w, struct err *err)
{
	if (w->blind.code)
		*err = w->blind;
	return w->blind.code != 0;
}
