/* SPDX-License-Identifier: Apache-2.0 */
/*
 * json_fixture: one record, one task, two policies and the line that they give; for the tests of
 * json and json_args.
 */
#pragma once

#include <check.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/encode/json.h"
#include "engine/policy/policy.h"
#include "test/support/record_builder.h"

#define EPOCH_NS 1680000000000000000LL

static struct record_builder b;
static struct event ev;
static struct ptree_task task;
static struct json_options opt;
static char line[JSON_EVENT_MAX];
static char policy_name[] = "demo";
static struct pol_policy policies[2];
static struct pol_set set;
static const uint32_t matched[] = { 0, 1 };

static inline void setup(void)
{
	ck_assert_int_eq(json_init(), 0);
	ck_assert_int_eq(json_init(), 0);
	rb_sample_task(&task);
	opt = (struct json_options){ .parse_arguments = true, .epoch_offset_ns = EPOCH_NS };
	policies[0] = (struct pol_policy){ .name = policy_name };
	policies[1] = (struct pol_policy){ .name = policy_name };
	set = (struct pol_set){ .policies = policies, .n_policies = ARRAY_LEN(policies) };
}

/* Encodes the builder's record, with the sample task and one policy; returns the line's length. */
static inline size_t encode(void)
{
	size_t len;

	rb_decode(&b, &ev);
	ev.task = &task;
	ev.policies = &set;
	ev.matched = matched;
	ev.n_matched = 1;
	len = json_event(line, sizeof(line), &ev, &opt);
	ck_assert_uint_gt(len, 0);
	ck_assert_int_eq(line[len - 1], '\n');
	line[len - 1] = '\0';
	return len;
}

/* What follows `"args":` in the line. */
static inline const char *args_text(void)
{
	const char *at;

	encode();
	at = strstr(line, "\"args\":");
	ck_assert_ptr_nonnull(at);
	return at + strlen("\"args\":");
}
