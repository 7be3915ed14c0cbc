/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The torture messages of RFC 4475, octet by octet as its archive holds them.
 *
 * A passive observer has other duties than a server: what a server must refuse may still say
 * where its sender thinks that it is. So most messages that the RFC calls invalid are read, and
 * only what cannot be understood is refused or said to be a defect.
 */
#include "data.h"
#include "expect.h"
#include "guarded.h"
#include "sdp.h"
#include "sip.h"
#include "within.h"

static struct bytes torture(const char *name)
{
	static char octets[8192];
	char path[256];
	size_t length;
	FILE *file;

	(void)snprintf(path, sizeof(path),
	    "corpora/torture_rfc4475_rfc5118/crates/sipx-testkit/corpus/rfc4475/%s.dat", name);
	file = fopen(data_path(path), "rb");
	cr_assert(file, "%s", path);
	length = fread(octets, 1, sizeof(octets), file);
	(void)fclose(file);
	cr_assert(length > 0 && length < sizeof(octets), "%s", path);
	return guarded(octets, length);
}

static struct sip_message parsed(const char *name)
{
	struct bytes in = torture(name);
	struct sip_message m;

	cr_expect(sip_shape(in), "%s", name);
	cr_assert_eq(sip_parse(&m, in), DISSECT_OK, "%s", name);
	cr_expect(sip_message_within(in, &m), "%s", name);
	return m;
}

static bool sip_has_sdp(const struct sip_message *m)
{
	struct bytes body;

	return sip_body_find(m, TEXT("application/sdp"), &body);
}

struct torture_message {
	const char *name, *result, *defects;
	const char *method; /* or status */
	unsigned cseq, vias, contacts, body;
};

