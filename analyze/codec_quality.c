/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_quality.h"

#include <math.h>
#include <stddef.h>
#include <strings.h>

/* One mode of a codec. `min` to `max`: the rates of payload by which it is known. */
struct mode {
	const char *encoding;
	uint32_t clock_rate_hz;
	bool usual; /* the mode where the rate tells none */
	double min_kbps, max_kbps;
	double ie, bpl;
	const char *source;
	enum emodel_band band;
	enum { SURE, BPL_ESTIMATED, ESTIMATED } trust; /* ESTIMATED: Bpl too */
};

#define ANY_RATE true, 0, (double)INFINITY
#define NO_VALUE (double)NAN, (double)NAN, NULL

static const char appendix_i[] = "G.113 Appendix I", appendix_iv[] = "G.113 Appendix IV",
		  appendix_v[] = "G.113 Appendix V", estimate[] = "estimate";

/*
 * The least robust value of G.113 for narrowband, that of G.711 without any concealment: where
 * nothing better is known, losses are not made out to be less than they are. On the wideband scale
 * it is the least of table IV.4 as well.
 */
#define BPL_LEAST 4.3

#define NARROW EMODEL_NARROWBAND
#define WIDE   EMODEL_WIDEBAND
#define FULL   EMODEL_FULLBAND

/*
 * Narrowband: G.113 Appendix I, Ie without loss in table I.1, Ie and Bpl together in I.3 (11/2007;
 * later editions give no Bpl).
 * Wideband: Appendix IV, table IV.1 (handset); Bpl only in IV.4, and for two ears.
 * Fullband: Appendix V (EVS in super-wideband mode).
 * AMR and AMR-WB frames by RFC 4867 in both packings, EVS by 3GPP TS 26.445 A.2.
 */
