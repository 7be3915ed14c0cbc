/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutations: healthy sites of many shapes, drawn from seeds, and one fault put into each by the
 * router between its two sides. What can be proven from a view must be found there, every time;
 * and from no view may anything be claimed that is not so.
 *
 * TALKPATH_SEEDS: how many sites (25). TALKPATH_FIRST_SEED: the first one (1).
 * TALKPATH_TALLY: a file to append what was found, missed and wrong to.
 */
#include "gen_site.h"
#include "program.h"

TestSuite(mutations, .fini = scratch_remove, .timeout = 3600);

enum fault {
	FAULT_NONE,
	FAULT_SWITCH,
	FAULT_ALG,
	FAULT_REMARK_OUT,
	FAULT_REMARK_IN,
	FAULT_DROP_IN,
	FAULT_DROP_OUT,
	FAULT_NO_LATCH,
	FAULT_DOUBLE_NAT,
	FAULTS
};

enum view { VIEW_LAN, VIEW_MIDDLE, VIEW_WAN, VIEW_NAMED, VIEW_UNNAMED, VIEW_MERGED, VIEWS };

static const char *const fault_names[FAULTS] = {"none", "switch", "alg", "remark-out", "remark-in",
    "drop-in", "drop-out", "no-latch", "double-nat"};
static const char *const view_names[VIEWS] = {
    "lan alone", "middle alone", "wan alone", "named", "unnamed", "merged"};

static const char middle[] = "10.99.0.2";
static const double proof = 0.8, claim = 0.5;
static const double registered_s = 0.5; /* of gen_site_tell() */

/* A site with its fault, as its capture points see it. */
struct trial {
	uint64_t seed;
	struct gen_site site;
	enum fault fault;
	unsigned rewrites;
	unsigned calls, changed; /* changed: whose messages an ALG found something in */
	struct gen_script lan, middle, wan;
	bool has_middle;
	double clock_s; /* by which the WAN's clock is ahead */
};

/* What must be found, and what may be; codes parted by blanks. */
struct expectation {
	const char *must;
	double at_least;
	const char *may;
};

/* Of one code: what was there to be proven, what was found, missed, claimed without being so. */
struct tally {
	const char *code;
	unsigned there, found, missed, wrong;
};

static struct tally tallies[] = {
    {"sip-alg", 0, 0, 0, 0},
    {"double-nat", 0, 0, 0, 0},
    {"one-way-audio", 0, 0, 0, 0},
    {"dscp-remark", 0, 0, 0, 0},
    {"symmetric-media", 0, 0, 0, 0},
    {"(others)", 0, 0, 0, 0},
};

static struct tally *tally_of(const char *code)
{
	size_t last = sizeof(tallies) / sizeof(tallies[0]) - 1;

	for (size_t i = 0; i < last; i++) {
		if (strcmp(tallies[i].code, code) == 0) {
			return &tallies[i];
		}
	}
	return &tallies[last];
}

static bool has_word(const char *words, const char *word)
{
	size_t length = strlen(word);

	for (const char *c = words; (c = strstr(c, word)) != NULL; c += length) {
		if ((c == words || c[-1] == ' ') && (c[length] == ' ' || c[length] == '\0')) {
			return true;
		}
	}
	return false;
}

/* --- what is so --- */

/* A tap shows that it sees a direction by other packets of the same host, or by a private listener.
 */
static bool tap_is_shown(const struct trial *t)
{
	return strcmp(t->site.media, t->site.server) == 0 || t->site.rtcp;
}

static struct expectation expectation_of(const struct trial *t, enum view view)
{
	bool both = view >= VIEW_NAMED;
	/* Seen from outside, a router that rewrites and a phone that was told look alike. */
	bool speaks_public = t->site.agent != GEN_AGENT_PLAIN && view == VIEW_WAN;

