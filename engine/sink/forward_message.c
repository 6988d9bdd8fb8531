/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/forward_message.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <zlib.h>

#include "engine/encode/json_write.h"
#include "engine/encode/msgpack_write.h"
#include "engine/now.h"

/* What a message has around its entries: tag apart, array, entries' header and options. */
#define FRAME_MAX 128U
/* What an entry has around its event: array, time, and the map of Tracee's form. */
#define ENTRY_MAX 32U
#define WINDOW_GZIP (MAX_WBITS + 16)
#define MEM_LEVEL 8 /* zlib's own choice */

struct fmsg_buffer {
	uint8_t *data;
	size_t cap;
};

struct fmsg {
	const struct fmsg_form *form;
	size_t tag_len;
	uint8_t id[16]; /* of the batch; the last four are the number of the chunk */
	struct fmsg_buffer out, entries;
	z_stream z;
	bool has_z;
};

struct fmsg *fmsg_new(const struct fmsg_form *form)
{
	struct fmsg *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->form = form;
	m->tag_len = strlen(form->tag);
	if (form->mode != FORWARD_COMPRESSED)
		return m;
	/* Events repeat each other so much that a better level gains little. */
	m->has_z = deflateInit2(&m->z, Z_BEST_SPEED, Z_DEFLATED, WINDOW_GZIP, MEM_LEVEL,
				Z_DEFAULT_STRATEGY) == Z_OK;
	if (!m->has_z) {
		free(m);
		return NULL;
	}
	return m;
}

void fmsg_free(struct fmsg *m)
{
	if (!m)
		return;
	if (m->has_z)
		(void)deflateEnd(&m->z);
	free(m->out.data);
	free(m->entries.data);
	free(m);
}

static int make_room(struct fmsg_buffer *b, size_t cap)
{
	uint8_t *data;

	if (cap <= b->cap)
		return 0;
	data = realloc(b->data, cap);
	if (!data)
		return -ENOMEM;
	*b = (struct fmsg_buffer){ .data = data, .cap = cap };
	return 0;
}

size_t fmsg_n_chunks(const struct fmsg *m, const struct batch *batch)
{
	if (!m->form->has_chunk)
		return 0;
	return m->form->mode == FORWARD_MESSAGE ? batch->n : 1;
}

void fmsg_chunk(const struct fmsg *m, size_t i, char ret_chunk[static FMSG_CHUNK_LEN + 1])
{
	char text[FMSG_CHUNK_LEN + JW_SLACK];
	uint32_t number = (uint32_t)i;
	uint8_t id[16];

	memcpy(id, m->id, sizeof(id));
	memcpy(id + 12, &number, sizeof(number));
	(void)jw_base64(text, id, sizeof(id));
	memcpy(ret_chunk, text, FMSG_CHUNK_LEN);
	ret_chunk[FMSG_CHUNK_LEN] = '\0';
}

/* Another id for each batch: an ack that comes late must not be taken for that of the next. */
static void make_id(struct fmsg *m)
{
	uint64_t time = now_clock_ns(CLOCK_MONOTONIC);

	if (getrandom(m->id, sizeof(m->id), GRND_NONBLOCK) != sizeof(m->id))
		memcpy(m->id, &time, sizeof(time));
}

/* EventTime: ext type 0 with seconds and nanoseconds, 32 bits each. */
static uint8_t *put_time(uint8_t *p, int64_t time_ns, bool is_integer)
{
	uint64_t ns = time_ns > 0 ? (uint64_t)time_ns : 0, s = ns / NOW_NS_PER_S;

	if (is_integer)
		return mpw_u64(p, s);
	if (s > UINT32_MAX)
		s = UINT32_MAX;
	p = mpw_byte(mpw_byte(p, MPW_FIXEXT8), 0);
	s = __builtin_bswap64(s << 32 | ns % NOW_NS_PER_S);
	memcpy(p, &s, sizeof(s));
	return p + sizeof(s);
}

/* The event as it is, or {"event": "<the JSON line without its end>"}. */
static uint8_t *put_event(uint8_t *p, const struct batch_item *item, bool is_tracee_form)
{
	size_t len = item->len;

	if (is_tracee_form) {
		if (len > 0 && item->data[len - 1] == '\n')
			len--;
		p = MPW_LITERAL(mpw_byte(p, MPW_FIXMAP | 1), "event");
		p = mpw_str_header(p, len);
	}
	memcpy(p, item->data, len);
	return p + len;
}

static uint8_t *put_entries(const struct fmsg *m, uint8_t *p, const struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		p = mpw_array_header(p, 2);
		p = put_time(p, batch->items[i].time_ns, m->form->has_integer_time);
		p = put_event(p, &batch->items[i], m->form->is_tracee_form);
	}
	return p;
}

