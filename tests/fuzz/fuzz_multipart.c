/* SPDX-License-Identifier: Apache-2.0 */
/* Multipart bodies. Input: a line with the Content-Type, and the body behind it. */
#include "fuzz.h"
#include "sip_body.h"
#include "within.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size), body;
	struct sip_message m = {0};
	struct text rest = {(const char *)in.at, size};

	m.content_type = text_trim(text_cut(rest, '\n', &rest));
	m.body = (struct bytes){(const uint8_t *)rest.at, in.end};
	sip_body_parse(&m);
	require(sip_parts_within(&m) && defects_sound(&m.defects));
	require(m.part_count == 0 || text_starts_nocase(m.content_type, TEXT("multipart/")));
	for (unsigned i = 0; i < m.part_count; i++) {
		struct text params;
		struct text type = text_trim(text_cut(m.parts[i].type, ';', &params));

		if (sip_body_find(&m, type, &body)) {
			require(bytes_within(in, body) && bytes_left(&body) > 0);
		}
	}
	return 0;
}
