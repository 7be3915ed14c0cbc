/* SPDX-License-Identifier: Apache-2.0 */
#include "sip.h"

#include "sip_body.h"
#include "sip_extension.h"
#include "sip_line.h"
#include "sip_plain.h"

/* Where a parse stands: the message being filled and what its headers said so far. */
struct sip_parser {
	struct sip_message *out;
	const char *end; /* of the octets */
	uint64_t seen;   /* bit per enum sip_header */
};

/* Not inlined into the loop over lines, which so keeps where it stands in registers. */
#define APART  static __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))

#define BIT(header) (UINT64_C(1) << (header))

/* Headers that are lists, and may stand in several lines (RFC 3261 7.3.1). */
static const uint64_t repeatable =
    BIT(SIP_HEADER_VIA) | BIT(SIP_HEADER_CONTACT) | BIT(SIP_HEADER_ROUTE) |
    BIT(SIP_HEADER_RECORD_ROUTE) | BIT(SIP_HEADER_REQUIRE) | BIT(SIP_HEADER_SUPPORTED) |
    BIT(SIP_HEADER_REASON) | BIT(SIP_HEADER_WARNING) | BIT(SIP_HEADER_CONTENT_ENCODING) |
    BIT(SIP_HEADER_AUTHORIZATION) | BIT(SIP_HEADER_PROXY_AUTHORIZATION) |
    BIT(SIP_HEADER_WWW_AUTHENTICATE) | BIT(SIP_HEADER_PROXY_AUTHENTICATE) |
    BIT(SIP_HEADER_P_ASSERTED_IDENTITY) | BIT(SIP_HEADER_P_PREFERRED_IDENTITY) |
    BIT(SIP_HEADER_REMOTE_PARTY_ID) | BIT(SIP_HEADER_DIVERSION) | BIT(SIP_HEADER_HISTORY_INFO) |
    BIT(SIP_HEADER_X_CALL_ID);

_Static_assert(SIP_HEADER_COUNT <= 64, "a bit for each header");

bool sip_shape(struct bytes in)
{
	struct text line;

	sip_blank_lines_skip(&in);
	if (bytes_left(&in) < 16 || in.at[0] < '!' || in.at[0] > '~') {
		return false;
	}
	return sip_line_take(&in, &line) && sip_start_line_is_sip(line);
}

/* What stands behind SIP_VERSION and a blank. */
static enum dissect_result status_line_parse(struct sip_message *out, struct text rest)
{
	struct text code = {rest.at, 3};
	uint64_t status;

	if (rest.length > 3 && rest.at[3] == ' ') { /* as nearly all are */
		rest = text_from(rest, 3);
	} else {
		code = text_word(&rest);
	}
	if (!text_number(code, 699, &status) || status < 100) {
		return MALFORMED_SIP_STATUS_CODE;
	}
	out->status = (uint16_t)status;
	out->reason = text_trim(rest);
	return DISSECT_OK;
}

static void defect(struct sip_parser *p, enum dissect_result result)
{
	if (result != DISSECT_OK) {
		dissect_defect(&p->out->defects, result);
	}
}

/* What stands between method and SIP_VERSION is the URI; RFC 3261 7.1 has one space around it. */
static struct text request_uri(
    struct sip_parser *p, struct text line, const struct sip_start *start)
{
	struct text rest = text_from(line, start->length + 1);
	struct text uri = start->uri;

	if (uri.length == 0 || (unsigned char)uri.at[uri.length - 1] <= ' ') {
		uri = text_trim(rest);
		uri = text_trim((struct text){uri.at, uri.length - SIP_VERSION.length});
	}
	if (rest.length != uri.length + 1 + SIP_VERSION.length ||
	    text_find(uri, ' ') < uri.length) {
		defect(p, MALFORMED_SIP_START_BLANKS);
	}
	return uri;
}

static void request_line_parse(
    struct sip_parser *p, struct text line, const struct sip_start *start)
{
	struct sip_message *out = p->out;
	struct text uri = start->uri;

