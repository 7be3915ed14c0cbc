/* SPDX-License-Identifier: Apache-2.0 */
#include "legs.h"

#include "call.h"
#include "flow.h"
#include "stream.h"

enum { UNESCAPED_MAX = 256, ORIGIN_DIGITS_MIN = 9 };

/* A B2BUA calls on at once; a transfer within a transaction's life (RFC 3515 2.4.4). */
static const int64_t onward_ns = 5 * MEDIA_SECOND_NS;
static const int64_t referred_ns = 32 * MEDIA_SECOND_NS;
static const int64_t relay_start_ns = MEDIA_SECOND_NS;

/* What a mark's hash is of. */
enum leg_key { KEY_SESSION, KEY_CHARGING, KEY_ORIGIN, KEY_REFERRED, KEY_NUMBERS };

/* Why, and how sure: docs/legs.md. */
enum leg_reason {
	BY_SESSION,
	BY_NAME,
	BY_REPLACES,
	BY_REFER,
	BY_CHARGING,
	BY_ORIGIN,
	BY_PLACE,
	BY_SSRC,
	BY_NUMBERS
};

static const struct {
	const char *why;
	double confidence;
} reasons[] = {
    [BY_SESSION] = {"session-id", 0.95},
    [BY_NAME] = {"call-id-named", 0.9},
    [BY_REPLACES] = {"replaces", 0.95},
    [BY_REFER] = {"refer", 0.8},
    [BY_CHARGING] = {"charging-id", 0.8},
    [BY_ORIGIN] = {"sdp-origin", 0.8},
    [BY_PLACE] = {"media-endpoint", 0.85},
    [BY_SSRC] = {"ssrc-relayed", 0.8},
    [BY_NUMBERS] = {"numbers-and-time", 0.4},
};

const char *leg_why(const struct leg *leg)
{
	return reasons[leg->reason].why;
}

double leg_confidence(const struct leg *leg)
{
	return reasons[leg->reason].confidence;
}

/*
 * What a message was marked by. Of its hash stands here what the index needs to find it once more:
 * the lower half, and the tag.
 */
struct leg_mark {
	int64_t time_ns;
	uint32_t hash;
	uint32_t call, next_of_call;
	uint32_t src, dst; /* hosts of the message: see host_of() */
	uint16_t vantage;
	uint8_t tag;
	uint8_t key : 3;    /* enum leg_key */
	uint8_t behind : 5; /* marks of the call behind this one; some of these may be gone */
};

_Static_assert(sizeof(struct leg_mark) == 32, "half a line: there are three a call");
_Static_assert(LEG_MARKS_OF_CALL_MAX <= 32, "what `behind` can say");

bool legs_init(struct desk *desk)
{
	uint32_t marks = desk->config.limits.calls * 8;

	return pool_init(&desk->leg_marks, sizeof(struct leg_mark), marks) &&
	       table_init_dense(&desk->leg_index, marks);
}

void legs_fini(struct desk *desk)
{
	pool_fini(&desk->leg_marks);
	table_fini(&desk->leg_index);
}

/* They are compared with one another, and nothing else. */
static uint32_t host_of(const struct desk *desk, const struct address *address)
{
	return (uint32_t)hash_endpoint(desk->key, &(struct endpoint){*address, 0});
}

static struct leg_mark *mark_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->leg_marks, number);
}

static uint64_t hash_of(const struct leg_mark *mark)
{
	return (uint64_t)mark->tag << 56 | mark->hash;
}

/* It is out of its call's list. */
static void mark_give(struct desk *desk, uint32_t number)
{
	const struct leg_mark *mark = mark_at(desk, number);

	desk->referrals -= mark->key == KEY_REFERRED;
	table_remove(&desk->leg_index, hash_of(mark), number);
	pool_give(&desk->leg_marks, number);
}

void legs_forget(struct desk *desk, struct call *call)
{
	uint32_t number = call->first_leg_mark;

	while (number != POOL_NONE) {
		uint32_t next = mark_at(desk, number)->next_of_call;

		mark_give(desk, number);
		number = next;
	}
	call->first_leg_mark = POOL_NONE;
}

/* --- joining --- */

