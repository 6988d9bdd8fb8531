/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/lookup.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>

#include "common/cleanup.h"

#define STACK_BYTES ((size_t)256 * 1024) /* the resolver's buffers are on it */

struct slookup {
	atomic_int n_users; /* who asked, and the thread */
	int done_fd;        /* an eventfd: readable once the rest is there */
	bool is_done;       /* known to who asked */
	int rc;             /* of getaddrinfo(3) */
	int system_errno;
	struct addrinfo *list;
	char service[8];
	char host[]; /* as given */
};

void slookup_free(struct slookup *lookup)
{
	if (!lookup || atomic_fetch_sub(&lookup->n_users, 1) > 1)
		return;
	if (lookup->list)
		freeaddrinfo(lookup->list);
	if (lookup->done_fd >= 0)
		(void)close(lookup->done_fd);
	free(lookup);
}

static int look_up(struct slookup *lookup, int flags)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM, .ai_flags = flags };

	lookup->rc = getaddrinfo(lookup->host, lookup->service, &hints, &lookup->list);
	lookup->system_errno = errno;
	if (lookup->rc)
		lookup->list = NULL; /* undefined after a failure */
	return lookup->rc;
}

static void *look_up_main(void *arg)
{
	struct slookup *lookup = arg;

	(void)look_up(lookup, AI_ADDRCONFIG | AI_NUMERICSERV);
	(void)eventfd_write(lookup->done_fd, 1); /* cannot fail: the counter is 0 */
	slookup_free(lookup);
	return NULL;
}

static int start_thread(struct slookup *lookup)
{
	pthread_attr_t attr;
	pthread_t thread;
	int rc;

	lookup->done_fd = eventfd(0, EFD_CLOEXEC);
	if (lookup->done_fd < 0)
		return -errno;
	rc = pthread_attr_init(&attr);
	if (rc)
		return -rc;
	(void)pthread_attr_setstacksize(&attr, STACK_BYTES); /* else the standard size */
	(void)pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	atomic_store(&lookup->n_users, 2);
	rc = pthread_create(&thread, &attr, look_up_main, lookup);
	if (rc)
		atomic_store(&lookup->n_users, 1);
	(void)pthread_attr_destroy(&attr);
	return -rc;
}

static int start(struct slookup **lookup, const char *host, uint16_t port, struct err *err)
{
	size_t size = strlen(host) + 1;
	struct slookup *l = calloc(1, sizeof(*l) + size);
	int rc;

	if (!l)
		return err_set(err, -ENOMEM, "out of memory");
	memcpy(l->host, host, size);
	(void)snprintf(l->service, sizeof(l->service), "%u", port);
	l->done_fd = -1;
	l->n_users = 1;
	*lookup = l;
	/* An address is known at once. */
	if (look_up(l, AI_NUMERICHOST | AI_NUMERICSERV) == 0) {
		l->is_done = true;
		return 0;
	}
	rc = start_thread(l);
	if (rc < 0)
		return err_set(err, rc, "no thread to look up host '%s' (%s)", host, err_name(rc));
	return 0;
}

static int wait_done(struct slookup *lookup, const struct swait *wait, struct err *err)
{
	eventfd_t n;
	int rc;

	if (lookup->is_done)
		return 0;
	rc = swait_fd(wait, lookup->done_fd, POLLIN);
	if (rc < 0)
		return err_set(err, rc, "host '%s' is still being looked up", lookup->host);
	if (eventfd_read(lookup->done_fd, &n) < 0)
		return err_set(err, -errno, "host '%s' cannot be looked up (%s)", lookup->host,
			       err_name(errno));
	lookup->is_done = true;
	return 0;
}

int slookup_get(struct slookup **lookup, const char *host, uint16_t port, const struct swait *wait,
		const struct addrinfo **ret_list, struct err *err)
{
	int rc = 0;

	if (!*lookup)
		rc = start(lookup, host, port, err);
	if (rc == 0)
		rc = wait_done(*lookup, wait, err);
	if (rc == 0 && (*lookup)->rc)
		rc = err_set(err, -EHOSTUNREACH, "host '%s' is not known (%s)", host,
			     (*lookup)->rc == EAI_SYSTEM ? err_name((*lookup)->system_errno)
							 : gai_strerror((*lookup)->rc));
	if (rc < 0 && rc != -ETIMEDOUT && rc != -ECANCELED) {
		slookup_free(*lookup);
		*lookup = NULL;
	}
	if (rc == 0)
		*ret_list = (*lookup)->list;
	return rc;
}
