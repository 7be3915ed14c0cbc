/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mutations: healthy sites of many shapes, drawn from seeds, and one fault put into each by the
 * router between its two sides. What can be proven from a view must be found there, every time;
 * and from no view may anything be claimed that is not so.
 *
 * TALKPATH_SEEDS: how many sites (25). TALKPATH_FIRST_SEED: the first one (1).
 * TALKPATH_TALLY: a file to append what was found, missed and wrong to.
 */
#include "gen_trial.h"
#include "program.h"

TestSuite(mutations, .fini = scratch_remove, .timeout = 3600);

enum view { VIEW_LAN, VIEW_MIDDLE, VIEW_WAN, VIEW_NAMED, VIEW_UNNAMED, VIEW_MERGED, VIEWS };

static const char *const fault_names[GEN_FAULTS] = {"none", "switch", "alg", "remark-out",
    "remark-in", "drop-in", "drop-out", "no-latch", "double-nat"};
static const char *const view_names[VIEWS] = {
    "lan alone", "middle alone", "wan alone", "named", "unnamed", "merged"};

static const double proof = 0.8, claim = 0.5;

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
static bool tap_is_shown(const struct gen_trial *t)
{
	return strcmp(t->site.media, t->site.server) == 0 || t->site.rtcp;
}

static struct expectation expectation_of(const struct gen_trial *t, enum view view)
{
	bool both = view >= VIEW_NAMED;
	/* Seen from outside, a router that rewrites and a phone that was told look alike. */
	bool speaks_public = t->site.agent != GEN_AGENT_PLAIN && view == VIEW_WAN;

