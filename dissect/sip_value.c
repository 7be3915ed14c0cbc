/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_value.h"

#include "sip_param.h"

/* Which characters of a block are the stop character or protect it: a bit for each. */
static inline unsigned marks(const char *block, char stop)
{
	return text_block_which(block, stop) | text_block_which(block, '"') |
	       text_block_which(block, '<') | text_block_which(block, '>') |
	       text_block_which(block, '\\');
}

/* The same where less than a block may be left. */
static inline unsigned marks_from(struct text t, size_t from, char stop)
{
	size_t left = t.length - from;
	uint64_t block[2];

	if (left >= TEXT_BLOCK) {
		return marks(t.at + from, stop);
	}
	if (t.length >= TEXT_BLOCK) { /* of the last block, the end */
		return marks(t.at + t.length - TEXT_BLOCK, stop) >> (TEXT_BLOCK - left);
	}
	block[0] = text_eight(t);
	block[1] = left > 8 ? text_eight(text_from(t, 8)) : 0;
	return marks((const char *)block, stop);
}

/* Where the stop character first stands outside quotes and angle brackets, and not escaped. */
static size_t find_outside(struct text t, char stop)
{
	char until = '\0'; /* what ends the quotes or brackets that we are in */
	size_t next = 0;   /* what stands before is escaped */

	for (size_t block = 0; block < t.length; block += TEXT_BLOCK) {
		for (unsigned found = marks_from(t, block, stop); found; found &= found - 1) {
			size_t i = block + (unsigned)__builtin_ctz(found);
			char c = t.at[i];

			if (i < next) {
				continue;
			}
			if (c == '\\') { /* quoted-pair; some write it outside of quotes, too */
				next = i + 2;
			} else if (until) {
				until = (char)(c == until ? '\0' : until);
			} else if (c == stop) {
				return i;
			} else if (c != '>') {
				until = (char)(c == '<' ? '>' : '"');
			}
		}
	}
	return t.length;
}

static struct text cut_outside(struct text t, char stop, struct text *rest)
{
	size_t n = find_outside(t, stop);

	*rest = n < t.length ? text_from(t, n + 1) : text_from(t, t.length);
	return text_trim((struct text){t.at, n});
}

bool sip_value_next(struct text *rest, struct text *value)
{
	while (rest->length > 0) {
		*value = cut_outside(*rest, ',', rest);
		if (value->length > 0) {
			return true;
		}
	}
	return false;
}

/* As sip_param_next; *empty becomes true where nothing stands between two semicolons. */
static bool param_next(struct text *rest, struct text *name, struct text *value, bool *empty)
{
	while (rest->length > 0) {
		struct text parameter = cut_outside(*rest, ';', rest);

		*name = text_trim(text_cut(parameter, '=', value));
		*value = text_trim(*value);
		if (name->length > 0) {
			return true;
		}
		*empty = true;
	}
	return false;
}

bool sip_param_next(struct text *rest, struct text *name, struct text *value)
{
	bool empty;

	return param_next(rest, name, value, &empty);
}

bool sip_param_find(struct text list, struct text name, struct text *value)
{
	struct text found;

	while (sip_param_next(&list, &found, value)) {
		if (text_equal_nocase(found, name)) {
			return true;
		}
	}
	*value = TEXT_NONE;
	return false;
}

struct text sip_unquote(struct text t)
{
	if (t.length >= 2 && t.at[0] == '"' && t.at[t.length - 1] == '"') {
		return (struct text){t.at + 1, t.length - 2};
	}
	return t;
}

struct sip_number sip_number_parse(struct text t)
{
	struct sip_number plain;
	uint64_t value = 0;
	size_t digits = 0;

	if (sip_number_read(&plain, t)) {
		return plain;
	}
	t = text_trim(t);
	for (; digits < t.length && text_is_digit(t.at[digits]); digits++) {
		value = value * 10 + (uint64_t)(t.at[digits] - '0');
		if (value > UINT32_MAX) {
			return (struct sip_number){0};
		}
	}
	if (digits == 0 || (digits < t.length && !text_is_space(t.at[digits]) &&
			       t.at[digits] != ';' && t.at[digits] != '(')) {
		return (struct sip_number){0};
	}
	return (struct sip_number){true, (uint32_t)value};
}

/* --- addresses --- */

