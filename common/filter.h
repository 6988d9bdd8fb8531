/* SPDX-License-Identifier: Apache-2.0 */
/*
 * filter: the kernel's part of the policies, as it travels from the engine to the collector and
 * into BPF maps. A superset of what the policies want: what the kernel drops no policy would have
 * matched; what it lets through the engine matches exactly.
 *
 * Per event slot the policies' rules form up to 64 groups, a bit each. An event asks for each
 * dimension that is in use which groups its value allows, and passes while a bit is left in their
 * conjunction. A group that has no condition on a dimension is open there; with more than 64 rules,
 * some share a group, which lets more through and never less.
 *
 *   pass(d) = (open[d] & ~value.deny) | value.allow      value: the map's entry, or zeros
 *
 * Texts are not in the map, only their hash: two texts of one hash let more through. For the same
 * reason nothing is denied by a hash. Of a text the best of its whole, its prefixes and its
 * suffixes counts: pass(d) is then the union over all of them.
 *
 * What cannot be looked at passes: a text that is NULL, unreadable or as long as FILTER_TEXT_MAX, a
 * namespace that is gone, the return value of a call that is taken at entry. A text of user space
 * is read for the filter and again for the record; a thread that rewrites it in between decides by
 * which of the two it is dropped or reported, and what is reported is matched exactly, by what the
 * record says. The same thread could as well fool the call itself: see bpf/syscalls.bpf.c.
 */
#pragma once

#include "common/abi.h"
#ifndef __bpf__
#include "common/err.h"
#endif
#include "common/event_list.h"
#include "common/lane.h"

#define FILTER_ENTRIES_MAX 65536U /* of one generation; beyond that dimensions are left open */
#define FILTER_TEXT_MAX 256U      /* bytes: a text as long as this, or longer, passes */
#define FILTER_LENS 8             /* different lengths of prefixes, and of suffixes, of one field */
#define FILTER_FIELDS 2           /* data fields of a kind that are looked at, per event */

enum filter_dim {
	FILTER_UID,   /* real uid */
	FILTER_TGID,  /* initial pid namespace */
	FILTER_TASK,  /* tgid or tid: two looks, allowed when one allows; never denies */
	FILTER_MNTNS, /* inode numbers */
	FILTER_PIDNS,
	FILTER_COMM,      /* filter_key.value and .value2 are the 16 bytes */
	FILTER_UTS,       /* likewise */
	FILTER_CONTAINER, /* FILTER_IN_* by the cgroup map */
	FILTER_RETVAL,
	FILTER_RETVAL_SIGN, /* -1, 0, 1 */
	FILTER_INT0,        /* filter_event.int_field[] */
	FILTER_INT1,
	FILTER_TEXT0, /* filter_event.text[] */
	FILTER_TEXT1,
	FILTER_DIMS
};
_Static_assert(FILTER_INT0 + FILTER_FIELDS == FILTER_TEXT0, "as many as there are fields");
_Static_assert(FILTER_TEXT0 + FILTER_FIELDS == FILTER_DIMS, "as many as there are fields");

/* filter_key.part: what of a text the hash is of. */
#define FILTER_WHOLE 0U
#define FILTER_PREFIX 1U
#define FILTER_SUFFIX 2U /* hashed from its last byte to its first */

/* Values of FILTER_CONTAINER. A cgroup that is not in the map is FILTER_IN_UNKNOWN, and passes. */
#define FILTER_IN_UNKNOWN 0U
#define FILTER_IN_HOST 1U
#define FILTER_IN_CONTAINER 2U

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

struct filter_key {
	__u32 generation; /* the collector's; 0 on the wire */
	__u16 slot;       /* of the event */
	__u8 dim;         /* enum filter_dim */
	__u8 part;        /* FILTER_WHOLE and so on; 0 for what is no text */
	__u32 len;        /* of a prefix or suffix, bytes; else 0 */
	__u32 reserved0;
	__u64 value; /* sign-extended number, or hash */
	__u64 value2;
};
ABI_SIZE(struct filter_key, 32);

struct filter_value {
	__u64 allow;
	__u64 deny;
};
ABI_SIZE(struct filter_value, 16);

struct filter_entry {
	struct filter_key key;
	struct filter_value value;
};
ABI_SIZE(struct filter_entry, 48);

