/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each party of a call ever said that payload types mean, in any of its session descriptions:
 * early, forked, offered anew, on every hop. Who sends a type that its listener never named was
 * never asked for it (RFC 3264 5.1: the numbers are those of whom media goes to).
 *
 * Data in:   the descriptions of a call. Data out: lists in call.codecs, in the order of arrival.
 * Ownership: the call's arena. Threading: the desk's thread.
 * Limits:    CODEC_NOTES_MAX of each party; beyond it, or where a description could not be read in
 *            full, the list says that it is incomplete, and nothing may be concluded from absence.
 */
#ifndef TALKPATH_CODEC_NOTES_H
#define TALKPATH_CODEC_NOTES_H

#include "model.h"

enum { CODEC_NOTES_MAX = 64 };

struct codec_note {
	struct codec_note *next;
	struct mark mark;
	const char *codec; /* NULL: listed, and not explained */
	uint32_t clock_rate_hz;
	uint8_t payload_type;
};

/* The name of a codec as it is written: one of those that everybody has, or a copy of the call's.
 */
const char *codec_name_keep(struct call *call, struct text name);

/* sdp: NULL for a description that could not be read. */
void codec_notes_take(
    struct call *call, enum party sender, const struct sdp *sdp, const struct signal *signal);

/* The first note of that payload type from `note` on, or NULL. */
const struct codec_note *codec_note_find(const struct codec_note *note, uint8_t payload_type);

/* The first of that codec, under whichever number, from `note` on, or NULL. */
const struct codec_note *codec_note_named(const struct codec_note *note, const char *codec);

#endif
