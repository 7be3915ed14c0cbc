/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The course of a stream for its record: bursts, delay variation, buffers, level, intervals.
 */
#ifndef TALKPATH_REPORT_COURSE_H
#define TALKPATH_REPORT_COURSE_H

#include "model.h"
#include "talkpath.h"

/* out->clock_rate_hz and out->packet_time_ms are there; the stream is measured. */
void report_course(const struct desk *desk, struct arena *arena, const struct desk_stream *s,
    struct tp_stream *out);

/* Without any figures. */
void report_course_unknown(struct tp_stream *out);

#endif
