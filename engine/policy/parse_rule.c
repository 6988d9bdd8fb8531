/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/parse_rule.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "common/quote.h"
#include "engine/policy/expiry.h"
#include "engine/policy/names.h"
#include "engine/policy/parse.h"

/* Each is looked at in turn when the rule holds. */
#define PRULE_EXCEPTIONS_MAX 256

int prule_check_action(struct parse *p, const struct ynode *item)
{
	char shown[QUOTE_CAP];
	int rc = pnode_check_text(p, item, "an action");

	if (rc < 0 || !strcmp(item->text, "log") || !strcmp(item->text, "print"))
		return rc;
	return pnode_refuse(p, item, -EINVAL, "action '%s' is not known; expected 'log' or 'print'",
			    quote_text(shown, item->text));
}

static int read_actions(struct parse *p, const struct ynode *value)
{
	return pnode_read_list(p, value, "'actions'", prule_check_action);
}

static int check_unique(const struct parse *p, const struct ynode *event)
{
	char shown[QUOTE_CAP];

	for (size_t i = 0; i < p->policy->n_rules; i++)
		if (!strcmp(p->policy->rules[i].event_name, event->text))
			return pnode_refuse(p, event, -EINVAL,
					    "event '%s' is named twice; the first is in rule %zu",
					    quote_text(shown, event->text), i + 1);
	return 0;
}

static int read_event(struct parse *p, const struct ynode *value)
{
	struct err reason = { 0 };
	enum pol_rule_kind kind = POL_RULE_EVENT;
	struct pol_name name;
	int rc = pnode_check_text(p, value, "'event'");

	if (rc == 0)
		rc = check_unique(p, value);
	if (rc < 0)
		return rc;
	name = pol_name_find(value->text);
	switch (name.kind) {
	case POL_NAME_UNKNOWN:
	case POL_NAME_INTERNAL:
		rc = pol_name_refuse(value->text, &reason);
		return pnode_refuse(p, value, rc, "%s", reason.text);
	case POL_NAME_EVENT:
		break;
	case POL_NAME_SET:
		kind = POL_RULE_SET;
		break;
	case POL_NAME_LATER:
		kind = POL_RULE_UNAVAILABLE;
		break;
	}
	rc = pol_policy_add_rule(p->policy, value->text, kind, name.event);
	return rc < 0 ? pnode_no_memory(p) : 0;
}

/* Not read before the rule's event is known, wherever that is. */
static int keep_filters(struct parse *p, const struct ynode *value)
{
	p->filters = value;
	return 0;
}

static int keep_exceptions(struct parse *p, const struct ynode *value)
{
	p->exceptions = value;
	return 0;
}

static struct pol_rule *current_rule(const struct parse *p)
{
	return &p->policy->rules[p->policy->n_rules - 1];
}

/* Of an event that is not there the filters are checked and forgotten: nothing can match them. */
static int read_filter(struct parse *p, const struct ynode *item)
{
	struct pol_rule *rule = current_rule(p);
	struct err reason = { 0 };
	int rc = pnode_check_text(p, item, "a filter");

	if (rc < 0)
		return rc;
	if (rule->kind == POL_RULE_UNAVAILABLE)
		rc = pol_filter_check(item->text, &reason);
	else
		rc = pol_filter_add(p->exception ? &p->exception->filters : &rule->filters,
				    item->text, POL_FILTER_RULE, rule->event, item->line,
				    item->column, NULL, &reason);
	return rc < 0 ? pnode_refuse(p, item, rc, "%s", reason.text) : 0;
}

static int read_exception_name(struct parse *p, const struct ynode *value)
{
	const struct pol_rule *rule = current_rule(p);
	char shown[QUOTE_CAP];
	int rc = pnode_check_text(p, value, "an exception's name");

	if (rc < 0)
		return rc;
	quote_text(shown, value->text);
	if (!pnode_is_label(value->text))
		return pnode_refuse(p, value, -EINVAL,
				    "exception '%s' is not a valid name; expected " PNODE_LABEL,
				    shown);
	for (size_t i = 0; i < rule->n_exceptions; i++)
		if (!strcmp(rule->exceptions[i].name, value->text))
			return pnode_refuse(p, value, -EINVAL,
					    "exception '%s' is there twice; the first is in line "
					    "%u",
					    shown, rule->exceptions[i].line);
	return pnode_copy_text(p, value->text, &p->exception->name);
}

static int read_reason(struct parse *p, const struct ynode *value)
{
	if (value->kind != YNODE_TEXT)
		return pnode_refuse(p, value, -EINVAL, "'reason' must be text, not %s",
				    pnode_kind(value));
	return pnode_copy_text(p, value->is_null ? "" : value->text, &p->exception->reason);
}

