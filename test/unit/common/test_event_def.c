/* SPDX-License-Identifier: Apache-2.0 */
#include "common/event_def.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/record.h"

/* From Tracee 0.22's catalogue of events, not from our list. arm64 system calls have their own
 * numbers as ids, so there only what is the same on both is compared. */
static const struct {
	const char *name;
	int id_x64, id_arm64;
} ids[] = {
	{ "read", 0, 63 },
	{ "write", 1, 64 },
	{ "open", 2, 9002 },
	{ "close", 3, 57 },
	{ "mmap", 9, 222 },
	{ "ioctl", 16, 29 },
	{ "pipe", 22, 9022 },
	{ "dup2", 33, 9033 },
	{ "socket", 41, 198 },
	{ "connect", 42, 203 },
	{ "clone", 56, 220 },
	{ "fork", 57, 9057 },
	{ "execve", 59, 221 },
	{ "exit", 60, 93 },
	{ "kill", 62, 129 },
	{ "chmod", 90, 9090 },
	{ "fchmod", 91, 52 },
	{ "ptrace", 101, 117 },
	{ "setuid", 105, 146 },
	{ "setsid", 112, 157 },
	{ "mount", 165, 40 },
	{ "init_module", 175, 105 },
	{ "openat", 257, 56 },
	{ "unlinkat", 263, 35 },
	{ "setns", 308, 268 },
	{ "process_vm_writev", 311, 271 },
	{ "finit_module", 313, 273 },
	{ "memfd_create", 319, 279 },
	{ "bpf", 321, 280 },
	{ "execveat", 322, 281 },
	{ "rseq", 334, 293 },
	{ "pidfd_send_signal", 424, 424 },
	{ "io_uring_setup", 425, 425 },
	{ "move_mount", 429, 429 },
	{ "clone3", 435, 435 },
	{ "openat2", 437, 437 },
	{ "process_mrelease", 448, 448 },
	{ "waitpid", 449, 449 },
	{ "sched_rr_get_interval_time32", 534, 534 },
	{ "sched_process_fork", 714, 714 },
	{ "sched_process_exec", 715, 715 },
	{ "sched_process_exit", 716, 716 },
	{ "do_exit", 718, 718 },
	{ "cgroup_attach_task", 728, 728 },
	{ "cgroup_mkdir", 729, 729 },
	{ "cgroup_rmdir", 730, 730 },
	{ "task_rename", 767, 767 },
	{ "lost_events", 10000, 10000 },
	{ "task", 10001, 10001 },
	{ "cgroup", 10002, 10002 },
};

START_TEST(id_is_tracees)
{
	const struct event_def *def = event_def_find_name(ids[_i].name);

	ck_assert_msg(def != NULL, "event '%s' is missing", ids[_i].name);
	ck_assert_int_eq(def->id, EVENT_ARCH_ARM64 ? ids[_i].id_arm64 : ids[_i].id_x64);
	ck_assert_ptr_eq(event_def_find(def->id), def);
}
END_TEST

START_TEST(counts_are_tracees_and_the_newer_calls)
{
	size_t n_syscalls = 0, n_tracee = 0, n_only_32bit = 0;

	for (size_t i = 0; i < EVENT_SLOTS; i++) {
		const struct event_def *def = &event_defs[i];

		if (!def->is_syscall)
			continue;
		n_syscalls++;
		n_tracee += def->id <= 534;
		n_only_32bit += event_def_in_set(def, "32bit_unique", strlen("32bit_unique"));
	}
	ck_assert_uint_eq(n_syscalls, 446 + 24);
	ck_assert_uint_eq(n_only_32bit, 86);
	if (!EVENT_ARCH_ARM64)
		ck_assert_uint_eq(n_tracee, 446);
}
END_TEST

