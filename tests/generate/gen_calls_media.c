/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a stream draws each packet's fate when it is sent and keeps the few that
 * are under way in a list sorted by arrival. Its truth is kept by definition: which sequence
 * numbers arrived, in which order.
 */
#include <math.h>
#include <stdlib.h>

#include "gen_calls_parts.h"
#include "gen_octets.h"
#include "gen_stun.h"

enum { ENVELOPE_ROOM = 1600 };

static const int64_t ms = 1000000;
static const int64_t within_frame_ns = 200000;

const struct calls_codec calls_codecs[] = {
    [GEN_PCMU] = {"audio", "PCMU/8000", 0, 20, 1, 160, 160},
    [GEN_OPUS] = {"audio", "opus/48000/2", 111, 20, 1, 960, 80},
    [GEN_H264] = {"video", "H264/90000", 96, 40, 5, 3600, 1200},
};

static bool chance(struct calls_stream *s, double pct)
{
	return gen_random_unit(&s->random) * 100 < pct;
}

static void arrival_add(struct calls_stream *s, int64_t time_ns, uint32_t number)
{
	unsigned i = s->under_way;

	if (i == CALLS_UNDER_WAY_MAX) {
		abort(); /* delays are far too short for that */
	}
	time_ns = gen_time_kept(s->file, time_ns);
	while (i > 0 && s->arrivals[i - 1].time_ns <= time_ns) {
		s->arrivals[i] = s->arrivals[i - 1];
		i--;
	}
	s->arrivals[i] = (struct calls_arrival){time_ns, number};
	s->under_way++;
}

static int64_t send_time(const struct calls_stream *s, uint32_t number)
{
	const struct calls_codec *codec = s->codec;

	return s->start_ns + (int64_t)(number / codec->frame_packets) * codec->frame_ms * ms +
	       number % codec->frame_packets * within_frame_ns;
}

static void packet_send(struct calls_stream *s)
{
	const struct gen_calls *what = s->what;
	uint32_t number = s->sent++;
	double delay_ms = gen_random_unit(&s->random) * what->jitter_ms;
	bool lost = chance(s, what->loss_pct);

	if (chance(s, what->reorder_pct)) {
		delay_ms += 25 + gen_random_unit(&s->random) * 30;
	}
	if (!lost) {
		int64_t time_ns = send_time(s, number) + (int64_t)(delay_ms * (double)ms);

		arrival_add(s, time_ns, number);
		if (chance(s, what->duplicate_pct)) {
			double later_ms = gen_random_unit(&s->random) * 50;

			arrival_add(s, time_ns + (int64_t)(later_ms * (double)ms), number);
		}
	}
}

/* Send until no packet still to be sent can arrive before the next one under way. */
static bool stream_next(struct calls_stream *s, int64_t *next_ns)
{
	while (s->sent < s->count &&
	       (s->under_way == 0 || s->arrivals[s->under_way - 1].time_ns >=
					 gen_time_kept(s->file, send_time(s, s->sent)))) {
		packet_send(s);
	}
	if (s->under_way == 0) {
		return false;
	}
	*next_ns = s->arrivals[s->under_way - 1].time_ns;
	return true;
}

static double frame_of(const struct calls_stream *s, uint32_t number)
{
	return number / s->codec->frame_packets;
}

/* RFC 3550 6.4.1 as it is written there, in ms. */
static void truth_jitter(struct calls_stream *s, const struct calls_arrival *a)
{
	if (s->truth.packets > s->truth.duplicates + 1) {
		double arrived = (double)(a->time_ns - s->last_arrival_ns) / (double)ms;
		double sent =
		    (frame_of(s, a->number) - frame_of(s, s->last_number)) * s->codec->frame_ms;

		s->jitter_ms += (fabs(arrived - sent) - s->jitter_ms) / 16;
		s->jitter_sum_ms += s->jitter_ms;
		s->jitter_count++;
		if (s->jitter_ms > s->truth.jitter_max_ms) {
			s->truth.jitter_max_ms = s->jitter_ms;
		}
	}
	s->last_arrival_ns = a->time_ns;
	s->last_number = a->number;
}