static int read_expires(struct parse *p, const struct ynode *value)
{
	char shown[QUOTE_CAP];
	int rc = pnode_check_text(p, value, "'expires'");

	if (rc < 0 || expiry_parse(value->text, &p->exception->expires_s) == 0)
		return rc;
	return pnode_refuse(p, value, -EINVAL,
			    "expires '%s' is not a time; expected a day such as 2026-12-31 or a "
			    "time such as 2026-12-31T18:00:00Z",
			    quote_text(shown, value->text));
}

static int read_exception_filters(struct parse *p, const struct ynode *value)
{
	if (pnode_is_empty(value))
		return pnode_refuse(p, value, -EINVAL,
				    "'filters' is empty; expected what the exception is about");
	return pnode_read_list(p, value, "'filters'", read_filter);
}

static int skip(struct parse *p, const struct ynode *value)
{
	(void)p;
	(void)value;
	return 0;
}

/* Its name first, wherever it is: messages use it. */
static int read_exception_map(struct parse *p, const struct ynode *item)
{
	static const struct pnode_key keys[] = {
		{ "name", skip, true },
		{ "filters", read_exception_filters, true },
		{ "expires", read_expires, false },
		{ "reason", read_reason, false },
	};
	const struct ynode *name = item->kind == YNODE_MAP ? pnode_find(item, "name") : NULL;
	int rc = name ? read_exception_name(p, name) : 0;

	if (rc == 0)
		rc = pnode_read_map(p, item, "an exception", keys, ARRAY_LEN(keys));
	if (rc == 0 && !p->exception->reason)
		rc = pnode_copy_text(p, "", &p->exception->reason);
	return rc;
}

static void exception_done(struct pol_exception *exception)
{
	pol_filters_done(&exception->filters);
	free(exception->reason);
	free(exception->name);
}

static int add_exception(const struct parse *p, const struct pol_exception *exception)
{
	struct pol_rule *rule = current_rule(p);
	struct pol_exception *exceptions = rule->exceptions;
	size_t n = rule->n_exceptions;

	if (n == PRULE_EXCEPTIONS_MAX)
		return err_set(p->err, -E2BIG, "%s:%u:%u: rule %u: more than %d exceptions",
			       p->file, exception->line, exception->column, p->rule,
			       PRULE_EXCEPTIONS_MAX);
	exceptions = reallocarray(exceptions, n + 1, sizeof(*exceptions));
	if (!exceptions)
		return pnode_no_memory(p);
	exceptions[n] = *exception;
	rule->exceptions = exceptions;
	rule->n_exceptions++;
	return 0;
}

static int read_exception(struct parse *p, const struct ynode *item)
{
	struct pol_exception exception = { .expires_s = INT64_MAX,
					   .line = item->line,
					   .column = item->column };
	int rc;

	p->exception = &exception;
	rc = read_exception_map(p, item);
	p->exception = NULL;
	if (rc == 0)
		rc = add_exception(p, &exception);
	if (rc < 0)
		exception_done(&exception);
	return rc;
}

static void drop_exceptions(struct pol_rule *rule)
{
	for (size_t i = 0; i < rule->n_exceptions; i++)
		exception_done(&rule->exceptions[i]);
	free(rule->exceptions);
	rule->exceptions = NULL;
	rule->n_exceptions = 0;
}

static int read_rule(struct parse *p, const struct ynode *item)
{
	static const struct pnode_key keys[] = {
		{ "event", read_event, true },
		{ "filters", keep_filters, false },
		{ "exceptions", keep_exceptions, false },
		{ "actions", read_actions, false },
	};
	struct pol_rule *rule;
	int rc;

	p->rule++;
	p->filters = p->exceptions = NULL;
	rc = pnode_read_map(p, item, "a rule", keys, ARRAY_LEN(keys));
	if (rc < 0)
		return rc;
	rule = current_rule(p);
	rule->line = item->line;
	rule->column = item->column;
	if (p->filters)
		rc = pnode_read_list(p, p->filters, "'filters'", read_filter);
	if (rc == 0 && p->exceptions)
		rc = pnode_read_list(p, p->exceptions, "'exceptions'", read_exception);
	if (rule->kind == POL_RULE_UNAVAILABLE)
		drop_exceptions(rule);
	return rc;
}

int prule_read(struct parse *p, const struct ynode *value)
{
	int rc;

	if (pnode_is_empty(value))
		return pnode_refuse(p, value, -EINVAL, "'rules' is empty; expected '- event: ...'");
	rc = pnode_read_list(p, value, "'rules'", read_rule);
	p->rule = rc < 0 ? p->rule : 0;
	return rc;
}

void prule_done(struct pol_rule *rule)
{
	drop_exceptions(rule);
	pol_filters_done(&rule->filters);
	free(rule->event_name);
}
