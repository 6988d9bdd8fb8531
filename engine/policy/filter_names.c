/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/filter_names.h"

#include <errno.h>
#include <string.h>

#include "common/cleanup.h"

#define KERNEL_NAME_CAP 15 /* bytes of a comm or of a uts name in a record, without the NUL */

/* clang-format off */
static const struct fnames_context contexts[POL_CONTEXTS] = {
#define NUMBER(name, max) { name, POL_TYPE_NUMBER, true, 0, max, NULL }
#define TEXT(name, cap) { name, POL_TYPE_TEXT, false, cap, 0, NULL }
#define TEXT_UNFED(name, unfed) { name, POL_TYPE_TEXT, false, 0, 0, unfed }
#define FLAG(name, unfed) { name, POL_TYPE_FLAG, false, 0, 0, unfed }
	[POL_CTX_TIMESTAMP] = NUMBER("timestamp", UINT64_MAX),
	[POL_CTX_PROCESSOR_ID] = NUMBER("processorId", UINT32_MAX),
	[POL_CTX_PID] = NUMBER("pid", INT32_MAX),
	[POL_CTX_TID] = NUMBER("tid", INT32_MAX),
	[POL_CTX_PPID] = NUMBER("ppid", INT32_MAX),
	[POL_CTX_HOST_PID] = NUMBER("hostPid", INT32_MAX),
	[POL_CTX_HOST_TID] = NUMBER("hostTid", INT32_MAX),
	[POL_CTX_HOST_PPID] = NUMBER("hostPpid", INT32_MAX),
	[POL_CTX_TASK_ID] = NUMBER("pid", INT32_MAX),
	[POL_CTX_UID] = NUMBER("uid", UINT32_MAX),
	[POL_CTX_MNTNS] = NUMBER("mntns", UINT32_MAX),
	[POL_CTX_PIDNS] = NUMBER("pidns", UINT32_MAX),
	[POL_CTX_COMM] = TEXT("comm", KERNEL_NAME_CAP),
	[POL_CTX_UTS] = TEXT("uts", KERNEL_NAME_CAP),
	[POL_CTX_CGROUP_ID] = NUMBER("cgroupId", UINT64_MAX),
	[POL_CTX_HOST] = FLAG("host", NULL),
	[POL_CTX_CONTAINER] = FLAG("container", NULL),
	[POL_CTX_CONTAINER_ID] = TEXT("containerId", 0),
	[POL_CTX_CONTAINER_NAME] = TEXT_UNFED("containerName", "container names"),
	[POL_CTX_CONTAINER_IMAGE] = TEXT_UNFED("containerImage", "container images"),
	[POL_CTX_CONTAINER_IMAGE_DIGEST] =
		TEXT_UNFED("containerImageDigest", "digests of container images"),
	[POL_CTX_POD_NAME] = TEXT_UNFED("podName", "pod names"),
	[POL_CTX_POD_NAMESPACE] = TEXT_UNFED("podNamespace", "namespaces of pods"),
	[POL_CTX_POD_UID] = TEXT_UNFED("podUid", "uids of pods"),
	[POL_CTX_POD_SANDBOX] = FLAG("podSandbox", "sandboxes of pods"),
	[POL_CTX_SYSCALL] = TEXT("syscall", 0),
	[POL_CTX_EXECUTABLE] = TEXT("executable", 0),
	[POL_CTX_TREE] = { "tree", POL_TYPE_NUMBER, false, 0, INT32_MAX, NULL },
	[POL_CTX_NEW] = FLAG("pid=new", NULL),
	[POL_CTX_CONTAINER_NEW] = FLAG("container=new", NULL),
	[POL_CTX_CONTAINER_STARTED] = FLAG("container=started", NULL),
#undef NUMBER
#undef TEXT
#undef TEXT_UNFED
#undef FLAG
};

#define SCOPE (1U << POL_FILTER_SCOPE)
#define RULE (1U << POL_FILTER_RULE)

/* `container` (c, not-container), `pid` and `p` of a scope, `global` and `follow` have forms of
 * their own besides: filter.c. */
