/* SPDX-License-Identifier: Apache-2.0 */
/* A live source over inner ones that a test makes up, and its channel to the opener. */
#include "live_source.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "handover.h"
#include "live_kinds.h"
#include "opener.h"

TestSuite(opener, .timeout = 20);
TestSuite(live_source, .timeout = 20);
TestSuite(handover, .timeout = 20);

/* --- a wire that packets are on, and sources that see it --- */

enum { WIRE_MAX = 64, STAMP_STEP_NS = 1000 };

/* What is to come of opening, and what has. */
static struct {
	bool refuse, broken;
	unsigned opened, closed;
	uint32_t gathered; /* of the newest, so many are not given to anybody yet */
	uint32_t sent;     /* packets on the wire so far */
	int64_t times_ns[WIRE_MAX];
} wire;

struct tap {
	struct source source;
	uint32_t seen;     /* of those on the wire */
	int64_t offset_ns; /* each socket stamps a packet by itself */
	uint8_t octets[WIRE_MAX][8];
};

static void send_one(int64_t time_ns)
{
	wire.times_ns[wire.sent++] = time_ns;
}

static int tap_read(struct source *source, struct packet out[PACKET_BURST])
{
	struct tap *tap = (struct tap *)source;
	int count = 0;

	if (wire.broken) {
		return source_fail(&source->error, "the cable was cut");
	}
	while (tap->seen + wire.gathered < wire.sent) {
		uint32_t number = tap->seen++;

		memcpy(tap->octets[number], &number, sizeof(number));
		out[count++] = (struct packet){
		    .time_ns = wire.times_ns[number] + tap->offset_ns,
		    .data = tap->octets[number],
		    .captured = 8,
		    .length = 8,
		    .frame = ++source->frame,
		};
	}
	return count;
}

static bool tap_drops(struct source *source, struct source_drops *out)
{
	(void)source;
	*out = (struct source_drops){.kernel = 2, .interface = 3};
	return true;
}

static void tap_close(struct source *source)
{
	(void)close(source->wait_fd);
	wire.closed++;
	free(source);
}

/* In place of the kinds that there are: whatever is linked first counts. */

static bool tap_open(struct live_opened *out, int fds[LIVE_FDS_MAX])
{
	if (wire.refuse) {
		return live_refuse_now(out, "the interface is down");
	}
	*out = (struct live_opened){
	    .ok = true,
	    .fd_count = 1,
	    .ifindex = ++wire.opened,
	    .snap_length = wire.sent, /* what comes from now on is its */
	};
	fds[0] = open("/dev/null", O_RDONLY | O_CLOEXEC);
	return true;
}

static struct source *tap_new(const struct live_opened *opened, const int fds[LIVE_FDS_MAX])
{
	static const struct source_ops ops = {
	    .read = tap_read, .drops = tap_drops, .close = tap_close};
	struct tap *tap = calloc(1, sizeof(*tap));

	tap->source.ops = &ops;
	tap->source.wait_fd = fds[0];
	tap->seen = opened->snap_length;
	tap->offset_ns = wire.opened % 2 ? 300 : 0;
	return &tap->source;
}

#define KIND(kind)                                                                           \
	bool kind##_open(                                                                    \
	    const struct live_spec *spec, struct live_opened *out, int fds[LIVE_FDS_MAX])    \
	{                                                                                    \
		(void)spec;                                                                  \
		return tap_open(out, fds);                                                   \
	}                                                                                    \
	struct source *kind##_source_new(const struct live_spec *spec,                       \
	    const struct live_opened *opened, const int fds[LIVE_FDS_MAX], uint16_t capture, \
	    struct source_error *error)                                                      \
	{                                                                                    \
		(void)spec;                                                                  \
		(void)capture;                                                               \
		(void)error;                                                                 \
		return tap_new(opened, fds);                                                 \
	}

KIND(packet)
KIND(xdp)
KIND(dpdk)

/* --- the channel --- */

static void channel_make(int ends[2])
{
	cr_assert_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
}

Test(opener, answers_with_descriptors)
{
	const struct live_spec spec = {.kind = LIVE_PACKET};
	struct live_opened opened;
	int ends[2], fds[LIVE_FDS_MAX];

	channel_make(ends);
	cr_expect_eq(opener_take(ends[1], 0, &opened, fds), OPENER_SILENT);
	cr_assert(opener_answer(ends[0], &spec), "nothing was asked, and nobody is gone");
	cr_expect_eq(opener_take(ends[1], 0, &opened, fds), OPENER_SILENT);
	cr_assert(opener_ask(ends[1]));
	cr_assert(opener_answer(ends[0], &spec));
	cr_assert_eq(opener_take(ends[1], 0, &opened, fds), OPENER_TOLD);
	cr_expect_eq(opened.ok, 1);
	cr_assert_eq(opened.fd_count, 1);
	cr_expect_geq(fcntl(fds[0], F_GETFD), FD_CLOEXEC, "no program gets it");
	opener_drop(&opened, fds);
	cr_expect_eq(fcntl(fds[0], F_GETFD), -1);
}

