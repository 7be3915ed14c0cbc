/* SPDX-License-Identifier: Apache-2.0 */
/* Impairment factors of codecs: what G.113 says, what is estimated, what is not known. */
#include "codec_quality.h"

#include <criterion/criterion.h>
#include <math.h>

static const double unknown = (double)NAN;

static struct codec_quality known(const char *encoding, uint32_t clock_rate_hz, double rate_kbps)
{
	struct codec_quality q = {0};

	cr_assert(codec_quality(encoding, clock_rate_hz, rate_kbps, CODEC_PLC_G711, &q), "%s at %f",
	    encoding, rate_kbps);
	cr_expect_not_null(q.plc);
	cr_expect_not_null(q.source);
	return q;
}

static void expect(const char *encoding, uint32_t clock_rate_hz, double rate_kbps,
    enum emodel_band band, double ie, double bpl)
{
	struct codec_quality q = known(encoding, clock_rate_hz, rate_kbps);

	cr_expect_eq(q.band, band, "%s", encoding);
	cr_expect(q.ie == ie && q.bpl == bpl, "%s: Ie %f Bpl %f", encoding, q.ie, q.bpl);
}

static void refused(const char *encoding, uint32_t clock_rate_hz, double rate_kbps)
{
	struct codec_quality q;

	cr_expect_not(codec_quality(encoding, clock_rate_hz, rate_kbps, CODEC_PLC_G711, &q), "%s",
	    encoding ? encoding : "NULL");
}

Test(codec_quality, nothing_is_made_up)
{
	refused(NULL, 8000, unknown);
	refused("", 8000, unknown);
	refused("speex", 16000, unknown);
	refused("telephone-event", 8000, unknown);
	refused("PCMU", 16000, 128); /* not what RFC 3551 registers */
	refused("opus", 8000, 32);
	refused("G7221", 32000, 48); /* Annex C is another codec */
	refused("PCM", 8000, 64);
	refused("PCMUX", 8000, 64);
}

/* G.113 tables I.1 and I.3: what it gives is no estimate */
Test(codec_quality, narrowband_of_the_standard)
{
	static const char *const sure[] = {"PCMU", "PCMA", "G729", "GSM-EFR"};

	expect("PCMU", 8000, 64, EMODEL_NARROWBAND, 0, 25.1);
	expect("pcma", 8000, unknown, EMODEL_NARROWBAND, 0, 25.1);
	expect("G729", 8000, 8, EMODEL_NARROWBAND, 11, 19.0);
	expect("GSM-EFR", 8000, unknown, EMODEL_NARROWBAND, 5, 10.0);
	expect("G723", 8000, 6.4, EMODEL_NARROWBAND, 15, 16.1);
	for (size_t i = 0; i < sizeof(sure) / sizeof(sure[0]); i++) {
		struct codec_quality q = known(sure[i], 8000, unknown);

		cr_expect(!q.ie_estimated && !q.bpl_estimated, "%s", sure[i]);
		cr_expect_str_eq(q.source, "G.113 Appendix I");
	}
}

/* What the standard gives without losses only: the rest is an estimate, or nothing. */
Test(codec_quality, narrowband_half_known)
{
	struct codec_quality q = known("G728", 8000, 16);

	cr_expect(q.ie == 7 && isnan(q.bpl));
	expect("GSM", 8000, unknown, EMODEL_NARROWBAND, 20, 10.0);
	expect("G726-40", 8000, 40, EMODEL_NARROWBAND, 2, 4.3);
	expect("G726-32", 8000, 32, EMODEL_NARROWBAND, 7, 4.3);
	expect("AAL2-G726-24", 8000, 24, EMODEL_NARROWBAND, 25, 4.3);
	expect("G726-16", 8000, 16, EMODEL_NARROWBAND, 50, 4.3);
	q = known("G726-32", 8000, 32);
	cr_expect(!q.ie_estimated && q.bpl_estimated);
	q = known("iLBC", 8000, 15.2);
	cr_expect(q.ie_estimated && q.bpl_estimated);
	cr_expect_str_eq(q.source, "estimate");
}

Test(codec_quality, concealment_is_of_the_receiver)
{
	struct codec_quality q;

	cr_expect_str_eq(known("PCMA", 8000, unknown).plc, "G.711 Appendix I");
	cr_expect_str_eq(known("G729", 8000, unknown).plc, "codec");
	cr_assert(codec_quality("PCMU", 8000, 64, CODEC_PLC_NONE, &q));
	cr_expect(q.ie == 0 && q.bpl == 4.3 && !q.bpl_estimated);
	cr_expect_str_eq(q.plc, "none");
	cr_assert(codec_quality("G729", 8000, 8, CODEC_PLC_NONE, &q));
	cr_expect(q.bpl == 19.0);
	cr_expect_str_eq(q.plc, "codec");
}

