/* SPDX-License-Identifier: Apache-2.0 */
#include "dialog.h"

struct observation *dialog_observation(struct call *call, uint16_t vantage)
{
	struct observation **at = &call->observations;

	while (*at && (*at)->vantage != vantage) {
		at = &(*at)->next;
	}
	if (!*at) {
		*at = arena_take(&call->text, sizeof(**at));
		if (*at) {
			(*at)->vantage = vantage;
		}
	}
	return *at;
}

const struct observation *dialog_primary(const struct call *call)
{
	const struct observation *best = NULL;

	for (const struct observation *o = call->observations; o; o = o->next) {
		if (!best || o->messages > best->messages ||
		    (o->messages == best->messages && o->vantage < best->vantage)) {
			best = o;
		}
	}
	return best;
}

enum party dialog_sender(const struct call *call, const struct sip_message *m)
{
	struct text tag = text_of(call->from_tag);
	/* Unless the message plainly names the caller as the one it goes to. */
	bool from_caller = text_equal(m->from.tag, tag) || !text_equal(m->to.tag, tag);

	/* A response carries the From of its request, and goes the other way. */
	return from_caller == m->request ? PARTY_CALLER : PARTY_CALLEE;
}

/* --- offer and answer --- */

static const struct sdp_media *first_audio(const struct sdp *sdp)
{
	for (unsigned i = 0; i < sdp->media_count; i++) {
		if (sdp->media[i].kind == SDP_AUDIO) {
			return &sdp->media[i];
		}
	}
	return NULL;
}

static struct description describe(const struct sdp *sdp, const struct signal *signal)
{
	const struct sdp_media *media = first_audio(sdp);
	struct description d = {.off = true};

	mark_once(&d.mark, signal);
	if (!media) {
		return d;
	}
	d.literal = address_parse(&d.at.address, media->connection);
	d.at.port = media->port;
	d.direction = media->direction;
	d.off =
	    media->port == 0 || (d.literal && address_class(&d.at.address) == ADDRESS_UNSPECIFIED);
	return d;
}

static void agree(struct call *call, struct observation *o, const struct description *answer,
    const struct signal *signal)
{
	enum party answerer = party_other(o->offerer);
	struct agreement *a;

	if (!o->agreements) {
		o->agreements = arena_take(&call->text, sizeof(*a) * OBSERVATION_AGREEMENTS_MAX);
		if (!o->agreements) {
			return;
		}
	}
	if (o->agreement_count == OBSERVATION_AGREEMENTS_MAX) {
		/* Keep the first ones and the last one. */
		o->agreement_count--;
	}
	a = &o->agreements[o->agreement_count++];
	*a = (struct agreement){.from_ns = signal->time_ns};
	a->sides[o->offerer] = o->offer;
	a->sides[answerer] = *answer;
	for (enum party p = PARTY_CALLER; p < PARTIES; p++) {
		const struct description *to = &a->sides[p], *from = &a->sides[party_other(p)];

		a->flows[p] = !to->off && from->at.port != 0 && to->direction & SDP_RECVONLY &&
			      from->direction & SDP_SENDONLY;
	}
}

static void offer_or_answer(struct call *call, struct observation *o, enum party sender,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal)
{
	struct description d = describe(sdp, signal);
	bool answers =
	    o->offer.mark.set && o->offerer != sender && (!m->request || m->method == SIP_ACK);

	if (answers) {
		agree(call, o, &d, signal);
		/* A provisional answer (RFC 3262) may be repeated in the 200. */
		if (m->request || m->status >= 200) {
			o->offer.mark.set = false;
		}
	} else if (m->method != SIP_ACK) {
		o->offer = d;
		o->offerer = sender;
	}
}

/* --- the course of the call --- */

static void invite_request(
    struct observation *o, const struct sip_message *m, const struct signal *signal)
{
	if (m->to.tag.length) {
		return; /* within the dialog: offers a change, begins nothing */
	}
	if (!o->invite.set) {
		o->caller = signal->src;
		o->callee = signal->dst;
	}
	mark_once(&o->invite, signal);
	o->invite_cseq = m->cseq;
}

static void invite_response(struct observation *o, enum party sender, const struct sip_message *m,
    const struct signal *signal)
{
	if (sender != PARTY_CALLEE || (o->invite.set && m->cseq != o->invite_cseq)) {
		return;
	}
	if (m->status >= 180 && m->status < 200) {
		mark_once(&o->ringing, signal);
		return;
	}
	if (m->status < 200 || o->answered.set) {
		return;
	}
	o->status = m->status;
	if (m->status < 300) {
		mark_once(&o->answered, signal);
		o->ended.set = false;
	} else {
		o->ended = (struct mark){true, signal->capture, signal->frame, signal->time_ns};
		o->offer.mark.set = false;
	}
}

static void request_take(struct observation *o, enum party sender, const struct sip_message *m,
    const struct signal *signal)
{
	switch (m->method) {
	case SIP_INVITE:
		invite_request(o, m, signal);
		break;
	case SIP_ACK:
		if (o->answered.set) {
			mark_once(&o->acked, signal);
		}
		break;
	case SIP_CANCEL:
		o->cancelled = !o->answered.set;
		break;
	case SIP_BYE:
		if (!o->bye) {
			o->ended.set = false;
			o->ended_by = sender;
		}
		mark_once(&o->ended, signal);
		o->bye = true;
		break;
	default:
		break;
	}
}

void dialog_message(struct call *call, struct observation *o, enum party sender,
    const struct sip_message *m, const struct sdp *sdp, const struct signal *signal, bool again)
{
	if (o->messages++ == 0) {
		o->first_ns = signal->time_ns;
	}
	o->last_ns = signal->time_ns > o->last_ns ? signal->time_ns : o->last_ns;
	if (again) {
		o->retransmissions++;
		return;
	}
	if (m->request) {
		request_take(o, sender, m, signal);
	} else if (m->method == SIP_INVITE) {
		invite_response(o, sender, m, signal);
	}
	if (sdp) {
		offer_or_answer(call, o, sender, m, sdp, signal);
	} else if (!m->request && m->status >= 300 && m->method != SIP_BYE) {
		o->offer.mark.set = false; /* the offer was refused */
	}
}
