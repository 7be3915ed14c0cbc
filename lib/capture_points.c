/* SPDX-License-Identifier: Apache-2.0 */
#include "capture_points.h"

#include <stdlib.h>

#include "classify.h"
#include "flow.h"
#include "frame.h"
#include "media.h"

enum {
	PRINT_HEAD = 96, /* octets of a frame: all its headers, and the checksum of what follows */
	SHARED_MIN = 3,  /* packets */
	WAYS_MIN = 2,
	HARDWARE_OCTETS = 12
};

/*
 * A capture with nanoseconds and one with microseconds of the same packets differ by less; and
 * copies are known before either of them is handed on.
 */
static const int64_t same_ns = MERGE_BEGIN_NS;
/* A rotated capture goes on with its next packet; on a quiet line the next keep-alive. */
static const int64_t pause_ns = 60 * MEDIA_SECOND_NS;
/* Packets that came to several processors may be written a little out of order. */
static const int64_t seam_ns = MEDIA_SECOND_NS / 10;

/* --- the ways of a capture --- */

static bool is_voice(const struct frame *frame)
{
	enum dissect_result reason;

	if (frame->fragment.set ||
	    (frame->protocol != IP_PROTOCOL_UDP && frame->protocol != IP_PROTOCOL_TCP)) {
		return false;
	}
	switch (payload_classify(frame->payload, &reason)) {
	case PAYLOAD_SIP:
		return true;
	case PAYLOAD_RTP:
	case PAYLOAD_RTCP:
	case PAYLOAD_STUN:
		return frame->protocol == IP_PROTOCOL_UDP;
	default:
		return false;
	}
}

static struct capture_way *way_find(
    struct capture_look *look, const struct address *src, const struct address *dst)
{
	for (unsigned i = 0; i < look->way_count; i++) {
		struct capture_way *way = &look->ways[i];

		if (address_equal(&way->src, src) && address_equal(&way->dst, dst)) {
			return way;
		}
	}
	return NULL;
}

static void way_note(struct capture_look *look, const struct packet *packet)
{
	struct capture_way *way;
	struct frame frame;

	if (frame_parse(&frame, packet->link, bytes_of(packet->data, packet->captured),
		packet->length) != DISSECT_OK ||
	    !is_voice(&frame)) {
		return;
	}
	way = way_find(look, &frame.src.address, &frame.dst.address);
	if (!way && look->way_count < CAPTURE_WAYS_MAX) {
		way = &look->ways[look->way_count++];
		*way = (struct capture_way){
		    .src = frame.src.address,
		    .dst = frame.dst.address,
		    .vlan = frame.vlan,
		    .link = packet->link,
		    .ttl_min = frame.ttl,
		};
		if (packet->link == LINK_ETHERNET) {
			memcpy(way->hardware, packet->data, HARDWARE_OCTETS);
		}
	}
	if (way) {
		way->ttl_min = frame.ttl < way->ttl_min ? frame.ttl : way->ttl_min;
		way->ttl_max = frame.ttl > way->ttl_max ? frame.ttl : way->ttl_max;
	}
}

static void ways_note(struct capture_look *look, const struct packet *packets, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		way_note(look, &packets[i]);
	}
}

static bool is_same_way(const struct capture_way *a, const struct capture_way *b)
{
	return a->link == b->link && a->vlan == b->vlan && a->ttl_min <= b->ttl_max &&
	       b->ttl_min <= a->ttl_max && memcmp(a->hardware, b->hardware, HARDWARE_OCTETS) == 0;
}

/* The same hosts, and nothing that speaks against the same point. */
static bool is_same_site(struct capture_look *before, const struct capture_look *after)
{
	unsigned same = 0;

	for (unsigned i = 0; i < after->way_count; i++) {
		const struct capture_way *way = &after->ways[i];
		const struct capture_way *was = way_find(before, &way->src, &way->dst);

		if (was && !is_same_way(was, way)) {
			return false;
		}
		same += was != NULL;
	}
	return same >= WAYS_MIN;
}

/* --- the same packets --- */

struct stamp {
	int64_t time_ns;
	uint64_t print, flow;
	bool shared;
};

struct stamps {
	unsigned count;
	struct stamp list[MERGE_AHEAD_PACKETS];
};

static uint64_t print_frame(const struct packet *packet)
{
	size_t head = packet->captured < PRINT_HEAD ? packet->captured : PRINT_HEAD;

	return XXH3_64bits_withSeed(
	    packet->data, head, (uint64_t)packet->link << 32 | packet->length);
}

