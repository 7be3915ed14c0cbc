/* SPDX-License-Identifier: Apache-2.0 */
#include "sheet.h"

enum {
	FIRST_OCTETS = SHEET_FETCH, /* an offer and what first answers it */
	NEXT_OCTETS = 120,          /* the rest of a call that is sound */
	GROWTH = 4,                 /* long calls: a quarter of what they have */
	GROWN_OCTETS_MAX = 2040     /* of which the slab has pieces of just that size */
};

static struct sheet *sheet_at(const struct slab *slab, uint32_t number)
{
	return slab_at(slab, number);
}

static size_t room_of(const struct sheet *sheet)
{
	return sheet->bottom - sheet->top;
}

static size_t octets_of_new(const struct sheets *sheets, size_t octets)
{
	size_t least = sheets->first ? NEXT_OCTETS : FIRST_OCTETS, grown = sheets->octets / GROWTH;

	if (least < grown) {
		least = grown < GROWN_OCTETS_MAX ? grown : GROWN_OCTETS_MAX;
	}
	octets += sizeof(struct sheet);
	octets = octets < least ? least : octets;
	return (octets + SLAB_UNIT - 1) / SLAB_UNIT * SLAB_UNIT;
}

struct sheet *sheet_with_room(struct slab *slab, struct sheets *sheets, size_t octets)
{
	struct sheet *newest = sheets->first ? sheet_at(slab, sheets->newest) : NULL, *sheet;

	if (newest && octets <= room_of(newest)) {
		return newest;
	}
	octets = octets_of_new(sheets, octets);
	if (octets > SHEET_OCTETS_MAX || sheets->octets + octets > SHEETS_OCTETS_MAX ||
	    !(sheet = slab_take(slab, octets))) {
		return NULL;
	}
	*sheet = (struct sheet){.units = (uint16_t)(octets / SLAB_UNIT),
	    .top = sizeof(struct sheet),
	    .bottom = (uint32_t)octets};
	sheets->newest = slab_number(slab, sheet);
	sheets->octets += (uint32_t)octets;
	if (newest) {
		newest->next = sheets->newest;
	} else {
		sheets->first = sheets->newest;
	}
	return sheet;
}

/* --- strings --- */

/* The last eight characters, the last one on top; of a shorter text there is nothing below. */
static uint64_t tail_of(struct text text)
{
	uint64_t tail;

	if (text.length >= sizeof(tail)) {
		memcpy(&tail, text.at + text.length - sizeof(tail), sizeof(tail));
		return tail;
	}
	return text.length > 0 ? text_eight(text) << (sizeof(tail) - text.length) * 8 : 0;
}

static void string_note(struct sheet_strings *out, struct text text, uint32_t begin)
{
	/* One that is absent has no place to count from. */
	const char *at = text.length > 0 ? text.at : "";

	out->lengths[out->count] = (uint32_t)text.length;
	out->places[out->count] = begin + (uint32_t)text.length;
	out->tails[out->count] = tail_of(text);
	out->ends[out->count++] = at + text.length;
}

void sheet_string_elsewhere(struct sheet_strings *strings, struct text text, uint32_t position)
{
	string_note(strings, text, position);
}

void sheet_strings_read(
    const struct slab *slab, const struct sheets *sheets, struct sheet_strings *out)
{
	uint32_t number = sheets->first, begin = SHEET_ELSEWHERE;

	while (number && out->count < SHEET_STRINGS_MAX) {
		const struct sheet *sheet = sheet_at(slab, number);
		const char *octets = (const char *)sheet;
		uint32_t end = (uint32_t)sheet_octets(sheet);

		for (uint32_t at = sheet->bottom; at < end && out->count < SHEET_STRINGS_MAX;) {
			struct text text = text_of(octets + at);

			string_note(out, text, begin + at);
			at += (uint32_t)text.length + 1;
		}
		begin += end;
		number = sheet->next;
	}
	out->known = out->count;
	out->octets = 0;
}

uint32_t sheet_string_place(struct sheet_strings *strings, struct text text)
{
	uint64_t tail = tail_of(text);
	/* Above this is the text's part of a tail. */
	unsigned below =
	    text.length < sizeof(tail) ? (unsigned)(sizeof(tail) - text.length) * 8 : 0;

	for (unsigned i = 0; i < strings->count; i++) {
		if ((strings->tails[i] ^ tail) >> below == 0 &&
		    strings->lengths[i] >= text.length &&
		    sheet_is_equal(strings->ends[i] - text.length, text.at, text.length)) {
			return strings->places[i] - (uint32_t)text.length;
		}
	}
	string_note(strings, text, SHEET_PENDING + strings->octets);
	strings->octets += (uint32_t)text.length + 1;
	return SHEET_PENDING + strings->octets - (uint32_t)text.length - 1;
}

uint32_t sheet_strings_keep(
    const struct slab *slab, const struct sheets *sheets, const struct sheet_strings *strings)
{
	struct sheet *sheet = sheet_at(slab, sheets->newest);
	char *at;

	sheet->bottom -= strings->octets;
	at = (char *)sheet + sheet->bottom;
	for (unsigned i = strings->known; i < strings->count; i++) {
		size_t length = strings->lengths[i];

		memcpy(at, strings->ends[i] - length, length);
		at[length] = '\0';
		at += length + 1;
	}
	return SHEET_ELSEWHERE + sheets->octets - (uint32_t)sheet_octets(sheet) + sheet->bottom;
}

void sheets_forget(struct slab *slab, struct sheets *sheets)
{
	for (uint32_t number = sheets->first; number;) {
		struct sheet *sheet = sheet_at(slab, number);
		uint32_t next = sheet->next;

		slab_give(slab, sheet, sheet_octets(sheet));
		number = next;
	}
	*sheets = (struct sheets){0};
}
