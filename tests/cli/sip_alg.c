/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sip-alg by comparing two vantages: first what it is not (docs/detection.md), then what it is,
 * field by field.
 */
#include "registrant.h"

TestSuite(not_alg, .fini = scratch_remove, .timeout = 60);
TestSuite(alg, .fini = scratch_remove, .timeout = 60);

static struct gen_router router(unsigned rewrites)
{
	return (struct gen_router){
	    .inside = story_phone, .outside = story_outside, .rewrites = rewrites};
}

/* A sound call. */
static json_t *report_on(const struct gen_script *lan, const struct gen_script *wan)
{
	const char *lan_path = story_write(lan, "lan.pcap");

	return report_of(
	    "--vantage lan=%s --vantage wan=%s", lan_path, story_write(wan, "wan.pcap"));
}

static void finish(struct story *s, struct gen_script *wan, json_t *report)
{
	json_decref(report);
	gen_script_free(&s->lan);
	gen_script_free(wan);
}

/* --- not an ALG --- */

Test(not_alg, plain_nat)
{
	struct story s = story_two_way();
	struct gen_router r = router(0);
	json_t *report = story_report_both(&s, &r);

	no_finding(report);
	cr_expect_eq(length_at(report, "calls"), 1);
	gen_script_free(&s.lan);
	json_decref(report);
}

/* 5060 was taken at the router: the source port moves, the text does not. */
Test(not_alg, another_port_outside)
{
	struct story s = story_two_way();
	struct gen_router r = router(0);
	json_t *report;

	r.media_inside = 5060;
	r.media_outside = 40505;
	report = story_report_both(&s, &r);
	no_finding(report);
	gen_script_free(&s.lan);
	json_decref(report);
}

Test(not_alg, spelling)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(&wan, "Via: SIP/2.0/UDP ", "v:  SIP / 2.0 / UDP   ");
	story_rewrite(&wan, ";rport", " ;keep ;oc-algo=loss; rport");
	story_rewrite(&wan, "Contact: <sip:100@", "m:\r\n \"Phone, one\" <sip:100@");
	story_rewrite(&wan, "Max-Forwards: 70\r\n", "");
	report = report_on(&s.lan, &wan);
	no_finding(report);
	finish(&s, &wan, report);
}

/* RFC 5952: one address, written in another way. */
Test(not_alg, short_form_of_an_address)
{
	struct story s = story();
	struct gen_script wan = {0};

	s.phone = "2001:db8:1::10";
	s.call_id = "story-1";
	s.phone_address = "[2001:db8:1:0:0:0:0:10]";
	s.server = "2001:db8::5";
	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	for (size_t i = 0; i < s.lan.count; i++) {
		const struct gen_packet *p = &s.lan.packets[i];

		gen_raw(&wan, p->at_s, p->route, p->payload, p->length);
		wan.packets[i].sip = true;
		wan.packets[i].route.ttl--;
	}
	story_rewrite(&wan, "[2001:db8:1:0:0:0:0:10]:5060;branch", "[2001:db8:1::10]:5060;branch");
	story_rewrite(&wan, "100@[2001:db8:1:0:0:0:0:10]", "100@[2001:DB8:1::10]");
	{
		json_t *report = report_on(&s.lan, &wan);

		no_finding(report);
		finish(&s, &wan, report);
	}
}

/* A proxy sends on with a Via of its own on top, and sets what it likes below it. */
Test(not_alg, proxy)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(&wan, "Via: SIP/2.0/UDP 192.168.1.10:5060;branch=",
	    "Via: SIP/2.0/UDP 203.0.113.2:5060;branch=z9hG4bK-proxy-x\r\n"
	    "Via: SIP/2.0/UDP 192.168.1.10:5060;received=192.168.1.10;branch=");
	/* Each hop's branch is its own. */
	for (size_t i = 0; i < wan.count; i++) {
		if (wan.packets[i].sip) {
			char *x =
			    memmem(wan.packets[i].payload, wan.packets[i].length, "proxy-x", 7);

			x[6] = (char)('a' + (i % 20));
		}
	}
	story_rewrite(&wan, "c=IN IP4 192.168.1.10", "c=IN IP4 203.0.113.2");
	report = report_on(&s.lan, &wan);
	no_finding(report);
	finish(&s, &wan, report);
}

