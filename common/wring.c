/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wring.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/crc32.h"
#include "common/event_list.h"

#if defined(__x86_64__)
#define WRING_ARCH_HERE WRING_ARCH_X86_64
#elif defined(__aarch64__)
#define WRING_ARCH_HERE WRING_ARCH_ARM64
#else
#error "wring.h has no number for this architecture"
#endif

#define BLOCK_BYTES (sizeof(struct wring_block) + WRING_BLOCK_MAX)

struct wring_writer {
	int fd;           /* borrowed from the caller */
	bool is_regular;  /* a failed write can be undone */
	bool is_finished; /* the end block is written */
	int error;        /* of the first failed write; nothing is written after it */
	off_t good_end;   /* regular files: behind the last whole block */
	uint32_t len;     /* of the buffered records, bytes */
	uint32_t n_buffered;
	uint64_t n_records;
	uint64_t n_lost;
	uint64_t end_ns; /* time of the newest record */
	uint8_t *block;  /* owned: BLOCK_BYTES, room for the block's header first */
};

static int wait_writable(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	if (poll(&p, 1, -1) < 0 && errno != EINTR)
		return -errno;
	return 0;
}

static int write_all(int fd, const uint8_t *at, size_t left)
{
	while (left > 0) {
		ssize_t n = write(fd, at, left);

		if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
			int rc = errno == EAGAIN ? wait_writable(fd) : 0;

			if (rc < 0)
				return rc;
			continue;
		}
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		at += n;
		left -= (size_t)n;
	}
	return 0;
}

/* Writes all of it or, in a regular file, none of it: half a block would read as damage. */
static int write_whole(struct wring_writer *w, const void *at, size_t len)
{
	int rc = write_all(w->fd, at, len);

	if (rc == 0) {
		w->good_end += (off_t)len;
		return 0;
	}
	w->error = rc;
	if (w->is_regular) {
		/* When this fails too the reader stops at the same place, and calls it damage. */
		(void)!ftruncate(w->fd, w->good_end);
		(void)lseek(w->fd, w->good_end, SEEK_SET);
	}
	return rc;
}

static int write_block(struct wring_writer *w, uint32_t type, uint32_t len, uint32_t n_records)
{
	struct wring_block head = {
		.magic = WRING_BLOCK_MAGIC,
		.type = type,
		.len = len,
		.n_records = n_records,
	};
	size_t whole = sizeof(head) + len;

	memcpy(w->block, &head, sizeof(head));
	head.crc = crc32_add(0, w->block, whole);
	memcpy(w->block, &head, sizeof(head));
	return write_whole(w, w->block, whole);
}

static int write_hdr(struct wring_writer *w, const struct wring_hdr *machine)
{
	struct wring_hdr hdr = {
		.magic = WRING_MAGIC,
		.version = WRING_VERSION,
		.arch = WRING_ARCH_HERE,
		.abi = machine->abi,
		.epoch_offset_ns = machine->epoch_offset_ns,
		.start_ns = machine->start_ns,
	};

	memcpy(hdr.boot_id, machine->boot_id, sizeof(hdr.boot_id));
	memcpy(hdr.kernel, machine->kernel, sizeof(hdr.kernel) - 1);
	hdr.crc = crc32_add(0, (const uint8_t *)&hdr, offsetof(struct wring_hdr, crc));
	w->end_ns = hdr.start_ns;
	return write_whole(w, &hdr, sizeof(hdr));
}

/* Where the recording begins in the file: the place to go back to. */
static int find_start(struct wring_writer *w)
{
	struct stat st;
	int flags;

	if (fstat(w->fd, &st) < 0)
		return -errno;
	w->is_regular = S_ISREG(st.st_mode);
	if (!w->is_regular)
		return 0;
	flags = fcntl(w->fd, F_GETFL);
	if (flags < 0)
		return -errno;
	w->good_end = lseek(w->fd, 0, (flags & O_APPEND) != 0 ? SEEK_END : SEEK_CUR);
	return w->good_end < 0 ? -errno : 0;
}

struct wring_writer *wring_writer_new(int fd, const struct wring_hdr *hdr, struct err *err)
{
	struct wring_writer *w = calloc(1, sizeof(*w));
	int rc = -ENOMEM;

	if (w)
		w->block = malloc(BLOCK_BYTES);
	if (w && w->block) {
		w->fd = fd;
		rc = find_start(w);
		if (rc == 0)
			rc = write_hdr(w, hdr);
	}
	if (rc < 0) {
		(void)err_set(err, rc, "recording cannot be written (%s)", err_name(rc));
		wring_writer_free(w);
		return NULL;
	}
	return w;
}

