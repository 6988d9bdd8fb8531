/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/programs.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "common/cleanup.h"
#include "common/log.h"
#include "cgroup.skel.h"
#include "cgroup_plain.skel.h"
#include "process.skel.h"
#include "process_plain.skel.h"
#include "snapshot.skel.h"
#include "snapshot_plain.skel.h"
#include "syscalls.skel.h"
#include "syscalls_plain.skel.h"

/* Exit and entry: of the global hooks, of the tracepoints, and of each type of function. */
#define SYSCALL_OBJECTS (2 * (2 + PROGRAMS_FEXIT_TYPES))

struct programs {
	const struct lanes *lanes;        /* borrowed */
	const struct kfeat_set *features; /* borrowed */
	struct process *process;
	struct snapshot_bpf *snapshot;
	struct cgroup_bpf *cgroup; /* NULL: the kernel refused it */
	uint32_t cgroup_hierarchy;
	struct syscalls *syscalls[SYSCALL_OBJECTS]; /* each for one program */
	int run_stats_fd; /* while it is open the kernel keeps them; -1: for others only */
};

/* libbpf's last warning, and the end of the verifier's log, which is where its reason is. */
#define LOG_TAIL_BYTES 400
static _Thread_local char last_warning[256];

static PRINTF_LIKE(1, 0) void keep_verifier_log(const char *fmt, va_list ap)
{
	char *text = NULL;
	int len = vasprintf(&text, fmt, ap);

	if (len < 0)
		return;
	log_debug("verifier: ...%s", len > LOG_TAIL_BYTES ? text + len - LOG_TAIL_BYTES : text);
	free(text);
}

static PRINTF_LIKE(2, 0) int keep_warning(enum libbpf_print_level level, const char *fmt,
					  va_list ap)
{
	char line[sizeof(last_warning)];
	va_list again;

	if (level != LIBBPF_WARN)
		return 0;
	va_copy(again, ap);
	(void)vsnprintf(line, sizeof(line), fmt, ap); /* cut is good enough */
	line[strcspn(line, "\n")] = '\0';
	if (strstr(line, "BEGIN PROG LOAD LOG")) {
		keep_verifier_log(fmt, again);
	} else if (line[0]) {
		log_debug("%s", line);
		memcpy(last_warning, line, sizeof(line));
	}
	va_end(again);
	return 0;
}

static int refused(struct err *err, int code, const char *family)
{
	return err_set(err, code, "the kernel refused the %s programs (%s): %s", family,
		       err_name(code), last_warning);
}

/* Gives an object the lanes, and the maps of the family that was loaded first. */
static int share_maps(const struct programs *p, struct bpf_object *obj)
{
	static const struct {
		const char *name;
		enum control_fd fd;
	} lane_maps[] = {
		{ "vital_lanes", CONTROL_FD_VITAL },
		{ "bulk_lanes", CONTROL_FD_BULK },
		{ "cursors", CONTROL_FD_CURSORS },
		{ "bell", CONTROL_FD_BELL_BPF },
	};
	static const char *const first_maps[] = { "plans",   "tasks",         "calls",
						  "scratch", "counters",      "cgroup_kinds",
						  "filters", "filter_events", "filter_pages" };
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < ARRAY_LEN(lane_maps); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, lane_maps[i].name);

		if (map)
			rc = bpf_map__reuse_fd(map, p->lanes->fds[lane_maps[i].fd]);
	}
	for (size_t i = 0; rc == 0 && obj != p->process->obj && i < ARRAY_LEN(first_maps); i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, first_maps[i]);
		struct bpf_map *first =
			bpf_object__find_map_by_name(p->process->obj, first_maps[i]);

		if (map && first)
			rc = bpf_map__reuse_fd(map, bpf_map__fd(first));
	}
	return rc;
}

/*
 * open_NAME(): the family's object, in the form that calls kernel functions or the one that does
 * not: they are one source, and differ in their code alone. NULL with errno set on failure.
 */
