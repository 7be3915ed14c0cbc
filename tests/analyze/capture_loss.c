/* SPDX-License-Identifier: Apache-2.0 */
/* What is known to be missing in a capture, and when. */
#include "capture_loss.h"

#include "expect.h"
#include "finding.h"

static struct desk *desk;

static void begin(void)
{
	const struct desk_config config = {
	    .limits = {64, 64, 64, 64, (size_t)8 << 20},
	    .vantage_count = 1,
	    .capture_count = 2,
	    .vantages = {"lan"},
	    .captures = {"a.pcap", "b.pcap"},
	};

	desk = desk_new(&config, 7);
	cr_assert_not_null(desk);
}

static void end(void)
{
	desk_free(desk);
}

TestSuite(capture_lost, .init = begin, .fini = end);

static int64_t s(double seconds)
{
	return (int64_t)(seconds * 1e9);
}

Test(capture_lost, nothing_is_known)
{
	cr_expect(!capture_lost(desk, 0, s(0), s(1000)));
	cr_expect(!capture_lost(desk, 1, s(0), s(1000)));
}

Test(capture_lost, only_then_and_there)
{
	capture_loss_note(desk, 0, s(10), s(15));
	cr_expect(!capture_lost(desk, 0, s(0), s(9.9)));
	cr_expect(capture_lost(desk, 0, s(0), s(10)));
	cr_expect(capture_lost(desk, 0, s(12), s(13)));
	cr_expect(capture_lost(desk, 0, s(15), s(99)));
	cr_expect(!capture_lost(desk, 0, s(15.1), s(99)));
	cr_expect(!capture_lost(desk, 1, s(12), s(13)));
}

Test(capture_lost, neighbours_become_one)
{
	capture_loss_note(desk, 0, s(10), s(15));
	capture_loss_note(desk, 0, s(15.5), s(20));
	cr_expect(capture_lost(desk, 0, s(15.2), s(15.3)));
}

/* The oldest goes. */
Test(capture_lost, more_times_than_are_kept)
{
	for (int i = 0; i <= CAPTURE_LOSS_SPANS; i++) {
		capture_loss_note(desk, 0, s(i * 10), s(i * 10 + 1));
	}
	cr_expect(!capture_lost(desk, 0, s(0), s(1)));
	cr_expect(capture_lost(desk, 0, s(10), s(11)));
	cr_expect(capture_lost(desk, 0, s(CAPTURE_LOSS_SPANS * 10), s(99999)));
}

static struct media_dropped dropped(double from_s, double to_s, uint64_t packets)
{
	return (struct media_dropped){
	    .from_ns = s(from_s), .to_ns = s(to_s), .packets = packets, .frame = 17, .capture = 1};
}

Test(capture_lost, interface_away)
{
	struct media_dropped first = dropped(4, 6, 0);

	first.away = true;
	capture_loss_dropped(desk, &first);
	cr_assert_eq(desk->findings.used, 1);
	cr_expect_str_eq(finding_first(desk)->cause, "interface-away");
	expect_number(finding_first(desk)->evidence[0].mark.frame, 17);
	cr_expect(capture_lost(desk, 1, s(4.5), s(5.5)));
	cr_expect(!capture_lost(desk, 1, s(6.5), s(7)));
}

Test(capture_lost, dropped_by_the_source)
{
	const struct media_dropped first = dropped(4, 5, 3);

	capture_loss_dropped(desk, &first);
	cr_assert_eq(desk->findings.used, 1);
	cr_expect_str_eq(finding_first(desk)->cause, "dropped");
	cr_expect_str_eq(
	    finding_first(desk)->evidence[0].text, "until this frame 3 packets were dropped");
	expect_number(finding_first(desk)->evidence[0].mark.frame, 17);
	cr_expect(capture_lost(desk, 1, s(4.5), s(4.6)), "nothing of that time is the network's");
	cr_expect(!capture_lost(desk, 1, s(5.5), s(6)));
	cr_expect(!capture_lost(desk, 0, s(4.5), s(4.6)));
}

/* For weeks: what proves it is how it began, and what it came to. */
Test(capture_lost, dropped_again_and_again)
{
	for (int i = 0; i < 10000; i++) {
		const struct media_dropped again = dropped(i * 10, i * 10 + 1, (unsigned)i + 1);

		capture_loss_dropped(desk, &again);
	}
	expect_number(finding_first(desk)->evidence_count, 1);
	capture_loss_end(desk, &(struct media_dropped){.capture = 1, .packets = 12345});
	cr_assert_eq(desk->findings.used, 1);
	expect_number(finding_first(desk)->evidence_count, 2);
	cr_expect_str_eq(
	    finding_first(desk)->evidence[1].text, "until this frame 12345 packets were dropped");
}
