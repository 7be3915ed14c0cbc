/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streams at the desk: what workers report of media, and which call it belongs to.
 */
#ifndef TALKPATH_STREAM_H
#define TALKPATH_STREAM_H

#include "model.h"

void stream_began(struct desk *desk, const struct media_began *began);
/* What goes back to where the packet came from may have followed it. */
void stream_stray(struct desk *desk, const struct media_stray *stray);
void stream_gap(struct desk *desk, const struct media_gap *gap);
void stream_interval(struct desk *desk, const struct media_interval_record *record);
void stream_summary(struct desk *desk, const struct media_summary *summary);

/* What is known by now of a fax that began (media_began.udptl). */
void stream_fax(struct desk *desk, const struct fax_notice *notice);

/* For writing: made with the first of it. */
struct stream_seldom *stream_seldom_of(struct desk *desk, struct desk_stream *stream);

/* One that is still followed, or NULL. stream: media_stream(). */
struct desk_stream *stream_followed(struct desk *desk, uint64_t stream);

/* The site that a flow from one place to another belongs to, or NULL. *goes_there: to it. */
const struct site *stream_site(const struct desk *desk, uint32_t place_to, uint32_t place_from,
    uint16_t vantage, int64_t time_ns, bool *goes_there);

/* The stream belongs to this call, and goes toward that party. False where the call has too many.
 */
bool stream_join(
    struct desk *desk, struct desk_stream *stream, uint32_t call_number, enum party toward);

/* A new description: streams of its place that no call had yet are its call's. */
void stream_claim(struct desk *desk, const struct site *site);

/*
 * Candidates for the stream of an SSRC at a vantage, by table_next(&desk->ssrc_index, cursor);
 * the caller compares.
 */
uint32_t stream_of_ssrc(
    const struct desk *desk, struct table_cursor *cursor, uint32_t ssrc, uint16_t vantage);

/* Where they stand, on its way to the cache. */
void stream_ssrc_fetch(const struct desk *desk, uint32_t ssrc, uint16_t vantage);

/* Nothing more is expected of the stream: take it out of the look-up tables. At the end nobody
 * looks into these any more. */
void stream_release(struct desk *desk, uint32_t number);

/* Those of a call, on their way to the cache; then what is known of them and where they go. */
__attribute__((always_inline)) static inline void streams_fetch(
    const struct desk *desk, const struct call *call)
{
	if (call->stream_count > 0) {
		memory_fetch(stream_at(desk, call->first_stream), sizeof(struct desk_stream));
		memory_fetch(stream_at(desk, call->last_stream), sizeof(struct desk_stream));
	}
}

__attribute__((always_inline)) static inline void stream_fetch_rest(
    const struct desk *desk, uint32_t number)
{
	const struct desk_stream *s = stream_at(desk, number);

	memory_fetch(s->summary, sizeof(*s->summary));
	memory_fetch(s->intervals, sizeof(*s->intervals) + sizeof(struct interval_bin));
	if (s->place_to != POOL_NONE) {
		memory_fetch(place_at(desk, s->place_to), sizeof(struct place));
	}
	if (s->place_from != POOL_NONE) {
		memory_fetch(place_at(desk, s->place_from), sizeof(struct place));
	}
}

__attribute__((always_inline)) static inline void streams_fetch_rest(
    const struct desk *desk, const struct call *call)
{
	if (call->stream_count > 0) {
		stream_fetch_rest(desk, call->first_stream);
		stream_fetch_rest(desk, call->last_stream);
	}
}

/* Forget the streams of a call. */
void stream_remove_of_call(struct desk *desk, struct call *call);

/* Forget streams without a call that ended before time_ns; all the memory they held is free. */
void stream_expire(struct desk *desk, int64_t time_ns);

#endif
