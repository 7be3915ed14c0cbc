/* SPDX-License-Identifier: Apache-2.0 */
/* Registrations, other requests, and the metrics of RFC 6076. */
#include <math.h>
#include <stdio.h>

#include "json.h"
#include "json_put.h"

void json_of_registration(struct json *json, const struct tp_registration *r)
{
	json_put_text(json, "id", r->id);
	json_put_text(json, "vantage", r->vantage);
	json_put_text(json, "aor", r->aor);
	json_put_text(json, "contact", r->contact);
	json_put_text(json, "source", r->source);
	json_put_text(json, "registrar", r->registrar);
	json_put_text(json, "transport", r->transport);
	json_put_text(json, "user_agent", r->user_agent);
	json_put_text(json, "state", r->state);
	json_put_number(json, "status_code", r->status_code);
	json_put_text(json, "reason", r->reason);
	json_put_text(json, "nat", r->nat);
	json_put_time(json, "first_time", r->first_time_ns);
	json_put_time(json, "last_time", r->last_time_ns);
	if (r->expires_s != TP_NO_COUNT) {
		json_put_count(json, "expires_s", (uint64_t)r->expires_s);
	}
	json_put_count(json, "refreshes", r->refreshes);
	json_put_count(json, "challenges", r->challenges);
	json_put_count(json, "failures", r->failures);
	json_put_count(json, "mapping_changes", r->mapping_changes);
	json_put_real(json, "keepalive_interval_s", r->keepalive_interval_s);
	json_put_text(json, "keepalive_kind", r->keepalive_kind);
	json_put_text(json, "keepalive_from", r->keepalive_from);
	json_put_texts(json, "findings", r->findings, r->finding_count);
}

void json_of_exchange(struct json *json, const struct tp_exchange *e)
{
	json_put_text(json, "id", e->id);
	json_put_text(json, "vantage", e->vantage);
	json_put_text(json, "src", e->src);
	json_put_text(json, "dst", e->dst);
	json_put_text(json, "method", e->method);
	json_put_time(json, "first_time", e->first_time_ns);
	json_put_time(json, "last_time", e->last_time_ns);
	json_put_count(json, "requests", e->requests);
	json_put_count(json, "answered", e->answered);
	json_put_count(json, "challenged", e->challenged);
	json_put_count(json, "failed", e->failed);
	json_put_count(json, "unanswered", e->unanswered);
	json_put_count(json, "undecided", e->undecided);
	json_put_count(json, "retransmissions", e->retransmissions);
	json_put_counts(json, "codes", e->codes, e->code_count);
	json_put_real(json, "response_median_ms", e->response_median_ms);
	json_put_real(json, "response_max_ms", e->response_max_ms);
}

/* Where it is expected to stand, even if nothing was measured. */
static void real_or_null_put(struct json *json, const char *key, double value)
{
	json_put_real(json, key, value);
	if (!isfinite(value)) {
		json_put_null(json, key);
	}
}

/* A delay as mean; its greatest value and number beside it. */
static void put_delay(struct json *json, const char *name, const struct tp_sip_delay *delay)
{
	char key[32];

	(void)snprintf(key, sizeof(key), "%s_ms", name);
	real_or_null_put(json, key, delay->mean_ms);
	(void)snprintf(key, sizeof(key), "%s_max_ms", name);
	json_put_real(json, key, delay->max_ms);
	(void)snprintf(key, sizeof(key), "%s_count", name);
	json_put_count(json, key, delay->count);
}

static void put_ratios(struct json *json, const struct tp_sip_metrics *m)
{
	real_or_null_put(json, "ira_pct", m->ira_pct);
	real_or_null_put(json, "ser_pct", m->ser_pct);
	real_or_null_put(json, "seer_pct", m->seer_pct);
	real_or_null_put(json, "isa_pct", m->isa_pct);
	real_or_null_put(json, "scr_pct", m->scr_pct);
	json_put_count(json, "registers", m->registers);
	json_put_count(json, "registers_deferred", m->registers_deferred);
	json_put_count(json, "registers_failed", m->registers_failed);
	json_put_count(json, "invites", m->invites);
	json_put_count(json, "invites_deferred", m->invites_deferred);
	json_put_count(json, "sessions_established", m->established);
	json_put_count(json, "sessions_effective", m->effective);
	json_put_count(json, "sessions_ineffective", m->ineffective);
	json_put_count(json, "sessions_ended", m->ended);
	json_put_count(json, "sessions_completed", m->completed);
}

void json_of_sip(struct json *json, const struct tp_sip_metrics *m, const char *server)
{
	json_put_text(json, "server", server);
	put_delay(json, "rrd", &m->rrd);
	put_delay(json, "srd", &m->srd);
	put_delay(json, "srd_failed", &m->srd_failed);
	put_delay(json, "sdd", &m->sdd);
	put_delay(json, "sdd_failed", &m->sdd_failed);
	real_or_null_put(json, "sdt_s", m->sdt.mean_ms / 1000);
	json_put_real(json, "sdt_max_s", m->sdt.max_ms / 1000);
	json_put_count(json, "sdt_count", m->sdt.count);
	put_ratios(json, m);
}
