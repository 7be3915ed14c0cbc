/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The names that SIP messages are read by: of methods, of headers and of options.
 *
 * Headers are found by their long names and by the compact ones that the IANA lists, in any case
 * (RFC 3261 section 7.3.3); methods with regard to case (7.1).
 */
#ifndef TALKPATH_SIP_NAME_H
#define TALKPATH_SIP_NAME_H

#include "text.h"

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

enum sip_header {
	SIP_HEADER_OTHER,
	SIP_HEADER_VIA,
	SIP_HEADER_FROM,
	SIP_HEADER_TO,
	SIP_HEADER_CALL_ID,
	SIP_HEADER_CSEQ,
	SIP_HEADER_CONTACT,
	SIP_HEADER_CONTENT_LENGTH,
	SIP_HEADER_CONTENT_TYPE,
	SIP_HEADER_CONTENT_ENCODING,
	SIP_HEADER_CONTENT_DISPOSITION,
	SIP_HEADER_USER_AGENT,
	SIP_HEADER_SERVER,
	SIP_HEADER_DATE,
	SIP_HEADER_MAX_FORWARDS,
	SIP_HEADER_ROUTE,
	SIP_HEADER_RECORD_ROUTE,
	SIP_HEADER_EXPIRES,
	SIP_HEADER_MIN_EXPIRES,
	SIP_HEADER_RETRY_AFTER,
	SIP_HEADER_SESSION_EXPIRES,
	SIP_HEADER_MIN_SE,
	SIP_HEADER_REQUIRE,
	SIP_HEADER_SUPPORTED,
	SIP_HEADER_RSEQ,
	SIP_HEADER_RACK,
	SIP_HEADER_REASON,
	SIP_HEADER_WARNING,
	SIP_HEADER_EVENT,
	SIP_HEADER_SUBSCRIPTION_STATE,
	SIP_HEADER_REFER_TO,
	SIP_HEADER_REFERRED_BY,
	SIP_HEADER_REPLACES,
	SIP_HEADER_SESSION_ID,
	SIP_HEADER_AUTHORIZATION,
	SIP_HEADER_PROXY_AUTHORIZATION,
	SIP_HEADER_WWW_AUTHENTICATE,
	SIP_HEADER_PROXY_AUTHENTICATE,
	SIP_HEADER_P_ASSERTED_IDENTITY,
	SIP_HEADER_P_PREFERRED_IDENTITY,
	SIP_HEADER_REMOTE_PARTY_ID,
	SIP_HEADER_DIVERSION,
	SIP_HEADER_HISTORY_INFO,
	SIP_HEADER_P_CHARGING_VECTOR,
	SIP_HEADER_X_CALL_ID, /* of another leg: X-CID, X-Call-ID, X-anything-Call-ID */
	SIP_HEADER_COUNT
};

/* Options of Supported and Require, one bit each. */
enum sip_option {
	SIP_OPTION_OTHER = 1 << 0, /* one that is not in this list */
	SIP_OPTION_100REL = 1 << 1,
	SIP_OPTION_TIMER = 1 << 2,
	SIP_OPTION_REPLACES = 1 << 3,
	SIP_OPTION_OUTBOUND = 1 << 4,
	SIP_OPTION_PATH = 1 << 5,
	SIP_OPTION_GRUU = 1 << 6,
	SIP_OPTION_ICE = 1 << 7,
	SIP_OPTION_PRECONDITION = 1 << 8,
	SIP_OPTION_NOREFERSUB = 1 << 9,
	SIP_OPTION_FROM_CHANGE = 1 << 10,
	SIP_OPTION_SIPREC = 1 << 11
};

enum sip_method sip_method_of(struct text name);
enum sip_header sip_header_of(struct text name);

/*
 * The long names, each in the slot that its first three letters decide, whatever their case; those
 * that have these in common one behind the other. The colon is one of three where there are two.
 */
enum { SIP_HEADER_SLOT_BITS = 7 };

/* Eight bits for each of the letters. The number is one by which no two names meet. */
#define SIP_HEADER_SLOT(three) \
	((((three) | 0x202020U) << 8) * 0x739d5e61U >> (32 - SIP_HEADER_SLOT_BITS))

extern const struct sip_header_name {
	char name[22];  /* in lower case, with the colon, filled up with zeros */
	uint8_t length; /* without the colon */
	uint8_t header;
	uint32_t behind; /* a bit for each octet that is not of the name; 0: there is none here */
	bool more;       /* the next one has the same three letters */
} sip_header_names[1 << SIP_HEADER_SLOT_BITS];

/*
 * The name of a line, of which TEXT_BLOCK octets are readable, where it begins with a long one
 * and a colon within these. Else NULL: it may still be any.
 */
static inline const struct sip_header_name *sip_header_at(const char *line)
{
	const struct sip_header_name *name;
	uint32_t four;

	memcpy(&four, line, sizeof(four));
	name = &sip_header_names[SIP_HEADER_SLOT(four)];
	do {
		if ((text_block_same(line, name->name) | name->behind) == UINT32_MAX) {
			return name;
		}
	} while (name++->more);
	return NULL;
}

enum sip_option sip_option_of(struct text name);

/* A token of RFC 3261 25.1 that is not empty. */
bool sip_is_token(struct text t);

#endif
