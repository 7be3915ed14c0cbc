/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Theory of operation: a phone, a PBX or a provider asks for few things, or is given some of them.
 * A scanner asks for many, one after the other, is given none and never answers a challenge for a
 * call. That is judged only for addresses that the Internet can reach: what dials many wrong
 * numbers from inside is somebody's own telephone system. A tool that says in User-Agent that it
 * is a scanner needs no counting.
 *
 * Monitoring asks by OPTIONS and is answered, load tests are answered with 2xx, and providers and
 * phones take part in something that succeeded: none of them is taken for a scanner.
 */
#include "detect.h"

#include <stdio.h>

#include "asker.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"

enum {
	REPEATS_MAX = 4, /* requests for each target: who tries again and again wants that one */
	TOOL_TARGETS_MIN = 3, /* where User-Agent names a tool that is often misused */
	MANY_TIMES = 3        /* so many times the threshold leave little doubt */
};

static const double sure = 0.95, likely = 0.75, possible = 0.6;

static uint32_t requests_of(const struct asker *a)
{
	return a->requests[ASKER_INVITE] + a->requests[ASKER_REGISTER] + a->requests[ASKER_OPTIONS];
}

/* Hosts asked by OPTIONS, most of which are silent. */
static bool sweeps_hosts(const struct desk *desk, const struct asker *a)
{
	return a->requests[ASKER_OPTIONS] == requests_of(a) &&
	       a->hosts >= desk->config.thresholds.scan_targets && a->answered * 2 < a->hosts &&
	       requests_of(a) <= a->hosts * REPEATS_MAX;
}

/*
 * An answer, or anything else that one of those asked has sent. Where the capture shows nothing of
 * them it may be a mirror of one direction, and what was given is not known.
 */
static bool is_other_side_seen(const struct desk *desk, const struct asker *a)
{
	for (const struct asker_sample *s = a->samples; s && a->answered == 0; s = s->next) {
		const struct endpoint_entry *asked = endpoint_find(desk, &s->to);
		const struct endpoint_view *view = asked ? endpoint_view(asked, a->vantage) : NULL;

		if (view && view->ttl_max > 0) {
			return true;
		}
	}
	return a->answered > 0;
}

/* Extensions or numbers asked for, of which none was given. */
static bool tries_targets(const struct desk *desk, const struct asker *a)
{
	double least =
	    a->tool != ASKER_TOOL_NONE ? TOOL_TARGETS_MIN : desk->config.thresholds.scan_targets;
	uint32_t pleas = a->requests[ASKER_INVITE] + a->requests[ASKER_REGISTER];

	return pleas > 0 && a->targets >= least && a->credentials[ASKER_INVITE] == 0 &&
	       (pleas <= a->targets * REPEATS_MAX || a->tool != ASKER_TOOL_NONE);
}

static double confidence_of(const struct desk *desk, const struct asker *a)
{
	if (a->tool == ASKER_TOOL_SCANNER) {
		return sure;
	}
	if (asker_was_served(desk, a->vantage, &a->address) || address_is_unroutable(&a->address)) {
		return 0;
	}
	if (!sweeps_hosts(desk, a) && !(tries_targets(desk, a) && is_other_side_seen(desk, a))) {
		return 0;
	}
	return a->tool == ASKER_TOOL_LIKELY ||
		       a->targets >= desk->config.thresholds.scan_targets * MANY_TIMES
		   ? likely
		   : possible;
}

bool detect_is_scanner(const struct desk *desk, uint16_t vantage, const struct address *address)
{
	const struct asker *a = asker_find(desk, vantage, address);

	return a && confidence_of(desk, a) > 0;
}

/* "28 INVITE, 3 OPTIONS" */
static const char *requests_text(const struct asker *a, char out[96])
{
	static const char *const names[ASKER_METHODS] = {"INVITE", "REGISTER", "OPTIONS"};
	int at = 0;

	out[0] = '\0';
	for (int i = 0; i < ASKER_METHODS; i++) {
		if (a->requests[i] > 0) {
			at += snprintf(out + at, 96 - (size_t)at, "%s%u %s", at ? ", " : "",
			    a->requests[i], names[i]);
		}
	}
	return out;
}

/* "404 (20), 401 (8)"; "none" */
static const char *codes_text(const struct asker *a, char out[96])
{
	int at = 0;

	(void)snprintf(out, 96, "none");
	for (int i = 0; i < ASKER_CODES && a->codes[i]; i++) {
		at += snprintf(out + at, 96 - (size_t)at, "%s%u (%u times)", at ? ", " : "",
		    a->codes[i], a->code_counts[i]);
	}
	return out;
}

