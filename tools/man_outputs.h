/* SPDX-License-Identifier: Apache-2.0 */
/* man_outputs: the page about outputs, printed from the tables that --output is parsed with. */
#pragma once

#include <stdio.h>

void man_outputs(FILE *out);
