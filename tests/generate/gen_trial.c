/* SPDX-License-Identifier: Apache-2.0 */
#include "gen_trial.h"

#include <stdlib.h>
#include <string.h>

static const char middle[] = "10.99.0.2";
static const double registered_s = 0.5; /* of gen_site_tell() */

/* --- making it --- */

/* Another router's worth of hops, and nothing changed. */
static void pass_switch(struct gen_script *out, const struct gen_script *in, const char *phone)
{
	struct gen_router nothing = {.inside = phone, .outside = phone};

	gen_script_route(out, in, &nothing);
}

/* The provider sends to the port of the description, whatever port the phone's audio comes from. */
static void never_latch(struct gen_trial *t)
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
static bool any_rewritten(const struct gen_trial *t)
{
	for (size_t i = 0; i < t->lan.count; i++) {
		const struct gen_packet *a = &t->lan.packets[i], *b = &t->wan.packets[i];

		if (a->sip && a->at_s > registered_s &&
		    (a->length != b->length || memcmp(a->payload, b->payload, a->length) != 0)) {
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
static bool fault_draw(struct gen_trial *t, struct gen_router *router)
{
	struct gen_site *s = &t->site;
	enum gen_remark how = (enum gen_remark)(1 + gen_random(&s->random) % 3);

	switch (t->fault) {
	case GEN_FAULT_ALG:
		router->rewrites = 1 + (unsigned)(gen_random(&s->random) % GEN_REWRITE_ALL);
		t->rewrites = router->rewrites;
		return true;
	case GEN_FAULT_REMARK_OUT:
		router->remark_out = how;
		return true; /* 46 is changed by each of them */
	case GEN_FAULT_REMARK_IN:
		router->remark_in = how;
		return s->server_dscp >= 34; /* and none of the others is a class to be lost */
	case GEN_FAULT_DROP_IN:
		router->drop_rtp_in = true;
		return true;
	case GEN_FAULT_DROP_OUT:
		router->drop_rtp_out = true;
		return true;
	case GEN_FAULT_NO_LATCH:
		return s->moves_ports && s->agent != GEN_AGENT_STUN && s->talk != GEN_TALK_ECHO;
	case GEN_FAULT_DOUBLE_NAT:
		return !s->ipv6;
	case GEN_FAULT_NONE:
	case GEN_FAULT_SWITCH:
	case GEN_FAULTS:
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
	if (!all->packets) {
		abort();
	}
	for (size_t i = 0; i < more->count; i++) {
		more->packets[i].at_s += later_s;
		all->packets[all->count++] = more->packets[i];
	}
	all->room = all->count;
	free(more->packets);
	*more = (struct gen_script){0};
}

/* --- around the site --- */

/* A leg of the phone's call to or from somebody else: its own Call-ID, tags and branches. */
static struct gen_site leg_of(const struct gen_site *s, const char *near, const char *far)
{
	struct gen_site leg = *s;
	bool relays = s->number & 1; /* the very same packets; otherwise a mixer's */

	leg.number ^= 0x5a5a5a;
	leg.agent = GEN_AGENT_PLAIN;
	leg.proxy = leg.ice = leg.moves_ports = false;
	leg.lost = 0;
	(void)snprintf(leg.phone, sizeof(leg.phone), "%s", near);
	(void)snprintf(leg.outside, sizeof(leg.outside), "%s", near);
	(void)snprintf(leg.server, sizeof(leg.server), "%s", far);
	(void)snprintf(leg.media, sizeof(leg.media), "%s", far);
	leg.sip_port = leg.sip_outside = 5060;
	leg.media_port = leg.media_outside = (uint16_t)(s->media_port + 400);
	leg.server_media_answered = (uint16_t)(s->server_media_answered + 600);
	leg.server_media = (uint16_t)(s->server_media + 600);
	if (!relays) {
		leg.ssrc_in ^= 0x1234567;
		leg.ssrc_out ^= 0x7654321;
	}
	return leg;
}

/* The script so much later where it goes on from `at`, and earlier where it comes to it. */
static void onward(struct gen_script *script, const char *from, double later_s)
{
	struct gen_end end = gen_end(from, 0);

	for (size_t i = 0; i < script->count; i++) {
		struct gen_packet *p = &script->packets[i];
		bool goes = memcmp(p->route.src.address, end.address, sizeof(end.address)) == 0;

		p->at_s += goes ? -later_s : later_s;
	}
}

/* A phone of the site's LAN, whose call a PBX makes for it. */
static void behind_pbx(struct gen_script *lan, const struct gen_site *s)
{
	char phone[46];
	const char *last = strrchr(s->phone, s->ipv6 ? ':' : '.');
	unsigned host = (unsigned)strtoul(last + 1, NULL, s->ipv6 ? 16 : 10);
	struct gen_site leg;
	struct gen_script script = {0};

	(void)snprintf(phone, sizeof(phone), "%.*s%u", (int)(last + 1 - s->phone), s->phone,
	    1 + (host + 90) % 254);
	leg = leg_of(s, phone, s->phone);
	leg.server_hops = 0;
	gen_site_tell(&leg, &script);
	onward(&script, phone, 0.003);
	append(lan, &script, 0);
}

/* The provider's own leg, to somebody on the internet. */
static void beyond_border(struct gen_script *wan, const struct gen_site *s)
{
	struct gen_site leg = leg_of(s, s->server, s->ipv6 ? "2001:db8:3::77" : "192.0.2.77");
	struct gen_script script = {0};

	leg.phone_ttl = 64;
	gen_site_tell(&leg, &script);
	onward(&script, s->server, -0.003);
	append(wan, &script, 0);
}

/* A site somewhere else, numbered like this one. */
static void twin_site(struct gen_trial *t)
{
	struct gen_site twin = t->site;
	struct gen_router router;
	struct gen_script wan = {0};

	(void)snprintf(twin.outside, sizeof(twin.outside), "192.0.2.%u", 2 + twin.number % 200);
	twin.number ^= 0x333333;
	twin.ssrc_in ^= 0x1111111;
	twin.ssrc_out ^= 0x2222222;
	twin.server_media = (uint16_t)(twin.server_media + 1000);
	twin.server_media_answered = (uint16_t)(twin.server_media_answered + 1000);
	gen_site_tell(&twin, &t->twin);
	router = gen_site_router(&twin);
	gen_script_route(&wan, &t->twin, &router);
	if (twin.tcp) {
		over_tcp(&t->twin);
		over_tcp(&wan);
	}
	append(&t->wan, &wan, 0.35);
	for (size_t i = 0; i < t->twin.count; i++) {
		t->twin.packets[i].at_s += 0.35;
	}
}

/* --- odd captures --- */

static void keep_span(struct gen_script *script, double from_s, double to_s)
{
	size_t kept = 0;

	for (size_t i = 0; i < script->count; i++) {
		if (script->packets[i].at_s >= from_s && script->packets[i].at_s < to_s) {
			script->packets[kept++] = script->packets[i];
		} else {
			free(script->packets[i].payload);
		}
	}
	script->count = kept;
}

static void lose(struct gen_script *script, struct gen_random *random, bool sip, double share)
{
	size_t kept = 0;

	for (size_t i = 0; i < script->count; i++) {
		struct gen_packet *p = &script->packets[i];

		if (p->sip == sip && gen_random_unit(random) < share) {
			free(p->payload);
		} else {
			script->packets[kept++] = *p;
		}
	}
	script->count = kept;
}

static void make_odd(struct gen_trial *t)
{
	struct gen_script *scripts[] = {&t->lan, &t->middle, &t->wan, &t->twin};
	struct gen_random random = {t->seed * 977 + 5};
	double from_s = t->oddities & GEN_ODD_BEGINS_LATE ? 1 + gen_random_unit(&random) * 5 : 0;
	double to_s = t->oddities & GEN_ODD_ENDS_EARLY ? 6 + gen_random_unit(&random) * 5 : 100;

	for (size_t i = 0; i < sizeof(scripts) / sizeof(scripts[0]); i++) {
		keep_span(scripts[i], from_s, to_s);
		if (t->oddities & GEN_ODD_LOSES_MEDIA) {
			lose(scripts[i], &random, false, 0.004);
		}
		if (t->oddities & GEN_ODD_LOSES_SIP) {
			lose(scripts[i], &random, true, 0.06);
		}
	}
	if (t->oddities & GEN_ODD_HOURS_APART) {
		t->clock_s = (gen_random_unit(&random) - 0.5) * 36000;
	}
	if (t->oddities & GEN_ODD_STEPS_BACK) {
		t->wan.step_at_s = 3 + gen_random_unit(&random) * 6;
		t->wan.step_s = -gen_random_unit(&random) * 2;
	}
}

/* --- the trial --- */

/* One phone's call, as it is seen on each side of each router. */
static void call_make(struct gen_trial *t, struct gen_router router)
{
	struct gen_trial one = {.site = t->site, .fault = t->fault};
	struct gen_router inner = {.inside = t->site.phone, .outside = middle};
	double later_s = t->calls * 0.7;

	one.site.phone_deaf = t->fault == GEN_FAULT_DROP_IN || t->fault == GEN_FAULT_NO_LATCH;
	one.site.server_deaf = t->fault == GEN_FAULT_DROP_OUT;
	gen_site_tell(&one.site, &one.lan);
	router.inside = t->site.phone;
	if (t->fault == GEN_FAULT_SWITCH) {
		pass_switch(&one.middle, &one.lan, t->site.phone);
	} else if (t->fault == GEN_FAULT_DOUBLE_NAT) {
		gen_script_route(&one.middle, &one.lan, &inner);
		router.inside = middle;
	}
	gen_script_route(&one.wan, t->has_middle ? &one.middle : &one.lan, &router);
	t->changed += t->fault == GEN_FAULT_ALG && any_rewritten(&one);
	gen_script_inside(&one.lan, &router);
	if (t->fault == GEN_FAULT_NO_LATCH) {
		never_latch(&one);
	}
	if (t->oddities & GEN_ODD_PBX) {
		behind_pbx(&one.lan, &t->site);
	}
	if (t->oddities & GEN_ODD_BORDER) {
		beyond_border(&one.wan, &t->site);
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

/* What stands around the site must suffer with it, or be left out. */
static unsigned oddities_for(const struct gen_trial *t)
{
	bool media_fault = t->fault == GEN_FAULT_DROP_IN || t->fault == GEN_FAULT_DROP_OUT ||
			   t->fault == GEN_FAULT_NO_LATCH;

	return t->oddities & ~((media_fault ? GEN_ODD_PBX | GEN_ODD_BORDER : 0U) |
				 (t->site.ipv6 ? GEN_ODD_TWIN_SITE : 0U));
}

bool gen_trial_make(struct gen_trial *t, uint64_t seed, enum gen_fault fault, unsigned oddities)
{
	struct gen_router router;
	unsigned calls = 1 + (unsigned)(seed % 3);

	*t = (struct gen_trial){.seed = seed, .fault = fault, .oddities = oddities};
	t->has_middle = fault == GEN_FAULT_SWITCH || fault == GEN_FAULT_DOUBLE_NAT;
	gen_site_draw(&t->site, seed);
	t->oddities = oddities_for(t);
	router = gen_site_router(&t->site);
	t->clock_s = seed % 2 ? gen_random_unit(&t->site.random) * 4 - 2 : 0;
	if (!fault_draw(t, &router)) {
		return false;
	}
	if (t->oddities & GEN_ODD_TWIN_SITE) {
		twin_site(t);
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
	make_odd(t);
	return fault != GEN_FAULT_ALG || t->changed == t->calls;
}

const char *gen_trial_text(const struct gen_trial *t, char out[640])
{
	static const char *const names[] = {"begins late", "ends early", "loses media", "loses SIP",
	    "hours apart", "steps back", "twin site", "PBX", "border"};
	size_t length;

	gen_site_text(&t->site, out);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		length = strlen(out);
		if (t->oddities & 1U << i) {
			(void)snprintf(out + length, 640 - length, "; %s", names[i]);
		}
	}
	return out;
}

void gen_trial_free(struct gen_trial *t)
{
	gen_script_free(&t->lan);
	gen_script_free(&t->middle);
	gen_script_free(&t->wan);
	gen_script_free(&t->twin);
}
