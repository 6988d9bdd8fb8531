/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "test/unit/engine/forward_ground.h"

#define MUST(expr)                                                                                 \
	do {                                                                                       \
		if (!(expr)) {                                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #expr);                 \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

struct identity {
	X509 *cert;
	EVP_PKEY *key;
};

static void add(X509 *cert, int nid, const char *value)
{
	X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	MUST(extension && X509_add_ext(cert, extension, -1));
	X509_EXTENSION_free(extension);
}

/* By `ca`, or by itself; `names`: what it is for, NULL: it is a CA. */
static struct identity make(const char *common_name, const char *names, const struct identity *ca)
{
	static long serial;
	struct identity id = { X509_new(), EVP_EC_gen("P-256") };
	X509_NAME *name = X509_NAME_new();

	MUST(id.cert && id.key && name);
	MUST(X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
					(const unsigned char *)common_name, -1, -1, 0));
	MUST(X509_set_version(id.cert, 2) && X509_set_pubkey(id.cert, id.key));
	MUST(ASN1_INTEGER_set(X509_get_serialNumber(id.cert), ++serial));
	MUST(X509_gmtime_adj(X509_getm_notBefore(id.cert), -3600));
	MUST(X509_gmtime_adj(X509_getm_notAfter(id.cert), 3600));
	MUST(X509_set_subject_name(id.cert, name));
	MUST(X509_set_issuer_name(id.cert, ca ? X509_get_subject_name(ca->cert) : name));
	add(id.cert, NID_basic_constraints, names ? "critical,CA:FALSE" : "critical,CA:TRUE");
	if (names)
		add(id.cert, NID_subject_alt_name, names);
	MUST(X509_sign(id.cert, ca ? ca->key : id.key, EVP_sha256()));
	X509_NAME_free(name);
	return id;
}

static void save(const struct identity *id, const char *dir, const char *name)
{
	char path[256];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	file = fopen(path, "we");
	MUST(file && PEM_write_X509(file, id->cert));
	MUST(PEM_write_PrivateKey(file, id->key, NULL, NULL, 0, NULL, NULL));
	MUST(!fclose(file));
}

static void release(struct identity *id)
{
	X509_free(id->cert);
	EVP_PKEY_free(id->key);
}

void fg_make_certs(const char *dir)
{
	static const struct {
		const char *file, *names;
	} leaves[] = { { "good.pem", "DNS:localhost,IP:127.0.0.1" },
		       { "other.pem", "DNS:other.example,IP:192.0.2.1" },
		       { "client.pem", "DNS:client.example" } };
	struct identity ca = make("ca", NULL, NULL), strange = make("strange", NULL, NULL);

	save(&ca, dir, "ca.pem");
	save(&strange, dir, "strange.pem");
	for (size_t i = 0; i < sizeof(leaves) / sizeof(leaves[0]); i++) {
		struct identity leaf = make(leaves[i].file, leaves[i].names, &ca);

		save(&leaf, dir, leaves[i].file);
		release(&leaf);
	}
	release(&ca);
	release(&strange);
}
