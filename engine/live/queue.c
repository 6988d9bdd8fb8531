/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/live/queue.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

int lqueue_init(struct lqueue *q, size_t cap)
{
	*q = (struct lqueue){ .buf = malloc(cap), .cap = cap };
	return q->buf ? 0 : -ENOMEM;
}

void lqueue_done(struct lqueue *q)
{
	free(q->buf);
	*q = (struct lqueue){ 0 };
}

int lqueue_put(struct lqueue *q, const void *bytes, size_t len)
{
	size_t tail, n;

	if (len > q->cap - q->len)
		return -ENOBUFS;
	tail = (q->head + q->len) % q->cap;
	n = len < q->cap - tail ? len : q->cap - tail;
	memcpy(q->buf + tail, bytes, n);
	memcpy(q->buf, (const uint8_t *)bytes + n, len - n);
	q->len += len;
	return 0;
}

long lqueue_send(struct lqueue *q, int fd)
{
	size_t n = q->len < q->cap - q->head ? q->len : q->cap - q->head;
	struct iovec parts[] = { { q->buf + q->head, n }, { q->buf, q->len - n } };
	const struct msghdr message = { .msg_iov = parts, .msg_iovlen = q->len > n ? 2 : 1 };
	ssize_t sent;

	if (q->len == 0)
		return 0;
	sent = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	if (sent < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	q->head = (q->head + (size_t)sent) % q->cap;
	q->len -= (size_t)sent;
	return sent;
}
