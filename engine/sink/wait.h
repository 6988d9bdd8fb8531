/* SPDX-License-Identifier: Apache-2.0 */
/* wait: until a descriptor is ready, but no longer than may be (prefix swait_). Thread: a worker.
 */
#pragma once

#include <stdint.h>

/* How long a transport may block: to a moment of CLOCK_MONOTONIC, and until it is cancelled. */
struct swait {
	int cancel_fd; /* readable: give up; -1: never */
	int64_t deadline_ms;
};

/* From now on; a timeout that is negative counts as 0. */
struct swait swait_for(int cancel_fd, int64_t timeout_ms);
/* What is left of it, not negative. */
int64_t swait_left_ms(const struct swait *wait);
/* `events` of poll(2). 0: ready, or closed, or failed: the next call tells; -ETIMEDOUT, -ECANCELED,
 * or what poll(2) says. */
int swait_fd(const struct swait *wait, int fd, short events);
