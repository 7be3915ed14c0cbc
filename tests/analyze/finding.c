/* SPDX-License-Identifier: Apache-2.0 */
/* Findings: what several calls tell of one cause is put together. */
#include <criterion/criterion.h>

#include "finding.h"
#include "flow.h"

static struct desk *desk;

static void begin(void)
{
	static const struct desk_config config = {
	    .limits = {.calls = 16, .streams = 16, .endpoints = 16, .findings = 2},
	    .vantage_count = 1,
	    .capture_count = 1,
	    .vantages = {"lan"},
	    .captures = {"a.pcap"},
	};

	desk = desk_new(&config, 7);
	cr_assert_not_null(desk);
}

static void end(void)
{
	desk_free(desk);
}

TestSuite(finding, .init = begin, .fini = end);

Test(finding, one_of_each_cause)
{
	struct finding *f = finding_open(desk, "sip-alg", NULL, 1);

	cr_assert_not_null(f);
	cr_expect_eq(finding_open(desk, "sip-alg", NULL, 1), f);
	cr_expect_neq(finding_open(desk, "sip-alg", NULL, 2), f);
	cr_expect_null(finding_open(desk, "sip-alg", "other", 1), "the table is full");
	cr_expect_eq(desk->evictions.findings, 1);
}

/* A hint's severity is info, whatever its detector thinks of it. */
Test(finding, as_sure_as_the_surest)
{
	struct finding *f = finding_open(desk, "high-loss", "before-capture", 1);

	finding_rate(f, 0.4, SEVERITY_CRITICAL);
	cr_expect_eq(f->severity, SEVERITY_INFO);
	finding_rate(f, 0.7, SEVERITY_WARNING);
	cr_expect_eq(f->severity, SEVERITY_WARNING);
	finding_rate(f, 0.5, SEVERITY_INFO);
	cr_expect_float_eq(f->confidence, 0.7, 1e-9);
	cr_expect_eq(f->severity, SEVERITY_WARNING);
}

/* Clocks step back, and requests are answered before they were sent. */
Test(finding, times_in_any_order)
{
	struct finding *f = finding_open(desk, "registration-failed", "unanswered", 1);

	finding_time(f, 30, 10);
	cr_expect_eq(f->first_ns, 10);
	cr_expect_eq(f->last_ns, 30);
	finding_time(f, 20, 40);
	cr_expect_eq(f->first_ns, 10);
	cr_expect_eq(f->last_ns, 40);
}

Test(finding, lists_hold_each_once_and_so_many)
{
	struct finding *f = finding_open(desk, "sip-scan", NULL, 1);

	for (uint32_t i = 0; i < 100; i++) {
		struct address address = address_of_ipv4(0x0a000000 + i / 2);
		struct mark mark = {true, 0, i + 1, i};

		finding_endpoint(f, &address);
		finding_evidence(f, &mark, "packet %u", i);
		finding_against(f, "doubt %u", i / 2);
	}
	cr_expect_eq(f->endpoint_count, FINDING_ENDPOINTS_MAX);
	cr_expect_eq(f->evidence_count, FINDING_EVIDENCE_MAX);
	cr_expect_eq(f->against_count, FINDING_AGAINST_MAX);
	cr_expect_str_eq(f->against[1], "doubt 1");
	cr_expect_eq(address_ipv4(&f->endpoints[1]), 0x0a000001);
}
