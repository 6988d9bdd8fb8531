/* SPDX-License-Identifier: Apache-2.0 */
/*
 * route: which of the events that policies want are for one sink (prefix sroute_): by event and by
 * policy. lost_events is for all. Thread: the engine's loop.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "engine/event.h"

struct pol_set;
struct sroute;

/* Comma-separated names of events and sets, and of policies; NULL: all. NULL with err: -ENOENT (an
 * event's name is not known), -EINVAL (an item is empty), -ENOMEM. */
struct sroute *sroute_new(const char *events, const char *policies, struct err *err);
void sroute_free(struct sroute *r);

/* The policies in force are others from now on; also the first ones. */
void sroute_policies(struct sroute *r, const struct pol_set *set);
bool sroute_wants(const struct sroute *r, const struct event *ev);
