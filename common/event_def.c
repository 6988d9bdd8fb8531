/* SPDX-License-Identifier: Apache-2.0 */
#include "common/event_def.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/control.h"
#include "common/lane.h"
#include "common/nearest.h"
#include "common/record.h"

/*
 * The lists expanded. Field and hook lists are compound literals: at file scope those have static
 * storage. FIELDS and ARGS name their literal twice, once for the pointer and once for its size.
 */
#define ARRAY_OF_FIELDS(...)                                                                       \
	(const struct event_field[])                                                               \
	{                                                                                          \
		__VA_ARGS__                                                                        \
	}
#define FIELDS(...)                                                                                \
	.fields = ARRAY_OF_FIELDS(__VA_ARGS__),                                                    \
	.n_fields = ARRAY_LEN((ARRAY_OF_FIELDS(__VA_ARGS__)))
#define FIELDS_NONE .fields = NULL, .n_fields = 0
#define F(kind_, type_, name_, place_)                                                             \
	{                                                                                          \
		.kind = (kind_), .offset = (place_), .type = (type_), .name = (name_)              \
	}
#define AT(struct_, member_) offsetof(struct_, member_)
#define VAR EVENT_FIELD_VAR
#define HOOKS(...)                                                                                 \
	.hooks = (const char *const[])                                                             \
	{                                                                                          \
		__VA_ARGS__, NULL                                                                  \
	}

/*
 * A system call's argument lies at its position: A() is a tuple that ARGS_n() hands to the macro of
 * the position.
 */
#define A(kind_, type_, name_) (kind_, type_, name_)
#define ARG(i_, kind_, type_, name_)                                                               \
	F(kind_, type_, name_, offsetof(struct rec_syscall, args) + 8 * (i_))
#define ARG_0(...) ARG(0, __VA_ARGS__)
#define ARG_1(...) ARG(1, __VA_ARGS__)
#define ARG_2(...) ARG(2, __VA_ARGS__)
#define ARG_3(...) ARG(3, __VA_ARGS__)
#define ARG_4(...) ARG(4, __VA_ARGS__)
#define ARG_5(...) ARG(5, __VA_ARGS__)
#define ARGS_1(a) FIELDS(ARG_0 a), ARGS_LEN(1)
#define ARGS_2(a, b) FIELDS(ARG_0 a, ARG_1 b), ARGS_LEN(2)
#define ARGS_3(a, b, c) FIELDS(ARG_0 a, ARG_1 b, ARG_2 c), ARGS_LEN(3)
#define ARGS_4(a, b, c, d) FIELDS(ARG_0 a, ARG_1 b, ARG_2 c, ARG_3 d), ARGS_LEN(4)
#define ARGS_5(a, b, c, d, e) FIELDS(ARG_0 a, ARG_1 b, ARG_2 c, ARG_3 d, ARG_4 e), ARGS_LEN(5)
#define ARGS_6(a, b, c, d, e, f)                                                                   \
	FIELDS(ARG_0 a, ARG_1 b, ARG_2 c, ARG_3 d, ARG_4 e, ARG_5 f), ARGS_LEN(6)
#define ARGS_PICK(a, b, c, d, e, f, macro_, ...) macro_
#define ARGS(...)                                                                                  \
	ARGS_PICK(__VA_ARGS__, ARGS_6, ARGS_5, ARGS_4, ARGS_3, ARGS_2, ARGS_1, )(__VA_ARGS__)
#define ARGS_NONE FIELDS_NONE, ARGS_LEN(0)
#define ARGS_LEN(n_) .min_len = sizeof(struct rec_syscall) + 8 * (n_)

#if EVENT_ARCH_ARM64
#define NUMBERS(x64_, arm64_, i386_, arm32_) .nr_native = (arm64_), .nr_compat = (arm32_)
#else
#define NUMBERS(x64_, arm64_, i386_, arm32_) .nr_native = (x64_), .nr_compat = (i386_)
#endif

/* clang-format off */
#define EVENT_ROW(ev, id_, name_, class_, record_, sets_, fields_, hooks_, meaning_) \
	[ev##_slot] = {                                                              \
		.id = (id_), .slot = ev##_slot, .lane_class = (class_),              \
		.is_internal = (ev) == EV_TASK || (ev) == EV_CGROUP ||              \
			       (ev) == EV_HEARTBEAT,                                 \
		.min_len = sizeof(record_),                                          \
		.has_where = (ev) != EV_TASK && (ev) != EV_LOST_EVENTS &&            \
			     (ev) != EV_HEARTBEAT,                                   \
		.nr_native = -1, .nr_compat = -1, .name = (name_), .sets = (sets_),  \
		.meaning = (meaning_), fields_, hooks_,                              \
	},
