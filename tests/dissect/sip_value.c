/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_value.h"

#include "expect.h"
#include "guarded.h"
#include "within.h"

static struct sip_via via(const char *text)
{
	struct sip_via v;

	cr_expect_eq(sip_via_parse(&v, guarded_string(text)), DISSECT_OK, "\"%s\"", text);
	return v;
}

static struct sip_address address(const char *text)
{
	struct sip_address a;

	cr_expect_eq(sip_address_parse(&a, guarded_string(text)), DISSECT_OK, "\"%s\"", text);
	return a;
}

static struct sip_uri uri(const char *text)
{
	struct sip_uri u;

	cr_expect_eq(sip_uri_parse(&u, guarded_string(text)), DISSECT_OK, "\"%s\"", text);
	return u;
}

/* The values of a header, with a bar between them. */
static void expect_values(const char *header, const char *wanted)
{
	struct text rest = guarded_string(header), value;
	char list[512] = "";
	size_t at = 0;

	while (sip_value_next(&rest, &value)) {
		at += (size_t)snprintf(list + at, sizeof(list) - at, "%s%.*s", at ? "|" : "",
		    (int)value.length, value.at);
	}
	cr_expect_str_eq(list, wanted);
	cr_expect_not(sip_value_next(&rest, &value), "the end stays the end");
}

Test(sip_value, values_between_commas)
{
	expect_values("", "");
	expect_values("a", "a");
	expect_values("a,b", "a|b");
	expect_values(" a , b\r\n ,c", "a|b|c");
	expect_values(",,a,, ,b,", "a|b");
	expect_values(" \r\n ", "");
}

/* RFC 3261 20.10 and 25.1: a comma in quotes or angle brackets divides nothing. */
Test(sip_value, quotes_and_brackets_protect_commas)
{
	expect_values("\"Watson, T.\" <sip:t@a>, <sip:b,c@d>;q=0.1",
	    "\"Watson, T.\" <sip:t@a>|<sip:b,c@d>;q=0.1");
	expect_values("\"a\\\", b\" <sip:x@y>,z", "\"a\\\", b\" <sip:x@y>|z");
	expect_values("\"a\\\\\",z", "\"a\\\\\"|z");
	expect_values("<sip:a@b?x=\",\">,z", "<sip:a@b?x=\",\">|z");
	expect_values("\"<\" <sip:a@b>,z", "\"<\" <sip:a@b>|z");
}

/* Seen in real From headers: quotes that were escaped as if within others. */
Test(sip_value, escapes_outside_of_quotes)
{
	struct sip_address a = address("\\\"arik\\\" <sip:816666@voip.example.net>;tag=6433ef9");

	expect_text(a.uri, "sip:816666@voip.example.net");
	expect_text(a.tag, "6433ef9");
	expect_number(a.blemish, MALFORMED_SIP_NAME_ADDR);
	expect_values("\\\"a, b\\\",c", "\\\"a|b\\\"|c");
}

/* What is never closed protects all that follows, and no further. */
Test(sip_value, quotes_and_brackets_never_closed)
{
	expect_values("a,\"b,c", "a|\"b,c");
	expect_values("a,<b,c", "a|<b,c");
	expect_values("a,\"b\\", "a|\"b\\");
	expect_values("\"\\\"", "\"\\\"");
}

/* The parameters, as name=value with a bar between them. */
static void expect_params(const char *list, const char *wanted)
{
	struct text rest = guarded_string(list), name, value;
	char found[512] = "";
	size_t at = 0;

	while (sip_param_next(&rest, &name, &value)) {
		at += (size_t)snprintf(found + at, sizeof(found) - at, "%s%.*s=%.*s", at ? "|" : "",
		    (int)name.length, name.at, (int)value.length, value.at);
	}
	cr_expect_str_eq(found, wanted);
}

