/* SPDX-License-Identifier: Apache-2.0 */
/*
 * spool_files: the files of a hostile spool, from bytes. A list of {how, name, length (2), bytes}:
 * a segment or the ack, either just these bytes, or made of them with checksums that are right.
 * One directory for the process, removed at its end. Thread: one.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "engine/sink/spool.h"

#define SPOOL_FILES_ACK 1    /* in `how`; else a segment */
#define SPOOL_FILES_BUILT 2  /* with right checksums */
#define SPOOL_FILES_SEALED 4 /* with the numbers of what is in it; else of the first bytes */
#define SPOOL_FILES_HUGE 8   /* its number is near the largest */

const char *spool_files_dir(void);
/* What was there is removed. */
void spool_files_write(const uint8_t *data, size_t size);
