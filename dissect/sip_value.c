/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_value.h"

#include "text_find.h"

/* From an opening quote to behind the one that closes it, or to the end. */
static size_t behind_quotes(struct text t, size_t i)
{
	for (i++; i < t.length; i += 2) { /* over a quoted-pair */
		i += text_find_any(text_from(t, i), (const char[4]){'"', '"', '\\', '\\'});
		if (i < t.length && t.at[i] == '"') {
			return i + 1;
		}
	}
	return t.length;
}

/* Where the first of the stop characters stands outside quotes and angle brackets. */
static size_t find_outside(struct text t, char stop)
{
	const char open[4] = {stop, '"', '<', '\\'}, bracketed[4] = {'>', '\\', '>', '\\'};
	bool in_brackets = false;
	size_t i = 0;

	while (i < t.length) {
		i += text_find_any(text_from(t, i), in_brackets ? bracketed : open);
		if (i == t.length) {
			break;
		}
		if (t.at[i] == '\\') {
			i += 2; /* quoted-pair; some write it outside of quotes, too */
		} else if (in_brackets) {
			in_brackets = false;
			i++;
		} else if (t.at[i] == stop) {
			return i;
		} else if (t.at[i] == '"') {
			i = behind_quotes(t, i);
		} else {
			in_brackets = true;
			i++;
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
	uint64_t value;
	size_t digits = 0;

	t = text_trim(t);
	while (digits < t.length && text_is_digit(t.at[digits])) {
		digits++;
	}
	if (digits < t.length && !text_is_space(t.at[digits]) && t.at[digits] != ';' &&
	    t.at[digits] != '(') {
		return (struct sip_number){0};
	}
	if (!text_number((struct text){t.at, digits}, UINT32_MAX, &value)) {
		return (struct sip_number){0};
	}
	return (struct sip_number){true, (uint32_t)value};
}

/* --- addresses --- */

static void address_param(struct sip_address *out, struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("tag"))) {
		out->tag = value;
	} else if (text_equal_nocase(name, TEXT("expires"))) {
		out->expires = sip_number_parse(value);
	} else if (text_equal_nocase(name, TEXT("q"))) {
		out->q = value;
	} else if (text_equal_nocase(name, TEXT("reg-id"))) {
		out->reg_id = sip_number_parse(value);
	} else if (text_equal_nocase(name, TEXT("+sip.instance"))) {
		out->instance = sip_unquote(value);
	}
}

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
	(void)sip_uri_parse(&out->parts, out->uri);
	out->parameters = params;
	while (param_next(&params, &name, &value, &empty)) {
		address_param(out, name, value);
	}
	if (empty) {
		out->blemish = MALFORMED_SIP_PARAMETER;
	}
	return DISSECT_OK;
}

/* --- Via --- */

static void via_param(struct sip_via *out, struct text name, struct text value)
{
	if (text_equal_nocase(name, TEXT("branch"))) {
		out->branch = value;
	} else if (text_equal_nocase(name, TEXT("received"))) {
		out->received = value;
	} else if (text_equal_nocase(name, TEXT("maddr"))) {
		out->maddr = value;
	} else if (text_equal_nocase(name, TEXT("rport"))) {
		out->rport_asked = true;
		if (!sip_port_parse(&out->rport, value)) {
			out->rport = 0;
		}
	}
}

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
		via_param(out, name, value);
	}
	if (empty) {
		out->blemish = MALFORMED_SIP_PARAMETER;
	}
	return DISSECT_OK;
}
