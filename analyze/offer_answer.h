/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Offer and answer (RFC 3264, 6337): what the parties of a call agreed on, and since when.
 *
 * Data in:   the messages of a call as one vantage saw them, no retransmissions.
 * Data out:  agreements in order of time, each in force until the next; m= lines by position.
 * Ownership: all of it lives in the call's arena. Threading: the desk's thread.
 * Limits:    OFFERS_MAX offers at once; AGREEMENTS_MAX agreements. When one too many is made,
 *            two neighbours become one: such as say the same of directions, and failing that
 *            the two of the shortest time, of which nothing is known any more. So what is left
 *            never claims a direction that was not agreed; each loss is counted.
 */
#ifndef TALKPATH_OFFER_ANSWER_H
#define TALKPATH_OFFER_ANSWER_H

#include "model.h"

enum { OFFERS_MAX = 4, AGREEMENTS_MAX = 16 };

struct dialog_step;

/* Take a message. False where an agreement was given up, or memory was short: count it. */
bool offer_answer_take(struct call *call, struct observation *o, const struct dialog_step *step);

/* The agreements of an observation, in order; *count may be 0. */
const struct agreement *offer_answer_agreements(const struct observation *o, unsigned *count);

/* Of that m= line, or NULL where the agreement says nothing of it. */
static inline const struct agreed_line *agreement_line(const struct agreement *a, unsigned line)
{
	return line < a->line_count ? &a->lines[line] : NULL;
}

/* Where a party's media is to go. */
static inline struct endpoint agreed_place(const struct agreed_line *line, enum party party)
{
	return pair_get(&line->places, party);
}

/* The packet with a party's description; only where the agreement has lines. */
static inline const struct mark *agreement_mark(
    const struct call *call, const struct agreement *a, enum party party)
{
	return slab_at(call->text.slab, a->marks[party]);
}

/* Should audio flow both ways by this m= line? */
bool agreement_has_two_way_audio(const struct agreement *a, unsigned line);

#endif