#define DEFINE_OPEN(name)                                                                          \
	_Static_assert(sizeof(struct name##__rodata) == sizeof(struct name##_plain__rodata),       \
		       "the two forms have different constants");                                  \
	static struct name *open_##name(const struct programs *p)                                  \
	{                                                                                          \
		struct name *s = calloc(1, sizeof(*s));                                            \
		int rc = s ? name##__create_skeleton(s) : -ENOMEM;                                 \
                                                                                                   \
		if (rc == 0 && !p->features->has[KFEAT_PREEMPT_KFUNC])                             \
			s->skeleton->data =                                                        \
				(void *)(uintptr_t)name##_plain__elf_bytes(&s->skeleton->data_sz); \
		if (rc == 0)                                                                       \
			rc = bpf_object__open_skeleton(s->skeleton, NULL);                         \
		if (rc == 0)                                                                       \
			return s;                                                                  \
		name##__destroy(s);                                                                \
		errno = -rc;                                                                       \
		return NULL;                                                                       \
	}
DEFINE_OPEN(process)
DEFINE_OPEN(snapshot_bpf)
DEFINE_OPEN(cgroup_bpf)
DEFINE_OPEN(syscalls)

/* Every skeleton's read-only data has these members, but each is a type of its own. */
#define SET_CONSTANTS(p, rodata)                                                                   \
	do {                                                                                       \
		(rodata)->vital_mask = (uint32_t)((p)->lanes->vital_capacity - LANE_ALIGN);        \
		(rodata)->bulk_mask = (uint32_t)((p)->lanes->bulk_capacity - LANE_ALIGN);          \
		(rodata)->lane_key = (p)->lanes->key;                                              \
		(rodata)->group_mask = (p)->lanes->n_groups - 1;                                   \
		(rodata)->cgroup_hierarchy = (p)->cgroup_hierarchy;                                \
		(rodata)->has_loop = (p)->features->has[KFEAT_LOOP];                               \
	} while (0)

/*
 * Before 6.1 (34dd3bad1a6f) a tracepoint program that has a hash map whose entries are allocated
 * when they are put in makes the kernel warn, with a stack trace, and panic where it is told to on
 * warnings.
 */
static int allocate_ahead(const struct programs *p, const struct process *process)
{
	struct bpf_map *const maps[] = { process->maps.filters, process->maps.cgroup_kinds };
	int rc = 0;

	for (size_t i = 0; rc == 0 && !p->features->has[KFEAT_BPF_ALLOC] && i < ARRAY_LEN(maps);
	     i++)
		rc = bpf_map__set_map_flags(maps[i],
					    bpf_map__map_flags(maps[i]) & ~BPF_F_NO_PREALLOC);
	return rc;
}

static int load_process(struct programs *p, struct err *err)
{
	int rc;

	p->process = open_process(p);
	if (!p->process)
		return refused(err, -errno, "process");
	SET_CONSTANTS(p, p->process->rodata);
	p->process->rodata->has_find_vma = p->features->has[KFEAT_FIND_VMA];
	rc = allocate_ahead(p, p->process);
	if (rc == 0)
		rc = share_maps(p, p->process->obj);
	if (rc == 0)
		rc = process__load(p->process);
	return rc == 0 ? 0 : refused(err, rc, "process");
}

static int load_snapshot(struct programs *p, struct err *err)
{
	int rc;

	p->snapshot = open_snapshot_bpf(p);
	if (!p->snapshot)
		return refused(err, -errno, "snapshot");
	SET_CONSTANTS(p, p->snapshot->rodata);
	rc = share_maps(p, p->snapshot->obj);
	if (rc == 0)
		rc = snapshot_bpf__load(p->snapshot);
	return rc == 0 ? 0 : refused(err, rc, "snapshot");
}

/* A kernel without control groups has no containers either: everything else goes on. */
static void load_cgroup(struct programs *p)
{
	struct cgroup_bpf *cgroup = open_cgroup_bpf(p);
	struct err err = { 0 };
	int rc;

	if (!cgroup) {
		(void)refused(&err, -errno, "cgroup");
	} else {
		SET_CONSTANTS(p, cgroup->rodata);
		rc = bpf_map__set_max_entries(cgroup->maps.cgroup_bell,
					      (__u32)sysconf(_SC_PAGESIZE));
		if (rc == 0)
			rc = share_maps(p, cgroup->obj);
		if (rc == 0)
			rc = cgroup_bpf__load(cgroup);
		if (rc == 0) {
			p->cgroup = cgroup;
			return;
		}
		cgroup_bpf__destroy(cgroup);
		(void)refused(&err, rc, "cgroup");
	}
	log_warning("%s: containers are not known", err.text);
}

static struct bpf_program *choose(struct syscalls *s, enum control_hook hook, bool at_exit)
{
	switch (hook) {
	case CONTROL_HOOK_SYS_EXIT:
		return at_exit ? s->progs.sys_exit_global : s->progs.sys_enter_global;
	case CONTROL_HOOK_SYSCALL_TP:
		return at_exit ? s->progs.sys_exit_narrow : s->progs.sys_enter_narrow;
	default:
		return at_exit ? s->progs.sys_exit_fexit : s->progs.sys_enter_fentry;
	}
}

/* `function`: what the program is to hang on, if it is of that kind. */
static int load_syscalls(const struct programs *p, struct syscalls *s, struct bpf_program *wanted,
			 const char *function)
{
	struct bpf_program *prog;
	int rc = 0;

	SET_CONSTANTS(p, s->rodata);
	bpf_object__for_each_program(prog, s->obj)(void)
		bpf_program__set_autoload(prog, prog == wanted);
	if (function)
		rc = bpf_program__set_attach_target(wanted, 0, function);
	if (rc == 0)
		rc = share_maps(p, s->obj);
	return rc == 0 ? syscalls__load(s) : rc;
}

struct programs *programs_new(const struct lanes *lanes, const struct kfeat_set *features,
			      uint32_t cgroup_hierarchy, struct err *err)
{
	struct programs *p = calloc(1, sizeof(*p));

	if (!p) {
		(void)err_set(err, -ENOMEM, "out of memory");
		return NULL;
	}
	(void)libbpf_set_print(keep_warning);
	p->lanes = lanes;
	p->features = features;
	p->cgroup_hierarchy = cgroup_hierarchy;
	p->run_stats_fd = -1;
	if (load_process(p, err) != 0 || load_snapshot(p, err) != 0) {
		programs_free(p);
		return NULL;
	}
	load_cgroup(p);
	return p;
}

void programs_free(struct programs *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < SYSCALL_OBJECTS; i++)
		syscalls__destroy(p->syscalls[i]);
	cgroup_bpf__destroy(p->cgroup);
	snapshot_bpf__destroy(p->snapshot);
	process__destroy(p->process);
	cleanup_fd(&p->run_stats_fd);
	free(p);
}

