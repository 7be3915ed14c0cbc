/* SPDX-License-Identifier: Apache-2.0 */
#include "address.h"

#include <arpa/inet.h>

static bool ipv4_within(uint32_t address, uint32_t network, unsigned prefix)
{
	return (address ^ network) >> (32 - prefix) == 0;
}

static enum address_class ipv4_class(uint32_t a)
{
	switch (a >> 24) {
	case 0:
		return ADDRESS_UNSPECIFIED;
	case 10:
		return ADDRESS_PRIVATE;
	case 100:
		return ipv4_within(a, 0x64400000, 10) ? ADDRESS_SHARED : ADDRESS_PUBLIC;
	case 127:
		return ADDRESS_LOOPBACK;
	case 169:
		return ipv4_within(a, 0xa9fe0000, 16) ? ADDRESS_LINK_LOCAL : ADDRESS_PUBLIC;
	case 172:
		return ipv4_within(a, 0xac100000, 12) ? ADDRESS_PRIVATE : ADDRESS_PUBLIC;
	case 192:
		return ipv4_within(a, 0xc0a80000, 16)   ? ADDRESS_PRIVATE
		       : ipv4_within(a, 0xc0000000, 29) ? ADDRESS_TRANSITION
							: ADDRESS_PUBLIC;
	default:
		return ipv4_within(a, 0xe0000000, 4) ? ADDRESS_MULTICAST : ADDRESS_PUBLIC;
	}
}

enum address_class address_class(const struct address *a)
{
	static const uint8_t zero[15];
	const uint8_t *o = a->octets;

	if (address_is_ipv4(a)) {
		return ipv4_class(address_ipv4(a));
	}
	if (o[0] == 0xff) {
		return ADDRESS_MULTICAST;
	}
	if ((o[0] & 0xfe) == 0xfc) {
		return ADDRESS_UNIQUE_LOCAL;
	}
	if (o[0] == 0xfe && (o[1] & 0xc0) == 0x80) {
		return ADDRESS_LINK_LOCAL;
	}
	if (memcmp(o, zero, sizeof(zero)) == 0 && o[15] <= 1) {
		return o[15] ? ADDRESS_LOOPBACK : ADDRESS_UNSPECIFIED;
	}
	return ADDRESS_PUBLIC;
}

const char *address_class_name(enum address_class class)
{
	static const char *const names[] = {
	    [ADDRESS_PUBLIC] = "public",
	    [ADDRESS_PRIVATE] = "private",
	    [ADDRESS_SHARED] = "carrier-grade NAT",
	    [ADDRESS_LINK_LOCAL] = "link-local",
	    [ADDRESS_LOOPBACK] = "loopback",
	    [ADDRESS_TRANSITION] = "464XLAT",
	    [ADDRESS_MULTICAST] = "multicast",
	    [ADDRESS_UNIQUE_LOCAL] = "unique local",
	    [ADDRESS_UNSPECIFIED] = "unspecified",
	};

	return names[class];
}

bool address_is_unroutable(const struct address *a)
{
	switch (address_class(a)) {
	case ADDRESS_PRIVATE:
	case ADDRESS_SHARED:
	case ADDRESS_LINK_LOCAL:
	case ADDRESS_LOOPBACK:
	case ADDRESS_TRANSITION:
	case ADDRESS_UNIQUE_LOCAL:
		return true;
	case ADDRESS_PUBLIC:
	case ADDRESS_MULTICAST:
	case ADDRESS_UNSPECIFIED:
		break;
	}
	return false;
}

/* A number of 0..255 without leading zeros; the digits behind it are left. */
static inline bool octet_take(const char **at, const char *end, uint32_t *out)
{
	const char *p = *at;
	uint32_t value = p < end ? (uint32_t)(unsigned char)*p++ - '0' : 10, digit;

	if (value > 9) {
		return false;
	}
	for (int more = 0; more < 2 && value > 0 && p < end; more++, p++) {
		digit = (uint32_t)(unsigned char)*p - '0';
		if (digit > 9) {
			break;
		}
		value = value * 10 + digit;
	}
	*at = p;
	*out = value;
	return value <= UINT8_MAX;
}

/* Four numbers as inet_pton() takes them. */
static bool ipv4_parse(struct address *out, struct text text)
{
	const char *at = text.at, *end = text.length ? at + text.length : at;
	uint32_t address = 0, value;

	for (int part = 0; part < 4; part++) {
		if ((part > 0 && (at == end || *at++ != '.')) || !octet_take(&at, end, &value)) {
			return false;
		}
		address = address << 8 | value;
	}
	if (at < end) {
		return false;
	}
	*out = address_of_ipv4(address);
	return true;
}

bool address_parse(struct address *out, struct text text)
{
	char string[ADDRESS_TEXT_MAX];

	if (text.length >= 2 && text.at[0] == '[' && text.at[text.length - 1] == ']') {
		text = (struct text){text.at + 1, text.length - 2};
	}
	if (ipv4_parse(out, text)) {
		return true;
	}
	if (text_find(text, ':') == text.length || text.length >= sizeof(string) ||
	    text_find(text, '\0') < text.length) { /* which would end the string below */
		return false;
	}
	memcpy(string, text.at, text.length);
	string[text.length] = '\0';
	return inet_pton(AF_INET6, string, out->octets) == 1;
}

static char *octet_put(char *out, unsigned octet)
{
	if (octet >= 100) {
		*out++ = (char)('0' + octet / 100);
	}
	if (octet >= 10) {
		*out++ = (char)('0' + octet / 10 % 10);
	}
	*out++ = (char)('0' + octet % 10);
	return out;
}

/* Where its end is: there stands no NUL. */
static char *ipv4_put(char *out, const struct address *a)
{
	for (int i = 12; i < 15; i++) {
		out = octet_put(out, a->octets[i]);
		*out++ = '.';
	}
	return octet_put(out, a->octets[15]);
}

const char *address_format(const struct address *a, char out[ADDRESS_TEXT_MAX])
{
	if (address_is_ipv4(a)) {
		*ipv4_put(out, a) = '\0';
		return out;
	}
	return inet_ntop(AF_INET6, a->octets, out, ADDRESS_TEXT_MAX);
}

const char *endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_MAX])
{
	char *end = out;

	if (address_is_ipv4(&e->address)) {
		end = ipv4_put(end, &e->address);
	} else {
		*end++ = '[';
		address_format(&e->address, end);
		end += strlen(end);
		*end++ = ']';
	}
	*end++ = ':';
	*text_put_number(end, e->port) = '\0';
	return out;
}
