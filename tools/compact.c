/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/compact.h"

#include <string.h>
#include <time.h>

#include "common/err.h"
#include "common/event_def.h"
#include "engine/encode/document.h"
#include "engine/encode/plain.h"
#include "engine/encode/text.h"

#define NS_PER_S 1000000000LL
#define VALUE_SHOWN 160U /* bytes of an argument */
#define ID_SHOWN 12U     /* of a container's */
#define PLAIN "\033[0m"
#define ERRNO_MAX 4095

struct line {
	struct text t;
	bool is_coloured;
};

static void colour(struct line *l, const char *code)
{
	if (l->is_coloured)
		text_bytes(&l->t, code, strlen(code));
}

/* The first bytes of a value, up to a whole character; and that there is more. */
static void put_short(struct line *l, const struct doc_value *value, size_t n)
{
	size_t start = text_len(&l->t);
	char *end;

	plain_value(&l->t, value);
	if (text_len(&l->t) - start <= n)
		return;
	end = l->t.start + start + n;
	while (end > l->t.start + start && ((unsigned char)*end & 0xc0) == 0x80)
		end--;
	l->t.at = end;
	l->t.is_cut = false; /* there is room again */
	TEXT_LITERAL(&l->t, "...");
}

static void put_time(struct line *l, const struct doc *doc)
{
	int64_t ns = 0;
	time_t second;
	struct tm tm = { .tm_sec = 0 };

	(void)doc_s64(&doc->keys[DOC_TIMESTAMP], &ns); /* else it is 0 */
	second = (time_t)(ns / NS_PER_S);
	(void)localtime_r(&second, &tm); /* a year that is too large stays 00:00:00 */
	colour(l, "\033[2m");
	text_digits(&l->t, (uint64_t)tm.tm_hour, 2);
	text_char(&l->t, ':');
	text_digits(&l->t, (uint64_t)tm.tm_min, 2);
	text_char(&l->t, ':');
	text_digits(&l->t, (uint64_t)tm.tm_sec, 2);
	text_char(&l->t, '.');
	text_digits(&l->t, (uint64_t)(ns % NS_PER_S < 0 ? 0 : ns % NS_PER_S) / 1000, 6);
	colour(l, PLAIN);
	text_char(&l->t, ' ');
}

static void put_process(struct line *l, const struct doc *doc)
{
	struct doc_value path;

	colour(l, "\033[1m");
	if (doc_member(&doc->keys[DOC_EXECUTABLE], "path", 4, &path) && !doc_is_empty(&path))
		put_short(l, &path, VALUE_SHOWN);
	else
		plain_value(&l->t, &doc->keys[DOC_PROCESS_NAME]);
	colour(l, PLAIN);
	text_char(&l->t, '[');
	plain_value(&l->t, &doc->keys[DOC_HOST_PROCESS_ID]);
	TEXT_LITERAL(&l->t, "] ");
}

/* namespace/pod, or the container's name, or its id; nothing on the host. */
static void put_where(struct line *l, const struct doc *doc)
{
	const struct doc_value *k8s = &doc->keys[DOC_KUBERNETES];
	struct doc_value pod, namespace, name;

	if (doc_is_empty(&doc->keys[DOC_CONTAINER_ID]))
		return;
	colour(l, "\033[36m");
	if (doc_member(k8s, "podName", 7, &pod)) {
		if (doc_member(k8s, "podNamespace", 12, &namespace)) {
			put_short(l, &namespace, VALUE_SHOWN);
			text_char(&l->t, '/');
		}
		put_short(l, &pod, VALUE_SHOWN);
	} else if (doc_member(&doc->keys[DOC_CONTAINER], "name", 4, &name)) {
		put_short(l, &name, VALUE_SHOWN);
	} else {
		size_t start = text_len(&l->t);

		plain_value(&l->t, &doc->keys[DOC_CONTAINER_ID]);
		if (text_len(&l->t) - start > ID_SHOWN)
			l->t.at = l->t.start + start + ID_SHOWN;
	}
	colour(l, PLAIN);
	text_char(&l->t, ' ');
}

