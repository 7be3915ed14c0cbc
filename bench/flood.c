/* SPDX-License-Identifier: Apache-2.0 */
/*
 * talkpath-flood INTERFACE calls CALLS: so many two-way calls are set up by SIP.
 * talkpath-flood INTERFACE media CALLS SECONDS [RATE]: their media, 50 packets a second and
 * direction; or RATE packets a second of all of them; 0: as many as can be.
 *
 * INTERFACE is an end of a veth pair at whose other end an XDP program is attached: packets come
 * there without having been a socket's, several times as fast as from one. Prints how many
 * went, and in how many seconds.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "flood.h"
#include "flood.skel.h"

enum {
	BATCH = 64,
	REPEAT_MIN = BATCH,
	REPEAT_MAX = 131072, /* fewer at once take longer each: memory for frames is made anew */
	STEPS_A_SECOND = 20, /* of a rate that was asked for */
	PACKETS_A_SECOND = 50,
	MESSAGE_MAX = 1400
};

static double clock_s(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void fail(const char *what)
{
	(void)fprintf(stderr, "talkpath-flood: %s: %s\n", what, strerror(errno));
	exit(EXIT_FAILURE);
}

/* --- frames --- */

static void put16(unsigned char *at, unsigned value)
{
	at[0] = (unsigned char)(value >> 8);
	at[1] = (unsigned char)value;
}

static void put32(unsigned char *at, unsigned value)
{
	put16(at, value >> 16);
	put16(at + 2, value);
}

/* Ethernet, IPv4 and UDP in front of so many octets. Where these begin. */
static unsigned char *headers_put(unsigned char *frame, unsigned octets, unsigned port)
{
	unsigned char *ip = frame + FLOOD_ETHERNET, *udp = ip + FLOOD_IPV4;

	memset(frame, 0, FLOOD_ETHERNET + FLOOD_IPV4 + FLOOD_UDP);
	frame[0] = frame[6] = 2;
	put16(frame + 12, 0x0800);
	ip[0] = 0x45;
	put16(ip + 2, FLOOD_IPV4 + FLOOD_UDP + octets);
	ip[8] = 64;
	ip[9] = 17;
	put16(udp, port);
	put16(udp + 2, port);
	put16(udp + 4, FLOOD_UDP + octets);
	return udp + FLOOD_UDP;
}

static void media_put(unsigned char frame[FLOOD_FRAME])
{
	unsigned char *rtp = headers_put(frame, FLOOD_RTP + FLOOD_PAYLOAD, FLOOD_PORT);

	memset(rtp, 0, FLOOD_RTP);
	rtp[0] = 0x80;
	memset(rtp + FLOOD_RTP, 0xd5, FLOOD_PAYLOAD);
}

/* --- signalling --- */

/* A message of a call, from side 1 (who calls) or 2. Its octets. */
static int message_put(char *at, unsigned call, unsigned side)
{
	char sdp[256];
	int body = snprintf(sdp, sizeof(sdp),
	    "v=0\r\no=- %u 1 IN IP4 10.%u.%u.%u\r\ns=-\r\nc=IN IP4 10.%u.%u.%u\r\nt=0 0\r\n"
	    "m=audio %u RTP/AVP 0\r\n",
	    call, side, call / FLOOD_PORTS >> 8, call / FLOOD_PORTS & 255, side,
	    call / FLOOD_PORTS >> 8, call / FLOOD_PORTS & 255, FLOOD_CALL_PORT(call));

	return snprintf(at, MESSAGE_MAX,
	    "%s\r\nVia: SIP/2.0/UDP 10.1.0.0:5060;branch=z9hG4bK%u\r\n"
	    "From: <sip:a@example.com>;tag=a%u\r\nTo: <sip:b@example.com>%s\r\n"
	    "Call-ID: %u@flood\r\nCSeq: 1 INVITE\r\nContact: <sip:10.%u.0.0>\r\n"
	    "Content-Type: application/sdp\r\nContent-Length: %d\r\n\r\n%s",
	    side == 1 ? "INVITE sip:b@example.com SIP/2.0" : "SIP/2.0 200 OK", call, call,
	    side == 1 ? "" : ";tag=b", call, side, body, sdp);
}

static void message_send(int fd, unsigned call, unsigned side)
{
	unsigned char frame[FLOOD_ETHERNET + FLOOD_IPV4 + FLOOD_UDP + MESSAGE_MAX];
	char message[MESSAGE_MAX];
	int octets = message_put(message, call, side);
	unsigned char *at = headers_put(frame, (unsigned)octets, 5060);
	size_t length = (size_t)(at - frame) + (size_t)octets;

	memcpy(at, message, (size_t)octets);
	put32(frame + FLOOD_ETHERNET + 12, FLOOD_HOST(side, 0));
	put32(frame + FLOOD_ETHERNET + 16, FLOOD_HOST(3 - side, 0));
	while (send(fd, frame, length, 0) != (ssize_t)length) {
		if (errno != ENOBUFS) {
			fail("a message");
		}
	}
}

static unsigned calls_set_up(unsigned ifindex, unsigned calls)
{
	const struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_ifindex = (int)ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
		fail("a packet socket");
	}
	for (unsigned call = 0; call < calls; call++) {
		message_send(fd, call, 1);
		message_send(fd, call, 2);
	}
	(void)close(fd);
	return 2 * calls;
}

