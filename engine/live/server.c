/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/server.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "engine/decode/decode.h"
#include "engine/encode/encoder.h"
#include "engine/json_doc.h"
#include "engine/live/filter.h"
#include "engine/live/missed.h"
#include "engine/live/queue.h"
#include "engine/live/request.h"
#include "engine/live/top.h"
#include "engine/loop.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"

#define PATIENCE_NS (2 * NOW_NS_PER_S) /* for a client to ask */
/* How soon a full socket is tried again: later and later while it takes nothing. */
#define AGAIN_MIN_NS (1 * NOW_NS_PER_MS)
#define AGAIN_MAX_NS (100 * NOW_NS_PER_MS)
#define UNSELECTED_SHOWN 8U

enum state { FREE = 0, ASKING, STREAMING, COUNTING };

enum flavour { PLAIN, PARSED, FLAVOURS }; /* of lines: arguments as they are, or as names */

struct client {
	struct live_server *server;
	enum state state;
	int fd; /* owned; in the loop */
	uint64_t since_ns;
	char *request; /* owned; LIVE_REQUEST_MAX bytes while ASKING */
	size_t request_len;
	struct live_filter *filter; /* owned */
	struct lqueue queue;
	int64_t again_ns;
	uint64_t again_at_ns;
	/* STREAMING */
	enum flavour flavour;
	struct missed missed;
	/* COUNTING */
	struct ltop *top;    /* owned */
	size_t n_next_bytes; /* of LIVE_LINE_NEXT, that have come */
};

struct live_server {
	struct live_server_options opt;
	struct client clients[LIVE_CLIENTS_MAX];
	struct encoder *encoders[FLAVOURS]; /* owned; NULL: nobody has asked for it yet */
	/* of the event that is being shown; NULL: not encoded */
	const uint8_t *lines[FLAVOURS];
	size_t lens[FLAVOURS];
	struct live_server_stats stats;
};

static void view(struct live_server *s);

struct live_server *live_server_new(const struct live_server_options *opt)
{
	struct live_server *s = calloc(1, sizeof(*s));

	if (s)
		s->opt = *opt;
	return s;
}

static void drop(struct client *c)
{
	struct live_server *s = c->server;

	loop_remove(s->opt.loop, c->fd);
	cleanup_fd(&c->fd);
	free(c->request);
	live_filter_free(c->filter);
	lqueue_done(&c->queue);
	ltop_free(c->top);
	*c = (struct client){ .state = FREE };
	view(s);
}

void live_server_free(struct live_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		if (s->clients[i].state != FREE)
			drop(&s->clients[i]);
	for (size_t i = 0; i < FLAVOURS; i++)
		encoder_free(s->encoders[i]);
	free(s);
}

static const struct pol_set *policies(const struct live_server *s)
{
	const struct match *match = pipeline_match(s->opt.pipeline);

	return match ? match_policies(match) : NULL;
}

/* --- Events. --- */

static void encode(struct live_server *s, enum flavour flavour, const struct event *ev)
{
	if (!s->lines[flavour])
		s->lines[flavour] = encoder_event(s->encoders[flavour], ev, &s->lens[flavour]);
}

/* What it has missed, before anything else. False: there is still no room. */
static bool tell_missed(struct client *c)
{
	_Alignas(8) uint8_t record[LOSSES_RECORD_BYTES];
	uint32_t number = (uint32_t)(c - c->server->clients);
	const struct rec_hdr *hdr = (const struct rec_hdr *)(const void *)record;
	const uint8_t *line;
	struct event ev;
	size_t len;
	int slot;

	if (!lqueue_has_room(&c->queue))
		return false;
	while ((slot = missed_next(&c->missed, record, number, now_boot_ns())) >= 0) {
		/* It is ours: it makes sense. */
		(void)decode_record(hdr, sizeof(record), &ev);
		line = encoder_event(c->server->encoders[c->flavour], &ev, &len);
		c->server->lines[c->flavour] = NULL; /* it was in the same buffer */
		if (lqueue_put(&c->queue, line, len) < 0)
			return false;
		missed_told(&c->missed, slot);
	}
	return true;
}

static void show(struct client *c, const struct event *ev)
{
	struct live_server *s = c->server;

	if (c->missed.is_any && !tell_missed(c)) {
		missed_add(&c->missed, ev);
		s->stats.n_missed++;
		return;
	}
	encode(s, c->flavour, ev);
	if (lqueue_put(&c->queue, s->lines[c->flavour], s->lens[c->flavour]) < 0) {
		missed_add(&c->missed, ev);
		s->stats.n_missed++;
		return;
	}
	s->stats.n_events++;
}

static void see_event(void *arg, const struct event *ev)
{
	struct live_server *s = arg;

	memset(s->lines, 0, sizeof(s->lines));
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->state < STREAMING || !live_filter_wants(c->filter, ev))
			continue;
		if (c->state == STREAMING)
			show(c, ev);
		else
			ltop_add(c->top, ev);
	}
}

