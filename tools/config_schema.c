/* SPDX-License-Identifier: Apache-2.0 */
/* config schema: the table of keys as a JSON schema, for editors and for Helm. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "engine/config/keys.h"
#include "engine/config/value.h"
#include "engine/sink/output_keys.h"
#include "tools/command.h"
#include "tools/json_print.h"

#define NAME_PATTERN "^[A-Za-z0-9_-]+$"

/* jansson takes NULL for a value, and fails: out of memory comes out at the end. */

static json_t *types(const char *one, const char *two)
{
	return json_pack("{s:[s,s]}", "type", one, two);
}

static json_t *words_of(const struct ckey *key)
{
	json_t *list = json_array();

	for (const char *word = key->words; *word;) {
		size_t len = strcspn(word, "|");

		(void)json_array_append_new(list, json_stringn(word, len));
		word += len + (word[len] == '|');
	}
	if (cvalue_is_switch(key)) {
		(void)json_array_append_new(list, json_true());
		(void)json_array_append_new(list, json_false());
	}
	if (strcmp(key->path, "log.level") == 0)
		(void)json_array_append_new(list, json_string("warn")); /* Tracee's word */
	return json_pack("{s:o}", "enum", list);
}

static json_t *one_or_more(json_t *item)
{
	return json_pack("{s:[o,{s:s,s:O},{s:s}]}", "anyOf", item, "type", "array", "items", item,
			 "type", "null");
}

static json_t *value_of(const struct ckey *key)
{
	json_t *v;

	switch (key->kind) {
	case CKEY_FLAG:
		return json_pack("{s:s}", "type", "boolean");
	case CKEY_NUMBER:
		v = json_pack("{s:s,s:I}", "type", "integer", "minimum", (json_int_t)key->min);
		if (key->max > 0)
			(void)json_object_set_new(v, "maximum", json_integer((json_int_t)key->max));
		return v;
	case CKEY_SIZE:
		v = types("integer", "string");
		(void)json_object_set_new(v, "pattern", json_string("^[0-9]+[KMG]?$"));
		return v;
	case CKEY_WORD:
		return words_of(key);
	case CKEY_LIST:
		return one_or_more(key->words ? words_of(key) : types("string", "number"));
	case CKEY_DURATION:
	case CKEY_TEXT:
		return types("string", "number");
	case CKEY_PARAM:
	case CKEY_ANY:
		break;
	}
	return json_object();
}

static json_t *default_of(const struct ckey *key)
{
	if (key->kind == CKEY_FLAG)
		return json_boolean(cvalue_flag(key->standard));
	if (key->kind == CKEY_NUMBER)
		return json_integer((json_int_t)cvalue_number(key, key->standard));
	return json_string(key->standard);
}

static json_t *leaf(const struct ckey *key)
{
	json_t *v = value_of(key);
	char text[512];

	(void)snprintf(text, sizeof(text), "%s%s", key->instead ? "Has no effect: " : "", /* fits */
		       key->instead ? key->instead : key->help);
	(void)json_object_set_new(v, "description", json_string(text));
	if (key->instead)
		return v;
	if (key->standard)
		(void)json_object_set_new(v, "default", default_of(key));
	(void)json_object_set_new(v, "x-maturity",
				  json_string(key->level == CKEY_STABLE ? "stable" : "incubating"));
	(void)json_object_set_new(v, "x-reloads",
				  json_boolean((key->flags & (CKEY_LOG | CKEY_LIVE)) != 0));
	return v;
}

/* By its path in the table, stars and all. */
static const struct ckey *row_of(const char *path)
{
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++)
		if (strcmp(key->path, path) == 0)
			return key;
	return NULL;
}

static void add_params(json_t *properties)
{
	const struct okeys_section *sections;
	size_t n;

	sections = okeys_sections(&n);
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sections[i].n_keys; k++) {
			const struct surl_key *key = &sections[i].keys[k];

			if (!json_object_get(properties, key->name))
				(void)json_object_set_new(
					properties, key->name,
					json_pack("{s:s}", "description",
						  key->meaning ? key->meaning : ""));
		}
}

static json_t *section(const char *path);

/* {NAME: {...}}, [{NAME: {...}}] or [{name: NAME, ...}] */
static json_t *named(const char *path)
{
	json_t *body = section(path);
	json_t *with_name = json_deep_copy(body);
	json_t *map;

	(void)json_object_set_new(
		json_object_get(with_name, "properties"), "name",
		json_pack("{s:s,s:s}", "type", "string", "pattern", NAME_PATTERN));
	(void)json_object_set_new(with_name, "required", json_pack("[s]", "name"));
	map = json_pack("{s:s,s:{s:s},s:o}", "type", "object", "propertyNames", "pattern",
			NAME_PATTERN, "additionalProperties", body);
	return json_pack("{s:[O,{s:s,s:{s:[o,o]}},{s:s}]}", "anyOf", map, "type", "array", "items",
			 "anyOf", map, with_name, "type", "null");
}

