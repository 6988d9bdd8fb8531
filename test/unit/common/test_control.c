/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/resource.h>
#include <sys/socket.h>

#include "common/cleanup.h"
#include "common/event_list.h"

union message {
	struct control_hdr hdr;
	struct control_hello hello;
	struct control_plan plan;
	struct control_plan_status plan_status;
	struct control_status_ask status_ask;
	struct control_status status;
	struct control_refused refused;
	struct control_filter_events filter_events;
	struct control_filter_entries filter_entries;
	uint8_t bytes[CONTROL_MSG_MAX];
};

static union message msg;

static const struct {
	size_t len;
	enum control_side side;
} kinds[] = {
	[CONTROL_HELLO] = { sizeof(struct control_hello), CONTROL_FROM_COLLECTOR },
	[CONTROL_PLAN] = { sizeof(struct control_plan), CONTROL_FROM_ENGINE },
	[CONTROL_PLAN_STATUS] = { sizeof(struct control_plan_status), CONTROL_FROM_COLLECTOR },
	[CONTROL_STATUS_ASK] = { sizeof(struct control_status_ask), CONTROL_FROM_ENGINE },
	[CONTROL_STATUS] = { sizeof(struct control_status), CONTROL_FROM_COLLECTOR },
	[CONTROL_REFUSED] = { sizeof(struct control_refused), CONTROL_FROM_COLLECTOR },
	[CONTROL_FILTER_EVENTS] = { sizeof(struct control_filter_events) +
					    2 * sizeof(struct control_filter_event),
				    CONTROL_FROM_ENGINE },
	[CONTROL_FILTER_ENTRIES] = { sizeof(struct control_filter_entries) +
					     2 * sizeof(struct filter_entry),
				     CONTROL_FROM_ENGINE },
};

/* openat by uid, retval, flags and pathname; do_exit by uid. Two entries of openat. */
static void make_filters(enum control_type type)
{
	struct control_filter_event *items = msg.filter_events.items;
	struct filter_entry *entries = msg.filter_entries.items;

	msg.filter_events.n = 2; /* both begin alike */
	if (type == CONTROL_FILTER_ENTRIES) {
		entries[0].key = (struct filter_key){ .slot = EV_OPENAT_slot, .dim = FILTER_UID };
		entries[0].value.deny = 2;
		entries[1].key = (struct filter_key){
			.slot = EV_OPENAT_slot, .dim = FILTER_TEXT0, .part = FILTER_PREFIX, .len = 5
		};
		entries[1].value.allow = 1;
		return;
	}
	items[0].slot = EV_OPENAT_slot;
	items[0].event = (struct filter_event){
		.dims = 1U << FILTER_UID | 1U << FILTER_RETVAL | 1U << FILTER_INT1 |
			1U << FILTER_TEXT0,
		.int_field = { 0, 2 },
		.int_kind = { 0, FK_S32 },
		.groups = 3,
		.open = { [FILTER_UID] = 2 },
		.text = { { .field = 1,
			    .n_prefix = 2,
			    .n_suffix = 1,
			    .has_whole = 1,
			    .prefix_len = { 3, 5 },
			    .suffix_len = { 255 } } },
	};
	items[1].slot = EV_DO_EXIT_slot;
	items[1].event = (struct filter_event){ .dims = 1U << FILTER_UID, .groups = 1 };
}

