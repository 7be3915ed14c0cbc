/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What sip_plain.h reads is what the parsers of any value make of the same text. For tests and fuzz
 * targets alike.
 */
#ifndef TALKPATH_TEST_SIP_SAME_H
#define TALKPATH_TEST_SIP_SAME_H

#include "sip_plain.h"

static inline bool sip_number_same(struct sip_number a, struct sip_number b)
{
	return a.given == b.given && a.value == b.value;
}

static inline bool sip_host_same(const struct sip_host *a, const struct sip_host *b)
{
	return text_equal(a->name, b->name) && a->port == b->port && a->bare_ipv6 == b->bare_ipv6;
}

static inline bool sip_uri_same(const struct sip_uri *a, const struct sip_uri *b)
{
	return text_equal(a->scheme, b->scheme) && text_equal(a->user, b->user) &&
	       sip_host_same(&a->host, &b->host) && text_equal(a->parameters, b->parameters) &&
	       text_equal(a->headers, b->headers) && text_equal(a->opaque, b->opaque);
}

static inline bool sip_address_same(const struct sip_address *a, const struct sip_address *b)
{
	return text_equal(a->display, b->display) && text_equal(a->uri, b->uri) &&
	       text_equal(a->tag, b->tag) && text_equal(a->parameters, b->parameters) &&
	       sip_number_same(a->expires, b->expires) && sip_number_same(a->reg_id, b->reg_id) &&
	       text_equal(a->q, b->q) && text_equal(a->instance, b->instance) &&
	       a->blemish == b->blemish;
}

static inline bool sip_via_same(const struct sip_via *a, const struct sip_via *b)
{
	return text_equal(a->transport, b->transport) && sip_host_same(&a->sent_by, &b->sent_by) &&
	       text_equal(a->branch, b->branch) && text_equal(a->received, b->received) &&
	       text_equal(a->maddr, b->maddr) && a->rport_asked == b->rport_asked &&
	       a->rport == b->rport && a->blemish == b->blemish;
}

/* Is it where the URI leads, from its user on? */
static inline bool sip_place_same(struct text place, const struct sip_uri *uri)
{
	const struct text *first = uri->user.length ? &uri->user : &uri->host.name;
	const char *end = uri->host.name.at + uri->host.name.length;

	if (uri->host.port) {
		for (end++; text_is_digit(*end); end++) {}
	}
	return place.at == first->at && place.at + place.length == end;
}

/* Bits of what a text is plain as. */
enum sip_plain { SIP_PLAIN_ADDRESS = 1, SIP_PLAIN_VIA = 2, SIP_PLAIN_URI = 4, SIP_PLAIN_PLACE = 8 };

/*
 * As which of these a text is plain, behind which stands what sip_plain.h asks for, and no more
 * than `readable`; false where the other parsers do not agree.
 */
static inline bool sip_plain_agrees(struct text text, const void *readable, unsigned *plain)
{
	struct sip_address plain_address = {0}, address;
	struct sip_via plain_via = {0}, via;
	struct sip_uri plain_uri = {0}, uri;
	struct text place;
	bool agrees = true;

	*plain = 0;
	if (sip_plain_address(&plain_address, text, readable)) {
		*plain |= SIP_PLAIN_ADDRESS;
		agrees = sip_address_parse(&address, text) == DISSECT_OK &&
			 sip_address_same(&plain_address, &address);
	}
	if (sip_plain_via(&plain_via, text, readable)) {
		*plain |= SIP_PLAIN_VIA;
		agrees = agrees && sip_via_parse(&via, text) == DISSECT_OK &&
			 sip_via_same(&plain_via, &via);
	}
	if (sip_plain_uri(&plain_uri, text, readable)) {
		*plain |= SIP_PLAIN_URI;
		agrees = agrees && sip_uri_parse(&uri, text) == DISSECT_OK &&
			 sip_uri_same(&plain_uri, &uri);
	}
	if (sip_plain_place(&place, text, readable)) {
		*plain |= SIP_PLAIN_PLACE;
		agrees = agrees && sip_uri_parse(&uri, text) == DISSECT_OK &&
			 sip_place_same(place, &uri);
	}
	return agrees;
}

#endif