/* With each message what the RFC asks of a server, and what is found in it here. */
static const struct torture_message messages[] = {
    /* --- 3.1.1, valid messages --- */
    /* short and folded forms, blanks wherever they may stand */
    {"wsinv", "ok", "", "INVITE", 9, 3, 1, 150},
    /* every character that a method may have */
    {"intmeth", "ok", "", "!interesting-Method0123456789_*+`.%indeed'~", 139122385, 1, 0, 0},
    /* valid escapes */
    {"esc01", "ok", "", "INVITE", 234234, 1, 1, 150},
    /* valid: NULs, escaped */
    {"escnull", "ok", "", "REGISTER", 14398234, 1, 2, 0},
    /* an escape in a method is none */
    {"esc02", "ok", "", "RE%47IST%45R", 29344, 1, 2, 0},
    /* no blank between display name and bracket */
    {"lwsdisp", "ok", "", "OPTIONS", 60, 1, 0, 0},
    /* 34 Vias, names in any case */
    {"longreq", "ok", "", "INVITE", 3882340, 34, 1, 150},
    /* a second message behind the first */
    {"dblreq", "ok", "", "REGISTER", 8, 1, 1, 0},
    /* a semicolon in the user */
    {"semiuri", "ok", "", "OPTIONS", 8, 1, 0, 0},
    /* known and unknown transports */
    {"transports", "ok", "", "OPTIONS", 60, 5, 0, 0},
    /* a binary part */
    {"mpart01", "ok", "", "MESSAGE", 1, 1, 1, 553},
    /* UTF-8 */
    {"unreason", "ok", "", "200", 35, 1, 1, 154},
    /* an empty reason phrase */
    {"noreason", "ok", "", "100", 35, 1, 1, 0},
    /* --- 3.1.2, invalid messages --- */
    /* 400, or parse what can be */
    {"badinv01", "ok", "sip_parameter, sip_parameter", "INVITE", 8, 2, 1, 152},
    /* 400: over a datagram the body is short */
    {"clerr", "ok", "sip_body_short", "INVITE", 8, 1, 1, 154},
    /* 400: length is negative */
    {"ncl", "ok", "sip_content_length", "INVITE", 0, 1, 1, 152},
    /* 400: numbers out of range */
    {"scalar02", "sip_cseq", "", "", 0, 0, 0, 0},
    /* to be discarded */
    {"scalarlg", "sip_cseq", "", "", 0, 0, 0, 0},
    /* 400: the quote is never closed */
    {"quotbal", "ok", "sip_address", "INVITE", 8, 1, 1, 152},
    /* 400, or ignore the brackets */
    {"ltgtruri", "ok", "sip_uri", "INVITE", 1, 1, 1, 159},
    /* 400, or ignore what is behind the blank */
    {"lwsruri", "ok", "sip_start_blanks", "INVITE", 2130706432, 1, 1, 159},
    /* 400, or take them for one blank */
    {"lwsstart", "ok", "sip_start_blanks", "INVITE", 1893884, 1, 1, 150},
    /* 400, or ignore the blanks */
    {"trws", "ok", "sip_start_blanks", "OPTIONS", 238923, 1, 0, 0},
    /* 400, or drop the header from the URI */
    {"escruri", "ok", "sip_uri", "INVITE", 149209342, 1, 1, 150},
    /* 400, or ignore the Date */
    {"baddate", "ok", "sip_header_value", "INVITE", 1392934, 1, 1, 150},
    /* 400: a URI with headers needs brackets */
    {"regbadct", "ok", "sip_name_addr", "REGISTER", 1, 1, 1, 0},
    /* 400, or ignore the blanks */
    {"badaspec", "ok", "sip_name_addr", "OPTIONS", 3923239, 1, 0, 0},
    /* 400, or take the names as if quoted */
    {"baddn", "ok", "sip_name_addr, sip_name_addr, sip_unterminated", "OPTIONS", 3923239, 1, 0, 0},
    /* 505: SIP/7.0 */
    {"badvers", "sip_start_line", "", "", 0, 0, 0, 0},
    /* 400 */
    {"mismatch01", "ok", "sip_cseq_method", "OPTIONS", 8, 1, 0, 0},
    /* 400, or 501 */
    {"mismatch02", "ok", "sip_cseq_method", "NEWMETHOD", 8, 1, 1, 138},
    /* to be discarded */
    {"bigcode", "sip_status_code", "", "", 0, 0, 0, 0},
    /* --- 3.2, transaction layer semantics --- */
    /* valid by the grammar: the magic cookie and nothing behind */
    {"badbranch", "ok", "", "OPTIONS", 8, 1, 0, 0},
    /* --- 3.3, application layer semantics --- */
    /* 400: Call-ID, From and To are missing */
    {"insuf", "sip_no_call_id", "", "", 0, 0, 0, 0},
    /* valid; 416 */
    {"unkscm", "ok", "", "OPTIONS", 3923423, 1, 0, 0},
    /* valid; 416 */
    {"novelsc", "ok", "", "OPTIONS", 3923423, 1, 0, 0},
    /* valid: To and From may be any URI */
    {"unksm2", "ok", "", "REGISTER", 234902, 1, 1, 0},
    /* valid; 420 */
    {"bext01", "ok", "", "OPTIONS", 8, 1, 0, 0},
    /* valid; 415 */
    {"invut", "ok", "", "INVITE", 235448, 1, 1, 40},
    /* valid; 401 */
    {"regaut01", "ok", "", "REGISTER", 9338, 1, 0, 0},
    /* 400 */
    {"multi01", "ok",
	"sip_duplicate_header, sip_duplicate_header, sip_duplicate_header, sip_duplicate_header, "
	"sip_duplicate_header",
	"INVITE", 5, 1, 2, 154},
    /* 400 */
    {"mcl01", "ok", "sip_duplicate_header", "OPTIONS", 15932, 1, 0, 13},
    /* valid; of a response by broadcast nobody is told */
    {"bcast", "ok", "", "200", 35, 2, 1, 154},
    /* valid; 483, or an answer */
    {"zeromf", "ok", "", "OPTIONS", 39234321, 1, 0, 0},
    /* valid: the parameter is that of the header */
    {"cparam01", "ok", "", "REGISTER", 2, 1, 1, 0},
    /* valid: the parameter is that of the URI */
    {"cparam02", "ok", "", "REGISTER", 3, 1, 1, 0},
    /* valid: a header in the URI of a Contact */
    {"regescrt", "ok", "", "REGISTER", 14398234, 1, 1, 0},
    /* valid; 406, for its Accept */
    {"sdp01", "ok", "", "INVITE", 8, 1, 1, 150},
    /* --- 3.4, backward compatibility --- */
    /* valid by RFC 2543 */
    {"inv2543", "ok", "", "INVITE", 56, 1, 0, 105},
    /* --- in the archive, in no section --- */
    /* a message of another protocol */
    {"test", "sip_start_line", "", "", 0, 0, 0, 0},
};

