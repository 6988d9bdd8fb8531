/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/spool_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "engine/sink/spool_format.h"

static char dir_path[64];

static void empty_dir(void)
{
	DIR *dir = opendir(dir_path);
	const struct dirent *e;

	if (!dir)
		abort();
	while ((e = readdir(dir)))
		(void)unlinkat(dirfd(dir), e->d_name, 0); /* not "." and ".." */
	(void)closedir(dir);
}

static void remove_dir(void)
{
	empty_dir();
	(void)rmdir(dir_path);
}

const char *spool_files_dir(void)
{
	if (dir_path[0])
		return dir_path;
	(void)snprintf(dir_path, sizeof(dir_path), "%s/spool_files.XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (!mkdtemp(dir_path) || atexit(remove_dir) != 0)
		abort();
	return dir_path;
}

static void write_file(const char *name, const uint8_t *data, size_t len)
{
	char path[128];
	CLEANUP_FD int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/%s", spool_files_dir(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len)
		abort();
}

/* Frames as long as the bytes say, over and over what is left. */
static size_t build_frames(struct bytes b, uint8_t *out, struct sfmt_segment *seg)
{
	size_t at = SFMT_HEAD_BYTES;
	uint8_t len;

	while (bytes_read(&b, &len, 1) && seg->n_events < 1000) {
		const struct batch_item item = { .data = b.at,
						 .len = len < b.left ? len : (uint32_t)b.left,
						 .is_urgent = len & 1,
						 .time_ns = len };

		sfmt_frame_put(out + at, &item, seg->first_seq + seg->n_events);
		at += SFMT_FRAME_BYTES + item.len;
		seg->n_events++;
		seg->n_urgent += item.is_urgent;
	}
	seg->n_bytes = at;
	return at;
}

static void write_segment(uint8_t how, uint64_t seq, struct bytes b)
{
	static uint8_t out[1U << 20];
	struct sfmt_segment seg = { .first_seq = seq };
	uint8_t says[4] = { 0 };
	char name[SFMT_NAME_CAP];
	size_t len;

	sfmt_name(name, seq);
	if (!(how & SPOOL_FILES_BUILT)) {
		write_file(name, b.at, b.left);
		return;
	}
	(void)bytes_read(&b, says, sizeof(says));
	len = build_frames(b, out, &seg);
	if (!(how & SPOOL_FILES_SEALED)) {
		seg.n_bytes = (uint64_t)says[0] * 16 + says[1] % 16;
		seg.n_events = says[2];
		seg.n_urgent = says[3];
	}
	sfmt_head_put(out, &seg);
	write_file(name, out, len);
}

static void write_ack(uint8_t how, uint64_t seq, struct bytes b)
{
	uint8_t ack[SFMT_ACK_BYTES];

	sfmt_ack_put(ack, seq);
	if (how & SPOOL_FILES_BUILT)
		write_file("ack", ack, sizeof(ack));
	else
		write_file("ack", b.at, b.left);
}

void spool_files_write(const uint8_t *data, size_t size)
{
	struct bytes all = { .at = data, .left = size };
	uint8_t head[4];

	(void)spool_files_dir();
	empty_dir();
	while (bytes_read(&all, head, sizeof(head))) {
		size_t len = head[2] + 256U * head[3];
		struct bytes part = { .at = all.at, .left = len < all.left ? len : all.left };
		uint64_t seq = head[0] & SPOOL_FILES_HUGE ? SFMT_SEQ_MAX - head[1] : head[1];

		(void)bytes_take(&all, part.left);
		if (head[0] & SPOOL_FILES_ACK)
			write_ack(head[0], seq, part);
		else
			write_segment(head[0], seq, part);
	}
}
