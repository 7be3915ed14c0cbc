/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records: what travels from the reader and the workers to the desk.
 *
 * Flat structs that begin with this header and hold no pointers. The desk takes them in the
 * order of (order, sub), so what it concludes does not depend on threads.
 */
#ifndef TALKPATH_RECORD_H
#define TALKPATH_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct record {
	uint64_t order;  /* number, over all captures, of the packet that caused it; from 1 */
	uint64_t sub;    /* among records of one order: unique, and independent of threads */
	uint32_t octets; /* of the whole record, a multiple of 8 */
	uint32_t kind;   /* enum record_kind */
};

/* Everything up to `order` has been seen, and the clock stands at time_ns. */
struct tick {
	uint64_t order;
	int64_t time_ns;
	bool end;  /* the last one */
	bool bare; /* tells only how far this producer has come: no clock moved */
	bool park; /* bare, and the last one for now: see pipeline.h */
};

/* Where a producer puts its records: room for so many octets, or NULL where memory is short. */
struct record_sink {
	void *(*reserve)(void *context, size_t octets);
	void *context;
};

#endif
