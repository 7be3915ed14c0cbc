/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a UDP payload is, by its content and never by its port (RFC 7983, RFC 5761).
 */
#ifndef TALKPATH_CLASSIFY_H
#define TALKPATH_CLASSIFY_H

#include "bytes.h"
#include "result.h"

enum payload_kind {
	PAYLOAD_OTHER,
	PAYLOAD_RTP,
	PAYLOAD_RTCP,
	PAYLOAD_SIP,
	PAYLOAD_STUN,
	PAYLOAD_CHANNEL_DATA /* if the flow, or what is inside, bears it out */
};

/* *reason says under which name a payload of kind OTHER is counted. */
enum payload_kind payload_classify(struct bytes in, enum dissect_result *reason);

#endif
