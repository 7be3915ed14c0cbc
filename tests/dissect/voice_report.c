/* SPDX-License-Identifier: Apache-2.0 */
#include "voice_report.h"

#include "data.h"
#include "expect.h"
#include "guarded.h"
#include "within.h"

/* In the form of RFC 6035 section 4.7.1. */
static const char session[] =
    "VQSessionReport: CallTerm\r\n"
    "CallID: 6dg37f1890463@example.com\r\n"
    "LocalID: Alice <sip:alice@example.org>\r\n"
    "RemoteID: Bill <sip:bill@example.net>\r\n"
    "OrigID: Alice <sip:alice@example.org>\r\n"
    "LocalGroup: a\r\n"
    "LocalAddr: IP=192.0.2.100 PORT=5000 SSRC=1a3b5c7d\r\n"
    "LocalMAC: 00:1f:5b:cc:21:0f\r\n"
    "RemoteAddr:IP=2001:db8::150 PORT=5002 SSRC=0x2468abcd\r\n"
    "LocalMetrics:\r\n"
    "Timestamps:START=2004-10-10T18:23:43Z STOP=2004-10-10T18:26:02Z\r\n"
    "SessionDesc:PT=18 PD=G729 SR=8000 FD=20 FO=20 FPP=2 PPS=50 FMTP=\"annexb=no; x=1\" PLC=3 "
    "SSUP=on\r\n"
    "JitterBuffer:JBA=3 JBR=2 JBN=40 JBM=80 JBX=120\r\n"
    "PacketLoss:NLR=5.25 JDR=2.0\r\n"
    "BurstGapLoss:BLD=0 BD=0 GLD=2.0 GD=500 GMIN=16\r\n"
    "Delay:RTD=200 ESD=140 SOWD=200 IAJ=2 MAJ=10\r\n"
    "Signal:SL=-18 NL=-50.5 RERL=55\r\n"
    "QualityEst:RLQ=90 RCQ=85 EXTRI=90 MOSLQ=4.2 MOSCQ=4.3 QoEEstAlg=P.564\r\n"
    "RemoteMetrics:\r\n"
    "PacketLoss:NLR=0.125 JDR=1\r\n"
    "DialogID:1890463548@example.com;to-tag=8472761;from-tag=9123dh311\r\n";

static struct voice_report parsed(const char *text, size_t length)
{
	struct voice_report r;

	expect_result(voice_report_parse(&r, guarded(text, length)), "ok");
	return r;
}

static void expect_value(const struct voice_metrics *m, enum voice_value value, int32_t thousandths)
{
	cr_expect(m->set >> value & 1, "value %d is not set", (int)value);
	expect_number(m->thousandths[value], thousandths);
}

Test(voice_report, session)
{
	struct voice_report r = parsed(session, sizeof(session) - 1);

	expect_number(r.kind, VOICE_REPORT_SESSION);
	cr_expect(r.call_term);
	expect_text(r.call_id, "6dg37f1890463@example.com");
	expect_text(r.local_id, "Alice <sip:alice@example.org>");
	expect_text(r.remote_id, "Bill <sip:bill@example.net>");
	expect_text(r.dialog_call_id, "1890463548@example.com");
	cr_expect(r.local.literal && r.remote.literal);
	expect_address(&r.local.at.address, "192.0.2.100");
	expect_number(r.local.at.port, 5000);
	expect_address(&r.remote.at.address, "2001:db8::150");
	expect_number(r.remote.at.port, 5002);
	expect_number(r.remote.ssrc_count, 1);
	expect_number(r.remote.ssrcs[0], 0x2468abcd);
	expect_defects(&r.defects, "");
}

