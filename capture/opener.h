/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The channel between the process that opens live sources and the one that reads them.
 *
 * Each source has a channel of its own, a pair of sockets that carry whole messages. The reader
 * asks; the opener answers with a struct live_opened and the descriptors that belong to it, for the
 * source of that channel and no other. It may also offer the same unasked. Neither ever waits for
 * the other: what a reader does not take is not told.
 *
 * Ownership: descriptors that were taken are the taker's; the opener keeps none.
 * Threading: one thread at each end.
 */
#ifndef TALKPATH_OPENER_H
#define TALKPATH_OPENER_H

#include "live.h"

/* --- the opener's end --- */

/* Once the channel is readable: answer. False where the other end is gone. */
bool opener_answer(int channel, const struct live_spec *spec);

/*
 * Have the source opened anew, without having been asked: with another one beside it; or, where
 * there cannot be two, by telling that it is to be closed and asked for.
 */
void opener_offer(int channel, const struct live_spec *spec);

/* --- the reader's end --- */

enum opener_news {
	OPENER_SILENT,
	OPENER_TOLD, /* *opened, and fds where that is ok */
	OPENER_GONE
};

bool opener_ask(int channel);

/* What there is, after timeout_ms at the latest; negative: however long it takes. */
enum opener_news opener_take(
    int channel, int timeout_ms, struct live_opened *opened, int fds[LIVE_FDS_MAX]);

/* Descriptors that nobody wants. */
void opener_drop(const struct live_opened *opened, const int fds[LIVE_FDS_MAX]);

#endif
