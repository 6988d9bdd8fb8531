/* SPDX-License-Identifier: Apache-2.0 */
/*
 * wring: a recording (.wring): a header, then blocks of records in merge order, the same bytes as
 * in the lanes with the commit word zeroed.
 *
 *   file    struct wring_hdr, then blocks to the end
 *   block   struct wring_block, then `len` bytes of records back to back
 *
 * Byte order and the meaning of event ids are the recording machine's: `arch` says which; a file of
 * another architecture or version is refused. A block whose checksum or framing is wrong is damage:
 * the reader has delivered everything before it and says where it stopped. An `end` block with
 * totals closes a file that was finished; without it the recording was cut.
 *
 * Thread: one at a time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/record.h"

#define WRING_MAGIC 0x31474e4952575257ULL /* "WRWRING1", little endian */
#define WRING_VERSION 1U
#define WRING_ARCH_X86_64 1U
#define WRING_ARCH_ARM64 2U
#define WRING_BLOCK_MAX (1U << 20)    /* bytes of records in a block */
#define WRING_BLOCK_MAGIC 0x4b4c4257U /* "WBLK" */
#define WRING_BLOCK_RECORDS 1U
#define WRING_BLOCK_END 2U

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

struct wring_hdr {
	__u64 magic;
	__u32 version;
	__u32 arch;
	__u64 abi;             /* event_def_abi() of the recorder; another one is a warning */
	__s64 epoch_offset_ns; /* CLOCK_REALTIME - CLOCK_BOOTTIME when it began */
	__u64 start_ns;        /* CLOCK_BOOTTIME when it began */
	__u8 boot_id[16];
	__u8 kernel[64]; /* uname -r, NUL-terminated */
	__u8 reserved0[128];
	__u32 reserved1;
	__u32 crc; /* CRC-32 of the bytes before it */
};
ABI_SIZE(struct wring_hdr, 256);

struct wring_block {
	__u32 magic;
	__u32 type; /* WRING_BLOCK_* */
	__u32 len;  /* bytes that follow */
	__u32 n_records;
	__u32 crc; /* CRC-32 of the header with this word 0, then of the bytes that follow */
	__u32 reserved0;
};
ABI_SIZE(struct wring_block, 24);

struct wring_end {
	__u64 n_records; /* in the whole file */
	__u64 n_lost;    /* sum of the rec_lost counts */
	__u64 end_ns;    /* CLOCK_BOOTTIME */
};
ABI_SIZE(struct wring_end, 24);

#pragma GCC diagnostic pop

struct wring_writer;
struct wring_reader;

/* Writes to `fd`, which stays the caller's. `hdr` needs only the fields that describe the machine;
 * magic, version, crc are filled in. NULL with err set on failure. */
struct wring_writer *wring_writer_new(int fd, const struct wring_hdr *hdr, struct err *err);
/* Appends a record (copied). Negative errno when the file could not be written. */
int wring_write(struct wring_writer *w, const struct rec_hdr *rec);
/* Writes out what is buffered. */
int wring_flush(struct wring_writer *w);
/* Flushes, writes the end block. After a write error it still leaves a readable file. */
int wring_finish(struct wring_writer *w);
void wring_writer_free(struct wring_writer *w);

/* Reads from memory (the whole file; borrowed). -EPROTO: not a recording, another version or
 * architecture, or a broken header. */
struct wring_reader *wring_reader_new(const void *map, size_t len, struct err *err);
/* Reads from a regular file, as long as it is now; `fd` stays the caller's. Reads copies, because a
 * mapped file that somebody truncates ends the process. Errors as wring_reader_new(), or an errno.
 */
struct wring_reader *wring_reader_open(int fd, struct err *err);
const struct wring_hdr *wring_reader_hdr(const struct wring_reader *r);
/* The next record, 8-byte aligned when the map is; at least sizeof(struct rec_hdr) and rec->len
 * bytes of it are there. 1: a record; 0: the end (see below); -EAGAIN: wring_refill() first, only
 * from a file; -EBADMSG: damage, err says at which offset and why; later calls return the same. */
int wring_next(struct wring_reader *r, const struct rec_hdr **ret_rec, struct err *err);
/* Reads on in the file; what wring_next() gave out is not valid any more. A file that has become
 * shorter is damage, which the next wring_next() reports. Negative errno: it cannot be read. */
int wring_refill(struct wring_reader *r);
/* After 0: true if the recording was finished, false if it was cut. *ret_end may be NULL. */
bool wring_is_finished(const struct wring_reader *r, struct wring_end *ret_end);
void wring_rewind(struct wring_reader *r);               /* from a file this too is a refill */
uint64_t wring_bytes_read(const struct wring_reader *r); /* for progress */
void wring_reader_free(struct wring_reader *r);
