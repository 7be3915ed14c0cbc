/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a flow acts in rounds (a train of segments with its acknowledgements, a
 * question and its answer), packet by packet, and rests between them. A round's first packet
 * decides how many follow.
 */
#include "gen_office.h"

#include <stdlib.h>
#include <string.h>

#include "gen_octets.h"

enum {
	FLOWS = 5000,
	HOSTS = 400,
	NOISE = 1 << 17, /* random octets that payloads are cut from */
	PAYLOAD_MAX = 1448,
	SYN = 2,
	ACK = 16,
	ROUNDS_OF_A_PORT = 64 /* then the host opens another one, now and then */
};

static const int64_t us = 1000;
static const double round_packets = 9.8; /* on average over all kinds */

enum kind { BULK, WEB, QUIC, DNS, OTHER_UDP, PING, ARP };

struct flow {
	struct gen_office_flows *all;
	struct gen_random random;
	enum kind kind;
	struct gen_route route; /* host to server */
	uint32_t sequence[2];
	uint32_t step, steps; /* of this round */
	uint8_t dns_id[2];
};

struct gen_office_flows {
	struct gen_file *file;
	int64_t to_ns;
	int64_t rest_ns; /* from round to round, on average */
	uint8_t noise[NOISE];
	struct flow flows[FLOWS];
};

static uint32_t below(struct flow *f, uint32_t limit)
{
	return (uint32_t)(gen_random(&f->random) % limit);
}

static struct gen_route way(const struct flow *f, bool back)
{
	const struct gen_route *r = &f->route;

	return back ? (struct gen_route){r->dst, r->src, 0, 57} : *r;
}

/* `length` octets like encrypted ones, the first of them as given. */
static const uint8_t *payload(struct flow *f, size_t length, const char *first, size_t known)
{
	static uint8_t octets[PAYLOAD_MAX];

	memcpy(octets, f->all->noise + below(f, NOISE - PAYLOAD_MAX), length);
	memcpy(octets, first, known);
	return octets;
}

static void tcp(struct flow *f, int64_t now, bool back, uint8_t flags, size_t length)
{
	struct gen_route route = way(f, back);
	struct gen_segment segment = {f->sequence[back], flags};
	bool begins = f->step == 0;

	gen_tcp(f->all->file, now, &route, &segment, &(struct gen_part){0},
	    payload(f, length, "\x17\x03\x03", begins && length > 3 ? 3 : 0), length);
	f->sequence[back] += (uint32_t)length + (flags & SYN ? 1 : 0);
}

static void udp(
    struct flow *f, int64_t now, bool back, size_t length, const char *first, size_t known)
{
	struct gen_route route = way(f, back);

	gen_udp(f->all->file, now, &route, payload(f, length, first, known), length);
}

/* --- rounds --- */

/* A train of full segments, every second one acknowledged. */
static int64_t bulk(struct flow *f, int64_t now)
{
	if (f->step == 0) {
		f->steps = 6 + 3 * below(f, 8);
	}
	if (f->step % 3 == 2) {
		tcp(f, now, false, ACK, 0);
		return 90 * us;
	}
	tcp(f, now, true, ACK, PAYLOAD_MAX);
	return 12 * us;
}

/* A request, an answer of a few segments, acknowledgements. */
static int64_t web(struct flow *f, int64_t now)
{
	if (f->step == 0) {
		f->steps = 4 + below(f, 4);
		tcp(f, now, false, ACK, 120 + below(f, 700));
		return (int64_t)(5000 + below(f, 40000)) * us;
	}
	if (f->step + 1 == f->steps || f->step % 3 == 0) {
		tcp(f, now, false, ACK, 0);
	} else {
		tcp(f, now, true, ACK, 200 + below(f, PAYLOAD_MAX - 200));
	}
	return 60 * us;
}

static int64_t quic(struct flow *f, int64_t now)
{
	if (f->step == 0) {
		f->steps = 5 + 5 * below(f, 4);
	}
	if (f->step % 5 == 4) {
		udp(f, now, false, 33 + below(f, 12), "\x45", 1);
	} else {
		udp(f, now, true, 1250 + below(f, 100), "\x52", 1);
	}
	return 15 * us;
}

static int64_t dns(struct flow *f, int64_t now)
{
	char header[12] = {0, 0, 1, 0, 0, 1};
	bool answer = f->step == 1;

	f->steps = 2;
	if (!answer) {
		put16(f->dns_id, below(f, 65536));
		f->route.src.port = (uint16_t)(1024 + below(f, 64000));
	}
	memcpy(header, f->dns_id, 2);
	if (answer) {
		header[2] = (char)0x81;
		header[3] = (char)0x80;
		header[7] = 2;
	}
	udp(f, now, answer, answer ? 90 + below(f, 200) : 30 + below(f, 30), header, 12);
	return 12000 * us;
}

