/* SPDX-License-Identifier: Apache-2.0 */
/* Policies taken over from files, by a pipeline without a process around it. */
#include <check.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_list.h"
#include "common/log.h"
#include "engine/match/match.h"
#include "engine/now.h"
#include "engine/pipeline.h"
#include "engine/policy/policy.h"
#include "engine/reload.h"
#include "engine/sink/file.h"

static char folder[32], path[64];
static const char *const paths[] = { path };
static struct pipeline *p;
static struct reload *r;
static struct sink *sink;
static int fd = -1;

/* Policies are given as "name:event[,event]...", one after the other; "!" is what no YAML is. */
static void put(const char *what)
{
	FILE *file = fopen(path, "we");
	char names[256], *name, *save = NULL;

	ck_assert_ptr_nonnull(file);
	(void)snprintf(names, sizeof(names), "%s", what); /* short */
	for (name = strtok_r(names, " ", &save); name; name = strtok_r(NULL, " ", &save)) {
		char *events = strchr(name, ':'), *event, *inner = NULL;

		if (*name == '!') {
			fputs("rules: [\n", file);
			continue;
		}
		*events++ = '\0';
		fprintf(file, "---\ntype: policy\nname: %s\nscope: [global]\nrules:\n", name);
		for (event = strtok_r(events, ",", &inner); event;
		     event = strtok_r(NULL, ",", &inner))
			fprintf(file, "  - event: %s\n", event);
	}
	ck_assert_int_eq(fclose(file), 0);
}

static struct pol_set *load(void)
{
	struct pol_set *set = pol_set_new();
	struct err err = { 0 };

	ck_assert_msg(pol_set_load(set, path, &err) == 0 && pol_set_compile(set, &err) == 0, "%s",
		      err.text);
	return set;
}

static void begin(const char *what, size_t n_paths)
{
	const struct pipeline_options options = { .sinks = &sink, .n_sinks = 1 };
	struct reload_options opt = { .paths = paths, .n_paths = n_paths };
	struct match_options match = { .generation = 1 };
	struct pol_set *set;

	put(what);
	set = load();
	p = pipeline_new(&options);
	ck_assert_ptr_nonnull(p);
	match.tree = pipeline_ptree(p);
	(void)pipeline_set_match(p, match_new(set, &match, NULL, NULL)); /* the first */
	ck_assert_ptr_nonnull(pipeline_match(p));
	opt.pipeline = p;
	r = reload_new(&opt, set);
	ck_assert_ptr_nonnull(r);
}

static void setup(void)
{
	log_init("test", LOG_ERROR);
	(void)snprintf(folder, sizeof(folder), "/tmp/warder-reload-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(path, sizeof(path), "%s/p.yaml", folder);
	fd = memfd_create("sink", MFD_CLOEXEC);
	sink = sink_fd_open(fd, "test", NULL, NULL);
	ck_assert_ptr_nonnull(sink);
}

static void teardown(void)
{
	if (p)
		match_free(pipeline_set_match(p, NULL));
	pipeline_free(p);
	p = NULL;
	reload_free(r);
	r = NULL;
	sink_close(sink);
	(void)close(fd);
	(void)unlink(path);
	(void)rmdir(folder);
}

static void give(uint16_t event)
{
	struct rec_plain rec = { .hdr = { .ts_ns = now_boot_ns(),
					  .event = event,
					  .len = sizeof(rec),
					  .tid = 7,
					  .tgid = 7 } };
	const struct source_record record = { .rec = &rec.hdr, .cap = sizeof(rec) };

	pipeline_batch(p, NULL, &record, 1);
}

/* The names in matchedPolicies of what came out since the last call, event after event. */
static const char *matched(void)
{
	static const char key[] = "\"matchedPolicies\":[";
	static char text[4096], names[512];
	size_t len = 0;
	ssize_t n;

	pipeline_flush(p);
	n = pread(fd, text, sizeof(text) - 1, 0);
	ck_assert_int_ge(n, 0);
	text[n] = '\0';
	ck_assert_int_eq(ftruncate(fd, 0), 0);
	ck_assert_int_eq(lseek(fd, 0, SEEK_SET), 0);
	names[0] = '\0';
	for (const char *at = strstr(text, key); at; at = strstr(at, key)) {
		at += sizeof(key) - 1;
		len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.*s", /* short */
					len ? " " : "", (int)strcspn(at, "]"), at);
	}
	return names;
}

