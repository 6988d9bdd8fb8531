/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_recordings DIR: writes the made-up recordings of test/replay (process, syscalls, marks, odd,
 * containers), the same bytes each time. They are committed; run this again when a record's layout
 * changes, then test/replay/run --update, and read what changed.
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

#define EPOCH_NS 1680000000000000000LL
#define START_NS 1000000000ULL
#define RECORDS_A_BLOCK 8

static struct record_builder b;
static struct wring_writer *writer;
static uint64_t ts_ns;
static unsigned int n_written;

static void require(int ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "make_recordings: %s\n", what);
	exit(1);
}

static void emit(void)
{
	require(wring_write(writer, &b.rec) == 0, "cannot write");
	if (++n_written % RECORDS_A_BLOCK == 0)
		require(wring_flush(writer) == 0, "cannot write");
}

/* A record of the task, a millisecond after the one before it. */
static void begin(unsigned int event, uint32_t tid, uint32_t tgid)
{
	rb_begin(&b, event);
	ts_ns += 1000000;
	b.rec.ts_ns = ts_ns;
	b.rec.cpu = (uint16_t)(tid % 2);
	b.rec.tid = tid;
	b.rec.tgid = tgid;
}

static void in_syscall(struct rec_where *where, const char *name)
{
	where->via = REC_VIA_SYSCALL;
	where->syscall_nr = event_def_find_name(name)->nr_native;
}

static void context(uint32_t tid, uint32_t tgid, uint32_t ppid, uint64_t start_ns, const char *comm,
		    const char *exe)
{
	begin(EV_TASK, tid, tgid);
	b.task.start_ns = start_ns;
	b.task.leader_start_ns = tid == tgid ? start_ns : start_ns - 1000;
	b.task.parent_start_ns = 100000000 + ppid;
	b.task.cgroup_id = 5247;
	b.task.ns_tid = tid - 1000;
	b.task.ns_tgid = tgid - 1000;
	b.task.ppid = ppid;
	b.task.ns_ppid = ppid - 1000;
	b.task.uid = 1000;
	b.task.gid = 1000;
	b.task.euid = 1000;
	b.task.egid = 1000;
	b.task.mnt_ns = 4026532574;
	b.task.pid_ns = 4026532577;
	strncpy((char *)b.task.comm, comm, REC_COMM_LEN - 1);
	strncpy((char *)b.task.uts_name, "node-1", REC_UTS_LEN - 1);
	rb_str(&b, 0, exe);
	emit();
}

static void forks(uint32_t tid, uint32_t tgid, uint32_t child, uint64_t child_start_ns)
{
	begin(EV_SCHED_PROCESS_FORK, tid, tgid);
	in_syscall(&b.fork.where, "clone");
	b.fork.parent_start_ns = 100000000 + tid;
	b.fork.child_start_ns = child_start_ns;
	b.fork.parent_process_start_ns = 100000000 + tgid;
	b.fork.leader_start_ns = child_start_ns;
	b.fork.parent_tid = tid;
	b.fork.parent_ns_tid = tid - 1000;
	b.fork.parent_pid = tgid;
	b.fork.parent_ns_pid = tgid - 1000;
	b.fork.child_tid = child;
	b.fork.child_ns_tid = child - 1000;
	b.fork.child_pid = child;
	b.fork.child_ns_pid = child - 1000;
	b.fork.parent_process_tid = tgid;
	b.fork.parent_process_ns_tid = tgid - 1000;
	b.fork.parent_process_pid = tgid;
	b.fork.parent_process_ns_pid = tgid - 1000;
	b.fork.leader_tid = child;
	b.fork.leader_ns_tid = child - 1000;
	b.fork.leader_pid = child;
	b.fork.leader_ns_pid = child - 1000;
	emit();
}

static void execs(uint32_t tid, const char *path, const char *argv, size_t argv_len)
{
	begin(EV_SCHED_PROCESS_EXEC, tid, tid);
	in_syscall(&b.exec.where, "execve");
	b.exec.inode = 131072 + tid;
	b.exec.ctime_ns = 1680179107675006774;
	b.exec.dev = 8U << 20 | 1;
	b.exec.interp_inode = 777;
	b.exec.interp_dev = 8U << 20 | 1;
	b.exec.inode_mode = 0100755;
	b.exec.stdin_type = 0020000;
	memcpy(b.exec.prev_comm, "bash", 4);
	rb_str(&b, 0, path);
	rb_str(&b, 1, path);
	rb_str(&b, 6, "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2");
	rb_var(&b, 10, argv, argv_len, 0, 3);
	rb_str(&b, 11, path);
	rb_str(&b, 13, "/dev/pts/0");
	emit();
}

