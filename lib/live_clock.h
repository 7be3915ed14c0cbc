/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The machine's clock may be set while calls are under way: at boot, when the first time server
 * answers, by hand. Packets are then stamped by another clock from one to the next, and a call
 * would last an hour, or end before it began. So the time of packets goes on as if nothing had
 * happened: what the clock jumped by is taken off their stamps.
 *
 * A clock that was put forward is followed as soon as no media has come for a while. One that was
 * put back is not: time would have to stand still until it is as late as it was.
 *
 * Theory of operation: the wall's clock against the one that counts from boot tells of a step, and
 * how far it went, but not which packets were stamped before it: those still lie in the sources'
 * buffers. The first packet of a capture that is nearer to the new time than to the old one is
 * behind it. Where none of those that come is, for half a minute, the capture has a clock of its
 * own, an adapter's.
 *
 * Data in: packets, as they come; both clocks. Data out: the packets, with times that go on.
 * Threading: the reader's.
 */
#ifndef TALKPATH_LIVE_CLOCK_H
#define TALKPATH_LIVE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

#include "merge.h"

struct live_clock {
	bool started;
	int64_t boot_ns;   /* at the last look */
	int64_t apart_ns;  /* by which the wall's clock was ahead of that */
	int64_t shift_ns;  /* taken off what is stamped by now */
	int64_t step_ns;   /* the last step, while captures may not have come to it */
	int64_t divide_ns; /* of a step forward: what is later was stamped behind it */
	int64_t step_boot_ns, media_boot_ns;
	int64_t told_ns; /* a step that nobody was told of; 0: none */
	struct live_clock_capture {
		int64_t shift_ns;
		int64_t last_ns; /* stamp of its last packet; 0: none yet */
		bool waits;      /* for its first packet behind the step ... */
		bool heard;      /* ... and has had one that is not */
	} captures[MERGE_SOURCES_MAX];
};

/* Both clocks now; before packets that came until then are corrected. */
void live_clock_look(struct live_clock *clock, int64_t wall_ns, int64_t boot_ns);

/* Times that go on, in place of stamps. */
void live_clock_correct(struct live_clock *clock, struct packet *packets, unsigned count);

/* Media came. */
static inline void live_clock_busy(struct live_clock *clock)
{
	clock->media_boot_ns = clock->boot_ns;
}

/* The time that it was at the last look, and that of a capture's last packet, as they go on. */
static inline int64_t live_clock_now(const struct live_clock *clock)
{
	return clock->boot_ns + clock->apart_ns - clock->shift_ns;
}

static inline int64_t live_clock_last(const struct live_clock *clock, uint16_t capture)
{
	return clock->captures[capture].last_ns - clock->captures[capture].shift_ns;
}

#endif
