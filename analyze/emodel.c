/* SPDX-License-Identifier: Apache-2.0 */
#include "emodel.h"

#include <math.h>
#include <pthread.h>

/* Defaults of G.107 table 2, in its own names; G.107.1 takes over those of them that it uses. */
static const double SLR = 8, RLR = 2, STMR = 15, LSTR = 18, Ds = 3, TELR = 65, WEPL = 110;
static const double qdu = 1, Nc = -70, Nfor = -64, Ps = 35, Pr = 35, A = 0;

/* G.107 table 2, note: the range in which BurstR means something. */
static const double burst_ratio_min = 1, burst_ratio_max = 8;

static double power_db(double level)
{
	return pow(10, level / 10);
}

/* G.107 7.2: No, all circuit and room noise at the 0 dBr point, in dBm0p */
static double noise(void)
{
	double OLR = SLR + RLR;
	double Nos = Ps - SLR - Ds - 100 + 0.004 * pow(Ps - OLR - Ds - 14, 2);
	double Pre = Pr + 10 * log10(1 + pow(10, (10 - LSTR) / 10));
	double Nor = RLR - 121 + Pre + 0.008 * pow(Pre - 35, 2);
	double Nfo = Nfor + RLR;

	return 10 * log10(power_db(Nc) + power_db(Nos) + power_db(Nor) + power_db(Nfo));
}

/* G.107 7.3: Is, what happens together with the voice: too loud, sidetone, quantising */
static double simultaneous(double Ro, double No, double T)
{
	double OLR = SLR + RLR;
	double Xolr = OLR + 0.2 * (64 + No - RLR);
	double Iolr = 20 * (pow(1 + pow(Xolr / 8, 8), 1.0 / 8) - Xolr / 8);
	double STMRo = -10 * log10(power_db(-STMR) + exp(-T / 4) * power_db(-TELR));
	double Ist = 12 * pow(1 + pow((STMRo - 13) / 6, 8), 1.0 / 8) -
		     28 * pow(1 + pow((STMRo + 1) / 19.4, 35), 1.0 / 35) -
		     13 * pow(1 + pow((STMRo - 3) / 33, 13), 1.0 / 13) + 29;
	double Q = 37 - 15 * log10(qdu);
	double G = 1.07 + 0.258 * Q + 0.0602 * Q * Q;
	double Y = (Ro - 100) / 15 + 46 / 8.4 - G / 9;
	double Z = 46.0 / 30 - G / 40;
	double Iq = 15 * log10(1 + pow(10, Y) + pow(10, Z));

	return Iolr + Ist + Iq;
}

/* The echo that the talker hears, weighed against the noise at his ear (G.107 eq. 7-19). */
static double masked_echo(double Roe, double Re, double T)
{
	double half = (Roe - Re) / 2;

	/* Below 1 ms an echo is sidetone. */
	return T < 1 ? 0 : (half + sqrt(half * half + 100) - 1) * (1 - exp(-T));
}

/* TERV: how loud an echo feels that comes back after 2T (G.107 eq. 7-22) */
static double echo_loudness(double T)
{
	return TELR - 40 * log10((1 + T / 10) / (1 + T / 150)) + 6 * exp(-0.3 * T * T);
}

/* G.107 7.4: Idte. STMR lies between 9 and 20 dB, so it needs no correction. */
static double talker_echo(double No, double T)
{
	return masked_echo(-1.5 * (No - RLR), 80 + 2.5 * (echo_loudness(T) - 14), T);
}

/*
 * G.107.1 7.4: Idte,WB. The text does not define the noise in Roe; taken is the one that the
 * rating Ro,WB = 129 itself stands for by G.107 eq. 7-2, Ro = 15 - 1.5 (SLR + No).
 */
static double talker_echo_wideband(double Ro, double T)
{
	double No = (15 - Ro) / 1.5 - SLR;
	double K = T < 100 ? 0.08 * T + 10 : 18;

	return masked_echo(-1.5 * (No - RLR), 80 + 3 * (echo_loudness(T) + K - 14), T);
}

/* G.107 7.4: Idle */
static double listener_echo(double Ro, double Tr)
{
	double Rle = 10.5 * (WEPL + 7) * pow(Tr + 1, -0.25);
	double half = (Ro - Rle) / 2;

	return half + sqrt(half * half + 169);
}

