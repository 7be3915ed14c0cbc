/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: records come in one order, whatever the threads did. A SIP message finds
 * its call, leaves a sighting, moves the observation of its vantage on, and claims the places
 * of its session description; media events find their stream. A call is closed once it has
 * ended and its media has fallen quiet: the detectors look at it and it is handed on. With one
 * vantage that happens as time goes by; with several it waits for the end of the input, because
 * their clocks may be hours apart.
 */
#include "desk.h"

#include <stdlib.h>

#include "aside.h"
#include "asker.h"
#include "call.h"
#include "call_message.h"
#include "capture_loss.h"
#include "clock_align.h"
#include "coming.h"
#include "detect.h"
#include "digits.h"
#include "encryption.h"
#include "endpoint.h"
#include "exchange.h"
#include "far_end.h"
#include "fax.h"
#include "finding.h"
#include "kin.h"
#include "ladder.h"
#include "legs.h"
#include "live_figures.h"
#include "load.h"
#include "mapping.h"
#include "media_call.h"
#include "model.h"
#include "nat_path.h"
#include "quality.h"
#include "reach.h"
#include "registration.h"
#include "report.h"
#include "sighting.h"
#include "sip_metrics.h"
#include "sip_transaction.h"
#include "site.h"
#include "stream.h"
#include "stun_transaction.h"
#include "trace.h"
#include "unreachable.h"
#include "voice_notes.h"

enum {
	VICTIM_SEARCH = 256,
	OBSERVED_MORE = 88,   /* octets behind an observation: names, a line that was agreed on */
	REVIEWED_AT_ONCE = 16 /* calls whose memory is asked for together */
};

static const int64_t review_every_ns = 5 * MEDIA_SECOND_NS;
/* After its end a call waits for stragglers, and for its media to fall quiet; not for ever. */
static const int64_t linger_ns = 5 * MEDIA_SECOND_NS;
static const int64_t linger_max_ns = 60 * MEDIA_SECOND_NS;
/* A call of which nothing more is seen, and an exchange after Timer F (RFC 3261 17.1.2.2). */
static const int64_t silent_call_ns = 300 * MEDIA_SECOND_NS;
static const int64_t exchange_ns = 32 * MEDIA_SECOND_NS;

/* --- closing --- */

static void call_close(struct desk *desk, struct call *call)
{
	if (call->closed) {
		return;
	}
	kin_adopt(desk, call);
	clock_align_call(desk, call);
	encryption_judge(desk, call);
	detect_call(desk, call);
	if (call->kind == CALL_DIALOG && desk->config.closing) {
		desk->config.closing(desk->config.closing_context, desk, call);
	}
	if (call->kind == CALL_DIALOG && desk->config.call) {
		report_call(desk, call);
	}
	live_figures_closed(desk, call);
	arena_free(&desk->work);
	call->closed = true;
	lru_remove(&desk->open_calls, call_number(desk, call));
	lru_append(&desk->closed_calls, call_number(desk, call));
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		stream_release(desk, n);
	}
	site_remove_of_call(desk, call);
	if (!ladder_wanted(desk, call)) {
		traces_forget(desk, call);
	}
	if (call->kind == CALL_EXCHANGE) {
		call_remove(desk, call);
	}
}

/* The lower, the sooner an open call may go: what is no call, what never spoke. */
static int worth_of(const struct call *call)
{
	if (call->kind == CALL_EXCHANGE) {
		return 0;
	}
	return call->stream_count == 0 ? 1 : 2;
}

/* What is finished goes first; else of some of the oldest the one worth least. */
static struct call *victim_find(const struct desk *desk)
{
	uint32_t number = desk->open_calls.oldest;
	struct call *victim = NULL;

	if (desk->closed_calls.oldest != POOL_NONE) {
		return call_at(desk, desk->closed_calls.oldest);
	}
	for (int i = 0; i < VICTIM_SEARCH && number != POOL_NONE; i++) {
		struct call *call = call_at(desk, number);

		if (!victim || worth_of(call) < worth_of(victim)) {
			victim = call;
		}
		number = desk->open_calls.links[number].newer;
	}
	return victim;
}

