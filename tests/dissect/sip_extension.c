/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_extension.h"

#include "append.h"
#include "expect.h"
#include "guarded.h"
#include "within.h"

#define BEGIN                                                                    \
	"OPTIONS sip:carol@chicago.com SIP/2.0\r\n"                              \
	"Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKhjhs8ass877\r\n"               \
	"From: <sip:alice@atlanta.com>;tag=1\r\nTo: <sip:carol@chicago.com>\r\n" \
	"Call-ID: a84b4c76e66710\r\nCSeq: 1 OPTIONS\r\n"

/* A message with these headers more; what is returned holds until the next one. */
static struct sip_message with(const char *headers, const char *defects)
{
	char text[8192] = BEGIN;
	struct sip_message m;
	struct bytes in;

	append(text, sizeof(text), "%s\r\n", headers);
	in = guarded(text, strlen(text));
	cr_assert_eq(sip_parse(&m, in), DISSECT_OK, "%s", headers);
	cr_expect(sip_message_within(in, &m), "%s", headers);
	expect_defects(&m.defects, defects);
	return m;
}

#define expect_given(found, wanted)                     \
	do {                                            \
		struct sip_number number_ = (found);    \
		cr_expect(number_.given, "%s", #found); \
		expect_number(number_.value, (wanted)); \
	} while (0)

/* RFC 3261 20.22, 20.30, 20.34 */
Test(sip_extension, routing)
{
	struct sip_message m = with(
	    "Max-Forwards: 70\r\nRoute: <sip:p1.example.com;lr>,\r\n <sip:p2.example.com;lr>\r\n"
	    "Route: <sip:p3.example.com>\r\nRecord-Route: <sip:r1.example.com;lr>\r\n",
	    "");

	expect_given(m.routing.max_forwards, 70);
	expect_number(m.routing.route_count, 3);
	expect_text(m.routing.route, "sip:p1.example.com;lr");
	expect_number(m.routing.record_route_count, 1);
	expect_text(m.routing.record_route, "sip:r1.example.com;lr");
}

/* Absent is not 0. */
Test(sip_extension, numbers_that_are_absent)
{
	struct sip_message m = with("", "");

	cr_expect_not(m.timers.expires.given);
	cr_expect_not(m.routing.max_forwards.given);
	cr_expect_not(m.cause.q850.given);
	m = with("Expires: 0\r\nMax-Forwards: 0\r\n", "");
	expect_given(m.timers.expires, 0);
	expect_given(m.routing.max_forwards, 0);
}

/* RFC 3261 20.19, 20.23, 20.33; RFC 4028 */
Test(sip_extension, timers)
{
	struct sip_message m =
	    with("Expires: 3600\r\nMin-Expires: 60\r\nx: 1800 ;refresher=uas\r\nMin-SE: 90;lr\r\n"
		 "Retry-After: 18000;duration=3600\r\n",
		"");

	expect_given(m.timers.expires, 3600);
	expect_given(m.timers.min_expires, 60);
	expect_given(m.timers.session_expires, 1800);
	expect_text(m.timers.refresher, "uas");
	expect_given(m.timers.min_se, 90);
	expect_given(m.timers.retry_after, 18000);
	expect_given(with("Retry-After: 120 (I'm in a meeting)\r\n", "").timers.retry_after, 120);
	expect_given(with("Retry-After: 5(soon)\r\n", "").timers.retry_after, 5);
	expect_text(with("Session-Expires: 4000\r\n", "").timers.refresher, "");
}

/* RFC 3326 section 2, and as gateways combine them. */
Test(sip_extension, reasons)
{
	struct sip_message m =
	    with("Reason: SIP ;cause=200 ;text=\"Call completed elsewhere\"\r\n", "");

	expect_given(m.cause.sip, 200);
	cr_expect_not(m.cause.q850.given);
	expect_text(m.cause.text, "Call completed elsewhere");
	m = with("Reason: Q.850;cause=16;text=\"Terminated, x;y\",sip;cause=487\r\n", "");
	expect_given(m.cause.q850, 16);
	expect_given(m.cause.sip, 487);
	expect_text(m.cause.text, "Terminated, x;y");
	m = with("Reason: preemption;cause=1\r\nReason: Q.850;cause=38\r\n", "");
	expect_given(m.cause.q850, 38);
	cr_expect_not(with("Reason: Q.850;cause=x\r\n", "").cause.q850.given);
}

/* RFC 3261 20.43 */
Test(sip_extension, warnings)
{
	struct sip_message m =
	    with("Warning: 307 isi.edu \"Session parameter 'foo' not understood\",\r\n"
		 " 301 isi.edu \"Incompatible network address type 'E.164'\"\r\n",
		"");

	expect_given(m.cause.warning, 307);
	expect_text(m.cause.warning_text, "Session parameter 'foo' not understood");
	with("Warning: 1812 overture \"In Progress\"\r\n", "sip_header_value");
	with("Warning: x\r\n", "sip_header_value");
}

/* RFC 6665 */
Test(sip_extension, events)
{
	struct sip_message m =
	    with("o: dialog;id=7\r\nSubscription-State: terminated;reason=timeout\r\n", "");

	expect_text(m.event.package, "dialog");
	expect_text(m.event.id, "7");
	expect_text(m.event.state, "terminated");
	expect_text(m.event.reason, "timeout");
	m = with("Event: vq-rtcpxr\r\nSubscription-State: active;expires=60\r\n", "");
	expect_text(m.event.package, "vq-rtcpxr");
	expect_given(m.event.expires, 60);
	with("Event:\r\nSubscription-State: ;x\r\n", "sip_header_value, sip_header_value");
}

/* RFC 3515, RFC 3891 section 6.1, RFC 3892 */
Test(sip_extension, transfers)
{
	struct sip_message m =
	    with("r: <sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D1>\r\n"
		 "b: <sip:referrer@example.com>;cid=\"20398823.2UWQFN309shb3@example.com\"\r\n"
		 "Replaces: 425928@bobster.example.org;to-tag=7743;from-tag=6472;early-only\r\n",
		"");

	expect_text(m.transfer.refer_to,
	    "sip:dave@denver.example.org?Replaces=12345%40192.168.118.3%3Bto-tag%3D1");
	expect_text(m.transfer.referred_by, "sip:referrer@example.com");
	expect_text(m.transfer.replaces.call_id, "425928@bobster.example.org");
	expect_text(m.transfer.replaces.to_tag, "7743");
	expect_text(m.transfer.replaces.from_tag, "6472");
	cr_expect(m.transfer.replaces.early_only);
	m = with(
	    "Replaces: 1@a;to-tag=1\r\nRefer-To: <>\r\n", "sip_header_value, sip_header_value");
	expect_text(m.transfer.replaces.call_id, "");
	expect_text(m.transfer.refer_to, "");
}

/* RFC 3262 section 7 */
Test(sip_extension, reliable_provisional_responses)
{
	struct sip_message m = with("RSeq: 988789\r\nRAck: 776656 1 INVITE\r\n", "");

	expect_given(m.reliability.rseq, 988789);
	expect_given(m.reliability.rack_rseq, 776656);
	expect_given(m.reliability.rack_cseq, 1);
	expect_text(m.reliability.rack_method, "INVITE");
	m = with("RAck: 1 INVITE\r\n", "sip_header_value");
	cr_expect_not(m.reliability.rack_rseq.given);
}

/* RFC 3261 20.32, 20.37 */
Test(sip_extension, options)
{
	struct sip_message m = with("k: 100rel, timer,outbound\r\nSupported: replaces\r\n"
				    "Require: 100rel\r\nSupported:\r\n",
	    "");

	expect_number(m.supported,
	    SIP_OPTION_100REL | SIP_OPTION_TIMER | SIP_OPTION_OUTBOUND | SIP_OPTION_REPLACES);
	expect_number(m.required, SIP_OPTION_100REL);
	expect_number(with("Require: x, y\r\n", "").required, SIP_OPTION_OTHER);
}

/* RFC 7989, RFC 7315 section 5.6, and headers that no RFC knows. */
Test(sip_extension, correlation)
{
	struct sip_message m =
	    with("Session-ID: ab30317f1a784dc48ff824d0d3715d86;"
		 "remote=47755a9de7794ba387653f2099600ef2\r\n"
		 "P-Charging-Vector: icid-value=\"1234bc9876e\";icid-generated-at=192.0.6.8\r\n"
		 "X-CID: first@a\r\nX-Call-ID: second@b\r\nX-Original-Call-ID:\r\n"
		 "X-Leg-3-CallID: third@c\r\nX-4-CID: 4\r\nX-5-CID: 5\r\n",
		"");

	expect_text(m.call_id, "a84b4c76e66710");
	expect_text(m.correlation.session_id, "ab30317f1a784dc48ff824d0d3715d86");
	expect_text(m.correlation.remote_session, "47755a9de7794ba387653f2099600ef2");
	expect_text(m.correlation.charging_id, "1234bc9876e");
	expect_number(m.correlation.call_id_count, SIP_OTHER_CALL_IDS_MAX);
	expect_text(m.correlation.call_ids[0], "first@a");
	expect_text(m.correlation.call_ids[1], "second@b");
	expect_text(m.correlation.call_ids[2], "third@c");
}

/* RFC 3325, RFC 5806, RFC 7044 */
Test(sip_extension, identities)
{
	struct sip_message m =
	    with("P-Asserted-Identity: \"Cullen, J.\" <sip:fluffy@cisco.com>, tel:+14085264000\r\n"
		 "P-Asserted-Identity: <sip:late@cisco.com>\r\n"
		 "P-Preferred-Identity: \"x\" <sip:fluffy@cisco.com>\r\n"
		 "Remote-Party-ID: <sip:7042@192.0.2.1>;party=calling;privacy=off\r\n"
		 "Diversion: <sip:bob@b.example>;reason=user-busy;counter=1,<sip:first@b>\r\n"
		 "History-Info: <sip:bob@b.example>;index=1\r\n",
		"");

	expect_text(m.identity.asserted, "sip:fluffy@cisco.com");
	expect_text(m.identity.preferred, "sip:fluffy@cisco.com");
	expect_text(m.identity.remote_party, "sip:7042@192.0.2.1");
	expect_text(m.identity.diverted_by, "sip:bob@b.example");
	expect_text(m.identity.diversion_reason, "user-busy");
	cr_expect(m.identity.has_history);
	cr_expect_not(with("", "").identity.has_history);
	expect_text(
	    with("Diversion: <sip:a@b>;reason=\"no-answer\"\r\n", "").identity.diversion_reason,
	    "no-answer");
	with("Diversion: <\r\nP-Asserted-Identity: ,\r\n", "sip_header_value, sip_header_value");
}

/* What a parameter of credentials or of a challenge says; "" where it is not there. */
static struct text of_auth(struct text value, const char *name)
{
	struct text found;

	cr_expect_eq(sip_auth_find(value, text_of(name), &found), found.at != NULL);
	return found;
}

/* RFC 3261 20.7, 20.27, 20.44; RFC 4475 3.3.7: a scheme that nobody knows is valid. */
Test(sip_extension, authentication)
{
	struct sip_message m =
	    with("Authorization: Digest username=\"bob, the b\", realm=\"biloxi.com\",\r\n"
		 " nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", uri=\"sip:bob@biloxi.com\"\r\n",
		"");

	cr_expect(m.authentication.authorized && m.authentication.challenge_count == 0);
	expect_text(of_auth(m.authentication.credentials, "username"), "bob, the b");
	expect_text(of_auth(m.authentication.credentials, "REALM"), "biloxi.com");
	m = with(
	    "Proxy-Authenticate: Digest realm=\"atlanta.com\", qop=\"auth\", stale=TRUE\r\n", "");
	cr_expect(m.authentication.challenge_count == 1 && !m.authentication.authorized);
	cr_expect(sip_is_stale(&m));
	expect_text(of_auth(m.authentication.challenges[0], "realm"), "atlanta.com");
	m = with("Authorization: NoOneKnowsThisScheme opaque-data=here\r\n", "");
	cr_expect(m.authentication.authorized && !sip_is_stale(&m));
	expect_text(of_auth(m.authentication.credentials, "username"), "");
	m = with("WWW-Authenticate: Digest stale=false\r\n", "");
	cr_expect_not(sip_is_stale(&m));
	with("Authorization:\r\n", "sip_header_value");
	with("WWW-Authenticate:\r\n", "sip_header_value");
}

/* Each scheme has a challenge of its own; the last one that says something about it counts. */
Test(sip_extension, many_challenges)
{
	struct sip_message m =
	    with("WWW-Authenticate: Digest algorithm=SHA-256, stale=true\r\n"
		 "WWW-Authenticate: Digest algorithm=MD5, stale=false, stale=\"true\"\r\n"
		 "WWW-Authenticate: Basic realm=x\r\n",
		"");

	expect_number(m.authentication.challenge_count, 3);
	cr_expect(sip_is_stale(&m));
	m = with(
	    "Proxy-Authenticate: Digest stale=true\r\nWWW-Authenticate: Digest stale=no\r\n"
	    "WWW-Authenticate: a b=1\r\nWWW-Authenticate: a b=2\r\nWWW-Authenticate: a b=3\r\n",
	    "");
	expect_number(m.authentication.challenge_count, SIP_CHALLENGES_MAX);
	cr_expect_not(sip_is_stale(&m));
	expect_text(m.authentication.challenges[SIP_CHALLENGES_MAX - 1], "a b=2");
}

/* RFC 3261 20.10, RFC 5626 section 4.1, RFC 5627 */
Test(sip_extension, contacts)
{
	struct sip_message m =
	    with("m: <sip:line1@192.0.2.2;transport=tcp;ob>; reg-id=1;q=0.7;expires=600;\r\n"
		 " +sip.instance=\"<urn:uuid:00000000-0000-1000-8000-000A95A0E128>\", "
		 "<sip:x@y>;expires=0\r\n",
		"");

	expect_number(m.contact_count, 2);
	expect_given(m.contacts[0].expires, 600);
	expect_given(m.contacts[0].reg_id, 1);
	expect_text(m.contacts[0].q, "0.7");
	expect_text(m.contacts[0].instance, "<urn:uuid:00000000-0000-1000-8000-000A95A0E128>");
	expect_given(m.contacts[1].expires, 0);
	expect_text(m.contacts[1].instance, "");
	m = with("Contact: <sip:a@b>;expires=280297596632815\r\n", "");
	cr_expect_not(m.contacts[0].expires.given);
}

Test(sip_extension, malformed_numbers)
{
	static const char *const malformed[] = {"Expires: \r\n", "Expires: x\r\n",
	    "Expires: -1\r\n", "Expires: 4294967296\r\n", "Expires: 1000000000000000000000\r\n",
	    "Expires: 60x\r\n", "Expires: Thu, 01 Dec 1994 16:00:00 GMT\r\n",
	    "Max-Forwards: 256\r\n", "Max-Forwards: 0x46\r\n",
	    "Session-Expires: ;refresher=uac\r\n", "Retry-After: 949302838503028349304023988\r\n",
	    "RSeq: 1,2\r\n", "Date: Fri, 01 Jan 2010 16:00:00 EST\r\n"};

	for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
		struct sip_message m = with(malformed[i], "sip_header_value");

		cr_expect_not(m.timers.expires.given);
		cr_expect_not(m.routing.max_forwards.given);
		expect_text(m.timers.refresher, "");
	}
	with("Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n", "");
}

