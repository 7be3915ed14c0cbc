/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: offsets are multiples of eight, so a bit for each eight octets says what
 * has come; octets go straight to their place. A second bit tells where fragments began, so that
 * the same fragment again can be told from another one over the same octets.
 */
#include "fragments.h"

#include "flow.h"

enum { UNIT = 8, WORD_BITS = 64 };

struct datagram {
	uint64_t hash;
	struct address src, dst;
	uint32_t id;
	uint16_t capture;
	uint8_t key_protocol; /* part of the key with IPv4 alone */
	uint8_t protocol;     /* as the first fragment names it */
	bool spoiled;         /* overlapping IPv6 fragments: not to be made whole */
	uint32_t older, newer;
	int64_t first_ns;
	uint32_t total;     /* octets, once the last fragment told; 0: not yet */
	uint32_t reach;     /* octets up to the end of the farthest fragment */
	uint32_t units;     /* that have come */
	uint32_t fragments; /* that have come, duplicates aside */
	struct frame_list frames;
	uint64_t filled[FRAGMENTS_UNITS / WORD_BITS];
	uint64_t begins[FRAGMENTS_UNITS / WORD_BITS];
};

/* One fragment's place. */
struct extent {
	uint32_t from, to;   /* octets */
	uint32_t first, end; /* units */
	const uint8_t *octets;
};

static struct datagram *datagram_at(const struct fragments *f, uint32_t number)
{
	return pool_at(&f->datagrams, number);
}

static uint8_t *octets_of(const struct fragments *f, uint32_t number)
{
	return f->octets + (size_t)number * FRAGMENTS_OCTETS;
}

static bool bit_is(const uint64_t *bits, uint32_t n)
{
	return bits[n / WORD_BITS] >> n % WORD_BITS & 1;
}

static void bit_set(uint64_t *bits, uint32_t n)
{
	bits[n / WORD_BITS] |= (uint64_t)1 << n % WORD_BITS;
}

bool fragments_init(struct fragments *f, uint64_t key, uint64_t (*counts)[DISSECT_RESULT_COUNT])
{
	*f = (struct fragments){
	    .key = key, .counts = counts, .oldest = POOL_NONE, .newest = POOL_NONE};
	f->octets = memory_reserve((size_t)FRAGMENTS_DATAGRAMS_MAX * FRAGMENTS_OCTETS);
	return f->octets && table_init(&f->index, FRAGMENTS_DATAGRAMS_MAX) &&
	       pool_init(&f->datagrams, sizeof(struct datagram), FRAGMENTS_DATAGRAMS_MAX);
}

void fragments_fini(struct fragments *f)
{
	memory_release(f->octets, (size_t)FRAGMENTS_DATAGRAMS_MAX * FRAGMENTS_OCTETS);
	table_fini(&f->index);
	pool_fini(&f->datagrams);
	*f = (struct fragments){0};
}

/* --- finding, making and forgetting --- */

static struct datagram key_of(
    const struct fragments *f, const struct frame *frame, uint16_t capture)
{
	struct datagram key = {
	    .src = frame->src.address,
	    .dst = frame->dst.address,
	    .id = frame->fragment.id,
	    .capture = capture,
	};
	struct address both[2] = {key.src, key.dst};

	/* With IPv6 the fragments of a datagram need not agree in it (RFC 8200 4.5). */
	key.key_protocol = address_is_ipv4(&key.src) ? frame->protocol : 0;
	key.hash = XXH3_64bits_withSeed(both, sizeof(both),
	    f->key ^ ((uint64_t)key.id << 32 | (uint32_t)key.key_protocol << 16 | capture));
	return key;
}

static uint32_t find(const struct fragments *f, const struct datagram *key)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&f->index, &cursor, key->hash);

	for (; number != TABLE_NONE; number = table_next(&f->index, &cursor)) {
		const struct datagram *d = datagram_at(f, number);

		if (d->id == key->id && d->capture == key->capture &&
		    d->key_protocol == key->key_protocol && address_equal(&d->src, &key->src) &&
		    address_equal(&d->dst, &key->dst)) {
			break;
		}
	}
	return number;
}

static void forget(struct fragments *f, uint32_t number)
{
	const struct datagram *d = datagram_at(f, number);

	if (d->older != POOL_NONE) {
		datagram_at(f, d->older)->newer = d->newer;
	} else {
		f->oldest = d->newer;
	}
	if (d->newer != POOL_NONE) {
		datagram_at(f, d->newer)->older = d->older;
	} else {
		f->newest = d->older;
	}
	table_remove(&f->index, d->hash, number);
	pool_give(&f->datagrams, number);
}

static void give_up_oldest(struct fragments *f)
{
	const struct datagram *d = datagram_at(f, f->oldest);

	f->counts[d->capture][SKIPPED_FRAGMENT_INCOMPLETE] += d->fragments;
	forget(f, f->oldest);
}

void fragments_expire(struct fragments *f, int64_t now_ns)
{
	while (f->oldest != POOL_NONE &&
	       datagram_at(f, f->oldest)->first_ns < now_ns - FRAGMENTS_TIME_NS) {
		give_up_oldest(f);
	}
}

