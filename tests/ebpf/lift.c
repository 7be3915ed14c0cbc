/* SPDX-License-Identifier: Apache-2.0 */
/* What is lifted and what is not, each kind of packet through each of what may carry it. */
#include <criterion/criterion.h>
#include <time.h>

#include "address.h"
#include "lift_frames.h"
#include "lift_run.h"

static const struct lift_settings everything = {0};
static const struct lift_settings known_only = {.known_media_only = 1};
static const struct lift_settings cut = {.media_octets = 16};

static struct lifted run(const struct lifting *l, const char *words)
{
	struct frame_part frame = frame_of(words);

	return lifting_run(l, frame.octets.at, (uint32_t)frame.octets.length);
}

static bool is_same(const struct lifted *lifted, const struct octets *octets)
{
	return lifted->length == octets->length &&
	       memcmp(lifted->at, octets->at, octets->length) == 0;
}

static uint64_t now_ns(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

struct expected {
	const char *words;
	enum lift_kind kind;
	uint8_t flags;
};

/* One packet: its verdict, what is told of it, and that it is counted, once. */
static void check(const struct lifting *l, const struct expected *e)
{
	struct frame_part frame = frame_of(e->words);
	struct lift_counter before = lifting_counted(l, e->kind), after;
	uint64_t from_ns = now_ns(), to_ns;
	struct lifted lifted = run(l, e->words);
	bool wanted = e->kind < LIFT_LIFTED;

	to_ns = now_ns();
	after = lifting_counted(l, e->kind);
	cr_expect_eq(
	    after.packets, before.packets + 1, "%s is no %s", e->words, lift_kind_name(e->kind));
	cr_expect_eq(after.octets, before.octets + frame.octets.length, "%s", e->words);
	cr_expect_eq(lifted.verdict, wanted ? XDP_REDIRECT : XDP_PASS, "%s: %s", e->words,
	    lift_kind_name(lifted.meta.kind));
	cr_expect(is_same(&lifted, &frame.octets), "%s: changed", e->words);
	if (!wanted || !lifted.has_meta) {
		return;
	}
	cr_expect_eq(lifted.meta.kind, e->kind, "%s", e->words);
	cr_expect_eq(lifted.meta.flags, e->flags, "%s: %d", e->words, lifted.meta.flags);
	cr_expect_eq(lifted.meta.length, frame.octets.length, "%s", e->words);
	cr_expect_eq(lifted.meta.network, frame.network, "%s: %d", e->words, lifted.meta.network);
	cr_expect(lifted.meta.time_ns >= from_ns && lifted.meta.time_ns <= to_ns, "%s", e->words);
}

static void check_all(
    const struct lift_settings *settings, const struct expected *list, size_t count)
{
	struct lifting l = lifting_begin(settings);

	for (size_t i = 0; i < count; i++) {
		check(&l, &list[i]);
	}
	cr_expect_eq(lifting_counted(&l, LIFT_NO_SOCKET).packets, 0);
	cr_expect_eq(lifting_counted(&l, LIFT_NO_ROOM).packets, 0);
	lifting_end(&l);
}

#define CHECK_ALL(settings, list) check_all(settings, list, sizeof(list) / sizeof((list)[0]))

/* The limit is a million; a program near to it is refused by another kernel. */
Test(lift, verifier)
{
	enum { INSTRUCTIONS_MAX = 50000 };
	struct lifting l = lifting_begin(&cut);
	struct bpf_prog_info info = {0};
	uint32_t length = sizeof(info);

	cr_assert_eq(
	    bpf_obj_get_info_by_fd(bpf_program__fd(l.object->progs.lift), &info, &length), 0);
	cr_expect_lt(info.verified_insns, INSTRUCTIONS_MAX, "%u", info.verified_insns);
	lifting_end(&l);
}

Test(lift, content)
{
	static const struct expected list[] = {
	    {"ethernet ipv4 udp rtp", LIFT_RTP},
	    {"ethernet ipv4 udp rtp-sample", LIFT_RTP},
	    {"ethernet ipv4 udp rtp-sources", LIFT_RTP},
	    {"ethernet ipv4 udp rtp-extension", LIFT_RTP},
	    {"ethernet ipv4 udp rtp-empty", LIFT_RTP},
	    {"ethernet ipv4 udp rtp-event", LIFT_RTP},
	    {"ethernet ipv4 udp dns-like-rtp", LIFT_RTP},
	    {"ethernet ipv4 udp rtcp", LIFT_RTCP},
	    {"ethernet ipv4 udp rtcp-wrong", LIFT_RTCP},
	    {"ethernet ipv4 udp rtcp-feedback", LIFT_RTCP},
	    {"ethernet ipv4 udp sip-request", LIFT_SIP},
	    {"ethernet ipv4 udp sip-status", LIFT_SIP},
	    {"ethernet ipv4 udp sip-elsewhere", LIFT_SIP},
	    {"ethernet ipv4 udp sip-blank-lines", LIFT_SIP},
	    {"ethernet ipv4 udp crlf", LIFT_KEEPALIVE},
	    {"ethernet ipv4 udp nul", LIFT_KEEPALIVE},
	    {"ethernet ipv4 udp nothing", LIFT_KEEPALIVE},
	    {"ethernet ipv4 udp stun", LIFT_STUN},
	    {"ethernet ipv4 udp stun-classic", LIFT_STUN},
	    {"ethernet ipv4 udp channel", LIFT_CHANNEL_DATA},
	    {"ethernet ipv4 udp dtls", LIFT_DTLS},
	    {"ethernet ipv4 udp dns", LIFT_DNS},
	    {"ethernet ipv4 udp dhcp", LIFT_DHCP},
	    {"ethernet ipv6 udp dhcp6", LIFT_DHCP},
	    {"ethernet ipv4 icmp", LIFT_ICMP},
	    {"ethernet ipv6 icmp6", LIFT_ICMP},
	};

	CHECK_ALL(&everything, list);
}

Test(lift, nothing_of_interest)
{
	static const struct expected list[] = {
	    {"ethernet arp", LIFT_NOT_IP},
	    {"ethernet lldp", LIFT_NOT_IP},
	    {"ethernet tag arp", LIFT_NOT_IP},
	    {"ethernet ipv4 esp", LIFT_IP_OTHER},
	    {"ethernet ipv6 esp", LIFT_IP_OTHER},
	    {"ethernet ipv4 pptp", LIFT_IP_OTHER},
	    {"ethernet ipv4 gre-routed ipv4 udp rtp", LIFT_IP_OTHER},
	    {"ethernet ipv4-later esp", LIFT_IP_OTHER},
	    {"ethernet ipv4 udp quic", LIFT_UDP_OTHER},
	    {"ethernet ipv4 udp wireguard", LIFT_UDP_OTHER},
	    {"ethernet ipv4 udp dtls-data", LIFT_UDP_OTHER},
	    {"ethernet ipv4 udp text", LIFT_UDP_OTHER},
	    {"ethernet ipv4 udp fax", LIFT_UDP_OTHER},
	    {"ethernet ipv4 udp gtp-echo", LIFT_UDP_OTHER},
	    {"ethernet ipv4 tcp tls", LIFT_TCP_OTHER},
	    {"ethernet ipv4 tcp http", LIFT_TCP_OTHER},
	    {"ethernet ipv6 tcp-options tls", LIFT_TCP_OTHER},
	    {"ethernet ipv4 tcp to-sip", LIFT_TCP_OTHER},
	    {"ethernet ipv4 tcp-syn to-web", LIFT_TCP_OTHER},
	    {"ethernet ipv4 tcp-rst to-web", LIFT_TCP_OTHER},
	};

	CHECK_ALL(&everything, list);
}

Test(lift, what_carries_it)
{
	static const struct expected list[] = {
	    {"ethernet tag ipv4 udp rtp", LIFT_RTP},
	    {"ethernet qinq tag ipv4 udp rtp", LIFT_RTP},
	    {"ethernet qinq-old tag tag tag ipv6 udp sip-request", LIFT_SIP},
	    {"ethernet ipv4-options udp rtp", LIFT_RTP},
	    {"ethernet tag ipv4-options udp sip-status", LIFT_SIP},
	    {"ethernet ipv6 udp rtp", LIFT_RTP},
	    {"ethernet tag ipv6 udp stun", LIFT_STUN},
	    {"ethernet ipv6 hop udp rtp", LIFT_RTP},
	    {"ethernet ipv6 hop routing options udp rtp", LIFT_RTP},
	    {"ethernet ipv6 hop icmp6", LIFT_ICMP},
	    {"ethernet ipv6 atomic udp sip-request", LIFT_SIP},
	    {"ethernet ipv4-first udp sip-request", LIFT_FRAGMENT},
	    {"ethernet ipv4-later udp sip-rest", LIFT_FRAGMENT},
	    {"ethernet tag ipv4-later icmp", LIFT_FRAGMENT},
	    {"ethernet ipv6 first udp sip-request", LIFT_FRAGMENT},
	    {"ethernet ipv6 hop later udp sip-rest", LIFT_FRAGMENT},
	    {"ethernet ipv6 later esp", LIFT_IP_OTHER},
	};

	CHECK_ALL(&everything, list);
}

Test(lift, tunnels)
{
	static const struct expected list[] = {
	    {"ethernet ipv4 ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv6 ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 ipv6 udp sip-request", LIFT_SIP, LIFT_TUNNELLED},
	    {"ethernet ipv4 gre ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 gre-key ipv6 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv6 gre-all ethernet tag ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 gre erspan-1 ethernet ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 gre-numbered erspan-2 ethernet ipv4 udp rtcp", LIFT_RTCP,
		LIFT_TUNNELLED},
	    {"ethernet tag ipv4 gre-numbered erspan-3 ethernet ipv4 udp sip-status", LIFT_SIP,
		LIFT_TUNNELLED},
	    {"ethernet ipv4 gre-numbered erspan-3-option ethernet ipv4 udp rtp", LIFT_RTP,
		LIFT_TUNNELLED},
	    {"ethernet ipv4 udp vxlan ethernet ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv6 udp vxlan ethernet qinq tag ipv6 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 udp gtp ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 udp gtp-numbered ipv6 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet ipv4 udp gtp-extended ipv4 udp sip-request", LIFT_SIP, LIFT_TUNNELLED},
	    {"ethernet ipv4 udp vxlan ethernet ipv4 udp gtp ipv4 udp rtp", LIFT_RTP,
		LIFT_TUNNELLED},
	    {"ethernet ipv4 gre ipv4-later udp sip-rest", LIFT_FRAGMENT, LIFT_TUNNELLED},
	    {"ethernet ipv4 gre ipv4 tcp sip-begins", LIFT_TCP, LIFT_TUNNELLED},
	    {"ethernet ipv4 gre ipv4 tcp tls", LIFT_TCP_OTHER},
	    {"ethernet pppoe ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	    {"ethernet tag pppoe ipv6 udp sip-request", LIFT_SIP, LIFT_TUNNELLED},
	    {"ethernet pppoe arp", LIFT_NOT_IP},
	    {"ethernet ipv4 udp vxlan ethernet arp", LIFT_NOT_IP},
	    {"ethernet ipv4 udp vxlan ethernet ipv4 udp quic", LIFT_UDP_OTHER},
	    {"ethernet ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 ipv4 udp rtp", LIFT_RTP, LIFT_TUNNELLED},
	};

	CHECK_ALL(&everything, list);
}

Test(lift, too_many_layers)
{
	struct lifting l = lifting_begin(&everything);
	struct octets frame = octets("020000000002 020000000001");
	struct lifted lifted;

	for (int i = 0; i < 40; i++) {
		octets_add(&frame, "8100 0001");
	}
	octets_add(&frame, "0800");
	lifted = lifting_run(&l, frame.at, (uint32_t)frame.length);
	cr_expect_eq(lifted.verdict, XDP_REDIRECT);
	cr_expect_eq(lifted.meta.kind, LIFT_MALFORMED);
	lifting_end(&l);
}

/* However short: it is one packet, goes on unchanged, and nothing is read behind its end. */
Test(lift, truncated)
{
	static const char *const list[] = {
	    "ethernet ipv4 udp rtp-extension",
	    "ethernet qinq tag ipv4-options udp sip-request",
	    "ethernet ipv6 hop routing options udp stun",
	    "ethernet ipv4 tcp-options sip-begins",
	    "ethernet ipv4 udp vxlan ethernet tag ipv6 udp rtcp",
	    "ethernet ipv4 gre-numbered erspan-3-option ethernet ipv4 udp rtp-sources",
	    "ethernet ipv6 udp gtp-extended ipv4 udp channel",
	    "ethernet ipv4 gre-all ipv4 ipv6 atomic udp dtls",
	    "ethernet pppoe ipv6 icmp6",
	};
	enum { LEAST = 14 /* what may be given to the kernel's test run */ };
	struct lifting l = lifting_begin(&cut);
	uint64_t packets = 0, counted = 0;

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		struct frame_part frame = frame_of(list[i]);

		for (uint32_t length = LEAST; length < frame.octets.length; length++) {
			struct lifted lifted = lifting_run(&l, frame.octets.at, length);

			packets++;
			cr_expect(lifted.verdict == XDP_PASS || lifted.verdict == XDP_REDIRECT);
			cr_expect(!lifted.has_meta || lifted.meta.length == length);
			cr_expect(lifted.meta.flags & LIFT_CUT || lifted.length == length);
			cr_expect_eq(memcmp(lifted.at, frame.octets.at, lifted.length), 0);
		}
	}
	for (uint32_t kind = 0; kind < LIFT_KIND_COUNT; kind++) {
		counted += lifting_counted(&l, kind).packets;
	}
	cr_expect_eq(counted, packets);
	lifting_end(&l);
}

Test(lift, headers_that_are_none)
{
	struct lifting l = lifting_begin(&everything);
	struct frame_part frame = frame_of("ethernet ipv4 udp rtp");

	cr_expect_eq(run(&l, "ethernet ipv4-short udp rtp").meta.kind, LIFT_MALFORMED);
	frame.octets.at[14] = 0x65; /* a version that its type does not name */
	cr_expect_eq(lifting_run(&l, frame.octets.at, (uint32_t)frame.octets.length).meta.kind,
	    LIFT_MALFORMED);
	lifting_end(&l);
}

/* --- endpoints --- */

static struct lift_endpoint endpoint_of(const char *text, uint16_t port)
{
	struct lift_endpoint out = {.port = port};
	struct address address;

	cr_assert(address_parse(&address, text_of(text)));
	memcpy(out.address, address.octets, sizeof(out.address));
	return out;
}

static uint32_t kind_of(const struct lifting *l, const char *words)
{
	struct lifted lifted = run(l, words);

	return lifted.has_meta ? lifted.meta.kind : LIFT_KIND_COUNT;
}

Test(lift, unknown_media)
{
	static const struct expected list[] = {
	    {"ethernet ipv4 udp rtp", LIFT_RTP_UNKNOWN},
	    {"ethernet ipv6 udp rtp", LIFT_RTP_UNKNOWN},
	    {"ethernet ipv4 udp vxlan ethernet ipv4 udp rtp", LIFT_RTP_UNKNOWN},
	    {"ethernet ipv4 udp rtcp", LIFT_RTCP},
	    {"ethernet ipv4 udp sip-request", LIFT_SIP},
	    {"ethernet ipv4 udp dns-like-rtp", LIFT_DNS},
	};

	CHECK_ALL(&known_only, list);
}

Test(lift, endpoints)
{
	struct lifting l = lifting_begin(&known_only);
	struct lift_endpoint there = endpoint_of("10.0.0.2", FRAME_PORT_TO);
	struct lift_endpoint other = endpoint_of("10.0.0.9", FRAME_PORT_TO);

	/* A port alone says nothing, nor the same port elsewhere. */
	lifting_expect(&l, &there, false);
	lifting_expect(&l, &other, true);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 udp rtp"), LIFT_KIND_COUNT);
	lifting_expect(&l, &there, true);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 udp rtp"), LIFT_RTP);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 gre ethernet tag ipv4 udp rtp"), LIFT_RTP);
	cr_expect_eq(kind_of(&l, "ethernet ipv6 udp rtp"), LIFT_KIND_COUNT);
	lifting_end(&l);
}

