/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages that others collected to break parsers, given to every dissector against an
 * inaccessible page. Nothing is known of what they come to, but that slices stay within them.
 */
#include <ftw.h>

#include "classify.h"
#include "data.h"
#include "expect.h"
#include "guarded.h"
#include "rtcp.h"
#include "rtp.h"
#include "sip.h"
#include "within.h"

static unsigned files, sip_messages, rtcp_compounds, descriptions, stun_messages;

static void text_of_sip(struct bytes in)
{
	struct sip_message m;
	struct sip_uri uri;
	struct sdp sdp;

	if (sip_parse(&m, in) != DISSECT_OK) {
		return;
	}
	sip_messages++;
	cr_expect(sip_message_within(in, &m));
	if (sip_uri_parse(&uri, m.to.uri) == DISSECT_OK) {
		cr_expect(sip_uri_within(in, &uri));
	}
	if (sdp_parse(&sdp, m.body) == DISSECT_OK) {
		cr_expect(sdp_within(m.body, &sdp));
	}
}

static void payload(struct bytes in)
{
	enum dissect_result reason = DISSECT_OK;
	enum payload_kind kind = payload_classify(in, &reason);
	struct rtcp rtcp;
	struct channel_data channel;
	struct rtp rtp;
	struct sdp sdp;
	struct stun stun;

	cr_expect_eq(kind == PAYLOAD_OTHER, dissect_result_class(reason) == DISSECT_CLASS_SKIPPED);
	text_of_sip(in);
	if (sdp_parse(&sdp, in) == DISSECT_OK) {
		descriptions++;
		cr_expect(sdp_within(in, &sdp));
	}
	if (rtcp_parse(&rtcp, in) == DISSECT_OK) {
		rtcp_compounds++;
		cr_expect_leq(rtcp.block_count, RTCP_BLOCKS_MAX);
	}
	if (rtp_parse(&rtp, in, bytes_left(&in)) == DISSECT_OK) {
		cr_expect_leq(rtp.payload_octets, bytes_left(&in));
	}
	if (stun_parse(&stun, in, bytes_left(&in)) == DISSECT_OK) {
		stun_messages += kind == PAYLOAD_STUN;
		cr_expect(stun_within(in, &stun));
	}
	if (channel_data_parse(&channel, in, bytes_left(&in)) == DISSECT_OK) {
		cr_expect(bytes_within(in, channel.data));
	}
}

static void frames(struct bytes in)
{
	static const enum link_type links[] = {
	    LINK_ETHERNET, LINK_RAW, LINK_NULL, LINK_LINUX_SLL, LINK_LINUX_SLL2};
	struct frame frame;

	for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
		for (size_t more = 0; more <= 1000; more += 1000) {
			if (frame_parse(&frame, links[i], in, bytes_left(&in) + more) ==
			    DISSECT_OK) {
				cr_expect(frame_within(in, &frame));
			}
		}
	}
}

static int file_visit(const char *path, const struct stat *status, int kind, struct FTW *walk)
{
	static uint8_t octets[GUARDED_MAX];
	size_t length;
	FILE *file;

	(void)status;
	(void)walk;
	if (kind != FTW_F) {
		return 0;
	}
	file = fopen(path, "rb");
	cr_assert(file, "%s", path);
	length = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	files++;
	payload(guarded(octets, length));
	payload(guarded_front(octets, length));
	frames(guarded(octets, length));
	return 0;
}

Test(corpora, slices_stay_within_their_message)
{
	cr_assert_eq(nftw(data_path("corpora"), file_visit, 16, FTW_PHYS), 0);
	/* That these were read at all; how many there are may grow. */
	cr_expect_gt(files, 1000, "%u", files);
	cr_expect_gt(sip_messages, 100, "%u", sip_messages);
	cr_expect_gt(descriptions, 100, "%u", descriptions);
	cr_expect_gt(stun_messages, 40, "%u", stun_messages);
}

/* RFC 3550 compounds, valid and invalid, that another implementation tests itself with. */
Test(corpora, rtcp_of_another_implementation)
{
	cr_assert_eq(nftw(data_path("vectors/rtcp_pion"), file_visit, 16, FTW_PHYS), 0);
	cr_expect_gt(files, 50, "%u", files);
	cr_expect_gt(rtcp_compounds, 20, "%u", rtcp_compounds);
}

static enum dissect_result rtcp_of(const char *name, struct rtcp *out)
{
	uint8_t octets[2048];
	char path[128];
	size_t length;
	FILE *file;

	(void)snprintf(path, sizeof(path), "vectors/rtcp_pion/%s.bin", name);
	file = fopen(data_path(path), "rb");
	cr_assert(file, "%s", path);
	length = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	return rtcp_parse(out, guarded(octets, length));
}

Test(corpora, rtcp_reports_of_another_implementation)
{
	struct rtcp rtcp;

	expect_result(rtcp_of("receiver_report_00_valid", &rtcp), "ok");
	cr_expect(rtcp.receiver_report);
	expect_number(rtcp.ssrc, 0x902f9e2eLL);
	expect_number(rtcp.block_count, 1);
	expect_number(rtcp.blocks[0].ssrc, 0xbc5e9a40LL);
	expect_number(rtcp.blocks[0].highest_sequence, 0x46e1);
	expect_number(rtcp.blocks[0].jitter, 273);
	expect_result(
	    rtcp_of("receiver_report_05_bad_count_in_header", &rtcp), "rtcp_report_count");
	expect_result(rtcp_of("receiver_report_01_valid_with_extension_data", &rtcp), "ok");
	expect_number(rtcp.block_count, 1);
	/*
	 * Called valid there, but its length is that of a report without its block: by RFC 3550
	 * 6.4.1 the block lies outside of the packet.
	 */
	expect_result(rtcp_of("sender_report_00_valid", &rtcp), "rtcp_report_count");
	/* So is this; its length of 12 words is that of its octets. */
	expect_result(rtcp_of("goodbye_00_valid", &rtcp), "rtcp_length");
}

/* RFC 5769 section 2 */
Test(corpora, stun_of_rfc_5769)
{
	static const char *const names[] = {"2.1_request_short_term", "2.2_ipv4_response",
	    "2.3_ipv6_response", "2.4_request_long_term"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		enum dissect_result reason = DISSECT_OK;
		uint8_t octets[256];
		char path[128];
		size_t length;
		FILE *file;

		(void)snprintf(path, sizeof(path), "vectors/stun_rfc5769/rfc5769_%s.bin", names[i]);
		file = fopen(data_path(path), "rb");
		cr_assert(file, "%s", path);
		length = fread(octets, 1, sizeof(octets), file);
		(void)fclose(file);
		expect_number(payload_classify(guarded(octets, length), &reason), PAYLOAD_STUN);
	}
}
