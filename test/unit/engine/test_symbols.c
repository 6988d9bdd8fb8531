/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/symbols.h"
#include "test/support/record_builder.h"

/* The fields that Tracee decodes (and Warder with it), and values with their texts. NULL: it stays
 * a number. */
static const struct {
	unsigned int event;
	const char *field;
	uint64_t value;
	const char *text;
} cases[] = {
	{ EV_MMAP, "prot", 0, "PROT_NONE" },
	{ EV_MMAP, "prot", 7, "PROT_READ|PROT_WRITE|PROT_EXEC" },
	{ EV_MMAP, "prot", 0x41, "PROT_READ|0x40" },
	{ EV_MMAP, "flags", 0x22, "MAP_PRIVATE|MAP_ANONYMOUS" },
	{ EV_MMAP, "flags", 0x03, "MAP_SHARED_VALIDATE" },
	{ EV_MPROTECT, "prot", 5, "PROT_READ|PROT_EXEC" },
	{ EV_PKEY_MPROTECT, "prot", 1, "PROT_READ" },
	{ EV_PTRACE, "request", 16, "PTRACE_ATTACH" },
	{ EV_PTRACE, "request", 0x4206, "PTRACE_SEIZE" },
	{ EV_PTRACE, "request", 0, "PTRACE_TRACEME" },
	{ EV_PTRACE, "request", 5000, "5000" },
	{ EV_PTRACE, "request", (uint64_t)-1, "-1" },
	{ EV_PRCTL, "option", 15, "PR_SET_NAME" },
	{ EV_PRCTL, "option", 38, "PR_SET_NO_NEW_PRIVS" },
	{ EV_PRCTL, "option", 0x53564d41, "PR_SET_VMA" },
	{ EV_PRCTL, "option", 78, "PR_FUTEX_HASH" },
	{ EV_PRCTL, "option", 999, "999" },
	{ EV_SOCKETCALL, "call", 1, "SYS_SOCKET" },
	{ EV_SOCKETCALL, "call", 20, "SYS_SENDMMSG" },
	{ EV_SOCKETCALL, "call", 21, "21" },
	{ EV_BPF, "cmd", 0, "BPF_MAP_CREATE" },
	{ EV_BPF, "cmd", 5, "BPF_PROG_LOAD" },
	{ EV_BPF, "cmd", 35, "BPF_PROG_BIND_MAP" },
	{ EV_BPF, "cmd", 36, "BPF_TOKEN_CREATE" },
	{ EV_SOCKET, "domain", 1, "AF_UNIX" },
	{ EV_SOCKET, "domain", 2, "AF_INET" },
	{ EV_SOCKET, "domain", 16, "AF_NETLINK" },
	{ EV_SOCKET, "domain", 40, "AF_VSOCK" },
	{ EV_SOCKET, "domain", 99, "99" },
	{ EV_SOCKET, "type", 1, "SOCK_STREAM" },
	{ EV_SOCKET, "type", 02004002, "SOCK_DGRAM|SOCK_NONBLOCK|SOCK_CLOEXEC" },
	{ EV_SOCKET, "type", 0x10000f, "15|0x100000" },
	{ EV_SOCKETPAIR, "domain", 1, "AF_UNIX" },
	{ EV_SOCKETPAIR, "type", 5, "SOCK_SEQPACKET" },
	{ EV_ACCESS, "mode", 0, "F_OK" },
	{ EV_ACCESS, "mode", 7, "R_OK|W_OK|X_OK" },
	{ EV_ACCESS, "mode", 1, "X_OK" },
	{ EV_ACCESS, "mode", (uint64_t)-1, "R_OK|W_OK|X_OK|0xfffffff8" },
	{ EV_FACCESSAT, "mode", 4, "R_OK" },
	{ EV_FACCESSAT, "flags", 0x100, "AT_SYMLINK_NOFOLLOW" },
	{ EV_FACCESSAT2, "mode", 2, "W_OK" },
	{ EV_FACCESSAT2, "flag", 0x200, "AT_EACCESS" },
	{ EV_FACCESSAT2, "flag", 0, "0" },
	{ EV_FACCESSAT2, "fd", (uint64_t)-100, "AT_FDCWD" },
	{ EV_FACCESSAT2, "fd", 3, NULL },
	{ EV_EXECVEAT, "flags", 0x1000, "AT_EMPTY_PATH" },
	{ EV_EXECVEAT, "flags", 0x1100, "AT_EMPTY_PATH|AT_SYMLINK_NOFOLLOW" },
	{ EV_EXECVEAT, "flags", 0x10000, "AT_EXECVE_CHECK" },
	{ EV_CLONE, "flags", 17, "SIGCHLD" },
	{ EV_CLONE, "flags", 0x4111, "CLONE_VM|CLONE_VFORK|SIGCHLD" },
	{ EV_CLONE, "flags", 0x01200011, "CLONE_CHILD_CLEARTID|CLONE_CHILD_SETTID|SIGCHLD" },
	{ EV_CLONE, "flags", 0x10000000, "CLONE_NEWUSER" },
	{ EV_CLONE, "flags", 0, "0" },
	{ EV_CLONE, "flags", 40, "0x28" },
	{ EV_CLONE, "flags", 1ULL << 40, "0x10000000000" },
	{ EV_SETNS, "nstype", 0x40000000, "CLONE_NEWNET" },
	{ EV_SETNS, "nstype", 0, "0" },
	{ EV_SETNS, "nstype", 0x80, "CLONE_NEWTIME" },
	{ EV_OPEN, "flags", 0, "O_RDONLY" },
	{ EV_OPEN, "flags", 03, "O_ACCMODE" },
	{ EV_OPENAT, "dirfd", (uint64_t)-100, "AT_FDCWD" },
	{ EV_OPENAT, "dirfd", 0xffffff9c, "AT_FDCWD" },
	{ EV_OPENAT, "dirfd", 7, NULL },
	{ EV_RENAMEAT2, "olddirfd", (uint64_t)-100, "AT_FDCWD" },
	{ EV_RENAMEAT2, "newdirfd", (uint64_t)-100, "AT_FDCWD" },
	{ EV_MOVE_MOUNT, "from_dfd", (uint64_t)-100, "AT_FDCWD" },
	{ EV_MKNOD, "mode", 0020666, "S_IFCHR|S_IRUSR|S_IWUSR|S_IRGRP|S_IWGRP|S_IROTH|S_IWOTH" },
	{ EV_MKNODAT, "mode", 0010600, "S_IFIFO|S_IRUSR|S_IWUSR" },
	{ EV_CHMOD, "mode", 0755, "S_IRWXU|S_IRGRP|S_IXGRP|S_IROTH|S_IXOTH" },
	{ EV_CHMOD, "mode", 04777, "S_ISUID|S_IRWXU|S_IRWXG|S_IRWXO" },
	{ EV_FCHMOD, "mode", 0, "0" },
	{ EV_FCHMOD, "mode", 0170000, "0xf000" },
	{ EV_FCHMODAT, "mode", 0644, "S_IRUSR|S_IWUSR|S_IRGRP|S_IROTH" },
	{ EV_FCHMODAT, "flags", 0x100, "AT_SYMLINK_NOFOLLOW" },
	{ EV_FCHMODAT2, "mode", 01000, "S_ISVTX" },
	{ EV_FCHMODAT2, "flags", 0x1000, "AT_EMPTY_PATH" },
	{ EV_UNLINKAT, "flags", 0x200, "AT_REMOVEDIR" },
	{ EV_SCHED_PROCESS_EXEC, "stdin_type", 0100000, "S_IFREG" },
	{ EV_SCHED_PROCESS_EXEC, "stdin_type", 0020000, "S_IFCHR" },
	{ EV_SCHED_PROCESS_EXEC, "stdin_type", 0140000, "S_IFSOCK" },
	{ EV_SCHED_PROCESS_EXEC, "stdin_type", 0, "0" },
	{ EV_GETSOCKOPT, "level", 1, "SOL_SOCKET" },
	{ EV_SETSOCKOPT, "level", 6, "SOL_TCP" },
	{ EV_SETSOCKOPT, "level", 263, "SOL_PACKET" },
	{ EV_SETSOCKOPT, "level", (uint64_t)-1, "-1" },
	/* without the event nobody knows the level */
	{ EV_SETSOCKOPT, "optname", 2, "2" },
/* O_LARGEFILE, O_DIRECTORY and O_DIRECT change places on arm64 */
#ifdef __x86_64__
	{ EV_OPEN, "flags", 0100000, "O_RDONLY|O_LARGEFILE" },
	{ EV_OPENAT, "flags", 02200000, "O_RDONLY|O_DIRECTORY|O_CLOEXEC" },
	{ EV_OPENAT, "flags", 0x80241, "O_WRONLY|O_CREAT|O_TRUNC|O_CLOEXEC" },
	{ EV_OPENAT, "flags", 04010002, "O_RDWR|O_SYNC" },
	{ EV_OPENAT, "flags", 010002, "O_RDWR|O_DSYNC" },
	{ EV_OPENAT, "flags", 020200002, "O_RDWR|O_TMPFILE" },
	{ EV_OPENAT, "flags", 0x40000001, "O_WRONLY|0x40000000" },
	{ EV_OPENAT, "flags", 0xffffffff80000000, "O_RDONLY|0x80000000" },
#endif
};

