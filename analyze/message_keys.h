/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed hashes of what a SIP message is known by, made once and handed round: calls, transactions,
 * registrations and sightings are all found by some of these.
 */
#ifndef TALKPATH_MESSAGE_KEYS_H
#define TALKPATH_MESSAGE_KEYS_H

#include "flow.h"
#include "sip.h"

struct message_keys {
	uint64_t call_id, branch, from_tag;
	uint64_t sent_by; /* of the topmost Via, without its port */
};

static inline struct message_keys message_keys_of(uint64_t key, const struct sip_message *m)
{
	return (struct message_keys){
	    .call_id = hash_text(key, m->call_id),
	    .branch = hash_text(key, m->via.branch),
	    .from_tag = hash_text(key, m->from.tag),
	    .sent_by = hash_text(key, m->via.sent_by.name),
	};
}

/* Of two hashes, in this order. */
static inline uint64_t hash_join(uint64_t a, uint64_t b)
{
	return flow_mix(a, b ^ flow_golden);
}

#endif
