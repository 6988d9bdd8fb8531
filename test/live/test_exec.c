/* SPDX-License-Identifier: Apache-2.0 */
/* sched_process_exec: each says what was executed. test_storm.c: none is missing. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "test/live/live.h"

#define LITERAL(text) ((char *)(uintptr_t)(text))

static const char *const exec_only[] = { "sched_process_exec", NULL };

/* --- One program ------------------------------------------------------------------------------ */

/* What the child does before it executes, and what it executes. */
struct program {
	void (*prepare)(void);
	const char *path; /* NULL: the tiny program */
	int fd;           /* not 0: execute this descriptor instead */
	char **argv;      /* NULL: { "tiny" } */
	char **envp;      /* NULL: none */
};

static void execute(void *arg)
{
	static char *one[] = { LITERAL("tiny"), NULL }, *none[] = { NULL };
	const struct program *p = arg;
	char **argv = p->argv ? p->argv : one, **envp = p->envp ? p->envp : none;

	if (p->prepare)
		p->prepare();
	if (p->fd)
		(void)syscall(SYS_execveat, p->fd, "", argv, envp, AT_EMPTY_PATH);
	else
		(void)execve(p->path ? p->path : live_tiny(), argv, envp);
	must(!"it could be executed");
}

/* Executes it and returns its record. */
static const struct rec_hdr *record_of(struct live *l, const struct program *p)
{
	struct program copy = *p;

	return rlog_only(&l->log, live_run(l, execute, &copy), EV_SCHED_PROCESS_EXEC);
}

static char *many_args[2002];

static char **make_many_args(void)
{
	for (int i = 0; i < 2000; i++)
		many_args[i] = LITERAL(i % 2 ? "" : "x");
	return many_args;
}

START_TEST(argv_is_complete)
{
	static char *empties[] = { LITERAL(""),       LITERAL("two words"), LITERAL(""),
				   LITERAL("\xff\n"), LITERAL(""),          NULL };
	static char *two[] = { LITERAL("name"), LITERAL("argument"), NULL };
	char **cases[] = { two, empties, make_many_args() };
	struct live *l = live_open(NULL, exec_only, 0);
	const struct rec_hdr *rec = record_of(l, &(struct program){ .argv = cases[_i] });
	size_t n = 0;

	for (; cases[_i][n]; n++)
		ck_assert_str_eq(rlog_string_at(rec, "argv", n), cases[_i][n]);
	ck_assert_uint_eq(rlog_strings(rec, "argv"), n);
	ck_assert_uint_eq(rlog_field(rec, "argv").var_flags, 0);
	ck_assert_ptr_null(rlog_field(rec, "env").bytes); /* was not asked for */
	live_close(l);
}
END_TEST

START_TEST(an_argv_of_a_megabyte_is_cut_and_marked)
{
	static char arg[10001], *argv[102];
	struct live *l = live_open(NULL, exec_only, 0);
	struct decode_value v;

	memset(arg, 'm', sizeof(arg) - 1);
	for (int i = 0; i < 100; i++)
		argv[i] = arg;
	v = rlog_field(record_of(l, &(struct program){ .argv = argv }), "argv");
	ck_assert_uint_eq(v.var_flags, REC_VAR_TRUNC);
	ck_assert_uint_eq(v.total, 100 * sizeof(arg));
	ck_assert_uint_eq(v.len, REC_ARGV_MAX);
	ck_assert_mem_eq(v.bytes, arg, v.len);
	live_close(l);
}
END_TEST

START_TEST(an_argv_without_arguments_is_seen_as_the_kernel_makes_it)
{
	static char *none[] = { NULL };
	struct live *l = live_open(NULL, exec_only, 0);
	const struct rec_hdr *rec = record_of(l, &(struct program){ .argv = none });

	/* since 5.18 (dcd46d897adb) the program finds one empty string */
	ck_assert_uint_le(rlog_strings(rec, "argv"), 1);
	if (rlog_strings(rec, "argv") == 1)
		ck_assert_str_eq(rlog_string_at(rec, "argv", 0), "");
	live_close(l);
}
END_TEST

