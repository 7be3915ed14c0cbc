/* SPDX-License-Identifier: Apache-2.0 */
#include "crossing.h"

#include "sighting.h"
#include "twin.h"

static void crossing_add(
    struct crossings *all, const struct address *inside, const struct address *outside)
{
	for (unsigned i = 0; i < all->count; i++) {
		if (address_equal(&all->at[i].inside, inside) &&
		    address_equal(&all->at[i].outside, outside)) {
			return;
		}
	}
	if (all->count < CROSSINGS_MAX) {
		all->at[all->count++] = (struct crossing){*inside, *outside};
	}
}

/* A source is taken outward, a destination inward. */
static void way_take(struct crossings *all, const struct way *way, const struct endpoint *src,
    const struct endpoint *dst, const struct endpoint *src_after, const struct endpoint *dst_after)
{
	if (way->order == WAY_AFTER && way->translated == WAY_SRC) {
		crossing_add(all, &src->address, &src_after->address);
	} else if (way->order == WAY_AFTER && way->translated == WAY_DST) {
		crossing_add(all, &dst_after->address, &dst->address);
	}
}

static void places_take(struct crossings *all, const struct sighting *s, const struct sighting *t)
{
	struct way_point first = way_point_of_message(s), second = way_point_of_message(t);
	struct way way;

	if (s != t && s->vantage == all->vantage && t->vantage == all->vantage &&
	    way_between(&way, &first, &second)) {
		way_take(all, &way, &s->src, &s->dst, &t->src, &t->dst);
	}
}

static void messages_take(const struct desk *desk, const struct call *call, struct crossings *all)
{
	for (const struct sighting *s = sightings_of(desk, call); s; s = s->next) {
		const struct sighting *places[SIGHTING_PLACES_MAX];
		unsigned count = s->first_alike == s ? sighting_places(s, places) : 0;

		for (unsigned i = 0; i < count; i++) {
			for (unsigned k = 0; k < count; k++) {
				places_take(all, places[i], places[k]);
			}
		}
	}
}

static void streams_take(const struct desk *desk, const struct call *call, struct crossings *all)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);
		struct twin_cursor cursor = {0};
		struct twin t;

		while (s->vantage == all->vantage && twin_next(desk, s, &cursor, &t)) {
			if (t.stream->vantage == s->vantage) {
				way_take(all, &(struct way){t.translated, t.order}, &s->src,
				    &s->dst, &t.stream->src, &t.stream->dst);
			}
		}
	}
}

void crossings_find(
    const struct desk *desk, const struct call *call, uint16_t vantage, struct crossings *out)
{
	*out = (struct crossings){.vantage = vantage};
	messages_take(desk, call, out);
	streams_take(desk, call, out);
}

/* Media the other way, from or to that address, shows that the capture sees its side. */
static bool has_media_back(const struct desk *desk, const struct call *call,
    const struct desk_stream *s, bool from, const struct address *address)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *t = stream_at(desk, n);
		const struct endpoint *end = from ? &t->src : &t->dst;

		if (t->vantage == s->vantage && t->toward != s->toward && t->line == s->line &&
		    address_equal(&end->address, address)) {
			return true;
		}
	}
	return false;
}

bool crossing_is_ahead(const struct desk *desk, const struct call *call,
    const struct crossings *crossings, const struct desk_stream *s)
{
	for (unsigned i = 0; i < crossings->count; i++) {
		const struct crossing *c = &crossings->at[i];

		if (address_equal(&s->dst.address, &c->outside) &&
		    has_media_back(desk, call, s, true, &c->inside)) {
			return true;
		}
		if (address_equal(&s->src.address, &c->inside) &&
		    !address_is_unroutable(&s->dst.address) &&
		    has_media_back(desk, call, s, false, &c->outside)) {
			return true;
		}
	}
	return false;
}
