/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/forward_peer.h"

#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <msgpack.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "common/bytes.h"
#include "common/cleanup.h"
#include "engine/encode/msgpack_write.h"

/* Values in one message, those within others included. */
#define VALUES_MAX 64

_Static_assert(FPEER_PING_MAX >= 16 + 3 * (MPW_EXPANSION * FPEER_BYTES_MAX + MPW_HEADER_MAX) / 2 +
					 2 * (FPEER_DIGEST_LEN + MPW_HEADER_MAX) + 64 + MPW_SLACK,
	       "what fpeer_ping() writes, two texts of which may grow");

/* --- How long a message is. msgpack-c makes room for as many values as a header promises, so
 * somebody has to look at the headers before it does. --- */

/* What follows the first byte of a value, by that byte: a number of `size_len` bytes that says how
 * many bytes (`per` 1), values (1) or pairs (2) come; then `fixed` bytes. */
struct head {
	uint8_t size_len, fixed;
	uint8_t is_container, per;
};

static struct head head_of(uint8_t type)
{
	if (type >= 0xca && type <= 0xcb) /* float */
		return (struct head){ .fixed = type == 0xca ? 4 : 8 };
	if (type >= MPW_U8 && type <= MPW_U64)
		return (struct head){ .fixed = (uint8_t)(1U << (type - MPW_U8)) };
	if (type >= MPW_S8 && type <= MPW_S64)
		return (struct head){ .fixed = (uint8_t)(1U << (type - MPW_S8)) };
	if (type >= MPW_BIN8 && type <= MPW_BIN32)
		return (struct head){ .size_len = (uint8_t)(1U << (type - MPW_BIN8)), .per = 1 };
	if (type >= 0xc7 && type <= 0xc9) /* ext, with a byte for its type */
		return (struct head){ .size_len = (uint8_t)(1U << (type - 0xc7)),
				      .fixed = 1,
				      .per = 1 };
	if (type >= 0xd4 && type <= 0xd8) /* fixext */
		return (struct head){ .fixed = (uint8_t)((1U << (type - 0xd4)) + 1) };
	if (type >= MPW_STR8 && type <= MPW_STR32)
		return (struct head){ .size_len = (uint8_t)(1U << (type - MPW_STR8)), .per = 1 };
	if (type >= MPW_ARRAY16 && type <= 0xdf)
		return (struct head){ .size_len = type & 1 ? 4 : 2,
				      .is_container = 1,
				      .per = type < MPW_MAP16 ? 1 : 2 };
	return (struct head){ 0 };
}

/* The number in the header of a value; false: it is not all there. */
static bool take_size(struct bytes *in, size_t size_len, size_t *ret_size)
{
	const uint8_t *at = bytes_take(in, size_len);

	*ret_size = 0;
	for (size_t i = 0; at && i < size_len; i++)
		*ret_size = *ret_size << 8 | at[i];
	return at != NULL;
}

/* One value without those in it, whose number is added to *n_values. 1, 0: not all there, or
 * -EBADMSG. */
static int take_value(struct bytes *in, size_t *n_values)
{
	const uint8_t *type = bytes_take(in, 1);
	struct head head;
	size_t size;

	if (!type)
		return 0;
	if (*type == 0xc1) /* the one byte that no value begins with */
		return -EBADMSG;
	if (*type >= MPW_FIXMAP && *type < MPW_FIXSTR) {
		*n_values += *type & 0xf;
		if (*type < MPW_FIXARRAY)
			*n_values += *type & 0xf;
		return 1;
	}
	if (*type >= MPW_FIXSTR && *type < MPW_NIL)
		return bytes_take(in, *type & 0x1f) != NULL;
	head = head_of(*type);
	if (!take_size(in, head.size_len, &size))
		return 0;
	if (size > FPEER_MESSAGE_MAX)
		return -EBADMSG;
	if (head.is_container) {
		*n_values += size * head.per;
		return 1;
	}
	return bytes_take(in, size + head.fixed) != NULL;
}

ssize_t fpeer_length(const uint8_t *buf, size_t len)
{
	struct bytes in = { .at = buf, .left = len < FPEER_MESSAGE_MAX ? len : FPEER_MESSAGE_MAX };
	size_t n_values = 1;
	int rc;

	for (size_t i = 0; i < n_values; i++) {
		rc = take_value(&in, &n_values);
		if (rc < 0 || n_values > VALUES_MAX)
			return -EBADMSG;
		if (rc == 0)
			return len < FPEER_MESSAGE_MAX ? 0 : -EBADMSG;
	}
	return in.at - buf;
}

/* --- What a message says. --- */