/* An SBC makes a call of its own: branch, Call-ID and tags. */
Test(not_alg, session_border_controller)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(GEN_REWRITE_ALL);
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(&wan, "branch=z9hG4bK-story", "branch=z9hG4bK-sbc");
	story_rewrite(&wan, "Call-ID: story-1", "Call-ID: sbc-1");
	story_rewrite(&wan, "tag=phone", "tag=sbc");
	report = report_on(&s.lan, &wan);
	no_finding(report);
	cr_expect_eq(length_at(report, "calls"), 2);
	finish(&s, &wan, report);
}

/* A UA with a configured external address says the same on both sides. */
Test(not_alg, configured_external_address)
{
	struct story s = story();
	struct gen_router r = router(0);
	json_t *report;

	s.phone_address = story_outside;
	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.02, 12);
	story_end(&s);
	report = story_report_both(&s, &r);
	no_finding(report);
	gen_script_free(&s.lan);
	json_decref(report);
}

/* A capture of headers only lacks the body; that is no rewrite. */
Test(not_alg, cut_messages)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	struct gen_file file;
	const char *lan = scratch("lan.pcap"), *wan_path;
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	wan_path = story_write(&wan, "wan.pcap");
	cr_assert(gen_open(&file, lan, GEN_PCAP_MICRO, GEN_ETHERNET, 300));
	for (size_t i = 0; i < s.lan.count; i++) {
		gen_udp(&file, 1767225600000000000LL + (int64_t)(s.lan.packets[i].at_s * 1e9),
		    &s.lan.packets[i].route, s.lan.packets[i].payload, s.lan.packets[i].length);
	}
	cr_assert(gen_close(&file));
	report = report_of("--vantage lan=%s --vantage wan=%s", lan, wan_path);
	no_finding(report);
	cr_expect_gt(number_at(report, "captures.0.snap_cut"), 5);
	finish(&s, &wan, report);
}

