/* SPDX-License-Identifier: Apache-2.0 */
#include "clock_align.h"

#include <stdlib.h>

#include "sighting.h"
#include "twin.h"

/* Nothing is known: no packet was seen at the one and then at the other. */
static const int64_t clock_none = INT64_MAX;

struct clock_align {
	unsigned captures;
	int64_t least_ns[]; /* [a * captures + b]: time at b minus time at a, of packets a to b */
};

struct clock_align *clock_align_new(unsigned captures)
{
	size_t pairs = (size_t)captures * captures;
	struct clock_align *clocks = malloc(sizeof(*clocks) + pairs * sizeof(int64_t));

	if (!clocks) {
		return NULL;
	}
	clocks->captures = captures;
	for (size_t i = 0; i < pairs; i++) {
		clocks->least_ns[i] = clock_none;
	}
	return clocks;
}

void clock_align_free(struct clock_align *clocks)
{
	free(clocks);
}

static int64_t *least_of(struct clock_align *clocks, unsigned from, unsigned to)
{
	return &clocks->least_ns[from * clocks->captures + to];
}

/* --- learning --- */

/* One packet, at `first` and, in this order to it, at `second`. */
static void packet_learn(struct desk *desk, enum way_order order, uint16_t first, int64_t first_ns,
    uint16_t second, int64_t second_ns)
{
	int64_t apart_ns = second_ns - first_ns, *least;

	if (first == second || order == WAY_UNKNOWN || desk->untimed[first] ||
	    desk->untimed[second]) {
		return;
	}
	least = order == WAY_AFTER ? least_of(desk->clocks, first, second)
				   : least_of(desk->clocks, second, first);
	apart_ns = order == WAY_AFTER ? apart_ns : -apart_ns;
	if (apart_ns < *least) {
		*least = apart_ns;
	}
}

/* Of a message that was sent again, the two places may have seen different ones. */
static void places_learn(struct desk *desk, const struct sighting *s, const struct sighting *t)
{
	struct way_point first = way_point_of_message(s), second = way_point_of_message(t);
	struct way way;

	if (s->copies == 0 && t->copies == 0 && t->octets_hash == s->octets_hash &&
	    way_between(&way, &first, &second)) {
		packet_learn(desk, way.order, s->capture, s->time_ns, t->capture, t->time_ns);
	}
}

static void messages_learn(struct desk *desk, const struct call *call)
{
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		const struct sighting *places[SIGHTING_PLACES_MAX];
		unsigned count = s->first_alike == s ? sighting_places(s, places) : 0;

		for (unsigned i = 0; i < count; i++) {
			for (unsigned k = 0; k < i; k++) {
				places_learn(desk, places[k], places[i]);
			}
		}
	}
}

static void stream_learn(struct desk *desk, const struct desk_stream *s)
{
	struct twin_cursor cursor = {0};
	struct twin twin;

	while (twin_next(desk, s, &cursor, &twin)) {
		packet_learn(desk, twin.order, s->capture, twin.here.time_ns, twin.stream->capture,
		    twin.there.time_ns);
	}
}

void clock_align_call(struct desk *desk, const struct call *call)
{
	if (desk->config.capture_count < 2) {
		return;
	}
	messages_learn(desk, call);
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		stream_learn(desk, stream_at(desk, n));
	}
}

void clock_align_all(struct desk *desk)
{
	if (desk->config.capture_count < 2) {
		return;
	}
	for (uint32_t n = desk->open_calls.oldest; n != POOL_NONE;
	     n = desk->open_calls.links[n].newer) {
		messages_learn(desk, call_at(desk, n));
	}
	for (uint32_t n = desk->oldest_stream; n != POOL_NONE; n = stream_at(desk, n)->newer) {
		stream_learn(desk, stream_at(desk, n));
	}
}

/* --- telling --- */

static bool offset_between(
    const struct clock_align *clocks, unsigned from, unsigned to, struct clock_offset *out)
{
	int64_t most = clocks->least_ns[from * clocks->captures + to];
	int64_t back = clocks->least_ns[to * clocks->captures + from];

	if (most == clock_none && back == clock_none) {
		return false;
	}
	if (most != clock_none && back != clock_none) {
		int64_t room = most + back; /* below 0 where a clock drifted or was set */

		*out = (struct clock_offset){most - room / 2, (room < 0 ? -room : room + 1) / 2};
	} else {
		*out = (struct clock_offset){most != clock_none ? most : -back, -1};
	}
	return true;
}

/* By way of other captures, as few as lead there. */
bool clock_offset(
    const struct desk *desk, uint16_t reference, uint16_t capture, struct clock_offset *out)
{
	const struct clock_align *clocks = desk->clocks;
	struct clock_offset known[DESK_CAPTURES_MAX] = {0};
	uint16_t queue[DESK_CAPTURES_MAX];
	bool reached[DESK_CAPTURES_MAX] = {false};
	unsigned count = 0;

	reached[reference] = true;
	queue[count++] = reference;
	for (unsigned i = 0; i < count && !reached[capture]; i++) {
		for (uint16_t next = 0; next < clocks->captures; next++) {
			struct clock_offset step, *from = &known[queue[i]];

			if (reached[next] || !offset_between(clocks, queue[i], next, &step)) {
				continue;
			}
			known[next].ahead_ns = from->ahead_ns + step.ahead_ns;
			known[next].error_ns = from->error_ns < 0 || step.error_ns < 0
						   ? -1
						   : from->error_ns + step.error_ns;
			reached[next] = true;
			queue[count++] = next;
		}
	}
	*out = known[capture];
	return reached[capture];
}
