/* SPDX-License-Identifier: Apache-2.0 */
/*
 * nat-symmetric and multi-wan; and, of cgnat, one phone behind several public addresses at once.
 *
 * Theory of operation: what servers answer about a phone's address outside (STUN, RFC 3581) are
 * reports: this local endpoint, seen by that server, as this one outside, from then till then.
 * Two servers that report different ports of one address, close in time, prove a mapping that
 * depends on the destination (RFC 4787 4.1). Different addresses are several lines, or the pool
 * of a carrier (RFC 6888 REQ-2), where they are in use by turns. An address that changes once and
 * stays is no more than a line that was connected anew, and one that comes back on another day
 * may have come round; a mapping that is reported anew by the same server may have expired.
 */
#include "detect.h"
#include "endpoint.h"
#include "finding.h"
#include "flow.h"
#include "nat_path.h"

enum { REPORTS_MAX = 32, POOL_PREFIX_OCTETS = 3 };

/* How one server sees one local endpoint. */
struct report {
	struct endpoint local, server, outside;
	struct mark first, last;
	uint16_t vantage;
	bool stun;
	struct nat_return back;
};

struct reports {
	unsigned count;
	struct report list[REPORTS_MAX];
};

static void report_add(struct reports *all, const struct report *report)
{
	if (all->count < REPORTS_MAX && address_is_unroutable(&report->local.address) &&
	    address_class(&report->outside.address) == ADDRESS_PUBLIC) {
		all->list[all->count++] = *report;
	}
}

static void stun_reports(struct reports *all, const struct endpoint_entry *entry)
{
	for (unsigned i = 0; i < entry->mapping_count; i++) {
		const struct endpoint_mapping *m = &entry->rare->mappings[i];

		if (!m->relayed && !m->check) {
			report_add(all, &(struct report){m->local, m->server, m->address, m->proof,
					    m->proof, m->vantage, true, {0}});
		}
	}
}

static void sip_reports(struct reports *all, const struct nat_path *p)
{
	for (unsigned i = 0; i < p->told_count && !p->connected; i++) {
		const struct nat_told *t = &p->told[i];

		report_add(all, &(struct report){p->source, p->server, t->at, t->first,
				    t->last.set ? t->last : t->first, p->vantage, false, t->back});
	}
}

/* --- what two reports prove --- */

/* The server says another port each time, of one flow: then its word means nothing. */
static bool is_trusted(const struct desk *desk, const struct reports *all, const struct report *r)
{
	int64_t near_ns = threshold_ns(desk->config.thresholds.nat_together_s);

	for (unsigned i = 0; i < all->count; i++) {
		const struct report *other = &all->list[i];
		int64_t apart_ns = elapsed_ns(r->last.time_ns, other->last.time_ns);

		if (other->vantage == r->vantage && endpoint_equal(&other->local, &r->local) &&
		    endpoint_equal(&other->server, &r->server) &&
		    !endpoint_equal(&other->outside, &r->outside) && apart_ns <= near_ns &&
		    apart_ns >= -near_ns) {
			return false;
		}
	}
	return true;
}

/* At some time both held, or they follow one another closely. */
static bool is_together(const struct desk *desk, const struct report *a, const struct report *b)
{
	int64_t near_ns = threshold_ns(desk->config.thresholds.nat_together_s);

	return elapsed_ns(a->last.time_ns, b->first.time_ns) <= near_ns &&
	       elapsed_ns(b->last.time_ns, a->first.time_ns) <= near_ns;
}

static bool is_symmetric(const struct desk *desk, const struct report *a, const struct report *b)
{
	int64_t apart_ns = elapsed_ns(a->last.time_ns, b->last.time_ns);
	int64_t near_ns = threshold_ns(desk->config.thresholds.nat_together_s);

	return a->vantage == b->vantage && endpoint_equal(&a->local, &b->local) &&
	       !endpoint_equal(&a->server, &b->server) &&
	       address_equal(&a->outside.address, &b->outside.address) &&
	       a->outside.port != b->outside.port && apart_ns <= near_ns && apart_ns >= -near_ns;
}

/* One before, between and after the other: both are in use, and none has replaced the other. */
static bool is_interleaved(const struct report *a, const struct report *b)
{
	return a->vantage == b->vantage &&
	       !address_equal(&a->outside.address, &b->outside.address) &&
	       elapsed_ns(a->first.time_ns, b->first.time_ns) > 0 &&
	       elapsed_ns(b->first.time_ns, a->last.time_ns) > 0;
}

