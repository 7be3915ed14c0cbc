/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include "asker.h"
#include "flow.h"
#include "format.h"
#include "sip_transaction.h"

enum { ENDPOINT_TEXT_OCTETS = 16 << 10 };

static uint64_t address_hash(const struct desk *desk, const struct address *address)
{
	const struct endpoint key = {*address, 0};

	return hash_endpoint(desk->key, &key);
}

static void entry_forget(struct desk *desk, uint32_t number)
{
	struct endpoint_entry *entry = pool_at(&desk->endpoints, number);

	table_remove(&desk->endpoint_index, address_hash(desk, &entry->address), number);
	lru_remove(&desk->endpoints_used, number);
	if (entry->rare) {
		arena_free(&entry->rare->text);
		slab_give(&desk->slab, entry->rare, sizeof(*entry->rare));
	}
	entry->known = false;
	pool_give(&desk->endpoints, number);
}

/* Room for one more; a live capture, which may run for weeks, forgets who has long been quiet. */
static uint32_t number_take(struct desk *desk)
{
	uint32_t number = pool_take(&desk->endpoints);

	if (number == POOL_NONE && desk->config.live) {
		desk->evictions.endpoints++;
		entry_forget(desk, desk->endpoints_used.oldest);
		number = pool_take(&desk->endpoints);
	}
	return number;
}

static uint32_t number_search(const struct desk *desk, const struct address *address, uint64_t hash)
{
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->endpoint_index, &cursor, hash);

	for (; number != TABLE_NONE; number = table_next(&desk->endpoint_index, &cursor)) {
		const struct endpoint_entry *entry = pool_at(&desk->endpoints, number);

		if (address_equal(&entry->address, address)) {
			return number;
		}
	}
	return POOL_NONE;
}

static bool is_at(const struct desk *desk, uint32_t number, const struct address *address)
{
	const struct endpoint_entry *entry;

	if (number >= desk->endpoints.used) {
		return false;
	}
	entry = pool_at(&desk->endpoints, number);
	return entry->known && address_equal(&entry->address, address);
}

static unsigned memo_place(uint32_t last)
{
	return last * 0x9e3779b1U >> 24;
}

__attribute__((always_inline)) static inline struct endpoint_way way_of(
    const struct desk *desk, const struct address *address)
{
	uint32_t last = address_last_four(address);
	const struct endpoint_memo *memo = &desk->endpoint_memo[memo_place(last)];

	if (memo->last == last) {
		return (struct endpoint_way){{NULL, 0}, memo->number};
	}
	return (struct endpoint_way){
	    table_way(&desk->endpoint_index, address_hash(desk, address)), POOL_NONE};
}

struct endpoint_ways endpoint_ways(
    const struct desk *desk, const struct address *src, const struct address *dst)
{
	return (struct endpoint_ways){way_of(desk, src), way_of(desk, dst)};
}

__attribute__((always_inline)) static inline void way_fetch(
    const struct desk *desk, struct endpoint_way *way)
{
	if (!way->index.bucket) {
		return;
	}
	way->number = table_way_likely(way->index);
	if (way->number != TABLE_NONE) {
		memory_fetch(pool_at(&desk->endpoints, way->number), sizeof(struct endpoint_entry));
	}
}

void endpoints_fetch(const struct desk *desk, struct endpoint_ways *ways)
{
	way_fetch(desk, &ways->src);
	way_fetch(desk, &ways->dst);
}

/* By the index; it is remembered where that was. */
static inline uint32_t number_of_way(
    struct desk *desk, struct table_way way, const struct address *address)
{
	uint32_t number = number_search(desk, address, way.hash), last = address_last_four(address);

	desk->endpoint_memo[memo_place(last)] = (struct endpoint_memo){number, last};
	return number;
}

/* Where the address was last found, or else by the index. */
static inline uint32_t number_find(struct desk *desk, const struct address *address)
{
	uint32_t last = address_last_four(address);
	const struct endpoint_memo *memo = &desk->endpoint_memo[memo_place(last)];

	/* The entry of another address is not even looked at. */
	if (memo->last == last && is_at(desk, memo->number, address)) {
		return memo->number;
	}
	return number_of_way(desk, (struct table_way){NULL, address_hash(desk, address)}, address);
}