START_TEST(value_has_its_name)
{
	const struct event_def *def = event_def_find(cases[_i].event);
	sym_fn fn = sym_find(def, cases[_i].field);
	char out[SYM_TEXT_MAX];
	size_t len;

	ck_assert_int_ge(event_def_field(def, cases[_i].field), 0);
	ck_assert_msg(fn != NULL, "%s.%s", def->name, cases[_i].field);
	len = fn(out, sizeof(out), cases[_i].value, NULL);
	if (!cases[_i].text) {
		ck_assert_uint_eq(len, 0);
		return;
	}
	ck_assert_msg(len == strlen(cases[_i].text) && !memcmp(out, cases[_i].text, len),
		      "%s.%s: '%.*s', expected '%s'", def->name, cases[_i].field, (int)len, out,
		      cases[_i].text);
}
END_TEST

static const struct {
	unsigned int event;
	uint64_t level;
	uint64_t option;
	const char *text;
} options[] = {
	{ EV_SETSOCKOPT, 1, 2, "SO_REUSEADDR" },
	{ EV_SETSOCKOPT, 1, 20, "SO_RCVTIMEO" },
	{ EV_SETSOCKOPT, 1, 26, "SO_ATTACH_FILTER" },
	{ EV_GETSOCKOPT, 1, 26, "SO_GET_FILTER" },
	{ EV_GETSOCKOPT, 1, 17, "SO_PEERCRED" },
	{ EV_GETSOCKOPT, 1, 77, "SO_PEERPIDFD" },
	{ EV_SETSOCKOPT, 0, 26, "IP_RECVERR_RFC4884" },
	{ EV_GETSOCKOPT, 0, 26, "IP_RECVERR_RFC4884" },
	{ EV_SETSOCKOPT, 6, 1, "TCP_NODELAY" },
	{ EV_SETSOCKOPT, 17, 103, "UDP_SEGMENT" },
	{ EV_SETSOCKOPT, 41, 26, "IPV6_V6ONLY" },
	{ EV_SETSOCKOPT, 263, 1, "PACKET_ADD_MEMBERSHIP" },
	{ EV_SETSOCKOPT, 282, 1, "1" },
	{ EV_SETSOCKOPT, 1, 9999, "9999" },
	{ EV_SETSOCKOPT, 0xdead00000001, 2, "SO_REUSEADDR" }, /* an int is its low half */
};

