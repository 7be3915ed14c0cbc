/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp.h"

#include "append.h"
#include "expect.h"
#include "guarded.h"
#include "within.h"

static struct sdp parsed(const char *text)
{
	struct bytes in = guarded(text, strlen(text));
	struct sdp sdp;

	cr_expect_str_eq(dissect_result_name(sdp_parse(&sdp, in)), "ok", "%s", text);
	cr_expect(sdp_within(in, &sdp), "%s", text);
	return sdp;
}

static void refused(const char *text)
{
	struct sdp sdp;

	expect_result(sdp_parse(&sdp, guarded(text, strlen(text))), "sdp_line");
}

#define HEAD                                                 \
	"v=0\r\n"                                            \
	"o=alice 2890844526 2890844526 IN IP4 192.0.2.7\r\n" \
	"s=-\r\n"

#define RFC_8866                                               \
	"v=0\r\n"                                              \
	"o=jdoe 3724394400 3724394405 IN IP4 198.51.100.1\r\n" \
	"s=Call to John Smith\r\n"                             \
	"i=SDP Offer #1\r\n"                                   \
	"u=http://www.jdoe.example.com/home.html\r\n"          \
	"e=Jane Doe <jane@jdoe.example.com>\r\n"               \
	"p=+1 617 555-6011\r\n"                                \
	"c=IN IP4 198.51.100.1\r\n"                            \
	"t=0 0\r\n"                                            \
	"m=audio 49170 RTP/AVP 0\r\n"                          \
	"m=audio 49180 RTP/AVP 0\r\n"                          \
	"m=video 51372 RTP/AVP 99\r\n"                         \
	"c=IN IP6 2001:db8::2\r\n"                             \
	"a=rtpmap:99 h263-1998/90000\r\n"

/* RFC 8866 section 5 */
Test(sdp, example_of_rfc_8866)
{
	struct sdp sdp = parsed(RFC_8866);

	expect_defects(&sdp.defects, "");
	expect_text(sdp.origin, "198.51.100.1");
	expect_text(sdp.connection, "198.51.100.1");
	expect_number(sdp.direction, SDP_SENDRECV);
	expect_number(sdp.media_count, 3);
	expect_number(sdp.media[0].kind, SDP_AUDIO);
	expect_number(sdp.media[0].port, 49170);
	expect_text(sdp.media[0].protocol, "RTP/AVP");
	expect_text(sdp.media[0].formats, "0");
	expect_text(sdp.media[0].connection, "198.51.100.1");
	expect_number(sdp.media[1].port, 49180);
	expect_number(sdp.media[2].kind, SDP_VIDEO);
	expect_text(sdp.media[2].connection, "2001:db8::2");
	expect_number(sdp.media[2].direction, SDP_SENDRECV);
	expect_number(sdp.media[2].rtpmap_count, 1);
	expect_number(sdp.media[2].rtpmaps[0].payload_type, 99);
	expect_text(sdp.media[2].rtpmaps[0].encoding, "h263-1998");
	expect_number(sdp.media[2].rtpmaps[0].clock_rate, 90000);
}

/* RFC 3264 10.1: the answer takes audio and the second video, and refuses the first. */
Test(sdp, offer_and_answer_of_rfc_3264)
{
	struct sdp offer =
	    parsed("v=0\r\no=alice 2890844526 2890844526 IN IP4 host.anywhere.com\r\n"
		   "s= \r\nc=IN IP4 host.anywhere.com\r\nt=0 0\r\n"
		   "m=audio 49170 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		   "m=video 51372 RTP/AVP 31\r\na=rtpmap:31 H261/90000\r\n"
		   "m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n");
	struct sdp answer;

	expect_defects(&offer.defects, "");
	expect_text(offer.connection, "host.anywhere.com");
	cr_expect_not(offer.literal);
	expect_number(offer.media_count, 3);
	expect_text(offer.media[2].rtpmaps[0].encoding, "MPV");
	answer = parsed("v=0\r\no=bob 2890844730 2890844730 IN IP4 host.example.com\r\n"
			"s= \r\nc=IN IP4 host.example.com\r\nt=0 0\r\n"
			"m=audio 49920 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
			"m=video 0 RTP/AVP 31\r\n"
			"m=video 53000 RTP/AVP 32\r\na=rtpmap:32 MPV/90000\r\n");
	expect_defects(&answer.defects, "");
	expect_number(answer.media_count, 3);
	expect_number(answer.media[1].port, 0);
	expect_number(answer.media[1].rtpmap_count, 0);
	expect_number(answer.media[2].port, 53000);
}

