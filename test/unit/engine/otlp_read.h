/* SPDX-License-Identifier: Apache-2.0 */
/*
 * otlp_read: OTLP's protobuf as OTLP's JSON (prefix otr_), for tests: a reader that shares nothing
 * with the writer. Refuses what a strict reader would: unknown fields, wrong wire types, texts that
 * are not UTF-8.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

struct json_t;

/* A LogRecord; an ExportLogsServiceRequest; a Metric. NULL: not one. json_decref() it. */
struct json_t *otr_record(const uint8_t *bytes, size_t len);
struct json_t *otr_request(const uint8_t *bytes, size_t len);
struct json_t *otr_metric(const uint8_t *bytes, size_t len);
