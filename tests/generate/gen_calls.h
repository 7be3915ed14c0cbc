/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Many two-way calls with what networks do to them, and the truth about each stream.
 */
#ifndef TALKPATH_GEN_CALLS_H
#define TALKPATH_GEN_CALLS_H

#include "gen.h"

enum gen_codec {
	GEN_PCMU, /* 160 octets every 20 ms */
	GEN_OPUS, /* 80 octets every 20 ms, a dynamic type */
	GEN_H264  /* five packets of 1,200 octets every 40 ms, a dynamic type */
};

/* What media and, as far as it applies, signalling travel in. */
enum gen_tunnel {
	GEN_TUNNEL_NONE,       /* what the file's link layer says */
	GEN_TUNNEL_CHANNEL,    /* ChannelData of TURN */
	GEN_TUNNEL_INDICATION, /* Send indications of TURN */
	GEN_TUNNEL_VLAN,
	GEN_TUNNEL_QINQ,
	GEN_TUNNEL_IPV6,
	GEN_TUNNEL_MIXED /* call by call another of these */
};

struct gen_calls {
	uint64_t seed;
	uint32_t calls;
	double seconds;        /* of media in each direction */
	double spread_seconds; /* calls begin evenly over this time */
	double loss_pct, duplicate_pct, reorder_pct;
	double jitter_ms; /* delay of each packet: uniform in 0..this */
	bool ipv6;
	bool no_signalling; /* media alone */
	bool tcp;           /* a connection for the signalling of each call */
	enum gen_codec codec;
	enum gen_tunnel tunnel; /* with Ethernet */
	double other_pct;       /* of all packets: office traffic that is not voice */
};

/* What is true of one stream, by definition and not by measurement. */
struct gen_truth {
	struct gen_route route;
	uint32_t ssrc;
	uint32_t sent;    /* packets that the sender sent */
	uint32_t packets; /* in the capture, duplicates too */
	uint32_t expected, lost, duplicates, reordered;
	double jitter_mean_ms, jitter_max_ms;
};

/* Write the calls; *truths gets 2 * calls entries to free(). False if writing failed. */
bool gen_calls(struct gen_file *file, const struct gen_calls *what, struct gen_truth **truths);

/* The truth as JSON beside the capture. */
bool gen_truth_write(
    const char *path, const struct gen_calls *what, const struct gen_truth *truths);

#endif