static void exits(uint32_t tid, uint32_t tgid, int64_t code, uint32_t group)
{
	begin(EV_DO_EXIT, tid, tgid);
	b.rec.ret = code;
	emit();
	begin(EV_SCHED_PROCESS_EXIT, tid, tgid);
	in_syscall(&b.exit.where, "exit_group");
	b.exit.exit_code = code << 8;
	b.exit.group_exit = group;
	emit();
}

/* A shell starts programs; a thread number comes back to another task. */
static void make_process(void)
{
	static const char argv[] = "cat\0/etc/hostname\0/dev/null";

	context(2000, 2000, 1001, 500000000, "bash", "/usr/bin/bash");
	for (uint32_t child = 2001; child < 2004; child++) {
		uint64_t start_ns = ts_ns + 1000000;

		forks(2000, 2000, child, start_ns);
		context(child, child, 2000, start_ns, "bash", "/usr/bin/bash");
		execs(child, "/usr/bin/cat", argv, sizeof(argv));
		begin(EV_TASK_RENAME, child, child);
		in_syscall(&b.rename.where, "execve");
		memcpy(b.rename.old_name, "bash", 4);
		memcpy(b.rename.new_name, "cat", 3);
		emit();
		context(child, child, 2000, start_ns, "cat", "/usr/bin/cat");
		exits(child, child, child - 2001, 1);
	}
	context(2001, 2001, 2000, ts_ns + 500000, "ls", "/usr/bin/ls");
	exits(2001, 2001, 2, 1);
	begin(EV_DO_EXIT, 2002, 2002); /* late: who it was is still known */
	emit();
}

/* Every ninth system call, with contents that mean nothing. */
static void make_syscalls(void)
{
	unsigned int n_calls = 0; /* not the slot: other events would change what is recorded */

	context(3001, 3000, 1001, 500000000, "worker", "/opt/app/worker");
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		if (!event_defs[slot].is_syscall || n_calls++ % 9 != 2)
			continue;
		rb_random(&b, event_defs[slot].id, n_calls + 7);
		ts_ns += 1000;
		b.rec.ts_ns = ts_ns;
		b.rec.tid = 3001;
		b.rec.tgid = 3000;
		emit();
	}
}

static void opens(const char *path, uint16_t flags, uint8_t var_flags)
{
	begin(EV_OPENAT, 4000, 4000);
	b.rec.flags = flags;
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 2, 02101);
	rb_var(&b, 1, path, strlen(path), var_flags, 0);
	emit();
}

/* What is not whole, not known or not finished. */
static void make_marks(void)
{
	opens("/before/its/context", 0, 0);
	context(4000, 4000, 1001, 500000000, "weird \"\\\n\xff", "/tmp/\xc3\xa4\xff\x01");
	opens("/cut", 0, REC_VAR_TRUNC);
	opens("", 0, REC_VAR_UNREAD);
	opens("", 0, REC_VAR_NULL);
	opens("/compat", REC_F_COMPAT, 0);
	opens("/context/lost", REC_F_NOTASK, 0);
	opens("\"quotes\" \\ \x7f \xed\xa0\x80 \xf0\x9f\x90\x9d", 0, 0);
	begin(EV_EXIT_GROUP, 4000, 4000);
	b.rec.flags = REC_F_ENTER;
	rb_arg(&b, 0, 3);
	emit();
	begin(EV_LOST_EVENTS, 0, 0);
	b.lost.count = 4711;
	b.lost.first_ns = ts_ns - 2000000;
	b.lost.last_ns = ts_ns - 1000000;
	b.lost.lane = 3;
	b.lost.lost_event = EV_OPENAT;
	b.lost.lane_class = LANE_BULK;
	rb_str(&b, 0, "openat");
	rb_str(&b, 5, "bulk");
	emit();
}

/* Records that a decoder refuses, between two that it does not. */
static void make_odd(void)
{
	context(4000, 4000, 1001, 500000000, "bash", "/usr/bin/bash");
	opens("/first", 0, 0);
	begin(EV_OPENAT, 4000, 4000);
	b.rec.event = 9999; /* no such event */
	emit();
	begin(EV_OPENAT, 4000, 4000);
	b.rec.len = sizeof(struct rec_hdr); /* shorter than its fixed part */
	emit();
	begin(EV_OPENAT, 4000, 4000);
	rb_str(&b, 1, "/twice");
	rb_str(&b, 1, "/twice");
	emit();
	begin(EV_OPENAT, 4000, 4000);
	rb_str(&b, 20, "/no/such/field");
	emit();
	opens("/last", 0, 0);
}

#define DOCKER_ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define CRI_ID "fedcba9876543210fedcba9876543210fedcba9876543210fedcba9876543210"
#define DOCKER_PATH "/system.slice/docker-" DOCKER_ID ".scope"
#define CRI_PATH "/kubepods/besteffort/pod8e3b7c1a-52d4-4a8c-9b0e-0f5d1a2b3c4d/" CRI_ID
#define HOST_MNT_NS 4026531841

