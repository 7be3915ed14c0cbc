/* SPDX-License-Identifier: Apache-2.0 */
/* STUN. Input: an octet (how many octets the capture cut off), then the payload. */
#include "stun.h"

#include "fuzz.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	size_t cut = fuzz_octet(&in);
	struct stun m, again;

	if (stun_parse(&m, in, bytes_left(&in) + cut) != DISSECT_OK) {
		require(bytes_left(&in) < STUN_HEADER_LENGTH || in.at[0] > 3);
		require(!stun_shape(in));
		return 0;
	}
	require(stun_within(in, &m));
	/* What was cut off is not known to be wrong. */
	require(stun_parse(&again, in, bytes_left(&in)) == DISSECT_OK);
	require(again.defects.count > 0 || cut == 0 || m.defects.count > 0);
	return 0;
}
