/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Marks on the packets that concern chosen calls: a bit for each packet of each capture.
 *
 * Data in:   packets in the order of the merge, decoded by an intake of its own.
 * Data out:  extract_marks_has().
 * Ownership: extract_marks_new() gives an object that extract_marks_free() frees.
 * Threading: one thread.
 * Limits:    the packets of each capture in its range; of a message in more frames
 *            than FRAME_LIST_MAX those that are listed.
 *
 * A TCP segment that begins with the rest of one message and goes on with another tells where
 * the second one begins only to whoever has the first one: so the message before is taken too,
 * as far back as the two hang together and EXTRACT_TAILS messages reach.
 */
#ifndef TALKPATH_EXTRACT_MARKS_H
#define TALKPATH_EXTRACT_MARKS_H

#include "extract_plan.h"
#include "intake.h"

enum { EXTRACT_TAILS = 1024, EXTRACT_RECORD_OCTETS = 256 * 1024 };

/* A message of several frames that was not chosen. */
struct extract_tail {
	uint16_t capture;
	struct frame_list frames;
};

/* Of a capture's packets: so many from this frame on, which may pass UINT32_MAX. */
struct extract_range {
	uint32_t first;
	uint64_t count;
};

struct extract_marks {
	const struct extract_plan *plan;
	struct intake intake;
	struct record_sink sink;
	struct record *record; /* room for the one at hand */
	bool record_waits;     /* it is filled, once the next one is asked for */
	struct extract_range ranges[INTAKE_CAPTURES_MAX];
	uint64_t *bits[INTAKE_CAPTURES_MAX];
	uint64_t tail_count; /* ever */
	struct extract_tail tails[EXTRACT_TAILS];
};

/*
 * ranges: packets of each capture; key: the desk's. NULL where memory is short. The caller sets
 * marks->intake.vantages.
 */
struct extract_marks *extract_marks_new(const struct extract_plan *plan, uint64_t key,
    unsigned captures, const struct extract_range ranges[]);
void extract_marks_free(struct extract_marks *marks);

void extract_marks_burst(struct extract_marks *marks, const struct packet *packets, unsigned count);

/* The input has ended. */
void extract_marks_end(struct extract_marks *marks);

static inline bool extract_marks_has(
    const struct extract_marks *marks, uint16_t capture, uint32_t frame)
{
	uint32_t at = frame - marks->ranges[capture].first;

	return at < marks->ranges[capture].count && marks->bits[capture][at / 64] >> at % 64 & 1;
}

#endif