/* A program that begins is told by what it is and what it was told; of its many arguments the
 * others are in `json`. */
static bool is_shown(const struct event_def *def, const struct doc_value *name)
{
	if (!def || def->id != EV_SCHED_PROCESS_EXEC)
		return true;
	return doc_is_text(name, "pathname") || doc_is_text(name, "argv");
}

static void put_args(struct line *l, const struct doc *doc, const struct event_def *def)
{
	struct doc_cursor c = doc_enter(&doc->keys[DOC_ARGS]);
	struct doc_value key, arg, name, value;

	while (doc_next(&c, &key, &arg)) {
		if (!doc_member(&arg, "name", 4, &name) || !is_shown(def, &name))
			continue;
		(void)doc_member(&arg, "value", 5, &value); /* none is shown as nil */
		text_char(&l->t, ' ');
		plain_value(&l->t, &name);
		text_char(&l->t, '=');
		put_short(l, &value, VALUE_SHOWN);
	}
}

/* What a system call returned; of other events what is not 0. */
static void put_result(struct line *l, const struct doc *doc, const struct event_def *def)
{
	int64_t result;

	if (!doc_s64(&doc->keys[DOC_RETURN_VALUE], &result))
		return;
	if (result == 0 && !(def && def->is_syscall))
		return;
	TEXT_LITERAL(&l->t, " = ");
	colour(l, result < 0 ? "\033[31m" : "");
	text_s64(&l->t, result);
	if (result < 0 && result >= -ERRNO_MAX && def && def->is_syscall) {
		const char *name = err_name((int)result);

		text_char(&l->t, ' ');
		text_bytes(&l->t, name, strlen(name));
	}
	colour(l, result < 0 ? PLAIN : "");
}

static void put_policies(struct line *l, const struct doc *doc)
{
	struct doc_cursor c = doc_enter(&doc->keys[DOC_MATCHED_POLICIES]);
	struct doc_value key, name;
	bool is_first = true;

	while (doc_next(&c, &key, &name)) {
		if (doc_is_empty(&name)) /* that of a command line has no name */
			continue;
		text_bytes(&l->t, is_first ? " [" : ",", is_first ? 2 : 1);
		put_short(l, &name, VALUE_SHOWN);
		is_first = false;
	}
	if (!is_first)
		text_char(&l->t, ']');
}

static const struct event_def *def_of(const struct doc *doc)
{
	uint64_t id;

	return doc_u64(&doc->keys[DOC_EVENT_ID], &id) && id <= EVENT_ID_MAX
		       ? event_def_find((uint16_t)id)
		       : NULL;
}

size_t compact_event(char *out, size_t cap, const char *line, size_t len, bool is_coloured)
{
	struct line l = { .t = text_over(out, cap - sizeof("..." PLAIN "\n")),
			  .is_coloured = is_coloured };
	const struct event_def *def;
	struct doc doc;

	if (doc_parse(&doc, line, len) < 0 || doc.keys[DOC_EVENT_NAME].kind != DOC_STRING)
		return 0;
	def = def_of(&doc);
	put_time(&l, &doc);
	if (def && def->id == EV_LOST_EVENTS) {
		colour(&l, "\033[31m");
	} else {
		put_process(&l, &doc);
		put_where(&l, &doc);
		TEXT_LITERAL(&l.t, "-> ");
		colour(&l, def && def->lane_class == LANE_VITAL ? "\033[33m" : "\033[32m");
	}
	plain_value(&l.t, &doc.keys[DOC_EVENT_NAME]);
	colour(&l, PLAIN);
	put_args(&l, &doc, def);
	put_result(&l, &doc, def);
	put_policies(&l, &doc);
	if (l.t.is_cut) {
		while (l.t.at > l.t.start && ((unsigned char)l.t.at[-1] & 0x80))
			l.t.at--; /* not in the middle of a character */
		memcpy(l.t.at, "...", 3);
		l.t.at += 3;
		l.t.is_cut = false;
		l.t.end = out + cap;
		colour(&l, PLAIN);
	}
	*l.t.at++ = '\n';
	return text_len(&l.t);
}
