/* SPDX-License-Identifier: Apache-2.0 */
#include "stun.h"

static const uint32_t magic_cookie = 0x2112a442;     /* RFC 8489 section 5 */
static const uint32_t fingerprint_mask = 0x5354554e; /* RFC 8489 section 14.7 */

/* Types that are treated in a way of their own. */
enum attribute_type {
	TYPE_UNKNOWN_ATTRIBUTES = 0x000a,
	TYPE_XOR_PEER_ADDRESS = 0x0012,
	TYPE_DATA = 0x0013,
	TYPE_MESSAGE_INTEGRITY_SHA256 = 0x001c,
	TYPE_FINGERPRINT = 0x8028
};

/* RFC 8489 18.3, RFC 8656 18, RFC 8445 16.1, RFC 5780 9.1, RFC 3489 11.2 */
static const struct {
	uint16_t type;
	uint8_t attribute; /* enum stun_attribute */
} types[] = {
    {0x0001, STUN_MAPPED_ADDRESS},
    {0x0004, STUN_SOURCE_ADDRESS},
    {0x0005, STUN_CHANGED_ADDRESS},
    {0x0006, STUN_USERNAME},
    {0x0008, STUN_MESSAGE_INTEGRITY},
    {0x0009, STUN_ERROR_CODE},
    {0x000c, STUN_CHANNEL_NUMBER},
    {0x000d, STUN_LIFETIME},
    {0x0014, STUN_REALM},
    {0x0015, STUN_NONCE},
    {0x0016, STUN_XOR_RELAYED_ADDRESS},
    {TYPE_MESSAGE_INTEGRITY_SHA256, STUN_MESSAGE_INTEGRITY_SHA256},
    {0x0020, STUN_XOR_MAPPED_ADDRESS},
    {0x0024, STUN_PRIORITY},
    {0x0025, STUN_USE_CANDIDATE},
    {0x8020, STUN_XOR_MAPPED_ADDRESS}, /* of the drafts between RFC 3489 and RFC 5389 */
    {0x8022, STUN_SOFTWARE},
    {0x8029, STUN_ICE_CONTROLLED},
    {0x802a, STUN_ICE_CONTROLLING},
    {0x802b, STUN_RESPONSE_ORIGIN},
    {0x802c, STUN_OTHER_ADDRESS},
};

/* --- the header --- */

static enum stun_class class_of(uint16_t type)
{
	return (enum stun_class)((type >> 7 & 2) | (type >> 4 & 1));
}

static uint16_t method_of(uint16_t type)
{
	return (uint16_t)((type & 0x0f) | (type >> 1 & 0x70) | (type >> 2 & 0xf80));
}

/* RFC 3489 pads nothing: all its values are multiples of four octets long. */
static bool classic_attributes_fit(struct bytes in)
{
	for (int i = 0; i < STUN_ATTRIBUTES_MAX && bytes_left(&in) > 0; i++) {
		const uint8_t *header = bytes_take(&in, 4);
		uint16_t type = header ? load_be16(header) : 0;

		if (type == 0 || load_be16(header + 2) % 4 != 0 ||
		    !bytes_skip(&in, load_be16(header + 2))) {
			return false;
		}
	}
	return bytes_left(&in) == 0;
}

bool stun_shape(struct bytes in)
{
	const uint8_t *header = bytes_take(&in, STUN_HEADER_LENGTH);

	if (!header || header[0] > 3) {
		return false;
	}
	if (load_be32(header + 4) == magic_cookie) {
		return true;
	}
	return method_of(load_be16(header)) == STUN_BINDING &&
	       class_of(load_be16(header)) != STUN_INDICATION &&
	       load_be16(header + 2) == bytes_left(&in) && classic_attributes_fit(in);
}

/* --- attributes --- */