/* A valid message of each type, in `msg`. */
static void make(enum control_type type)
{
	memset(&msg, 0, sizeof(msg));
	control_hdr_init(&msg.hdr, type, kinds[type].len);
	if (type == CONTROL_HELLO) {
		msg.hello.vital_capacity = LANE_CAPACITY_MIN;
		msg.hello.bulk_capacity = LANE_CAPACITY_MAX;
		msg.hello.own_capacity = 1U << 20;
		msg.hello.n_groups = 256;
		msg.hello.n_cpus = 2;
		msg.hello.collector_pid = 4194304;
		msg.hello.page_bytes = 65536;
	} else if (type == CONTROL_PLAN) {
		msg.plan.options = CONTROL_PLAN_ALL_OPTIONS;
		msg.plan.events[(EVENT_SLOTS - 1) / 64] = 1ULL << ((EVENT_SLOTS - 1) % 64);
		msg.plan.rings[(EVENT_SLOTS - 1) / 64] = 1ULL << ((EVENT_SLOTS - 1) % 64);
	} else if (type == CONTROL_PLAN_STATUS) {
		msg.plan_status.n_slots = EVENT_SLOTS;
		msg.plan_status.events[0] = (struct control_event_state){
			.state = CONTROL_STATE_ATTACHED,
			.hook = CONTROL_HOOK_ENGINE,
		};
		msg.plan_status.events[1] = (struct control_event_state){
			.state = CONTROL_STATE_UNAVAILABLE,
			.reason = CONTROL_REASON_LOAD,
			.code = -4095,
		};
	} else if (type == CONTROL_STATUS) {
		msg.status.n_progs = 2;
		memcpy(msg.status.progs[0].name, "fork_tp", 8);
		memset(msg.status.progs[1].name, 'z', sizeof(msg.status.progs[1].name) - 1);
	} else if (type == CONTROL_REFUSED) {
		msg.refused.code = -EBUSY;
		memset(msg.refused.text, 'x', sizeof(msg.refused.text) - 1);
	} else if (type == CONTROL_FILTER_EVENTS || type == CONTROL_FILTER_ENTRIES) {
		make_filters(type);
	}
}

static int check(enum control_type type, struct err *err)
{
	return control_check(&msg, kinds[type].len, kinds[type].side, err);
}

START_TEST(accepts_a_valid_message_of_each_type)
{
	enum control_type type = (enum control_type)_i;
	struct err err = { 0 };

	make(type);
	ck_assert_int_eq(check(type, &err), _i);
	ck_assert_int_eq(err.code, 0);
	ck_assert_str_eq(err.text, "");
}
END_TEST

START_TEST(refuses_the_wrong_side_and_every_other_length)
{
	enum control_type type = (enum control_type)_i;
	enum control_side other = kinds[_i].side == CONTROL_FROM_ENGINE ? CONTROL_FROM_COLLECTOR
									: CONTROL_FROM_ENGINE;
	struct err err = { 0 };

	make(type);
	ck_assert_int_eq(control_check(&msg, kinds[_i].len, other, &err), -EPROTO);
	ck_assert_ptr_nonnull(strstr(err.text, "expected it from the"));
	for (size_t len = 0; len < kinds[_i].len + 16; len++) {
		if (len == kinds[_i].len)
			continue;
		ck_assert_int_eq(control_check(&msg, len, kinds[_i].side, NULL), -EPROTO);
		/* also when the message claims that length itself */
		msg.hdr.len = (__u32)len;
		ck_assert_int_eq(control_check(&msg, len, kinds[_i].side, NULL), -EPROTO);
		msg.hdr.len = (__u32)kinds[_i].len;
	}
}
END_TEST

START_TEST(reads_nothing_behind_a_message)
{
	enum control_type type = (enum control_type)_i;
	uint8_t *exact;

	make(type);
	for (size_t len = 0; len <= kinds[_i].len; len++) {
		exact = malloc(len > 0 ? len : 1); /* the sanitizer guards its end */
		ck_assert_ptr_nonnull(exact);
		memcpy(exact, &msg, len);
		ck_assert_int_eq(control_check(exact, len, kinds[_i].side, NULL),
				 len == kinds[_i].len ? _i : -EPROTO);
		free(exact);
	}
}
END_TEST

#define FIELD(type, member)                                                                        \
	offsetof(struct type, member), sizeof(((struct type *)0)->member), #member

/* Of the first item of a message; ENTRY2: of the second. */
#define EVENT(member)                                                                              \
	sizeof(struct control_filter_events) + offsetof(struct control_filter_event, member),      \
		sizeof(((struct control_filter_event *)0)->member), #member
#define ENTRY2(member)                                                                             \
	sizeof(struct control_filter_entries) + sizeof(struct filter_entry) +                      \
		offsetof(struct filter_entry, member),                                             \
		sizeof(((struct filter_entry *)0)->member), #member

