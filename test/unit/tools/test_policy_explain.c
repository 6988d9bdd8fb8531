/* SPDX-License-Identifier: Apache-2.0 */
/* What policies say as text, and what is explained of them. */
#include <check.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/match/kernel.h"
#include "engine/match/match.h"
#include "engine/policy/policy.h"
#include "tools/filter_text.h"
#include "tools/policy_explain.h"

static struct pol_set *set;
static struct match *match;
static struct kfilter *kernel;

static void setup(void)
{
	set = pol_set_new();
	ck_assert_ptr_nonnull(set);
}

static void teardown(void)
{
	kfilter_free(kernel);
	match_free(match);
	pol_set_free(set);
	kernel = NULL;
	match = NULL;
}

static void compile(const char *yaml)
{
	const struct match_options opt = { .generation = 1 };
	struct err err = { 0 };

	ck_assert_msg(pol_set_parse(set, yaml, strlen(yaml), "p.yaml", &err) >= 0, "%s", err.text);
	ck_assert_int_eq(pol_set_compile(set, &err), 0);
	match = match_new(set, &opt, NULL, &err);
	kernel = kfilter_compile(set, &err);
	ck_assert(match && kernel);
}

/* --- filter_text ------------------------------------------------------------------------------ */

/* Without .shown it is shown as it was written. */
static const struct {
	enum pol_filter_place place;
	const char *text, *shown;
} filters[] = {
	{ POL_FILTER_SCOPE, "uid=0,1000", NULL },
	{ POL_FILTER_SCOPE, "uid>=1000", NULL },
	{ POL_FILTER_SCOPE, "u!=0", NULL },
	{ POL_FILTER_SCOPE, "pid=new", NULL },
	{ POL_FILTER_SCOPE, "pid!=new", NULL },
	{ POL_FILTER_SCOPE, "p=1", NULL },
	{ POL_FILTER_SCOPE, "tree=1", NULL },
	{ POL_FILTER_SCOPE, "container", NULL },
	{ POL_FILTER_SCOPE, "container=true", "container" },
	{ POL_FILTER_SCOPE, "container!=true", "container=false" },
	{ POL_FILTER_SCOPE, "not-container", NULL },
	{ POL_FILTER_SCOPE, "container=new", NULL },
	{ POL_FILTER_SCOPE, "container!=started", NULL },
	{ POL_FILTER_SCOPE, "container=abcdef", "container=abcdef*" },
	{ POL_FILTER_SCOPE, "exec=host:/bin/sh,4026531840:/bin/ls,/x*", NULL },
	{ POL_FILTER_SCOPE, "comm=*sh,ba*,*a*", NULL },
	{ POL_FILTER_RULE, "comm=~^(a,b|c)$", NULL },
	{ POL_FILTER_RULE, "comm!~^x", NULL },
	{ POL_FILTER_RULE, "retval<0", NULL },
	{ POL_FILTER_RULE, "data.pathname=/etc/*,*.so,*tmp*,/a", NULL },
	{ POL_FILTER_RULE, "args.pathname!=/etc/*", NULL },
	{ POL_FILTER_RULE, "data.flags=0x40,O_RDONLY", NULL },
	{ POL_FILTER_RULE, "data.flags>=64", NULL },
};

static struct pol_filters parse(const char *text, enum pol_filter_place place)
{
	const struct event_def *def =
		place == POL_FILTER_RULE ? event_def_find_name("openat") : NULL;
	struct pol_filter_extra extra = { .follow = false };
	struct pol_filters list = { .n = 0 };
	struct err err = { 0 };
	int rc = pol_filter_add(&list, text, place, def, 1, 1,
				place == POL_FILTER_SCOPE ? &extra : NULL, &err);

	ck_assert_msg(rc == 0, "%s", err.text);
	ck_assert_uint_eq(list.n, 1);
	return list;
}

START_TEST(a_filter_is_shown_as_it_can_be_written)
{
	const char *shown = filters[_i].shown ? filters[_i].shown : filters[_i].text;
	struct pol_filters first = parse(filters[_i].text, filters[_i].place), second;
	CLEANUP_FREE char *text = ftext_filter(&first.items[0]), *again = NULL;

	ck_assert_str_eq(text, shown);
	second = parse(text, filters[_i].place);
	again = ftext_filter(&second.items[0]);
	ck_assert_str_eq(again, text);
	ck_assert_int_eq(first.items[0].context, second.items[0].context);
	ck_assert_int_eq(first.items[0].flag, second.items[0].flag);
	pol_filters_done(&first);
	pol_filters_done(&second);
}
END_TEST

