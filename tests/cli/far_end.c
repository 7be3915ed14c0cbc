/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the far end reports, and round trips at a tap in the middle: first what must not be
 * concluded, then what is.
 */
#include <math.h>

#include "data.h"
#include "story.h"

TestSuite(far_end, .fini = scratch_remove, .timeout = 60);
TestSuite(round_trip, .fini = scratch_remove, .timeout = 60);
TestSuite(voice_reports, .fini = scratch_remove, .timeout = 60);

/* --- RTCP as octets --- */

struct compound {
	uint8_t at[512];
	size_t length;
};

static void word(struct compound *c, uint32_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8) {
		c->at[c->length++] = (uint8_t)(value >> shift);
	}
}

struct block {
	uint32_t about;
	uint8_t fraction;
	int32_t lost;
	uint32_t highest, jitter, last_sr;
	double held_s; /* since that SR */
};

/* An SR with this NTP time, or an RR where it is 0. */
static void report(struct compound *c, uint32_t ssrc, uint64_t ntp, const struct block *b)
{
	unsigned words = 1 + (ntp ? 5U : 0) + (b ? 6U : 0);

	word(c, 0x80000000U | (b ? 1U << 24 : 0) | (ntp ? 200U : 201U) << 16 | words);
	word(c, ssrc);
	if (ntp) {
		word(c, (uint32_t)(ntp >> 32));
		word(c, (uint32_t)ntp);
		word(c, 0);
		word(c, 100);
		word(c, 16000);
	}
	if (b) {
		word(c, b->about);
		word(c, (uint32_t)b->fraction << 24 | ((uint32_t)b->lost & 0xffffff));
		word(c, b->highest);
		word(c, b->jitter);
		word(c, b->last_sr);
		word(c, (uint32_t)(b->held_s * 65536));
	}
}

static void cname(struct compound *c, uint32_t ssrc, const char *four)
{
	word(c, 0x81ca0003);
	word(c, ssrc);
	c->at[c->length++] = 1;
	c->at[c->length++] = 4;
	memcpy(c->at + c->length, four, 4);
	c->length += 4;
	word(c, 0);
	c->length -= 2;
}

static struct gen_route rtcp_route(const struct story *s, bool from_phone)
{
	struct gen_route route = story_rtp(s, from_phone);

	route.src.port++;
	route.dst.port++;
	return route;
}

static void send(struct story *s, double at_s, bool from_phone, const struct compound *c)
{
	gen_raw(&s->lan, at_s, rtcp_route(s, from_phone), c->at, c->length);
}

/* Fixed-point NTP time, whose middle is what LSR carries. */
static uint64_t ntp_of(double s)
{
	return (uint64_t)(s * 65536) << 16;
}

static uint32_t middle(uint64_t ntp)
{
	return (uint32_t)(ntp >> 16);
}

static const uint32_t phone_ssrc = 0x1111, server_ssrc = 0x2222;

/* --- the path: phone, tap, server, with a delay each way --- */

struct path {
	double to_phone_s, to_server_s; /* from the tap, one way */
	bool phone_answers, server_answers;
	double phone_clock_s, server_clock_s; /* what their clocks show at 0 */
	double held_error_s;                  /* added to each delay since the last SR */
};

/* One side's SR, then the other's answer to it 1.3 s after it came. */
static void exchange(struct story *s, const struct path *p, double at_s, bool from_phone)
{
	double near_s = from_phone ? p->to_phone_s : p->to_server_s;
	double far_s = from_phone ? p->to_server_s : p->to_phone_s;
	double clock_s = at_s + (from_phone ? p->phone_clock_s : p->server_clock_s);
	uint32_t ssrc = from_phone ? phone_ssrc : server_ssrc;
	struct compound sr = {0}, rr = {0};

	report(&sr, ssrc, ntp_of(clock_s), NULL);
	send(s, at_s + near_s, from_phone, &sr);
	if (from_phone ? p->server_answers : p->phone_answers) {
		report(&rr, from_phone ? server_ssrc : phone_ssrc, 0,
		    &(struct block){.about = ssrc,
			.highest = 1000 + (uint32_t)(at_s * 50),
			.last_sr = middle(ntp_of(clock_s)),
			.held_s = 1.3 + p->held_error_s});
		send(s, at_s + near_s + 2 * far_s + 1.3, !from_phone, &rr);
	}
}

