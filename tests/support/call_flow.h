/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Flows: SIP messages between several hosts, told as tables of steps like the figures of
 * RFC 3665, and the media between them.
 */
#ifndef TALKPATH_TEST_CALL_FLOW_H
#define TALKPATH_TEST_CALL_FLOW_H

#include "gen_script.h"
#include "program.h"

enum flow_host { ALICE, BOB, P1, P2, CAROL, DAVE, FLOW_HOSTS };

static const char *const flow_addresses[FLOW_HOSTS] = {
    [ALICE] = "192.0.2.101",
    [BOB] = "192.0.2.201",
    [P1] = "192.0.2.111",
    [P2] = "192.0.2.222",
    [CAROL] = "192.0.2.150",
    [DAVE] = "192.0.2.160",
};

/*
 * One message. start: "INVITE" or "180 Ringing"; of a response `method` is its request's. The
 * caller's tag is "a"; `tag` is the callee's, NULL for none yet. by_callee: a request of the
 * callee within the dialog, or a response to one.
 */
struct flow_step {
	double at_s;
	enum flow_host from, to;
	const char *start, *method;
	unsigned cseq;
	const char *branch, *tag;
	const char *sdp;     /* see flow_sdp; NULL: none */
	const char *headers; /* more header lines, each with "\n"; NULL: none */
	bool by_callee;
};

struct flow {
	struct gen_script script;
	const char *call_id;
	const char *caller, *callee; /* user parts of From and To; NULL: alice, bob */
};

/*
 * "a", "b", ...: an audio description with that host's address; "a sendonly": with a direction;
 * "a =TEXT": the host's address, then these lines, m= and all, parted by "|"; "v=...": as it is.
 */
static inline const char *flow_sdp(const char *what, char out[1024])
{
	static const char letters[] = "ab12cd";
	const char *letter = strchr(letters, what[0]);
	const char *address = letter ? flow_addresses[letter - letters] : "";
	unsigned port = letter ? 20000 + (unsigned)(letter - letters) * 100 : 0;

	if (what[1] == '=') {
		(void)snprintf(out, 1024, "%s", what);
	} else if (what[1] && what[2] == '=') {
		(void)snprintf(out, 1024, "v=0\no=- 1 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\n%s\n",
		    address, address, what + 3);
	} else {
		(void)snprintf(out, 1024,
		    "v=0\no=- %u 1 IN IP4 %s\ns=-\nc=IN IP4 %s\nt=0 0\nm=audio %u RTP/AVP "
		    "0\n%s%s%s",
		    port, address, address, port, what[1] ? "a=" : "", what[1] ? what + 2 : "",
		    what[1] ? "\n" : "");
	}
	for (char *at = out; *at; at++) {
		if (*at == '|') {
			*at = '\n';
		}
	}
	return out;
}

static inline void flow_say(struct flow *f, const struct flow_step *s)
{
	char sdp[1024] = "", start[256], from[128], to[128];
	bool response = s->start[0] >= '1' && s->start[0] <= '6';
	struct gen_route route = {
	    gen_end(flow_addresses[s->from], 5060), gen_end(flow_addresses[s->to], 5060), 26, 64};
	const char *caller = f->caller ? f->caller : "alice";
	const char *callee = f->callee ? f->callee : "bob";

	if (s->sdp) {
		flow_sdp(s->sdp, sdp);
	}
	(void)snprintf(start, sizeof(start),
	    response ? "SIP/2.0 %s" : "%s sip:%s@example.com SIP/2.0", s->start,
	    s->by_callee ? caller : callee);
	(void)snprintf(from, sizeof(from), "<sip:%s@example.com>;tag=a", caller);
	(void)snprintf(to, sizeof(to), "<sip:%s@example.com>%s%s", callee, s->tag ? ";tag=" : "",
	    s->tag ? s->tag : "");
	gen_sip(&f->script, s->at_s, route,
	    "%s\nVia: SIP/2.0/UDP host.example.com;branch=z9hG4bK-%s\nFrom: %s\nTo: %s\n"
	    "Call-ID: %s\nCSeq: %u %s\n%s%s\n%s",
	    start, s->branch, s->by_callee ? to : from, s->by_callee ? from : to, f->call_id,
	    s->cseq, response ? s->method : s->start, s->headers ? s->headers : "",
	    s->sdp ? "Content-Type: application/sdp\n" : "", sdp);
}

#define flow_tell(f, steps)                                                        \
	do {                                                                       \
		for (size_t i_ = 0; i_ < sizeof(steps) / sizeof(*(steps)); i_++) { \
			flow_say((f), &(steps)[i_]);                               \
		}                                                                  \
	} while (0)

/* Audio from the port of one host's description to that of another's. */
static inline void flow_audio(struct flow *f, enum flow_host from, enum flow_host to, double from_s,
    double to_s, uint16_t sequence)
{
	struct gen_route route = {gen_end(flow_addresses[from], (uint16_t)(20000 + from * 100)),
	    gen_end(flow_addresses[to], (uint16_t)(20000 + to * 100)), 46, 64};

	gen_stream(&f->script, route,
	    &(struct gen_stream){.from_s = from_s,
		.to_s = to_s,
		.ssrc = 0x1000 + (unsigned)from,
		.sequence = sequence});
}

/* Something else at that time, so that the capture goes on until then. */
static inline void flow_until(struct flow *f, double at_s)
{
	struct gen_route route = {gen_end("198.51.100.1", 9), gen_end("198.51.100.2", 9), 0, 64};

	gen_raw(&f->script, at_s - 0.1, route, "\r\n\r\n", 4);
	gen_raw(&f->script, at_s, route, "\r\n\r\n", 4);
}

static inline json_t *flow_report(struct flow *f)
{
	const char *path = scratch("flow.pcap");
	json_t *report;

	cr_assert(gen_script_write(&f->script, path, GEN_PCAP_MICRO, GEN_ETHERNET));
	report = report_of("%s", path);
	gen_script_free(&f->script);
	return report;
}

#endif