/* G.107 7.4: Idd, delay too long even without echo, at the default sensitivity (sT 1, mT 100) */
static double long_delay(double Ta)
{
	double X;

	if (Ta <= 100) {
		return 0;
	}
	X = log10(Ta / 100) / log10(2);
	return 25 * (pow(1 + pow(X, 6), 1.0 / 6) - 3 * pow(1 + pow(X / 3, 6), 1.0 / 6) + 2);
}

/* 7.5 of each: Ie,eff. */
static double equipment(const struct emodel_input *input, double worst)
{
	double burst_ratio = fmin(fmax(input->burst_ratio, burst_ratio_min), burst_ratio_max);
	double loss = input->loss_pct;

	if (loss <= 0) {
		return input->ie;
	}
	return input->ie + (worst - input->ie) * loss / (loss / burst_ratio + input->bpl);
}

static double narrowband(double T)
{
	double No = noise();
	double Ro = 15 - 1.5 * (SLR + No);
	double Id = talker_echo(No, T) + listener_echo(Ro, 2 * T) + long_delay(T);

	return Ro - simultaneous(Ro, No, T) - Id;
}

/* Most streams have no delay that is known: of them this depends on nothing at all. */
static double narrowband_undelayed;

static void narrowband_undelayed_find(void)
{
	narrowband_undelayed = narrowband(0);
}

/* Without delay this is G.107's default rating of 93.2. */
static double ceiling_narrowband(double T)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	if (!isnan(T)) {
		return narrowband(T);
	}
	(void)pthread_once(&once, narrowband_undelayed_find);
	return narrowband_undelayed;
}

/* G.107.1: Is,WB is 0; eq. 7-15 knows no BurstR and is taken with G.107's. */
static double ceiling_wideband(double T)
{
	double Ro = 129, Id = 0;

	if (!isnan(T)) {
		Id = talker_echo_wideband(Ro, T) + listener_echo(Ro, 2 * T) + 1.29 * long_delay(T);
	}
	return Ro - Id;
}

/* G.107.2: Is,FB is 0, and of delay it knows the pure one alone. */
static double ceiling_fullband(double T)
{
	double Ro = 148, Id = isnan(T) ? 0 : 1.48 * long_delay(T);

	return Ro - Id;
}

/* G.107 Annex B; Annex A of the others, which first bring R to the narrowband's scale. */
static double mos_of(double R)
{
	if (R <= 0) {
		return 1;
	}
	if (R >= 100) {
		return 4.5;
	}
	/* The cubic dips below 1 for R under 6.5. */
	return fmax(1, 1 + 0.035 * R + R * (R - 60) * (100 - R) * 7e-6);
}

static const struct {
	double (*ceiling)(double delay_ms);
	double worst; /* what loss can take away */
	double scale;
	const char *version, *listening, *conversational;
} bands[] = {
    [EMODEL_NARROWBAND] = {ceiling_narrowband, 95, 1, "G.107 (06/2015)", "LQE-N", "CQE-N"},
    [EMODEL_WIDEBAND] = {ceiling_wideband, 95, 1.29, "G.107.1 (06/2019)", "LQE-W", "CQE-W"},
    [EMODEL_FULLBAND] = {ceiling_fullband, 132, 1.48, "G.107.2 (06/2019)", "LQE-F", "CQE-F"},
};

double emodel_ceiling(enum emodel_band band, double delay_ms)
{
	return bands[band].ceiling(delay_ms);
}

struct emodel_result emodel_rate(const struct emodel_input *input)
{
	return emodel_rate_below(emodel_ceiling(input->band, input->delay_ms), input);
}

struct emodel_result emodel_rate_below(double ceiling, const struct emodel_input *input)
{
	double rating = ceiling - equipment(input, bands[input->band].worst) + A;

	return (struct emodel_result){
	    .rating = rating,
	    .mos = mos_of(rating / bands[input->band].scale),
	    .kind = isnan(input->delay_ms) ? bands[input->band].listening
					   : bands[input->band].conversational,
	};
}

const char *emodel_version(enum emodel_band band)
{
	return bands[band].version;
}
