/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/check.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nearest.h"
#include "common/quote.h"

#define OPERATORS "=!<>"

/* clang-format off */
static const char *const scopes[] = {
	"global", "uid", "pid", "mntns", "pidns", "uts", "comm", "container", "not-container",
	"tree", "executable", "exec", "bin", "binary", "follow",
};

static const char *const filters[] = {
	"retval", "timestamp", "processorId", "p", "pid", "processId", "tid", "threadId", "ppid",
	"parentProcessId", "hostTid", "hostThreadId", "hostPid", "hostPpid",
	"hostParentProcessId", "uid", "userId", "mntns", "mountNamespace", "pidns",
	"pidNamespace", "processName", "comm", "hostName", "cgroupId", "host", "container",
	"containerId", "containerImage", "containerImageDigest", "containerName", "podName",
	"podNamespace", "podUid", "podSandbox", "syscall",
};
/* clang-format on */

/* Is the word before the operator one of `names`? Otherwise ret_near says which it may have been.
 */
static bool is_one_of(const char *text, const char *const *names, size_t n_names,
		      struct nearest *ret_near)
{
	size_t len = strcspn(text, OPERATORS);
	char word[NEAREST_WORD_MAX + 1] = "";

	if (len < sizeof(word)) /* a longer one is not there, and near to nothing */
		memcpy(word, text, len);
	nearest_init(ret_near, word);
	for (size_t i = 0; i < n_names; i++) {
		if (!strcmp(names[i], word))
			return true;
		nearest_offer(ret_near, names[i], strlen(names[i]));
	}
	ret_near->word = NULL; /* it was ours */
	return false;
}

static int refuse_word(const char *what, const char *text, const struct nearest *near,
		       struct err *err)
{
	char shown[QUOTE_CAP];

	quote_text(shown, text);
	if (!near->best[0])
		return err_set(err, -ENOENT, "%s '%s' is not known", what, shown);
	return err_set(err, -ENOENT, "%s '%s' is not known; did you mean '%s'?", what, shown,
		       near->best);
}

int pol_check_scope(const char *text, struct err *err)
{
	char shown[QUOTE_CAP];
	struct nearest near;

	if (!strcmp(text, "global"))
		return 0;
	if (!is_one_of(text, scopes, ARRAY_LEN(scopes), &near))
		return refuse_word("scope", text, &near, err);
	quote_text(shown, text);
	if (!strncmp(text, "global", strlen("global")))
		return err_set(err, -EINVAL, "scope '%s' is not valid; 'global' takes no value",
			       shown);
	return err_set(err, -EOPNOTSUPP, "scope '%s' is not supported yet: only 'global' is",
		       shown);
}

static int check_field(const char *text, const char *field, const struct event_def *event,
		       struct err *err)
{
	const char *names[EVENT_FIELDS_MAX];
	char shown[QUOTE_CAP];
	struct nearest near;

	quote_text(shown, text);
	if (!strcspn(field, OPERATORS))
		return err_set(err, -EINVAL, "filter '%s' names no field", shown);
	if (!event)
		return 0;
	for (size_t i = 0; i < event->n_fields; i++)
		names[i] = event->fields[i].name;
	if (is_one_of(field, names, event->n_fields, &near))
		return 0;
	if (!near.best[0])
		return err_set(err, -ENOENT, "filter '%s': event '%s' has no such field", shown,
			       event->name);
	return err_set(err, -ENOENT,
		       "filter '%s': event '%s' has no such field; did you mean '%s'?", shown,
		       event->name, near.best);
}

int pol_check_filter(const char *text, const struct event_def *event, struct err *err)
{
	char shown[QUOTE_CAP];
	struct nearest near;
	int rc = 0;

	if (!strncmp(text, "data.", 5) || !strncmp(text, "args.", 5))
		rc = check_field(text, text + 5, event, err);
	else if (!is_one_of(text, filters, ARRAY_LEN(filters), &near))
		rc = refuse_word("filter", text, &near, err);
	if (rc < 0)
		return rc;
	return err_set(err, -EOPNOTSUPP,
		       "filter '%s' is not supported yet: only rules without filters are",
		       quote_text(shown, text));
}

int pol_check_action(const char *text, struct err *err)
{
	char shown[QUOTE_CAP];

	if (!strcmp(text, "log") || !strcmp(text, "print"))
		return 0;
	return err_set(err, -EINVAL, "action '%s' is not known; expected 'log' or 'print'",
		       quote_text(shown, text));
}
