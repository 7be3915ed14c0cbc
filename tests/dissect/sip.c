/* SPDX-License-Identifier: Apache-2.0 */
#include "sip.h"

#include "append.h"
#include "expect.h"
#include "guarded.h"
#include "within.h"

/* A message against an inaccessible page; what is returned holds until the next one. */
static struct sip_message parsed(const char *text)
{
	struct bytes in = guarded(text, strlen(text));
	struct sip_message m;

	cr_expect(sip_shape(in), "%s", text);
	cr_expect_str_eq(dissect_result_name(sip_parse(&m, in)), "ok", "%s", text);
	cr_expect(sip_message_within(in, &m), "%s", text);
	return m;
}

static void refused(const char *text, const char *name)
{
	struct sip_message m;

	cr_expect_str_eq(
	    dissect_result_name(sip_parse(&m, guarded(text, strlen(text)))), name, "%s", text);
}

static bool sip_has_sdp(const struct sip_message *m)
{
	struct bytes body;

	return sip_body_find(m, TEXT("application/sdp"), &body);
}

static void expect_body(const struct sip_message *m, const char *wanted)
{
	expect_text(((struct text){(const char *)m->body.at, bytes_left(&m->body)}), wanted);
}

/* RFC 3261 24.1, F1 */
Test(sip, register_of_rfc_3261)
{
	struct sip_message m =
	    parsed("REGISTER sip:registrar.biloxi.com SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds7\r\n"
		   "Max-Forwards: 70\r\n"
		   "To: Bob <sip:bob@biloxi.com>\r\n"
		   "From: Bob <sip:bob@biloxi.com>;tag=456248\r\n"
		   "Call-ID: 843817637684230@998sdasdh09\r\n"
		   "CSeq: 1826 REGISTER\r\n"
		   "Contact: <sip:bob@192.0.2.4>\r\n"
		   "Expires: 7200\r\n"
		   "Content-Length: 0\r\n\r\n");

	expect_defects(&m.defects, "");
	cr_expect(m.request);
	expect_number(m.method, SIP_REGISTER);
	expect_text(m.method_text, "REGISTER");
	expect_text(m.request_uri, "sip:registrar.biloxi.com");
	expect_number(m.via_count, 1);
	expect_text(m.via.transport, "UDP");
	expect_text(m.via.sent_by.name, "bobspc.biloxi.com");
	expect_number(m.via.sent_by.port, 5060);
	expect_text(m.via.branch, "z9hG4bKnashds7");
	expect_text(m.to.display, "Bob");
	expect_text(m.to.uri, "sip:bob@biloxi.com");
	expect_text(m.to.tag, "");
	expect_text(m.from.tag, "456248");
	expect_text(m.call_id, "843817637684230@998sdasdh09");
	expect_number(m.cseq, 1826);
	expect_number(m.contact_count, 1);
	expect_text(m.contacts[0].uri, "sip:bob@192.0.2.4");
	expect_body(&m, "");
	cr_expect_not(sip_has_sdp(&m));
}

/* RFC 3261 24.1, F2: its Via is folded. */
Test(sip, response_of_rfc_3261)
{
	struct sip_message m =
	    parsed("SIP/2.0 200 OK\r\n"
		   "Via: SIP/2.0/UDP bobspc.biloxi.com:5060;branch=z9hG4bKnashds7\r\n"
		   " ;received=192.0.2.4\r\n"
		   "To: Bob <sip:bob@biloxi.com>;tag=2493k59kd\r\n"
		   "From: Bob <sip:bob@biloxi.com>;tag=456248\r\n"
		   "Call-ID: 843817637684230@998sdasdh09\r\n"
		   "CSeq: 1826 REGISTER\r\n"
		   "Contact: <sip:bob@192.0.2.4>\r\n"
		   "Expires: 7200\r\n"
		   "Content-Length: 0\r\n\r\n");

	expect_defects(&m.defects, "");
	cr_expect_not(m.request);
	expect_number(m.status, 200);
	expect_text(m.reason, "OK");
	expect_number(m.method, SIP_REGISTER);
	expect_text(m.via.received, "192.0.2.4");
	expect_text(m.to.tag, "2493k59kd");
}

#define ALICES_SDP                                                                \
	"v=0\r\no=alice 2890844526 2890844526 IN IP4 pc33.atlanta.com\r\ns=-\r\n" \
	"c=IN IP4 pc33.atlanta.com\r\nt=0 0\r\nm=audio 49172 RTP/AVP 0\r\n"       \
	"a=rtpmap:0 PCMU/8000\r\n"

