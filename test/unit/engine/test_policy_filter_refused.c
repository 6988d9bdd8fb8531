/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"

static int add(struct pol_filters *filters, const char *text, const char *event,
	       struct pol_filter_extra *extra, struct err *err)
{
	const struct event_def *def = event && *event ? event_def_find_name(event) : NULL;

	return pol_filter_add(filters, text, event ? POL_FILTER_RULE : POL_FILTER_SCOPE, def, 3, 7,
			      extra, err);
}

static const struct {
	const char *text, *event;
	int code;
	const char *expect;
} bad[] = {
	/* names */
	{ "containr", NULL, -ENOENT, "scope 'containr' is not known; did you mean 'container'?" },
	{ "globl", NULL, -ENOENT, "scope 'globl' is not known; did you mean 'global'?" },
	{ "flavour=1", NULL, -ENOENT, "scope 'flavour=1' is not known" },
	{ "=0", NULL, -ENOENT, "scope '=0' is not known" },
	{ "", NULL, -EINVAL, "a scope is empty" },
	{ " \t", "read", -EINVAL, "a filter is empty" },
	{ "podNamspace=x", "read", -ENOENT,
	  "filter 'podNamspace=x' is not known; did you mean 'podNamespace'?" },
	{ "retvl=0", "read", -ENOENT, "filter 'retvl=0' is not known; did you mean 'retval'?" },
	{ "uid =0", NULL, -ENOENT, "scope 'uid =0' is not known; did you mean 'uid'?" },
	{ "tree=1", "read", -EINVAL,
	  "filter 'tree=1' is not valid: 'tree' is a scope, not a filter of a rule" },
	{ "c", "read", -EINVAL, "filter 'c' is not valid: 'c' is a scope, not a filter of a rule" },
	{ "retval=0", NULL, -EINVAL,
	  "scope 'retval=0' is not valid: 'retval' is a filter of a rule, not a scope" },
	{ "data.fd=0", NULL, -EINVAL,
	  "scope 'data.fd=0' is not valid: 'data.fd' is a filter of a rule, not a scope" },
	{ "global", "read", -ENOENT, "filter 'global' is not known" },
	{ "global=1", NULL, -EINVAL, "scope 'global=1' is not valid; 'global' takes no value" },
	{ "follow!=1", NULL, -EINVAL, "scope 'follow!=1' is not valid; 'follow' takes no value" },
	{ "not-container=1", NULL, -EINVAL,
	  "scope 'not-container=1' is not valid; 'not-container' takes no value" },

	/* operators */
	{ "uid", NULL, -EINVAL, "scope 'uid' has no operator; expected one of = != < <= > >=" },
	{ "tree", NULL, -EINVAL, "scope 'tree' has no operator; expected one of = !=" },
	{ "comm", "read", -EINVAL, "filter 'comm' has no operator; expected one of = != =~ !~" },
	{ "data.fd", "read", -EINVAL,
	  "filter 'data.fd' has no operator; expected one of = != < <= > >= =~ !~" },
	{ "uid==0", NULL, -EINVAL,
	  "scope 'uid==0': operator '==' is not known; expected one of = != < <= > >= =~ !~" },
	{ "uid!==0", NULL, -EINVAL,
	  "scope 'uid!==0': operator '!==' is not known; expected one of = != < <= > >= =~ !~" },
	{ "uid!0", NULL, -EINVAL,
	  "scope 'uid!0': operator '!' is not known; expected one of = != < <= > >= =~ !~" },
	{ "comm<a", NULL, -EINVAL,
	  "scope 'comm<a': the operator does not go with 'comm'; expected one of = != =~ !~" },
	{ "uid=~0", NULL, -EINVAL,
	  "scope 'uid=~0': the operator does not go with 'uid'; expected one of = != < <= > >=" },
	{ "tree<5", NULL, -EINVAL,
	  "scope 'tree<5': the operator does not go with 'tree'; expected one of = !=" },
	{ "host<1", "read", -EINVAL,
	  "filter 'host<1': the operator does not go with 'host'; expected one of = !=" },
	{ "container>1", NULL, -EINVAL,
	  "scope 'container>1': the operator does not go with 'container'; expected one of = != "
	  "=~ !~" },
	{ "data.process_group_exit>0", "sched_process_exit", -EINVAL,
	  "filter 'data.process_group_exit>0': the operator does not go with "
	  "'data.process_group_exit'; expected one of = != =~ !~" },
	{ "data.pathname<5", "openat", -EINVAL,
	  "filter 'data.pathname<5': the operator does not go with 'data.pathname'; expected one "
	  "of = != =~ !~" },
	{ "retval=~0", "read", -EINVAL,
	  "filter 'retval=~0': the operator does not go with 'retval'; expected one of = != < <= > "
	  ">=" },

	/* values */
	{ "uid=", NULL, -EINVAL, "scope 'uid=': a value is empty" },
	{ "data.pathname=", "openat", -EINVAL, "filter 'data.pathname=': a value is empty" },
	{ "data.pathname=a,,b", "openat", -EINVAL,
	  "filter 'data.pathname=a,,b': a value is empty" },
	{ "data.pathname=~", "openat", -EINVAL, "filter 'data.pathname=~': a value is empty" },
	{ "uid=root", NULL, -EINVAL,
	  "scope 'uid=root': 'root' is not a number from 0 to 4294967295" },
	{ "uid=4294967296", NULL, -EINVAL,
	  "scope 'uid=4294967296': '4294967296' is not a number from 0 to 4294967295" },
	{ "uid>-1", NULL, -EINVAL, "scope 'uid>-1': '-1' is not a number from 0 to 4294967295" },
	{ "uid=0x", NULL, -EINVAL, "scope 'uid=0x': '0x' is not a number from 0 to 4294967295" },
	{ "uid=+1", NULL, -EINVAL, "scope 'uid=+1': '+1' is not a number from 0 to 4294967295" },
	{ "uid=1 ,2", NULL, -EINVAL,
	  "scope 'uid=1 ,2': '1 ' is not a number from 0 to 4294967295" },
	{ "uid=1*", NULL, -EINVAL, "scope 'uid=1*': '1*' is not a number from 0 to 4294967295" },
	{ "pid=new,1", NULL, -EINVAL,
	  "scope 'pid=new,1': 'new' is not a number from 0 to 2147483647" },
	{ "pid=new", "read", -EINVAL,
	  "filter 'pid=new': 'new' is not a number from 0 to 2147483647" },
	{ "retval=EPERM", "read", -EINVAL,
	  "filter 'retval=EPERM': 'EPERM' is not a number of 64 bits" },
	{ "retval=0xffffffffffffffff", "read", -EINVAL,
	  "filter 'retval=0xffffffffffffffff': '0xffffffffffffffff' is not a number of 64 bits" },
	{ "data.count>18446744073709551616", "read", -EINVAL,
	  "filter 'data.count>18446744073709551616': '18446744073709551616' is not a number of 64 "
	  "bits" },
	{ "data.count>O_RDWR", "read", -EINVAL,
	  "filter 'data.count>O_RDWR': 'O_RDWR' is not a number of 64 bits" },
	{ "comm=*", NULL, -EINVAL,
	  "scope 'comm=*': '*' alone is every text; expected x*, *x or *x*" },
	{ "data.pathname=/a,**", "openat", -EINVAL,
	  "filter 'data.pathname=/a,**': '**' alone is every text; expected x*, *x or *x*" },
	{ "comm=*a-name-that-no-task-has", NULL, -EINVAL,
	  "scope 'comm=*a-name-that-no-task-has': 'a-name-that-no-task-has' is longer than the 15 "
	  "bytes that the kernel keeps" },
	{ "executable=ls", NULL, -EINVAL,
	  "scope 'executable=ls': 'ls' is not a path; expected one that begins with '/', perhaps "
	  "with 'host:' or the number of a mount namespace and ':' before it" },
	{ "executable=guest:/bin/ls", NULL, -EINVAL,
	  "scope 'executable=guest:/bin/ls': 'guest:/bin/ls' is not a path; expected one that "
	  "begins with '/', perhaps with 'host:' or the number of a mount namespace and ':' before "
	  "it" },
	{ "executable=host:/bin/*", NULL, -EINVAL,
	  "scope 'executable=host:/bin/*': '/bin/' has a mount namespace and a '*'; expected a "
	  "whole path behind a mount namespace" },
	{ "container=new,ab12", NULL, -EINVAL,
	  "scope 'container=new,ab12': 'new' must be the only value" },
	{ "container=ab12,started", "read", -EINVAL,
	  "filter 'container=ab12,started': 'started' must be the only value" },
	{ "host=maybe", "read", -EINVAL,
	  "filter 'host=maybe': expected no value, 'true' or 'false'" },
	{ "syscall=opnat", "read", -ENOENT,
	  "filter 'syscall=opnat': system call 'opnat' is not known; did you mean 'openat'?" },
	{ "syscall=sched_process_exec", "read", -ENOENT,
	  "filter 'syscall=sched_process_exec': system call 'sched_process_exec' is not known" },
	{ "syscall=-1", "read", -ENOENT, "filter 'syscall=-1': system call '-1' is not known" },

	/* patterns */
	{ "comm=~(", NULL, -EINVAL,
	  "scope 'comm=~(': the pattern is not valid at byte 2: missing closing parenthesis" },
	{ "comm=~a**", NULL, -EINVAL, NULL },
	{ "comm=~\\C", NULL, -EINVAL,
	  "scope 'comm=~\\C': the pattern is not valid at byte 3: using \\C is disabled by the "
	  "application" },
	{ "comm=~\xff", NULL, -EINVAL,
	  "scope 'comm=~?': the pattern is not valid at byte 1: UTF-8 error: illegal byte (0xfe or "
	  "0xff)" },
	{ "comm=~((a{1,200}){1,200}){1,200}", NULL, -EINVAL, NULL },
	{ "comm=~((((((((((((((((((((((((((((((((((a))))))))))))))))))))))))))))))))))", NULL,
	  -EINVAL, NULL },

	/* fields */
	{ "data.=1", "openat", -EINVAL, "filter 'data.=1' names no field" },
	{ "data.", "openat", -EINVAL, "filter 'data.' names no field" },
	{ "data.pathnam=/etc", "openat", -ENOENT,
	  "filter 'data.pathnam=/etc': event 'openat' has no such field; did you mean "
	  "'pathname'?" },
	{ "data.code=1", "do_exit", -ENOENT,
	  "filter 'data.code=1': event 'do_exit' has no such field" },
	{ "data.dest=127.0.0.1", "openat", -ENOENT,
	  "filter 'data.dest=127.0.0.1': event 'openat' has no such field" },
	{ "data.pathname=x", "", -EINVAL,
	  "filter 'data.pathname=x' is not possible: a set of events has no fields" },
	{ "data.pathname.len=1", "openat", -EINVAL,
	  "filter 'data.pathname.len=1': field 'pathname' of event 'openat' has no parts" },
	{ "data.addr.sin_adr=1", "connect", -ENOENT,
	  "filter 'data.addr.sin_adr=1': field 'addr' has no such part; did you mean 'sin_addr'?" },
	{ "data.addr.=1", "connect", -ENOENT,
	  "filter 'data.addr.=1': field 'addr' has no such part" },
	{ "data.addr.sin_addr=10.0.0.0/33", "connect", -EINVAL,
	  "filter 'data.addr.sin_addr=10.0.0.0/33': '10.0.0.0/33' is not a network; expected one "
	  "such as 10.0.0.0/8 or fd00::/8" },
	{ "data.addr.sin_addr=10.0.0/8", "connect", -EINVAL,
	  "filter 'data.addr.sin_addr=10.0.0/8': '10.0.0/8' is not a network; expected one such as "
	  "10.0.0.0/8 or fd00::/8" },
	{ "data.addr.sin6_addr=fd00::/", "connect", -EINVAL,
	  "filter 'data.addr.sin6_addr=fd00::/': 'fd00::/' is not a network; expected one such as "
	  "10.0.0.0/8 or fd00::/8" },
};

