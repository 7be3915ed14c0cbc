/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_site.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen_stun.h"

enum { HEADERS_MAX = 16, LINE_MAX_OCTETS = 256 };

static const double begin_s = 1, answer_s = 2, end_s = 11;
static const double hold_s = 4, resume_s = 6;

/* One message while it is put together. */
struct message {
	struct gen_site *site;
	bool from_phone;
	unsigned count;
	char start[LINE_MAX_OCTETS];
	char headers[HEADERS_MAX][LINE_MAX_OCTETS];
};

/* A request, and what its answers repeat of it. */
struct request {
	const char *method;
	unsigned cseq;
	bool of_phone;
	bool learned;      /* the phone knows by now how it is seen */
	bool registration; /* not the call */
	bool in_dialog;
	char via[LINE_MAX_OCTETS];   /* topmost; without received and rport */
	char below[LINE_MAX_OCTETS]; /* the one under it; empty: none */
};

/* --- drawing --- */

static unsigned below(struct gen_site *s, unsigned limit)
{
	return (unsigned)(gen_random(&s->random) % limit);
}

static bool now_and_then(struct gen_site *s, unsigned percent)
{
	return below(s, 100) < percent;
}

static void private_address(struct gen_site *s, char out[16])
{
	unsigned network = below(s, 3), a = below(s, 250), b = 2 + below(s, 250);

	if (network == 0) {
		(void)snprintf(out, 16, "192.168.%u.%u", a, b);
	} else if (network == 1) {
		(void)snprintf(out, 16, "10.%u.7.%u", a, b);
	} else {
		(void)snprintf(out, 16, "172.20.%u.%u", a, b);
	}
}

static void ports_draw(struct gen_site *s)
{
	s->sip_port = (uint16_t)(now_and_then(s, 70) ? 5060 : 5061 + below(s, 8) * 2);
	s->media_port = (uint16_t)(10000 + below(s, 10000) * 2);
	s->server_media = (uint16_t)(30000 + below(s, 10000) * 2);
	s->sip_outside = s->sip_port;
	s->media_outside = s->media_port;
	/* Whoever typed in his public address forwards the ports as they are. */
	s->moves_ports = s->agent != GEN_AGENT_CONFIGURED && now_and_then(s, 40);
	if (s->moves_ports) {
		s->sip_outside = (uint16_t)(40000 + below(s, 10000));
		s->media_outside = (uint16_t)(50000 + below(s, 5000) * 2);
	}
}

void gen_site_draw(struct gen_site *s, uint64_t seed)
{
	static const uint8_t payload_types[] = {0, 8, 9};
	static const uint8_t initial_ttls[] = {64, 128, 255};

	*s = (struct gen_site){.random = {(seed + 1) * 0xd1342543de82ef95U}};
	s->number = (uint32_t)gen_random(&s->random);
	s->agent = (enum gen_agent)below(s, 4);
	s->talk = (enum gen_talk)below(s, GEN_TALKS);
	s->inbound = now_and_then(s, 30);
	s->tcp = now_and_then(s, 20);
	s->proxy = now_and_then(s, 40);
	s->compact = now_and_then(s, 20);
	s->bare_port = now_and_then(s, 50);
	s->rport = s->agent == GEN_AGENT_LEARNED || now_and_then(s, 80);
	s->media_c = now_and_then(s, 30);
	s->rtcp_line = now_and_then(s, 30);
	s->keepalives = !s->tcp && now_and_then(s, 50);
	s->host_in_call_id = now_and_then(s, 60);
	private_address(s, s->phone);
	(void)snprintf(s->outside, sizeof(s->outside), "198.51.100.%u", 2 + below(s, 250));
	(void)snprintf(s->server, sizeof(s->server), "203.0.113.%u", 2 + below(s, 100));
	(void)snprintf(s->stun, sizeof(s->stun), "203.0.113.%u", 240 + below(s, 10));
	(void)snprintf(s->media, sizeof(s->media), "%s", s->server);
	if (now_and_then(s, 50)) {
		(void)snprintf(s->media, sizeof(s->media), "203.0.113.%u", 120 + below(s, 100));
	}
	ports_draw(s);
	s->payload_type = payload_types[below(s, 3)];
	s->sip_dscp = now_and_then(s, 50) ? 24 : 26;
	s->media_dscp = 46;
	s->phone_ttl = initial_ttls[below(s, 3)];
	s->server_hops = (uint8_t)(3 + below(s, 15));
}