START_TEST(the_environment_comes_when_it_is_asked_for)
{
	static char *envp[] = { LITERAL("PATH=/bin"), LITERAL("EMPTY="), LITERAL("odd"), NULL };
	struct live *l = live_open(NULL, exec_only, CONTROL_PLAN_EXEC_ENV);
	const struct rec_hdr *rec = record_of(l, &(struct program){ .envp = envp });

	ck_assert_uint_eq(rlog_strings(rec, "env"), 3);
	for (size_t i = 0; envp[i]; i++)
		ck_assert_str_eq(rlog_string_at(rec, "env", i), envp[i]);
	live_close(l);
}
END_TEST

START_TEST(a_script_is_told_from_its_interpreter)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const char *script = live_path("script"), *interp = live_path("interp");
	char *argv[] = { LITERAL("called"), LITERAL("with"), NULL }, text[256];
	const struct rec_hdr *rec;

	live_copy(live_tiny(), interp, 0755);
	(void)snprintf(text, sizeof(text), "#!%s one arg\n", interp);
	live_write_file(script, text, 0755);
	rec = record_of(l, &(struct program){ .path = script, .argv = argv });
	ck_assert_str_eq(rlog_string(rec, "cmdpath"), script);
	ck_assert_str_eq(rlog_string(rec, "pathname"), interp);
	ck_assert_str_eq(rlog_string(rec, "interp"), interp);
	ck_assert_uint_eq(rlog_strings(rec, "argv"), 4);
	ck_assert_str_eq(rlog_string_at(rec, "argv", 0), interp);
	ck_assert_str_eq(rlog_string_at(rec, "argv", 1), "one arg");
	ck_assert_str_eq(rlog_string_at(rec, "argv", 2), script);
	ck_assert_str_eq(rlog_string_at(rec, "argv", 3), "with");
	live_close(l);
}
END_TEST

/* --- Which file ------------------------------------------------------------------------------- */

static bool is_overlay(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == OVERLAYFS_SUPER_MAGIC;
}

START_TEST(the_file_is_identified)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const char *path = live_path("identified");
	const struct rec_hdr *rec;
	const struct rec_task *task;
	struct stat st;

	live_copy(live_tiny(), path, 0751);
	ck_assert_int_eq(stat(path, &st), 0);
	rec = record_of(l, &(struct program){ .path = path });
	ck_assert_str_eq(rlog_string(rec, "pathname"), path);
	ck_assert_uint_eq(rlog_field(rec, "inode_mode").u, S_IFREG | 0751);
	ck_assert_uint_eq(rlog_field(rec, "ctime").u,
			  (uint64_t)st.st_ctim.tv_sec * 1000000000U + (uint64_t)st.st_ctim.tv_nsec);
	if (!is_overlay(path)) { /* there stat(2) shows other numbers than the kernel's inode has */
		ck_assert_uint_eq(rlog_field(rec, "inode").u, st.st_ino);
		ck_assert_uint_eq(rlog_field(rec, "dev").u,
				  major(st.st_dev) << 20 | minor(st.st_dev));
	}
	/* no ELF interpreter, no user space outside of it */
	ck_assert_uint_eq(rlog_field(rec, "interpreter_inode").u, 0);
	ck_assert_int_eq(rlog_field(rec, "invoked_from_kernel").s, 0);
	/* the context that goes before it is of the new program already */
	task = rlog_context(&l->log, rec);
	ck_assert_ptr_nonnull(task);
	ck_assert_str_eq(rlog_exe(task), path);
	ck_assert_str_eq((const char *)task->comm, "identified");
	ck_assert_uint_eq(task->exe_inode, rlog_field(rec, "inode").u);
	live_close(l);
}
END_TEST

START_TEST(the_dynamic_linker_is_the_interpreter)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const struct rec_hdr *rec = record_of(l, &(struct program){ .path = "/bin/true" });
	CLEANUP_FREE char *linker = realpath("/lib64/ld-linux-x86-64.so.2", NULL);
	CLEANUP_FREE char *program = realpath("/bin/true", NULL);
	struct stat st;

	if (!linker) {
		live_skip_part("no dynamic linker at its usual place");
		live_close(l);
		return;
	}
	ck_assert_str_eq(rlog_string(rec, "cmdpath"), "/bin/true");
	ck_assert_str_eq(rlog_string(rec, "interp"), "/bin/true");
	ck_assert_str_eq(rlog_string(rec, "pathname"), program);
	if (rlog_field(rec, "interpreter_pathname").var_flags & REC_VAR_UNREAD) {
		live_skip_part("this kernel has no bpf_find_vma()");
	} else {
		ck_assert_str_eq(rlog_string(rec, "interpreter_pathname"), linker);
		ck_assert_int_eq(stat(linker, &st), 0);
		if (!is_overlay(linker)) {
			ck_assert_uint_eq(rlog_field(rec, "interpreter_inode").u, st.st_ino);
			ck_assert_uint_eq(rlog_field(rec, "interpreter_dev").u,
					  major(st.st_dev) << 20 | minor(st.st_dev));
		}
	}
	live_close(l);
}
END_TEST

