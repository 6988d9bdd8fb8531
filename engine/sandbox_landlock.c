/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything this kernel's Landlock can deny is denied, but for what the two lists of directories
 * allow. The numbers are the kernel's ABI (include/uapi/linux/landlock.h): a build host's header
 * may be older than the kernel we run on.
 */
#include "engine/sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <linux/types.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "common/cleanup.h"

#define LL_FS_WRITE_FILE (1ULL << 1)
#define LL_FS_READ_FILE (1ULL << 2)
#define LL_FS_READ_DIR (1ULL << 3)
#define LL_FS_REMOVE_DIR (1ULL << 4)
#define LL_FS_REMOVE_FILE (1ULL << 5)
#define LL_FS_MAKE_DIR (1ULL << 7)
#define LL_FS_MAKE_REG (1ULL << 8)
#define LL_FS_REFER (1ULL << 13)     /* ABI 2 */
#define LL_FS_TRUNCATE (1ULL << 14)  /* ABI 3 */
#define LL_FS_IOCTL_DEV (1ULL << 15) /* ABI 5 */
#define LL_NET_BIND_TCP (1ULL << 0)  /* ABI 4 */
#define LL_NET_CONNECT_TCP (1ULL << 1)
#define LL_SCOPE_ABSTRACT_UNIX (1ULL << 0) /* ABI 6 */
#define LL_SCOPE_SIGNAL (1ULL << 1)
#define LL_CREATE_VERSION 1U
#define LL_RULE_PATH_BENEATH 1

#define READABLE (LL_FS_READ_FILE | LL_FS_READ_DIR)
#define WRITABLE                                                                                   \
	(READABLE | LL_FS_WRITE_FILE | LL_FS_TRUNCATE | LL_FS_MAKE_REG | LL_FS_MAKE_DIR |          \
	 LL_FS_REMOVE_FILE | LL_FS_REMOVE_DIR | LL_FS_REFER)
/* What a rule on something other than a directory may say. */
#define FILE_ONLY (LL_FS_READ_FILE | LL_FS_WRITE_FILE | LL_FS_TRUNCATE)

struct ll_ruleset_attr {
	__u64 handled_access_fs;
	__u64 handled_access_net;
	__u64 scoped;
};

struct ll_path_beneath_attr {
	__u64 allowed_access;
	__s32 parent_fd;
} __attribute__((packed));

static __u64 handled_fs(int abi)
{
	if (abi >= 5)
		return (LL_FS_IOCTL_DEV << 1) - 1;
	if (abi >= 3)
		return (LL_FS_TRUNCATE << 1) - 1;
	return abi == 2 ? (LL_FS_REFER << 1) - 1 : LL_FS_REFER - 1;
}

static int allow_path(int ruleset_fd, const char *path, __u64 access, struct err *err)
{
	CLEANUP_FD int fd = open(path, O_PATH | O_CLOEXEC);
	struct ll_path_beneath_attr rule = { .allowed_access = access, .parent_fd = fd };
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "sandbox: path '%s' cannot be opened (%s)", path,
			       err_name(errno));
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FILE_ONLY;
	if (syscall(SYS_landlock_add_rule, ruleset_fd, LL_RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_set(err, -errno, "sandbox: path '%s' cannot be allowed (%s)", path,
			       err_name(errno));
	return 0;
}

static int allow_paths(int ruleset_fd, const char *const *paths, __u64 access, struct err *err)
{
	int r = 0;

	for (; paths && *paths && r == 0; paths++)
		r = allow_path(ruleset_fd, *paths, access, err);
	return r;
}

/* 0: none. A refusal is not "none": somebody's seccomp profile would decide how confined we are. */
static int kernel_abi(struct err *err)
{
	long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LL_CREATE_VERSION);

	if (abi >= 0)
		return (int)abi;
	if (errno == ENOSYS || errno == EOPNOTSUPP)
		return 0;
	return err_set(
		err, -errno,
		"sandbox: landlock is refused, expected a seccomp profile that allows it (%s)",
		err_name(errno));
}

int sandbox_landlock_open(const struct sandbox_options *opt, int *ret_ruleset_fd, int *ret_abi,
			  struct err *err)
{
	struct ll_ruleset_attr attr = { 0 };
	CLEANUP_FD int fd = -1;
	int abi = kernel_abi(err), r;

	if (abi < 0)
		return abi;
	if (abi > 0) {
		attr.handled_access_fs = handled_fs(abi);
		if (abi >= 4)
			attr.handled_access_net =
				LL_NET_BIND_TCP | (opt->allow_connect ? 0 : LL_NET_CONNECT_TCP);
		if (abi >= 6)
			attr.scoped = LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL;
		fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
		if (fd < 0)
			return err_set(err, -errno, "sandbox: landlock ruleset (%s)",
				       err_name(errno));
		r = allow_paths(fd, opt->readable, READABLE, err);
		if (r == 0)
			r = allow_paths(fd, opt->writable, WRITABLE & attr.handled_access_fs, err);
		if (r < 0)
			return r;
	}
	*ret_ruleset_fd = TAKE_FD(fd);
	*ret_abi = abi;
	return 0;
}

int sandbox_landlock_enter(int ruleset_fd, struct err *err)
{
	if (syscall(SYS_landlock_restrict_self, ruleset_fd, 0) < 0)
		return err_set(err, -errno, "sandbox: landlock cannot be entered (%s)",
			       err_name(errno));
	return 0;
}
