/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/forward_ground.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <msgpack.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <zlib.h>

#define MUST(expr)                                                                                 \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)
#define UNPACKED_MAX (4U << 20)

struct conn {
	struct fg_peer *p;
	int fd;
	SSL *ssl;
	size_t n_bytes;
	msgpack_unpacker unpacker;
	msgpack_unpacked message;
};

static void fault(struct fg_peer *p, const char *what)
{
	(void)snprintf(p->fault, sizeof(p->fault), "%s", what);
}

static bool wait_readable(struct conn *c)
{
	struct pollfd fds[2] = { { .fd = c->fd, .events = POLLIN },
				 { .fd = c->p->stop_fd, .events = POLLIN } };

	if (c->ssl && SSL_pending(c->ssl) > 0)
		return true;
	MUST(poll(fds, 2, -1) > 0);
	return !fds[1].revents;
}

/* False: the end of the connection. */
static bool read_message(struct conn *c)
{
	while (msgpack_unpacker_next(&c->unpacker, &c->message) != MSGPACK_UNPACK_SUCCESS) {
		ssize_t n;
		char *at;

		MUST(msgpack_unpacker_reserve_buffer(&c->unpacker, 65536));
		at = msgpack_unpacker_buffer(&c->unpacker);
		if (!wait_readable(c))
			return false;
		n = c->ssl ? SSL_read(c->ssl, at, 65536) : read(c->fd, at, 65536);
		if (n <= 0)
			return false;
		msgpack_unpacker_buffer_consumed(&c->unpacker, (size_t)n);
		c->n_bytes += (size_t)n;
		if (c->p->close_after && c->n_bytes >= c->p->close_after) {
			if (!c->p->closes_always)
				c->p->close_after = 0;
			return false;
		}
	}
	return true;
}

static void say(struct conn *c, const void *data, size_t len)
{
	if (c->ssl)
		(void)SSL_write(c->ssl, data, (int)len);
	else
		(void)send(c->fd, data, len, MSG_NOSIGNAL);
}

static void pack_text(msgpack_packer *out, const char *text, size_t len)
{
	(void)msgpack_pack_str(out, len);
	(void)msgpack_pack_str_body(out, text, len);
}

#define TEXT(text) text, strlen(text)

static void say_packed(struct conn *c, msgpack_sbuffer *buffer)
{
	say(c, buffer->data, buffer->size);
	msgpack_sbuffer_destroy(buffer);
}

static bool is_text(const msgpack_object *o, const char *text, size_t len)
{
	return o->type == MSGPACK_OBJECT_STR && o->via.str.size == len &&
	       !memcmp(o->via.str.ptr, text, len);
}

/* --- The handshake, by the protocol's text and not by the code that is tested. --- */

static void sha512(char hex[129], const char *parts[], const size_t lens[], int n)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char raw[64];

	MUST(EVP_DigestInit_ex(ctx, EVP_sha512(), NULL));
	for (int i = 0; i < n; i++)
		MUST(EVP_DigestUpdate(ctx, parts[i], lens[i]));
	MUST(EVP_DigestFinal_ex(ctx, raw, NULL));
	EVP_MD_CTX_free(ctx);
	for (int i = 0; i < 64; i++)
		(void)sprintf(hex + 2 * i, "%02x", raw[i]);
}

static void say_helo(struct conn *c)
{
	msgpack_sbuffer buffer;
	msgpack_packer out;

	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&out, &buffer, msgpack_sbuffer_write);
	(void)msgpack_pack_array(&out, 2);
	pack_text(&out, TEXT("HELO"));
	(void)msgpack_pack_map(&out, 3);
	pack_text(&out, TEXT("nonce"));
	(void)msgpack_pack_bin(&out, 5);
	(void)msgpack_pack_bin_body(&out, "no\0ce", 5);
	pack_text(&out, TEXT("auth"));
	pack_text(&out, TEXT(c->p->user ? "salt" : ""));
	pack_text(&out, TEXT("keepalive"));
	(void)(c->p->no_keepalive ? msgpack_pack_false(&out) : msgpack_pack_true(&out));
	say_packed(c, &buffer);
}

