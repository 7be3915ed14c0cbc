/* SPDX-License-Identifier: Apache-2.0 */
/* Which packets of a stream leave a print, at two capture points that see other parts of it. */
#include "packet_print.h"

#include <criterion/criterion.h>

static const int64_t origin_ns = 0;

static struct media_packet packet_at(uint64_t number)
{
	return (struct media_packet){
	    .sequence = (uint16_t)number,
	    .timestamp = (uint32_t)(number * 160),
	    .time_ns = (int64_t)number * 20000000,
	    .frame = (uint32_t)number + 1,
	    .dscp = 46,
	    .ttl = 64,
	    .print = print_is_due((uint16_t)number) ? (uint32_t)(number % 9973 + 1) & 0xffffff : 0,
	};
}

/* What is left of packets [from, to). */
static struct print_set seen(uint64_t from, uint64_t to)
{
	struct print_set set;

	print_begin(&set);
	for (uint64_t i = from; i < to; i++) {
		struct media_packet p = packet_at(i);

		if (p.print) {
			print_take(&set, &p, origin_ns);
		}
	}
	return set;
}

static unsigned in_common(const struct print_set *a, const struct print_set *b)
{
	unsigned count = 0;

	for (unsigned i = 0; i < a->count; i++) {
		for (unsigned k = 0; k < b->count; k++) {
			const struct media_print one = print_read(&a->at[i], origin_ns);
			const struct media_print other = print_read(&b->at[k], origin_ns);

			count += one.time_ns == other.time_ns && one.payload == other.payload;
		}
	}
	return count;
}

Test(packet_print, a_few_are_kept)
{
	for (uint64_t length = 1; length < 300000; length = length * 3 + 1) {
		struct print_set set = seen(1001, 1001 + length);

		cr_assert_leq(set.count, MEDIA_PRINTS);
		cr_expect(length < 200 || set.count >= 1, "%u prints", set.count);
		for (unsigned i = 0; i < set.count; i++) {
			cr_expect_neq(set.at[i].payload, 0);
		}
	}
}

Test(packet_print, a_first_packet_that_is_due)
{
	struct print_set set = seen(1024, 1030);

	cr_assert_eq(set.count, 1);
	cr_expect_eq(print_read(&set.at[0], origin_ns).sequence, 1024);
}

/* What is packed is what was seen, at any time before and after the origin that has room. */
Test(packet_print, read_as_it_was_taken)
{
	static const int64_t times_ns[] = {
	    0, 1, -1, 0xffffffff, -0x100000001, (1LL << 47) - 1, -(1LL << 47)};
	static const int64_t origins_ns[] = {0, 1790000000000000000, -5000000000};

	for (unsigned i = 0; i < sizeof(times_ns) / sizeof(times_ns[0]) * 3; i++) {
		struct media_packet p = packet_at(65472);
		struct media_print print;
		struct print_set set;

		p.time_ns = origins_ns[i % 3] + times_ns[i / 3];
		p.frame = UINT32_MAX;
		p.timestamp = 0xfedcba98;
		p.print = 0xffffff;
		p.ttl = 255;
		p.dscp = 63;
		print_begin(&set);
		print_take(&set, &p, origins_ns[i % 3]);
		cr_assert_eq(set.count, 1);
		print = print_read(&set.at[0], origins_ns[i % 3]);
		cr_expect_eq(print.time_ns, p.time_ns);
		cr_expect_eq(print.sequence, p.sequence);
		cr_expect(print.frame == p.frame && print.timestamp == p.timestamp);
		cr_expect(print.payload == p.print && print.ttl == 255 && print.dscp == 63);
	}
}

Test(packet_print, none_days_from_the_origin)
{
	struct media_packet p = packet_at(64);
	struct print_set set;

	print_begin(&set);
	p.time_ns = 1LL << 47;
	print_take(&set, &p, origin_ns);
	p.time_ns = -(1LL << 47) - 1;
	print_take(&set, &p, origin_ns);
	cr_expect_eq(set.count, 0);
}

