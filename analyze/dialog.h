/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialogs as one vantage sees them (RFC 3261): when a call was made, rang, was answered and
 * ended. What its parties agreed on is offer_answer.h's.
 *
 * A capture at a proxy shows a message on each hop, and every branch of a fork. What happens to
 * the INVITE is taken from the hop nearest to the caller: the branches that its sender made.
 * What other hops do about it (CANCEL to the forks that lost, a busy phone of many) is theirs.
 */
#ifndef TALKPATH_DIALOG_H
#define TALKPATH_DIALOG_H

#include "model.h"

/* The call's observation by this vantage, made if need be; NULL where memory is short. */
struct observation *dialog_observation(struct call *call, uint16_t vantage);

struct call_message;
struct message_keys;

/* Who sent this message, by its tags. */
enum party dialog_sender(const struct call *call, const struct message_keys *keys, bool request);

/* One message of the dialog. */
struct dialog_step {
	enum party sender;
	uint32_t tag;    /* hash of the callee's, 0 without one */
	uint32_t branch; /* hash */
	const struct sip_message *message;
	const struct sdp *sdp; /* its body; or NULL */
	const struct signal *signal;
};

/* Take a message into the observation. again: a retransmission. */
void dialog_message(struct desk *desk, struct call *call, struct observation *o, enum party sender,
    const struct call_message *m, bool again);

/* What RTCP of one party said of its own sending; for writing: NULL where memory is short. */
const struct sender_report *dialog_reports(const struct observation *o, enum party party);
struct sender_report *dialog_reports_make(
    struct call *call, struct observation *o, enum party party);

/*
 * The first proof of a dialog: the answer, or what came before it, since only a dialog has it; not
 * set: there is none.
 */
const struct mark *dialog_established(const struct observation *o);

/* The message's mark for as long as the call lives: the observation's own, or a copy; or NULL. */
const struct mark *dialog_mark(
    struct call *call, const struct observation *o, const struct signal *signal);

/* The observation that saw most of the call: its times and counts stand for the call. */
const struct observation *dialog_primary(const struct call *call);

/* The last attempt was asked for credentials, or sent elsewhere: another one may follow. */
bool dialog_was_challenged(const struct observation *o);

/* The answer was sent again and again and never acknowledged (RFC 3261 13.3.1.4). */
bool dialog_went_unacknowledged(const struct observation *o);

/* Not one response to the INVITE was seen. */
bool dialog_went_unheard(const struct observation *o);

#endif