/*
 * By turns: back within minutes, or twice; or another server saw the one all along. Once is a line
 * that was connected anew, and got its former address again.
 */
static bool is_by_turns(const struct desk *desk, const struct report *a, const struct report *b)
{
	const struct nat_return *back = a->back.count ? &a->back : &b->back;
	bool quick = back->count > 0 &&
		     back->shortest_ns <= threshold_ns(desk->config.thresholds.nat_restart_s);

	return is_interleaved(a, b) &&
	       (quick || a->back.count + b->back.count >= 2 ||
		   (!a->back.ever && !endpoint_equal(&a->server, &b->server)));
}

/* Of one pool, as far as the numbers tell. */
static bool is_neighbour(const struct address *a, const struct address *b)
{
	return address_is_ipv4(a) && address_is_ipv4(b) &&
	       memcmp(a->octets, b->octets, 12 + POOL_PREFIX_OCTETS) == 0;
}

/* --- saying it --- */

static const struct finding_words symmetric_words = {
    "The address that STUN tells a phone holds toward the STUN server alone. A phone that puts it "
    "into its SDP names a port that its router never opened for the other party: no audio, or "
    "audio one way.",
    "Switch the phone's STUN off and let the provider latch on the source of media (symmetric "
    "RTP), or use ICE with a TURN server. In the router look for \"consistent NAT\", \"cone NAT\", "
    "\"endpoint-independent NAT\", \"static port\".",
    NULL,
};

static const struct finding_words lines_words = {
    "Registration, calls and audio leave by different lines, so the provider sees them come from "
    "different addresses: audio goes to the wrong line, and inbound calls to an address that is "
    "no longer used.",
    "Tie the phones, or all traffic to the provider, to one line (\"policy routing\", \"sticky "
    "connections\", \"source persistence\"), with the other one as a stand-by only.",
    NULL,
};

static const struct finding_words pool_words = {
    "A carrier's NAT gives one customer several public addresses at once (against RFC 6888 "
    "REQ-2): the provider sees SIP and audio come from different addresses and may refuse or "
    "misdirect the audio.",
    "Ask the provider for a public IPv4 address or for paired address pooling, or use IPv6.",
    NULL,
};

static void tell_report(struct finding *f, const struct report *r)
{
	char local[ENDPOINT_TEXT_MAX], server[ENDPOINT_TEXT_MAX], outside[ENDPOINT_TEXT_MAX];

	finding_evidence(f, &r->first, "%s %s sees %s as %s",
	    r->stun ? "the STUN server" : "the server", endpoint_format(&r->server, server),
	    endpoint_format(&r->local, local), endpoint_format(&r->outside, outside));
	finding_time(f, r->first.time_ns, r->last.time_ns);
	finding_endpoint(f, &r->local.address);
}

/* Of another phone, or still the same. */
static void report_again(struct finding *f, const struct report *a, const struct report *b)
{
	finding_endpoint(f, &a->local.address);
	finding_time(f, a->first.time_ns, a->last.time_ns);
	finding_time(f, b->first.time_ns, b->last.time_ns);
}

static uint64_t address_key(const struct desk *desk, const struct address *a)
{
	return hash_endpoint(desk->key, &(struct endpoint){*a, 0});
}

static void symmetric_report(struct desk *desk, const struct report *a, const struct report *b)
{
	struct finding *f =
	    finding_open(desk, "nat-symmetric", NULL, address_key(desk, &a->outside.address));
	char outside[ADDRESS_TEXT_MAX];

	if (!f) {
		return;
	}
	if (!finding_is_new(f)) {
		report_again(f, a, b);
		return;
	}
	finding_rate(f, 0.85, SEVERITY_WARNING);
	finding_describe(f, desk, a->vantage, &symmetric_words,
	    "The router %s gives one socket another port for each destination (symmetric NAT)",
	    address_format(&a->outside.address, outside));
	tell_report(f, a);
	tell_report(f, b);
}

/* Of one line and its flip back it is surer than of two servers' reports. key: of the site. */
static void several_report(
    struct desk *desk, const struct report *a, const struct report *b, uint64_t key, double sure)
{
	bool pool = is_neighbour(&a->outside.address, &b->outside.address);
	struct finding *f =
	    finding_open(desk, pool ? "cgnat" : "multi-wan", pool ? "address-pool" : NULL, key);
	char one[ADDRESS_TEXT_MAX], other[ADDRESS_TEXT_MAX];
	bool again = f && !finding_is_new(f);