Test(sip_value, parameters)
{
	expect_params("", "");
	expect_params("tag=1", "tag=1");
	expect_params(";tag=1;lr", "tag=1|lr=");
	expect_params(";;; ;tag=1;;", "tag=1");
	expect_params(" branch  =   z9hG4bK9ikj8  ", "branch=z9hG4bK9ikj8");
	expect_params(" tag\r\n =\r\n 1 ; x", "tag=1|x=");
	expect_params("x=\"a;b\";y=1", "x=\"a;b\"|y=1");
	expect_params("x=a=b", "x=a=b");
	expect_params("=1;x=", "x=");
}

static void expect_host(const char *text, const char *name, unsigned port)
{
	struct sip_host host;

	cr_expect(sip_host_parse(&host, guarded_string(text)), "\"%s\"", text);
	expect_text(host.name, name);
	expect_number(host.port, port);
}

Test(sip_value, hosts)
{
	expect_host("example.com", "example.com", 0);
	expect_host("192.0.2.4:5060", "192.0.2.4", 5060);
	expect_host(" first.example.com: 4000 ", "first.example.com", 4000); /* RFC 3261 20.42 */
	expect_host("a : 1", "a", 1);
	expect_host("a:65535", "a", 65535);
}

/* RFC 5118 4.1 to 4.3: brackets, and what follows them. */
Test(sip_value, ipv6_references)
{
	expect_host("[2001:db8::10]", "[2001:db8::10]", 0);
	expect_host("[2001:db8::10]:5070", "[2001:db8::10]", 5070);
	expect_host("[2001:db8::10:5070]", "[2001:db8::10:5070]", 0);
	expect_host("[::ffff:192.0.2.10] : 19823", "[::ffff:192.0.2.10]", 19823);
}

/* Where the host is no good, it is empty: half a host would be a wrong host. */
Test(sip_value, what_is_no_host)
{
	static const char *const texts[] = {"", " ", ":", ":5060", "a:", "a:0", "a:65536",
	    "a:99999999999999999999", "a:-1", "a:50x", "a:5060:1", "[2001:db8::10",
	    "[2001:db8::10]5070", "[2001:db8::10]:", "[2001:db8::10]:0", "[2001:db8::10]:65536",
	    "2001:db8::9:5060", "a::b:5060:x", "[]", "a@b", "a b", "a\tb:1", "<a>"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sip_host host;

		cr_expect_not(sip_host_parse(&host, guarded_string(texts[i])), "\"%s\"", texts[i]);
		expect_text(host.name, "");
		expect_number(host.port, 0);
	}
}

/* RFC 3261 19.1.3 */
Test(sip_value, uris)
{
	struct sip_uri u = uri("sip:alice:secretword@atlanta.com;transport=tcp");

	expect_text(u.scheme, "sip");
	expect_text(u.user, "alice");
	expect_text(u.host.name, "atlanta.com");
	expect_number(u.host.port, 0);
	u = uri("sips:alice@atlanta.com?subject=project%20x&priority=urgent");
	expect_text(u.scheme, "sips");
	expect_text(u.host.name, "atlanta.com");
	u = uri("sip:+1-212-555-1212:1234@gateway.com;user=phone");
	expect_text(u.user, "+1-212-555-1212");
	expect_text(u.host.name, "gateway.com");
	u = uri("sip:atlanta.com;method=REGISTER?to=alice%40atlanta.com");
	expect_text(u.user, "");
	expect_text(u.host.name, "atlanta.com");
	u = uri("sip:alice;day=tuesday@atlanta.com");
	expect_text(u.user, "alice;day=tuesday");
	expect_text(u.host.name, "atlanta.com");
	expect_text(uri("sip:user;par=u%40example.net@example.com").host.name, "example.com");
}

Test(sip_value, uris_with_ports_and_references)
{
	struct sip_uri u = uri("sip:[2001:db8::10]:5070;lr");

	expect_text(u.host.name, "[2001:db8::10]");
	expect_number(u.host.port, 5070);
	u = uri("SIP:bob@192.0.2.4:5061?x=1");
	expect_text(u.scheme, "SIP");
	expect_text(u.user, "bob");
	expect_number(u.host.port, 5061);
}

