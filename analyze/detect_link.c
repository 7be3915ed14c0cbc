/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a link that is full delays and drops what else goes that way. So streams of
 * several calls must suffer in the seconds in which the link is full, and not in the others, of
 * which there must be some: a line that always loses packets is another matter.
 *
 * Full is known where the user names the link's rate (--uplink). Where not, a rate that other
 * traffic than voice reaches and never exceeds, for seconds on end, looks like a full link, and
 * is a hint: a single download may be limited elsewhere.
 */
#include "detect.h"

#include "finding.h"
#include "flow.h"
#include "load.h"

enum {
	PLATEAU_PCT = 93, /* of the highest rate: as high as that */
	LOW_PCT = 70,     /* below that is not full for certain */
	PLATEAU_SECONDS = 5,
	BUSY_PART = 3,      /* an interval is busy where one second in three is */
	STREAMS_LIVE = 4096 /* of a live capture the newest, with each review */
};

static const double peak_grown = 1.05; /* by so much, and it is told anew */
static const double jitter_bad_ns = 20e6, loss_bad = 0.01;
static const uint64_t plateau_min_octets = 64000; /* a second: half a megabit */

/* One direction of one capture. */
struct link {
	uint16_t capture;
	enum load_way way;
	bool known;          /* the user named its rate */
	uint64_t full;       /* octets a second that count as full */
	unsigned busy_count; /* seconds */
	int64_t first_second, last_second;
	uint64_t peak; /* octets in the fullest second */
};

/* A stream whose bad intervals are those of the full link. */
struct sufferer {
	const struct desk_stream *stream;
	unsigned bad_busy, busy, idle;
	double loss_pct;
};

/* What the link does to all of them. */
struct toll {
	unsigned streams, calls, compared;      /* that suffer; compared with other times, too */
	unsigned spared;                        /* streams that do not */
	const struct desk_stream *first, *last; /* of those that suffer; NULL: none */
};

/* Over all streams; live over the newest. */
struct walk {
	uint32_t number, left;
};

/* --- is the link full? --- */

/* As high as it ever gets, for seconds on end, by other traffic than voice; else 0. */
static uint64_t plateau_of(const struct load_second *seconds, enum load_way way)
{
	uint64_t peak = 0, voice = 0, all = 0;
	unsigned high = 0, low = 0;

	for (int i = 0; i < LOAD_SECONDS; i++) {
		peak = seconds[i].octets[way] > peak ? seconds[i].octets[way] : peak;
	}
	for (int i = 0; i < LOAD_SECONDS; i++) {
		const struct load_second *s = &seconds[i];

		if (s->octets[way] * 100 >= peak * PLATEAU_PCT) {
			high++;
			voice += s->voice[way];
			all += s->octets[way];
		}
		low += s->second != 0 && s->octets[way] * 100 < peak * LOW_PCT;
	}
	return peak >= plateau_min_octets && high >= PLATEAU_SECONDS && low >= PLATEAU_SECONDS &&
		       voice * BUSY_PART < all
		   ? peak * PLATEAU_PCT / 100
		   : 0;
}

static bool link_find(const struct desk *desk, uint16_t capture, enum load_way way, struct link *l)
{
	const struct load_second *seconds = load_seconds(desk->loads, capture);
	uint64_t bps = way == LOAD_DOWN ? desk->config.uplink_down_bps : desk->config.uplink_up_bps;

	*l = (struct link){capture, way, bps > 0, 0, 0, INT64_MAX, 0, 0};
	l->full = l->known
		      ? (uint64_t)((double)bps / 8 * desk->config.thresholds.link_full_pct / 100)
		      : plateau_of(seconds, way);
	for (int i = 0; l->full > 0 && i < LOAD_SECONDS; i++) {
		const struct load_second *s = &seconds[i];

		l->peak = s->octets[way] > l->peak ? s->octets[way] : l->peak;
		if (s->octets[way] >= l->full) {
			l->busy_count++;
			l->first_second = s->second < l->first_second ? s->second : l->first_second;
			l->last_second = s->second > l->last_second ? s->second : l->last_second;
		}
	}
	return l->busy_count >= desk->config.thresholds.link_full_s;
}

static int64_t busy_seconds(
    const struct desk *desk, const struct link *l, int64_t from_ns, int64_t length_ns)
{
	int64_t count = 0;

	for (int64_t at_ns = from_ns; at_ns < from_ns + length_ns; at_ns += MEDIA_SECOND_NS) {
		const struct load_second *s =
		    load_second_find(desk->loads, l->capture, at_ns / MEDIA_SECOND_NS);

		count += s && s->octets[l->way] >= l->full;
	}
	return count;
}

/* --- who suffers? --- */

static bool is_bad(const struct interval_bin *bin)
{
	double expected = (double)bin->packets + bin->lost;

	return bin->lost > expected * loss_bad ||
	       (bin->jitter_count > 0 &&
		   (double)bin->jitter_sum_ns / bin->jitter_count > jitter_bad_ns);
}

/* False where it is not the link's fault: no worse than at other times. */
static bool suffers(const struct desk *desk, const struct link *l, const struct desk_stream *s,
    struct sufferer *out)
{
	struct interval_bin bins[INTERVAL_BINS];
	unsigned bad_idle = 0, count;
	int64_t length_ns, lost = 0, packets = 0;

