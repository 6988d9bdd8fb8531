/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/fexit.h"

#include <bpf/btf.h>
#include <check.h>
#include <errno.h>

#if defined(__x86_64__)
#define NATIVE "__x64_sys_"
#define COMPAT "__ia32_sys_"
#else
#define NATIVE "__arm64_sys_"
#define COMPAT "__arm64_compat_sys_"
#endif

/* A kernel's types: functions of system calls take the registers by one of two names. */
static struct btf *btf;
static int t_int, t_regs, t_unused, t_number;

static int add_type(const char *name, int arg)
{
	int id = btf__add_func_proto(btf, t_int);

	ck_assert_int_gt(id, 0);
	ck_assert_int_eq(btf__add_func_param(btf, name, arg), 0);
	return id;
}

static int add(const char *name, int type)
{
	int id = btf__add_func(btf, name, BTF_FUNC_STATIC, type);

	ck_assert_int_gt(id, 0);
	return id;
}

static void setup(void)
{
	int regs;

	btf = btf__new_empty();
	ck_assert_ptr_nonnull(btf);
	t_int = btf__add_int(btf, "long", 8, BTF_INT_SIGNED);
	regs = btf__add_ptr(btf, btf__add_const(btf, btf__add_struct(btf, "pt_regs", 168)));
	t_regs = add_type("regs", regs);
	t_unused = add_type("__unused", regs);
	t_number = add_type("number", t_int);
}

static void teardown(void)
{
	btf__free(btf);
}

static int functions(unsigned int slot, bool compat_possible, int *ret_ids)
{
	return fexit_functions(btf, &event_defs[slot], compat_possible, ret_ids);
}

START_TEST(each_way_to_make_a_call_has_a_function)
{
	int ids[FEXIT_FUNCTIONS_MAX];
	int native = add(NATIVE "close", t_regs);
	int compat = add(COMPAT "close", t_unused);

	ck_assert_int_eq(functions(EV_CLOSE_slot, true, ids), 2);
	ck_assert_int_eq(ids[0], native);
	ck_assert_int_eq(ids[1], compat);
	ck_assert_str_eq(fexit_name(btf, native), NATIVE "close");
	ck_assert_uint_eq(fexit_type(btf, native), (unsigned int)t_regs);
	ck_assert_uint_eq(fexit_type(btf, compat), (unsigned int)t_unused);
}
END_TEST

START_TEST(a_way_that_is_not_seen_is_told)
{
	int ids[FEXIT_FUNCTIONS_MAX];

	ck_assert_int_eq(functions(EV_CLOSE_slot, false, ids), -ENOENT);
	(void)add(NATIVE "close", t_regs);
	ck_assert_int_eq(functions(EV_CLOSE_slot, true, ids), -ENOENT);
	ck_assert_int_eq(functions(EV_CLOSE_slot, false, ids), 1);
}
END_TEST

#if defined(__x86_64__)
/* All entries are names of one function; the stand-ins of what may be left out must not be taken
 * for more of them, or each call would be reported twice. */
START_TEST(a_call_without_arguments_has_one_function)
{
	int ids[FEXIT_FUNCTIONS_MAX];
	int getppid = add("__do_sys_getppid", t_unused);
	int munlockall = add("__do_sys_munlockall", t_unused);

	(void)add(NATIVE "munlockall", t_unused);
	(void)add(COMPAT "munlockall", t_unused);
	ck_assert_int_eq(functions(EV_GETPPID_slot, true, ids), 1);
	ck_assert_int_eq(ids[0], getppid);
	ck_assert_int_eq(functions(EV_MUNLOCKALL_slot, true, ids), 1);
	ck_assert_int_eq(ids[0], munlockall);
}
END_TEST

START_TEST(what_takes_the_arguments_themselves_is_no_entry)
{
	int ids[FEXIT_FUNCTIONS_MAX], native;

	(void)add("__do_sys_close", t_number);
	ck_assert_int_eq(functions(EV_CLOSE_slot, false, ids), -ENOENT);
	native = add(NATIVE "close", t_regs);
	ck_assert_int_eq(functions(EV_CLOSE_slot, false, ids), 1);
	ck_assert_int_eq(ids[0], native);
}
END_TEST

/* rt_sigreturn: the two ways are two functions without arguments. */
START_TEST(both_ways_may_be_without_arguments)
{
	int ids[FEXIT_FUNCTIONS_MAX];
	int native = add("__do_sys_rt_sigreturn", t_unused);
	int compat = add("__do_compat_sys_rt_sigreturn", t_unused);

	ck_assert_int_eq(functions(EV_RT_SIGRETURN_slot, true, ids), 2);
	ck_assert_int_eq(ids[0], native);
	ck_assert_int_eq(ids[1], compat);
}
END_TEST
#endif

int main(void)
{
	Suite *s = suite_create("fexit");
	TCase *tc = tcase_create("fexit");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, each_way_to_make_a_call_has_a_function);
	tcase_add_test(tc, a_way_that_is_not_seen_is_told);
#if defined(__x86_64__)
	tcase_add_test(tc, a_call_without_arguments_has_one_function);
	tcase_add_test(tc, what_takes_the_arguments_themselves_is_no_entry);
	tcase_add_test(tc, both_ways_may_be_without_arguments);
#endif
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
