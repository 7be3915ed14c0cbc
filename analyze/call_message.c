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
	struct line_lists lists; /* only with a body */

	if (m->body) {
		payload_lists_of(&desk->payload_lists, desk->key, &call->text, m->body, &lists);
		site_note(desk, call, sender, m->body, &lists, m->signal);
	}
	if (m->described) {
		codec_notes_take(call, o, sender, m->body, &lists, m->signal);
	}
}

bool call_message_take(struct desk *desk, struct call *call, const struct call_message *m)
{
	const struct sip_message *message = m->message;
	const struct signal *signal = m->signal;
	struct observation *o = call ? dialog_observation(call, signal->vantage) : NULL;
	enum sighting_kind kind = SIGHTING_NEW;
	struct legs_wanted wanted;
	enum party sender;

	if (!o) {
		desk->evictions.calls++;
		return false;
	}
	call_note(desk, call, &m->keys, message, signal);
	sender = dialog_sender(call, &m->keys, message->request);
	wanted = legs_want(desk, call, sender, message, m->body);
	if (!call->closed) {
		kind = trace_add(desk, call, &m->keys, message, m->body, signal, m->asked_again);
	}
	if (kind == SIGHTING_COPY) {
		desk->duplicates[signal->capture]++;
		return false;
	}
	dialog_message(desk, call, o, sender, m, kind == SIGHTING_AGAIN);
	if (kind == SIGHTING_NEW) {
		legs_message(desk, call, &wanted, message, signal);
	}
	if (!call->closed) {
		body_take(desk, call, o, sender, m);
	}
	return kind == SIGHTING_NEW;
}