void desk_make_room(struct desk *desk)
{
	struct call *victim = victim_find(desk);
	bool dialog;

	if (!victim) {
		return;
	}
	dialog = victim->kind == CALL_DIALOG;
	/* A closed call of a live capture has been handed on: forgetting it loses nothing. */
	desk->evictions.calls += !(victim->closed && desk->config.live);
	call_close(desk, victim);
	if (dialog) {
		call_remove(desk, victim);
	}
}

static bool media_is_quiet(const struct desk *desk, const struct call *call, int64_t *last_ns)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct desk_stream *s = stream_at(desk, n);

		if (!s->quiet) {
			return false;
		}
		if (s->summary->last_time_ns > *last_ns) {
			*last_ns = s->summary->last_time_ns;
		}
	}
	return true;
}

static bool call_is_over(const struct desk *desk, const struct call *call)
{
	int64_t ended_ns, last_ns = call->last_ns;
	bool quiet = media_is_quiet(desk, call, &last_ns);

	if (call->kind == CALL_EXCHANGE) {
		return desk->now_ns - call->last_ns >= exchange_ns;
	}
	if (!call_has_ended(call, &ended_ns)) {
		return quiet && desk->now_ns - last_ns >= silent_call_ns;
	}
	if (call->last_ns > ended_ns) {
		ended_ns = call->last_ns;
	}
	return desk->now_ns - ended_ns >= (quiet ? linger_ns : linger_max_ns);
}

/* The soonest that call_is_over() can be true of a call that gets no message any more. */
static int64_t over_soonest(const struct call *call)
{
	int64_t ended_ns;

	if (call->kind == CALL_EXCHANGE) {
		return call->last_ns + exchange_ns;
	}
	if (!call_has_ended(call, &ended_ns)) {
		return call->last_ns + silent_call_ns;
	}
	return (call->last_ns > ended_ns ? call->last_ns : ended_ns) + linger_ns;
}

/*
 * What closing looks at lies where nobody looked since the last message. Of several calls the lines
 * of each step come together, and they say where those of the next step are.
 */
__attribute__((always_inline)) static inline void calls_fetch(
    const struct desk *desk, const uint32_t *numbers, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		memory_fetch(call_at(desk, numbers[i]), sizeof(struct call));
	}
	for (unsigned i = 0; i < count; i++) {
		const struct call *call = call_at(desk, numbers[i]);

		memory_fetch(call->observations, sizeof(*call->observations));
		traces_fetch(desk, call);
		streams_fetch(desk, call);
		sites_fetch(desk, call);
	}
	for (unsigned i = 0; i < count; i++) {
		streams_fetch_rest(desk, call_at(desk, numbers[i]));
	}
}

/* Close the calls that are over; with all, those that are open. */
static void calls_review(struct desk *desk, bool all)
{
	uint32_t next = desk->open_calls.oldest, due[REVIEWED_AT_ONCE];

	while (next != POOL_NONE) {
		unsigned count = 0;

		for (; next != POOL_NONE && count < REVIEWED_AT_ONCE;
		     next = desk->open_calls.links[next].newer) {
			if (all || desk->now_ns >= desk->over_ns[next]) {
				due[count++] = next;
			}
		}
		calls_fetch(desk, due, count);
		for (unsigned i = 0; i < count; i++) {
			struct call *call = call_at(desk, due[i]);

			if (all || call_is_over(desk, call)) {
				call_close(desk, call);
			} else {
				desk->over_ns[due[i]] = over_soonest(call);
			}
		}
	}
}

static void review(struct desk *desk)
{
	aside_expire(desk, desk->now_ns - exchange_ns);
	calls_review(desk, false);
	if (desk->config.live) {
		media_calls_find(desk, false);
		stream_expire(desk, desk->now_ns - silent_call_ns);
		detect_site(desk);
	}
}

/* --- records --- */

void desk_defects(
    struct desk *desk, const struct signal *signal, const struct dissect_defects *defects)
{
	if (signal->cut) {
		return; /* the capture's fault, counted as snap_cut */
	}
	for (unsigned i = 0; i < defects->count; i++) {
		desk->counts[signal->capture][defects->list[i]]++;
	}
}

