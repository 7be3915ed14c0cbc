/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "gen_site_parts.h"

enum { HEADERS_MAX = 16 };

/* One message while it is put together. */
struct message {
	struct gen_site *site;
	bool from_phone;
	unsigned count;
	char start[SITE_LINE_MAX];
	char headers[HEADERS_MAX][SITE_LINE_MAX];
};

/* --- who is where --- */

/* As a host of a URI or a Via is written. */
static const char *uri_host(const char *address, char out[64])
{
	(void)snprintf(out, 64, strchr(address, ':') ? "[%s]" : "%s", address);
	return out;
}

/* "192.0.2.1", "192.0.2.1:5062": how the phone writes its signalling address. */
static const char *own_host(const struct gen_site *s, bool learned, char out[64])
{
	bool outside = site_knows_outside(s, learned);
	uint16_t port = outside ? s->sip_outside : s->sip_port;
	char host[64];

	uri_host(outside ? s->outside : s->phone, host);
	if (port == 5060 && s->bare_port) {
		(void)snprintf(out, 64, "%s", host);
	} else {
		(void)snprintf(out, 64, "%.50s:%u", host, port);
	}
	return out;
}

struct gen_route site_sip_route(const struct gen_site *s, bool from_phone)
{
	struct gen_end phone = gen_end(s->phone, s->sip_port), server = gen_end(s->server, 5060);

	return from_phone
		   ? (struct gen_route){phone, server, s->sip_dscp, s->phone_ttl}
		   : (struct gen_route){server, phone, s->sip_dscp, (uint8_t)(64 - s->server_hops)};
}

/* --- messages --- */

__attribute__((format(printf, 2, 3))) static void header(struct message *m, const char *format, ...)
{
	va_list arguments;

	if (m->count == HEADERS_MAX) {
		abort();
	}
	va_start(arguments, format);
	(void)vsnprintf(m->headers[m->count++], SITE_LINE_MAX, format, arguments);
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
	unsigned first = site_below(m->site, m->count);

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
	gen_sip(lan, at_s, site_sip_route(m->site, m->from_phone), "%s\n%s", text, sdp ? sdp : "");
}

/* From, To, Call-ID, CSeq: the same in a request and its answers. */
static void dialog_headers(struct message *m, const struct site_request *r, bool with_to_tag)
{
	const struct gen_site *s = m->site;
	bool phone_first = r->registration || !s->inbound;
	bool from_is_phone = r->of_phone;
	const char *own = r->registration ? "reg" : "call";
	const char *to = r->registration || !from_is_phone ? "100" : "200";
	const char *server_tag = r->server_tag ? r->server_tag : "s";
	char host[64];

	uri_host(s->server, host);
	header(m, "From: <sip:%s@%s>;tag=%s%x", from_is_phone ? "100" : "200", host,
	    from_is_phone ? "p" : server_tag, s->number);
	if (with_to_tag) {
		header(m, "To: <sip:%s@%s>;tag=%s%x", to, host, from_is_phone ? server_tag : "p",
		    s->number);
	} else {
		header(m, "To: <sip:%s@%s>", to, host);
	}
	if (s->host_in_call_id) {
		header(m, "Call-ID: %s-%x@%s", own, s->number,
		    uri_host(phone_first ? s->phone : s->server, host));
	} else {
		header(m, "Call-ID: %s-%x", own, s->number);
	}
	header(m, "CSeq: %u %s", r->cseq, r->method);
}

static void vias_make(struct gen_site *s, struct site_request *r)
{
	char own[64];
	unsigned branch = (unsigned)gen_random(&s->random);

	if (r->same_via) {
		return;
	}
	if (r->of_phone) {
		(void)snprintf(r->via, sizeof(r->via), "SIP/2.0/%s %s;branch=z9hG4bK%x%s",
		    s->tcp ? "TCP" : "UDP", own_host(s, r->learned, own), branch,
		    s->rport ? ";rport" : "");
		return;
	}
	(void)snprintf(r->via, sizeof(r->via), "SIP/2.0/%s %s:5060;branch=z9hG4bK%x",
	    s->tcp ? "TCP" : "UDP", uri_host(s->server, own), branch);
	if (s->proxy) {
		(void)snprintf(r->below, sizeof(r->below),
		    "SIP/2.0/UDP 198.18.0.9:5070;branch=z9hG4bKb%x", branch);
	}
}

void site_request(struct gen_site *s, struct gen_script *lan, double at_s, struct site_request *r,
    const char *sdp)
{
	struct message m = {.site = s, .from_phone = r->of_phone};
	char own[64], host[64];

	vias_make(s, r);
	uri_host(s->server, host);
	if (r->of_phone) {
		(void)snprintf(m.start, sizeof(m.start), "%s sip:%s%s SIP/2.0", r->method,
		    r->registration ? "" : "200@", host);
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
		header(&m, "Contact: <sip:200@%s:5060>", host);
		if (s->proxy && !r->in_dialog) {
			header(&m, "Record-Route: <sip:%s;lr>", host);
		}
	}
	header(&m, "Max-Forwards: %u", r->of_phone ? 70 : 68);
	message_send(&m, lan, at_s, sdp);
}