START_TEST(items_on_one_subject_are_shown_apart)
{
	struct pol_filters list = parse("uid>=1000", POL_FILTER_RULE);
	CLEANUP_FREE char *text = NULL;

	ck_assert_int_eq(pol_filter_add(&list, "uid<2000", POL_FILTER_RULE, NULL, 1, 1, NULL, NULL),
			 0);
	ck_assert_int_eq(
		pol_filter_add(&list, "uid!=1500,1501", POL_FILTER_RULE, NULL, 1, 1, NULL, NULL),
		0);
	text = ftext_filter(&list.items[0]);
	ck_assert_str_eq(text, "uid>=1000 uid<2000 uid!=1500,1501");
	pol_filters_done(&list);
}
END_TEST

START_TEST(times_are_rfc_3339)
{
	char buf[FTEXT_TIME_CAP];

	ck_assert_str_eq(ftext_time(buf, 0), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(ftext_time(buf, INT64_MAX), "never");
	ck_assert_str_eq(ftext_time_ns(buf, 1680000001000000005), "2023-03-28T10:40:01.000000005Z");
	(void)ftext_time(buf, INT64_MAX - 1);
	(void)ftext_time(buf, INT64_MIN);
	(void)ftext_time_ns(buf, UINT64_MAX);
}
END_TEST

START_TEST(strings_are_fit_for_json)
{
	static const char *const texts[][2] = {
		{ "a", "a" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" },
		{ "\033[1m\n", "?[1m?" },
		{ "\xff\x1b\xc3", "???" },
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		json_t *string = ftext_string(texts[i][0]);

		ck_assert_str_eq(json_string_value(string), texts[i][1]);
		json_decref(string);
	}
}
END_TEST

/* --- What is explained. ----------------------------------------------------------------------- */

#define POLICY(name, scope) "---\ntype: policy\nname: " name "\nscope: " scope "\nrules:\n"

/* What is said of each condition is what the compiler counted, where it drops anything. */
START_TEST(conditions_are_those_of_the_report)
{
	uint32_t n[KFILTER_WHYS] = { 0 };
	const struct event_def *def = event_def_find_name("openat");
	const struct kfilter_report *report;

	compile(POLICY(
		"one",
		"[comm=a, 'uid>5']") "- event: openat\n  filters: "
				     "['data.pathname=/a*', 'data.flags!=O_RDONLY', "
				     "'data.mode=7', 'retval<0']\n" POLICY(
					     "two",
					     "[uid=0]") "- event: openat\n  filters: "
							"['data.pathname!=/b', "
							"'data.dirfd=3', 'retval>4']\n" POLICY(
								"three",
								"[not-container]") "- event: fs\n"
										   "- event: "
										   "openat\n  "
										   "filters: "
										   "['data.flags="
										   "64,65', "
										   "'comm!=x', "
										   "executable=/"
										   "x]\n");
	report = &kernel->reports[def->slot];
	ck_assert_uint_ne(report->dims, 0);
	for (size_t i = 0; i < set->n_policies; i++) {
		const struct pol_policy *p = &set->policies[i];

		for (size_t k = 0; k < p->n_rules; k++) {
			for (size_t f = 0; f < p->scope.n; f++)
				n[kfilter_condition(kernel, p, &p->scope.items[f], def)]++;
			for (size_t f = 0; f < p->rules[k].filters.n; f++)
				n[kfilter_condition(kernel, p, &p->rules[k].filters.items[f],
						    def)]++;
		}
	}
	for (unsigned int why = 0; why < KFILTER_WHYS; why++)
		ck_assert_msg(n[why] == report->n_conditions[why], "%s: %u, counted %u",
			      kfilter_why_text(why), n[why], report->n_conditions[why]);
	ck_assert_uint_gt(n[KFILTER_WHY_FIELDS], 0);
}
END_TEST

static const struct {
	const char *scope, *filters, *subject; /* subject NULL: it is always tried */
	bool is_scope;
	uint32_t n_exact, n_prefixes, n_suffixes;
} accesses[] = {
	{ "[global]", "[]", NULL, false, 0, 0, 0 },
	{ "[global]", "['retval<0']", NULL, false, 0, 0, 0 },
	{ "[global]", "['data.pathname=*x*']", NULL, false, 0, 0, 0 },
	{ "[global]", "['data.pathname=/a,/b*,*c,*d']", "data.pathname", false, 1, 1, 2 },
	{ "[uid=0]", "[]", "uid", true, 1, 0, 0 },
	{ "[uid=0]", "['data.pathname=/a/long/path']", "data.pathname", false, 1, 0, 0 },
	{ "[comm=init]", "['retval=0']", "comm", true, 1, 0, 0 },
	{ "[container]", "['comm!=x']", "container", true, 1, 0, 0 },
	{ "[comm=init, follow]", "['retval=0']", "retval", false, 1, 0, 0 },
	{ "[comm=init, follow]", "[]", NULL, false, 0, 0, 0 },
};

START_TEST(the_way_to_a_rule_is_told)
{
	CLEANUP_FREE char *yaml = NULL;
	struct match_access access;

	/* The first has the same conditions, so that predicates are shared. */
	ck_assert_int_gt(asprintf(&yaml,
				  POLICY("a", "%s") "- event: openat\n  filters: %s\n" POLICY(
					  "b", "%s") "- event: openat\n  filters: %s\n",
				  accesses[_i].scope, accesses[_i].filters, accesses[_i].scope,
				  accesses[_i].filters),
			 0);
	compile(yaml);
	match_rule_access(match, 1, 0, &access);
	if (!accesses[_i].subject) {
		ck_assert_ptr_null(access.filter);
		return;
	}
	ck_assert_ptr_nonnull(access.filter);
	ck_assert_str_eq(access.filter->name, accesses[_i].subject);
	ck_assert_int_eq(access.is_scope, accesses[_i].is_scope);
	ck_assert_ptr_eq(access.filter, accesses[_i].is_scope
						? &set->policies[1].scope.items[0]
						: &set->policies[1].rules[0].filters.items[0]);
	ck_assert_uint_eq(access.n_exact, accesses[_i].n_exact);
	ck_assert_uint_eq(access.n_prefixes, accesses[_i].n_prefixes);
	ck_assert_uint_eq(access.n_suffixes, accesses[_i].n_suffixes);
}
END_TEST

START_TEST(an_engine_says_what_it_sees)
{
	static const char status[] =
		"{\"hooks\":[{\"event\":\"openat\",\"state\":\"attached\",\"hook\":\"fexit\"},"
		"{\"event\":\"chdir\",\"state\":\"unavailable\",\"reason\":\"no such function\"},"
		"{\"event\":\"close\",\"state\":\"attached\",\"hook\":\"fexit\"},"
		"{\"event\":7},{},[]]}";
	struct policy_explained x = { .set = set };
	json_t *answer = json_loads(status, 0, NULL), *doc, *rules;

	ck_assert_ptr_nonnull(answer);
	compile(POLICY("a", "[global]") "- event: openat\n- event: fs_dir_ops\n- event: read\n");
	x.match = match;
	x.kernel = kernel;
	doc = policy_explain_json(&x);
	rules = json_object_get(json_array_get(json_object_get(doc, "policies"), 0), "rules");
	ck_assert_ptr_null(json_object_get(json_array_get(rules, 0), "here"));
	json_decref(doc);
	x.status = answer;
	doc = policy_explain_json(&x);
	rules = json_object_get(json_array_get(json_object_get(doc, "policies"), 0), "rules");
	for (size_t i = 0; i < 3; i++) {
		static const char *const events[] = { "openat", "chdir", NULL };
		json_t *here = json_object_get(json_array_get(rules, i), "here");

		ck_assert_uint_eq(json_array_size(here), events[i] ? 1 : 0);
		if (events[i])
			ck_assert_str_eq(json_string_value(
						 json_object_get(json_array_get(here, 0), "event")),
					 events[i]);
	}
	json_decref(doc);
	json_decref(answer);
}
END_TEST

static Suite *make_suite(void)
{
	Suite *s = suite_create("policy_explain");
	TCase *tc = tcase_create("filter_text");

	tcase_add_loop_test(tc, a_filter_is_shown_as_it_can_be_written, 0, ARRAY_LEN(filters));
	tcase_add_test(tc, items_on_one_subject_are_shown_apart);
	tcase_add_test(tc, times_are_rfc_3339);
	tcase_add_test(tc, strings_are_fit_for_json);
	suite_add_tcase(s, tc);
	tc = tcase_create("explain");
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, conditions_are_those_of_the_report);
	tcase_add_loop_test(tc, the_way_to_a_rule_is_told, 0, ARRAY_LEN(accesses));
	tcase_add_test(tc, an_engine_says_what_it_sees);
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(make_suite());
	int n_failed;

	srunner_run_all(r, CK_ENV);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed == 0 ? 0 : 1;
}