	out->request = true;
	out->method_text = (struct text){line.at, start->length};
	out->method = start->method;
	if (sip_plain_uri(&out->target, uri, p->end)) { /* of no blanks */
		out->request_uri = uri;
		return;
	}
	out->request_uri = uri = request_uri(p, line, start);
	if (!text_equal(uri, TEXT("*"))) { /* which some send with OPTIONS, as HTTP does */
		defect(p, sip_uri_parse(&out->target, uri));
	}
	if (out->target.headers.length > 0) { /* RFC 3261 19.1.1 */
		defect(p, MALFORMED_SIP_URI);
	}
	if (out->target.host.bare_ipv6) {
		defect(p, MALFORMED_SIP_IPV6_BARE);
	}
}

APART enum dissect_result start_line_parse(struct sip_parser *p, struct text line)
{
	struct sip_start start;

	if (!sip_start_line_read(&start, line)) {
		return MALFORMED_SIP_START_LINE;
	}
	if (!start.request) {
		return status_line_parse(p->out, text_from(line, SIP_VERSION.length + 1));
	}
	request_line_parse(p, line, &start);
	return p->out->request_uri.length ? DISSECT_OK : MALFORMED_SIP_START_LINE;
}

APART void via_header(struct sip_parser *p, struct text value)
{
	struct text one;

	while (sip_value_next(&value, &one)) {
		if (p->out->via_count++ == 0) {
			defect(p, sip_via_parse(&p->out->via, one));
			defect(p, p->out->via.blemish);
		}
	}
}

APART void address_header(struct sip_parser *p, struct sip_address *out, struct text value)
{
	defect(p, sip_address_parse(out, value));
	defect(p, out->blemish);
}

static bool contact_is_plain(struct sip_parser *p, struct text value)
{
	struct sip_message *out = p->out;
	struct sip_address *contact = &out->contacts[out->contact_count];

	if (out->contact_count == SIP_CONTACTS_MAX) {
		return false;
	}
	*contact = (struct sip_address){0};
	if (!sip_plain_address(contact, value, p->end)) {
		return false;
	}
	out->contact_count++;
	return true;
}

APART void contact_header(struct sip_parser *p, struct text value)
{
	struct sip_message *out = p->out;
	struct sip_address *contact;
	struct text one;

	while (sip_value_next(&value, &one)) {
		if (out->contact_count == SIP_CONTACTS_MAX) {
			defect(p, MALFORMED_SIP_CONTACT_COUNT);
			return;
		}
		contact = &out->contacts[out->contact_count++];
		defect(p, sip_address_parse(contact, one));
		defect(p, contact->blemish);
	}
}

/* The method is the first word, and nearly always all of the text. */
static void cseq_method(struct sip_parser *p, struct text text)
{
	struct sip_message *out = p->out;
	enum sip_method method;

	if (out->request && text_equal(text, out->method_text)) {
		return;
	}
	method = sip_method_of(text);
	if (method == SIP_METHOD_OTHER) {
		text = text_word(&text);
		method = sip_method_of(text);
	}
	if (!out->request) {
		out->method_text = text;
		out->method = method;
	} else if (method != out->method ||
		   (method == SIP_METHOD_OTHER && !text_equal(text, out->method_text))) {
		defect(p, MALFORMED_SIP_CSEQ_METHOD);
	}
}

/* False where it counts for none. */
APART bool cseq_header(struct sip_parser *p, struct text value)
{
	const char *at = value.at, *end = value.at + value.length;
	uint64_t number = 0;

	for (; at < end && text_is_digit(*at) && number <= UINT32_MAX; at++) {
		number = number * 10 + (uint64_t)(*at - '0');
	}
	if (at == value.at || number > UINT32_MAX || (at < end && !text_is_space(*at))) {
		return false;
	}
	p->out->cseq = (uint32_t)number;
	at += at < end; /* that blank */
	cseq_method(p, text_trim((struct text){at, (size_t)(end - at)}));
	return true;
}

