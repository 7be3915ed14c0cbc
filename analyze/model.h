/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk's model: what is known of calls, streams, endpoints and findings.
 *
 * A call is what happened; an observation is what one vantage saw of it. Dialog state, offers
 * and answers, and times are kept per observation, because two vantages may see different
 * messages, different addresses, and have different clocks.
 *
 * Ownership:  struct desk owns everything. Objects are named by their number in a pool; POOL_NONE
 *             is none. Threading: the desk's thread.
 * Limits:     the enums below and struct desk_limits.
 */
#ifndef TALKPATH_MODEL_H
#define TALKPATH_MODEL_H

#include "arena.h"
#include "desk.h"
#include "intervals.h"
#include "media.h"
#include "pool.h"
#include "sdp.h"
#include "sip.h"
#include "table.h"

enum {
	CALL_ALIASES_MAX = 4, /* Call-IDs of one call, where a router renames them */
	CALL_USER_AGENTS_MAX = 4,
	CALL_FINDINGS_MAX = 8,
	CALL_SIGHTINGS_MAX = 512,
	CALL_TEXT_OCTETS = 128 << 10,
	CALL_WORK_OCTETS = 512 << 10,
	OBSERVATION_AGREEMENTS_MAX = 8,
	STREAM_GAPS_MAX = 8,
	SITE_MAPS_MAX = 12,
	ENDPOINT_AGENTS_MAX = 4,
	PLACE_SEARCH_MAX = 64 /* sites or streams of one place looked at */
};

enum party { PARTY_CALLER, PARTY_CALLEE, PARTIES };

static inline enum party party_other(enum party party)
{
	return party == PARTY_CALLER ? PARTY_CALLEE : PARTY_CALLER;
}

/* A moment, and the packet that proves it. */
struct mark {
	bool set;
	uint16_t capture;
	uint32_t frame;
	int64_t time_ns;
};

static inline void mark_once(struct mark *mark, const struct signal *signal)
{
	if (!mark->set) {
		*mark = (struct mark){true, signal->capture, signal->frame, signal->time_ns};
	}
}

/* --- what a message said of addresses: see sighting.h --- */

enum fact_field {
	FACT_REQUEST_URI,
	FACT_VIA_SENT_BY,
	FACT_VIA_RECEIVED,
	FACT_VIA_RPORT,
	FACT_VIA_MADDR,
	FACT_CONTACT,
	FACT_FROM,
	FACT_TO,
	FACT_CALL_ID,
	FACT_SDP_ORIGIN,
	FACT_SDP_CONNECTION,
	FACT_SDP_MEDIA_CONNECTION,
	FACT_SDP_PORT,
	FACT_SDP_RTCP,
	FACT_SDP_CANDIDATE,
	FACT_FIELDS
};

struct fact {
	uint8_t field; /* enum fact_field */
	uint8_t index; /* among several: Contact 0, 1, ...; media 0, 1, ... */
	const char *value;
};

/* One SIP message as one vantage saw it, between two addresses. */
struct sighting {
	struct sighting *next;
	uint64_t identity; /* equal for the same message elsewhere: see sighting.c */
	uint64_t content;  /* equal for equal facts */
	int64_t time_ns;
	struct endpoint src, dst;
	uint32_t frame;
	uint16_t capture, vantage;
	uint32_t copies;  /* retransmissions of it, seen at the same place */
	bool whole;       /* not cut by the snap length, nor malformed: absence means absence */
	const char *name; /* "INVITE", "200 to INVITE" */
	unsigned fact_count;
	const struct fact *facts;
};

/* --- offer and answer --- */

/* What one party's session description says of the first audio stream. */
struct description {
	struct mark mark;
	bool off;     /* port 0, or address 0.0.0.0 (RFC 3264 8.4) */
	bool literal; /* `at` holds: the address is no host name */
	struct endpoint at;
	enum sdp_direction direction;
};

/* From when on media was to flow toward whom. */
struct agreement {
	int64_t from_ns;
	bool flows[PARTIES];               /* toward that party */
	struct description sides[PARTIES]; /* what each had said */
};

/* What RTCP from one party says of its own sending (RFC 3550 6.4.1). */
struct sender_report {
	uint32_t reports;               /* compounds of any kind */
	uint32_t first_sent, last_sent; /* sender's packet counts */
	bool has_sent;
	struct mark last;
};

struct observation {
	struct observation *next;
	uint16_t vantage;
	int64_t first_ns, last_ns;
	uint32_t messages, retransmissions;
	struct mark invite, ringing, answered, acked, ended;
	struct endpoint caller, callee; /* of the first INVITE; valid with invite.set */
	uint32_t invite_cseq;
	uint16_t status; /* of the last final response to it; 0: none */
	bool cancelled, bye;
	enum party ended_by;      /* with bye */
	struct description offer; /* that waits for an answer; mark.set with it */
	enum party offerer;
	unsigned agreement_count;
	struct agreement
	    *agreements; /* room for OBSERVATION_AGREEMENTS_MAX; NULL before the first */
	struct sender_report rtcp[PARTIES];
};

/* --- calls --- */

enum call_kind {
	CALL_EXCHANGE, /* REGISTER, OPTIONS, ...: kept while it may tell of a router */
	CALL_DIALOG    /* INVITE */
};

