/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plans: what is asked for is attached, and nothing else; a change of hooks loses and doubles
 * nothing; what an engine must not say is refused; Warder itself is not traced.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/live.h"

static const char *const nothing[] = { NULL };

/* --- What is attached --------------------------------------------------------------------------
 */

/* What the kernel says of the process's BPF descriptors: the numbers behind `name` in those lines
 * of /proc/PID/fdinfo, of descriptors that also have the line `of`. */
static size_t bpf_ids(pid_t pid, const char *of, const char *name, uint32_t *ret_ids, size_t cap)
{
	char path[64];
	struct dirent *entry;
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fdinfo", pid);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while ((entry = readdir(dir))) {
		char text[1024] = "", *id;
		CLEANUP_FD int fd =
			openat(dirfd(dir), entry->d_name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

		if (fd < 0 || read(fd, text, sizeof(text) - 1) <= 0 || !strstr(text, of))
			continue;
		id = strstr(text, name);
		ck_assert_uint_lt(n, cap);
		ret_ids[n++] = id ? (uint32_t)strtoul(id + strlen(name), NULL, 10) : 0;
	}
	(void)closedir(dir);
	return n;
}

/* Always there: it keeps the collector's own map of control groups true. */
#define ALWAYS "cgroup_rmdir_tp"

/* How many links the collector holds to programs of this name; NULL: to any but ALWAYS. */
static size_t count_links(const struct live_collector *c, const char *name)
{
	uint32_t progs[1024];
	size_t n = bpf_ids(c->pid, "link_type:", "prog_id:", progs, ARRAY_LEN(progs)), found = 0;

	for (size_t i = 0; i < n; i++) {
		struct bpf_prog_info info = { 0 };
		uint32_t len = sizeof(info);
		CLEANUP_FD int fd = bpf_prog_get_fd_by_id(progs[i]);

		ck_assert_int_ge(fd, 0);
		ck_assert_int_eq(bpf_obj_get_info_by_fd(fd, &info, &len), 0);
		found += name ? strcmp(info.name, name) == 0 : strcmp(info.name, ALWAYS) != 0;
	}
	return found;
}

#define GLOBAL_EXIT "sys_exit_global"
#define GLOBAL_ENTER "sys_enter_globa" /* the kernel keeps 15 letters */

START_TEST(only_what_is_asked_for_is_attached)
{
	static const char *const args[] = { "--hooks", "global", NULL };
	static const struct {
		const char *events[3], *programs[4];
	} cases[] = {
		{ { NULL }, { NULL } },
		{ { "getppid" }, { GLOBAL_EXIT } },
		{ { "execve" }, { GLOBAL_EXIT, GLOBAL_ENTER } },
		{ { "sched_process_fork" }, { "fork_tp" } },
		{ { "sched_process_exec" }, { "exec_tp", "rename_tp" } },
		{ { "task_rename" }, { "rename_tp" } },
		{ { "sched_process_exit" }, { "exit_tp" } },
		{ { "do_exit" }, { "exit_tp" } },
		{ { "exit_group" }, { "exit_tp" } },
		{ { "rt_sigreturn" }, { GLOBAL_EXIT, GLOBAL_ENTER } },
		{ { "lost_events" }, { NULL } },
		{ { "*" }, { GLOBAL_EXIT, GLOBAL_ENTER, "exit_tp" } },
		{ { NULL }, { NULL } },
	};
	struct live_collector c;
	struct live *l;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	l = live_open(&c, nothing, 0);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		size_t n = 0;

		live_plan(l, cases[i].events, 0);
		for (; cases[i].programs[n]; n++)
			ck_assert_msg(count_links(&c, cases[i].programs[n]) == 1,
				      "plan %zu ('%s'): %zu links to '%s', expected 1", i,
				      cases[i].events[0] ? cases[i].events[0] : "",
				      count_links(&c, cases[i].programs[n]), cases[i].programs[n]);
		ck_assert_msg(
			count_links(&c, NULL) == n, "plan %zu ('%s'): %zu links, expected %zu", i,
			cases[i].events[0] ? cases[i].events[0] : "", count_links(&c, NULL), n);
	}
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

static const char *const two_calls[] = { "mkdir", "openat", NULL };