/* One field of a valid message is given another value. */
static const struct {
	enum control_type type;
	size_t offset, width;
	const char *name;
	uint64_t value;
	bool ok;
	const char *said; /* part of the sentence */
} fields[] = {
	{ CONTROL_HELLO, FIELD(control_hdr, magic), 1, false, "field 'magic' is 0x1" },
	{ CONTROL_HELLO, FIELD(control_hdr, version), CONTROL_VERSION + 1, false,
	  "field 'version' is 4" },
	{ CONTROL_HELLO, FIELD(control_hdr, type), 0, false, "field 'type' is 0" },
	{ CONTROL_HELLO, FIELD(control_hdr, type), 9, false, "field 'type' is 9" },
	{ CONTROL_HELLO, FIELD(control_hdr, type), 65535, false, "field 'type' is 65535" },
	{ CONTROL_HELLO, FIELD(control_hdr, type), CONTROL_PLAN, false, "PLAN came from" },
	{ CONTROL_HELLO, FIELD(control_hdr, type), CONTROL_STATUS, false, "bytes long" },
	{ CONTROL_HELLO, FIELD(control_hdr, reserved0), 1, false, "field 'reserved0' is 1" },
	{ CONTROL_HELLO, FIELD(control_hello, abi), UINT64_MAX, true, NULL },
	{ CONTROL_HELLO, FIELD(control_hello, vital_capacity), 0, false, "'vital_capacity' is 0" },
	{ CONTROL_HELLO, FIELD(control_hello, vital_capacity), LANE_CAPACITY_MIN / 2, false,
	  "expected 131072 to 1073741824" },
	{ CONTROL_HELLO, FIELD(control_hello, vital_capacity), 2ULL * LANE_CAPACITY_MAX, false,
	  "'vital_capacity' is 2147483648" },
	{ CONTROL_HELLO, FIELD(control_hello, vital_capacity), LANE_CAPACITY_MIN + 8, false,
	  "expected a power of two" },
	{ CONTROL_HELLO, FIELD(control_hello, bulk_capacity), 1ULL << 63, false, "bulk_capacity" },
	{ CONTROL_HELLO, FIELD(control_hello, bulk_capacity), LANE_CAPACITY_MIN, true, NULL },
	{ CONTROL_HELLO, FIELD(control_hello, own_capacity), 3 << 20, false, "own_capacity" },
	{ CONTROL_HELLO, FIELD(control_hello, own_capacity), 0, false, "own_capacity" },
	{ CONTROL_HELLO, FIELD(control_hello, n_groups), 0, false, "'n_groups' is 0" },
	{ CONTROL_HELLO, FIELD(control_hello, n_groups), 1, true, NULL },
	{ CONTROL_HELLO, FIELD(control_hello, n_groups), 257, false, "'n_groups' is 257" },
	{ CONTROL_HELLO, FIELD(control_hello, n_cpus), 0, false, "n_cpus" },
	{ CONTROL_HELLO, FIELD(control_hello, collector_pid), 0, false, "collector_pid" },
	{ CONTROL_HELLO, FIELD(control_hello, collector_pid), 4194305, false, "collector_pid" },
	{ CONTROL_HELLO, FIELD(control_hello, page_bytes), 4096, true, NULL },
	{ CONTROL_HELLO, FIELD(control_hello, page_bytes), 5000, false, "page_bytes" },
	{ CONTROL_HELLO, FIELD(control_hello, page_bytes), 2048, false, "page_bytes" },
	{ CONTROL_HELLO, FIELD(control_hello, page_bytes), 131072, false, "page_bytes" },
	{ CONTROL_PLAN, FIELD(control_plan, options), 0, true, NULL },
	{ CONTROL_PLAN, FIELD(control_plan, options), CONTROL_PLAN_ALL_OPTIONS + 1, false,
	  "expected bits of 0x7" },
	{ CONTROL_PLAN, FIELD(control_plan, options), 0x80000000, false, "'options'" },
	{ CONTROL_PLAN, FIELD(control_plan, reserved0), 1, false, "reserved0" },
	{ CONTROL_PLAN, FIELD(control_plan, generation), UINT64_MAX, true, NULL },
	{ CONTROL_PLAN, FIELD(control_plan, n_filter_events), EVENT_SLOTS, true, NULL },
	{ CONTROL_PLAN, FIELD(control_plan, n_filter_events), EVENT_SLOTS + 1, false, "filters" },
	{ CONTROL_PLAN, FIELD(control_plan, n_filter_entries), FILTER_ENTRIES_MAX, true, NULL },
	{ CONTROL_PLAN, FIELD(control_plan, n_filter_entries), FILTER_ENTRIES_MAX + 1, false,
	  "entries" },
	{ CONTROL_PLAN, FIELD(control_plan, events[0]), UINT64_MAX, EVENT_SLOTS >= 64, NULL },
	{ CONTROL_PLAN, FIELD(control_plan, events[15]), 1ULL << 63, false,
	  "event slot 1023 is asked for" },
	{ CONTROL_PLAN, FIELD(control_plan, rings[0]), 0, true, NULL },
	{ CONTROL_PLAN, FIELD(control_plan, rings[0]), 4, false, "event slot 2 rings" },
	{ CONTROL_PLAN, FIELD(control_plan, rings[15]), 1ULL << 63, false,
	  "event slot 1023 rings" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, n_slots), EVENT_SLOTS - 1, false,
	  "n_slots" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, n_slots), EVENT_SLOTS + 1, false,
	  "n_slots" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, beats), (1U << CONTROL_HOOK_KINDS) - 1,
	  true, NULL },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, beats), 1U << CONTROL_HOOK_KINDS, false,
	  "beats" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[0].state), 3, false,
	  "event slot 0: field 'state' is 3" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[0].hook), CONTROL_HOOK_KINDS,
	  false, "event slot 0: field 'hook'" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[0].hook), 0, false, "agree" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[0].state), 0, false, "agree" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[0].reason), CONTROL_REASON_LOAD,
	  false, "agree" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[1].reason), 0, false, "agree" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[1].reason), CONTROL_REASONS, false,
	  "event slot 1: field 'reason'" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[1].code), 0, true, NULL },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[1].code), 1, false,
	  "'code' is 1" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[1].code), (uint32_t)-4096, false,
	  "'code' is -4096" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[1].reserved0), 1, false,
	  "reserved0" },
	{ CONTROL_PLAN_STATUS, FIELD(control_plan_status, events[LANE_SLOTS - 1].state), 1, false,
	  "event slot 1023" },
	{ CONTROL_STATUS, FIELD(control_status, rss_bytes), UINT64_MAX, true, NULL },
	{ CONTROL_STATUS, FIELD(control_status, kernel[KC_COUNTERS - 1]), UINT64_MAX, true, NULL },
	{ CONTROL_STATUS, FIELD(control_status, kernel[KC_COUNTERS]), 1, false, "kernel counter" },
	{ CONTROL_STATUS, FIELD(control_status, kernel[15]), 1, false, "kernel counter 15 is 1" },
	{ CONTROL_STATUS, FIELD(control_status, has_run_stats), 1, true, NULL },
	{ CONTROL_STATUS, FIELD(control_status, has_run_stats), 2, false, "has_run_stats" },
	{ CONTROL_STATUS, FIELD(control_status, n_progs), 1, false, "program 1: is there" },
	{ CONTROL_STATUS, FIELD(control_status, n_progs), 3, false, "program 2: field 'name'" },
	{ CONTROL_STATUS, FIELD(control_status, n_progs), CONTROL_PROGS_MAX + 1, false,
	  "'n_progs' is 65" },
	{ CONTROL_STATUS, FIELD(control_status, progs[0].name[0]), '"', false,
	  "program 0: field 'name'" },
	{ CONTROL_STATUS, FIELD(control_status, progs[1].name[23]), 'x', false,
	  "program 1: field 'name'" },
	{ CONTROL_STATUS, FIELD(control_status, progs[1].n_missed), UINT64_MAX, true, NULL },
	{ CONTROL_STATUS, FIELD(control_status, progs[63].run_ns), 1, false, "program 63" },
	{ CONTROL_REFUSED, FIELD(control_refused, code), 0, false, "'code' is 0" },
	{ CONTROL_REFUSED, FIELD(control_refused, code), 1, false, "'code' is 1" },
	{ CONTROL_REFUSED, FIELD(control_refused, code), (uint32_t)-4096, false, "'code'" },
	{ CONTROL_REFUSED, FIELD(control_refused, reserved0), 1, false, "reserved0" },
	{ CONTROL_REFUSED, FIELD(control_refused, text[239]), 'x', false, "'text' has no end" },
	{ CONTROL_FILTER_EVENTS, FIELD(control_filter_events, generation), 9, true, NULL },
	{ CONTROL_FILTER_EVENTS, FIELD(control_filter_events, n), 0, false, "no item" },
	{ CONTROL_FILTER_EVENTS, FIELD(control_filter_events, n), 1, false, "bytes long" },
	{ CONTROL_FILTER_EVENTS, FIELD(control_filter_events, n), 3, false, "bytes long" },
	{ CONTROL_FILTER_EVENTS, FIELD(control_filter_events, n), UINT32_MAX, false, "too many" },
	{ CONTROL_FILTER_EVENTS, FIELD(control_filter_events, reserved0), 1, false, "reserved0" },
	{ CONTROL_FILTER_EVENTS, EVENT(reserved0), 1, false, "item 0: field 'reserved0'" },
	{ CONTROL_FILTER_EVENTS, EVENT(event.dims), 0, false, "item 0: field 'dims'" },
	{ CONTROL_FILTER_ENTRIES, FIELD(control_filter_entries, n), 0, false, "no item" },
	{ CONTROL_FILTER_ENTRIES, ENTRY2(key.part), 3, false, "item 1: dimension" },
};

