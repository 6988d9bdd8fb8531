/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_request: ExportLogsServiceRequest around log records, and the same of
 * metrics (prefix oreq_). The resource and the
 * scope are made once. Thread: a worker.
 */
#pragma once

#include "common/err.h"
#include "engine/sink/otlp.h"
#include "engine/sink/payload.h"

#define OREQ_FRAME_LEN 5 /* gRPC's: compressed or not, and the length */

struct oreq {
	enum otlp_protocol protocol;
	enum otlp_signal signal;
	struct payload resource, scope; /* the members "resource" and "scope" */
};

/* 0; -EINVAL or -ENOMEM with err set. */
int oreq_init(struct oreq *req, const struct otlp_options *opt, struct err *err);
void oreq_done(struct oreq *req);
/* The request; with gRPC behind a frame whose content oreq_frame() writes. -ENOMEM. */
int oreq_write(const struct oreq *req, const struct batch *batch, struct payload *ret);
void oreq_frame(struct payload *p, bool is_compressed);
