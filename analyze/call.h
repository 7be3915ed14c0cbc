/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of calls: finding the one that a message belongs to, making and forgetting them.
 */
#ifndef TALKPATH_CALL_H
#define TALKPATH_CALL_H

#include "model.h"

struct message_keys;

/*
 * The message's call, made if need be; NULL where there is no room at all. known: the newest with
 * its Call-ID, or NULL where nobody looked.
 */
struct call *call_for(struct desk *desk, struct call *known, const struct message_keys *keys,
    const struct sip_message *message, const struct signal *signal);

/* The call that was put aside so far, begun by this message; birth: its own. See aside.h. */
struct call *call_of_aside(struct desk *desk, uint64_t birth, const struct message_keys *keys,
    const struct sip_message *message, const struct signal *signal);

/* Does the message name itself so that no other has the same identity (RFC 3261 8.1.1.7)? */
bool call_branch_is_unique(const struct sip_message *message);

/* Was this the first message of a call that there is? */
bool call_branch_is_known(const struct desk *desk, uint64_t identity);

/* A call of which no signalling was seen, begun by this stream; NULL where there is no room. */
struct call *call_of_media(struct desk *desk, const struct desk_stream *stream);

/* The message's part in what the call is: parties, user agents, times. */
void call_note(struct desk *desk, struct call *call, const struct message_keys *keys,
    const struct sip_message *message, const struct signal *signal);

/* The newest call with this Call-ID, or NULL. */
struct call *call_by_id(struct desk *desk, struct text call_id);

/* The same by its hash_text() with the desk's key. */
struct call *call_of_hash(const struct desk *desk, uint64_t hash);

/* NULL where memory is short. */
struct call_rare *call_rare_make(struct call *call);

/* Forget the call and all that is reached through it alone. */
void call_remove(struct desk *desk, struct call *call);

/* "completed", "failed", "cancelled", "no-answer", "in-progress", at the time now_ns. */
const char *call_state(const struct call *call, int64_t now_ns);

/* "caller", "callee", "network", "unknown"; NULL in a state in which it has not ended. */
const char *call_ended_by(const struct call *call, const char *state);

/* True once nothing more is to be expected of it, apart from media. *ended_ns: since when. */
bool call_has_ended(const struct call *call, int64_t *ended_ns);

/* The same by one vantage's clock, which may be hours from another's. */
bool call_has_ended_at(const struct call *call, uint16_t vantage, int64_t *ended_ns);

/* Did any of its signalling pass there? */
bool call_was_seen_at(const struct call *call, uint16_t vantage);

#endif
