/* SPDX-License-Identifier: Apache-2.0 */
#include "facts.h"

#include "sip_plain.h"

static inline void fact_add(
    struct facts *out, enum fact_field field, unsigned index, struct text text)
{
	struct value *value;

	if (text.length - 1 >= FACT_OCTETS_MAX || out->count == FACTS_MAX) {
		out->lost |= text.length > FACT_OCTETS_MAX && out->count < FACTS_MAX;
		return;
	}
	value = &out->values[out->count++];
	value->text = text;
	value->field = (uint8_t)field;
	value->index = (uint8_t)index;
	value->known = false;
}

static inline void fact_add_known(struct facts *out, enum fact_field field, struct text text)
{
	unsigned count = out->count;

	fact_add(out, field, 0, text);
	if (out->count > count) {
		out->values[count].known = true;
	}
}

bool facts_clean(struct facts *facts, char *room, size_t room_octets)
{
	unsigned head = facts->head, count = facts->count;
	bool changed = false;

	if (facts->clean) {
		return false;
	}
	facts->clean = true;
	facts->head = facts->count = 0;
	for (unsigned i = 0; i < count; i++) {
		struct value value = facts->values[i];
		char *end;

		if (!utf8_is_plain(value.text)) {
			changed = true;
			if (value.text.length * UTF8_GROWTH > room_octets) {
				facts->lost = true;
				continue;
			}
			end = utf8_put(room, value.text);
			value.text = (struct text){room, (size_t)(end - room)};
			room_octets -= value.text.length;
			room = end;
		}
		facts->values[facts->count++] = value;
		facts->head += i < head;
	}
	return changed;
}

/* --- what the facts are --- */

static void fact_port(struct facts *out, enum fact_field field, unsigned index, uint16_t port)
{
	if (out->count < FACTS_MAX) {
		out->values[out->count++] =
		    (struct value){.port = port, .field = (uint8_t)field, .index = (uint8_t)index};
	}
}

/* Host and port as they are written: an implicit port made explicit is a change. */
static inline struct text host_text(const struct sip_host *host)
{
	size_t length = host->name.length;

	if (host->port) {
		while (!text_is_digit(host->name.at[length])) {
			length++;
		}
		while (text_is_digit(host->name.at[length])) {
			length++;
		}
	}
	return (struct text){host->name.at, length};
}

/* user@host:port of a URI, without scheme, password and parameters. */
static inline void fact_uri(
    struct facts *out, enum fact_field field, unsigned index, const struct sip_uri *uri)
{
	struct text host;

	if (uri->host.name.length == 0) {
		return;
	}
	host = host_text(&uri->host);
	if (uri->user.length) {
		host = (struct text){uri->user.at, (size_t)(host.at + host.length - uri->user.at)};
	}
	fact_add(out, field, index, host);
}

/* Of a URI that is not plain. */
__attribute__((noinline)) static void fact_address_other(struct facts *out, enum fact_field field,
    unsigned index, const struct sip_message *m, const struct sip_address *address)
{
	struct sip_uri uri = sip_uri_of(m, address);

	fact_uri(out, field, index, &uri);
}

/* Of nearly all there is no need to take the URI apart. */
static void fact_address(struct facts *out, enum fact_field field, unsigned index,
    const struct sip_message *m, const struct sip_address *address)
{
	struct text place;

	if (sip_plain_place(&place, address->uri, m->end)) {
		fact_add(out, field, index, place);
	} else {
		fact_address_other(out, field, index, m, address);
	}
}

static void via_facts(struct facts *out, const struct sip_message *m)
{
	if (m->via.sent_by.name.length) {
		fact_add(out, FACT_VIA_SENT_BY, 0, host_text(&m->via.sent_by));
	}
	fact_add(out, FACT_VIA_RECEIVED, 0, m->via.received);
	if (m->via.rport) {
		fact_port(out, FACT_VIA_RPORT, 0, m->via.rport);
	}
	fact_add(out, FACT_VIA_MADDR, 0, m->via.maddr);
}

/* From, To. known: where its place is; 0: that is not known. */
static void party_fact(struct facts *out, enum fact_field field, const struct sip_message *m,
    const struct sip_address *address, unsigned known)
{
	if (known) {
		fact_add_known(out, field, text_from(address->uri, known));
	} else {
		fact_address(out, field, 0, m, address);
	}
}

static void sip_facts(
    struct facts *out, const struct sip_message *m, const struct facts_known *known)
{
	if (m->request) {
		fact_uri(out, FACT_REQUEST_URI, 0, &m->target);
	}
	via_facts(out, m);
	for (unsigned i = 0; i < m->contact_count; i++) {
		fact_address(out, FACT_CONTACT, i, m, &m->contacts[i]);
		fact_add(out, FACT_INSTANCE, i, m->contacts[i].instance);
	}
	party_fact(out, FACT_FROM, m, &m->from, known->from);
	party_fact(out, FACT_TO, m, &m->to, known->to);
	if (known->call_id) {
		fact_add_known(out, FACT_CALL_ID, m->call_id);
	} else {
		fact_add(out, FACT_CALL_ID, 0, m->call_id);
	}
}

/* "1 1 UDP 2130706431 192.0.2.1 4000 typ host": address and port are what routers rewrite. */
static struct text candidate_address(struct text candidate)
{
	struct text address, port;

	for (int i = 0; i < 4; i++) {
		(void)text_word(&candidate);
	}
	address = text_word(&candidate);
	port = text_word(&candidate);
	return port.length ? (struct text){address.at, (size_t)(port.at + port.length - address.at)}
			   : TEXT_NONE;
}

static void sdp_facts(struct facts *out, const struct sdp *sdp)
{
	unsigned candidates = 0;

	fact_add(out, FACT_SDP_ORIGIN, 0, sdp->origin);
	fact_add(out, FACT_SDP_CONNECTION, 0, sdp->connection);
	for (unsigned i = 0; i < sdp->media_count; i++) {
		const struct sdp_media *media = &sdp->media[i];

		if (media->connection.at != sdp->connection.at) {
			fact_add(out, FACT_SDP_MEDIA_CONNECTION, i, media->connection);
		}
		fact_port(out, FACT_SDP_PORT, i, media->port);
		fact_add(out, FACT_SDP_RTCP, i, media->rtcp);
		for (unsigned c = 0; c < media->candidate_count; c++) {
			fact_add(out, FACT_SDP_CANDIDATE, candidates++,
			    candidate_address(media->candidates[c]));
		}
	}
}

void facts_gather(struct facts *out, const struct sip_message *m, const struct sdp *sdp,
    const struct facts_known *known)
{
	out->head = out->count = 0;
	out->lost = out->clean = false;
	sip_facts(out, m, known);
	out->head = out->count;
	if (sdp) {
		sdp_facts(out, sdp);
	}
}
