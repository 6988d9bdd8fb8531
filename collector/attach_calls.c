/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/attach_calls.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <linux/membarrier.h>

#include "collector/fexit.h"
#include "collector/plan.h"
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
	bool is_idle, is_torn; /* no plan needs them; some of them are detached already */
};

/* The way from fexit's stubs to the program, for functions of one type. */
struct jump {
	__u32 type; /* fexit_type(); 0: not in use */
	int fds[2]; /* program arrays: exit, entry; -1: none yet */
};

struct attach_calls {
	struct attach_calls_context with;
	enum collector_hooks hooks;
	struct bpf_link *global[2]; /* exit, entry */
	struct call_hooks *calls[EVENT_SLOTS];
	enum control_hook calls_hook; /* the kind that `calls` are of */
	struct jump jumps[PROGRAMS_FEXIT_TYPES];
	struct btf *btf;
	uint32_t n_handovers;
	uint64_t n_missed_global; /* what is counted already */
};

/* Is it for these programs? And at which end? */
static bool is_call(const struct event_def *def)
{
	return def->is_syscall && programs_process_of(def->slot) == PROGRAMS_PROCESS &&
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

bool attach_calls_wants(const struct control_plan *plan, unsigned int slot)
{
	return plan_wants(plan, slot) && is_call(&event_defs[slot]);
}

static void count_missed_stubs(struct attach_calls *c, unsigned int slot)
{
	struct call_hooks *h = c->calls[slot];
	uint64_t now = 0;

	for (size_t i = 0; i < ARRAY_LEN(h->stubs); i++)
		if (h->stubs[i] >= 0)
			now += programs_missed(h->stubs[i]);
	if (h->is_idle) {
		h->n_missed = now;
		return;
	}
	/* Heartbeats, that are missed, are no event's. */
	if (!(c->with.state->events[slot].on & ~PLAN_BEATS))
		slot = EVENT_SLOTS;
	missed_count(c->with.missed, slot, now, &h->n_missed);
}

static void call_hooks_free(struct attach_calls *c, unsigned int slot)
{
	struct call_hooks *h = c->calls[slot];

	if (!h)
		return;
	for (size_t i = 0; i < ARRAY_LEN(h->links); i++)
		(void)bpf_link__destroy(h->links[i]); /* closing a link cannot fail us */
	for (size_t i = 0; i < ARRAY_LEN(h->fds); i++)
		if (h->fds[i] >= 0)
			(void)close(h->fds[i]);
	count_missed_stubs(c, slot);
	for (size_t i = 0; i < ARRAY_LEN(h->stubs); i++)
		if (h->stubs[i] >= 0)
			(void)close(h->stubs[i]);
	free(h);
	c->calls[slot] = NULL;
}

struct attach_calls *attach_calls_new(const struct attach_calls_context *ctx,
				      enum collector_hooks hooks)
{
	struct attach_calls *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	c->with = *ctx;
	c->hooks = hooks;
	for (size_t i = 0; i < ARRAY_LEN(c->jumps); i++)
		c->jumps[i].fds[0] = c->jumps[i].fds[1] = -1;
	return c;
}

void attach_calls_free(struct attach_calls *c)
{
	if (!c)
		return;
	if (c->calls_hook == CONTROL_HOOK_FEXIT)
		log_info("detaching from the functions of single calls: takes the kernel a moment");
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		call_hooks_free(c, slot);
	for (size_t i = 0; i < ARRAY_LEN(c->global); i++)
		(void)bpf_link__destroy(c->global[i]);
	for (size_t i = 0; i < 2 * ARRAY_LEN(c->jumps); i++)
		cleanup_fd(&c->jumps[i / 2].fds[i % 2]);
	btf__free(c->btf);
	free(c);
}

/* A program, or NULL after the operator was told why not. */
static struct bpf_program *load_syscall(struct attach_calls *c, enum control_hook hook,
					bool at_exit)
{
	struct err err = { 0 };
	struct bpf_program *prog = programs_syscall(c->with.programs, hook, at_exit, &err);

	if (!prog)
		log_warning("%s", err.text);
	return prog;
}

/* True if fexit sees every way to make each of the wanted calls. */
static bool fexit_sees_all(struct attach_calls *c, const struct control_plan *plan)
{
	int ids[FEXIT_FUNCTIONS_MAX];

	if (!c->btf)
		c->btf = btf__load_vmlinux_btf();
	if (!c->btf)
		return false;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (attach_calls_wants(plan, slot) &&
		    fexit_functions(c->btf, &event_defs[slot],
				    c->with.features->has[KFEAT_COMPAT_CALLS], ids) < 0)
			return false;
	return true;
}

static enum control_hook choose_hook(struct attach_calls *c, const struct control_plan *plan,
				     unsigned int n_calls)
{
	bool few = n_calls <= ATTACH_CALLS_NARROW_MAX || c->hooks == COLLECTOR_HOOKS_NARROW;

	if (n_calls == 0)
		return CONTROL_HOOK_NONE;
	if (c->hooks == COLLECTOR_HOOKS_GLOBAL || !few)
		return CONTROL_HOOK_SYS_EXIT;
	if (c->with.features->has[KFEAT_FENTRY] && fexit_sees_all(c, plan))
		return CONTROL_HOOK_FEXIT;
	if (c->with.features->has[KFEAT_SYSCALL_TP] &&
	    (!c->with.features->has[KFEAT_COMPAT_CALLS] || c->hooks == COLLECTOR_HOOKS_NARROW))
		return CONTROL_HOOK_SYSCALL_TP;
	return CONTROL_HOOK_SYS_EXIT;
}

static int attach_tp(struct attach_calls *c, struct call_hooks *h, const struct event_def *def,
		     bool at_exit)
{
	struct bpf_program *prog = load_syscall(c, CONTROL_HOOK_SYSCALL_TP, at_exit);
	int fd;

	if (!prog)
		return -EOPNOTSUPP;
	fd = syscall_tp_open(c->with.features->tracefs_fd, def, at_exit);
	if (fd < 0)
		return fd;
	h->links[at_exit ? 0 : 1] = bpf_program__attach_perf_event(prog, fd);
	if (h->links[at_exit ? 0 : 1])
		return 0;
	(void)close(fd);
	return -errno;
}

/* The jump for a function, or NULL after the operator was told that there are too many types. */
static struct jump *jump_of(struct attach_calls *c, int function)
{
	__u32 type = fexit_type(c->btf, function);

	for (size_t i = 0; i < ARRAY_LEN(c->jumps); i++) {
		if (c->jumps[i].type == 0)
			c->jumps[i].type = type;
		if (c->jumps[i].type == type)
			return &c->jumps[i];
	}
	log_warning("%s() is of one more type than the %d that can be told apart",
		    fexit_name(c->btf, function), PROGRAMS_FEXIT_TYPES);
	return NULL;
}

/* The program array through which the function's stub reaches the program; made once. */
static int jump_fd(struct attach_calls *c, int function, bool at_exit)
{
	struct jump *jump = jump_of(c, function);
	int *array, prog_fd, zero = 0;
	struct bpf_program *prog;
	struct err err = { 0 };

	if (!jump)
		return -E2BIG;
	array = &jump->fds[at_exit ? 0 : 1];
	if (*array >= 0)
		return *array;
	prog = programs_fexit(c->with.programs, (unsigned int)(jump - c->jumps),
			      fexit_name(c->btf, function), at_exit, &err);
	if (!prog) {
		log_warning("%s", err.text);
		return -EOPNOTSUPP;
	}
	prog_fd = bpf_program__fd(prog);

	CLEANUP_FD int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "sys_jump", 4, 4, 1, NULL);
	if (fd < 0 || bpf_map_update_elem(fd, &zero, &prog_fd, BPF_ANY) != 0)
		return -errno;
	*array = TAKE_FD(fd);
	return *array;
}

