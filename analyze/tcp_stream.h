/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP over TCP: each direction of a connection that carries SIP, put in order and cut into its
 * messages.
 *
 * Data in:   TCP segments in the order of the capture, and the clock.
 * Data out:  whole messages with the frames they came in, and segments of line ends that keep
 *            their connection open (RFC 5626 3.5.1); everything else counted by name.
 * Ownership: tcp_streams_init() reserves memory that tcp_streams_fini() returns.
 * Threading: one thread.
 * Limits:    TCP_FLOWS_MAX directions that carry SIP, TCP_BUFFERS_MAX of them with octets that
 *            wait; of both the one that was idle longest goes.
 *
 * A segment that begins like a SIP message opens a flow, whatever its port; anything else is
 * turned away by its first octets and leaves no state. A connection that was seen to speak HTTP
 * or MSRP opens none: what looks like SIP there is carried by something else.
 */
#ifndef TALKPATH_TCP_STREAM_H
#define TALKPATH_TCP_STREAM_H

#include "frame.h"
#include "media.h"
#include "pool.h"
#include "table.h"
#include "tcp_buffer.h"

enum { TCP_FLOWS_MAX = 16384, TCP_BUFFERS_MAX = 256, TCP_FOREIGN_SLOTS = 65536 };

/* What is missing is waited for so long: a sender repeats it sooner (RFC 6298). */
static const int64_t TCP_GAP_NS = 5 * MEDIA_SECOND_NS;
/* The rest of a message, where nothing is missing before it. */
static const int64_t TCP_REST_NS = 60 * MEDIA_SECOND_NS;
/* Idle longer: forgotten, and no loss. A keep-alive comes far more often (RFC 5626 4.4.1). */
static const int64_t TCP_IDLE_NS = 3600 * MEDIA_SECOND_NS;

/*
 * head: all of struct signal but record and length. frames: NULL for one frame alone. A message
 * begins with no line end; a keep-alive is nothing else.
 */
typedef void tcp_message(void *context, const struct signal *head, struct bytes message,
    const struct frame_list *frames);

/* missed: all of it but the record. */
typedef void tcp_missed_data(void *context, const struct tcp_missed *missed);

struct tcp_streams {
	uint64_t key;
	uint64_t (*counts)[DISSECT_RESULT_COUNT]; /* per capture; the owner's */
	struct pool flows, buffers;
	struct table index;
	uint32_t oldest, newest;   /* flows, by when they were last used */
	uint32_t waiting, last_in; /* buffers, by when something came last */
	uint8_t *areas;            /* TCP_AREA for each buffer */
	uint32_t *foreign; /* TCP_FOREIGN_SLOTS hashes of connections that speak another protocol */
	tcp_message *deliver;
	tcp_missed_data *missed;
	void *context;
	int64_t now_ns;
	uint64_t flows_evicted, buffers_evicted;
};

struct tcp_segment {
	const struct frame *frame;
	struct tcp_origin origin;
	uint16_t vantage;
	const struct frame_list *frames; /* that it was put together from; NULL: one */
};

bool tcp_streams_init(
    struct tcp_streams *s, uint64_t key, uint64_t (*counts)[DISSECT_RESULT_COUNT]);
void tcp_streams_fini(struct tcp_streams *s);

/* Nothing is followed: only a segment that begins like a message could mean anything. */
static inline bool tcp_streams_idle(const struct tcp_streams *s)
{
	return pool_count(&s->flows) == 0;
}

/*
 * May a segment over IPv4 concern what is followed, even if it begins with nothing of interest?
 * pair and ports: as flow.h has them.
 */
bool tcp_streams_may_want(
    const struct tcp_streams *s, uint64_t pair, uint32_t ports, uint16_t vantage);

void tcp_streams_take(struct tcp_streams *s, const struct tcp_segment *segment);

/* The clock moved on: what was waited for too long is given up. */
void tcp_streams_expire(struct tcp_streams *s);

/* The input has ended: nothing that is waited for will come. */
void tcp_streams_end(struct tcp_streams *s);

#endif
