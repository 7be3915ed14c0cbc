/* SPDX-License-Identifier: Apache-2.0 */
/*
 * URIs as SIP writes them: sip: and sips: (RFC 3261 section 19.1), tel: (RFC 3966), and any
 * other, of which the scheme alone is understood.
 *
 * Data in:   the text of a URI or of a host, which may hold folds.
 * Data out:  slices of that text, escapes as they are written.
 */
#ifndef TALKPATH_SIP_URI_H
#define TALKPATH_SIP_URI_H

#include "result.h"
#include "text.h"

/* Host and port of a sent-by or URI. */
struct sip_host {
	struct text name; /* IPv6 references keep their brackets */
	uint16_t port;    /* 0 where none is written */
	bool bare_ipv6;   /* an IPv6 address without the brackets that RFC 3261 25.1 demands */
};

struct sip_uri {
	struct text scheme; /* sip, sips, tel, ... */
	struct text user;   /* without password; of a tel: URI the number */
	struct sip_host host;
	struct text parameters; /* "transport=tcp;lr"; for sip_param_find */
	struct text headers;    /* behind the '?': "Replaces=..."; for sip_uri_header_find */
	struct text opaque;     /* of other schemes: what stands behind the colon */
};

/* 1 to 65535, and nothing else. */
bool sip_port_parse(uint16_t *port, struct text text);

/*
 * An IPv6 address without brackets is understood where it can mean one thing only: whether
 * 2001:db8::9:5060 ends with a port cannot be known, and so it is no host.
 */
bool sip_host_parse(struct sip_host *out, struct text text);

enum dissect_result sip_uri_parse(struct sip_uri *out, struct text text);

/* Was it a URI that these parts were taken from? Of one that was not, none but the scheme is kept.
 */
static inline bool sip_uri_is_sound(const struct sip_uri *uri)
{
	return (uri->host.name.length | uri->user.length | uri->opaque.length) > 0;
}

/* The value of a header in a URI (RFC 3261 19.1.1), escapes as they are written. */
bool sip_uri_header_find(struct text headers, struct text name, struct text *value);

/* Compares two user parts, with %HH read as the octet that it stands for (RFC 3261 19.1.4). */
bool sip_user_equal(struct text a, struct text b);

/* Compares two numbers without their visual separators (RFC 3966 sections 3 and 5.1.1). */
bool sip_number_equal(struct text a, struct text b);

/* Writes what an escaped text says; returns its length, or `size` where that does not suffice. */
size_t sip_unescape(char *out, size_t size, struct text text);

#endif
