/* SPDX-License-Identifier: Apache-2.0 */
/*
 * peer_send: encodes events and sends them through a transport, for test/peers. What every item is
 * goes to standard output, one a line, in the JSON form; what became of the batches to standard
 * error. Exit status: 0: the peer has all, 1: it has not.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/json.h"
#include "engine/encode/otlp.h"
#include "engine/policy/policy.h"
#include "engine/sink/otlp.h"
#include "engine/sink/webhook.h"
#include "test/support/record_builder.h"

#define BATCH_MAX 64
#define EPOCH_NS 1680000000000000000LL

static const char usage[] =
	"usage: peer_send webhook|webhook-array|webhook-lines|otlp-http|otlp-json|otlp-grpc URL\n"
	"       [--events N] [--batch N] [--gzip] [--ca FILE] [--cert FILE] [--token FILE]\n"
	"       [--header LINE]\n";

struct plan {
	const char *kind;
	struct hclient_options http;
	const char *headers[2];
	unsigned long n_events, n_batch;
	bool gzip;
};

static bool is_otlp(const struct plan *plan)
{
	return !strncmp(plan->kind, "otlp", 4);
}

static struct transport *make_otlp(const struct plan *plan, struct err *err)
{
	static const char *const resource[] = { "k8s.cluster.name=test", NULL };
	struct otlp_options opt = { .http = plan->http, .gzip = plan->gzip, .resource = resource };

	if (!strcmp(plan->kind, "otlp-json"))
		opt.protocol = OTLP_HTTP_JSON;
	else if (!strcmp(plan->kind, "otlp-grpc"))
		opt.protocol = OTLP_GRPC;
	return otlp_new(&opt, err);
}

static struct transport *make_webhook(const struct plan *plan, struct err *err)
{
	struct webhook_options opt = { .http = plan->http, .gzip = plan->gzip };

	if (!strcmp(plan->kind, "webhook-array"))
		opt.mode = WEBHOOK_ARRAY;
	else if (!strcmp(plan->kind, "webhook-lines"))
		opt.mode = WEBHOOK_LINES;
	return webhook_new(&opt, err);
}

/* Events of all kinds in turn, with contents that depend on `i` alone. */
static void make_event(struct record_builder *b, unsigned long i, struct event *ret_event)
{
	static char name[] = "demo";
	static struct pol_policy policy = { .name = name };
	static struct pol_set set = { .policies = &policy, .n_policies = 1 };
	static const uint32_t matched[] = { 0 };
	static struct ptree_task task;
	size_t slot = i % EVENT_SLOTS;

	rb_sample_task(&task);
	if (event_defs[slot].id == EV_TASK)
		slot = EV_GETPPID_slot;
	rb_random(b, event_defs[slot].id, i + 1);
	rb_decode(b, ret_event);
	ret_event->task = &task;
	ret_event->policies = &set;
	ret_event->matched = matched;
	ret_event->n_matched = 1;
}

/* What is sent, and what it is. Both are the caller's to free. */
static void encode(const struct plan *plan, unsigned long i, struct batch_item *ret_item)
{
	static char line[JSON_EVENT_MAX];
	const struct json_options json = { .parse_arguments = true, .epoch_offset_ns = EPOCH_NS };
	struct eotlp_options opt = { .is_json = true, .observed_ns = EPOCH_NS };
	struct record_builder b;
	struct event ev;
	uint8_t *bytes = malloc(EOTLP_EVENT_MAX);
	size_t len;

	if (!bytes)
		abort();
	make_event(&b, i, &ev);
	if (is_otlp(plan))
		len = eotlp_event((uint8_t *)line, sizeof(line), &ev, &json, &opt);
	else
		len = json_event(line, sizeof(line), &ev, &json);
	printf("%.*s%s", (int)len, line, is_otlp(plan) ? "\n" : "");
	memcpy(bytes, line, len);
	opt.is_json = false;
	if (is_otlp(plan) && strcmp(plan->kind, "otlp-json"))
		len = eotlp_event(bytes, EOTLP_EVENT_MAX, &ev, &json, &opt);
	*ret_item = (struct batch_item){ .data = bytes, .len = (uint32_t)len };
}

static bool send_batch(struct transport *t, const struct plan *plan, unsigned long first,
		       unsigned long n)
{
	struct delivery ret = { .retry_after_ms = -1 };
	struct batch_item items[BATCH_MAX];
	struct batch batch = { .items = items, .n = n };
	int r;

	for (unsigned long i = 0; i < n; i++) {
		encode(plan, first + i, &items[i]);
		batch.n_bytes += items[i].len;
	}
	r = t->ops->send(t, &batch, &ret);
	for (unsigned long i = 0; i < n; i++)
		free((void *)(uintptr_t)items[i].data);
	if (r == 0 && ret.n_refused == 0)
		return true;
	fprintf(stderr, "%s: %zu refused, again after %lld ms: %s\n", r < 0 ? err_name(r) : "taken",
		ret.n_refused, (long long)ret.retry_after_ms, ret.text);
	return false;
}

static bool parse(int argc, char **argv, struct plan *plan)
{
	static const struct option options[] = { { "events", required_argument, NULL, 'n' },
						 { "batch", required_argument, NULL, 'b' },
						 { "gzip", no_argument, NULL, 'z' },
						 { "ca", required_argument, NULL, 'a' },
						 { "cert", required_argument, NULL, 'c' },
						 { "token", required_argument, NULL, 't' },
						 { "header", required_argument, NULL, 'h' },
						 { 0 } };
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 'n')
			plan->n_events = strtoul(optarg, NULL, 10);
		else if (c == 'b')
			plan->n_batch = strtoul(optarg, NULL, 10);
		else if (c == 'z')
			plan->gzip = true;
		else if (c == 'a')
			plan->http.ca_file = optarg;
		else if (c == 'c')
			plan->http.cert_file = optarg;
		else if (c == 't')
			plan->http.token_file = optarg;
		else if (c == 'h')
			plan->headers[0] = optarg;
		else
			return false;
	}
	if (argc - optind != 2 || plan->n_batch == 0 || plan->n_batch > BATCH_MAX)
		return false;
	plan->kind = argv[optind];
	plan->http.url = argv[optind + 1];
	plan->http.headers = plan->headers;
	return true;
}

int main(int argc, char **argv)
{
	struct plan plan = { .n_events = 1, .n_batch = 1 };
	struct err err = { 0 };
	struct transport *t;
	bool is_good = true;
	unsigned long n;

	if (!parse(argc, argv, &plan)) {
		fputs(usage, stderr);
		return 2;
	}
	(void)signal(SIGPIPE, SIG_IGN);
	if (json_init() < 0 || eotlp_init() < 0)
		return 1;
	t = hclient_prepare(&err) < 0 ? NULL
	    : is_otlp(&plan)          ? make_otlp(&plan, &err)
				      : make_webhook(&plan, &err);
	if (!t) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	for (unsigned long i = 0; i < plan.n_events && is_good; i += n) {
		n = plan.n_events - i < plan.n_batch ? plan.n_events - i : plan.n_batch;
		is_good = send_batch(t, &plan, i, n);
	}
	t->ops->disconnect(t);
	t->ops->free(t);
	return is_good && fflush(stdout) == 0 ? 0 : 1;
}
