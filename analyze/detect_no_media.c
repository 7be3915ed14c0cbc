/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a call that was answered, with audio agreed both ways for long enough, and
 * not one packet of media was seen of it anywhere. That says little by itself: media takes its
 * own way, and a filter for SIP lets none through. What speaks is that other media is seen there,
 * which would have come the same way, or that ICMP tells where this call's went. Two vantages, one
 * of them inside the NAT of a party, or RTCP of both, show that neither party sends: both wait for
 * the other, as platforms with symmetric RTP do (RFC 7362 5), and that is symmetric-media, too.
 */
#include "address.h"
#include "crossing.h"
#include "detect.h"
#include "dialog.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "icmp.h"
#include "offer_answer.h"
#include "one_way.h"
#include "talk_time.h"
#include "unreachable.h"

enum { STREAM_SEARCH_MAX = 4096, CALL_SEARCH_MAX = 256 }; /* the newest first */

/* One vantage's view of a call without media. */
struct void_call {
	struct desk *desk;
	struct call *call;
	const struct observation *o;
	unsigned line;
	const struct agreement *agreement;
	struct interval window;
	const struct desk_stream *other; /* media of another call that came the same way; or NULL */
	const struct unreachable *refused;
};

static const struct finding_words words_refused = {
    "Whoever should deliver the audio answers with ICMP errors: it cannot reach the address and "
    "port that the audio is sent to.",
    "Look at the host that sends the ICMP errors: a port that nobody listens on, a firewall rule "
    "that rejects, a route that is missing.",
    NULL,
};

static const struct finding_words words_unknown = {
    "The call was answered and both sides agreed to send and receive, and nobody hears anything: "
    "neither side's audio is there, where that of other calls is seen.",
    "Look at what both sides send: capture at the phone and at the platform at once. Often both "
    "wait for the other's first packet, or a firewall drops RTP both ways.",
    "captures at the phone and at the platform at the same time, named with --vantage",
};

static const struct finding_words words_bypass = {
    "The call was answered and both sides agreed to send and receive, and no packet of audio is in "
    "the capture. Either there was none, or it went another way than the signalling, or the "
    "capture left it out.",
    "Capture where the audio must pass, without a filter for ports: at the phone's own port of the "
    "switch, or on the router.",
    "a capture at the phone's own port, without a filter",
};

static const struct finding_words words_both_wait = {
    "Each side waits for the other's first packet before it sends its own, so none ever comes: "
    "both hear nothing.",
    "Let one side send without waiting: the phone should send from the moment of the answer (also "
    "when muted: silence or comfort noise); a platform that latches must not face another one.",
    NULL,
};

/* --- is there nothing? --- */

/* The longest time of audio both ways; what an unfinished call was last seen at bounds it. */
static bool window_find(struct void_call *v)
{
	unsigned count;
	const struct agreement *a = offer_answer_agreements(v->o, &count);

	for (unsigned i = 0; i < count; i++) {
		struct interval window;

		if (!talk_window(v->o, i, v->line, &window)) {
			continue;
		}
		window.to_ns = window.to_ns < v->o->last_ns ? window.to_ns : v->o->last_ns;
		if (window.to_ns - window.from_ns > v->window.to_ns - v->window.from_ns) {
			v->window = window;
			v->agreement = &a[i];
		}
	}
	return v->agreement && v->o->answered.set &&
	       v->window.to_ns - v->window.from_ns >=
		   threshold_ns(v->desk->config.thresholds.no_media_s);
}

static bool has_end(const struct desk_stream *s, const struct address *address)
{
	return address_equal(&s->src.address, address) || address_equal(&s->dst.address, address);
}

/* Where a party's media is, by its description; by its signalling where that is a name. */
static struct address party_address(const struct void_call *v, enum party party)
{
	const struct agreed_line *line = agreement_line(v->agreement, v->line);

	return line->sides[party].literal ? agreed_place(line, party).address
					  : observed_party(v->o, party).address;
}

/*
 * Would media of this call have come the way that this stream came? Between the same two hosts,
 * or over the same border: one in a private network, and who is with it in that stream outside.
 */
static bool came_the_same_way(const struct void_call *v, const struct desk_stream *s)
{
	struct address caller = party_address(v, PARTY_CALLER);
	struct address callee = party_address(v, PARTY_CALLEE);
	bool crosses = address_is_unroutable(&caller) != address_is_unroutable(&callee);
	const struct address *inside = address_is_unroutable(&caller) ? &caller : &callee;
	const struct address *outside =
	    address_equal(&s->src.address, inside) ? &s->dst.address : &s->src.address;

	if (has_end(s, &caller) && has_end(s, &callee)) {
		return true;
	}
	return crosses && has_end(s, inside) && !address_is_unroutable(outside);
}