START_TEST(bad_filter_is_refused_with_a_sentence)
{
	struct pol_filters filters = { 0 };
	struct pol_filter_extra extra = { 0 };
	struct err err = { 0 };
	int rc;

	ck_assert_int_eq(add(&filters, "uid=0", bad[_i].event, &extra, &err), 0);
	rc = add(&filters, bad[_i].text, bad[_i].event, &extra, &err);
	if (bad[_i].expect) {
		ck_assert_str_eq(err.text, bad[_i].expect);
		ck_assert_int_eq(rc, bad[_i].code);
	} else {
		ck_assert_msg(strstr(err.text, "the pattern is "), "%s", err.text);
		ck_assert_int_lt(rc, 0);
	}
	/* as it was */
	ck_assert_uint_eq(filters.n, 1);
	ck_assert_uint_eq(filters.items[0].n_terms, 1);
	ck_assert_int_lt(add(&filters, bad[_i].text, bad[_i].event, &extra, NULL), 0);
	pol_filters_done(&filters);
}
END_TEST

static char *long_text(const char *head, const char *unit, size_t n)
{
	char *text = malloc(strlen(head) + n * strlen(unit) + 1), *at;

	ck_assert_ptr_nonnull(text);
	at = stpcpy(text, head);
	for (size_t i = 0; i < n; i++)
		at = stpcpy(at, unit);
	return text;
}

