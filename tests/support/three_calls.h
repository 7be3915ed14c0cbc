/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three calls at once, the second of which is bad; and what is concluded of one call alone,
 * whatever else is in a capture.
 */
#ifndef TALKPATH_TEST_THREE_CALLS_H
#define TALKPATH_TEST_THREE_CALLS_H

#include "story.h"

/* --- what is concluded of one call --- */

/* Take out what says in which packet, and under which number, something was. */
static inline void numbers_strip(json_t *json)
{
	static const char *const numbers[] = {
	    "id", "call", "calls", "streams", "findings", "mos_stream", "capture"};
	const char *key;
	json_t *value;
	void *next;
	size_t index;

	json_object_foreach_safe(json, next, key, value)
	{
		bool number = strstr(key, "frame") || strncmp(key, "capture_", 8) == 0;

		for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
			number |= strcmp(key, numbers[i]) == 0;
		}
		if (number) {
			json_object_del(json, key);
		} else {
			numbers_strip(value);
		}
	}
	json_array_foreach(json, index, value)
	{
		numbers_strip(value);
	}
}

static inline bool names(const json_t *list, const char *id)
{
	size_t index;
	json_t *value;

	json_array_foreach(list, index, value)
	{
		if (strcmp(json_string_value(value), id) == 0) {
			return true;
		}
	}
	return false;
}

/* The call with this Call-ID, its streams and findings. */
static inline json_t *conclusions(const json_t *report, const char *call_id)
{
	json_t *out = json_pack("{s:[],s:[],s:[]}", "of_call", "its_streams", "its_findings"),
	       *value;
	const char *id = NULL;
	size_t index;

	json_array_foreach(at(report, "calls"), index, value)
	{
		if (strcmp(text_at(value, "call_id"), call_id) == 0) {
			id = text_at(value, "id");
			json_array_append(at(out, "of_call"), value);
		}
	}
	cr_assert_not_null(id, "%s is not there", call_id);
	json_array_foreach(at(report, "streams"), index, value)
	{
		if (strcmp(text_at(value, "call"), id) == 0) {
			json_array_append(at(out, "its_streams"), value);
		}
	}
	json_array_foreach(at(report, "findings"), index, value)
	{
		if (names(at(value, "calls"), id)) {
			json_array_append(at(out, "its_findings"), value);
		}
	}
	value = json_deep_copy(out);
	json_decref(out);
	numbers_strip(value);
	return value;
}

static inline void expect_equal(const json_t *found, const json_t *wanted, const char *what)
{
	if (!json_equal(found, wanted)) {
		char *one = json_dumps(found, JSON_INDENT(1) | JSON_SORT_KEYS);
		char *other = json_dumps(wanted, JSON_INDENT(1) | JSON_SORT_KEYS);

		cr_assert_fail("%s: %.6000s\nnot\n%.6000s", what, one, other);
	}
}

/* --- captures of three calls --- */

enum { CALLS = 3 };

static const char *const call_ids[CALLS] = {"first@story", "second@story", "third@story"};

/* Calls at once, of one phone with one server and the same SSRCs, on ports of their own. */
static inline struct story one_of_three(unsigned n)
{
	struct story s = story();

	s.call_id = call_ids[n];
	s.phone_media = (uint16_t)(16384 + 4 * n);
	s.server_media = (uint16_t)(20000 + 4 * n);
	s.branch = 100 * (n + 1);
	s.ended_s = 12 + n;
	return s;
}

static inline void script_add(struct gen_script *all, const struct gen_script *more, double later_s)
{
	for (size_t i = 0; i < more->count; i++) {
		const struct gen_packet *from = &more->packets[i];

		gen_raw(all, from->at_s + later_s, from->route, from->payload, from->length);
		all->packets[all->count - 1].sip = from->sip;
		all->packets[all->count - 1].transport = from->transport;
	}
}

/* By time: what travels over TCP is numbered in this order. */
static inline int packet_order(const void *a, const void *b)
{
	double one = ((const struct gen_packet *)a)->at_s;
	double other = ((const struct gen_packet *)b)->at_s;

	return one < other ? -1 : one > other;
}

/* Keys pressed (RFC 4733): three packets of one event. */
static inline void key_press(struct story *s, double at_s)
{
	for (unsigned i = 0; i < 3; i++) {
		uint8_t event[4] = {5, 10, (uint8_t)((i + 1) * 160 >> 8), (uint8_t)((i + 1) * 160)};
		struct gen_media packet = {.marker = i == 0,
		    .payload_type = 101,
		    .sequence = (uint16_t)(1300 + i),
		    .timestamp = 5000,
		    .ssrc = 0x1111,
		    .payload = event,
		    .length = 4};

		gen_media(&s->lan, at_s + i * 0.02, story_rtp(s, true), &packet);
	}
}

/* What the server reports of the phone's stream. */
static inline void reports(struct story *s)
{
	struct gen_route route = story_rtp(s, false);

	route.src.port++;
	route.dst.port++;
	for (unsigned i = 1; i < 4; i++) {
		struct gen_report report = {.sender = true,
		    .ssrc = 0x2222,
		    .packets_sent = i * 100,
		    .block = true,
		    .about = 0x1111,
		    .highest = 1000 + i * 100,
		    .lost = (int32_t)i};

		gen_rtcp(&s->lan, 2 + i * 2, route, &report);
	}
}

/* The server's host does not want the phone's media. */
static inline void refusals(struct story *s)
{
	for (unsigned i = 0; i < 20; i++) {
		gen_unreachable(
		    &s->lan, 1.2 + i * 0.5, gen_end(story_server, 0), story_rtp(s, true), 3, 3);
	}
}

/* The second has audio one way alone, a key pressed, and ICMP errors; all have RTCP. */
static inline struct gen_script three_calls(void)
{
	struct gen_script all = {0};

	for (unsigned n = 0; n < CALLS; n++) {
		struct story s = one_of_three(n);

		story_begin(&s);
		story_audio(&s, true, 1.05, n == 1 ? 7 : 11.9);
		if (n == 1) {
			key_press(&s, 7.1);
			story_audio(&s, true, 7.3, 11.9);
			refusals(&s);
		} else {
			story_audio(&s, false, 1.05, 11.9);
		}
		reports(&s);
		story_end(&s);
		script_add(&all, &s.lan, n * 0.003);
		gen_script_free(&s.lan);
	}
	qsort(all.packets, all.count, sizeof(all.packets[0]), packet_order);
	return all;
}

#endif