int wring_flush(struct wring_writer *w)
{
	int rc;

	if (w->error < 0 || w->len == 0)
		return w->error;
	rc = write_block(w, WRING_BLOCK_RECORDS, w->len, w->n_buffered);
	if (rc == 0)
		w->n_records += w->n_buffered;
	w->len = 0;
	w->n_buffered = 0;
	return rc;
}

int wring_write(struct wring_writer *w, const struct rec_hdr *rec)
{
	uint8_t *to;
	int rc;

	if (w->error < 0)
		return w->error;
	if (w->is_finished || rec->len < sizeof(*rec) || rec->len > LANE_RECORD_MAX ||
	    rec->len % LANE_ALIGN != 0)
		return -EINVAL;
	if (w->len + rec->len > WRING_BLOCK_MAX) {
		rc = wring_flush(w);
		if (rc < 0)
			return rc;
	}
	to = w->block + sizeof(struct wring_block) + w->len;
	memcpy(to, rec, rec->len);
	memset(to + offsetof(struct rec_hdr, commit), 0, sizeof(rec->commit));
	w->len += rec->len;
	w->n_buffered++;
	if (rec->ts_ns > w->end_ns)
		w->end_ns = rec->ts_ns;
	if (rec->event == EV_LOST_EVENTS && rec->len >= sizeof(struct rec_lost)) {
		struct rec_lost lost;

		memcpy(&lost, rec, sizeof(lost));
		w->n_lost += lost.count;
	}
	return 0;
}

int wring_finish(struct wring_writer *w)
{
	struct wring_end end;
	int rc;

	if (w->is_finished)
		return 0;
	rc = wring_flush(w);
	if (rc < 0)
		return rc;
	end = (struct wring_end){
		.n_records = w->n_records,
		.n_lost = w->n_lost,
		.end_ns = w->end_ns,
	};
	memcpy(w->block + sizeof(struct wring_block), &end, sizeof(end));
	rc = write_block(w, WRING_BLOCK_END, sizeof(end), 0);
	w->is_finished = rc == 0;
	return rc;
}

void wring_writer_free(struct wring_writer *w)
{
	if (!w)
		return;
	free(w->block);
	free(w);
}

/* Of a file, read at a time, or one block that is longer. Each byte is looked at twice, so this
 * much should stay in a CPU's own cache in between; from 64 KiB to 1 MiB no difference was
 * measured. */
#define WINDOW_BYTES (256U << 10)

struct wring_reader {
	const uint8_t *win; /* the bytes of the file from win_pos on; borrowed, or `buf` */
	size_t win_pos, win_len;
	uint8_t *buf;      /* owned: BLOCK_BYTES; NULL: all of the file is in memory */
	int fd;            /* borrowed from the caller; only with `buf` */
	size_t len;        /* of the file */
	size_t pos;        /* next byte to look at */
	size_t block_end;  /* end of the block that `pos` is in */
	size_t checked_to; /* checksums before this offset were right: not computed twice */
	uint64_t n_records;
	uint32_t block_left; /* records that the block still promises */
	bool is_ended;
	bool is_finished;
	const char *damage;   /* what is wrong at `pos`; NULL: nothing */
	struct wring_hdr hdr; /* a copy: the map need not be aligned */
	struct wring_end end;
};

static bool is_zero(const uint8_t *at, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (at[i] != 0)
			return false;
	return true;
}

static int check_hdr(const struct wring_hdr *hdr, struct err *err)
{
	if (hdr->magic != WRING_MAGIC)
		return err_set(err, -EPROTO,
			       "recording does not begin as one, expected a .wring file");
	if (hdr->version != WRING_VERSION)
		return err_set(err, -EPROTO, "recording has version %u, expected %u", hdr->version,
			       WRING_VERSION);
	if (hdr->crc != crc32_add(0, (const uint8_t *)hdr, offsetof(struct wring_hdr, crc)))
		return err_set(err, -EPROTO,
			       "recording is damaged: header checksum does not match");
	if (hdr->arch != WRING_ARCH_HERE)
		return err_set(err, -EPROTO,
			       "recording was made on architecture %u, expected %u (1: x86-64, "
			       "2: arm64)",
			       hdr->arch, WRING_ARCH_HERE);
	if (!memchr(hdr->kernel, '\0', sizeof(hdr->kernel)))
		return err_set(err, -EPROTO, "recording is damaged: kernel release has no end");
	if (hdr->reserved1 != 0 || !is_zero(hdr->reserved0, sizeof(hdr->reserved0)))
		return err_set(err, -EPROTO,
			       "recording is damaged: reserved bytes of the header are not zero");
	return 0;
}

