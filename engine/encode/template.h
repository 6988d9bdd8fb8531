/* SPDX-License-Identifier: Apache-2.0 */
/*
 * template: an event in the words of a template (prefix tmpl_), in the part of Go's text/template
 * that the templates of Tracee's users need. Made from the event's JSON line. Compiled once; what
 * this does not know is refused then, with line and column. What is written is exactly what the
 * template says: the '\n' between events is the template's own.
 *
 *   {{ .EventName }}                   a field of the event; also by its JSON name: {{ .eventName
 * }}
 *   {{ .Container.Name }}              a field of a field; $ is the event wherever it is written
 *   {{ range .Args }}..{{ else }}..{{ end }}    {{ range $i, $a := .Args }}   {{ range $a := .Args
 * }}
 *   {{ if X }}..{{ else if Y }}..{{ else }}..{{ end }}       {{ with X }}..{{ else }}..{{ end }}
 *   {{ $x := X }}                      a variable, to the end of the block
 *   {{ X | F }}  {{ F (G X) }}         functions, see below
 *   {{- X -}}                          without the blanks before and behind
 *   {{ "text" }}  {{ `text` }}  {{ 5 }}  {{ -5 }}  {{ 0x1f }}  {{ true }}  {{ nil }}  {{/ * comment
 * * /}}
 *
 * Fields: Timestamp, ThreadStartTime, ProcessorID, ProcessID, CgroupID, ThreadID, ParentProcessID,
 * HostProcessID, HostThreadID, HostParentProcessID, UserID, MountNS (mountNamespace), PIDNS
 * (pidNamespace), ProcessName, Executable.Path, HostName, ContainerID, Container.{ID, Name,
 * ImageName (image), ImageDigest}, Kubernetes.{PodName, PodNamespace, PodUID, PodSandbox}, EventID,
 * EventName, MatchedPolicies, ArgsNum, ReturnValue, Syscall, StackAddresses,
 * ContextFlags.{ContainerStarted, IsCompat}, ThreadEntityId, ProcessEntityId, ParentEntityId, Args,
 * Metadata.{Version, Description, Tags, Properties.x}; Warder's own marks.x (json.h); of an
 * argument: Name, Type, Value. The JSON names are those of the line, first letter small. What a
 * Value or Properties holds is known only when an event is there: any name may follow it.
 *
 * Functions: json X, toJson X, toRawJson X (JSON, `<` and `&` as they are); printf "format" X...
 * with %s %d %v %q %t %x %%, flags '-' and '0', and a width; eq A B... (A is one of them), ne, lt,
 * le, gt, ge; and, or, not; len X; index LIST N, index MAP "key".
 *
 * A name never breaks a line or a terminal: control characters and the like are written as in the
 * JSON (\n, \u001b). Quotes are not: in a template of JSON write {{ .ProcessName | json }}. The
 * event itself, an argument and other structures are written as JSON, where Go writes {a b}; lists
 * as [a b]; maps as map[k:v]. A field that the event leaves out is "", 0 or false; an entry that a
 * map does not have is <no value>.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/err.h"

#define TMPL_BYTES_MAX (64U << 10) /* of a template */

struct tmpl;

/* Compiles `text`, which may be gone afterwards; `name` is what messages call it. NULL with err:
 * -EINVAL ("name:line:column: ..."), -E2BIG, -ENOMEM. Any thread. */
struct tmpl *tmpl_new(const char *name, const char *text, size_t len, struct err *err);
/* Of a file; before the sandbox. NULL with err: also -ENOENT and what else open(2) and read(2) say.
 */
struct tmpl *tmpl_load(const char *path, struct err *err);
void tmpl_free(struct tmpl *t); /* NULL is fine */

/*
 * Writes what the template makes of an event's JSON line. Never allocates. Returns the length (0 is
 * possible: a template may be about some events only); -EBADMSG: `line` is no event; -ENOBUFS: it
 * is more than `cap`, or than what lies between functions (64 KiB); -ELOOP: ranges in ranges that
 * come to more than a million steps. Thread: one for each template.
 */
ssize_t tmpl_event(struct tmpl *t, char *out, size_t cap, const char *line, size_t len);
