/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_talk.h"

enum { SYN = 2, PSH = 8, ACK = 16, SEGMENT_MAX = 1448 };

static const struct gen_part whole = {0};

static struct gen_route way(const struct gen_talk *talk, bool back)
{
	const struct gen_route *r = &talk->route;

	return back ? (struct gen_route){r->dst, r->src, r->dscp, r->ttl} : *r;
}

void gen_talk_open(struct gen_file *file, int64_t time_ns, struct gen_talk *talk)
{
	if (!talk->tcp) {
		return;
	}
	for (unsigned i = 0; i < 3; i++) {
		struct gen_route route = way(talk, i == 1);
		struct gen_segment segment = {
		    talk->sequence[i == 1], (uint8_t)((i < 2 ? SYN : 0) | (i > 0 ? ACK : 0))};

		gen_tcp(
		    file, time_ns - 40000 + (int64_t)i * 10000, &route, &segment, &whole, NULL, 0);
		talk->sequence[i == 1] += i < 2;
	}
}

void gen_talk_say(struct gen_file *file, int64_t time_ns, struct gen_talk *talk, bool back,
    const char *text, size_t length)
{
	struct gen_route route = way(talk, back);

	if (!talk->tcp) {
		gen_udp(file, time_ns, &route, text, length);
		return;
	}
	while (length > 0) {
		size_t part = length < SEGMENT_MAX ? length : SEGMENT_MAX;
		struct gen_segment segment = {talk->sequence[back], PSH | ACK};

		gen_tcp(file, time_ns, &route, &segment, &whole, text, part);
		talk->sequence[back] += (uint32_t)part;
		text += part;
		length -= part;
	}
}
