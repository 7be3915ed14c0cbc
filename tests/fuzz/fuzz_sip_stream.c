/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The framing of SIP streams: what is found does not depend on how the octets arrive.
 * Input: an octet that says in what steps they do, the stream.
 */
#include "fuzz.h"
#include "sip_stream.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	size_t step = 1 + fuzz_octet(&in) % 64;

	while (bytes_left(&in) > 0) {
		struct sip_stream at_once = {0}, by_steps = {0};
		struct sip_stream_unit unit = {0}, other = {0};
		enum sip_stream_result result = sip_stream_next(&at_once, in, &unit);
		enum sip_stream_result found = SIP_STREAM_NEED_MORE;
		size_t n = 0;

		while (found == SIP_STREAM_NEED_MORE && n < bytes_left(&in)) {
			n = n + step < bytes_left(&in) ? n + step : bytes_left(&in);
			found =
			    sip_stream_next(&by_steps, (struct bytes){in.at, in.at + n}, &other);
		}
		if (result != SIP_STREAM_OK) {
			/* A part may be refused already where the whole line would be taken. */
			require(found == result || found == SIP_STREAM_BAD);
			return 0;
		}
		require(unit.consumed > 0 && unit.consumed <= bytes_left(&in));
		require(bytes_within(in, unit.message));
		require(
		    bytes_left(&unit.message) == 0 || bytes_left(&unit.message) == unit.consumed);
		require(!at_once.started && at_once.needed == 0);
		if (found == SIP_STREAM_OK && bytes_left(&unit.message) > 0) {
			require(other.consumed == unit.consumed);
		}
		in.at += unit.consumed;
	}
	return 0;
}
