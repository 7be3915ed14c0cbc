/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_script.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen_octets.h"

static const int64_t epoch_ns = 1767225600LL * 1000000000; /* 2026-01-01 */
static const double ptime_s = 0.020;

static void *must(void *memory)
{
	if (!memory) {
		abort();
	}
	return memory;
}

static struct gen_packet *packet_add(
    struct gen_script *s, double at_s, struct gen_route route, const void *payload, size_t length)
{
	struct gen_packet *p;

	if (s->count == s->room) {
		s->room = s->room ? s->room * 2 : 256;
		s->packets = must(realloc(s->packets, s->room * sizeof(*s->packets)));
	}
	if (route.ttl == 0) {
		route.ttl = 64;
	}
	p = &s->packets[s->count++];
	*p = (struct gen_packet){.at_s = at_s, .route = route, .length = length};
	p->payload = must(malloc(length ? length : 1));
	memcpy(p->payload, payload, length);
	return p;
}

void gen_script_free(struct gen_script *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->packets[i].payload);
	}
	free(s->packets);
	*s = (struct gen_script){0};
}

void gen_raw(
    struct gen_script *s, double at_s, struct gen_route route, const void *payload, size_t length)
{
	(void)packet_add(s, at_s, route, payload, length);
}

/* --- SIP --- */

/* Lines of `text` with CRLF, and a Content-Length before the empty line. */
static size_t message_finish(const char *text, char out[GEN_TEXT_MAX])
{
	const char *empty = strstr(text, "\n\n");
	const char *body = empty ? empty + 2 : text + strlen(text);
	size_t body_length = strlen(body), n = 0;

	for (const char *c = body; *c; c++) {
		body_length += *c == '\n';
	}
	for (const char *c = text; *c && n < GEN_TEXT_MAX - 64; c++) {
		if (*c == '\n') {
			out[n++] = '\r';
		}
		out[n++] = *c;
		if (c == empty) {
			n += (size_t)snprintf(out + n, 64, "Content-Length: %zu\r\n", body_length);
		}
	}
	return n;
}

void gen_sip(struct gen_script *s, double at_s, struct gen_route route, const char *format, ...)
{
	char text[GEN_TEXT_MAX], message[GEN_TEXT_MAX] = "";
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	packet_add(s, at_s, route, message, message_finish(text, message))->sip = true;
}

/* --- media --- */

void gen_stream(struct gen_script *s, struct gen_route route, const struct gen_stream *stream)
{
	uint8_t packet[12 + 160] = {0x80};
	unsigned count = (unsigned)((stream->to_s - stream->from_s) / ptime_s + 0.5);

	for (unsigned i = 0; i < count; i++) {
		packet[1] = (uint8_t)((i == 0 && stream->marker) << 7 | stream->payload_type);
		put16(packet + 2, (stream->sequence + i) & 0xffff);
		put32(packet + 4, i * 160);
		put32(packet + 8, stream->ssrc);
		memset(packet + 12, (int)(i & 0xff), 160);
		(void)packet_add(s, stream->from_s + i * ptime_s, route, packet, sizeof(packet));
	}
}

void gen_media(
    struct gen_script *s, double at_s, struct gen_route route, const struct gen_media *rtp)
{
	uint8_t packet[12 + 1400] = {0x80};

	packet[1] = (uint8_t)(rtp->marker << 7 | rtp->payload_type);
	put16(packet + 2, rtp->sequence);
	put32(packet + 4, rtp->timestamp);
	put32(packet + 8, rtp->ssrc);
	if (rtp->payload) {
		memcpy(packet + 12, rtp->payload, rtp->length);
	} else {
		memset(packet + 12, 0xd5, rtp->length);
	}
	(void)packet_add(s, at_s, route, packet, 12 + rtp->length);
}

