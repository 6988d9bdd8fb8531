/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/run_reload.h"

#include <errno.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "engine/collector_link.h"
#include "engine/config_reload.h"
#include "engine/loop.h"
#include "engine/make_plan.h"
#include "engine/now.h"
#include "engine/policy_watch.h"
#include "engine/reload.h"
#include "engine/run.h"
#include "engine/status.h"
#include "engine/status_server.h"

/* For the collector to confirm the plan, before who asked is answered without that. Attaching may
 * take it a while. */
#define CONFIRM_NS (2 * NOW_NS_PER_S)
#define LOOK_AGAIN_NS (2 * NOW_NS_PER_MS)

static void tell_blind(const struct run *run)
{
	struct err err = { 0 };

	if (policy_watch_is_blind(run->watch, &err))
		log_warning("%s: 'warder policy reload' and SIGHUP reload it", err.text);
}

static void is_ready(void *arg, uint32_t events)
{
	struct run_reload *r = arg;

	(void)events;
	r->is_ready = true;
	loop_remove(r->loop, r->ready_fd); /* it is read when the reload ends */
}

int run_reload_begin(const struct run *run, struct err *err)
{
	if (!run->watch)
		return 0;
	tell_blind(run);
	return policy_watch_join(run->watch, run->loop, err);
}

void run_reload_hangup(struct run_reload *r)
{
	r->has_sighup = true;
}

/* What both the former and the new policies want is never missing: the new matcher takes over at
 * once, with the records of the former plan that are still in the lanes, and the collector changes
 * its plan as a whole a little later. */
static void send_plan(struct run_reload *r, const struct run *run)
{
	struct clink_plan plan;

	if (!run->link)
		return;
	make_plan(run->opt, run->pipeline, reload_take_filters(run->reload), &plan);
	r->plan = clink_set_plan(run->link, &plan);
}

static enum status_plan plan_state(const struct run_reload *r, const struct run *run)
{
	const struct control_plan_status *status;

	if (!run->link || !clink_is_connected(run->link))
		return STATUS_PLAN_NO_COLLECTOR;
	status = clink_plan_status(run->link);
	return status && status->generation >= r->plan ? STATUS_PLAN_CONFIRMED
						       : STATUS_PLAN_WAITING;
}

static void answer(const struct run_reload *r, const struct run *run)
{
	size_t len;
	CLEANUP_FREE char *document = status_reload_document(
		reload_report(run->reload), run->config ? creload_report(run->config) : NULL,
		plan_state(r, run), &len);

	status_server_answer(run->status, STATUS_REQUEST_RELOAD, r->began_ns,
			     document ? document : "", document ? len : 0);
}

/* False: it is wrong. One that may not be read any more is no reason to leave policies alone. */
static bool read_config(const struct run *run, struct err *err)
{
	int rc = run->config ? creload_read(run->config, err) : 0;

	if (rc != -EACCES && rc != -EPERM)
		return rc == 0;
	log_warning("%s: continuing with the configuration of the start", err->text);
	return true;
}

/* Who asks from now on means another one. */
static void begin(struct run_reload *r, const struct run *run, enum reload_why why, uint64_t now_ns)
{
	struct err err = { 0 };

	r->began_ns = now_ns;
	if (why != RELOAD_CHANGE && !read_config(run, &err)) {
		reload_refuse(run->reload, &err);
		r->ended_ns = now_ns;
		r->is_pending = true;
		return;
	}
	reload_begin(run->reload, why);
	r->is_ready = false;
	r->loop = run->loop;
	r->ready_fd = reload_fd(run->reload);
	/* Out of memory, or of descriptors: then it is waited for. */
	if (loop_add(run->loop, r->ready_fd, is_ready, r, &err) < 0)
		r->is_ready = true;
}

static void end(struct run_reload *r, const struct run *run, uint64_t now_ns)
{
	const struct reload_report *report = reload_end(run->reload);

	if (report->outcome == RELOAD_DONE)
		send_plan(r, run);
	if (run->config && report->outcome != RELOAD_REFUSED)
		creload_apply(run->config);
	else if (run->config)
		creload_drop(run->config);
	r->ended_ns = now_ns;
	r->is_pending = true;
}

/* Who asked is told, at the latest after a while. */
static int64_t tend_answer(struct run_reload *r, const struct run *run, uint64_t now_ns)
{
	bool is_sent = reload_report(run->reload)->outcome == RELOAD_DONE;

	if (!r->is_pending)
		return -1;
	if (!run->status || status_server_waiting_since(run->status, STATUS_REQUEST_RELOAD) == 0) {
		r->is_pending = false;
		return -1;
	}
	if (is_sent && plan_state(r, run) == STATUS_PLAN_WAITING &&
	    now_ns - r->ended_ns < (uint64_t)CONFIRM_NS)
		return LOOK_AGAIN_NS;
	answer(r, run);
	r->is_pending = false;
	return 0;
}

int64_t run_reload_tend(struct run_reload *r, const struct run *run, uint64_t now_ns)
{
	bool has_changed, is_asked;
	int64_t ns;

	if (reload_is_under_way(run->reload)) {
		if (!r->is_ready)
			return -1; /* its descriptor wakes us */
		end(r, run, now_ns);
	}
	ns = tend_answer(r, run, now_ns);
	if (r->is_pending) /* what comes meanwhile waits: the answer is on this one */
		return ns;
	has_changed = run->watch && policy_watch_take(run->watch, now_ns, &ns);
	is_asked =
		run->status && status_server_waiting_since(run->status, STATUS_REQUEST_RELOAD) != 0;
	if (!is_asked && !r->has_sighup && !has_changed)
		return ns;
	begin(r, run,
	      is_asked        ? RELOAD_COMMAND
	      : r->has_sighup ? RELOAD_SIGHUP
			      : RELOAD_CHANGE,
	      now_ns);
	r->has_sighup = false;
	if (has_changed)
		tell_blind(run);
	return r->is_ready || r->is_pending ? 0 : -1;
}
