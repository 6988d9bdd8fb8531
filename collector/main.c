/* SPDX-License-Identifier: Apache-2.0 */
/*
 * warder-collector: the privileged half. Options, features, lanes, programs, hand-over, fewer
 * privileges, loop; after the sixth step it parses nothing but the engine's fixed-layout messages.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "collector/attach.h"
#include "collector/cgroups.h"
#include "collector/handoff.h"
#include "collector/kfeat.h"
#include "collector/lanes.h"
#include "collector/options.h"
#include "collector/privileges.h"
#include "collector/service.h"
#include "common/cleanup.h"
#include "common/exit_codes.h"
#include "common/log.h"
#include "common/options_text.h"
#include "common/std_fds.h"

struct collector {
	struct collector_options opt;
	struct kfeat_set features;
	struct lanes lanes;
	struct cgroups cgroups;
	struct attach *attach;
	struct handoff *handoff;
	int stop_fd;
};

static enum exit_code exit_code_of(int rc, enum exit_code otherwise)
{
	switch (rc) {
	case -EPERM:
	case -EACCES:
		return EXIT_CODE_PRIVILEGES;
	case -EOPNOTSUPP:
		return EXIT_CODE_KERNEL;
	case -EADDRINUSE:
	case -EBUSY:
		return EXIT_CODE_BUSY;
	default:
		return otherwise;
	}
}

/* SIGTERM and SIGINT stop the loop; both are taken from a descriptor. */
static int open_stop_fd(struct err *err)
{
	sigset_t set;
	int fd;

	(void)sigemptyset(&set);
	/* Whoever reads the log may go away; a limit on files is an error of the write. Neither
	 * call can fail. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)sigaddset(&set, SIGTERM);
	(void)sigaddset(&set, SIGINT);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return err_set(err, -errno, "signals cannot be blocked (%s)", err_name(errno));
	fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_set(err, -errno, "signalfd failed (%s)", err_name(errno)) : fd;
}

static void tell_features(const struct kfeat_set *set)
{
	for (int i = 0; i < KFEATS; i++)
		if (!set->has[i] && kfeat_without((enum kfeat)i)[0])
			log_info("kernel has no %s (%s): %s", kfeat_name((enum kfeat)i),
				 err_name(set->code[i]), kfeat_without((enum kfeat)i));
}

static void find_cgroups(struct collector *c)
{
	struct err err = { 0 };

	if (cgroups_open(&c->cgroups, c->opt.cgroupfs, &err) != 0)
		log_warning("%s: containers are known only when they are made from now on",
			    err.text);
	else if (c->cgroups.hierarchy)
		log_info("containers are told apart by cgroup v1, hierarchy %u (cpuset)",
			 c->cgroups.hierarchy);
}

static enum exit_code prepare(struct collector *c, struct err *err)
{
	const struct lanes_options lanes = { .budget_bytes = c->opt.lanes_bytes,
					     .n_groups = (uint32_t)c->opt.n_cpu_groups };
	struct attach_options attach;
	int rc;

	c->stop_fd = open_stop_fd(err);
	if (c->stop_fd < 0)
		return EXIT_CODE_FAILED;
	if (priv_caps_missing(NULL, err) != 0)
		return EXIT_CODE_PRIVILEGES;
	rc = kfeat_probe(&c->features, err);
	if (rc != 0)
		return exit_code_of(rc, EXIT_CODE_KERNEL);
	tell_features(&c->features);
	rc = lanes_create(&c->lanes, &lanes, err);
	if (rc != 0)
		return exit_code_of(rc, EXIT_CODE_FAILED);
	find_cgroups(c);
	attach.hooks = (enum collector_hooks)c->opt.hooks;
	attach.cgroup_hierarchy = c->cgroups.hierarchy;
	attach.keep_run_stats = c->opt.bpf_stats;
	c->attach = attach_new(&c->lanes, &c->features, &attach, err);
	if (!c->attach)
		return exit_code_of(err->code, EXIT_CODE_KERNEL);
	return EXIT_CODE_OK;
}

static enum exit_code listen_and_drop(struct collector *c, struct err *err)
{
	const struct handoff_options handoff = {
		.path = c->opt.socket,
		.group = c->opt.group,
		.engine_uid = c->opt.engine_uid == OPTIONS_NONE ? -1 : (int64_t)c->opt.engine_uid,
	};
	const struct priv_options priv = { 0 };
	struct priv_state state;
	char caps[256];
	int rc;

	c->handoff = handoff_listen(&handoff, err);
	if (!c->handoff)
		return exit_code_of(err->code, EXIT_CODE_FAILED);
	if (!handoff_has_group(c->handoff) && handoff.engine_uid < 0)
		log_warning("group '%s' does not exist, only root can connect", c->opt.group);
	rc = priv_drop(&priv, &state, err);
	if (rc == 0)
		rc = priv_seccomp(err);
	if (rc != 0)
		return EXIT_CODE_FAILED;
	log_info("ready on '%s': %u lanes, vital %llu KiB and bulk %llu KiB each, keeping %s",
		 c->opt.socket, 2 * c->lanes.n_groups + 1,
		 (unsigned long long)c->lanes.vital_capacity >> 10,
		 (unsigned long long)c->lanes.bulk_capacity >> 10,
		 priv_caps_text(state.caps, caps, sizeof(caps)));
	return EXIT_CODE_OK;
}

static enum exit_code run(struct collector *c, struct err *err)
{
	const struct service_options opt = { .once = c->opt.once, .cgroups = &c->cgroups };
	enum exit_code code = prepare(c, err);

	if (code == EXIT_CODE_OK)
		code = listen_and_drop(c, err);
	if (code == EXIT_CODE_OK &&
	    service_run(c->handoff, &c->lanes, c->attach, c->stop_fd, &opt, err) != 0)
		code = EXIT_CODE_FAILED;
	return code;
}

int main(int argc, char **argv)
{
	struct collector c = { .features = { .tracefs_fd = -1 },
			       .cgroups = { .fd = -1 },
			       .stop_fd = -1 };
	struct err err = { 0 };
	enum exit_code code;

	std_fds_hold();
	log_init("warder-collector", LOG_INFO);
	for (size_t i = 0; i < CONTROL_FDS; i++)
		c.lanes.fds[i] = -1;
	if (collector_options_parse(argc, argv, &c.opt, &err) != 0) {
		log_error("%s", err.text);
		return EXIT_CODE_USAGE;
	}
	if (options_text_about(stdout, &collector_options_program, &c.opt.about, 8))
		return EXIT_CODE_OK;
	if (log_options_open(&c.opt.log, 0, 0, &err) < 0) {
		log_error("%s", err.text);
		return EXIT_CODE_USAGE;
	}
	code = run(&c, &err);
	if (code != EXIT_CODE_OK)
		log_error("%s", err.text);
	handoff_close(c.handoff);
	attach_free(c.attach);
	lanes_done(&c.lanes);
	cgroups_close(&c.cgroups);
	kfeat_done(&c.features);
	if (c.stop_fd >= 0)
		(void)close(c.stop_fd);
	log_flush();
	return (int)code;
}
