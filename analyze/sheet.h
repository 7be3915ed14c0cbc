/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sheets: where a call's messages are kept. Records stand from the beginning of a sheet on,
 * strings from its end backwards. What equals a string that is there, or the end of one, is not
 * kept again: of "alice@192.0.2.1:5060" and "192.0.2.1:5060" the longer one does. Nor is what
 * equals a string, or the end of one, that its owner keeps elsewhere.
 *
 * Data in:   records, valid UTF-8 without NUL.
 * Data out:  records and strings by their position in the call.
 * Ownership: sheets are pieces of a slab, listed in struct sheets, and go together.
 * Threading: one thread.
 * Limits:    SHEETS_OCTETS_MAX a call; SHEET_STRINGS_MAX strings are looked at for one.
 */
#ifndef TALKPATH_SHEET_H
#define TALKPATH_SHEET_H

#include <string.h>

#include "slab.h"
#include "text.h"

enum {
	SHEETS_OCTETS_MAX = 512 << 10,
	SHEET_POSITION_BITS = 20, /* as in struct traces */
	SHEET_POSITION_MAX = (1 << SHEET_POSITION_BITS) - 1,
	SHEET_ELSEWHERE = 3 << 8, /* positions below are of strings that are kept elsewhere */
	SHEET_STRINGS_MAX = 32,
	SHEET_PENDING_MAX = 64,
	SHEET_OCTETS_MAX = UINT16_MAX * SLAB_UNIT,
	SHEET_FETCH = 288 /* a sheet of a short call */
};

_Static_assert(
    SHEET_ELSEWHERE + SHEETS_OCTETS_MAX <= 1 << SHEET_POSITION_BITS, "what a position can say");

struct sheet {
	uint32_t next;   /* its number; 0: there is none */
	uint16_t units;  /* of the slab; all of it */
	uint16_t top;    /* octets of this header and the records */
	uint32_t bottom; /* where its strings begin, in octets */
};

struct sheets {
	uint32_t first, newest;
	uint32_t octets; /* of all */
};

static inline size_t sheet_octets(const struct sheet *sheet)
{
	return (size_t)sheet->units * SLAB_UNIT;
}

/* Its first record. */
static inline const uint8_t *sheet_first(const struct sheet *sheet)
{
	return (const uint8_t *)(sheet + 1);
}

/* Behind its last one. */
static inline const uint8_t *sheet_top(const struct sheet *sheet)
{
	return (const uint8_t *)sheet + sheet->top;
}

/* The newest one has so much room, made if need be; NULL where there is none. */
struct sheet *sheet_with_room(struct slab *slab, struct sheets *sheets, size_t octets);

/* The sheet in which a position is, and where in it. */
static inline struct sheet *sheet_of(
    const struct slab *slab, const struct sheets *sheets, uint32_t position, uint32_t *offset)
{
	struct sheet *sheet = slab_at(slab, sheets->first);

	*offset = position - SHEET_ELSEWHERE;
	while (*offset >= sheet_octets(sheet)) {
		*offset -= (uint32_t)sheet_octets(sheet);
		sheet = slab_at(slab, sheet->next);
	}
	return sheet;
}

/* What stands at a position: a record, or a string with its NUL. */
static inline char *sheet_at_position(
    const struct slab *slab, const struct sheets *sheets, uint32_t position)
{
	uint32_t offset;
	struct sheet *sheet = sheet_of(slab, sheets, position, &offset);

	return (char *)sheet + offset;
}

/* --- strings --- */

/* Of a string that is not kept yet: where it will stand among those that are kept with it. */
static const uint32_t SHEET_PENDING = 1U << SHEET_POSITION_BITS;

/*
 * The call's strings, for whoever looks for several; the first ones, where there are many. It
 * begins with a count of 0.
 */
struct sheet_strings {
	unsigned known, count; /* that are kept, and with those that are pending */
	uint32_t octets;       /* of these, with their NULs */
	uint32_t lengths[SHEET_STRINGS_MAX + SHEET_PENDING_MAX];
	uint32_t places[SHEET_STRINGS_MAX + SHEET_PENDING_MAX]; /* of their ends */
	uint64_t tails[SHEET_STRINGS_MAX + SHEET_PENDING_MAX];  /* see tail_of() */
	const char *ends[SHEET_STRINGS_MAX + SHEET_PENDING_MAX];
};

/* One that is kept elsewhere; its position is below SHEET_ELSEWHERE. */
void sheet_string_elsewhere(struct sheet_strings *strings, struct text text, uint32_t position);

/* Those on the sheets come to them. */
void sheet_strings_read(
    const struct slab *slab, const struct sheets *sheets, struct sheet_strings *out);

/*
 * A text's place among the strings; it becomes one of them. At most SHEET_PENDING_MAX times, and
 * never of an empty one.
 */
uint32_t sheet_string_place(struct sheet_strings *strings, struct text text);

/* What is pending goes to the newest sheet, which has room for it; the position where it begins. */
uint32_t sheet_strings_keep(
    const struct slab *slab, const struct sheets *sheets, const struct sheet_strings *strings);

/* The position of a place, by the beginning of what was pending. */
static inline uint32_t sheet_position(uint32_t place, uint32_t begin)
{
	return place >= SHEET_PENDING ? place - SHEET_PENDING + begin : place;
}

/* Most are some twenty octets, and equal: no function is called for them. */
static inline bool sheet_is_equal(const char *a, const char *b, size_t length)
{
	uint64_t differs = 0, x, y;

	if (length < sizeof(x)) {
		return text_eight((struct text){a, length}) == text_eight((struct text){b, length});
	}
	for (size_t i = 0; i + sizeof(x) < length; i += sizeof(x)) {
		memcpy(&x, a + i, sizeof(x));
		memcpy(&y, b + i, sizeof(y));
		differs |= x ^ y;
	}
	memcpy(&x, a + length - sizeof(x), sizeof(x));
	memcpy(&y, b + length - sizeof(y), sizeof(y));
	return (differs | (x ^ y)) == 0;
}

/* Does this text stand there in the sheet, and nothing more? */
static inline bool sheet_has(const struct sheet *sheet, uint32_t offset, struct text text)
{
	const char *at = (const char *)sheet + offset;

	return text.length < sheet_octets(sheet) - offset && at[text.length] == '\0' &&
	       sheet_is_equal(at, text.at, text.length);
}

static inline bool sheet_string_is(
    const struct slab *slab, const struct sheets *sheets, uint32_t position, struct text text)
{
	uint32_t offset;
	const struct sheet *sheet = sheet_of(slab, sheets, position, &offset);

	return sheet_has(sheet, offset, text);
}

/* All are given back. */
void sheets_forget(struct slab *slab, struct sheets *sheets);

#endif
