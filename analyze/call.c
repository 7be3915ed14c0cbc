/* SPDX-License-Identifier: Apache-2.0 */
#include "call.h"

#include <stdio.h>

#include "aside.h"
#include "dialog.h"
#include "flow.h"
#include "legs.h"
#include "offer_answer.h"
#include "sighting.h"
#include "site.h"
#include "stream.h"
#include "trace.h"

/* What most calls agree on is one line, and both name their dialog by a tag of this length. */
enum {
	TAG_OCTETS = 16,
	DIALOG_OCTETS = sizeof(struct observation) + sizeof(struct agreed_line) + TAG_OCTETS
};

/* RFC 3261 17.1.1.2: after Timer B a request without final response has failed. */
static const int64_t timer_b_ns = 32 * MEDIA_SECOND_NS;

enum { ELDER_SEARCH_MAX = 64 };

static const char names_none[CALL_NAMES]; /* of a call until its first message is noted */

/* --- finding --- */

/* Two Call-IDs have one hash as seldom as two messages: see struct message_keys. */
static bool has_call_id(const struct call *call, uint64_t hash)
{
	unsigned i = 0;

	while (i < call->alias_count && call_alias(call, i).hash != hash) {
		i++;
	}
	return i < call->alias_count;
}

struct call *call_of_hash(const struct desk *desk, uint64_t hash)
{
	struct table_cursor cursor;
	struct call *newest = NULL;

	for (uint32_t number = table_first(&desk->call_index, &cursor, hash); number != TABLE_NONE;
	     number = table_next(&desk->call_index, &cursor)) {
		struct call *call = call_at(desk, number);

		memory_fetch(call, sizeof(*call));
		if (has_call_id(call, hash) && (!newest || call->birth > newest->birth)) {
			newest = call;
		}
	}
	return newest;
}

struct call *call_by_id(struct desk *desk, struct text call_id)
{
	return call_of_hash(desk, hash_text(desk->key, call_id));
}

bool call_branch_is_unique(const struct sip_message *m)
{
	return text_starts(m->via.branch, TEXT("z9hG4bK"));
}

bool call_branch_is_known(const struct desk *desk, uint64_t identity)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->branches, &cursor, identity);

	while (number != TABLE_NONE && call_at(desk, number)->branch_hash != identity) {
		number = table_next(&desk->branches, &cursor);
	}
	return number != TABLE_NONE;
}

/*
 * Could this be the first message of the call, seen one hop on? Only a router that keeps one
 * end's address and rewrites the text of the other does that.
 */
static bool is_other_side(
    const struct desk *desk, const struct call *call, const struct signal *signal)
{
	struct sighting_place at;
	bool same_src, same_dst;

	if (!sighting_place_first(desk, call, &at)) {
		return false;
	}
	same_src = endpoint_equal(&at.src, &signal->src);
	same_dst = endpoint_equal(&at.dst, &signal->dst);
	return at.vantage != signal->vantage ? same_src || same_dst : same_src != same_dst;
}

static struct call *find_by_branch(
    struct desk *desk, uint64_t identity, const struct signal *signal)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->branches, &cursor, identity);
	struct call *newest = NULL;

	/* In which order a table has them depends on its key: of several it is the newest. */
	for (; number != TABLE_NONE; number = table_next(&desk->branches, &cursor)) {
		struct call *call = call_at(desk, number);

		if (call->branch_hash == identity && is_other_side(desk, call, signal) &&
		    (!newest || call->birth > newest->birth)) {
			newest = call;
		}
	}
	return newest;
}

/* --- making and forgetting --- */

struct call_rare *call_rare_make(struct call *call)
{
	struct call_rare *rare = call->rare ? slab_at(call->text.slab, call->rare)
					    : arena_take(&call->text, sizeof(*rare));

	call->rare = rare ? slab_number(call->text.slab, rare) : 0;
	return rare;
}

/*
 * The lists are in the order of birth. What was put aside for a while comes behind some that are
 * younger: a few are looked at, and in a crowd it stands a little late.
 */
static uint32_t elder_find(const struct desk *desk, const struct call *call, bool open)
{
	uint32_t number = open ? desk->open_calls.newest : desk->newest_call;

	for (int i = 0; i < ELDER_SEARCH_MAX && number != POOL_NONE; i++) {
		if (call_at(desk, number)->birth < call->birth) {
			return number;
		}
		number = open ? desk->open_calls.links[number].older : call_at(desk, number)->older;
	}
	return number;
}

