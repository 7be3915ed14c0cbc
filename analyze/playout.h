/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Delay variation, what jitter buffers would have made of it, and the sender's clock.
 *
 * Theory of operation: a tap cannot know the delay of a packet, but how much longer it took than
 * the fastest one of late: its delay variation (RFC 5481 PDV). The meter carries it from packet
 * to packet as the running sum of jitter's D. "Of late" is this interval and the one before, so
 * that neither a new route nor a sender's drifting clock makes every packet late for ever.
 * Only two kinds of packets come here: one faster than all of late, and one PLAYOUT_WATCH_NS
 * or more behind it.
 *
 * Two receivers are played through. One waits a fixed 60 ms for the slowest packet. The other
 * adapts: a packet that comes too late is lost to it and deepens its buffer, and an interval
 * that would have done with less makes it shallower again. Where the transit grew for good (the
 * sender stalled, and did not catch up) no receiver throws everything away: after half a second
 * in which every packet was too late it starts its buffer anew.
 *
 * The fastest packets of the intervals lie on a line, whose slope is the difference between the
 * sender's clock and the capture's.
 *
 * Threading: one thread. Times in ns.
 */
#ifndef TALKPATH_PLAYOUT_H
#define TALKPATH_PLAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum { PLAYOUT_BINS = 7 }; /* 50, 70, 90, 120, 150, 200, 300 ms and more */

static const int64_t PLAYOUT_WATCH_NS = 40000000;
static const int64_t PLAYOUT_FIXED_NS = 60000000;
static const int64_t PLAYOUT_ANEW_NS = 500000000;

struct playout_figures {
	uint32_t late[PLAYOUT_BINS]; /* packets by their delay variation */
	uint32_t fixed_discarded, adaptive_discarded;
	uint32_t adaptive_ms;   /* greatest depth of the adaptive buffer */
	int64_t variation_ns;   /* greatest seen above PLAYOUT_WATCH_NS; 0: none */
	float skew_ppm;         /* sender's clock against the capture's; above 0: fast */
	uint32_t skew_observed; /* intervals that say so; below PLAYOUT_SKEW_MIN: skew unknown */
};

enum { PLAYOUT_SKEW_MIN = 6 };

/* What a stream has whose packets came late. */
struct playout_late {
	struct playout_figures figures; /* but for the skew */
	int64_t needed_ns;    /* greatest variation of this interval, above PLAYOUT_WATCH_NS */
	int64_t since_ns;     /* packets were discarded one after the other: since when, */
	uint32_t number;      /* and the last one */
	uint32_t adaptive_ns; /* depth of the adaptive buffer */
};

/* Of each stream there is one. */
struct playout {
	int64_t base_ns; /* transit of the fastest packet of late, against the first one */
	double sum_x, sum_y, sum_xx, sum_xy, sum_yy; /* of the line: s, ms */
	uint32_t points;                             /* intervals so far */
} __attribute__((packed, aligned(4)));

/* Zeroed, as no packet was late so far: the adaptive buffer as it is by now. */
void playout_late_begin(struct playout_late *late, const struct playout *p);

/* late: NULL where no packet was so far. */
void playout_begin(struct playout *p, struct playout_late *late);

/* A packet so much faster than the fastest of late. *variation is the one to go on with. */
void playout_early(struct playout *p, int64_t *variation_ns);

/*
 * A packet `variation` behind the fastest of late, at least PLAYOUT_WATCH_NS. True where the
 * fixed buffer discards it.
 */
bool playout_take(struct playout_late *late, int64_t variation_ns);

/*
 * The fixed buffer discarded packet `number`, which came at time_ns. True where it starts anew
 * with this one; *variation is the one to go on with.
 */
bool playout_discard(struct playout *p, struct playout_late *late, uint32_t number, int64_t time_ns,
    int64_t *variation_ns);

/*
 * An interval is over: at_s seconds into the stream, its fastest packet `least` behind the
 * fastest of late. *variation is that of the last packet, to go on with. late: NULL where no packet
 * was so far.
 */
void playout_interval(struct playout *p, struct playout_late *late, double at_s, int64_t least_ns,
    int64_t *variation_ns);

/* Figures, with the skew worked out. late: NULL where no packet was. */
struct playout_figures playout_figures(const struct playout *p, const struct playout_late *late);

#endif