/* RFC 3966 section 3 */
Test(sip_value, telephone_numbers)
{
	struct sip_uri u = uri("tel:+1-201-555-0123;phone-context=example.com");

	expect_text(u.scheme, "tel");
	expect_text(u.user, "+1-201-555-0123");
	expect_text(u.host.name, "");
	expect_text(uri("TEL:7042").user, "7042");
}

Test(sip_value, what_is_no_uri)
{
	static const char *const texts[] = {"", "*", "sip", "sip:", ":", ":a@b",
	    "alice@atlanta.com", "sip:alice@", "sip:@", "sip:alice@:5060",
	    "sip:alice@host:", "sip:alice@host:0", "sip:alice@host:65536",
	    "sip:alice@[2001:db8::10", "sip:;lr", "sip:?x", "tel:"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sip_uri u;
		enum dissect_result result = sip_uri_parse(&u, guarded_string(texts[i]));

		cr_expect_str_eq(dissect_result_name(result), "sip_uri", "\"%s\"", texts[i]);
	}
}

/* RFC 3261 20.10 and 20.20 */
Test(sip_value, addresses)
{
	struct sip_address a =
	    address("\"Mr. Watson\" <sip:watson@worcester.bell-telephone.com>;q=0.7; expires=3600");

	expect_text(a.display, "Mr. Watson");
	expect_text(a.uri, "sip:watson@worcester.bell-telephone.com");
	expect_text(a.tag, "");
	a = address("\"A. G. Bell\" <sip:agb@bell-telephone.com> ;tag=a48s");
	expect_text(a.display, "A. G. Bell");
	expect_text(a.tag, "a48s");
	a = address("sip:+12125551212@server.phone2net.com;tag=887s");
	expect_text(a.display, "");
	expect_text(a.uri, "sip:+12125551212@server.phone2net.com");
	expect_text(a.tag, "887s");
	a = address("Anonymous <sip:c8oqz84zk7z@privacy.org>;tag=hyh8");
	expect_text(a.display, "Anonymous");
	expect_text(a.uri, "sip:c8oqz84zk7z@privacy.org");
	expect_text(a.tag, "hyh8");
}

/* A parameter within the brackets belongs to the URI; behind them, to the header. */
Test(sip_value, whose_parameter)
{
	expect_text(address("<sip:a@b;tag=1>").tag, "");
	expect_text(address("<sip:a@b;tag=1>").uri, "sip:a@b;tag=1");
	expect_text(address("<sip:a@b;tag=1>;TAG = 2").tag, "2");
	expect_text(address("sip:a@b;x=1;tag=2").uri, "sip:a@b");
	expect_text(address("sip:a@b;x=1;tag=2").tag, "2");
}

Test(sip_value, quoted_displays)
{
	struct sip_address a = address("\"Bell, <Alexander>; tag=9\" <sip:a@b>;tag=1");

	expect_text(a.display, "Bell, <Alexander>; tag=9");
	expect_text(a.uri, "sip:a@b");
	expect_text(a.tag, "1");
	expect_text(address("\"J Rosenberg \\\\\\\"\" <sip:a@b>").display, "J Rosenberg \\\\\\\"");
	expect_text(address("\"\" <sip:a@b>").display, "");
	expect_text(address("\"a\"<sip:a@b>").display, "a");
	expect_text(address("caller<sip:caller@example.com>;tag=323").display, "caller");
	expect_text(address("<sip:a@b>").display, "");
}

/* Quotes are taken off only where they hold all of it. */
Test(sip_value, displays_that_are_half_quoted)
{
	expect_text(address("\"Bell\" Alexander <sip:a@b>").display, "\"Bell\" Alexander");
	expect_text(address("Alexander \"Bell\" <sip:a@b>").display, "Alexander \"Bell\"");
}