static const char *path_write(const struct path *p, const char *name)
{
	struct story s = story();
	const char *out;

	s.ended_s = 30;
	story_begin(&s);
	story_audio(&s, true, 1.05, 30);
	story_audio(&s, false, 1.06, 30);
	for (double at_s = 3; at_s < 28; at_s += 5) {
		exchange(&s, p, at_s, true);
		exchange(&s, p, at_s + 2, false);
	}
	story_end(&s);
	out = story_write(&s.lan, name);
	gen_script_free(&s.lan);
	return out;
}

static json_t *path_report(const struct path *p)
{
	return report_of("%s", path_write(p, "path.pcap"));
}

static const json_t *stream_of(const json_t *report, uint32_t ssrc)
{
	char wanted[16];
	size_t i;
	json_t *stream;

	(void)snprintf(wanted, sizeof(wanted), "0x%08x", ssrc);
	json_array_foreach(at(report, "streams"), i, stream)
	{
		if (strcmp(text_at(stream, "ssrc"), wanted) == 0) {
			return stream;
		}
	}
	cr_assert_fail("no stream %s", wanted);
	return NULL;
}

static void expect_near(const json_t *object, const char *path, double wanted, double tolerance)
{
	double found = number_at(object, path);

	cr_expect(fabs(found - wanted) <= tolerance, "%s: %f, not %f", path, found, wanted);
}

static void no_round_trip(const json_t *report)
{
	cr_expect_null(at(stream_of(report, phone_ssrc), "round_trip_ms"));
	cr_expect_null(at(stream_of(report, server_ssrc), "round_trip_ms"));
}

/* --- round trips --- */

Test(round_trip, both_halves)
{
	json_t *r = path_report(&(struct path){.to_phone_s = 0.004,
	    .to_server_s = 0.035,
	    .phone_answers = true,
	    .server_answers = true,
	    .phone_clock_s = 1000,
	    .server_clock_s = 70000});

	expect_near(stream_of(r, phone_ssrc), "rtcp.half_round_trip_ms", 70, 0.1);
	expect_near(stream_of(r, server_ssrc), "rtcp.half_round_trip_ms", 8, 0.1);
	expect_near(stream_of(r, phone_ssrc), "round_trip_ms", 78, 0.1);
	expect_near(stream_of(r, server_ssrc), "round_trip_ms", 78, 0.1);
	json_decref(r);
}

Test(round_trip, one_half_only)
{
	json_t *r = path_report(&(struct path){
	    .to_phone_s = 0.004, .to_server_s = 0.035, .server_answers = true, .phone_clock_s = 9});

	expect_near(stream_of(r, phone_ssrc), "rtcp.half_round_trip_ms", 70, 0.1);
	cr_expect_null(at(stream_of(r, server_ssrc), "rtcp.half_round_trip_ms"));
	no_round_trip(r);
	json_decref(r);
}

/* Endpoints that hold the report for less time than they claim. */
Test(round_trip, negative)
{
	json_t *r = path_report(&(struct path){.to_phone_s = 0.004,
	    .to_server_s = 0.035,
	    .phone_answers = true,
	    .server_answers = true,
	    .phone_clock_s = 9,
	    .server_clock_s = 9,
	    .held_error_s = 0.02});

	cr_expect_null(at(stream_of(r, server_ssrc), "rtcp.half_round_trip_ms"));
	expect_near(stream_of(r, phone_ssrc), "rtcp.half_round_trip_ms", 50, 0.1);
	no_round_trip(r);
	json_decref(r);
}

