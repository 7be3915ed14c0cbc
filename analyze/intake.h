/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reader's half: packets decoded and told apart, fragments and TCP streams put together, the
 * clock kept, the rest counted.
 *
 * Data in:   borrowed packets in the order of the merge, as bursts or runs.
 * Data out:  RTP as media_packet (nothing of the packet is needed after that), SIP, RTCP and
 *            STUN and keep-alives as signal records with their octets copied, ICMP errors, flows
 *            that may be a fax, counts of everything else by name.
 *            What TURN relays is taken out of its messages first: see envelope.h.
 * Ownership: intake_init() reserves memory that intake_fini() returns.
 * Threading: one thread.
 *
 * The clock runs on packet time. It makes a tick due at every full second, and after
 * INTAKE_TICK_PACKETS packets or INTAKE_TICK_OCTETS of records; a leap of more than ten seconds is
 * believed only once a second packet confirms it, so that one wild time stamp cannot end every
 * stream.
 *
 * Every packet has a number, its `order`, which rises. One intake counts. Where several intakes
 * work side by side, each on captures of its own, an order is the time since the first packet of
 * them all, which intake it is, and how many it had at that time: so each numbers its packets
 * alone, and yet in the one order of a merge. Where its clock steps back an intake counts on.
 */
#ifndef TALKPATH_INTAKE_H
#define TALKPATH_INTAKE_H

#include "bystander.h"
#include "envelope.h"
#include "fax_flows.h"
#include "fragments.h"
#include "load.h"
#include "media.h"
#include "packet_run.h"
#include "record.h"
#include "result.h"
#include "tcp_stream.h"

enum {
	INTAKE_CAPTURES_MAX = 64,
	INTAKE_TICK_PACKETS = 65536,
	INTAKE_TICK_OCTETS = 256 << 10, /* of records, which the desk so finds in the cache */
	INTAKE_KEEPALIVES_MAX = 4096,   /* a second, or INTAKE_TICK_PACKETS; others are counted */
	INTAKE_HANDSHAKES_MAX = 4096,   /* the same */
	/*
	 * Of an order: which of several intakes, and how many packets at a time, which is half a
	 * microsecond; if there are more it is later.
	 */
	INTAKE_SIDE_BITS = 6,
	INTAKE_TURN_BITS = 9
};

/* Two years, behind which intakes side by side count on; and what comes behind all of that. */
#define INTAKE_SPAN_NS ((1LL << 56) - (1LL << 40))
static const uint64_t INTAKE_ORDER_END = 1ULL << 62;

struct intake_clock {
	bool started;
	int64_t now_ns; /* greatest time believed */
	int64_t next_tick_ns;
	int64_t leap_ns;          /* a leap that waits to be confirmed; 0 for none */
	uint64_t next_tick_order; /* due at that order, whatever the time */
	uint32_t packets_left;    /* beside others: before that is so */
};

struct intake {
	uint64_t key;   /* of the flow hashes */
	uint64_t order; /* of the last packet taken */
	bool beside;    /* it is one of several */
	bool scattered; /* packets do not lie behind one another; whoever gave them has fetched them
			 */
	uint64_t side;  /* which one, as its orders have it */
	int64_t origin_ns; /* the time from which these go */
	uint64_t subs;     /* records that it has caused so far */
	struct intake_clock clock;
	struct tick tick;       /* what intake_burst found due */
	bool full_decoder_only; /* for tests: never take the short ways */
	struct bystanders bystanders;
	uint32_t record_octets;                        /* for the desk, since the tick */
	uint32_t keepalives;                           /* since the tick */
	uint32_t handshakes;                           /* since the tick */
	uint64_t signals_refused;                      /* no memory for their records */
	struct load_counter load[INTAKE_CAPTURES_MAX]; /* since the tick */
	int64_t load_second_ns;                        /* to which it belongs */
	struct fragments fragments;
	struct tcp_streams tcp;
	struct fax_flows fax;
	const struct record_sink *desk; /* while a call lasts */
	/* Told of media that came in fragments, where somebody wants to know; NULL: nobody. */
	void (*media_pieces)(
	    void *context, const struct media_packet *media, const struct frame_list *frames);
	void *media_pieces_context;
	uint16_t vantages[INTAKE_CAPTURES_MAX];
	struct envelope_memory envelopes;
	uint64_t counts[INTAKE_CAPTURES_MAX][DISSECT_RESULT_COUNT];
};

/* False where memory is short. The intake must not move from then on. */
bool intake_init(struct intake *intake, uint64_t key);
void intake_fini(struct intake *intake);

/*
 * It is one of several, `side` below 1 << INTAKE_SIDE_BITS; no packet of any is earlier than
 * origin_ns, but where a clock steps back. Before its first packet.
 */
void intake_beside(struct intake *intake, unsigned side, int64_t origin_ns);

/* What follows comes behind `order`, whatever its time. */
void intake_follow(struct intake *intake, uint64_t order);

/*
 * Take packets up to the next tick. Returns how many were taken; fewer than `count` where
 * intake->tick must be delivered first. media: room for `count` times MEDIA_SLOTS; *slots is set
 * to how many of them were filled.
 */
unsigned intake_burst(struct intake *intake, const struct packet *packets, unsigned count,
    struct media_packet *media, unsigned *slots, const struct record_sink *desk);

/*
 * The same with packets as they lie in a file, until the slots are filled: *slots of them there
 * are, and is set to how many were. False where intake->tick must be delivered before the next
 * packet.
 */
bool intake_run(struct intake *intake, struct packet_run *run, struct media_packet *media,
    unsigned *slots, const struct record_sink *desk);

/* Tell the desk; the record's header and vantage are the intake's to fill in. */
void intake_dropped(
    struct intake *intake, const struct media_dropped *dropped, const struct record_sink *desk);

/* The wall clock says it is at least now_ns, though no packet came. True: intake->tick is due. */
bool intake_idle(struct intake *intake, int64_t now_ns, const struct record_sink *desk);

/* The tick that ends the input; what waited for more of it is handed on or counted before. */
struct tick intake_end(struct intake *intake, const struct record_sink *desk);

#endif
