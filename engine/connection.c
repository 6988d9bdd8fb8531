/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/connection.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "engine/lane_map.h"

struct conn {
	int sock; /* owned */
	bool has_boot_id, has_hello, has_plan_status, has_status;
	uint8_t boot_id[16];
	struct lane_map *lanes; /* owned until taken */
	struct control_hello hello;
	struct control_plan_status plan_status;
	struct control_status status;
	_Alignas(8) uint8_t buf[CONTROL_MSG_MAX]; /* received */
	_Alignas(8) uint8_t out[CONTROL_MSG_MAX];
};

static int connect_to(const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int sock = -1;

	if (path[0] == '\0' || strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "socket path '%s' is %zu bytes long, expected 1 to %zu", path,
			       strlen(path), sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path));
	sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (sock < 0)
		return err_set(err, -errno, "socket cannot be had (%s)", err_name(errno));
	if (connect(sock, (const struct sockaddr *)&addr, sizeof(addr)) < 0)
		return err_set(err, -errno, "collector cannot be reached at '%s' (%s)", path,
			       err_name(errno));
	return TAKE_FD(sock);
}

struct conn *conn_open(const char *path, const uint8_t *boot_id, struct err *err)
{
	struct conn *c;
	int sock = connect_to(path, err);

	if (sock < 0)
		return NULL;
	c = calloc(1, sizeof(*c));
	if (!c) {
		cleanup_fd(&sock);
		(void)err_set(err, -ENOMEM, "connection cannot be had: out of memory");
		return NULL;
	}
	c->sock = sock;
	if (boot_id) {
		memcpy(c->boot_id, boot_id, sizeof(c->boot_id));
		c->has_boot_id = true;
	}
	return c;
}

void conn_close(struct conn *c)
{
	if (!c)
		return;
	lane_map_free(c->lanes);
	cleanup_fd(&c->sock);
	free(c);
}

int conn_fd(const struct conn *c)
{
	return c->sock;
}

static int take_hello(struct conn *c, int fds[CONTROL_FDS], unsigned int n_fds, struct err *err)
{
	struct control_hello hello;

	memcpy(&hello, c->buf, sizeof(hello));
	if (hello.abi != event_def_abi())
		return err_set(err, -EPROTONOSUPPORT,
			       "collector is of another build (records %016llx, expected %016llx): "
			       "install the same version of both",
			       hello.abi, (unsigned long long)event_def_abi());
	if (c->has_hello)
		return err_set(err, -EPROTO, "collector said HELLO twice");
	if (n_fds != CONTROL_FDS)
		return err_set(err, -EPROTO, "collector sent %u descriptors, expected %d", n_fds,
			       CONTROL_FDS);
	if (c->has_boot_id && memcmp(hello.boot_id, c->boot_id, sizeof(c->boot_id)) != 0)
		return err_set(err, -EPROTO, "collector runs on another kernel than this one");
	c->lanes = lane_map_new(&hello, fds, err);
	if (!c->lanes)
		return -EPROTO;
	c->hello = hello;
	c->has_hello = true;
	return CONTROL_HELLO;
}

static int take_plan_status(struct conn *c, struct err *err)
{
	memcpy(&c->plan_status, c->buf, sizeof(c->plan_status));
	/* The same number of events follows from the same build. */
	if (c->plan_status.n_slots != EVENT_SLOTS)
		return err_set(err, -EPROTO, "collector speaks of %u events, expected %d",
			       c->plan_status.n_slots, EVENT_SLOTS);
	c->has_plan_status = true;
	return CONTROL_PLAN_STATUS;
}

static int take_refused(const struct conn *c, struct err *err)
{
	struct control_refused refused;
	int code;

	memcpy(&refused, c->buf, sizeof(refused));
	code = refused.code < 0 ? refused.code : -EACCES;
	return err_set(err, code, "collector refused: %s", refused.text);
}

