/* SPDX-License-Identifier: Apache-2.0 */
/*
 * profile_parts: what the files of profile share (prefix prof_): profile_action.c says what an
 * event does, profile_write.c writes JSON, profile_ecs.c, profile_ocsf.c and profile_compact.c are
 * one schema each.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "engine/encode/document.h"
#include "engine/encode/profile.h"
#include "engine/encode/text.h"

/* --- What an event does. --- */

enum prof_action {
	PA_OTHER,  /* no system call, and nothing below */
	PA_INVOKE, /* a system call, and nothing below */
	PA_PROCESS_LAUNCH,
	PA_PROCESS_FORK,
	PA_PROCESS_END,
	PA_PROCESS_SIGNAL,
	PA_PROCESS_INJECT,
	PA_PROCESS_SET_USER,
	PA_PROCESS_CHANGE,
	PA_MEMORY_MAP,
	PA_MEMORY_PROTECT,
	PA_MEMORY_UNMAP,
	PA_MODULE_UNLOAD,
	PA_MODULE_LOAD,
	PA_FILE_OPEN,
	PA_FILE_CREATE,
	PA_FILE_DELETE,
	PA_FILE_RENAME,
	PA_FILE_UPDATE,
	PA_FILE_SET,
	PA_FILE_SET_SECURITY,
	PA_FILE_GET,
	PA_FILE_MOUNT,
	PA_FILE_UNMOUNT,
	PA_NET_CONNECT,
	PA_NET_ACCEPT,
	PA_NET_BIND,
	PA_NET_SEND,
	PA_NET_RECEIVE,
	PA_FINDING,
	PA_ACTIONS
};

/* What the schemas call it. */
struct prof_meaning {
	const char *ecs_category, *ecs_type;
	uint16_t class_uid;
	uint8_t category_uid, activity_id;
	const char *class_name, *category_name, *activity_name;
};
extern const struct prof_meaning prof_meanings[PA_ACTIONS];

/* Of an event: the action, and the arguments that it is done to; NULL: none. */
struct prof_row {
	uint8_t action;
	const char *path, *path2; /* strings */
	const char *target;       /* a number: another process's id */
	const char *addr;         /* a socket address */
};

/* One event on its way; values are DOC_NONE where there are none. */
struct prof {
	struct text t;
	const struct doc *doc;
	struct prof_row row;
	const struct prof_meaning *is;
	struct doc_value path, path2, target;
	struct doc_value ip, port;
	int64_t time_ns, ret;
	bool is_syscall, is_ipv6;
};

/* Fills in all but `t`. */
void prof_recognise(struct prof *p, const struct doc *doc);
/* For tests: the row of an event's slot. */
struct prof_row prof_row_of(unsigned int slot);

/* --- JSON. `key` is without quotes; NULL in an array. What is empty is left out. --- */

size_t prof_open(struct prof *p, const char *key, char bracket); /* '{' or '[' */
/* Takes it back when nothing was written in it; `mark` is what prof_open() returned. */
void prof_close(struct prof *p, size_t mark, char bracket); /* '}' or ']' */
void prof_raw(struct prof *p, const char *key, const struct doc_value *value);
/* A number as a string. */
void prof_quoted(struct prof *p, const char *key, const struct doc_value *number);
void prof_number(struct prof *p, const char *key, int64_t number);
void prof_text(struct prof *p, const char *key, const char *constant); /* needs no escapes */
void prof_time(struct prof *p, const char *key, int64_t ns);           /* RFC 3339, UTC */
/* The last part of a path. */
void prof_base_name(struct prof *p, const char *key, const struct doc_value *path);
/* The strings of an array joined by blanks. */
void prof_command(struct prof *p, const char *key, const struct doc_value *argv);
void prof_member(struct prof *p, const char *key, enum doc_key object, const char *member);
/* A member by its name, which has its quotes; nothing is left out. */
void prof_pair(struct prof *p, const struct doc_value *name, const struct doc_value *value);
/* "args":{"pathname":"/etc/passwd",...}: no argument is left out, empty or not. */
void prof_args(struct prof *p);
/* What the schema has no place for. */
void prof_rest(struct prof *p, const char *key);

/* A field of a schema that is a key of the event. */
struct prof_field {
	const char *name;
	enum doc_key key;
	enum { PROF_RAW, PROF_QUOTED } how;
};
void prof_fields(struct prof *p, const struct prof_field *fields, size_t n);

void prof_ecs(struct prof *p);
void prof_ocsf(struct prof *p);
void prof_compact(struct prof *p);

/* A member of metadata's Properties. */
struct doc_value prof_property(const struct prof *p, const char *name);
