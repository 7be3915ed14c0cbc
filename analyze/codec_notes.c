/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_notes.h"

#include "dialog.h"

static const struct payload_list *list_of(const struct call *call, const struct codec_said *said)
{
	return slab_at(call->text.slab, said->list);
}

static bool is_same(const struct payload_map *a, const struct payload_map *b)
{
	return a->payload_type == b->payload_type && a->clock_rate_hz == b->clock_rate_hz &&
	       (a->codec == b->codec ||
		   (a->codec && b->codec && text_equal(text_of(a->codec), text_of(b->codec))));
}

static bool is_same_list(const struct payload_list *a, const struct payload_list *b)
{
	bool same = a->count == b->count;

	for (unsigned i = 0; a != b && same && i < a->count; i++) {
		same = is_same(&a->maps[i], &b->maps[i]);
	}
	return same;
}

/* False where there is no room for it. */
static bool list_note(struct call *call, const struct observation *o, enum party sender,
    const struct payload_list *list, const struct signal *signal)
{
	const struct slab *slab = call->text.slab;
	struct codec_said *said = &call->codecs[sender];
	const struct mark *mark;

	for (unsigned i = 1; said->list && !is_same_list(list_of(call, said), list); i++) {
		if (!said->next && i < CODECS_SAID_MAX) {
			struct codec_said *next = arena_take(&call->text, sizeof(*next));

			said->next = next ? slab_number(slab, next) : 0;
		}
		if (!said->next) {
			return false;
		}
		said = slab_at(slab, said->next);
	}
	mark = said->list ? NULL : dialog_mark(call, o, signal);
	if (mark) {
		said->mark = slab_number(slab, mark);
		said->list = slab_number(slab, list);
	}
	return said->list != 0;
}

void codec_notes_take(struct call *call, const struct observation *o, enum party sender,
    const struct sdp *sdp, const struct line_lists *lists, const struct signal *signal)
{
	bool whole = sdp && !signal->cut && sdp->defects.count == 0;

	for (unsigned i = 0; sdp && i < sdp->media_count; i++) {
		const struct payload_list *list = lists->of[i];

		whole = whole && sdp->media[i].rtpmap_count < SDP_RTPMAPS_MAX && list && !list->cut;
		if (list && list->count > 0) {
			whole = list_note(call, o, sender, list, signal) && whole;
		}
	}
	call->codecs_incomplete |= (unsigned)!whole << sender & 3;
}

struct codec_note codec_note_find(
    const struct call *call, const struct codec_said *said, uint8_t payload_type)
{
	for (; said && said->list; said = codec_next(call, said)) {
		const struct payload_list *list = list_of(call, said);
		const struct payload_map *map =
		    payload_map_find(list->maps, list->count, payload_type);

		if (map) {
			return (struct codec_note){said, map};
		}
	}
	return (struct codec_note){NULL, NULL};
}

struct codec_note codec_note_named(
    const struct call *call, const struct codec_said *said, const char *codec)
{
	for (; said && said->list; said = codec_next(call, said)) {
		const struct payload_list *list = list_of(call, said);

		for (unsigned i = 0; i < list->count; i++) {
			const struct payload_map *map = &list->maps[i];

			if (map->codec && text_equal_nocase(text_of(map->codec), text_of(codec))) {
				return (struct codec_note){said, map};
			}
		}
	}
	return (struct codec_note){NULL, NULL};
}

/* Names as signalled: PCMU and pcmu are one (RFC 8866 6.6). */
static bool means_same(const struct payload_map *a, const struct payload_map *b)
{
	if (!a->codec || !b->codec) {
		return a->codec == b->codec;
	}
	return a->clock_rate_hz == b->clock_rate_hz &&
	       text_equal_nocase(text_of(a->codec), text_of(b->codec));
}

static bool was_said(
    const struct call *call, const struct codec_said *first, const struct codec_note *note)
{
	uint8_t type = note->map->payload_type;
	struct codec_note earlier = codec_note_find(call, first, type);

	while (earlier.map && earlier.said != note->said && !means_same(earlier.map, note->map)) {
		earlier = codec_note_find(call, codec_next(call, earlier.said), type);
	}
	return earlier.said != note->said;
}

unsigned codec_notes_count(const struct call *call, const struct codec_said *first)
{
	unsigned count = 0;

	for (const struct codec_said *said = first; said && said->list;
	     said = codec_next(call, said)) {
		const struct payload_list *list = list_of(call, said);

		for (unsigned i = 0; i < list->count; i++) {
			struct codec_note note = {said, &list->maps[i]};

			count += !was_said(call, first, &note);
		}
	}
	return count;
}