/* Of what may stand once the first counts. */
Test(sip_extension, repeated_headers)
{
	struct sip_message m =
	    with("Expires: 1\r\nExpires: 2\r\nReplaces: 1@a;to-tag=1;from-tag=2\r\n"
		 "Replaces: 2@a;to-tag=1;from-tag=2\r\n",
		"sip_duplicate_header, sip_duplicate_header");

	expect_given(m.timers.expires, 1);
	expect_text(m.transfer.replaces.call_id, "1@a");
}

Test(sip_extension, every_truncation)
{
	static const char text[] =
	    BEGIN "Max-Forwards: 70\r\nRoute: <sip:p1;lr>,<sip:p2>\r\nx: 1800;refresher=uas\r\n"
		  "Reason: Q.850;cause=16;text=\"a\\\"b\"\r\nWarning: 307 isi.edu \"x\"\r\no: "
		  "dialog;id=7\r\n"
		  "Subscription-State: active;expires=60\r\nReplaces: 1@a;to-tag=1;from-tag=2\r\n"
		  "RAck: 776656 1 INVITE\r\nSession-ID: ab;remote=47\r\nX-CID: 1\r\n"
		  "P-Charging-Vector: icid-value=1\r\nDiversion: <sip:bob@b>;reason=x\r\n"
		  "Authorization: Digest username=\"b\", realm=\"r\"\r\nm: "
		  "<sip:a@b>;+sip.instance=\"<u>\"\r\n"
		  "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n\r\n";

	for (size_t n = 0; n < sizeof(text); n++) {
		struct bytes in = guarded(text, n);
		struct sip_message m;

		if (sip_parse(&m, in) == DISSECT_OK) {
			cr_expect(sip_message_within(in, &m), "%zu octets", n);
		}
	}
}
