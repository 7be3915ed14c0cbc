/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON: what does not apply is absent, what is text stays text. */
#include <float.h>
#include <math.h>
#include <time.h>

#include "json_written.h"

Test(json, times)
{
	char text[JSON_TIME_MAX];

	cr_expect_str_eq(json_time_text(0, text), "1970-01-01T00:00:00.000000000Z");
	cr_expect_str_eq(
	    json_time_text(1767225600000000001, text), "2026-01-01T00:00:00.000000001Z");
	cr_expect_str_eq(json_time_text(-1, text), "1969-12-31T23:59:59.999999999Z");
	cr_expect_str_eq(json_time_text(-1000000000, text), "1969-12-31T23:59:59.000000000Z");
	cr_expect_str_eq(json_time_text(INT64_MIN + 1, text), "1677-09-21T00:12:43.145224193Z");
	cr_expect_str_eq(json_time_text(INT64_MAX, text), "2262-04-11T23:47:16.854775807Z");
	cr_expect_str_eq(json_time_text(TP_NO_TIME, text), "");
}

Test(json, what_does_not_apply_is_absent)
{
	struct tp_call call = {
	    .id = "c1",
	    .signalling = "sip",
	    .state = "in-progress",
	    .status_code = TP_NO_COUNT,
	    .started_ns = 0,
	    .ringing_ns = TP_NO_TIME,
	    .answered_ns = TP_NO_TIME,
	    .ended_ns = TP_NO_TIME,
	    .post_dial_delay_ms = (double)NAN,
	    .setup_ms = 0.1 + 0.2,
	    .duration_ms = (double)INFINITY,
	    .mos = (double)NAN,
	    .r_factor = (double)NAN,
	};
	char *text = WRITTEN(json_of_call, &call);
	json_t *json = parse(text);

	cr_expect_null(at(json, "status_code"));
	cr_expect_null(at(json, "ringing"));
	cr_expect_null(at(json, "ended"));
	cr_expect_null(at(json, "post_dial_delay_ms"));
	cr_expect_null(at(json, "duration_ms"));
	cr_expect_null(at(json, "mos"));
	cr_expect_null(at(json, "mos_stream"));
	cr_expect_null(at(json, "from_uri"));
	cr_expect_str_eq(text_at(json, "started"), "1970-01-01T00:00:00.000000000Z");
	cr_expect_eq(length_at(json, "streams"), 0);
	/* No noise of binary fractions. */
	cr_expect_not_null(strstr(text, "\"setup_ms\":0.3,"));
	free(text);
	json_decref(json);
}

Test(json, foreign_text)
{
	struct tp_call call = {.id = "c1",
	    .from_uri = "\"<\x01\x1b[31m\xc3\xbc>\\",
	    .state = "failed",
	    .signalling = "sip",
	    .status_code = 404};
	char *text = WRITTEN(json_of_call, &call);
	json_t *again;

	for (const char *c = text; *c; c++) {
		cr_expect((unsigned char)*c >= 0x20, "a control character in the output");
	}
	again = parse(text);
	cr_expect_str_eq(text_at(again, "from_uri"), call.from_uri);
	cr_expect_eq(number_at(again, "status_code"), 404);
	json_decref(again);
	free(text);
}

Test(json, stream_without_figures)
{
	struct tp_stream stream = {.id = "s1",
	    .media = "audio",
	    .vantage = "v",
	    .src = "a",
	    .dst = "b",
	    .ssrc = 0xbeef,
	    .last_time_ns = TP_NO_TIME,
	    .payload_type = 0,
	    .mos = (double)NAN};
	json_t *json = PARSED(json_of_stream, &stream);

	cr_expect(json_is_null(at(json, "call")));
	cr_expect_str_eq(text_at(json, "ssrc"), "0x0000beef");
	cr_expect_null(at(json, "packets"));
	cr_expect_null(at(json, "lost"));
	cr_expect_null(at(json, "codec"));
	cr_expect_null(at(json, "mos_model"));
	json_decref(json);
}

/* As jansson writes it to twelve digits, to six decimals. */
static void expect_real(double value)
{
	char *text = WRITTEN(json_put_real, "v", value);
	json_t *wanted = json_real(round(value * 1e6) / 1e6), *object = json_object();
	char *dumped;

	json_object_set_new(object, "v", wanted);
	dumped = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(12));
	cr_expect_str_eq(text, dumped, "%.17g", value);
	json_decref(object);
	free(dumped);
	free(text);
}