static void values_check(const struct torture_message *wanted, const struct sip_message *m)
{
	char list[512], method[64];

	defects_list(&m->defects, list);
	cr_expect_str_eq(list, wanted->defects, "%s: \"%s\"", wanted->name, list);
	if (m->request) {
		(void)snprintf(
		    method, sizeof(method), "%.*s", (int)m->method_text.length, m->method_text.at);
	} else {
		(void)snprintf(method, sizeof(method), "%u", m->status);
	}
	cr_expect_str_eq(method, wanted->method, "%s: \"%s\"", wanted->name, method);
	cr_expect_eq(m->cseq, wanted->cseq, "%s: CSeq %u", wanted->name, m->cseq);
	cr_expect_eq(m->via_count, wanted->vias, "%s: %u Vias", wanted->name, m->via_count);
	cr_expect_eq(
	    m->contact_count, wanted->contacts, "%s: %u Contacts", wanted->name, m->contact_count);
	cr_expect_eq(bytes_left(&m->body), wanted->body, "%s: %zu octets", wanted->name,
	    bytes_left(&m->body));
}

Test(sip_torture, results_and_values)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		const struct torture_message *wanted = &messages[i];
		struct bytes in = torture(wanted->name);
		struct sip_message m;
		enum dissect_result result = sip_parse(&m, in);

		cr_expect_str_eq(dissect_result_name(result), wanted->result, "%s", wanted->name);
		if (result == DISSECT_OK) {
			values_check(wanted, &m);
		}
		/* A malformed status code is SIP all the same; a header amiss is no start line. */
		cr_expect_eq(sip_shape(in), strcmp(wanted->result, "sip_start_line") != 0, "%s",
		    wanted->name);
	}
}

Test(sip_torture, every_truncation)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct bytes whole = torture(messages[i].name);
		struct octets_copy {
			size_t length;
			uint8_t at[8192];
		} copy = {bytes_left(&whole), {0}};

		memcpy(copy.at, whole.at, copy.length);
		for (size_t n = 0; n < copy.length; n++) {
			struct bytes in = guarded(copy.at, n);
			struct sip_message m;
			struct sdp sdp;

			if (sip_parse(&m, in) != DISSECT_OK) {
				continue;
			}
			cr_expect(
			    sip_message_within(in, &m), "%s, %zu octets", messages[i].name, n);
			if (sip_has_sdp(&m) && sdp_parse(&sdp, m.body) == DISSECT_OK) {
				cr_expect(sdp_within(m.body, &sdp), "%s, %zu octets",
				    messages[i].name, n);
			}
		}
	}
}

/* 3.1.1.1 */
Test(sip_torture, wsinv)
{
	struct sip_message m = parsed("wsinv");
	struct sdp sdp;

	expect_text(m.request_uri, "sip:vivekg@chair-dnrc.example.com;unknownparam");
	expect_text(m.to.uri, "sip:vivekg@chair-dnrc.example.com");
	expect_text(m.to.tag, "1918181833n");
	expect_text(m.from.display, "J Rosenberg \\\\\\\"");
	expect_text(m.from.tag, "98asjd8");
	expect_number(m.cseq, 9);
	expect_number(m.via_count, 3);
	expect_text(m.via.sent_by.name, "192.0.2.2");
	expect_text(m.via.branch, "390skdjuw");
	expect_number(m.contact_count, 1);
	expect_text(m.contacts[0].display, "Quoted string \\\"\\\"");
	expect_text(m.contacts[0].uri, "sip:jdrosen@example.com");
	cr_assert(sip_has_sdp(&m));
	expect_result(sdp_parse(&sdp, m.body), "ok");
	expect_text(sdp.origin, "192.0.2.3");
	expect_text(sdp.connection, "192.0.2.4");
	expect_number(sdp.media_count, 2);
	expect_defects(&sdp.defects, "sdp_rtpmap"); /* "31 LPC" has no clock rate */
}

