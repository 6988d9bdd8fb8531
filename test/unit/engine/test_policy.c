/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/policy.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/policy/later.h"

/* Set by CMake; the policies that come with Warder. */
#ifndef RULES_DIR
#define RULES_DIR "rules"
#endif

static struct pol_set *set;
static struct err err;

static void set_up(void)
{
	set = pol_set_new();
	ck_assert_ptr_nonnull(set);
	memset(&err, 0, sizeof(err));
}

static void tear_down(void)
{
	pol_set_free(set);
	set = NULL;
}

static int parse(const char *text)
{
	return pol_set_parse(set, text, strlen(text), "p.yaml", &err);
}

static void parse_well(const char *text)
{
	int rc = parse(text);

	ck_assert_msg(rc == 0, "%d: %s", rc, err.text);
}

static void compile_well(void)
{
	ck_assert_int_eq(pol_set_compile(set, &err), 0);
}

static size_t n_wanted_events(void)
{
	size_t n = 0;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++)
		n += set->n_wanted[slot] > 0;
	return n;
}

static size_t n_in_set(const char *name)
{
	size_t n = 0;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++)
		n += event_def_in_set(&event_defs[slot], name, strlen(name));
	return n;
}

static uint32_t n_policies_of(const char *event)
{
	return set->n_wanted[event_def_find_name(event)->slot];
}

#define META "kind: Policy\nmetadata:\n  name: p\nspec:\n" /* lines 1 to 4 */
#define HEAD META "  scope: [global]\n"                    /* ... and 5 */
#define PLAIN "type: policy\nname: p\nscope: [global]\n"   /* lines 1 to 3 */
#define GOOD HEAD "  rules: [{event: read}]\n"
#define GOOD_AS(name)                                                                              \
	"kind: Policy\nmetadata: {name: " name                                                     \
	"}\nspec: {scope: [global], rules: [{event: read}]}\n"

static const char *const good[] = {
	GOOD,
	"apiVersion: tracee.aquasec.com/v1beta1\n" GOOD,
	PLAIN "rules: [{event: read}]\n",
	PLAIN "description: d\nversion: 1.0.0\ndefaultActions: [log, print]\n"
	      "rules: [{event: read, actions: [print], filters: []}]\n",
	GOOD "  defaultActions:\n",
	HEAD "  rules:\n    - event: read\n      filters:\n      actions:\n",
	HEAD "  rules:\n  - event: \"read\"\n",
	HEAD "  rules:\n    - event: read\n...\n",
	"---\n" GOOD "---\n",
	"%YAML 1.1\n---\n" GOOD,
	"\xef\xbb\xbf" GOOD,
	/* what kubectl shows */
	"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n  annotations:\n"
	"    description: traces default events\n    meta.helm.sh/release-name: tracee\n"
	"  creationTimestamp: null\n  generation: 1\n  labels:\n"
	"    app.kubernetes.io/managed-by: Helm\n  managedFields:\n  - {manager: helm}\n"
	"  name: p\n  resourceVersion: \"1\"\n  uid: 5f9b\nspec:\n  rules:\n  - event: read\n"
	"  scope:\n  - global\nstatus: {loaded: true}\n",
	/* JSON */
	"{\"apiVersion\": \"tracee.aquasec.com\\/v1beta1\", \"kind\": \"Policy\",\n"
	"\t\"metadata\": {\"name\": \"p\", \"annotations\": {\"description\": null}},\n"
	"\t\"spec\": {\"scope\": [\"global\"], \"rules\": [{\"event\": \"read\"}]}}\n",
	/* Windows line ends */
	"kind: Policy\r\nmetadata:\r\n  name: p\r\nspec:\r\n  scope:\r\n    - global\r\n  "
	"rules:\r\n"
	"    - event: read\r\n",
};

