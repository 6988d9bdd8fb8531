/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/service.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "collector/plan.h"
#include "collector/snapshot.h"
#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/log.h"

#define SNAPSHOT_RETRY_MS 2 /* how long the engine gets to make room in the lane */

struct service {
	struct handoff *handoff;
	struct lanes *lanes;
	struct attach *attach;
	struct snapshot *snapshot;
	const struct service_options *opt;
	int engine; /* connection; -1: none */
	bool had_engine;
	uint64_t start_ns;
	uint64_t n_snapshot_tasks;
	_Alignas(8) uint8_t msg[CONTROL_MSG_MAX];
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * 1000000000ULL + (uint64_t)ts.tv_nsec;
}

/* "xxxxxxxx-xxxx-..." to 16 bytes; zeros when /proc does not tell. */
static void read_boot_id(uint8_t ret_id[static 16])
{
	CLEANUP_FD int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	char text[40] = "", digits[3] = "";
	size_t n = 0;

	memset(ret_id, 0, 16);
	if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0)
		return;
	for (const char *p = text; p[0] && p[1] && n < 16; p++) {
		if (*p == '-')
			continue;
		digits[0] = p[0];
		digits[1] = p[1];
		ret_id[n++] = (uint8_t)strtoul(digits, NULL, 16);
		p++;
	}
}

static int say_hello(struct service *s, struct err *err)
{
	struct control_hello hello = {
		.abi = event_def_abi(),
		.vital_capacity = s->lanes->vital_capacity,
		.bulk_capacity = s->lanes->bulk_capacity,
		.own_capacity = s->lanes->own_capacity,
		.n_groups = s->lanes->n_groups,
		.n_cpus = s->lanes->n_cpus,
		.collector_pid = attach_plan_state(s->attach)->self[0],
		.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE),
	};

	read_boot_id(hello.boot_id);
	return handoff_hello(s->engine, &hello, s->lanes->fds, err);
}

static void drop_engine(struct service *s, const char *why)
{
	log_info("engine is gone (%s), its lanes go on filling", why);
	snapshot_end(s->snapshot);
	attach_plan_state(s->attach)->self[1] = 0;
	handoff_disconnect(s->handoff, s->engine);
	s->engine = -1;
}

static void accept_engine(struct service *s)
{
	struct err err = { 0 };
	int sock = handoff_accept(s->handoff, &err);

	if (sock == -EAGAIN)
		return;
	if (sock < 0) {
		log_warning("%s", err.text);
		return;
	}
	s->engine = sock;
	s->had_engine = true;
	attach_plan_state(s->attach)->self[1] = attach_peer_pid(s->attach, sock);
	log_info("engine connected (pid %u)", attach_plan_state(s->attach)->self[1]);
	if (say_hello(s, &err) != 0)
		drop_engine(s, err.text);
}

/* A new reader knows nobody: everything that it missed is told again. */
static void begin_snapshot(struct service *s)
{
	int fd;

	attach_new_generation(s->attach);
	fd = attach_snapshot_open(s->attach);
	if (fd < 0) {
		log_warning(
			"snapshot of running tasks failed (%s), they introduce themselves later",
			err_name(fd));
		return;
	}
	snapshot_begin(s->snapshot, fd);
}

static void pump_snapshot(struct service *s)
{
	int rc = snapshot_pump(s->snapshot, s->lanes);

	if (rc == 0)
		return;
	if (rc < 0)
		log_warning("snapshot of running tasks ended early (%s)", err_name(rc));
	s->n_snapshot_tasks = s->snapshot->n_tasks;
	log_debug("snapshot: %llu tasks", (unsigned long long)s->n_snapshot_tasks);
}

static int apply_plan(struct service *s, const struct control_plan *plan)
{
	struct control_plan_status status;
	unsigned int n_wanted = 0, n_attached = 0;
	long n;

	attach_apply(s->attach, plan, &status);
	for (unsigned int i = 0; i < EVENT_SLOTS; i++) {
		n_wanted += plan_wants(plan, i);
		n_attached += status.events[i].state == CONTROL_STATE_ATTACHED;
	}
	log_info("plan %llu: %u of %u events attached", (unsigned long long)plan->generation,
		 n_attached, n_wanted);
	n = control_send(s->engine, &status, NULL, 0);
	if (n < 0)
		return (int)n;
	if (plan->generation <= 1 || s->snapshot->n_tasks == 0)
		begin_snapshot(s);
	return 0;
}

