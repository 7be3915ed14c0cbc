/* SPDX-License-Identifier: Apache-2.0 */
#include "ladder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "quality.h"
#include "sighting.h"

struct building {
	const struct desk *desk;
	struct arena *arena;
	struct tp_step *steps;
	size_t count, room;
};

bool ladder_wanted(const struct desk *desk, const struct call *call)
{
	const char *wanted = desk->config.ladder;
	char id[16];

	if (!wanted || call->kind != CALL_DIALOG) {
		return false;
	}
	(void)snprintf(id, sizeof(id), "c%u", call->id);
	if (!*wanted || strcmp(wanted, id) == 0) {
		return true;
	}
	for (unsigned i = 0; i < call->alias_count; i++) {
		if (strcmp(wanted, call_alias(call, i).call_id) == 0) {
			return true;
		}
	}
	return false;
}

static const char *end_text(struct arena *arena, const struct endpoint *end)
{
	char text[ENDPOINT_TEXT_MAX];

	return arena_text(arena, text_of(endpoint_format(end, text)));
}

static void step_add(struct building *b, const struct mark *mark, const struct endpoint *src,
    const struct endpoint *dst, enum tp_step_kind kind, const char *text)
{
	if (b->steps && b->count < b->room) {
		b->steps[b->count++] = (struct tp_step){
		    .time_ns = mark->time_ns,
		    .capture = b->desk->config.captures[mark->capture],
		    .frame = mark->frame,
		    .src = end_text(b->arena, src),
		    .dst = end_text(b->arena, dst),
		    .kind = kind,
		    .text = text,
		};
	}
}

/* --- messages --- */

static const char *message_text(struct arena *arena, const struct sighting *s)
{
	const char *port = fact_value(s, FACT_SDP_PORT);
	const char *address = fact_value(s, FACT_SDP_MEDIA_CONNECTION);
	const char *sdp = "", *again = "";

	if (!address) {
		address = fact_value(s, FACT_SDP_CONNECTION);
	}
	if (port) {
		sdp = arena_format(arena, ", SDP %s port %s", address ? address : "?", port);
	}
	if (s->copies > 0) {
		again = arena_format(arena, " (%u times)", s->copies + 1);
	}
	return arena_format(arena, "%s%s%s", s->name, sdp, again);
}

static void messages_add(struct building *b, const struct call *call)
{
	for (const struct sighting *s = sightings_of(b->desk, call); s; s = s->next) {
		const struct mark mark = sighting_mark(s);

		step_add(b, &mark, &s->src, &s->dst, TP_STEP_SIP, message_text(b->arena, s));
	}
}

/* --- media --- */

static const char *end_of_stream(
    struct arena *arena, const struct desk_stream *s, const char *codec)
{
	const struct stream_figures *m = s->summary;
	double loss = m->expected ? 100.0 * (double)m->lost / (double)m->expected : 0;

	return arena_format(
	    arena, "RTP %s ends (s%u): %u packets, %.2f %% lost", codec, s->id, m->packets, loss);
}

static void stream_add(struct building *b, const struct desk_stream *s)
{
	const char *codec = quality_codec(b->desk, s, quality_payload_type(b->desk, s)).codec;
	struct mark mark = stream_mark(s);

	codec = codec ? codec : "?";
	step_add(b, &mark, &s->src, &s->dst, TP_STEP_RTP,
	    arena_format(b->arena, "RTP %s begins (s%u)", codec, s->id));
	for (const struct digit *d = s->seldom->digits ? s->seldom->digits->first : NULL; d;
	     d = d->next) {
		step_add(b, &d->mark, &s->src, &s->dst, TP_STEP_RTP,
		    arena_format(b->arena, "key %c (s%u)", digit_character(d->event), s->id));
	}
	if (s->measured) {
		mark = (struct mark){
		    true, s->capture, s->summary->last_frame, s->summary->last_time_ns};
		step_add(
		    b, &mark, &s->src, &s->dst, TP_STEP_RTP, end_of_stream(b->arena, s, codec));
	}
}

/* By time; what has the same stays in the order of its frames. */
static int step_compare(const void *a, const void *b)
{
	const struct tp_step *x = a, *y = b;

	if (x->time_ns != y->time_ns) {
		return x->time_ns < y->time_ns ? -1 : 1;
	}
	if (x->frame != y->frame) {
		return x->frame < y->frame ? -1 : 1;
	}
	return strcmp(x->text, y->text);
}

const struct tp_step *ladder_build(
    struct desk *desk, struct arena *arena, const struct call *call, size_t *count)
{
	struct building b = {.desk = desk, .arena = arena};

	*count = 0;
	if (!ladder_wanted(desk, call)) {
		return NULL;
	}
	b.room = call->traces.count;
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		const struct digits *digits = stream_at(desk, n)->seldom->digits;

		b.room += 2 + (digits ? digits->count : 0);
	}
	b.steps = arena_take(arena, sizeof(*b.steps) * b.room);
	messages_add(&b, call);
	for (uint32_t n = call->first_stream; n != POOL_NONE;
	     n = stream_at(desk, n)->next_of_call) {
		stream_add(&b, stream_at(desk, n));
	}
	if (b.count > 0) {
		qsort(b.steps, b.count, sizeof(*b.steps), step_compare);
	}
	*count = b.count;
	return b.steps;
}