/* How an event of a slot is looked at. */
struct filter_text {
	__u8 field; /* index in the event's fields: a pointer to a string */
	__u8 n_prefix, n_suffix;
	__u8 has_whole;
	__u8 prefix_len[FILTER_LENS]; /* ascending, from 1 */
	__u8 suffix_len[FILTER_LENS];
	__u32 reserved0;
	__u64 seen; /* bit per filter_hash_bit() of the entries: most that are not there are not
		       asked for */
};
ABI_SIZE(struct filter_text, 32);

struct filter_event {
	__u32 dims;                    /* bit per dimension in use; 0: everything passes */
	__u8 int_field[FILTER_FIELDS]; /* indices in the event's fields, which are registers */
	__u8 int_kind[FILTER_FIELDS];  /* enum field_kind of these */
	__u64 groups;                  /* all that there are */
	/* groups without a condition on it, or with nothing but denials; 0 where not in use */
	__u64 open[FILTER_DIMS];
	struct filter_text text[FILTER_FIELDS];
};
ABI_SIZE(struct filter_event, 16 + 8 * FILTER_DIMS + 2 * 32);

#pragma GCC diagnostic pop

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FILTER_HASH_INIT 0xcbf29ce484222325ULL
#define FILTER_HASH_PRIME 0x100000001b3ULL

static inline __u32 filter_hash_bit(__u64 hash)
{
	return hash >> 58;
}

static inline __u64 filter_hash_byte(__u64 hash, __u8 byte)
{
	return (hash ^ byte) * FILTER_HASH_PRIME;
}

#define FILTER_ONE(...) +1
#define FILTER_FIRST_SYSCALL (0 EVENT_LIST(FILTER_ONE)) /* their slots come behind the others */

/* Do the programs look at filters for this event? Not where the engine's stores need all of them
 * (the life of processes and of cgroups). */
static inline int filter_is_possible(__u32 slot)
{
	return slot < EVENT_SLOTS && (slot >= FILTER_FIRST_SYSCALL || slot == EV_DO_EXIT_slot ||
				      slot == EV_TASK_RENAME_slot);
}

/* A register as the number that engine/decode makes of it. Kinds that are no such number: as is. */
static inline __u64 filter_number(__u32 kind, __u64 word)
{
	switch (kind) {
	case FK_S32:
		return (__u64)(__s64)(__s32)word;
	case FK_U32:
		return (__u32)word;
	case FK_U16:
		return (__u16)word;
	case FK_U8:
		return (__u8)word;
	default:
		return word;
	}
}

static inline int filter_is_number(__u32 kind)
{
	return kind == FK_S32 || kind == FK_U32 || kind == FK_S64 || kind == FK_U64 ||
	       kind == FK_U16 || kind == FK_U8;
}

/* The bytes of eight up to the first NUL; what is behind it is rubbish on some kernels. Little
 * endian. The lowest bit of `ends` is exact, the others need not be: Hacker's Delight, 6-1. */
static inline __u64 filter_cut_word(__u64 word)
{
	__u64 ends = (word - 0x0101010101010101ULL) & ~word & 0x8080808080808080ULL;

	return ends ? word & (((ends & -ends) >> 7) - 1) : word;
}

/* A name of up to 15 bytes as filter_key.value and .value2. */
static inline void filter_cut_name(__u64 words[2])
{
	__u64 first = filter_cut_word(words[0]);

	/* with a NUL in the first word its last byte is zero too */
	words[1] = first >> 56 ? filter_cut_word(words[1]) & 0x00ffffffffffffffULL : 0;
	words[0] = first;
}

static inline __u64 filter_pass(__u64 open, __u64 allow, __u64 deny)
{
	return (open & ~deny) | allow;
}

#ifndef __bpf__
/* Is this a way to look at the event: fields of the right kinds, lengths ascending and in range,
 * nothing said about what is not in use? -EPROTO with a sentence. */
int filter_check_event(__u32 slot, const struct filter_event *event, struct err *err);
/* Is it an entry that some event may have? Likewise. */
int filter_check_entry(const struct filter_entry *entry, struct err *err);
/* Does this event look for it? Both passed the above. */
int filter_check_match(const struct filter_event *event, const struct filter_entry *entry,
		       struct err *err);
#endif
