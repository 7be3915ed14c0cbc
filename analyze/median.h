/* SPDX-License-Identifier: Apache-2.0 */
/* The middle of a few values; with an even number of them, between the two in the middle. */
#ifndef TALKPATH_MEDIAN_H
#define TALKPATH_MEDIAN_H

#include <stddef.h>
#include <stdint.h>

/* Sorts the values. NAN where there are none. */
double median(uint32_t *values, size_t count);

#endif
