/* SPDX-License-Identifier: Apache-2.0 */
/* However many there are, and in whatever order: few are sorted otherwise than many. */
#include <criterion/criterion.h>
#include <math.h>

#include "median.h"

enum { VALUES_MAX = 64 };

/* 0, 2, 4, ... in an order that has nothing to do with it, beginning at `from`. */
static double median_of(size_t count, size_t from, size_t step)
{
	uint32_t values[VALUES_MAX];

	for (size_t i = 0; i < count; i++) {
		values[(from + i * step) % count] = (uint32_t)(2 * i);
	}
	return median(values, count);
}

Test(median, lies_in_the_middle)
{
	for (size_t count = 1; count <= VALUES_MAX; count++) {
		for (size_t from = 0; from < count; from++) {
			cr_assert_eq(median_of(count, from, 1), (double)(count - 1), "%zu", count);
			cr_assert_eq(median_of(count, from, count - 1), (double)(count - 1),
			    "%zu, backwards", count);
		}
	}
	cr_expect_eq(median_of(17, 3, 5), 16);
	cr_expect_eq(median_of(16, 3, 5), 15);
}

Test(median, of_equal_values_is_that_value)
{
	uint32_t values[] = {7, 7, 7, 7, 9};

	cr_expect_eq(median(values, 5), 7);
	cr_expect_eq(median(values + 3, 2), 8);
}

Test(median, of_none_is_none)
{
	cr_expect(isnan(median(NULL, 0)));
}