static int take(struct conn *c, int type, int fds[CONTROL_FDS], unsigned int n_fds, struct err *err)
{
	switch (type) {
	case CONTROL_HELLO:
		return take_hello(c, fds, n_fds, err);
	case CONTROL_PLAN_STATUS:
		return take_plan_status(c, err);
	case CONTROL_STATUS:
		memcpy(&c->status, c->buf, sizeof(c->status));
		c->has_status = true;
		return CONTROL_STATUS;
	case CONTROL_REFUSED:
		return take_refused(c, err);
	default: /* control_check() lets nothing else through from a collector */
		return err_set(err, -EPROTO, "collector sent a message of type %d", type);
	}
}

static bool is_gone(long rc)
{
	return rc == 0 || rc == -ECONNRESET || rc == -EPIPE;
}

int conn_receive(struct conn *c, struct err *err)
{
	int fds[CONTROL_FDS] = { -1, -1, -1, -1, -1, -1 };
	unsigned int n_fds = 0;
	long n = control_recv(c->sock, c->buf, sizeof(c->buf), fds, &n_fds);
	int rc;

	if (n == -EAGAIN)
		return 0;
	if (is_gone(n))
		return err_set(err, -ECONNRESET, "collector is gone");
	if (n < 0)
		return err_set(err, -EPROTO, "collector's message cannot be received (%s)",
			       err_name((int)n));
	rc = control_check(c->buf, (size_t)n, CONTROL_FROM_COLLECTOR, err);
	if (rc < 0)
		rc = err_wrap(err, "collector's message");
	else
		rc = take(c, rc, fds, n_fds, err);
	for (size_t i = 0; i < CONTROL_FDS; i++)
		cleanup_fd(&fds[i]);
	return rc;
}

struct lane_map *conn_take_lanes(struct conn *c)
{
	return TAKE_PTR(c->lanes);
}

const struct control_hello *conn_hello(const struct conn *c)
{
	return c->has_hello ? &c->hello : NULL;
}

const struct control_plan_status *conn_plan_status(const struct conn *c)
{
	return c->has_plan_status ? &c->plan_status : NULL;
}

const struct control_status *conn_status(const struct conn *c)
{
	return c->has_status ? &c->status : NULL;
}

static int send_message(struct conn *c, const void *msg)
{
	long n = control_send(c->sock, msg, NULL, 0);

	return n == -EPIPE ? -ECONNRESET : n < 0 ? (int)n : 0;
}

int conn_send_filter_events(struct conn *c, uint64_t generation,
			    const struct control_filter_event *items, uint32_t n)
{
	struct control_filter_events *msg = (void *)c->out;

	if (n > CONTROL_FILTER_EVENTS_MAX)
		return -E2BIG;
	*msg = (struct control_filter_events){ .generation = generation, .n = n };
	control_hdr_init(&msg->hdr, CONTROL_FILTER_EVENTS, sizeof(*msg) + n * sizeof(*items));
	memcpy(msg->items, items, n * sizeof(*items));
	return send_message(c, msg);
}

int conn_send_filter_entries(struct conn *c, uint64_t generation, const struct filter_entry *items,
			     uint32_t n)
{
	struct control_filter_entries *msg = (void *)c->out;

	if (n > CONTROL_FILTER_ENTRIES_MAX)
		return -E2BIG;
	*msg = (struct control_filter_entries){ .generation = generation, .n = n };
	control_hdr_init(&msg->hdr, CONTROL_FILTER_ENTRIES, sizeof(*msg) + n * sizeof(*items));
	memcpy(msg->items, items, n * sizeof(*items));
	return send_message(c, msg);
}

int conn_send_plan(struct conn *c, struct control_plan *plan)
{
	control_hdr_init(&plan->hdr, CONTROL_PLAN, sizeof(*plan));
	return send_message(c, plan);
}

int conn_ask_status(struct conn *c)
{
	struct control_status_ask ask;

	control_hdr_init(&ask.hdr, CONTROL_STATUS_ASK, sizeof(ask));
	return send_message(c, &ask);
}
