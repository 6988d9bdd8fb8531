/* SPDX-License-Identifier: Apache-2.0 */
#include "test/live/call_count.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/mount.h>
#include <linux/perf_event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "common/cleanup.h"
#include "common/event_def.h"
#include "count.skel.h"

#define NRS 512

struct call_count {
	struct count *programs;
	uint64_t marks[CCOUNT_MOMENTS][NRS];
};

/* The event of the tracepoint that all system calls pass at their exit. tracefs need not be
 * mounted: this mount of it is nobody else's. */
static int open_exit_event(void)
{
	struct perf_event_attr attr = { .type = PERF_TYPE_TRACEPOINT, .size = sizeof(attr) };
	CLEANUP_FD int fs = (int)syscall(SYS_fsopen, "tracefs", FSOPEN_CLOEXEC);
	CLEANUP_FD int mnt = -1, id = -1;
	char text[32] = "";

	ck_assert_int_eq((int)syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0), 0);
	mnt = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, 0);
	id = openat(mnt, "events/raw_syscalls/sys_exit/id", O_RDONLY | O_CLOEXEC);
	ck_assert_int_gt((int)read(id, text, sizeof(text) - 1), 0);
	attr.config = strtoul(text, NULL, 10);
	return (int)syscall(SYS_perf_event_open, &attr, -1, 0, -1, PERF_FLAG_FD_CLOEXEC);
}

struct call_count *ccount_new(const struct live *l)
{
	struct call_count *c = calloc(1, sizeof(*c));

	ck_assert_ptr_nonnull(c);
	c->programs = count__open();
	ck_assert_ptr_nonnull(c->programs);
	c->programs->rodata->not_these[0] = l->client->hello.collector_pid;
	c->programs->rodata->not_these[1] = (uint32_t)getpid();
	ck_assert_int_eq(count__load(c->programs), 0);
	c->programs->links.count_exit =
		bpf_program__attach_perf_event(c->programs->progs.count_exit, open_exit_event());
	ck_assert_ptr_nonnull(c->programs->links.count_exit);
	return c;
}

void ccount_free(struct call_count *c)
{
	count__destroy(c->programs);
	free(c);
}

void ccount_mark(struct call_count *c, enum ccount_moment moment)
{
	for (uint32_t nr = 0; nr < NRS; nr++)
		ck_assert_int_eq(bpf_map_lookup_elem(bpf_map__fd(c->programs->maps.counts), &nr,
						     &c->marks[moment][nr]),
				 0);
}

void ccount_check(const struct call_count *c, const char *event, uint64_t delivered, uint64_t lost)
{
	int nr = event_def_find_name(event)->nr_native;
	uint64_t least = c->marks[CCOUNT_END][nr] - c->marks[CCOUNT_BEGIN][nr];
	uint64_t most = c->marks[CCOUNT_AFTER][nr] - c->marks[CCOUNT_BEFORE][nr];

	printf("%s: %" PRIu64 " delivered + %" PRIu64 " lost = %" PRIu64 ", made %" PRIu64
	       " to %" PRIu64 "\n",
	       event, delivered, lost, delivered + lost, least, most);
	(void)fflush(stdout);
	ck_assert_msg(delivered + lost >= least && delivered + lost <= most,
		      "%s: %" PRIu64 " delivered + %" PRIu64 " lost, made %" PRIu64 " to %" PRIu64,
		      event, delivered, lost, least, most);
}
