/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file brought into memory and kept there, as it lies there when it is read and not when it was
 * just written: a written file fills the page cache in single pages, a read one in large folios,
 * and mapping the former costs twenty times as much (docs/performance.md).
 */
#ifndef TALKPATH_BENCH_PIN_H
#define TALKPATH_BENCH_PIN_H

#include <stdbool.h>

/*
 * Until the process ends. False with a message where the file cannot be read; where it cannot be
 * locked that is said, and it may leave memory again.
 */
bool pin(const char *path);

#endif