static unsigned direction_of(const char *session, const char *media)
{
	char text[512];
	struct sdp sdp;

	(void)snprintf(text, sizeof(text),
	    HEAD "c=IN IP4 192.0.2.7\r\nt=0 0\r\n%sm=audio 49170 RTP/AVP 0\r\n%s", session, media);
	sdp = parsed(text);
	expect_defects(&sdp.defects, "");
	return sdp.media[0].direction;
}

/* RFC 3264 8.4: sendonly puts on hold, inactive where both hold, sendrecv or nothing resumes. */
Test(sdp, hold_of_rfc_3264)
{
	expect_number(direction_of("", ""), SDP_SENDRECV);
	expect_number(direction_of("", "a=sendrecv\r\n"), SDP_SENDRECV);
	expect_number(direction_of("", "a=sendonly\r\n"), SDP_SENDONLY);
	expect_number(direction_of("", "a=recvonly\r\n"), SDP_RECVONLY);
	expect_number(direction_of("", "a=inactive\r\n"), SDP_INACTIVE);
}

/* RFC 8866 6.7: a session's direction holds for media that give none themselves. */
Test(sdp, directions_of_session_and_media)
{
	expect_number(direction_of("a=inactive\r\n", ""), SDP_INACTIVE);
	expect_number(direction_of("a=sendonly\r\n", "a=sendrecv\r\n"), SDP_SENDRECV);
	expect_number(direction_of("a=sendonly\r\n", "a=recvonly\r\n"), SDP_RECVONLY);
	expect_number(direction_of("a=sendonly\r\na=inactive\r\n", ""), SDP_INACTIVE);
	/* Names are compared with regard to case (RFC 8866 section 6), and whole. */
	expect_number(direction_of("", "a=SENDONLY\r\n"), SDP_SENDRECV);
	expect_number(direction_of("", "a=sendonlyx\r\n"), SDP_SENDRECV);
}

/* Values that can be intersected: what A may send is what B may receive. */
Test(sdp, directions_are_bits)
{
	expect_number(SDP_SENDRECV & SDP_SENDONLY, SDP_SENDONLY);
	expect_number(SDP_SENDONLY & SDP_RECVONLY, SDP_INACTIVE);
}

/* The hold of RFC 2543, which RFC 3264 8.4 remembers. */
Test(sdp, hold_by_an_address_of_zeros)
{
	struct sdp sdp = parsed(HEAD "c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n");

	expect_text(sdp.media[0].connection, "0.0.0.0");
	expect_number(sdp.media[0].port, 49170);
}

Test(sdp, origin)
{
	static const char *const malformed[] = {"o=\r\n", "o=-\r\n", "o=- 1 1\r\n",
	    "o=- 1 1 IN\r\n", "o=- 1 1 IN IP4\r\n", "o=- 1 1 IN IP4 \r\n",
	    "o=1 1 IN IP4 192.0.2.1\r\n"};
	char text[256];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct sdp sdp;

		(void)snprintf(text, sizeof(text), "v=0\r\n%ss=-\r\n", malformed[i]);
		sdp = parsed(text);
		expect_defects(&sdp.defects, "sdp_origin");
		expect_text(sdp.origin, "");
	}
	expect_text(parsed("v=0\r\no=- 0 0 IN IP6 2001:db8::1\r\n").origin, "2001:db8::1");
}

/* RFC 8866 5.7: a multicast address may carry a TTL and a count. */
Test(sdp, connection)
{
	expect_text(parsed("v=0\r\nc=IN IP4 233.252.0.1/127\r\n").connection, "233.252.0.1");
	expect_text(parsed("v=0\r\nc=IN IP4 233.252.0.1/127/3\r\n").connection, "233.252.0.1");
	expect_text(parsed("v=0\r\nc=IN IP6 ff00::db8:0:101/3\r\n").connection, "ff00::db8:0:101");
}

Test(sdp, literal_connection)
{
	static const char both[] = "v=0\r\nc=IN IP4 192.0.2.1\r\nm=audio 4 RTP/AVP 0\r\n"
				   "m=audio 6 RTP/AVP 0\r\nc=IN IP4 sip.example\r\n"
				   "m=audio 8 RTP/AVP 0\r\nc=IN IP6 2001:db8::2\r\n";
	struct sdp sdp = parsed(both);
	struct address address;

	cr_assert(address_parse(&address, TEXT("192.0.2.1")));
	cr_expect(sdp.literal && address_equal(&sdp.at, &address));
	cr_expect(sdp.media[0].literal && address_equal(&sdp.media[0].at, &address));
	cr_expect_not(sdp.media[1].literal);
	cr_assert(address_parse(&address, TEXT("2001:db8::2")));
	cr_expect(sdp.media[2].literal && address_equal(&sdp.media[2].at, &address));
}

