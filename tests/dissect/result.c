/* SPDX-License-Identifier: Apache-2.0 */
#include "result.h"

#include <ctype.h>

#include "append.h"
#include "classify.h"
#include "expect.h"
#include "frame.h"
#include "icmp.h"
#include "octets.h"
#include "rtcp.h"
#include "rtcp_xr.h"
#include "rtp.h"
#include "sdp.h"
#include "sip.h"
#include "stun.h"
#include "voice_report.h"

static const struct {
	const char *identifier;
	enum dissect_result value;
} values[] = {
#define VALUE(value, class, name) {#value, value},
    DISSECT_RESULTS(VALUE)
#undef VALUE
};

/* The name that a user sees is the one that a reader of the source sees. */
Test(result, names_are_those_of_the_values)
{
	static const char *const prefixes[] = {
	    [DISSECT_CLASS_OK] = "DISSECT_",
	    [DISSECT_CLASS_SKIPPED] = "SKIPPED_",
	    [DISSECT_CLASS_MALFORMED] = "MALFORMED_",
	};

	expect_number(sizeof(values) / sizeof(values[0]), DISSECT_RESULT_COUNT);
	for (unsigned i = 0; i < DISSECT_RESULT_COUNT; i++) {
		const char *prefix = prefixes[dissect_result_class(values[i].value)];
		char name[64] = "";

		expect_number(values[i].value, i);
		cr_assert(strncmp(values[i].identifier, prefix, strlen(prefix)) == 0, "%s",
		    values[i].identifier);
		for (size_t j = 0; values[i].identifier[strlen(prefix) + j]; j++) {
			name[j] = (char)tolower(values[i].identifier[strlen(prefix) + j]);
		}
		expect_result(values[i].value, name);
	}
}

Test(result, names_are_told_apart)
{
	for (unsigned i = 0; i < DISSECT_RESULT_COUNT; i++) {
		for (unsigned j = 0; j < i; j++) {
			cr_expect_str_neq(dissect_result_name((enum dissect_result)i),
			    dissect_result_name((enum dissect_result)j));
		}
	}
}

Test(result, the_first_few_defects_are_kept)
{
	struct dissect_defects defects = {0};

	for (unsigned i = 0; i < 300; i++) {
		dissect_defect(&defects, (enum dissect_result)(i % DISSECT_RESULT_COUNT));
	}
	expect_number(defects.count, DISSECT_DEFECTS_MAX);
	for (unsigned i = 0; i < DISSECT_DEFECTS_MAX; i++) {
		expect_number(defects.list[i], i);
	}
}

/* --- each name can be brought about --- */

static bool seen[DISSECT_RESULT_COUNT];

static void see_defects(const struct dissect_defects *defects)
{
	for (unsigned i = 0; i < defects->count; i++) {
		seen[defects->list[i]] = true;
	}
}

static void see_frame(enum link_type link, const char *hex)
{
	struct bytes in = guarded_hex(hex);
	struct frame frame;

	seen[frame_parse(&frame, link, in, bytes_left(&in) + 1)] = true;
	if (frame_parse(&frame, link, in, bytes_left(&in)) == DISSECT_OK) {
		seen[frame.defect] = true;
	}
	seen[frame_parse(&frame, link, in, bytes_left(&in))] = true;
}

static void see_icmp(const char *hex)
{
	struct icmp icmp;

	seen[icmp_parse(&icmp, guarded_hex(hex))] = true;
}

static void see_payload(const char *hex)
{
	struct bytes in = guarded_hex(hex);
	enum dissect_result reason = DISSECT_OK;

	(void)payload_classify(in, &reason);
	seen[reason] = true;
}

static void see_rtp(const char *hex)
{
	struct bytes in = guarded_hex(hex);
	struct rtp rtp;

	seen[rtp_parse(&rtp, in, bytes_left(&in))] = true;
}

