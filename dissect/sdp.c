/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp.h"

enum { SDP_CANDIDATE_WORDS_MAX = 16 };

static void defect(struct sdp *out, bool sound, enum dissect_result result)
{
	if (!sound) {
		dissect_defect(&out->defects, result);
	}
}

/* The description that a line belongs to: the last m= so far, or NULL for the session. */
static struct sdp_media *current(struct sdp *out)
{
	return out->media_count ? &out->media[out->media_count - 1] : NULL;
}

/* "IN IP4 203.0.113.1/127": the address without TTL and count. */
static bool connection_address(struct text value, struct text *address)
{
	struct text rest;
	struct text network = text_word(&value);
	struct text family = text_word(&value);

	*address = text_cut(text_word(&value), '/', &rest);
	return network.length > 0 && family.length > 0 && address->length > 0;
}

static bool origin_line(struct sdp *out, struct text value)
{
	for (int i = 0; i < 3; i++) { /* username, session id, version */
		if (text_word(&value).length == 0) {
			return false;
		}
	}
	return connection_address(value, &out->origin);
}

static bool connection_line(struct sdp *out, struct text value)
{
	struct sdp_media *media = current(out);

	return connection_address(value, media ? &media->connection : &out->connection);
}

/* "RTP/SAVP", "RTP/SAVPF", "UDP/TLS/RTP/SAVPF": profiles of SRTP have an S in their name. */
static enum sdp_security media_security(struct text protocol, bool fingerprint)
{
	struct text profile = protocol;

	while (text_find(profile, '/') < profile.length) {
		(void)text_cut(profile, '/', &profile);
	}
	if (text_equal_nocase(profile, TEXT("SAVP")) || text_equal_nocase(profile, TEXT("SAVPF"))) {
		return SDP_SRTP;
	}
	return fingerprint ? SDP_SRTP_OFFERED : SDP_PLAIN;
}

static enum sdp_media_kind media_kind(struct text name)
{
	if (text_equal_nocase(name, TEXT("audio"))) {
		return SDP_AUDIO;
	}
	if (text_equal_nocase(name, TEXT("video"))) {
		return SDP_VIDEO;
	}
	return text_equal_nocase(name, TEXT("image")) ? SDP_IMAGE : SDP_OTHER;
}

/* False where it is one too many: the lines behind it are about none that is kept. */
static bool media_line(struct sdp *out, struct text value)
{
	struct text rest;
	struct sdp_media media = {.connection = out->connection, .direction = out->direction};
	uint64_t port;

	if (out->media_count == SDP_MEDIA_MAX) {
		dissect_defect(&out->defects, MALFORMED_SDP_MEDIA_COUNT);
		return false;
	}
	media.kind = media_kind(text_word(&value));
	if (!text_number(text_cut(text_word(&value), '/', &rest), UINT16_MAX, &port)) {
		dissect_defect(&out->defects, MALFORMED_SDP_MEDIA);
		port = 0;
	}
	media.port = (uint16_t)port;
	media.protocol = text_word(&value);
	media.security = media_security(media.protocol, out->fingerprint);
	media.formats = text_trim(value);
	out->media[out->media_count++] = media;
	return true;
}

/* "97 opus/48000/2" */
static bool rtpmap_attribute(struct sdp *out, struct text value)
{
	struct sdp_media *media = current(out);
	struct sdp_rtpmap map;
	struct text rest, channels;
	uint64_t payload_type, clock_rate;

	if (!media || !text_number(text_word(&value), 127, &payload_type)) {
		return false;
	}
	map.payload_type = (uint8_t)payload_type;
	map.encoding = text_cut(text_word(&value), '/', &rest);
	if (map.encoding.length == 0 ||
	    !text_number(text_cut(rest, '/', &channels), UINT32_MAX, &clock_rate)) {
		return false;
	}
	map.clock_rate = (uint32_t)clock_rate;
	if (media->rtpmap_count < SDP_RTPMAPS_MAX) {
		media->rtpmaps[media->rtpmap_count++] = map;
	}
	return true;
}

static bool direction_attribute(struct text name, enum sdp_direction *direction)
{
	static const struct {
		struct text name;
		enum sdp_direction direction;
	} directions[] = {
	    {{"sendrecv", 8}, SDP_SENDRECV},
	    {{"sendonly", 8}, SDP_SENDONLY},
	    {{"recvonly", 8}, SDP_RECVONLY},
	    {{"inactive", 8}, SDP_INACTIVE},
	};

	for (size_t i = 0; i < sizeof(directions) / sizeof(directions[0]); i++) {
		if (text_equal(name, directions[i].name)) {
			*direction = directions[i].direction;
			return true;
		}
	}
	return false;
}

