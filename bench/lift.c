/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-lift: what a packet takes in the kernel.
 *
 * The XDP program goes over one packet again and again, with no interface (BPF_PROG_TEST_RUN), for
 * each kind of packet; and so does a program that does nothing, whose time is taken off. Once with
 * no socket to lift to, which tells what it takes to know what the packet is and to count it; once
 * with one, and that adds the time stamp and what goes in front of it.
 *
 * Of all rounds the least counts: nothing here waits for memory, so what a round takes beyond it
 * was another's.
 */
#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lift.h"
#include "lift.skel.h"
#include "lift_frames.h"

enum { REPEAT = 500000, ROUNDS = 15 };

static const struct kind {
	const char *title, *words;
	bool known_only; /* RTP is looked up */
	bool known;      /* and found */
} kinds[] = {
    {"no IP", "ethernet arp", false, false},
    {"another TCP connection", "ethernet ipv4 tcp tls", false, false},
    {"another UDP datagram", "ethernet ipv4 udp quic", false, false},
    {"a fragment", "ethernet ipv4-later udp sip-rest", false, false},
    {"SIP", "ethernet ipv4 udp sip-request", false, false},
    {"STUN", "ethernet ipv4 udp stun", false, false},
    {"RTCP", "ethernet ipv4 udp rtcp", false, false},
    {"RTP", "ethernet ipv4 udp rtp", false, false},
    {"RTP, tagged", "ethernet tag ipv4 udp rtp", false, false},
    {"RTP over IPv6", "ethernet ipv6 udp rtp", false, false},
    {"RTP, only known media wanted: unknown", "ethernet ipv4 udp rtp", true, false},
    {"RTP, only known media wanted: known", "ethernet ipv4 udp rtp", true, true},
    {"RTP in IP", "ethernet ipv4 ipv4 udp rtp", false, false},
    {"RTP in VXLAN", "ethernet ipv4 udp vxlan ethernet ipv4 udp rtp", false, false},
    {"RTP in ERSPAN", "ethernet ipv4 gre-numbered erspan-2 ethernet ipv4 udp rtp", false, false},
    {"RTP in GTP-U", "ethernet ipv4 udp gtp ipv4 udp rtp", false, false},
};

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* Nanoseconds a packet; the least so far. */
struct figure {
	uint32_t empty, told, lifted;
	bool is_lifted;
};

_Noreturn static void fail(const char *what)
{
	(void)fprintf(stderr, "talkpath-lift: %s%s\n", what, geteuid() ? "; run it as root" : "");
	exit(1);
}

/* An XDP program that lets everything pass. */
static int nothing_load(void)
{
	static const struct bpf_insn program[] = {
	    {.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS},
	    {.code = BPF_JMP | BPF_EXIT},
	};
	int fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "nothing", "Apache-2.0", program,
	    sizeof(program) / sizeof(program[0]), NULL);

	if (fd < 0) {
		fail("no program can be loaded");
	}
	return fd;
}

static struct lift *lift_load(bool known_only)
{
	struct lift *object = lift__open();

	if (!object) {
		fail("the program is not there");
	}
	object->rodata->lift_settings.known_media_only = known_only;
	if (lift__load(object) != 0) {
		fail("the kernel refuses the program");
	}
	return object;
}

/* Where the frames of lift_frames.h go to, or another port there. */
static void expect(struct lift *object, bool known)
{
	struct lift_endpoint endpoint = {
	    .address = {[10] = 0xff, 0xff, 10, 0, 0, 2}, .port = FRAME_PORT_TO};
	struct lift_ports ports = {{0}};
	uint32_t zero = 0;

	if (known) {
		ports.octets[FRAME_PORT_TO / 8] = 1 << FRAME_PORT_TO % 8;
	}
	if (bpf_map__update_elem(
		object->maps.ports, &zero, sizeof(zero), &ports, sizeof(ports), BPF_ANY) != 0 ||
	    bpf_map__update_elem(object->maps.endpoints, &endpoint, sizeof(endpoint), &zero,
		sizeof(zero), BPF_ANY) != 0) {
		fail("an endpoint cannot be told");
	}
}

static void socket_set(struct lift *object, int socket)
{
	uint32_t queue = 0;

	if (socket < 0) {
		(void)bpf_map__delete_elem(object->maps.sockets, &queue, sizeof(queue), 0);
	} else if (bpf_map__update_elem(object->maps.sockets, &queue, sizeof(queue), &socket,
		       sizeof(socket), BPF_ANY) != 0) {
		fail("no AF_XDP socket here");
	}
}

static bool least_of(uint32_t *least_ns, int program, const struct octets *frame)
{
	struct bpf_test_run_opts run = {
	    .sz = sizeof(run),
	    .data_in = frame->at,
	    .data_size_in = (uint32_t)frame->length,
	    .repeat = REPEAT,
	};

	if (bpf_prog_test_run_opts(program, &run) != 0) {
		fail("a test run failed");
	}
	*least_ns = run.duration < *least_ns ? run.duration : *least_ns;
	return run.retval == XDP_REDIRECT;
}

static void measure(
    struct figure *out, const struct kind *kind, struct lift *object, int nothing, int socket)
{
	struct octets frame = frame_of(kind->words).octets;
	int program = bpf_program__fd(object->progs.lift);

	(void)least_of(&out->empty, nothing, &frame);
	expect(object, kind->known);
	socket_set(object, -1);
	(void)least_of(&out->told, program, &frame);
	socket_set(object, socket);
	out->is_lifted = least_of(&out->lifted, program, &frame);
}

static void print(const struct figure figures[KINDS], bool markdown)
{
	puts(markdown
		 ? "\n| In the kernel, ns a packet | told and counted | and lifted |\n|---|---|---|"
		 : "\nin the kernel, ns a packet               told and counted  and lifted");
	for (size_t i = 0; i < KINDS; i++) {
		const struct figure *f = &figures[i];
		char lifted[16] = "-";

		if (f->is_lifted) {
			(void)snprintf(lifted, sizeof(lifted), "%u", f->lifted - f->empty);
		}
		(void)printf(markdown ? "| %s | %u | %s |\n" : "  %-39s %15u  %10s\n",
		    kinds[i].title, f->told - f->empty, lifted);
	}
}

int main(int argc, char **argv)
{
	bool markdown = argc > 1 && strcmp(argv[1], "--markdown") == 0;
	int nothing = nothing_load(), xdp = socket(AF_XDP, SOCK_RAW | SOCK_CLOEXEC, 0);
	struct lift *any = lift_load(false), *known = lift_load(true);
	struct figure figures[KINDS];

	if (xdp < 0) {
		fail("no AF_XDP sockets here");
	}
	for (size_t i = 0; i < KINDS; i++) {
		figures[i] = (struct figure){UINT32_MAX, UINT32_MAX, UINT32_MAX, false};
	}
	for (int round = 0; round < ROUNDS; round++) {
		for (size_t i = 0; i < KINDS; i++) {
			measure(&figures[i], &kinds[i], kinds[i].known_only ? known : any, nothing,
			    xdp);
		}
	}
	print(figures, markdown);
	lift__destroy(any);
	lift__destroy(known);
	return 0;
}
