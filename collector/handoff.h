/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handoff: the collector's listening socket, and who may have the lanes.
 *
 * A SOCK_SEQPACKET unix socket that one collector owns (a lock file beside it says so) and one
 * engine at a time is connected to. A peer is an engine if its credentials (SO_PEERCRED,
 * SO_PEERGROUPS) are those of uid 0, of the collector's own uid, of `engine_uid`, or of a member of
 * the socket's group. Its pid is shown and not believed: it is 0 across pid namespaces.
 *
 * Thread: the collector's loop. handoff_listen() comes before priv_drop() and priv_seccomp(), the
 * rest works after them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/control.h"
#include "common/err.h"

struct handoff_options {
	const char *path;   /* of the socket */
	const char *group;  /* name or number, for the socket file; NULL: none */
	int64_t engine_uid; /* may connect too; -1: nobody in particular */
};

struct handoff;

/*
 * Creates the socket, its lock file `path`.lock, and the directory they are in if that is missing
 * (0755). The socket file is 0660 and the group's when there is such a group, else 0600; it belongs
 * to engine_uid when that is given. A socket file that nobody listens on any more is replaced.
 *
 * NULL with err set: -EADDRINUSE another collector is alive on that path; -ENAMETOOLONG; -EEXIST
 * the path is something else than a socket; other errno. `opt` is copied.
 */
struct handoff *handoff_listen(const struct handoff_options *opt, struct err *err);

/* For the loop: readable when somebody wants to connect. It stays the handoff's. */
int handoff_fd(const struct handoff *h);
/* False: there is no such group, and only root (or engine_uid) can connect. Worth a warning. */
bool handoff_has_group(const struct handoff *h);

/*
 * Takes the next connection, without blocking. Returns its descriptor (non-blocking,
 * close-on-exec), which is the caller's until it gives it to handoff_disconnect(). Otherwise:
 *   -EAGAIN  nobody waits; or the engine before is gone, and its descriptor must be dealt with
 *            first: the next one stays in the queue until then
 *   -EACCES  a peer with the wrong credentials was refused
 *   -EBUSY   a second engine was refused
 *   other    accept4(2) or getsockopt(2) failed
 * Those that were refused were told why. err is set for all but -EAGAIN.
 */
int handoff_accept(struct handoff *h, struct err *err);
/* The connected engine's pid as this process sees it; 0: unknown, or none is connected. */
int handoff_engine_pid(const struct handoff *h);
/* Closes what handoff_accept() returned: another engine may connect. */
void handoff_disconnect(struct handoff *h, int sock);

/* Fills in the message's header and sends it with the descriptors, in the order of enum control_fd;
 * they stay the caller's. -EINVAL when the message is not a valid one (see control_check()). */
int handoff_hello(int sock, struct control_hello *hello, const int fds[static CONTROL_FDS],
		  struct err *err);
/* Sends REFUSED with `code` (negative errno) and a sentence. The caller closes the socket. */
int handoff_refuse(int sock, int code, const char *fmt, ...) PRINTF_LIKE(3, 4);

/* Removes the socket file and lets go of the lock; the lock file stays. Accepts NULL. */
void handoff_close(struct handoff *h);
