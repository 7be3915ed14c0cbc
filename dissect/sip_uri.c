/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_uri.h"

#include "address.h"
#include "text_find.h"

static const uint64_t first_likely_port = 1024;

bool sip_port_parse(uint16_t *port, struct text text)
{
	uint64_t value;

	if (!text_number(text_trim(text), UINT16_MAX, &value) || value == 0) {
		return false;
	}
	*port = (uint16_t)value;
	return true;
}

/* --- hosts --- */

/* Host names as they are met, not as RFC 1034 wants them: with underscores, or in UTF-8. */
static bool is_host_character(char c)
{
	static const uint64_t in_names[4] = {
	    1ULL << '%' | 1ULL << '*' | 1ULL << '-' | 1ULL << '.' | 0x3ffULL << '0',
	    0x3ffffffULL << ('A' - 64) | 1ULL << ('_' - 64) | 0x3ffffffULL << ('a' - 64),
	    UINT64_MAX, UINT64_MAX};
	unsigned char u = (unsigned char)c;

	return in_names[u / 64] >> u % 64 & 1;
}

/* How many of the first characters may stand in a host name. */
static size_t host_name_length(struct text t)
{
	size_t n = 0;

	while (n < t.length && is_host_character(t.at[n])) {
		n++;
	}
	return n;
}

static size_t last_colon(struct text t)
{
	size_t n = t.length;

	while (n > 0 && t.at[n - 1] != ':') {
		n--;
	}
	return n ? n - 1 : t.length;
}

/* At least two colons, and no brackets: an address alone, or an address and a port. */
static bool bare_ipv6_parse(struct sip_host *out, struct text text)
{
	struct address address;
	size_t colon = last_colon(text);
	struct text name = {text.at, colon}, behind = text_from(text, colon + 1);
	uint16_t port = 0;
	bool whole = address_parse(&address, text);
	bool with_port = address_parse(&address, name) && sip_port_parse(&port, behind);

	if (whole == with_port && (!whole || port >= first_likely_port)) {
		return false;
	}
	*out = (struct sip_host){.name = whole ? text : name, .bare_ipv6 = true};
	out->port = whole ? 0 : port;
	return true;
}

/* With brackets, blanks or several colons. */
static bool rare_host_parse(struct sip_host *out, struct text text)
{
	size_t length;
	struct text name, rest;
	uint16_t port = 0;

	if (text.length > 0 && text.at[0] == '[') {
		length = text_find(text, ']') + 1;
		if (length > text.length || length < 3) {
			return false;
		}
	} else {
		length = text_find(text, ':');
		if (length < text.length &&
		    text_find(text_from(text, length + 1), ':') + length + 1 < text.length) {
			return bare_ipv6_parse(out, text);
		}
	}
	name = text_trim((struct text){text.at, length});
	rest = text_trim(text_from(text, length));
	if (rest.length > 0 && (rest.at[0] != ':' || !sip_port_parse(&port, text_from(rest, 1)))) {
		return false;
	}
	if (name.length == 0 || (name.at[0] != '[' && host_name_length(name) < name.length)) {
		return false;
	}
	*out = (struct sip_host){.name = name, .port = port};
	return true;
}

bool sip_host_parse(struct sip_host *out, struct text text)
{
	size_t length;
	uint16_t port = 0;

	text = text_trim(text);
	length = host_name_length(text);
	if (length > 0 &&
	    (length == text.length ||
		(text.at[length] == ':' && sip_port_parse(&port, text_from(text, length + 1))))) {
		*out = (struct sip_host){.name = {text.at, length}, .port = port};
		return true;
	}
	*out = (struct sip_host){0};
	return rare_host_parse(out, text);
}

/* --- URIs --- */

/* RFC 3986 section 3.1 */
static bool is_scheme(struct text scheme)
{
	for (size_t i = 0; i < scheme.length; i++) {
		char c = text_lower(scheme.at[i]);
		bool letter = c >= 'a' && c <= 'z';

		if (!letter &&
		    (i == 0 || (!text_is_digit(c) && c != '+' && c != '-' && c != '.'))) {
			return false;
		}
	}
	return scheme.length > 0;
}

