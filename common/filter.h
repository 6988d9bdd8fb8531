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
 * reason nothing is denied by a hash.
 */
#pragma once

#include "common/abi.h"
#include "common/lane.h"

#define FILTER_ENTRIES_MAX 65536U /* of one generation; beyond that dimensions are left open */
#define FILTER_TEXT_MAX 256U      /* bytes of a text that are looked at; a longer one passes */
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
#define FILTER_SUFFIX 2U

/* Values of FILTER_CONTAINER. A cgroup that is not in the map is FILTER_IN_UNKNOWN, and passes. */
#define FILTER_IN_UNKNOWN 0U
#define FILTER_IN_HOST 1U
#define FILTER_IN_CONTAINER 2U

#pragma GCC diagnostic push
#pragma GCC diagnostic error "-Wpadded"

struct filter_key {
	__u32 generation;
	__u16 slot; /* of the event */
	__u8 dim;   /* enum filter_dim */
	__u8 part;  /* FILTER_WHOLE and so on; 0 for what is no text */
	__u32 len;  /* of a prefix or suffix, bytes; else 0 */
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
	__u8 field; /* index in the event's fields */
	__u8 n_prefix, n_suffix;
	__u8 has_whole;
	__u8 prefix_len[FILTER_LENS]; /* ascending, from 1 */
	__u8 suffix_len[FILTER_LENS];
	__u32 reserved0;
};
ABI_SIZE(struct filter_text, 24);

struct filter_event {
	__u32 dims; /* bit per dimension in use; 0: everything passes */
	__u8 int_field[FILTER_FIELDS];
	__u16 reserved0;
	__u64 groups; /* all that there are */
	__u64 open[FILTER_DIMS];
	struct filter_text text[FILTER_FIELDS];
};
ABI_SIZE(struct filter_event, 16 + 8 * FILTER_DIMS + 2 * 24);

#pragma GCC diagnostic pop

/* FNV-1a, 64 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
#define FILTER_HASH_INIT 0xcbf29ce484222325ULL
#define FILTER_HASH_PRIME 0x100000001b3ULL

static inline __u64 filter_hash_byte(__u64 hash, __u8 byte)
{
	return (hash ^ byte) * FILTER_HASH_PRIME;
}
