/* SPDX-License-Identifier: Apache-2.0 */
#include "tcp.h"

#include "expect.h"
#include "octets.h"

/* RFC 9293 section 3.1, with a maximum segment size (3.2) and its padding. */
#define HEADER                                                                \
	"13 c4 9c 40  fe dc ba 98  00 00 00 02  %x0 %02x 20 00  00 00 00 00 " \
	"02 04 05 b4  01 01 01 00  de ad"

static enum dissect_result parse(struct tcp *tcp, unsigned offset, unsigned flags)
{
	char hex[256];

	(void)snprintf(hex, sizeof(hex), HEADER, offset, flags);
	return tcp_parse(tcp, guarded_hex(hex));
}

Test(tcp, header_of_rfc_9293)
{
	struct tcp tcp;

	expect_result(parse(&tcp, 7, 0x18), "ok");
	expect_number(tcp.src_port, 5060);
	expect_number(tcp.dst_port, 40000);
	expect_number(tcp.sequence, 0xfedcba98LL);
	expect_number(tcp.flags, 0x18);
	expect_number(tcp.header_length, 28);
	expect_number(bytes_left(&tcp.payload), 2);
	expect_number(tcp.payload.at[0], 0xde);
}

Test(tcp, each_data_offset)
{
	for (unsigned offset = 0; offset < 16; offset++) {
		struct tcp tcp;

		expect_result(parse(&tcp, offset, 0), offset < 5    ? "tcp_header_length"
						      : offset <= 7 ? "ok"
								    : "tcp_short");
		if (offset >= 5 && offset <= 7) {
			expect_number(bytes_left(&tcp.payload), 30 - offset * 4);
		}
	}
}

Test(tcp, each_flag)
{
	static const struct {
		enum tcp_flag flag;
		unsigned bit;
	} rows[] = {{TCP_FIN, 0}, {TCP_SYN, 1}, {TCP_RST, 2}, {TCP_ACK, 4}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct tcp tcp;

		expect_result(parse(&tcp, 5, 1U << rows[i].bit), "ok");
		expect_number(tcp.flags, rows[i].flag);
	}
}

Test(tcp, every_truncation)
{
	char hex[256];
	struct octets o;

	(void)snprintf(hex, sizeof(hex), HEADER, 7, 0);
	o = octets(hex);
	for (size_t n = 0; n <= o.length; n++) {
		struct tcp tcp;

		expect_result(tcp_parse(&tcp, guarded(o.at, n)), n < 28 ? "tcp_short" : "ok");
	}
}
