/* SPDX-License-Identifier: Apache-2.0 */
#include "sighting.h"

#include "pool.h"
#include "trace.h"

enum { NAME_OCTETS = 24 /* "200 to SUBSCRIBE" */ };

/* The call that is open. */
struct sightings {
	uint64_t birth;  /* of it; 0: none is */
	uint32_t traces; /* that it had */
	struct sighting list[CALL_SIGHTINGS_MAX];
	const struct fact *facts[CALL_SIGHTINGS_MAX * FACTS_MAX];
	char names[CALL_SIGHTINGS_MAX][NAME_OCTETS];
};

struct sightings *sightings_new(void)
{
	return memory_reserve(sizeof(struct sightings));
}

void sightings_free(struct sightings *sightings)
{
	memory_release(sightings, sizeof(*sightings));
}

const char *fact_field_name(enum fact_field field)
{
	static const char *const names[FACT_FIELDS] = {
	    [FACT_REQUEST_URI] = "Request-URI",
	    [FACT_VIA_SENT_BY] = "Via sent-by",
	    [FACT_VIA_RECEIVED] = "Via received",
	    [FACT_VIA_RPORT] = "Via rport",
	    [FACT_VIA_MADDR] = "Via maddr",
	    [FACT_CONTACT] = "Contact",
	    [FACT_FROM] = "From",
	    [FACT_TO] = "To",
	    [FACT_CALL_ID] = "Call-ID",
	    [FACT_SDP_ORIGIN] = "SDP o=",
	    [FACT_SDP_CONNECTION] = "SDP c=",
	    [FACT_SDP_MEDIA_CONNECTION] = "SDP media c=",
	    [FACT_SDP_PORT] = "SDP m= port",
	    [FACT_SDP_RTCP] = "SDP a=rtcp",
	    [FACT_SDP_CANDIDATE] = "SDP a=candidate",
	    [FACT_INSTANCE] = "+sip.instance",
	};

	return names[field];
}

/* --- reading --- */

static const char *method_name(uint8_t method)
{
	static const char *const names[] = {
	    [SIP_METHOD_OTHER] = "",
	    [SIP_INVITE] = "INVITE",
	    [SIP_ACK] = "ACK",
	    [SIP_BYE] = "BYE",
	    [SIP_CANCEL] = "CANCEL",
	    [SIP_REGISTER] = "REGISTER",
	    [SIP_OPTIONS] = "OPTIONS",
	    [SIP_PRACK] = "PRACK",
	    [SIP_UPDATE] = "UPDATE",
	    [SIP_INFO] = "INFO",
	    [SIP_REFER] = "REFER",
	    [SIP_SUBSCRIBE] = "SUBSCRIBE",
	    [SIP_NOTIFY] = "NOTIFY",
	    [SIP_PUBLISH] = "PUBLISH",
	    [SIP_MESSAGE] = "MESSAGE",
	};

	return names[method];
}

/* A status has three digits. */
static const char *response_name(char out[NAME_OCTETS], const struct trace *trace)
{
	struct text method = text_of(method_name(trace->method));
	char *end = text_put_number(out, trace->status);

	memcpy(end, " to ", 4);
	memcpy(end + 4, method.at, method.length);
	end[4 + method.length] = '\0';
	return out;
}

static void extra_read(struct sighting *s, const struct trace_extra *extra)
{
	s->copies = extra->copies;
	s->content_length = extra->content_length;
	s->body_octets = extra->body_octets;
	s->defects = extra->defects;
	if (extra->agent_octets > 0) {
		s->user_agent = extra->texts + extra->name_octets;
	}
}

/* Of an unknown method it is kept as it stood there. */
static const char *name_read(
    char out[NAME_OCTETS], const struct trace *trace, const struct trace_extra *extra)
{
	if (extra && extra->name_octets > 0) {
		return extra->texts;
	}
	return trace->request ? method_name(trace->method) : response_name(out, trace);
}

static uint8_t facts_read(
    const struct desk *desk, const struct trace *trace, const struct fact **out)
{
	struct facts facts = trace_facts(desk, trace);
	uint8_t count = 0;

	for (unsigned kind = 0; kind < PART_KINDS; kind++) {
		const struct part *part = facts.of[kind];
		const struct fact *fact = part ? (const struct fact *)part->facts : NULL;

		for (unsigned i = 0; part && i < part->count; i++) {
			out[count++] = fact;
			fact = fact_next(fact);
		}
	}
	return count;
}

