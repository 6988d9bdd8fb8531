/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sink_lines: numbered lines into a sink, and what arrived looked over; for the suites of the file
 * sink.
 */
#pragma once

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/sink/file.h"

#define LINE_LEN 100

static inline int sink_write(struct sink *s, const char *line, size_t len)
{
	const struct batch_item item = { .data = (const uint8_t *)line, .len = (uint32_t)len };

	return sink_put(s, &item);
}

static inline struct sink *open_fd(int fd)
{
	struct err err = { 0 };
	struct sink *s = sink_fd_open(fd, "stdout", NULL, &err);

	ck_assert_msg(s != NULL, "%s", err.text);
	return s;
}

static inline struct sink_stats stats_of(struct sink *s)
{
	struct sink_stats stats;

	sink_stats_get(s, &stats);
	return stats;
}

/* Line `n`: its number, and LINE_LEN bytes in all. */
static inline void make_line(char line[static LINE_LEN + 1], unsigned int n)
{
	(void)snprintf(line, LINE_LEN + 1, "%08u %090u\n", n, n);
}

static inline int write_line(struct sink *s, unsigned int n)
{
	char line[LINE_LEN + 1];

	make_line(line, n);
	return sink_write(s, line, LINE_LEN);
}

/* Whole lines with rising numbers, and nothing else. Returns how many. */
static inline unsigned int check_lines(const char *text, size_t len)
{
	unsigned int n_lines = 0, previous = 0, n;
	char line[LINE_LEN + 1];

	ck_assert_uint_eq(len % LINE_LEN, 0);
	for (size_t i = 0; i < len; i += LINE_LEN) {
		n = (unsigned int)strtoul(text + i, NULL, 10);
		make_line(line, n);
		ck_assert_mem_eq(text + i, line, LINE_LEN);
		if (n_lines++)
			ck_assert_uint_gt(n, previous);
		previous = n;
	}
	return n_lines;
}
