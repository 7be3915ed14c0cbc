/* SPDX-License-Identifier: Apache-2.0 */
/*
 * latch [OPTION]... ADDRESS PORT SSRC SECONDS: a media peer with symmetric RTP, as a provider's
 * server is for phones behind NAT. It waits for a packet and sends G.711 of its own, 50 packets a
 * second, to wherever that packet came from, for SECONDS. SIGUSR1 puts it on hold, SIGUSR2
 * resumes: the sequence numbers go on, the timestamps have moved by the pause (RFC 3550 5.1).
 *
 *   -f        follow: whenever packets come from elsewhere, send there
 *   -h        begin on hold: nothing is sent, and nothing is latched on, before SIGUSR2
 *   -l N      late: begin N seconds after the first packet came
 *   -r        report: an SR with a report block each second, on the port of RTP (RFC 5761)
 *   -t A:P    trust: send to this address at once and for ever, wherever packets come from
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
	WAKE_NS = 1000000,
	PACKETS_PER_SECOND = 50,
	SAMPLES = 160,
	HEADER = 12,
	PACKET_MAX = HEADER + SAMPLES,
	SR_WORDS = 13, /* a sender report with one report block, RFC 3550 6.4.1 */
	SR_TYPE = 200,
	SR_SENDER = 28, /* octets of a sender report up to its report blocks */
	SDES_WORDS = 4, /* SSRC, "lab" as CNAME, end */
	SECONDS_MAX = 60,
	LINGER_NS = 500000000 /* so that nothing that still comes is refused */
};

static const uint32_t ntp_to_unix_s = 2208988800; /* from 1900 to 1970 */

struct arguments {
	struct sockaddr_storage own, trusted;
	uint32_t ssrc;
	unsigned packets, late;
	bool follow, report;
};

/* What is known of the other side's stream, for the report block. */
struct received {
	uint32_t ssrc, highest, first, packets;
	uint32_t expected_before, packets_before; /* at the last report */
	uint32_t last_sr;                         /* the middle of its NTP time, as it came */
	struct timespec last_sr_time;             /* of the monotonic clock, when it came */
};

struct sender {
	const struct arguments *arguments;
	int fd;
	struct sockaddr_storage peer;
	uint32_t ssrc, timestamp, packets;
	uint16_t sequence;
	bool talkspurt; /* the next packet begins one */
	struct received received;
};

/* For the signal handlers. */
static volatile sig_atomic_t on_hold;

static void on_signal(int number)
{
	on_hold = number == SIGUSR1;
}

/* --- arguments --- */

static bool number_parse(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 0);
	return errno == 0 && end != text && *end == '\0' && *out > 0 && *out <= max;
}

static bool address_parse(struct sockaddr_storage *out, const char *address, const char *port)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;
	unsigned long number;

	if (!number_parse(port, UINT16_MAX, &number)) {
		return false;
	}
	if (inet_pton(AF_INET, address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)number);
		return true;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)number);
	return inet_pton(AF_INET6, address, &v6->sin6_addr) == 1;
}

static bool trusted_parse(struct sockaddr_storage *out, char *text)
{
	char *colon = strrchr(text, ':');

	if (!colon) {
		return false;
	}
	*colon = '\0';
	return address_parse(out, text, colon + 1);
}

static bool options_parse(struct arguments *out, int count, char *const *texts)
{
	unsigned long late;
	int option;

	while ((option = getopt(count, texts, "fhl:rt:")) != -1) {
		switch (option) {
		case 'f':
			out->follow = true;
			break;
		case 'h':
			on_hold = 1;
			break;
		case 'r':
			out->report = true;
			break;
		case 'l':
			if (!number_parse(optarg, SECONDS_MAX, &late)) {
				return false;
			}
			out->late = (unsigned)late;
			break;
		case 't':
			if (!trusted_parse(&out->trusted, optarg)) {
				return false;
			}
			break;
		default:
			return false;
		}
	}
	return true;
}

static bool arguments_parse(struct arguments *out, int count, char *const *texts)
{
	unsigned long ssrc, seconds;

	*out = (struct arguments){0};
	if (!options_parse(out, count, texts) || count - optind != 4 ||
	    !address_parse(&out->own, texts[optind], texts[optind + 1]) ||
	    !number_parse(texts[optind + 2], UINT32_MAX, &ssrc) ||
	    !number_parse(texts[optind + 3], SECONDS_MAX, &seconds)) {
		return false;
	}
	out->ssrc = (uint32_t)ssrc;
	out->packets = (unsigned)seconds * PACKETS_PER_SECOND;
	return true;
}