struct wring_reader *wring_reader_new(const void *map, size_t len, struct err *err)
{
	struct wring_reader *r;

	if (len < sizeof(r->hdr)) {
		(void)err_set(err, -EPROTO, "recording is %zu bytes long, expected at least %zu",
			      len, sizeof(r->hdr));
		return NULL;
	}
	r = calloc(1, sizeof(*r));
	if (!r) {
		(void)err_set(err, -ENOMEM, "recording cannot be read: out of memory");
		return NULL;
	}
	memcpy(&r->hdr, map, sizeof(r->hdr));
	if (check_hdr(&r->hdr, err) < 0) {
		free(r);
		return NULL;
	}
	r->win = map;
	r->win_len = len;
	r->len = len;
	wring_rewind(r);
	return r;
}

/* Reads `len` bytes from `pos` on; less only where the file ends. Returns how many. */
static ssize_t read_at(int fd, uint8_t *to, size_t len, size_t pos)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, to + done, len - done, (off_t)(pos + done));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

struct wring_reader *wring_reader_open(int fd, struct err *err)
{
	struct wring_hdr hdr;
	struct wring_reader *r;
	struct stat st = { 0 };
	ssize_t n = fstat(fd, &st) < 0 ? -errno : read_at(fd, (uint8_t *)&hdr, sizeof(hdr), 0);

	if (n < 0) {
		(void)err_set(err, (int)n, "recording cannot be read (%s)", err_name((int)n));
		return NULL;
	}
	r = wring_reader_new(&hdr, (size_t)n, err);
	if (!r)
		return NULL;
	r->buf = malloc(BLOCK_BYTES);
	if (!r->buf) {
		(void)err_set(err, -ENOMEM, "recording cannot be read: out of memory");
		wring_reader_free(r);
		return NULL;
	}
	r->win = r->buf;
	r->fd = fd;
	r->len = (size_t)st.st_size > sizeof(hdr) ? (size_t)st.st_size : sizeof(hdr);
	wring_rewind(r);
	return r;
}

/* Length of the block at `pos`, its header included, as far as the window tells; at most
 * BLOCK_BYTES. */
static size_t block_len(const struct wring_reader *r)
{
	struct wring_block b;

	if (r->win_pos + r->win_len - r->pos < sizeof(b))
		return sizeof(b);
	memcpy(&b, r->win + (r->pos - r->win_pos), sizeof(b));
	return b.len <= WRING_BLOCK_MAX ? sizeof(b) + b.len : sizeof(b);
}

int wring_refill(struct wring_reader *r)
{
	size_t want = r->len - r->pos, len = block_len(r);
	ssize_t n;

	if (!r->buf)
		return 0;
	if (want > (len > WINDOW_BYTES ? len : WINDOW_BYTES))
		want = len > WINDOW_BYTES ? len : WINDOW_BYTES;
	n = read_at(r->fd, r->buf, want, r->pos);
	if (n < 0)
		return (int)n;
	r->win_pos = r->pos;
	r->win_len = (size_t)n;
	if ((size_t)n < want && !r->damage)
		r->damage = "the file has become shorter while it was read";
	return 0;
}

/* Is the block at `pos` in the window, or what is wrong with it? */
static bool has_block(const struct wring_reader *r)
{
	size_t end = r->win_pos + r->win_len;

	return end >= r->len ||
	       (end - r->pos >= sizeof(struct wring_block) && end - r->pos >= block_len(r));
}

const struct wring_hdr *wring_reader_hdr(const struct wring_reader *r)
{
	return &r->hdr;
}

/* NULL, or what is wrong with the header of a block that has `left` bytes behind it. */
static const char *block_fault(const struct wring_block *b, size_t left)
{
	if (b->magic != WRING_BLOCK_MAGIC)
		return "no block begins here";
	if (b->reserved0 != 0)
		return "reserved word of the block is not zero";
	if (b->type == WRING_BLOCK_END) {
		if (b->len != sizeof(struct wring_end) || b->n_records != 0)
			return "end block has a wrong length";
	} else if (b->type == WRING_BLOCK_RECORDS) {
		if (b->len == 0 || b->len > WRING_BLOCK_MAX || b->len % LANE_ALIGN != 0)
			return "block has an impossible length";
		if (b->n_records == 0 || b->n_records > b->len / sizeof(struct rec_hdr))
			return "block has an impossible number of records";
	} else {
		return "block is of an unknown type";
	}
	if (b->len > left)
		return "block is cut short by the end of the file";
	return NULL;
}

