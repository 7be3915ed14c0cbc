/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a stream of the desk to its record of talkpath.h: what it carried, how it went, its rating.
 *
 * What the record points at lives in the arena given, or as long as the desk.
 */
#ifndef TALKPATH_REPORT_STREAM_H
#define TALKPATH_REPORT_STREAM_H

#include "model.h"
#include "talkpath.h"

struct tp_stream report_stream(struct desk *desk, struct arena *arena, const struct desk_stream *s);

#endif
