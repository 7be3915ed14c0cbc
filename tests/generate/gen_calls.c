/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: every call and every stream is an actor that knows when it acts next; a
 * heap of actors gives the packets in the order of time without holding them. A stream draws
 * each packet's fate when it is sent and keeps the few that are under way in a list sorted by
 * arrival. Its truth is kept by definition: which sequence numbers arrived, in which order.
 */
#include "gen_calls.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNDER_WAY_MAX = 64, PTIME_MS = 20, TICKS = 160, SIP_PORT = 5060 };

static const int64_t ms = 1000000;
static const int64_t epoch_ns = 1767225600LL * 1000000000; /* 2026-01-01 */
static const int64_t answer_after_ns = 1000LL * 1000000;

struct arrival {
	int64_t time_ns;
	uint32_t number;
};

struct stream {
	struct gen_random random;
	int64_t start_ns;
	uint32_t count, sent;
	uint16_t first_sequence;
	uint32_t first_timestamp;
	unsigned under_way;
	struct arrival arrivals[UNDER_WAY_MAX]; /* the next one last */
	/* truth */
	uint8_t *seen;
	uint32_t lowest, highest;
	int64_t last_arrival_ns;
	uint32_t last_number;
	double jitter_ms, jitter_sum_ms;
	uint32_t jitter_count;
	struct gen_truth truth;
};

struct call {
	uint32_t number;
	int64_t start_ns;
	int64_t end_ns;
	unsigned step;
	struct gen_route sip; /* caller to callee */
	struct gen_end caller_media, callee_media;
};

struct actor {
	int64_t next_ns;
	struct call *call; /* or */
	struct stream *stream;
};

struct world {
	struct gen_file *file;
	const struct gen_calls *what;
	struct actor *heap;
	size_t actors;
};

/* --- streams --- */

static bool chance(struct stream *s, double pct)
{
	return gen_random_unit(&s->random) * 100 < pct;
}

static void arrival_add(const struct world *w, struct stream *s, int64_t time_ns, uint32_t number)
{
	unsigned i = s->under_way;

	if (i == UNDER_WAY_MAX) {
		abort(); /* delays are far too short for that */
	}
	time_ns = gen_time_kept(w->file, time_ns);
	while (i > 0 && s->arrivals[i - 1].time_ns <= time_ns) {
		s->arrivals[i] = s->arrivals[i - 1];
		i--;
	}
	s->arrivals[i] = (struct arrival){time_ns, number};
	s->under_way++;
}

static int64_t send_time(const struct stream *s, uint32_t number)
{
	return s->start_ns + (int64_t)number * PTIME_MS * ms;
}

static void packet_send(const struct world *w, struct stream *s)
{
	const struct gen_calls *what = w->what;
	uint32_t number = s->sent++;
	double delay_ms = gen_random_unit(&s->random) * what->jitter_ms;
	bool lost = chance(s, what->loss_pct);

	if (chance(s, what->reorder_pct)) {
		delay_ms += 25 + gen_random_unit(&s->random) * 30;
	}
	if (!lost) {
		int64_t time_ns = send_time(s, number) + (int64_t)(delay_ms * (double)ms);

		arrival_add(w, s, time_ns, number);
		if (chance(s, what->duplicate_pct)) {
			double later_ms = gen_random_unit(&s->random) * 50;

			arrival_add(w, s, time_ns + (int64_t)(later_ms * (double)ms), number);
		}
	}
}

/* Send until no packet still to be sent can arrive before the next one under way. */
static bool stream_next(const struct world *w, struct stream *s, int64_t *next_ns)
{
	while (s->sent < s->count &&
	       (s->under_way == 0 || s->arrivals[s->under_way - 1].time_ns >=
					 gen_time_kept(w->file, send_time(s, s->sent)))) {
		packet_send(w, s);
	}
	if (s->under_way == 0) {
		return false;
	}
	*next_ns = s->arrivals[s->under_way - 1].time_ns;
	return true;
}

