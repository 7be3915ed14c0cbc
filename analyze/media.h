/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What reader, workers and desk tell one another: flat structs, no pointers.
 *
 *   media_packet   reader -> worker   an RTP packet, every field taken out of it
 *   signal         reader -> desk     a SIP or STUN message or RTCP compound, its octets copied,
 *                                     or a datagram that only keeps a NAT mapping open
 *   icmp_notice    reader -> desk     what a router or host could not deliver
 *   tcp_handshake  reader -> desk     a SYN or RST with a port of SIP, STUN or TURN
 *   load_notice    reader -> desk     octets of a second of a capture (load.h)
 *   tcp_missed     reader -> desk     data that was acknowledged and is not in the capture
 *   media_dropped  reader -> desk     packets of a live capture that nobody measured
 *   media_event    reader -> desk     a telephone event (RFC 4733), beside its media_packet
 *   media_relayed  reader -> desk     a stream travels inside TURN's messages
 *   fax_notice     reader -> desk     a flow that is a fax if a session description says so
 *   media_began    worker -> desk     a stream is real; its first packets were counted
 *   media_stray    worker -> desk     a packet that was RTP by its looks, and stayed alone
 *   media_gap      worker -> desk     a stream was silent for MEDIA_GAP_NS and goes on
 *   media_interval worker -> desk     figures of five seconds of a stream
 *   media_summary  worker -> desk     all figures of a stream that fell quiet or ended
 */
#ifndef TALKPATH_MEDIA_H
#define TALKPATH_MEDIA_H

#include "address.h"
#include "loss_track.h"
#include "playout.h"
#include "record.h"

enum record_kind {
	RECORD_SIP,
	RECORD_RTCP,
	RECORD_MEDIA_EVENT,
	RECORD_MEDIA_BEGAN,
	RECORD_MEDIA_GAP,
	RECORD_MEDIA_INTERVAL,
	RECORD_MEDIA_SUMMARY,
	RECORD_STUN,
	RECORD_DTLS, /* a handshake in the clear; without its octets */
	RECORD_MEDIA_RELAYED,
	RECORD_MEDIA_STRAY,
	RECORD_KEEPALIVE,
	RECORD_ICMP,
	RECORD_FAX,
	RECORD_TCP_HANDSHAKE,
	RECORD_TCP_MISSED,
	RECORD_LOAD,
	RECORD_DROPPED
};

enum {
	MEDIA_TRAITS = 8,        /* DSCPs and payload types kept per stream */
	MEDIA_TRAIT_OTHER = 255, /* stands for all values beyond those */
	MEDIA_PRINTS = 3 /* packets kept per stream, beside its first, to know it by elsewhere */
};

/* IPv6: `pair` is a hash, so the addresses are to be compared too. */
enum { MEDIA_IPV4 = 0, MEDIA_IPV6 = 1 };

/* Level of a packet's samples: not taken, or MEDIA_LEVEL_FULL + so many dB below overload. */
enum { MEDIA_LEVEL_NONE = 0, MEDIA_LEVEL_FULL = 1, MEDIA_LEVEL_SILENT = 255 };

#define MEDIA_SECOND_NS 1000000000LL
static const int64_t MEDIA_GAP_NS = 3 * MEDIA_SECOND_NS;
static const int64_t MEDIA_INTERVAL_NS = 5 * MEDIA_SECOND_NS;
static const int64_t MEDIA_QUIET_NS = 5 * MEDIA_SECOND_NS;  /* then a summary is sent */
static const int64_t MEDIA_IDLE_NS = 120 * MEDIA_SECOND_NS; /* then the stream has ended */

/*
 * One cache line. The key and the traits stand as the meter keeps them, so that each is compared
 * as a word or two.
 */
struct media_packet {
	/* the key: enough of it for IPv4 */
	uint64_t pair;  /* both addresses: IPv4 as they are, IPv6 as a keyed hash */
	uint32_t ports; /* source and destination */
	uint32_t ssrc;
	uint8_t vantage;
	uint8_t family; /* MEDIA_IPV4, MEDIA_IPV6 */
	uint8_t capture;
	bool marker;
	/* the traits */
	uint8_t payload_type;
	uint8_t dscp;
	uint8_t ttl;
	uint8_t fault; /* enum dissect_result: malformed behind the fixed header; 0: sound */
	/* --- */
	uint64_t hash; /* of the flow and the SSRC: see flow.h */
	int64_t time_ns;
	uint64_t order;
	uint32_t frame;
	uint32_t timestamp;
	uint16_t sequence;
	uint16_t octets;     /* of payload */
	uint32_t level : 8;  /* MEDIA_LEVEL_...; most packets have none */
	uint32_t print : 24; /* hash of the payload; 0: none was taken, as of most packets */
} __attribute__((aligned(64)));

/* The slot behind a packet over IPv6, whose `pair` only stands in for them. */
struct media_addresses {
	struct address src, dst;
	uint8_t unused[32];
} __attribute__((aligned(64)));

_Static_assert(sizeof(struct media_packet) == 64, "one cache line");
_Static_assert(sizeof(struct media_addresses) == sizeof(struct media_packet), "one slot");