	if (t->site.ipv6 && view == VIEW_MERGED) {
		/* One flow, whose packets come twice: nothing parts the two sides. */
		return (struct expectation){"", 0, "dscp-unmarked"};
	}
	switch (t->fault) {
	case FAULT_NONE:
	case FAULT_SWITCH:
	case FAULTS:
		return (struct expectation){"", 0, speaks_public ? "sip-alg?" : ""};
	case FAULT_ALG:
		return both ? (struct expectation){"sip-alg", proof, ""}
			    : (struct expectation){
				  "", 0, view == VIEW_WAN ? "sip-alg sip-alg?" : ""};
	case FAULT_REMARK_OUT:
	case FAULT_REMARK_IN:
		return both ? (struct expectation){"dscp-remark", proof, "dscp-unmarked"}
			    : (struct expectation){"", 0, "dscp-unmarked sip-alg?"};
	case FAULT_DROP_IN:
		if (view == VIEW_WAN) {
			return (struct expectation){"", 0, "one-way-audio? sip-alg?"};
		}
		if (view == VIEW_LAN && t->site.ipv6 && !tap_is_shown(t)) {
			return (struct expectation){"one-way-audio", 0.4, ""};
		}
		return (struct expectation){"one-way-audio", claim, ""};
	case FAULT_DROP_OUT:
		if (view == VIEW_LAN) {
			return (struct expectation){"", 0, "one-way-audio?"};
		}
		if (view == VIEW_WAN && !tap_is_shown(t)) {
			return (struct expectation){"one-way-audio", 0.4, "sip-alg?"};
		}
		return (struct expectation){"one-way-audio", claim, "sip-alg?"};
	case FAULT_NO_LATCH:
		if (view == VIEW_LAN) {
			return (struct expectation){"one-way-audio", claim, "symmetric-media?"};
		}
		if (view == VIEW_WAN && t->site.agent == GEN_AGENT_LEARNED) {
			/* It names that very port of its router, which may be forwarded. */
			return (struct expectation){
			    "symmetric-media", 0.4, "one-way-audio? sip-alg?"};
		}
		return (struct expectation){"symmetric-media", claim, "one-way-audio sip-alg?"};
	case FAULT_DOUBLE_NAT:
		if (both) {
			return (struct expectation){"double-nat", proof, ""};
		}
		if (view == VIEW_MIDDLE) {
			return (struct expectation){
			    t->site.agent == GEN_AGENT_PLAIN ? "double-nat" : "", claim,
			    "double-nat double-nat? sip-alg?"};
		}
		return (struct expectation){"", 0, "double-nat? sip-alg?"};
	}
	return (struct expectation){"", 0, ""};
}

/* --- making it --- */

/* Another router's worth of hops, and nothing changed. */
static void pass_switch(struct gen_script *out, const struct gen_script *in, const char *phone)
{
	struct gen_router nothing = {.inside = phone, .outside = phone};

	gen_script_route(out, in, &nothing);
}

/* The provider sends to the port of the description, whatever port the phone's audio comes from. */
static void never_latch(struct trial *t)
{
	struct gen_end described = gen_end(t->site.outside, t->site.media_port);
	size_t kept = 0;

	for (size_t i = 0; i < t->wan.count; i++) {
		struct gen_end *dst = &t->wan.packets[i].route.dst;

		if (!t->wan.packets[i].sip && dst->port == t->site.media_outside &&
		    memcmp(dst->address, described.address, 4) == 0) {
			*dst = described;
		}
	}
	for (size_t i = 0; i < t->lan.count; i++) {
		struct gen_packet *p = &t->lan.packets[i];

		if (!p->sip && p->route.dst.port == t->site.media_port) {
			free(p->payload);
		} else {
			t->lan.packets[kept++] = *p;
		}
	}
	t->lan.count = kept;
}

/* In the call, that is: what is changed in a registration alone makes a finding without calls. */
static bool any_rewritten(const struct trial *t)
{
	for (size_t i = 0; i < t->lan.count; i++) {
		const struct gen_packet *a = &t->lan.packets[i], *b = &t->wan.packets[i];

		if (a->sip && a->at_s > registered_s &&
		    (a->length != b->length || memcmp(a->payload, b->payload, a->length))) {
			return true;
		}
	}
	return false;
}