static void truth_take(struct calls_stream *s, const struct calls_arrival *a)
{
	bool first = s->truth.packets++ == 0;

	if (s->seen[a->number]) {
		s->truth.duplicates++;
		return;
	}
	s->seen[a->number] = 1;
	if (first) {
		s->lowest = s->highest = a->number;
	} else if (a->number < s->highest) {
		s->truth.reordered++;
	}
	s->lowest = a->number < s->lowest ? a->number : s->lowest;
	s->highest = a->number > s->highest ? a->number : s->highest;
	truth_jitter(s, a);
}

/* Media of TURN: the RTP packet in an envelope, between the client and the server. */
static void put_in_envelope(struct calls_stream *s, int64_t time_ns, const struct gen_rtp *rtp)
{
	uint8_t octets[ENVELOPE_ROOM] = {0};
	size_t length;

	if (s->tunnel == GEN_TUNNEL_CHANNEL) {
		length = gen_rtp_octets(rtp, octets + 4);
		put16(octets, 0x4000 + (s->truth.ssrc & 0xfff));
		put16(octets + 2, (unsigned)length);
		gen_udp(s->file, time_ns, &s->truth.route, octets, 4 + length);
	} else {
		struct gen_stun m;

		length = gen_rtp_octets(rtp, octets);
		gen_stun_begin(&m, GEN_SEND, rtp->timestamp);
		gen_stun_address(&m, 0x0012, &s->truth.route.dst);
		gen_stun_add(&m, 0x0013, octets, length);
		gen_udp(s->file, time_ns, &s->truth.route, m.octets, m.length);
	}
}

static void put(struct calls_stream *s, int64_t time_ns, const struct gen_rtp *rtp)
{
	enum gen_link link = s->file->link;

	switch (s->tunnel) {
	case GEN_TUNNEL_CHANNEL:
	case GEN_TUNNEL_INDICATION:
		put_in_envelope(s, time_ns, rtp);
		return;
	case GEN_TUNNEL_VLAN:
		s->file->link = GEN_VLAN;
		break;
	case GEN_TUNNEL_QINQ:
		s->file->link = GEN_QINQ;
		break;
	case GEN_TUNNEL_NONE:
	case GEN_TUNNEL_IPV6:
	case GEN_TUNNEL_MIXED:
		break;
	}
	gen_rtp(s->file, time_ns, &s->truth.route, rtp);
	s->file->link = link;
}

static bool stream_act(void *self, int64_t *next_ns)
{
	struct calls_stream *s = self;
	const struct calls_codec *codec = s->codec;
	const struct calls_arrival *a = &s->arrivals[--s->under_way];
	bool video = codec->frame_packets > 1;

	truth_take(s, a);
	put(s, a->time_ns,
	    &(struct gen_rtp){
		.payload_type = codec->payload_type,
		.marker = video ? (a->number + 1) % codec->frame_packets == 0 : a->number == 0,
		.sequence = (uint16_t)(s->first_sequence + a->number),
		.timestamp =
		    s->first_timestamp + a->number / codec->frame_packets * codec->frame_ticks,
		.ssrc = s->truth.ssrc,
		.octets = codec->octets,
	    });
	return stream_next(s, next_ns);
}

void calls_stream_add(
    struct gen_agenda *agenda, struct calls_stream *s, uint64_t number, int64_t start_ns)
{
	const struct gen_calls *what = s->what;
	struct gen_actor actor = {.act = stream_act, .self = s};

	s->codec = &calls_codecs[what->codec];
	s->random.state = what->seed ^ (number + 1) * 0xd1342543de82ef95U;
	s->start_ns = start_ns;
	s->count = (uint32_t)(what->seconds * 1000 / s->codec->frame_ms) * s->codec->frame_packets;
	s->first_sequence = (uint16_t)gen_random(&s->random);
	s->first_timestamp = (uint32_t)gen_random(&s->random);
	s->truth.ssrc = (uint32_t)gen_random(&s->random);
	s->seen = calloc(s->count + 1, 1);
	if (!s->seen) {
		abort();
	}
	if (stream_next(s, &actor.next_ns)) {
		gen_agenda_add(agenda, actor);
	}
}

void calls_stream_finish(struct calls_stream *s)
{
	s->truth.sent = s->sent;
	if (s->truth.packets > 0) {
		s->truth.expected = s->highest - s->lowest + 1;
		s->truth.lost = s->truth.expected - (s->truth.packets - s->truth.duplicates);
	}
	if (s->jitter_count > 0) {
		s->truth.jitter_mean_ms = s->jitter_sum_ms / s->jitter_count;
	}
	free(s->seen);
}