#define ALICES_INVITE                                                 \
	"INVITE sip:bob@biloxi.com SIP/2.0\r\n"                       \
	"Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n" \
	"Max-Forwards: 70\r\n"                                        \
	"To: Bob <sip:bob@biloxi.com>\r\n"                            \
	"From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"      \
	"Call-ID: a84b4c76e66710\r\n"                                 \
	"CSeq: 314159 INVITE\r\n"                                     \
	"Contact: <sip:alice@pc33.atlanta.com>\r\n"                   \
	"Content-Type: application/sdp\r\n"                           \
	"Content-Length: 146\r\n\r\n" ALICES_SDP

/* RFC 3261 24.2, F1, with a body of that time (RFC 3665 3.1). */
Test(sip, invite_of_rfc_3261)
{
	struct sip_message m = parsed(ALICES_INVITE);

	expect_defects(&m.defects, "");
	expect_number(m.method, SIP_INVITE);
	expect_text(m.from.display, "Alice");
	expect_number(m.cseq, 314159);
	expect_text(m.content_type, "application/sdp");
	expect_body(&m, ALICES_SDP);
	cr_expect(sip_has_sdp(&m));
}

/* RFC 3261 24.2, F9: three proxies' worth of Via, of which the topmost counts. */
Test(sip, vias_of_rfc_3261)
{
	struct sip_message m =
	    parsed("SIP/2.0 200 OK\r\n"
		   "Via: SIP/2.0/UDP server10.biloxi.com;branch=z9hG4bK4b43c2ff8.1\r\n"
		   " ;received=192.0.2.3\r\n"
		   "Via: SIP/2.0/UDP bigbox3.site3.atlanta.com;branch=z9hG4bK77ef4c2312983.1\r\n"
		   " ;received=192.0.2.2\r\n"
		   "Via: SIP/2.0/UDP pc33.atlanta.com;branch=z9hG4bKnashds8\r\n"
		   " ;received=192.0.2.1\r\n"
		   "To: Bob <sip:bob@biloxi.com>;tag=a6c85cf\r\n"
		   "From: Alice <sip:alice@atlanta.com>;tag=1928301774\r\n"
		   "Call-ID: a84b4c76e66710\r\n"
		   "CSeq: 314159 INVITE\r\n"
		   "Contact: <sip:bob@192.0.2.4>\r\n"
		   "Content-Length: 0\r\n\r\n");

	expect_defects(&m.defects, "");
	expect_number(m.via_count, 3);
	expect_text(m.via.branch, "z9hG4bK4b43c2ff8.1");
	expect_text(m.via.received, "192.0.2.3");
	expect_number(m.method, SIP_INVITE);
}

/* The parts of a message that tests put together. */
#define START   "OPTIONS sip:carol@chicago.com SIP/2.0\r\n"
#define VIA     "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKhjhs8ass877\r\n"
#define PARTIES "From: <sip:alice@atlanta.com>;tag=1928301774\r\nTo: <sip:carol@chicago.com>\r\n"
#define IDS     "Call-ID: a84b4c76e66710\r\nCSeq: 63104 OPTIONS\r\n"
#define HEADERS VIA PARTIES IDS

/* RFC 3261 7.3.1: lines may be folded, and values of one name combined; RFC 3261 20.42. */
Test(sip, one_line_or_several)
{
	static const char *const forms[] = {
	    START "Via: SIP/2.0/UDP a.com;branch=z9hG4bK1\r\n"
		  "Via: SIP/2.0/UDP b.com;branch=z9hG4bK2\r\n" PARTIES IDS "\r\n",
	    START
	    "Via: SIP/2.0/UDP a.com;branch=z9hG4bK1,SIP/2.0/UDP b.com;branch=z9hG4bK2\r\n" PARTIES
		IDS "\r\n",
	    START "Via: SIP/2.0/UDP a.com;branch=z9hG4bK1,\r\n"
		  "\tSIP/2.0/UDP b.com;branch=z9hG4bK2\r\n" PARTIES IDS "\r\n",
	    START "Via:\r\n SIP/2.0/UDP\r\n a.com;\r\n branch=z9hG4bK1\r\n ,\r\n"
		  " SIP/2.0/UDP b.com\r\n" PARTIES IDS "\r\n",
	    START PARTIES "VIA  :   SIP/2.0/UDP a.com;branch=z9hG4bK1   \r\n" IDS
			  "v: SIP/2.0/UDP b.com;branch=z9hG4bK2\r\n\r\n",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct sip_message m = parsed(forms[i]);

		expect_defects(&m.defects, "");
		expect_number(m.via_count, 2);
		expect_text(m.via.sent_by.name, "a.com");
		expect_text(m.via.branch, "z9hG4bK1");
	}
}

