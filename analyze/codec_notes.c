/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_notes.h"

const char *codec_name_keep(struct call *call, struct text name)
{
	static const char *const common[] = {
	    "PCMU", "PCMA", "G722", "G729", "opus", "telephone-event", "CN", "GSM", "H264"};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (text_equal(name, text_of(common[i]))) {
			return common[i];
		}
	}
	return arena_text(&call->text, name);
}

/* Names as signalled: PCMU and pcmu are one (RFC 8866 6.6). */
static bool is_same(
    const struct codec_note *note, uint8_t payload_type, bool known, const struct sdp_rtpmap *map)
{
	if (note->payload_type != payload_type || known != (note->codec != NULL)) {
		return false;
	}
	return !known || (text_equal_nocase(text_of(note->codec), map->encoding) &&
			     note->clock_rate_hz == map->clock_rate);
}

static void type_note(struct call *call, struct codec_list *list, const struct sdp_media *media,
    uint8_t payload_type, const struct signal *signal)
{
	struct sdp_rtpmap map = {0};
	bool known = sdp_codec(media, payload_type, &map);
	struct codec_note *note, **at;

	for (at = &list->first; *at; at = &(*at)->next) {
		if (is_same(*at, payload_type, known, &map)) {
			return;
		}
	}
	note = list->count < CODEC_NOTES_MAX ? arena_take(&call->text, sizeof(*note)) : NULL;
	if (!note) {
		list->incomplete = true;
		return;
	}
	*note = (struct codec_note){
	    .mark = signal_mark(signal),
	    .codec = known ? codec_name_keep(call, map.encoding) : NULL,
	    .clock_rate_hz = map.clock_rate,
	    .payload_type = payload_type,
	};
	*at = note;
	list->count++;
}

void codec_notes_take(
    struct call *call, enum party sender, const struct sdp *sdp, const struct signal *signal)
{
	struct codec_list *list = &call->codecs[sender];

	if (!sdp || signal->cut || sdp->defects.count > 0) {
		list->incomplete = true;
	}
	for (unsigned i = 0; sdp && i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];
		struct text formats = media->formats;
		uint8_t payload_type;

		list->incomplete |= media->rtpmap_count == SDP_RTPMAPS_MAX;
		while (sdp_payload_next(&formats, &payload_type)) {
			if (sdp_payloads_has(&media->payloads, payload_type)) {
				type_note(call, list, media, payload_type, signal);
			}
		}
		for (unsigned k = 0; k < media->rtpmap_count; k++) {
			type_note(call, list, media, media->rtpmaps[k].payload_type, signal);
		}
	}
}

const struct codec_note *codec_note_find(const struct codec_note *note, uint8_t payload_type)
{
	while (note && note->payload_type != payload_type) {
		note = note->next;
	}
	return note;
}

const struct codec_note *codec_note_named(const struct codec_note *note, const char *codec)
{
	while (note && !(note->codec && text_equal_nocase(text_of(note->codec), text_of(codec)))) {
		note = note->next;
	}
	return note;
}