enum programs_process programs_process_of(unsigned int slot)
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

struct bpf_program *programs_process(const struct programs *p, enum programs_process which)
{
	switch (which) {
	case PROGRAMS_FORK:
		return p->process->progs.fork_tp;
	case PROGRAMS_EXEC:
		return p->process->progs.exec_tp;
	case PROGRAMS_EXIT:
		return p->process->progs.exit_tp;
	case PROGRAMS_RENAME:
		return p->process->progs.rename_tp;
	case PROGRAMS_CGROUP_MKDIR:
		return p->cgroup ? p->cgroup->progs.cgroup_mkdir_tp : NULL;
	case PROGRAMS_CGROUP_RMDIR:
		return p->cgroup ? p->cgroup->progs.cgroup_rmdir_tp : NULL;
	case PROGRAMS_CGROUP_ATTACH:
		return p->cgroup ? p->cgroup->progs.cgroup_attach_tp : NULL;
	case PROGRAMS_PROCESS:
		break;
	}
	return NULL;
}

struct bpf_program *programs_snapshot(const struct programs *p)
{
	return p->snapshot->progs.snapshot_task;
}

int programs_whoami_fd(const struct programs *p)
{
	return bpf_program__fd(p->snapshot->progs.whoami);
}

int programs_who_connected_fd(const struct programs *p)
{
	return bpf_program__fd(p->snapshot->progs.who_connected);
}

int programs_plan_fd(const struct programs *p)
{
	return bpf_map__fd(p->process->maps.plans);
}

int programs_counters_fd(const struct programs *p)
{
	return bpf_map__fd(p->process->maps.counters);
}

int programs_cgroup_kinds_fd(const struct programs *p)
{
	return bpf_map__fd(p->process->maps.cgroup_kinds);
}

