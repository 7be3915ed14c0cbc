/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: everything that a packet can be known by becomes a hash, and stands in one
 * set with the time for which it counts. A hash that is added again has its time stretched.
 */
#include "extract_plan.h"

#include <stdlib.h>

#include "flow.h"
#include "model.h"
#include "report.h"
#include "rtcp.h"
#include "stun.h"
#include "voice_notes.h"

enum { KEYS_FIRST = 64 };

/*
 * Around a stream. Another one of the same addresses and SSRC is another stream only after
 * MEDIA_IDLE_NS of silence. What STUN told holds for ten minutes (RFC 8656 section 3.2).
 */
static const int64_t media_slack_ns = MEDIA_IDLE_NS - MEDIA_SECOND_NS;
static const int64_t beside_slack_ns = 30 * MEDIA_SECOND_NS;
static const int64_t mapped_before_ns = 600 * MEDIA_SECOND_NS;

/* What a hash is of; media has the one that the intake gives it. */
enum key_kind { KEY_CALL_ID = 1, KEY_FRAME, KEY_PAIR, KEY_SSRC, KEY_ASKER, KEY_ICMP };

struct span {
	int64_t from_ns, to_ns;
};

struct key {
	uint64_t hash;
	struct span span; /* from above to: the slot is free */
};

struct extract_plan {
	uint64_t key;        /* of the hashes */
	size_t count, slots; /* slots: a power of two, more than count */
	struct key *keys;
	uint64_t ssrcs; /* a bit for each that is in it, by its last octets */
	bool failed;    /* memory was short */
	int64_t now_ns; /* streams may still go on until then; INT64_MIN: all have ended */
	/* Of one call alone. */
	int64_t from_ns;
	size_t media_count;
	struct extract_media *media; /* NULL: of many */
};

static const struct span always = {INT64_MIN, INT64_MAX};
static const struct span never = {INT64_MAX, INT64_MIN};
static const struct span nowhen = {INT64_MIN, INT64_MIN}; /* the slot is taken */

/* --- the set --- */

static bool is_free(const struct key *key)
{
	return key->span.from_ns > key->span.to_ns;
}

/* The hash's slot, or the free one where it belongs. */
static struct key *slot_of(const struct extract_plan *plan, uint64_t hash)
{
	size_t at = (size_t)hash & (plan->slots - 1);

	while (!is_free(&plan->keys[at]) && plan->keys[at].hash != hash) {
		at = (at + 1) & (plan->slots - 1);
	}
	return &plan->keys[at];
}

static bool slots_make(struct extract_plan *plan, size_t slots)
{
	struct key *old = plan->keys;
	size_t old_slots = plan->slots;
	struct key *keys = malloc(sizeof(*keys) * slots);

	if (!keys) {
		return false;
	}
	plan->keys = keys;
	plan->slots = slots;
	for (size_t i = 0; i < slots; i++) {
		keys[i].span = never;
	}
	for (size_t i = 0; i < old_slots; i++) {
		if (!is_free(&old[i])) {
			*slot_of(plan, old[i].hash) = old[i];
		}
	}
	free(old);
	return true;
}

static void add(struct extract_plan *plan, uint64_t hash, struct span span)
{
	struct key *key;

	if (plan->failed ||
	    (plan->count * 2 >= plan->slots && !slots_make(plan, plan->slots * 2))) {
		plan->failed = true;
		return;
	}
	key = slot_of(plan, hash);
	if (is_free(key)) {
		*key = (struct key){hash, span};
		plan->count++;
		return;
	}
	key->span.from_ns = span.from_ns < key->span.from_ns ? span.from_ns : key->span.from_ns;
	key->span.to_ns = span.to_ns > key->span.to_ns ? span.to_ns : key->span.to_ns;
}

static bool has(const struct extract_plan *plan, uint64_t hash, int64_t time_ns)
{
	const struct key *key = slot_of(plan, hash);

	return time_ns >= key->span.from_ns && time_ns <= key->span.to_ns;
}

/* --- hashes --- */

