/* SPDX-License-Identifier: Apache-2.0 */
#include "detect.h"

#include "signs.h"
#include "sound_call.h"

typedef void detector(struct desk *desk, struct call *call);
typedef void site_detector(struct desk *desk);

/*
 * Of any request and what became of it: a router betrays itself in a REGISTER, too. Where no
 * message shows such a sign there is nothing for it.
 */
static const struct {
	detector *detect;
	enum sign sign;
} of_messages[] = {
    {detect_sip_alg, SIGN_ALIKE},
    {detect_sip_alg_lan, SIGN_ANSWERED},
    {detect_sip_alg_wan, SIGN_ROUTED},
    {detect_malformed, SIGN_DEFECT},
    {detect_nat_chain, SIGN_ALIKE},
};

/*
 * The order matters: what comes later asks what was found before. In calls that are so sound there
 * is nothing to find.
 */
static const struct {
	detector *detect;
	enum soundness spared;
} of_calls[] = {
    {detect_capture_loss, SOUND_NEVER},
    {detect_one_way, SOUND_HERE},
    {detect_symmetric, SOUND_HERE},
    {detect_no_media, SOUND_HERE},
    {detect_late_media, SOUND_HERE},
    {detect_silent_audio, SOUND_HERE},
    {detect_codec_mismatch, SOUND_NEVER},
    {detect_dscp_unmarked, SOUND_HERE},
    {detect_quality, SOUND_THROUGHOUT},
    {detect_latency, SOUND_NEVER},
    {detect_low_mos, SOUND_HERE},
};

static site_detector *const of_site[] = {
    detect_sides,
    detect_nat_layers,
    detect_nat_mapping,
    detect_nat_timeout,
    detect_sip_scan,
    detect_reach,
    detect_registrations, /* which asks what could not be reached */
    detect_link,
};

void detect_call(struct desk *desk, struct call *call)
{
	unsigned signs = desk->config.thorough ? ~0U : call->traces.signs;
	enum soundness soundness;

	for (size_t i = 0; i < sizeof(of_messages) / sizeof(of_messages[0]); i++) {
		if (signs & of_messages[i].sign) {
			of_messages[i].detect(desk, call);
		}
	}
	detect_dscp_remark(desk, call);
	if (signs & SIGN_ALIKE) {
		detect_dscp_signalling(desk, call);
	}
	if (call->kind != CALL_DIALOG) {
		return;
	}
	soundness = signs & SIGN_ALIKE ? SOUND_UNKNOWN : sound_call(desk, call);
	for (size_t i = 0; i < sizeof(of_calls) / sizeof(of_calls[0]); i++) {
		if (soundness < of_calls[i].spared) {
			of_calls[i].detect(desk, call);
		}
	}
}

void detect_site(struct desk *desk)
{
	for (size_t i = 0; i < sizeof(of_site) / sizeof(of_site[0]); i++) {
		of_site[i](desk);
	}
}
