/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Media that TURN relays: measured like the bare stream, and joined to the call whose
 * description names the relay's address.
 */
#include "gen_stun.h"
#include "story.h"

TestSuite(equal, .fini = scratch_remove, .timeout = 60);
TestSuite(relay, .fini = scratch_remove, .timeout = 60);
TestSuite(not_relayed, .fini = scratch_remove, .timeout = 60);

static const char turn_server[] = "198.51.100.5";

static struct gen_route to_turn(void)
{
	return (struct gen_route){gen_end(story_phone, 16384), gen_end(turn_server, 3478), 46, 64};
}

static struct gen_route from_turn(void)
{
	struct gen_route route = to_turn();

	return (struct gen_route){route.dst, route.src, 46, 57};
}

static struct gen_allocation allocation(void)
{
	return (struct gen_allocation){
	    .mapped = gen_end(story_outside, 50000),
	    .relayed = gen_end(turn_server, 49152),
	    .lifetime_s = 600,
	};
}

/* --- equal in every figure --- */

/* A stream with loss, a duplicate, reordering, another payload type and uneven times. */
static struct gen_script rough_stream(void)
{
	struct gen_script s = {0};

	for (unsigned i = 0; i < 500; i++) {
		unsigned length = i % 50 == 7 ? 16 : 172, number = i == 60 ? 61 : i == 61 ? 60 : i;
		uint8_t rtp[172] = {0x80, (uint8_t)(i == 0 ? 0x80 : length == 16 ? 101 : 0), 0, 0};

		rtp[2] = (uint8_t)((1000 + number) >> 8);
		rtp[3] = (uint8_t)(1000 + number);
		rtp[5] = (uint8_t)(number * 160 >> 16);
		rtp[6] = (uint8_t)(number * 160 >> 8);
		rtp[7] = (uint8_t)(number * 160);
		rtp[11] = 0x77;
		if (i % 37 == 5) {
			continue;
		}
		gen_raw(&s, 1 + i * 0.02 + (i * 7919 % 13) * 0.0007, to_turn(), rtp, length);
		if (i == 99) {
			gen_raw(&s, 1 + i * 0.02 + 0.01, to_turn(), rtp, length);
		}
	}
	return s;
}

static void expect_equal(const json_t *bare, const json_t *wrapped, const char *name)
{
	const char *key;
	json_t *value;

	json_object_foreach((json_t *)(size_t)bare, key, value)
	{
		const json_t *other = json_object_get(wrapped, key);

		cr_expect(other && json_equal(value, other), "%s: %s", name, key);
	}
	cr_expect_eq(json_object_size(wrapped), json_object_size(bare) + 1, "%s: relay", name);
	cr_expect_not_null(at(wrapped, "relay"));
}

static void wrapped_is_equal(enum gen_envelope envelope, bool before, const char *name)
{
	struct gen_script bare = rough_stream(), wrapped = {0};
	struct gen_wrapping how = {envelope, 0x4001, gen_end(story_server, 20000), to_turn()};
	struct gen_allocation lent = allocation();
	json_t *one, *other, *stream;
	double first;

	if (before) {
		gen_allocate(&wrapped, 0, to_turn(), 1, &lent);
		gen_channel_bind(&wrapped, 0.1, to_turn(), 3, 0x4001, gen_end(story_server, 20000));
	}
	gen_wrap(&wrapped, &bare, &how);
	one = report_of("%s", story_write(&bare, "story.pcap"));
	other = report_of("--workers 2 %s", story_write(&wrapped, "story.pcap"));
	cr_assert_eq(length_at(one, "streams"), 1);
	cr_assert_eq(length_at(other, "streams"), 1, "%s", name);
	cr_expect_gt(number_at(one, "streams.0.lost"), 5);
	cr_expect_eq(number_at(one, "streams.0.duplicates"), 1);
	cr_expect_gt(number_at(one, "streams.0.reordered"), 0);
	/* Frames are counted from the beginning of the file. */
	stream = at(other, "streams.0");
	first = before ? 6 : 0;
	cr_expect_eq(number_at(other, "streams.0.first_frame"), first + 1);
	json_object_set(stream, "first_frame", at(one, "streams.0.first_frame"));
	json_object_set(stream, "last_frame", at(one, "streams.0.last_frame"));
	expect_equal(at(one, "streams.0"), stream, name);
	json_decref(one);
	json_decref(other);
	gen_script_free(&bare);
	gen_script_free(&wrapped);
}

