/* SPDX-License-Identifier: Apache-2.0 */
#include "median.h"

#include <math.h>
#include <stdlib.h>

static int by_size(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

double median(uint32_t *values, size_t count)
{
	size_t low = (count - 1) / 2, high = count / 2;

	if (count == 0) {
		return (double)NAN;
	}
	qsort(values, count, sizeof(values[0]), by_size);
	return ((double)values[low] + (double)values[high]) / 2;
}
