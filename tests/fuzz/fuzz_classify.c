/* SPDX-License-Identifier: Apache-2.0 */
/* What a UDP payload is, and whether its dissector agrees. Input: the datagram. */
#include "classify.h"
#include "fuzz.h"
#include "rtcp.h"
#include "rtp.h"
#include "sip.h"
#include "stun.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	enum dissect_result reason = DISSECT_OK;
	struct sip_message m;
	struct rtcp rtcp;
	struct rtp rtp;
	struct stun stun;

	switch (payload_classify(in, &reason)) {
	case PAYLOAD_OTHER:
		require(dissect_result_class(reason) == DISSECT_CLASS_SKIPPED);
		return 0;
	case PAYLOAD_RTP:
		require(size >= RTP_HEADER_LENGTH && !rtcp_shape(data[0], data[1]));
		reason = rtp_parse(&rtp, in, size);
		require(reason != MALFORMED_RTP_SHORT && reason != MALFORMED_RTP_VERSION);
		break;
	case PAYLOAD_RTCP:
		require(size >= 8 && !rtp_shape(data[0], data[1]));
		require(rtcp_parse(&rtcp, in) != DISSECT_OK || rtcp.block_count <= RTCP_BLOCKS_MAX);
		break;
	case PAYLOAD_SIP:
		require(sip_shape(in));
		require(sip_parse(&m, in) != DISSECT_OK || sip_message_within(in, &m));
		break;
	case PAYLOAD_STUN:
		require(stun_parse(&stun, in, size) == DISSECT_OK && stun_within(in, &stun));
		break;
	case PAYLOAD_CHANNEL_DATA:
		require(channel_data_shape(in));
		break;
	}
	return 0;
}
