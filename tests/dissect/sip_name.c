/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_name.h"

#include "expect.h"

static const struct {
	const char *name;
	enum sip_header header;
} names[] = {
    {"To", SIP_HEADER_TO},
    {"Via", SIP_HEADER_VIA},
    {"From", SIP_HEADER_FROM},
    {"CSeq", SIP_HEADER_CSEQ},
    {"Date", SIP_HEADER_DATE},
    {"RSeq", SIP_HEADER_RSEQ},
    {"RAck", SIP_HEADER_RACK},
    {"Route", SIP_HEADER_ROUTE},
    {"Event", SIP_HEADER_EVENT},
    {"X-CID", SIP_HEADER_X_CALL_ID},
    {"Server", SIP_HEADER_SERVER},
    {"Reason", SIP_HEADER_REASON},
    {"Min-SE", SIP_HEADER_MIN_SE},
    {"Call-ID", SIP_HEADER_CALL_ID},
    {"Contact", SIP_HEADER_CONTACT},
    {"Expires", SIP_HEADER_EXPIRES},
    {"Require", SIP_HEADER_REQUIRE},
    {"Warning", SIP_HEADER_WARNING},
    {"Refer-To", SIP_HEADER_REFER_TO},
    {"Replaces", SIP_HEADER_REPLACES},
    {"Supported", SIP_HEADER_SUPPORTED},
    {"Diversion", SIP_HEADER_DIVERSION},
    {"User-Agent", SIP_HEADER_USER_AGENT},
    {"Session-ID", SIP_HEADER_SESSION_ID},
    {"Min-Expires", SIP_HEADER_MIN_EXPIRES},
    {"Retry-After", SIP_HEADER_RETRY_AFTER},
    {"Referred-By", SIP_HEADER_REFERRED_BY},
    {"Max-Forwards", SIP_HEADER_MAX_FORWARDS},
    {"Content-Type", SIP_HEADER_CONTENT_TYPE},
    {"Record-Route", SIP_HEADER_RECORD_ROUTE},
    {"History-Info", SIP_HEADER_HISTORY_INFO},
    {"Authorization", SIP_HEADER_AUTHORIZATION},
    {"Content-Length", SIP_HEADER_CONTENT_LENGTH},
    {"Session-Expires", SIP_HEADER_SESSION_EXPIRES},
    {"Remote-Party-ID", SIP_HEADER_REMOTE_PARTY_ID},
    {"WWW-Authenticate", SIP_HEADER_WWW_AUTHENTICATE},
    {"Content-Encoding", SIP_HEADER_CONTENT_ENCODING},
    {"P-Charging-Vector", SIP_HEADER_P_CHARGING_VECTOR},
    {"Proxy-Authenticate", SIP_HEADER_PROXY_AUTHENTICATE},
    {"Subscription-State", SIP_HEADER_SUBSCRIPTION_STATE},
    {"P-Asserted-Identity", SIP_HEADER_P_ASSERTED_IDENTITY},
    {"Proxy-Authorization", SIP_HEADER_PROXY_AUTHORIZATION},
    {"Content-Disposition", SIP_HEADER_CONTENT_DISPOSITION},
    {"P-Preferred-Identity", SIP_HEADER_P_PREFERRED_IDENTITY},
};

/* RFC 3261 7.3.1: in any case. */
Test(sip_name, headers)
{
	bool seen[SIP_HEADER_COUNT] = {[SIP_HEADER_OTHER] = true};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char other[32] = "";

		for (size_t c = 0; names[i].name[c]; c++) {
			other[c] = (char)(names[i].name[c] ^ (names[i].name[c] == '-' ? 0 : 0x20));
		}
		expect_number(sip_header_of(text_of(names[i].name)), names[i].header);
		expect_number(sip_header_of(text_of(other)), names[i].header);
		seen[names[i].header] = true;
	}
	for (unsigned h = 0; h < SIP_HEADER_COUNT; h++) {
		cr_expect(seen[h], "header %u has no name", h);
	}
}

/* What is known of a line at a glance is what its name says, whatever it begins with. */
static bool at_a_glance(const char *line)
{
	const struct sip_header_name *known = sip_header_at(line);
	struct text name = {line, text_find(text_of(line), ':')};

	cr_expect(!known || (known->length == name.length &&
				(enum sip_header)known->header == sip_header_of(name)),
	    "%s", line);
	return known;
}

Test(sip_name, lines)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		size_t length = strlen(names[i].name);
		char line[64];

		snprintf(line, sizeof(line), "%s: and more than that", names[i].name);
		cr_expect_eq(at_a_glance(line), length < TEXT_BLOCK, "%s", line);
		for (size_t at = 0; at <= length; at++) {
			for (int c = 1; c < 256; c++) {
				char was = line[at];

				line[at] = (char)c;
				(void)at_a_glance(line);
				line[at] = was;
			}
		}
	}
}

