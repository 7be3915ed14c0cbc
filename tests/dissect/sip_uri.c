/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_uri.h"

#include "expect.h"
#include "guarded.h"
#include "sip_value.h"
#include "within.h"

static struct sip_uri uri(const char *text)
{
	struct sip_uri u;

	cr_expect_eq(sip_uri_parse(&u, guarded_string(text)), DISSECT_OK, "\"%s\"", text);
	return u;
}

static void expect_param(struct text list, const char *name, const char *wanted)
{
	struct text value;

	cr_expect(sip_param_find(list, text_of(name), &value), "%s", name);
	expect_text(value, wanted);
}

/* RFC 3261 19.1.1 and 25.1 */
Test(sip_uri, parameters_and_headers)
{
	struct sip_uri u = uri("sips:alice@atlanta.com:5061;transport=TCP;lr;maddr=239.255.255.1;"
			       "user=phone;ob;ttl=15?Replaces=a%40b&Subject=x");
	struct text value;

	expect_number(u.host.port, 5061);
	expect_param(u.parameters, "transport", "TCP");
	expect_param(u.parameters, "LR", "");
	expect_param(u.parameters, "maddr", "239.255.255.1");
	expect_param(u.parameters, "user", "phone");
	expect_param(u.parameters, "ob", "");
	cr_expect_not(sip_param_find(u.parameters, TEXT("o"), &value));
	expect_text(value, "");
	expect_text(u.headers, "Replaces=a%40b&Subject=x");
	cr_expect(sip_uri_header_find(u.headers, TEXT("subject"), &value));
	expect_text(value, "x");
	cr_expect(sip_uri_header_find(u.headers, TEXT("replaces"), &value));
	expect_text(value, "a%40b");
	cr_expect_not(sip_uri_header_find(u.headers, TEXT("Subjec"), &value));
	expect_text(value, "");
}

/* A header in a URI may hold an '@' that its sender forgot to escape. */
Test(sip_uri, the_first_at_divides)
{
	struct sip_uri u = uri("sip:bob@192.0.2.1?Replaces=77@192.0.2.2%3Bto-tag%3D1");

	expect_text(u.user, "bob");
	expect_text(u.host.name, "192.0.2.1");
	expect_text(u.headers, "Replaces=77@192.0.2.2%3Bto-tag%3D1");
}

/* RFC 3966 section 6 */
Test(sip_uri, telephone_numbers)
{
	struct sip_uri u = uri("tel:863-1234;phone-context=+1-914-555;isub=12");

	expect_text(u.user, "863-1234");
	expect_param(u.parameters, "phone-context", "+1-914-555");
	expect_param(u.parameters, "isub", "12");
	expect_text(u.host.name, "");
}

/* RFC 3986 section 1.1.2, RFC 4475 3.3.2 to 3.3.4 */
Test(sip_uri, other_schemes)
{
	expect_text(uri("soap.beep://192.0.2.103:3002").opaque, "//192.0.2.103:3002");
	expect_text(uri("urn:service:sos.fire").opaque, "service:sos.fire");
	expect_text(
	    uri("nobodyKnowsThisScheme:totallyopaquecontent").scheme, "nobodyKnowsThisScheme");
	expect_text(uri("http://www.example.com").host.name, "");
}

/* Seen in real Via and Contact headers: what it can mean is one thing only. */
Test(sip_uri, ipv6_without_brackets)
{
	static const struct {
		const char *text, *name;
		unsigned port;
	} rows[] = {{"fe80:0:0:0:21a:a0ff:fe07:32e0:5060", "fe80:0:0:0:21a:a0ff:fe07:32e0", 5060},
	    {"fec0:0:0:0:216:d3ff:fe0d:22c", "fec0:0:0:0:216:d3ff:fe0d:22c", 0},
	    {"2001:db8::1", "2001:db8::1", 0}, {"2001:db8::9:abcd", "2001:db8::9:abcd", 0},
	    {"2001:db8::9:50600", "2001:db8::9", 50600}, {"::1", "::1", 0},
	    {"2001:db8::9:255", "2001:db8::9:255", 0},
	    {"::ffff:192.0.2.1:5060", "::ffff:192.0.2.1", 5060},
	    {"fe80::200:1a:a0f7:32e0:a:5060:5060", "fe80::200:1a:a0f7:32e0:a:5060", 5060}};
	struct sip_host host;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect(sip_host_parse(&host, guarded_string(rows[i].text)), "%s", rows[i].text);
		expect_text(host.name, rows[i].name);
		expect_number(host.port, rows[i].port);
		cr_expect(host.bare_ipv6);
	}
	/* An address that ends with 5060, or the port 5060: nobody can know. */
	cr_expect_not(sip_host_parse(&host, guarded_string("fe80::21a:a0ff:fe07:32e0:5060")));
	cr_expect_not(host.bare_ipv6);
	cr_expect(sip_host_parse(&host, guarded_string("[2001:db8::1]:5060")));
	cr_expect_not(host.bare_ipv6);
}

