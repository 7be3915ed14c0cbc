/* SPDX-License-Identifier: Apache-2.0 */
/* UDPTL. Input: the payload. */
#include "fuzz.h"
#include "udptl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint16_t sequence;

	if (udptl_shape(bytes_of(data, size), &sequence)) {
		require(size >= 6 && sequence == load_be16(data));
		require(!udptl_shape(bytes_of(data, size - 1), &sequence));
	}
	return 0;
}
