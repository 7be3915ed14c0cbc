/* SPDX-License-Identifier: Apache-2.0 */
/* The E-model against its published values. */
#include <math.h>

#include "data.h"
#include "emodel.h"

/* Nothing is lost, the codec impairs nothing, and delay is not known. */
static struct emodel_input perfect(enum emodel_band band)
{
	return (struct emodel_input){.band = band, .burst_ratio = 1, .delay_ms = (double)NAN};
}

static double rating_of(struct emodel_input input)
{
	return emodel_rate(&input).rating;
}

/* The score of a rating: an impairment of the right size leads to it. */
static double mos_at(enum emodel_band band, double rating)
{
	struct emodel_input input = perfect(band);

	input.ie = rating_of(input) - rating;
	return emodel_rate(&input).mos;
}

/* G.107 (06/2015) with all defaults of table 2; the anchors of the wider scales */
Test(emodel, default_connection)
{
	cr_expect_float_eq(rating_of(perfect(EMODEL_NARROWBAND)), 93.206208, 1e-5);
	cr_expect_float_eq(rating_of(perfect(EMODEL_WIDEBAND)), 129, 1e-9);
	cr_expect_float_eq(rating_of(perfect(EMODEL_FULLBAND)), 148, 1e-9);
	cr_expect_str_eq(emodel_version(EMODEL_NARROWBAND), "G.107 (06/2015)");
	cr_expect_str_eq(emodel_version(EMODEL_WIDEBAND), "G.107.1 (06/2019)");
	cr_expect_str_eq(emodel_version(EMODEL_FULLBAND), "G.107.2 (06/2019)");
}

/* ITU-T P.800.1: conversation where delay is known, listening where it is not */
Test(emodel, kinds)
{
	static const char *const expected[][2] = {
	    {"LQE-N", "CQE-N"}, {"LQE-W", "CQE-W"}, {"LQE-F", "CQE-F"}};

	for (int band = EMODEL_NARROWBAND; band <= EMODEL_FULLBAND; band++) {
		struct emodel_input input = perfect((enum emodel_band)band);

		cr_expect_str_eq(emodel_rate(&input).kind, expected[band][0]);
		input.delay_ms = 0;
		cr_expect_str_eq(emodel_rate(&input).kind, expected[band][1]);
	}
}

Test(emodel, mos_of_ratings)
{
	static const double scales[] = {1, 1.29, 1.48};

	for (int i = EMODEL_NARROWBAND; i <= EMODEL_FULLBAND; i++) {
		enum emodel_band band = (enum emodel_band)i;

		/* G.107 Annex B, table B.1; the wider scales are stretched */
		cr_expect_float_eq(mos_at(band, 90 * scales[i]), 4.34, 0.005);
		cr_expect_float_eq(mos_at(band, 80 * scales[i]), 4.02, 0.01);
		cr_expect_float_eq(mos_at(band, 70 * scales[i]), 3.60, 0.005);
		cr_expect_float_eq(mos_at(band, 60 * scales[i]), 3.10, 0.005);
		cr_expect_float_eq(mos_at(band, 50 * scales[i]), 2.58, 0.006);
		cr_expect_eq(mos_at(band, 100 * scales[i]), 4.5);
		cr_expect_eq(mos_at(band, 120 * scales[i]), 4.5);
		cr_expect_eq(mos_at(band, 0), 1);
		cr_expect_eq(mos_at(band, -5), 1);
		/* The cubic dips below 1 there. */
		for (double r = 0; r < 7; r += 0.1) {
			cr_expect_geq(mos_at(band, r), 1);
		}
	}
}

/* G.107 (06/2015) 7.4 with Ta = T, Tr = 2T; worked through by others */
Test(emodel, delay_narrowband)
{
	static const double known[][2] = {{100, 90.6637}, {150, 89.5391}, {200, 85.8047},
	    {300, 72.6664}, {400, 62.2468}, {600, 49.4838}};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct emodel_input input = perfect(EMODEL_NARROWBAND);

		input.delay_ms = known[i][0];
		cr_expect_float_eq(emodel_rate(&input).rating, known[i][1], 0.001);
	}
}

/*
 * G.107.1 7.4, by hand. At 50 ms: K 14, TERV 38.87 + 14, Re 196.6, Roe 129, Idte 0.458; Idle 0.652
 * on the scale of 129. At 200 ms X is 1: Idd is 25 (2^(1/6) - 3 (1 + 3^-6)^(1/6) + 2) = 3.0444.
 */
Test(emodel, delay_wideband)
{
	struct emodel_input input = perfect(EMODEL_WIDEBAND);
	double half;

	input.delay_ms = 50;
	half = (129 - 196.6145) / 2;
	cr_expect_float_eq(emodel_rate(&input).rating,
	    129 - (half + sqrt(half * half + 100) - 1) - 0.652075, 0.001);

	input.delay_ms = 200;
	half = (129 - (80 + 3 * (65 + 18 - 40 * log10(21.0 / (1 + 200.0 / 150)) - 14))) / 2;
	cr_expect_float_eq(emodel_rate(&input).rating,
	    129 - (half + sqrt(half * half + 100) - 1) - 1.29 * 3.044414 -
		((129 - 1228.5 * pow(401, -0.25)) / 2 +
		    sqrt(pow((129 - 1228.5 * pow(401, -0.25)) / 2, 2) + 169)),
	    0.001);
}

