/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parts of a multipart body (RFC 2046 section 5.1, RFC 5621).
 *
 * Data in:   a body and its Content-Type.
 * Data out:  its parts in `parts` of struct sip_message; a part that is multipart itself stands
 *            there and its own parts behind it.
 * Limits:    SIP_PARTS_MAX parts, SIP_PART_HEADERS_MAX header lines in each, nested once.
 */
#ifndef TALKPATH_SIP_BODY_H
#define TALKPATH_SIP_BODY_H

#include "sip.h"

enum { SIP_PART_HEADERS_MAX = 16, SIP_BOUNDARY_MAX = 70 }; /* RFC 2046 5.1.1 */

/* Says whether the body is encoded, and takes it apart where it is multipart. */
void sip_body_parse(struct sip_message *out);

#endif
