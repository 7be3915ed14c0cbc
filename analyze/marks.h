/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The marks (DSCP) that a stream's packets carry on the whole.
 */
#ifndef TALKPATH_MARKS_H
#define TALKPATH_MARKS_H

#include "dscp.h"
#include "model.h"

/* The code point of most packets, if that is so many percent at least. */
bool marks_mostly(const struct desk_stream *stream, double share_pct, uint8_t *dscp);

/* Packets that carry it. */
uint32_t marks_packets(const struct desk_stream *stream, uint8_t dscp);

#endif
