/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: every call and every stream is an actor that knows when it acts next; the
 * agenda gives the packets in the order of time without holding them.
 */
#include "gen_calls.h"

#include <stdlib.h>
#include <string.h>

#include "gen_calls_parts.h"
#include "gen_office.h"
#include "gen_talk.h"

enum { SIP_PORT = 5060, TUNNELS = 5 };

static const int64_t ms = 1000000;
static const int64_t epoch_ns = 1767225600LL * 1000000000; /* 2026-01-01 */
static const int64_t answer_after_ns = 1000LL * 1000000;

struct call {
	struct gen_file *file;
	const struct gen_calls *what;
	uint32_t number;
	int64_t start_ns;
	int64_t end_ns;
	unsigned step;
	struct gen_talk sip; /* caller to callee */
	struct gen_end caller_media, callee_media;
};

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

static size_t sdp_text(
    char *out, size_t size, const struct gen_end *media, const struct calls_codec *codec)
{
	char host[64], ptime[16] = "";
	size_t length = strlen(host_text(media, host));
	const char *bare = media->ipv6 ? (host[length - 1] = '\0', host + 1) : host;
	const char *family = media->ipv6 ? "IP6" : "IP4";

	if (codec->frame_packets == 1) {
		(void)snprintf(ptime, sizeof(ptime), "a=ptime:%u\r\n", codec->frame_ms);
	}
	return (size_t)snprintf(out, size,
	    "v=0\r\no=- 1 1 IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n"
	    "m=%s %u RTP/AVP %u\r\na=rtpmap:%u %s\r\n%sa=sendrecv\r\n",
	    family, bare, family, bare, codec->media, media->port, codec->payload_type,
	    codec->payload_type, codec->rtpmap, ptime);
}

static void sip_put(struct call *c, int64_t time_ns, bool from_caller, const char *start_line,
    const char *method, unsigned cseq, const struct gen_end *media)
{
	char text[2048], body[512] = "", caller[64], callee[64];
	const struct gen_end *src = &c->sip.route.src, *dst = &c->sip.route.dst;
	size_t body_length =
	    media ? sdp_text(body, sizeof(body), media, &calls_codecs[c->what->codec]) : 0;
	const char *to_tag = c->step > 1 ? ";tag=b1" : "";
	int length;

	length = snprintf(text, sizeof(text),
	    "%s\r\nVia: SIP/2.0/%s %s:%u;branch=z9hG4bK%08x%s;rport\r\n"
	    "From: <sip:%u@%s>;tag=a%u\r\nTo: <sip:200@%s>%s\r\nCall-ID: gen-%llu-%u@%s\r\n"
	    "CSeq: %u %s\r\nContact: <sip:%s@%s:%u>\r\nMax-Forwards: 70\r\n"
	    "User-Agent: talkpath-generator\r\n%sContent-Length: %zu\r\n\r\n%s",
	    start_line, c->what->tcp ? "TCP" : "UDP", host_text(src, caller), src->port, c->number,
	    method, 1000 + c->number, host_text(dst, callee), c->number, callee, to_tag,
	    (unsigned long long)c->what->seed, c->number, caller, cseq, method,
	    from_caller ? "phone" : "server", from_caller ? caller : callee,
	    from_caller ? src->port : dst->port,
	    body_length ? "Content-Type: application/sdp\r\n" : "", body_length, body);
	gen_talk_say(c->file, time_ns, &c->sip, !from_caller, text, (size_t)length);
}

/* INVITE, 180, 200, ACK, BYE, 200 */
static bool call_act(void *self, int64_t *next_ns)
{
	struct call *c = self;
	int64_t now = *next_ns;
	char invite[96], ack[96], bye[96], host[64];

	host_text(&c->sip.route.dst, host);
	(void)snprintf(invite, sizeof(invite), "INVITE sip:200@%s SIP/2.0", host);
	(void)snprintf(ack, sizeof(ack), "ACK sip:200@%s SIP/2.0", host);
	(void)snprintf(bye, sizeof(bye), "BYE sip:200@%s SIP/2.0", host);
	switch (c->step) {
	case 0:
		gen_talk_open(c->file, now, &c->sip);
		sip_put(c, now, true, invite, "INVITE", 1, &c->caller_media);
		*next_ns = now + 100 * ms;
		break;
	case 1:
		sip_put(c, now, false, "SIP/2.0 180 Ringing", "INVITE", 1, NULL);
		*next_ns = c->start_ns + answer_after_ns;
		break;
	case 2:
		sip_put(c, now, false, "SIP/2.0 200 OK", "INVITE", 1, &c->callee_media);
		*next_ns = now + 10 * ms;
		break;
	case 3:
		sip_put(c, now, true, ack, "ACK", 1, NULL);
		*next_ns = c->end_ns;
		break;
	case 4:
		sip_put(c, now, true, bye, "BYE", 2, NULL);
		*next_ns = now + 20 * ms;
		break;
	case 5:
		sip_put(c, now, false, "SIP/2.0 200 OK", "BYE", 2, NULL);
		break;
	}
	return ++c->step < 6;
}