Test(json, reals)
{
	static const double values[] = {0.0, -0.0, 1, -1, 0.5, 1.5, 12, 123456789, 0.1, 0.3, 4.41,
	    99.999999, 0.0001, 0.00009, 0.000099, 0.0000995, 0.000001, 0.0000004, 0.0000005,
	    0.00000049999999999999994, -0.0000004, -0.000001, 0.001, 0.010001, 999999.999999,
	    999999.9999994, 999999.9999996, 1000000, 1000000.5, 123456.7890125, 1e9, 1e12, 1e15,
	    1e21, 1e100, -1e100, 1e299, 2.5000005, 2.4999995, 100.0000015, DBL_MIN};
	uint64_t state = 1;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		expect_real(values[i]);
		expect_real(-values[i]);
	}
	for (int i = 0; i < 200000; i++) {
		state = state * 6364136223846793005U + 1442695040888963407U;
		expect_real((double)(int64_t)state / (double)(1ULL << (i % 61 + 3)));
		expect_real((double)(state >> 40) / 1e6);
	}
}

Test(json, integers)
{
	static const int64_t values[] = {0, 1, 9, 10, 99, 100, 101, 999, 1000, 12345, 123456, -1,
	    -10, -99, -100, INT32_MAX, UINT32_MAX, INT64_MAX, INT64_MIN};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char *text = WRITTEN(json_put_integer, "v", values[i]), wanted[40];

		(void)snprintf(wanted, sizeof(wanted), "{\"v\":%lld}", (long long)values[i]);
		cr_expect_str_eq(text, wanted);
		free(text);
	}
}

/* Every day that a time can be of, against the C library. */
Test(json, days)
{
	static const int64_t day_ns = 86400 * 1000000000LL;

	for (int64_t day = -106751; day < 106751; day++) {
		int64_t time_ns = day * day_ns + 86399 * 1000000000LL;
		time_t seconds = (time_t)(time_ns / 1000000000);
		char text[JSON_TIME_MAX], wanted[JSON_TIME_MAX];
		struct tm tm;

		cr_assert_not_null(gmtime_r(&seconds, &tm));
		(void)strftime(wanted, sizeof(wanted), "%Y-%m-%dT%H:%M:%S.000000000Z", &tm);
		cr_assert_str_eq(json_time_text(time_ns, text), wanted);
	}
}

/* Every octet, everywhere in a text; what is no UTF-8 is left out. */
Test(json, octets)
{
	for (int octet = 1; octet < 256; octet++) {
		for (size_t where = 0; where < 20; where++) {
			char value[21] = "abcdefghijklmnopqrst", *text, *dumped;
			json_t *object = json_object();

			value[where] = (char)octet;
			json_object_set_new(object, "v", json_string(value));
			dumped = json_dumps(object, JSON_COMPACT);
			text = WRITTEN(json_put_text, "v", value);
			cr_expect_str_eq(text, dumped);
			cr_expect_eq(octet >= 0x80, strcmp(text, "{}") == 0);
			json_decref(object);
			free(dumped);
			free(text);
		}
	}
}

/* A text that is longer than all buffers, with and without what is escaped. */
static void put_long(struct json *json, char fill, size_t octets)
{
	char *text = malloc(octets + 1);

	memset(text, fill, octets);
	text[octets] = '\0';
	json_put_text(json, "a", text);
	json_put_null(json, "b");
	json_put_text(json, "c", text);
	free(text);
}

Test(json, long_texts)
{
	static const char fills[] = {'x', '"', 1};

	for (size_t octets = 1; octets < 20000; octets += octets < 600 ? 1 : 997) {
		for (size_t i = 0; i < sizeof(fills); i++) {
			json_t *json = PARSED(put_long, fills[i], octets);

			cr_expect_eq(json_object_size(json), 3);
			cr_expect_eq(json_string_length(at(json, "a")), octets);
			cr_expect_eq(json_string_length(at(json, "c")), octets);
			json_decref(json);
		}
	}
}

/* A buffer that is emptied into a file at any place: brackets overwrite commas all the same. */
Test(json, file)
{
	static char buffer[JSON_BUFFER_MIN];
	FILE *file = tmpfile();
	struct json json;
	json_t *parsed;
	json_error_t error;

	json_to_file(&json, file, buffer, sizeof(buffer));
	json_open(&json, '[');
	for (int i = 0; i < 3000; i++) {
		json_open(&json, '{');
		json_put_count(&json, "number", (uint64_t)i);
		json_put_array(&json, "empty");
		json_close(&json, ']');
		json_close(&json, '}');
	}
	json_break(&json);
	json_close(&json, ']');
	json_break(&json);
	json_flush(&json);
	rewind(file);
	parsed = json_loadf(file, 0, &error);
	cr_assert_not_null(parsed, "line %d: %s", error.line, error.text);
	cr_expect_eq(json_array_size(parsed), 3000);
	cr_expect_eq(number_at(parsed, "2999.number"), 2999);
	json_decref(parsed);
	(void)fclose(file);
}
