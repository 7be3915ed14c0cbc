/* SPDX-License-Identifier: Apache-2.0 */
#include "endpoint.h"

#include <stdarg.h>
#include <stdio.h>

#include "flow.h"

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
	arena_free(&entry->text);
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

struct endpoint_entry *endpoint_entry(struct desk *desk, const struct address *address)
{
	uint64_t hash = address_hash(desk, address);
	struct table_cursor cursor;
	uint32_t number = table_first(&desk->endpoint_index, &cursor, hash);
	struct endpoint_entry *entry;

	for (; number != TABLE_NONE; number = table_next(&desk->endpoint_index, &cursor)) {
		entry = pool_at(&desk->endpoints, number);
		if (address_equal(&entry->address, address)) {
			lru_touch(&desk->endpoints_used, number);
			return entry;
		}
	}
	number = number_take(desk);
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
	entry->text.limit = ENDPOINT_TEXT_OCTETS;
	entry->text.budget = &desk->budget;
	return entry;
}

const struct endpoint_view *endpoint_view(const struct endpoint_entry *entry, uint16_t vantage)
{
	for (const struct endpoint_view *view = entry->views; view; view = view->next) {
		if (view->vantage == vantage) {
			return view;
		}
	}
	return NULL;
}

static struct endpoint_view *view_make(struct endpoint_entry *entry, uint16_t vantage)
{
	struct endpoint_view **at = &entry->views;

	while (*at && (*at)->vantage < vantage) {
		at = &(*at)->next;
	}
	if (!*at || (*at)->vantage != vantage) {
		struct endpoint_view *view = arena_take(&entry->text, sizeof(*view));

		if (!view) {
			return NULL;
		}
		view->vantage = vantage;
		view->next = *at;
		*at = view;
	}
	return *at;
}

void endpoint_side(struct desk *desk, struct endpoint_entry *entry, uint16_t vantage,
    const char *side, enum endpoint_weight weight, const char *because, ...)
{
	struct endpoint_view *view;
	const char *declared = desk->config.declared[vantage];
	char text[256];
	va_list arguments;

	if (!entry || !(view = view_make(entry, vantage)) || view->weight >= (unsigned)weight) {
		return;
	}
	if (declared) {
		view->weight = WEIGHT_DECLARED;
		view->side = declared;
		view->because =
		    arena_format(&entry->text, "the capture was named \"%s\"", declared);
		return;
	}
	va_start(arguments, because);
	(void)vsnprintf(text, sizeof(text), because, arguments);
	va_end(arguments);
	view->weight = weight;
	view->side = side;
	view->because = arena_text(&entry->text, text_of(text));
}

static void user_agent_note(struct endpoint_entry *entry, struct text user_agent)
{
	if (user_agent.length == 0) {
		return;
	}
	for (unsigned i = 0; i < entry->user_agent_count; i++) {
		if (text_equal(user_agent, text_of(entry->user_agents[i]))) {
			return;
		}
	}
	if (entry->user_agent_count < ENDPOINT_AGENTS_MAX) {
		entry->user_agents[entry->user_agent_count++] =
		    arena_text(&entry->text, user_agent);
	}
}

bool endpoint_knows(const struct endpoint_entry *entry, const struct address *outside)
{
	for (unsigned i = 0; i < entry->mapping_count; i++) {
		if (!entry->mappings[i].relayed &&
		    address_equal(&entry->mappings[i].address.address, outside)) {
			return true;
		}
	}
	return false;
}

