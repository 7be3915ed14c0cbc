/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_same.h"

#include "expect.h"
#include "guarded.h"

static const char *const addresses[] = {
    "<sip:1098@example.org>;tag=r98",
    "<sip:10.0.0.1>",
    "\"Bob; \xc3\xa9 <x>\" <sip:bob@biloxi.com:5070;transport=tcp;lr>;tag=a_b+c;expires=60",
    "\"\"<sip:b@h>;tag=1",
    "Alice Smith <sip:+49.30_1@a.example;user=phone>;TAG=a/b=",
    "<sip:a:secret@h>;Q=0.5;reg-id=1;+sip.instance=\"<urn:uuid:1>\";expires=60",
    "<sip:a@h>;flag;tag=",
    "<sips:a@[::1]>;tag=\xc3\xa9",
    "<a b, \"c?>;x=\"a\"b;y=\",<;\";tag=1",
};

static const char *const vias[] = {
    "SIP/2.0/UDP 10.64.0.98:5060;branch=z9hG4bK98-0-0;rport",
    "SIP/2.0/TLS a-b.example;rport=5061;received=192.0.2.1;branch=z9hG4bK_x==;maddr=x",
    "SIP/2.0/xy 1.2.3.4:5;rport=65535;a b;rport=1;x=_/",
};

static const char *const uris[] = {"sip:example.org", "sip:a@b:5060;lr;x=y", "sip:%41*@10.0.0.1",
    "sip:h;x=a@b", "sip::p@h", "sip:@h;x"};

static const char *const places[] = {"sip:a-host.example", "sip:10.0.0.1:5070",
    "sip:a:secret@10.0.0.1:05060;lr", "sip:%41_+*@h:1?x=y", "sip:a;b?c@h;x=\"?@\" "};

/* With so much behind it: the end of its line alone, and more than is looked at in one go. */
static unsigned plain_before(const char *octets, size_t length, size_t behind)
{
	static const char after[80] = "\r\n;=@:>\"\r\n;tag=1";
	char buffer[336];
	struct bytes all;
	unsigned plain;

	cr_assert_leq(length + behind, sizeof(buffer));
	memcpy(buffer, octets, length);
	memcpy(buffer + length, after, behind);
	all = guarded(buffer, length + behind);
	cr_expect(sip_plain_agrees((struct text){(const char *)all.at, length}, all.end, &plain),
	    "\"%.*s\"", (int)length, octets);
	return plain;
}

/*
 * The text as it stands in a message: far from the end of what is readable, and near it, where more
 * is left to the other parsers.
 */
static unsigned plain_as(const char *octets, size_t length)
{
	unsigned plain = plain_before(octets, length, 80);

	for (size_t behind = 1; behind < 40; behind += 13) {
		unsigned near = plain_before(octets, length, behind);

		cr_expect_eq(near & plain, near, "\"%.*s\"", (int)length, octets);
	}
	return plain;
}

static unsigned plain(const char *text)
{
	return plain_as(text, strlen(text));
}

Test(sip_plain, what_nearly_everybody_writes)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		cr_expect_eq(plain(addresses[i]), SIP_PLAIN_ADDRESS, "%s", addresses[i]);
	}
	for (size_t i = 0; i < sizeof(vias) / sizeof(vias[0]); i++) {
		cr_expect_eq(plain(vias[i]), SIP_PLAIN_VIA, "%s", vias[i]);
	}
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		cr_expect_eq(plain(uris[i]) | SIP_PLAIN_PLACE, SIP_PLAIN_URI | SIP_PLAIN_PLACE,
		    "%s", uris[i]);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		cr_expect(plain(places[i]) & SIP_PLAIN_PLACE, "%s", places[i]);
	}
}

Test(sip_plain, all_else_is_for_the_other_parsers)
{
	static const char *const texts[] = {"", " ", "<", "\"", "<sip:", "<>", "< sip:a@h>",
	    "<sip:a@h >", "<sip:a@h>,<sip:b@h>", "<sip:a@h>;", "<sip:a@h>;;tag=1", "<sip:a@h> x",
	    "<sip:a@h>;tag=a,b", "<sip:a@h>;tag=\"a", "<sip:a@h>;tag=\"a\\\"\"", "<sip:a@h>;x=<y>",
	    "\"a\"b <sip:a@h>", "\"a\\\"\" <sip:a@h>", "a(b) <sip:a@h>", "a, b <sip:a@h>",
	    "a=b <sip:a@h>", "<sip:a@h>;tag =1", "<sip:a@h>;tag= 1", "<sip:a@h>;\r\n tag=1",
	    "<sip:a@h>;=1", "SIP/2.0/UDP", "SIP/2.0/UDP ", "SIP/2.0/ h", "sip/2.0/UDP h",
	    "SIP/2.0/UDP h;", "SIP/2.0/UDP h, x", "SIP/2.0/UDP h;x, y", "SIP/2.0/UDP h_x",
	    "SIP/2.0/UDP h;x=\",\"", "SIP/2.0/UDP h;rport=1x", "SIP/2.0/UDP h;rports",
	    "SIP/2.0/UDP h:0", "SIP/2.0/UDP [::1]", "SIP/2.0/UDP  h", "SIP / 2.0 / UDP h",
	    "sip:", "sip:@h?", "sip:a@", "sip:h x", "sip:a@b@c", "sip:a@h_x", "sip:a@h ;x",
	    "sip:a@[::1]", "sip:a@h:0", "sip:a@h:65536", "sip:a@h:", "sip:h;x=y ", "sips:a@h",
	    "tel:1", "*"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_eq(plain(texts[i]), 0, "%s", texts[i]);
	}
	cr_expect_eq(plain("sip:a@h;x y"), SIP_PLAIN_PLACE);
	cr_expect_eq(plain("sip:a b@h"), SIP_PLAIN_PLACE);
}

/* Each octet replaced by each, left out, and doubled; and the text cut there. */
static void mutate(const char *text)
{
	size_t length = strlen(text);
	char other[256];

	for (size_t i = 0; i < length; i++) {
		memcpy(other, text, length);
		for (int c = 0; c < 256; c++) {
			other[i] = (char)c;
			(void)plain_as(other, length);
		}
		memcpy(other + i, text + i + 1, length - i - 1);
		(void)plain_as(other, length - 1);
		memcpy(other + i + 1, text + i, length - i);
		other[i] = text[i];
		(void)plain_as(other, length + 1);
		(void)plain_as(text, i);
	}
}

Test(sip_plain, agrees_with_the_other_parsers)
{
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		mutate(addresses[i]);
	}
	for (size_t i = 0; i < sizeof(vias) / sizeof(vias[0]); i++) {
		mutate(vias[i]);
	}
	for (size_t i = 0; i < sizeof(uris) / sizeof(uris[0]); i++) {
		mutate(uris[i]);
	}
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		mutate(places[i]);
	}
}

/* A value across many blocks, in each position to them. */
Test(sip_plain, long_values)
{
	char text[200] = "<sip:a@h>;tag=";
	size_t length = strlen(text);

	while (length < sizeof(text)) {
		text[length++] = 'x';
		cr_expect_eq(plain_as(text, length), SIP_PLAIN_ADDRESS, "%zu", length);
	}
}

Test(sip_plain, a_uri_that_is_absent_is_none)
{
	const struct text none = {0};
	struct sip_uri uri = {0};
	struct text place;

	cr_expect(!sip_plain_uri(&uri, none, NULL));
	cr_expect(!sip_plain_place(&place, none, NULL));
}
