/* SPDX-License-Identifier: Apache-2.0 */
#include "link.h"

#include "expect.h"
#include "octets.h"

#define MACS "02 00 00 00 00 02  02 00 00 00 00 01 "

static struct link parsed(enum link_type type, const char *hex)
{
	struct link link;

	expect_result(link_parse(&link, type, guarded_hex(hex)), "ok");
	return link;
}

static void refused(enum link_type type, const char *hex, const char *name)
{
	struct link link;

	expect_result(link_parse(&link, type, guarded_hex(hex)), name);
}

/* IEEE 802.3 3.1.1 */
Test(link, ethernet)
{
	struct link link = parsed(LINK_ETHERNET, MACS "08 00  45 46");

	expect_number(link.ethertype, ETHERTYPE_IPV4);
	expect_number(link.vlan, 0);
	expect_number(link.vlan_count, 0);
	expect_number(bytes_left(&link.payload), 2);
	expect_number(link.payload.at[0], 0x45);
}

/* A length instead of a type: 802.2 frames are none of our business, but they are sound. */
Test(link, ethernet_with_a_length)
{
	struct link link = parsed(LINK_ETHERNET, MACS "00 26  42 42 03");

	expect_number(link.ethertype, 0x26);
}

/* IEEE 802.1Q 9.6: three bits of priority, one of eligibility to drop, twelve of identifier. */
Test(link, vlan)
{
	struct link link = parsed(LINK_ETHERNET, MACS "81 00 b0 64  86 dd  60");

	expect_number(link.ethertype, ETHERTYPE_IPV6);
	expect_number(link.vlan, 100);
	expect_number(link.vlan_count, 1);
	expect_number(link.payload.at[0], 0x60);
}

Test(link, vlan_identifier_has_twelve_bits)
{
	expect_number(parsed(LINK_ETHERNET, MACS "81 00 ff ff  08 00").vlan, 4095);
	expect_number(parsed(LINK_ETHERNET, MACS "81 00 e0 00  08 00").vlan, 0);
}

/* The service tag is the outermost. */
Test(link, qinq)
{
	struct link link = parsed(LINK_ETHERNET, MACS "88 a8 00 0a  81 00 00 14  08 00  45");

	expect_number(link.ethertype, ETHERTYPE_IPV4);
	expect_number(link.vlan, 10);
	expect_number(link.vlan_count, 2);
	expect_number(link.payload.at[0], 0x45);
	link = parsed(LINK_ETHERNET, MACS "91 00 00 0b  81 00 00 14  08 00  45");
	expect_number(link.vlan, 11);
	expect_number(link.ethertype, ETHERTYPE_IPV4);
}

#define FOUR_TAGS "81 00 00 01  81 00 00 02  81 00 00 03  81 00 00 04  "

Test(link, as_many_tags_as_are_taken)
{
	struct link link = parsed(LINK_ETHERNET, MACS FOUR_TAGS "08 00  45");

	expect_number(link.vlan_count, LINK_VLANS_MAX);
	expect_number(link.vlan, 1);
	expect_number(link.payload.at[0], 0x45);
	refused(LINK_ETHERNET, MACS FOUR_TAGS "81 00 00 05  08 00  45", "vlan_depth");
}

/* tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html: the protocol comes last. */
Test(link, linux_sll)
{
	struct link link =
	    parsed(LINK_LINUX_SLL, "00 04  00 01  00 06  02 00 00 00 00 01 00 00  08 00  45");

	expect_number(link.ethertype, ETHERTYPE_IPV4);
	expect_number(bytes_left(&link.payload), 1);
	expect_number(link.payload.at[0], 0x45);
	link = parsed(
	    LINK_LINUX_SLL, "00 00  00 01  00 06  02 00 00 00 00 01 00 00  81 00  00 07 86 dd  60");
	expect_number(link.ethertype, ETHERTYPE_IPV6);
	expect_number(link.vlan, 7);
}

/* tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html: the protocol comes first. */
Test(link, linux_sll2)
{
	struct link link = parsed(LINK_LINUX_SLL2,
	    "86 dd  00 00  00 00 00 03  00 01  04  06  02 00 00 00 00 01 00 00  60");

	expect_number(link.ethertype, ETHERTYPE_IPV6);
	expect_number(bytes_left(&link.payload), 1);
	expect_number(link.payload.at[0], 0x60);
}

