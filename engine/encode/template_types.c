/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "common/cleanup.h"
#include "common/nearest.h"
#include "engine/encode/template_parts.h"

/* Go's names are those of Tracee 0.22's trace.Event, which its templates are written against. */
/* clang-format off */
static const struct tmpl_field event_fields[] = {
	{ "Timestamp", "timestamp", TT_NUMBER },
	{ "ThreadStartTime", "threadStartTime", TT_NUMBER },
	{ "ProcessorID", "processorId", TT_NUMBER },
	{ "ProcessID", "processId", TT_NUMBER },
	{ "CgroupID", "cgroupId", TT_NUMBER },
	{ "ThreadID", "threadId", TT_NUMBER },
	{ "ParentProcessID", "parentProcessId", TT_NUMBER },
	{ "HostProcessID", "hostProcessId", TT_NUMBER },
	{ "HostThreadID", "hostThreadId", TT_NUMBER },
	{ "HostParentProcessID", "hostParentProcessId", TT_NUMBER },
	{ "UserID", "userId", TT_NUMBER },
	{ "MountNS", "mountNamespace", TT_NUMBER },
	{ "PIDNS", "pidNamespace", TT_NUMBER },
	{ "ProcessName", "processName", TT_STRING },
	{ "Executable", "executable", TT_EXECUTABLE },
	{ "HostName", "hostName", TT_STRING },
	{ "ContainerID", "containerId", TT_STRING },
	{ "Container", "container", TT_CONTAINER },
	{ "Kubernetes", "kubernetes", TT_KUBERNETES },
	{ "EventID", "eventId", TT_NUMBER },
	{ "EventName", "eventName", TT_STRING },
	{ "MatchedPolicies", "matchedPolicies", TT_STRINGS },
	{ "ArgsNum", "argsNum", TT_NUMBER },
	{ "ReturnValue", "returnValue", TT_NUMBER },
	{ "Syscall", "syscall", TT_STRING },
	{ "StackAddresses", "stackAddresses", TT_NUMBERS },
	{ "ContextFlags", "contextFlags", TT_FLAGS },
	{ "ThreadEntityId", "threadEntityId", TT_NUMBER },
	{ "ProcessEntityId", "processEntityId", TT_NUMBER },
	{ "ParentEntityId", "parentEntityId", TT_NUMBER },
	{ "Args", "args", TT_ARGS },
	{ "Metadata", "metadata", TT_METADATA },
	{ "marks", "marks", TT_ANY },
};
_Static_assert(ARRAY_LEN(event_fields) == DOC_KEYS, "a row for each key, in their order");

static const struct tmpl_field executable_fields[] = {
	{ "Path", "path", TT_STRING },
};

static const struct tmpl_field container_fields[] = {
	{ "ID", "id", TT_STRING },
	{ "Name", "name", TT_STRING },
	{ "ImageName", "image", TT_STRING },
	{ "ImageDigest", "imageDigest", TT_STRING },
};

static const struct tmpl_field kubernetes_fields[] = {
	{ "PodName", "podName", TT_STRING },
	{ "PodNamespace", "podNamespace", TT_STRING },
	{ "PodUID", "podUID", TT_STRING },
	{ "PodSandbox", "podSandbox", TT_BOOL },
};

static const struct tmpl_field flags_fields[] = {
	{ "ContainerStarted", "containerStarted", TT_BOOL },
	{ "IsCompat", "isCompat", TT_BOOL },
};

/* These have the same names in Go and in JSON. */
static const struct tmpl_field metadata_fields[] = {
	{ "Version", "Version", TT_STRING },
	{ "Description", "Description", TT_STRING },
	{ "Tags", "Tags", TT_STRINGS },
	{ "Properties", "Properties", TT_ANY },
};

static const struct tmpl_field arg_fields[] = {
	{ "Name", "name", TT_STRING },
	{ "Type", "type", TT_STRING },
	{ "Value", "value", TT_ANY },
};

static const struct {
	const char *name;
	const struct tmpl_field *fields;
	size_t n;
} types[] = {
	[TT_EVENT] = { "an event", event_fields, ARRAY_LEN(event_fields) },
	[TT_EXECUTABLE] = { "an executable", executable_fields, ARRAY_LEN(executable_fields) },
	[TT_CONTAINER] = { "a container", container_fields, ARRAY_LEN(container_fields) },
	[TT_KUBERNETES] = { "a pod", kubernetes_fields, ARRAY_LEN(kubernetes_fields) },
	[TT_FLAGS] = { "context flags", flags_fields, ARRAY_LEN(flags_fields) },
	[TT_METADATA] = { "metadata", metadata_fields, ARRAY_LEN(metadata_fields) },
	[TT_ARG] = { "an argument", arg_fields, ARRAY_LEN(arg_fields) },
	[TT_ARGS] = { "a list of arguments", NULL, 0 },
	[TT_STRINGS] = { "a list of strings", NULL, 0 },
	[TT_NUMBERS] = { "a list of numbers", NULL, 0 },
	[TT_STRING] = { "a string", NULL, 0 },
	[TT_NUMBER] = { "a number", NULL, 0 },
	[TT_BOOL] = { "true or false", NULL, 0 },
	[TT_ANY] = { "a value", NULL, 0 },
};
/* clang-format on */

const char *tmpl_type_name(enum tmpl_type type)
{
	return types[type].name;
}

static bool is_name(const char *field, const char *name, size_t len)
{
	return strlen(field) == len && !memcmp(field, name, len);
}

const struct tmpl_field *tmpl_field_find(enum tmpl_type type, const char *name, size_t len)
{
	for (size_t i = 0; i < types[type].n; i++) {
		const struct tmpl_field *field = &types[type].fields[i];

		if (is_name(field->go, name, len) || is_name(field->json, name, len))
			return field;
	}
	return NULL;
}

const char *tmpl_field_nearest(enum tmpl_type type, const char *name, char *buf, size_t cap)
{
	struct nearest nearest;
	size_t len = 0;

	nearest_init(&nearest, name);
	for (size_t i = 0; i < types[type].n; i++) {
		const struct tmpl_field *field = &types[type].fields[i];

		nearest_offer(&nearest, field->go, strlen(field->go));
		nearest_offer(&nearest, field->json, strlen(field->json));
	}
	if (nearest.best[0]) {
		(void)snprintf(buf, cap, "'%s'", nearest.best); /* cut is fine */
		return buf;
	}
	buf[0] = '\0';
	for (size_t i = 0; i < types[type].n && i < 6 && len < cap; i++)
		len += (size_t)snprintf(buf + len, cap - len, "%s'%s'", i ? ", " : "",
					types[type].fields[i].go);
	if (types[type].n > 6 && len < cap)
		(void)snprintf(buf + len, cap - len, " or the like");
	return buf;
}

enum tmpl_type tmpl_element(enum tmpl_type type)
{
	switch (type) {
	case TT_ARGS:
		return TT_ARG;
	case TT_STRINGS:
		return TT_STRING;
	case TT_NUMBERS:
		return TT_NUMBER;
	default:
		return TT_ANY;
	}
}