Test(voice_report, metrics_of_both_sides)
{
	struct voice_report r = parsed(session, sizeof(session) - 1);

	cr_expect(r.received.present && r.sent.present);
	expect_text(r.received.codec, "G729");
	expect_text(r.received.start, "2004-10-10T18:23:43Z");
	expect_text(r.received.stop, "2004-10-10T18:26:02Z");
	expect_value(&r.received, VOICE_PAYLOAD_TYPE, 18000);
	expect_value(&r.received, VOICE_PLC, 3000);
	expect_value(&r.received, VOICE_BUFFER_LIMIT, 120000);
	expect_value(&r.received, VOICE_LOSS, 5250);
	expect_value(&r.received, VOICE_SYMMETRIC_ONE_WAY, 200000);
	expect_value(&r.received, VOICE_SIGNAL, -18000);
	expect_value(&r.received, VOICE_NOISE, -50500);
	expect_value(&r.received, VOICE_MOS_LISTENING, 4200);
	expect_value(&r.sent, VOICE_LOSS, 125);
	cr_expect_eq(r.sent.set, 1ULL << VOICE_LOSS | 1ULL << VOICE_DISCARD);
}

/* RFC 6035 4.6.2 asks for "0x"; its example has none; some write it in decimal. */
Test(voice_report, ssrc_readings)
{
	static const struct {
		const char *text;
		unsigned count;
		uint32_t first, second;
	} rows[] = {
	    {"0x2468abcd", 1, 0x2468abcd, 0},
	    {"0XCBE3450E", 1, 0xcbe3450e, 0},
	    {"1a3b5c7d", 1, 0x1a3b5c7d, 0},
	    {"3825483318", 1, 3825483318, 0},
	    {"12345678", 2, 12345678, 0x12345678},
	    {"4294967296", 0, 0, 0},
	    {"0x123456789", 0, 0, 0},
	    {"0x", 0, 0, 0},
	    {"xyz", 0, 0, 0},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char text[128];
		struct voice_report r;

		(void)snprintf(text, sizeof(text),
		    "VQSessionReport\nLocalAddr:IP=192.0.2.1 PORT=1 SSRC=%s", rows[i].text);
		r = parsed(text, strlen(text));
		cr_assert_eq(r.local.ssrc_count, rows[i].count, "%s", rows[i].text);
		cr_expect(rows[i].count < 1 || r.local.ssrcs[0] == rows[i].first);
		cr_expect(rows[i].count < 2 || r.local.ssrcs[1] == rows[i].second);
		expect_defects(&r.defects, rows[i].count ? "" : "voice_report_value");
	}
}

/* A blank that a device forgets; names in any case; "=" for ":"; metrics before any heading. */
Test(voice_report, dialects)
{
	static const char text[] =
	    "vqintervalreport\nCallID=1@a\n"
	    "JITTERBUFFER: jba=3 JBM=20JBX=240 JBN=7\nMetrics:\nDelay:RTD=3\n";
	struct voice_report r = parsed(text, sizeof(text) - 1);

	expect_number(r.kind, VOICE_REPORT_INTERVAL);
	expect_text(r.call_id, "1@a");
	expect_value(&r.received, VOICE_BUFFER_KIND, 3000);
	expect_value(&r.received, VOICE_BUFFER_MAXIMUM, 20000);
	expect_value(&r.received, VOICE_BUFFER_LIMIT, 240000);
	expect_value(&r.received, VOICE_BUFFER_NOMINAL, 7000);
	expect_value(&r.received, VOICE_ROUND_TRIP, 3000);
	expect_defects(&r.defects, "");
}

Test(voice_report, broken)
{
	static const struct {
		const char *text, *defects;
	} rows[] = {
	    {"VQSessionReport\nnonsense\n", "voice_report_line"},
	    {"VQSessionReport\n:x\n", "voice_report_line"},
	    {"VQSessionReport\nDelay:RTD=x\n", "voice_report_value"},
	    {"VQSessionReport\nDelay:RTD=\n", "voice_report_value"},
	    {"VQSessionReport\nDelay:RTD=-\n", "voice_report_value"},
	    {"VQSessionReport\nDelay:RTD=1x\n", "voice_report_value"},
	    {"VQSessionReport\nDelay:RTD=99999999999999999999\n", "voice_report_value"},
	    {"VQSessionReport\nLocalAddr:IP=example.com PORT=1\n", "voice_report_value"},
	    {"VQSessionReport\nLocalAddr:IP=192.0.2.1 PORT=65536\n", "voice_report_value"},
	    {"VQSessionReport\nx-Vendor: anything = at all\nQualityEst:MOSLQEstAlg=P.564\n", ""},
	};
	struct voice_report r;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		r = parsed(rows[i].text, strlen(rows[i].text));
		expect_defects(&r.defects, rows[i].defects);
		cr_expect_eq(r.received.set, 0);
		cr_expect_not(r.local.literal);
	}
	expect_result(voice_report_parse(&r, guarded("", 0)), "voice_report_type");
	expect_result(voice_report_parse(&r, guarded("VQ: 1", 5)), "voice_report_type");
}