/* The family is 2 and 24, 28 or 30 in either byte order, so the version of IP decides. */
Test(link, loopback_of_any_host)
{
	static const char *const families[] = {
	    "02 00 00 00 ", "00 00 00 02 ", "1e 00 00 00 ", "18 00 00 00 ", "00 00 00 1c "};

	for (size_t i = 0; i < sizeof(families) / sizeof(families[0]); i++) {
		char frame[64];
		struct link link;

		(void)snprintf(frame, sizeof(frame), "%s 45 00", families[i]);
		link = parsed(i % 2 ? LINK_LOOP : LINK_NULL, frame);
		expect_number(link.ethertype, ETHERTYPE_IPV4);
		expect_number(bytes_left(&link.payload), 2);
		(void)snprintf(frame, sizeof(frame), "%s 60", families[i]);
		link = parsed(i % 2 ? LINK_NULL : LINK_LOOP, frame);
		expect_number(link.ethertype, ETHERTYPE_IPV6);
	}
	refused(LINK_NULL, "02 00 00 00", "ip_version");
	refused(LINK_LOOP, "00 00 00 02  55", "ip_version");
}

Test(link, raw)
{
	static const enum link_type types[] = {
	    LINK_RAW, LINK_RAW_BSD, LINK_RAW_OPENBSD, LINK_IPV4, LINK_IPV6};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		expect_number(parsed(types[i], "45 00").ethertype, ETHERTYPE_IPV4);
		expect_number(parsed(types[i], "60 00").ethertype, ETHERTYPE_IPV6);
		expect_number(parsed(types[i], "60 17").payload.at[1], 0x17);
		refused(types[i], "", "ip_version");
		for (unsigned version = 0; version < 16; version++) {
			char frame[8];

			(void)snprintf(frame, sizeof(frame), "%x5", version);
			if (version != 4 && version != 6) {
				refused(types[i], frame, "ip_version");
			}
		}
	}
}

Test(link, only_the_known_types_have_names)
{
	static const struct {
		enum link_type type;
		const char *name;
	} known[] = {{LINK_NULL, "null"}, {LINK_ETHERNET, "ethernet"}, {LINK_RAW_BSD, "raw"},
	    {LINK_RAW_OPENBSD, "raw"}, {LINK_RAW, "raw"}, {LINK_LOOP, "loop"},
	    {LINK_LINUX_SLL, "linux_sll"}, {LINK_IPV4, "ipv4"}, {LINK_IPV6, "ipv6"},
	    {LINK_LINUX_SLL2, "linux_sll2"}};
	size_t found = 0;

	for (unsigned type = 0; type <= 65535; type++) {
		const char *name = link_type_name((enum link_type)type);
		struct link link;

		if (found < sizeof(known) / sizeof(known[0]) && known[found].type == type) {
			cr_expect_str_eq(name, known[found].name);
			found++;
			continue;
		}
		cr_assert_null(name, "link type %u is called %s", type, name);
		expect_result(
		    link_parse(&link, (enum link_type)type, guarded_hex("45 00 00 00 00")),
		    "link_type");
	}
	expect_number(found, sizeof(known) / sizeof(known[0]));
}

/* What every beginning of a frame comes to; a header of `length` octets is the first sound one. */
static void sweep(enum link_type type, const char *hex, size_t length, const char *cut)
{
	struct octets o = octets(hex);

	for (size_t n = 0; n <= o.length; n++) {
		struct bytes in = guarded(o.at, n);
		struct link link;
		enum dissect_result result = link_parse(&link, type, in);

		expect_result(result, n < length ? cut : "ok");
		if (result == DISSECT_OK) {
			cr_expect_eq(link.payload.at, in.at + length);
			cr_expect_eq(link.payload.end, in.end);
		}
	}
}

Test(link, every_truncation)
{
	sweep(LINK_ETHERNET, MACS "08 00  45 00 00", 14, "ethernet_short");
	sweep(LINK_LINUX_SLL, "00 04  00 01  00 06  02 00 00 00 00 01 00 00  08 00  45", 16,
	    "cooked_short");
	sweep(LINK_LINUX_SLL2,
	    "86 dd  00 00  00 00 00 03  00 01  04  06  02 00 00 00 00 01 00 00  60", 20,
	    "cooked_short");
}

Test(link, every_truncation_of_a_loopback_frame)
{
	struct octets o = octets("02 00 00 00 45");

	for (size_t n = 0; n <= o.length; n++) {
		struct link link;

		expect_result(link_parse(&link, LINK_NULL, guarded(o.at, n)), n < 4
										  ? "loopback_short"
									      : n < 5 ? "ip_version"
										      : "ok");
	}
}

Test(link, every_truncation_of_tags)
{
	struct octets o = octets(MACS FOUR_TAGS "08 00");

	for (size_t n = 0; n <= o.length; n++) {
		struct link link;

		expect_result(link_parse(&link, LINK_ETHERNET, guarded(o.at, n)),
		    n < 14         ? "ethernet_short"
		    : n < o.length ? "vlan_short"
				   : "ok");
	}
}