static int unpack(msgpack_unpacked *ret_unpacked, const uint8_t *message, size_t len)
{
	size_t offset = 0;
	msgpack_unpack_return rc;

	msgpack_unpacked_init(ret_unpacked);
	if (fpeer_length(message, len) != (ssize_t)len)
		return -EBADMSG;
	/* What is nested too deep for msgpack-c it calls a lack of memory. */
	rc = msgpack_unpack_next(ret_unpacked, (const char *)message, len, &offset);
	return rc == MSGPACK_UNPACK_SUCCESS ? 0 : -EBADMSG;
}
#define CLEANUP_UNPACKED CLEANUP(msgpack_unpacked_destroy)

/* A str or a bin: peers take either for what is neither. */
static bool get_bytes(const msgpack_object *value, const char **ret_data, size_t *ret_len)
{
	if (value->type == MSGPACK_OBJECT_STR) {
		*ret_data = value->via.str.ptr;
		*ret_len = value->via.str.size;
		return true;
	}
	if (value->type == MSGPACK_OBJECT_BIN) {
		*ret_data = value->via.bin.ptr;
		*ret_len = value->via.bin.size;
		return true;
	}
	return false;
}

static bool is_text(const msgpack_object *value, const char *text)
{
	const char *data;
	size_t len;

	return get_bytes(value, &data, &len) && len == strlen(text) && !memcmp(data, text, len);
}

static bool copy_bytes(const msgpack_object *value, struct fpeer_bytes *ret_bytes)
{
	const char *data;
	size_t len;

	if (!get_bytes(value, &data, &len) || len > FPEER_BYTES_MAX)
		return false;
	if (len > 0)
		memcpy(ret_bytes->data, data, len);
	ret_bytes->len = len;
	return true;
}

/* A text of up to cap - 1 bytes, cut there when `may_cut`. */
static bool copy_text(const msgpack_object *value, char *buf, size_t cap, bool may_cut)
{
	const char *data;
	size_t len;

	if (!get_bytes(value, &data, &len) || (len >= cap && !may_cut))
		return false;
	len = len < cap ? len : cap - 1;
	if (len > 0)
		memcpy(buf, data, len);
	buf[len] = '\0';
	return true;
}

/* An array of `n` whose first is the word, or NULL. */
static const msgpack_object *message_of(const msgpack_object *root, const char *word, size_t n)
{
	const msgpack_object_array *array = &root->via.array;

	if (root->type != MSGPACK_OBJECT_ARRAY || array->size != n ||
	    !is_text(&array->ptr[0], word))
		return NULL;
	return array->ptr;
}

static int read_helo(const msgpack_object *options, struct fpeer_helo *helo)
{
	if (options->type != MSGPACK_OBJECT_MAP)
		return -EBADMSG;
	helo->keepalive = true;
	for (size_t i = 0; i < options->via.map.size; i++) {
		const msgpack_object *key = &options->via.map.ptr[i].key;
		const msgpack_object *value = &options->via.map.ptr[i].val;

		if (value->type == MSGPACK_OBJECT_NIL)
			continue;
		if (is_text(key, "nonce")) {
			if (!copy_bytes(value, &helo->nonce))
				return -EBADMSG;
		} else if (is_text(key, "auth")) {
			if (!copy_bytes(value, &helo->auth))
				return -EBADMSG;
		} else if (is_text(key, "keepalive")) {
			if (value->type != MSGPACK_OBJECT_BOOLEAN)
				return -EBADMSG;
			helo->keepalive = value->via.boolean;
		}
	}
	/* Without a nonce an old PING of ours would do for anybody. */
	return helo->nonce.len > 0 ? 0 : -EBADMSG;
}

int fpeer_helo(const uint8_t *message, size_t len, struct fpeer_helo *ret_helo)
{
	CLEANUP_UNPACKED msgpack_unpacked unpacked;
	const msgpack_object *at;
	int rc = unpack(&unpacked, message, len);

	*ret_helo = (struct fpeer_helo){ .nonce.len = 0 };
	if (rc < 0)
		return rc;
	at = message_of(&unpacked.data, "HELO", 2);
	return at ? read_helo(&at[1], ret_helo) : -EBADMSG;
}

int fpeer_pong(const uint8_t *message, size_t len, struct fpeer_pong *ret_pong)
{
	CLEANUP_UNPACKED msgpack_unpacked unpacked;
	const msgpack_object *at;
	int rc = unpack(&unpacked, message, len);

	*ret_pong = (struct fpeer_pong){ .is_ok = false };
	if (rc < 0)
		return rc;
	at = message_of(&unpacked.data, "PONG", 5);
	if (!at || at[1].type != MSGPACK_OBJECT_BOOLEAN)
		return -EBADMSG;
	ret_pong->is_ok = at[1].via.boolean;
	(void)copy_text(&at[2], ret_pong->reason, sizeof(ret_pong->reason), true);
	if (!ret_pong->is_ok) /* what is behind the reason may be left empty */
		return 0;
	if (!copy_bytes(&at[3], &ret_pong->host) ||
	    !copy_text(&at[4], ret_pong->digest, sizeof(ret_pong->digest), false))
		return -EBADMSG;
	return 0;
}

