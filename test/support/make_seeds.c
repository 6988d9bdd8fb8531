/* SPDX-License-Identifier: Apache-2.0 */
/*
 * make_seeds DIR: writes the seeds of fuzz_control and fuzz_wring below DIR (control/, wring/),
 * which must be there. The seeds are committed in test/fuzz/seeds; run this again when a message,
 * the recording's layout or the number of event slots changes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "common/cleanup.h"
#include "common/control.h"
#include "common/event_list.h"
#include "common/wring.h"
#include "test/support/wring_build.h"

static const char *root;

static int create(const char *name)
{
	char path[4096];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name); /* open() refuses a cut path */
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		fprintf(stderr, "make_seeds: file '%s' cannot be made (%s)\n", path,
			strerror(errno));
	return fd;
}

/* First the side, then the message without the zeros at its end: the fuzzer puts them back. */
static int write_message(const char *name, enum control_side side, const void *msg, size_t len)
{
	CLEANUP_FD int fd = create(name);
	const uint8_t *bytes = msg;
	uint8_t first = (uint8_t)side;

	if (control_check(msg, len, side, NULL) < 0) {
		fprintf(stderr, "make_seeds: seed '%s' is not a message\n", name);
		return -EPROTO;
	}
	while (len > sizeof(struct control_hdr) && bytes[len - 1] == 0)
		len--;
	if (fd < 0 || write(fd, &first, 1) != 1 || write(fd, bytes, len) != (ssize_t)len)
		return -EIO;
	return 0;
}

static int write_from_engine(void)
{
	struct control_plan plan = { .generation = 7, .options = CONTROL_PLAN_EXEC_ENV };
	struct control_status_ask ask;
	int rc;

	control_hdr_init(&plan.hdr, CONTROL_PLAN, sizeof(plan));
	plan.events[EV_SCHED_PROCESS_EXEC_slot / 64] = 1ULL << (EV_SCHED_PROCESS_EXEC_slot % 64);
	plan.rings[EV_SCHED_PROCESS_EXEC_slot / 64] = 1ULL << (EV_SCHED_PROCESS_EXEC_slot % 64);
	control_hdr_init(&ask.hdr, CONTROL_STATUS_ASK, sizeof(ask));
	rc = write_message("control/plan", CONTROL_FROM_ENGINE, &plan, sizeof(plan));
	if (rc == 0)
		rc = write_message("control/status_ask", CONTROL_FROM_ENGINE, &ask, sizeof(ask));
	return rc;
}

/* openat of one path by one uid. */
static int write_filters(void)
{
	static _Alignas(8) uint8_t events_buf[sizeof(struct control_filter_events) +
					      sizeof(struct control_filter_event)];
	static _Alignas(8) uint8_t entries_buf[sizeof(struct control_filter_entries) +
					       2 * sizeof(struct filter_entry)];
	struct control_filter_events *events = (void *)events_buf;
	struct control_filter_entries *entries = (void *)entries_buf;
	struct filter_event *e = &events->items[0].event;
	int rc;

	control_hdr_init(&events->hdr, CONTROL_FILTER_EVENTS, sizeof(events_buf));
	events->generation = 7;
	events->n = 1;
	events->items[0].slot = EV_OPENAT_slot;
	e->dims = 1U << FILTER_UID | 1U << FILTER_INT0 | 1U << FILTER_TEXT0;
	e->int_field[0] = 2;
	e->int_kind[0] = FK_S32;
	e->groups = 1;
	e->open[FILTER_INT0] = 1;
	e->text[0] = (struct filter_text){
		.field = 1, .has_whole = 1, .n_prefix = 2, .prefix_len = { 3, 5 }
	};
	control_hdr_init(&entries->hdr, CONTROL_FILTER_ENTRIES, sizeof(entries_buf));
	entries->generation = 7;
	entries->n = 2;
	entries->items[0] = (struct filter_entry){
		.key = { .slot = EV_OPENAT_slot, .dim = FILTER_UID, .value = 1000 },
		.value = { .allow = 1 }
	};
	entries->items[1] = (struct filter_entry){ .key = { .slot = EV_OPENAT_slot,
							    .dim = FILTER_TEXT0,
							    .part = FILTER_PREFIX,
							    .len = 5,
							    .value = FILTER_HASH_INIT },
						   .value = { .allow = 1 } };
	rc = write_message("control/filter_events", CONTROL_FROM_ENGINE, events,
			   sizeof(events_buf));
	if (rc == 0)
		rc = write_message("control/filter_entries", CONTROL_FROM_ENGINE, entries,
				   sizeof(entries_buf));
	return rc;
}

