/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_stream.h"

#include "expect.h"
#include "guarded.h"

static enum sip_stream_result start_of(const char *text)
{
	return sip_stream_start(guarded(text, strlen(text)));
}

/* --- what may begin a message --- */

Test(sip_stream, starts)
{
	static const char *const whole[] = {"INVITE sip:a@b SIP/2.0\r\n", "SIP/2.0 200 OK\r\nVia",
	    "INVITE sip:a@b SIP/2.0\n", "sip/2.0 200 OK\r\n", "NEW-METHOD sip:a SIP/2.0\r\n",
	    "OPTIONS tel:+1 SIP/2.0\r\n", "\r\n\r\nBYE sip:a SIP/2.0\r\n"};
	static const char *const part[] = {"I", "INV", "INVITE", "INVITE ", "INVITE s",
	    "INVITE sips:a", "INVITE tel:", "INVITE sip:a@b SIP/2.0", "INVITE sip:a@b SIP/2.0\r",
	    "S", "SI", "SIP/2.", "SIP/2.0 ", "SIP/2.0 200 OK\r", "OPTIONS urn:service:sos"};

	for (size_t i = 0; i < sizeof(whole) / sizeof(whole[0]); i++) {
		cr_expect_eq(start_of(whole[i]), SIP_STREAM_OK, "%s", whole[i]);
	}
	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		cr_expect_eq(start_of(part[i]), SIP_STREAM_NEED_MORE, "%s", part[i]);
	}
}

Test(sip_stream, what_is_no_start)
{
	static const char *const texts[] = {"", "\r\n", "\r\n\r\n", "GET / HTTP/1.1\r\n", "G",
	    "HTTP/1.1 200", "OPTIONS * HTTP/1.1\r\n", "OPTIONS rtsp://a RTSP/1.0\r\n",
	    "OPTIONS rtsp", "OPTIONS /", "MSRP a786hjs2 SEND\r\n", "MSRP", "NOTIFY * HTTP/1.1\r\n",
	    "SIP/3.0 200 OK\r\n", "SIP/2.0200 OK\r\n", "invite", " INVITE sip:a SIP/2.0\r\n",
	    "\x16\x03\x01\x02", "INVITE  ", "INVITE\tsip:a", "v=0\r\n", "250 ok\r\n",
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLM sip:a SIP/2.0\r\n",
	    "INVITEs", "INVITE x"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_eq(start_of(texts[i]), SIP_STREAM_BAD, "%s", texts[i]);
	}
}

/* --- where it ends --- */

#define START "INVITE sip:a@b SIP/2.0\r\n"

/* The message of the text, whole at once; its length, or -1 for more, -2 for bad. */
static int framed(const char *text)
{
	struct sip_stream stream = {0};
	struct sip_stream_unit unit;

	switch (sip_stream_next(&stream, guarded(text, strlen(text)), &unit)) {
	case SIP_STREAM_OK:
		return (int)unit.consumed;
	case SIP_STREAM_NEED_MORE:
		return -1;
	case SIP_STREAM_BAD:
		break;
	}
	return -2;
}

