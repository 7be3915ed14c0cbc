/* SPDX-License-Identifier: Apache-2.0 */
#include "emodel.h"

#include <math.h>
#include <stddef.h>
#include <strings.h>

/* Defaults of G.107 table 2, in its own names. */
static const double SLR = 8, RLR = 2, STMR = 15, LSTR = 18, Ds = 3, TELR = 65, WEPL = 110;
static const double qdu = 1, Nc = -70, Nfor = -64, Ps = 35, Pr = 35, A = 0;

static double power_db(double level)
{
	return pow(10, level / 10);
}

/* 7.2: No, all circuit and room noise at the 0 dBr point, in dBm0p */
static double noise(void)
{
	double OLR = SLR + RLR;
	double Nos = Ps - SLR - Ds - 100 + 0.004 * pow(Ps - OLR - Ds - 14, 2);
	double Pre = Pr + 10 * log10(1 + pow(10, (10 - LSTR) / 10));
	double Nor = RLR - 121 + Pre + 0.008 * pow(Pre - 35, 2);
	double Nfo = Nfor + RLR;

	return 10 * log10(power_db(Nc) + power_db(Nos) + power_db(Nor) + power_db(Nfo));
}

/* 7.3: Is, what happens together with the voice: too loud, sidetone, quantising */
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

/* 7.4: Idte, talker echo. STMR lies between 9 and 20 dB, so it needs no correction. */
static double talker_echo(double No, double T)
{
	double TERV = TELR - 40 * log10((1 + T / 10) / (1 + T / 150)) + 6 * exp(-0.3 * T * T);
	double Re = 80 + 2.5 * (TERV - 14);
	double Roe = -1.5 * (No - RLR);
	double half = (Roe - Re) / 2;

	return (half + sqrt(half * half + 100) - 1) * (1 - exp(-T));
}

/* 7.4: Idle, listener echo */
static double listener_echo(double Ro, double Tr)
{
	double Rle = 10.5 * (WEPL + 7) * pow(Tr + 1, -0.25);
	double half = (Ro - Rle) / 2;

	return half + sqrt(half * half + 169);
}

/* 7.4: Idd, delay too long even without echo */
static double long_delay(double Ta)
{
	double X;

	if (Ta <= 100) {
		return 0;
	}
	X = log10(Ta / 100) / log10(2);
	return 25 * (pow(1 + pow(X, 6), 1.0 / 6) - 3 * pow(1 + pow(X / 3, 6), 1.0 / 6) + 2);
}

double emodel_rating(const struct emodel_input *input)
{
	double T = input->one_way_ms;
	double No = noise();
	double Ro = 15 - 1.5 * (SLR + No);
	double Is = simultaneous(Ro, No, T);
	double Id = talker_echo(No, T) + listener_echo(Ro, input->round_trip_ms) +
		    long_delay(input->absolute_ms);
	double Ie_eff = input->ie + (95 - input->ie) * input->loss_pct /
					(input->loss_pct / input->burst_ratio + input->bpl);

	return Ro - Is - Id - Ie_eff + A;
}

double emodel_mos(double rating)
{
	double mos;

	if (rating <= 0) {
		return 1;
	}
	if (rating >= 100) {
		return 4.5;
	}
	mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
	return mos < 1 ? 1 : mos;
}

bool emodel_codec(const char *codec, double *ie, double *bpl)
{
	/* G.113 Appendix I, table I.3: G.711 with the packet-loss concealment of its Appendix I. */
	static const struct {
		const char *name;
		double ie, bpl;
	} codecs[] = {
	    {"PCMU", 0, 25.1},
	    {"PCMA", 0, 25.1},
	};

	for (size_t i = 0; codec && i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		if (strcasecmp(codec, codecs[i].name) == 0) {
			*ie = codecs[i].ie;
			*bpl = codecs[i].bpl;
			return true;
		}
	}
	return false;
}
