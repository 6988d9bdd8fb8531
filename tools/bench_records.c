/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_records.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/event_def.h"
#include "common/record.h"

#define TASKS 500U
#define FIRST_TID 1000U
#define EPOCH_NS 1680000000000000000LL
#define BATCH 256

/* What is made, field by field. */
struct maker {
	struct brec *brec;
	uint64_t ts_ns, random;
	union {
		struct rec_hdr hdr;
		struct rec_syscall call;
		struct rec_task task;
		struct rec_fork fork;
		struct rec_exec exec;
		struct rec_exit exit;
		uint64_t words[128];
		uint8_t bytes[1024];
	} rec;
};

static int grow(void *array, size_t *cap, size_t need, size_t size)
{
	size_t cap_new = *cap ? *cap : 4096;
	void *bigger;

	if (need <= *cap)
		return 0;
	while (cap_new < need)
		cap_new *= 2;
	bigger = reallocarray(*(void **)array, cap_new, size);
	if (!bigger)
		return -ENOMEM;
	*(void **)array = bigger;
	*cap = cap_new;
	return 0;
}

static int add(struct brec *brec, const struct rec_hdr *rec, struct err *err)
{
	if (grow(&brec->bytes, &brec->cap, brec->len + rec->len, 1) < 0 ||
	    grow(&brec->items, &brec->items_cap, brec->n + 1, sizeof(*brec->items)) < 0)
		return err_set(err, -ENOMEM, "records: memory is short (ENOMEM)");
	memcpy(brec->bytes + brec->len, rec, rec->len);
	brec->items[brec->n++] = (struct source_record){ .cap = rec->len };
	brec->len += rec->len;
	return 0;
}

/* The bytes move no more. */
static void complete(struct brec *brec)
{
	size_t at = 0;

	for (size_t i = 0; i < brec->n; at += brec->items[i++].cap)
		brec->items[i].rec = (const struct rec_hdr *)(const void *)(brec->bytes + at);
}

int brec_read(struct brec *brec, const char *path, struct err *err)
{
	struct source *source = source_wring_new(path, false, err);
	struct source_record batch[BATCH];
	struct err why = { 0 };
	int n = 1, rc = 0;

	if (!source)
		return err ? err->code : -EINVAL;
	brec->clock = source->clock;
	while (rc == 0 && (n = source_next(source, batch, BATCH, &why)) >= 0) {
		for (int i = 0; i < n && rc == 0; i++)
			rc = add(brec, batch[i].rec, err);
		source_release(source);
	}
	source_close(source);
	if (rc < 0)
		return rc;
	if (n != -ENODATA && n != -ESTRPIPE) /* its end, or where it was cut */
		return err_set(err, n, "'%s': %s", path, why.text);
	if (brec->n == 0)
		return err_set(err, -ENODATA, "recording '%s' has no records", path);
	complete(brec);
	return 0;
}

void brec_done(struct brec *brec)
{
	free(brec->bytes);
	free(brec->items);
}

/* xorshift64* */
static uint64_t next_random(struct maker *m)
{
	m->random ^= m->random >> 12;
	m->random ^= m->random << 25;
	m->random ^= m->random >> 27;
	return m->random * 0x2545f4914f6cdd1dULL;
}

static void begin(struct maker *m, unsigned int event, uint32_t tid)
{
	const struct event_def *def = event_def_find(event);

	memset(&m->rec, 0, sizeof(m->rec));
	m->ts_ns += 500 + next_random(m) % 1000;
	m->rec.hdr = (struct rec_hdr){ .ts_ns = m->ts_ns,
				       .event = (uint16_t)event,
				       .len = def->min_len,
				       .cpu = (uint16_t)(tid % 2),
				       .tid = tid,
				       .tgid = tid };
}

static void put(struct maker *m, unsigned int field, const void *content, size_t len)
{
	struct rec_var var = { .len = (uint16_t)len, .field = (uint8_t)field };
	uint8_t *at = m->rec.bytes + m->rec.hdr.len;

	memcpy(at, &var, sizeof(var));
	memcpy(at + sizeof(var), content, len);
	m->rec.hdr.len = (uint16_t)(m->rec.hdr.len + sizeof(var) + ((len + 7) & ~(size_t)7));
}

static void put_text(struct maker *m, unsigned int field, const char *text)
{
	put(m, field, text, strlen(text));
}

