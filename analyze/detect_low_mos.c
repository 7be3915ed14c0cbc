/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: what sounds bad by loss, jitter or delay beyond their thresholds has a
 * finding of its own, which says more. Left are calls that are bad for another reason, or for
 * several that are each too small: packets that come in time on average and too late now and
 * then, a codec that is no better than that. The model is asked once without each of them; what
 * it gains most by is the cause.
 *
 * Losses count as hearing.h counts them, so that a fax's pause, a hold or a capture filtered to a
 * few packets do not spoil a score.
 */
#include <math.h>

#include "detect.h"
#include "finding.h"
#include "flow.h"
#include "hearing.h"

enum mos_cause { MOS_LOSS, MOS_DISCARDS, MOS_DELAY, MOS_CODEC, MOS_CAUSES };

static const char *const cause_names[MOS_CAUSES] = {
    [MOS_LOSS] = "loss",
    [MOS_DISCARDS] = "late-packets",
    [MOS_DELAY] = "delay",
    [MOS_CODEC] = "codec",
};

static const char *const cause_texts[MOS_CAUSES] = {
    [MOS_LOSS] = "packet loss",
    [MOS_DISCARDS] = "packets that come too late for a jitter buffer of 60 ms",
    [MOS_DELAY] = "delay",
    [MOS_CODEC] = "the codec itself",
};

static const struct finding_words words[MOS_CAUSES] = {
    [MOS_LOSS] = {"This codec takes losses badly: less than what is usually harmless is heard.",
	"Let the phones use G.711 or Opus, or look for the loss: line, Wi-Fi, switch ports.",
	"the same call captured nearer to the sender and to the listener"},
    [MOS_DISCARDS] = {"Packets that come in time on average, and now and then far too late, are "
		      "thrown away by the phone: the voice breaks up in these moments.",
	"Look at what stops the packets for moments: Wi-Fi, a full line, a busy computer that the "
	"softphone runs on. Let the phone's jitter buffer adapt.",
	"the phone's own statistics of such a call (packets discarded, jitter buffer), or RTCP XR"},
    [MOS_DELAY] = {"The voice takes too long from mouth to ear.",
	"Look at the slow part of the way: VPN, relays, a full line.",
	"a capture with more RTCP reports in it"},
    [MOS_CODEC] = {"The codec that both sides agreed on sounds like that even without any fault.",
	"Put a better codec first in the phone's and the provider's list: G.722, Opus or G.711.",
	"the provider's list of codecs, to see which better one it offers"},
};

struct rating {
	const struct direction *direction;
	const struct hearing *heard;
	struct quality_input input; /* of what the network is to blame for */
	struct quality quality;
	enum mos_cause cause;
};

/* What R would be without it. */
static double without(const struct rating *r, enum mos_cause cause)
{
	struct quality_input input = r->input;

	switch (cause) {
	case MOS_LOSS:
		input.lost = 0;
		break;
	case MOS_DISCARDS:
		input.discarded = 0;
		break;
	case MOS_DELAY:
		input.round_trip_ms = (double)NAN;
		break;
	default:
		return r->quality.rating + r->quality.ie;
	}
	return quality_rate(&input).rating;
}

/* True where it is to be told of. */
static bool rate(const struct direction *d, const struct hearing *h, struct rating *out)
{
	double most = 0; /* gained of R without one of them */

	*out = (struct rating){.direction = d, .heard = h, .cause = MOS_CODEC};
	out->input = quality_input(d->desk, h->stream);
	out->input.lost = h->lost;
	out->input.expected = h->expected;
	if (isnan(h->discard_pct)) { /* the sender's own pace */
		out->input.discarded = 0;
	}
	out->quality = quality_rate(&out->input);
	if (!out->quality.rated || out->quality.mos >= d->desk->config.thresholds.mos_warning) {
		return false;
	}
	for (enum mos_cause c = MOS_LOSS; c < MOS_CAUSES; c++) {
		double gain = without(out, c) - out->quality.rating;

		if (gain > most) {
			most = gain;
			out->cause = c;
		}
	}
	return true;
}

/* Is the finding of this call about this stream, wherever it was seen? A full list may leave it
 * out. */
static bool is_about(const struct finding *f, const struct rating *r)
{
	const struct direction *d = r->direction;

	if (f->stream_count == FINDING_LIST_MAX) {
		return true;
	}
	for (unsigned i = 0; i < d->count; i++) {
		const struct desk_stream *s = d->copies[i].stream;

		for (unsigned n = 0; n < f->stream_count; n++) {
			if (f->streams[n] == s->id && s->ssrc == r->heard->stream->ssrc) {
				return true;
			}
		}
	}
	return false;
}

/*
 * Loss or jitter beyond its threshold has a finding, or was found to be the capture's own fault;
 * a long delay has one, too.
 */
