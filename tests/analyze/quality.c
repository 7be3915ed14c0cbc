/* SPDX-License-Identifier: Apache-2.0 */
/* From what was measured of a stream to its rating. */
#include "quality.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stddef.h>

/* A thousand packets of 20 ms, all of them there. */
static struct quality_input whole(const char *codec, uint32_t clock_rate_hz)
{
	return (struct quality_input){
	    .codec = {codec, clock_rate_hz},
	    .rate_kbps = (double)NAN,
	    .expected = 1000,
	    .burst_ratio = 1,
	    .packet_time_ms = 20,
	    .round_trip_ms = (double)NAN,
	};
}

static double mos_of(struct quality_input input)
{
	struct quality q = quality_rate(&input);

	cr_assert(q.rated);
	return q.mos;
}

Test(quality, nothing_to_rate)
{
	struct quality_input input = whole(NULL, 0);

	cr_expect_not(quality_rate(&input).rated);
	input = whole("PCMU", 8000);
	input.expected = 0;
	cr_expect_not(quality_rate(&input).rated);
	input = whole("G728", 8000); /* nobody says how it takes losses */
	cr_expect(quality_rate(&input).rated);
	input.lost = 1;
	cr_expect_not(quality_rate(&input).rated);
}

/* Too late is as bad as never. */
Test(quality, discards_are_losses)
{
	struct quality_input lost = whole("PCMU", 8000), late = lost, both = lost;

	lost.lost = 30;
	late.discarded = 30;
	both.lost = 10;
	both.discarded = 20;
	cr_expect_eq(mos_of(late), mos_of(lost));
	cr_expect_eq(mos_of(both), mos_of(lost));
	cr_expect_lt(mos_of(lost), mos_of(whole("PCMU", 8000)));
	late = lost;
	late.burst_ratio = 2;
	cr_expect_lt(mos_of(late), mos_of(lost));
	late = lost;
	late.plc = CODEC_PLC_NONE;
	cr_expect_lt(mos_of(late), mos_of(lost));
}

/* Half the round trip, 60 ms of jitter buffer, one packet; without the first, no delay at all. */
Test(quality, delay)
{
	struct quality_input input = whole("PCMU", 8000);
	struct quality q = quality_rate(&input);

	cr_expect(isnan(q.delay_ms));
	cr_expect_str_eq(q.kind, "LQE-N");
	input.round_trip_ms = 40;
	q = quality_rate(&input);
	cr_expect_eq(q.delay_ms, 100);
	cr_expect_str_eq(q.kind, "CQE-N");
	cr_expect_float_eq(q.rating, 90.6637, 0.001); /* of G.107 with Ta 100 */
	input.packet_time_ms = 40;
	cr_expect_eq(quality_rate(&input).delay_ms, 120);
	input.packet_time_ms = (double)NAN;
	cr_expect_eq(quality_rate(&input).delay_ms, 100);
}

/* Only what the rating rests on makes it an estimate. */
Test(quality, estimates)
{
	struct quality_input input = whole("G726-32", 8000);

	cr_expect_not(quality_rate(&input).estimate);
	input.lost = 10;
	cr_expect(quality_rate(&input).estimate);
	input = whole("G729", 8000);
	input.lost = 10;
	cr_expect_not(quality_rate(&input).estimate);
	input = whole("opus", 48000);
	cr_expect(quality_rate(&input).estimate);
	cr_expect_str_eq(quality_rate(&input).kind, "LQE-F");
	input = whole("G722", 8000);
	cr_expect_str_eq(quality_rate(&input).kind, "LQE-W");
	cr_expect_str_eq(quality_rate(&input).version, "G.107.1 (06/2019)");
}

/* --- what is taken from a stream --- */

static struct stream_figures measured;

/* A slab's memory, and in it the piece that a stream names. */
enum { LIST_AT = SLAB_UNIT };

static _Alignas(8) char slab[LIST_AT + sizeof(struct payload_list) + sizeof(struct payload_map)];

