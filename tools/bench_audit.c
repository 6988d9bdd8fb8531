/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_audit.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/netlink.h>
#include <stdalign.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/cleanup.h"

#define ANSWER_MAX_MS 500
#define ANSWER_MAX 8192 /* bytes; a status has about 60 */
#define ANSWERS_MAX 8   /* messages to look through for ours */

/* 1 or 0: what a message says; -ENOMSG: it is not the status; else negative errno. */
static int read_answer(const char *msg, size_t len)
{
	const struct nlmsghdr *hdr = (const struct nlmsghdr *)msg;
	const char *body = msg + NLMSG_HDRLEN;
	struct audit_status status;
	struct nlmsgerr error;

	if (len < NLMSG_HDRLEN)
		return -EBADMSG;
	if (hdr->nlmsg_type == NLMSG_ERROR && len >= NLMSG_HDRLEN + sizeof(error)) {
		memcpy(&error, body, sizeof(error));
		return error.error < 0 ? error.error : -ENOMSG;
	}
	/* Older kernels send a shorter struct: only its beginning is read. */
	if (hdr->nlmsg_type != AUDIT_GET ||
	    len < NLMSG_HDRLEN + offsetof(struct audit_status, failure))
		return -ENOMSG;
	memset(&status, 0, sizeof(status));
	memcpy(&status, body,
	       len - NLMSG_HDRLEN < sizeof(status) ? len - NLMSG_HDRLEN : sizeof(status));
	return status.enabled != 0;
}

int bench_audit_enabled(void)
{
	const struct timeval patience = { .tv_usec = ANSWER_MAX_MS * 1000 };
	struct nlmsghdr ask = { .nlmsg_len = NLMSG_HDRLEN,
				.nlmsg_type = AUDIT_GET,
				.nlmsg_flags = NLM_F_REQUEST };
	CLEANUP_FD int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	alignas(struct nlmsghdr) char msg[ANSWER_MAX];
	int rc = -ENOMSG;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0 ||
	    send(fd, &ask, sizeof(ask), 0) < 0)
		return -errno;
	for (int i = 0; i < ANSWERS_MAX && rc == -ENOMSG; i++) {
		ssize_t n = recv(fd, msg, sizeof(msg), 0);

		if (n < 0)
			return -errno;
		rc = read_answer(msg, (size_t)n);
	}
	return rc;
}
