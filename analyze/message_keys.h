/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keyed hashes of what a SIP message is known by, made once and handed round: calls, transactions,
 * registrations and sightings are all found by some of these.
 */
#ifndef TALKPATH_MESSAGE_KEYS_H
#define TALKPATH_MESSAGE_KEYS_H

#include "flow.h"
#include "sip.h"

/* Of a text that is not there: 0. */
struct message_keys {
	uint64_t call_id, branch, from_tag, to_tag;
	uint64_t sent_by;     /* of the topmost Via, without its port */
	uint64_t transaction; /* a request's and its responses', at one hop: RFC 3261 17.1.3 */
	uint64_t identity;    /* equal for the same message at another place; no Call-ID in it */
};

/* Of two hashes, in this order. */
static inline uint64_t hash_join(uint64_t a, uint64_t b)
{
	return flow_mix(a, b ^ flow_golden);
}

static inline uint64_t hash_if_there(uint64_t key, struct text text)
{
	return text.length ? hash_text(key, text) : 0;
}

static inline struct message_keys message_keys_of(uint64_t key, const struct sip_message *m)
{
	struct message_keys keys = {
	    .call_id = hash_text(key, m->call_id),
	    .branch = hash_if_there(key, m->via.branch),
	    .from_tag = hash_if_there(key, m->from.tag),
	    .to_tag = hash_if_there(key, m->to.tag),
	    .sent_by = hash_text(key, m->via.sent_by.name),
	};
	uint64_t method =
	    m->method == SIP_METHOD_OTHER ? hash_text(key, m->method_text) : (uint64_t)m->method;

	/* Before RFC 3261 branches were not unique; then the Call-ID must do. */
	keys.transaction =
	    hash_join((keys.branch ? keys.branch : keys.call_id) ^ m->cseq, method ^ key);
	keys.identity =
	    hash_join(hash_join(keys.transaction ^ (m->request ? 0U : m->status), keys.from_tag),
		keys.to_tag);
	return keys;
}

#endif