/* What the sender of a request wrote in its own Via, against where the packet came from. */
static void learn_from_request(struct desk *desk, struct endpoint_entry *sender,
    const struct sip_message *m, const struct signal *signal)
{
	struct address via;
	char claimed[ADDRESS_TEXT_MAX], seen[ADDRESS_TEXT_MAX];
	bool seen_private = address_is_unroutable(&signal->src.address);

	if (m->via_count != 1 || !address_parse(&via, m->via.sent_by.name)) {
		return; /* a proxy's request, or a host name: nothing to compare */
	}
	address_format(&via, claimed);
	address_format(&signal->src.address, seen);
	if (address_equal(&via, &signal->src.address)) {
		endpoint_side(desk, sender, signal->vantage, seen_private ? "lan" : "unknown",
		    WEIGHT_VIA,
		    "its packets come from %s, the %s address that its own Via names "
		    "(frame %u)",
		    seen, address_class_name(address_class(&via)), signal->frame);
	} else if (address_is_unroutable(&via) && !seen_private) {
		endpoint_side(desk, sender, signal->vantage, "wan", WEIGHT_VIA,
		    "its Via names the %s address %s, its packets come from %s (frame %u)",
		    address_class_name(address_class(&via)), claimed, seen, signal->frame);
		sender->routes = sender->translated = true;
	} else if (seen_private && endpoint_knows(sender, &via)) {
		endpoint_side(desk, sender, signal->vantage, "lan", WEIGHT_VIA,
		    "its packets come from %s, and its Via names %s, which it learned by STUN "
		    "(frame %u)",
		    seen, claimed, signal->frame);
	}
}

/* What the far end saw of the one that is answered (RFC 3581 section 4). */
static void learn_from_response(
    struct desk *desk, const struct sip_message *m, const struct signal *signal)
{
	struct endpoint_entry *receiver;
	struct address received;
	char text[ADDRESS_TEXT_MAX];

	if (m->via_count != 1 || !address_parse(&received, m->via.received) ||
	    !address_is_unroutable(&signal->dst.address) || address_is_unroutable(&received)) {
		return;
	}
	receiver = endpoint_entry(desk, &signal->dst.address);
	endpoint_side(desk, receiver, signal->vantage, "lan", WEIGHT_RECEIVED,
	    "the far end answered it as %s (received, frame %u)", address_format(&received, text),
	    signal->frame);
	if (receiver) {
		receiver->translated = true;
	}
}

static void mapping_keep(struct endpoint_entry *entry, const struct endpoint_mapping *mapping)
{
	if (!entry->mappings) {
		entry->mappings =
		    arena_take(&entry->text, sizeof(*entry->mappings) * ENDPOINT_MAPPINGS_MAX);
	}
	for (unsigned i = 0; i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->mappings[i];

		if (endpoint_equal(&m->local, &mapping->local) &&
		    endpoint_equal(&m->address, &mapping->address) &&
		    m->relayed == mapping->relayed) {
			return;
		}
	}
	if (entry->mappings && entry->mapping_count < ENDPOINT_MAPPINGS_MAX) {
		entry->mappings[entry->mapping_count++] = *mapping;
	}
}

void endpoint_learn(struct desk *desk, uint16_t vantage, const struct endpoint_mapping *mapping)
{
	struct endpoint_entry *entry = endpoint_entry(desk, &mapping->local.address);
	struct endpoint_entry *server = endpoint_entry(desk, &mapping->server.address);
	bool inside = address_is_unroutable(&mapping->local.address);
	char text[ENDPOINT_TEXT_MAX];

	if (!entry) {
		return;
	}
	mapping_keep(entry, mapping);
	if (mapping->relayed) {
		if (server) {
			server->relays = true;
		}
	} else if (inside && !address_is_unroutable(&mapping->address.address)) {
		entry->translated = true;
		endpoint_side(desk, entry, vantage, "lan", WEIGHT_RECEIVED,
		    "a STUN answer told it that it is %s outside (frame %u)",
		    endpoint_format(&mapping->address, text), mapping->proof.frame);
	} else if (!inside && address_equal(&mapping->local.address, &mapping->address.address)) {
		entry->untranslated = true;
	}
}

void endpoint_message(struct desk *desk, const struct sip_message *m, const struct signal *signal)
{
	struct endpoint_entry *sender = endpoint_entry(desk, &signal->src.address);
	struct endpoint_entry *receiver = endpoint_entry(desk, &signal->dst.address);

	if (!sender || !receiver) {
		return;
	}
	user_agent_note(sender, m->user_agent);
	if (m->request) {
		sender->registers |= m->method == SIP_REGISTER && m->via_count == 1;
		sender->calls |= m->method == SIP_INVITE && m->via_count == 1;
		receiver->serves |= m->method == SIP_REGISTER;
		learn_from_request(desk, sender, m, signal);
	} else {
		learn_from_response(desk, m, signal);
	}
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
	if (!entry->relays && entry->stun.answers) {
		return "server";
	}
	if (entry->relays) {
		return "media";
	}
	return entry->media ? "media" : "other";
}
