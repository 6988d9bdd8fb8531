/* SPDX-License-Identifier: Apache-2.0 */
/*
 * feed: a collector without a kernel, for an engine that is to have something to deliver:
 * feed SOCKET EVENTS-PER-SECOND. Event number i (0, 1, ...) has the path "/n/i/" with something
 * behind it: nothing, or a name that makes trouble, or one as long as a record can hold. No number
 * is given to an event that the lanes have no room for, so that none is lost there.
 *
 * An engine may go and come back at any time; its successor goes on where it was. Says "engine" for
 * each that got its lanes. Told "stop" on its input it produces no more and says "produced N"; told
 * "end" it ends.
 */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "engine/now.h"
#include "test/support/fake_collector.h"
#include "test/support/record_builder.h"

#define LANE_CAPACITY (16U << 20)
#define TICK_MS 5
#define TID 4711
#define ODD_EVERY 50
#define LONG_EVERY 2000
#define VITAL_EVERY 10
#define LONG_LEN 28000

struct feed {
	struct fake_collector fc;
	struct fake_lanes lanes;
	uint64_t per_s, n_produced, start_ns;
	bool is_stopped;
	struct record_builder builder; /* last: a record's length varies */
};

static const char odd_name[] =
	"a\nb\tc\"d\\e\x01\x1b[31m\x7f\xff\xfe\xc3(\xe2\x80\xa8\xf0\x9f\x90\x9f{{.}}%s</x>";

static size_t put_name(const struct feed *f, char *buf, size_t cap)
{
	/* fits */
	size_t len = (size_t)snprintf(buf, cap, "/n/%llu/", (unsigned long long)f->n_produced);

	if (f->n_produced % LONG_EVERY == LONG_EVERY - 1) {
		memset(buf + len, '\x02', LONG_LEN); /* six characters each in JSON */
		return len + LONG_LEN;
	}
	if (f->n_produced % ODD_EVERY == 0) {
		memcpy(buf + len, odd_name, sizeof(odd_name) - 1);
		len += sizeof(odd_name) - 1;
	}
	return len;
}

static void begin(struct feed *f, unsigned int event)
{
	rb_begin(&f->builder, event);
	f->builder.rec.ts_ns = now_boot_ns();
	f->builder.rec.tid = f->builder.rec.tgid = TID;
	f->builder.rec.cpu = 0;
}

static void introduce_task(struct feed *f)
{
	begin(f, EV_TASK);
	f->builder.task.ns_tid = f->builder.task.ns_tgid = TID;
	f->builder.task.ppid = f->builder.task.ns_ppid = 1;
	memcpy(f->builder.task.comm, "feed", sizeof("feed"));
	rb_str(&f->builder, 0, "/usr/bin/feed");
	(void)fl_put(&f->lanes, fl_vital(0), &f->builder.rec); /* the first: there is room */
}

/* False: no room now. */
static bool produce_one(struct feed *f)
{
	static char name[LONG_LEN + 64];
	bool is_vital = f->n_produced % VITAL_EVERY == 0;
	size_t len = put_name(f, name, sizeof(name));

	begin(f, is_vital ? EV_SCHED_PROCESS_EXEC : EV_OPENAT);
	if (is_vital)
		rb_str(&f->builder, 0, "/usr/bin/feed");
	rb_var(&f->builder, 1, name, len, 0, 0);
	if (!fl_put(&f->lanes, is_vital ? fl_vital(0) : fl_bulk(0), &f->builder.rec))
		return false;
	fl_ring_for(&f->lanes, is_vital ? fl_vital(0) : fl_bulk(0), true);
	f->n_produced++;
	return true;
}

/* As many as are due by now. */
static void produce(struct feed *f)
{
	uint64_t due = (now_boot_ns() - f->start_ns) / 1000 * f->per_s / 1000000;

	while (f->n_produced < due && produce_one(f))
		;
}

static void serve_engine(struct feed *f)
{
	fc_disconnect(&f->fc);
	fc_serve(&f->fc, &f->lanes);
	puts("engine");
	if (f->start_ns == 0)
		f->start_ns = now_boot_ns();
}

/* What it says is of no interest, but that it is gone. */
static void hear_engine(struct feed *f)
{
	uint8_t message[CONTROL_MSG_MAX];

	if (read(f->fc.sock, message, sizeof(message)) <= 0)
		fc_disconnect(&f->fc);
}

/* False: the end. */
static bool take_command(struct feed *f)
{
	char line[16];

	if (!fgets(line, sizeof(line), stdin) || strcmp(line, "end\n") == 0)
		return false;
	if (strcmp(line, "stop\n") == 0) {
		f->is_stopped = true;
		printf("produced %llu\n", (unsigned long long)f->n_produced);
	}
	return true;
}

static void run(struct feed *f)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = STDIN_FILENO, .events = POLLIN },
					{ .fd = f->fc.listen_fd, .events = POLLIN },
					{ .fd = f->fc.sock, .events = POLLIN } };

		(void)poll(fds, ARRAY_LEN(fds), TICK_MS); /* looked at again anyway */
		if (fds[0].revents && !take_command(f))
			return;
		if (fds[2].revents)
			hear_engine(f);
		if (fds[1].revents)
			serve_engine(f);
		if (!f->is_stopped && f->start_ns > 0)
			produce(f);
	}
}

int main(int argc, char **argv)
{
	static struct feed f;

	if (argc != 3) {
		fprintf(stderr, "usage: feed SOCKET EVENTS-PER-SECOND\n");
		return EXIT_FAILURE;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* neither can fail here */
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	f.per_s = strtoul(argv[2], NULL, 10);
	fl_init(&f.lanes, 1, LANE_CAPACITY);
	introduce_task(&f);
	fc_listen(&f.fc, argv[1]);
	run(&f);
	fc_close(&f.fc);
	fl_done(&f.lanes);
	return EXIT_SUCCESS;
}
