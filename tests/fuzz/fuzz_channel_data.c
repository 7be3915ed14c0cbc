/* SPDX-License-Identifier: Apache-2.0 */
/* ChannelData. Input: an octet (how many octets the capture cut off), then the payload. */
#include "fuzz.h"
#include "stun.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	size_t wire = fuzz_octet(&in) + bytes_left(&in);
	struct channel_data c;

	if (channel_data_parse(&c, in, wire) == DISSECT_OK) {
		require(bytes_within(in, c.data) && bytes_left(&c.data) <= c.data_length);
		require(c.channel >= 0x4000 && c.channel <= 0x4fff);
		require(wire - 4 >= c.data_length && wire - 4 - c.data_length < 4);
		require(channel_data_shape(in));
	}
	return 0;
}