static void over_tcp(struct gen_script *script)
{
	struct gen_script tcp = {0};
	struct gen_over_tcp how = {.handshake = true, .sequence = 4000};

	gen_script_tcp(&tcp, script, &how);
	gen_script_free(script);
	*script = tcp;
}

/* The fault's parameters, and whether the site has room for it. */
static bool fault_draw(struct trial *t, struct gen_router *router)
{
	struct gen_site *s = &t->site;
	enum gen_remark how = (enum gen_remark)(1 + gen_random(&s->random) % 3);

	switch (t->fault) {
	case FAULT_ALG:
		router->rewrites = 1 + (unsigned)(gen_random(&s->random) % GEN_REWRITE_ALL);
		t->rewrites = router->rewrites;
		return true;
	case FAULT_REMARK_OUT:
		router->remark_out = how;
		return true; /* 46 is changed by each of them */
	case FAULT_REMARK_IN:
		router->remark_in = how;
		return true;
	case FAULT_DROP_IN:
		router->drop_rtp_in = true;
		return true;
	case FAULT_DROP_OUT:
		router->drop_rtp_out = true;
		return true;
	case FAULT_NO_LATCH:
		return s->moves_ports && s->agent != GEN_AGENT_STUN && s->talk != GEN_TALK_ECHO;
	case FAULT_DOUBLE_NAT:
		return !s->ipv6;
	case FAULT_NONE:
	case FAULT_SWITCH:
	case FAULTS:
		break;
	}
	return true;
}

/* Another phone of the same site, a little later. */
static void another_phone(struct gen_site *s, unsigned index)
{
	char *last = strrchr(s->phone, s->ipv6 ? ':' : '.');

	(void)snprintf(last + 1, sizeof(s->phone) - (size_t)(last + 1 - s->phone), "%u",
	    1 + (unsigned)(strtoul(last + 1, NULL, s->ipv6 ? 16 : 10) + index) % 254);
	if (s->ipv6) {
		(void)snprintf(s->outside, sizeof(s->outside), "%s", s->phone);
	}
	s->number += index;
	s->media_port = (uint16_t)(s->media_port + 2 * index);
	s->media_outside = (uint16_t)(s->media_outside + 2 * index);
	s->sip_port = (uint16_t)(s->sip_port + 100 * index);
	s->sip_outside = (uint16_t)(s->sip_outside + 100 * index);
	s->server_media = (uint16_t)(s->server_media + 2 * index);
	s->server_media_answered = (uint16_t)(s->server_media_answered + 2 * index);
	s->ssrc_out += 1000 * index;
	s->ssrc_in += 1000 * index;
}

static void append(struct gen_script *all, struct gen_script *more, double later_s)
{
	all->packets =
	    realloc(all->packets, (all->count + more->count + 1) * sizeof(*all->packets));
	cr_assert_not_null(all->packets);
	for (size_t i = 0; i < more->count; i++) {
		more->packets[i].at_s += later_s;
		all->packets[all->count++] = more->packets[i];
	}
	all->room = all->count;
	free(more->packets);
	*more = (struct gen_script){0};
}

/* One phone's call, as it is seen on each side of each router. */
static void call_make(struct trial *t, struct gen_router router)
{
	struct trial one = {.site = t->site, .fault = t->fault};
	struct gen_router inner = {.inside = t->site.phone, .outside = middle};
	double later_s = t->calls * 0.7;

	one.site.phone_deaf = t->fault == FAULT_DROP_IN || t->fault == FAULT_NO_LATCH;
	one.site.server_deaf = t->fault == FAULT_DROP_OUT;
	gen_site_tell(&one.site, &one.lan);
	router.inside = t->site.phone;
	if (t->fault == FAULT_SWITCH) {
		pass_switch(&one.middle, &one.lan, t->site.phone);
	} else if (t->fault == FAULT_DOUBLE_NAT) {
		gen_script_route(&one.middle, &one.lan, &inner);
		router.inside = middle;
	}
	gen_script_route(&one.wan, t->has_middle ? &one.middle : &one.lan, &router);
	t->changed += t->fault == FAULT_ALG && any_rewritten(&one);
	gen_script_inside(&one.lan, &router);
	if (t->fault == FAULT_NO_LATCH) {
		never_latch(&one);
	}
	if (t->site.tcp) {
		over_tcp(&one.lan);
		over_tcp(&one.middle);
		over_tcp(&one.wan);
	}
	append(&t->lan, &one.lan, later_s);
	append(&t->middle, &one.middle, later_s);
	append(&t->wan, &one.wan, later_s);
	t->calls++;
}

