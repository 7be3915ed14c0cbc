/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: from the ACK on both sides should hear each other. Where one direction
 * begins later than that by more than a moment, and nothing of it came before, the first words
 * are lost. Only the first agreement counts: what a later re-INVITE brings was not due before.
 *
 * Not late: hold and recvonly (no audio both ways was agreed), a sender that suppresses silence,
 * one whose RTCP said at first that it sends nothing, and audio that another vantage saw in time.
 *
 * A platform that answers to where the audio comes from, and does so long after it came, may
 * have been slow to latch: that is a hint of symmetric-media, because the party behind it may
 * have been late itself.
 */
#include "activity.h"
#include "detect.h"
#include "dialog.h"
#include "finding.h"
#include "flow.h"
#include "mapping.h"
#include "nearness.h"
#include "offer_answer.h"
#include "one_way.h"
#include "talk_time.h"

static const double late_confidence = 0.6, late_start_confidence = 0.4;

struct lateness {
	struct desk *desk;
	struct call *call;
	enum party listener;
	unsigned line;
	const struct observation *o;
	struct activity to_listener, from_listener;
	struct interval window;
	int64_t late_ns; /* since the window began */
};

static const struct finding_words words_late = {
    "The call was answered and the audio began seconds later: the first words are lost, and people "
    "hang up because they think that nobody is there.",
    "Find out who is slow: capture at the platform. Usual are a platform that waits for the other "
    "side's first packets, a firewall that opens late, and a transfer or announcement without "
    "audio in between.",
    NULL,
};

static const struct finding_words words_late_start = {
    "The platform sends its audio to where the other side's comes from, so it waits for that; it "
    "began only seconds after the first packets had passed here.",
    "Let the platform latch on the first packets, and let nothing between here and there hold them "
    "back.",
    "a capture at the platform itself: when the first packets reach it, and what it gets from the "
    "party behind it",
};

/* The agreement that was in force when the call was established. */
static bool first_window(const struct lateness *l, struct interval *window)
{
	unsigned count;
	int64_t since_ns = talk_established_ns(l->o);

	(void)offer_answer_agreements(l->o, &count);
	for (unsigned i = 0; i < count; i++) {
		if (talk_window(l->o, i, l->line, window) && window->from_ns == since_ns) {
			return l->o->answered.set;
		}
	}
	return false;
}

static bool said_to_send_nothing(const struct lateness *l)
{
	const struct sender_report *r = dialog_reports(l->o, party_other(l->listener));

	return r->reports > 0 && (!r->has_sent || r->first_sent == 0);
}

/* As one vantage saw it. */
static bool is_late(struct lateness *l)
{
	const struct activity *to = &l->to_listener;

	activity_collect(l->desk, l->call, l->o->vantage, l->line, l->listener, &l->to_listener);
	activity_collect(
	    l->desk, l->call, l->o->vantage, l->line, party_other(l->listener), &l->from_listener);
	if (!first_window(l, &l->window) || to->count == 0 || to->overflow) {
		return false;
	}
	l->late_ns = to->intervals[0].from_ns - l->window.from_ns;
	return l->late_ns >= threshold_ns(l->desk->config.thresholds.late_media_s) &&
	       to->intervals[0].from_ns < l->window.to_ns && !activity_suppresses_silence(to) &&
	       !said_to_send_nothing(l);
}

/* The nearest vantage to the listener; false where one of them saw it in time. */
static bool late_anywhere(struct lateness *best)
{
	struct lateness l = *best;
	int highest = -1;

	for (const struct observation *o = l.call->observations; o; o = o->next) {
		int rank = nearness_rank(l.desk, l.call, o->vantage, l.listener);

		l.o = o;
		if (!is_late(&l)) {
			if (l.to_listener.count > 0) {
				return false;
			}
			continue;
		}
		if (rank > highest) {
			highest = rank;
			*best = l;
		}
	}
	return highest >= 0;
}

static struct finding *open_for(const struct lateness *l, const char *code, const char *cause,
    const struct finding_words *words, const char *summary)
{
	const struct desk_stream *s = l->to_listener.first;
	struct endpoint key = {s->src.address, l->o->vantage};
	struct finding *f = finding_open(l->desk, code, cause, hash_endpoint(l->desk->key, &key));
	char address[ADDRESS_TEXT_MAX];

	if (f && finding_is_new(f)) {
		finding_describe(f, l->desk, l->o->vantage, words, summary,
		    address_format(&s->src.address, address));
	}
	return f;
}

