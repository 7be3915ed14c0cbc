/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stream's figures to quality: codec, loss, delay, MOS, and which stream stands for a call.
 */
#ifndef TALKPATH_QUALITY_H
#define TALKPATH_QUALITY_H

#include "codec_quality.h"
#include "model.h"

/* A payload type as this stream uses it. */
struct codec_use {
	const char *codec;      /* NULL where neither RFC 3551 nor signalling names it */
	uint32_t clock_rate_hz; /* 0 where unknown */
};

struct codec_use quality_codec(
    const struct desk *desk, const struct desk_stream *s, uint8_t payload_type);

/* The payload type of the most packets. */
uint8_t quality_payload_type(const struct desk *desk, const struct desk_stream *s);

/*
 * All that a rating depends on. The one place where what was measured of a stream meets the model:
 * quality_input() fills it in.
 */
struct quality_input {
	struct codec_use codec;
	double rate_kbps; /* of payload; NAN where the sender paused or it is not known */
	enum codec_plc plc;
	uint64_t expected, lost;
	uint64_t discarded;    /* arrived, but too late for the jitter buffer */
	double burst_ratio;    /* 1: losses are independent, or nothing is known of it */
	double packet_time_ms; /* NAN where not known */
	double round_trip_ms;  /* of the whole path; NAN where not known */
};

/* The clock is known and undisputed, and packets have times: delay variation and discards hold. */
bool quality_delay_is_measured(const struct desk *desk, const struct desk_stream *s);

/*
 * BurstR (G.107 7.2): the mean length of the runs of lost packets, over what it would be at the
 * same loss at random, 1 / (1 - loss). 1 without losses.
 */
double quality_burst_ratio(const struct stream_figures *m);

struct quality_input quality_input(const struct desk *desk, const struct desk_stream *s);

struct quality {
	bool rated; /* the rest holds */
	double rating, mos;
	const char *kind;    /* "LQE-N", ... */
	const char *version; /* of the model */
	double ie, bpl;
	const char *plc;
	double delay_ms; /* mouth to ear; NAN where not known */
	bool estimate;   /* a value that no standard gives went into it */
};

struct quality quality_rate(const struct quality_input *input);

/* What a rating has from its stream, whatever was lost: the same for all of its intervals. */
struct quality_scale {
	bool known; /* the rest holds */
	struct codec_quality codec;
	double delay_ms, ceiling;
};

struct quality_scale quality_scale(const struct quality_input *input);
struct quality quality_rate_on(
    const struct quality_scale *scale, const struct quality_input *input);

/*
 * The last rating of a stream that lost nothing, and what it rests on. Most streams of a site are
 * alike in that.
 */
struct quality_memo {
	struct quality_input input;
	struct quality quality;
};

/* The rating of an audio stream. */
struct quality quality_of(const struct desk *desk, const struct desk_stream *s);

/*
 * The stream by which the call's worse listener hears: for each party the worst at the vantage
 * nearest to it, of these the worse. NULL where nothing could be rated.
 */
const struct desk_stream *quality_of_call(
    struct desk *desk, const struct call *call, struct quality *out);

#endif
