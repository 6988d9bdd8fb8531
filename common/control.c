/* SPDX-License-Identifier: Apache-2.0 */
#include "common/control.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include <sys/socket.h>
#include <sys/uio.h>

#include "common/cleanup.h"
#include "common/event_list.h"

#define GROUPS_MAX 256U
#define CPUS_MAX 65536U  /* far above what any kernel can be built for (8192) */
#define PID_MAX 4194304U /* PID_MAX_LIMIT of 64-bit kernels */
#define PAGE_BYTES_MIN 4096U
#define PAGE_BYTES_MAX 65536U
#define ERRNO_MAX 4095     /* MAX_ERRNO of the kernel */
#define PACKET_FDS_MAX 253 /* SCM_MAX_FD: the kernel passes no more with one packet */

static const char *const hook_names[CONTROL_HOOK_KINDS] = {
	[CONTROL_HOOK_NONE] = "none",
	[CONTROL_HOOK_TP_BTF] = "tp_btf",
	[CONTROL_HOOK_SYS_EXIT] = "tp_btf/sys_exit (global)",
	[CONTROL_HOOK_SYSCALL_TP] = "tracepoint/syscalls (narrow)",
	[CONTROL_HOOK_FEXIT] = "fexit (narrow)",
	[CONTROL_HOOK_FENTRY] = "fentry",
	[CONTROL_HOOK_KPROBE] = "kprobe",
	[CONTROL_HOOK_ENGINE] = "engine",
};

static const char *const state_names[CONTROL_STATES] = {
	[CONTROL_STATE_OFF] = "pending",
	[CONTROL_STATE_ATTACHED] = "attached",
	[CONTROL_STATE_UNAVAILABLE] = "unavailable",
};

static const char *const reason_texts[CONTROL_REASONS] = {
	[CONTROL_REASON_NONE] = "no reason",
	[CONTROL_REASON_NO_SYSCALL] = "this architecture has no such system call",
	[CONTROL_REASON_LOAD] = "the kernel refused the program",
	[CONTROL_REASON_ATTACH] = "the kernel refused the attachment",
	[CONTROL_REASON_NO_HOOK] = "none of its hooks exists on this kernel",
	[CONTROL_REASON_INTERNAL] = "it is internal: a plan cannot ask for it",
};

static const char *const counter_names[KC_COUNTERS] = {
	[KC_RESERVE_GAVE_UP] = "reserve_gave_up",
	[KC_TASK_STORAGE] = "task_storage",
	[KC_SCRATCH_BUSY] = "scratch_busy",
	[KC_PATH_CUT] = "path_cut",
	[KC_USER_UNREAD] = "user_unread",
	[KC_BELL_FULL] = "bell_full",
	[KC_MISSED] = "missed",
};

_Static_assert(KC_COUNTERS <= ARRAY_LEN(((struct control_status *)0)->kernel),
	       "STATUS has a word for each kernel counter");
_Static_assert(sizeof(struct control_plan_status) <= CONTROL_MSG_MAX,
	       "the longest message fits a packet");

const char *control_hook_name(unsigned int hook)
{
	return hook < CONTROL_HOOK_KINDS ? hook_names[hook] : "unknown";
}

const char *control_state_name(unsigned int state)
{
	return state < CONTROL_STATES ? state_names[state] : "unknown";
}

const char *control_reason_text(unsigned int reason)
{
	return reason < CONTROL_REASONS ? reason_texts[reason] : "unknown";
}

const char *control_counter_name(unsigned int counter)
{
	return counter < KC_COUNTERS ? counter_names[counter] : "unknown";
}

void control_hdr_init(struct control_hdr *hdr, enum control_type type, size_t len)
{
	*hdr = (struct control_hdr){
		.magic = CONTROL_MAGIC,
		.version = CONTROL_VERSION,
		.type = (__u16)type,
		.len = (__u32)len,
	};
}

static int check_range(const char *field, __u64 value, __u64 min, __u64 max, struct err *err)
{
	if (value < min || value > max)
		return err_set(err, -EPROTO, "field '%s' is %llu, expected %llu to %llu", field,
			       value, min, max);
	return 0;
}

static int check_power_of_two(const char *field, __u64 value, __u64 min, __u64 max, struct err *err)
{
	if ((value & (value - 1)) != 0)
		return err_set(err, -EPROTO, "field '%s' is %llu, expected a power of two", field,
			       value);
	return check_range(field, value, min, max, err);
}

