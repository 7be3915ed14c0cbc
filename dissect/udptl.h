/* SPDX-License-Identifier: Apache-2.0 */
/*
 * UDPTL, the packets that carry a fax over UDP (ITU-T T.38 section 9): recognised, not read.
 *
 * Data in:   one whole UDP payload.
 * Data out:  whether all of it is one packet, and its sequence number.
 * Limits:    127 parts of error recovery.
 *
 * UDPTL has nothing that names it. A payload of which every length fits to the last octet, in a
 * flow of rising sequence numbers, may be one; that it is, only the session description says.
 */
#ifndef TALKPATH_UDPTL_H
#define TALKPATH_UDPTL_H

#include "bytes.h"

bool udptl_shape(struct bytes in, uint16_t *sequence);

#endif
