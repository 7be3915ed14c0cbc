/* SPDX-License-Identifier: Apache-2.0 */
#include "sip.h"

#include "sip_line.h"

enum header {
	HEADER_OTHER,
	HEADER_VIA,
	HEADER_FROM,
	HEADER_TO,
	HEADER_CALL_ID,
	HEADER_CSEQ,
	HEADER_CONTACT,
	HEADER_CONTENT_LENGTH,
	HEADER_CONTENT_TYPE,
	HEADER_USER_AGENT,
	HEADER_SERVER,
	HEADER_COUNT
};

/* Where a parse stands: the message being filled and what its headers said so far. */
struct sip_parser {
	struct sip_message *out;
	uint32_t seen; /* bit per enum header */
	bool has_content_length;
	uint64_t content_length;
};

bool sip_shape(struct bytes in)
{
	struct text line;

	sip_blank_lines_skip(&in);
	if (bytes_left(&in) < 16 || in.at[0] < 'A' || in.at[0] > 'z') {
		return false;
	}
	return sip_line_take(&in, &line) && sip_start_line_is_sip(line);
}

static enum sip_method method_of(struct text name)
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
		if (text_equal(name, methods[i].name)) { /* methods are case-sensitive, 7.1 */
			return methods[i].method;
		}
	}
	return SIP_METHOD_OTHER;
}

static enum header header_of(struct text name)
{
	static const struct {
		struct text name;
		char compact;
		enum header header;
	} headers[] = {
	    {{"Via", 3}, 'v', HEADER_VIA},
	    {{"From", 4}, 'f', HEADER_FROM},
	    {{"To", 2}, 't', HEADER_TO},
	    {{"Call-ID", 7}, 'i', HEADER_CALL_ID},
	    {{"CSeq", 4}, '\0', HEADER_CSEQ},
	    {{"Contact", 7}, 'm', HEADER_CONTACT},
	    {{"Content-Length", 14}, 'l', HEADER_CONTENT_LENGTH},
	    {{"Content-Type", 12}, 'c', HEADER_CONTENT_TYPE},
	    {{"User-Agent", 10}, '\0', HEADER_USER_AGENT},
	    {{"Server", 6}, '\0', HEADER_SERVER},
	};

	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		if (name.length == 1
			? headers[i].compact && text_lower(name.at[0]) == headers[i].compact
			: text_equal_nocase(name, headers[i].name)) {
			return headers[i].header;
		}
	}
	return HEADER_OTHER;
}

static enum dissect_result status_line_parse(struct sip_message *out, struct text line)
{
	struct text rest = text_from(line, SIP_VERSION.length);
	uint64_t status;

	if (!text_number(text_word(&rest), 699, &status) || status < 100) {
		return MALFORMED_SIP_STATUS_CODE;
	}
	out->status = (uint16_t)status;
	out->reason = text_trim(rest);
	return DISSECT_OK;
}

static enum dissect_result start_line_parse(struct sip_message *out, struct text line)
{
	if (!sip_start_line_is_sip(line)) {
		return MALFORMED_SIP_START_LINE;
	}
	if (text_starts_nocase(line, SIP_VERSION)) {
		return status_line_parse(out, line);
	}
	out->request = true;
	out->method_text = text_word(&line);
	out->request_uri = text_word(&line);
	out->method = method_of(out->method_text);
	return text_trim(line).length ? DISSECT_OK : MALFORMED_SIP_START_LINE;
}

static void defect(struct sip_parser *p, enum dissect_result result)
{
	if (result != DISSECT_OK) {
		dissect_defect(&p->out->defects, result);
	}
}

static void via_header(struct sip_parser *p, struct text value)
{
	struct text one;

	while (sip_value_next(&value, &one)) {
		if (p->out->via_count++ == 0) {
			defect(p, sip_via_parse(&p->out->via, one));
		}
	}
}

static void contact_header(struct sip_parser *p, struct text value)
{
	struct text one;

	while (sip_value_next(&value, &one)) {
		if (p->out->contact_count == SIP_CONTACTS_MAX) {
			defect(p, MALFORMED_SIP_CONTACT_COUNT);
			return;
		}
		defect(p, sip_address_parse(&p->out->contacts[p->out->contact_count], one));
		p->out->contact_count++;
	}
}

