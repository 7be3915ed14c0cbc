/* SPDX-License-Identifier: Apache-2.0 */
#include "coming.h"

#include <stdlib.h>

#include "flow.h"
#include "site.h"
#include "stream.h"

struct comings *comings_new(void)
{
	return calloc(1, sizeof(struct comings));
}

/* --- a stream begins: the places that it joins, their sites, and the calls of those --- */

static void began_look(const struct desk *desk, const struct media_began *began, struct coming *c)
{
	c->to = table_way(&desk->place_index, hash_endpoint(desk->key, &began->dst));
	c->from = table_way(&desk->place_index, hash_endpoint(desk->key, &began->src));
	c->ends = endpoint_ways(desk, &began->src.address, &began->dst.address);
	stream_ssrc_fetch(desk, began->ssrc, began->vantage);
}

static const struct place *place_of(const struct desk *desk, struct table_way way)
{
	uint32_t number = way.bucket ? table_way_likely(way) : TABLE_NONE;

	return number != TABLE_NONE ? place_at(desk, number) : NULL;
}

static const struct site *site_of(const struct desk *desk, struct table_way way)
{
	const struct place *place = place_of(desk, way);

	return place && place->newest_site != POOL_NONE ? site_at(desk, place->newest_site) : NULL;
}

__attribute__((always_inline)) static inline void place_fetch(
    const struct desk *desk, struct table_way way)
{
	memory_fetch(place_of(desk, way), sizeof(struct place));
}

__attribute__((always_inline)) static inline void newest_fetch(
    const struct desk *desk, struct table_way way)
{
	memory_fetch(site_of(desk, way), sizeof(struct site));
}

__attribute__((always_inline)) static inline void call_fetch(
    const struct desk *desk, struct table_way way)
{
	const struct site *site = site_of(desk, way);

	memory_fetch(site ? call_at(desk, site->call) : NULL, sizeof(struct call));
}

/* --- it is told of: the stream, its bins, and who sends it --- */

static void figures_look(struct desk *desk, uint64_t stream, struct coming *c)
{
	c->stream = stream_followed(desk, stream);
	memory_fetch(c->stream, sizeof(*c->stream));
}

static void stream_step(const struct desk *desk, struct coming *c)
{
	const struct desk_stream *s = c->stream;

	memory_fetch(s->intervals, sizeof(*s->intervals) + 2 * sizeof(struct interval_bin));
	if (c->kind == RECORD_MEDIA_SUMMARY) {
		c->ends = endpoint_ways(desk, &s->src.address, &s->src.address);
	}
}

/* --- steps --- */

/* False where nothing is needed. */
static bool first_step(struct desk *desk, const struct record *record, struct coming *c)
{
	*c = (struct coming){.kind = record->kind};
	switch ((enum record_kind)record->kind) {
	case RECORD_MEDIA_BEGAN:
		began_look(desk, (const void *)record, c);
		return true;
	case RECORD_MEDIA_INTERVAL:
		figures_look(desk, ((const struct media_interval_record *)record)->stream, c);
		return true;
	case RECORD_MEDIA_SUMMARY:
		figures_look(desk, ((const struct media_summary *)record)->stream, c);
		return true;
	default:
		return false;
	}
}

static void second_step(const struct desk *desk, struct coming *c)
{
	if (c->stream) {
		stream_step(desk, c);
	} else if (c->kind == RECORD_MEDIA_BEGAN) {
		place_fetch(desk, c->to);
		place_fetch(desk, c->from);
		endpoints_fetch(desk, &c->ends);
	}
}

__attribute__((always_inline)) static inline void third_step(
    const struct desk *desk, struct coming *c)
{
	if (c->kind == RECORD_MEDIA_BEGAN) {
		newest_fetch(desk, c->to);
		newest_fetch(desk, c->from);
	} else if (c->kind == RECORD_MEDIA_SUMMARY) {
		endpoints_fetch(desk, &c->ends);
	}
}

__attribute__((always_inline)) static inline void fourth_step(
    const struct desk *desk, const struct coming *c)
{
	if (c->kind == RECORD_MEDIA_BEGAN) {
		call_fetch(desk, c->to);
		call_fetch(desk, c->from);
	}
}

static struct coming *before(struct comings *all, unsigned records)
{
	return &all->ring[(all->at - records) % COMING_RECORDS];
}

void coming_record(struct desk *desk, const struct record *record)
{
	struct comings *all = desk->comings;

	if (!first_step(desk, record, before(all, 0))) {
		return;
	}
	second_step(desk, before(all, COMING_STEP));
	third_step(desk, before(all, 2 * COMING_STEP));
	fourth_step(desk, before(all, 3 * COMING_STEP));
	all->at++;
}
