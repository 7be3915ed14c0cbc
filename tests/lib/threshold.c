/* SPDX-License-Identifier: Apache-2.0 */
/* Thresholds that change: before an analysis runs; while it does, if it is live; never after. */
#include "threshold.h"

#include <criterion/criterion.h>

#include "analysis.h"

static struct tp_analysis *analysis;

static void begin(void)
{
	analysis = tp_new(NULL, NULL);
	cr_assert_not_null(analysis);
}

static void end(void)
{
	analysis->desk = NULL;
	tp_free(analysis);
}

TestSuite(threshold, .init = begin, .fini = end);

/* As if it ran: only whether there is a desk is looked at. */
static void run(bool live)
{
	analysis->live = live;
	analysis->desk = (struct desk *)(void *)analysis;
}

Test(threshold, before)
{
	cr_expect(tp_threshold_set(analysis, "loss_warning_pct", 2));
	cr_expect_eq(tp_threshold_get(analysis, "loss_warning_pct"), 2);
	cr_expect_not(tp_threshold_set(analysis, "loss_warning_pct", -1));
	cr_expect_not(tp_threshold_set(analysis, "no_such_name", 1));
}

Test(threshold, while_it_runs_live)
{
	struct thresholds of_desk = thresholds_default;

	run(true);
	cr_expect(tp_threshold_set(analysis, "loss_warning_pct", 2));
	cr_expect_neq(of_desk.loss_warning_pct, 2, "not until it looks");
	threshold_renew(analysis, &of_desk);
	cr_expect_eq(of_desk.loss_warning_pct, 2);
	of_desk.loss_warning_pct = 7;
	threshold_renew(analysis, &of_desk);
	cr_expect_eq(of_desk.loss_warning_pct, 7, "nothing is new");
}

Test(threshold, not_of_files)
{
	run(false);
	cr_expect_not(tp_threshold_set(analysis, "loss_warning_pct", 2), "the answer is one");
}

Test(threshold, not_after)
{
	run(true);
	analysis->ran = true;
	cr_expect_not(tp_threshold_set(analysis, "loss_warning_pct", 2));
}