static const struct reload_report *reload_to(const char *what, enum reload_why why)
{
	if (what)
		put(what);
	reload_begin(r, why);
	return reload_end(r);
}

START_TEST(new_policies_take_over_between_two_records)
{
	const struct reload_report *report;

	begin("a:do_exit b:do_exit", 1);
	give(EV_DO_EXIT);
	report = reload_to("b:do_exit c:do_exit,sched_process_exit", RELOAD_COMMAND);
	ck_assert_int_eq(report->outcome, RELOAD_DONE);
	ck_assert_uint_eq(report->generation, 2);
	ck_assert_uint_eq(match_generation(pipeline_match(p)), 2);
	give(EV_DO_EXIT);
	ck_assert_str_eq(matched(), "\"a\",\"b\" \"b\",\"c\"");
	ck_assert_int_eq(reload_to("d:sched_process_exit", RELOAD_SIGHUP)->outcome, RELOAD_DONE);
	give(EV_DO_EXIT); /* of the former plan: nobody wants it any more */
	ck_assert_str_eq(matched(), "");
	ck_assert_uint_eq(match_generation(pipeline_match(p)), 3);
}
END_TEST

START_TEST(report_says_what_changed)
{
	const struct reload_report *report;

	begin("a:open b:open c:open d:open", 1);
	report = reload_to("a:open b:close e:open f:open", RELOAD_COMMAND);
	ck_assert_uint_eq(report->added.n, 2);
	ck_assert_str_eq(report->added.items[0], "e");
	ck_assert_str_eq(report->added.items[1], "f");
	ck_assert_uint_eq(report->removed.n, 2);
	ck_assert_str_eq(report->removed.items[0], "c");
	ck_assert_uint_eq(report->changed.n, 1);
	ck_assert_str_eq(report->changed.items[0], "b");
	ck_assert_uint_eq(report->n_kept, 1);
	ck_assert_ptr_eq(report, reload_report(r));
}
END_TEST

static const struct {
	const char *policies, *error;
} broken[] = {
	{ "!", "p.yaml:2:1: " },
	{ "a:no_such_event", "p.yaml:6:12: rule 1: event 'no_such_event' is not known" },
	{ "a:do_exit a:do_exit", "policy 'a' is there twice" },
	{ "", "p.yaml: no policy in it" },
	{ NULL, "p.yaml: cannot be opened (ENOENT)" },
};

START_TEST(what_is_broken_changes_nothing)
{
	const struct reload_report *report;
	struct reload_stats stats;

	begin("a:do_exit", 1);
	if (!broken[_i].policies)
		ck_assert_int_eq(unlink(path), 0);
	for (unsigned int i = 1; i <= 3; i++) {
		report = reload_to(broken[_i].policies, (enum reload_why)(i - 1));
		ck_assert_int_eq(report->outcome, RELOAD_REFUSED);
		ck_assert_uint_eq(report->generation, 1);
		ck_assert_uint_eq(report->added.n + report->removed.n + report->changed.n, 0);
		ck_assert_msg(strstr(report->err.text, broken[_i].error) != NULL, "%s",
			      report->err.text);
		reload_stats_get(r, &stats);
		ck_assert_uint_eq(stats.n_reload_errors, i);
		ck_assert_uint_eq(stats.n_reloads, 0);
		ck_assert_str_eq(stats.last_error, report->err.text);
	}
	give(EV_DO_EXIT);
	ck_assert_str_eq(matched(), "\"a\"");
	ck_assert_int_eq(reload_to("b:do_exit", RELOAD_CHANGE)->outcome, RELOAD_DONE);
	reload_stats_get(r, &stats);
	ck_assert_str_eq(stats.last_error, "");
	ck_assert_uint_eq(stats.generation, 2);
	ck_assert_uint_eq(stats.n_reloads, 1);
	ck_assert_uint_eq(stats.n_reload_errors, 3);
	give(EV_DO_EXIT);
	ck_assert_str_eq(matched(), "\"b\"");
}
END_TEST

