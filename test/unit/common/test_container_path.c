/* SPDX-License-Identifier: Apache-2.0 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/container_path.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define ID2 "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define UUID "pod8e3b7c1a-52d4-4a8c-9b0e-0f5d1a2b3c4d"
#define GARDEN "6bdb6b1c-5f4a-4c0d-7b5b-1a2b"

static const struct {
	const char *path;
	enum container_runtime runtime;
	const char *id;
	bool is_root;
} cases[] = {
	/* the host's */
	{ "", CONTAINER_NONE, "", false },
	{ "/", CONTAINER_NONE, "", false },
	{ "//", CONTAINER_NONE, "", false },
	{ "/system.slice/docker.service", CONTAINER_NONE, "", false },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/app-org.gnome.Terminal.slice",
	  CONTAINER_NONE, "", false },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-" UUID ".slice",
	  CONTAINER_NONE, "", false },
	/* docker */
	{ "/system.slice/docker-" ID ".scope", CONTAINER_DOCKER, ID, true },
	{ "docker-" ID, CONTAINER_DOCKER, ID, true },
	{ "/docker/" ID, CONTAINER_DOCKER, ID, true },
	{ "/actions_job/" ID, CONTAINER_DOCKER, ID, true },
	{ "/docker/" ID "/system.slice/sshd.service", CONTAINER_DOCKER, ID, false },
	{ "/docker-0123456789abcdef01234.scope", CONTAINER_DOCKER, "0123456789abcdef01234", true },
	/* CRI-O */
	{ "/kubepods.slice/kubepods-" UUID ".slice/crio-" ID ".scope", CONTAINER_CRIO, ID, true },
	{ "/kubepods.slice/kubepods-" UUID ".slice/crio-" ID ".scope/container", CONTAINER_CRIO, ID,
	  false },
	{ "/kubepods.slice/kubepods-" UUID ".slice/crio-conmon-" ID ".scope", CONTAINER_NONE, "",
	  false },
	/* containerd */
	{ "/kubepods.slice/kubepods-" UUID ".slice/cri-containerd-" ID ".scope",
	  CONTAINER_CONTAINERD, ID, true },
	{ "/system.slice/containerd.service/kubepods-" UUID ".slice:cri-containerd:" ID,
	  CONTAINER_CONTAINERD, ID, true },
	{ "/a/" UUID ":cri-containerd:" ID "/init", CONTAINER_CONTAINERD, ID, false },
	{ "/kubepods/besteffort/" UUID "/" ID, CONTAINER_CONTAINERD, ID, true },
	{ "/kubepods/besteffort/" UUID "/" ID "/a/b", CONTAINER_CONTAINERD, ID, false },
	/* podman */
	{ "/machine.slice/libpod-" ID ".scope", CONTAINER_PODMAN, ID, true },
	{ "/machine.slice/libpod-" ID ".scope/container", CONTAINER_PODMAN, ID, false },
	{ "/libpod_parent/libpod-" ID, CONTAINER_PODMAN, ID, true },
	{ "/machine.slice/libpod-conmon-" ID ".scope", CONTAINER_NONE, "", false },
	/* of some runtime */
	{ "/" ID, CONTAINER_UNKNOWN, ID, true },
	{ ID, CONTAINER_UNKNOWN, ID, true },
	{ "/default/" ID, CONTAINER_UNKNOWN, ID, true },
	{ "/default/" ID ".scope", CONTAINER_UNKNOWN, ID, true },
	{ "/dockerd/" ID, CONTAINER_UNKNOWN, ID, true },
	{ "/default/" ID "/nested", CONTAINER_UNKNOWN, ID, false },
	{ "/ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF", CONTAINER_UNKNOWN,
	  "ABCDEF6789abcdef0123456789abcdef0123456789abcdef0123456789ABCDEF", true },
	/* garden */
	{ "/garden/" GARDEN, CONTAINER_GARDEN, GARDEN, true },
	{ "/garden/" GARDEN "/x", CONTAINER_GARDEN, GARDEN, false },
	{ "/garden/" GARDEN "-1a2b", CONTAINER_NONE, "", false }, /* a plain UUID is longer */
	{ "/garden/6bdb6b1c-5f4a-4c0d-7b5b+1a2b", CONTAINER_NONE, "", false },
	{ "/garden/6bdb6b1cx5f4a-4c0d-7b5b-1a2b", CONTAINER_NONE, "", false },
	{ "/garden/6bdb6b1g-5f4a-4c0d-7b5b-1a2b", CONTAINER_NONE, "", false },
	/* the innermost of several */
	{ "/docker/" ID "/docker/" ID2, CONTAINER_DOCKER, ID2, true },
	{ "/docker/" ID "/libpod_parent/libpod-" ID2 "/container", CONTAINER_PODMAN, ID2, false },
	{ "/docker/" ID "/libpod_parent/libpod-conmon-" ID2, CONTAINER_DOCKER, ID, false },
	/* not quite */
	{ "/docker-01234567.scope", CONTAINER_NONE, "", false }, /* too short */
	{ "/docker-" ID "0", CONTAINER_NONE, "", false },
	{ "/docker-.scope", CONTAINER_NONE, "", false },
	{ "/docker-volume-cleanup-and-more.service", CONTAINER_NONE, "", false },
	{ "/cri-containerd-.scope.scope.scope", CONTAINER_NONE, "", false },
	{ "/aaaaaaaaaaaaaaaaaaa:cri-containerd:", CONTAINER_NONE, "", false },
	{ "/" ID "0", CONTAINER_NONE, "", false },
	{ "/0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdeg", CONTAINER_NONE, "",
	  false },
	{ "/x-docker-" ID, CONTAINER_NONE, "", false },
	{ "/" ID "/", CONTAINER_UNKNOWN, ID, false },
};

