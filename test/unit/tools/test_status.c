/* SPDX-License-Identifier: Apache-2.0 */
/* The status command against something that answers like an engine. */
#include <check.h>
#include <fcntl.h>
#include <jansson.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "tools/command.h"
#include "tools/status_text.h"

/* As engine/status.h describes it. */
static const char full[] =
	"{\"version\":\"0.1.0\",\"engine\":{\"pid\":42,\"uptime_ns\":61000000000,"
	"\"loop\":\"epoll\",\"loop_reason\":\"io_uring_setup (EPERM)\","
	"\"sandbox\":{\"uid\":65534,\"gid\":65534,\"no_new_privs\":true,\"seccomp\":true,"
	"\"landlock_abi\":4},\"policies\":[\"one\",\"two\"],\"events_delivered\":1000,"
	"\"records_decoded\":1001,\"records_bad\":1,\"rss_bytes\":20971520,\"cpu_ns\":1500000000},"
	"\"policies\":{\"generation\":3,\"loaded_ns\":4000000000,\"reloads\":2,"
	"\"reload_errors\":5,\"last_error\":\"a.yaml:1:2: no\",\"watched\":true,"
	"\"reloadable\":true},"
	"\"collector\":{\"connected\":true,\"pid\":41,\"uptime_ns\":7200000000000,\"cpu_ns\":null,"
	"\"rss_bytes\":10240,\"prog_run_ns\":3000,\"prog_run_cnt\":10,"
	"\"counters\":{\"path_cut\":3,\"bell_full\":0}},"
	"\"plan\":{\"generation\":2},"
	"\"hooks\":["
	"{\"event\":\"execve\",\"id\":59,\"state\":\"attached\",\"hook\":\"fexit\"},"
	"{\"event\":\"open\",\"id\":2,\"state\":\"attached\",\"hook\":\"fexit\"},"
	"{\"event\":\"close\",\"id\":3,\"state\":\"attached\",\"hook\":\"tp_btf\"},"
	"{\"event\":\"sysfs\",\"id\":139,\"state\":\"unavailable\",\"hook\":\"\","
	"\"reason\":\"no such system call\",\"code\":\"ENOENT\"}],"
	"\"lanes\":[{\"index\":0,\"class\":\"vital\",\"group\":0,\"capacity\":1048576,\"fill\":512,"
	"\"high\":2097152,\"lost\":0,\"padded\":1,\"corrupt\":0,\"stalls\":0}],"
	"\"lost\":[{\"event\":\"open\",\"count\":17}],"
	"\"sinks\":[{\"name\":\"stdout\",\"events\":1000,\"bytes\":2097152,\"lost\":0,"
	"\"errno\":\"\"},"
	"{\"name\":\"otlp\",\"events\":10,\"bytes\":1024,\"lost\":2,\"connected\":false,"
	"\"queue\":{\"events\":4,\"bytes\":2048,\"capacity\":16777216,\"high\":4096},"
	"\"spool\":{\"events\":5,\"bytes\":5120,\"capacity\":268435456,\"dropped\":0,"
	"\"damaged\":0},\"oldest_ns\":90000000000,\"errno\":\"ECONNREFUSED\","
	"\"why\":\"not connected\"}],"
	"\"ready\":{\"ok\":false,\"text\":\"no heartbeat\\nsecond line\",\"heartbeats\":[]},"
	"\"match\":{\"predicates\":3,\"patterns\":2,\"patterns_jit\":1,\"memory_bytes\":1024},"
	"\"live\":{\"streams\":1,\"tops\":2,\"events\":30,\"missed\":4},"
	"\"process_tree\":{\"tasks\":100,\"capacity\":32768,\"hits\":5,\"misses\":6,"
	"\"evictions\":7},"
	"\"containers\":{\"containers\":8,\"cgroups\":90,\"capacity\":16384,\"hits\":10,"
	"\"misses\":11,\"evictions\":12}}";

static char *text_of(const char *json)
{
	json_t *doc = json_loads(json, 0, NULL);
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	ck_assert(doc && out);
	ck_assert_int_eq(status_text_print(out, doc), 0);
	ck_assert_int_eq(fclose(out), 0);
	json_decref(doc);
	return text;
}

static const char *const expected[] = {
	"pid 42, up 1 min 1 s, 1.5 s of CPU, 20.0 MiB resident\n",
	"loop        epoll (io_uring_setup (EPERM))\n",
	"uid 65534, gid 65534, no_new_privs yes, seccomp yes, landlock abi 4\n",
	"1000 delivered, 1001 records decoded, 1 bad\n",
	"policies    one, two\n",
	"generation 3, loaded 4.0 s ago, watched, 2 reloads, 5 refused\n",
	"refused: a.yaml:1:2: no\n",
	"generation 2\n",
	"pid 41, up 2 h 0 min, - of CPU, 10.0 KiB resident\n",
	"10 runs, 300 ns each\n",
	"counter     path_cut: 3\n",
	"attached    2 events through fexit\n",
	"attached    1 event through tp_btf\n",
	"sysfs  no such system call  ENOENT\n",
	"vital      0   1.0 MiB  0.5 KiB  2.0 MiB     0        0       0\n",
	"open      17\n",
	"stdout    1000  2.0 MiB     0  -\n",
	"otlp        10  1.0 KiB     2  ECONNREFUSED\n",
	"otlp          5  2.0 KiB  4.0 KiB  5.0 KiB  1 min 30 s  no         not connected\n",
	"ready       no: no heartbeat\n",
	"3 conditions, 2 patterns (1 compiled), 1.0 KiB\n",
	"1 streams, 2 tops, 30 events shown, 4 missed\n",
	"100 of 32768 tasks, 5 hits, 6 misses, 7 evictions\n",
	"8 containers, 90 of 16384 cgroups, 10 hits, 11 misses, 12 evictions\n",
};

