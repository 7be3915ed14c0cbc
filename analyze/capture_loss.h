/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Packets that were on the wire and are not in the capture: a mirror port that had no room, a
 * capture buffer that was full. Seconds in which that is proven say nothing about calls.
 *
 * Data in:   capture_loss_note() by who can prove it; what TCP acknowledged and was never seen;
 *            counters of the source.
 * Data out:  capture_lost().
 * Ownership: the desk. Threading: the desk's thread.
 * Limits:    CAPTURE_LOSS_SPANS of each capture, apart by more than a second; the oldest goes.
 */
#ifndef TALKPATH_CAPTURE_LOSS_H
#define TALKPATH_CAPTURE_LOSS_H

#include "model.h"

enum { CAPTURE_LOSS_SPANS = 128 };

struct capture_losses;

/* NULL where memory is short. */
struct capture_losses *capture_losses_new(void);
void capture_losses_free(struct capture_losses *all);

/* It is proven that packets of this time are missing in the capture. */
void capture_loss_note(struct desk *desk, uint16_t capture, int64_t from_ns, int64_t to_ns);

/*
 * Is anything of this time proven to be missing? Then what seems lost may never have been. Known
 * after detect_capture_loss() of the call at hand, and for the time of calls closed before it.
 */
bool capture_lost(const struct desk *desk, uint16_t capture, int64_t from_ns, int64_t to_ns);

/* More came than a live capture could take, in this time; or its interface was away. */
void capture_loss_dropped(struct desk *desk, const struct media_dropped *dropped);

/* The same at the end of a capture, with what it came to in all. */
void capture_loss_end(struct desk *desk, const struct media_dropped *dropped);

/* TCP data that was acknowledged and never seen. */
void capture_loss_tcp(struct desk *desk, const struct tcp_missed *missed);

#endif