static void leg_add(struct desk *desk, struct call *call, uint32_t other, enum leg_reason reason)
{
	struct leg *leg = NULL, *list;
	struct call_rare *rare = call_rare_make(call);

	for (unsigned i = 0; i < call->leg_count && !leg; i++) {
		leg = rare->legs[i].call == other ? &rare->legs[i] : NULL;
	}
	if (!leg) {
		list = rare ? arena_list(&call->text, rare->legs, call->leg_count, sizeof(*list))
			    : NULL;
		if (!list || call->leg_count == LEGS_OF_CALL_MAX) {
			desk->evictions.legs++;
			return;
		}
		rare->legs = list;
		/* By id, whatever the order in which a table gave them. */
		leg = &list[call->leg_count++];
		for (; leg > list && leg[-1].call > other; leg--) {
			*leg = leg[-1];
		}
		*leg = (struct leg){other, (uint8_t)reason};
	}
	if (reasons[reason].confidence > leg_confidence(leg)) {
		leg->reason = (uint8_t)reason;
	}
}

static bool is_leg(const struct call *call, const struct call *of)
{
	for (unsigned i = 0; i < of->leg_count; i++) {
		if (call_rare(of)->legs[i].call == call->id) {
			return true;
		}
	}
	return false;
}

static void join(struct desk *desk, struct call *a, struct call *b, enum leg_reason reason)
{
	if (a != b && a->kind == CALL_DIALOG && b->kind == CALL_DIALOG) {
		leg_add(desk, a, b->id, reason);
		leg_add(desk, b, a->id, reason);
	}
}

/* --- marks --- */

/* The marks of other calls that are alike, and whether the call has such a mark itself. */
struct alike {
	uint32_t marks[LEG_ALIKE_MAX];
	unsigned count;
	bool own;
};

static bool is_alike(const struct leg_mark *a, const struct leg_mark *b)
{
	return a->hash == b->hash && a->tag == b->tag && a->key == b->key;
}

static struct alike alike_find(const struct desk *desk, const struct leg_mark *here)
{
	struct alike alike;
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->leg_index, &cursor, hash_of(here));

	alike.count = 0;
	alike.own = false;
	for (; number != TABLE_NONE; number = table_next(&desk->leg_index, &cursor)) {
		const struct leg_mark *there = mark_at(desk, number);

		if (!is_alike(there, here)) {
			continue;
		}
		if (there->call == here->call) {
			alike.own = true;
		} else if (alike.count < LEG_ALIKE_MAX) {
			alike.marks[alike.count++] = number;
		}
	}
	return alike;
}

static void mark_remove(struct desk *desk, uint32_t number)
{
	const struct leg_mark *mark = mark_at(desk, number);
	uint32_t *at = &call_at(desk, mark->call)->first_leg_mark;

	while (*at != number) {
		at = &mark_at(desk, *at)->next_of_call;
	}
	*at = mark->next_of_call;
	mark_give(desk, number);
}

static bool is_older(const struct leg_mark *a, const struct leg_mark *b)
{
	return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->call < b->call;
}

/* Test tools call the same number a thousand times. */
static void alike_bound(struct desk *desk, const struct alike *alike)
{
	uint32_t oldest = alike->marks[0];

	for (unsigned i = 1; i < alike->count; i++) {
		if (is_older(mark_at(desk, alike->marks[i]), mark_at(desk, oldest))) {
			oldest = alike->marks[i];
		}
	}
	if (alike->count == LEG_ALIKE_MAX) {
		mark_remove(desk, oldest);
	}
}

static void mark_add(
    struct desk *desk, struct call *call, const struct leg_mark *mark, const struct alike *alike)
{
	unsigned behind = 0;
	uint32_t number;

	if (alike->own) {
		return;
	}
	if (alike->count == LEG_ALIKE_MAX) {
		alike_bound(desk, alike);
	}
	if (call->first_leg_mark != POOL_NONE) {
		behind = mark_at(desk, call->first_leg_mark)->behind + 1U;
	}
	number = behind < LEG_MARKS_OF_CALL_MAX ? pool_take(&desk->leg_marks) : POOL_NONE;
	if (number == POOL_NONE || !table_insert(&desk->leg_index, hash_of(mark), number)) {
		if (number != POOL_NONE) {
			pool_give(&desk->leg_marks, number);
		}
		desk->evictions.legs++;
		return;
	}
	desk->referrals += mark->key == KEY_REFERRED;
	*mark_at(desk, number) = *mark;
	mark_at(desk, number)->behind = behind & 31;
	mark_at(desk, number)->next_of_call = call->first_leg_mark;
	call->first_leg_mark = number;
}

static struct leg_mark mark_of(const struct desk *desk, const struct call *call, enum leg_key key,
    struct text text, const struct signal *signal)
{
	uint64_t hash = hash_text(desk->key ^ (uint64_t)(key + 1) << 56, text);

