/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_plain.h"

#include "sip_param.h"

/* Short parsers, used once or twice: inline, what they know stays in registers. The rare are not.
 */
#define INLINE static inline __attribute__((always_inline))
#define APART  static __attribute__((noinline))

INLINE struct text between(const char *from, const char *to)
{
	return (struct text){from, (size_t)(to - from)};
}

/* Is it something, and would nothing be trimmed? */
INLINE bool is_trim(const char *from, const char *to)
{
	return from < to && (unsigned char)from[0] > ' ' && (unsigned char)to[-1] > ' ';
}

APART const char *last_find(const char *from, const char *end, char c)
{
	return from + text_find(between(from, end), c);
}

/* Where c first stands, or the end. */
INLINE const char *find(const char *from, const char *end, const char *readable, char c)
{
	while (from < end) {
		unsigned which;

		if (readable - from < TEXT_BLOCK) {
			return last_find(from, end, c);
		}
		which = text_block_which(from, c);
		if (which) {
			from += __builtin_ctzll(which);
			return from < end ? from : end;
		}
		from += TEXT_BLOCK;
	}
	return end;
}

/* --- hosts --- */

/* Up to five digits that are 1 to 65535: where they end, or NULL. */
INLINE const char *port_read(uint16_t *out, const char *from, const char *end)
{
	const char *at = from;
	uint32_t port = 0;

	if (end - from >= 4 && text_four_digits(from, &port)) { /* as of nearly all */
		at += 4;
	}
	for (; at < end && at - from < 5 && text_is_digit(*at); at++) {
		port = port * 10 + (uint32_t)(*at - '0');
	}
	*out = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX ? at : NULL;
}

/* "host:port", or the host alone: where it ends, or NULL. */
INLINE const char *host_read(
    struct sip_host *out, const char *from, const char *end, const char *readable)
{
	const char *at = from;
	unsigned others;

	do {
		if (readable - at < TEXT_BLOCK) {
			return NULL;
		}
		others = text_block_words(at) ^ 0xffff;
		at += others ? (size_t)__builtin_ctzll(others) : TEXT_BLOCK;
	} while (!others);
	out->name = between(from, at);
	if (at == from) {
		return NULL;
	}
	return at < end && *at == ':' ? port_read(&out->port, at + 1, end) : at;
}

/* --- parameters --- */

/* A list of parameters, gone through from one semicolon to the next. */
struct list {
	const char *at;       /* the semicolon that was reached, or the end */
	const char *end;      /* of the text */
	const char *readable; /* the end of what is readable */
	const char *window;   /* the octets that are looked at */
	unsigned marks;       /* behind `at`: semicolons, commas, and what may protect them */
};

/* To the next semicolon outside of quotes; false where that must be done with more care. */
INLINE bool list_step(struct list *l)
{
	bool quoted = false;

	for (;;) {
		while (l->marks == 0) {
			l->window += TEXT_BLOCK;
			if (l->window >= l->end) {
				l->at = l->end;
				return !quoted;
			}
			if (l->readable - l->window < TEXT_BLOCK) {
				return false;
			}
			l->marks = text_block_marks(l->window);
		}
		l->at = l->window + __builtin_ctzll(l->marks);
		l->marks &= l->marks - 1;
		if (l->at >= l->end) {
			l->at = l->end;
			return !quoted;
		}
		if (*l->at == ';' && !quoted) {
			return true;
		}
		if (*l->at == '"') {
			quoted = !quoted;
		} else if (!quoted || *l->at == '\\') {
			return false;
		}
	}
}

/* At the first semicolon of a list that is not empty. */
INLINE bool list_begin(struct list *l, const char *from, const char *end, const char *readable)
{
	*l = (struct list){.at = from, .end = end, .readable = readable, .window = from + 1};
	if (*from != ';' || readable - l->window < TEXT_BLOCK) {
		return false;
	}
	l->marks = text_block_marks(l->window);
	return true;
}

/* What stands behind "name=", if that is what this is; NULL where it is not. */
INLINE const char *value_of(const char *from, const char *to, struct text name)
{
	const char *value = from + name.length;

	return value < to && memcmp(from, name.at, name.length) == 0 && (unsigned char)*value > ' '
		   ? value
		   : NULL;
}

/* "name=value", or a name alone; false where there are blanks inside. */
static bool param_split(const char *from, const char *to, struct text *name, struct text *value)
{
	*name = text_cut(between(from, to), '=', value);
	return name->length > 0 && (unsigned char)name->at[name->length - 1] > ' ' &&
	       (value->length == 0 || (unsigned char)value->at[0] > ' ');
}

APART bool address_other(struct sip_address *out, const char *from, const char *to)
{
	struct text name, value;

	if (!param_split(from, to, &name, &value)) {
		return false;
	}
	sip_address_param(out, name, value);
	return true;
}

APART bool via_other(struct sip_via *out, const char *from, const char *to)
{
	struct text name, value;

	if (!param_split(from, to, &name, &value)) {
		return false;
	}
	sip_via_param(out, name, value);
	return true;
}

/* What stands behind the angle brackets. */
static bool address_params(
    struct sip_address *out, const char *from, const char *end, const char *readable)
{
	struct list list;
	const char *at;