START_TEST(a_memory_file_has_its_name)
{
	struct live *l = live_open(NULL, exec_only, 0);
	int fd = memfd_create("from memory", 0);
	const struct rec_hdr *rec;
	char cmdpath[32];

	live_copy_to(live_tiny(), fd);
	rec = record_of(l, &(struct program){ .fd = fd });
	ck_assert_str_eq(rlog_string(rec, "pathname"), "memfd:from memory");
	(void)snprintf(cmdpath, sizeof(cmdpath), "/dev/fd/%d", fd);
	ck_assert_str_eq(rlog_string(rec, "cmdpath"), cmdpath);
	ck_assert_str_eq(rlog_exe(rlog_context(&l->log, rec)), "memfd:from memory");
	live_close(l);
}
END_TEST

START_TEST(a_deleted_program_has_the_path_it_had)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const char *path = live_path("deleted");
	int fd;

	live_copy(live_tiny(), path, 0755);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_int_eq(unlink(path), 0);
	ck_assert_str_eq(rlog_string(record_of(l, &(struct program){ .fd = fd }), "pathname"),
			 path);
	live_close(l);
}
END_TEST

/* Goes `depth` folders down from live_dir(), each with a name of `len` letters; the program is in
 * the last one. The path is written to `ret_path`. */
static void go_down(int depth, size_t len, char *ret_path)
{
	char name[128] = "";

	memset(name, 'd', len);
	ret_path = stpcpy(ret_path, live_dir());
	must(chdir(live_dir()) == 0);
	for (int i = 0; i < depth; i++) {
		must(mkdir(name, 0755) == 0 || errno == EEXIST);
		must(chdir(name) == 0);
		*ret_path++ = '/';
		ret_path = stpcpy(ret_path, name);
	}
	(void)stpcpy(ret_path, "/deep");
	live_copy(live_tiny(), "deep", 0755);
}

START_TEST(a_deep_path_is_complete)
{
	struct live *l = live_open(NULL, exec_only, 0);
	static char path[8192];
	const struct rec_hdr *rec;
	struct control_status status;
	struct decode_value v;

	go_down(100, 10, path);
	rec = record_of(l, &(struct program){ .path = "./deep" });
	v = rlog_field(rec, "pathname");
	ck_assert_str_eq(rlog_string(rec, "cmdpath"), "./deep");
	if (v.var_flags & REC_VAR_TRUNC) {
		ck_assert_int_eq(lclient_ask_status(l->client, &status, NULL), 0);
		ck_assert_uint_gt(status.kernel[KC_PATH_CUT], 0);
		live_skip_part("this kernel has no bpf_loop(): deep paths are cut");
	} else {
		ck_assert_str_eq(rlog_string(rec, "pathname"), path);
	}
	live_close(l);
}
END_TEST

START_TEST(a_path_that_is_too_long_keeps_its_end)
{
	struct live *l = live_open(NULL, exec_only, 0);
	static char path[8192];
	struct decode_value v;

	go_down(60, 100, path);
	v = rlog_field(record_of(l, &(struct program){ .path = "./deep" }), "pathname");
	ck_assert_uint_eq(v.var_flags, REC_VAR_TRUNC);
	ck_assert_uint_gt(v.len, 3800); /* whole names only */
	ck_assert_mem_eq(v.bytes, path + strlen(path) - v.len, v.len);
	live_close(l);
}
END_TEST

static void go_into_chroot(void)
{
	must(chroot(live_path("root")) == 0 && chdir("/") == 0);
}

/* A mount namespace whose root is a new file system with the program in it. */
static void go_into_namespace(void)
{
	must(unshare(CLONE_NEWNS) == 0);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	must(mount("none", live_path("root"), "tmpfs", 0, NULL) == 0);
	must(chdir(live_path("root")) == 0);
	live_copy(live_tiny(), "program", 0755);
	must(syscall(SYS_pivot_root, ".", ".") == 0);
	must(umount2(".", MNT_DETACH) == 0 && chdir("/") == 0);
}

