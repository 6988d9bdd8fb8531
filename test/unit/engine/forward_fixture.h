/* SPDX-License-Identifier: Apache-2.0 */
/* forward_fixture: a peer, a transport and a batch between them; for the tests of forward. */
#pragma once

#include <check.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/encode/msgpack_write.h"
#include "engine/now.h"
#include "engine/sink/forward.h"
#include "engine/sink/forward_url.h"
#include "test/unit/engine/forward_ground.h"

#define N_ITEMS 5
#define TIME_NS 1680000001000000007LL

static struct fg_peer peer;
static struct forward_options opt;
static struct transport *t;
static struct delivery got;
static struct err err;
static char dir[64], paths[5][96];
static const char *const names[] = { "ca.pem", "good.pem", "other.pem", "client.pem",
				     "strange.pem" };
enum { CA, GOOD, OTHER, CLIENT, STRANGE };
/* Maps of one pair, and lines of JSON. */
static uint8_t maps[N_ITEMS][64];
static char lines[N_ITEMS][64];
static struct batch_item items[N_ITEMS];
static struct batch batch;

static inline void make_batch(bool is_json)
{
	batch = (struct batch){ .items = items, .n = N_ITEMS };
	for (size_t i = 0; i < N_ITEMS; i++) {
		uint8_t *p = mpw_byte(maps[i], MPW_FIXMAP | 1);

		p = mpw_u64(MPW_LITERAL(p, "number"), 1000 * i);
		(void)snprintf(lines[i], sizeof(lines[i]), "{\"number\":%zu}\n", 1000 * i);
		items[i] = (struct batch_item){
			.data = is_json ? (uint8_t *)lines[i] : maps[i],
			.len = is_json ? (uint32_t)strlen(lines[i]) : (uint32_t)(p - maps[i]),
			.time_ns = TIME_NS + (int64_t)i * NOW_NS_PER_S,
		};
		batch.n_bytes += items[i].len;
	}
}

static inline void setup(void)
{
	peer = (struct fg_peer){ .listen_fd = -1 };
	opt = (struct forward_options){ .host = "127.0.0.1", .require_ack = true };
	opt.mode = FORWARD_PACKED;
	opt.ack_timeout_ms = 5000;
	got = (struct delivery){ .n_refused = 0 };
	err = (struct err){ 0 };
	make_batch(false);
}

static inline void start(void)
{
	fg_start(&peer);
	opt.port = peer.port;
	if (peer.is_unix) {
		opt.path = peer.path;
		opt.host = NULL;
	}
	t = forward_new(&opt, &err);
	ck_assert_msg(t != NULL, "%s", err.text);
}

static inline void stop(void)
{
	t->ops->free(t);
	fg_stop(&peer);
	ck_assert_str_eq(peer.fault, "");
}

static inline void connect_ok(void)
{
	int rc = t->ops->connect(t, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_int_eq(t->ops->connect(t, &err), 0); /* does nothing */
}

static inline void send_ok(void)
{
	int rc = t->ops->send(t, &batch, &got);

	ck_assert_msg(rc == 0, "%d: %s", rc, got.text);
	ck_assert_str_eq(got.text, "");
	ck_assert_int_eq(got.retry_after_ms, -1);
}

/* The connection is broken, and the text says why. */
static inline void send_fails(int code, const char *text)
{
	ck_assert_int_eq(t->ops->send(t, &batch, &got), code);
	ck_assert_msg(strstr(got.text, text) != NULL, "'%s' is not in '%s'", text, got.text);
}

static inline void connect_fails(int code, const char *text)
{
	err = (struct err){ 0 };
	ck_assert_int_eq(t->ops->connect(t, &err), code);
	ck_assert_msg(strstr(err.text, text) != NULL, "'%s' is not in '%s'", text, err.text);
}

/* What came is the batch, `times` over. */
static inline void check_events(size_t times)
{
	uint8_t record[128];

	ck_assert_uint_eq(peer.n_events, times * N_ITEMS);
	for (size_t i = 0; i < peer.n_events; i++) {
		const struct fg_event *event = &peer.events[i];
		const struct batch_item *item = &items[i % N_ITEMS];
		int64_t rest_ns = event->has_integer_time ? item->time_ns % NOW_NS_PER_S : 0;
		uint8_t *p = record;

		if (opt.is_tracee_form) {
			p = MPW_LITERAL(mpw_byte(p, MPW_FIXMAP | 1), "event");
			p = mpw_str(p, item->data, item->len - 1); /* not the line's end */
		} else {
			memcpy(p, item->data, item->len);
			p += item->len;
		}
		ck_assert_str_eq(event->tag, opt.tag ? opt.tag : "tracee");
		ck_assert_int_eq(event->has_integer_time, opt.has_integer_time);
		ck_assert_int_eq(event->time_ns, item->time_ns - rest_ns);
		ck_assert_uint_eq(event->len, (size_t)(p - record));
		ck_assert_mem_eq(event->record, record, event->len);
	}
	fg_free(&peer);
}

static inline void with_tls(int cert)
{
	opt.is_tls = true;
	opt.ca_file = paths[CA];
	peer.cert = peer.cert_key = paths[cert];
}

static inline void make_files(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/warder-forward-XXXXXX");
	if (!mkdtemp(dir))
		abort();
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)snprintf(paths[i], sizeof(paths[i]), "%s/%s", dir, names[i]);
	fg_make_certs(dir);
}

static inline void remove_files(void)
{
	char key[96];

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		(void)unlink(paths[i]);
	(void)snprintf(key, sizeof(key), "%s/key", dir);
	(void)unlink(key);
	(void)rmdir(dir);
}