static void evidence_list(struct finding *f, const struct asker *a, double confidence)
{
	static const char *const names[ASKER_METHODS] = {"INVITE", "REGISTER", "OPTIONS"};
	char requests[96], codes[96], host[ADDRESS_TEXT_MAX];

	for (const struct asker_sample *s = a->samples; s; s = s->next) {
		bool names_tool = s == a->samples && a->agent;

		finding_evidence(f, &s->mark, "%s for \"%s\" at %s%s%s", names[s->method],
		    s->target, address_format(&s->to, host), names_tool ? ", User-Agent: " : "",
		    names_tool ? a->agent : "");
		finding_endpoint(f, &s->to);
	}
	if (requests_of(a) > 1) {
		finding_evidence(f, &a->last,
		    "the last of its requests: %s in all; at least %u different %s asked for, at "
		    "%u %s; answered: %u; INVITE and REGISTER accepted: %u; refused with: %s",
		    requests_text(a, requests), a->targets, a->targets == 1 ? "target" : "targets",
		    a->hosts, a->hosts == 1 ? "host" : "hosts", a->answered, a->accepted,
		    codes_text(a, codes));
	} else if (a->accepted > 0) {
		finding_evidence(f, &a->last, "answered with 2xx");
	}
	if (confidence < sure) {
		finding_against(f, "a telephone system all of whose calls and registrations are "
				   "refused looks alike; of this one nothing succeeded here");
	}
}

/* Grows with whatever makes the finding say something else. */
static uint64_t news_of(const struct asker *a)
{
	return (uint64_t)requests_of(a) + a->answered + a->accepted;
}

/* So that the numbers quoted are not those of long ago. */
static bool has_grown(const struct desk *desk, const struct asker *a)
{
	return requests_of(a) >= 2 * a->told_requests ||
	       (desk->ended && news_of(a) != a->told_news);
}

/* The calls that it tried, and perhaps made. */
static void calls_attach(struct desk *desk, struct finding *f, const struct asker *a)
{
	for (uint32_t n = desk->oldest_call; n != POOL_NONE; n = call_at(desk, n)->newer) {
		struct call *call = call_at(desk, n);

		for (const struct observation *o = call->observations; o; o = o->next) {
			struct endpoint caller = observed_party(o, PARTY_CALLER);

			if (o->vantage == a->vantage &&
			    address_equal(&caller.address, &a->address)) {
				finding_call(f, call);
			}
		}
	}
}

static void tell(struct desk *desk, struct asker *a, double confidence)
{
	static const struct finding_words words = {
	    .why = "Whoever finds an extension with a weak password makes calls at your expense. "
		   "Phones that can be reached from outside ring at night with nobody there, and a "
		   "fast scan takes the place of real calls.",
	    .remedy = "In the router remove port forwardings and \"DMZ\" or \"exposed host\" to "
		      "phones and PBX, and let UDP and TCP 5060 and 5061 in from the provider's "
		      "addresses alone (\"firewall\", \"access control\", \"allowed IP\"). In the "
		      "phones allow calls from the SIP proxy only.",
	};
	static const struct finding_words inside = {
	    .why = "Whoever finds an extension with a weak password makes calls at your expense.",
	    .remedy = "Find the machine by this private address (\"DHCP leases\", \"connected "
		      "devices\"), and unless somebody runs a test there, take it off the network. "
		      "It is in the local network or behind a VPN.",
	};
	bool is_inside = address_is_unroutable(&a->address);
	const struct endpoint key = {a->address, 0};
	struct finding *f = finding_open(desk, "sip-scan", NULL, hash_endpoint(desk->key, &key));
	char address[ADDRESS_TEXT_MAX];
	bool fresh;

	if (!f) {
		return;
	}
	fresh = a->finding != f->id;
	if (!fresh && has_grown(desk, a)) {
		finding_renew(f);
		fresh = true;
	}
	if (finding_is_new(f) && a->tool == ASKER_TOOL_SCANNER) {
		finding_describe(f, desk, a->vantage, is_inside ? &inside : &words,
		    "A SIP scanner at %s, which calls itself \"%s\", probes this site",
		    address_format(&a->address, address), a->agent ? a->agent : "");
	} else if (finding_is_new(f)) {
		finding_describe(f, desk, a->vantage, &words,
		    "A stranger at %s tries SIP extensions and numbers one after the other",
		    address_format(&a->address, address));
	}
	finding_rate(f, confidence, a->accepted > 0 ? SEVERITY_CRITICAL : SEVERITY_WARNING);
	finding_time(f, a->first.time_ns, a->last.time_ns);
	if (fresh) {
		a->finding = f->id;
		a->told_requests = requests_of(a);
		finding_endpoint(f, &a->address);
		evidence_list(f, a, confidence);
		if (a->requests[ASKER_INVITE] > 0) {
			calls_attach(desk, f, a);
		}
	}
	a->told_news = news_of(a);
}

void detect_sip_scan(struct desk *desk)
{
	for (struct asker *a = asker_first(desk); a; a = asker_next(desk, a)) {
		double confidence = confidence_of(desk, a);

		if (confidence > 0 && !(a->finding && news_of(a) == a->told_news)) {
			tell(desk, a, confidence);
		}
	}
}
