/* SPDX-License-Identifier: Apache-2.0 */
#include "nat_life.h"

#include <string.h>

/* A packet so soon after one of the UA's comes through the mapping that this one opened. */
static const int64_t reply_ns = 2 * MEDIA_SECOND_NS;
/* From one transmission to the next (T1, RFC 3261 17.1.1.1): not answered at once is unheard. */
static const int64_t unheard_ns = 400 * (MEDIA_SECOND_NS / 1000);
static const uint32_t unheard_sent = 2; /* times */
/* Addresses that are given out anew each night may come round again on another day. */
static const int64_t return_ns = 12 * (3600 * MEDIA_SECOND_NS);

static int64_t silence_min_ns(const struct desk *desk)
{
	return threshold_ns(desk->config.thresholds.nat_silence_s);
}

static void longest(struct nat_silence *s, int64_t ns, const struct signal *signal)
{
	if (ns > s->ns) {
		*s = (struct nat_silence){ns, signal_mark(signal)};
	}
}

bool nat_death_fold(struct nat_death *into, const struct nat_death *death)
{
	uint32_t count = into->count + death->count;
	bool shortest = into->ns == 0 || death->ns < into->ns;

	if (shortest) {
		*into = *death;
	}
	into->count = count;
	return shortest;
}

/* The same UA comes from another port than before; death->ns: after such a silence. */
static void moved_note(
    const struct desk *desk, struct nat_path *p, enum nat_use use, const struct nat_death *death)
{
	enum nat_proof proof = p->restarted ? NAT_DOUBTFUL : NAT_MOVED;

	if (death->ns < silence_min_ns(desk)) {
		p->erratic = true;
	} else {
		(void)nat_death_fold(&p->lives[use].deaths[proof], death);
	}
}

/* --- packets of the UA --- */

static void pending_reopen(
    struct nat_path *p, const struct nat_request *but, const struct signal *signal)
{
	for (unsigned i = 0; i < NAT_PATH_REQUESTS; i++) {
		struct nat_request *r = &p->requests[i];

		if (r->first.set && r != but && !r->answered.set && !r->reopened.set) {
			r->reopened = signal_mark(signal);
			r->sent_before = r->sent;
			r->moved = !endpoint_equal(&p->source, &signal->src);
			r->restarted = p->restarted;
		}
	}
}

static void port_compare(const struct desk *desk, struct nat_path *p, int64_t idle_ns,
    int64_t silent_ns, const struct signal *signal)
{
	enum nat_use use = p->replied ? NAT_REPLIED : NAT_ONE_WAY;

	if (p->place == NAT_PLACE_INSIDE) {
		return; /* here the answers tell: nat_life_told() */
	}
	if (p->source.port != signal->src.port) {
		/* Back at the former one: two phones that look alike, or two sockets. */
		p->erratic |= p->former.port == signal->src.port;
		moved_note(desk, p, use,
		    &(struct nat_death){
			.ns = silent_ns,
			.count = 1,
			.mark = signal_mark(signal),
			.from_port = p->source.port,
			.to_port = signal->src.port,
		    });
		p->replied = false;
	} else if (signal->src.port != p->claimed.port && idle_ns >= silence_min_ns(desk)) {
		longest(&p->lives[use].kept, idle_ns, signal);
	}
}

void nat_life_sent(const struct desk *desk, struct nat_path *p, const struct nat_request *answers,
    const struct signal *signal)
{
	int64_t idle_ns = elapsed_ns(p->any_ns, signal->time_ns);
	int64_t silent_ns = elapsed_ns(p->passed_ns, signal->time_ns);

	p->ttl = signal->ttl > p->ttl ? signal->ttl : p->ttl;
	if (p->connected) {
		p->last = signal_mark(signal);
		return;
	}
	/* Who lets a registration expire was not there. */
	p->restarted |= p->expires_ns && silent_ns > p->expires_ns;
	pending_reopen(p, answers, signal);
	if (p->last.set) {
		port_compare(desk, p, idle_ns, silent_ns, signal);
	}
	if (p->last.set && silent_ns >= silence_min_ns(desk)) {
		p->pause = (struct nat_silence){silent_ns, signal_mark(signal)};
		p->pause_use = p->replied ? NAT_REPLIED : NAT_ONE_WAY;
	}
	p->last = signal_mark(signal);
	p->any_ns = p->passed_ns = signal->time_ns;
}

/* Was it heard at once, or only once the UA had sent something? */
void nat_life_answered(
    const struct desk *desk, struct nat_path *p, struct nat_request *r, const struct signal *signal)
{
	struct nat_life *life = &p->lives[r->use];

	if (r->answered.set) {
		return;
	}
	r->answered = signal_mark(signal);
	if (p->place == NAT_PLACE_INSIDE || r->to_former) {
		return;
	}
	if (!r->reopened.set) {
		longest(&life->alive, r->idle_ns, signal);
	} else if (r->sent_before >= unheard_sent && r->sent > r->sent_before &&
		   elapsed_ns(r->first.time_ns, r->reopened.time_ns) >= unheard_ns &&
		   r->silent_ns >= silence_min_ns(desk)) {
		(void)nat_death_fold(&life->deaths[NAT_REOPENED], &(struct nat_death){
								      .ns = r->silent_ns,
								      .count = 1,
								      .mark = r->first,
								      .sent = r->sent_before,
								      .reopened = r->reopened,
								  });
	}
}

/* --- packets to the UA --- */

