/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/policy_files.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "common/log.h"

void pfiles_error(const struct pfiles_ear *ear, const char *text)
{
	if (ear)
		ear->hear(ear->arg, true, text);
	else
		log_error("%s", text);
}

static bool is_good(const char *path, const struct pfiles_ear *ear)
{
	CLEANUP_POL_SET struct pol_set *set = pol_set_new();
	struct err err = { 0 };

	if (set && pol_set_load(set, path, &err) == 0)
		return true;
	pfiles_error(ear, set ? err.text : "memory is short (ENOMEM)");
	return false;
}

static int is_policy_file(const struct dirent *entry)
{
	return pol_is_file_name(entry->d_name);
}

static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static bool are_good(const char *dir, const struct pfiles_ear *ear)
{
	struct dirent **entries;
	int n = scandir(dir, &entries, is_policy_file, compare_entries);
	bool good = true;

	if (n <= 0 || n > POL_DIR_FILES_MAX)
		good = is_good(dir, ear); /* says why not */
	for (int i = 0; i < n; i++) {
		CLEANUP_FREE char *path = NULL;

		if (n > POL_DIR_FILES_MAX ||
		    asprintf(&path, "%s%s%s", dir, dir[strlen(dir) - 1] == '/' ? "" : "/",
			     entries[i]->d_name) < 0)
			path = NULL;
		else
			good = is_good(path, ear) && good;
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
	return good;
}

bool pfiles_check_each(size_t n, const char *const *paths, const struct pfiles_ear *ear)
{
	bool good = true;
	struct stat st;

	for (size_t i = 0; i < n; i++) {
		bool is_dir = stat(paths[i], &st) == 0 && S_ISDIR(st.st_mode);

		good = (is_dir ? are_good(paths[i], ear) : is_good(paths[i], ear)) && good;
	}
	return good;
}

struct pol_set *pfiles_load(size_t n, const char *const *paths, const struct pfiles_ear *ear)
{
	CLEANUP_POL_SET struct pol_set *set = pol_set_new();
	struct err err = { 0 };
	int rc = set ? 0 : err_set(&err, -ENOMEM, "memory is short (ENOMEM)");

	for (size_t i = 0; i < n && rc == 0; i++)
		rc = pol_set_load(set, paths[i], &err);
	if (rc == 0)
		rc = pol_set_compile(set, &err);
	if (rc == 0)
		return TAKE_PTR(set);
	pfiles_error(ear, err.text);
	return NULL;
}

void pfiles_warn(const struct pfiles_ear *ear, const struct pol_policy *policy, uint32_t line,
		 uint32_t column, const char *fmt, ...)
{
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s:%u:%u: ", policy->file, line, column);
	va_list ap;

	va_start(ap, fmt);
	if (n < (int)sizeof(text)) /* cut is still a sentence */
		(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	if (ear)
		ear->hear(ear->arg, false, text);
	else
		log_warning("%s", text);
}

bool pfiles_is_never(const struct event_def *def)
{
	return def->is_syscall && def->nr_native < 0 && def->nr_compat < 0;
}
