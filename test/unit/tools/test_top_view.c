/* SPDX-License-Identifier: Apache-2.0 */
/* Documents of the engine's counters, as lists. */
#include <check.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "tools/top_view.h"

static const char text[] =
	"{\"window_ns\":2000000000,\"events\":100000,\"lost\":7,\"n_events\":2,"
	"\"processes\":[{\"pid\":12,\"uid\":1000,\"comm\":\"a\\n\\u001b[2J\\u009bz\","
	"\"executable\":\"/usr/bin/\\u00e4\\u00f6\",\"container\":\"0123456789abcdef\","
	"\"count\":75000,\"error\":0},"
	"{\"pid\":13,\"uid\":0,\"comm\":\"b\",\"executable\":\"\",\"container\":\"\","
	"\"count\":20,\"error\":0}],"
	"\"executables\":[{\"path\":\"/x\",\"count\":40000,\"error\":0}],"
	"\"containers\":[{\"id\":\"\",\"name\":\"\",\"image\":\"\",\"pod\":\"\",\"namespace\":\"\","
	"\"count\":100000,\"error\":0}],"
	"\"by_event\":[{\"event\":\"openat\",\"count\":99999},{\"event\":\"close\",\"count\":1}],"
	"\"engine_cpu_ns\":1}";

static char *shown;
static json_t *document;

static void setup(void)
{
	document = json_loads(text, 0, NULL);
	ck_assert_ptr_nonnull(document);
}

static void teardown(void)
{
	json_decref(document);
	free(shown);
	shown = NULL;
}

static const char *show(enum topv_what what, unsigned int columns, unsigned int lines,
			bool is_screen)
{
	const struct topv_size size = { columns, lines };
	size_t len;
	FILE *out;

	free(shown);
	out = open_memstream(&shown, &len);
	ck_assert_ptr_nonnull(out);
	ck_assert_int_eq(topv_print(out, document, what, &size, is_screen), 0);
	ck_assert_int_eq(fclose(out), 0);
	return shown;
}

START_TEST(lists_what_is_asked_for)
{
	ck_assert_str_eq(show(TOPV_EVENTS, 0, 0, false),
			 "warder top: 50.0k events/s of 2 kinds, 7 lost; over 2.0 s\n"
			 "busiest events\n"
			 "  EVENTS/S   SHARE  EVENT\n"
			 "     50.0k  100.0%  openat\n"
			 "       0.5    0.0%  close\n");
	ck_assert_str_eq(strchr(show(TOPV_EXECUTABLES, 0, 0, false), '\n') + 1,
			 "busiest executables\n"
			 "  EVENTS/S   SHARE  EXECUTABLE\n"
			 "     20.0k   40.0%  /x\n");
	ck_assert_ptr_nonnull(strstr(show(TOPV_CONTAINERS, 0, 0, false),
				     "\n     50.0k  100.0%  -             -"));
}
END_TEST

/* Neither the line nor the terminal is theirs. */
START_TEST(shows_names_as_they_may_be_shown)
{
	ck_assert_str_eq(strstr(show(TOPV_PROCESSES, 0, 0, false), "     37.5k"),
			 "     37.5k   75.0%        12    1000  a??[2J?z          "
			 "0123456789ab  /usr/bin/\xc3\xa4\xc3\xb6\n"
			 "      10.0    0.0%        13       0  b                 "
			 "-             -\n");
}
END_TEST

START_TEST(keeps_to_the_screen)
{
	const char *p = show(TOPV_PROCESSES, 20, 4, true);
	unsigned int n_lines = 0;

	ck_assert_str_eq(p, "warder top: 50.0k ev\033[K\n"
			    "busiest processes\033[K\n"
			    "\033[1m  EVENTS/S   SHARE  \033[0m\033[K\n"
			    "     37.5k   75.0%  \033[K\n");
	for (unsigned int columns = 1; columns < 120; columns++) {
		n_lines = 0;
		for (p = show(TOPV_PROCESSES, columns, 3 + columns % 3, false); *p; n_lines++) {
			unsigned int n = 0;

			for (; *p != '\n'; p++)
				n += ((unsigned char)*p & 0xc0) != 0x80;
			ck_assert_uint_le(n, columns);
			p++;
		}
		ck_assert_uint_eq(n_lines, 3 + columns % 3);
	}
}
END_TEST

START_TEST(refuses_other_documents)
{
	const struct topv_size all = { 0 };
	json_t *other = json_loads("{\"version\":\"1\"}", 0, NULL);

	ck_assert_int_eq(topv_print(stdout, other, TOPV_EVENTS, &all, false), -EBADMSG);
	json_decref(other);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("top_view");
	TCase *t = tcase_create("view");
	SRunner *sr = srunner_create(s);
	int failed;

	suite_add_tcase(s, t);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, lists_what_is_asked_for);
	tcase_add_test(t, shows_names_as_they_may_be_shown);
	tcase_add_test(t, keeps_to_the_screen);
	tcase_add_test(t, refuses_other_documents);
	srunner_run_all(sr, CK_ENV);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
