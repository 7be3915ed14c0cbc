/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp.h"

#include "sdp_attribute.h"
#include "text_lines.h"

#define INLINE static inline __attribute__((always_inline))

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
	struct text rest, network, family;

	value = text_trim(value);
	if (text_starts(value, TEXT("IN IP4 "))) { /* as nearly all do */
		value = text_from(value, 7);
	} else {
		network = text_word(&value);
		family = text_word(&value);
		if (network.length == 0 || family.length == 0) {
			return false;
		}
	}
	*address = text_word(&value);
	if (text_find(*address, '/') < address->length) {
		*address = text_cut(*address, '/', &rest);
	}
	return address->length > 0;
}

/* "IN IP4 203.0.113.1", and not of 192.0.0.0/16: from 0 on an IPv6 address may hold one of those.
 */
static bool is_usual(struct text value)
{
	struct text address;

	if (!text_starts(value, TEXT("IN IP4 ")) || value.length == 7) {
		return false;
	}
	address = text_from(value, 7);
	return address.at[0] >= '1' && address.at[0] <= '9' && !text_starts(address, TEXT("192.0"));
}

static bool origin_line(struct sdp *out, struct text value)
{
	struct text user = text_word(&value), id = text_word(&value), version = text_word(&value);

	if (user.length == 0 || !connection_address(value, &out->origin)) {
		out->origin = TEXT_NONE;
		return false;
	}
	out->session_id = id;
	out->session_version = version;
	return true;
}

/* Of several c= lines the first counts: the others are layers of it (RFC 8866 5.7). */
static bool connection_line(struct sdp *out, struct text value)
{
	struct sdp_media *media = current(out);
	struct text *connection = media ? &media->connection : &out->connection;
	struct address *at = media ? &media->at : &out->at;
	bool *literal = media ? &media->literal : &out->literal;
	struct text address;

	out->unusual |= !is_usual(value);
	if (!connection_address(value, &address)) {
		return false;
	}
	if (connection->length == 0 || (media && connection->at == out->connection.at)) {
		*connection = address;
		*literal = address_parse(at, address);
	}
	return true;
}

/* RFC 8866 5.8, RFC 3890, RFC 3556: "AS:64". Types that are not known are to be ignored. */
static bool bandwidth_line(struct sdp *out, struct text value)
{
	struct sdp_media *media = current(out);
	struct sdp_bandwidth *b = media ? &media->bandwidth : &out->bandwidth;
	const struct {
		struct text name;
		struct sdp_rate *rate;
	} types[] = {
	    {{"AS", 2}, &b->as}, {{"TIAS", 4}, &b->tias}, {{"RS", 2}, &b->rs}, {{"RR", 2}, &b->rr}};
	struct text number;
	struct text type = text_cut(value, ':', &number);
	uint64_t rate;

	if (!text_number(text_trim(number), UINT32_MAX, &rate)) {
		return false;
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (text_equal_nocase(type, types[i].name)) {
			*types[i].rate = (struct sdp_rate){true, (uint32_t)rate};
		}
	}
	return true;
}

static bool has_word(struct text list, struct text wanted)
{
	while (list.length > 0) {
		if (text_equal_nocase(text_word(&list), wanted)) {
			return true;
		}
	}
	return false;
}

/* T.38 names its format in either case, and ITU-T T.38 D.2.3 has it in m=image. */
static enum sdp_media_kind media_kind(struct text name, struct text protocol, bool t38)
{
	if (text_equal_nocase(name, TEXT("audio"))) {
		return t38 ? SDP_FAX : SDP_AUDIO;
	}
	if (text_equal_nocase(name, TEXT("video"))) {
		return SDP_VIDEO;
	}
	if (text_equal_nocase(name, TEXT("image"))) {
		return t38 || text_equal_nocase(protocol, TEXT("udptl")) ? SDP_FAX : SDP_OTHER;
	}
	return SDP_OTHER;
}

static bool is_rtp(struct text protocol)
{
	while (protocol.length > 0) { /* RTP/AVP, TCP/RTP/AVP, UDP/TLS/RTP/SAVPF */
		if (text_equal_nocase(text_cut(protocol, '/', &protocol), TEXT("RTP"))) {
			return true;
		}
	}
	return false;
}

