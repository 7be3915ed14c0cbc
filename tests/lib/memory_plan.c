/* SPDX-License-Identifier: Apache-2.0 */
/* What tables reserve is what they were allowed to take, and not much less. */
#include "memory_plan.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "desk.h"
#include "intake.h"
#include "meter.h"

enum { METERS_MAX = 8 };

static const uint64_t mebi = 1 << 20;

/* Of this process: reserved, touched or not. */
static uint64_t address_space(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	unsigned long pages = 0;

	cr_assert_not_null(file);
	cr_assert_eq(fscanf(file, "%lu", &pages), 1);
	(void)fclose(file);
	return pages * 4096ULL;
}

static uint64_t reserved_by(const struct memory_plan *plan, unsigned meters)
{
	struct desk_config config = {
	    .live = true,
	    .limits = {plan->calls, plan->streams, plan->endpoints, MEMORY_FINDINGS,
		plan->text_octets},
	    .vantage_count = 2,
	    .capture_count = 2,
	};
	const struct meter_limits limits = {plan->metered, plan->metered};
	uint64_t before = address_space(), after;
	struct desk *desk = desk_new(&config, 7);
	struct meter *metering[METERS_MAX];
	struct intake *intake = aligned_alloc(64, (sizeof(*intake) + 63) / 64 * 64);

	cr_assert(desk && intake && intake_init(intake, 7));
	for (unsigned i = 0; i < meters; i++) {
		metering[i] = meter_new(&limits, i);
		cr_assert_not_null(metering[i]);
	}
	after = address_space();
	for (unsigned i = 0; i < meters; i++) {
		meter_free(metering[i]);
	}
	intake_fini(intake);
	free(intake);
	desk_free(desk);
	return after - before;
}

Test(memory_plan, is_kept, .timeout = 60)
{
	static const uint64_t sizes[] = {0, 512, 1024, 4096}; /* MiB; 0: the least */

	for (unsigned meters = 1; meters <= METERS_MAX; meters *= 2) {
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			uint64_t octets = sizes[i] ? sizes[i] * mebi : memory_plan_least(meters);
			struct memory_plan plan = memory_plan_make(octets, meters);
			uint64_t reserved = reserved_by(&plan, meters);

			cr_expect_leq(reserved, octets, "%u meters: %llu of %llu MiB", meters,
			    (unsigned long long)(reserved / mebi),
			    (unsigned long long)(octets / mebi));
			cr_expect_geq(reserved, octets * 2 / 3, "%u meters: %llu of %llu MiB",
			    meters, (unsigned long long)(reserved / mebi),
			    (unsigned long long)(octets / mebi));
			cr_expect_geq(plan.calls, MEMORY_CALLS_LEAST - 1);
		}
	}
}

Test(memory_plan, has_a_limit_of_its_own)
{
	struct memory_plan plan = memory_plan_make((uint64_t)1 << 50, 1);

	cr_expect_eq(plan.calls, 1 << 20);
	cr_expect_eq(plan.streams, 1 << 22);
}