	return (struct leg_mark){
	    .hash = (uint32_t)hash,
	    .tag = table_tag(hash),
	    .call = call_number(desk, call),
	    .time_ns = signal->time_ns,
	    .src = host_of(desk, &signal->src.address),
	    .dst = host_of(desk, &signal->dst.address),
	    .vantage = signal->vantage,
	    .key = (unsigned)key & 7,
	};
}

typedef bool mark_suits(
    const struct desk *desk, const struct leg_mark *there, const struct leg_mark *here);

/* Of candidates that are legs of one another the last, else none: *only is then POOL_NONE. */
static bool choose(const struct desk *desk, uint32_t call, uint32_t *only)
{
	if (*only != POOL_NONE && *only != call &&
	    !is_leg(call_at(desk, *only), call_at(desk, call))) {
		*only = POOL_NONE;
		return false;
	}
	*only = call;
	return true;
}

/* Join with the only other conversation that has a mark like this one, and that suits. */
static void join_only(struct desk *desk, const struct leg_mark *here, const struct alike *alike,
    mark_suits *suits, enum leg_reason reason)
{
	uint32_t only = POOL_NONE;

	for (unsigned i = 0; i < alike->count; i++) {
		const struct leg_mark *there = mark_at(desk, alike->marks[i]);

		if (suits(desk, there, here) && !choose(desk, there->call, &only)) {
			return;
		}
	}
	if (only != POOL_NONE) {
		join(desk, call_at(desk, here->call), call_at(desk, only), reason);
	}
}

/* Join with all that have it: it names one conversation. */
static void join_all(struct desk *desk, const struct leg_mark *here, const struct alike *alike,
    enum leg_reason reason)
{
	for (unsigned i = 0; i < alike->count; i++) {
		const struct leg_mark *there = mark_at(desk, alike->marks[i]);

		join(desk, call_at(desk, here->call), call_at(desk, there->call), reason);
	}
}

static bool is_alive(const struct call *call, uint16_t vantage, int64_t time_ns)
{
	int64_t ended_ns;

	return !call->closed &&
	       (!call_has_ended_at(call, vantage, &ended_ns) || ended_ns >= time_ns);
}

/* --- what messages name --- */

/* RFC 7989 5: the nil UUID stands for one that is not known yet. */
static bool is_nil(struct text uuid)
{
	for (size_t i = 0; i < uuid.length; i++) {
		if (uuid.at[i] != '0' && uuid.at[i] != '-') {
			return false;
		}
	}
	return true;
}

static void session_note(
    struct desk *desk, struct call *call, const struct sip_message *m, const struct signal *signal)
{
	const struct text uuids[] = {m->correlation.session_id, m->correlation.remote_session};

	for (size_t i = 0; i < sizeof(uuids) / sizeof(uuids[0]); i++) {
		struct leg_mark mark;
		struct alike alike;

		if (is_nil(uuids[i])) {
			continue;
		}
		mark = mark_of(desk, call, KEY_SESSION, uuids[i], signal);
		alike = alike_find(desk, &mark);
		if (!alike.own) {
			join_all(desk, &mark, &alike, BY_SESSION);
			mark_add(desk, call, &mark, &alike);
		}
	}
	if (m->correlation.charging_id.length > 0 && m->request && m->method == SIP_INVITE) {
		struct leg_mark mark =
		    mark_of(desk, call, KEY_CHARGING, m->correlation.charging_id, signal);
		struct alike alike = alike_find(desk, &mark);

		join_all(desk, &mark, &alike, BY_CHARGING);
		mark_add(desk, call, &mark, &alike);
	}
}

static void join_named(
    struct desk *desk, struct call *call, struct text call_id, enum leg_reason reason)
{
	struct call *other = call_id.length ? call_by_id(desk, call_id) : NULL;

	if (other) {
		join(desk, call, other, reason);
	}
}

/* The user part of a URI: of a number its last digits, since prefixes come and go. */
static struct text user_key(struct text user, char out[32])
{
	enum { DIGITS = 6 };
	size_t digits = 0, length;

	for (size_t i = user.length; i-- > 0 && digits < DIGITS;) {
		if (text_is_digit(user.at[i])) {
			out[digits++] = user.at[i];
		}
	}
	if (digits == DIGITS) {
		return (struct text){out, digits};
	}
	length = user.length < 31 ? user.length : 31;
	if (length > 0) {
		memcpy(out, user.at, length);
	}
	return (struct text){out, length};
}

/* --- transfers --- */

