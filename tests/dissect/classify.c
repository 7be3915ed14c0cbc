/* SPDX-License-Identifier: Apache-2.0 */
#include "classify.h"

#include "expect.h"
#include "octets.h"

static enum payload_kind kind_of(const void *data, size_t length)
{
	enum dissect_result reason = DISSECT_OK;

	return payload_classify(guarded(data, length), &reason);
}

static enum payload_kind kind_of_hex(const char *hex)
{
	struct octets o = octets(hex);

	return kind_of(o.at, o.length);
}

/* What no dissector takes is counted under a name. */
static void other(const void *data, size_t length, const char *name)
{
	enum dissect_result reason = DISSECT_OK;

	expect_number(payload_classify(guarded(data, length), &reason), PAYLOAD_OTHER);
	expect_result(reason, name);
}

static void other_hex(const char *hex, const char *name)
{
	struct octets o = octets(hex);

	other(o.at, o.length, name);
}

static void other_text(const char *text, const char *name)
{
	other(text, strlen(text), name);
}

#define TEN "00 01  00 00 00 a0  00 00 00 01 " /* what follows the first two octets of RTP */

Test(classify, rtp)
{
	expect_number(kind_of_hex("80 00 " TEN), PAYLOAD_RTP);
	expect_number(kind_of_hex("80 80 " TEN "ff ff"), PAYLOAD_RTP);
	expect_number(kind_of_hex("bf ff " TEN), PAYLOAD_RTP);
	other_hex("80 00  00 01  00 00 00 a0  00 00 00", "udp");
}

/* RFC 5761 section 4: with the marker, payload types 64..95 would be RTCP's 192..223. */
Test(classify, payload_types_beside_packet_types)
{
	for (unsigned second = 0; second < 256; second++) {
		struct octets o = octets("80 00 00 02  00 00 00 a0  00 00 00 01");
		unsigned payload_type = second & 0x7f;
		enum payload_kind wanted = second >= 192 && second <= 223 ? PAYLOAD_RTCP
					   : payload_type >= 64 && payload_type <= 95
					       ? PAYLOAD_OTHER
					       : PAYLOAD_RTP;

		o.at[1] = (uint8_t)second;
		cr_expect_eq(kind_of(o.at, o.length), wanted, "%u", second);
	}
}

/* A report with a length that does not fit is a malformed report; other types are then no RTCP. */
Test(classify, rtcp)
{
	expect_number(kind_of_hex("80 c9 00 01  12 34 56 78"), PAYLOAD_RTCP);
	expect_number(kind_of_hex("80 c8 00 06  12 34 56 78"), PAYLOAD_RTCP);
	expect_number(kind_of_hex("80 c9 ff ff  12 34 56 78"), PAYLOAD_RTCP);
	expect_number(kind_of_hex("81 cb 00 01  12 34 56 78"), PAYLOAD_RTCP);
	other_hex("81 cb 00 02  12 34 56 78", "udp");
	other_hex("81 cd ff ff  12 34 56 78  00 00 00 00", "udp");
	other_hex("80 c9 00 01  12 34 56", "udp");
}

/* RFC 5769 2.1: the sample request, its header and first attribute. */
#define STUN "00 01 00 58  21 12 a4 42  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae "

Test(classify, stun)
{
	expect_number(
	    kind_of_hex(STUN "80 22 00 10  53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74"),
	    PAYLOAD_STUN);
	expect_number(kind_of_hex("01 01 00 00  21 12 a4 42  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"),
	    PAYLOAD_STUN);
	expect_number(kind_of_hex("03 ff 00 00  21 12 a4 42  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"),
	    PAYLOAD_STUN);
	/* RFC 3489: without the cookie */
	expect_number(kind_of_hex("00 01 00 00  21 12 a4 43  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae"),
	    PAYLOAD_STUN);
	other_hex("00 01 00 01  21 12 a4 43  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae", "udp");
	other_hex("04 01 00 00  21 12 a4 42  b7 e7 a7 01 bc 34 d6 86 fa 87 df ae", "udp");
	other_hex("00 01 00 00  21 12 a4 42  b7 e7 a7 01 bc 34 d6 86 fa 87 df", "udp");
}

/* First octet 64..79 and a length that may fit; but text that begins so is SIP first. */
Test(classify, channel_data)
{
	expect_number(kind_of_hex("40 00 00 04  80 00 00 01"), PAYLOAD_CHANNEL_DATA);
	expect_number(kind_of_hex("4f ff 00 05  80 00 00 01 02 00 00 00"), PAYLOAD_CHANNEL_DATA);
	other_hex("40 00 00 04  80 00 00 01  00 00 00 00", "udp");
	other_hex("50 00 00 04  80 00 00 01", "udp");
}

/* RFC 6189 section 5 */
Test(classify, zrtp)
{
	other_hex("10 00 12 34  5a 52 54 50  00 00 00 01  50 5a", "zrtp");
	other_hex("13 00 12 34  5a 52 54 50  00 00 00 01  50 5a", "zrtp");
	other_hex("14 00 12 34  5a 52 54 50  00 00 00 01  50 5a", "udp");
	other_hex("10 00 12 34  5a 52 54 51  00 00 00 01  50 5a", "udp");
	other_hex("10 00 12 34  5a 52 54 50  00 00 00", "udp");
}