static int check_zero(const char *field, __u64 value, struct err *err)
{
	if (value != 0)
		return err_set(err, -EPROTO, "field '%s' is %llu, expected 0", field, value);
	return 0;
}

static int check_hello(const void *msg, struct err *err)
{
	struct control_hello m;
	int rc;

	memcpy(&m, msg, sizeof(m));
	rc = check_power_of_two("vital_capacity", m.vital_capacity, LANE_CAPACITY_MIN,
				LANE_CAPACITY_MAX, err);
	if (rc == 0)
		rc = check_power_of_two("bulk_capacity", m.bulk_capacity, LANE_CAPACITY_MIN,
					LANE_CAPACITY_MAX, err);
	if (rc == 0)
		rc = check_power_of_two("own_capacity", m.own_capacity, LANE_CAPACITY_MIN,
					LANE_CAPACITY_MAX, err);
	if (rc == 0)
		rc = check_range("n_groups", m.n_groups, 1, GROUPS_MAX, err);
	if (rc == 0)
		rc = check_range("n_cpus", m.n_cpus, 1, CPUS_MAX, err);
	if (rc == 0)
		rc = check_range("collector_pid", m.collector_pid, 1, PID_MAX, err);
	if (rc == 0)
		rc = check_power_of_two("page_bytes", m.page_bytes, PAGE_BYTES_MIN, PAGE_BYTES_MAX,
					err);
	return rc;
}

static int check_plan(const void *msg, struct err *err)
{
	struct control_plan m;

	memcpy(&m, msg, sizeof(m));
	if ((m.options & ~CONTROL_PLAN_ALL_OPTIONS) != 0)
		return err_set(err, -EPROTO, "field 'options' is 0x%x, expected bits of 0x%x",
			       m.options, CONTROL_PLAN_ALL_OPTIONS);
	for (unsigned int slot = EVENT_SLOTS; slot < LANE_SLOTS; slot++)
		if (m.events[slot / 64] >> (slot % 64) & 1)
			return err_set(err, -EPROTO, "event slot %u is asked for, expected 0 to %u",
				       slot, EVENT_SLOTS - 1U);
	for (unsigned int slot = 0; slot < LANE_SLOTS; slot++)
		if ((m.rings[slot / 64] & ~m.events[slot / 64]) >> (slot % 64) & 1)
			return err_set(err, -EPROTO,
				       "event slot %u rings, expected it to be asked for too",
				       slot);
	if (m.n_filter_events > EVENT_SLOTS || m.n_filter_entries > FILTER_ENTRIES_MAX)
		return err_set(err, -EPROTO,
			       "%u filters with %u entries, expected up to %u with up to %u",
			       m.n_filter_events, m.n_filter_entries, (unsigned int)EVENT_SLOTS,
			       FILTER_ENTRIES_MAX);
	return check_zero("reserved0", m.reserved0, err);
}

/* A state says all that belongs to it and nothing else: what an engine shows is never stale. */
static bool state_is_coherent(const struct control_event_state *s)
{
	switch (s->state) {
	case CONTROL_STATE_OFF:
		return s->hook == CONTROL_HOOK_NONE && s->reason == CONTROL_REASON_NONE &&
		       s->code == 0;
	case CONTROL_STATE_ATTACHED:
		return s->hook != CONTROL_HOOK_NONE && s->reason == CONTROL_REASON_NONE;
	default:
		return s->reason != CONTROL_REASON_NONE;
	}
}

static int check_event_state(const struct control_event_state *s, struct err *err)
{
	int rc;

	rc = check_range("state", s->state, 0, CONTROL_STATE_UNAVAILABLE, err);
	if (rc == 0)
		rc = check_range("hook", s->hook, 0, CONTROL_HOOK_KINDS - 1, err);
	if (rc == 0)
		rc = check_range("reason", s->reason, 0, CONTROL_REASONS - 1, err);
	if (rc == 0)
		rc = check_zero("reserved0", s->reserved0, err);
	if (rc < 0)
		return rc;
	if (s->code > 0 || s->code < -ERRNO_MAX)
		return err_set(err, -EPROTO, "field 'code' is %d, expected -%d to 0", s->code,
			       ERRNO_MAX);
	if (!state_is_coherent(s))
		return err_set(
			err, -EPROTO,
			"state %u with hook %u, reason %u and code %d, expected them to agree",
			s->state, s->hook, s->reason, s->code);
	return 0;
}

