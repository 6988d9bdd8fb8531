/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "common/cleanup.h"
#include "engine/encode/profile_parts.h"

#define NS_PER_S 1000000000LL

/* The comma, where something is before it, and the key. */
static void put_key(struct prof *p, const char *key)
{
	char last = text_len(&p->t) ? p->t.at[-1] : '{';

	if (last != '{' && last != '[')
		text_char(&p->t, ',');
	if (!key)
		return;
	text_char(&p->t, '"');
	text_bytes(&p->t, key, strlen(key));
	TEXT_LITERAL(&p->t, "\":");
}

size_t prof_open(struct prof *p, const char *key, char bracket)
{
	size_t mark = text_len(&p->t);

	put_key(p, key);
	text_char(&p->t, bracket);
	return mark;
}

void prof_close(struct prof *p, size_t mark, char bracket)
{
	char last;

	if (p->t.is_cut)
		return;
	last = p->t.at[-1]; /* at least the bracket that prof_open() wrote */
	if (last == '{' || last == '[')
		p->t.at = p->t.start + mark;
	else
		text_char(&p->t, bracket);
}

void prof_raw(struct prof *p, const char *key, const struct doc_value *value)
{
	if (value->kind == DOC_NONE || value->kind == DOC_NULL ||
	    (value->len == 2 && value->kind >= DOC_STRING))
		return;
	put_key(p, key);
	text_bytes(&p->t, value->at, value->len);
}

void prof_quoted(struct prof *p, const char *key, const struct doc_value *number)
{
	if (number->kind != DOC_NUMBER) {
		prof_raw(p, key, number);
		return;
	}
	put_key(p, key);
	text_char(&p->t, '"');
	text_bytes(&p->t, number->at, number->len);
	text_char(&p->t, '"');
}

void prof_number(struct prof *p, const char *key, int64_t number)
{
	put_key(p, key);
	text_s64(&p->t, number);
}

void prof_text(struct prof *p, const char *key, const char *constant)
{
	put_key(p, key);
	text_char(&p->t, '"');
	text_bytes(&p->t, constant, strlen(constant));
	text_char(&p->t, '"');
}

void prof_time(struct prof *p, const char *key, int64_t ns)
{
	int64_t rest = ns % NS_PER_S;
	time_t second = (time_t)(ns / NS_PER_S - (rest < 0));
	struct tm tm = { .tm_year = 70, .tm_mday = 1 };

	(void)gmtime_r(&second, &tm); /* 64 bits of nanoseconds are within its years */
	put_key(p, key);
	text_char(&p->t, '"');
	text_digits(&p->t, (uint64_t)tm.tm_year + 1900, 4);
	text_char(&p->t, '-');
	text_digits(&p->t, (uint64_t)tm.tm_mon + 1, 2);
	text_char(&p->t, '-');
	text_digits(&p->t, (uint64_t)tm.tm_mday, 2);
	text_char(&p->t, 'T');
	text_digits(&p->t, (uint64_t)tm.tm_hour, 2);
	text_char(&p->t, ':');
	text_digits(&p->t, (uint64_t)tm.tm_min, 2);
	text_char(&p->t, ':');
	text_digits(&p->t, (uint64_t)tm.tm_sec, 2);
	text_char(&p->t, '.');
	text_digits(&p->t, (uint64_t)(rest < 0 ? rest + NS_PER_S : rest), 9);
	TEXT_LITERAL(&p->t, "Z\"");
}

void prof_base_name(struct prof *p, const char *key, const struct doc_value *path)
{
	const char *end, *start;

	if (path->kind != DOC_STRING || path->len <= 2)
		return;
	end = path->at + path->len - 1;
	for (; end > path->at + 2 && end[-1] == '/'; end--)
		;
	for (start = end; start > path->at + 1 && start[-1] != '/'; start--)
		;
	put_key(p, key);
	text_char(&p->t, '"');
	if (start == end) /* nothing but slashes */
		start--;
	text_bytes(&p->t, start, (size_t)(end - start));
	text_char(&p->t, '"');
}