static int attach_fexit(struct attach_calls *c, struct call_hooks *h, const struct event_def *def,
			bool at_exit)
{
	int ids[FEXIT_FUNCTIONS_MAX];
	int n = fexit_functions(c->btf, def, c->with.features->has[KFEAT_COMPAT_CALLS], ids);

	for (int i = 0; i < n; i++) {
		size_t at = (size_t)i + (at_exit ? 0 : FEXIT_FUNCTIONS_MAX);
		int jump = jump_fd(c, ids[i], at_exit), fd;

		if (jump < 0)
			return jump;
		fd = fexit_attach(ids[i], jump, at_exit, &h->stubs[at]);
		if (fd < 0)
			return fd;
		h->fds[at] = fd;
	}
	return n < 0 ? n : 0;
}

static int attach_call(struct attach_calls *c, enum control_hook hook, const struct event_def *def)
{
	struct call_hooks *h = calloc(1, sizeof(*h));
	int rc = 0;

	if (!h)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_LEN(h->fds); i++)
		h->fds[i] = h->stubs[i] = -1;
	c->calls[def->slot] = h;
	for (int at_exit = 0; rc == 0 && at_exit <= 1; at_exit++) {
		if (!(at_exit ? needs_exit(def) : needs_enter(def)))
			continue;
		rc = hook == CONTROL_HOOK_FEXIT ? attach_fexit(c, h, def, at_exit)
						: attach_tp(c, h, def, at_exit);
	}
	if (rc != 0)
		call_hooks_free(c, def->slot);
	return rc;
}