static void list_insert(struct desk *desk, uint32_t number)
{
	struct call *call = call_at(desk, number);
	uint32_t *newer;

	call->older = elder_find(desk, call, false);
	newer = call->older != POOL_NONE ? &call_at(desk, call->older)->newer : &desk->oldest_call;
	call->newer = *newer;
	*newer = number;
	if (call->newer != POOL_NONE) {
		call_at(desk, call->newer)->older = number;
	} else {
		desk->newest_call = number;
	}
	lru_insert(&desk->open_calls, number, elder_find(desk, call, true));
}

static void list_remove(struct desk *desk, const struct call *call)
{
	lru_remove(call->closed ? &desk->closed_calls : &desk->open_calls, call_number(desk, call));
	if (call->older != POOL_NONE) {
		call_at(desk, call->older)->newer = call->newer;
	} else {
		desk->oldest_call = call->newer;
	}
	if (call->newer != POOL_NONE) {
		call_at(desk, call->newer)->older = call->older;
	} else {
		desk->newest_call = call->older;
	}
}

void call_remove(struct desk *desk, struct call *call)
{
	uint32_t number = call_number(desk, call);

	stream_remove_of_call(desk, call);
	site_remove_of_call(desk, call);
	legs_forget(desk, call);
	for (unsigned i = 0; i < call->alias_count; i++) {
		table_remove(&desk->call_index, call_alias(call, i).hash, number);
	}
	if (call->branch_hash) {
		table_remove(&desk->branches, call->branch_hash, number);
	}
	list_remove(desk, call);
	traces_forget(desk, call);
	arena_free(&call->text);
	call->birth = 0; /* whoever kept number and birth sees that it is gone */
	pool_give(&desk->calls, number);
}

/* A second Call-ID, or a third. */
static bool alias_add(struct desk *desk, struct call *call, uint64_t hash, struct text call_id)
{
	struct alias first = call_alias(call, 0);
	struct alias *list = arena_list(&call->text, call->alias_count > 1 ? call->aliases : &first,
	    call->alias_count, sizeof(*list));

	if (!list || call->alias_count == CALL_ALIASES_MAX ||
	    !table_insert(&desk->call_index, hash, call_number(desk, call))) {
		return false;
	}
	call->aliases = list;
	list[call->alias_count++] = (struct alias){hash, arena_text(&call->text, call_id)};
	return true;
}

/* Room for one more: an object, and some memory for its text. */
static uint32_t number_take(struct desk *desk)
{
	uint32_t number = pool_take(&desk->calls);

	while (desk->slab.held > desk->slab.limit - ARENA_LIMIT && aside_give_way(desk)) {}
	if (desk->oldest_call != POOL_NONE &&
	    (number == POOL_NONE || desk->slab.held > desk->slab.limit - ARENA_LIMIT)) {
		desk_make_room(desk);
		number = number == POOL_NONE ? pool_take(&desk->calls) : number;
	}
	return number;
}

static struct call *call_bare(struct desk *desk, uint64_t birth, int64_t first_ns)
{
	uint32_t number = number_take(desk);
	struct call *call;

	if (number == POOL_NONE) {
		return NULL;
	}
	call = call_at(desk, number);
	call->first_site = call->first_stream = call->last_stream = POOL_NONE;
	call->first_leg_mark = POOL_NONE;
	call->names = names_none;
	call->birth = birth;
	call->text.limit = CALL_TEXT_OCTETS;
	call->text.slab = &desk->slab;
	call->first_ns = call->last_ns = first_ns;
	desk->over_ns[number] = INT64_MIN;
	list_insert(desk, number);
	return call;
}

struct call *call_of_media(struct desk *desk, const struct desk_stream *s)
{
	struct call *call = call_bare(desk, ++desk->calls_born, s->first_ns);
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX], tag[ENDPOINT_TEXT_MAX + 9];

	if (call) {
		call->kind = CALL_DIALOG;
		call->media_alone = true;
		call->id = ++desk->dialogs_seen;
		/* In place of tags: the call's record is named by them. */
		(void)snprintf(tag, sizeof(tag), "%s %08x", endpoint_format(&s->src, src), s->ssrc);
		call->names = arena_texts(&call->text,
		    (const struct text[CALL_NAMES]){[NAME_FROM_TAG] = text_of(tag)}, CALL_NAMES);
		call->to_tag = arena_text(&call->text, text_of(endpoint_format(&s->dst, dst)));
	}
	return call;
}

static bool is_of_dialog(enum sip_method method)
{
	switch (method) {
	case SIP_INVITE:
	case SIP_ACK:
	case SIP_BYE:
	case SIP_CANCEL:
	case SIP_PRACK:
	case SIP_UPDATE:
		return true;
	default:
		return false;
	}
}