static int write_hello(void)
{
	struct control_hello hello = {
		.abi = 0x123456789abcdef0ULL,
		.vital_capacity = LANE_CAPACITY_MIN,
		.bulk_capacity = 4U << 20,
		.own_capacity = LANE_CAPACITY_MIN,
		.n_groups = 2,
		.n_cpus = 2,
		.collector_pid = 42,
		.page_bytes = 4096,
	};

	control_hdr_init(&hello.hdr, CONTROL_HELLO, sizeof(hello));
	return write_message("control/hello", CONTROL_FROM_COLLECTOR, &hello, sizeof(hello));
}

static int write_plan_status(void)
{
	struct control_plan_status status = { .generation = 7, .n_slots = EVENT_SLOTS };

	control_hdr_init(&status.hdr, CONTROL_PLAN_STATUS, sizeof(status));
	status.beats = 1U << CONTROL_HOOK_TP_BTF;
	status.events[0].state = CONTROL_STATE_ATTACHED;
	status.events[0].hook = CONTROL_HOOK_TP_BTF;
	status.events[1].state = CONTROL_STATE_UNAVAILABLE;
	status.events[1].reason = CONTROL_REASON_LOAD;
	status.events[1].code = -EACCES;
	return write_message("control/plan_status", CONTROL_FROM_COLLECTOR, &status,
			     sizeof(status));
}

static int write_answers(void)
{
	struct control_refused refused = { .code = -EBUSY,
					   .text = "another engine is connected (pid 7)" };
	struct control_status status = { .uptime_ns = 1000000000, .rss_bytes = 4U << 20 };
	int rc;

	control_hdr_init(&refused.hdr, CONTROL_REFUSED, sizeof(refused));
	control_hdr_init(&status.hdr, CONTROL_STATUS, sizeof(status));
	status.kernel[KC_PATH_CUT] = 3;
	status.n_progs = 1;
	memcpy(status.progs[0].name, "fork_tp", sizeof("fork_tp"));
	status.progs[0].n_runs = 7;
	rc = write_message("control/refused", CONTROL_FROM_COLLECTOR, &refused, sizeof(refused));
	if (rc == 0)
		rc = write_message("control/status", CONTROL_FROM_COLLECTOR, &status,
				   sizeof(status));
	return rc;
}

static int write_recording(const char *name, unsigned int n_blocks, bool finish)
{
	const struct wring_hdr machine = { .abi = 1, .start_ns = 1000000000, .kernel = "6.1.0" };
	CLEANUP_FD int fd = create(name);
	struct wring_writer *w;
	uint64_t buf[16];
	int rc = 0;

	w = fd >= 0 ? wring_writer_new(fd, &machine, NULL) : NULL;
	if (!w)
		return -EIO;
	for (unsigned int i = 0; rc == 0 && i < n_blocks; i++) {
		rc = wring_write(w, wbuild_record(buf, EV_DO_EXIT, sizeof(struct rec_plain), i));
		if (rc == 0)
			rc = wring_write(
				w, wbuild_record(buf, EV_LOST_EVENTS, sizeof(struct rec_lost), i));
		if (rc == 0)
			rc = wring_flush(w);
	}
	if (rc == 0 && finish)
		rc = wring_finish(w);
	wring_writer_free(w);
	return rc;
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: make_seeds DIR\n");
		return 2;
	}
	root = argv[1];
	if (write_from_engine() < 0 || write_filters() < 0 || write_hello() < 0 ||
	    write_plan_status() < 0 || write_answers() < 0)
		return 1;
	if (write_recording("wring/empty", 0, true) < 0 ||
	    write_recording("wring/finished", 2, true) < 0 ||
	    write_recording("wring/cut", 1, false) < 0)
		return 1;
	return 0;
}
