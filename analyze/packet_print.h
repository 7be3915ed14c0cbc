/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Prints: what proves that two streams, seen at two places, are the same packets.
 *
 * A print is a packet's sequence number, timestamp and a hash of its payload, with when and where
 * it was seen and how it was marked. Which packets leave one is decided by themselves alone, so
 * that two capture points keep the same ones: the more zero bits a sequence number ends with, the
 * longer it is kept. What is left lies evenly over the stream, and of two views of a stream that
 * overlap by two thirds of the longer one, at least one print is in both.
 *
 * Data in:   media_packets of one stream. Data out: media_summary.prints.
 * Limits:    MEDIA_PRINTS packets, which are thinned by half when full, beside a stream's first
 * one; from a day and a half before the origin that the caller counts time from to as much behind
 * it.
 */
#ifndef TALKPATH_PACKET_PRINT_H
#define TALKPATH_PACKET_PRINT_H

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "media.h"

enum {
	PRINT_ZEROS = 6,      /* that a sequence number must end with: one in 64 */
	PRINT_ZEROS_MAX = 31, /* no packet has more */
	PRINT_OCTETS = 128    /* of payload that are hashed */
};

/* A media_print, packed: each stream under way has some. */
struct print {
	uint32_t frame, timestamp;
	uint32_t payload : 24, ttl : 8;
	uint32_t time_low; /* since the origin */
	int16_t time_high;
	uint16_t sequence_dscp; /* the number ends with PRINT_ZEROS bits 0: in these */
} __attribute__((packed));

struct print_set {
	uint8_t count : 2;
	uint8_t zeros : 6; /* that a packet needs to leave a print */
	struct print at[MEDIA_PRINTS];
} __attribute__((packed));

_Static_assert(MEDIA_PRINTS < 1 << 2 && PRINT_ZEROS_MAX < 1 << 6, "count and zeros hold them");

static inline bool print_is_due(uint16_t sequence)
{
	return sequence % (1U << PRINT_ZEROS) == 0;
}

/*
 * Of a payload, whatever its codec and encryption; never 0, which stands for none. Unkeyed: the
 * same from every probe. What an attacker can gain by a collision is to look like himself.
 */
static inline uint32_t print_of(struct bytes payload)
{
	size_t octets = bytes_left(&payload);
	uint32_t hash;

	if (octets == 0) {
		return 0;
	}
	hash = (uint32_t)(XXH3_64bits(payload.at, octets < PRINT_OCTETS ? octets : PRINT_OCTETS) >>
			  40);
	return hash ? hash : 1;
}

/* Zero bits that it ends with. Of number 0, which comes every 22 minutes, the timestamp decides. */
static inline unsigned print_zeros(uint16_t sequence, uint32_t timestamp)
{
	if (sequence) {
		return (unsigned)__builtin_ctz(sequence);
	}
	return 16 + (unsigned)__builtin_ctz(timestamp * 0x9e3779b1U >> 16 | 1U << 15);
}

/* A stream begins. */
void print_begin(struct print_set *set);

void print_add(struct print_set *set, const struct media_packet *packet, int64_t origin_ns);

/* origin_ns: the same for all of a set. */
struct media_print print_read(const struct print *print, int64_t origin_ns);

/*
 * A packet that was there before, with a print. Where a capture holds both ports of a router that
 * translates nothing, each packet is there twice, and the router has lowered its TTL: the first one
 * of those that it marked anew is kept in `passed`, as it came and as it went on.
 */
void print_again(const struct print_set *set, struct media_print passed[2],
    const struct media_packet *packet, int64_t origin_ns);

/* A packet with a print (media_packet.print). */
static inline void print_take(
    struct print_set *set, const struct media_packet *packet, int64_t origin_ns)
{
	if (print_zeros(packet->sequence, packet->timestamp) >= set->zeros) {
		print_add(set, packet, origin_ns);
	}
}

#endif