static bool was_referred(
    const struct desk *desk, const struct leg_mark *there, const struct leg_mark *here)
{
	(void)desk;
	return there->vantage == here->vantage && here->time_ns >= there->time_ns &&
	       here->time_ns - there->time_ns <= referred_ns;
}

/* Several words as one, to be hashed: a blank, which is in none of them, stands behind each. */
struct words {
	char at[128];
	size_t length; /* sizeof(at): they did not fit */
};

static void word_add(struct words *words, struct text word)
{
	size_t room = sizeof(words->at) - words->length;
	size_t length = word.length < room ? word.length : room;

	if (length > 0) {
		memcpy(words->at + words->length, word.at, length);
	}
	words->length += length;
	if (words->length < sizeof(words->at)) {
		words->at[words->length++] = ' ';
	}
}

static struct text words_text(const struct words *words)
{
	return (struct text){words->at, words->length};
}

/* Whom the REFER went to, on its last hop, is who makes the call to that user. */
static struct leg_mark referral(const struct desk *desk, const struct call *call, struct text user,
    const struct address *by, const struct signal *signal)
{
	struct words words = {.length = 0};

	word_add(&words, (struct text){(const char *)by->octets, sizeof(by->octets)});
	word_add(&words, user);
	return mark_of(desk, call, KEY_REFERRED, words_text(&words), signal);
}

static void refer_note(
    struct desk *desk, struct call *call, const struct sip_message *m, const struct signal *signal)
{
	char user[32], unescaped[UNESCAPED_MAX];
	struct text key, replaces, rest;
	struct sip_uri uri;

	(void)sip_uri_parse(&uri, m->transfer.refer_to);
	key = user_key(uri.user, user);
	if (key.length > 0) {
		struct leg_mark mark = referral(desk, call, key, &signal->dst.address, signal);
		struct alike alike = alike_find(desk, &mark);

		mark_add(desk, call, &mark, &alike);
	}
	if (sip_uri_header_find(uri.headers, TEXT("Replaces"), &replaces)) {
		size_t length = sip_unescape(unescaped, sizeof(unescaped), replaces);

		if (length < sizeof(unescaped)) {
			join_named(desk, call,
			    text_trim(text_cut((struct text){unescaped, length}, ';', &rest)),
			    BY_REFER);
		}
	}
}

/* --- the initial INVITE --- */

/* The host that the first INVITE went to sends the second one, on to another, and soon. */
static bool goes_onward(
    const struct desk *desk, const struct leg_mark *there, const struct leg_mark *here)
{
	return there->vantage == here->vantage && there->dst == here->src &&
	       there->src != here->dst && there->src != here->src &&
	       here->time_ns >= there->time_ns && here->time_ns - there->time_ns <= onward_ns &&
	       is_alive(call_at(desk, there->call), here->vantage, here->time_ns);
}

static void invite_note(
    struct desk *desk, struct call *call, const struct sip_message *m, const struct signal *signal)
{
	char from[32], to[32];
	struct words both = {.length = 0};
	struct sip_uri calling = sip_uri_of(m, &m->from), called = sip_uri_of(m, &m->to);
	struct text caller = user_key(calling.user, from), callee = user_key(called.user, to);
	struct leg_mark referred, numbers;
	struct alike alike;

	join_named(desk, call, m->transfer.replaces.call_id, BY_REPLACES);
	for (unsigned i = 0; i < m->correlation.call_id_count; i++) {
		join_named(desk, call, m->correlation.call_ids[i], BY_NAME);
	}
	if (callee.length > 0 && desk->referrals > 0) {
		referred = referral(desk, call, callee, &signal->src.address, signal);
		alike = alike_find(desk, &referred);
		join_only(desk, &referred, &alike, was_referred, BY_REFER);
	}
	if (caller.length == 0 || callee.length == 0) {
		return;
	}
	word_add(&both, caller);
	word_add(&both, callee);
	numbers = mark_of(desk, call, KEY_NUMBERS, words_text(&both), signal);
	alike = alike_find(desk, &numbers);
	join_only(desk, &numbers, &alike, goes_onward, BY_NUMBERS);
	mark_add(desk, call, &numbers, &alike);
}

/* --- descriptions --- */

/* Another host hands on the very session of a call that lives, to another host, at once. */
static bool is_handed_on(
    const struct desk *desk, const struct leg_mark *there, const struct leg_mark *here)
{
	return there->vantage == here->vantage && there->src != here->src &&
	       there->dst != here->dst && here->time_ns >= there->time_ns &&
	       here->time_ns - there->time_ns <= onward_ns &&
	       is_alive(call_at(desk, there->call), here->vantage, here->time_ns);
}

