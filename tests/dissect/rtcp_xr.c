/* SPDX-License-Identifier: Apache-2.0 */
#include "rtcp_xr.h"

#include "data.h"
#include "expect.h"
#include "octets.h"

#define FROM "00 00 33 33 "
/* RFC 3611 section 4.7 */
#define VOIP                                                               \
	"07 00 00 08  00 00 11 11  0a 05 14 02  00 78 13 88  00 64 00 32 " \
	"ec c4 37 10  5d 7f 2a 29  b7 00 00 3c  00 50 00 c8 "
#define REFERENCE "04 00 00 02  e4 a1 b2 c3  d4 e5 f6 07 "
#define DELAYS                                                                                    \
	"05 00 00 06  00 00 22 22  b2 c3 d4 e5  00 01 80 00  00 00 44 44  00 00 00 00  00 00 00 " \
	"00 "
#define LOSSES "01 03 00 04  00 00 11 11  ff f0 00 10  40 03 81 23  00 00 00 00 "
#define TIMES  "03 00 00 04  00 00 11 11  00 01 00 03  00 00 00 0a  00 00 00 14 "
#define SUMMARY                                                                         \
	"06 e8 00 09  00 00 11 11  00 01 01 01  00 00 00 03  00 00 00 01  00 00 00 02 " \
	"00 00 00 40  00 00 00 10  00 00 00 08  3c 40 3e 01 "

static struct rtcp_xr parsed(const char *hex)
{
	struct rtcp_xr xr;

	expect_result(rtcp_xr_parse(&xr, guarded_hex(hex)), "ok");
	return xr;
}

static void defective(const char *hex, const char *defects)
{
	struct rtcp_xr xr = parsed(hex);

	expect_defects(&xr.defects, defects);
	expect_number(xr.voip_count + xr.delay_count + xr.statistics_count + xr.range_count, 0);
	cr_expect_not(xr.reference_time);
}

Test(rtcp_xr, voip_metrics)
{
	struct rtcp_xr xr = parsed(FROM VOIP);
	const struct rtcp_xr_voip *v = &xr.voip[0];

	expect_number(xr.ssrc, 0x3333);
	expect_number(xr.voip_count, 1);
	expect_number(v->ssrc, 0x1111);
	expect_number(v->loss_rate, 10);
	expect_number(v->discard_rate, 5);
	expect_number(v->burst_density, 20);
	expect_number(v->gap_density, 2);
	expect_number(v->burst_duration_ms, 120);
	expect_number(v->gap_duration_ms, 5000);
	expect_number(v->round_trip_delay_ms, 100);
	expect_number(v->end_system_delay_ms, 50);
	expect_number(v->signal_level_dbm0, -20);
	expect_number(v->noise_level_dbm0, -60);
	expect_number(v->rerl_db, 55);
	expect_number(v->gmin, 16);
	expect_number(v->r_factor, 93);
	expect_number(v->ext_r_factor, RTCP_XR_UNKNOWN);
	expect_number(v->mos_lq, 42);
	expect_number(v->mos_cq, 41);
	expect_number(v->plc, 2);
	expect_number(v->buffer_kind, 3);
	expect_number(v->buffer_rate, 7);
	expect_number(v->buffer_nominal_ms, 60);
	expect_number(v->buffer_maximum_ms, 80);
	expect_number(v->buffer_limit_ms, 200);
}

/* RFC 3611 sections 4.4, 4.5 */
Test(rtcp_xr, times_of_receivers)
{
	struct rtcp_xr xr = parsed(FROM REFERENCE DELAYS);

	cr_expect(xr.reference_time);
	cr_expect_eq(xr.ntp_time, 0xe4a1b2c3d4e5f607ULL);
	expect_number(xr.delay_count, 2);
	expect_number(xr.delays[0].ssrc, 0x2222);
	expect_number(xr.delays[0].last_rr, 0xb2c3d4e5LL);
	expect_number(xr.delays[0].delay, 0x18000);
	expect_number(xr.delays[1].last_rr, 0);
}

/* RFC 3611 sections 4.1 to 4.3: a null chunk fills up and counts for nothing. */
Test(rtcp_xr, ranges)
{
	struct rtcp_xr xr =
	    parsed(FROM LOSSES TIMES "02 00 00 03  00 00 11 11  00 01 00 02  40 01 00 00 ");

	expect_number(xr.range_count, 3);
	expect_number(xr.ranges[0].type, RTCP_XR_LOSS_RLE);
	expect_number(xr.ranges[0].thinning, 3);
	expect_number(xr.ranges[0].begin, 0xfff0);
	expect_number(xr.ranges[0].end, 0x10);
	expect_number(xr.ranges[0].items, 2);
	expect_number(xr.ranges[1].type, RTCP_XR_RECEIPT_TIMES);
	expect_number(xr.ranges[1].items, 2);
	expect_number(xr.ranges[2].type, RTCP_XR_DUPLICATE_RLE);
	expect_number(xr.ranges[2].items, 1);
}

