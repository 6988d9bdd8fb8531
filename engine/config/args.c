/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/config/args.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/config/config.h"
#include "engine/config/sinks.h"
#include "engine/config/tracee.h"
#include "engine/config/value.h"

#define LANES_BYTES_MIN (1U << 20) /* that the collector takes */
#define ARGS_MAX 8192              /* more than CONFIG_VALUES_MAX values and a command line make */

int cargs_push(struct cargs *args, struct err *err, const char *fmt, ...)
{
	size_t cap = args->cap ? 2 * args->cap : 64;
	va_list ap;
	char **v;
	int n;

	if (args->n == ARGS_MAX)
		return err_set(err, -E2BIG, "arguments are more than %d", ARGS_MAX);
	if (args->n + 1 >= args->cap) {
		v = realloc(args->v, cap * sizeof(*v));
		if (!v)
			return err_set(err, -ENOMEM, "arguments: out of memory");
		args->v = v;
		args->cap = cap;
	}
	va_start(ap, fmt);
	n = vasprintf(&args->v[args->n], fmt, ap);
	va_end(ap);
	if (n < 0)
		return err_set(err, -ENOMEM, "arguments: out of memory");
	args->v[++args->n] = NULL;
	return 0;
}

void cargs_done(struct cargs *args)
{
	for (size_t i = 0; i < args->n; i++) {
		explicit_bzero(args->v[i], strlen(args->v[i]));
		free(args->v[i]);
	}
	free(args->v);
	*args = (struct cargs){ 0 };
}

/* --- From a configuration --------------------------------------------------------------------- */

struct make {
	const struct config *config;
	struct cargs *args;
	struct err *err;
};

/* Both say how large the lanes are; the later place is right. */
static bool is_overruled(const struct make *m, const struct config_value *value, int *ret_rc)
{
	bool is_lanes = strcmp(value->path, "lanes") == 0;
	const struct config_value *other =
		config_find(m->config, is_lanes ? "perf-buffer-size" : "lanes", NULL);

	*ret_rc = 0;
	if ((!is_lanes && strcmp(value->path, "perf-buffer-size") != 0) || !other)
		return false;
	if (other->from.layer == value->from.layer)
		*ret_rc = config_refuse(&value->from, m->err, -EINVAL,
					"'%s' is given beside '%s', expected one of them",
					value->path, other->path);
	return other->from.layer >= value->from.layer;
}

static int add_pages(const struct make *m, const struct config_value *value)
{
	uint64_t n_cpus = (uint64_t)sysconf(_SC_NPROCESSORS_CONF);
	uint64_t bytes =
		cvalue_number(value->key, value->text) * n_cpus * (uint64_t)sysconf(_SC_PAGESIZE);
	const struct ckey *lanes = ckey_find("lanes");

	if (bytes < LANES_BYTES_MIN)
		return config_refuse(&value->from, m->err, -EINVAL,
				     "'%s' is %llu bytes for all CPUs, expected at least %u",
				     value->path, (unsigned long long)bytes, LANES_BYTES_MIN);
	if (bytes > lanes->max)
		return config_refuse(&value->from, m->err, -EINVAL,
				     "'%s' is %llu bytes for all CPUs, expected at most %llu",
				     value->path, (unsigned long long)bytes,
				     (unsigned long long)lanes->max);
	return cargs_push(m->args, m->err, "--lanes=%llu", (unsigned long long)bytes);
}

static int add_aggregate(const struct make *m, const struct config_value *value)
{
	const struct ckey *key = ckey_find("log.aggregate.flush-interval");

	if (!cvalue_flag(value->text))
		return 0;
	return cargs_push(m->args, m->err, "--log-aggregate=%llums",
			  (unsigned long long)cvalue_number(
				  key, config_text(m->config, "log.aggregate.flush-interval")));
}

static int add_value(const struct make *m, const struct config_value *value)
{
	const char *option = value->key->option;
	int rc;

	if (is_overruled(m, value, &rc))
		return rc;
	if (strcmp(value->path, "perf-buffer-size") == 0)
		return add_pages(m, value);
	if (strcmp(value->path, "log.aggregate.enabled") == 0)
		return add_aggregate(m, value);
	if (strcmp(value->path, "log.aggregate.flush-interval") == 0)
		return 0; /* with the other */
	if (value->key->kind == CKEY_FLAG)
		return cvalue_flag(value->text) ? cargs_push(m->args, m->err, "--%s", option) : 0;
	return cargs_push(m->args, m->err, "--%s%s%s", option, strchr(option, '=') ? "" : "=",
			  value->text);
}

