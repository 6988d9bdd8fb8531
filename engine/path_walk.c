/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/path_walk.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define LINKS_MAX 40 /* as the kernel's MAXSYMLINKS */

struct walk {
	char dir[PATH_MAX];  /* where we are, without links */
	char rest[PATH_MAX]; /* the way that is left */
	unsigned int n_links;
};

/* Puts `head` in front of what is left. */
static int prepend(struct walk *w, const char *head)
{
	char joined[PATH_MAX];
	int n = snprintf(joined, sizeof(joined), "%s/%s", head, w->rest);

	if (n < 0 || (size_t)n >= sizeof(joined))
		return -ENAMETOOLONG;
	memcpy(w->rest, joined, (size_t)n + 1);
	if (head[0] == '/')
		w->dir[0] = '\0';
	return 0;
}

static int begin(struct walk *w, const char *path)
{
	char cwd[PATH_MAX];

	if (strlen(path) >= sizeof(w->rest))
		return -ENAMETOOLONG;
	memcpy(w->rest, path, strlen(path) + 1);
	w->dir[0] = '\0';
	w->n_links = 0;
	if (path[0] == '/')
		return 0;
	return getcwd(cwd, sizeof(cwd)) ? prepend(w, cwd) : -errno;
}

/* The next name of the way; false: there is none. */
static bool take_name(struct walk *w, char name[NAME_MAX + 1], int *ret_rc)
{
	const char *at = w->rest + strspn(w->rest, "/");
	size_t len = strcspn(at, "/");

	if (len == 0)
		return false;
	if (len > NAME_MAX) {
		*ret_rc = -ENAMETOOLONG;
		return false;
	}
	memcpy(name, at, len);
	name[len] = '\0';
	memmove(w->rest, at + len, strlen(at + len) + 1);
	return true;
}

static void go_up(struct walk *w)
{
	char *slash = strrchr(w->dir, '/');

	if (slash)
		*slash = '\0';
}

/* Into what `name` is, or on to where it points. */
static int enter(struct walk *w, const char *name)
{
	char full[PATH_MAX], target[PATH_MAX];
	int len = snprintf(full, sizeof(full), "%s/%s", w->dir, name);
	ssize_t n;

	if (len < 0 || (size_t)len >= sizeof(full))
		return -ENAMETOOLONG;
	n = readlink(full, target, sizeof(target) - 1);
	if (n < 0 && errno != EINVAL) /* EINVAL: no link */
		return -errno;
	if (n < 0) {
		memcpy(w->dir, full, (size_t)len + 1);
		return 0;
	}
	if (++w->n_links > LINKS_MAX)
		return -ELOOP;
	target[n] = '\0';
	return prepend(w, target);
}

int path_walk(const char *path, path_walk_fn fn, void *arg, char *ret_real)
{
	char name[NAME_MAX + 1];
	struct walk w;
	int rc = begin(&w, path);

	while (rc == 0 && take_name(&w, name, &rc)) {
		if (strcmp(name, ".") == 0)
			continue;
		if (strcmp(name, "..") == 0) {
			go_up(&w);
			continue;
		}
		if (fn)
			rc = fn(arg, w.dir[0] ? w.dir : "/", name);
		if (rc == 0)
			rc = enter(&w, name);
	}
	if (rc == 0 && ret_real)
		(void)snprintf(ret_real, PATH_MAX, "%s", w.dir[0] ? w.dir : "/"); /* fits */
	return rc;
}