/* False where this fault would change nothing at this site. */
static bool trial_make(struct trial *t, uint64_t seed, enum fault fault)
{
	struct gen_router router;
	unsigned calls = 1 + (unsigned)(seed % 3);

	*t = (struct trial){.seed = seed, .fault = fault};
	t->has_middle = fault == FAULT_SWITCH || fault == FAULT_DOUBLE_NAT;
	gen_site_draw(&t->site, seed);
	router = gen_site_router(&t->site);
	t->clock_s = seed % 2 ? gen_random_unit(&t->site.random) * 4 - 2 : 0;
	if (!fault_draw(t, &router)) {
		return false;
	}
	for (unsigned i = 0; i < calls; i++) {
		struct gen_router own;

		if (i > 0) {
			another_phone(&t->site, i);
		}
		own = gen_site_router(&t->site);
		own.rewrites = router.rewrites;
		own.remark_in = router.remark_in;
		own.remark_out = router.remark_out;
		own.drop_rtp_in = router.drop_rtp_in;
		own.drop_rtp_out = router.drop_rtp_out;
		call_make(t, own);
	}
	return fault != FAULT_ALG || t->changed == t->calls;
}

static void trial_free(struct trial *t)
{
	gen_script_free(&t->lan);
	gen_script_free(&t->middle);
	gen_script_free(&t->wan);
}

/* --- looking at it --- */

static void shift(struct gen_script *script, double by_s)
{
	for (size_t i = 0; i < script->count; i++) {
		script->packets[i].at_s += by_s;
	}
}

static const char *write_script(const struct gen_script *script, const char *name)
{
	const char *path = scratch(name);

	cr_assert(gen_script_write(script, path, GEN_PCAP_MICRO, GEN_ETHERNET));
	return path;
}

/* All capture points in one file, as a switch that mirrors several ports writes it. */
static const char *write_merged(struct trial *t)
{
	struct gen_script all = {0};
	const struct gen_script *parts[] = {&t->lan, &t->middle, &t->wan};
	const char *path;

	for (size_t i = 0; i < 3; i++) {
		size_t room = all.count + parts[i]->count;

		all.packets = realloc(all.packets, (room + 1) * sizeof(*all.packets));
		cr_assert_not_null(all.packets);
		for (size_t k = 0; k < parts[i]->count; k++) {
			all.packets[all.count++] = parts[i]->packets[k];
		}
	}
	path = write_script(&all, "merged.pcap");
	free(all.packets); /* the payloads are the parts' */
	return path;
}

static json_t *view_report(struct trial *t, enum view view, const char *const paths[3])
{
	const char *lan = paths[0], *mid = paths[1], *wan = paths[2];

	switch (view) {
	case VIEW_LAN:
		return report_of("%s", lan);
	case VIEW_MIDDLE:
		return t->has_middle ? report_of("%s", mid) : NULL;
	case VIEW_WAN:
		return report_of("%s", wan);
	case VIEW_NAMED:
		return t->has_middle ? report_of("--vantage lan=%s --vantage middle=%s --vantage "
						 "wan=%s",
					   lan, mid, wan)
				     : report_of("--vantage lan=%s --vantage wan=%s", lan, wan);
	case VIEW_UNNAMED:
		return t->has_middle ? report_of("%s %s %s", wan, mid, lan)
				     : report_of("%s %s", wan, lan);
	case VIEW_MERGED:
		return report_of("%s", write_merged(t));
	case VIEWS:
		break;
	}
	return NULL;
}

