/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/command.h"

#include <string.h>

const struct command *command_find(const struct command *const *commands, const char *word)
{
	for (; *commands; commands++)
		if (strcmp(command_word(*commands), word) == 0)
			return *commands;
	return NULL;
}
