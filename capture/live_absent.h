/* SPDX-License-Identifier: Apache-2.0 */
/* A kind of live source that is not built: both of its halves refuse, with what to do. */
#ifndef TALKPATH_LIVE_ABSENT_H
#define TALKPATH_LIVE_ABSENT_H

#include "live_kinds.h"

#define LIVE_ABSENT_WHY                                                                       \
	"this talkpath was built without %s: sources (-D%s=ON builds them); pcap: reads the " \
	"same packets"

#define LIVE_ABSENT(prefix, name, option)                                                    \
	bool prefix##_open(                                                                  \
	    const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])    \
	{                                                                                    \
		(void)spec;                                                                  \
		fds[0] = -1; /* none */                                                      \
		return live_refuse(out, LIVE_ABSENT_WHY, name, option);                      \
	}                                                                                    \
	struct source *prefix##_source_new(const struct live_spec *spec,                     \
	    const struct live_opened *opened, const int fds[LIVE_FDS_MAX], uint16_t capture, \
	    struct source_error *error)                                                      \
	{                                                                                    \
		(void)spec;                                                                  \
		(void)opened;                                                                \
		(void)fds;                                                                   \
		(void)capture;                                                               \
		source_fail(error, LIVE_ABSENT_WHY, name, option);                           \
		return NULL;                                                                 \
	}

#endif
