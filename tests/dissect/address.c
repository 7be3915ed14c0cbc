/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include <arpa/inet.h>

#include "expect.h"
#include "guarded.h"

static struct address parsed(const char *text)
{
	struct address a = {{0}};

	cr_expect(address_parse(&a, text_of(text)), "%s is an address", text);
	return a;
}

static enum address_class class_of(const char *text)
{
	struct address a = parsed(text);

	return address_class(&a);
}

Test(address, ipv4_is_held_in_its_mapped_form)
{
	struct address a = address_of_ipv4(0xc0000201);
	static const uint8_t mapped[16] = {[10] = 0xff, 0xff, 192, 0, 2, 1};

	cr_expect_eq(memcmp(a.octets, mapped, sizeof(mapped)), 0); /* RFC 4291 2.5.5.2 */
	cr_expect(address_is_ipv4(&a));
	expect_number(address_ipv4(&a), 0xc0000201LL);
}

Test(address, one_address_has_one_form)
{
	struct address v4 = parsed("192.0.2.1"), v6 = parsed("::ffff:192.0.2.1");
	struct address hex = parsed("::ffff:c000:201");

	cr_expect(address_equal(&v4, &v6));
	cr_expect(address_equal(&v4, &hex));
}

/* Each octet but the last decides whether an address is an IPv4 one. */
Test(address, what_is_no_mapped_address)
{
	for (int i = 0; i < 12; i++) {
		struct address a = address_of_ipv4(0xc0000201);

		a.octets[i] ^= 1;
		cr_expect_not(address_is_ipv4(&a), "octet %d", i);
	}
	cr_expect_not(address_is_ipv4(&(struct address){{0}}), "::");
}

Test(address, equality)
{
	struct endpoint a = {parsed("2001:db8::1"), 5060}, b = a;

	cr_expect(endpoint_equal(&a, &b));
	b.port = 5061;
	cr_expect_not(endpoint_equal(&a, &b));
	b = a;
	b.address.octets[15] = 2;
	cr_expect_not(endpoint_equal(&a, &b));
	cr_expect_not(address_equal(&a.address, &b.address));
}

Test(address, texts_with_and_without_brackets)
{
	struct address bare = parsed("2001:db8::9:1"), bracketed = parsed("[2001:db8::9:1]");

	cr_expect(address_equal(&bare, &bracketed));
	expect_address(&bare, "2001:db8::9:1");
}

Test(address, what_is_no_address)
{
	static const char *const texts[] = {"", "[]", "[", "]", "[::1", "::1]", "[[::1]]", "1.2.3",
	    "1.2.3.4.5", "256.1.1.1", "1.2.3.-4", "1.2.3.4 ", " 1.2.3.4", "1.2.3.4:5060",
	    "[::1]:5060", "01.2.3.4", "0x1.2.3.4", "16909060", "example.com", "localhost",
	    "1.2.3.4.example.com", ":", ":::", "1::2::3", "1:2:3:4:5:6:7:8:9", "1:2:3:4:5:6:7",
	    "fe80::1%eth0", "2001:db8::g", "2001:db8::10000", "::ffff:192.0.2.256", "*"};
	struct address a;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_not(address_parse(&a, text_of(texts[i])), "\"%s\" was taken", texts[i]);
	}
}

/* What comes from a packet may hold a NUL, and is longer than what stands before it. */
Test(address, a_nul_ends_no_address)
{
	struct address a;

	cr_expect_not(address_parse(&a, TEXT("192.0.2.1\0.example.com")));
	cr_expect_not(address_parse(&a, TEXT("192.0.2.1\0")));
	cr_expect_not(address_parse(&a, TEXT("2001:db8::1\0]")));
	cr_expect_not(address_parse(&a, TEXT("[2001:db8::1\0]")));
}

Test(address, the_longest_texts)
{
	struct address a;
	char text[4096];

	a = parsed("2001:0db8:1111:2222:3333:4444:5555:6666");
	expect_address(&a, "2001:db8:1111:2222:3333:4444:5555:6666");
	a = parsed("0000:0000:0000:0000:0000:ffff:255.255.255.255"); /* 45 characters */
	expect_address(&a, "255.255.255.255");
	for (size_t n = 1; n <= sizeof(text); n++) {
		memset(text, '1', n);
		cr_expect_not(address_parse(&a, guarded_text(text, n)), "%zu characters", n);
	}
}

/* RFC 5952 section 4: lower case, no leading zeros, the longest run of zeros, the first of two. */
Test(address, format_of_rfc_5952)
{
	static const char *const forms[][2] = {
	    {"2001:db8:aaaa:bbbb:cccc:dddd:eeee:0001", "2001:db8:aaaa:bbbb:cccc:dddd:eeee:1"},
	    {"2001:db8:0:0:0:0:2:1", "2001:db8::2:1"}, {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
	    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
	    {"2001:DB8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"}, {"::", "::"}, {"0::1", "::1"},
	    {"::ffff:192.0.2.1", "192.0.2.1"}, {"0.0.0.0", "0.0.0.0"},
	    {"255.255.255.255", "255.255.255.255"}};

	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct address a = parsed(forms[i][0]);

		expect_address(&a, forms[i][1]);
	}
}

Test(address, format_of_endpoints)
{
	char out[ENDPOINT_TEXT_MAX];

	cr_expect_str_eq(
	    endpoint_format(&(struct endpoint){parsed("192.0.2.1"), 0}, out), "192.0.2.1:0");
	cr_expect_str_eq(endpoint_format(&(struct endpoint){parsed("2001:db8::1"), 5060}, out),
	    "[2001:db8::1]:5060");
	cr_expect_str_eq(
	    endpoint_format(
		&(struct endpoint){parsed("2001:db8:1111:2222:3333:4444:5555:6666"), 65535}, out),
	    "[2001:db8:1111:2222:3333:4444:5555:6666]:65535");
}

