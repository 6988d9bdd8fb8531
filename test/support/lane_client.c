/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/lane_client.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/match/kernel.h"

#define BATCH_RECORDS 256U
#define DRAIN_TRIES 10000 /* of a millisecond */
#define ANSWER_MS 60000   /* loading programs takes long where the machine is emulated */

/* Waits for a message of the type, of `len` bytes. */
static int receive(struct lane_client *c, enum control_type type, void *ret, size_t len, int *fds,
		   struct err *err)
{
	static _Alignas(8) uint8_t buf[CONTROL_MSG_MAX];
	struct pollfd p = { .fd = c->sock, .events = POLLIN };
	const struct control_refused *refused = (const void *)buf;
	long n;
	int rc;

	if (poll(&p, 1, ANSWER_MS) <= 0)
		return err_set(err, -ETIMEDOUT, "the collector does not answer");
	n = control_recv(c->sock, buf, sizeof(buf), fds, NULL);
	if (n <= 0)
		return err_set(err, n == 0 ? -ECONNRESET : (int)n, "the collector hung up (%s)",
			       err_name(n == 0 ? -ECONNRESET : (int)n));
	rc = control_check(buf, (size_t)n, CONTROL_FROM_COLLECTOR, err);
	if (rc == CONTROL_REFUSED)
		return err_set(err, refused->code, "%s", refused->text);
	if (rc < 0)
		return rc;
	if (rc != (int)type)
		return err_set(err, -EPROTO, "message of type %d, expected %d", rc, (int)type);
	memcpy(ret, buf, len);
	return 0;
}

static int connect_to(struct lane_client *c, const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, -ENAMETOOLONG, "socket path '%s' is too long", path);
	memcpy(addr.sun_path, path, strlen(path));
	c->sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (c->sock < 0 || connect(c->sock, (struct sockaddr *)&addr, sizeof(addr)) != 0)
		return err_set(err, -errno, "cannot connect to '%s' (%s)", path, err_name(errno));
	return 0;
}

static int map_fd(struct lane_client *c, enum control_fd which, size_t bytes, int prot,
		  void **ret_at, struct err *err)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), len = (bytes + page - 1) / page * page;
	void *at = mmap(NULL, len, prot, MAP_SHARED, c->fds[which], 0);

	if (at == MAP_FAILED)
		return err_set(err, -errno, "descriptor %d cannot be mapped (%s)", (int)which,
			       err_name(errno));
	c->maps[c->n_maps++] = (struct lane_client_map){ .at = at, .bytes = len };
	*ret_at = at;
	return 0;
}

/* The lanes of one class; element i of the map is group i. */
static int map_class(struct lane_client *c, enum control_fd which, uint64_t capacity,
		     struct err *err)
{
	size_t step = LANE_BYTES(capacity), first = which == CONTROL_FD_BULK;
	void *at;
	int rc = map_fd(c, which, step * c->hello.n_groups, PROT_READ, &at, err);

	for (size_t g = 0; rc == 0 && g < c->hello.n_groups; g++)
		rc = lane_reader_init(&c->lanes[2 * g + first], (const uint8_t *)at + g * step,
				      step, &c->page->lane[2 * g + first], err);
	return rc;
}

static int map_all(struct lane_client *c, struct err *err)
{
	size_t own = LANE_BYTES(c->hello.own_capacity), last = 2 * (size_t)c->hello.n_groups;
	void *at;
	int rc = map_fd(c, CONTROL_FD_CURSORS, sizeof(*c->page), PROT_READ | PROT_WRITE, &at, err);

	if (rc != 0)
		return rc;
	c->page = at;
	c->n_lanes = last + 1;
	c->lanes = calloc(c->n_lanes, sizeof(*c->lanes));
	if (!c->lanes)
		return err_set(err, -ENOMEM, "out of memory");
	rc = map_class(c, CONTROL_FD_VITAL, c->hello.vital_capacity, err);
	if (rc == 0)
		rc = map_class(c, CONTROL_FD_BULK, c->hello.bulk_capacity, err);
	if (rc == 0)
		rc = map_fd(c, CONTROL_FD_COLLECTOR_LANE, own, PROT_READ, &at, err);
	if (rc == 0)
		rc = lane_reader_init(&c->lanes[last], at, own, &c->page->lane[last], err);
	return rc;
}

