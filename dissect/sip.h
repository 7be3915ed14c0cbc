/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP messages (RFC 3261): start line, the headers that talkpath judges by, and the body.
 *
 * Data in:   the octets of one message: a UDP payload.
 * Data out:  slices of it. Compact header names and folded lines are understood.
 * Limits:    SIP_HEADERS_MAX header lines, SIP_CONTACTS_MAX Contact values.
 *
 * A message is OK when it has a start line, a Call-ID and a CSeq; anything else wrong with it
 * is a defect in its list, and the field concerned is empty.
 */
#ifndef TALKPATH_SIP_H
#define TALKPATH_SIP_H

#include "bytes.h"
#include "result.h"
#include "sip_value.h"
#include "text.h"

enum { SIP_HEADERS_MAX = 256, SIP_CONTACTS_MAX = 8, SIP_METHOD_LENGTH_MAX = 32 };

enum sip_method {
	SIP_METHOD_OTHER,
	SIP_INVITE,
	SIP_ACK,
	SIP_BYE,
	SIP_CANCEL,
	SIP_REGISTER,
	SIP_OPTIONS,
	SIP_PRACK,
	SIP_UPDATE,
	SIP_INFO,
	SIP_REFER,
	SIP_SUBSCRIBE,
	SIP_NOTIFY,
	SIP_PUBLISH,
	SIP_MESSAGE
};

struct sip_message {
	bool request;
	enum sip_method method; /* of a response: its CSeq's method */
	struct text method_text;
	struct text request_uri; /* requests */
	uint16_t status;         /* responses: 100..699 */
	struct text reason;
	struct sip_via via; /* the topmost; empty host where absent or malformed */
	unsigned via_count;
	struct sip_address from, to;
	struct text call_id;
	uint32_t cseq;
	unsigned contact_count;
	struct sip_address contacts[SIP_CONTACTS_MAX];
	struct text user_agent; /* User-Agent of a request, Server or User-Agent of a response */
	struct text content_type;
	struct bytes body; /* bounded by Content-Length where that is given and true */
	struct dissect_defects defects;
};

/* Cheaply: does this payload begin with a SIP start line? By content, on any port. */
bool sip_shape(struct bytes in);

enum dissect_result sip_parse(struct sip_message *out, struct bytes in);

/* True if the body is SDP by its Content-Type (RFC 3261 20.15). */
bool sip_has_sdp(const struct sip_message *m);

#endif