static void messages_count(struct desk_messages *messages, const struct sip_message *message)
{
	messages->requests += message->request;
	messages->invites += message->request && message->method == SIP_INVITE;
	messages->responses += !message->request;
}

/* True where the message has a session description; NULL: it cannot be read. */
static bool description_read(struct desk *desk, struct sip_message *m, const struct signal *signal,
    struct sdp *sdp, const struct sdp **body)
{
	struct bytes description;
	enum dissect_result result;

	*body = NULL;
	if (!sip_body_find(m, TEXT("application/sdp"), &description)) {
		return false;
	}
	result = sdp_parse(sdp, description);
	if (result == DISSECT_OK) {
		*body = sdp;
		desk_defects(desk, signal, &sdp->defects);
	} else {
		dissect_defect(&m->defects, result);
	}
	return true;
}

/* The call of a message, made if need be; NULL where there is no room, or it is put aside. */
static struct call *call_of(struct desk *desk, struct call_message *m, bool *aside, uint64_t *birth)
{
	struct call *call;

	*birth = 0;
	*aside = aside_take(desk, m, birth);
	if (*aside) {
		return NULL;
	}
	call = call_for(desk, m->call, &m->keys, m->message, m->signal);
	if (call) {
		traces_fetch(desk, call);
		/* Its names and what was agreed on lie behind it, mostly. */
		memory_fetch(call->observations, sizeof(*call->observations) + OBSERVED_MORE);
		desk->over_ns[call_number(desk, call)] = INT64_MIN;
		*birth = call->birth;
	}
	return call;
}

/*
 * What a SIP message will be looked up by. Each is asked for as soon as it is known, and what
 * stands there while something else is done: nearly all of it comes from memory.
 */
struct ways {
	struct endpoint_ways ends;
	struct table_way aside, registration;
	struct sip_transaction_way transaction;
};

static void sip_take(struct desk *desk, const struct signal *signal)
{
	struct sip_message message;
	struct sdp sdp;
	struct call_message m = {.message = &message, .signal = signal};
	struct call *call;
	bool aside;
	uint64_t birth;
	struct sip_transaction_step step;
	struct ways ways = {
	    .ends = endpoint_ways(desk, &signal->src.address, &signal->dst.address)};
	struct endpoint_ends ends;
	enum dissect_result result = sip_parse(&message, bytes_of(signal->octets, signal->length));

	endpoints_fetch(desk, &ways.ends);
	if (result != DISSECT_OK) {
		desk->counts[signal->capture][result] += !signal->cut;
		return;
	}
	m.keys = message_keys_of(desk->key, &message);
	ways.aside = aside_way(desk, &m.keys);
	ways.transaction = sip_transaction_way(desk, &message, &m.keys, signal);
	ways.registration = registration_way(desk, &message, signal);
	messages_count(&desk->messages[signal->capture], &message);
	frames_note(&desk->frames, signal);
	m.described =
	    description_read(desk, &message, signal, &sdp, &m.body) || message.body_encoded;
	desk_defects(desk, signal, &message.defects);
	desk->counts[signal->capture][SKIPPED_SIP_BODY_ENCODED] += message.body_encoded;
	ends = endpoint_message(desk, &ways.ends, &message, &m.keys, m.body, signal);
	birth = aside_fetch(desk, ways.aside);
	sip_transaction_fetch(desk, &ways.transaction, birth, &message, &m.keys);
	registration_fetch(desk, ways.registration);
	reach_sip(desk, &message, signal, &ends);
	call = call_of(desk, &m, &aside, &birth);
	step =
	    sip_transaction_take(desk, &ways.transaction, call, birth, &message, &m.keys, signal);
	registration_take(desk, &message, signal, ways.registration, &step);
	nat_path_message(desk, call, &message, signal, &step);
	asker_take(desk, &message, signal, &ends, &step);
	m.asked_again = step.transaction && sip_transaction_retransmissions(desk, step.transaction);
	if (aside || call_message_take(desk, call, &m)) {
		voice_notes_take(desk, &message, signal);
	}
}

void desk_coming(struct desk *desk, const struct record *record)
{
	coming_record(desk, record);
}