/* RFC 3611 section 4.6 */
Test(rtcp_xr, statistics)
{
	struct rtcp_xr xr = parsed(FROM SUMMARY);
	const struct rtcp_xr_statistics *s = &xr.statistics[0];

	expect_number(xr.statistics_count, 1);
	cr_expect(s->has_loss && s->has_duplicates && s->has_jitter && s->has_ttl && !s->ipv6);
	expect_number(s->begin, 1);
	expect_number(s->end, 0x101);
	expect_number(s->lost, 3);
	expect_number(s->duplicates, 1);
	expect_number(s->jitter_min, 2);
	expect_number(s->jitter_max, 64);
	expect_number(s->jitter_mean, 16);
	expect_number(s->jitter_deviation, 8);
	expect_number(s->ttl_min, 60);
	expect_number(s->ttl_max, 64);
	expect_number(s->ttl_mean, 62);
	expect_number(s->ttl_deviation, 1);
}

Test(rtcp_xr, unknown_blocks_are_skipped_by_their_length)
{
	struct rtcp_xr xr = parsed(FROM "1e 00 00 01  07 00 00 08  00 00 00 00 " VOIP);

	expect_number(xr.unknown_count, 2);
	expect_number(xr.voip_count, 1);
	expect_defects(&xr.defects, "");
}

/* A block ends where its own length says, and cannot reach its neighbour. */
Test(rtcp_xr, blocks_of_wrong_length)
{
	defective(FROM "01 00 00 01  00 00 11 11 ", "rtcp_xr_block");
	defective(FROM "04 00 00 01  e4 a1 b2 c3 ", "rtcp_xr_block");
	defective(FROM "04 00 00 03  00 00 00 00  00 00 00 00  00 00 00 00 ", "rtcp_xr_block");
	defective(FROM "05 00 00 02  00 00 00 00  00 00 00 00 ", "rtcp_xr_block");
	defective(FROM "06 e8 00 01  00 00 11 11 ", "rtcp_xr_block");
	defective(FROM "07 00 00 07  00 00 11 11  00 00 00 00  00 00 00 00  00 00 00 00 "
		       "00 00 00 00  00 00 00 00  00 00 00 00 ",
	    "rtcp_xr_block");
}

Test(rtcp_xr, blocks_beyond_the_packet)
{
	struct rtcp_xr xr;

	defective(FROM "07 00 ", "rtcp_xr");
	defective(FROM "07 00 ff ff ", "rtcp_xr");
	expect_result(rtcp_xr_parse(&xr, guarded_hex("00 00 33 ")), "rtcp_xr");
}

Test(rtcp_xr, as_many_as_are_kept)
{
	struct octets o = octets(FROM);
	struct rtcp_xr xr;

	for (int i = 0; i < RTCP_XR_VOIP_MAX + 1; i++) {
		octets_add(&o, VOIP);
		octets_add(&o, DELAYS DELAYS DELAYS DELAYS);
		octets_add(&o, LOSSES LOSSES SUMMARY);
	}
	expect_result(rtcp_xr_parse(&xr, guarded(o.at, o.length)), "ok");
	expect_number(xr.voip_count, RTCP_XR_VOIP_MAX);
	expect_number(xr.delay_count, RTCP_XR_DELAYS_MAX);
	expect_number(xr.statistics_count, RTCP_XR_STATISTICS_MAX);
	expect_number(xr.range_count, RTCP_XR_RANGES_MAX);
}

Test(rtcp_xr, every_truncation)
{
	struct octets o = octets(FROM VOIP REFERENCE DELAYS LOSSES TIMES SUMMARY);
	static const size_t ends[] = {4, 40, 52, 80, 100, 120, 160};

	cr_assert_eq(o.length, 160);
	for (size_t n = 4, whole = 0; n <= o.length; n++) {
		struct rtcp_xr xr;

		expect_result(rtcp_xr_parse(&xr, guarded(o.at, n)), "ok");
		whole += whole + 1 < 7 && n == ends[whole + 1];
		expect_defects(&xr.defects, n == ends[whole] ? "" : "rtcp_xr");
		expect_number(xr.voip_count, n >= 40);
		expect_number(xr.delay_count, n >= 80 ? 2 : 0);
		expect_number(xr.statistics_count, n >= 160);
	}
}
