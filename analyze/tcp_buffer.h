/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits of one direction of a TCP connection: octets behind a hole, or of a message that is
 * not whole yet.
 *
 * Data in:   segments at offsets from the first octet not yet consumed.
 * Data out:  the octets that are there without a hole from that one on, and which segments
 *            brought them.
 * Limits:    TCP_WINDOW octets, TCP_PARTS_MAX parts; parts in one piece are joined when more are
 *            needed, and of those joined the later frame is kept.
 *
 * The octets that came first stay.
 */
#ifndef TALKPATH_TCP_BUFFER_H
#define TALKPATH_TCP_BUFFER_H

#include "bytes.h"
#include "frame_list.h"

/* A message of SIP_STREAM_MESSAGE_MAX and the longest segment behind it fit the window. */
enum { TCP_PARTS_MAX = 64, TCP_WINDOW = 192 * 1024, TCP_AREA = 256 * 1024 };

/* The packet that brought a segment. */
struct tcp_origin {
	int64_t time_ns;
	uint32_t frame;
	uint16_t capture;
	uint8_t dscp, ttl;
};

/* Octets [from, to) of one segment. */
struct tcp_part {
	uint32_t from, to;
	bool begins; /* its first octets may begin a message */
	struct tcp_origin origin;
};

struct tcp_buffer {
	uint8_t *area;  /* TCP_AREA octets */
	uint32_t start; /* where in it the first octet not consumed stands */
	unsigned count;
	struct tcp_part parts[TCP_PARTS_MAX]; /* ascending, apart */
};

enum tcp_buffer_result {
	TCP_BUFFER_ADDED,
	TCP_BUFFER_OLD, /* all of it was there */
	TCP_BUFFER_FULL /* beyond the window, or too many parts; some of it may have been added */
};

/* part->to is set here. */
enum tcp_buffer_result tcp_buffer_add(
    struct tcp_buffer *b, const struct tcp_part *part, struct bytes octets);

/* What is there from the first octet on. */
struct bytes tcp_buffer_ready(const struct tcp_buffer *b);

/* The offset behind the last octet that is there. */
uint32_t tcp_buffer_end(const struct tcp_buffer *b);

/* Drop the first n octets: the part behind them begins at offset 0. */
void tcp_buffer_consume(struct tcp_buffer *b, uint32_t n);

/* The frames that brought the first n octets, and which came last. */
struct tcp_origin tcp_buffer_origin(
    const struct tcp_buffer *b, uint32_t n, struct frame_list *frames);

/* Where behind the first hole a message may begin, or tcp_buffer_end(). */
uint32_t tcp_buffer_resume(const struct tcp_buffer *b);

/* How many parts lie before offset n. */
unsigned tcp_buffer_parts(const struct tcp_buffer *b, uint32_t n);

#endif
