/* SPDX-License-Identifier: Apache-2.0 */
/* Values as texts, as Tracee prints them raw. */
#include "test/unit/engine/match_fixture.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "engine/match/value.h"

static struct values *values;

static void open_values(void)
{
	const struct value_world world = { .start_ns = 450000000, .epoch_offset_ns = EPOCH_NS };

	values = values_new(&world);
	ck_assert_ptr_nonnull(values);
	rb_sample_task(&task);
}

static void close_values(void)
{
	values_free(values);
}

static char text[70000];

/* NULL: it is not there. */
static const char *text_of(struct pol_filter *f)
{
	int subject = value_subject(values, f, ev.def);
	struct value *v;

	ck_assert_int_ge(subject, 0);
	values_begin(values, &ev);
	v = value_get(values, (unsigned int)subject);
	if (!v->is_there)
		return NULL;
	value_text(v);
	memcpy(text, v->text, v->len);
	text[v->len] = '\0';
	return text;
}

static const char *data(const char *field, const char *path)
{
	char part[32];
	struct pol_filter f = { .subject = POL_SUBJECT_DATA };
	int i = event_def_field(ev.def, field);

	ck_assert_int_ge(i, 0);
	f.field = (uint8_t)i;
	if (path)
		f.path = strcpy(part, path);
	return text_of(&f);
}

static const char *context_text(enum pol_context context)
{
	struct pol_filter f = { .subject = POL_SUBJECT_CONTEXT, .context = (uint8_t)context };

	return text_of(&f);
}

static void connect_to(const void *addr, size_t len)
{
	rb_begin(&b, EV_CONNECT);
	rb_arg(&b, 2, len);
	rb_var(&b, 1, addr, len, 0, 0);
	decode_event();
}

START_TEST(numbers)
{
	make_openat("/x");
	ck_assert_str_eq(data("dirfd", NULL), "-100");
	ck_assert_str_eq(data("flags", NULL), "524288");
	rb_begin(&b, EV_READ);
	rb_arg(&b, 1, UINT64_MAX);
	rb_arg(&b, 2, UINT64_MAX);
	decode_event();
	ck_assert_str_eq(data("buf", NULL), "18446744073709551615");
	ck_assert_str_eq(data("count", NULL), "18446744073709551615");
	rb_begin(&b, EV_SCHED_PROCESS_EXIT);
	b.exit.exit_code = INT64_MIN;
	decode_event();
	ck_assert_str_eq(data("exit_code", NULL), "-9223372036854775808");
	ck_assert_str_eq(data("process_group_exit", NULL), "false");
}
END_TEST

START_TEST(lists)
{
	static const char argv[] = "ls\0-l\0a b";

	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	rb_var(&b, 10, argv, sizeof(argv), 0, sizeof(argv));
	memcpy(b.exec.prev_comm, "sixteen-bytes-xx", 16);
	decode_event();
	ck_assert_str_eq(data("argv", NULL), "[ls -l a b]");
	ck_assert_str_eq(data("prev_comm", NULL), "sixteen-bytes-xx");
	ck_assert_ptr_null(data("env", NULL));
	ck_assert_ptr_null(data("pathname", NULL));
	rb_begin(&b, EV_EXECVE);
	rb_var(&b, 1, argv, sizeof(argv), 0, 5);
	rb_var(&b, 2, "", 0, 0, 0);
	decode_event();
	ck_assert_str_eq(data("argv", NULL), "[ls -l a b ...]"); /* there were more */
	ck_assert_str_eq(data("envp", NULL), "[]");
}
END_TEST

START_TEST(pairs_and_times)
{
	const int32_t pair[2] = { 3, -4 };
	const int64_t times[][2] = { { 1, 500000000 }, { 2, 0 }, { 0, 1 }, { -1, 0 } };
	static const char *const shown[] = { "1.5", "2", "0.000000001", "-1" };

	rb_begin(&b, EV_PIPE2);
	rb_var(&b, 0, pair, sizeof(pair), 0, 0);
	decode_event();
	ck_assert_str_eq(data("pipefd", NULL), "[3 -4]");
	for (size_t i = 0; i < ARRAY_LEN(times); i++) {
		rb_begin(&b, EV_NANOSLEEP);
		rb_var(&b, 0, times[i], sizeof(times[i]), 0, 0);
		decode_event();
		ck_assert_str_eq(data("req", NULL), shown[i]);
		ck_assert_ptr_null(data("rem", NULL));
	}
}
END_TEST