START_TEST(path_tells_the_container)
{
	size_t len = strlen(cases[_i].path);
	char id[CONTAINER_ID_MAX + 1] = "";
	CLEANUP_FREE char *path = malloc(len ? len : 1); /* a sanitizer sees what is behind */
	bool is_root = false;

	ck_assert_ptr_nonnull(path);
	memcpy(path, cases[_i].path, len);
	ck_assert_int_eq(container_of_path(path, len, id, &is_root), cases[_i].runtime);
	ck_assert_str_eq(id, cases[_i].id);
	ck_assert_int_eq(is_root, cases[_i].is_root);
}
END_TEST

START_TEST(only_the_length_counts)
{
	static const char path[] = "/docker/" ID "/inner";
	char id[CONTAINER_ID_MAX + 1];
	bool is_root;

	ck_assert_int_eq(container_of_path(path, strlen("/docker/" ID), id, &is_root),
			 CONTAINER_DOCKER);
	ck_assert(is_root);
	ck_assert_int_eq(container_of_path(path, strlen("/docker/" ID) - 1, id, &is_root),
			 CONTAINER_NONE);
}
END_TEST

START_TEST(runtimes_have_names)
{
	ck_assert_str_eq(container_runtime_name(CONTAINER_NONE), "");
	ck_assert_str_eq(container_runtime_name(CONTAINER_UNKNOWN), "unknown");
	ck_assert_str_eq(container_runtime_name(CONTAINER_DOCKER), "docker");
	ck_assert_str_eq(container_runtime_name(CONTAINER_CONTAINERD), "containerd");
	ck_assert_str_eq(container_runtime_name(CONTAINER_CRIO), "crio");
	ck_assert_str_eq(container_runtime_name(CONTAINER_PODMAN), "podman");
	ck_assert_str_eq(container_runtime_name(CONTAINER_GARDEN), "garden");
	ck_assert_str_eq(container_runtime_name(CONTAINER_RUNTIMES), "");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("container_path");
	TCase *tc = tcase_create("path");
	SRunner *sr = srunner_create(s);
	int failed;

	tcase_add_loop_test(tc, path_tells_the_container, 0, ARRAY_LEN(cases));
	tcase_add_test(tc, only_the_length_counts);
	tcase_add_test(tc, runtimes_have_names);
	suite_add_tcase(s, tc);
	srunner_run_all(sr, CK_NORMAL);
	failed = srunner_ntests_failed(sr);
	srunner_free(sr);
	return failed ? 1 : 0;
}