#define SYSCALL_ROW(ev, id_x64, id_arm64, x64_, arm64_, i386_, arm32_, name_, class_, sets_, \
		    args_, meaning_)                                                 \
	[ev##_slot] = {                                                              \
		.id = ev, .slot = ev##_slot, .lane_class = (class_),                 \
		.is_syscall = true, NUMBERS(x64_, arm64_, i386_, arm32_),            \
		.name = (name_), .sets = (sets_), .meaning = (meaning_),             \
		.hooks = syscall_hooks, args_,                                       \
	},
/* clang-format on */

static const char *const syscall_hooks[] = { "fexit/syscall", "tracepoint/syscalls",
					     "tp_btf/sys_exit", NULL };

const struct event_def event_defs[EVENT_SLOTS] = { EVENT_LIST(EVENT_ROW)
							   SYSCALL_LIST(SYSCALL_ROW) };

/* Slot + 1 by id; 0: no such event. An id used twice is a compile error (-Woverride-init). */
#define SLOT_BY_ID(ev, ...) [ev] = ev##_slot + 1,
static const uint16_t slot_by_id[EVENT_ID_MAX + 1] = { EVENT_LIST(SLOT_BY_ID)
							       SYSCALL_LIST(SLOT_BY_ID) };

#undef ARRAY_OF_FIELDS
#undef FIELDS
#undef FIELDS_NONE
#undef F
#undef AT
#undef VAR
#undef HOOKS
#undef A
#undef ARG
#undef ARG_0
#undef ARG_1
#undef ARG_2
#undef ARG_3
#undef ARG_4
#undef ARG_5
#undef ARGS_1
#undef ARGS_2
#undef ARGS_3
#undef ARGS_4
#undef ARGS_5
#undef ARGS_6
#undef ARGS_PICK
#undef ARGS
#undef ARGS_NONE
#undef ARGS_LEN
#undef NUMBERS
#undef EVENT_ROW
#undef SYSCALL_ROW
#undef SLOT_BY_ID

static uint16_t slots_by_name[EVENT_SLOTS];
static pthread_once_t sorted_once = PTHREAD_ONCE_INIT;
#define NRS 1024                     /* no ABI has a number as high */
static uint16_t slots_by_nr[2][NRS]; /* slot + 1; native, 32-bit */
static pthread_once_t numbered_once = PTHREAD_ONCE_INIT;
static uint64_t abi_hash;
static pthread_once_t hashed_once = PTHREAD_ONCE_INIT;

const struct event_def *event_def_find(unsigned int id)
{
	unsigned int slot = id <= EVENT_ID_MAX ? slot_by_id[id] : 0;

	return slot ? &event_defs[slot - 1] : NULL;
}

static void number_slots(void)
{
	for (size_t i = 0; i < EVENT_SLOTS; i++) {
		const struct event_def *def = &event_defs[i];

		if (def->is_syscall && def->nr_native >= 0 && def->nr_native < NRS)
			slots_by_nr[0][def->nr_native] = (uint16_t)(i + 1);
		if (def->is_syscall && def->nr_compat >= 0 && def->nr_compat < NRS)
			slots_by_nr[1][def->nr_compat] = (uint16_t)(i + 1);
	}
}

const struct event_def *event_def_find_nr(int nr, bool is_32bit)
{
	uint16_t slot;

	if (nr < 0 || nr >= NRS)
		return NULL;
	(void)pthread_once(&numbered_once, number_slots); /* cannot fail with a valid control */
	slot = slots_by_nr[is_32bit][nr];
	return slot ? &event_defs[slot - 1] : NULL;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(event_defs[*(const uint16_t *)a].name, event_defs[*(const uint16_t *)b].name);
}

static void sort_names(void)
{
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		slots_by_name[i] = (uint16_t)i;
	qsort(slots_by_name, EVENT_SLOTS, sizeof(slots_by_name[0]), compare_names);
}

static int compare_with_name(const void *name, const void *slot)
{
	return strcmp(name, event_defs[*(const uint16_t *)slot].name);
}

const struct event_def *event_def_find_name(const char *name)
{
	const uint16_t *slot;

	(void)pthread_once(&sorted_once, sort_names); /* cannot fail with a valid control */
	slot = bsearch(name, slots_by_name, EVENT_SLOTS, sizeof(slots_by_name[0]),
		       compare_with_name);
	return slot ? &event_defs[*slot] : NULL;
}

const char *event_def_nearest(const char *name)
{
	struct nearest near;

	nearest_init(&near, name);
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		if (!event_defs[i].is_internal)
			nearest_offer(&near, event_defs[i].name, strlen(event_defs[i].name));
	return near.best[0] ? event_def_find_name(near.best)->name : NULL;
}

