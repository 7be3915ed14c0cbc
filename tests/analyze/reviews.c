/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a live capture looks at again and again: a review that has nothing new to say changes
 * nothing, costs little however much is known, and what was said before does not grow stale.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "desk_sip.h"
#include "finding.h"
#include "registration.h"

enum { SIZES_MAX = 32 };

static struct desk *desk;
static uint64_t order;

static void begin(bool live, uint32_t size, uint32_t findings)
{
	desk = desk_of_one((struct desk_config){
	    .limits = {.calls = size,
		.streams = 64,
		.endpoints = size,
		.findings = findings,
		.text_octets = (size_t)512 << 20},
	    .live = live,
	    .thresholds = thresholds_default,
	});
	order = 0;
}

static void end(void)
{
	desk_free(desk);
	desk = NULL;
}

TestSuite(reviews, .fini = end, .timeout = 120);

static int64_t at(double s)
{
	return desk_sip_begin_ns + (int64_t)(s * 1e9);
}

static struct endpoint endpoint_of(const char *host, uint16_t port)
{
	struct endpoint e = {.port = port};

	cr_assert(address_parse(&e.address, text_of(host)));
	return e;
}

static void review(double s)
{
	desk_tick(desk, &(struct tick){.order = order, .time_ns = at(s)});
}

/* The lines of `format` end with "\n". */
__attribute__((format(printf, 4, 5))) static void sip(
    double s, struct endpoint src, struct endpoint dst, const char *format, ...)
{
	struct signal *signal;
	va_list arguments;

	va_start(arguments, format);
	signal = desk_sip_signal((uint32_t)++order, format, arguments);
	va_end(arguments);
	signal->time_ns = at(s);
	signal->src = src;
	signal->dst = dst;
	desk_record(desk, &signal->record);
}

struct phone {
	struct endpoint source, server;
	char via[ADDRESS_TEXT_MAX];
	unsigned number, cseq;
};

static struct phone phone_of(const char *source, uint16_t port, const char *via, unsigned number)
{
	struct phone p = {
	    endpoint_of(source, port), endpoint_of("203.0.113.10", 5060), "", number, 0};

	(void)snprintf(p.via, sizeof(p.via), "%s", via);
	return p;
}

static void request(double s, struct phone *p, const char *method, const char *target)
{
	p->cseq++;
	sip(s, p->source, p->server,
	    "%s sip:%s@203.0.113.10 SIP/2.0\nVia: SIP/2.0/UDP %s:5060;branch=z9hG4bK%u-%u;rport\n"
	    "From: <sip:%u@x>;tag=1\nTo: <sip:%s@x>\nCall-ID: %u%s\nCSeq: %u %s\n"
	    "Contact: <sip:%u@%s:5060>\nExpires: 3600\n\n",
	    method, target, p->via, p->number, p->cseq, p->number, target, p->number,
	    strcmp(method, "INVITE") == 0 ? target : "", p->cseq, method, p->number, p->via);
}

static void answer(
    double s, const struct phone *p, const char *status, const char *method, const char *target)
{
	sip(s, p->server, p->source,
	    "SIP/2.0 %s\nVia: SIP/2.0/UDP "
	    "%s:5060;branch=z9hG4bK%u-%u;rport=%u;received=198.51.100.7\n"
	    "From: <sip:%u@x>;tag=1\nTo: <sip:%s@x>;tag=2\nCall-ID: %u%s\nCSeq: %u %s\n"
	    "Contact: <sip:%u@%s:5060>;expires=3600\nExpires: 3600\n\n",
	    status, p->via, p->number, p->cseq, p->source.port, p->number, target, p->number,
	    strcmp(method, "INVITE") == 0 ? target : "", p->cseq, method, p->number, p->via);
}

static void registers(double s, struct phone *p, const char *status)
{
	char user[16];

	(void)snprintf(user, sizeof(user), "%u", p->number);
	request(s, p, "REGISTER", user);
	if (status) {
		answer(s + 0.02, p, status, "REGISTER", user);
	}
}

static const struct finding *finding_of(const char *code)
{
	for (const struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		if (strcmp(f->code, code) == 0) {
			return f;
		}
	}
	return NULL;
}

static void scan(double s, unsigned from, unsigned to)
{
	struct phone p = phone_of("198.51.100.66", 5060, "198.51.100.66", 66);
	char target[16];

	p.cseq = from;
	for (unsigned i = from; i < to; i++) {
		(void)snprintf(target, sizeof(target), "9%u", i);
		request(s + i * 0.1, &p, "INVITE", target);
		answer(s + i * 0.1 + 0.01, &p, "404 Not Found", "INVITE", target);
	}
}

