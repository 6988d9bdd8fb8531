/* SPDX-License-Identifier: Apache-2.0 */
/* The engine as a program: outputs with keys, in its sandbox. */
#include "test/unit/engine/engine_fixture.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <msgpack.h>

#include "test/unit/engine/forward_ground.h"

static char a_path[80], b_path[80];

static void setup_outputs(void)
{
	setup();
	path_of(a_path, sizeof(a_path), "a");
	path_of(b_path, sizeof(b_path), "b");
}

/* The three put together. Static, one for each `i`. */
static const char *output_of(unsigned int i, const char *before, const char *path,
			     const char *behind)
{
	static char texts[4][256];

	ck_assert_int_lt(snprintf(texts[i], sizeof(texts[i]), "%s%s%s", before, path, behind),
			 (int)sizeof(texts[i]));
	return texts[i];
}

static void put_marks(int64_t first, int64_t n)
{
	for (int64_t i = first; i < first + n; i++)
		ck_assert(put_mark(0, i));
}

static bool is_there(const char *path)
{
	return access(path, F_OK) == 0;
}

static const char *with(const char *path, const char *suffix)
{
	static char text[128];

	(void)snprintf(text, sizeof(text), "%s%s", path, suffix);
	return text;
}

/* logrotate's way: the file is renamed, then the engine is told. */
START_TEST(a_hangup_opens_files_anew)
{
	START("--events", "do_exit", "--output", output_of(0, "json:", a_path, ""), "--output",
	      output_of(1, "json:", b_path, "?onFull=drop"));
	fc_serve(&fc, &fl);
	put_marks(0, 10);
	wait_lines(a_path, 10);
	wait_lines(b_path, 10);
	ck_assert_int_eq(rename(a_path, with(a_path, ".1")), 0);
	ck_assert_int_eq(rename(b_path, with(b_path, ".1")), 0);
	ck_assert_int_eq(kill(engine, SIGHUP), 0);
	for (int i = 0; i < 10000 && !(is_there(a_path) && is_there(b_path)); i++)
		(void)usleep(1000);
	put_marks(10, 5);
	wait_lines(a_path, 5);
	wait_lines(b_path, 5);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(with(a_path, ".1")), 10);
	ck_assert_uint_eq(n_lines(with(b_path, ".1")), 10);
	ck_assert_uint_eq(n_lines(a_path), 5);
	ck_assert_uint_eq(n_lines(b_path), 5);
}
END_TEST

START_TEST(a_file_is_put_away_and_compressed)
{
	size_t n = 0;

	START("--events", "do_exit", "--output",
	      output_of(0, "json:", a_path, "?rotateBytes=32K&keep=100&gzip=true"));
	fc_serve(&fc, &fl);
	for (int64_t i = 0; i < 1000; i += 100) {
		put_marks(i, 100);
		(void)usleep(10000);
	}
	for (int i = 0; i < 10000 && !is_there(with(a_path, ".00000005.gz")); i++)
		(void)usleep(1000);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert(is_there(with(a_path, ".00000005.gz")));
	/* Whatever was plain still when it ended is plain. */
	ck_assert_int_eq(system(output_of(0, "cd ", folder,
					  "; (zcat a.*.gz; cat a; for f in a.*[0-9]; do "
					  "[ ! -f $f ] || cat $f; done) > all")),
			 0);
	path_of(a_path, sizeof(a_path), "all");
	n = n_lines(a_path);
	ck_assert_uint_eq(n, 1000);
}
END_TEST

/* A reader of stdout that takes nothing: the file beside it has everything at once. */
START_TEST(a_stuck_stdout_holds_nobody_up)
{
	enum { MARKS = 3000 };
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	ck_assert_int_eq(fcntl(ends[0], F_SETFD, FD_CLOEXEC), 0);
	start_with(ends[1],
		   (const char *const[]){ "--events", "do_exit", "--status-socket", "", "--output",
					  "json?onFull=drop&queueBytes=64K", "--output",
					  output_of(0, "json:", a_path, ""), NULL });
	fc_serve(&fc, &fl);
	put_marks(0, MARKS);
	wait_lines(a_path, MARKS);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ASSERT_SAID("output 'stdout': ");
	ASSERT_SAID("events were lost");
	ck_assert_int_eq(close(ends[0]), 0);
	ck_assert_int_eq(close(ends[1]), 0);
}
END_TEST

START_TEST(each_output_gets_what_is_for_it)
{
	START("--events", "do_exit,openat", "--output",
	      output_of(0, "json:", a_path, "?events=openat"), "--output",
	      output_of(1, "json:", b_path, "?events=do_exit&profile=ecs"), "--output", "json");
	fc_serve(&fc, &fl);
	put_marks(0, 20);
	wait_lines(out_path, 20);
	wait_lines(b_path, 20);
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
	ck_assert_uint_eq(n_lines(a_path), 0);
	ck_assert_ptr_nonnull(strstr(contents(b_path), "{\"@timestamp\":\""));
	ck_assert_ptr_nonnull(strstr(contents(b_path), "\"action\":\"do_exit\""));
	ck_assert_ptr_null(strstr(contents(out_path), "@timestamp"));
}
END_TEST

