/* SPDX-License-Identifier: Apache-2.0 */
#include "stun.h"

#include "classify.h"
#include "data.h"
#include "dtls.h"
#include "expect.h"
#include "octets.h"
#include "within.h"

#define COOKIE "21 12 a4 42 "
#define ID     "b7 e7 a7 01 bc 34 d6 86 fa 87 df ae "

/* RFC 5769 2.1 */
#define REQUEST                                                                                 \
	"00 01 00 58 " COOKIE ID "80 22 00 10 53 54 55 4e 20 74 65 73 74 20 63 6c 69 65 6e 74 " \
	"00 24 00 04 6e 00 01 ff  80 29 00 08 93 2f f9 b1 51 26 3b 36 "                         \
	"00 06 00 09 65 76 74 6a 3a 68 36 76 59 20 20 20 "                                      \
	"00 08 00 14 9a ea a7 0c bf d8 cb 56 78 1e f2 b5 b2 d3 f2 49 c1 b5 71 a2 "              \
	"80 28 00 04 e5 7a 3b cf"

/* RFC 5769 2.2 */
#define RESPONSE                                                                    \
	"01 01 00 3c " COOKIE ID "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20 " \
	"00 20 00 08 00 01 a1 47 e1 12 a6 43 "                                      \
	"00 08 00 14 2b 91 f5 99 fd 9e 90 c3 8c 74 89 f9 2a f9 ba 53 f0 6b e7 d7 "  \
	"80 28 00 04 c0 7d 4c 96"

/* RFC 5769 2.3 */
#define RESPONSE_IPV6                                                               \
	"01 01 00 48 " COOKIE ID "80 22 00 0b 74 65 73 74 20 76 65 63 74 6f 72 20 " \
	"00 20 00 14 00 02 a1 47 01 13 a9 fa a5 d3 f1 79 bc 25 f4 b5 be d2 b9 d9 "  \
	"00 08 00 14 a3 82 95 4e 4b e6 7b f1 17 84 c9 7c 82 92 c2 75 bf e3 ed 41 "  \
	"80 28 00 04 c8 fb 0b 4c"

static struct stun sound(const char *hex)
{
	struct bytes in = guarded_hex(hex);
	struct stun m;

	expect_number(stun_shape(in), true);
	expect_result(stun_parse(&m, in, bytes_left(&in)), "ok");
	cr_expect(stun_within(in, &m));
	return m;
}

static void defects(const char *hex, const char *wanted)
{
	struct stun m = sound(hex);

	expect_defects(&m.defects, wanted);
}

static void expect_endpoint(const struct endpoint *found, const char *wanted)
{
	char text[ENDPOINT_TEXT_MAX];

	cr_assert_not_null(found, "no address, not %s", wanted);
	cr_expect_str_eq(endpoint_format(found, text), wanted);
}

/* --- RFC 5769 --- */

Test(stun, request)
{
	struct stun m = sound(REQUEST);

	expect_number(m.class, STUN_REQUEST);
	expect_number(m.method, STUN_BINDING);
	expect_number(m.classic, false);
	expect_defects(&m.defects, "");
	expect_text(m.software, "STUN test client");
	expect_text(m.username, "evtj:h6vY");
	expect_number(m.priority, 0x6e0001ff);
	expect_number(m.tie_breaker, 0x932ff9b151263b36LL);
	expect_number(stun_has(&m, STUN_ICE_CONTROLLED), true);
	expect_number(stun_has(&m, STUN_ICE_CONTROLLING), false);
	expect_number(stun_has(&m, STUN_USE_CANDIDATE), false);
	expect_number(stun_has(&m, STUN_MESSAGE_INTEGRITY), true);
	expect_number(stun_has(&m, STUN_FINGERPRINT), true);
	cr_expect_null(stun_mapped(&m));
}

Test(stun, responses)
{
	struct stun m = sound(RESPONSE);

	expect_number(m.class, STUN_SUCCESS);
	expect_defects(&m.defects, "");
	expect_text(m.software, "test vector");
	expect_endpoint(stun_mapped(&m), "192.0.2.1:32853");
	expect_number(stun_has(&m, STUN_FINGERPRINT), true);
	m = sound(RESPONSE_IPV6);
	expect_defects(&m.defects, "");
	expect_endpoint(stun_mapped(&m), "[2001:db8:1234:5678:11:2233:4455:6677]:32853");
	expect_number(stun_has(&m, STUN_FINGERPRINT), true);
}

