/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: what the phone does next tells whether it is registered. A challenge is how
 * every registration begins; a refusal, credentials challenged once more, or all retransmissions
 * without an answer are failures. That nothing came back is proven by the phone itself, which
 * would not repeat a request whose answer it had; so a capture that shows one direction only
 * proves it, too.
 *
 * One finding for each registrar and cause, with all its phones.
 */
#include "detect.h"

#include <stdio.h>

#include "finding.h"
#include "flow.h"
#include "reach.h"
#include "registration_state.h"

enum { ACCOUNT_SEARCH = 64, OUTSIDE_SEARCH = 4096, IGNORED_CHALLENGES_MIN = 3, REFUSALS_SURE = 2 };

/* Live, a refusal is followed up at once or not at all; Timer B (RFC 3261 17.1.1.2) and a little.
 */
static const int64_t settled_ns = 40 * MEDIA_SECOND_NS;
static const int64_t follow_up_ns = REGISTRATION_FOLLOW_UP_S * MEDIA_SECOND_NS;

static const double repeated = 0.95, once = 0.85;

enum failure {
	FAILURE_NONE,
	FAILURE_REFUSED,
	FAILURE_CREDENTIALS,
	FAILURE_NO_CREDENTIALS, /* told as credentials */
	FAILURE_UNANSWERED,
	FAILURE_REDIRECTED
};

static int64_t idle_ns(const struct desk *desk, const struct registration *r)
{
	return elapsed_ns(r->last_ns, sip_transaction_clock(desk, r->vantage));
}

static enum failure refusal_of(const struct desk *desk, const struct registration *r)
{
	const struct registration_refusal *last = &r->refusal;

	if (last->status == 423) { /* a longer interval would do (10.2.8) */
		return idle_ns(desk, r) >= follow_up_ns ? FAILURE_REFUSED : FAILURE_NONE;
	}
	if (last->status != 401 && last->status != 407) {
		return FAILURE_REFUSED;
	}
	if (last->authorized) {
		return FAILURE_CREDENTIALS;
	}
	return r->refusals >= IGNORED_CHALLENGES_MIN ? FAILURE_NO_CREDENTIALS : FAILURE_NONE;
}

static enum failure failure_of(const struct desk *desk, const struct registration *r)
{
	if (r->removing || r->superseded) {
		return FAILURE_NONE;
	}
	if (r->unanswered > 0) {
		return FAILURE_UNANSWERED;
	}
	if (r->outcome == OUTCOME_REFUSED || registration_was_given_up(desk, r)) {
		return refusal_of(desk, r);
	}
	return r->outcome == OUTCOME_REDIRECTED && idle_ns(desk, r) >= follow_up_ns
		   ? FAILURE_REDIRECTED
		   : FAILURE_NONE;
}

/*
 * The phone holds a registration of the same account by another way, such as at a second registrar;
 * or what is seen here is a proxy's copy of a failure seen on the hop before it.
 */
static bool explained_by(
    const struct desk *desk, const struct registration *r, const struct registration *other)
{
	if (other == r || other->account != r->account || other->vantage != r->vantage) {
		return false;
	}
	if (other->outcome == OUTCOME_REGISTERED && other->unanswered == 0 &&
	    !registration_has_expired(desk, other)) {
		return address_equal(&other->source.address, &r->source.address);
	}
	return r->relayed && !other->relayed && other->call_id == r->call_id;
}

static bool is_explained(const struct desk *desk, const struct registration *r)
{
	const struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number = table_first(&all->accounts, &cursor, r->account);

	for (int i = 0; i < ACCOUNT_SEARCH && number != TABLE_NONE; i++) {
		if (explained_by(desk, r, registration_at(all, number))) {
			return true;
		}
		number = table_next(&all->accounts, &cursor);
	}
	return false;
}

/* Routers said why nothing came back, and port-blocked has told it. */
static bool is_blocked(const struct desk *desk, struct registration *r)
{
	const struct reach *reach =
	    reach_of_sip(desk, &r->source.address, &r->registrar, r->vantage);
	struct finding *f = reach && reach->errors ? finding_of_id(desk, reach->finding) : NULL;

	if (!f) {
		return false;
	}
	r->finding = f->id;
	finding_rate(f, 0, SEVERITY_CRITICAL);
	return true;
}

/* --- telling --- */

/* A server may be overloaded for a moment; a definite refusal holds. */
static double confidence_of(const struct registration *r, enum failure failure)
{
	switch (failure) {
	case FAILURE_UNANSWERED:
		return r->unanswered >= REFUSALS_SURE ? repeated : once;
	case FAILURE_CREDENTIALS:
		return r->refusal.alike >= REFUSALS_SURE ? repeated : 0.75;
	case FAILURE_NO_CREDENTIALS:
		return 0.7;
	case FAILURE_REDIRECTED:
		return 0.6;
	default:
		break;
	}
	if (r->refusal.alike >= REFUSALS_SURE) {
		return repeated;
	}
	return r->refusal.status >= 500 && r->refusal.status < 600 ? 0.6 : once;
}

