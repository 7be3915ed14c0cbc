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
	for (; readable - from >= TEXT_BLOCK; from += TEXT_BLOCK) {
		unsigned which = text_block_which(from, c);

		if (which) {
			from += (unsigned)__builtin_ctz(which);
			return from < end ? from : end;
		}
		if (end - from <= TEXT_BLOCK) {
			return end;
		}
	}
	return last_find(from, end, c);
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

/* Where letters, digits, '-' and '.' end, or NULL. */
INLINE const char *word_read(const char *from, const char *readable)
{
	unsigned others;

	do {
		if (readable - from < TEXT_BLOCK) {
			return NULL;
		}
		others = text_block_words(from) ^ 0xffff;
		from += others ? (unsigned)__builtin_ctz(others) : TEXT_BLOCK;
	} while (!others);
	return from;
}

/* "host:port", or the host alone, of which the name ends at `at`: where all ends, or NULL. */
INLINE const char *host_take(
    struct sip_host *out, const char *from, const char *at, const char *end)
{
	if (!at || at == from) {
		return NULL;
	}
	out->name = between(from, at);
	return at < end && *at == ':' ? port_read(&out->port, at + 1, end) : at;
}

INLINE const char *host_read(
    struct sip_host *out, const char *from, const char *end, const char *readable)
{
	return host_take(out, from, word_read(from, readable), end);
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

/* What most addresses have; false where this is something else. */
INLINE bool address_usual(struct sip_address *out, const char *from, const char *to)
{
	const char *at = value_of(from, to, TEXT("tag="));

	if (at) {
		out->tag = between(at, to);
		return true;
	}
	at = value_of(from, to, TEXT("expires="));
	return at && sip_number_read(&out->expires, between(at, to));
}

/* What stands behind the angle brackets. */
APART bool address_params(
    struct sip_address *out, const char *from, const char *end, const char *readable)
{
	struct list list;

	if (!list_begin(&list, from, end, readable)) {
		return false;
	}
	out->parameters = between(from + 1, end);
	while (list.at < end) {
		from = list.at + 1;
		if (!list_step(&list) || !is_trim(from, list.at)) {
			return false;
		}
		if (!address_usual(out, from, list.at) && !address_other(out, from, list.at)) {
			return false;
		}
	}
	return true;
}

/* Where a value without quotes ends: at a semicolon, or `end`; NULL where it is none. */
INLINE const char *value_end(const char *from, const char *end, const char *readable)
{
	for (; readable - from >= TEXT_BLOCK; from += TEXT_BLOCK) {
		unsigned marks = text_block_marks(from);

		if (marks) {
			from += (unsigned)__builtin_ctz(marks);
			return from >= end ? end : *from == ';' ? from : NULL;
		}
		if (end - from <= TEXT_BLOCK) {
			return end;
		}
	}
	return NULL;
}

/* A tag and nothing else, as nearly everybody writes behind From and To. */
INLINE bool tag_alone(
    struct sip_address *out, const char *from, const char *end, const char *readable)
{
	const char *tag = value_of(from, end, TEXT(";tag="));

	if (!tag || (unsigned char)end[-1] <= ' ' || value_end(tag, end, readable) != end) {
		return false;
	}
	out->tag = between(tag, end);
	out->parameters = between(from + 1, end);
	return true;
}

/* A parameter of Via behind its semicolon: where it ends, or NULL. */
INLINE const char *via_param(
    struct sip_via *out, const char *from, const char *end, const char *readable)
{
	const char *at = from, *value;

	if (end - from >= 5 && memcmp(from, "rport", 5) == 0) {
		at += 5;
		out->rport_asked = true;
		out->rport = 0;
		if (at < end && *at == '=') {
			at = port_read(&out->rport, at + 1, end);
		}
		return at && (at == end || *at == ';') ? at : NULL;
	}
	at = value_end(from, end, readable);
	if (!at || !is_trim(from, at)) {
		return NULL;
	}
	value = value_of(from, at, TEXT("branch="));
	if (value) {
		out->branch = between(value, at);
		return at;
	}
	value = value_of(from, at, TEXT("received="));
	if (value) {
		out->received = between(value, at);
		return at;
	}
	return via_other(out, from, at) ? at : NULL;
}

/* --- addresses --- */

/* Where the angle bracket opens behind a display name, or NULL. */
APART const char *display_read(struct text *display, struct text text, const char *readable)
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
	const char *from = text.at, *end, *close;

	if (text.length == 0) {
		return false;
	}
	end = text.at + text.length;
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
	return ++close == end || tag_alone(out, close, end, readable) ||
	       address_params(out, close, end, readable);
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
	const char *from, *end, *at;

	if (text.length <= 12 || memcmp(text.at, "SIP/2.0/", 8) != 0) {
		return false;
	}
	from = text.at + 8;
	end = text.at + text.length;
	at = transport_read(from);
	if (at == from || *at != ' ') {
		return false;
	}
	out->transport = between(from, at);
	at = host_read(&out->sent_by, at + 1, end, readable);
	while (at && at < end) {
		at = *at == ';' ? via_param(out, at + 1, end, readable) : NULL;
	}
	return at;
}

/* --- URIs --- */

/* Who stands from here to '@', before a password; false where there are blanks. */
APART bool user_read(struct text *out, const char *from, const char *at)
{
	struct text password, all = between(from, at);

	*out = text_cut(all, ':', &password);
	return text_find(all, ' ') == all.length;
}

bool sip_plain_uri(struct sip_uri *out, struct text text, const void *readable)
{
	const char *from, *end, *word, *at;

	if (text.length <= 4 || memcmp(text.at, "sip:", 4) != 0 ||
	    (unsigned char)text.at[text.length - 1] <= ' ') {
		return false;
	}
	from = text.at + 4;
	end = text.at + text.length;
	out->scheme = between(text.at, text.at + 3);
	word = at = word_read(from, readable);
	if (!word) {
		return false;
	}
	if (word < end && *word != '@') {
		at = find(word, end, readable, '@');
	}
	if (at < end) {
		out->user = between(from, at);
		if (at != word && !user_read(&out->user, from, at)) {
			return false;
		}
		from = at + 1;
		word = word_read(from, readable);
	}
	at = host_take(&out->host, from, word, end);
	if (!at || at == end) {
		return at;
	}
	out->parameters = between(at + 1, end);
	return *at == ';' && find(at + 1, end, readable, '?') == end &&
	       find(at + 1, end, readable, ' ') == end;
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
