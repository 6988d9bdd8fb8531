/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/names.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

#include "common/nearest.h"
#include "common/quote.h"
#include "engine/policy/later.h"

#define SETS_MAX 128

/* The sets that the event list mentions, each with its events. */
static struct {
	const char *name; /* in an event's comma-joined `sets`: not terminated */
	size_t len;
	struct pol_events events;
} sets[SETS_MAX];
static size_t n_sets;
static pthread_once_t sets_once = PTHREAD_ONCE_INIT;

static size_t find_set(const char *name, size_t len)
{
	size_t i = 0;

	while (i < n_sets && (sets[i].len != len || memcmp(sets[i].name, name, len) != 0))
		i++;
	return i;
}

static void add_to_set(const char *name, size_t len, unsigned int slot)
{
	size_t i = find_set(name, len);

	if (i == SETS_MAX)
		return; /* a test counts them */
	if (i == n_sets) {
		sets[i].name = name;
		sets[i].len = len;
		n_sets++;
	}
	pol_events_add(&sets[i].events, slot);
}

static void collect_sets(void)
{
	for (unsigned int slot = 0; slot < EVENT_SLOTS; slot++) {
		const char *at = event_defs[slot].sets, *end;

		for (; *at && !event_defs[slot].is_internal; at = *end ? end + 1 : end) {
			end = strchrnul(at, ',');
			add_to_set(at, (size_t)(end - at), slot);
		}
	}
}

static bool is_tag(const char *name)
{
	return strncmp(name, POL_NAME_TAG, strlen(POL_NAME_TAG)) == 0;
}

static bool find_event(const char *name, struct pol_name *found)
{
	found->event = event_def_find_name(name);
	if (found->event)
		found->kind = found->event->is_internal ? POL_NAME_INTERNAL : POL_NAME_EVENT;
	return found->event;
}

struct pol_name pol_name_find(const char *name)
{
	struct pol_name found = { .kind = POL_NAME_UNKNOWN };
	bool of_sets = is_tag(name);
	size_t i;

	if (of_sets)
		name += strlen(POL_NAME_TAG);
	else if (find_event(name, &found))
		return found;
	(void)pthread_once(&sets_once, collect_sets); /* cannot fail with a valid control */
	i = find_set(name, strlen(name));
	if (i < n_sets) {
		found.kind = POL_NAME_SET;
		found.set = &sets[i].events;
		return found;
	}
	found.later = of_sets ? pol_later_find_set(name) : pol_later_find(name);
	if (found.later)
		found.kind = POL_NAME_LATER;
	return found;
}

static int refuse_tag(const char *name, struct err *err)
{
	const char *tag = name + strlen(POL_NAME_TAG), *later;
	char shown[QUOTE_CAP];
	struct nearest near;

	quote_text(shown, name);
	if (strchr(tag, ','))
		return err_set(err, -EINVAL, "event '%s' is several sets; expected one", shown);
	nearest_init(&near, tag);
	for (size_t i = 0; i < n_sets; i++)
		nearest_offer(&near, sets[i].name, sets[i].len);
	for (size_t i = 0; (later = pol_later_at(i)); i++)
		if (pol_later_find_set(later))
			nearest_offer(&near, later, strlen(later));
	if (!near.best[0])
		return err_set(err, -ENOENT, "event '%s': there is no such set", shown);
	return err_set(err, -ENOENT, "event '%s': there is no such set; did you mean '%s'?", shown,
		       near.best);
}

int pol_name_refuse(const char *name, struct err *err)
{
	char shown[QUOTE_CAP];
	struct nearest near;
	const char *later;

	if (is_tag(name))
		return refuse_tag(name, err);
	quote_text(shown, name);
	if (pol_name_find(name).kind == POL_NAME_INTERNAL)
		return err_set(err, -ENOENT, "event '%s' is internal: it cannot be selected",
			       shown);
	nearest_init(&near, name);
	for (size_t i = 0; i < EVENT_SLOTS; i++)
		if (!event_defs[i].is_internal)
			nearest_offer(&near, event_defs[i].name, strlen(event_defs[i].name));
	for (size_t i = 0; i < n_sets; i++)
		nearest_offer(&near, sets[i].name, sets[i].len);
	for (size_t i = 0; (later = pol_later_at(i)); i++)
		nearest_offer(&near, later, strlen(later));
	if (!near.best[0])
		return err_set(err, -ENOENT, "event '%s' is not known", shown);
	return err_set(err, -ENOENT, "event '%s' is not known; did you mean '%s'?", shown,
		       near.best);
}