START_TEST(judges_each_field)
{
	enum control_type type = fields[_i].type;
	struct err err = { 0 };
	int rc;

	make(type);
	memcpy(msg.bytes + fields[_i].offset, &fields[_i].value, fields[_i].width);
	rc = check(type, &err);
	if (fields[_i].ok) {
		ck_assert_msg(rc == (int)type, "%s: %s", fields[_i].name, err.text);
		return;
	}
	ck_assert_msg(rc == -EPROTO, "%s = %#lx was accepted", fields[_i].name, fields[_i].value);
	ck_assert_int_eq(err.code, -EPROTO);
	ck_assert_msg(strncmp(err.text, "control message", 15) == 0, "%s", err.text);
	ck_assert_msg(!fields[_i].said || strstr(err.text, fields[_i].said), "%s", err.text);
	ck_assert_int_eq(check(type, NULL), -EPROTO);
}
END_TEST

START_TEST(plan_takes_known_slots_only)
{
	for (unsigned int slot = 0; slot < LANE_SLOTS; slot++) {
		make(CONTROL_PLAN);
		memset(msg.plan.events, 0, sizeof(msg.plan.events));
		memset(msg.plan.rings, 0, sizeof(msg.plan.rings));
		msg.plan.events[slot / 64] = 1ULL << (slot % 64);
		ck_assert_int_eq(check(CONTROL_PLAN, NULL),
				 slot < EVENT_SLOTS ? CONTROL_PLAN : -EPROTO);
		msg.plan.rings[slot / 64] = 1ULL << (slot % 64);
		ck_assert_int_eq(check(CONTROL_PLAN, NULL),
				 slot < EVENT_SLOTS ? CONTROL_PLAN : -EPROTO);
		msg.plan.events[slot / 64] = 0; /* who is not asked for cannot ring */
		ck_assert_int_eq(check(CONTROL_PLAN, NULL), -EPROTO);
	}
}
END_TEST

