/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP transactions (RFC 3261 section 17) as each vantage sees them: a request, its
 * retransmissions, and what became of it.
 *
 * Data in:   every SIP message, in order.
 * Data out:  what the message is within its transaction (struct sip_transaction_step); finished
 *            transactions to exchange.h, registration.h and sip_metrics.h.
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    sip_transactions_new(); the one idle longest goes when room is needed, and is counted
 *            where it was still waiting.
 *
 * One request seen at several places (two vantages, both sides of a router, each hop of a proxy)
 * makes one transaction at each. They are kept as a group, of which the one nearest to the
 * client stands for all: see sip_transaction_nearest().
 */
#ifndef TALKPATH_SIP_TRANSACTION_H
#define TALKPATH_SIP_TRANSACTION_H

#include "message_keys.h"
#include "model.h"

struct sip_transactions;

static const int64_t SIP_TRANSACTION_NEVER = INT64_MIN; /* a moment that has not come */

/* From one moment to another; time stamps are the capture's word, and may be anything. */
static inline int64_t elapsed_ns(int64_t from_ns, int64_t to_ns)
{
	int64_t ns;

	if (__builtin_sub_overflow(to_ns, from_ns, &ns)) {
		return to_ns > from_ns ? INT64_MAX : INT64_MIN;
	}
	return ns;
}

enum sip_transaction_outcome {
	SIP_TRANSACTION_PENDING, /* nothing final yet; the end of the capture may have come first */
	SIP_TRANSACTION_ANSWERED,  /* by a final response */
	SIP_TRANSACTION_TIMED_OUT, /* the client itself gave up: Timer B or F */
	SIP_TRANSACTION_UNSEEN     /* no answer seen, but the client behaved as if it had one */
};

/* What few have: a piece of desk.slab. */
struct sip_transaction_more {
	struct address src, dst; /* where they are `wide` */
	int64_t last_request_ns;
	uint32_t retransmissions; /* of the request */
};

struct sip_transaction {
	uint64_t key;      /* vantage, branch, method, CSeq */
	uint64_t identity; /* equal for the same request elsewhere */
	int64_t first_ns;  /* the request; T1 of RFC 6076 */
	int64_t begun_ns;  /* of the first in the chain: before challenges and redirections */
	int64_t final_ns;  /* first final response, or SIP_TRANSACTION_NEVER */
	/* Of an INVITE: its first 1xx but 100; of a BYE: when its session was answered; or
	 * SIP_TRANSACTION_NEVER. */
	int64_t session_ns;
	uint32_t frame;        /* the request */
	uint32_t chain;        /* of those that have one: table_hash_keep() of what makes it */
	uint32_t sender;       /* of a hash: sent-by and Call-ID, of the request */
	uint32_t call_id;      /* of a hash */
	uint32_t src, dst;     /* address_last_four(), if not `wide` */
	uint32_t more;         /* number of a struct sip_transaction_more; 0: none */
	uint32_t leader, next; /* of the group */
	uint32_t cseq;
	uint32_t touched; /* on the desk's clock, see sip_transaction.c */
	uint16_t src_port, dst_port;
	uint16_t status;
	uint8_t vantage, capture;
	uint8_t via_count; /* or UINT8_MAX */
	uint8_t method;    /* enum sip_method */
	uint8_t ttl;
	bool reliable : 1; /* not over UDP: nothing is retransmitted */
	bool in_dialog : 1;
	bool wide : 1;       /* one of its addresses is no IPv4 */
	bool proceeding : 1; /* a provisional response came */
	bool continues : 1;  /* the chain has requests before this one */
	bool awaits : 1;     /* ... and will have one behind it: it is found by its chain */
};

/* Or NULL. */
static inline struct sip_transaction_more *sip_transaction_more(
    const struct desk *desk, const struct sip_transaction *t)
{
	return t->more ? slab_at(&desk->slab, t->more) : NULL;
}

/* Of one that is `wide`. */
static inline const struct sip_transaction_more *sip_transaction_wide(
    const struct desk *desk, const struct sip_transaction *t)
{
	return slab_at(&desk->slab, t->more);
}

static inline struct endpoint sip_transaction_src(
    const struct desk *desk, const struct sip_transaction *t)
{
	return (struct endpoint){
	    t->wide ? sip_transaction_wide(desk, t)->src : address_of_last_four(t->src),
	    t->src_port};
}

static inline struct endpoint sip_transaction_dst(
    const struct desk *desk, const struct sip_transaction *t)
{
	return (struct endpoint){
	    t->wide ? sip_transaction_wide(desk, t)->dst : address_of_last_four(t->dst),
	    t->dst_port};
}

