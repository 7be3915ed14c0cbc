/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: whether a description is an offer or an answer follows from the message
 * it came in and from what its transaction carried before (RFC 6337 2.1): a request brings an
 * offer, unless a response offered first; then ACK or PRACK brings the answer. Transactions
 * tell apart what crosses on the wire, and the same description seen again on another hop.
 * A fork's answers are kept by dialog until one of them is confirmed by a 2xx.
 */
#include "offer_answer.h"

#include "dialog.h"

_Static_assert(OFFERS_MAX < 1 << 3 && AGREEMENTS_MAX < 1 << 5, "what a negotiation can count");

struct negotiator {
	struct call *call;
	const struct observation *o;
	struct negotiation *n;
	const struct dialog_step *step;
	bool lost;
};

static struct agreement *agreements_of(struct negotiation *n)
{
	return n->agreement_room > 1 ? n->agreements : &n->agreement;
}

static struct agreement *newest_of(struct negotiation *n)
{
	return n->agreement_count > 0 ? &agreements_of(n)[n->agreement_count - 1] : NULL;
}

static struct offer *offers_of(struct negotiation *n)
{
	return n->offer_count > 1 ? n->offers : &n->offer;
}

/* --- descriptions --- */

static void describe(
    struct negotiator *g, struct agreed_line *line, enum party party, const struct sdp_media *media)
{
	struct endpoint at = {.port = media->port};

	at.address = media->literal ? media->at : address_of_ipv4(0);
	line->sides[party] = (struct description){
	    .kind = media->kind & 3U,
	    .direction = media->direction & 3U,
	    .literal = media->literal,
	    .off = media->port == 0 ||
		   (media->literal && address_class(&media->at) == ADDRESS_UNSPECIFIED),
	};
	if (!pair_set(&line->places, &g->call->text, party, &at)) {
		line->sides[party].literal = false;
		g->lost = true;
	}
}

static void agree_on(struct agreed_line *line)
{
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct description *to = &line->sides[p];
		const struct description *from = &line->sides[party_other(p)];

		to->flows = to->kind == from->kind && !to->off &&
			    line->places.ports[party_other(p)] != 0 &&
			    to->direction & SDP_RECVONLY && from->direction & SDP_SENDONLY;
	}
}

/* --- agreements --- */

static bool is_same_place(
    const struct agreed_line *a, const struct agreed_line *b, enum party party)
{
	struct endpoint x = agreed_place(a, party), y = agreed_place(b, party);

	return endpoint_equal(&x, &y) && a->sides[party].off == b->sides[party].off &&
	       a->sides[party].literal == b->sides[party].literal;
}

static bool lines_agree(const struct agreement *a, const struct agreement *b, bool places_too)
{
	if (a->line_count != b->line_count || a->line_count == 0) {
		return a->line_count == b->line_count;
	}
	for (unsigned i = 0; i < a->line_count; i++) {
		const struct agreed_line *x = &a->lines[i], *y = &b->lines[i];

		for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
			const struct description *d = &x->sides[p], *e = &y->sides[p];

			if (d->flows != e->flows || d->kind != e->kind ||
			    (places_too && !is_same_place(x, y, p))) {
				return false;
			}
		}
	}
	return true;
}

static void remove_at(struct negotiation *n, unsigned index)
{
	struct agreement *at = agreements_of(n) + index;

	n->agreement_count--;
	memmove(at, at + 1, sizeof(*at) * (n->agreement_count - index));
}

/*
 * Make room by joining two neighbours, never the newest. What is said of directions stays right:
 * two that say the same become one, or else the shortest pair becomes a time of which nothing
 * is known.
 */
static void join_neighbours(struct negotiation *n)
{
	unsigned best = 0;
	int64_t shortest_ns = INT64_MAX;

	for (unsigned i = 0; i + 2 < n->agreement_count; i++) {
		const struct agreement *a = &agreements_of(n)[i];
		int64_t span_ns = a[2].from_ns - a[0].from_ns;

		if (a[0].dialog == a[1].dialog && lines_agree(&a[0], &a[1], false)) {
			remove_at(n, i + 1);
			return;
		}
		if (span_ns < shortest_ns) {
			shortest_ns = span_ns;
			best = i;
		}
	}
	agreements_of(n)[best].line_count = 0;
	remove_at(n, best + 1);
}

