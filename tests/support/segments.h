/* SPDX-License-Identifier: Apache-2.0 */
/* TCP segments and fragments handed straight to the machinery that puts them together. */
#ifndef TALKPATH_TEST_SEGMENTS_H
#define TALKPATH_TEST_SEGMENTS_H

#include "fragments.h"
#include "ip.h"
#include "tcp.h"
#include "tcp_stream.h"

enum { SEEN_MAX = 256, SEEN_OCTETS = 1 << 20 };

struct seen_head {
	uint32_t frame;
	uint8_t transport, dscp;
	bool cut;
};

/* The messages that came out, one behind the other. */
struct seen {
	unsigned count;
	size_t length;
	char octets[SEEN_OCTETS];
	size_t ends[SEEN_MAX];
	struct seen_head heads[SEEN_MAX];
	struct frame_list frames[SEEN_MAX];
};

static inline void seen_message(
    void *context, const struct signal *head, struct bytes message, const struct frame_list *frames)
{
	struct seen *seen = context;
	size_t length = bytes_left(&message);

	if (seen->count == SEEN_MAX || length > SEEN_OCTETS - seen->length) {
		abort();
	}
	memcpy(seen->octets + seen->length, message.at, length);
	seen->length += length;
	seen->ends[seen->count] = seen->length;
	seen->heads[seen->count] =
	    (struct seen_head){head->frame, head->transport, head->dscp, head->cut};
	seen->frames[seen->count] = frames ? *frames : (struct frame_list){0};
	seen->count++;
}

static inline struct endpoint segment_end(unsigned host, uint16_t port)
{
	return (struct endpoint){address_of_ipv4(0xc0000200 + host), port};
}

/* A segment of the flow between two ports of the same hosts; frame: its number. */
static inline void segment_put(struct tcp_streams *s, uint16_t port, uint32_t frame,
    uint32_t sequence, uint8_t flags, struct bytes octets, size_t length)
{
	struct frame f = {
	    .src = segment_end(1, port),
	    .dst = segment_end(2, 5060),
	    .protocol = IP_PROTOCOL_TCP,
	    .tcp_flags = flags,
	    .tcp_sequence = sequence,
	    .payload_length = (uint16_t)length,
	    .payload = octets,
	};
	struct tcp_segment segment = {.frame = &f, .origin = {frame * 1000, frame, 0, 26, 64}};

	tcp_streams_take(s, &segment);
}

/* A part of the payload of a datagram. */
static inline bool fragment_put(struct fragments *f, bool ipv6, uint32_t id, uint32_t number,
    size_t offset, bool more, struct bytes octets, int64_t now_ns, struct fragments_whole *out)
{
	struct frame frame = {
	    .src.address = address_of_ipv4(0xc0000201),
	    .dst.address = address_of_ipv4(0xc0000202),
	    .protocol = IP_PROTOCOL_UDP,
	    .payload_length = (uint16_t)bytes_left(&octets),
	    .payload = octets,
	    .fragment = {true, more, (uint16_t)offset, id},
	};

	frame.src.address.octets[0] = ipv6 ? 0x20 : 0;
	return fragments_take(f, &frame, 0, number, now_ns, out);
}

#endif