/* SIP notes by itself to whom it goes. */
static void way_note(struct desk *desk, const struct record *record)
{
	const struct signal *signal = (const struct signal *)record;
	const struct media_began *began = (const struct media_began *)record;

	switch ((enum record_kind)record->kind) {
	case RECORD_RTCP:
	case RECORD_KEEPALIVE:
	case RECORD_STUN:
	case RECORD_DTLS:
		endpoint_addressed(desk, signal->vantage, &signal->dst.address);
		break;
	case RECORD_MEDIA_BEGAN:
		endpoint_addressed(desk, began->vantage, &began->dst.address);
		break;
	default:
		break;
	}
}

void desk_record(struct desk *desk, const struct record *record)
{
	way_note(desk, record);
	switch ((enum record_kind)record->kind) {
	case RECORD_SIP:
		sip_take(desk, (const struct signal *)record);
		break;
	case RECORD_RTCP:
		far_end_rtcp(desk, (const struct signal *)record);
		break;
	case RECORD_KEEPALIVE:
		registration_datagram(desk, (const struct signal *)record);
		nat_path_datagram(desk, (const struct signal *)record);
		break;
	case RECORD_MEDIA_EVENT:
		digits_take(desk, (const struct media_event *)record);
		break;
	case RECORD_MEDIA_BEGAN:
		stream_began(desk, (const struct media_began *)record);
		break;
	case RECORD_MEDIA_STRAY:
		stream_stray(desk, (const struct media_stray *)record);
		break;
	case RECORD_MEDIA_GAP:
		stream_gap(desk, (const struct media_gap *)record);
		break;
	case RECORD_MEDIA_INTERVAL:
		stream_interval(desk, (const struct media_interval_record *)record);
		break;
	case RECORD_MEDIA_SUMMARY:
		stream_summary(desk, (const struct media_summary *)record);
		break;
	case RECORD_ICMP:
		unreachable_note(desk, (const struct icmp_notice *)record);
		reach_icmp(desk, (const struct icmp_notice *)record);
		break;
	case RECORD_TCP_HANDSHAKE:
		reach_handshake(desk, (const struct tcp_handshake *)record);
		break;
	case RECORD_LOAD:
		load_note(desk->loads, (const struct load_notice *)record);
		break;
	case RECORD_TCP_MISSED:
		capture_loss_tcp(desk, (const struct tcp_missed *)record);
		break;
	case RECORD_DROPPED:
		capture_loss_dropped(desk, (const struct media_dropped *)record);
		break;
	case RECORD_FAX:
		fax_take(desk, (const struct fax_notice *)record);
		break;
	case RECORD_STUN:
		stun_transaction_take(desk, (const struct signal *)record);
		registration_datagram(desk, (const struct signal *)record);
		nat_path_datagram(desk, (const struct signal *)record);
		break;
	case RECORD_DTLS:
		mapping_dtls(desk, (const struct signal *)record);
		break;
	case RECORD_MEDIA_RELAYED:
		mapping_relayed(desk, (const struct media_relayed *)record);
		break;
	}
}

static void fullness_tell(struct desk *desk)
{
	static const struct desk_evictions none;

	if (desk->config.full && memcmp(&desk->evictions, &none, sizeof(none)) != 0) {
		desk->config.full(desk->config.full_context);
		desk->config.full = NULL;
	}
}

void desk_tick(struct desk *desk, const struct tick *tick)
{
	desk->now_ns = tick->time_ns;
	fullness_tell(desk);
	live_figures_tick(desk);
	stun_transaction_expire(desk, tick->end);
	if (tick->end) {
		desk->ended = true;
		sip_transaction_finish(desk);
		media_calls_find(desk, true);
		clock_align_all(desk);
		calls_review(desk, true);
		detect_site(desk);
		return;
	}
	if (desk->now_ns < desk->next_review_ns) {
		return;
	}
	desk->next_review_ns = desk->now_ns + review_every_ns;
	if (desk->config.thresholds_renew) {
		desk->config.thresholds_renew(
		    desk->config.thresholds_context, &desk->config.thresholds);
	}
	if (desk->config.live || desk->config.vantage_count < 2) {
		sip_transaction_expire(desk);
		review(desk);
	}
}