int fpeer_ack(const uint8_t *message, size_t len, const char *chunk)
{
	CLEANUP_UNPACKED msgpack_unpacked unpacked;
	const msgpack_object *root = &unpacked.data;
	int rc = unpack(&unpacked, message, len);

	if (rc < 0)
		return rc;
	for (size_t i = 0; root->type == MSGPACK_OBJECT_MAP && i < root->via.map.size; i++)
		if (is_text(&root->via.map.ptr[i].key, "ack"))
			return is_text(&root->via.map.ptr[i].val, chunk) ? 0 : -ESTALE;
	return -EBADMSG;
}

/* --- The key. --- */

struct piece {
	const void *data;
	size_t len;
};

/* SHA-512 of the pieces, hexadecimal with a NUL. */
static bool digest(char ret_hex[static FPEER_DIGEST_LEN + 1], const struct piece pieces[static 4])
{
	static const char digits[] = "0123456789abcdef";
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t raw[EVP_MAX_MD_SIZE];
	unsigned int len = 0;
	bool is_ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha512(), NULL) == 1;

	for (size_t i = 0; i < 4 && is_ok; i++)
		is_ok = EVP_DigestUpdate(ctx, pieces[i].data, pieces[i].len) == 1;
	is_ok = is_ok && EVP_DigestFinal_ex(ctx, raw, &len) == 1 && 2 * len == FPEER_DIGEST_LEN;
	for (size_t i = 0; is_ok && i < len; i++) {
		ret_hex[2 * i] = digits[raw[i] >> 4];
		ret_hex[2 * i + 1] = digits[raw[i] & 0xf];
	}
	ret_hex[FPEER_DIGEST_LEN] = '\0';
	EVP_MD_CTX_free(ctx);
	OPENSSL_cleanse(raw, sizeof(raw));
	return is_ok;
}

static struct piece piece_of(const char *text)
{
	return (struct piece){ text, strlen(text) };
}

static bool key_digest(char *ret_hex, const struct fpeer_self *self, struct piece host,
		       const struct fpeer_helo *helo)
{
	const struct piece pieces[] = { { self->salt, sizeof(self->salt) },
					host,
					{ helo->nonce.data, helo->nonce.len },
					piece_of(self->key) };

	return digest(ret_hex, pieces);
}

ssize_t fpeer_ping(uint8_t *out, const struct fpeer_self *self, const struct fpeer_helo *helo)
{
	char key[FPEER_DIGEST_LEN + 1], password[FPEER_DIGEST_LEN + 1] = "";
	const struct piece pieces[] = { { helo->auth.data, helo->auth.len },
					piece_of(self->user),
					piece_of(self->password),
					{ "", 0 } };
	bool has_user = helo->auth.len > 0;
	uint8_t *p = out;

	if (strlen(self->host) > FPEER_BYTES_MAX || strlen(self->user) > FPEER_BYTES_MAX)
		return -E2BIG;
	if (!key_digest(key, self, piece_of(self->host), helo) ||
	    (has_user && !digest(password, pieces)))
		return -EIO;
	p = MPW_LITERAL(mpw_array_header(p, 6), "PING");
	p = mpw_str(p, self->host, strlen(self->host));
	p = mpw_bin_header(p, sizeof(self->salt));
	memcpy(p, self->salt, sizeof(self->salt));
	p = mpw_str(p + sizeof(self->salt), key, FPEER_DIGEST_LEN);
	p = mpw_str(p, self->user, has_user ? strlen(self->user) : 0);
	p = mpw_str(p, password, strlen(password));
	return p - out;
}

int fpeer_check_pong(const struct fpeer_pong *pong, const struct fpeer_self *self,
		     const struct fpeer_helo *helo)
{
	char key[FPEER_DIGEST_LEN + 1];

	/* With our own name it would be our own digest that it sends back. */
	if (!pong->is_ok || (pong->host.len == strlen(self->host) &&
			     !memcmp(pong->host.data, self->host, pong->host.len)))
		return -EACCES;
	if (!key_digest(key, self, (struct piece){ pong->host.data, pong->host.len }, helo))
		return -EIO;
	return strlen(pong->digest) == FPEER_DIGEST_LEN &&
			       !CRYPTO_memcmp(key, pong->digest, FPEER_DIGEST_LEN)
		       ? 0
		       : -EACCES;
}