/* The first and last address of each network, and their neighbours outside of it. */
Test(address, classes_of_ipv4_begin_and_end_where_the_rfcs_say)
{
	static const struct {
		const char *before, *first, *last, *behind;
		enum address_class class;
	} rows[] = {
	    {"9.255.255.255", "10.0.0.0", "10.255.255.255", "11.0.0.0", ADDRESS_PRIVATE},
	    {"172.15.255.255", "172.16.0.0", "172.31.255.255", "172.32.0.0", ADDRESS_PRIVATE},
	    {"192.167.255.255", "192.168.0.0", "192.168.255.255", "192.169.0.0", ADDRESS_PRIVATE},
	    {"100.63.255.255", "100.64.0.0", "100.127.255.255", "100.128.0.0", ADDRESS_SHARED},
	    {"169.253.255.255", "169.254.0.0", "169.254.255.255", "169.255.0.0",
		ADDRESS_LINK_LOCAL},
	    {"126.255.255.255", "127.0.0.0", "127.255.255.255", "128.0.0.0", ADDRESS_LOOPBACK},
	    {"191.255.255.255", "192.0.0.0", "192.0.0.7", "192.0.0.8", ADDRESS_TRANSITION},
	    {"223.255.255.255", "224.0.0.0", "239.255.255.255", "240.0.0.0", ADDRESS_MULTICAST},
	    {"255.255.255.255", "0.0.0.0", "0.255.255.255", "1.0.0.0", ADDRESS_UNSPECIFIED},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		expect_number(class_of(rows[i].before), ADDRESS_PUBLIC);
		expect_number(class_of(rows[i].first), rows[i].class);
		expect_number(class_of(rows[i].last), rows[i].class);
		expect_number(class_of(rows[i].behind), ADDRESS_PUBLIC);
	}
}

Test(address, classes_of_ipv6)
{
	static const struct {
		const char *text;
		enum address_class class;
	} rows[] = {
	    {"::", ADDRESS_UNSPECIFIED},
	    {"::1", ADDRESS_LOOPBACK},
	    {"::2", ADDRESS_PUBLIC},
	    {"1::1", ADDRESS_PUBLIC},
	    {"::1:1", ADDRESS_PUBLIC},
	    {"2001:db8::1", ADDRESS_PUBLIC},
	    {"fbff::1", ADDRESS_PUBLIC},
	    {"fc00::1", ADDRESS_UNIQUE_LOCAL},
	    {"fdff:ffff::1", ADDRESS_UNIQUE_LOCAL},
	    {"fe00::1", ADDRESS_PUBLIC},
	    {"fe7f:ffff::1", ADDRESS_PUBLIC},
	    {"fe80::1", ADDRESS_LINK_LOCAL},
	    {"febf:ffff::1", ADDRESS_LINK_LOCAL},
	    {"fec0::1", ADDRESS_PUBLIC},
	    {"feff::1", ADDRESS_PUBLIC},
	    {"ff00::", ADDRESS_MULTICAST},
	    {"ff02::fb", ADDRESS_MULTICAST},
	    {"::ffff:10.0.0.1", ADDRESS_PRIVATE},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		cr_expect_eq(class_of(rows[i].text), rows[i].class, "%s is %s", rows[i].text,
		    address_class_name(class_of(rows[i].text)));
	}
}

Test(address, class_names_and_who_can_be_replied_to)
{
	static const struct {
		const char *text, *name;
		bool unroutable;
	} rows[] = {
	    {"198.51.100.1", "public", false},
	    {"192.168.1.1", "private", true},
	    {"100.64.0.1", "carrier-grade NAT", true},
	    {"169.254.1.1", "link-local", true},
	    {"127.0.0.1", "loopback", true},
	    {"192.0.0.1", "464XLAT", true},
	    {"239.1.1.1", "multicast", false},
	    {"fd00::1", "unique local", true},
	    {"0.0.0.0", "unspecified", false},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct address a = parsed(rows[i].text);

		cr_expect_str_eq(address_class_name(address_class(&a)), rows[i].name);
		cr_expect_eq(address_is_unroutable(&a), rows[i].unroutable, "%s", rows[i].text);
	}
}

/* Each beginning of an address is judged as inet_pton judges it, and read no further. */
Test(address, every_truncation)
{
	static const char *const texts[] = {
	    "255.255.255.255", "2001:db8:1:22:333:4444:ab:cd", "::ffff:192.0.2.128"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		for (size_t n = 0; n <= strlen(texts[i]); n++) {
			char copy[64] = {0};
			uint8_t octets[16];
			struct address a;
			bool sound;

			memcpy(copy, texts[i], n);
			sound = inet_pton(AF_INET, copy, octets) == 1 ||
				inet_pton(AF_INET6, copy, octets) == 1;
			cr_expect_eq(
			    address_parse(&a, guarded_text(copy, n)), sound, "\"%s\"", copy);
		}
	}
}

/* Every class's text survives parsing and formatting. */
Test(address, formatting_and_parsing_are_inverse)
{
	uint32_t state = 1;

	for (int i = 0; i < 2000; i++) {
		struct address a, b;
		char text[ADDRESS_TEXT_MAX];

		for (size_t j = 0; j < sizeof(a.octets); j++) {
			state = state * 1664525 + 1013904223;
			a.octets[j] = state >> 31 ? (uint8_t)(state >> 16) : 0; /* runs of zeros */
		}
		address_format(&a, text);
		cr_assert(address_parse(&b, text_of(text)), "%s", text);
		cr_assert(address_equal(&a, &b), "%s", text);
	}
}