static void cgroup(unsigned int event, uint32_t tid, uint64_t id, const char *path)
{
	begin(event, tid, tid);
	b.cgroup.cgroup_id = id;
	b.cgroup.is_tasks = 1;
	b.cgroup.where.syscall_nr = REC_NO_SYSCALL;
	if (event != EV_CGROUP)
		in_syscall(&b.cgroup.where, event == EV_CGROUP_MKDIR ? "mkdir" : "rmdir");
	rb_str(&b, 1, path);
	emit();
}

static void in_cgroup(uint32_t tid, uint32_t ppid, uint64_t cgroup_id, uint32_t mnt_ns,
		      const char *comm)
{
	begin(EV_TASK, tid, tid);
	b.task.start_ns = 500000000 + tid;
	b.task.leader_start_ns = 500000000 + tid;
	b.task.parent_start_ns = 500000000 + ppid;
	b.task.cgroup_id = cgroup_id;
	b.task.ns_tid = tid;
	b.task.ns_tgid = tid;
	b.task.ppid = ppid;
	b.task.ns_ppid = ppid;
	b.task.mnt_ns = mnt_ns;
	b.task.pid_ns = 4026531836;
	strncpy((char *)b.task.comm, comm, REC_COMM_LEN - 1);
	strncpy((char *)b.task.uts_name, "node-1", REC_UTS_LEN - 1);
	rb_str(&b, 0, "/usr/bin/runc");
	emit();
}

static void opens_in(uint32_t tid, const char *path)
{
	begin(EV_OPENAT, tid, tid);
	rb_arg(&b, 0, (uint64_t)-100);
	rb_str(&b, 1, path);
	emit();
}

/* A container that was there, and the life of another. */
static void make_containers(void)
{
	static const char argv[] = "server\0--verbose";

	cgroup(EV_CGROUP, 0, 1, "/");
	cgroup(EV_CGROUP, 0, 100, CRI_PATH);
	cgroup(EV_CGROUP, 0, 101, CRI_PATH "/inner");
	in_cgroup(50, 1, 1, HOST_MNT_NS, "shim");
	in_cgroup(60, 50, 101, 4026532600, "worker");
	opens_in(60, "/in/a/container/that/was/there");
	cgroup(EV_CGROUP_MKDIR, 50, 200, DOCKER_PATH);
	begin(EV_CGROUP_MKDIR, 50, 50); /* another hierarchy has a cgroup of this number too */
	in_syscall(&b.cgroup.where, "mkdir");
	b.cgroup.cgroup_id = 1;
	b.cgroup.hierarchy_id = 4;
	rb_str(&b, 1, CRI_PATH);
	emit();
	in_cgroup(70, 50, 1, HOST_MNT_NS, "runc");
	opens_in(70, "/on/the/host");
	begin(EV_CGROUP_ATTACH_TASK, 50, 50);
	in_syscall(&b.cgroup_attach.where, "write");
	b.cgroup_attach.pid = 70;
	memcpy(b.cgroup_attach.comm, "runc", 4);
	rb_str(&b, 0, DOCKER_PATH);
	emit();
	in_cgroup(70, 50, 200, HOST_MNT_NS, "runc");
	execs(70, "/usr/bin/runc", argv, sizeof(argv)); /* not the container's own yet */
	in_cgroup(70, 50, 200, 4026532500, "server");
	execs(70, "/srv/server", argv, sizeof(argv));
	opens_in(70, "/in/a/container/that/has/started");
	exits(70, 70, 0, 1);
	cgroup(EV_CGROUP_RMDIR, 50, 200, DOCKER_PATH);
	begin(EV_DO_EXIT, 70, 70); /* late: whose it was is still known */
	emit();
}

static void make(const char *dir, const char *name, void (*fill)(void))
{
	const struct wring_hdr hdr = { .abi = event_def_abi(),
				       .epoch_offset_ns = EPOCH_NS,
				       .start_ns = START_NS,
				       .kernel = "made up" };
	CLEANUP_FD int fd = -1;
	char path[4096];

	(void)snprintf(path, sizeof(path), "%s/%s.wring", dir, name); /* open() refuses a cut one */
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	require(fd >= 0, "cannot make a file there");
	writer = wring_writer_new(fd, &hdr, NULL);
	require(writer != NULL, "cannot write");
	ts_ns = START_NS;
	n_written = 0;
	fill();
	require(wring_finish(writer) == 0, "cannot write");
	wring_writer_free(writer);
}

int main(int argc, char **argv)
{
	require(argc == 2, "usage: make_recordings DIR");
	make(argv[1], "process", make_process);
	make(argv[1], "syscalls", make_syscalls);
	make(argv[1], "marks", make_marks);
	make(argv[1], "odd", make_odd);
	make(argv[1], "containers", make_containers);
	return 0;
}
