/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp_attribute.h"

#include "append.h"
#include "expect.h"
#include "guarded.h"
#include "within.h"

#define HEAD                                                 \
	"v=0\r\n"                                            \
	"o=alice 2890844526 2890844527 IN IP4 192.0.2.7\r\n" \
	"s=A call\r\n"                                       \
	"c=IN IP4 192.0.2.7\r\n"

/* A description of these lines behind HEAD, with these defects. */
static struct sdp parsed(const char *lines, const char *defects)
{
	char text[8192] = HEAD;
	struct sdp sdp;
	struct bytes in;

	append(text, sizeof(text), "%s", lines);
	in = guarded(text, strlen(text));
	cr_assert_eq(sdp_parse(&sdp, in), DISSECT_OK, "%s", lines);
	cr_expect(sdp_within(in, &sdp), "%s", lines);
	expect_defects(&sdp.defects, defects);
	return sdp;
}

/* RFC 8866 5.2: the version grows with each change of the session that the id names. */
Test(sdp_attribute, session)
{
	struct sdp sdp = parsed("b=AS:128\r\nt=0 0\r\n", "");

	expect_text(sdp.session_id, "2890844526");
	expect_text(sdp.session_version, "2890844527");
	expect_text(sdp.name, "A call");
	cr_expect(sdp.bandwidth.as.given);
	expect_number(sdp.bandwidth.as.value, 128);
}

/* RFC 8866 5.8, RFC 3556: that RTCP gets nothing is another thing than that nothing is said. */
Test(sdp_attribute, bandwidth)
{
	struct sdp sdp = parsed("m=audio 1 RTP/AVP 0\r\nb=TIAS:64000\r\nb=RS:0\r\nb=RR:0\r\n"
				"b=X-YZ:7\r\nm=audio 2 RTP/AVP 0\r\nb=AS:64\r\n",
	    "");

	expect_number(sdp.media[0].bandwidth.tias.value, 64000);
	cr_expect(sdp.media[0].bandwidth.rs.given && sdp.media[0].bandwidth.rr.given);
	expect_number(sdp.media[0].bandwidth.rs.value, 0);
	cr_expect_not(sdp.media[0].bandwidth.as.given);
	cr_expect_not(sdp.media[1].bandwidth.rs.given);
	cr_expect_not(sdp.bandwidth.as.given);
	parsed("b=AS\r\nb=AS:x\r\nb=AS:-1\r\n", "sdp_bandwidth, sdp_bandwidth, sdp_bandwidth");
}

/* RFC 8866 5.7 and 5.14: layers of a multicast session, and pairs of ports. */
Test(sdp_attribute, layers)
{
	struct sdp sdp = parsed("c=IN IP4 192.0.2.99\r\nm=audio 49170/2 RTP/AVP 0\r\n"
				"c=IN IP4 233.252.0.1/127\r\nc=IN IP4 233.252.0.2/127\r\n"
				"m=audio 49180/x RTP/AVP 0\r\n",
	    "sdp_media");

	expect_text(sdp.connection, "192.0.2.7");
	expect_number(sdp.media[0].port_count, 2);
	expect_text(sdp.media[0].connection, "233.252.0.1");
	expect_number(sdp.media[1].port, 0);
	expect_number(sdp.media[1].port_count, 1);
}

Test(sdp_attribute, packet_times)
{
	struct sdp sdp = parsed("m=audio 1 RTP/AVP 0\r\na=ptime:20\r\na=maxptime:150\r\n"
				"m=audio 2 RTP/AVP 0\r\na=ptime:2.5\r\na=maxptime: 60.0000001 \r\n"
				"m=audio 3 RTP/AVP 0\r\n",
	    "");

	expect_number(sdp.media[0].ptime_us, 20000);
	expect_number(sdp.media[0].maxptime_us, 150000);
	expect_number(sdp.media[1].ptime_us, 2500);
	expect_number(sdp.media[1].maxptime_us, 60000);
	expect_number(sdp.media[2].ptime_us, 0);
	sdp = parsed("m=audio 1 RTP/AVP 0\r\na=ptime:0\r\na=ptime:\r\na=ptime:x\r\na=ptime:1.x\r\n"
		     "a=ptime:-20\r\na=ptime:65536\r\n",
	    "sdp_attribute, sdp_attribute, sdp_attribute, sdp_attribute, sdp_attribute, "
	    "sdp_attribute");
	expect_number(sdp.media[0].ptime_us, 0);
}