static const struct mode modes[] = {
    {"PCMU", 8000, ANY_RATE, 0, 25.1, appendix_i, NARROW, SURE},
    {"PCMA", 8000, ANY_RATE, 0, 25.1, appendix_i, NARROW, SURE},

    /* SDP's G729 is Annex A's too, and silence suppression is on unless annexb=no (RFC 4856). */
    {"G729", 8000, ANY_RATE, 11, 19.0, appendix_i, NARROW, SURE},
    {"G723", 8000, true, 6.2, 6.6, 15, 16.1, appendix_i, NARROW, SURE},
    {"G723", 8000, false, 5.2, 5.5, 19, 16.1, appendix_i, NARROW, BPL_ESTIMATED},
    {"GSM-EFR", 8000, ANY_RATE, 5, 10.0, appendix_i, NARROW, SURE},
    /* Repeats and mutes as GSM-EFR does (GSM 06.11, 06.61). */
    {"GSM", 8000, ANY_RATE, 20, 10.0, appendix_i, NARROW, BPL_ESTIMATED},
    {"G726-40", 8000, ANY_RATE, 2, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"G726-32", 8000, ANY_RATE, 7, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"G726-24", 8000, ANY_RATE, 25, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"G726-16", 8000, ANY_RATE, 50, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"AAL2-G726-40", 8000, ANY_RATE, 2, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"AAL2-G726-32", 8000, ANY_RATE, 7, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"AAL2-G726-24", 8000, ANY_RATE, 25, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"AAL2-G726-16", 8000, ANY_RATE, 50, BPL_LEAST, appendix_i, NARROW, BPL_ESTIMATED},
    {"G728", 8000, ANY_RATE, 7, (double)NAN, appendix_i, NARROW, SURE},
    /* By RFC 3951 section 1 it should do no worse than G.729A: taken as equal. */
    {"iLBC", 8000, ANY_RATE, 11, 19.0, estimate, NARROW, ESTIMATED},

    /* G.113 has no AMR. 12.2 is GSM-EFR's algorithm, 7.4 that of IS-641, which it has. */
    {"AMR", 8000, false, 0, 7.85, NO_VALUE, NARROW, ESTIMATED},
    {"AMR", 8000, false, 7.85, 8.45, 10, 10.0, estimate, NARROW, ESTIMATED},
    {"AMR", 8000, false, 8.45, 12.5, NO_VALUE, NARROW, ESTIMATED},
    {"AMR", 8000, true, 12.5, 13.3, 5, 10.0, estimate, NARROW, ESTIMATED},

    {"G722", 8000, ANY_RATE, 13, BPL_LEAST, appendix_iv, WIDE, BPL_ESTIMATED},
    {"G7221", 16000, true, 31.5, 32.5, 13, BPL_LEAST, appendix_iv, WIDE, BPL_ESTIMATED},
    {"G7221", 16000, false, 23.5, 24.5, 19, BPL_LEAST, appendix_iv, WIDE, BPL_ESTIMATED},
    /* The mean rate tells the mode, which may change on the way: an estimate. */
    {"AMR-WB", 16000, false, 6.9, 7.7, 41, BPL_LEAST, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 9.3, 10.1, 26, BPL_LEAST, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, true, 12.9, 13.7, 13, 4.3, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 14.5, 15.3, 10, BPL_LEAST, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 16.1, 16.9, 7, BPL_LEAST, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 18.5, 19.3, 5, BPL_LEAST, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 20.1, 20.9, 3, BPL_LEAST, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 23.3, 24.1, 1, 4.6, appendix_iv, WIDE, ESTIMATED},
    {"AMR-WB", 16000, false, 24.2, 25.0, 8, 4.9, appendix_iv, WIDE, ESTIMATED},

    /* That the mode is super-wideband is not seen: all of it is an estimate. */
    {"EVS", 16000, false, 0, 9.4, NO_VALUE, FULL, ESTIMATED},
    {"EVS", 16000, false, 9.4, 10.6, 22.7, 13.0, appendix_v, FULL, ESTIMATED},
    {"EVS", 16000, true, 13.0, 14.2, 17.1, 11.7, appendix_v, FULL, ESTIMATED},
    {"EVS", 16000, false, 16.2, 17.4, 10.8, 10.3, appendix_v, FULL, ESTIMATED},
    {"EVS", 16000, false, 24.2, 25.4, 7.2, 11.4, appendix_v, FULL, ESTIMATED},
    {"EVS", 16000, false, 31.8, 33.0, 8.7, 9.3, appendix_v, FULL, ESTIMATED},
    {"EVS", 16000, false, 47.8, 49.0, 10.2, 9.6, appendix_v, FULL, ESTIMATED},

    /*
     * G.113 has no Opus. Rounded from instrumental measurements of its super-wideband mode
     * (Al-Ahmadi, Pocta, Melvin, 2019); 32 kbit/s is what browsers send. Below 14 kbit/s the
     * encoder falls back to narrower bands, of which nothing is seen.
     */
    {"opus", 48000, false, 0, 14, NO_VALUE, FULL, ESTIMATED},
    {"opus", 48000, false, 14, 20, 30, 12, estimate, FULL, ESTIMATED},
    {"opus", 48000, false, 20, 28, 20, 11, estimate, FULL, ESTIMATED},
    {"opus", 48000, true, 28, 36, 16, 10, estimate, FULL, ESTIMATED},
    {"opus", 48000, false, 36, (double)INFINITY, 11, 10, estimate, FULL, ESTIMATED},
};

static const struct mode *mode_find(
    const char *encoding, uint32_t clock_rate_hz, double rate_kbps, bool *told)
{
	const struct mode *usual = NULL;

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		const struct mode *mode = &modes[i];

		if (mode->clock_rate_hz != clock_rate_hz ||
		    strcasecmp(encoding, mode->encoding) != 0) {
			continue;
		}
		if (rate_kbps >= mode->min_kbps && rate_kbps < mode->max_kbps) {
			*told = true;
			return mode;
		}
		usual = mode->usual ? mode : usual;
	}
	*told = usual && usual->min_kbps <= 0; /* it has one mode */
	return usual;
}

bool codec_quality(const char *encoding, uint32_t clock_rate_hz, double rate_kbps,
    enum codec_plc plc, struct codec_quality *out)
{
	bool told, g711;
	const struct mode *mode =
	    encoding ? mode_find(encoding, clock_rate_hz, rate_kbps, &told) : NULL;

	if (!mode || isnan(mode->ie)) {
		return false;
	}
	g711 = mode->band == EMODEL_NARROWBAND && mode->ie <= 0;
	*out = (struct codec_quality){
	    .band = mode->band,
	    .ie = mode->ie,
	    .bpl = mode->bpl,
	    .ie_estimated = !told || mode->trust == ESTIMATED,
	    .bpl_estimated = !told || mode->trust != SURE,
	    .plc = g711 ? "G.711 Appendix I" : "codec",
	    .source = mode->source,
	};
	if (g711 && plc == CODEC_PLC_NONE) {
		out->bpl = BPL_LEAST; /* G.113 table I.3, too */
		out->plc = "none";
	}
	return true;
}
