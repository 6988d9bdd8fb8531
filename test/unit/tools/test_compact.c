/* SPDX-License-Identifier: Apache-2.0 */
/* Events as lines for people. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tools/compact.h"

#define WHO                                                                                        \
	"{\"timestamp\":1680000000123456789,\"hostProcessId\":1234,\"processName\":\"cat\","       \
	"\"executable\":{\"path\":\"/usr/bin/cat\"},"
#define ON_HOST "\"containerId\":\"\",\"container\":{},\"kubernetes\":{},"
#define OPENAT "\"eventId\":\"257\",\"eventName\":\"openat\","
#define ARGS(value)                                                                                \
	"\"args\":[{\"name\":\"pathname\",\"type\":\"const char*\",\"value\":" value "}]}\n"

static char out[4096];

static const char *shown(const char *line, bool is_coloured)
{
	size_t n = compact_event(out, sizeof(out) - 1, line, strlen(line), is_coloured);

	out[n] = '\0';
	return out;
}

static const struct {
	const char *line, *shown;
} events[] = {
	{ WHO ON_HOST OPENAT "\"matchedPolicies\":[\"\"],\"returnValue\":3," ARGS("\"/etc/x y\""),
	  "10:40:00.123456 /usr/bin/cat[1234] -> openat pathname=/etc/x y = 3\n" },
	{ WHO ON_HOST OPENAT "\"matchedPolicies\":[\"a\",\"b\"],\"returnValue\":-13," ARGS("\"x\""),
	  "10:40:00.123456 /usr/bin/cat[1234] -> openat pathname=x = -13 EACCES [a,b]\n" },
	/* Names cannot break the line, or reach the terminal. */
	{ WHO ON_HOST OPENAT "\"returnValue\":0," ARGS("\"a\\n\\u001b[2J\\\"\""),
	  "10:40:00.123456 /usr/bin/cat[1234] -> openat pathname=a\\n\\u001b[2J\" = 0\n" },
	{ WHO "\"containerId\":\"0123456789abcdef\",\"container\":{\"id\":\"0123456789abcdef\"},"
	      "\"kubernetes\":{}," OPENAT "\"returnValue\":0," ARGS("\"x\""),
	  "10:40:00.123456 /usr/bin/cat[1234] 0123456789ab -> openat pathname=x = 0\n" },
	{ WHO "\"containerId\":\"01\",\"container\":{\"id\":\"01\",\"name\":\"web\"},"
	      "\"kubernetes\":{}," OPENAT "\"returnValue\":0," ARGS("\"x\""),
	  "10:40:00.123456 /usr/bin/cat[1234] web -> openat pathname=x = 0\n" },
	{ WHO "\"containerId\":\"01\",\"container\":{\"id\":\"01\",\"name\":\"web\"},"
	      "\"kubernetes\":{\"podName\":\"web-1\",\"podNamespace\":\"shop\"}," OPENAT
	      "\"returnValue\":0," ARGS("\"x\""),
	  "10:40:00.123456 /usr/bin/cat[1234] shop/web-1 -> openat pathname=x = 0\n" },
	/* No system call: what it returned is only shown when it says something. */
	{ WHO ON_HOST
	  "\"eventId\":\"718\",\"eventName\":\"do_exit\",\"returnValue\":0,\"args\":[]}\n",
	  "10:40:00.123456 /usr/bin/cat[1234] -> do_exit\n" },
	{ WHO ON_HOST "\"eventId\":\"715\",\"eventName\":\"sched_process_exec\",\"returnValue\":0,"
		      "\"args\":[{\"name\":\"cmdpath\",\"value\":\"/a\"},{\"name\":\"pathname\","
		      "\"value\":\"/b\"},{\"name\":\"argv\",\"value\":[\"b\",\"-c\"]}]}\n",
	  "10:40:00.123456 /usr/bin/cat[1234] -> sched_process_exec pathname=/b argv=[b -c]\n" },
	/* Whose program is not known. */
	{ "{\"timestamp\":1680000000000000000,\"hostProcessId\":2,\"processName\":\"kthreadd\","
	  "\"executable\":{\"path\":\"\"}," ON_HOST OPENAT "\"returnValue\":0,\"args\":[]}\n",
	  "10:40:00.000000 kthreadd[2] -> openat = 0\n" },
	{ "{\"timestamp\":1680000000000000000,\"eventId\":\"10000\",\"eventName\":\"lost_events\","
	  "\"args\":[{\"name\":\"event\",\"value\":\"openat\"},{\"name\":\"count\",\"value\":5}]}"
	  "\n",
	  "10:40:00.000000 lost_events event=openat count=5\n" },
	{ "[1]\n", "" },
	{ "{}\n", "" },
	{ "", "" },
};

START_TEST(says_what_happened)
{
	ck_assert_str_eq(shown(events[_i].line, false), events[_i].shown);
}
END_TEST

START_TEST(colours_when_it_may)
{
	ck_assert_str_eq(shown(events[1].line, true),
			 "\033[2m10:40:00.123456\033[0m \033[1m/usr/bin/cat\033[0m[1234] -> "
			 "\033[32mopenat\033[0m pathname=x = \033[31m-13 EACCES\033[0m [a,b]\n");
}
END_TEST

/* Cut between characters; the line still ends, and so do colours. */
START_TEST(cuts_what_is_long)
{
	static char line[8192], value[400];
	char *end = line;
	size_t n;

	for (size_t i = 0; i + 2 < sizeof(value); i += 2)
		memcpy(value + i, "\xc3\xa4", 3);
	end += sprintf(line, WHO ON_HOST OPENAT "\"returnValue\":0,\"args\":[");
	for (int i = 0; i < 10; i++)
		end += sprintf(end, "%s{\"name\":\"x\",\"value\":\"%s\"}", i ? "," : "", value);
	strcpy(end, "]}\n");
	n = compact_event(out, 512, line, strlen(line), true);
	ck_assert_uint_gt(n, 400);
	ck_assert_uint_le(n, 512);
	ck_assert_msg(memcmp(out + n - 8, "...\033[0m\n", 8) == 0, "ends with: %.20s",
		      out + n - 20);
	out[n] = '\0';
	ck_assert_ptr_nonnull(strstr(out, "x=\xc3\xa4\xc3\xa4"));
	ck_assert_ptr_nonnull(strstr(out, "\xc3\xa4... x="));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("compact");
	TCase *t = tcase_create("compact");
	SRunner *sr = srunner_create(s);
	int failed;

	(void)setenv("TZ", "UTC", 1);
	suite_add_tcase(s, t);
	tcase_add_loop_test(t, says_what_happened, 0, ARRAY_LEN(events));
	tcase_add_test(t, colours_when_it_may);
	tcase_add_test(t, cuts_what_is_long);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
