/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Measured figures against the truth of generated captures, and the same bytes whatever the
 * number of workers.
 */
#include <math.h>

#include "gen_calls.h"
#include "gen_phones.h"
#include "program.h"

TestSuite(truth, .fini = scratch_remove, .timeout = 500);

static const struct gen_calls rough = {
    .seed = 11,
    .calls = 100,
    .seconds = 60,
    .spread_seconds = 20,
    .loss_pct = 1.5,
    .duplicate_pct = 0.7,
    .reorder_pct = 1.0,
    .jitter_ms = 20,
};

static struct gen_truth *generate(const char *path, const struct gen_calls *what,
    enum gen_format format, enum gen_link link, uint32_t snap_length)
{
	struct gen_truth *truths = NULL;
	struct gen_file file;

	cr_assert(gen_open(&file, path, format, link, snap_length));
	cr_assert(gen_calls(&file, what, &truths));
	cr_assert(gen_close(&file));
	return truths;
}

/* Streams by SSRC: the generator's are all different. */
static json_t *by_ssrc(const json_t *report)
{
	json_t *index = json_object(), *stream;
	size_t i;

	json_array_foreach(at(report, "streams"), i, stream)
	{
		json_object_set(index, text_at(stream, "ssrc"), stream);
	}
	cr_assert_eq(json_object_size(index), length_at(report, "streams"));
	return index;
}

static void check_stream(const json_t *streams, const struct gen_truth *truth)
{
	char ssrc[16];
	const json_t *s;

	(void)snprintf(ssrc, sizeof(ssrc), "0x%08x", truth->ssrc);
	s = json_object_get(streams, ssrc);
	cr_assert_not_null(s, "stream %s is missing", ssrc);
	cr_expect_eq(number_at(s, "packets"), truth->packets, "%s", ssrc);
	cr_expect_eq(number_at(s, "expected"), truth->expected, "%s", ssrc);
	cr_expect_eq(number_at(s, "lost"), truth->lost, "%s", ssrc);
	cr_expect_eq(number_at(s, "duplicates"), truth->duplicates, "%s", ssrc);
	cr_expect_eq(number_at(s, "reordered"), truth->reordered, "%s", ssrc);
	if (truth->jitter_mean_ms > 0.001) {
		double mean = number_at(s, "jitter_mean_ms") / truth->jitter_mean_ms;
		double max = number_at(s, "jitter_max_ms") / truth->jitter_max_ms;

		cr_expect_lt(fabs(mean - 1), 0.01, "%s: mean jitter %g of the truth", ssrc, mean);
		cr_expect_lt(fabs(max - 1), 0.01, "%s: greatest jitter %g of it", ssrc, max);
	}
}

static void check_report(
    const json_t *report, const struct gen_calls *what, const struct gen_truth *truths)
{
	json_t *streams = by_ssrc(report);

	cr_assert_eq(json_object_size(streams), 2 * what->calls);
	cr_assert_eq(json_object_size(at(report, "evictions")), 0);
	for (uint32_t i = 0; i < 2 * what->calls; i++) {
		check_stream(streams, &truths[i]);
	}
	json_decref(streams);
}

static bool lists(const json_t *call, const char *stream)
{
	size_t i;
	json_t *id;

	json_array_foreach(at(call, "streams"), i, id)
	{
		if (strcmp(json_string_value(id), stream) == 0) {
			return true;
		}
	}
	return false;
}

/* Both directions of the call's own media, and nobody else's. */
static void check_joined(const json_t *call, const json_t *streams, const struct gen_truth both[2])
{
	cr_expect_eq(length_at(call, "streams"), 2);
	for (int i = 0; i < 2; i++) {
		char ssrc[16];
		const json_t *stream;

		(void)snprintf(ssrc, sizeof(ssrc), "0x%08x", both[i].ssrc);
		stream = json_object_get(streams, ssrc);
		cr_expect_str_eq(text_at(stream, "call"), text_at(call, "id"), "%s", ssrc);
		cr_expect(lists(call, text_at(stream, "id")), "%s", ssrc);
	}
}

static void check_calls(
    const json_t *report, const struct gen_calls *what, const struct gen_truth *truths)
{
	json_t *streams = by_ssrc(report), *call;
	size_t i;

	cr_assert_eq(length_at(report, "calls"), what->calls);
	json_array_foreach(at(report, "calls"), i, call)
	{
		/* The generator's Call-IDs are "gen-SEED-NUMBER@HOST". */
		const char *number = strrchr(text_at(call, "call_id"), '-');

		cr_assert_not_null(number);
		check_joined(call, streams, &truths[2 * strtoul(number + 1, NULL, 10)]);
		cr_expect_str_eq(text_at(call, "state"), "completed");
		cr_expect_str_eq(text_at(call, "ended_by"), "caller");
		cr_expect_eq(number_at(call, "status_code"), 200);
		cr_expect_eq(number_at(call, "message_count"), 6);
		cr_expect_eq(number_at(call, "setup_ms"), 1000);
		cr_expect_eq(number_at(call, "post_dial_delay_ms"), 100);
	}
	json_decref(streams);
}

