/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets as a test writes them: hexadecimal digits in the order of the RFC's drawing, with
 * blanks anywhere, so that string literals put headers together.
 */
#ifndef TALKPATH_TEST_OCTETS_H
#define TALKPATH_TEST_OCTETS_H

#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"
#include "guarded.h"

enum { OCTETS_MAX = 4096 };

struct octets {
	size_t length;
	uint8_t at[OCTETS_MAX];
};

static inline uint8_t octets_digit(char c)
{
	if (c >= '0' && c <= '9') {
		return (uint8_t)(c - '0');
	}
	if (c >= 'a' && c <= 'f') {
		return (uint8_t)(c - 'a' + 10);
	}
	(void)fprintf(stderr, "'%c' is no hexadecimal digit\n", c);
	abort();
}

static inline struct octets octets(const char *hex)
{
	struct octets out = {0};
	size_t digits = 0;

	for (; *hex; hex++) {
		if (*hex == ' ') {
			continue;
		}
		if (digits / 2 == OCTETS_MAX) {
			abort();
		}
		out.at[digits / 2] = (uint8_t)(out.at[digits / 2] << 4 | octets_digit(*hex));
		digits++;
	}
	if (digits % 2) {
		abort();
	}
	out.length = digits / 2;
	return out;
}

static inline void octets_add(struct octets *out, const char *hex)
{
	struct octets more = octets(hex);

	if (more.length > OCTETS_MAX - out->length) {
		abort();
	}
	memcpy(out->at + out->length, more.at, more.length);
	out->length += more.length;
}

/* The same against an inaccessible page. */
static inline struct bytes guarded_hex(const char *hex)
{
	struct octets o = octets(hex);

	return guarded(o.at, o.length);
}

#endif