/* Family, port, address (RFC 8489 14.1). xor: the octets from the cookie on (14.2), or NULL. */
static bool address_load(struct endpoint *out, struct bytes value, const uint8_t * xor)
{
	static const uint8_t nothing[STUN_ID_LENGTH];
	const uint8_t *p = bytes_take(&value, 4);
	size_t length = p && p[1] == 2 ? 16 : 4;
	const uint8_t *address = p ? bytes_take(&value, length) : NULL;
	const uint8_t *mask = xor? xor : nothing;

	if (!address || (p[1] != 1 && p[1] != 2) || bytes_left(&value) > 0) {
		return false;
	}
	out->port = load_be16(p + 2) ^ load_be16(mask);
	if (length == 4) {
		out->address = address_of_ipv4(load_be32(address) ^ load_be32(mask));
		return true;
	}
	for (size_t i = 0; i < length; i++) {
		out->address.octets[i] = address[i] ^ mask[i];
	}
	return true;
}

static enum dissect_result address_take(
    struct stun *out, enum stun_attribute attribute, struct bytes value)
{
	bool xored = attribute == STUN_XOR_MAPPED_ADDRESS || attribute == STUN_XOR_RELAYED_ADDRESS;

	return address_load(&out->addresses[attribute], value, xored ? out->id : NULL)
		   ? DISSECT_OK
		   : MALFORMED_STUN_ADDRESS;
}

/* The one attribute that may stand several times (RFC 8656 section 9.1). */
static enum dissect_result peer_take(struct stun *out, struct bytes value)
{
	struct endpoint peer;

	if (!address_load(&peer, value, out->id)) {
		return MALFORMED_STUN_ADDRESS;
	}
	if (out->peer_count < STUN_PEERS_MAX) {
		out->peers[out->peer_count++] = peer;
	}
	return DISSECT_OK;
}

/* RFC 8489 14.8: class 3..6 and number 0..99. */
static enum dissect_result error_take(struct stun *out, struct bytes value)
{
	const uint8_t *p = bytes_take(&value, 4);
	unsigned class = p ? p[2] & 7U : 0;

	if (class < 3 || class > 6 || p[3] > 99) {
		return MALFORMED_STUN_ERROR_CODE;
	}
	out->error_code = (uint16_t)(class * 100 + p[3]);
	out->reason = (struct text){(const char *)value.at, bytes_left(&value)};
	return DISSECT_OK;
}

static enum dissect_result unknown_take(struct stun *out, struct bytes value)
{
	const uint8_t *p;

	if (bytes_left(&value) % 2 != 0) {
		return MALFORMED_STUN_ATTRIBUTE;
	}
	while (out->unknown_count < STUN_UNKNOWN_MAX && (p = bytes_take(&value, 2)) != NULL) {
		out->unknown[out->unknown_count++] = load_be16(p);
	}
	return DISSECT_OK;
}

static enum dissect_result text_take(struct text *out, struct bytes value)
{
	*out = (struct text){(const char *)value.at, bytes_left(&value)};
	return DISSECT_OK;
}

/* Values of a fixed length, of which a number is kept. */
static enum dissect_result number_take(
    struct stun *out, enum stun_attribute attribute, struct bytes value)
{
	static const uint8_t lengths[] = {
	    [STUN_LIFETIME] = 4,
	    [STUN_CHANNEL_NUMBER] = 4,
	    [STUN_PRIORITY] = 4,
	    [STUN_USE_CANDIDATE] = 0,
	    [STUN_ICE_CONTROLLED] = 8,
	    [STUN_ICE_CONTROLLING] = 8,
	    [STUN_MESSAGE_INTEGRITY] = 20,
	};

	if (bytes_left(&value) != lengths[attribute]) {
		return MALFORMED_STUN_ATTRIBUTE;
	}
	if (attribute == STUN_LIFETIME) {
		out->lifetime_s = load_be32(value.at);
	} else if (attribute == STUN_CHANNEL_NUMBER) {
		out->channel = load_be16(value.at);
	} else if (attribute == STUN_PRIORITY) {
		out->priority = load_be32(value.at);
	} else if (lengths[attribute] == 8) {
		out->tie_breaker = load_be64(value.at);
	}
	return DISSECT_OK;
}

