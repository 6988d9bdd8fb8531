/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/output_spec.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/nearest.h"

#define TEMPLATE "gotemplate="

static const struct {
	const char *name;
	enum outspec_kind kind;
	enum outspec_format format;
} forms[] = {
	{ "json", OUTSPEC_FILE, OUTSPEC_JSON },
	{ "table", OUTSPEC_FILE, OUTSPEC_TABLE },
	{ "table-verbose", OUTSPEC_FILE, OUTSPEC_TABLE_VERBOSE },
	{ "forward", OUTSPEC_FORWARD, OUTSPEC_JSON },
	{ "webhook", OUTSPEC_WEBHOOK, OUTSPEC_JSON },
	{ "otlp", OUTSPEC_OTLP, OUTSPEC_JSON },
	{ "syslog", OUTSPEC_SYSLOG, OUTSPEC_JSON },
	{ "kafka", OUTSPEC_KAFKA, OUTSPEC_JSON },
};

/* Messages do not show what follows the '?' of a URL, or a password in it. */
static int refuse_unknown(const char *text, struct err *err)
{
	size_t len = strcspn(text, ":=?");
	struct nearest near;
	char name[64] = "";

	memcpy(name, text, len < sizeof(name) ? len : sizeof(name) - 1);
	nearest_init(&near, name);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		nearest_offer(&near, forms[i].name, strlen(forms[i].name));
	if (near.best[0])
		return err_set(err, -EINVAL, "output '%s' is not known; did you mean '%s'?", name,
			       near.best);
	return err_set(err, -EINVAL,
		       "output '%s' is not known, expected json, table, table-verbose, "
		       "gotemplate=FILE, forward:URL, webhook:URL, otlp:URL, syslog:URL, "
		       "kafka:BROKER/TOPIC, none or "
		       "option:NAME",
		       name);
}

static void outspec_free(struct outspec *spec)
{
	free(spec->target);
	free(spec->template);
	free(spec->keys);
}

static int add(struct outspecs *specs, const struct outspec *like, const char *target, size_t len,
	       struct err *err)
{
	struct outspec *spec = &specs->items[specs->n];

	if (len == 0)
		return err_set(err, -EINVAL, "output: a file or URL is expected after ':' and ','");
	if (len == 6 && memcmp(target, "stdout", 6) == 0 && like->kind == OUTSPEC_FILE) {
		target = "-"; /* Tracee's name for it */
		len = 1;
	}
	for (size_t i = 0; i < specs->n; i++)
		if (strlen(specs->items[i].target) == len &&
		    memcmp(specs->items[i].target, target, len) == 0)
			return err_set(err, -EINVAL, "output '%s' is given twice, expected once",
				       *target == '-' ? "stdout" : specs->items[i].target);
	if (specs->n == OUTSPEC_MAX)
		return err_set(err, -EINVAL, "output '%.*s' is one too many, expected at most %d",
			       (int)strcspn(target, "?"), target, OUTSPEC_MAX);
	*spec = *like;
	spec->target = strndup(target, len);
	spec->template = like->template ? strdup(like->template) : NULL;
	spec->keys = like->keys ? strdup(like->keys) : NULL;
	if (!spec->target || (like->template && !spec->template) || (like->keys && !spec->keys)) {
		outspec_free(spec);
		return err_set(err, -ENOMEM, "output: out of memory");
	}
	specs->n++;
	return 0;
}

/* "" or ":FILE[,FILE]...", and keys that are for all of them. */
static int add_files(struct outspecs *specs, const struct outspec *like, const char *rest,
		     struct err *err)
{
	const char *end = rest + strcspn(rest, "?");
	struct outspec each = *like;
	size_t len;
	int rc;

	each.keys = *end ? (char *)(uintptr_t)(end + 1) : NULL; /* only read */
	if (rest == end)
		return add(specs, &each, "-", 1, err);
	do {
		rest++;
		len = strcspn(rest, ",?");
		rc = add(specs, &each, rest, len, err);
		rest += len;
	} while (rc == 0 && rest < end);
	return rc;
}

static int add_template(struct outspecs *specs, const char *rest, struct err *err)
{
	struct outspec like = { .kind = OUTSPEC_FILE, .format = OUTSPEC_TEMPLATE };
	size_t len = strcspn(rest, ":?");
	CLEANUP_FREE char *path = strndup(rest, len);

	if (!path)
		return err_set(err, -ENOMEM, "output: out of memory");
	if (len == 0)
		return err_set(err, -EINVAL, "output 'gotemplate=' expects a template's file");
	like.template = path;
	return add_files(specs, &like, rest + len, err);
}

int outspec_add(struct outspecs *specs, const char *text, struct err *err)
{
	size_t len = strcspn(text, ":?");

	if (strcmp(text, "none") == 0) {
		specs->none = true;
		return 0;
	}
	if (strncmp(text, TEMPLATE, strlen(TEMPLATE)) == 0)
		return add_template(specs, text + strlen(TEMPLATE), err);
	for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
		const struct outspec like = { .kind = forms[i].kind, .format = forms[i].format };

		if (strlen(forms[i].name) != len || memcmp(forms[i].name, text, len) != 0)
			continue;
		if (like.kind == OUTSPEC_FILE)
			return add_files(specs, &like, text + len, err);
		if (text[len] != ':')
			return err_set(
				err, -EINVAL, "output '%s' expects %s behind it: '%s:%s'",
				forms[i].name, like.kind == OUTSPEC_KAFKA ? "brokers" : "a URL",
				forms[i].name, like.kind == OUTSPEC_KAFKA ? "BROKER/TOPIC" : "URL");
		return add(specs, &like, text + len + 1, strlen(text + len + 1), err);
	}
	return refuse_unknown(text, err);
}

int outspec_add_default(struct outspecs *specs, struct err *err)
{
	return outspec_add(specs, "json", err);
}

void outspec_done(struct outspecs *specs)
{
	while (specs->n > 0) {
		specs->n--;
		outspec_free(&specs->items[specs->n]);
	}
}

const char *outspec_kind_name(enum outspec_kind kind)
{
	for (size_t i = 0; kind != OUTSPEC_FILE && i < ARRAY_LEN(forms); i++)
		if (forms[i].kind == kind)
			return forms[i].name;
	return "file";
}

const char *outspec_format_name(enum outspec_format format)
{
	for (size_t i = 0; i < ARRAY_LEN(forms); i++)
		if (forms[i].kind == OUTSPEC_FILE && forms[i].format == format)
			return forms[i].name;
	return "gotemplate";
}
