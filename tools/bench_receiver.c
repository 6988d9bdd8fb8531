/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/bench_receiver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "tools/bench_brokers.h"
#include "tools/bench_clock.h"

#define BUF_BYTES (256U << 10)
#define CONNECTIONS_MAX 8
#define BEGIN_NS (10 * BENCH_NS_PER_S) /* that brokers may take to be there */
#define LOOK_NS (1 * BENCH_NS_PER_MS)

/* Relaxed: the parent looks until nothing changes any more. */
struct brecv_shared {
	_Atomic uint64_t n_bytes, n_lines, n_requests;
	_Atomic uint32_t port; /* of brokers; 0: they are not there yet */
};

static char buf[BUF_BYTES];

static void count(struct brecv_shared *s, const char *bytes, size_t len)
{
	const char *end = bytes + len;
	uint64_t n_lines = 0;

	for (const char *at = bytes; (at = memchr(at, '\n', (size_t)(end - at))) != NULL; at++)
		n_lines++;
	atomic_fetch_add_explicit(&s->n_bytes, len, memory_order_relaxed);
	atomic_fetch_add_explicit(&s->n_lines, n_lines, memory_order_relaxed);
}

/* False: the end. */
static bool take(struct brecv_shared *s, int fd)
{
	ssize_t n = read(fd, buf, sizeof(buf));

	if (n > 0)
		count(s, buf, (size_t)n);
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

static _Noreturn void read_pipe(struct brecv_shared *s, int fd)
{
	while (take(s, fd))
		;
	_exit(0);
}

static _Noreturn void take_connections(struct brecv_shared *s, int listen_fd)
{
	struct pollfd pfds[1 + CONNECTIONS_MAX] = { { .fd = listen_fd, .events = POLLIN } };
	nfds_t n = 1;

	for (;;) {
		if (poll(pfds, n, -1) < 0 && errno != EINTR)
			_exit(1);
		for (nfds_t i = n - 1; i > 0; i--) {
			if (!pfds[i].revents || take(s, pfds[i].fd))
				continue;
			(void)close(pfds[i].fd);
			pfds[i] = pfds[--n];
		}
		if (pfds[0].revents && n <= CONNECTIONS_MAX) {
			int fd = accept(listen_fd, NULL, NULL);

			if (fd >= 0)
				pfds[n++] = (struct pollfd){ .fd = fd, .events = POLLIN };
		}
	}
}

/* A request comes in parts; the last call has none. */
static enum MHD_Result take_request(void *arg, struct MHD_Connection *connection, const char *url,
				    const char *method, const char *version, const char *data,
				    size_t *len, void **state)
{
	static int begun;
	struct brecv_shared *s = arg;
	struct MHD_Response *response;
	enum MHD_Result result;

	(void)url;
	(void)method;
	(void)version;
	if (!*state) {
		*state = &begun;
		return MHD_YES;
	}
	if (*len > 0) {
		count(s, data, *len);
		*len = 0;
		return MHD_YES;
	}
	atomic_fetch_add_explicit(&s->n_requests, 1, memory_order_relaxed);
	response = MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
	if (!response)
		return MHD_NO;
	result = MHD_queue_response(connection, MHD_HTTP_OK, response);
	MHD_destroy_response(response);
	return result;
}

static _Noreturn void answer_http(struct brecv_shared *s, int listen_fd)
{
	const struct MHD_OptionItem options[] = {
		{ MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, BUF_BYTES, NULL },
		{ MHD_OPTION_END, 0, NULL },
	};

	if (!MHD_start_daemon(MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_EPOLL, 0, NULL, NULL,
			      take_request, s, MHD_OPTION_ARRAY, options, MHD_OPTION_END))
		_exit(1);
	for (;;)
		(void)pause();
}

static int listen_local(uint16_t *ret_port, int *ret_fd)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(addr);
	CLEANUP_FD int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0 ||
	    listen(fd, CONNECTIONS_MAX) < 0 || getsockname(fd, (struct sockaddr *)&addr, &len) < 0)
		return -errno;
	*ret_port = ntohs(addr.sin_port);
	*ret_fd = TAKE_FD(fd);
	return 0;
}

static _Noreturn void run(struct brecv_shared *s, enum brecv_kind kind, int fd, pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the signal is valid */
	if (getppid() != parent)
		_exit(1);
	if (kind == BRECV_PIPE)
		read_pipe(s, fd);
	if (kind == BRECV_STREAM)
		take_connections(s, fd);
	if (kind == BRECV_KAFKA)
		bbrok_run(&s->port, &s->n_lines);
	answer_http(s, fd);
}

static int await_brokers(struct brecv *r)
{
	uint64_t end_ns = bench_now_ns() + BEGIN_NS;

	while (r->port == 0) {
		r->port = (uint16_t)atomic_load_explicit(&r->shared->port, memory_order_relaxed);
		if (waitpid(r->pid, NULL, WNOHANG) == r->pid) {
			r->pid = 0;
			return -ECHILD;
		}
		if (bench_now_ns() > end_ns)
			return -ETIMEDOUT;
		bench_sleep_until(bench_now_ns() + LOOK_NS);
	}
	return 0;
}

int brecv_start(struct brecv *r, enum brecv_kind kind, struct err *err)
{
	CLEANUP_FD int fd = -1;
	pid_t parent = getpid();
	int ends[2], rc = 0;

	*r = (struct brecv){ .pipe_fd = -1 };
	if (kind == BRECV_KAFKA && !bbrok_exist())
		return err_set(err, -EOPNOTSUPP, "this build has no librdkafka");
	r->shared = mmap(NULL, sizeof(*r->shared), PROT_READ | PROT_WRITE,
			 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->shared == MAP_FAILED) {
		r->shared = NULL;
		return err_set(err, -errno, "memory is short (%s)", err_name(errno));
	}
	if (kind == BRECV_STREAM || kind == BRECV_HTTP) {
		rc = listen_local(&r->port, &fd);
	} else if (kind == BRECV_PIPE && pipe2(ends, O_CLOEXEC) < 0) {
		rc = -errno;
	} else if (kind == BRECV_PIPE) {
		fd = ends[0];
		r->pipe_fd = ends[1];
	}
	if (rc < 0)
		return err_set(err, rc, "receiver cannot be made (%s)", err_name(rc));
	r->pid = fork();
	if (r->pid == 0) {
		cleanup_fd(&r->pipe_fd);
		run(r->shared, kind, fd, parent);
	}
	if (r->pid < 0)
		return err_set(err, -errno, "receiver cannot be started (%s)", err_name(errno));
	rc = kind == BRECV_KAFKA ? await_brokers(r) : 0;
	return rc < 0 ? err_set(err, rc, "brokers cannot be started (%s)", err_name(rc)) : 0;
}

void brecv_counts(const struct brecv *r, struct brecv_counts *ret_counts)
{
	*ret_counts = (struct brecv_counts){
		atomic_load_explicit(&r->shared->n_bytes, memory_order_relaxed),
		atomic_load_explicit(&r->shared->n_lines, memory_order_relaxed),
		atomic_load_explicit(&r->shared->n_requests, memory_order_relaxed),
	};
}

void brecv_stop(struct brecv *r)
{
	cleanup_fd(&r->pipe_fd);
	if (r->pid > 0) {
		(void)kill(r->pid, SIGKILL); /* it may have ended */
		(void)waitpid(r->pid, NULL, 0);
	}
	if (r->shared)
		(void)munmap(r->shared, sizeof(*r->shared));
	*r = (struct brecv){ .pipe_fd = -1 };
}
