/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a program: policies that are replaced while records come. */
#include "test/unit/engine/engine_fixture.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/status_server.h"

static char policy_path[80], status_path[80];

static void setup_reload(void)
{
	setup();
	path_of(status_path, sizeof(status_path), "status");
	path_of(policy_path, sizeof(policy_path), "p.yaml");
}

/* As editors and `mv` do: complete from the first moment. */
static void put_policy(const char *name, const char *events)
{
	char temporary[96];
	FILE *file;

	(void)snprintf(temporary, sizeof(temporary), "%s.new", policy_path); /* fits */
	file = fopen(temporary, "we");
	ck_assert_ptr_nonnull(file);
	fprintf(file, "type: policy\nname: %s\nscope: [global]\nrules: [%s]\n", name, events);
	ck_assert_int_eq(fchmod(fileno(file), 0644), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(rename(temporary, policy_path), 0);
}

#define EXITS "{event: do_exit}"
#define EXITS_AND_OPENS "{event: do_exit}, {event: openat}"

static void start_engine(const char *option)
{
	start_with(-1, (const char *const[]){ "--policy", policy_path, "--status-socket",
					      status_path, option, NULL });
}

/* Sends `line` and returns all that is answered, to be freed. */
static char *ask(const char *line)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *text = calloc(1, 1U << 20);
	struct pollfd pfd = { .fd = sock, .events = POLLIN };
	size_t len = 0;
	ssize_t n;

	memcpy(addr.sun_path, status_path, strlen(status_path));
	ck_assert_int_eq(connect(sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(write(sock, line, strlen(line)), (ssize_t)strlen(line));
	do {
		ck_assert_int_eq(poll(&pfd, 1, (int)(PATIENCE_NS / NOW_NS_PER_MS)), 1);
		n = read(sock, text + len, (1U << 20) - 1 - len);
		if (n < 0 && errno == ECONNRESET && len > 0)
			break; /* it has not read all that we sent */
		ck_assert_int_ge(n, 0);
		len += (size_t)n;
	} while (n > 0);
	return text;
}

#define ASSERT_HAS(text, part)                                                                     \
	ck_assert_msg(strstr(text, part) != NULL, "'%s' is not in: %s", part, text)

/* Has the engine reload with the fake collector confirming; the answer, to be freed. */
static char *reload_confirmed(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *text = calloc(1, 1U << 16);
	size_t len = 0;
	ssize_t n;

	memcpy(addr.sun_path, status_path, strlen(status_path));
	ck_assert_int_eq(connect(sock, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(write(sock, STATUS_LINE_RELOAD, 7), 7);
	fc_receive(&fc, CONTROL_PLAN, &fc.plan, sizeof(fc.plan));
	fc_send_plan_status(&fc, 0);
	while ((n = read(sock, text + len, (1U << 16) - 1 - len)) > 0)
		len += (size_t)n;
	ck_assert_int_eq(n, 0);
	return text;
}

static bool plan_has(unsigned int slot)
{
	return fc.plan.events[slot / 64] & 1ULL << (slot % 64);
}

/* When somebody asked, nothing is left to chance: the answer says that it is in force. */
START_TEST(command_is_answered_when_the_plan_is_confirmed)
{
	CLEANUP_FREE char *answer = NULL;

	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	ck_assert(!plan_has(EV_OPENAT_slot));
	put_policy("two", EXITS_AND_OPENS);
	answer = reload_confirmed();
	ASSERT_HAS(answer, "\"outcome\":\"reloaded\",\"generation\":2,");
	ASSERT_HAS(answer, "\"added\":{\"count\":1,\"names\":[\"two\"]}");
	ASSERT_HAS(answer, "\"removed\":{\"count\":1,\"names\":[\"one\"]}");
	ASSERT_HAS(answer, "\"plan\":\"confirmed\"");
	ck_assert_uint_eq(fc.plan.generation, 2);
	ck_assert(plan_has(EV_OPENAT_slot));
	ck_assert(put_mark(0, 0));
	wait_text(out_path, "\"matchedPolicies\":[\"two\"]");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(collector_that_does_not_confirm_is_not_waited_for_long)
{
	CLEANUP_FREE char *answer = NULL;

	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	answer = ask(STATUS_LINE_RELOAD);
	ASSERT_HAS(answer, "\"outcome\":\"reloaded\",\"generation\":2,");
	ASSERT_HAS(answer, "\"plan\":\"waiting\"");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* The next collector is given the plan of the policies that are in force by then. */
START_TEST(reload_works_without_a_collector)
{
	CLEANUP_FREE char *answer = NULL;

	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	fc_close(&fc);
	wait_text(err_path, "collector is gone");
	put_policy("two", EXITS_AND_OPENS);
	answer = ask(STATUS_LINE_RELOAD);
	ASSERT_HAS(answer, "\"plan\":\"no collector\"");
	ck_assert(put_mark(0, 0)); /* the lanes are still there */
	wait_text(out_path, "\"matchedPolicies\":[\"two\"]");
	fc_listen(&fc, sock_path);
	fc_serve(&fc, &fl);
	ck_assert(plan_has(EV_OPENAT_slot));
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(reload_works_before_the_first_collector)
{
	fc_close(&fc);
	put_policy("one", EXITS);
	start_engine("--wait");
	wait_text(err_path, "waiting for it");
	put_policy("two", EXITS_AND_OPENS);
	wait_text(err_path, "policies are reloaded (they changed): generation 2");
	fc_listen(&fc, sock_path);
	fc_serve(&fc, &fl);
	ck_assert(plan_has(EV_OPENAT_slot));
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(hangup_reloads)
{
	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	put_policy("two", EXITS);
	ck_assert(put_mark(0, 0));
	wait_text(out_path, "\"matchedPolicies\":[\"one\"]"); /* it is not watched */
	ck_assert_int_eq(kill(engine, SIGHUP), 0);
	wait_text(err_path, "policies are reloaded (SIGHUP): generation 2, 1 added, 1 removed");
	ck_assert(put_mark(0, 1));
	wait_text(out_path, "\"matchedPolicies\":[\"two\"]");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(change_reloads)
{
	put_policy("one", EXITS);
	start_engine(NULL);
	fc_serve(&fc, &fl);
	put_policy("two", EXITS);
	wait_text(err_path, "policies are reloaded (they changed): generation 2");
	ck_assert(put_mark(0, 1));
	wait_text(out_path, "\"matchedPolicies\":[\"two\"]");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(broken_policy_is_reported_and_changes_nothing)
{
	CLEANUP_FREE char *answer = NULL, *status = NULL;

	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	put_policy("two", "{event: opnat}");
	answer = ask(STATUS_LINE_RELOAD);
	ASSERT_HAS(answer, "\"outcome\":\"refused\",\"generation\":1,");
	ASSERT_HAS(answer, "p.yaml:4:17: rule 1: event 'opnat' is not known");
	ck_assert(put_mark(0, 0));
	wait_text(out_path, "\"matchedPolicies\":[\"one\"]");
	status = ask(STATUS_LINE_STATUS);
	ASSERT_HAS(status, "\"policies\":{\"generation\":1,");
	ASSERT_HAS(status, "\"reloads\":0,\"reload_errors\":1,\"last_error\":\"/");
	ASSERT_HAS(status, "\"watched\":false,\"reloadable\":true}");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ASSERT_SAID("policies are not reloaded, generation 1 stays in force: ");
}
END_TEST

START_TEST(without_policy_files_there_is_nothing_to_reload)
{
	CLEANUP_FREE char *answer = NULL;

	start_with(-1, (const char *const[]){ "--events", "do_exit", "--status-socket", status_path,
					      NULL });
	fc_serve(&fc, &fl);
	answer = ask(STATUS_LINE_RELOAD);
	ASSERT_HAS(answer, "\"outcome\":\"nothing\",\"generation\":1,");
	ck_assert_int_eq(kill(engine, SIGHUP), 0);
	wait_text(err_path, "SIGHUP: there is nothing to reload without '--policy'");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

static const char *const lines[] = { "",
				     "status\n",
				     "sta",
				     "what?\n",
				     "reload",
				     "reload\n\n",
				     "a line that is longer than any request is\n" };

/* Everything but the one word is a question about the status. */
START_TEST(other_requests_are_answered_with_the_status)
{
	CLEANUP_FREE char *answer = NULL;

	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	answer = ask(lines[_i]);
	ASSERT_HAS(answer, "{\"version\":");
	ASSERT_HAS(answer, "\"policies\":{\"generation\":1,");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* Several at once: each is told, and of a reload that began after it asked. */
START_TEST(several_ask_at_once)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	char text[4096];
	int socks[6];

	put_policy("one", EXITS);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	fc_disconnect(&fc); /* nobody to confirm */
	wait_text(err_path, "collector is gone");
	memcpy(addr.sun_path, status_path, strlen(status_path));
	for (size_t i = 0; i < ARRAY_LEN(socks); i++) {
		socks[i] = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_eq(connect(socks[i], (const struct sockaddr *)&addr, sizeof(addr)),
				 0);
		ck_assert_int_eq(write(socks[i], STATUS_LINE_RELOAD, 7), 7);
	}
	for (size_t i = 0; i < ARRAY_LEN(socks); i++) {
		ssize_t n = read(socks[i], text, sizeof(text) - 1);

		ck_assert_int_gt(n, 0);
		text[n] = '\0';
		ASSERT_HAS(text, "\"outcome\":\"reloaded\"");
		ck_assert_int_eq(close(socks[i]), 0);
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* What the user who the engine becomes may not read cannot be reloaded: said at the start. */
START_TEST(unreadable_policies_are_said_at_the_start)
{
	if (geteuid() != 0)
		return; /* who is not root stays who they are */
	put_policy("one", EXITS);
	ck_assert_int_eq(chmod(policy_path, 0600), 0);
	start_engine(NULL);
	fc_serve(&fc, &fl);
	wait_text(err_path, "policies cannot be reloaded until uid ");
	wait_text(err_path, "p.yaml' cannot be opened (EACCES)");
	put_policy("two", EXITS); /* may be read by everybody */
	wait_text(err_path, "policies are reloaded (they changed): generation 2");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* ---- under load ---- */

/* Two policies of each generation: an event with one of each would be a mixture. */
static void put_generation(unsigned int i)
{
	char temporary[96], broken[32], name = (char)('a' + i % 2);
	FILE *file;

	(void)snprintf(temporary, sizeof(temporary), "%s.new", policy_path); /* fits */
	(void)snprintf(broken, sizeof(broken), "{event: opnat%u}", i);       /* likewise */
	file = fopen(temporary, "we");
	ck_assert_ptr_nonnull(file);
	for (int k = 1; k <= 2; k++)
		fprintf(file, "---\ntype: policy\nname: %c%d\nscope: [global]\nrules: [%s]\n", name,
			k,
			i % 5 == 4 ? broken
			: i % 2    ? EXITS_AND_OPENS
				   : EXITS);
	ck_assert_int_eq(fchmod(fileno(file), 0644), 0);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(rename(temporary, policy_path), 0);
}

static void assert_no_mixture(size_t n)
{
	size_t at = 0, n_a = 0, n_b = 0;
	const char *line;

	(void)contents(out_path);
	while ((line = next_line(&at)) != NULL) {
		bool is_a = strstr(line, "\"matchedPolicies\":[\"a1\",\"a2\"]") != NULL;
		bool is_b = strstr(line, "\"matchedPolicies\":[\"b1\",\"b2\"]") != NULL;

		ck_assert_msg(is_a != is_b, "of no generation: %s", line);
		n_a += is_a;
		n_b += is_b;
	}
	ck_assert_uint_eq(n_a + n_b, n);
	ck_assert_uint_gt(n_a, 0);
	ck_assert_uint_gt(n_b, 0);
}

/* Of several that come at once only the last is looked at. */
static void wait_refused(unsigned int generation)
{
	char text[64];

	(void)snprintf(text, sizeof(text), "event 'opnat%u' is not known", generation); /* fits */
	wait_text(err_path, text);
}

static void answer_plans(void)
{
	while (fc_take_plan(&fc))
		fc_send_plan_status(&fc, 0);
}

START_TEST(nothing_is_lost_doubled_or_mixed)
{
	const int64_t n = 50000;
	unsigned int generation = 0;
	size_t seen_n = 0;
	bool in_order;
	CLEANUP_FREE unsigned int *seen = NULL;

	put_generation(0);
	start_engine("--no-watch");
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < n; i++) {
		while (!put_mark((uint32_t)i % 5, i)) /* full: not what this is about */
			(void)usleep(1000);
		if (i % 500 == 250) {
			put_generation(++generation);
			ck_assert_int_eq(kill(engine, SIGHUP), 0);
			if (generation % 5 == 4)
				wait_refused(generation);
		}
		if (i % 100 == 0)
			answer_plans();
	}
	wait_lines(out_path, (size_t)n);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	seen = marks_seen((size_t)n, &in_order);
	for (int64_t i = 0; i < n; i++)
		seen_n += seen[i] == 1;
	ck_assert_uint_eq(seen_n, (size_t)n);
	ck_assert(in_order);
	assert_no_mixture((size_t)n);
	ASSERT_SAID("policies are reloaded (SIGHUP)");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_reload");
	TCase *tc = tcase_create("reload");
	SRunner *runner;
	int failed;

	tcase_set_timeout(tc, 100);
	tcase_add_checked_fixture(tc, setup_reload, teardown);
	tcase_add_test(tc, command_is_answered_when_the_plan_is_confirmed);
	tcase_add_test(tc, collector_that_does_not_confirm_is_not_waited_for_long);
	tcase_add_test(tc, reload_works_without_a_collector);
	tcase_add_test(tc, reload_works_before_the_first_collector);
	tcase_add_test(tc, hangup_reloads);
	tcase_add_test(tc, change_reloads);
	tcase_add_test(tc, broken_policy_is_reported_and_changes_nothing);
	tcase_add_test(tc, without_policy_files_there_is_nothing_to_reload);
	tcase_add_loop_test(tc, other_requests_are_answered_with_the_status, 0, ARRAY_LEN(lines));
	tcase_add_test(tc, several_ask_at_once);
	tcase_add_test(tc, unreadable_policies_are_said_at_the_start);
	tcase_add_test(tc, nothing_is_lost_doubled_or_mixed);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