/* RFC 3261 7.3.3 and the names of 20: short ones mean the same, in either case. */
Test(sip, compact_names)
{
	static const char *const forms[] = {
	    "INVITE sip:b@b SIP/2.0\r\nv: SIP/2.0/UDP a.com\r\nf: <sip:a@a>;tag=1\r\nt: "
	    "<sip:b@b>\r\n"
	    "i: 1@a\r\nCSeq: 1 INVITE\r\nm: <sip:a@192.0.2.1>\r\nc: application/sdp\r\nl: "
	    "3\r\n\r\nv=0",
	    "INVITE sip:b@b SIP/2.0\r\nV: SIP/2.0/UDP a.com\r\nF: <sip:a@a>;tag=1\r\nT: "
	    "<sip:b@b>\r\n"
	    "I: 1@a\r\ncSEQ: 1 INVITE\r\nM: <sip:a@192.0.2.1>\r\nC: "
	    "application/sdp\r\nL:3\r\n\r\nv=0",
	};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct sip_message m = parsed(forms[i]);

		expect_defects(&m.defects, "");
		expect_text(m.via.sent_by.name, "a.com");
		expect_text(m.from.tag, "1");
		expect_text(m.to.uri, "sip:b@b");
		expect_text(m.call_id, "1@a");
		expect_number(m.cseq, 1);
		expect_text(m.contacts[0].uri, "sip:a@192.0.2.1");
		cr_expect(sip_has_sdp(&m));
		expect_body(&m, "v=0");
	}
}

/* Other single letters are other headers, and so is one that is no letter at all. */
Test(sip, a_single_character_is_not_any_header)
{
	struct sip_message m = parsed(START HEADERS "s: x\r\na: y\r\ny: z\r\n1: 1\r\n\r\n");
	static const char nul[] = START VIA PARTIES "Call-ID: 1\r\n\0: 7 OPTIONS\r\n\r\n";
	struct sip_message other;

	expect_defects(&m.defects, "");
	expect_result(sip_parse(&other, guarded(nul, sizeof(nul) - 1)), "sip_cseq");
}

Test(sip, methods)
{
	static const struct {
		const char *name;
		enum sip_method method;
	} rows[] = {{"INVITE", SIP_INVITE}, {"ACK", SIP_ACK}, {"BYE", SIP_BYE},
	    {"CANCEL", SIP_CANCEL}, {"REGISTER", SIP_REGISTER}, {"OPTIONS", SIP_OPTIONS},
	    {"PRACK", SIP_PRACK}, {"UPDATE", SIP_UPDATE}, {"INFO", SIP_INFO}, {"REFER", SIP_REFER},
	    {"SUBSCRIBE", SIP_SUBSCRIBE}, {"NOTIFY", SIP_NOTIFY}, {"PUBLISH", SIP_PUBLISH},
	    {"MESSAGE", SIP_MESSAGE}, {"NEWMETHOD", SIP_METHOD_OTHER},
	    {"invite", SIP_METHOD_OTHER}, /* RFC 3261 7.1: case-sensitive */
	    {"INVITEX", SIP_METHOD_OTHER}, {"X", SIP_METHOD_OTHER},
	    {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF", SIP_METHOD_OTHER}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct sip_message m;

		(void)snprintf(text, sizeof(text),
		    "%s sip:a SIP/2.0\r\n" VIA PARTIES "Call-ID: 1\r\nCSeq: 1 %s\r\n\r\n",
		    rows[i].name, rows[i].name);
		m = parsed(text);
		expect_number(m.method, rows[i].method);
		expect_text(m.method_text, rows[i].name);
		(void)snprintf(text, sizeof(text),
		    "SIP/2.0 481 Gone\r\n" VIA PARTIES "Call-ID: 1\r\nCSeq: 1 %s\r\n\r\n",
		    rows[i].name);
		m = parsed(text);
		expect_number(m.method, rows[i].method);
		expect_text(m.method_text, rows[i].name);
	}
}

Test(sip, status_codes)
{
	static const struct {
		const char *line;
		unsigned status; /* 0: sip_status_code */
		const char *reason;
	} rows[] = {{"SIP/2.0 100 Trying", 100, "Trying"}, {"SIP/2.0 699 x", 699, "x"},
	    {"SIP/2.0 180 ", 180, ""}, {"SIP/2.0 200", 200, ""},
	    {"SIP/2.0  486   Busy Here  ", 486, "Busy Here"}, {"SIP/2.0 099 x", 0, ""},
	    {"SIP/2.0 0 x", 0, ""}, {"SIP/2.0 99 x", 0, ""}, {"SIP/2.0 700 x", 0, ""},
	    {"SIP/2.0 1000 x", 0, ""}, {"SIP/2.0 OK", 0, ""}, {"SIP/2.0 -200 x", 0, ""},
	    {"SIP/2.0 20x x", 0, ""}, {"SIP/2.0 ", 0, ""}, {"SIP/2.0 4294967496 x", 0, ""},
	    {"SIP/2.0 18446744073709551816 x", 0, ""}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "%s\r\n" HEADERS "\r\n", rows[i].line);
		if (rows[i].status == 0) {
			refused(text, "sip_status_code");
		} else {
			struct sip_message m = parsed(text);

			cr_expect_not(m.request);
			expect_number(m.status, rows[i].status);
			expect_text(m.reason, rows[i].reason);
		}
	}
}