START_TEST(id_and_name_find_every_event)
{
	for (size_t i = 0; i < EVENT_SLOTS; i++) {
		const struct event_def *def = &event_defs[i];

		ck_assert_uint_eq(def->slot, i);
		ck_assert_uint_le(def->id, EVENT_ID_MAX);
		ck_assert_ptr_eq(event_def_find(def->id), def); /* so no id is there twice */
		ck_assert_ptr_eq(event_def_find_name(def->name), def);
	}
}
END_TEST

START_TEST(what_does_not_exist_is_not_found)
{
	size_t n_found = 0;

	ck_assert_ptr_null(event_def_find(EVENT_ID_MAX + 1));
	ck_assert_ptr_null(event_def_find(0xffff));
	ck_assert_ptr_null(event_def_find(0xffffffffU));
	ck_assert_ptr_null(event_def_find(699));
	ck_assert_ptr_null(event_def_find_name(""));
	ck_assert_ptr_null(event_def_find_name("opena"));
	ck_assert_ptr_null(event_def_find_name("OPENAT"));
	ck_assert_ptr_null(event_def_find_name("zzzz"));
	for (unsigned int id = 0; id < 0x10000; id++)
		n_found += event_def_find(id) != NULL;
	ck_assert_uint_eq(n_found, EVENT_SLOTS);
}
END_TEST

/* A word of Tracee's grammar: policies, file names and metrics are made of it. */
static bool is_plain_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

START_TEST(row_is_complete)
{
	const struct event_def *def = &event_defs[_i];
	size_t n_hooks = 0;

	ck_assert_msg(is_plain_name(def->name), "name '%s'", def->name);
	ck_assert_msg(def->meaning && *def->meaning, "event '%s' has no meaning", def->name);
	ck_assert_ptr_nonnull(def->sets);
	ck_assert(def->lane_class == LANE_VITAL || def->lane_class == LANE_BULK);
	ck_assert_ptr_nonnull(def->hooks);
	while (def->hooks[n_hooks])
		ck_assert_uint_gt(strlen(def->hooks[n_hooks++]), 0);
	ck_assert_uint_ge(n_hooks, 1);
	ck_assert_uint_le(n_hooks, EVENT_HOOKS_MAX);
	ck_assert_int_eq(def->is_internal,
			 def->id == EV_TASK || def->id == EV_CGROUP || def->id == EV_HEARTBEAT);
	ck_assert_int_eq(def->is_syscall, event_def_in_set(def, "syscalls", 8));
	if (!def->is_syscall) {
		ck_assert_int_eq(def->nr_native, -1);
		ck_assert_int_eq(def->nr_compat, -1);
	}
}
END_TEST

/* Bytes of a field in the fixed part of a record. */
static size_t field_bytes(uint8_t kind)
{
	switch ((enum field_kind)kind) {
	case FK_S32:
	case FK_U32:
	case FK_BOOL:
		return 4;
	case FK_U16:
		return 2;
	case FK_U8:
		return 1;
	case FK_COMM:
		return REC_COMM_LEN;
	case FK_S64:
	case FK_U64:
	case FK_PTR:
	case FK_STR: /* of a system call: the pointer */
	case FK_STRV:
	case FK_ARGV:
	case FK_SOCKADDR:
	case FK_BYTES:
	case FK_INT2:
	case FK_TIMESPEC:
		return 8;
	case FK_NONE:
	case FK_KINDS:
		break;
	}
	return 0;
}