struct lane_client *lclient_new(const char *path, struct err *err)
{
	struct lane_client *c = calloc(1, sizeof(*c));
	int rc;

	if (!c) {
		(void)err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	c->sock = -1;
	for (size_t i = 0; i < CONTROL_FDS; i++)
		c->fds[i] = -1;
	rc = connect_to(c, path, err);
	if (rc == 0)
		rc = receive(c, CONTROL_HELLO, &c->hello, sizeof(c->hello), c->fds, err);
	if (rc == 0)
		rc = map_all(c, err);
	if (rc == 0)
		return c;
	lclient_free(c);
	return NULL;
}

void lclient_free(struct lane_client *c)
{
	if (!c)
		return;
	cleanup_fd(&c->sock);
	for (size_t i = 0; i < c->n_maps; i++)
		(void)munmap(c->maps[i].at, c->maps[i].bytes);
	for (size_t i = 0; i < CONTROL_FDS; i++)
		cleanup_fd(&c->fds[i]);
	free(c->lanes);
	free(c);
}

static int select_events(struct control_plan *plan, const char *const *events, struct err *err)
{
	for (; *events; events++) {
		const struct event_def *def = event_def_find_name(*events);

		for (size_t slot = 0; strcmp(*events, "*") == 0 && slot < EVENT_SLOTS; slot++)
			if (event_defs[slot].is_syscall)
				plan->events[slot / 64] |= 1ULL << (slot % 64);
		if (def)
			plan->events[def->slot / 64] |= 1ULL << (def->slot % 64);
		else if (strcmp(*events, "*") != 0)
			return err_set(err, -ENOENT, "no event '%s'", *events);
	}
	return 0;
}

static int send_filter_events(struct lane_client *c, struct control_plan *plan,
			      const struct kfilter *filters)
{
	static _Alignas(8) uint8_t buf[CONTROL_MSG_MAX];
	struct control_filter_events *msg = (void *)buf;
	long n = 0;

	for (uint32_t slot = 0; n >= 0 && slot < EVENT_SLOTS; slot++) {
		if (filters->events[slot].dims == 0)
			continue;
		*msg = (struct control_filter_events){ .generation = plan->generation, .n = 1 };
		msg->items[0] = (struct control_filter_event){ .slot = slot,
							       .event = filters->events[slot] };
		control_hdr_init(&msg->hdr, CONTROL_FILTER_EVENTS,
				 sizeof(*msg) + sizeof(msg->items[0]));
		plan->n_filter_events++;
		n = control_send(c->sock, msg, NULL, 0);
	}
	return n < 0 ? (int)n : 0;
}

static int send_filter_entries(struct lane_client *c, struct control_plan *plan,
			       const struct kfilter *filters)
{
	static _Alignas(8) uint8_t buf[CONTROL_MSG_MAX];
	struct control_filter_entries *msg = (void *)buf;
	long n = 0;

	while (n >= 0 && plan->n_filter_entries < filters->n_entries) {
		size_t left = filters->n_entries - plan->n_filter_entries;
		uint32_t now = left < CONTROL_FILTER_ENTRIES_MAX
				       ? (uint32_t)left
				       : (uint32_t)CONTROL_FILTER_ENTRIES_MAX;

		*msg = (struct control_filter_entries){ .generation = plan->generation, .n = now };
		memcpy(msg->items, filters->entries + plan->n_filter_entries,
		       now * sizeof(msg->items[0]));
		control_hdr_init(&msg->hdr, CONTROL_FILTER_ENTRIES,
				 sizeof(*msg) + now * sizeof(msg->items[0]));
		plan->n_filter_entries += now;
		n = control_send(c->sock, msg, NULL, 0);
	}
	return n < 0 ? (int)n : 0;
}

int lclient_plan(struct lane_client *c, const char *const *events, uint32_t options,
		 struct err *err)
{
	return lclient_plan_filtered(c, events, options, NULL, err);
}

int lclient_plan_filtered(struct lane_client *c, const char *const *events, uint32_t options,
			  const struct kfilter *filters, struct err *err)
{
	struct control_plan plan = { .generation = ++c->generation, .options = options };
	long n;
	int rc;

	rc = select_events(&plan, events, err);
	if (rc != 0)
		return rc;
	if (filters)
		rc = send_filter_events(c, &plan, filters);
	if (filters && rc == 0)
		rc = send_filter_entries(c, &plan, filters);
	if (rc != 0)
		return err_set(err, rc, "filters cannot be sent (%s)", err_name(rc));
	control_hdr_init(&plan.hdr, CONTROL_PLAN, sizeof(plan));
	if (!c->is_silent)
		memcpy(plan.rings, plan.events, sizeof(plan.rings));
	n = control_send(c->sock, &plan, NULL, 0);
	if (n < 0)
		return err_set(err, (int)n, "the plan cannot be sent (%s)", err_name((int)n));
	return receive(c, CONTROL_PLAN_STATUS, &c->status, sizeof(c->status), NULL, err);
}

const struct control_event_state *lclient_state(const struct lane_client *c, const char *event)
{
	const struct event_def *def = event_def_find_name(event);

	return def ? &c->status.events[def->slot] : NULL;
}

int lclient_ask_status(struct lane_client *c, struct control_status *ret_status, struct err *err)
{
	struct control_status_ask ask;
	long n;

	control_hdr_init(&ask.hdr, CONTROL_STATUS_ASK, sizeof(ask));
	n = control_send(c->sock, &ask, NULL, 0);
	if (n < 0)
		return err_set(err, (int)n, "the question cannot be sent (%s)", err_name((int)n));
	return receive(c, CONTROL_STATUS, ret_status, sizeof(*ret_status), NULL, err);
}

size_t lclient_read(struct lane_client *c, lclient_fn fn, void *arg)
{
	const struct rec_hdr *rec;
	size_t n = 0;

	for (size_t i = 0; i < c->n_lanes; i++) {
		uint64_t end = c->lanes[i].pos + lane_reader_fill(&c->lanes[i]);

		for (unsigned int k = 1; (int64_t)(c->lanes[i].pos - end) < 0; k++) {
			if (lane_reader_peek(&c->lanes[i], &rec) != LANE_PEEK_RECORD)
				break;
			fn(arg, i, rec);
			lane_reader_next(&c->lanes[i]);
			if (k % BATCH_RECORDS == 0)
				lane_reader_release(&c->lanes[i]);
			n++;
		}
		lane_reader_release(&c->lanes[i]);
	}
	return n;
}

/* A position that was reserved may have been given back: then the lane is empty before it. */
static bool is_read_to(const struct lane_reader *r, uint64_t target)
{
	return (int64_t)(r->pos - target) >= 0 || !lane_reader_has_more(r);
}

bool lclient_drain(struct lane_client *c, lclient_fn fn, void *arg)
{
	uint64_t targets[LANES_MAX];
	struct timespec nap = { .tv_nsec = 1000000 };
	size_t n_done = 0;

	for (size_t i = 0; i < c->n_lanes; i++)
		targets[i] = c->lanes[i].pos + lane_reader_fill(&c->lanes[i]);
	for (int tries = 0; tries < DRAIN_TRIES; tries++) {
		(void)lclient_read(c, fn, arg);
		for (n_done = 0; n_done < c->n_lanes; n_done++)
			if (!is_read_to(&c->lanes[n_done], targets[n_done]))
				break;
		if (n_done == c->n_lanes)
			return true;
		(void)nanosleep(&nap, NULL);
	}
	return false;
}

uint64_t lclient_lost(const struct lane_client *c, unsigned int slot)
{
	struct lane_loss_seen seen;
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n_lanes; i++) {
		lane_reader_loss(&c->lanes[i], slot, &seen);
		sum += seen.count;
	}
	return sum;
}

uint64_t lclient_corrupt(const struct lane_client *c)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < c->n_lanes; i++)
		sum += c->lanes[i].n_corrupt;
	return sum;
}