static void stamps_take(struct stamps *out, const struct packet *packets, unsigned count)
{
	out->count = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct packet *p = &packets[i];
		struct frame frame;

		if (frame_parse(&frame, p->link, bytes_of(p->data, p->captured), p->length) ==
		    DISSECT_OK) {
			out->list[out->count++] = (struct stamp){
			    .time_ns = p->time_ns,
			    .print = print_frame(p),
			    .flow = hash_endpoint(hash_endpoint(0, &frame.src), &frame.dst),
			};
		}
	}
}

static bool is_same_stamp(const struct stamp *a, const struct stamp *b)
{
	int64_t apart_ns = a->time_ns - b->time_ns;

	return a->print == b->print && apart_ns <= same_ns && apart_ns >= -same_ns;
}

static unsigned stamps_match(struct stamps *a, struct stamps *b)
{
	unsigned shared = 0;

	for (unsigned i = 0; i < a->count; i++) {
		struct stamp *one = &a->list[i];

		for (unsigned k = 0; k < b->count && !one->shared; k++) {
			struct stamp *other = &b->list[k];

			if (!other->shared && is_same_stamp(one, other)) {
				one->shared = other->shared = true;
				shared++;
			}
		}
	}
	return shared;
}

static bool is_of_shared_flow(const struct stamps *all, const struct stamp *stamp)
{
	for (unsigned i = 0; i < all->count; i++) {
		if (all->list[i].shared && all->list[i].flow == stamp->flow) {
			return true;
		}
	}
	return false;
}

/* Of the time that both were looked at, one lacks a packet of a flow that they share. */
static bool lacks_some(const struct stamps *a, const struct stamps *b)
{
	int64_t from_ns = b->list[0].time_ns + same_ns;
	int64_t to_ns = b->list[b->count - 1].time_ns - same_ns;

	for (unsigned i = 0; i < a->count; i++) {
		const struct stamp *s = &a->list[i];

		if (!s->shared && s->time_ns > from_ns && s->time_ns < to_ns &&
		    is_of_shared_flow(a, s)) {
			return true;
		}
	}
	return false;
}

static bool is_overlapping(const struct stamps *first, const struct stamps *second)
{
	struct stamps a = *first, b = *second;

	return stamps_match(&a, &b) >= SHARED_MIN && !lacks_some(&a, &b) && !lacks_some(&b, &a);
}

/* --- deciding --- */

struct beginner {
	struct capture_points *points;
	struct merge *merge;
	unsigned number;
	int64_t first_ns;
	struct stamps stamps;
};

/* May it be the same point? Where the user named either, he has said so or not. */
static bool is_candidate(const struct beginner *b, unsigned other)
{
	const struct capture_points *points = b->points;

	return other != b->number && points->looks[other].begun && !points->named[other] &&
	       !b->merge->inputs[other]->source->untimed;
}

/* A capture that holds the same packets, or `count`. */
static unsigned overlapping_find(const struct beginner *b)
{
	for (unsigned i = 0; i < b->merge->count; i++) {
		struct stamps stamps;
		const struct packet *packets;
		unsigned count;

		if (!is_candidate(b, i) || !merge_goes_on(b->merge, i)) {
			continue;
		}
		packets = merge_look_ahead(b->merge, i, &count);
		stamps_take(&stamps, packets, count);
		if (is_overlapping(&stamps, &b->stamps)) {
			return i;
		}
	}
	return b->merge->count;
}

static bool has_just_ended(const struct beginner *b, unsigned other)
{
	const struct source *source = b->merge->inputs[other]->source;
	int64_t pause = b->first_ns - source->totals.last_time_ns;

	return merge_is_read(b->merge, other) && pause >= -seam_ns && pause <= pause_ns;
}

/* Another one goes on at its point already, and would have shared packets with this one. */
static bool has_successor(const struct beginner *b, unsigned other)
{
	const struct capture_points *points = b->points;

	for (unsigned i = 0; i < b->merge->count; i++) {
		if (i != b->number && i != other && points->looks[i].begun &&
		    points->vantages[i] == points->vantages[other] && merge_goes_on(b->merge, i)) {
			return true;
		}
	}
	return false;
}