struct call {
	struct arena text; /* lives as long as the call */
	struct arena work; /* sightings: until the call is closed */
	enum call_kind kind;
	bool closed;
	uint32_t id;                       /* by capture order, from 1; with CALL_DIALOG */
	uint64_t birth;                    /* which one it was, of all ever made */
	uint32_t older, newer;             /* calls in the order of birth */
	uint64_t hashes[CALL_ALIASES_MAX]; /* of its Call-IDs */
	unsigned alias_count;
	uint64_t branch_hash; /* under which it stands in desk->branches; 0: not */
	const char *aliases[CALL_ALIASES_MAX];
	const char *branch; /* of its first message */
	const char *from_uri, *to_uri, *from_tag, *to_tag;
	const char *user_agents[CALL_USER_AGENTS_MAX];
	unsigned user_agent_count;
	int64_t first_ns, last_ns;
	struct observation *observations;
	struct sighting *sightings, *newest_sighting;
	uint32_t sighting_count;
	uint32_t first_site; /* its places in session descriptions */
	uint32_t first_stream, last_stream;
	uint32_t stream_count;
	uint32_t findings[CALL_FINDINGS_MAX];
	unsigned finding_count;
};

/* --- places: endpoints of media, and who claims or uses them --- */

struct payload_map {
	uint8_t payload_type;
	uint32_t clock_rate_hz;
	const char *codec;
};

/* "Send my media here": one party, in one session description, as one vantage saw it. */
struct site {
	uint32_t place;
	uint32_t call;
	uint32_t next_of_call;
	uint32_t older, newer; /* of the same place */
	int64_t time_ns;
	uint16_t vantage;
	uint8_t party; /* enum party */
	uint8_t kind;  /* enum sdp_media_kind */
	uint8_t map_count;
	const struct payload_map *maps;
};

struct place {
	struct endpoint at;
	uint64_t hash;
	uint32_t newest_site;
	uint32_t newest_to, newest_from; /* streams */
};

/* --- streams --- */

struct silence {
	int64_t from_ns, to_ns;
	uint32_t missing;
};

/* What receivers report of a stream (RFC 3550 6.4.1). */
struct receiver_reports {
	uint32_t blocks;
	uint32_t empty; /* reports of the receiver that do not mention it */
	uint32_t first_highest, last_highest;
	int32_t first_lost, last_lost;
	uint8_t last_fraction;
	uint64_t jitter_sum;     /* timestamp units */
	struct mark first, last; /* of blocks, or of empty reports where there is no block */
};

/* A key pressed: see digits.h. */
struct digit {
	struct digit *next;
	struct mark mark; /* its first packet */
	uint32_t timestamp;
	uint16_t duration; /* timestamp units */
	uint8_t event;
};

struct desk_stream {
	uint32_t id;     /* by capture order, from 1 */
	uint64_t stream; /* order of its first packet */
	struct endpoint src, dst;
	uint32_t ssrc;
	uint16_t vantage, capture;
	int64_t first_ns;
	uint32_t first_frame;
	uint8_t payload_type; /* of its first packet */
	bool measured;        /* summary holds */
	bool quiet;           /* nothing since the summary */
	bool released;        /* out of the look-up tables */
	uint8_t kind;         /* enum sdp_media_kind */
	uint8_t toward;       /* enum party; with call */
	uint32_t call, next_of_call;
	uint32_t place_to, place_from;
	uint32_t older_to, newer_to, older_from, newer_from; /* in the places' lists */
	uint32_t older, newer;                               /* all streams in the order of birth */
	uint8_t map_count; /* from the session description of whom it goes to */
	const struct payload_map *maps;
	uint8_t gap_count;
	struct silence gaps[STREAM_GAPS_MAX];
	struct receiver_reports remote;
	struct media_summary summary;
	struct intervals intervals;
	uint32_t digit_count;
	struct digit *digits, *last_digit; /* with call: its memory */
};

/* --- endpoints --- */

struct endpoint_view {
	struct endpoint_view *next;
	uint16_t vantage;
	const char *side; /* "lan", "wan", "unknown" */
	const char *because;
	unsigned weight; /* of the evidence so far */
};

struct endpoint_entry {
	struct address address;
	struct arena text;
	bool registers, calls, serves, routes, media; /* what it was seen to do */
	bool translated;                              /* behind NAT */
	const char *user_agents[ENDPOINT_AGENTS_MAX];
	unsigned user_agent_count;
	struct endpoint_view *views;
};

/* --- the desk --- */

struct desk {
	struct desk_config config;
	uint64_t key; /* of the hashes */
	int64_t now_ns;
	struct pool calls, sites, places, streams, endpoints, findings;
	struct table call_index, branches, place_index, stream_index, endpoint_index, finding_index;
	uint32_t oldest_call, newest_call;
	uint32_t oldest_stream, newest_stream;
	struct arena_budget budget; /* of the arenas of calls and endpoints */
	uint64_t calls_born;
	uint32_t dialogs_seen, streams_seen;
	uint64_t (*counts)[DISSECT_RESULT_COUNT]; /* per capture: defects of SIP, SDP, RTCP */
	struct desk_evictions evictions;
	int64_t next_review_ns;
	bool untimed[DESK_CAPTURES_MAX];
};

/* Close and forget the call that can best be spared, to make room for another. */
void desk_make_room(struct desk *desk);

static inline struct call *call_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->calls, number);
}

static inline uint32_t call_number(const struct desk *desk, const struct call *call)
{
	return (uint32_t)(call - (const struct call *)desk->calls.objects);
}

static inline struct desk_stream *stream_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->streams, number);
}

static inline struct site *site_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->sites, number);
}

static inline struct place *place_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->places, number);
}

#endif