Test(lift, endpoints_that_send)
{
	struct lifting l = lifting_begin(&known_only);
	struct lift_endpoint from = endpoint_of("2001:db8::1", FRAME_PORT_FROM);
	struct lift_endpoint to = endpoint_of("2001:db8::2", FRAME_PORT_FROM);

	lifting_expect(&l, &to, true);
	cr_expect_eq(kind_of(&l, "ethernet ipv6 udp rtp"), LIFT_KIND_COUNT);
	lifting_expect(&l, &from, true);
	cr_expect_eq(kind_of(&l, "ethernet ipv6 udp rtp"), LIFT_RTP);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 udp rtp"), LIFT_KIND_COUNT);
	lifting_end(&l);
}

/* What has no shape is lifted where media is expected: a fax. */
Test(lift, fax)
{
	struct lifting l = lifting_begin(&everything);
	struct lift_endpoint there = endpoint_of("10.0.0.2", 4321);

	cr_expect_eq(kind_of(&l, "ethernet ipv4 udp fax"), LIFT_KIND_COUNT);
	lifting_expect(&l, &there, true);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 udp fax"), LIFT_ENDPOINT);
	lifting_end(&l);
}

/* --- TCP --- */

Test(lift, handshakes)
{
	static const struct expected list[] = {
	    {"ethernet ipv4 tcp-syn to-sip", LIFT_TCP},
	    {"ethernet ipv6 tcp-rst to-sip", LIFT_TCP},
	    {"ethernet ipv4 tcp-syn stun", LIFT_TCP},
	};

	CHECK_ALL(&everything, list);
}