START_TEST(option_is_named_by_its_level)
{
	sym_fn fn = sym_find(event_def_find(options[_i].event), "optname");
	static struct record_builder b;
	char out[SYM_TEXT_MAX];
	struct event ev;
	size_t len;

	rb_begin(&b, options[_i].event);
	rb_arg(&b, 1, options[_i].level);
	rb_arg(&b, 2, options[_i].option);
	rb_decode(&b, &ev);
	len = fn(out, sizeof(out), options[_i].option, &ev);
	ck_assert_uint_eq(len, strlen(options[_i].text));
	ck_assert_mem_eq(out, options[_i].text, len);
}
END_TEST

/* For every decoder and many values: plain characters only, and never a byte beyond the room. */
START_TEST(text_is_plain_and_bounded)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				    "0123456789_|-";
	uint64_t state = 99;
	unsigned int n = 0;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++) {
		const struct event_def *def = &event_defs[slot];

		for (unsigned int i = 0; i < def->n_fields; i++) {
			sym_fn fn = sym_find(def, def->fields[i].name);

			n += fn != NULL;
			for (int round = 0; fn && round < 200; round++) {
				uint64_t value = round ? rb_next_random(&state) : UINT64_MAX;
				char out[SYM_TEXT_MAX + 1] = { 0 };
				size_t cap = (size_t)round * 7 % SYM_TEXT_MAX, len, whole;

				value >>= round % 2 ? 0 : value & 63;
				whole = fn(out, SYM_TEXT_MAX, value, NULL);
				ck_assert_uint_le(whole, SYM_TEXT_MAX);
				ck_assert_uint_eq(strspn(out, plain), whole);
				memset(out, '#', sizeof(out));
				len = fn(out, cap, value, NULL);
				ck_assert_uint_le(len, cap);
				ck_assert_int_eq(out[cap], '#');
				ck_assert(cap < whole || len == whole);
			}
		}
	}
	ck_assert_uint_gt(n, 60); /* 37 rows and the directory descriptors */
}
END_TEST

START_TEST(other_fields_stay_numbers)
{
	ck_assert(sym_find(event_def_find(EV_READ), "fd") == NULL);
	ck_assert(sym_find(event_def_find(EV_OPENAT), "mode") == NULL);
	ck_assert(sym_find(event_def_find(EV_OPENAT), "nothing") == NULL);
	ck_assert(sym_find(event_def_find(EV_SCHED_PROCESS_EXEC), "inode_mode") == NULL);
}
END_TEST

static Suite *symbols_suite(void)
{
	Suite *s = suite_create("symbols");
	TCase *tc = tcase_create("values");

	tcase_add_loop_test(tc, value_has_its_name, 0, ARRAY_LEN(cases));
	tcase_add_loop_test(tc, option_is_named_by_its_level, 0, ARRAY_LEN(options));
	tcase_add_test(tc, text_is_plain_and_bounded);
	tcase_add_test(tc, other_fields_stay_numbers);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *sr = srunner_create(symbols_suite());
	int n_failed;

	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
