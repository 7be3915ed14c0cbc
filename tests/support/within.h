/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a dissector hands out are slices of what it was given: the invariant that holds for any
 * input, however broken. For tests and fuzz targets alike.
 */
#ifndef TALKPATH_TEST_WITHIN_H
#define TALKPATH_TEST_WITHIN_H

#include "bytes.h"
#include "frame.h"
#include "sdp.h"
#include "sip.h"
#include "stun.h"
#include "text.h"

/* By address: slices of nothing may point anywhere. */
static inline bool span_within(struct bytes in, const void *at, size_t length)
{
	uintptr_t from = (uintptr_t)in.at, to = (uintptr_t)in.end, begin = (uintptr_t)at;

	return length == 0 || (begin >= from && begin <= to && length <= to - begin);
}

static inline bool text_within(struct bytes in, struct text t)
{
	return span_within(in, t.at, t.length);
}

static inline bool bytes_within(struct bytes in, struct bytes b)
{
	return b.at <= b.end && span_within(in, b.at, bytes_left(&b));
}

static inline bool defects_sound(const struct dissect_defects *d)
{
	bool sound = d->count <= DISSECT_DEFECTS_MAX;

	for (unsigned i = 0; sound && i < d->count; i++) {
		sound = d->list[i] < DISSECT_RESULT_COUNT &&
			dissect_result_class((enum dissect_result)d->list[i]) ==
			    DISSECT_CLASS_MALFORMED;
	}
	return sound;
}

static inline bool texts_within(struct bytes in, const struct text *const list[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (!text_within(in, *list[i])) {
			return false;
		}
	}
	return true;
}

#define ALL_WITHIN(in, ...)                                           \
	texts_within((in), (const struct text *const[]){__VA_ARGS__}, \
	    sizeof((const struct text *const[]){__VA_ARGS__}) / sizeof(struct text *))

static inline bool sip_via_within(struct bytes in, const struct sip_via *v)
{
	return ALL_WITHIN(
		   in, &v->transport, &v->sent_by.name, &v->branch, &v->received, &v->maddr) &&
	       (v->rport == 0 || v->rport_asked);
}

static inline bool sip_uri_within(struct bytes in, const struct sip_uri *u)
{
	return ALL_WITHIN(
	    in, &u->scheme, &u->user, &u->host.name, &u->parameters, &u->headers, &u->opaque);
}

static inline bool sip_address_within(struct bytes in, const struct sip_address *a)
{
	return ALL_WITHIN(in, &a->display, &a->uri, &a->tag, &a->parameters, &a->q, &a->instance);
}

/* The same of an address of a message, whose URI can be taken apart. */
static inline bool sip_party_within(
    struct bytes in, const struct sip_message *m, const struct sip_address *a)
{
	struct sip_uri uri = sip_uri_of(m, a);

	return sip_address_within(in, a) && sip_uri_within(in, &uri);
}

static inline bool sip_parts_within(const struct sip_message *m)
{
	bool sound = m->part_count <= SIP_PARTS_MAX;

	for (unsigned i = 0; sound && i < m->part_count; i++) {
		sound = text_within(m->body, m->parts[i].type) &&
			bytes_within(m->body, m->parts[i].body) &&
			(m->body_encoded || !m->parts[i].encoded);
	}
	return sound;
}

static inline bool sip_extensions_within(struct bytes in, const struct sip_message *m)
{
	bool sound = m->correlation.call_id_count <= SIP_OTHER_CALL_IDS_MAX &&
		     m->authentication.challenge_count <= SIP_CHALLENGES_MAX;

	for (unsigned i = 0; sound && i < m->authentication.challenge_count; i++) {
		sound = text_within(in, m->authentication.challenges[i]);
	}
	for (unsigned i = 0; sound && i < m->correlation.call_id_count; i++) {
		sound = m->correlation.call_ids[i].length > 0 &&
			text_within(in, m->correlation.call_ids[i]);
	}
	return sound &&
	       ALL_WITHIN(in, &m->routing.route, &m->routing.record_route, &m->timers.refresher,
		   &m->cause.text, &m->cause.warning_text, &m->event.package, &m->event.id,
		   &m->event.state, &m->event.reason, &m->transfer.refer_to,
		   &m->transfer.referred_by, &m->transfer.replaces.call_id,
		   &m->transfer.replaces.from_tag, &m->transfer.replaces.to_tag,
		   &m->reliability.rack_method, &m->identity.asserted, &m->identity.preferred,
		   &m->identity.remote_party, &m->identity.diverted_by,
		   &m->identity.diversion_reason, &m->authentication.credentials,
		   &m->correlation.session_id, &m->correlation.remote_session,
		   &m->correlation.charging_id);
}

