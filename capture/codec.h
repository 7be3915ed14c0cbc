/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The compressions that captures come in, each a decoder with the same three functions.
 *
 * Their own libraries are called, not libarchive's filters around them: those keep back what
 * they have decoded where the input ends early, and do not check gzip's checksum.
 *
 * Limits: a decoder takes at most CODEC_MEMORY_MAX octets, whatever the input asks for.
 */
#ifndef TALKPATH_CODEC_H
#define TALKPATH_CODEC_H

#include <stdbool.h>

#include "bytes.h"

enum { CODEC_MEMORY_MAX = 256 << 20 };

/* Room for decoded octets. */
struct room {
	uint8_t *at;
	uint8_t *end;
};

enum codec_status {
	CODEC_MORE, /* wants more input, or more room */
	CODEC_DONE, /* the compressed stream has ended */
	CODEC_BAD   /* *why says what is wrong with it */
};

struct codec {
	const char *name;
	size_t magic_length;
	uint8_t magic[4];
	void *(*begin)(void); /* NULL: out of memory */
	enum codec_status (*step)(
	    void *decoder, struct bytes *in, struct room *out, const char **why);
	void (*end)(void *decoder);
};

/* By the first octets; NULL: not compressed by any that is known. */
const struct codec *codec_recognise(const struct bytes *head);

#endif
