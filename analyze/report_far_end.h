/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the far end's view to the records of talkpath.h: RTCP of streams, voice reports of calls.
 *
 * Records live in the arena given. Values that their author calls unknown are left out.
 */
#ifndef TALKPATH_REPORT_FAR_END_H
#define TALKPATH_REPORT_FAR_END_H

#include "model.h"
#include "talkpath.h"

/* NULL where no RTCP spoke of the stream. clock_rate_hz: 0 where unknown. */
const struct tp_rtcp *report_rtcp(const struct desk *desk, struct arena *arena,
    const struct desk_stream *s, uint32_t clock_rate_hz);

const struct tp_voice_report *report_voice(
    const struct desk *desk, struct arena *arena, const struct call *call, size_t *count);

#endif