	*out = (struct sufferer){.stream = s};
	count = intervals_read(s->intervals, bins, &length_ns);
	for (unsigned i = 0; i < count; i++) {
		int64_t busy = busy_seconds(
		    desk, l, intervals_begin_ns(s->intervals) + i * length_ns, length_ns);

		if (busy * BUSY_PART >= length_ns / MEDIA_SECOND_NS) {
			out->busy++;
			out->bad_busy += is_bad(&bins[i]);
			lost += bins[i].lost;
			packets += bins[i].packets;
		} else if (busy == 0) {
			out->idle++;
			bad_idle += is_bad(&bins[i]);
		}
	}
	out->loss_pct = packets + lost > 0 ? 100.0 * (double)lost / (double)(packets + lost) : 0;
	return out->busy > 0 && out->bad_busy * 2 >= out->busy && bad_idle * 10 <= out->idle;
}

static bool goes_that_way(const struct link *l, const struct desk_stream *s)
{
	return s->capture == l->capture && s->measured && s->call != POOL_NONE &&
	       s->summary->last_time_ns / MEDIA_SECOND_NS >= l->first_second &&
	       load_way(&s->src.address, &s->dst.address) == l->way;
}

/* --- telling --- */

static const char *way_name(enum load_way way)
{
	return way == LOAD_DOWN ? "download" : "upload";
}

static struct finding *link_tell(struct desk *desk, const struct link *l, uint16_t vantage)
{
	static const struct finding_words known = {
	    .why = "Where the line is full, packets of calls wait or are dropped with all others: "
		   "audio breaks up while somebody up- or downloads.",
	    .remedy = "Give voice the right of way in the router (\"QoS\", \"bandwidth "
		      "management\", \"smart queue\"), set there to a little less than the line's "
		      "rate; or limit the traffic that fills it, or take a faster line.",
	};
	struct finding_words words = known;
	const struct endpoint key = {.port = (uint16_t)(l->capture << 2 | (uint16_t)l->way)};
	struct finding *f =
	    finding_open(desk, "link-saturated", way_name(l->way), hash_endpoint(desk->key, &key));

	if (!f || (double)l->peak < f->worst * peak_grown) {
		return f;
	}
	f->worst = (double)l->peak;
	if (!l->known) {
		words.would_settle =
		    "the line's rate: give it with --uplink DOWN/UP, for example --uplink 50M/10M";
	}
	finding_describe(f, desk, vantage, &words,
	    "The %s is full at %.1f Mbit/s, and calls suffer while it is", way_name(l->way),
	    (double)l->peak * 8 / 1e6);
	if (!l->known) {
		finding_against(f, "the line's rate is not known; a single transfer may be "
				   "limited elsewhere");
	}
	return f;
}

static void stream_tell(struct desk *desk, struct finding *f, const struct sufferer *v)
{
	const struct desk_stream *s = v->stream;
	const struct mark mark = stream_mark(s);

	finding_call(f, call_at(desk, s->call));
	for (unsigned i = 0; i < f->stream_count; i++) {
		if (f->streams[i] == s->id) {
			return; /* told before */
		}
	}
	finding_evidence(f, &mark,
	    "stream %u, which begins here: %u of %u intervals with a full link are bad (%.1f %% "
	    "lost in them), of %u others hardly any",
	    s->id, v->bad_busy, v->busy, v->loss_pct, v->idle);
	finding_stream(f, s);
}

static struct walk walk_begin(const struct desk *desk)
{
	return desk->config.live ? (struct walk){desk->newest_stream, STREAMS_LIVE}
				 : (struct walk){desk->oldest_stream, UINT32_MAX};
}

/* The next stream that goes that way. NULL behind the last. */
static const struct desk_stream *stream_next(
    const struct desk *desk, const struct link *l, struct walk *at)
{
	while (at->number != POOL_NONE && at->left-- > 0) {
		const struct desk_stream *s = stream_at(desk, at->number);

		at->number = desk->config.live ? s->older : s->newer;
		if (goes_that_way(l, s)) {
			return s;
		}
	}
	return NULL;
}

static struct toll toll_of(const struct desk *desk, const struct link *l)
{
	struct walk walk = walk_begin(desk);
	struct toll toll = {0};
	const struct desk_stream *s;
	struct sufferer v;

	while ((s = stream_next(desk, l, &walk)) != NULL) {
		if (!suffers(desk, l, s, &v)) {
			toll.spared += v.busy > 0;
			continue;
		}
		toll.calls += !toll.last || toll.last->call != s->call;
		toll.compared += v.idle > 0;
		toll.streams++;
		toll.first = toll.first ? toll.first : s;
		toll.last = s;
	}
	return toll;
}

static void link_judge(struct desk *desk, const struct link *l)
{
	const struct toll toll = toll_of(desk, l);
	struct walk walk = walk_begin(desk);
	const struct desk_stream *s;
	struct sufferer v;
	struct finding *f;

	if (toll.compared == 0 || toll.spared > toll.streams || (toll.calls < 2 && !l->known)) {
		return;
	}
	f = link_tell(desk, l, toll.first->vantage);
	if (!f) {
		return;
	}
	finding_rate(f, !l->known ? 0.4 : toll.calls > 1 ? 0.8 : 0.6, SEVERITY_WARNING);
	finding_time(f, l->first_second * MEDIA_SECOND_NS, l->last_second * MEDIA_SECOND_NS);
	while ((s = stream_next(desk, l, &walk)) != NULL) {
		if (suffers(desk, l, s, &v)) {
			stream_tell(desk, f, &v);
		}
	}
}

void detect_link(struct desk *desk)
{
	static const enum load_way ways[] = {LOAD_DOWN, LOAD_UP};

	for (uint16_t capture = 0; capture < desk->config.capture_count; capture++) {
		for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
			struct link l;

			if (link_find(desk, capture, ways[i], &l)) {
				link_judge(desk, &l);
			}
		}
	}
}