static int make_context(struct maker *m, uint32_t tid, const char *comm, struct err *err)
{
	char path[64];

	begin(m, EV_TASK, tid);
	m->rec.task.start_ns = tid * 1000ULL;
	m->rec.task.leader_start_ns = m->rec.task.start_ns;
	m->rec.task.cgroup_id = 5000 + tid % 20;
	m->rec.task.ns_tid = m->rec.task.ns_tgid = tid;
	m->rec.task.ppid = m->rec.task.ns_ppid = 1;
	m->rec.task.uid = 1000;
	m->rec.task.mnt_ns = 4026531832;
	m->rec.task.pid_ns = 4026531836;
	(void)snprintf((char *)m->rec.task.comm, REC_COMM_LEN, "%s", comm); /* cut is fine */
	(void)snprintf(path, sizeof(path), "/opt/app/bin/%s", comm);
	put_text(m, 0, path);
	return add(m->brec, &m->rec.hdr, err);
}

static int make_open(struct maker *m, uint32_t tid, struct err *err)
{
	char path[64];

	begin(m, EV_OPENAT, tid);
	m->rec.hdr.ret = (int64_t)(tid % 50);
	m->rec.call.args[0] = (uint64_t)-100;
	m->rec.call.args[1] = 0x7ffd12345678;
	(void)snprintf(path, sizeof(path), "/usr/share/app-%u/data/%u.conf", tid % 30, tid);
	put_text(m, 1, path);
	return add(m->brec, &m->rec.hdr, err);
}

static int make_connect(struct maker *m, uint32_t tid, struct err *err)
{
	const uint8_t addr[16] = { 2, 0, 0x1f, 0x90, 10, 0, (uint8_t)(tid >> 8), (uint8_t)tid };

	begin(m, EV_CONNECT, tid);
	m->rec.call.args[0] = 5;
	m->rec.call.args[2] = sizeof(addr);
	put(m, 1, addr, sizeof(addr));
	return add(m->brec, &m->rec.hdr, err);
}

static int make_plain(struct maker *m, unsigned int event, uint32_t tid, struct err *err)
{
	begin(m, event, tid);
	m->rec.call.args[0] = 3 + tid % 40;
	return add(m->brec, &m->rec.hdr, err);
}

/* A program that begins and ends. */
static int make_life(struct maker *m, uint32_t tid, struct err *err)
{
	static const char argv[] = "grep\0-r\0pattern";
	int rc;

	begin(m, EV_SCHED_PROCESS_FORK, FIRST_TID);
	m->rec.fork.child_tid = m->rec.fork.child_pid = tid;
	m->rec.fork.child_start_ns = tid * 1000ULL;
	rc = add(m->brec, &m->rec.hdr, err);
	if (rc == 0)
		rc = make_context(m, tid, "grep", err);
	if (rc < 0)
		return rc;
	begin(m, EV_SCHED_PROCESS_EXEC, tid);
	m->rec.exec.dev = m->rec.exec.interp_dev = 266338304;
	m->rec.exec.inode = 247026;
	m->rec.exec.interp_inode = 250113;
	m->rec.exec.ctime_ns = m->rec.exec.interp_ctime_ns = 1663687647000000000;
	m->rec.exec.inode_mode = 0100755;
	m->rec.exec.stdin_type = 0010000;
	memcpy(m->rec.exec.prev_comm, "bash", 5);
	put_text(m, 0, "/usr/bin/grep");
	put_text(m, 1, "/usr/bin/grep");
	put_text(m, 6, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
	put(m, 10, argv, sizeof(argv));
	put_text(m, 11, "/usr/bin/grep");
	put_text(m, 13, "/pipe:[56110]");
	rc = add(m->brec, &m->rec.hdr, err);
	if (rc < 0)
		return rc;
	begin(m, EV_SCHED_PROCESS_EXIT, tid);
	m->rec.exit.group_exit = 1;
	return add(m->brec, &m->rec.hdr, err);
}

int brec_make(struct brec *brec, size_t n, struct err *err)
{
	struct maker m = { .brec = brec, .ts_ns = 1000000000, .random = 42 };
	uint32_t next_tid = FIRST_TID + TASKS;
	int rc = 0;

	brec->clock = (struct source_clock){ .epoch_offset_ns = EPOCH_NS, .start_ns = 1 };
	for (uint32_t i = 0; i < TASKS && rc == 0; i++)
		rc = make_context(&m, FIRST_TID + i, "worker", err);
	while (brec->n < n && rc == 0) {
		uint64_t word = next_random(&m);
		uint32_t tid = FIRST_TID + (uint32_t)(word >> 32) % TASKS;

		if (word % 100 < 40)
			rc = make_open(&m, tid, err);
		else if (word % 100 < 90)
			rc = make_plain(&m, word % 100 < 70 ? EV_CLOSE : EV_READ, tid, err);
		else if (word % 100 < 99)
			rc = make_connect(&m, tid, err);
		else
			rc = make_life(&m, next_tid++, err);
	}
	complete(brec);
	return rc;
}
