/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The detectors. Each looks at one call when it is closed (or at an exchange that is given up)
 * and opens findings. docs/detection.md says what each proves, and what it must not take for it.
 */
#ifndef TALKPATH_DETECT_H
#define TALKPATH_DETECT_H

#include "model.h"

/*
 * sip-alg: the same message, one hop apart, with other addresses in it. Also learns from such
 * pairs on which side of whose NAT the vantages are.
 */
void detect_sip_alg(struct desk *desk, struct call *call);

/* one-way-audio: media one way and, agreed but absent, not the other. After detect_sip_alg. */
void detect_one_way(struct desk *desk, struct call *call);

#endif
