/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bench_clock: what benchmarks measure with: CLOCK_MONOTONIC, the same in all processes, and the
 * CPU time of a process.
 */
#pragma once

#include <stdint.h>
#include <sys/resource.h>
#include <time.h>

#define BENCH_NS_PER_S 1000000000ULL
#define BENCH_NS_PER_MS 1000000ULL

static inline uint64_t bench_now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts); /* cannot fail */
	return (uint64_t)ts.tv_sec * BENCH_NS_PER_S + (uint64_t)ts.tv_nsec;
}

static inline uint64_t bench_timeval_ns(const struct timeval *tv)
{
	return (uint64_t)tv->tv_sec * BENCH_NS_PER_S + (uint64_t)tv->tv_usec * 1000;
}

/* In user space and in the kernel. */
static inline uint64_t bench_cpu_ns(const struct rusage *usage)
{
	return bench_timeval_ns(&usage->ru_utime) + bench_timeval_ns(&usage->ru_stime);
}

/* Until `at_ns` of bench_now_ns(), signals or not. */
static inline void bench_sleep_until(uint64_t at_ns)
{
	struct timespec ts = { .tv_sec = (time_t)(at_ns / BENCH_NS_PER_S),
			       .tv_nsec = (long)(at_ns % BENCH_NS_PER_S) };

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) != 0)
		;
}
