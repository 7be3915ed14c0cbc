/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a stream's loss and jitter the network is to blame for: the figures that detectors of
 * quality hold against their thresholds.
 *
 * Data in:   a stream that has been measured. Data out: struct hearing, over the whole stream and
 * of the five seconds (or as long as the bins of intervals.h are) that were worst. Ownership: the
 * caller's; it points to the stream. Threading: the desk's thread.
 *
 * Loss is counted conservatively. Left out are silences of MEDIA_GAP_NS and more, whatever their
 * sequence numbers skip (hold, a fax, a direction that is interrupted: one-way-audio's matter),
 * and numbers for which there was no time: who sent one packet every 20 ms cannot have sent
 * five hundred in a second.
 */
#ifndef TALKPATH_HEARING_H
#define TALKPATH_HEARING_H

#include "quality.h"

/* Some seconds of a stream. */
struct stretch {
	bool set;
	int64_t from_ns, to_ns;
	uint32_t first_frame;
	uint64_t packets, lost;
	double loss_pct, jitter_ms; /* jitter NAN where not known */
};

struct hearing {
	const struct desk_stream *stream;
	uint64_t expected, lost;
	double loss_pct;
	double jitter_ms; /* mean; NAN where not known, or where it is the sender's own pace */
	bool pauses;      /* the sender does not send all the time */
	double discard_pct, adaptive_discard_pct; /* of the packets received; NAN likewise */
	struct stretch worst_loss, worst_jitter;
};

enum { DIRECTION_COPIES_MAX = 32, LISTENER_TEXT_MAX = 320 };

/* One direction of a call: its streams at all vantages and hops, the first so many of them. */
struct direction {
	struct desk *desk;
	struct call *call;
	enum party listener;
	unsigned count;
	struct hearing copies[DIRECTION_COPIES_MAX];
	int ranks[DIRECTION_COPIES_MAX]; /* how near to the listener: see nearness.h */
	int nearest;                     /* the highest rank */
};

/* What there is to be judged of it; false where that is nothing. */
bool direction_collect(
    struct desk *desk, struct call *call, enum party listener, struct direction *out);

/* "the caller (sip:100@example.com, 192.168.1.10)", or the address alone. */
const char *listener_text(
    const struct direction *d, const struct desk_stream *s, char out[LISTENER_TEXT_MAX]);

/*
 * False where the stream is no audio, carries what no codec made, or has fewer packets than
 * thresholds.quality_packets: nothing is to be said of it.
 */
bool hearing_take(const struct desk *desk, const struct desk_stream *s, struct hearing *out);

#endif