static void see_learn(void *arg, const struct event *ev)
{
	struct live_server *s = arg;

	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		if (s->clients[i].state >= STREAMING)
			live_filter_learn(s->clients[i].filter, ev);
}

static void see_forget(void *arg, uint32_t tgid)
{
	struct live_server *s = arg;

	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		if (s->clients[i].state >= STREAMING)
			live_filter_forget(s->clients[i].filter, tgid);
}

static void see_policies(void *arg, const struct pol_set *set)
{
	struct live_server *s = arg;

	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		if (s->clients[i].state >= STREAMING)
			live_filter_policies(s->clients[i].filter, set);
}

/* Events are looked at only while somebody is there to see them. */
static void view(struct live_server *s)
{
	const struct pipeline_viewer viewer = {
		.event = see_event,
		.learn = see_learn,
		.forget = see_forget,
		.policies = see_policies,
		.arg = s,
	};
	bool is_any = false;

	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		is_any = is_any || s->clients[i].state >= STREAMING;
	pipeline_view(s->opt.pipeline, is_any ? &viewer : NULL);
}

/* --- Requests. --- */

/* Said in the hope that it is read; then the client is gone. */
static void refuse(struct client *c, const char *text)
{
	struct jdoc d;
	size_t len;

	c->server->stats.n_refused++;
	if (jdoc_begin(&d)) {
		jdoc_string(&d, "error", text);
		CLEANUP_FREE char *line = jdoc_finish(&d, &len);

		if (line)
			(void)send(c->fd, line, len, MSG_NOSIGNAL | MSG_DONTWAIT);
	}
	drop(c);
}

static void put_unselected(struct jdoc *d, const struct client *c)
{
	struct pol_events named, unselected;
	unsigned int n_named = 0, n = 0;
	bool names_any =
		live_filter_unselected(c->filter, policies(c->server), &named, &unselected);

	jdoc_open(d, "unselected", '[');
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		n_named += pol_events_has(&named, slot) != 0;
		if (pol_events_has(&unselected, slot) && n++ < UNSELECTED_SHOWN)
			jdoc_string(d, NULL, event_defs[slot].name);
	}
	jdoc_close(d, ']');
	jdoc_u64(d, "n_unselected", n);
	if (names_any)
		jdoc_u64(d, "named", n_named);
	else
		jdoc_null(d, "named");
}

static int greet(struct client *c, struct err *err)
{
	CLEANUP_FREE char *line = NULL;
	struct jdoc d;
	size_t len;

	if (jdoc_begin(&d)) {
		jdoc_string(&d, "version", WARDER_VERSION);
		put_unselected(&d, c);
		line = jdoc_finish(&d, &len);
	}
	if (!line || lqueue_init(&c->queue, LIVE_QUEUE_BYTES) < 0)
		return err_set(err, -ENOMEM, "engine: out of memory");
	return lqueue_put(&c->queue, line, len); /* it is empty: there is room */
}

static int need_encoder(struct live_server *s, enum flavour flavour, struct err *err)
{
	struct encoder_options opt = { .format = ENCODER_JSON, .json = s->opt.json };

	if (s->encoders[flavour])
		return 0;
	opt.json.parse_arguments = opt.json.parse_arguments || flavour == PARSED;
	s->encoders[flavour] = encoder_new(&opt, err);
	return s->encoders[flavour] ? 0 : err->code;
}

static int serve(struct client *c, const struct live_request *request, struct err *err)
{
	struct live_server *s = c->server;
	const struct live_filter_options opt = {
		.start_ns = s->opt.json.start_ns,
		.epoch_offset_ns = s->opt.json.epoch_offset_ns,
		.tree = pipeline_ptree(s->opt.pipeline),
		.policies = policies(s),
	};

	c->filter = live_filter_new(request, &opt, err);
	if (!c->filter)
		return err->code;
	if (request->kind == LIVE_STREAM) {
		c->flavour = request->parse_arguments ? PARSED : PLAIN;
		return need_encoder(s, c->flavour, err);
	}
	c->top = ltop_new(request->rows, now_boot_ns());
	return c->top ? 0 : err_set(err, -ENOMEM, "engine: out of memory");
}

static void answer(struct client *c, size_t len)
{
	struct live_request request;
	struct err err = { 0 };
	int rc = live_request_parse(&request, c->request, len, &err);

	if (rc == 0 && len < c->request_len)
		rc = err_set(&err, -EINVAL, "request: there is something behind its end");
	if (rc == 0)
		rc = serve(c, &request, &err);
	if (rc == 0)
		rc = greet(c, &err);
	if (rc == 0) {
		free(c->request);
		c->request = NULL;
		c->state = request.kind == LIVE_STREAM ? STREAMING : COUNTING;
		view(c->server);
	} else {
		refuse(c, err.text);
	}
	live_request_done(&request);
}

