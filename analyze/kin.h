/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kin of a stream: streams of a call that it evidently goes with, where no description names one of
 * its own ends.
 *
 *   - the one the other way between the same two ends;
 *   - itself on the other side of a router, where a vantage sees both: the same SSRC at the same
 *     time, one end unchanged, the other one private here and public there;
 *   - one that comes from the very socket to which it goes, between the same two hosts: the far
 *     end sends from another port than it listens at. That nothing goes back to that port is known
 *     when the call is over.
 *
 * Data in:   the desk's streams, of the same vantage.
 * Data out:  streams without a call join one that is not closed, where not several could be meant.
 * Threading: the desk's thread.
 * Limits:    PLACE_SEARCH_MAX streams of one place or SSRC are looked at.
 */
#ifndef TALKPATH_KIN_H
#define TALKPATH_KIN_H

#include "model.h"

/* The stream joins the call of its kin. False where it has none. */
bool kin_join(struct desk *desk, struct desk_stream *stream);

/* The stream has found its call: so have those that were there before it and are its kin. */
void kin_take(struct desk *desk, const struct desk_stream *stream);

/* The call is over, and its streams are still in the tables: what only went to its sockets. */
void kin_adopt(struct desk *desk, const struct call *call);

#endif
