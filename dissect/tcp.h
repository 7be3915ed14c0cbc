/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TCP headers (RFC 9293 section 3.1).
 *
 * Data in:   an IP payload.
 * Data out:  ports, sequence number, flags, and a cursor behind the options.
 */
#ifndef TALKPATH_TCP_H
#define TALKPATH_TCP_H

#include "bytes.h"
#include "result.h"

enum tcp_flag { TCP_FIN = 0x01, TCP_SYN = 0x02, TCP_RST = 0x04, TCP_ACK = 0x10 };

struct tcp {
	uint16_t src_port, dst_port;
	uint32_t sequence;        /* of the first octet of payload, or of the SYN */
	uint32_t acknowledgement; /* with TCP_ACK: the next octet expected */
	uint8_t flags;            /* enum tcp_flag */
	uint8_t header_length;
	struct bytes payload;
};

enum dissect_result tcp_parse(struct tcp *out, struct bytes in);

#endif
