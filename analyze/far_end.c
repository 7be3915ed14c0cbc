/* SPDX-License-Identifier: Apache-2.0 */
#include "far_end.h"

#include <math.h>

#include "dialog.h"
#include "flow.h"
#include "rtcp.h"
#include "site.h"
#include "stream.h"

enum {
	STREAMS_TOWARD_MAX = 16,       /* that one receiver is taken to report on at once */
	PARTICIPANT_SEARCH_MAX = 8,    /* streams of one SSRC looked at by who reports */
	COUNTER_LEAP = 3000,           /* RFC 3550 A.1, MAX_DROPOUT */
	PACKETS_PER_SECOND_MAX = 10000 /* of one stream: more is no count of packets */
};

/* One datagram, taken apart. */
struct far_report {
	const struct signal *signal;
	struct desk_stream *own; /* what its sender sends, once it was looked for */
	bool own_sought;
	struct rtcp rtcp;
};

/* --- the view of a stream --- */

const struct far_view far_end_silent;

bool far_end_is_known(const struct desk_stream *s)
{
	return s->seldom->far != &far_end_silent;
}

/* For writing: made with the first word of it. There is one for each stream. */
static struct far_view *far_of(struct desk *desk, struct desk_stream *s)
{
	if (!far_end_is_known(s)) {
		stream_seldom_of(desk, s)->far =
		    pool_at(&desk->far_views, pool_take(&desk->far_views));
	}
	return pool_at(&desk->far_views, pool_number(&desk->far_views, s->seldom->far));
}

/* --- which stream is it about? --- */

enum suit { SUIT_NONE, SUIT_ADDRESSES, SUIT_ONE_END, SUIT_BOTH_ENDS };

/* Who sent the datagram: the one that the stream comes from, or the one it goes to. */
enum author { AUTHOR_SENDER, AUTHOR_RECEIVER };

/* RTCP stands on the port above the media's, or on the same one (RFC 5761). */
static bool is_rtcp_of(const struct endpoint *media, const struct endpoint *rtcp)
{
	return address_equal(&media->address, &rtcp->address) &&
	       (rtcp->port == media->port || rtcp->port == media->port + 1);
}

static enum suit suit_of(
    const struct desk_stream *s, const struct signal *signal, enum author author)
{
	const struct endpoint *from = author == AUTHOR_SENDER ? &s->src : &s->dst;
	const struct endpoint *to = author == AUTHOR_SENDER ? &s->dst : &s->src;
	int ends = is_rtcp_of(from, &signal->src) + is_rtcp_of(to, &signal->dst);

	if (ends > 0) {
		return ends == 2 ? SUIT_BOTH_ENDS : SUIT_ONE_END;
	}
	return address_equal(&from->address, &signal->src.address) &&
		       address_equal(&to->address, &signal->dst.address)
		   ? SUIT_ADDRESSES
		   : SUIT_NONE;
}

static bool is_of_ssrc(const struct desk_stream *s, uint32_t ssrc, uint16_t vantage)
{
	return s->ssrc == ssrc && s->vantage == vantage && !s->released;
}

static uint64_t cname_hash(const struct desk *desk, const struct rtcp *rtcp, uint32_t ssrc)
{
	for (unsigned i = 0; i < rtcp->chunk_count; i++) {
		if (rtcp->chunks[i].ssrc == ssrc && rtcp->chunks[i].items[RTCP_CNAME].length > 0) {
			return hash_text(desk->key, rtcp->chunks[i].items[RTCP_CNAME]);
		}
	}
	return 0;
}

/* Is this participant the one that sends the other way? */
static bool is_receiver(
    const struct desk *desk, const struct desk_stream *s, uint32_t ssrc, uint64_t cname)
{
	uint32_t number =
	    s->place_to != POOL_NONE ? place_at(desk, s->place_to)->newest_from : POOL_NONE;

	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		const struct desk_stream *other = stream_at(desk, number);

		if (other->vantage == s->vantage && other->place_to == s->place_from &&
		    (other->ssrc == ssrc ||
			(cname && other->seldom->far->notes.cname_hash == cname))) {
			return true;
		}
		number = other->older_from;
	}
	return false;
}