static bool has_name(const char *const *names, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n && names[i]; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return true;
	return false;
}

bool cargs_has(const struct cargs_given *given, const char *name)
{
	return has_name(given->names, given->n, name, strlen(name));
}

static bool is_wanted(const struct ckey *key, unsigned int which,
		      const struct options_program *program, const struct cargs_given *given,
		      const char *const *skip)
{
	char name[64];
	size_t len;

	if (!(key->flags & (which | CKEY_LOG)) || !key->option)
		return false;
	len = strcspn(key->option, "=");
	(void)snprintf(name, sizeof(name), "%.*s", (int)len, key->option); /* options are short */
	if ((program && !options_find(program, name)) ||
	    (skip && has_name(skip, SIZE_MAX, name, len)))
		return false;
	if (!given)
		return true;
	if (key->flags & CKEY_SELECTS)
		return !given->has_selection;
	return key->option[len] == '=' || !has_name(given->names, given->n, name, len);
}

static int push_output(void *arg, const char *spec, struct err *err)
{
	return cargs_push(arg, err, "--output=%s", spec);
}

/* A program without outputs still wants to know what is wrong with them. */
static int only_check(void *arg, const char *spec, struct err *err)
{
	(void)arg;
	(void)spec;
	(void)err;
	return 0;
}

int cargs_add(const struct config *c, unsigned int which, const struct options_program *program,
	      const struct cargs_given *given, const char *const *skip, struct cargs *args,
	      struct err *err)
{
	const struct make m = { .config = c, .args = args, .err = err };
	const struct ckey *key;
	int rc = 0;

	for (size_t i = 0; rc == 0 && (key = ckey_at(i)) != NULL; i++) {
		const struct config_value *values;
		size_t n = 0;

		if (!is_wanted(key, which, program, given, skip))
			continue;
		values = config_find(c, key->path, &n);
		for (size_t k = 0; rc == 0 && k < n; k++)
			rc = add_value(&m, &values[k]);
	}
	if (rc == 0 && which == CKEY_ENGINE && !(given && given->has_output))
		rc = csink_each(
			c, !program || options_find(program, "output") ? push_output : only_check,
			args, err);
	return rc;
}

/* --- A command line with it ------------------------------------------------------------------- */

struct walk {
	struct cargs_given *given;
	struct cargs options, rest;         /* the command line in order, but for "key=value" */
	const char *sets[OPTIONS_LIST_MAX]; /* in `options` */
	size_t n_sets;
	const char *config;
	bool is_about, is_replay;
};

static int note_set(void *arg, const char *text, struct err *err)
{
	struct walk *w = arg;
	int rc;

	if (w->n_sets == ARRAY_LEN(w->sets))
		return err_set(err, -EINVAL, "option '--set' is given more than %d times",
			       OPTIONS_LIST_MAX);
	rc = cargs_push(&w->options, err, "--set=%s", text);
	if (rc == 0)
		w->sets[w->n_sets++] = w->options.v[w->options.n - 1] + strlen("--set=");
	return rc;
}

static int note(void *arg, const struct options_row *row, const char *value, struct err *err)
{
	struct walk *w = arg;
	const char *name = row ? row->name : "";
	bool is_output = strcmp(name, "output") == 0;

	if (!row)
		return cargs_push(&w->rest, err, "%s", value);
	if (strcmp(name, "set") == 0 || (is_output && config_is_set(value)))
		return note_set(w, value, err);
	if (tracee_is(row, value))
		return tracee_each(row, value, note_set, w, err);
	if (is_output)
		value = tracee_output(value);
	if (strcmp(name, "config") == 0)
		w->config = value;
	w->is_replay |= strcmp(name, "replay") == 0;
	w->is_about |= strcmp(name, "help") == 0 || strcmp(name, "version") == 0 ||
		       strcmp(name, "man") == 0;
	w->given->has_output |= is_output && strncmp(value, "option:", 7) != 0;
	w->given->has_selection |= strcmp(name, "policy") == 0 || strcmp(name, "events") == 0 ||
				   strcmp(name, "scope") == 0;
	if (w->given->n < ARRAY_LEN(w->given->names) &&
	    !has_name(w->given->names, w->given->n, name, strlen(name)))
		w->given->names[w->given->n++] = name;
	return cargs_push(&w->options, err, value ? "--%s=%s" : "--%s", name, value);
}

/* The key that "--name=value" is another way to say; *ret_text is its value. NULL: there is none.
 */
