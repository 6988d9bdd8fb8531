/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_parts: what the files of the spool share. spool_open.c: what an earlier engine left;
 * spool.c: the appending thread; spool_read.c: the reading one.
 *
 * The list of segments, oldest first, is under `lock`, which is held for looking only, never while
 * the disk is waited for. The first segment belongs to the reader while it reads from it, the last
 * to the appender while it writes to it: nobody else removes those. The file of any other segment
 * is removed by whoever took it off the list.
 */
#pragma once

#include <pthread.h>

#include "engine/sink/spool.h"
#include "engine/sink/spool_format.h"

#define SPOOL_SEGMENTS_MAX 16384U
#define SPOOL_FILE_MODE 0600

struct spool_segment {
	struct sfmt_segment is; /* of what is handed to the kernel */
	bool is_dirty;          /* not known to be on the disk */
};

/* Frames in memory. */
struct spool_buffer {
	uint8_t *data; /* SPOOL_BUFFER_BYTES */
	size_t len;
	uint64_t first_seq, n_events, n_urgent;
	int64_t oldest_ns;
};

enum spool_reading { SPOOL_READS_NOTHING, SPOOL_READS_SEGMENT, SPOOL_READS_MEMORY };

struct spool {
	int dir_fd, ack_fd;
	uint64_t bytes_max, segment_max;
	bool drop_oldest;

	/* The appender's. */
	int write_fd;            /* of the last segment; -1: the next flush makes one */
	struct spool_buffer out; /* not yet handed to the kernel */
	uint64_t next_seq;
	uint64_t write_len; /* of the segment being written: 0, or what the kernel has of it */
	uint64_t reserved;  /* what it may grow to, as counted in disk_bytes; 0: nothing yet */

	/* The reader's. Positions within `in` are those in the file. */
	int in_fd;
	uint8_t *in; /* SPOOL_SEGMENT_BYTES */
	size_t in_len;
	size_t bad_at; /* where its frames end before its bytes do; SIZE_MAX: nowhere yet */
	size_t n_taken;
	uint64_t acked; /* of an earlier engine: what is before it is not to be sent */

	pthread_mutex_t lock; /* what follows */
	pthread_cond_t to_reader, to_appender;
	struct spool_segment *segments; /* SPOOL_SEGMENTS_MAX */
	size_t n_segments;
	bool is_writing;    /* the last segment is being written */
	bool is_roll_asked; /* the segment being written is damaged: to be left */
	uint64_t disk_bytes;
	struct spool_buffer mem; /* given to the reader, because the disk takes nothing */
	enum spool_reading reading;
	size_t at;    /* of the first frame not done with, in `in` or `mem` */
	uint64_t seq; /* its number */
	int64_t at_ns;
	bool is_starving; /* the reader waits, and there is nothing for it */
	bool is_woken;
	uint64_t n_put_events, n_put_bytes; /* ever handed to the reader */
	uint64_t wake_events, wake_bytes;   /* of them: less is not worth waking it for */
	uint64_t n_dropped, n_damaged, n_damaged_events;
	int last_errno;
};

/* Each without the lock; the first two from any thread. */
void spool_note_failure(struct spool *s, int rc);
void spool_remove_file(struct spool *s, uint64_t first_seq);
int spool_write_at(int fd, const uint8_t *data, size_t len, uint64_t offset);
int spool_write_ack(struct spool *s, uint64_t seq);
