/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/encode/table.h"

#include "engine/enrich/containers.h"
#include "test/unit/engine/json_fixture.h"

static char out[65536];

static struct table table_of(bool is_verbose, enum table_containers containers)
{
	return (struct table){ .opt = { .is_verbose = is_verbose, .containers = containers } };
}

static const char *header(struct table t)
{
	size_t len = table_header(&t, out, sizeof(out));

	ck_assert_int_eq(out[len - 1], '\n');
	out[len - 1] = '\0';
	return out;
}

/* The line of the event that the fixture holds. */
static const char *event_line(struct table *t)
{
	size_t len = table_event(t, out, sizeof(out), line, strlen(line));

	ck_assert_uint_gt(len, 0);
	ck_assert_int_eq(out[len - 1], '\n');
	ck_assert(memchr(out, '\n', len - 1) == NULL);
	out[len - 1] = '\0';
	return out;
}

static const char *row(bool is_verbose, enum table_containers containers)
{
	struct table t = table_of(is_verbose, containers);

	return event_line(&t);
}

START_TEST(headers_are_tracees)
{
	ck_assert_str_eq(
		header(table_of(false, TABLE_CONTAINERS_OFF)),
		"TIME             UID    COMM             PID     TID     RET              "
		"EVENT                     ARGS");
	ck_assert_str_eq(header(table_of(false, TABLE_CONTAINERS_ID)),
			 "TIME             CONTAINER_ID  UID    COMM             PID/host        "
			 "TID/host        RET              EVENT                     ARGS");
	ck_assert_str_eq(header(table_of(false, TABLE_CONTAINERS_ENRICHED)),
			 "TIME             CONTAINER_ID  IMAGE            UID    COMM             "
			 "PID/host        TID/host        RET              "
			 "EVENT                     ARGS");
	ck_assert_str_eq(header(table_of(true, TABLE_CONTAINERS_OFF)),
			 "TIME             UTS_NAME          CONTAINER_ID  MNT_NS       "
			 "PID_NS       UID    COMM             PID     TID     PPID    "
			 "RET              EVENT                     ARGS");
	ck_assert_str_eq(header(table_of(true, TABLE_CONTAINERS_ENRICHED)),
			 "TIME             UTS_NAME          CONTAINER_ID  IMAGE            "
			 "MNT_NS       PID_NS       UID    COMM             PID/host        "
			 "TID/host        PPID/host       RET              "
			 "EVENT                     ARGS");
}
END_TEST

static void openat_event(const char *path)
{
	rb_begin(&b, EV_OPENAT);
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 2, 0100001);
	b.rec.ret = -2;
	rb_str(&b, 1, path);
	(void)encode();
}

START_TEST(rows_are_tracees)
{
	openat_event("/etc/pass wd");
	ck_assert_str_eq(
		row(false, TABLE_CONTAINERS_OFF),
		"10:40:01:000000  1000   bash             7       8       -2               "
		"openat                    dirfd: AT_FDCWD, pathname: /etc/pass wd, "
		"flags: O_WRONLY|O_LARGEFILE, mode: 0");
	ck_assert_str_eq(row(true, TABLE_CONTAINERS_ID),
			 "10:40:01:000000  node-1                          4026532574   "
			 "4026531836   1000   bash             7      /100     8      /101     "
			 "1      /50      -2               openat                    "
			 "dirfd: AT_FDCWD, pathname: /etc/pass wd, flags: O_WRONLY|O_LARGEFILE, "
			 "mode: 0");
}
END_TEST

START_TEST(no_arguments_is_no_arguments)
{
	rb_begin(&b, EV_GETPPID);
	(void)encode();
	ck_assert_str_eq(
		row(false, TABLE_CONTAINERS_OFF),
		"10:40:01:000000  1000   bash             7       8       0                "
		"getppid                   ");
}
END_TEST

