/* SPDX-License-Identifier: Apache-2.0 */
/* What priv_drop() leaves. Each drop happens in a child: it cannot be taken back. */
#include "collector/privileges.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include <sys/capability.h>

#include "common/cleanup.h"

#define BIT(cap) (1ULL << (cap))
#define LIST (BIT(CAP_BPF) | BIT(CAP_PERFMON) | BIT(CAP_SYS_PTRACE) | BIT(CAP_DAC_READ_SEARCH))
#define FAILED 200 /* exit code: the child could not get as far as to try */
#define NOBODY 65534

/* Wait status of a child that ran fn and exited with what it returned. */
static int in_child(int (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		_exit(fn());
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	return status;
}

static int drop(const struct priv_options *opt, struct priv_state *state)
{
	struct err err = { 0 };

	if (priv_drop(opt, state, &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.text);
	return FAILED;
}

/* A set of capabilities as /proc shows it. */
static uint64_t proc_caps(const char *key)
{
	CLEANUP_FILE FILE *f = fopen("/proc/self/status", "re");
	unsigned long long caps = ~0ULL;
	char line[256];

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, key, strlen(key)) == 0)
			(void)sscanf(line + strlen(key), ":\t%llx", &caps);
	return caps;
}

static bool raise_ambient(cap_value_t cap)
{
	cap_t caps = cap_get_proc();
	bool ok = caps && cap_set_flag(caps, CAP_INHERITABLE, 1, &cap, CAP_SET) == 0 &&
		  cap_set_proc(caps) == 0 && cap_set_ambient(cap, CAP_SET) == 0;

	(void)cap_free(caps);
	return ok;
}

static bool lower(cap_value_t cap)
{
	cap_t caps = cap_get_proc();
	bool ok = caps && cap_set_flag(caps, CAP_EFFECTIVE, 1, &cap, CAP_CLEAR) == 0 &&
		  cap_set_flag(caps, CAP_PERMITTED, 1, &cap, CAP_CLEAR) == 0 &&
		  cap_set_proc(caps) == 0;

	(void)cap_free(caps);
	return ok;
}

static int drop_matches_proc(const struct priv_options *opt, uint64_t expect)
{
	struct priv_state state;

	expect &= proc_caps("CapPrm");
	if (drop(opt, &state) != 0)
		return FAILED;
	if (state.caps != expect || proc_caps("CapPrm") != expect || proc_caps("CapEff") != expect)
		return 1;
	if (proc_caps("CapInh") != 0 || proc_caps("CapAmb") != 0)
		return 2;
	if (!state.no_new_privs || state.dumpable || prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) != 0 ||
	    prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1)
		return 3;
	return state.bounding == proc_caps("CapBnd") ? 0 : 4;
}

static int drop_to_list(void)
{
	const struct priv_options opt = { 0 };
	int rc;

	if (!raise_ambient(CAP_NET_ADMIN) || !raise_ambient(CAP_CHOWN))
		return FAILED;
	rc = drop_matches_proc(&opt, LIST);
	if (rc == 0 && (proc_caps("CapBnd") & ~LIST) != 0)
		rc = 5;
	return rc == 0 ? drop_matches_proc(&opt, LIST) : rc; /* again: nothing more to lose */
}

static int drop_keeping_more(void)
{
	const struct priv_options opt = { .keep_sys_admin = true, .keep_sys_resource = true };
	uint64_t more = LIST | BIT(CAP_SYS_ADMIN) | BIT(CAP_SYS_RESOURCE);
	int rc = drop_matches_proc(&opt, more);

	return rc == 0 && (proc_caps("CapBnd") & ~more) != 0 ? 5 : rc;
}

static int drop_without_setpcap(void)
{
	const struct priv_options opt = { 0 };
	uint64_t bounding = proc_caps("CapBnd");
	int rc;

	if (!lower(CAP_SETPCAP) || !lower(CAP_SYS_PTRACE))
		return FAILED;
	rc = drop_matches_proc(&opt, LIST & ~BIT(CAP_SYS_PTRACE));
	return rc == 0 && proc_caps("CapBnd") != bounding ? 5 : rc;
}

static int drop_as_nobody(void)
{
	const struct priv_options opt = { 0 };

	if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return FAILED;
	return drop_matches_proc(&opt, 0);
}

static int missing_nothing(void)
{
	uint64_t missing = 77;
	struct err err = { 0 };

	if ((proc_caps("CapEff") & LIST) != LIST)
		return 0; /* the next test has more to say */
	return priv_caps_missing(&missing, &err) == 0 && missing == 77 && err.code == 0 ? 0 : 1;
}

static int missing_two(void)
{
	uint64_t missing = 0;
	struct err err = { 0 };

	if ((proc_caps("CapEff") & LIST) != LIST)
		return 0;
	if (!lower(CAP_BPF) || !lower(CAP_PERFMON) || !lower(CAP_CHOWN))
		return FAILED;
	if (priv_caps_missing(&missing, &err) != -EPERM || priv_caps_missing(NULL, NULL) != -EPERM)
		return 1;
	if (missing != (BIT(CAP_BPF) | BIT(CAP_PERFMON)))
		return 2;
	return strcmp(err.text, "warder-collector needs CAP_PERFMON, CAP_BPF: run it as root or "
				"grant them") != 0;
}

static int missing_all(void)
{
	uint64_t missing = 0;

	if (setresuid(NOBODY, NOBODY, NOBODY) < 0)
		return FAILED;
	return priv_caps_missing(&missing, NULL) == -EPERM && missing == LIST ? 0 : 1;
}

static const struct {
	const char *name;
	int (*fn)(void);
} drops[] = {
	{ "to the list", drop_to_list },
	{ "keeping more", drop_keeping_more },
	{ "without CAP_SETPCAP", drop_without_setpcap },
	{ "as nobody", drop_as_nobody },
	{ "nothing is missing", missing_nothing },
	{ "two are missing", missing_two },
	{ "all are missing", missing_all },
};

START_TEST(drops_what_is_there)
{
	int status = in_child(drops[_i].fn);

	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: status %#x",
		      drops[_i].name, status);
}
END_TEST

START_TEST(capabilities_have_names)
{
	char buf[64];

	ck_assert_str_eq(priv_caps_text(0, buf, sizeof(buf)), "none");
	ck_assert_str_eq(priv_caps_text(BIT(CAP_SYSLOG), buf, sizeof(buf)), "CAP_SYSLOG");
	ck_assert_str_eq(priv_caps_text(BIT(CAP_CHOWN) | BIT(CAP_BPF), buf, sizeof(buf)),
			 "CAP_CHOWN, CAP_BPF");
	ck_assert_str_eq(priv_caps_text(BIT(CAP_CHOWN) | BIT(CAP_BPF), buf, 12), "CAP_CHOWN, ");
	ck_assert_uint_lt(strlen(priv_caps_text(UINT64_MAX, buf, sizeof(buf))), sizeof(buf));
}
END_TEST

static Suite *privileges_suite(void)
{
	Suite *suite = suite_create("privileges");
	TCase *tc = tcase_create("drop");

	tcase_add_loop_test(tc, drops_what_is_there, 0, (int)ARRAY_LEN(drops));
	tcase_add_test(tc, capabilities_have_names);
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner;
	int n_failed;

	if (geteuid() != 0) {
		printf("test_privileges needs root: there is nothing to drop\n");
		return 77;
	}
	runner = srunner_create(privileges_suite());
	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
