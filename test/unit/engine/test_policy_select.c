/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/select.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/later.h"
#include "engine/policy/policy.h"

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

static const struct {
	const char *list, *expect;
	int code;
} bad_lists[] = {
	{ "", "event list: an item is empty", -EINVAL },
	{ "read,,write", "event list: an item is empty", -EINVAL },
	{ "read,", "event list: an item is empty", -EINVAL },
	{ "-", "event list: an item is empty", -EINVAL },
	{ " , ", "event list: an item is empty", -EINVAL },
	{ "opnat", "event list: event 'opnat' is not known; did you mean 'openat'?", -ENOENT },
	{ "read,-opnat", "event list: event 'opnat' is not known; did you mean 'openat'?",
	  -ENOENT },
	{ "task", "event list: event 'task' is internal: it cannot be selected", -ENOENT },
	{ "xyz*", "event list: no event matches 'xyz*'", -ENOENT },
	{ "read,-xyz*", "event list: no event matches 'xyz*'", -ENOENT },
	{ "*at", "event list: '*at' is not valid; '*' may only end it", -EINVAL },
	{ "op*at", "event list: 'op*at' is not valid; '*' may only end it", -EINVAL },
	{ "read,-read", "event list: no event is left", -EINVAL },
	{ "-*", "event list: no event is left", -EINVAL },
	{ "tag=fss", "event list: event 'tag=fss': there is no such set; did you mean 'fs'?",
	  -ENOENT },
	{ "tag=fs,,net", "event list: event 'tag=': there is no such set", -ENOENT },
	{ "tag!=fs",
	  "event list: 'tag!=fs' is not valid; expected 'tag=SET' or 'EVENT.FILTER', such as "
	  "'openat.retval<0'",
	  -EINVAL },
	{ "openat=1",
	  "event list: 'openat=1' is not valid; expected 'tag=SET' or 'EVENT.FILTER', such as "
	  "'openat.retval<0'",
	  -EINVAL },
	{ "-openat.retval<0",
	  "event list: '-openat.retval<0' is not valid; what is left out has no filter", -EINVAL },
	{ "opnat.retval<0", "event list: event 'opnat' is not known; did you mean 'openat'?",
	  -ENOENT },
	{ ".retval<0", "event list: an item is empty", -EINVAL },
	{ "openat.", "event list: 'openat': a filter is empty", -EINVAL },
	{ "openat.retval<0,read",
	  "event list: 'openat': filter 'retval<0,read': 'read' is not a number of 64 bits",
	  -EINVAL },
	{ "openat.data.pathnam=/a",
	  "event list: 'openat': filter 'data.pathnam=/a': event 'openat' has no such field; did "
	  "you mean 'pathname'?",
	  -ENOENT },
	{ "fs_sync.data.fd=1",
	  "event list: 'msync': filter 'data.fd=1': event 'msync' has no such field", -ENOENT },
	{ "openat.scope.podNam=a",
	  "event list: 'openat': filter 'podNam=a' is not known; did you mean 'podName'?",
	  -ENOENT },
	{ "vfs_read.data.x",
	  "event list: 'vfs_read': filter 'data.x' has no operator; expected one "
	  "of = != < <= > >= =~ !~",
	  -EINVAL },
};

START_TEST(bad_list_is_refused)
{
	ck_assert_int_eq(pol_set_select(set, bad_lists[_i].list, &err), bad_lists[_i].code);
	ck_assert_str_eq(err.text, bad_lists[_i].expect);
	ck_assert_uint_eq(set->n_policies, 0);
	ck_assert_int_eq(pol_set_select(set, bad_lists[_i].list, NULL), bad_lists[_i].code);
}
END_TEST

START_TEST(item_that_is_too_long_is_refused)
{
	char list[1000] = "";

	memset(list, 'x', sizeof(list) - 1);
	ck_assert_int_eq(pol_set_select(set, list, &err), -EINVAL);
	ck_assert_str_eq(err.text, "event list: an item is longer than 255 bytes");
}
END_TEST

