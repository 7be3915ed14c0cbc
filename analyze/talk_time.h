/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When both parties of a call should hear each other, as one vantage saw it agreed.
 */
#ifndef TALKPATH_TALK_TIME_H
#define TALKPATH_TALK_TIME_H

#include "activity.h"

/* Since the ACK, or the answer; a capture that begins in the middle shows neither. */
int64_t talk_established_ns(const struct observation *o);

/*
 * The time of the agreement with that index: from the answer on; to the next agreement, or the
 * end; INT64_MAX where neither was seen. False where the m= line is no audio both ways then.
 */
bool talk_window(const struct observation *o, unsigned index, unsigned line, struct interval *out);

/* Audio both ways by that line from the answer, which was seen, to the end. */
bool talk_always(const struct observation *o, unsigned line);

/* Above the highest m= line that anything was agreed of, at any vantage. */
unsigned talk_lines(const struct call *call);

#endif
