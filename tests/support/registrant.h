/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A phone that registers, told step by step: what it sends, and what its registrar answers.
 */
#ifndef TALKPATH_TEST_REGISTRANT_H
#define TALKPATH_TEST_REGISTRANT_H

#include "story.h"

struct registrant {
	struct gen_script script;
	const char *source; /* address that its packets come from, at this vantage */
	uint16_t source_port;
	const char *server;
	const char *claims;         /* host and port of Via and Contact */
	const char *contact_header; /* the whole header of the request; NULL: made of `claims` */
	const char *told;           /* ";received=...;rport=..." of the answers; "": none */
	const char *user, *call_id;
	unsigned cseq, branch;
	uint8_t ttl;
};

static inline struct registrant registrant(void)
{
	return (struct registrant){
	    .source = "192.168.1.10",
	    .source_port = 5060,
	    .server = "203.0.113.10",
	    .claims = "192.168.1.10:5060",
	    .told = "",
	    .user = "100",
	    .call_id = "reg-1@192.168.1.10",
	    .ttl = 64,
	};
}

static inline struct gen_route registrant_route(const struct registrant *r, bool from_phone)
{
	struct gen_end phone = gen_end(r->source, r->source_port),
		       server = gen_end(r->server, 5060);

	return from_phone ? (struct gen_route){phone, server, 26, r->ttl}
			  : (struct gen_route){server, phone, 0, 59};
}

/* The last request once more, as it was. */
static inline void registrant_repeat(
    struct registrant *r, double at_s, const char *method, const char *headers)
{
	char contact[512];

	(void)snprintf(contact, sizeof(contact), "Contact: <sip:%s@%s>\n", r->user, r->claims);
	gen_sip(&r->script, at_s, registrant_route(r, true),
	    "%s sip:%s SIP/2.0\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%u;rport\n"
	    "From: <sip:%s@%s>;tag=phone\nTo: <sip:%s@%s>\nCall-ID: %s\nCSeq: %u %s\n"
	    "Max-Forwards: 70\nUser-Agent: Registrant/1.0\n%s%s\n",
	    method, r->server, r->claims, r->call_id, r->branch, r->user, r->server, r->user,
	    r->server, r->call_id, r->cseq, method, r->contact_header ? r->contact_header : contact,
	    headers);
}

/* A new request. headers: whole lines, or "". */
static inline void registrant_ask(
    struct registrant *r, double at_s, const char *method, const char *headers)
{
	r->cseq++;
	r->branch++;
	registrant_repeat(r, at_s, method, headers);
}

/* The answer to it. headers: whole lines, or "". */
static inline void registrant_answer(
    struct registrant *r, double at_s, const char *method, const char *status, const char *headers)
{
	gen_sip(&r->script, at_s, registrant_route(r, false),
	    "SIP/2.0 %s\nVia: SIP/2.0/UDP %s;branch=z9hG4bK-%s-%u%s\n"
	    "From: <sip:%s@%s>;tag=phone\nTo: <sip:%s@%s>;tag=registrar\nCall-ID: %s\n"
	    "CSeq: %u %s\n%s\n",
	    status, r->claims, r->call_id, r->branch, r->told, r->user, r->server, r->user,
	    r->server, r->call_id, r->cseq, method, headers);
}

/* REGISTER and its 200, 50 ms later. expires: what is asked for and granted. */
static inline void registrant_register(struct registrant *r, double at_s, unsigned expires)
{
	char asked[64], granted[256];

	(void)snprintf(asked, sizeof(asked), "Expires: %u\n", expires);
	(void)snprintf(granted, sizeof(granted), "%s<sip:%s@%s>;expires=%u\n",
	    expires ? "Contact: " : "X-Gone: ", r->user, r->claims, expires);
	registrant_ask(r, at_s, "REGISTER", asked);
	registrant_answer(r, at_s + 0.05, "REGISTER", "200 OK", granted);
}

/* A packet that says nothing, so that the capture goes on until then. */
static inline void registrant_idle_until(struct registrant *r, double at_s)
{
	struct gen_end a = gen_end("192.0.2.250", 9), b = gen_end("192.0.2.251", 9);

	gen_raw(&r->script, at_s - 0.001, (struct gen_route){a, b, 0, 64}, "idle", 4);
	gen_raw(&r->script, at_s, (struct gen_route){a, b, 0, 64}, "idle", 4);
}

static inline json_t *registrant_report(struct registrant *r)
{
	json_t *report = report_of("%s", story_write(&r->script, "register.pcap"));

	gen_script_free(&r->script);
	return report;
}

/* The only registration, which must be in this state. */
static inline void only_state(const json_t *report, const char *state)
{
	cr_assert_eq(
	    length_at(report, "registrations"), 1, "%zu", length_at(report, "registrations"));
	cr_expect_str_eq(text_at(report, "registrations.0.state"), state);
	cr_expect_eq(json_object_size(at(report, "evictions")), 0);
}

/* Of the first registration. */
static inline double figure(const json_t *report, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "registrations.0.%s", name);
	return number_at(report, path);
}

static inline bool is_absent(const json_t *report, const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "registrations.0.%s", name);
	return !at(report, path) || json_is_null(at(report, path));
}

#endif
