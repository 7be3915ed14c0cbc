/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Octets that stand against an inaccessible page: whoever reads one too many is killed at once,
 * with or without a sanitizer.
 *
 * Ownership: one mapping for each side and program, used again by each call; what a call returns
 *            is valid until the next call of the same function.
 * Limits:    GUARDED_MAX octets.
 */
#ifndef TALKPATH_TEST_GUARDED_H
#define TALKPATH_TEST_GUARDED_H

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "bytes.h"
#include "text.h"

enum { GUARDED_MAX = 256 * 1024 };

/* GUARDED_MAX accessible octets between two pages that are not. */
static inline uint8_t *guarded_map(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *base = mmap(NULL, GUARDED_MAX + 2 * page, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED || mprotect(base, page, PROT_NONE) != 0 ||
	    mprotect(base + page + GUARDED_MAX, page, PROT_NONE) != 0) {
		abort();
	}
	return base + page;
}

/* A copy whose last octet is the last before an inaccessible page. */
static inline struct bytes guarded(const void *data, size_t length)
{
	static uint8_t *area;
	uint8_t *at;

	if (!area) {
		area = guarded_map();
	}
	if (length > GUARDED_MAX) {
		abort();
	}
	at = area + (GUARDED_MAX - length);
	if (length > 0) {
		memcpy(at, data, length);
	}
	return (struct bytes){at, at + length};
}

/* A copy whose first octet is the first behind an inaccessible page. */
static inline struct bytes guarded_front(const void *data, size_t length)
{
	static uint8_t *area;

	if (!area) {
		area = guarded_map();
	}
	if (length > GUARDED_MAX) {
		abort();
	}
	if (length > 0) {
		memcpy(area, data, length);
	}
	return (struct bytes){area, area + length};
}

static inline struct text guarded_text(const char *data, size_t length)
{
	return (struct text){(const char *)guarded(data, length).at, length};
}

static inline struct text guarded_string(const char *data)
{
	return guarded_text(data, strlen(data));
}

#endif