/*
 * Whoever changes the media's address often leaves sess-id and version of o= as they were, and
 * some leave its address too. Short ones ("1 1") say nothing without the address.
 */
static void origin_note(struct desk *desk, struct call *call, enum party sender,
    const struct sdp *sdp, const struct signal *signal)
{
	struct words words = {.length = 0};
	struct leg_mark mark;
	struct alike alike;
	bool is_long = sdp->session_id.length + sdp->session_version.length >= ORIGIN_DIGITS_MIN;

	word_add(&words, sender == PARTY_CALLER ? TEXT("0") : TEXT("1"));
	word_add(&words, sdp->session_id);
	word_add(&words, sdp->session_version);
	word_add(&words, is_long ? TEXT_NONE : sdp->origin);
	if (sdp->session_id.length == 0 || sdp->origin.length == 0 ||
	    words.length == sizeof(words.at)) {
		return;
	}
	mark = mark_of(desk, call, KEY_ORIGIN, words_text(&words), signal);
	alike = alike_find(desk, &mark);
	if (!alike.own) {
		join_only(desk, &mark, &alike, is_handed_on, BY_ORIGIN);
		mark_add(desk, call, &mark, &alike);
	}
}

void legs_message(struct desk *desk, struct call *call, enum party sender,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal)
{
	if (m->request && m->method == SIP_REFER) {
		refer_note(desk, call, m, signal);
	}
	if (call->kind != CALL_DIALOG) {
		return;
	}
	session_note(desk, call, m, signal);
	if (m->request && m->method == SIP_INVITE && m->to.tag.length == 0) {
		invite_note(desk, call, m, signal);
	}
	if (sdp) {
		origin_note(desk, call, sender, sdp, signal);
	}
}

/* The same party's place, as another host describes it in another call that lives. */
void legs_site(struct desk *desk, const struct site *site)
{
	uint32_t number = site->older, only = POOL_NONE;
	int i;

	for (i = 0; i < LEG_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct site *other = site_at(desk, number);

		number = other->older;
		if (other->call == site->call || other->vantage != site->vantage ||
		    !is_alive(call_at(desk, other->call), site->vantage, site->time_ns)) {
			continue;
		}
		/* One host that names one place in many calls is a media server. */
		if (other->party != site->party || other->described_by == site->described_by ||
		    (only != POOL_NONE && only != other->call)) {
			return;
		}
		only = other->call;
	}
	if (only != POOL_NONE && number == POOL_NONE) {
		join(desk, call_at(desk, site->call), call_at(desk, only), BY_PLACE);
	}
}

/* --- streams --- */

/* What one stream brings to a host another takes on from it, from the same moment. */
static bool is_relayed(const struct desk_stream *there, const struct desk_stream *here)
{
	int64_t apart_ns = here->first_ns - there->first_ns;
	bool onward = address_equal(&there->dst.address, &here->src.address);
	bool onward_here = address_equal(&there->src.address, &here->dst.address);

	/* Either of them may have come first; both at once is the way back. */
	return onward != onward_here && apart_ns <= relay_start_ns && -apart_ns <= relay_start_ns;
}

/* Of the call's streams of one SSRC the first one stands for all: the others are its copies. */
static bool is_first_of_ssrc(const struct desk *desk, const struct desk_stream *s)
{
	const struct desk_stream *first = stream_at(desk, call_at(desk, s->call)->first_stream);

	while (first->ssrc != s->ssrc || first->udptl) {
		first = stream_at(desk, first->next_of_call);
	}
	return first == s;
}

void legs_stream(struct desk *desk, const struct desk_stream *s)
{
	struct table_cursor cursor;
	uint32_t number = stream_of_ssrc(desk, &cursor, s->ssrc, s->vantage), only = POOL_NONE;

	for (; number != TABLE_NONE; number = table_next(&desk->ssrc_index, &cursor)) {
		const struct desk_stream *there = stream_at(desk, number);

		if (there->ssrc == s->ssrc && there->vantage == s->vantage &&
		    there->call != POOL_NONE && there->call != s->call && is_relayed(there, s) &&
		    is_first_of_ssrc(desk, there) && !choose(desk, there->call, &only)) {
			return;
		}
	}
	if (only != POOL_NONE) {
		join(desk, call_at(desk, s->call), call_at(desk, only), BY_SSRC);
	}
}