Test(sip_uri, unusual_hosts)
{
	expect_text(uri("sip:a@sip_trunk.example.com").host.name, "sip_trunk.example.com");
	expect_text(uri("sip:a@example.com.").host.name, "example.com.");
	expect_text(uri("sip:a@[fe80::1%eth0]:5060").host.name, "[fe80::1%eth0]");
	expect_text(uri("sip:@example.com").host.name, "example.com");
	expect_text(uri("sip:a@b\xc3\xbc.example").host.name, "b\xc3\xbc.example");
}

Test(sip_uri, what_is_no_uri)
{
	static const char *const texts[] = {"<sip:a@b>", "sip:a@b>", "1sip:a@b", "si p:a@b",
	    "sip:a@b@c", "sip:a@b/c", "sip:a@b,c", "sip:a@\"b\"", "sip:a@b c", "sip:a@[]",
	    "192.0.2.1:5060", "tel:;x", "sip:a@ ", "-a:b"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct sip_uri u;

		cr_expect_eq(sip_uri_parse(&u, guarded_string(texts[i])), MALFORMED_SIP_URI,
		    "\"%s\"", texts[i]);
		expect_text(u.host.name, "");
		expect_text(u.user, "");
	}
}

static bool same_user(const char *a, const char *b)
{
	return sip_user_equal(text_of(a), text_of(b)) && sip_user_equal(text_of(b), text_of(a));
}

/* RFC 3261 19.1.4: an escape is the character that it stands for; case counts. */
Test(sip_uri, users_with_escapes)
{
	cr_expect(same_user("alice", "%61lice"));
	cr_expect(same_user("%61%6C%69%63%65", "%61%6c%69%63%65"));
	cr_expect(same_user("%00", "%00"));
	cr_expect(same_user("", ""));
	cr_expect(same_user("100%", "100%"));
	cr_expect(same_user("%2", "%2") && same_user("%zz", "%zz"));
	cr_expect_not(same_user("alice", "Alice"));
	cr_expect_not(same_user("alice", "alic"));
	cr_expect_not(same_user("a%00b", "a"));
	cr_expect_not(same_user("%61", "61"));
	cr_expect_not(same_user("%2561", "%61")); /* decoded once */
}

/* RFC 3966 section 5.1.1 */
Test(sip_uri, numbers_with_separators)
{
	cr_expect(sip_number_equal(TEXT("+1-201-555-0123"), TEXT("+12015550123")));
	cr_expect(sip_number_equal(TEXT("+1(201).555-0123-"), TEXT("+12015550123")));
	cr_expect(sip_number_equal(TEXT("%2B49"), TEXT("+49")));
	cr_expect(sip_number_equal(TEXT("#A"), TEXT("#a")));
	cr_expect_not(sip_number_equal(TEXT("+49"), TEXT("49")));
	cr_expect_not(sip_number_equal(TEXT("123"), TEXT("1234")));
	cr_expect_not(sip_number_equal(TEXT("--"), TEXT("0")));
}

Test(sip_uri, unescaping)
{
	char out[8];

	expect_number(sip_unescape(out, sizeof(out), TEXT("a%3Bb%")), 4);
	cr_expect(memcmp(out, "a;b%", 4) == 0);
	expect_number(sip_unescape(out, 3, TEXT("%61%62%63%64")), 3);
	expect_number(sip_unescape(out, sizeof(out), TEXT_NONE), 0);
}

Test(sip_uri, every_truncation)
{
	static const char *const texts[] = {
	    "sips:al%69ce;x:pw@[2001:db8::1]:5061;transport=tls;lr?Replaces=a%40b&c=d",
	    "tel:+1-201-555-0123;phone-context=example.com", "sip:a@fe80:0:0:0:1:2:3:4:5060;ob"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t n = 0; n <= strlen(texts[i]); n++) {
			struct text t = guarded_text(texts[i], n), value;
			struct bytes in = bytes_of(t.at, t.length);
			struct sip_uri u;
			char out[16];

			(void)sip_uri_parse(&u, t);
			cr_expect(sip_uri_within(in, &u), "%s, %zu", texts[i], n);
			(void)sip_uri_header_find(u.headers, TEXT("c"), &value);
			cr_expect(text_within(in, value));
			cr_expect(sip_user_equal(t, t) && sip_number_equal(t, t));
			cr_expect_leq(sip_unescape(out, sizeof(out), t), sizeof(out));
		}
	}
}
