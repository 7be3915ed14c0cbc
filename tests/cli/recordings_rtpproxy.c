/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtpproxy's own captures, and what its extractaudio says of them in the expected outputs of its
 * tests (tests/rtp_analyze, extractaudio, acct_rtcp_hep and catch_dtmf of that project).
 *
 * Its lines are of one file each: "psent" is the span of sequence numbers, "plost" the numbers
 * that never came, "duplicates" the copies, and jitter is RFC 3550 A.8 in timestamp units, with
 * arrival times rounded to them; all of these captures have a clock of 8 kHz. "pcount" and the
 * span are those of the last run of packets of one SSRC; jitter is of the whole file.
 */
#include <math.h>

#include "data.h"
#include "program.h"

TestSuite(recordings_rtpproxy, .fini = scratch_remove, .timeout = 60);

struct expected {
	const char *output; /* of which test, and its first or second half */
	const char *file, *ssrc;
	unsigned streams; /* by the flows that the SSRC was sent on */
	unsigned packets, expected, lost, duplicates;
	double jitter_mean, jitter_max; /* timestamp units; 0: it gives none */
};

static const struct expected sound[] = {
    {"extractaudio/rtcp 1", "acct_rtcp_hep/rtcp.a.pcap", "0xdee0ee8f", 1, 236, 236, 0, 0, 2.893805,
	6.751814},
    {"extractaudio/call1_g722_srtp 1", "extractaudio/call1_g722_srtp.a.rtp", "0x920b9750", 1, 1168,
	1168, 0, 0, 2.124014, 4.029833},
    {"extractaudio/call1_g722_srtp 2", "extractaudio/call1_g722_srtp.o.rtp", "0x6468d892", 1, 1172,
	1172, 0, 0, 7.585583, 23.214630},
    {"rtp_analyze/G723_1 1", "rtp_analyze/G723_1.a.rtp", "0x537dd627", 1, 392, 392, 0, 0, 2.465079,
	16.367618},
    {"rtp_analyze/G723_1 2", "rtp_analyze/G723_1.o.rtp", "0xed82d3dc", 1, 392, 392, 0, 0, 3.414309,
	5.233785},
    {"rtp_analyze/c1", "rtp_analyze/c1.a.rtp", "0x00000000", 1, 1192, 1192, 0, 0, 0.383771,
	0.708600},
    {"rtp_analyze/lost 1", "rtp_analyze/lost.a.rtp", "0x0a7328f3", 1, 244, 565, 321, 0, 1.085519,
	7.162877},
    {"rtp_analyze/lost 2", "rtp_analyze/lost.o.rtp", "0xe0e9c816", 1, 246, 246, 0, 0, 1.439243,
	4.359029},
    {"rtp_analyze/srtp1 1", "rtp_analyze/srtp1.a.rtp", "0xe7d56977", 1, 239, 239, 0, 0, 2.216007,
	8.357472},
    {"rtp_analyze/srtp1 2", "rtp_analyze/srtp1.o.rtp", "0x8557bace", 1, 246, 246, 0, 0, 1.496748,
	2.783576},
    {"rtp_analyze/alice_to_bob 1", "rtp_analyze/alice_srtp.pcap", "0x2a1ad144", 1, 1556, 1556, 0, 0,
	0.664134, 1.270240},
    {"rtp_analyze/alice_to_bob 2", "rtp_analyze/bob_srtp.pcap", "0xc2f6a014", 1, 1564, 1564, 0, 0,
	0.674549, 1.204251},
    /*
     * The sender goes over to another port: two streams here, whose counts add up. A source's
     * transport address is part of what tells sources apart (RFC 3550 8.2).
     */
    {"rtp_analyze/DLT_NULL", "rtp_analyze/DLT_NULL.a.rtp", "0x9c49ca0a", 2, 300, 300, 0, 0,
	0.212584, 0.438435},
    /*
     * Only keys, with whole runs of them cut out, and the first packet three times: by
     * RFC 4733 2.5.1.4 copies are no loss and are not double counted. From catch_dtmf's
     * npkts_ina, rtpa_nsent, rtpa_nlost, rtpa_ndups; it gives no jitter, and neither may we.
     */
    {"catch_dtmf 1", "catch_dtmf/dtmf.pcap", "0x37ed87f3", 1, 151, 292, 193, 52, 0, 0},
    {"catch_dtmf 2", "catch_dtmf/dtmf.pcap", "0xee693e61", 1, 45, 95, 50, 0, 0, 0},
};

