/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Voice quality reports of endpoints (RFC 6035): bodies of type application/vq-rtcpxr.
 *
 * Data in:   the body of a PUBLISH or NOTIFY.
 * Data out:  slices of it, and its numbers in thousandths.
 * Limits:    VOICE_REPORT_LINES_MAX lines, VOICE_REPORT_VALUES_MAX values in each.
 *
 * Devices write dialects: names in any case, "=" for ":", session lines among the metrics,
 * metrics under "Metrics:", two values without a blank between them ("JBM=20JBX=240"), and an
 * SSRC in decimal or in hexadecimal digits with or without "0x". All of that is read. Lines and
 * values of unknown name are skipped.
 */
#ifndef TALKPATH_VOICE_REPORT_H
#define TALKPATH_VOICE_REPORT_H

#include "address.h"
#include "bytes.h"
#include "result.h"
#include "text.h"

enum { VOICE_REPORT_LINES_MAX = 128, VOICE_REPORT_VALUES_MAX = 24, VOICE_SSRC_READINGS = 2 };

enum voice_report_kind { VOICE_REPORT_SESSION, VOICE_REPORT_INTERVAL, VOICE_REPORT_ALERT };

/* RFC 6035 section 4.6.2, in the order of its text; names as devices write them. */
#define VOICE_VALUES(X)                      \
	X(VOICE_PAYLOAD_TYPE, "PT")          \
	X(VOICE_SAMPLE_RATE, "SR")           \
	X(VOICE_FRAME_DURATION, "FD")        \
	X(VOICE_FRAME_OCTETS, "FO")          \
	X(VOICE_FRAMES_PER_PACKET, "FPP")    \
	X(VOICE_PACKETS_PER_SECOND, "PPS")   \
	X(VOICE_PLC, "PLC")                  \
	X(VOICE_BUFFER_KIND, "JBA")          \
	X(VOICE_BUFFER_RATE, "JBR")          \
	X(VOICE_BUFFER_NOMINAL, "JBN")       \
	X(VOICE_BUFFER_MAXIMUM, "JBM")       \
	X(VOICE_BUFFER_LIMIT, "JBX")         \
	X(VOICE_LOSS, "NLR")                 \
	X(VOICE_DISCARD, "JDR")              \
	X(VOICE_BURST_DENSITY, "BLD")        \
	X(VOICE_BURST_DURATION, "BD")        \
	X(VOICE_GAP_DENSITY, "GLD")          \
	X(VOICE_GAP_DURATION, "GD")          \
	X(VOICE_GMIN, "GMIN")                \
	X(VOICE_ROUND_TRIP, "RTD")           \
	X(VOICE_END_SYSTEM, "ESD")           \
	X(VOICE_ONE_WAY, "OWD")              \
	X(VOICE_SYMMETRIC_ONE_WAY, "SOWD")   \
	X(VOICE_JITTER, "IAJ")               \
	X(VOICE_MEAN_ABSOLUTE_JITTER, "MAJ") \
	X(VOICE_SIGNAL, "SL")                \
	X(VOICE_NOISE, "NL")                 \
	X(VOICE_RERL, "RERL")                \
	X(VOICE_R_LISTENING, "RLQ")          \
	X(VOICE_R_CONVERSATIONAL, "RCQ")     \
	X(VOICE_R_EXTERNAL_IN, "EXTRI")      \
	X(VOICE_R_EXTERNAL_OUT, "EXTRO")     \
	X(VOICE_MOS_LISTENING, "MOSLQ")      \
	X(VOICE_MOS_CONVERSATIONAL, "MOSCQ")

enum voice_value {
#define VOICE_ENUM(value, name) value,
	VOICE_VALUES(VOICE_ENUM)
#undef VOICE_ENUM
	    VOICE_VALUE_COUNT
};

/* Of what one side receives. */
struct voice_metrics {
	bool present;
	uint64_t set; /* bit by enum voice_value */
	int32_t thousandths[VOICE_VALUE_COUNT];
	struct text codec;       /* PD */
	struct text start, stop; /* as written */
};

struct voice_endpoint {
	bool literal; /* `at` holds */
	struct endpoint at;
	uint8_t ssrc_count; /* digits alone may be decimal or hexadecimal: both readings */
	uint32_t ssrcs[VOICE_SSRC_READINGS];
};

struct voice_report {
	enum voice_report_kind kind;
	bool call_term; /* "VQSessionReport: CallTerm" */
	struct text call_id;
	struct text local_id, remote_id, orig_id;
	struct text dialog_call_id; /* of DialogID, without its tags */
	struct text alert_type, alert_severity, alert_direction;
	struct voice_endpoint local;   /* the reporter: where the stream of `received` ends */
	struct voice_endpoint remote;  /* its source, with its SSRC */
	struct voice_metrics received; /* LocalMetrics: what the local end receives */
	struct voice_metrics sent;     /* RemoteMetrics: what the remote end receives */
	struct dissect_defects defects;
};

enum dissect_result voice_report_parse(struct voice_report *out, struct bytes in);

#endif