/* Two 183 with different descriptions, of which each side lost another one. */
Test(not_alg, variants_of_a_response)
{
	struct story s = story();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	char sdp[512];
	json_t *report;

	s.ended_s = 3;
	story_request(&s, 0, "INVITE", 1, false, story_sdp(&s, true, NULL, sdp));
	story_response(
	    &s, 0.2, "183 Session Progress", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	s.server_media = 30000;
	story_response(
	    &s, 0.4, "183 Session Progress", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_response(&s, 1, "200 OK", "INVITE", 1, story_sdp(&s, false, NULL, sdp));
	story_request(&s, 1.02, "ACK", 1, true, NULL);
	story_end(&s);
	gen_script_route(&wan, &s.lan, &r);
	/* The LAN keeps the second one only. */
	free(s.lan.packets[1].payload);
	memmove(&s.lan.packets[1], &s.lan.packets[2], sizeof(s.lan.packets[0]) * (s.lan.count - 2));
	s.lan.count--;
	report = report_on(&s.lan, &wan);
	no_finding(report);
	finish(&s, &wan, report);
}

/* "-i any" shows every packet twice, at the bridge and at its port. */
Test(not_alg, every_packet_twice)
{
	struct story s = story_two_way();
	struct gen_script twice = {0};
	json_t *report;

	for (size_t i = 0; i < s.lan.count; i++) {
		const struct gen_packet *p = &s.lan.packets[i];

		gen_raw(&twice, p->at_s, p->route, p->payload, p->length);
		gen_raw(&twice, p->at_s + 0.00002, p->route, p->payload, p->length);
	}
	report = report_of("%s", story_write(&twice, "any.pcap"));
	no_finding(report);
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_eq(number_at(report, "calls.0.message_count"),
	    number_at(report, "captures.0.duplicates_removed"));
	cr_expect_eq(number_at(report, "calls.0.retransmissions"), 0);
	finish(&s, &twice, report);
}

/* Two generators of calls that count alike use the same branches for different calls. */
Test(not_alg, same_branch_of_another_call)
{
	struct story a = story_two_way(), b;
	json_t *report;

	b = story();
	b.phone = "192.168.1.77";
	b.server = "198.51.100.9";
	b.call_id = "other-1@192.168.1.77";
	b.ended_s = 3;
	story_begin(&b);
	story_end(&b);
	report = report_on(&a.lan, &b.lan);
	no_finding(report);
	cr_expect_eq(length_at(report, "calls"), 2);
	finish(&a, &b.lan, report);
}

/* A phone that gets no answer asks the second server, and keeps the branch. */
static struct registrant failed_over(uint8_t ttl)
{
	struct registrant r = registrant();

	r.source = "203.0.113.5";
	r.claims = "203.0.113.5:5060";
	r.call_id = "reg-1@203.0.113.5";
	r.server = "198.51.100.10";
	r.ttl = ttl;
	registrant_ask(&r, 0, "REGISTER", "Expires: 300\n");
	r.server = "198.51.100.20";
	registrant_repeat(&r, 8, "REGISTER", "Expires: 300\n");
	registrant_answer(&r, 8.05, "REGISTER", "200 OK", "Expires: 300\n");
	return r;
}

Test(not_alg, same_branch_to_a_second_server)
{
	struct registrant near = failed_over(64), far = failed_over(63);
	json_t *report = report_of("%s", story_write(&near.script, "near.pcap"));

	cr_expect_null(finding_of_code(report, "sip-alg"));
	json_decref(report);
	report = report_on(&near.script, &far.script);
	cr_expect_null(finding_of_code(report, "sip-alg"));
	json_decref(report);
	gen_script_free(&near.script);
	gen_script_free(&far.script);
}

/* Refused over TCP, and tried again over UDP from the port of that socket. */
Test(not_alg, same_branch_over_another_transport)
{
	struct story s = story();
	struct gen_script over_tcp = {0};
	json_t *report;

	s.phone = "203.0.113.5";
	story_request(&s, 0, "INVITE", 1, false, NULL);
	s.lan.packets[0].route.src.port = 45001;
	story_rewrite(&s.lan, "203.0.113.5:5060;branch", "203.0.113.5:45001;branch");
	gen_script_tcp(&over_tcp, &s.lan, &(struct gen_over_tcp){.handshake = true});
	gen_script_free(&s.lan);
	s.lan = over_tcp;
	s.branch = 0;
	story_request(&s, 1, "INVITE", 1, false, NULL);
	story_response(&s, 1.1, "486 Busy Here", "INVITE", 1, NULL);
	report = story_report(&s);
	no_finding(report);
	story_finish(&s, report);
}

/* However a server came to know a private address: it says so on both sides. */
Test(not_alg, received_is_private_on_both_sides)
{
	struct story s = story_two_way();
	struct gen_router r = router(0);
	json_t *report;

	story_rewrite(&s.lan, "received=203.0.113.2", "received=192.168.1.10");
	report = story_report_both(&s, &r);
	no_finding(report);
	gen_script_free(&s.lan);
	json_decref(report);
}

/* --- an ALG --- */

static const json_t *change_of(const json_t *finding, const char *message, const char *field)
{
	size_t i;
	json_t *change;

	json_array_foreach(at(finding, "changes"), i, change)
	{
		if (strcmp(text_at(change, "message"), message) == 0 &&
		    strcmp(text_at(change, "field"), field) == 0) {
			return change;
		}
	}
	return NULL;
}

static void expect_change(const json_t *finding, const char *message, const char *field,
    const char *before, const char *after)
{
	const json_t *change = change_of(finding, message, field);

	cr_assert_not_null(change, "%s of %s is not listed", field, message);
	cr_expect_str_eq(text_at(change, "before"), before);
	cr_expect_str_eq(text_at(change, "after"), after);
	cr_expect_geq(number_at(change, "frame_before"), 1);
	cr_expect_geq(number_at(change, "frame_after"), 1);
}

Test(alg, rewrites_all)
{
	struct story s = story_two_way();
	struct gen_router r = router(GEN_REWRITE_ALL);
	const json_t *f;
	json_t *report;

	r.media_inside = 16384;
	r.media_outside = 16386;
	report = story_report_both(&s, &r);
	f = only_finding(report, "sip-alg");
	cr_expect_geq(number_at(f, "confidence"), 0.8);
	cr_expect_str_eq(text_at(f, "severity"), "warning");
	expect_change(f, "INVITE", "Via sent-by", "192.168.1.10:5060", "203.0.113.2:5060");
	expect_change(f, "INVITE", "Contact", "100@192.168.1.10:5060", "100@203.0.113.2:5060");
	expect_change(f, "INVITE", "Call-ID", "story-1@192.168.1.10", "story-1@203.0.113.2");
	expect_change(f, "INVITE", "SDP o=", "192.168.1.10", "203.0.113.2");
	expect_change(f, "INVITE", "SDP c=", "192.168.1.10", "203.0.113.2");
	expect_change(f, "INVITE", "SDP m= port", "16384", "16386");
	/* Of an answer the WAN side is before, the LAN side after. */
	expect_change(f, "200 to INVITE", "Via sent-by", "203.0.113.2:5060", "192.168.1.10:5060");
	cr_expect_eq(number_at(change_of(f, "INVITE", "Contact"), "frame_before"), 1);
	cr_expect_eq(number_at(change_of(f, "INVITE", "Contact"), "frame_after"), 1);
	cr_expect(strstr(text_at(change_of(f, "INVITE", "Contact"), "capture_before"), "lan.pcap"));
	cr_expect(strstr(
	    text_at(change_of(f, "200 to INVITE", "Via sent-by"), "capture_before"), "wan.pcap"));
	/* One call, though its Call-ID changes on the way. */
	cr_expect_eq(length_at(report, "calls"), 1);
	cr_expect_eq(length_at(report, "calls.0.streams"), 4);
	cr_expect_str_eq(text_at(f, "endpoints.0"), "192.168.1.10");
	cr_expect_not_null(strstr(text_at(f, "remedy"), "SIP Helper"));
	gen_script_free(&s.lan);
	json_decref(report);
}

Test(alg, each_field_alone)
{
	static const struct {
		unsigned bit;
		const char *field;
	} fields[] = {
	    {GEN_REWRITE_VIA, "Via sent-by"},
	    {GEN_REWRITE_CONTACT, "Contact"},
	    {GEN_REWRITE_CALL_ID, "Call-ID"},
	    {GEN_REWRITE_SDP_O, "SDP o="},
	    {GEN_REWRITE_SDP_C, "SDP c="},
	    {GEN_REWRITE_SDP_PORT, "SDP m= port"},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct story s = story_two_way();
		struct gen_router r = router(fields[i].bit);
		const json_t *f;
		json_t *report, *change;
		size_t k;

		r.media_inside = 16384;
		r.media_outside = 16386;
		report = story_report_both(&s, &r);
		f = only_finding(report, "sip-alg");
		cr_assert_geq(length_at(f, "changes"), 1);
		json_array_foreach(at(f, "changes"), k, change)
		{
			cr_expect_str_eq(text_at(change, "field"), fields[i].field);
		}
		cr_expect_eq(length_at(report, "calls"), 1, "%s: %zu calls", fields[i].field,
		    length_at(report, "calls"));
		gen_script_free(&s.lan);
		json_decref(report);
	}
}

/* An implicit port made explicit is a rewrite too, where both sides are seen. */
Test(alg, port_made_explicit)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	json_t *report;

	story_rewrite(
	    &s.lan, "Contact: <sip:100@192.168.1.10:5060>", "Contact: <sip:100@192.168.1.10>");
	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(
	    &wan, "Contact: <sip:100@192.168.1.10>", "Contact: <sip:100@192.168.1.10:5060>");
	report = report_on(&s.lan, &wan);
	expect_change(only_finding(report, "sip-alg"), "INVITE", "Contact", "100@192.168.1.10",
	    "100@192.168.1.10:5060");
	finish(&s, &wan, report);
}

/* Both router ports in one unlabelled file. */
Test(alg, one_file)
{
	struct story s = story_two_way();
	struct gen_script both = {0};
	struct gen_router r = router(GEN_REWRITE_CONTACT | GEN_REWRITE_SDP_C);
	json_t *report;

	gen_script_route(&both, &s.lan, &r);
	for (size_t i = 0; i < s.lan.count; i++) {
		const struct gen_packet *p = &s.lan.packets[i];

		gen_raw(&both, p->at_s, p->route, p->payload, p->length);
	}
	report = report_of("%s", story_write(&both, "both.pcap"));
	expect_change(
	    only_finding(report, "sip-alg"), "INVITE", "SDP c=", "192.168.1.10", "203.0.113.2");
	finish(&s, &both, report);
}

/* The same between two private networks: there the router shows by the TTL. */
Test(alg, one_file_of_an_inner_router)
{
	struct story s = story_two_way();
	struct gen_script both = {0};
	struct gen_router r = router(GEN_REWRITE_CONTACT);
	json_t *report;

	r.outside = "10.99.0.2";
	gen_script_route(&both, &s.lan, &r);
	for (size_t i = 0; i < s.lan.count; i++) {
		const struct gen_packet *p = &s.lan.packets[i];

		gen_raw(&both, p->at_s, p->route, p->payload, p->length);
	}
	report = report_of("%s", story_write(&both, "both.pcap"));
	cr_assert_not_null(finding_of_code(report, "sip-alg"));
	expect_change(finding_of_code(report, "sip-alg"), "INVITE", "Contact",
	    "100@192.168.1.10:5060", "100@10.99.0.2:5060");
	finish(&s, &both, report);
}

/* Clocks of two captures may be an hour apart, in either direction. */
Test(alg, clocks_apart)
{
	for (int sign = -1; sign <= 1; sign += 2) {
		struct story s = story_two_way();
		struct gen_script wan = {0};
		struct gen_router r = router(GEN_REWRITE_ALL);
		json_t *report;

		gen_script_route(&wan, &s.lan, &r);
		for (size_t i = 0; i < wan.count; i++) {
			wan.packets[i].at_s += sign * 3600;
		}
		report = report_on(&s.lan, &wan);
		expect_change(only_finding(report, "sip-alg"), "INVITE", "SDP c=", "192.168.1.10",
		    "203.0.113.2");
		cr_expect_eq(length_at(report, "calls"), 1);
		finish(&s, &wan, report);
	}
}

/* A registration alone proves it, with no call to name. */
Test(alg, registration)
{
	struct story s = story();
	struct gen_router r = router(GEN_REWRITE_CONTACT);
	const json_t *f;
	json_t *report;

	story_request(&s, 0, "REGISTER", 1, false, NULL);
	story_response(&s, 0.1, "200 OK", "REGISTER", 1, NULL);
	report = story_report_both(&s, &r);
	f = only_finding(report, "sip-alg");
	cr_expect_eq(number_at(f, "calls_total"), 0);
	cr_expect_eq(length_at(report, "calls"), 0);
	gen_script_free(&s.lan);
	json_decref(report);
}

/* The sides of the phone's NAT, with reasons. */
Test(alg, sides_are_learned)
{
	struct story s = story_two_way();
	struct gen_router r = router(GEN_REWRITE_ALL);
	struct gen_script wan = {0};
	const char *lan_path;
	json_t *report, *endpoint, *view;
	size_t i, k;
	int seen = 0;

	gen_script_route(&wan, &s.lan, &r);
	lan_path = story_write(&s.lan, "a.pcap");
	report = report_of("%s %s", lan_path, story_write(&wan, "b.pcap"));
	json_array_foreach(at(report, "endpoints"), i, endpoint)
	{
		if (strcmp(text_at(endpoint, "address"), story_phone) != 0) {
			continue;
		}
		cr_expect_str_eq(text_at(endpoint, "role"), "phone");
		cr_expect_str_eq(text_at(endpoint, "nat"), "behind-nat");
		json_array_foreach(at(endpoint, "vantage_of"), k, view)
		{
			const char *side =
			    strcmp(text_at(view, "vantage"), "a") == 0 ? "lan" : "wan";

			cr_expect_str_eq(text_at(view, "side"), side);
			cr_expect_gt(strlen(text_at(view, "because")), 20);
			seen++;
		}
	}
	cr_expect_eq(seen, 2);
	finish(&s, &wan, report);
}

/* --- damage --- */

static const char *evidence_with(const json_t *finding, const char *words)
{
	size_t i;
	json_t *evidence;

	json_array_foreach(at(finding, "evidence"), i, evidence)
	{
		if (strstr(text_at(evidence, "text"), words)) {
			return text_at(evidence, "text");
		}
	}
	return NULL;
}

/* The addresses stay, but Content-Length does not: the INVITE gains four octets of body. */
Test(alg, length_made_wrong)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	const json_t *f;
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(&wan, "s=-\r\n", "s=-----\r\n");
	report = report_on(&s.lan, &wan);
	f = only_finding(report, "sip-alg");
	cr_expect_float_eq(number_at(f, "confidence"), 0.75, 1e-9);
	cr_expect_not_null(evidence_with(f, "Content-Length"));
	finish(&s, &wan, report);
}

