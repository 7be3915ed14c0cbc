/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations, other requests, and the metrics of RFC 6076. */
#include <math.h>
#include <stdio.h>

#include "json.h"
#include "json_put.h"

json_t *json_of_registration(const struct tp_registration *r)
{
	json_t *out = json_object();

	json_put_text(out, "id", r->id);
	json_put_text(out, "vantage", r->vantage);
	json_put_text(out, "aor", r->aor);
	json_put_text(out, "contact", r->contact);
	json_put_text(out, "source", r->source);
	json_put_text(out, "registrar", r->registrar);
	json_put_text(out, "user_agent", r->user_agent);
	json_put_text(out, "state", r->state);
	json_put_number(out, "status_code", r->status_code);
	json_put_text(out, "reason", r->reason);
	json_put_text(out, "nat", r->nat);
	json_put_time(out, "first_time", r->first_time_ns);
	json_put_time(out, "last_time", r->last_time_ns);
	if (r->expires_s != TP_NO_COUNT) {
		json_put_count(out, "expires_s", (uint64_t)r->expires_s);
	}
	json_put_count(out, "refreshes", r->refreshes);
	json_put_count(out, "challenges", r->challenges);
	json_put_count(out, "failures", r->failures);
	json_put_count(out, "mapping_changes", r->mapping_changes);
	json_put_real(out, "keepalive_interval_s", r->keepalive_interval_s);
	json_put_text(out, "keepalive_kind", r->keepalive_kind);
	json_put_text(out, "keepalive_from", r->keepalive_from);
	json_put_texts(out, "findings", r->findings, r->finding_count);
	return out;
}

json_t *json_of_exchange(const struct tp_exchange *e)
{
	json_t *out = json_object();

	json_put_text(out, "id", e->id);
	json_put_text(out, "vantage", e->vantage);
	json_put_text(out, "src", e->src);
	json_put_text(out, "dst", e->dst);
	json_put_text(out, "method", e->method);
	json_put_time(out, "first_time", e->first_time_ns);
	json_put_time(out, "last_time", e->last_time_ns);
	json_put_count(out, "requests", e->requests);
	json_put_count(out, "answered", e->answered);
	json_put_count(out, "challenged", e->challenged);
	json_put_count(out, "failed", e->failed);
	json_put_count(out, "unanswered", e->unanswered);
	json_put_count(out, "undecided", e->undecided);
	json_put_count(out, "retransmissions", e->retransmissions);
	json_put_counts(out, "codes", e->codes, e->code_count);
	json_put_real(out, "response_median_ms", e->response_median_ms);
	json_put_real(out, "response_max_ms", e->response_max_ms);
	return out;
}

/* Where it is expected to stand, even if nothing was measured. */
static void real_or_null_put(json_t *object, const char *key, double value)
{
	json_put_real(object, key, value);
	if (!isfinite(value)) {
		json_object_set_new(object, key, json_null());
	}
}

/* A delay as mean; its greatest value and number beside it. */
static void put_delay(json_t *object, const char *name, const struct tp_sip_delay *delay)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "%s_ms", name);
	real_or_null_put(object, key, delay->mean_ms);
	(void)snprintf(key, sizeof(key), "%s_max_ms", name);
	json_put_real(object, key, delay->max_ms);
	(void)snprintf(key, sizeof(key), "%s_count", name);
	json_put_count(object, key, delay->count);
}

static void put_ratios(json_t *out, const struct tp_sip_metrics *m)
{
	real_or_null_put(out, "ira_pct", m->ira_pct);
	real_or_null_put(out, "ser_pct", m->ser_pct);
	real_or_null_put(out, "seer_pct", m->seer_pct);
	real_or_null_put(out, "isa_pct", m->isa_pct);
	real_or_null_put(out, "scr_pct", m->scr_pct);
	json_put_count(out, "registers", m->registers);
	json_put_count(out, "registers_deferred", m->registers_deferred);
	json_put_count(out, "registers_failed", m->registers_failed);
	json_put_count(out, "invites", m->invites);
	json_put_count(out, "invites_deferred", m->invites_deferred);
	json_put_count(out, "sessions_established", m->established);
	json_put_count(out, "sessions_effective", m->effective);
	json_put_count(out, "sessions_ineffective", m->ineffective);
	json_put_count(out, "sessions_ended", m->ended);
	json_put_count(out, "sessions_completed", m->completed);
}

json_t *json_of_sip(const struct tp_sip_metrics *m, const char *server)
{
	json_t *out = json_object();

	json_put_text(out, "server", server);
	put_delay(out, "rrd", &m->rrd);
	put_delay(out, "srd", &m->srd);
	put_delay(out, "srd_failed", &m->srd_failed);
	put_delay(out, "sdd", &m->sdd);
	put_delay(out, "sdd_failed", &m->sdd_failed);
	real_or_null_put(out, "sdt_s", m->sdt.mean_ms / 1000);
	json_put_real(out, "sdt_max_s", m->sdt.max_ms / 1000);
	json_put_count(out, "sdt_count", m->sdt.count);
	put_ratios(out, m);
	return out;
}