static void see_rtcp(const char *hex)
{
	struct rtcp rtcp;
	struct rtcp_xr xr;

	enum dissect_result result = rtcp_parse(&rtcp, guarded_hex(hex));

	seen[result] = true;
	if (result != DISSECT_OK) {
		return;
	}
	see_defects(&rtcp.defects);
	for (unsigned i = 0; i < rtcp.xr_count; i++) {
		seen[rtcp_xr_parse(&xr, rtcp.xrs[i])] = true;
		see_defects(&xr.defects);
	}
}

static void see_voice_report(const char *text)
{
	struct voice_report report;
	enum dissect_result result = voice_report_parse(&report, guarded(text, strlen(text)));

	seen[result] = true;
	if (result == DISSECT_OK) {
		see_defects(&report.defects);
	}
}

static void see_sip(const char *text)
{
	struct sip_message m;
	struct sip_uri uri;
	enum dissect_result result = sip_parse(&m, guarded(text, strlen(text)));

	seen[result] = true;
	if (result != DISSECT_OK) {
		return;
	}
	see_defects(&m.defects);
	seen[SKIPPED_SIP_BODY_ENCODED] |= m.body_encoded;
	if (m.request) {
		seen[sip_uri_parse(&uri, m.request_uri)] = true;
	}
}

static void see_sdp(const char *text)
{
	struct sdp sdp;
	enum dissect_result result = sdp_parse(&sdp, guarded(text, strlen(text)));

	seen[result] = true;
	if (result == DISSECT_OK) {
		see_defects(&sdp.defects);
	}
}

#define MACS "02 00 00 00 00 02  02 00 00 00 00 01 "
#define V4   "c0 00 02 01  c6 33 64 02 "
#define V6                                                 \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 01 " \
	"20 01 0d b8 00 00 00 00 00 00 00 00 00 00 00 02 "
#define EXTENSION "3c 00 01 04 00 00 00 00 "

static void see_lower_layers(void)
{
	see_frame((enum link_type)147, "00");
	see_frame(LINK_ETHERNET, MACS "08");
	see_frame(LINK_ETHERNET, MACS "08 06");
	see_frame(LINK_ETHERNET, MACS "88 cc");
	see_frame(LINK_ETHERNET, MACS "81 00 00 01 08");
	see_frame(LINK_ETHERNET,
	    MACS "81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 81 00 00 01 08 00");
	see_frame(LINK_LINUX_SLL, "00 00 00 01");
	see_frame(LINK_NULL, "02 00 00");
	see_frame(LINK_RAW, "00");
	see_frame(LINK_RAW, "45 00");
	see_frame(LINK_RAW, "44 00 00 14  00 00 00 00  40 11 00 00 " V4);
	see_frame(LINK_RAW, "45 00 00 1d  00 00 00 00  40 11 00 00 " V4 "13 c4 13 c4 00 09 00 00");
	see_frame(LINK_RAW, "45 00 00 14  00 00 00 00  40 06 00 00 " V4);
	see_frame(LINK_RAW, "45 00 00 28  00 00 00 00  40 06 00 00 " V4
			    "13 c4 13 c4  00 00 00 01  00 00 00 01  40 10 00 00  00 00 00 00");
	see_icmp("08 00 00 00 00 01 00 01");
	see_icmp("03 03 00 00");
	see_icmp("03 03 00 00 00 00 00 00 45");
	see_frame(LINK_RAW, "45 00 00 14  00 00 00 00  40 84 00 00 " V4);
	see_frame(LINK_RAW, "45 00 00 14  00 00 00 00  40 11 00 00 " V4);
	see_frame(LINK_RAW, "45 00 00 1c  00 00 00 00  40 11 00 00 " V4 "13 c4 13 c4 00 07 00 00");
	see_frame(LINK_RAW, "60 00");
	see_frame(LINK_RAW, "60 00 00 00  00 09  11  40 " V6 "13 c4 13 c4 00 09 00 00");
	see_frame(LINK_RAW, "60 00 00 00  00 08  3c  40 " V6 "11 01 01 04 00 00 00 00");
	see_frame(LINK_RAW, "60 00 00 00  00 48  3c  40 " V6 EXTENSION EXTENSION EXTENSION EXTENSION
				EXTENSION EXTENSION EXTENSION EXTENSION EXTENSION);
}

