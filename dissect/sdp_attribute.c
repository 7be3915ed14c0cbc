/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp_attribute.h"

enum attribute {
	ATTRIBUTE_OTHER,
	ATTRIBUTE_SENDRECV,
	ATTRIBUTE_SENDONLY,
	ATTRIBUTE_RECVONLY,
	ATTRIBUTE_INACTIVE,
	ATTRIBUTE_RTPMAP,
	ATTRIBUTE_FMTP,
	ATTRIBUTE_PTIME,
	ATTRIBUTE_MAXPTIME,
	ATTRIBUTE_RTCP,
	ATTRIBUTE_RTCP_MUX,
	ATTRIBUTE_RTCP_XR,
	ATTRIBUTE_CRYPTO,
	ATTRIBUTE_FINGERPRINT,
	ATTRIBUTE_SETUP,
	ATTRIBUTE_ICE_UFRAG,
	ATTRIBUTE_ICE_LITE,
	ATTRIBUTE_CANDIDATE,
	ATTRIBUTE_END_OF_CANDIDATES,
	ATTRIBUTE_GROUP,
	ATTRIBUTE_MID,
	ATTRIBUTE_MSID,
	ATTRIBUTE_SSRC
};

/* With regard to case (RFC 8866 section 6). */
static enum attribute attribute_of(struct text name)
{
#define IS(literal, attribute)                 \
	if (text_equal(name, TEXT(literal))) { \
		return attribute;              \
	}

	switch (name.length ? name.at[0] : '\0') {
	case 'c':
		IS("crypto", ATTRIBUTE_CRYPTO)
		IS("candidate", ATTRIBUTE_CANDIDATE)
		break;
	case 'e':
		IS("end-of-candidates", ATTRIBUTE_END_OF_CANDIDATES)
		break;
	case 'f':
		IS("fmtp", ATTRIBUTE_FMTP)
		IS("fingerprint", ATTRIBUTE_FINGERPRINT)
		break;
	case 'g':
		IS("group", ATTRIBUTE_GROUP)
		break;
	case 'i':
		IS("inactive", ATTRIBUTE_INACTIVE)
		IS("ice-ufrag", ATTRIBUTE_ICE_UFRAG)
		IS("ice-lite", ATTRIBUTE_ICE_LITE)
		break;
	case 'm':
		IS("maxptime", ATTRIBUTE_MAXPTIME)
		IS("mid", ATTRIBUTE_MID)
		IS("msid", ATTRIBUTE_MSID)
		break;
	case 'p':
		IS("ptime", ATTRIBUTE_PTIME)
		break;
	case 'r':
		IS("rtpmap", ATTRIBUTE_RTPMAP)
		IS("recvonly", ATTRIBUTE_RECVONLY)
		IS("rtcp", ATTRIBUTE_RTCP)
		IS("rtcp-mux", ATTRIBUTE_RTCP_MUX)
		IS("rtcp-xr", ATTRIBUTE_RTCP_XR)
		break;
	case 's':
		IS("sendrecv", ATTRIBUTE_SENDRECV)
		IS("sendonly", ATTRIBUTE_SENDONLY)
		IS("setup", ATTRIBUTE_SETUP)
		IS("ssrc", ATTRIBUTE_SSRC)
		break;
	default:
		break;
	}
	return ATTRIBUTE_OTHER;
#undef IS
}

static bool payload_type_take(struct text *value, uint8_t *payload_type)
{
	uint64_t number;

	if (!text_number(text_word(value), 127, &number)) {
		return false;
	}
	*payload_type = (uint8_t)number;
	return true;
}

/* Formats that are no audio by themselves, and T.38 in RTP. */
static void encoding_note(struct sdp_media *media, const struct sdp_rtpmap *map)
{
	struct text formats = media->formats;
	uint8_t first;

	if (text_equal_nocase(map->encoding, TEXT("telephone-event")) ||
	    text_equal_nocase(map->encoding, TEXT("tone"))) {
		sdp_payloads_add(&media->events, map->payload_type);
	} else if (text_equal_nocase(map->encoding, TEXT("CN"))) {
		sdp_payloads_add(&media->comfort_noise, map->payload_type);
	} else if (text_equal_nocase(map->encoding, TEXT("t38")) &&
		   sdp_payload_next(&formats, &first) && first == map->payload_type) {
		media->kind = SDP_FAX;
	}
}