START_TEST(names_are_complete_and_safe)
{
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++)
		ck_assert_ptr_nonnull(control_hook_name(i));
	for (unsigned int i = 0; i < CONTROL_REASONS; i++)
		ck_assert_ptr_nonnull(control_reason_text(i));
	for (unsigned int i = 0; i < KC_COUNTERS; i++)
		ck_assert_ptr_nonnull(control_counter_name(i));
	ck_assert_str_eq(control_hook_name(CONTROL_HOOK_SYS_EXIT), "tp_btf/sys_exit (global)");
	ck_assert_str_eq(control_hook_name(CONTROL_HOOK_KINDS), "unknown");
	ck_assert_str_eq(control_reason_text(UINT32_MAX), "unknown");
	ck_assert_str_eq(control_counter_name(KC_COUNTERS), "unknown");
}
END_TEST

static int pair[2];

static void open_pair(void)
{
	ck_assert_int_eq(
		socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
}

static void close_pair(void)
{
	cleanup_fd(&pair[0]);
	cleanup_fd(&pair[1]);
}

static int count_open_fds(void)
{
	int n = 0;

	for (int fd = 0; fd < 1024; fd++)
		n += fcntl(fd, F_GETFD) >= 0;
	return n;
}

/* A packet made by hand, with descriptors that control_send() would not send. */
static void send_raw(size_t len, int fd, unsigned int n_fds)
{
	static uint8_t bytes[CONTROL_MSG_MAX + 8];
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(64 * sizeof(int))];
	} ancillary = { 0 };
	struct iovec iov = { .iov_base = bytes, .iov_len = len };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *cmsg;

	if (n_fds > 0) {
		mh.msg_control = ancillary.bytes;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&mh);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		for (unsigned int i = 0; i < n_fds; i++)
			memcpy(CMSG_DATA(cmsg) + i * sizeof(int), &fd, sizeof(int));
	}
	ck_assert_int_eq(sendmsg(pair[0], &mh, 0), (int)len);
}

