/* SPDX-License-Identifier: Apache-2.0 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "payload_lists.h"

static struct payload_lists all;
static struct arena theirs;

static void forget(void)
{
	arena_free(&all.memory);
	arena_free(&theirs);
}

TestSuite(payload_lists, .fini = forget);

static const struct payload_list *list_of(const char *media, unsigned line)
{
	char text[1024];
	static struct sdp sdp;
	struct payload_lines of = {.sdp = &sdp, .count = 1, .lines = {(uint8_t)line}};
	int length = snprintf(text, sizeof(text),
	    "v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n%s", media);

	cr_assert_eq(sdp_parse(&sdp, bytes_of((const uint8_t *)text, (size_t)length)), DISSECT_OK);
	return payload_list_of(&all, 7, &theirs, &of);
}

Test(payload_lists, one_is_kept_once)
{
	static const char audio[] =
	    "m=audio 4000 RTP/AVP 0 101\r\na=rtpmap:101 telephone-event/8000\r\n";
	static const char elsewhere[] = "m=audio 6000 RTP/AVP 0 101\r\na=ptime:20\r\n"
					"a=rtpmap:101 telephone-event/8000\r\n";
	const struct payload_list *list = list_of(audio, 0);

	cr_assert_eq(list->count, 2);
	cr_expect_eq(list->maps[0].payload_type, 0);
	cr_expect_str_eq(list->maps[0].codec, "PCMU");
	cr_expect_eq(list->maps[0].clock_rate_hz, 8000);
	cr_expect_eq(list->maps[1].payload_type, 101);
	cr_expect_str_eq(list->maps[1].codec, "telephone-event");
	cr_expect_eq(list_of(elsewhere, 0), list);
	cr_expect_null(theirs.chunks);
}

Test(payload_lists, what_differs_is_kept_apart)
{
	static const char *const lines[] = {
	    "m=audio 4000 RTP/AVP 0\r\n",
	    "m=audio 4000 RTP/AVP 8\r\n",
	    "m=audio 4000 RTP/AVP 0 8\r\n",
	    "m=audio 4000 RTP/AVP 8 0\r\n",
	    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 PCMU/16000\r\n",
	    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:0 pcmu/8000\r\n",
	    "m=audio 4000 RTP/AVP 0\r\na=rtpmap:1 PCMU/8000\r\n",
	    "m=video 4000 RTP/AVP 0\r\n",
	    "m=image 4000 udptl t38\r\n",
	    "m=audio 4000 RTP/AVP\r\n",
	};
	enum { COUNT = sizeof(lines) / sizeof(lines[0]) };
	const struct payload_list *lists[COUNT];

	for (size_t i = 0; i < COUNT; i++) {
		lists[i] = list_of(lines[i], 0);
		for (size_t k = 0; k < i; k++) {
			cr_expect_neq(lists[i], lists[k], "%zu and %zu", i, k);
		}
	}
	cr_expect_eq(lists[8]->count, 0);
	cr_expect_neq(list_of("m=audio 1 RTP/AVP 3\r\nm=audio 4000 RTP/AVP 0\r\n", 1), lists[0]);
}

Test(payload_lists, what_finds_no_room_is_the_calls)
{
	char media[128];
	const struct payload_list *list;

	(void)snprintf(media, sizeof(media),
	    "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 a-name-that-is-longer-than-any-codec/8000\r\n");
	list = list_of(media, 0);
	cr_assert_eq(list->count, 1);
	cr_expect_str_eq(list->maps[0].codec, "a-name-that-is-longer-than-any-codec");
	cr_expect_neq(theirs.taken, 0);
	cr_expect_eq(all.memory.taken, 0);
	for (unsigned i = 0; i < 2 * PAYLOAD_LISTS_MAX; i++) {
		(void)snprintf(media, sizeof(media),
		    "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 codec-%u/8000\r\n", i);
		list = list_of(media, 0);
		cr_assert_eq(list->count, 1);
		(void)snprintf(media, sizeof(media), "codec-%u", i);
		cr_assert_str_eq(list->maps[0].codec, media);
	}
	for (unsigned i = 0; i < PAYLOAD_LISTS_MAX; i++) {
		cr_expect(!all.kept[i].list || all.kept[i].list->count == 1);
	}
}

Test(payload_lists, too_many_types_are_said_to_be)
{
	char media[512] = "m=audio 4000 RTP/AVP";
	size_t length = strlen(media);
	const struct payload_list *list;

	for (int i = 0; i <= PAYLOAD_MAPS_MAX; i++) {
		length += (size_t)snprintf(media + length, sizeof(media) - length, " %d", 20 + i);
	}
	(void)snprintf(media + length, sizeof(media) - length, "\r\n");
	list = list_of(media, 0);
	cr_expect_eq(list->count, PAYLOAD_MAPS_MAX);
	cr_expect(list->cut);
}