static const struct {
	const char *name;
	uint8_t places;
	uint8_t context; /* enum pol_context */
} names[] = {
	{ "timestamp", SCOPE | RULE, POL_CTX_TIMESTAMP },
	{ "processorId", SCOPE | RULE, POL_CTX_PROCESSOR_ID },
	{ "pid", SCOPE, POL_CTX_TASK_ID },
	{ "p", SCOPE, POL_CTX_TASK_ID },
	{ "pid", RULE, POL_CTX_PID },
	{ "p", RULE, POL_CTX_PID },
	{ "processId", SCOPE | RULE, POL_CTX_PID },
	{ "tid", SCOPE | RULE, POL_CTX_TID },
	{ "threadId", SCOPE | RULE, POL_CTX_TID },
	{ "ppid", SCOPE | RULE, POL_CTX_PPID },
	{ "parentProcessId", SCOPE | RULE, POL_CTX_PPID },
	{ "hostPid", SCOPE | RULE, POL_CTX_HOST_PID },
	{ "hostProcessId", SCOPE | RULE, POL_CTX_HOST_PID },
	{ "hostTid", SCOPE | RULE, POL_CTX_HOST_TID },
	{ "hostThreadId", SCOPE | RULE, POL_CTX_HOST_TID },
	{ "hostPpid", SCOPE | RULE, POL_CTX_HOST_PPID },
	{ "hostParentProcessId", SCOPE | RULE, POL_CTX_HOST_PPID },
	{ "uid", SCOPE | RULE, POL_CTX_UID },
	{ "u", SCOPE, POL_CTX_UID },
	{ "userId", SCOPE | RULE, POL_CTX_UID },
	{ "mntns", SCOPE | RULE, POL_CTX_MNTNS },
	{ "mountNamespace", SCOPE | RULE, POL_CTX_MNTNS },
	{ "pidns", SCOPE | RULE, POL_CTX_PIDNS },
	{ "pidNamespace", SCOPE | RULE, POL_CTX_PIDNS },
	{ "comm", SCOPE | RULE, POL_CTX_COMM },
	{ "processName", SCOPE | RULE, POL_CTX_COMM },
	{ "uts", SCOPE | RULE, POL_CTX_UTS },
	{ "hostName", SCOPE | RULE, POL_CTX_UTS },
	{ "cgroupId", SCOPE | RULE, POL_CTX_CGROUP_ID },
	{ "host", SCOPE | RULE, POL_CTX_HOST },
	{ "container", SCOPE | RULE, POL_CTX_CONTAINER },
	{ "c", SCOPE, POL_CTX_CONTAINER },
	{ "not-container", SCOPE | RULE, POL_CTX_CONTAINER },
	{ "containerId", SCOPE | RULE, POL_CTX_CONTAINER_ID },
	{ "containerName", SCOPE | RULE, POL_CTX_CONTAINER_NAME },
	{ "containerImage", SCOPE | RULE, POL_CTX_CONTAINER_IMAGE },
	{ "containerImageDigest", SCOPE | RULE, POL_CTX_CONTAINER_IMAGE_DIGEST },
	{ "podName", SCOPE | RULE, POL_CTX_POD_NAME },
	{ "podNamespace", SCOPE | RULE, POL_CTX_POD_NAMESPACE },
	{ "podUid", SCOPE | RULE, POL_CTX_POD_UID },
	{ "podSandbox", SCOPE | RULE, POL_CTX_POD_SANDBOX },
	{ "syscall", SCOPE | RULE, POL_CTX_SYSCALL },
	{ "executable", SCOPE | RULE, POL_CTX_EXECUTABLE },
	{ "exec", SCOPE | RULE, POL_CTX_EXECUTABLE },
	{ "bin", SCOPE | RULE, POL_CTX_EXECUTABLE },
	{ "binary", SCOPE | RULE, POL_CTX_EXECUTABLE },
	{ "tree", SCOPE, POL_CTX_TREE },
};

/* Where an event has the field on the right, the word on the left means it too. */
static const struct {
	const char *alias, *field;
} field_aliases[] = {
	{ "dest", "dst" },
	{ "source", "src" },
	{ "destination", "dst" },
};

static const struct fnames_part sockaddr_parts[] = {
	{ "sa_family", false, false },
	{ "sin_addr", false, true },
	{ "sin_port", true, false },
	{ "sin6_addr", false, true },
	{ "sin6_port", true, false },
	{ "sin6_flowinfo", true, false },
	{ "sin6_scopeid", true, false },
	{ "sun_path", false, false },
};

static const char *const address_fields[] = {
	"src", "dst", "src_ip", "dst_ip", "source_ip", "destination_ip", "ip", "address",
	"local_addr", "remote_addr",
};
/* clang-format on */

const struct fnames_context *fnames_context(enum pol_context context)
{
	return &contexts[context];
}

static bool is_word(const char *word, const char *name, size_t len)
{
	return strlen(word) == len && memcmp(word, name, len) == 0;
}

int fnames_find(const char *name, size_t len, enum pol_filter_place place)
{
	int rc = -ENOENT;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!is_word(names[i].name, name, len))
			continue;
		if (names[i].places & 1U << place)
			return names[i].context;
		rc = -EXDEV;
	}
	return rc;
}

void fnames_offer(struct nearest *near, enum pol_filter_place place)
{
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (names[i].places & 1U << place)
			nearest_offer(near, names[i].name, strlen(names[i].name));
}

static int find_field(const struct event_def *event, const char *name, size_t len)
{
	for (int i = 0; i < event->n_fields; i++)
		if (is_word(event->fields[i].name, name, len))
			return i;
	return -ENOENT;
}

int fnames_field(const struct event_def *event, const char *name, size_t len)
{
	int index = find_field(event, name, len);

	for (size_t i = 0; i < ARRAY_LEN(field_aliases) && index < 0; i++)
		if (is_word(field_aliases[i].alias, name, len))
			index = find_field(event, field_aliases[i].field,
					   strlen(field_aliases[i].field));
	return index;
}

const struct fnames_part *fnames_sockaddr_part(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(sockaddr_parts); i++)
		if (!strcmp(sockaddr_parts[i].name, name))
			return &sockaddr_parts[i];
	return NULL;
}

void fnames_offer_sockaddr_parts(struct nearest *near)
{
	for (size_t i = 0; i < ARRAY_LEN(sockaddr_parts); i++)
		nearest_offer(near, sockaddr_parts[i].name, strlen(sockaddr_parts[i].name));
}

bool fnames_is_address(const char *field)
{
	for (size_t i = 0; i < ARRAY_LEN(address_fields); i++)
		if (!strcmp(address_fields[i], field))
			return true;
	return false;
}

const char *pol_context_name(enum pol_context context)
{
	return contexts[context].name;
}

const char *pol_context_unfed(enum pol_context context)
{
	return contexts[context].unfed;
}
