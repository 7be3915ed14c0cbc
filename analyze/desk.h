/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk: where signalling and media meet. It owns calls, streams, endpoints and findings.
 *
 * Data in:   records in the order (order, sub), and ticks.
 * Data out:  calls as they end (desk_config.call), and all of it through report.h.
 * Threading: one thread at a time.
 * Limits:    desk_limits; what no longer fits is evicted, oldest first, and counted.
 */
#ifndef TALKPATH_DESK_H
#define TALKPATH_DESK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "address.h"
#include "codec_quality.h"
#include "record.h"
#include "thresholds.h"

struct desk;
struct call;
struct tp_call_report;
struct tp_live_calls;

enum { DESK_VANTAGES_MAX = 64, DESK_CAPTURES_MAX = 64 };

struct desk_limits {
	uint32_t calls; /* active, and ended ones that are kept for the report */
	uint32_t streams;
	uint32_t endpoints;
	uint32_t findings;
	size_t text_octets; /* of calls and endpoints together; some MiB at least */
};

struct desk_config {
	struct desk_limits limits;
	bool live;          /* calls are closed when they end, and forgotten when room is needed */
	const char *ladder; /* kept of this call (Call-ID or id); "": of all; NULL: of none */
	const char *site;   /* part of record ids; NULL: none */
	struct thresholds thresholds;
	/* Asked now and then: puts other ones in their place, if there are any. NULL: never. */
	void (*thresholds_renew)(void *context, struct thresholds *thresholds);
	void *thresholds_context;
	bool thorough;                           /* for tests: every detector looks at every call */
	enum codec_plc plc;                      /* that receivers of G.711 are taken to have */
	uint64_t uplink_down_bps, uplink_up_bps; /* of the site's line; 0: not known */
	uint16_t vantage_count, capture_count;
	const char *vantages[DESK_VANTAGES_MAX];
	const char *captures[DESK_CAPTURES_MAX];
	/* The side that a vantage was declared to be on ("lan", "wan", "server"), or NULL. */
	const char *declared[DESK_VANTAGES_MAX];
	void (*call)(void *context, const struct tp_call_report *report);
	void *call_context;
	/* Live, at a tick: how it is going. NULL: nobody wants to know. */
	void (*live_figures)(void *context, const struct tp_live_calls *figures);
	void *live_context;
	/* Calls expect media there; or no longer. NULL: nobody wants to know. */
	void (*place)(void *context, const struct endpoint *at, bool expected);
	void *place_context;
	void (*full)(void *context); /* once, when something was given up; NULL: nobody asks */
	void *full_context;
	/* Told of each call before it is closed and `call` has it; NULL: nobody wants to know. */
	void (*closing)(void *context, const struct desk *desk, const struct call *call);
	void *closing_context;
};

struct desk_evictions {
	uint64_t calls, streams, call_streams, endpoints, findings, sightings, sites, text,
	    intervals, agreements, legs;
	uint64_t mappings, stun_transactions; /* of STUN */
	uint64_t ssrcs, voice_reports;
	uint64_t sip_transactions, registrations, exchanges, sip_servers;
	uint64_t nat_paths;
	uint64_t askers, reaches;
};

/* NULL where memory is short. Strings of the configuration are borrowed. */
struct desk *desk_new(const struct desk_config *config, uint64_t key);
void desk_free(struct desk *desk);

/* A record that will come after some others: a hint, once for each. */
void desk_coming(struct desk *desk, const struct record *record);
void desk_record(struct desk *desk, const struct record *record);
void desk_tick(struct desk *desk, const struct tick *tick);

/* The capture's packets carry no time stamps: what is measured by time does not hold. */
void desk_untimed(struct desk *desk, uint16_t capture);

const struct desk_evictions *desk_evictions(const struct desk *desk);

/* SIP messages of a capture that are in it twice, as one packet captured at two places. */
uint64_t desk_duplicates(const struct desk *desk, uint16_t capture);

/* SIP messages of a capture that were sound enough to use, retransmissions and copies too. */
struct desk_messages {
	uint64_t requests, invites, responses;
};

const struct desk_messages *desk_messages(const struct desk *desk, uint16_t capture);

/* Defects counted for a capture, by enum dissect_result. */
const uint64_t *desk_counts(const struct desk *desk, uint16_t capture);

#endif
