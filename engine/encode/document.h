/* SPDX-License-Identifier: Apache-2.0 */
/*
 * document: a view of one event as json_event() wrote it (prefix doc_), for the formats that show
 * the same in another form: what they say of an event is what its JSON says, whatever is added to
 * that. Values are slices of the line, which must stay as it is meanwhile. Never allocates. What is
 * no JSON is read no further than to where it stops making sense, and never beyond the end.
 * Pure; any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum doc_kind {
	DOC_NONE, /* not there */
	DOC_NULL,
	DOC_BOOL,
	DOC_NUMBER,
	DOC_STRING, /* with its quotes, escaped as in JSON */
	DOC_ARRAY,
	DOC_OBJECT,
};

struct doc_value {
	const char *at;
	uint32_t len;
	uint8_t kind; /* enum doc_kind */
};

/* The keys of an event, in their order in the line. */
enum doc_key {
	DOC_TIMESTAMP,
	DOC_THREAD_START_TIME,
	DOC_PROCESSOR_ID,
	DOC_PROCESS_ID,
	DOC_CGROUP_ID,
	DOC_THREAD_ID,
	DOC_PARENT_PROCESS_ID,
	DOC_HOST_PROCESS_ID,
	DOC_HOST_THREAD_ID,
	DOC_HOST_PARENT_PROCESS_ID,
	DOC_USER_ID,
	DOC_MOUNT_NAMESPACE,
	DOC_PID_NAMESPACE,
	DOC_PROCESS_NAME,
	DOC_EXECUTABLE,
	DOC_HOST_NAME,
	DOC_CONTAINER_ID,
	DOC_CONTAINER,
	DOC_KUBERNETES,
	DOC_EVENT_ID,
	DOC_EVENT_NAME,
	DOC_MATCHED_POLICIES,
	DOC_ARGS_NUM,
	DOC_RETURN_VALUE,
	DOC_SYSCALL,
	DOC_STACK_ADDRESSES,
	DOC_CONTEXT_FLAGS,
	DOC_THREAD_ENTITY_ID,
	DOC_PROCESS_ENTITY_ID,
	DOC_PARENT_ENTITY_ID,
	DOC_ARGS,
	DOC_METADATA,
	DOC_MARKS,
	DOC_KEYS
};

struct doc {
	struct doc_value root; /* the object, without the line's end */
	struct doc_value keys[DOC_KEYS];
};

/* -EBADMSG: that is no JSON object. Keys that are not in the list are passed over. */
int doc_parse(struct doc *ret_doc, const char *line, size_t len);
/* The key as in the line: "timestamp". */
const char *doc_key_name(enum doc_key key);

/* What is in an array or object, one after the other. */
struct doc_cursor {
	const char *at, *end;
	bool is_object;
};
struct doc_cursor doc_enter(const struct doc_value *container); /* of anything else: nothing */
/* False: there is no more. *ret_key is written to for objects only. */
bool doc_next(struct doc_cursor *c, struct doc_value *ret_key, struct doc_value *ret_value);

/* The first one of that name, which needs no escapes. False, and DOC_NONE: it is not there. */
bool doc_member(const struct doc_value *object, const char *key, size_t len,
		struct doc_value *ret_value);
/* The value of an event's argument. */
bool doc_arg(const struct doc *doc, const char *name, struct doc_value *ret_value);

struct doc_pair {
	struct doc_value key, value;
};
#define DOC_SORTED_MAX 64
/* The members by their keys' bytes. Their number, or -E2BIG. */
int doc_sorted(const struct doc_value *object, struct doc_pair ret_pairs[static DOC_SORTED_MAX]);

/* A whole number, also one in quotes. False: it is none, or more than 64 bits. */
bool doc_s64(const struct doc_value *v, int64_t *ret_number);
bool doc_u64(const struct doc_value *v, uint64_t *ret_number);
/* Not there, null, "", [], {}, 0 or false: what Go calls empty. */
bool doc_is_empty(const struct doc_value *v);
/* A string without escapes that is this text. */
bool doc_is_text(const struct doc_value *v, const char *text);
