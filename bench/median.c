/* SPDX-License-Identifier: Apache-2.0 */
#include "median.h"

#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

double median_of(const double *values, int count)
{
	double sorted[ROUNDS_MAX];

	memcpy(sorted, values, sizeof(*values) * (size_t)count);
	qsort(sorted, (size_t)count, sizeof(*sorted), compare);
	return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}
