/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog.h"

#include "call_message.h"
#include "flow.h"
#include "offer_answer.h"
#include "sip_transaction.h"
#include "trace.h"

/* RFC 4028 10: a BYE comes min(32 s, a third) before a session runs out that nobody refreshed. */
enum { TIMER_MARGIN_S = 32 };
static const int64_t timer_accuracy_ns = 2 * MEDIA_SECOND_NS;
/* A 2xx is sent again for 64*T1, 32 s; half of that is no accident. */
static const int64_t unacknowledged_ns = 16 * MEDIA_SECOND_NS;

struct observation *dialog_observation(struct call *call, uint16_t vantage)
{
	struct observation **at = &call->observations;

	while (*at && (*at)->vantage != vantage) {
		at = &(*at)->next;
	}
	if (!*at) {
		*at = arena_take(&call->text, sizeof(**at));
		if (*at) {
			(*at)->vantage = vantage;
		}
	}
	return *at;
}

const struct sender_report *dialog_reports(const struct observation *o, enum party party)
{
	static const struct sender_report none;

	return o->rtcp ? &o->rtcp[party] : &none;
}

struct sender_report *dialog_reports_make(
    struct call *call, struct observation *o, enum party party)
{
	if (!o->rtcp) {
		o->rtcp = arena_take(&call->text, sizeof(*o->rtcp) * PARTIES);
	}
	return o->rtcp ? &o->rtcp[party] : NULL;
}

const struct mark *dialog_established(const struct observation *o)
{
	return o->changes && o->changes->established.set ? &o->changes->established : &o->answered;
}

const struct mark *dialog_mark(
    struct call *call, const struct observation *o, const struct signal *signal)
{
	const struct mark *own[] = {&o->invite, &o->ringing, &o->answered, &o->acked};
	struct mark *copy;

	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
		if (own[i]->set && own[i]->frame == signal->frame &&
		    own[i]->capture == signal->capture && own[i]->time_ns == signal->time_ns) {
			return own[i];
		}
	}
	copy = arena_take(&call->text, sizeof(*copy));
	if (copy) {
		*copy = signal_mark(signal);
	}
	return copy;
}

const struct observation *dialog_primary(const struct call *call)
{
	const struct observation *best = NULL;

	for (const struct observation *o = call->observations; o; o = o->next) {
		if (!best || o->messages > best->messages ||
		    (o->messages == best->messages && o->vantage < best->vantage)) {
			best = o;
		}
	}
	return best;
}

enum party dialog_sender(const struct call *call, const struct message_keys *keys, bool request)
{
	/* Unless the message plainly names the caller as the one it goes to. */
	bool from_caller = call_is_from(call, keys->from_tag) || !call_is_from(call, keys->to_tag);

	/* A response carries the From of its request, and goes the other way. */
	return from_caller == request ? PARTY_CALLER : PARTY_CALLEE;
}

bool dialog_was_challenged(const struct observation *o)
{
	switch (o->status) {
	case 401: /* Unauthorized */
	case 407: /* Proxy Authentication Required */
	case 422: /* Session Interval Too Small, RFC 4028 */
		return true;
	default:
		return o->status >= 300 && o->status < 400;
	}
}

bool dialog_went_unacknowledged(const struct observation *o)
{
	int64_t repeated_ns = o->changes ? o->changes->answer_repeated_ns : 0;

	return o->answered.set && !o->acked.set &&
	       repeated_ns >= o->answered.time_ns + unacknowledged_ns;
}

bool dialog_went_unheard(const struct observation *o)
{
	const struct attempt *attempts = o->attempt_count > 1 ? o->attempts : &o->attempt;

	for (unsigned i = 0; i < o->attempt_count; i++) {
		if (attempts[i].heard) {
			return false;
		}
	}
	return o->invite.set && !o->answered.set;
}

/* Some B2BUAs keep the Call-ID and change the tags: then it is another leg's message. */
static bool is_of_this_leg(const struct call *call, const struct message_keys *keys)
{
	return call->from_tag_hash == 0 || call_is_from(call, keys->from_tag) ||
	       call_is_from(call, keys->to_tag);
}

