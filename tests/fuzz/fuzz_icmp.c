/* SPDX-License-Identifier: Apache-2.0 */
/* ICMP errors of both families. Input: an octet that chooses the family, the message. */
#include "fuzz.h"
#include "icmp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	bool ipv6 = fuzz_octet(&in) & 1;
	struct icmp icmp;
	enum dissect_result result = ipv6 ? icmpv6_parse(&icmp, in) : icmp_parse(&icmp, in);

	require(result == DISSECT_OK || result == SKIPPED_ICMP || result == MALFORMED_ICMP_SHORT ||
		result == MALFORMED_ICMP_QUOTE);
	if (result == DISSECT_OK) {
		require(icmp_name(ipv6, icmp.type, icmp.code)[0]);
		require(icmp.has_ports || (icmp.src.port == 0 && icmp.dst.port == 0));
		require(icmp.kind == ICMP_TOO_BIG || icmp.next_hop_mtu == 0);
		require(address_is_ipv4(&icmp.src.address) || ipv6);
	}
	return 0;
}