APART void content_length_header(struct sip_parser *p, struct text value)
{
	struct sip_number *length = &p->out->content_length;
	uint64_t octets = 0;

	if (sip_number_read(length, value)) {
		return;
	}
	length->given = text_number(value, UINT32_MAX, &octets);
	length->value = (uint32_t)octets;
	defect(p, length->given ? DISSECT_OK : MALFORMED_SIP_CONTENT_LENGTH);
}

/* The header of a line whose name is short, long, unknown or behind blanks: any. */
APART enum sip_header other_header_find(struct sip_parser *p, struct text line, size_t *colon)
{
	struct text name;

	*colon = text_find(line, ':');
	name = text_trim((struct text){line.at, *colon});
	if (name.length == 0 || *colon == line.length) {
		defect(p, MALFORMED_SIP_HEADER_LINE);
		return SIP_HEADER_OTHER;
	}
	return sip_header_of(name);
}

/* The header of a line, and where its colon is. */
INLINE enum sip_header header_find(struct sip_parser *p, struct text line, size_t *colon)
{
	const struct sip_header_name *known = NULL;

	if (line.at <= p->end - TEXT_BLOCK) {
		known = sip_header_at(line.at);
	}
	if (!known) {
		return other_header_find(p, line, colon);
	}
	*colon = known->length;
	return (enum sip_header)known->header;
}

APART struct text trimmed(struct text value)
{
	return text_trim(value);
}

/*
 * The value of a header line behind its colon: nearly always behind one blank, and before none.
 * Where the line ends stands CR or LF.
 */
INLINE struct text value_of(struct text line, size_t colon)
{
	const char *at = line.at + colon + 1, *end = line.at + line.length;

	at += *at == ' ';
	if ((unsigned char)*at > ' ' && (unsigned char)end[-1] > ' ') {
		return (struct text){at, (size_t)(end - at)};
	}
	return trimmed((struct text){at, (size_t)(end - at)});
}

/* How its name is written tells who wrote it. */
static void forwards_note(struct sip_parser *p, struct text line)
{
	p->out->routing.forwards_lower |= text_starts(line, TEXT("max-forwards:"));
}

/* All others. */
APART void extension_header(struct sip_parser *p, enum sip_header header, struct text value)
{
	defect(p, sip_extension_parse(p->out, header, value));
}

/* Of a header that may stand once only the first one counts. */
APART bool may_stand_again(struct sip_parser *p, enum sip_header header, struct text line)
{
	if (repeatable & BIT(header)) {
		return true;
	}
	if (header == SIP_HEADER_MAX_FORWARDS) {
		forwards_note(p, line);
	}
	defect(p, MALFORMED_SIP_DUPLICATE_HEADER);
	return false;
}

INLINE void header_take(
    struct sip_parser *p, enum sip_header header, struct text line, struct text value)
{
	struct sip_message *out = p->out;

	switch (header) {
	case SIP_HEADER_VIA:
		if (out->via_count > 0 || !sip_plain_via(&out->via, value, p->end)) {
			via_header(p, value);
		} else {
			out->via_count = 1;
		}
		break;
	case SIP_HEADER_FROM:
		if (!sip_plain_address(&out->from, value, p->end)) {
			address_header(p, &out->from, value);
		}
		break;
	case SIP_HEADER_TO:
		if (!sip_plain_address(&out->to, value, p->end)) {
			address_header(p, &out->to, value);
		}
		break;
	case SIP_HEADER_CONTACT:
		if (!contact_is_plain(p, value)) {
			contact_header(p, value);
		}
		break;
	case SIP_HEADER_CALL_ID:
		out->call_id = value;
		break;
	case SIP_HEADER_CSEQ:
		if (!cseq_header(p, value)) {
			p->seen &= ~BIT(SIP_HEADER_CSEQ);
		}
		break;
	case SIP_HEADER_CONTENT_LENGTH:
		content_length_header(p, value);
		break;
	case SIP_HEADER_CONTENT_TYPE:
		out->content_type = value;
		break;
	case SIP_HEADER_CONTENT_ENCODING:
		out->content_encoding = value;
		break;
	case SIP_HEADER_CONTENT_DISPOSITION:
		out->content_disposition = value;
		break;
	case SIP_HEADER_USER_AGENT:
	case SIP_HEADER_SERVER:
		out->user_agent = value;
		break;
	case SIP_HEADER_MAX_FORWARDS:
		forwards_note(p, line);
		extension_header(p, header, value);
		break;
	default:
		extension_header(p, header, value);
		break;
	}
}