void gen_rtcp(struct gen_script *s, double at_s, struct gen_route route, const struct gen_report *r)
{
	uint8_t packet[52] = {0};
	size_t length = r->sender ? 28 : 8;

	packet[0] = (uint8_t)(0x80 | r->block);
	packet[1] = r->sender ? 200 : 201;
	put32(packet + 4, r->ssrc);
	if (r->sender) {
		put32(packet + 20, r->packets_sent);
		put32(packet + 24, r->packets_sent * 160);
	}
	if (r->block) {
		put32(packet + length, r->about);
		put32(packet + length + 4, (uint32_t)r->lost & 0xffffff);
		put32(packet + length + 8, r->highest);
		length += 24;
	}
	put16(packet + 2, (unsigned)length / 4 - 1);
	(void)packet_add(s, at_s, route, packet, length);
}

/* --- ICMP --- */

void gen_unreachable(struct gen_script *s, double at_s, struct gen_end from, struct gen_route about,
    uint8_t type, uint8_t code)
{
	uint8_t message[8 + 48] = {type, code};
	size_t length = 8 + gen_quote(&about, 172, message + 8);
	struct gen_route route = {from, about.src, 0, 64};

	packet_add(s, at_s, route, message, length)->transport = GEN_ICMP;
}

void gen_bare_segment(
    struct gen_script *s, double at_s, struct gen_route route, uint32_t sequence, uint8_t flags)
{
	struct gen_packet *p = packet_add(s, at_s, route, "", 0);

	p->transport = GEN_TCP;
	p->segment = (struct gen_segment){sequence, flags};
}

/* --- other ways for the same messages --- */

static struct gen_packet *packet_copy(
    struct gen_script *out, const struct gen_packet *p, size_t from, size_t length)
{
	struct gen_packet *copy = packet_add(out, p->at_s, p->route, p->payload + from, length);

	copy->sip = p->sip;
	copy->transport = p->transport;
	copy->segment = p->segment;
	copy->part = p->part;
	return copy;
}

void gen_again(struct gen_script *s, size_t index, double at_s)
{
	struct gen_packet p = s->packets[index]; /* adding moves the others */

	packet_copy(s, &p, 0, p.length)->at_s = at_s;
}

static bool same_end(const struct gen_end *a, const struct gen_end *b)
{
	return a->port == b->port && memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static bool same_direction(const struct gen_route *a, const struct gen_route *b)
{
	return same_end(&a->src, &b->src) && same_end(&a->dst, &b->dst);
}

/* One message from octet `sent` of its direction on. */
static void segments_add(struct gen_script *out, const struct gen_packet *p, uint32_t sent,
    const struct gen_over_tcp *how)
{
	size_t at = 0;

	while (at < p->length) {
		size_t length = p->length - at;
		struct gen_packet *copy;

		if (how->segment && length > how->segment - (sent + at) % how->segment) {
			length = how->segment - (sent + at) % how->segment;
		} else if (!how->segment && at == 0 && how->cut && how->cut < length) {
			length = how->cut;
		}
		copy = packet_copy(out, p, at, length);
		copy->transport = GEN_TCP;
		copy->segment = (struct gen_segment){how->sequence + sent + (uint32_t)at, 0x18};
		at += length;
	}
}

void gen_script_tcp(
    struct gen_script *out, const struct gen_script *in, const struct gen_over_tcp *how)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct gen_packet *p = &in->packets[i];
		uint32_t sent = 0;
		bool last = true;

		if (!p->sip) {
			(void)packet_copy(out, p, 0, p->length);
			continue;
		}
		for (size_t k = 0; k < in->count; k++) {
			const struct gen_packet *other = &in->packets[k];
			bool same = other->sip && same_direction(&other->route, &p->route);

			sent += same && k < i ? (uint32_t)other->length : 0;
			last &= !(same && k > i);
		}
		if (how->handshake && sent == 0) {
			gen_bare_segment(out, p->at_s, p->route, how->sequence - 1, 0x02);
		}
		segments_add(out, p, sent, how);
		if (how->handshake && last) {
			gen_bare_segment(out, p->at_s, p->route,
			    how->sequence + sent + (uint32_t)p->length, 0x11);
		}
	}
}