/* 2.4, as a file: a long-term credential, with REALM and NONCE and without FINGERPRINT. */
Test(stun, request_with_long_term_credential)
{
	uint8_t octets[256];
	struct stun m;
	size_t length;
	FILE *file =
	    fopen(data_path("vectors/stun_rfc5769/rfc5769_2.4_request_long_term.bin"), "rb");

	cr_assert_not_null(file);
	length = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	expect_result(stun_parse(&m, guarded(octets, length), length), "ok");
	expect_defects(&m.defects, "");
	expect_text(m.realm, "example.org");
	expect_number(m.username.length, 18);
	expect_number(stun_has(&m, STUN_NONCE), true);
	expect_number(stun_has(&m, STUN_MESSAGE_INTEGRITY), true);
	expect_number(stun_has(&m, STUN_FINGERPRINT), false);
}

/* One wrong octet anywhere before it, and the fingerprint says so. */
Test(stun, fingerprint_of_a_changed_message)
{
	struct octets o = octets(REQUEST);

	for (size_t i = STUN_HEADER_LENGTH - 12; i < o.length; i++) {
		struct stun m;

		o.at[i] ^= 0x10;
		if (stun_parse(&m, guarded(o.at, o.length), o.length) == DISSECT_OK) {
			cr_expect(!stun_has(&m, STUN_FINGERPRINT), "octet %zu", i);
		}
		o.at[i] ^= 0x10;
	}
	defects("00 01 00 08 " COOKIE ID "80 28 00 04 00 00 00 00", "stun_fingerprint");
}

/* --- RFC 3489 --- */

#define CLASSIC_ID "01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f 10 "

Test(stun, classic)
{
	struct stun m = sound("01 01 00 24 " CLASSIC_ID "00 01 00 08 00 01 c3 50 cb 00 71 02 "
			      "00 04 00 08 00 01 0d 96 c6 33 64 05 "
			      "00 05 00 08 00 01 0d 97 c6 33 64 06");

	expect_number(m.classic, true);
	expect_number(m.class, STUN_SUCCESS);
	expect_endpoint(stun_mapped(&m), "203.0.113.2:50000");
	expect_endpoint(&m.addresses[STUN_SOURCE_ADDRESS], "198.51.100.5:3478");
	expect_endpoint(&m.addresses[STUN_CHANGED_ADDRESS], "198.51.100.6:3479");
	(void)sound("00 01 00 00 " CLASSIC_ID);
	(void)sound("00 01 00 08 " CLASSIC_ID "00 03 00 04 00 00 00 06");
	/* Types that RFC 3489 does not know, as one maker's clients send them. */
	(void)sound("00 01 00 08 " CLASSIC_ID "01 01 00 04 31 32 33 34");
	/* The XORed address of the drafts between: with the first octets of the ID. */
	m = sound("01 01 00 0c " CLASSIC_ID "80 20 00 08 00 01 c2 52 ca 02 72 06");
	expect_endpoint(stun_mapped(&m), "203.0.113.2:50000");
}

/* Without the cookie everything must fit, or it is no STUN. */
Test(stun, not_classic)
{
	static const char *const others[] = {"00 01 00 04 " CLASSIC_ID, /* length goes beyond */
	    "00 01 00 00 " CLASSIC_ID "00",                             /* and stays behind */
	    "00 01 00 04 " CLASSIC_ID "00 03 00 04",                    /* so does an attribute's */
	    "00 01 00 08 " CLASSIC_ID "00 03 00 03 00 00 00 06",        /* nothing is padded */
	    "00 01 00 08 " CLASSIC_ID "00 00 00 04 00 00 00 06",        /* type 0 */
	    "00 11 00 00 " CLASSIC_ID,                                  /* an indication */
	    "00 03 00 00 " CLASSIC_ID,                                  /* Allocate */
	    "04 01 00 00 " CLASSIC_ID,                                  /* no STUN type */
	    "00 01 00 00 01 02 03 04 05 06 07 08 09 0a 0b 0c 0d 0e 0f"};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		cr_expect(!stun_shape(guarded_hex(others[i])), "%s", others[i]);
	}
}

/* --- RFC 8656, RFC 8445, RFC 5780 --- */

