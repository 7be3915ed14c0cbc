/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a codec does to speech: its impairment factors for the E-model.
 *
 * Source:    the tables of ITU-T G.113; where they are silent a documented estimate
 *            (docs/quality.md), and where there is no defensible one, nothing.
 * Data in:   the codec as SDP names it, and its rate where that can be told.
 * Data out:  struct codec_quality.
 * Ownership: strings are static.
 */
#ifndef TALKPATH_CODEC_QUALITY_H
#define TALKPATH_CODEC_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "emodel.h"

/* How a receiver of G.711 conceals what is lost. Other codecs bring a way of their own. */
enum codec_plc {
	CODEC_PLC_G711, /* as G.711 Appendix I does it */
	CODEC_PLC_NONE
};

struct codec_quality {
	enum emodel_band band;
	double ie;
	double bpl; /* NAN: nobody says how the codec takes losses */
	bool ie_estimated, bpl_estimated;
	const char *plc;    /* "G.711 Appendix I", "none", or "codec" */
	const char *source; /* of Ie: "G.113 Appendix I", ... or "estimate" */
};

/*
 * False where nothing defensible is known. rate_kbps is that of the RTP payload: it tells the
 * mode of a codec with several; NAN where not known, and the usual mode is then an estimate.
 */
bool codec_quality(const char *encoding, uint32_t clock_rate_hz, double rate_kbps,
    enum codec_plc plc, struct codec_quality *out);

#endif