/* 3.1.1.3 to 3.1.1.5: escapes are kept as written, and names are not unescaped. */
Test(sip_torture, escapes)
{
	struct sip_message m = parsed("esc01");

	expect_text(m.request_uri, "sip:sips%3Auser%40example.com@example.net");
	expect_text(
	    m.contacts[0].uri, "sip:cal%6Cer@host5.example.net;%6C%72;n%61me=v%61lue%25%34%31");
	m = parsed("escnull");
	expect_number(m.contact_count, 2);
	expect_text(m.contacts[1].uri, "sip:%00%00@host5.example.com");
	m = parsed("esc02");
	expect_text(m.method_text, "RE%47IST%45R");
	expect_number(m.method, SIP_METHOD_OTHER);
	expect_number(m.contact_count, 2);
	expect_text(m.contacts[1].uri, "sip:alias3@host3.example.com");
}

/* 3.1.1.6 */
Test(sip_torture, lwsdisp)
{
	expect_text(parsed("lwsdisp").from.display, "caller");
}

/* 3.1.1.7: names of Via in every case, with and without blanks. */
Test(sip_torture, longreq)
{
	struct sip_message m = parsed("longreq");

	expect_number(m.via_count, 34);
	expect_text(m.via.sent_by.name, "sip33.example.com");
	expect_text(m.via.transport, "TCP");
	cr_expect(sip_has_sdp(&m));
}

