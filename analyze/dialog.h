/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialogs as one vantage sees them (RFC 3261): when a call was made, rang, was answered and
 * ended, and what its parties agreed on (offer and answer, RFC 3264).
 */
#ifndef TALKPATH_DIALOG_H
#define TALKPATH_DIALOG_H

#include "model.h"

/* The call's observation by this vantage, made if need be; NULL where memory is short. */
struct observation *dialog_observation(struct call *call, uint16_t vantage);

/* Who sent this message, by its tags. */
enum party dialog_sender(const struct call *call, const struct sip_message *message);

/* Take a message into the observation. sdp: its body, or NULL. again: a retransmission. */
void dialog_message(struct call *call, struct observation *o, enum party sender,
    const struct sip_message *message, const struct sdp *sdp, const struct signal *signal,
    bool again);

/* The observation that saw most of the call: its times and counts stand for the call. */
const struct observation *dialog_primary(const struct call *call);

#endif
