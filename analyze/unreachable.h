/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What calls were told by ICMP: which of their packets could not be delivered, by whom, and why.
 *
 * An error belongs to the call that claims the place the quoted packet went to, or whose
 * signalling goes there. Senders of ICMP limit its rate (RFC 1812 4.3.2.8), so a dozen may stand
 * for three hundred packets; and a few are no fault: a relay's first packets to a private
 * address before it learns a better one, RTCP that nobody listens for, media that comes a
 * little before its receiver is ready or after it has hung up.
 */
#ifndef TALKPATH_UNREACHABLE_H
#define TALKPATH_UNREACHABLE_H

#include "model.h"

/* An ICMP error. What concerns no call is counted under its name and forgotten. */
void unreachable_note(struct desk *desk, const struct icmp_notice *notice);

/*
 * The stream was answered with "unreachable", about its own addresses and ports, for three seconds
 * at least and until its end or the call's; NULL otherwise.
 */
const struct unreachable *unreachable_of_stream(
    const struct call *call, const struct desk_stream *stream);

/* The same of whatever media went to a place that is seen at no stream. */
const struct unreachable *unreachable_of_place(const struct call *call, const struct endpoint *at);

#endif