/* RFC 6347 4.1: type, version 254.253 or 254.255, epoch, sequence number, length. */
Test(classify, dtls)
{
	other_hex("16 fe ff  00 00  00 00 00 00 00 00  00 00", "dtls");
	other_hex("17 fe fd  00 01  00 00 00 00 00 05  00 01  aa", "dtls");
	other_hex("14 fe fd  00 00  00 00 00 00 00 01  00 01  01", "dtls");
	other_hex("3f fe fd  00 00  00 00 00 00 00 01  00 01  01", "dtls");
	other_hex("40 fe 00  00 00  00 00 00 00 00 01  00 01  01", "udp");
	other_hex("13 fe fd  00 00  00 00 00 00 00 01  00 01  01", "udp");
	other_hex("16 03 03  00 00  00 00 00 00 00 01  00 01  01", "udp");
	other_hex("16 fe ff  00 00  00 00 00 00 00 00  00", "udp");
}

/* RFC 5626 4.4.1, and what else keeps a binding open. */
Test(classify, keepalives)
{
	other_hex("", "keepalive");
	other_hex("00", "keepalive");
	other_hex("0d 0a", "keepalive");
	other_hex("0d 0a 0d 0a", "keepalive");
	other_hex("00 00 00 00", "keepalive");
	other_hex("0d 0a 0d 0a 0d", "udp");
	other_hex("00 00 00 00 00", "udp");
	other_hex("20", "udp");
	other_hex("0d 0a 41", "udp");
}

Test(classify, sip)
{
	static const char *const messages[] = {"OPTIONS sip:a@b SIP/2.0\r\n\r\n",
	    "SIP/2.0 200 OK\r\n\r\n", "\r\n\r\nINVITE sip:a@b SIP/2.0\r\n", "x tel:1 SIP/2.0\n",
	    "REGISTER sip:a SIP/2.0\r\nhalf a mess"};

	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		cr_expect_eq(
		    kind_of(messages[i], strlen(messages[i])), PAYLOAD_SIP, "%s", messages[i]);
	}
}

Test(classify, text_that_is_no_sip)
{
	other_text("GET / HTTP/1.1\r\nHost: example.com\r\n\r\n", "udp");
	other_text("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "udp");
	other_text("DESCRIBE rtsp://example.com/media RTSP/1.0\r\nCSeq: 1\r\n\r\n", "udp");
	other_text("RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n", "udp");
	other_text("M-SEARCH * HTTP/1.1\r\nHost: 239.255.255.250:1900\r\n\r\n", "udp");
	other_text("RSIP 1 aaln/1@gw.example.com MGCP 1.0\r\n", "udp");
	other_text("OPTIONS sip:t.watson@example.org SIP/7.0\r\n\r\n", "udp");
	other_text("OPTIONS sip:a@b SIP/2.0", "udp");
	other_text("SIP/2.0\r\n\r\nSIP/2.0\r\n", "udp");
	other_text("[INVITE sip:a@b SIP/2.0\r\n", "udp");
}

/* Whatever begins like this, a shorter beginning is another kind only where the rules say so. */
Test(classify, every_truncation)
{
	static const struct {
		const char *hex;
		size_t from;
		enum payload_kind kind;
	} rows[] = {
	    {"80 00 " TEN "aa bb cc", 12, PAYLOAD_RTP},
	    {"80 c9 00 02  12 34 56 78  00 00 00 00", 8, PAYLOAD_RTCP},
	    {"81 cb 00 02  12 34 56 78  00 00 00 00", 12, PAYLOAD_RTCP},
	    /* "OPTIONS a SIP/2.0" and a line end */
	    {"4f 50 54 49 4f 4e 53 20 61 20 53 49 50 2f 32 2e 30 0a 41 3a", 18, PAYLOAD_SIP},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct octets o = octets(rows[i].hex);

		for (size_t n = 0; n <= o.length; n++) {
			if (n < rows[i].from) {
				other(o.at, n, n ? "udp" : "keepalive");
			} else {
				expect_number(kind_of(o.at, n), rows[i].kind);
			}
		}
	}
}

/* Any two first octets, at each length around the limits: never a read beyond, always a name. */
Test(classify, every_beginning)
{
	for (unsigned first = 0; first < 65536; first++) {
		static const size_t lengths[] = {2, 4, 5, 7, 8, 11, 12, 13, 19, 20};
		uint8_t data[20] = {(uint8_t)(first >> 8), (uint8_t)first};

		for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			enum dissect_result reason = DISSECT_OK;
			enum payload_kind kind =
			    payload_classify(guarded(data, lengths[i]), &reason);

			cr_assert_eq(kind == PAYLOAD_OTHER,
			    dissect_result_class(reason) == DISSECT_CLASS_SKIPPED);
		}
	}
}