static int check_plan_status(const void *msg, struct err *err)
{
	struct control_plan_status m; /* 8 KiB */
	int rc;

	memcpy(&m, msg, sizeof(m));
	/* Both ends compared their ABI number before the first plan: one table, one slot count. */
	rc = check_range("n_slots", m.n_slots, EVENT_SLOTS, EVENT_SLOTS, err);
	if (rc == 0)
		rc = check_range("beats", m.beats, 0, (1U << CONTROL_HOOK_KINDS) - 1, err);
	for (unsigned int slot = 0; rc == 0 && slot < LANE_SLOTS; slot++) {
		rc = check_event_state(&m.events[slot], err);
		if (rc == 0 && slot >= EVENT_SLOTS)
			rc = check_zero("state", m.events[slot].state, err);
		if (rc < 0)
			rc = err_wrap(err, "event slot %u", slot);
	}
	return rc;
}

/* A name goes into labels as it is. */
static int check_prog(const struct control_prog *p, struct err *err)
{
	size_t len = strnlen(p->name, sizeof(p->name));

	if (len == 0 || len == sizeof(p->name) ||
	    strspn(p->name, "abcdefghijklmnopqrstuvwxyz0123456789_") != len)
		return err_set(err, -EPROTO,
			       "field 'name' is no name, expected 1 to %zu of a-z, 0-9 and _",
			       sizeof(p->name) - 1);
	return 0;
}

static int check_progs(const struct control_status *m, struct err *err)
{
	static const struct control_prog none;
	int rc = check_range("n_progs", m->n_progs, 0, CONTROL_PROGS_MAX, err);

	if (rc == 0)
		rc = check_range("has_run_stats", m->has_run_stats, 0, 1, err);
	for (unsigned int i = 0; rc == 0 && i < CONTROL_PROGS_MAX; i++) {
		if (i < m->n_progs)
			rc = check_prog(&m->progs[i], err);
		else if (memcmp(&m->progs[i], &none, sizeof(none)) != 0)
			rc = err_set(err, -EPROTO, "is there, expected %u", m->n_progs);
		if (rc < 0)
			rc = err_wrap(err, "program %u", i);
	}
	return rc;
}

static int check_status(const void *msg, struct err *err)
{
	struct control_status m; /* 3 KiB */

	memcpy(&m, msg, sizeof(m));
	for (unsigned int i = KC_COUNTERS; i < ARRAY_LEN(m.kernel); i++)
		if (m.kernel[i] != 0)
			return err_set(err, -EPROTO, "kernel counter %u is %llu, expected 0", i,
				       m.kernel[i]);
	return check_progs(&m, err);
}

static int check_refused(const void *msg, struct err *err)
{
	struct control_refused m;

	memcpy(&m, msg, sizeof(m));
	if (m.code >= 0 || m.code < -ERRNO_MAX)
		return err_set(err, -EPROTO, "field 'code' is %d, expected -%d to -1", m.code,
			       ERRNO_MAX);
	if (!memchr(m.text, '\0', sizeof(m.text)))
		return err_set(err, -EPROTO, "field 'text' has no end, expected a NUL within %zu",
			       sizeof(m.text));
	return check_zero("reserved0", m.reserved0, err);
}

/* The length was compared with the number of items. Items are copied: a message need not be
 * aligned.
 */
static int check_filter_events(const void *msg, struct err *err)
{
	struct control_filter_events m;
	const uint8_t *at = (const uint8_t *)msg + sizeof(m);
	int rc;

	memcpy(&m, msg, sizeof(m));
	rc = check_zero("reserved0", m.reserved0, err);
	for (unsigned int i = 0; rc == 0 && i < m.n; i++) {
		struct control_filter_event item;

		memcpy(&item, at + i * sizeof(item), sizeof(item));
		rc = check_zero("reserved0", item.reserved0, err);
		if (rc == 0)
			rc = filter_check_event(item.slot, &item.event, err);
		if (rc < 0)
			rc = err_wrap(err, "item %u", i);
	}
	return rc;
}