static const struct {
	const char *head, *unit;
	size_t n;
	const char *expect; /* behind the item's text; NULL: it is taken */
} long_ones[] = {
	{ "comm=a", ",a", POL_FILTER_TERMS_MAX - 1, NULL },
	{ "comm=a", ",a", POL_FILTER_TERMS_MAX, ": there are more than 4096 values" },
	{ "executable=/", "a", POL_FILTER_TEXT_MAX - 1, NULL },
	{ "executable=/", "a", POL_FILTER_TEXT_MAX, ": a value is longer than 4096 bytes" },
	{ "comm=~", "a", POL_FILTER_PATTERN_MAX, NULL },
	{ "comm=~", "a", POL_FILTER_PATTERN_MAX + 1, ": the pattern is longer than 1024 bytes" },
	{ "comm=~", "(", 1000, NULL },
	{ "", "x", 1000000, " is not known" },
};

START_TEST(length_is_limited)
{
	CLEANUP_FREE char *text =
		long_text(long_ones[_i].head, long_ones[_i].unit, long_ones[_i].n);
	struct pol_filters filters = { 0 };
	struct pol_filter_extra extra = { 0 };
	struct err err = { 0 };
	int rc = add(&filters, text, NULL, &extra, &err);

	if (long_ones[_i].expect) {
		ck_assert_int_lt(rc, 0);
		ck_assert_msg(strstr(err.text, long_ones[_i].expect), "%s", err.text);
	} else if (long_ones[_i].unit[0] != '(') {
		ck_assert_msg(rc == 0, "%s", err.text);
	}
	pol_filters_done(&filters);
}
END_TEST

