/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "collector/attach_calls.h"
#include "collector/missed.h"
#include "collector/plan.h"
#include "collector/programs.h"
#include "common/cleanup.h"
#include "common/log.h"

struct attach {
	struct programs *programs;
	struct plan_state *state;
	struct filters *filters;
	struct attach_calls *calls;
	struct bpf_link *process[PROGRAMS_PROCESS];
	struct ring_buffer *cgroup_bell; /* NULL: no cgroup programs */
	bool cgroup_rang;
	struct missed missed;
	uint64_t n_missed_process[PROGRAMS_PROCESS]; /* what is counted already */
};

static int take_ring(void *ctx, void *data, size_t size)
{
	(void)data;
	(void)size;
	*(bool *)ctx = true;
	return 0;
}

/* What keeps the map of cgroups right is there from the start. */
static void start_cgroups(struct attach *a)
{
	struct bpf_program *rmdir = programs_process(a->programs, PROGRAMS_CGROUP_RMDIR);
	int bell = programs_cgroup_bell_fd(a->programs);

	if (bell >= 0)
		a->cgroup_bell = ring_buffer__new(bell, take_ring, &a->cgroup_rang, NULL);
	if (rmdir)
		a->process[PROGRAMS_CGROUP_RMDIR] = bpf_program__attach(rmdir);
	if (bell >= 0 && (!a->cgroup_bell || !a->process[PROGRAMS_CGROUP_RMDIR]))
		log_warning("cgroups that are lost or removed go unnoticed (%s)", err_name(errno));
}

static void keep_run_stats(const struct attach *a)
{
	int rc = programs_keep_run_stats(a->programs);

	if (rc < 0)
		log_warning("run times of BPF programs are not counted (%s)", err_name(rc));
}

static struct attach_calls *new_calls(struct attach *a, const struct kfeat_set *features,
				      enum collector_hooks hooks)
{
	const struct attach_calls_context ctx = {
		.features = features,
		.programs = a->programs,
		.state = a->state,
		.missed = &a->missed,
	};

	return attach_calls_new(&ctx, hooks);
}

