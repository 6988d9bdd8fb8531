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

#include "collector/cgroup_walk.h"
#include "collector/plan.h"
#include "collector/snapshot.h"
#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/log.h"

#define UNREAD_MAX 256              /* messages; a plan and its filters are fewer */
#define SNAPSHOT_RETRY_MS 2         /* how long the engine gets to make room in the lane */
#define WALK_PAUSE_NS 1000000000ULL /* between two looks at the cgroups: nobody keeps us busy */
#define TIDY_PAUSE_NS 1000000000ULL /* after a plan: the next may need the hooks, or be waiting */

struct service {
	struct handoff *handoff;
	struct lanes *lanes;
	struct attach *attach;
	struct snapshot *snapshot;
	struct cgwalk *walk;
	bool walk_is_due; /* once more, when the pause is over */
	uint64_t walk_ended_ns;
	uint64_t plan_ns; /* when the last one was applied */
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
	filters_forget(attach_filters(s->attach));
	cgwalk_end(s->walk);
	s->walk_is_due = false;
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

static void pump_walk(struct service *s)
{
	int rc = cgwalk_pump(s->walk);

	if (rc == 0)
		return;
	s->walk_ended_ns = now_ns();
	if (rc < 0)
		log_warning("look at the cgroups ended early (%s)", err_name(rc));
	if (s->walk->n_too_deep > 0)
		log_warning("%llu cgroups and those in them are left out: deeper than %d folders",
			    (unsigned long long)s->walk->n_too_deep, CGWALK_DEPTH_MAX);
	log_debug("look at the cgroups: %llu", (unsigned long long)s->walk->n_cgroups);
}

/* `lanes` NULL: for the kernel's map only. */
static void begin_walk(struct service *s, struct lanes *lanes)
{
	s->walk_is_due = false;
	cgwalk_begin(s->walk, s->opt->cgroups, attach_cgroup_kinds_fd(s->attach), lanes);
	pump_walk(s);
}

/* The engine could not be told of a cgroup: all are told of again. */
static void take_cgroup_bell(struct service *s)
{
	s->walk_is_due |= attach_cgroup_bell_take(s->attach) && s->engine >= 0;
}

/* How long until the loop has to look again; -1: until something comes. */
static int tend_walk(struct service *s)
{
	uint64_t now = now_ns();

	if (s->walk->depth > 0) {
		pump_walk(s);
		return SNAPSHOT_RETRY_MS;
	}
	if (!s->walk_is_due)
		return -1;
	if (now - s->walk_ended_ns < WALK_PAUSE_NS)
		return (int)((WALK_PAUSE_NS - (now - s->walk_ended_ns)) / 1000000) + 1;
	begin_walk(s, s->lanes);
	return SNAPSHOT_RETRY_MS;
}

/* -EPROTO: refused, and nothing changes. */
static int apply_filters(struct service *s, const struct control_plan *plan, struct err *err)
{
	int rc = attach_apply_filters(s->attach, plan, err);

	if (rc == -EPROTO)
		return rc;
	if (rc < 0)
		log_warning("%s: continuing without, the engine matches everything", err->text);
	return 0;
}

static int apply_plan(struct service *s, const struct control_plan *plan)
{
	bool is_new = plan->generation <= 1 || s->snapshot->n_tasks == 0;
	struct control_plan_status status;
	unsigned int n_wanted = 0, n_attached = 0;
	long n;

	attach_cgroups_first(s->attach, plan);
	if (is_new && plan_wants(plan, EV_CGROUP_MKDIR_slot))
		begin_walk(s, s->lanes);
	attach_apply(s->attach, plan, &status);
	s->plan_ns = now_ns();
	for (unsigned int i = 0; i < EVENT_SLOTS; i++) {
		n_wanted += plan_wants(plan, i);
		n_attached += status.events[i].state == CONTROL_STATE_ATTACHED;
	}
	log_info("plan %llu: %u of %u events attached", (unsigned long long)plan->generation,
		 n_attached, n_wanted);
	n = control_send(s->engine, &status, NULL, 0);
	if (n < 0)
		return (int)n;
	if (is_new)
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

/* How long until hooks may be detached that no plan needs; -1: there are none. */
static int tidy_ms(const struct service *s)
{
	uint64_t passed = now_ns() - s->plan_ns;

	if (attach_is_tidy(s->attach))
		return -1;
	return passed >= TIDY_PAUSE_NS ? 0 : (int)((TIDY_PAUSE_NS - passed) / 1000000) + 1;
}

/* Every message is validated whole before it is looked at. err is set when the engine said what it
 * must not say. */
static int take_message(struct service *s, size_t len, struct err *err)
{
	const struct control_plan *plan = (const void *)s->msg;
	int rc = control_check(s->msg, len, CONTROL_FROM_ENGINE, err);

	switch (rc) {
	case CONTROL_FILTER_EVENTS:
	case CONTROL_FILTER_ENTRIES:
		return filters_take(attach_filters(s->attach), s->msg, err);
	case CONTROL_PLAN:
		rc = apply_filters(s, plan, err);
		if (rc < 0)
			return rc;
		*err = (struct err){ 0 }; /* what was told is done with */
		return apply_plan(s, plan);
	case CONTROL_STATUS_ASK:
		return send_status(s);
	default:
		return rc;
	}
}

/* Filters and their plan are sent at once: what is unread when the socket is closed would take the
 * answer away from the engine (ECONNRESET comes before what was sent). */
static void refuse(struct service *s, const struct err *err)
{
	unsigned int n = 0;

	while (n++ < UNREAD_MAX && control_recv(s->engine, s->msg, sizeof(s->msg), NULL, NULL) > 0)
		;
	(void)handoff_refuse(s->engine, err->code, "%s", err->text);
	drop_engine(s, err->text);
}

/* One message of the engine. */
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
	rc = take_message(s, (size_t)n, &err);
	if (rc < 0 && err.code) {
		refuse(s, &err);
	} else if (rc < 0 && rc != -EAGAIN) {
		drop_engine(s, err_name(rc));
	}
}

/* Until something is due by time; -1: nothing is. */
static int wait_ms(struct service *s)
{
	int ms = tend_walk(s), tidy = tidy_ms(s);
	int64_t log_ns = log_tick();

	if (s->snapshot->fd >= 0)
		ms = SNAPSHOT_RETRY_MS;
	if (log_ns >= 0 && (ms < 0 || log_ns / 1000000 < ms))
		ms = (int)(log_ns / 1000000) + 1;
	return tidy >= 0 && (ms < 0 || tidy < ms) ? tidy : ms;
}

static int serve(struct service *s, int stop_fd, struct err *err)
{
	struct pollfd fds[4] = { { .fd = stop_fd, .events = POLLIN } };
	int n;

	while (!(s->opt->once && s->had_engine && s->engine < 0)) {
		fds[1] = (struct pollfd){ .fd = handoff_fd(s->handoff), .events = POLLIN };
		fds[2] = (struct pollfd){ .fd = s->engine, .events = POLLIN };
		fds[3].fd = attach_cgroup_bell_fd(s->attach);
		fds[3].events = POLLIN;
		n = poll(fds, ARRAY_LEN(fds), wait_ms(s));
		if (n < 0 && errno != EINTR)
			return err_set(err, -errno, "poll failed (%s)", err_name(errno));
		if (fds[0].revents)
			return 0;
		if (fds[3].revents)
			take_cgroup_bell(s);
		if (s->engine >= 0 && fds[2].revents)
			serve_engine(s);
		if (fds[1].revents)
			accept_engine(s);
		if (s->snapshot->fd >= 0)
			pump_snapshot(s);
		if (n == 0 && tidy_ms(s) == 0) /* it takes long: others first */
			attach_tidy(s->attach);
	}
	return 0;
}

int service_run(struct handoff *handoff, struct lanes *lanes, struct attach *attach, int stop_fd,
		const struct service_options *opt, struct err *err)
{
	struct service *s = calloc(1, sizeof(*s));
	int rc = -ENOMEM;

	if (s) {
		s->snapshot = calloc(1, sizeof(*s->snapshot));
		s->walk = calloc(1, sizeof(*s->walk));
	}
	if (!s || !s->snapshot || !s->walk) {
		if (s) {
			free(s->snapshot);
			free(s->walk);
		}
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
	begin_walk(s, NULL);
	rc = serve(s, stop_fd, err);
	attach_silence(s->attach);
	if (s->engine >= 0)
		drop_engine(s, "we are stopping");
	cgwalk_end(s->walk);
	free(s->walk);
	free(s->snapshot);
	free(s);
	return rc;
}