/* RFC 3605 2.1, RFC 5761 5.1.1, RFC 3611 5.1 */
Test(sdp_attribute, rtcp)
{
	struct sdp sdp = parsed("a=rtcp-xr:rcvr-rtt=all:10000\r\nm=audio 1 RTP/AVP 0\r\n"
				"a=rtcp:53020 IN IP6 2001:DB8::4\r\na=rtcp-mux\r\n"
				"m=audio 3 RTP/AVP 0\r\na=rtcp:53022\r\na=rtcp-xr:voip-metrics\r\n"
				"m=audio 5 RTP/AVP 0\r\na=rtcp:x\r\n",
	    "sdp_attribute");

	expect_number(sdp.media[0].control.port, 53020);
	expect_text(sdp.media[0].control.address, "2001:DB8::4");
	cr_expect(sdp.media[0].control.mux);
	expect_text(sdp.media[0].control.xr, "rcvr-rtt=all:10000");
	expect_number(sdp.media[1].control.port, 53022);
	expect_text(sdp.media[1].control.address, "");
	cr_expect_not(sdp.media[1].control.mux);
	expect_text(sdp.media[1].control.xr, "voip-metrics");
	expect_number(sdp.media[2].control.port, 0);
}

/* RFC 4568 section 4, RFC 8122 section 5, RFC 4145 section 4 */
Test(sdp_attribute, security)
{
	struct sdp sdp = parsed(
	    "a=fingerprint:sha-256 12:DF:3E\r\na=setup:actpass\r\n"
	    "m=audio 1 RTP/SAVP 0\r\n"
	    "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
	    "inline:PS1uQCVeeCFCanVmcjkpPywjNWhcYD0mXXtxaVBR|2^20\r\n"
	    "a=crypto:2 AES_CM_128_HMAC_SHA1_32 inline:NzB4d1BINUAvLEw6UzF3WSJ+PSdFcGdUJShpX1Zj\r\n"
	    "m=audio 3 UDP/TLS/RTP/SAVPF 0\r\na=setup:passive\r\na=fingerprint:sha-1 4A:AD\r\n",
	    "");

	expect_number(sdp.media[0].security.crypto_count, 2);
	expect_text(sdp.media[0].security.crypto_suite, "AES_CM_128_HMAC_SHA1_80");
	expect_text(sdp.media[0].security.fingerprint, "sha-256 12:DF:3E");
	expect_text(sdp.media[0].security.setup, "actpass");
	expect_number(sdp.media[1].security.crypto_count, 0);
	expect_text(sdp.media[1].security.fingerprint, "sha-1 4A:AD");
	expect_text(sdp.media[1].security.setup, "passive");
	parsed("m=audio 1 RTP/SAVP 0\r\na=crypto:1\r\na=crypto:1 X\r\n",
	    "sdp_attribute, sdp_attribute");
}

/* RFC 8839, RFC 9143, RFC 5576, RFC 8830: as a browser writes them. */
Test(sdp_attribute, ice_and_bundle)
{
	struct sdp sdp = parsed(
	    "a=group:BUNDLE 0 v\r\na=group:LS 0 1\r\na=ice-lite\r\na=ice-ufrag:sess\r\n"
	    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=ice-ufrag:8hhY\r\na=mid:0\r\n"
	    "a=msid:47017fee-b6c1 f4a7\r\na=ssrc:2882400012 cname:user@example.com\r\n"
	    "a=ssrc:2882400012 msid:x\r\na=ssrc:4294967295 cname:other\r\na=end-of-candidates\r\n"
	    "m=video 9 UDP/TLS/RTP/SAVPF 96\r\na=mid:V\r\nm=application 9 UDP/DTLS/SCTP "
	    "x\r\na=mid:v\r\n",
	    "");

	expect_text(sdp.bundle, "0 v");
	cr_expect(sdp.ice_lite);
	expect_text(sdp.media[0].ice_ufrag, "8hhY");
	expect_text(sdp.media[1].ice_ufrag, "sess");
	cr_expect(sdp.media[0].bundled && !sdp.media[1].bundled && sdp.media[2].bundled);
	expect_text(sdp.media[0].mid, "0");
	expect_text(sdp.media[0].msid, "47017fee-b6c1 f4a7");
	expect_number(sdp.media[0].ssrc_count, 2);
	expect_number(sdp.media[0].ssrcs[0].ssrc, 2882400012LL);
	expect_text(sdp.media[0].ssrcs[0].cname, "user@example.com");
	expect_number(sdp.media[0].ssrcs[1].ssrc, 4294967295LL);
	cr_expect(sdp.media[0].end_of_candidates && !sdp.media[1].end_of_candidates);
	expect_number(sdp.media[2].kind, SDP_OTHER);
}