const char *gen_site_text(const struct gen_site *s, char out[256])
{
	static const char *const agents[] = {"plain", "configured", "stun", "learned"};
	static const char *const talks[] = {"talk", "echo", "hold", "early"};

	(void)snprintf(out, 256,
	    "%s phone %s:%u behind %s:%u, media %u/%u, server %s, media server %s, "
	    "%s%s%s%s%s%s%s%s",
	    agents[s->agent], s->phone, s->sip_port, s->outside, s->sip_outside, s->media_port,
	    s->media_outside, s->server, s->media, talks[s->talk], s->inbound ? ", inbound" : "",
	    s->tcp ? ", tcp" : "", s->proxy ? ", proxy" : "", s->compact ? ", compact" : "",
	    s->bare_port ? ", bare port" : "", s->rport ? ", rport" : "",
	    s->keepalives ? ", keep-alives" : "");
	return out;
}

/* --- who is where --- */

static bool knows_outside(const struct gen_site *s, bool learned)
{
	return s->agent == GEN_AGENT_CONFIGURED || s->agent == GEN_AGENT_STUN ||
	       (s->agent == GEN_AGENT_LEARNED && learned);
}

/* "192.0.2.1", "192.0.2.1:5062": how the phone writes its signalling address. */
static const char *own_host(const struct gen_site *s, bool learned, char out[32])
{
	bool outside = knows_outside(s, learned);
	uint16_t port = outside ? s->sip_outside : s->sip_port;

	if (port == 5060 && s->bare_port) {
		(void)snprintf(out, 32, "%s", outside ? s->outside : s->phone);
	} else {
		(void)snprintf(out, 32, "%s:%u", outside ? s->outside : s->phone, port);
	}
	return out;
}

static struct gen_route sip_route(const struct gen_site *s, bool from_phone)
{
	struct gen_end phone = gen_end(s->phone, s->sip_port), server = gen_end(s->server, 5060);

	return from_phone
		   ? (struct gen_route){phone, server, s->sip_dscp, s->phone_ttl}
		   : (struct gen_route){server, phone, s->sip_dscp, (uint8_t)(64 - s->server_hops)};
}

static struct gen_route media_route(const struct gen_site *s, bool from_phone)
{
	struct gen_end phone = gen_end(s->phone, s->media_port);
	struct gen_end server = gen_end(s->media, s->server_media);

	return from_phone ? (struct gen_route){phone, server, s->media_dscp, s->phone_ttl}
			  : (struct gen_route){
				server, phone, s->media_dscp, (uint8_t)(64 - s->server_hops)};
}

/* --- messages --- */

__attribute__((format(printf, 2, 3))) static void header(struct message *m, const char *format, ...)
{
	va_list arguments;

	if (m->count == HEADERS_MAX) {
		abort();
	}
	va_start(arguments, format);
	(void)vsnprintf(m->headers[m->count++], LINE_MAX_OCTETS, format, arguments);
	va_end(arguments);
}

static const char *short_name(const char *line)
{
	static const char *const names[][2] = {{"Via:", "v:"}, {"From:", "f:"}, {"To:", "t:"},
	    {"Call-ID:", "i:"}, {"Contact:", "m:"}, {"Content-Type:", "c:"}};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(line, names[i][0], strlen(names[i][0])) == 0) {
			return names[i][1];
		}
	}
	return NULL;
}

static void line_add(char out[GEN_TEXT_MAX], const struct message *m, const char *line)
{
	const char *name = m->site->compact && m->from_phone ? short_name(line) : NULL;
	size_t length = strlen(out);

	(void)snprintf(out + length, GEN_TEXT_MAX - length, "%s%s\n", name ? name : "",
	    name ? strchr(line, ':') + 1 : line);
}