/* RFC 3261 7.1: the version is compared without regard to case, in both kinds of start line. */
Test(sip, version_in_any_case)
{
	cr_expect(parsed("OPTIONS sip:a sip/2.0\r\n" HEADERS "\r\n").request);
	expect_number(parsed("sip/2.0 200 OK\r\n" HEADERS "\r\n").status, 200);
	expect_number(parsed("Sip/2.0 404 Not Found\r\n" HEADERS "\r\n").status, 404);
}

Test(sip, what_is_no_start_line)
{
	static const char *const lines[] = {"", "INVITE", "INVITE sip:a", "INVITE sip:a SIP/1.0",
	    "INVITE sip:a SIP/2.1", "INVITE sip:a SIP/2.0 x", "INVITE SIP/2.0", "INVITE SIP/2.0 ",
	    "INVITE  SIP/2.0  ", " SIP/2.0 ", "SIP/2.0", "SIP/2.0200 OK", "SIP/2.00 200 OK",
	    "INVITE sip:aSIP/2.0", "INVITE sip:a xSIP/2.0", "GET / HTTP/1.1", "HTTP/1.1 200 OK",
	    "DESCRIBE rtsp://a/b RTSP/1.0", "RTSP/1.0 200 OK", "SIP/3.0 200 OK", "A       ",
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEF0123456789ABCDEF0123456789ABCDEFG sip:a SIP/2.0",
	    "INV(ITE sip:a SIP/2.0", "INVITE\tsip:a SIP/2.0"};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		char text[512];

		(void)snprintf(text, sizeof(text), "%s\r\n" HEADERS "\r\n", lines[i]);
		refused(text, "sip_start_line");
	}
	refused("", "sip_start_line");
	refused("\r\n\r\n\r\n", "sip_start_line");
	refused("OPTIONS sip:a SIP/2.0", "sip_start_line");
}

/* A first line of blanks must not be measured from its end, where its text does not stand. */
Test(sip, blanks_where_the_version_should_be)
{
	for (size_t blanks = 0; blanks < 64; blanks++) {
		char text[80] = {0};
		struct sip_message m;
		struct bytes in;

		memset(text, ' ', blanks + 1);
		text[0] = 'A';
		text[blanks + 1] = '\n';
		in = guarded_front(text, blanks + 2);
		cr_expect_not(sip_shape(in), "%zu blanks", blanks);
		expect_result(sip_parse(&m, in), "sip_start_line");
		text[0] = ' ';
		expect_result(sip_parse(&m, guarded_front(text, blanks + 2)), "sip_start_line");
	}
}

/* RFC 3261 7.5: line ends before the start line are to be ignored. */
Test(sip, line_ends_before_the_start_line)
{
	struct sip_message m = parsed("\r\n\r\n" START HEADERS "\r\nbody");

	expect_number(m.method, SIP_OPTIONS);
	expect_body(&m, "body");
}

Test(sip, lines_that_end_with_lf_alone)
{
	struct sip_message m = parsed(
	    "OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP a.com\n ;branch=z9hG4bK1\nFrom: <sip:a@a>\n"
	    "To: <sip:b@b>\nCall-ID: 1@a\nCSeq: 7 OPTIONS\nContent-Length: 4\n\nbodyrest");

	expect_defects(&m.defects, "");
	expect_text(m.via.branch, "z9hG4bK1");
	expect_text(m.call_id, "1@a");
	expect_number(m.cseq, 7);
	expect_body(&m, "body");
}

