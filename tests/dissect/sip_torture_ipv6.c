/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The torture messages of RFC 5118, SIP with IPv6: what each section tests, and what it wants of
 * a parser.
 */
#include "address.h"
#include "expect.h"
#include "guarded.h"
#include "sdp.h"
#include "sip.h"
#include "within.h"

static struct sip_message parsed(const char *text)
{
	struct bytes in = guarded(text, strlen(text));
	struct sip_message m;

	cr_expect(sip_shape(in), "%s", text);
	cr_assert_eq(sip_parse(&m, in), DISSECT_OK, "%s", text);
	cr_expect(sip_message_within(in, &m), "%s", text);
	return m;
}

static void expect_literal(struct text text, const char *wanted)
{
	struct address address;

	cr_assert(address_parse(&address, text), "%.*s", (int)text.length, text.at);
	expect_address(&address, wanted);
}

#define REGISTER_TO(uri)                                             \
	"REGISTER " uri " SIP/2.0\r\n"                               \
	"To: sip:user@example.com\r\n"                               \
	"From: sip:user@example.com;tag=81x2\r\n"                    \
	"Via: SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111\r\n" \
	"Call-ID: SSG9559905523997077@hlau_4100\r\n"                 \
	"Max-Forwards: 70\r\n"                                       \
	"Contact: \"Caller\" <sip:caller@[2001:db8::1]>\r\n"         \
	"CSeq: 98176 REGISTER\r\n"                                   \
	"Content-Length: 0\r\n\r\n"

/* 4.1: a reference with its brackets is valid. */
Test(sip_torture_ipv6, a_reference)
{
	struct sip_message m = parsed(REGISTER_TO("sip:[2001:db8::10]"));

	expect_defects(&m.defects, "");
	expect_literal(m.target.host.name, "2001:db8::10");
	expect_number(m.target.host.port, 0);
	expect_literal(m.via.sent_by.name, "2001:db8::9:1");
}

/*
 * 4.2: without brackets it is to be refused with 400. An observer can say what it means all the
 * same, and that the brackets are missing.
 */
Test(sip_torture_ipv6, a_reference_without_brackets)
{
	struct sip_message m = parsed(REGISTER_TO("sip:2001:db8::10"));

	expect_defects(&m.defects, "sip_ipv6_bare");
	expect_literal(m.target.host.name, "2001:db8::10");
}

/* 4.3: a port inside of the brackets is none, and one behind them is. */
Test(sip_torture_ipv6, port_or_not)
{
	struct sip_message m = parsed(REGISTER_TO("sip:[2001:db8::10:5070]"));

	expect_defects(&m.defects, "");
	expect_literal(m.target.host.name, "2001:db8::10:5070");
	expect_number(m.target.host.port, 0);
	m = parsed(REGISTER_TO("sip:[2001:db8::10]:5070"));
	expect_defects(&m.defects, "");
	expect_literal(m.target.host.name, "2001:db8::10");
	expect_number(m.target.host.port, 5070);
	/* And without brackets it could be either. */
	m = parsed(REGISTER_TO("sip:2001:db8::10:5070"));
	expect_defects(&m.defects, "sip_uri");
	expect_text(m.target.host.name, "");
}

/* 4.4: addresses of both families in one header, and 4.5: received with brackets or without. */
Test(sip_torture_ipv6, received)
{
	static const char *const forms[] = {
	    "BYE sip:user@host.example.net SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP [2001:db8::9:1];received=[2001:db8::9:255];branch=z9hG4bKas3-111\r\n",
	    "BYE sip:user@host.example.net SIP/2.0\r\n"
	    "Via: SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3-111\r\n"};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		char text[512];
		struct sip_message m;

		(void)snprintf(text, sizeof(text),
		    "%sCall-ID: SSG9559905523997077@hlau_4100\r\nMax-Forwards: 70\r\n"
		    "CSeq: 321 BYE\r\nTo: sip:bob@example.net;tag=76\r\n"
		    "From: sip:alice@example.net;tag=81\r\nl: 0\r\n\r\n",
		    forms[i]);
		m = parsed(text);
		expect_defects(&m.defects, "");
		expect_literal(m.via.sent_by.name, "2001:db8::9:1");
		expect_literal(m.via.received, "2001:db8::9:255");
		expect_text(m.via.branch, "z9hG4bKas3-111");
	}
}

#define INVITE_BEGIN                                                \
	"INVITE sip:user@[2001:db8::10] SIP/2.0\r\n"                \
	"To: sip:user@[2001:db8::10]\r\n"                           \
	"From: sip:user@example.com;tag=81x2\r\n"                   \
	"Via: SIP/2.0/UDP [2001:db8::20];branch=z9hG4bKas3-111\r\n" \
	"Call-ID: SSG9559905523997077@hlau_4100\r\n"                \
	"Contact: \"Caller\" <sip:caller@[2001:db8::20]>\r\n"       \
	"CSeq: 8612 INVITE\r\nMax-Forwards: 70\r\n"                 \
	"Content-Type: application/sdp\r\n\r\n"