Test(opener, says_why_not)
{
	const struct live_spec spec = {.kind = LIVE_PACKET};
	struct live_opened opened;
	int ends[2], fds[LIVE_FDS_MAX];

	channel_make(ends);
	wire.refuse = true;
	opener_offer(ends[0], &spec);
	cr_assert_eq(opener_take(ends[1], -1, &opened, fds), OPENER_TOLD);
	cr_expect_eq(opened.ok, 0);
	cr_expect_eq(opened.fd_count, 0);
	cr_expect_str_eq(opened.reason, "the interface is down");
}

Test(opener, either_end_may_go)
{
	const struct live_spec spec = {.kind = LIVE_PACKET};
	struct live_opened opened;
	int ends[2], others[2], fds[LIVE_FDS_MAX];

	channel_make(ends);
	(void)close(ends[1]);
	cr_expect_not(opener_answer(ends[0], &spec));
	opener_offer(ends[0], &spec);
	channel_make(others);
	(void)close(others[0]);
	cr_expect_eq(opener_take(others[1], -1, &opened, fds), OPENER_GONE);
	cr_expect_not(opener_ask(others[1]));
}

/* Whatever the reader may have become: it gets its source, or nothing, and keeps nobody waiting. */
Test(opener, is_not_impressed)
{
	const struct live_spec spec = {.kind = LIVE_PACKET};
	struct live_opened opened;
	char nonsense[100000] = "xdp:eth0";
	int ends[2], fds[LIVE_FDS_MAX];
	unsigned answers = 0;

	channel_make(ends);
	cr_assert_gt(send(ends[1], nonsense, sizeof(nonsense), 0), 0);
	cr_assert(opener_answer(ends[0], &spec));
	cr_assert_eq(opener_take(ends[1], 0, &opened, fds), OPENER_TOLD);
	cr_expect_eq(opened.ifindex, 1);
	opener_drop(&opened, fds);
	for (int i = 0; i < 2000; i++) {
		(void)opener_ask(ends[1]);
		cr_assert(opener_answer(ends[0], &spec));
	}
	while (opener_take(ends[1], 0, &opened, fds) == OPENER_TOLD) {
		opener_drop(&opened, fds);
		answers++;
	}
	cr_expect_gt(answers, 0);
	cr_expect_lt(answers, 2000);
}

/* --- a source that goes on --- */

struct bench {
	struct live_spec spec;
	struct source *source;
	int channel; /* the opener's end */
	uint32_t frame, number;
	bool gapless;
};

static void answer(struct bench *b)
{
	(void)opener_answer(b->channel, &b->spec);
}

/* Who opens is another thread in truth; here it has answered before it is asked. */
static struct bench bench_new(enum live_kind kind)
{
	struct bench b = {.spec = {.kind = kind}, .gapless = true};
	struct source_error error = {0};
	uint8_t question;
	int ends[2];

	channel_make(ends);
	b.channel = ends[0];
	(void)opener_ask(ends[1]);
	answer(&b);
	b.source = live_source_open(&b.spec, ends[1], 0, &error);
	cr_assert_not_null(b.source, "%s", error.reason);
	cr_assert_eq(recv(b.channel, &question, sizeof(question), 0), 1);
	return b;
}

/* What the wire had, in its order and once; how many there were. */
static int bench_read(struct bench *b)
{
	struct packet out[PACKET_BURST];
	int count = source_read(b->source, out);

	for (int i = 0; i < count; i++) {
		uint32_t number;

		memcpy(&number, out[i].data, sizeof(number));
		b->gapless &= number == b->number && out[i].frame == b->frame + 1;
		b->number = number + 1;
		b->frame = out[i].frame;
	}
	return count;
}

Test(live_source, is_there_or_says_why)
{
	struct source_error error = {0};
	const struct live_spec spec = {.kind = LIVE_PACKET};
	int ends[2];

	wire.refuse = true;
	cr_expect_null(live_source_open(&spec, -1, 0, &error));
	cr_expect_str_eq(error.reason, "the interface is down");
	channel_make(ends);
	(void)close(ends[0]);
	cr_expect_null(live_source_open(&spec, ends[1], 0, &error));
	cr_expect_not_null(strstr(error.reason, "has ended"));
	cr_expect_geq(fcntl(ends[1], F_GETFD), 0, "the channel is still the caller's");
}

