/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine must still be able to do inside. Each returns 0, or 1 when it failed. */
#include <check.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>

#include "common/cleanup.h"
#include "test/unit/engine/sandbox_ground.h"

static int can_read(void)
{
	CLEANUP_FD int fd = open(here.readable_file, O_RDONLY | O_CLOEXEC);
	CLEANUP_FD int dir = open(here.readable, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char buf[512];

	NEED(fd >= 0 && dir >= 0);
	NEED(read(fd, buf, sizeof(buf)) == 5);
	NEED(syscall(SYS_getdents64, dir, buf, sizeof(buf)) > 0);
	return 0;
}

static int can_write_and_move_and_remove(void)
{
	char path[160], moved[160], dir[160];
	CLEANUP_FD int fd = -1;

	(void)snprintf(path, sizeof(path), "%s/new", here.writable);
	(void)snprintf(dir, sizeof(dir), "%s/dir", here.writable);
	(void)snprintf(moved, sizeof(moved), "%s/dir/moved", here.writable);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	NEED(fd >= 0);
	NEED(write(fd, "0123456789", 10) == 10 && ftruncate(fd, 4) == 0 && fsync(fd) == 0);
	NEED(mkdir(dir, 0700) == 0);
	if (here.state.landlock_abi != 1) /* which denies every move between directories */
		NEED(rename(path, moved) == 0 && unlink(moved) == 0);
	else
		NEED(unlink(path) == 0);
	NEED(rmdir(dir) == 0);
	return 0;
}

static void on_ready(void *arg, uint32_t events)
{
	uint64_t count;

	(void)events;
	if (read(*(const int *)arg, &count, sizeof(count)) != sizeof(count))
		_exit(98);
}

static int serve(struct loop *l)
{
	const uint64_t one = 1;
	int fd = eventfd(0, EFD_CLOEXEC);

	NEED(fd >= 0 && loop_add(l, fd, on_ready, &fd, NULL) == 0);
	for (int i = 0; i < 3; i++) {
		NEED(write(fd, &one, sizeof(one)) == sizeof(one));
		NEED(loop_wait(l, -1) == 1);
		NEED(loop_wait(l, 0) == 0);
		NEED(loop_wait(l, 1000000) == 0);
	}
	loop_remove(l, fd);
	NEED(close(fd) == 0);
	loop_free(l);
	return 0;
}

static int can_wait_by_ring(void)
{
	return here.ring_loop ? serve(here.ring_loop) : 0;
}

static int can_wait_by_epoll(void)
{
	struct err why = { 0 };
	struct loop *later;

	NEED(serve(here.epoll_loop) == 0);
	later = loop_new(LOOP_AUTO, &why);
	NEED(later && strcmp(loop_backend_name(later), "epoll") == 0 && why.code == -EPERM);
	return serve(later);
}

static int can_map_lanes(void)
{
	char *p = mmap(NULL, LANE_BYTES, PROT_READ, MAP_SHARED, here.lane_fd, 0);

	NEED(p != MAP_FAILED && p[0] == 0);
	NEED(munmap(p, LANE_BYTES) == 0);
	if (here.frozen_fd < 0)
		return 0;
	p = mmap(NULL, LANE_BYTES, PROT_READ, MAP_SHARED, here.frozen_fd, 0);
	NEED(p != MAP_FAILED && p[0] == 0);
	return 0;
}

static int can_allocate(void)
{
	for (size_t len = 64; len <= 64U << 20; len *= 16) {
		char *p = malloc(len), *q;

		NEED(p);
		memset(p, 1, len);
		q = realloc(p, 2 * len);
		NEED(q && q[len - 1] == 1);
		free(q);
	}
	return 0;
}

static int can_print(void)
{
	char buf[16] = "";
	FILE *out;
	int fds[2];

	NEED(pipe2(fds, O_CLOEXEC) == 0);
	out = fdopen(fds[1], "w");
	NEED(out && fprintf(out, "line %d\n", 1) > 0 && fflush(out) == 0);
	NEED(read(fds[0], buf, sizeof(buf)) == 7 && strcmp(buf, "line 1\n") == 0);
	NEED(fclose(out) == 0);
	return 0;
}

static void *thread_main(void *arg)
{
	return pthread_setname_np(pthread_self(), "worker") == 0 && try_bpf() == EPERM ? arg : NULL;
}

static int can_start_threads(void)
{
	pthread_t thread;
	void *same;
	int r;

	r = pthread_create(&thread, NULL, thread_main, &here);
	NEED(r == 0 && pthread_join(thread, &same) == 0 && same == &here);
	return 0;
}

static int can_use_sockets(void)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
				    .sin_port = htons(9) };
	char buf[8];
	int fds[2], fd;

	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) == 0);
	NEED(send(fds[0], "text", 4, MSG_NOSIGNAL) == 4 && recv(fds[1], buf, 8, 0) == 4);
	NEED(shutdown(fds[0], SHUT_RDWR) == 0);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	NEED(fd >= 0 && sendto(fd, "x", 1, 0, (const struct sockaddr *)&addr, sizeof(addr)) == 1);
	return 0;
}