/* Headers in any order, but for the Vias, whose order means something. */
static void message_send(struct message *m, struct gen_script *lan, double at_s, const char *sdp)
{
	char text[GEN_TEXT_MAX] = "";
	bool done[HEADERS_MAX] = {false};
	unsigned first = below(m->site, m->count);

	line_add(text, m, m->start);
	for (unsigned i = 0; i < m->count; i++) {
		if (strncmp(m->headers[i], "Via:", 4) == 0) {
			line_add(text, m, m->headers[i]);
			done[i] = true;
		}
	}
	for (unsigned i = 0; i < m->count; i++) {
		unsigned k = (first + i) % m->count;

		if (!done[k]) {
			line_add(text, m, m->headers[k]);
		}
	}
	if (sdp) {
		line_add(text, m, "Content-Type: application/sdp");
	}
	gen_sip(lan, at_s, sip_route(m->site, m->from_phone), "%s\n%s", text, sdp ? sdp : "");
}

/* From, To, Call-ID, CSeq: the same in a request and its answers. */
static void dialog_headers(struct message *m, const struct request *r, bool with_to_tag)
{
	const struct gen_site *s = m->site;
	bool phone_first = r->registration || !s->inbound;
	bool from_is_phone = r->of_phone;
	const char *own = r->registration ? "reg" : "call";

	header(m, "From: <sip:%s@%s>;tag=%s%x", from_is_phone ? "100" : "200", s->server,
	    from_is_phone ? "p" : "s", s->number);
	if (with_to_tag) {
		header(m, "To: <sip:%s@%s>;tag=%s%x",
		    r->registration || !from_is_phone ? "100" : "200", s->server,
		    from_is_phone ? "s" : "p", s->number);
	} else {
		header(m, "To: <sip:%s@%s>", r->registration || !from_is_phone ? "100" : "200",
		    s->server);
	}
	if (s->host_in_call_id) {
		header(m, "Call-ID: %s-%x@%s", own, s->number, phone_first ? s->phone : s->server);
	} else {
		header(m, "Call-ID: %s-%x", own, s->number);
	}
	header(m, "CSeq: %u %s", r->cseq, r->method);
}

static void vias_make(struct gen_site *s, struct request *r)
{
	char own[32];
	unsigned branch = (unsigned)gen_random(&s->random);

	if (r->of_phone) {
		(void)snprintf(r->via, sizeof(r->via), "SIP/2.0/%s %s;branch=z9hG4bK%x%s",
		    s->tcp ? "TCP" : "UDP", own_host(s, r->learned, own), branch,
		    s->rport ? ";rport" : "");
		return;
	}
	(void)snprintf(r->via, sizeof(r->via), "SIP/2.0/%s %s:5060;branch=z9hG4bK%x",
	    s->tcp ? "TCP" : "UDP", s->server, branch);
	if (s->proxy) {
		(void)snprintf(r->below, sizeof(r->below),
		    "SIP/2.0/UDP 198.18.0.9:5070;branch=z9hG4bKb%x", branch);
	}
}

static void request_send(
    struct gen_site *s, struct gen_script *lan, double at_s, struct request *r, const char *sdp)
{
	struct message m = {.site = s, .from_phone = r->of_phone};
	char own[32];

	vias_make(s, r);
	if (r->of_phone) {
		(void)snprintf(m.start, sizeof(m.start), "%s sip:%s%s SIP/2.0", r->method,
		    r->registration ? "" : "200@", s->server);
	} else {
		(void)snprintf(m.start, sizeof(m.start), "%s sip:100@%s SIP/2.0", r->method,
		    own_host(s, true, own));
	}
	header(&m, "Via: %s", r->via);
	if (r->below[0]) {
		header(&m, "Via: %s", r->below);
	}
	dialog_headers(&m, r, r->in_dialog);
	if (r->of_phone) {
		header(&m, "Contact: <sip:100@%s>", own_host(s, r->learned, own));
		header(&m, "User-Agent: SitePhone/%u", 1 + s->number % 3);
	} else {
		header(&m, "Contact: <sip:200@%s:5060>", s->server);
		if (s->proxy && !r->in_dialog) {
			header(&m, "Record-Route: <sip:%s;lr>", s->server);
		}
	}
	header(&m, "Max-Forwards: %u", r->of_phone ? 70 : 68);
	message_send(&m, lan, at_s, sdp);
}

