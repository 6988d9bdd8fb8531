/* SPDX-License-Identifier: Apache-2.0 */
#include "common/log_options.h"

/* The words of --log and --log-format are the enums, in order. */
_Static_assert(LOG_ERROR == 0 && LOG_DEBUG == 3 && LOG_LEVELS == 4, "words of --log");
_Static_assert(LOG_TEXT == 0 && LOG_JSON == 1, "words of --log-format");

static struct log_settings settings_of(const struct log_options *opt)
{
	return (struct log_settings){
		.level = (enum log_level)opt->level,
		.format = (enum log_format)opt->format,
		.aggregate_ns = opt->aggregate_ns,
		.include = { opt->include.items, opt->include.n },
		.exclude = { opt->exclude.items, opt->exclude.n },
		.patterns = opt->patterns,
	};
}

int log_options_check(const struct log_options *opt, struct err *err)
{
	const struct log_settings settings = settings_of(opt);

	return log_check(&settings, err);
}

int log_options_set(const struct log_options *opt, struct err *err)
{
	const struct log_settings settings = settings_of(opt);

	return log_set(&settings, err);
}

int log_options_open(const struct log_options *opt, uint32_t uid, uint32_t gid, struct err *err)
{
	int rc = log_options_set(opt, err);

	return rc < 0 || !opt->file ? rc : log_to_file(opt->file, uid, gid, err);
}
