/* SPDX-License-Identifier: Apache-2.0 */
#include "sighting.h"

#include "pool.h"
#include "trace.h"

enum { NAME_OCTETS = 24 /* "200 to SUBSCRIBE" */, PORT_OCTETS = 6 };

/* The call that is open. */
struct sightings {
	uint64_t birth;  /* of it; 0: none is */
	uint32_t traces; /* that it had */
	unsigned fact_count;
	struct sighting list[CALL_SIGHTINGS_MAX];
	struct fact facts[CALL_SIGHTINGS_MAX * FACTS_MAX];
	char ports[CALL_SIGHTINGS_MAX * FACTS_MAX][PORT_OCTETS]; /* of those that are ports */
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
	struct text method = text_of(method_name(trace->head.method));
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
	return trace->head.request ? method_name(trace->head.method) : response_name(out, trace);
}

static struct fact fact_read(struct sightings *open, const struct desk *desk,
    const struct call *call, const struct kept *kept)
{
	const char *value;

	if (fact_is_port(kept->field)) {
		char *digits = open->ports[open->fact_count];

		*text_put_number(digits, kept->position) = '\0';
		value = digits;
	} else {
		value = kept_value(desk, call, kept);
	}
	return (struct fact){value, (uint16_t)strlen(value), kept->field, kept->index};
}

static void facts_read(struct sightings *open, const struct desk *desk, const struct call *call,
    const uint8_t *at, unsigned count)
{
	while (count-- > 0) {
		struct kept kept;

		at = kept_read(&kept, at);
		open->facts[open->fact_count] = fact_read(open, desk, call, &kept);
		open->fact_count++;
	}
}

static struct sighting sighting_read(
    const struct call *call, const struct trace_walk *walk, const struct manner *manner)
{
	const struct trace *trace = &walk->trace;
	struct hop hop = trace_hop(walk, manner);

	return (struct sighting){
	    .transaction = (uint64_t)trace->transaction << 32 | trace->cseq,
	    .time_ns = trace->time_ns,
	    .user_agent =
		manner->head.agent ? call_user_agents(call)[manner->head.agent - 1] : NULL,
	    .src = hop.src,
	    .dst = hop.dst,
	    .octets_hash = trace->head.octets_hash,
	    .frame = trace->head.frame,
	    .cseq = trace->cseq,
	    .content_length = trace->body_octets,
	    .body_octets = trace->body_octets,
	    .capture = manner->head.capture,
	    .vantage = hop.vantage,
	    .status = trace->status,
	    .marks = manner->head.marks,
	    .method = trace->head.method,
	    .transport = manner->head.tcp ? SIGNAL_TCP : SIGNAL_UDP,
	    .dscp = manner->head.dscp,
	    .ttl = manner->head.ttl,
	    .via_count = manner->head.via_count,
	    .whole = trace->head.whole,
	    .cut = trace->head.cut,
	    .request = trace->head.request,
	    .relayed = manner->head.relayed,
	    .rport_asked = manner->head.rport_asked,
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
	struct trace_walk walk = traces_of(desk, call);

	open->fact_count = 0;
	for (unsigned i = 0; walk.found && i < CALL_SIGHTINGS_MAX; i++) {
		const struct trace *trace = &walk.trace;
		const struct manner manner = trace_manner(&walk);
		const struct trace_extra *extra = trace_extra(desk, call, trace);
		struct sighting *s = &open->list[i];

		*s = sighting_read(call, &walk, &manner);
		if (extra) {
			extra_read(s, extra);
		}
		s->name = name_read(open->names[i], trace, extra);
		s->facts = &open->facts[open->fact_count];
		facts_read(open, desk, call, manner_facts(&manner), manner.head.fact_count);
		facts_read(open, desk, call, trace->facts, trace->described);
		s->fact_count = (uint8_t)(&open->facts[open->fact_count] - s->facts);
		alike_append(s, trace->first_alike ? &open->list[trace->first_alike - 1] : s);
		trace_walk_on(&walk);
		s->next = walk.found ? s + 1 : NULL;
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

static void place_of(const struct trace_walk *walk, struct sighting_place *out)
{
	struct manner manner = trace_manner(walk);
	struct hop hop = trace_hop(walk, &manner);

	*out = (struct sighting_place){hop.vantage, hop.src, hop.dst};
}

bool sighting_place_first(
    const struct desk *desk, const struct call *call, struct sighting_place *out)
{
	struct trace_walk walk = traces_of(desk, call);

	if (walk.found) {
		place_of(&walk, out);
	}
	return call->traces.count > 0;
}

bool sighting_place_newest(
    const struct desk *desk, const struct call *call, struct sighting_place *out)
{
	for (struct trace_walk walk = traces_of(desk, call); walk.found; trace_walk_on(&walk)) {
		place_of(&walk, out);
	}
	return call->traces.count > 0;
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
		if (s->facts[i].field == field) {
			return s->facts[i].value;
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
		const struct fact *x = &a->facts[i], *y = &b->facts[i];

		if (x->field != y->field || x->index != y->index || x->length != y->length ||
		    (x->value != y->value && memcmp(x->value, y->value, x->length) != 0)) {
			return false;
		}
	}
	return true;
}
