/* SPDX-License-Identifier: Apache-2.0 */
/* bench_audit: whether kernel auditing distorts what is measured here. Thread: any. */
#pragma once

/* 1: enabled, 0: not, negative errno: the kernel does not say (no audit, or no right to ask). */
int bench_audit_enabled(void);