/* The rest of `whole` behind "section."; NULL: it is not in it. */
static const char *inside(const char *whole, const char *path)
{
	size_t len = strlen(path);

	if (len == 0)
		return whole;
	return strncmp(whole, path, len) == 0 && whole[len] == '.' ? whole + len + 1 : NULL;
}

/* Is there a section of this path, stars and all? */
static bool is_section_path(const char *path)
{
	char buf[CKEY_PATH_MAX + 1];
	const char *real = ckey_resolve(path, buf), *name, *target;
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++)
		if (inside(key->path, real))
			return true;
	for (size_t i = 0; ckey_alias_at(i, &name, &target); i++)
		if (inside(name, path))
			return true;
	return false;
}

/* What `word` is in a section, of a row's or an alias's path behind it. */
static void add_word(json_t *properties, const char *path, const char *rest)
{
	char buf[CKEY_PATH_MAX + 1], raw[CKEY_PATH_MAX + 1], word[CKEY_PATH_MAX + 1];
	const struct ckey *key;
	json_t *has, *is_key = NULL, *is_section = NULL;
	size_t len = strcspn(rest, ".");

	(void)snprintf(word, sizeof(word), "%.*s", (int)len, rest); /* fits */
	if (strcmp(word, "&") == 0) {
		add_params(properties);
		return;
	}
	if (snprintf(raw, sizeof(raw), "%s%s%s", path, *path ? "." : "", word) > CKEY_PATH_MAX ||
	    json_object_get(properties, word))
		return;
	key = row_of(ckey_resolve(raw, buf));
	if (key)
		is_key = leaf(key);
	if (is_section_path(raw))
		is_section = section(raw);
	has = is_key && is_section ? json_pack("{s:[o,o]}", "anyOf", is_key, is_section)
	      : is_key             ? is_key
				   : is_section;
	(void)json_object_set_new(properties, word, has);
}

static json_t *section(const char *path)
{
	char buf[CKEY_PATH_MAX + 1], below[CKEY_PATH_MAX + 3];
	const char *real = ckey_resolve(path, buf), *rest, *name, *target;
	json_t *properties = json_object();
	const struct ckey *key;

	for (size_t i = 0; (key = ckey_at(i)) != NULL; i++) {
		rest = inside(key->path, real);
		if (!rest)
			continue;
		if (*rest != '*' && *rest != '#') {
			add_word(properties, path, rest);
			continue;
		}
		json_decref(properties);
		(void)snprintf(below, sizeof(below), "%s.%c", path, *rest); /* fits */
		return *rest == '*' ? named(below)
				    : json_pack("{s:[s,s],s:o}", "type", "array", "null", "items",
						section(below));
	}
	for (size_t i = 0; ckey_alias_at(i, &name, &target); i++) {
		rest = inside(name, path);
		if (rest)
			add_word(properties, path, rest);
	}
	return json_pack("{s:[s,s],s:o,s:b}", "type", "object", "null", "properties", properties,
			 "additionalProperties", 0);
}

static int schema(const struct command_call *call)
{
	json_t *all = section("");
	int rc;

	(void)call;
	(void)json_object_set_new(all, "$schema",
				  json_string("https://json-schema.org/draft/2020-12/schema"));
	(void)json_object_set_new(all, "title", json_string("Warder's configuration"));
	rc = jprint_document(all, JSON_INDENT(2) | JSON_SORT_KEYS);
	json_decref(all);
	if (rc < 0)
		log_error("memory is short (ENOMEM)");
	return rc < 0 ? EXIT_CODE_FAILED : EXIT_CODE_OK;
}

struct schema_options {
	struct options_about about;
};

static const struct options_row rows[] = {
	OPTIONS_ABOUT_ROWS(struct schema_options, about),
};

const struct command command_config_schema = {
	.program = {
		.name = COMMAND_PREFIX "config schema",
		.synopsis = "",
		.summary = "print the JSON schema of the configuration",
		.description =
			"Draft 2020-12. Durations, addresses and what stands behind the '?' of an "
			"output are checked further by 'warder config check'.",
		.rows = rows,
		.n_rows = ARRAY_LEN(rows),
	},
	.options_bytes = sizeof(struct schema_options),
	.main = schema,
};