Test(equal, channel_data)
{
	wrapped_is_equal(GEN_CHANNEL, true, "channel");
	wrapped_is_equal(GEN_CHANNEL_PADDED, true, "padded");
}

/* The capture began after the allocation: the content must do. */
Test(equal, channel_data_without_its_allocation)
{
	wrapped_is_equal(GEN_CHANNEL, false, "channel");
}

Test(equal, indications)
{
	wrapped_is_equal(GEN_INDICATION_SEND, true, "send");
	wrapped_is_equal(GEN_INDICATION_DATA, true, "data");
	wrapped_is_equal(GEN_INDICATION_DATA, false, "data alone");
}

/* Cut by the snap length, the length on the wire still tells. */
Test(equal, cut)
{
	struct gen_script bare = rough_stream(), wrapped = {0};
	struct gen_wrapping how = {.envelope = GEN_CHANNEL, .channel = 0x4001, .route = to_turn()};
	struct gen_file file;
	double octets = 0;
	json_t *report;

	gen_wrap(&wrapped, &bare, &how);
	cr_assert(gen_open(&file, scratch("cut.pcap"), GEN_PCAP_MICRO, GEN_ETHERNET, 80));
	for (size_t i = 0; i < wrapped.count; i++) {
		gen_udp(&file, (int64_t)(wrapped.packets[i].at_s * 1e9), &wrapped.packets[i].route,
		    wrapped.packets[i].payload, wrapped.packets[i].length);
	}
	cr_assert(gen_close(&file));
	report = report_of("%s", scratch("cut.pcap"));
	cr_assert_eq(length_at(report, "streams"), 1);
	cr_expect_eq(number_at(report, "streams.0.packets"), (double)bare.count);
	for (size_t i = 0; i < bare.count; i++) {
		octets += (double)bare.packets[i].length - 12;
	}
	cr_expect_eq(number_at(report, "streams.0.bytes"), octets, "as on the wire");
	cr_expect_eq(json_object_size(at(report, "captures.0.malformed")), 0);
	json_decref(report);
	gen_script_free(&bare);
	gen_script_free(&wrapped);
}

/* --- no envelope --- */

static void nothing_in(struct gen_script *s, const char *reason, double count)
{
	json_t *report = report_of("%s", story_write(s, "story.pcap"));
	const json_t *counts = at(report, "captures.0.not_decoded");

	cr_expect_eq(length_at(report, "streams"), 0);
	cr_expect_eq(json_number_value(json_object_get(counts, reason)), count, "%s: %s", reason,
	    json_dumps(counts, 0));
	json_decref(report);
	gen_script_free(s);
}

/* Octets without meaning, of which every first one could be a channel's. */
Test(not_relayed, random_datagrams)
{
	struct gen_random random = {42};
	struct gen_script s = {0};
	uint8_t octets[64];

	for (unsigned i = 0; i < 2000; i++) {
		for (size_t k = 0; k < sizeof(octets); k++) {
			octets[k] = (uint8_t)gen_random(&random);
		}
		octets[0] = (uint8_t)(0x40 | (octets[0] & 15));
		gen_raw(&s, i * 0.01, to_turn(), octets, sizeof(octets));
	}
	nothing_in(&s, "udp", 2000);
}

/* GTPv2-C (TS 29.274 5.1) has a length where ChannelData has it. */
Test(not_relayed, protocols_with_a_length_in_the_same_place)
{
	struct gen_script s = {0};

	for (unsigned i = 0; i < 100; i++) {
		uint8_t message[36] = {0x48, 0x20, 0, 32, 0x12, 0x34, 0x56, 0x78, 0, (uint8_t)i};

		gen_raw(&s, i * 0.1, to_turn(), message, sizeof(message));
	}
	nothing_in(&s, "udp", 100);
}

/* The length says more than is there: on a flow with TURN that is a defect with a name. */
Test(not_relayed, length_that_does_not_fit)
{
	struct gen_allocation lent = allocation();
	uint8_t wrong[40] = {0x40, 1, 0, 80, 0x80};
	struct gen_script s = {0};
	json_t *report;

	gen_allocate(&s, 0, to_turn(), 1, &lent);
	gen_raw(&s, 1, to_turn(), wrong, sizeof(wrong));
	report = report_of("%s", story_write(&s, "story.pcap"));
	cr_expect_eq(number_at(report, "captures.0.malformed.channel_data_length"), 1);
	json_decref(report);
	gen_script_free(&s);
}

