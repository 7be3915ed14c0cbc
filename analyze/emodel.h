/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The E-model: from codec, loss and delay to a rating R and a mean opinion score.
 *
 * Source:    ITU-T G.107 (06/2015), G.107.1 (06/2019), G.107.2 (06/2019).
 * Data in:   struct emodel_input. All else stands at the Recommendations' defaults: TELR 65 dB,
 *            no advantage (A = 0), one quantising distortion unit.
 * Data out:  the rating on the band's own scale, and MOS. Ratings and scores of different bands
 *            are of different scales.
 * Ownership: none; pure computation.
 *
 * docs/quality.md says which choices the Recommendations leave, and what was chosen.
 */
#ifndef TALKPATH_EMODEL_H
#define TALKPATH_EMODEL_H

enum emodel_band { EMODEL_NARROWBAND, EMODEL_WIDEBAND, EMODEL_FULLBAND };

/* What a connection does to speech. */
struct emodel_input {
	enum emodel_band band;
	double ie;          /* equipment impairment factor, on the band's scale */
	double bpl;         /* packet-loss robustness factor, above 0; not used without loss */
	double loss_pct;    /* Ppl: lost, or too late to be played */
	double burst_ratio; /* BurstR; 1 for independent losses; bounded to 1..8 */
	double delay_ms;    /* mouth to ear: Ta = T, Tr = 2T; NAN where not known */
};

struct emodel_result {
	double rating; /* at most 93.2, 129 or 148 by band; below 0 for the unusable */
	double mos;    /* 1.0 to 4.5 */
	const char
	    *kind; /* ITU-T P.800.1: "CQE-N" with delay; "LQE-N" without, for the ear alone */
};

struct emodel_result emodel_rate(const struct emodel_input *input);

/* The same in two steps: what codec and loss are taken from depends on nothing but the delay. */
double emodel_ceiling(enum emodel_band band, double delay_ms);
struct emodel_result emodel_rate_below(double ceiling, const struct emodel_input *input);

/* The Recommendation that rates a band: "G.107 (06/2015)". */
const char *emodel_version(enum emodel_band band);

#endif