START_TEST(values_of_all_items_are_counted_together)
{
	CLEANUP_FREE char *text = long_text("uid=0", ",1", POL_FILTER_TERMS_MAX - 1);
	struct pol_filters filters = { 0 };
	struct err err = { 0 };

	ck_assert_int_eq(add(&filters, text, "read", NULL, &err), 0);
	ck_assert_int_eq(add(&filters, "userId=1", "read", NULL, &err), -E2BIG);
	ck_assert_str_eq(err.text, "filter 'userId=1': there are more than 4096 values for 'uid'");
	ck_assert_uint_eq(filters.items[0].n_terms, POL_FILTER_TERMS_MAX);
	pol_filters_done(&filters);
}
END_TEST

static const struct {
	const char *text, *expect; /* NULL: it is one */
} unknown_event[] = {
	{ "data.anything=1", NULL },
	{ "data.any.part=10.0.0.0/8", NULL },
	{ "args.x>=5", NULL },
	{ "data.x=~^a", NULL },
	{ "retval!=0", NULL },
	{ "podName=a", NULL },
	{ "data.x", "filter 'data.x' has no operator; expected one of = != < <= > >= =~ !~" },
	{ "data.x=", "filter 'data.x=': a value is empty" },
	{ "data.x<a", "filter 'data.x<a': 'a' is not a number of 64 bits" },
	{ "data.x=*", "filter 'data.x=*': '*' alone is every text; expected x*, *x or *x*" },
	{ "podNam=a", "filter 'podNam=a' is not known; did you mean 'podName'?" },
};

START_TEST(filter_of_an_unknown_event_is_checked)
{
	struct err err = { 0 };
	int rc = pol_filter_check(unknown_event[_i].text, &err);

	ck_assert_int_eq(rc < 0, unknown_event[_i].expect != NULL);
	ck_assert_str_eq(err.text, unknown_event[_i].expect ? unknown_event[_i].expect : "");
}
END_TEST

static Suite *policy_filter_refused_suite(void)
{
	Suite *suite = suite_create("policy_filter_refused");
	TCase *tc = tcase_create("filter");

	tcase_set_timeout(tc, 30);
	tcase_add_loop_test(tc, bad_filter_is_refused_with_a_sentence, 0, ARRAY_LEN(bad));
	tcase_add_loop_test(tc, length_is_limited, 0, ARRAY_LEN(long_ones));
	tcase_add_test(tc, values_of_all_items_are_counted_together);
	tcase_add_loop_test(tc, filter_of_an_unknown_event_is_checked, 0, ARRAY_LEN(unknown_event));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(policy_filter_refused_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
