/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of calls: finding the one that a message belongs to, making and forgetting them.
 */
#ifndef TALKPATH_CALL_H
#define TALKPATH_CALL_H

#include "model.h"

/* The message's call, made if need be; NULL where there is no room at all. */
struct call *call_for(
    struct desk *desk, const struct sip_message *message, const struct signal *signal);

/* The newest call of a Call-ID, or NULL. */
struct call *call_find(struct desk *desk, struct text call_id);

/* The message's part in what the call is: parties, user agents, times. */
void call_note(struct desk *desk, struct call *call, const struct sip_message *message,
    const struct signal *signal);

/* Forget the call and all that is reached through it alone. */
void call_remove(struct desk *desk, struct call *call);

/* "completed", "failed", "cancelled", "no-answer", "in-progress", at the time now_ns. */
const char *call_state(const struct call *call, int64_t now_ns);

/* True once nothing more is to be expected of it, apart from media. *ended_ns: since when. */
bool call_has_ended(const struct call *call, int64_t *ended_ns);

#endif