static bool is_told_already(const struct rating *r)
{
	const struct thresholds *t = &r->direction->desk->config.thresholds;
	const struct call *call = r->direction->call;

	for (unsigned i = 0; i < call->finding_count; i++) {
		const struct finding *f =
		    finding_of_id(r->direction->desk, call_rare(call)->findings[i]);

		if (!f) {
			continue;
		}
		if (text_equal(text_of(f->code), TEXT("high-latency"))
			? r->cause == MOS_DELAY
			: text_starts(text_of(f->code), TEXT("high-")) && is_about(f, r)) {
			return true;
		}
	}
	return r->cause == MOS_LOSS && r->heard->loss_pct >= t->loss_warning_pct;
}

static double confidence_of(const struct rating *r)
{
	if (r->cause == MOS_DISCARDS) {
		/* A buffer that adapts would play nearly all of it, and which one it has is not
		 * seen. */
		return r->heard->adaptive_discard_pct >= 2 ? 0.6 : 0.45;
	}
	return r->quality.estimate ? 0.5 : 0.7;
}

static uint64_t key_of(const struct rating *r)
{
	const struct desk_stream *s = r->heard->stream;
	struct endpoint key = {s->src.address, s->vantage};
	uint64_t hash = hash_endpoint(r->direction->desk->key, &key);

	return r->cause == MOS_CODEC && r->input.codec.codec
		   ? hash_text(r->direction->desk->key, text_of(r->input.codec.codec))
		   : hash;
}

static void tell_figures(struct finding *f, const struct rating *r)
{
	const struct hearing *h = r->heard;
	const struct desk_stream *s = h->stream;
	struct mark mark = stream_mark(s);
	char src[ENDPOINT_TEXT_MAX], dst[ENDPOINT_TEXT_MAX];

	finding_evidence(f, &mark,
	    "%s to %s, SSRC 0x%08x, %s: MOS %.2f (%s); %llu of %llu packets lost, %llu too late, "
	    "jitter %.1f ms on average",
	    endpoint_format(&s->src, src), endpoint_format(&s->dst, dst), s->ssrc,
	    r->input.codec.codec, r->quality.mos, r->quality.kind, (unsigned long long)h->lost,
	    (unsigned long long)h->expected, (unsigned long long)r->input.discarded,
	    isnan(h->jitter_ms) ? 0 : h->jitter_ms);
	if (r->cause == MOS_DISCARDS && h->worst_jitter.set) {
		struct mark worst = {
		    true, s->capture, h->worst_jitter.first_frame, h->worst_jitter.from_ns};

		finding_evidence(f, &worst, "worst from here on: jitter %.1f ms over %.0f s",
		    h->worst_jitter.jitter_ms,
		    (double)(h->worst_jitter.to_ns - h->worst_jitter.from_ns) / 1e9);
	}
}

static void tell_doubt(struct finding *f, const struct rating *r)
{
	if (r->cause == MOS_DISCARDS) {
		finding_against(f,
		    "a jitter buffer that adapts would have thrown away %.1f %% instead of %.1f "
		    "%%, "
		    "with %u ms more delay at worst",
		    r->heard->adaptive_discard_pct, r->heard->discard_pct,
		    r->heard->stream->summary->rare->playout.adaptive_ms);
	}
	if (r->quality.estimate) {
		finding_against(f, "what this codec costs is an estimate: no standard says it");
	}
}

static void report(const struct rating *r)
{
	struct desk *desk = r->direction->desk;
	const struct desk_stream *s = r->heard->stream;
	struct finding *f = finding_open(desk, "low-mos", cause_names[r->cause], key_of(r));
	char listener[LISTENER_TEXT_MAX];

	if (!f) {
		return;
	}
	if (finding_is_new(f) || r->quality.mos * 1.2 < f->worst) {
		f->worst = r->quality.mos;
		finding_describe(f, desk, s->vantage, &words[r->cause],
		    "%s: %s hears the other side at MOS %.1f because of %s",
		    confidence_of(r) < FINDING_HINT ? "Perhaps poor quality" : "Poor quality",
		    listener_text(r->direction, s, listener), r->quality.mos,
		    cause_texts[r->cause]);
	}
	finding_rate(f, confidence_of(r),
	    r->quality.mos < desk->config.thresholds.mos_critical ? SEVERITY_CRITICAL
								  : SEVERITY_WARNING);
	finding_call(f, r->direction->call);
	finding_stream(f, s);
	finding_endpoint(f, &s->dst.address);
	finding_endpoint(f, &s->src.address);
	finding_time(f, s->first_ns, s->summary->last_time_ns);
	tell_figures(f, r);
	if (f->calls_total <= 1) {
		tell_doubt(f, r);
	}
}

void detect_low_mos(struct desk *desk, struct call *call)
{
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		struct direction d;
		struct rating worst = {.heard = NULL};

		(void)direction_collect(desk, call, p, &d);
		for (unsigned i = 0; i < d.count; i++) {
			struct rating r;

			if (d.ranks[i] == d.nearest && rate(&d, &d.copies[i], &r) &&
			    (!worst.heard || r.quality.mos < worst.quality.mos)) {
				worst = r;
			}
		}
		if (worst.heard && !is_told_already(&worst)) {
			report(&worst);
		}
	}
}
