/* SPDX-License-Identifier: Apache-2.0 */
/*
 * lane_script (lscript_): a lane and its reader, driven by bytes: what they say is done to the lane
 * (any part of it, header and positions included), and what the reader is asked to do. For the
 * fuzzer: whatever was done to the lane, the reader stays inside and comes to an end.
 *
 * One step is an operation (its lowest four bits, see enum lscript_op) and its operands, machine
 * byte order; an operand that is cut off is filled up with zeros.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum lscript_op {
	LSCRIPT_COMMIT = 0,  /* u16 span, u16 len: a record at the writer's place, which moves on */
	LSCRIPT_RESERVE = 1, /* u16 bytes: `prod` and the writer's place move on */
	LSCRIPT_PROD = 2,    /* s32: `prod` is so far from the cursor */
	LSCRIPT_CURSOR = 3,  /* u64 */
	LSCRIPT_PLACE = 4,   /* s32: the writer's place is so far from the cursor */
	LSCRIPT_POKE = 5,    /* u16 word from the beginning of the mapping, u64 what */
	LSCRIPT_BYTES = 6,   /* u8 how many, then they, at the writer's place, which stays */
	LSCRIPT_READ = 7,    /* u16 records at most */
	LSCRIPT_RELEASE = 8,
	LSCRIPT_RELEASE_TO = 9, /* s32 from the reader's place */
	LSCRIPT_SKIP = 10,      /* what is not committed */
	LSCRIPT_ASK = 11,       /* has_more, fill, losses of slot u16 */
	LSCRIPT_AGAIN = 12,     /* another reader, in a mapping of all or (u8 & 1) half of it */
	LSCRIPT_FORMAT = 13,    /* a sound lane again */
	LSCRIPT_FAR = 14,       /* u64: cursor, `prod` and the writer's place begin there */
};

/* Aborts when the reader hands out what does not lie in the lane, or goes on for ever. */
void lscript_run(const uint8_t *bytes, size_t len);
