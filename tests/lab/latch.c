/* SPDX-License-Identifier: Apache-2.0 */
/*
 * latch ADDRESS PORT SSRC SECONDS: a media peer with symmetric RTP, as a provider's server is
 * for phones behind NAT. It waits for a packet and sends G.711 of its own, 50 packets a second,
 * to wherever that packet came from, for SECONDS. SIGUSR1 puts it on hold, SIGUSR2 resumes:
 * the sequence numbers go on, the timestamps have moved by the pause (RFC 3550 5.1).
 *
 * Exit codes: 0 sent for SECONDS, 1 nothing came to latch on or the network failed, 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	FIRST_PACKET_WAIT_MS = 20000,
	PACKET_NS = 20000000,
	SECOND_NS = 1000000000,
	PACKETS_PER_SECOND = 50,
	SAMPLES = 160,
	HEADER = 12,
	SECONDS_MAX = 60
};

struct arguments {
	struct sockaddr_in own;
	uint32_t ssrc;
	unsigned packets;
};

struct sender {
	int fd;
	struct sockaddr_in peer;
	uint32_t ssrc, timestamp;
	uint16_t sequence;
	bool talkspurt; /* the next packet begins one */
};

/* For the signal handlers. */
static volatile sig_atomic_t on_hold;

static void on_signal(int number)
{
	on_hold = number == SIGUSR1;
}

static bool number_parse(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && *out > 0 && *out <= max;
}

static bool arguments_parse(struct arguments *out, int count, char *const *texts)
{
	unsigned long port, ssrc, seconds;

	*out = (struct arguments){.own = {.sin_family = AF_INET}};
	if (count != 5 || inet_pton(AF_INET, texts[1], &out->own.sin_addr) != 1 ||
	    !number_parse(texts[2], UINT16_MAX, &port) ||
	    !number_parse(texts[3], UINT32_MAX, &ssrc) ||
	    !number_parse(texts[4], SECONDS_MAX, &seconds)) {
		return false;
	}
	out->own.sin_port = htons((uint16_t)port);
	out->ssrc = (uint32_t)ssrc;
	out->packets = (unsigned)seconds * PACKETS_PER_SECOND;
	return true;
}

static bool signals_set(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	return sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0;
}

/* The first packet's source is the peer, whatever SDP says. */
static bool latch(struct sender *s)
{
	struct pollfd ready = {.fd = s->fd, .events = POLLIN};
	socklen_t length = sizeof(s->peer);
	uint8_t packet[HEADER];

	return poll(&ready, 1, FIRST_PACKET_WAIT_MS) == 1 &&
	       recvfrom(s->fd, packet, sizeof(packet), 0, (struct sockaddr *)&s->peer, &length) >=
		   0;
}

static void drain(int fd)
{
	uint8_t packet[HEADER];

	for (int i = 0; i < PACKETS_PER_SECOND; i++) {
		if (recv(fd, packet, sizeof(packet), MSG_DONTWAIT) < 0) {
			return;
		}
	}
}

/* A hum in mu-law: neither digital silence nor what the phones play. */
static void payload_fill(uint8_t *out, uint16_t sequence)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		unsigned phase = (i + sequence) % 32;

		out[i] = (uint8_t)((i / 16 % 2 ? 0xA0 : 0x20) + (phase < 16 ? phase : 31 - phase));
	}
}

static void packet_send(struct sender *s)
{
	uint8_t packet[HEADER + SAMPLES] = {0x80, s->talkspurt ? 0x80 : 0x00};
	uint16_t sequence = htons(s->sequence++);
	uint32_t timestamp = htonl(s->timestamp), ssrc = htonl(s->ssrc);

	memcpy(packet + 2, &sequence, sizeof(sequence));
	memcpy(packet + 4, &timestamp, sizeof(timestamp));
	memcpy(packet + 8, &ssrc, sizeof(ssrc));
	payload_fill(packet + HEADER, s->sequence);
	s->talkspurt = false;
	/* What the network does with it is the experiment: a refused packet is a lost one. */
	(void)sendto(
	    s->fd, packet, sizeof(packet), 0, (const struct sockaddr *)&s->peer, sizeof(s->peer));
}

static void stream(struct sender *s, unsigned packets)
{
	struct timespec due;

	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	for (unsigned i = 0; i < packets; i++) {
		if (on_hold) {
			s->talkspurt = true;
		} else {
			packet_send(s);
		}
		s->timestamp += SAMPLES;
		due.tv_nsec += PACKET_NS;
		if (due.tv_nsec >= SECOND_NS) {
			due.tv_nsec -= SECOND_NS;
			due.tv_sec++;
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
		drain(s->fd);
	}
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct sender s = {.talkspurt = true};
	int code = 1;

	if (!arguments_parse(&arguments, argc, argv)) {
		(void)fputs("Usage: latch ADDRESS PORT SSRC SECONDS\n", stderr);
		return 2;
	}
	s.ssrc = arguments.ssrc;
	s.timestamp = arguments.ssrc * 7;
	s.sequence = (uint16_t)(arguments.ssrc >> 16 ^ arguments.ssrc);
	s.fd = socket(AF_INET, SOCK_DGRAM, 0);
	if (s.fd < 0 || !signals_set() ||
	    bind(s.fd, (const struct sockaddr *)&arguments.own, sizeof(arguments.own)) != 0) {
		perror("latch");
	} else if (!latch(&s)) {
		(void)fputs("latch: no packet came to latch on\n", stderr);
	} else {
		stream(&s, arguments.packets);
		code = 0;
	}
	if (s.fd >= 0) {
		(void)close(s.fd);
	}
	return code;
}