/* A display name is a quoted string or tokens; anything else belongs into quotes. */
static bool is_display(struct text t)
{
	if (t.length == 0 || t.at[0] == '"') {
		return true;
	}
	for (size_t i = 0; i < t.length; i++) {
		if (strchr(",;:@()<>[]\\\"", t.at[i])) {
			return false;
		}
	}
	return true;
}

/* "display" <uri>, of which the bracket opens at `open`; *params is what stands behind. */
static bool name_addr_parse(
    struct sip_address *out, struct text text, size_t open, struct text *params)
{
	struct text behind = text_from(text, open + 1);
	struct text display = text_trim((struct text){text.at, open}), uri;
	size_t close = text_find(behind, '>');

	if (close == behind.length) {
		return false;
	}
	uri = (struct text){behind.at, close};
	out->uri = text_trim(uri);
	out->display = sip_unquote(display);
	*params = text_trim(text_from(behind, close + 1));
	if (params->length > 0 && params->at[0] == ';') {
		*params = text_from(*params, 1);
	} else if (params->length > 0) {
		out->blemish = MALFORMED_SIP_PARAMETER;
	}
	if (out->uri.length != uri.length || !is_display(display)) {
		out->blemish = MALFORMED_SIP_NAME_ADDR;
	}
	return out->uri.length > 0;
}

/* A URI alone: what stands behind its first semicolon belongs to the header. */
static bool addr_spec_parse(struct sip_address *out, struct text text, struct text *params)
{
	out->uri = cut_outside(text, ';', params);
	if (text_find(out->uri, '"') < out->uri.length) { /* a display never closed */
		out->uri = TEXT_NONE;
	}
	if (text_find(out->uri, '?') < out->uri.length) { /* RFC 3261 20.10 */
		out->blemish = MALFORMED_SIP_NAME_ADDR;
	}
	return out->uri.length > 0;
}

enum dissect_result sip_address_parse(struct sip_address *out, struct text text)
{
	struct text params, name, value;
	size_t open;
	bool sound, empty = false;

	*out = (struct sip_address){0};
	text = text_trim(text);
	/* find_outside treats '<' as a bracket, so ask for it before it opens one. */
	open = find_outside(text, '<');
	sound = open < text.length ? name_addr_parse(out, text, open, &params)
				   : addr_spec_parse(out, text, &params);
	if (!sound) {
		*out = (struct sip_address){0};
		return MALFORMED_SIP_ADDRESS;
	}
	out->parameters = params;
	while (param_next(&params, &name, &value, &empty)) {
		sip_address_param(out, name, value);
	}
	if (empty) {
		out->blemish = MALFORMED_SIP_PARAMETER;
	}
	return DISSECT_OK;
}

/* --- Via --- */

enum dissect_result sip_via_parse(struct sip_via *out, struct text text)
{
	struct text params, name, value, rest;
	struct text protocol, version;
	bool empty = false;

	*out = (struct sip_via){0};
	text = cut_outside(text, ';', &params);
	/* sent-protocol: SIP / 2.0 / transport, blanks allowed around the slashes. */
	protocol = text_trim(text_cut(text, '/', &text));
	version = text_trim(text_cut(text, '/', &text));
	if (!text_equal_nocase(protocol, TEXT("SIP")) || version.length == 0) {
		return MALFORMED_SIP_VIA;
	}
	out->transport = text_word(&text);
	text = text_cut(text, '(', &rest); /* comments were allowed here by RFC 2543 */
	if (out->transport.length == 0 || !sip_host_parse(&out->sent_by, text)) {
		return MALFORMED_SIP_VIA;
	}
	if (out->sent_by.bare_ipv6) {
		out->blemish = MALFORMED_SIP_IPV6_BARE;
	}
	while (param_next(&params, &name, &value, &empty)) {
		sip_via_param(out, name, value);
	}
	if (empty) {
		out->blemish = MALFORMED_SIP_PARAMETER;
	}
	return DISSECT_OK;
}

/* --- credentials and challenges --- */

/* A scheme, and name=value between commas. */
bool sip_auth_find(struct text text, struct text name, struct text *value)
{
	struct text one, of;
	bool found = false;

	*value = TEXT_NONE;
	(void)text_word(&text);
	while (sip_value_next(&text, &one)) {
		if (text_equal_nocase(text_trim(text_cut(one, '=', &of)), name)) {
			*value = sip_unquote(text_trim(of));
			found = true;
		}
	}
	return found;
}
