/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/attach.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>

#include "collector/fexit.h"
#include "collector/plan.h"
#include "collector/programs.h"
#include "collector/syscall_tp.h"
#include "common/cleanup.h"
#include "common/log.h"

#define HANDOVER_NS 10000000

/* What hangs on one system call while a narrow kind of hook is in use. */
struct call_hooks {
	struct bpf_link *links[2];          /* tracepoints: exit, entry */
	int fds[2 * FEXIT_FUNCTIONS_MAX];   /* fexit, fentry: link descriptors, or -1 */
	int stubs[2 * FEXIT_FUNCTIONS_MAX]; /* their programs */
	uint64_t n_missed;                  /* what of theirs is counted already */
};

struct attach {
	const struct kfeat_set *features; /* borrowed */
	enum collector_hooks hooks;
	struct programs *programs;
	struct plan_state *state;
	struct filters *filters;
	struct bpf_link *process[PROGRAMS_PROCESS];
	struct ring_buffer *cgroup_bell; /* NULL: no cgroup programs */
	bool cgroup_rang;
	struct bpf_link *global[2]; /* exit, entry */
	struct call_hooks *calls[EVENT_SLOTS];
	enum control_hook calls_hook; /* the kind that `calls` are of */
	int jumps[2]; /* program arrays of the fexit stubs: exit, entry; -1: none yet */
	struct btf *btf;
	uint32_t n_handovers;
	struct lane_writer *own; /* borrowed: the collector's lane */
	uint64_t n_missed;       /* programs that did not run, all together */
	uint64_t n_missed_process[PROGRAMS_PROCESS], n_missed_global; /* what is counted already */
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

struct attach *attach_new(struct lanes *lanes, const struct kfeat_set *features,
			  const struct attach_options *opt, struct err *err)
{
	struct attach *a = calloc(1, sizeof(*a));
	void *map;

	if (!a) {
		(void)err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	a->features = features;
	a->own = &lanes->own;
	a->hooks = opt->hooks;
	a->jumps[0] = -1;
	a->jumps[1] = -1;
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
	start_cgroups(a);
	if (opt->keep_run_stats)
		keep_run_stats(a);
	return a;
fail:
	attach_free(a);
	return NULL;
}

/* --- what the kernel did not run ------------------------------------------------------------- */

/* Counts what is new of `now`, as lost where it is known what was missed: `slot`, or EVENT_SLOTS.
 */
static void count_missed(struct attach *a, unsigned int slot, uint64_t now, uint64_t *counted)
{
	struct timespec ts = { 0 };

	if (now == *counted)
		return;
	a->n_missed += now - *counted;
	(void)clock_gettime(CLOCK_BOOTTIME, &ts); /* cannot fail */
	if (slot < EVENT_SLOTS) /* a loss like one of a full lane, in the lane that we can write */
		(void)lane_count_lost(a->own, slot, now - *counted,
				      (uint64_t)ts.tv_sec * 1000000000U + (uint64_t)ts.tv_nsec);
	*counted = now;
}

static void count_missed_calls(struct attach *a, unsigned int slot)
{
	struct call_hooks *h = a->calls[slot];
	uint64_t now = 0;

	for (size_t i = 0; i < ARRAY_LEN(h->stubs); i++)
		if (h->stubs[i] >= 0)
			now += programs_missed(h->stubs[i]);
	/* Heartbeats, that are missed, are no event's. */
	if (!(a->state->events[slot].on & ~PLAN_BEATS))
		slot = EVENT_SLOTS;
	count_missed(a, slot, now, &h->n_missed);
}

/* Of the global programs it is not known which call they missed, wanted or not. */
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

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (a->calls[slot])
			count_missed_calls(a, slot);
	for (size_t i = 0; i < PROGRAMS_PROCESS; i++) {
		bool wanted = a->state->events[slots[i]].on & PLAN_ON;
		struct bpf_program *prog = programs_process(a->programs, (enum programs_process)i);

		if (prog)
			count_missed(a, wanted ? slots[i] : EVENT_SLOTS,
				     programs_missed(bpf_program__fd(prog)),
				     &a->n_missed_process[i]);
	}
	if (a->global[0])
		count_missed(a, EVENT_SLOTS,
			     programs_missed(bpf_program__fd(programs_syscall(
				     a->programs, CONTROL_HOOK_SYS_EXIT, true, NULL))),
			     &a->n_missed_global);
}

static void call_hooks_free(struct attach *a, unsigned int slot)
{
	struct call_hooks *h = a->calls[slot];

	if (!h)
		return;
	for (size_t i = 0; i < ARRAY_LEN(h->links); i++)
		(void)bpf_link__destroy(h->links[i]); /* closing a link cannot fail us */
	for (size_t i = 0; i < ARRAY_LEN(h->fds); i++)
		if (h->fds[i] >= 0)
			(void)close(h->fds[i]);
	count_missed_calls(a, slot);
	for (size_t i = 0; i < ARRAY_LEN(h->stubs); i++)
		if (h->stubs[i] >= 0)
			(void)close(h->stubs[i]);
	free(h);
	a->calls[slot] = NULL;
}

void attach_free(struct attach *a)
{
	if (!a)
		return;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		call_hooks_free(a, slot);
	for (size_t i = 0; i < ARRAY_LEN(a->global); i++)
		(void)bpf_link__destroy(a->global[i]);
	for (size_t i = 0; i < ARRAY_LEN(a->process); i++)
		(void)bpf_link__destroy(a->process[i]);
	for (size_t i = 0; i < ARRAY_LEN(a->jumps); i++)
		if (a->jumps[i] >= 0)
			(void)close(a->jumps[i]);
	ring_buffer__free(a->cgroup_bell);
	if (a->state)
		(void)munmap(a->state, sizeof(*a->state));
	btf__free(a->btf);
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

/* --- the process and cgroup events: a tracepoint each
 * -------------------------------------------------- */

static enum programs_process process_program(unsigned int slot)
{
	switch (slot) {
	case EV_SCHED_PROCESS_FORK_slot:
		return PROGRAMS_FORK;
	case EV_SCHED_PROCESS_EXEC_slot:
		return PROGRAMS_EXEC;
	case EV_SCHED_PROCESS_EXIT_slot:
	case EV_DO_EXIT_slot:
	case EV_EXIT_slot: /* these two do not return: see bpf/process.bpf.c */
	case EV_EXIT_GROUP_slot:
		return PROGRAMS_EXIT;
	case EV_TASK_RENAME_slot:
		return PROGRAMS_RENAME;
	case EV_CGROUP_MKDIR_slot:
		return PROGRAMS_CGROUP_MKDIR;
	case EV_CGROUP_RMDIR_slot:
		return PROGRAMS_CGROUP_RMDIR;
	case EV_CGROUP_ATTACH_TASK_slot:
		return PROGRAMS_CGROUP_ATTACH;
	default:
		return PROGRAMS_PROCESS;
	}
}

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
			(void)attach_process(a, process_program(slots[i]));
	}
}