/* RFC 8866 6.6: "97 opus/48000/2" */
static bool rtpmap(struct sdp_media *media, struct text value)
{
	struct sdp_rtpmap map = {.channels = 1};
	struct text rest, channels;
	uint64_t clock_rate, count;

	if (!payload_type_take(&value, &map.payload_type)) {
		return false;
	}
	map.encoding = text_cut(text_word(&value), '/', &rest);
	if (map.encoding.length == 0 ||
	    !text_number(text_cut(rest, '/', &channels), UINT32_MAX, &clock_rate)) {
		return false;
	}
	map.clock_rate = (uint32_t)clock_rate;
	if (text_number(channels, UINT8_MAX, &count) && count > 0) {
		map.channels = (uint8_t)count;
	}
	encoding_note(media, &map);
	if (media->rtpmap_count < SDP_RTPMAPS_MAX) {
		media->rtpmaps[media->rtpmap_count++] = map;
	}
	return true;
}

/* Of other media a format may be a word: "webrtc-datachannel max-message-size=100". */
static bool fmtp(struct sdp_media *media, struct text value)
{
	struct sdp_fmtp one;

	if (!payload_type_take(&value, &one.payload_type)) {
		return true;
	}
	one.parameters = text_trim(value);
	if (media->fmtp_count < SDP_RTPMAPS_MAX) {
		media->fmtps[media->fmtp_count++] = one;
	}
	return true;
}

/* RFC 8866 6.4: a whole or decimal number of milliseconds above 0. */
static bool packet_time(uint32_t *out, struct text value)
{
	struct text fraction;
	struct text whole = text_cut(text_trim(value), '.', &fraction);
	uint64_t ms, us = 0, digit = 100;

	if (!text_number(whole, UINT16_MAX, &ms)) {
		return false;
	}
	for (size_t i = 0; i < fraction.length; i++) {
		if (!text_is_digit(fraction.at[i])) {
			return false;
		}
		us += digit * (uint64_t)(fraction.at[i] - '0');
		digit /= 10;
	}
	*out = (uint32_t)(ms * 1000 + us);
	return *out > 0;
}

/* RFC 3605 2.1: "53020 IN IP4 126.16.64.4", or the port alone. */
static bool rtcp(struct sdp_media *media, struct text value)
{
	uint64_t port;

	media->rtcp = text_trim(value);
	if (!text_number(text_word(&value), UINT16_MAX, &port)) {
		return false;
	}
	media->control.port = (uint16_t)port;
	(void)text_word(&value);
	(void)text_word(&value);
	media->control.address = text_word(&value);
	return true;
}

/* RFC 4568 section 4: "1 AES_CM_128_HMAC_SHA1_80 inline:..." */
static bool crypto(struct sdp_security *out, struct text value)
{
	struct text tag = text_word(&value);
	struct text suite = text_word(&value);

	if (tag.length == 0 || suite.length == 0 || text_word(&value).length == 0) {
		return false;
	}
	if (out->crypto_count++ == 0) {
		out->crypto_suite = suite;
	}
	return true;
}

/* RFC 9143 section 5; other groups join media in ways that are not of interest. */
static bool group(struct sdp *out, struct text value)
{
	struct text rest = text_trim(value);

	if (text_equal(text_word(&rest), TEXT("BUNDLE"))) {
		out->bundle = text_trim(rest);
	}
	return true;
}

static bool mid(struct sdp_media *media, struct text bundle, struct text value)
{
	media->mid = text_trim(value);
	for (int i = 0; !media->bundled && bundle.length > 0 && i < SDP_BUNDLE_MAX; i++) {
		media->bundled = text_equal(text_word(&bundle), media->mid);
	}
	return media->mid.length > 0;
}