static int can_tell_time_and_use(void)
{
	const struct itimerspec soon = { .it_value.tv_nsec = 1000 };
	struct timespec ts = { .tv_nsec = 1000 };
	struct rusage usage;
	struct rlimit limit;
	uint64_t count;
	sigset_t none;
	char bytes[8];
	int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC);

	NEED(fd >= 0 && timerfd_settime(fd, 0, &soon, NULL) == 0 && read(fd, &count, 8) == 8);
	NEED(clock_gettime(CLOCK_BOOTTIME, &ts) == 0 && nanosleep(&soon.it_value, NULL) == 0);
	NEED(getrusage(RUSAGE_SELF, &usage) == 0 && getrlimit(RLIMIT_NOFILE, &limit) == 0);
	NEED(getrandom(bytes, sizeof(bytes), 0) == sizeof(bytes));
	sigemptyset(&none);
	NEED(signalfd(-1, &none, SFD_CLOEXEC) >= 0);
	NEED(!isatty(here.lane_fd));
	fd = inotify_init1(IN_CLOEXEC);
	NEED(fd >= 0 && inotify_add_watch(fd, here.readable, IN_MODIFY) >= 0);
	return 0;
}

static int can_abort(void)
{
	signal(SIGABRT, SIG_DFL); /* sanitizers have a handler */
	abort();
}

static const struct {
	const char *what;
	int (*attempt)(void);
	int expected;
} allowed[] = {
	{ "read", can_read, 0 },
	{ "write, move, remove", can_write_and_move_and_remove, 0 },
	{ "wait by io_uring", can_wait_by_ring, 0 },
	{ "wait by epoll", can_wait_by_epoll, 0 },
	{ "map lanes", can_map_lanes, 0 },
	{ "allocate", can_allocate, 0 },
	{ "print", can_print, 0 },
	{ "start threads", can_start_threads, 0 },
	{ "use sockets", can_use_sockets, 0 },
	{ "tell time and resources", can_tell_time_and_use, 0 },
	{ "abort", can_abort, -SIGABRT },
};

START_TEST(engine_can_do_its_work)
{
	int got = run_inside(allowed[_i].attempt, false);

	ck_assert_msg(got == allowed[_i].expected, "%s: got %d", allowed[_i].what, got);
}
END_TEST

static Suite *sandbox_suite(void)
{
	Suite *s = suite_create("sandbox");
	TCase *tc = tcase_create("allowed");

	tcase_add_checked_fixture(tc, ground_setup, ground_teardown);
	tcase_add_loop_test(tc, engine_can_do_its_work, 0, ARRAY_LEN(allowed));
	suite_add_tcase(s, tc);
	return s;
}

int main(void)
{
	return ground_main(sandbox_suite(), 0, false);
}
