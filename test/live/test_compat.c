/* SPDX-License-Identifier: Apache-2.0 */
/*
 * System calls of 32-bit callers, made here by 64-bit code through `int $0x80`: an easy way past a
 * sensor that looks only at the native calls.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/live.h"

#define LOW_BYTES 65536
#define CALLS_CAP 40

/* As <linux/time_types.h> has it for 32-bit callers. */
struct timespec32 {
	int32_t sec, nsec;
};

struct timespec64 {
	int64_t sec, nsec;
};

struct call32 {
	const char *name; /* of the event */
	uint32_t nr;      /* arch/x86/entry/syscalls/syscall_32.tbl */
	uint32_t args[5];
	int32_t ret;
};

/* What the calls point to lies below 4 GiB, shared between the child and the test. */
static uint8_t *low, *low_next;
static struct call32 *calls;
static size_t n_calls;

static int32_t int80(uint32_t nr, const uint32_t args[5])
{
#if defined(__x86_64__)
	uint64_t ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"((uint64_t)nr), "b"((uint64_t)args[0]), "c"((uint64_t)args[1]),
			   "d"((uint64_t)args[2]), "S"((uint64_t)args[3]), "D"((uint64_t)args[4])
			 : "memory", "r8", "r9", "r10", "r11");
	return (int32_t)ret;
#else
	(void)nr;
	(void)args;
	return -ENOSYS;
#endif
}

static uint32_t keep(const void *data, size_t n)
{
	void *at = low_next;

	low_next += (n + 7) / 8 * 8;
	must(low_next <= low + LOW_BYTES);
	if (data)
		memcpy(at, data, n);
	return (uint32_t)(uintptr_t)at;
}

static uint32_t str(const char *text)
{
	return keep(text, strlen(text) + 1);
}

static const void *at(uint32_t pointer)
{
	return (const void *)(uintptr_t)pointer;
}

static void add(const char *name, uint32_t nr, const uint32_t args[5])
{
	must(n_calls < CALLS_CAP);
	calls[n_calls] = (struct call32){ .name = name, .nr = nr };
	memcpy(calls[n_calls++].args, args, 5 * sizeof(*args));
}
#define ADD(name, nr, ...) add(name, nr, (const uint32_t[5]){ __VA_ARGS__ })

static void add_calls(void)
{
	const struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = 0x0100 };
	const struct timespec32 short_one = { .nsec = 1 };
	const struct timespec64 long_one = { .nsec = 2 };
	const uint32_t argv[] = { str("zero"), str("one"), 0 };
	const uint32_t socket_args[] = { AF_INET, SOCK_STREAM, 0 };
	uint32_t minus = (uint32_t)-1;

	ADD("open", 5, str("/nowhere/open"), O_RDONLY);
	ADD("openat", 295, (uint32_t)AT_FDCWD, str("/nowhere/openat"), O_RDONLY);
	ADD("getpid", 20, 0);
	ADD("write", 4, 9999, str("text"), 4);
	ADD("read", 3, 9999, str("text"), 4);
	ADD("close", 6, 9999);
	ADD("mkdir", 39, str("/nowhere/mkdir"), 0700);
	ADD("rename", 38, str("/nowhere/from"), str("/nowhere/to"));
	ADD("execve", 11, str("/nowhere/execve"), keep(argv, sizeof(argv)), 0);
	ADD("connect", 362, 9999, keep(&in, sizeof(in)), sizeof(in));
	ADD("socketcall", 102, 1, keep(socket_args, sizeof(socket_args)));
	ADD("pipe2", 331, keep(NULL, 8), O_CLOEXEC);
	ADD("nanosleep", 162, keep(&short_one, sizeof(short_one)), 0);
	ADD("clock_nanosleep", 407, 1, 0, keep(&long_one, sizeof(long_one)), 0);
	ADD("clock_gettime", 403, 1, keep(NULL, sizeof(long_one)));
	ADD("clock_gettime32", 265, 1, keep(NULL, sizeof(short_one)));
	ADD("waitpid", 7, minus, 0, 1);
	ADD("getuid", 199, 0);
	ADD("getuid16", 24, 0);
	ADD("setresuid", 208, minus, minus, minus);
	ADD("stat64", 195, str("/nowhere/stat64"), keep(NULL, 128));
	ADD("kill", 37, 0x3ffffffe, 0);
	ADD("exit_group", 252, 5);
}

