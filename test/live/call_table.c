/* SPDX-License-Identifier: Apache-2.0 */
#include "test/live/call_table.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"

#define BAD_BYTES 4096

struct call_table *calls_new(void)
{
	struct call_table *t = (void *)live_shared;

	memset(t, 0, sizeof(*t));
	t->next = live_shared + (sizeof(*t) + 7) / 8 * 8;
	return t;
}

void *calls_memory(struct call_table *t, size_t n)
{
	void *p = t->next;

	t->next += (n + 7) / 8 * 8;
	must(t->next <= live_shared + LIVE_SHARED_BYTES);
	return p;
}

uint8_t *calls_bad_page(void)
{
	static uint8_t *bad;

	if (!bad) {
		bad = mmap(NULL, 2 * BAD_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			   -1, 0);
		must((void *)bad != MAP_FAILED);
		memset(bad, 'x', BAD_BYTES);
		must(mprotect(bad + BAD_BYTES, BAD_BYTES, PROT_NONE) == 0);
		bad += BAD_BYTES;
	}
	return bad;
}

void calls_add(struct call_table *t, const char *name, long nr, const uint64_t args[6])
{
	struct call *call = &t->calls[t->n++];

	must(t->n <= CALLS_MAX);
	call->name = name;
	call->nr = nr;
	memcpy(call->args, args, sizeof(call->args));
}

const char **calls_names(const struct call_table *t)
{
	static const char *names[CALLS_NAMES_MAX];

	for (size_t i = 0; i < t->n; i++)
		names[i] = t->calls[i].name;
	names[t->n] = NULL;
	return names;
}

static bool is_readable(const void *p, size_t n)
{
	const uint8_t *at = p, *bad = calls_bad_page();

	return at + n <= bad || at >= bad + BAD_BYTES;
}

static void touch_string(const char *str)
{
	while (str && is_readable(str, 1) && *(const volatile char *)str)
		str++;
}

/* A page of the program that a child has not touched is not resident in it, and not every call
 * reads all of its strings; execve() is looked at before it reads any. */
static void touch_strings(const struct call *c)
{
	const struct event_def *def = event_def_find_name(c->name);

	for (unsigned int i = 0; i < def->n_fields; i++) {
		char *const *strings = (char *const *)(uintptr_t)c->args[i];

		if (def->fields[i].kind == FK_STR)
			touch_string((const char *)(uintptr_t)c->args[i]);
		if (def->fields[i].kind != FK_STRV)
			continue;
		for (; strings && is_readable(strings, sizeof(*strings)) && *strings; strings++)
			touch_string(*strings);
	}
}

void calls_make(void *arg)
{
	struct call_table *t = arg;

	for (size_t i = 0; i < t->n; i++)
		touch_strings(&t->calls[i]);
	for (size_t i = 0; i < t->n; i++) {
		struct call *c = &t->calls[i];
		long ret = syscall(c->nr, c->args[0], c->args[1], c->args[2], c->args[3],
				   c->args[4], c->args[5]);

		c->ret = ret < 0 ? -errno : ret;
	}
}

/* --- Checking -------------------------------------------------------------------------------- */

static size_t sockaddr_bytes(const struct sockaddr *addr)
{
	switch (addr->sa_family) {
	case AF_INET:
		return 16;
	case AF_INET6:
		return 28;
	case AF_UNIX:
		return 110;
	default:
		return sizeof(addr->sa_family);
	}
}

static void check_bytes(const char *what, const struct decode_value *v, const void *expected,
			size_t len)
{
	if (!expected) {
		ck_assert_msg(v->var_flags == REC_VAR_NULL && v->len == 0, "%s: flags %u, len %u",
			      what, v->var_flags, v->len);
		return;
	}
	if (!is_readable(expected, len)) {
		ck_assert_msg(v->var_flags & REC_VAR_UNREAD, "%s: flags %u, expected unread", what,
			      v->var_flags);
		return;
	}
	ck_assert_msg(v->var_flags == 0 && v->len == len && v->bytes &&
			      memcmp(v->bytes, expected, len) == 0,
		      "%s: flags %u, %u bytes '%.*s', expected %zu bytes '%.*s'", what,
		      v->var_flags, v->len, (int)(v->bytes ? v->len : 0), (const char *)v->bytes,
		      len, (int)len, (const char *)expected);
}

