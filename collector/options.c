/* SPDX-License-Identifier: Apache-2.0 */
#include "collector/options.h"

#include <errno.h>
#include <string.h>
#include <sys/un.h>

#include "collector/cgroups.h"
#include "common/cleanup.h"
#include "common/control.h"
#include "common/log_options.h"

/* clang-format off */
#define ST struct collector_options
static const struct options_row rows[] = {
	{ "socket", 's', OPTIONS_STRING(ST, socket), "PATH", CONTROL_SOCKET_DEFAULT, NULL, 0,
	  "Connection", "unix socket on which the engine connects" },
	{ "group", 'g', OPTIONS_STRING(ST, group), "NAME", "warder", NULL, 0,
	  "Connection", "group that may open the socket" },
	{ "engine-uid", 'u', OPTIONS_NUMBER(ST, engine_uid), "UID", NULL, NULL, UINT32_MAX - 1,
	  "Connection", "let in only this user and root, and give it the socket; else any of the group" },
	{ "once", 0, OPTIONS_FLAG(ST, once), NULL, NULL, NULL, 0,
	  "Connection", "end when the engine that connected has gone" },

	{ "lanes", 'm', OPTIONS_SIZE(ST, lanes_bytes), "BYTES", "0", NULL, 64ULL << 30,
	  "Capture", "memory of all lanes together; 0: 8M per CPU, from 16M to 512M" },
	{ "cpu-groups", 'c', OPTIONS_NUMBER(ST, n_cpu_groups), "N", "0", NULL, COLLECTOR_CPU_GROUPS_MAX,
	  "Capture", "groups of CPUs with lanes of their own; 0: one per CPU, up to 64" },
	{ "hooks", 'k', OPTIONS_WORD(ST, hooks), "HOW", "auto", "auto|global|narrow", 0,
	  "Capture", "system calls through the global tracepoint or through narrow hooks" },

	{ "cgroupfs", 'f', OPTIONS_STRING(ST, cgroupfs), "DIR", CGROUPS_BASE, NULL, 0,
	  "Capture", "where cgroup v2, or the hierarchies of v1, are mounted: there is who is in which container" },

	{ "bpf-stats", 0, OPTIONS_FLAG(ST, bpf_stats), NULL, NULL, NULL, 0,
	  "Capture", "have the kernel count run times of BPF programs; costs each run some 20 ns" },

	LOG_OPTIONS_ROWS(ST, log, LOG_OPTIONS_ITEMS),
	OPTIONS_ABOUT_ROWS(ST, about),
};
#undef ST
/* clang-format on */

const struct options_program collector_options_program = {
	.name = "warder-collector",
	.synopsis = "[OPTION...]",
	.summary = "load the BPF programs and hand their lanes to the engine",
	.description =
		"warder-collector is the privileged half of Warder. It loads the BPF programs, "
		"creates the lanes (rings in shared memory, frozen: user space can only read "
		"them), attaches what the engine's plan asks for, and hands the descriptors to the "
		"one engine that may connect.\n\n"
		"It reads no policy and no configuration file. It needs root, or the capabilities "
		"CAP_BPF, CAP_PERFMON, CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, and a kernel with "
		"BTF, 5.15 or newer. While no engine is connected the kernel keeps writing; an "
		"engine that comes back loses nothing that fits the lanes.\n\n"
		"It logs to standard error. A file that --log-file names stays open until the end: "
		"the system call filter lets no file be opened for writing. Put it away by copying "
		"it (logrotate's copytruncate).",
	.rows = rows,
	.n_rows = ARRAY_LEN(rows),
};

int collector_options_parse(int argc, char **argv, struct collector_options *ret_opt,
			    struct err *err)
{
	const size_t path_max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
	int n = options_parse(&collector_options_program, argc - 1, argv + 1, ret_opt, err);

	if (n < 0)
		return n;
	if (ret_opt->about.help || ret_opt->about.version || ret_opt->about.man)
		return 0;
	if (n > 0)
		return err_set(err, -EINVAL, "argument '%s' is not an option, none is expected",
			       argv[1]);
	if (ret_opt->socket[0] == '\0' || strlen(ret_opt->socket) > path_max)
		return err_set(err, -EINVAL, "option '--socket' expects a path of 1 to %zu bytes",
			       path_max);
	if (ret_opt->lanes_bytes > 0 && ret_opt->lanes_bytes < COLLECTOR_LANES_MIN / 16)
		return err_set(err, -EINVAL, "option '--lanes' expects at least 1M, or 0");
	ret_opt->log.patterns = NULL;
	return log_options_check(&ret_opt->log, err);
}
