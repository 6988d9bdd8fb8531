/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine's web pages, of the program as a whole: who gets which, what /readyz says of a
 * collector, and that they can be asked for while events and an output with a thread are at work.
 */
#include <netinet/in.h>
#include <sys/socket.h>

#include "test/unit/engine/engine_fixture.h"

#define PORT_FIRST 21000
#define PORTS 9000

static char listen_at[32];
static uint16_t port;
static char answer[1U << 18]; /* what get() got, with its head */

/* One that is free at this moment. */
static void choose_port(void)
{
	for (unsigned int i = 0; i < 100; i++) {
		CLEANUP_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct sockaddr_in addr = { .sin_family = AF_INET,
					    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

		port = (uint16_t)(PORT_FIRST + (now_boot_ns() / 1000 + i * 7) % PORTS);
		addr.sin_port = htons(port);
		if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0) {
			(void)snprintf(listen_at, sizeof(listen_at), "127.0.0.1:%u", port);
			return;
		}
	}
	ck_abort_msg("no free port");
}

static int connect_web(void)
{
	const struct sockaddr_in addr = { .sin_family = AF_INET,
					  .sin_port = htons(port),
					  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;
	int fd;

	for (;;) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		ck_assert_int_ge(fd, 0);
		if (connect(fd, (const struct sockaddr *)&addr, sizeof(addr)) == 0)
			return fd;
		(void)close(fd);
		ck_assert_msg(now_boot_ns() < end_ns, "nobody listens: %s", contents(err_path));
		(void)usleep(1000);
	}
}

/* The status; the answer is in `answer`. `header` is a whole line, or "". */
static int get(const char *path, const char *header)
{
	CLEANUP_FD int fd = connect_web();
	char question[256];
	size_t len = 0;
	ssize_t n;

	(void)snprintf(question, sizeof(question),
		       "GET %s HTTP/1.1\r\nHost: x\r\n%sConnection: close\r\n\r\n", path, header);
	ck_assert_int_eq(write(fd, question, strlen(question)), (ssize_t)strlen(question));
	while ((n = read(fd, answer + len, sizeof(answer) - 1 - len)) > 0)
		len += (size_t)n;
	answer[len] = '\0';
	ck_assert_int_eq(strncmp(answer, "HTTP/1.1 ", 9), 0);
	return atoi(answer + 9);
}

#define ASSERT_HAS(text)                                                                           \
	ck_assert_msg(strstr(answer, text) != NULL, "'%s' is not in: %s", text, answer)

static void wait_ready(int status, const char *text)
{
	uint64_t end_ns = now_boot_ns() + PATIENCE_NS;

	while (get("/readyz", "") != status || !strstr(answer, text)) {
		ck_assert_msg(now_boot_ns() < end_ns, "not '%s', but: %s", text, answer);
		(void)usleep(10000);
	}
}

/* All attached, and these kinds of hooks are to see heartbeats. */
static void confirm_plan(uint32_t beats)
{
	struct control_plan_status status = { .generation = fc.plan.generation,
					      .n_slots = EVENT_SLOTS,
					      .beats = beats };

	control_hdr_init(&status.hdr, CONTROL_PLAN_STATUS, sizeof(status));
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		if (fc.plan.events[slot / 64] & 1ULL << (slot % 64))
			status.events[slot] =
				(struct control_event_state){ .state = CONTROL_STATE_ATTACHED,
							      .hook = CONTROL_HOOK_TP_BTF };
	fc_send(&fc, &status, sizeof(status));
}

/* Up to the plan, which the test confirms. */
static void greet(void)
{
	const struct control_hello hello = fc_hello(&fl);

	fc_accept(&fc);
	fc_send_hello(&fc, &hello, fl.fds, CONTROL_FDS);
	fc_receive(&fc, CONTROL_PLAN, &fc.plan, sizeof(fc.plan));
	ck_assert_uint_ne(fc.plan.options & CONTROL_PLAN_HEARTBEAT, 0);
}