static const char *cause_of(enum failure failure)
{
	switch (failure) {
	case FAILURE_CREDENTIALS:
	case FAILURE_NO_CREDENTIALS:
		return "credentials";
	case FAILURE_UNANSWERED:
		return "unanswered";
	case FAILURE_REDIRECTED:
		return "redirected";
	default:
		return "refused";
	}
}

#define WHY "A phone that is not registered cannot be called, and mostly cannot call."

static const struct finding_words *words_of(enum failure failure, bool outside)
{
	static const struct finding_words refused = {
	    .why = WHY,
	    .remedy =
		"Compare user name, domain and expiry time in the phone with what the "
		"provider assigned; ask the provider whether the account is active and "
		"allowed from this address. What the registrar says is quoted in the evidence.",
	};
	static const struct finding_words credentials = {
	    .why = WHY " Many registrars also block an address after several wrong passwords.",
	    .remedy = "Enter \"authentication user\" (often not the extension), password and "
		      "domain in the phone anew, exactly as the provider gives them.",
	};
	static const struct finding_words unanswered = {
	    .why = WHY,
	    .remedy = "Check the registrar's address and port in the phone, and that the firewall "
		      "lets its packets out and the answers in; capture on the outer side of the "
		      "router: requests that leave it were dropped beyond.",
	};
	static const struct finding_words unanswered_outside = {
	    .why = WHY,
	    .remedy = "Ask the provider whether the requests arrive: they leave the router, and "
		      "nothing comes back. Check the registrar's address and port in the phone as "
		      "well.",
	};
	static const struct finding_words redirected = {
	    .why = WHY,
	    .remedy = "Enter the address that the registrar names into the phone as its registrar "
		      "or outbound proxy.",
	};

	switch (failure) {
	case FAILURE_CREDENTIALS:
	case FAILURE_NO_CREDENTIALS:
		return &credentials;
	case FAILURE_UNANSWERED:
		return outside ? &unanswered_outside : &unanswered;
	case FAILURE_REDIRECTED:
		return &redirected;
	default:
		return &refused;
	}
}

/* The same requests where they have left the router, here or at another vantage; or NULL. */
static struct registration *seen_outside(const struct desk *desk, struct registration *r)
{
	const struct registrations *all = desk->registrations;
	uint32_t n = all->newest;

	if (!address_is_unroutable(&r->source.address)) {
		return r;
	}
	for (int i = 0; i < OUTSIDE_SEARCH && n != POOL_NONE; i++) {
		struct registration *other = registration_at(all, n);

		if (other->vantage != r->vantage && other->call_id == r->call_id &&
		    other->unanswered > 0 && !address_is_unroutable(&other->source.address)) {
			return other;
		}
		n = other->older;
	}
	return NULL;
}

/* Of one phone, or of several. */
static void describe(struct finding *f, const struct desk *desk, struct registration *r,
    enum failure failure, bool several)
{
	const struct finding_words *words = words_of(failure, seen_outside(desk, r) != NULL);
	char registrar[ENDPOINT_TEXT_MAX], phone[ADDRESS_TEXT_MAX], who[300] = "Several accounts";

	endpoint_format(&r->registrar, registrar);
	if (!several) {
		(void)snprintf(who, sizeof(who), "%.200s at %s", r->aor,
		    address_format(&r->source.address, phone));
	}
	switch (failure) {
	case FAILURE_CREDENTIALS:
		finding_describe(f, desk, r->vantage, words,
		    "%s cannot register: the registrar %s does not accept the user name or "
		    "password",
		    who, registrar);
		break;
	case FAILURE_NO_CREDENTIALS:
		finding_describe(f, desk, r->vantage, words,
		    "%s cannot register: the registrar %s asks for user name and password, and "
		    "never "
		    "gets them",
		    who, registrar);
		break;
	case FAILURE_UNANSWERED:
		finding_describe(f, desk, r->vantage, words,
		    "%s cannot register: the registrar %s does not answer", who, registrar);
		break;
	case FAILURE_REDIRECTED:
		finding_describe(f, desk, r->vantage, words,
		    "%s cannot register: the registrar %s sends the request elsewhere, and it does "
		    "not arrive there",
		    who, registrar);
		break;
	default:
		finding_describe(f, desk, r->vantage, words,
		    "%s cannot register: the registrar %s refuses (%u %s)", who, registrar,
		    r->refusal.status, r->refusal.reason);
		break;
	}
}

