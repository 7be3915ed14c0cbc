/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_body.h"

#include "append.h"
#include "expect.h"
#include "guarded.h"
#include "within.h"

/* A message with this body; what is returned holds until the next one. */
static struct sip_message with(const char *headers, const char *body)
{
	char text[16384] = "";
	struct sip_message m;
	struct bytes in;

	append(text, sizeof(text),
	    "INFO sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP a\r\nf: <sip:a@a>\r\nt: <sip:b@b>\r\n"
	    "Call-ID: 1\r\nCSeq: 1 INFO\r\n%s\r\n%s",
	    headers, body);
	in = guarded(text, strlen(text));
	cr_assert_eq(sip_parse(&m, in), DISSECT_OK, "%s", headers);
	cr_expect(sip_message_within(in, &m), "%s", headers);
	return m;
}

static void expect_found(const struct sip_message *m, const char *type, const char *wanted)
{
	struct bytes body = bytes_of("", 0);

	cr_expect(sip_body_find(m, text_of(type), &body) == (wanted != NULL), "%s", type);
	if (wanted) {
		expect_text(((struct text){(const char *)body.at, bytes_left(&body)}), wanted);
	}
}

Test(sip_body, one_body)
{
	struct sip_message m = with("c: Application/SDP ; charset=utf-8\r\n", "v=0\r\n");

	expect_defects(&m.defects, "");
	expect_number(m.part_count, 0);
	expect_found(&m, "application/sdp", "v=0\r\n");
	expect_found(&m, "application/dtmf-relay", NULL);
	m = with("", "v=0\r\n");
	expect_found(&m, "application/sdp", NULL);
	m = with("c: application/sdp\r\n", "");
	expect_found(&m, "application/sdp", NULL);
}

#define MIXED "Content-Type: multipart/mixed;boundary=\"unique boundary-1\"\r\n"

/* RFC 5621 section 3.1, RFC 2046 5.1.1: preamble, epilogue and the line ends around a boundary. */
Test(sip_body, several_parts)
{
	struct sip_message m = with(MIXED,
	    "preamble\r\n--unique boundary-1\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n"
	    "\r\n--unique boundary-1  \r\nc: application/vq-rtcpxr;x=\r\n y\r\n"
	    "Content-Disposition: render\r\n\r\nVQSessionReport\r\n"
	    "--unique boundary-1\r\n\r\nimplicit text\r\n--unique boundary-1--\r\nepilogue\r\n");

	expect_defects(&m.defects, "");
	expect_number(m.part_count, 3);
	expect_found(&m, "application/sdp", "v=0\r\ns=-\r\n");
	expect_found(&m, "application/vq-rtcpxr", "VQSessionReport");
	expect_text(m.parts[2].type, "");
	cr_expect_not(m.body_encoded);
}

/* Line ends of LF alone, and a boundary that begins another. */
Test(sip_body, boundaries)
{
	struct sip_message m = with("c: multipart/related; type=x ;BOUNDARY=b\r\n",
	    "--b\nContent-Type: a/a\n\n--bb\n-- b\n --b\nx--b\n\n--b\nc: b/b\n\n2\n--b--");

	expect_defects(&m.defects, "");
	expect_number(m.part_count, 2);
	expect_found(&m, "a/a", "--bb\n-- b\n --b\nx--b\n");
	expect_found(&m, "b/b", "2");
}

Test(sip_body, nested_once)
{
	struct sip_message m = with("c: multipart/mixed;boundary=o\r\n",
	    "--o\r\nc: text/plain\r\n\r\nhello\r\n--o\r\nc: "
	    "multipart/alternative;boundary=i\r\n\r\n"
	    "--i\r\nc: text/html\r\n\r\n<p>\r\n--i\r\nc: application/sdp\r\n\r\nv=0\r\n--i--\r\n"
	    "--o\r\nc: multipart/mixed;boundary=e\r\n\r\n--e\r\nc: "
	    "multipart/mixed;boundary=z\r\n\r\n"
	    "--z\r\nc: too/deep\r\n\r\n1\r\n--z--\r\n--e--\r\n--o--\r\n");

	expect_defects(&m.defects, "");
	expect_found(&m, "application/sdp", "v=0");
	expect_found(&m, "text/plain", "hello");
	expect_found(&m, "too/deep", NULL);
	expect_number(m.part_count, 6);
}

