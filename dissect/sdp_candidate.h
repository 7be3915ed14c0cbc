/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ICE candidates of a session description (RFC 8839 section 5.1), and what it promises of SRTP.
 *
 * Data in:   the value of an a=candidate line; a parsed description.
 * Data out:  literal addresses. Names (RFC 8828's mDNS ones, say) are no addresses.
 */
#ifndef TALKPATH_SDP_CANDIDATE_H
#define TALKPATH_SDP_CANDIDATE_H

#include "address.h"
#include "sdp.h"

enum { SDP_CANDIDATE_RTP = 1 };

struct sdp_candidate {
	uint64_t component; /* 1: RTP, or all media of the stream; 2: RTCP */
	struct endpoint at;
	struct endpoint related; /* what it was learned from; port 0: not said */
};

/* False where it is malformed, not over UDP, or names no literal address. */
bool sdp_candidate_parse(struct sdp_candidate *out, struct text candidate);

/*
 * What a description says of SRTP: a profile (RFC 3711, RFC 5764) is a promise; a key or a
 * fingerprint beside a plain profile is an offer (RFC 8643).
 */
enum sdp_srtp { SDP_PLAIN, SDP_SRTP_OFFERED, SDP_SRTP };

enum sdp_srtp sdp_srtp(const struct sdp *sdp, const struct sdp_media *media);

#endif
