/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/http_parts.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool copy_value(const char *line, size_t len, const char *name, char *value, size_t cap)
{
	size_t name_len = strlen(name);

	if (len <= name_len || line[name_len] != ':' || strncasecmp(line, name, name_len))
		return false;
	line += name_len + 1;
	len -= name_len + 1;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	while (len > 0 && strchr(" \t\r\n", line[len - 1]) && line[len - 1])
		len--;
	if (len >= cap)
		len = cap - 1;
	memcpy(value, line, len);
	value[len] = '\0';
	return true;
}

/* One line, trailers too; a status line begins another answer (after a 100, or a 401). */
size_t hclient_on_header(char *line, size_t size, size_t n, void *userp)
{
	struct hclient_reply *reply = userp;
	size_t len = size * n;

	if (len > 5 && !memcmp(line, "HTTP/", 5)) {
		reply->content_type[0] = reply->grpc_status[0] = '\0';
		reply->grpc_message[0] = reply->grpc_details[0] = '\0';
		return len;
	}
	if (copy_value(line, len, "content-type", reply->content_type,
		       sizeof(reply->content_type)) ||
	    copy_value(line, len, "grpc-status", reply->grpc_status, sizeof(reply->grpc_status)) ||
	    copy_value(line, len, "grpc-message", reply->grpc_message, sizeof(reply->grpc_message)))
		return len;
	(void)copy_value(line, len, "grpc-status-details-bin", reply->grpc_details,
			 sizeof(reply->grpc_details));
	return len;
}

size_t hclient_on_body(char *bytes, size_t size, size_t n, void *userp)
{
	struct hclient_body *body = userp;
	size_t len = size * n, room = sizeof(body->bytes) - body->len;

	memcpy(body->bytes + body->len, bytes, len < room ? len : room);
	if (len > room) {
		body->len = sizeof(body->bytes);
		body->is_cut = true;
		return 0; /* ends the transfer: who says that much is not read on */
	}
	body->len += len;
	return len;
}

static int code_of(int status)
{
	if (status >= 200 && status < 300)
		return 0;
	if (status < 400)
		return -EPROTO;
	switch (status) {
	case 401:
	case 403:
	case 407:
		return -EACCES;
	case 404:
	case 405:
		return -ENOENT;
	case 408:
	case 429:
		return -EAGAIN;
	case 413:
		return -E2BIG;
	default:
		return status >= 500 ? -EAGAIN : -EBADMSG;
	}
}

void hclient_say(struct delivery *ret, const char *what, const char *why)
{
	(void)snprintf(ret->text, sizeof(ret->text), "%s%s%s", what, why[0] ? ": " : "", why);
	for (char *p = ret->text; *p; p++) {
		if (!isprint((unsigned char)*p))
			*p = '?';
	}
}

int hclient_judge(const struct hclient_reply *reply, struct delivery *ret)
{
	int r = code_of(reply->status);
	char what[96];

	ret->retry_after_ms = reply->retry_after_ms;
	if (r == 0) {
		ret->text[0] = '\0';
		return 0;
	}
	(void)snprintf(what, sizeof(what), "peer answered %d%s", reply->status,
		       reply->status < 400 ? ", redirects are not followed" : "");
	hclient_say(ret, what, "");
	return r;
}