/* G.107.2 7.4: 1.48 times Idd, and nothing below 100 ms */
Test(emodel, delay_fullband)
{
	struct emodel_input input = perfect(EMODEL_FULLBAND);

	input.delay_ms = 100;
	cr_expect_float_eq(emodel_rate(&input).rating, 148, 1e-9);
	input.delay_ms = 200;
	cr_expect_float_eq(emodel_rate(&input).rating, 148 - 1.48 * 3.044414, 0.001);
}

/* 7.5 of each, by hand */
Test(emodel, loss)
{
	struct emodel_input input = perfect(EMODEL_NARROWBAND);

	input.bpl = 4.3;
	input.loss_pct = 1;
	cr_expect_float_eq(emodel_rate(&input).rating, 93.206208 - 95 / 5.3, 1e-5);
	input.ie = 11;
	input.bpl = 19;
	input.burst_ratio = 2;
	cr_expect_float_eq(emodel_rate(&input).rating, 93.206208 - 11 - 84 / 19.5, 1e-5);
	input.band = EMODEL_WIDEBAND;
	cr_expect_float_eq(emodel_rate(&input).rating, 129 - 11 - 84 / 19.5, 1e-9);
	input.band = EMODEL_FULLBAND;
	cr_expect_float_eq(emodel_rate(&input).rating, 148 - 11 - 121 / 19.5, 1e-9);
}

/* Outside G.107's range of 1 to 8, and where a codec has no robustness factor */
Test(emodel, bounds)
{
	struct emodel_input input = perfect(EMODEL_NARROWBAND), other;

	cr_expect_float_eq(emodel_rate(&input).rating, 93.206208, 1e-5); /* Bpl 0, no loss */
	input.bpl = 25.1;
	input.loss_pct = 5;
	other = input;
	other.burst_ratio = 0.2;
	cr_expect_eq(rating_of(other), rating_of(input));
	input.burst_ratio = 8;
	other.burst_ratio = 1e9;
	cr_expect_eq(rating_of(other), rating_of(input));
	other.loss_pct = 100;
	other.delay_ms = 1e6;
	cr_expect_eq(emodel_rate(&other).mos, 1);
}

Test(emodel, worse_is_never_better)
{
	for (int band = EMODEL_NARROWBAND; band <= EMODEL_FULLBAND; band++) {
		struct emodel_input input = perfect((enum emodel_band)band);
		double before = 1000;

		input.bpl = 25.1;
		for (input.loss_pct = 0; input.loss_pct <= 100; input.loss_pct += 0.5) {
			cr_expect_lt(rating_of(input), before);
			before = rating_of(input);
		}
		input.loss_pct = 2;
		before = 1000;
		for (input.burst_ratio = 1; input.burst_ratio <= 8; input.burst_ratio += 0.5) {
			cr_expect_lt(rating_of(input), before);
			before = rating_of(input);
		}
		before = 1000;
		for (input.delay_ms = 0; input.delay_ms <= 1000; input.delay_ms += 10) {
			cr_expect_leq(rating_of(input), before);
			before = rating_of(input);
		}
	}
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
		struct emodel_input in = perfect(EMODEL_NARROWBAND);
		struct emodel_result out;
		double Tr, Ta, rating, mos;

		cr_assert_eq(
		    sscanf(line, "%*[^,],%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf,%lf", &in.ie, &in.bpl,
			&in.loss_pct, &in.burst_ratio, &in.delay_ms, &Tr, &Ta, &rating, &mos),
		    9, "%s", line);
		cr_assert(Ta == in.delay_ms && Tr == 2 * in.delay_ms, "%s", line);
		out = emodel_rate(&in);
		cr_expect_float_eq(out.rating, rating, 0.01, "%s", line);
		if (rating > 6.5) { /* below, the table has the cubic's values under 1 */
			cr_expect_float_eq(out.mos, mos, 0.001, "%s", line);
		}
		rows++;
	}
	(void)fclose(table);
	cr_expect_gt(rows, 700);
}

Test(emodel, published_scores)
{
	FILE *table = fopen(data_path("emodel/r_to_mos.csv"), "r");
	char line[256];
	int rows = 0;

	cr_assert_not_null(table);
	cr_assert_not_null(fgets(line, sizeof(line), table));
	while (fgets(line, sizeof(line), table)) {
		double rating, mos;

		cr_assert_eq(sscanf(line, "%lf,%lf", &rating, &mos), 2, "%s", line);
		cr_expect_float_eq(
		    mos_at(EMODEL_NARROWBAND, rating), fmax(1, mos), 0.001, "%s", line);
		rows++;
	}
	(void)fclose(table);
	cr_expect_gt(rows, 20);
}