INLINE void header_parse(struct sip_parser *p, struct text line)
{
	size_t colon;
	enum sip_header header = header_find(p, line, &colon);

	if (header == SIP_HEADER_OTHER) {
		return;
	}
	if (p->seen >> header & 1 && !may_stand_again(p, header, line)) {
		return;
	}
	p->seen |= BIT(header);
	header_take(p, header, line, value_of(line, colon));
}

static void body_take(struct sip_parser *p, const struct text_lines *lines)
{
	const struct sip_number *length = &p->out->content_length;
	struct bytes in = {(const uint8_t *)lines->at, (const uint8_t *)p->end};

	p->out->body = in;
	p->out->body_octets = bytes_left(&in);
	if (!length->given) {
		return; /* over UDP the body goes to the end of the datagram, RFC 3261 18.3 */
	}
	if (length->value > bytes_left(&in)) {
		defect(p, MALFORMED_SIP_BODY_SHORT);
		return;
	}
	p->out->body.end = in.at + length->value;
}

static void headers_parse(struct sip_parser *p, struct text_lines *lines)
{
	struct text line;

	for (int left = SIP_HEADERS_MAX; sip_lines_next(lines, &line); left--) {
		if (line.length == 0) {
			body_take(p, lines);
			return;
		}
		if (left == 0) {
			defect(p, MALFORMED_SIP_HEADER_COUNT);
			return;
		}
		header_parse(p, line);
	}
	defect(p, MALFORMED_SIP_UNTERMINATED);
}

enum dissect_result sip_parse(struct sip_message *out, struct bytes in)
{
	struct sip_parser parser = {.out = out, .end = (const char *)in.end};
	const char *readable = (const char *)in.at;
	struct text_lines lines;
	struct text line;
	enum dissect_result result;

	memset(out, 0, offsetof(struct sip_message, contacts));
	out->end = in.end;
	sip_blank_lines_skip(&in);
	lines = text_lines_of(readable, (const char *)in.at, parser.end);
	if (!sip_lines_first(&lines, &line)) {
		return MALFORMED_SIP_START_LINE;
	}
	result = start_line_parse(&parser, line);
	if (result != DISSECT_OK) {
		return result;
	}
	headers_parse(&parser, &lines);
	if (out->call_id.length == 0) {
		return MALFORMED_SIP_NO_CALL_ID;
	}
	if (!(parser.seen & BIT(SIP_HEADER_CSEQ))) {
		return MALFORMED_SIP_CSEQ;
	}
	if (out->via_count == 0) {
		defect(&parser, MALFORMED_SIP_VIA);
	}
	if (!(parser.seen & BIT(SIP_HEADER_FROM)) || !(parser.seen & BIT(SIP_HEADER_TO))) {
		defect(&parser, MALFORMED_SIP_NO_PARTY);
	}
	sip_body_parse(out);
	return DISSECT_OK;
}

struct sip_uri sip_uri_of(const struct sip_message *m, const struct sip_address *address)
{
	struct sip_uri uri = {0};

	if (address->uri.length > 0 && !sip_plain_uri(&uri, address->uri, m->end)) {
		(void)sip_uri_parse(&uri, address->uri);
	}
	return uri;
}

bool sip_is_stale(const struct sip_message *m)
{
	const struct sip_authentication *of = &m->authentication;
	struct text stale = TEXT_NONE, value;

	for (unsigned i = 0; i < of->challenge_count; i++) {
		if (sip_auth_find(of->challenges[i], TEXT("stale"), &value)) {
			stale = value;
		}
	}
	return text_equal_nocase(stale, TEXT("true"));
}