Test(live_source, waits_for_its_interface)
{
	struct bench b = bench_new(LIVE_DPDK);
	struct source_drops drops;

	send_one(1000);
	send_one(2000);
	cr_expect_eq(bench_read(&b), 2);
	cr_expect_null(live_source_absence(b.source));
	wire.broken = wire.refuse = true;
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_str_eq(live_source_absence(b.source), "the cable was cut");
	cr_expect_null(live_source_opened(b.source));
	for (int i = 0; i < 3; i++) {
		answer(&b);
		cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	}
	cr_expect_str_eq(live_source_absence(b.source), "the interface is down");
	wire.broken = wire.refuse = false;
	for (int i = 0; i < 30 && live_source_absence(b.source); i++) {
		answer(&b);
		(void)poll(NULL, 0, 50);
		cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	}
	cr_expect_null(live_source_absence(b.source), "asked again within a second");
	send_one(5000);
	cr_expect_eq(bench_read(&b), 1);
	cr_expect(b.gapless);
	cr_expect_eq(b.frame, 3, "frames are counted on");
	cr_assert(b.source->ops->drops(b.source, &drops));
	cr_expect_eq(drops.kernel, 4, "of both");
	cr_expect_eq(drops.interface, 6);
	source_close(b.source);
	cr_expect_eq(wire.opened, 2);
	cr_expect_eq(wire.closed, 2);
}

Test(live_source, without_its_opener)
{
	struct bench b = bench_new(LIVE_DPDK);

	(void)close(b.channel);
	for (int i = 0; i < 5; i++) {
		send_one(i * 1000);
		cr_expect_eq(bench_read(&b), 1, "what there is is read on");
	}
	wire.broken = true;
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_eq(bench_read(&b), SOURCE_FAILED);
	cr_expect_not_null(strstr(b.source->error.reason, "the cable was cut"));
	source_close(b.source);
}

/* Offered again while it works: no packet is missed, and none comes twice. */
Test(live_source, takes_another_one_without_a_gap)
{
	struct bench b = bench_new(LIVE_PACKET);
	int64_t now_ns = INT64_C(4000000000000000000); /* later than any handover begins */

	for (int round = 0; round < 3; round++) {
		unsigned closed = wire.closed;

		wire.gathered = 2;
		send_one(now_ns += STAMP_STEP_NS);
		send_one(now_ns += STAMP_STEP_NS);
		opener_offer(b.channel, &b.spec);
		send_one(now_ns += STAMP_STEP_NS);
		for (int i = 0; i < 6; i++) {
			(void)bench_read(&b);
			send_one(now_ns += STAMP_STEP_NS);
		}
		wire.gathered = 0;
		for (int i = 0; i < 8 && wire.closed == closed; i++) {
			(void)bench_read(&b);
			(void)poll(NULL, 0, 100);
		}
		cr_expect_eq(wire.closed, closed + 1, "the old one has gone");
	}
	while (bench_read(&b) > 0) {}
	cr_expect(b.gapless);
	cr_expect_eq(b.frame, wire.sent);
	source_close(b.source);
	cr_expect_eq(wire.closed, wire.opened);
}

/* What came before the other one was there may still be on its way to the old one. */
Test(live_source, leaves_nothing_behind)
{
	struct bench b = bench_new(LIVE_PACKET);
	int64_t later_ns = INT64_C(4000000000000000000);

	wire.gathered = 2;
	send_one(1000);
	send_one(2000);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	opener_offer(b.channel, &b.spec);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	for (int i = 0; i < 5; i++) {
		send_one(later_ns + i * STAMP_STEP_NS);
		(void)bench_read(&b);
	}
	wire.gathered = 0;
	while (bench_read(&b) > 0) {}
	cr_expect_eq(wire.closed, 1);
	cr_expect(b.gapless);
	cr_expect_eq(b.frame, wire.sent);
	source_close(b.source);
}

Test(live_source, of_which_there_cannot_be_two)
{
	struct bench b = bench_new(LIVE_XDP);
	struct source_drops drops;

	send_one(1000);
	cr_expect_eq(bench_read(&b), 1);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	opener_offer(b.channel, &b.spec);
	cr_expect_eq(wire.opened, 1, "not while it is there");
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_eq(wire.closed, 1);
	cr_expect_not_null(live_source_absence(b.source));
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	answer(&b);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	send_one(2000);
	cr_expect_eq(bench_read(&b), 1);
	cr_expect(b.gapless);
	cr_assert(b.source->ops->drops(b.source, &drops));
	cr_expect_eq(drops.absences, 1, "what passed meanwhile was not seen");
	cr_expect_not(drops.away);
	source_close(b.source);
}