static void see_media(void)
{
	see_payload("10 00 00 01  5a 52 54 50  00 00 00 01");
	see_payload("16 fe fd  00 00  00 00 00 00 00 00  00 00");
	see_payload("0d 0a 0d 0a");
	see_payload("ff");
	see_rtp("80 00");
	see_rtp("00 00  00 01  00 00 00 00  00 00 00 01");
	see_rtp("81 00  00 01  00 00 00 00  00 00 00 01");
	see_rtp("90 00  00 01  00 00 00 00  00 00 00 01");
	see_rtcp("80 c9 00");
	see_rtcp("00 c9 00 01  00 00 00 01");
	see_rtcp("80 bf 00 01  00 00 00 01");
	see_rtcp("80 c9 00 02  00 00 00 01");
	see_rtcp("81 c9 00 01  00 00 00 01");
	see_rtcp("80 c9 00 01  00 00 00 01  de ad be ef  80 00 00 01  01 02 03 04");
	see_rtcp("a0 c9 00 01  00 00 00 01");
	see_rtcp("81 ca 00 01  00 00 00 01");
	see_rtcp("82 cb 00 01  00 00 00 01");
	see_rtcp("80 cc 00 01  00 00 00 01");
	see_rtcp("81 cd 00 01  00 00 00 01");
	see_rtcp("80 cf 00 02  00 00 00 01  04 00 00 02");
	see_rtcp("80 cf 00 02  00 00 00 01  04 00 00 00");
}

static void see_rtcp_of_many_packets(void)
{
	struct octets o = {0};
	struct rtcp rtcp;

	for (int i = 0; i <= RTCP_PACKETS_MAX; i++) {
		octets_add(&o, "80 cb 00 00");
	}
	seen[rtcp_parse(&rtcp, guarded(o.at, o.length))] = true;
}

static void see_message_of_stun(struct bytes in)
{
	struct stun m;
	enum dissect_result result = stun_parse(&m, in, bytes_left(&in));

	seen[result] = true;
	if (result == DISSECT_OK) {
		see_defects(&m.defects);
	}
}

#define STUN "21 12 a4 42  00 00 00 00 00 00 00 00 00 00 00 01 "

static void see_stun(void)
{
	struct octets o = octets("00 01 01 04 " STUN);
	struct channel_data channel;

	for (int i = 0; i <= STUN_ATTRIBUTES_MAX; i++) {
		octets_add(&o, "c0 00 00 00");
	}
	see_message_of_stun(guarded_hex("00"));
	see_message_of_stun(guarded_hex("40 01 00 00 " STUN));
	see_message_of_stun(guarded_hex("00 01 00 04 " STUN));
	see_message_of_stun(guarded_hex("00 01 00 04 " STUN "00 24 00 00"));
	see_message_of_stun(guarded_hex("00 01 00 04 " STUN "00 20 00 00"));
	see_message_of_stun(guarded_hex("00 01 00 04 " STUN "00 09 00 00"));
	see_message_of_stun(guarded_hex("00 01 00 08 " STUN "80 28 00 04 00 00 00 00"));
	seen[channel_data_parse(&channel, guarded_hex("40 00 00 01"), 4)] = true;
	see_message_of_stun(guarded(o.at, o.length));
}

#define IDS "Call-ID: 1\r\nCSeq: 1 OPTIONS\r\n"

static void see_sip_of_many_headers(void)
{
	char text[4096] = "OPTIONS sip:a SIP/2.0\r\n" IDS;

	for (int i = 0; i <= SIP_HEADERS_MAX; i++) {
		append(text, sizeof(text), "-:\r\n");
	}
	see_sip(text);
}

