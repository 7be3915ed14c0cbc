/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scripts: small captures written packet by packet, for tests of what talkpath concludes.
 *
 * A script holds packets with their times; gen_script_write() sorts and writes them. A router
 * turns a script seen on its LAN side into the one seen on its WAN side: addresses translated,
 * TTL lowered, and, if it has an ALG, chosen parts of the SIP text rewritten.
 */
#ifndef TALKPATH_GEN_SCRIPT_H
#define TALKPATH_GEN_SCRIPT_H

#include "gen.h"

enum { GEN_TEXT_MAX = 4096 };

enum gen_transport { GEN_UDP, GEN_TCP, GEN_ICMP };

struct gen_packet {
	double at_s; /* since the script's beginning */
	struct gen_route route;
	bool sip;
	enum gen_transport transport;
	struct gen_segment segment; /* with GEN_TCP */
	struct gen_part part;       /* to 0: the whole packet */
	size_t length;
	uint8_t *payload;
};

struct gen_script {
	size_t count, room;
	struct gen_packet *packets;
	double step_at_s,
	    step_s; /* from then on the capture's clock is ahead by so much; 0: never */
};

void gen_script_free(struct gen_script *script);

/*
 * A SIP message. The lines of `format` end with "\n" (written as CRLF), an empty line
 * parts headers from body, and a Content-Length is added.
 */
__attribute__((format(printf, 4, 5))) void gen_sip(
    struct gen_script *script, double at_s, struct gen_route route, const char *format, ...);

struct gen_stream {
	double from_s, to_s; /* a packet every 20 ms */
	uint8_t payload_type;
	uint32_t ssrc;
	uint16_t sequence; /* of the first packet */
	bool marker;       /* on the first packet */
};

void gen_stream(struct gen_script *script, struct gen_route route, const struct gen_stream *stream);

/* One RTP packet. payload NULL: octets of 0xd5. */
struct gen_media {
	bool marker;
	uint8_t payload_type;
	uint16_t sequence;
	uint32_t timestamp, ssrc;
	const void *payload;
	size_t length; /* at most 1400 */
};

void gen_media(
    struct gen_script *script, double at_s, struct gen_route route, const struct gen_media *rtp);

struct gen_report {
	bool sender;             /* SR; otherwise RR */
	uint32_t ssrc;           /* of its sender */
	uint32_t packets_sent;   /* SR */
	bool block;              /* one report block follows */
	uint32_t about, highest; /* of the block: SSRC, extended highest sequence number */
	int32_t lost;
};

void gen_rtcp(struct gen_script *script, double at_s, struct gen_route route,
    const struct gen_report *report);

/* Any UDP payload. */
void gen_raw(struct gen_script *script, double at_s, struct gen_route route, const void *payload,
    size_t length);

/*
 * An ICMP error of a host or router about a UDP packet of `about`, sent back to its source. type
 * and code: 3 and 3 is "port unreachable", with IPv6 1 and 4.
 */
void gen_unreachable(struct gen_script *script, double at_s, struct gen_end from,
    struct gen_route about, uint8_t type, uint8_t code);

/* A TCP segment without payload: flags as in struct gen_segment. */
void gen_bare_segment(struct gen_script *script, double at_s, struct gen_route route,
    uint32_t sequence, uint8_t flags);

/* --- other ways for the same messages --- */

struct gen_over_tcp {
	bool handshake; /* SYN before the first message, FIN after the last; otherwise mid-stream */
	uint32_t sequence; /* of each direction's first octet */
	size_t cut;        /* where each message is cut in two; 0 or beyond it: not at all */
	size_t segment;    /* octets of each segment, wherever messages end; 0: see cut */
};

/* The same script with its SIP over TCP. */
void gen_script_tcp(
    struct gen_script *out, const struct gen_script *in, const struct gen_over_tcp *how);

/* The packet with that index once more, at another time. */
void gen_again(struct gen_script *script, size_t index, double at_s);

/* The same script with each packet of SIP cut into fragments of so many octets (of 8, 16, ...). */
void gen_script_fragments(struct gen_script *out, const struct gen_script *in, size_t octets);

/* What becomes of a DSCP (RFC 9435 section 6). */
enum gen_remark {
	GEN_REMARK_NONE,
	GEN_REMARK_BLEACH,     /* to 0 */
	GEN_REMARK_TOS,        /* the upper three bits to 0: "ToS precedence bleaching" */
	GEN_REMARK_PRECEDENCE, /* the lower three bits to 0 */
	GEN_REMARKS
};

struct gen_router {
	const char *inside, *outside;         /* IPv4 addresses */
	uint16_t media_inside, media_outside; /* a media port that is translated; 0: none */
	uint16_t sip_inside, sip_outside;     /* a port of signalling, the same */
	/* With an ALG: what it rewrites, as bits. */
	unsigned rewrites;
	bool drop_rtp_in, drop_rtp_out; /* toward the LAN; toward the WAN */
	enum gen_remark remark_in, remark_out;
};

enum gen_rewrite {
	GEN_REWRITE_VIA = 1,
	GEN_REWRITE_CONTACT = 2,
	GEN_REWRITE_CALL_ID = 4,
	GEN_REWRITE_SDP_O = 8,
	GEN_REWRITE_SDP_C = 16,
	GEN_REWRITE_SDP_PORT = 32,
	GEN_REWRITE_REQUEST_URI = 64,
	GEN_REWRITE_FROM = 128,
	GEN_REWRITE_ALL = 255
};

/* What the WAN side sees of a LAN script (or, of packets that come in, the other way about:
 * packets of the script are those of the LAN side in both directions). */
void gen_script_route(
    struct gen_script *wan, const struct gen_script *lan, const struct gen_router *router);

/* Take out what the LAN side never gets: RTP that the router drops on its way in. */
void gen_script_inside(struct gen_script *lan, const struct gen_router *router);

bool gen_script_write(
    const struct gen_script *script, const char *path, enum gen_format format, enum gen_link link);

#endif