Test(truth, every_stream_of_100_calls)
{
	const char *path = scratch("calls.pcap");
	struct gen_truth *truths = generate(path, &rough, GEN_PCAP_MICRO, GEN_ETHERNET, 262144);
	uint64_t lost = 0, duplicates = 0, reordered = 0;
	json_t *report = report_of("%s", path);

	check_report(report, &rough, truths);
	/* Losses both ways at one point may be the capture's own: a hint, and one for all calls. */
	cr_assert_eq(length_at(report, "findings"), 1);
	cr_expect_str_eq(text_at(report, "findings.0.cause"), "both-ways");
	cr_expect_str_eq(text_at(report, "findings.0.severity"), "info");
	check_calls(report, &rough, truths);
	for (uint32_t i = 0; i < 2 * rough.calls; i++) {
		lost += truths[i].lost;
		duplicates += truths[i].duplicates;
		reordered += truths[i].reordered;
	}
	/* The capture does hold what is claimed to be found in it. */
	cr_assert(lost > 8000 && duplicates > 3000 && reordered > 4000);
	json_decref(report);
	free(truths);
}

Test(truth, same_bytes_for_every_number_of_workers)
{
	const char *path = scratch("calls.pcap");
	static const int workers[] = {1, 2, 8};
	struct outcome alone;

	free(generate(path, &rough, GEN_PCAP_MICRO, GEN_ETHERNET, 262144));
	alone = run("analyze --format json --workers 0 %s", path);
	cr_assert_eq(alone.code, 0);
	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		struct outcome other =
		    run("analyze --format json --workers %d %s", workers[i], path);

		cr_assert_eq(
		    other.code, 0, "%d workers: exit %d: %s", workers[i], other.code, other.err);
		cr_assert_str_eq(other.out, alone.out, "%d workers", workers[i]);
		outcome_free(&other);
	}
	outcome_free(&alone);
}

/* As many calls as a busy site has, on a network that is nearly good. */
Test(truth, every_stream_of_1000_calls)
{
	static const struct gen_calls busy = {.seed = 1000,
	    .calls = 1000,
	    .seconds = 6,
	    .spread_seconds = 10,
	    .loss_pct = 0.5,
	    .duplicate_pct = 0.2,
	    .reorder_pct = 0.3,
	    .jitter_ms = 12};
	static const int workers[] = {0, 2};
	const char *path = scratch("busy.pcap");
	struct gen_truth *truths = generate(path, &busy, GEN_PCAP_MICRO, GEN_ETHERNET, 262144);
	uint64_t expected = 0, lost = 0;

	for (size_t i = 0; i < sizeof(workers) / sizeof(workers[0]); i++) {
		json_t *report = report_of("--workers %d %s", workers[i], path);

		check_report(report, &busy, truths);
		check_calls(report, &busy, truths);
		json_decref(report);
	}
	for (uint32_t i = 0; i < 2 * busy.calls; i++) {
		expected += truths[i].expected;
		lost += truths[i].lost;
	}
	cr_assert(lost > expected / 250 && lost < expected / 160, "0.5 %% of %llu",
	    (unsigned long long)expected);
	free(truths);
}

Test(truth, every_format_and_link_layer)
{
	static const struct gen_calls few = {.seed = 5,
	    .calls = 4,
	    .seconds = 6,
	    .loss_pct = 3,
	    .duplicate_pct = 2,
	    .reorder_pct = 3,
	    .jitter_ms = 15};

	for (enum gen_format format = GEN_PCAP_MICRO; format <= GEN_PCAPNG; format++) {
		for (enum gen_link link = GEN_ETHERNET; link <= GEN_RAW; link++) {
			const char *path = scratch("few.pcap");
			struct gen_truth *truths = generate(path, &few, format, link, 262144);
			json_t *report = report_of("%s", path);

			check_report(report, &few, truths);
			cr_expect_eq(length_at(report, "calls"), few.calls);
			json_decref(report);
			free(truths);
		}
	}
}