	if (t->site.ipv6 && view == VIEW_MERGED) {
		/* One flow, whose packets come twice: TTL alone parts the two sides. */
		return (struct expectation){"", 0,
		    t->fault == GEN_FAULT_REMARK_IN || t->fault == GEN_FAULT_REMARK_OUT
			? "dscp-remark dscp-unmarked"
			: "dscp-unmarked"};
	}
	switch (t->fault) {
	case GEN_FAULT_NONE:
	case GEN_FAULT_SWITCH:
	case GEN_FAULTS:
		return (struct expectation){"", 0, speaks_public ? "sip-alg?" : ""};
	case GEN_FAULT_ALG:
		return both ? (struct expectation){"sip-alg", proof, ""}
			    : (struct expectation){
				  "", 0, view == VIEW_WAN ? "sip-alg sip-alg?" : ""};
	case GEN_FAULT_REMARK_OUT:
	case GEN_FAULT_REMARK_IN:
		return both ? (struct expectation){"dscp-remark", proof, "dscp-unmarked"}
			    : (struct expectation){"", 0, "dscp-unmarked sip-alg?"};
	case GEN_FAULT_DROP_IN:
		if (view == VIEW_WAN) {
			return (struct expectation){"", 0, "one-way-audio? sip-alg?"};
		}
		if (view == VIEW_LAN && t->site.ipv6 && !tap_is_shown(t)) {
			return (struct expectation){"one-way-audio", 0.4, ""};
		}
		return (struct expectation){"one-way-audio", claim, ""};
	case GEN_FAULT_DROP_OUT:
		if (view == VIEW_LAN) {
			return (struct expectation){"", 0, "one-way-audio?"};
		}
		if (view == VIEW_WAN && !tap_is_shown(t)) {
			return (struct expectation){"one-way-audio", 0.4, "sip-alg?"};
		}
		return (struct expectation){"one-way-audio", claim, "sip-alg?"};
	case GEN_FAULT_NO_LATCH:
		if (view == VIEW_LAN) {
			return (struct expectation){"one-way-audio", claim, "symmetric-media?"};
		}
		if (view == VIEW_WAN && t->site.agent == GEN_AGENT_LEARNED) {
			/* It names that very port of its router, which may be forwarded. */
			return (struct expectation){
			    "symmetric-media", 0.4, "one-way-audio? sip-alg?"};
		}
		return (struct expectation){"symmetric-media", claim, "one-way-audio sip-alg?"};
	case GEN_FAULT_DOUBLE_NAT:
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

/* Of what the captures miss nothing needs to be found. */
static bool may_be_missed(const struct gen_trial *t)
{
	/* A clock that steps back makes little of the time after a mute, or before a fax. */
	bool squeezed = t->oddities & GEN_ODD_STEPS_BACK &&
			(t->site.talk == GEN_TALK_MUTED || t->site.talk == GEN_TALK_FAX);

	return squeezed ||
	       t->oddities & (GEN_ODD_BEGINS_LATE | GEN_ODD_ENDS_EARLY | GEN_ODD_LOSES_SIP);
}

/* One trial in three is seen by captures that nothing is odd about. */
static unsigned oddities_of(uint64_t seed)
{
	struct gen_random random = {seed * 31 + 7};
	unsigned kind = (unsigned)(gen_random(&random) % 3);
	unsigned a = (unsigned)(gen_random(&random) % 9), b = (unsigned)(gen_random(&random) % 9);

	return kind == 0 ? 0 : kind == 1 ? 1U << a : 1U << a | 1U << b;
}

/* --- looking at it --- */

static void shift(struct gen_script *script, double by_s)
{
	for (size_t i = 0; i < script->count; i++) {
		script->packets[i].at_s += by_s;
	}
}

static const char *write_script(
    const struct gen_trial *t, const struct gen_script *script, const char *name)
{
	static const enum gen_format formats[] = {GEN_PCAP_MICRO, GEN_PCAP_NANO, GEN_PCAPNG};
	static const enum gen_link links[] = {GEN_ETHERNET, GEN_ETHERNET, GEN_VLAN, GEN_SLL2};
	enum gen_format format = formats[t->seed / 2 % 3];
	enum gen_link link = links[t->seed / 6 % 4];
	const char *path = scratch(name);

	cr_assert(gen_script_write(script, path, format, link));
	return path;
}

/* All capture points in one file, as a switch that mirrors several ports writes it. */
static const char *write_merged(struct gen_trial *t)
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
	path = write_script(t, &all, "merged.pcap");
	free(all.packets); /* the payloads are the parts' */
	return path;
}

/* The files as arguments, named or not, the LAN's first or last. */
static json_t *all_report(const struct gen_trial *t, bool named, const char *const paths[4])
{
	static const char *const names[] = {"lan", "middle", "wan", "branch"};
	char words[2048] = "";

	for (unsigned i = 0; i < 4; i++) {
		unsigned k = t->seed % 4 < 2 ? i : 3 - i;
		size_t length = strlen(words);

		if (paths[k]) {
			(void)snprintf(words + length, sizeof(words) - length, "%s%s%s%s ",
			    named ? "--vantage " : "", named ? names[k] : "", named ? "=" : "",
			    paths[k]);
		}
	}
	return report_of("%s", words);
}

static json_t *view_report(struct gen_trial *t, enum view view, const char *const paths[4])
{
	switch (view) {
	case VIEW_LAN:
		return report_of("%s", paths[0]);
	case VIEW_MIDDLE:
		return t->has_middle ? report_of("%s", paths[1]) : NULL;
	case VIEW_WAN:
		return report_of("%s", paths[2]);
	case VIEW_NAMED:
	case VIEW_UNNAMED:
		return all_report(t, view == VIEW_NAMED, paths);
	case VIEW_MERGED:
		return report_of("%s", write_merged(t));
	case VIEWS:
		break;
	}
	return NULL;
}

/* What is so at this site, whatever its router does. */
static bool is_so_anyway(
    const struct gen_trial *t, enum view view, const char *code, double confidence)
{
	if (strcmp(code, "dscp-unmarked") == 0) {
		return t->site.server_dscp == 0;
	}
	/* By chance a capture that misses one packet in 250 misses one in 100 of a short stream. */
	if (t->oddities & GEN_ODD_LOSES_MEDIA && confidence < claim &&
	    strcmp(code, "high-loss") == 0) {
		return true;
	}
	/* A call under two names, where the message that would join them is not in the capture. */
	if (t->oddities & GEN_ODD_LOSES_SIP && t->rewrites & GEN_REWRITE_CALL_ID &&
	    view == VIEW_MERGED && confidence < claim && strcmp(code, "one-way-audio") == 0) {
		return true;
	}
	/* Of the other site the capture of all sees the outside alone. */
	return t->oddities & GEN_ODD_TWIN_SITE && view == VIEW_MERGED && confidence < claim &&
	       t->site.agent != GEN_AGENT_PLAIN && strcmp(code, "sip-alg") == 0;
}

/* One finding of a view: is it so? */
static unsigned finding_judge(
    const struct gen_trial *t, enum view view, const struct expectation *e, const json_t *finding)
{
	const char *code = text_at(finding, "code");
	double confidence = number_at(finding, "confidence");
	char hint[64], text[640];

	(void)snprintf(hint, sizeof(hint), "%s?", code);
	if (has_word(e->must, code) || has_word(e->may, code) ||
	    (confidence < claim && has_word(e->may, hint)) ||
	    is_so_anyway(t, view, code, confidence)) {
		return 0;
	}
	if (confidence >= claim) {
		tally_of(code)->wrong++;
	}
	cr_log_error("seed %llu, %s, %s: %s (%s) at %.2f: %s [%s]", (unsigned long long)t->seed,
	    fault_names[t->fault], view_names[view], code, text_at(finding, "cause"), confidence,
	    text_at(finding, "summary"), gen_trial_text(t, text));
	return 1;
}

/* Which fields the router changed somewhere, as the report names them. */
static bool is_rewritten(const struct gen_trial *t, const char *field)
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
static unsigned changes_judge(const struct gen_trial *t, const json_t *finding)
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
static unsigned group_judge(
    const struct gen_trial *t, enum view view, const struct expectation *e, const json_t *report)
{
	unsigned count = 0, calls = 0;

	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *finding = json_array_get(at(report, "findings"), i);

		if (strcmp(text_at(finding, "code"), e->must) == 0 &&
		    number_at(finding, "confidence") >= e->at_least) {
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
static bool is_shared(enum gen_fault fault)
{
	return fault == GEN_FAULT_ALG || fault == GEN_FAULT_REMARK_IN ||
	       fault == GEN_FAULT_REMARK_OUT || fault == GEN_FAULT_DOUBLE_NAT;
}

static unsigned view_judge(const struct gen_trial *t, enum view view, const json_t *report)
{
	struct expectation e = expectation_of(t, view);
	unsigned faults = 0;
	bool sought = e.must[0] && !may_be_missed(t), found = !sought;
	char text[640];

	for (size_t i = 0; i < length_at(report, "findings"); i++) {
		const json_t *finding = json_array_get(at(report, "findings"), i);

		faults += finding_judge(t, view, &e, finding);
		if (t->fault == GEN_FAULT_ALG && view >= VIEW_NAMED &&
		    number_at(finding, "confidence") >= claim &&
		    strcmp(text_at(finding, "code"), "sip-alg") == 0) {
			faults += changes_judge(t, finding);
		}
		found |= has_word(e.must, text_at(finding, "code")) &&
			 number_at(finding, "confidence") >= e.at_least;
	}
	if (sought && found && is_shared(t->fault)) {
		faults += group_judge(t, view, &e, report);
	}
	if (sought) {
		tally_of(e.must)->there++;
		tally_of(e.must)->found += found;
		tally_of(e.must)->missed += !found;
	}
	if (!found) {
		cr_log_error("seed %llu, %s, %s: no %s at %.2f [%s]", (unsigned long long)t->seed,
		    fault_names[t->fault], view_names[view], e.must, e.at_least,
		    gen_trial_text(t, text));
		faults++;
	}
	return faults;
}

static unsigned trial_judge(struct gen_trial *t)
{
	const char *paths[4];
	unsigned faults = 0;

	shift(&t->wan, t->clock_s);
	paths[0] = write_script(t, &t->lan, "lan.pcap");
	paths[1] = t->has_middle ? write_script(t, &t->middle, "middle.pcap") : NULL;
	paths[2] = write_script(t, &t->wan, "wan.pcap");
	paths[3] = t->twin.count ? write_script(t, &t->twin, "branch.pcap") : NULL;
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
static void tallies_write(enum gen_fault fault)
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

static void all_seeds(enum gen_fault fault)
{
	unsigned first = number_from("TALKPATH_FIRST_SEED", 1);
	unsigned seeds = number_from("TALKPATH_SEEDS", 25), made = 0, faults = 0;

	for (uint64_t seed = first; made < seeds && seed < first + 20 * seeds; seed++) {
		struct gen_trial t;

		if (gen_trial_make(&t, seed, fault, oddities_of(seed))) {
			faults += trial_judge(&t);
			made++;
		}
		gen_trial_free(&t);
	}
	cr_expect_eq(made, seeds);
	tallies_write(fault);
	cr_expect_eq(faults, 0, "%u of what was expected from %u sites with the fault \"%s\"",
	    faults, made, fault_names[fault]);
}

Test(mutations, nothing)
{
	all_seeds(GEN_FAULT_NONE);
}

Test(mutations, a_switch_that_routes)
{
	all_seeds(GEN_FAULT_SWITCH);
}

Test(mutations, an_alg)
{
	all_seeds(GEN_FAULT_ALG);
}

Test(mutations, two_nats)
{
	all_seeds(GEN_FAULT_DOUBLE_NAT);
}

Test(mutations, remarked_outward)
{
	all_seeds(GEN_FAULT_REMARK_OUT);
}

Test(mutations, remarked_inward)
{
	all_seeds(GEN_FAULT_REMARK_IN);
}

Test(mutations, audio_dropped_inward)
{
	all_seeds(GEN_FAULT_DROP_IN);
}

Test(mutations, audio_dropped_outward)
{
	all_seeds(GEN_FAULT_DROP_OUT);
}

Test(mutations, a_provider_that_never_latches)
{
	all_seeds(GEN_FAULT_NO_LATCH);
}
