/* SPDX-License-Identifier: Apache-2.0 */
#include "envelope.h"

#include "dtls.h"
#include "flow.h"
#include "rtcp.h"
#include "stun.h"

/* An allocation lives ten minutes without refresh (RFC 8656 section 3.2). */
static const int64_t stale_ns = 3600 * MEDIA_SECOND_NS;

/* --- the set --- */

/* Was it there? Now it is. */
static bool remember(struct envelope_memory *memory, uint64_t hash, int64_t time_ns)
{
	size_t at = hash % ENVELOPE_SLOTS, oldest = at;

	hash |= 1;
	for (size_t i = 0; i < ENVELOPE_REACH; i++) {
		size_t slot = (at + i) % ENVELOPE_SLOTS;

		if (memory->slots[slot].hash == hash || memory->slots[slot].hash == 0) {
			bool was = memory->slots[slot].hash == hash;

			memory->slots[slot].hash = hash;
			memory->slots[slot].time_ns = time_ns;
			return was;
		}
		if (memory->slots[slot].time_ns < memory->slots[oldest].time_ns) {
			oldest = slot;
		}
	}
	memory->evicted += time_ns - memory->slots[oldest].time_ns < stale_ns;
	memory->slots[oldest].hash = hash;
	memory->slots[oldest].time_ns = time_ns;
	return false;
}

static bool remembers(const struct envelope_memory *memory, uint64_t hash)
{
	for (size_t i = 0; i < ENVELOPE_REACH; i++) {
		if (memory->slots[(hash + i) % ENVELOPE_SLOTS].hash == (hash | 1)) {
			return true;
		}
	}
	return false;
}

/* Of a flow, the same in both directions. */
static uint64_t flow_hash(
    const struct envelope_memory *memory, const struct frame *frame, uint16_t vantage)
{
	uint64_t key = memory->key + vantage;

	return hash_endpoint(key, &frame->src) + hash_endpoint(key, &frame->dst);
}

bool envelope_is_new(struct envelope_memory *memory, const struct frame *frame, uint16_t vantage,
    int64_t time_ns, const struct envelope *envelope, uint32_t ssrc)
{
	uint64_t words[] = {hash_endpoint(memory->key, &frame->src),
	    hash_endpoint(memory->key, &frame->dst), hash_endpoint(memory->key, &envelope->peer),
	    (uint64_t)ssrc << 32 | (uint32_t)envelope->channel << 16 | vantage};

	return !remember(memory, XXH3_64bits_withSeed(words, sizeof(words), memory->key), time_ns);
}

/* --- opening --- */

static void replace(struct frame *frame, struct bytes inside, uint16_t length)
{
	frame->payload = inside;
	frame->payload_length = length;
}

/* True where the message was a Send or Data indication, and is open now. */
static bool indication_open(struct envelope_memory *memory, struct frame *frame, uint64_t flow,
    int64_t time_ns, struct envelope *out)
{
	struct stun m;

	if (stun_parse(&m, frame->payload, frame->payload_length) != DISSECT_OK || m.classic ||
	    !stun_is_turn(&m)) {
		return false;
	}
	(void)remember(memory, flow, time_ns);
	if (m.class != STUN_INDICATION || !stun_has(&m, STUN_DATA) ||
	    (m.method != TURN_SEND && m.method != TURN_DATA)) {
		return false;
	}
	if (out->layers++ == 0) {
		out->server = m.method == TURN_SEND ? RELAY_END_DST : RELAY_END_SRC;
		out->peer = m.peer_count ? m.peers[0] : (struct endpoint){0};
	}
	replace(frame, m.data, m.data_length);
	return true;
}

/* Does the content speak for the envelope? */
static bool convinces(enum payload_kind kind, const struct bytes *inside)
{
	switch (kind) {
	case PAYLOAD_RTP:
	case PAYLOAD_STUN:
		return true;
	case PAYLOAD_RTCP:
		return (size_t)load_be16(inside->at + 2) * 4 + 4 <= bytes_left(inside);
	case PAYLOAD_OTHER:
		return dtls_shape(*inside);
	case PAYLOAD_SIP:
	case PAYLOAD_CHANNEL_DATA:
		break;
	}
	return false;
}

static enum dissect_result channel_open(
    const struct envelope_memory *memory, struct frame *frame, uint64_t flow, struct envelope *out)
{
	bool known = out->layers > 0 || remembers(memory, flow);
	enum dissect_result reason;
	struct channel_data c;

	if (channel_data_parse(&c, frame->payload, frame->payload_length) != DISSECT_OK) {
		return known ? MALFORMED_CHANNEL_DATA_LENGTH : SKIPPED_UDP;
	}
	if (!known && !convinces(payload_classify(c.data, &reason), &c.data)) {
		return SKIPPED_UDP;
	}
	if (out->layers++ == 0) {
		out->channel = c.channel;
	}
	replace(frame, c.data, c.data_length);
	return DISSECT_OK;
}

enum payload_kind envelope_open(struct envelope_memory *memory, struct frame *frame,
    uint16_t vantage, int64_t time_ns, struct envelope *out, enum dissect_result *reason)
{
	enum payload_kind kind = payload_classify(frame->payload, reason);
	uint64_t flow;

	*out = (struct envelope){0};
	if (kind != PAYLOAD_STUN && kind != PAYLOAD_CHANNEL_DATA) {
		return kind;
	}
	flow = flow_hash(memory, frame, vantage);
	while (out->layers < ENVELOPE_LAYERS_MAX) {
		if (kind == PAYLOAD_CHANNEL_DATA) {
			*reason = channel_open(memory, frame, flow, out);
			if (*reason != DISSECT_OK) {
				return PAYLOAD_OTHER;
			}
		} else if (kind != PAYLOAD_STUN ||
			   !indication_open(memory, frame, flow, time_ns, out)) {
			return kind;
		}
		kind = payload_classify(frame->payload, reason);
	}
	if (kind == PAYLOAD_CHANNEL_DATA) {
		*reason = SKIPPED_UDP;
		return PAYLOAD_OTHER;
	}
	return kind;
}
