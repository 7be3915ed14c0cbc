/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faxes by T.38: what merely has the shape of UDPTL and must not become a stream, then what does.
 */
#include "call_flow.h"
#include "data.h"

TestSuite(fax, .fini = scratch_remove, .timeout = 60);

enum { PACKET_MS = 30 };

static const struct flow_step begins[] = {
    {0, ALICE, BOB, "INVITE", NULL, 1, "1", NULL, "a"},
    {1, BOB, ALICE, "200 OK", "INVITE", 1, "1", "b", "b"},
    {1.02, ALICE, BOB, "ACK", NULL, 1, "2", "b"},
};

#define OFFERS_T38                                                                        \
	{                                                                                 \
		4, BOB, ALICE, "INVITE", NULL, 1, "3", "b", "b =m=image 20100 udptl t38", \
		    .by_callee = true                                                     \
	}
#define TAKES_T38(at)                                                                            \
	{                                                                                        \
		(at), ALICE, BOB, "200 OK", "INVITE", 1, "3", "b", "a =m=image 20000 udptl t38", \
		    .by_callee = true                                                            \
	}

static const struct flow_step turns_to_fax[] = {OFFERS_T38, TAKES_T38(4.1)};
static const struct flow_step is_refused[] = {OFFERS_T38,
    {4.1, ALICE, BOB, "488 Not Acceptable Here", "INVITE", 1, "3", "b", .by_callee = true}};
static const struct flow_step ends[] = {
    {20, ALICE, BOB, "BYE", NULL, 99, "9", "b"},
    {20.1, BOB, ALICE, "200 OK", "BYE", 99, "9", "b"},
};

/* V.21 data, with the packet before it as redundancy. Returns how many packets. */
static size_t fax_between(struct flow *f, enum flow_host from, enum flow_host to, double from_s,
    double to_s, unsigned sequence)
{
	struct gen_route route = {gen_end(flow_addresses[from], (uint16_t)(20000 + from * 100)),
	    gen_end(flow_addresses[to], (uint16_t)(20000 + to * 100)), 46, 64};
	uint8_t packet[] = {0, 0, 6, 0xc0, 1, 0x80, 0, 0, 0xff, 0, 1, 1, 6};
	size_t count = (size_t)((to_s - from_s) * 1000 / PACKET_MS);

	for (size_t i = 0; i < count; i++) {
		packet[0] = (uint8_t)((sequence + i) >> 8);
		packet[1] = (uint8_t)(sequence + i);
		gen_raw(&f->script, from_s + (double)i * PACKET_MS / 1000, route, packet,
		    sizeof(packet));
	}
	return count;
}

static void expect_none(json_t *report, size_t packets)
{
	cr_expect_eq(length_at(report, "streams"), 0);
	for (size_t i = 0; i < length_at(report, "findings"); i++) { /* that no audio is seen */
		cr_expect_lt(
		    number_at(json_array_get(at(report, "findings"), i), "confidence"), 0.5);
	}
	cr_expect_eq(number_at(report, "captures.0.not_decoded.udp"), (double)packets);
	json_decref(report);
}

/* --- none --- */

Test(fax, nobody_spoke_of_it)
{
	struct flow f = {.call_id = "none"};
	size_t packets = fax_between(&f, ALICE, BOB, 5, 15, 0);

	expect_none(flow_report(&f), packets);
}

Test(fax, the_call_is_of_audio)
{
	struct flow f = {.call_id = "audio"};
	size_t packets;

	flow_tell(&f, begins);
	packets = fax_between(&f, ALICE, BOB, 5, 15, 0);
	flow_tell(&f, ends);
	expect_none(flow_report(&f), packets);
}

Test(fax, t38_was_refused)
{
	struct flow f = {.call_id = "refused"};
	size_t packets;

	flow_tell(&f, begins);
	flow_tell(&f, is_refused);
	packets = fax_between(&f, ALICE, BOB, 5, 15, 0);
	flow_tell(&f, ends);
	expect_none(flow_report(&f), packets);
}

/* Before T.38 was agreed, and long over when it was. */
Test(fax, too_early)
{
	struct flow f = {.call_id = "early"};
	size_t packets;

	flow_tell(&f, begins);
	packets = fax_between(&f, ALICE, BOB, 1, 3, 0);
	flow_tell(&f, turns_to_fax);
	flow_tell(&f, ends);
	expect_none(flow_report(&f), packets);
}

Test(fax, another_place)
{
	struct flow f = {.call_id = "elsewhere"};
	size_t packets;

	flow_tell(&f, begins);
	flow_tell(&f, turns_to_fax);
	packets = fax_between(&f, CAROL, DAVE, 5, 15, 0);
	flow_tell(&f, ends);
	expect_none(flow_report(&f), packets);
}