/* One finding of a view: is it so? */
static unsigned finding_judge(
    const struct trial *t, enum view view, const struct expectation *e, const json_t *finding)
{
	const char *code = text_at(finding, "code");
	double confidence = number_at(finding, "confidence");
	char hint[64], text[512];

	(void)snprintf(hint, sizeof(hint), "%s?", code);
	if (has_word(e->must, code) || has_word(e->may, code) ||
	    (confidence < claim && has_word(e->may, hint))) {
		return 0;
	}
	if (confidence >= claim) {
		tally_of(code)->wrong++;
	}
	cr_log_error("seed %llu, %s, %s: %s (%s) at %.2f: %s [%s]", (unsigned long long)t->seed,
	    fault_names[t->fault], view_names[view], code, text_at(finding, "cause"), confidence,
	    text_at(finding, "summary"), gen_site_text(&t->site, text));
	return 1;
}

/* Which fields the router changed somewhere, as the report names them. */
static bool is_rewritten(const struct trial *t, const char *field)
{
	static const struct {
		const char *field;
		unsigned bit;
	} fields[] = {
	    {"Via sent-by", GEN_REWRITE_VIA},
	    {"Contact", GEN_REWRITE_CONTACT},
	    {"Call-ID", GEN_REWRITE_CALL_ID},
	    {"SDP o=", GEN_REWRITE_SDP_O},
	    {"SDP c=", GEN_REWRITE_SDP_C},
	    {"SDP media c=", GEN_REWRITE_SDP_C},
	    {"SDP m= port", GEN_REWRITE_SDP_PORT},
	    {"Request-URI", GEN_REWRITE_REQUEST_URI},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		if (strcmp(fields[i].field, field) == 0) {
			return (t->rewrites & fields[i].bit) != 0;
		}
	}
	return false;
}

/* An ALG's finding lists what it changed, each field before and after, and nothing else. */
static unsigned changes_judge(const struct trial *t, const json_t *finding)
{
	unsigned faults = 0;

	for (size_t i = 0; i < length_at(finding, "changes"); i++) {
		const json_t *change = json_array_get(at(finding, "changes"), i);

		if (!is_rewritten(t, text_at(change, "field")) ||
		    strcmp(text_at(change, "before"), text_at(change, "after")) == 0) {
			cr_log_error("seed %llu: %s was not changed from %s to %s",
			    (unsigned long long)t->seed, text_at(change, "field"),
			    text_at(change, "before"), text_at(change, "after"));
			faults++;
		}
	}
	return length_at(finding, "changes") > 0 ? faults : 1;
}

/* Calls that suffer from one cause share one finding. */
static unsigned group_judge(const struct trial *t, enum view view, const json_t *report)
{
	unsigned count = 0, calls = 0;

	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *finding = json_array_get(at(report, "findings"), i);

		if (strcmp(text_at(finding, "code"), expectation_of(t, view).must) == 0) {
			count++;
			calls += (unsigned)number_at(finding, "calls_total");
		}
	}
	if (count == 1 && calls == t->calls) {
		return 0;
	}
	cr_log_error("seed %llu, %s, %s: %u findings of %u calls, where %u calls share one",
	    (unsigned long long)t->seed, fault_names[t->fault], view_names[view], count, calls,
	    t->calls);
	return 1;
}

/* Of the router itself; what single phones suffer from it is theirs. */
static bool is_shared(enum fault fault)
{
	return fault == FAULT_ALG || fault == FAULT_REMARK_IN || fault == FAULT_REMARK_OUT ||
	       fault == FAULT_DOUBLE_NAT;
}