/* RFC 5576 4.1 and 6.1: "2882400012 cname:user@example.com" */
static bool ssrc(struct sdp_media *media, struct text value)
{
	struct text name, of;
	uint64_t number;
	unsigned i = 0;

	if (!text_number(text_word(&value), UINT32_MAX, &number)) {
		return false;
	}
	while (i < media->ssrc_count && media->ssrcs[i].ssrc != number) {
		i++;
	}
	if (i == SDP_SSRCS_MAX) {
		return true;
	}
	if (i == media->ssrc_count) {
		media->ssrcs[media->ssrc_count++] = (struct sdp_ssrc){.ssrc = (uint32_t)number};
	}
	name = text_cut(text_trim(value), ':', &of);
	if (text_equal(name, TEXT("cname"))) {
		media->ssrcs[i].cname = of;
	}
	return true;
}

static void candidate(struct sdp_media *media, struct text value)
{
	if (media->candidate_count < SDP_CANDIDATES_MAX) {
		media->candidates[media->candidate_count++] = text_trim(value);
	}
}

/* Attributes of media alone; of a session they mean nothing. */
static bool media_attribute(
    const struct sdp *out, struct sdp_media *media, enum attribute attribute, struct text value)
{
	switch (attribute) {
	case ATTRIBUTE_FMTP:
		return fmtp(media, value);
	case ATTRIBUTE_PTIME:
		return packet_time(&media->ptime_us, value);
	case ATTRIBUTE_MAXPTIME:
		return packet_time(&media->maxptime_us, value);
	case ATTRIBUTE_RTCP:
		return rtcp(media, value);
	case ATTRIBUTE_RTCP_MUX:
		media->control.mux = true;
		return true;
	case ATTRIBUTE_CRYPTO:
		return crypto(&media->security, value);
	case ATTRIBUTE_CANDIDATE:
		candidate(media, value);
		return true;
	case ATTRIBUTE_MID:
		return mid(media, out->bundle, value);
	case ATTRIBUTE_MSID:
		media->msid = text_trim(value);
		return true;
	case ATTRIBUTE_SSRC:
		return ssrc(media, value);
	default:
		return true;
	}
}

/* Attributes that a session may give for all of its media; false where it is none of these. */
static bool common_attribute(
    struct sdp *out, struct sdp_media *media, enum attribute attribute, struct text value)
{
	struct sdp_security *security = media ? &media->security : &out->security;
	enum sdp_direction *direction = media ? &media->direction : &out->direction;

	switch (attribute) {
	case ATTRIBUTE_SENDRECV:
		*direction = SDP_SENDRECV;
		return true;
	case ATTRIBUTE_SENDONLY:
		*direction = SDP_SENDONLY;
		return true;
	case ATTRIBUTE_RECVONLY:
		*direction = SDP_RECVONLY;
		return true;
	case ATTRIBUTE_INACTIVE:
		*direction = SDP_INACTIVE;
		return true;
	case ATTRIBUTE_FINGERPRINT:
		security->fingerprint = text_trim(value);
		return true;
	case ATTRIBUTE_SETUP:
		security->setup = text_trim(value);
		return true;
	case ATTRIBUTE_ICE_UFRAG:
		*(media ? &media->ice_ufrag : &out->ice_ufrag) = text_trim(value);
		return true;
	case ATTRIBUTE_RTCP_XR:
		*(media ? &media->control.xr : &out->rtcp_xr) = text_trim(value);
		return true;
	case ATTRIBUTE_ICE_LITE:
		out->ice_lite = true;
		return true;
	default:
		return false;
	}
}

enum dissect_result sdp_attribute_parse(struct sdp *out, struct sdp_media *media, struct text line)
{
	struct text value;
	enum attribute attribute = attribute_of(text_cut(line, ':', &value));
	bool sound = true;

	if (attribute == ATTRIBUTE_OTHER || common_attribute(out, media, attribute, value)) {
		return DISSECT_OK;
	}
	if (attribute == ATTRIBUTE_RTPMAP) {
		return media && rtpmap(media, value) ? DISSECT_OK : MALFORMED_SDP_RTPMAP;
	}
	if (attribute == ATTRIBUTE_END_OF_CANDIDATES) {
		if (media) {
			media->end_of_candidates = true;
		}
	} else if (attribute == ATTRIBUTE_GROUP) {
		sound = media || group(out, value);
	} else if (media) {
		sound = media_attribute(out, media, attribute, value);
	}
	return sound ? DISSECT_OK : MALFORMED_SDP_ATTRIBUTE;
}
