/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/man_outputs.h"

#include "common/options_text.h"
#include "engine/sink/output_keys.h"

static void heading(FILE *out, const char *title)
{
	fprintf(out, ".SH \"");
	options_text_roff(out, title);
	fprintf(out, "\"\n");
}

static void paragraph(FILE *out, const char *text)
{
	fprintf(out, ".PP\n");
	options_text_roff(out, text);
	fprintf(out, "\n");
}

static void item(FILE *out, const char *term, const char *text)
{
	fprintf(out, ".TP\n\\fB");
	options_text_roff(out, term);
	fprintf(out, "\\fR\n");
	options_text_roff(out, text);
	fprintf(out, "\n");
}

static void key(FILE *out, const struct surl_key *k)
{
	fprintf(out, ".TP\n\\fB");
	options_text_roff(out, k->name);
	fprintf(out, "\\fR=\\fI");
	options_text_roff(out, okeys_value(k));
	fprintf(out, "\\fR");
	if (k->standard) {
		fprintf(out, " [");
		options_text_roff(out, k->standard);
		fprintf(out, "]");
	}
	fprintf(out, "\n");
	options_text_roff(out, k->meaning);
	fprintf(out, "\n");
}

static void templates(FILE *out)
{
	heading(out, "Templates");
	paragraph(out, "gotemplate=FILE writes what a template makes of each event, in the part of "
		       "Go's text/template that Tracee's templates use. What it does not know is "
		       "refused at the start, with line and column. Fields have Tracee's names "
		       "(.EventName) or those of the JSON (.eventName). A line's end between "
		       "events is the template's own.");
	item(out, "{{ .Container.Name }}", "a field of a field; $ is the event everywhere");
	item(out, "{{ range .Args }}...{{ else }}...{{ end }}",
	     "for each argument: .Name, .Type, .Value; also {{ range $i, $a := .Args }}");
	item(out, "{{ if X }}...{{ else if Y }}...{{ else }}...{{ end }}",
	     "also {{ with X }}...{{ end }}");
	item(out, "{{ $x := X }}", "a variable");
	item(out, "{{ X | F }}", "a function of what is before it");
	item(out, "{{- X -}}", "without the blanks before and behind");
	item(out,
	     "json, toJson, toRawJson, printf, eq, ne, lt, le, gt, ge, and, or, not, len, index",
	     "the functions");
	paragraph(out, "No name in an event breaks a line or acts on a terminal: control "
		       "characters are written as in JSON (\\n, \\u001b). Quotes are not "
		       "escaped: in a template of JSON write {{ .ProcessName | json }}.");
}

void man_outputs(FILE *out)
{
	size_t n;
	const struct okeys_section *sections = okeys_sections(&n);

	fprintf(out, ".TH \"WARDER-OUTPUTS\" 7 \"\" \"warder " WARDER_VERSION
		     "\" \"Warder manual\"\n.SH NAME\nwarder-outputs \\- where events go\n"
		     ".SH SYNOPSIS\n\\fB\\-\\-output\\fR \\fIKIND\\fR[:\\fITARGET\\fR]"
		     "[?\\fIKEY\\fR=\\fIVALUE\\fR[&\\fIKEY\\fR=\\fIVALUE\\fR]...]\n"
		     ".SH DESCRIPTION\n");
	options_text_roff(out,
			  "What an output can do is said in one argument. Keys stand behind "
			  "'?' with '&' between them, as in "
			  "'json:/var/log/events.json?rotateBytes=10M&gzip=true' or "
			  "'forward:tls://host:24224?requireAck=true&spool=/var/lib/warder/f'. "
			  "In a value '&', '%', '+' and blanks are written %26, %25, %2B and "
			  "%20. Times are as in 10s, 500ms or 1h30m; bytes as in 65536, 64K "
			  "or 10M.");
	fprintf(out, "\n");
	for (size_t i = 0; i < n; i++) {
		heading(out, sections[i].title);
		paragraph(out, sections[i].about);
		for (size_t j = 0; j < sections[i].n_keys; j++)
			key(out, &sections[i].keys[j]);
	}
	templates(out);
	fprintf(out, ".SH SEE ALSO\nwarder(1), warder-run(1), warder-engine(8)\n");
}
