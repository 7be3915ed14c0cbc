/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What records of media will need, asked of memory before their turn.
 *
 * Theory of operation: nobody thought of a stream for seconds when its next record comes, so all
 * that the desk has of it comes from memory, and one object tells where the next one is. The
 * desk hears of a record some time before its turn; what it needs is asked for in steps, each
 * COMING_STEP records of media after the one before, when that one's lines are there.
 *
 * Data in:   records, in the order of one lane; what they say may no longer hold by then, or not
 *            yet. Data out: none, but what is in the cache.
 * Ownership: struct comings is the desk's. Threading: the desk's thread.
 * Limits:    the last COMING_RECORDS.
 */
#ifndef TALKPATH_COMING_H
#define TALKPATH_COMING_H

#include "endpoint.h"
#include "record.h"
#include "table.h"

enum { COMING_STEP = 8, COMING_RECORDS = 4 * COMING_STEP };

struct coming {
	uint32_t kind; /* of the record */
	const struct desk_stream *stream;
	struct table_way to, from; /* places of one that begins */
	struct endpoint_ways ends;
};

struct comings {
	struct coming ring[COMING_RECORDS];
	unsigned at;
};

struct comings *comings_new(void);

void coming_record(struct desk *desk, const struct record *record);

#endif
