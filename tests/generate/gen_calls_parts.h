/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The streams of the calls (gen_calls_media.c). Nobody but gen_calls.c and these needs them.
 */
#ifndef TALKPATH_GEN_CALLS_PARTS_H
#define TALKPATH_GEN_CALLS_PARTS_H

#include "gen_agenda.h"
#include "gen_calls.h"

enum { CALLS_UNDER_WAY_MAX = 64 };

struct calls_codec {
	const char *media, *rtpmap;
	uint8_t payload_type;
	unsigned frame_ms, frame_packets; /* packets of one time stamp */
	uint32_t frame_ticks;
	uint16_t octets;
};

extern const struct calls_codec calls_codecs[];

struct calls_arrival {
	int64_t time_ns;
	uint32_t number;
};

struct calls_stream {
	struct gen_file *file;
	const struct gen_calls *what;
	const struct calls_codec *codec;
	enum gen_tunnel tunnel;
	struct gen_random random;
	int64_t start_ns;
	uint32_t count, sent;
	uint16_t first_sequence;
	uint32_t first_timestamp;
	unsigned under_way;
	struct calls_arrival arrivals[CALLS_UNDER_WAY_MAX]; /* the next one last */
	/* truth */
	uint8_t *seen;
	uint32_t lowest, highest;
	int64_t last_arrival_ns;
	uint32_t last_number;
	double jitter_ms, jitter_sum_ms;
	uint32_t jitter_count;
	struct gen_truth truth;
};

/* Begin a stream, the number'th, whose file, what, tunnel and route are set. */
void calls_stream_add(
    struct gen_agenda *agenda, struct calls_stream *s, uint64_t number, int64_t start_ns);

/* Its truth is complete. */
void calls_stream_finish(struct calls_stream *s);

#endif