/* The other direction of the same: what is at both ends, exchanged. */
static struct frame_part turned(struct frame_part frame)
{
	uint8_t *ip = frame.octets.at + 14, *tcp = ip + 20, kept[4];

	memcpy(kept, ip + 12, 4);
	memcpy(ip + 12, ip + 16, 4);
	memcpy(ip + 16, kept, 4);
	memcpy(kept, tcp, 2);
	memcpy(tcp, tcp + 2, 2);
	memcpy(tcp + 2, kept, 2);
	return frame;
}

Test(lift, a_connection_that_carries_sip)
{
	struct lifting l = lifting_begin(&everything);
	struct frame_part back = turned(frame_of("ethernet ipv4 tcp to-sip"));
	struct frame_part other = frame_of("ethernet ipv4 tcp sip-rest");
	struct lifted lifted;

	cr_expect_eq(kind_of(&l, "ethernet ipv4 tcp sip-rest"), LIFT_KIND_COUNT);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 tcp sip-begins"), LIFT_TCP);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 tcp sip-rest"), LIFT_TCP);
	cr_expect_eq(kind_of(&l, "ethernet tag ipv4 tcp to-sip"), LIFT_TCP);
	lifted = lifting_run(&l, back.octets.at, (uint32_t)back.octets.length);
	cr_expect_eq(lifted.verdict, XDP_REDIRECT, "acknowledgements belong to it");
	other.octets.at[34] ^= 1; /* another port of the same host */
	lifted = lifting_run(&l, other.octets.at, (uint32_t)other.octets.length);
	cr_expect_eq(lifted.verdict, XDP_PASS);
	cr_expect_eq(kind_of(&l, "ethernet ipv6 tcp sip-rest"), LIFT_KIND_COUNT);
	lifting_end(&l);
}

