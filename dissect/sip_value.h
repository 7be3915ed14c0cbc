/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What SIP header values are made of (RFC 3261 section 25): lists, parameters, name-addr, Via.
 *
 * Data in:   the text of a value, which may hold folds (CRLF and blanks count as blanks).
 * Data out:  slices of that text.
 * Each parser returns DISSECT_OK or the malformation by which the value is unusable.
 */
#ifndef TALKPATH_SIP_VALUE_H
#define TALKPATH_SIP_VALUE_H

#include "result.h"
#include "sip_uri.h"
#include "text.h"

/* A number that may be absent: 0 is a value of its own. */
struct sip_number {
	bool given;
	uint32_t value;
};

/*
 * An address of From, To, Contact and many others (RFC 3261 section 20.10). The parameters below
 * `parameters` are those of Contact (RFC 3261 20.10, RFC 5626 section 4).
 */
struct sip_address {
	struct text display;       /* without quotes; escapes as they are written */
	struct text uri;           /* without angle brackets; for sip_uri_of */
	struct text tag;           /* of From and To */
	struct text parameters;    /* behind the address; for sip_param_find */
	struct sip_number expires; /* seconds; not given where it is no number */
	struct sip_number reg_id;
	struct text q;
	struct text instance;        /* +sip.instance without quotes: "<urn:uuid:...>" */
	enum dissect_result blemish; /* what is wrong with it, usable as it is, or DISSECT_OK */
};

struct sip_via {
	struct text transport;
	struct sip_host sent_by;
	struct text branch;
	struct text received;
	struct text maddr;
	bool rport_asked; /* the parameter is there, with or without a value (RFC 3581) */
	uint16_t rport;   /* its value; 0 without one */
	enum dissect_result blemish; /* what is wrong with it, usable as it is, or DISSECT_OK */
};

/* The next value of a comma-separated header; false at the end. Quotes and <> protect commas. */
bool sip_value_next(struct text *rest, struct text *value);

/* The next ;name=value of a parameter list; value is empty where none is given. */
bool sip_param_next(struct text *rest, struct text *name, struct text *value);

/* The parameter of this name, in any case; false (and no value) where there is none. */
bool sip_param_find(struct text list, struct text name, struct text *value);

/* The text of a quoted string, escapes as they are written; other text stays as it is. */
struct text sip_unquote(struct text t);

/* Up to nine digits and nothing else, as most numbers are; false where it may still be one. */
static inline bool sip_number_read(struct sip_number *out, struct text t)
{
	uint32_t value = 0;

	if (t.length == 0 || t.length > 9) {
		return false;
	}
	for (size_t i = 0; i < t.length; i++) {
		unsigned digit = (unsigned char)t.at[i] - (unsigned)'0';

		if (digit > 9) {
			return false;
		}
		value = value * 10 + digit;
	}
	*out = (struct sip_number){true, value};
	return true;
}

/* A number at the beginning of a value, before blanks, parameters or a comment. */
struct sip_number sip_number_parse(struct text t);

enum dissect_result sip_address_parse(struct sip_address *out, struct text text);
enum dissect_result sip_via_parse(struct sip_via *out, struct text text);

/*
 * A parameter of credentials or a challenge (RFC 3261 20.7 and 20.44), without quotes; of several
 * the last. False (and no value) where there is none.
 */
bool sip_auth_find(struct text text, struct text name, struct text *value);

#endif
