/* SPDX-License-Identifier: Apache-2.0 */
/* Codes and response times, from the few that stand in an exchange itself to as many as are kept.
 */
#include "exchange.h"

#include "desk_sip.h"
#include "report.h"

static const char phone[] = "198.51.100.7", server[] = "203.0.113.10";

struct told {
	unsigned exchanges;
	double median_ms;
	uint64_t answered, counts[EXCHANGE_CODES_MAX];
	char last[8];
	size_t codes;
};

static void tell(void *context, const struct tp_exchange *e)
{
	struct told *told = context;

	told->exchanges++;
	told->median_ms = e->response_median_ms;
	told->answered = e->answered;
	told->codes = e->code_count;
	for (size_t i = 0; i < e->code_count; i++) {
		told->counts[i] = e->codes[i].count;
	}
	(void)snprintf(told->last, sizeof(told->last), "%s", e->codes[e->code_count - 1].name);
}

/* So many, of which the n-th is answered after n ms, by one of so many codes in turn. */
static struct told of_many(unsigned count, unsigned codes)
{
	struct desk *desk = desk_sip_new();
	struct told told = {0};

	for (unsigned n = 1; n <= count; n++) {
		static const char lines[] =
		    "%s\nVia: SIP/2.0/UDP 203.0.113.10;branch=z9hG4bK%u\n"
		    "From: <sip:a@x>;tag=1\nTo: <sip:b@x>%s\nCall-ID: %u\nCSeq: 1 OPTIONS\n\n";
		char status[32];

		(void)snprintf(status, sizeof(status), "SIP/2.0 %u Fine", 480 + n % codes);
		desk_sip_take(desk, server, phone, n, lines, "OPTIONS sip:b@x SIP/2.0", n, "", n);
		desk_sip_take(desk, phone, server, n + n * 1e-3, lines, status, n, ";tag=2", n);
	}
	desk_tick(desk, &(struct tick){UINT64_MAX, desk_sip_begin_ns, true});
	report_each_exchange(desk, tell, &told);
	desk_free(desk);
	cr_expect_eq(told.exchanges, 1);
	cr_expect_eq(told.answered, count);
	return told;
}

/* Of the last EXCHANGE_TIMES_MAX. */
static double median_of(unsigned count)
{
	unsigned first = count > EXCHANGE_TIMES_MAX ? count - EXCHANGE_TIMES_MAX + 1 : 1;

	return (first + count) / 2.0;
}

Test(exchange, times)
{
	static const unsigned counts[] = {1, 4, 5, 16, 17, 63, 64, 65, 100, 128, 200};

	for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		cr_expect_float_eq(of_many(counts[i], 1).median_ms, median_of(counts[i]), 0.01,
		    "of %u", counts[i]);
	}
}

Test(exchange, codes)
{
	struct told told = of_many(24, 8);

	cr_expect_eq(told.codes, 8);
	for (size_t i = 0; i < 8; i++) {
		cr_expect_eq(told.counts[i], 3);
	}
	cr_expect_str_neq(told.last, "other");
	told = of_many(20, 10);
	cr_expect_eq(told.codes, 8);
	cr_expect_eq(told.counts[0], 2);
	cr_expect_eq(told.counts[7], 6, "three codes share the last place");
	cr_expect_str_eq(told.last, "other");
}