static const char *const *names(void)
{
	static const char *list[CALLS_CAP + 1];

	for (size_t i = 0; i < n_calls; i++)
		list[i] = calls[i].name;
	return list;
}

static void make_calls(void *arg)
{
	(void)arg;
	for (size_t i = 0; i + 1 < n_calls; i++) /* the last one ends us */
		calls[i].ret = int80(calls[i].nr, calls[i].args);
	if (fork() == 0)
		(void)int80(calls[n_calls - 1].nr, calls[n_calls - 1].args);
	must(waitpid(-1, NULL, 0) > 0);
}

/* --- Checking -------------------------------------------------------------------------------- */

static bool is_half_as_wide(const struct call32 *call)
{
	return call->nr == 162;
}

static void check_content(const struct call32 *call, const struct decode_value *v, uint32_t pointer)
{
	struct timespec64 ts;

	if (v->kind == FK_STR && pointer) {
		ck_assert_uint_eq(v->len, strlen(at(pointer)));
		ck_assert_mem_eq(v->bytes, at(pointer), v->len);
	} else if (v->kind == FK_SOCKADDR) {
		ck_assert_uint_eq(v->len, sizeof(struct sockaddr_in));
		ck_assert_mem_eq(v->bytes, at(pointer), v->len);
	} else if (v->kind == FK_INT2) {
		ck_assert_uint_eq(v->len, 8);
		ck_assert_mem_eq(v->bytes, at(pointer), 8);
	} else if (v->kind == FK_TIMESPEC && pointer) {
		const struct timespec32 *half = at(pointer);

		ck_assert_uint_eq(v->len, sizeof(ts));
		memcpy(&ts, at(pointer), sizeof(ts));
		if (is_half_as_wide(call))
			ts = (struct timespec64){ .sec = half->sec, .nsec = half->nsec };
		ck_assert_msg(memcmp(v->bytes, &ts, sizeof(ts)) == 0,
			      "'%s' (%u): not the time that was passed", call->name, call->nr);
	}
}

static void check_call(const struct call32 *call, const struct rec_hdr *rec)
{
	const struct event_def *def = event_def_find_name(call->name);
	const struct rec_syscall *sys = (const void *)rec;

	ck_assert_msg(rec->flags & REC_F_COMPAT, "'%s' is not marked", call->name);
	for (unsigned int i = 0; i < def->n_fields && i < ARRAY_LEN(call->args); i++) {
		struct decode_value v = rlog_field(rec, def->fields[i].name);

		ck_assert_msg(sys->args[i] == call->args[i],
			      "'%s': argument %u is %llx, expected %" PRIx32, call->name, i,
			      sys->args[i], call->args[i]);
		check_content(call, &v, call->args[i]);
	}
	if (!(rec->flags & REC_F_ENTER))
		ck_assert_msg(rec->ret == call->ret, "'%s' returned %lld, expected %d", call->name,
			      (long long)rec->ret, call->ret);
}

/* The records of the 32-bit calls of this event. */
static const struct rec_hdr *next_compat(const struct record_log *log, unsigned int event,
					 const struct rec_hdr *prev)
{
	const struct rec_hdr *rec = prev;

	while ((rec = rlog_next(log, 0, event, rec)))
		if (rec->flags & REC_F_COMPAT)
			return rec;
	return NULL;
}

static void check_calls(const struct record_log *log)
{
	for (size_t i = 0; i < n_calls; i++) {
		const struct event_def *def = event_def_find_name(calls[i].name);
		const struct rec_hdr *rec = next_compat(log, def->id, NULL);

		ck_assert_msg(rec != NULL, "'%s' (%u) was not seen", calls[i].name, calls[i].nr);
		check_call(&calls[i], rec);
		rec = next_compat(log, def->id, rec);
		if (def->id == EV_EXECVE) { /* at its entry, and at its end */
			ck_assert_ptr_nonnull(rec);
			check_call(&calls[i], rec);
			ck_assert_str_eq(rlog_string_at(rec, "argv", 1), "one");
			ck_assert_uint_eq(rlog_strings(rec, "argv"), 2);
			rec = next_compat(log, def->id, rec);
		}
		ck_assert_msg(rec == NULL, "'%s' was seen twice", calls[i].name);
	}
}

