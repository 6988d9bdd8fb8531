/* SPDX-License-Identifier: Apache-2.0 */
/* What counts as a change of the policies, and when; on real files. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/loop.h"
#include "engine/now.h"
#include "engine/path_walk.h"
#include "engine/policy_watch.h"

/* Longer than a burst may take, and than a busy machine holds us up. */
#define PATIENCE_NS (10 * NOW_NS_PER_S)
/* Nothing is to happen in this time. */
#define SILENCE_NS (5 * POLICY_WATCH_QUIET_NS / 2)

static char root[PATH_MAX];
static struct loop *loop;
static struct policy_watch *watch;

/* Absolute, below the test's folder; four of them at a time. */
static const char *at(const char *name)
{
	static char paths[4][2 * PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 4];

	(void)snprintf(path, sizeof(paths[0]), "%s/%s", root, name);
	return path;
}

static void put(const char *name, const char *text)
{
	FILE *file = fopen(at(name), "we");

	ck_assert_msg(file != NULL, "%s: %s", name, strerror(errno));
	ck_assert_int_ge(fputs(text, file), 0);
	ck_assert_int_eq(fclose(file), 0);
}

static void make_dir(const char *name)
{
	ck_assert_msg(mkdir(at(name), 0755) == 0, "%s: %s", name, strerror(errno));
}

static void move(const char *from, const char *to)
{
	ck_assert_msg(rename(at(from), at(to)) == 0, "%s: %s", from, strerror(errno));
}

static void link_to(const char *target, const char *name)
{
	ck_assert_msg(symlink(target, at(name)) == 0, "%s: %s", name, strerror(errno));
}

static void setup(void)
{
	char folder[] = "/tmp/warder-watch-XXXXXX";

	ck_assert_ptr_nonnull(mkdtemp(folder));
	ck_assert_ptr_nonnull(realpath(folder, root));
	loop = loop_new(LOOP_AUTO, NULL);
	ck_assert_ptr_nonnull(loop);
	make_dir("p");
	put("p/a.yaml", "one");
}

static void teardown(void)
{
	char command[PATH_MAX + 16];

	policy_watch_free(watch);
	watch = NULL;
	loop_free(loop);
	(void)snprintf(command, sizeof(command), "rm -rf %s", root); /* ours: short */
	ck_assert_int_eq(system(command), 0);
}

static void begin(const char *name)
{
	static char path[2 * PATH_MAX];
	static const char *const paths[] = { path };
	struct err err = { 0 };

	(void)snprintf(path, sizeof(path), "%s", at(name));
	watch = policy_watch_new(paths, 1, &err);
	ck_assert_msg(watch != NULL, "%s", err.text);
	ck_assert_int_eq(policy_watch_join(watch, loop, &err), 0);
	ck_assert_msg(!policy_watch_is_blind(watch, &err), "%s", err.text);
}

/* Runs the loop. True when a burst was over in that time; *ret_ns says how long it took. */
static bool wait_for_change(int64_t patience_ns, uint64_t *ret_ns)
{
	uint64_t began_ns = now_boot_ns(), now_ns = began_ns;
	int64_t ns;

	while (now_ns - began_ns < (uint64_t)patience_ns) {
		if (policy_watch_take(watch, now_ns, &ns)) {
			if (ret_ns)
				*ret_ns = now_ns - began_ns;
			return true;
		}
		if (ns < 0 || ns > 20 * NOW_NS_PER_MS)
			ns = 20 * NOW_NS_PER_MS;
		ck_assert_int_ge(loop_wait(loop, ns), 0);
		now_ns = now_boot_ns();
	}
	return false;
}

static void expect_change(const char *what)
{
	ck_assert_msg(wait_for_change(PATIENCE_NS, NULL), "%s: no change was noticed", what);
}

static void expect_silence(const char *what)
{
	ck_assert_msg(!wait_for_change(SILENCE_NS, NULL), "%s: taken for a change", what);
}

/* ---- one thing that happens, in a folder "p" or to a file "p/a.yaml" ---- */

static void write_file(void)
{
	put("p/a.yaml", "two");
}

static void replace_file(void)
{
	put("p/.a.yaml.swp", "two");
	move("p/.a.yaml.swp", "p/a.yaml");
}

static void replace_from_elsewhere(void)
{
	put("new.yaml", "two");
	move("new.yaml", "p/a.yaml");
}

