/* SPDX-License-Identifier: Apache-2.0 */
#include "sdp.h"

bool sdp_payload_next(struct text *formats, uint8_t *payload_type)
{
	uint64_t number;

	if (!text_number(text_word(formats), 127, &number)) {
		return false;
	}
	*payload_type = (uint8_t)number;
	return true;
}

/* RFC 3551 tables 4 and 5, but for types that are reserved or unassigned. */
static bool static_codec(uint8_t payload_type, struct sdp_rtpmap *out)
{
	static const struct {
		struct text encoding;
		uint32_t clock_rate;
		uint8_t payload_type, channels;
	} codecs[] = {
	    {{"PCMU", 4}, 8000, 0, 1},
	    {{"GSM", 3}, 8000, 3, 1},
	    {{"G723", 4}, 8000, 4, 1},
	    {{"DVI4", 4}, 8000, 5, 1},
	    {{"DVI4", 4}, 16000, 6, 1},
	    {{"LPC", 3}, 8000, 7, 1},
	    {{"PCMA", 4}, 8000, 8, 1},
	    {{"G722", 4}, 8000, 9, 1}, /* 4.5.2: by an old mistake */
	    {{"L16", 3}, 44100, 10, 2},
	    {{"L16", 3}, 44100, 11, 1},
	    {{"QCELP", 5}, 8000, 12, 1},
	    {{"CN", 2}, 8000, 13, 1},
	    {{"MPA", 3}, 90000, 14, 1},
	    {{"G728", 4}, 8000, 15, 1},
	    {{"DVI4", 4}, 11025, 16, 1},
	    {{"DVI4", 4}, 22050, 17, 1},
	    {{"G729", 4}, 8000, 18, 1},
	    {{"CelB", 4}, 90000, 25, 1},
	    {{"JPEG", 4}, 90000, 26, 1},
	    {{"nv", 2}, 90000, 28, 1},
	    {{"H261", 4}, 90000, 31, 1},
	    {{"MPV", 3}, 90000, 32, 1},
	    {{"MP2T", 4}, 90000, 33, 1},
	    {{"H263", 4}, 90000, 34, 1},
	};

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (codecs[i].payload_type == payload_type) {
			*out = (struct sdp_rtpmap){payload_type, codecs[i].channels,
			    codecs[i].encoding, codecs[i].clock_rate};
			return true;
		}
	}
	return false;
}

bool sdp_codec(const struct sdp_media *m, uint8_t payload_type, struct sdp_rtpmap *out)
{
	for (unsigned i = 0; i < m->rtpmap_count; i++) {
		if (m->rtpmaps[i].payload_type == payload_type) {
			*out = m->rtpmaps[i];
			return true;
		}
	}
	return static_codec(payload_type, out);
}

struct text sdp_fmtp(const struct sdp_media *m, uint8_t payload_type)
{
	for (unsigned i = 0; i < m->fmtp_count; i++) {
		if (m->fmtps[i].payload_type == payload_type) {
			return m->fmtps[i].parameters;
		}
	}
	return TEXT_NONE;
}
