/* SPDX-License-Identifier: Apache-2.0 */
/* file_parts: what file.c (writing) shares with file_open.c (how it begins). */
#pragma once

#include <fcntl.h>

#include "engine/sink/file.h"
#include "engine/sink/rotate.h"

#define SINK_BUFFER (256U << 10) /* bytes: written at the latest when there are so many */
#define SINK_LINE_MAX (1U << 20) /* bytes: what the encoders promise to stay below */
#define SINK_LINES_MAX 4096U     /* in the buffer */
/* O_NONBLOCK: not to wait for the reader of a named pipe. Files do not care. */
#define SINK_FILE_FLAGS                                                                            \
	(O_WRONLY | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)

/* How a write does not block, though the descriptor may. */
enum sink_way {
	WAY_WRITE, /* it does not: a file, or O_NONBLOCK */
	WAY_SEND,  /* a socket: says so with each send(2) */
	/* A pipe or terminal whose description is other processes' too, so that O_NONBLOCK would be
	 * theirs, and that cannot be opened again: no more than what fits one that is writable. */
	WAY_SMALL,
};

struct file {
	struct sink sink;
	char *buf; /* SINK_BUFFER + SINK_LINE_MAX; what is never used is never resident */
	size_t len;
	uint32_t ends[SINK_LINES_MAX]; /* of the lines in buf: they may contain newlines */
	uint32_t n_lines;
	int fd;
	bool owns_fd;
	enum sink_way way;
	bool is_patient; /* waits for its reader for ever */
	bool gave_up;    /* the engine ends, and the reader takes nothing */
	bool is_file;    /* what is cut can be undone */
	bool cut;        /* the first line has begun to be written: it goes on, whatever comes */
	bool stalled;    /* waited in vain once: not again before the reader takes something */
	bool broken;     /* the reader is gone */
	bool wants_reopen;
	struct rotate *rotate; /* owned; NULL: it grows */
	char *directory;       /* owned; NULL: it is no file by its name */
	uint8_t *header;       /* owned; NULL: none */
	size_t header_len;
	uint64_t size;  /* of the file, with `rotate` */
	int64_t now_ms; /* likewise, CLOCK_REALTIME at the last look */
	struct sink_stats stats;
};

extern const struct sink_ops sink_file_ops;

/* Into the buffer: there is room. */
void sink_file_append(struct file *s, const void *line, size_t len);
uint64_t sink_file_size(int fd);