Test(sip, headers_without_a_colon_or_a_name)
{
	struct sip_message m =
	    parsed(START "Via SIP/2.0/UDP lost.com\r\n" HEADERS "Foobar roobar\r\n"
			 ": nameless\r\n \t: blank\r\n\r\n");

	/* The line that begins with a blank continues the one before. */
	expect_defects(&m.defects, "sip_header_line, sip_header_line, sip_header_line");
	expect_text(m.via.sent_by.name, "192.0.2.1");
}

Test(sip, call_id)
{
	refused(START VIA PARTIES "CSeq: 1 OPTIONS\r\n\r\n", "sip_no_call_id");
	refused(START VIA PARTIES "Call-ID:\r\nCSeq: 1 OPTIONS\r\n\r\n", "sip_no_call_id");
	refused(START VIA PARTIES "Call-ID: \r\n \r\nCSeq: 1 OPTIONS\r\n\r\n", "sip_no_call_id");
	refused(START "\r\n", "sip_no_call_id");
	refused(START, "sip_no_call_id");
	expect_text(
	    parsed(START VIA PARTIES "Call-ID:\r\n  1@a \r\nCSeq: 1 OPTIONS\r\n\r\n").call_id,
	    "1@a");
}

Test(sip, cseq)
{
	static const char *const malformed[] = {"", "CSeq:\r\n", "CSeq: OPTIONS\r\n",
	    "CSeq: -1 OPTIONS\r\n", "CSeq: 1x OPTIONS\r\n", "CSeq: 4294967296 OPTIONS\r\n",
	    "CSeq: 36893488147419103232 OPTIONS\r\n", "CSeq: 0x10 OPTIONS\r\n"};
	char text[512];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		(void)snprintf(
		    text, sizeof(text), START VIA PARTIES "Call-ID: 1@a\r\n%s\r\n", malformed[i]);
		refused(text, "sip_cseq");
	}
	expect_number(
	    parsed(START VIA PARTIES "Call-ID: 1\r\nCSeq: 4294967295 OPTIONS\r\n\r\n").cseq,
	    UINT32_MAX);
	expect_number(
	    parsed(START VIA PARTIES "Call-ID: 1\r\ncseq: 0009\r\n  OPTIONS\r\n\r\n").cseq, 9);
}

/* RFC 3261 8.1.1: without a Via no response finds its way. */
Test(sip, via)
{
	static const char *const malformed[] = {"", "Via:\r\n", "Via: , ,\r\n", "Via: x\r\n",
	    "Via: SIP/2.0/UDP\r\n", "Via: SIP/2.0/UDP a.com:0\r\n",
	    "Via: SIP/2.0/UDP a.com:65536\r\n"};
	char text[512];

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct sip_message m;

		(void)snprintf(text, sizeof(text), START "%s" PARTIES IDS "\r\n", malformed[i]);
		m = parsed(text);
		expect_defects(&m.defects, "sip_via");
		expect_text(m.via.sent_by.name, "");
		expect_number(m.via.sent_by.port, 0);
	}
}

Test(sip, only_the_topmost_via_is_judged)
{
	struct sip_message m = parsed(START VIA "Via: x\r\n" PARTIES IDS "\r\n");

	expect_defects(&m.defects, "");
	expect_number(m.via_count, 2);
}

Test(sip, addresses)
{
	struct sip_message m =
	    parsed(START VIA "From: <sip:a@a\r\nTo: \"b <sip:b@b>\r\n" IDS "Contact: <>\r\n\r\n");

	expect_defects(&m.defects, "sip_address, sip_address, sip_address");
	expect_text(m.from.uri, "");
	expect_text(m.to.uri, "");
	expect_number(m.contact_count, 1);
	expect_text(m.contacts[0].uri, "");
}