enum { MEDIA_SLOTS = 2 }; /* that a packet may need */

static inline unsigned media_slots(const struct media_packet *p)
{
	return p->family == MEDIA_IPV6 ? 2 : 1;
}

static inline const struct media_packet *media_next(const struct media_packet *p)
{
	return p + media_slots(p);
}

/* Of a packet over IPv6: its addresses. */
static inline struct media_addresses *media_behind(const struct media_packet *p)
{
	return (struct media_addresses *)(p + 1);
}

/* Its addresses, wherever they stand. */
static inline struct media_addresses media_addresses(const struct media_packet *p)
{
	if (p->family == MEDIA_IPV6) {
		return *media_behind(p);
	}
	return (struct media_addresses){
	    .src = address_of_ipv4((uint32_t)(p->pair >> 32)),
	    .dst = address_of_ipv4((uint32_t)p->pair),
	};
}

/* Place and traits at once, from the vantage to the fault: as they stand, so many octets. */
static inline void media_set_traits(struct media_packet *p, uint64_t vantage_to_fault)
{
	memcpy(&p->vantage, &vantage_to_fault, sizeof(vantage_to_fault));
}

_Static_assert(offsetof(struct media_packet, fault) == offsetof(struct media_packet, vantage) + 7,
    "eight octets");

static inline uint16_t media_src_port(const struct media_packet *p)
{
	return (uint16_t)(p->ports >> 16);
}

static inline uint16_t media_dst_port(const struct media_packet *p)
{
	return (uint16_t)p->ports;
}

enum { SIGNAL_KEEPALIVE_MAX = 4 }; /* octets of one that says nothing; a longer one is STUN */

enum signal_transport { SIGNAL_UDP, SIGNAL_TCP, SIGNAL_TRANSPORTS };

/* Sooner than that nothing is sent again: it is one packet, captured twice. */
static const int64_t SIGNAL_COPY_NS = MEDIA_SECOND_NS / 100;

struct signal {
	struct record record; /* RECORD_SIP, RECORD_RTCP, RECORD_STUN, RECORD_DTLS, ... */
	int64_t time_ns;
	struct endpoint src, dst;
	uint32_t frame;
	uint16_t capture, vantage;
	uint16_t ip_id; /* of its UDP datagram; 0: none given */
	uint8_t dscp, ttl;
	bool cut;          /* the snap length took octets of it */
	uint8_t layers;    /* of TURN around it: it comes from and goes to whom the relay serves */
	uint8_t transport; /* enum signal_transport */
	uint8_t frame_count; /* that it was put together from: signal_frame(); 0: `frame` alone */
	uint32_t length;
	uint8_t octets[]; /* of the message; behind them the frames */
};

/* The n-th frame of a message put together from several, ascending; the last one is `frame`. */
static inline uint32_t signal_frame(const struct signal *signal, unsigned n)
{
	uint32_t frame;

	memcpy(&frame, signal->octets + signal->length + n * sizeof(frame), sizeof(frame));
	return frame;
}

/* An ICMP error. The packet it quotes was sent; it is no packet that was seen. */
struct icmp_notice {
	struct record record; /* RECORD_ICMP */
	int64_t time_ns;
	struct address from;      /* the router or host that says so */
	struct endpoint src, dst; /* of the packet quoted; port 0: not told */
	uint32_t frame;
	uint16_t capture, vantage;
	uint16_t next_hop_mtu; /* octets; 0: not told */
	uint8_t protocol;      /* of the packet quoted */
	uint8_t kind;          /* enum icmp_kind */
	uint8_t type, code;
	bool ipv6;
};

/* Who asks for a connection with a server of SIP, STUN or TURN, and who grants or refuses it. */
struct tcp_handshake {
	struct record record;
	int64_t time_ns;
	struct endpoint src, dst;
	uint32_t frame;
	uint16_t capture, vantage;
	uint8_t flags; /* enum tcp_flag: SYN, SYN and ACK, or RST */
};

/* TCP data that its receiver acknowledged and that is not in the capture. */
struct tcp_missed {
	struct record record;
	int64_t time_ns; /* of the first packet behind it */
	struct endpoint src, dst;
	uint32_t frame; /* the same */
	uint32_t octets;
	uint16_t capture, vantage;
};

/* Packets of a live capture that nobody measured. */
struct media_dropped {
	struct record record;
	bool away;              /* its interface was; packets were not counted */
	int64_t from_ns, to_ns; /* they came in that time */
	uint64_t packets;       /* since the capture began */
	uint32_t frame;         /* the last one read by then */
	uint16_t capture, vantage;
};

/* Perhaps a telephone event: payload of four octets under a dynamic type. */
struct media_event {
	struct record record;
	int64_t time_ns;
	struct endpoint src, dst;
	uint32_t ssrc, timestamp, frame;
	uint16_t vantage, capture;
	uint16_t duration; /* timestamp units */
	uint8_t payload_type;
	uint8_t event; /* RFC 4733 3.2: 0-9, * 10, # 11, A-D 12-15 */
};