static bool signals_set(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};

	return sigaction(SIGUSR1, &action, NULL) == 0 && sigaction(SIGUSR2, &action, NULL) == 0;
}

/* --- what comes in --- */

/* Sequence numbers as far as a report needs them: extended, in order, from one source. */
static void received_note(struct received *r, const uint8_t *packet)
{
	uint16_t sequence = (uint16_t)(packet[2] << 8 | packet[3]);

	if (r->packets++ == 0) {
		memcpy(&r->ssrc, packet + 8, sizeof(r->ssrc));
		r->first = r->highest = sequence;
	} else {
		r->highest += (uint16_t)(sequence - (uint16_t)r->highest);
	}
}

static void report_note(struct received *r, const uint8_t *packet)
{
	memcpy(&r->last_sr, packet + 10, sizeof(r->last_sr));
	(void)clock_gettime(CLOCK_MONOTONIC, &r->last_sr_time);
}

/* False if nothing is there. */
static bool packet_receive(struct sender *s)
{
	struct sockaddr_storage from = {0};
	socklen_t length = sizeof(from);
	uint8_t packet[PACKET_MAX];
	ssize_t got = recvfrom(
	    s->fd, packet, sizeof(packet), MSG_DONTWAIT, (struct sockaddr *)&from, &length);

	if (got < 0) {
		return false;
	}
	if (s->peer.ss_family == AF_UNSPEC ||
	    (s->arguments->follow && s->arguments->trusted.ss_family == AF_UNSPEC)) {
		s->peer = from;
	}
	if (got >= HEADER && (packet[1] & 0x7F) == 0) {
		received_note(&s->received, packet);
	} else if (got >= SR_SENDER && packet[1] == SR_TYPE) {
		report_note(&s->received, packet);
	}
	return true;
}

static void drain(struct sender *s)
{
	for (int i = 0; i < PACKETS_PER_SECOND && packet_receive(s); i++) {}
}

/* The first packet's source is the peer, whatever SDP says. */
static bool latch(struct sender *s)
{
	struct pollfd ready = {.fd = s->fd, .events = POLLIN};

	return poll(&ready, 1, FIRST_PACKET_WAIT_MS) == 1 && packet_receive(s);
}

/* --- what goes out --- */

static void packet_send(const struct sender *s, const void *packet, size_t length)
{
	socklen_t peer = s->peer.ss_family == AF_INET6 ? sizeof(struct sockaddr_in6)
						       : sizeof(struct sockaddr_in);

	/* What the network does with it is the experiment: a refused packet is a lost one. */
	(void)sendto(s->fd, packet, length, 0, (const struct sockaddr *)&s->peer, peer);
}

/* A hum in mu-law: neither digital silence nor what the phones play. */
static void payload_fill(uint8_t *out, uint16_t sequence)
{
	for (unsigned i = 0; i < SAMPLES; i++) {
		unsigned phase = (i + sequence) % 32;

		out[i] = (uint8_t)((i / 16 % 2 ? 0xA0 : 0x20) + (phase < 16 ? phase : 31 - phase));
	}
}

static void audio_send(struct sender *s)
{
	uint8_t packet[PACKET_MAX] = {0x80, s->talkspurt ? 0x80 : 0x00};
	uint16_t sequence = htons(s->sequence++);
	uint32_t timestamp = htonl(s->timestamp), ssrc = htonl(s->ssrc);

	memcpy(packet + 2, &sequence, sizeof(sequence));
	memcpy(packet + 4, &timestamp, sizeof(timestamp));
	memcpy(packet + 8, &ssrc, sizeof(ssrc));
	payload_fill(packet + HEADER, s->sequence);
	s->talkspurt = false;
	s->packets++;
	packet_send(s, packet, sizeof(packet));
}

/* Fraction and number lost, RFC 3550 A.3: of what was expected since the last report, and ever. */
static uint32_t losses(struct received *r)
{
	uint32_t expected = r->highest - r->first + 1;
	uint32_t due = expected - r->expected_before, came = r->packets - r->packets_before;
	uint32_t fraction = due > came ? ((due - came) << 8) / due : 0;
	uint32_t lost = expected > r->packets ? expected - r->packets : 0;

	r->expected_before = expected;
	r->packets_before = r->packets;
	return fraction << 24 | lost;
}

