/* SPDX-License-Identifier: Apache-2.0 */
/*
 * After start-up the packet path allocates nothing: proven with an allocator that fails.
 *
 * The linker sends every call of malloc and its like in talkpath's own code here (--wrap).
 */
#include <errno.h>

#include "flow.h"
#include "intake.h"
#include "meter.h"
#include "sink.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *memory, size_t size);
void *__wrap_aligned_alloc(size_t alignment, size_t size);

static bool failing;
static unsigned calls;

static bool refuse(void)
{
	calls += failing;
	errno = failing ? ENOMEM : errno;
	return failing;
}

void *__wrap_malloc(size_t size)
{
	return refuse() ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return refuse() ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *memory, size_t size)
{
	return refuse() ? NULL : __real_realloc(memory, size);
}

void *__wrap_aligned_alloc(size_t alignment, size_t size)
{
	return refuse() ? NULL : __real_aligned_alloc(alignment, size);
}

static _Alignas(8) char room[1024];
static unsigned records, ticks;

static void *fixed_room(void *context, size_t octets)
{
	(void)context;
	records++;
	return octets <= sizeof(room) ? room : NULL;
}

/* An RTP frame of stream `ssrc`: Ethernet, IPv4, UDP. */
static void frame_fill(uint8_t frame[214], uint16_t ssrc, uint16_t sequence)
{
	static const uint8_t headers[44] = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45, 0xb8, 0,
	    200, 0, 0, 0x40, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x0f, 0xa0, 0x13, 0x88, 0,
	    180, 0, 0, 0x80, 0};

	memset(frame, 0, 214);
	memcpy(frame, headers, sizeof(headers));
	frame[44] = (uint8_t)(sequence >> 8);
	frame[45] = (uint8_t)sequence;
	frame[48] = (uint8_t)(sequence * 160 >> 8);
	frame[49] = (uint8_t)(sequence * 160);
	frame[52] = (uint8_t)(ssrc >> 8);
	frame[53] = (uint8_t)ssrc;
}

Test(memory, the_packet_path_allocates_nothing)
{
	static const struct meter_limits limits = {4096, 4096};
	struct record_sink sink = {fixed_room, NULL};
	struct meter *meter = meter_new(&limits, 0);
	static struct intake intake;
	uint64_t packets = 0;

	cr_assert_not_null(meter);
	cr_assert(intake_init(&intake, 42));
	failing = true;
	for (unsigned i = 0; i < 200; i++) {
		for (uint16_t ssrc = 0; ssrc < 1000; ssrc++) {
			uint8_t frame[214];
			struct packet packet = {.time_ns = i * 20000000LL + ssrc,
			    .data = frame,
			    .captured = 214,
			    .length = 214,
			    .frame = i,
			    .link = 1};
			struct media_packet media[MEDIA_SLOTS];
			unsigned count;

			frame_fill(frame, ssrc, (uint16_t)i);
			if (intake_burst(&intake, &packet, 1, media, &count, &sink) == 0) {
				ticks++;
				meter_tick(meter, &intake.tick, &sink);
				(void)intake_burst(&intake, &packet, 1, media, &count, &sink);
			}
			packets += count;
			meter_packets(meter, media, count, &sink);
		}
	}
	failing = false;
	cr_expect_eq(packets, 200000);
	/* With each tick goes what passed until then. */
	cr_expect_eq(records, 1000 + ticks, "%u streams began", records - ticks);
	cr_expect_eq(calls, 0, "%u allocations", calls);
	meter_free(meter);
}

/* The test can fail: the allocator does refuse. */
Test(memory, the_allocator_is_really_replaced)
{
	static const struct meter_limits limits = {16, 16};

	failing = true;
	cr_expect_null(meter_new(&limits, 0));
	failing = false;
	cr_expect_eq(calls, 1);
}
