/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_name.h"

enum sip_method sip_method_of(struct text name)
{
	static const struct {
		struct text name;
		enum sip_method method;
	} methods[] = {
	    {{"INVITE", 6}, SIP_INVITE},
	    {{"ACK", 3}, SIP_ACK},
	    {{"BYE", 3}, SIP_BYE},
	    {{"CANCEL", 6}, SIP_CANCEL},
	    {{"REGISTER", 8}, SIP_REGISTER},
	    {{"OPTIONS", 7}, SIP_OPTIONS},
	    {{"PRACK", 5}, SIP_PRACK},
	    {{"UPDATE", 6}, SIP_UPDATE},
	    {{"INFO", 4}, SIP_INFO},
	    {{"REFER", 5}, SIP_REFER},
	    {{"SUBSCRIBE", 9}, SIP_SUBSCRIBE},
	    {{"NOTIFY", 6}, SIP_NOTIFY},
	    {{"PUBLISH", 7}, SIP_PUBLISH},
	    {{"MESSAGE", 7}, SIP_MESSAGE},
	};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (text_equal(name, methods[i].name)) {
			return methods[i].method;
		}
	}
	return SIP_METHOD_OTHER;
}

struct header_name {
	struct text name;
	enum sip_header header;
};

/* By length: only names as long as the one that is looked for are compared. */
static const struct header_name headers[] = {
    {{"To", 2}, SIP_HEADER_TO},
    {{"Via", 3}, SIP_HEADER_VIA},
    {{"From", 4}, SIP_HEADER_FROM},
    {{"CSeq", 4}, SIP_HEADER_CSEQ},
    {{"Date", 4}, SIP_HEADER_DATE},
    {{"RSeq", 4}, SIP_HEADER_RSEQ},
    {{"RAck", 4}, SIP_HEADER_RACK},
    {{"Route", 5}, SIP_HEADER_ROUTE},
    {{"Event", 5}, SIP_HEADER_EVENT},
    {{"X-CID", 5}, SIP_HEADER_X_CALL_ID},
    {{"Server", 6}, SIP_HEADER_SERVER},
    {{"Reason", 6}, SIP_HEADER_REASON},
    {{"Min-SE", 6}, SIP_HEADER_MIN_SE},
    {{"Call-ID", 7}, SIP_HEADER_CALL_ID},
    {{"Contact", 7}, SIP_HEADER_CONTACT},
    {{"Expires", 7}, SIP_HEADER_EXPIRES},
    {{"Require", 7}, SIP_HEADER_REQUIRE},
    {{"Warning", 7}, SIP_HEADER_WARNING},
    {{"Refer-To", 8}, SIP_HEADER_REFER_TO},
    {{"Replaces", 8}, SIP_HEADER_REPLACES},
    {{"Supported", 9}, SIP_HEADER_SUPPORTED},
    {{"Diversion", 9}, SIP_HEADER_DIVERSION},
    {{"User-Agent", 10}, SIP_HEADER_USER_AGENT},
    {{"Session-ID", 10}, SIP_HEADER_SESSION_ID},
    {{"Min-Expires", 11}, SIP_HEADER_MIN_EXPIRES},
    {{"Retry-After", 11}, SIP_HEADER_RETRY_AFTER},
    {{"Referred-By", 11}, SIP_HEADER_REFERRED_BY},
    {{"Max-Forwards", 12}, SIP_HEADER_MAX_FORWARDS},
    {{"Content-Type", 12}, SIP_HEADER_CONTENT_TYPE},
    {{"Record-Route", 12}, SIP_HEADER_RECORD_ROUTE},
    {{"History-Info", 12}, SIP_HEADER_HISTORY_INFO},
    {{"Authorization", 13}, SIP_HEADER_AUTHORIZATION},
    {{"Content-Length", 14}, SIP_HEADER_CONTENT_LENGTH},
    {{"Session-Expires", 15}, SIP_HEADER_SESSION_EXPIRES},
    {{"Remote-Party-ID", 15}, SIP_HEADER_REMOTE_PARTY_ID},
    {{"WWW-Authenticate", 16}, SIP_HEADER_WWW_AUTHENTICATE},
    {{"Content-Encoding", 16}, SIP_HEADER_CONTENT_ENCODING},
    {{"P-Charging-Vector", 17}, SIP_HEADER_P_CHARGING_VECTOR},
    {{"Proxy-Authenticate", 18}, SIP_HEADER_PROXY_AUTHENTICATE},
    {{"Subscription-State", 18}, SIP_HEADER_SUBSCRIPTION_STATE},
    {{"P-Asserted-Identity", 19}, SIP_HEADER_P_ASSERTED_IDENTITY},
    {{"Proxy-Authorization", 19}, SIP_HEADER_PROXY_AUTHORIZATION},
    {{"Content-Disposition", 19}, SIP_HEADER_CONTENT_DISPOSITION},
    {{"P-Preferred-Identity", 20}, SIP_HEADER_P_PREFERRED_IDENTITY},
};

enum { HEADER_NAME_MAX = 20 };

/* Where the names of each length begin; the last is where those of the greatest end. */
static const uint8_t first_of_length[HEADER_NAME_MAX + 2] = {
    0, 0, 0, 1, 2, 7, 10, 13, 18, 20, 22, 24, 27, 31, 32, 33, 35, 37, 38, 40, 43, 44};

_Static_assert(sizeof(headers) / sizeof(headers[0]) == 44, "as first_of_length says");

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

enum sip_header sip_header_of(struct text name)
{
	char letter = '\0';

	if (name.length == 1) {
		letter = text_lower(name.at[0]);
	}
	if (letter >= 'a' && letter <= 'z') {
		return (enum sip_header)compact[letter - 'a'];
	}
	if (name.length <= HEADER_NAME_MAX) {
		for (size_t i = first_of_length[name.length]; i < first_of_length[name.length + 1];
		     i++) {
			if (text_equal_nocase(name, headers[i].name)) {
				return headers[i].header;
			}
		}
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

bool sip_is_token(struct text t)
{
	for (size_t i = 0; i < t.length; i++) {
		char c = text_lower(t.at[i]);

		if ((c < 'a' || c > 'z') && !text_is_digit(c) &&
		    (c == '\0' || !strchr("-.!%*_+`'~", c))) {
			return false;
		}
	}
	return t.length > 0;
}
