/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/handoff.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "common/cleanup.h"

#define BACKLOG 4
#define GROUP_BUF_BYTES 65536U /* one line of /etc/group; a larger group reads as absent */
#define NO_GROUP ((gid_t)-1)
#define PEER_GROUPS 64U        /* that fit without allocating */
#define PEER_GROUPS_MAX 65536U /* NGROUPS_MAX of the kernel */

struct handoff {
	int fd;
	int lock_fd;
	int engine_sock; /* borrowed from the caller of handoff_accept(); -1: none */
	int engine_pid;
	gid_t gid;          /* NO_GROUP: none */
	int64_t engine_uid; /* -1: none */
	bool is_bound;      /* the socket file is ours to remove */
	struct sockaddr_un addr;
};

static int parse_number(const char *text, gid_t *ret_gid)
{
	unsigned long value;
	char *end;

	if (*text < '0' || *text > '9')
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, 10);
	if (errno != 0 || *end != '\0' || value >= NO_GROUP)
		return -EINVAL;
	*ret_gid = (gid_t)value;
	return 0;
}

/* NO_GROUP when there is none of that name: the socket is then for its owner alone. */
static int find_group(const char *name, gid_t *ret_gid)
{
	CLEANUP_FREE char *buf = NULL;
	struct group group, *found;
	int rc;

	*ret_gid = NO_GROUP;
	if (!name || parse_number(name, ret_gid) == 0)
		return 0;
	buf = malloc(GROUP_BUF_BYTES);
	if (!buf)
		return -ENOMEM;
	do {
		rc = getgrnam_r(name, &group, buf, GROUP_BUF_BYTES, &found);
	} while (rc == EINTR);
	if (rc == 0 && found)
		*ret_gid = found->gr_gid;
	return 0;
}

static int make_parent(const char *path, struct err *err)
{
	char dir[sizeof(((struct sockaddr_un *)0)->sun_path)];
	char *slash;

	(void)snprintf(dir, sizeof(dir), "%s", path); /* as long as sun_path: checked before */
	slash = strrchr(dir, '/');
	if (!slash || slash == dir)
		return 0;
	*slash = '\0';
	if (mkdir(dir, 0755) < 0) {
		if (errno == EEXIST)
			return 0;
		return err_set(err, -errno, "directory '%s' cannot be made (%s)", dir,
			       err_name(errno));
	}
	/* The umask may have taken away what the engine needs to reach the socket. */
	if (chmod(dir, 0755) < 0)
		return err_set(err, -errno, "directory '%s' cannot be opened to the engine (%s)",
			       dir, err_name(errno));
	return 0;
}

/* The lock lives as long as the process: two collectors that start together cannot both find the
 * socket stale. The file is never removed, or two could hold locks on two files of one name. */
static int take_lock(const char *path, int *ret_fd, struct err *err)
{
	CLEANUP_FD int fd = -1;
	char name[sizeof(((struct sockaddr_un *)0)->sun_path) + sizeof(".lock")];
	char pid[16] = "";
	int n;

	(void)snprintf(name, sizeof(name), "%s.lock", path); /* fits: checked before */
	fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
	if (fd < 0)
		return err_set(err, -errno, "lock file '%s' cannot be opened (%s)", name,
			       err_name(errno));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK)
			return err_set(err, -errno, "lock file '%s' cannot be locked (%s)", name,
				       err_name(errno));
		(void)!read(fd, pid, sizeof(pid) - 1); /* only for the sentence */
		return err_set(err, -EADDRINUSE,
			       "socket '%s' belongs to another collector (pid %d), expected none",
			       path, atoi(pid));
	}
	n = snprintf(pid, sizeof(pid), "%d\n", getpid());
	/* Only for the sentence of a second collector, so a full disk is no reason to stop. */
	if (ftruncate(fd, 0) == 0)
		(void)!pwrite(fd, pid, (size_t)n, 0);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/* Makes room for bind(2): removes a socket that nobody listens on, refuses everything else. */
static int clear_path(const struct sockaddr_un *addr, struct err *err)
{
	CLEANUP_FD int probe = -1;
	const char *path = addr->sun_path;
	struct stat st;

	if (lstat(path, &st) < 0) {
		if (errno == ENOENT)
			return 0;
		return err_set(err, -errno, "socket '%s' cannot be made (%s)", path,
			       err_name(errno));
	}
	if (!S_ISSOCK(st.st_mode))
		return err_set(err, -EEXIST, "'%s' is not a socket, expected one or nothing", path);
	probe = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (probe < 0)
		return err_set(err, -errno, "socket cannot be had (%s)", err_name(errno));
	/* EAGAIN: somebody listens and is behind; EPROTOTYPE: it is not even a collector. */
	if (connect(probe, (const struct sockaddr *)addr, sizeof(*addr)) == 0 || errno == EAGAIN ||
	    errno == EPROTOTYPE)
		return err_set(err, -EADDRINUSE,
			       "socket '%s' is in use by another program, expected none", path);
	if (errno != ECONNREFUSED && errno != ENOENT)
		return err_set(err, -errno, "socket '%s' cannot be examined (%s)", path,
			       err_name(errno));
	if (unlink(path) < 0 && errno != ENOENT)
		return err_set(err, -errno, "socket '%s' is stale and cannot be removed (%s)", path,
			       err_name(errno));
	return 0;
}