START_TEST(fields_lie_in_the_record)
{
	const struct event_def *def = &event_defs[_i];

	ck_assert_uint_ge(def->min_len, sizeof(struct rec_hdr));
	ck_assert_uint_eq(def->min_len % 8, 0);
	ck_assert_uint_le(def->n_fields, EVENT_FIELDS_MAX);
	if (def->is_syscall) {
		ck_assert_uint_le(def->n_fields, REC_ARGS_MAX);
		ck_assert_uint_eq(def->min_len, sizeof(struct rec_syscall) + 8 * def->n_fields);
	}
	for (int i = 0; i < def->n_fields; i++) {
		const struct event_field *field = &def->fields[i];

		ck_assert_uint_gt(field->kind, FK_NONE);
		ck_assert_uint_lt(field->kind, FK_KINDS);
		ck_assert_uint_gt(strlen(field->type), 0);
		ck_assert_msg(is_plain_name(field->name), "field '%s.%s'", def->name, field->name);
		ck_assert_int_eq(event_def_field(def, field->name), i); /* so it is there once */
		if (field->offset == EVENT_FIELD_VAR) {
			ck_assert(!def->is_syscall);
			continue;
		}
		ck_assert_uint_ge(field->offset, sizeof(struct rec_hdr));
		ck_assert_uint_le(field->offset + field_bytes(field->kind), def->min_len);
		ck_assert_uint_eq(
			field->offset % (field->kind == FK_COMM ? 1 : field_bytes(field->kind)), 0);
		if (def->is_syscall)
			ck_assert_uint_eq(field->offset, sizeof(struct rec_hdr) + 8 * (size_t)i);
	}
}
END_TEST

START_TEST(field_is_found_by_name)
{
	const struct event_def *def = event_def_find(EV_OPENAT);

	ck_assert_int_eq(event_def_field(def, "dirfd"), 0);
	ck_assert_int_eq(event_def_field(def, "pathname"), 1);
	ck_assert_int_eq(event_def_field(def, "path"), -1);
	ck_assert_int_eq(event_def_field(def, ""), -1);
	def = event_def_find(EV_DO_EXIT);
	ck_assert_int_eq(event_def_field(def, "exit_code"), -1);
}
END_TEST

/* Two events for one number would each see half of the calls. */
static void numbers_are_unique(const int16_t numbers[EVENT_SLOTS])
{
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		for (size_t j = i + 1; j < EVENT_SLOTS; j++)
			ck_assert_msg(numbers[i] < 0 || numbers[i] != numbers[j],
				      "number %d: '%s' and '%s'", numbers[i], event_defs[i].name,
				      event_defs[j].name);
}

START_TEST(system_call_numbers_are_unique)
{
	int16_t native[EVENT_SLOTS], compat[EVENT_SLOTS];

	for (size_t i = 0; i < EVENT_SLOTS; i++) {
		native[i] = event_defs[i].nr_native;
		compat[i] = event_defs[i].nr_compat;
		if (event_defs[i].is_syscall)
			ck_assert_msg(native[i] >= 0 || compat[i] >= 0 || EVENT_ARCH_ARM64,
				      "nothing can call '%s'", event_defs[i].name);
	}
	numbers_are_unique(native);
	numbers_are_unique(compat);
}
END_TEST

static const struct {
	const char *event, *set;
	bool expect;
} sets[] = {
	{ "openat", "syscalls", true },
	{ "openat", "fs", true },
	{ "openat", "fs_file_ops", true },
	{ "openat", "fs_file", false }, /* a prefix of one */
	{ "openat", "file_ops", false },
	{ "openat", "fs,fs_file_ops", false }, /* two are not one */
	{ "openat", "proc", false },
	{ "openat", "", false },
	{ "sched_process_exec", "default", true },
	{ "sched_process_exec", "proc", true },
	{ "sched_process_exec", "syscalls", false },
	{ "sched_process_fork", "default", false }, /* in no set at all */
	{ "sched_process_fork", "", false },
	{ "setsid", "default", true },
	{ "waitpid", "32bit_unique", true },
};

START_TEST(event_is_in_its_sets)
{
	const struct event_def *def = event_def_find_name(sets[_i].event);

	ck_assert_ptr_nonnull(def);
	ck_assert_int_eq(event_def_in_set(def, sets[_i].set, strlen(sets[_i].set)),
			 sets[_i].expect);
}
END_TEST

START_TEST(set_is_compared_by_length)
{
	ck_assert(event_def_in_set(event_def_find(EV_OPENAT), "fs_file_ops,more", 11));
	ck_assert(event_def_in_set(event_def_find(EV_OPENAT), "fs-", 2));
}
END_TEST