static const char *check_ping(struct conn *c, const msgpack_object *at)
{
	const struct fg_peer *p = c->p;
	const char *key[] = { at[2].via.bin.ptr, at[1].via.str.ptr, "no\0ce", p->key };
	const size_t key_lens[] = { at[2].via.bin.size, at[1].via.str.size, 5, strlen(p->key) };
	char hex[129];

	if (at[2].type != MSGPACK_OBJECT_BIN || at[2].via.bin.size != 16)
		return "no salt";
	sha512(hex, key, key_lens, 4);
	if (!is_text(&at[3], hex, 128))
		return "shared key mismatch\n\x1b[31m";
	if (p->user) {
		const char *user[] = { "salt", p->user, p->password };
		const size_t lens[] = { 4, strlen(p->user), strlen(p->password) };

		sha512(hex, user, lens, 3);
		if (!is_text(&at[4], TEXT(p->user)) || !is_text(&at[5], hex, 128))
			return "username/password mismatch";
	} else if (at[4].via.str.size || at[5].via.str.size) {
		return "a user that nobody asked for";
	}
	return "";
}

static bool shake_hands(struct conn *c)
{
	const struct fg_peer *p = c->p;
	const char *reason, *pong_host = p->pong_host ? p->pong_host : "peer";
	const msgpack_object *at;
	size_t host_len = strlen(pong_host);
	msgpack_sbuffer buffer;
	msgpack_packer out;
	char hex[129] = "";

	say_helo(c);
	if (!read_message(c))
		return false;
	at = c->message.data.via.array.ptr;
	MUST(c->message.data.type == MSGPACK_OBJECT_ARRAY && c->message.data.via.array.size == 6);
	MUST(is_text(&at[0], TEXT("PING")));
	reason = check_ping(c, at);
	if (!strcmp(pong_host, "=")) {
		pong_host = at[1].via.str.ptr;
		host_len = at[1].via.str.size;
	}
	if (!reason[0]) {
		const char *key = p->pong_key ? p->pong_key : p->key;
		const char *parts[] = { at[2].via.bin.ptr, pong_host, "no\0ce", key };
		const size_t lens[] = { at[2].via.bin.size, host_len, 5, strlen(key) };

		sha512(hex, parts, lens, 4);
	}
	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&out, &buffer, msgpack_sbuffer_write);
	(void)msgpack_pack_array(&out, 5);
	pack_text(&out, TEXT("PONG"));
	(void)(reason[0] ? msgpack_pack_false(&out) : msgpack_pack_true(&out));
	pack_text(&out, TEXT(reason));
	pack_text(&out, pong_host, host_len);
	pack_text(&out, TEXT(hex));
	say_packed(c, &buffer);
	return !reason[0];
}

/* --- Messages. --- */

static void take_event(struct conn *c, const msgpack_object *tag, const msgpack_object *time,
		       const msgpack_object *record)
{
	struct fg_event *event = &c->p->events[c->p->n_events];
	msgpack_sbuffer buffer;
	msgpack_packer out;
	uint32_t words[2];

	MUST(c->p->n_events < FG_EVENTS_MAX);
	MUST(tag->type == MSGPACK_OBJECT_STR && tag->via.str.size < sizeof(event->tag));
	memcpy(event->tag, tag->via.str.ptr, tag->via.str.size);
	if (time->type == MSGPACK_OBJECT_EXT) {
		MUST(time->via.ext.type == 0 && time->via.ext.size == 8);
		memcpy(words, time->via.ext.ptr, 8);
		event->time_ns = ntohl(words[0]) * 1000000000LL + ntohl(words[1]);
	} else {
		MUST(time->type == MSGPACK_OBJECT_POSITIVE_INTEGER);
		event->time_ns = time->via.i64 * 1000000000LL;
		event->has_integer_time = true;
	}
	if (record->type != MSGPACK_OBJECT_MAP)
		fault(c->p, "a record that is no map");
	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&out, &buffer, msgpack_sbuffer_write);
	MUST(msgpack_pack_object(&out, *record) == 0);
	event->len = buffer.size;
	event->record = msgpack_sbuffer_release(&buffer);
	msgpack_sbuffer_destroy(&buffer);
	c->p->n_events++;
}

static void take_entry(struct conn *c, const msgpack_object *tag, const msgpack_object *entry)
{
	if (entry->type != MSGPACK_OBJECT_ARRAY || entry->via.array.size != 2)
		fault(c->p, "an entry that is none");
	else
		take_event(c, tag, &entry->via.array.ptr[0], &entry->via.array.ptr[1]);
}

