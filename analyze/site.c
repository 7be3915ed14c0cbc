/* SPDX-License-Identifier: Apache-2.0 */
#include "site.h"

#include "call.h"
#include "flow.h"
#include "legs.h"
#include "mapping.h"
#include "sdp_candidate.h"
#include "stream.h"

/* Media may come a little before the description that announces it, and after the BYE. */
static const int64_t before_description_ns = 10 * MEDIA_SECOND_NS;
static const int64_t after_end_ns = MEDIA_SECOND_NS;

/* --- places --- */

static struct endpoint place_endpoint(const struct desk *desk, uint32_t number)
{
	const struct place *place = place_at(desk, number);
	struct endpoint at = {.port = place->port};

	at.address = place->wide ? desk->place_addresses[number] : address_of_ipv4(place->ipv4);
	return at;
}

static bool place_is_at(const struct desk *desk, uint32_t number, const struct endpoint *at)
{
	const struct place *place = place_at(desk, number);

	if (place->port != at->port || place->wide == address_is_ipv4(&at->address)) {
		return false;
	}
	return place->wide ? address_equal(&desk->place_addresses[number], &at->address)
			   : place->ipv4 == address_ipv4(&at->address);
}

static void place_set(struct desk *desk, uint32_t number, const struct endpoint *at)
{
	struct place *place = place_at(desk, number);

	place->port = at->port;
	place->wide = !address_is_ipv4(&at->address);
	if (place->wide) {
		desk->place_addresses[number] = at->address;
	} else {
		place->ipv4 = address_ipv4(&at->address);
	}
	place->newest_site = place->newest_to = place->newest_from = POOL_NONE;
}

uint32_t place_find(struct desk *desk, const struct endpoint *at, bool make)
{
	uint64_t hash = hash_endpoint(desk->key, at);
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->place_index, &cursor, hash);

	while (number != TABLE_NONE && !place_is_at(desk, number, at)) {
		number = table_next(&desk->place_index, &cursor);
	}
	if (number != TABLE_NONE || !make) {
		return number;
	}
	number = pool_take(&desk->places);
	if (number == POOL_NONE || !table_insert(&desk->place_index, hash, number)) {
		if (number != POOL_NONE) {
			pool_give(&desk->places, number);
		}
		desk->evictions.sites++;
		return POOL_NONE;
	}
	place_set(desk, number, at);
	return number;
}

void place_release(struct desk *desk, uint32_t number)
{
	const struct place *place;

	if (number == POOL_NONE || desk->ended) {
		return; /* nobody looks for places any more */
	}
	place = place_at(desk, number);
	if (place->newest_site == POOL_NONE && place->newest_to == POOL_NONE &&
	    place->newest_from == POOL_NONE) {
		struct endpoint at = place_endpoint(desk, number);

		table_remove(&desk->place_index, hash_endpoint(desk->key, &at), number);
		pool_give(&desk->places, number);
	}
}

/* --- sites --- */

static bool site_suits(const struct desk *desk, const struct site *site, int64_t time_ns)
{
	const struct call *call = call_at(desk, site->call);
	int64_t ended_ns;

	if (call->closed || site->time_ns - time_ns > before_description_ns) {
		return false;
	}
	return !call_has_ended_at(call, site->vantage, &ended_ns) ||
	       time_ns <= ended_ns + after_end_ns;
}

static bool is_seen(const struct desk *desk, const struct site *site, uint16_t vantage)
{
	return call_was_seen_at(call_at(desk, site->call), vantage);
}

/* Of any call, or with a number other than POOL_NONE of that one. */
static const struct site *site_seek(
    const struct desk *desk, uint32_t place, uint32_t call, uint16_t vantage, int64_t time_ns)
{
	const struct site *elsewhere = NULL;
	bool was_seen = false; /* the call of `elsewhere`, by this vantage */
	uint32_t number = place != POOL_NONE ? place_at(desk, place)->newest_site : POOL_NONE;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct site *site = site_at(desk, number);

		if ((call == POOL_NONE || site->call == call) && site_suits(desk, site, time_ns)) {
			if (site->vantage == vantage) {
				return site;
			}
			if (!elsewhere || (!was_seen && is_seen(desk, site, vantage))) {
				elsewhere = site;
				was_seen = is_seen(desk, site, vantage);
			}
		}
		number = site->older;
	}
	return elsewhere;
}

const struct site *site_for(
    const struct desk *desk, uint32_t place, uint16_t vantage, int64_t time_ns)
{
	return site_seek(desk, place, POOL_NONE, vantage, time_ns);
}