/* What is not needed any more is detached when the collector has time. */
static void await_links(const struct live_collector *c, size_t n)
{
	for (int ms = 0; ms < 20000 && count_links(c, NULL) != n; ms += 10)
		(void)usleep(10000);
	ck_assert_uint_eq(count_links(c, NULL), n);
}

/* The plan of two calls asks for one and comes back, with nothing detached yet, with all of it, and
 * (where one by one is detached) in the middle. */
static void check_narrow_links(struct live *l, const struct live_collector *c)
{
	static const char *const one_call[] = { "openat", NULL };
	size_t n_two = count_links(c, NULL), n_one;

	live_plan(l, nothing, 0);
	await_links(c, 0);
	live_plan(l, one_call, 0);
	n_one = count_links(c, NULL);
	ck_assert_uint_eq(count_links(c, GLOBAL_EXIT), 0);
	ck_assert_uint_gt(n_one, 0);
	ck_assert_uint_gt(n_two, n_one);
	live_plan(l, two_calls, 0);
	ck_assert_uint_eq(count_links(c, NULL), n_two);
	live_plan(l, one_call, 0);
	live_plan(l, two_calls, 0);
	ck_assert_uint_eq(count_links(c, NULL), n_two);
	live_plan(l, one_call, 0);
	await_links(c, n_one);
	live_plan(l, nothing, 0);
	for (int ms = 0; ms < 20000 && count_links(c, NULL) == n_one; ms++)
		(void)usleep(1000);
	live_plan(l, two_calls, 0);
	ck_assert_uint_eq(count_links(c, NULL), n_two);
}

/* Waits until none of the ids means anything any more: the kernel frees what nobody holds after a
 * grace period. */
static void check_gone(const char *what, int (*get_fd)(uint32_t id), const uint32_t *ids, size_t n)
{
	ck_assert_msg(n > 0, "no %s was there", what);
	for (size_t i = 0; i < n; i++) {
		for (int ms = 0; ms < 20000; ms += 10) {
			CLEANUP_FD int fd = get_fd(ids[i]);

			if (fd < 0)
				break;
			(void)usleep(10000);
		}
		ck_assert_msg(get_fd(ids[i]) == -ENOENT, "%s %u is still there", what, ids[i]);
	}
}

/* Killed, it cannot detach or close anything: the kernel does. */
static void check_kill(struct live *l, struct live_collector *c)
{
	uint32_t links[256], progs[256], maps[256];
	size_t n_links = bpf_ids(c->pid, "link_type:", "link_id:", links, ARRAY_LEN(links));
	size_t n_progs = bpf_ids(c->pid, "prog_jited:", "prog_id:", progs, ARRAY_LEN(progs));
	size_t n_maps = bpf_ids(c->pid, "map_type:", "map_id:", maps, ARRAY_LEN(maps));

	live_close(l); /* which has some of the maps */
	ck_assert_int_eq(live_collector_stop(c, SIGKILL), -SIGKILL);
	check_gone("link", bpf_link_get_fd_by_id, links, n_links);
	check_gone("program", bpf_prog_get_fd_by_id, progs, n_progs);
	check_gone("map", bpf_map_get_fd_by_id, maps, n_maps);
}

START_TEST(narrow_hooks_come_and_go_with_the_plan_and_the_collector)
{
	static const char *const args[] = { "--hooks", "narrow", NULL };
	struct live_collector c;
	struct live *l;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	l = live_open(&c, nothing, 0);
	live_plan(l, two_calls, 0);
	if (lclient_state(l->client, "openat")->hook == CONTROL_HOOK_SYS_EXIT)
		live_skip_part("narrow hooks cannot be had here");
	else
		check_narrow_links(l, &c);
	live_plan(l, nothing, 0);
	await_links(&c, 0);
	live_plan(l, two_calls, 0);
	check_kill(l, &c);
}
END_TEST

static void call_each(void *arg)
{
	(void)arg;
	(void)syscall(SYS_openat, -1, "nowhere", O_RDONLY);
	(void)syscall(SYS_connect, -1, NULL, 0);
	(void)syscall(SYS_getppid);
	(void)syscall(SYS_munlockall);
}

/* The functions of openat and connect are of different types, getppid has but one for 64-bit and
 * 32-bit callers, and munlockall has further names that are not to be taken for more functions:
 * with fexit or without, all are seen in one way, and each call once. */