/* By who reports, where addresses tell nothing; NULL where that leaves a choice. */
static struct desk_stream *of_participant(const struct desk *desk, const struct far_report *report,
    uint32_t ssrc, enum author author, uint32_t by)
{
	uint64_t cname = cname_hash(desk, &report->rtcp, by);
	struct desk_stream *found = NULL;
	struct table_cursor cursor;
	uint32_t number = stream_of_ssrc(desk, &cursor, ssrc, report->signal->vantage);

	for (int i = 0; i < PARTICIPANT_SEARCH_MAX && number != TABLE_NONE; i++) {
		struct desk_stream *s = stream_at(desk, number);

		if (is_of_ssrc(s, ssrc, report->signal->vantage) &&
		    (author == AUTHOR_RECEIVER
			    ? is_receiver(desk, s, by, cname)
			    : cname && s->seldom->far->notes.cname_hash == cname)) {
			if (found) {
				return NULL;
			}
			found = s;
		}
		number = table_next(&desk->ssrc_index, &cursor);
	}
	return number == TABLE_NONE ? found : NULL;
}

/* The stream of an SSRC that `by`, its sender or its receiver, speaks of in this datagram. */
static struct desk_stream *find_stream(const struct desk *desk, const struct far_report *report,
    uint32_t ssrc, enum author author, uint32_t by)
{
	struct desk_stream *best = NULL;
	enum suit best_suit = SUIT_NONE;
	bool choice = false;
	struct table_cursor cursor;
	uint32_t number = stream_of_ssrc(desk, &cursor, ssrc, report->signal->vantage);

	for (; number != TABLE_NONE; number = table_next(&desk->ssrc_index, &cursor)) {
		struct desk_stream *s = stream_at(desk, number);
		enum suit suit;

		if (!is_of_ssrc(s, ssrc, report->signal->vantage)) {
			continue;
		}
		suit = suit_of(s, report->signal, author);
		if (suit > best_suit || (best && suit == best_suit && s->id > best->id)) {
			choice = suit == best_suit;
			best_suit = suit;
			best = s;
		} else if (best && suit == best_suit) {
			choice = true;
		}
	}
	if (!best) {
		return of_participant(desk, report, ssrc, author, by);
	}
	return best_suit == SUIT_ADDRESSES && choice ? NULL : best;
}

static uint32_t media_place(struct desk *desk, const struct endpoint *rtcp, bool shared)
{
	struct endpoint at = *rtcp;

	if (!shared) {
		at.port--;
	}
	return place_find(desk, &at, false);
}

/* The streams that go to whom the datagram is from, by its ports alone. */
static unsigned streams_toward(
    struct desk *desk, const struct signal *signal, struct desk_stream *out[STREAMS_TOWARD_MAX])
{
	unsigned count = 0;

	for (int shared = 0; shared <= 1 && count == 0; shared++) {
		uint32_t src = media_place(desk, &signal->src, shared);
		uint32_t dst = media_place(desk, &signal->dst, shared);
		/* A NAT may have moved one of the two ports: either end will do. */
		bool to = src != POOL_NONE && place_at(desk, src)->newest_to != POOL_NONE;
		uint32_t number = to                 ? place_at(desk, src)->newest_to
				  : dst != POOL_NONE ? place_at(desk, dst)->newest_from
						     : POOL_NONE;

		for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
			struct desk_stream *s = stream_at(desk, number);

			if (s->vantage == signal->vantage && !s->released &&
			    count < STREAMS_TOWARD_MAX) {
				out[count++] = s;
			}
			number = to ? s->older_to : s->older_from;
		}
	}
	return count;
}

/* --- round trips --- */

static void sample_take(struct desk *desk, struct desk_stream *s, bool ahead, int64_t half_ns,
    const struct signal *signal)
{
	struct sender_notes *notes = &far_of(desk, s)->notes;

	half_trip_add(ahead ? &notes->ahead : &notes->behind, half_ns);
	*(ahead ? &notes->ahead_by : &notes->behind_by) = signal_mark(signal);
}

double far_end_round_trip_ms(const struct desk_stream *s)
{
	int64_t ahead_ns, behind_ns;

	if (!half_trip_median(&s->seldom->far->notes.ahead, &ahead_ns) ||
	    !half_trip_median(&s->seldom->far->notes.behind, &behind_ns) ||
	    ahead_ns + behind_ns <= 0) {
		return (double)NAN;
	}
	return (double)(ahead_ns + behind_ns) / 1e6;
}

