/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The far end's view: what RTCP says of the streams that pass here.
 *
 * Data in:   RTCP datagrams in the desk's order.
 * Data out:  of each stream what its receiver reports (desk_stream.remote), what its sender says
 *            of itself and how far both are (desk_stream.notes and round_trip_ms); of each call,
 * that its parties report at all (observation.rtcp). Threading: the desk's thread.
 *
 * A report finds its stream by SSRC among those of its vantage, and of several by who suits it
 * best: both ends of the datagram are those of the stream, or RTCP ports above them; one end is;
 * both addresses are, where a NAT has moved the ports; the reporter is known, by SSRC or CNAME,
 * as who sends the other way. The last two must leave no choice.
 */
#ifndef TALKPATH_FAR_END_H
#define TALKPATH_FAR_END_H

#include "model.h"

/* Of a stream of which nothing is known. */
extern const struct far_view far_end_silent;

/*
 * Of the whole path: the sum of its halves; NAN where one is not known. It is asked for seldom, and
 * samples come with each report.
 */
double far_end_round_trip_ms(const struct desk_stream *s);

/* RTCP said something of it, or of what it goes to. */
bool far_end_is_known(const struct desk_stream *s);

/* An RTCP datagram, sound or not. */
void far_end_rtcp(struct desk *desk, const struct signal *signal);

/* Between the capture point and where the stream goes, there and back; false if unknown. */
bool far_end_half_trip(const struct desk *desk, const struct desk_stream *s, int64_t *half_ns);

#endif