/* RFC 4475 3.3.8: the first one counts, and that there is another is said. */
Test(sip, headers_that_may_stand_once)
{
	struct sip_message m =
	    parsed(START VIA "From: <sip:1@a>;tag=1\r\nf: <sip:2@a>;tag=2\r\n"
			     "To: <sip:3@a>\r\nTo: <sip:4@a>\r\n"
			     "Call-ID: 5\r\ni: 6\r\nCSeq: 7 OPTIONS\r\nCSeq: 8 BYE\r\n"
			     "Content-Type: a/b\r\nc: c/d\r\nl: 1\r\nl: 2\r\n"
			     "User-Agent: x\r\nUser-Agent: y\r\n\r\nabc");

	expect_defects(&m.defects,
	    "sip_duplicate_header, sip_duplicate_header, sip_duplicate_header, "
	    "sip_duplicate_header, "
	    "sip_duplicate_header, sip_duplicate_header, sip_duplicate_header");
	expect_text(m.from.tag, "1");
	expect_text(m.to.uri, "sip:3@a");
	expect_text(m.call_id, "5");
	expect_number(m.cseq, 7);
	expect_text(m.content_type, "a/b");
	expect_text(m.user_agent, "x");
	expect_body(&m, "a");
}

/* Eight defects are kept of a message that has more; none is lost over them. */
Test(sip, more_defects_than_are_kept)
{
	struct sip_message m =
	    parsed(START "1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n" HEADERS "\r\n");

	expect_number(m.defects.count, DISSECT_DEFECTS_MAX);
	expect_result((enum dissect_result)m.defects.list[7], "sip_header_line");
	expect_text(m.call_id, "a84b4c76e66710");
}

Test(sip, contacts)
{
	struct sip_message m = parsed(START HEADERS
	    "Contact: \"Watson, T.\" <sip:w@a>;q=0.7, <sip:x@a>\r\nm: sip:y@a;q=0.1\r\n"
	    "Contact:\r\nContact: *\r\n\r\n");

	expect_defects(&m.defects, "");
	expect_number(m.contact_count, 4);
	expect_text(m.contacts[0].display, "Watson, T.");
	expect_text(m.contacts[1].uri, "sip:x@a");
	expect_text(m.contacts[2].uri, "sip:y@a");
	expect_text(m.contacts[3].uri, "*");
}

Test(sip, ten_contacts_in_a_line)
{
	struct sip_message m = parsed(START HEADERS
	    "Contact: <sip:0@a>,<sip:1@a>,<sip:2@a>,<sip:3@a>,"
	    "<sip:4@a>,<sip:5@a>,<sip:6@a>,<sip:7@a>,<sip:8@a>,<sip:9@a>\r\nContent-Length: "
	    "1\r\n\r\nxy");

	expect_defects(&m.defects, "sip_contact_count");
	expect_number(m.contact_count, SIP_CONTACTS_MAX);
	expect_text(m.contacts[7].uri, "sip:7@a");
	expect_body(&m, "x");
}

Test(sip, contacts_in_lines_of_their_own)
{
	for (int count = 7; count <= 10; count++) {
		char text[1024] = START HEADERS;
		struct sip_message m;

		for (int i = 0; i < count; i++) {
			append(text, sizeof(text), "Contact: <sip:%d@a>\r\n", i);
		}
		append(text, sizeof(text), "\r\n");
		m = parsed(text);
		expect_number(m.contact_count, count < SIP_CONTACTS_MAX ? count : SIP_CONTACTS_MAX);
		expect_defects(&m.defects, count <= SIP_CONTACTS_MAX ? ""
					   : count == 9              ? "sip_contact_count"
							: "sip_contact_count, sip_contact_count");
	}
}

