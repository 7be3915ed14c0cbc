/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A call's ladder, drawn: who sent what to whom, and when.
 *
 *     A 192.168.1.10   B 203.0.113.10
 *
 *     seconds  frame     A              B
 *       0.000  1         |------------->|  INVITE, SDP 192.168.1.10 port 16384
 *       0.102  2         |<-------------|  180 to INVITE
 */
#ifndef TALKPATH_CLI_LADDER_H
#define TALKPATH_CLI_LADDER_H

#include "talkpath.h"
#include "term.h"

void ladder_draw(const struct term *term, const struct tp_call *call);

#endif