START_TEST(different_functions_are_hooked_together)
{
	static const char *const names[] = { "openat", "connect", "getppid", "munlockall", NULL };
	static const unsigned int ids[] = { EV_OPENAT, EV_CONNECT, EV_GETPPID, EV_MUNLOCKALL };
	static const char *const one_call[] = { "openat", NULL };
	struct live_collector c;
	unsigned int hook;
	struct live *l;
	pid_t pid;

	ck_assert_msg(live_collector_start(&c, nothing), "%s", live_collector_said(&c));
	l = live_open(&c, one_call, 0);
	hook = lclient_state(l->client, "openat")->hook;
	live_plan(l, names, 0);
	for (size_t i = 0; names[i]; i++)
		ck_assert_msg(lclient_state(l->client, names[i])->hook == hook,
			      "'%s' is seen through '%s'", names[i],
			      control_hook_name(lclient_state(l->client, names[i])->hook));
	pid = live_run(l, call_each, NULL);
	for (size_t i = 0; i < ARRAY_LEN(ids); i++)
		ck_assert_msg(rlog_count(&l->log, pid, ids[i]) == 1,
			      "%zu records of '%s', expected 1", rlog_count(&l->log, pid, ids[i]),
			      names[i]);
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* A plan stays in force when its engine goes: the next one must not find a gap. */
START_TEST(the_plan_outlives_the_engine)
{
	static const char *const args[] = { "--hooks", "global", NULL };
	static const char *const events[] = { "getppid", NULL };
	struct live_collector c;

	ck_assert_msg(live_collector_start(&c, args), "%s", live_collector_said(&c));
	live_close(live_open(&c, events, 0));
	lclient_free(live_connect(&c)); /* it has seen that the first one went */
	ck_assert_uint_eq(count_links(&c, GLOBAL_EXIT), 1);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- From one kind of hooks to another, under load ---------------------------------------------
 */

#define WRITERS 2
#define SWITCHES 20
#define NUMBERS (1U << 22)
#define AHEAD_MAX 256U

struct load {
	uint32_t stop;
	uint32_t n[WRITERS];
	uint32_t n_seen[WRITERS]; /* the test's: numbers below have been read */
};

/* On an emulated machine writers are faster than who reads: then they wait for it. */
static unsigned int nap_us(const struct load *load, uint32_t writer)
{
	uint32_t n_seen = __atomic_load_n(&load->n_seen[writer], __ATOMIC_RELAXED);

	return load->n[writer] - n_seen > AHEAD_MAX ? 2000 : 20;
}

static void write_numbers(void *arg)
{
	struct load *load = (void *)live_shared;
	uint32_t writer = (uint32_t)((uint32_t *)arg - load->n);
	char path[64];

	while (!__atomic_load_n(&load->stop, __ATOMIC_RELAXED) && load->n[writer] < NUMBERS) {
		(void)snprintf(path, sizeof(path), "%u/%u", writer, load->n[writer]);
		(void)syscall(SYS_openat, -1, path, O_RDONLY);
		load->n[writer]++;
		(void)usleep(nap_us(load, writer));
	}
}

struct seen {
	struct load *load;
	uint8_t *bits[WRITERS];
	uint64_t n, n_twice;
};

static void see_number(void *arg, const struct rec_hdr *rec)
{
	const struct rec_syscall *sys = (const void *)rec;
	struct seen *seen = arg;
	const char *path;
	unsigned int writer, number;

	if (rec->event != EV_OPENAT || (int32_t)sys->args[0] != -1)
		return;
	path = rlog_string(rec, "pathname");
	if (!path || sscanf(path, "%u/%u", &writer, &number) != 2 || writer >= WRITERS ||
	    number >= NUMBERS)
		return;
	seen->n++;
	__atomic_store_n(&seen->load->n_seen[writer], number + 1, __ATOMIC_RELAXED);
	seen->n_twice += seen->bits[writer][number / 8] >> (number % 8) & 1;
	seen->bits[writer][number / 8] |= (uint8_t)(1U << (number % 8));
}

/* `many` are so many that narrow hooks are given up, in one of the two ways there are: too many
 * calls, and one that has no tracepoint. */
static const char *const few_events[] = { "openat", NULL };
static const char *const many_events[] = {
	"openat",  "waitpid", "mkdir",  "rmdir",    "rename",   "link",   "symlink",
	"chmod",   "chown",   "setuid", "setgid",   "setreuid", "ptrace", "mount",
	"umount2", "chroot",  "swapon", "setns",    "unshare",  "bpf",    "kexec_load",
	"reboot",  "acct",    "syslog", "quotactl", "uselib",   "sysfs",  "personality",
	"fchmod",  "fchown",  "lchown", NULL
};

/* Which way this kernel has: with fentry `auto` is narrow for few calls, else `narrow` must be
 * asked for. Returns the collector's open connection; NULL: neither. */
static struct live *open_with_two_kinds(struct live_collector *c)
{
	static const char *const ways[] = { "auto", "narrow" };

	for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
		const char *const args[] = { "--hooks", ways[i], "--lanes", "64M", NULL };
		unsigned int hook;
		struct live *l;

		ck_assert_msg(live_collector_start(c, args), "%s", live_collector_said(c));
		l = live_open(c, few_events, 0);
		hook = lclient_state(l->client, "openat")->hook;
		live_plan(l, many_events, 0);
		if (hook != lclient_state(l->client, "openat")->hook) {
			printf("'%s' and '%s'\n", control_hook_name(hook),
			       control_hook_name(lclient_state(l->client, "openat")->hook));
			(void)fflush(stdout);
			return l;
		}
		live_close(l);
		ck_assert_int_eq(live_collector_stop(c, SIGTERM), 0);
	}
	return NULL;
}

START_TEST(a_change_of_hooks_loses_and_doubles_nothing)
{
	struct live_collector c;
	struct live *l = open_with_two_kinds(&c);
	struct load *load = (void *)live_shared;
	struct seen seen = { .load = load };
	pid_t writers[WRITERS];
	uint64_t made, missed;

	if (!l) {
		live_skip_part("this kernel has one kind of hooks only");
		return;
	}
	for (int i = 0; i < WRITERS; i++)
		seen.bits[i] = calloc(1, NUMBERS / 8);
	l->peep = see_number;
	l->peep_arg = &seen;
	l->drops_bulk = true;
	for (int i = 0; i < WRITERS; i++)
		writers[i] = live_start(write_numbers, &load->n[i]);
	for (int i = 0; i < SWITCHES; i++) {
		live_plan(l, i % 2 ? many_events : few_events, 0);
		for (int k = 0; k < 10; k++) {
			live_pump(l);
			(void)usleep(2000);
		}
	}
	load->stop = 1;
	for (int i = 0; i < WRITERS; i++)
		live_join(l, writers[i]);
	made = (uint64_t)load->n[0] + load->n[1];
	missed = live_missed(l);
	printf("%" PRIu64 " records over %d changes, the kernel did not run %" PRIu64 " programs\n",
	       seen.n, SWITCHES, missed);
	ck_assert_uint_le(lclient_lost(l->client, EV_OPENAT_slot), missed);
	ck_assert_uint_eq(seen.n_twice, 0);
	ck_assert_uint_le(seen.n, made);
	ck_assert_uint_ge(seen.n + missed, made);
	for (int i = 0; i < WRITERS; i++)
		free(seen.bits[i]);
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- What an engine must not say ---------------------------------------------------------------
 */

static int raw_connect(const struct live_collector *c)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	_Alignas(8) uint8_t buf[4096];
	struct pollfd p;
	int sock, fds[CONTROL_FDS];
	long n;

	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s", c->socket);
	for (;;) { /* the connection before may still be seen as open */
		sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(sock, (struct sockaddr *)&addr, sizeof(addr)), 0);
		p = (struct pollfd){ .fd = sock, .events = POLLIN };
		ck_assert_int_eq(poll(&p, 1, 20000), 1);
		n = control_recv(sock, buf, sizeof(buf), fds, NULL);
		ck_assert_int_gt(n, 0);
		for (size_t i = 0; i < CONTROL_FDS; i++)
			cleanup_fd(&fds[i]);
		if (control_check(buf, (size_t)n, CONTROL_FROM_COLLECTOR, NULL) == CONTROL_HELLO)
			return sock;
		(void)close(sock);
	}
}

