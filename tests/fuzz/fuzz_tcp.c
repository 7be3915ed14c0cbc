/* SPDX-License-Identifier: Apache-2.0 */
/* TCP headers. Input: the IP payload. */
#include "fuzz.h"
#include "tcp.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct tcp tcp;
	enum dissect_result result = tcp_parse(&tcp, in);

	require(result < DISSECT_RESULT_COUNT);
	if (result == DISSECT_OK) {
		require(bytes_within(in, tcp.payload) && tcp.payload.end == in.end);
		require(tcp.header_length >= 20 && tcp.header_length <= 60);
		require(bytes_left(&tcp.payload) + tcp.header_length == size);
	}
	return 0;
}