/* The callee's tag names the dialog, as far as forks go; 0: none yet. */
static uint32_t dialog_tag(const struct call *call, const struct message_keys *keys)
{
	return (uint32_t)(call_is_from(call, keys->from_tag) ? keys->to_tag : keys->from_tag);
}

/* --- attempts: the branches of the INVITE under way --- */

static struct attempt *attempts_of(struct observation *o)
{
	return o->attempt_count > 1 ? o->attempts : &o->attempt;
}

static struct attempt *attempt_find(struct observation *o, uint32_t branch)
{
	struct attempt *attempts = attempts_of(o);

	for (unsigned i = 0; i < o->attempt_count; i++) {
		if (attempts[i].branch == branch) {
			return &attempts[i];
		}
	}
	return NULL;
}

static struct attempt *attempt_add(struct call *call, struct observation *o, uint32_t branch)
{
	struct attempt *list = attempts_of(o);

	if (o->attempt_count > 0) {
		list = arena_list(&call->text, list, o->attempt_count, sizeof(*list));
		if (!list || o->attempt_count == OBSERVATION_ATTEMPTS_MAX) {
			return NULL;
		}
		o->attempts = list;
	}
	list[o->attempt_count] = (struct attempt){.branch = branch};
	return &list[o->attempt_count++];
}

/*
 * The attempt that a response or CANCEL is about, or NULL where it is another hop's. Where but
 * one hop is seen, a branch that is not as it was sent does not matter.
 */
static struct attempt *attempt_for(struct call *call, struct observation *o, uint32_t branch)
{
	struct attempt *a = attempt_find(o, branch);

	if (a || o->relayed) {
		return a;
	}
	if (o->attempt_count == 0) {
		return attempt_add(call, o, branch);
	}
	return o->attempt_count == 1 ? &o->attempt : NULL;
}

/* RFC 3261 16.7: the response that is passed on is a 6xx, or else of the lowest class. */
static bool is_better(uint16_t status, uint16_t than)
{
	if (than == 0 || status / 100 == than / 100) {
		return true;
	}
	return status >= 600 || (than < 600 && status < than);
}

/* Has the INVITE failed? Only when every branch has, but for those that never gave a sign. */
static void settle(struct call *call, struct observation *o, const struct signal *signal)
{
	const struct attempt *attempts = attempts_of(o);
	uint16_t status = 0;
	bool pending = false;

	if (o->answered.set) {
		return;
	}
	for (unsigned i = 0; i < o->attempt_count; i++) {
		const struct attempt *a = &attempts[i];

		if (a->status && is_better(a->status, status)) {
			status = a->status;
		}
		pending |= !a->status && (a->heard || i + 1 == o->attempt_count);
	}
	if (pending || status == 0) {
		o->status = 0;
		o->ended.set = o->bye && o->ended.set;
	} else if (o->status != status || !o->ended.set) {
		o->status = status;
		o->ended = signal_mark(signal);
		call->ending = true;
	}
}

/* --- the INVITE --- */

static struct dialog_changes *changes_make(struct call *call, struct observation *o)
{
	if (!o->changes) {
		o->changes = arena_take(&call->text, sizeof(*o->changes));
	}
	return o->changes;
}

/* Without an answer before it, the message proves that there is a dialog. */
static void establish(struct call *call, struct observation *o, const struct signal *signal)
{
	struct dialog_changes *changes = o->answered.set ? NULL : changes_make(call, o);

	if (changes) {
		mark_once(&changes->established, signal);
	}
}

/* Who sends the INVITE under way. */
static struct endpoint origin_of(const struct observation *o)
{
	return o->origin_moved ? o->changes->origin : observed_party(o, PARTY_CALLER);
}

static void origin_set(struct call *call, struct observation *o, const struct endpoint *origin)
{
	struct endpoint caller = observed_party(o, PARTY_CALLER);

	o->origin_moved = !endpoint_equal(origin, &caller) && changes_make(call, o);
	if (o->origin_moved) {
		o->changes->origin = *origin;
	}
}

