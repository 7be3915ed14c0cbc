/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: messages are written one behind the other into blocks, and leave in the
 * order in which they came; what they belong to goes with the last of them. Nothing is taken
 * apart, copied again or given back piece by piece. Most are never looked at again: when each is
 * due to leave, and what it belongs to, stands apart from them, from the other end of the block.
 */
#include "aside.h"

#include <stdlib.h>

#include "call.h"
#include "call_message.h"
#include "detect.h"
#include "flow.h"
#include "lru.h"
#include "sighting.h"

enum {
	BLOCK_OCTETS = (64 << 10) - 64,
	AHEAD = 8 /* messages whose end is prepared for, twice */
};

/* A message, behind which its signal stands. */
struct note {
	struct note *before; /* of the same aside; valid while that counts it */
	uint64_t identity;
	uint64_t branch, sender; /* hashes; 0 where no NAT is between */
};

/* When a message is due to leave. */
struct due {
	int64_t time_ns;
	uint32_t aside;
	uint32_t birth; /* of it, its lower half: another may have its place by then */
};

struct block {
	struct block *next;
	uint32_t end;         /* of the notes in it */
	uint32_t count, gone; /* messages, and those of them that have left */
	uint64_t octets[BLOCK_OCTETS / sizeof(uint64_t)];
};

/* The messages of one Call-ID. */
struct aside {
	uint64_t call_id;  /* hash */
	uint64_t identity; /* of the first message; 0: its branch is not unique */
	uint64_t birth;    /* as of a call */
	struct note *newest;
	uint32_t count; /* of notes; more of them are listed, and are gone. 0: so is it */
};

struct asides {
	struct pool pool;
	struct table call_ids, identities;
	struct lru born; /* in the order of birth */
	struct block *oldest, *newest, *spare;
};

struct asides *asides_new(uint32_t limit)
{
	struct asides *all = calloc(1, sizeof(*all));

	if (all && !(pool_init(&all->pool, sizeof(struct aside), limit) &&
		       table_init_dense(&all->call_ids, limit) &&
		       table_init_dense(&all->identities, limit) && lru_init(&all->born, limit))) {
		asides_free(all);
		return NULL;
	}
	return all;
}

void asides_free(struct asides *all)
{
	if (!all) {
		return;
	}
	for (struct block *b = all->oldest, *next; b; b = next) {
		next = b->next;
		free(b);
	}
	free(all->spare);
	pool_fini(&all->pool);
	table_fini(&all->call_ids);
	table_fini(&all->identities);
	lru_fini(&all->born);
	free(all);
}

static struct aside *aside_at(const struct asides *all, uint32_t number)
{
	return number != POOL_NONE ? pool_at(&all->pool, number) : NULL;
}

static const struct signal *signal_of(const struct note *note)
{
	return (const struct signal *)(note + 1);
}

const struct aside *aside_newest(const struct desk *desk)
{
	return aside_at(desk->asides, desk->asides->born.newest);
}

const struct aside *aside_older(const struct desk *desk, const struct aside *a)
{
	const struct asides *all = desk->asides;

	return aside_at(all, all->born.links[pool_number(&all->pool, a)].older);
}

uint64_t aside_birth(const struct aside *a)
{
	return a->birth;
}

const struct signal *aside_last(const struct aside *a)
{
	return signal_of(a->newest);
}

/* Of a record, as far as the message goes: with the frames that stand behind its octets. */
static uint32_t signal_octets(const struct signal *signal)
{
	size_t octets =
	    sizeof(*signal) + signal->length + signal->frame_count * sizeof(signal->frame);

	return (uint32_t)((octets + 7) & ~(size_t)7);
}

/* --- forgetting --- */

static void aside_forget(struct asides *all, uint32_t number)
{
	struct aside *a = aside_at(all, number);

	table_remove(&all->call_ids, a->call_id, number);
	if (a->identity) {
		table_remove(&all->identities, a->identity, number);
	}
	lru_remove(&all->born, number);
	a->count = 0; /* its notes leave when it is their turn */
	pool_give(&all->pool, number);
}

static struct due *due_at(const struct block *b, uint32_t n)
{
	return (struct due *)(void *)((char *)b->octets + BLOCK_OCTETS) - 1 - n;
}

/* The oldest but so many of all messages, of which one block holds more than are asked for. */
static const struct due *due_ahead(const struct asides *all, uint32_t n)
{
	const struct block *b = all->oldest;

	if (!b) {
		return NULL;
	}
	n += b->gone;
	if (n >= b->count && b->next) {
		n -= b->count;
		b = b->next;
	}
	return n < b->count ? due_at(b, n) : NULL;
}

static void block_free(struct desk *desk, struct block *b)
{
	struct asides *all = desk->asides;

	if (!all->spare) {
		all->spare = b;
		return;
	}
	desk->slab.held -= sizeof(*b);
	free(b);
}

