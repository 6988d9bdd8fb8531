/* SPDX-License-Identifier: Apache-2.0 */
/* The configuration's keys of the collector against the collector's own options, which the engine's
 * libraries do not know. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/options.h"
#include "common/cleanup.h"
#include "engine/config/keys.h"

static const struct options_row *row_of(const struct ckey *key)
{
	char name[64];

	(void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(key->option, "="), key->option);
	return options_find(&collector_options_program, name);
}

START_TEST(keys_agree_with_options)
{
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		const struct options_row *row;

		if (!key->option || !(key->flags & (CKEY_COLLECTOR | CKEY_LOG)))
			continue;
		row = row_of(key);
		ck_assert_msg(row != NULL, "--%s of %s", key->option, key->path);
		if (strchr(key->option, '=') || strncmp(key->path, "log.aggregate", 13) == 0 ||
		    strcmp(key->path, "perf-buffer-size") == 0)
			continue; /* a part of its value, or made into it */
		ck_assert_str_eq(key->standard ? key->standard : "", row->kind == OPTIONS_KIND_FLAG
									     ? "false"
								     : row->standard ? row->standard
										     : "");
		ck_assert_str_eq(key->words ? key->words : "", row->words ? row->words : "");
		if (key->kind == CKEY_NUMBER || key->kind == CKEY_SIZE)
			ck_assert_uint_eq(key->max, row->max);
	}
}
END_TEST

START_TEST(every_option_has_a_key)
{
	static const char *const command_line_only[] = { "once", "log-file", "help", "man",
							 "version" };
	const struct options_row *row;

	for (size_t i = 0; (row = options_row_at(&collector_options_program, i, NULL)) != NULL;
	     i++) {
		const struct ckey *key;
		bool has = false;

		for (size_t k = 0; k < ARRAY_LEN(command_line_only); k++)
			has = has || strcmp(command_line_only[k], row->name) == 0;
		for (size_t k = 0; (key = ckey_at(k)) != NULL; k++)
			has = has || (key->option && (key->flags & (CKEY_COLLECTOR | CKEY_LOG)) &&
				      row_of(key) == row);
		ck_assert_msg(has, "--%s", row->name);
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config_collector");
	TCase *table = tcase_create("table");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_test(table, keys_agree_with_options);
	tcase_add_test(table, every_option_has_a_key);
	suite_add_tcase(suite, table);
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