/* --- set-up --- */

static bool signalling_init(struct desk *desk)
{
	const struct desk_limits *limits = &desk->config.limits;

	desk->sip_transactions = sip_transactions_new(limits->calls, desk->config.vantage_count);
	desk->registrations = registrations_new(limits->calls);
	desk->exchanges = exchanges_new();
	desk->sip_metrics = sip_metrics_new();
	desk->nat_paths = nat_paths_new(limits->calls);
	desk->askers = askers_new();
	desk->asides = asides_new(limits->calls);
	desk->reaches = reaches_new();
	desk->capture_losses = capture_losses_new();
	desk->loads = loads_new(desk->config.capture_count);
	return desk->sip_transactions && desk->registrations && desk->exchanges &&
	       desk->sip_metrics && desk->nat_paths && desk->askers && desk->asides &&
	       desk->reaches && desk->capture_losses && desk->loads;
}

static bool desk_init(struct desk *desk)
{
	const struct desk_limits *limits = &desk->config.limits;
	size_t captures = desk->config.capture_count ? desk->config.capture_count : 1;

	desk->counts = calloc(captures, sizeof(*desk->counts));
	desk->messages = calloc(captures, sizeof(*desk->messages));
	desk->quality_memo = calloc(1, sizeof(*desk->quality_memo));
	desk->clocks = clock_align_new((unsigned)captures);
	desk->sightings = sightings_new();
	desk->comings = comings_new();
	desk->live_figures = desk->config.live_figures ? live_figures_new() : NULL;
	desk->trace_room = memory_reserve(TRACE_ROOM);
	desk->work.slab = desk->payload_lists.memory.slab = &desk->slab;
	desk->over_ns = memory_reserve(sizeof(*desk->over_ns) * limits->calls);
	desk->place_addresses = memory_reserve(sizeof(struct address) * limits->streams * 2);
	return slab_init(&desk->slab, limits->text_octets) &&
	       slab_init(&desk->bins, (size_t)limits->streams * INTERVALS_OCTETS_MAX) &&
	       desk->sightings && desk->trace_room && desk->over_ns && desk->place_addresses &&
	       desk->mapping && desk->stun_transactions && desk->counts && desk->messages &&
	       desk->quality_memo && desk->clocks && desk->comings &&
	       (desk->live_figures || !desk->config.live_figures) &&
	       pool_init(&desk->calls, sizeof(struct call), limits->calls) &&
	       lru_init(&desk->open_calls, limits->calls) &&
	       pool_init(&desk->sites, sizeof(struct site), limits->calls * 8) &&
	       pool_init(&desk->places, sizeof(struct place), limits->streams * 2) &&
	       pool_init(&desk->streams, sizeof(struct desk_stream), limits->streams) &&
	       pool_init(&desk->far_views, sizeof(struct far_view), limits->streams) &&
	       pool_init(&desk->figures, sizeof(struct stream_figures), limits->streams) &&
	       pool_init(&desk->rare_figures, sizeof(struct rare_figures), limits->streams) &&
	       pool_init(&desk->seldom, sizeof(struct stream_seldom), limits->streams) &&
	       pool_init(&desk->gaps, sizeof(struct silence) * STREAM_GAPS_MAX, limits->streams) &&
	       pool_init(&desk->strays, sizeof(struct stray), limits->streams) &&
	       pool_init(&desk->endpoints, sizeof(struct endpoint_entry), limits->endpoints) &&
	       pool_init(&desk->findings, sizeof(struct finding), limits->findings) &&
	       table_init_dense(&desk->call_index, limits->calls) &&
	       table_init_dense(&desk->branches, limits->calls) &&
	       table_init_dense(&desk->place_index, (size_t)limits->streams * 2) &&
	       table_init_dense(&desk->ssrc_index, limits->streams) &&
	       table_init_dense(&desk->endpoint_index, limits->endpoints) &&
	       lru_init(&desk->endpoints_used, limits->endpoints) &&
	       table_init_dense(&desk->finding_index, limits->findings) &&
	       table_init_dense(&desk->finding_ids, limits->findings) &&
	       lru_init(&desk->findings_used, limits->findings) && legs_init(desk) &&
	       signalling_init(desk) && frames_init(&desk->frames);
}