Test(stun, allocate)
{
	struct stun m = sound("01 03 00 20 " COOKIE ID "00 16 00 08 00 01 e1 3a e9 21 c0 47 "
			      "00 20 00 08 00 01 e2 42 ea 12 d5 40 "
			      "00 0d 00 04 00 00 02 58");

	expect_number(m.method, TURN_ALLOCATE);
	expect_number(stun_is_turn(&m), true);
	expect_endpoint(&m.addresses[STUN_XOR_RELAYED_ADDRESS], "200.51.100.5:49192");
	expect_endpoint(stun_mapped(&m), "203.0.113.2:50000");
	expect_number(m.lifetime_s, 600);
	expect_defects(&m.defects, "");
}

Test(stun, errors)
{
	struct stun m = sound("01 13 00 14 " COOKIE ID "00 09 00 0c 00 00 04 01 55 6e 61 75 74 68 "
			      "2e 21 00 0a 00 00");

	expect_number(m.class, STUN_ERROR);
	expect_number(m.error_code, 401);
	expect_text(m.reason, "Unauth.!");
	m = sound("01 11 00 14 " COOKIE ID "00 09 00 04 00 00 04 14 "
		  "00 0a 00 04 00 24 80 29 00 00 00 00");
	expect_number(m.error_code, 420);
	expect_number(m.unknown_count, 2);
	expect_number(m.unknown[0], 0x0024);
	expect_number(m.unknown[1], 0x8029);
	defects("01 11 00 08 " COOKIE ID "00 09 00 04 00 00 02 14", "stun_error_code");
	defects("01 11 00 08 " COOKIE ID "00 09 00 04 00 00 04 64", "stun_error_code");
}

Test(stun, permissions_and_channels)
{
	struct stun m = sound("00 08 00 18 " COOKIE ID "00 12 00 08 00 01 e1 12 ea 12 d5 48 "
			      "00 12 00 08 00 01 e1 12 ea 12 d5 49");

	expect_number(m.method, TURN_CREATE_PERMISSION);
	expect_number(m.peer_count, 2);
	expect_endpoint(&m.peers[0], "203.0.113.10:49152");
	expect_endpoint(&m.peers[1], "203.0.113.11:49152");
	m = sound("00 09 00 14 " COOKIE ID "00 0c 00 04 40 01 00 00 "
		  "00 12 00 08 00 01 e1 12 ea 12 d5 48");
	expect_number(m.method, TURN_CHANNEL_BIND);
	expect_number(m.channel, 0x4001);
	expect_endpoint(&m.peers[0], "203.0.113.10:49152");
}

Test(stun, indications)
{
	struct stun m = sound("00 16 00 14 " COOKIE ID "00 12 00 08 00 01 e1 12 ea 12 d5 48 "
			      "00 13 00 03 61 62 63 00");

	expect_number(m.method, TURN_SEND);
	expect_number(m.class, STUN_INDICATION);
	expect_number(m.data_length, 3);
	expect_number(bytes_left(&m.data), 3);
	cr_expect_eq(memcmp(m.data.at, "abc", 3), 0);
	m = sound("00 17 00 04 " COOKIE ID "00 13 00 00");
	expect_number(m.method, TURN_DATA);
	expect_number(stun_has(&m, STUN_DATA), true);
	expect_number(m.data_length, 0);
}

Test(stun, connectivity_check)
{
	struct stun m = sound("00 01 00 18 " COOKIE ID "00 25 00 00 00 24 00 04 6e 00 01 ff "
			      "80 2a 00 08 00 00 00 00 00 00 00 07");

	expect_number(stun_has(&m, STUN_USE_CANDIDATE), true);
	expect_number(stun_has(&m, STUN_PRIORITY), true);
	expect_number(stun_has(&m, STUN_ICE_CONTROLLING), true);
	expect_number(m.tie_breaker, 7);
	expect_defects(&m.defects, "");
}

Test(stun, discovery)
{
	struct stun m = sound("01 01 00 18 " COOKIE ID "80 2b 00 08 00 01 0d 96 c6 33 64 05 "
			      "80 2c 00 08 00 01 0d 97 c6 33 64 06");

	expect_endpoint(&m.addresses[STUN_RESPONSE_ORIGIN], "198.51.100.5:3478");
	expect_endpoint(&m.addresses[STUN_OTHER_ADDRESS], "198.51.100.6:3479");
}