START_TEST(time_is_local_or_relative)
{
	struct table t = table_of(false, TABLE_CONTAINERS_OFF);

	(void)setenv("TZ", "XYZ-5:30", 1);
	rb_begin(&b, EV_GETPPID);
	(void)encode();
	(void)header(t);
	ck_assert_int_eq(strncmp(event_line(&t), "16:10:01:000000 ", 16), 0);
	b.rec.ts_ns = 1999999999;
	(void)encode();
	ck_assert_int_eq(strncmp(event_line(&t), "16:10:01:999999 ", 16), 0);
	b.rec.ts_ns = 2000000000;
	(void)encode();
	ck_assert_int_eq(strncmp(event_line(&t), "16:10:02:000000 ", 16), 0);
	t = (struct table){ .opt.relative_time = true };
	opt = (struct json_options){ .relative_time = true, .start_ns = 500 };
	(void)encode();
	ck_assert_int_eq(strncmp(event_line(&t), "00:00:01:999999 ", 16), 0);
	opt.start_ns = 2000001000; /* an event from before the start */
	(void)encode();
	t = (struct table){ .opt.relative_time = true };
	ck_assert_int_eq(strncmp(event_line(&t), "23:59:59:999999 ", 16), 0);
}
END_TEST

START_TEST(containers_are_cut_to_their_columns)
{
	struct container c = { .id = "0123456789abcdef",
			       .name = "n",
			       .image = "docker.io/library/nginx",
			       .image_digest = "",
			       .pod_name = "",
			       .pod_namespace = "",
			       .pod_uid = "" };

	rb_begin(&b, EV_GETPPID);
	rb_decode(&b, &ev);
	ev.task = &task;
	ev.container = &c;
	line[json_event(line, sizeof(line), &ev, &opt) - 1] = '\0';
	ck_assert_str_eq(row(false, TABLE_CONTAINERS_ENRICHED),
			 "10:40:01:000000  0123456789ab  docker.io/librar 1000   bash             "
			 "7      /100     8      /101     0                "
			 "getppid                   ");
	c.image = "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
		  "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4";
	line[json_event(line, sizeof(line), &ev, &opt) - 1] = '\0';
	ck_assert_ptr_nonnull(strstr(row(false, TABLE_CONTAINERS_ENRICHED),
				     "\xc3\xa4\xc3\xa4\xc3\xa4 1000   bash"));
}
END_TEST

/* Long event names are cut where there are only the usual columns. */
START_TEST(long_names_of_events)
{
	static const char json[] = "{\"timestamp\":0,\"eventName\":"
				   "\"abcdefghijklmnopqrstuvwxyz\",\"args\":[]}";
	struct table t = table_of(false, TABLE_CONTAINERS_OFF);

	(void)snprintf(line, sizeof(line), "%s", json);
	ck_assert_ptr_nonnull(strstr(event_line(&t), "abcdefghijklmnopqrstuv... "));
	t = table_of(true, TABLE_CONTAINERS_OFF);
	ck_assert_ptr_nonnull(strstr(event_line(&t), "abcdefghijklmnopqrstuvwxyz "));
}
END_TEST

/* Whatever a name is made of, a line is one line, and a terminal shows it as text. */
START_TEST(names_do_not_break_lines_or_terminals)
{
	static const char hostile[] = "/a\nb\x1b[2J\xc2\x9b\xe2\x80\xae\xff\"\\";

	openat_event(hostile);
	ck_assert_ptr_nonnull(strstr(row(false, TABLE_CONTAINERS_OFF),
				     "pathname: /a\\nb\\u001b[2J\\u009b\\u202e\xef\xbf\xbd\"\\,"));
	memcpy(task.ctx.comm, "x\ny\tz", 6);
	rb_begin(&b, EV_GETPPID);
	(void)encode();
	ck_assert_ptr_nonnull(strstr(row(false, TABLE_CONTAINERS_OFF), " x\\ny\\tz          7 "));
}
END_TEST