START_TEST(passes_a_message_with_each_number_of_descriptors)
{
	int fds[CONTROL_FDS], got[CONTROL_FDS];
	unsigned int n_got = 99;
	uint8_t buf[CONTROL_MSG_MAX];
	int before = count_open_fds();

	make(CONTROL_HELLO);
	for (int i = 0; i < CONTROL_FDS; i++)
		fds[i] = pair[i % 2];
	ck_assert_int_eq(control_send(pair[0], &msg, fds, (unsigned int)_i), msg.hdr.len);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), got, &n_got), msg.hdr.len);
	ck_assert_mem_eq(buf, &msg, msg.hdr.len);
	ck_assert_uint_eq(n_got, (unsigned int)_i);
	for (int i = 0; i < CONTROL_FDS; i++) {
		if (i >= _i) {
			ck_assert_int_eq(got[i], -1);
			continue;
		}
		ck_assert_int_eq(fcntl(got[i], F_GETFD), FD_CLOEXEC);
		cleanup_fd(&got[i]);
	}
	ck_assert_int_eq(count_open_fds(), before);
}
END_TEST

START_TEST(closes_surplus_descriptors)
{
	int got[CONTROL_FDS];
	unsigned int n_got = 0;
	uint8_t buf[256];
	int before = count_open_fds();

	send_raw(16, pair[0], 64);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), got, &n_got), 16);
	ck_assert_uint_eq(n_got, CONTROL_FDS);
	ck_assert_int_eq(count_open_fds(), before + CONTROL_FDS);
	for (int i = 0; i < CONTROL_FDS; i++)
		cleanup_fd(&got[i]);
}
END_TEST

START_TEST(closes_descriptors_that_nobody_wants)
{
	unsigned int n_got = 99;
	uint8_t buf[256];
	int before = count_open_fds();

	send_raw(16, pair[0], 3);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), NULL, &n_got), 16);
	ck_assert_uint_eq(n_got, 0);
	ck_assert_int_eq(count_open_fds(), before);
}
END_TEST

START_TEST(refuses_a_packet_longer_than_the_buffer)
{
	int got[CONTROL_FDS] = { -7, -7, -7, -7, -7, -7 };
	unsigned int n_got = 99;
	uint8_t buf[256];
	int before = count_open_fds();

	send_raw(sizeof(buf) + 1, pair[0], 2);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), got, &n_got), -EPROTO);
	ck_assert_int_eq(count_open_fds(), before);
	ck_assert_int_eq(got[0], -7); /* outputs are written on success only */
	ck_assert_uint_eq(n_got, 99);
}
END_TEST