static void apply_process(struct attach *a, const struct control_plan *plan,
			  struct control_plan_status *status)
{
	bool wanted[PROGRAMS_PROCESS] = { [PROGRAMS_CGROUP_RMDIR] = true };

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		enum programs_process which = process_program(slot);

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

/* A program, or NULL after the operator was told why not. */
static struct bpf_program *load_syscall(struct attach *a, enum control_hook hook, bool at_exit)
{
	struct err err = { 0 };
	struct bpf_program *prog = programs_syscall(a->programs, hook, at_exit, &err);

	if (!prog)
		log_warning("%s", err.text);
	return prog;
}

/* --- system calls: one of three kinds of hooks ----------------------------------------------- */

/* Is it for the system call programs? And at which end? */
static bool is_call(const struct event_def *def)
{
	return def->is_syscall && process_program(def->slot) == PROGRAMS_PROCESS &&
	       (def->nr_native >= 0 || def->nr_compat >= 0);
}

static bool needs_exit(const struct event_def *def)
{
	struct plan_event event;

	plan_event_fill(&event, def);
	return event.on & (PLAN_ON | PLAN_ON_FAILED);
}

static bool needs_enter(const struct event_def *def)
{
	struct plan_event event;

	plan_event_fill(&event, def);
	return event.on & PLAN_ON_ENTER;
}

/* Does a narrow hook hang on it: for a plan's event, or for the engine's heartbeat? */
static bool needs_hook(const struct control_plan *plan, unsigned int slot)
{
	return (plan_wants(plan, slot) || plan_beats(plan, slot)) && is_call(&event_defs[slot]);
}

/* True if fexit sees every way to make each of the wanted calls. */
static bool fexit_sees_all(struct attach *a, const struct control_plan *plan)
{
	char names[FEXIT_FUNCTIONS_MAX][64];

	if (!a->btf)
		a->btf = btf__load_vmlinux_btf();
	if (!a->btf)
		return false;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (plan_wants(plan, slot) && is_call(&event_defs[slot]) &&
		    fexit_functions(a->btf, &event_defs[slot], a->features->has[KFEAT_COMPAT_CALLS],
				    names) < 0)
			return false;
	return true;
}

static enum control_hook choose_hook(struct attach *a, const struct control_plan *plan,
				     unsigned int n_calls)
{
	bool few = n_calls <= ATTACH_NARROW_MAX || a->hooks == COLLECTOR_HOOKS_NARROW;

	if (n_calls == 0)
		return CONTROL_HOOK_NONE;
	if (a->hooks == COLLECTOR_HOOKS_GLOBAL || !few)
		return CONTROL_HOOK_SYS_EXIT;
	if (a->features->has[KFEAT_FENTRY] && fexit_sees_all(a, plan))
		return CONTROL_HOOK_FEXIT;
	if (a->features->has[KFEAT_SYSCALL_TP] &&
	    (!a->features->has[KFEAT_COMPAT_CALLS] || a->hooks == COLLECTOR_HOOKS_NARROW))
		return CONTROL_HOOK_SYSCALL_TP;
	return CONTROL_HOOK_SYS_EXIT;
}

static int attach_tp(struct attach *a, struct call_hooks *h, const struct event_def *def,
		     bool at_exit)
{
	struct bpf_program *prog = load_syscall(a, CONTROL_HOOK_SYSCALL_TP, at_exit);
	int fd;

	if (!prog)
		return -EOPNOTSUPP;
	fd = syscall_tp_open(a->features->tracefs_fd, def, at_exit);
	if (fd < 0)
		return fd;
	h->links[at_exit ? 0 : 1] = bpf_program__attach_perf_event(prog, fd);
	if (h->links[at_exit ? 0 : 1])
		return 0;
	(void)close(fd);
	return -errno;
}

/* The program array through which stubs reach the program; made once. */
static int jump_fd(struct attach *a, bool at_exit)
{
	int *jump = &a->jumps[at_exit ? 0 : 1], prog_fd, zero = 0;
	struct bpf_program *prog;

	if (*jump >= 0)
		return *jump;
	prog = load_syscall(a, CONTROL_HOOK_FEXIT, at_exit);
	if (!prog)
		return -EOPNOTSUPP;
	prog_fd = bpf_program__fd(prog);

	CLEANUP_FD int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "sys_jump", 4, 4, 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, &prog_fd, BPF_ANY) != 0)
		return -errno;
	*jump = TAKE_FD(fd);
	return *jump;
}

