/* SPDX-License-Identifier: Apache-2.0 */
/*
 * call_count (ccount_): how often all processes together made a system call, counted by a program
 * of the tests' own, and the sum that must come out: what the lanes delivered and lost is what was
 * made.
 *
 * Others make calls too while a test goes from one plan to the next, so what was made is known to
 * lie between two counts, taken inside and outside of the plan. On a quiet machine these are equal.
 */
#pragma once

#include <stdint.h>

#include "test/live/live.h"

struct call_count;

/* Counts from now on, but not these two processes. Fails the test otherwise. */
struct call_count *ccount_new(const struct live *l);
void ccount_free(struct call_count *c);

/* In this order: before the plan that asks for the events is sent, after it is in force; then when
 * the work is done, and when a plan without them is in force. */
enum ccount_moment { CCOUNT_BEFORE, CCOUNT_BEGIN, CCOUNT_END, CCOUNT_AFTER, CCOUNT_MOMENTS };
void ccount_mark(struct call_count *c, enum ccount_moment moment);
/* delivered + lost is what was made of the event, or the test fails. `lost` is since CCOUNT_BEFORE.
 * Prints the figures. */
void ccount_check(const struct call_count *c, const char *event, uint64_t delivered, uint64_t lost);
