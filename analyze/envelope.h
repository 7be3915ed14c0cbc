/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Envelopes: media and signalling that travel to and from a TURN server in ChannelData and in
 * Send and Data indications (RFC 8656), taken out again.
 *
 * Data in:   the frame of a UDP packet.
 * Data out:  the same frame with what was inside as its payload, and what the envelope said.
 * Threading: one thread.
 * Limits:    ENVELOPE_LAYERS_MAX around one another; ENVELOPE_SLOTS flows and streams remembered.
 *            One that is given up though it was in use within the hour is counted.
 *
 * ChannelData has nothing of its own to be known by. It is believed on a flow on which TURN was
 * seen, and elsewhere only where its length fits to the octet and RTP, RTCP, STUN or DTLS is
 * inside; that two packets of RTP must bear each other out (meter_birth.c) comes on top.
 */
#ifndef TALKPATH_ENVELOPE_H
#define TALKPATH_ENVELOPE_H

#include "classify.h"
#include "frame.h"
#include "media.h"

enum { ENVELOPE_LAYERS_MAX = 2, ENVELOPE_SLOTS = 1 << 14, ENVELOPE_REACH = 16 };

/* A bounded set of hashes: flows with TURN, and streams whose envelope the desk was told. */
struct envelope_memory {
	uint64_t key;
	uint64_t evicted;
	struct {
		uint64_t hash; /* 0: free */
		int64_t time_ns;
	} slots[ENVELOPE_SLOTS];
};

/* What the outermost envelope said. */
struct envelope {
	uint8_t layers;       /* 0: there was none */
	uint8_t server;       /* enum relay_end */
	uint16_t channel;     /* 0: an indication */
	struct endpoint peer; /* of an indication; port 0: it named none */
};

/*
 * What the payload is; envelopes are opened, and frame->payload becomes what was inside. *reason
 * is set as by payload_classify(). PAYLOAD_CHANNEL_DATA does not come back.
 */
enum payload_kind envelope_open(struct envelope_memory *memory, struct frame *frame,
    uint16_t vantage, int64_t time_ns, struct envelope *out, enum dissect_result *reason);

/* True the first time a stream is seen in this envelope. */
bool envelope_is_new(struct envelope_memory *memory, const struct frame *frame, uint16_t vantage,
    int64_t time_ns, const struct envelope *envelope, uint32_t ssrc);

#endif