/* May be truncated, to 16 octets at the least (RFC 8489 14.6). */
static enum dissect_result sha256_take(struct bytes value)
{
	size_t length = bytes_left(&value);

	return length >= 16 && length <= 32 && length % 4 == 0 ? DISSECT_OK
							       : MALFORMED_STUN_ATTRIBUTE;
}

static enum dissect_result known_take(
    struct stun *out, enum stun_attribute attribute, struct bytes value)
{
	switch (attribute) {
	case STUN_ERROR_CODE:
		return error_take(out, value);
	case STUN_SOFTWARE:
		return text_take(&out->software, value);
	case STUN_USERNAME:
		return text_take(&out->username, value);
	case STUN_REALM:
		return text_take(&out->realm, value);
	case STUN_NONCE:
		return DISSECT_OK;
	case STUN_MESSAGE_INTEGRITY_SHA256:
		return sha256_take(value);
	default:
		return attribute < STUN_ADDRESSES ? address_take(out, attribute, value)
						  : number_take(out, attribute, value);
	}
}

static enum dissect_result attribute_take(struct stun *out, uint16_t type, struct bytes value)
{
	enum dissect_result result = DISSECT_OK;

	if (type == TYPE_XOR_PEER_ADDRESS) {
		return peer_take(out, value);
	}
	if (type == TYPE_UNKNOWN_ATTRIBUTES) {
		return unknown_take(out, value);
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (types[i].type == type && !stun_has(out, types[i].attribute)) {
			result = known_take(out, types[i].attribute, value);
			out->present |= (uint32_t)(result == DISSECT_OK) << types[i].attribute;
		}
	}
	return result;
}

/* --- the fingerprint --- */

/* CRC-32 of ISO 3309, half an octet at a time: a table of sixteen is small and fast enough. */
static uint32_t crc32(struct bytes in)
{
	static const uint32_t table[16] = {0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac,
	    0x76dc4190, 0x6b6b51f4, 0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8,
	    0xcb61b38c, 0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c};
	uint32_t crc = UINT32_MAX;

	for (; in.at < in.end; in.at++) {
		crc = crc >> 4 ^ table[(crc ^ *in.at) & 15];
		crc = crc >> 4 ^ table[(crc ^ (uint32_t)*in.at >> 4) & 15];
	}
	return ~crc;
}

/* before: the message up to this attribute. */
static enum dissect_result fingerprint_take(
    struct stun *out, struct bytes before, struct bytes value)
{
	const uint8_t *p = bytes_take(&value, 4);

	if (!p || bytes_left(&value) > 0) {
		return MALFORMED_STUN_ATTRIBUTE;
	}
	if ((crc32(before) ^ fingerprint_mask) != load_be32(p)) {
		return MALFORMED_STUN_FINGERPRINT;
	}
	out->present |= 1U << STUN_FINGERPRINT;
	return DISSECT_OK;
}

/* --- the message --- */

static void defect(struct stun *out, enum dissect_result result)
{
	if (result != DISSECT_OK) {
		dissect_defect(&out->defects, result);
	}
}

/* Behind an integrity check only these count (RFC 8489 14.5). */
static bool counts_behind_integrity(uint16_t type)
{
	return type == TYPE_MESSAGE_INTEGRITY_SHA256 || type == TYPE_FINGERPRINT;
}

/* One attribute. False where none is left, or the rest cannot be told apart. */
static bool attribute_next(struct stun *out, struct bytes *in, const uint8_t *message, bool cut)
{
	static const uint32_t integrity =
	    1U << STUN_MESSAGE_INTEGRITY | 1U << STUN_MESSAGE_INTEGRITY_SHA256;
	const uint8_t *header = bytes_take(in, 4);
	size_t length = header ? load_be16(header + 2) : 0, left = bytes_left(in), padding;
	uint16_t type = header ? load_be16(header) : 0;
	struct bytes value;

	if (!header || (length > left && !cut) ||
	    !bytes_child(in, length < left ? length : left, &value)) {
		defect(out, cut ? DISSECT_OK : MALFORMED_STUN_ATTRIBUTE);
		return false;
	}
	if (type == TYPE_DATA && !stun_has(out, STUN_DATA)) {
		out->data = value; /* as far as it was captured */
		out->data_length = (uint16_t)length;
		out->present |= 1U << STUN_DATA;
	}
	if (length > left) {
		return false;
	}
	if (type == TYPE_FINGERPRINT) {
		defect(out, fingerprint_take(out, (struct bytes){message, header}, value));
	} else if (!(out->present & integrity) || counts_behind_integrity(type)) {
		defect(out, attribute_take(out, type, value));
	}
	padding = (4 - length % 4) % 4;
	(void)bytes_skip(in, padding < bytes_left(in) ? padding : bytes_left(in));
	return bytes_left(in) > 0;
}