int event_def_field(const struct event_def *def, const char *name)
{
	for (int i = 0; i < def->n_fields; i++)
		if (!strcmp(def->fields[i].name, name))
			return i;
	return -1;
}

bool event_def_in_set(const struct event_def *def, const char *set, size_t len)
{
	const char *at = def->sets, *end;

	if (len == 0)
		return false;
	for (; *at; at = *end ? end + 1 : end) {
		end = strchrnul(at, ',');
		if ((size_t)(end - at) == len && !memcmp(at, set, len))
			return true;
	}
	return false;
}

/* FNV-1a, 64 bits. */
static void hash_bytes(const void *data, size_t len)
{
	const uint8_t *at = data;

	for (size_t i = 0; i < len; i++)
		abi_hash = (abi_hash ^ at[i]) * 0x100000001b3ULL;
}

static void hash_number(int64_t number)
{
	hash_bytes(&number, sizeof(number));
}

static void hash_text(const char *text)
{
	hash_bytes(text, strlen(text) + 1);
}

static void hash_event(const struct event_def *def)
{
	const int64_t numbers[] = { def->id,         def->slot,        def->lane_class,
				    def->is_syscall, def->is_internal, def->min_len,
				    def->nr_native,  def->nr_compat,   def->n_fields };

	hash_bytes(numbers, sizeof(numbers));
	hash_text(def->name);
	for (size_t i = 0; i < def->n_fields; i++) {
		const struct event_field *field = &def->fields[i];

		hash_number(field->kind);
		hash_number(field->offset);
		hash_text(field->type);
		hash_text(field->name);
	}
}

/* What travels but is no field of an event, so that the table says nothing about its place. */
static const uint64_t layout[] = {
	LANE_VERSION,
	CONTROL_VERSION,
	sizeof(struct lane_hdr),
	sizeof(struct cursor_page),
	sizeof(struct control_hdr),
	sizeof(struct control_hello),
	sizeof(struct control_plan),
	sizeof(struct control_plan_status),
	sizeof(struct control_status_ask),
	sizeof(struct control_status),
	sizeof(struct control_refused),
	sizeof(struct rec_hdr),
	offsetof(struct rec_hdr, ts_ns),
	offsetof(struct rec_hdr, event),
	offsetof(struct rec_hdr, flags),
	offsetof(struct rec_hdr, len),
	offsetof(struct rec_hdr, cpu),
	offsetof(struct rec_hdr, tid),
	offsetof(struct rec_hdr, tgid),
	offsetof(struct rec_hdr, ret),
	sizeof(struct rec_var),
	offsetof(struct rec_var, len),
	offsetof(struct rec_var, field),
	offsetof(struct rec_var, flags),
	offsetof(struct rec_var, total),
	offsetof(struct rec_task, start_ns),
	offsetof(struct rec_task, leader_start_ns),
	offsetof(struct rec_task, parent_start_ns),
	offsetof(struct rec_task, cgroup_id),
	offsetof(struct rec_task, exe_inode),
	offsetof(struct rec_task, exe_ctime_ns),
	offsetof(struct rec_task, exec_id),
	offsetof(struct rec_task, cap_effective),
	offsetof(struct rec_task, exe_dev),
	offsetof(struct rec_task, ns_tid),
	offsetof(struct rec_task, ns_tgid),
	offsetof(struct rec_task, ppid),
	offsetof(struct rec_task, ns_ppid),
	offsetof(struct rec_task, uid),
	offsetof(struct rec_task, gid),
	offsetof(struct rec_task, euid),
	offsetof(struct rec_task, egid),
	offsetof(struct rec_task, mnt_ns),
	offsetof(struct rec_task, pid_ns),
	offsetof(struct rec_task, uts_ns),
	offsetof(struct rec_task, ipc_ns),
	offsetof(struct rec_task, net_ns),
	offsetof(struct rec_task, user_ns),
	offsetof(struct rec_task, cgroup_ns),
	offsetof(struct rec_task, comm),
	offsetof(struct rec_task, uts_name),
	offsetof(struct rec_cgroup, is_tasks),
	offsetof(struct rec_lost, lost_event),
	offsetof(struct rec_lost, lane_class),
	offsetof(struct rec_heartbeat, number),
	offsetof(struct rec_heartbeat, hook),
};

static void hash_abi(void)
{
	abi_hash = 0xcbf29ce484222325ULL;
	hash_bytes(layout, sizeof(layout));
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		hash_event(&event_defs[i]);
}

uint64_t event_def_abi(void)
{
	(void)pthread_once(&hashed_once, hash_abi); /* cannot fail with a valid control */
	return abi_hash;
}