/* What a call comes to hold, mostly: in one piece it takes no more than it needs. */
static void text_expect(struct call *call, const struct sip_message *m)
{
	size_t octets = m->call_id.length + m->from.tag.length + CALL_NAMES;

	if (is_of_dialog(m->method)) {
		octets += m->from.uri.length + m->to.uri.length + DIALOG_OCTETS;
	}
	arena_expect(&call->text, octets);
}

static struct call *call_new(struct desk *desk, uint64_t birth, const struct message_keys *keys,
    const struct sip_message *m, const struct signal *signal)
{
	struct call *call = call_bare(desk, birth, signal->time_ns);
	uint32_t number;

	if (!call) {
		return NULL;
	}
	number = call_number(desk, call);
	text_expect(call, m);
	if (!table_insert(&desk->call_index, keys->call_id, number)) {
		desk->evictions.calls++;
		call_remove(desk, call);
		return NULL;
	}
	call->call_id_hash = keys->call_id;
	call->alias_count = 1;
	call->from_tag_hash = (uint32_t)keys->from_tag;
	call->transport = signal->transport & 1U;
	if (call_branch_is_unique(m) && table_insert(&desk->branches, keys->identity, number)) {
		call->branch_hash = keys->identity;
	}
	return call;
}

static bool is_initial_invite(const struct sip_message *m)
{
	return m->request && m->method == SIP_INVITE && m->to.tag.length == 0;
}

/* Challenged or sent elsewhere, the caller tries again, some of them with a new From tag. */
static bool goes_on(const struct call *call, const struct sip_message *m)
{
	for (const struct observation *o = call->observations; o; o = o->next) {
		if (dialog_was_challenged(o) && m->cseq > o->invite_cseq) {
			return true;
		}
	}
	return false;
}

/* An initial INVITE under the Call-ID of a call that is over begins a new one. */
static bool begins_anew(
    const struct call *call, const struct message_keys *keys, const struct sip_message *m)
{
	int64_t ended_ns;

	return is_initial_invite(m) && call->kind == CALL_DIALOG &&
	       !call_is_from(call, keys->from_tag) && call_has_ended(call, &ended_ns) &&
	       !goes_on(call, m);
}

static void from_tag_change(
    struct call *call, const struct message_keys *keys, const struct sip_message *m)
{
	struct text names[CALL_NAMES];

	call_names(call, names);
	names[NAME_FROM_TAG] = m->from.tag;
	call->from_tag_hash = (uint32_t)keys->from_tag;
	call->names = arena_texts(&call->text, names, CALL_NAMES);
}

struct call *call_for(struct desk *desk, struct call *known, const struct message_keys *keys,
    const struct sip_message *m, const struct signal *signal)
{
	struct call *call = known ? known : call_of_hash(desk, keys->call_id);

	if (call && !begins_anew(call, keys, m)) {
		if (is_initial_invite(m) && goes_on(call, m) &&
		    !call_is_from(call, keys->from_tag)) {
			from_tag_change(call, keys, m);
		}
		return call;
	}
	if (!call && call_branch_is_unique(m)) {
		call = find_by_branch(desk, keys->identity, signal);
		if (call && alias_add(desk, call, keys->call_id, m->call_id)) {
			return call;
		}
	}
	return call_new(desk, ++desk->calls_born, keys, m, signal);
}

struct call *call_of_aside(struct desk *desk, uint64_t birth, const struct message_keys *keys,
    const struct sip_message *m, const struct signal *signal)
{
	return call_new(desk, birth, keys, m, signal);
}

/* --- what messages add --- */

/* From and To change places when the callee asks; the first message of the dialog decides. */
static void names_note(struct call *call, const struct sip_message *m)
{
	bool first = call->names == names_none, dialog = is_of_dialog(m->method);
	struct text names[CALL_NAMES];

	call_names(call, names);
	if (first) {
		names[NAME_CALL_ID] = m->call_id;
		names[NAME_FROM_TAG] = m->from.tag;
	}
	if (dialog) {
		names[NAME_FROM] = m->from.uri;
		names[NAME_TO] = m->to.uri;
	}
	if (first || dialog) {
		call->names = arena_texts(&call->text, names, CALL_NAMES);
	}
}