/* RFC 3581: what the server saw. */
static void via_answered(struct message *m, const struct site_request *r)
{
	const struct gen_site *s = m->site;
	char *mark = strstr(r->via, ";rport");

	if (!r->of_phone) {
		header(m, "Via: %s", r->via);
		if (r->below[0]) {
			header(m, "Via: %s", r->below);
		}
	} else if (mark) {
		header(m, "Via: %.*s;received=%s;rport=%u", (int)(mark - r->via), r->via,
		    s->outside, s->sip_outside);
	} else {
		header(m, "Via: %s;received=%s", r->via, s->outside);
	}
}

void site_answer(struct gen_site *s, struct gen_script *lan, double at_s,
    const struct site_request *r, const char *status, const char *sdp)
{
	struct message m = {.site = s, .from_phone = !r->of_phone};
	char own[64], host[64];

	uri_host(s->server, host);
	(void)snprintf(m.start, sizeof(m.start), "SIP/2.0 %s", status);
	via_answered(&m, r);
	dialog_headers(&m, r, strcmp(status, "100 Trying") != 0);
	if (r->registration) {
		header(&m, "Contact: <sip:100@%s>;expires=300", own_host(s, r->learned, own));
	} else if (r->of_phone) {
		header(&m, "Contact: <sip:200@%s:5060>", host);
	} else {
		header(&m, "Contact: <sip:100@%s>", own_host(s, true, own));
	}
	if (status[0] == '4') {
		header(&m, "%s: Digest realm=\"%s\",nonce=\"%x\"",
		    strncmp(status, "407", 3) == 0 ? "Proxy-Authenticate" : "WWW-Authenticate",
		    host, s->number);
	}
	message_send(&m, lan, at_s, sdp);
}

/* --- session descriptions --- */

__attribute__((format(printf, 2, 3))) static void sdp_add(char *sdp, const char *format, ...)
{
	size_t length = strlen(sdp);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(sdp + length, SITE_SDP_MAX - length, format, arguments);
	va_end(arguments);
}

static void candidates_add(const struct gen_site *s, bool phone, uint16_t port, char *sdp)
{
	sdp_add(sdp, "a=ice-ufrag:f%x\na=ice-pwd:0123456789abcdefghijklmn\n", s->number % 65536);
	if (phone) {
		sdp_add(sdp, "a=candidate:1 1 UDP 2130706431 %s %u typ host\n", s->phone,
		    s->media_port);
		sdp_add(sdp, "a=candidate:2 1 UDP 1694498815 %s %u typ srflx raddr %s rport %u\n",
		    s->outside, s->media_outside, s->phone, s->media_port);
	} else {
		sdp_add(sdp, "a=candidate:1 1 UDP 2130706431 %s %u typ host\n", s->media, port);
	}
}

const char *site_sdp(
    const struct gen_site *s, const struct site_description *d, char out[SITE_SDP_MAX])
{
	bool outside = d->of_phone && site_knows_outside(s, true);
	const char *address = d->of_phone ? (outside ? s->outside : s->phone) : s->media;
	uint16_t port = d->of_phone ? s->media_port : s->server_media_answered;
	char connection[80];

	if (d->of_phone && s->agent == GEN_AGENT_STUN) {
		port = s->media_outside;
	} else if (d->port) {
		port = d->port;
	}
	(void)snprintf(
	    connection, sizeof(connection), "c=IN %s %s\n", s->ipv6 ? "IP6" : "IP4", address);
	out[0] = '\0';
	sdp_add(out, "v=0\no=- %u %u IN %s %s\ns=-\n%st=0 0\n", s->number % 100000,
	    d->fax ? 2U : 1U, s->ipv6 ? "IP6" : "IP4", address, s->media_c ? "" : connection);
	if (d->fax) {
		sdp_add(out, "m=image %u udptl t38\n%sa=T38FaxVersion:0\n", port,
		    s->media_c ? connection : "");
		return out;
	}
	sdp_add(out, "m=audio %u RTP/%s %u 13 101\n%s", port, s->srtp ? "SAVP" : "AVP",
	    s->payload_type, s->media_c ? connection : "");
	if (s->rtcp_line) {
		sdp_add(out, "a=rtcp:%u IN %s %s\n", port + 1, s->ipv6 ? "IP6" : "IP4", address);
	}
	if (s->srtp) {
		sdp_add(out, "a=crypto:1 AES_CM_128_HMAC_SHA1_80 "
			     "inline:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkw\n");
	}
	if (s->ice) {
		candidates_add(s, d->of_phone, port, out);
	}
	sdp_add(out, "a=rtpmap:101 telephone-event/8000\na=ptime:%u\na=%s\n", s->ptime_ms,
	    d->direction ? d->direction : "sendrecv");
	if (s->video) {
		sdp_add(out, "m=video %u RTP/%s 96\n%sa=rtpmap:96 H264/90000\na=%s\n", port + 10,
		    s->srtp ? "SAVP" : "AVP", s->media_c ? connection : "",
		    d->direction ? d->direction : "sendrecv");
	}
	return out;
}
