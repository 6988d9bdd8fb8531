/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy_roots.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/path_walk.h"
#include "engine/policy/policy.h"

static void cleanup_dir(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}
#define CLEANUP_DIR CLEANUP(cleanup_dir)

static bool is_below(const char *path, const char *root)
{
	size_t len = strlen(root);

	return strncmp(path, root, len) == 0 && (path[len] == '\0' || path[len] == '/');
}

static bool has_root(const struct policy_roots *roots, const char *path)
{
	for (size_t i = 0; i < roots->n; i++)
		if (is_below(path, roots->items[i]))
			return true;
	return false;
}

/* Takes out what lies below `path`, and puts that in. */
static int add_root(struct policy_roots *roots, const char *path)
{
	size_t n = 0;
	char *copy;

	if (has_root(roots, path))
		return 0;
	for (size_t i = 0; i < roots->n; i++) {
		if (is_below(roots->items[i], path))
			free(roots->items[i]);
		else
			roots->items[n++] = roots->items[i];
	}
	roots->n = n;
	roots->items[n] = NULL;
	if (n == POLICY_ROOTS_MAX)
		return -E2BIG;
	copy = strdup(path);
	if (!copy)
		return -ENOMEM;
	roots->items[roots->n++] = copy;
	roots->items[roots->n] = NULL;
	return 0;
}

/* The directory that a path without links lies in; not "/", which would be everything. */
static int add_parent(struct policy_roots *roots, const char *real)
{
	char parent[PATH_MAX];
	const char *slash = strrchr(real, '/');

	if (!slash || slash == real)
		return 0;
	(void)snprintf(parent, sizeof(parent), "%.*s", (int)(slash - real), real); /* fits */
	return add_root(roots, parent);
}

/* The directory in which the last name of `path` lies. */
static int add_place(struct policy_roots *roots, const char *path)
{
	char dir[PATH_MAX], real[PATH_MAX];
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (len == 0)
		return 0; /* "/" lies nowhere */
	while (len > 0 && path[len - 1] != '/')
		len--;
	if (len >= sizeof(dir))
		return 0; /* too long to be there */
	(void)snprintf(dir, sizeof(dir), "%.*s", len ? (int)len : 1, len ? path : "."); /* fits */
	if (path_walk(dir, NULL, NULL, real) < 0 || strcmp(real, "/") == 0)
		return 0;
	return add_root(roots, real);
}

/* What a directory's links lead to. */
static int add_links(struct policy_roots *roots, const char *dir)
{
	CLEANUP_DIR DIR *stream = opendir(dir);
	const struct dirent *entry;
	char path[PATH_MAX], real[PATH_MAX];
	int rc = 0;

	while (stream && rc == 0 && (entry = readdir(stream)) != NULL) {
		int n = snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);

		if ((entry->d_type != DT_LNK && entry->d_type != DT_UNKNOWN) ||
		    !pol_is_file_name(entry->d_name) || n < 0 || (size_t)n >= sizeof(path) ||
		    path_walk(path, NULL, NULL, real) < 0)
			continue;
		rc = add_root(roots, real);
		if (rc == 0)
			rc = add_parent(roots, real);
	}
	return rc;
}

static int add_path(struct policy_roots *roots, const char *path)
{
	char real[PATH_MAX];
	int rc = add_place(roots, path);

	if (rc < 0 || path_walk(path, NULL, NULL, real) < 0)
		return rc;
	if (strcmp(real, "/") != 0)
		rc = add_root(roots, real);
	if (rc == 0)
		rc = add_parent(roots, real);
	return rc < 0 ? rc : add_links(roots, real);
}

int policy_roots_find(struct policy_roots *ret_roots, const char *const *paths, size_t n,
		      struct err *err)
{
	struct policy_roots roots = { .items = calloc(POLICY_ROOTS_MAX + 1, sizeof(char *)) };
	int rc = roots.items ? 0 : -ENOMEM;

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = add_path(&roots, paths[i]);
	if (rc < 0) {
		policy_roots_done(&roots);
		return err_set(err, rc,
			       rc == -E2BIG ? "policy directories are more than %d"
					    : "policy directories: out of memory",
			       POLICY_ROOTS_MAX);
	}
	*ret_roots = roots;
	return 0;
}

void policy_roots_done(struct policy_roots *roots)
{
	for (size_t i = 0; i < roots->n; i++)
		free(roots->items[i]);
	free(roots->items);
	*roots = (struct policy_roots){ 0 };
}

/* Here a path is followed, not what lies around it: that may well be more than before. */
static const char *leads_out(const struct policy_roots *roots, const char *path,
			     char real[PATH_MAX])
{
	CLEANUP_DIR DIR *stream = NULL;
	const struct dirent *entry;
	char inner[PATH_MAX], dir[PATH_MAX];

	if (path_walk(path, NULL, NULL, real) < 0)
		return NULL;
	if (!has_root(roots, real))
		return real;
	(void)snprintf(dir, sizeof(dir), "%s", real); /* fits */
	stream = opendir(dir);
	while (stream && (entry = readdir(stream)) != NULL) {
		int n = snprintf(inner, sizeof(inner), "%s/%s", dir, entry->d_name);

		if (pol_is_file_name(entry->d_name) && n > 0 && (size_t)n < sizeof(inner) &&
		    path_walk(inner, NULL, NULL, real) == 0 && !has_root(roots, real))
			return real;
	}
	return NULL;
}

bool policy_roots_left(const struct policy_roots *roots, const char *const *paths, size_t n,
		       struct err *err)
{
	char real[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		if (!leads_out(roots, paths[i], real))
			continue;
		(void)err_set(err, -EACCES,
			      "'%s' is not where policies were at the start, expected a restart",
			      real);
		return true;
	}
	return false;
}

static int try_one(int dir_fd, const char *name, const char *shown, struct err *err)
{
	int fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return err_set(err, -errno, "'%s' cannot be opened (%s)", shown, err_name(errno));
	return fd;
}

int policy_roots_try(const char *const *paths, size_t n, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; i < n && rc == 0; i++) {
		CLEANUP_DIR DIR *stream = NULL;
		CLEANUP_FD int fd = try_one(AT_FDCWD, paths[i], paths[i], err);
		const struct dirent *entry;
		char shown[PATH_MAX];

		if (fd < 0)
			return fd;
		stream = opendir(paths[i]); /* NULL: a file */
		while (stream && rc == 0 && (entry = readdir(stream)) != NULL) {
			CLEANUP_FD int file_fd = -1;

			if (!pol_is_file_name(entry->d_name))
				continue;
			(void)snprintf(shown, sizeof(shown), "%s/%s", paths[i], /* cut is fine */
				       entry->d_name);
			file_fd = try_one(dirfd(stream), entry->d_name, shown, err);
			rc = file_fd < 0 ? file_fd : 0;
		}
	}
	return rc;
}