static size_t gunzip(const void *data, size_t len, char *out)
{
	z_stream z = { .next_in = (Bytef *)(uintptr_t)data, .avail_in = (uInt)len };

	z.next_out = (Bytef *)out;
	z.avail_out = UNPACKED_MAX;
	MUST(inflateInit2(&z, 16 + MAX_WBITS) == Z_OK);
	MUST(inflate(&z, Z_FINISH) == Z_STREAM_END);
	MUST(z.avail_in == 0);
	(void)inflateEnd(&z);
	return z.total_out;
}

static void take_packed(struct conn *c, const msgpack_object *tag, const msgpack_object *bin,
			bool is_gzip)
{
	char *plain = is_gzip ? malloc(UNPACKED_MAX) : NULL;
	const char *data = is_gzip ? plain : bin->via.bin.ptr;
	size_t offset = 0, len = bin->via.bin.size;
	msgpack_unpacked entry;

	if (is_gzip)
		len = gunzip(bin->via.bin.ptr, len, plain);
	msgpack_unpacked_init(&entry);
	while (msgpack_unpack_next(&entry, data, len, &offset) == MSGPACK_UNPACK_SUCCESS)
		take_entry(c, tag, &entry.data);
	if (offset != len)
		fault(c->p, "a stream of entries with a rest");
	msgpack_unpacked_destroy(&entry);
	free(plain);
}

/* The options, or NULL; events are taken. */
static const msgpack_object *take_message(struct conn *c, const msgpack_object_array *array)
{
	const msgpack_object *at = array->ptr, *options = NULL;
	bool is_gzip = false;
	uint32_t n;

	MUST(array->size >= 2 && array->size <= 4);
	n = at[1].type == MSGPACK_OBJECT_ARRAY || at[1].type == MSGPACK_OBJECT_BIN ? 2 : 3;
	if (array->size > n)
		options = &at[n];
	if (options && options->type != MSGPACK_OBJECT_MAP)
		fault(c->p, "options that are no map");
	for (uint32_t i = 0; options && i < options->via.map.size; i++)
		is_gzip |= is_text(&options->via.map.ptr[i].key, TEXT("compressed")) &&
			   is_text(&options->via.map.ptr[i].val, TEXT("gzip"));
	c->p->n_compressed += is_gzip;
	if (n == 3)
		take_event(c, &at[0], &at[1], &at[2]);
	else if (at[1].type == MSGPACK_OBJECT_BIN)
		take_packed(c, &at[0], &at[1], is_gzip);
	else
		for (uint32_t i = 0; i < at[1].via.array.size; i++)
			take_entry(c, &at[0], &at[1].via.array.ptr[i]);
	return options;
}

static void acknowledge(struct conn *c, const msgpack_object *chunk)
{
	msgpack_sbuffer buffer;
	msgpack_packer out;

	if (c->p->ack == FG_ACK_NEVER)
		return;
	if (c->p->ack == FG_ACK_GARBAGE) {
		say(c, "HTTP/1.1 400 Bad Request\r\n", 26);
		return;
	}
	msgpack_sbuffer_init(&buffer);
	msgpack_packer_init(&out, &buffer, msgpack_sbuffer_write);
	for (int i = 0; i <= (c->p->ack == FG_ACK_TWICE); i++) {
		(void)msgpack_pack_map(&out, 1);
		pack_text(&out, TEXT("ack"));
		if (c->p->ack == FG_ACK_WRONG)
			pack_text(&out, TEXT("AAAAAAAAAAAAAAAAAAAAAA=="));
		else
			pack_text(&out, chunk->via.str.ptr, chunk->via.str.size);
	}
	say_packed(c, &buffer);
}

static void take_options(struct conn *c, const msgpack_object_map *options)
{
	for (uint32_t i = 0; i < options->size; i++) {
		const msgpack_object *value = &options->ptr[i].val;

		if (is_text(&options->ptr[i].key, TEXT("size"))) {
			c->p->size_sum += value->via.u64;
		} else if (is_text(&options->ptr[i].key, TEXT("chunk"))) {
			MUST(value->type == MSGPACK_OBJECT_STR && value->via.str.size == 24);
			c->p->n_chunks++;
			acknowledge(c, value);
		}
	}
}

