/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signs: what the messages of a call might tell a detector, noted as they are kept. Most calls show
 * none but that messages were returned, and are then closed without a look at their messages.
 *
 * Data in:   a message that is kept. Data out: a bit for each sign; nothing follows from one yet.
 * Ownership: nothing is kept. Threading: the desk's thread. Limits: none.
 */
#ifndef TALKPATH_SIGNS_H
#define TALKPATH_SIGNS_H

#include "model.h"

enum sign {
	SIGN_ALIKE = 1,     /* a message was seen at two places, or in two variants */
	SIGN_DEFECT = 2,    /* one is malformed */
	SIGN_ANSWERED = 4,  /* a phone behind NAT is answered from outside */
	SIGN_ROUTED = 8,    /* a phone's request has passed a router */
	SIGN_RETURNED = 16, /* at one place messages went both ways between two hosts */
	SIGNS = 31
};

/* Of enum sign. relayed: it is not as a phone sent it; alike: its call knows the same message. */
unsigned signs_of(const struct sip_message *message, const struct sdp *sdp,
    const struct signal *signal, bool relayed, bool alike);

#endif
