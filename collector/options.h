/* SPDX-License-Identifier: Apache-2.0 */
/*
 * options: the collector's command line (prefix collector_options_). Read once, before anything
 * else; strings are borrowed from argv. There is no configuration file: the collector parses
 * nothing but this.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/log_options.h"
#include "common/options.h"

enum collector_hooks { COLLECTOR_HOOKS_AUTO, COLLECTOR_HOOKS_GLOBAL, COLLECTOR_HOOKS_NARROW };

/* Budget of all lanes together when --lanes is 0. */
#define COLLECTOR_LANES_PER_CPU (8ULL << 20) /* bytes */
#define COLLECTOR_LANES_MIN (16ULL << 20)
#define COLLECTOR_LANES_MAX (512ULL << 20)
#define COLLECTOR_CPU_GROUPS_AUTO 64U /* groups at most when --cpu-groups is 0 */
#define COLLECTOR_CPU_GROUPS_MAX 256U /* LANES_MAX allows two lanes for each */

struct collector_options {
	struct options_about about;
	const char *socket;    /* path; its folder exists or is made */
	const char *group;     /* may connect; a group that does not exist is only a warning */
	uint64_t engine_uid;   /* the only uid that may connect besides root; OPTIONS_NONE: any */
	uint64_t lanes_bytes;  /* budget of all lanes; 0: by number of CPUs */
	uint64_t n_cpu_groups; /* 0: one per CPU */
	unsigned int hooks;    /* enum collector_hooks */
	const char *cgroupfs;  /* see cgroups.h */
	bool bpf_stats;        /* have the kernel count the programs' run times */
	bool once;             /* end when the engine that connected has gone */
	struct log_options log;
};

extern const struct options_program collector_options_program;

/* argc and argv as main() gets them. -EINVAL with one line otherwise (EXIT_CODE_USAGE). When
 * ret_opt->about asks for something, nothing else was checked. */
int collector_options_parse(int argc, char **argv, struct collector_options *ret_opt,
			    struct err *err);