/* More of the request is there. */
static void consider(struct client *c)
{
	size_t len = live_request_length(c->request, c->request_len);

	if (len > 0)
		answer(c, len);
	else if (c->request_len == LIVE_REQUEST_MAX)
		refuse(c, "request: it is longer than 65536 bytes");
}
_Static_assert(LIVE_REQUEST_MAX == 65536, "what refuse() says");

/* A document for each line. False: that is no such line. */
static bool take_next(struct client *c, const char *bytes, size_t n)
{
	static const char line[] = LIVE_LINE_NEXT;
	CLEANUP_FREE char *document = NULL;
	size_t len;

	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != line[c->n_next_bytes++])
			return false;
		if (c->n_next_bytes < sizeof(line) - 1)
			continue;
		c->n_next_bytes = 0;
		free(document);
		document = ltop_document(c->top, now_boot_ns(), &len);
		if (!document || lqueue_put(&c->queue, document, len) < 0)
			return false;
	}
	return true;
}

static void read_client(void *arg, uint32_t events)
{
	struct client *c = arg;
	char bytes[256], *to = c->state == ASKING ? c->request + c->request_len : bytes;
	size_t room = c->state == ASKING ? LIVE_REQUEST_MAX - c->request_len : sizeof(bytes);
	ssize_t n = recv(c->fd, to, room, MSG_DONTWAIT);

	(void)events;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		drop(c);
		return;
	}
	if (c->state == ASKING) {
		c->request_len += (size_t)n;
		consider(c);
	} else if (c->state == STREAMING || !take_next(c, bytes, (size_t)n)) {
		drop(c);
	}
}

static struct client *free_client(struct live_server *s)
{
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		if (s->clients[i].state == FREE)
			return &s->clients[i];
	return NULL;
}

static void turn_away(struct live_server *s, int fd)
{
	static const char text[] = "{\"error\":\"too many clients look on already\"}\n";

	s->stats.n_refused++;
	(void)send(fd, text, sizeof(text) - 1, MSG_NOSIGNAL | MSG_DONTWAIT);
	cleanup_fd(&fd);
}

void live_server_take(struct live_server *s, int fd, const char *bytes, size_t len)
{
	struct client *c = free_client(s);
	struct err err = { 0 };

	s->stats.n_clients++;
	if (!c) {
		turn_away(s, fd);
		return;
	}
	*c = (struct client){
		.server = s,
		.state = ASKING,
		.fd = fd,
		.since_ns = now_boot_ns(),
		.request = malloc(LIVE_REQUEST_MAX),
		.again_ns = AGAIN_MIN_NS,
	};
	if (!c->request || len > LIVE_REQUEST_MAX ||
	    loop_add(s->opt.loop, fd, read_client, c, &err) < 0) {
		refuse(c, err.text[0] ? err.text : "engine: out of memory");
		return;
	}
	memcpy(c->request, bytes, len);
	c->request_len = len;
	consider(c);
}

/* --- Sending. --- */

/* Returns when to try again, ns; -1: nothing waits. */
static int64_t send_to(struct client *c, uint64_t now_ns)
{
	long n;

	if (c->missed.is_any)
		(void)tell_missed(c); /* later, then */
	if (c->queue.len == 0)
		return -1;
	if (now_ns < c->again_at_ns)
		return (int64_t)(c->again_at_ns - now_ns);
	n = lqueue_send(&c->queue, c->fd);
	if (n < 0) {
		drop(c);
		return -1;
	}
	c->again_at_ns = 0;
	if (c->queue.len == 0 && !c->missed.is_any)
		return -1;
	if (n > 0) { /* it reads: tried again as soon as there is time to */
		c->again_ns = AGAIN_MIN_NS;
		return AGAIN_MIN_NS;
	}
	c->again_at_ns = now_ns + (uint64_t)c->again_ns;
	if (c->again_ns < AGAIN_MAX_NS)
		c->again_ns *= 2;
	return (int64_t)(c->again_at_ns - now_ns);
}

int64_t live_server_tick(struct live_server *s, uint64_t now_ns)
{
	int64_t ns = -1, one_ns;

	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->state == FREE)
			continue;
		if (c->state != ASKING)
			one_ns = send_to(c, now_ns);
		else
			one_ns = (int64_t)(c->since_ns + (uint64_t)PATIENCE_NS - now_ns);
		if (c->state == ASKING && one_ns <= 0) {
			refuse(c, "request: it does not end; an empty line is expected");
			continue;
		}
		if (one_ns >= 0 && (ns < 0 || one_ns < ns))
			ns = one_ns;
	}
	return ns;
}

void live_server_stats_get(const struct live_server *s, struct live_server_stats *ret_stats)
{
	*ret_stats = s->stats;
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++) {
		ret_stats->n_streams += s->clients[i].state == STREAMING;
		ret_stats->n_tops += s->clients[i].state == COUNTING;
	}
}