/* True where something was lost by it that was still waited for: see aside_take(). */
static bool oldest_forget(struct desk *desk)
{
	struct asides *all = desk->asides;
	struct block *b = all->oldest;
	const struct due *due = due_at(b, b->gone);
	struct aside *a = aside_at(all, due->aside);
	bool last = (uint32_t)a->birth == due->birth && a->count > 0 && --a->count == 0;

	if (last) {
		aside_forget(all, due->aside);
	}
	if (++b->gone == b->count) {
		all->oldest = b->next;
		all->newest = b->next ? all->newest : NULL;
		block_free(desk, b);
	}
	return last;
}

/* What oldest_forget() will need, on its way to the cache: nobody has looked at it for long. */
__attribute__((always_inline)) static inline void oldest_fetch(const struct asides *all)
{
	const struct due *due = due_ahead(all, 2 * AHEAD);

	if (due) {
		memory_fetch(aside_at(all, due->aside), sizeof(struct aside));
	}
	due = due_ahead(all, AHEAD);
	if (due) {
		const struct aside *a = aside_at(all, due->aside);

		(void)table_prefetch(&all->call_ids, a->call_id);
		(void)table_prefetch(&all->identities, a->identity);
	}
}

void aside_expire(struct desk *desk, int64_t before_ns)
{
	const struct asides *all = desk->asides;
	const struct due *due;

	while ((due = due_ahead(all, 0)) && due->time_ns <= before_ns) {
		oldest_fetch(all);
		(void)oldest_forget(desk);
	}
}

bool aside_give_way(struct desk *desk)
{
	const struct asides *all = desk->asides;
	const struct block *b = all->oldest;
	bool any = b && b->count > 0;

	while (any && all->oldest == b) {
		desk->evictions.calls += oldest_forget(desk);
	}
	return any;
}

/* --- keeping --- */

static struct block *block_add(struct desk *desk)
{
	struct asides *all = desk->asides;
	struct block *b = all->spare;

	all->spare = NULL;
	while (!b && desk->slab.held + sizeof(*b) > desk->slab.limit) {
		if (!aside_give_way(desk)) {
			return NULL;
		}
		b = all->spare;
		all->spare = NULL;
	}
	if (!b) {
		b = malloc(sizeof(*b));
		desk->slab.held += b ? sizeof(*b) : 0;
	}
	if (!b) {
		return NULL;
	}
	b->next = NULL;
	b->end = b->count = b->gone = 0;
	if (all->newest) {
		all->newest->next = b;
	} else {
		all->oldest = b;
	}
	all->newest = b;
	return b;
}

/* True where the newest block has room for so many octets: making it may push the oldest out. */
static bool room_make(struct desk *desk, size_t octets)
{
	const struct block *b = desk->asides->newest;

	octets += sizeof(struct due);
	return octets <= BLOCK_OCTETS &&
	       ((b && BLOCK_OCTETS - b->end - b->count * sizeof(struct due) >= octets) ||
		   block_add(desk));
}

/* With room for it: octets of the signal. */
static void note_add(struct desk *desk, uint32_t number, const struct note *like,
    const struct signal *signal, uint32_t octets)
{
	struct block *b = desk->asides->newest;
	struct note *note = (struct note *)(void *)((char *)b->octets + b->end);
	struct aside *a = aside_at(desk->asides, number);

	*note = *like;
	note->before = a->newest;
	memcpy(note + 1, signal, octets);
	*due_at(b, b->count++) = (struct due){signal->time_ns, number, (uint32_t)a->birth};
	b->end += (uint32_t)sizeof(*note) + octets;
	a->newest = note;
	a->count++;
}

/* --- finding --- */

static uint32_t find(const struct asides *all, uint64_t call_id)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&all->call_ids, &cursor, call_id);

	while (number != TABLE_NONE && aside_at(all, number)->call_id != call_id) {
		number = table_next(&all->call_ids, &cursor);
	}
	return number;
}

static uint32_t find_identity(const struct asides *all, uint64_t identity)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&all->identities, &cursor, identity);

	while (number != TABLE_NONE && aside_at(all, number)->identity != identity) {
		number = table_next(&all->identities, &cursor);
	}
	return number;
}

static uint32_t aside_make(struct desk *desk, uint64_t call_id, uint64_t identity)
{
	struct asides *all = desk->asides;
	uint32_t number = pool_take_unset(&all->pool);
	struct aside *a;

	if (number == POOL_NONE) {
		desk->evictions.calls++;
		aside_forget(all, all->born.oldest);
		number = pool_take_unset(&all->pool);
	}
	if (number == POOL_NONE || !table_insert(&all->call_ids, call_id, number)) {
		if (number != POOL_NONE) {
			pool_give(&all->pool, number);
		}
		return POOL_NONE;
	}
	a = aside_at(all, number);
	if (identity && !table_insert(&all->identities, identity, number)) {
		identity = 0;
	}
	*a = (struct aside){call_id, identity, ++desk->calls_born, NULL, 0};
	lru_append(&all->born, number);
	return number;
}

/* --- becoming a call --- */