void gen_script_fragments(struct gen_script *out, const struct gen_script *in, size_t octets)
{
	for (size_t i = 0; i < in->count; i++) {
		const struct gen_packet *p = &in->packets[i];
		size_t whole = p->length + (p->transport == GEN_TCP ? 20 : 8);

		if (!p->sip || whole <= octets) {
			(void)packet_copy(out, p, 0, p->length);
			continue;
		}
		for (size_t at = 0; at < whole; at += octets) {
			packet_copy(out, p, 0, p->length)->part =
			    (struct gen_part){(uint32_t)i + 1, at, at + octets};
		}
	}
}

/* --- the router --- */

static bool is_address(const struct gen_end *end, const char *address)
{
	struct gen_end other = gen_end(address, 0);

	return memcmp(end->address, other.address, sizeof(end->address)) == 0;
}

static void translate(struct gen_end *end, const struct gen_router *r)
{
	uint16_t port = end->port;

	if (!is_address(end, r->inside)) {
		return;
	}
	if (r->media_inside && port == r->media_inside) {
		port = r->media_outside;
	} else if (r->sip_inside && port == r->sip_inside) {
		port = r->sip_outside;
	}
	*end = gen_end(r->outside, port);
}

static uint8_t remark(uint8_t dscp, enum gen_remark how)
{
	switch (how) {
	case GEN_REMARK_BLEACH:
		return 0;
	case GEN_REMARK_TOS:
		return dscp & 7;
	case GEN_REMARK_PRECEDENCE:
		return dscp & 0x38;
	case GEN_REMARK_NONE:
	case GEN_REMARKS:
		break;
	}
	return dscp;
}

/* Which bit stands for what this line says of addresses. */
static unsigned rewrite_of(const char *line, bool first)
{
	static const struct {
		const char *begins;
		unsigned bit;
	} lines[] = {
	    {"Via:", GEN_REWRITE_VIA},
	    {"v:", GEN_REWRITE_VIA},
	    {"Contact:", GEN_REWRITE_CONTACT},
	    {"m:", GEN_REWRITE_CONTACT},
	    {"Call-ID:", GEN_REWRITE_CALL_ID},
	    {"i:", GEN_REWRITE_CALL_ID},
	    {"From:", GEN_REWRITE_FROM},
	    {"f:", GEN_REWRITE_FROM},
	    {"o=", GEN_REWRITE_SDP_O},
	    {"c=", GEN_REWRITE_SDP_C},
	    {"m=", GEN_REWRITE_SDP_PORT},
	};

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		if (strncmp(line, lines[i].begins, strlen(lines[i].begins)) == 0) {
			return lines[i].bit;
		}
	}
	return first ? GEN_REWRITE_REQUEST_URI : 0;
}

static void replace(char *line, size_t size, const char *was, const char *is)
{
	char *at = strstr(line, was), rest[GEN_TEXT_MAX];

	if (at) {
		(void)snprintf(rest, sizeof(rest), "%s", at + strlen(was));
		(void)snprintf(at, size - (size_t)(at - line), "%s%s", is, rest);
	}
}

/* The message as an ALG hands it on, with its Content-Length put right. */
static size_t message_rewrite(
    const struct gen_packet *p, const struct gen_router *r, char out[GEN_TEXT_MAX])
{
	char text[GEN_TEXT_MAX], plain[GEN_TEXT_MAX] = "", was[24], is[24];
	bool first = true;
	char *rest = text, *line;

	(void)snprintf(text, sizeof(text), "%.*s", (int)p->length, (const char *)p->payload);
	(void)snprintf(was, sizeof(was), " %u ", r->media_inside);
	(void)snprintf(is, sizeof(is), " %u ", r->media_outside);
	while ((line = strsep(&rest, "\n")) != NULL) {
		char changed[1024];
		unsigned bit;

		(void)snprintf(changed, sizeof(changed), "%.*s", (int)strcspn(line, "\r"), line);
		bit = rewrite_of(changed, first);
		first = false;
		if (r->rewrites & bit) {
			replace(changed, sizeof(changed), r->inside, r->outside);
		}
		if (r->rewrites & bit & GEN_REWRITE_SDP_PORT) {
			replace(changed, sizeof(changed), was, is);
		}
		if (strncmp(changed, "Content-Length:", 15) != 0) {
			(void)snprintf(plain + strlen(plain), sizeof(plain) - strlen(plain), "%s%s",
			    changed, rest ? "\n" : "");
		}
	}
	return message_finish(plain, out);
}