/* Delays in milliseconds where 1/65536 s are asked for, and delays never filled in. */
Test(round_trip, delays_that_are_none)
{
	static const double held_s[] = {1300.0 / 65536, 0};

	for (int i = 0; i < 2; i++) {
		json_t *r = path_report(&(struct path){.to_phone_s = 0.004,
		    .to_server_s = 0.035,
		    .phone_answers = true,
		    .server_answers = true,
		    .phone_clock_s = 9,
		    .server_clock_s = 9,
		    .held_error_s = held_s[i] - 1.3});

		cr_expect_null(at(stream_of(r, phone_ssrc), "rtcp.half_round_trip_ms"));
		no_round_trip(r);
		json_decref(r);
	}
}

/* The middle 32 bits wrap every 18 hours: here between two SRs of each side. */
Test(round_trip, clock_wraps)
{
	json_t *r = path_report(&(struct path){.to_phone_s = 0.004,
	    .to_server_s = 0.035,
	    .phone_answers = true,
	    .server_answers = true,
	    .phone_clock_s = 65536 - 10,
	    .server_clock_s = 3 * 65536.0 - 12});

	expect_near(stream_of(r, phone_ssrc), "round_trip_ms", 78, 0.1);
	json_decref(r);
}

/* RFC 3611 4.4, 4.5: the phone sends no SR (it is on hold), and asks by extended report. */
Test(round_trip, asked_by_a_receiver)
{
	struct story s = story();
	json_t *r;

	story_begin(&s);
	story_audio(&s, false, 1.06, 12);
	for (int i = 0; i < 4; i++) {
		double at_s = 3 + 2 * i;
		struct compound asks = {0}, answers = {0};

		report(&asks, 0x5555, 0, &(struct block){.about = server_ssrc});
		word(&asks, 0x80cf0004);
		word(&asks, 0x5555);
		word(&asks, 0x04000002);
		word(&asks, (uint32_t)(ntp_of(at_s) >> 32));
		word(&asks, (uint32_t)ntp_of(at_s));
		send(&s, at_s, true, &asks);
		report(&answers, server_ssrc, ntp_of(50 + at_s), NULL);
		word(&answers, 0x80cf0005);
		word(&answers, server_ssrc);
		word(&answers, 0x05000003);
		word(&answers, 0x5555);
		word(&answers, middle(ntp_of(at_s)));
		word(&answers, 65536);
		send(&s, at_s + 1.042, false, &answers);
		/* The phone answers the SR 0.5 s after it came. */
		asks.length = 0;
		report(&asks, 0x5555, 0,
		    &(struct block){
			.about = server_ssrc, .last_sr = middle(ntp_of(50 + at_s)), .held_s = 0.5});
		send(&s, at_s + 1.042 + 0.506, true, &asks);
	}
	story_end(&s);
	r = story_report(&s);
	expect_near(stream_of(r, server_ssrc), "rtcp.half_round_trip_ms", 6, 0.1);
	expect_near(stream_of(r, server_ssrc), "round_trip_ms", 48, 0.1);
	json_decref(r);
	gen_script_free(&s.lan);
}

/* --- the far end's view --- */

/* What the server reports of the phone's stream, every 2 s, over ports moved by `shift`. */
static json_t *reported(const struct block *blocks, unsigned count, int shift, uint32_t reporter)
{
	struct story s = story();
	struct gen_route route;
	json_t *out;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.06, 12);
	route = rtcp_route(&s, false);
	route.src.port = (uint16_t)(route.src.port + shift);
	route.dst.port = (uint16_t)(route.dst.port + shift);
	for (unsigned i = 0; i < count; i++) {
		struct compound c = {0};

		report(&c, reporter, 0, &blocks[i]);
		gen_raw(&s.lan, 2 + i * 2, route, c.at, c.length);
	}
	story_end(&s);
	out = story_report(&s);
	gen_script_free(&s.lan);
	return out;
}

