/* SPDX-License-Identifier: Apache-2.0 */
#include "sip_body.h"

/* What stands between two boundaries, and where the search goes on. */
struct section {
	struct bytes octets;
	bool closing; /* the boundary behind it was the last */
};

static void defect(struct sip_message *m, enum dissect_result result)
{
	dissect_defect(&m->defects, result);
}

static bool is_multipart(struct text type)
{
	return text_starts_nocase(type, TEXT("multipart/"));
}

/* RFC 2046 5.1.1: 1 to 70 characters. */
static bool boundary_of(struct text type, struct text *boundary)
{
	struct text params;

	(void)text_cut(type, ';', &params);
	(void)sip_param_find(params, TEXT("boundary"), boundary);
	*boundary = sip_unquote(*boundary);
	return boundary->length > 0 && boundary->length <= SIP_BOUNDARY_MAX;
}

/* "--boundary" or, closing, "--boundary--", and nothing but blanks behind it. */
static bool is_delimiter(struct text line, struct text boundary, bool *closing)
{
	if (!text_starts(line, TEXT("--")) || !text_starts(text_from(line, 2), boundary)) {
		return false;
	}
	line = text_from(line, 2 + boundary.length);
	*closing = text_starts(line, TEXT("--"));
	return text_trim(text_from(line, *closing ? 2 : 0)).length == 0;
}

/* What stands before the next delimiter; *in moves behind its line. False where there is none. */
static bool section_take(struct bytes *in, struct text boundary, struct section *out)
{
	struct text rest = {(const char *)in->at, bytes_left(in)};

	while (rest.length > 0) {
		struct text line = text_cut(rest, '\n', &rest);

		if (is_delimiter(line, boundary, &out->closing)) {
			out->octets = (struct bytes){in->at, (const uint8_t *)line.at};
			in->at = (const uint8_t *)rest.at;
			return true;
		}
	}
	return false;
}

/* The line end before a delimiter belongs to the delimiter. */
static struct bytes without_line_end(struct bytes b)
{
	if (bytes_left(&b) > 0 && b.end[-1] == '\n') {
		b.end--;
	}
	if (bytes_left(&b) > 0 && b.end[-1] == '\r') {
		b.end--;
	}
	return b;
}

static void part_header(struct sip_part *out, struct text line)
{
	struct text value;
	struct text name = text_trim(text_cut(line, ':', &value));

	value = text_trim(value);
	if (text_equal_nocase(name, TEXT("Content-Type")) || text_equal_nocase(name, TEXT("c"))) {
		out->type = value;
	} else if (text_equal_nocase(name, TEXT("Content-Encoding")) ||
		   text_equal_nocase(name, TEXT("e"))) {
		out->encoded = !text_equal_nocase(value, TEXT("identity"));
	} else if (text_equal_nocase(name, TEXT("Content-Transfer-Encoding"))) {
		out->encoded = text_equal_nocase(value, TEXT("base64")) ||
			       text_equal_nocase(value, TEXT("quoted-printable"));
	}
}

/* A header line of a part with its folds. */
static struct text part_line_take(struct text *rest)
{
	struct text line = text_cut(*rest, '\n', rest);

	while (text_trim(line).length > 0 && rest->length > 0 &&
	       (rest->at[0] == ' ' || rest->at[0] == '\t')) {
		struct text fold = text_cut(*rest, '\n', rest);

		line.length = (size_t)(fold.at + fold.length - line.at);
	}
	return line;
}

static struct sip_part part_parse(struct bytes in)
{
	struct sip_part part = {0};
	struct text rest = {(const char *)in.at, bytes_left(&in)};

	for (int i = 0; i < SIP_PART_HEADERS_MAX && rest.length > 0; i++) {
		struct text line = part_line_take(&rest);

		if (text_trim(line).length == 0) {
			break;
		}
		part_header(&part, line);
	}
	part.body =
	    (struct bytes){(const uint8_t *)rest.at, (const uint8_t *)rest.at + rest.length};
	return part;
}

static bool part_add(struct sip_message *out, struct sip_part part)
{
	if (out->part_count == SIP_PARTS_MAX) {
		defect(out, MALFORMED_SIP_PART_COUNT);
		return false;
	}
	out->body_encoded |= part.encoded;
	out->parts[out->part_count++] = part;
	return true;
}

static void multipart_parse(struct sip_message *out, struct text type, struct bytes in)
{
	struct section section;
	struct text boundary;

	if (!boundary_of(type, &boundary) || !section_take(&in, boundary, &section)) {
		defect(out, MALFORMED_SIP_BOUNDARY);
		return;
	}
	/* What stood before the first delimiter is for nobody. */
	while (!section.closing) {
		bool more = section_take(&in, boundary, &section);

		if (!more) {
			defect(out, MALFORMED_SIP_MULTIPART_OPEN);
			section = (struct section){in, true};
		} else {
			section.octets = without_line_end(section.octets);
		}
		if (!part_add(out, part_parse(section.octets))) {
			return;
		}
	}
}

void sip_body_parse(struct sip_message *out)
{
	unsigned outer;

	if (bytes_left(&out->body) == 0) {
		return;
	}
	out->body_encoded = out->content_encoding.length > 0 &&
			    !text_equal_nocase(out->content_encoding, TEXT("identity"));
	if (out->body_encoded || !is_multipart(out->content_type)) {
		return;
	}
	multipart_parse(out, out->content_type, out->body);
	outer = out->part_count;
	for (unsigned i = 0; i < outer; i++) {
		const struct sip_part *part = &out->parts[i];

		if (is_multipart(part->type) && !part->encoded) {
			multipart_parse(out, part->type, part->body);
		}
	}
}

static bool is_type(struct text type, struct text wanted)
{
	struct text params;

	return text_equal(type, wanted) || /* as it is nearly always written */
	       text_equal_nocase(text_trim(text_cut(type, ';', &params)), wanted);
}

bool sip_body_find(const struct sip_message *m, struct text type, struct bytes *body)
{
	if (bytes_left(&m->body) == 0) {
		return false;
	}
	if (is_type(m->content_type, type)) {
		*body = m->body;
		return !m->body_encoded;
	}
	for (unsigned i = 0; i < m->part_count; i++) {
		const struct sip_part *part = &m->parts[i];

		if (is_type(part->type, type) && !part->encoded && bytes_left(&part->body) > 0) {
			*body = part->body;
			return true;
		}
	}
	return false;
}