/* Before listen(2), so nobody gets in while the file is still open to more than it should be. No
 * symbolic link is followed: in a pod the directory may be the engine's to write. */
static int set_access(const struct handoff *h, struct err *err)
{
	const char *path = h->addr.sun_path;
	uid_t uid = h->engine_uid >= 0 ? (uid_t)h->engine_uid : (uid_t)-1;
	mode_t mode = h->gid == NO_GROUP ? 0600 : 0660;
	struct stat st;

	if (fchmodat(AT_FDCWD, path, mode, AT_SYMLINK_NOFOLLOW) < 0 || lstat(path, &st) < 0)
		return err_set(err, -errno, "socket '%s' cannot be protected (%s)", path,
			       err_name(errno));
	/* A pod's collector may lack CAP_CHOWN, in a directory that gives out the right group. */
	if ((uid == (uid_t)-1 || uid == st.st_uid) && (h->gid == NO_GROUP || h->gid == st.st_gid))
		return 0;
	if (lchown(path, uid, h->gid) < 0)
		return err_set(err, -errno,
			       "socket '%s' cannot be given to the engine (%s): grant CAP_CHOWN",
			       path, err_name(errno));
	return 0;
}

static int bind_socket(struct handoff *h, struct err *err)
{
	const char *path = h->addr.sun_path;
	int rc;

	h->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd < 0)
		return err_set(err, -errno, "socket cannot be had (%s)", err_name(errno));
	if (bind(h->fd, (const struct sockaddr *)&h->addr, sizeof(h->addr)) < 0)
		return err_set(err, -errno, "socket '%s' cannot be made (%s)", path,
			       err_name(errno));
	h->is_bound = true;
	rc = set_access(h, err);
	if (rc < 0)
		return rc;
	if (listen(h->fd, BACKLOG) < 0)
		return err_set(err, -errno, "socket '%s' cannot listen (%s)", path,
			       err_name(errno));
	return 0;
}

static int start_listening(struct handoff *h, const struct handoff_options *opt, struct err *err)
{
	size_t len = strlen(opt->path);
	int rc;

	if (len == 0 || len >= sizeof(h->addr.sun_path))
		return err_set(err, len == 0 ? -EINVAL : -ENAMETOOLONG,
			       "socket path '%s' is %zu bytes long, expected 1 to %zu", opt->path,
			       len, sizeof(h->addr.sun_path) - 1);
	h->addr.sun_family = AF_UNIX;
	memcpy(h->addr.sun_path, opt->path, len + 1);
	h->engine_uid = opt->engine_uid;
	rc = find_group(opt->group, &h->gid);
	if (rc < 0)
		return err_set(err, rc, "group '%s' cannot be looked up (%s)", opt->group,
			       err_name(rc));
	rc = make_parent(opt->path, err);
	if (rc == 0)
		rc = take_lock(opt->path, &h->lock_fd, err);
	if (rc == 0)
		rc = clear_path(&h->addr, err);
	if (rc == 0)
		rc = bind_socket(h, err);
	return rc;
}

struct handoff *handoff_listen(const struct handoff_options *opt, struct err *err)
{
	struct handoff *h = calloc(1, sizeof(*h));

	if (!h) {
		(void)err_set(err, -ENOMEM, "socket cannot be had: out of memory");
		return NULL;
	}
	h->fd = -1;
	h->lock_fd = -1;
	h->engine_sock = -1;
	if (start_listening(h, opt, err) < 0) {
		handoff_close(h);
		return NULL;
	}
	return h;
}

int handoff_fd(const struct handoff *h)
{
	return h->fd;
}

bool handoff_has_group(const struct handoff *h)
{
	return h->gid != NO_GROUP;
}

int handoff_engine_pid(const struct handoff *h)
{
	return h->engine_pid;
}

static bool has_gid(const gid_t *groups, socklen_t bytes, gid_t gid)
{
	for (size_t i = 0; i < bytes / sizeof(*groups); i++)
		if (groups[i] == gid)
			return true;
	return false;
}

