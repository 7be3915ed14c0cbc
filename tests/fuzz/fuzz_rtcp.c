/* SPDX-License-Identifier: Apache-2.0 */
/* RTCP compounds, and the extended reports in them. Input: the datagram. */
#include "fuzz.h"
#include "rtcp.h"
#include "rtcp_xr.h"
#include "within.h"

static void reports(const struct rtcp *rtcp, size_t size)
{
	require(rtcp->block_count <= RTCP_BLOCKS_MAX);
	require(rtcp->block_count * 24U <= size);
	require(rtcp->block_count == 0 || rtcp->receiver_report);
	require(rtcp->sender_count <= RTCP_SENDERS_MAX);
	require(rtcp->sender_count * 28U <= size);
	for (unsigned i = 0; i < rtcp->block_count; i++) {
		require(rtcp->blocks[i].cumulative_lost >= -8388608);
		require(rtcp->blocks[i].cumulative_lost <= 8388607);
	}
}

static void others(const struct rtcp *rtcp, struct bytes in)
{
	require(rtcp->chunk_count <= RTCP_CHUNKS_MAX && rtcp->goodbye_count <= RTCP_GOODBYES_MAX);
	require(rtcp->feedback_count <= RTCP_FEEDBACKS_MAX && rtcp->app_count <= RTCP_APPS_MAX);
	for (unsigned i = 0; i < rtcp->chunk_count; i++) {
		for (unsigned item = 0; item < RTCP_ITEM_TYPES; item++) {
			require(text_within(in, rtcp->chunks[i].items[item]));
		}
	}
	for (unsigned i = 0; i < rtcp->goodbye_count; i++) {
		require(text_within(in, rtcp->goodbyes[i].reason));
	}
	for (unsigned i = 0; i < rtcp->feedback_count; i++) {
		require(bytes_within(in, rtcp->feedbacks[i].control));
	}
	for (unsigned i = 0; i < rtcp->app_count; i++) {
		require(bytes_within(in, rtcp->apps[i].data) && rtcp->apps[i].name.length == 4);
	}
}

static void extended(const struct rtcp *rtcp, struct bytes in)
{
	struct rtcp_xr xr;

	require(rtcp->xr_count <= RTCP_XRS_MAX);
	for (unsigned i = 0; i < rtcp->xr_count; i++) {
		require(bytes_within(in, rtcp->xrs[i]));
		require(rtcp_xr_parse(&xr, rtcp->xrs[i]) == DISSECT_OK);
	}
}

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
	require(size >= 4 && rtcp_shape(data[0], data[1]));
	require(defects_sound(&rtcp.defects));
	reports(&rtcp, size);
	others(&rtcp, in);
	extended(&rtcp, in);
	return 0;
}