const struct endpoint_entry *endpoint_find(const struct desk *desk, const struct address *address)
{
	uint32_t number = number_search(desk, address, address_hash(desk, address));

	return number != POOL_NONE ? pool_at(&desk->endpoints, number) : NULL;
}

static struct endpoint_entry *entry_make(struct desk *desk, const struct address *address)
{
	uint64_t hash = address_hash(desk, address);
	uint32_t number = number_take(desk);
	struct endpoint_entry *entry;

	if (number == POOL_NONE || !table_insert(&desk->endpoint_index, hash, number)) {
		if (number != POOL_NONE) {
			pool_give(&desk->endpoints, number);
		}
		desk->evictions.endpoints++;
		return NULL;
	}
	entry = pool_at(&desk->endpoints, number);
	lru_append(&desk->endpoints_used, number);
	entry->known = true;
	entry->address = *address;
	return entry;
}

struct endpoint_entry *endpoint_known(struct desk *desk, const struct address *address)
{
	uint32_t number = number_find(desk, address);

	return number != POOL_NONE ? pool_at(&desk->endpoints, number) : NULL;
}

static inline struct endpoint_entry *entry_of(
    struct desk *desk, uint32_t number, const struct address *address)
{
	if (number == POOL_NONE) {
		return entry_make(desk, address);
	}
	if (desk->config.live) {
		lru_touch(&desk->endpoints_used, number);
	}
	return pool_at(&desk->endpoints, number);
}

struct endpoint_entry *endpoint_entry(struct desk *desk, const struct address *address)
{
	return entry_of(desk, number_find(desk, address), address);
}

struct endpoint_rare *endpoint_rare(struct desk *desk, struct endpoint_entry *entry)
{
	if (!entry->rare) {
		entry->rare = slab_take(&desk->slab, sizeof(*entry->rare));
		if (entry->rare) {
			*entry->rare = (struct endpoint_rare){
			    .text = {.limit = ENDPOINT_TEXT_OCTETS, .slab = &desk->slab}};
		}
	}
	return entry->rare;
}

/* Where its strings are kept; NULL where memory is short. */
static struct arena *text_room(struct desk *desk, struct endpoint_entry *entry)
{
	struct endpoint_rare *rare = endpoint_rare(desk, entry);

	return rare ? &rare->text : NULL;
}

static inline struct endpoint_view *view_find(const struct endpoint_entry *entry, uint16_t vantage)
{
	struct endpoint_view *view = entry->views;

	while (view && view->vantage != vantage) {
		view = view->next;
	}
	return view;
}

const struct endpoint_view *endpoint_view(const struct endpoint_entry *entry, uint16_t vantage)
{
	return view_find(entry, vantage);
}

static struct endpoint_view *view_add(
    struct desk *desk, struct endpoint_entry *entry, uint16_t vantage)
{
	struct endpoint_view **at = &entry->views, *view = &entry->view;
	struct arena *room = entry->views ? text_room(desk, entry) : NULL;

	if (entry->views) {
		view = room ? arena_take(room, sizeof(*view)) : NULL;
	}
	if (!view) {
		return NULL;
	}
	while (*at && (*at)->vantage < vantage) {
		at = &(*at)->next;
	}
	view->vantage = vantage;
	view->side = "unknown";
	view->next = *at;
	*at = view;
	return view;
}

static inline struct endpoint_view *view_make(
    struct desk *desk, struct endpoint_entry *entry, uint16_t vantage)
{
	struct endpoint_view *view = view_find(entry, vantage);

	return view ? view : view_add(desk, entry, vantage);
}

struct endpoint_view *endpoint_view_make(
    struct desk *desk, struct endpoint_entry *entry, uint16_t vantage)
{
	return view_make(desk, entry, vantage);
}

static struct endpoint_view *addressed_note(
    struct desk *desk, struct endpoint_entry *receiver, uint16_t vantage)
{
	struct endpoint_view *view = view_make(desk, receiver, vantage);

	if (view) {
		view->addressed = true;
	}
	return view;
}

