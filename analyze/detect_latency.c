/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: RTCP tells how long a packet takes from the capture point to either end
 * and back (round_trip.h). The sum of both halves is the path's round trip; one half alone is a
 * lower bound of it. Half of the round trip is held against the bounds that G.114 sets for the
 * way from mouth to ear, which is longer: it has the phones' own buffers in it.
 */
#include "detect.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"

enum {
	SAMPLES_MIN = 2,
	SAMPLES_SURE = 3,
	CLOSE_SHARE = 10, /* two samples are as good if they differ by less than a tenth */
	MAIN_SHARE_PCT = 67,
	SAME_SHARE_PCT = 90 /* of the longest round trip: another vantage's view of the same */
};

struct trip {
	const struct desk_stream *stream;
	int64_t ahead_ns,
	    behind_ns; /* to where the stream goes, to where it comes from; 0: unknown */
	bool sure;     /* of the longer half */
};

/* 0 where it is not known, or the samples tell nothing in common. */
static int64_t half_of(const struct half_trip *half)
{
	int64_t ns;

	if (half->count < SAMPLES_MIN || !half_trip_median(half, &ns) || ns <= 0) {
		return 0;
	}
	return half_trip_spread_ns(half) <= ns ? ns : 0;
}

static bool is_sure(const struct half_trip *half, int64_t median_ns)
{
	return half->count >= SAMPLES_SURE || half_trip_spread_ns(half) * CLOSE_SHARE <= median_ns;
}

static bool trip_of(const struct desk_stream *s, struct trip *out)
{
	const struct sender_notes *notes = &s->seldom->far->notes;

	out->stream = s;
	out->ahead_ns = half_of(&notes->ahead);
	out->behind_ns = half_of(&notes->behind);
	out->sure = out->ahead_ns >= out->behind_ns ? is_sure(&notes->ahead, out->ahead_ns)
						    : is_sure(&notes->behind, out->behind_ns);
	return out->ahead_ns + out->behind_ns > 0;
}

/* The longest that any stream of the call tells of; without a stream where none does. */
static struct trip longest_of(const struct desk *desk, const struct call *call)
{
	struct trip longest = {.stream = NULL};
	int64_t most_ns = 0;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		struct trip trip;

		if (trip_of(stream_at(desk, n), &trip) &&
		    trip.ahead_ns + trip.behind_ns > most_ns) {
			most_ns = trip.ahead_ns + trip.behind_ns;
			longest = trip;
		}
	}
	return longest;
}

/* The end that most of the delay is on the way to; NULL where it is on both. */
static const struct address *slow_end(const struct trip *t, const struct address **other)
{
	int64_t total_ns = t->ahead_ns + t->behind_ns;

	*other = &t->stream->src.address;
	if (t->ahead_ns * 100 >= total_ns * MAIN_SHARE_PCT) {
		return &t->stream->dst.address;
	}
	*other = &t->stream->dst.address;
	return t->behind_ns * 100 >= total_ns * MAIN_SHARE_PCT ? &t->stream->src.address : NULL;
}

static int64_t total_of(const struct trip *t)
{
	return t->ahead_ns + t->behind_ns;
}

/* On the way to which party of the call most of the delay is; PARTIES where it is on both. */
static enum party slow_party(const struct trip *t)
{
	const struct address *other, *end = slow_end(t, &other);
	enum party toward = (enum party)t->stream->toward;

	return !end ? PARTIES : end == &t->stream->dst.address ? toward : party_other(toward);
}

static int64_t main_half(const struct trip *t)
{
	return t->ahead_ns > t->behind_ns ? t->ahead_ns : t->behind_ns;
}

/*
 * Other vantages that tell of the same round trip, and whose longer half leads to the same party:
 * the shortest of those halves says most exactly where it is.
 */
static struct trip narrowest_of(
    const struct desk *desk, const struct call *call, const struct trip *longest)
{
	struct trip best = *longest;

	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		struct trip trip;

		if (trip_of(stream_at(desk, n), &trip) && trip.sure && trip.ahead_ns > 0 &&
		    trip.behind_ns > 0 && slow_party(&trip) != PARTIES &&
		    slow_party(&trip) == slow_party(longest) &&
		    total_of(&trip) * 100 >= total_of(longest) * SAME_SHARE_PCT &&
		    main_half(&trip) < main_half(&best)) {
			best = trip;
		}
	}
	return best;
}

/* In a private network, or what stands for one outside. */
static bool is_customer(struct desk *desk, const struct address *address)
{
	const struct endpoint_entry *entry = endpoint_entry(desk, address);

	return address_is_unroutable(address) || (entry && (entry->translated || entry->routes));
}

