/* SPDX-License-Identifier: Apache-2.0 */
#include "json_put.h"

#include <math.h>
#include <string.h>

#include "json.h"

struct writing {
	FILE *out;
	size_t used;
	char buffer[16384];
};

static void flush(struct writing *w)
{
	(void)fwrite(w->buffer, 1, w->used, w->out); /* the stream keeps its error */
	w->used = 0;
}

static int token_take(const char *token, size_t length, void *context)
{
	struct writing *w = context;

	if (length > sizeof(w->buffer) - w->used) {
		flush(w);
	}
	if (length > sizeof(w->buffer)) {
		(void)fwrite(token, 1, length, w->out);
		return 0;
	}
	memcpy(w->buffer + w->used, token, length);
	w->used += length;
	return 0;
}

void json_put_record(const json_t *record, FILE *out)
{
	struct writing w = {.out = out};

	(void)json_dump_callback(record, token_take, &w, JSON_STYLE);
	flush(&w);
}

void json_put_text(json_t *object, const char *key, const char *text)
{
	if (text) {
		json_object_set_new(object, key, json_string(text));
	}
}

void json_put_count(json_t *object, const char *key, uint64_t count)
{
	json_object_set_new(object, key, json_integer((json_int_t)count));
}

void json_put_number(json_t *object, const char *key, int number)
{
	if (number != TP_NO_COUNT) {
		json_object_set_new(object, key, json_integer(number));
	}
}

/* To six decimals: a nanosecond where the unit is ms. */
void json_put_real(json_t *object, const char *key, double value)
{
	if (isfinite(value)) {
		json_object_set_new(object, key, json_real(round(value * 1e6) / 1e6));
	}
}

void json_put_time(json_t *object, const char *key, int64_t time_ns)
{
	char text[JSON_TIME_MAX];

	if (time_ns != TP_NO_TIME) {
		json_put_text(object, key, json_time_text(time_ns, text));
	}
}

void json_put_texts(json_t *object, const char *key, const char *const *texts, size_t count)
{
	json_t *array = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(array, json_string(texts[i]));
	}
	json_object_set_new(object, key, array);
}

void json_put_counts(json_t *object, const char *key, const struct tp_count *counts, size_t count)
{
	json_t *map = json_object();

	for (size_t i = 0; i < count; i++) {
		json_put_count(map, counts[i].name, counts[i].count);
	}
	json_object_set_new(object, key, map);
}

void json_put_figures(json_t *object, const struct tp_figure *figures, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		json_put_real(object, figures[i].name, figures[i].value);
		json_put_text(object, figures[i].name, figures[i].text);
	}
}
