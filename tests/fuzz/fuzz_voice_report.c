/* SPDX-License-Identifier: Apache-2.0 */
/* Voice quality reports. Input: the body. */
#include "fuzz.h"
#include "voice_report.h"
#include "within.h"

static void endpoint(const struct voice_endpoint *e)
{
	require(e->ssrc_count <= VOICE_SSRC_READINGS);
}

static void metrics(struct bytes in, const struct voice_metrics *m)
{
	require(m->present || m->set == 0);
	require(m->set >> VOICE_VALUE_COUNT == 0);
	require(text_within(in, m->codec) && text_within(in, m->start) && text_within(in, m->stop));
	for (unsigned i = 0; i < VOICE_VALUE_COUNT; i++) {
		require((m->set >> i & 1) || m->thousandths[i] == 0);
		require(m->thousandths[i] > -2000001000 && m->thousandths[i] < 2000001000);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);
	struct voice_report r;
	enum dissect_result result = voice_report_parse(&r, in);

	if (result != DISSECT_OK) {
		require(result == MALFORMED_VOICE_REPORT_TYPE);
		return 0;
	}
	require(defects_sound(&r.defects));
	require(r.kind <= VOICE_REPORT_ALERT);
	require(text_within(in, r.call_id) && text_within(in, r.dialog_call_id));
	require(text_within(in, r.local_id) && text_within(in, r.remote_id));
	require(text_within(in, r.orig_id) && text_within(in, r.alert_type));
	require(text_within(in, r.alert_severity) && text_within(in, r.alert_direction));
	endpoint(&r.local);
	endpoint(&r.remote);
	metrics(in, &r.received);
	metrics(in, &r.sent);
	return 0;
}
