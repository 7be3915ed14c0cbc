/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The E-model: from loss, delay and codec to a rating R and a mean opinion score.
 *
 * Source: ITU-T G.107 (06/2015); MOS by its Annex B, bounded below by 1.0 where the cubic dips
 * under it; Ie and Bpl from ITU-T G.113 Appendix I.
 */
#ifndef TALKPATH_EMODEL_H
#define TALKPATH_EMODEL_H

#include <stdbool.h>

/* What a connection does to speech. Everything else stands at G.107's defaults. */
struct emodel_input {
	double ie;            /* equipment impairment factor */
	double bpl;           /* packet-loss robustness factor */
	double loss_pct;      /* Ppl */
	double burst_ratio;   /* BurstR; 1 for independent losses */
	double one_way_ms;    /* T: mouth to ear, mean, for talker echo */
	double round_trip_ms; /* Tr: in the four-wire loop, for listener echo */
	double absolute_ms;   /* Ta: one way, absolute */
};

/* R, not bounded: at most 93.2 with the defaults, and below 0 for the unusable. */
double emodel_rating(const struct emodel_input *input);

/* MOS-CQE for R, in 1.0 to 4.5. */
double emodel_mos(double rating);

/* Ie and Bpl of a codec by its name in SDP; false where G.113 gives none. */
bool emodel_codec(const char *codec, double *ie, double *bpl);

#endif
