/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Levels of payloads.
 * Input: an octet that picks the codec, the payload.
 */
#include "fuzz.h"
#include "level.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	enum level_codec codec = (enum level_codec)(fuzz_octet(&in) % (LEVEL_G722 + 1));
	struct level level;

	if (!level_measure(&level, codec, in)) {
		require(bytes_left(&in) == 0);
		return 0;
	}
	require(level.dbov >= LEVEL_SILENCE && level.dbov <= 0);
	require(!level.silent || level.dbov <= LEVEL_SILENCE);
	return 0;
}