static void security_attribute(struct sdp *out, struct sdp_media *media)
{
	if (!media) {
		out->fingerprint = true;
	} else if (media->security == SDP_PLAIN) {
		media->security = SDP_SRTP_OFFERED;
	}
}

static void attribute_line(struct sdp *out, struct text line)
{
	struct text value;
	struct text name = text_cut(line, ':', &value);
	struct sdp_media *media = current(out);

	if (text_equal(name, TEXT("rtpmap"))) {
		defect(out, rtpmap_attribute(out, value), MALFORMED_SDP_RTPMAP);
	} else if (text_equal(name, TEXT("rtcp")) && media) {
		media->rtcp = text_trim(value);
	} else if (text_equal(name, TEXT("candidate")) && media) {
		if (media->candidate_count < SDP_CANDIDATES_MAX) {
			media->candidates[media->candidate_count++] = text_trim(value);
		}
	} else if (text_equal(name, TEXT("fingerprint")) ||
		   (media && text_equal(name, TEXT("crypto")))) {
		security_attribute(out, media);
	} else {
		direction_attribute(name, media ? &media->direction : &out->direction);
	}
}

/* False where no further line is to be read. */
static bool line_parse(struct sdp *out, struct text line)
{
	struct text value;

	if (line.length < 2 || line.at[1] != '=') {
		dissect_defect(&out->defects, MALFORMED_SDP_LINE);
		return true;
	}
	value = text_from(line, 2);
	switch (line.at[0]) {
	case 'v':
		defect(out, text_equal(value, TEXT("0")), MALFORMED_SDP_VERSION);
		break;
	case 'o':
		defect(out, origin_line(out, value), MALFORMED_SDP_ORIGIN);
		break;
	case 'c':
		defect(out, connection_line(out, value), MALFORMED_SDP_CONNECTION);
		break;
	case 'm':
		return media_line(out, value);
	case 'a':
		attribute_line(out, value);
		break;
	default:
		break;
	}
	return true;
}

static bool candidate_port(struct text text, uint16_t *port)
{
	uint64_t number;

	if (!text_number(text, UINT16_MAX, &number)) {
		return false;
	}
	*port = (uint16_t)number;
	return true;
}

/* "1 1 UDP 2130706431 192.0.2.1 4000 typ srflx raddr 10.0.0.1 rport 5000 ..." */
bool sdp_candidate_parse(struct sdp_candidate *out, struct text candidate)
{
	struct endpoint related = {0};
	bool has_address = false;

	*out = (struct sdp_candidate){0};
	(void)text_word(&candidate); /* foundation */
	if (!text_number(text_word(&candidate), 256, &out->component) ||
	    !text_equal_nocase(text_word(&candidate), TEXT("UDP"))) {
		return false;
	}
	(void)text_word(&candidate); /* priority */
	if (!address_parse(&out->at.address, text_word(&candidate)) ||
	    !candidate_port(text_word(&candidate), &out->at.port) || out->at.port == 0) {
		return false;
	}
	for (int i = 0; i < SDP_CANDIDATE_WORDS_MAX && candidate.length > 0; i++) {
		struct text name = text_word(&candidate), value = text_word(&candidate);

		if (text_equal(name, TEXT("raddr"))) {
			has_address = address_parse(&related.address, value);
		} else if (text_equal(name, TEXT("rport")) &&
			   !candidate_port(value, &related.port)) {
			related.port = 0;
		}
	}
	/* 0.0.0.0 and the port 9 stand for an address that is kept private. */
	if (has_address && address_class(&related.address) != ADDRESS_UNSPECIFIED &&
	    related.port != 9) {
		out->related = related;
	}
	return true;
}

enum dissect_result sdp_parse(struct sdp *out, struct bytes in)
{
	struct text rest = {(const char *)in.at, bytes_left(&in)};

	*out = (struct sdp){.direction = SDP_SENDRECV};
	if (rest.length < 2 || rest.at[1] != '=') {
		return MALFORMED_SDP_LINE;
	}
	for (int i = 0; i < SDP_LINES_MAX && rest.length > 0; i++) {
		struct text line = text_trim(text_cut(rest, '\n', &rest));

		if (line.length > 0 && !line_parse(out, line)) {
			break;
		}
	}
	return DISSECT_OK;
}
