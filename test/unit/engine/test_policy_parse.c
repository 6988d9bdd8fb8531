/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/policy/parse.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/cleanup.h"
#include "engine/policy/expiry.h"
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
	{ META "  scope:\n    - uid=0\n    - uid=root\n",
	  "p.yaml:7:7: scope 'uid=root': 'root' is not a number from 0 to 4294967295", -EINVAL },
	{ META "  scope: [container, not-container]\n",
	  "p.yaml:5:22: scope 'not-container' contradicts another one on 'container'", -EINVAL },
	{ META "  scope: [data.fd=0]\n",
	  "p.yaml:5:11: scope 'data.fd=0' is not valid: 'data.fd' is a filter of a rule, not a "
	  "scope",
	  -EINVAL },
	{ META "  scope: [follow=1]\n",
	  "p.yaml:5:11: scope 'follow=1' is not valid; 'follow' takes no value", -EINVAL },
	{ META "  scope: [global, global]\n", "p.yaml:5:11: scope 'global' must be the only one",
	  -EINVAL },
	{ META "  scope: [global, follow]\n", "p.yaml:5:11: scope 'global' must be the only one",
	  -EINVAL },
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

	/* sets */
	{ HEAD "  rules:\n    - event: tag=fss\n",
	  "p.yaml:7:14: rule 1: event 'tag=fss': there is no such set; did you mean 'fs'?",
	  -ENOENT },
	{ HEAD "  rules:\n    - event: tag=openat\n",
	  "p.yaml:7:14: rule 1: event 'tag=openat': there is no such set", -ENOENT },
	{ HEAD "  rules:\n    - event: tag=vfs_read\n",
	  "p.yaml:7:14: rule 1: event 'tag=vfs_read': there is no such set", -ENOENT },
	{ HEAD "  rules:\n    - event: tag=fs,net\n",
	  "p.yaml:7:14: rule 1: event 'tag=fs,net' is several sets; expected one", -EINVAL },

	/* filters */
	{ HEAD "  rules:\n    - event: openat\n      filters:\n        - data.pathname=/etc/*\n"
	       "        - data.flags<x\n",
	  "p.yaml:10:11: rule 1: filter 'data.flags<x': 'x' is not a number of 64 bits", -EINVAL },
	{ HEAD "  rules:\n    - filters: [retval=0, args.flag=1]\n      event: openat\n",
	  "p.yaml:7:27: rule 1: filter 'args.flag=1': event 'openat' has no such field; did you "
	  "mean 'flags'?",
	  -ENOENT },
	{ HEAD "  rules: [{event: fs, filters: [data.fd=0]}]\n",
	  "p.yaml:6:33: rule 1: filter 'data.fd=0' is not possible: a set of events has no fields",
	  -EINVAL },
	{ HEAD "  rules: [{event: vfs_read, filters: [data.file]}]\n",
	  "p.yaml:6:39: rule 1: filter 'data.file' has no operator; expected one of = != < <= > >= "
	  "=~ !~",
	  -EINVAL },
	{ HEAD "  rules: [{event: openat, filters: [uid=1, 'data.pathname=~[']}]\n",
	  "p.yaml:6:44: rule 1: filter 'data.pathname=~[': the pattern is not valid at byte 2: "
	  "missing terminating ] for character class",
	  -EINVAL },
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

