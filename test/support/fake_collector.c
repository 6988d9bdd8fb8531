/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/fake_collector.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/event_def.h"

#define PATIENCE_MS 20000 /* sanitizers and other tests make everything slow */

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "fake collector: %s (%s)\n", what, strerror(errno));
	abort();
}

static void wait_readable(int fd, const char *what)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	require(poll(&p, 1, PATIENCE_MS) == 1, what);
}

void fc_listen(struct fake_collector *fc, const char *path)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };

	*fc = (struct fake_collector){ .sock = -1 };
	require(strlen(path) < sizeof(fc->path), "path is too long");
	memcpy(fc->path, path, strlen(path));
	memcpy(addr.sun_path, path, strlen(path));
	(void)unlink(path); /* of a collector before this one */
	fc->listen_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	require(bind(fc->listen_fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0 &&
			chmod(path, 0666) == 0 && listen(fc->listen_fd, 4) == 0,
		"cannot listen");
}

void fc_disconnect(struct fake_collector *fc)
{
	if (fc->sock >= 0)
		(void)close(fc->sock);
	fc->sock = -1;
}

void fc_close(struct fake_collector *fc)
{
	fc_disconnect(fc);
	(void)close(fc->listen_fd);
	(void)unlink(fc->path);
}

void fc_accept(struct fake_collector *fc)
{
	wait_readable(fc->listen_fd, "no engine connects");
	fc->sock = accept4(fc->listen_fd, NULL, NULL, SOCK_CLOEXEC);
	require(fc->sock >= 0, "cannot accept");
}

static void read_boot_id(uint8_t boot_id[16])
{
	FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
	unsigned int byte;

	require(file != NULL, "no boot id");
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			(void)fgetc(file);
		require(fscanf(file, "%2x", &byte) == 1, "no boot id");
		boot_id[i] = (uint8_t)byte;
	}
	(void)fclose(file);
}

struct control_hello fc_hello(const struct fake_lanes *fl)
{
	struct control_hello hello = {
		.abi = event_def_abi(),
		.vital_capacity = fl->capacity,
		.bulk_capacity = fl->capacity,
		.own_capacity = fl->capacity,
		.n_groups = fl->n_groups,
		.n_cpus = fl->n_groups,
		.collector_pid = (uint32_t)getpid(),
		.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE),
	};

	control_hdr_init(&hello.hdr, CONTROL_HELLO, sizeof(hello));
	read_boot_id(hello.boot_id);
	return hello;
}

void fc_send_hello(struct fake_collector *fc, const struct control_hello *hello,
		   const int fds[CONTROL_FDS], unsigned int n_fds)
{
	require(control_send(fc->sock, hello, fds, n_fds) > 0, "HELLO was not sent");
}

void fc_send(struct fake_collector *fc, const void *msg, size_t len)
{
	require(send(fc->sock, msg, len, MSG_NOSIGNAL) == (ssize_t)len, "message was not sent");
}

void fc_refuse(struct fake_collector *fc, int code, const char *text)
{
	struct control_refused refused = { .code = code };

	control_hdr_init(&refused.hdr, CONTROL_REFUSED, sizeof(refused));
	(void)snprintf(refused.text, sizeof(refused.text), "%s", text); /* short */
	fc_send(fc, &refused, sizeof(refused));
}

void fc_receive(struct fake_collector *fc, int type, void *buf, size_t cap)
{
	ssize_t n;
	int is;

	do {
		wait_readable(fc->sock, "the engine says nothing");
		n = recv(fc->sock, buf, cap, 0);
		require(n > 0, "the engine is gone");
		is = control_check(buf, (size_t)n, CONTROL_FROM_ENGINE, NULL);
	} while (is == CONTROL_STATUS_ASK && type != is);
	require(is == type, "the engine says something else");
}

bool fc_take_plan(struct fake_collector *fc)
{
	struct pollfd p = { .fd = fc->sock, .events = POLLIN };
	struct control_plan plan;
	int is = CONTROL_STATUS_ASK;
	ssize_t n;

	while (is == CONTROL_STATUS_ASK) {
		if (poll(&p, 1, 0) != 1)
			return false;
		n = recv(fc->sock, &plan, sizeof(plan), 0);
		require(n > 0, "the engine is gone");
		is = control_check(&plan, (size_t)n, CONTROL_FROM_ENGINE, NULL);
	}
	require(is == CONTROL_PLAN, "the engine says something else");
	fc->plan = plan;
	return true;
}

void fc_send_plan_status(struct fake_collector *fc, uint16_t unavailable)
{
	struct control_plan_status status = { .generation = fc->plan.generation,
					      .n_slots = EVENT_SLOTS };

	control_hdr_init(&status.hdr, CONTROL_PLAN_STATUS, sizeof(status));
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		struct control_event_state *state = &status.events[slot];

		if (!(fc->plan.events[slot / 64] & 1ULL << (slot % 64)))
			continue;
		if (unavailable && event_defs[slot].id == unavailable)
			*state = (struct control_event_state){ .state = CONTROL_STATE_UNAVAILABLE,
							       .reason = CONTROL_REASON_LOAD,
							       .code = -EACCES };
		else
			*state = (struct control_event_state){ .state = CONTROL_STATE_ATTACHED,
							       .hook = CONTROL_HOOK_TP_BTF };
	}
	fc_send(fc, &status, sizeof(status));
}

void fc_serve(struct fake_collector *fc, const struct fake_lanes *fl)
{
	struct control_hello hello = fc_hello(fl);

	fc_accept(fc);
	fc_send_hello(fc, &hello, fl->fds, CONTROL_FDS);
	fc_receive(fc, CONTROL_PLAN, &fc->plan, sizeof(fc->plan));
	fc_send_plan_status(fc, 0);
}