static void select_well(const char *list)
{
	int rc = pol_set_select(set, list, &err);

	ck_assert_msg(rc == 0, "%s: %s", list, err.text);
	compile_well();
}

#define ALL SIZE_MAX /* that are not internal */

static size_t n_selectable(void)
{
	size_t n = 0;

	for (size_t slot = 0; slot < EVENT_SLOTS; slot++)
		n += !event_defs[slot].is_internal;
	return n;
}

static const struct {
	const char *list;
	size_t n_events;            /* 0: does not matter */
	const char *with, *without; /* one event each */
} good_lists[] = {
	{ "openat", 1, "openat", "open" },
	{ "openat,openat", 1, "openat", "open" },
	{ " openat , read ", 2, "read", "open" },
	{ "openat*", 2, "openat2", "open" },
	{ "inotify_*", 4, "inotify_init1", "fanotify_init" },
	{ "inotify_*,-inotify_init1", 3, "inotify_init", "inotify_init1" },
	{ "-inotify_init1,inotify_*", 3, "inotify_init", "inotify_init1" },
	{ "openat,read,-open*", 1, "read", "openat" },
	{ "fs_sync", 6, "syncfs", "read" },
	{ "fs_sync,-sync*", 3, "fsync", "sync" },
	{ "fs_sync,-fs_sync,read", 1, "read", "sync" },
	{ "*", EVENT_SLOTS - 3, "lost_events", "task" }, /* nor other internal ones */
	{ "lost_events", 1, "lost_events", "read" },
};

START_TEST(list_selects_events)
{
	select_well(good_lists[_i].list);
	ck_assert_uint_eq(set->n_policies, 1);
	ck_assert_str_eq(set->policies[0].name, "");
	if (good_lists[_i].n_events)
		ck_assert_uint_eq(n_wanted_events(), good_lists[_i].n_events == ALL
							     ? n_selectable()
							     : good_lists[_i].n_events);
	ck_assert_uint_eq(n_policies_of(good_lists[_i].with), 1);
	ck_assert_uint_eq(n_policies_of(good_lists[_i].without), 0);
}
END_TEST

START_TEST(list_of_exclusions_begins_with_the_default_set)
{
	select_well("-ptrace");
	ck_assert_uint_eq(n_wanted_events(), n_in_set("default") - 1);
	ck_assert_uint_eq(n_policies_of("ptrace"), 0);
	ck_assert_uint_eq(n_policies_of("sched_process_exec"), 1);
}
END_TEST

START_TEST(list_names_what_is_not_available)
{
	const char *first = pol_later_at(0), *second = pol_later_at(1), *third = pol_later_at(2);
	char list[512];

	snprintf(list, sizeof(list), "read,%s,%s,%s*,-%s", first, first, second, third);
	select_well(list);
	ck_assert_uint_eq(n_wanted_events(), 1);
	ck_assert_uint_ge(set->n_unavailable, 2);
	ck_assert_ptr_eq(set->unavailable[0], first);
	ck_assert_ptr_eq(set->unavailable[1], second);
	for (size_t i = 0; i < set->n_unavailable; i++)
		ck_assert_ptr_ne(set->unavailable[i], third);
}
END_TEST

START_TEST(second_list_is_refused)
{
	select_well("read");
	ck_assert_int_eq(pol_set_select(set, "write", &err), -EEXIST);
	ck_assert_str_eq(err.text, "event list: there is one already");
	ck_assert_uint_eq(set->n_policies, 1);
}
END_TEST

static const struct pol_filters *filters_of(const char *event)
{
	const struct pol_policy *policy = &set->policies[0];

	for (size_t i = 0; i < policy->n_rules; i++)
		if (!strcmp(policy->rules[i].event_name, event))
			return &policy->rules[i].filters;
	ck_abort_msg("no rule for '%s'", event);
	return NULL;
}

