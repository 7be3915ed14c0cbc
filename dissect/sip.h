/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SIP messages (RFC 3261): start line, the headers that talkpath judges by, and the body.
 *
 * Data in:   the octets of one message: a UDP payload.
 * Data out:  slices of it. Compact header names and folded lines are understood.
 * Limits:    SIP_HEADERS_MAX header lines, SIP_CONTACTS_MAX Contact values, SIP_PARTS_MAX parts
 *            of a body, SIP_CHALLENGES_MAX challenges that are kept.
 *
 * A message is OK when it has a start line, a Call-ID and a CSeq; anything else wrong with it
 * is a defect in its list, and the field concerned is empty or, where that is of use, as written.
 * Of headers that may stand once the first one counts; of lists of which one value is kept, too.
 */
#ifndef TALKPATH_SIP_H
#define TALKPATH_SIP_H

#include "bytes.h"
#include "result.h"
#include "sip_name.h"
#include "sip_value.h"
#include "text.h"

enum {
	SIP_HEADERS_MAX = 256,
	SIP_CONTACTS_MAX = 8,
	SIP_METHOD_LENGTH_MAX = 64,
	SIP_CHALLENGES_MAX = 4,
	SIP_OTHER_CALL_IDS_MAX = 4,
	SIP_PARTS_MAX = 8
};

/* The way that a message takes. */
struct sip_routing {
	struct sip_number max_forwards;
	bool forwards_lower; /* the name of Max-Forwards is written in lower case */
	unsigned route_count, record_route_count;
	struct text route;        /* URI of the first Route: the next hop */
	struct text record_route; /* URI of the first Record-Route: the last proxy so far */
};

/* How long something holds, in seconds. */
struct sip_timers {
	struct sip_number expires;         /* Expires: registrations, subscriptions, INVITEs */
	struct sip_number min_expires;     /* of a 423 */
	struct sip_number retry_after;     /* of a 503 and others */
	struct sip_number session_expires; /* RFC 4028 */
	struct sip_number min_se;
	struct text refresher; /* "uac" or "uas" of Session-Expires */
};

/* Why a request was sent (RFC 3326) or a response is what it is (RFC 3261 20.43). */
struct sip_cause {
	struct sip_number sip;     /* Reason: SIP;cause= */
	struct sip_number q850;    /* Reason: Q.850;cause= */
	struct text text;          /* of the first Reason, without quotes */
	struct sip_number warning; /* code of the first Warning */
	struct text warning_text;  /* without quotes */
};

/* RFC 6665 */
struct sip_event {
	struct text package;       /* Event: "dialog", "message-summary", "vq-rtcpxr", ... */
	struct text id;            /* its id= */
	struct text state;         /* Subscription-State: active, pending, terminated */
	struct text reason;        /* its reason= */
	struct sip_number expires; /* its expires= */
};

/* The dialog that another replaces (RFC 3891). */
struct sip_replaces {
	struct text call_id, from_tag, to_tag;
	bool early_only;
};

/* RFC 3515, RFC 3892 */
struct sip_transfer {
	struct text refer_to;    /* URI; its headers may hold a Replaces, escaped */
	struct text referred_by; /* URI */
	struct sip_replaces replaces;
};

/* Reliable provisional responses (RFC 3262). */
struct sip_reliability {
	struct sip_number rseq;
	struct sip_number rack_rseq; /* RAck: which RSeq, ... */
	struct sip_number rack_cseq; /* ... and which request it is about */
	struct text rack_method;
};

/* Who its sender says that somebody is, each as a URI. */
struct sip_identity {
	struct text asserted;     /* P-Asserted-Identity, RFC 3325: the first */
	struct text preferred;    /* P-Preferred-Identity */
	struct text remote_party; /* Remote-Party-ID */
	struct text diverted_by;  /* Diversion, RFC 5806: the first */
	struct text diversion_reason;
	bool has_history; /* History-Info, RFC 7044 */
};

/* Taken apart only for who asks: see sip_auth_find and sip_is_stale. */
struct sip_authentication {
	bool authorized;         /* Authorization or Proxy-Authorization */
	struct text credentials; /* the last of them */
	unsigned challenge_count;
	struct text challenges[SIP_CHALLENGES_MAX]; /* WWW-Authenticate, Proxy-Authenticate */
};

/* What joins this dialog to others. */
struct sip_correlation {
	struct text session_id;     /* Session-ID, RFC 7989: the sender's UUID */
	struct text remote_session; /* its remote= */
	struct text charging_id;    /* icid-value of P-Charging-Vector, RFC 7315 */
	unsigned call_id_count;
	struct text call_ids[SIP_OTHER_CALL_IDS_MAX]; /* X-Call-ID, X-CID and the like */
};

/* A part of a multipart body (RFC 2046 section 5.1). */
struct sip_part {
	struct text type; /* its Content-Type with parameters */
	bool encoded;     /* by a Content-Encoding or Content-Transfer-Encoding not undone here */
	struct bytes body;
};

struct sip_message {
	bool request;
	enum sip_method method; /* of a response: its CSeq's method */
	struct text method_text;
	struct text request_uri; /* requests */
	struct sip_uri target;   /* the same, taken apart; empty scheme where it is no URI */
	uint16_t status;         /* responses: 100..699 */
	struct text reason;
	struct sip_via via; /* the topmost; empty host where absent or malformed */
	unsigned via_count;
	struct sip_address from, to;
	struct text call_id;
	uint32_t cseq;
	unsigned contact_count;
	struct text user_agent; /* User-Agent of a request, Server or User-Agent of a response */
	struct sip_routing routing;
	struct sip_timers timers;
	struct sip_cause cause;
	struct sip_event event;
	struct sip_transfer transfer;
	struct sip_reliability reliability;
	struct sip_identity identity;
	struct sip_authentication authentication;
	struct sip_correlation correlation;
	unsigned supported; /* bits of enum sip_option */
	unsigned required;
	struct text content_type;
	struct text content_encoding;
	struct text content_disposition;
	struct sip_number content_length; /* as written; the body may be shorter or longer */
	size_t body_octets;               /* what stands behind the headers, however much that is */
	struct bytes body; /* bounded by Content-Length where that is given and true */
	bool body_encoded; /* by a Content-Encoding, in full or in a part: not undone here */
	unsigned part_count;
	struct dissect_defects defects;
	const void *end; /* of the octets that all of it is slices of */
	/* What is not counted is not there. */
	struct sip_address contacts[SIP_CONTACTS_MAX];
	struct sip_part parts[SIP_PARTS_MAX]; /* of a multipart body, nested ones in their place */
};

/* Cheaply: does this payload begin with a SIP start line? By content, on any port. */
bool sip_shape(struct bytes in);

enum dissect_result sip_parse(struct sip_message *out, struct bytes in);

/* The URI of an address of this message, taken apart; see sip_uri_is_sound. */
struct sip_uri sip_uri_of(const struct sip_message *m, const struct sip_address *address);

/* Do its challenges say that only the nonce was too old? */
bool sip_is_stale(const struct sip_message *m);

/*
 * The body of this media type ("application/sdp"), or the first part of a multipart body that is
 * (RFC 5621); false where there is none that is not empty, or where it is encoded.
 */
bool sip_body_find(const struct sip_message *m, struct text type, struct bytes *body);

#endif