Test(sdp, malformed_connection)
{
	static const char *const malformed[] = {
	    "c=\r\n", "c=IN\r\n", "c=IN IP4\r\n", "c=IN IP4 /127\r\n", "c= \r\n"};
	char text[256];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct sdp sdp;

		(void)snprintf(text, sizeof(text), HEAD "%s", malformed[i]);
		sdp = parsed(text);
		expect_defects(&sdp.defects, "sdp_connection");
		expect_text(sdp.connection, "");
	}
}

Test(sdp, version)
{
	struct sdp sdp = parsed("v=1\r\ns=-\r\n");

	expect_defects(&sdp.defects, "sdp_version");
	sdp = parsed("v=\r\n");
	expect_defects(&sdp.defects, "sdp_version");
	sdp = parsed("v=0 0\r\n");
	expect_defects(&sdp.defects, "sdp_version");
}

Test(sdp, media)
{
	struct sdp sdp =
	    parsed(HEAD "m=audio 49170/2 RTP/SAVPF 0 8 101\r\nm=VIDEO 65535 RTP/AVP 31\r\n"
			"m=image 0 udptl t38\r\nm=application 9 UDP/BFCP *\r\n");

	expect_defects(&sdp.defects, "");
	expect_number(sdp.media_count, 4);
	expect_number(sdp.media[0].port, 49170);
	expect_text(sdp.media[0].protocol, "RTP/SAVPF");
	expect_text(sdp.media[0].formats, "0 8 101");
	expect_text(sdp.media[0].connection, "");
	expect_number(sdp.media[1].kind, SDP_VIDEO);
	expect_number(sdp.media[1].port, 65535);
	expect_number(sdp.media[2].kind, SDP_FAX);
	expect_number(sdp.media[2].port, 0);
	expect_text(sdp.media[2].formats, "t38");
	expect_number(sdp.media[3].kind, SDP_OTHER);
}

/* The description counts, so that the attributes behind it do not go to its predecessor. */
Test(sdp, media_with_a_malformed_port)
{
	static const char *const malformed[] = {"m=audio 65536 RTP/AVP 0\r\n", "m=audio\r\n",
	    "m=\r\n", "m=audio -1 RTP/AVP 0\r\n", "m=audio x RTP/AVP 0\r\n",
	    "m=audio /2 RTP/AVP 0\r\n", "m=audio 18446744073709551617 RTP/AVP 0\r\n",
	    "m=audio RTP/AVP 0\r\n"};
	char text[256];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct sdp sdp;

		(void)snprintf(text, sizeof(text),
		    HEAD "m=audio 5004 RTP/AVP 0\r\n%sa=inactive\r\n", malformed[i]);
		sdp = parsed(text);
		expect_defects(&sdp.defects, "sdp_media");
		expect_number(sdp.media_count, 2);
		expect_number(sdp.media[0].direction, SDP_SENDRECV);
		expect_number(sdp.media[1].port, 0);
		expect_number(sdp.media[1].direction, SDP_INACTIVE);
	}
}

/* What stands behind one description too many belongs to that one, and to none before it. */
Test(sdp, ten_media_descriptions)
{
	char text[2048] = HEAD "c=IN IP4 192.0.2.7\r\n";
	struct sdp sdp;

	for (int i = 0; i < 10; i++) {
		append(text, sizeof(text), "m=audio %d RTP/AVP %d\r\na=rtpmap:%d X%d/8000\r\n",
		    5000 + i, 96 + i, 96 + i, i);
		if (i == SDP_MEDIA_MAX - 1) {
			sdp = parsed(text);
			expect_defects(&sdp.defects, "");
			expect_number(sdp.media_count, SDP_MEDIA_MAX);
		}
	}
	append(text, sizeof(text),
	    "c=IN IP4 198.51.100.9\r\na=inactive\r\na=rtcp:1\r\na=candidate:1\r\n");
	sdp = parsed(text);
	expect_result((enum dissect_result)sdp.defects.list[0], "sdp_media_count");
	expect_number(sdp.media_count, SDP_MEDIA_MAX);
	expect_number(sdp.media[7].port, 5007);
	expect_number(sdp.media[7].rtpmap_count, 1);
	expect_text(sdp.media[7].rtpmaps[0].encoding, "X7");
	expect_text(sdp.media[7].connection, "192.0.2.7");
	expect_number(sdp.media[7].direction, SDP_SENDRECV);
	expect_text(sdp.media[7].rtcp, "");
	expect_number(sdp.media[7].candidate_count, 0);
}

