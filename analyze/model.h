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
#include "figures.h"
#include "frames.h"
#include "intervals.h"
#include "lru.h"
#include "media.h"
#include "negotiation.h"
#include "payload_lists.h"
#include "phrases.h"
#include "pool.h"
#include "round_trip.h"
#include "rtcp_xr.h"
#include "sdp.h"
#include "sheet.h"
#include "sip.h"
#include "table.h"

enum {
	CALL_ALIASES_MAX = 4, /* Call-IDs of one call, where a router renames them */
	CALL_USER_AGENTS_MAX = 4,
	CALL_FINDINGS_MAX = 16,
	CALL_SIGHTINGS_MAX = 512,
	CALL_STREAMS_MAX = 512, /* more of one call are an attack; they stay without a call */
	CALL_TEXT_OCTETS = 128 << 10,
	OBSERVATION_ATTEMPTS_MAX = 8,
	OBSERVATION_FORKS_MAX = 4,
	LEGS_OF_CALL_MAX = 8,
	STREAM_GAPS_MAX = 8,
	ENDPOINT_AGENTS_MAX = 4,
	ENDPOINT_MAPPINGS_MAX = 8,
	CALL_SITES_MAX = 512, /* two descriptions of SDP's limits; the oldest goes */
	PLACE_SEARCH_MAX = 64 /* sites or streams of one place looked at */
};

/* A moment, and the packet that proves it. */
struct mark {
	bool set;
	uint16_t capture;
	uint32_t frame;
	int64_t time_ns;
};

static inline struct mark signal_mark(const struct signal *signal)
{
	return (struct mark){true, signal->capture, signal->frame, signal->time_ns};
}