static void check_strings(const char *what, const struct decode_value *v, char *const *strings)
{
	size_t offset = 0;
	const char *str;

	if (!strings || !is_readable(strings, sizeof(*strings))) {
		check_bytes(what, v, strings, sizeof(*strings));
		return;
	}
	for (; *strings; strings++) {
		int len = v->bytes ? decode_next_string(v, &offset, &str) : -1;

		ck_assert_msg(len == (int)strlen(*strings) &&
				      memcmp(str, *strings, strlen(*strings)) == 0,
			      "%s: %d bytes, expected '%s'", what, len, *strings);
	}
	ck_assert_msg(!v->bytes || decode_next_string(v, &offset, &str) < 0,
		      "%s: more than expected", what);
}

static void check_arg(const char *what, const struct decode_value *v, uint64_t arg)
{
	const void *p = (const void *)(uintptr_t)arg;

	switch (v->kind) {
	case FK_S32:
		ck_assert_msg(v->s == (int32_t)arg, "%s: %" PRId64, what, v->s);
		break;
	case FK_U32:
		ck_assert_msg(v->u == (uint32_t)arg, "%s: %" PRIu64, what, v->u);
		break;
	case FK_STR:
		check_bytes(what, v, p, p && is_readable(p, 1) ? strnlen(p, REC_PATH_MAX) : 1);
		break;
	case FK_SOCKADDR:
		check_bytes(what, v, p, p && is_readable(p, 2) ? sockaddr_bytes(p) : 2);
		break;
	case FK_TIMESPEC:
		check_bytes(what, v, p, 16);
		break;
	case FK_INT2:
		check_bytes(what, v, p, 8);
		break;
	case FK_STRV:
		check_strings(what, v, p);
		break;
	default:
		break; /* the word itself, which the caller compares */
	}
}

void calls_check_one(const struct call *call, const struct rec_hdr *rec)
{
	const struct rec_syscall *sys = (const void *)rec;
	const struct event_def *def = event_def_find_name(call->name);
	char what[96];

	ck_assert_ptr_nonnull(def);
	for (unsigned int i = 0; i < def->n_fields; i++) {
		struct decode_value v = rlog_field(rec, def->fields[i].name);

		(void)snprintf(what, sizeof(what), "%s: argument '%s'", call->name,
			       def->fields[i].name);
		ck_assert_msg(sys->args[i] == call->args[i], "%s is 0x%llx, expected 0x%" PRIx64,
			      what, sys->args[i], call->args[i]);
		check_arg(what, &v, call->args[i]);
	}
	ck_assert_uint_eq(rec->flags & REC_F_COMPAT, 0);
	if (!(rec->flags & REC_F_ENTER))
		ck_assert_msg(rec->ret == call->ret, "%s returned %lld, expected %" PRId64,
			      call->name, (long long)rec->ret, call->ret);
}

/* The next record of the process that is not a context. */
static const struct rec_hdr *next_of(const struct record_log *log, pid_t tgid, size_t *i)
{
	while (*i < log->n) {
		const struct rec_hdr *rec = rlog_get(log, (*i)++);

		if (rec->tgid == (uint32_t)tgid && rec->event != EV_TASK)
			return rec;
	}
	return NULL;
}

static bool is_taken_at_entry(const char *name)
{
	return strcmp(name, "execve") == 0 || strcmp(name, "execveat") == 0;
}

void calls_check(const struct call_table *t, const struct record_log *log, pid_t tgid)
{
	size_t at = 0;

	for (size_t i = 0; i < t->n; i++) {
		const struct event_def *def = event_def_find_name(t->calls[i].name);
		const struct rec_hdr *rec = next_of(log, tgid, &at);

		while (i == 0 && rec && rec->event != def->id) /* of the frame itself */
			rec = next_of(log, tgid, &at);
		ck_assert_msg(rec && rec->event == def->id, "call %zu: '%s' expected, '%s' found",
			      i, t->calls[i].name,
			      rec ? event_def_find(rec->event)->name : "nothing");
		calls_check_one(&t->calls[i], rec);
		if (!is_taken_at_entry(t->calls[i].name)) {
			ck_assert_uint_eq(rec->flags & REC_F_ENTER, 0);
			continue;
		}
		ck_assert_uint_ne(rec->flags & REC_F_ENTER, 0);
		rec = next_of(log, tgid, &at);
		ck_assert_msg(rec && rec->event == def->id && !(rec->flags & REC_F_ENTER),
			      "'%s' that failed has no record of its end", t->calls[i].name);
		calls_check_one(&t->calls[i], rec);
	}
}