START_TEST(good_policy_is_taken)
{
	parse_well(good[_i]);
	ck_assert_uint_eq(set->n_policies, 1);
	ck_assert_str_eq(set->policies[0].name, "p");
	ck_assert_str_eq(set->policies[0].file, "p.yaml");
	ck_assert_ptr_nonnull(set->policies[0].description);
	ck_assert_uint_eq(set->policies[0].n_rules, 1);
	ck_assert_int_eq(set->policies[0].rules[0].kind, POL_RULE_EVENT);
	ck_assert_ptr_eq(set->policies[0].rules[0].event, event_def_find(EV_READ));
	ck_assert_str_eq(set->policies[0].rules[0].event_name, "read");
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 1);
	ck_assert_uint_eq(n_policies_of("read"), 1);
}
END_TEST

START_TEST(place_is_right_behind_a_byte_order_mark_and_windows_line_ends)
{
	ck_assert_int_lt(parse("\xef\xbb\xbfkind: Polcy\n"), 0);
	ck_assert_str_eq(err.text, "p.yaml:1:7: kind 'Polcy' is not known; expected 'Policy'");
	ck_assert_int_lt(parse("type: policy\r\nname: p\r\nscope: [global]\r\nrules:\r\n"
			       "  - event: opnat\r\n"),
			 0);
	ck_assert_str_eq(err.text, "p.yaml:5:12: rule 1: event 'opnat' is not known; did you mean "
				   "'openat'?");
}
END_TEST

START_TEST(descriptions_come_from_both_forms)
{
	parse_well("kind: Policy\nmetadata: {name: a, annotations: {description: one, x: [y]}}\n"
		   "spec: {scope: [global], rules: [{event: read}]}\n---\n"
		   "type: policy\nname: b\ndescription: two\nscope: [global]\n"
		   "rules: [{event: read}]\n---\n" GOOD_AS("c"));
	ck_assert_str_eq(set->policies[0].description, "one");
	ck_assert_str_eq(set->policies[1].description, "two");
	ck_assert_str_eq(set->policies[2].description, "");
}
END_TEST

START_TEST(documents_of_a_file_are_policies_in_order)
{
	parse_well(GOOD_AS("a") "---\n" GOOD_AS("b") "---\n---\n" GOOD_AS("c"));
	ck_assert_uint_eq(set->n_policies, 3);
	ck_assert_str_eq(set->policies[0].name, "a");
	ck_assert_str_eq(set->policies[2].name, "c");
	compile_well();
	ck_assert_uint_eq(n_policies_of("read"), 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(set->wanted[EV_READ_slot][i], i);
	ck_assert_ptr_null(set->wanted[EV_WRITE_slot]);
}
END_TEST

START_TEST(failure_in_a_later_document_takes_back_the_earlier_ones)
{
	parse_well(GOOD_AS("a"));
	ck_assert_int_lt(
		parse(GOOD_AS("b") "---\n" PLAIN "rules: [{event: vfs_read}]\n---\nkind: Polcy\n"),
		0);
	ck_assert_uint_eq(set->n_policies, 1);
	ck_assert_uint_eq(set->n_unavailable, 0);
	parse_well(GOOD_AS("b")); /* its name is free again */
	ck_assert_uint_eq(set->n_policies, 2);
}
END_TEST

START_TEST(set_wants_its_events_once)
{
	parse_well(HEAD "  rules: [{event: fs}, {event: openat}, {event: fs_file_ops}]\n");
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), n_in_set("fs"));
	ck_assert_uint_eq(n_policies_of("openat"), 1);
	ck_assert_int_eq(set->policies[0].rules[0].kind, POL_RULE_SET);
	ck_assert_ptr_null(set->policies[0].rules[0].event);
}
END_TEST

START_TEST(every_system_call_is_in_a_set)
{
	parse_well(HEAD "  rules: [{event: syscalls}]\n");
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), n_in_set("syscalls"));
}
END_TEST

START_TEST(word_that_is_event_and_set_is_the_event)
{
	parse_well(HEAD "  rules: [{event: time}, {event: ipc}]\n");
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 2);
	ck_assert_uint_eq(n_policies_of("time"), 1);
}
END_TEST