struct attach *attach_new(struct lanes *lanes, const struct kfeat_set *features,
			  const struct attach_options *opt, struct err *err)
{
	struct attach *a = calloc(1, sizeof(*a));
	void *map;

	if (!a) {
		(void)err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	a->missed.own = &lanes->own;
	a->filters = filters_new();
	if (!a->filters) {
		(void)err_set(err, -ENOMEM, "out of memory");
		goto fail;
	}
	a->programs = programs_new(lanes, features, opt->cgroup_hierarchy, err);
	if (!a->programs)
		goto fail;
	map = mmap(NULL, sizeof(*a->state), PROT_READ | PROT_WRITE, MAP_SHARED,
		   programs_plan_fd(a->programs), 0);
	if (map == MAP_FAILED) {
		(void)err_set(err, -errno, "the plan cannot be mapped (%s)", err_name(errno));
		goto fail;
	}
	a->state = map;
	a->state->generation = 1;
	a->state->self[0] = attach_own_pid(a);
	a->calls = new_calls(a, features, opt->hooks);
	if (!a->calls) {
		(void)err_set(err, -ENOMEM, "out of memory");
		goto fail;
	}
	start_cgroups(a);
	if (opt->keep_run_stats)
		keep_run_stats(a);
	return a;
fail:
	attach_free(a);
	return NULL;
}

/* --- what the kernel did not run ------------------------------------------------------------- */

static void count_all_missed(struct attach *a)
{
	static const unsigned int slots[PROGRAMS_PROCESS] = {
		[PROGRAMS_FORK] = EV_SCHED_PROCESS_FORK_slot,
		[PROGRAMS_EXEC] = EV_SCHED_PROCESS_EXEC_slot,
		[PROGRAMS_EXIT] = EV_SCHED_PROCESS_EXIT_slot,
		[PROGRAMS_RENAME] = EV_TASK_RENAME_slot,
		[PROGRAMS_CGROUP_MKDIR] = EV_CGROUP_MKDIR_slot,
		[PROGRAMS_CGROUP_RMDIR] = EV_CGROUP_RMDIR_slot,
		[PROGRAMS_CGROUP_ATTACH] = EV_CGROUP_ATTACH_TASK_slot,
	};

	attach_calls_count_missed(a->calls);
	for (size_t i = 0; i < PROGRAMS_PROCESS; i++) {
		bool wanted = a->state->events[slots[i]].on & PLAN_ON;
		struct bpf_program *prog = programs_process(a->programs, (enum programs_process)i);

		if (prog)
			missed_count(&a->missed, wanted ? slots[i] : EVENT_SLOTS,
				     programs_missed(bpf_program__fd(prog)),
				     &a->n_missed_process[i]);
	}
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	attach_calls_free(a->calls);
	for (size_t i = 0; i < ARRAY_LEN(a->process); i++)
		(void)bpf_link__destroy(a->process[i]);
	ring_buffer__free(a->cgroup_bell);
	if (a->state)
		(void)munmap(a->state, sizeof(*a->state));
	filters_free(a->filters);
	programs_free(a->programs);
	free(a);
}

struct plan_state *attach_plan_state(struct attach *a)
{
	return a->state;
}

static void told(struct control_event_state *st, enum control_hook hook, int code)
{
	st->hook = (__u8)hook;
	st->code = code;
	st->state = code == 0 ? CONTROL_STATE_ATTACHED : CONTROL_STATE_UNAVAILABLE;
	st->reason = code == 0 ? CONTROL_REASON_NONE : CONTROL_REASON_ATTACH;
}

/* --- the process and cgroup events: a tracepoint each ---------------------------------------- */

/* Attaches it, unless it is. 0 or a negative errno. */
static int attach_process(struct attach *a, enum programs_process which)
{
	struct bpf_program *prog = programs_process(a->programs, which);

	if (!prog)
		return -EOPNOTSUPP;
	if (!a->process[which])
		a->process[which] = bpf_program__attach(prog);
	return a->process[which] ? 0 : -errno;
}

struct filters *attach_filters(struct attach *a)
{
	return a->filters;
}

int attach_apply_filters(struct attach *a, const struct control_plan *plan, struct err *err)
{
	const struct filters_maps maps = {
		.filters_fd = programs_filters_fd(a->programs),
		.events_fd = programs_filter_events_fd(a->programs),
		.state = a->state,
	};

	return filters_apply(a->filters, plan, &maps, err);
}

void attach_cgroups_first(struct attach *a, const struct control_plan *plan)
{
	static const unsigned int slots[] = { EV_CGROUP_MKDIR_slot, EV_CGROUP_RMDIR_slot };

	for (size_t i = 0; i < ARRAY_LEN(slots); i++) {
		plan_fill_slot(a->state, plan, slots[i]);
		if (plan_wants(plan, slots[i])) /* what fails is told by attach_apply() */
			(void)attach_process(a, programs_process_of(slots[i]));
	}
}

static void apply_process(struct attach *a, const struct control_plan *plan,
			  struct control_plan_status *status)
{
	bool wanted[PROGRAMS_PROCESS] = { [PROGRAMS_CGROUP_RMDIR] = true };

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		enum programs_process which = programs_process_of(slot);

		if (which == PROGRAMS_PROCESS || !plan_wants(plan, slot))
			continue;
		wanted[which] = true;
		told(&status->events[slot], CONTROL_HOOK_TP_BTF, attach_process(a, which));
	}
	/* What the name was before an exec is known from the rename in it. */
	if (wanted[PROGRAMS_EXEC] && !wanted[PROGRAMS_RENAME]) {
		wanted[PROGRAMS_RENAME] = true;
		(void)attach_process(a, PROGRAMS_RENAME); /* without it there is no old name */
	}
	for (size_t i = 0; i < PROGRAMS_PROCESS; i++) {
		if (wanted[i])
			continue;
		(void)bpf_link__destroy(a->process[i]);
		a->process[i] = NULL;
	}
}

static void apply_calls(struct attach *a, const struct control_plan *plan,
			struct control_plan_status *status)
{
	enum control_hook hook;
	int rc = attach_calls_apply(a->calls, plan, &hook);

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (attach_calls_wants(plan, slot))
			told(&status->events[slot], hook, rc);
	if (rc == 0 && attach_calls_beats(a->calls))
		status->beats |= 1U << hook;
}