Test(sip_value, addresses_with_folds_and_blanks)
{
	struct sip_address a = address("\r\n sip:vivekg@example.com ;   tag    = 1918181833n");

	expect_text(a.uri, "sip:vivekg@example.com");
	expect_text(a.tag, "1918181833n");
	a = address("\"Watson, Thomas\" < sip:t.watson@example.org >\r\n  ;\r\n  tag = 98asjd8");
	expect_text(a.display, "Watson, Thomas");
	expect_text(a.uri, "sip:t.watson@example.org");
	expect_text(a.tag, "98asjd8");
}

Test(sip_value, an_asterisk_is_a_contact)
{
	expect_text(address("*").uri, "*"); /* RFC 3261 10.2.2 */
}

static enum dissect_result blemish_of(const char *text)
{
	return address(text).blemish;
}

/* RFC 4475 3.1.2.13 to 3.1.2.15: what is wrong by the grammar, and plain all the same. */
Test(sip_value, addresses_that_are_used_and_counted)
{
	expect_number(blemish_of("Bell, Alexander <sip:a@b>"), MALFORMED_SIP_NAME_ADDR);
	expect_number(blemish_of("\"Watson\" < sip:a@b >"), MALFORMED_SIP_NAME_ADDR);
	expect_number(blemish_of("sip:a@b?Route=%3Csip:c%3E"), MALFORMED_SIP_NAME_ADDR);
	expect_number(blemish_of("<sip:a@b> tag=1"), MALFORMED_SIP_PARAMETER);
	expect_number(blemish_of("<sip:a@b>;;tag=1"), MALFORMED_SIP_PARAMETER);
	expect_number(blemish_of("sip:a@b;;"), MALFORMED_SIP_PARAMETER);
	expect_text(address("<sip:a@b>;;tag=1").tag, "1");
	expect_number(blemish_of("J. \"Bob\" Smith <sip:a@b>"), MALFORMED_SIP_NAME_ADDR);
}

Test(sip_value, addresses_that_are_sound)
{
	static const char *const texts[] = {"Mr. J-P O'Neil <sip:a@b>", "\"a, b\" <sip:a@b>",
	    "<sip:a@b?c=d>;x", "sip:a@b;x", "<sip:a@b>;x;", "<sip:a@b> ; x", "a<sip:a@b>",
	    "J\xc3\xb6rg <sip:a@b>"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		expect_result(blemish_of(texts[i]), "ok");
	}
}

Test(sip_value, parameters_by_name)
{
	struct text value, list = TEXT("a=1;B = \"x;y\" ;c;a=2");

	cr_expect(sip_param_find(list, TEXT("A"), &value));
	expect_text(value, "1");
	cr_expect(sip_param_find(list, TEXT("b"), &value));
	expect_text(sip_unquote(value), "x;y");
	cr_expect(sip_param_find(list, TEXT("c"), &value));
	expect_text(value, "");
	cr_expect_not(sip_param_find(list, TEXT("x"), &value));
	cr_expect_not(sip_param_find(TEXT_NONE, TEXT(""), &value));
}

/* RFC 4475 3.1.2.6 is the last of these. */
Test(sip_value, what_is_no_address)
{
	static const char *const texts[] = {"", " ", "<>", "< >", "\"a\" <>", "<sip:a@b",
	    "a <sip:a@b;tag=1", ";tag=1", " ; ", "\"a", "\"a\\\"",
	    "\"Mr. J. User <sip:j.user@example.com>"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sip_address a;
		enum dissect_result result = sip_address_parse(&a, guarded_string(texts[i]));

		cr_expect_str_eq(dissect_result_name(result), "sip_address", "\"%s\"", texts[i]);
		expect_text(a.uri, "");
		expect_text(a.tag, "");
	}
}

