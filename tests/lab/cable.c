/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cable [-o] LEFT RIGHT DELAY_MS JITTER_MS: what comes in at one interface goes out at the other,
 * both ways, DELAY_MS later and up to twice JITTER_MS after that, each frame at random. Frames
 * overtake each other, unless -o keeps them in order. The random numbers are the same in every
 * run. It runs until it is ended.
 *
 * Exit codes: 1 the network failed, 2 usage.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
	ENDS = 2,
	FRAMES = 1024, /* under way at once; more are lost, as in any queue */
	FRAME_MAX = 1600,
	MS_NS = 1000000,
	SECOND_NS = 1000000000,
	TIME_MAX_MS = 10000
};

struct frame {
	int64_t due_ns; /* 0 if the slot is free */
	uint64_t number;
	size_t length;
	int to;
	uint8_t bytes[FRAME_MAX];
};

struct cable {
	int ends[ENDS];
	int64_t delay_ns, jitter_ns;
	bool in_order;
	int64_t latest_ns[ENDS]; /* when the last frame to that end is due */
	uint64_t random, count;
	struct frame frames[FRAMES];
};

static int64_t now_ns(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * SECOND_NS + now.tv_nsec;
}

static bool milliseconds_parse(const char *text, int64_t *out_ns)
{
	char *end;
	unsigned long ms;

	errno = 0;
	ms = strtoul(text, &end, 10);
	*out_ns = (int64_t)ms * MS_NS;
	return errno == 0 && end != text && *end == '\0' && ms <= TIME_MAX_MS;
}

/* Frames that this socket sends do not come back by it. */
static int end_open(const char *interface)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL)};
	const int yes = 1;
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	address.sll_ifindex = (int)if_nametoindex(interface);
	if (fd >= 0 && address.sll_ifindex > 0 &&
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &yes, sizeof(yes)) == 0 &&
	    bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0) {
		return fd;
	}
	perror(interface);
	if (fd >= 0) {
		(void)close(fd);
	}
	return -1;
}

/* From 0 to twice the jitter; xorshift is random enough. */
static int64_t jitter_next(struct cable *c)
{
	c->random ^= c->random << 13;
	c->random ^= c->random >> 7;
	c->random ^= c->random << 17;
	return c->jitter_ns ? (int64_t)(c->random % (uint64_t)(2 * c->jitter_ns)) : 0;
}

static struct frame *frame_free(struct cable *c)
{
	for (size_t i = 0; i < FRAMES; i++) {
		if (c->frames[i].due_ns == 0) {
			return &c->frames[i];
		}
	}
	return NULL;
}

/* The one that is due first, of those due at once the older one; NULL if none is under way. */
static struct frame *frame_first(struct cable *c)
{
	struct frame *first = NULL;

	for (size_t i = 0; i < FRAMES; i++) {
		struct frame *f = &c->frames[i];

		if (f->due_ns != 0 &&
		    (!first || f->due_ns < first->due_ns ||
			(f->due_ns == first->due_ns && f->number < first->number))) {
			first = f;
		}
	}
	return first;
}

/* False if nothing waits at this end. */
static bool frame_take(struct cable *c, int from)
{
	struct frame *f = frame_free(c);
	uint8_t lost[FRAME_MAX];
	ssize_t got = recv(c->ends[from], f ? f->bytes : lost, FRAME_MAX, MSG_DONTWAIT);

	if (got <= 0) {
		return false;
	}
	if (f) {
		f->length = (size_t)got;
		f->to = 1 - from;
		f->number = c->count++;
		f->due_ns = now_ns() + c->delay_ns + jitter_next(c);
		if (c->in_order && f->due_ns < c->latest_ns[f->to]) {
			f->due_ns = c->latest_ns[f->to];
		}
		c->latest_ns[f->to] = f->due_ns;
	}
	return true;
}

/* Those that are due go out; the time until the next one, -1 for ever. */
static int64_t frames_pass(struct cable *c)
{
	struct frame *f;

	while ((f = frame_first(c)) != NULL) {
		int64_t wait_ns = f->due_ns - now_ns();

		if (wait_ns > 0) {
			return wait_ns;
		}
		(void)send(c->ends[f->to], f->bytes, f->length, 0);
		f->due_ns = 0;
	}
	return -1;
}

static int run(struct cable *c)
{
	for (;;) {
		struct pollfd ready[ENDS] = {{c->ends[0], POLLIN, 0}, {c->ends[1], POLLIN, 0}};
		int64_t wait_ns = frames_pass(c);
		struct timespec wait = {wait_ns / SECOND_NS, wait_ns % SECOND_NS};

		if (ppoll(ready, ENDS, wait_ns < 0 ? NULL : &wait, NULL) < 0) {
			perror("cable");
			return 1;
		}
		for (int end = 0; end < ENDS; end++) {
			for (int i = 0; i < FRAMES && frame_take(c, end); i++) {}
		}
	}
}

int main(int argc, char **argv)
{
	static struct cable c = {.random = 88172645463325252};
	int option;

	while ((option = getopt(argc, argv, "o")) == 'o') {
		c.in_order = true;
	}
	if (option != -1 || argc - optind != 4 ||
	    !milliseconds_parse(argv[optind + 2], &c.delay_ns) ||
	    !milliseconds_parse(argv[optind + 3], &c.jitter_ns)) {
		(void)fputs("Usage: cable [-o] LEFT RIGHT DELAY_MS JITTER_MS\n", stderr);
		return 2;
	}
	for (int end = 0; end < ENDS; end++) {
		c.ends[end] = end_open(argv[optind + end]);
		if (c.ends[end] < 0) {
			return 1;
		}
	}
	(void)fputs("passing frames on\n", stderr);
	return run(&c);
}