static void invite_begins(struct call *call, struct observation *o, const struct dialog_step *step)
{
	const struct signal *signal = step->signal;

	if (!o->invite.set) {
		(void)pair_set(&o->parties, &call->text, PARTY_CALLER, &signal->src);
		(void)pair_set(&o->parties, &call->text, PARTY_CALLEE, &signal->dst);
	}
	mark_once(&o->invite, signal);
	o->parties_known = true;
	origin_set(call, o, &signal->src);
	o->invite_cseq = step->message->cseq;
	o->attempt_count = 0;
	o->relayed = o->cancelled = o->bye = false;
	o->status = 0;
	o->ended.set = false;
	(void)attempt_add(call, o, step->branch);
}

static void invite_request(struct call *call, struct observation *o, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;

	if (m->to.tag.length) {
		/* Within the dialog: offers a change, begins nothing. */
		struct dialog_changes *changes = changes_make(call, o);

		if (changes) {
			changes->reinvited[step->sender] = true;
			changes->reinvite_cseqs[step->sender] = m->cseq;
		}
		establish(call, o, step->signal);
	} else if (step->sender != PARTY_CALLER || o->answered.set) {
		return;
	} else if (!o->invite.set || m->cseq > o->invite_cseq ||
		   (m->cseq < o->invite_cseq && o->status)) {
		invite_begins(call, o, step);
	} else if (m->cseq == o->invite_cseq && !attempt_find(o, step->branch)) {
		/* From the same sender it is a fork or another try; else a proxy passed it on. */
		struct endpoint origin = origin_of(o);

		if (!endpoint_equal(&step->signal->src, &origin) ||
		    !attempt_add(call, o, step->branch)) {
			o->relayed = true;
		}
	}
}

static bool is_of_reinvite(const struct observation *o, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;
	enum party requester = party_other(step->sender);

	return requester == PARTY_CALLEE ||
	       (o->changes && o->changes->reinvited[PARTY_CALLER] &&
		   m->cseq == o->changes->reinvite_cseqs[PARTY_CALLER]) ||
	       (o->invite.set && m->cseq > o->invite_cseq);
}

static struct fork *forks_of(struct observation *o)
{
	return o->fork_count > 1 ? o->forks : &o->fork;
}

static void fork_add(struct call *call, struct observation *o, uint32_t tag)
{
	struct fork *list = forks_of(o);

	for (unsigned i = 0; i < o->fork_count; i++) {
		if (list[i].tag == tag) {
			return;
		}
	}
	if (o->fork_count > 0) {
		list = arena_list(&call->text, list, o->fork_count, sizeof(*list));
		if (!list || o->fork_count == OBSERVATION_FORKS_MAX) {
			return;
		}
		o->forks = list;
	}
	list[o->fork_count++] = (struct fork){.tag = tag};
}

static void answer_take(struct call *call, struct observation *o, const struct dialog_step *step)
{
	fork_add(call, o, step->tag);
	if (o->answered.set) {
		return;
	}
	mark_once(&o->answered, step->signal);
	o->status = step->message->status;
	/* A BYE to an early dialog ends no other (RFC 3261 15). */
	o->bye = o->bye && o->bye_tag == step->tag;
	o->ended.set = o->bye && o->ended.set;
}

static void invite_response(
    struct call *call, struct observation *o, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;
	bool success = m->status >= 200 && m->status < 300;
	struct attempt *a;

	if (is_of_reinvite(o, step)) {
		if (success) {
			establish(call, o, step->signal);
		}
		return;
	}
	if (o->invite.set && m->cseq != o->invite_cseq) {
		return;
	}
	a = attempt_for(call, o, step->branch);
	if (!a) {
		return;
	}
	o->parties_known = true;
	a->heard = true;
	if (m->status == 180 || m->status == 183) {
		mark_once(&o->ringing, step->signal);
	}
	if (success) {
		answer_take(call, o, step);
		return;
	}
	a->status = m->status >= 300 ? m->status : a->status;
	settle(call, o, step->signal);
}

static void cancel_take(struct call *call, struct observation *o, uint32_t branch)
{
	struct attempt *a = attempt_for(call, o, branch);
	const struct attempt *attempts;

	if (!a || o->answered.set) {
		return;
	}
	a->cancelled = true;
	o->cancelled = true;
	attempts = attempts_of(o);
	for (unsigned i = 0; i < o->attempt_count; i++) {
		o->cancelled &= attempts[i].cancelled || attempts[i].status;
	}
}

/* --- the end --- */

