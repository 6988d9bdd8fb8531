/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/heartbeat.h"

#include <string.h>
#include <sys/prctl.h>

static const char *const state_names[] = {
	[HBEAT_NONE] = "none",
	[HBEAT_WAITING] = "waiting",
	[HBEAT_FLOWING] = "flowing",
	[HBEAT_LATE] = "late",
};

const char *hbeat_state_name(enum hbeat_state state)
{
	return state_names[state];
}

void hbeat_init(struct hbeat *h, hbeat_act_fn act, void *arg, uint64_t number)
{
	*h = (struct hbeat){ .act = act, .arg = arg, .number = number };
}

void hbeat_expect(struct hbeat *h, uint32_t kinds)
{
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++) {
		uint32_t bit = 1U << i;

		if ((h->expected ^ kinds) & bit)
			h->hooks[i].state = kinds & bit ? HBEAT_WAITING : HBEAT_NONE;
	}
	/* Whoever is new has not seen the latest one, and is asked at once. */
	if (kinds & ~h->expected)
		h->sent_ns = 0;
	h->missing &= kinds;
	h->expected = kinds;
}

static void give_up(struct hbeat *h)
{
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++) {
		if (!(h->missing >> i & 1))
			continue;
		h->hooks[i].state = HBEAT_LATE;
		h->hooks[i].n_late++;
	}
	h->missing = 0;
}

int64_t hbeat_tick(struct hbeat *h, uint64_t now_ns)
{
	uint64_t age_ns = now_ns - h->sent_ns;

	if (!h->expected)
		return -1;
	if (h->sent_ns && age_ns < (uint64_t)HBEAT_EVERY_NS)
		return HBEAT_EVERY_NS - (int64_t)age_ns;
	if (h->sent_ns)
		give_up(h);
	h->sent_ns = now_ns;
	h->missing = h->expected;
	h->n_sent++;
	h->act(h->arg, ++h->number);
	return HBEAT_EVERY_NS;
}

void hbeat_take(struct hbeat *h, const struct rec_heartbeat *rec, uint64_t now_ns)
{
	uint64_t age_ns = now_ns - h->sent_ns;
	struct hbeat_hook *hook;

	if (rec->number != h->number || rec->hook >= CONTROL_HOOK_KINDS ||
	    !(h->missing >> rec->hook & 1) || age_ns > (uint64_t)HBEAT_LATE_NS)
		return;
	hook = &h->hooks[rec->hook];
	hook->state = HBEAT_FLOWING;
	hook->n_back++;
	hook->took_ns = age_ns;
	h->missing &= ~(1U << rec->hook);
}

bool hbeat_is_flowing(const struct hbeat *h)
{
	for (unsigned int i = 0; i < CONTROL_HOOK_KINDS; i++)
		if (h->expected >> i & 1 && h->hooks[i].state != HBEAT_FLOWING)
			return false;
	return h->expected != 0;
}

/* It has the name already: nothing changes. What fails is seen as a heartbeat that does not come
 * back. */
void hbeat_rename(void *arg, uint64_t number)
{
	(void)prctl(PR_SET_NAME, (unsigned long)arg, (unsigned long)number,
		    (unsigned long)REC_HEARTBEAT_MARK, 0UL);
}