static int attach_fexit(struct attach *a, struct call_hooks *h, const struct event_def *def,
			bool at_exit)
{
	char names[FEXIT_FUNCTIONS_MAX][64];
	int jump = jump_fd(a, at_exit);
	int n = fexit_functions(a->btf, def, a->features->has[KFEAT_COMPAT_CALLS], names);

	if (jump < 0)
		return jump;
	for (int i = 0; i < n; i++) {
		size_t at = (size_t)i + (at_exit ? 0 : FEXIT_FUNCTIONS_MAX);
		int fd = fexit_attach(a->btf, names[i], jump, at_exit, &h->stubs[at]);

		if (fd < 0)
			return fd;
		h->fds[at] = fd;
	}
	return n < 0 ? n : 0;
}

static int attach_call(struct attach *a, enum control_hook hook, const struct event_def *def)
{
	struct call_hooks *h = calloc(1, sizeof(*h));
	int rc = 0;

	if (!h)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(h->fds); i++)
		h->fds[i] = h->stubs[i] = -1;
	a->calls[def->slot] = h;
	for (int at_exit = 0; rc == 0 && at_exit <= 1; at_exit++) {
		if (!(at_exit ? needs_exit(def) : needs_enter(def)))
			continue;
		rc = hook == CONTROL_HOOK_FEXIT ? attach_fexit(a, h, def, at_exit)
						: attach_tp(a, h, def, at_exit);
	}
	if (rc != 0)
		call_hooks_free(a, def->slot);
	return rc;
}

/* Attaches the narrow hooks that are missing. A negative errno: one could not be had, of those that
 * are not only for heartbeats: without these it is not known whether the kind works. */
static int attach_calls(struct attach *a, enum control_hook hook, const struct control_plan *plan)
{
	int rc = 0;

	if (a->calls_hook != hook)
		for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
			call_hooks_free(a, slot);
	a->calls_hook = hook;
	for (unsigned int slot = 0; rc == 0 && slot < EVENT_SLOTS; slot++) {
		if (!needs_hook(plan, slot) || a->calls[slot])
			continue;
		rc = attach_call(a, hook, &event_defs[slot]);
		if (!plan_wants(plan, slot))
			rc = 0;
	}
	return rc;
}

static int attach_global(struct attach *a, bool at_exit)
{
	struct bpf_link **link = &a->global[at_exit ? 0 : 1];
	struct bpf_program *prog;

	if (*link)
		return 0;
	prog = load_syscall(a, CONTROL_HOOK_SYS_EXIT, at_exit);
	if (!prog)
		return -EOPNOTSUPP;
	*link = bpf_program__attach(prog);
	return *link ? 0 : -errno;
}