static void no_rtcp(json_t *r)
{
	cr_expect_null(at(stream_of(r, phone_ssrc), "rtcp"));
	cr_expect_null(at(stream_of(r, server_ssrc), "rtcp"));
	json_decref(r);
}

static const struct block three[] = {
    {0x1111, 0, 5, 1100, 80, 0, 0},
    {0x1111, 64, 30, 1200, 160, 0, 0},
    {0x1111, 128, 80, 1300, 240, 0, 0},
};

Test(far_end, reports_of_streams_not_seen)
{
	struct block block = three[0];

	block.about = 0x7777;
	no_rtcp(reported(&block, 1, 0, server_ssrc));
}

/* Far from any of its streams, by ports and addresses. */
Test(far_end, reports_of_others)
{
	struct story s = story();
	struct gen_route route = {
	    gen_end("198.51.100.1", 9001), gen_end("198.51.100.2", 9001), 0, 64};
	struct compound c = {0};

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.06, 12);
	report(&c, 0x7777, 0, &three[0]);
	gen_raw(&s.lan, 3, route, c.at, c.length);
	story_end(&s);
	no_rtcp(story_report(&s));
	gen_script_free(&s.lan);
}

Test(far_end, loss_and_jitter)
{
	json_t *r = reported(three, 3, 0, server_ssrc);
	const json_t *s = stream_of(r, phone_ssrc);

	expect_near(s, "rtcp.reports", 3, 0);
	expect_near(s, "rtcp.remote_loss_pct", 37.5, 1e-6);
	expect_near(s, "rtcp.cumulative_lost", 75, 0);
	expect_near(s, "rtcp.fraction_lost_last_pct", 50, 1e-6);
	expect_near(s, "rtcp.fraction_lost_mean_pct", 25, 1e-6);
	expect_near(s, "rtcp.remote_jitter_ms", 20, 1e-6);
	expect_near(s, "rtcp.remote_jitter_last_ms", 30, 1e-6);
	expect_near(s, "rtcp.remote_jitter_max_ms", 30, 1e-6);
	cr_expect_null(at(s, "rtcp.counter_restarts"));
	cr_expect_null(at(stream_of(r, server_ssrc), "rtcp"));
	json_decref(r);
}

/* On the media's own port, one port off by NAT on both sides, and by who reports alone. */
Test(far_end, ports)
{
	static const int shifts[] = {-1, 0, 4711};

	for (size_t i = 0; i < sizeof(shifts) / sizeof(shifts[0]); i++) {
		json_t *r = reported(three, 3, shifts[i], 0x7777);

		expect_near(stream_of(r, phone_ssrc), "rtcp.reports", 3, 0);
		json_decref(r);
	}
}

/* RTCP by way of a host that no media goes to: the reporter's SSRC, or its CNAME, tells. */
Test(far_end, known_by_who_reports)
{
	for (int by_cname = 0; by_cname <= 1; by_cname++) {
		struct story s = story();
		struct gen_route odd = {
		    gen_end("198.51.100.1", 9001), gen_end("198.51.100.2", 9001), 0, 64};
		struct compound own = {0}, other = {0};
		json_t *r;

		story_begin(&s);
		story_audio(&s, true, 1.05, 12);
		story_audio(&s, false, 1.06, 12);
		report(&own, server_ssrc, ntp_of(9), NULL);
		cname(&own, server_ssrc, "serv");
		send(&s, 2, false, &own);
		report(&other, by_cname ? 0x7777 : server_ssrc, 0, &three[0]);
		if (by_cname) {
			cname(&other, 0x7777, "serv");
		}
		gen_raw(&s.lan, 3, odd, other.at, other.length);
		story_end(&s);
		r = story_report(&s);
		expect_near(stream_of(r, phone_ssrc), "rtcp.reports", 1, 0);
		json_decref(r);
		gen_script_free(&s.lan);
	}
}