void endpoint_addressed(struct desk *desk, uint16_t vantage, const struct address *address)
{
	uint32_t number = number_find(desk, address);

	if (number != POOL_NONE) {
		(void)addressed_note(desk, pool_at(&desk->endpoints, number), vantage);
	}
}

unsigned endpoint_hops(uint8_t ttl)
{
	return (ttl <= 64 ? 64U : ttl <= 128 ? 128U : 255U) - ttl;
}

__attribute__((format(printf, 6, 0))) static void side_set(struct desk *desk,
    struct endpoint_entry *entry, uint16_t vantage, const char *side, enum endpoint_weight weight,
    const char *because, va_list arguments)
{
	struct endpoint_view *view = endpoint_view_make(desk, entry, vantage);
	const char *declared = desk->config.declared[vantage];
	struct arena *room = text_room(desk, entry);
	char text[256];

	if (!view || !room || view->weight == WEIGHT_DECLARED) {
		return;
	}
	if (declared) {
		view->weight = WEIGHT_DECLARED;
		view->side = declared;
		view->because = arena_format(room, "the capture was named \"%s\"", declared);
		return;
	}
	(void)format_text(text, sizeof(text), because, arguments);
	view->weight = (uint8_t)weight;
	view->side = side;
	view->because = arena_text(room, text_of(text));
}

static unsigned weight_of(const struct endpoint_entry *entry, uint16_t vantage)
{
	const struct endpoint_view *view = endpoint_view(entry, vantage);

	return view ? view->weight : 0;
}

void endpoint_side(struct desk *desk, struct endpoint_entry *entry, uint16_t vantage,
    const char *side, enum endpoint_weight weight, const char *because, ...)
{
	va_list arguments;

	/* Who stands for others is seen from outside, whatever else lies beyond. */
	if (!entry || entry->routes || weight_of(entry, vantage) >= (unsigned)weight) {
		return;
	}
	va_start(arguments, because);
	side_set(desk, entry, vantage, side, weight, because, arguments);
	va_end(arguments);
}

/* Its packets come from the very address that it claims: said of most, so kept in few octets. */
static void endpoint_claims(struct desk *desk, struct endpoint_entry *entry, uint16_t vantage,
    enum endpoint_claim claim, uint32_t frame)
{
	bool inside = address_is_unroutable(&entry->address);
	enum endpoint_weight weight = inside ? WEIGHT_VIA : WEIGHT_GUESS;
	struct endpoint_view *view;

	if (entry->routes || weight_of(entry, vantage) >= (unsigned)weight) {
		return;
	}
	if (desk->config.declared[vantage]) {
		endpoint_side(desk, entry, vantage, NULL, weight, "%s", "");
		return;
	}
	view = endpoint_view_make(desk, entry, vantage);
	if (view) {
		view->weight = (uint8_t)weight;
		view->side = inside ? "lan" : "unknown";
		view->because = NULL;
		view->claim = (uint8_t)claim;
		view->claim_frame = frame;
	}
}

static const char *const claim_names[] = {
    [CLAIM_VIA] = "Via",
    [CLAIM_CONTACT] = "Contact",
    [CLAIM_DESCRIPTION] = "session description",
};

const char *endpoint_because(
    const struct endpoint_entry *entry, const struct endpoint_view *view, struct arena *arena)
{
	char address[ADDRESS_TEXT_MAX];

	if (view->because) {
		return view->because;
	}
	return arena_format(arena,
	    "its packets come from %s, the %s address that its own %s names (frame %u)",
	    address_format(&entry->address, address),
	    address_class_name(address_class(&entry->address)), claim_names[view->claim],
	    view->claim_frame);
}

void endpoint_router(struct desk *desk, struct endpoint_entry *entry, uint16_t vantage,
    enum endpoint_weight weight, const char *because, ...)
{
	va_list arguments;

	if (!entry) {
		return;
	}
	if (!entry->routes || weight_of(entry, vantage) < (unsigned)weight) {
		va_start(arguments, because);
		side_set(desk, entry, vantage, "wan", weight, because, arguments);
		va_end(arguments);
	}
	entry->routes = entry->translated = true;
}

