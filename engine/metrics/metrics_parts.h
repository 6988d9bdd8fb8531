/* SPDX-License-Identifier: Apache-2.0 */
/*
 * metrics_parts: the parts of the document, for metrics.c only.
 */
#pragma once

struct mtext;
struct status_about;

/* metrics_flow.c: what goes through the engine. */
void metrics_put_events(struct mtext *t, const struct status_about *about);
void metrics_put_losses(struct mtext *t, const struct status_about *about);
void metrics_put_policies(struct mtext *t, const struct status_about *about);
void metrics_put_outputs(struct mtext *t, const struct status_about *about);

/* metrics_capture.c: where it comes from. */
void metrics_put_lanes(struct mtext *t, const struct status_about *about);
void metrics_put_hooks(struct mtext *t, const struct status_about *about);
void metrics_put_readiness(struct mtext *t, const struct status_about *about);
void metrics_put_programs(struct mtext *t, const struct status_about *about);
void metrics_put_stores(struct mtext *t, const struct status_about *about);