/* Since the other side's last report, 1/65536 s; 0 if there was none. */
static uint32_t since_last_sr(const struct received *r)
{
	struct timespec now;
	int64_t ns;

	if (r->last_sr == 0) {
		return 0;
	}
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	ns = (int64_t)(now.tv_sec - r->last_sr_time.tv_sec) * SECOND_NS + now.tv_nsec -
	     r->last_sr_time.tv_nsec;
	return (uint32_t)(ns * 65536 / SECOND_NS);
}

/* SR and SDES, RFC 3550 6.4.1 and 6.5; without a report block before anything came. */
static void report_send(struct sender *s)
{
	uint32_t words[SR_WORDS + SDES_WORDS] = {0}, *next = words;
	bool known = s->received.packets > 0;
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	*next++ = htonl(0x80C80000 | (known ? 1u << 24 : 0) | (known ? SR_WORDS - 1 : 6));
	*next++ = htonl(s->ssrc);
	*next++ = htonl((uint32_t)now.tv_sec + ntp_to_unix_s);
	*next++ = htonl((uint32_t)(((uint64_t)now.tv_nsec << 32) / SECOND_NS));
	*next++ = htonl(s->timestamp);
	*next++ = htonl(s->packets);
	*next++ = htonl(s->packets * SAMPLES);
	if (known) {
		*next++ = s->received.ssrc;
		*next++ = htonl(losses(&s->received));
		*next++ = htonl(s->received.highest);
		next++; /* jitter: none */
		*next++ = s->received.last_sr;
		*next++ = htonl(since_last_sr(&s->received));
	}
	*next++ = htonl(0x81CA0000 | (SDES_WORDS - 1));
	*next++ = htonl(s->ssrc);
	memcpy(next, "\1\3lab", 5);
	packet_send(s, words, (size_t)((uint8_t *)(next + 2) - (uint8_t *)words));
}

/* --- the call --- */

static void stream(struct sender *s)
{
	struct timespec due;

	(void)clock_gettime(CLOCK_MONOTONIC, &due);
	for (unsigned i = 0; i < s->arguments->packets; i++) {
		if (on_hold) {
			s->talkspurt = true;
		} else {
			audio_send(s);
		}
		if (s->arguments->report && i % PACKETS_PER_SECOND == PACKETS_PER_SECOND - 1) {
			report_send(s);
		}
		s->timestamp += SAMPLES;
		due.tv_nsec += PACKET_NS;
		if (due.tv_nsec >= SECOND_NS) {
			due.tv_nsec -= SECOND_NS;
			due.tv_sec++;
		}
		while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL) == EINTR) {}
		drain(s);
	}
}

static int talk(struct sender *s)
{
	const struct arguments *a = s->arguments;

	s->peer = a->trusted;
	while (on_hold) {
		(void)nanosleep(&(struct timespec){.tv_nsec = WAKE_NS}, NULL);
	}
	if (s->peer.ss_family == AF_UNSPEC && !latch(s)) {
		(void)fputs("latch: no packet came to latch on\n", stderr);
		return 1;
	}
	for (unsigned left = a->late; left > 0; left = sleep(left)) {}
	stream(s);
	(void)nanosleep(&(struct timespec){.tv_nsec = LINGER_NS}, NULL);
	return 0;
}

int main(int argc, char **argv)
{
	struct arguments arguments;
	struct sender s = {.arguments = &arguments, .talkspurt = true};
	int code = 1;

	if (!arguments_parse(&arguments, argc, argv)) {
		(void)fputs("Usage: latch [-fhr] [-l SECONDS] [-t ADDRESS:PORT] "
			    "ADDRESS PORT SSRC SECONDS\n",
		    stderr);
		return 2;
	}
	s.ssrc = arguments.ssrc;
	s.timestamp = arguments.ssrc * 7;
	s.sequence = (uint16_t)(arguments.ssrc >> 16 ^ arguments.ssrc);
	s.fd = socket(arguments.own.ss_family, SOCK_DGRAM, 0);
	if (s.fd < 0 || !signals_set() ||
	    bind(s.fd, (const struct sockaddr *)&arguments.own, sizeof(arguments.own)) != 0) {
		perror("latch");
	} else {
		code = talk(&s);
	}
	if (s.fd >= 0) {
		(void)close(s.fd);
	}
	return code;
}