Test(sip_body, boundaries_that_are_not_there)
{
	static const struct {
		const char *type, *body, *defects;
		unsigned parts;
	} rows[] = {{"multipart/mixed", "--b\r\n\r\n1\r\n--b--", "sip_boundary", 0},
	    {"multipart/mixed;boundary=", "--b\r\n\r\n1\r\n--b--", "sip_boundary", 0},
	    {"multipart/mixed;boundary=\"\"", "--\r\n\r\n1\r\n----", "sip_boundary", 0},
	    {"multipart/mixed;boundary=c", "--b\r\n\r\n1\r\n--b--", "sip_boundary", 0},
	    {"multipart/mixed;boundary=B", "--b\r\n\r\n1\r\n--b--", "sip_boundary", 0},
	    {"multipart/mixed;boundary="
	     "12345678901234567890123456789012345678901234567890123456789012345678901",
		"1", "sip_boundary", 0},
	    {"multipart/mixed;boundary=b", "--b--\r\n", "", 0},
	    {"multipart/mixed;boundary=b", "--b", "sip_multipart_open", 1},
	    {"multipart/mixed;boundary=b", "--b\r\n\r\n1", "sip_multipart_open", 1},
	    {"multipart/mixed;boundary=b", "--b\r\n\r\n1\r\n--b\r\n\r\n2", "sip_multipart_open", 2},
	    {"multipart/mixed;boundary=b", "--b\r\nc: multipart/mixed\r\n\r\n1\r\n--b--",
		"sip_boundary", 1}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char header[256];
		struct sip_message m;

		(void)snprintf(header, sizeof(header), "c: %s\r\n", rows[i].type);
		m = with(header, rows[i].body);
		expect_defects(&m.defects, rows[i].defects);
		expect_number(m.part_count, rows[i].parts);
	}
}

/* A part without its end is used as far as it goes: a message cut short still says much. */
Test(sip_body, a_part_that_is_open)
{
	struct sip_message m =
	    with("c: multipart/mixed;boundary=b\r\n", "--b\r\nc: application/sdp\r\n\r\nv=0\r\n");

	expect_defects(&m.defects, "sip_multipart_open");
	expect_found(&m, "application/sdp", "v=0\r\n");
}

Test(sip_body, as_many_parts_as_are_kept)
{
	char body[1024] = "";
	struct sip_message m;

	for (int i = 0; i <= SIP_PARTS_MAX; i++) {
		append(body, sizeof(body), "--b\r\nc: t/%d\r\n\r\n%d\r\n", i, i);
	}
	append(body, sizeof(body), "--b--\r\n");
	m = with("c: multipart/mixed;boundary=b\r\n", body);
	expect_defects(&m.defects, "sip_part_count");
	expect_number(m.part_count, SIP_PARTS_MAX);
	expect_found(&m, "t/7", "7");
	expect_found(&m, "t/8", NULL);
}

/* RFC 3261 20.12: what is compressed is said to be, and not read. */
Test(sip_body, encoded_bodies)
{
	struct sip_message m = with("c: application/sdp\r\ne: gzip\r\n", "\x1f\x8b");

	cr_expect(m.body_encoded);
	expect_text(m.content_encoding, "gzip");
	expect_found(&m, "application/sdp", NULL);
	m = with("c: application/sdp\r\nContent-Encoding: identity\r\n", "v=0\r\n");
	cr_expect_not(m.body_encoded);
	expect_found(&m, "application/sdp", "v=0\r\n");
	m = with("c: multipart/mixed;boundary=b\r\n",
	    "--b\r\nc: application/sdp\r\nContent-Transfer-Encoding: base64\r\n\r\ndj0w\r\n"
	    "--b\r\nc: text/plain\r\nContent-Transfer-Encoding: binary\r\n\r\nx\r\n--b--\r\n");
	cr_expect(m.body_encoded);
	expect_found(&m, "application/sdp", NULL);
	expect_found(&m, "text/plain", "x");
	cr_expect_not(with("e: gzip\r\n", "").body_encoded);
}

Test(sip_body, every_truncation)
{
	static const char text[] =
	    "INFO sip:a@b SIP/2.0\r\nCall-ID: 1\r\nCSeq: 1 INFO\r\n"
	    "c: multipart/mixed;boundary=o\r\n\r\nx\r\n--o\r\nc: multipart/mixed;\r\n "
	    "boundary=\"i\""
	    "\r\n\r\n--i\r\nContent-Encoding: gzip\r\n\r\n1\r\n--i\r\n\r\n\r\n--i--\r\n--o--\r\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		struct bytes in = guarded(text, n);
		struct sip_message m;

		if (sip_parse(&m, in) == DISSECT_OK) {
			cr_expect(sip_message_within(in, &m), "%zu octets", n);
		}
	}
}
