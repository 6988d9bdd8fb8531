/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain: values of an event's JSON as text for people (prefix plain_), in the form of Go's %v:
 * strings bare, lists as [a b], maps as map[key:value] by key, null as <nil>. What breaks lines or
 * terminals stays escaped as it is in the JSON (\n, \u001b); quotes and backslashes do not. Content
 * of type `bytes` stays base64, where Go lists the bytes. Pure; any thread.
 */
#pragma once

#include "engine/encode/document.h"
#include "engine/encode/text.h"

void plain_string(struct text *t, const struct doc_value *string);
void plain_value(struct text *t, const struct doc_value *value);