#define PART "--1\r\n\r\n1\r\n"

static void see_bodies(void)
{
	see_sip("OPTIONS * SIP/2.0\r\n" IDS "e: gzip\r\n\r\n1");
	see_sip("OPTIONS * SIP/2.0\r\n" IDS "c: multipart/mixed\r\n\r\n1");
	see_sip("OPTIONS * SIP/2.0\r\n" IDS "c: multipart/mixed;boundary=1\r\n\r\n" PART);
	see_sip(
	    "OPTIONS * SIP/2.0\r\n" IDS
	    "c: multipart/mixed;boundary=1\r\n\r\n" PART PART PART PART PART PART PART PART PART);
}

static void see_signalling(void)
{
	see_sip("OPTIONS  sip:a SIP/2.0\r\nExpires: x\r\nm: <sip:a >\r\nCall-ID: 1\r\n"
		"CSeq: 1 BYE\r\nv: SIP/2.0/UDP 2001:db8::1\r\nf: a;;b\r\n\r\n");
	see_sip("OPTIONS sip:a\r\n");
	see_sip("SIP/2.0 700 x\r\n");
	see_sip("OPTIONS sip:a SIP/2.0\r\n\r\n");
	see_sip("OPTIONS sip:a SIP/2.0\r\nCall-ID: 1\r\n\r\n");
	see_sip("OPTIONS * SIP/2.0\r\n" IDS "x\r\n");
	see_sip("OPTIONS sip:a SIP/2.0\r\nFrom: <\r\nFrom: a\r\n" IDS "\r\n");
	see_sip("OPTIONS sip:a SIP/2.0\r\n" IDS "l: -1\r\n\r\n");
	see_sip("OPTIONS sip:a SIP/2.0\r\n" IDS "l: 1\r\n\r\n");
	see_sip("OPTIONS sip:a SIP/2.0\r\n" IDS "m: 1,2,3,4,5,6,7,8,9\r\n\r\n");
	see_voice_report("x");
	see_voice_report("VQSessionReport\nx\nDelay:RTD=x\n");
	see_sdp("x");
	see_sdp("v=1\r\nx\r\no=\r\nc=\r\nm=\r\na=rtpmap:\r\nb=\r\na=ptime:\r\n");
	see_sdp("m=a 1\nm=a 1\nm=a 1\nm=a 1\nm=a 1\nm=a 1\nm=a 1\nm=a 1\nm=a 1\n");
}

/* What several packets say together is for analyze/ to tell, and for its tests. */
static bool is_of_analyze(enum dissect_result result)
{
	switch (result) {
	case SKIPPED_RTP_UNCONFIRMED:
	case SKIPPED_VOICE_REPORT:
	case SKIPPED_TCP:
	case SKIPPED_TCP_RETRANSMISSION:
	case SKIPPED_TCP_GAP:
	case SKIPPED_TCP_INCOMPLETE:
	case SKIPPED_FRAGMENT_INCOMPLETE:
	case SKIPPED_FRAGMENT_DUPLICATE:
	case MALFORMED_FRAGMENT_LENGTH:
	case MALFORMED_FRAGMENT_OVERLAP:
	case MALFORMED_SIP_STREAM:
		return true;
	default:
		return false;
	}
}

/* A name that nothing can bring about would promise a check that is not there. */
Test(result, every_name_can_be_brought_about)
{
	memset(seen, 0, sizeof(seen));
	see_lower_layers();
	see_media();
	see_rtcp_of_many_packets();
	see_stun();
	see_signalling();
	see_bodies();
	see_sip_of_many_headers();
	for (unsigned i = 0; i < DISSECT_RESULT_COUNT; i++) {
		cr_expect(seen[i] || is_of_analyze((enum dissect_result)i), "%s",
		    dissect_result_name((enum dissect_result)i));
	}
}
