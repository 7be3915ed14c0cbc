/* SPDX-License-Identifier: Apache-2.0 */
#include "dtls.h"

enum { RECORD_HEADER_LENGTH = 13, MESSAGE_HEADER_LENGTH = 12, CONTENT_HANDSHAKE = 22 };

bool dtls_shape(struct bytes in)
{
	const uint8_t *p = bytes_take(&in, RECORD_HEADER_LENGTH);

	return p && p[0] >= 20 && p[0] <= 63 && p[1] == 0xfe && (p[2] == 0xff || p[2] == 0xfd);
}

/* RFC 6347 4.3.2: hello_request to hello_verify_request, certificate to finished. */
static bool is_message_type(uint8_t type)
{
	return type <= 4 || (type >= 11 && type <= 16) || (type >= 20 && type <= 22);
}

bool dtls_is_handshake(struct bytes in)
{
	const uint8_t *p;

	if (!dtls_shape(in)) {
		return false;
	}
	p = bytes_take(&in, RECORD_HEADER_LENGTH);
	return p[0] == CONTENT_HANDSHAKE && load_be16(p + 3) == 0 &&
	       load_be16(p + 11) >= MESSAGE_HEADER_LENGTH && load_be16(p + 11) <= bytes_left(&in) &&
	       is_message_type(in.at[0]);
}