/* Which end of a flow is the TURN server. */
enum relay_end { RELAY_END_UNKNOWN, RELAY_END_SRC, RELAY_END_DST };

/* Sent once for each stream and envelope. */
struct media_relayed {
	struct record record;
	struct endpoint src, dst; /* client and server, or the other way about */
	struct endpoint peer;     /* port 0: not named */
	uint32_t ssrc;
	uint16_t vantage;
	uint16_t channel; /* 0: in indications */
	uint8_t server;   /* enum relay_end */
};

/*
 * Who tells of a stream, by a number of its own: it is another one's once the stream has ended. So
 * the desk finds what it has of a stream without a look-up.
 */
enum {
	MEDIA_METERS = 64,
	MEDIA_SOURCES = 128 /* the others tell of faxes, one for each vantage */
};

static inline uint64_t media_stream(unsigned source, uint32_t number)
{
	return (uint64_t)source << 32 | number;
}

static inline unsigned media_stream_source(uint64_t stream)
{
	return (unsigned)(stream >> 32);
}

static inline uint32_t media_stream_number(uint64_t stream)
{
	return (uint32_t)stream;
}

/* What is not told elsewhere of a stream's first packet. */
struct media_opening {
	uint32_t timestamp;
	uint16_t sequence;
	uint8_t dscp, ttl;
};

struct media_began {
	struct record record;
	uint64_t stream; /* media_stream(), as in all that is told of it */
	struct endpoint src, dst;
	uint32_t ssrc;
	uint16_t vantage, capture;
	int64_t first_time_ns;
	uint32_t first_frame;
	uint8_t payload_type;
	bool udptl; /* a fax: neither SSRC nor payload type */
	struct media_opening opening;
};

struct media_stray {
	struct record record;
	struct endpoint src, dst;
	int64_t time_ns;
	uint32_t ssrc, frame;
	uint16_t vantage, capture;
};

/* What was seen so far of a flow whose payload has the shape of UDPTL (fax_flows.h). */
struct fax_notice {
	struct record record;
	uint64_t stream;
	struct endpoint src, dst;
	int64_t first_time_ns, last_time_ns;
	uint64_t octets; /* of UDP payload */
	uint32_t first_frame, last_frame;
	uint32_t packets;
	uint32_t fresh; /* of these since the notice before */
	uint16_t vantage, capture;
	uint8_t ttl_min, ttl_max;
	bool quiet, ended;
};

struct media_gap {
	struct record record;
	uint64_t stream;
	int64_t from_ns, to_ns; /* last packet before it, first packet after it */
	uint32_t missing;       /* sequence numbers skipped: 0 where the sender itself was silent */
	uint32_t from_frame;    /* of the last packet before it */
};

/* How many packets had some value. Packed: each stream has two lists of them, thrice. */
struct media_trait {
	uint32_t packets;
	uint8_t value;
} __attribute__((packed));

/* A packet by which its stream is known again at another place: see packet_print.h. */
struct media_print {
	int64_t time_ns;
	uint32_t frame;
	uint32_t timestamp;
	uint32_t payload; /* hash; 0: none was taken */
	uint16_t sequence;
	uint8_t dscp, ttl;
};

/* What changed in an interval; of the one at hand also part of the summary. */
struct media_interval {
	int64_t begin_ns; /* a multiple of MEDIA_INTERVAL_NS */
	int64_t lost;     /* below 0 where packets came late for the interval before */
	uint64_t jitter_sum_ns;
	uint32_t jitter_count, packets, discarded;
	uint32_t first_frame;
};

struct media_interval_record {
	struct record record;
	uint64_t stream;
	struct media_interval interval;
};

struct media_summary {
	struct record record;
	uint64_t stream;
	int64_t last_time_ns;
	uint32_t last_frame;
	uint64_t octets; /* of payload */
	uint64_t expected, lost;
	uint32_t packets, duplicates, reordered, restarts;
	uint32_t outliers; /* sequence numbers far off that nothing followed */
	uint32_t markers;
	uint32_t clock_rate_hz;  /* that jitter was measured with; 0: unknown, no jitter */
	uint32_t timestamp_step; /* from packet to packet, in units of that clock; 0: unknown */
	uint64_t jitter_sum_ns, jitter_max_ns;
	uint32_t jitter_count; /* of values in the sum */
	int64_t delta_max_ns;  /* longest time between two packets */
	bool ended;            /* no more of this stream; otherwise quiet for now */
	bool clock_inferred;   /* from the packets themselves: see clock_trial.h */
	uint8_t ttl_min, ttl_max;
	uint8_t payload_count, dscp_count;
	struct media_trait payloads[MEDIA_TRAITS], dscps[MEDIA_TRAITS];
	uint32_t level_count, silent_count; /* packets whose level was taken */
	uint64_t level_sum;                 /* in dB below overload, of those not silent */
	struct loss_figures losses;
	struct playout_figures playout;
	struct media_interval interval; /* the last one so far */
	uint8_t print_count;
	struct media_print prints[MEDIA_PRINTS]; /* read them by figures_print_at() */
	struct media_print passed[2]; /* one packet before and behind a router; payload 0: none */
};

#endif