static uint64_t hash_of(
    const struct extract_plan *plan, enum key_kind kind, uint64_t what, uint64_t which)
{
	uint64_t words[] = {kind, what, which};

	return XXH3_64bits_withSeed(words, sizeof(words), plan->key);
}

static uint64_t hash_frame(const struct extract_plan *plan, uint16_t capture, uint32_t frame)
{
	return hash_of(plan, KEY_FRAME, capture, frame);
}

/* Of two ends, the same both ways. */
static uint64_t hash_pair(const struct extract_plan *plan, enum key_kind kind,
    const struct endpoint *a, const struct endpoint *b, uint64_t which)
{
	return hash_of(
	    plan, kind, hash_endpoint(plan->key, a) + hash_endpoint(plan->key, b), which);
}

static uint64_t hash_ssrc(const struct extract_plan *plan, const struct endpoint *a,
    const struct endpoint *b, uint32_t ssrc, uint16_t vantage)
{
	struct endpoint one = {.address = a->address}, other = {.address = b->address};

	return hash_pair(plan, KEY_SSRC, &one, &other, (uint64_t)ssrc << 16 | vantage);
}

static uint64_t hash_asker(
    const struct extract_plan *plan, const struct endpoint *asker, uint16_t vantage)
{
	return hash_of(plan, KEY_ASKER, hash_endpoint(plan->key, asker), vantage);
}

static uint64_t hash_icmp(const struct extract_plan *plan, const struct endpoint *src,
    const struct endpoint *dst, uint16_t vantage, uint8_t protocol)
{
	return hash_of(plan, KEY_ICMP, hash_endpoint(plan->key, src),
	    hash_endpoint(plan->key, dst) ^ ((uint64_t)protocol << 16 | vantage));
}

/* As the intake makes it. */
static uint64_t hash_media(const struct extract_plan *plan, const struct desk_stream *s)
{
	uint64_t pair = flow_pair(plan->key, &s->src.address, &s->dst.address);

	return flow_hash_stream(
	    flow_seed(plan->key, s->vantage), pair, flow_ports(s->src.port, s->dst.port), s->ssrc);
}

/* --- planning --- */

static struct span span_around(const struct extract_plan *plan, const struct desk_stream *s,
    int64_t before_ns, int64_t after_ns)
{
	int64_t last_ns = s->measured ? s->summary->last_time_ns : s->first_ns;

	if (!(s->measured && s->summary->ended) && plan->now_ns > last_ns) {
		last_ns = plan->now_ns;
	}
	return (struct span){s->first_ns - before_ns, last_ns + after_ns};
}

static uint64_t ssrc_bit(uint32_t ssrc)
{
	return 1ULL << ssrc % 64;
}

static void stream_add(struct extract_plan *plan, const struct desk_stream *s)
{
	struct span beside = span_around(plan, s, beside_slack_ns, beside_slack_ns);
	struct span mapped = span_around(plan, s, mapped_before_ns, beside_slack_ns);
	struct span media = span_around(plan, s, media_slack_ns, media_slack_ns);
	struct endpoint src = s->src, dst = s->dst;

	if (plan->media) {
		plan->media[plan->media_count++] = (struct extract_media){
		    hash_media(plan, s), media.from_ns, s->first_ns, media.to_ns};
		plan->from_ns = mapped.from_ns < plan->from_ns ? mapped.from_ns : plan->from_ns;
	}
	plan->ssrcs |= ssrc_bit(s->ssrc);
	add(plan, hash_media(plan, s), media);
	add(plan, hash_pair(plan, KEY_PAIR, &src, &dst, s->vantage), beside);
	add(plan, hash_ssrc(plan, &src, &dst, s->ssrc, s->vantage), beside);
	add(plan, hash_asker(plan, &src, s->vantage), mapped);
	add(plan, hash_asker(plan, &dst, s->vantage), mapped);
	/* RTCP of its own port (RFC 3550 section 11). */
	src.port++;
	dst.port++;
	add(plan, hash_pair(plan, KEY_PAIR, &src, &dst, s->vantage), beside);
}

