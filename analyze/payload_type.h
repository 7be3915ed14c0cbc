/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static RTP payload types: name and clock (RFC 3551 table 4 and 5, RFC 3389).
 */
#ifndef TALKPATH_PAYLOAD_TYPE_H
#define TALKPATH_PAYLOAD_TYPE_H

#include <stdbool.h>
#include <stdint.h>

enum { PAYLOAD_TYPES = 128 };

enum payload_role {
	ROLE_DYNAMIC, /* only signalling tells what it is */
	ROLE_AUDIO,
	ROLE_VIDEO,
	ROLE_COMFORT_NOISE /* counted, but left out of jitter */
};

struct payload_type {
	const char *name;       /* NULL with ROLE_DYNAMIC */
	uint32_t clock_rate_hz; /* 0 with ROLE_DYNAMIC; G722 is 8000 by RFC 3551 4.5.2 */
	enum payload_role role;
};

extern const struct payload_type payload_types[PAYLOAD_TYPES];

#endif