/* As vim does with a backup: away, and written anew. */
static void backup_and_write(void)
{
	move("p/a.yaml", "p/a.yaml~");
	put("p/a.yaml", "two");
}

static void remove_file(void)
{
	ck_assert_int_eq(unlink(at("p/a.yaml")), 0);
}

static void change_mode(void)
{
	ck_assert_int_eq(chmod(at("p/a.yaml"), 0600), 0);
}

static void add_file(void)
{
	put("p/b.yml", "new");
}

static void add_link(void)
{
	put("elsewhere", "new");
	link_to("../elsewhere", "p/b.json");
}

static void replace_folder(void)
{
	make_dir("q");
	put("q/a.yaml", "two");
	move("p", "old");
	move("q", "p");
}

static void remove_folder(void)
{
	ck_assert_int_eq(unlink(at("p/a.yaml")), 0);
	ck_assert_int_eq(rmdir(at("p")), 0);
}

static void add_note(void)
{
	put("p/README", "text");
	put("p/.hidden.yaml", "text");
	put("p/a.yaml~", "text");
}

static void add_next_to_it(void)
{
	put("other.yaml", "text");
	make_dir("other");
	put("other/a.yaml", "text");
}

static void read_it(void)
{
	CLEANUP_FD int fd = open(at("p/a.yaml"), O_RDONLY | O_CLOEXEC);
	char byte;

	ck_assert_int_eq(read(fd, &byte, 1), 1);
}

static const struct {
	const char *what;
	void (*act)(void);
	bool in_folder, in_file; /* a change when that is watched */
} acts[] = {
	{ "written in place", write_file, true, true },
	{ "written beside and moved over it", replace_file, true, true },
	{ "moved over it from another folder", replace_from_elsewhere, true, true },
	{ "moved away and written", backup_and_write, true, true },
	{ "removed", remove_file, true, true },
	{ "another mode", change_mode, true, true },
	{ "another file", add_file, true, false },
	{ "another file, by a link", add_link, true, false },
	{ "folder replaced", replace_folder, true, true },
	{ "folder removed", remove_folder, true, true },
	{ "files that are no policies", add_note, false, false },
	{ "files next to the folder", add_next_to_it, false, false },
	{ "read", read_it, false, false },
};

START_TEST(folder_is_watched)
{
	begin("p");
	acts[_i].act();
	if (acts[_i].in_folder)
		expect_change(acts[_i].what);
	expect_silence(acts[_i].what);
}
END_TEST

START_TEST(file_is_watched)
{
	begin("p/a.yaml");
	acts[_i].act();
	if (acts[_i].in_file)
		expect_change(acts[_i].what);
	expect_silence(acts[_i].what);
}
END_TEST

/* ---- the way to them ---- */

/* Swaps "..data" as the kubelet does: a new folder, a new link, moved over the old one. */
static void swap_config_map(const char *version)
{
	char folder[64], file[80];

	(void)snprintf(folder, sizeof(folder), "p/..%s", version);
	(void)snprintf(file, sizeof(file), "%s/m.yaml", folder);
	make_dir(folder);
	put(file, version);
	link_to(folder + 2, "p/..data_tmp");
	move("p/..data_tmp", "p/..data");
}

static const char *const config_map_paths[] = { "p", "p/m.yaml" };

START_TEST(config_map_is_swapped)
{
	swap_config_map("1");
	link_to("..data/m.yaml", "p/m.yaml");
	begin(config_map_paths[_i]);
	for (int i = 2; i < 5; i++) {
		char version[16];

		(void)snprintf(version, sizeof(version), "%d", i);
		swap_config_map(version);
		expect_change("swapped");
		expect_silence("swapped once");
	}
	put("p/..4/m.yaml", "new"); /* not what a kubelet does, but a change */
	expect_change("written behind the link");
	put("p/..2/m.yaml", "new"); /* nobody uses it any more */
	expect_silence("written to a former version");
}
END_TEST

START_TEST(link_on_the_way_is_changed)
{
	make_dir("v1");
	make_dir("v2");
	put("v1/a.yaml", "one");
	put("v2/a.yaml", "two");
	link_to("v1", "current");
	begin("current");
	put("v2/a.yaml", "not in use");
	expect_silence("other version");
	link_to("v2", "next");
	move("next", "current");
	expect_change("link replaced");
	put("v2/a.yaml", "in use");
	expect_change("new target written");
	put("v1/a.yaml", "not in use any more");
	expect_silence("former target written");
}
END_TEST