Test(sip_stream, lengths)
{
	static const struct {
		const char *text;
		int behind; /* octets that are not of the message; -1: more is needed, -2: bad */
	} rows[] = {
	    {START "Content-Length: 4\r\n\r\nbody", 0},
	    {START "Content-Length: 4\r\n\r\nbodyINV", 3},
	    {START "Content-Length: 4\r\n\r\nbod", -1},
	    {START "l: 4\r\n\r\nbody+", 1},
	    {START "L:4\r\n\r\nbody+", 1},
	    {START "content-length :\r\n 4\r\n\r\nbody+", 1},
	    {START "Content-Length:\r\n\t4\r\nVia: x\r\n\r\nbody+", 1},
	    {START "Via: a\r\n b\r\n\r\nbody", 4},
	    {START "\r\n", 0},
	    {START "\r\nbody", 4},
	    {"INVITE sip:a SIP/2.0\nl: 1\n\nxy", 1},
	    {START "Content-Length: 4\r\nContent-Length: 1\r\n\r\nbody", 0},
	    {START "Content-Length: -1\r\n\r\n", -2},
	    {START "Content-Length: \r\n\r\n", -2},
	    {START "Content-Length: 4294967296\r\n\r\n", -2},
	    {START "Content-Length: 122880\r\n\r\n", -2},
	    {START "Content-Length: 4\r\n", -1},
	    {START "Content-Length: 4\r\n\r", -1},
	    {"INV", -1},
	    {"GET / HTTP/1.1\r\n\r\n", -2},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int wanted = rows[i].behind < 0 ? rows[i].behind
						: (int)strlen(rows[i].text) - rows[i].behind;

		cr_expect_eq(framed(rows[i].text), wanted, "%s: %d, not %d", rows[i].text,
		    framed(rows[i].text), wanted);
	}
}

/* RFC 5626 3.5.1: a ping of two line ends, a pong of one. */
Test(sip_stream, line_ends_between_messages)
{
	static const char text[] = "\r\n\r\n" START "\r\n\r\n" START "l: 1\r\n\r\nx\r\n";
	struct bytes in = guarded(text, strlen(text));
	struct sip_stream stream = {0};
	struct sip_stream_unit unit;
	static const size_t consumed[] = {4, 26, 2, 33, 2};

	for (size_t i = 0; i < sizeof(consumed) / sizeof(consumed[0]); i++) {
		cr_assert_eq(sip_stream_next(&stream, in, &unit), SIP_STREAM_OK);
		expect_number(unit.consumed, consumed[i]);
		expect_number(bytes_left(&unit.message), i % 2 ? consumed[i] : 0);
		in.at += unit.consumed;
	}
	expect_number(sip_stream_next(&stream, in, &unit), SIP_STREAM_NEED_MORE);
}

/* However it arrives, the message is the same: octet by octet, and from every octet on at once. */
Test(sip_stream, every_arrival)
{
	static const char text[] = START "Via: a\r\n b\r\nContent-Length:\r\n 6\r\n\r\n\r\nbody";
	size_t length = strlen(text);

	for (size_t from = 0; from <= length; from++) {
		struct sip_stream stream = {0};
		struct sip_stream_unit unit = {0};
		enum sip_stream_result result = SIP_STREAM_NEED_MORE;

		for (size_t n = from; n <= length && result == SIP_STREAM_NEED_MORE; n++) {
			result = sip_stream_next(&stream, guarded(text, n), &unit);
			cr_expect(result == SIP_STREAM_NEED_MORE || n == length, "%zu", n);
		}
		expect_number(result, SIP_STREAM_OK);
		expect_number(unit.consumed, length);
	}
}

Test(sip_stream, endless_headers)
{
	static char text[SIP_STREAM_MESSAGE_MAX + 16];
	struct sip_stream stream = {0};
	struct sip_stream_unit unit;

	(void)snprintf(text, sizeof(text), START);
	for (size_t at = strlen(text); at + 3 < sizeof(text); at += 3) {
		memcpy(text + at, "x:\n", 3);
	}
	expect_number(sip_stream_next(&stream, guarded(text, SIP_STREAM_MESSAGE_MAX - 1), &unit),
	    SIP_STREAM_NEED_MORE);
	expect_number(
	    sip_stream_next(&stream, guarded(text, SIP_STREAM_MESSAGE_MAX), &unit), SIP_STREAM_BAD);
	memset(text, 'a', sizeof(text));
	memcpy(text, "INVITE sip:", 11);
	expect_number(
	    sip_stream_start(guarded(text, SIP_STREAM_START_MAX - 1)), SIP_STREAM_NEED_MORE);
	expect_number(sip_stream_start(guarded(text, SIP_STREAM_START_MAX)), SIP_STREAM_BAD);
}