void endpoint_plain(struct desk *desk, struct endpoint_entry *entry, uint16_t vantage)
{
	struct endpoint_view *view = endpoint_view_make(desk, entry, vantage);

	if (view) {
		view->plain = true;
	}
}

static const char *agent_of(const struct endpoint_entry *entry, unsigned n)
{
	return n == 0 ? entry->user_agent : entry->rare->user_agents[n - 1];
}

static bool is_agent_known(const struct endpoint_entry *entry, struct text user_agent)
{
	for (unsigned i = 0; i < entry->user_agent_count; i++) {
		if (text_is(user_agent, agent_of(entry, i))) {
			return true;
		}
	}
	return false;
}

/* Where one more is kept, or NULL. */
static const char **agent_place(struct desk *desk, struct endpoint_entry *entry)
{
	unsigned count = entry->user_agent_count;
	struct endpoint_rare *rare;

	if (count == 0) {
		return &entry->user_agent;
	}
	rare = count < ENDPOINT_AGENTS_MAX ? endpoint_rare(desk, entry) : NULL;
	return rare ? &rare->user_agents[count - 1] : NULL;
}

static void user_agent_note(struct desk *desk, struct endpoint_entry *entry, struct text user_agent)
{
	const char **at;

	if (user_agent.length == 0 || is_agent_known(entry, user_agent)) {
		return;
	}
	entry->scans |= asker_is_scanner(desk, user_agent);
	at = agent_place(desk, entry);
	if (!at) {
		return;
	}
	*at = phrase_keep(&desk->phrases, desk->key, user_agent);
	if (!*at) {
		struct arena *room = text_room(desk, entry);

		*at = room ? arena_text(room, user_agent) : "";
	}
	entry->user_agent_count++;
}

unsigned endpoint_user_agents(
    const struct endpoint_entry *entry, const char *out[ENDPOINT_AGENTS_MAX])
{
	for (unsigned i = 0; i < entry->user_agent_count; i++) {
		out[i] = agent_of(entry, i);
	}
	return entry->user_agent_count;
}

/* Where a message says that its sender is: the first place that names an address. */
struct claim {
	enum endpoint_claim where; /* CLAIM_NONE: nowhere */
	struct address address;
};

static struct claim claim_of(const struct sip_message *m, const struct sdp *sdp)
{
	struct claim claim = {.where = CLAIM_VIA};

	if (address_parse(&claim.address, m->via.sent_by.name)) {
		return claim;
	}
	claim.where = CLAIM_CONTACT;
	if (m->contact_count > 0) {
		struct sip_uri contact = sip_uri_of(m, &m->contacts[0]);

		if (address_parse(&claim.address, contact.host.name)) {
			return claim;
		}
	}
	claim.where = CLAIM_DESCRIPTION;
	if (!sdp || !address_parse(&claim.address, sdp->connection) ||
	    address_class(&claim.address) == ADDRESS_UNSPECIFIED) {
		claim.where = CLAIM_NONE;
	}
	return claim;
}

/* Both private, not of one network, and routed: a NAT in between, or a host with two addresses. */
static bool is_inner_nat(
    const struct address *claimed, const struct address *seen, const struct signal *signal)
{
	return address_is_ipv4(claimed) && address_is_ipv4(seen) &&
	       address_ipv4(claimed) >> 8 != address_ipv4(seen) >> 8 &&
	       endpoint_hops(signal->ttl) > 0;
}

