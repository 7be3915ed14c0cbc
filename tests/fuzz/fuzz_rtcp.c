/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds. Input: the datagram. */
#include "fuzz.h"
#include "rtcp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct rtcp rtcp;
	enum dissect_result result = rtcp_parse(&rtcp, in);

	if (result != DISSECT_OK) {
		require(result == SKIPPED_RTCP_ENCRYPTED ||
			dissect_result_class(result) == DISSECT_CLASS_MALFORMED);
		return 0;
	}
	/* Lengths count words, so that a sound compound has no odd octets. */
	require(size >= 4 && rtcp_shape(data[0], data[1]));
	require(rtcp.defect || size % 4 == 0);
	require(rtcp.block_count <= RTCP_BLOCKS_MAX);
	require(rtcp.block_count * 24U <= size);
	require(rtcp.block_count == 0 || rtcp.receiver_report);
	require(!rtcp.sender_report || size >= 28);
	for (unsigned i = 0; i < rtcp.block_count; i++) {
		require(rtcp.blocks[i].cumulative_lost >= -8388608);
		require(rtcp.blocks[i].cumulative_lost <= 8388607);
	}
	return 0;
}