Test(alg, description_broken)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	const json_t *f;
	json_t *report;

	story_rewrite(&s.lan, "t=0 0\r\n", "b=AS:17\r\nt=0 0\r\n");
	story_rewrite(&s.lan, "Content-Length: ", "X-Was: "); /* to the end of the datagram */
	gen_script_route(&wan, &s.lan, &r);
	story_rewrite(&wan, "b=AS:17\r\n", ":=17\r\n");
	report = report_on(&s.lan, &wan);
	f = only_finding(report, "sip-alg");
	cr_expect_float_eq(number_at(f, "confidence"), 0.75, 1e-9);
	cr_expect_not_null(evidence_with(f, "sdp_line"));
	cr_expect_not_null(evidence_with(f, "damages session descriptions"));
	finish(&s, &wan, report);
}

/* What its sender broke is broken on both sides. */
Test(not_alg, broken_by_its_sender)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(0);
	json_t *report;

	story_rewrite(&s.lan, "s=-\r\n", ":=17\r\n");
	gen_script_route(&wan, &s.lan, &r);
	report = report_on(&s.lan, &wan);
	no_finding(report);
	finish(&s, &wan, report);
}

/* --- whose it is --- */

static void expect_device(
    const char *was, const char *is, unsigned rewrites, const char *name, const char *menu)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r = router(rewrites);
	const json_t *f;
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	if (was) {
		story_rewrite(&wan, "Content-Length: ", "X-Was: ");
		story_rewrite(&wan, was, is);
	}
	report = report_on(&s.lan, &wan);
	f = only_finding(report, "sip-alg");
	cr_expect_not_null(evidence_with(f, name), "%s", name);
	cr_expect_not_null(
	    strstr(text_at(f, "remedy"), menu), "%s: %s", name, text_at(f, "remedy"));
	finish(&s, &wan, report);
}