/* RFC 3550 6.4.1 as it is written there, in ms. */
static void truth_jitter(struct stream *s, const struct arrival *a)
{
	if (s->truth.packets > s->truth.duplicates + 1) {
		double arrived = (double)(a->time_ns - s->last_arrival_ns) / (double)ms;
		double sent = ((double)a->number - (double)s->last_number) * PTIME_MS;

		s->jitter_ms += (fabs(arrived - sent) - s->jitter_ms) / 16;
		s->jitter_sum_ms += s->jitter_ms;
		s->jitter_count++;
		if (s->jitter_ms > s->truth.jitter_max_ms) {
			s->truth.jitter_max_ms = s->jitter_ms;
		}
	}
	s->last_arrival_ns = a->time_ns;
	s->last_number = a->number;
}

static void truth_take(struct stream *s, const struct arrival *a)
{
	bool first = s->truth.packets++ == 0;

	if (s->seen[a->number]) {
		s->truth.duplicates++;
		return;
	}
	s->seen[a->number] = 1;
	if (first) {
		s->lowest = s->highest = a->number;
	} else if (a->number < s->highest) {
		s->truth.reordered++;
	}
	s->lowest = a->number < s->lowest ? a->number : s->lowest;
	s->highest = a->number > s->highest ? a->number : s->highest;
	truth_jitter(s, a);
}

static void stream_act(struct world *w, struct stream *s)
{
	const struct arrival *a = &s->arrivals[--s->under_way];

	truth_take(s, a);
	gen_rtp(w->file, a->time_ns, &s->truth.route,
	    &(struct gen_rtp){
		.marker = a->number == 0,
		.sequence = (uint16_t)(s->first_sequence + a->number),
		.timestamp = s->first_timestamp + a->number * TICKS,
		.ssrc = s->truth.ssrc,
		.octets = TICKS,
	    });
}

static void stream_init(struct stream *s, const struct gen_calls *what, uint64_t number,
    int64_t start_ns, struct gen_end src, struct gen_end dst)
{
	s->random.state = what->seed ^ (number + 1) * 0xd1342543de82ef95U;
	s->start_ns = start_ns;
	s->count = (uint32_t)(what->seconds * 1000 / PTIME_MS);
	s->first_sequence = (uint16_t)gen_random(&s->random);
	s->first_timestamp = (uint32_t)gen_random(&s->random);
	s->truth.ssrc = (uint32_t)gen_random(&s->random);
	s->truth.route = (struct gen_route){src, dst, 46, 64};
	s->seen = calloc(s->count, 1);
	if (!s->seen) {
		abort();
	}
}

static void stream_finish(struct stream *s)
{
	s->truth.sent = s->sent;
	if (s->truth.packets > 0) {
		s->truth.expected = s->highest - s->lowest + 1;
		s->truth.lost = s->truth.expected - (s->truth.packets - s->truth.duplicates);
	}
	if (s->jitter_count > 0) {
		s->truth.jitter_mean_ms = s->jitter_sum_ms / s->jitter_count;
	}
	free(s->seen);
}

/* --- calls --- */

static const char *host_text(const struct gen_end *end, char out[64])
{
	if (end->ipv6) {
		(void)snprintf(out, 64, "[2001:db8:%x::%x:%x]", end->address[5],
		    end->address[12] << 8 | end->address[13],
		    end->address[14] << 8 | end->address[15]);
	} else {
		(void)snprintf(out, 64, "%u.%u.%u.%u", end->address[0], end->address[1],
		    end->address[2], end->address[3]);
	}
	return out;
}

static size_t sdp_text(char *out, size_t size, const struct gen_end *media)
{
	char host[64];
	size_t length = strlen(host_text(media, host));
	const char *bare = media->ipv6 ? (host[length - 1] = '\0', host + 1) : host;
	const char *family = media->ipv6 ? "IP6" : "IP4";

	return (size_t)snprintf(out, size,
	    "v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n"
	    "m=audio %u RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\na=sendrecv\r\n",
	    family, bare, family, bare, media->port);
}

