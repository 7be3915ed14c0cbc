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

static const struct {
	const char *name, *result, *defects;
} messages[] = {
    /* 3.1.1, valid messages */
    {"wsinv", "ok", ""},
    {"intmeth", "ok", ""},
    {"esc01", "ok", ""},
    {"escnull", "ok", ""},
    {"esc02", "ok", ""},
    {"lwsdisp", "ok", ""},
    {"longreq", "ok", ""},
    {"dblreq", "ok", ""},
    {"semiuri", "ok", ""},
    {"transports", "ok", ""},
    {"mpart01", "ok", ""},
    {"unreason", "ok", ""},
    {"noreason", "ok", ""},
    /* 3.1.2, invalid messages */
    {"badinv01", "ok", "sip_parameter, sip_parameter"},
    {"clerr", "ok", "sip_body_short"},
    {"ncl", "ok", "sip_content_length"},
    {"scalar02", "sip_cseq", ""},
    {"scalarlg", "sip_cseq", ""},
    {"quotbal", "ok", "sip_address"},
    {"ltgtruri", "ok", "sip_uri"},
    {"lwsruri", "ok", "sip_start_blanks"},
    {"lwsstart", "ok", "sip_start_blanks"},
    {"trws", "ok", "sip_start_blanks"},
    {"escruri", "ok", "sip_uri"},
    {"baddate", "ok", "sip_header_value"},
    {"regbadct", "ok", "sip_name_addr"},
    {"badaspec", "ok", "sip_name_addr"},
    {"baddn", "ok", "sip_name_addr, sip_name_addr, sip_unterminated"},
    {"badvers", "sip_start_line", ""},
    {"mismatch01", "ok", "sip_cseq_method"},
    {"mismatch02", "ok", "sip_cseq_method"},
    {"bigcode", "sip_status_code", ""},
    /* 3.2, transaction layer semantics */
    {"badbranch", "ok", ""},
    /* 3.3, application layer semantics */
    {"insuf", "sip_no_call_id", ""},
    {"unkscm", "ok", ""},
    {"novelsc", "ok", ""},
    {"unksm2", "ok", ""},
    {"bext01", "ok", ""},
    {"invut", "ok", ""},
    {"regaut01", "ok", ""},
    {"multi01", "ok",
	"sip_duplicate_header, sip_duplicate_header, sip_duplicate_header, sip_duplicate_header, "
	"sip_duplicate_header"},
    {"mcl01", "ok", "sip_duplicate_header"},
    {"bcast", "ok", ""},
    {"zeromf", "ok", ""},
    {"cparam01", "ok", ""},
    {"cparam02", "ok", ""},
    {"regescrt", "ok", ""},
    {"sdp01", "ok", ""},
    /* 3.4, backward compatibility */
    {"inv2543", "ok", ""},
    /* in the archive, in no section */
    {"test", "sip_start_line", ""},
};

Test(sip_torture, results_and_defects)
{
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++) {
		struct bytes in = torture(messages[i].name);
		struct sip_message m;
		char list[512];

		cr_expect_str_eq(dissect_result_name(sip_parse(&m, in)), messages[i].result, "%s",
		    messages[i].name);
		if (strcmp(messages[i].result, "ok") == 0) {
			defects_list(&m.defects, list);
			cr_expect_str_eq(
			    list, messages[i].defects, "%s: \"%s\"", messages[i].name, list);
		}
		/* A malformed status code is SIP all the same, and a header amiss is no start line.
		 */
		cr_expect_eq(sip_shape(in), strcmp(messages[i].result, "sip_start_line") != 0, "%s",
		    messages[i].name);
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

/* 3.3.12 and 3.3.13: whose parameter it is decides about the URI. */
Test(sip_torture, contact_parameters)
{
	expect_text(parsed("cparam01").contacts[0].uri, "sip:+19725552222@gw1.example.net");
	expect_text(
	    parsed("cparam02").contacts[0].uri, "sip:+19725552222@gw1.example.net;unknownparam");
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
