/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTP headers.
 * Input: an octet that says how much of the payload was cut off, the datagram.
 */
#include "fuzz.h"
#include "rtp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	size_t cut = fuzz_octet(&in), left = bytes_left(&in);
	struct rtp rtp;
	enum dissect_result result;

	if (left + cut > 65527) { /* of a UDP payload */
		return 0;
	}
	result = rtp_parse(&rtp, in, left + cut);
	if (result != DISSECT_OK) {
		require(dissect_result_class(result) == DISSECT_CLASS_MALFORMED);
		return 0;
	}
	require(left >= RTP_HEADER_LENGTH && in.at[0] >> 6 == 2);
	require(rtp.payload_type == (in.at[1] & 0x7f) && rtp.marker == in.at[1] >> 7);
	require(rtp.sequence == load_be16(in.at + 2) && rtp.ssrc == load_be32(in.at + 8));
	require(rtp.payload_octets + RTP_HEADER_LENGTH <= left + cut);
	if (in.at[0] == 0x80) {
		require(rtp.payload_octets + RTP_HEADER_LENGTH == left + cut);
	}
	return 0;
}