/* Text in what may be a channel is no call, unless the flow is one of TURN's. */
Test(not_relayed, text_on_a_flow_without_turn)
{
	struct gen_wrapping how = {.envelope = GEN_CHANNEL, .channel = 0x4001, .route = to_turn()};
	struct gen_allocation lent = allocation();
	struct story s = story();
	struct gen_script wrapped = {0};

	story_begin(&s);
	gen_wrap(&wrapped, &s.lan, &how);
	for (size_t known = 0; known < 2; known++) {
		json_t *report = report_of("%s", story_write(&wrapped, "story.pcap"));

		cr_expect_eq(length_at(report, "calls"), known);
		json_decref(report);
		gen_allocate(&wrapped, -1, to_turn(), 1, &lent);
	}
	gen_script_free(&wrapped);
	gen_script_free(&s.lan);
}

/* Two envelopes around one another are opened, three are not. */
Test(not_relayed, envelopes_without_end)
{
	struct gen_script layers[4] = {rough_stream()};
	struct gen_wrapping how = {.envelope = GEN_CHANNEL, .channel = 0x4001, .route = to_turn()};
	struct gen_allocation lent = allocation();

	for (int i = 1; i < 4; i++) {
		gen_wrap(&layers[i], &layers[i - 1], &how);
	}
	for (int i = 2; i < 4; i++) {
		json_t *report;

		gen_allocate(&layers[i], 0, to_turn(), 1, &lent);
		report = report_of("%s", story_write(&layers[i], "story.pcap"));
		cr_expect_eq(length_at(report, "streams"), i == 2 ? 1U : 0U, "%d layers", i);
		json_decref(report);
	}
	for (int i = 0; i < 4; i++) {
		gen_script_free(&layers[i]);
	}
}

/* --- calls through a relay --- */

/* Both directions of the audio in the channel. */
static void relayed_audio(struct story *s, double from_s, double to_s)
{
	for (int out = 0; out < 2; out++) {
		struct gen_script bare = {0};
		struct gen_wrapping how = {.envelope = GEN_CHANNEL,
		    .channel = 0x4001,
		    .route = out ? to_turn() : from_turn()};
		struct gen_stream stream = {.from_s = from_s,
		    .to_s = to_s,
		    .ssrc = out ? 0x1111 : 0x2222,
		    .sequence = 1000};

		gen_stream(&bare, to_turn(), &stream);
		gen_wrap(&s->lan, &bare, &how);
		gen_script_free(&bare);
	}
}

/* A description that names an address and a port of one's choice. */
static const char *sdp_at(const char *address, unsigned port, char out[512])
{
	(void)snprintf(out, 512,
	    "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %u RTP/AVP 0\n"
	    "a=rtpmap:0 PCMU/8000\n",
	    address, address, port);
	return out;
}

static struct story relayed_story(double at_s, unsigned lifetime_s)
{
	struct gen_allocation lent = allocation();
	struct story s = story();
	char sdp[512];

	lent.lifetime_s = lifetime_s;
	gen_allocate(&s.lan, at_s, to_turn(), 1, &lent);
	gen_channel_bind(&s.lan, at_s + 0.2, to_turn(), 3, 0x4001, gen_end(story_server, 20000));
	story_request(&s, 0.5, "INVITE", 1, false, sdp_at(turn_server, 49152, sdp));
	story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 1.02, "ACK", 1, true, NULL);
	relayed_audio(&s, 1.1, 12);
	story_end(&s);
	return s;
}

Test(relay, joined_by_the_address_that_was_lent)
{
	struct story s = relayed_story(0, 600);
	json_t *report = story_report(&s);

	cr_assert_eq(length_at(report, "calls"), 1);
	cr_assert_eq(length_at(report, "streams"), 2);
	cr_expect_eq(length_at(report, "calls.0.streams"), 2);
	for (int i = 0; i < 2; i++) {
		const json_t *stream = json_array_get(at(report, "streams"), (size_t)i);

		cr_expect_str_eq(text_at(stream, "call"), "c1");
		cr_expect_str_eq(text_at(stream, "relay.server"), "198.51.100.5:3478");
		cr_expect_str_eq(text_at(stream, "relay.peer"), "203.0.113.10:20000");
		cr_expect_eq(number_at(stream, "relay.channel"), 0x4001);
		cr_expect(json_is_false(at(stream, "encrypted")));
	}
	cr_expect_str_eq(text_at(report, "calls.0.mos_stream"), "s1");
	no_finding(report);
	json_decref(report);
	gen_script_free(&s.lan);
}

