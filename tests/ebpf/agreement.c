/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the dissectors take for voice or its signalling is not missed in the kernel: over
 * recordings, and over payloads of all shapes. Two things are excepted, which nobody sends: a SIP
 * message whose first eight octets are no text, and a channel's message that carries nothing.
 */
#include <criterion/criterion.h>
#include <glob.h>

#include "classify.h"
#include "dtls.h"
#include "frame.h"
#include "lift_frames.h"
#include "lift_run.h"
#include "open_one.h"

static const struct lift_settings everything = {0};

static bool begins_as_text(struct bytes in)
{
	if (in.at[0] == '\r' || in.at[0] == '\n') {
		return true;
	}
	for (int i = 1; i < 8; i++) {
		if (in.at[i] < ' ' || in.at[i] > '~') {
			return false;
		}
	}
	return (in.at[0] | 0x20) >= 'a' && (in.at[0] | 0x20) <= 'z';
}

/* What the kernel must say of a UDP payload; LIFT_KIND_COUNT: what it likes. */
static uint32_t kind_of_datagram(const struct frame *frame)
{
	enum dissect_result reason = DISSECT_OK;

	switch (payload_classify(frame->payload, &reason)) {
	case PAYLOAD_RTP:
		return LIFT_RTP;
	case PAYLOAD_RTCP:
		return LIFT_RTCP;
	case PAYLOAD_SIP:
		return begins_as_text(frame->payload) ? LIFT_SIP : LIFT_KIND_COUNT;
	case PAYLOAD_STUN:
		return LIFT_STUN;
	case PAYLOAD_CHANNEL_DATA:
		return bytes_left(&frame->payload) < 8 ? LIFT_KIND_COUNT : LIFT_CHANNEL_DATA;
	case PAYLOAD_OTHER:
		break;
	}
	if (reason == SKIPPED_KEEPALIVE) {
		return LIFT_KEEPALIVE;
	}
	return dtls_is_handshake(frame->payload) ? LIFT_DTLS : LIFT_KIND_COUNT;
}

static uint32_t kind_of_packet(const uint8_t *data, uint32_t length)
{
	struct frame frame;

	if (frame_parse(&frame, LINK_ETHERNET, bytes_of(data, length), length) != DISSECT_OK) {
		return LIFT_KIND_COUNT;
	}
	if (frame.fragment.set) {
		return frame.protocol == IP_PROTOCOL_UDP ? LIFT_FRAGMENT : LIFT_KIND_COUNT;
	}
	switch (frame.protocol) {
	case IP_PROTOCOL_UDP:
		return kind_of_datagram(&frame);
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		return LIFT_ICMP;
	default:
		return LIFT_KIND_COUNT;
	}
}

static void agree(const struct lifting *l, const uint8_t *data, uint32_t length, const char *what)
{
	uint32_t kind = kind_of_packet(data, length);
	struct lifted lifted;

	if (kind < LIFT_KIND_COUNT) {
		lifted = lifting_run(l, data, length);
		cr_expect(lifted.has_meta && lifted.meta.kind == kind, "%s: not %s but %s", what,
		    lift_kind_name(kind), lift_kind_name(lifted.meta.kind));
	}
}

/* --- recordings --- */

static unsigned agree_with_file(const struct lifting *l, const char *path)
{
	struct source *source;
	struct source_error error;
	struct packet burst[PACKET_BURST];
	unsigned packets = 0;
	int count;

	source = open_one(path, 0, &error);
	cr_assert(source, "%s", path);
	while ((count = source_read(source, burst)) > 0) {
		for (int i = 0; i < count; i++) {
			const struct packet *p = &burst[i];

			if (p->link == LINK_ETHERNET && p->captured == p->length &&
			    p->length <= LIFT_FRAME_MAX) {
				agree(l, p->data, p->captured, path);
				packets++;
			}
		}
	}
	source_close(source);
	return packets;
}