/* Most calls agree once or twice; the list before this one stays with the call's text. */
static bool agreements_grow(struct negotiator *g)
{
	struct negotiation *n = g->n;
	unsigned room = n->agreement_room > 1 ? n->agreement_room * 2U : 2;
	struct agreement *list;

	if (room > AGREEMENTS_MAX) {
		return false;
	}
	list = arena_take(&g->call->text, sizeof(*list) * room);
	if (!list) {
		return false;
	}
	memcpy(list, agreements_of(n), sizeof(*list) * n->agreement_count);
	n->agreements = list;
	n->agreement_room = room & 31U;
	return true;
}

/* A session refresh changes nothing (RFC 4028 7.4). */
static bool refreshes(struct agreement *last, const struct agreement *agreement)
{
	if (last->dialog != agreement->dialog || !lines_agree(last, agreement, true)) {
		return false;
	}
	last->offer = agreement->offer;
	last->final = agreement->final;
	return true;
}

static void append(struct negotiator *g, const struct agreement *agreement)
{
	struct negotiation *n = g->n;

	if (n->agreement_count > 0 && refreshes(newest_of(n), agreement)) {
		return;
	}
	if (n->agreement_count > 0 && n->agreement_count >= n->agreement_room &&
	    !agreements_grow(g)) {
		g->lost = true;
		if (n->agreement_count < 3) {
			return;
		}
		join_neighbours(n);
	}
	agreements_of(n)[n->agreement_count++] = *agreement;
}

/* The newest agreement by this offer in this dialog. */
static struct agreement *agreement_by(
    struct negotiation *n, const struct offer *offer, uint32_t dialog)
{
	struct agreement *list = agreements_of(n);

	for (unsigned i = n->agreement_count; i-- > 0;) {
		if (list[i].offer == offer->number && list[i].dialog == dialog) {
			return &list[i];
		}
	}
	return NULL;
}

/*
 * There was an answer, and it or its offer was not captured: from now on nothing is known, unless
 * the answer to this offer (0: none is known) is yet to come.
 */
static void doubt(struct negotiator *g, uint16_t offer)
{
	struct agreement unknown = {
	    .from_ns = g->step->signal->time_ns,
	    .dialog = g->step->tag,
	    .offer = offer,
	};

	if (g->n->agreement_count > 0 && (!g->n->dialog || g->n->dialog == unknown.dialog)) {
		append(g, &unknown);
	}
}

/* What was in doubt about this offer is so no more. */
static void doubt_end(struct negotiation *n, uint16_t offer)
{
	const struct agreement *last = newest_of(n);

	if (last && last->line_count == 0 && last->offer == offer) {
		n->agreement_count--;
	}
}

/* The offer's lines to be agreed on; where an earlier answer has them, its own side of them. */
static struct agreed_line *lines_take(struct negotiator *g, struct offer *offer)
{
	struct agreed_line *lines = offer->lines;

	if (offer->agreed) {
		lines = arena_take(&g->call->text, sizeof(*lines) * offer->line_count);
	}
	for (unsigned i = 0; offer->agreed && lines && i < offer->line_count; i++) {
		struct endpoint at = agreed_place(&offer->lines[i], offer->by);

		lines[i].sides[offer->by] = offer->lines[i].sides[offer->by];
		g->lost |= !pair_set(&lines[i].places, &g->call->text, offer->by, &at);
	}
	offer->agreed = true;
	return lines;
}

/* Lines that the answer leaves out are not agreed (RFC 3264 6: it must not). */
static const struct agreed_line *lines_make(
    struct negotiator *g, struct offer *offer, uint8_t *count)
{
	const struct sdp *sdp = g->step->sdp;
	struct agreed_line *lines = lines_take(g, offer);
	enum party answerer = party_other(offer->by);

	*count = lines ? offer->line_count : 0;
	g->lost |= offer->line_count > 0 && !lines;
	for (unsigned i = 0; i < *count; i++) {
		if (i < sdp->media_count) {
			describe(g, &lines[i], answerer, &sdp->media[i]);
		} else {
			lines[i].sides[answerer] = (struct description){
			    .kind = lines[i].sides[offer->by].kind, .off = true};
		}
		agree_on(&lines[i]);
	}
	return lines;
}

/* Of the packet at hand; 0: memory is short. */
static uint32_t mark_number(const struct negotiator *g)
{
	const struct mark *mark = dialog_mark(g->call, g->o, g->step->signal);

	return mark ? slab_number(g->call->text.slab, mark) : 0;
}