static void cseq_header(struct sip_parser *p, struct text value)
{
	uint64_t number;
	struct text method;

	if (!text_number(text_word(&value), UINT32_MAX, &number)) {
		p->seen &= ~(1U << HEADER_CSEQ);
		return;
	}
	p->out->cseq = (uint32_t)number;
	method = text_word(&value);
	if (!p->out->request) {
		p->out->method_text = method;
		p->out->method = method_of(method);
	}
}

static void content_length_header(struct sip_parser *p, struct text value)
{
	p->has_content_length = text_number(value, UINT32_MAX, &p->content_length);
	if (!p->has_content_length) {
		defect(p, MALFORMED_SIP_CONTENT_LENGTH);
	}
}

/* Headers that may stand once only: the first one counts. */
static void single_header(struct sip_parser *p, enum header header, struct text value)
{
	struct sip_message *out = p->out;

	if (p->seen & 1U << header) {
		defect(p, MALFORMED_SIP_DUPLICATE_HEADER);
		return;
	}
	p->seen |= 1U << header;
	switch (header) {
	case HEADER_FROM:
		defect(p, sip_address_parse(&out->from, value));
		break;
	case HEADER_TO:
		defect(p, sip_address_parse(&out->to, value));
		break;
	case HEADER_CALL_ID:
		out->call_id = value;
		break;
	case HEADER_CSEQ:
		cseq_header(p, value);
		break;
	case HEADER_CONTENT_LENGTH:
		content_length_header(p, value);
		break;
	case HEADER_CONTENT_TYPE:
		out->content_type = value;
		break;
	case HEADER_USER_AGENT:
	case HEADER_SERVER:
		out->user_agent = value;
		break;
	default:
		break;
	}
}

static void header_parse(struct sip_parser *p, struct text line)
{
	struct text value;
	struct text name = text_trim(text_cut(line, ':', &value));
	enum header header;

	if (name.length == 0 || text_find(line, ':') == line.length) {
		defect(p, MALFORMED_SIP_HEADER_LINE);
		return;
	}
	header = header_of(name);
	value = text_trim(value);
	switch (header) {
	case HEADER_OTHER:
		break;
	case HEADER_VIA:
		via_header(p, value);
		break;
	case HEADER_CONTACT:
		contact_header(p, value);
		break;
	default:
		single_header(p, header, value);
		break;
	}
}

static void body_take(struct sip_parser *p, struct bytes in)
{
	p->out->body = in;
	if (!p->has_content_length) {
		return; /* over UDP the body goes to the end of the datagram, RFC 3261 18.3 */
	}
	if (p->content_length > bytes_left(&in)) {
		defect(p, MALFORMED_SIP_BODY_SHORT);
		return;
	}
	p->out->body.end = in.at + p->content_length;
}

static void headers_parse(struct sip_parser *p, struct bytes in)
{
	struct text line;

	for (int i = 0; i <= SIP_HEADERS_MAX; i++) {
		if (!sip_header_line_take(&in, &line)) {
			defect(p, MALFORMED_SIP_UNTERMINATED);
			return;
		}
		if (line.length == 0) {
			body_take(p, in);
			return;
		}
		if (i < SIP_HEADERS_MAX) {
			header_parse(p, line);
		}
	}
	defect(p, MALFORMED_SIP_HEADER_COUNT);
}

enum dissect_result sip_parse(struct sip_message *out, struct bytes in)
{
	struct sip_parser parser = {.out = out};
	struct text line;
	enum dissect_result result;

	*out = (struct sip_message){0};
	sip_blank_lines_skip(&in);
	if (!sip_line_take(&in, &line)) {
		return MALFORMED_SIP_START_LINE;
	}
	result = start_line_parse(out, line);
	if (result != DISSECT_OK) {
		return result;
	}
	headers_parse(&parser, in);
	if (out->call_id.length == 0) {
		return MALFORMED_SIP_NO_CALL_ID;
	}
	if (!(parser.seen & 1U << HEADER_CSEQ)) {
		return MALFORMED_SIP_CSEQ;
	}
	if (out->via_count == 0) {
		defect(&parser, MALFORMED_SIP_VIA);
	}
	return DISSECT_OK;
}

bool sip_has_sdp(const struct sip_message *m)
{
	struct text parameters;
	struct text type = text_trim(text_cut(m->content_type, ';', &parameters));

	return bytes_left(&m->body) > 0 && text_equal_nocase(type, TEXT("application/sdp"));
}
