/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What registration.c and registration_keepalive.c keep and registration_report.c reads.
 */
#ifndef TALKPATH_REGISTRATION_STATE_H
#define TALKPATH_REGISTRATION_STATE_H

#include "flow.h"
#include "lru.h"
#include "registration.h"

enum {
	TEXT_KEPT = 256,        /* characters of one string */
	TEXT_OCTETS = 16 << 10, /* of all strings; invalid UTF-8 grows threefold */
	REGISTRATION_FOLLOW_UP_S = 32
};

/* What became of the last attempt that was decided. */
enum registration_outcome {
	OUTCOME_NONE,
	OUTCOME_REGISTERED,
	OUTCOME_REMOVED,
	OUTCOME_CHALLENGED,
	OUTCOME_REDIRECTED,
	OUTCOME_REFUSED,
	OUTCOME_UNANSWERED
};

/* The last refusal since it last succeeded; a challenge that came later does not take it back. */
struct registration_refusal {
	struct mark request, answer;
	uint16_t status; /* 0: none */
	const char *reason;
	bool authorized; /* the request carried credentials */
	uint32_t alike;  /* refusals in a row with this status and reason */
};

/* Sent by one end to keep the path open. */
struct keepalives {
	bool seen;
	uint8_t kind; /* enum keepalive_kind, of the last */
	int64_t last_ns;
	uint32_t count; /* of intervals; the ring holds the last */
	uint32_t intervals_ms[REGISTRATION_INTERVALS_MAX];
};

enum { KEEPALIVE_GAPS_MIN = 3 /* to call them regular */ };

/* What each message reads and writes comes first. */
struct registration {
	uint64_t written;  /* vantage, address-of-record as it is written, registrar */
	uint64_t flow;     /* vantage, source, registrar */
	uint64_t instance; /* +sip.instance and reg-id; 0: none */
	uint64_t call_id;  /* of a hash; of the last request */
	const char *contact, *user_agent, *reason;
	int64_t last_ns;
	struct endpoint source, registrar;
	uint16_t vantage;
	uint16_t status;   /* of the last final response; 0: none */
	uint8_t transport; /* enum signal_transport */
	bool pending;      /* a request waits for its answer */
	bool removing;     /* and asks to be taken back */
	bool relayed;      /* a proxy stands between the phone and this vantage */
	bool superseded;   /* the phone registered anew from another port */
	bool proven;       /* it succeeded once */
	bool authorized;   /* the last request carried credentials */
	bool mapped_known, mapped_told;
	uint32_t cseq;
	enum registration_outcome outcome;
	struct mark request, answer; /* the last request; the last final answer */
	int64_t granted_ns;          /* the last success; INT64_MIN: none that holds */
	struct sip_number asked, expires;
	struct endpoint mapped; /* where the registrar saw it come from */
	uint32_t mapped_by;     /* of a hash: all that `mapped` follows from */
	uint64_t mapped_call;   /* Call-ID under which it was `mapped` so */
	uint32_t refreshes, challenges;
	uint32_t refusals;                 /* since it last succeeded */
	uint32_t unanswered, sent_in_vain; /* transactions, and packets, since the last answer */
	struct registration_refusal refusal;
	struct keepalives keepalives[2]; /* the phone's, the registrar's */
	uint32_t failures, mapping_changes;
	uint32_t id;           /* by capture order, from 1 */
	uint32_t older, newer; /* in that order */
	uint32_t finding;      /* of detect_registration.c: its id; 0: none */
	uint64_t told_news;    /* how much was known when `finding` told it */
	uint64_t account;      /* vantage and address-of-record */
	int64_t first_ns;
	const char *aor;
	struct mark silence; /* the first of the unanswered requests */
	int64_t silent_ns;   /* the last packet of them */
	struct arena text;
};

struct registrations {
	struct pool pool;
	struct table bindings, flows, accounts;
	struct lru idle[2]; /* that never succeeded, that did */
	uint32_t oldest, newest;
	uint32_t born;
};

static inline struct registration *registration_at(const struct registrations *all, uint32_t number)
{
	return pool_at(&all->pool, number);
}

/* The same either way: a packet of either end is looked up once. */
static inline uint64_t registration_flow(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar)
{
	uint64_t key = desk->key ^ vantage;

	return flow_mix(
	    hash_endpoint(key, source) + hash_endpoint(key, registrar), key ^ flow_golden);
}

static inline bool registration_has_flow(const struct registration *r, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar)
{
	return r->vantage == vantage && endpoint_equal(&r->source, source) &&
	       endpoint_equal(&r->registrar, registrar);
}

/* Something of that flow, either way, was sent to keep it open. */
void registration_keep(
    struct desk *desk, const struct signal *signal, uint64_t flow, enum keepalive_kind kind);

/* The time for which the registrar granted it is over, by the clock of its vantage. */
bool registration_has_expired(const struct desk *desk, const struct registration *r);

/* The first with this flow whose phone sends keep-alives, or NULL. */
const struct registration *registration_kept_alive(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct endpoint *registrar);

/* Refused, challenged once more, and not heard of for Timer B since (RFC 3261 17.1.1.2). */
bool registration_was_given_up(const struct desk *desk, const struct registration *r);

static inline uint32_t registration_number(
    const struct registrations *all, const struct registration *r)
{
	return (uint32_t)(r - (const struct registration *)all->pool.objects);
}

#endif
