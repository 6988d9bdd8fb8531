/* SPDX-License-Identifier: Apache-2.0 */
/* Those who look on: what they are shown, and that nobody waits for them. */
#include "test/unit/engine/engine_fixture.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/live/request.h"
#include "engine/live/server.h"

static char status_path[64];

struct viewer {
	int fd;
	FILE *in;
	char *line;
	size_t cap;
};

static int connect_engine(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct timeval patience = { .tv_sec = 20 };

	memcpy(addr.sun_path, status_path, strlen(status_path));
	ck_assert_int_eq(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)), 0);
	ck_assert_int_eq(connect(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	return fd;
}

static void say(const struct viewer *v, const char *text)
{
	ck_assert_int_eq(send(v->fd, text, strlen(text), MSG_NOSIGNAL), (int)strlen(text));
}

static struct viewer ask(const char *request)
{
	struct viewer v = { .fd = connect_engine() };

	v.in = fdopen(v.fd, "r");
	ck_assert_ptr_nonnull(v.in);
	say(&v, request);
	return v;
}

/* NULL: it is the end. */
static const char *next(struct viewer *v)
{
	return getline(&v->line, &v->cap, v->in) > 0 ? v->line : NULL;
}

static void leave(struct viewer *v)
{
	(void)fclose(v->in);
	free(v->line);
}

#define ASSERT_LINE(v, text)                                                                       \
	do {                                                                                       \
		const char *line_ = next(v);                                                       \
		ck_assert_ptr_nonnull(line_);                                                      \
		ck_assert_msg(strstr(line_, text) != NULL, "no '%s' in: %s", text, line_);         \
	} while (0)

static void begin_with(const char *events)
{
	path_of(status_path, sizeof(status_path), "status");
	start_with(-1, (const char *const[]){ "--events", events, "--status-socket", status_path,
					      NULL });
	fc_serve(&fc, &fl);
	ck_assert(put_mark(0, 0));
	wait_lines(out_path, 1); /* it is ready */
}

static void begin(void)
{
	begin_with("do_exit");
}

START_TEST(shows_what_comes)
{
	struct viewer v, w;

	begin();
	v = ask("stream\n\n");
	ASSERT_LINE(&v, "\"unselected\":[],\"n_unselected\":0,\"named\":null}");
	ck_assert(put_mark(0, 1));
	ASSERT_LINE(&v, "\"eventName\":\"do_exit\"");
	ck_assert_ptr_nonnull(strstr(v.line, "\"returnValue\":1,"));
	w = ask("stream\nevents do_exit.retval>=3\nparse-arguments\n\n");
	ASSERT_LINE(&w, "\"named\":1}");
	for (int i = 2; i < 5; i++)
		ck_assert(put_mark(1, i));
	ASSERT_LINE(&v, "\"returnValue\":2,");
	ASSERT_LINE(&v, "\"returnValue\":3,");
	ASSERT_LINE(&w, "\"returnValue\":3,");
	ASSERT_LINE(&w, "\"returnValue\":4,");
	leave(&v);
	leave(&w);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* The same bytes as the output's. */
START_TEST(says_what_outputs_say)
{
	struct viewer v;

	begin();
	v = ask("stream\n\n");
	ck_assert_ptr_nonnull(next(&v));
	ck_assert(put_mark(0, 1));
	wait_lines(out_path, 2);
	ck_assert_ptr_nonnull(next(&v));
	ck_assert_str_eq(strchr(contents(out_path), '\n') + 1, v.line);
	leave(&v);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(leaves_out_what_is_left_out)
{
	struct viewer v, w;

	begin_with("do_exit,close");
	v = ask("stream\nevents -do_exit\n\n");
	ck_assert_ptr_nonnull(next(&v));
	w = ask("stream\n\n");
	ck_assert_ptr_nonnull(next(&w));
	ck_assert(put_mark(0, 1));
	ASSERT_LINE(&w, "\"returnValue\":1,");
	ck_assert_int_eq(poll(&(struct pollfd){ .fd = v.fd, .events = POLLIN }, 1, 50), 0);
	leave(&v);
	leave(&w);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(says_what_is_not_selected)
{
	struct viewer v;

	begin();
	v = ask("stream\nevents openat,do_exit\n\n");
	ASSERT_LINE(&v, "\"unselected\":[\"openat\"],\"n_unselected\":1,\"named\":2}");
	leave(&v);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

static const struct {
	const char *request, *said;
} refused[] = {
	{ "stream\nevents opnat\n\n", "event 'opnat' is not known; did you mean 'openat'?" },
	{ "stream\nscope pod=1\n\n", "pod=1" },
	{ "stream\npolicy x\n\n", "policy 'x' is none of the running ones" },
	{ "stream\nnonsense\n\n", "request: 'nonsense' is not known" },
	{ "top\nrows 1000\n\n", "request: 'rows' is '1000', expected 1 to 512" },
	{ "stream\n\nmore", "request: there is something behind its end" },
	{ "stream\nevents x\n", "request: it does not end; an empty line is expected" },
};

START_TEST(refuses)
{
	struct viewer v;

	begin();
	v = ask(refused[_i].request);
	ASSERT_LINE(&v, "{\"error\":\"");
	ck_assert_msg(strstr(v.line, refused[_i].said) != NULL, "said: %s", v.line);
	ck_assert_ptr_null(next(&v));
	leave(&v);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(refuses_too_long_a_request)
{
	static char text[LIVE_REQUEST_MAX + 1];
	struct viewer v;

	begin();
	memset(text, 'x', sizeof(text) - 1);
	memcpy(text, "stream\n", 7);
	v = ask(text);
	ASSERT_LINE(&v, "request: it is longer than 65536 bytes");
	leave(&v);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(drops_who_says_what_is_not_expected)
{
	struct viewer v;

	begin();
	v = ask(_i ? "top\n\n" : "stream\n\n");
	ck_assert_ptr_nonnull(next(&v));
	say(&v, "nonsense\n");
	ck_assert_ptr_null(next(&v));
	leave(&v);
	ck_assert(put_mark(0, 1));
	wait_lines(out_path, 2);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(turns_away_who_is_too_many)
{
	struct viewer v[LIVE_CLIENTS_MAX + 1];

	begin();
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++) {
		v[i] = ask("stream\n\n");
		ASSERT_LINE(&v[i], "\"version\":");
	}
	v[LIVE_CLIENTS_MAX] = ask("stream\n\n");
	ASSERT_LINE(&v[LIVE_CLIENTS_MAX], "{\"error\":\"too many clients look on already\"}");
	leave(&v[LIVE_CLIENTS_MAX]);
	/* One goes, and another one may come. */
	leave(&v[3]);
	ck_assert(put_mark(0, 1));
	ASSERT_LINE(&v[0], "\"returnValue\":1,");
	v[3] = ask("stream\n\n");
	ASSERT_LINE(&v[3], "\"version\":");
	for (size_t i = 0; i < LIVE_CLIENTS_MAX; i++)
		leave(&v[i]);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

static long mark_of(const char *line)
{
	static const char key[] = "\"returnValue\":";

	ck_assert_ptr_nonnull(strstr(line, "\"eventName\":\"do_exit\""));
	return strtol(strstr(line, key) + sizeof(key) - 1, NULL, 10);
}

/* Of a line about losses of this client; 0: it is not one. */
static unsigned long losses_of(const char *line)
{
	static const char key[] = "\"name\":\"count\",\"type\":\"unsigned long\",\"value\":";

	if (!strstr(line, "\"eventName\":\"lost_events\""))
		return 0;
	ck_assert_ptr_nonnull(strstr(line, "\"value\":\"stream\""));
	ck_assert_ptr_nonnull(strstr(line, "\"value\":\"do_exit\""));
	return strtoul(strstr(line, key) + sizeof(key) - 1, NULL, 10);
}

/* One does not read at all while many times its queue comes; another one does, and so does the
 * output. */
START_TEST(only_who_is_slow_loses)
{
	enum { N = 12000, STEP = 1000 };
	struct viewer slow, fast;
	long n_seen = 0, n_lost = 0;

	begin();
	slow = ask("stream\n\n");
	ck_assert_ptr_nonnull(next(&slow));
	fast = ask("stream\n\n");
	ck_assert_ptr_nonnull(next(&fast));
	for (long i = 1; i <= N; i++) {
		ck_assert(put_mark(0, i));
		for (long k = i - STEP + 1; i % STEP == 0 && k <= i; k++) {
			ck_assert_ptr_nonnull(next(&fast));
			ck_assert_int_eq(mark_of(fast.line), k);
		}
	}
	wait_lines(out_path, N + 1);
	/* Now it reads: what it has missed is said, and then it is as the others. */
	while (n_seen + n_lost < N) {
		ck_assert_ptr_nonnull(next(&slow));
		n_lost += (long)losses_of(slow.line);
		if (losses_of(slow.line) == 0)
			ck_assert_int_eq(mark_of(slow.line), ++n_seen);
	}
	ck_assert_int_eq(n_seen + n_lost, N);
	ck_assert_int_gt(n_lost, STEP);
	ck_assert_int_gt(n_seen, STEP);
	ck_assert(put_mark(0, N + 1));
	ck_assert_ptr_nonnull(next(&slow));
	ck_assert_int_eq(mark_of(slow.line), N + 1);
	leave(&slow);
	leave(&fast);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* What goes on while somebody looks on, and goes: nothing else changes. */
START_TEST(survives_clients_that_vanish)
{
	struct viewer v;

	begin();
	for (long i = 1; i <= 200; i++) {
		v = ask(i % 3 ? "stream\n\n" : i % 2 ? "top\n\nnext\n" : "stream\nevents do_e");
		ck_assert(put_mark(0, i));
		if (i % 3 && i % 2)
			ASSERT_LINE(&v, "\"version\":");
		leave(&v);
	}
	wait_lines(out_path, 201);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ASSERT_NOT_SAID("error");
	ASSERT_NOT_SAID("warning");
}
END_TEST

START_TEST(counts_who_makes_events)
{
	struct viewer v;

	begin();
	v = ask("top\nevents do_exit.retval>=10\n\n");
	ASSERT_LINE(&v, "\"version\":");
	for (long i = 5; i < 20; i++)
		ck_assert(put_mark(0, i));
	wait_lines(out_path, 16);
	say(&v, "next\n");
	ASSERT_LINE(&v, "\"events\":10,\"lost\":0,");
	ck_assert_ptr_nonnull(strstr(v.line, "\"processes\":[{\"pid\":1,\"uid\":0,\"comm\":\"\","));
	ck_assert_ptr_nonnull(strstr(v.line, "\"containers\":[{\"id\":\"\","));
	ck_assert_ptr_nonnull(
		strstr(v.line, "\"by_event\":[{\"event\":\"do_exit\",\"count\":10}]"));
	/* From one document to the next. */
	ck_assert(put_mark(0, 20));
	wait_lines(out_path, 17);
	say(&v, "next\nnext\n");
	ASSERT_LINE(&v, "\"events\":1,\"lost\":0,");
	ASSERT_LINE(&v, "\"events\":0,\"lost\":0,\"processes\":[],\"executables\":[],");
	leave(&v);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

START_TEST(ends_with_the_engine)
{
	struct viewer v;

	begin();
	v = ask("stream\n\n");
	ck_assert_ptr_nonnull(next(&v));
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_ptr_null(next(&v));
	leave(&v);
}
END_TEST

/* Its socket is for the owner and the group; the status is still told there. */
START_TEST(leaves_the_status_alone)
{
	struct viewer v, w;
	struct stat st;

	begin();
	ck_assert_int_eq(stat(status_path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 0777, 0660);
	v = ask("stream\n\n");
	ck_assert_ptr_nonnull(next(&v));
	w = ask("status\n");
	ASSERT_LINE(&w, "{\"version\":");
	ck_assert_ptr_null(next(&w));
	leave(&w);
	leave(&v);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine_live");
	TCase *t = tcase_create("live");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, shows_what_comes);
	tcase_add_test(t, says_what_outputs_say);
	tcase_add_test(t, leaves_out_what_is_left_out);
	tcase_add_test(t, says_what_is_not_selected);
	tcase_add_loop_test(t, refuses, 0, ARRAY_LEN(refused));
	tcase_add_test(t, refuses_too_long_a_request);
	tcase_add_loop_test(t, drops_who_says_what_is_not_expected, 0, 2);
	tcase_add_test(t, turns_away_who_is_too_many);
	tcase_add_test(t, only_who_is_slow_loses);
	tcase_add_test(t, survives_clients_that_vanish);
	tcase_add_test(t, counts_who_makes_events);
	tcase_add_test(t, ends_with_the_engine);
	tcase_add_test(t, leaves_the_status_alone);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
