/* SPDX-License-Identifier: Apache-2.0 */
/*
 * DTLS records (RFC 6347, RFC 9147), recognised and not opened: media on a flow that had a
 * handshake is SRTP (RFC 5764).
 *
 * Data in: one UDP payload. Data out: yes or no.
 */
#ifndef TALKPATH_DTLS_H
#define TALKPATH_DTLS_H

#include "bytes.h"

/* Content type 20..63 (RFC 7983), version 254.255 or 254.253, and a whole record header. */
bool dtls_shape(struct bytes in);

/* A handshake in the clear: its record is whole, of epoch 0, and holds a known message. */
bool dtls_is_handshake(struct bytes in);

#endif