static uint32_t types_set(const struct payload_map *map)
{
	struct payload_list *list = (void *)(slab + LIST_AT);

	list->count = 1;
	list->maps[0] = *map;
	return LIST_AT / SLAB_WORD;
}

/* A stream of dynamic payload type 96: `packets` of 20 ms at 8 kHz, without gaps. */
static struct desk_stream stream(const struct payload_map *map, uint32_t packets, unsigned octets)
{
	static const struct rare_figures nothing_rare;
	static const struct far_view nothing_reported;
	static const struct stream_seldom seldom = {.far = &nothing_reported};

	measured = (struct stream_figures){
	    .expected = packets,
	    .packets = packets,
	    .octets = (uint64_t)packets * octets,
	    .last_time_ns = (int64_t)(packets - 1) * 20000000,
	    .timestamp_step = 160,
	    .payload_count = 1,
	    .payload = {packets, 96},
	    .rare = &nothing_rare,
	};
	return (struct desk_stream){
	    .measured = true,
	    .kind = SDP_AUDIO,
	    .types = types_set(map),
	    .payload_type = 96,
	    .summary = &measured,
	    .seldom = &seldom,
	};
}

Test(quality, input_of_a_stream)
{
	static struct far_view reported;
	static const struct stream_seldom seldom = {.far = &reported};
	static struct desk desk = {.slab.memory = slab};
	static const struct payload_map map = {96, 0, 0, 8000, "G723"};
	struct desk_stream s = stream(&map, 500, 16);
	struct quality_input input;

	measured.lost = 7;
	measured.packets = 493;
	measured.octets = 493 * 16;
	desk.config.plc = CODEC_PLC_NONE;
	input = quality_input(&desk, &s);
	cr_expect_str_eq(input.codec.codec, "G723");
	cr_expect(input.expected == 500 && input.lost == 7 && input.discarded == 0);
	cr_expect_eq(input.burst_ratio, 1);
	cr_expect_eq(input.packet_time_ms, 20);
	cr_expect_eq(input.plc, CODEC_PLC_NONE);
	cr_expect_float_eq(input.rate_kbps, 6.4, 1e-9);
	cr_expect(isnan(input.round_trip_ms));
	half_trip_add(&reported.notes.ahead, 30000000);
	half_trip_add(&reported.notes.behind, 50000000);
	s.seldom = &seldom;
	cr_expect_eq(quality_input(&desk, &s).round_trip_ms, 80);
}

/* Where the sender paused, its mean rate says nothing of the mode; nor without time stamps. */
Test(quality, rate_only_of_steady_streams)
{
	static struct desk desk = {.slab.memory = slab};
	static const struct payload_map map = {96, 0, 0, 8000, "AMR"};
	struct desk_stream s = stream(&map, 500, 32);

	cr_expect_float_eq(quality_input(&desk, &s).rate_kbps, 12.8, 1e-9);
	measured.last_time_ns += 300000000;
	cr_expect(isnan(quality_input(&desk, &s).rate_kbps));
	s = stream(&map, 500, 32);
	measured.timestamp_step = 0;
	cr_expect(isnan(quality_input(&desk, &s).rate_kbps));
	cr_expect(isnan(quality_input(&desk, &s).packet_time_ms));
	s = stream(&map, 500, 32);
	desk.untimed[0] = true;
	cr_expect(isnan(quality_input(&desk, &s).rate_kbps));
}

Test(quality, audio_alone)
{
	static struct quality_memo memo;
	static struct desk desk = {.quality_memo = &memo, .slab.memory = slab};
	static const struct payload_map map = {96, 0, 0, 8000, "PCMA"};
	struct desk_stream s = stream(&map, 500, 160);

	cr_expect(quality_of(&desk, &s).rated);
	s.kind = SDP_VIDEO;
	cr_expect_not(quality_of(&desk, &s).rated);
	s.kind = SDP_AUDIO;
	s.measured = false;
	cr_expect_not(quality_of(&desk, &s).rated);
}