Test(lift, connections_that_carry_sip_of_ipv6)
{
	struct lifting l = lifting_begin(&everything);

	cr_expect_eq(kind_of(&l, "ethernet ipv6 tcp-options sip-status"), LIFT_TCP);
	cr_expect_eq(kind_of(&l, "ethernet ipv6 tcp sip-rest"), LIFT_TCP);
	cr_expect_eq(kind_of(&l, "ethernet ipv4 tcp sip-rest"), LIFT_KIND_COUNT);
	lifting_end(&l);
}

/* --- what is left behind --- */

static void check_cut(const struct lifting *l, const char *words, uint32_t left)
{
	struct frame_part frame = frame_of(words);
	struct lifted lifted = run(l, words);

	cr_expect_eq(
	    lifted.length, left ? left : frame.octets.length, "%s: %u", words, lifted.length);
	cr_expect_eq((lifted.meta.flags & LIFT_CUT) != 0, left != 0, "%s", words);
	cr_expect_eq(lifted.meta.length, frame.octets.length, "%s", words);
	cr_expect_eq(memcmp(lifted.at, frame.octets.at, lifted.length), 0, "%s", words);
}

Test(lift, cut_media)
{
	enum { HEADERS = 14 + 20 + 8 + 12, KEPT = 16 };
	struct lifting l = lifting_begin(&cut);

	check_cut(&l, "ethernet ipv4 udp rtp", HEADERS + KEPT);
	check_cut(&l, "ethernet tag ipv6 udp rtp", HEADERS + 4 + 20 + KEPT);
	check_cut(&l, "ethernet ipv4 udp rtp-sources", HEADERS + 8 + KEPT);
	check_cut(&l, "ethernet ipv4 udp rtp-extension", HEADERS + 12 + KEPT);
	check_cut(&l, "ethernet ipv4 udp vxlan ethernet ipv4 udp rtp", HEADERS + 50 + KEPT);
	/* whole: a sample, an event, what has no more, what is no media */
	check_cut(&l, "ethernet ipv4 udp rtp-sample", 0);
	check_cut(&l, "ethernet ipv4 udp rtp-event", 0);
	check_cut(&l, "ethernet ipv4 udp rtp-empty", 0);
	check_cut(&l, "ethernet ipv4 udp rtcp", 0);
	check_cut(&l, "ethernet ipv4 udp sip-request", 0);
	lifting_end(&l);
}