Test(live_source, that_is_opened_once)
{
	struct bench b = bench_new(LIVE_DPDK);

	opener_offer(b.channel, &b.spec);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_eq(bench_read(&b), SOURCE_IDLE);
	cr_expect_eq(wire.opened, 1);
	cr_expect_eq(wire.closed, 0);
	source_close(b.source);
}

/* --- names --- */

Test(live_source, names)
{
	static const struct {
		const char *name;
		int kind; /* -1: none */
		const char *operand;
	} cases[] = {
	    {"pcap:eth1", LIVE_PACKET, "eth1"},
	    {"pcap:any", LIVE_PACKET, "any"},
	    {"xdp:eth1", LIVE_XDP, "eth1"},
	    {"dpdk:-l 0-1 --vdev=net_null0", LIVE_DPDK, "-l 0-1 --vdev=net_null0"},
	    {"pcap:", -1},
	    {"pcap", -1},
	    {"eth1", -1},
	    {"", -1},
	    {"pcapx:eth1", -1},
	    {"pcap:0123456789012345678901234567890123456789012345678901234567890123456789", -1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct live_spec spec = {0};
		struct source_error error = {0};
		bool right = live_name_parse(&spec, cases[i].name, &error);

		cr_expect_eq(right, cases[i].kind >= 0, "%s", cases[i].name);
		if (right) {
			cr_expect_eq((int)spec.kind, cases[i].kind);
			cr_expect_str_eq(
			    spec.kind == LIVE_DPDK ? spec.text : spec.interface, cases[i].operand);
		} else {
			cr_expect_gt(strlen(error.reason), 10);
		}
	}
}

/* --- the handover by itself --- */

static const uint8_t names[] = "abcdefghijklmnopqrstuvwxyz";

/* A packet of one octet at a time in us. */
static struct packet packet_at(int64_t time_us, char name)
{
	return (struct packet){
	    .time_ns = time_us * 1000,
	    .data = &names[name - 'a'],
	    .captured = 1,
	    .length = 1,
	    .frame = (uint32_t)(name - 'a' + 1),
	};
}

/* The old source's last packet is `last`; what is left of the new one's. */
static const char *left_of(
    int64_t last_us, char last, struct packet *packets, int count, bool *done)
{
	static char left[32];
	struct packet old = packet_at(last_us, last);
	struct handover h = {0};

	handover_note(&h, &old, 1);
	count = handover_take(&h, packets, count, done);
	for (int i = 0; i < count; i++) {
		left[i] = (char)packets[i].data[0];
	}
	left[count] = '\0';
	return left;
}

Test(handover, leaves_out_what_was_seen)
{
	struct packet p[] = {packet_at(1, 'a'), packet_at(5, 'b'), packet_at(9, 'c')};
	bool done;

	cr_expect_str_eq(left_of(5, 'b', p, 3, &done), "c");
	cr_expect(done);
	cr_expect_eq(p[0].frame, 1, "as if the others had never been there");
}

Test(handover, stamps_differ)
{
	struct packet p[] = {packet_at(1, 'a'), packet_at(7, 'b'), packet_at(9, 'c')};
	struct packet q[] = {packet_at(1, 'a'), packet_at(3, 'b'), packet_at(4, 'c')};
	bool done;

	cr_expect_str_eq(left_of(5, 'b', p, 3, &done), "c");
	cr_expect_str_eq(left_of(5, 'b', q, 3, &done), "c", "even where it is later than others");
}

Test(handover, all_was_seen)
{
	struct packet p[] = {packet_at(1, 'a'), packet_at(2, 'b'), packet_at(3, 'c')};
	struct packet q[] = {packet_at(1, 'a'), packet_at(2, 'b')};
	bool done;

	cr_expect_str_eq(left_of(3, 'c', p, 3, &done), "");
	cr_expect(done);
	cr_expect_str_eq(left_of(3, 'c', q, 2, &done), "");
	cr_expect_not(done, "the last one is still to come");
}

Test(handover, nothing_was_seen)
{
	struct packet p[] = {packet_at(4, 'd'), packet_at(5, 'e')};
	struct handover h = {0};
	bool done;

	cr_expect_str_eq(left_of(3, 'c', p, 2, &done), "de");
	cr_expect(done);
	cr_expect_eq(handover_take(&h, p, 2, &done), 2, "the old one never gave anything");
	cr_expect(done);
}

/* The same octets later are another packet. */
Test(handover, repetition)
{
	struct packet p[] = {packet_at(5000, 'b'), packet_at(5001, 'c')};
	bool done;

	cr_expect_str_eq(left_of(5, 'b', p, 2, &done), "bc");
	cr_expect(done);
}