static int check_filter_entries(const void *msg, struct err *err)
{
	struct control_filter_entries m;
	const uint8_t *at = (const uint8_t *)msg + sizeof(m);
	int rc;

	memcpy(&m, msg, sizeof(m));
	rc = check_zero("reserved0", m.reserved0, err);
	for (unsigned int i = 0; rc == 0 && i < m.n; i++) {
		struct filter_entry item;

		memcpy(&item, at + i * sizeof(item), sizeof(item));
		rc = filter_check_entry(&item, err);
		if (rc < 0)
			rc = err_wrap(err, "item %u", i);
	}
	return rc;
}

/* STATUS_ASK is nothing but its header. */
static int check_nothing(const void *msg, struct err *err)
{
	(void)msg;
	(void)err;
	return 0;
}

static const struct message {
	const char *name;
	size_t len;
	int (*check)(const void *msg, struct err *err);
	enum control_side side;
} messages[] = {
	[CONTROL_HELLO] = { "HELLO", sizeof(struct control_hello), check_hello,
			    CONTROL_FROM_COLLECTOR },
	[CONTROL_PLAN] = { "PLAN", sizeof(struct control_plan), check_plan, CONTROL_FROM_ENGINE },
	[CONTROL_PLAN_STATUS] = { "PLAN_STATUS", sizeof(struct control_plan_status),
				  check_plan_status, CONTROL_FROM_COLLECTOR },
	[CONTROL_STATUS_ASK] = { "STATUS_ASK", sizeof(struct control_status_ask), check_nothing,
				 CONTROL_FROM_ENGINE },
	[CONTROL_STATUS] = { "STATUS", sizeof(struct control_status), check_status,
			     CONTROL_FROM_COLLECTOR },
	[CONTROL_REFUSED] = { "REFUSED", sizeof(struct control_refused), check_refused,
			      CONTROL_FROM_COLLECTOR },
	[CONTROL_FILTER_EVENTS] = { "FILTER_EVENTS", sizeof(struct control_filter_events),
				    check_filter_events, CONTROL_FROM_ENGINE },
	[CONTROL_FILTER_ENTRIES] = { "FILTER_ENTRIES", sizeof(struct control_filter_entries),
				     check_filter_entries, CONTROL_FROM_ENGINE },
};

/* What may follow a message of a type. */
static const struct {
	size_t len, n_max;
} items[ARRAY_LEN(messages)] = {
	[CONTROL_FILTER_EVENTS] = { sizeof(struct control_filter_event),
				    CONTROL_FILTER_EVENTS_MAX },
	[CONTROL_FILTER_ENTRIES] = { sizeof(struct filter_entry), CONTROL_FILTER_ENTRIES_MAX },
};

/* How long the message must be by its own words; 0: it has not as many items as it may. Both kinds
 * with items begin alike. */
static size_t expected_len(unsigned int type, const void *msg, size_t len)
{
	size_t base = messages[type].len;
	struct control_filter_entries m;

	_Static_assert(offsetof(struct control_filter_events, n) ==
			       offsetof(struct control_filter_entries, n),
		       "number of items");
	if (items[type].len == 0 || len < base)
		return base;
	memcpy(&m, msg, sizeof(m));
	return m.n < 1 || m.n > items[type].n_max ? 0 : base + m.n * items[type].len;
}

static int check_hdr(const struct control_hdr *hdr, const void *msg, size_t len,
		     enum control_side side, struct err *err)
{
	const struct message *kind;
	size_t expected;

	if (hdr->magic != CONTROL_MAGIC)
		return err_set(err, -EPROTO, "field 'magic' is 0x%x, expected 0x%x", hdr->magic,
			       CONTROL_MAGIC);
	if (hdr->version != CONTROL_VERSION)
		return err_set(err, -EPROTO, "field 'version' is %u, expected %u", hdr->version,
			       CONTROL_VERSION);
	if (hdr->type >= ARRAY_LEN(messages) || !messages[hdr->type].check)
		return err_set(err, -EPROTO, "field 'type' is %u, expected %u to %u", hdr->type,
			       CONTROL_HELLO, CONTROL_FILTER_ENTRIES);
	kind = &messages[hdr->type];
	if (kind->side != side)
		return err_set(err, -EPROTO, "%s came from the %s, expected it from the %s",
			       kind->name, side == CONTROL_FROM_ENGINE ? "engine" : "collector",
			       side == CONTROL_FROM_ENGINE ? "collector" : "engine");
	expected = expected_len(hdr->type, msg, len);
	if (expected == 0)
		return err_set(err, -EPROTO, "%s has no item or too many, expected 1 to %zu",
			       kind->name, items[hdr->type].n_max);
	if (hdr->len != len || len != expected)
		return err_set(err, -EPROTO,
			       "%s is %zu bytes long and says %u, expected %zu of both", kind->name,
			       len, hdr->len, expected);
	return check_zero("reserved0", hdr->reserved0, err);
}

