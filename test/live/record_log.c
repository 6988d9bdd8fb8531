/* SPDX-License-Identifier: Apache-2.0 */
#include "test/live/record_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <check.h>

#include "common/event_def.h"

void rlog_done(struct record_log *log)
{
	free(log->bytes);
	free(log->at);
	memset(log, 0, sizeof(*log));
}

static void *grown(void *p, size_t need, size_t *cap, size_t size)
{
	if (need <= *cap)
		return p;
	*cap = need * 2 + 1024;
	p = realloc(p, *cap * size);
	if (!p)
		abort();
	return p;
}

void rlog_add(struct record_log *log, const struct rec_hdr *rec)
{
	log->bytes = grown(log->bytes, log->len + rec->len, &log->cap, 1);
	log->at = grown(log->at, log->n + 1, &log->n_cap, sizeof(*log->at));
	memcpy(log->bytes + log->len, rec, rec->len);
	log->at[log->n++] = log->len;
	log->len += rec->len;
}

const struct rec_hdr *rlog_get(const struct record_log *log, size_t i)
{
	return (const void *)(log->bytes + log->at[i]);
}

static int by_time(const void *a, const void *b, void *arg)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	const struct rec_hdr *p = (const void *)((uint8_t *)arg + x);
	const struct rec_hdr *q = (const void *)((uint8_t *)arg + y);

	if (p->ts_ns != q->ts_ns)
		return p->ts_ns < q->ts_ns ? -1 : 1;
	if ((p->event == EV_TASK) != (q->event == EV_TASK))
		return p->event == EV_TASK ? -1 : 1;
	return x < y ? -1 : x > y;
}

void rlog_sort(struct record_log *log)
{
	if (log->n > 0)
		qsort_r(log->at, log->n, sizeof(*log->at), by_time, log->bytes);
}

/* Index behind `prev`. */
static size_t index_after(const struct record_log *log, const struct rec_hdr *prev)
{
	size_t lo = 0, hi = log->n;
	size_t offset;

	if (!prev)
		return 0;
	offset = (size_t)((const uint8_t *)prev - log->bytes);
	while (lo < hi) { /* the first that sorts behind it */
		size_t mid = (lo + hi) / 2;

		if (by_time(&log->at[mid], &offset, log->bytes) <= 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct rec_hdr *rlog_next(const struct record_log *log, pid_t tgid, unsigned int event,
				const struct rec_hdr *prev)
{
	for (size_t i = index_after(log, prev); i < log->n; i++) {
		const struct rec_hdr *rec = rlog_get(log, i);

		if (rec->event == event && (tgid == 0 || rec->tgid == (uint32_t)tgid))
			return rec;
	}
	return NULL;
}

size_t rlog_count(const struct record_log *log, pid_t tgid, unsigned int event)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++) {
		const struct rec_hdr *rec = rlog_get(log, i);

		n += rec->event == event && (tgid == 0 || rec->tgid == (uint32_t)tgid);
	}
	return n;
}

const struct rec_hdr *rlog_only(const struct record_log *log, pid_t tgid, unsigned int event)
{
	const struct event_def *def = event_def_find(event);
	size_t n = rlog_count(log, tgid, event);

	ck_assert_msg(n == 1, "%zu records of '%s' by %d, expected 1", n, def ? def->name : "?",
		      tgid);
	return rlog_next(log, tgid, event, NULL);
}

const struct rec_task *rlog_context(const struct record_log *log, const struct rec_hdr *rec)
{
	for (size_t i = index_after(log, rec); i > 0; i--) {
		const struct rec_hdr *at = rlog_get(log, i - 1);

		if (at != rec && at->event == EV_TASK && at->tid == rec->tid)
			return (const void *)at;
	}
	return NULL;
}

static struct event decoded(const struct rec_hdr *rec)
{
	struct event ev;

	ck_assert_msg(decode_record(rec, rec->len, &ev) == 0,
		      "record of event %u with %u bytes is malformed", rec->event, rec->len);
	return ev;
}

struct decode_value rlog_field(const struct rec_hdr *rec, const char *name)
{
	struct decode_value v = { 0 };
	struct event ev = decoded(rec);
	int i = event_def_field(ev.def, name);

	ck_assert_msg(i >= 0, "event '%s' has no field '%s'", ev.def->name, name);
	(void)decode_field(&ev, (unsigned int)i, &v); /* not carried: zeros */
	return v;
}

static const char *kept(const void *bytes, size_t len)
{
	static char bufs[4][2 * REC_ARGV_MAX];
	static unsigned int turn;
	char *buf = bufs[turn++ % 4];

	ck_assert_uint_lt(len, sizeof(bufs[0]));
	memcpy(buf, bytes, len);
	buf[len] = '\0';
	return buf;
}

const char *rlog_string(const struct rec_hdr *rec, const char *name)
{
	struct decode_value v = rlog_field(rec, name);

	return v.bytes ? kept(v.bytes, v.len) : NULL;
}

const char *rlog_exe(const struct rec_task *task)
{
	struct event ev = decoded(&task->hdr);

	return ev.vars[0] ? kept(ev.vars[0] + 1, ev.vars[0]->len) : NULL;
}

size_t rlog_strings(const struct rec_hdr *rec, const char *name)
{
	struct decode_value v = rlog_field(rec, name);
	size_t n = 0, offset = 0;
	const char *str;

	while (v.bytes && decode_next_string(&v, &offset, &str) >= 0)
		n++;
	return n;
}

const char *rlog_string_at(const struct rec_hdr *rec, const char *name, size_t i)
{
	struct decode_value v = rlog_field(rec, name);
	size_t offset = 0;
	const char *str;
	int len;

	for (;;) {
		len = v.bytes ? decode_next_string(&v, &offset, &str) : -1;
		if (len < 0)
			return NULL;
		if (i-- == 0)
			return kept(str, (size_t)len);
	}
}
