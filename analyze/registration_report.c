/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <stdlib.h>

#include "finding.h"
#include "median.h"
#include "registration_state.h"
#include "report.h"

/* It does not hold, and asks in vain: it may not have given up yet. */
static bool is_unanswered(const struct registration *r)
{
	return r->outcome == OUTCOME_UNANSWERED ||
	       (r->unanswered > 0 && r->granted_ns == INT64_MIN && !r->removing);
}

bool registration_has_expired(const struct desk *desk, const struct registration *r)
{
	int64_t held_ns = elapsed_ns(r->granted_ns, sip_transaction_clock(desk, r->vantage));

	return r->expires.given && held_ns / MEDIA_SECOND_NS > (int64_t)r->expires.value;
}

bool registration_was_given_up(const struct desk *desk, const struct registration *r)
{
	return r->outcome == OUTCOME_CHALLENGED && r->refusals > 0 &&
	       elapsed_ns(r->last_ns, sip_transaction_clock(desk, r->vantage)) >=
		   REGISTRATION_FOLLOW_UP_S * MEDIA_SECOND_NS;
}

static const char *state_of(const struct desk *desk, const struct registration *r)
{
	bool granted = r->granted_ns != INT64_MIN;

	if (is_unanswered(r)) {
		return "failed";
	}
	switch (r->outcome) {
	case OUTCOME_REFUSED:
		return "failed";
	case OUTCOME_REDIRECTED:
		return "redirected";
	case OUTCOME_REMOVED:
		return r->pending && !r->removing ? "in-progress" : "unregistered";
	default:
		break;
	}
	if (registration_was_given_up(desk, r)) {
		return "failed";
	}
	if (!granted) {
		return "in-progress";
	}
	if (r->superseded) {
		return "replaced";
	}
	return registration_has_expired(desk, r) ? "expired" : "registered";
}

/*
 * Behind NAT where the phone names an address that nobody else can reach, and the registrar or
 * this vantage sees another one. That there is none can be said within private networks only:
 * a public address in both places may have been learned (STUN, received).
 */
static const char *nat_of(const struct registration *r)
{
	struct sip_uri contact;
	struct address claimed;
	bool same;

	if (r->relayed || !r->mapped_known ||
	    sip_uri_parse(&contact, text_of(r->contact)) != DISSECT_OK ||
	    !address_parse(&claimed, contact.host.name)) {
		return "unknown";
	}
	same = address_equal(&claimed, &r->mapped.address);
	if (!same && address_is_unroutable(&claimed)) {
		return "behind-nat";
	}
	return same && r->mapped_told && address_is_unroutable(&claimed) ? "none" : "unknown";
}

/* --- keep-alives --- */

static const char *kind_name(uint8_t kind)
{
	static const char *const names[] = {
	    [KEEPALIVE_CRLF] = "crlf",
	    [KEEPALIVE_NUL] = "nul",
	    [KEEPALIVE_OPTIONS] = "options",
	    [KEEPALIVE_STUN] = "stun",
	};

	return names[kind];
}

static double median_s(const struct keepalives *k)
{
	uint32_t sorted[REGISTRATION_INTERVALS_MAX];
	size_t count = k->count < REGISTRATION_INTERVALS_MAX ? (size_t)k->count
							     : (size_t)REGISTRATION_INTERVALS_MAX;

	memcpy(sorted, k->intervals_ms, count * sizeof(sorted[0]));
	return median(sorted, count) / 1e3;
}

/* The phone's own come first: they open the mapping. Those of the registrar make it answer. */
static void keepalive_fill(const struct registration *r, struct tp_registration *out)
{
	for (int from = 0; from < 2; from++) {
		if (r->keepalives[from].count >= KEEPALIVE_GAPS_MIN) {
			out->keepalive_interval_s = median_s(&r->keepalives[from]);
			out->keepalive_kind = kind_name(r->keepalives[from].kind);
			out->keepalive_from = from ? "registrar" : "phone";
			return;
		}
	}
}

double registration_keepalive_s(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar)
{
	const struct registration *r = registration_kept_alive(desk, vantage, source, registrar);

	return r ? median_s(&r->keepalives[0]) : 0;
}

/* --- findings --- */

/* A finding that concerns whatever a host does by SIP. */
struct concern {
	struct address address;
	uint32_t id;
};

/* All of them, by address, and of one address in the order of the findings. */
struct concerns {
	struct concern *list;
	size_t count;
};

/* What was proven of a phone's SIP concerns its registrations too. */
static bool is_of_sip(const struct finding *f)
{
	return text_equal(text_of(f->code), TEXT("sip-alg")) ||
	       text_equal(text_of(f->code), TEXT("nat-timeout")) ||
	       text_equal(text_of(f->code), TEXT("inbound-unreachable"));
}