static bool crc_matches(struct wring_block b, const uint8_t *payload)
{
	uint32_t crc = b.crc;

	b.crc = 0;
	return crc == crc32_add(crc32_add(0, (const uint8_t *)&b, sizeof(b)), payload, b.len);
}

static const char *read_end(struct wring_reader *r, const uint8_t *payload)
{
	if (r->pos + sizeof(struct wring_block) + sizeof(r->end) != r->len)
		return "something follows the end block";
	memcpy(&r->end, payload, sizeof(r->end));
	if (r->end.n_records != r->n_records)
		return "end block counts other records than there are";
	r->is_ended = true;
	r->is_finished = true;
	r->pos = r->len;
	r->block_end = r->len;
	return NULL;
}

/* Enters the block at `pos`, or finds the end of the file. NULL, or what is wrong there. */
static const char *enter_block(struct wring_reader *r)
{
	const uint8_t *at = r->win + (r->pos - r->win_pos),
		      *payload = at + sizeof(struct wring_block);
	struct wring_block b;
	const char *fault;

	if (r->pos == r->len) {
		r->is_ended = true;
		return NULL;
	}
	if (r->len - r->pos < sizeof(b))
		return "block is cut short by the end of the file";
	memcpy(&b, at, sizeof(b));
	fault = block_fault(&b, r->len - r->pos - sizeof(b));
	if (fault)
		return fault;
	if (r->pos >= r->checked_to) {
		if (!crc_matches(b, payload))
			return "block checksum does not match";
		if (!r->buf) /* a file may be another when it is read again */
			r->checked_to = r->pos + sizeof(b) + b.len;
	}
	if (b.type == WRING_BLOCK_END)
		return read_end(r, payload);
	r->pos += sizeof(b);
	r->block_end = r->pos + b.len;
	r->block_left = b.n_records;
	return NULL;
}

/* NULL and the length of the record at `pos`, read once; or what is wrong there. */
static const char *record_fault(const struct wring_reader *r, size_t *ret_len)
{
	size_t left = r->block_end - r->pos;
	struct rec_hdr rec; /* a copy: the map need not be aligned */

	if (r->block_left == 0)
		return "block holds more than its records";
	if (left < sizeof(rec))
		return "record is cut short by the end of its block";
	memcpy(&rec, r->win + (r->pos - r->win_pos), sizeof(rec));
	if (rec.len < sizeof(rec) || rec.len > LANE_RECORD_MAX || rec.len % LANE_ALIGN != 0)
		return "record has an impossible length";
	if (rec.len > left)
		return "record is longer than the rest of its block";
	if (rec.commit != 0)
		return "record has a commit word";
	if (rec.len == left && r->block_left != 1)
		return "block holds fewer records than it says";
	*ret_len = rec.len;
	return NULL;
}

static int report_damage(const struct wring_reader *r, struct err *err)
{
	return err_set(err, -EBADMSG,
		       "recording is damaged at byte %zu: %s; %llu records before it were read",
		       r->pos, r->damage, (unsigned long long)r->n_records);
}

int wring_next(struct wring_reader *r, const struct rec_hdr **ret_rec, struct err *err)
{
	size_t len = 0;

	if (!r->damage && !r->is_ended && r->pos == r->block_end) {
		if (!has_block(r))
			return -EAGAIN;
		r->damage = enter_block(r);
	}
	if (!r->damage && r->is_ended)
		return 0;
	if (!r->damage)
		r->damage = record_fault(r, &len);
	if (r->damage)
		return report_damage(r, err);
	*ret_rec = (const struct rec_hdr *)(const void *)(r->win + (r->pos - r->win_pos));
	r->pos += len;
	r->block_left--;
	r->n_records++;
	return 1;
}

bool wring_is_finished(const struct wring_reader *r, struct wring_end *ret_end)
{
	if (r->is_finished && ret_end)
		*ret_end = r->end;
	return r->is_finished;
}

void wring_rewind(struct wring_reader *r)
{
	r->pos = sizeof(struct wring_hdr);
	r->block_end = r->pos;
	r->block_left = 0;
	r->n_records = 0;
	r->is_ended = false;
	r->is_finished = false;
	r->damage = NULL;
	if (r->buf) {
		r->win_pos = r->pos;
		r->win_len = 0;
	}
}

uint64_t wring_bytes_read(const struct wring_reader *r)
{
	return r->pos;
}

void wring_reader_free(struct wring_reader *r)
{
	if (!r)
		return;
	free(r->buf);
	free(r);
}