/* A VPN of WireGuard's kind. */
static int64_t other_udp(struct flow *f, int64_t now)
{
	f->steps = 6;
	udp(f, now, f->step % 2, f->step % 2 ? 1424 : 96 + below(f, 64), "\x04\0\0\0", 4);
	return 300 * us;
}

static int64_t ping(struct flow *f, int64_t now)
{
	struct gen_route route = way(f, f->step == 1);

	f->steps = 2;
	gen_icmp(f->all->file, now, &route, payload(f, 64, f->step ? "\0\0" : "\x08\0", 2), 64);
	return 15000 * us;
}

static int64_t arp(struct flow *f, int64_t now)
{
	static const uint8_t head[22] = {
	    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2, 0, 0, 0, 0, 2, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1};
	uint8_t frame[60] = {0};

	f->steps = 1;
	memcpy(frame, head, sizeof(head));
	memcpy(frame + 28, f->route.src.address, 4);
	memcpy(frame + 38, f->route.dst.address, 4);
	gen_frame(f->all->file, now, frame, sizeof(frame));
	return 0;
}

/* Connections end and others begin. */
static void port_change(struct flow *f, int64_t now)
{
	if (f->kind > QUIC || below(f, ROUNDS_OF_A_PORT) != 0) {
		return;
	}
	f->route.src.port = (uint16_t)(32768 + below(f, 28000));
	if (f->kind != QUIC) {
		tcp(f, now, false, SYN, 0);
		tcp(f, now, true, SYN | ACK, 0);
		tcp(f, now, false, ACK, 0);
	}
}

static bool flow_act(void *self, int64_t *next_ns)
{
	static int64_t (*const kinds[])(struct flow *, int64_t) = {
	    [BULK] = bulk,
	    [WEB] = web,
	    [QUIC] = quic,
	    [DNS] = dns,
	    [OTHER_UDP] = other_udp,
	    [PING] = ping,
	    [ARP] = arp,
	};
	struct flow *f = self;
	int64_t pause;

	if (*next_ns >= f->all->to_ns) {
		return false;
	}
	if (f->step == 0) {
		port_change(f, *next_ns);
	}
	pause = kinds[f->kind](f, *next_ns);
	if (++f->step >= f->steps) {
		f->step = 0;
		pause += (int64_t)(gen_random_unit(&f->random) * 2 * (double)f->all->rest_ns);
	}
	*next_ns += pause;
	return true;
}

/* --- all of them --- */

static enum kind kind_of(unsigned number)
{
	/* Of 100 flows. */
	static const struct {
		unsigned below;
		enum kind kind;
	} shares[] = {{36, BULK}, {58, WEB}, {72, QUIC}, {88, DNS}, {94, OTHER_UDP}, {97, PING}};

	for (size_t i = 0; i < sizeof(shares) / sizeof(shares[0]); i++) {
		if (number % 100 < shares[i].below) {
			return shares[i].kind;
		}
	}
	return ARP;
}

static void flow_init(struct flow *f, unsigned number, uint64_t seed)
{
	static const uint16_t ports[] = {
	    [BULK] = 443, [WEB] = 443, [QUIC] = 443, [DNS] = 53, [OTHER_UDP] = 51820, [ARP] = 0};
	uint32_t host = number % HOSTS;

	f->random.state = seed ^ (number + 1) * 0x9fb21c651e98df25U;
	f->kind = kind_of(number / 7);
	f->route = (struct gen_route){
	    .src = {.address = {10, 20, (uint8_t)(host / 200), (uint8_t)(1 + host % 200)}},
	    .dst = {.address = {198, 18, (uint8_t)below(f, 16), (uint8_t)below(f, 250)}},
	    .ttl = 64,
	};
	f->route.src.port = (uint16_t)(32768 + below(f, 28000));
	f->route.dst.port = ports[f->kind];
	f->sequence[0] = below(f, UINT32_MAX);
	f->sequence[1] = below(f, UINT32_MAX);
}

struct gen_office_flows *gen_office_add(
    struct gen_agenda *agenda, struct gen_file *file, const struct gen_office *what)
{
	struct gen_office_flows *all = calloc(1, sizeof(*all));
	struct gen_random random = {what->seed};

	if (!all) {
		abort();
	}
	all->file = file;
	all->to_ns = what->to_ns;
	all->rest_ns = (int64_t)((double)(what->to_ns - what->from_ns) * FLOWS * round_packets /
				 (double)what->packets);
	for (size_t i = 0; i < NOISE; i += 8) {
		uint64_t eight = gen_random(&random);

		memcpy(all->noise + i, &eight, 8);
	}
	for (unsigned i = 0; i < FLOWS; i++) {
		struct flow *f = &all->flows[i];

		f->all = all;
		flow_init(f, i, what->seed);
		gen_agenda_add(agenda,
		    (struct gen_actor){
			what->from_ns + (int64_t)(gen_random_unit(&random) * (double)all->rest_ns),
			flow_act, f});
	}
	return all;
}

void gen_office_free(struct gen_office_flows *flows)
{
	free(flows);
}