/* Is that where the request came from, or went? */
static inline bool sip_transaction_is_src(
    const struct desk *desk, const struct sip_transaction *t, const struct address *address)
{
	return t->wide ? address_equal(&sip_transaction_wide(desk, t)->src, address)
		       : t->src == address_last_four(address) && address_is_ipv4(address);
}

static inline bool sip_transaction_is_dst(
    const struct desk *desk, const struct sip_transaction *t, const struct address *address)
{
	return t->wide ? address_equal(&sip_transaction_wide(desk, t)->dst, address)
		       : t->dst == address_last_four(address) && address_is_ipv4(address);
}

/* When the request was sent last, and how many times again. */
static inline int64_t sip_transaction_last_request(
    const struct desk *desk, const struct sip_transaction *t)
{
	return t->more ? sip_transaction_more(desk, t)->last_request_ns : t->first_ns;
}

static inline uint32_t sip_transaction_retransmissions(
    const struct desk *desk, const struct sip_transaction *t)
{
	return t->more ? sip_transaction_more(desk, t)->retransmissions : 0;
}

enum sip_transaction_event {
	SIP_TRANSACTION_NONE, /* an ACK, or a response to what was never seen */
	SIP_TRANSACTION_BEGAN,
	SIP_TRANSACTION_AGAIN, /* a retransmission, or the same packet captured twice */
	SIP_TRANSACTION_PROVISIONAL,
	SIP_TRANSACTION_FINAL
};

/*
 * Does anything make its sender send this message again? Over UDP all of them; over TCP only a 2xx
 * to INVITE and its ACK, which go from end to end (RFC 3261 13.3.1.4, 17.1.1.2).
 */
static inline bool sip_is_sent_again(const struct sip_message *m, const struct signal *signal)
{
	return signal->transport == SIGNAL_UDP || m->method == SIP_ACK ||
	       (!m->request && m->method == SIP_INVITE && m->status >= 200 && m->status < 300);
}

struct sip_transaction_step {
	enum sip_transaction_event event;
	const struct sip_transaction
	    *transaction; /* NULL with SIP_TRANSACTION_NONE; valid until the next */
};

/* NULL where memory is short. */
struct sip_transactions *sip_transactions_new(uint32_t limit, uint16_t vantages);
void sip_transactions_free(struct sip_transactions *all);

/*
 * What sip_transaction_take() will look for, and what it will find: on their way to the cache.
 * birth: as it will likely be; 0 says nothing.
 */
struct sip_transaction_way {
	struct table_way key;
	uint32_t chain; /* of what is made anew, or may be */
};

struct sip_transaction_way sip_transaction_way(const struct desk *desk,
    const struct sip_message *message, const struct message_keys *keys,
    const struct signal *signal);
void sip_transaction_fetch(const struct desk *desk, const struct sip_transaction_way *way,
    uint64_t birth, const struct sip_message *message, const struct message_keys *keys);

/*
 * call: the one that the message belongs to; NULL where there was no room for it, or it was put
 * aside. birth: of that call, or of what was put aside; 0: of neither. way:
 * sip_transaction_way().
 */
struct sip_transaction_step sip_transaction_take(struct desk *desk,
    const struct sip_transaction_way *way, const struct call *call, uint64_t birth,
    const struct sip_message *message, const struct message_keys *keys,
    const struct signal *signal);

/* Finish those that nothing more is to be expected of; all of them at the end. */
void sip_transaction_expire(struct desk *desk);
void sip_transaction_finish(struct desk *desk);

/* The time at a vantage: captures end at different times, and their clocks may be hours apart. */
int64_t sip_transaction_clock(const struct desk *desk, uint16_t vantage);

enum sip_transaction_outcome sip_transaction_outcome_yet(
    const struct desk *desk, const struct sip_transaction *transaction);

static inline enum sip_transaction_outcome sip_transaction_outcome(
    const struct desk *desk, const struct sip_transaction *transaction)
{
	return transaction->status ? SIP_TRANSACTION_ANSWERED
				   : sip_transaction_outcome_yet(desk, transaction);
}

/* Challenged or redirected: the client is expected to ask again. */
static inline bool sip_status_is_deferral(uint16_t status)
{
	return status == 401 || status == 402 || status == 407 || (status >= 300 && status < 400);
}

static inline bool sip_transaction_is_deferred(const struct sip_transaction *t)
{
	return sip_status_is_deferral(t->status);
}

/*
 * Of a group the one whose vantage is nearest to the client: fewest Vias, then the highest TTL,
 * then the longest response time. One whose outcome is known comes before one that hangs.
 */
const struct sip_transaction *sip_transaction_nearest(
    const struct desk *desk, const struct sip_transaction *leader);

/* The next of the group, or NULL. */
const struct sip_transaction *sip_transaction_next(
    const struct desk *desk, const struct sip_transaction *transaction);

#endif