static void user_agent_note(struct desk *desk, struct call *call, struct text user_agent)
{
	const char **list = call->user_agent_count > 1 ? call->user_agents : &call->user_agent;
	const char *kept;

	if (user_agent.length == 0) {
		return;
	}
	for (unsigned i = 0; i < call->user_agent_count; i++) {
		if (text_equal(user_agent, text_of(list[i]))) {
			return;
		}
	}
	if (call->user_agent_count == CALL_USER_AGENTS_MAX) {
		return;
	}
	if (call->user_agent_count > 0) {
		list = arena_list(&call->text, list, call->user_agent_count, sizeof(*list));
		if (!list) {
			return;
		}
		call->user_agents = list;
	}
	kept = phrase_keep(&desk->phrases, desk->key, user_agent);
	list[call->user_agent_count++] = kept ? kept : arena_text(&call->text, user_agent);
}

void call_note(struct desk *desk, struct call *call, const struct message_keys *keys,
    const struct sip_message *m, const struct signal *signal)
{
	if (call->kind == CALL_EXCHANGE) {
		names_note(call, m);
	}
	if (call->kind == CALL_EXCHANGE && is_of_dialog(m->method)) {
		call->kind = CALL_DIALOG;
		call->id = ++desk->dialogs_seen;
	}
	if (!call->to_tag && m->to.tag.length && call_is_from(call, keys->from_tag)) {
		call->to_tag = arena_text(&call->text, m->to.tag);
	}
	user_agent_note(desk, call, m->user_agent);
	if (signal->time_ns > call->last_ns) {
		call->last_ns = signal->time_ns;
	}
}

/* --- states --- */

static const char *failure_state(const struct observation *o)
{
	if (o->cancelled || o->status == 487) {
		return "cancelled";
	}
	/* Request Timeout and Temporarily Unavailable: it rang, or did not, but nobody came. */
	return o->status == 408 || o->status == 480 ? "no-answer" : "failed";
}

const char *call_state(const struct call *call, int64_t now_ns)
{
	const struct observation *o = dialog_primary(call);

	if (call->media_alone) {
		return now_ns - call->last_ns >= MEDIA_QUIET_NS ? "completed" : "in-progress";
	}
	if (!o) {
		return "in-progress";
	}
	if (o->bye) {
		return o->answered.set || !o->invite.set ? "completed" : "cancelled";
	}
	if (o->answered.set) {
		return "in-progress";
	}
	if (o->status >= 300 || o->cancelled) {
		return failure_state(o);
	}
	if (o->invite.set && now_ns - o->last_ns >= timer_b_ns) {
		return "no-answer";
	}
	return "in-progress";
}

static const char *failure_by(const struct observation *o)
{
	switch (o->status) {
	case 0: /* nobody answered at all */
		return dialog_went_unheard(o) ? "network" : "unknown";
	case 486: /* Busy Here */
	case 600: /* Busy Everywhere */
	case 603: /* Decline */
		return "callee";
	case 408: /* Request Timeout */
		return "network";
	default:
		return o->status >= 500 && o->status < 600 ? "network" : "unknown";
	}
}

const char *call_ended_by(const struct call *call, const char *state)
{
	const struct observation *o = dialog_primary(call);

	if (text_equal(text_of(state), TEXT("in-progress"))) {
		return NULL;
	}
	if (!o) {
		return "unknown";
	}
	if (o->bye) {
		/* The callee gives up what was never acknowledged: RFC 3261 13.3.1.4. */
		if (o->timed_out ||
		    (dialog_went_unacknowledged(o) && o->ended_by == PARTY_CALLEE)) {
			return "network";
		}
		if (!o->parties_known) {
			return "unknown";
		}
		return o->ended_by == PARTY_CALLER ? "caller" : "callee";
	}
	return text_equal(text_of(state), TEXT("cancelled")) ? "caller" : failure_by(o);
}

bool call_has_ended(const struct call *call, int64_t *ended_ns)
{
	bool ended = false;

	if (call->media_alone) {
		*ended_ns = call->last_ns;
		return true;
	}
	for (const struct observation *o = call->observations; o; o = o->next) {
		if (o->ended.set && (!ended || o->ended.time_ns > *ended_ns)) {
			*ended_ns = o->ended.time_ns;
			ended = true;
		}
	}
	return ended;
}

bool call_has_ended_at(const struct call *call, uint16_t vantage, int64_t *ended_ns)
{
	const struct observation *first = call->ending ? call->observations : NULL;

	for (const struct observation *o = first; o; o = o->next) {
		if (o->vantage == vantage) {
			*ended_ns = o->ended.time_ns;
			return o->ended.set;
		}
	}
	return call->media_alone && call_has_ended(call, ended_ns);
}

bool call_was_seen_at(const struct call *call, uint16_t vantage)
{
	const struct observation *o = call->observations;

	while (o && o->vantage != vantage) {
		o = o->next;
	}
	return o != NULL;
}