static void answer(struct negotiator *g, struct offer *offer, bool final)
{
	uint32_t dialog = g->step->tag;
	struct agreement *earlier = agreement_by(g->n, offer, dialog);
	struct agreement a = {
	    .from_ns = g->step->signal->time_ns,
	    .dialog = dialog,
	    .offer = offer->number,
	    .final = final,
	};

	/* Said before, or a fork that lost: RFC 3261 13.2.1. */
	if (offer->closed || (earlier && (earlier->final || !final)) ||
	    (g->n->dialog && dialog != g->n->dialog)) {
		return;
	}
	a.marks[offer->by] = offer->mark;
	a.marks[party_other(offer->by)] = mark_number(g);
	a.lines = lines_make(g, offer, &a.line_count);
	if (!a.marks[PARTY_CALLER] || !a.marks[PARTY_CALLEE]) {
		a.line_count = 0;
		g->lost = true;
	}
	doubt_end(g->n, offer->number);
	append(g, &a);
	offer->closed = final && offer->within_dialog;
}

/* --- offers --- */

static enum party requester_of(const struct dialog_step *step)
{
	return step->message->request ? step->sender : party_other(step->sender);
}

/* The offer of this message's transaction; an ACK's is its INVITE's. */
static struct offer *offer_of(struct negotiation *n, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;
	enum sip_method method = m->method == SIP_ACK ? SIP_INVITE : m->method;
	enum party requester = requester_of(step);

	for (unsigned i = 0; i < n->offer_count; i++) {
		struct offer *o = &offers_of(n)[i];

		if (o->requester == requester && o->cseq == m->cseq && o->method == method) {
			return o;
		}
	}
	return NULL;
}

/* Room for an offer, if need be that of the oldest; NULL where memory is short. */
static struct offer *offer_room(struct negotiator *g)
{
	struct negotiation *n = g->n;
	struct offer *list = offers_of(n);

	if (n->offer_count == OFFERS_MAX) {
		return &list[n->offers_seen % OFFERS_MAX];
	}
	if (n->offer_count > 0) {
		list = arena_list(&g->call->text, list, n->offer_count, sizeof(*list));
		if (!list) {
			return NULL;
		}
		n->offers = list;
	}
	return &list[n->offer_count++];
}

static void offer_make(struct negotiator *g)
{
	const struct dialog_step *step = g->step;
	const struct sdp *sdp = step->sdp;
	struct offer *offer = offer_room(g);

	if (!offer) {
		g->lost = true;
		return;
	}
	g->n->offers_seen++;
	*offer = (struct offer){
	    .number = g->n->offers_seen,
	    .by = step->sender & 1U,
	    .requester = requester_of(step) & 1U,
	    .method = step->message->method & 15U,
	    .cseq = step->message->cseq,
	    .within_dialog = step->message->to.tag.length > 0,
	    .in_response = !step->message->request,
	    .mark = mark_number(g),
	    .lines = arena_take(&g->call->text, sizeof(*offer->lines) * sdp->media_count),
	};
	g->lost |= sdp->media_count > 0 && !offer->lines;
	for (unsigned i = 0; offer->lines && i < sdp->media_count; i++) {
		describe(g, &offer->lines[offer->line_count++], offer->by, &sdp->media[i]);
	}
}

/* The offer in a reliable provisional response that this PRACK answers (RFC 3262 5). */
static struct offer *offer_for_prack(struct negotiation *n, enum party sender)
{
	struct offer *newest = NULL;

	for (unsigned i = 0; i < n->offer_count; i++) {
		struct offer *o = &offers_of(n)[i];

		if (o->in_response && o->by != sender && !o->closed && o->method == SIP_INVITE &&
		    (!newest || o->number > newest->number)) {
			newest = o;
		}
	}
	return newest;
}

/* It answers what the 200 offered, or ends a transaction of which the answer was not captured. */
static void ack_take(struct negotiator *g, struct offer *offer)
{
	const struct dialog_step *step = g->step;

	if (step->sdp && offer && offer->in_response && offer->by != step->sender) {
		answer(g, offer, true);
		offer->closed = true;
	} else if (!offer) {
		if (step->sdp) {
			doubt(g, 0);
		}
	} else if (offer->within_dialog && !offer->closed &&
		   !agreement_by(g->n, offer, step->tag)) {
		doubt(g, offer->number);
	}
}

