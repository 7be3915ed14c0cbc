/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Now and then the level of a packet's speech, as one octet of its media_packet.
 *
 * Which packets is decided by their sequence numbers, as with prints (packet_print.h): one in 64,
 * so that the cost per packet is small and the answer the same however the packets are spread over
 * threads.
 */
#ifndef TALKPATH_LOUDNESS_H
#define TALKPATH_LOUDNESS_H

#include "bytes.h"

enum { LOUDNESS_EVERY_G722 = 128 /* a decoder's work, a hundred times that of a table */ };

/* MEDIA_LEVEL_NONE, MEDIA_LEVEL_SILENT, or MEDIA_LEVEL_FULL and the dB below overload. */
uint8_t loudness_of(uint8_t payload_type, uint16_t sequence, struct bytes payload);

#endif
