/* SPDX-License-Identifier: Apache-2.0 */
/* malformed-sip: what can be lived with, whoever cannot be blamed, and then what breaks calls. */
#include "story.h"

TestSuite(not_malformed, .fini = scratch_remove, .timeout = 60);
TestSuite(malformed, .fini = scratch_remove, .timeout = 60);

/* Registered, and so no scanner; then an INVITE that is refused. */
static struct story refused(const char *status)
{
	struct story s = story();
	char sdp[512];

	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	s.call_id = "refused";
	story_request(&s, 1, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 1.1, status, "INVITE", 1, NULL);
	return s;
}

static void expect_nothing(struct story *s)
{
	json_t *report = story_report(s);

	no_finding(report);
	story_finish(s, report);
}

/* --- not --- */

Test(not_malformed, sound_and_refused)
{
	struct story s = refused("400 Bad Request");

	expect_nothing(&s);
}

/* Blemishes that everybody reads over. */
Test(not_malformed, cosmetic)
{
	struct story s = refused("400 Bad Request");

	story_rewrite(
	    &s.lan, "<sip:100@192.168.1.10:5060>", "Phone, one <sip:100@192.168.1.10:5060>");
	story_rewrite(&s.lan, "Max-Forwards: 70", "Max-Forwards: many");
	story_rewrite(&s.lan, "s=-\r\n", "=-=\r\n");
	expect_nothing(&s);
}

/* Whoever never registered and never had a call answered may be anybody. */
Test(not_malformed, scanner)
{
	struct story s = story();
	char sdp[512];

	story_request(&s, 0, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(&s, 0.1, "400 Bad Request", "INVITE", 1, NULL);
	story_rewrite(&s.lan, "CSeq: 1 INVITE\r\nContact", "CSeq: 1 REGISTER\r\nContact");
	expect_nothing(&s);
}

Test(not_malformed, scanner_by_name)
{
	struct story s = refused("400 Bad Request");
	json_t *report;

	story_rewrite(&s.lan, "StoryPhone/1.0", "friendly-scanner");
	story_rewrite(&s.lan, "c=IN IP4 192.168.1.10", "c=IN-IP4-192.168.1.10");
	report = story_report(&s);
	cr_assert_null(finding_of_code(report, "malformed-sip"));
	story_finish(&s, report);
}

/* What one hands on, another wrote. */
Test(not_malformed, proxy)
{
	struct story s = refused("400 Bad Request");

	story_rewrite(&s.lan, "c=IN IP4 192.168.1.10", "c=IN-IP4-192.168.1.10");
	story_rewrite(&s.lan, "Via: ", "Via: SIP/2.0/UDP 192.168.1.2;branch=z9hG4bK-p\r\nVia: ");
	expect_nothing(&s);
}

/* --- is --- */

static void expect_malformed(const char *was, const char *is, const char *name)
{
	struct story s = refused("400 Bad Request");
	const json_t *f;
	json_t *report;

	story_rewrite(&s.lan, was, is);
	report = story_report(&s);
	f = only_finding(report, "malformed-sip");
	cr_expect_str_eq(text_at(f, "severity"), "warning");
	cr_expect_str_eq(text_at(f, "endpoints.0"), story_phone);
	cr_expect_eq(number_at(f, "evidence.0.frame"), 3);
	cr_expect_not_null(strstr(text_at(f, "evidence.0.text"), name), "%s: %s", name,
	    text_at(f, "evidence.0.text"));
	cr_expect_not_null(strstr(text_at(f, "evidence.1.text"), "400 to INVITE"));
	cr_expect_not_null(strstr(text_at(f, "summary"), "StoryPhone/1.0"));
	cr_expect_geq(length_at(f, "against"), 1);
	story_finish(&s, report);
}

Test(malformed, what_receivers_cannot_use)
{
	expect_malformed("c=IN IP4 192.168.1.10", "c=IN-IP4-192.168.1.10", "sdp_connection");
	expect_malformed("m=audio 16384", "m=audio 1638x", "sdp_media");
	expect_malformed("Content-Length: 1", "Content-Length: 91", "sip_body_short");
	expect_malformed("CSeq: 1 INVITE\r\nContact: <sip:100", "CSeq: 1 INFO\r\nContact: <sip:100",
	    "sip_cseq_method");
}

/* Where the peer puts up with it, it is told and not warned of. */
Test(malformed, put_up_with)
{
	struct story s = story_two_way();
	const json_t *f;
	json_t *report;

	story_rewrite(
	    &s.lan, "c=IN IP4 192.168.1.10\r\n", "c=IN IP4 192.168.1.10\r\nc=192.168.1.10\r\n");
	report = story_report(&s);
	f = only_finding(report, "malformed-sip");
	cr_expect_str_eq(text_at(f, "severity"), "info");
	story_finish(&s, report);
}

/* Sound on the LAN and broken on the WAN: that is the router's doing. */
Test(malformed, by_the_router)
{
	struct story s = refused("400 Bad Request");
	struct gen_router r = {.inside = story_phone, .outside = story_outside};
	struct gen_script wan = {0};
	const char *lan_path;
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(&wan, "Content-Length: 1", "Content-Length: 91");
	lan_path = story_write(&s.lan, "lan.pcap");
	report =
	    report_of("--vantage lan=%s --vantage wan=%s", lan_path, story_write(&wan, "wan.pcap"));
	only_finding(report, "sip-alg");
	gen_script_free(&wan);
	story_finish(&s, report);
}
