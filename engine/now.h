/* SPDX-License-Identifier: Apache-2.0 */
/* now: the clock of records (CLOCK_BOOTTIME), as the programs in the kernel read it. Any thread. */
#pragma once

#include <stdint.h>
#include <time.h>

#define NOW_NS_PER_S 1000000000LL
#define NOW_NS_PER_US 1000LL
#define NOW_NS_PER_MS 1000000LL

static inline uint64_t now_clock_ns(clockid_t clock)
{
	struct timespec ts;

	(void)clock_gettime(clock, &ts); /* cannot fail for the clocks of this process */
	return (uint64_t)(ts.tv_sec * NOW_NS_PER_S + ts.tv_nsec);
}

static inline uint64_t now_boot_ns(void)
{
	return now_clock_ns(CLOCK_BOOTTIME);
}

/* What has to be added to CLOCK_BOOTTIME for the time since the epoch. */
static inline int64_t now_epoch_offset_ns(void)
{
	return (int64_t)(now_clock_ns(CLOCK_REALTIME) - now_boot_ns());
}
