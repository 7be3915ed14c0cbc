/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>

#include "endpoint.h"
#include "flow.h"
#include "report.h"
#include "report_text.h"

static const char *nat_of(const struct endpoint_entry *entry)
{
	if (entry->translated_twice) {
		return "behind-two";
	}
	if (entry->translated) {
		return "behind-nat";
	}
	if (entry->untranslated) {
		return "none";
	}
	return "unknown";
}

static void mappings_fill(const struct desk *desk, struct arena *arena,
    const struct endpoint_entry *entry, struct tp_endpoint *out)
{
	struct tp_mapping *list = arena_take(arena, sizeof(*list) * entry->mapping_count);

	for (unsigned i = 0; list && i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->rare->mappings[i];

		list[i] = (struct tp_mapping){
		    .local = report_endpoint_text(arena, &m->local),
		    .address = report_endpoint_text(arena, &m->address),
		    .server = report_endpoint_text(arena, &m->server),
		    .relayed = m->relayed,
		    .capture = desk->config.captures[m->proof.capture],
		    .frame = m->proof.frame,
		    .time_ns = m->proof.time_ns,
		};
		out->mapping_count++;
	}
	out->mappings = list;
}

static const struct tp_stun_server *stun_of(struct arena *arena, const struct endpoint_entry *entry)
{
	const struct stun_tally *t = endpoint_stun(entry);
	struct tp_stun_server *out = t && t->requests ? arena_take(arena, sizeof(*out)) : NULL;

	if (out) {
		*out = (struct tp_stun_server){
		    .requests = t->requests,
		    .retransmissions = t->retransmissions,
		    .answers = t->answers,
		    .errors = t->errors,
		    .unanswered = t->unanswered,
		    .round_trip_ms = t->round_trips
					 ? report_ms(t->round_trip_sum_ns) / t->round_trips
					 : (double)NAN,
		};
	}
	return out;
}

static struct tp_endpoint endpoint_record(
    const struct desk *desk, struct arena *arena, uint32_t number)
{
	const struct endpoint_entry *entry = pool_at(&desk->endpoints, number);
	const char **agents = arena_take(arena, sizeof(*agents) * ENDPOINT_AGENTS_MAX);
	struct tp_endpoint_vantage *views;
	char text[ADDRESS_TEXT_MAX];
	struct tp_endpoint out = {
	    .id = report_id(arena, 'e', number + 1),
	    .address = arena_text(arena, text_of(address_format(&entry->address, text))),
	    .role = endpoint_role(entry),
	    .user_agents = agents,
	    .user_agent_count = agents ? endpoint_user_agents(entry, agents) : 0,
	    .nat = nat_of(entry),
	    .stun = stun_of(arena, entry),
	};

	mappings_fill(desk, arena, entry, &out);
	for (const struct endpoint_view *v = entry->views; v; v = v->next) {
		out.vantage_count += v->weight > 0;
	}
	views = arena_take(arena, sizeof(*views) * out.vantage_count);
	out.vantages = views;
	for (const struct endpoint_view *v = entry->views; views && v; v = v->next) {
		if (v->weight == 0) {
			continue; /* nothing was learned of its side */
		}
		*views++ = (struct tp_endpoint_vantage){
		    .vantage = desk->config.vantages[v->vantage],
		    .side = v->side,
		    .because = endpoint_because(entry, v, arena),
		};
	}
	return out;
}

void report_each_endpoint(struct desk *desk, tp_endpoint_visitor *visit, void *context)
{
	struct arena arena = {.limit = REPORT_SCRATCH_OCTETS};

	for (uint32_t i = 0; i < desk->endpoints.used; i++) {
		const struct endpoint_entry *entry = pool_at(&desk->endpoints, i);
		struct tp_endpoint record;

		if (entry->known) {
			arena_expect(&arena, REPORT_USUAL_OCTETS);
			record = endpoint_record(desk, &arena, i);
			visit(context, &record);
			arena_reset(&arena);
		}
	}
	arena_free(&arena);
}
