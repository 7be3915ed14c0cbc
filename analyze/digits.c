/* SPDX-License-Identifier: Apache-2.0 */
#include "digits.h"

#include "site.h"
#include "stream.h"

char digit_character(uint8_t event)
{
	static const char characters[] = "0123456789*#ABCD";

	if (event >= sizeof(characters) - 1) {
		return '?';
	}
	return characters[event];
}

static bool is_telephone_event(
    const struct desk *desk, const struct desk_stream *s, uint8_t payload_type)
{
	const struct payload_map *map = type_find(desk, s->types, payload_type);

	return map && text_equal_nocase(text_of(map->codec), TEXT("telephone-event"));
}

static struct desk_stream *stream_of(struct desk *desk, const struct media_event *event)
{
	uint32_t place = place_find(desk, &event->dst, false);
	uint32_t number = place != POOL_NONE ? place_at(desk, place)->newest_to : POOL_NONE;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		struct desk_stream *s = stream_at(desk, number);

		if (s->ssrc == event->ssrc && s->vantage == event->vantage &&
		    endpoint_equal(&s->src, &event->src)) {
			return s;
		}
		number = s->older_to;
	}
	return NULL;
}

/* Made with the first key; NULL where memory is short. */
static struct digits *list_of(struct desk *desk, struct desk_stream *s)
{
	struct stream_seldom *seldom = stream_seldom_of(desk, s);

	if (!seldom->digits) {
		seldom->digits = arena_take(&call_at(desk, s->call)->text, sizeof(*seldom->digits));
	}
	return seldom->digits;
}

void digits_take(struct desk *desk, const struct media_event *event)
{
	struct desk_stream *s = stream_of(desk, event);
	struct digits *list;
	struct digit *digit, *last;

	if (!s || s->call == POOL_NONE || !is_telephone_event(desk, s, event->payload_type)) {
		return;
	}
	list = list_of(desk, s);
	if (!list) {
		return;
	}
	last = list->last;
	if (last && last->timestamp == event->timestamp) {
		last->duration =
		    event->duration > last->duration ? event->duration : last->duration;
		return;
	}
	/* A late repeat of the key before this one is no new key. */
	if (last && (int32_t)(event->timestamp - last->timestamp) < 0) {
		return;
	}
	digit = list->count < DIGITS_MAX ? arena_take(&call_at(desk, s->call)->text, sizeof(*digit))
					 : NULL;
	if (!digit) {
		return;
	}
	*digit = (struct digit){
	    .mark = {true, event->capture, event->frame, event->time_ns},
	    .timestamp = event->timestamp,
	    .duration = event->duration,
	    .event = event->event,
	};
	if (last) {
		last->next = digit;
	} else {
		list->first = digit;
	}
	list->last = digit;
	list->count++;
}