/* RFC 3550 A.3: duplicates count as received. */
Test(far_end, loss_may_be_negative)
{
	static const struct block blocks[] = {
	    {0x1111, 0, 3, 1100, 0, 0, 0}, {0x1111, 0, -7, 1200, 0, 0, 0}};
	json_t *r = reported(blocks, 2, 0, server_ssrc);

	expect_near(stream_of(r, phone_ssrc), "rtcp.cumulative_lost", -10, 0);
	expect_near(stream_of(r, phone_ssrc), "rtcp.remote_loss_pct", -10, 1e-6);
	json_decref(r);
}

/* What came while the counters began again is not known, and nothing is made up for it. */
Test(far_end, counters_begin_again)
{
	static const struct block rows[][4] = {
	    /* all of them */
	    {{0x1111, 0, 500, 66000, 0, 0, 0}, {0x1111, 0, 510, 66100, 0, 0, 0},
		{0x1111, 0, 0, 700, 0, 0, 0}, {0x1111, 0, 10, 800, 0, 0, 0}},
	    /* the loss alone */
	    {{0x1111, 0, 500, 1000, 0, 0, 0}, {0x1111, 0, 510, 1100, 0, 0, 0},
		{0x1111, 0, 0, 1200, 0, 0, 0}, {0x1111, 0, 10, 1300, 0, 0, 0}},
	    {{0x1111, 0, 500, 1000, 0, 0, 0}, {0x1111, 0, 510, 1100, 0, 0, 0},
		{0x1111, 20, 10, 1200, 0, 0, 0}, {0x1111, 0, 20, 1300, 0, 0, 0}},
	    /* the sender's numbers leapt */
	    {{0x1111, 0, 0, 1000, 0, 0, 0}, {0x1111, 0, 10, 1100, 0, 0, 0},
		{0x1111, 0, 10, 50000, 0, 0, 0}, {0x1111, 0, 20, 50100, 0, 0, 0}},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		json_t *r = reported(rows[i], 4, 0, server_ssrc);
		const json_t *s = stream_of(r, phone_ssrc);

		expect_near(s, "rtcp.counter_restarts", 1, 0);
		expect_near(s, "rtcp.cumulative_lost", 20, 0);
		expect_near(s, "rtcp.remote_loss_pct", 10, 1e-6);
		json_decref(r);
	}
}

/* A report may come before the media that it is about; later ones count. */
Test(far_end, before_the_media)
{
	struct story s = story();
	struct compound c = {0};
	json_t *r;

	story_begin(&s);
	report(&c, server_ssrc, ntp_of(5), &three[0]);
	send(&s, 1.01, false, &c);
	story_audio(&s, true, 1.5, 12);
	story_audio(&s, false, 1.5, 12);
	send(&s, 4, false, &c);
	story_end(&s);
	r = story_report(&s);
	expect_near(stream_of(r, phone_ssrc), "rtcp.reports", 1, 0);
	expect_near(stream_of(r, phone_ssrc), "rtcp.remote_loss_pct", 0, 1e-6);
	json_decref(r);
	gen_script_free(&s.lan);
}

Test(far_end, goodbye)
{
	struct story s = story();
	struct compound c = {0};
	json_t *r;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.06, 12);
	word(&c, 0x81cb0003);
	word(&c, server_ssrc);
	memcpy(c.at + c.length, "\x06hung u\0", 8);
	c.length += 8;
	send(&s, 11.9, false, &c);
	story_end(&s);
	r = story_report(&s);
	cr_expect_not_null(at(stream_of(r, server_ssrc), "rtcp.bye"));
	cr_expect_str_eq(text_at(stream_of(r, server_ssrc), "rtcp.bye_reason"), "hung u");
	cr_expect_null(at(stream_of(r, phone_ssrc), "rtcp"));
	json_decref(r);
	gen_script_free(&s.lan);
}