Test(relay, said_in_the_text_and_of_the_endpoints)
{
	struct story s = relayed_story(0, 600);
	const char *path = story_write(&s.lan, "story.pcap");
	struct outcome text = run("analyze %s", path);
	json_t *report = report_of("%s", path);
	size_t seen = 0;

	cr_expect_not_null(
	    strstr(text.out, "relayed by 198.51.100.5:3478, peer 203.0.113.10:20000"), "%s",
	    text.out);
	for (size_t i = 0; i < length_at(report, "endpoints"); i++) {
		const json_t *e = json_array_get(at(report, "endpoints"), i);

		if (strcmp(text_at(e, "address"), turn_server) == 0) {
			cr_expect_str_eq(text_at(e, "role"), "media");
			cr_expect_eq(number_at(e, "stun.requests"), 3);
			cr_expect_eq(number_at(e, "stun.answers"), 2);
			cr_expect_eq(number_at(e, "stun.errors"), 1);
			cr_expect_eq(number_at(e, "stun.round_trip_ms"), 20);
			seen++;
		} else if (strcmp(text_at(e, "address"), story_phone) == 0) {
			cr_expect_str_eq(text_at(e, "nat"), "behind-nat");
			cr_expect_str_eq(text_at(e, "vantage_of.0.side"), "lan");
			cr_expect_str_eq(text_at(e, "mapped.0.local"), "192.168.1.10:16384");
			cr_expect_str_eq(text_at(e, "mapped.0.address"), "203.0.113.2:50000");
			cr_expect(json_is_false(at(e, "mapped.0.relayed")));
			cr_expect_str_eq(text_at(e, "mapped.1.address"), "198.51.100.5:49152");
			cr_expect_eq(number_at(e, "mapped.1.frame"), 4);
			cr_expect(json_is_true(at(e, "mapped.1.relayed")));
			seen++;
		}
	}
	cr_expect_eq(seen, 2);
	outcome_free(&text);
	json_decref(report);
	gen_script_free(&s.lan);
}

/* The allocation was over before the call: the address may be another client's. */
Test(relay, not_by_an_allocation_that_has_ended)
{
	struct story s = relayed_story(-700, 600);
	json_t *report = story_report(&s);

	/* The call's own server describes itself, but media goes elsewhere. */
	cr_assert_eq(length_at(report, "streams"), 2);
	cr_expect_str_neq(text_at(report, "streams.0.call"), "c1");
	cr_expect_str_neq(text_at(report, "streams.1.call"), "c1");
	json_decref(report);
	gen_script_free(&s.lan);
}

Test(relay, not_by_an_allocation_given_back)
{
	struct story s = relayed_story(-20, 600);
	json_t *report;

	gen_refresh(&s.lan, -1, to_turn(), 9, 0);
	report = story_report(&s);
	cr_expect_str_neq(text_at(report, "streams.0.call"), "c1");
	json_decref(report);
	gen_script_free(&s.lan);
}

Test(relay, by_an_allocation_that_was_refreshed)
{
	struct story s = relayed_story(-700, 600);
	json_t *report;

	gen_refresh(&s.lan, -200, to_turn(), 9, 600);
	report = story_report(&s);
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	json_decref(report);
	gen_script_free(&s.lan);
}

/* An answer that nobody asked for teaches nothing. */
Test(relay, not_by_an_answer_without_request)
{
	struct gen_script all = {0}, *from;
	struct story s = relayed_story(0, 600);
	json_t *report;

	from = &s.lan;
	for (size_t i = 0; i < from->count; i++) {
		const struct gen_packet *p = &from->packets[i];

		if (p->sip || p->payload[0] >= 2 || p->payload[0] == 1) {
			gen_raw(&all, p->at_s, p->route, p->payload, p->length);
		}
	}
	report = report_of("%s", story_write(&all, "story.pcap"));
	cr_assert_eq(length_at(report, "streams"), 2);
	cr_expect_str_neq(text_at(report, "streams.0.call"), "c1");
	cr_expect_null(at(report, "streams.0.relay.peer"));
	json_decref(report);
	gen_script_free(&all);
	gen_script_free(&s.lan);
}