static bool is_meanwhile(const struct void_call *v, const struct desk_stream *s)
{
	return s->first_ns < v->window.to_ns &&
	       (!s->quiet || s->summary->last_time_ns > v->window.from_ns);
}

/* The legs of a conversation can name the same place, and one of them has the stream. */
static bool is_at_place(const struct void_call *v, const struct desk_stream *s)
{
	const struct agreed_line *line = agreement_line(v->agreement, v->line);

	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct endpoint at = agreed_place(line, p);

		if (line->sides[p].literal &&
		    (endpoint_equal(&s->src, &at) || endpoint_equal(&s->dst, &at))) {
			return true;
		}
	}
	return false;
}

static bool is_of_host(const struct void_call *v, const struct desk_stream *s)
{
	struct address caller = party_address(v, PARTY_CALLER);
	struct address callee = party_address(v, PARTY_CALLEE);

	return has_end(s, &caller) || has_end(s, &callee);
}

/* Meanwhile, and at one of its places; or of no call, and of one of its hosts. */
static bool may_be_of_call(const struct void_call *v, const struct desk_stream *s)
{
	return is_meanwhile(v, s) &&
	       (is_at_place(v, s) || (s->call == POOL_NONE && is_of_host(v, s)));
}

/* Another leg of the conversation has media: somebody hears something. */
static bool has_leg_with_media(const struct desk *desk, const struct call *call)
{
	uint32_t number = desk->newest_call;

	for (int i = 0; i < CALL_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct call *other = call_at(desk, number);

		for (unsigned k = 0; k < call->leg_count; k++) {
			if (other->id == call_rare(call)->legs[k].call &&
			    other->first_stream != POOL_NONE) {
				return true;
			}
		}
		number = other->older;
	}
	return false;
}

/* False where there is media that may be this call's. */
static bool others_examine(struct void_call *v)
{
	uint32_t number = v->desk->newest_stream;

	for (int i = 0; i < STREAM_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *s = stream_at(v->desk, number);

		number = s->older;
		if (s->vantage != v->o->vantage) {
			continue;
		}
		if (may_be_of_call(v, s)) {
			return false;
		}
		if (s->call != POOL_NONE && came_the_same_way(v, s)) {
			v->other = s;
		}
	}
	return true;
}

static const struct unreachable *refusal_of(const struct void_call *v)
{
	const struct agreed_line *line = agreement_line(v->agreement, v->line);
	const struct unreachable *u = NULL;

	for (enum party p = PARTY_CALLER; p < PARTIES && !u; p++) {
		struct endpoint at = agreed_place(line, p);

		u = line->sides[p].literal ? unreachable_of_place(v->call, &at) : NULL;
	}
	return u;
}

/* --- do both wait? --- */

/* Does the vantage sit inside the NAT of who signals there for a party? */
static bool is_inside(const struct void_call *v, const struct observation *o)
{
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct endpoint at = observed_party(o, p);
		const struct endpoint_entry *entry = endpoint_entry(v->desk, &at.address);
		const struct endpoint_view *view = entry ? endpoint_view(entry, o->vantage) : NULL;

		if (o->invite.set && view && strcmp(view->side, "lan") == 0) {
			return true;
		}
	}
	return false;
}

/*
 * One vantage inside a party's NAT and one outside of it, or one that sees both: what either sends
 * would be seen.
 */
static bool is_seen_on_both_sides(const struct void_call *v)
{
	bool inside = false, outside = false;
	struct crossings crossings;

	for (const struct observation *o = v->call->observations; o; o = o->next) {
		if (!o->answered.set) {
			continue;
		}
		crossings_find(v->desk, v->call, o->vantage, &crossings);
		if (crossings.count > 0) {
			return true;
		}
		*(is_inside(v, o) ? &inside : &outside) = true;
	}
	return inside && outside;
}

/* RTCP of both says that neither has sent anything. */
static bool is_reported_by_both(const struct void_call *v)
{
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		const struct sender_report *r = dialog_reports(v->o, p);

		if (r->reports < 2 || (r->has_sent && r->last_sent > 0)) {
			return false;
		}
	}
	return true;
}

/* 0: nothing speaks for it. */
static double both_wait_confidence(const struct void_call *v)
{
	if (is_reported_by_both(v)) {
		return 0.6;
	}
	if (!is_seen_on_both_sides(v)) {
		return 0;
	}
	return v->other ? 0.6 : 0.4; /* a filter for SIP shows no media either */
}

/* --- saying it --- */

static void tell_agreement(struct finding *f, const struct void_call *v)
{
	const struct agreed_line *line = agreement_line(v->agreement, v->line);

	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct endpoint at = agreed_place(line, p);
		char text[ENDPOINT_TEXT_MAX];

		finding_evidence(f, agreement_mark(v->call, v->agreement, p),
		    "the %s's session description: send and receive, media to %s", party_name(p),
		    line->sides[p].literal ? endpoint_format(&at, text) : "a host name");
	}
}

