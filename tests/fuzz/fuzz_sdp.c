/* SPDX-License-Identifier: Apache-2.0 */
/* Session descriptions. Input: the body. */
#include "address.h"
#include "fuzz.h"
#include "sdp.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct sdp sdp;
	struct address address;
	enum dissect_result result = sdp_parse(&sdp, in);

	if (result != DISSECT_OK) {
		require(result == MALFORMED_SDP_LINE);
		return 0;
	}
	require(sdp_within(in, &sdp));
	for (unsigned i = 0; i < sdp.media_count; i++) {
		struct text formats = sdp.media[i].formats;
		struct sdp_rtpmap codec;
		uint8_t payload_type;

		while (sdp_payload_next(&formats, &payload_type)) {
			require(text_within(in, sdp_fmtp(&sdp.media[i], payload_type)));
			if (sdp_codec(&sdp.media[i], payload_type, &codec)) {
				require(codec.payload_type == payload_type && codec.channels > 0);
			}
		}
		if (address_parse(&address, sdp.media[i].connection)) {
			require(address_class_name(address_class(&address)));
		}
	}
	return 0;
}