/* Sends it; the answer must be a refusal with a sentence, and the end. */
static void check_refused(const struct live_collector *c, const void *msg, size_t len,
			  const char *word)
{
	int sock = raw_connect(c);
	struct pollfd p = { .fd = sock, .events = POLLIN };
	struct control_refused refused = { .code = 0 };

	ck_assert_int_eq((int)send(sock, msg, len, MSG_NOSIGNAL), (int)len);
	ck_assert_int_eq(poll(&p, 1, 20000), 1);
	ck_assert_int_eq((int)recv(sock, &refused, sizeof(refused), 0), (int)sizeof(refused));
	ck_assert_int_eq(refused.hdr.type, CONTROL_REFUSED);
	ck_assert_int_lt(refused.code, 0);
	ck_assert_ptr_nonnull(memchr(refused.text, 0, sizeof(refused.text)));
	ck_assert_msg(strstr(refused.text, word) != NULL, "'%s' does not name '%s'", refused.text,
		      word);
	ck_assert_int_eq((int)recv(sock, &refused, sizeof(refused), 0), 0);
	(void)close(sock);
}

static struct control_plan sound_plan(void)
{
	struct control_plan plan = { .generation = 1 };

	control_hdr_init(&plan.hdr, CONTROL_PLAN, sizeof(plan));
	return plan;
}