/* The shape alone: numbers that jump, or one number again and again. */
Test(fax, numbers_that_do_not_rise)
{
	struct flow f = {.call_id = "numbers"};
	size_t packets = 0;

	flow_tell(&f, begins);
	flow_tell(&f, turns_to_fax);
	for (unsigned i = 0; i < 100; i++) {
		packets +=
		    fax_between(&f, ALICE, BOB, 5 + i * 0.1, 5.031 + i * 0.1, i * 7919 % 4096);
		packets += fax_between(&f, BOB, ALICE, 5 + i * 0.1, 5.031 + i * 0.1, 12);
	}
	flow_tell(&f, ends);
	expect_none(flow_report(&f), packets);
}

/* What some tool takes for T.38 there is RTP: T.38 was refused, and the fax goes by G.711. */
Test(fax, recordings_of_fax_over_audio)
{
	const char *path =
	    data_path("captures/negbie__heplify/example/pcap/FAX-Call-t38-CA-TDM-SIP-FB-1.pcap");
	json_t *report = report_of("%s", path);
	cr_expect_gt(length_at(report, "streams"), 0);
	for (size_t i = 0; i < length_at(report, "streams"); i++) {
		json_t *stream = json_array_get(at(report, "streams"), i);

		cr_expect_str_eq(text_at(stream, "media"), "audio");
	}
	json_decref(report);
}

/* --- some --- */

static void expect_fax(json_t *stream, const char *src, size_t packets)
{
	static const char *const absent[] = {"ssrc", "codec", "payload_type", "clock_rate_hz",
	    "expected", "lost", "loss_pct", "duplicates", "jitter_mean_ms", "mos", "intervals"};

	cr_expect_str_eq(text_at(stream, "media"), "fax");
	cr_expect_str_eq(text_at(stream, "call"), "c1");
	cr_expect_str_eq(text_at(stream, "src"), src);
	cr_expect_eq(number_at(stream, "packets"), (double)packets);
	cr_expect_eq(number_at(stream, "bytes"), (double)packets * 13);
	cr_expect_gt(number_at(stream, "last_frame"), number_at(stream, "first_frame"));
	for (size_t i = 0; i < sizeof(absent) / sizeof(*absent); i++) {
		cr_expect_null(at(stream, absent[i]), "%s", absent[i]);
	}
}

Test(fax, both_ways)
{
	struct flow f = {.call_id = "fax"};
	size_t there, back;
	json_t *report;

	flow_tell(&f, begins);
	flow_tell(&f, turns_to_fax);
	flow_audio(&f, ALICE, BOB, 1, 4, 10);
	flow_audio(&f, BOB, ALICE, 1, 4, 10);
	there = fax_between(&f, ALICE, BOB, 4.2, 19, 0);
	back = fax_between(&f, BOB, ALICE, 4.3, 6, 0);
	/* The other side hears the page out. */
	back += fax_between(&f, BOB, ALICE, 17, 19, (unsigned)back);
	flow_tell(&f, ends);
	report = flow_report(&f);
	cr_assert_eq(length_at(report, "streams"), 4);
	expect_fax(at(report, "streams.2"), "192.0.2.101:20000", there);
	expect_fax(at(report, "streams.3"), "192.0.2.201:20100", back);
	cr_expect_eq(length_at(report, "findings"), 0);
	cr_expect_null(at(report, "captures.0.not_decoded.udp"));
	json_decref(report);
}

/* The answer is on its way, and the fax begins. */
Test(fax, before_the_answer)
{
	struct flow f = {.call_id = "soon"};
	static const struct flow_step late[] = {OFFERS_T38, TAKES_T38(5)};
	size_t packets;
	json_t *report;

	flow_tell(&f, begins);
	flow_tell(&f, late);
	packets = fax_between(&f, ALICE, BOB, 4.5, 19, 0);
	flow_tell(&f, ends);
	report = flow_report(&f);
	cr_assert_eq(length_at(report, "streams"), 1);
	expect_fax(at(report, "streams.0"), "192.0.2.101:20000", packets);
	json_decref(report);
}

/* Each fax counts its packets from 0. */
Test(fax, one_after_the_other)
{
	struct flow f = {.call_id = "two"};
	size_t first, second;
	json_t *report;

	flow_tell(&f, begins);
	flow_tell(&f, turns_to_fax);
	first = fax_between(&f, ALICE, BOB, 4.5, 9, 0);
	second = fax_between(&f, ALICE, BOB, 12, 19, 0);
	flow_tell(&f, ends);
	report = flow_report(&f);
	cr_assert_eq(length_at(report, "streams"), 2);
	expect_fax(at(report, "streams.0"), "192.0.2.101:20000", first);
	expect_fax(at(report, "streams.1"), "192.0.2.101:20000", second);
	json_decref(report);
}
