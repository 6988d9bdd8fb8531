/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/policy.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/policy/names.h"
#include "engine/policy/parse.h"
#include "engine/policy/select.h"
#include "engine/yaml.h"

struct pol_set *pol_set_new(void)
{
	return calloc(1, sizeof(struct pol_set));
}

static int compare_policy_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void keep_key(void *name)
{
	(void)name; /* the policy owns it */
}

void pol_set_free(struct pol_set *set)
{
	if (!set)
		return;
	free(set->wanted_block);
	tdestroy(set->names, keep_key);
	for (size_t i = 0; i < set->n_policies; i++)
		pol_policy_done(&set->policies[i]);
	free(set->policies);
	free(set->unavailable);
	free(set);
}

/* Forgets what came after there were so many of each. */
/* How much was in a set, to go back to. */
struct mark {
	size_t n_policies, n_unavailable, n_unfed;
};

static struct mark mark_of(const struct pol_set *set)
{
	return (struct mark){ set->n_policies, set->n_unavailable, set->n_unfed };
}

static void roll_back(struct pol_set *set, const struct mark *mark)
{
	while (set->n_policies > mark->n_policies) {
		struct pol_policy *last = &set->policies[--set->n_policies];

		tdelete(last->name, &set->names, compare_policy_names);
		pol_policy_done(last);
	}
	set->n_unavailable = mark->n_unavailable;
	set->n_unfed = mark->n_unfed;
}

static int no_memory(const char *name, struct err *err)
{
	return err_set(err, -ENOMEM, "%s: out of memory", name);
}

static int add_unavailable(struct pol_set *set, const char *later)
{
	size_t n = set->n_unavailable;
	const char **grown;

	for (size_t i = 0; i < n; i++)
		if (set->unavailable[i] == later)
			return 0;
	grown = reallocarray(set->unavailable, n + 1, sizeof(*grown));
	if (!grown)
		return -ENOMEM;
	set->unavailable = grown;
	grown[set->n_unavailable++] = later;
	return 0;
}

static void add_unfed(struct pol_set *set, const struct pol_filters *filters)
{
	for (size_t i = 0; i < filters->n; i++) {
		const struct pol_filter *filter = &filters->items[i];
		size_t k = 0;

		if (filter->subject != POL_SUBJECT_CONTEXT || !pol_context_unfed(filter->context))
			continue;
		while (k < set->n_unfed && set->unfed[k] != filter->context)
			k++;
		if (k == set->n_unfed)
			set->unfed[set->n_unfed++] = filter->context;
	}
}

static int add_what_is_missing(struct pol_set *set, const struct pol_policy *policy)
{
	int rc = 0;

	add_unfed(set, &policy->scope);
	for (size_t i = 0; i < policy->n_rules && rc == 0; i++) {
		const struct pol_rule *rule = &policy->rules[i];

		add_unfed(set, &rule->filters);
		for (size_t k = 0; k < rule->n_exceptions; k++)
			add_unfed(set, &rule->exceptions[k].filters);
		if (rule->kind == POL_RULE_UNAVAILABLE)
			rc = add_unavailable(set, pol_name_find(rule->event_name).later);
	}
	return rc;
}

static int refuse_second_name(const struct pol_set *set, const struct pol_policy *policy,
			      struct err *err)
{
	const struct pol_policy *first = set->policies;

	if (!*policy->name)
		return err_set(err, -EEXIST, "%s: there is one already", policy->file);
	while (strcmp(first->name, policy->name) != 0)
		first++;
	return err_set(err, -EEXIST, "%s:%u:%u: policy '%s' is there twice; the first is in %s:%u",
		       policy->file, policy->line, policy->column, policy->name, first->file,
		       first->line);
}

/* Takes what `policy` owns, also on failure. */
static int add_policy(struct pol_set *set, struct pol_policy *policy, struct err *err)
{
	const struct mark mark = mark_of(set);
	size_t n = set->n_policies;
	struct pol_policy *policies = set->policies;
	int rc = 0;

	if ((n & (n - 1)) == 0) { /* full: room doubles at each power of two */
		policies = reallocarray(policies, n ? 2 * n : 1, sizeof(*policies));
		if (policies)
			set->policies = policies;
	}
	if (!policies)
		rc = no_memory(policy->file, err);
	else if (tfind(policy->name, &set->names, compare_policy_names))
		rc = refuse_second_name(set, policy, err);
	else if (!tsearch(policy->name, &set->names, compare_policy_names))
		rc = no_memory(policy->file, err);
	if (rc < 0) {
		pol_policy_done(policy);
		return rc;
	}
	policies[set->n_policies++] = *policy;
	rc = add_what_is_missing(set, policy);
	if (rc < 0) {
		rc = no_memory(policy->file, err);
		roll_back(set, &mark);
	}
	return rc;
}