static struct finding_words words_of(bool sure)
{
	return (struct finding_words){
	    .why = "Voices that arrive late make people talk at the same time and wait for each "
		   "other; above 400 ms one way a conversation is hardly possible (ITU-T G.114).",
	    .remedy = "Look at the slow part of the way first: a full line (give voice priority, "
		      "\"QoS\"), a VPN or relay that leads through a distant place, a mobile or "
		      "satellite link. Ask the provider for a media server nearer by.",
	    .would_settle =
		sure ? NULL : "a longer capture of such a call, with more RTCP reports in it",
	};
}

static struct finding *open_for(
    struct desk *desk, const struct trip *t, const struct address *end, const char *cause)
{
	struct endpoint key = {.port = t->stream->vantage};

	if (end) {
		key.address = *end;
	}
	return finding_open(desk, "high-latency", cause, hash_endpoint(desk->key, &key));
}

static void describe(
    struct finding *f, const struct desk *desk, const struct trip *t, const struct address *end)
{
	double total_ms = (double)(t->ahead_ns + t->behind_ns) / 1e6;
	const struct finding_words words = words_of(t->sure);
	bool whole = t->ahead_ns > 0 && t->behind_ns > 0;
	const char *vantage = desk->config.vantages[t->stream->vantage];
	char address[ADDRESS_TEXT_MAX];

	if (!finding_is_new(f) && total_ms < f->worst * 1.2) {
		return;
	}
	f->worst = total_ms;
	finding_describe(f, desk, t->stream->vantage, &words,
	    "High latency: %s%.0f ms there and back, %s %s%s%.100s%s", whole ? "" : "at least ",
	    total_ms, end ? "mostly between" : "on both sides of",
	    end ? address_format(end, address) : "",
	    end ? " and the capture point " : "the capture point ", vantage,
	    whole ? "" : "; the other part of the way is not known");
}

static void tell_half(struct finding *f, const struct half_trip *half, int64_t half_ns,
    const struct address *end, const struct mark *mark)
{
	char address[ADDRESS_TEXT_MAX];

	if (half_ns > 0) {
		finding_evidence(f, mark,
		    "by RTCP: %.1f ms from the capture point to %s and back (median of %u; this is "
		    "the last)",
		    (double)half_ns / 1e6, address_format(end, address), half->count);
	}
}

static void tell_halves(struct finding *f, const struct trip *t)
{
	const struct desk_stream *s = t->stream;
	const struct sender_notes *notes = &s->seldom->far->notes;

	tell_half(f, &notes->ahead, t->ahead_ns, &s->dst.address, &notes->ahead_by);
	tell_half(f, &notes->behind, t->behind_ns, &s->src.address, &notes->behind_by);
}

/* longest: what another vantage tells, or the same. */
static void report(
    struct desk *desk, struct call *call, const struct trip *t, const struct trip *longest)
{
	const struct desk_stream *s = t->stream;
	const struct address *other, *end = slow_end(t, &other);
	struct finding *f = open_for(desk, t, end, end ? "one-side" : "both-sides");
	double one_way_ms = (double)(t->ahead_ns + t->behind_ns) / 2e6;

	if (!f) {
		return;
	}
	if (finding_is_new(f) && end && !is_customer(desk, end) && is_customer(desk, other)) {
		finding_blame(f, SIDE_PATH);
	}
	describe(f, desk, t, end);
	finding_rate(f, t->sure ? 0.85 : 0.45,
	    one_way_ms >= desk->config.thresholds.latency_critical_ms ? SEVERITY_CRITICAL
								      : SEVERITY_WARNING);
	finding_call(f, call);
	finding_stream(f, s);
	finding_endpoint(f, &s->dst.address);
	finding_endpoint(f, &s->src.address);
	finding_time(f, s->first_ns, s->measured ? s->summary->last_time_ns : s->first_ns);
	tell_halves(f, t);
	if (longest->stream->vantage != s->vantage) {
		finding_stream(f, longest->stream);
		tell_halves(f, longest);
	}
	if (f->calls_total <= 1) {
		finding_against(f,
		    "it rests on how long the ends say that they kept a report before answering it "
		    "(RFC 3550, DLSR)");
	}
}

/* At the very most. */
static bool may_be_long(const struct desk *desk, const struct call *call)
{
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct sender_notes *notes = &stream_at(desk, n)->seldom->far->notes;
		int64_t most_ns =
		    half_trip_most_ns(&notes->ahead) + half_trip_most_ns(&notes->behind);

		if ((double)most_ns / 2e6 >= desk->config.thresholds.latency_warning_ms) {
			return true;
		}
	}
	return false;
}

void detect_latency(struct desk *desk, struct call *call)
{
	struct trip trip, narrowest;
	double one_way_ms;

	if (!may_be_long(desk, call)) {
		return;
	}
	trip = longest_of(desk, call);
	narrowest = trip.stream ? narrowest_of(desk, call, &trip) : trip;
	one_way_ms = (double)total_of(&trip) / 2e6;
	if (narrowest.stream && one_way_ms >= desk->config.thresholds.latency_warning_ms) {
		report(desk, call, &narrowest, &trip);
	}
}
