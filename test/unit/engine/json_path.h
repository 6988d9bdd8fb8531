/* SPDX-License-Identifier: Apache-2.0 */
/* json_path: looking into JSON in tests (prefix json_). */
#pragma once

struct json_t;

/* What is at "a.b.0.c". NULL: nothing. */
struct json_t *json_at(struct json_t *root, const char *path);
/* Fails the test unless that is it, as text; "-": nothing. */
void json_check_at(struct json_t *root, const char *path, const char *expected);