Test(lift, digits_are_never_cut)
{
	static const struct lift_settings least = {.media_octets = 1};
	struct lifting l = lifting_begin(&least);

	check_cut(&l, "ethernet ipv4 udp rtp-event", 0);
	check_cut(&l, "ethernet ipv4 udp rtp", 14 + 20 + 8 + 12 + 4);
	lifting_end(&l);
}

/* --- what cannot be lifted --- */

Test(lift, no_socket)
{
	struct lifting l = lifting_begin(&cut);
	struct frame_part frame = frame_of("ethernet ipv4 udp rtp");
	uint32_t queue = 0;
	struct lifted lifted;

	cr_assert_eq(bpf_map__delete_elem(l.object->maps.sockets, &queue, sizeof(queue), 0), 0);
	lifted = run(&l, "ethernet ipv4 udp rtp");
	cr_expect_eq(lifted.verdict, XDP_PASS);
	cr_expect(is_same(&lifted, &frame.octets), "the host must get it as it came");
	cr_expect_eq(lifting_counted(&l, LIFT_RTP).packets, 1);
	cr_expect_eq(lifting_counted(&l, LIFT_NO_SOCKET).packets, 1);
	cr_expect_eq(lifting_counted(&l, LIFT_NO_SOCKET).octets, frame.octets.length);
	lifting_end(&l);
}

/* A program that ran before has put something in front of the packet. */
Test(lift, metadata_of_others)
{
	struct lifting l = lifting_begin(&everything);
	struct frame_part frame = frame_of("ethernet ipv4 udp rtp");
	uint8_t in[LIFT_FRAME_MAX] = {0}, out[LIFT_FRAME_MAX];
	struct xdp_md context = {.data = 8};
	struct lift_meta meta;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in, .data_out = out,
	    .data_size_out = sizeof(out), .ctx_in = &context, .ctx_size_in = sizeof(context),
	    .repeat = 1);

	memcpy(in + context.data, frame.octets.at, frame.octets.length);
	run.data_size_in = context.data_end = (uint32_t)frame.octets.length + context.data;
	cr_assert_eq(bpf_prog_test_run_opts(bpf_program__fd(l.object->progs.lift), &run), 0);
	cr_expect_eq(run.retval, XDP_REDIRECT);
	cr_assert_eq(run.data_size_out, sizeof(meta) + frame.octets.length);
	memcpy(&meta, out, sizeof(meta));
	cr_expect_eq(meta.kind, LIFT_RTP);
	cr_expect_eq(meta.length, frame.octets.length);
	lifting_end(&l);
}