static void request_take(struct negotiator *g)
{
	const struct dialog_step *step = g->step;
	struct offer *offer = offer_of(g->n, step);

	switch (step->message->method) {
	case SIP_ACK:
		ack_take(g, offer);
		return;
	case SIP_PRACK:
		offer = offer ? offer : offer_for_prack(g->n, step->sender);
		if (offer && offer->in_response) {
			answer(g, offer, true);
			offer->closed = true;
			return;
		}
		break;
	case SIP_INVITE:
	case SIP_UPDATE:
		break;
	default:
		return;
	}
	/* Otherwise it is the same offer, seen on another hop. */
	if (!offer) {
		offer_make(g);
	}
}

/* After a change that was refused, what stood before stands again (RFC 3261 14.1). */
static void refuse(struct negotiator *g, struct offer *offer)
{
	struct agreement *refused = agreement_by(g->n, offer, g->step->tag);
	struct agreement before;

	offer->closed = true;
	if (!refused || refused->final || refused == agreements_of(g->n)) {
		return;
	}
	before = refused[-1];
	before.from_ns = g->step->signal->time_ns;
	append(g, &before);
}

static void response_take(struct negotiator *g)
{
	const struct dialog_step *step = g->step;
	const struct sip_message *m = step->message;
	struct offer *offer = offer_of(g->n, step);

	if (m->status >= 300) {
		/* One branch's refusal is not the INVITE's: another one may answer. */
		if (offer && offer->within_dialog) {
			refuse(g, offer);
		}
	} else if (offer && offer->by != step->sender) {
		struct agreement *earlier = agreement_by(g->n, offer, step->tag);

		if (step->sdp) {
			answer(g, offer, m->status >= 200);
		} else if (earlier && m->status >= 200) {
			earlier->final = true; /* answered reliably before (RFC 3262 5) */
		}
	} else if (!offer && step->sdp && m->method == SIP_INVITE) {
		/* The INVITE had none, or was not seen: an ACK or PRACK may answer. */
		offer_make(g);
		if (m->status >= 200) {
			doubt(g, g->n->offers_seen);
		}
	} else if (!offer && step->sdp && m->method == SIP_UPDATE) {
		doubt(g, 0);
	}
}

/* The 2xx decides between forks: what the others said is of no account. */
static void confirm(struct negotiation *n, uint32_t dialog)
{
	struct agreement *list = agreements_of(n);
	unsigned kept = 0;

	n->dialog = dialog;
	for (unsigned i = 0; i < n->agreement_count; i++) {
		if (list[i].dialog == dialog) {
			list[kept++] = list[i];
		}
	}
	n->agreement_count = kept & 31U;
}

static bool confirms(const struct negotiation *n, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;

	return !n->dialog && step->tag && !m->request && m->method == SIP_INVITE &&
	       m->status >= 200 && m->status < 300;
}

/* Of other methods, descriptions do not belong to the session. */
static bool negotiates(enum sip_method method)
{
	return method == SIP_INVITE || method == SIP_ACK || method == SIP_PRACK ||
	       method == SIP_UPDATE;
}

bool offer_answer_take(struct call *call, struct observation *o, const struct dialog_step *step)
{
	struct negotiator g = {call, o, &o->negotiation, step, false};

	if (!negotiates(step->message->method) || (!g.n->begun && !step->sdp)) {
		return true;
	}
	g.n->begun = true;
	if (confirms(g.n, step)) {
		confirm(g.n, step->tag);
	}
	if (!step->message->request) {
		response_take(&g);
	} else if (step->sdp || step->message->method == SIP_ACK) {
		request_take(&g);
	}
	return !g.lost;
}

const struct agreement *offer_answer_agreements(const struct observation *o, unsigned *count)
{
	const struct negotiation *n = &o->negotiation;

	*count = n->agreement_count;
	return n->agreement_room > 1 ? n->agreements : &n->agreement;
}

bool agreement_has_two_way_audio(const struct agreement *a, unsigned line)
{
	const struct agreed_line *l = agreement_line(a, line);

	return l && l->sides[PARTY_CALLER].kind == SDP_AUDIO && l->sides[PARTY_CALLER].flows &&
	       l->sides[PARTY_CALLEE].flows;
}