static void sip_put(struct world *w, const struct call *c, int64_t time_ns, bool from_caller,
    const char *start_line, const char *method, unsigned cseq, const struct gen_end *media)
{
	char text[2048], body[512] = "", caller[64], callee[64];
	struct gen_route route = c->sip;
	size_t body_length = media ? sdp_text(body, sizeof(body), media) : 0;
	const char *to_tag = c->step > 1 ? ";tag=b1" : "";
	int length;

	if (!from_caller) {
		route.src = c->sip.dst;
		route.dst = c->sip.src;
	}
	length = snprintf(text, sizeof(text),
	    "%s\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK%08x%s;rport\r\n"
	    "From: <sip:%u@%s>;tag=a%u\r\nTo: <sip:200@%s>%s\r\nCall-ID: gen-%llu-%u@%s\r\n"
	    "CSeq: %u %s\r\nContact: <sip:%s@%s:%u>\r\nMax-Forwards: 70\r\n"
	    "User-Agent: talkpath-generator\r\n%sContent-Length: %zu\r\n\r\n%s",
	    start_line, host_text(&c->sip.src, caller), c->sip.src.port, c->number, method,
	    1000 + c->number, host_text(&c->sip.dst, callee), c->number, callee, to_tag,
	    (unsigned long long)w->what->seed, c->number, caller, cseq, method,
	    from_caller ? "phone" : "server", from_caller ? caller : callee, route.src.port,
	    body_length ? "Content-Type: application/sdp\r\n" : "", body_length, body);
	gen_udp(w->file, time_ns, &route, text, (size_t)length);
}

/* INVITE, 180, 200, ACK, BYE, 200 */
static bool call_act(struct world *w, struct call *c, int64_t *next_ns)
{
	int64_t now = *next_ns;
	char invite[96], ack[96], bye[96], host[64];

	host_text(&c->sip.dst, host);
	(void)snprintf(invite, sizeof(invite), "INVITE sip:200@%s SIP/2.0", host);
	(void)snprintf(ack, sizeof(ack), "ACK sip:200@%s SIP/2.0", host);
	(void)snprintf(bye, sizeof(bye), "BYE sip:200@%s SIP/2.0", host);
	switch (c->step) {
	case 0:
		sip_put(w, c, now, true, invite, "INVITE", 1, &c->caller_media);
		*next_ns = now + 100 * ms;
		break;
	case 1:
		sip_put(w, c, now, false, "SIP/2.0 180 Ringing", "INVITE", 1, NULL);
		*next_ns = c->start_ns + answer_after_ns;
		break;
	case 2:
		sip_put(w, c, now, false, "SIP/2.0 200 OK", "INVITE", 1, &c->callee_media);
		*next_ns = now + 10 * ms;
		break;
	case 3:
		sip_put(w, c, now, true, ack, "ACK", 1, NULL);
		*next_ns = c->end_ns;
		break;
	case 4:
		sip_put(w, c, now, true, bye, "BYE", 2, NULL);
		*next_ns = now + 20 * ms;
		break;
	case 5:
		sip_put(w, c, now, false, "SIP/2.0 200 OK", "BYE", 2, NULL);
		break;
	}
	return ++c->step < 6;
}

static struct gen_end end_of(
    const struct gen_calls *what, uint8_t net, uint32_t number, uint16_t port)
{
	struct gen_end end = {.ipv6 = what->ipv6, .port = port};

	if (what->ipv6) {
		uint8_t address[16] = {0x20, 0x01, 0x0d, 0xb8, 0, net, 0, 0, 0, 0, 0, 0,
		    (uint8_t)(number >> 24), (uint8_t)(number >> 16), (uint8_t)(number >> 8),
		    (uint8_t)number};
		memcpy(end.address, address, sizeof(address));
	} else {
		uint8_t address[4] = {10, net, (uint8_t)(number >> 8), (uint8_t)number};
		memcpy(end.address, address, sizeof(address));
	}
	return end;
}

/* --- the heap --- */

static void heap_down(struct world *w, size_t i)
{
	for (;;) {
		size_t least = i;
		struct actor swap;

		for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < w->actors; child++) {
			if (w->heap[child].next_ns < w->heap[least].next_ns) {
				least = child;
			}
		}
		if (least == i) {
			return;
		}
		swap = w->heap[i];
		w->heap[i] = w->heap[least];
		w->heap[least] = swap;
		i = least;
	}
}

