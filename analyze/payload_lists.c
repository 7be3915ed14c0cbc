/* SPDX-License-Identifier: Apache-2.0 */
#include "payload_lists.h"

#include "flow.h"

enum { SLOTS_TRIED = 8 };

/* The types of some lines, as they are gathered. */
struct gathering {
	struct arena *memory;
	unsigned count;
	bool cut;
	struct payload_map maps[PAYLOAD_MAPS_MAX];
};

static const char *name_keep(struct arena *memory, struct text name)
{
	static const char *const common[] = {
	    "PCMU", "PCMA", "G722", "G729", "opus", "telephone-event", "CN", "GSM", "H264"};

	for (size_t i = 0; i < sizeof(common) / sizeof(common[0]); i++) {
		if (text_equal(name, text_of(common[i]))) {
			return common[i];
		}
	}
	return arena_text(memory, name);
}

static void map_add(
    struct gathering *g, const struct sdp_media *media, unsigned line, uint8_t payload_type)
{
	struct sdp_rtpmap map = {0};
	struct payload_map *out = &g->maps[g->count];

	if (payload_map_find(g->maps, g->count, payload_type)) {
		return;
	}
	if (g->count == PAYLOAD_MAPS_MAX) {
		g->cut = true;
		return;
	}
	*out = (struct payload_map){
	    .payload_type = payload_type,
	    .kind = (uint8_t)media->kind,
	    .line = (uint8_t)line,
	};
	if (sdp_codec(media, payload_type, &map)) {
		out->codec = name_keep(g->memory, map.encoding);
		out->clock_rate_hz = map.clock_rate;
	}
	g->count++;
}

/* What the line lists, and what it explains without having listed it. */
static void line_add(struct gathering *g, const struct sdp *sdp, unsigned line)
{
	const struct sdp_media *media = &sdp->media[line];
	struct text formats = media->formats;
	uint8_t payload_type;

	while (!g->cut && sdp_payload_next(&formats, &payload_type)) {
		if (sdp_payloads_has(&media->payloads, payload_type)) {
			map_add(g, media, line, payload_type);
		}
	}
	for (unsigned i = 0; i < media->rtpmap_count; i++) {
		map_add(g, media, line, media->rtpmaps[i].payload_type);
	}
}

static const struct payload_list *list_make(struct arena *memory, const struct payload_lines *of)
{
	struct gathering g = {.memory = memory};
	struct payload_list *list;

	for (unsigned i = 0; i < of->count; i++) {
		line_add(&g, of->sdp, of->lines[i]);
	}
	list = arena_take(memory, sizeof(*list) + sizeof(g.maps[0]) * g.count);
	if (list) {
		list->count = (uint8_t)g.count;
		list->cut = g.cut;
		memcpy(list->maps, g.maps, sizeof(g.maps[0]) * g.count);
	}
	return list;
}

/* A hash of all that the list is made of; names_max: the length of the longest name. */
static uint64_t lines_hash(uint64_t key, const struct payload_lines *of, size_t *names_max)
{
	for (unsigned i = 0; i < of->count; i++) {
		const struct sdp_media *media = &of->sdp->media[of->lines[i]];

		key = flow_mix(
		    key ^ media->payloads.bits[0], media->payloads.bits[1] ^ flow_golden ^
						       (uint64_t)media->kind << 8 ^ of->lines[i]);
		key = hash_text(key, media->formats);
		for (unsigned k = 0; k < media->rtpmap_count; k++) {
			const struct sdp_rtpmap *map = &media->rtpmaps[k];

			key ^= (uint64_t)map->clock_rate << 8 | map->payload_type;
			key = hash_text(key, map->encoding);
			*names_max =
			    map->encoding.length > *names_max ? map->encoding.length : *names_max;
		}
	}
	return key;
}

const struct payload_list *payload_list_of(
    struct payload_lists *all, uint64_t key, struct arena *theirs, const struct payload_lines *of)
{
	size_t names_max = 0;
	uint64_t hash = lines_hash(key, of, &names_max);

	for (unsigned i = 0; i < SLOTS_TRIED && names_max <= PAYLOAD_NAME_MAX; i++) {
		unsigned slot = (unsigned)(hash + i) % PAYLOAD_LISTS_MAX;

		if (all->kept[slot].list && all->kept[slot].key == hash) {
			return all->kept[slot].list;
		}
		if (!all->kept[slot].list && !all->memory.refused) {
			const struct payload_list *list = list_make(&all->memory, of);

			if (all->memory.refused) {
				break; /* it may lack a name */
			}
			all->kept[slot].key = hash;
			return all->kept[slot].list = list;
		}
	}
	return list_make(theirs, of);
}