/* RFC 3611 4.7: what is marked as unknown stays out. */
Test(far_end, voip_metrics)
{
	static const uint32_t metrics[] = {0x07000008, 0x1111, 0x0d000000, 0x00781388, 0x00640000,
	    0xecc47f10, 0x5d7f2a7f, 0xf000003c, 0x0050ffff};
	struct story s = story();
	struct compound c = {0};
	json_t *r;
	const json_t *xr;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.06, 12);
	report(&c, server_ssrc, 0, NULL);
	word(&c, 0x80cf000a);
	word(&c, server_ssrc);
	for (size_t i = 0; i < sizeof(metrics) / sizeof(metrics[0]); i++) {
		word(&c, metrics[i]);
	}
	send(&s, 6, false, &c);
	story_end(&s);
	r = story_report(&s);
	xr = at(stream_of(r, phone_ssrc), "rtcp.xr");
	expect_near(xr, "reports", 1, 0);
	expect_near(xr, "loss_rate_pct", 100.0 * 13 / 256, 1e-6);
	expect_near(xr, "burst_duration_ms", 120, 0);
	expect_near(xr, "round_trip_delay_ms", 100, 0);
	expect_near(xr, "signal_level_dbm0", -20, 0);
	expect_near(xr, "r_factor", 93, 0);
	expect_near(xr, "mos_lq", 4.2, 1e-6);
	cr_expect_str_eq(text_at(xr, "plc"), "standard");
	cr_expect_str_eq(text_at(xr, "jitter_buffer"), "adaptive");
	expect_near(xr, "jitter_buffer_nominal_ms", 60, 0);
	cr_expect_null(at(xr, "end_system_delay_ms"));
	cr_expect_null(at(xr, "rerl_db"));
	cr_expect_null(at(xr, "ext_r_factor"));
	cr_expect_null(at(xr, "mos_cq"));
	cr_expect_null(at(xr, "jitter_buffer_abs_max_ms"));
	json_decref(r);
	gen_script_free(&s.lan);
}

/* The line of the text report, where it is worse there than here and only there. */
Test(far_end, worse_than_here)
{
	struct block fine[] = {three[0], three[0]};
	struct outcome text;

	json_decref(reported(three, 3, 0, server_ssrc));
	text = run("analyze %s", scratch("story.pcap"));
	cr_expect_not_null(
	    strstr(text.out, "worse at the far end: it reports loss 37.50 %"), "%s", text.out);
	outcome_free(&text);
	fine[1].highest = 1200;
	json_decref(reported(fine, 2, 0, server_ssrc));
	text = run("analyze %s", scratch("story.pcap"));
	cr_expect_null(strstr(text.out, "worse at the far end"), "%s", text.out);
	outcome_free(&text);
}

/* --- recordings: figures as tshark has them, rounded there to milliseconds --- */

Test(round_trip, of_recordings)
{
	json_t *r =
	    report_of("%s", data_path("captures/PatrikHarmanos__mtaa_sip_proxy/conference.pcapng"));

	expect_near(stream_of(r, 0x9e07e236), "rtcp.half_round_trip_ms", 9.5, 0.6);
	expect_near(stream_of(r, 0x9e07e236), "round_trip_ms", 20, 1.1);
	expect_near(stream_of(r, 0x9e07e236), "rtcp.remote_jitter_ms", 257.0 / 48, 1e-6);
	json_decref(r);
	r = report_of("%s", data_path("captures/vitalybupt__wireshark_samples/cisco.pcap"));
	expect_near(stream_of(r, 0x909f7ca8), "rtcp.half_round_trip_ms", 55, 0.5);
	expect_near(stream_of(r, 0x30df6336), "rtcp.half_round_trip_ms", 10, 0.5);
	/* Of two samples, 19 ms and -1 ms, nothing is concluded. */
	cr_expect_null(at(stream_of(r, 0xc4abfce0), "rtcp.half_round_trip_ms"));
	cr_expect_null(at(stream_of(r, 0xc4abfce0), "round_trip_ms"));
	json_decref(r);
}

