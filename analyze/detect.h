/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The detectors. docs/detection.md says what each proves, and what it must not take for it.
 *
 * Those of a call look at it when it is closed, or at an exchange that is given up. Those of the
 * site look at what outlives calls: registrations, endpoints, captures. In a live capture they run
 * again and again, so running twice must open nothing twice and tell nothing twice.
 *
 * Rules: the negatives come first. A finding is keyed by its cause (this router, this listener),
 * so that all calls that suffer from it are one finding. Evidence names the packets.
 */
#ifndef TALKPATH_DETECT_H
#define TALKPATH_DETECT_H

#include "model.h"

/* All detectors, in the order in which they build on one another. Before the call is reported. */
void detect_call(struct desk *desk, struct call *call);

/* At the end of the input, after all calls are closed; live, with each review. */
void detect_site(struct desk *desk);

/* --- of a call --- */

/*
 * sip-alg: the same message, one hop apart, with other addresses in it. Also learns from such
 * pairs on which side of whose NAT the vantages are.
 */
void detect_sip_alg(struct desk *desk, struct call *call);

/* The same from the phone's side of the router alone, and from beyond it. After detect_sip_alg. */
void detect_sip_alg_lan(struct desk *desk, struct call *call);
void detect_sip_alg_wan(struct desk *desk, struct call *call);

/*
 * May these two tell something of a message that was seen at one place alone, a response or a
 * request? Sooner yes than no.
 */
bool sip_alg_lan_suspects(const struct sip_message *response, const struct signal *signal);
bool sip_alg_wan_suspects(const struct sip_message *request, const struct signal *signal);

/* There is a NAT between a phone and a server with these addresses, or a closed network. */
bool sip_alg_lan_is_between(const struct address *phone, const struct address *server);

/* malformed-sip: a sender's own messages are broken in a way that breaks calls. */
void detect_malformed(struct desk *desk, struct call *call);

/* dscp-remark: the same packet at two places of its way, marked differently. */
void detect_dscp_remark(struct desk *desk, struct call *call);

/* The same of messages. */
void detect_dscp_signalling(struct desk *desk, struct call *call);

/* dscp-unmarked: one direction is marked as voice, the other is not, where each is seen first. */
void detect_dscp_unmarked(struct desk *desk, struct call *call);

/* high-loss, high-jitter: what each listener misses, and where on the way it went. */
void detect_quality(struct desk *desk, struct call *call);

/* high-latency: the round trip that RTCP tells of is too long. */
void detect_latency(struct desk *desk, struct call *call);

/* low-mos: it sounds bad, and nothing of the three above says why. After them. */
void detect_low_mos(struct desk *desk, struct call *call);

/* one-way-audio: media one way and, agreed but absent, not the other. After detect_sip_alg. */
void detect_one_way(struct desk *desk, struct call *call);

/* symmetric-media: a platform's audio goes elsewhere than where the other side's comes from. */
void detect_symmetric(struct desk *desk, struct call *call);

/* no-media: agreed both ways, and nothing is seen of it; symmetric-media where both wait. */
void detect_no_media(struct desk *desk, struct call *call);

/* late-media: audio that begins seconds after the answer. */
void detect_late_media(struct desk *desk, struct call *call);

/* silent-audio: packets flow and nobody is heard, against a live other side. */
void detect_silent_audio(struct desk *desk, struct call *call);

/* capture-loss: what its receivers had and the capture has not. Before all that judge loss. */
void detect_capture_loss(struct desk *desk, struct call *call);

/* codec-mismatch: payload types that their listener never named, or means otherwise. */
void detect_codec_mismatch(struct desk *desk, struct call *call);

/* double-nat, cgnat by one message seen at three places; of any exchange. */
void detect_nat_chain(struct desk *desk, struct call *call);

/* --- of the site --- */

/* double-nat, cgnat: addresses of one UA along its path. See also detect_nat_chain(). */
void detect_nat_layers(struct desk *desk);

/* nat-symmetric, multi-wan: what several servers say of one phone's address. */
void detect_nat_mapping(struct desk *desk);

/* nat-timeout, inbound-unreachable: how long a router remembers the phone behind it. */
void detect_nat_timeout(struct desk *desk);

/* sip-scan: a stranger asks for many extensions and is given none. */
void detect_sip_scan(struct desk *desk);

/* Does that hold for this address? */
bool detect_is_scanner(const struct desk *desk, uint16_t vantage, const struct address *address);

/* registration-failed: a phone that asked, and is not registered. */
void detect_registrations(struct desk *desk);

/* port-blocked, udp-blocked: servers that were asked and never answered. */
void detect_reach(struct desk *desk);

/* capture-loss: nothing goes to one who was answered; known once all else was seen. */
void detect_sides(struct desk *desk);

/* link-saturated: calls that suffer while the line is full. */
void detect_link(struct desk *desk);

#endif
