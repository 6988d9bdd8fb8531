/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/otlp_request.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <sys/utsname.h>

#include "common/cleanup.h"
#include "engine/encode/otlp_write.h"

#define RESOURCE_MAX 65536
#define KEY_MAX 128 /* of an attribute */
#define ATTRIBUTE ((struct ow_place){ 1, NULL })
#define VARINT_MAX 10
#define BRACKETS_MAX 128 /* of the JSON form */

/* --- The resource and the scope. --- */

/* The attribute `key`, unless the user has one of that name. */
static void put_own(struct ow *w, const char *const *more, const char *key, const char *value)
{
	size_t len = strlen(key);

	for (; more && *more; more++) {
		if (!strncmp(*more, key, len) && (*more)[len] == '=')
			return;
	}
	if (value[0])
		ow_pair_text(w, ATTRIBUTE, key, value, strlen(value));
}

/* OpenTelemetry's words for uname's. */
static const char *arch_name(const char *machine)
{
	static const struct {
		const char *uname, *otel;
	} names[] = { { "x86_64", "amd64" }, { "aarch64", "arm64" } };

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		if (!strcmp(machine, names[i].uname))
			return names[i].otel;
	}
	return machine;
}

/* "" when there is none. */
static void read_machine_id(char id[static 33])
{
	CLEANUP_FD int fd = open("/etc/machine-id", O_RDONLY | O_CLOEXEC);
	ssize_t n = fd >= 0 ? read(fd, id, 32) : 0;

	id[n == 32 && strspn(id, "0123456789abcdef\n") >= 32 ? 32 : 0] = '\0';
}

static void put_host(struct ow *w, const char *const *more)
{
	char machine_id[33] = "";
	struct utsname uts;

	read_machine_id(machine_id);
	put_own(w, more, "host.id", machine_id);
	put_own(w, more, "os.type", "linux");
	if (uname(&uts) < 0)
		return;
	put_own(w, more, "host.name", uts.nodename);
	put_own(w, more, "host.arch", arch_name(uts.machine));
	put_own(w, more, "os.version", uts.release);
}

static int put_more(struct ow *w, const char *const *more, struct err *err)
{
	for (; more && *more; more++) {
		size_t len = strcspn(*more, "=");
		char key[KEY_MAX + 1];

		if (len == 0 || len > KEY_MAX || !(*more)[len])
			return err_set(err, -EINVAL,
				       "resource attribute is not one, expected 'key=value'");
		memcpy(key, *more, len);
		key[len] = '\0';
		ow_pair_text(w, ATTRIBUTE, key, *more + len + 1, strlen(*more + len + 1));
	}
	return 0;
}

static int put_resource(struct ow *w, const struct otlp_options *opt, struct err *err)
{
	size_t mark = ow_open(w, (struct ow_place){ 1, "resource" });
	int r;

	ow_list_open(w, "attributes");
	put_own(w, opt->resource, "service.name", "warder");
	put_own(w, opt->resource, "service.version", WARDER_VERSION);
	put_host(w, opt->resource);
	r = put_more(w, opt->resource, err);
	ow_list_close(w);
	ow_close(w, mark);
	if (r == 0 && w->is_full)
		r = err_set(err, -EINVAL, "resource attributes are longer than %d bytes",
			    RESOURCE_MAX);
	return r;
}

static void put_scope(struct ow *w)
{
	size_t mark = ow_open(w, (struct ow_place){ 1, "scope" });

	ow_text(w, (struct ow_place){ 1, "name" }, "warder", strlen("warder"));
	ow_text(w, (struct ow_place){ 2, "version" }, WARDER_VERSION, strlen(WARDER_VERSION));
	ow_close(w, mark);
}

static int keep(struct payload *ret, const struct ow *w)
{
	int r = spay_begin(ret, ow_len(w));

	if (r == 0)
		spay_put(ret, w->start, ow_len(w));
	return r;
}