static void call_add(struct extract_plan *plan, const struct desk *desk, const struct call *call)
{
	for (unsigned i = 0; i < call->alias_count; i++) {
		add(plan, hash_of(plan, KEY_CALL_ID, call_alias(call, i).hash, 0), always);
	}
	for (const struct voice_note *n = call_rare(call)->voice_notes; n; n = n->next) {
		add(plan, hash_frame(plan, n->mark.capture, n->mark.frame), always);
	}
	for (const struct unreachable *u = call_rare(call)->unreachables; u; u = u->next) {
		add(plan, hash_icmp(plan, &u->src, &u->dst, u->vantage, u->protocol),
		    (struct span){u->first.time_ns, u->last.time_ns});
	}
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		stream_add(plan, stream_at(desk, n));
	}
}

/*
 * Senders may draw the same SSRCs in every call: then only its ports tell whose RTCP is. Of what
 * could be another call's, none is taken by SSRC.
 */
static void ssrcs_narrow(struct extract_plan *plan, const struct desk *desk)
{
	for (uint32_t n = desk->oldest_stream; n != POOL_NONE; n = stream_at(desk, n)->newer) {
		const struct desk_stream *s = stream_at(desk, n);
		struct span span = span_around(plan, s, beside_slack_ns, beside_slack_ns);
		struct key *key;

		if (!(plan->ssrcs & ssrc_bit(s->ssrc))) {
			continue;
		}
		key = slot_of(plan, hash_ssrc(plan, &s->src, &s->dst, s->ssrc, s->vantage));
		if (!is_free(key) && span.from_ns <= key->span.to_ns &&
		    span.to_ns >= key->span.from_ns &&
		    !has(plan, hash_media(plan, s), s->first_ns)) {
			key->span = nowhen;
		}
	}
}

struct planning {
	struct extract_plan *plan;
	const struct desk *desk;
	uint32_t next; /* the call that is visited next: the same order as the report's */
	tp_call_chooser *choose;
	void *context;
};

static void call_visit(void *context, const struct tp_call *record)
{
	struct planning *p = context;
	const struct call *call = call_at(p->desk, p->next);

	p->next = call->newer;
	if (!p->choose || p->choose(p->context, record)) {
		call_add(p->plan, p->desk, call);
	}
}

static struct extract_plan *plan_begin(const struct desk *desk)
{
	struct extract_plan *plan = calloc(1, sizeof(*plan));

	if (!plan) {
		return NULL;
	}
	plan->key = desk->key;
	plan->now_ns = INT64_MIN;
	if (!slots_make(plan, KEYS_FIRST)) {
		extract_plan_free(plan);
		return NULL;
	}
	return plan;
}

static struct extract_plan *plan_end(struct extract_plan *plan, const struct desk *desk)
{
	ssrcs_narrow(plan, desk);
	if (plan->failed) {
		extract_plan_free(plan);
		return NULL;
	}
	return plan;
}

struct extract_plan *extract_plan_new(struct desk *desk, tp_call_chooser *choose, void *context)
{
	struct extract_plan *plan = plan_begin(desk);
	struct planning planning = {plan, desk, desk->oldest_call, choose, context};

	if (!plan) {
		return NULL;
	}
	report_first_calls(desk, SIZE_MAX, call_visit, &planning);
	return plan_end(plan, desk);
}

struct extract_plan *extract_plan_of_call(const struct desk *desk, const struct call *call)
{
	struct extract_plan *plan = plan_begin(desk);

	if (!plan) {
		return NULL;
	}
	plan->media = calloc(call->stream_count + 1, sizeof(*plan->media));
	if (!plan->media) {
		extract_plan_free(plan);
		return NULL;
	}
	plan->now_ns = desk->now_ns;
	plan->from_ns = call->first_ns;
	call_add(plan, desk, call);
	return plan_end(plan, desk);
}

const struct extract_media *extract_plan_media(const struct extract_plan *plan, size_t *count)
{
	*count = plan->media_count;
	return plan->media;
}

