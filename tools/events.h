/* SPDX-License-Identifier: Apache-2.0 */
/* events: the event that a user names. Thread: main. */
#pragma once

struct event_def;

/* NULL: it is not known, and a message with the nearest name has been logged. */
const struct event_def *events_find(const char *name);