static void select_all_well(const char *const *lists, size_t n_lists, const char *const *scopes,
			    size_t n_scopes)
{
	const struct pol_selection selection = { lists, n_lists, scopes, n_scopes };
	int rc = pol_set_select_all(set, &selection, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	compile_well();
}

START_TEST(filters_of_all_lists_go_to_their_events)
{
	static const char *const lists[] = {
		"write, openat.data.pathname=/etc/*,/usr/* ",
		"openat.retval<0",
		"fs_sync.scope.comm=a,b",
		"fsync.data.fd>2",
		"read,openat.data.flags=0",
	};

	select_all_well(lists, ARRAY_LEN(lists), NULL, 0);
	ck_assert_uint_eq(n_wanted_events(), 9);
	ck_assert_uint_eq(filters_of("write")->n, 0);
	ck_assert_uint_eq(filters_of("read")->n, 0);
	ck_assert_uint_eq(filters_of("openat")->n, 3);
	ck_assert_uint_eq(filters_of("openat")->items[0].n_terms, 2);
	ck_assert_str_eq(filters_of("openat")->items[0].terms[1].text, "/usr/");
	ck_assert_str_eq(filters_of("openat")->items[1].name, "retval");
	ck_assert_uint_eq(filters_of("fsync")->n, 2);
	ck_assert_uint_eq(filters_of("sync")->n, 1);
	ck_assert_str_eq(filters_of("sync")->items[0].name, "comm");
	ck_assert_uint_eq(filters_of("sync")->items[0].line, 0);
}
END_TEST

START_TEST(scopes_are_the_policys)
{
	static const char *const scopes[] = { "u=0,1", "follow", "c=ab12", "comm!=sh" };
	static const char *const lists[] = { "read" };

	select_all_well(lists, 1, scopes, ARRAY_LEN(scopes));
	ck_assert_uint_eq(set->policies[0].scope.n, 3);
	ck_assert(set->policies[0].follow);
	ck_assert_int_eq(set->policies[0].scope.items[1].context, POL_CTX_CONTAINER_ID);
}
END_TEST

START_TEST(scope_alone_is_about_the_default_set)
{
	static const char *const scopes[] = { "container" };

	select_all_well(NULL, 0, scopes, 1);
	ck_assert_uint_eq(n_wanted_events(), n_in_set("default"));
	ck_assert_uint_eq(set->policies[0].scope.n, 1);
}
END_TEST

static const struct {
	const char *scopes[2], *expect;
	int code;
} bad_scopes[] = {
	{ { "uidd=0", NULL },
	  "command line: scope 'uidd=0' is not known; did you mean 'uid'?",
	  -ENOENT },
	{ { "uid=0", "global" }, "command line: scope 'global' must be the only one", -EINVAL },
	{ { "global", "follow" }, "command line: scope 'global' must be the only one", -EINVAL },
	{ { "", NULL }, "command line: a scope is empty", -EINVAL },
};

START_TEST(bad_scope_is_refused)
{
	const struct pol_selection selection = { .scopes = bad_scopes[_i].scopes,
						 .n_scopes = bad_scopes[_i].scopes[1] ? 2 : 1 };

	ck_assert_int_eq(pol_set_select_all(set, &selection, &err), bad_scopes[_i].code);
	ck_assert_str_eq(err.text, bad_scopes[_i].expect);
	ck_assert_uint_eq(set->n_policies, 0);
}
END_TEST

static Suite *policy_select_suite(void)
{
	Suite *suite = suite_create("policy_select");
	TCase *tc = tcase_create("select");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, bad_list_is_refused, 0, ARRAY_LEN(bad_lists));
	tcase_add_test(tc, item_that_is_too_long_is_refused);
	tcase_add_loop_test(tc, list_selects_events, 0, ARRAY_LEN(good_lists));
	tcase_add_test(tc, list_of_exclusions_begins_with_the_default_set);
	tcase_add_test(tc, list_names_what_is_not_available);
	tcase_add_test(tc, second_list_is_refused);
	tcase_add_test(tc, filters_of_all_lists_go_to_their_events);
	tcase_add_test(tc, scopes_are_the_policys);
	tcase_add_test(tc, scope_alone_is_about_the_default_set);
	tcase_add_loop_test(tc, bad_scope_is_refused, 0, ARRAY_LEN(bad_scopes));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(policy_select_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
