/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Several sources as one, in the order of time.
 *
 * Within one source the order of its packets is kept, even where its clock steps back; between
 * sources the one whose next packet is earliest goes first, and with equal times the one that
 * was opened first. The order therefore depends on the input alone.
 *
 * Live sources are not waited for: what has come is merged.
 *
 * Whoever must know of a file what it holds before its packets are handed on may look ahead, when
 * the merge tells that it begins, and back at the last packets of those that are being read.
 *
 * A merge may lend its sources to others, which then read them side by side, each in a thread of
 * its own, up to a time that all of them wait for: the next source begins there.
 * Ownership: the merge closes its sources, lent or not. Threading: one thread; while sources are
 *            lent, their borrower's.
 * Limits:    MERGE_AHEAD_PACKETS and MERGE_AHEAD_OCTETS ahead, MERGE_TAIL_PACKETS back.
 */
#ifndef TALKPATH_MERGE_H
#define TALKPATH_MERGE_H

#include "source.h"

/* What merge_read() answers beside what source_read() does. */
enum { MERGE_HELD = -3 /* what comes next is not earlier than until_ns */ };

enum {
	MERGE_SOURCES_MAX = 64,
	MERGE_AHEAD_PACKETS = 512,
	MERGE_AHEAD_OCTETS = 1 << 20,
	MERGE_TAIL_PACKETS = 64,
	MERGE_TAIL_OCTETS = 192, /* of each: headers, and the first line of SIP */
	MERGE_BEGIN_NS = 1000    /* sources begin so long before their first packet is due */
};

struct merge_ahead;
struct merge_tail;

struct merge_input {
	struct source *source;
	int next, count; /* packets of the burst handed on, and in it */
	int status;      /* of the last read: >= 0, SOURCE_END or SOURCE_FAILED */
	bool begun;
	struct merge_ahead *ahead; /* packets before those of the burst; NULL: none */
	struct merge_tail *tail;   /* copies of those handed on last; NULL: none are kept */
	struct packet burst[PACKET_BURST];
};

struct merge;

typedef void merge_begins(void *context, struct merge *merge, unsigned number);

struct merge {
	unsigned count;
	struct merge_input *inputs[MERGE_SOURCES_MAX];
	int64_t until_ns;     /* later packets are held back; INT64_MAX: none */
	merge_begins *begins; /* NULL: nobody wants to know */
	void *begins_context;
};

void merge_init(struct merge *merge);

/* Takes over the source. False where there are MERGE_SOURCES_MAX already, or no memory. */
bool merge_add(struct merge *merge, struct source *source);

/*
 * `begins` is told of each source once, before it or any other has handed on a packet that is not
 * earlier than its first by MERGE_BEGIN_NS. Before the first merge_read(), and for files only.
 */
void merge_watch(struct merge *merge, merge_begins *begins, void *context);

/*
 * Tell of the sources that are due, as all packets before them were handed on. The time at which
 * the next one is: until then all that have begun may be read. INT64_MAX: no other one begins.
 */
int64_t merge_begin(struct merge *merge);

/* The time of the first packet to come; false where there is none. */
bool merge_first_ns(const struct merge *merge, int64_t *time_ns);

/* A source is read through `borrower` from now on, which does not close it. */
void merge_lend(const struct merge *merge, unsigned number, struct merge *borrower);

/*
 * The next packets of a source, as many as it has within the limits; valid until `begins` returns.
 * NULL where there are none.
 */
const struct packet *merge_look_ahead(struct merge *merge, unsigned number, unsigned *count);

/* The packets that were handed on last, cut to MERGE_TAIL_OCTETS, in no particular order. */
const struct packet *merge_look_back(const struct merge *merge, unsigned number, unsigned *count);

/* Some of its packets are still to come. */
bool merge_goes_on(const struct merge *merge, unsigned number);

/* It was read to its end; what is to come is known. */
bool merge_is_read(const struct merge *merge, unsigned number);

/* As source_read; SOURCE_END once every source has ended or failed; MERGE_HELD. */
int merge_read(struct merge *merge, struct packet out[PACKET_BURST]);

/* The only source there is, where merge_read() would hand on its packets as they come; or NULL. */
struct source *merge_sole(const struct merge *merge);

/* Wait until a live source has something, or timeout_ms is over. Nothing to do for files. */
void merge_wait(const struct merge *merge, int timeout_ms);

void merge_fini(struct merge *merge);

#endif