/* --- findings give way --- */

static struct finding *open_one(uint64_t key)
{
	struct finding *f = finding_open(desk, "test", NULL, key);

	if (f && finding_is_new(f)) {
		finding_describe(f, desk, 0, &(struct finding_words){"w", "r", NULL}, "finding");
	}
	return f;
}

Test(reviews, findings_give_way_live)
{
	struct call call = {.kind = CALL_DIALOG, .id = 1};
	uint32_t first, used, count = 0, last = 0;

	begin(true, 64, 8);
	call.text.slab = &desk->slab;
	first = open_one(1)->id;
	finding_call(open_one(1), &call);
	used = open_one(2)->id;
	cr_assert_not_null(finding_of_call(desk, &call, "test"));
	for (uint64_t key = 3; key <= 1000; key++) {
		cr_assert_not_null(open_one(key));
		cr_assert_eq(open_one(2)->id, used, "what is used stays");
	}
	cr_expect_eq(desk_evictions(desk)->findings, 1000 - 8);
	cr_expect_null(finding_of_id(desk, first));
	cr_expect_null(finding_of_call(desk, &call, "test"), "no other one in its place");
	cr_expect_neq(open_one(1)->id, first, "an id is never given again");
	for (const struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		cr_expect_gt(f->id, last);
		cr_expect_eq(finding_of_id(desk, f->id), f);
		last = f->id;
		count++;
	}
	cr_expect_eq(count, 8);
}

/* Of a file all is told at the end: what does not fit is refused, and that is told, too. */
Test(reviews, findings_are_refused_offline)
{
	begin(false, 64, 8);
	for (uint64_t key = 1; key <= 20; key++) {
		cr_expect_eq(open_one(key) != NULL, key <= 8);
	}
	cr_expect_not_null(finding_of_id(desk, 1));
	cr_expect_null(finding_of_id(desk, 9));
	cr_expect_eq(desk_evictions(desk)->findings, 12);
}

/* --- nothing twice --- */

struct sizes {
	uint64_t count;
	struct {
		uint64_t id, evidence, against, endpoints, calls, calls_total, text, confidence;
	} of[SIZES_MAX];
};

static struct sizes sizes_now(void)
{
	struct sizes s;

	memset(&s, 0, sizeof(s));
	for (const struct finding *f = finding_first(desk); f; f = finding_next(desk, f)) {
		cr_assert_lt(s.count, SIZES_MAX);
		s.of[s.count].id = f->id;
		s.of[s.count].evidence = f->evidence_count;
		s.of[s.count].against = f->against_count;
		s.of[s.count].endpoints = f->endpoint_count;
		s.of[s.count].calls = f->call_count;
		s.of[s.count].calls_total = f->calls_total;
		s.of[s.count].text = f->text.taken;
		s.of[s.count++].confidence = (uint64_t)(f->confidence * 1000);
	}
	return s;
}

/* A scan, refused phones, and a server that is silent. */
static void site_fill(void)
{
	struct phone dumb = phone_of("192.168.1.20", 5060, "192.168.1.20", 400);

	scan(0, 0, 40);
	for (unsigned i = 0; i < 30; i++) {
		struct phone p =
		    phone_of("192.168.1.30", (uint16_t)(6000 + i), "192.168.1.30", 500 + i);

		registers(5 + i, &p, "403 Forbidden");
		registers(6 + i, &p, "403 Forbidden");
	}
	for (unsigned i = 0; i < 10; i++) {
		uint64_t number = ++order;
		struct tcp_handshake syn = {
		    .record = {number, 0, sizeof(syn), RECORD_TCP_HANDSHAKE},
		    .time_ns = at(41 + i),
		    .src = endpoint_of("192.168.1.20", 50000),
		    .dst = endpoint_of("203.0.113.99", 5061),
		    .frame = (uint32_t)number,
		    .flags = 2,
		};

		desk_record(desk, &syn.record);
	}
	request(52, &dumb, "INVITE", "1");
}