Test(sdp_attribute, as_many_sources_as_are_kept)
{
	struct sdp sdp = parsed("m=audio 1 RTP/AVP 0\r\na=ssrc:1 cname:a\r\na=ssrc:2 cname:b\r\n"
				"a=ssrc:3 cname:c\r\na=ssrc:4 cname:d\r\na=ssrc:5 cname:e\r\n"
				"a=ssrc:4294967296 cname:f\r\na=ssrc:x\r\na=mid:\r\n",
	    "sdp_attribute, sdp_attribute, sdp_attribute");

	expect_number(sdp.media[0].ssrc_count, SDP_SSRCS_MAX);
	expect_text(sdp.media[0].ssrcs[3].cname, "d");
}

/* What belongs to media means nothing for a session, and says so of rtpmap alone. */
Test(sdp_attribute, attributes_out_of_place)
{
	struct sdp sdp =
	    parsed("a=ptime:20\r\na=rtcp-mux\r\na=crypto:x\r\na=mid:1\r\na=ssrc:x\r\n"
		   "a=end-of-candidates\r\nm=audio 1 RTP/AVP 0\r\na=group:BUNDLE 1\r\n",
		"");

	expect_number(sdp.media[0].ptime_us, 0);
	cr_expect_not(sdp.media[0].control.mux);
	expect_text(sdp.bundle, "");
	cr_expect_not(sdp.media[0].end_of_candidates);
}

static void expect_codec(
    const struct sdp_media *m, uint8_t payload_type, const char *encoding, uint32_t clock_rate)
{
	struct sdp_rtpmap map;

	cr_expect(sdp_codec(m, payload_type, &map), "%u", payload_type);
	expect_number(map.payload_type, payload_type);
	expect_text(map.encoding, encoding);
	expect_number(map.clock_rate, clock_rate);
}

/* RFC 3551 section 6: static payload types need no rtpmap; one that is there counts. */
Test(sdp_attribute, codecs)
{
	struct sdp sdp =
	    parsed("m=audio 1 RTP/AVP 0 8 18 97 101 13 3\r\na=rtpmap:97 opus/48000/2\r\n"
		   "a=rtpmap:101 telephone-event/8000\r\na=rtpmap:3 X-GSM/16000\r\n"
		   "a=fmtp:18 annexb=no\r\na=fmtp:101 0-16\r\n",
		"");
	const struct sdp_media *m = &sdp.media[0];
	struct sdp_rtpmap map;

	expect_codec(m, 0, "PCMU", 8000);
	expect_codec(m, 9, "G722", 8000);
	expect_codec(m, 18, "G729", 8000);
	expect_codec(m, 97, "opus", 48000);
	expect_codec(m, 3, "X-GSM", 16000);
	cr_expect(sdp_codec(m, 97, &map) && map.channels == 2);
	cr_expect(sdp_codec(m, 10, &map) && map.channels == 2);
	cr_expect_not(sdp_codec(m, 98, &map));
	cr_expect_not(sdp_codec(m, 1, &map));
	expect_text(sdp_fmtp(m, 18), "annexb=no");
	expect_text(sdp_fmtp(m, 101), "0-16");
	expect_text(sdp_fmtp(m, 0), "");
}

/* RFC 4733, RFC 3389 */
Test(sdp_attribute, payload_types)
{
	struct sdp sdp =
	    parsed("m=audio 1 RTP/AVP 0 13 101 127\r\na=rtpmap:101 telephone-event/8000\r\n"
		   "a=rtpmap:127 Telephone-Event/16000\r\na=rtpmap:96 CN/16000\r\n"
		   "m=audio 2 udptl 0\r\n",
		"");
	const struct sdp_media *m = &sdp.media[0];

	cr_expect(sdp_payloads_has(&m->payloads, 0) && sdp_payloads_has(&m->payloads, 127));
	cr_expect_not(sdp_payloads_has(&m->payloads, 96));
	cr_expect(sdp_payloads_has(&m->events, 101) && sdp_payloads_has(&m->events, 127));
	cr_expect_not(sdp_payloads_has(&m->events, 63));
	cr_expect(sdp_payloads_has(&m->comfort_noise, 13));
	cr_expect(sdp_payloads_has(&m->comfort_noise, 96));
	cr_expect_not(sdp_payloads_has(&m->payloads, 128));
	cr_expect_not(sdp_payloads_has(&sdp.media[1].payloads, 0));
}

