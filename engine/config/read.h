/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read (prefix cread_): the text of a configuration file into a configuration. Pure; any thread.
 */
#pragma once

#include <stddef.h>

#include "common/err.h"

struct config;
struct config_origin;

/* `from` has the layer and the file's name. err: "FILE:LINE:COLUMN: what was found; what was
 * expected"; what stood before the mistake is then in the configuration. */
int cread_text(struct config *c, const char *text, size_t len, const struct config_origin *from,
	       struct err *err);
