/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/collector_link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/log.h"
#include "engine/connection.h"
#include "engine/lane_map.h"
#include "engine/loop.h"
#include "engine/match/kernel.h"
#include "engine/now.h"

#define RETRY_MIN_NS (100 * NOW_NS_PER_MS)
#define RETRY_MAX_NS (2 * NOW_NS_PER_S)
#define BUSY_PATIENCE_NS (2 * NOW_NS_PER_S) /* for another engine that may be on its way out */
#define HELLO_NS (5 * NOW_NS_PER_S) /* a collector that is busy attaching may take a moment */
#define STATUS_EVERY_NS NOW_NS_PER_S
#define PUSH_RETRY_NS (2 * NOW_NS_PER_MS) /* until the collector has read some of it */
#define EVENTS_AT_ONCE 64U

struct clink {
	struct clink_options opt;
	struct conn *conn;      /* owned; NULL: not connected */
	struct lane_map *lanes; /* owned until taken */
	bool is_linked;         /* HELLO came over this connection */
	bool was_linked;        /* ... or an earlier one */
	bool is_over;
	uint64_t hello_by_ns, retry_at_ns, asked_at_ns;
	uint64_t busy_since_ns; /* another engine was there; 0: none was */
	int64_t retry_ns;
	uint64_t generation; /* of the plan that was sent last, or is being sent */
	/* What of it the collector's socket has taken. */
	bool is_pushing;
	uint32_t pushed_slots, pushed_entries;
	uint64_t n_status;
	uint64_t told[LANE_SLOTS / 64]; /* events reported as not available */
	struct err failure;
	int last_refusal; /* errno of the last attempt that was worth a line */
	/* Copies, since they outlive their connection. */
	bool has_hello, has_status, has_plan_status;
	struct control_hello hello;
	struct control_status status;
	struct control_plan_status plan_status;
};

static void fail(struct clink *l, const struct err *err)
{
	if (l->failure.code == 0)
		l->failure = *err;
}

static void disconnect(struct clink *l)
{
	if (!l->conn)
		return;
	loop_remove(l->opt.loop, conn_fd(l->conn));
	conn_close(l->conn);
	l->conn = NULL;
	l->is_linked = false;
	l->is_pushing = false;
}

static void retry_later(struct clink *l)
{
	l->retry_at_ns = now_boot_ns() + (uint64_t)l->retry_ns;
	l->retry_ns = l->retry_ns * 2 < RETRY_MAX_NS ? l->retry_ns * 2 : RETRY_MAX_NS;
}

/* The collector went. */
static void lose(struct clink *l, const struct err *err)
{
	bool was_linked = l->is_linked;

	disconnect(l);
	if (was_linked && !l->opt.reconnect) {
		log_info("collector is gone: delivering what is there, then ending");
		l->is_over = true;
		return;
	}
	if (!l->was_linked && !l->opt.wait) {
		fail(l, err);
		return;
	}
	if (was_linked)
		log_warning("collector is gone: waiting for it");
	retry_later(l);
}

static int push_events(struct clink *l, const struct kfilter *filters)
{
	struct control_filter_event items[EVENTS_AT_ONCE];
	uint32_t slot = l->pushed_slots, n = 0;
	int rc;

	for (; slot < EVENT_SLOTS && n < EVENTS_AT_ONCE; slot++)
		if (filters->events[slot].dims != 0)
			items[n++] =
				(struct control_filter_event){ .slot = slot,
							       .event = filters->events[slot] };
	rc = n > 0 ? conn_send_filter_events(l->conn, l->generation, items, n) : 0;
	if (rc == 0)
		l->pushed_slots = slot;
	return rc;
}

static int push_entries(struct clink *l, const struct kfilter *filters)
{
	size_t left = filters->n_entries - l->pushed_entries;
	uint32_t n = left < CONTROL_FILTER_ENTRIES_MAX ? (uint32_t)left
						       : (uint32_t)CONTROL_FILTER_ENTRIES_MAX;
	int rc = conn_send_filter_entries(l->conn, l->generation,
					  filters->entries + l->pushed_entries, n);

	if (rc == 0)
		l->pushed_entries += n;
	return rc;
}

static int push_plan(struct clink *l, const struct kfilter *filters)
{
	struct control_plan plan = { .generation = l->generation, .options = l->opt.plan.options };

	if (filters) {
		plan.n_filter_events = (uint32_t)kfilter_n_events(filters);
		plan.n_filter_entries = (uint32_t)filters->n_entries;
	}
	memcpy(plan.events, l->opt.plan.events, sizeof(plan.events));
	memcpy(plan.rings, l->opt.plan.rings, sizeof(plan.rings));
	return conn_send_plan(l->conn, &plan);
}