/* What is idle was never counted, and is not now. */
static void put_to_use(struct attach_calls *c, unsigned int slot)
{
	count_missed_stubs(c, slot);
	c->calls[slot]->is_idle = false;
}

/* Attaches the narrow hooks that are missing. A negative errno: one could not be had, of those that
 * are not only for heartbeats: without these it is not known whether the kind works. */
static int attach_narrow(struct attach_calls *c, enum control_hook hook,
			 const struct control_plan *plan)
{
	int rc = 0;

	if (c->calls_hook != hook)
		for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
			call_hooks_free(c, slot);
	c->calls_hook = hook;
	for (unsigned int slot = 0; rc == 0 && slot < EVENT_SLOTS; slot++) {
		if (!needs_hook(plan, slot))
			continue;
		if (c->calls[slot] && c->calls[slot]->is_torn)
			call_hooks_free(c, slot);
		if (c->calls[slot]) {
			put_to_use(c, slot);
			continue;
		}
		rc = attach_call(c, hook, &event_defs[slot]);
		if (!plan_wants(plan, slot))
			rc = 0;
	}
	return rc;
}

static int attach_global(struct attach_calls *c, bool at_exit)
{
	struct bpf_link **link = &c->global[at_exit ? 0 : 1];
	struct bpf_program *prog;

	if (*link)
		return 0;
	prog = load_syscall(c, CONTROL_HOOK_SYS_EXIT, at_exit);
	if (!prog)
		return -EOPNOTSUPP;
	*link = bpf_program__attach(prog);
	return *link ? 0 : -errno;
}

/* The programs of hooks that no plan needs do nothing. To detach fexit is to wait for the kernel, a
 * tenth of a second for each: that has time, a plan has not. */
static void release_call(struct attach_calls *c, unsigned int slot)
{
	if (c->calls[slot] && c->calls_hook == CONTROL_HOOK_FEXIT)
		c->calls[slot]->is_idle = true;
	else
		call_hooks_free(c, slot);
}