static int add_documents(struct pol_set *set, struct yreader *reader, const char *name,
			 struct err *err)
{
	const struct ynode *root;
	int rc;

	while ((rc = yreader_next(reader, &root, err)) == 1) {
		struct pol_policy policy;

		if (root->is_null) /* nothing between two "---" */
			continue;
		rc = pol_parse_document(root, name, &policy, err);
		if (rc == 0)
			rc = add_policy(set, &policy, err);
		if (rc < 0)
			break;
	}
	return rc;
}

int pol_set_parse(struct pol_set *set, const char *text, size_t len, const char *name,
		  struct err *err)
{
	const struct mark mark = mark_of(set);
	CLEANUP_YREADER struct yreader *reader = NULL;
	int rc;

	if (len > POL_FILE_BYTES_MAX)
		return err_set(err, -EFBIG, "%s: larger than %u bytes", name, POL_FILE_BYTES_MAX);
	reader = yreader_new(text, len, name);
	if (!reader)
		return no_memory(name, err);
	rc = add_documents(set, reader, name, err);
	if (rc == 0 && set->n_policies == mark.n_policies)
		rc = err_set(err, -EINVAL,
			     "%s: no policy in it; expected 'kind: Policy' or 'type: policy'",
			     name);
	if (rc < 0)
		roll_back(set, &mark);
	return rc;
}

/* Reads a whole regular file; *ret_text is the caller's. */
static int read_file(int fd, const struct stat *st, const char *name, char **ret_text,
		     size_t *ret_len, struct err *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t cap, len = 0;

	if (st->st_size > POL_FILE_BYTES_MAX)
		return err_set(err, -EFBIG, "%s: larger than %u bytes", name, POL_FILE_BYTES_MAX);
	cap = (size_t)st->st_size + 1; /* one more shows a file that grows */
	text = malloc(cap);
	if (!text)
		return no_memory(name, err);
	while (len < cap) {
		ssize_t got = read(fd, text + len, cap - len);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_set(err, -errno, "%s: cannot be read (%s)", name,
				       err_name(errno));
		if (got == 0)
			break;
		len += (size_t)got;
	}
	if (len == cap)
		return err_set(err, -EAGAIN, "%s: changed while it was read", name);
	*ret_text = TAKE_PTR(text);
	*ret_len = len;
	return 0;
}

/* Not a pipe or a device, which could keep us waiting: only O_NONBLOCK opens get here. */
static int load_regular(struct pol_set *set, int fd, const struct stat *st, const char *name,
			struct err *err)
{
	CLEANUP_FREE char *text = NULL;
	size_t len = 0;
	int rc;

	if (!S_ISREG(st->st_mode))
		return err_set(err, -EINVAL, "%s: not a regular file", name);
	rc = read_file(fd, st, name, &text, &len, err);
	return rc < 0 ? rc : pol_set_parse(set, text, len, name, err);
}

static int open_and_stat(int dir_fd, const char *file, const char *name, struct stat *ret_st,
			 struct err *err)
{
	CLEANUP_FD int fd = openat(dir_fd, file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, ret_st) < 0)
		return err_set(err, -errno, "%s: cannot be opened (%s)", name, err_name(errno));
	return TAKE_FD(fd);
}

static int load_entry(struct pol_set *set, int dir_fd, const char *dir, const char *file,
		      struct err *err)
{
	const char *slash = dir[strlen(dir) - 1] == '/' ? "" : "/";
	CLEANUP_FREE char *name = NULL;
	CLEANUP_FD int fd = -1;
	struct stat st;

	if (asprintf(&name, "%s%s%s", dir, slash, file) < 0) {
		name = NULL; /* undefined after a failure */
		return no_memory(dir, err);
	}
	fd = open_and_stat(dir_fd, file, name, &st, err);
	return fd < 0 ? fd : load_regular(set, fd, &st, name, err);
}