Test(reviews, say_nothing_twice)
{
	static const char *const codes[] = {
	    "sip-scan", "registration-failed", "double-nat", "port-blocked"};
	struct phone inner = phone_of("10.99.0.2", 5060, "192.168.1.10", 300);
	struct sizes first, last;
	struct desk_evictions before;

	begin(true, 256, 64);
	site_fill();
	registers(60, &inner, "200 OK");
	for (unsigned i = 0; i < 10; i++) {
		review(100 + i * 5);
	}
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		cr_expect_not_null(finding_of(codes[i]), "%s", codes[i]);
	}
	first = sizes_now();
	before = *desk_evictions(desk);
	for (unsigned i = 0; i < 1000; i++) {
		review(200 + i * 5);
	}
	last = sizes_now();
	cr_expect_eq(memcmp(&first, &last, sizeof(first)), 0, "%d findings, then %d",
	    (int)first.count, (int)last.count);
	cr_expect_eq(memcmp(&before, desk_evictions(desk), sizeof(before)), 0);
	cr_expect_eq(desk->findings_born, first.count);
}

/* What there is no room for is found once, and not again with each review. */
Test(reviews, what_gave_way_does_not_come_back)
{
	begin(true, 256, 1);
	site_fill();
	for (unsigned i = 0; i < 100; i++) {
		review(100 + i * 5);
	}
	cr_expect_eq(pool_count(&desk->findings), 1);
	cr_expect_eq(desk_evictions(desk)->findings, 2);
	scan(700, 40, 50);
	review(800);
	cr_expect_not_null(finding_of("sip-scan"), "until there is news of it");
	cr_expect_eq(desk_evictions(desk)->findings, 3);
}

/* --- what is said is of today --- */

Test(reviews, a_closer_bracket_is_told_anew)
{
	struct phone p = phone_of("198.51.100.7", 40001, "192.168.1.10", 100);
	const struct finding *f;
	uint32_t id;

	begin(true, 64, 16);
	registers(0, &p, "200 OK");
	p.source.port = 40002;
	registers(200, &p, "200 OK");
	review(210);
	f = finding_of("nat-timeout");
	cr_assert_not_null(f);
	id = f->id;
	cr_expect_not_null(strstr(f->summary, "dead at 200.0 s"), "%s", f->summary);
	p.source.port = 40003;
	registers(300, &p, "200 OK");
	review(310);
	f = finding_of("nat-timeout");
	cr_expect_eq(f->id, id);
	cr_expect_not_null(strstr(f->summary, "dead at 100.0 s"), "%s", f->summary);
	cr_expect_not_null(strstr(f->remedy, "100.0 s"), "%s", f->remedy);
	cr_expect_geq(f->confidence, 0.8);
	p.source.port = 40004;
	registers(500, &p, "200 OK");
	review(510);
	cr_expect_not_null(strstr(f->summary, "dead at 100.0 s"), "a longer silence is no news");
}

Test(reviews, a_scan_goes_on)
{
	const struct finding *f;
	char text[64];

	begin(true, 256, 16);
	scan(0, 0, 20);
	review(10);
	f = finding_of("sip-scan");
	cr_assert_not_null(f);
	scan(0, 20, 200);
	review(40);
	(void)snprintf(text, sizeof(text), "200 INVITE in all");
	cr_expect_eq(finding_of("sip-scan"), f);
	cr_expect_not_null(strstr(f->evidence[f->evidence_count - 1].text, text), "%s",
	    f->evidence[f->evidence_count - 1].text);
}

/* --- and is cheap --- */

static double cpu_s(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* A hundred thousand phones, none of which is registered, behind as many routers. */
Test(reviews, cost_little)
{
	enum { PHONES = 100000, REVIEWS = 5 };
	double began_s, each_s;

	begin(true, 1 << 17, 4096);
	for (unsigned i = 0; i < PHONES; i++) {
		char source[ADDRESS_TEXT_MAX], via[ADDRESS_TEXT_MAX];
		struct phone p;

		(void)snprintf(source, sizeof(source), "10.%u.%u.%u", 1 + i / 50000, i / 200 % 250,
		    1 + i % 200);
		(void)snprintf(via, sizeof(via), "192.168.%u.%u", i / 250 % 250, 1 + i % 250);
		p = phone_of(source, (uint16_t)(1024 + i % 60000), via, i);
		registers(i * 0.0002, &p, i % 4 ? "403 Forbidden" : NULL);
	}
	review(30);
	began_s = cpu_s();
	for (unsigned i = 0; i < REVIEWS; i++) {
		review(100 + i * 5);
	}
	each_s = (cpu_s() - began_s) / REVIEWS;
	cr_expect_lt(each_s, 1.0, "%.3f s each", each_s);
	if (getenv("TALKPATH_TIMES")) {
		fprintf(stderr, "a review takes %.3f s\n", each_s);
	}
}
