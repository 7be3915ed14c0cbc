/* SPDX-License-Identifier: Apache-2.0 */
#include "classify.h"

#include "dtls.h"
#include "rtcp.h"
#include "rtp.h"
#include "sip.h"
#include "stun.h"

static const uint32_t zrtp_cookie = 0x5a525450; /* RFC 6189 section 5 */

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
	if (dtls_shape(in)) {
		return SKIPPED_DTLS;
	}
	if (in.at[0] >> 2 == 4 && bytes_left(&in) >= 12 && load_be32(in.at + 4) == zrtp_cookie) {
		return SKIPPED_ZRTP;
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
	if (stun_shape(in)) {
		return PAYLOAD_STUN;
	}
	if (channel_data_shape(in)) {
		return PAYLOAD_CHANNEL_DATA;
	}
	*reason = other_reason(in);
	return PAYLOAD_OTHER;
}
