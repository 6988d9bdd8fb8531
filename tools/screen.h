/* SPDX-License-Identifier: Apache-2.0 */
/*
 * screen: the whole terminal for one program, and keys without Enter. The terminal is as it was
 * when the program ends, by a signal too. Thread: main.
 */
#pragma once

#include <stdbool.h>

#include "common/err.h"

struct screen_size {
	unsigned int columns, lines;
};

/* Standard input and output are a terminal. */
bool screen_is_there(void);
/* Once. -errno: it is no terminal that can be set. */
int screen_begin(struct err *err);
/* As it was; not begun is fine. */
void screen_end(void);
/* Of now: a window can change. */
struct screen_size screen_size(void);
/* Readable when it has, until screen_has_changed(); -1: not begun. */
int screen_change_fd(void);
bool screen_has_changed(void);
/* To the upper left corner; and what is below the last line that was written, cleared. */
void screen_home(void);
void screen_clear_below(void);
/* A key that was pressed; 0: none; -1: nobody is there any more. */
int screen_key(void);
