/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/limits.h"

static char root[64];

static void setup(void)
{
	(void)snprintf(root, sizeof(root), "/tmp/warder-limits-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(root));
}

static void teardown(void)
{
	char command[128];

	(void)snprintf(command, sizeof(command), "rm -r '%s'", root);
	ck_assert_int_eq(system(command), 0);
}

/* A file below the root, with its folders. */
static void put(const char *name, const char *text)
{
	CLEANUP_FILE FILE *file = NULL;
	char path[256];

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	for (char *at = strchr(path + strlen(root) + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = '\0';
		(void)mkdir(path, 0700); /* may be there */
		*at = '/';
	}
	file = fopen(path, "we");
	ck_assert_ptr_nonnull(file);
	ck_assert_int_ge(fputs(text, file), 0);
}

static struct limits limits_of(const char *membership)
{
	struct limits limits = { .memory_bytes = 1, .cpu_cores = 1 };
	char path[256];

	put("self", membership);
	(void)snprintf(path, sizeof(path), "%s/self", root);
	limits_read(path, root, &limits);
	return limits;
}

START_TEST(of_the_unified_hierarchy)
{
	struct limits limits;

	put("system.slice/warder.service/memory.max", "268435456\n");
	put("system.slice/warder.service/cpu.max", "150000 100000\n");
	limits = limits_of("0::/system.slice/warder.service\n");
	ck_assert_uint_eq(limits.memory_bytes, 256U << 20);
	ck_assert_double_eq_tol(limits.cpu_cores, 1.5, 1e-9);
}
END_TEST

START_TEST(of_a_container_of_its_own_namespace)
{
	put("memory.max", "1048576\n");
	put("cpu.max", "max 100000\n");
	ck_assert_uint_eq(limits_of("0::/\n").memory_bytes, 1048576);
	ck_assert_double_eq_tol(limits_of("0::/\n").cpu_cores, 0, 1e-9);
}
END_TEST

START_TEST(of_the_older_hierarchies)
{
	static const char membership[] = "9:name=systemd:/a\n4:memory:/a\n3:cpu,cpuacct:/b\n0::/\n";
	struct limits limits;

	put("memory/a/memory.limit_in_bytes", "104857600\n");
	put("cpu,cpuacct/b/cpu.cfs_quota_us", "50000\n");
	put("cpu,cpuacct/b/cpu.cfs_period_us", "100000\n");
	limits = limits_of(membership);
	ck_assert_uint_eq(limits.memory_bytes, 100U << 20);
	ck_assert_double_eq_tol(limits.cpu_cores, 0.5, 1e-9);
	put("memory/a/memory.limit_in_bytes", "9223372036854771712\n"); /* none */
	put("cpu,cpuacct/b/cpu.cfs_quota_us", "-1\n");
	limits = limits_of(membership);
	ck_assert_uint_eq(limits.memory_bytes, 0);
	ck_assert_double_eq_tol(limits.cpu_cores, 0, 1e-9);
}
END_TEST

START_TEST(what_cannot_be_read_is_not_known)
{
	struct limits limits = { .memory_bytes = 1, .cpu_cores = 1 };

	limits_read("/nowhere/at/all", root, &limits);
	ck_assert_uint_eq(limits.memory_bytes, 0);
	ck_assert_double_eq_tol(limits.cpu_cores, 0, 1e-9);
	put("x/memory.max", "max\n");
	put("x/cpu.max", "nonsense\n");
	limits = limits_of("nonsense\n0::/x\n7:pids:/y\n0::\n");
	ck_assert_uint_eq(limits.memory_bytes, 0);
	ck_assert_double_eq_tol(limits.cpu_cores, 0, 1e-9);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("limits");
	TCase *tc = tcase_create("limits");
	SRunner *sr = srunner_create(s);
	int n_failed;

	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_test(tc, of_the_unified_hierarchy);
	tcase_add_test(tc, of_a_container_of_its_own_namespace);
	tcase_add_test(tc, of_the_older_hierarchies);
	tcase_add_test(tc, what_cannot_be_read_is_not_known);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	n_failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return n_failed == 0 ? 0 : 1;
}