static void mount_in_namespace(void)
{
	must(unshare(CLONE_NEWNS) == 0);
	must(mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0);
	must(mount("none", live_path("root"), "tmpfs", 0, NULL) == 0);
	live_copy(live_tiny(), live_path("root/mounted"), 0755);
}

START_TEST(a_path_is_as_the_mount_namespace_sees_it)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const char *program = live_path("root/program"), *mounted = live_path("root/mounted");
	const struct rec_hdr *rec;

	must(mkdir(live_path("root"), 0755) == 0 || errno == EEXIST);
	live_copy(live_tiny(), program, 0755);
	rec = record_of(l, &(struct program){ .prepare = go_into_chroot, .path = "/program" });
	ck_assert_str_eq(rlog_string(rec, "cmdpath"), "/program");
	ck_assert_str_eq(rlog_string(rec, "pathname"), program);
	rec = record_of(l, &(struct program){ .prepare = go_into_namespace, .path = "/program" });
	ck_assert_str_eq(rlog_string(rec, "pathname"), "/program");
	rec = record_of(l, &(struct program){ .prepare = mount_in_namespace, .path = mounted });
	ck_assert_str_eq(rlog_string(rec, "pathname"), mounted);
	live_close(l);
}
END_TEST

/* --- Who and with what ------------------------------------------------------------------------ */

static void rename_self(void)
{
	must(prctl(PR_SET_NAME, "earlier name") == 0);
}

START_TEST(the_name_before_is_told)
{
	struct live *l = live_open(NULL, exec_only, 0);
	char own[REC_COMM_LEN + 1] = "";
	struct decode_value v;

	ck_assert_int_eq(prctl(PR_GET_NAME, own), 0);
	v = rlog_field(record_of(l, &(struct program){ 0 }), "prev_comm");
	ck_assert_str_eq((const char *)v.bytes, own);
	v = rlog_field(record_of(l, &(struct program){ .prepare = rename_self }), "prev_comm");
	ck_assert_str_eq((const char *)v.bytes, "earlier name");
	live_close(l);
}
END_TEST

static void stdin_file(void)
{
	live_write_file(live_path("input"), "text", 0600);
	must(dup2(open(live_path("input"), O_RDONLY), 0) == 0);
}

static void stdin_pipe(void)
{
	int fds[2];

	must(pipe(fds) == 0 && dup2(fds[0], 0) == 0);
}

static void stdin_socket(void)
{
	int fds[2];

	must(socketpair(AF_UNIX, SOCK_STREAM, 0, fds) == 0 && dup2(fds[0], 0) == 0);
}

static void stdin_null(void)
{
	must(dup2(open("/dev/null", O_RDONLY), 0) == 0);
}

static void stdin_closed(void)
{
	must(close(0) == 0 || errno == EBADF);
}

START_TEST(standard_input_is_told)
{
	static const struct {
		void (*prepare)(void);
		unsigned int type;
		const char *path; /* NULL: whatever */
		uint8_t flags;
	} cases[] = {
		{ stdin_file, S_IFREG, "input", 0 },   { stdin_pipe, S_IFIFO, "", 0 },
		{ stdin_socket, S_IFSOCK, NULL, 0 },   { stdin_null, S_IFCHR, "/dev/null", 0 },
		{ stdin_closed, 0, "", REC_VAR_NULL },
	};
	struct live *l = live_open(NULL, exec_only, 0);
	const struct rec_hdr *rec = record_of(l, &(struct program){ .prepare = cases[_i].prepare });
	struct decode_value v = rlog_field(rec, "stdin_path");
	const char *path = rlog_string(rec, "stdin_path"), *slash;

	ck_assert_uint_eq(rlog_field(rec, "stdin_type").u, cases[_i].type);
	ck_assert_uint_eq(v.var_flags, cases[_i].flags);
	if (cases[_i].path && cases[_i].path[0] != '/' && path && (slash = strrchr(path, '/')))
		path = slash + 1;
	if (cases[_i].path)
		ck_assert_str_eq(path ? path : "", cases[_i].path);
	live_close(l);
}
END_TEST

static void go_to_root(void)
{
	must(chdir("/") == 0);
}

