/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter_pattern.h"

#include <errno.h>
#include <stdint.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include "engine/policy/filter.h"

/* Groups inside each other: each costs the compiler and the interpreter stack. */
#define NEST_MAX 32
/* Bytes of a compiled pattern. Repeated groups are copied: without it "((a{99}){99}){99}" costs as
 * much as PCRE2's own limit allows, thousands of times in one policy file. */
#define CODE_BYTES_MAX 32768

static void free_context(pcre2_compile_context **context)
{
	pcre2_compile_context_free(*context);
}

static void free_code(pcre2_code **code)
{
	pcre2_code_free(*code);
}

static int refuse(int code, size_t offset, struct err *err)
{
	PCRE2_UCHAR text[128];

	if (code == PCRE2_ERROR_HEAP_FAILED || code == PCRE2_ERROR_NOMEMORY)
		return err_set(err, -ENOMEM, "out of memory");
	if (pcre2_get_error_message(code, text, sizeof(text)) < 0)
		return err_set(err, -EINVAL, "the pattern is not valid");
	return err_set(err, -EINVAL, "the pattern is not valid at byte %zu: %s", offset + 1,
		       (const char *)text);
}

int fpattern_check(const char *text, size_t len, struct err *err)
{
	__attribute__((cleanup(free_context))) pcre2_compile_context *context = NULL;
	__attribute__((cleanup(free_code))) pcre2_code *code = NULL;
	size_t offset = 0, bytes = 0;
	int reason = 0;

	if (len > POL_FILTER_PATTERN_MAX)
		return err_set(err, -E2BIG, "the pattern is longer than %d bytes",
			       POL_FILTER_PATTERN_MAX);
	context = pcre2_compile_context_create(NULL);
	if (!context)
		return err_set(err, -ENOMEM, "out of memory");
	(void)pcre2_set_parens_nest_limit(context, NEST_MAX); /* both always succeed */
	(void)pcre2_set_max_pattern_length(context, POL_FILTER_PATTERN_MAX);
	code = pcre2_compile((PCRE2_SPTR)text, len,
			     PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C, &reason,
			     &offset, context);
	if (!code)
		return refuse(reason, offset, err);
	(void)pcre2_pattern_info(code, PCRE2_INFO_SIZE, &bytes); /* a valid request */
	if (bytes > CODE_BYTES_MAX)
		return err_set(err, -E2BIG,
			       "the pattern is too complex: it compiles to %zu bytes, "
			       "expected at most %d",
			       bytes, CODE_BYTES_MAX);
	return 0;
}