#define MEDIA HEAD "m=audio 49170 RTP/AVP 0 97 101\r\n"

/* RFC 8866 6.6 */
Test(sdp, rtpmaps)
{
	struct sdp sdp = parsed(
	    MEDIA "a=rtpmap:97 opus/48000/2\r\na=rtpmap:101 telephone-event/8000\r\n"
		  "a=fmtp:101 0-15\r\na=rtpmap:127 x/4294967295\r\na=rtpmap: 0 PCMU/8000\r\n");

	expect_defects(&sdp.defects, "");
	expect_number(sdp.media[0].rtpmap_count, 4);
	expect_text(sdp.media[0].rtpmaps[0].encoding, "opus");
	expect_number(sdp.media[0].rtpmaps[0].clock_rate, 48000);
	expect_number(sdp.media[0].rtpmaps[1].payload_type, 101);
	expect_text(sdp.media[0].rtpmaps[1].encoding, "telephone-event");
	expect_number(sdp.media[0].rtpmaps[2].clock_rate, UINT32_MAX);
	expect_number(sdp.media[0].rtpmaps[3].payload_type, 0);
}

Test(sdp, malformed_rtpmaps)
{
	static const char *const malformed[] = {"", " ", "97", "97 ", "97 opus", "97 opus/",
	    "97 /8000", "97 opus/x", "97 opus/-1", "97 opus/4294967296", "128 opus/48000",
	    "x opus/48000", "-1 opus/48000", "4294967393 opus/48000"};
	char text[256];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct sdp sdp;

		(void)snprintf(text, sizeof(text), MEDIA "a=rtpmap:%s\r\n", malformed[i]);
		sdp = parsed(text);
		expect_defects(&sdp.defects, "sdp_rtpmap");
		expect_number(sdp.media[0].rtpmap_count, 0);
	}
	expect_result((enum dissect_result)parsed(HEAD "a=rtpmap:0 PCMU/8000\r\n").defects.list[0],
	    "sdp_rtpmap"); /* of no media */
}

Test(sdp, as_many_maps_and_candidates_as_are_kept)
{
	char text[8192] = MEDIA;
	struct sdp sdp;

	for (int i = 0; i < 40; i++) {
		append(text, sizeof(text),
		    "a=rtpmap:%d x%d/8000\r\na=candidate:%d 1 UDP 1 192.0.2.1 5004 typ host\r\n", i,
		    i, i);
	}
	append(text, sizeof(text), "a=sendonly\r\n");
	sdp = parsed(text);
	expect_defects(&sdp.defects, "");
	expect_number(sdp.media[0].rtpmap_count, SDP_RTPMAPS_MAX);
	expect_text(sdp.media[0].rtpmaps[23].encoding, "x23");
	expect_number(sdp.media[0].candidate_count, SDP_CANDIDATES_MAX);
	expect_text(sdp.media[0].candidates[15], "15 1 UDP 1 192.0.2.1 5004 typ host");
	expect_number(sdp.media[0].direction, SDP_SENDONLY);
}

/* RFC 3605 section 2.1, RFC 8839 5.1; of a session neither means anything. */
Test(sdp, rtcp_and_candidates)
{
	struct sdp sdp =
	    parsed(HEAD "a=rtcp:9\r\na=candidate:0 1 UDP 1 a 1 typ host\r\n"
			"m=audio 49170 RTP/AVP 0\r\na=rtcp:53020 IN IP4 126.16.64.4\r\n"
			"a=candidate:1 1 UDP 2130706431 203.0.113.141 8998 typ host\r\n"
			"m=video 51372 RTP/AVP 31\r\na=rtcp: 53022 \r\n");

	expect_text(sdp.media[0].rtcp, "53020 IN IP4 126.16.64.4");
	expect_number(sdp.media[0].candidate_count, 1);
	expect_text(sdp.media[0].candidates[0], "1 1 UDP 2130706431 203.0.113.141 8998 typ host");
	expect_text(sdp.media[1].rtcp, "53022");
	expect_number(sdp.media[1].candidate_count, 0);
}