static enum dissect_result sip_scheme_parse(struct sip_uri *out, struct text rest)
{
	struct text user;
	size_t at = text_find(rest, '@'), end;

	/* A user or password may hold ';' and '?', so the '@' is looked for first. */
	if (at < rest.length) {
		user = text_cut(rest, '@', &rest);
		out->user = text_cut(user, ':', &user);
	}
	end = text_find_any(rest, (const char[4]){'?', ';', '?', ';'});
	if (end < rest.length) {
		rest = text_cut(rest, '?', &out->headers);
		end = text_find(rest, ';');
	}
	if (!sip_host_parse(&out->host, (struct text){rest.at, end})) {
		*out = (struct sip_uri){.scheme = out->scheme};
		return MALFORMED_SIP_URI;
	}
	out->parameters = end < rest.length ? text_from(rest, end + 1) : TEXT_NONE;
	return DISSECT_OK;
}

enum dissect_result sip_uri_parse(struct sip_uri *out, struct text text)
{
	struct text rest;

	*out = (struct sip_uri){0};
	text = text_trim(text);
	if (text.length > 4 && memcmp(text.at, "sip:", 4) == 0) { /* nearly all of them */
		out->scheme = (struct text){text.at, 3};
		return sip_scheme_parse(out, text_from(text, 4));
	}
	out->scheme = text_cut(text, ':', &rest);
	if (!is_scheme(out->scheme) || rest.length == 0) {
		out->scheme = TEXT_NONE;
		return MALFORMED_SIP_URI;
	}
	if (text_equal_nocase(out->scheme, TEXT("sip")) ||
	    text_equal_nocase(out->scheme, TEXT("sips"))) {
		return sip_scheme_parse(out, rest);
	}
	if (text_equal_nocase(out->scheme, TEXT("tel"))) {
		out->user = text_cut(rest, ';', &out->parameters);
		return out->user.length ? DISSECT_OK : MALFORMED_SIP_URI;
	}
	out->opaque = rest;
	return DISSECT_OK;
}

bool sip_uri_header_find(struct text headers, struct text name, struct text *value)
{
	while (headers.length > 0) {
		struct text header = text_cut(headers, '&', &headers);

		if (text_equal_nocase(text_cut(header, '=', value), name)) {
			return true;
		}
	}
	*value = TEXT_NONE;
	return false;
}

/* --- escapes --- */

static int hex_digit(char c)
{
	c = text_lower(c);
	if (text_is_digit(c)) {
		return c - '0';
	}
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The next character of a text that is not empty; a '%' without two digits is itself. */
static char character_take(struct text *t)
{
	char c = t->at[0];

	if (c == '%' && t->length >= 3 && hex_digit(t->at[1]) >= 0 && hex_digit(t->at[2]) >= 0) {
		c = (char)(hex_digit(t->at[1]) << 4 | hex_digit(t->at[2]));
		*t = text_from(*t, 2);
	}
	*t = text_from(*t, 1);
	return c;
}

bool sip_user_equal(struct text a, struct text b)
{
	while (a.length > 0 && b.length > 0) {
		if (character_take(&a) != character_take(&b)) {
			return false;
		}
	}
	return a.length == b.length;
}

static bool is_visual_separator(char c)
{
	return c == '-' || c == '.' || c == '(' || c == ')';
}

/* The next character that counts; false at the end. */
static bool digit_take(struct text *t, char *digit)
{
	while (t->length > 0) {
		*digit = text_lower(character_take(t));
		if (!is_visual_separator(*digit)) {
			return true;
		}
	}
	return false;
}

bool sip_number_equal(struct text a, struct text b)
{
	char of_a, of_b;
	bool more_a, more_b;

	do {
		of_a = of_b = '\0';
		more_a = digit_take(&a, &of_a);
		more_b = digit_take(&b, &of_b);
	} while (more_a && more_b && of_a == of_b);
	return !more_a && !more_b;
}

size_t sip_unescape(char *out, size_t size, struct text text)
{
	size_t n = 0;

	while (text.length > 0) {
		if (n == size) {
			return size;
		}
		out[n++] = character_take(&text);
	}
	return n;
}