/* The dialog of the BYE is over. Of several that were answered, is another one left? */
static bool another_lives(struct observation *o, uint32_t tag)
{
	struct fork *forks = forks_of(o);
	bool lives = false;

	for (unsigned i = 0; i < o->fork_count; i++) {
		struct fork *fork = &forks[i];

		fork->over |= fork->tag == tag;
		lives |= !fork->over;
	}
	return lives;
}

static void refresh_take(struct call *call, struct observation *o, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;
	struct dialog_changes *changes;

	if (m->status >= 200 && m->status < 300 &&
	    (m->method == SIP_INVITE || m->method == SIP_UPDATE)) {
		const struct sip_number *expires = &m->timers.session_expires;

		changes = expires->given ? changes_make(call, o) : o->changes;
		if (changes) {
			changes->session_expires_s = expires->given ? expires->value : 0;
			changes->refreshed_ns = step->signal->time_ns;
		}
	}
}

static bool is_about(int64_t time_ns, int64_t due_ns)
{
	return time_ns >= due_ns - timer_accuracy_ns && time_ns <= due_ns + timer_accuracy_ns;
}

static bool is_time_out(const struct observation *o, const struct sip_message *m, int64_t time_ns)
{
	uint32_t expires_s = o->changes ? o->changes->session_expires_s : 0;
	uint32_t third_s = expires_s / 3;
	int64_t margin_ns = MEDIA_SECOND_NS * (third_s < TIMER_MARGIN_S ? third_s : TIMER_MARGIN_S);
	int64_t expiry_ns =
	    expires_s > 0 ? o->changes->refreshed_ns + MEDIA_SECOND_NS * expires_s : 0;

	if (m->cause.sip.given && m->cause.sip.value == 408) { /* Request Timeout */
		return true;
	}
	return expires_s > 0 &&
	       (is_about(time_ns, expiry_ns - margin_ns) || is_about(time_ns, expiry_ns));
}

static void bye_take(struct call *call, struct observation *o, const struct dialog_step *step)
{
	establish(call, o, step->signal);
	if (o->bye || (another_lives(o, step->tag) && step->tag)) {
		return;
	}
	o->bye = true;
	o->bye_tag = step->tag;
	o->timed_out = is_time_out(o, step->message, step->signal->time_ns);
	o->ended_by = step->sender & 1U;
	o->ended = signal_mark(step->signal);
	call->ending = true;
}

static void request_take(struct call *call, struct observation *o, const struct dialog_step *step)
{
	switch (step->message->method) {
	case SIP_INVITE:
		invite_request(call, o, step);
		break;
	case SIP_ACK:
		if (o->answered.set) {
			mark_once(&o->acked, step->signal);
		}
		break;
	case SIP_CANCEL:
		cancel_take(call, o, step->branch);
		break;
	case SIP_BYE:
		bye_take(call, o, step);
		break;
	default:
		break;
	}
}

static void repetition_take(
    struct call *call, struct observation *o, const struct dialog_step *step)
{
	const struct sip_message *m = step->message;
	struct dialog_changes *changes;

	o->retransmissions += sip_is_sent_again(m, step->signal);
	if (!m->request && m->method == SIP_INVITE && m->status >= 200 && m->status < 300 &&
	    o->answered.set && (changes = changes_make(call, o)) != NULL) {
		changes->answer_repeated_ns = step->signal->time_ns;
	}
}

void dialog_message(struct desk *desk, struct call *call, struct observation *o, enum party sender,
    const struct call_message *m, bool again)
{
	const struct dialog_step step = {
	    .sender = sender,
	    .tag = dialog_tag(call, &m->keys),
	    .branch = (uint32_t)m->keys.branch,
	    .message = m->message,
	    .sdp = m->body,
	    .signal = m->signal,
	};

	o->messages++;
	o->last_ns = m->signal->time_ns > o->last_ns ? m->signal->time_ns : o->last_ns;
	if (again) {
		repetition_take(call, o, &step);
		return;
	}
	if (!is_of_this_leg(call, &m->keys)) {
		return;
	}
	if (m->message->request) {
		request_take(call, o, &step);
	} else {
		refresh_take(call, o, &step);
		if (m->message->method == SIP_INVITE) {
			invite_response(call, o, &step);
		}
	}
	desk->evictions.agreements += !offer_answer_take(call, o, &step);
}
