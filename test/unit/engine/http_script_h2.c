/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/2's half of the server, by nghttp2. */
#include "test/unit/engine/http_script.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nghttp2/nghttp2.h>

#define HEADERS_MAX 16

struct session {
	struct hs *s;
	struct hs_conn *c;
	struct hs_request *req; /* that is being read */
	const struct hs_answer *answer;
	size_t at; /* of its body, sent */
	bool is_over;
};

static long on_send(nghttp2_session *h2, const uint8_t *bytes, size_t len, int flags, void *arg)
{
	struct session *ses = arg;

	(void)h2;
	(void)flags;
	return hs_write(ses->c, bytes, len) ? (long)len : NGHTTP2_ERR_CALLBACK_FAILURE;
}

static int on_begin(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct session *ses = arg;

	(void)h2;
	(void)frame;
	ses->answer = hs_next(ses->s, &ses->req);
	ses->at = 0;
	ses->req->head_len = (size_t)snprintf(ses->req->head, HS_HEAD_MAX, "\n");
	return 0;
}

static int on_header(nghttp2_session *h2, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *arg)
{
	struct hs_request *req = ((struct session *)arg)->req;
	size_t left = HS_HEAD_MAX - req->head_len;

	(void)h2;
	(void)frame;
	(void)flags;
	if (name_len + value_len + 4 < left)
		req->head_len += (size_t)snprintf(req->head + req->head_len, left, "%.*s: %.*s\n",
						  (int)name_len, (const char *)name, (int)value_len,
						  (const char *)value);
	return 0;
}

static int on_data(nghttp2_session *h2, uint8_t flags, int32_t stream, const uint8_t *bytes,
		   size_t len, void *arg)
{
	struct hs_request *req = ((struct session *)arg)->req;
	uint8_t *body = realloc(req->body, req->body_len + len + 1);

	(void)h2;
	(void)flags;
	(void)stream;
	if (!body)
		abort();
	memcpy(body + req->body_len, bytes, len);
	req->body = body;
	req->body_len += len;
	return 0;
}

/* "Name: value\r\n"... as nghttp2 wants them; `text` is changed. */
static size_t split(char *text, nghttp2_nv *nv, size_t n)
{
	char *save = NULL, *value;

	for (char *p = strtok_r(text, "\r\n", &save); p && n < HEADERS_MAX;
	     p = strtok_r(NULL, "\r\n", &save)) {
		value = strstr(p, ": ");
		if (!value)
			abort();
		*value = '\0';
		value += 2;
		nv[n++] = (nghttp2_nv){ (uint8_t *)p, (uint8_t *)value, strlen(p), strlen(value),
					NGHTTP2_NV_FLAG_NONE };
	}
	return n;
}

static long on_body(nghttp2_session *h2, int32_t stream, uint8_t *buf, size_t cap, uint32_t *flags,
		    nghttp2_data_source *source, void *arg)
{
	struct session *ses = arg;
	const struct hs_answer *a = ses->answer;
	size_t n = a->body_len - ses->at < cap ? a->body_len - ses->at : cap;
	nghttp2_nv nv[HEADERS_MAX];
	char text[2048];

	(void)source;
	if (n > 0)
		memcpy(buf, (const uint8_t *)a->body + ses->at, n);
	ses->at += n;
	if (ses->at < a->body_len)
		return (long)n;
	*flags |= NGHTTP2_DATA_FLAG_EOF;
	if (a->trailers) {
		*flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
		(void)snprintf(text, sizeof(text), "%s", a->trailers);
		(void)nghttp2_submit_trailer(h2, stream, nv, split(text, nv, 0));
	}
	return (long)n;
}

static void respond(nghttp2_session *h2, const struct session *ses, int32_t stream)
{
	const struct hs_answer *a = ses->answer;
	nghttp2_data_provider body = { .read_callback = on_body };
	static uint8_t name[] = ":status";
	nghttp2_nv nv[HEADERS_MAX];
	char text[2048], status[8];

	(void)snprintf(status, sizeof(status), "%d", a->status ? a->status : 200);
	nv[0] = (nghttp2_nv){ name, (uint8_t *)status, 7, strlen(status), NGHTTP2_NV_FLAG_NONE };
	(void)snprintf(text, sizeof(text), "%s", a->headers ? a->headers : "");
	(void)nghttp2_submit_response(h2, stream, nv, split(text, nv, 1),
				      a->body_len > 0 || a->trailers ? &body : NULL);
}

static int on_frame(nghttp2_session *h2, const nghttp2_frame *frame, void *arg)
{
	struct session *ses = arg;

	if (!(frame->hd.flags & NGHTTP2_FLAG_END_STREAM) ||
	    (frame->hd.type != NGHTTP2_DATA && frame->hd.type != NGHTTP2_HEADERS))
		return 0;
	hs_took(ses->s);
	if (ses->answer->how == HS_CLOSE)
		ses->is_over = true;
	else if (ses->answer->how == HS_ANSWER)
		respond(h2, ses, frame->hd.stream_id);
	return 0;
}

void hs_serve2(struct hs *s, struct hs_conn *c)
{
	const nghttp2_settings_entry window = { NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20 };
	struct session ses = { .s = s, .c = c };
	nghttp2_session_callbacks *callbacks;
	nghttp2_session *h2;
	uint8_t buf[16384];
	long n;

	if (nghttp2_session_callbacks_new(&callbacks))
		abort();
	nghttp2_session_callbacks_set_send_callback(callbacks, on_send);
	nghttp2_session_callbacks_set_on_begin_headers_callback(callbacks, on_begin);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
	if (nghttp2_session_server_new(&h2, callbacks, &ses))
		abort();
	(void)nghttp2_submit_settings(h2, NGHTTP2_FLAG_NONE, &window, 1);
	while (nghttp2_session_send(h2) == 0 && !ses.is_over &&
	       (n = hs_read(c, buf, sizeof(buf))) > 0) {
		if (nghttp2_session_mem_recv(h2, buf, (size_t)n) < 0)
			break;
	}
	nghttp2_session_del(h2);
	nghttp2_session_callbacks_del(callbacks);
}
