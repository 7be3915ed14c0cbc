/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Voice quality reports of endpoints (RFC 6035), attached to the calls that they are about.
 *
 * Data in:   PUBLISH and NOTIFY requests with a body of type application/vq-rtcpxr.
 * Data out:  call.voice_notes, in the order of arrival, each once however often it was sent.
 * Ownership: the call's arena. Threading: the desk's thread.
 * Limits:    VOICE_NOTES_SESSIONS reports of whole sessions and VOICE_NOTES_OTHERS others per
 *            call, VOICE_NOTE_TEXT_MAX octets of each text; what is beyond is counted as evicted.
 *
 * A report names its call by Call-ID. Where a B2BUA has given the leg seen here another one, the
 * stream tells: its SSRC, and one of its ends.
 */
#ifndef TALKPATH_VOICE_NOTES_H
#define TALKPATH_VOICE_NOTES_H

#include "model.h"
#include "voice_report.h"

enum { VOICE_NOTES_SESSIONS = 4, VOICE_NOTES_OTHERS = 12, VOICE_NOTE_TEXT_MAX = 256 };

/* struct voice_metrics, kept. */
struct voice_figures {
	bool present;
	uint64_t set; /* bit by enum voice_value */
	int32_t thousandths[VOICE_VALUE_COUNT];
	const char *codec, *start, *stop;
};

struct voice_note {
	struct voice_note *next;
	struct mark mark;
	uint64_t content; /* hash of the body */
	enum voice_report_kind kind;
	const char *local_id, *remote_id, *orig_id;
	const char *alert_type, *alert_severity, *alert_direction;
	struct voice_endpoint local, remote;
	struct voice_figures received, sent;
};

/* A message that is no retransmission; most carry no report. */
void voice_notes_take(
    struct desk *desk, const struct sip_message *message, const struct signal *signal);

/* How sure it is that the report's `received` (or else `sent`) is about this stream; 0: not. */
unsigned voice_note_suits(
    const struct voice_note *note, bool received, const struct desk_stream *s);

#endif