static void note_take(
    struct desk *desk, struct call **call, uint64_t birth, const struct note *note)
{
	const struct signal *signal = signal_of(note);
	struct sip_message message;
	struct call_message m = {.message = &message, .signal = signal};

	if (sip_parse(&message, bytes_of(signal->octets, signal->length)) != DISSECT_OK) {
		return; /* it was sound when it was put aside */
	}
	m.keys = message_keys_of(desk->key, &message);
	if (!*call) {
		*call = call_of_aside(desk, birth, &m.keys, &message, signal);
	}
	(void)call_message_take(desk, *call, &m);
}

/* What was put aside is taken as if it came now, in the order in which it came. */
static void aside_raise(struct desk *desk, uint32_t number)
{
	struct asides *all = desk->asides;
	struct aside a = *aside_at(all, number);
	const struct note *notes[ASIDE_NOTES_MAX], *note = a.newest;
	struct call *call = NULL;

	for (uint32_t i = a.count; i-- > 0; note = note->before) {
		notes[i] = note;
	}
	aside_forget(all, number);
	for (uint32_t i = 0; i < a.count; i++) {
		note_take(desk, &call, a.birth, notes[i]);
	}
}

struct table_way aside_way(const struct desk *desk, const struct message_keys *keys)
{
	(void)table_prefetch(&desk->asides->identities, keys->identity);
	return table_way(&desk->asides->call_ids, keys->call_id);
}

uint64_t aside_fetch(const struct desk *desk, struct table_way way)
{
	uint32_t number = table_way_likely(way);

	memory_fetch(aside_at(desk->asides, number), sizeof(struct aside));
	return number == TABLE_NONE ? desk->calls_born + 1 : 0;
}

/* --- what tells --- */

static bool is_of_kind(enum sip_method method)
{
	switch (method) {
	case SIP_REGISTER:
	case SIP_OPTIONS:
	case SIP_SUBSCRIBE:
	case SIP_NOTIFY:
	case SIP_MESSAGE:
	case SIP_PUBLISH:
		return true;
	default:
		return false;
	}
}

/* Whatever a detector might judge by this message alone. */
static bool tells(const struct sip_message *m, const struct signal *signal)
{
	return !is_of_kind(m->method) || m->body_encoded || m->defects.count > 0 ||
	       (m->request ? sip_alg_wan_suspects(m, signal) : sip_alg_lan_suspects(m, signal));
}

/* What a response must give back to the phone behind NAT as it was: see detect_sip_alg_lan.c. */
static void via_note(struct note *note, const struct call_message *is)
{
	const struct sip_message *m = is->message;
	const struct signal *s = is->signal;

	if (m->request ? sip_alg_lan_is_between(&s->src.address, &s->dst.address)
		       : sip_alg_lan_is_between(&s->dst.address, &s->src.address)) {
		note->branch = is->keys.branch;
		note->sender = hash_join(is->keys.branch ^ m->via.sent_by.port, is->keys.sent_by);
	}
}

/* Was the message seen before, or does it answer one that was sent with another Via? */
static bool is_known(const struct aside *a, const struct note *is)
{
	const struct note *note = a->newest;

	for (uint32_t i = 0; i < a->count; i++, note = note->before) {
		if (note->identity == is->identity ||
		    (is->branch && note->branch == is->branch && note->sender != is->sender)) {
			return true;
		}
	}
	return false;
}

/* The aside that a message of no call and no aside begins, or POOL_NONE. */
static uint32_t begin(struct desk *desk, struct call_message *m, bool telling)
{
	uint64_t identity = call_branch_is_unique(m->message) ? m->keys.identity : 0;
	uint32_t other;

	m->call = call_of_hash(desk, m->keys.call_id);
	if (m->call) {
		return POOL_NONE;
	}
	other = identity ? find_identity(desk->asides, identity) : POOL_NONE;
	if (other != POOL_NONE) {
		aside_raise(desk, other); /* a router may have renamed the Call-ID */
		return POOL_NONE;
	}
	return telling || (identity && call_branch_is_known(desk, identity))
		   ? POOL_NONE
		   : aside_make(desk, m->keys.call_id, identity);
}

bool aside_take(struct desk *desk, struct call_message *m, uint64_t *birth)
{
	const struct asides *all = desk->asides;
	const struct signal *signal = m->signal;
	struct note note = {.identity = m->keys.identity};
	uint32_t octets = signal_octets(signal);
	bool telling =
	    m->described || tells(m->message, signal) || !room_make(desk, sizeof(note) + octets);
	uint32_t number = find(all, m->keys.call_id);

	via_note(&note, m);
	if (number == POOL_NONE) {
		number = begin(desk, m, telling);
	} else if (telling || aside_at(all, number)->count == ASIDE_NOTES_MAX ||
		   is_known(aside_at(all, number), &note)) {
		aside_raise(desk, number);
		number = POOL_NONE;
	}
	if (number == POOL_NONE) {
		return false;
	}
	note_add(desk, number, &note, signal, octets);
	*birth = aside_at(all, number)->birth;
	return true;
}
