/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/readiness.h"

#include <stdio.h>
#include <sys/prctl.h>

#include "engine/collector_link.h"

void ready_init(struct ready *r)
{
	*r = (struct ready){ 0 };
	(void)prctl(PR_GET_NAME, (unsigned long)r->name, 0UL, 0UL, 0UL); /* cannot fail */
	hbeat_init(&r->beat, hbeat_rename, r->name, now_boot_ns());
}

/* An answer also tells what the kernel counted; metrics are never older than the question. */
static int64_t ask(struct ready *r, struct clink *link, uint64_t now_ns)
{
	if (clink_n_status(link) != r->n_status) {
		r->n_status = clink_n_status(link);
		r->asked_ns = 0;
	}
	if (now_ns >= r->ask_at_ns) {
		r->ask_at_ns = now_ns + (uint64_t)READY_ASK_NS;
		if (clink_ask_status(link, now_ns) && r->asked_ns == 0)
			r->asked_ns = now_ns;
	}
	return (int64_t)(r->ask_at_ns - now_ns);
}

int64_t ready_tend(struct ready *r, struct clink *link, uint64_t now_ns)
{
	const struct control_plan_status *plan = link ? clink_plan_status(link) : NULL;
	int64_t ask_ns = -1, beat_ns;

	r->is_connected = link && clink_is_connected(link);
	r->has_plan = r->is_connected && plan && plan->generation == clink_generation(link);
	if (r->is_connected)
		ask_ns = ask(r, link, now_ns);
	else
		r->asked_ns = 0;
	/* A plan that is on its way changes nothing yet. */
	hbeat_expect(&r->beat, r->is_connected && plan ? plan->beats : 0);
	beat_ns = hbeat_tick(&r->beat, now_ns);
	return beat_ns < 0 || (ask_ns >= 0 && ask_ns < beat_ns) ? ask_ns : beat_ns;
}

static bool no(char text[READY_TEXT_MAX], const char *why)
{
	(void)snprintf(text, READY_TEXT_MAX, "%s", why); /* short sentences */
	return false;
}

static bool say_hook(const struct hbeat *beat, unsigned int i, char text[READY_TEXT_MAX])
{
	(void)snprintf(text, READY_TEXT_MAX,
		       "%s: what the engine did itself did not come back through %s",
		       beat->hooks[i].state == HBEAT_WAITING ? "events do not flow yet"
							     : "events do not flow",
		       control_hook_name(i));
	return false;
}

bool ready_verdict(const struct ready *r, uint64_t now_ns, char text[READY_TEXT_MAX])
{
	const struct hbeat *beat = &r->beat;

	if (!r->is_connected)
		return no(text, "no collector is connected");
	if (r->asked_ns && now_ns - r->asked_ns > (uint64_t)READY_SILENT_NS)
		return no(text, "the collector does not answer");
	if (!r->has_plan)
		return no(text, "the collector has not confirmed the plan");
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++)
		if (beat->expected >> i & 1 && beat->hooks[i].state != HBEAT_FLOWING)
			return say_hook(beat, i, text);
	(void)snprintf(text, READY_TEXT_MAX, "%s",
		       beat->expected ? ""
				      : "no hook can see what the engine does itself, so it is "
					"not known whether events flow");
	return true;
}