Test(truth, ipv6)
{
	struct gen_calls six = rough;
	const char *path = scratch("six.pcap");
	struct gen_truth *truths;
	json_t *report;

	six.ipv6 = true;
	six.calls = 10;
	truths = generate(path, &six, GEN_PCAP_NANO, GEN_ETHERNET, 262144);
	report = report_of("%s", path);
	check_report(report, &six, truths);
	cr_expect_eq(length_at(report, "calls"), six.calls);
	cr_expect_eq(length_at(report, "calls.0.streams"), 2);
	cr_expect_eq(strncmp(text_at(report, "streams.0.src"), "[2001:db8:", 10), 0);
	json_decref(report);
	free(truths);
}

/* Headers are enough to measure by; what was cut is said. */
Test(truth, snap_length_cuts_payloads)
{
	struct gen_calls few = rough;
	const char *path = scratch("cut.pcap");
	struct gen_truth *truths;
	json_t *report;

	few.calls = 5;
	few.no_signalling = true;
	truths = generate(path, &few, GEN_PCAP_MICRO, GEN_ETHERNET, 60);
	report = report_of("%s", path);
	check_report(report, &few, truths);
	cr_expect_eq(
	    number_at(report, "captures.0.snap_cut"), number_at(report, "captures.0.packets"));
	cr_expect_eq(
	    number_at(report, "streams.0.bytes"), 160 * number_at(report, "streams.0.packets"));
	json_decref(report);
	free(truths);
}

/* Media without signalling is measured all the same. */
Test(truth, no_signalling)
{
	struct gen_calls few = rough;
	const char *path = scratch("media.pcap");
	struct gen_truth *truths;
	json_t *report;

	few.calls = 20;
	few.no_signalling = true;
	truths = generate(path, &few, GEN_PCAP_MICRO, GEN_ETHERNET, 262144);
	report = report_of("%s", path);
	check_report(report, &few, truths);
	/* Each two-way exchange is a call, of which no more than its media is known. */
	cr_expect_eq(length_at(report, "calls"), 20);
	cr_expect_str_eq(text_at(report, "calls.0.signalling"), "none");
	cr_expect_str_eq(text_at(report, "streams.0.call"), "c1");
	json_decref(report);
	free(truths);
}

static const struct gen_calls shaken = {
    .seed = 6,
    .calls = 10,
    .seconds = 8,
    .spread_seconds = 2,
    .loss_pct = 2,
    .duplicate_pct = 1,
    .reorder_pct = 1,
    .jitter_ms = 10,
};

/* Also that each stream found its call. */
static void check_generated(const struct gen_calls *what)
{
	const char *path = scratch("generated.pcap");
	struct gen_truth *truths = generate(path, what, GEN_PCAP_MICRO, GEN_ETHERNET, 262144);
	json_t *report = report_of("%s", path);

	check_report(report, what, truths);
	check_calls(report, what, truths);
	json_decref(report);
	free(truths);
}

/* The packets of a video frame have one time stamp; Opus and video have dynamic types. */
Test(truth, every_codec)
{
	struct gen_calls what = shaken;

	for (what.codec = GEN_PCMU; what.codec <= GEN_H264; what.codec++) {
		check_generated(&what);
	}
}

Test(truth, every_tunnel)
{
	struct gen_calls what = shaken;

	for (what.tunnel = GEN_TUNNEL_CHANNEL; what.tunnel <= GEN_TUNNEL_MIXED; what.tunnel++) {
		check_generated(&what);
	}
}

Test(truth, signalling_over_tcp)
{
	struct gen_calls what = shaken;

	what.tcp = true;
	check_generated(&what);
}

/* 19 of 20 packets are of something else. Some of it looks like RTP, a packet at a time. */
Test(truth, among_the_traffic_of_an_office)
{
	struct gen_calls what = shaken;

	what.other_pct = 95;
	check_generated(&what);
}

/* Nothing but registrations and OPTIONS. */
Test(truth, every_registration)
{
	struct gen_phones what = {.seed = 8, .phones = 50, .messages = 2000};
	const char *path = scratch("phones.pcap");

	for (int tcp = 0; tcp < 2; tcp++) {
		struct gen_phones_truth truth;
		struct gen_file file;
		json_t *report;

		what.tcp = tcp;
		cr_assert(gen_open(&file, path, GEN_PCAP_MICRO, GEN_ETHERNET, 262144));
		cr_assert(gen_phones(&file, &what, &truth) && gen_close(&file));
		report = report_of("%s", path);
		cr_expect_eq(length_at(report, "registrations"), what.phones);
		cr_expect_eq(truth.registrations * 8, truth.messages);
		cr_expect_eq(number_at(report, "captures.0.decoded.sip_requests") +
				 number_at(report, "captures.0.decoded.sip_responses"),
		    (double)truth.messages);
		cr_expect_eq(length_at(report, "findings"), 0);
		json_decref(report);
	}
}