START_TEST(compound_values_are_as_go_shows_them)
{
	static const uint8_t in[] = { 2, 0, 1, 187, 1, 2, 3, 4, 0, 0, 0, 0, 0, 0, 0, 0 };
	static const char argv[] = "ls\0-l a\0";

	rb_begin(&b, EV_CONNECT);
	rb_var(&b, 1, in, sizeof(in), 0, 0);
	rb_arg(&b, 2, sizeof(in));
	(void)encode();
	ck_assert_ptr_nonnull(
		strstr(row(false, TABLE_CONTAINERS_OFF),
		       "addr: map[sa_family:AF_INET sin_addr:1.2.3.4 sin_port:443], "));
	rb_begin(&b, EV_EXECVE);
	rb_str(&b, 0, "/bin/ls");
	rb_var(&b, 1, argv, sizeof(argv) - 1, 0, 2);
	(void)encode();
	ck_assert_ptr_nonnull(strstr(row(false, TABLE_CONTAINERS_OFF),
				     "pathname: /bin/ls, argv: [ls -l a], envp: []"));
}
END_TEST

START_TEST(what_is_too_long_is_cut_and_shown)
{
	static char small[TABLE_LINE_MIN + 1];
	struct table t = table_of(false, TABLE_CONTAINERS_OFF);
	char path[3000];
	size_t len;

	memset(path, 'x', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	openat_event(path);
	small[TABLE_LINE_MIN] = '~';
	len = table_event(&t, small, TABLE_LINE_MIN, line, strlen(line));
	ck_assert_uint_eq(len, TABLE_LINE_MIN);
	ck_assert_int_eq(small[TABLE_LINE_MIN], '~');
	ck_assert_int_eq(memcmp(small + len - 5, "x...\n", 5), 0);
	for (size_t i = 0; i + 2 < sizeof(path); i += 2)
		memcpy(path + i, "\xc3\xa4", 2);
	openat_event(path);
	len = table_event(&t, small, TABLE_LINE_MIN, line, strlen(line));
	ck_assert_int_eq(memcmp(small + len - 4, "...\n", 4), 0);
}
END_TEST

START_TEST(no_json_is_no_line)
{
	static const char *const bad[] = { "", "x", "[1]", "\"", "{", "{\"a\":\"" };
	struct table t = table_of(false, TABLE_CONTAINERS_OFF);

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		ck_assert_uint_eq(table_event(&t, out, sizeof(out), bad[i], strlen(bad[i])), 0);
}
END_TEST

/* Every event with everything that a record may have in it. */
START_TEST(any_record_gives_a_line)
{
	uint64_t seed = 7;

	for (int i = 0; i < 3000; i++) {
		const struct event_def *def = &event_defs[rb_next_random(&seed) % EVENT_SLOTS];

		if (def->id == EV_TASK)
			continue;
		rb_random(&b, def->id, rb_next_random(&seed));
		(void)encode();
		(void)row(i & 1, (enum table_containers)(i % 3));
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("table");
	TCase *tc = tcase_create("table");
	SRunner *runner;
	int n_failed;

	(void)setenv("TZ", "UTC", 1);
	tcase_add_checked_fixture(tc, setup, NULL);
	tcase_add_test(tc, headers_are_tracees);
	tcase_add_test(tc, rows_are_tracees);
	tcase_add_test(tc, no_arguments_is_no_arguments);
	tcase_add_test(tc, time_is_local_or_relative);
	tcase_add_test(tc, containers_are_cut_to_their_columns);
	tcase_add_test(tc, long_names_of_events);
	tcase_add_test(tc, names_do_not_break_lines_or_terminals);
	tcase_add_test(tc, compound_values_are_as_go_shows_them);
	tcase_add_test(tc, what_is_too_long_is_cut_and_shown);
	tcase_add_test(tc, no_json_is_no_line);
	tcase_add_test(tc, any_record_gives_a_line);
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
