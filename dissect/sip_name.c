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

#define THREE(a, b, c) ((unsigned)(a) | (unsigned)(b) << 8 | (unsigned)(c) << 16)

/* The one of this number of those that begin so, which may not be the last. */
#define NAME(a, b, c, number, more, name, header)        \
	[SIP_HEADER_SLOT(THREE(a, b, c)) + (number)] = { \
	    name ":", sizeof(name) - 1, header, UINT32_MAX << sizeof(name), more}

/*
 * Names of headers that are often there and not read have a place, too. Two in one slot are an
 * error that the compiler finds (-Woverride-init).
 */
const struct sip_header_name sip_header_names[1 << SIP_HEADER_SLOT_BITS] = {
    NAME('t', 'o', ':', 0, 0, "to", SIP_HEADER_TO),
    NAME('v', 'i', 'a', 0, 0, "via", SIP_HEADER_VIA),
    NAME('f', 'r', 'o', 0, 0, "from", SIP_HEADER_FROM),
    NAME('c', 's', 'e', 0, 0, "cseq", SIP_HEADER_CSEQ),
    NAME('d', 'a', 't', 0, 0, "date", SIP_HEADER_DATE),
    NAME('r', 's', 'e', 0, 0, "rseq", SIP_HEADER_RSEQ),
    NAME('r', 'a', 'c', 0, 0, "rack", SIP_HEADER_RACK),
    NAME('r', 'o', 'u', 0, 0, "route", SIP_HEADER_ROUTE),
    NAME('e', 'v', 'e', 0, 0, "event", SIP_HEADER_EVENT),
    NAME('x', '-', 'c', 0, 0, "x-cid", SIP_HEADER_X_CALL_ID),
    NAME('s', 'e', 'r', 0, 0, "server", SIP_HEADER_SERVER),
    NAME('r', 'e', 'a', 0, 0, "reason", SIP_HEADER_REASON),
    NAME('m', 'i', 'n', 0, 1, "min-se", SIP_HEADER_MIN_SE),
    NAME('m', 'i', 'n', 1, 0, "min-expires", SIP_HEADER_MIN_EXPIRES),
    NAME('c', 'a', 'l', 0, 0, "call-id", SIP_HEADER_CALL_ID),
    NAME('c', 'o', 'n', 0, 1, "content-length", SIP_HEADER_CONTENT_LENGTH),
    NAME('c', 'o', 'n', 1, 1, "contact", SIP_HEADER_CONTACT),
    NAME('c', 'o', 'n', 2, 1, "content-type", SIP_HEADER_CONTENT_TYPE),
    NAME('c', 'o', 'n', 3, 1, "content-encoding", SIP_HEADER_CONTENT_ENCODING),
    NAME('c', 'o', 'n', 4, 0, "content-disposition", SIP_HEADER_CONTENT_DISPOSITION),
    NAME('e', 'x', 'p', 0, 0, "expires", SIP_HEADER_EXPIRES),
    NAME('r', 'e', 'q', 0, 0, "require", SIP_HEADER_REQUIRE),
    NAME('w', 'a', 'r', 0, 0, "warning", SIP_HEADER_WARNING),
    NAME('r', 'e', 'f', 0, 1, "refer-to", SIP_HEADER_REFER_TO),
    NAME('r', 'e', 'f', 1, 0, "referred-by", SIP_HEADER_REFERRED_BY),
    NAME('r', 'e', 'p', 0, 0, "replaces", SIP_HEADER_REPLACES),
    NAME('s', 'u', 'p', 0, 0, "supported", SIP_HEADER_SUPPORTED),
    NAME('d', 'i', 'v', 0, 0, "diversion", SIP_HEADER_DIVERSION),
    NAME('u', 's', 'e', 0, 0, "user-agent", SIP_HEADER_USER_AGENT),
    NAME('s', 'e', 's', 0, 1, "session-id", SIP_HEADER_SESSION_ID),
    NAME('s', 'e', 's', 1, 0, "session-expires", SIP_HEADER_SESSION_EXPIRES),
    NAME('r', 'e', 't', 0, 0, "retry-after", SIP_HEADER_RETRY_AFTER),
    NAME('m', 'a', 'x', 0, 0, "max-forwards", SIP_HEADER_MAX_FORWARDS),
    NAME('r', 'e', 'c', 0, 0, "record-route", SIP_HEADER_RECORD_ROUTE),
    NAME('h', 'i', 's', 0, 0, "history-info", SIP_HEADER_HISTORY_INFO),
    NAME('a', 'u', 't', 0, 0, "authorization", SIP_HEADER_AUTHORIZATION),
    NAME('r', 'e', 'm', 0, 0, "remote-party-id", SIP_HEADER_REMOTE_PARTY_ID),
    NAME('w', 'w', 'w', 0, 0, "www-authenticate", SIP_HEADER_WWW_AUTHENTICATE),
    NAME('p', '-', 'c', 0, 0, "p-charging-vector", SIP_HEADER_P_CHARGING_VECTOR),
    NAME('p', 'r', 'o', 0, 1, "proxy-authenticate", SIP_HEADER_PROXY_AUTHENTICATE),
    NAME('p', 'r', 'o', 1, 0, "proxy-authorization", SIP_HEADER_PROXY_AUTHORIZATION),
    NAME('s', 'u', 'b', 0, 0, "subscription-state", SIP_HEADER_SUBSCRIPTION_STATE),
    NAME('p', '-', 'a', 0, 0, "p-asserted-identity", SIP_HEADER_P_ASSERTED_IDENTITY),
    NAME('p', '-', 'p', 0, 0, "p-preferred-identity", SIP_HEADER_P_PREFERRED_IDENTITY),
    NAME('a', 'l', 'l', 0, 1, "allow", SIP_HEADER_OTHER),
    NAME('a', 'l', 'l', 1, 0, "allow-events", SIP_HEADER_OTHER),
    NAME('a', 'c', 'c', 0, 1, "accept", SIP_HEADER_OTHER),
    NAME('a', 'c', 'c', 1, 0, "accept-language", SIP_HEADER_OTHER),
    NAME('p', 'r', 'i', 0, 0, "privacy", SIP_HEADER_OTHER),
};

#undef NAME
#undef THREE

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

static enum sip_header long_name(struct text name)
{
	unsigned third = (unsigned char)(name.length > 2 ? name.at[2] : ':');
	const struct sip_header_name *known = &sip_header_names[SIP_HEADER_SLOT(
	    (unsigned char)name.at[0] | (unsigned)(unsigned char)name.at[1] << 8 | third << 16)];

	do {
		if (text_equal_nocase(name, (struct text){known->name, known->length})) {
			return (enum sip_header)known->header;
		}
	} while (known++->more);
	return names_another_leg(name) ? SIP_HEADER_X_CALL_ID : SIP_HEADER_OTHER;
}

enum sip_header sip_header_of(struct text name)
{
	char letter;

	if (name.length != 1) {
		return name.length ? long_name(name) : SIP_HEADER_OTHER;
	}
	letter = text_lower(name.at[0]);
	return letter >= 'a' && letter <= 'z' ? (enum sip_header)compact[letter - 'a']
					      : SIP_HEADER_OTHER;
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