/* RFC 3261 20.42 */
Test(sip_value, vias)
{
	struct sip_via v = via("SIP/2.0/UDP erlang.bell-telephone.com:5060;branch=z9hG4bK87asdks7");

	expect_text(v.transport, "UDP");
	expect_text(v.sent_by.name, "erlang.bell-telephone.com");
	expect_number(v.sent_by.port, 5060);
	expect_text(v.branch, "z9hG4bK87asdks7");
	cr_expect_not(v.rport_asked);
	v = via("SIP/2.0/UDP 192.0.2.1:5060 ;received=192.0.2.207;branch=z9hG4bK77asjd");
	expect_text(v.sent_by.name, "192.0.2.1");
	expect_text(v.received, "192.0.2.207");
	v = via("SIP / 2.0 / UDP first.example.com: 4000;ttl=16"
		" ;maddr=224.2.0.1 ;branch=z9hG4bKa7c6a8dlze.1");
	expect_text(v.transport, "UDP");
	expect_text(v.sent_by.name, "first.example.com");
	expect_number(v.sent_by.port, 4000);
	expect_text(v.maddr, "224.2.0.1");
	expect_text(v.branch, "z9hG4bKa7c6a8dlze.1");
}

/* RFC 3581 section 6: the request as sent, and as the server passes it on. */
Test(sip_value, rport_of_rfc_3581)
{
	struct sip_via v = via("SIP/2.0/UDP 10.1.1.1:4540;rport;branch=z9hG4bKkjshdyff");

	cr_expect(v.rport_asked);
	expect_number(v.rport, 0);
	expect_text(v.received, "");
	v = via("SIP/2.0/UDP 10.1.1.1:4540;received=192.0.2.1;rport=9988;branch=z9hG4bKkjshdyff");
	cr_expect(v.rport_asked);
	expect_number(v.rport, 9988);
	expect_text(v.received, "192.0.2.1");
	expect_number(v.sent_by.port, 4540);
}

Test(sip_value, rports_that_cannot_be)
{
	static const char *const values[] = {"", "0", "65536", "-1", "5060x", "4294967297"};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		char text[96];
		struct sip_via v;

		(void)snprintf(text, sizeof(text), "SIP/2.0/UDP 10.1.1.1;rport=%s", values[i]);
		v = via(text);
		cr_expect(v.rport_asked);
		expect_number(v.rport, 0);
	}
	expect_number(via("SIP/2.0/UDP a;RPORT = 65535").rport, 65535);
}

/* RFC 5118 4.5: received with and without brackets, and references as sent-by. */
Test(sip_value, vias_with_ipv6_references)
{
	struct sip_via v = via(
	    "SIP/2.0/UDP [2001:db8::9:1]:5060;received=[2001:db8::9:255];branch=z9hG4bKas3-111");

	expect_text(v.sent_by.name, "[2001:db8::9:1]");
	expect_number(v.sent_by.port, 5060);
	expect_text(v.received, "[2001:db8::9:255]");
	v = via("SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=z9hG4bKas3");
	expect_text(v.received, "2001:db8::9:255");
	expect_text(v.branch, "z9hG4bKas3");
}

/* RFC 2543 6.40 had comments here. */
Test(sip_value, vias_with_comments)
{
	struct sip_via v = via("SIP/2.0/UDP a.example.com:5060 (Acme server);branch=1");

	expect_text(v.sent_by.name, "a.example.com");
	expect_number(v.sent_by.port, 5060);
	expect_text(v.branch, "1");
}

Test(sip_value, vias_that_are_used_and_counted)
{
	struct sip_via v = via("SIP/2.0/UDP fe80:0:0:0:21a:a0ff:fe07:32e0:5060;branch=z9hG4bKk");

	expect_text(v.sent_by.name, "fe80:0:0:0:21a:a0ff:fe07:32e0");
	expect_number(v.sent_by.port, 5060);
	expect_number(v.blemish, MALFORMED_SIP_IPV6_BARE);
	expect_number(via("SIP/2.0/UDP 192.0.2.15;;").blemish, MALFORMED_SIP_PARAMETER);
	expect_result(via("SIP/2.0/UDP 192.0.2.15;rport;").blemish, "ok");
}