/* Hidden entries are left out: Kubernetes keeps the real files of a ConfigMap in "..data". */
bool pol_is_file_name(const char *name)
{
	const char *dot = strrchr(name, '.');

	return name[0] != '.' && dot &&
	       (!strcmp(dot, ".yaml") || !strcmp(dot, ".yml") || !strcmp(dot, ".json"));
}

static int is_policy_file(const struct dirent *entry)
{
	return pol_is_file_name(entry->d_name);
}

/* By bytes: alphasort() would ask the locale. */
static int compare_entries(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int load_directory(struct pol_set *set, int dir_fd, const char *dir, struct err *err)
{
	struct dirent **entries;
	int n = scandirat(dir_fd, ".", &entries, is_policy_file, compare_entries);
	int rc = 0;

	if (n < 0)
		return err_set(err, -errno, "%s: cannot be read (%s)", dir, err_name(errno));
	if (n == 0)
		rc = err_set(err, -ENOENT, "%s: no .yaml, .yml or .json file in it", dir);
	if (n > POL_DIR_FILES_MAX)
		rc = err_set(err, -E2BIG, "%s: more than %d policy files", dir, POL_DIR_FILES_MAX);
	for (int i = 0; i < n; i++) {
		if (rc == 0)
			rc = load_entry(set, dir_fd, dir, entries[i]->d_name, err);
		free(entries[i]);
	}
	free(entries);
	return rc;
}

int pol_set_load(struct pol_set *set, const char *path, struct err *err)
{
	const struct mark mark = mark_of(set);
	CLEANUP_FD int fd = -1;
	struct stat st;
	int rc;

	if (!*path)
		return err_set(err, -EINVAL, "policy path is empty");
	fd = open_and_stat(AT_FDCWD, path, path, &st, err);
	if (fd < 0)
		return fd;
	rc = S_ISDIR(st.st_mode) ? load_directory(set, fd, path, err)
				 : load_regular(set, fd, &st, path, err);
	if (rc < 0)
		roll_back(set, &mark);
	return rc;
}

int pol_set_select_all(struct pol_set *set, const struct pol_selection *selection, struct err *err)
{
	struct pol_policy policy;
	int rc = pol_select_parse(selection, &policy, err);

	return rc < 0 ? rc : add_policy(set, &policy, err);
}

int pol_set_select(struct pol_set *set, const char *list, struct err *err)
{
	const struct pol_selection selection = { .lists = &list, .n_lists = 1 };

	return pol_set_select_all(set, &selection, err);
}

/* Each event once, however many rules name it. */
static struct pol_events events_of(const struct pol_policy *policy)
{
	struct pol_events events = { { 0 } };

	for (size_t i = 0; i < policy->n_rules; i++) {
		const struct pol_rule *rule = &policy->rules[i];

		switch (rule->kind) {
		case POL_RULE_EVENT:
			pol_events_add(&events, rule->event->slot);
			break;
		case POL_RULE_SET:
			pol_events_join(&events, pol_name_find(rule->event_name).set);
			break;
		case POL_RULE_UNAVAILABLE:
			break;
		}
	}
	return events;
}

static size_t count_wanted(const struct pol_set *set, uint32_t n_wanted[EVENT_SLOTS])
{
	size_t total = 0;

	for (size_t i = 0; i < set->n_policies; i++) {
		struct pol_events events = events_of(&set->policies[i]);

		for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
			n_wanted[slot] += (uint32_t)pol_events_has(&events, slot);
	}
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		total += n_wanted[slot];
	return total;
}

int pol_set_compile(struct pol_set *set, struct err *err)
{
	uint32_t counts[EVENT_SLOTS] = { 0 };
	size_t total = count_wanted(set, counts);
	uint32_t *block = calloc(total ? total : 1, sizeof(*block)), *at = block;

	if (!block)
		return err_set(err, -ENOMEM, "policies: out of memory");
	free(set->wanted_block);
	set->wanted_block = block;
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		set->wanted[slot] = counts[slot] ? at : NULL;
		set->n_wanted[slot] = 0;
		at += counts[slot];
	}
	for (size_t i = 0; i < set->n_policies; i++) {
		struct pol_events events = events_of(&set->policies[i]);

		for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
			if (pol_events_has(&events, slot))
				set->wanted[slot][set->n_wanted[slot]++] = (uint32_t)i;
	}
	return 0;
}