/* Notes payload types, up to what is none: whether all of the formats were. */
static bool payloads_note(struct sdp_media *media)
{
	struct text formats = media->formats;
	bool rtp = is_rtp(media->protocol);
	uint8_t payload_type;

	while (formats.length > 0) {
		if (!sdp_payload_next(&formats, &payload_type)) {
			return false;
		}
		if (rtp) {
			sdp_payloads_add(&media->payloads, payload_type);
		}
		if (rtp && payload_type == 13) { /* RFC 3389 section 5 */
			sdp_payloads_add(&media->comfort_noise, payload_type);
		}
	}
	return true;
}

/* False where it is not what RFC 8866 5.14 calls a media field; then nothing is to be sent. */
static bool media_parse(struct sdp_media *media, struct text value)
{
	struct text count;
	struct text name = text_word(&value);
	struct text port_text = text_cut(text_word(&value), '/', &count);
	uint64_t port = 0, ports = 1;
	bool sound = text_number(port_text, UINT16_MAX, &port) &&
		     (count.length == 0 || text_number(count, UINT16_MAX, &ports));
	bool t38;

	media->port = (uint16_t)(sound ? port : 0);
	media->port_count = (uint32_t)(sound ? ports : 1);
	media->protocol = text_word(&value);
	media->formats = text_trim(value);
	t38 = !payloads_note(media) && has_word(media->formats, TEXT("t38"));
	media->kind = media_kind(name, media->protocol, t38);
	return sound;
}

/* False where it is one too many: the lines behind it are about none that is kept. */
static bool media_line(struct sdp *out, struct text value)
{
	struct sdp_media *media = &out->media[out->media_count];

	if (out->media_count == SDP_MEDIA_MAX) {
		dissect_defect(&out->defects, MALFORMED_SDP_MEDIA_COUNT);
		return false;
	}
	memset(media, 0, offsetof(struct sdp_media, rtpmaps));
	media->connection = out->connection;
	media->at = out->at;
	media->literal = out->literal;
	media->direction = out->direction;
	media->security = out->security;
	media->ice_ufrag = out->ice_ufrag;
	media->control.xr = out->rtcp_xr;
	out->media_count++;
	defect(out, media_parse(media, value), MALFORMED_SDP_MEDIA);
	return true;
}

static void attribute_line(struct sdp *out, struct text value)
{
	enum dissect_result result = sdp_attribute_parse(out, current(out), value);

	defect(out, result == DISSECT_OK, result);
}

/* False where no further line is to be read. */
static bool line_parse(struct sdp *out, struct text line)
{
	struct text value;

	if (line.length < 2 || line.at[1] != '=' ||
	    (unsigned char)((line.at[0] | 0x20) - 'a') > 'z' - 'a') {
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
	case 'b':
		defect(out, bandwidth_line(out, value), MALFORMED_SDP_BANDWIDTH);
		break;
	case 's':
		out->name = out->name.length ? out->name : value;
		break;
	case 'm':
		return media_line(out, value);
	case 'a':
		attribute_line(out, value);
		break;
	case 'i':
		out->unusual = true;
		break;
	default:
		break;
	}
	return true;
}

/* The next line without its end, which the last one may lack; false behind it. */
INLINE bool line_take(struct text_lines *lines, struct text *line)
{
	const char *begin = lines->at, *end;

	if (!text_lines_end(lines, &end)) {
		if (begin == lines->end) {
			return false;
		}
		end = lines->at = lines->end;
	}
	if (end > begin && end[-1] == '\r') {
		end--;
	}
	*line = text_trim((struct text){begin, (size_t)(end - begin)});
	return true;
}

enum dissect_result sdp_parse(struct sdp *out, struct bytes in)
{
	const char *at = (const char *)in.at, *end = (const char *)in.end;
	struct text_lines lines;
	struct text line;

	memset(out, 0, offsetof(struct sdp, media)); /* what is not counted is not there */
	out->direction = SDP_SENDRECV;
	if (end - at < 2 || at[1] != '=') {
		return MALFORMED_SDP_LINE;
	}
	lines = text_lines_of(at, at, end);
	for (int i = 0; i < SDP_LINES_MAX && line_take(&lines, &line); i++) {
		if (line.length > 0 && !line_parse(out, line)) {
			break;
		}
	}
	return DISSECT_OK;
}