int oreq_init(struct oreq *req, const struct otlp_options *opt, struct err *err)
{
	CLEANUP_FREE uint8_t *buf = malloc(RESOURCE_MAX);
	struct ow w;
	int r;

	*req = (struct oreq){ .protocol = opt->protocol, .signal = opt->signal };
	if (!buf)
		return err_set(err, -ENOMEM, "resource: out of memory");
	ow_init(&w, buf, RESOURCE_MAX, opt->protocol == OTLP_HTTP_JSON);
	r = put_resource(&w, opt, err);
	if (r < 0)
		return r;
	r = keep(&req->resource, &w);
	ow_init(&w, buf, RESOURCE_MAX, opt->protocol == OTLP_HTTP_JSON);
	put_scope(&w);
	if (r == 0)
		r = keep(&req->scope, &w);
	return r < 0 ? err_set(err, r, "resource: out of memory") : 0;
}

void oreq_done(struct oreq *req)
{
	spay_done(&req->resource);
	spay_done(&req->scope);
}

/* --- Requests. --- */

static size_t varint_len(size_t value)
{
	size_t len = 1;

	for (; value >= 0x80; value >>= 7)
		len++;
	return len;
}

static void put_header(struct payload *p, unsigned int field, size_t len)
{
	uint8_t bytes[1 + VARINT_MAX], *at = bytes;

	*at++ = (uint8_t)(field << 3 | 2);
	for (; len >= 0x80; len >>= 7)
		*at++ = (uint8_t)(len & 0x7f) | 0x80;
	*at++ = (uint8_t)len;
	spay_put(p, bytes, (size_t)(at - bytes));
}

/* ExportLogsServiceRequest { ResourceLogs { resource = 1, ScopeLogs { scope = 1, LogRecord
 * log_records = 2 } scope_logs = 2 } resource_logs = 1 }, and of metrics by the same numbers. */
static int write_proto(const struct oreq *req, const struct batch *batch, struct payload *ret)
{
	size_t frame = req->protocol == OTLP_GRPC ? OREQ_FRAME_LEN : 0;
	size_t scope_logs = req->scope.len, resource_logs, len;
	int r;

	for (size_t i = 0; i < batch->n; i++) {
		len = batch->items[i].len;
		scope_logs += 1 + varint_len(len) + len;
	}
	resource_logs = req->resource.len + 1 + varint_len(scope_logs) + scope_logs;
	r = spay_begin(ret, frame + 1 + varint_len(resource_logs) + resource_logs);
	if (r < 0)
		return r;
	spay_put(ret, (const uint8_t[OREQ_FRAME_LEN]){ 0 }, frame);
	put_header(ret, 1, resource_logs);
	spay_put(ret, req->resource.bytes, req->resource.len);
	put_header(ret, 2, scope_logs);
	spay_put(ret, req->scope.bytes, req->scope.len);
	for (size_t i = 0; i < batch->n; i++) {
		put_header(ret, 2, batch->items[i].len);
		spay_put(ret, batch->items[i].data, batch->items[i].len);
	}
	return 0;
}

static void put_text(struct payload *p, const char *text)
{
	spay_put(p, text, strlen(text));
}

static int write_json(const struct oreq *req, const struct batch *batch, struct payload *ret)
{
	static const char *const names[][3] = {
		[OTLP_LOGS] = { "{\"resourceLogs\":[{", ",\"scopeLogs\":[{", ",\"logRecords\":[" },
		[OTLP_METRICS] = { "{\"resourceMetrics\":[{", ",\"scopeMetrics\":[{",
				   ",\"metrics\":[" },
	};
	int r = spay_begin(ret, BRACKETS_MAX + req->resource.len + req->scope.len + batch->n_bytes +
					batch->n);

	if (r < 0)
		return r;
	put_text(ret, names[req->signal][0]);
	spay_put(ret, req->resource.bytes, req->resource.len);
	put_text(ret, names[req->signal][1]);
	spay_put(ret, req->scope.bytes, req->scope.len);
	put_text(ret, names[req->signal][2]);
	spay_put_items(ret, batch, ",");
	put_text(ret, "]}]}]}");
	return 0;
}

int oreq_write(const struct oreq *req, const struct batch *batch, struct payload *ret)
{
	return req->protocol == OTLP_HTTP_JSON ? write_json(req, batch, ret)
					       : write_proto(req, batch, ret);
}

void oreq_frame(struct payload *p, bool is_compressed)
{
	size_t len = p->len - OREQ_FRAME_LEN;

	p->bytes[0] = is_compressed;
	for (int i = 1; i < OREQ_FRAME_LEN; i++)
		p->bytes[i] = (uint8_t)(len >> (8 * (OREQ_FRAME_LEN - 1 - i)));
}