START_TEST(event_of_later_loads_and_is_listed_once)
{
	const char *first = pol_later_at(0), *second = pol_later_at(1);
	char text[1024];

	snprintf(text, sizeof(text),
		 "kind: Policy\nmetadata: {name: a}\nspec:\n  scope: [global]\n  rules:\n"
		 "    - event: %s\n    - event: %s\n    - event: read\n---\n"
		 "kind: Policy\nmetadata: {name: b}\nspec:\n  scope: [global]\n  rules:\n"
		 "    - event: %s\n",
		 first, second, second);
	parse_well(text);
	ck_assert_uint_eq(set->n_policies, 2);
	ck_assert_uint_eq(set->n_unavailable, 2);
	ck_assert_ptr_eq(set->unavailable[0], first);
	ck_assert_ptr_eq(set->unavailable[1], second);
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 1);
	ck_assert_int_eq(set->policies[1].rules[0].kind, POL_RULE_UNAVAILABLE);
}
END_TEST

START_TEST(compiling_again_takes_what_came_since)
{
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 0);
	parse_well(GOOD_AS("a"));
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 1);
	ck_assert_int_eq(pol_set_select(set, "read,write", &err), 0);
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 2);
	ck_assert_uint_eq(n_policies_of("read"), 2);
}
END_TEST

START_TEST(five_thousand_policies_load)
{
	CLEANUP_FREE char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	ck_assert_ptr_nonnull(out);
	for (int i = 0; i < 5000; i++) {
		fprintf(out, "kind: Policy\nmetadata:\n  name: p-%d\nspec:\n  scope: [global]\n",
			i);
		fputs("  rules:\n", out);
		for (int j = 0; j < 5; j++)
			fprintf(out, "    - event: %s\n",
				event_defs[EV_READ_slot + (i + 90 * j) % 450].name);
		fputs("---\n", out);
	}
	ck_assert_int_eq(fclose(out), 0);
	parse_well(text);
	ck_assert_uint_eq(set->n_policies, 5000);
	compile_well();
	ck_assert_uint_eq(n_wanted_events(), 450);
}
END_TEST

/* Files. */

static char dir[64];