Test(packet_print, views_that_overlap_share_a_print)
{
	for (uint64_t length = 400; length < 60000; length = length * 5 / 4) {
		struct print_set whole = seen(5000, 5000 + length);

		for (uint64_t skipped = 0; skipped <= length / 3; skipped += length / 29) {
			struct print_set tail = seen(5000 + skipped, 5000 + length);
			struct print_set head = seen(5000, 5000 + length - skipped);

			cr_expect_gt(in_common(&whole, &tail), 0, "%llu of %llu skipped",
			    (unsigned long long)skipped, (unsigned long long)length);
			cr_expect_gt(in_common(&whole, &head), 0);
		}
	}
}

/* Sequence numbers come round every 22 minutes. */
Test(packet_print, hours)
{
	struct print_set a = seen(0, 3000000), b = seen(1000, 3000000);

	cr_assert_leq(a.count, MEDIA_PRINTS);
	cr_expect_geq(a.count, 1);
	cr_expect_gt(in_common(&a, &b), 0);
}

/* It ends for every sequence number and time stamp. */
Test(packet_print, a_sender_that_chooses_its_numbers)
{
	struct media_packet p = packet_at(64);
	struct print_set set;

	print_begin(&set);
	for (unsigned i = 0; i < 100000; i++) {
		p.sequence = 0;
		p.timestamp = i << 16;
		print_take(&set, &p, origin_ns);
		cr_assert_leq(set.count, MEDIA_PRINTS);
	}
	cr_expect_leq(set.zeros, PRINT_ZEROS_MAX + 1);
}

Test(packet_print, payloads)
{
	uint8_t a[200] = {1}, b[200] = {2};

	cr_expect_eq(print_of(bytes_of(a, 0)), 0);
	cr_expect_neq(print_of(bytes_of(a, 1)), 0);
	cr_expect_lt(print_of(bytes_of(a, 200)), 1U << 24);
	cr_expect_eq(print_of(bytes_of(a, 160)), print_of(bytes_of(a, 200)));
	cr_expect_neq(print_of(bytes_of(a, 160)), print_of(bytes_of(b, 160)));
	cr_expect_neq(print_of(bytes_of(a, 100)), print_of(bytes_of(a, 101)));
}

/* What a router between two ports of one capture marked anew: as it came, as it went on. */
Test(packet_print, again_behind_a_router)
{
	struct print_set set = seen(1000, 1100);
	struct media_print passed[2] = {0};
	struct media_packet p = packet_at(1024);

	p.dscp = 0;
	print_again(
	    &set, passed, &p, origin_ns); /* by the same way: a sender that repeats itself */
	cr_expect_eq(passed[0].payload, 0);
	p.ttl = 63;
	p.print++;
	print_again(&set, passed, &p, origin_ns); /* another packet */
	cr_expect_eq(passed[0].payload, 0);
	p.print--;
	p.frame = 4711;
	print_again(&set, passed, &p, origin_ns);
	cr_expect_eq(passed[0].frame, 1025);
	cr_expect_eq(passed[0].dscp, 46);
	cr_expect_eq(passed[0].ttl, 64);
	cr_expect_eq(passed[1].frame, 4711);
	cr_expect_eq(passed[1].dscp, 0);
	cr_expect_eq(passed[1].ttl, 63);
	p.frame = 4712;
	print_again(&set, passed, &p, origin_ns); /* the first one is kept */
	cr_expect_eq(passed[1].frame, 4711);
}

Test(packet_print, not_again_where_nothing_was_marked_anew)
{
	struct print_set set = seen(1000, 1100);
	struct media_print passed[2] = {0};
	struct media_packet p = packet_at(1024);

	p.ttl = 63;
	print_again(&set, passed, &p, origin_ns);
	cr_expect_eq(passed[0].payload, 0);
}