/* The kernel cuts the descriptors when the receiver has no room for them. */
START_TEST(refuses_a_packet_whose_descriptors_were_cut)
{
	struct rlimit old, tight;
	int got[CONTROL_FDS];
	uint8_t buf[256];
	int before = count_open_fds();
	int next = dup(0);

	ck_assert_int_ge(next, 0);
	cleanup_fd(&next);
	send_raw(16, pair[0], 4);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &old), 0);
	tight = old;
	tight.rlim_cur = (rlim_t)next + 2;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), got, NULL), -EPROTO);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &old), 0);
	ck_assert_int_eq(count_open_fds(), before);
}
END_TEST

START_TEST(an_empty_packet_reads_as_closed_and_leaks_nothing)
{
	int got[CONTROL_FDS];
	uint8_t buf[16];
	int before = count_open_fds();

	send_raw(0, pair[0], 2);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), got, NULL), 0);
	ck_assert_int_eq(count_open_fds(), before);
}
END_TEST

START_TEST(reports_closed_empty_and_full)
{
	uint8_t buf[16];
	long n = 0;

	make(CONTROL_STATUS_ASK);
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), NULL, NULL), -EAGAIN);
	for (int i = 0; i < 100000 && n >= 0; i++)
		n = control_send(pair[0], &msg, NULL, 0);
	ck_assert_int_eq(n, -EAGAIN);
	close_pair();
	open_pair();
	cleanup_fd(&pair[1]);
	pair[1] = -1;
	ck_assert_int_eq(control_send(pair[0], &msg, NULL, 0), -EPIPE); /* and no SIGPIPE */
	cleanup_fd(&pair[0]);
	open_pair();
	cleanup_fd(&pair[0]);
	pair[0] = -1;
	ck_assert_int_eq(control_recv(pair[1], buf, sizeof(buf), NULL, NULL), 0);
}
END_TEST

START_TEST(does_not_send_what_is_no_message)
{
	int fds[CONTROL_FDS + 1] = { 0 };

	make(CONTROL_STATUS_ASK);
	ck_assert_int_eq(control_send(pair[0], &msg, fds, CONTROL_FDS + 1), -EINVAL);
	msg.hdr.len = 15;
	ck_assert_int_eq(control_send(pair[0], &msg, NULL, 0), -EINVAL);
	msg.hdr.len = CONTROL_MSG_MAX + 1;
	ck_assert_int_eq(control_send(pair[0], &msg, NULL, 0), -EINVAL);
	fds[0] = -1;
	msg.hdr.len = 16;
	ck_assert_int_eq(control_send(pair[0], &msg, fds, 1), -EBADF);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *validation = tcase_create("validation");
	TCase *transport = tcase_create("transport");
	SRunner *runner = srunner_create(suite);
	int n_failed;

	tcase_add_loop_test(validation, accepts_a_valid_message_of_each_type, CONTROL_HELLO,
			    CONTROL_FILTER_ENTRIES + 1);
	tcase_add_loop_test(validation, refuses_the_wrong_side_and_every_other_length,
			    CONTROL_HELLO, CONTROL_FILTER_ENTRIES + 1);
	tcase_add_loop_test(validation, reads_nothing_behind_a_message, CONTROL_HELLO,
			    CONTROL_FILTER_ENTRIES + 1);
	tcase_add_loop_test(validation, judges_each_field, 0, (int)ARRAY_LEN(fields));
	tcase_add_test(validation, plan_takes_known_slots_only);
	tcase_add_test(validation, names_are_complete_and_safe);
	suite_add_tcase(suite, validation);

	tcase_add_checked_fixture(transport, open_pair, close_pair);
	tcase_add_loop_test(transport, passes_a_message_with_each_number_of_descriptors, 0,
			    CONTROL_FDS + 1);
	tcase_add_test(transport, closes_surplus_descriptors);
	tcase_add_test(transport, closes_descriptors_that_nobody_wants);
	tcase_add_test(transport, refuses_a_packet_longer_than_the_buffer);
	tcase_add_test(transport, refuses_a_packet_whose_descriptors_were_cut);
	tcase_add_test(transport, an_empty_packet_reads_as_closed_and_leaks_nothing);
	tcase_add_test(transport, reports_closed_empty_and_full);
	tcase_add_test(transport, does_not_send_what_is_no_message);
	suite_add_tcase(suite, transport);

	srunner_run_all(runner, CK_ENV);
	n_failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return n_failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
