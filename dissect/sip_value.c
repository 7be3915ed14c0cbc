/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_value.h"

/* Where the first of the stop characters stands outside quotes and angle brackets. */
static size_t find_outside(struct text t, char stop)
{
	bool quoted = false, bracketed = false;

	for (size_t i = 0; i < t.length; i++) {
		char c = t.at[i];

		if (quoted) {
			if (c == '\\') {
				i++; /* quoted-pair */
			} else if (c == '"') {
				quoted = false;
			}
		} else if (c == stop && !bracketed) {
			return i;
		} else if (c == '"' && !bracketed) {
			quoted = true;
		} else if (c == '<') {
			bracketed = true;
		} else if (c == '>') {
			bracketed = false;
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

bool sip_param_next(struct text *rest, struct text *name, struct text *value)
{
	while (rest->length > 0) {
		struct text parameter = cut_outside(*rest, ';', rest);

		*name = text_trim(text_cut(parameter, '=', value));
		*value = text_trim(*value);
		if (name->length > 0) {
			return true;
		}
	}
	return false;
}

static bool port_parse(uint16_t *port, struct text text)
{
	uint64_t value;

	if (!text_number(text_trim(text), UINT16_MAX, &value) || value == 0) {
		return false;
	}
	*port = (uint16_t)value;
	return true;
}

bool sip_host_parse(struct sip_host *out, struct text text)
{
	size_t name_length;
	struct text name, rest;
	uint16_t port = 0;

	*out = (struct sip_host){0};
	text = text_trim(text);
	if (text.length > 0 && text.at[0] == '[') {
		name_length = text_find(text, ']') + 1;
		if (name_length > text.length) {
			return false;
		}
	} else {
		name_length = text_find(text, ':');
	}
	name = text_trim((struct text){text.at, name_length});
	rest = text_trim(text_from(text, name_length));
	if (name.length == 0) {
		return false;
	}
	if (rest.length > 0 && (rest.at[0] != ':' || !port_parse(&port, text_from(rest, 1)))) {
		return false;
	}
	*out = (struct sip_host){name, port};
	return true;
}

enum dissect_result sip_uri_parse(struct sip_uri *out, struct text text)
{
	struct text rest, user;
	size_t at;

	*out = (struct sip_uri){0};
	out->scheme = text_cut(text_trim(text), ':', &rest);
	if (out->scheme.length == 0 || rest.length == 0) {
		return MALFORMED_SIP_URI;
	}
	if (text_equal_nocase(out->scheme, TEXT("tel"))) {
		out->user = text_cut(rest, ';', &rest);
		return DISSECT_OK;
	}
	/* A password may hold ';' and '?', so the '@' is looked for first. */
	at = text_find(rest, '@');
	if (at < rest.length) {
		user = text_cut(rest, '@', &rest);
		out->user = text_cut(user, ':', &user);
	}
	rest = (struct text){rest.at, text_find(rest, ';')};
	rest = (struct text){rest.at, text_find(rest, '?')};
	return sip_host_parse(&out->host, rest) ? DISSECT_OK : MALFORMED_SIP_URI;
}

enum dissect_result sip_address_parse(struct sip_address *out, struct text text)
{
	struct text params, name, value;
	size_t open;

	*out = (struct sip_address){0};
	text = text_trim(text);
	/* find_outside treats '<' as a bracket, so ask for it before it opens one. */
	open = find_outside(text, '<');
	if (open < text.length) {
		struct text behind = text_from(text, open + 1);
		size_t close = text_find(behind, '>');

		if (close == behind.length) {
			return MALFORMED_SIP_ADDRESS;
		}
		out->display = text_trim((struct text){text.at, open});
		if (out->display.length >= 2 && out->display.at[0] == '"' &&
		    out->display.at[out->display.length - 1] == '"') {
			out->display = (struct text){out->display.at + 1, out->display.length - 2};
		}
		out->uri = text_trim((struct text){behind.at, close});
		params = text_from(behind, close + 1);
	} else {
		out->uri = cut_outside(text, ';', &params);
		if (text_find(out->uri, '"') < out->uri.length) { /* a display never closed */
			out->uri = TEXT_NONE;
		}
	}
	if (out->uri.length == 0) {
		return MALFORMED_SIP_ADDRESS;
	}
	while (sip_param_next(&params, &name, &value)) {
		if (text_equal_nocase(name, TEXT("tag"))) {
			out->tag = value;
		}
	}
	return DISSECT_OK;
}

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
		if (!port_parse(&out->rport, value)) {
			out->rport = 0;
		}
	}
}

enum dissect_result sip_via_parse(struct sip_via *out, struct text text)
{
	struct text params, name, value, sent_by;
	struct text protocol, version;

	*out = (struct sip_via){0};
	text = cut_outside(text, ';', &params);
	/* sent-protocol: SIP / 2.0 / transport, blanks allowed around the slashes. */
	protocol = text_trim(text_cut(text, '/', &text));
	version = text_trim(text_cut(text, '/', &text));
	if (!text_equal_nocase(protocol, TEXT("SIP")) || version.length == 0) {
		return MALFORMED_SIP_VIA;
	}
	out->transport = text_word(&text);
	sent_by = text_trim(text);
	if (out->transport.length == 0 || !sip_host_parse(&out->sent_by, sent_by)) {
		return MALFORMED_SIP_VIA;
	}
	while (sip_param_next(&params, &name, &value)) {
		via_param(out, name, value);
	}
	return DISSECT_OK;
}