START_TEST(socket_addresses)
{
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(53),
				    .sin6_flowinfo = htonl(5),
				    .sin6_scope_id = 2 };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/run/x" };
	const uint16_t short_in = AF_INET;

	ck_assert_int_eq(inet_pton(AF_INET6, "fd00::1", &in6.sin6_addr), 1);
	connect_to(&in6, sizeof(in6));
	ck_assert_str_eq(data("addr", NULL), "map[sa_family:AF_INET6 sin6_addr:fd00::1 "
					     "sin6_flowinfo:5 sin6_port:53 sin6_scopeid:2]");
	ck_assert_str_eq(data("addr", "sin6_addr"), "fd00::1");
	ck_assert_str_eq(data("addr", "sin6_scopeid"), "2");
	ck_assert_ptr_null(data("addr", "sin_addr"));
	ck_assert_ptr_null(data("addr", "nothing"));
	ck_assert_int_eq(inet_pton(AF_INET6, "::ffff:10.0.0.1", &in6.sin6_addr), 1);
	connect_to(&in6, sizeof(in6) - 4); /* without the scope */
	ck_assert_str_eq(data("addr", NULL), "map[sa_family:AF_INET6 sin6_addr:10.0.0.1 "
					     "sin6_flowinfo:5 sin6_port:53 sin6_scopeid:0]");
	connect_to(&un, sizeof(un));
	ck_assert_str_eq(data("addr", NULL), "map[sa_family:AF_UNIX sun_path:/run/x]");
	un.sun_path[0] = '\0';
	connect_to(&un, 2 + 6);
	ck_assert_str_eq(data("addr", "sun_path"), "@run/x");
	connect_to(&short_in, sizeof(short_in));
	ck_assert_str_eq(data("addr", NULL), "map[sa_family:AF_INET]");
	connect_to(&short_in, 1);
	ck_assert_str_eq(data("addr", NULL), "map[]");
	ck_assert_ptr_null(data("addr", "sa_family"));
}
END_TEST

START_TEST(contexts)
{
	make_openat("/x");
	ck_assert_str_eq(context_text(POL_CTX_TIMESTAMP), "1680000001000000000");
	ck_assert_str_eq(context_text(POL_CTX_PID), "7");
	ck_assert_str_eq(context_text(POL_CTX_HOST_PPID), "50");
	ck_assert_str_eq(context_text(POL_CTX_EXECUTABLE), "/usr/bin/bash");
	ck_assert_str_eq(context_text(POL_CTX_SYSCALL), "openat");
	ck_assert_str_eq(context_text(POL_CTX_HOST), "true");
	ck_assert_str_eq(context_text(POL_CTX_CONTAINER_ID), "");
	ev.task = NULL;
	for (unsigned int i = 0; i < POL_CONTEXTS; i++) {
		bool of_record = i <= POL_CTX_PROCESSOR_ID || i == POL_CTX_HOST_PID ||
				 i == POL_CTX_HOST_TID || i == POL_CTX_TASK_ID ||
				 i == POL_CTX_TREE || i == POL_CTX_SYSCALL;

		ck_assert_int_eq(context_text((enum pol_context)i) != NULL, of_record);
	}
}
END_TEST

/* Whatever a record says: every value of it has a text, and nothing is overrun. */
START_TEST(random_records)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++)
		for (uint64_t seed = 0; seed < 8; seed++) {
			rb_random(&b, event_defs[slot].id, seed * 1000 + slot);
			decode_event();
			for (unsigned int i = 0; i < ev.def->n_fields; i++)
				(void)data(ev.def->fields[i].name, NULL);
			for (unsigned int i = 0; i < POL_CONTEXTS; i++)
				(void)context_text((enum pol_context)i);
		}
}
END_TEST

/* The longest there are, all of one event. */
START_TEST(long_values)
{
	static char long_text[16000];

	memset(long_text, 'x', sizeof(long_text));
	rb_begin(&b, EV_SCHED_PROCESS_EXEC);
	rb_var(&b, 10, long_text, sizeof(long_text), 0, 0);
	rb_var(&b, 16, long_text, sizeof(long_text), 0, 0);
	decode_event();
	ck_assert_uint_eq(strlen(data("argv", NULL)), sizeof(long_text) + 2);
	ck_assert_uint_eq(strlen(data("env", NULL)), sizeof(long_text) + 2);
}
END_TEST

static Suite *match_value_suite(void)
{
	Suite *s = suite_create("match_value");
	TCase *t = tcase_create("texts");

	tcase_add_checked_fixture(t, open_values, close_values);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, numbers);
	tcase_add_test(t, lists);
	tcase_add_test(t, pairs_and_times);
	tcase_add_test(t, socket_addresses);
	tcase_add_test(t, contexts);
	tcase_add_test(t, random_records);
	tcase_add_test(t, long_values);
	suite_add_tcase(s, t);
	return s;
}

int main(void)
{
	SRunner *r = srunner_create(match_value_suite());
	int n_failed;

	srunner_run_all(r, CK_NORMAL);
	n_failed = srunner_ntests_failed(r);
	srunner_free(r);
	return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
