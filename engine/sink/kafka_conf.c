/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/sink/kafka_conf.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <librdkafka/rdkafka.h>

#include "common/cleanup.h"

#define FILE_MAX (256U << 10) /* bytes of certificates */
#define NAME_CAP 128
#define SETUP_MS_MIN 1000 /* librdkafka's */
#define RECONNECT_MS_MAX 500

struct maker {
	rd_kafka_conf_t *conf;
	struct err *err;
	int rc; /* of the first failure */
};

/* librdkafka's own words on what it does not take; they have no value in them that is secret, but
 * for passwords, which are given by other names. */
static void set(struct maker *m, const char *name, const char *value)
{
	char why[256] = "";

	if (m->rc < 0 || !value)
		return;
	if (rd_kafka_conf_set(m->conf, name, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
		return;
	m->rc = strcmp(name, "sasl.password") == 0
			? err_set(m->err, -EINVAL, "kafka: the password is not taken")
			: err_set(m->err, -EINVAL, "kafka: %s", why);
}

static void set_ms(struct maker *m, const char *name, int64_t ms)
{
	char text[32];

	(void)snprintf(text, sizeof(text), "%" PRId64, ms); /* fits */
	set(m, name, text);
}

/* To be freed, and wiped before: it may be a key. */
static char *read_file(struct maker *m, const char *path)
{
	CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC);
	char *text = calloc(1, FILE_MAX);
	size_t len = 0;
	ssize_t n = -1;

	while (text && fd >= 0 && len < FILE_MAX - 1) {
		n = read(fd, text + len, FILE_MAX - 1 - len);
		if (n <= 0)
			break;
		len += (size_t)n;
	}
	if (text && fd >= 0 && n == 0)
		return text;
	m->rc = !text   ? err_set(m->err, -ENOMEM, "kafka: out of memory")
		: n > 0 ? err_set(m->err, -EFBIG, "kafka: file '%s' is longer than %u bytes", path,
				  FILE_MAX)
			: err_set(m->err, -errno, "kafka: file '%s' cannot be read (%s)", path,
				  err_name(errno));
	free(text);
	return NULL;
}

static void set_from_file(struct maker *m, const char *name, const char *path, bool first_line)
{
	char *text = m->rc == 0 && path ? read_file(m, path) : NULL;

	if (!text)
		return;
	if (first_line)
		text[strcspn(text, "\r\n")] = '\0';
	set(m, name, text);
	explicit_bzero(text, FILE_MAX);
	free(text);
}

static void set_security(struct maker *m, const struct kafka_options *opt)
{
	set(m, "security.protocol",
	    opt->is_tls ? (opt->sasl ? "sasl_ssl" : "ssl") : (opt->sasl ? "sasl_plaintext" : NULL));
	set(m, "sasl.mechanisms", opt->sasl);
	set(m, "sasl.username", opt->user);
	set(m, "sasl.password", opt->password);
	set_from_file(m, "sasl.password", opt->password_file, true);
	set_from_file(m, "ssl.ca.pem", opt->ca_file, false);
	set_from_file(m, "ssl.certificate.pem", opt->cert_file, false);
	set_from_file(m, "ssl.key.pem", opt->key_file ? opt->key_file : opt->cert_file, false);
	if (opt->insecure)
		set(m, "enable.ssl.certificate.verification", "false");
}

static void set_properties(struct maker *m, const char *const *properties)
{
	char name[NAME_CAP];

	for (; properties && *properties && m->rc == 0; properties++) {
		size_t len = strcspn(*properties, "=");

		if (!(*properties)[len] || len == 0 || len >= sizeof(name)) {
			m->rc = err_set(m->err, -EINVAL,
					"kafka: property is not right, expected 'name=value'");
			return;
		}
		memcpy(name, *properties, len);
		name[len] = '\0';
		set(m, name, *properties + len + 1);
	}
}

static int check(const struct kafka_options *opt, struct err *err)
{
	bool has_tls = opt->ca_file || opt->cert_file || opt->key_file || opt->insecure;
	bool has_user = opt->user || opt->password || opt->password_file;

	if (has_tls && !opt->is_tls)
		return err_set(err, -EINVAL, "kafka: settings of TLS without 'tls=true'");
	if (opt->key_file && !opt->cert_file)
		return err_set(err, -EINVAL, "kafka: 'keyFile' without 'certFile'");
	if (has_user && !opt->sasl)
		return err_set(err, -EINVAL, "kafka: a user or password without 'sasl'");
	if (opt->sasl && (!opt->user || !opt->password == !opt->password_file))
		return err_set(err, -EINVAL,
			       "kafka: 'sasl' expects 'user', and one of 'password' and "
			       "'passwordFile'");
	return 0;
}

struct rd_kafka_conf_s *kconf_new(const struct kafka_options *opt, struct err *err)
{
	struct maker m = { .err = err, .rc = check(opt, err) };

	if (m.rc < 0)
		return NULL;
	m.conf = rd_kafka_conf_new();
	set(&m, "bootstrap.servers", opt->brokers);
	set(&m, "client.id", opt->client_id ? opt->client_id : "warder");
	set(&m, "acks", opt->acks ? opt->acks : "all");
	set(&m, "compression.codec", opt->compression);
	set(&m, "linger.ms", "0"); /* batches are made already */
	set(&m, "partitioner", "murmur2_random");
	set_ms(&m, "message.timeout.ms", opt->send_timeout_ms);
	set_ms(&m, "socket.connection.setup.timeout.ms",
	       opt->connect_timeout_ms > SETUP_MS_MIN ? opt->connect_timeout_ms : SETUP_MS_MIN);
	/* Its pause must not outlast a try of ours, between which there is a pause already: then a
	 * try would be none. */
	set_ms(&m, "reconnect.backoff.max.ms", RECONNECT_MS_MAX);
	set(&m, "log.connection.close", "false");
	set_security(&m, opt);
	set_properties(&m, opt->properties);
	if (m.rc == 0)
		return m.conf;
	rd_kafka_conf_destroy(m.conf);
	return NULL;
}