static uint64_t resident_bytes(void)
{
	CLEANUP_FILE FILE *f = fopen("/proc/self/status", "re");
	unsigned long long kib = 0;
	char line[128];

	/* anonymous memory: the lanes are shared and would drown everything else */
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "RssAnon: %llu kB", &kib) == 1)
			break;
	return kib * 1024;
}

static int send_status(struct service *s)
{
	struct control_status status = { .uptime_ns = now_ns() - s->start_ns,
					 .rss_bytes = resident_bytes(),
					 .n_snapshot_tasks = s->n_snapshot_tasks };
	struct rusage use;
	long n;

	control_hdr_init(&status.hdr, CONTROL_STATUS, sizeof(status));
	if (getrusage(RUSAGE_SELF, &use) == 0)
		status.cpu_ns =
			((uint64_t)use.ru_utime.tv_sec + (uint64_t)use.ru_stime.tv_sec) *
				1000000000ULL +
			((uint64_t)use.ru_utime.tv_usec + (uint64_t)use.ru_stime.tv_usec) * 1000ULL;
	attach_counters(s->attach, &status);
	n = control_send(s->engine, &status, NULL, 0);
	return n < 0 ? (int)n : 0;
}

/* One message of the engine; every one is validated whole before it is looked at. */
static void serve_engine(struct service *s)
{
	struct err err = { 0 };
	int fds[CONTROL_FDS], rc;
	unsigned int n_fds = 0;
	long n = control_recv(s->engine, s->msg, sizeof(s->msg), fds, &n_fds);

	for (unsigned int i = 0; i < n_fds && n > 0; i++)
		(void)close(fds[i]); /* an engine has nothing to hand over */
	if (n == -EAGAIN)
		return;
	if (n <= 0)
		return drop_engine(s, n == 0 ? "closed" : err_name((int)n));
	rc = control_check(s->msg, (size_t)n, CONTROL_FROM_ENGINE, &err);
	if (rc < 0) {
		(void)handoff_refuse(s->engine, rc, "%s", err.text);
		return drop_engine(s, err.text);
	}
	if (rc == CONTROL_PLAN)
		rc = apply_plan(s, (const struct control_plan *)(const void *)s->msg);
	else
		rc = send_status(s);
	if (rc < 0 && rc != -EAGAIN)
		drop_engine(s, err_name(rc));
}

static int serve(struct service *s, int stop_fd, struct err *err)
{
	struct pollfd fds[3] = { { .fd = stop_fd, .events = POLLIN } };

	while (!(s->opt->once && s->had_engine && s->engine < 0)) {
		fds[1] = (struct pollfd){ .fd = handoff_fd(s->handoff), .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = s->engine, .events = POLLIN };
		if (poll(fds, ARRAY_LEN(fds), s->snapshot->fd >= 0 ? SNAPSHOT_RETRY_MS : -1) < 0 &&
		    errno != EINTR)
			return err_set(err, -errno, "poll failed (%s)", err_name(errno));
		if (fds[0].revents)
			return 0;
		if (s->engine >= 0 && fds[2].revents)
			serve_engine(s);
		if (fds[1].revents)
			accept_engine(s);
		if (s->snapshot->fd >= 0)
			pump_snapshot(s);
	}
	return 0;
}

int service_run(struct handoff *handoff, struct lanes *lanes, struct attach *attach, int stop_fd,
		const struct service_options *opt, struct err *err)
{
	struct service *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (s)
		s->snapshot = calloc(1, sizeof(*s->snapshot));
	if (!s || !s->snapshot) {
		free(s);
		return err_set(err, -ENOMEM, "out of memory");
	}
	s->handoff = handoff;
	s->lanes = lanes;
	s->attach = attach;
	s->opt = opt;
	s->engine = -1;
	s->snapshot->fd = -1;
	s->start_ns = now_ns();
	rc = serve(s, stop_fd, err);
	if (s->engine >= 0)
		drop_engine(s, "we are stopping");
	free(s->snapshot);
	free(s);
	return rc;
}
