/* SPDX-License-Identifier: Apache-2.0 */
#include "call_message.h"

#include "call.h"
#include "codec_notes.h"
#include "dialog.h"
#include "legs.h"
#include "site.h"
#include "trace.h"

/* What nobody said before in this dialog, or would not say again. */
static void body_take(struct desk *desk, struct call *call, const struct observation *o,
    enum party sender, const struct call_message *m)
{
	if (m->body) {
		site_note(desk, call, sender, m->body, m->signal);
	}
	if (m->described) {
		codec_notes_take(desk, call, o, sender, m->body, m->signal);
	}
}

bool call_message_take(struct desk *desk, struct call *call, const struct call_message *m)
{
	const struct sip_message *message = m->message;
	const struct signal *signal = m->signal;
	struct observation *o = call ? dialog_observation(call, signal->vantage) : NULL;
	enum sighting_kind kind = SIGHTING_NEW;
	enum party sender;

	if (!o) {
		desk->evictions.calls++;
		return false;
	}
	call_note(desk, call, &m->keys, message, signal);
	sender = dialog_sender(call, &m->keys, message->request);
	if (!call->closed) {
		kind = trace_add(desk, call, &m->keys, message, m->body, signal, m->asked_again);
	}
	if (kind == SIGHTING_COPY) {
		desk->duplicates[signal->capture]++;
		return false;
	}
	dialog_message(
	    desk, call, o, sender, &m->keys, message, m->body, signal, kind == SIGHTING_AGAIN);
	if (kind == SIGHTING_NEW) {
		legs_message(desk, call, sender, message, m->body, signal);
	}
	if (!call->closed) {
		body_take(desk, call, o, sender, m);
	}
	return kind == SIGHTING_NEW;
}