START_TEST(what_is_the_same_is_replaced_only_when_asked)
{
	const struct match *former;

	begin("a:do_exit", 1);
	former = pipeline_match(p);
	ck_assert_int_eq(reload_to("a:do_exit", RELOAD_CHANGE)->outcome, RELOAD_NOTHING);
	ck_assert_ptr_eq(pipeline_match(p), former);
	ck_assert_uint_eq(reload_report(r)->generation, 1);
	ck_assert_int_eq(reload_to(NULL, RELOAD_COMMAND)->outcome, RELOAD_DONE);
	ck_assert_uint_eq(reload_report(r)->generation, 2);
	ck_assert_uint_eq(reload_report(r)->n_kept, 1);
}
END_TEST

START_TEST(error_is_over_when_the_former_policies_are_back)
{
	struct reload_stats stats;

	begin("a:do_exit", 1);
	ck_assert_int_eq(reload_to("!", RELOAD_CHANGE)->outcome, RELOAD_REFUSED);
	ck_assert_int_eq(reload_to("a:do_exit", RELOAD_CHANGE)->outcome, RELOAD_NOTHING);
	reload_stats_get(r, &stats);
	ck_assert_str_eq(stats.last_error, "");
	ck_assert_uint_eq(stats.n_reload_errors, 1);
}
END_TEST

START_TEST(without_paths_there_is_nothing_to_reload)
{
	struct reload_stats stats;

	begin("a:do_exit", 0);
	for (enum reload_why why = RELOAD_SIGHUP; why <= RELOAD_CHANGE; why++)
		ck_assert_int_eq(reload_to(NULL, why)->outcome, RELOAD_NOTHING);
	reload_stats_get(r, &stats);
	ck_assert(!stats.is_possible);
	ck_assert_uint_eq(stats.generation, 1);
	give(EV_DO_EXIT);
	ck_assert_str_eq(matched(), "\"a\"");
}
END_TEST

START_TEST(counters_of_kept_policies_go_on)
{
	struct match_hits hits;

	begin("x:open a:do_exit", 1);
	for (int i = 0; i < 3; i++)
		give(EV_DO_EXIT);
	ck_assert_int_eq(reload_to("a:do_exit y:do_exit", RELOAD_COMMAND)->outcome, RELOAD_DONE);
	give(EV_DO_EXIT);
	match_rule_hits(pipeline_match(p), 0, 0, &hits);
	ck_assert_uint_eq(hits.n_matched, 4);
	match_rule_hits(pipeline_match(p), 1, 0, &hits);
	ck_assert_uint_eq(hits.n_matched, 1);
}
END_TEST

START_TEST(process_tree_stays)
{
	struct ptree_stats before, after;
	const struct ptree *tree;

	begin("a:do_exit", 1);
	tree = pipeline_ptree(p);
	pipeline_ptree_stats(p, &before);
	ck_assert_int_eq(reload_to("b:do_exit", RELOAD_COMMAND)->outcome, RELOAD_DONE);
	pipeline_ptree_stats(p, &after);
	ck_assert_ptr_eq(pipeline_ptree(p), tree);
	ck_assert_uint_eq(after.n_tasks, before.n_tasks);
}
END_TEST

/* Patterns too; and more names than a report keeps. */
START_TEST(many_policies_are_replaced_by_many)
{
	const size_t n = RELOAD_NAMES_MAX + 500;
	struct match_stats stats;
	FILE *file;

	begin("a:do_exit", 1);
	for (int round = 0; round < 4; round++) {
		file = fopen(path, "we");
		ck_assert_ptr_nonnull(file);
		for (size_t i = 0; i < n; i++)
			fprintf(file,
				"---\ntype: policy\nname: p%d-%zu\nscope: [global]\nrules:\n"
				"  - event: openat\n    filters: ['data.pathname=~^/%zu/']\n",
				round, i, i % 10);
		ck_assert_int_eq(fclose(file), 0);
		ck_assert_int_eq(reload_to(NULL, RELOAD_CHANGE)->outcome, RELOAD_DONE);
		ck_assert_uint_eq(reload_report(r)->added.n, n);
		ck_assert_uint_eq(reload_report(r)->added.n_items, RELOAD_NAMES_MAX);
		ck_assert_uint_eq(reload_report(r)->removed.n, round ? n : 1);
		match_stats_get(pipeline_match(p), &stats);
		ck_assert_uint_gt(stats.n_patterns, 0);
		ck_assert_uint_eq(stats.n_patterns_jit, 0); /* as in the sandbox */
	}
}
END_TEST

