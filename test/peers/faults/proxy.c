/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proxy: a bad network between a sink and its peer: proxy LISTEN-PORT PEER-PORT, both on 127.0.0.1.
 * Does as it is told on its input, one command a line, and says "ok" to each:
 *
 *     pass      what comes is passed on (the beginning)
 *     slow N    N bytes a second for each connection, towards the peer
 *     cut N     a connection ends, in both directions, after N bytes towards the peer
 *     stall     what comes is not read
 *     down      no connections: those that are there end, new ones are refused
 *
 * "cut" and "down" end a connection with a reset, as a peer does that was killed. Ends with its
 * input.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "common/cleanup.h"

#define LINKS_MAX 64
#define TICK_MS 10
#define CHUNK 16384

enum mode { PASS, SLOW, CUT, STALL, DOWN };

/* A connection, and ours to the peer. */
struct link {
	int fds[2]; /* the sink, the peer */
	uint64_t n_sent;
	size_t allowed; /* in this tick */
};

static enum mode mode;
static uint64_t amount;
static uint16_t ports[2];
static int listener = -1;
static struct link links[LINKS_MAX];
static size_t n_links;

static void require(bool condition, const char *what)
{
	if (condition)
		return;
	fprintf(stderr, "proxy: %s (%s)\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

static struct sockaddr_in address(uint16_t port)
{
	return (struct sockaddr_in){ .sin_family = AF_INET,
				     .sin_port = htons(port),
				     .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
}

static void start_listening(void)
{
	struct sockaddr_in at = address(ports[0]);
	const int yes = 1;

	if (listener >= 0)
		return;
	listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	require(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes)) == 0 &&
			bind(listener, (const struct sockaddr *)&at, sizeof(at)) == 0 &&
			listen(listener, LINKS_MAX) == 0,
		"cannot listen");
}

/* `reset`: with no regard for what is on its way. */
static void end_link(size_t i, bool reset)
{
	const struct linger linger = { .l_onoff = 1 };

	for (int side = 0; side < 2; side++) {
		if (reset)
			(void)setsockopt(links[i].fds[side], SOL_SOCKET, SO_LINGER, &linger,
					 sizeof(linger)); /* cannot fail */
		(void)close(links[i].fds[side]);
	}
	links[i] = links[--n_links];
}

static void begin_link(void)
{
	struct sockaddr_in to = address(ports[1]);
	struct link link = { .fds = { accept4(listener, NULL, NULL, SOCK_CLOEXEC),
				      socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) } };

	require(link.fds[0] >= 0 && link.fds[1] >= 0 && n_links < LINKS_MAX, "no more connections");
	links[n_links++] = link;
	if (connect(link.fds[1], (const struct sockaddr *)&to, sizeof(to)) < 0)
		end_link(n_links - 1, true);
}

/* How much may be passed on now; 0: nothing. */
static size_t allowance(const struct link *l, int from)
{
	if (from != 0 || mode == PASS)
		return CHUNK;
	if (mode == CUT)
		return amount - l->n_sent < CHUNK ? (size_t)(amount - l->n_sent) : CHUNK;
	return mode == SLOW ? l->allowed : 0;
}

static bool write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* False: the link is no more. */
static bool pass_on(size_t i, int from)
{
	static uint8_t data[CHUNK];
	struct link *l = &links[i];
	ssize_t n = read(l->fds[from], data, allowance(l, from));

	if (n <= 0 || !write_all(l->fds[!from], data, (size_t)n)) {
		end_link(i, n < 0);
		return false;
	}
	if (from != 0)
		return true;
	l->n_sent += (size_t)n;
	l->allowed -= mode == SLOW ? (size_t)n : 0;
	if (mode == CUT && l->n_sent >= amount) {
		end_link(i, true);
		return false;
	}
	return true;
}

static bool take_command(void)
{
	static const char *const names[] = { "pass", "slow", "cut", "stall", "down" };
	char line[64], name[16];
	unsigned long long n = 0;

	if (!fgets(line, sizeof(line), stdin))
		return false;
	require(sscanf(line, "%15s %llu", name, &n) >= 1, "empty command");
	for (mode = PASS; strcmp(name, names[mode]) != 0; mode++)
		require(mode < DOWN, "command is not known");
	amount = n;
	if (mode == CUT || mode == DOWN)
		while (n_links > 0)
			end_link(0, true);
	if (mode == DOWN) {
		(void)close(listener);
		listener = -1;
	} else {
		start_listening();
	}
	puts("ok");
	return true;
}

/* From the last to the first: one that ends is replaced by one that was looked at. */
static void serve_links(const struct pollfd *fds)
{
	for (size_t i = n_links; i-- > 0;) {
		if (fds[2 * i + 1].revents && !pass_on(i, 1))
			continue;
		if (fds[2 * i].revents)
			(void)pass_on(i, 0); /* of no interest any more */
	}
}

static void run(void)
{
	struct pollfd fds[2 * LINKS_MAX + 2];

	for (;;) {
		size_t n = 2 * n_links;

		for (size_t i = 0; i < n; i++) {
			struct link *l = &links[i / 2];

			if (i % 2 == 0)
				l->allowed = (size_t)(amount * TICK_MS / 1000);
			fds[i] = (struct pollfd){
				.fd = allowance(l, (int)(i % 2)) > 0 ? l->fds[i % 2] : -1,
				.events = POLLIN,
			};
		}
		fds[n] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
		fds[n + 1] = (struct pollfd){ .fd = listener, .events = POLLIN };
		(void)poll(fds, n + 2, -1); /* looked at again anyway */
		serve_links(fds);
		if (fds[n].revents && !take_command())
			return;
		if (fds[n + 1].revents && listener >= 0)
			begin_link();
		if (mode == SLOW)
			(void)poll(NULL, 0, TICK_MS);
	}
}

int main(int argc, char **argv)
{
	if (argc != 3) {
		fprintf(stderr, "usage: proxy LISTEN-PORT PEER-PORT\n");
		return EXIT_FAILURE;
	}
	(void)setvbuf(stdout, NULL, _IOLBF, 0); /* neither can fail here */
	(void)setvbuf(stdin, NULL, _IONBF, 0);
	for (int i = 0; i < 2; i++)
		ports[i] = (uint16_t)strtoul(argv[i + 1], NULL, 10);
	start_listening();
	puts("ok");
	run();
	return EXIT_SUCCESS;
}