static void evidence_list(
    struct finding *f, const struct desk *desk, struct registration *r, enum failure failure)
{
	const struct registration_refusal redirection = {
	    r->request, r->answer, r->status, r->reason, r->authorized, 1};
	const struct registration_refusal *last =
	    failure == FAILURE_REDIRECTED ? &redirection : &r->refusal;
	char source[ENDPOINT_TEXT_MAX];
	struct registration *outside;

	endpoint_format(&r->source, source);
	if (failure == FAILURE_UNANSWERED) {
		finding_evidence(f, &r->silence,
		    "the first REGISTER of %s from %s without answer; since then %u packets in %u "
		    "%s, none answered",
		    r->aor, source, r->sent_in_vain, r->unanswered,
		    r->unanswered == 1 ? "attempt" : "attempts");
		outside = seen_outside(desk, r);
		if (outside && outside != r) {
			finding_evidence(f, &outside->silence,
			    "at %s the same request leaves from %s, and nothing comes back there "
			    "either",
			    desk->config.vantages[outside->vantage],
			    endpoint_format(&outside->source, source));
			outside->finding = f->id; /* told with this one */
		}
		if (r->unanswered < REFUSALS_SURE && f->against_count == 0) {
			finding_against(f,
			    "one request alone was never answered: the registrar may have been "
			    "out of service for that moment");
		}
		return;
	}
	finding_evidence(f, &last->request, "REGISTER of %s from %s%s", r->aor, source,
	    last->authorized ? ", with credentials" : "");
	if (last->alike > 1) {
		finding_evidence(f, &last->answer, "answered \"%u %s\", %u times in a row%s",
		    last->status, last->reason, last->alike,
		    r->proven ? " since it was last accepted" : "");
	} else {
		finding_evidence(
		    f, &last->answer, "answered \"%u %s\"", last->status, last->reason);
	}
}

/* One more registration: of another account, or of the same one tried anew, or seen elsewhere. */
static void again(
    struct finding *f, const struct desk *desk, struct registration *r, enum failure failure)
{
	bool same_account = text_starts(text_of(f->summary), text_of(r->aor));
	bool same_vantage = f->vantage == desk->config.vantages[r->vantage];

	if (!same_account && !f->told[0]) {
		f->told[0] = true; /* "Several accounts" */
		describe(f, desk, r, failure, true);
	}
	if (!same_account || same_vantage) {
		finding_rate(f, repeated, SEVERITY_CRITICAL); /* it is not one alone */
	}
}

/* Grows with whatever makes the finding say something else. */
static uint64_t news_of(const struct registration *r)
{
	return (uint64_t)r->last_ns + r->unanswered + r->refusals;
}

static int64_t begin_ns(const struct registration *r, enum failure failure)
{
	return failure == FAILURE_UNANSWERED   ? r->silence.time_ns
	       : failure == FAILURE_REDIRECTED ? r->request.time_ns
					       : r->refusal.request.time_ns;
}

static void tell(struct desk *desk, struct registration *r, enum failure failure)
{
	const struct endpoint at = {r->registrar.address, 0};
	struct finding *f = finding_open(
	    desk, "registration-failed", cause_of(failure), hash_endpoint(desk->key, &at));

	if (!f) {
		return;
	}
	finding_endpoint(f, &r->source.address);
	if (finding_is_new(f)) {
		describe(f, desk, r, failure, false);
	} else if (r->finding != f->id) {
		again(f, desk, r, failure);
	}
	finding_rate(f, confidence_of(r, failure), SEVERITY_CRITICAL);
	finding_time(f, begin_ns(r, failure), r->last_ns);
	if (r->finding != f->id) {
		r->finding = f->id;
		evidence_list(f, desk, r, failure);
	}
	if (failure == FAILURE_UNANSWERED) {
		finding_time(f, r->silence.time_ns, r->silent_ns);
	}
	r->told_news = news_of(r);
}

void detect_registrations(struct desk *desk)
{
	const struct registrations *all = desk->registrations;

	for (uint32_t n = all->oldest; n != POOL_NONE; n = registration_at(all, n)->newer) {
		struct registration *r = registration_at(all, n);
		enum failure failure = failure_of(desk, r);

		if (failure == FAILURE_NONE || (r->finding && r->told_news == news_of(r)) ||
		    (desk->config.live && idle_ns(desk, r) < settled_ns &&
			r->refusals < REFUSALS_SURE) ||
		    is_explained(desk, r) ||
		    (failure == FAILURE_UNANSWERED && is_blocked(desk, r)) ||
		    detect_is_scanner(desk, r->vantage, &r->source.address)) {
			continue;
		}
		tell(desk, r, failure);
	}
}