static uint64_t cpu_ns(clockid_t clock)
{
	struct timespec ts;

	ck_assert_int_eq(clock_gettime(clock, &ts), 0);
	return (uint64_t)ts.tv_sec * NOW_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static void put_many(size_t n)
{
	FILE *file = fopen(path, "we");

	ck_assert_ptr_nonnull(file);
	for (size_t i = 0; i < n; i++)
		fprintf(file,
			"---\ntype: policy\nname: p%zu\nscope: [global]\nrules:\n"
			"  - event: openat\n    filters: ['data.pathname=/srv/%zu/*']\n"
			"  - event: do_exit\n    filters: [uid=%zu]\n",
			i, i, i % 1000);
	ck_assert_int_eq(fclose(file), 0);
}

/* By processor time, which does not depend on what else the machine does. */
START_TEST(loop_goes_on_while_they_are_compiled)
{
	const struct reload_report *report;
	uint64_t mine_ns, all_ns;

	begin("a:do_exit", 1);
	put_many(5000);
	mine_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	all_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	reload_begin(r, RELOAD_COMMAND);
	ck_assert(reload_is_under_way(r));
	give(EV_DO_EXIT);
	ck_assert_str_eq(matched(), "\"a\"");
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = reload_fd(r), .events = POLLIN }, 1, 30000),
			 1);
	give(EV_DO_EXIT); /* they are ready, and not in force yet */
	ck_assert_str_eq(matched(), "\"a\"");
	report = reload_end(r);
	mine_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - mine_ns;
	all_ns = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - all_ns;
	ck_assert(!reload_is_under_way(r));
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = reload_fd(r), .events = POLLIN }, 1, 0), 0);
	ck_assert_int_eq(report->outcome, RELOAD_DONE);
	ck_assert_uint_eq(report->added.n, 5000);
	ck_assert_uint_gt(report->took_ns, report->held_ns);
	ck_assert_msg(mine_ns < all_ns / 4, "%" PRIu64 " of %" PRIu64 " us are the loop's",
		      mine_ns / 1000, all_ns / 1000);
	/* and the other way round: the former 5,000 are freed */
	mine_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	ck_assert_int_eq(reload_to("a:do_exit", RELOAD_COMMAND)->outcome, RELOAD_DONE);
	mine_ns = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - mine_ns;
	ck_assert_msg(mine_ns < all_ns / 4, "%" PRIu64 " us to leave them", mine_ns / 1000);
}
END_TEST

/* The program ends. */
START_TEST(what_is_under_way_is_dropped)
{
	begin("a:do_exit", 1);
	put_many(100);
	reload_begin(r, RELOAD_COMMAND);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("reload");
	TCase *tc = tcase_create("reload");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, new_policies_take_over_between_two_records);
	tcase_add_test(tc, report_says_what_changed);
	tcase_add_loop_test(tc, what_is_broken_changes_nothing, 0, ARRAY_LEN(broken));
	tcase_add_test(tc, what_is_the_same_is_replaced_only_when_asked);
	tcase_add_test(tc, error_is_over_when_the_former_policies_are_back);
	tcase_add_test(tc, without_paths_there_is_nothing_to_reload);
	tcase_add_test(tc, counters_of_kept_policies_go_on);
	tcase_add_test(tc, process_tree_stays);
	tcase_add_test(tc, many_policies_are_replaced_by_many);
	tcase_add_test(tc, loop_goes_on_while_they_are_compiled);
	tcase_add_test(tc, what_is_under_way_is_dropped);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