/* The IANA's registry of SIP header fields; those that are OTHER are not read. */
Test(sip_name, compact_headers)
{
	static const struct {
		char letter;
		enum sip_header header;
	} rows[] = {{'a', SIP_HEADER_OTHER}, {'b', SIP_HEADER_REFERRED_BY},
	    {'c', SIP_HEADER_CONTENT_TYPE}, {'d', SIP_HEADER_OTHER},
	    {'e', SIP_HEADER_CONTENT_ENCODING}, {'f', SIP_HEADER_FROM}, {'g', SIP_HEADER_OTHER},
	    {'h', SIP_HEADER_OTHER}, {'i', SIP_HEADER_CALL_ID}, {'j', SIP_HEADER_OTHER},
	    {'k', SIP_HEADER_SUPPORTED}, {'l', SIP_HEADER_CONTENT_LENGTH},
	    {'m', SIP_HEADER_CONTACT}, {'n', SIP_HEADER_OTHER}, {'o', SIP_HEADER_EVENT},
	    {'p', SIP_HEADER_OTHER}, {'q', SIP_HEADER_OTHER}, {'r', SIP_HEADER_REFER_TO},
	    {'s', SIP_HEADER_OTHER}, {'t', SIP_HEADER_TO}, {'u', SIP_HEADER_OTHER},
	    {'v', SIP_HEADER_VIA}, {'w', SIP_HEADER_OTHER}, {'x', SIP_HEADER_SESSION_EXPIRES},
	    {'y', SIP_HEADER_OTHER}, {'z', SIP_HEADER_OTHER}, {'1', SIP_HEADER_OTHER},
	    {'\0', SIP_HEADER_OTHER}, {'@', SIP_HEADER_OTHER}, {'{', SIP_HEADER_OTHER}};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char upper = (char)(rows[i].letter & ~0x20);

		expect_number(sip_header_of((struct text){&rows[i].letter, 1}), rows[i].header);
		if (rows[i].letter >= 'a' && rows[i].letter <= 'z') {
			expect_number(sip_header_of((struct text){&upper, 1}), rows[i].header);
		}
	}
}

/* What gateways and PBXs put another leg's Call-ID into. */
Test(sip_name, call_ids_of_other_legs)
{
	static const char *const yes[] = {"X-CID", "x-call-id", "X-Original-Call-ID",
	    "X-Other-Leg-Call-Id", "X-OrigCallID", "P-Call-ID", "X-Acme-Call-ID", "X-B-CID"};
	static const char *const no[] = {"Call-ID-X", "X-Call-IDs", "Y-Call-ID", "X-ACID", "X-",
	    "CID", "-CID", "P-Asserted-ID", "X-Call-Info", "In-Reply-To"};

	for (size_t i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		cr_expect_eq(sip_header_of(text_of(yes[i])), SIP_HEADER_X_CALL_ID, "%s", yes[i]);
	}
	for (size_t i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		cr_expect_eq(sip_header_of(text_of(no[i])), SIP_HEADER_OTHER, "%s", no[i]);
	}
}

Test(sip_name, what_is_no_header)
{
	static const char *const texts[] = {"", "Vi", "Vias", "Fro", "Fromm", "Contacts",
	    "Content-Lengthy", "P-Preferred-Identity-", "A-name-longer-than-any-that-is-known",
	    "Accept", "Allow", "Subject"};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		cr_expect_eq(sip_header_of(text_of(texts[i])), SIP_HEADER_OTHER, "%s", texts[i]);
	}
}

Test(sip_name, tokens)
{
	cr_expect(sip_is_token(TEXT("!interesting-Method0123456789_*+`.%indeed'~")));
	cr_expect_not(sip_is_token(TEXT_NONE));
	cr_expect_not(sip_is_token(TEXT("a b")));
	cr_expect_not(sip_is_token(TEXT("a\0")));
	cr_expect_not(sip_is_token(TEXT("a/b")));
	cr_expect_not(sip_is_token(TEXT("\xc3\xa4")));
}

Test(sip_name, options)
{
	expect_number(sip_option_of(TEXT("100rel")), SIP_OPTION_100REL);
	expect_number(sip_option_of(TEXT("TIMER")), SIP_OPTION_TIMER);
	expect_number(sip_option_of(TEXT("outbound")), SIP_OPTION_OUTBOUND);
	expect_number(sip_option_of(TEXT("nothingSupportsThis")), SIP_OPTION_OTHER);
}