void prof_command(struct prof *p, const char *key, const struct doc_value *argv)
{
	struct doc_cursor c = doc_enter(argv);
	struct doc_value name, arg;
	bool is_first = true;

	if (argv->kind != DOC_ARRAY || doc_is_empty(argv))
		return;
	prof_text(p, key, "");
	p->t.at -= !p->t.is_cut; /* goes on in the empty string */
	for (; doc_next(&c, &name, &arg); is_first = false) {
		if (arg.kind != DOC_STRING)
			continue;
		if (!is_first)
			text_char(&p->t, ' ');
		text_bytes(&p->t, arg.at + 1, arg.len - 2);
	}
	text_char(&p->t, '"');
}

void prof_member(struct prof *p, const char *key, enum doc_key object, const char *member)
{
	struct doc_value value;

	if (doc_member(&p->doc->keys[object], member, strlen(member), &value))
		prof_raw(p, key, &value);
}

void prof_fields(struct prof *p, const struct prof_field *fields, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct doc_value *value = &p->doc->keys[fields[i].key];

		if (fields[i].how == PROF_QUOTED)
			prof_quoted(p, fields[i].name, value);
		else
			prof_raw(p, fields[i].name, value);
	}
}

void prof_pair(struct prof *p, const struct doc_value *name, const struct doc_value *value)
{
	put_key(p, NULL);
	text_bytes(&p->t, name->at, name->len);
	text_char(&p->t, ':');
	text_bytes(&p->t, value->at, value->len);
}

void prof_args(struct prof *p)
{
	struct doc_cursor c = doc_enter(&p->doc->keys[DOC_ARGS]);
	size_t mark = prof_open(p, "args", '{');
	struct doc_value key, arg, name, value;

	while (doc_next(&c, &key, &arg)) {
		if (!doc_member(&arg, "name", 4, &name) || name.kind != DOC_STRING ||
		    !doc_member(&arg, "value", 5, &value))
			continue;
		prof_pair(p, &name, &value);
	}
	prof_close(p, mark, '}');
}

void prof_rest(struct prof *p, const char *key)
{
	static const struct prof_field fields[] = {
		{ "event_id", DOC_EVENT_ID, PROF_RAW },
		{ "event_name", DOC_EVENT_NAME, PROF_RAW },
		{ "policies", DOC_MATCHED_POLICIES, PROF_RAW },
		{ "return_value", DOC_RETURN_VALUE, PROF_RAW },
		{ "syscall", DOC_SYSCALL, PROF_RAW },
		{ "processor_id", DOC_PROCESSOR_ID, PROF_RAW },
		{ "cgroup_id", DOC_CGROUP_ID, PROF_RAW },
		{ "mount_namespace", DOC_MOUNT_NAMESPACE, PROF_RAW },
		{ "pid_namespace", DOC_PID_NAMESPACE, PROF_RAW },
		{ "process_id", DOC_PROCESS_ID, PROF_RAW },
		{ "thread_id", DOC_THREAD_ID, PROF_RAW },
		{ "parent_process_id", DOC_PARENT_PROCESS_ID, PROF_RAW },
		{ "context_flags", DOC_CONTEXT_FLAGS, PROF_RAW },
		{ "metadata", DOC_METADATA, PROF_RAW },
		{ "marks", DOC_MARKS, PROF_RAW },
	};
	size_t mark = prof_open(p, key, '{');

	prof_fields(p, fields, ARRAY_LEN(fields));
	prof_args(p);
	prof_close(p, mark, '}');
}

struct doc_value prof_property(const struct prof *p, const char *name)
{
	struct doc_value properties, value = { .kind = DOC_NONE };

	if (doc_member(&p->doc->keys[DOC_METADATA], "Properties", 10, &properties))
		(void)doc_member(&properties, name, strlen(name), &value); /* else none */
	return value;
}