/* Detaches what the hook in use and the plan do not need any more. */
static void detach_rest(struct attach *a, enum control_hook hook, const struct control_plan *plan)
{
	bool enter = false;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		bool wanted = needs_hook(plan, slot);

		if (hook != a->calls_hook || !wanted)
			call_hooks_free(a, slot);
		enter |= wanted && needs_enter(&event_defs[slot]);
	}
	for (int i = 0; i < 2; i++) {
		if (hook == CONTROL_HOOK_SYS_EXIT && (i == 0 || enter))
			continue;
		(void)bpf_link__destroy(a->global[i]);
		a->global[i] = NULL;
	}
}

/*
 * Programs that run now have ended, on every CPU, when this returns: each runs in a read-side
 * section of RCU, and this waits for all of them, a CPU that a hypervisor has taken away included.
 * The sleep is for calls that are between the programs of one hook and the other's. Where the
 * kernel does not wait for others (nohz_full), the sleep is all there is.
 */
static void let_programs_end(void)
{
	const struct timespec ts = { .tv_nsec = HANDOVER_NS };

	(void)syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
	(void)nanosleep(&ts, NULL); /* shorter is fine too */
}

/* From the hook in use to another that is attached already. */
static void change_hook(struct attach *a, enum control_hook hook)
{
	unsigned int old = a->state->syscall_hook;
	int rc;

	if (old != hook && old != CONTROL_HOOK_NONE && hook != CONTROL_HOOK_NONE) {
		rc = attach_global(a, false);
		if (rc != 0)
			log_warning("hooks change without counting calls (%s): single ones may be "
				    "reported twice or not at all",
				    err_name(rc));
		a->state->handover = ++a->n_handovers ? a->n_handovers : ++a->n_handovers;
		let_programs_end();
	}
	a->state->syscall_hook = hook;
	if (a->state->handover) {
		let_programs_end();
		a->state->handover = 0;
	}
}

static void apply_syscalls(struct attach *a, const struct control_plan *plan,
			   struct control_plan_status *status)
{
	unsigned int n_calls = 0;
	bool enter = false;
	enum control_hook hook;
	int rc = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (!plan_wants(plan, slot) || !is_call(&event_defs[slot]))
			continue;
		n_calls++;
		enter |= needs_enter(&event_defs[slot]);
	}
	hook = choose_hook(a, plan, n_calls);
	if (hook == CONTROL_HOOK_FEXIT || hook == CONTROL_HOOK_SYSCALL_TP) {
		rc = attach_calls(a, hook, plan);
		if (rc != 0) {
			log_warning("narrow hooks cannot be used (%s), using the global ones",
				    err_name(rc));
			hook = CONTROL_HOOK_SYS_EXIT;
		}
	}
	if (hook == CONTROL_HOOK_SYS_EXIT) {
		rc = attach_global(a, true);
		if (rc == 0 && enter)
			rc = attach_global(a, false);
	}
	change_hook(a, hook);
	detach_rest(a, hook, plan);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (plan_wants(plan, slot) && is_call(&event_defs[slot]))
			told(&status->events[slot], hook, rc);
	if (rc == 0 && (hook == CONTROL_HOOK_SYS_EXIT || a->calls[EV_PRCTL_slot]))
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
	apply_syscalls(a, plan, ret_status);
	apply_rest(plan, ret_status);
	if (a->process[PROGRAMS_RENAME])
		ret_status->beats |= 1U << CONTROL_HOOK_TP_BTF;
	/* Nobody's call can be recognised as that of an engine whose id is not known. */
	if (!(plan->options & CONTROL_PLAN_HEARTBEAT) || a->state->self[1] == 0)
		ret_status->beats = 0;
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

/* The time of a program that is jumped to is counted as the stub's. */
static void tell_stubs(const struct attach *a, unsigned int slot, struct control_status *status)
{
	const struct call_hooks *h = a->calls[slot];

	for (size_t i = 0; h && i < ARRAY_LEN(h->stubs); i++)
		if (h->stubs[i] >= 0)
			programs_tell_one(i < FEXIT_FUNCTIONS_MAX ? "sys_exit_fexit"
								  : "sys_enter_fentry",
					  h->stubs[i], status);
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
	status->kernel[KC_MISSED] += a->n_missed;
	status->has_run_stats = programs_has_run_stats(a->programs);
	programs_tell(a->programs, status);
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		tell_stubs(a, slot, status);
	for (unsigned int i = 0; i < status->n_progs; i++) {
		status->prog_run_ns += status->progs[i].run_ns;
		status->prog_run_cnt += status->progs[i].n_runs;
	}
}