void nat_life_came(const struct desk *desk, struct nat_path *p, const struct signal *signal)
{
	int64_t idle_ns = elapsed_ns(p->any_ns, signal->time_ns);

	if (p->connected) {
		return;
	}
	if (p->place == NAT_PLACE_INSIDE) {
		/* It came through the NAT to be seen here. */
		if (idle_ns >= silence_min_ns(desk)) {
			longest(&p->lives[p->replied ? NAT_REPLIED : NAT_ONE_WAY].alive, idle_ns,
			    signal);
		}
		p->passed_ns = signal->time_ns;
		p->replied = true;
	} else if (p->last.set && elapsed_ns(p->last.time_ns, signal->time_ns) < reply_ns) {
		p->passed_ns = signal->time_ns;
		p->replied = true;
	}
	p->any_ns = signal->time_ns;
	p->restarted = false;
}

struct nat_request *nat_life_request(struct nat_path *p, uint64_t key)
{
	for (unsigned i = 0; i < NAT_PATH_REQUESTS; i++) {
		if (p->requests[i].first.set && p->requests[i].key == key) {
			return &p->requests[i];
		}
	}
	return NULL;
}

void nat_life_asked(const struct desk *desk, struct nat_path *p, const struct call *call,
    const struct sip_transaction *t, const struct signal *signal)
{
	struct nat_request *r = nat_life_request(p, t->key);

	if (!r) {
		r = &p->requests[p->request_count++ % NAT_PATH_REQUESTS];
		*r = (struct nat_request){
		    .key = t->key,
		    .identity = t->identity,
		    .call = call ? call_number(desk, call) : POOL_NONE,
		    .birth = call ? call->birth : 0,
		    .method = t->method,
		    .to_former = !endpoint_equal(&p->source, &signal->dst),
		    .first = signal_mark(signal),
		    .idle_ns = elapsed_ns(p->any_ns, signal->time_ns),
		    .silent_ns = elapsed_ns(p->passed_ns, signal->time_ns),
		    .use = p->replied ? NAT_REPLIED : NAT_ONE_WAY,
		};
	}
	r->last = signal_mark(signal);
	r->sent = sip_transaction_retransmissions(desk, t) + 1;
}

/* --- what the server says of the UA's address --- */

static bool told_endpoint(
    const struct nat_path *p, const struct sip_message *m, struct endpoint *at)
{
	at->port = m->via.rport;
	return m->via_count == 1 && address_parse(&at->address, m->via.received) && at->port &&
	       !address_equal(&at->address, &p->source.address);
}

/* What the registrar granted: a UA that is there asks again before that is over. */
static void expires_note(struct nat_path *p, const struct sip_message *m)
{
	struct sip_number expires = m->timers.expires;

	if (m->method != SIP_REGISTER || m->status < 200 || m->status >= 300) {
		return;
	}
	if (m->contact_count == 1 && m->contacts[0].expires.given) {
		expires = m->contacts[0].expires;
	}
	p->registered = !expires.given || expires.value > 0;
	p->expires_ns = (int64_t)expires.value * MEDIA_SECOND_NS;
}

void nat_return_note(struct nat_return *back, int64_t away_ns)
{
	back->ever = true;
	if (away_ns > return_ns) {
		return;
	}
	if (back->count++ == 0 || away_ns < back->shortest_ns) {
		back->shortest_ns = away_ns;
	}
}

static void told_port(const struct desk *desk, struct nat_path *p, struct nat_told *told,
    const struct endpoint *at, const struct signal *signal)
{
	bool asked = p->pause.ns && elapsed_ns(p->pause.mark.time_ns, signal->time_ns) < reply_ns;

	if (p->place != NAT_PLACE_INSIDE || p->connected) {
		return;
	}
	if (told->at.port != at->port) {
		moved_note(desk, p, p->pause_use,
		    &(struct nat_death){
			.ns = asked ? p->pause.ns : 0,
			.count = 1,
			.mark = signal_mark(signal),
			.from_port = told->at.port,
			.to_port = at->port,
		    });
	} else if (asked && at->port != p->claimed.port) {
		longest(&p->lives[p->pause_use].kept, p->pause.ns, signal);
	}
	p->pause.ns = 0;
}

/* A place for one address more; the one told of longest ago gives its own. */
static unsigned told_make(struct desk *desk, struct nat_path *p)
{
	unsigned oldest = 0;

	if (p->told_count < NAT_PATH_TOLD) {
		return p->told_count++;
	}
	for (unsigned i = 1; i < NAT_PATH_TOLD; i++) {
		if (p->told[i].last.time_ns < p->told[oldest].last.time_ns) {
			oldest = i;
		}
	}
	memmove(&p->told[oldest], &p->told[oldest + 1],
	    sizeof(p->told[0]) * (NAT_PATH_TOLD - 1 - oldest));
	desk->evictions.nat_paths++;
	return NAT_PATH_TOLD - 1;
}

void nat_life_told(
    struct desk *desk, struct nat_path *p, const struct sip_message *m, const struct signal *signal)
{
	struct endpoint at;
	unsigned i = 0;

	expires_note(p, m);
	if (!told_endpoint(p, m, &at)) {
		return;
	}
	while (i < p->told_count && !address_equal(&p->told[i].at.address, &at.address)) {
		i++;
	}
	if (i == p->told_count) {
		i = told_make(desk, p);
		p->told[i] = (struct nat_told){at, signal_mark(signal), {0}, {0}};
	} else if (i == p->told_now) {
		told_port(desk, p, &p->told[i], &at, signal);
	} else {
		nat_return_note(
		    &p->told[i].back, elapsed_ns(p->told[i].last.time_ns, signal->time_ns));
	}
	p->told[i].at = at;
	p->told[i].last = signal_mark(signal);
	p->told_now = i;
}
