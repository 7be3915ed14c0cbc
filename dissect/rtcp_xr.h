/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RTCP extended reports (RFC 3611): blocks of types 1 to 7.
 *
 * Data in:   the body of one XR packet, from its SSRC on.
 * Data out:  its blocks; of run-length and receipt-time blocks the range and the size only.
 * Limits:    the enum below; what is beyond is walked over. Unknown blocks are counted.
 *
 * Each block lies in a cursor of its own. A block that does not hold what its type asks for is
 * a defect; one that reaches beyond the packet ends the walk, and is a defect too.
 */
#ifndef TALKPATH_RTCP_XR_H
#define TALKPATH_RTCP_XR_H

#include "bytes.h"
#include "result.h"

enum {
	RTCP_XR_BLOCKS_MAX = 64,
	RTCP_XR_RANGES_MAX = 8,
	RTCP_XR_DELAYS_MAX = 16,
	RTCP_XR_STATISTICS_MAX = 4,
	RTCP_XR_VOIP_MAX = 4
};

enum rtcp_xr_type {
	RTCP_XR_LOSS_RLE = 1,
	RTCP_XR_DUPLICATE_RLE = 2,
	RTCP_XR_RECEIPT_TIMES = 3,
	RTCP_XR_REFERENCE_TIME = 4,
	RTCP_XR_DLRR = 5,
	RTCP_XR_STATISTICS = 6,
	RTCP_XR_VOIP = 7
};

/* RFC 3611 sections 4.1 to 4.3 */
struct rtcp_xr_range {
	enum rtcp_xr_type type;
	uint32_t ssrc;
	uint8_t thinning;
	uint16_t begin, end; /* sequence numbers, the end not included */
	uint16_t items;      /* chunks without the null that fills up, or receipt times */
};

/* RFC 3611 section 4.5: how long ago the reference time of this receiver came */
struct rtcp_xr_delay {
	uint32_t ssrc;
	uint32_t last_rr; /* middle 32 bits of its NTP time; 0 for none */
	uint32_t delay;   /* in 1/65536 s */
};

/* RFC 3611 section 4.6; jitter in timestamp units */
struct rtcp_xr_statistics {
	uint32_t ssrc;
	uint16_t begin, end;
	bool has_loss, has_duplicates, has_jitter, has_ttl;
	bool ipv6; /* hop limits, not TTLs */
	uint32_t lost, duplicates;
	uint32_t jitter_min, jitter_max, jitter_mean, jitter_deviation;
	uint8_t ttl_min, ttl_max, ttl_mean, ttl_deviation;
};

enum { RTCP_XR_UNKNOWN = 127 }; /* levels, RERL, R factors and MOS that the sender has not */

/* RFC 3611 section 4.7 */
struct rtcp_xr_voip {
	uint32_t ssrc;
	uint8_t loss_rate, discard_rate;    /* in 1/256 */
	uint8_t burst_density, gap_density; /* in 1/256 */
	uint16_t burst_duration_ms, gap_duration_ms;
	uint16_t round_trip_delay_ms, end_system_delay_ms;
	int8_t signal_level_dbm0, noise_level_dbm0;
	uint8_t rerl_db, gmin;
	uint8_t r_factor, ext_r_factor;
	uint8_t mos_lq, mos_cq; /* in 1/10 */
	uint8_t plc;            /* 0 unspecified, 1 disabled, 2 enhanced, 3 standard */
	uint8_t buffer_kind;    /* 0 unknown, 1 reserved, 2 fixed, 3 adaptive */
	uint8_t buffer_rate;
	uint16_t buffer_nominal_ms, buffer_maximum_ms, buffer_limit_ms;
};

struct rtcp_xr {
	uint32_t ssrc;       /* of the sender */
	bool reference_time; /* ntp_time holds (section 4.4) */
	uint64_t ntp_time;
	uint8_t range_count, delay_count, statistics_count, voip_count;
	uint8_t unknown_count;
	struct rtcp_xr_range ranges[RTCP_XR_RANGES_MAX];
	struct rtcp_xr_delay delays[RTCP_XR_DELAYS_MAX];
	struct rtcp_xr_statistics statistics[RTCP_XR_STATISTICS_MAX];
	struct rtcp_xr_voip voip[RTCP_XR_VOIP_MAX];
	struct dissect_defects defects;
};

enum dissect_result rtcp_xr_parse(struct rtcp_xr *out, struct bytes in);

#endif