static const struct ckey *key_of(const char *argument, const char **ret_text)
{
	const char *text = argument + 2; /* behind the dashes */
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		size_t len = key->option ? strlen(key->option) : 0;

		if (len == 0 || strncmp(text, key->option, len) != 0 ||
		    strcmp(key->path, "perf-buffer-size") == 0)
			continue;
		*ret_text = key->kind == CKEY_FLAG ? "true" : text + len + (text[len] == '=');
		if (!text[len] || text[len] == '=' || key->option[len - 1] == '=')
			return key;
	}
	return NULL;
}

/* Outputs of the command line are all there are. */
static int overlay_output(struct config *c, const char *spec, const struct config_origin *from)
{
	for (size_t i = c->n; i > 0; i--)
		if (i <= c->n && (c->values[i - 1].key->flags & CKEY_OUTPUT))
			config_clear(c, c->values[i - 1].path, from->layer);
	return config_put(c, "output.specs", spec, from, NULL);
}

/* The options of the command line as values, for who asks what is in force: what they do is done
 * by the options themselves, so one that has no place there is no failure. */
static void overlay(struct config *c, const struct cargs *options)
{
	for (size_t i = 0; i < options->n; i++) {
		struct config_origin from = { .layer = CONFIG_COMMAND_LINE,
					      .name = CONFIG_COMMAND_LINE_NAME };
		const char *argument = options->v[i], *text = "";
		const struct ckey *key = key_of(argument, &text);

		if (key && (key->flags & CKEY_SELECTS)) {
			config_clear(c, "policy", from.layer);
			config_clear(c, "events", from.layer);
			config_clear(c, "scope", from.layer);
		}
		if (key && strcmp(key->path, "log.aggregate.enabled") == 0) {
			(void)config_put(c, "log.aggregate.flush-interval", text, &from, NULL);
			text = "true";
		}
		if (key)
			(void)config_put(c, key->path, text, &from, NULL);
		else if (strncmp(argument, "--output=", 9) == 0)
			(void)overlay_output(c, argument + 9, &from);
	}
}

static int append(struct cargs *args, const struct cargs *more, struct err *err)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < more->n; i++)
		rc = cargs_push(args, err, "%s", more->v[i]);
	return rc;
}

static int load(const struct walk *w, const struct options_program *program,
		const char *const *skip, struct cargs_merged *m, struct err *err)
{
	bool is_none = w->config ? !*w->config : w->is_replay;
	const struct config_source source = {
		.path = is_none ? "" : w->config,
		.sets = w->sets,
		.n_sets = w->n_sets,
		.environment = is_none ? NULL : (const char *const *)environ,
	};
	int rc = config_load(&source, &m->config, err);

	if (rc == 0)
		rc = cargs_add(m->config, CKEY_ENGINE, program, &m->given, skip, &m->args, err);
	m->n_configured = m->args.n;
	m->is_refused = rc < 0 && !(err && config_blames_command_line(err));
	return rc;
}

int cargs_merge(const struct options_program *program, int argc, char **argv,
		const char *const *skip, struct cargs_merged *ret_merged, struct err *err)
{
	struct walk w = { .given = &ret_merged->given };
	int rc;

	*ret_merged = (struct cargs_merged){ 0 };
	rc = options_walk(program, argc, argv, note, &w, err);
	if (rc == 0 && !w.is_about)
		rc = load(&w, program, skip, ret_merged, err);
	if (rc == 0 && ret_merged->config)
		overlay(ret_merged->config, &w.options);
	if (rc == 0)
		rc = append(&ret_merged->args, &w.options, err);
	if (rc == 0 && w.rest.n > 0)
		rc = cargs_push(&ret_merged->args, err, "--");
	if (rc == 0)
		rc = append(&ret_merged->args, &w.rest, err);
	cargs_done(&w.options);
	cargs_done(&w.rest);
	ret_merged->argv = rc == 0 ? calloc(ret_merged->args.n + 1, sizeof(char *)) : NULL;
	if (rc == 0 && !ret_merged->argv)
		return err_set(err, -ENOMEM, "arguments: out of memory");
	if (ret_merged->args.n > 0 && ret_merged->argv)
		memcpy(ret_merged->argv, ret_merged->args.v, ret_merged->args.n * sizeof(char *));
	return rc;
}

void cargs_merged_done(struct cargs_merged *merged)
{
	free(merged->argv);
	merged->argv = NULL;
	cargs_done(&merged->args);
	config_free(merged->config);
	merged->config = NULL;
}