/* The groups that the peer had when it connected, asked of the kernel: reading the group database
 * would load code (NSS), which priv_seccomp() forbids. */
static bool is_member(int sock, gid_t gid)
{
	CLEANUP_FREE gid_t *all = NULL;
	gid_t some[PEER_GROUPS];
	socklen_t bytes = sizeof(some);

	if (getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, some, &bytes) == 0)
		return has_gid(some, bytes, gid);
	if (errno != ERANGE || bytes > PEER_GROUPS_MAX * sizeof(*all))
		return false;
	all = malloc(bytes);
	return all && getsockopt(sock, SOL_SOCKET, SO_PEERGROUPS, all, &bytes) == 0 &&
	       has_gid(all, bytes, gid);
}

static bool may_connect(const struct handoff *h, int sock, const struct ucred *peer)
{
	if (peer->uid == 0 || peer->uid == geteuid())
		return true;
	if (h->engine_uid >= 0 && peer->uid == (uid_t)h->engine_uid)
		return true;
	return h->gid != NO_GROUP && (peer->gid == h->gid || is_member(sock, h->gid));
}

static bool engine_is_gone(const struct handoff *h)
{
	struct pollfd p = { .fd = h->engine_sock, .events = 0 };

	return h->engine_sock >= 0 && poll(&p, 1, 0) > 0 && (p.revents & (POLLHUP | POLLERR)) != 0;
}

static int accept_next(int listening, struct err *err)
{
	int sock;

	do {
		sock = accept4(listening, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	} while (sock < 0 && errno == EINTR);
	if (sock >= 0)
		return sock;
	if (errno == EAGAIN || errno == ECONNABORTED)
		return -EAGAIN;
	return err_set(err, -errno, "connection cannot be accepted (%s)", err_name(errno));
}

int handoff_accept(struct handoff *h, struct err *err)
{
	CLEANUP_FD int sock = -1;
	struct ucred peer;
	socklen_t len = sizeof(peer);

	if (engine_is_gone(h))
		return -EAGAIN;
	sock = accept_next(h->fd, err);
	if (sock < 0)
		return sock;
	if (getsockopt(sock, SOL_SOCKET, SO_PEERCRED, &peer, &len) < 0)
		return err_set(err, -errno, "credentials of a peer cannot be read (%s)",
			       err_name(errno));
	if (!may_connect(h, sock, &peer)) {
		/* A peer that does not take the answer loses only the answer; the same below. */
		(void)handoff_refuse(sock, -EACCES,
				     "uid %u may not connect, expected root or a member of the "
				     "socket's group",
				     peer.uid);
		return err_set(err, -EACCES, "peer with uid %u and pid %d was refused", peer.uid,
			       peer.pid);
	}
	if (h->engine_sock >= 0) {
		(void)handoff_refuse(sock, -EBUSY, "another engine is connected (pid %d)",
				     h->engine_pid);
		return err_set(err, -EBUSY,
			       "second engine (pid %d) was refused: another is connected (pid %d)",
			       peer.pid, h->engine_pid);
	}
	h->engine_sock = sock;
	h->engine_pid = peer.pid;
	return TAKE_FD(sock);
}

void handoff_disconnect(struct handoff *h, int sock)
{
	if (sock == h->engine_sock) {
		h->engine_sock = -1;
		h->engine_pid = 0;
	}
	cleanup_fd(&sock);
}

int handoff_hello(int sock, struct control_hello *hello, const int fds[static CONTROL_FDS],
		  struct err *err)
{
	long n;

	control_hdr_init(&hello->hdr, CONTROL_HELLO, sizeof(*hello));
	if (control_check(hello, sizeof(*hello), CONTROL_FROM_COLLECTOR, err) < 0)
		return -EINVAL;
	n = control_send(sock, hello, fds, CONTROL_FDS);
	if (n < 0)
		return err_set(err, (int)n, "HELLO cannot be sent to the engine (%s)",
			       err_name((int)n));
	return 0;
}

int handoff_refuse(int sock, int code, const char *fmt, ...)
{
	struct control_refused msg = { .code = code };
	va_list ap;
	long n;

	control_hdr_init(&msg.hdr, CONTROL_REFUSED, sizeof(msg));
	va_start(ap, fmt);
	(void)vsnprintf(msg.text, sizeof(msg.text), fmt, ap); /* a cut sentence is still one */
	va_end(ap);
	n = control_send(sock, &msg, NULL, 0);
	return n < 0 ? (int)n : 0;
}

void handoff_close(struct handoff *h)
{
	if (!h)
		return;
	if (h->is_bound)
		(void)unlink(h->addr.sun_path); /* gone already: as wanted */
	cleanup_fd(&h->fd);
	cleanup_fd(&h->lock_fd);
	free(h);
}