/* For a message that sip_parse called OK. */
static inline bool sip_message_within(struct bytes in, const struct sip_message *m)
{
	bool sound = sip_via_within(in, &m->via) && sip_party_within(in, m, &m->from) &&
		     sip_party_within(in, m, &m->to) && sip_uri_within(in, &m->target) &&
		     m->contact_count <= SIP_CONTACTS_MAX;

	for (unsigned i = 0; sound && i < m->contact_count; i++) {
		sound = sip_party_within(in, m, &m->contacts[i]);
	}
	return sound && sip_extensions_within(in, m) && sip_parts_within(m) &&
	       ALL_WITHIN(in, &m->method_text, &m->request_uri, &m->reason, &m->call_id,
		   &m->user_agent, &m->content_type, &m->content_encoding,
		   &m->content_disposition) &&
	       m->call_id.length > 0 && bytes_within(in, m->body) && defects_sound(&m->defects) &&
	       (m->request ? m->status == 0 && m->request_uri.length > 0
			   : m->status >= 100 && m->status <= 699);
}

static inline bool sdp_media_within(struct bytes in, const struct sdp_media *m)
{
	bool sound = m->rtpmap_count <= SDP_RTPMAPS_MAX &&
		     m->candidate_count <= SDP_CANDIDATES_MAX && m->fmtp_count <= SDP_RTPMAPS_MAX &&
		     m->ssrc_count <= SDP_SSRCS_MAX;

	for (unsigned i = 0; sound && i < m->rtpmap_count; i++) {
		sound = m->rtpmaps[i].payload_type < 128 && m->rtpmaps[i].encoding.length > 0 &&
			m->rtpmaps[i].channels > 0 && text_within(in, m->rtpmaps[i].encoding);
	}
	for (unsigned i = 0; sound && i < m->fmtp_count; i++) {
		sound = m->fmtps[i].payload_type < 128 && text_within(in, m->fmtps[i].parameters);
	}
	for (unsigned i = 0; sound && i < m->candidate_count; i++) {
		sound = text_within(in, m->candidates[i]);
	}
	for (unsigned i = 0; sound && i < m->ssrc_count; i++) {
		sound = text_within(in, m->ssrcs[i].cname);
	}
	return sound && m->kind <= SDP_OTHER && m->direction <= SDP_SENDRECV &&
	       ALL_WITHIN(in, &m->protocol, &m->formats, &m->connection, &m->rtcp,
		   &m->control.address, &m->control.xr, &m->security.crypto_suite,
		   &m->security.fingerprint, &m->security.setup, &m->mid, &m->msid, &m->ice_ufrag);
}

/* For a description that sdp_parse called OK. */
static inline bool sdp_within(struct bytes in, const struct sdp *sdp)
{
	bool sound = sdp->media_count <= SDP_MEDIA_MAX;

	for (unsigned i = 0; sound && i < sdp->media_count; i++) {
		sound = sdp_media_within(in, &sdp->media[i]);
	}
	return sound && sdp->direction <= SDP_SENDRECV && defects_sound(&sdp->defects) &&
	       ALL_WITHIN(in, &sdp->origin, &sdp->session_id, &sdp->session_version, &sdp->name,
		   &sdp->connection, &sdp->bundle, &sdp->security.fingerprint, &sdp->security.setup,
		   &sdp->ice_ufrag, &sdp->rtcp_xr);
}

/* For a message that stun_parse called OK. */
static inline bool stun_within(struct bytes in, const struct stun *m)
{
	return span_within(in, m->id, STUN_ID_LENGTH) && text_within(in, m->reason) &&
	       text_within(in, m->software) && text_within(in, m->username) &&
	       text_within(in, m->realm) && bytes_within(in, m->data) &&
	       bytes_left(&m->data) <= m->data_length && m->peer_count <= STUN_PEERS_MAX &&
	       m->unknown_count <= STUN_UNKNOWN_MAX && defects_sound(&m->defects);
}

/* For a frame that frame_parse called OK. */
static inline bool frame_within(struct bytes in, const struct frame *f)
{
	return bytes_within(in, f->payload) && bytes_left(&f->payload) <= f->payload_length &&
	       f->dscp < 64 && f->vlan < 4096;
}

#endif
