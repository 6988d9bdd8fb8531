/* SPDX-License-Identifier: Apache-2.0 */
/* The places that config.h is about: files, environment, command line. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/nearest.h"
#include "common/quote.h"
#include "engine/config/config.h"
#include "engine/config/read.h"
#include "engine/policy/policy.h"

/* --- Files ------------------------------------------------------------------------------------ */

static int no_memory(const char *path, struct err *err)
{
	return err_set(err, -ENOMEM, "%s: out of memory", path);
}

/* Descriptor of a regular file of a size that may be. */
static int open_file(const char *path, struct err *err)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_set(err, -errno, "configuration '%s' cannot be read (%s)", path,
			       err_name(errno));
	if (!S_ISREG(st.st_mode))
		return err_set(err, -EINVAL, "configuration '%s' is no regular file", path);
	if (st.st_size > (off_t)CONFIG_FILE_BYTES_MAX)
		return err_set(err, -E2BIG, "configuration '%s' is larger than 1 MiB", path);
	return TAKE_FD(fd);
}

/* Text of the file, to be freed; it may hold a secret. NULL with err. */
static char *read_file(const char *path, size_t *ret_len, struct err *err)
{
	CLEANUP_FD int fd = open_file(path, err);
	CLEANUP_FREE char *text = fd < 0 ? NULL : malloc(CONFIG_FILE_BYTES_MAX + 1);
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0)
		return NULL;
	if (!text) {
		(void)no_memory(path, err);
		return NULL;
	}
	while (n > 0 && len <= CONFIG_FILE_BYTES_MAX) {
		n = read(fd, text + len, CONFIG_FILE_BYTES_MAX + 1 - len);
		if (n < 0 && errno != EINTR) {
			(void)err_set(err, -errno, "configuration '%s' cannot be read (%s)", path,
				      err_name(errno));
			return NULL;
		}
		len += n > 0 ? (size_t)n : 0;
	}
	if (len > CONFIG_FILE_BYTES_MAX) {
		(void)err_set(err, -E2BIG, "configuration '%s' is larger than 1 MiB", path);
		return NULL;
	}
	*ret_len = len;
	return TAKE_PTR(text);
}

static int parse_text(struct config *c, const char *text, size_t len, const char *name,
		      struct err *err)
{
	struct config_origin from = { .layer = CONFIG_FILES + (unsigned int)c->n_files };

	if (c->n_files == CONFIG_FILES_MAX)
		return err_set(err, -E2BIG, "configuration files are more than %d",
			       CONFIG_FILES_MAX);
	from.name = config_keep_name(c, name);
	if (!from.name)
		return no_memory(name, err);
	c->n_files++;
	return cread_text(c, text, len, &from, err);
}

static int load_file(struct config *c, const char *path, struct err *err)
{
	size_t len = 0;
	char *text = read_file(path, &len, err);
	int rc = text ? parse_text(c, text, len, path, err) : err->code;

	if (text)
		explicit_bzero(text, len);
	free(text);
	return rc;
}

static int is_config_file(const struct dirent *entry)
{
	return pol_is_file_name(entry->d_name);
}

