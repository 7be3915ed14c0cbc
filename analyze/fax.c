/* SPDX-License-Identifier: Apache-2.0 */
#include "fax.h"

#include "offer_answer.h"
#include "site.h"
#include "stream.h"

static bool is_fax(const struct agreement *a, unsigned line)
{
	const struct agreed_line *l = agreement_line(a, line);

	return l && l->sides[PARTY_CALLER].kind == SDP_FAX &&
	       l->sides[PARTY_CALLEE].kind == SDP_FAX && !l->sides[PARTY_CALLER].off &&
	       !l->sides[PARTY_CALLEE].off;
}

/* Was T.38 in force on the line while the flow was there? */
static bool agreed_within(
    const struct observation *o, unsigned line, const struct fax_notice *notice)
{
	unsigned count;
	const struct agreement *list = offer_answer_agreements(o, &count);

	for (unsigned i = 0; i < count; i++) {
		if (is_fax(&list[i], line) && list[i].from_ns <= notice->last_time_ns &&
		    (i + 1 == count || list[i + 1].from_ns > notice->first_time_ns)) {
			return true;
		}
	}
	return false;
}

/* By what the flow's own vantage saw: clocks of several may be hours apart. */
static bool is_agreed(struct desk *desk, const struct fax_notice *notice)
{
	bool goes_there;
	const struct site *site = stream_site(desk, place_find(desk, &notice->dst, false),
	    place_find(desk, &notice->src, false), notice->vantage, notice->first_time_ns,
	    &goes_there);

	if (!site || site->vantage != notice->vantage) {
		return false;
	}
	for (const struct observation *o = call_at(desk, site->call)->observations; o;
	     o = o->next) {
		if (o->vantage == notice->vantage) {
			return agreed_within(o, site->line, notice);
		}
	}
	return false;
}

static void begin(struct desk *desk, const struct fax_notice *notice)
{
	const struct media_began began = {
	    .stream = notice->stream,
	    .src = notice->src,
	    .dst = notice->dst,
	    .vantage = notice->vantage,
	    .capture = notice->capture,
	    .first_time_ns = notice->first_time_ns,
	    .first_frame = notice->first_frame,
	    .udptl = true,
	};

	stream_began(desk, &began);
}

void fax_take(struct desk *desk, const struct fax_notice *notice)
{
	if (!stream_followed(desk, notice->stream)) {
		if (!is_agreed(desk, notice)) {
			desk->counts[notice->capture][SKIPPED_UDP] += notice->fresh;
			return;
		}
		begin(desk, notice);
	}
	stream_fax(desk, notice);
}