/* What is ahead of a stream is behind those that come from there. */
static void half_take(struct desk *desk, struct desk_stream *s, bool ahead, int64_t half_ns,
    const struct signal *signal)
{
	uint32_t place = ahead ? s->place_to : s->place_from;
	uint32_t number = POOL_NONE;

	sample_take(desk, s, ahead, half_ns, signal);
	if (place != POOL_NONE) {
		number =
		    ahead ? place_at(desk, place)->newest_from : place_at(desk, place)->newest_to;
	}
	for (int i = 0; i < PLACE_SEARCH_MAX && number != POOL_NONE; i++) {
		struct desk_stream *other = stream_at(desk, number);

		if (other->vantage == s->vantage && other->place_to == s->place_from &&
		    other->place_from == s->place_to) {
			sample_take(desk, other, !ahead, half_ns, signal);
		}
		number = ahead ? other->older_from : other->older_to;
	}
}

bool far_end_half_trip(const struct desk *desk, const struct desk_stream *s, int64_t *half_ns)
{
	return !desk->untimed[s->capture] &&
	       half_trip_median(&s->seldom->far->notes.ahead, half_ns);
}

/* --- what receivers say --- */

/*
 * Do the counters of two reports belong to one run? They may have begun again, with the receiver
 * or after the sender's numbers leapt (RFC 3550 A.1), or be another receiver's.
 */
static bool counters_run_on(
    const struct receiver_reports *r, const struct rtcp_block *block, const struct signal *signal)
{
	uint32_t expected = block->highest_sequence - r->last_highest;
	int64_t lost = (int64_t)block->cumulative_lost - r->last_lost;
	int64_t seconds = (signal->time_ns - r->last.time_ns) / MEDIA_SECOND_NS + 1;

	if (r->reporter != block->from || seconds < 0 ||
	    (int64_t)expected > COUNTER_LEAP + seconds * PACKETS_PER_SECOND_MAX) {
		return false;
	}
	/* A count that falls by duplicates falls by as many as came, and less is lost than sent. */
	if (lost > expected || lost < -(int64_t)expected) {
		return false;
	}
	return lost >= 0 || (block->cumulative_lost != 0 && block->fraction_lost == 0);
}

static void remote_take(
    struct receiver_reports *r, const struct rtcp_block *block, const struct signal *signal)
{
	if (r->blocks++ == 0) {
		r->first = (struct mark){0};
		r->first_highest = block->highest_sequence;
	} else if (counters_run_on(r, block, signal)) {
		r->spans++;
		r->expected += block->highest_sequence - r->last_highest;
		r->lost += block->cumulative_lost - r->last_lost;
	} else {
		r->restarts++;
	}
	mark_once(&r->first, signal);
	r->last = signal_mark(signal);
	if (r->blocks == 1 || r->last_highest != block->highest_sequence) {
		r->still = r->last;
	}
	r->reporter = block->from;
	r->last_highest = block->highest_sequence;
	r->last_lost = block->cumulative_lost;
	r->last_fraction = block->fraction_lost;
	r->fraction_sum += block->fraction_lost;
	r->last_jitter = block->jitter;
	r->max_jitter = block->jitter > r->max_jitter ? block->jitter : r->max_jitter;
	r->jitter_sum += block->jitter;
}

static void blocks_take(struct desk *desk, const struct far_report *report)
{
	for (unsigned i = 0; i < report->rtcp.block_count; i++) {
		const struct rtcp_block *block = &report->rtcp.blocks[i];
		struct desk_stream *s =
		    find_stream(desk, report, block->ssrc, AUTHOR_RECEIVER, block->from);
		int64_t half_ns;

		if (!s) {
			continue;
		}
		remote_take(&far_of(desk, s)->remote, block, report->signal);
		if (half_trip_of(&s->seldom->far->notes.reports, block->last_sr,
			block->delay_since_last_sr, report->signal->time_ns, &half_ns)) {
			half_take(desk, s, true, half_ns, report->signal);
		}
	}
}

/* A report without blocks: nothing is received. */
static void silence_take(struct desk *desk, const struct far_report *report)
{
	struct desk_stream *toward[STREAMS_TOWARD_MAX];
	unsigned count = streams_toward(desk, report->signal, toward);
	const struct signal *signal = report->signal;

	for (unsigned i = 0; i < count; i++) {
		struct receiver_reports *r = &far_of(desk, toward[i])->remote;

		r->empty++;
		if (r->blocks == 0) {
			mark_once(&r->first, signal);
			r->last =
			    (struct mark){true, signal->capture, signal->frame, signal->time_ns};
		}
	}
}

