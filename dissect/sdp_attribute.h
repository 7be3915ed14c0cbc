/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The a= lines of a session description.
 *
 * Data in:   the value of the line, behind "a=".
 * Data out:  the fields of the session, or of its last media description.
 */
#ifndef TALKPATH_SDP_ATTRIBUTE_H
#define TALKPATH_SDP_ATTRIBUTE_H

#include "sdp.h"

/* media: the description that the line stands in; NULL for the session. */
enum dissect_result sdp_attribute_parse(struct sdp *out, struct sdp_media *media, struct text line);

#endif
