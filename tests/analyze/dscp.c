/* SPDX-License-Identifier: Apache-2.0 */
/* What networks make of code points: RFC 9435 4.1 and its table of observed pathologies. */
#include "dscp.h"

#include <criterion/criterion.h>

Test(dscp, pathologies)
{
	static const struct {
		unsigned before, after;
		enum dscp_pathology pathology;
	} cases[] = {
	    {46, 46, DSCP_KEPT},
	    {46, 0, DSCP_BLEACHED},
	    {24, 0, DSCP_BLEACHED},
	    {46, 6, DSCP_TOS_BLEACHED},
	    {34, 2, DSCP_TOS_BLEACHED},
	    {26, 2, DSCP_TOS_BLEACHED},
	    {46, 40, DSCP_PRECEDENCE_ONLY},
	    {34, 32, DSCP_PRECEDENCE_ONLY},
	    {26, 24, DSCP_PRECEDENCE_ONLY},
	    {46, 34, DSCP_REMARKED},
	    {46, 8, DSCP_REMARKED},
	    {24, 26, DSCP_REMARKED},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		cr_expect_eq(dscp_pathology(cases[i].before, cases[i].after), cases[i].pathology,
		    "%u to %u", cases[i].before, cases[i].after);
	}
}

Test(dscp, names)
{
	char text[DSCP_TEXT_MAX];

	cr_expect_str_eq(dscp_format(46, text), "EF (46)");
	cr_expect_str_eq(dscp_format(24, text), "CS3 (24)");
	cr_expect_str_eq(dscp_format(44, text), "VOICE-ADMIT (44)");
	cr_expect_str_eq(dscp_format(0, text), "0");
	cr_expect_str_eq(dscp_format(6, text), "6");
	cr_expect_str_eq(dscp_format(255, text), "255");
}