static void feedback_take(struct desk *desk, const struct far_report *report)
{
	for (unsigned i = 0; i < report->rtcp.feedback_count; i++) {
		const struct rtcp_feedback *f = &report->rtcp.feedbacks[i];
		struct desk_stream *s =
		    find_stream(desk, report, f->media, AUTHOR_RECEIVER, f->sender);
		struct receiver_reports *remote;

		if (!s) {
			continue;
		}
		remote = &far_of(desk, s)->remote;
		if (!f->payload_specific && f->format == RTCP_FEEDBACK_NACK) {
			remote->nacks++;
		} else if (f->payload_specific && f->format == RTCP_FEEDBACK_PLI) {
			remote->picture_losses++;
		} else if (f->payload_specific && f->format == RTCP_FEEDBACK_FIR) {
			remote->full_intra_requests++;
		} else {
			remote->other_feedback++;
		}
	}
}

/* --- extended reports --- */

static void asked_note(
    struct sender_notes *notes, const struct rtcp_xr *xr, const struct signal *signal)
{
	if (notes->asked_by != xr->ssrc) {
		notes->asked = (struct clock_marks){0};
		notes->asked_by = xr->ssrc;
	}
	clock_marks_add(&notes->asked, xr->ntp_time, signal->time_ns);
}

/* A receiver asks: it is noted with each stream that it receives. */
static void reference_time_take(
    struct desk *desk, const struct far_report *report, const struct rtcp_xr *xr)
{
	struct desk_stream *toward[STREAMS_TOWARD_MAX];
	bool known = false;
	unsigned count;

	for (unsigned i = 0; i < report->rtcp.block_count; i++) {
		const struct rtcp_block *block = &report->rtcp.blocks[i];
		struct desk_stream *s =
		    block->from == xr->ssrc
			? find_stream(desk, report, block->ssrc, AUTHOR_RECEIVER, xr->ssrc)
			: NULL;

		if (s) {
			asked_note(&far_of(desk, s)->notes, xr, report->signal);
			known = true;
		}
	}
	if (known) {
		return;
	}
	count = streams_toward(desk, report->signal, toward);
	for (unsigned i = 0; i < count; i++) {
		asked_note(&far_of(desk, toward[i])->notes, xr, report->signal);
	}
}

/* The sender of a stream answers its receiver: that is the half behind the stream. */
static void delays_take(
    struct desk *desk, const struct far_report *report, const struct rtcp_xr *xr)
{
	struct desk_stream *s =
	    xr->delay_count ? find_stream(desk, report, xr->ssrc, AUTHOR_SENDER, xr->ssrc) : NULL;

	for (unsigned i = 0; s && i < xr->delay_count; i++) {
		const struct rtcp_xr_delay *d = &xr->delays[i];
		int64_t half_ns;

		if (d->ssrc == s->seldom->far->notes.asked_by &&
		    half_trip_of(&s->seldom->far->notes.asked, d->last_rr, d->delay,
			report->signal->time_ns, &half_ns)) {
			half_take(desk, s, false, half_ns, report->signal);
		}
	}
}

static void extended_take(struct desk *desk, const struct far_report *report)
{
	for (unsigned i = 0; i < report->rtcp.xr_count; i++) {
		struct rtcp_xr xr;

		if (rtcp_xr_parse(&xr, report->rtcp.xrs[i]) != DISSECT_OK) {
			continue;
		}
		desk_defects(desk, report->signal, &xr.defects);
		if (xr.reference_time) {
			reference_time_take(desk, report, &xr);
		}
		delays_take(desk, report, &xr);
		for (unsigned j = 0; j < xr.voip_count; j++) {
			struct desk_stream *s =
			    find_stream(desk, report, xr.voip[j].ssrc, AUTHOR_RECEIVER, xr.ssrc);

			if (s) {
				far_of(desk, s)->remote.voip = xr.voip[j];
				far_of(desk, s)->remote.voip_reports++;
			}
		}
	}
}

/* --- what senders say --- */

static const char *keep(struct desk *desk, const struct desk_stream *s, struct text text)
{
	const struct call *call = s->call != POOL_NONE ? call_at(desk, s->call) : NULL;

	/* Text belongs to calls; a stream of none goes without. */
	return call && text.length ? arena_text(&call_at(desk, s->call)->text, text) : NULL;
}

/* The stream that somebody who sent this datagram speaks of as his own. */
static struct desk_stream *own_stream(
    const struct desk *desk, struct far_report *report, uint32_t ssrc)
{
	if (ssrc != report->rtcp.ssrc) {
		return find_stream(desk, report, ssrc, AUTHOR_SENDER, ssrc);
	}
	if (!report->own_sought) {
		report->own = find_stream(desk, report, ssrc, AUTHOR_SENDER, ssrc);
		report->own_sought = true;
	}
	return report->own;
}

