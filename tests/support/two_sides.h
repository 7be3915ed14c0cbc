/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A story as both sides of a router see it: as two captures, whose clocks may differ, or as one
 * that both ports are mirrored into.
 */
#ifndef TALKPATH_TEST_TWO_SIDES_H
#define TALKPATH_TEST_TWO_SIDES_H

#include "story.h"

struct two_sides {
	struct gen_script lan, wan;
};

static inline struct gen_router router_plain(void)
{
	return (struct gen_router){.inside = story_phone, .outside = story_outside};
}

/* Takes the story's script. */
static inline struct two_sides sides_of(struct story *s, const struct gen_router *router)
{
	struct two_sides sides = {.lan = s->lan};

	gen_script_route(&sides.wan, &s->lan, router);
	gen_script_inside(&sides.lan, router);
	s->lan = (struct gen_script){0};
	return sides;
}

/* Times begin at the script's own beginning: the clock is ahead by so much from now on. */
static inline void script_shift(struct gen_script *script, double by_s)
{
	for (size_t i = 0; i < script->count; i++) {
		script->packets[i].at_s += by_s;
	}
}

/* Only the packets of this kind stay. */
static inline void script_keep(
    struct gen_script *script, bool (*wanted)(const struct gen_packet *packet))
{
	size_t kept = 0;

	for (size_t i = 0; i < script->count; i++) {
		if (wanted(&script->packets[i])) {
			script->packets[kept++] = script->packets[i];
		} else {
			free(script->packets[i].payload);
		}
	}
	script->count = kept;
}

static inline json_t *report_named(const struct two_sides *sides)
{
	const char *lan = story_write(&sides->lan, "lan.pcap");

	return report_of(
	    "--vantage lan=%s --vantage wan=%s", lan, story_write(&sides->wan, "wan.pcap"));
}

static inline json_t *report_merged(const struct two_sides *sides)
{
	size_t count = sides->lan.count + sides->wan.count;
	struct gen_script all = {.packets = malloc(sizeof(*all.packets) * count)};
	json_t *report;

	cr_assert_not_null(all.packets);
	memcpy(all.packets, sides->lan.packets, sizeof(*all.packets) * sides->lan.count);
	memcpy(all.packets + sides->lan.count, sides->wan.packets,
	    sizeof(*all.packets) * sides->wan.count);
	all.count = count;
	report = report_of("%s", story_write(&all, "all.pcap"));
	free(all.packets); /* the payloads are the sides' */
	return report;
}

static inline void sides_free(struct two_sides *sides, json_t *report)
{
	json_decref(report);
	gen_script_free(&sides->lan);
	gen_script_free(&sides->wan);
}

#endif
