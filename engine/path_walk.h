/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path_walk: the way from "/" to a file, one name after the other, symbolic links followed by hand.
 * Every name on it can be replaced and lead elsewhere then. Any thread.
 */
#pragma once

/* `name` is what is looked for in `dir`, a path without links, "." or "..". Called before it is
 * looked for, so that a watch on `dir` misses nothing. A negative errno ends the walk. */
typedef int (*path_walk_fn)(void *arg, const char *dir, const char *name);

/* Walks to `path`, which may be relative. `fn` may be NULL. ret_real (NULL: not wanted; PATH_MAX
 * bytes) is where it ended, without links. Negative errno: of `fn`, or why it went no further
 * (-ENOENT, -EACCES, -ELOOP, -ENAMETOOLONG, ...). */
int path_walk(const char *path, path_walk_fn fn, void *arg, char *ret_real);