/* POOL_NONE where the index has no room within reach. */
static uint32_t make(struct fragments *f, const struct datagram *key, int64_t now_ns)
{
	struct datagram *d;
	uint32_t number;

	if (pool_count(&f->datagrams) == FRAGMENTS_DATAGRAMS_MAX) {
		f->evicted++;
		give_up_oldest(f);
	}
	number = pool_take(&f->datagrams);
	if (!table_insert(&f->index, key->hash, number)) {
		f->evicted++;
		pool_give(&f->datagrams, number);
		return POOL_NONE;
	}
	d = datagram_at(f, number);
	*d = *key;
	d->first_ns = now_ns;
	d->newer = POOL_NONE;
	d->older = f->newest;
	if (d->older != POOL_NONE) {
		datagram_at(f, d->older)->newer = number;
	} else {
		f->oldest = number;
	}
	f->newest = number;
	return number;
}

/* --- one fragment --- */

/* Does its place agree with what RFC 791 allows and with what has come before? */
static bool length_is_sound(const struct datagram *d, const struct frame *frame)
{
	uint32_t length = frame->payload_length;
	uint32_t end = frame->fragment.offset + length;

	if (length == 0 || end >= FRAGMENTS_OCTETS) {
		return false;
	}
	if (frame->fragment.more) {
		return length % UNIT == 0 && (d->total == 0 || end <= d->total);
	}
	return d->total ? end == d->total : end >= d->reach;
}

static struct extent extent_of(const struct frame *frame)
{
	uint32_t from = frame->fragment.offset, to = from + frame->payload_length;

	return (struct extent){from, to, from / UNIT, (to + UNIT - 1) / UNIT, frame->payload.at};
}

static uint32_t units_there(const struct datagram *d, const struct extent *p)
{
	uint32_t count = 0;

	for (uint32_t u = p->first; u < p->end; u++) {
		count += bit_is(d->filled, u);
	}
	return count;
}

/* The same part with the same octets: RFC 8200 4.5 lets it be ignored. */
static bool is_duplicate(
    const struct datagram *d, const struct extent *p, const uint8_t *octets, uint32_t there)
{
	if (there < p->end - p->first || !bit_is(d->begins, p->first)) {
		return false;
	}
	for (uint32_t u = p->first + 1; u < p->end; u++) {
		if (bit_is(d->begins, u)) {
			return false;
		}
	}
	return memcmp(octets + p->from, p->octets, p->to - p->from) == 0;
}

/* Octets that came first stay. */
static void fill(struct datagram *d, const struct extent *p, uint8_t *octets)
{
	if (!bit_is(d->filled, p->first)) {
		bit_set(d->begins, p->first);
	}
	for (uint32_t u = p->first; u < p->end; u++) {
		uint32_t at = u * UNIT, end = at + UNIT < p->to ? at + UNIT : p->to;

		if (!bit_is(d->filled, u)) {
			memcpy(octets + at, p->octets + (at - p->from), end - at);
			bit_set(d->filled, u);
			d->units++;
		}
	}
}

/* True where the fragment is part of the datagram now. */
static bool part_take(
    struct fragments *f, struct datagram *d, const struct frame *frame, uint8_t *octets)
{
	uint64_t *counts = f->counts[d->capture];
	struct extent p = extent_of(frame);
	uint32_t there;

	if (!length_is_sound(d, frame)) {
		counts[MALFORMED_FRAGMENT_LENGTH]++;
		return false;
	}
	there = units_there(d, &p);
	if (there > 0 && is_duplicate(d, &p, octets, there)) {
		counts[SKIPPED_FRAGMENT_DUPLICATE]++;
		return false;
	}
	if (there > 0) {
		counts[MALFORMED_FRAGMENT_OVERLAP]++;
		d->spoiled |= !address_is_ipv4(&d->src);
	}
	fill(d, &p, octets);
	d->reach = p.to > d->reach ? p.to : d->reach;
	d->total = frame->fragment.more ? d->total : p.to;
	d->protocol = frame->fragment.offset == 0 ? frame->protocol : d->protocol;
	d->fragments++;
	return true;
}

bool fragments_take(struct fragments *f, const struct frame *frame, uint16_t capture,
    uint32_t number, int64_t now_ns, struct fragments_whole *out)
{
	struct datagram key = key_of(f, frame, capture), *d;
	uint32_t at = find(f, &key);

	if (bytes_left(&frame->payload) < frame->payload_length) {
		f->counts[capture][SKIPPED_CUT]++;
		return false;
	}
	at = at == TABLE_NONE ? make(f, &key, now_ns) : at;
	if (at == POOL_NONE) {
		f->counts[capture][SKIPPED_FRAGMENT_INCOMPLETE]++;
		return false;
	}
	d = datagram_at(f, at);
	if (!part_take(f, d, frame, octets_of(f, at))) {
		return false;
	}
	frame_list_add(&d->frames, number);
	if (d->spoiled || d->total == 0 || d->units < (d->total + UNIT - 1) / UNIT) {
		return false;
	}
	f->frames = d->frames;
	*out =
	    (struct fragments_whole){d->protocol, bytes_of(octets_of(f, at), d->total), &f->frames};
	forget(f, at);
	return true;
}
