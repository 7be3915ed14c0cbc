/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registrations that nobody answers.
 */
#include "registration_state.h"

enum { SILENCE_REPEATS = 4 };

static const int64_t silence_ns = 7 * MEDIA_SECOND_NS;

/* It gave up, or would not have gone on so long had it been answered: Timer E (17.1.2.2). */
static bool is_in_vain(const struct desk *desk, const struct sip_transaction *t)
{
	if (t->status || t->proceeding) {
		return false;
	}
	return sip_transaction_outcome(desk, t) == SIP_TRANSACTION_TIMED_OUT ||
	       (sip_transaction_retransmissions(desk, t) >= SILENCE_REPEATS &&
		   elapsed_ns(t->first_ns, sip_transaction_last_request(desk, t)) >= silence_ns);
}

/* A phone may have gone on to its next request by the time that one counts as unanswered. */
static void silence_note(
    const struct desk *desk, struct registration *r, const struct sip_transaction *t)
{
	if (r->answer.set && r->answer.time_ns >= t->first_ns) {
		return;
	}
	if (r->unanswered++ == 0) {
		r->silence = (struct mark){true, t->capture, t->frame, t->first_ns};
	}
	r->sent_in_vain += sip_transaction_retransmissions(desk, t) + 1;
	r->silent_ns = sip_transaction_last_request(desk, t);
}

void registration_finished(struct desk *desk, const struct sip_transaction *t)
{
	struct registrations *all = desk->registrations;
	struct table_cursor cursor;
	uint32_t number;
	struct endpoint src, dst;
	uint64_t flow;
	bool timed_out;

	if (t->method != SIP_REGISTER || !is_in_vain(desk, t)) {
		return;
	}
	src = sip_transaction_src(desk, t);
	dst = sip_transaction_dst(desk, t);
	flow = registration_flow(desk, t->vantage, &src, &dst);
	timed_out = sip_transaction_outcome(desk, t) == SIP_TRANSACTION_TIMED_OUT;
	number = table_first(&all->flows, &cursor, flow);
	for (; number != TABLE_NONE; number = table_next(&all->flows, &cursor)) {
		struct registration *r = registration_at(all, number);

		if (r->flow != flow || !registration_has_flow(r, t->vantage, &src, &dst)) {
			continue;
		}
		silence_note(desk, r, t);
		if (timed_out && registration_is_asked(r, t)) {
			r->pending = false;
			r->status = 0;
			r->outcome = OUTCOME_UNANSWERED;
			r->failures++;
		}
	}
}