/* A lower level's value takes the place of the session's, wherever that stands before it. */
Test(sdp, each_media_has_its_own_values)
{
	struct sdp sdp = parsed(HEAD "c=IN IP4 192.0.2.7\r\na=recvonly\r\n"
				     "m=audio 1 RTP/AVP 0\r\nc=IN IP4 192.0.2.8\r\na=sendonly\r\n"
				     "m=audio 2 RTP/AVP 0\r\n");

	expect_text(sdp.media[0].connection, "192.0.2.8");
	expect_number(sdp.media[0].direction, SDP_SENDONLY);
	expect_text(sdp.media[1].connection, "192.0.2.7");
	expect_number(sdp.media[1].direction, SDP_RECVONLY);
	expect_text(sdp.connection, "192.0.2.7");
}

Test(sdp, line_ends)
{
	struct sdp sdp =
	    parsed("v=0\no=- 1 1 IN IP4 192.0.2.1\n\n\r\nc=IN IP4 192.0.2.2 \nm=audio 1 RTP/AVP 0");

	expect_defects(&sdp.defects, "");
	expect_text(sdp.origin, "192.0.2.1");
	expect_text(sdp.connection, "192.0.2.2");
	expect_text(sdp.media[0].formats, "0");
}

Test(sdp, lines_that_are_none)
{
	struct sdp sdp =
	    parsed("v=0\r\nx\r\nhello\r\n=0\r\nm =video 1 RTP/AVP 0\r\n:=17\r\ns=-\r\n");

	/* "=0" has no '=' in second place either, and a type is a letter. */
	expect_defects(&sdp.defects, "sdp_line, sdp_line, sdp_line, sdp_line, sdp_line");
	expect_number(sdp.media_count, 0);
}

Test(sdp, bodies_that_are_none)
{
	refused("");
	refused("v");
	refused("\r\n");
	refused("hello");
	refused("<sdp/>");
	refused("--boundary\r\nv=0\r\n");
}

/* Lines behind the last that is read are as if they were not there. */
Test(sdp, as_many_lines_as_are_read)
{
	char text[8192] = "v=0\r\n";
	struct sdp sdp;

	for (int i = 1; i < SDP_LINES_MAX - 1; i++) {
		append(text, sizeof(text), "x=\r\n");
	}
	append(text, sizeof(text), "c=IN IP4 192.0.2.1\r\nc=IN IP4 192.0.2.2\r\n");
	sdp = parsed(text);
	expect_text(sdp.connection, "192.0.2.1");
}

Test(sdp, every_truncation)
{
	static const char text[] =
	    RFC_8866 "a=inactive\r\na=rtcp:51373\r\na=candidate:1 1 UDP 1 a 1\r\n";
	unsigned media = 0;

	for (size_t n = 0; n < sizeof(text); n++) {
		struct bytes in = guarded(text, n);
		struct sdp sdp;
		enum dissect_result result = sdp_parse(&sdp, in);

		expect_result(result, n < 2 ? "sdp_line" : "ok");
		if (result != DISSECT_OK) {
			continue;
		}
		cr_expect(sdp_within(in, &sdp));
		cr_expect(sdp.media_count == media || sdp.media_count == media + 1);
		media = sdp.media_count;
		cr_expect_leq(sdp.defects.count, 1, "only the cut line is amiss");
		if (n == 0 || text[n - 1] == '\n') {
			expect_defects(&sdp.defects, "");
		}
	}
	expect_number(media, 3);
}

/* Who looks for what routers leave in a description reads only those again that may have it. */
Test(sdp, unusual_lines)
{
	static const char *const usual[] = {
	    HEAD, HEAD "c=IN IP4 203.0.113.1/127\r\n", HEAD "a=i=\r\n"};
	static const char *const unusual[] = {HEAD "i=(o=IN IP4 10.0.0.1)\r\n", HEAD "\t i=x\r\n",
	    HEAD "c=IN IP4 192.0.0.2\r\n", HEAD "c=IN IP4  192.0.0.2\r\n", HEAD "c=IN IP4 ",
	    HEAD "c=IN IP6 ::ffff:192.0.0.2\r\n", HEAD "c=IN IP4 ::ffff:192.0.0.2\r\n",
	    HEAD "c=IN IP4 0::ffff:192.0.0.2\r\n", HEAD "c= IN IP4 192.0.0.2\r\n",
	    HEAD "c=IN IP4 10.0.0.1\r\nc=IN IP4 192.0.0.2\r\n",
	    HEAD "c=IN IP4 10.0.0.1\r\nm=audio 4000 RTP/AVP 0\r\nc=IN IP4 192.0.0.2\r\n"};

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		cr_expect_not(parsed(usual[i]).unusual, "%s", usual[i]);
	}
	for (size_t i = 0; i < sizeof(unusual) / sizeof(unusual[0]); i++) {
		cr_expect(parsed(unusual[i]).unusual, "%s", unusual[i]);
	}
}