/* Sends as much of the plan as the socket takes: filters may be more. */
static void push(struct clink *l)
{
	const struct kfilter *filters = l->opt.plan.filters;
	struct err err = { 0 };
	int rc = 0;

	while (rc == 0 && filters && l->pushed_slots < EVENT_SLOTS)
		rc = push_events(l, filters);
	while (rc == 0 && filters && l->pushed_entries < filters->n_entries)
		rc = push_entries(l, filters);
	if (rc == 0)
		rc = push_plan(l, filters);
	l->is_pushing = rc == -EAGAIN;
	if (rc == 0 || rc == -EAGAIN || rc == -ECONNRESET)
		return; /* gone: conn_receive() says so too */
	(void)err_set(&err, rc, "plan cannot be sent to the collector (%s)", err_name(rc));
	fail(l, &err);
}

static void send_plan(struct clink *l)
{
	l->generation++;
	l->pushed_slots = 0;
	l->pushed_entries = 0;
	push(l);
}

static void greeted(struct clink *l)
{
	l->hello = *conn_hello(l->conn);
	l->has_hello = true;
	l->has_plan_status = false; /* the former collector's */
	lane_map_free(l->lanes);    /* of one that came and went before anybody took them */
	l->lanes = conn_take_lanes(l->conn);
	l->is_linked = true;
	l->was_linked = true;
	l->busy_since_ns = 0;
	l->retry_ns = RETRY_MIN_NS;
	l->last_refusal = 0;
	log_info("collector is connected (pid %u, %u lanes)", l->hello.collector_pid,
		 2 * l->hello.n_groups + 1);
	send_plan(l);
}

/* An event is reported once, however often the collector comes back. */
static void tell_unavailable(struct clink *l, unsigned int slot)
{
	const struct control_event_state *state = &l->plan_status.events[slot];
	uint64_t bit = 1ULL << (slot % 64);

	if (state->state != CONTROL_STATE_UNAVAILABLE || !clink_wants(l, slot) ||
	    l->told[slot / 64] & bit)
		return;
	l->told[slot / 64] |= bit;
	if (state->code)
		log_warning("event '%s' is not available: %s (%s), continuing without it",
			    event_defs[slot].name, control_reason_text(state->reason),
			    err_name(state->code));
	else
		log_warning("event '%s' is not available: %s, continuing without it",
			    event_defs[slot].name, control_reason_text(state->reason));
}

static void planned(struct clink *l)
{
	l->plan_status = *conn_plan_status(l->conn);
	l->has_plan_status = true;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		tell_unavailable(l, slot);
}

/* What a message was for. */
static void take(struct clink *l, int type)
{
	if (type == CONTROL_HELLO)
		greeted(l);
	else if (type == CONTROL_PLAN_STATUS)
		planned(l);
	else if (type == CONTROL_STATUS) {
		l->status = *conn_status(l->conn);
		l->has_status = true;
		l->n_status++;
	}
}

/* An engine that was killed stays connected until its io_uring is torn down, and the kernel does
 * that later, when the process is gone already. */
static bool is_other_dying(struct clink *l, int code)
{
	uint64_t now_ns = now_boot_ns();

	if (code != -EBUSY || !l->opt.wait)
		return false;
	if (!l->busy_since_ns)
		l->busy_since_ns = now_ns;
	return now_ns - l->busy_since_ns < (uint64_t)BUSY_PATIENCE_NS;
}

static void receive(void *arg, uint32_t events)
{
	struct clink *l = arg;
	struct err err = { 0 };
	int rc;

	(void)events; /* what there is, conn_receive() finds out */
	while (l->conn && (rc = conn_receive(l->conn, &err)) != 0) {
		if (rc > 0) {
			take(l, rc);
		} else if (rc == -ECONNRESET) {
			lose(l, &err);
		} else if (is_other_dying(l, rc)) {
			disconnect(l);
			retry_later(l);
		} else {
			fail(l, &err);
			disconnect(l);
		}
	}
}

/* Worth another try: a collector that starts makes its socket before it listens, and listens before
 * it has given it to the engine. */
static bool may_come(int code)
{
	return code == -ENOENT || code == -ECONNREFUSED || code == -EACCES || code == -EAGAIN;
}

static int try_connect(struct clink *l, struct err *err)
{
	l->conn = conn_open(l->opt.path, l->opt.boot_id, err);
	if (!l->conn)
		return err->code;
	l->hello_by_ns = now_boot_ns() + HELLO_NS;
	if (loop_add(l->opt.loop, conn_fd(l->conn), receive, l, err) < 0) {
		conn_close(l->conn);
		l->conn = NULL;
		return err->code;
	}
	return 0;
}