/* exceptions */
#define EXCEPT HEAD "  rules:\n    - event: openat\n      exceptions:\n" /* lines 7 and 8 */
	{ EXCEPT "        - {}\n", "p.yaml:9:11: rule 1: 'name' is missing in an exception",
	  -EINVAL },
	{ EXCEPT "        - a\n", "p.yaml:9:11: rule 1: an exception must be a mapping, not text",
	  -EINVAL },
	{ HEAD "  rules: [{event: read, exceptions: {name: a}}]\n",
	  "p.yaml:6:37: rule 1: 'exceptions' must be a list, not a mapping", -EINVAL },
	{ EXCEPT "        - name: a\n",
	  "p.yaml:9:11: rule 1: exception 'a': 'filters' is missing in an exception", -EINVAL },
	{ EXCEPT "        - {name: a, filters: []}\n",
	  "p.yaml:9:30: rule 1: exception 'a': 'filters' is empty; expected what the exception is "
	  "about",
	  -EINVAL },
	{ EXCEPT "        - {filters: , name: a}\n",
	  "p.yaml:9:21: rule 1: exception 'a': 'filters' is empty; expected what the exception is "
	  "about",
	  -EINVAL },
	{ EXCEPT "        - {name: a, filters: [comm]}\n",
	  "p.yaml:9:31: rule 1: exception 'a': filter 'comm' has no operator; expected one of = != "
	  "=~ !~",
	  -EINVAL },
	{ EXCEPT "        - {filters: [data.pathnme=/a], name: a}\n",
	  "p.yaml:9:22: rule 1: exception 'a': filter 'data.pathnme=/a': event 'openat' has no "
	  "such "
	  "field; did you mean 'pathname'?",
	  -ENOENT },
	{ EXCEPT "        - {name: A b, filters: [comm=a]}\n",
	  "p.yaml:9:18: rule 1: exception 'A b' is not a valid name; expected lower-case letters, "
	  "digits and '-', 63 at most, with a letter or digit at both ends",
	  -EINVAL },
	{ EXCEPT "        - {name: '', filters: [comm=a]}\n",
	  "p.yaml:9:18: rule 1: an exception's name is empty", -EINVAL },
	{ EXCEPT "        - {name: a, filters: [comm=a]}\n        - {name: a, filters: [comm=b]}\n",
	  "p.yaml:10:18: rule 1: exception 'a' is there twice; the first is in line 9", -EINVAL },
	{ EXCEPT "        - {name: a, filters: [comm=a], expires: tomorrow}\n",
	  "p.yaml:9:49: rule 1: exception 'a': expires 'tomorrow' is not a time; expected a day "
	  "such "
	  "as 2026-12-31 or a time such as 2026-12-31T18:00:00Z",
	  -EINVAL },
	{ EXCEPT "        - {name: a, filters: [comm=a], expires: }\n",
	  "p.yaml:9:49: rule 1: exception 'a': 'expires' is empty", -EINVAL },
	{ EXCEPT "        - {name: a, filters: [comm=a], reason: [x]}\n",
	  "p.yaml:9:48: rule 1: exception 'a': 'reason' must be text, not a list", -EINVAL },
	{ EXCEPT "        - {name: a, filters: [comm=a], expire: 2026-01-01}\n",
	  "p.yaml:9:40: rule 1: exception 'a': key 'expire' is not known in an exception; did you "
	  "mean 'expires'?",
	  -EINVAL },
	{ HEAD "  rules: [{event: fs, exceptions: [{name: a, filters: [data.fd=1]}]}]\n",
	  "p.yaml:6:56: rule 1: exception 'a': filter 'data.fd=1' is not possible: a set of events "
	  "has no fields",
	  -EINVAL },
	{ HEAD "  rules: [{event: vfs_read, exceptions: [{name: a, filters: [data=1]}]}]\n",
	  "p.yaml:6:62: rule 1: exception 'a': filter 'data=1' is not known", -ENOENT },

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
	{ "kind: &a Policy\n", "p.yaml:1:7: anchors are not allowed", -EINVAL },
	{ "kind: *a\n", "p.yaml:1:7: aliases are not allowed", -EINVAL },
	{ "a: &a {b: c}\nd: {<<: *a}\n", "p.yaml:1:4: anchors are not allowed", -EINVAL },
	{ "kind: !!str Policy\n", "p.yaml:1:7: tags are not allowed", -EINVAL },
	{ "kind: !<!x> [a]\n", "p.yaml:1:7: tags are not allowed", -EINVAL },
	{ "# a\n%TAG ! tag:x\n---\nkind: Policy\n", "p.yaml:2:1: tag directives are not allowed",
	  -EINVAL },
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

/* The forms of Tracee 0.22's policies: as they are, nothing changed. */
static const char *const tracees[] = {
	"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n  name: files\n"
	"  annotations:\n    description: writes below /etc by anyone but the package manager\n"
	"spec:\n  scope:\n    - uid>=1000\n    - comm!=dpkg,apt\n    - not-container\n    - "
	"follow\n"
	"  defaultActions:\n    - log\n  rules:\n    - event: security_file_open\n"
	"      filters:\n        - data.pathname=/etc/*\n        - data.flags!=0\n"
	"        - retval=0\n      actions:\n        - log\n"
	"    - event: openat\n      filters:\n        - args.pathname=/etc/*,*.conf\n"
	"        - processName!=systemd\n        - hostPid>1\n",
	"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n  name: containers\n"
	"spec:\n  scope:\n    - container=new\n    - mntns!=4026531840\n    - executable=/bin/sh\n"
	"    - pid=new\n  rules:\n    - event: sched_process_exec\n      filters:\n"
	"        - container\n        - containerImage=nginx*\n        - podNamespace=otel-demo\n"
	"        - data.pathname!=/usr/sbin/nginx\n    - event: net_packet_dns\n      filters:\n"
	"        - data.metadata.dst_ip=8.8.8.8\n    - event: container_create\n",
	"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n  name: tree\n"
	"spec:\n  scope:\n    - tree=3213,5200\n    - tree!=3215\n    - uts!=build-host\n"
	"    - pidns=4026531836\n    - bin=host:/usr/bin/dockerd\n  rules:\n"
	"    - event: fs\n      filters: []\n    - event: syscalls\n      filters:\n"
	"    - event: anti_debugging\n    - event: ptrace\n      filters:\n"
	"        - data.request=PTRACE_ATTACH,16\n        - threadId!=1\n        - userId=0\n",
};