int64_t extract_plan_from_ns(const struct extract_plan *plan)
{
	return plan->from_ns;
}

void extract_plan_free(struct extract_plan *plan)
{
	if (plan) {
		free(plan->keys);
		free(plan->media);
		free(plan);
	}
}

/* --- asking --- */

bool extract_plan_has_media(const struct extract_plan *plan, const struct media_packet *media)
{
	return has(plan, media->hash, media->time_ns);
}

static bool has_pair(const struct extract_plan *plan, const struct signal *s)
{
	return has(plan, hash_pair(plan, KEY_PAIR, &s->src, &s->dst, s->vantage), s->time_ns);
}

static bool has_sip(const struct extract_plan *plan, const struct signal *s)
{
	struct sip_message message;

	if (has(plan, hash_frame(plan, s->capture, s->frame), s->time_ns)) {
		return true;
	}
	if (sip_parse(&message, bytes_of(s->octets, s->length)) != DISSECT_OK) {
		return false;
	}
	return has(
	    plan, hash_of(plan, KEY_CALL_ID, hash_text(plan->key, message.call_id), 0), s->time_ns);
}

static bool has_ssrc(const struct extract_plan *plan, const struct signal *s, uint32_t ssrc)
{
	return has(plan, hash_ssrc(plan, &s->src, &s->dst, ssrc, s->vantage), s->time_ns);
}

static bool has_rtcp(const struct extract_plan *plan, const struct signal *s)
{
	struct rtcp rtcp;
	bool found;

	if (has_pair(plan, s)) {
		return true;
	}
	if (rtcp_parse(&rtcp, bytes_of(s->octets, s->length)) != DISSECT_OK) {
		return false;
	}
	found = has_ssrc(plan, s, rtcp.ssrc);
	for (unsigned i = 0; i < rtcp.block_count && !found; i++) {
		found = has_ssrc(plan, s, rtcp.blocks[i].ssrc);
	}
	return found;
}

/* Between the ends of a stream; or one of them asked, or was answered. */
static bool has_stun(const struct extract_plan *plan, const struct signal *s)
{
	struct stun message;
	bool asks;

	if (has_pair(plan, s)) {
		return true;
	}
	if (stun_parse(&message, bytes_of(s->octets, s->length), s->length) != DISSECT_OK) {
		return false;
	}
	asks = message.class == STUN_REQUEST || message.class == STUN_INDICATION;
	return has(plan, hash_asker(plan, asks ? &s->src : &s->dst, s->vantage), s->time_ns);
}

static bool has_icmp(const struct extract_plan *plan, const struct icmp_notice *n)
{
	return has(plan, hash_icmp(plan, &n->src, &n->dst, n->vantage, n->protocol), n->time_ns);
}

bool extract_plan_has_record(const struct extract_plan *plan, const struct record *record)
{
	switch ((enum record_kind)record->kind) {
	case RECORD_SIP:
		return has_sip(plan, (const struct signal *)record);
	case RECORD_RTCP:
		return has_rtcp(plan, (const struct signal *)record);
	case RECORD_STUN:
		return has_stun(plan, (const struct signal *)record);
	case RECORD_DTLS:
	case RECORD_KEEPALIVE:
		return has_pair(plan, (const struct signal *)record);
	case RECORD_ICMP:
		return has_icmp(plan, (const struct icmp_notice *)record);
	case RECORD_MEDIA_EVENT:
	case RECORD_MEDIA_RELAYED: /* beside the media_packet, which is asked for itself */
	case RECORD_MEDIA_STRAY:
	case RECORD_MEDIA_BEGAN:
	case RECORD_MEDIA_GAP:
	case RECORD_MEDIA_INTERVAL:
	case RECORD_MEDIA_SUMMARY:
	case RECORD_FAX:           /* tells of a flow, and of no packet */
	case RECORD_TCP_HANDSHAKE: /* of no call */
	case RECORD_TCP_MISSED:
	case RECORD_LOAD:
	case RECORD_DROPPED:
		break;
	}
	return false;
}