static void actor_add(struct world *w, struct actor actor)
{
	size_t i = w->actors++;

	while (i > 0 && w->heap[(i - 1) / 2].next_ns > actor.next_ns) {
		w->heap[i] = w->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	w->heap[i] = actor;
}

static void world_run(struct world *w)
{
	while (w->actors > 0) {
		struct actor *a = &w->heap[0];
		bool more;

		if (a->call) {
			more = call_act(w, a->call, &a->next_ns);
		} else {
			stream_act(w, a->stream);
			more = stream_next(w, a->stream, &a->next_ns);
		}
		if (!more) {
			w->heap[0] = w->heap[--w->actors];
		}
		heap_down(w, 0);
	}
}

static void call_add(struct world *w, struct call *call, struct stream *streams, uint32_t number)
{
	const struct gen_calls *what = w->what;
	struct actor actor;
	int64_t start = epoch_ns + (int64_t)(what->spread_seconds * 1e9 * number / what->calls);
	uint16_t port = (uint16_t)(16384 + number / 200 % 8192 * 2);

	*call = (struct call){
	    .number = number,
	    .start_ns = start,
	    .end_ns = start + answer_after_ns + (int64_t)(what->seconds * 1e9) + 200 * ms,
	    .sip = {end_of(what, 1, number, SIP_PORT), end_of(what, 9, 1, SIP_PORT), 26, 64},
	    .caller_media = end_of(what, 1, number, port),
	    .callee_media = end_of(what, 9, 2 + number % 200, (uint16_t)(20000 + number / 200 * 2)),
	};
	if (!what->no_signalling) {
		actor_add(w, (struct actor){.next_ns = start, .call = call});
	}
	for (unsigned i = 0; i < 2; i++) {
		/* The two directions do not tick together. */
		int64_t begin = start + answer_after_ns + 20 * ms + (int64_t)i * 7 * ms +
				(int64_t)(number % 20) * ms;

		stream_init(&streams[i], what, number * 2ULL + i, begin,
		    i ? call->callee_media : call->caller_media,
		    i ? call->caller_media : call->callee_media);
		actor = (struct actor){.stream = &streams[i]};
		if (stream_next(w, &streams[i], &actor.next_ns)) {
			actor_add(w, actor);
		}
	}
}

bool gen_calls(struct gen_file *file, const struct gen_calls *what, struct gen_truth **truths)
{
	struct world w = {.file = file, .what = what};
	struct call *calls = calloc(what->calls, sizeof(*calls));
	struct stream *streams = calloc(what->calls, 2 * sizeof(*streams));

	w.heap = calloc(what->calls, 3 * sizeof(*w.heap));
	*truths = calloc(what->calls, 2 * sizeof(**truths));
	if (!calls || !streams || !w.heap || !*truths) {
		abort();
	}
	for (uint32_t i = 0; i < what->calls; i++) {
		call_add(&w, &calls[i], &streams[2 * i], i);
	}
	world_run(&w);
	for (uint32_t i = 0; i < 2 * what->calls; i++) {
		stream_finish(&streams[i]);
		(*truths)[i] = streams[i].truth;
	}
	free(w.heap);
	free(streams);
	free(calls);
	return !file->failed;
}

static const char *end_text(const struct gen_end *end, char out[80])
{
	char host[64];

	(void)snprintf(out, 80, "%s:%u", host_text(end, host), end->port);
	return out;
}

bool gen_truth_write(const char *path, const struct gen_calls *what, const struct gen_truth *truths)
{
	FILE *out = fopen(path, "w");
	char src[80], dst[80];

	if (!out) {
		return false;
	}
	(void)fprintf(out, "{\"seed\": %llu, \"calls\": %u, \"streams\": [\n",
	    (unsigned long long)what->seed, what->calls);
	for (uint32_t i = 0; i < 2 * what->calls; i++) {
		const struct gen_truth *t = &truths[i];

		(void)fprintf(out,
		    "{\"src\": \"%s\", \"dst\": \"%s\", \"ssrc\": \"0x%08x\", \"sent\": %u, "
		    "\"packets\": %u, \"expected\": %u, \"lost\": %u, \"duplicates\": %u, "
		    "\"reordered\": %u, \"jitter_mean_ms\": %.9f, \"jitter_max_ms\": %.9f}%s\n",
		    end_text(&t->route.src, src), end_text(&t->route.dst, dst), t->ssrc, t->sent,
		    t->packets, t->expected, t->lost, t->duplicates, t->reordered,
		    t->jitter_mean_ms, t->jitter_max_ms, i + 1 < 2 * what->calls ? "," : "");
	}
	(void)fprintf(out, "]}\n");
	return fclose(out) == 0;
}
