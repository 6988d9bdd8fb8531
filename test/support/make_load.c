/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_load FILE N: a recording of N records as a busy host gives them, for benches: of 500 tasks
 * opens, closes, reads and connects, now and then a program that starts and ends. The same bytes
 * each time.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "common/wring.h"
#include "test/support/record_builder.h"

#define TASKS 500U
#define FIRST_TID 1000U

static struct record_builder b;
static struct wring_writer *writer;
static uint64_t ts_ns = 1000000000, random_state = 42;
static unsigned long n_left;

static void require(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "make_load: %s\n", what);
	exit(1);
}

static void begin(unsigned int event, uint32_t tid)
{
	rb_begin(&b, event);
	ts_ns += 500 + rb_next_random(&random_state) % 1000;
	b.rec.ts_ns = ts_ns;
	b.rec.tid = tid;
	b.rec.tgid = tid;
	b.rec.cpu = (uint16_t)(tid % 2);
}

static void emit(void)
{
	if (n_left == 0)
		return;
	n_left--;
	require(wring_write(writer, &b.rec) == 0, "cannot write");
}

static void context(uint32_t tid, const char *comm, const char *exe)
{
	begin(EV_TASK, tid);
	b.task.start_ns = tid * 1000ULL;
	b.task.leader_start_ns = b.task.start_ns;
	b.task.parent_start_ns = 1000;
	b.task.cgroup_id = 5000 + tid % 20;
	b.task.ns_tid = tid;
	b.task.ns_tgid = tid;
	b.task.ppid = 1;
	b.task.ns_ppid = 1;
	b.task.mnt_ns = 4026531832;
	b.task.pid_ns = 4026531836;
	strncpy((char *)b.task.comm, comm, REC_COMM_LEN - 1);
	strncpy((char *)b.task.uts_name, "node-1", REC_UTS_LEN - 1);
	rb_str(&b, 0, exe);
	emit();
}

static void opens(uint32_t tid)
{
	char path[64];

	begin(EV_OPENAT, tid);
	b.rec.ret = (int64_t)(tid % 50);
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 1, 0x7ffd12345678);
	(void)snprintf(path, sizeof(path), "/usr/share/app-%u/data/%u.conf", tid % 30,
		       tid); /* fits */
	rb_str(&b, 1, path);
	emit();
}

static void connects(uint32_t tid)
{
	static const uint8_t addr[16] = { 2, 0, 0x1f, 0x90, 10, 0, 0, 7 };

	begin(EV_CONNECT, tid);
	rb_arg(&b, 0, 5);
	rb_var(&b, 1, addr, sizeof(addr), 0, sizeof(addr));
	rb_arg(&b, 2, sizeof(addr));
	emit();
}

static void plain_call(unsigned int event, uint32_t tid)
{
	begin(event, tid);
	rb_arg(&b, 0, 3 + tid % 40);
	emit();
}

static void lives(uint32_t tid)
{
	static const char argv[] = "grep\0-r\0pattern";

	begin(EV_SCHED_PROCESS_FORK, 1000);
	b.fork.child_tid = tid;
	b.fork.child_pid = tid;
	emit();
	context(tid, "bash", "/usr/bin/bash");
	begin(EV_SCHED_PROCESS_EXEC, tid);
	b.exec.inode = 4711;
	b.exec.inode_mode = 0100755;
	memcpy(b.exec.prev_comm, "bash", 4);
	rb_str(&b, 0, "/usr/bin/grep");
	rb_str(&b, 1, "/usr/bin/grep");
	rb_var(&b, 10, argv, sizeof(argv), 0, 3);
	emit();
	context(tid, "grep", "/usr/bin/grep");
	begin(EV_SCHED_PROCESS_EXIT, tid);
	b.exit.group_exit = 1;
	emit();
}

static void fill(void)
{
	uint32_t next_tid = FIRST_TID + TASKS;

	for (uint32_t i = 0; i < TASKS; i++)
		context(FIRST_TID + i, "worker", "/opt/app/bin/worker");
	while (n_left > 0) {
		uint64_t word = rb_next_random(&random_state);
		uint32_t tid = FIRST_TID + (uint32_t)(word >> 32) % TASKS;

		if (word % 100 < 40)
			opens(tid);
		else if (word % 100 < 70)
			plain_call(EV_CLOSE, tid);
		else if (word % 100 < 90)
			plain_call(EV_READ, tid);
		else if (word % 100 < 99)
			connects(tid);
		else
			lives(next_tid++);
	}
}

int main(int argc, char **argv)
{
	const struct wring_hdr hdr = { .abi = event_def_abi(),
				       .epoch_offset_ns = 1680000000000000000,
				       .start_ns = 1000000000,
				       .kernel = "made up" };
	CLEANUP_FD int fd = -1;

	require(argc == 3, "usage: make_load FILE N");
	n_left = strtoul(argv[2], NULL, 10);
	fd = open(argv[1], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	require(fd >= 0, "cannot make that file");
	writer = wring_writer_new(fd, &hdr, NULL);
	require(writer != NULL, "cannot write");
	fill();
	require(wring_finish(writer) == 0, "cannot write");
	wring_writer_free(writer);
	return 0;
}