static void connect_again(struct clink *l)
{
	struct err err = { 0 };
	int rc = try_connect(l, &err);

	if (rc == 0)
		return;
	if (!may_come(rc)) {
		fail(l, &err);
		return;
	}
	if (rc != l->last_refusal && (rc == -EACCES || !l->was_linked))
		log_info("%s: waiting for it", err.text);
	l->last_refusal = rc;
	retry_later(l);
}

struct clink *clink_new(const struct clink_options *opt, struct err *err)
{
	CLEANUP_FREE struct clink *l = calloc(1, sizeof(*l));
	struct err why = { 0 };
	int rc;

	if (!l) {
		kfilter_free(opt->plan.filters);
		(void)err_set(err, -ENOMEM, "connection cannot be had: out of memory");
		return NULL;
	}
	l->opt = *opt;
	l->retry_ns = RETRY_MIN_NS;
	rc = try_connect(l, &why);
	if (rc == 0)
		return TAKE_PTR(l);
	if (!opt->wait || !may_come(rc)) {
		kfilter_free(opt->plan.filters);
		(void)err_set(err, rc, "%s%s", why.text,
			      rc == -ENOENT || rc == -ECONNREFUSED
				      ? ": start warder-collector first, or use '--wait'"
				      : "");
		return NULL;
	}
	log_info("%s: waiting for it", why.text);
	l->last_refusal = rc;
	retry_later(l);
	return TAKE_PTR(l);
}

uint64_t clink_set_plan(struct clink *l, const struct clink_plan *plan)
{
	kfilter_free(l->opt.plan.filters);
	l->opt.plan = *plan;
	if (!l->is_linked)
		return l->generation + 1;
	send_plan(l);
	return l->generation;
}

void clink_free(struct clink *l)
{
	if (!l)
		return;
	disconnect(l);
	lane_map_free(l->lanes);
	kfilter_free(l->opt.plan.filters);
	free(l);
}

int64_t clink_tick(struct clink *l, uint64_t now_ns)
{
	struct err err = { 0 };

	if (l->is_over || l->failure.code)
		return -1;
	if (l->conn && !l->is_linked && now_ns >= l->hello_by_ns) {
		(void)err_set(&err, -ETIMEDOUT, "collector at '%s' does not answer", l->opt.path);
		lose(l, &err);
	}
	if (!l->conn && now_ns >= l->retry_at_ns)
		connect_again(l);
	if (l->is_pushing)
		push(l);
	if (l->conn && l->is_linked)
		return l->is_pushing ? PUSH_RETRY_NS : -1;
	now_ns = now_boot_ns();
	if (l->conn)
		return l->hello_by_ns > now_ns ? (int64_t)(l->hello_by_ns - now_ns) : 0;
	return l->retry_at_ns > now_ns ? (int64_t)(l->retry_at_ns - now_ns) : 0;
}

struct lane_map *clink_take_lanes(struct clink *l)
{
	return TAKE_PTR(l->lanes);
}

int clink_failure(const struct clink *l, struct err *err)
{
	if (l->failure.code)
		*err = l->failure;
	return l->failure.code;
}

bool clink_is_over(const struct clink *l)
{
	return l->is_over;
}

bool clink_is_connected(const struct clink *l)
{
	return l->is_linked;
}

bool clink_ask_status(struct clink *l, uint64_t now_ns)
{
	if (!l->is_linked)
		return false;
	if (l->asked_at_ns && now_ns - l->asked_at_ns < STATUS_EVERY_NS)
		return true;
	l->asked_at_ns = now_ns;
	return conn_ask_status(l->conn) == 0;
}

uint64_t clink_n_status(const struct clink *l)
{
	return l->n_status;
}

uint64_t clink_generation(const struct clink *l)
{
	return l->generation;
}

bool clink_wants(const struct clink *l, unsigned int slot)
{
	return l->opt.plan.events[slot / 64] & 1ULL << (slot % 64);
}

const struct kfilter *clink_filters(const struct clink *l)
{
	return l->opt.plan.filters;
}

const struct control_hello *clink_hello(const struct clink *l)
{
	return l->has_hello ? &l->hello : NULL;
}

const struct control_status *clink_status(const struct clink *l)
{
	return l->has_status ? &l->status : NULL;
}

const struct control_plan_status *clink_plan_status(const struct clink *l)
{
	return l->has_plan_status ? &l->plan_status : NULL;
}