START_TEST(folder_comes_back)
{
	begin("p");
	remove_folder();
	expect_change("removed");
	make_dir("p");
	expect_change("made again");
	put("p/a.yaml", "two");
	expect_change("file in it");
	put("p/a.yaml", "three");
	expect_change("file written again");
}
END_TEST

/* Several levels at once, and with a pause at each. */
START_TEST(whole_way_comes_back)
{
	make_dir("x");
	make_dir("x/y");
	make_dir("x/y/z");
	put("x/y/z/a.yaml", "one");
	begin("x/y/z");
	move("x", "old");
	expect_change("moved away");
	make_dir("x");
	expect_change("first level");
	make_dir("x/y");
	expect_change("second level");
	make_dir("x/y/z");
	expect_change("third level");
	put("x/y/z/a.yaml", "two");
	expect_change("file");
	move("x", "older");
	move("old", "x");
	expect_change("all at once");
	put("x/y/z/a.yaml", "three");
	expect_change("file in the old one");
}
END_TEST

START_TEST(file_that_is_not_there_yet)
{
	begin("p/late.yaml");
	put("p/late.yaml", "here");
	expect_change("made");
}
END_TEST

/* ---- when ---- */

START_TEST(burst_is_one_change)
{
	uint64_t took_ns = 0;

	begin("p");
	for (int i = 0; i < 100; i++) {
		put("p/a.yaml", "again");
		put("p/b.yaml", "again");
	}
	ck_assert(wait_for_change(PATIENCE_NS, &took_ns));
	ck_assert_uint_ge(took_ns, (uint64_t)POLICY_WATCH_QUIET_NS / 2);
	expect_silence("after the burst");
}
END_TEST

START_TEST(change_is_not_put_off_for_ever)
{
	uint64_t began_ns = now_boot_ns();
	bool is_taken = false;

	begin("p");
	while (!is_taken && now_boot_ns() - began_ns < (uint64_t)PATIENCE_NS) {
		put("p/a.yaml", "again");
		is_taken = wait_for_change(POLICY_WATCH_QUIET_NS / 4, NULL);
	}
	ck_assert(is_taken);
	ck_assert_uint_ge(now_boot_ns() - began_ns, (uint64_t)POLICY_WATCH_MAX_NS / 2);
}
END_TEST

/* More than the kernel keeps: what exactly happened is not known then. */
START_TEST(overflow_counts_as_a_change)
{
	char name[32];

	begin("p");
	for (int i = 0; i < 40000; i++) {
		(void)snprintf(name, sizeof(name), "p/note-%d", i % 100);
		if (i % 200 < 100)
			ck_assert_int_ge(close(open(at(name), O_CREAT | O_WRONLY, 0600)), 0);
		else
			ck_assert_int_eq(unlink(at(name)), 0);
	}
	expect_change("overflow");
}
END_TEST

START_TEST(blindness_is_said)
{
	struct err err = { 0 };
	static char path[2 * PATH_MAX];
	static const char *const paths[] = { path };

	(void)snprintf(path, sizeof(path), "%s", at("p/loop.yaml"));
	link_to("loop.yaml", "p/loop.yaml");
	watch = policy_watch_new(paths, 1, &err);
	ck_assert_ptr_nonnull(watch); /* the link itself is seen when it is replaced */
	ck_assert(!policy_watch_is_blind(watch, &err));
	policy_watch_free(watch);
	watch = NULL;
	if (geteuid() == 0)
		return; /* root is blind nowhere */
	ck_assert_int_eq(chmod(at("p"), 0300), 0);
	watch = policy_watch_new(paths, 1, &err);
	ck_assert_ptr_nonnull(watch);
	ck_assert(policy_watch_is_blind(watch, &err));
	ck_assert_int_eq(err.code, -EACCES);
	ck_assert_int_eq(chmod(at("p"), 0700), 0);
}
END_TEST

/* ---- path_walk ---- */

struct steps {
	char text[1024];
};

static int note_step(void *arg, const char *dir, const char *name)
{
	struct steps *s = arg;
	size_t len = strlen(s->text), root_len = strlen(root);

	if (strncmp(dir, root, root_len) == 0)
		(void)snprintf(s->text + len, sizeof(s->text) - len, "%s:%s ",
			       dir[root_len] ? dir + root_len + 1 : ".", name);
	return 0;
}

