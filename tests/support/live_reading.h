/* SPDX-License-Identifier: Apache-2.0 */
/* Reading live sources, to the last packet that is on its way. */
#ifndef TALKPATH_TEST_LIVE_READING_H
#define TALKPATH_TEST_LIVE_READING_H

#include <criterion/criterion.h>
#include <poll.h>
#include <time.h>

#include "source.h"

/* The next burst; what source_read() answers once nothing came for 100 ms. */
static inline int burst(struct source *source, struct packet out[PACKET_BURST])
{
	struct pollfd wait = {.fd = source->wait_fd, .events = POLLIN};
	int count;

	while ((count = source_read(source, out)) == SOURCE_IDLE) {
		if (poll(&wait, 1, 100) == 0) {
			return source_read(source, out);
		}
	}
	return count;
}

static inline uint64_t read_all(struct source *source)
{
	struct packet packets[PACKET_BURST];
	uint64_t read = 0;
	int count;

	while ((count = burst(source, packets)) > 0) {
		read += (unsigned)count;
	}
	cr_assert(count == SOURCE_IDLE, "%s", source->error.reason);
	return read;
}

static inline int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

#endif
