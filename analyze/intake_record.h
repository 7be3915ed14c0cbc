/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the intake tells the desk: records that the packet at hand causes.
 *
 * Data in:   which kind of record, and how long it is.
 * Data out:  room for it in the sink of the call, with its header written; NULL where there is no
 *            memory, which is counted.
 * Threading: the intake's.
 */
#ifndef TALKPATH_INTAKE_RECORD_H
#define TALKPATH_INTAKE_RECORD_H

#include "intake.h"

/* The last eight of its octets are zero, for those that fill it up; the others say nothing yet. */
void *intake_record_begin(struct intake *intake, enum record_kind kind, size_t length);

/* All of it is zero but for its header. */
void *intake_record_room(struct intake *intake, enum record_kind kind, size_t length);

/* A record of what `head` says and these octets; frames: NULL for those of one packet. */
void intake_signal_put(struct intake *intake, enum record_kind kind, const struct signal *head,
    struct bytes octets, const struct frame_list *frames);

/*
 * SIP as nearly all of it comes: in one datagram over IPv4 and Ethernet, captured whole. The full
 * decoder makes the same of it. False where this is something else, or may be.
 */
bool intake_message_take(struct intake *intake, const struct packet *packet);

#endif