static const struct {
	const char *path, *steps, *real;
	int rc;
} walks[] = {
	{ "p/a.yaml", ".:p p:a.yaml ", "p/a.yaml", 0 },
	{ "p//./a.yaml/", ".:p p:a.yaml ", "p/a.yaml", 0 },
	{ "p/../p/a.yaml", ".:p .:p p:a.yaml ", "p/a.yaml", 0 },
	{ "l1", ".:l1 .:p ", "p", 0 },
	{ "l1/a.yaml", ".:l1 .:p p:a.yaml ", "p/a.yaml", 0 },
	{ "l2", ".:l2 .:l1 .:p p:a.yaml ", "p/a.yaml", 0 },
	{ "p/up", ".:p p:up .:l1 .:p ", "p", 0 },
	{ "p/none/x", ".:p p:none ", NULL, -ENOENT },
	{ "p/a.yaml/x", ".:p p:a.yaml p/a.yaml:x ", NULL, -ENOTDIR },
	{ "self", NULL, NULL, -ELOOP },
};

START_TEST(way_is_walked)
{
	struct steps s = { "" };
	char real[PATH_MAX] = "";

	link_to("p", "l1");
	link_to("./l1/a.yaml", "l2");
	link_to("../l1", "p/up");
	link_to("self", "self");
	ck_assert_int_eq(path_walk(at(walks[_i].path), note_step, &s, real), walks[_i].rc);
	if (walks[_i].steps)
		ck_assert_str_eq(s.text, walks[_i].steps);
	if (walks[_i].real)
		ck_assert_str_eq(real, at(walks[_i].real));
}
END_TEST

START_TEST(relative_and_absolute_ways)
{
	char real[PATH_MAX], absolute[2 * PATH_MAX];

	ck_assert_int_eq(chdir(root), 0);
	ck_assert_int_eq(path_walk("p/a.yaml", NULL, NULL, real), 0);
	ck_assert_str_eq(real, at("p/a.yaml"));
	ck_assert_int_eq(path_walk(".", NULL, NULL, real), 0);
	ck_assert_str_eq(real, root);
	ck_assert_int_eq(path_walk("/", NULL, NULL, real), 0);
	ck_assert_str_eq(real, "/");
	ck_assert_int_eq(path_walk("/../..", NULL, NULL, real), 0);
	ck_assert_str_eq(real, "/");
	(void)snprintf(absolute, sizeof(absolute), "%s", at("p"));
	link_to(absolute, "abs");
	ck_assert_int_eq(path_walk("abs/a.yaml", NULL, NULL, real), 0);
	ck_assert_str_eq(real, at("p/a.yaml"));
	memset(absolute, 'x', sizeof(absolute) - 1);
	absolute[sizeof(absolute) - 1] = '\0';
	ck_assert_int_eq(path_walk(absolute, NULL, NULL, real), -ENAMETOOLONG);
	absolute[300] = '\0'; /* one name */
	ck_assert_int_eq(path_walk(absolute, NULL, NULL, real), -ENAMETOOLONG);
	ck_assert_int_eq(chdir("/"), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("policy_watch");
	TCase *tc = tcase_create("policy_watch"), *walk = tcase_create("path_walk");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, folder_is_watched, 0, ARRAY_LEN(acts));
	tcase_add_loop_test(tc, file_is_watched, 0, ARRAY_LEN(acts));
	tcase_add_loop_test(tc, config_map_is_swapped, 0, ARRAY_LEN(config_map_paths));
	tcase_add_test(tc, link_on_the_way_is_changed);
	tcase_add_test(tc, folder_comes_back);
	tcase_add_test(tc, whole_way_comes_back);
	tcase_add_test(tc, file_that_is_not_there_yet);
	tcase_add_test(tc, burst_is_one_change);
	tcase_add_test(tc, change_is_not_put_off_for_ever);
	tcase_add_test(tc, overflow_counts_as_a_change);
	tcase_add_test(tc, blindness_is_said);
	suite_add_tcase(suite, tc);
	tcase_add_checked_fixture(walk, setup, teardown);
	tcase_add_loop_test(walk, way_is_walked, 0, ARRAY_LEN(walks));
	tcase_add_test(walk, relative_and_absolute_ways);
	suite_add_tcase(suite, walk);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