struct desk *desk_new(const struct desk_config *config, uint64_t key)
{
	struct desk *desk = calloc(1, sizeof(*desk));

	if (!desk) {
		return NULL;
	}
	desk->config = *config;
	desk->key = key;
	desk->oldest_call = desk->newest_call = POOL_NONE;
	desk->oldest_stream = desk->newest_stream = POOL_NONE;
	desk->oldest_finding = desk->newest_finding = POOL_NONE;
	desk->mapping = mapping_new(config->limits.endpoints);
	desk->stun_transactions = stun_transactions_new(config->limits.endpoints);
	if (!desk_init(desk)) {
		desk_free(desk);
		return NULL;
	}
	lru_share(&desk->closed_calls, &desk->open_calls);
	return desk;
}

static void heaps_free(struct desk *desk)
{
	for (struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		arena_free(&f->text);
	}
}

void desk_free(struct desk *desk)
{
	if (!desk) {
		return;
	}
	if (desk->calls.objects && desk->findings.objects) {
		heaps_free(desk);
	}
	mapping_free(desk->mapping);
	stun_transactions_free(desk->stun_transactions);
	clock_align_free(desk->clocks);
	pool_fini(&desk->calls);
	memory_release(desk->over_ns, sizeof(*desk->over_ns) * desk->config.limits.calls);
	lru_fini(&desk->open_calls);
	pool_fini(&desk->sites);
	pool_fini(&desk->places);
	memory_release(
	    desk->place_addresses, sizeof(struct address) * desk->config.limits.streams * 2);
	for (unsigned i = 0; i < MEDIA_SOURCES; i++) {
		memory_release(desk->followed[i], sizeof(uint32_t) * desk->streams.limit);
	}
	pool_fini(&desk->streams);
	pool_fini(&desk->far_views);
	pool_fini(&desk->figures);
	pool_fini(&desk->rare_figures);
	pool_fini(&desk->seldom);
	pool_fini(&desk->gaps);
	pool_fini(&desk->strays);
	pool_fini(&desk->endpoints);
	pool_fini(&desk->findings);
	table_fini(&desk->call_index);
	table_fini(&desk->branches);
	table_fini(&desk->place_index);
	table_fini(&desk->ssrc_index);
	table_fini(&desk->endpoint_index);
	lru_fini(&desk->endpoints_used);
	table_fini(&desk->finding_index);
	table_fini(&desk->finding_ids);
	lru_fini(&desk->findings_used);
	frames_fini(&desk->frames);
	arena_free(&desk->phrases.text);
	arena_free(&desk->payload_lists.memory);
	sip_transactions_free(desk->sip_transactions);
	registrations_free(desk->registrations);
	exchanges_free(desk->exchanges);
	sip_metrics_free(desk->sip_metrics);
	nat_paths_free(desk->nat_paths);
	askers_free(desk->askers);
	asides_free(desk->asides);
	reaches_free(desk->reaches);
	capture_losses_free(desk->capture_losses);
	loads_free(desk->loads);
	legs_fini(desk);
	sightings_free(desk->sightings);
	free(desk->comings);
	free(desk->live_figures);
	memory_release(desk->trace_room, TRACE_ROOM);
	slab_fini(&desk->slab);
	slab_fini(&desk->bins);
	free(desk->counts);
	free(desk->messages);
	free(desk->quality_memo);
	free(desk);
}

void desk_untimed(struct desk *desk, uint16_t capture)
{
	desk->untimed[capture] = true;
}

const struct desk_evictions *desk_evictions(const struct desk *desk)
{
	return &desk->evictions;
}

uint64_t desk_duplicates(const struct desk *desk, uint16_t capture)
{
	return desk->duplicates[capture];
}

const struct desk_messages *desk_messages(const struct desk *desk, uint16_t capture)
{
	return &desk->messages[capture];
}

const uint64_t *desk_counts(const struct desk *desk, uint16_t capture)
{
	return desk->counts[capture];
}