/* RFC 4475 3.1.1.1: folds between any two tokens. */
Test(sip_value, vias_with_folds)
{
	struct sip_via v = via("SIP  /   2.0\r\n /UDP\r\n    192.0.2.2;branch=390skdjuw");

	expect_text(v.transport, "UDP");
	expect_text(v.sent_by.name, "192.0.2.2");
	expect_text(v.branch, "390skdjuw");
	v = via("SIP  /    2.0   / UDP  192.168.255.111   ; branch=\r\n z9hG4bK30239");
	expect_text(v.sent_by.name, "192.168.255.111");
	expect_text(v.branch, "z9hG4bK30239");
}

/* A Via that is no good gives no host: sip.h promises an empty one. */
Test(sip_value, what_is_no_via)
{
	static const char *const texts[] = {"", "SIP", "SIP/2.0", "SIP/2.0/UDP", "SIP/2.0/UDP ",
	    "SIP/2.0/ ", "SIP/2.0/UDP ;branch=1", "HTTP/1.1/TCP a", "/2.0/UDP a", "SIP//UDP a",
	    "SIP/2.0 UDP a", "SIP/2.0/UDP a:", "SIP/2.0/UDP a:0", "SIP/2.0/UDP a:65536",
	    "SIP/2.0/UDP [2001:db8::1", "SIP/2.0/UDP 2001:db8::1:5060", ";branch=1"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sip_via v;
		enum dissect_result result = sip_via_parse(&v, guarded_string(texts[i]));

		cr_expect_str_eq(dissect_result_name(result), "sip_via", "\"%s\"", texts[i]);
		expect_text(v.sent_by.name, "");
	}
}

/* A text that never was: what a caller passes where a header is absent. */
Test(sip_value, no_text_at_all)
{
	struct text none = TEXT_NONE, name, value;
	struct sip_address a;
	struct sip_host host;
	struct sip_uri u;
	struct sip_via v;

	cr_expect_not(sip_value_next(&none, &value));
	cr_expect_not(sip_param_next(&none, &name, &value));
	cr_expect_not(sip_host_parse(&host, none));
	expect_result(sip_uri_parse(&u, none), "sip_uri");
	expect_result(sip_address_parse(&a, none), "sip_address");
	expect_result(sip_via_parse(&v, none), "sip_via");
}

/* Each beginning of each text: slices of it, whatever comes of it. */
Test(sip_value, every_truncation)
{
	static const char *const texts[] = {
	    "SIP / 2.0 / UDP [2001:db8::9:1] : 5060 ;rport=9988;received=192.0.2.1;branch=z9hG4bK7",
	    "\"Bell, \\\"A\\\"\" <sip:agb:pw@[2001:db8::1]:5061;lr?x=1>;tag=\"a;b\" ; q = 0.7",
	    "sip:alice;day=tuesday:pw@atlanta.com:5060;transport=udp?subject=x",
	    "tel:+1-201-555-0123;phone-context=example.com", "a.example.com:5060"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t n = 0; n <= strlen(texts[i]); n++) {
			struct text t = guarded_text(texts[i], n), rest = t, name, value;
			struct bytes in = bytes_of(t.at, t.length);
			struct sip_address a;
			struct sip_host host = {0};
			struct sip_uri u;
			struct sip_via v;
			enum dissect_result result = sip_uri_parse(&u, t);

			cr_expect(result == DISSECT_OK || result == MALFORMED_SIP_URI);
			cr_expect(sip_uri_within(in, &u));
			result = sip_address_parse(&a, t);
			cr_expect(result == DISSECT_OK || result == MALFORMED_SIP_ADDRESS);
			cr_expect(sip_address_within(in, &a));
			result = sip_via_parse(&v, t);
			cr_expect(result == DISSECT_OK || result == MALFORMED_SIP_VIA);
			cr_expect(sip_via_within(in, &v));
			(void)sip_host_parse(&host, t);
			cr_expect(text_within(in, host.name));
			while (sip_param_next(&rest, &name, &value)) {
				cr_expect(text_within(in, name) && text_within(in, value));
			}
		}
	}
}