Test(voice_report, every_truncation)
{
	size_t remote = (size_t)(strstr(session, "NLR=0.125") - session);

	for (size_t n = 0; n < sizeof(session); n++) {
		struct bytes in = guarded(session, n);
		struct voice_report r;

		if (voice_report_parse(&r, in) != DISSECT_OK) {
			cr_expect_lt(n, sizeof("VQSessionReport"));
			continue;
		}
		cr_expect(text_within(in, r.call_id) && text_within(in, r.received.codec));
		cr_expect_eq(r.sent.present, n >= remote);
	}
}

static struct voice_report of_device(const char *name, size_t skip)
{
	static char text[4096];
	char path[128];
	size_t length;
	FILE *file;

	(void)snprintf(path, sizeof(path), "vectors/vq_rtcpxr/%s", name);
	file = fopen(data_path(path), "rb");
	cr_assert(file, "%s", path);
	length = fread(text, 1, sizeof(text) - 1, file);
	text[length] = '\0';
	(void)fclose(file);
	cr_assert_leq(skip, length);
	if (skip) {
		const char *body = strstr(text, "\n\n");

		cr_assert_not_null(body);
		skip = (size_t)(body + 2 - text);
	}
	return parsed(text + skip, length - skip);
}

Test(voice_report, polycom)
{
	struct voice_report r = of_device("polycom_VQAlertReport.txt", 0);

	expect_number(r.kind, VOICE_REPORT_ALERT);
	expect_text(r.alert_type, "OWD");
	expect_text(r.alert_severity, "Critical");
	expect_text(r.alert_direction, "local");
	expect_text(r.call_id, "41a24694-78e60cfb-69fb60f8@10.2.0.52");
	expect_text(r.dialog_call_id, "41a24694-78e60cfb-69fb60f8@10.2.0.52");
	expect_number(r.local.ssrcs[0], 3825483318);
	expect_value(&r.received, VOICE_ONE_WAY, 240000);
	expect_value(&r.received, VOICE_MOS_CONVERSATIONAL, 3400);
	expect_defects(&r.defects, "");
	r = of_device("polycom_VQIntervalReport.txt", 0);
	expect_number(r.kind, VOICE_REPORT_INTERVAL);
	expect_value(&r.received, VOICE_R_CONVERSATIONAL, 83000);
	r = of_device("polycom_VQSessionReport.txt", 0);
	expect_number(r.kind, VOICE_REPORT_SESSION);
	expect_number(r.remote.at.port, 2274);
}

Test(voice_report, snom)
{
	struct voice_report r = of_device("snom360_wiki_VQSessionReport.txt", 0);

	expect_text(r.call_id, "3c26a8de500f-12ct7zov3kjs");
	expect_text(r.received.codec, "G.711U");
	expect_number(r.remote.ssrcs[0], 0xb80b52f3LL);
	expect_value(&r.received, VOICE_JITTER, 4000);
	expect_value(&r.sent, VOICE_JITTER, 2000);
	/* The page has blanked the addresses. */
	expect_defects(&r.defects, "voice_report_value, voice_report_value");
}

Test(voice_report, audiocodes)
{
	struct voice_report r = of_device("audiocodes_mediant_publish_PARTIAL.txt", 1);

	expect_text(r.call_id, "20328634741612201520943@172.17.116.201");
	expect_text(r.remote_id, "<sip:2000@172.17.116.202;user=phone>");
	expect_number(r.local.at.port, 6000);
	expect_value(&r.received, VOICE_FRAME_DURATION, 20000);
	expect_value(&r.received, VOICE_SIGNAL, -34000);
	expect_value(&r.received, VOICE_MOS_LISTENING, 4100);
	cr_expect(r.sent.present);
	expect_defects(&r.defects, "");
}