static inline void mark_once(struct mark *mark, const struct signal *signal)
{
	if (!mark->set) {
		*mark = signal_mark(signal);
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
	FACT_INSTANCE,
	FACT_FIELDS
};

struct fact {
	const char *value;
	uint16_t length; /* of the value, without its NUL */
	uint8_t field;   /* enum fact_field */
	uint8_t index;   /* among several: Contact 0, 1, ...; media 0, 1, ... */
};

static const uint32_t CONTENT_LENGTH_NONE = UINT32_MAX;

/* One SIP message as one vantage saw it, between two addresses: as it is read, see sightings_of().
 */
struct sighting {
	const struct sighting *next;
	const struct sighting *first_alike, *next_alike; /* of the same message */
	uint64_t transaction; /* equal for a request and the responses to it */
	int64_t time_ns;
	const char *name;       /* "INVITE", "200 to INVITE" */
	const char *user_agent; /* NULL: none */
	const struct fact *facts;
	struct endpoint src, dst;
	uint32_t octets_hash; /* of the whole message */
	uint32_t frame;
	uint32_t copies; /* retransmissions of it, seen at the same place */
	uint32_t cseq;
	uint32_t content_length, body_octets; /* as written (CONTENT_LENGTH_NONE), and there */
	uint16_t capture, vantage;
	uint16_t status, marks; /* marks: enum alg_mark */
	uint8_t method;         /* enum sip_method */
	uint8_t transport;      /* enum signal_transport */
	uint8_t dscp, ttl, via_count, fact_count;
	struct dissect_defects defects; /* of the message and its session description */
	bool whole : 1; /* not cut by the snap length, nor malformed: absence means absence */
	bool cut : 1;   /* by the snap length: what is wrong with it, the capture may have done */
	bool request : 1;
	bool relayed : 1; /* by TURN, or by a proxy or B2BUA that shows itself */
	bool rport_asked : 1;
	bool first_here : 1; /* of its message, at its place: no later variant */
};

/* A call's messages as they are kept until it is closed: see trace.h. By position on sheets. */
struct traces {
	struct sheets sheets;
	uint32_t exchange;     /* transaction of the newest */
	uint32_t manners : 20; /* in which messages came: the newest */
	/* call_uri() of each is a scheme, sip or sips, and user@host:port alone. */
	uint32_t from_is_place : 1, to_is_place : 1;
	uint32_t extras; /* what few of them have; by number in the slab */
	uint16_t seen;   /* bits by identity: where one is not set, none is alike */
	uint16_t count : 11;
	uint16_t signs : 5; /* see signs.h */
};

static inline struct mark sighting_mark(const struct sighting *s)
{
	return (struct mark){true, s->capture, s->frame, s->time_ns};
}

/* What RTCP from one party says of its own sending (RFC 3550 6.4.1). */
struct sender_report {
	uint32_t reports;               /* compounds of any kind */
	uint32_t first_sent, last_sent; /* sender's packet counts */
	bool has_sent;
	struct mark last;
};

/* One branch of the INVITE under way (RFC 3261 16.6), or the only one. */
struct attempt {
	uint32_t branch; /* hash */
	uint16_t status; /* final response other than 2xx; 0: none */
	bool heard;      /* any response came */
	bool cancelled;
};

/* A dialog that a 2xx made: a forked INVITE can make several (RFC 3261 13.2.2.4). */
struct fork {
	uint32_t tag; /* hash of the callee's */
	bool over;
};

/*
 * What few dialogs have: a change while they last, a timer, an answer sent again or not seen,
 * another try from elsewhere.
 */
struct dialog_changes {
	uint32_t reinvite_cseqs[PARTIES]; /* of the last INVITE of each within the dialog */
	bool reinvited[PARTIES];
	uint32_t session_expires_s; /* RFC 4028; 0: no session timer */
	int64_t refreshed_ns;       /* when it was last set */
	int64_t answer_repeated_ns; /* when a 2xx to the INVITE was last sent again; 0: never */
	struct mark established;    /* see dialog_established() */
	struct endpoint origin;     /* with origin_moved */
};

/* In the order in which a message needs it. */
struct observation {
	struct observation *next;
	int64_t last_ns;
	uint32_t messages, retransmissions;
	uint16_t vantage;
	uint16_t status; /* of the last final response to the INVITE; 0: none */
	uint8_t attempt_count : 4, fork_count : 3;
	uint8_t ended_by : 1;   /* enum party; with bye */
	bool relayed : 1;       /* the INVITE was seen on another hop too: a proxy's */
	bool origin_moved : 1;  /* the INVITE under way comes from elsewhere than the first */
	bool one_sided : 1;     /* the caller alone is seen, and it was answered: detect_sides() */
	bool parties_known : 1; /* by an initial INVITE or a response to one */
	bool cancelled : 1, bye : 1;
	bool timed_out : 1;           /* with bye: the session timer ran out */
	struct endpoint_pair parties; /* of the first INVITE, with invite.set: observed_party() */
	uint32_t invite_cseq;
	uint32_t bye_tag;               /* with bye: hash of the callee's tag in it */
	struct dialog_changes *changes; /* NULL: there are none */
	union {                         /* the only one, or a list of arena_list() */
		struct fork fork;
		struct fork *forks;
	};
	struct mark answered, acked, ended;
	union { /* as well */
		struct attempt attempt;
		struct attempt *attempts;
	};
	struct mark invite, ringing;
	struct sender_report *rtcp; /* of both parties; NULL: none. See dialog_reports() */
	struct negotiation negotiation;
};

/* Who sent the first INVITE, and who got it. */
static inline struct endpoint observed_party(const struct observation *o, enum party party)
{
	return pair_get(&o->parties, party);
}

_Static_assert(OBSERVATION_ATTEMPTS_MAX < 1 << 4 && OBSERVATION_FORKS_MAX < 1 << 3,
    "what an observation can count");

/* A flow that ICMP errors of one kind are about: see unreachable.h. */
struct unreachable {
	struct unreachable *next;
	struct address from;      /* who says so */
	struct endpoint src, dst; /* of the packets quoted */
	uint16_t vantage;
	uint8_t protocol; /* of the packets quoted */
	uint8_t kind;     /* enum icmp_kind */
	uint8_t type, code;
	bool ipv6;
	uint32_t count;
	struct mark first, last;
};

/* --- calls --- */

enum call_kind {
	CALL_EXCHANGE, /* REGISTER, OPTIONS, ...: kept while it may tell of a router */
	CALL_DIALOG    /* INVITE */
};

/* Another call of the same conversation: see legs.h. */
struct leg {
	uint32_t call;  /* its id */
	uint8_t reason; /* see leg_why(), leg_confidence() */
};

/*
 * What one party said of payload types, in one m= line or in several alike: see codec_notes.h. All
 * by numbers in the call's slab; 0 is none.
 */
struct codec_said {
	uint32_t mark; /* of the first description */
	uint32_t list; /* 0: nothing yet */
	uint32_t next;
};

/* A Call-ID by which it is found; where a router renames it there are several. */
struct alias {
	uint64_t hash;
	const char *call_id;
};

/* What few calls have. */
struct call_rare {
	uint32_t *findings; /* ids; some may have given way: finding_of_id() */
	struct leg *legs;
	struct unreachable *unreachables;
	struct voice_note *voice_notes; /* see voice_notes.h */
};

/* By its first message, or where it became a dialog. */
enum call_name { NAME_CALL_ID, NAME_FROM_TAG, NAME_FROM, NAME_TO, CALL_NAMES };

/* Three cache lines: what each message looks at, what it changes, neighbours and media. */
struct call {
	union { /* the only one's hash, or a list of arena_list(): see call_alias() */
		uint64_t call_id_hash;
		struct alias *aliases;
	};
	uint64_t birth; /* which one it was, of all ever made */
	struct observation *observations;
	union { /* the only one, or a list: see call_user_agents() */
		const char *user_agent;
		const char **user_agents;
	};
	const char *names; /* one behind the other: see call_name() */
	const char *to_tag;
	uint32_t from_tag_hash; /* see call_is_from() */
	uint32_t id;            /* by capture order, from 1; with CALL_DIALOG */
	uint32_t rare;          /* number in its slab: see call_rare(), call_rare_make() */
	uint8_t alias_count : 3, user_agent_count : 3;
	uint8_t codecs_incomplete : 2; /* bit by party: not all that it said of `codecs` is known */
	uint8_t kind : 1;              /* enum call_kind */
	uint8_t transport : 1;         /* enum signal_transport, of the first message */
	bool closed : 1;
	bool ending : 1;      /* one of its observations has an end, or had one */
	bool media_alone : 1; /* no signalling was seen: see media_call.h */
	uint8_t finding_count, leg_count;
	/* --- */
	int64_t last_ns;
	struct arena text;    /* lives as long as the call */
	struct traces traces; /* its messages: see sighting.h */
	uint32_t first_site;  /* its places in session descriptions, newest first */
	/* --- */
	int64_t first_ns;
	uint64_t branch_hash;  /* under which it stands in desk->branches; 0: not */
	uint32_t older, newer; /* calls in the order of birth */
	uint32_t first_leg_mark;
	uint32_t first_stream, last_stream;
	uint16_t site_count, stream_count;
	struct codec_said codecs[PARTIES];
};

_Static_assert(sizeof(struct call) == 192, "three lines");
_Static_assert(CALL_ALIASES_MAX < 1 << 3 && CALL_USER_AGENTS_MAX < 1 << 3, "what it can count");
_Static_assert(SIGNAL_TRANSPORTS <= 1 << 1, "what `transport` can say");

static inline struct alias call_alias(const struct call *call, unsigned index)
{
	return call->alias_count > 1 ? call->aliases[index]
				     : (struct alias){call->call_id_hash, call->names};
}

static inline const char *const *call_user_agents(const struct call *call)
{
	return call->user_agent_count > 1 ? call->user_agents : &call->user_agent;
}

static inline const struct call_rare *call_rare(const struct call *call)
{
	static const struct call_rare none;

	return call->rare ? slab_at(call->text.slab, call->rare) : &none;
}

static inline const char *call_name(const struct call *call, enum call_name name)
{
	const char *at = call->names;

	for (unsigned i = 0; i < name; i++) {
		at += strlen(at) + 1;
	}
	return at;
}

/* All of them. */
static inline void call_names(const struct call *call, struct text out[CALL_NAMES])
{
	const char *at = call->names;

	for (unsigned i = 0; i < CALL_NAMES; i++) {
		out[i] = text_of(at);
		at += out[i].length + 1;
	}
}

/* The Call-ID that it was born with; NULL: no signalling was seen. */
static inline const char *call_id_of(const struct call *call)
{
	return call->media_alone ? NULL : call_name(call, NAME_CALL_ID);
}

/* NULL: no signalling was seen. */
static inline const char *call_uri(const struct call *call, enum party party)
{
	return call->media_alone ? NULL
				 : call_name(call, party == PARTY_CALLER ? NAME_FROM : NAME_TO);
}

/* Is that the tag of its caller? By a hash of struct message_keys. */
static inline bool call_is_from(const struct call *call, uint64_t tag)
{
	return (uint32_t)tag == call->from_tag_hash;
}

/* --- places: endpoints of media, and who claims or uses them --- */

/* "Send my media here": one party, in one session description, as one vantage saw it. */
struct site {
	uint32_t place;
	uint32_t call;
	uint32_t next_of_call;
	uint32_t older, newer; /* of the same place */
	uint32_t described_by; /* hash of the host that sent the description */
	int64_t time_ns;
	uint32_t types; /* see types_at() */
	uint16_t vantage;
	uint8_t line;      /* position of the first m= line there ... */
	uint8_t kind : 2;  /* ... and its enum sdp_media_kind */
	uint8_t party : 1; /* enum party */
	uint8_t srtp : 2;  /* enum sdp_srtp */
};

/* There are many: an address that is not of IPv4 stands elsewhere. */
struct place {
	uint32_t ipv4; /* with `wide` see desk.place_addresses */
	uint16_t port;
	bool wide;
	uint32_t newest_site;
	uint32_t newest_to, newest_from; /* streams */
};

/* --- streams --- */

struct silence {
	int64_t from_ns, to_ns;
	uint32_t missing;
	uint32_t from_frame; /* the last before it */
};

/* What receivers report of a stream (RFC 3550 6.4.1). */
struct receiver_reports {
	uint32_t blocks;
	uint32_t empty; /* reports of the receiver that do not mention it */
	uint32_t first_highest, last_highest;
	int32_t last_lost;
	uint32_t reporter; /* SSRC of the last one */
	uint8_t last_fraction;
	uint32_t last_jitter, max_jitter; /* timestamp units */
	uint64_t fraction_sum, jitter_sum;
	uint32_t restarts;        /* of its counters, and changes of reporter */
	uint32_t spans;           /* between two reports of one run of its counters */
	int64_t expected, lost;   /* summed over these */
	struct mark first, last;  /* of blocks, or of empty reports where there is no block */
	struct mark still;        /* the first block with last_highest: nothing came since */
	uint32_t voip_reports;    /* RFC 3611 4.7 */
	struct rtcp_xr_voip voip; /* the last one; with voip_reports */
	uint32_t nacks, picture_losses, full_intra_requests, other_feedback; /* RFC 4585, 5104 */
};

/* What RTCP tells of a stream's sender, and of the way to both ends. */
struct sender_notes {
	uint64_t cname_hash; /* 0: not known */
	const char *cname;   /* NULL: not kept */
	struct mark bye;
	const char *bye_reason;
	struct clock_marks reports; /* SRs of the sender */
	struct clock_marks asked;   /* reference times of the receiver `asked_by` */
	uint32_t asked_by;
	struct half_trip ahead;          /* between here and where the stream goes */
	struct half_trip behind;         /* between here and where it comes from */
	struct mark ahead_by, behind_by; /* the last reports that told of these */
};

/* A key pressed: see digits.h. */
struct digit {
	struct digit *next;
	struct mark mark; /* its first packet */
	uint32_t timestamp;
	uint16_t duration; /* timestamp units */
	uint8_t event;
};

struct digits {
	struct digit *first, *last;
	uint32_t count;
};

/* What RTCP says of a stream; most streams have none. */
struct far_view {
	struct receiver_reports remote;
	struct sender_notes notes;
};

/* A lone packet that came from where a stream goes to, before it. */
struct stray {
	struct mark mark;
	uint32_t ssrc;
};

/* What few streams have. */
struct stream_seldom {
	const struct far_view *far; /* never NULL */
	struct digits *digits;      /* with call: its memory; NULL: none */
	struct silence *gaps;       /* room for STREAM_GAPS_MAX; NULL: none */
	uint32_t stray;             /* number of it; POOL_NONE: there was none */
	uint8_t gap_count;
};

struct desk_stream {
	int64_t first_ns;
	uint32_t number; /* media_stream_number() */
	uint32_t id;     /* by capture order, from 1 */
	uint32_t ssrc;
	struct endpoint src, dst;
	uint8_t source; /* media_stream_source() */
	uint8_t vantage, capture;
	uint8_t payload_type;   /* of its first packet */
	bool measured : 1;      /* there was a summary */
	bool quiet : 1;         /* nothing since the summary */
	bool released : 1;      /* out of the look-up tables */
	bool refused : 1;       /* its call had no room for it */
	bool udptl : 1;         /* a fax: see fax.h */
	bool heard : 1;         /* some audio of it was no silence, as its sender's entry says */
	uint8_t toward : 1;     /* enum party; with call */
	uint8_t kind : 2;       /* enum sdp_media_kind */
	uint8_t encryption : 2; /* enum encryption, by the descriptions of its call */
	uint8_t line;           /* position of the m= line it belongs to; with call */
	uint32_t first_frame;
	struct media_opening opening;
	uint32_t call, next_of_call;
	uint32_t place_to, place_from;
	uint32_t older_to, newer_to, older_from, newer_from; /* in the places' lists */
	uint32_t older, newer;                               /* all streams in the order of birth */
	uint32_t types; /* of whom it goes to, by the session description: see types_at() */
	struct intervals *intervals;          /* NULL: none */
	const struct stream_seldom *seldom;   /* never NULL: see stream_seldom_of() */
	const struct stream_figures *summary; /* never NULL: see figures.h */
};

_Static_assert(DESK_VANTAGES_MAX <= UINT8_MAX && DESK_CAPTURES_MAX <= UINT8_MAX,
    "what vantage and capture of a stream can say");

/* Its first packet. */
static inline struct mark stream_mark(const struct desk_stream *s)
{
	return (struct mark){true, s->capture, s->first_frame, s->first_ns};
}

/* --- endpoints --- */

/* What an answer of a STUN or TURN server said of one endpoint. */
struct endpoint_mapping {
	struct endpoint local, address, server; /* address: as the server saw it, or lent it */
	uint16_t vantage;
	bool relayed;
	bool check;  /* the answer came from the peer of an ICE connectivity check */
	uint8_t ttl; /* of the answer */
	struct mark proof;
};

/* What a server was asked and answered. */
struct stun_tally {
	uint32_t requests, retransmissions, answers, errors, unanswered;
	uint32_t round_trips; /* of requests sent once */
	int64_t round_trip_sum_ns;
};

/* Where a sender says of itself what its address is. */
enum endpoint_claim { CLAIM_NONE, CLAIM_VIA, CLAIM_CONTACT, CLAIM_DESCRIPTION };

/* What SIP messages read and write comes first. */
struct endpoint_view {
	uint32_t own_via;     /* of the hash of a Via's host that is its very address; 0: none */
	uint32_t last_told;   /* of that of what its last answer said of its address; 0: none */
	uint32_t claim_frame; /* with claim */
	uint16_t vantage;
	uint8_t ttl_min, ttl_max; /* of its SIP messages as they pass here; 0: none did */
	uint8_t claim;            /* enum endpoint_claim: its very address, for `because` */
	uint8_t weight;           /* of the evidence so far */
	bool plain : 1;           /* a NAT that leaves SIP alone: see endpoint_plain() */
	bool addressed : 1;       /* packets to it are seen here */
	bool served : 1;          /* see asker.h */
	bool told : 1;            /* an answer let it learn its outer address ... */
	uint32_t answered;        /* of a hash: the server that answered it last; see reach_sip() */
	int64_t told_ns;          /* ... `told`: since then */
	struct endpoint_view *next;
	const char *side;    /* "lan", "wan", "server", "unknown"; NULL with weight 0 */
	const char *because; /* NULL: by what it claims itself, see endpoint_because() */
};

/* What is known of few. */
struct endpoint_rare {
	struct arena text;
	struct address outside; /* as which the same messages showed beyond its router */
	struct stun_tally stun;
	struct endpoint_mapping *mappings; /* room for ENDPOINT_MAPPINGS_MAX; NULL: none */
	const char *user_agents[ENDPOINT_AGENTS_MAX - 1]; /* all but the first */
};

struct endpoint_entry {
	struct address address;
	bool known : 1; /* false: its place is free */
	/* what it was seen to do */
	bool registers : 1, calls : 1, serves : 1, routes : 1, media : 1;
	bool translated : 1;       /* behind NAT */
	bool translated_twice : 1; /* ... or what stands for it, behind two */
	bool untranslated : 1;     /* public, and a server saw the very same address */
	bool relays : 1;           /* lends addresses by TURN */
	bool forwards : 1;         /* hands on requests of others: a proxy */
	bool heard : 1;            /* some audio of it was no silence */
	bool accepted : 1;         /* took part in what was answered with 2xx: no scanner */
	bool outside_known : 1;    /* and then it has `rare` */
	bool scans : 1;            /* named itself as a tool for scanning does */
	uint8_t mapping_count, user_agent_count;
	uint32_t answers;       /* of a hash: to whom it did last, see reach_sip() */
	const char *user_agent; /* the first */
	struct endpoint_view *views;
	struct endpoint_view view;  /* the first one made; with `views` */
	struct endpoint_rare *rare; /* a piece of desk.slab, see endpoint_rare(); NULL: nothing */
};

/* --- the desk --- */

struct sip_transactions;
struct registrations;
struct exchanges;
struct sip_metrics;
struct nat_paths;
struct askers;
struct asides;
struct reaches;
struct capture_losses;
struct loads;
struct quality_memo;
struct sightings;
struct live_figures;

struct desk {
	struct desk_config config;
	uint64_t key; /* of the hashes */
	int64_t now_ns;
	bool ended; /* the input: what is judged now is judged for the last time */
	struct pool calls, sites, places, streams, endpoints, findings, leg_marks, far_views;
	struct address *place_addresses; /* by place: of those that are not of IPv4 */
	struct pool seldom, figures, rare_figures, gaps, strays; /* of streams */
	struct lru endpoints_used; /* live: who was quiet longest goes first */
	struct endpoint_memo {
		uint32_t number, last; /* the last four octets of its address */
	} endpoint_memo[256];          /* where addresses were last found: see endpoint.c */
	struct table call_index, branches, place_index, ssrc_index, endpoint_index, finding_index,
	    finding_ids, leg_index;
	uint32_t referrals; /* of the leg marks: mostly there are none */
	uint32_t oldest_call, newest_call;
	struct lru open_calls, closed_calls; /* each call in one: as made, and as closed */
	int64_t *over_ns; /* by call: when it may be over, if no message comes before */
	uint32_t oldest_stream, newest_stream;
	uint32_t *followed[MEDIA_SOURCES]; /* by the source's number: 1 + the desk's; 0: none */
	uint32_t oldest_finding, newest_finding; /* in the order of their ids */
	struct lru findings_used;                /* in the order in which detectors opened them */
	uint32_t findings_born;
	struct slab slab; /* memory of calls, endpoints and registrations */
	struct slab bins; /* of streams: see intervals.h */
	struct comings *comings;
	struct phrases phrases;
	struct payload_lists payload_lists;
	uint64_t calls_born;
	uint32_t dialogs_seen, streams_seen;
	uint32_t streams_followed;                /* have begun, and not ended */
	struct live_figures *live_figures;        /* see live_figures.h; NULL: not wanted */
	uint32_t one_sided;                       /* observations that may be: see detect_sides() */
	uint64_t (*counts)[DISSECT_RESULT_COUNT]; /* per capture: defects of SIP, SDP, RTCP */
	struct desk_messages *messages;           /* per capture */
	struct desk_evictions evictions;
	struct frames frames;
	struct sightings *sightings; /* of the call that is looked at: see sighting.h */
	char *trace_room;            /* TRACE_ROOM octets that trace_add() works in */
	struct arena work;           /* what is needed while a call is judged */
	struct sip_transactions *sip_transactions;
	struct registrations *registrations;
	struct exchanges *exchanges;
	struct sip_metrics *sip_metrics;
	struct nat_paths *nat_paths;           /* see nat_path.h */
	struct askers *askers;                 /* see asker.h */
	struct asides *asides;                 /* see aside.h */
	struct reaches *reaches;               /* see reach.h */
	struct capture_losses *capture_losses; /* see capture_loss.h */
	struct loads *loads;                   /* see load.h */
	struct quality_memo *quality_memo;     /* see quality.h */
	int64_t next_review_ns;
	struct mapping *mapping;                     /* see mapping.h */
	struct stun_transactions *stun_transactions; /* see stun_transaction.h */
	struct clock_align *clocks;                  /* see clock_align.h */
	bool untimed[DESK_CAPTURES_MAX];
	uint64_t duplicates[DESK_CAPTURES_MAX]; /* SIP messages captured twice */
};

/* Close and forget the call that can best be spared, to make room for another. */
void desk_make_room(struct desk *desk);

/* Count what was wrong with something that was sound enough to use. */
void desk_defects(
    struct desk *desk, const struct signal *signal, const struct dissect_defects *defects);

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

/* What descriptions say of payload types, as sites and streams name it; 0, and NULL: nothing. */
static inline const struct payload_list *types_at(const struct desk *desk, uint32_t number)
{
	return number ? slab_at(&desk->slab, number) : NULL;
}

static inline const struct payload_map *type_find(
    const struct desk *desk, uint32_t types, uint8_t payload_type)
{
	const struct payload_list *list = types_at(desk, types);

	return list ? payload_map_find(list->maps, list->count, payload_type) : NULL;
}

static inline struct place *place_at(const struct desk *desk, uint32_t number)
{
	return pool_at(&desk->places, number);
}

#endif