/* --- media --- */

static void frames_run(int program, const unsigned char frame[FLOOD_FRAME], unsigned repeat)
{
	struct bpf_test_run_opts options = {
	    .sz = sizeof(options),
	    .data_in = frame,
	    .data_size_in = FLOOD_FRAME,
	    .repeat = (int)repeat,
	    .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
	    .batch_size = BATCH,
	};

	if (bpf_prog_test_run_opts(program, &options) != 0) {
		fail("live frames (Linux 5.18)");
	}
}

static void media_send(struct flood_bpf *flood, double seconds, double rate)
{
	unsigned char frame[FLOOD_FRAME];
	double begin_s = clock_s(), now_s = begin_s;
	int program = bpf_program__fd(flood->progs.flood);

	media_put(frame);
	while (now_s < begin_s + seconds) {
		double due = rate > 0 ? (now_s - begin_s + 1.0 / STEPS_A_SECOND) * rate -
					    (double)flood->bss->flood_state.sent
				      : REPEAT_MAX;

		if (due >= REPEAT_MIN) {
			frames_run(program, frame, due < REPEAT_MAX ? (unsigned)due : REPEAT_MAX);
		} else {
			(void)usleep(1000000 / STEPS_A_SECOND / 10);
		}
		now_s = clock_s();
	}
	(void)printf(
	    "%llu %.3f\n", (unsigned long long)flood->bss->flood_state.sent, now_s - begin_s);
}

static int media(unsigned ifindex, unsigned calls, double seconds, double rate)
{
	struct flood_bpf *flood = flood_bpf__open_and_load();

	if (!flood) {
		fail("the generator");
	}
	flood->bss->flood_state.streams = 2 * calls;
	flood->bss->flood_state.ifindex = ifindex;
	media_send(flood, seconds, rate);
	flood_bpf__destroy(flood);
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	unsigned ifindex = argc > 3 ? if_nametoindex(argv[1]) : 0;
	unsigned calls = argc > 3 ? (unsigned)strtoul(argv[3], NULL, 10) : 0;
	double rate = argc > 5 ? strtod(argv[5], NULL) : calls * 2.0 * PACKETS_A_SECOND;

	if (ifindex > 0 && calls > 0 && strcmp(argv[2], "calls") == 0) {
		(void)printf("%u\n", calls_set_up(ifindex, calls));
		return EXIT_SUCCESS;
	}
	if (ifindex > 0 && calls > 0 && argc > 4 && strcmp(argv[2], "media") == 0) {
		return media(ifindex, calls, strtod(argv[4], NULL), rate);
	}
	(void)fprintf(stderr, "Usage: talkpath-flood INTERFACE calls CALLS\n"
			      "       talkpath-flood INTERFACE media CALLS SECONDS [RATE]\n");
	return 2;
}