START_TEST(summary_says_what_the_engine_said)
{
	CLEANUP_FREE char *text = text_of(full);

	ck_assert_msg(strstr(text, expected[_i]) != NULL, "no '%s' in:\n%s", expected[_i], text);
	ck_assert_ptr_null(strstr(text, "bell_full")); /* nothing has happened there */
}
END_TEST

static const char *const strange[] = {
	"{}",
	"{\"engine\":[],\"collector\":7,\"hooks\":{},\"lanes\":\"x\",\"sinks\":null}",
	"{\"engine\":{\"uptime_ns\":-1,\"cpu_ns\":1e300,\"loop_reason\":\"\\u001b[2J\"}}",
	"{\"engine\":{\"pid\":\"\",\"sandbox\":3,\"policies\":[1,{},null]},"
	"\"collector\":{\"connected\":true,\"counters\":[]},\"hooks\":[1,{},{\"state\":7}],"
	"\"lanes\":[{},[]],\"lost\":[null],\"process_tree\":[],\"containers\":1}",
};

START_TEST(other_documents_are_shown_as_far_as_they_go)
{
	CLEANUP_FREE char *text = text_of(strange[_i]);

	ck_assert_ptr_nonnull(strstr(text, "engine\n  process     pid -, up -"));
	ck_assert_ptr_nonnull(strstr(text, "- of - tasks"));
	ck_assert_ptr_nonnull(strstr(text, "- of - cgroups"));
	ck_assert_ptr_null(strchr(text, '\033'));
}
END_TEST

struct server {
	int listen_fd;
	const char *answer;
};

static void *serve(void *arg)
{
	const struct server *s = arg;
	int fd = accept4(s->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd >= 0) {
		(void)!write(fd, s->answer, strlen(s->answer)); /* the reader's checks tell */
		(void)close(fd);
	}
	return NULL;
}

/* Runs the command; what it prints goes to `ret_out`. */
static int ask(const char *socket_path, const char *flag, char *ret_out, size_t cap)
{
	char *args[] = { (char[]){ "--socket" }, strdupa(socket_path), strdupa(flag) };
	CLEANUP_FREE void *opt = calloc(1, command_status.options_bytes);
	struct command_call call = { .self = &command_status, .options = opt };
	CLEANUP_FILE FILE *file = tmpfile();
	struct err err = { 0 };
	int saved, code;
	size_t n;

	ck_assert(opt && file);
	ck_assert_int_eq(options_parse(&command_status.program, *flag ? 3 : 2, args, opt, &err), 0);
	(void)fflush(stdout); /* nothing of ours is in it */
	saved = dup(STDOUT_FILENO);
	ck_assert_int_ge(dup2(fileno(file), STDOUT_FILENO), 0);
	code = command_status.main(&call);
	ck_assert_int_eq(fflush(stdout), 0);
	ck_assert_int_ge(dup2(saved, STDOUT_FILENO), 0);
	(void)close(saved); /* a copy */
	rewind(file);
	n = fread(ret_out, 1, cap - 1, file);
	ret_out[n] = '\0';
	return code;
}

static const struct {
	const char *answer, *flag, *out;
	int code;
} answers[] = {
	{ full, "", "engine\n", EXIT_CODE_OK },
	{ full, "--json", "{\"version\":\"0.1.0\"", EXIT_CODE_OK },
	{ "", "", "", EXIT_CODE_FAILED },
	{ "{\"engine\":", "", "", EXIT_CODE_FAILED },
	{ "[]", "--json", "", EXIT_CODE_FAILED },
	{ "HTTP/1.1 400 Bad Request", "--json", "", EXIT_CODE_FAILED },
};

START_TEST(answer_is_read_to_its_end_and_checked)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct server s = { .answer = answers[_i].answer };
	char folder[] = "/tmp/warder-status-XXXXXX", out[8192];
	pthread_t thread;

	ck_assert_ptr_nonnull(mkdtemp(folder));
	(void)snprintf(addr.sun_path, sizeof(addr.sun_path), "%s/sock", folder); /* short */
	s.listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(s.listen_fd, (const struct sockaddr *)&addr, sizeof(addr)), 0);
	ck_assert_int_eq(listen(s.listen_fd, 1), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, serve, &s), 0);
	ck_assert_int_eq(ask(addr.sun_path, answers[_i].flag, out, sizeof(out)), answers[_i].code);
	ck_assert_int_eq(strncmp(out, answers[_i].out, strlen(answers[_i].out)), 0);
	if (answers[_i].code != EXIT_CODE_OK)
		ck_assert_str_eq(out, "");
	ck_assert_int_eq(pthread_join(thread, NULL), 0);
	(void)close(s.listen_fd);
	/* Nobody listens now, and then nothing is there. */
	ck_assert_int_eq(ask(addr.sun_path, "", out, sizeof(out)), EXIT_CODE_FAILED);
	ck_assert_int_eq(unlink(addr.sun_path), 0);
	ck_assert_int_eq(ask(addr.sun_path, "", out, sizeof(out)), EXIT_CODE_FAILED);
	ck_assert_int_eq(rmdir(folder), 0);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("status");
	TCase *tc = tcase_create("status");
	SRunner *runner;
	int failed;

	tcase_add_loop_test(tc, summary_says_what_the_engine_said, 0, ARRAY_LEN(expected));
	tcase_add_loop_test(tc, other_documents_are_shown_as_far_as_they_go, 0, ARRAY_LEN(strange));
	tcase_add_loop_test(tc, answer_is_read_to_its_end_and_checked, 0, ARRAY_LEN(answers));
	suite_add_tcase(suite, tc);
	runner = srunner_create(suite);
	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