static bool is_rtp(const struct gen_packet *p)
{
	return !p->sip && p->length >= 12 && p->payload[0] >> 6 == 2 &&
	       ((p->payload[1] & 0x7f) < 64 || (p->payload[1] & 0x7f) > 95);
}

void gen_script_route(
    struct gen_script *wan, const struct gen_script *lan, const struct gen_router *r)
{
	for (size_t i = 0; i < lan->count; i++) {
		const struct gen_packet *p = &lan->packets[i];
		bool outward = is_address(&p->route.src, r->inside);
		struct gen_route route = p->route;
		char message[GEN_TEXT_MAX] = "";

		if (outward && r->drop_rtp_out && is_rtp(p)) {
			continue;
		}
		translate(&route.src, r);
		translate(&route.dst, r);
		route.ttl = (uint8_t)(outward ? route.ttl - 1 : route.ttl + 1);
		/* What comes in is bleached on its way in: the LAN side has lost the mark. */
		route.dscp = outward ? remark(route.dscp, r->remark_out) : route.dscp;
		if (p->sip && r->rewrites) {
			size_t length = message_rewrite(p, r, message);

			packet_add(wan, p->at_s + 0.0004, route, message, length)->sip = true;
		} else {
			/* Incoming packets reach the WAN side first. */
			packet_add(wan, p->at_s + (outward ? 0.0004 : -0.0004), route, p->payload,
			    p->length)
			    ->sip = p->sip;
		}
	}
}

void gen_script_inside(struct gen_script *lan, const struct gen_router *r)
{
	size_t kept = 0;

	for (size_t i = 0; i < lan->count; i++) {
		struct gen_packet *p = &lan->packets[i];

		bool inward = is_address(&p->route.dst, r->inside);

		if (r->drop_rtp_in && is_rtp(p) && inward) {
			free(p->payload);
			continue;
		}
		if (inward) {
			p->route.dscp = remark(p->route.dscp, r->remark_in);
		}
		lan->packets[kept++] = *p;
	}
	lan->count = kept;
}

/* --- writing --- */

struct ordered {
	double at_s;
	size_t index;
};

static int ordered_compare(const void *a, const void *b)
{
	const struct ordered *x = a, *y = b;

	if (x->at_s < y->at_s || x->at_s > y->at_s) {
		return x->at_s < y->at_s ? -1 : 1;
	}
	return x->index < y->index ? -1 : 1;
}

static void packet_write(struct gen_file *file, const struct gen_packet *p, double ahead_s)
{
	int64_t time_ns = epoch_ns + (int64_t)((p->at_s + ahead_s) * 1e9);

	switch (p->transport) {
	case GEN_UDP:
		gen_udp_part(file, time_ns, &p->route, &p->part, p->payload, p->length);
		break;
	case GEN_TCP:
		gen_tcp(file, time_ns, &p->route, &p->segment, &p->part, p->payload, p->length);
		break;
	case GEN_ICMP:
		gen_icmp(file, time_ns, &p->route, p->payload, p->length);
		break;
	}
}

bool gen_script_write(
    const struct gen_script *s, const char *path, enum gen_format format, enum gen_link link)
{
	struct ordered *order = must(calloc(s->count + 1, sizeof(*order)));
	struct gen_file file;
	bool written;

	for (size_t i = 0; i < s->count; i++) {
		order[i] = (struct ordered){s->packets[i].at_s, i};
	}
	qsort(order, s->count, sizeof(*order), ordered_compare);
	if (!gen_open(&file, path, format, link, 262144)) {
		free(order);
		return false;
	}
	for (size_t i = 0; i < s->count; i++) {
		const struct gen_packet *p = &s->packets[order[i].index];

		packet_write(&file, p, s->step_s != 0 && p->at_s >= s->step_at_s ? s->step_s : 0);
	}
	written = gen_close(&file);
	free(order);
	return written;
}
