/* SPDX-License-Identifier: Apache-2.0 */
/*
 * path: the path of a file as the root of its mount namespace sees it, from the dentry up through
 * the mounts. bpf_d_path() is not allowed in tracepoint programs, hence by hand.
 *
 * Bounded: PATH_DEPTH names (PATH_DEPTH_UNROLLED on old kernels) and REC_PATH_MAX bytes; what is
 * longer loses its beginning and is marked. Not locked: a rename while we walk can give a mixture
 * of old and new names; where that matters (detection), device and inode go with the path.
 */
#pragma once

#include "bpf/maps.bpf.h"
#include "bpf/compat.bpf.h"

#define PATH_DEPTH 512
#define PATH_DEPTH_UNROLLED 40 /* on kernels without bpf_loop() */
#define PATH_MASK (REC_PATH_MAX - 1)

/* path_walk.more */
#define PATH_CUT (-1)
#define PATH_DONE 0
#define PATH_MORE 1
#define PATH_BARE 2

/* The scratch page of this CPU, or NULL when a program that we interrupted is using it. */
static __always_inline struct scratch_page *scratch_get(void)
{
	u32 zero = 0;
	struct scratch_page *page = bpf_map_lookup_elem(&scratch, &zero);

	if (!page)
		return NULL;
	if (__sync_val_compare_and_swap(&page->busy, 0, 1) != 0) {
		count_up(KC_SCRATCH_BUSY);
		return NULL;
	}
	return page;
}

static __always_inline void scratch_put(struct scratch_page *page)
{
	page->busy = 0;
}

/* Puts a name in front of the path so far, behind a slash unless `bare`. False: no room. */
static __always_inline bool path_put(struct path_walk *w, u8 *buf, struct dentry *dentry, bool bare)
{
	u32 len = BPF_CORE_READ(dentry, d_name.len) & (SCRATCH_NAME - 1), off = w->off;
	const unsigned char *name = BPF_CORE_READ(dentry, d_name.name);

	if (off < len + 1 || off > REC_PATH_MAX)
		return false;
	off -= len;
	bpf_probe_read_kernel(&buf[off & PATH_MASK], len, name);
	if (!bare)
		buf[--off & PATH_MASK] = '/';
	w->off = off;
	return true;
}

/*
 * One name further up. PATH_MORE: go on; PATH_DONE: at the root; PATH_BARE: the file lies in no
 * folder (memfd, pipe, socket) and has only a name, which may be empty; PATH_CUT: no room.
 *
 * The state of the walk lives in the scratch page, not in registers: what is loaded from there is
 * unknown to the verifier, so every turn of the loop starts in the same state.
 */
static __always_inline int path_step(struct path_walk *w, u8 *buf)
{
	struct dentry *dentry = w->dentry, *root = w->root, *parent;
	struct mount *above, *mount = w->mount;

	parent = BPF_CORE_READ(dentry, d_parent);
	if (dentry == root) {
		above = BPF_CORE_READ(mount, mnt_parent);
		if (above == mount)
			return PATH_DONE;
		w->dentry = BPF_CORE_READ(mount, mnt_mountpoint);
		w->mount = above;
		w->root = BPF_CORE_READ(above, mnt.mnt_root);
		return PATH_MORE;
	}
	if (dentry == parent) {
		if (w->off != REC_PATH_MAX)
			return PATH_DONE;
		return path_put(w, buf, dentry, true) ? PATH_BARE : PATH_CUT;
	}
	if (!path_put(w, buf, dentry, false))
		return PATH_CUT;
	w->dentry = parent;
	return PATH_MORE;
}

/* Puts the path into scratch path `n`. `page` may be NULL: the path is then marked unread. */
static long path_turn(u32 i, void *unused)
{
	u32 zero = 0;
	struct scratch_page *page = bpf_map_lookup_elem(&scratch, &zero);
	u32 n;

	if (!page)
		return 1;
	n = page->walk.n;
	if (n >= SCRATCH_PATHS)
		return 1;
	page->walk.more = path_step(&page->walk, page->path[n]);
	return *(volatile s32 *)&page->walk.more != PATH_MORE;
}

static __always_inline int path_build(struct scratch_page *page, u32 n, struct dentry *dentry,
				      struct vfsmount *vfsmnt)
{
	struct path_walk *w = &page->walk;

	if (n >= SCRATCH_PATHS)
		return 0;
	w->n = n;
	w->off = REC_PATH_MAX;
	w->dentry = dentry;
	w->mount = (void *)vfsmnt - bpf_core_field_offset(struct mount, mnt);
	w->root = BPF_CORE_READ(vfsmnt, mnt_root);
	w->more = PATH_MORE;
	if (has_loop) {
		bpf_loop(PATH_DEPTH, path_turn, NULL, 0);
	} else {
		for (int i = 0; i < PATH_DEPTH_UNROLLED; i++)
			if (path_turn(i, NULL))
				break;
	}
	if (*(volatile u32 *)&w->off >= REC_PATH_MAX && *(volatile s32 *)&w->more != PATH_BARE) {
		page->path[n][PATH_MASK] = '/';
		w->off = PATH_MASK;
	}
	return 0;
}

static __always_inline void path_of(struct path_at *at, struct scratch_page *page, u32 n,
				    struct path *path)
{
	struct vfsmount *vfsmnt;
	struct dentry *dentry;
	u32 off;

	at->len = 0;
	at->off = 0;
	at->flags = REC_VAR_UNREAD;
	if (!page || !path)
		return;
	dentry = BPF_CORE_READ(path, dentry);
	vfsmnt = BPF_CORE_READ(path, mnt);
	if (!dentry || !vfsmnt)
		return;
	path_build(page, n, dentry, vfsmnt);
	off = *(volatile u32 *)&page->walk.off;
	at->flags = 0;
	if (page->walk.more != PATH_DONE && page->walk.more != PATH_BARE) {
		at->flags = REC_VAR_TRUNC;
		count_up(KC_PATH_CUT);
	}
	if (off >= REC_PATH_MAX)
		return; /* a name that is empty */
	at->off = off & PATH_MASK;
	at->len = REC_PATH_MAX - (off & PATH_MASK);
}
