/* SPDX-License-Identifier: Apache-2.0 */
/* What is kept of a call's messages is read as it stood there, whatever else shares its words. */
#include "trace.h"

#include "desk_sip.h"
#include "sighting.h"

enum { OCTETS_MAX = 1 << 16 };

DESK_SIP_SUITE(traces);

static uint32_t frames;

/* A message, and between whom it goes. */
struct sample {
	const char *src, *dst, *octets;
	size_t length; /* 0: up to the NUL */
};

#define FROM_TO "From: <sip:alice@example.com>;tag=1\r\nTo: <sip:bob@example.com>\r\n"
#define REQUEST(method, uri, via, branch, contact, call_id)                                        \
	method " " uri " SIP/2.0\r\nVia: SIP/2.0/UDP " via ";branch=z9hG4bK" branch "\r\n" FROM_TO \
	       "Call-ID: " call_id "\r\nCSeq: 1 " method "\r\nContact: " contact                   \
	       "\r\nUser-Agent: phone\r\n"
#define RESPONSE(status, via, branch, contact, call_id)                                       \
	"SIP/2.0 " status "\r\nVia: SIP/2.0/UDP " via ";branch=z9hG4bK" branch "\r\n" FROM_TO \
	"Call-ID: " call_id "\r\nCSeq: 1 INVITE\r\nContact: " contact "\r\n"
#define PHONE  "192.0.2.10", "198.51.100.1"
#define SERVER "198.51.100.1", "192.0.2.10"
#define SDP(length, address, port)                                              \
	"Content-Type: application/sdp\r\nContent-Length: " length              \
	"\r\n\r\nv=0\r\no=- 1 1 IN IP4 " address "\r\ns=-\r\nc=IN IP4 " address \
	"\r\nt=0 0\r\nm=audio " port " RTP/AVP 0\r\n"
#define NO_BODY "Content-Length: 0\r\n\r\n"

static const struct sample samples[] = {
    {PHONE,
	REQUEST("INVITE", "sip:bob@example.com", "192.0.2.10:5060", "1",
	    "<sip:alice@192.0.2.10:5060>", "a@192.0.2.10") SDP("90", "192.0.2.10", "16384"),
	0},
    {SERVER,
	RESPONSE("180 Ringing", "192.0.2.10:5060;received=192.0.2.10;rport=5060", "1",
	    "<sip:bob@198.51.100.1>", "a@192.0.2.10") NO_BODY,
	0},
    {SERVER,
	RESPONSE("200 OK", "192.0.2.10:5060;received=192.0.2.10;rport=5060", "1",
	    "<sip:bob@198.51.100.1>", "a@192.0.2.10") SDP("94", "198.51.100.1", "20000"),
	0},
    {PHONE,
	REQUEST("ACK", "sip:bob@198.51.100.1", "192.0.2.10:5060", "2",
	    "<sip:alice@192.0.2.10:5060>", "a@192.0.2.10") NO_BODY,
	0},
    {PHONE,
	REQUEST("OPTIONS", "sip:bob@example.com:50", "192.0.2.10", "3",
	    "<sip:alice@192.0.2.10>, <sip:alice@192.0.2.11:5060>", "a@192.0.2.101") NO_BODY,
	0},
    {PHONE, REQUEST("MESSAGE", "tel:1", "92.0.2.10:5060", "4", "*", "\xff\xfe") NO_BODY, 0},
    {PHONE, REQUEST("INFO", "sip:b@0", "0", "5", "<sip:1>", "\xc3\xa9") NO_BODY, 0},
    {"2001:db8::1", "198.51.100.1",
	REQUEST("INVITE", "sip:bob@example.com", "[2001:db8::1]:5060", "6",
	    "<sip:alice@[2001:db8::1]>;+sip.instance=\"<urn:uuid:1>\"", "a@192.0.2.10")
	    SDP("90", "192.0.2.10", "16384"),
	0},
};

enum { SAMPLES = sizeof(samples) / sizeof(samples[0]) };

/* What a message says, for trace_add() and to compare with. */
struct parsed {
	struct sip_message m;
	struct sdp sdp;
	const struct sdp *body;
	struct message_keys keys;
	struct signal *signal;
};