/* 4.6: in a session description addresses have no brackets. */
Test(sip_torture_ipv6, a_description)
{
	struct sip_message m =
	    parsed(INVITE_BEGIN "v=0\r\no=assistant 971731711378798081 0 IN IP6 2001:db8::20\r\n"
				"s=Live video feed for today's meeting\r\nc=IN IP6 "
				"2001:db8::20\r\nt=3338481189 3370017201\r\n"
				"m=audio 6000 RTP/AVP 2\r\na=rtpmap:2 G726-32/8000\r\n"
				"m=video 6024 RTP/AVP 107\r\na=rtpmap:107 H263-1998/90000\r\n");
	struct bytes body;
	struct sdp sdp;

	expect_defects(&m.defects, "");
	cr_assert(sip_body_find(&m, TEXT("application/sdp"), &body));
	expect_result(sdp_parse(&sdp, body), "ok");
	expect_defects(&sdp.defects, "");
	expect_literal(sdp.origin, "2001:db8::20");
	expect_number(sdp.media_count, 2);
	expect_literal(sdp.media[1].connection, "2001:db8::20");
}

/* 4.7: several Vias and Contacts of both families. */
Test(sip_torture_ipv6, addresses_of_both_families)
{
	struct sip_message m =
	    parsed("BYE sip:user@host.example.net SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111\r\n"
		   "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144\r\n"
		   "Via: SIP/2.0/TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200\r\n"
		   "Call-ID: 997077@lau_4100\r\nMax-Forwards: 70\r\nCSeq: 89187 BYE\r\n"
		   "To: sip:user@example.net;tag=9817--94\r\n"
		   "From: sip:user@example.com;tag=81x2\r\nContent-Length: 0\r\n\r\n");

	expect_defects(&m.defects, "");
	expect_number(m.via_count, 3);
	expect_literal(m.via.sent_by.name, "2001:db8::9:1");
	expect_number(m.via.sent_by.port, 6050);
}

/* 4.8: the same in a description: each medium its own family. */
Test(sip_torture_ipv6, media_of_both_families)
{
	struct sip_message m = parsed(INVITE_BEGIN
	    "v=0\r\no=bob 280744730 28977631 IN IP4 host.example.com\r\ns=\r\nt=0 0\r\n"
	    "m=audio 22334 RTP/AVP 0\r\nc=IN IP4 192.0.2.1\r\n"
	    "m=video 6024 RTP/AVP 107\r\nc=IN IP6 2001:db8::1\r\na=rtpmap:107 H263-1998/90000\r\n");
	struct bytes body;
	struct sdp sdp;

	cr_assert(sip_body_find(&m, TEXT("application/sdp"), &body));
	expect_result(sdp_parse(&sdp, body), "ok");
	expect_defects(&sdp.defects, "");
	expect_text(sdp.origin, "host.example.com");
	expect_literal(sdp.media[0].connection, "192.0.2.1");
	expect_literal(sdp.media[1].connection, "2001:db8::1");
}

/* 4.9: IPv4-mapped addresses; they are those of IPv4. */
Test(sip_torture_ipv6, mapped_addresses)
{
	struct sip_message m =
	    parsed("INVITE sip:user@example.com SIP/2.0\r\nTo: sip:user@example.com\r\n"
		   "From: sip:user@east.example.com;tag=81x2\r\n"
		   "Via: SIP/2.0/UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19\r\n"
		   "Via: SIP/2.0/UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111\r\n"
		   "Call-ID: SSG9559905523997077@hlau_4100\r\n"
		   "Contact: \"T. desk phone\" <sip:ted@[::ffff:192.0.2.2]>\r\n"
		   "CSeq: 612 INVITE\r\nContent-Type: application/sdp\r\n\r\n"
		   "v=0\r\no=assistant 971731711378798081 0 IN IP6 ::ffff:192.0.2.2\r\ns=-\r\n"
		   "c=IN IP6 ::ffff:192.0.2.2\r\nt=0 0\r\nm=audio 6000 RTP/AVP 2\r\n");
	struct bytes body;
	struct sdp sdp;
	struct sip_uri uri;

	expect_defects(&m.defects, "");
	expect_literal(m.via.sent_by.name, "192.0.2.10");
	expect_number(m.via.sent_by.port, 19823);
	expect_result(sip_uri_parse(&uri, m.contacts[0].uri), "ok");
	expect_literal(uri.host.name, "192.0.2.2");
	cr_assert(sip_body_find(&m, TEXT("application/sdp"), &body));
	expect_result(sdp_parse(&sdp, body), "ok");
	expect_literal(sdp.media[0].connection, "192.0.2.2");
}

/*
 * 4.10: the grammar of RFC 3261 allowed three colons. Implementations should take them for two;
 * here the message is used, and the host is no address of which anything would be said.
 */
Test(sip_torture_ipv6, three_colons)
{
	struct sip_message m = parsed(REGISTER_TO("sip:user@[2001:db8:::192.0.2.1]"));
	struct address address;

	expect_defects(&m.defects, "");
	expect_text(m.target.host.name, "[2001:db8:::192.0.2.1]");
	cr_expect_not(address_parse(&address, m.target.host.name));
	m = parsed(REGISTER_TO("sip:user@[2001:db8::192.0.2.1]"));
	expect_defects(&m.defects, "");
	expect_literal(m.target.host.name, "2001:db8::c000:201");
}