const struct site *site_for_call(
    const struct desk *desk, uint32_t place, uint32_t call, uint16_t vantage, int64_t time_ns)
{
	return site_seek(desk, place, call, vantage, time_ns);
}

static bool at_one_place(const struct sdp_media *a, const struct sdp_media *b)
{
	return a->port != 0 && a->port == b->port && text_equal(a->connection, b->connection);
}

/* Lines of a bundle come to one place, whatever ports they name (RFC 9143 7.2). */
static bool shares_place(const struct sdp_media *a, const struct sdp_media *b)
{
	return (a->bundled && b->bundled) || at_one_place(a, b);
}

/* The payload types of all lines that share a place with this one, which comes first. */
static const struct payload_list *list_at_place(struct desk *desk, struct call *call,
    const struct sdp *sdp, const struct line_lists *lists, unsigned line)
{
	struct payload_lines at = {.sdp = sdp, .count = 1, .lines = {(uint8_t)line}};

	for (unsigned i = 0; i < sdp->media_count; i++) {
		if (i != line && shares_place(&sdp->media[i], &sdp->media[line])) {
			at.lines[at.count++] = (uint8_t)i;
		}
	}
	return at.count == 1 ? lists->of[line]
			     : payload_list_of(&desk->payload_lists, desk->key, &call->text, &at);
}

/* The first line with the place of this one: what is of the place as a whole is of it. */
static unsigned first_at_place(const struct sdp *sdp, unsigned line)
{
	unsigned first = 0;

	while (first < line && !at_one_place(&sdp->media[first], &sdp->media[line])) {
		first++;
	}
	return first;
}

/* The call's own site at this place, as this vantage saw it before. */
static struct site *site_of_call(
    struct desk *desk, const struct call *call, uint32_t place, uint16_t vantage)
{
	for (uint32_t n = call->first_site; n != POOL_NONE; n = site_at(desk, n)->next_of_call) {
		if (site_at(desk, n)->place == place && site_at(desk, n)->vantage == vantage) {
			return site_at(desk, n);
		}
	}
	return NULL;
}

/* It has its first site, or has lost the last one. */
static void place_tell(const struct desk *desk, uint32_t number, bool expected)
{
	struct endpoint at;

	if (desk->config.place) {
		at = place_endpoint(desk, number);
		desk->config.place(desk->config.place_context, &at, expected);
	}
}

static void site_unlink(struct desk *desk, const struct site *site)
{
	if (site->newer == POOL_NONE && site->older == POOL_NONE) {
		place_tell(desk, site->place, false);
	}
	if (site->newer != POOL_NONE) {
		site_at(desk, site->newer)->older = site->older;
	} else {
		place_at(desk, site->place)->newest_site = site->older;
	}
	if (site->older != POOL_NONE) {
		site_at(desk, site->older)->newer = site->newer;
	}
}

static void site_forget(struct desk *desk, struct call *call, uint32_t number)
{
	uint32_t place = site_at(desk, number)->place;

	site_unlink(desk, site_at(desk, number));
	pool_give(&desk->sites, number);
	place_release(desk, place);
	call->site_count--;
}

/* Each claim looks through its call's sites: a sender may not make them ever more. */
static void oldest_forget(struct desk *desk, struct call *call)
{
	uint32_t *at = &call->first_site, number;

	while (site_at(desk, *at)->next_of_call != POOL_NONE) {
		at = &site_at(desk, *at)->next_of_call;
	}
	number = *at;
	*at = POOL_NONE;
	site_forget(desk, call, number);
	desk->evictions.sites++;
}

static struct site *site_new(struct desk *desk, struct call *call, uint32_t place)
{
	struct site *site;
	uint32_t number;

	if (call->site_count == CALL_SITES_MAX) {
		oldest_forget(desk, call);
	}
	number = pool_take(&desk->sites);
	if (number == POOL_NONE) {
		desk->evictions.sites++;
		return NULL;
	}
	site = site_at(desk, number);
	site->place = place;
	site->call = call_number(desk, call);
	site->next_of_call = call->first_site;
	call->first_site = number;
	call->site_count++;
	site->newer = POOL_NONE;
	site->older = place_at(desk, place)->newest_site;
	if (site->older != POOL_NONE) {
		site_at(desk, site->older)->newer = number;
	} else {
		place_tell(desk, place, true);
	}
	place_at(desk, place)->newest_site = number;
	return site;
}

