/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How long a router remembers a mapping: what each packet of a path tells of it (nat_path.h).
 *
 * Data in:   the packets of one path, in order, by nat_path.c.
 * Data out:  the path's lives, its requests from outside, and what its server told.
 * Ownership: the path's. Threading: the desk's thread. Limits: those of the path.
 */
#ifndef TALKPATH_NAT_LIFE_H
#define TALKPATH_NAT_LIFE_H

#include "nat_path.h"

/* The UA sent something. answers: the request from outside that it answers, or NULL. */
void nat_life_sent(const struct desk *desk, struct nat_path *p, const struct nat_request *answers,
    const struct signal *signal);

/* Before that: it answers this request. */
void nat_life_answered(const struct desk *desk, struct nat_path *p, struct nat_request *r,
    const struct signal *signal);

/* Something came from the server. */
void nat_life_came(const struct desk *desk, struct nat_path *p, const struct signal *signal);

/* Before that: it is a request; its first transmission, or another one. call: its, or NULL. */
void nat_life_asked(const struct desk *desk, struct nat_path *p, const struct call *call,
    const struct sip_transaction *t, const struct signal *signal);

/* Before that: it is a response, which tells where the UA was seen to come from. */
void nat_life_told(const struct desk *desk, struct nat_path *p, const struct sip_message *m,
    const struct signal *signal);

/* It has its address again, after so long. */
void nat_return_note(struct nat_return *back, int64_t away_ns);

/* The request from outside with that transaction key, or NULL. */
struct nat_request *nat_life_request(struct nat_path *p, uint64_t key);

#endif
