/* SPDX-License-Identifier: Apache-2.0 */
#ifndef TALKPATH_BENCH_MEDIAN_H
#define TALKPATH_BENCH_MEDIAN_H

enum { ROUNDS_MAX = 64 };

/* Of at most ROUNDS_MAX values. */
double median_of(const double *values, int count);

#endif
