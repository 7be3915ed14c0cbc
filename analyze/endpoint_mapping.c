/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What answers of STUN and TURN told endpoints of their addresses.
 */
#include "endpoint.h"
#include "sip_transaction.h"

bool endpoint_knows(const struct endpoint_entry *entry, const struct address *outside)
{
	for (unsigned i = 0; i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->rare->mappings[i];

		if (!m->relayed && address_equal(&m->address.address, outside)) {
			return true;
		}
	}
	return false;
}

/*
 * A place for one mapping more, or NULL. The one learned first gives its own, unless it may have to
 * be held against others of its time, as detect_nat_mapping.c does.
 */
static struct endpoint_mapping *mapping_make(
    struct desk *desk, struct endpoint_entry *entry, int64_t now_ns)
{
	int64_t together_ns = threshold_ns(desk->config.thresholds.nat_together_s);
	struct endpoint_mapping *mappings = entry->rare->mappings;

	if (!mappings) {
		return NULL;
	}
	if (entry->mapping_count < ENDPOINT_MAPPINGS_MAX) {
		return &mappings[entry->mapping_count++];
	}
	desk->evictions.mappings++;
	if (elapsed_ns(mappings[0].proof.time_ns, now_ns) <= 2 * together_ns) {
		return NULL;
	}
	memmove(&mappings[0], &mappings[1], sizeof(mappings[0]) * (ENDPOINT_MAPPINGS_MAX - 1));
	return &mappings[ENDPOINT_MAPPINGS_MAX - 1];
}

static void mapping_keep(
    struct desk *desk, struct endpoint_entry *entry, const struct endpoint_mapping *mapping)
{
	struct endpoint_rare *rare = endpoint_rare(desk, entry);
	struct endpoint_mapping *place;

	if (!rare) {
		return;
	}
	if (!rare->mappings) {
		rare->mappings =
		    arena_take(&rare->text, sizeof(*rare->mappings) * ENDPOINT_MAPPINGS_MAX);
	}
	for (unsigned i = 0; i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &rare->mappings[i];

		if (endpoint_equal(&m->local, &mapping->local) &&
		    endpoint_equal(&m->address, &mapping->address) &&
		    m->relayed == mapping->relayed) {
			return;
		}
	}
	place = mapping_make(desk, entry, mapping->proof.time_ns);
	if (place) {
		*place = *mapping;
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
	mapping_keep(desk, entry, mapping);
	endpoint_told(endpoint_view_make(desk, entry, vantage), mapping->proof.time_ns);
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
