/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_plain.h"

#include "sip_param.h"

/*
 * All but letters, digits, '-' and '.' is a delimiter: what stands between two of them is a word,
 * and a host name wherever one is asked for. They are found sixteen at a time, as bits; the parsers
 * below go from one to the next and touch hardly anything in between. The end of a text is one,
 * too.
 */

struct walk {
	const char *at;       /* the delimiter that was reached */
	const char *end;      /* of the text */
	const char *readable; /* the end of what is readable */
	const char *block;    /* the sixteen octets that are looked at */
	unsigned left;        /* delimiters in it behind `at` */
};

/* Short parsers, used once or twice: inline, a walk needs no memory. */
#define INLINE static inline __attribute__((always_inline))

static __attribute__((noinline)) unsigned last_words(const char *at, const char *readable)
{
	char last[TEXT_BLOCK];

	return text_block_words(text_block_last(last, at, readable));
}

INLINE unsigned delimiters(const char *at, const char *readable)
{
	return (readable - at >= TEXT_BLOCK ? text_block_words(at) : last_words(at, readable)) ^
	       0xffff;
}

/* To the next delimiter; never from the end. */
INLINE void step(struct walk *w)
{
	while (w->left == 0) {
		w->block += TEXT_BLOCK;
		w->left = delimiters(w->block, w->readable);
	}
	w->at = w->block + (unsigned)__builtin_ctz(w->left);
	w->left &= w->left - 1;
}

/* At the first delimiter of a text. */
INLINE struct walk walk_begin(struct text text, const void *readable)
{
	struct walk w = {.end = text.at + text.length, .readable = readable, .block = text.at};

	w.left = delimiters(w.block, w.readable);
	step(&w);
	return w;
}

INLINE struct text between(const char *from, const char *to)
{
	return (struct text){from, (size_t)(to - from)};
}

/* One to five digits that are 1 to 65535. */
INLINE bool port_read(uint16_t *out, const char *from, const char *to)
{
	uint32_t port = 0;

	if (to - from > 5) {
		return false;
	}
	for (; from < to; from++) {
		uint32_t digit = (uint32_t)*from - '0';

		if (digit > 9) {
			return false;
		}
		port = port * 10 + digit;
	}
	*out = (uint16_t)port;
	return port > 0 && port <= UINT16_MAX;
}

/* What may stand inside of a user part, a parameter or a display name, and means nothing there. */
INLINE bool is_inner(char c)
{
	static const uint64_t inner =
	    1ULL << ('!' - ' ') | 1ULL << ('$' - ' ') | 1ULL << ('%' - ' ') | 1ULL << ('&' - ' ') |
	    1ULL << ('\'' - ' ') | 1ULL << ('*' - ' ') | 1ULL << ('+' - ' ') | 1ULL << ('/' - ' ') |
	    1ULL << ('_' - ' ');
	unsigned char at = (unsigned char)(c - ' ');

	return at < 64 && inner >> at & 1;
}

/* "host:port": the walk is at the end of the name, and goes to the end of the port. */
INLINE bool host_read(struct walk *w, struct sip_host *out, const char *from)
{
	out->name = between(from, w->at);
	if (*w->at == ':') {
		from = w->at + 1;
		step(w);
		if (!port_read(&out->port, from, w->at)) {
			return false;
		}
	}
	return out->name.length > 0;
}

/*
 * A sip: URI from `from` on, into parts that are empty: the walk is at its colon, and goes to what
 * cannot be part of it.
 */
INLINE bool uri_read(struct walk *w, struct sip_uri *out, const char *from)
{
	const char *colon;

	if (*w->at != ':' || w->at - from != 3 || memcmp(from, "sip", 3) != 0) {
		return false;
	}
	out->scheme = between(from, w->at);
	from = w->at + 1;
	step(w);
	while (is_inner(*w->at)) { /* then it is no host */
		step(w);
		if (*w->at != '@' && !is_inner(*w->at)) {
			return false;
		}
	}
	colon = w->at;
	if (*w->at == ':') { /* before a port, or a password */
		step(w);
	}
	if (*w->at == '@') {
		out->user = between(from, colon);
		from = w->at + 1;
		step(w);
		if (!host_read(w, &out->host, from)) {
			return false;
		}
	} else {
		out->host.name = between(from, colon);
		if (colon == from ||
		    (w->at > colon && !port_read(&out->host.port, colon + 1, w->at))) {
			return false;
		}
	}
	if (*w->at == ';') {
		from = w->at + 1;
		do {
			step(w);
		} while (*w->at == ';' || *w->at == '=' || *w->at == ':' || is_inner(*w->at));
		out->parameters = between(from, w->at);
	}
	return true;
}

/* From an opening quote to what stands behind the closing one. */
INLINE bool quotes_read(struct walk *w, struct text *inner)
{
	const char *open = w->at;

	do {
		step(w);
		if (w->at == w->end || *w->at == '\\') {
			return false;
		}
	} while (*w->at != '"');
	*inner = between(open + 1, w->at);
	step(w);
	return true;
}

