/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/wait.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>

#include "engine/now.h"

static int64_t now_ms(void)
{
	return (int64_t)now_clock_ns(CLOCK_MONOTONIC) / NOW_NS_PER_MS;
}

struct swait swait_for(int cancel_fd, int64_t timeout_ms)
{
	int64_t deadline_ms;

	if (__builtin_add_overflow(now_ms(), timeout_ms > 0 ? timeout_ms : 0, &deadline_ms))
		deadline_ms = INT64_MAX;
	return (struct swait){ .cancel_fd = cancel_fd, .deadline_ms = deadline_ms };
}

int64_t swait_left_ms(const struct swait *wait)
{
	int64_t left_ms = wait->deadline_ms - now_ms();

	return left_ms > 0 ? left_ms : 0;
}

int swait_fd(const struct swait *wait, int fd, short events)
{
	struct pollfd fds[2] = { { .fd = fd, .events = events },
				 { .fd = wait->cancel_fd, .events = POLLIN } };
	int64_t left_ms;
	int n;

	for (;;) {
		left_ms = swait_left_ms(wait);
		n = poll(fds, 2, left_ms < INT_MAX ? (int)left_ms : INT_MAX);
		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0)
			return fds[1].revents ? -ECANCELED : 0;
		if (n == 0 && left_ms < INT_MAX)
			return -ETIMEDOUT;
	}
}