static void make_dir(void)
{
	set_up();
	strcpy(dir, "/tmp/warder-test-policy-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(dir));
}

static void remove_dir(void)
{
	char command[128];

	snprintf(command, sizeof(command), "rm -rf '%s'", dir);
	ck_assert_int_eq(system(command), 0);
	tear_down();
}

static const char *path_of(const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void write_file(const char *name, const char *text)
{
	FILE *out = fopen(path_of(name), "w");

	ck_assert_ptr_nonnull(out);
	ck_assert_int_ge(fputs(text, out), 0);
	ck_assert_int_eq(fclose(out), 0);
}

/* `expect` is the message behind the directory's name. */
static void load_fails(const char *path, int code, const char *expect)
{
	ck_assert_int_eq(pol_set_load(set, path, &err), code);
	ck_assert_int_eq(strncmp(err.text, dir, strlen(dir)), 0);
	ck_assert_str_eq(err.text + strlen(dir), expect);
}

START_TEST(directory_is_read_in_name_order)
{
	write_file("20-b.yml", GOOD_AS("b"));
	write_file("10-a.yaml", GOOD_AS("a"));
	write_file("30-c.json", "{\"type\": \"policy\", \"name\": \"c\", \"scope\": [\"global\"],"
				"\"rules\": [{\"event\": \"read\"}]}");
	write_file("README", "not a policy");
	write_file("x.yaml.bak", "not a policy");
	write_file(".hidden.yaml", "not a policy");
	ck_assert_int_eq(mkdir(path_of("..data"), 0700), 0);
	ck_assert_int_eq(pol_set_load(set, dir, &err), 0);
	ck_assert_uint_eq(set->n_policies, 3);
	ck_assert_str_eq(set->policies[0].name, "a");
	ck_assert_str_eq(set->policies[1].name, "b");
	ck_assert_str_eq(set->policies[2].name, "c");
	ck_assert_str_eq(set->policies[1].file, path_of("20-b.yml"));
}
END_TEST

START_TEST(symbolic_link_is_followed) /* a mounted ConfigMap is made of them */
{
	ck_assert_int_eq(mkdir(path_of("..data"), 0700), 0);
	write_file("..data/a.yaml", GOOD_AS("a"));
	ck_assert_int_eq(symlink("..data/a.yaml", path_of("a.yaml")), 0);
	ck_assert_int_eq(pol_set_load(set, dir, &err), 0);
	ck_assert_uint_eq(set->n_policies, 1);
}
END_TEST

START_TEST(broken_file_takes_back_its_whole_directory)
{
	ck_assert_int_eq(pol_set_select(set, "write", &err), 0);
	write_file("1.yaml", GOOD_AS("a"));
	write_file("2.yaml", "kind: Policy\nmetadata: {name: b}\nspec:\n  scope: [global]\n"
			     "  rules:\n    - event: vfs_read\n    - event: opnat\n");
	load_fails(dir, -ENOENT,
		   "/2.yaml:7:14: rule 2: event 'opnat' is not known; did you mean 'openat'?");
	ck_assert_uint_eq(set->n_policies, 1);
	ck_assert_uint_eq(set->n_unavailable, 0);
	write_file("2.yaml", GOOD_AS("b"));
	ck_assert_int_eq(pol_set_load(set, dir, &err), 0);
	ck_assert_uint_eq(set->n_policies, 3);
}
END_TEST

START_TEST(name_is_unique_across_files)
{
	char expect[512];

	write_file("1.yaml", GOOD_AS("a"));
	write_file("2.yaml", GOOD_AS("a"));
	snprintf(expect, sizeof(expect),
		 "%s/2.yaml:2:18: policy 'a' is there twice; the first is in %s/1.yaml:2", dir,
		 dir);
	ck_assert_int_eq(pol_set_load(set, dir, &err), -EEXIST);
	ck_assert_str_eq(err.text, expect);
	ck_assert_int_eq(pol_set_load(set, path_of("1.yaml"), &err), 0);
	ck_assert_int_eq(pol_set_load(set, path_of("1.yaml"), &err), -EEXIST);
	ck_assert_uint_eq(set->n_policies, 1);
}
END_TEST

START_TEST(path_without_a_policy_is_refused)
{
	ck_assert_int_eq(pol_set_load(set, "", &err), -EINVAL);
	ck_assert_str_eq(err.text, "policy path is empty");
	load_fails(dir, -ENOENT, ": no .yaml, .yml or .json file in it");
	load_fails(path_of("none.yaml"), -ENOENT, "/none.yaml: cannot be opened (ENOENT)");
	write_file("empty.yaml", "");
	load_fails(path_of("empty.yaml"), -EINVAL,
		   "/empty.yaml: no policy in it; expected 'kind: Policy' or 'type: policy'");
	load_fails(dir, -EINVAL,
		   "/empty.yaml: no policy in it; expected 'kind: Policy' or 'type: policy'");
}
END_TEST

START_TEST(what_is_no_regular_file_is_refused_without_waiting)
{
	ck_assert_int_eq(mkfifo(path_of("pipe.yaml"), 0600), 0);
	load_fails(path_of("pipe.yaml"), -EINVAL, "/pipe.yaml: not a regular file");
	load_fails(dir, -EINVAL, "/pipe.yaml: not a regular file");
	ck_assert_int_eq(unlink(path_of("pipe.yaml")), 0);
	ck_assert_int_eq(mkdir(path_of("d.yaml"), 0700), 0);
	load_fails(dir, -EINVAL, "/d.yaml: not a regular file");
	ck_assert_int_eq(pol_set_load(set, "/dev/zero", &err), -EINVAL);
}
END_TEST

START_TEST(file_of_the_largest_size_is_read)
{
	char *text = malloc(POL_FILE_BYTES_MAX + 1);

	ck_assert_ptr_nonnull(text);
	memset(text, '#', POL_FILE_BYTES_MAX);
	text[POL_FILE_BYTES_MAX] = '\0';
	memcpy(text, GOOD, strlen(GOOD));
	write_file("a.yaml", text);
	free(text);
	ck_assert_int_eq(pol_set_load(set, path_of("a.yaml"), &err), 0);
	ck_assert_int_eq(truncate(path_of("a.yaml"), POL_FILE_BYTES_MAX + 1), 0);
	load_fails(path_of("a.yaml"), -EFBIG, "/a.yaml: larger than 4194304 bytes");
	ck_assert_int_eq(truncate(path_of("a.yaml"), 100 << 20), 0);
	load_fails(dir, -EFBIG, "/a.yaml: larger than 4194304 bytes");
}
END_TEST

static const char *const shipped[] = {
	RULES_DIR "/policies",
	RULES_DIR "/policies/default.yaml",
	RULES_DIR "/policies/quickstart.yaml",
	RULES_DIR "/policies/examples",
};

START_TEST(policies_that_come_with_warder_load)
{
	int rc = pol_set_load(set, shipped[_i], &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_uint_ge(set->n_policies, 1);
	for (size_t i = 0; i < set->n_policies; i++)
		ck_assert_str_ne(set->policies[i].description, "");
}
END_TEST

START_TEST(default_policy_is_tracees) /* 30 signatures, and containers that come and go */
{
	ck_assert_int_eq(pol_set_load(set, RULES_DIR "/policies/default.yaml", &err), 0);
	ck_assert_uint_eq(set->n_policies, 1);
	ck_assert_uint_eq(set->policies[0].n_rules, 32);
}
END_TEST

START_TEST(quickstart_policy_wants_the_default_set)
{
	ck_assert_int_eq(pol_set_load(set, RULES_DIR "/policies/quickstart.yaml", &err), 0);
	ck_assert_uint_eq(set->n_unavailable, 0);
	compile_well();
	for (size_t slot = 0; slot < EVENT_SLOTS; slot++)
		if (event_def_in_set(&event_defs[slot], "default", strlen("default")))
			ck_assert_msg(set->n_wanted[slot] == 1, "%s", event_defs[slot].name);
	ck_assert_uint_eq(n_wanted_events(), n_in_set("default") + 1); /* and fchmodat2 */
}
END_TEST

static TCase *files_case(void)
{
	TCase *tc = tcase_create("files");

	tcase_add_checked_fixture(tc, make_dir, remove_dir);
	tcase_add_test(tc, directory_is_read_in_name_order);
	tcase_add_test(tc, symbolic_link_is_followed);
	tcase_add_test(tc, broken_file_takes_back_its_whole_directory);
	tcase_add_test(tc, name_is_unique_across_files);
	tcase_add_test(tc, path_without_a_policy_is_refused);
	tcase_add_test(tc, what_is_no_regular_file_is_refused_without_waiting);
	tcase_add_test(tc, file_of_the_largest_size_is_read);
	tcase_add_loop_test(tc, policies_that_come_with_warder_load, 0, ARRAY_LEN(shipped));
	tcase_add_test(tc, default_policy_is_tracees);
	tcase_add_test(tc, quickstart_policy_wants_the_default_set);
	return tc;
}

static TCase *good_case(void)
{
	TCase *tc = tcase_create("good");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, good_policy_is_taken, 0, ARRAY_LEN(good));
	tcase_add_test(tc, place_is_right_behind_a_byte_order_mark_and_windows_line_ends);
	tcase_add_test(tc, descriptions_come_from_both_forms);
	tcase_add_test(tc, documents_of_a_file_are_policies_in_order);
	tcase_add_test(tc, failure_in_a_later_document_takes_back_the_earlier_ones);
	tcase_add_test(tc, set_wants_its_events_once);
	tcase_add_test(tc, every_system_call_is_in_a_set);
	tcase_add_test(tc, word_that_is_event_and_set_is_the_event);
	tcase_add_test(tc, event_of_later_loads_and_is_listed_once);
	tcase_add_test(tc, compiling_again_takes_what_came_since);
	tcase_add_test(tc, five_thousand_policies_load);
	return tc;
}

static Suite *policy_suite(void)
{
	Suite *suite = suite_create("policy");

	suite_add_tcase(suite, good_case());
	suite_add_tcase(suite, files_case());
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(policy_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