/* --- what is wrong with a message --- */

Test(stun, malformed)
{
	struct stun m;

	expect_result(stun_parse(&m, guarded_hex("00 01 00 00 " COOKIE "00"), 9), "stun_short");
	expect_result(stun_parse(&m, guarded_hex("40 01 00 00 " COOKIE ID), 20), "stun_type");
	defects("00 01 00 04 " COOKIE ID, "stun_length");
	defects("00 01 00 00 " COOKIE ID "00 00 00 00", "stun_length");
	defects("00 01 00 02 " COOKIE ID "00 00", "stun_length, stun_attribute");
	defects("00 01 00 08 " COOKIE ID "00 06 00 05 61 62 63 64", "stun_attribute");
	defects("00 01 00 08 " COOKIE ID "00 06 ff ff 61 62 63 64", "stun_attribute");
	defects("00 01 00 08 " COOKIE ID "00 24 00 03 00 00 00 00", "stun_attribute");
	defects("00 01 00 08 " COOKIE ID "00 25 00 04 00 00 00 00", "stun_attribute");
	defects("00 01 00 08 " COOKIE ID "00 1c 00 04 00 00 00 00", "stun_attribute");
	defects("00 01 00 08 " COOKIE ID "80 28 00 02 00 00 00 00", "stun_attribute");
	defects("01 01 00 08 " COOKIE ID "00 20 00 04 00 01 00 00", "stun_address");
	defects("01 01 00 0c " COOKIE ID "00 20 00 08 00 02 00 00 00 00 00 00", "stun_address");
	defects("01 01 00 0c " COOKIE ID "00 20 00 08 00 03 00 00 00 00 00 00", "stun_address");
	defects("01 01 00 0c " COOKIE ID "00 12 00 07 00 01 00 00 00 00 00 00", "stun_address");
}

/* RFC 8489 section 14: the first of its kind counts; 14.5: nothing behind the integrity check. */
Test(stun, the_first_counts)
{
	struct stun m = sound("00 01 00 10 " COOKIE ID "00 0d 00 04 00 00 00 01 "
			      "00 0d 00 04 00 00 00 02");

	expect_number(m.lifetime_s, 1);
	m = sound("00 01 00 20 " COOKIE ID
		  "00 08 00 14 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 "
		  "00 0d 00 04 00 00 00 02");
	expect_number(stun_has(&m, STUN_LIFETIME), false);
	expect_defects(&m.defects, "");
}

Test(stun, more_attributes_than_are_walked)
{
	struct octets o = octets("00 01 01 04 " COOKIE ID);
	struct stun m;

	for (int i = 0; i <= STUN_ATTRIBUTES_MAX; i++) {
		octets_add(&o, "c0 00 00 00");
	}
	expect_result(stun_parse(&m, guarded(o.at, o.length), o.length), "ok");
	expect_defects(&m.defects, "stun_attribute_count");
	o.length -= 4;
	o.at[2] = 1;
	o.at[3] = 0;
	expect_result(stun_parse(&m, guarded(o.at, o.length), o.length), "ok");
	expect_defects(&m.defects, "");
}

/* Cut by the snap length nothing is wrong, and nothing is there that was not captured. */
Test(stun, every_truncation)
{
	static const char *const messages[] = {REQUEST, RESPONSE, RESPONSE_IPV6};

	for (size_t k = 0; k < sizeof(messages) / sizeof(messages[0]); k++) {
		struct octets o = octets(messages[k]);

		for (size_t n = 0; n < o.length; n++) {
			struct bytes in = guarded(o.at, n);
			struct stun m;

			expect_number(stun_shape(in), n >= STUN_HEADER_LENGTH);
			if (n < STUN_HEADER_LENGTH) {
				expect_result(stun_parse(&m, in, o.length), "stun_short");
				continue;
			}
			expect_result(stun_parse(&m, in, o.length), "ok");
			expect_defects(&m.defects, "");
			cr_expect(stun_within(in, &m));
			expect_number(stun_has(&m, STUN_FINGERPRINT), false);
			expect_result(stun_parse(&m, in, n), "ok");
			expect_number(m.defects.list[0], MALFORMED_STUN_LENGTH);
		}
	}
}

