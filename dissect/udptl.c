/* SPDX-License-Identifier: Apache-2.0 */
#include "udptl.h"

enum {
	LENGTH_LONG = 0x80, /* two octets, X.691 10.9.3.7 */
	LENGTH_FRAGMENTED = 0x40,
	IFP_HAS_DATA = 0x80,
	IFP_IS_DATA = 0x40,
	IFP_EXTENDED = 0x20,
	IFP_PADDING = 0x01,
	DATA_TYPE_LAST = 8, /* v17-14400: the last of those before the extension */
	RECOVERY_FEC = 0x80
};

/* What comes behind its length; fragments are for what no datagram holds. */
static bool open_type_take(struct bytes *in, struct bytes *out)
{
	const uint8_t *p = bytes_take(in, 1);
	size_t length;

	if (!p) {
		return false;
	}
	length = *p;
	if (length & LENGTH_LONG) {
		const uint8_t *low = bytes_take(in, 1);

		if (!low || length & LENGTH_FRAGMENTED) {
			return false;
		}
		length = (length & 0x3f) << 8 | *low;
	}
	return bytes_child(in, length, out);
}

/* T.38 7.2: an indicator stands alone; data names its modulation, and most often has fields. */
static bool ifp_shape(struct bytes in)
{
	const uint8_t *p = bytes_take(&in, 1);

	if (!p) {
		return false;
	}
	if (*p & IFP_EXTENDED) {
		return bytes_left(&in) > 0;
	}
	if (*p & IFP_PADDING) {
		return false;
	}
	if (*p & IFP_IS_DATA) {
		return (*p >> 1 & 15) <= DATA_TYPE_LAST &&
		       (bytes_left(&in) > 0) == ((*p & IFP_HAS_DATA) != 0);
	}
	return !(*p & IFP_HAS_DATA) && bytes_left(&in) == 0;
}

/* So many parts, each behind its length: packets sent before, or parity. */
static bool parts_shape(struct bytes *in)
{
	const uint8_t *count = bytes_take(in, 1);
	struct bytes part;

	if (!count || *count & LENGTH_LONG) {
		return false;
	}
	for (unsigned i = 0; i < *count; i++) {
		if (!open_type_take(in, &part)) {
			return false;
		}
	}
	return true;
}

bool udptl_shape(struct bytes in, uint16_t *sequence)
{
	const uint8_t *number = bytes_take(&in, 2), *recovery;
	struct bytes ifp, packets;

	if (!number || !open_type_take(&in, &ifp) || !ifp_shape(ifp)) {
		return false;
	}
	recovery = bytes_take(&in, 1);
	if (!recovery || (*recovery & ~RECOVERY_FEC) != 0) {
		return false;
	}
	if (*recovery == RECOVERY_FEC &&
	    (!open_type_take(&in, &packets) || bytes_left(&packets) == 0)) {
		return false;
	}
	*sequence = load_be16(number);
	return parts_shape(&in) && bytes_left(&in) == 0;
}
