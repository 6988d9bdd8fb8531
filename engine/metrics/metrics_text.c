/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/metrics/metrics_text.h"

#include <string.h>

#include "engine/encode/utf8.h"

static void put_character(FILE *out, char c)
{
	if (c == '\n') {
		fputs("\\n", out);
		return;
	}
	if (c == '"' || c == '\\')
		fputc('\\', out);
	fputc(c, out);
}

static void put_value(FILE *out, const char *text)
{
	size_t len = strlen(text), n;
	uint32_t code;

	for (size_t at = 0; at < len; at += n) {
		const uint8_t *byte = (const uint8_t *)text + at;

		n = 1;
		if (*byte >= 0x80)
			n = utf8_sequence(byte, len - at, &code);
		if (at + n > MTEXT_VALUE_MAX)
			return;
		if (*byte < 0x80)
			put_character(out, (char)*byte);
		else if (code == UTF8_INVALID)
			fputs(UTF8_REPLACEMENT, out);
		else
			fwrite(byte, 1, n, out);
	}
}

static void put_labels(struct mtext *t, const char *const values[])
{
	const char *name;
	size_t len;

	for (unsigned int i = 0; (name = metrics_def_label(t->def, i, &len)) != NULL; i++) {
		fprintf(t->out, "%c%.*s=\"", i == 0 ? '{' : ',', (int)len, name);
		put_value(t->out, values[i]);
		fputc('"', t->out);
	}
	if (t->def->labels[0])
		fputc('}', t->out);
}

static void put_sample(struct mtext *t, double value, const char *const values[])
{
	fputs(t->def->name, t->out);
	put_labels(t, values);
	fprintf(t->out, " %.17g\n", value);
}

static void end_family(struct mtext *t)
{
	static const char *const others[METRICS_LABELS_MAX] = { METRICS_OTHERS, "", "", "" };

	if (t->def && t->n_series > t->def->n_series_max)
		put_sample(t, t->others, others);
	t->def = NULL;
}

void mtext_begin(struct mtext *t, FILE *out)
{
	*t = (struct mtext){ .out = out };
}

void mtext_family(struct mtext *t, enum metrics_id id)
{
	end_family(t);
	t->def = metrics_def(id);
	t->n_series = 0;
	t->others = 0;
	fprintf(t->out, "# HELP %s %s\n# TYPE %s %s\n", t->def->name, t->def->help, t->def->name,
		metrics_type_name(t->def->type));
}

/* The series of those beyond the limit is one of as many as may be. */
void mtext_sample(struct mtext *t, double value, const char *const values[])
{
	if (t->n_series++ < t->def->n_series_max)
		put_sample(t, value, values);
	else
		t->others += value;
}

void mtext_bucket(struct mtext *t, double limit, uint64_t n_below)
{
	fprintf(t->out, "%s_bucket{le=\"%.9g\"} %llu\n", t->def->name, limit,
		(unsigned long long)n_below);
}

void mtext_histogram_end(struct mtext *t, uint64_t n, double sum)
{
	fprintf(t->out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9f\n%s_count %llu\n", t->def->name,
		(unsigned long long)n, t->def->name, sum, t->def->name, (unsigned long long)n);
}

void mtext_end(struct mtext *t)
{
	end_family(t);
}

void mtext_single(struct mtext *t, enum metrics_id id, double value)
{
	static const char *const none[] = { NULL };

	mtext_family(t, id);
	mtext_sample(t, value, none);
}