/* The packet's source is another one than its sender says. */
static void learn_from_difference(struct desk *desk, struct endpoint_entry *sender,
    const struct claim *claim, const struct signal *signal)
{
	const struct address *source = &signal->src.address;
	bool seen_private = address_is_unroutable(source);
	char claimed[ADDRESS_TEXT_MAX], seen[ADDRESS_TEXT_MAX];

	address_format(&claim->address, claimed);
	address_format(source, seen);
	if (address_is_unroutable(&claim->address) &&
	    (!seen_private || is_inner_nat(&claim->address, source, signal))) {
		endpoint_plain(desk, sender, signal->vantage);
		endpoint_router(desk, sender, signal->vantage, WEIGHT_VIA,
		    "its %s names the %s address %s, its packets come from %s (frame %u)",
		    claim_names[claim->where], address_class_name(address_class(&claim->address)),
		    claimed, seen, signal->frame);
	} else if (seen_private && endpoint_knows(sender, &claim->address)) {
		endpoint_side(desk, sender, signal->vantage, "lan", WEIGHT_VIA,
		    "its packets come from %s, and its %s names %s, which it learned by STUN "
		    "(frame %u)",
		    seen, claim_names[claim->where], claimed, signal->frame);
	} else if (seen_private && !address_is_unroutable(&claim->address) &&
		   endpoint_hops(signal->ttl) == 0) {
		endpoint_side(desk, sender, signal->vantage, "lan", WEIGHT_VIA,
		    "its packets come from %s with their initial TTL %u, its %s names %s (frame "
		    "%u)",
		    seen, signal->ttl, claim_names[claim->where], claimed, signal->frame);
	}
}

/* What the sender of a request says of itself, against where the packet came from. */
static void learn_from_request(struct desk *desk, const struct endpoint_ends *ends,
    const struct sip_message *m, uint64_t sent_by, const struct sdp *sdp,
    const struct signal *signal)
{
	struct endpoint_entry *sender = ends->sender;
	struct endpoint_view *view = ends->of_sender;
	struct claim claim;

	if (view && view->own_via == (uint32_t)sent_by && m->via_count == 1) {
		return; /* as mostly: it said so before, and what follows from that is known */
	}
	claim = claim_of(m, sdp);
	if (m->via_count != 1 || claim.where == CLAIM_NONE) {
		return; /* a proxy's request, or host names alone: nothing to compare */
	}
	if (!address_equal(&claim.address, &signal->src.address)) {
		learn_from_difference(desk, sender, &claim, signal);
		return;
	}
	if (view && claim.where == CLAIM_VIA) {
		view->own_via = (uint32_t)sent_by;
	}
	endpoint_claims(desk, sender, signal->vantage, claim.where, signal->frame);
}

/* Beside the server there is no NAT to be inside or outside of. */
static void learn_of_server(
    struct desk *desk, const struct endpoint_ends *ends, const struct signal *signal)
{
	const struct endpoint_view *view = ends->of_sender;

	if (ends->sender->serves && !(view && view->weight >= WEIGHT_VIA) && signal->layers == 0 &&
	    endpoint_hops(signal->ttl) == 0 && !address_is_unroutable(&signal->src.address)) {
		endpoint_side(desk, ends->sender, signal->vantage, "server", WEIGHT_VIA,
		    "its packets come with their initial TTL %u: it is on this wire (frame %u)",
		    signal->ttl, signal->frame);
	}
}

/* As the last time: then nothing follows from it that did not then. */
static bool was_told(const struct desk *desk, struct endpoint_view *view,
    const struct sip_message *m, const struct signal *signal)
{
	uint64_t ports =
	    (uint64_t)signal->transport << 32 | flow_ports(signal->dst.port, m->via.rport);
	uint32_t told = (uint32_t)hash_text(desk->key ^ ports, m->via.received);
	bool same = view && view->last_told == told;

	if (view) {
		view->last_told = told;
	}
	return same;
}

/* What the far end saw of the one that is answered (RFC 3581 section 4). */
static void learn_from_response(struct desk *desk, const struct endpoint_ends *ends,
    const struct sip_message *m, const struct signal *signal)
{
	struct endpoint_entry *receiver = ends->receiver;
	struct address received;
	char text[ADDRESS_TEXT_MAX];

	if (m->via_count != 1 || (m->via.received.length == 0 && m->via.rport == 0)) {
		return;
	}
	endpoint_told(ends->of_receiver, signal->time_ns);
	if (!address_is_unroutable(&signal->dst.address) ||
	    was_told(desk, ends->of_receiver, m, signal)) {
		return;
	}
	if (address_parse(&received, m->via.received) && !address_is_unroutable(&received)) {
		endpoint_side(desk, receiver, signal->vantage, "lan", WEIGHT_RECEIVED,
		    "the far end answered it as %s (received, frame %u)",
		    address_format(&received, text), signal->frame);
		receiver->translated = true;
	} else if (m->via.rport && signal->transport == SIGNAL_UDP &&
		   m->via.rport != signal->dst.port) {
		endpoint_side(desk, receiver, signal->vantage, "lan", WEIGHT_RECEIVED,
		    "the far end saw its port %u as %u (rport, frame %u)", signal->dst.port,
		    m->via.rport, signal->frame);
		receiver->translated = true;
	}
}

