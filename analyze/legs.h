/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Legs: calls that are one conversation, joined across a B2BUA or an SBC, or by a transfer.
 *
 * Data in:   messages, the places of their descriptions, and streams as they join calls.
 * Data out:  call->legs: which other call, why, and how sure that is (docs/legs.md).
 * Ownership: a call's marks are its own and go with it. Threading: the desk's thread.
 * Limits:    LEGS_OF_CALL_MAX per call, LEG_MARKS_OF_CALL_MAX marks, LEG_SEARCH_MAX candidates
 *            per question; one look-up each, never all pairs. Full is counted. Of marks that
 *            are alike the newest LEG_ALIKE_MAX are kept: so many say nothing any more. Streams
 *            have no marks: the index of SSRCs finds them, while their call is open.
 *
 * What is named by a message joins at once. What is inferred (descriptions, streams, numbers)
 * joins only where there is one candidate, or candidates that are legs of one another already.
 */
#ifndef TALKPATH_LEGS_H
#define TALKPATH_LEGS_H

#include "model.h"

enum { LEG_MARKS_OF_CALL_MAX = 32, LEG_ALIKE_MAX = 16, LEG_SEARCH_MAX = 32 };

/* False where memory is short. */
bool legs_init(struct desk *desk);
void legs_fini(struct desk *desk);

/* A message of the call, which it has taken. sdp: its body, or NULL. */
void legs_message(struct desk *desk, struct call *call, enum party sender,
    const struct sip_message *message, const struct sdp *sdp, const struct signal *signal);

/* A new site: another call may have named the same place. */
void legs_site(struct desk *desk, const struct site *site);

/* A stream has joined its call: a relay may send the same one on in another. */
void legs_stream(struct desk *desk, const struct desk_stream *stream);

/* Why a leg is taken for one, and how sure that is. */
const char *leg_why(const struct leg *leg);
double leg_confidence(const struct leg *leg);

/* The call's marks go. */
void legs_forget(struct desk *desk, struct call *call);

#endif