START_TEST(policy_for_tracee_loads_as_it_is)
{
	parse_well(tracees[_i]);
	ck_assert_uint_ge(set->policies[0].scope.n, 3);
	ck_assert_uint_ge(set->policies[0].n_rules, 2);
}
END_TEST

/* As `kubectl get policy -o yaml` shows the one that Tracee's chart installs. */
#define R(name) "  - event: " name "\n"
/* clang-format off */
static const char installed[] =
	"apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n  annotations:\n"
	"    description: traces default events\n    meta.helm.sh/release-name: tracee\n"
	"    meta.helm.sh/release-namespace: tracee\n"
	"  creationTimestamp: \"2024-09-02T13:09:24Z\"\n  generation: 1\n  labels:\n"
	"    app.kubernetes.io/managed-by: Helm\n  name: default-policy\n"
	"  resourceVersion: \"4711\"\n  uid: 0b9f3c0e-5a0c-4a55-9d39-6f4bd5a6a4b0\nspec:\n  rules:\n"
	R("stdio_over_socket") R("k8s_api_connection") R("aslr_inspection")
	R("proc_mem_code_injection") R("docker_abuse") R("scheduled_task_mod") R("ld_preload")
	R("cgroup_notify_on_release") R("default_loader_mod") R("sudoers_modification")
	R("sched_debug_recon") R("system_request_key_mod") R("cgroup_release_agent")
	R("rcd_modification") R("core_pattern_modification") R("proc_kcore_read")
	R("proc_mem_access") R("hidden_file_created") R("anti_debugging")
	R("ptrace_code_injection") R("process_vm_write_inject") R("disk_mount")
	R("dynamic_code_loading") R("fileless_execution") R("illegitimate_shell")
	R("kernel_module_loading") R("k8s_cert_theft") R("proc_fops_hooking")
	R("syscall_hooking") R("dropped_executable") R("container_create")
	R("container_remove")
	"  scope:\n  - global\n";
/* clang-format on */
#undef R

START_TEST(policy_that_tracees_chart_installs)
{
	parse_well(installed);
	ck_assert_uint_eq(set->n_policies, 1);
	ck_assert_str_eq(set->policies[0].name, "default-policy");
	ck_assert_str_eq(set->policies[0].description, "traces default events");
	ck_assert_uint_eq(set->policies[0].scope.n, 0);
	ck_assert_uint_eq(set->policies[0].n_rules, 32);
	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
	/* each is either there, or named as missing */
	for (size_t i = 0; i < 32; i++) {
		const struct pol_rule *rule = &set->policies[0].rules[i];
		size_t n_named = 0;

		for (size_t k = 0; k < set->n_unavailable; k++)
			n_named += strcmp(set->unavailable[k], rule->event_name) == 0;
		ck_assert_uint_eq(n_named, rule->kind == POL_RULE_UNAVAILABLE);
	}
}
END_TEST