Test(agreement, recordings)
{
	static const char *const patterns[] = {"/pcaps/*/*.pcap*", "/tests/golden/*/*.pcap*"};
	struct lifting l = lifting_begin(&everything);
	unsigned packets = 0;

	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
		char pattern[4096];
		glob_t found;

		(void)snprintf(
		    pattern, sizeof(pattern), "%s%s", getenv("TALKPATH_SOURCE"), patterns[i]);
		cr_assert_eq(glob(pattern, 0, NULL, &found), 0, "%s", pattern);
		for (size_t k = 0; k < found.gl_pathc; k++) {
			packets += agree_with_file(&l, found.gl_pathv[k]);
		}
		globfree(&found);
	}
	cr_expect_gt(packets, 1000);
	lifting_end(&l);
}

/* --- shapes --- */

enum { SHAPES = 20000, PAYLOAD_AT = 14 + 20 + 8 };

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Something near to a sound payload: some of its first octets changed, its end cut off. */
static void vary(struct octets *frame, uint32_t *state)
{
	uint32_t payload = (uint32_t)frame->length - PAYLOAD_AT;
	uint32_t left = payload ? random_next(state) % (payload + 1) : 0;

	for (uint32_t changes = random_next(state) % 4; changes > 0 && left > 0; changes--) {
		uint32_t at = random_next(state) % (left < 24 ? left : 24);

		frame->at[PAYLOAD_AT + at] = (uint8_t)random_next(state);
	}
	if (random_next(state) % 2) {
		frame->length = PAYLOAD_AT + left;
		frame->at[16] = (uint8_t)((left + 28) >> 8);
		frame->at[17] = (uint8_t)(left + 28);
		frame->at[38] = (uint8_t)((left + 8) >> 8);
		frame->at[39] = (uint8_t)(left + 8);
	}
}

Test(agreement, shapes)
{
	static const char *const list[] = {"rtp", "rtp-extension", "rtp-event", "rtcp",
	    "rtcp-feedback", "sip-request", "sip-status", "sip-blank-lines", "stun", "stun-classic",
	    "channel", "dtls", "crlf", "quic", "wireguard", "fax"};
	struct lifting l = lifting_begin(&everything);
	uint32_t state = 20;

	for (int i = 0; i < SHAPES; i++) {
		char words[64];
		struct frame_part frame;

		(void)snprintf(words, sizeof(words), "ethernet ipv4 udp %s",
		    list[random_next(&state) % (sizeof(list) / sizeof(list[0]))]);
		frame = frame_of(words);
		vary(&frame.octets, &state);
		agree(&l, frame.octets.at, (uint32_t)frame.octets.length, words);
	}
	lifting_end(&l);
}

/* Something near to sound headers. */
static void disturb(struct octets *frame, uint32_t *state)
{
	for (uint32_t changes = 1 + random_next(state) % 3; changes > 0; changes--) {
		uint32_t bits = 1U << random_next(state) % 8;

		frame->at[12 + random_next(state) % (frame->length - 12)] ^= (uint8_t)bits;
	}
	if (random_next(state) % 8 == 0) {
		frame->length -= random_next(state) % (frame->length - 14);
	}
}

Test(agreement, headers)
{
	static const char *const list[] = {"ethernet ipv4 udp rtp", "ethernet tag ipv4 udp rtcp",
	    "ethernet qinq tag ipv6 udp sip-request", "ethernet ipv4-options udp stun",
	    "ethernet ipv6 hop routing options udp rtp", "ethernet ipv6 atomic udp channel",
	    "ethernet ipv4-first udp sip-request", "ethernet ipv6 hop later udp sip-rest",
	    "ethernet ipv4 icmp", "ethernet ipv6 options icmp6", "ethernet ipv4 udp crlf"};
	struct lifting l = lifting_begin(&everything);
	uint32_t state = 22;

	for (int i = 0; i < SHAPES; i++) {
		const char *words = list[random_next(&state) % (sizeof(list) / sizeof(list[0]))];
		struct octets frame = frame_of(words).octets;

		disturb(&frame, &state);
		agree(&l, frame.at, (uint32_t)frame.length, words);
	}
	lifting_end(&l);
}