/* Within 1 %, and within what arrival times rounded to timestamp units may do to it. */
static void expect_jitter(
    const struct expected *e, const json_t *stream, const char *field, double units)
{
	double expected_ms = units / 8;

	if (units == 0) {
		cr_expect_null(at(stream, field), "%s: %s", e->output, field);
		return;
	}
	cr_expect_leq(fabs(number_at(stream, field) - expected_ms), fmax(expected_ms / 100, 0.05),
	    "%s: %s is %g, rtpproxy has %g", e->output, field, number_at(stream, field),
	    expected_ms);
}

static json_t *report_on(const char *file)
{
	char name[256];

	(void)snprintf(name, sizeof(name), "captures/sippy__rtpproxy/tests/%s", file);
	return report_of("%s", data_path(name));
}

Test(recordings_rtpproxy, same_figures)
{
	for (size_t i = 0; i < sizeof(sound) / sizeof(sound[0]); i++) {
		const struct expected *e = &sound[i];
		json_t *report = report_on(e->file), *stream;
		unsigned streams = 0;
		double packets = 0, expected = 0, lost = 0, duplicates = 0;
		size_t k;

		json_array_foreach(at(report, "streams"), k, stream)
		{
			if (strcmp(text_at(stream, "ssrc"), e->ssrc) != 0) {
				continue;
			}
			streams++;
			packets += number_at(stream, "packets");
			expected += number_at(stream, "expected");
			lost += number_at(stream, "lost");
			duplicates += number_at(stream, "duplicates");
			expect_jitter(e, stream, "jitter_mean_ms", e->jitter_mean);
			expect_jitter(e, stream, "jitter_max_ms", e->jitter_max);
		}
		cr_expect_eq(streams, e->streams, "%s: %u streams", e->output, streams);
		cr_expect_eq(packets, e->packets, "%s: %g packets", e->output, packets);
		cr_expect_eq(expected, e->expected, "%s: %g expected", e->output, expected);
		cr_expect_eq(lost, e->lost, "%s: %g lost", e->output, lost);
		cr_expect_eq(duplicates, e->duplicates, "%s: %g copies", e->output, duplicates);
		json_decref(report);
	}
}

/*
 * extractaudio/rtcp, second half: rtpproxy takes the RTCP packet in the middle (frame 158, from
 * port 2007) for RTP with an SSRC of its own. So it has three runs of SSRCs, counts 230 packets
 * and no loss, and its jitter jumps there by what the "timestamp" of that packet does: 21.3 and
 * 58.9 units. It is no RTP (RFC 5761 section 4: 200 stands where the payload type would), and
 * sequence number 9757 is missing between frames 157 and 159 (RFC 3550 A.3).
 */
Test(recordings_rtpproxy, rtcp_is_no_packet_of_the_stream)
{
	json_t *report = report_on("acct_rtcp_hep/rtcp.o.pcap");

	cr_assert_eq(length_at(report, "streams"), 1);
	cr_expect_eq(number_at(report, "captures.0.packets"), 230);
	cr_expect_eq(number_at(report, "streams.0.packets"), 229);
	cr_expect_eq(number_at(report, "streams.0.expected"), 230);
	cr_expect_eq(number_at(report, "streams.0.lost"), 1);
	cr_expect_eq(number_at(report, "streams.0.duplicates"), 0);
	json_decref(report);
}