/* Its receiver counts key presses sent three times as received three times. */
Test(far_end, of_recordings)
{
	json_t *r =
	    report_of("%s", data_path("captures/goffinet__sip_captures/voip-extension.pcap"));

	expect_near(stream_of(r, 0x3edd3882), "rtcp.reports", 3, 0);
	expect_near(stream_of(r, 0x3edd3882), "rtcp.cumulative_lost", -6, 0);
	expect_near(stream_of(r, 0x3edd3882), "rtcp.remote_jitter_last_ms", 15.0 / 8, 1e-6);
	cr_expect_str_eq(
	    text_at(stream_of(r, 0x6bd480aa), "rtcp.bye_reason"), "Session terminated");
	json_decref(r);
}

/* --- voice reports --- */

/* The phone publishes: of the server's stream to it, and of what the server said of its own. */
static json_t *published(const char *call_id, const char *ssrc, unsigned times)
{
	struct story s = story();
	json_t *out;

	story_begin(&s);
	story_audio(&s, true, 1.05, 12);
	story_audio(&s, false, 1.06, 12);
	story_end(&s);
	for (unsigned i = 0; i < times; i++) {
		gen_sip(&s.lan, 12.5 + i * 0.1, story_sip(&s, true),
		    "PUBLISH sip:collector@%s SIP/2.0\n"
		    "Via: SIP/2.0/UDP %s:5060;branch=z9hG4bK-publish-%u\n"
		    "From: <sip:100@%s>;tag=publish\nTo: <sip:collector@%s>\n"
		    "Call-ID: publish-1@%s\nCSeq: %u PUBLISH\nEvent: vq-rtcpxr\n"
		    "Content-Type: application/vq-rtcpxr\n\n"
		    "VQSessionReport: CallTerm\nCallID: %s\nLocalID: <sip:100@%s>\n"
		    "LocalAddr: IP=%s PORT=%u SSRC=0x1111\n"
		    "RemoteAddr: IP=%s PORT=%u SSRC=%s\nLocalMetrics:\n"
		    "SessionDesc: PT=0 PD=PCMU\nPacketLoss: NLR=1.5 JDR=0.5\n"
		    "Delay: RTD=0 ESD=140\nQualityEst: RLQ=127 MOSLQ=3.9 MOSCQ=0\n"
		    "RemoteMetrics:\nPacketLoss: NLR=2.5\n",
		    s.server, s.phone, i, s.server, s.server, s.phone, i + 1, call_id, s.server,
		    s.phone, s.phone_media, s.server, s.server_media, ssrc);
	}
	out = story_report(&s);
	gen_script_free(&s.lan);
	return out;
}

static void expect_published(json_t *r)
{
	const json_t *v = at(r, "calls.0.voice_reports.0");

	cr_assert_eq(length_at(r, "calls"), 1, "a report is no call");
	cr_assert_eq(length_at(r, "calls.0.voice_reports"), 1);
	cr_expect_str_eq(text_at(v, "kind"), "session");
	cr_expect_str_eq(text_at(v, "local"), "192.168.1.10:16384");
	cr_expect_eq(length_at(v, "local_metrics.streams"), 1);
	cr_expect_str_eq(
	    text_at(v, "local_metrics.streams.0"), text_at(stream_of(r, server_ssrc), "id"));
	cr_expect_str_eq(
	    text_at(v, "remote_metrics.streams.0"), text_at(stream_of(r, phone_ssrc), "id"));
	cr_expect_str_eq(text_at(v, "local_metrics.codec"), "PCMU");
	expect_near(v, "local_metrics.loss_rate_pct", 1.5, 1e-9);
	expect_near(v, "local_metrics.end_system_delay_ms", 140, 0);
	expect_near(v, "local_metrics.mos_lq", 3.9, 1e-9);
	expect_near(v, "remote_metrics.loss_rate_pct", 2.5, 1e-9);
	cr_expect_null(at(v, "local_metrics.round_trip_delay_ms"), "0 is not measured");
	cr_expect_null(at(v, "local_metrics.r_lq"), "127 is unknown");
	cr_expect_null(at(v, "local_metrics.mos_cq"));
	json_decref(r);
}