static void answer_send(struct gen_site *s, struct gen_script *lan, double at_s,
    const struct request *r, const char *status, const char *sdp)
{
	struct message m = {.site = s, .from_phone = !r->of_phone};
	char own[32];

	(void)snprintf(m.start, sizeof(m.start), "SIP/2.0 %s", status);
	if (r->of_phone) {
		/* RFC 3581: what the server saw. */
		if (s->rport) {
			char *mark = strstr(r->via, ";rport");
			int before = (int)(mark - r->via);

			header(&m, "Via: %.*s;received=%s;rport=%u", before, r->via, s->outside,
			    s->sip_outside);
		} else {
			header(&m, "Via: %s;received=%s", r->via, s->outside);
		}
	} else {
		header(&m, "Via: %s", r->via);
		if (r->below[0]) {
			header(&m, "Via: %s", r->below);
		}
	}
	dialog_headers(&m, r, strcmp(status, "100 Trying") != 0);
	if (r->registration) {
		header(&m, "Contact: <sip:100@%s>;expires=300", own_host(s, r->learned, own));
	} else if (r->of_phone) {
		header(&m, "Contact: <sip:200@%s:5060>", s->server);
	} else {
		header(&m, "Contact: <sip:100@%s>", own_host(s, true, own));
	}
	if (status[0] == '4') {
		header(
		    &m, "WWW-Authenticate: Digest realm=\"%s\",nonce=\"%x\"", s->server, s->number);
	}
	message_send(&m, lan, at_s, sdp);
}

/* --- session descriptions --- */

static const char *sdp_of(
    const struct gen_site *s, bool phone, const char *direction, char out[1024])
{
	bool outside = phone && knows_outside(s, true);
	const char *address = phone ? (outside ? s->outside : s->phone) : s->media;
	uint16_t port = phone ? s->media_port : s->server_media;
	char connection[64], rtcp[64] = "";

	if (phone && s->agent == GEN_AGENT_STUN) {
		port = s->media_outside;
	}
	(void)snprintf(connection, sizeof(connection), "c=IN IP4 %s\n", address);
	if (s->rtcp_line) {
		(void)snprintf(rtcp, sizeof(rtcp), "a=rtcp:%u IN IP4 %s\n", port + 1U, address);
	}
	(void)snprintf(out, 1024,
	    "v=0\no=- %u 1 IN IP4 %s\ns=-\n%st=0 0\nm=audio %u RTP/AVP %u 101\n%s%s"
	    "a=rtpmap:101 telephone-event/8000\na=%s\n",
	    s->number % 100000, address, s->media_c ? "" : connection, port, s->payload_type,
	    s->media_c ? connection : "", rtcp, direction);
	return out;
}

/* --- the call --- */

static void register_phone(struct gen_site *s, struct gen_script *lan)
{
	struct request r = {
	    .method = "REGISTER", .cseq = 1, .of_phone = true, .registration = true};

	request_send(s, lan, 0.2, &r, NULL);
	answer_send(s, lan, 0.25, &r, "401 Unauthorized", NULL);
	r.cseq = 2;
	r.learned = true; /* from the 401 */
	request_send(s, lan, 0.3, &r, NULL);
	answer_send(s, lan, 0.35, &r, "200 OK", NULL);
}

static void ask_stun(struct gen_site *s, struct gen_script *lan)
{
	struct gen_route sip = sip_route(s, true), media = media_route(s, true);

	sip.dst = media.dst = gen_end(s->stun, 3478);
	gen_binding(lan, 0.05, sip, s->number, gen_end(s->outside, s->sip_outside));
	gen_binding(
	    lan, begin_s - 0.1, media, s->number + 1, gen_end(s->outside, s->media_outside));
}

static void hold_and_resume(struct gen_site *s, struct gen_script *lan)
{
	static const char *const asked[] = {"sendonly", "sendrecv"};
	static const char *const answered[] = {"recvonly", "sendrecv"};
	char sdp[1024];

	for (unsigned i = 0; i < 2; i++) {
		double at_s = i ? resume_s : hold_s;
		struct request r = {.method = "INVITE",
		    .cseq = 20 + i,
		    .of_phone = true,
		    .learned = true,
		    .in_dialog = true};

		request_send(s, lan, at_s, &r, sdp_of(s, true, asked[i], sdp));
		answer_send(s, lan, at_s + 0.04, &r, "200 OK", sdp_of(s, false, answered[i], sdp));
		r.method = "ACK";
		request_send(s, lan, at_s + 0.06, &r, NULL);
	}
}