Test(sdp_attribute, formats_one_by_one)
{
	struct text formats = TEXT("0  101 128 8");
	uint8_t payload_type;

	cr_expect(sdp_payload_next(&formats, &payload_type));
	expect_number(payload_type, 0);
	cr_expect(sdp_payload_next(&formats, &payload_type));
	expect_number(payload_type, 101);
	cr_expect_not(sdp_payload_next(&formats, &payload_type));
}

static unsigned kind_of(const char *media)
{
	char lines[256];

	(void)snprintf(lines, sizeof(lines), "%s\r\n", media);
	return parsed(lines, "").media[0].kind;
}

/* ITU-T T.38 annex D, RFC 4612, and what gateways make of them. */
Test(sdp_attribute, fax)
{
	expect_number(kind_of("m=image 49170 udptl t38"), SDP_FAX);
	expect_number(kind_of("m=image 49170 UDPTL T38"), SDP_FAX);
	expect_number(kind_of("m=image 49170 TCP t38"), SDP_FAX);
	expect_number(kind_of("m=image 0 udptl t38\r\na=T38FaxVersion:0"), SDP_FAX);
	expect_number(kind_of("m=audio 49170 udptl t38"), SDP_FAX);
	expect_number(kind_of("m=audio 4000 RTP/AVP 98\r\na=rtpmap:98 t38/8000"), SDP_FAX);
	expect_number(kind_of("m=audio 4000 RTP/AVP 0 98\r\na=rtpmap:98 t38/8000"), SDP_AUDIO);
	expect_number(kind_of("m=image 49170 RTP/AVP 26"), SDP_OTHER);
	expect_number(kind_of("m=audio 49170 RTP/AVP 0"), SDP_AUDIO);
	expect_number(kind_of("m=audio 49170 TCP/RTP/AVP 0"), SDP_AUDIO);
}

/* RFC 8866 5.7: names are resolved by others; without its own c= media take the session's. */
Test(sdp_attribute, addresses)
{
	struct sdp sdp = parsed("m=audio 1 RTP/AVP 0\r\nc=IN IP4 media.example.com\r\n"
				"m=audio 2 RTP/AVP 0\r\nc=IN IP6 2001:db8::9\r\n"
				"m=audio 3 RTP/AVP 0\r\na=inactive\r\nc=IN IP4 0.0.0.0\r\n"
				"m=audio 4 TCP/RTP/AVP 0\r\n",
	    "");

	expect_text(sdp.media[0].connection, "media.example.com");
	expect_text(sdp.media[1].connection, "2001:db8::9");
	expect_text(sdp.media[2].connection, "0.0.0.0");
	expect_number(sdp.media[2].direction, SDP_INACTIVE);
	expect_text(sdp.media[3].connection, "192.0.2.7");
	cr_expect(sdp_payloads_has(&sdp.media[3].payloads, 0));
}

Test(sdp_attribute, every_truncation)
{
	static const char text[] = HEAD
	    "b=AS:128\r\na=group:BUNDLE 0\r\na=ice-lite\r\na=rtcp-xr:x\r\n"
	    "m=audio 1 RTP/SAVPF 0 101\r\nb=RS:0\r\na=rtcp:5 IN IP4 192.0.2.1\r\na=rtcp-mux\r\n"
	    "a=ptime:2.5\r\na=fmtp:101 0-15\r\na=crypto:1 AES inline:x\r\na=fingerprint:sha-1 "
	    "4A\r\n"
	    "a=mid:0\r\na=msid:a b\r\na=ssrc:1 cname:x\r\na=ice-ufrag:y\r\na=rtpmap:101 "
	    "t38/8000/2\r\n";

	for (size_t n = 2; n < sizeof(text); n++) {
		struct bytes in = guarded(text, n);
		struct sdp sdp;

		expect_result(sdp_parse(&sdp, in), "ok");
		cr_expect(sdp_within(in, &sdp), "%zu octets", n);
	}
}
