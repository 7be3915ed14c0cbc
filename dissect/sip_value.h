/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SIP header values are made of (RFC 3261 section 25): URIs, name-addr, Via, parameters.
 *
 * Data in:   the text of a value, which may hold folds (CRLF and blanks count as blanks).
 * Data out:  slices of that text.
 * Each parser returns DISSECT_OK or the malformation by which the value is unusable.
 */
#ifndef TALKPATH_SIP_VALUE_H
#define TALKPATH_SIP_VALUE_H

#include "result.h"
#include "text.h"

/* Host and port of a sent-by or URI. */
struct sip_host {
	struct text name; /* IPv6 references keep their brackets */
	uint16_t port;    /* 0 where none is written */
};

struct sip_uri {
	struct text scheme; /* sip, sips, tel, ... */
	struct text user;   /* without password; of a tel: URI the number */
	struct sip_host host;
};

/* RFC 3261 section 20.10 */
struct sip_address {
	struct text display; /* without quotes */
	struct text uri;     /* without angle brackets */
	struct text tag;
};

struct sip_via {
	struct text transport;
	struct sip_host sent_by;
	struct text branch;
	struct text received;
	struct text maddr;
	bool rport_asked; /* the parameter is there, with or without a value (RFC 3581) */
	uint16_t rport;   /* its value; 0 without one */
};

/* The next value of a comma-separated header; false at the end. Quotes and <> protect commas. */
bool sip_value_next(struct text *rest, struct text *value);

/* The next ;name=value of a parameter list; value is empty where none is given. */
bool sip_param_next(struct text *rest, struct text *name, struct text *value);

bool sip_host_parse(struct sip_host *out, struct text text);
enum dissect_result sip_uri_parse(struct sip_uri *out, struct text text);
enum dissect_result sip_address_parse(struct sip_address *out, struct text text);
enum dissect_result sip_via_parse(struct sip_via *out, struct text text);

#endif