Test(alg, devices)
{
	unsigned linux = GEN_REWRITE_VIA | GEN_REWRITE_CONTACT | GEN_REWRITE_SDP_C;

	expect_device(NULL, NULL, linux, "nf_nat_sip", "MikroTik");
	expect_device(
	    "s=-\r\n", "s=-\r\ni=(o=IN IP4 192.168.1.10)\r\n", linux, "Fortinet", "session-helper");
	expect_device("m=audio 16384", "m=audio 7072", linux, "siproxd", "SIP proxy");
	expect_device("c=IN IP4 203.0.113.2", "c=IN IP4 192.0.0.4", linux, "damages", "firmware");
}

/* From, Call-ID, Via and Contact are all its own. */
Test(alg, device_that_replaces_from)
{
	struct story s = story_two_way();
	struct gen_script wan = {0};
	struct gen_router r =
	    router(GEN_REWRITE_VIA | GEN_REWRITE_CONTACT | GEN_REWRITE_CALL_ID | GEN_REWRITE_FROM);
	const json_t *f;
	json_t *report;

	story_rewrite(&s.lan, "From: <sip:100@203.0.113.10>", "From: <sip:100@192.168.1.10>");
	gen_script_route(&wan, &s.lan, &r);
	report = report_on(&s.lan, &wan);
	f = only_finding(report, "sip-alg");
	cr_expect_not_null(evidence_with(f, "Juniper"));
	finish(&s, &wan, report);
}

