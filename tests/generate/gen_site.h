/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sites: a phone behind a router, a provider, one call between them, each of another shape, drawn
 * from a seed: who calls, over what, how the phone writes its messages and which addresses it
 * knows of itself, what the router does to ports, what the provider puts in between, what they
 * say to one another. All of it is healthy. A fault is one thing that the router does to it.
 */
#ifndef TALKPATH_GEN_SITE_H
#define TALKPATH_GEN_SITE_H

#include "gen_script.h"

/* What the phone writes of itself into Via, Contact and SDP. */
enum gen_agent {
	GEN_AGENT_PLAIN,      /* its own private address */
	GEN_AGENT_CONFIGURED, /* the public address that somebody typed in; ports are forwarded */
	GEN_AGENT_STUN,       /* what a STUN server told it, address and port */
	GEN_AGENT_LEARNED     /* its own at first, then what received and rport told it */
};

enum gen_talk {
	GEN_TALK,
	GEN_TALK_ECHO,    /* the very same packets come back */
	GEN_TALK_HOLD,    /* held for two seconds, then resumed */
	GEN_TALK_EARLY,   /* an announcement before the answer */
	GEN_TALK_MOVED,   /* the same, and the answer names another port of the server */
	GEN_TALK_FORKED,  /* announcements of two branches, and a third one answers */
	GEN_TALK_LATE,    /* the offer stands in the answer, the answer in the ACK */
	GEN_TALK_FAX,     /* goes over to T.38 */
	GEN_TALK_MUTED,   /* the phone is, for a while; its RTCP is not */
	GEN_TALK_SPURTS,  /* the phone sends comfort noise where nobody speaks */
	GEN_TALK_REFRESH, /* the session, by UPDATE */
	GEN_TALKS
};

/* What comes before the INVITE that is answered, where the phone calls. */
enum gen_round {
	GEN_ROUND_NONE,
	GEN_ROUND_CHALLENGE, /* 407 */
	GEN_ROUND_REDIRECT,  /* 302 */
	GEN_ROUNDS
};

struct gen_site {
	struct gen_random random;
	enum gen_agent agent;
	enum gen_talk talk;
	enum gen_round round;
	bool ipv6;      /* without NAT */
	bool inbound;   /* the provider calls */
	bool tcp;       /* SIP over TCP */
	bool proxy;     /* stands before the provider's server: Record-Route, one more Via inward */
	bool compact;   /* the phone writes v:, f:, t:, i:, m: */
	bool bare_port; /* 5060 is not written where it is the port */
	bool rport;     /* the phone asks for it */
	bool media_c;   /* c= stands behind m=, and not at the session's level */
	bool rtcp_line; /* a=rtcp */
	bool rtcp;      /* both report to one another */
	bool keepalives;  /* CRLF twice a second */
	bool indications; /* STUN from the media port */
	bool ice;         /* candidates, and checks before the media */
	bool srtp;
	bool video;
	bool moves_ports; /* the router gives random ports outside */
	bool host_in_call_id;
	/* Nothing of the other side's media comes here: what RTCP says of it follows from that. */
	bool phone_deaf, server_deaf;
	char phone[46], outside[46], server[46], media[46], stun[46];
	uint16_t sip_port, sip_outside, media_port, media_outside, server_media;
	uint16_t server_media_answered; /* the one that the call is then held with */
	uint8_t payload_type, sip_dscp, media_dscp, server_dscp, phone_ttl, server_hops;
	unsigned ptime_ms;
	double jitter_s, lost; /* a share of media packets, before they come here */
	uint32_t ssrc_out, ssrc_in;
	uint16_t sequence_out, sequence_in;
	uint32_t number; /* in names, tags, branches */
};

/* A shape for each seed. */
void gen_site_draw(struct gen_site *site, uint64_t seed);

/* In words, for the message of a test that fails. */
const char *gen_site_text(const struct gen_site *site, char out[512]);

/* The call as the LAN sees it, from the registration to the answer to BYE. */
void gen_site_tell(struct gen_site *site, struct gen_script *lan);

/* The router between, without any fault. */
struct gen_router gen_site_router(const struct gen_site *site);

#endif