/* ";name=value": the walk is at the semicolon, and goes to the next one or to the end. */
INLINE bool param_read(struct walk *w, struct text *name, struct text *value)
{
	const char *from = w->at + 1;

	do {
		step(w);
	} while (is_inner(*w->at));
	*name = between(from, w->at);
	*value = between(w->at, w->at);
	if (*w->at == '=') {
		from = w->at + 1;
		step(w);
		if (*w->at == '"' && w->at == from) {
			struct text inner;

			if (!quotes_read(w, &inner) || w->at != inner.at + inner.length + 1) {
				return false;
			}
		}
		while (*w->at == '=' || *w->at == ':' || is_inner(*w->at)) {
			step(w);
		}
		*value = between(from, w->at);
	}
	return name->length > 0 && (*w->at == ';' || w->at == w->end);
}

/* What stands before a '<', to which the walk goes. */
INLINE bool display_read(struct walk *w, struct text text, struct text *display)
{
	const char *behind;

	*display = between(text.at, text.at);
	if (*w->at == '"' && w->at == text.at) {
		if (!quotes_read(w, display)) {
			return false;
		}
		behind = display->at + display->length + 1;
		while (*w->at == ' ' && w->at == behind && behind < w->end) {
			behind++;
			step(w);
		}
	} else if (*w->at != '<') {
		while (is_inner(*w->at) || (*w->at == ' ' && w->at < w->end)) {
			step(w);
		}
		*display = text_trim(between(text.at, w->at));
		behind = w->at;
	} else {
		*display = between(text.at, w->at);
		behind = w->at;
	}
	return *w->at == '<' && w->at == behind;
}

bool sip_plain_address(struct sip_address *out, struct text text, const void *readable)
{
	struct walk w;
	struct text name, value;
	const char *from;

	if (text.length == 0) {
		return false;
	}
	w = walk_begin(text, readable);
	if (!display_read(&w, text, &out->display)) {
		return false;
	}
	from = w.at + 1;
	step(&w);
	if (!uri_read(&w, &out->parts, from) || *w.at != '>') {
		return false;
	}
	out->uri = between(from, w.at);
	from = w.at + 1;
	step(&w);
	if (w.at != from) {
		return false;
	}
	out->parameters = w.at == w.end ? between(from, from) : between(from + 1, w.end);
	while (*w.at == ';') {
		if (!param_read(&w, &name, &value)) {
			return false;
		}
		sip_address_param(out, name, value);
	}
	return w.at == w.end;
}

bool sip_plain_via(struct sip_via *out, struct text text, const void *readable)
{
	struct walk w;
	struct text name, value;
	const char *from = text.at + 8;

	if (text.length <= 8 || memcmp(text.at, "SIP/2.0/", 8) != 0) {
		return false;
	}
	w = walk_begin(text_from(text, 8), readable);
	if (*w.at != ' ' || w.at == from || w.at == w.end) {
		return false;
	}
	out->transport = between(from, w.at);
	from = w.at + 1;
	step(&w);
	if (!host_read(&w, &out->sent_by, from)) {
		return false;
	}
	while (*w.at == ';') {
		if (!param_read(&w, &name, &value)) {
			return false;
		}
		sip_via_param(out, name, value);
	}
	return w.at == w.end;
}

bool sip_plain_uri(struct sip_uri *out, struct text text, const void *readable)
{
	struct walk w;

	if (text.length == 0) {
		return false;
	}
	w = walk_begin(text, readable);
	return uri_read(&w, out, text.at) && w.at == w.end;
}

/* One parameter and what sets it apart from the one before it; the walk goes to what is behind. */
INLINE bool auth_param_read(struct walk *w, struct text *name, struct text *value)
{
	const char *from = w->at + 1;

	step(w);
	while (*w->at == ' ' && w->at == from && from < w->end) {
		from++;
		step(w);
	}
	*name = between(from, w->at);
	if (*w->at != '=' || name->length == 0) {
		return false;
	}
	from = w->at + 1;
	step(w);
	if (*w->at == '"' && w->at == from) {
		return quotes_read(w, value) && w->at == value->at + value->length + 1;
	}
	while (*w->at == '=' || *w->at == ':' || is_inner(*w->at)) {
		step(w);
	}
	*value = between(from, w->at);
	return true;
}

bool sip_plain_auth(struct sip_auth *out, struct text text, const void *readable)
{
	struct text name, value;
	struct walk w;

	if (text.length == 0) {
		return false;
	}
	w = walk_begin(text, readable);
	if (*w.at != ' ' || w.at == text.at || w.at == w.end) {
		return false;
	}
	do {
		if (!auth_param_read(&w, &name, &value) || (*w.at != ',' && w.at != w.end)) {
			return false;
		}
		sip_auth_param(out, name, value);
	} while (w.at < w.end);
	return true;
}
