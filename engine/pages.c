/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/pages.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/collector_link.h"
#include "engine/http.h"
#include "engine/metrics/metrics.h"
#include "engine/now.h"
#include "engine/readiness.h"
#include "engine/run.h"
#include "engine/status.h"

#define TEXT "text/plain; charset=utf-8"

static void say(struct http_page *page, unsigned int status, const char *text)
{
	page->status = status;
	page->content_type = TEXT;
	page->body = strdup(text);
	page->len = page->body ? strlen(text) : 0;
}

/* The collector's counters are those of the question before: a page does not wait for it. */
static void show_metrics(void *arg, struct http_page *page)
{
	struct run *run = arg;
	struct status_about about;

	if (run->link)
		(void)clink_ask_status(run->link, now_boot_ns());
	run_about(run, &about);
	page->content_type = METRICS_CONTENT_TYPE;
	page->body = metrics_document(&about, &page->len);
}

static void show_status(void *arg, struct http_page *page)
{
	struct run *run = arg;
	struct status_about about;

	if (run->link)
		(void)clink_ask_status(run->link, now_boot_ns());
	run_about(run, &about);
	page->content_type = "application/json";
	page->body = status_document(&about, &page->len);
}

static void show_health(void *arg, struct http_page *page)
{
	(void)arg;
	say(page, 200, "OK\n");
}

static void show_ready(void *arg, struct http_page *page)
{
	const struct run *run = arg;
	char why[READY_TEXT_MAX], text[READY_TEXT_MAX + 16];
	bool ok = ready_verdict(&run->ready, now_boot_ns(), why);

	(void)snprintf(text, sizeof(text), "%s%s%s\n", ok ? "OK" : "NOT OK", *why ? ": " : "", why);
	say(page, ok ? 200 : 503, text);
}

static const struct http_route all[] = {
	{ "/status", show_status, 0 },
	{ "/metrics", show_metrics, 0 },
	{ "/healthz", show_health, 1 },
	{ "/readyz", show_ready, 1 },
};

struct http *pages_open(const struct pages_options *opt, struct run *run, struct err *err)
{
	static struct http_route routes[ARRAY_LEN(all)];
	struct http_options http = {
		.listen = opt->listen,
		.cert_file = opt->cert_file,
		.key_file = opt->key_file,
		.token_file = opt->token_file,
		.routes = routes,
		.arg = run,
	};

	routes[http.n_routes++] = all[0];
	if (opt->metrics)
		routes[http.n_routes++] = all[1];
	if (opt->healthz) {
		routes[http.n_routes++] = all[2];
		routes[http.n_routes++] = all[3];
	}
	return http_open(&http, run->loop, err);
}