/* What no hook can bring. */
static void apply_rest(const struct control_plan *plan, struct control_plan_status *status)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		struct control_event_state *st = &status->events[slot];

		if (!plan_wants(plan, slot) || st->state != CONTROL_STATE_OFF)
			continue;
		if (slot == EV_LOST_EVENTS_slot) {
			told(st, CONTROL_HOOK_ENGINE, 0);
			continue;
		}
		st->state = CONTROL_STATE_UNAVAILABLE;
		st->reason = event_defs[slot].is_syscall ? CONTROL_REASON_NO_SYSCALL
							 : CONTROL_REASON_INTERNAL;
	}
}

void attach_apply(struct attach *a, const struct control_plan *plan,
		  struct control_plan_status *ret_status)
{
	memset(ret_status, 0, sizeof(*ret_status));
	control_hdr_init(&ret_status->hdr, CONTROL_PLAN_STATUS, sizeof(*ret_status));
	ret_status->generation = plan->generation;
	ret_status->n_slots = EVENT_SLOTS;
	count_all_missed(a); /* while it is known what was wanted */
	plan_fill(a->state, plan);
	filters_mark(a->filters, a->state);
	apply_process(a, plan, ret_status);
	apply_calls(a, plan, ret_status);
	apply_rest(plan, ret_status);
	if (a->process[PROGRAMS_RENAME])
		ret_status->beats |= 1U << CONTROL_HOOK_TP_BTF;
	/* Nobody's call can be recognised as that of an engine whose id is not known. */
	if (!(plan->options & CONTROL_PLAN_HEARTBEAT) || a->state->self[1] == 0)
		ret_status->beats = 0;
}

void attach_silence(struct attach *a)
{
	static const struct control_plan nothing;

	count_all_missed(a); /* while it is known what was wanted */
	plan_fill(a->state, &nothing);
}

bool attach_is_tidy(const struct attach *a)
{
	return attach_calls_is_tidy(a->calls);
}

void attach_tidy(struct attach *a)
{
	attach_calls_tidy(a->calls);
}

void attach_new_generation(struct attach *a)
{
	if (++a->state->generation == 0) /* 0 is what a task that never spoke has */
		a->state->generation = 1;
}

int attach_cgroup_kinds_fd(const struct attach *a)
{
	return programs_cgroup_kinds_fd(a->programs);
}

int attach_cgroup_bell_fd(const struct attach *a)
{
	return a->cgroup_bell ? ring_buffer__epoll_fd(a->cgroup_bell) : -1;
}

bool attach_cgroup_bell_take(struct attach *a)
{
	a->cgroup_rang = false;
	if (a->cgroup_bell)
		(void)ring_buffer__consume(a->cgroup_bell); /* ours cannot fail */
	return a->cgroup_rang;
}

int attach_snapshot_open(struct attach *a)
{
	struct bpf_link *link = bpf_program__attach_iter(programs_snapshot(a->programs), NULL);
	int fd;

	if (!link)
		return -errno;
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		fd = -errno;
	(void)bpf_link__destroy(link); /* the descriptor keeps it */
	return fd;
}

uint32_t attach_own_pid(struct attach *a)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts);
	int rc = bpf_prog_test_run_opts(programs_whoami_fd(a->programs), &opts);

	return rc == 0 ? opts.retval : 0;
}

uint32_t attach_peer_pid(struct attach *a, int sock)
{
	uint64_t args[1] = { (uint64_t)sock };
	LIBBPF_OPTS(bpf_test_run_opts, opts, .ctx_in = args, .ctx_size_in = sizeof(args));
	int rc = bpf_prog_test_run_opts(programs_who_connected_fd(a->programs), &opts);

	return rc == 0 ? opts.retval : 0;
}

void attach_counters(struct attach *a, struct control_status *status)
{
	int cpus = libbpf_num_possible_cpus();
	CLEANUP_FREE uint64_t *values = cpus > 0 ? calloc((size_t)cpus, sizeof(*values)) : NULL;

	for (uint32_t i = 0; values && i < KC_COUNTERS; i++) {
		if (bpf_map_lookup_elem(programs_counters_fd(a->programs), &i, values) != 0)
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			status->kernel[i] += values[cpu];
	}
	count_all_missed(a);
	status->kernel[KC_MISSED] += a->missed.n;
	status->has_run_stats = programs_has_run_stats(a->programs);
	programs_tell(a->programs, status);
	attach_calls_tell(a->calls, status);
	for (unsigned int i = 0; i < status->n_progs; i++) {
		status->prog_run_ns += status->progs[i].run_ns;
		status->prog_run_cnt += status->progs[i].n_runs;
	}
}