static void parse(struct parsed *out, const struct sample *sample, double at_s)
{
	static uint64_t room[(sizeof(struct signal) + OCTETS_MAX) / sizeof(uint64_t)];
	struct signal *signal = (struct signal *)(void *)room;
	size_t length = sample->length ? sample->length : strlen(sample->octets);
	struct bytes description;

	cr_assert_leq(length, OCTETS_MAX);
	memset(signal, 0, sizeof(*signal));
	memcpy(signal->octets, sample->octets, length);
	signal->frame = ++frames;
	signal->time_ns = desk_sip_begin_ns + (int64_t)(at_s * 1e9);
	signal->transport = SIGNAL_UDP;
	signal->src.port = signal->dst.port = 5060;
	signal->ttl = 57;
	signal->length = (uint32_t)length;
	cr_assert(address_parse(&signal->src.address, text_of(sample->src)));
	cr_assert(address_parse(&signal->dst.address, text_of(sample->dst)));
	cr_assert_eq(sip_parse(&out->m, bytes_of(signal->octets, length)), DISSECT_OK);
	out->body = NULL;
	if (sip_body_find(&out->m, TEXT("application/sdp"), &description) &&
	    sdp_parse(&out->sdp, description) == DISSECT_OK) {
		out->body = &out->sdp;
	}
	out->keys = message_keys_of(desk->key, &out->m);
	out->signal = signal;
}

static enum sighting_kind add(struct call *call, const struct sample *sample, double at_s)
{
	struct parsed p;

	parse(&p, sample, at_s);
	return trace_add(desk, call, &p.keys, &p.m, p.body, p.signal, false);
}

/* Does the sighting say what the message does, and nothing else? */
static void expect_read(const struct sighting *s, const struct sample *sample, double at_s)
{
	static char room[OCTETS_MAX * UTF8_GROWTH];
	static struct parsed p;
	struct facts facts;
	uint32_t frame = frames;

	parse(&p, sample, at_s);
	frames = frame;
	facts_gather(&facts, &p.m, p.body, &(struct facts_known){0});
	(void)facts_clean(&facts, room, sizeof(room));
	cr_assert_not_null(s);
	cr_expect_eq(s->time_ns, p.signal->time_ns);
	cr_expect(endpoint_equal(&s->src, &p.signal->src));
	cr_expect(endpoint_equal(&s->dst, &p.signal->dst));
	cr_expect_eq(s->ttl, 57);
	cr_expect_eq(s->cseq, p.m.cseq);
	cr_expect_eq(s->method, p.m.method);
	cr_expect_eq(s->status, p.m.status);
	cr_expect_eq(s->request, p.m.request);
	cr_expect_eq(s->body_octets, p.m.body_octets);
	cr_expect_eq((uint32_t)(s->transaction >> 32), (uint32_t)p.keys.transaction);
	cr_assert_eq(s->fact_count, facts.count);
	for (unsigned i = 0; i < facts.count; i++) {
		const struct value *v = &facts.values[i];
		char digits[TEXT_NUMBER_MAX];
		struct text value = v->text;

		if (fact_is_port(v->field)) {
			value.at = digits;
			value.length = (size_t)(text_put_number(digits, v->port) - digits);
		}
		cr_expect_eq(s->facts[i].field, v->field);
		cr_expect_eq(s->facts[i].index, v->index);
		cr_expect_eq(s->facts[i].length, value.length);
		cr_expect(text_equal(text_of(s->facts[i].value), value), "%s is not %.*s",
		    s->facts[i].value, (int)value.length, value.at);
	}
}

/* A call that says itself what most of its messages say; or one that knows nothing yet. */
static struct call call_of(uint64_t birth, bool knows)
{
	static const char nothing[CALL_NAMES];
	struct call call = {
	    .birth = birth, .user_agent = "phone", .user_agent_count = 1, .names = nothing};

	if (knows) {
		call.call_id_hash = hash_text(desk->key, TEXT("a@192.0.2.10"));
		call.names = "a@192.0.2.10\0"
			     "1\0"
			     "sip:alice@example.com\0"
			     "sip:bob@example.com";
		call.alias_count = 1;
		call.first_ns = desk_sip_begin_ns;
	}
	return call;
}