/* The rate tells the mode; without it the usual one is taken, and said to be an estimate. */
Test(codec_quality, modes)
{
	expect("G723", 8000, 5.33, EMODEL_NARROWBAND, 19, 16.1);
	cr_expect_not(known("G723", 8000, 6.4).ie_estimated);
	cr_expect(known("G723", 8000, unknown).ie_estimated);
	expect("G7221", 16000, 24, EMODEL_WIDEBAND, 19, 4.3);
	expect("G7221", 16000, 32, EMODEL_WIDEBAND, 13, 4.3);
	expect("G722", 8000, 64, EMODEL_WIDEBAND, 13, 4.3);
	cr_expect_not(known("G722", 8000, unknown).ie_estimated);
	expect("AMR", 8000, 12.8, EMODEL_NARROWBAND, 5, 10.0);
	expect("AMR", 8000, unknown, EMODEL_NARROWBAND, 5, 10.0);
	expect("AMR", 8000, 8.0, EMODEL_NARROWBAND, 10, 10.0);
	refused("AMR", 8000, 6.4);                             /* 5.9 kbit/s */
	refused("AMR", 8000, 10.8);                            /* 10.2 kbit/s */
	expect("AMR", 8000, 16.8, EMODEL_NARROWBAND, 5, 10.0); /* with SRTP's tag: no mode */
}

/* G.113 table IV.1, by RFC 4867's frames: bandwidth-efficient, and octet-aligned */
Test(codec_quality, amr_wb)
{
	static const struct {
		double octets, ie, bpl;
	} frames[] = {{18, 41, 4.3}, {24, 26, 4.3}, {33, 13, 4.3}, {37, 10, 4.3}, {41, 7, 4.3},
	    {47, 5, 4.3}, {51, 3, 4.3}, {59, 1, 4.6}, {61, 8, 4.9}};

	for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
		for (int aligned = 0; aligned < 2; aligned++) {
			double rate_kbps = (frames[i].octets + aligned) * 8 / 20;

			expect("AMR-WB", 16000, rate_kbps, EMODEL_WIDEBAND, frames[i].ie,
			    frames[i].bpl);
			cr_expect(known("AMR-WB", 16000, rate_kbps).ie_estimated);
		}
	}
	expect("AMR-WB", 16000, unknown, EMODEL_WIDEBAND, 13, 4.3);
	cr_expect(known("AMR-WB", 16000, unknown).ie_estimated);
}

Test(codec_quality, fullband)
{
	expect("EVS", 16000, 24.4, EMODEL_FULLBAND, 7.2, 11.4);
	expect("EVS", 16000, unknown, EMODEL_FULLBAND, 17.1, 11.7);
	cr_expect(known("EVS", 16000, 24.4).ie_estimated);
	refused("EVS", 16000, 8);
	expect("opus", 48000, 32, EMODEL_FULLBAND, 16, 10);
	expect("OPUS", 48000, unknown, EMODEL_FULLBAND, 16, 10);
	expect("opus", 48000, 200, EMODEL_FULLBAND, 11, 10);
	cr_expect(known("opus", 48000, 64).ie_estimated);
	refused("opus", 48000, 8);
}

Test(codec_quality, every_value_is_in_the_models_range)
{
	static const struct {
		const char *encoding;
		uint32_t clock_rate_hz;
	} codecs[] = {{"PCMU", 8000}, {"G723", 8000}, {"AMR", 8000}, {"AMR-WB", 16000},
	    {"EVS", 16000}, {"opus", 48000}, {"G7221", 16000}, {"iLBC", 8000}};

	for (size_t i = 0; i < sizeof(codecs) / sizeof(codecs[0]); i++) {
		for (double rate_kbps = 0; rate_kbps < 100; rate_kbps += 0.1) {
			struct codec_quality q;

			if (codec_quality(codecs[i].encoding, codecs[i].clock_rate_hz, rate_kbps,
				CODEC_PLC_G711, &q)) {
				cr_expect(q.ie >= 0 && q.ie <= 56 && (isnan(q.bpl) || q.bpl > 4));
			}
		}
	}
}