static size_t n_descriptors(pid_t pid)
{
	char path[64];
	size_t n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	dir = opendir(path);
	ck_assert_ptr_nonnull(dir);
	while (readdir(dir))
		n++;
	(void)closedir(dir);
	return n;
}

static void check_malformed_plans(const struct live_collector *c)
{
	struct control_plan plan = sound_plan();
	uint8_t longer[sizeof(plan) + 8] = { 0 };

	memcpy(longer, &plan, sizeof(plan));
	check_refused(c, longer, sizeof(longer), "PLAN");
	check_refused(c, &plan, sizeof(plan) - 8, "PLAN");
	check_refused(c, &plan, 1, "1 bytes");
	plan.hdr.magic ^= 1;
	check_refused(c, &plan, sizeof(plan), "magic");
	plan = sound_plan();
	plan.hdr.version++;
	check_refused(c, &plan, sizeof(plan), "version");
	plan = sound_plan();
	plan.hdr.type = 77;
	check_refused(c, &plan, sizeof(plan), "type");
	plan = sound_plan();
	plan.options = 1U << 31;
	check_refused(c, &plan, sizeof(plan), "options");
	plan = sound_plan();
	plan.reserved0 = 1;
	check_refused(c, &plan, sizeof(plan), "reserved0");
	plan = sound_plan();
	plan.events[EVENT_SLOTS / 64] |= 1ULL << (EVENT_SLOTS % 64);
	check_refused(c, &plan, sizeof(plan), "slot");
}

static void check_messages_of_the_other_side(const struct live_collector *c)
{
	struct control_status status = { .uptime_ns = 1 };
	struct control_refused refused = { .code = -EPERM };

	control_hdr_init(&status.hdr, CONTROL_STATUS, sizeof(status));
	check_refused(c, &status, sizeof(status), "STATUS");
	control_hdr_init(&refused.hdr, CONTROL_REFUSED, sizeof(refused));
	check_refused(c, &refused, sizeof(refused), "REFUSED");
}

static void check_noise(const struct live_collector *c)
{
	static uint8_t noise[60000];
	uint64_t random = 88172645463325252ULL;

	for (int turn = 0; (uint32_t)turn < live_scaled(50); turn++) {
		for (size_t i = 0; i < sizeof(noise); i++) {
			random = random * 6364136223846793005ULL + 1442695040888963407ULL;
			noise[i] = (uint8_t)(random >> 56);
		}
		check_refused(c, noise, 1 + random % (sizeof(noise) - 1), "");
	}
}

/* Descriptors that come with a message are closed. */
static void check_gifts(const struct live_collector *c)
{
	struct control_plan plan = sound_plan();
	struct control_plan_status status;
	int sock = raw_connect(c);

	for (int i = 0; i < 20; i++) {
		int fds[CONTROL_FDS] = { 0, 1, 2, sock, 0, 1 };

		ck_assert_int_eq((int)control_send(sock, &plan, fds, CONTROL_FDS),
				 (int)sizeof(plan));
		ck_assert_int_eq((int)recv(sock, &status, sizeof(status), 0), (int)sizeof(status));
	}
	(void)close(sock);
}