/* Each behind each two others, one of which may be itself. */
Test(traces, are_read_as_they_were_written_beside_others)
{
	for (unsigned k = 0; k < 2 * SAMPLES * SAMPLES * SAMPLES; k++) {
		unsigned which[] = {
		    k / 2 % SAMPLES, k / 2 / SAMPLES % SAMPLES, k / 2 / SAMPLES / SAMPLES};
		struct call call = call_of(k + 1, k % 2 > 0);
		const struct sighting *s;
		size_t held = desk->slab.held;
		unsigned kept[3], count = 0;

		for (unsigned i = 0; i < 3; i++) {
			if (add(&call, &samples[which[i]], i) == SIGHTING_NEW) {
				kept[count++] = i;
			}
		}
		s = sightings_of(desk, &call);
		for (unsigned i = 0; i < count; i++, s = s->next) {
			expect_read(s, &samples[which[kept[i]]], kept[i]);
		}
		cr_expect_null(s);
		traces_forget(desk, &call);
		cr_expect_eq(desk->slab.held, held, "all is given back");
	}
}

/* The same words at the same place are one sighting; elsewhere, or changed, they are another. */
Test(traces, of_one_message_are_copies_or_alike)
{
	static const struct sample elsewhere = {"192.0.2.10", "198.51.100.2",
	    REQUEST("INVITE", "sip:bob@example.com", "192.0.2.10:5060", "1",
		"<sip:alice@192.0.2.10:5060>", "a@192.0.2.10") SDP("90", "192.0.2.10", "16384"),
	    0};
	static const struct sample changed = {PHONE,
	    REQUEST("INVITE", "sip:bob@example.com", "192.0.2.10:5060", "1",
		"<sip:alice@192.0.2.99:5060>", "a@192.0.2.10") SDP("90", "192.0.2.10", "16384"),
	    0};
	struct call call = call_of(1, false);
	const struct sighting *s;

	for (unsigned i = 0; i < SAMPLES; i++) {
		cr_expect_eq(add(&call, &samples[i], i), SIGHTING_NEW);
	}
	for (unsigned i = 0; i < SAMPLES; i++) {
		cr_expect_eq(add(&call, &samples[i], 20 + i), SIGHTING_AGAIN, "%u", i);
	}
	cr_expect_eq(add(&call, &elsewhere, 40), SIGHTING_NEW);
	cr_expect_eq(add(&call, &changed, 41), SIGHTING_NEW);
	cr_expect_eq(call.traces.count, SAMPLES + 2);
	s = sightings_of(desk, &call);
	cr_expect_eq(s->copies, 1);
	cr_assert_not_null(s->next_alike);
	expect_read(s->next_alike, &elsewhere, 40);
	cr_expect(s->next_alike->first_here);
	cr_assert_not_null(s->next_alike->next_alike);
	expect_read(s->next_alike->next_alike, &changed, 41);
	cr_expect(!s->next_alike->next_alike->first_here);
	traces_forget(desk, &call);
}

/* INVITE, 180, 200, ACK, BYE, 200: what docs/architecture.md says of a sound call. */
Test(traces, of_a_sound_call_take_little)
{
	static const struct sample bye = {PHONE,
	    REQUEST("BYE", "sip:bob@198.51.100.1", "192.0.2.10:5060", "7",
		"<sip:alice@192.0.2.10:5060>", "a@192.0.2.10") NO_BODY,
	    0};
	static const struct sample gone = {SERVER,
	    RESPONSE("200 OK", "192.0.2.10:5060;received=192.0.2.10;rport=5060", "7",
		"<sip:bob@198.51.100.1>", "a@192.0.2.10") NO_BODY,
	    0};
	struct call call = call_of(1, true);
	size_t held = desk->slab.held;

	for (unsigned i = 0; i < 4; i++) {
		cr_expect_eq(add(&call, &samples[i], i), SIGHTING_NEW);
	}
	cr_expect_eq(add(&call, &bye, 5), SIGHTING_NEW);
	cr_expect_eq(add(&call, &gone, 6), SIGHTING_NEW);
	cr_expect_eq(call.traces.extras, 0);
	cr_expect_leq(desk->slab.held - held, 392, "%zu octets", desk->slab.held - held);
	traces_forget(desk, &call);
}

