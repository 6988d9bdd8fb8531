/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config: the configuration, from all its places (prefix config_). Later ones take the place of
 * earlier ones, value by value:
 *
 *     what a key is by itself < warder.yaml < conf.d/NAME.yaml, by name < environment < command
 * line
 *
 * Each value knows where it is from. Names of the main branch are Tracee 0.22's by here (keys.h).
 * Files are YAML or JSON, one document; what they may hold is bounded. Nothing is logged here.
 *
 * Thread: one at a time.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/cleanup.h"
#include "common/err.h"
#include "engine/config/keys.h"

#define CONFIG_DIR "/etc/warder"
#define CONFIG_FILE "warder.yaml" /* in it */
#define CONFIG_DROPINS "conf.d"   /* likewise */
#define CONFIG_FILE_BYTES_MAX (1U << 20)
#define CONFIG_FILES_MAX 256
#define CONFIG_VALUES_MAX 4096

enum config_layer {
	CONFIG_DEFAULT,
	CONFIG_FILES, /* and one more for each file that follows */
	CONFIG_ENVIRONMENT = CONFIG_FILES + CONFIG_FILES_MAX,
	CONFIG_COMMAND_LINE,
};

struct config_origin {
	unsigned int layer;
	const char *name;      /* of the file, the variable, the option; the configuration's */
	uint32_t line, column; /* in a file */
};

struct config_value {
	const struct ckey *key;
	char *path; /* owned, like the text: "output.forward.main.host" */
	char *text; /* checked; an item of a list is a value of its own */
	struct config_origin from;
};

struct config {
	struct config_value *values; /* those of a path follow each other */
	size_t n, cap;
	char *names[CONFIG_FILES_MAX + CKEY_PATH_MAX]; /* owned: what origins name */
	size_t n_names;
	size_t n_files; /* that were read */
};

struct config_source {
	const char *path;        /* a file, or a directory like CONFIG_DIR; NULL: that, if it is
				  * there; "": none */
	const char *const *sets; /* "key=value" */
	size_t n_sets;
	const char *const *environment; /* as environ; NULL: none */
};

/* All places. -EINVAL and the like: err is one sentence that begins with the place. */
int config_load(const struct config_source *source, struct config **ret_config, struct err *err);
/* One text, as of the file `name`: for tests, and for files that are not in force. */
int config_parse(const char *text, size_t len, const char *name, struct config **ret_config,
		 struct err *err);
void config_free(struct config *c); /* texts are wiped */
/* The files that such a path stands for, "": none. Drop-ins are in the second, a directory. */
void config_paths(const char *path, char ret_file[static PATH_MAX],
		  char ret_dropins[static PATH_MAX]);

static inline void config_freep(struct config **c)
{
	config_free(*c);
}
#define CLEANUP_CONFIG CLEANUP(config_freep)

/* The first value of a path, NULL: none. *ret_n (may be NULL): how many follow each other. */
const struct config_value *config_find(const struct config *c, const char *path, size_t *ret_n);
/* Its text, or what the key is by itself, or NULL. */
const char *config_text(const struct config *c, const char *path);

/* Does "key=value" name a key, so that it is no output? */
bool config_is_set(const char *text);

/* What there is that cannot be honoured: one line each, without the place's name in front. */
typedef void (*config_tell_fn)(void *arg, const char *line);
void config_tell_unhonoured(const struct config *c, config_tell_fn tell, void *arg);
/* Variables that look like ours and are not; likewise. */
void config_tell_strange(const char *const *environment, config_tell_fn tell, void *arg);

/* What differs between two: each path once. */
typedef void (*config_diff_fn)(void *arg, const struct ckey *key, const char *path);
void config_diff(const struct config *was, const struct config *is, config_diff_fn fn, void *arg);

/* "FILE:3:5", "FILE:3" or the like, into `buf`. */
const char *config_where(const struct config_origin *from, char *buf, size_t cap);
#define CONFIG_COMMAND_LINE_NAME "command line"
/* Is that the place that err names? */
bool config_blames_command_line(const struct err *err);
/* err becomes "place: ...", with the value's place. Returns `code`. */
int config_refuse(const struct config_origin *from, struct err *err, int code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);

/* A copy of `name` that lives as long as the configuration, for origins. NULL: out of memory, or
 * too many. */
const char *config_keep_name(struct config *c, const char *name);
/* For read.c. `path` as the user wrote it. */
int config_put(struct config *c, const char *path, const char *text,
	       const struct config_origin *from, struct err *err);
/* Of what earlier places said nothing is left. */
void config_clear(struct config *c, const char *path, unsigned int layer);
