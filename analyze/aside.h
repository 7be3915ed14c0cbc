/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests outside of calls that are put aside. REGISTER, OPTIONS and their like are most of a
 * server's messages, and of few of them anything follows: only what a router did to a message may
 * be told from it, and for that it must be seen at two places, or tell by itself. So they are
 * kept as they came, and become a call as soon as one of them does; or else they go unread.
 *
 * Data in:   messages that belong to no call. Data out: calls, by call_message_take().
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    asides_new(); the oldest goes when room is needed, and is counted. More than
 *            ASIDE_NOTES_MAX messages of one Call-ID at once become a call.
 */
#ifndef TALKPATH_ASIDE_H
#define TALKPATH_ASIDE_H

#include "call_message.h"

enum { ASIDE_NOTES_MAX = 64 };

/* NULL where memory is short. */
struct asides *asides_new(uint32_t limit);
void asides_free(struct asides *all);

/* What aside_take() will look for, and what it will find: on their way to the cache. */
struct table_way aside_way(const struct desk *desk, const struct message_keys *keys);

/* The birth that it will likely give, if it finds nothing; or 0. */
uint64_t aside_fetch(const struct desk *desk, struct table_way way);

/*
 * True where the message was put aside: it belongs to no call, and tells nothing by itself. *birth
 * is then that of what it belongs to, as of a call. Else what was put aside of its Call-ID, or
 * what seems to be the same message elsewhere, is a call by now; message->call is the one that was
 * there before, if it was looked for.
 */
bool aside_take(struct desk *desk, struct call_message *message, uint64_t *birth);

/* Forget what came before that time: nothing of it can come again. */
void aside_expire(struct desk *desk, int64_t before_ns);

/* Give memory back that holds the oldest; false where nothing is put aside. */
bool aside_give_way(struct desk *desk);

/* From the newest to the oldest: its birth, and the last message of it. NULL behind the last. */
struct aside;
const struct aside *aside_newest(const struct desk *desk);
const struct aside *aside_older(const struct desk *desk, const struct aside *aside);
uint64_t aside_birth(const struct aside *aside);
const struct signal *aside_last(const struct aside *aside);

#endif
