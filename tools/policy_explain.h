/* SPDX-License-Identifier: Apache-2.0 */
/* policy_explain: what `warder policy explain` says, as a document. Thread: main. */
#pragma once

struct json_t;
struct kfilter;
struct match;
struct pol_set;

/* All borrowed. */
struct policy_explained {
	const struct pol_set *set;
	struct match *match;         /* of the set */
	struct kfilter *kernel;      /* of the set */
	const struct json_t *status; /* what a running engine answered; NULL: none was asked */
};

/* The caller's to release; NULL: memory is short. */
struct json_t *policy_explain_json(const struct policy_explained *x);