static void fill(struct finding *f, const struct lateness *l, double confidence)
{
	const struct desk_stream *s = l->to_listener.first, *own = l->from_listener.first;
	struct mark mark = stream_mark(s);

	finding_rate(f, confidence, SEVERITY_WARNING);
	finding_call(f, l->call);
	finding_stream(f, s);
	finding_endpoint(f, &s->src.address);
	finding_endpoint(f, &s->dst.address);
	finding_time(f, l->window.from_ns, s->first_ns);
	finding_evidence(f, l->o->acked.set ? &l->o->acked : &l->o->answered,
	    "from here on both sides should hear each other");
	finding_evidence(f, &mark, "the first audio toward the %s comes %.1f s later, SSRC 0x%08x",
	    party_name(l->listener), (double)l->late_ns / 1e9, s->ssrc);
	if (own && own->first_ns < s->first_ns) {
		mark = stream_mark(own);
		finding_evidence(f, &mark, "the %s's own audio began %.1f s before that",
		    party_name(l->listener), (double)(s->first_ns - own->first_ns) / 1e9);
	}
}

static void report_late(const struct lateness *l)
{
	struct finding *f = open_for(l, "late-media", NULL, &words_late,
	    "Late media: audio from %s begins seconds after the answer");
	bool first = f && f->confidence == 0;

	if (!f) {
		return;
	}
	fill(f, l, late_confidence);
	if (first) {
		finding_against(f, "a sender that is muted at first and sends nothing then looks "
				   "the same");
	}
}

static bool is_described(const struct lateness *l, const struct endpoint *place)
{
	unsigned count;
	const struct agreement *a = offer_answer_agreements(l->o, &count);

	for (unsigned i = 0; i < count; i++) {
		const struct agreed_line *line = agreement_line(&a[i], l->line);

		if (line && line->sides[l->listener].literal) {
			struct endpoint at = agreed_place(line, l->listener);

			if (endpoint_equal(&at, place)) {
				return true;
			}
		}
	}
	return false;
}

static const struct desk_stream *after(
    const struct lateness *l, const struct desk_stream *s, enum party toward)
{
	uint32_t n = s ? s->next_of_call : l->call->first_stream;

	for (; n != POOL_NONE; n = stream_at(l->desk, n)->next_of_call) {
		const struct desk_stream *next = stream_at(l->desk, n);

		if (next->vantage == l->o->vantage && next->toward == toward &&
		    next->kind == SDP_AUDIO && next->line == l->line) {
			return next;
		}
	}
	return NULL;
}

/*
 * Does the platform answer to where the listener's audio comes from, and to no place that was
 * described? Seen from outside the listener's NAT, long before the platform began.
 */
static bool is_slow_answer(
    const struct lateness *l, const struct desk_stream *s, const struct desk_stream *own)
{
	return !address_is_unroutable(&s->dst.address) && !is_described(l, &s->dst) &&
	       endpoint_equal(&own->src, &s->dst) && endpoint_equal(&own->dst, &s->src) &&
	       !mapping_path(l->desk, s).checked &&
	       s->first_ns - own->first_ns >= threshold_ns(l->desk->config.thresholds.late_media_s);
}

/* One capture may hold the inner side of the NAT as well: any two that show it. */
static bool is_slow_to_latch(const struct lateness *l)
{
	const struct desk_stream *s = NULL;

	while ((s = after(l, s, l->listener)) != NULL) {
		const struct desk_stream *own = NULL;

		while ((own = after(l, own, party_other(l->listener))) != NULL) {
			if (is_slow_answer(l, s, own)) {
				return true;
			}
		}
	}
	return false;
}

static void report_slow_latch(const struct lateness *l)
{
	struct finding *f = open_for(l, "symmetric-media", "late-start", &words_late_start,
	    "Symmetric media: %s starts late because it waits for the other side's audio");
	bool first = f && f->confidence == 0;

	if (!f) {
		return;
	}
	fill(f, l, late_start_confidence);
	if (first) {
		finding_against(f, "the party behind the platform may have begun late itself");
	}
}

/* At the first vantage that shows it; the nearest to the listener is inside its NAT. */
static void examine_latching(const struct lateness *late)
{
	struct lateness l = *late;

	for (l.o = l.call->observations; l.o; l.o = l.o->next) {
		if (is_late(&l) && is_slow_to_latch(&l)) {
			report_slow_latch(&l);
			return;
		}
	}
}

void detect_late_media(struct desk *desk, struct call *call)
{
	unsigned lines = talk_lines(call);

	for (unsigned line = 0; line < lines; line++) {
		for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
			struct lateness l = {desk, call, p, line, .late_ns = 0};

			if (!late_anywhere(&l)) {
				continue;
			}
			report_late(&l);
			examine_latching(&l);
		}
	}
}
