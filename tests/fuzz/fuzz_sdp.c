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
		if (address_parse(&address, sdp.media[i].connection)) {
			require(address_class_name(address_class(&address)));
		}
	}
	return 0;
}
