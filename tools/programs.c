/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/programs.h"

#include <errno.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"

struct place {
	const char *env;
	const char *sibling; /* from this binary's folder, in a build tree */
	const char *file;    /* below libexec */
};

static const struct place places[] = {
	[PROGRAM_COLLECTOR] = { "WARDER_COLLECTOR", "../collector/warder-collector",
				"warder-collector" },
	[PROGRAM_ENGINE] = { "WARDER_ENGINE", "../engine/warder-engine", "warder-engine" },
};

static const char *const default_policies[] = {
	"/etc/warder/policies.d",
	WARDER_DATA_DIR "/policies/quickstart.yaml",
	WARDER_RULES_DIR "/policies/quickstart.yaml",
};

/* Folder of this binary; false when /proc is not there. */
static bool own_folder(char folder[static PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", folder, PATH_MAX - 1);
	char *slash;

	if (n <= 0)
		return false;
	folder[n] = '\0';
	slash = strrchr(folder, '/');
	if (!slash)
		return false;
	*slash = '\0';
	return true;
}

static bool is_program(const char *path)
{
	return access(path, X_OK) == 0;
}

int programs_find(enum program which, char ret_path[static PATH_MAX], struct err *err)
{
	const struct place *place = &places[which];
	const char *env = getenv(place->env);
	char folder[PATH_MAX], path[PATH_MAX];

	if (env && env[0]) {
		if (!is_program(env))
			return err_set(err, -ENOENT, "program '%s' (%s) cannot be run (%s)", env,
				       place->env, err_name(errno));
		return snprintf(ret_path, PATH_MAX, "%s", env) < PATH_MAX ? 0 : -ENAMETOOLONG;
	}
	if (own_folder(folder) &&
	    snprintf(path, sizeof(path), "%s/%s", folder, place->sibling) < (int)sizeof(path) &&
	    is_program(path)) {
		memcpy(ret_path, path, strlen(path) + 1);
		return 0;
	}
	(void)snprintf(path, sizeof(path), "%s/%s", WARDER_LIBEXEC_DIR, place->file); /* literals */
	if (!is_program(path))
		return err_set(err, -ENOENT,
			       "program '%s' is neither in '%s' nor beside this one, expected it "
			       "there or in the environment as %s",
			       place->file, WARDER_LIBEXEC_DIR, place->env);
	memcpy(ret_path, path, strlen(path) + 1);
	return 0;
}

int programs_default_policy(char ret_path[static PATH_MAX], struct err *err)
{
	for (size_t i = 0; i < ARRAY_LEN(default_policies); i++) {
		if (access(default_policies[i], R_OK) == 0) {
			(void)snprintf(ret_path, PATH_MAX, "%s", default_policies[i]); /* fits */
			return 0;
		}
	}
	return err_set(err, -ENOENT,
		       "policy is not named and none is in '%s' or '%s', expected '--policy' or "
		       "'--events'",
		       default_policies[0], WARDER_DATA_DIR "/policies");
}

int programs_engine_user(const char *name, const char **ret_name, uint32_t *ret_uid,
			 struct err *err)
{
	const char *const names[] = { name ? name : "warder", name ? NULL : "nobody" };

	for (size_t i = 0; i < ARRAY_LEN(names) && names[i]; i++) {
		const struct passwd *pw = getpwnam(names[i]);

		if (!pw)
			continue;
		if (pw->pw_uid == 0)
			return err_set(err, -EINVAL,
				       "user '%s' is root, expected one without privileges",
				       names[i]);
		*ret_name = names[i];
		*ret_uid = pw->pw_uid;
		return 0;
	}
	return err_set(err, -ENOENT, "user '%s' does not exist, expected one for '--user'",
		       name ? name : "warder' or 'nobody");
}