enum dissect_result stun_parse(struct stun *out, struct bytes in, size_t wire_length)
{
	size_t captured = bytes_left(&in), length;
	const uint8_t *header = bytes_take(&in, STUN_HEADER_LENGTH);
	bool cut = captured < wire_length;

	if (!header) {
		return MALFORMED_STUN_SHORT;
	}
	if (header[0] > 3) {
		return MALFORMED_STUN_TYPE;
	}
	*out = (struct stun){
	    .class = class_of(load_be16(header)),
	    .method = method_of(load_be16(header)),
	    .classic = load_be32(header + 4) != magic_cookie,
	    .id = header + 4,
	};
	length = load_be16(header + 2);
	if (length % 4 != 0 || length + STUN_HEADER_LENGTH != (cut ? wire_length : captured)) {
		dissect_defect(&out->defects, MALFORMED_STUN_LENGTH);
	}
	if (length < bytes_left(&in)) {
		(void)bytes_child(&in, length, &in);
	}
	for (int i = 0; bytes_left(&in) > 0; i++) {
		if (i == STUN_ATTRIBUTES_MAX) {
			dissect_defect(&out->defects, MALFORMED_STUN_ATTRIBUTE_COUNT);
			break;
		}
		if (!attribute_next(out, &in, header, cut)) {
			break;
		}
	}
	return DISSECT_OK;
}

const struct endpoint *stun_mapped(const struct stun *m)
{
	if (stun_has(m, STUN_XOR_MAPPED_ADDRESS)) {
		return &m->addresses[STUN_XOR_MAPPED_ADDRESS];
	}
	return stun_has(m, STUN_MAPPED_ADDRESS) ? &m->addresses[STUN_MAPPED_ADDRESS] : NULL;
}

/* --- ChannelData --- */

/* What was cut off is believed of an ordinary frame; text that begins alike speaks of more. */
enum { CUT_LENGTH_MAX = 1500 };

bool channel_data_shape(struct bytes in)
{
	const uint8_t *header = bytes_take(&in, CHANNEL_DATA_HEADER_LENGTH);
	size_t length = header ? load_be16(header + 2) : 0, left = bytes_left(&in);

	return header && header[0] >> 4 == 4 && left < length + 4 &&
	       (left >= length || length <= CUT_LENGTH_MAX);
}

/* Over UDP padding may be there or not, to a multiple of four (RFC 8656 section 12.5). */
enum dissect_result channel_data_parse(
    struct channel_data *out, struct bytes in, size_t wire_length)
{
	const uint8_t *header = bytes_take(&in, CHANNEL_DATA_HEADER_LENGTH);
	size_t length, rest;

	if (!header || header[0] >> 4 != 4 || wire_length < CHANNEL_DATA_HEADER_LENGTH) {
		return MALFORMED_CHANNEL_DATA_LENGTH;
	}
	length = load_be16(header + 2);
	rest = wire_length - CHANNEL_DATA_HEADER_LENGTH;
	if (length > rest || (rest != length && rest != (length + 3) / 4 * 4)) {
		return MALFORMED_CHANNEL_DATA_LENGTH;
	}
	out->channel = load_be16(header);
	out->data_length = (uint16_t)length;
	if (!bytes_child(&in, length, &out->data)) {
		out->data = in;
	}
	return DISSECT_OK;
}
