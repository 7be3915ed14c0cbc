/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each party of a call ever said that payload types mean, in any of its session descriptions:
 * early, forked, offered anew, on every hop. Who sends a type that its listener never named was
 * never asked for it (RFC 3264 5.1: the numbers are those of whom media goes to).
 *
 * Data in:   the descriptions of a call. Data out: lists in call.codecs, in the order of arrival,
 *            each once.
 * Ownership: the desk's payload_lists, and the call's arena. Threading: the desk's thread.
 * Limits:    CODECS_SAID_MAX lists of each party; beyond it, or where a description could not be
 *            read in full, call.codecs_incomplete says so, and nothing may be concluded from
 *            absence.
 */
#ifndef TALKPATH_CODEC_NOTES_H
#define TALKPATH_CODEC_NOTES_H

#include "model.h"

enum { CODECS_SAID_MAX = 32 };

/* What was said of one payload type, and in which description. */
struct codec_note {
	const struct codec_said *said;
	const struct payload_map *map; /* NULL: nothing */
};

/* sdp: NULL for a description that could not be read. lists: by its lines. */
void codec_notes_take(struct call *call, const struct observation *o, enum party sender,
    const struct sdp *sdp, const struct line_lists *lists, const struct signal *signal);

/* The packet of the description. */
static inline const struct mark *codec_mark(const struct call *call, const struct codec_said *said)
{
	return slab_at(call->text.slab, said->mark);
}

/* What was said then; NULL: there is no more. */
static inline const struct codec_said *codec_next(
    const struct call *call, const struct codec_said *said)
{
	return said->next ? slab_at(call->text.slab, said->next) : NULL;
}

/* The first that was said of that payload type, from `said` on, which may be NULL. */
struct codec_note codec_note_find(
    const struct call *call, const struct codec_said *said, uint8_t payload_type);

/* The first of that codec, under whichever number, from `said` on. */
struct codec_note codec_note_named(
    const struct call *call, const struct codec_said *said, const char *codec);

/* Of how many payload types something was said; of one that changed its meaning, several times. */
unsigned codec_notes_count(const struct call *call, const struct codec_said *first);

#endif