/* By bytes: alphasort() would ask the locale. */
static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_dropins(struct config *c, const char *dir, struct err *err)
{
	char path[PATH_MAX];
	struct dirent **entries;
	int n, rc = 0;

	if (snprintf(path, sizeof(path), "%s/%s", dir, CONFIG_DROPINS) >= (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "configuration '%s': the name is too long", dir);
	n = scandir(path, &entries, is_config_file, compare_entries);
	if (n < 0 && errno == ENOENT)
		return 0;
	if (n < 0)
		return err_set(err, -errno, "configuration '%s' cannot be read (%s)", path,
			       err_name(errno));
	for (int i = 0; i < n; i++) {
		if (rc == 0 && snprintf(path, sizeof(path), "%s/%s/%s", dir, CONFIG_DROPINS,
					entries[i]->d_name) < (int)sizeof(path))
			rc = load_file(c, path, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

static int load_directory(struct config *c, const char *dir, bool is_asked_for, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	size_t n_before = c->n_files;
	int rc = 0;

	if (snprintf(path, sizeof(path), "%s/%s", dir, CONFIG_FILE) >= (int)sizeof(path))
		return err_set(err, -ENAMETOOLONG, "configuration '%s': the name is too long", dir);
	if (stat(path, &st) == 0 || errno != ENOENT)
		rc = load_file(c, path, err);
	if (rc == 0)
		rc = load_dropins(c, dir, err);
	if (rc == 0 && is_asked_for && c->n_files == n_before)
		return err_set(err, -ENOENT,
			       "configuration '%s' has neither '%s' nor files in '%s'", dir,
			       CONFIG_FILE, CONFIG_DROPINS);
	return rc;
}

static int load_path(struct config *c, const char *path, struct err *err)
{
	struct stat st;

	if (!path)
		return stat(CONFIG_DIR, &st) == 0 || errno != ENOENT
			       ? load_directory(c, CONFIG_DIR, false, err)
			       : 0;
	if (!*path)
		return 0;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return load_directory(c, path, true, err);
	return load_file(c, path, err);
}

void config_paths(const char *path, char ret_file[static PATH_MAX],
		  char ret_dropins[static PATH_MAX])
{
	const char *dir = path ? path : CONFIG_DIR;
	struct stat st;

	*ret_file = *ret_dropins = '\0';
	if (stat(dir, &st) < 0 || S_ISDIR(st.st_mode)) {
		/* Cut: such a path cannot be opened either. */
		(void)snprintf(ret_file, PATH_MAX, "%s/%s", dir, CONFIG_FILE);
		(void)snprintf(ret_dropins, PATH_MAX, "%s/%s", dir, CONFIG_DROPINS);
	} else {
		(void)snprintf(ret_file, PATH_MAX, "%s", dir);
	}
}

int config_parse(const char *text, size_t len, const char *name, struct config **ret_config,
		 struct err *err)
{
	CLEANUP_CONFIG struct config *c = calloc(1, sizeof(*c));
	int rc = c ? parse_text(c, text, len, name, err) : no_memory(name, err);

	if (rc == 0)
		*ret_config = TAKE_PTR(c);
	return rc;
}

/* --- Environment ------------------------------------------------------------------------------ */

#define ENV_PREFIX "WARDER_"

/* Not the configuration's: where the programs are (tools/programs.c). */
static const char *const other_variables[] = { "WARDER_COLLECTOR", "WARDER_ENGINE" };

static const char *variable(const char *const *environment, const char *name)
{
	size_t len = strlen(name);

	for (; *environment; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

static int load_environment(struct config *c, const char *const *environment, struct err *err)
{
	struct config_origin from = { .layer = CONFIG_ENVIRONMENT };
	const struct ckey *key;
	char name[CKEY_PATH_MAX];
	int rc = 0;

	for (size_t i = 0; rc == 0 && (key = ckey_at(i)) != NULL; i++) {
		const char *text =
			ckey_env_name(key, name, sizeof(name)) ? variable(environment, name) : NULL;

		if (!text)
			continue;
		from.name = config_keep_name(c, name);
		rc = from.name ? config_put(c, key->path, text, &from, err) : no_memory(name, err);
	}
	return rc;
}

/* Kubernetes sets these for each service, and one may well be called "warder". */
static bool is_of_service(const char *name)
{
	return strstr(name, "_SERVICE_") || strstr(name, "_PORT_") ||
	       strcmp(name, ENV_PREFIX "PORT") == 0;
}

static bool is_known_variable(const char *name, struct nearest *near)
{
	char known[CKEY_PATH_MAX];
	const struct ckey *key;

	for (size_t i = 0; i < ARRAY_LEN(other_variables); i++)
		if (strcmp(name, other_variables[i]) == 0)
			return true;
	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		if (!ckey_env_name(key, known, sizeof(known)))
			continue;
		if (strcmp(name, known) == 0)
			return true;
		nearest_offer(near, known, strlen(known));
	}
	return is_of_service(name);
}

void config_tell_strange(const char *const *environment, config_tell_fn tell, void *arg)
{
	for (; *environment; environment++) {
		char name[NEAREST_WORD_MAX + 1], line[256];
		size_t len = strcspn(*environment, "=");
		struct nearest near;

		if (strncmp(*environment, ENV_PREFIX, strlen(ENV_PREFIX)) != 0 ||
		    len > NEAREST_WORD_MAX)
			continue;
		(void)snprintf(name, sizeof(name), "%.*s", (int)len, *environment); /* fits */
		nearest_init(&near, name);
		if (is_known_variable(name, &near))
			continue;
		(void)snprintf(line, sizeof(line), "%s: no key has this name%s%s%s",
			       name, /* fits */
			       near.best[0] ? "; did you mean '" : "", near.best,
			       near.best[0] ? "'?" : "");
		tell(arg, line);
	}
}

/* --- Command line ----------------------------------------------------------------------------- */

/* The part before the '=', as a path; false: it is too long or has no value. */
static bool split_set(const char *text, char path[static CKEY_PATH_MAX + 1], const char **ret_value)
{
	const char *eq = strchr(text, '=');

	if (!eq || eq == text || (size_t)(eq - text) > CKEY_PATH_MAX)
		return false;
	(void)snprintf(path, CKEY_PATH_MAX + 1, "%.*s", (int)(eq - text), text); /* fits */
	*ret_value = eq + 1;
	return true;
}

bool config_is_set(const char *text)
{
	char path[CKEY_PATH_MAX + 1];
	const char *value, *dot;

	if (!split_set(text, path, &value) || path[strspn(path, "abcdefghijklmnopqrstuvwxyz"
								"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
								"0123456789._-")])
		return false;
	if (ckey_find(path))
		return true;
	/* A wrong key below a right section is still meant as a key. */
	dot = strchr(path, '.');
	if (!dot)
		return false;
	path[dot - path] = '\0';
	return ckey_next(path) != 0;
}

/* Says what is wrong with a path that is no key. */
static int refuse_path(const struct config_origin *from, const char *path, struct err *err)
{
	char section[CKEY_PATH_MAX + 1], word[CKEY_PATH_MAX + 1], nearest[128], shown[QUOTE_CAP];
	size_t len;

	(void)snprintf(section, sizeof(section), "%s", path); /* fits */
	for (;;) {
		len = strrchr(section, '.') ? (size_t)(strrchr(section, '.') - section) : 0;
		section[len] = '\0';
		if (len == 0 || ckey_next(section))
			break;
	}
	if (ckey_next(path))
		return config_refuse(from, err, -EINVAL,
				     "key '%s' is a section, expected a key in it",
				     quote_text(shown, path));
	(void)snprintf(word, sizeof(word), "%s", path + len + (len > 0)); /* fits */
	word[strcspn(word, ".")] = '\0';
	return config_refuse(from, err, -EINVAL, "key '%s' is not known%s%s%s%s",
			     quote_text(shown, word), len ? " in '" : "", section, len ? "'" : "",
			     ckey_nearest(section, word, nearest, sizeof(nearest)));
}

static int load_sets(struct config *c, const char *const *sets, size_t n, struct err *err)
{
	struct config_origin from = { .layer = CONFIG_COMMAND_LINE,
				      .name = CONFIG_COMMAND_LINE_NAME };
	char path[CKEY_PATH_MAX + 1], real[CKEY_PATH_MAX + 1], shown[QUOTE_CAP];
	const char *value;
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		if (!split_set(sets[i], path, &value))
			return config_refuse(&from, err, -EINVAL, "'%s' is no KEY=VALUE",
					     quote_text(shown, sets[i]));
		rc = ckey_find(ckey_resolve(path, real)) ? config_put(c, path, value, &from, err)
							 : refuse_path(&from, path, err);
	}
	return rc;
}

/* --- All -------------------------------------------------------------------------------------- */

int config_load(const struct config_source *source, struct config **ret_config, struct err *err)
{
	CLEANUP_CONFIG struct config *c = calloc(1, sizeof(*c));
	int rc = c ? load_path(c, source->path, err) : err_set(err, -ENOMEM, "out of memory");

	if (rc == 0 && source->environment)
		rc = load_environment(c, source->environment, err);
	if (rc == 0)
		rc = load_sets(c, source->sets, source->n_sets, err);
	if (rc == 0)
		*ret_config = TAKE_PTR(c);
	return rc;
}
