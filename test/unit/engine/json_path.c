/* SPDX-License-Identifier: Apache-2.0 */
#include "test/unit/engine/json_path.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

json_t *json_at(json_t *root, const char *path)
{
	char key[64];
	size_t len;

	while (root && *path) {
		len = strcspn(path, ".");
		ck_assert_uint_lt(len, sizeof(key));
		memcpy(key, path, len);
		key[len] = '\0';
		root = json_is_array(root) ? json_array_get(root, strtoul(key, NULL, 10))
					   : json_object_get(root, key);
		path += len + (path[len] == '.');
	}
	return root;
}

void json_check_at(json_t *root, const char *path, const char *expected)
{
	const json_t *value = json_at(root, path);
	char *dump = value ? json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT) : NULL;
	const char *is = json_is_string(value) ? json_string_value(value) : dump ? dump : "-";

	ck_assert_msg(strcmp(is, expected) == 0, "%s is %s, expected %s", path, is, expected);
	free(dump);
}
