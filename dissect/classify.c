/* SPDX-License-Identifier: Apache-2.0 */
#include "classify.h"

#include "rtcp.h"
#include "rtp.h"
#include "sip.h"

static const uint32_t stun_magic_cookie = 0x2112a442; /* RFC 8489 section 5 */

/* CRLF, a NUL or nothing at all: what phones send to keep a mapping open (RFC 5626 4.4.1). */
static bool is_keepalive(struct bytes in)
{
	if (bytes_left(&in) > 4) {
		return false;
	}
	while (in.at < in.end) {
		if (*in.at != '\r' && *in.at != '\n' && *in.at != '\0') {
			return false;
		}
		in.at++;
	}
	return true;
}

static enum dissect_result other_reason(struct bytes in)
{
	if (is_keepalive(in)) {
		return SKIPPED_KEEPALIVE;
	}
	if (in.at[0] < 4 && bytes_left(&in) >= 20 && load_be32(in.at + 4) == stun_magic_cookie) {
		return SKIPPED_STUN;
	}
	if (in.at[0] >= 20 && in.at[0] <= 63 && bytes_left(&in) >= 13 && in.at[1] == 0xfe) {
		return SKIPPED_DTLS; /* version 254.255 or 254.253 */
	}
	return SKIPPED_UDP;
}

/*
 * A report is taken for RTCP even where its length is wrong, so that this can be said; other
 * packet types are too rare to be believed without a length that fits.
 */
static bool is_rtcp(struct bytes in)
{
	if (bytes_left(&in) < 8 || !rtcp_shape(in.at[0], in.at[1])) {
		return false;
	}
	return in.at[1] == RTCP_SR || in.at[1] == RTCP_RR ||
	       (size_t)load_be16(in.at + 2) * 4 + 4 <= bytes_left(&in);
}

enum payload_kind payload_classify(struct bytes in, enum dissect_result *reason)
{
	if (is_rtcp(in)) {
		return PAYLOAD_RTCP;
	}
	if (bytes_left(&in) >= RTP_HEADER_LENGTH && rtp_shape(in.at[0], in.at[1])) {
		return PAYLOAD_RTP;
	}
	if (sip_shape(in)) {
		return PAYLOAD_SIP;
	}
	*reason = other_reason(in);
	return PAYLOAD_OTHER;
}