static void go_into_folder(void)
{
	must((mkdir(live_path("folder"), 0700) == 0 || errno == EEXIST) &&
	     chdir(live_path("folder")) == 0);
}

START_TEST(the_working_directory_is_told)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const struct rec_hdr *rec = record_of(l, &(struct program){ .prepare = go_to_root });

	ck_assert_str_eq(rlog_string(rec, "pwd"), "/");
	rec = record_of(l, &(struct program){ .prepare = go_into_folder });
	ck_assert_str_eq(rlog_string(rec, "pwd"), live_path("folder"));
	live_close(l);
}
END_TEST

static void lose_a_child(void *arg)
{
	pid_t killed = live_fork();
	int status;

	(void)arg;
	if (killed == 0) {
		(void)raise(SIGKILL);
		_exit(97);
	}
	*(pid_t *)live_shared = killed;
	must(waitpid(killed, &status, 0) == killed && WIFSIGNALED(status));
}

START_TEST(the_signal_that_killed_is_told)
{
	static const char *const exits[] = { "sched_process_exit", NULL };
	struct live *l = live_open(NULL, exits, 0);
	pid_t parent = live_run(l, lose_a_child, NULL);
	const struct rec_hdr *rec =
		rlog_only(&l->log, *(pid_t *)live_shared, EV_SCHED_PROCESS_EXIT);

	ck_assert_int_eq(rlog_field(rec, "signal_code").s, SIGKILL);
	ck_assert_int_eq(rlog_field(rec, "exit_code").s, SIGKILL);
	rec = rlog_only(&l->log, parent, EV_SCHED_PROCESS_EXIT);
	ck_assert_int_eq(rlog_field(rec, "signal_code").s, 0);
	live_close(l);
}
END_TEST

static void become_somebody(void)
{
	must(setresgid(4321, 4321, 4321) == 0 && setresuid(1234, 1234, 1234) == 0);
}

START_TEST(a_setuid_program_shows_both_users)
{
	struct live *l = live_open(NULL, exec_only, 0);
	const char *path = live_path("setuid");
	const struct rec_task *task;
	struct statvfs fs;

	live_copy(live_tiny(), path, 04755);
	ck_assert_int_eq(statvfs(path, &fs), 0);
	if (fs.f_flag & ST_NOSUID) {
		live_skip_part("'%s' is mounted without setuid", live_dir());
	} else {
		task = rlog_context(&l->log,
				    record_of(l, &(struct program){ .prepare = become_somebody,
								    .path = path }));
		ck_assert_uint_eq(task->uid, 1234);
		ck_assert_uint_eq(task->euid, 0);
		ck_assert_uint_eq(task->gid, 4321);
		ck_assert_uint_eq(task->egid, 4321);
		ck_assert_uint_ne(task->cap_effective, 0);
	}
	live_close(l);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("live/exec");
	TCase *tc = tcase_create("details");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, argv_is_complete, 0, 3);
	tcase_add_test(tc, an_argv_of_a_megabyte_is_cut_and_marked);
	tcase_add_test(tc, an_argv_without_arguments_is_seen_as_the_kernel_makes_it);
	tcase_add_test(tc, the_environment_comes_when_it_is_asked_for);
	tcase_add_test(tc, a_script_is_told_from_its_interpreter);
	tcase_add_test(tc, the_file_is_identified);
	tcase_add_test(tc, the_dynamic_linker_is_the_interpreter);
	tcase_add_test(tc, a_memory_file_has_its_name);
	tcase_add_test(tc, a_deleted_program_has_the_path_it_had);
	tcase_add_test(tc, a_deep_path_is_complete);
	tcase_add_test(tc, a_path_that_is_too_long_keeps_its_end);
	tcase_add_test(tc, a_path_is_as_the_mount_namespace_sees_it);
	tcase_add_test(tc, the_name_before_is_told);
	tcase_add_loop_test(tc, standard_input_is_told, 0, 5);
	tcase_add_test(tc, the_working_directory_is_told);
	tcase_add_test(tc, the_signal_that_killed_is_told);
	tcase_add_test(tc, a_setuid_program_shows_both_users);
	suite_add_tcase(s, tc);
	return s;
}

int main(int argc, char **argv)
{
	static const char *const none[] = { NULL };

	return live_main(argc, argv, make_suite, none);
}
