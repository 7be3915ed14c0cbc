/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keys pressed during a call, sent as telephone events (RFC 4733).
 *
 * Data in:   media_events: what looks like an event, several packets for each key.
 * Data out:  the keys of each stream, in its list, allocated with its call.
 * Limits:    DIGITS_MAX keys per stream; more are dropped.
 *
 * A packet counts only where signalling calls its payload type telephone-event: four octets may
 * be anything. Packets with one timestamp are one key (RFC 4733 2.5.1.2).
 */
#ifndef TALKPATH_DIGITS_H
#define TALKPATH_DIGITS_H

#include "model.h"

enum { DIGITS_MAX = 64 };

void digits_take(struct desk *desk, const struct media_event *event);

/* "0" to "9", "*", "#", "A" to "D" */
char digit_character(uint8_t event);

#endif
