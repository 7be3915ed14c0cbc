/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Is a stream SRTP? By what both parties described, and whether DTLS shook hands on its flow.
 *
 * A profile of SRTP is a promise of both sides. Where keys are offered beside a plain profile
 * (RFC 8643) the answer decides. Where the two do not agree nothing is said.
 */
#ifndef TALKPATH_ENCRYPTION_H
#define TALKPATH_ENCRYPTION_H

#include "model.h"

enum encryption { ENCRYPTION_UNKNOWN, ENCRYPTION_NONE, ENCRYPTION_SRTP };

/* Before its descriptions are forgotten: what they say of the call's streams. */
void encryption_judge(struct desk *desk, const struct call *call);

#endif
