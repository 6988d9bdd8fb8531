/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sends events of every kind to a Forward peer: forward_send URL N OUT. Each is written to OUT as
 * it is sent, as "NANOSECONDS JSON". Exits 1 and says why when the peer did not take them.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/json.h"
#include "engine/encode/msgpack.h"
#include "engine/sink/forward_url.h"
#include "test/support/record_builder.h"

#define EPOCH_NS 1680000000000000123LL
#define BATCH 100

static const struct json_options options = { .parse_arguments = true, .epoch_offset_ns = EPOCH_NS };
static struct record_builder builder;
static struct ptree_task task;
static char line[JSON_EVENT_MAX];
static uint8_t map[JSON_EVENT_MAX];

static void die(const char *what)
{
	fprintf(stderr, "forward_send: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct transport *connect_to(const char *text, struct forward_options *ret_options)
{
	static struct surl url;
	struct err err = { 0 };
	struct transport *t;

	if (surl_parse(&url, text, &forward_url_form, &err) < 0 ||
	    forward_from_url(ret_options, &url, &err) < 0)
		die(err.text);
	t = forward_new(ret_options, &err);
	if (!t || t->ops->connect(t, &err) < 0)
		die(err.text);
	return t;
}

/* Event number `i`, whose times are all different. */
static struct batch_item make_item(size_t i, bool is_json, FILE *out)
{
	struct batch_item item = { .time_ns = EPOCH_NS + (int64_t)i * 1000000007 };
	struct event ev;
	size_t line_len, len;
	uint8_t *data;

	rb_random(&builder, event_defs[i % EVENT_SLOTS].id, i + 1);
	rb_decode(&builder, &ev);
	ev.task = &task;
	line_len = json_event(line, sizeof(line), &ev, &options);
	len = is_json ? line_len : emp_event(map, sizeof(map), &ev, &options);
	data = malloc(len);
	if (!data)
		die("out of memory");
	memcpy(data, is_json ? (uint8_t *)line : map, len);
	item.data = data;
	item.len = (uint32_t)len;
	if (fprintf(out, "%" PRId64 " %.*s", item.time_ns, (int)line_len, line) < 0)
		die("what is sent cannot be written down");
	return item;
}

static void send_batch(struct transport *t, size_t first, size_t n, bool is_json, FILE *out)
{
	struct batch_item items[BATCH];
	struct batch batch = { .items = items, .n = n };
	struct delivery got;

	for (size_t i = 0; i < n; i++) {
		items[i] = make_item(first + i, is_json, out);
		batch.n_bytes += items[i].len;
	}
	if (t->ops->send(t, &batch, &got) < 0)
		die(got.text);
	for (size_t i = 0; i < n; i++)
		free((void *)(uintptr_t)items[i].data);
}

int main(int argc, char **argv)
{
	struct forward_options opt;
	struct transport *t;
	size_t n;
	FILE *out;

	if (argc != 4)
		die("expected URL N OUT");
	(void)signal(SIGPIPE, SIG_IGN);
	if (json_init() < 0 || emp_init() < 0)
		die("out of memory");
	rb_sample_task(&task);
	n = strtoul(argv[2], NULL, 10);
	out = fopen(argv[3], "we");
	if (!out)
		die("what is sent cannot be written down");
	t = connect_to(argv[1], &opt);
	for (size_t i = 0; i < n; i += BATCH)
		send_batch(t, i, n - i < BATCH ? n - i : BATCH, opt.is_tracee_form, out);
	t->ops->free(t);
	return fclose(out) ? EXIT_FAILURE : EXIT_SUCCESS;
}
