/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_stream.h"

#include "sip_line.h"

/* --- where a message begins --- */

static bool is_token(char c)
{
	static const char others[] = "-.!%*_+`'~"; /* RFC 3261 25.1 */

	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || text_is_digit(c) ||
	       memchr(others, c, sizeof(others) - 1) != NULL;
}

/* Is one of them the beginning of the other? */
static bool agree(struct text a, struct text b)
{
	size_t common = a.length < b.length ? a.length : b.length;

	return text_equal_nocase((struct text){a.at, common}, (struct text){b.at, common});
}

/* The beginning of a method that is well known; others are believed in a whole line alone. */
static bool begins_method(struct text part)
{
	static const char *const methods[] = {"INVITE", "ACK", "BYE", "CANCEL", "REGISTER",
	    "OPTIONS", "PRACK", "UPDATE", "INFO", "REFER", "SUBSCRIBE", "NOTIFY", "PUBLISH",
	    "MESSAGE"};

	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++) {
		if (text_starts(text_of(methods[i]), part)) {
			return true;
		}
	}
	return false;
}

static bool uri_may_be(struct text uri)
{
	return agree(uri, TEXT("sip:")) || agree(uri, TEXT("sips:")) || agree(uri, TEXT("tel:")) ||
	       agree(uri, TEXT("urn:"));
}

/* A start line without its end: a response, or a well-known request. */
static bool part_may_be(struct text part, size_t method_length)
{
	struct text method = {part.at, method_length};

	if (agree(part, TEXT("SIP/2.0 "))) {
		return true;
	}
	if (method_length == part.length) {
		return begins_method(method);
	}
	return sip_method_of(method) != SIP_METHOD_OTHER &&
	       uri_may_be(text_from(part, method_length + 1));
}

/* Is the first word, as far as it is there, one that may begin a message? *length: of a method. */
static bool first_word_may_be(struct text part, size_t *length)
{
	*length = 0;
	if (agree(part, TEXT("SIP/2.0 "))) {
		return true;
	}
	while (*length < part.length && is_token(part.at[*length])) {
		if (++*length > SIP_METHOD_LENGTH_MAX) {
			return false;
		}
	}
	return *length > 0 && (*length == part.length || part.at[*length] == ' ');
}

/* The first word decides on nearly everything that is not SIP; the line's end on the rest. */
static enum sip_stream_result start_line_judge(struct bytes in)
{
	struct text part = {(const char *)in.at, bytes_left(&in)}, line;
	size_t method;

	if (!first_word_may_be(part, &method)) {
		return SIP_STREAM_BAD;
	}
	if (part.length > SIP_STREAM_START_MAX) {
		in.end = in.at + SIP_STREAM_START_MAX;
	}
	if (sip_line_take(&in, &line)) {
		return sip_start_line_is_sip(line) ? SIP_STREAM_OK : SIP_STREAM_BAD;
	}
	return part.length < SIP_STREAM_START_MAX && part_may_be(part, method)
		   ? SIP_STREAM_NEED_MORE
		   : SIP_STREAM_BAD;
}

enum sip_stream_result sip_stream_start(struct bytes in)
{
	sip_blank_lines_skip(&in);
	return bytes_left(&in) > 0 ? start_line_judge(in) : SIP_STREAM_BAD;
}

/* --- where it ends --- */

/* The octet behind the empty line that ends the headers, or NULL; *searched moves on. */
static const uint8_t *headers_end(struct bytes in, size_t *searched)
{
	const uint8_t *at = in.at + *searched;

	while (at < in.end) {
		const uint8_t *newline = memchr(at, '\n', (size_t)(in.end - at));
		const uint8_t *next;

		if (!newline) {
			*searched = bytes_left(&in);
			return NULL;
		}
		next = newline + 1;
		*searched = (size_t)(newline - in.at); /* to be looked at again with what follows */
		if (next < in.end && *next == '\r') {
			next++;
		}
		if (next == in.end) {
			return NULL;
		}
		if (*next == '\n') {
			return next + 1;
		}
		at = newline + 1;
	}
	return NULL;
}

/* False where a Content-Length is there and says nothing. The first one counts. */
static bool content_length_find(struct bytes headers, uint64_t *length)
{
	const char *at = (const char *)headers.at;
	struct text_lines lines = text_lines_of(at, at, (const char *)headers.end);
	struct text line, value;

	*length = 0;
	if (!sip_lines_first(&lines, &line)) {
		return true;
	}
	for (int i = 0; i < SIP_HEADERS_MAX && sip_lines_next(&lines, &line); i++) {
		struct text name = text_trim(text_cut(line, ':', &value));

		if (sip_header_of(name) == SIP_HEADER_CONTENT_LENGTH) {
			return text_number(text_trim(value), UINT32_MAX, length);
		}
	}
	return true;
}

static enum sip_stream_result message_measure(struct sip_stream *stream, struct bytes in)
{
	const uint8_t *end = headers_end(in, &stream->searched);
	uint64_t body;

	if (!end) {
		return bytes_left(&in) < SIP_STREAM_MESSAGE_MAX ? SIP_STREAM_NEED_MORE
								: SIP_STREAM_BAD;
	}
	if (!content_length_find((struct bytes){in.at, end}, &body) ||
	    body > SIP_STREAM_MESSAGE_MAX ||
	    (size_t)(end - in.at) + body > SIP_STREAM_MESSAGE_MAX) {
		return SIP_STREAM_BAD;
	}
	stream->needed = (size_t)(end - in.at) + (size_t)body;
	return SIP_STREAM_OK;
}

enum sip_stream_result sip_stream_next(
    struct sip_stream *stream, struct bytes in, struct sip_stream_unit *out)
{
	struct bytes at = in;
	enum sip_stream_result result;

	if (stream->needed == 0) {
		sip_blank_lines_skip(&at);
		if (at.at > in.at) {
			*out = (struct sip_stream_unit){(size_t)(at.at - in.at), {at.at, at.at}};
			return SIP_STREAM_OK;
		}
		if (bytes_left(&in) == 0) {
			return SIP_STREAM_NEED_MORE;
		}
		result = stream->started ? SIP_STREAM_OK : start_line_judge(in);
		if (result != SIP_STREAM_OK) {
			return result;
		}
		stream->started = true;
		result = message_measure(stream, in);
		if (result != SIP_STREAM_OK) {
			return result;
		}
	}
	if (bytes_left(&in) < stream->needed) {
		return SIP_STREAM_NEED_MORE;
	}
	*out = (struct sip_stream_unit){stream->needed, {in.at, in.at + stream->needed}};
	*stream = (struct sip_stream){0};
	return SIP_STREAM_OK;
}