static int compare_concerns(const void *a, const void *b)
{
	const struct concern *x = a, *y = b;
	int order = memcmp(&x->address, &y->address, sizeof(x->address));

	return order ? order : (x->id > y->id) - (x->id < y->id);
}

static struct concerns concerns_collect(const struct desk *desk)
{
	struct concerns all = {0};
	size_t count = 0;

	for (struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		count += is_of_sip(f) ? f->endpoint_count : 0;
	}
	all.list = count ? malloc(sizeof(*all.list) * count) : NULL;
	if (!all.list) {
		return all;
	}
	for (struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		for (unsigned i = 0; is_of_sip(f) && i < f->endpoint_count; i++) {
			all.list[all.count++] = (struct concern){f->endpoints[i], f->id};
		}
	}
	qsort(all.list, all.count, sizeof(*all.list), compare_concerns);
	return all;
}

/* The place of the first that concerns the address. */
static size_t concern_first(const struct concerns *all, const struct address *address)
{
	size_t from = 0, to = all->count;

	while (from < to) {
		size_t middle = from + (to - from) / 2;

		if (memcmp(&all->list[middle].address, address, sizeof(*address)) < 0) {
			from = middle + 1;
		} else {
			to = middle;
		}
	}
	return from;
}

/* Once each: what is added comes in ascending order. */
static void id_add(
    struct arena *arena, const char **ids, size_t *count, uint32_t *last, uint32_t id)
{
	if (id != *last) {
		ids[(*count)++] = arena_format(arena, "f%u", id);
		*last = id;
	}
}

/* Its own failure, and what concerns its phone, in the order of the findings. */
static void findings_fill(const struct desk *desk, const struct concerns *all, struct arena *arena,
    const struct registration *r, struct tp_registration *out)
{
	size_t from = concern_first(all, &r->source.address), to = from;
	bool own = r->finding && finding_of_id(desk, r->finding);
	const char **ids;
	uint32_t last = 0;

	while (to < all->count && address_equal(&all->list[to].address, &r->source.address)) {
		to++;
	}
	ids = to > from || own ? arena_take(arena, sizeof(*ids) * (to - from + 1)) : NULL;
	out->findings = ids;
	for (size_t i = from; ids && i < to; i++) {
		uint32_t id = all->list[i].id;

		if (own && r->finding <= id) {
			id_add(arena, ids, &out->finding_count, &last, r->finding);
			own = false;
		}
		id_add(arena, ids, &out->finding_count, &last, id);
	}
	if (ids && own) {
		id_add(arena, ids, &out->finding_count, &last, r->finding);
	}
}

static const char *or_null(const char *text)
{
	return *text ? text : NULL;
}

static void registration_visit(const struct desk *desk, const struct registration *r,
    const struct concerns *concerns, tp_registration_visitor *visit, void *context)
{
	struct arena arena = {0};
	char id[16] = "r", source[ENDPOINT_TEXT_MAX], registrar[ENDPOINT_TEXT_MAX];
	struct tp_registration out = {
	    .id = id,
	    .vantage = desk->config.vantages[r->vantage],
	    .aor = r->aor,
	    .contact = or_null(r->contact),
	    .source = endpoint_format(&r->source, source),
	    .registrar = endpoint_format(&r->registrar, registrar),
	    .transport = r->transport == SIGNAL_TCP ? "tcp" : "udp",
	    .user_agent = or_null(r->user_agent),
	    .state = state_of(desk, r),
	    .status_code = r->status ? (int)r->status : TP_NO_COUNT,
	    .reason = or_null(r->reason),
	    .nat = nat_of(r),
	    .first_time_ns = r->first_ns,
	    .last_time_ns = r->last_ns,
	    .expires_s = r->expires.given ? (int64_t)r->expires.value : TP_NO_COUNT,
	    .refreshes = r->refreshes,
	    .challenges = r->challenges,
	    .failures = r->failures,
	    .mapping_changes = r->mapping_changes,
	    .keepalive_interval_s = (double)NAN,
	};

	*text_put_number(id + 1, r->id) = '\0';
	if (is_unanswered(r)) {
		out.status_code = TP_NO_COUNT;
		out.reason = "no answer";
	}
	keepalive_fill(r, &out);
	findings_fill(desk, concerns, &arena, r, &out);
	visit(context, &out);
	arena_free(&arena);
}

void report_each_registration(
    const struct desk *desk, tp_registration_visitor *visit, void *context)
{
	const struct registrations *all = desk->registrations;
	struct concerns concerns = concerns_collect(desk);

	for (uint32_t n = all->oldest; n != POOL_NONE; n = registration_at(all, n)->newer) {
		registration_visit(desk, registration_at(all, n), &concerns, visit, context);
	}
	free(concerns.list);
}
