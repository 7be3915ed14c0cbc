/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a SIP message adds to its call: a sighting, a step of the dialog, and what its session
 * description names.
 *
 * Threading: the desk's thread.
 */
#ifndef TALKPATH_CALL_MESSAGE_H
#define TALKPATH_CALL_MESSAGE_H

#include "message_keys.h"
#include "model.h"

/* A message as it was read. */
struct call_message {
	const struct sip_message *message;
	const struct signal *signal;
	const struct sdp *body; /* its session description; NULL: none that could be read */
	struct message_keys keys;
	struct call
	    *call;      /* that it belongs to, where it was looked up already; NULL says nothing */
	bool described; /* it has a description, though perhaps not one that can be read */
	bool asked_again; /* its request was sent again */
};

/*
 * call: NULL where there was no room for it. True where the message is new there: neither sent
 * again nor captured twice.
 */
bool call_message_take(struct desk *desk, struct call *call, const struct call_message *m);

#endif
