/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Preloaded by bench/guard: the key of the hashes is the same in every run, and so the number of
 * instructions.
 */
#include <string.h>
#include <sys/random.h>

__attribute__((visibility("default"))) ssize_t getrandom(
    void *out, size_t length, unsigned int flags)
{
	(void)flags;
	memset(out, 0x2a, length);
	return (ssize_t)length;
}
