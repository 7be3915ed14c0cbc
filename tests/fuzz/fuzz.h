/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every fuzz target has: libFuzzer's entry point, and checks that hold in every build.
 *
 * libFuzzer hands over a copy of exactly `size` octets, so that AddressSanitizer sees the first
 * read beyond. Not crashing is the least: each target states what must be true of any result.
 */
#ifndef TALKPATH_FUZZ_H
#define TALKPATH_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "bytes.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define require(condition)                                                                        \
	do {                                                                                      \
		if (!(condition)) {                                                               \
			(void)fprintf(                                                            \
			    stderr, "%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition); \
			abort();                                                                  \
		}                                                                                 \
	} while (0)

/* One octet of the input that steers the target; 0 where none is left. */
static inline uint8_t fuzz_octet(struct bytes *in)
{
	const uint8_t *octet = bytes_take(in, 1);

	return octet ? *octet : 0;
}

#endif
