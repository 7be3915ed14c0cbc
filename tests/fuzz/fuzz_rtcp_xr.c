/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP extended reports. Input: the body of the packet, from its SSRC on. */
#include "fuzz.h"
#include "rtcp_xr.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct rtcp_xr xr;
	enum dissect_result result = rtcp_xr_parse(&xr, bytes_of(data, size));

	if (size < 4) {
		require(result == MALFORMED_RTCP_XR);
		return 0;
	}
	require(result == DISSECT_OK && defects_sound(&xr.defects));
	require(xr.range_count <= RTCP_XR_RANGES_MAX && xr.delay_count <= RTCP_XR_DELAYS_MAX);
	require(xr.statistics_count <= RTCP_XR_STATISTICS_MAX && xr.voip_count <= RTCP_XR_VOIP_MAX);
	require(xr.range_count * 12U + xr.delay_count * 12U + xr.statistics_count * 40U +
		    xr.voip_count * 36U + xr.unknown_count * 4U <=
		size - 4);
	for (unsigned i = 0; i < xr.range_count; i++) {
		require(xr.ranges[i].type >= RTCP_XR_LOSS_RLE &&
			xr.ranges[i].type <= RTCP_XR_RECEIPT_TIMES && xr.ranges[i].thinning < 16);
		require(xr.ranges[i].items * 2U <= size);
	}
	for (unsigned i = 0; i < xr.voip_count; i++) {
		require(xr.voip[i].plc < 4 && xr.voip[i].buffer_kind < 4);
	}
	return 0;
}
