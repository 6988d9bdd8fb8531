/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/status_server.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/live/request.h"
#include "engine/live/server.h"
#include "engine/loop.h"
#include "engine/now.h"

#define CLIENTS_MAX 8
#define BACKLOG 8
#define PATIENCE_NS (2 * NOW_NS_PER_S) /* for a client to take its answer */
#define AGAIN_NS (5 * NOW_NS_PER_MS)
/* Of who asks nothing: it wants the status. A client that was only not run for a while must not be
 * taken for one. */
#define SILENCE_NS (1 * NOW_NS_PER_S)
#define LINE_MAX_BYTES 16
#define GROUP "warder"

struct client {
	int fd; /* owned; -1: free */
	char line[LINE_MAX_BYTES];
	size_t line_len;
	bool has_asked; /* `request` is known */
	enum status_request request;
	char *answer; /* owned; NULL: it waits for one */
	size_t len, sent;
	uint64_t since_ns; /* connected, then asked, then answered */
};

struct status_server {
	int fd;            /* owned */
	struct loop *loop; /* borrowed; so is the next */
	struct live_server *live;
	struct client clients[CLIENTS_MAX];
};

static void drop(struct client *c)
{
	cleanup_fd(&c->fd);
	free(c->answer);
	*c = (struct client){ .fd = -1 };
}

static struct client *free_client(struct status_server *s)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		if (s->clients[i].fd < 0)
			return &s->clients[i];
	return NULL;
}

static void accept_client(void *arg, uint32_t events)
{
	struct status_server *s = arg;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c = free_client(s);

	(void)events;
	if (fd < 0)
		return; /* gone again, or no descriptor left: it is no loss */
	if (!c) {
		cleanup_fd(&fd);
		return;
	}
	*c = (struct client){ .fd = fd, .since_ns = now_boot_ns() };
}

/* Nobody must be kept from the path by an engine that ended without removing its socket. */
static int clear_path(const struct sockaddr_un *addr, struct err *err)
{
	CLEANUP_FD int probe = -1;
	struct stat st;

	if (lstat(addr->sun_path, &st) < 0)
		return 0; /* bind(2) says what is wrong */
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST,
			       "status socket '%s' is something else, expected a socket",
			       addr->sun_path);
	probe = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return err_set(err, -errno, "socket cannot be had (%s)", err_name(errno));
	if (connect(probe, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN)
		return err_set(err, -EADDRINUSE, "status socket '%s' belongs to another engine",
			       addr->sun_path);
	if (unlink(addr->sun_path) < 0)
		return err_set(err, -errno, "status socket '%s' cannot be replaced (%s)",
			       addr->sun_path, err_name(errno));
	return 0;
}

static int bind_to(struct status_server *s, const char *path, struct err *err)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	const struct group *group;
	int rc;

	if (strlen(path) >= sizeof(addr.sun_path))
		return err_set(err, -ENAMETOOLONG,
			       "status socket '%s' is %zu bytes long, expected at most %zu", path,
			       strlen(path), sizeof(addr.sun_path) - 1);
	memcpy(addr.sun_path, path, strlen(path));
	rc = clear_path(&addr, err);
	if (rc < 0)
		return rc;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->fd < 0 || bind(s->fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    fchmodat(AT_FDCWD, path, 0660, 0) < 0)
		return err_set(err, -errno, "status socket '%s' cannot be made (%s)", path,
			       err_name(errno));
	group = getgrnam(GROUP);
	if (group) /* or it is for our own user and group only */
		(void)!lchown(path, (uid_t)-1, group->gr_gid);
	if (listen(s->fd, BACKLOG) < 0)
		return err_set(err, -errno, "status socket '%s' cannot listen (%s)", path,
			       err_name(errno));
	return 0;
}

struct status_server *status_server_open(const char *path, struct loop *loop, struct err *err)
{
	struct status_server *s = calloc(1, sizeof(*s));