/* --- which of two routers --- */

/* Named in any order, the inner router of two is the one that rewrites. */
Test(alg, inner_of_two_routers)
{
	static const char *const orders[] = {
	    "lan mid wan", "wan mid lan", "mid lan wan", "wan lan mid"};
	struct story s = story_two_way();
	struct gen_script mid = {0}, wan = {0};
	struct gen_router inner = router(GEN_REWRITE_VIA | GEN_REWRITE_CONTACT);
	struct gen_router outer = {.inside = "10.99.0.2", .outside = story_outside};

	inner.outside = "10.99.0.2";
	gen_script_route(&mid, &s.lan, &inner);
	gen_script_route(&wan, &mid, &outer);
	(void)story_write(&s.lan, "lan");
	(void)story_write(&mid, "mid");
	(void)story_write(&wan, "wan");
	for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
		const char *folder = scratch("");
		char a[8], b[8], c[8];
		const json_t *f;
		json_t *report;

		(void)snprintf(a, sizeof(a), "%.3s", orders[i]);
		(void)snprintf(b, sizeof(b), "%.3s", orders[i] + 4);
		(void)snprintf(c, sizeof(c), "%.3s", orders[i] + 8);
		report = report_of("%s%s %s%s %s%s", folder, a, folder, b, folder, c);
		f = finding_of_code(report, "sip-alg");
		cr_assert_not_null(f);
		cr_expect_not_null(finding_of_code(report, "double-nat"));
		cr_expect_not_null(strstr(text_at(f, "summary"), "router 10.99.0.2"), "%s: %s",
		    orders[i], text_at(f, "summary"));
		cr_expect_str_eq(text_at(f, "endpoints.0"), story_phone);
		json_decref(report);
	}
	gen_script_free(&mid);
	gen_script_free(&wan);
	gen_script_free(&s.lan);
}

/* Before and after a router, over TCP. */
Test(alg, over_tcp)
{
	struct story s = story_two_way();
	struct gen_script lan = {0}, wan = {0}, outside = {0};
	struct gen_router r = router(GEN_REWRITE_VIA | GEN_REWRITE_CONTACT | GEN_REWRITE_SDP_C);
	struct gen_over_tcp how = {.handshake = true, .sequence = 1000, .segment = 400};
	const json_t *f;
	json_t *report;

	gen_script_route(&wan, &s.lan, &r);
	gen_script_tcp(&lan, &s.lan, &how);
	gen_script_tcp(&outside, &wan, &how);
	report = report_on(&lan, &outside);
	f = only_finding(report, "sip-alg");
	expect_change(f, "INVITE", "Contact", "100@192.168.1.10:5060", "100@203.0.113.2:5060");
	/* What the comparison says, the outside alone need not guess. */
	cr_expect_eq(length_at(f, "endpoints"), 1);
	gen_script_free(&lan);
	gen_script_free(&outside);
	finish(&s, &wan, report);
}