/* What the peer should know; size: how many events there are. */
static uint8_t *put_options(const struct fmsg *m, uint8_t *p, size_t chunk, size_t size)
{
	bool is_gzip = m->form->mode == FORWARD_COMPRESSED;
	char text[FMSG_CHUNK_LEN + 1];

	p = mpw_byte(p, MPW_FIXMAP | ((size > 0) + m->form->has_chunk + is_gzip));
	if (size > 0)
		p = mpw_u64(MPW_LITERAL(p, "size"), size);
	if (m->form->has_chunk) {
		fmsg_chunk(m, chunk, text);
		p = mpw_str(MPW_LITERAL(p, "chunk"), text, FMSG_CHUNK_LEN);
	}
	if (is_gzip)
		p = MPW_LITERAL(MPW_LITERAL(p, "compressed"), "gzip");
	return p;
}

/* [tag, time, event, options] for each. */
static uint8_t *put_messages(const struct fmsg *m, uint8_t *p, const struct batch *batch)
{
	for (size_t i = 0; i < batch->n; i++) {
		p = mpw_array_header(p, m->form->has_chunk ? 4 : 3);
		p = mpw_str(p, m->form->tag, m->tag_len);
		p = put_time(p, batch->items[i].time_ns, m->form->has_integer_time);
		p = put_event(p, &batch->items[i], m->form->is_tracee_form);
		if (m->form->has_chunk)
			p = put_options(m, p, i, 0);
	}
	return p;
}

/* What was written MPW_HEADER_MAX bytes behind `p` becomes a bin at `p`. Returns its end. */
static uint8_t *close_bin(uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p + MPW_HEADER_MAX;
	size_t len = (size_t)(end - start);

	p = mpw_bin_header(p, len);
	if (p != start)
		memmove(p, start, len);
	return p + len;
}

/* gzip of `len` bytes of the entries' buffer as a bin at `p`. Returns its end; NULL: it has no
 * room, which deflateBound() promises not to happen. */
static uint8_t *put_gzip(struct fmsg *m, uint8_t *p, size_t len)
{
	uint8_t *start = p + MPW_HEADER_MAX;

	(void)deflateReset(&m->z); /* cannot fail: the stream is one */
	m->z.next_in = m->entries.data;
	m->z.avail_in = (uInt)len;
	m->z.next_out = start;
	m->z.avail_out = (uInt)(m->out.cap - (size_t)(start - m->out.data));
	if (deflate(&m->z, Z_FINISH) != Z_STREAM_END)
		return NULL;
	return close_bin(p, start + m->z.total_out);
}

static int build_compressed(struct fmsg *m, const struct batch *batch, size_t room,
			    uint8_t **ret_end)
{
	int rc = make_room(&m->entries, room);
	size_t len;
	uint8_t *p;

	if (rc < 0)
		return rc;
	len = (size_t)(put_entries(m, m->entries.data, batch) - m->entries.data);
	rc = make_room(&m->out, deflateBound(&m->z, len) + FRAME_MAX + m->tag_len * MPW_EXPANSION);
	if (rc < 0)
		return rc;
	p = mpw_str(mpw_array_header(m->out.data, 3), m->form->tag, m->tag_len);
	p = put_gzip(m, p, len);
	if (!p)
		return -EIO;
	*ret_end = put_options(m, p, 0, batch->n);
	return 0;
}

static uint8_t *build_plain(struct fmsg *m, const struct batch *batch)
{
	uint8_t *p = m->out.data;

	if (m->form->mode == FORWARD_MESSAGE)
		return put_messages(m, p, batch);
	p = mpw_str(mpw_array_header(p, 3), m->form->tag, m->tag_len);
	if (m->form->mode == FORWARD_FORWARD)
		p = put_entries(m, mpw_array_header(p, batch->n), batch);
	else
		p = close_bin(p, put_entries(m, p + MPW_HEADER_MAX, batch));
	return put_options(m, p, 0, batch->n);
}

int fmsg_build(struct fmsg *m, const struct batch *batch, const uint8_t **ret_data, size_t *ret_len)
{
	size_t around = FRAME_MAX + m->tag_len * MPW_EXPANSION,
	       room = around + batch->n * ENTRY_MAX;
	uint8_t *end = NULL;
	int rc;

	for (size_t i = 0; i < batch->n; i++)
		room += batch->items[i].len;
	if (m->form->mode == FORWARD_MESSAGE)
		room += batch->n * around;
	if (room > UINT32_MAX)
		return -E2BIG;
	make_id(m);
	if (m->form->mode == FORWARD_COMPRESSED) {
		rc = build_compressed(m, batch, room, &end);
	} else {
		rc = make_room(&m->out, room);
		if (rc == 0)
			end = build_plain(m, batch);
	}
	if (rc < 0)
		return rc;
	*ret_data = m->out.data;
	*ret_len = (size_t)(end - m->out.data);
	return 0;
}