static unsigned view_judge(const struct trial *t, enum view view, const json_t *report)
{
	struct expectation e = expectation_of(t, view);
	unsigned faults = 0;
	bool found = e.must[0] == '\0';
	char text[512];

	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *finding = json_array_get(at(report, "findings"), i);

		faults += finding_judge(t, view, &e, finding);
		if (t->fault == FAULT_ALG && view >= VIEW_NAMED &&
		    strcmp(text_at(finding, "code"), "sip-alg") == 0) {
			faults += changes_judge(t, finding);
		}
		found |= has_word(e.must, text_at(finding, "code")) &&
			 number_at(finding, "confidence") >= e.at_least;
	}
	if (e.must[0] && found && is_shared(t->fault)) {
		faults += group_judge(t, view, report);
	}
	if (e.must[0]) {
		tally_of(e.must)->there++;
		tally_of(e.must)->found += found;
		tally_of(e.must)->missed += !found;
	}
	if (!found) {
		cr_log_error("seed %llu, %s, %s: no %s at %.2f [%s]", (unsigned long long)t->seed,
		    fault_names[t->fault], view_names[view], e.must, e.at_least,
		    gen_site_text(&t->site, text));
		faults++;
	}
	return faults;
}

static unsigned trial_judge(struct trial *t)
{
	const char *paths[3];
	unsigned faults = 0;

	shift(&t->wan, t->clock_s);
	paths[0] = write_script(&t->lan, "lan.pcap");
	paths[1] = t->has_middle ? write_script(&t->middle, "middle.pcap") : NULL;
	paths[2] = write_script(&t->wan, "wan.pcap");
	shift(&t->wan, -t->clock_s);
	for (enum view view = VIEW_LAN; view < VIEWS; view++) {
		json_t *report = view_report(t, view, paths);

		if (report) {
			faults += view_judge(t, view, report);
			json_decref(report);
		}
	}
	return faults;
}

/* --- the tests --- */

static unsigned number_from(const char *name, unsigned usual)
{
	const char *text = getenv(name);

	return text ? (unsigned)strtoul(text, NULL, 10) : usual;
}

/* For docs/detection.md: fault, code, there, found, missed, wrong. */
static void tallies_write(enum fault fault)
{
	const char *path = getenv("TALKPATH_TALLY");
	FILE *out = path ? fopen(path, "a") : NULL;

	for (size_t i = 0; out && i < sizeof(tallies) / sizeof(tallies[0]); i++) {
		const struct tally *t = &tallies[i];

		if (t->there + t->wrong > 0) {
			(void)fprintf(out, "%s\t%s\t%u\t%u\t%u\t%u\n", fault_names[fault], t->code,
			    t->there, t->found, t->missed, t->wrong);
		}
	}
	if (out) {
		(void)fclose(out);
	}
}

static void all_seeds(enum fault fault)
{
	unsigned first = number_from("TALKPATH_FIRST_SEED", 1);
	unsigned seeds = number_from("TALKPATH_SEEDS", 25), made = 0, faults = 0;

	for (uint64_t seed = first; made < seeds && seed < first + 20 * seeds; seed++) {
		struct trial t;

		if (trial_make(&t, seed, fault)) {
			faults += trial_judge(&t);
			made++;
		}
		trial_free(&t);
	}
	cr_expect_eq(made, seeds);
	tallies_write(fault);
	cr_expect_eq(faults, 0, "%u of what was expected from %u sites with the fault \"%s\"",
	    faults, made, fault_names[fault]);
}

Test(mutations, nothing)
{
	all_seeds(FAULT_NONE);
}

Test(mutations, a_switch_that_routes)
{
	all_seeds(FAULT_SWITCH);
}

Test(mutations, an_alg)
{
	all_seeds(FAULT_ALG);
}

Test(mutations, two_nats)
{
	all_seeds(FAULT_DOUBLE_NAT);
}

Test(mutations, remarked_outward)
{
	all_seeds(FAULT_REMARK_OUT);
}

Test(mutations, remarked_inward)
{
	all_seeds(FAULT_REMARK_IN);
}

Test(mutations, audio_dropped_inward)
{
	all_seeds(FAULT_DROP_IN);
}

Test(mutations, audio_dropped_outward)
{
	all_seeds(FAULT_DROP_OUT);
}

Test(mutations, a_provider_that_never_latches)
{
	all_seeds(FAULT_NO_LATCH);
}