/* What articles on Tracee show: nothing behind `filters:`, and the ends of a packet. */
START_TEST(policies_of_articles)
{
	parse_well("apiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n"
		   "  name: sample-data-filter\n  annotations:\n"
		   "    description: sample data filter\nspec:\n  scope:\n    - global\n  rules:\n"
		   "    - event: vfs_read\n      filters:\n    - event: read\n      filters:\n"
		   "---\napiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n"
		   "  name: otel-http-traffic\nspec:\n  scope:\n    - container\n  rules:\n"
		   "    - event: net_packet_http_request\n      filters:\n"
		   "        - podNamespace=otel-demo\n    - event: net_packet_http_response\n"
		   "      filters:\n        - podNamespace=otel-demo\n"
		   "---\napiVersion: tracee.aquasec.com/v1beta1\nkind: Policy\nmetadata:\n"
		   "  name: not-localhost\nspec:\n  scope:\n    - global\n  rules:\n"
		   "    - event: net_packet_http\n      filters:\n"
		   "        - data.dest!=127.0.0.1\n        - data.src!=127.0.0.1\n"
		   "    - event: net_packet_http_request\n      filters:\n"
		   "        - data.dest=127.0.0.1\n        - data.src=10.0.0.0/8\n"
		   "        - data.metadata.dst_ip=10.0.0.0/8\n"
		   "        - data.http_request.host=example.com\n");
	ck_assert_uint_eq(set->n_policies, 3);
	ck_assert_uint_eq(set->policies[0].n_rules, 2);
	ck_assert_uint_eq(set->policies[0].rules[1].filters.n, 0);
	ck_assert_uint_eq(set->policies[1].scope.n, 1);
	ck_assert_int_eq(pol_set_compile(set, NULL), 0);
}
END_TEST

START_TEST(scope_and_filters_are_kept_with_their_places)
{
	const struct pol_policy *policy;
	const struct pol_rule *rule;

	parse_well(META "  scope: [uid=0, uid=1, comm=a, follow]\n  rules:\n"
			"    - filters:\n        - data.flags=0\n        - podName=x\n"
			"      event: openat\n    - event: tag=fs\n      filters: [retval<0]\n");
	policy = &set->policies[0];
	ck_assert(policy->follow);
	ck_assert_uint_eq(policy->scope.n, 2);
	ck_assert_uint_eq(policy->scope.items[0].n_terms, 2);
	ck_assert_uint_eq(policy->scope.items[0].line, 5);
	ck_assert_uint_eq(policy->scope.items[0].column, 11);
	ck_assert_uint_eq(policy->scope.items[1].column, 25);
	rule = &policy->rules[0];
	ck_assert_uint_eq(rule->line, 7);
	ck_assert_uint_eq(rule->column, 7);
	ck_assert_uint_eq(rule->filters.n, 2);
	ck_assert_uint_eq(rule->filters.items[0].line, 8);
	ck_assert_uint_eq(rule->filters.items[0].column, 11);
	ck_assert_str_eq(rule->filters.items[1].name, "podName");
	rule = &policy->rules[1];
	ck_assert_int_eq(rule->kind, POL_RULE_SET);
	ck_assert_str_eq(rule->event_name, "tag=fs");
	ck_assert_uint_eq(rule->filters.n, 1);
}
END_TEST

START_TEST(global_scope_has_no_filters)
{
	parse_well(GOOD);
	ck_assert_uint_eq(set->policies[0].scope.n, 0);
	ck_assert(!set->policies[0].follow);
}
END_TEST

START_TEST(exceptions_are_read)
{
	const struct pol_rule *rule;

	parse_well(EXCEPT "        - name: backup\n          reason: reads everything\n"
			  "          expires: 2026-12-31\n          filters:\n"
			  "            - comm=tar\n            - data.pathname=/etc/*\n"
			  "        - filters: [uid=0]\n          name: root\n          reason:\n");
	rule = &set->policies[0].rules[0];
	ck_assert_uint_eq(rule->filters.n, 0);
	ck_assert_uint_eq(rule->n_exceptions, 2);
	ck_assert_str_eq(rule->exceptions[0].name, "backup");
	ck_assert_str_eq(rule->exceptions[0].reason, "reads everything");
	ck_assert_int_eq(rule->exceptions[0].expires_s, 1798761600);
	ck_assert_uint_eq(rule->exceptions[0].filters.n, 2);
	ck_assert_uint_eq(rule->exceptions[0].line, 9);
	ck_assert_uint_eq(rule->exceptions[0].column, 11);
	ck_assert_str_eq(rule->exceptions[1].name, "root");
	ck_assert_str_eq(rule->exceptions[1].reason, "");
	ck_assert_int_eq(rule->exceptions[1].expires_s, INT64_MAX);
	ck_assert_uint_eq(rule->exceptions[1].filters.items[0].line, 15);
}
END_TEST