/* Does the kernel serve such calls, and is an address below 4 GiB to be had? */
static bool can_call(void)
{
	const uint32_t none[5] = { 0 };
	int status = 0;
	pid_t pid = fork();

	if (pid == 0)
		_exit(int80(20, none) == getpid() ? 0 : 1);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	if (status != 0) {
		live_skip_part("this kernel serves no 32-bit callers");
		return false;
	}
#if defined(__x86_64__)
	low = mmap(NULL, LOW_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_32BIT,
		   -1, 0);
	ck_assert_ptr_ne(low, MAP_FAILED);
#endif
	low_next = low;
	calls = (void *)live_shared;
	n_calls = 0;
	return true;
}

/* Makes the calls, with all of them in the plan; NULL: they cannot be made. */
static struct live *open_and_call(const struct live_collector *c)
{
	static const char *const nothing[] = { NULL };
	struct live *l = live_open(c, nothing, 0);

	if (!can_call()) {
		live_close(l);
		return NULL;
	}
	add_calls();
	live_plan(l, names(), 0);
	l->keeps_all = true;
	(void)live_run(l, make_calls, NULL);
	return l;
}

static void check_seen(const struct live_collector *c)
{
	struct live *l = open_and_call(c);

	if (!l)
		return;
	check_calls(&l->log);
	live_close(l);
}

START_TEST(callers_are_seen)
{
	check_seen(NULL);
}
END_TEST

START_TEST(callers_are_seen_with_global_hooks)
{
	static const char *const args[] = { "--hooks", "global", NULL };
	struct live_collector c;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	check_seen(&c);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* The price of `--hooks narrow` where the kernel has no fentry: system call tracepoints do not run
 * for 32-bit callers. The native calls next to them are seen. */
static void check_narrow(const struct live_collector *c)
{
	static const char *const events[] = { "open", "write", "getpid", NULL };
	struct live *l = live_open(c, events, 0);

	if (can_call()) {
		add_calls();
		l->keeps_all = true;
		(void)live_run(l, make_calls, NULL);
		if (lclient_state(l->client, "open")->hook == CONTROL_HOOK_SYSCALL_TP) {
			ck_assert_ptr_null(next_compat(&l->log, EV_OPEN, NULL));
			ck_assert_ptr_null(next_compat(&l->log, EV_WRITE, NULL));
			ck_assert_ptr_nonnull(rlog_next(&l->log, 0, EV_GETPID, NULL));
		} else {
			ck_assert_ptr_nonnull(next_compat(&l->log, EV_OPEN, NULL));
			ck_assert_ptr_nonnull(next_compat(&l->log, EV_WRITE, NULL));
		}
	}
	live_close(l);
}

/* Some of all these calls have no tracepoint: they then go through the global ones, and are seen.
 */
START_TEST(callers_with_narrow_hooks_are_seen_where_these_cannot_be_had)
{
	static const char *const args[] = { "--hooks", "narrow", NULL };
	struct live_collector c;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	check_narrow(&c);
	check_seen(&c);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static void exec_tiny(void *arg)
{
	const uint32_t argv[] = { str("by 32 bits"), 0 };
	const uint32_t args[5] = { str(live_tiny()), keep(argv, sizeof(argv)), 0 };

	(void)arg;
	(void)int80(11, args);
	must(!"it could be executed");
}

START_TEST(a_program_is_executed)
{
	static const char *const events[] = { "execve", "sched_process_exec", NULL };
	struct live *l = live_open(NULL, events, 0);
	const struct rec_hdr *rec;
	pid_t pid;

	if (can_call()) {
		pid = live_run(l, exec_tiny, NULL);
		rec = rlog_only(&l->log, pid, EV_EXECVE);
		ck_assert_uint_eq(rec->flags & REC_F_COMPAT, REC_F_COMPAT);
		ck_assert_str_eq(rlog_string(rec, "pathname"), live_tiny());
		ck_assert_str_eq(rlog_string_at(rec, "argv", 0), "by 32 bits");
		rec = rlog_only(&l->log, pid, EV_SCHED_PROCESS_EXEC);
		ck_assert_str_eq(rlog_string(rec, "pathname"), live_tiny());
		ck_assert_str_eq(rlog_string_at(rec, "argv", 0), "by 32 bits");
	}
	live_close(l);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/compat");
	TCase *tc = tcase_create("32-bit");

	tcase_set_timeout(tc, 60);
	tcase_add_test(tc, callers_are_seen);
	tcase_add_test(tc, callers_are_seen_with_global_hooks);
	tcase_add_test(tc, callers_with_narrow_hooks_are_seen_where_these_cannot_be_had);
	tcase_add_test(tc, a_program_is_executed);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };

	return live_main(argc, argv, make_suite, none);
}
