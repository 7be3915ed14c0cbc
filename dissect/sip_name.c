/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_name.h"

enum sip_method sip_method_of(struct text name)
{
#define IS(method)                             \
	if (text_equal(name, TEXT(#method))) { \
		return SIP_##method;           \
	}

	switch (name.length ? name.at[0] : '\0') {
	case 'A':
		IS(ACK)
		break;
	case 'B':
		IS(BYE)
		break;
	case 'C':
		IS(CANCEL)
		break;
	case 'I':
		IS(INVITE)
		IS(INFO)
		break;
	case 'M':
		IS(MESSAGE)
		break;
	case 'N':
		IS(NOTIFY)
		break;
	case 'O':
		IS(OPTIONS)
		break;
	case 'P':
		IS(PRACK)
		IS(PUBLISH)
		break;
	case 'R':
		IS(REGISTER)
		IS(REFER)
		break;
	case 'S':
		IS(SUBSCRIBE)
		break;
	case 'U':
		IS(UPDATE)
		break;
	default:
		break;
	}
	return SIP_METHOD_OTHER;
#undef IS
}

/* Names of headers that are often there and not read have a slot, too. */
#define NAME(first, last, name, header)                      \
	[SIP_HEADER_SLOT(sizeof(name) - 1, first, last)] = { \
	    name, (UINT32_C(1) << (sizeof(name) - 1)) - 1, sizeof(name) - 1, header}

/* Two in one slot are an error that the compiler finds (-Woverride-init). */
const struct sip_header_name sip_header_names[SIP_HEADER_SLOTS] = {
    NAME('t', 'o', "to", SIP_HEADER_TO),
    NAME('v', 'a', "via", SIP_HEADER_VIA),
    NAME('f', 'm', "from", SIP_HEADER_FROM),
    NAME('c', 'q', "cseq", SIP_HEADER_CSEQ),
    NAME('d', 'e', "date", SIP_HEADER_DATE),
    NAME('r', 'q', "rseq", SIP_HEADER_RSEQ),
    NAME('r', 'k', "rack", SIP_HEADER_RACK),
    NAME('r', 'e', "route", SIP_HEADER_ROUTE),
    NAME('e', 't', "event", SIP_HEADER_EVENT),
    NAME('x', 'd', "x-cid", SIP_HEADER_X_CALL_ID),
    NAME('s', 'r', "server", SIP_HEADER_SERVER),
    NAME('r', 'n', "reason", SIP_HEADER_REASON),
    NAME('m', 'e', "min-se", SIP_HEADER_MIN_SE),
    NAME('c', 'd', "call-id", SIP_HEADER_CALL_ID),
    NAME('c', 't', "contact", SIP_HEADER_CONTACT),
    NAME('e', 's', "expires", SIP_HEADER_EXPIRES),
    NAME('r', 'e', "require", SIP_HEADER_REQUIRE),
    NAME('w', 'g', "warning", SIP_HEADER_WARNING),
    NAME('r', 'o', "refer-to", SIP_HEADER_REFER_TO),
    NAME('r', 's', "replaces", SIP_HEADER_REPLACES),
    NAME('s', 'd', "supported", SIP_HEADER_SUPPORTED),
    NAME('d', 'n', "diversion", SIP_HEADER_DIVERSION),
    NAME('u', 't', "user-agent", SIP_HEADER_USER_AGENT),
    NAME('s', 'd', "session-id", SIP_HEADER_SESSION_ID),
    NAME('m', 's', "min-expires", SIP_HEADER_MIN_EXPIRES),
    NAME('r', 'r', "retry-after", SIP_HEADER_RETRY_AFTER),
    NAME('r', 'y', "referred-by", SIP_HEADER_REFERRED_BY),
    NAME('m', 's', "max-forwards", SIP_HEADER_MAX_FORWARDS),
    NAME('c', 'e', "content-type", SIP_HEADER_CONTENT_TYPE),
    NAME('r', 'e', "record-route", SIP_HEADER_RECORD_ROUTE),
    NAME('h', 'o', "history-info", SIP_HEADER_HISTORY_INFO),
    NAME('a', 'n', "authorization", SIP_HEADER_AUTHORIZATION),
    NAME('c', 'h', "content-length", SIP_HEADER_CONTENT_LENGTH),
    NAME('s', 's', "session-expires", SIP_HEADER_SESSION_EXPIRES),
    NAME('r', 'd', "remote-party-id", SIP_HEADER_REMOTE_PARTY_ID),
    NAME('w', 'e', "www-authenticate", SIP_HEADER_WWW_AUTHENTICATE),
    NAME('c', 'g', "content-encoding", SIP_HEADER_CONTENT_ENCODING),
    NAME('p', 'r', "p-charging-vector", SIP_HEADER_P_CHARGING_VECTOR),
    NAME('p', 'e', "proxy-authenticate", SIP_HEADER_PROXY_AUTHENTICATE),
    NAME('s', 'e', "subscription-state", SIP_HEADER_SUBSCRIPTION_STATE),
    NAME('p', 'y', "p-asserted-identity", SIP_HEADER_P_ASSERTED_IDENTITY),
    NAME('p', 'n', "proxy-authorization", SIP_HEADER_PROXY_AUTHORIZATION),
    NAME('c', 'n', "content-disposition", SIP_HEADER_CONTENT_DISPOSITION),
    NAME('p', 'y', "p-preferred-identity", SIP_HEADER_P_PREFERRED_IDENTITY),
    NAME('a', 'w', "allow", SIP_HEADER_OTHER),
    NAME('a', 't', "accept", SIP_HEADER_OTHER),
    NAME('a', 's', "allow-events", SIP_HEADER_OTHER),
    NAME('p', 'y', "privacy", SIP_HEADER_OTHER),
    NAME('a', 'e', "accept-language", SIP_HEADER_OTHER),
};

#undef NAME

/* The letters of the IANA's registry of header fields; those left out name headers not read. */
static const uint8_t compact[26] = {
    ['b' - 'a'] = SIP_HEADER_REFERRED_BY,
    ['c' - 'a'] = SIP_HEADER_CONTENT_TYPE,
    ['e' - 'a'] = SIP_HEADER_CONTENT_ENCODING,
    ['f' - 'a'] = SIP_HEADER_FROM,
    ['i' - 'a'] = SIP_HEADER_CALL_ID,
    ['k' - 'a'] = SIP_HEADER_SUPPORTED,
    ['l' - 'a'] = SIP_HEADER_CONTENT_LENGTH,
    ['m' - 'a'] = SIP_HEADER_CONTACT,
    ['o' - 'a'] = SIP_HEADER_EVENT,
    ['r' - 'a'] = SIP_HEADER_REFER_TO,
    ['t' - 'a'] = SIP_HEADER_TO,
    ['v' - 'a'] = SIP_HEADER_VIA,
    ['x' - 'a'] = SIP_HEADER_SESSION_EXPIRES,
};

/* "X-Call-ID", "X-Original-Call-ID", "P-Other-CallID": of private headers, those of another leg. */
static bool names_another_leg(struct text name)
{
	static const struct text endings[] = {{"Call-ID", 7}, {"CallID", 6}, {"-CID", 4}};
	char first = '\0';

	if (name.length > 2 && name.at[1] == '-') {
		first = text_lower(name.at[0]);
	}
	if (first != 'x' && first != 'p') {
		return false;
	}
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
		size_t length = endings[i].length;

		if (name.length > length &&
		    text_equal_nocase(text_from(name, name.length - length), endings[i])) {
			return true;
		}
	}
	return false;
}

/*
 * Is it this name, in any case? A letter and its other case differ in the bit 0x20, and of what
 * stands in names only letters have the bit 0x40.
 */
static inline bool is_header_name(struct text name, const struct sip_header_name *wanted)
{
	const uint64_t letters = 0x4040404040404040U;

	if (name.length != wanted->length) {
		return false;
	}
	for (size_t i = 0; i < name.length; i += 8) {
		uint64_t is, should;

		memcpy(&should, wanted->name + i, sizeof(should));
		is = text_eight((struct text){name.at + i, name.length - i});
		if ((is | (should & letters) >> 1) != should) {
			return false;
		}
	}
	return true;
}

enum sip_header sip_header_of(struct text name)
{
	if (name.length >= 2 && name.length <= SIP_HEADER_NAME_MAX) {
		const struct sip_header_name *known = &sip_header_names[SIP_HEADER_SLOT(
		    name.length, name.at[0], name.at[name.length - 1])];

		if (is_header_name(name, known)) {
			return (enum sip_header)known->header;
		}
	} else if (name.length == 1) {
		char letter = text_lower(name.at[0]);

		return letter >= 'a' && letter <= 'z' ? (enum sip_header)compact[letter - 'a']
						      : SIP_HEADER_OTHER;
	}
	return names_another_leg(name) ? SIP_HEADER_X_CALL_ID : SIP_HEADER_OTHER;
}

enum sip_option sip_option_of(struct text name)
{
	static const struct {
		struct text name;
		enum sip_option option;
	} options[] = {
	    {{"100rel", 6}, SIP_OPTION_100REL},
	    {{"timer", 5}, SIP_OPTION_TIMER},
	    {{"replaces", 8}, SIP_OPTION_REPLACES},
	    {{"outbound", 8}, SIP_OPTION_OUTBOUND},
	    {{"path", 4}, SIP_OPTION_PATH},
	    {{"gruu", 4}, SIP_OPTION_GRUU},
	    {{"ice", 3}, SIP_OPTION_ICE},
	    {{"precondition", 12}, SIP_OPTION_PRECONDITION},
	    {{"norefersub", 10}, SIP_OPTION_NOREFERSUB},
	    {{"from-change", 11}, SIP_OPTION_FROM_CHANGE},
	    {{"siprec", 6}, SIP_OPTION_SIPREC},
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (text_equal_nocase(name, options[i].name)) {
			return options[i].option;
		}
	}
	return SIP_OPTION_OTHER;
}

/* Letters, digits and -.!%*_+`'~ */
static bool is_token_character(char c)
{
	static const uint64_t in_tokens[4] = {1ULL << '!' | 1ULL << '%' | 1ULL << '\'' |
						  1ULL << '*' | 1ULL << '+' | 1ULL << '-' |
						  1ULL << '.' | 0x3ffULL << '0',
	    0x3ffffffULL << ('A' - 64) | 1ULL << ('_' - 64) | 1ULL << ('`' - 64) |
		0x3ffffffULL << ('a' - 64) | 1ULL << ('~' - 64)};
	unsigned char u = (unsigned char)c;

	return in_tokens[u / 64] >> u % 64 & 1;
}

bool sip_is_token(struct text t)
{
	for (size_t i = 0; i < t.length; i++) {
		if (!is_token_character(t.at[i])) {
			return false;
		}
	}
	return t.length > 0;
}