/* The capture that goes on in this one, the last to end of several, or `count`. */
static unsigned former_find(const struct beginner *b)
{
	unsigned best = b->merge->count;
	int64_t best_ns = 0;

	for (unsigned i = 0; i < b->merge->count; i++) {
		int64_t ended_ns = b->merge->inputs[i]->source->totals.last_time_ns;
		struct capture_look *look = &b->points->looks[i];
		const struct packet *packets;
		unsigned count;

		if (!is_candidate(b, i) || !has_just_ended(b, i) || has_successor(b, i) ||
		    (best < b->merge->count && ended_ns <= best_ns)) {
			continue;
		}
		packets = merge_look_back(b->merge, i, &count);
		ways_note(look, packets, count);
		if (is_same_site(look, &b->points->looks[b->number])) {
			best = i;
			best_ns = ended_ns;
		}
	}
	return best;
}

static void copies_keep(struct capture_points *points, uint16_t vantage)
{
	if (!points->copies[vantage]) {
		points->copies[vantage] = calloc(CAPTURE_COPIES_MAX, sizeof(struct capture_copy));
	}
	points->overlaps |= points->copies[vantage] != NULL;
}

/* Is another capture of its vantage being read? Then they may hold the same packets. */
static void overlap_note(struct capture_points *points, const struct merge *merge, unsigned number)
{
	for (unsigned i = 0; i < merge->count; i++) {
		if (i != number && points->looks[i].begun &&
		    points->vantages[i] == points->vantages[number] && merge_goes_on(merge, i)) {
			copies_keep(points, points->vantages[number]);
		}
	}
}

static void point_decide(struct beginner *b, const struct packet *packets, unsigned count)
{
	struct capture_points *points = b->points;
	unsigned other;

	b->first_ns = packets[0].time_ns;
	stamps_take(&b->stamps, packets, count);
	ways_note(&points->looks[b->number], packets, count);
	other = overlapping_find(b);
	if (other < b->merge->count) {
		points->one_clock[other] = points->one_clock[b->number] = true;
	} else {
		other = former_find(b);
	}
	if (other < b->merge->count) {
		points->vantages[b->number] = points->vantages[other];
	}
}

static void begins(void *context, struct merge *merge, unsigned number)
{
	struct capture_points *points = context;
	struct beginner beginner = {.points = points, .merge = merge, .number = number};
	const struct packet *packets;
	unsigned count;

	points->looks[number].begun = true;
	if (!points->named[number] && !merge->inputs[number]->source->untimed) {
		packets = merge_look_ahead(merge, number, &count);
		if (packets) {
			point_decide(&beginner, packets, count);
		}
	}
	overlap_note(points, merge, number);
}

struct capture_points *capture_points_new(
    struct merge *merge, uint16_t *vantages, const bool *named)
{
	struct capture_points *points = calloc(1, sizeof(*points));

	if (points) {
		points->vantages = vantages;
		memcpy(points->named, named, sizeof(points->named));
		merge_watch(merge, begins, points);
	}
	return points;
}

void capture_points_free(struct capture_points *points)
{
	for (unsigned i = 0; points && i < MERGE_SOURCES_MAX; i++) {
		free(points->copies[i]);
	}
	free(points);
}

/* --- what was handed on before --- */

static bool is_copy(struct capture_points *points, const struct packet *packet)
{
	uint16_t vantage = points->vantages[packet->capture];
	uint64_t print = print_frame(packet);
	struct capture_copy *copy = &points->copies[vantage][print % CAPTURE_COPIES_MAX];
	int64_t apart_ns = packet->time_ns - copy->time_ns;

	if (copy->print == print && copy->capture != packet->capture && apart_ns <= same_ns &&
	    apart_ns >= -same_ns) {
		return true;
	}
	*copy = (struct capture_copy){print, packet->time_ns, packet->capture};
	return false;
}

bool capture_points_compares(const struct capture_points *points, uint16_t capture)
{
	return points->overlaps && points->copies[points->vantages[capture]];
}

unsigned capture_points_filter(
    struct capture_points *points, struct packet *packets, unsigned count)
{
	unsigned kept = 0;

	if (!points->overlaps) {
		return count;
	}
	for (unsigned i = 0; i < count; i++) {
		uint16_t capture = packets[i].capture;

		if (capture_points_compares(points, capture) && is_copy(points, &packets[i])) {
			points->removed[capture]++;
		} else {
			packets[kept++] = packets[i];
		}
	}
	return kept;
}
