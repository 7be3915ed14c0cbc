/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Paths: all that is known of one UA on its way to one server, as one vantage sees it: what it
 * says of itself, where its packets come from, where the server says they came from, and how
 * long a router on the way remembers it.
 *
 * Data in:   SIP (how long a mapping lives: over UDP only), and datagrams that keep a mapping open,
 * in order. Data out:  the paths themselves, to the detectors (detect_nat_*.c). Ownership: the
 * desk. Threading: the desk's thread. Limits:    nat_paths_new(); the path idle longest goes, and
 * is counted. Of each the last NAT_PATH_REQUESTS requests from outside and NAT_PATH_TOLD addresses.
 *
 * How long a mapping lives is bracketed from the silences that happen anyway. Two clocks run:
 * since any packet at all, because any may have refreshed it (so much it outlived), and since a
 * packet that certainly passed it (after so much it was dead). A router may keep mappings that
 * were answered for longer than one-way ones (Linux: 120 and 30 s), so the two are kept apart.
 */
#ifndef TALKPATH_NAT_PATH_H
#define TALKPATH_NAT_PATH_H

#include "sip_transaction.h"

enum { NAT_PATH_REQUESTS = 8, NAT_PATH_TOLD = 4 };

enum nat_place {
	NAT_PLACE_INSIDE,  /* the packets come from the private address that the UA names */
	NAT_PLACE_OUTSIDE, /* it names a private address, and they come from another one */
	NAT_PLACE_OPEN     /* it names no private address: no NAT, or one that was hidden */
};

enum nat_use { NAT_ONE_WAY, NAT_REPLIED, NAT_USES };

enum nat_proof {
	NAT_MOVED,    /* the same UA comes from another port */
	NAT_REOPENED, /* a request from outside is answered only after the UA has sent something */
	NAT_UNHEARD,  /* one is never answered, though the UA is there */
	NAT_DOUBTFUL, /* as NAT_MOVED, but the UA may have been started anew */
	NAT_PROOFS
};

/* What a silence told of a mapping's life. */
struct nat_silence {
	int64_t ns; /* 0: nothing told */
	struct mark mark;
};

/* A mapping was forgotten within a silence: of one kind of proof the shortest. */
struct nat_death {
	int64_t ns;     /* 0: never seen */
	uint32_t count; /* how often */
	struct mark mark;
	uint16_t from_port, to_port; /* NAT_MOVED, NAT_DOUBTFUL: outside */
	uint32_t sent;               /* otherwise: times, without an answer */
	struct mark reopened;        /* NAT_REOPENED */
};

struct nat_life {
	struct nat_silence alive; /* the longest after which a request from outside came through */
	struct nat_silence kept;  /* ... after which the port, not the UA's own one, was the same */
	struct nat_death deaths[NAT_PROOFS];
};

/* A request from outside to the UA. */
struct nat_request {
	uint64_t key, identity; /* of its transaction */
	uint32_t call;          /* its number; POOL_NONE: none */
	uint64_t birth;         /* of the call */
	uint8_t method;         /* enum sip_method */
	bool to_former;         /* sent to the port of a mapping given up since */
	bool moved;             /* the UA then came from another port */
	bool restarted;         /* or was started anew */
	bool told;              /* a finding has it */
	uint32_t sent;          /* times */
	struct mark first, last;
	int64_t idle_ns, silent_ns; /* before it: since any packet, since one that passed */
	enum nat_use use;           /* of the mapping by then */
	struct mark reopened;       /* the UA sent something else before it answered */
	uint32_t sent_before;       /* times, before that */
	struct mark answered;
};

/* An address that the UA had before, and has again. */
struct nat_return {
	bool ever;
	uint32_t count; /* of those within half a day */
	int64_t shortest_ns;
};

/* Where a server says that the UA's packets come from (RFC 3581). */
struct nat_told {
	struct endpoint at;
	struct mark first, last;
	struct nat_return back;
};

struct nat_path {
	bool known;       /* false: its place is free */
	uint64_t ua;      /* hash of what the UA says of itself: equal at other vantages */
	uint64_t account; /* hash of whom its requests are from */
	uint64_t flow, former_flow;
	struct endpoint source; /* its packets come from here ... */
	struct endpoint former; /* ... and came from here before; port 0: nowhere else */
	struct endpoint server;
	struct endpoint claimed; /* its own Via */
	uint16_t vantage;
	uint8_t place;           /* enum nat_place */
	bool connected;          /* over TCP: its port is the connection's, and tells nothing */
	uint8_t ttl;             /* the highest of its packets; 0: not known */
	struct mark first, last; /* packets of the UA */
	struct nat_return back;  /* from another public address of the same registration */
	int64_t any_ns;          /* the last packet, either way */
	int64_t passed_ns;       /* the last that certainly passed the mapping */
	bool replied;
	bool erratic;   /* its port changes without a silence: nothing follows from that */
	bool restarted; /* or was away, since its mapping was last seen at work */
	bool registered;
	int64_t expires_ns;       /* granted; 0: not known */
	uint64_t register_call;   /* hash of the last REGISTER's Call-ID; 0: none yet */
	struct nat_silence pause; /* before the UA's last packet that followed a silence */
	enum nat_use pause_use;
	struct nat_life lives[NAT_USES];
	bool unjudged; /* detect_nat_layers.c had no room for its source, which was counted */
	unsigned told_count;
	struct nat_told told[NAT_PATH_TOLD]; /* addresses; of each the last port */
	unsigned told_now;                   /* which of them is the last */
	unsigned request_count;              /* of all; the ring holds the last */
	struct nat_request requests[NAT_PATH_REQUESTS];
};

struct nat_paths;

/* NULL where memory is short. */
struct nat_paths *nat_paths_new(uint32_t limit);
void nat_paths_free(struct nat_paths *all);

/* call: the one that the message belongs to, or NULL. step: what it is within its transaction. */
void nat_path_message(struct desk *desk, const struct call *call, const struct sip_message *message,
    const struct signal *signal, const struct sip_transaction_step *step);

/* A datagram without SIP in it: a keep-alive, or STUN. */
void nat_path_datagram(struct desk *desk, const struct signal *signal);

/* All of them: from 0 up, those that are `known`. */
uint32_t nat_path_count(const struct desk *desk);
struct nat_path *nat_path_at(const struct desk *desk, uint32_t number);

/* The same UA's path to the same server as its own side of the NAT saw it, or NULL. */
struct nat_path *nat_path_inside(const struct desk *desk, const struct nat_path *path);

/* The same UA's path to the same server as it was seen from a public address, or NULL. */
struct nat_path *nat_path_outside(const struct desk *desk, const struct nat_path *path);

/* The same UA's path as the same vantage saw it later, from another public address, or NULL. */
struct nat_path *nat_path_elsewhere(const struct desk *desk, const struct nat_path *path);

/* Count another one of the same kind of proof; true where it is the shortest by now. */
bool nat_death_fold(struct nat_death *into, const struct nat_death *death);

/* The next of the same vantage and source after `path` (NULL: the first), with any server. */
const struct nat_path *nat_path_of_source(const struct desk *desk, uint16_t vantage,
    const struct endpoint *source, const struct nat_path *path);

/* A request of the path, the n-th of those kept, oldest first; NULL beyond the last. */
struct nat_request *nat_path_request(struct nat_path *path, unsigned n);

/* A packet with this TTL was forwarded by a router: it is none that senders begin with. */
static inline bool nat_ttl_is_lowered(uint8_t ttl)
{
	return ttl != 0 && ttl != 32 && ttl != 64 && ttl != 128 && ttl != 255;
}

#endif