/* Tracee 0.22's sizes of the sets that have only system calls in them. */
static const struct {
	const char *set;
	size_t n_events;
} set_sizes[] = { { "fs_async_io", 6 }, { "fs_dir_ops", 10 },   { "fs_fd_ops", 6 },
		  { "fs_info", 4 },     { "fs_link_ops", 8 },   { "fs_mux_io", 12 },
		  { "fs_sync", 6 },     { "ipc_msgq", 10 },     { "ipc_sem", 4 },
		  { "net_snd_rcv", 6 }, { "time_tod", 3 },      { "system_keys", 3 },
		  { "time_timer", 12 }, { "system_module", 6 }, { "proc_sched", 16 } };

START_TEST(sets_have_tracees_members)
{
	const char *set = set_sizes[_i].set;
	size_t n_tracee = 0;

	if (EVENT_ARCH_ARM64)
		return; /* the newer calls cannot be told by their ids there */
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		n_tracee += event_defs[i].id <= 534 &&
			    event_def_in_set(&event_defs[i], set, strlen(set));
	ck_assert_msg(n_tracee == set_sizes[_i].n_events, "set '%s': %zu events", set, n_tracee);
}
END_TEST

static const struct {
	const char *typed, *expect; /* NULL: nothing is near */
} near_names[] = {
	{ "opnat", "openat" },
	{ "openta", "openat" },
	{ "sched_proces_exec", "sched_process_exec" },
	{ "sched_process_exce", "sched_process_exec" },
	{ "exceve", "execve" },
	{ "lost_event", "lost_events" },
	{ "", NULL },
	{ "q", NULL },
	{ "this_is_nothing_like_it", NULL },
};

START_TEST(nearest_names_what_was_meant)
{
	const char *near = event_def_nearest(near_names[_i].typed);

	ck_assert_pstr_eq(near, near_names[_i].expect);
}
END_TEST

START_TEST(nearest_never_names_an_internal_event)
{
	ck_assert_ptr_nonnull(event_def_find_name("task"));
	ck_assert_pstr_ne(event_def_nearest("task"), "task");
	ck_assert_pstr_ne(event_def_nearest("taskk"), "task");
}
END_TEST

START_TEST(abi_is_a_constant)
{
	uint64_t abi = event_def_abi();

	ck_assert_uint_ne(abi, 0);
	ck_assert_uint_eq(event_def_abi(), abi);
}
END_TEST

static Suite *event_def_suite(void)
{
	Suite *suite = suite_create("event_def");
	TCase *tc = tcase_create("find");

	tcase_add_loop_test(tc, id_is_tracees, 0, ARRAY_LEN(ids));
	tcase_add_test(tc, counts_are_tracees_and_the_newer_calls);
	tcase_add_test(tc, id_and_name_find_every_event);
	tcase_add_test(tc, what_does_not_exist_is_not_found);
	tcase_add_loop_test(tc, nearest_names_what_was_meant, 0, ARRAY_LEN(near_names));
	tcase_add_test(tc, nearest_never_names_an_internal_event);
	suite_add_tcase(suite, tc);
	tc = tcase_create("row");
	tcase_add_loop_test(tc, row_is_complete, 0, EVENT_SLOTS);
	tcase_add_loop_test(tc, fields_lie_in_the_record, 0, EVENT_SLOTS);
	tcase_add_test(tc, field_is_found_by_name);
	tcase_add_test(tc, system_call_numbers_are_unique);
	tcase_add_test(tc, abi_is_a_constant);
	suite_add_tcase(suite, tc);
	tc = tcase_create("set");
	tcase_add_loop_test(tc, event_is_in_its_sets, 0, ARRAY_LEN(sets));
	tcase_add_test(tc, set_is_compared_by_length);
	tcase_add_loop_test(tc, sets_have_tracees_members, 0, ARRAY_LEN(set_sizes));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(event_def_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