Test(voice_reports, of_the_call_they_name)
{
	expect_published(published("story-1@192.168.1.10", "0x2222", 1));
}

/* Again after a challenge: still one report. */
Test(voice_reports, sent_twice)
{
	expect_published(published("story-1@192.168.1.10", "0x2222", 2));
}

/* Behind a B2BUA the Call-ID is another: SSRC and ends tell. */
Test(voice_reports, of_the_stream_they_name)
{
	expect_published(published("other@198.51.100.1", "0x2222", 1));
}

Test(voice_reports, of_nothing_seen)
{
	json_t *r = published("other@198.51.100.1", "0x3333", 1);

	cr_expect_null(at(r, "calls.0.voice_reports"));
	expect_near(r, "captures.0.not_decoded.voice_report", 1, 0);
	json_decref(r);
}

/* --- high-latency --- */

TestSuite(high_latency, .fini = scratch_remove, .timeout = 60);

/* 240 ms there and back is what calls over a continent have. */
Test(high_latency, not_yet)
{
	json_t *report = path_report(&(struct path){0.002, 0.118, true, true, 1e6, 2e6, 0});

	no_finding(report);
	json_decref(report);
}

/* An end that forgets to say how long it kept the report is not far away. */
Test(high_latency, not_where_delays_are_none)
{
	json_t *report = path_report(&(struct path){0.002, 0.01, true, true, 1e6, 2e6, -1.3});

	no_finding(report);
	json_decref(report);
}

Test(high_latency, mostly_toward_the_server)
{
	json_t *report = path_report(&(struct path){0.002, 0.200, true, true, 1e6, 2e6, 0});
	const json_t *f = only_finding(report, "high-latency");

	cr_expect_str_eq(text_at(f, "cause"), "one-side");
	cr_expect_str_eq(text_at(f, "severity"), "warning");
	cr_expect_str_eq(text_at(f, "side"), "path");
	cr_expect_geq(number_at(f, "confidence"), 0.8);
	cr_expect_not_null(strstr(text_at(f, "summary"),
	    "404 ms there and back, mostly between 203.0.113.10 and the capture point"));
	/* Each half rests on reports of its own end: the server's, and the phone's. */
	cr_assert_eq(length_at(f, "evidence"), 2);
	cr_expect_neq(number_at(f, "evidence.0.frame"), number_at(f, "evidence.1.frame"));
	json_decref(report);
}

/* Of two capture points the one nearer to the slow part of the way names it more closely. */
Test(high_latency, as_the_nearer_of_two_capture_points_has_it)
{
	struct path path = {0.002, 0.200, true, true, 1e6, 2e6, 0};
	const char *lan = path_write(&path, "lan.pcap");
	const json_t *f;
	json_t *report;

	path.to_phone_s = 0.010;
	path.to_server_s = 0.192;
	report = report_of("--vantage lan=%s --vantage wan=%s", lan, path_write(&path, "wan.pcap"));
	f = only_finding(report, "high-latency");
	cr_expect_str_eq(text_at(f, "vantage"), "wan");
	cr_expect_str_eq(text_at(f, "side"), "path");
	cr_expect_not_null(strstr(text_at(f, "summary"), "capture point wan"));
	cr_expect_eq(length_at(f, "evidence"), 4);
	json_decref(report);
}

Test(high_latency, on_both_sides)
{
	json_t *report = path_report(&(struct path){0.400, 0.500, true, true, 1e6, 2e6, 0});
	const json_t *f = only_finding(report, "high-latency");

	cr_expect_str_eq(text_at(f, "cause"), "both-sides");
	cr_expect_str_eq(text_at(f, "severity"), "critical");
	json_decref(report);
}

Test(high_latency, one_half_is_a_lower_bound)
{
	json_t *report = path_report(&(struct path){0.002, 0.200, false, true, 1e6, 2e6, 0});
	const json_t *f = only_finding(report, "high-latency");

	cr_expect_not_null(strstr(text_at(f, "summary"), "at least 400 ms"));
	json_decref(report);
}