	if (!list_begin(&list, from, end, readable)) {
		return false;
	}
	out->parameters = between(from + 1, end);
	while (list.at < end) {
		from = list.at + 1;
		if (!list_step(&list) || !is_trim(from, list.at)) {
			return false;
		}
		at = value_of(from, list.at, TEXT("tag="));
		if (at) {
			out->tag = between(at, list.at);
		} else if (!address_other(out, from, list.at)) {
			return false;
		}
	}
	return true;
}

/* What nearly every Via has; false where this is something else. */
INLINE bool via_usual(struct sip_via *out, const char *from, const char *to)
{
	const char *at = value_of(from, to, TEXT("branch="));
	uint16_t port = 0;

	if (at) {
		out->branch = between(at, to);
		return true;
	}
	if (to - from >= 5 && memcmp(from, "rport", 5) == 0) {
		if (to - from > 5 && (from[5] != '=' || port_read(&port, from + 6, to) != to)) {
			return false;
		}
		out->rport_asked = true;
		out->rport = port;
		return true;
	}
	at = value_of(from, to, TEXT("received="));
	if (at) {
		out->received = between(at, to);
	}
	return at;
}

static bool via_params(struct sip_via *out, const char *from, const char *end, const char *readable)
{
	struct list list;

	if (!list_begin(&list, from, end, readable)) {
		return false;
	}
	while (list.at < end) {
		from = list.at + 1;
		if (!list_step(&list) || !is_trim(from, list.at) ||
		    (!via_usual(out, from, list.at) && !via_other(out, from, list.at))) {
			return false;
		}
	}
	return true;
}

/* --- addresses --- */

/* Where the angle bracket opens behind a display name, or NULL. */
static const char *display_read(struct text *display, struct text text, const char *readable)
{
	const char *end = text.at + text.length, *at = text.at;

	if (*at == '"') {
		*display = between(at + 1, at + 1 + text_find(text_from(text, 1), '"'));
		at = display->at + display->length;
		if (at == end || text_find(*display, '\\') < display->length) {
			return NULL;
		}
		do {
			at++;
		} while (at < end && *at == ' ');
		return at < end && *at == '<' ? at : NULL;
	}
	if (readable - at < TEXT_BLOCK) {
		return NULL;
	}
	/* Words and blanks, as long as they are in one block. */
	at += __builtin_ctz((text_block_words(at) | text_block_which(at, ' ')) ^ 0x1ffff);
	*display = text_trim(between(text.at, at));
	return at < end && *at == '<' ? at : NULL;
}

bool sip_plain_address(struct sip_address *out, struct text text, const void *readable)
{
	const char *from = text.at, *end = text.at + text.length, *close;

	if (text.length == 0) {
		return false;
	}
	if (*from != '<') {
		from = display_read(&out->display, text, readable);
		if (!from) {
			return false;
		}
	}
	from++;
	close = find(from, end, readable, '>');
	if (close == end || !is_trim(from, close)) {
		return false;
	}
	out->uri = between(from, close);
	return ++close == end || address_params(out, close, end, readable);
}

/* --- Via --- */

/* Where the transport ends: letters, and nearly always these. */
INLINE const char *transport_read(const char *at)
{
	if (memcmp(at, "UDP ", 4) == 0) {
		return at + 3;
	}
	while ((unsigned char)((*at | 0x20) - 'a') <= 'z' - 'a') {
		at++;
	}
	return at;
}

bool sip_plain_via(struct sip_via *out, struct text text, const void *readable)
{
	const char *from = text.at + 8, *end = text.at + text.length, *at;

	if (text.length <= 12 || memcmp(text.at, "SIP/2.0/", 8) != 0) {
		return false;
	}
	at = transport_read(from);
	if (at == from || *at != ' ') {
		return false;
	}
	out->transport = between(from, at);
	at = host_read(&out->sent_by, at + 1, end, readable);
	return at && (at == end || via_params(out, at, end, readable));
}

/* --- URIs --- */

bool sip_plain_uri(struct sip_uri *out, struct text text, const void *readable)
{
	const char *from, *end, *at;

	if (text.length <= 4 || memcmp(text.at, "sip:", 4) != 0 ||
	    (unsigned char)text.at[text.length - 1] <= ' ') {
		return false;
	}
	out->scheme = between(text.at, text.at + 3);
	from = text.at + 4;
	end = text.at + text.length;
	at = find(from, end, readable, '@');
	if (at < end) {
		out->user = between(from, find(from, at, readable, ':')); /* before a password */
		from = at + 1;
	}
	at = host_read(&out->host, from, end, readable);
	if (!at || at == end) {
		return at;
	}
	out->parameters = between(at + 1, end);
	return *at == ';' && find(at + 1, end, readable, '?') == end;
}

bool sip_plain_place(struct text *out, struct text uri, const void *readable)
{
	const char *from, *end, *host, *at;
	struct sip_host parts = {0};

	if (uri.length <= 4 || memcmp(uri.at, "sip:", 4) != 0) {
		return false;
	}
	from = uri.at + 4;
	end = uri.at + uri.length;
	at = find(from, end, readable, '@');
	if (at == from || *from == ':') { /* no user */
		return false;
	}
	host = at < end ? at + 1 : from;
	at = host_read(&parts, host, end, readable);
	if (!at || (at != end && (host == from || (*at != ';' && *at != '?')))) {
		return false;
	}
	*out = between(from, at);
	return true;
}