static void senders_take(struct desk *desk, struct far_report *report)
{
	const struct rtcp *rtcp = &report->rtcp;

	for (unsigned i = 0; i < rtcp->chunk_count; i++) {
		const struct rtcp_chunk *chunk = &rtcp->chunks[i];
		struct text cname = chunk->items[RTCP_CNAME];
		struct desk_stream *s = cname.length ? own_stream(desk, report, chunk->ssrc) : NULL;

		if (s && (!s->seldom->far->notes.cname_hash || !s->seldom->far->notes.cname)) {
			struct sender_notes *notes = &far_of(desk, s)->notes;

			notes->cname_hash = hash_text(desk->key, cname);
			notes->cname = keep(desk, s, cname);
		}
	}
	for (unsigned i = 0; i < rtcp->sender_count; i++) {
		const struct rtcp_sender *sender = &rtcp->senders[i];
		struct desk_stream *s = own_stream(desk, report, sender->ssrc);

		if (s) {
			clock_marks_add(&far_of(desk, s)->notes.reports, sender->ntp_time,
			    report->signal->time_ns);
		}
	}
}

static void goodbyes_take(struct desk *desk, const struct far_report *report)
{
	for (unsigned i = 0; i < report->rtcp.goodbye_count; i++) {
		const struct rtcp_goodbye *goodbye = &report->rtcp.goodbyes[i];
		struct desk_stream *s =
		    find_stream(desk, report, goodbye->ssrc, AUTHOR_SENDER, goodbye->ssrc);

		if (s && !s->seldom->far->notes.bye.set) {
			struct sender_notes *notes = &far_of(desk, s)->notes;

			mark_once(&notes->bye, report->signal);
			notes->bye_reason = keep(desk, s, goodbye->reason);
		}
	}
}

/* What the compound says of its own sender's sending, for the call it belongs to. */
static void party_reports(
    struct desk *desk, const struct site *site, enum party sender, const struct far_report *report)
{
	const struct signal *signal = report->signal;
	struct call *call = call_at(desk, site->call);
	struct observation *o = dialog_observation(call, signal->vantage);
	struct sender_report *r = o ? dialog_reports_make(call, o, sender) : NULL;

	if (!r) {
		return;
	}
	r->reports++;
	r->last = (struct mark){true, signal->capture, signal->frame, signal->time_ns};
	if (report->rtcp.sender_count > 0) {
		if (!r->has_sent) {
			r->first_sent = report->rtcp.senders[0].packets;
			r->has_sent = true;
		}
		r->last_sent = report->rtcp.senders[0].packets;
	}
}

static void parties_take(struct desk *desk, const struct far_report *report)
{
	const struct signal *signal = report->signal;

	for (int shared = 0; shared <= 1; shared++) {
		uint32_t src = media_place(desk, &signal->src, shared);
		uint32_t dst = media_place(desk, &signal->dst, shared);
		bool goes_there;
		const struct site *site =
		    stream_site(desk, dst, src, signal->vantage, signal->time_ns, &goes_there);

		if (site) {
			enum party party = (enum party)site->party;

			party_reports(desk, site, goes_there ? party_other(party) : party, report);
		}
		if (src != POOL_NONE || dst != POOL_NONE) {
			return;
		}
	}
}

/* --- datagrams --- */

/* Does anything else say that there is RTP between these two? */
static bool belongs_to_media(struct desk *desk, const struct signal *signal)
{
	for (int shared = 0; shared <= 1; shared++) {
		if (media_place(desk, &signal->src, shared) != POOL_NONE ||
		    media_place(desk, &signal->dst, shared) != POOL_NONE) {
			return true;
		}
	}
	return false;
}

void far_end_rtcp(struct desk *desk, const struct signal *signal)
{
	struct far_report report;
	enum dissect_result result =
	    rtcp_parse(&report.rtcp, bytes_of(signal->octets, signal->length));

	report.signal = signal;
	report.own_sought = false;
	if (result != DISSECT_OK) {
		if (!signal->cut) {
			result = belongs_to_media(desk, signal) ? result : SKIPPED_UDP;
			desk->counts[signal->capture][result]++;
		}
		return;
	}
	desk_defects(desk, signal, &report.rtcp.defects);
	senders_take(desk, &report);
	blocks_take(desk, &report);
	if (report.rtcp.receiver_report && report.rtcp.block_count == 0) {
		silence_take(desk, &report);
	}
	extended_take(desk, &report);
	feedback_take(desk, &report);
	goodbyes_take(desk, &report);
	parties_take(desk, &report);
}