static struct sighting sighting_read(
    const struct desk *desk, const struct call *call, const struct trace *trace)
{
	struct hop hop = trace_hop(desk, trace);

	return (struct sighting){
	    .transaction = (uint64_t)trace->transaction << 32 | trace->cseq,
	    .time_ns = trace->time_ns,
	    .user_agent = trace->agent ? call_user_agents(call)[trace->agent - 1] : NULL,
	    .src = hop.src,
	    .dst = hop.dst,
	    .octets_hash = trace->octets_hash,
	    .frame = trace->frame,
	    .cseq = trace->cseq,
	    .content_length = trace->body_octets,
	    .body_octets = trace->body_octets,
	    .capture = trace->capture,
	    .vantage = hop.vantage,
	    .status = trace->status,
	    .marks = trace->marks,
	    .method = trace->method,
	    .transport = trace->tcp ? SIGNAL_TCP : SIGNAL_UDP,
	    .dscp = trace->dscp,
	    .ttl = trace->ttl,
	    .via_count = trace->via_count,
	    .whole = trace->whole,
	    .cut = trace->cut,
	    .request = trace->request,
	    .relayed = trace->relayed,
	    .rport_asked = trace->rport_asked,
	};
}

/* Behind the others of its message. */
static void alike_append(struct sighting *s, struct sighting *first)
{
	s->first_alike = first;
	s->first_here = true;
	for (struct sighting *t = first; t != s;) {
		s->first_here &= !sighting_same_place(t, s);
		if (!t->next_alike) {
			t->next_alike = s;
		}
		t = (struct sighting *)t->next_alike;
	}
}

static void call_open(struct sightings *open, const struct desk *desk, const struct call *call)
{
	const struct fact **facts = open->facts;
	uint32_t number = call->traces.first;

	for (unsigned i = 0; i < call->traces.count; i++) {
		const struct trace *trace = trace_at(desk, number);
		const struct trace_extra *extra = trace_extra(desk, call, trace);
		struct sighting *s = &open->list[i];

		*s = sighting_read(desk, call, trace);
		if (extra) {
			extra_read(s, extra);
		}
		s->name = name_read(open->names[i], trace, extra);
		s->facts = facts;
		s->fact_count = facts_read(desk, trace, facts);
		facts += s->fact_count;
		alike_append(s, trace->first_alike ? &open->list[trace->first_alike - 1] : s);
		number = trace->next;
		s->next = number ? s + 1 : NULL;
	}
	open->birth = call->birth;
	open->traces = call->traces.count;
}

const struct sighting *sightings_of(const struct desk *desk, const struct call *call)
{
	struct sightings *open = desk->sightings;

	if (call->traces.count == 0) {
		return NULL;
	}
	if (open->birth != call->birth || open->traces != call->traces.count) {
		call_open(open, desk, call);
	}
	return open->list;
}

/* --- places --- */

static bool place_of(const struct desk *desk, uint32_t number, struct sighting_place *out)
{
	const struct trace *trace = trace_at(desk, number);
	struct hop hop;

	if (!number) {
		return false;
	}
	hop = trace_hop(desk, trace);
	*out = (struct sighting_place){hop.vantage, hop.src, hop.dst};
	return true;
}

bool sighting_place_first(
    const struct desk *desk, const struct call *call, struct sighting_place *out)
{
	return place_of(desk, call->traces.first, out);
}

bool sighting_place_newest(
    const struct desk *desk, const struct call *call, struct sighting_place *out)
{
	return place_of(desk, call->traces.newest, out);
}

bool sighting_same_place(const struct sighting *a, const struct sighting *b)
{
	return a->vantage == b->vantage && endpoint_equal(&a->src, &b->src) &&
	       endpoint_equal(&a->dst, &b->dst);
}

unsigned sighting_places(const struct sighting *s, const struct sighting *out[SIGHTING_PLACES_MAX])
{
	unsigned count = 0;

	for (s = s->first_alike; s && count < SIGHTING_PLACES_MAX; s = s->next_alike) {
		if (s->first_here) {
			out[count++] = s;
		}
	}
	return count;
}

/* --- facts --- */

const char *fact_value(const struct sighting *s, enum fact_field field)
{
	for (unsigned i = 0; i < s->fact_count; i++) {
		if (s->facts[i]->field == field) {
			return s->facts[i]->value;
		}
	}
	return NULL;
}

bool sighting_says_the_same(const struct sighting *a, const struct sighting *b)
{
	if (a->fact_count != b->fact_count) {
		return false;
	}
	for (unsigned i = 0; i < a->fact_count; i++) {
		const struct fact *x = a->facts[i], *y = b->facts[i];

		if (x != y &&
		    (x->field != y->field || x->index != y->index || x->length != y->length ||
			memcmp(x->value, y->value, x->length) != 0)) {
			return false;
		}
	}
	return true;
}
