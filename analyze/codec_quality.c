/* SPDX-License-Identifier: Apache-2.0 */
#include "codec_quality.h"

#include <math.h>
#include <stddef.h>
#include <strings.h>

/* One mode of a codec. `min` to `max`: the rates of payload by which it is known. */
struct mode {
	const char *encoding;
	uint32_t clock_rate_hz;
	double min_kbps, max_kbps;
	bool usual; /* the mode where the rate tells none */
	enum emodel_band band;
	double ie, bpl;
	enum { SURE, BPL_ESTIMATED, ESTIMATED } trust; /* ESTIMATED: Bpl too */
	const char *source;
};

#define ANY_RATE 0, (double)INFINITY, true
#define NO_VALUE (double)NAN, (double)NAN, ESTIMATED, NULL

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
    {"PCMU", 8000, ANY_RATE, NARROW, 0, 25.1, SURE, appendix_i},
    {"PCMA", 8000, ANY_RATE, NARROW, 0, 25.1, SURE, appendix_i},

    /* SDP's G729 is Annex A's too, and silence suppression is on unless annexb=no (RFC 4856). */
    {"G729", 8000, ANY_RATE, NARROW, 11, 19.0, SURE, appendix_i},
    {"G723", 8000, 6.2, 6.6, true, NARROW, 15, 16.1, SURE, appendix_i},
    {"G723", 8000, 5.2, 5.5, false, NARROW, 19, 16.1, BPL_ESTIMATED, appendix_i},
    {"GSM-EFR", 8000, ANY_RATE, NARROW, 5, 10.0, SURE, appendix_i},
    /* Repeats and mutes as GSM-EFR does (GSM 06.11, 06.61). */
    {"GSM", 8000, ANY_RATE, NARROW, 20, 10.0, BPL_ESTIMATED, appendix_i},
    {"G726-40", 8000, ANY_RATE, NARROW, 2, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"G726-32", 8000, ANY_RATE, NARROW, 7, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"G726-24", 8000, ANY_RATE, NARROW, 25, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"G726-16", 8000, ANY_RATE, NARROW, 50, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"AAL2-G726-40", 8000, ANY_RATE, NARROW, 2, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"AAL2-G726-32", 8000, ANY_RATE, NARROW, 7, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"AAL2-G726-24", 8000, ANY_RATE, NARROW, 25, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"AAL2-G726-16", 8000, ANY_RATE, NARROW, 50, BPL_LEAST, BPL_ESTIMATED, appendix_i},
    {"G728", 8000, ANY_RATE, NARROW, 7, (double)NAN, SURE, appendix_i},
    /* By RFC 3951 section 1 it should do no worse than G.729A: taken as equal. */
    {"iLBC", 8000, ANY_RATE, NARROW, 11, 19.0, ESTIMATED, estimate},

    /* G.113 has no AMR. 12.2 is GSM-EFR's algorithm, 7.4 that of IS-641, which it has. */
    {"AMR", 8000, 0, 7.85, false, NARROW, NO_VALUE},
    {"AMR", 8000, 7.85, 8.45, false, NARROW, 10, 10.0, ESTIMATED, estimate},
    {"AMR", 8000, 8.45, 12.5, false, NARROW, NO_VALUE},
    {"AMR", 8000, 12.5, 13.3, true, NARROW, 5, 10.0, ESTIMATED, estimate},

    {"G722", 8000, ANY_RATE, WIDE, 13, BPL_LEAST, BPL_ESTIMATED, appendix_iv},
    {"G7221", 16000, 31.5, 32.5, true, WIDE, 13, BPL_LEAST, BPL_ESTIMATED, appendix_iv},
    {"G7221", 16000, 23.5, 24.5, false, WIDE, 19, BPL_LEAST, BPL_ESTIMATED, appendix_iv},
    /* The mean rate tells the mode, which may change on the way: an estimate. */
    {"AMR-WB", 16000, 6.9, 7.7, false, WIDE, 41, BPL_LEAST, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 9.3, 10.1, false, WIDE, 26, BPL_LEAST, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 12.9, 13.7, true, WIDE, 13, 4.3, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 14.5, 15.3, false, WIDE, 10, BPL_LEAST, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 16.1, 16.9, false, WIDE, 7, BPL_LEAST, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 18.5, 19.3, false, WIDE, 5, BPL_LEAST, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 20.1, 20.9, false, WIDE, 3, BPL_LEAST, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 23.3, 24.1, false, WIDE, 1, 4.6, ESTIMATED, appendix_iv},
    {"AMR-WB", 16000, 24.2, 25.0, false, WIDE, 8, 4.9, ESTIMATED, appendix_iv},

    /* That the mode is super-wideband is not seen: all of it is an estimate. */
    {"EVS", 16000, 0, 9.4, false, FULL, NO_VALUE},
    {"EVS", 16000, 9.4, 10.6, false, FULL, 22.7, 13.0, ESTIMATED, appendix_v},
    {"EVS", 16000, 13.0, 14.2, true, FULL, 17.1, 11.7, ESTIMATED, appendix_v},
    {"EVS", 16000, 16.2, 17.4, false, FULL, 10.8, 10.3, ESTIMATED, appendix_v},
    {"EVS", 16000, 24.2, 25.4, false, FULL, 7.2, 11.4, ESTIMATED, appendix_v},
    {"EVS", 16000, 31.8, 33.0, false, FULL, 8.7, 9.3, ESTIMATED, appendix_v},
    {"EVS", 16000, 47.8, 49.0, false, FULL, 10.2, 9.6, ESTIMATED, appendix_v},

    /*
     * G.113 has no Opus. Rounded from instrumental measurements of its super-wideband mode
     * (Al-Ahmadi, Pocta, Melvin, 2019); 32 kbit/s is what browsers send. Below 14 kbit/s the
     * encoder falls back to narrower bands, of which nothing is seen.
     */
    {"opus", 48000, 0, 14, false, FULL, NO_VALUE},
    {"opus", 48000, 14, 20, false, FULL, 30, 12, ESTIMATED, estimate},
    {"opus", 48000, 20, 28, false, FULL, 20, 11, ESTIMATED, estimate},
    {"opus", 48000, 28, 36, true, FULL, 16, 10, ESTIMATED, estimate},
    {"opus", 48000, 36, (double)INFINITY, false, FULL, 11, 10, ESTIMATED, estimate},
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
