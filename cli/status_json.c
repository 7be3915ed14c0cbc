/* SPDX-License-Identifier: Apache-2.0 */
#include "status_json.h"

static void put_unless_empty(struct json *json, const char *key, const char *text)
{
	json_put_text(json, key, *text ? text : NULL);
}

static void source_put(struct json *json, const struct tp_live_source *source)
{
	json_open(json, '{');
	json_put_text(json, "source", source->name);
	json_put_text(json, "vantage", source->vantage);
	json_put_text(json, "state", source->absence[0] ? "waiting" : "reading");
	put_unless_empty(json, "waiting_because", source->absence);
	json_put_count(json, "packets", source->packets);
	json_put_count(json, "bytes", source->bytes);
	json_put_real(json, "packets_per_s", source->packets_per_s);
	json_put_real(json, "bits_per_s", source->bits_per_s);
	json_put_time(json, "last_time", source->last_time_ns);
	json_put_counts(json, "dropped", source->dropped, source->dropped_count);
	json_close(json, '}');
}

static void calls_put(struct json *json, const struct tp_live_calls *calls)
{
	static const double bounds[] = TP_LIVE_MOS_BOUNDS;

	json_put_object(json, "calls");
	json_put_count(json, "active", calls->active);
	json_put_count(json, "answered", calls->answered);
	json_put_count(json, "total", calls->calls);
	json_put_count(json, "completed", calls->completed);
	json_put_count(json, "failed", calls->failed);
	json_put_count(json, "cancelled", calls->cancelled);
	json_put_count(json, "no_answer", calls->no_answer);
	json_put_count(json, "unfinished", calls->unfinished);
	json_put_array(json, "mos");
	for (size_t i = 0; i < TP_LIVE_MOS_BINS; i++) {
		json_open(json, '{');
		json_put_real(json, "below", i < TP_LIVE_MOS_BINS - 1 ? bounds[i] : (double)NAN);
		json_put_count(json, "calls", calls->mos_bins[i]);
		json_close(json, '}');
	}
	json_close(json, ']');
	json_close(json, '}');
	json_put_object(json, "streams");
	json_put_count(json, "active", calls->streams_active);
	json_put_count(json, "total", calls->streams);
	json_close(json, '}');
}

static void findings_put(struct json *json, const struct tp_live_calls *calls)
{
	json_put_array(json, "findings");
	for (size_t i = 0; i < calls->finding_count; i++) {
		json_open(json, '{');
		json_put_text(json, "code", calls->findings[i].code);
		json_put_text(json, "severity", calls->findings[i].severity);
		json_put_count(json, "count", calls->findings[i].count);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void worst_put(struct json *json, const struct tp_live_call *call)
{
	json_open(json, '{');
	json_put_text(json, "id", call->id);
	put_unless_empty(json, "call_id", call->call_id);
	put_unless_empty(json, "from_uri", call->from_uri);
	put_unless_empty(json, "to_uri", call->to_uri);
	json_put_time(json, "started", call->started_ns);
	json_put_text(json, "src", call->src);
	json_put_text(json, "dst", call->dst);
	put_unless_empty(json, "codec", call->codec);
	json_put_real(json, "mos", call->mos);
	json_put_real(json, "loss_pct", call->loss_pct);
	json_put_real(json, "jitter_ms", call->jitter_ms);
	json_close(json, '}');
}

static void store_put(struct json *json, const struct service_store *store)
{
	json_open(json, '{');
	json_put_text(json, "store", store->name);
	json_put_bool(json, "connected", store->state.connected);
	json_put_count(json, "queued", store->state.queued);
	json_put_count(json, "written", store->state.written);
	json_put_count(json, "lost", store->state.lost);
	put_unless_empty(json, "error", store->state.error);
	json_close(json, '}');
}

static void live_put(struct json *json, const struct tp_live_figures *live)
{
	json_put_real(json, "elapsed_s", live->elapsed_s);
	json_put_real(json, "read_age_s", live->read_age_s);
	json_put_real(json, "desk_age_s", live->desk_age_s);
	if (live->memory_bytes) {
		json_put_count(json, "memory_bytes", live->memory_bytes);
	}
	json_put_count(json, "memory_peak_bytes", live->memory_peak_bytes);
	json_put_array(json, "sources");
	for (size_t i = 0; i < live->source_count; i++) {
		source_put(json, &live->sources[i]);
	}
	json_close(json, ']');
	calls_put(json, &live->calls);
	findings_put(json, &live->calls);
	json_put_array(json, "worst_calls");
	for (size_t i = 0; i < live->calls.worst_count; i++) {
		worst_put(json, &live->calls.worst[i]);
	}
	json_close(json, ']');
	json_put_count(json, "evicted", live->calls.evicted);
}

static void saved_put(struct json *json, const struct tp_saved *saved)
{
	json_put_object(json, "saved");
	json_put_count(json, "calls", saved->calls);
	json_put_count(json, "calls_cut", saved->calls_cut);
	json_put_count(json, "calls_lost", saved->calls_lost);
	json_put_count(json, "files", saved->files);
	json_put_count(json, "bytes", saved->octets);
	json_put_count(json, "files_removed", saved->files_removed);
	json_put_count(json, "packets_lost", saved->packets_lost);
	json_close(json, '}');
}

void status_json(struct json *json, const struct service_figures *figures)
{
	char why[SERVICE_WHY_MAX];
	enum service_health health = service_health(figures, why);

	json_open(json, '{');
	json_put_text(json, "schema", "talkpath-status/1");
	json_put_text(json, "version", tp_version());
	json_put_time(json, "time", figures->time_ns);
	json_put_text(json, "state",
	    figures->stopping     ? "stopping"
	    : figures->live_known ? "running"
				  : "starting");
	json_put_text(json, "health", service_health_name(health));
	put_unless_empty(json, "health_why", why);
	json_put_text(json, "site", figures->site);
	json_put_text(json, "probe", figures->probe);
	if (figures->live_known) {
		live_put(json, &figures->live);
	}
	if (figures->saving) {
		saved_put(json, &figures->saved);
	}
	json_put_array(json, "stores");
	for (size_t i = 0; i < figures->store_count; i++) {
		store_put(json, &figures->stores[i]);
	}
	json_close(json, ']');
	json_close(json, '}');
}
