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

static inline bool sip_address_within(struct bytes in, const struct sip_address *a)
{
	return text_within(in, a->display) && text_within(in, a->uri) && text_within(in, a->tag);
}

static inline bool sip_via_within(struct bytes in, const struct sip_via *v)
{
	return text_within(in, v->transport) && text_within(in, v->sent_by.name) &&
	       text_within(in, v->branch) && text_within(in, v->received) &&
	       text_within(in, v->maddr) && (v->rport == 0 || v->rport_asked);
}

static inline bool sip_uri_within(struct bytes in, const struct sip_uri *u)
{
	return text_within(in, u->scheme) && text_within(in, u->user) &&
	       text_within(in, u->host.name);
}

/* For a message that sip_parse called OK. */
static inline bool sip_message_within(struct bytes in, const struct sip_message *m)
{
	bool sound = sip_via_within(in, &m->via) && sip_address_within(in, &m->from) &&
		     sip_address_within(in, &m->to) && m->contact_count <= SIP_CONTACTS_MAX;

	for (unsigned i = 0; sound && i < m->contact_count; i++) {
		sound = sip_address_within(in, &m->contacts[i]);
	}
	return sound && text_within(in, m->method_text) && text_within(in, m->request_uri) &&
	       text_within(in, m->reason) && text_within(in, m->call_id) && m->call_id.length > 0 &&
	       text_within(in, m->user_agent) && text_within(in, m->content_type) &&
	       bytes_within(in, m->body) && defects_sound(&m->defects) &&
	       (m->request ? m->status == 0 && m->request_uri.length > 0
			   : m->status >= 100 && m->status <= 699);
}

static inline bool sdp_media_within(struct bytes in, const struct sdp_media *m)
{
	bool sound = m->rtpmap_count <= SDP_RTPMAPS_MAX && m->candidate_count <= SDP_CANDIDATES_MAX;

	for (unsigned i = 0; sound && i < m->rtpmap_count; i++) {
		sound = m->rtpmaps[i].payload_type < 128 && m->rtpmaps[i].encoding.length > 0 &&
			text_within(in, m->rtpmaps[i].encoding);
	}
	for (unsigned i = 0; sound && i < m->candidate_count; i++) {
		sound = text_within(in, m->candidates[i]);
	}
	return sound && m->kind <= SDP_OTHER && m->direction <= SDP_SENDRECV &&
	       text_within(in, m->protocol) && text_within(in, m->formats) &&
	       text_within(in, m->connection) && text_within(in, m->rtcp);
}

/* For a description that sdp_parse called OK. */
static inline bool sdp_within(struct bytes in, const struct sdp *sdp)
{
	bool sound = sdp->media_count <= SDP_MEDIA_MAX;

	for (unsigned i = 0; sound && i < sdp->media_count; i++) {
		sound = sdp_media_within(in, &sdp->media[i]);
	}
	return sound && sdp->direction <= SDP_SENDRECV && text_within(in, sdp->origin) &&
	       text_within(in, sdp->connection) && defects_sound(&sdp->defects);
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
