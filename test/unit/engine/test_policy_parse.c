/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/parse.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/policy.h"

static struct pol_set *set;
static struct err err;

static void set_up(void)
{
	set = pol_set_new();
	ck_assert_ptr_nonnull(set);
	memset(&err, 0, sizeof(err));
}

static void tear_down(void)
{
	pol_set_free(set);
	set = NULL;
}

static int parse(const char *text)
{
	return pol_set_parse(set, text, strlen(text), "p.yaml", &err);
}

static void parse_well(const char *text)
{
	int rc = parse(text);

	ck_assert_msg(rc == 0, "%d: %s", rc, err.text);
}

#define META "kind: Policy\nmetadata:\n  name: p\nspec:\n" /* lines 1 to 4 */
#define HEAD META "  scope: [global]\n"                    /* ... and 5 */
#define PLAIN "type: policy\nname: p\nscope: [global]\n"   /* lines 1 to 3 */
#define GOOD HEAD "  rules: [{event: read}]\n"
#define GOOD_AS(name)                                                                              \
	"kind: Policy\nmetadata: {name: " name                                                     \
	"}\nspec: {scope: [global], rules: [{event: read}]}\n"

static const struct {
	const char *text, *expect;
	int code;
} broken[] = {
	/* the document */
	{ "", "p.yaml: no policy in it; expected 'kind: Policy' or 'type: policy'", -EINVAL },
	{ "# nothing\n---\n---\n",
	  "p.yaml: no policy in it; expected 'kind: Policy' or 'type: policy'", -EINVAL },
	{ "hello", "p.yaml:1:1: a policy must be a mapping, not text", -EINVAL },
	{ "- a\n", "p.yaml:1:1: a policy must be a mapping, not a list", -EINVAL },
	{ "{}", "p.yaml:1:1: not a policy; expected 'kind: Policy' or 'type: policy'", -EINVAL },
	{ "name: x\n", "p.yaml:1:1: not a policy; expected 'kind: Policy' or 'type: policy'",
	  -EINVAL },
	{ "apiVersion: tracee.aquasec.com/v1beta1\nmetadata: {name: p}\n"
	  "spec: {scope: [global], rules: [{event: read}]}\n",
	  "p.yaml:1:1: 'kind' is missing in a policy", -EINVAL },
	{ "apiVersion: tracee.aquasec.com/v1\n" GOOD,
	  "p.yaml:1:13: apiVersion 'tracee.aquasec.com/v1' is not known; expected "
	  "'tracee.aquasec.com/v1beta1'",
	  -EINVAL },
	{ "kind: Polcy\n", "p.yaml:1:7: kind 'Polcy' is not known; expected 'Policy'", -EINVAL },
	{ "kind: [Policy]\n", "p.yaml:1:7: 'kind' must be text, not a list", -EINVAL },
	{ "kind:\n", "p.yaml:1:6: 'kind' is empty", -EINVAL },
	{ "type: detector\n", "p.yaml:1:7: type 'detector' is not known; expected 'policy'",
	  -EINVAL },
	{ "kind: Policy\nspecs: {}\n",
	  "p.yaml:2:1: key 'specs' is not known in a policy; did you mean 'spec'?", -EINVAL },
	{ "type: policy\nkind: Policy\n", "p.yaml:1:1: key 'type' is not known in a policy",
	  -EINVAL },
	{ "type: policy\nnmae: x\n",
	  "p.yaml:2:1: key 'nmae' is not known in a policy; did you mean 'name'?", -EINVAL },
	{ "kind: Policy\nmetadata: {name: p}\n", "p.yaml:1:1: 'spec' is missing in a policy",
	  -EINVAL },
	{ "kind: Policy\nspec: {scope: [global], rules: [{event: read}]}\n",
	  "p.yaml:1:1: 'metadata' is missing in a policy", -EINVAL },
	{ "kind: Policy\nspec:\n", "p.yaml:2:6: 'spec' must be a mapping, not nothing", -EINVAL },

	/* the name */
	{ "kind: Policy\nmetadata: {}\n", "p.yaml:2:11: 'name' is missing in 'metadata'", -EINVAL },
	{ "kind: Policy\nmetadata: {name: }\n", "p.yaml:2:18: the policy's name is empty",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: ''}\n", "p.yaml:2:18: the policy's name is empty",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: {a: b}}\n",
	  "p.yaml:2:18: the policy's name must be text, not a mapping", -EINVAL },
	{ "kind: Policy\nmetadata: {name: My_Policy}\n",
	  "p.yaml:2:18: name 'My_Policy' is not valid; expected lower-case letters, digits and "
	  "'-', 63 at most, with a letter or digit at both ends",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: -p}\n",
	  "p.yaml:2:18: name '-p' is not valid; expected lower-case letters, digits and '-', 63 at "
	  "most, with a letter or digit at both ends",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: p-}\n",
	  "p.yaml:2:18: name 'p-' is not valid; expected lower-case letters, digits and '-', 63 at "
	  "most, with a letter or digit at both ends",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: "
	  "a123456789b123456789c123456789d123456789e123456789f123456789g123}\n",
	  "p.yaml:2:18: name 'a123456789b123456789c123456789d123456789e123456789f123456789g12...' "
	  "is not valid; expected lower-case letters, digits and '-', 63 at most, with a letter or "
	  "digit at both ends",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: \"a\\e[31mb\"}\n",
	  "p.yaml:2:18: name 'a?[31mb' is not valid; expected lower-case letters, digits and '-', "
	  "63 at most, with a letter or digit at both ends",
	  -EINVAL },
	{ "kind: Policy\nmetadata: {name: p, annotations: [a]}\n",
	  "p.yaml:2:34: 'annotations' must be a mapping, not a list", -EINVAL },
	{ "kind: Policy\nmetadata: {name: p, annotations: {description: [a]}}\n",
	  "p.yaml:2:48: 'description' must be text, not a list", -EINVAL },
	{ "kind: Policy\nmetadata: {name: p, anotations: {}}\n",
	  "p.yaml:2:21: key 'anotations' is not known in 'metadata'; did you mean 'annotations'?",
	  -EINVAL },
	{ GOOD "---\n" GOOD_AS("q") "---\n" GOOD,
	  "p.yaml:14:9: policy 'p' is there twice; the first is in p.yaml:3", -EEXIST },

	/* the scope */
	{ META "  rules: [{event: read}]\n", "p.yaml:5:3: 'scope' is missing in 'spec'", -EINVAL },
	{ META "  scope:\n  rules: [{event: read}]\n",
	  "p.yaml:5:9: 'scope' is empty; expected 'global'", -EINVAL },
	{ META "  scope: []\n", "p.yaml:5:10: 'scope' is empty; expected 'global'", -EINVAL },
	{ META "  scope: global\n", "p.yaml:5:10: 'scope' must be a list, not text", -EINVAL },
	{ META "  scope: [[global]]\n", "p.yaml:5:11: a scope must be text, not a list", -EINVAL },
	{ META "  scope: ['']\n", "p.yaml:5:11: a scope is empty", -EINVAL },
	{ META "  scope:\n    - uid=0\n",
	  "p.yaml:6:7: scope 'uid=0' is not supported yet: only 'global' is", -EOPNOTSUPP },
	{ META "  scope: [container]\n",
	  "p.yaml:5:11: scope 'container' is not supported yet: only 'global' is", -EOPNOTSUPP },
	{ META "  scope: [pid!=new]\n",
	  "p.yaml:5:11: scope 'pid!=new' is not supported yet: only 'global' is", -EOPNOTSUPP },
	{ META "  scope: [containr]\n",
	  "p.yaml:5:11: scope 'containr' is not known; did you mean 'container'?", -ENOENT },
	{ META "  scope: [flavour=1]\n", "p.yaml:5:11: scope 'flavour=1' is not known", -ENOENT },
	{ META "  scope: [=0]\n", "p.yaml:5:11: scope '=0' is not known", -ENOENT },
	{ META "  scope: [global=1]\n",
	  "p.yaml:5:11: scope 'global=1' is not valid; 'global' takes no value", -EINVAL },
	{ META "  scope: [uid=0, global]\n", "p.yaml:5:18: scope 'global' must be the only one",
	  -EINVAL },

	/* the rules */
	{ META "  scope: [global]\n", "p.yaml:5:3: 'rules' is missing in 'spec'", -EINVAL },
	{ HEAD "  rules:\n", "p.yaml:6:9: 'rules' is empty; expected '- event: ...'", -EINVAL },
	{ HEAD "  rules: []\n", "p.yaml:6:10: 'rules' is empty; expected '- event: ...'", -EINVAL },
	{ HEAD "  rules: {event: read}\n", "p.yaml:6:10: 'rules' must be a list, not a mapping",
	  -EINVAL },
	{ HEAD "  rules:\n    - event: read\n    - openat\n",
	  "p.yaml:8:7: rule 2: a rule must be a mapping, not text", -EINVAL },
	{ HEAD "  rules:\n    - actions: [log]\n",
	  "p.yaml:7:7: rule 1: 'event' is missing in a rule", -EINVAL },
	{ HEAD "  rules:\n    - event:\n", "p.yaml:7:13: rule 1: 'event' is empty", -EINVAL },
	{ HEAD "  rules:\n    - event: [read]\n",
	  "p.yaml:7:14: rule 1: 'event' must be text, not a list", -EINVAL },
	{ HEAD "  rules:\n    - event: read\n    - event: opnat\n",
	  "p.yaml:8:14: rule 2: event 'opnat' is not known; did you mean 'openat'?", -ENOENT },
	{ HEAD "  rules:\n    - event: syscals\n",
	  "p.yaml:7:14: rule 1: event 'syscals' is not known; did you mean 'syscalls'?", -ENOENT },
	{ HEAD "  rules:\n    - event: net_packet_htp\n",
	  "p.yaml:7:14: rule 1: event 'net_packet_htp' is not known; did you mean "
	  "'net_packet_http'?",
	  -ENOENT },
	{ HEAD "  rules:\n    - event: rhubarb_and_custard\n",
	  "p.yaml:7:14: rule 1: event 'rhubarb_and_custard' is not known", -ENOENT },
	{ HEAD "  rules:\n    - event: task\n",
	  "p.yaml:7:14: rule 1: event 'task' is internal: it cannot be selected", -ENOENT },
	{ HEAD "  rules:\n    - event: open*\n",
	  "p.yaml:7:14: rule 1: event 'open*' is not known; did you mean 'open'?", -ENOENT },
	{ HEAD "  rules:\n    - event: read\n    - event: write\n    - event: read\n",
	  "p.yaml:9:14: rule 3: event 'read' is named twice; the first is in rule 1", -EINVAL },
	{ HEAD "  rules:\n    - event: fs\n    - event: fs\n",
	  "p.yaml:8:14: rule 2: event 'fs' is named twice; the first is in rule 1", -EINVAL },
	{ HEAD "  rules:\n    - event: vfs_read\n    - event: vfs_read\n",
	  "p.yaml:8:14: rule 2: event 'vfs_read' is named twice; the first is in rule 1", -EINVAL },
	{ HEAD "  rules:\n    - evnt: read\n",
	  "p.yaml:7:7: rule 1: key 'evnt' is not known in a rule; did you mean 'event'?", -EINVAL },
	{ HEAD "  rules:\n    - event: read\n      filter: []\n",
	  "p.yaml:8:7: rule 1: key 'filter' is not known in a rule; did you mean 'filters'?",
	  -EINVAL },
	{ HEAD "  rules: [{event: read}]\n  defaultAction: [log]\n",
	  "p.yaml:7:3: key 'defaultAction' is not known in 'spec'; did you mean 'defaultActions'?",
	  -EINVAL },

	/* filters */
	{ HEAD "  rules:\n    - event: openat\n      filters:\n        - data.pathname=/etc/*\n",
	  "p.yaml:9:11: rule 1: filter 'data.pathname=/etc/*' is not supported yet: only rules "
	  "without filters are",
	  -EOPNOTSUPP },
	{ HEAD "  rules:\n    - filters: [args.flags!=0]\n      event: openat\n",
	  "p.yaml:7:17: rule 1: filter 'args.flags!=0' is not supported yet: only rules without "
	  "filters are",
	  -EOPNOTSUPP },
	{ HEAD "  rules: [{event: fs, filters: [data.anything=0]}]\n",
	  "p.yaml:6:33: rule 1: filter 'data.anything=0' is not supported yet: only rules without "
	  "filters are",
	  -EOPNOTSUPP },
	{ HEAD "  rules: [{event: openat, filters: [retval<0]}]\n",
	  "p.yaml:6:37: rule 1: filter 'retval<0' is not supported yet: only rules without filters "
	  "are",
	  -EOPNOTSUPP },
	{ HEAD "  rules: [{event: openat, filters: [podNamespace=otel]}]\n",
	  "p.yaml:6:37: rule 1: filter 'podNamespace=otel' is not supported yet: only rules "
	  "without filters are",
	  -EOPNOTSUPP },
	{ HEAD "  rules: [{event: openat, filters: [data.pathnam=/etc]}]\n",
	  "p.yaml:6:37: rule 1: filter 'data.pathnam=/etc': event 'openat' has no such field; did "
	  "you mean 'pathname'?",
	  -ENOENT },
	{ HEAD "  rules: [{event: do_exit, filters: [data.code=1]}]\n",
	  "p.yaml:6:38: rule 1: filter 'data.code=1': event 'do_exit' has no such field", -ENOENT },
	{ HEAD "  rules: [{event: openat, filters: [data.=1]}]\n",
	  "p.yaml:6:37: rule 1: filter 'data.=1' names no field", -EINVAL },
	{ HEAD "  rules: [{event: openat, filters: [podNamspace=x]}]\n",
	  "p.yaml:6:37: rule 1: filter 'podNamspace=x' is not known; did you mean 'podNamespace'?",
	  -ENOENT },
	{ HEAD "  rules: [{event: openat, filters: retval=0}]\n",
	  "p.yaml:6:36: rule 1: 'filters' must be a list, not text", -EINVAL },
	{ HEAD "  rules: [{event: openat, filters: ['']}]\n",
	  "p.yaml:6:37: rule 1: a filter is empty", -EINVAL },

	/* actions */
	{ HEAD "  rules: [{event: openat, actions: [alert]}]\n",
	  "p.yaml:6:37: rule 1: action 'alert' is not known; expected 'log' or 'print'", -EINVAL },
	{ HEAD "  rules: [{event: openat}]\n  defaultActions: [log, kill]\n",
	  "p.yaml:7:25: action 'kill' is not known; expected 'log' or 'print'", -EINVAL },
	{ HEAD "  rules: [{event: openat}]\n  defaultActions: log\n",
	  "p.yaml:7:19: 'defaultActions' must be a list, not text", -EINVAL },

	/* the plain form */
	{ "type: policy\nscope: [global]\nrules: [{event: read}]\n",
	  "p.yaml:1:1: 'name' is missing in a policy", -EINVAL },
	{ PLAIN "spec: {}\n", "p.yaml:4:1: key 'spec' is not known in a policy", -EINVAL },
	{ PLAIN "rules: [{event: opnat}]\n",
	  "p.yaml:4:17: rule 1: event 'opnat' is not known; did you mean 'openat'?", -ENOENT },
	{ PLAIN "version: [1]\n", "p.yaml:4:10: 'version' must be text, not a list", -EINVAL },

	/* YAML itself */
	{ "kind: Policy\n\tmetadata: {}\n",
	  "p.yaml:2:1: not valid YAML: a tab cannot indent, only spaces can", -EINVAL },
	{ "kind: Policy\nmetadata:\n \tname: p\n",
	  "p.yaml:3:2: not valid YAML: a tab cannot indent, only spaces can", -EINVAL },
	{ "kind: [Policy\n",
	  "p.yaml:2:1: not valid YAML: did not find expected ',' or ']' while parsing a flow "
	  "sequence",
	  -EINVAL },
	{ "kind: 'Policy\n",
	  "p.yaml:2:1: not valid YAML: found unexpected end of stream while scanning a quoted "
	  "scalar",
	  -EINVAL },
	{ "kind: Policy\n  name: p\n",
	  "p.yaml:2:7: not valid YAML: mapping values are not allowed in this context", -EINVAL },
	{ "kind: Policy\nname: \xff\xfe\n",
	  "p.yaml:2:7: not UTF-8 text: invalid leading UTF-8 octet", -EINVAL },
	{ "# \xc3\xa4\xc3\xb6 \xc3\x28\n",
	  "p.yaml:1:7: not UTF-8 text: invalid trailing UTF-8 octet", -EINVAL },
	{ "\xff\xfek\0i\0", "p.yaml:1:1: not UTF-8 text: invalid leading UTF-8 octet", -EINVAL },
	{ "kind: \x01\n", "p.yaml:1:7: not UTF-8 text: control characters are not allowed",
	  -EINVAL },
	{ "kind: \"a\\0b\"\n", "p.yaml:1:7: text must not contain a NUL", -EINVAL },
	{ "kind: Policy\nkind: Policy\n",
	  "p.yaml:2:1: key 'kind' is there twice; the first is in line 1", -EINVAL },
	{ HEAD "  rules: [{event: read, 'event': write}]\n",
	  "p.yaml:6:25: key 'event' is there twice; the first is in line 6", -EINVAL },
	{ "kind: Policy\nmetadata: {labels: {\"a\\e\": 1, \"a\\e\": 2}}\n",
	  "p.yaml:2:31: key 'a?' is there twice; the first is in line 2", -EINVAL },
	{ "? [a]\n: b\n", "p.yaml:1:3: a key must be plain text", -EINVAL },
	{ "kind: &a Policy\n", "p.yaml:1:7: anchors are not allowed in policies", -EINVAL },
	{ "kind: *a\n", "p.yaml:1:7: aliases are not allowed in policies", -EINVAL },
	{ "a: &a {b: c}\nd: {<<: *a}\n", "p.yaml:1:4: anchors are not allowed in policies",
	  -EINVAL },
	{ "kind: !!str Policy\n", "p.yaml:1:7: tags are not allowed in policies", -EINVAL },
	{ "kind: !<!x> [a]\n", "p.yaml:1:7: tags are not allowed in policies", -EINVAL },
	{ "# a\n%TAG ! tag:x\n---\nkind: Policy\n",
	  "p.yaml:2:1: tag directives are not allowed in policies", -EINVAL },
};

START_TEST(broken_policy_is_refused_with_its_place)
{
	parse_well(GOOD_AS("before"));
	ck_assert_int_eq(parse(broken[_i].text), broken[_i].code);
	ck_assert_str_eq(err.text, broken[_i].expect);
	ck_assert_int_eq(err.code, broken[_i].code);
	ck_assert_uint_eq(set->n_policies, 1); /* as it was */
}
END_TEST

START_TEST(broken_policy_is_refused_without_a_text)
{
	ck_assert_int_eq(pol_set_parse(set, broken[_i].text, strlen(broken[_i].text), "p", NULL),
			 broken[_i].code);
}
END_TEST

static Suite *policy_parse_suite(void)
{
	Suite *suite = suite_create("policy_parse");
	TCase *tc = tcase_create("broken");

	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, broken_policy_is_refused_with_its_place, 0, ARRAY_LEN(broken));
	tcase_add_loop_test(tc, broken_policy_is_refused_without_a_text, 0, ARRAY_LEN(broken));
	suite_add_tcase(suite, tc);
	return suite;
}

int main(void)
{
	SRunner *runner = srunner_create(policy_parse_suite());
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
