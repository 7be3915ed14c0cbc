/* SPDX-License-Identifier: Apache-2.0 */
/* Records as JSON: what does not apply is absent, what is text stays text. */
#include <math.h>

#include "json.h"
#include "program.h"

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
	json_t *json = json_of_call(&call);
	char *text;

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
	text = json_dumps(json, JSON_STYLE);
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
	json_t *json = json_of_call(&call), *again;
	char *text = json_dumps(json, JSON_STYLE);

	for (const char *c = text; *c; c++) {
		cr_expect((unsigned char)*c >= 0x20, "a control character in the output");
	}
	again = parse(text);
	cr_expect_str_eq(text_at(again, "from_uri"), call.from_uri);
	cr_expect_eq(number_at(again, "status_code"), 404);
	json_decref(again);
	json_decref(json);
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
	json_t *json = json_of_stream(&stream);

	cr_expect(json_is_null(at(json, "call")));
	cr_expect_str_eq(text_at(json, "ssrc"), "0x0000beef");
	cr_expect_null(at(json, "packets"));
	cr_expect_null(at(json, "lost"));
	cr_expect_null(at(json, "codec"));
	cr_expect_null(at(json, "mos_model"));
	json_decref(json);
}
