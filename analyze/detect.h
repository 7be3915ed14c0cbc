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

/* high-loss, high-jitter: what each listener misses, and where on the way it went. */
void detect_quality(struct desk *desk, struct call *call);

/* high-latency: the round trip that RTCP tells of is too long. */
void detect_latency(struct desk *desk, struct call *call);

/* low-mos: it sounds bad, and nothing of the three above says why. After them. */
void detect_low_mos(struct desk *desk, struct call *call);

/* one-way-audio: media one way and, agreed but absent, not the other. After detect_sip_alg. */
void detect_one_way(struct desk *desk, struct call *call);

#endif
