/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lines of a SIP message, for the parsers of messages and of streams.
 *
 * Data in:   a cursor; it moves behind what was taken.
 * Data out:  slices of the input.
 */
#ifndef TALKPATH_SIP_LINE_H
#define TALKPATH_SIP_LINE_H

#include "bytes.h"
#include "sip.h"
#include "text.h"
#include "text_lines.h"

static const struct text SIP_VERSION = {"SIP/2.0", 7};

/* One line without its end; *in moves behind it. Lines end with LF, usually after CR. */
static inline bool sip_line_take(struct bytes *in, struct text *line)
{
	size_t left = bytes_left(in),
	       length = text_find((struct text){(const char *)in->at, left}, '\n');

	if (length == left) {
		return false;
	}
	*line = (struct text){(const char *)in->at, length};
	in->at += length + 1;
	if (length > 0 && line->at[length - 1] == '\r') {
		line->length--;
	}
	return true;
}

/* The start line, which has no folds. */
TEXT_LINES_INLINE bool sip_lines_first(struct text_lines *lines, struct text *line)
{
	const char *begin = lines->at, *newline;

	if (!text_lines_end(lines, &newline)) {
		return false;
	}
	*line = (struct text){begin, (size_t)(newline - begin)};
	line->length -= newline > begin && newline[-1] == '\r';
	return true;
}

/* Does what was not taken begin with a blank? */
TEXT_LINES_INLINE bool sip_lines_fold(const struct text_lines *lines)
{
	return lines->at < lines->end && (unsigned char)*lines->at <= ' ' &&
	       (*lines->at == ' ' || *lines->at == '\t');
}

/*
 * A header line with its folds (RFC 3261 7.3.1), behind which CR or LF stands; an empty one is the
 * end of the headers. A line stands before it.
 */
TEXT_LINES_INLINE bool sip_lines_next(struct text_lines *lines, struct text *line)
{
	const char *begin = lines->at, *newline;

	do {
		if (!text_lines_end(lines, &newline)) {
			return false;
		}
		newline -= newline[-1] == '\r';
	} while (__builtin_expect(sip_lines_fold(lines), 0) && newline > begin);
	*line = (struct text){begin, (size_t)(newline - begin)};
	return true;
}

static inline void sip_blank_lines_skip(struct bytes *in)
{
	while (bytes_left(in) > 0 && (in->at[0] == '\r' || in->at[0] == '\n')) {
		in->at++;
	}
}

/* What a start line begins with. */
struct sip_start {
	bool request;
	enum sip_method method;
	size_t length;   /* of the method, or of SIP_VERSION */
	struct text uri; /* of a request line, of which nothing is to be trimmed; or empty */
};

/* What a sound request line ends with, and a status line begins with. */
static inline bool sip_is_version(const char *eight, const char wanted[8])
{
	return memcmp(eight, wanted, 8) == 0;
}

/* METHOD request-URI SIP/2.0; blanks where none belong are for the parser to complain of. */
TEXT_LINES_INLINE bool sip_request_line_read(struct sip_start *out, struct text line)
{
	struct text method = {line.at, text_find(line, ' ')};

	*out = (struct sip_start){
	    .request = true, .method = sip_method_of(method), .length = method.length};
	if (out->method == SIP_METHOD_OTHER &&
	    (method.length > SIP_METHOD_LENGTH_MAX || !sip_is_token(method))) {
		return false;
	}
	if (line.length > method.length + 9 &&
	    sip_is_version(line.at + line.length - 8, " SIP/2.0") &&
	    (unsigned char)line.at[method.length + 1] > ' ') {
		out->uri =
		    (struct text){line.at + method.length + 1, line.length - method.length - 1 - 8};
		return true; /* as nearly all are */
	}
	line = text_trim(text_from(line, method.length));
	if (line.length < SIP_VERSION.length + 1) {
		return false;
	}
	line = text_from(line, line.length - SIP_VERSION.length - 1);
	return text_is_space(line.at[0]) && text_equal_nocase(text_from(line, 1), SIP_VERSION);
}

static inline bool sip_is_status_line(struct text line)
{
	return line.length > 8 && sip_is_version(line.at, "SIP/2.0 "); /* as nearly all are */
}

/* False where it is not one of SIP. */
TEXT_LINES_INLINE bool sip_start_line_read(struct sip_start *out, struct text line)
{
	if (sip_is_status_line(line)) {
		*out = (struct sip_start){.length = SIP_VERSION.length};
		return true;
	}
	if (text_starts_nocase(line, SIP_VERSION)) {
		*out = (struct sip_start){.length = SIP_VERSION.length};
		return line.length > SIP_VERSION.length && line.at[SIP_VERSION.length] == ' ';
	}
	return sip_request_line_read(out, line);
}

static inline bool sip_start_line_is_sip(struct text line)
{
	struct sip_start start;

	return sip_is_status_line(line) || sip_start_line_read(&start, line);
}

#endif
