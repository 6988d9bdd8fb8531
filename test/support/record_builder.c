/* SPDX-License-Identifier: Apache-2.0 */
#include "test/support/record_builder.h"

#include <stdlib.h>
#include <string.h>

#include "engine/decode/decode.h"

static void require(bool condition)
{
	if (!condition)
		abort();
}

void rb_begin(struct record_builder *b, unsigned int event)
{
	const struct event_def *def = event_def_find(event);

	require(def != NULL);
	memset(b, 0, sizeof(*b));
	b->rec.event = (uint16_t)event;
	b->rec.len = def->min_len;
	b->rec.ts_ns = 1000000000;
	b->rec.cpu = 1;
	b->rec.tid = 101;
	b->rec.tgid = 100;
	if (def->has_where) /* in no system call, until the test says so */
		b->exit.where.syscall_nr = REC_NO_SYSCALL;
}

void rb_arg(struct record_builder *b, unsigned int i, uint64_t word)
{
	require(i < REC_ARGS_MAX);
	b->syscall.args[i] = word;
}

void rb_var(struct record_builder *b, unsigned int field, const void *data, size_t len,
	    uint8_t flags, uint32_t total)
{
	struct rec_var var = {
		.len = (uint16_t)len, .field = (uint8_t)field, .flags = flags, .total = total
	};
	size_t span = sizeof(var) + ((len + 7) & ~(size_t)7);

	require(len <= UINT16_MAX && b->rec.len + span <= sizeof(b->bytes));
	memcpy(b->bytes + b->rec.len, &var, sizeof(var));
	if (len > 0)
		memcpy(b->bytes + b->rec.len + sizeof(var), data, len);
	b->rec.len = (uint16_t)(b->rec.len + span);
}

void rb_str(struct record_builder *b, unsigned int field, const char *str)
{
	rb_var(b, field, str, strlen(str), 0, 0);
}

uint64_t rb_next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * 0x2545f4914f6cdd1dULL;
}

/* Numbers that mean something, more often than chance would have it. */
static uint64_t random_word(uint64_t *state)
{
	uint64_t word = rb_next_random(state);

	switch (word >> 60 & 7) {
	case 0:
		return 0;
	case 1:
		return word & 0x3f;
	case 2:
		return (uint64_t)-100; /* AT_FDCWD */
	case 3:
		return word & 0xffffffff;
	case 4:
		return 1ULL << (word & 63);
	default:
		return word;
	}
}

static bool has_content(const struct event_def *def, unsigned int i)
{
	unsigned int kind = def->fields[i].kind;

	return kind >= FK_STR && kind != FK_COMM &&
	       (def->is_syscall || def->fields[i].offset == EVENT_FIELD_VAR);
}

void rb_random(struct record_builder *b, unsigned int event, uint64_t seed)
{
	const struct event_def *def = event_def_find(event);
	uint64_t state = seed * 2 + 1;
	uint8_t content[256];

	rb_begin(b, event);
	for (size_t at = sizeof(struct rec_hdr); at + 8 <= def->min_len; at += 8) {
		uint64_t word = random_word(&state);

		memcpy(b->bytes + at, &word, sizeof(word));
	}
	b->rec.flags = rb_next_random(&state) & 0xf;
	b->rec.ret = (int64_t)random_word(&state);
	for (unsigned int i = 0; i < def->n_fields; i++) {
		uint64_t word = rb_next_random(&state);
		uint8_t flags = word >> 40 & 1 ? word >> 48 & 7 : 0;
		size_t len = word % (sizeof(content) + 1);

		if (!has_content(def, i) || (word >> 32 & 7) == 0)
			continue;
		for (size_t k = 0; k < len; k++)
			content[k] = (uint8_t)random_word(&state);
		if (def->fields[i].kind == FK_SOCKADDR && len >= 2) {
			content[0] = "\x00\x01\x02\x0a\x10"[word >> 56 & 3]; /* families we show */
			content[1] = 0;
		}
		rb_var(b, i, content, len, flags, (uint32_t)(word >> 52));
	}
}

void rb_decode(const struct record_builder *b, struct event *ret_event)
{
	require(decode_record(&b->rec, b->rec.len, ret_event) == 0);
}

void rb_sample_task(struct ptree_task *ret_task)
{
	static const char exe[] = "/usr/bin/bash";

	*ret_task = (struct ptree_task){
		.tid = 101,
		.tgid = 100,
		.entity_id = 1111111111,
		.process_entity_id = 2222222222,
		.parent_entity_id = 3333333333,
		.exe = exe,
		.exe_len = sizeof(exe) - 1,
		.context_ts_ns = 900000000,
		.ctx = {
			.start_ns = 500000000,
			.leader_start_ns = 400000000,
			.parent_start_ns = 300000000,
			.cgroup_id = 5247,
			.ns_tid = 8,
			.ns_tgid = 7,
			.ppid = 50,
			.ns_ppid = 1,
			.uid = 1000,
			.gid = 1000,
			.mnt_ns = 4026532574,
			.pid_ns = 4026531836,
			.comm = "bash",
			.uts_name = "node-1",
		},
	};
}