/* What a description says of a place, apart from where it is. */
struct claim {
	struct call *call;
	struct site like;
	int64_t time_ns;
};

/* The call's own site at a place, made if need be; NULL where there is no room. */
static struct site *site_take(
    struct desk *desk, const struct claim *claim, const struct endpoint *at, uint16_t vantage)
{
	uint32_t place = place_find(desk, at, true);
	struct site *site;

	if (place == POOL_NONE) {
		return NULL;
	}
	site = site_of_call(desk, claim->call, place, vantage);
	if (site) {
		return site;
	}
	site = site_new(desk, claim->call, place);
	if (!site) {
		place_release(desk, place);
		return NULL;
	}
	site->time_ns = claim->time_ns;
	site->vantage = vantage;
	site->described_by = claim->like.described_by;
	site->party = claim->like.party;
	legs_site(desk, site);
	return site;
}

static void claim_put(
    struct desk *desk, const struct claim *claim, const struct endpoint *at, uint16_t vantage)
{
	struct site *site = site_take(desk, claim, at, vantage);

	if (!site) {
		return;
	}
	site->party = claim->like.party;
	site->kind = claim->like.kind;
	site->line = claim->like.line;
	site->srtp = claim->like.srtp;
	if (claim->like.types) {
		site->types = claim->like.types;
	}
	stream_claim(desk, site);
}

/* The place, and where each vantage sees it if it is an address that was learned. */
static void claim_place(
    struct desk *desk, const struct claim *claim, const struct endpoint *at, uint16_t vantage)
{
	claim_put(desk, claim, at, vantage);
	for (uint16_t v = 0; v < desk->config.vantage_count; v++) {
		const struct endpoint *local = mapping_local(desk, v, at, claim->time_ns);

		if (local) {
			claim_put(desk, claim, local, v);
		}
	}
}

void site_alias(struct desk *desk, const struct endpoint *named, const struct endpoint *local,
    uint16_t vantage, int64_t time_ns)
{
	uint32_t place = place_find(desk, named, false);
	const struct site *site = site_for(desk, place, vantage, time_ns);
	struct claim claim;

	if (site) {
		claim = (struct claim){call_at(desk, site->call), *site, time_ns};
		claim_put(desk, &claim, local, vantage);
	}
}

static bool is_somewhere(const struct endpoint *at)
{
	return at->port != 0 && address_class(&at->address) != ADDRESS_UNSPECIFIED;
}

static void media_note(struct desk *desk, struct call *call, enum party party,
    const struct sdp *sdp, const struct line_lists *lists, unsigned line,
    const struct signal *signal)
{
	const struct sdp_media *media = &sdp->media[line];
	unsigned first = first_at_place(sdp, line);
	struct claim claim = {.call = call, .time_ns = signal->time_ns};
	struct endpoint at = {media->at, media->port};
	struct endpoint host = {.address = signal->src.address};
	struct sdp_candidate candidate;
	const struct payload_list *list;

	if (media->port == 0) {
		return;
	}
	list = list_at_place(desk, call, sdp, lists, first);
	claim.like = (struct site){
	    .described_by = (uint32_t)hash_endpoint(desk->key, &host),
	    .types = list && list->count > 0 ? slab_number(&desk->slab, list) : 0,
	    .line = (uint8_t)first,
	    .kind = sdp->media[first].kind & 3,
	    .party = party & 1,
	    .srtp = sdp_srtp(sdp, media) & 3,
	};
	if (media->literal && is_somewhere(&at)) {
		claim_place(desk, &claim, &at, signal->vantage);
	}
	for (unsigned i = 0; i < media->candidate_count; i++) {
		if (!sdp_candidate_parse(&candidate, media->candidates[i]) ||
		    candidate.component != SDP_CANDIDATE_RTP) {
			continue;
		}
		claim_place(desk, &claim, &candidate.at, signal->vantage);
		if (is_somewhere(&candidate.related)) {
			claim_place(desk, &claim, &candidate.related, signal->vantage);
		}
	}
}

void site_note(struct desk *desk, struct call *call, enum party party, const struct sdp *sdp,
    const struct line_lists *lists, const struct signal *signal)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		media_note(desk, call, party, sdp, lists, i, signal);
	}
}

void site_remove_of_call(struct desk *desk, struct call *call)
{
	uint32_t number = call->first_site;

	while (number != POOL_NONE) {
		uint32_t next = site_at(desk, number)->next_of_call;

		site_forget(desk, call, number);
		number = next;
	}
	call->first_site = POOL_NONE;
}
