/* SPDX-License-Identifier: Apache-2.0 */
#include "loudness.h"

#include <math.h>

#include "level.h"
#include "media.h"

/* RFC 3551 table 4 */
enum { TYPE_PCMU = 0, TYPE_PCMA = 8, TYPE_G722 = 9 };

/* Shorter ones are a fraction of a syllable. */
enum { OCTETS_MIN = 40 };

static bool codec_of(uint8_t payload_type, uint16_t sequence, enum level_codec *codec)
{
	switch (payload_type) {
	case TYPE_PCMU:
		*codec = LEVEL_PCMU;
		return true;
	case TYPE_PCMA:
		*codec = LEVEL_PCMA;
		return true;
	case TYPE_G722:
		*codec = LEVEL_G722;
		return sequence % LOUDNESS_EVERY_G722 == 0;
	default:
		return false;
	}
}

uint8_t loudness_of(uint8_t payload_type, uint16_t sequence, struct bytes payload)
{
	enum level_codec codec;
	struct level level;

	if (bytes_left(&payload) < OCTETS_MIN || !codec_of(payload_type, sequence, &codec) ||
	    !level_measure(&level, codec, payload)) {
		return MEDIA_LEVEL_NONE;
	}
	return level.silent ? MEDIA_LEVEL_SILENT
			    : (uint8_t)(MEDIA_LEVEL_FULL + lround(-level.dbov));
}