	if (!f) {
		return;
	}
	finding_rate(f, pool ? 0.6 : sure, SEVERITY_WARNING);
	if (again) {
		report_again(f, a, b);
		return;
	}
	address_format(&a->outside.address, one);
	address_format(&b->outside.address, other);
	if (pool) {
		finding_describe(f, desk, a->vantage, &pool_words,
		    "One phone is seen from several public addresses of one network at once: %s "
		    "and "
		    "%s",
		    one, other);
		finding_against(
		    f, "a router with several addresses of one provider looks the same");
	} else {
		finding_describe(f, desk, a->vantage, &lines_words,
		    "The site's public address goes to and fro between %s and %s: several lines "
		    "are in use",
		    one, other);
		if (sure < 0.8) {
			finding_against(
			    f, "a carrier's NAT with a pool of addresses looks the same");
		}
	}
	tell_report(f, a);
	tell_report(f, b);
	finding_evidence(f, &a->last, "and later it is %s again", one);
}

static void pair_judge(
    struct desk *desk, const struct reports *all, const struct report *a, const struct report *b)
{
	if (is_symmetric(desk, a, b) && is_trusted(desk, all, a) && is_trusted(desk, all, b)) {
		symmetric_report(desk, a, b);
	} else if (is_by_turns(desk, a, b) && is_together(desk, a, b)) {
		several_report(desk, a, b, desk->key ^ a->vantage,
		    endpoint_equal(&a->server, &b->server) ? 0.8 : 0.7);
	}
}

/* --- of all phones --- */

/* The reports about one phone, each compared with each. */
static void reports_judge(struct desk *desk, const struct reports *all)
{
	for (unsigned i = 0; i < all->count; i++) {
		for (unsigned k = 0; k < all->count; k++) {
			if (i != k && (i < k || is_interleaved(&all->list[i], &all->list[k]))) {
				pair_judge(desk, all, &all->list[i], &all->list[k]);
			}
		}
	}
}

/* What STUN servers told a phone, and SIP servers about the same sockets. */
static void stun_judge(struct desk *desk, const struct endpoint_entry *entry)
{
	struct reports all = {0};

	stun_reports(&all, entry);
	for (unsigned i = 0, count = all.count; i < count; i++) {
		const struct report *r = &all.list[i];
		const struct nat_path *p = NULL;

		while ((p = nat_path_of_source(desk, r->vantage, &r->local, p))) {
			sip_reports(&all, p);
		}
	}
	reports_judge(desk, &all);
}

/* What the servers of one socket say of it. */
static void sip_judge(struct desk *desk, const struct nat_path *path)
{
	const struct nat_path *p = nat_path_of_source(desk, path->vantage, &path->source, NULL);
	struct reports all = {0};

	if (p != path) {
		return; /* once for each socket */
	}
	for (; p; p = nat_path_of_source(desk, path->vantage, &path->source, p)) {
		sip_reports(&all, p);
	}
	reports_judge(desk, &all);
}

/* Seen from outside, a site is known by its addresses, in whichever order. */
static uint64_t site_key(const struct desk *desk, const struct report *a, const struct report *b)
{
	return (desk->key ^ a->vantage) + address_key(desk, &a->outside.address) +
	       address_key(desk, &b->outside.address);
}

/* From outside: the same registration comes from one address, from another, and back. */
static void outside_judge(struct desk *desk, const struct nat_path *path)
{
	const struct nat_path *other = nat_path_elsewhere(desk, path);
	struct report a, b;

	if (!other) {
		return;
	}
	a = (struct report){path->claimed, path->server, path->source, path->first, path->last,
	    path->vantage, false, path->back};
	b = (struct report){other->claimed, other->server, other->source, other->first, other->last,
	    other->vantage, false, other->back};
	if (is_by_turns(desk, &a, &b)) {
		several_report(desk, &a, &b, site_key(desk, &a, &b), 0.8);
	}
}

void detect_nat_mapping(struct desk *desk)
{
	for (uint32_t i = 0; i < nat_path_count(desk); i++) {
		const struct nat_path *p = nat_path_at(desk, i);

		if (p->known && p->told_count) {
			sip_judge(desk, p);
		}
		if (p->known) {
			outside_judge(desk, p);
		}
	}
	for (uint32_t i = 0; i < desk->endpoints.used; i++) {
		const struct endpoint_entry *entry = pool_at(&desk->endpoints, i);

		if (entry->known && entry->mapping_count) {
			stun_judge(desk, entry);
		}
	}
}