/* Once it took part in a call or registration that came about, it is no scanner. */
static void acceptance_note(
    struct endpoint_entry *sender, struct endpoint_entry *receiver, const struct sip_message *m)
{
	if (!m->request && m->status >= 200 && m->status < 300 &&
	    (m->method == SIP_INVITE || m->method == SIP_REGISTER)) {
		sender->accepted = receiver->accepted = true;
	}
}

static void ttl_note(struct endpoint_view *view, uint8_t ttl)
{
	view->ttl_min = view->ttl_max && view->ttl_min < ttl ? view->ttl_min : ttl;
	view->ttl_max = view->ttl_max > ttl ? view->ttl_max : ttl;
}

/* It was not where it was likely to be. */
__attribute__((noinline)) static struct endpoint_entry *entry_off(
    struct desk *desk, const struct endpoint_way *way, const struct address *address)
{
	return entry_of(desk,
	    way->index.bucket ? number_search(desk, address, way->index.hash)
			      : number_find(desk, address),
	    address);
}

/* The entry that the way was asked for. */
__attribute__((always_inline)) static inline struct endpoint_entry *entry_on(
    struct desk *desk, const struct endpoint_way *way, const struct address *address)
{
	return is_at(desk, way->number, address) ? entry_of(desk, way->number, address)
						 : entry_off(desk, way, address);
}

static inline struct endpoint_ends ends_find(
    struct desk *desk, const struct endpoint_ways *ways, const struct signal *signal)
{
	struct endpoint_ends ends = {
	    .sender = entry_on(desk, &ways->src, &signal->src.address),
	    .receiver = entry_on(desk, &ways->dst, &signal->dst.address),
	};

	if (!ends.sender || !ends.receiver) {
		return ends;
	}
	ends.of_receiver = addressed_note(desk, ends.receiver, signal->vantage);
	if (signal->layers) {
		ends.of_sender = view_find(ends.sender, signal->vantage);
		return ends;
	}
	ends.of_sender = view_make(desk, ends.sender, signal->vantage);
	if (ends.of_sender) {
		ttl_note(ends.of_sender, signal->ttl);
	}
	return ends;
}

struct endpoint_ends endpoint_message(struct desk *desk, const struct endpoint_ways *ways,
    const struct sip_message *m, const struct message_keys *keys, const struct sdp *sdp,
    const struct signal *signal)
{
	struct endpoint_ends ends = ends_find(desk, ways, signal);
	struct endpoint_entry *sender = ends.sender, *receiver = ends.receiver;

	if (!sender || !receiver) {
		return ends;
	}
	user_agent_note(desk, sender, m->user_agent);
	acceptance_note(sender, receiver, m);
	if (m->request) {
		sender->registers |= m->method == SIP_REGISTER && m->via_count == 1;
		sender->calls |= m->method == SIP_INVITE && m->via_count == 1;
		sender->forwards |= m->via_count > 1;
		receiver->serves |= m->method == SIP_REGISTER;
		learn_from_request(desk, &ends, m, keys->sent_by, sdp, signal);
	} else {
		learn_from_response(desk, &ends, m, signal);
		learn_of_server(desk, &ends, signal);
	}
	return ends;
}

const char *endpoint_role(const struct endpoint_entry *entry)
{
	if (entry->serves) {
		return "server";
	}
	if (entry->routes) {
		return "router";
	}
	if (entry->registers || entry->calls) {
		return "phone";
	}
	if (!entry->relays && entry->rare && entry->rare->stun.answers) {
		return "server";
	}
	if (entry->relays) {
		return "media";
	}
	return entry->media ? "media" : "other";
}
