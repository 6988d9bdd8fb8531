/* SPDX-License-Identifier: Apache-2.0 */
/* What stays readable for a reload; and, inside the sandbox, that it is that and nothing else. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/policy/policy.h"
#include "engine/policy_roots.h"
#include "engine/policy_watch.h"
#include "engine/sandbox.h"

#if defined(__SANITIZE_THREAD__)
#define SANITIZER_HAS_THREADS true /* of its own, which the sandbox refuses */
#else
#define SANITIZER_HAS_THREADS false
#endif

static char root[PATH_MAX];

static const char *at(const char *name)
{
	static char paths[8][2 * PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *policy)
{
	FILE *file = fopen(at(name), "we");

	ck_assert_msg(file != NULL, "%s: %s", name, strerror(errno));
	ck_assert_int_gt(
		fprintf(file, "type: policy\nname: %s\nscope: [global]\nrules: [{event: open}]\n",
			policy),
		0);
	ck_assert_int_eq(fchmod(fileno(file), 0644), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_dir(const char *name)
{
	ck_assert_msg(mkdir(at(name), 0700) == 0, "%s: %s", name, strerror(errno));
	ck_assert_int_eq(chmod(at(name), 0755), 0);
}

static void link_to(const char *target, const char *name)
{
	ck_assert_msg(symlink(target, at(name)) == 0, "%s: %s", name, strerror(errno));
}

/*
 * etc/p/a.yaml, etc/p/m.yaml -> ..data/m.yaml (a ConfigMap), etc/p/far.yaml -> srv/v1/far.yaml,
 * etc/current -> srv/v1
 */
static void setup(void)
{
	char folder[] = "/tmp/warder-roots-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_ptr_nonnull(realpath(folder, root));
	ck_assert_int_eq(chmod(root, 0755), 0);
	make_dir("etc");
	make_dir("etc/p");
	make_dir("etc/p/..1");
	make_dir("srv");
	make_dir("srv/v1");
	make_dir("srv/v2");
	make_dir("out");
	put("etc/p/a.yaml", "a");
	put("etc/p/..1/m.yaml", "m");
	link_to("..1", "etc/p/..data");
	link_to("..data/m.yaml", "etc/p/m.yaml");
	put("srv/v1/far.yaml", "far");
	put("srv/v2/far.yaml", "further");
	put("out/o.yaml", "o");
	link_to("../srv/v1", "etc/current");
}

static void teardown(void)
{
	char command[PATH_MAX + 16];

	(void)snprintf(command, sizeof(command), "rm -rf %s", root); /* ours: short */
	ck_assert_int_eq(system(command), 0);
}

/* `path` and what it makes readable; a space in front of each. */
static const struct {
	const char *path, *roots;
} cases[] = {
	{ "etc/p", " etc" },
	{ "etc/p/", " etc" },
	{ "etc/p/a.yaml", " etc/p" },
	{ "etc/p/m.yaml", " etc/p" },
	{ "etc/current", " etc srv" },
	{ "etc/current/far.yaml", " srv/v1" },
	{ "out/missing.yaml", " out" },
	{ "nowhere/missing.yaml", "" },
};

START_TEST(roots_are_found)
{
	const char *path = at(cases[_i].path);
	struct policy_roots roots = { 0 };
	struct err err = { 0 };
	char text[4 * PATH_MAX] = "";

	ck_assert_int_eq(policy_roots_find(&roots, &path, 1, &err), 0);
	for (size_t i = 0; i < roots.n; i++) {
		ck_assert_int_eq(strncmp(roots.items[i], root, strlen(root)), 0);
		(void)sprintf(text + strlen(text), " %s", roots.items[i] + strlen(root) + 1);
	}
	ck_assert_str_eq(text, cases[_i].roots);
	ck_assert_ptr_null(roots.items[roots.n]);
	policy_roots_done(&roots);
}
END_TEST

START_TEST(everything_is_never_one)
{
	const char *const paths[] = { "/policy.yaml", "/", "/tmp/../policy.yaml" };
	struct policy_roots roots = { 0 };

	ck_assert_int_eq(policy_roots_find(&roots, paths, ARRAY_LEN(paths), NULL), 0);
	ck_assert_uint_eq(roots.n, 0);
	policy_roots_done(&roots);
}
END_TEST

START_TEST(links_in_a_directory_are_followed)
{
	const char *path = at("etc/p");
	struct policy_roots roots = { 0 };
	struct err err = { 0 };

	link_to("../../srv/v1/far.yaml", "etc/p/far.yaml");
	ck_assert_int_eq(policy_roots_find(&roots, &path, 1, &err), 0);
	ck_assert_uint_eq(roots.n, 2);
	ck_assert_str_eq(roots.items[1], at("srv/v1"));
	ck_assert(!policy_roots_left(&roots, &path, 1, &err));
	ck_assert_int_eq(unlink(at("etc/p/far.yaml")), 0);
	link_to("../../srv/v2/far.yaml", "etc/p/far.yaml");
	ck_assert(policy_roots_left(&roots, &path, 1, &err));
	ck_assert_ptr_nonnull(strstr(err.text, at("srv/v2/far.yaml")));
	ck_assert_ptr_nonnull(strstr(err.text, "expected a restart"));
	policy_roots_done(&roots);
}
END_TEST

/* ---- inside ---- */

/* In a process of its own; 0, or the line of what failed. */
#define NEED(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			(void)dprintf(STDERR_FILENO, "line %d: %s (%s) %s\n", __LINE__,            \
				      #condition, strerror(errno), err.text);                      \
			return 1;                                                                  \
		}                                                                                  \
	} while (0)

static int load(const char *path, struct err *err)
{
	struct pol_set *set = pol_set_new();
	int rc = pol_set_load(set, path, err);

	pol_set_free(set);
	return rc;
}

static int open_errno(const char *path, int flags)
{
	CLEANUP_FD int fd = open(path, flags | O_CLOEXEC, 0600);

	return fd < 0 ? errno : 0;
}

static int enter(const char *path, struct policy_roots *roots, struct sandbox_state *state,
		 struct err *err)
{
	struct sandbox_options opt = { 0 };
	int rc = policy_roots_find(roots, &path, path ? 1 : 0, err);

	opt.readable = (const char *const *)roots->items;
	return rc < 0 ? rc : sandbox_enter(&opt, state, err);
}

static int work_on_directory(void)
{
	const char *path = at("etc/p");
	struct sandbox_state state;
	struct policy_roots roots;
	struct err err = { 0 };
	struct policy_watch *watch;

	NEED(enter(path, &roots, &state, &err) == 0);
	NEED(policy_roots_try(&path, 1, &err) == 0);
	NEED(load(path, &err) == 0);
	watch = policy_watch_new(&path, 1, &err);
	NEED(watch && !policy_watch_is_blind(watch, &err));
	policy_watch_free(watch);
	/* Not for writing, whatever the rights of the file are; and not by a call whose flags
	 * nobody sees. */
	NEED(open_errno(at("etc/p/a.yaml"), O_WRONLY) == EPERM);
	NEED(open_errno(at("etc/p/a.yaml"), O_RDWR) == EPERM);
	NEED(open_errno(at("etc/p/a.yaml"), O_RDONLY | O_TRUNC) == EPERM);
	NEED(open_errno(at("etc/p/new.yaml"), O_RDONLY | O_CREAT) == EPERM);
	NEED(open_errno(at("etc/p"), O_TMPFILE | O_RDWR) == EPERM);
	NEED(syscall(SYS_openat2, AT_FDCWD, at("etc/p/a.yaml"), NULL, 0) < 0 && errno == EPERM);
	NEED(unlink(at("etc/p/a.yaml")) < 0 && errno == EPERM);
	NEED(rename(at("etc/p/a.yaml"), at("etc/p/b.yaml")) < 0 && errno == EPERM);
	NEED(mkdir(at("etc/p/d"), 0700) < 0 && errno == EPERM);
	if (state.landlock_abi == 0)
		return 77;
	NEED(open_errno(at("out/o.yaml"), O_RDONLY) == EACCES);
	NEED(open_errno("/etc/passwd", O_RDONLY) == EACCES);
	NEED(open_errno("/proc/self/status", O_RDONLY) == EACCES);
	NEED(load(at("out"), &err) == -EACCES);
	return 0;
}

/* What comes in the place of what was there at the start. */
static int work_on_successors(void)
{
	const char *path = at("etc/p");
	struct sandbox_state state;
	struct policy_roots roots;
	struct err err = { 0 };
	int go[2], done[2];
	char byte = 0;
	pid_t pid;

	NEED(pipe2(go, O_CLOEXEC) == 0 && pipe2(done, O_CLOEXEC) == 0);
	pid = fork(); /* who may still do it */
	if (pid == 0) {
		_exit(read(go[0], &byte, 1) == 1 && rename(path, at("etc/old")) == 0 &&
				      mkdir(path, 0755) == 0 && chmod(path, 0755) == 0 &&
				      rename(at("out/o.yaml"), at("etc/p/o.yaml")) == 0 &&
				      symlink("../../srv/v2/far.yaml", at("etc/p/z.yaml")) == 0 &&
				      write(done[1], "", 1) == 1
			      ? 0
			      : 1);
	}
	NEED(enter(path, &roots, &state, &err) == 0);
	NEED(write(go[1], "", 1) == 1 && read(done[0], &byte, 1) == 1);
	NEED(load(at("etc/p/o.yaml"), &err) == 0);
	if (state.landlock_abi == 0)
		return 77;
	NEED(load(path, &err) == -EACCES);
	NEED(strstr(err.text, "z.yaml") != NULL);
	NEED(policy_roots_left(&roots, &path, 1, &err));
	NEED(policy_roots_try(&path, 1, &err) == -EACCES);
	return 0;
}

static int work_on_nothing(void)
{
	struct sandbox_state state;
	struct policy_roots roots;
	struct err err = { 0 };
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char buf[512];

	NEED(enter(NULL, &roots, &state, &err) == 0);
	NEED(open_errno(at("etc/p/a.yaml"), O_RDONLY) == EPERM);
	NEED(open_errno("/dev/null", O_RDONLY) == EPERM);
	NEED(syscall(SYS_getdents64, fd, buf, sizeof(buf)) < 0 && errno == EPERM);
	NEED(!policy_watch_new(NULL, 0, &err) && err.code == -EPERM);
	return 0;
}

static int (*const works[])(void) = { work_on_directory, work_on_successors, work_on_nothing };

START_TEST(works_inside)
{
	pid_t pid = fork();
	int status;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(works[_i]());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert(WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == 77);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy_roots");
	TCase *tc = tcase_create("policy_roots"), *inside = tcase_create("inside");
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, 1);
	SRunner *runner;
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, roots_are_found, 0, ARRAY_LEN(cases));
	tcase_add_test(tc, everything_is_never_one);
	tcase_add_test(tc, links_in_a_directory_are_followed);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(inside, setup, teardown);
	if (!SANITIZER_HAS_THREADS)
		tcase_add_loop_test(inside, works_inside, 0, ARRAY_LEN(works));
	suite_add_tcase(suite, inside);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed)
		return EXIT_FAILURE;
	if (abi > 0)
		return EXIT_SUCCESS;
	printf("skipped: what only Landlock refuses, this kernel has none\n");
	return 77;
}