/*
 * A phone that calls itself: one text may stand for From and To. Later both are known to be the
 * call's own, and the message is still the same.
 */
Test(traces, of_one_message_are_copies_whatever_their_texts_share)
{
	static const struct sample self = {PHONE,
	    "INVITE sip:a@192.0.2.10 SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n"
	    "From: <sip:a@192.0.2.10>;tag=1\r\nTo: <sip:a@192.0.2.10>\r\n"
	    "Call-ID: a@192.0.2.10\r\nCSeq: 1 INVITE\r\n\r\n",
	    0};
	struct call call = call_of(1, true);

	call.names = "a@192.0.2.10\0"
		     "1\0"
		     "sip:a@192.0.2.10\0"
		     "sip:a@192.0.2.10";
	cr_expect_eq(add(&call, &self, 0), SIGHTING_NEW);
	cr_expect(call.traces.from_is_place);
	cr_expect_eq(add(&call, &self, 1), SIGHTING_AGAIN);
	expect_read(sightings_of(desk, &call), &self, 0);
	traces_forget(desk, &call);
}

/* Times are kept as differences: before the call's first message too, and very far from it. */
Test(traces, keep_any_time)
{
	static const double times_s[] = {0, -3600.5, 1e-9, -1e-9, 7e9, -1.6e9};
	struct call call = call_of(1, true);

	for (unsigned i = 0; i < sizeof(times_s) / sizeof(times_s[0]); i++) {
		const struct sighting *s;

		cr_expect_eq(add(&call, &samples[i], times_s[i]), SIGHTING_NEW);
		s = sightings_of(desk, &call);
		while (s->next) {
			s = s->next;
		}
		expect_read(s, &samples[i], times_s[i]);
	}
	traces_forget(desk, &call);
}

/* A call's messages have a bound; what is beyond is counted, and the others stay as they are. */
Test(traces, have_a_bound)
{
	static char texts[CALL_SIGHTINGS_MAX + 8][1200];
	static struct sample many[CALL_SIGHTINGS_MAX + 8];
	struct call call = call_of(1, false);
	const struct sighting *s;
	size_t held = desk->slab.held;
	uint32_t kept;

	for (unsigned i = 0; i < CALL_SIGHTINGS_MAX + 8; i++) {
		(void)snprintf(texts[i], sizeof(texts[i]),
		    "INFO sip:%0*u@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch="
		    "z9hG4bK%u\r\n" FROM_TO "Call-ID: a\r\nCSeq: %u INFO\r\n\r\n",
		    (int)(i % 3 * 450 + 1), i, i, i + 1);
		many[i] = (struct sample){PHONE, texts[i], 0};
		(void)add(&call, &many[i], i);
	}
	kept = call.traces.count;
	cr_expect_leq(call.traces.sheets.octets, SHEETS_OCTETS_MAX);
	cr_expect_eq(desk->evictions.sightings, CALL_SIGHTINGS_MAX + 8 - kept);
	cr_expect_eq(kept, CALL_SIGHTINGS_MAX);
	s = sightings_of(desk, &call);
	for (unsigned i = 0; i < kept; i++, s = s->next) {
		expect_read(s, &many[i], i);
	}
	cr_expect_null(s);
	traces_forget(desk, &call);
	cr_expect_eq(desk->slab.held, held);
}

/* What is too long is left out, and then nothing is said to be absent. */
Test(traces, leave_out_what_is_too_long)
{
	static char text[FACT_OCTETS_MAX * 2];
	struct sample sample = {PHONE, text, 0};
	struct call call = call_of(1, false);
	const struct sighting *s;

	(void)snprintf(text, sizeof(text),
	    "INFO sip:b@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10;branch=z9hG4bK1\r\n"
	    "From: <sip:%0*u@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\nCall-ID: a\r\n"
	    "CSeq: 1 INFO\r\n\r\n",
	    FACT_OCTETS_MAX, 1);
	cr_expect_eq(add(&call, &sample, 0), SIGHTING_NEW);
	s = sightings_of(desk, &call);
	cr_expect_null(fact_value(s, FACT_FROM));
	cr_expect_str_eq(fact_value(s, FACT_TO), "b@example.com");
	cr_expect(!s->whole);
	traces_forget(desk, &call);
}