static void signalling(struct gen_site *s, struct gen_script *lan)
{
	struct request r = {
	    .method = "INVITE", .cseq = 10, .of_phone = !s->inbound, .learned = true};
	char sdp[1024];

	request_send(s, lan, begin_s, &r, sdp_of(s, r.of_phone, "sendrecv", sdp));
	answer_send(s, lan, begin_s + 0.03, &r, "100 Trying", NULL);
	if (s->talk == GEN_TALK_EARLY && r.of_phone) {
		answer_send(s, lan, begin_s + 0.1, &r, "183 Session Progress",
		    sdp_of(s, false, "sendrecv", sdp));
	} else {
		answer_send(s, lan, begin_s + 0.1, &r, "180 Ringing", NULL);
	}
	answer_send(s, lan, answer_s, &r, "200 OK", sdp_of(s, !r.of_phone, "sendrecv", sdp));
	r.method = "ACK";
	r.in_dialog = true;
	request_send(s, lan, answer_s + 0.03, &r, NULL);
	if (s->talk == GEN_TALK_HOLD) {
		hold_and_resume(s, lan);
	}
	r.method = "BYE";
	r.cseq = 30;
	request_send(s, lan, end_s, &r, NULL);
	answer_send(s, lan, end_s + 0.03, &r, "200 OK", NULL);
}

static void media(struct gen_site *s, struct gen_script *lan)
{
	bool echo = s->talk == GEN_TALK_ECHO, hold = s->talk == GEN_TALK_HOLD;
	struct gen_stream out = {.from_s = answer_s + 0.05,
	    .to_s = end_s,
	    .payload_type = s->payload_type,
	    .ssrc = (uint32_t)gen_random(&s->random),
	    .sequence = (uint16_t)gen_random(&s->random),
	    .marker = true};
	struct gen_stream in = out;

	if (!echo) {
		in.ssrc = (uint32_t)gen_random(&s->random);
		in.sequence = (uint16_t)gen_random(&s->random);
	}
	in.from_s += 0.06;
	if (s->talk == GEN_TALK_EARLY && !s->inbound) {
		in.from_s = begin_s + 0.15;
	}
	in.to_s = hold ? hold_s + 0.03 : end_s;
	gen_stream(lan, media_route(s, true), &out);
	gen_stream(lan, media_route(s, false), &in);
	if (hold) {
		in.sequence =
		    (uint16_t)(in.sequence + 500); /* a stream that was not sent on hold */
		in.ssrc++;
		in.from_s = resume_s + 0.05;
		in.to_s = end_s;
		gen_stream(lan, media_route(s, false), &in);
	}
}

/* Each packet of media a little late, and none before another. */
static void jitter(struct gen_site *s, struct gen_script *lan)
{
	for (size_t i = 0; i < lan->count; i++) {
		if (!lan->packets[i].sip) {
			lan->packets[i].at_s += gen_random_unit(&s->random) * 0.006;
		}
	}
}

void gen_site_tell(struct gen_site *s, struct gen_script *lan)
{
	register_phone(s, lan);
	signalling(s, lan);
	media(s, lan);
	jitter(s, lan);
	if (s->agent == GEN_AGENT_STUN) {
		ask_stun(s, lan);
	}
	for (double at_s = 0.5; s->keepalives && at_s < end_s; at_s += 0.5) {
		gen_raw(lan, at_s, sip_route(s, true), "\r\n\r\n", 4);
	}
}

struct gen_router gen_site_router(const struct gen_site *s)
{
	return (struct gen_router){
	    .inside = s->phone,
	    .outside = s->outside,
	    .media_inside = s->media_port,
	    .media_outside = s->media_outside,
	    .sip_inside = s->sip_port,
	    .sip_outside = s->sip_outside,
	};
}
