/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a stream is, where the descriptions of its call list more than one m= line or payload type
 * for its place.
 */
#include "call_flow.h"

TestSuite(bundle, .fini = scratch_remove, .timeout = 60);

#define LINES(port)                                                                   \
	"m=audio " port " UDP/TLS/RTP/SAVPF 111 0|a=mid:0|a=rtpmap:111 opus/48000/2|" \
	"m=video " port " UDP/TLS/RTP/SAVPF 96 97|a=mid:1|a=rtpmap:96 VP8/90000"

/* A call with these descriptions; then one stream of each payload type from Alice to Bob. */
static json_t *call_with(const char *alice, const char *bob, const uint8_t *types, size_t count)
{
	const struct flow_step steps[] = {
	    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, alice},
	    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", bob},
	    {1.02, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
	    {9, ALICE, BOB, "BYE", NULL, 2, "9", "b"},
	    {9.1, BOB, ALICE, "200 OK", "BYE", 2, "9", "b"},
	};
	struct flow f = {.call_id = "bundle"};
	struct gen_route route = {
	    gen_end(flow_addresses[ALICE], 20000), gen_end(flow_addresses[BOB], 20100), 46, 64};

	flow_tell(&f, steps);
	for (size_t i = 0; i < count; i++) {
		gen_stream(&f.script, route,
		    &(struct gen_stream){.from_s = 1.1 + (double)i / 1000,
			.to_s = 8.9,
			.ssrc = 0x100 + (unsigned)i,
			.payload_type = types[i]});
	}
	return flow_report(&f);
}

static void expect_stream(const json_t *report, size_t index, const char *media, const char *codec)
{
	const json_t *s = json_array_get(at(report, "streams"), index);

	cr_assert_not_null(s);
	cr_expect_str_eq(text_at(s, "call"), "c1");
	cr_expect_str_eq(text_at(s, "media"), media, "%zu: %s", index, text_at(s, "media"));
	cr_expect_str_eq(text_at(s, "codec"), codec, "%zu: %s", index, text_at(s, "codec"));
}

/* Listed by nobody: what RFC 3551 says of it, or nothing. */
Test(bundle, types_that_nobody_lists)
{
	static const uint8_t types[] = {8, 99};
	json_t *report = call_with("a", "b", types, 2);

	expect_stream(report, 0, "audio", "PCMA");
	expect_stream(report, 1, "audio", "(none)");
	json_decref(report);
}

/* Listed, but what it means is not written. */
Test(bundle, listed_and_not_explained)
{
	static const uint8_t types[] = {97};
	json_t *report = call_with("a =a=group:BUNDLE 0 1|" LINES("20000"),
	    "b =a=group:BUNDLE 0 1|" LINES("20100"), types, 1);

	expect_stream(report, 0, "video", "(none)");
	json_decref(report);
}

/* RFC 9143: both come to one place; the payload type tells them apart. */
Test(bundle, two_lines_at_one_place)
{
	static const uint8_t types[] = {111, 96, 0};
	json_t *report = call_with("a =a=group:BUNDLE 0 1|" LINES("20000"),
	    "b =a=group:BUNDLE 0 1|" LINES("20100"), types, 3);

	cr_expect_eq(length_at(report, "streams"), 3);
	expect_stream(report, 0, "audio", "opus");
	expect_stream(report, 1, "video", "VP8");
	expect_stream(report, 2, "audio", "PCMU");
	json_decref(report);
}

/* The second line is there by its mid alone: port 0, and a=bundle-only. */
Test(bundle, bundle_only)
{
	static const uint8_t types[] = {111, 96};
	json_t *report = call_with("a =a=group:BUNDLE 0 1|" LINES("20000"),
	    "b =a=group:BUNDLE 0 1|m=audio 20100 UDP/TLS/RTP/SAVPF 111|a=mid:0|"
	    "a=rtpmap:111 opus/48000/2|m=video 0 UDP/TLS/RTP/SAVPF 96|a=mid:1|a=bundle-only|"
	    "a=rtpmap:96 VP8/90000",
	    types, 2);

	expect_stream(report, 0, "audio", "opus");
	expect_stream(report, 1, "video", "VP8");
	json_decref(report);
}

/* Refused: what it listed means nothing at the place of the other line. */
Test(bundle, a_line_that_was_refused)
{
	static const uint8_t types[] = {0, 96};
	json_t *report = call_with("a =m=audio 20000 RTP/AVP 0|m=video 20002 RTP/AVP 96|"
				   "a=rtpmap:96 VP8/90000",
	    "b =m=audio 20100 RTP/AVP 0|m=video 0 RTP/AVP 96|a=rtpmap:96 VP8/90000", types, 2);

	expect_stream(report, 0, "audio", "PCMU");
	expect_stream(report, 1, "audio", "(none)");
	json_decref(report);
}
