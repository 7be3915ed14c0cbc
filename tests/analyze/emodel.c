/* SPDX-License-Identifier: Apache-2.0 */
/* The E-model against its published values. */
#include <math.h>

#include "data.h"
#include "emodel.h"

Test(emodel, default_connection)
{
	struct emodel_input nothing = {.bpl = 25.1, .burst_ratio = 1};

	/* G.107 (06/2015) table 2: all defaults */
	cr_expect_float_eq(emodel_rating(&nothing), 93.206208, 1e-5);
}

Test(emodel, mos_of_ratings)
{
	/* G.107 Annex B, table B.1 */
	cr_expect_float_eq(emodel_mos(90), 4.34, 0.005);
	cr_expect_float_eq(emodel_mos(80), 4.02, 0.01);
	cr_expect_float_eq(emodel_mos(70), 3.60, 0.005);
	cr_expect_float_eq(emodel_mos(60), 3.10, 0.005);
	cr_expect_float_eq(emodel_mos(50), 2.58, 0.005);
	cr_expect_eq(emodel_mos(100), 4.5);
	cr_expect_eq(emodel_mos(120), 4.5);
	cr_expect_eq(emodel_mos(0), 1);
	cr_expect_eq(emodel_mos(-5), 1);
	/* The cubic dips below 1 there. */
	for (double r = 0; r < 7; r += 0.1) {
		cr_expect_geq(emodel_mos(r), 1);
	}
}

Test(emodel, more_loss_is_never_better)
{
	double before = 100;

	for (double loss = 0; loss <= 100; loss += 0.5) {
		struct emodel_input input = {.bpl = 25.1, .burst_ratio = 1, .loss_pct = loss};
		double rating = emodel_rating(&input);

		cr_expect_lt(rating, before);
		before = rating;
	}
}

Test(emodel, codecs)
{
	double ie = -1, bpl = -1;

	cr_expect(emodel_codec("PCMU", &ie, &bpl));
	cr_expect(ie == 0 && bpl == 25.1);
	cr_expect(emodel_codec("pcma", &ie, &bpl));
	cr_expect(!emodel_codec("opus", &ie, &bpl));
	cr_expect(!emodel_codec(NULL, &ie, &bpl));
}

/* Ratings computed by others, over loss, burstiness, delay and codec. */
Test(emodel, published_table)
{
	FILE *table = fopen(data_path("emodel/g107_table.csv"), "r");
	char line[256];
	int rows = 0;

	cr_assert_not_null(table);
	cr_assert_not_null(fgets(line, sizeof(line), table));
	while (fgets(line, sizeof(line), table)) {
		struct emodel_input in;
		double rating, mos;

		cr_assert_eq(sscanf(line, "%*[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &in.ie,
				 &in.bpl, &in.loss_pct, &in.burst_ratio, &in.one_way_ms,
				 &in.round_trip_ms, &in.absolute_ms, &rating, &mos),
		    9, "%s", line);
		cr_expect_float_eq(emodel_rating(&in), rating, 0.01, "%s", line);
		if (rating > 6.5) { /* below, the table has the cubic's values under 1 */
			cr_expect_float_eq(emodel_mos(rating), mos, 0.001, "%s", line);
		}
		rows++;
	}
	(void)fclose(table);
	cr_expect_gt(rows, 700);
}