	if (!s) {
		(void)err_set(err, -ENOMEM, "status socket cannot be had: out of memory");
		return NULL;
	}
	s->fd = -1;
	s->loop = loop;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		s->clients[i].fd = -1;
	if (bind_to(s, path, err) < 0 || loop_add(loop, s->fd, accept_client, s, err) < 0) {
		status_server_close(s);
		return NULL;
	}
	return s;
}

void status_server_close(struct status_server *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < CLIENTS_MAX; i++)
		drop(&s->clients[i]);
	loop_remove(s->loop, s->fd);
	cleanup_fd(&s->fd);
	free(s);
}

uint64_t status_server_waiting_since(const struct status_server *s, enum status_request request)
{
	uint64_t since_ns = 0;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		const struct client *c = &s->clients[i];

		if (c->fd >= 0 && c->has_asked && c->request == request && !c->answer &&
		    (since_ns == 0 || c->since_ns < since_ns))
			since_ns = c->since_ns;
	}
	return since_ns;
}

void status_server_set_live(struct status_server *s, struct live_server *live)
{
	s->live = live;
}

static bool begins_with(const struct client *c, const char *line)
{
	return c->line_len >= strlen(line) && memcmp(c->line, line, strlen(line)) == 0;
}

/* True: the client is not ours any more. */
static bool hand_over(const struct status_server *s, struct client *c)
{
	if (!s->live || (!begins_with(c, LIVE_LINE_STREAM) && !begins_with(c, LIVE_LINE_TOP)))
		return false;
	live_server_take(s->live, TAKE_FD(c->fd), c->line, c->line_len);
	return true;
}

/* Reads what there is of the request. */
static void listen_to(const struct status_server *s, struct client *c, uint64_t now_ns)
{
	ssize_t n = recv(c->fd, c->line + c->line_len, sizeof(c->line) - c->line_len, MSG_DONTWAIT);

	if (n > 0)
		c->line_len += (size_t)n;
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		drop(c);
		return;
	}
	if (c->line_len < sizeof(c->line) && !memchr(c->line, '\n', c->line_len) && n != 0 &&
	    now_ns - c->since_ns < (uint64_t)SILENCE_NS)
		return;
	if (hand_over(s, c))
		return;
	c->has_asked = true;
	c->since_ns = now_ns;
	if (c->line_len == strlen(STATUS_LINE_RELOAD) &&
	    memcmp(c->line, STATUS_LINE_RELOAD, c->line_len) == 0)
		c->request = STATUS_REQUEST_RELOAD;
}

/* False: there is more to send. */
static bool send_some(struct client *c)
{
	while (c->sent < c->len) {
		ssize_t n = send(c->fd, c->answer + c->sent, c->len - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0)
			return errno != EAGAIN && errno != EINTR; /* else it is gone: done */
		c->sent += (size_t)n;
	}
	return true;
}

void status_server_answer(struct status_server *s, enum status_request request, uint64_t since_ns,
			  const char *document, size_t len)
{
	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->fd < 0 || !c->has_asked || c->request != request || c->answer ||
		    c->since_ns > since_ns)
			continue;
		c->answer = malloc(len);
		if (!c->answer) {
			drop(c);
			continue;
		}
		memcpy(c->answer, document, len);
		c->len = len;
		c->since_ns = now_boot_ns();
		if (send_some(c))
			drop(c);
	}
}

int64_t status_server_tick(struct status_server *s, uint64_t now_ns)
{
	int64_t again_ns = -1;

	for (size_t i = 0; i < CLIENTS_MAX; i++) {
		struct client *c = &s->clients[i];

		if (c->fd >= 0 && !c->has_asked)
			listen_to(s, c, now_ns);
		if (c->fd >= 0 && !c->has_asked)
			again_ns = AGAIN_NS;
		if (c->fd < 0 || !c->answer)
			continue;
		if (send_some(c) || now_ns - c->since_ns > (uint64_t)PATIENCE_NS)
			drop(c);
		else
			again_ns = AGAIN_NS;
	}
	return again_ns;
}