/* 3.1.1.2 */
Test(sip_torture, intmeth)
{
	struct sip_message m = parsed("intmeth");
	struct sip_uri uri;

	expect_number(m.method, SIP_METHOD_OTHER);
	expect_text(m.method_text, "!interesting-Method0123456789_*+`.%indeed'~");
	expect_text(m.target.user, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
	expect_text(m.target.host.name, "example.com");
	expect_result(sip_uri_parse(&uri, m.to.uri), "ok");
	cr_expect(text_equal(m.to.display, TEXT("BEL:\\\x07 NUL:\\\0 DEL:\\\x7f")));
	expect_text(m.from.tag, "_token~1'+`*%!-.");
}

/* 3.1.1.8: a second message behind the first one's Content-Length is none of its body. */
Test(sip_torture, dblreq)
{
	struct sip_message m = parsed("dblreq");

	expect_number(m.method, SIP_REGISTER);
	expect_text(m.call_id, "dblreq.0ha0isndaksdj99sdfafnl3lk233412");
	expect_number(bytes_left(&m.body), 0);
}

/* 3.1.1.9 */
Test(sip_torture, semiuri)
{
	struct sip_message m = parsed("semiuri");
	struct sip_uri uri;

	expect_result(sip_uri_parse(&uri, m.request_uri), "ok");
	expect_text(uri.user, "user;par=u%40example.net");
	expect_text(uri.host.name, "example.com");
}

/* 3.1.1.10 */
Test(sip_torture, transports)
{
	struct sip_message m = parsed("transports");

	expect_number(m.via_count, 5);
	expect_text(m.via.sent_by.name, "t1.example.com");
}

/* 3.1.1.11: a binary body with a NUL in it. */
Test(sip_torture, mpart01)
{
	struct sip_message m = parsed("mpart01");

	expect_number(m.method, SIP_MESSAGE);
	expect_number(bytes_left(&m.body), 553);
	cr_expect(m.via.rport_asked);
	expect_text(m.routing.route, "sip:127.0.0.1:5080");
	expect_number(m.part_count, 2);
	expect_text(m.parts[0].type, "text/plain");
	cr_expect(text_equal(((struct text){(const char *)m.parts[0].body.at, 5}), TEXT("Hello")));
	expect_text(m.parts[1].type, "application/octet-stream");
	cr_expect_not(m.body_encoded);
	expect_text(m.user_agent, "SIPimp.org/0.2.5 (curses)");
	cr_expect_not(sip_has_sdp(&m));
}

/* 3.1.1.12 and 3.1.1.13 */
Test(sip_torture, reasons)
{
	struct sip_message m = parsed("unreason");

	expect_number(m.status, 200);
	cr_expect(text_starts(m.reason, TEXT("= 2**3 * 5**2 \xd0\xbd\xd0\xbe")));
	m = parsed("noreason");
	expect_number(m.status, 100);
	expect_text(m.reason, "");
}

/* 3.1.2.6: a display that is never closed leaves no address to rely on. */
Test(sip_torture, quotbal)
{
	struct sip_message m = parsed("quotbal");

	expect_text(m.to.uri, "");
	expect_text(m.from.uri, "sip:caller@example.net");
}

/* 3.1.2.8 to 3.1.2.10 */
Test(sip_torture, blanks_in_the_start_line)
{
	expect_text(parsed("lwsstart").request_uri, "sip:user@example.com");
	expect_text(parsed("trws").request_uri, "sip:remote-target@example.com");
	expect_text(parsed("lwsruri").request_uri, "sip:user@example.com; lr");
}

/* 3.1.2.14 and 3.1.2.15 */
Test(sip_torture, names_and_addresses)
{
	struct sip_message m = parsed("badaspec");

	expect_text(m.to.uri, "sip:t.watson@example.org");
	expect_text(m.from.display, "Bell, Alexander");
	m = parsed("baddn");
	expect_text(m.from.uri, "sip:a.g.bell@example.com");
	expect_text(m.from.tag, "43");
}

/* 3.3.8 and 3.3.9: of several the first. */
Test(sip_torture, repeated_headers)
{
	struct sip_message m = parsed("multi01");

	expect_text(m.call_id, "multi01.98asdh@192.0.2.1");
	expect_number(m.cseq, 5);
	expect_text(m.from.tag, "3413415");
	expect_number(m.contact_count, 2);
	m = parsed("mcl01");
	expect_number(bytes_left(&m.body), 13);
}

/* 3.3.2 to 3.3.4: schemes that nobody knows. */
Test(sip_torture, schemes)
{
	struct sip_message m = parsed("unkscm");

	expect_text(m.target.scheme, "nobodyKnowsThisScheme");
	expect_text(m.target.opaque, "totallyopaquecontent");
	expect_text(parsed("novelsc").target.scheme, "soap.beep");
	m = parsed("unksm2");
	expect_text(m.to.uri, "isbn:2983792873");
	expect_text(m.from.uri, "http://www.example.com");
	expect_text(m.contacts[0].uri, "name:John_Smith");
}

/* 3.3.5, 3.3.7, 3.3.11 */
Test(sip_torture, extensions)
{
	struct sip_message m = parsed("bext01");

	expect_number(m.required, SIP_OPTION_OTHER);
	m = parsed("regaut01");
	cr_expect(m.authentication.authorized);
	expect_text(m.authentication.credentials, "NoOneKnowsThisScheme opaque-data=here");
	m = parsed("zeromf");
	cr_expect(m.routing.max_forwards.given);
	expect_number(m.routing.max_forwards.value, 0);
}

/* 3.3.12 and 3.3.13: whose parameter it is decides about the URI. */
Test(sip_torture, contact_parameters)
{
	expect_text(parsed("cparam01").contacts[0].uri, "sip:+19725552222@gw1.example.net");
	expect_text(
	    parsed("cparam02").contacts[0].uri, "sip:+19725552222@gw1.example.net;unknownparam");
	expect_text(parsed("cparam01").contacts[0].parameters, "unknownparam");
	expect_text(parsed("cparam02").contacts[0].parameters, "");
	expect_text(parsed("regescrt").contacts[0].uri,
	    "sip:user@example.com?Route=%3Csip:sip.example.com%3E");
}

/* 3.4.1: no branch, no tag, no Content-Length. */
Test(sip_torture, inv2543)
{
	struct sip_message m = parsed("inv2543");
	struct sdp sdp;

	expect_text(m.via.sent_by.name, "iftgw.example.com");
	expect_text(m.via.branch, "");
	expect_text(m.from.tag, "");
	expect_text(m.to.uri, "sip:+16505552222@ss1.example.net");
	expect_result(sdp_parse(&sdp, m.body), "ok");
	expect_number(sdp.media_count, 1);
	expect_number(sdp.media[0].port, 49217);
}