static void serve(struct conn *c)
{
	struct fg_peer *p = c->p;
	const msgpack_object *options;

	if (p->hello) {
		say(c, p->hello, strlen(p->hello));
		(void)read_message(c);
		return;
	}
	if (p->never_reads) {
		struct pollfd stop = { .fd = p->stop_fd, .events = POLLIN };

		(void)poll(&stop, 1, -1);
		return;
	}
	if (p->key && !shake_hands(c))
		return;
	while (read_message(c)) {
		MUST(c->message.data.type == MSGPACK_OBJECT_ARRAY);
		p->n_messages++;
		options = take_message(c, &c->message.data.via.array);
		if (options)
			take_options(c, &options->via.map);
		if (p->close_conns > 0) {
			p->close_conns--;
			return;
		}
	}
}

static void serve_conn(struct fg_peer *p, int fd)
{
	struct conn c = { .p = p, .fd = fd };

	p->n_conns++;
	MUST(msgpack_unpacker_init(&c.unpacker, 65536));
	msgpack_unpacked_init(&c.message);
	if (p->ssl) {
		c.ssl = SSL_new(p->ssl);
		MUST(c.ssl && SSL_set_fd(c.ssl, fd));
	}
	if (!c.ssl || SSL_accept(c.ssl) == 1)
		serve(&c);
	if (c.ssl) {
		(void)SSL_shutdown(c.ssl);
		SSL_free(c.ssl);
	}
	msgpack_unpacked_destroy(&c.message);
	msgpack_unpacker_destroy(&c.unpacker);
	(void)close(fd);
}

static void *peer_main(void *arg)
{
	struct fg_peer *p = arg;

	for (;;) {
		struct pollfd fds[2] = { { .fd = p->listen_fd, .events = POLLIN },
					 { .fd = p->stop_fd, .events = POLLIN } };
		int fd;

		MUST(poll(fds, 2, -1) > 0);
		if (fds[1].revents)
			return NULL;
		fd = accept(p->listen_fd, NULL, NULL);
		if (fd >= 0)
			serve_conn(p, fd);
	}
}

static void start_tls(struct fg_peer *p)
{
	SSL_CTX *ssl = SSL_CTX_new(TLS_server_method());

	MUST(ssl && SSL_CTX_use_certificate_chain_file(ssl, p->cert) == 1);
	MUST(SSL_CTX_use_PrivateKey_file(ssl, p->cert_key, SSL_FILETYPE_PEM) == 1);
	if (p->client_ca) {
		MUST(SSL_CTX_load_verify_file(ssl, p->client_ca) == 1);
		SSL_CTX_set_verify(ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	}
	p->ssl = ssl;
}

void fg_start(struct fg_peer *p)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	socklen_t len = sizeof(in);
	int size = 4096;

	p->listen_fd = socket(p->is_unix ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->never_reads)
		MUST(!setsockopt(p->listen_fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size)));
	if (p->is_unix) {
		(void)snprintf(p->path, sizeof(p->path), "/tmp/warder-forward-%d.sock", getpid());
		memcpy(un.sun_path, p->path, sizeof(un.sun_path));
		(void)unlink(p->path);
		MUST(!bind(p->listen_fd, (struct sockaddr *)&un, sizeof(un)));
	} else {
		MUST(!bind(p->listen_fd, (struct sockaddr *)&in, sizeof(in)));
		MUST(!getsockname(p->listen_fd, (struct sockaddr *)&in, &len));
		p->port = ntohs(in.sin_port);
	}
	MUST(!listen(p->listen_fd, 16));
	if (p->cert)
		start_tls(p);
	p->stop_fd = eventfd(0, EFD_CLOEXEC);
	MUST(!pthread_create(&p->thread, NULL, peer_main, p));
}

void fg_stop(struct fg_peer *p)
{
	MUST(!eventfd_write(p->stop_fd, 1));
	MUST(!pthread_join(p->thread, NULL));
	(void)close(p->listen_fd);
	(void)close(p->stop_fd);
	if (p->is_unix)
		(void)unlink(p->path);
	SSL_CTX_free(p->ssl);
}

void fg_free(struct fg_peer *p)
{
	for (size_t i = 0; i < p->n_events; i++)
		free(p->events[i].record);
}
