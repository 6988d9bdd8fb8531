/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sandbox.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "common/cleanup.h"
#include "engine/sandbox_parts.h"

#define SANDBOX_USER "warder"
#define NOBODY 65534U /* the kernel's overflow id */

struct identity {
	uid_t uid;
	gid_t gid;
};

static void cleanup_cap(cap_t *caps)
{
	if (*caps)
		(void)cap_free(*caps); /* fails only for what is not a cap_t */
}
#define CLEANUP_CAP CLEANUP(cleanup_cap)

/* Capabilities and Landlock are a thread's own: another thread would stay outside. */
static int check_single_thread(struct err *err)
{
	struct stat st;

	if (stat("/proc/self/task", &st) < 0)
		return err_set(err, -errno, "sandbox: /proc/self/task cannot be read (%s)",
			       err_name(errno));
	if (st.st_nlink > 3) /* ".", "..", and one for each thread */
		return err_set(err, -EBUSY, "sandbox: %lu threads are running, expected one",
			       (unsigned long)st.st_nlink - 2);
	return 0;
}

static int choose_user(const char *name, struct identity *ret_id, struct err *err)
{
	const struct passwd *pw = getpwnam(name ? name : SANDBOX_USER);

	if (!pw && name)
		return err_set(err, -ENOENT, "sandbox: user '%s' is not known here", name);
	if (!pw)
		pw = getpwnam("nobody");
	if (pw && pw->pw_uid == 0)
		return err_set(err, -EINVAL, "sandbox: user '%s' is root, expected another",
			       pw->pw_name);
	if (pw) {
		ret_id->uid = pw->pw_uid;
		ret_id->gid = pw->pw_gid;
	}
	return 0;
}

int sandbox_user(const char *name, uint32_t *ret_uid, uint32_t *ret_gid, struct err *err)
{
	struct identity id = { .uid = NOBODY, .gid = NOBODY };
	int r = 0;

	*ret_uid = 0;
	*ret_gid = 0;
	if (geteuid() != 0 && getuid() != 0)
		return 0;
	r = choose_user(name, &id, err);
	if (r == 0) {
		*ret_uid = id.uid;
		*ret_gid = id.gid;
	}
	return r;
}

static int switch_user(const char *name, struct err *err)
{
	struct identity id = { .uid = NOBODY, .gid = NOBODY };
	int r;

	if (geteuid() != 0 && getuid() != 0)
		return 0; /* whoever started us has chosen already */
	r = choose_user(name, &id, err);
	if (r < 0)
		return r;
	if (setgroups(0, NULL) < 0 || setresgid(id.gid, id.gid, id.gid) < 0 ||
	    setresuid(id.uid, id.uid, id.uid) < 0)
		return err_set(err, -errno, "sandbox: cannot switch to uid %u gid %u (%s)", id.uid,
			       id.gid, err_name(errno));
	return 0;
}

static bool may_cut_bounding_set(void)
{
	CLEANUP_CAP cap_t caps = cap_get_proc();
	cap_flag_value_t value = CAP_CLEAR;

	return caps && cap_get_flag(caps, CAP_SETPCAP, CAP_EFFECTIVE, &value) == 0 &&
	       value == CAP_SET;
}

/* Before the user is switched, which takes CAP_SETPCAP away. Without that capability the set stays:
 * with no_new_privs and no way to execute it gives nothing. */
static int cut_bounding_set(struct err *err)
{
	if (!may_cut_bounding_set())
		return 0;
	for (cap_value_t cap = 0; cap < cap_max_bits(); cap++) {
		if (cap_drop_bound(cap) < 0)
			return err_set(err, -errno,
				       "sandbox: capability %d stays in the bounding set (%s)", cap,
				       err_name(errno));
	}
	return 0;
}

static int empty_capabilities(struct sandbox_state *st, struct err *err)
{
	CLEANUP_CAP cap_t empty = cap_init();
	CLEANUP_CAP cap_t now = NULL;

	if (!empty || cap_set_proc(empty) < 0)
		return err_set(err, -errno, "sandbox: capabilities cannot be dropped (%s)",
			       err_name(errno));
	now = cap_get_proc();
	st->caps_empty = now && cap_compare(now, empty) == 0;
	return st->caps_empty ? 0 : err_set(err, -EPERM, "sandbox: capabilities are left");
}

/* Not dumpable: no core file with other people's arguments in it, and no process of the same user
 * may look into this one. */
static int give_up_privileges(struct sandbox_state *st, struct err *err)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_set(err, -errno, "sandbox: no_new_privs cannot be set (%s)",
			       err_name(errno));
	st->no_new_privs = true;
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0)
		return err_set(err, -errno, "sandbox: dumpable cannot be cleared (%s)",
			       err_name(errno));
	return 0;
}

static int become_nobody(const struct sandbox_options *opt, struct sandbox_state *st,
			 struct err *err)
{
	int r = cut_bounding_set(err);

	if (r == 0)
		r = switch_user(opt->user, err);
	if (r == 0)
		r = empty_capabilities(st, err);
	if (r == 0)
		r = give_up_privileges(st, err);
	st->uid = getuid();
	st->gid = getgid();
	return r;
}

int sandbox_enter(const struct sandbox_options *opt, struct sandbox_state *ret_state,
		  struct err *err)
{
	CLEANUP_FD int ruleset_fd = -1;
	struct sandbox_state st = { 0 };
	int r;

	r = check_single_thread(err);
	if (r == 0)
		r = sandbox_landlock_open(opt, &ruleset_fd, &st.landlock_abi, err);
	if (r == 0)
		r = become_nobody(opt, &st, err);
	if (r == 0 && ruleset_fd >= 0)
		r = sandbox_landlock_enter(ruleset_fd, err);
	if (r == 0)
		r = sandbox_seccomp_enter(opt, err);
	if (r < 0)
		return r;
	st.seccomp = true;
	*ret_state = st;
	return 0;
}