/* Detaches what the hook in use and the plan do not need any more. */
static void detach_rest(struct attach_calls *c, enum control_hook hook,
			const struct control_plan *plan)
{
	bool enter = false;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		bool wanted = needs_hook(plan, slot);

		if (hook != c->calls_hook || !wanted)
			release_call(c, slot);
		enter |= wanted && needs_enter(&event_defs[slot]);
	}
	for (int i = 0; i < 2; i++) {
		if (hook == CONTROL_HOOK_SYS_EXIT && (i == 0 || enter))
			continue;
		(void)bpf_link__destroy(c->global[i]);
		c->global[i] = NULL;
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
static void change_hook(struct attach_calls *c, enum control_hook hook)
{
	unsigned int old = c->with.state->syscall_hook;
	int rc;

	if (old != hook && old != CONTROL_HOOK_NONE && hook != CONTROL_HOOK_NONE) {
		rc = attach_global(c, false);
		if (rc != 0)
			log_warning("hooks change without counting calls (%s): single ones may be "
				    "reported twice or not at all",
				    err_name(rc));
		c->with.state->handover = ++c->n_handovers ? c->n_handovers : ++c->n_handovers;
		let_programs_end();
	}
	c->with.state->syscall_hook = hook;
	if (c->with.state->handover) {
		let_programs_end();
		c->with.state->handover = 0;
	}
}

int attach_calls_apply(struct attach_calls *c, const struct control_plan *plan,
		       enum control_hook *ret_hook)
{
	unsigned int n_calls = 0;
	bool enter = false;
	enum control_hook hook;
	int rc = 0;

	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (!attach_calls_wants(plan, slot))
			continue;
		n_calls++;
		enter |= needs_enter(&event_defs[slot]);
	}
	hook = choose_hook(c, plan, n_calls);
	if (hook == CONTROL_HOOK_FEXIT || hook == CONTROL_HOOK_SYSCALL_TP) {
		rc = attach_narrow(c, hook, plan);
		if (rc != 0) {
			log_warning("narrow hooks cannot be used (%s), using the global ones",
				    err_name(rc));
			hook = CONTROL_HOOK_SYS_EXIT;
		}
	}
	if (hook == CONTROL_HOOK_SYS_EXIT) {
		rc = attach_global(c, true);
		if (rc == 0 && enter)
			rc = attach_global(c, false);
	}
	change_hook(c, hook);
	detach_rest(c, hook, plan);
	*ret_hook = hook;
	return rc;
}

bool attach_calls_beats(const struct attach_calls *c)
{
	const struct call_hooks *prctl = c->calls[EV_PRCTL_slot];

	return c->with.state->syscall_hook == CONTROL_HOOK_SYS_EXIT || (prctl && !prctl->is_idle);
}

static struct call_hooks *find_idle(const struct attach_calls *c, unsigned int *ret_slot)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (!c->calls[slot] || !c->calls[slot]->is_idle)
			continue;
		*ret_slot = slot;
		return c->calls[slot];
	}
	return NULL;
}

bool attach_calls_is_tidy(const struct attach_calls *c)
{
	unsigned int slot;

	return !find_idle(c, &slot);
}

void attach_calls_tidy(struct attach_calls *c)
{
	unsigned int slot;
	struct call_hooks *h = find_idle(c, &slot);

	if (!h)
		return;
	for (size_t i = 0; i < ARRAY_LEN(h->fds); i++) {
		if (h->fds[i] < 0)
			continue;
		(void)close(TAKE_FD(h->fds[i]));
		h->is_torn = true;
		return;
	}
	call_hooks_free(c, slot);
}

/* Of the global program it is not known which call it missed, wanted or not. */
void attach_calls_count_missed(struct attach_calls *c)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (c->calls[slot])
			count_missed_stubs(c, slot);
	if (c->global[0])
		missed_count(c->with.missed, EVENT_SLOTS,
			     programs_missed(bpf_program__fd(programs_syscall(
				     c->with.programs, CONTROL_HOOK_SYS_EXIT, true, NULL))),
			     &c->n_missed_global);
}

/* The time of a program that is jumped to is counted as the stub's. */
static void tell_stubs(const struct attach_calls *c, unsigned int slot,
		       struct control_status *status)
{
	const struct call_hooks *h = c->calls[slot];

	for (size_t i = 0; h && i < ARRAY_LEN(h->stubs); i++)
		if (h->stubs[i] >= 0)
			programs_tell_one(i < FEXIT_FUNCTIONS_MAX ? "sys_exit_fexit"
								  : "sys_enter_fentry",
					  h->stubs[i], status);
}

void attach_calls_tell(const struct attach_calls *c, struct control_status *status)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		tell_stubs(c, slot, status);
}