START_TEST(nobody_listens_unless_asked)
{
	choose_port();
	START("--events", "do_exit", "--listen-addr", listen_at);
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	{
		CLEANUP_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		const struct sockaddr_in addr = { .sin_family = AF_INET,
						  .sin_port = htons(port),
						  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

		ck_assert_int_lt(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(metrics_alone)
{
	choose_port();
	START("--events", "do_exit", "--metrics", "--listen-addr", listen_at);
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1);
	ck_assert_int_eq(get("/metrics", ""), 200);
	ASSERT_HAS("Content-Type: text/plain; version=0.0.4");
	ASSERT_HAS("\nwarder_events_total{event=\"do_exit\"} 1\n");
	ASSERT_HAS("\nwarder_hook_seen{event=\"do_exit\",hook=\"tp_btf\"} 1\n");
	ASSERT_HAS("\nwarder_hook_state{event=\"do_exit\",hook=\"tp_btf\",state=\"attached\","
		   "reason=\"\"} 1\n");
	ASSERT_HAS("\nwarder_lane_high_bytes{lane=\"0\",class=\"vital\",group=\"0\"} ");
	ck_assert_int_eq(get("/status", ""), 200);
	ASSERT_HAS("Content-Type: application/json");
	ck_assert_int_eq(get("/healthz", ""), 404);
	ck_assert_int_eq(get("/readyz", ""), 404);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(a_token_is_for_what_tells_something)
{
	char token[64];
	CLEANUP_FILE FILE *file = NULL;

	path_of(token, sizeof(token), "token");
	file = fopen(token, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fprintf(file, "sesame\n"), 0);
	ck_assert_int_eq(fflush(file), 0);
	choose_port();
	START("--events", "do_exit", "--metrics", "--healthz", "--listen-addr", listen_at,
	      "--listen-token", token);
	fc_serve(&fc, &fl);
	ck_assert_int_eq(get("/healthz", ""), 200);
	wait_ready(200, "OK: no hook can see");
	ck_assert_int_eq(get("/metrics", ""), 401);
	ck_assert_int_eq(get("/status", ""), 401);
	ck_assert_int_eq(get("/metrics", "Authorization: Bearer sesam\r\n"), 401);
	ck_assert_int_eq(get("/metrics", "Authorization: Bearer sesame\r\n"), 200);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(readiness_follows_the_collector)
{
	choose_port();
	START("--events", "do_exit", "--metrics", "--healthz", "--listen-addr", listen_at,
	      "--wait");
	greet();
	wait_ready(503, "NOT OK: the collector has not confirmed the plan\n");
	confirm_plan(0);
	wait_ready(200, "OK: no hook can see");
	ck_assert_int_eq(get("/metrics", ""), 200);
	ASSERT_HAS("\nwarder_ready 1\n");
	fc_disconnect(&fc);
	wait_ready(503, "NOT OK: no collector is connected\n");
	ck_assert_int_eq(get("/healthz", ""), 200);
	greet();
	wait_ready(503, "NOT OK: the collector has not confirmed the plan\n");
	/* Its programs say that they see heartbeats, but none comes back. */
	confirm_plan(1U << CONTROL_HOOK_TP_BTF);
	wait_ready(503, "events do not flow yet: what the engine did itself did not come back "
			"through tp_btf\n");
	wait_ready(503, "events do not flow: ");
	ck_assert_int_eq(get("/metrics", ""), 200);
	ASSERT_HAS("\nwarder_ready 0\n");
	ASSERT_HAS("\nwarder_heartbeat_up{hook=\"tp_btf\"} 0\n");
	/* And it never answers what it is asked. */
	wait_ready(503, "NOT OK: the collector does not answer\n");
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* For the thread sanitizer above all. */
START_TEST(asked_while_everything_is_at_work)
{
	uint64_t end_ns;
	int64_t mark = 0;

	choose_port();
	START("--events", "do_exit", "--metrics", "--healthz", "--listen-addr", listen_at,
	      "--output", "json", "--output", "forward:tcp://127.0.0.1:1?queueBytes=65536");
	fc_serve(&fc, &fl);
	end_ns = now_boot_ns() + NOW_NS_PER_S;
	while (now_boot_ns() < end_ns) {
		for (unsigned int i = 0; i < 200; i++)
			mark += put_mark(i % 2, mark);
		ck_assert_int_eq(get("/metrics", ""), 200);
		ck_assert_int_eq(get("/status", ""), 200);
	}
	wait_lines(out_path, (size_t)mark);
	ck_assert_int_eq(get("/metrics", ""), 200);
	ASSERT_HAS("\nwarder_output_connected{output=\"stdout\"} 0\n");
	ck_assert_int_gt(mark, 0);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("pages");
	TCase *tc = tcase_create("pages");
	SRunner *sr = srunner_create(s);
	int n_failed;

	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, nobody_listens_unless_asked);
	tcase_add_test(tc, metrics_alone);
	tcase_add_test(tc, a_token_is_for_what_tells_something);
	tcase_add_test(tc, readiness_follows_the_collector);
	tcase_add_test(tc, asked_while_everything_is_at_work);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? 0 : 1;
}
