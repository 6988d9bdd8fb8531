/* SPDX-License-Identifier: Apache-2.0 */
/* For the tests of engine/match: policies from short texts, one event, and who wants it. */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/enrich/containers.h"
#include "engine/match/match.h"
#include "test/support/record_builder.h"

#define EPOCH_NS 1680000000000000000LL

static struct pol_set *set;
static struct match *match;
static struct match_options match_options;
static struct record_builder b;
static struct event ev;
static struct ptree_task task;
static struct container container;

/* `filters` and `scope` are YAML lists; `more` (NULL: none) is what else the rule has. */
static inline void add_policy(const char *name, const char *scope, const char *event,
			      const char *filters, const char *more)
{
	CLEANUP_FREE char *yaml = NULL;
	struct err err = { 0 };

	ck_assert_int_ge(asprintf(&yaml,
				  "type: policy\nname: %s\nscope: %s\nrules:\n- event: %s\n"
				  "  filters: %s\n%s\n",
				  name, scope, event, filters, more ? more : ""),
			 0);
	ck_assert_msg(pol_set_parse(set, yaml, strlen(yaml), name, &err) >= 0, "%s in:\n%s",
		      err.text, yaml);
}

static inline struct match *compile_after(const struct match *previous)
{
	struct err err = { 0 };
	struct match *m;

	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
	m = match_new(set, &match_options, previous, &err);
	ck_assert_msg(m != NULL, "%s", err.text);
	return m;
}

static inline void compile_policies(void)
{
	match = compile_after(NULL);
}

static inline void begin_policies(void)
{
	match_free(match);
	match = NULL;
	pol_set_free(set);
	set = pol_set_new();
	ck_assert_ptr_nonnull(set);
}

static inline void fixture_setup(void)
{
	match_options = (struct match_options){ .generation = 1,
						.start_ns = 450000000,
						.epoch_offset_ns = EPOCH_NS };
	rb_sample_task(&task);
	container = (struct container){ .cgroup_id = 5247,
					.created_ns = 500000000,
					.runtime = CONTAINER_DOCKER,
					.is_started = true,
					.id = "abcdef0123456789",
					.name = "web",
					.image = "nginx:1.25",
					.image_digest = "sha256:77",
					.pod_name = "web-0",
					.pod_namespace = "shop",
					.pod_uid = "uid-1" };
	begin_policies();
}

static inline void fixture_teardown(void)
{
	match_free(match);
	match = NULL;
	pol_set_free(set);
	set = NULL;
}

/* What `b` has, by the sample task, in no container. */
static inline void decode_event(void)
{
	rb_decode(&b, &ev);
	ev.task = &task;
}

/* openat(AT_FDCWD, "/etc/passwd", O_RDONLY|O_CLOEXEC) = 3 */
static inline void make_openat(const char *path)
{
	rb_begin(&b, EV_OPENAT);
	b.rec.ret = 3;
	rb_arg(&b, 0, (uint64_t)-100);
	rb_arg(&b, 1, 0x7ffd00000000);
	rb_arg(&b, 2, 02000000);
	rb_str(&b, 1, path);
	decode_event();
}

/* The names of the policies that want the event, with a space behind each. */
static inline const char *who(void)
{
	static char names[65536];
	size_t at = 0;

	names[0] = '\0';
	ck_assert_uint_eq(match_event(match, &ev), ev.n_matched);
	ck_assert_ptr_eq(ev.policies, set);
	for (uint32_t i = 0; i < ev.n_matched; i++) {
		if (i > 0)
			ck_assert_uint_lt(ev.matched[i - 1], ev.matched[i]);
		at += (size_t)snprintf(names + at, sizeof(names) - at, "%s ",
				       set->policies[ev.matched[i]].name);
		ck_assert_uint_lt(at, sizeof(names));
	}
	return names;
}

/* Does one policy with this scope and rule want the event? */
static inline bool wants(const char *scope, const char *event, const char *filters)
{
	begin_policies();
	add_policy("p", scope, event, filters, NULL);
	compile_policies();
	return match_event(match, &ev) == 1;
}