static struct gen_end end_of(bool ipv6, uint8_t net, uint32_t number, uint16_t port)
{
	struct gen_end end = {.ipv6 = ipv6, .port = port};

	if (ipv6) {
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

static enum gen_tunnel tunnel_of(const struct gen_calls *what, uint32_t number)
{
	return what->tunnel == GEN_TUNNEL_MIXED
		   ? (enum gen_tunnel)(GEN_TUNNEL_CHANNEL + number % TUNNELS)
		   : what->tunnel;
}

static void call_init(struct call *c, enum gen_tunnel tunnel)
{
	const struct gen_calls *what = c->what;
	uint32_t number = c->number;
	bool ipv6 = what->ipv6 || tunnel == GEN_TUNNEL_IPV6;
	uint16_t port = (uint16_t)(16384 + number / 200 % 8192 * 2);

	c->start_ns = epoch_ns + (int64_t)(what->spread_seconds * 1e9 * number / what->calls);
	c->end_ns = c->start_ns + answer_after_ns + (int64_t)(what->seconds * 1e9) + 200 * ms;
	c->sip = (struct gen_talk){
	    .route = {end_of(ipv6, 1, number, SIP_PORT), end_of(ipv6, 9, 1, SIP_PORT), 26, 64},
	    .tcp = what->tcp,
	};
	c->caller_media = end_of(ipv6, 1, number, port);
	c->callee_media = end_of(ipv6, 9, 2 + number % 200, (uint16_t)(20000 + number / 200 * 2));
}

static void call_add(struct gen_agenda *agenda, struct call *c, struct calls_stream *streams)
{
	enum gen_tunnel tunnel = tunnel_of(c->what, c->number);

	call_init(c, tunnel);
	if (!c->what->no_signalling) {
		gen_agenda_add(agenda, (struct gen_actor){c->start_ns, call_act, c});
	}
	for (unsigned i = 0; i < 2; i++) {
		/* The two directions do not tick together. */
		int64_t begin = c->start_ns + answer_after_ns + 20 * ms + (int64_t)i * 7 * ms +
				(int64_t)(c->number % 20) * ms;

		streams[i].file = c->file;
		streams[i].what = c->what;
		streams[i].tunnel = tunnel;
		streams[i].truth.route = (struct gen_route){i ? c->callee_media : c->caller_media,
		    i ? c->caller_media : c->callee_media, 46, 64};
		calls_stream_add(agenda, &streams[i], c->number * 2ULL + i, begin);
	}
}

/* So much other traffic that it makes up other_pct of the packets. */
static struct gen_office_flows *office_add(
    struct gen_agenda *agenda, struct gen_file *file, const struct gen_calls *what)
{
	const struct calls_codec *codec = &calls_codecs[what->codec];
	double seconds = what->spread_seconds + what->seconds;
	double voice =
	    2.0 * what->calls * what->seconds * 1000 / codec->frame_ms * codec->frame_packets;

	if (what->other_pct <= 0) {
		return NULL;
	}
	return gen_office_add(agenda, file,
	    &(struct gen_office){
		.seed = what->seed,
		.from_ns = epoch_ns,
		.to_ns = epoch_ns + answer_after_ns + (int64_t)(seconds * 1e9),
		.packets = (uint64_t)(voice * what->other_pct / (100 - what->other_pct)),
	    });
}

bool gen_calls(struct gen_file *file, const struct gen_calls *what, struct gen_truth **truths)
{
	struct gen_agenda agenda = {0};
	struct call *calls = calloc(what->calls, sizeof(*calls));
	struct calls_stream *streams = calloc(what->calls, 2 * sizeof(*streams));
	struct gen_office_flows *office;

	*truths = calloc(what->calls, 2 * sizeof(**truths));
	if (!calls || !streams || !*truths) {
		abort();
	}
	for (uint32_t i = 0; i < what->calls; i++) {
		calls[i].file = file;
		calls[i].what = what;
		calls[i].number = i;
		call_add(&agenda, &calls[i], &streams[2 * i]);
	}
	office = office_add(&agenda, file, what);
	gen_agenda_run(&agenda);
	gen_office_free(office);
	for (uint32_t i = 0; i < 2 * what->calls; i++) {
		calls_stream_finish(&streams[i]);
		(*truths)[i] = streams[i].truth;
	}
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