int programs_filters_fd(const struct programs *p)
{
	return bpf_map__fd(p->process->maps.filters);
}

int programs_filter_events_fd(const struct programs *p)
{
	return bpf_map__fd(p->process->maps.filter_events);
}

int programs_cgroup_bell_fd(const struct programs *p)
{
	return p->cgroup ? bpf_map__fd(p->cgroup->maps.cgroup_bell) : -1;
}

/* The program of the `kind`th pair of objects; loaded, unless it is. */
static struct bpf_program *get_syscall(struct programs *p, unsigned int kind,
				       enum control_hook hook, const char *function, bool at_exit,
				       struct err *err)
{
	struct syscalls **s = &p->syscalls[2 * kind + at_exit];
	struct bpf_program *wanted;
	int rc;

	if (!*s) {
		struct syscalls *fresh = open_syscalls(p);

		wanted = fresh ? choose(fresh, hook, at_exit) : NULL;
		rc = fresh ? load_syscalls(p, fresh, wanted, function) : -errno;
		if (rc != 0) {
			syscalls__destroy(fresh);
			(void)refused(err, rc, "system call");
			return NULL;
		}
		*s = fresh;
	}
	return choose(*s, hook, at_exit);
}

struct bpf_program *programs_syscall(struct programs *p, enum control_hook hook, bool at_exit,
				     struct err *err)
{
	return get_syscall(p, hook == CONTROL_HOOK_SYS_EXIT ? 0 : 1, hook, NULL, at_exit, err);
}

struct bpf_program *programs_fexit(struct programs *p, unsigned int type, const char *function,
				   bool at_exit, struct err *err)
{
	return get_syscall(p, 2 + type, CONTROL_HOOK_FEXIT, function, at_exit, err);
}

int programs_keep_run_stats(struct programs *p)
{
	p->run_stats_fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
	return p->run_stats_fd < 0 ? -errno : 0;
}

bool programs_has_run_stats(const struct programs *p)
{
	CLEANUP_FD int fd = -1;
	char on = '0';

	if (p->run_stats_fd >= 0)
		return true;
	fd = open("/proc/sys/kernel/bpf_stats_enabled", O_RDONLY | O_CLOEXEC);
	return fd >= 0 && read(fd, &on, 1) == 1 && on == '1';
}

static struct control_prog *prog_of(const char *name, struct control_status *status)
{
	struct control_prog *prog;

	for (unsigned int i = 0; i < status->n_progs; i++)
		if (strcmp(status->progs[i].name, name) == 0)
			return &status->progs[i];
	if (status->n_progs == CONTROL_PROGS_MAX || strlen(name) >= sizeof(prog->name))
		return NULL;
	prog = &status->progs[status->n_progs++];
	memcpy(prog->name, name, strlen(name) + 1);
	return prog;
}

void programs_tell_one(const char *name, int prog_fd, struct control_status *status)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);
	struct control_prog *prog;

	if (bpf_obj_get_info_by_fd(prog_fd, &info, &len) != 0)
		return;
	prog = prog_of(name, status);
	if (!prog)
		return;
	prog->run_ns += info.run_time_ns;
	prog->n_runs += info.run_cnt;
	prog->n_missed += info.recursion_misses;
}

static void tell_object(const struct bpf_object *obj, struct control_status *status)
{
	struct bpf_program *prog;

	bpf_object__for_each_program(prog, obj) if (bpf_program__fd(prog) >= 0)
		programs_tell_one(bpf_program__name(prog), bpf_program__fd(prog), status);
}

uint64_t programs_missed(int prog_fd)
{
	struct bpf_prog_info info = {};
	__u32 len = sizeof(info);

	return bpf_obj_get_info_by_fd(prog_fd, &info, &len) == 0 ? info.recursion_misses : 0;
}

void programs_tell(const struct programs *p, struct control_status *status)
{
	tell_object(p->process->obj, status);
	if (p->cgroup)
		tell_object(p->cgroup->obj, status);
	for (size_t i = 0; i < SYSCALL_OBJECTS; i++)
		if (p->syscalls[i])
			tell_object(p->syscalls[i]->obj, status);
}