Test(sip, content_length)
{
	static const struct {
		const char *header, *body, *defects;
	} rows[] = {{"", "abcdef", ""}, {"Content-Length: 6\r\n", "abcdef", ""},
	    {"Content-Length: 2\r\n", "ab", ""}, {"l:0\r\n", "", ""},
	    {"Content-Length: 0000006\r\n", "abcdef", ""},
	    {"Content-Length: 7\r\n", "abcdef", "sip_body_short"},
	    {"Content-Length: 4294967295\r\n", "abcdef", "sip_body_short"},
	    {"Content-Length: 4294967296\r\n", "abcdef", "sip_content_length"},
	    {"Content-Length: 18446744073709551618\r\n", "abcdef", "sip_content_length"},
	    {"Content-Length: -999\r\n", "abcdef", "sip_content_length"},
	    {"Content-Length: 2x\r\n", "abcdef", "sip_content_length"},
	    {"Content-Length: 2, 2\r\n", "abcdef", "sip_content_length"},
	    {"Content-Length:\r\n", "abcdef", "sip_content_length"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct sip_message m;

		(void)snprintf(text, sizeof(text), START HEADERS "%s\r\nabcdef", rows[i].header);
		m = parsed(text);
		expect_defects(&m.defects, rows[i].defects);
		expect_body(&m, rows[i].body);
		expect_number(m.body_octets, 6); /* whatever was said of it */
	}
}

/* `count` header lines in all; valid until the next message. */
static struct sip_message with_headers(unsigned count)
{
	char text[16384] = START HEADERS "Content-Length: 4\r\n";

	for (unsigned i = 6; i < count; i++) {
		append(text, sizeof(text), "X-%u: y\r\n", i);
	}
	append(text, sizeof(text), "\r\nbody");
	return parsed(text);
}

Test(sip, as_many_headers_as_are_read)
{
	struct sip_message m = with_headers(SIP_HEADERS_MAX);

	expect_defects(&m.defects, "");
	expect_body(&m, "body");
	m = with_headers(SIP_HEADERS_MAX + 1);
	expect_defects(&m.defects, "sip_header_count");
	expect_body(&m, "");
	m = with_headers(300);
	expect_defects(&m.defects, "sip_header_count");
	expect_number(m.cseq, 63104);
	expect_body(&m, "");
}

Test(sip, headers_that_never_end)
{
	struct sip_message m = parsed(START HEADERS);

	expect_defects(&m.defects, "sip_unterminated");
	expect_body(&m, "");
	m = parsed(START HEADERS "Subject: cut");
	expect_defects(&m.defects, "sip_unterminated");
	m = parsed(START HEADERS "Subject: cut\r\n in its fold");
	expect_defects(&m.defects, "sip_unterminated");
}

Test(sip, user_agents)
{
	expect_text(parsed(START HEADERS "User-Agent: Softphone Beta1.5\r\n\r\n").user_agent,
	    "Softphone Beta1.5");
	expect_text(parsed("SIP/2.0 200 OK\r\n" HEADERS "server: HomeServer v2\r\n\r\n").user_agent,
	    "HomeServer v2");
}

/* RFC 3261 20.15: a media type, compared without regard to case, and its parameters. */
Test(sip, which_bodies_are_sdp)
{
	static const struct {
		const char *type;
		bool sdp;
	} rows[] = {{"Content-Type: application/sdp\r\n", true},
	    {"c: Application/SDP ; charset=utf-8\r\n", true}, {"c:application/sdp\r\n", true},
	    {"Content-Type: application/sdpx\r\n", false}, {"Content-Type: text/plain\r\n", false},
	    {"Content-Type: multipart/mixed;boundary=application/sdp\r\n", false},
	    {"Content-Type:\r\n", false}, {"", false}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct sip_message m;

		(void)snprintf(text, sizeof(text), START HEADERS "%s\r\nv=0\r\n", rows[i].type);
		m = parsed(text);
		cr_expect_eq(sip_has_sdp(&m), rows[i].sdp, "%s", rows[i].type);
		(void)snprintf(text, sizeof(text), START HEADERS "%s\r\n", rows[i].type);
		m = parsed(text);
		cr_expect_not(sip_has_sdp(&m), "no body");
	}
}

/* RFC 3261 7.1 and 25.1: one space on either side of the URI, which is one without headers. */
Test(sip, request_lines_that_are_used_and_counted)
{
	static const struct {
		const char *line, *uri, *defects;
	} rows[] = {{"OPTIONS sip:a@b SIP/2.0", "sip:a@b", ""}, {"OPTIONS * SIP/2.0", "*", ""},
	    {"OPTIONS tel:7042;x SIP/2.0", "tel:7042;x", ""},
	    {"OPTIONS  sip:a@b SIP/2.0", "sip:a@b", "sip_start_blanks"},
	    {"OPTIONS sip:a@b  SIP/2.0", "sip:a@b", "sip_start_blanks"},
	    {"OPTIONS sip:a@b SIP/2.0 ", "sip:a@b", "sip_start_blanks"},
	    {"OPTIONS sip:a@b; lr SIP/2.0", "sip:a@b; lr", "sip_start_blanks"},
	    {"OPTIONS sip:a@b\tSIP/2.0", "sip:a@b", ""},
	    {"OPTIONS <sip:a@b> SIP/2.0", "<sip:a@b>", "sip_uri"},
	    {"OPTIONS a@b SIP/2.0", "a@b", "sip_uri"},
	    {"OPTIONS sip:a@b?Route=c SIP/2.0", "sip:a@b?Route=c", "sip_uri"}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[512];
		struct sip_message m;

		(void)snprintf(text, sizeof(text), "%s\r\n" HEADERS "\r\n", rows[i].line);
		m = parsed(text);
		expect_text(m.request_uri, rows[i].uri);
		expect_defects(&m.defects, rows[i].defects);
	}
}

Test(sip, the_request_uri_taken_apart)
{
	struct sip_message m =
	    parsed("INVITE sip:+1@[2001:db8::1]:5070;user=phone SIP/2.0\r\n" VIA PARTIES
		   "Call-ID: 1\r\nCSeq: 1 INVITE\r\n\r\n");

	expect_text(m.target.user, "+1");
	expect_text(m.target.host.name, "[2001:db8::1]");
	expect_number(m.target.host.port, 5070);
	expect_text(m.target.parameters, "user=phone");
	expect_text(parsed(START HEADERS "\r\n").target.scheme, "sip");
	expect_text(parsed("SIP/2.0 200 OK\r\n" HEADERS "\r\n").target.scheme, "");
}

/* RFC 3261 8.1.1.5: the CSeq of a request names its method; of a response it is the only one. */
Test(sip, cseq_of_another_method)
{
	struct sip_message m = parsed(START VIA PARTIES "Call-ID: 1\r\nCSeq: 7 INVITE\r\n\r\n");

	expect_defects(&m.defects, "sip_cseq_method");
	expect_number(m.method, SIP_OPTIONS);
	m = parsed(START VIA PARTIES "Call-ID: 1\r\nCSeq: 7\r\n\r\n");
	expect_defects(&m.defects, "sip_cseq_method");
	m = parsed("SIP/2.0 200 OK\r\n" VIA PARTIES "Call-ID: 1\r\nCSeq: 7 INVITE\r\n\r\n");
	expect_defects(&m.defects, "");
}

/* RFC 3261 8.1.1 */
Test(sip, messages_without_a_party)
{
	struct sip_message m = parsed(START VIA "From: <sip:a@b>\r\n" IDS "\r\n");

	expect_defects(&m.defects, "sip_no_party");
	m = parsed(START VIA "To: <sip:a@b>\r\n" IDS "\r\n");
	expect_defects(&m.defects, "sip_no_party");
}

static size_t behind(const char *text, const char *part)
{
	return (size_t)(strstr(text, part) - text) + strlen(part);
}

/* What every beginning of an INVITE comes to. */
Test(sip, every_truncation)
{
	static const char text[] = ALICES_INVITE;
	size_t start = behind(text, "SIP/2.0\r\n"), call_id = behind(text, "a84b4c76e66710\r\n");
	size_t cseq = behind(text, "314159 INVITE\r\n"), head = behind(text, "\r\n\r\n");
	size_t whole = sizeof(text) - 1;

	for (size_t n = 0; n <= whole; n++) {
		struct bytes in = guarded(text, n);
		struct sip_message m;
		enum dissect_result result = sip_parse(&m, in);

		expect_number(sip_shape(in), n >= start);
		expect_result(result, n < start     ? "sip_start_line"
				      : n < call_id ? "sip_no_call_id"
				      : n < cseq    ? "sip_cseq"
						    : "ok");
		if (result == DISSECT_OK) {
			cr_expect(sip_message_within(in, &m));
			expect_defects(&m.defects, n < head    ? "sip_unterminated"
						   : n < whole ? "sip_body_short"
							       : "");
			expect_number(bytes_left(&m.body), n < head ? 0 : n - head);
		}
	}
}

/* The same of a message with folds, quotes and odd blanks, for its slices alone. */
Test(sip, every_truncation_of_a_folded_message)
{
	static const char text[] =
	    "\r\nINVITE sip:a@b SIP/2.0 \r\n"
	    "TO :\r\n sip:v@e.com ;   tag    = 1918181833n\r\n"
	    "from   : \"J Rosenberg \\\\\\\"\"  <sip:j@e.com>\r\n  ;\r\n  tag = 98\r\n"
	    "Call-ID: 1\r\ncseq: 0009\r\n  INVITE\r\n"
	    "Via  : SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw\r\n"
	    "m:\"Quoted \\\"\\\"\" <sip:j@e.com> ; newparam =\r\n      newvalue\r\n"
	    "l  : 3\r\n\r\nv=0";

	for (size_t n = 0; n < sizeof(text); n++) {
		struct bytes in = guarded(text, n);
		struct sip_message m;
		enum dissect_result result = sip_parse(&m, in);

		cr_expect(result != DISSECT_OK || sip_message_within(in, &m), "%zu", n);
		cr_expect_eq(result == DISSECT_OK,
		    n >= behind(text, "0009\r\n  INVITE\r\n") || n == behind(text, "0009\r\n"),
		    "%zu", n);
	}
}