START_TEST(filters_of_what_is_not_available_are_not_kept)
{
	parse_well(HEAD "  rules:\n    - event: vfs_read\n      filters: [data.pathname=/a]\n"
			"      exceptions: [{name: a, filters: [data.x=1, podName=y]}]\n"
			"    - event: tag=signatures\n");
	ck_assert_int_eq(set->policies[0].rules[0].kind, POL_RULE_UNAVAILABLE);
	ck_assert_uint_eq(set->policies[0].rules[0].filters.n, 0);
	ck_assert_uint_eq(set->policies[0].rules[0].n_exceptions, 0);
	ck_assert_uint_eq(set->n_unavailable, 2);
	ck_assert_str_eq(set->unavailable[1], "signatures");
	ck_assert_uint_eq(set->n_unfed, 0);
}
END_TEST

START_TEST(what_nothing_feeds_is_listed_once)
{
	parse_well("kind: Policy\nmetadata: {name: a}\nspec:\n  scope: [podName=x, uid=0]\n"
		   "  rules:\n    - event: read\n      filters: [containerName=a, podName=b]\n"
		   "      exceptions: [{name: a, filters: [containerImage=x]}]\n");
	ck_assert_uint_eq(set->n_unfed, 3);
	ck_assert_int_eq(set->unfed[0], POL_CTX_POD_NAME);
	ck_assert_int_eq(set->unfed[1], POL_CTX_CONTAINER_NAME);
	ck_assert_int_eq(set->unfed[2], POL_CTX_CONTAINER_IMAGE);
	/* and goes with its policy */
	ck_assert_int_lt(parse("kind: Policy\nmetadata: {name: b}\nspec:\n  scope: [podUid=x]\n"
			       "  rules: [{event: read}]\n---\nkind: Polcy\n"),
			 0);
	ck_assert_uint_eq(set->n_unfed, 3);
}
END_TEST

static const struct {
	const char *text;
	int64_t expect; /* 0: refused */
} expiries[] = {
	{ "1970-01-01", 86400 },
	{ "2026-12-31", 1798761600 },
	{ "2027-01-01T00:00:00Z", 1798761600 },
	{ "2027-01-01t00:00:00z", 1798761600 },
	{ "2027-01-01 00:00:00Z", 1798761600 },
	{ "2027-01-01T02:00:00+02:00", 1798761600 },
	{ "2026-12-31T18:30:00-05:30", 1798761600 },
	{ "2027-01-01T00:00:00.999Z", 1798761600 },
	{ "2024-02-29", 1709251200 },
	{ "2000-02-29T00:00:00Z", 951782400 },
	{ "9999-12-31T23:59:60Z", 253402300800 },
	{ "2023-02-29", 0 },
	{ "2100-02-29", 0 },
	{ "2026-13-01", 0 },
	{ "2026-00-01", 0 },
	{ "2026-04-31", 0 },
	{ "2026-4-1", 0 },
	{ "1969-12-31", 0 },
	{ "2026-12-31T", 0 },
	{ "2026-12-31T18:00:00", 0 }, /* whose clock? */
	{ "2026-12-31T18:00Z", 0 },
	{ "2026-12-31T24:00:00Z", 0 },
	{ "2026-12-31T18:00:00.Z", 0 },
	{ "2026-12-31T18:00:00+0200", 0 },
	{ "2026-12-31T18:00:00Zx", 0 },
	{ "2026-12-31x", 0 },
	{ "31.12.2026", 0 },
	{ "", 0 },
};

START_TEST(expiry_is_rfc_3339)
{
	int64_t expires_s = -1;
	int rc = expiry_parse(expiries[_i].text, &expires_s);

	ck_assert_int_eq(rc, expiries[_i].expect ? 0 : -EINVAL);
	ck_assert_int_eq(expires_s, expiries[_i].expect ? expiries[_i].expect : -1);
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
	tc = tcase_create("read");
	tcase_add_checked_fixture(tc, set_up, tear_down);
	tcase_add_loop_test(tc, policy_for_tracee_loads_as_it_is, 0, ARRAY_LEN(tracees));
	tcase_add_test(tc, policy_that_tracees_chart_installs);
	tcase_add_test(tc, policies_of_articles);
	tcase_add_test(tc, scope_and_filters_are_kept_with_their_places);
	tcase_add_test(tc, global_scope_has_no_filters);
	tcase_add_test(tc, exceptions_are_read);
	tcase_add_test(tc, filters_of_what_is_not_available_are_not_kept);
	tcase_add_test(tc, what_nothing_feeds_is_listed_once);
	tcase_add_loop_test(tc, expiry_is_rfc_3339, 0, ARRAY_LEN(expiries));
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