int control_check(const void *msg, size_t len, enum control_side side, struct err *err)
{
	struct control_hdr hdr; /* a copy: the packet need not be aligned */

	if (len < sizeof(hdr))
		return err_set(err, -EPROTO,
			       "control message is %zu bytes long, expected at least %zu", len,
			       sizeof(hdr));
	memcpy(&hdr, msg, sizeof(hdr));
	if (check_hdr(&hdr, msg, len, side, err) < 0) {
		(void)err_wrap(err, "control message"); /* the code is known */
		return -EPROTO;
	}
	if (messages[hdr.type].check(msg, err) < 0) {
		(void)err_wrap(err, "control message %s", messages[hdr.type].name); /* likewise */
		return -EPROTO;
	}
	return hdr.type;
}

long control_send(int sock, const void *msg, const int *fds, unsigned int n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(CONTROL_FDS * sizeof(int))];
	} ancillary = { 0 };
	struct control_hdr hdr;
	struct iovec iov = { 0 };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	long n;

	memcpy(&hdr, msg, sizeof(hdr));
	if (n_fds > CONTROL_FDS || hdr.len < sizeof(hdr) || hdr.len > CONTROL_MSG_MAX)
		return -EINVAL;
	iov.iov_base = (void *)(uintptr_t)msg; /* sendmsg(2) does not write to it */
	iov.iov_len = hdr.len;
	if (n_fds > 0) {
		struct cmsghdr *cmsg;

		mh.msg_control = ancillary.bytes;
		mh.msg_controllen = CMSG_SPACE(n_fds * sizeof(int));
		cmsg = CMSG_FIRSTHDR(&mh);
		cmsg->cmsg_level = SOL_SOCKET;
		cmsg->cmsg_type = SCM_RIGHTS;
		cmsg->cmsg_len = CMSG_LEN(n_fds * sizeof(int));
		memcpy(CMSG_DATA(cmsg), fds, n_fds * sizeof(int));
	}
	do {
		n = sendmsg(sock, &mh, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* Moves the first CONTROL_FDS descriptors of a packet to `kept`, closes the others. Returns how
 * many were kept. */
static unsigned int take_fds(struct msghdr *mh, int kept[static CONTROL_FDS])
{
	unsigned int n_kept = 0;

	for (struct cmsghdr *cmsg = CMSG_FIRSTHDR(mh); cmsg; cmsg = CMSG_NXTHDR(mh, cmsg)) {
		size_t n_fds = (cmsg->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		if (cmsg->cmsg_level != SOL_SOCKET || cmsg->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; i < n_fds; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(cmsg) + i * sizeof(fd), sizeof(fd));
			if (n_kept < CONTROL_FDS)
				kept[n_kept++] = fd;
			else
				cleanup_fd(&fd);
		}
	}
	return n_kept;
}

long control_recv(int sock, void *buf, size_t cap, int ret_fds[CONTROL_FDS],
		  unsigned int *ret_n_fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(PACKET_FDS_MAX * sizeof(int))];
	} ancillary;
	struct iovec iov = { .iov_base = buf, .iov_len = cap };
	struct msghdr mh = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fds[CONTROL_FDS];
	unsigned int n_fds;
	long n;

	do {
		mh.msg_control = ancillary.bytes;
		mh.msg_controllen = sizeof(ancillary.bytes);
		n = recvmsg(sock, &mh, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	n_fds = take_fds(&mh, fds);
	if ((mh.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
		n = -EPROTO;
	if (n <= 0 || !ret_fds) {
		for (unsigned int i = 0; i < n_fds; i++)
			cleanup_fd(&fds[i]);
		n_fds = 0;
	}
	if (n > 0 && ret_fds)
		for (unsigned int i = 0; i < CONTROL_FDS; i++)
			ret_fds[i] = i < n_fds ? fds[i] : -1;
	if (n > 0 && ret_n_fds)
		*ret_n_fds = n_fds;
	return n;
}