/* Two datagrams' worth of syslog in another schema, from inside the sandbox. */
START_TEST(syslog_in_ocsf)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	CLEANUP_FD int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	char text[8192];
	ssize_t n;

	memcpy(addr.sun_path, a_path, strlen(a_path));
	ck_assert_int_eq(bind(fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(chmod(a_path, 0666), 0);
	START("--events", "do_exit", "--output",
	      output_of(0, "syslog:unix://", a_path, "?profile=ocsf&facility=local3&app=w"));
	fc_serve(&fc, &fl);
	put_marks(0, 2);
	for (int i = 0; i < 2; i++) {
		n = recv(fd, text, sizeof(text) - 1, 0);
		ck_assert_int_gt(n, 0);
		text[n] = '\0';
		ck_assert_msg(strncmp(text, "<156>1 ", 7) == 0, "%s", text); /* vital: a warning */
		ck_assert_ptr_nonnull(strstr(text, " w "));
		ck_assert_ptr_nonnull(strstr(text, " do_exit [meta sequenceId=\""));
		ck_assert_ptr_nonnull(strstr(text, "] {\"activity_id\":2,"));
		ck_assert_int_eq(text[n - 1], '}');
	}
	ck_assert_int_eq(stop(), EXIT_CODE_OK);
}
END_TEST

/* The first destination is not there: the second one gets them, as maps in another schema. */
START_TEST(forward_fails_over)
{
	static struct fg_peer peer;
	msgpack_unpacked event;
	size_t at = 0;
	char url[512];

	peer = (struct fg_peer){ .is_unix = true };
	fg_start(&peer);
	ck_assert_int_eq(chmod(peer.path, 0666), 0);
	(void)snprintf(
		url, sizeof(url),
		"forward:unix://%s?profile=ecs|unix://%s?mode=compressed&requireAck=true&tag=w",
		a_path, peer.path);
	START("--events", "do_exit", "--output", url, "--output", "json");
	fc_serve(&fc, &fl);
	put_marks(0, 5);
	wait_lines(out_path, 5);
	ck_assert_int_eq(stop(), EXIT_CODE_OK); /* with all that waits delivered */
	fg_stop(&peer);
	ck_assert_uint_eq(peer.n_events, 5);
	ck_assert_uint_ge(peer.n_compressed, 1);
	ck_assert_uint_ge(peer.n_chunks, 1);
	ck_assert_str_eq(peer.events[0].tag, "w");
	msgpack_unpacked_init(&event);
	ck_assert_int_eq(
		msgpack_unpack_next(&event, peer.events[0].record, peer.events[0].len, &at),
		MSGPACK_UNPACK_SUCCESS);
	ck_assert_int_eq(event.data.type, MSGPACK_OBJECT_MAP);
	ck_assert_int_eq(memcmp(event.data.via.map.ptr[0].key.via.str.ptr, "@timestamp", 10), 0);
	msgpack_unpacked_destroy(&event);
	fg_free(&peer);
}
END_TEST

START_TEST(what_cannot_be_is_said_at_the_start)
{
	static const struct {
		const char *output, *text;
	} bad[] = {
		{ "json?profile=ecs", "key 'profile' tells the time of day, which "
				      "'option:relative-time' leaves out" },
		{ "json:/dev/null?rotateBytes=1M",
		  "'/dev/null' is not a file that can be put away" },
		{ "json:/no/such/file?rotateBytes=1M",
		  "'/no/such/file' cannot be opened (ENOENT)" },
		{ "json?events=opne", "output 'stdout': event 'opne' is not known" },
		{ "forward:unix:///x?keyfile=/y",
		  "key 'keyfile' is not known, nearest is 'keyFile'" },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		START("--events", "do_exit", "--output", bad[i].output, "--output",
		      "option:relative-time");
		ck_assert_int_ne(wait_end(), EXIT_CODE_OK);
		ASSERT_SAID(bad[i].text);
		ck_assert_int_eq(unlink(err_path), 0);
	}
}
END_TEST

/* As root it becomes somebody else, whose directory this is not. */
START_TEST(a_directory_that_is_not_writable_is_said_at_the_start)
{
	if (geteuid() != 0)
		return;
	ck_assert_int_eq(chmod(folder, 0755), 0);
	START("--events", "do_exit", "--output", output_of(0, "json:", a_path, "?rotateBytes=1M"));
	ck_assert_int_ne(wait_end(), EXIT_CODE_OK);
	ASSERT_SAID("is not writable for uid");
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("engine_outputs");
	TCase *tcase = tcase_create("program");
	SRunner *runner;
	int n_failed;

	suite_add_tcase(suite, tcase);
	tcase_set_timeout(tcase, 60);
	tcase_add_checked_fixture(tcase, setup_outputs, teardown);
	tcase_add_test(tcase, a_hangup_opens_files_anew);
	tcase_add_test(tcase, a_file_is_put_away_and_compressed);
	tcase_add_test(tcase, a_stuck_stdout_holds_nobody_up);
	tcase_add_test(tcase, each_output_gets_what_is_for_it);
	tcase_add_test(tcase, syslog_in_ocsf);
	tcase_add_test(tcase, forward_fails_over);
	tcase_add_test(tcase, what_cannot_be_is_said_at_the_start);
	tcase_add_test(tcase, a_directory_that_is_not_writable_is_said_at_the_start);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