Test(stun, data_is_kept_as_far_as_it_was_captured)
{
	struct octets o = octets("00 17 00 0c " COOKIE ID "00 13 00 08 01 02 03 04 05 06 07 08");
	struct stun m;

	expect_result(stun_parse(&m, guarded(o.at, 27), o.length), "ok");
	expect_number(stun_has(&m, STUN_DATA), true);
	expect_number(m.data_length, 8);
	expect_number(bytes_left(&m.data), 3);
	expect_defects(&m.defects, "");
}

/* --- ChannelData --- */

static void channel(const char *hex, size_t wire, const char *result, size_t length)
{
	struct bytes in = guarded_hex(hex);
	struct channel_data c = {0};

	expect_result(channel_data_parse(&c, in, wire ? wire : bytes_left(&in)), result);
	expect_number(c.data_length, length);
	cr_expect(bytes_within(in, c.data));
}

Test(channel_data, with_and_without_padding)
{
	channel("40 00 00 05 01 02 03 04 05", 0, "ok", 5);
	channel("40 00 00 05 01 02 03 04 05 00 00 00", 0, "ok", 5);
	channel("4f ff 00 04 01 02 03 04", 0, "ok", 4);
	channel("40 01 00 00", 0, "ok", 0);
	channel("40 00 00 05 01 02", 9, "ok", 5);
	channel("40 00 00 05 01 02", 12, "ok", 5);
}

Test(channel_data, malformed)
{
	channel("40 00 00", 0, "channel_data_length", 0);
	channel("50 00 00 01 00", 0, "channel_data_length", 0);
	channel("40 00 00 05 01 02 03 04", 0, "channel_data_length", 0);
	channel("40 00 00 05 01 02 03 04 05 00", 0, "channel_data_length", 0);
	channel("40 00 00 04 01 02 03 04 00 00 00 00", 0, "channel_data_length", 0);
}

Test(channel_data, shape)
{
	expect_number(channel_data_shape(guarded_hex("40 00 00 05 01 02 03 04 05")), true);
	expect_number(channel_data_shape(guarded_hex("40 00 00 05 01 02 03 04 05 00 00 00")), true);
	expect_number(channel_data_shape(guarded_hex("40 00 00 09 01")), true);
	expect_number(channel_data_shape(guarded_hex("40 00 00 01 01 02 03 04 05")), false);
	expect_number(channel_data_shape(guarded_hex("3f ff 00 01 01")), false);
	expect_number(channel_data_shape(guarded_hex("50 00 00 01 01")), false);
	expect_number(channel_data_shape(guarded_hex("40 00 00")), false);
}

/* --- DTLS --- */

Test(dtls, handshake)
{
#define CLIENT_HELLO "01 00 00 00 00 00 00 00 00 00 00 00"
	expect_number(
	    dtls_is_handshake(guarded_hex("16 fe fd 00 00 00 00 00 00 00 00 00 0c " CLIENT_HELLO)),
	    true);
	expect_number(
	    dtls_is_handshake(guarded_hex("16 fe ff 00 00 00 00 00 00 00 00 00 0c " CLIENT_HELLO)),
	    true);
	/* epoch 1: encrypted; application data; a length that goes beyond; an unknown message */
	expect_number(
	    dtls_is_handshake(guarded_hex("16 fe fd 00 01 00 00 00 00 00 00 00 0c " CLIENT_HELLO)),
	    false);
	expect_number(
	    dtls_is_handshake(guarded_hex("17 fe fd 00 00 00 00 00 00 00 00 00 0c " CLIENT_HELLO)),
	    false);
	expect_number(
	    dtls_is_handshake(guarded_hex("16 fe fd 00 00 00 00 00 00 00 00 00 0d " CLIENT_HELLO)),
	    false);
	expect_number(
	    dtls_is_handshake(guarded_hex(
		"16 fe fd 00 00 00 00 00 00 00 00 00 0c 99 00 00 00 00 00 00 00 00 00 00 00")),
	    false);
}

Test(dtls, every_truncation)
{
	struct octets o = octets("16 fe fd 00 00 00 00 00 00 00 00 00 0c " CLIENT_HELLO);

	for (size_t n = 0; n <= o.length; n++) {
		expect_number(dtls_shape(guarded(o.at, n)), n >= 13);
		expect_number(dtls_is_handshake(guarded(o.at, n)), n == o.length);
	}
}
