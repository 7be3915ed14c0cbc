/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stream's figures to quality: codec, loss, MOS, and which stream stands for a call.
 */
#ifndef TALKPATH_QUALITY_H
#define TALKPATH_QUALITY_H

#include "model.h"

/* A payload type as this stream uses it. */
struct codec_use {
	const char *codec;      /* NULL where neither RFC 3551 nor signalling names it */
	uint32_t clock_rate_hz; /* 0 where unknown */
};

struct codec_use quality_codec(const struct desk_stream *s, uint8_t payload_type);

/* The payload type of the most packets. */
uint8_t quality_payload_type(const struct desk_stream *s);

struct quality {
	bool rated; /* the model knows the codec; the rest holds */
	double rating, mos;
	double ie, bpl;
};

struct quality quality_of(const struct desk_stream *s);

/*
 * The stream by which the call's worse listener hears: for each party the worst at the vantage
 * nearest to it, of these the worse. NULL where nothing could be rated.
 */
const struct desk_stream *quality_of_call(
    struct desk *desk, const struct call *call, struct quality *out);

#endif