static void tell_absence(struct finding *f, const struct void_call *v)
{
	const struct mark *since = v->o->acked.set ? &v->o->acked : &v->o->answered;

	finding_evidence(f, since, "from here on not one packet of media, for %.1f s",
	    (double)(v->window.to_ns - v->window.from_ns) / 1e9);
	if (v->other) {
		struct mark mark = stream_mark(v->other);
		char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

		finding_evidence(f, &mark, "media of another call is seen here: %s to %s",
		    endpoint_format(&v->other->src, src), endpoint_format(&v->other->dst, dst));
	}
}

static struct finding *open_described(const struct void_call *v, const char *code,
    const char *cause, const struct finding_words *words, const char *what)
{
	struct endpoint key = {party_address(v, PARTY_CALLEE), v->o->vantage};
	uint64_t hash = hash_endpoint(v->desk->key, &key);
	struct finding *f;

	/* A tap that sees no media is one cause for all calls. */
	if (v->other || v->refused) {
		key.address = party_address(v, PARTY_CALLER);
		hash ^= hash_endpoint(v->desk->key, &key);
	} else {
		hash = v->o->vantage;
	}
	f = finding_open(v->desk, code, cause, hash);
	if (f && finding_is_new(f)) {
		finding_describe(f, v->desk, v->o->vantage, words, "%s", what);
	}
	return f;
}

static void fill(struct finding *f, const struct void_call *v, double confidence)
{
	struct address caller = party_address(v, PARTY_CALLER);
	struct address callee = party_address(v, PARTY_CALLEE);

	finding_rate(f, confidence, SEVERITY_CRITICAL);
	finding_call(f, v->call);
	finding_endpoint(f, &caller);
	finding_endpoint(f, &callee);
	finding_time(f, v->window.from_ns, v->window.to_ns);
	tell_agreement(f, v);
	tell_absence(f, v);
}

static void report_both_wait(const struct void_call *v, double confidence)
{
	struct finding *f = open_described(v, "symmetric-media", "both-wait", &words_both_wait,
	    "Symmetric media: both sides wait for the other's first packet, and neither sends");
	bool first = f && f->confidence == 0;

	if (!f) {
		return;
	}
	fill(f, v, confidence);
	if (first) {
		finding_against(f, "two sides that are both muted and send nothing then, or whose "
				   "media takes another way than the signalling, look the same");
		f->would_settle = confidence < FINDING_HINT ? words_unknown.would_settle : NULL;
	}
}

static void report(const struct void_call *v)
{
	bool strong = v->other != NULL;
	struct finding *f = open_described(v, "no-media",
	    v->refused ? "icmp-unreachable"
	    : strong   ? "unknown"
		       : "bypass",
	    v->refused ? &words_refused
	    : strong   ? &words_unknown
		       : &words_bypass,
	    v->refused || strong
		? "No media: the call was answered, and neither side's audio is there"
		: "No media of answered calls is in the capture");
	bool first = f && f->confidence == 0;

	if (!f) {
		return;
	}
	fill(f, v, v->refused ? 0.85 : strong ? 0.6 : 0.3);
	if (v->refused) {
		one_way_tell_refusal(f, v->refused);
	}
	if (first && !v->refused) {
		finding_against(f, strong ? "this call's media may take another way than that of "
					    "the other calls"
					  : "media that does not pass this capture point, or a "
					    "capture filter, looks the same");
	}
}

/* The view of one vantage; false where there is media, or too little of the call. */
static bool vantage_examine(struct void_call *v)
{
	unsigned lines = talk_lines(v->call);

	while (v->line < lines && !window_find(v)) {
		v->line++;
	}
	if (v->line == lines || !others_examine(v)) {
		return false;
	}
	v->refused = refusal_of(v);
	return true;
}

static int worth_of(const struct void_call *v)
{
	return v->refused ? 3 : v->other ? 2 : v->o ? 1 : 0;
}

void detect_no_media(struct desk *desk, struct call *call)
{
	struct void_call best = {.desk = desk, .call = call};
	double confidence;

	if (call->first_stream != POOL_NONE || call->media_alone ||
	    has_leg_with_media(desk, call)) {
		return;
	}
	for (const struct observation *o = call->observations; o; o = o->next) {
		struct void_call v = {.desk = desk, .call = call, .o = o};

		if (vantage_examine(&v) && worth_of(&v) > worth_of(&best)) {
			best = v;
		}
	}
	if (!best.o) {
		return;
	}
	report(&best);
	confidence = best.refused ? 0 : both_wait_confidence(&best);
	if (confidence > 0) {
		report_both_wait(&best, confidence);
	}
}