START_TEST(what_an_engine_must_not_say_is_refused)
{
	static const char *const events[] = { "getppid", NULL };
	struct live_collector c;
	size_t n_before;

	ck_assert_msg(live_collector_start(&c, nothing), "%s", live_collector_said(&c));
	live_close(live_open(&c, nothing, 0));
	(void)close(raw_connect(&c));
	n_before = n_descriptors(c.pid);
	check_malformed_plans(&c);
	check_messages_of_the_other_side(&c);
	check_noise(&c);
	check_gifts(&c);
	(void)close(raw_connect(&c)); /* the one before is forgotten */
	ck_assert_uint_le(n_descriptors(c.pid), n_before + 1);
	live_close(live_open(&c, events, 0));
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

START_TEST(a_second_engine_is_refused)
{
	struct live_collector c;
	struct err err = { 0 };
	struct live *l;

	ck_assert_msg(live_collector_start(&c, nothing), "%s", live_collector_said(&c));
	l = live_open(&c, nothing, 0);
	ck_assert_ptr_null(lclient_new(c.socket, &err));
	ck_assert_int_eq(err.code, -EBUSY);
	ck_assert_msg(strstr(err.text, "another engine") != NULL, "%s", err.text);
	live_plan(l, nothing, 0); /* the first one is served as before */
	live_close(l);
	ck_assert_int_eq(live_collector_stop(&c, SIGTERM), 0);
}
END_TEST

/* --- Warder itself -----------------------------------------------------------------------------
 */

static size_t records_of(const struct record_log *log, uint32_t tgid)
{
	size_t n = 0;

	for (size_t i = 0; i < log->n; i++)
		n += rlog_get(log, i)->tgid == tgid && rlog_get(log, i)->event != EV_TASK;
	return n;
}

/* The collector and we, its engine, are busy; returns the records of the two. */
static void be_busy(uint32_t options, size_t *ret_collector, size_t *ret_engine)
{
	static const char *const all[] = { "*", "sched_process_exec", "sched_process_exit", NULL };
	struct live *l = live_open(NULL, all, options);
	struct control_status status;

	l->keeps_all = true;
	for (int i = 0; i < 50; i++) {
		ck_assert_int_eq(lclient_ask_status(l->client, &status, NULL), 0);
		(void)getppid();
		live_pump(l);
	}
	live_drain(l);
	*ret_collector = records_of(&l->log, l->client->hello.collector_pid);
	*ret_engine = records_of(&l->log, (uint32_t)getpid());
	live_plan(l, nothing, 0);
	live_close(l);
}

START_TEST(warder_is_traced_only_when_asked)
{
	size_t n_collector, n_engine;

	be_busy(0, &n_collector, &n_engine);
	ck_assert_uint_eq(n_collector, 0);
	ck_assert_uint_eq(n_engine, 0);
	be_busy(CONTROL_PLAN_TRACE_SELF, &n_collector, &n_engine);
	ck_assert_uint_ge(n_collector, 50);
	ck_assert_uint_ge(n_engine, 50);
	be_busy(0, &n_collector, &n_engine);
	ck_assert_uint_eq(n_collector + n_engine, 0);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/plans");
	TCase *tc = tcase_create("plans");

	tcase_set_timeout(tc, 110);
	tcase_add_test(tc, only_what_is_asked_for_is_attached);
	tcase_add_test(tc, narrow_hooks_come_and_go_with_the_plan_and_the_collector);
	tcase_add_test(tc, different_functions_are_hooked_together);
	tcase_add_test(tc, a_change_of_hooks_loses_and_doubles_nothing);
	tcase_add_test(tc, warder_is_traced_only_when_asked);
	suite_add_tcase(s, tc);
	/* Between the two programs, whatever the kernel: a collector each, whose start takes two to
	 * seven seconds of emulation. */
	if (live_is_emulated())
		return s;
	tcase_add_test(tc, the_plan_outlives_the_engine);
	tcase_add_test(tc, what_an_engine_must_not_say_is_refused);
	tcase_add_test(tc, a_second_engine_is_refused);
	return s;
}

int main(int argc, char **argv)
{
	return live_main(argc, argv, make_suite, nothing);
}
